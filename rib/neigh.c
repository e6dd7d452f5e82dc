/*
 * IP addresses of an EVI: which MAC each belongs to, here or behind a remote VTEP.
 * An address of ours is advertised while its MAC is; one behind a remote VTEP is told
 * to fib for ARP and ND suppression, unless that MAC is here.
 * An address that comes back with another MAC (a container made anew) is a move as
 * well: the MAC that has it now outbids the sequence of the one that had it.
 * RFC 7432 sections 10 and 15; RFC 9721 section 7.
 */
#include <stdlib.h>

#include "rib/tenant_priv.h"

/* ---- entries ----------------------------------------------------------- */

static uint32_t neigh_lookup(const struct tenants *t, uint32_t h, uint32_t evi,
			     const struct ip *a)
{
	uint32_t i = table_find(&t->neighs, h);

	while (i && (neigh_at(t, i)->evi != evi || !ip_eq(&neigh_at(t, i)->ip, a)))
		i = table_find_next(&t->neighs, i);
	return i;
}

static uint32_t neigh_hash(uint32_t evi, const struct ip *a)
{
	uint8_t key[4 + sizeof(*a)];

	memcpy(key, &evi, 4);
	memcpy(key + 4, a, sizeof(*a));
	return hash32(key, sizeof(key));
}

struct neigh_entry *neigh_find(const struct tenants *t, uint32_t evi,
			       const struct ip *a)
{
	uint32_t i = neigh_lookup(t, neigh_hash(evi, a), evi, a);

	return i ? neigh_at(t, i) : NULL;
}

struct neigh_entry *neigh_get(struct tenants *t, uint32_t evi, const struct ip *a)
{
	uint32_t h = neigh_hash(evi, a), i = neigh_lookup(t, h, evi, a);

	if (i)
		return neigh_at(t, i);
	i = table_add(&t->neighs, h);

	struct neigh_entry *n = neigh_at(t, i);

	n->self = i;
	n->evi = evi;
	n->ip = *a;
	return n;
}

struct neigh_local *neigh_local_get(struct neigh_entry *n)
{
	if (!n->x) {
		n->x = xcalloc(1, sizeof(*n->x));
		n->x->neigh = n->self;
		n->x->dad.neigh = n->self;
	}
	return n->x;
}

void neigh_gc(struct tenants *t, struct neigh_entry *n)
{
	struct neigh_local *x = n->x;

	if (x && !x->kernel && !x->ep && !x->dad.listed) {
		free(x);
		n->x = NULL;
	}
	if (!n->x && !n->routes)
		table_del(&t->neighs, n->self);
}

/* ---- decision ---------------------------------------------------------- */

/* Our claim: a local mapping to a MAC that is ours. NULL if there is none. */
static struct mac_entry *local_mac(const struct tenants *t, const struct neigh_entry *n)
{
	struct mac_entry *m = n->x && n->x->mac ? mac_at(t, n->x->mac) : NULL;

	return m && m->owner == OWNER_LOCAL ? m : NULL;
}

static bool remote_wins(const struct tenants *t, const struct neigh_entry *n,
			const struct mac_entry *m, const struct import *r)
{
	const struct evi *e = t->evi[n->evi];

	if (mac_is_sticky(m))
		return false;
	if (r->vni & IMP_STICKY)
		return true;
	if (r->seq != m->x->seq)
		return r->seq > m->x->seq;
	return ip_is_none(&e->p.vtep) || ip_cmp(vtep_ip(t, r->vtep), &e->p.vtep) < 0;
}

static bool is_host_ip(const struct ip *a)
{
	return !ip_is_zero(a) && !ip_is_multicast(a) && !ip_is_loopback(a);
}

static void originate(struct tenants *t, struct neigh_entry *n, bool again)
{
	const struct mac_entry *m = local_mac(t, n);
	bool want = m && n->owner == OWNER_LOCAL && m->x->adv && is_host_ip(&n->ip) &&
		    !dad_is_frozen(&n->x->dad) &&
		    !fact_is_own_ip(t, t->evi[n->evi], &n->ip);

	if (!want) {
		neigh_withdraw(t, n);
	} else if (again || !n->x->adv) {
		n->x->adv = true;
		advert_mac(t, m, &n->ip);
	}
}

