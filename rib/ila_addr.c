/*
 * Addresses of this host, as far as ILA has to be wary of them. A mapping never covers
 * one; and what is locator and identifier must not be one: the kernel delivers such
 * packets here before anybody has translated them.
 */
#include <string.h>

#include "rib/ila_priv.h"

static struct ila_own *own_at(const struct ila *m, uint32_t i)
{
	return table_at(&m->owns, i);
}

static uint32_t own_find(const struct ila *m, const struct ip *ip)
{
	uint32_t i = table_find(&m->owns, hash32(ip, sizeof(*ip)));

	while (i && !ip_eq(&own_at(m, i)->ip, ip))
		i = table_find_next(&m->owns, i);
	return i;
}

bool own_has(const struct ila *m, const struct ila_addr *a)
{
	const struct ip ip = ip_of(a, sizeof(*a));

	return own_find(m, &ip);
}

static const struct ila_domain *domain_of_locator(const struct ila *m,
						  const struct ila64 *p)
{
	for (unsigned i = 1; i <= ILA_DOMAINS; i++)
		if (m->dom[i] && ila64_eq(&m->dom[i]->conf.locator, p))
			return m->dom[i];
	return NULL;
}

/* The domain that has trouble with this address; NULL: none has. */
static const struct ila_domain *judge(const struct ila *m, const struct ip *ip,
				      bool *translated)
{
	const struct ila_domain *d;
	struct ila_addr a;

	if (ip->len != sizeof(a))
		return NULL;
	memcpy(&a, ip->b, sizeof(a));
	d = domain_of_locator(m, &a.prefix);
	if (!d)
		return NULL;
	*translated = ila_type_of(&a.id) != ILA_TYPE_IID;
	if (*translated)
		return d;
	/* The kernel's table does not look at identifiers. */
	return d->has_state && d->state.plane == ILA_PLANE_KERNEL ? d : NULL;
}

static void own_report(struct ila *m, struct ila_own *o)
{
	bool translated = false;
	const struct ila_domain *d = judge(m, &o->ip, &translated);
	struct ila_report r = { 0 };

	if (d && !o->said) {
		r.event = translated ? ILA_EV_ADDRESS : ILA_EV_ADDRESS_IN;
		memcpy(&r.addr, o->ip.b, sizeof(r.addr));
		r.locator = d->conf.locator;
		r.domain = d->conf.name;
		m->hooks->report(m->ctx, &r);
	}
	o->said = d;
}

void own_eval(struct ila *m)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&m->owns, &w));)
		own_report(m, own_at(m, i));
}

/* A mapping for it is none as long as it is here. */
static void map_again(struct ila *m, const struct ip *ip)
{
	struct ila_addr a;
	uint8_t slot;

	if (ip->len != sizeof(a))
		return;
	memcpy(&a, ip->b, sizeof(a));
	slot = slot_find(m, &a.prefix);
	if (slot)
		map_eval(m, map_get(m, &a, slot));
}

static void own_drop(struct ila *m, uint32_t i)
{
	const struct ip ip = own_at(m, i)->ip;

	table_del(&m->owns, i);
	if (!own_find(m, &ip))
		map_again(m, &ip);
}

void ila_addr_fact(struct ila *m, const struct intent_addr *a, uint32_t flags)
{
	uint32_t hash = hash32(&a->ip, sizeof(a->ip)), i = table_find(&m->owns, hash);
	struct table_walk w = { 0 };

	if (a->ip.len != 16)
		return;
	if (flags & INTENT_F_DUMP && !m->dumping) {
		m->dumping = true;
		for (uint32_t k; (k = table_next(&m->owns, &w));)
			own_at(m, k)->fresh = false;
	}
	while (i && (!ip_eq(&own_at(m, i)->ip, &a->ip) ||
		     own_at(m, i)->ifindex != a->ifindex))
		i = table_find_next(&m->owns, i);
	if (flags & INTENT_F_GONE) {
		if (i)
			own_drop(m, i);
		return;
	}
	if (!i) {
		i = table_add(&m->owns, hash);
		own_at(m, i)->ip = a->ip;
		own_at(m, i)->ifindex = a->ifindex;
		own_report(m, own_at(m, i));
		map_again(m, &a->ip);
	}
	own_at(m, i)->fresh = true;
}

void ila_dump_end(struct ila *m)
{
	struct table_walk w = { 0 };

	if (!m->dumping)
		return;
	m->dumping = false;
	for (uint32_t i; (i = table_next(&m->owns, &w));)
		if (!own_at(m, i)->fresh)
			own_drop(m, i);
}

void ila_address_foreach(const struct ila *m,
			 void (*fn)(void *arg, const struct ila_addr_info *i),
			 void *arg)
{
	struct table_walk w = { 0 };
	struct ila_addr_info info;
	const struct ila_domain *d;

	for (uint32_t i; (i = table_next(&m->owns, &w));) {
		info.ip = own_at(m, i)->ip;
		d = judge(m, &info.ip, &info.translated);
		if (!d)
			continue;
		info.domain = d->conf.name;
		fn(arg, &info);
	}
}
