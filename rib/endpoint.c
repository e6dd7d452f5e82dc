/*
 * Endpoints declared by an operator or a plugin: checked, applied to the tenant they
 * name as soon as it is configured, and kept as text over restarts. Applied, an
 * endpoint is a MAC and addresses that do not age; whether it is also the owner is
 * mac.c's decision, so that a move to another host works as for learned ones.
 * Labels are kept whole; those that make an identity go with the routes.
 * Not here: file I/O, what labels mean.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rib/tenant_priv.h"

static int refuse(char *err, size_t errlen, int code, const char *what,
		  const char *value)
{
	snprintf(err, errlen, "%s%s%s", what, value[0] ? " " : "", value);
	return code;
}

/* ---- checks ------------------------------------------------------------ */

static bool chars_ok(const char *s, const char *more)
{
	if (!*s)
		return false;
	for (; *s; s++) {
		bool alnum = (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
			     (*s >= 'A' && *s <= 'Z');

		if (!alnum && !strchr(more, *s))
			return false;
	}
	return true;
}

static bool ifname_ok(const char *s)
{
	return chars_ok(s, "._-@:") && strcmp(s, ".") && strcmp(s, "..");
}

static bool ip_ok(const struct ip *a)
{
	return !ip_is_zero(a) && !ip_is_multicast(a) && !ip_is_loopback(a);
}

static int ips_check(const struct tenants_endpoint *e, char *err, size_t errlen)
{
	char buf[ADDR_STR];

	if (e->n_ips > ENDPOINT_IPS)
		return refuse(err, errlen, -EINVAL, "too many addresses", "");
	for (unsigned i = 0; i < e->n_ips; i++) {
		ip_format(&e->ip[i], buf);
		if (!ip_ok(&e->ip[i]))
			return refuse(err, errlen, -EINVAL, "not a host address:", buf);
		for (unsigned k = 0; k < i; k++)
			if (ip_eq(&e->ip[i], &e->ip[k]))
				return refuse(err, errlen, -EINVAL,
					      "address given twice:", buf);
	}
	return 0;
}

static bool terminated(const struct tenants_endpoint *e)
{
	return memchr(e->name, 0, sizeof(e->name)) &&
	       memchr(e->tenant, 0, sizeof(e->tenant)) &&
	       memchr(e->ifname, 0, sizeof(e->ifname)) &&
	       memchr(e->labels, 0, sizeof(e->labels));
}

static int values_check(const struct tenants_endpoint *e, char *err, size_t errlen)
{
	char buf[ADDR_STR];

	if (!terminated(e))
		return refuse(err, errlen, -EINVAL, "a name is too long", "");
	if (!chars_ok(e->name, "._-/:@"))
		return refuse(err, errlen, -EINVAL, "bad endpoint name:", e->name);
	if (!chars_ok(e->tenant, "._-/:@"))
		return refuse(err, errlen, -EINVAL, "bad tenant name:", e->tenant);
	if (!ifname_ok(e->ifname))
		return refuse(err, errlen, -EINVAL, "bad interface name:", e->ifname);
	if (mac_is_multicast(&e->mac))
		return refuse(err, errlen, -EINVAL,
			      "not the address of a host:", mac_format(&e->mac, buf));
	return ips_check(e, err, errlen);
}

/* ---- uniqueness -------------------------------------------------------- */

static uint32_t key_hash(const struct tenants_endpoint *e, enum endpoint_key_kind kind,
			 unsigned k)
{
	uint8_t buf[1 + TENANT_NAME + sizeof(struct ip)] = { (uint8_t)kind };

	if (kind == EPKEY_IFNAME)
		memcpy(buf + 1, e->ifname, strlen(e->ifname));
	else
		memcpy(buf + 1, e->tenant, strlen(e->tenant));
	if (kind == EPKEY_MAC)
		memcpy(buf + 1 + TENANT_NAME, &e->mac, sizeof(e->mac));
	if (kind == EPKEY_IP)
		memcpy(buf + 1 + TENANT_NAME, &e->ip[k], sizeof(e->ip[k]));
	return hash32(buf, sizeof(buf));
}

static bool has_ip(const struct tenants_endpoint *e, const struct ip *a)
{
	for (unsigned i = 0; i < e->n_ips; i++)
		if (ip_eq(&e->ip[i], a))
			return true;
	return false;
}

static bool key_equal(const struct tenants_endpoint *a,
		      const struct tenants_endpoint *b, enum endpoint_key_kind kind,
		      unsigned k)
{
	if (kind == EPKEY_IFNAME)
		return !strcmp(a->ifname, b->ifname);
	if (strcmp(a->tenant, b->tenant))
		return false;
	return kind == EPKEY_MAC ? mac_eq(&a->mac, &b->mac) : has_ip(b, &a->ip[k]);
}

/* Who else has key k of kind; NULL: nobody but `self`. */
static const struct endpoint *key_holder(const struct tenants *t,
					 const struct tenants_endpoint *e,
					 enum endpoint_key_kind kind, unsigned k,
					 const struct endpoint *self)
{
	uint32_t i = table_find(&t->ep_keys, key_hash(e, kind, k));

	for (; i; i = table_find_next(&t->ep_keys, i)) {
		const struct endpoint_key *r = table_at(&t->ep_keys, i);

		if (r->kind == kind && r->ep != self &&
		    key_equal(e, &r->ep->e, kind, k))
			return r->ep;
	}
	return NULL;
}

static int unique_check(const struct tenants *t, const struct tenants_endpoint *e,
			const struct endpoint *self, char *err, size_t errlen)
{
	const struct endpoint *o = key_holder(t, e, EPKEY_IFNAME, 0, self);

	if (o)
		return refuse(err, errlen, -EEXIST, "interface is that of endpoint",
			      o->e.name);
	o = mac_is_zero(&e->mac) ? NULL : key_holder(t, e, EPKEY_MAC, 0, self);
	if (o)
		return refuse(err, errlen, -EEXIST, "mac is that of endpoint",
			      o->e.name);
	for (unsigned k = 0; k < e->n_ips; k++) {
		o = key_holder(t, e, EPKEY_IP, k, self);
		if (o)
			return refuse(err, errlen, -EEXIST, "ip is that of endpoint",
				      o->e.name);
	}
	return 0;
}

static void key_add(struct tenants *t, struct endpoint *ep, enum endpoint_key_kind kind,
		    unsigned k)
{
	struct endpoint_key *r = table_at(
		&t->ep_keys, table_add(&t->ep_keys, key_hash(&ep->e, kind, k)));

	r->kind = (uint8_t)kind;
	r->ep = ep;
}

static void key_del(struct tenants *t, struct endpoint *ep, enum endpoint_key_kind kind,
		    unsigned k)
{
	uint32_t i = table_find(&t->ep_keys, key_hash(&ep->e, kind, k));

	for (; i; i = table_find_next(&t->ep_keys, i)) {
		const struct endpoint_key *r = table_at(&t->ep_keys, i);

		if (r->kind == kind && r->ep == ep)
			break;
	}
	if (i)
		table_del(&t->ep_keys, i);
}

static void keys_each(struct tenants *t, struct endpoint *ep,
		      void (*fn)(struct tenants *, struct endpoint *,
				 enum endpoint_key_kind, unsigned))
{
	fn(t, ep, EPKEY_IFNAME, 0);
	fn(t, ep, EPKEY_MAC, 0);
	for (unsigned k = 0; k < ep->e.n_ips; k++)
		fn(t, ep, EPKEY_IP, k);
}

/* ---- labels ------------------------------------------------------------ */

/* Who it is now; the new set is there before the old one goes. */
static uint32_t set_swap(struct tenants *t, struct endpoint *ep)
{
	uint32_t was = ep->set;

	ep->set = identities_of_labels(t->ids, ep->e.labels);
	return was;
}

static void identify_ips(struct tenants *t, const struct endpoint *ep)
{
	for (unsigned k = 0; ep->evi && k < ep->e.n_ips; k++)
		neigh_identify(t, neigh_find(t, ep->evi, &ep->e.ip[k]));
}

/* force: also the same set may be told in another way now. */
static void relabel(struct tenants *t, struct endpoint *ep, bool force)
{
	uint32_t was = set_swap(t, ep);

	if (ep->evi && (force || ep->set != was)) {
		identify_ips(t, ep);
		mac_readvertise(t, mac_find(t, ep->evi, &ep->e.mac));
	}
	identities_unref(t->ids, was);
}

void tenants_relabel(struct tenants *t)
{
	for (size_t i = 0; i < t->n_ep; i++)
		relabel(t, t->ep[i], true);
}

void endpoint_labels_drop(struct tenants *t)
{
	for (size_t i = 0; i < t->n_ep; i++) {
		identities_unref(t->ids, t->ep[i]->set);
		t->ep[i]->set = IDSET_NONE;
	}
}

/* ---- applying ---------------------------------------------------------- */

static void bind_ips(struct tenants *t, struct endpoint *ep, bool on)
{
	for (unsigned k = 0; k < ep->e.n_ips; k++) {
		struct neigh_entry *n = neigh_get(t, ep->evi, &ep->e.ip[k]);
		struct neigh_local *x = neigh_local_get(n);

		x->ep = on ? ep : NULL;
		x->fresh |= on;
		neigh_rebind(t, n);
		neigh_gc(t, n);
	}
}

static void bind_on(struct tenants *t, struct endpoint *ep, uint32_t evi)
{
	struct mac_entry *m = mac_get(t, evi, &ep->e.mac);

	ep->evi = evi;
	mac_local_get(t, m)->ep = ep;
	mac_learned(t, m);
	/* What a restart has kept; or the kernel knew it first, from 0. */
	if (m->owner == OWNER_LOCAL)
		mac_raise(t, m, ep->e.seq);
	if (m->x->seq > ep->e.seq)
		endpoint_seq_set(t, ep, m->x->seq);
	bind_ips(t, ep, true);
	if (ep->set) /* what the kernel had told of it before is out without labels */
		mac_readvertise(t, m);
	project_endpoint(t, ep);
}

static void bind_off(struct tenants *t, struct endpoint *ep)
{
	struct mac_entry *m = mac_find(t, ep->evi, &ep->e.mac);

	bind_ips(t, ep, false);
	m->x->ep = NULL;
	mac_eval(t, m);
	if (ep->set)
		mac_readvertise(t, m);
	mac_gc(t, m);
	ep->evi = 0;
	project_endpoint(t, ep);
}

static uint32_t evi_of_tenant(const struct tenants *t, const char *tenant)
{
	for (uint32_t i = 1; i <= t->n_evi; i++)
		if (!strcmp(t->evi[i]->conf.tenant, tenant))
			return i;
	return 0;
}

static void endpoint_apply(struct tenants *t, struct endpoint *ep)
{
	bool has_mac = !mac_is_zero(&ep->e.mac);
	uint32_t evi = has_mac ? evi_of_tenant(t, ep->e.tenant) : 0;

	if (evi == ep->evi)
		return;
	if (ep->evi)
		bind_off(t, ep);
	if (evi)
		bind_on(t, ep, evi);
}

void endpoint_apply_all(struct tenants *t)
{
	for (size_t i = 0; i < t->n_ep; i++)
		endpoint_apply(t, t->ep[i]);
}

static void changed(struct tenants *t)
{
	if (!t->restoring)
		t->hooks->endpoints_changed(t->ctx);
}

void endpoint_seq_set(struct tenants *t, struct endpoint *ep, uint32_t seq)
{
	if (ep->e.seq == seq)
		return;
	ep->e.seq = seq;
	changed(t);
}

void endpoint_fini(struct tenants *t)
{
	for (size_t i = 0; i < t->n_ep; i++)
		free(t->ep[i]);
	free(t->ep);
}

/* ---- the list ---------------------------------------------------------- */

/* Where a name is, or belongs. */
static size_t place_of(const struct tenants *t, const char *name)
{
	size_t lo = 0, hi = t->n_ep;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(t->ep[mid]->e.name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct endpoint *endpoint_find(const struct tenants *t, const char *name)
{
	size_t i = place_of(t, name);

	return i < t->n_ep && !strcmp(t->ep[i]->e.name, name) ? t->ep[i] : NULL;
}

static void list_add(struct tenants *t, struct endpoint *ep)
{
	size_t at = place_of(t, ep->e.name);

	t->ep = xrealloc(t->ep, (t->n_ep + 1) * sizeof(struct endpoint *));
	memmove(t->ep + at + 1, t->ep + at, (t->n_ep - at) * sizeof(struct endpoint *));
	t->ep[at] = ep;
	t->n_ep++;
}

/* Same port and addresses: only learned again, perhaps with other labels. */
static bool same_place(const struct tenants_endpoint *a,
		       const struct tenants_endpoint *b)
{
	return !strcmp(a->tenant, b->tenant) && !strcmp(a->ifname, b->ifname) &&
	       a->anycast == b->anycast && a->weight == b->weight &&
	       a->local_pref == b->local_pref && mac_eq(&a->mac, &b->mac) &&
	       a->n_ips == b->n_ips &&
	       !memcmp(a->ip, b->ip, a->n_ips * sizeof(a->ip[0]));
}

static void again(struct tenants *t, struct endpoint *ep,
		  const struct tenants_endpoint *e)
{
	str_copy(ep->e.labels, sizeof(ep->e.labels), e->labels);
	ep->e.configured = e->configured;
	relabel(t, ep, false);
	if (!ep->evi)
		return;
	mac_learned(t, mac_find(t, ep->evi, &ep->e.mac));
	bind_ips(t, ep, true);
}

static int add_check(const struct tenants *t, struct tenants_endpoint *e,
		     const struct endpoint *ep, char *err, size_t errlen)
{
	int rc = unique_check(t, e, ep, err, errlen);

	if (ep && ep->e.configured && !e->configured)
		return refuse(err, errlen, -EEXIST, "of the configuration is endpoint",
			      e->name);
	if (!rc)
		rc = labels_canonical(e->labels, e->labels, err, errlen);
	if (rc)
		return rc;
	if (mac_is_zero(&e->mac) && evi_of_tenant(t, e->tenant))
		return refuse(err, errlen, -EINVAL,
			      "mac is missing: VXLAN carries tenant", e->tenant);
	if (!ep && t->n_ep >= ENDPOINTS_MAX)
		return refuse(err, errlen, -ENOSPC, "too many endpoints", "");
	return 0;
}

static void put(struct tenants *t, struct endpoint *ep,
		const struct tenants_endpoint *e)
{
	if (ep) {
		if (ep->evi)
			bind_off(t, ep);
		keys_each(t, ep, key_del);
		ep->e = *e;
	} else {
		ep = xcalloc(1, sizeof(*ep));
		ep->e = *e;
		list_add(t, ep);
	}
	keys_each(t, ep, key_add);
	identities_unref(t->ids,
			 set_swap(t, ep)); /* its first route has them already */
	endpoint_apply(t, ep);
}

int tenants_endpoint_add(struct tenants *t, const struct tenants_endpoint *given,
			 char *err, size_t errlen)
{
	struct tenants_endpoint e = *given;
	int rc = values_check(&e, err, errlen);
	struct endpoint *ep = rc ? NULL : endpoint_find(t, e.name);

	if (!rc)
		rc = add_check(t, &e, ep, err, errlen);
	if (rc)
		return rc;
	if (ep && same_place(&ep->e, &e))
		again(t, ep, &e);
	else
		put(t, ep, &e);
	changed(t);
	return 0;
}

int tenants_endpoint_labels(struct tenants *t, const char *name, const char *labels,
			    char *err, size_t errlen)
{
	struct endpoint *ep = endpoint_find(t, name);
	char canonical[LABELS_STR];
	int rc;

	if (!ep)
		return refuse(err, errlen, -ENOENT, "no such endpoint:", name);
	rc = labels_canonical(labels, canonical, err, errlen);
	if (rc)
		return rc;
	str_copy(ep->e.labels, sizeof(ep->e.labels), canonical);
	relabel(t, ep, false);
	changed(t);
	return 0;
}

const struct tenants_endpoint *tenants_endpoint_find(const struct tenants *t,
						     const char *name)
{
	const struct endpoint *ep = endpoint_find(t, name);

	return ep ? &ep->e : NULL;
}

void tenants_endpoint_seq(struct tenants *t, const char *name, uint32_t seq)
{
	struct endpoint *ep = endpoint_find(t, name);

	if (ep && !ep->evi)
		endpoint_seq_set(t, ep, seq);
}

int tenants_endpoint_del(struct tenants *t, const char *name)
{
	struct endpoint *ep = endpoint_find(t, name);
	size_t at = place_of(t, name);

	if (!ep)
		return -ENOENT;
	if (ep->evi)
		bind_off(t, ep);
	identities_unref(t->ids, ep->set);
	keys_each(t, ep, key_del);
	t->n_ep--;
	memmove(t->ep + at, t->ep + at + 1, (t->n_ep - at) * sizeof(struct endpoint *));
	free(ep);
	changed(t);
	return 0;
}

static struct tenants_endpoint_info info_of(const struct tenants *t,
					    const struct endpoint *ep)
{
	const struct mac_entry *m = ep->evi ? mac_find(t, ep->evi, &ep->e.mac) : NULL;

	return (struct tenants_endpoint_info) {
		.e = &ep->e,
		.vni = ep->evi ? t->evi[ep->evi]->vni : 0,
		.active = m && m->x->adv,
	};
}

void tenants_endpoint_foreach(const struct tenants *t,
			      void (*fn)(void *arg,
					 const struct tenants_endpoint_info *i),
			      void *arg)
{
	for (size_t i = 0; i < t->n_ep; i++) {
		const struct tenants_endpoint_info info = info_of(t, t->ep[i]);

		fn(arg, &info);
	}
}

bool tenants_endpoint_get(const struct tenants *t, const char *name,
			  struct tenants_endpoint_info *out)
{
	const struct endpoint *ep = endpoint_find(t, name);

	if (ep)
		*out = info_of(t, ep);
	return ep;
}

void tenants_endpoint_routes(const struct tenants *t, const char *name,
			     void (*fn)(void *arg, const struct nlri *n), void *arg)
{
	const struct endpoint *ep = endpoint_find(t, name);
	const struct mac_entry *m =
		ep && ep->evi ? mac_find(t, ep->evi, &ep->e.mac) : NULL;
	struct nlri n;

	if (!m)
		return;
	advert_nlri(t, m, NULL, &n);
	fn(arg, &n);
	for (unsigned k = 0; k < ep->e.n_ips; k++) {
		advert_nlri(t, m, &ep->e.ip[k], &n);
		fn(arg, &n);
	}
}

const struct tenants_endpoint *tenants_endpoint_on(const struct tenants *t,
						   const char *ifname)
{
	struct tenants_endpoint key = { .name = "" };
	const struct endpoint *ep;

	str_copy(key.ifname, sizeof(key.ifname), ifname);
	ep = key_holder(t, &key, EPKEY_IFNAME, 0, NULL);
	return ep ? &ep->e : NULL;
}