/* ---- who is there ------------------------------------------------------ */

/* Of an endpoint that is here what was declared, whatever anybody else says. */
static uint32_t claim(const struct tenants *t, const struct neigh_entry *n)
{
	uint32_t route;

	if (n->owner == OWNER_LOCAL && n->x->ep && local_mac(t, n))
		return n->x->ep->set ? n->x->ep->set : (uint32_t)IDSET_UNLABELLED;
	route = n->owner == OWNER_REMOTE && is_host_ip(&n->ip)
			? import_best_remote(t, n)
			: 0;
	return route ? import_claim_best(t, route) : (uint32_t)IDSET_NONE;
}

void neigh_identify(struct tenants *t, struct neigh_entry *n)
{
	uint32_t set = t->ids ? claim(t, n) : (uint32_t)IDSET_NONE;
	bool here = n->owner == OWNER_LOCAL && n->x && n->x->ep;

	if (!set && !n->identified)
		return;
	n->identified = set;
	identities_put(t->ids, t->evi[n->evi]->vni, &n->ip, set,
		       here ? n->x->ep->e.ifname : "");
}

/* ---- our routes -------------------------------------------------------- */

void neigh_readvertise(struct tenants *t, struct neigh_entry *n)
{
	originate(t, n, true);
}

void neigh_withdraw(struct tenants *t, struct neigh_entry *n)
{
	if (!n->x || !n->x->adv)
		return;
	n->x->adv = false;
	advert_mac_withdraw(t, mac_at(t, n->x->mac), &n->ip);
}

/* Both sides claim the address, with different MACs. */
static enum owner contend(struct tenants *t, struct neigh_entry *n, struct mac_entry *m,
			  const struct import *r)
{
	struct neigh_local *x = n->x;
	bool learned = x->fresh, sticky = r->vni & IMP_STICKY;

	x->fresh = false;
	if (dad_is_frozen(&x->dad))
		return OWNER_LOCAL;
	if (!remote_wins(t, n, m, r))
		return OWNER_LOCAL;
	if (sticky || (!learned && n->owner != OWNER_LOCAL))
		return OWNER_REMOTE;
	if (dad_move(t, &x->dad))
		return OWNER_LOCAL;
	if (!learned || r->seq == UINT32_MAX)
		return OWNER_REMOTE;
	mac_raise(t, m, r->seq + 1); /* evaluates n again, now as the winner */
	return remote_wins(t, n, m, r) ? OWNER_REMOTE : OWNER_LOCAL;
}

static void owner_set(struct tenants *t, struct neigh_entry *n, enum owner now)
{
	struct evi *e = t->evi[n->evi];

	e->n_neigh[n->owner]--;
	e->n_neigh[now]++;
	n->owner = (uint8_t)now;
}

void neigh_eval(struct tenants *t, struct neigh_entry *n)
{
	struct mac_entry *m = local_mac(t, n);
	uint32_t route = import_best_remote(t, n);
	enum owner now;

	if (m && route)
		now = contend(t, n, m, import_at(t, route));
	else if (route)
		now = OWNER_REMOTE;
	else
		now = n->x && n->x->mac ? OWNER_LOCAL : OWNER_NONE;
	if (m && !route)
		n->x->fresh = false;
	owner_set(t, n, now);
	project_neigh(t, n, now == OWNER_REMOTE && is_host_ip(&n->ip) ? route : 0,
		      false);
	originate(t, n, false);
	neigh_identify(t, n);
}

void neigh_rebind(struct tenants *t, struct neigh_entry *n)
{
	struct neigh_local *x = n->x;
	const struct mac *mac = x->ep       ? &x->ep->e.mac
				: x->kernel ? &x->kernel_mac
					    : NULL;
	struct mac_entry *old = x->mac ? mac_at(t, x->mac) : NULL;
	struct mac_entry *now = mac ? mac_get(t, n->evi, mac) : NULL;

	if (old != now) {
		neigh_withdraw(t, n);
		if (old)
			LIST_REMOVE(x, link);
		x->mac = now ? now->self : 0;
		if (now)
			LIST_INSERT_HEAD(&mac_local_get(t, now)->neighs, x, link);
	}
	neigh_eval(t, n);
	if (old && old != now)
		mac_gc(t, old);
}
