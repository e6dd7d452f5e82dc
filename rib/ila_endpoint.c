/*
 * Declared endpoints of tenants that ILA carries: which identifiers their addresses
 * stand for, and whether those are free.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rib/ila_priv.h"

static struct ila_decl *decl_at(const struct ila *m, uint32_t i)
{
	return table_at(&m->decls, i);
}

/* ---- addresses --------------------------------------------------------- */

static const struct ila_tenant_conf *tenant_find(const struct ila *m, const char *name)
{
	for (size_t i = 0; i < m->n_tenants; i++)
		if (!strcmp(m->tenants[i].name, name))
			return &m->tenants[i];
	return NULL;
}

bool ila_is_tenant(const struct ila *m, const char *tenant)
{
	return tenant_find(m, tenant);
}

static const struct ila_domain *domain_find(const struct ila *m, const char *name)
{
	for (unsigned i = 1; i <= ILA_DOMAINS; i++)
		if (m->dom[i] && !strcmp(m->dom[i]->conf.name, name))
			return m->dom[i];
	return NULL;
}

static int refuse(char *err, size_t errlen, int rc, const char *ip, const char *why)
{
	snprintf(err, errlen, "ip %s: %s", ip, why);
	return rc;
}

static struct ila64 id_of_vnid(uint32_t vnid, const uint8_t low[4])
{
	struct ila64 id;

	id.b[0] = (uint8_t)(ILA_TYPE_VIRT6 << 5 | vnid >> 24);
	id.b[1] = (uint8_t)(vnid >> 16);
	id.b[2] = (uint8_t)(vnid >> 8);
	id.b[3] = (uint8_t)vnid;
	memcpy(id.b + 4, low, 4);
	return id;
}

/* The SIR address that an address of an endpoint stands for. */
static int resolve(const struct ila *m, const struct ila_tenant_conf *t,
		   const struct ip *ip, struct ila_addr *out, char *err, size_t errlen)
{
	const struct ila_domain *d = domain_find(m, t->domain);
	char text[ADDR_STR], why[160], sir[ADDR_STR];
	const char *fault;

	ip_format(ip, text);
	if (!d)
		return refuse(err, errlen, -EINVAL, text, "its domain is gone");
	if (ip->len != sizeof(*out))
		return refuse(err, errlen, -EINVAL, text, "ILA carries IPv6 only");
	memcpy(out, ip->b, sizeof(*out));
	if (t->has_prefix && !memcmp(ip->b, t->prefix, sizeof(t->prefix))) {
		out->prefix = d->conf.sir;
		out->id = id_of_vnid(t->vnid, ip->b + sizeof(t->prefix));
	}
	if (!ila64_eq(&out->prefix, &d->conf.sir)) {
		snprintf(why, sizeof(why), "not in the sir-prefix of domain %s, %s%s",
			 d->conf.name, ila64_prefix_format(&d->conf.sir, sir),
			 t->has_prefix ? ", nor in the tenant-prefix" : "");
		return refuse(err, errlen, -EINVAL, text, why);
	}
	fault = ila_own_id_check(&out->id, (enum ila_csum)d->conf.csum, t->vnid);
	if (fault)
		return refuse(err, errlen, -EINVAL, text, fault);
	if (t->vnid && ila_vnid_of(&out->id) != t->vnid) {
		snprintf(why, sizeof(why), "its VNID is %u, that of tenant %s is %u",
			 ila_vnid_of(&out->id), t->name, t->vnid);
		return refuse(err, errlen, -EINVAL, text, why);
	}
	return 0;
}

static struct ila_spec spec_of(const struct ila_tenant_conf *t,
			       const struct tenants_endpoint *e,
			       const struct ila_addr *addr)
{
	struct ila_spec s;

	memset(&s, 0, sizeof(s)); /* compared as bytes */
	str_copy(s.ifname, sizeof(s.ifname), e->ifname);
	s.vnid = t->vnid;
	s.anycast = e->anycast;
	s.weight = e->weight;
	s.local_pref = e->local_pref;
	s.flags = t->fast ? ILA_EP_FAST : 0;
	if (t->has_prefix && ila_type_of(&addr->id) == ILA_TYPE_VIRT6) {
		s.flags |= ILA_EP_PREFIX;
		memcpy(s.prefix, t->prefix, sizeof(s.prefix));
	}
	return s;
}

static int taken_check(const struct ila *m, const struct ila_addr *addr,
		       const struct tenants_endpoint *e, unsigned k, char *err,
		       size_t errlen)
{
	uint32_t i = ila_map_find(m, addr);
	const struct ila_local *l = i ? map_at(m, i)->local : NULL;
	char text[ADDR_STR], why[ENDPOINT_NAME + 64];

	ip_format(&e->ip[k], text);
	if (!l)
		return 0;
	if (!l->decl)
		return refuse(err, errlen, -EEXIST, text,
			      "its identifier is one of the configuration");
	if (!strcmp(l->decl->e->name, e->name))
		return 0;
	snprintf(why, sizeof(why), "its identifier is that of endpoint %s",
		 l->decl->e->name);
	return refuse(err, errlen, -EEXIST, text, why);
}

int ila_endpoint_check(const struct ila *m, const struct tenants_endpoint *e, char *err,
		       size_t errlen)
{
	const struct ila_tenant_conf *t = tenant_find(m, e->tenant);
	struct ila_addr addr[ENDPOINT_IPS];
	int rc = 0;

	if (!t)
		return 0;
	if (!e->n_ips) {
		snprintf(err, errlen, "ip is missing: tenant %s is carried by ILA",
			 e->tenant);
		return -EINVAL;
	}
	for (unsigned k = 0; k < e->n_ips && !rc; k++) {
		char text[ADDR_STR];

		rc = resolve(m, t, &e->ip[k], &addr[k], err, errlen);
		for (unsigned j = 0; j < k && !rc; j++)
			if (!memcmp(&addr[j], &addr[k], sizeof(addr[k])))
				rc = refuse(err, errlen, -EINVAL,
					    ip_format(&e->ip[k], text),
					    "its identifier is given twice");
		if (!rc)
			rc = taken_check(m, &addr[k], e, k, err, errlen);
	}
	return rc;
}

/* ---- labels ------------------------------------------------------------ */

/* The new set is there before the old one goes, so it is another number. */
static uint32_t set_swap(const struct ila *m, struct ila_decl *d)
{
	uint32_t was = d->set;

	d->set = identities_of_labels(m->ids, d->e->labels);
	return was;
}

void decls_unlabel(struct ila *m)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&m->decls, &w));) {
		identities_unref(m->ids, decl_at(m, i)->set);
		decl_at(m, i)->set = IDSET_NONE;
	}
}

void decls_relabel(struct ila *m)
{
	struct table_walk w = { 0 };
	struct ila_local *l;

	for (uint32_t i; (i = table_next(&m->decls, &w));) {
		struct ila_decl *d = decl_at(m, i);
		uint32_t was = set_swap(m, d);

		LIST_FOREACH (l, &d->locals, link)
			map_eval(m, l->map);
		identities_unref(m->ids, was);
	}
}

/* ---- declaring --------------------------------------------------------- */

static uint32_t decl_find(const struct ila *m, const char *name)
{
	uint32_t i = table_find(&m->decls, hash32(name, strlen(name)));

	while (i && strcmp(decl_at(m, i)->e->name, name) != 0)
		i = table_find_next(&m->decls, i);
	return i;
}

static void decl_drop(struct ila *m, uint32_t i)
{
	struct ila_decl *d = decl_at(m, i);

	locals_mark(&d->locals);
	locals_sweep(m, &d->locals);
	identities_unref(m->ids, d->set);
	free(d->e);
	table_del(&m->decls, i);
}

/* All of its identifiers, or none. */
static void decl_bind(struct ila *m, struct ila_decl *d, bool add)
{
	const struct ila_tenant_conf *t = tenant_find(m, d->e->tenant);
	struct ila_addr addr;
	char err[256];

	locals_mark(&d->locals);
	if (t && !ila_endpoint_check(m, d->e, err, sizeof(err)))
		for (unsigned k = 0; k < d->e->n_ips; k++) {
			struct ila_spec s;

			resolve(m, t, &d->e->ip[k], &addr, err, sizeof(err));
			s = spec_of(t, d->e, &addr);
			local_put(m, &addr, d, &s, add);
		}
	locals_sweep(m, &d->locals);
}

/* What is given up comes before what is taken: it may be the same. */
void locals_configure(struct ila *m)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&m->decls, &w));) {
		if (tenant_find(m, decl_at(m, i)->e->tenant))
			decl_bind(m, decl_at(m, i), false);
		else
			decl_drop(m, i);
	}
	statics_put(m);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&m->decls, &w));)
		decl_bind(m, decl_at(m, i), true);
}

void ila_declare(struct ila *m, const struct tenants_endpoint *e, bool came)
{
	uint32_t i = decl_find(m, e->name);
	struct ila_local *l;
	struct ila_decl *d;
	uint32_t seq = 0, was;

	if (!tenant_find(m, e->tenant)) {
		if (i)
			decl_drop(m, i);
		return;
	}
	if (!i) {
		i = table_add(&m->decls, hash32(e->name, strlen(e->name)));
		LIST_INIT(&decl_at(m, i)->locals);
	} else {
		seq = decl_at(m, i)->e->seq;
	}
	d = decl_at(m, i);
	free(d->e);
	d->e = xmemdup(e, sizeof(*e));
	d->e->seq = MAX_OF(seq, e->seq);
	if (d->e->seq != e->seq)
		m->hooks->sequence(m->ctx, e->name, d->e->seq);
	if (came)
		LIST_FOREACH (l, &d->locals, link)
			local_learned(m, l);
	was = set_swap(m, d);
	decl_bind(m, d, true);
	identities_unref(m->ids, was);
}

void ila_undeclare(struct ila *m, const char *name)
{
	uint32_t i = decl_find(m, name);

	if (i)
		decl_drop(m, i);
}

enum ila_endpoint_state ila_endpoint_state(const struct ila *m, const char *name)
{
	uint32_t i = decl_find(m, name);
	enum ila_endpoint_state st = ILA_EP_ANNOUNCED;
	const struct ila_local *l;

	if (!i || LIST_EMPTY(&decl_at(m, i)->locals))
		return ILA_EP_UNKNOWN;
	LIST_FOREACH (l, &decl_at(m, i)->locals, link) {
		if (l->outbid)
			return ILA_EP_OUTBID;
		if (!l->adv.on)
			st = ILA_EP_SILENT;
	}
	return st;
}

void ila_endpoint_addrs(const struct ila *m, const char *name,
			void (*fn)(void *arg, const struct ila_addr *a), void *arg)
{
	uint32_t i = decl_find(m, name);
	const struct ila_local *l;

	if (i)
		LIST_FOREACH (l, &decl_at(m, i)->locals, link)
			fn(arg, &map_at(m, l->map)->addr);
}

void locals_fini(struct ila *m)
{
	struct table_walk w = { 0 };

	for (uint32_t at = 0, i; (i = map_next(m, &at));)
		free(map_at(m, i)->local);
	for (uint32_t i; (i = table_next(&m->decls, &w));)
		free(decl_at(m, i)->e);
}
