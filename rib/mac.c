/*
 * Who owns a MAC of an EVI: this host or a remote VTEP. The decision is a function of
 * what is there now, our claim (a local fact and the sequence it was learned with) and
 * the imported routes, so it does not depend on the order in which they came and no
 * number outlives the route that carried it. Only learning gives a claim a number.
 *
 * Order of preference: static here, sticky elsewhere, higher sequence, lowest VTEP
 * address. RFC 7432 section 15 has the last two; the first two are ours where 15.2 is
 * silent. Our own side is single-homed (ESI 0), so "same ESI is no move" never applies.
 * RFC 7432 section 15, RFC 9721 section 7 (address moves, with neigh.c).
 */
#include <stdlib.h>

#include "lib/clock.h"
#include "rib/tenant_priv.h"

/* ---- entries ----------------------------------------------------------- */

static uint32_t mac_hash(uint32_t evi, const struct mac *m)
{
	uint8_t key[10];

	memcpy(key, m->b, 6);
	memcpy(key + 6, &evi, 4);
	return hash32(key, sizeof(key));
}

static uint32_t mac_lookup(const struct tenants *t, uint32_t h, uint32_t evi,
			   const struct mac *m)
{
	uint32_t i = table_find(&t->macs, h);

	while (i && (mac_at(t, i)->evi != evi || !mac_eq(&mac_at(t, i)->mac, m)))
		i = table_find_next(&t->macs, i);
	return i;
}

struct mac_entry *mac_find(const struct tenants *t, uint32_t evi, const struct mac *m)
{
	uint32_t i = mac_lookup(t, mac_hash(evi, m), evi, m);

	return i ? mac_at(t, i) : NULL;
}

struct mac_entry *mac_get(struct tenants *t, uint32_t evi, const struct mac *m)
{
	uint32_t h = mac_hash(evi, m), i = mac_lookup(t, h, evi, m);

	if (i)
		return mac_at(t, i);
	i = table_add(&t->macs, h);

	struct mac_entry *e = mac_at(t, i);

	e->self = i;
	e->evi = evi;
	e->mac = *m;
	return e;
}

struct mac_local *mac_local_get(struct tenants *t, struct mac_entry *m)
{
	if (m->x)
		return m->x;
	m->x = xcalloc(1, sizeof(*m->x));
	m->x->mac = m->self;
	m->x->dad.mac = m->self;
	LIST_INIT(&m->x->neighs);
	LIST_INSERT_HEAD(&t->evi[m->evi]->locals, m->x, link);
	return m->x;
}

void mac_gc(struct tenants *t, struct mac_entry *m)
{
	struct mac_local *x = m->x;

	if (x && !x->kernel && !x->ep && LIST_EMPTY(&x->neighs) && !x->dad.listed) {
		LIST_REMOVE(x, link);
		free(x);
		m->x = NULL;
	}
	if (!m->x && !m->routes)
		table_del(&t->macs, m->self);
}

/* ---- decision ---------------------------------------------------------- */

bool mac_is_sticky(const struct mac_entry *m)
{
	return m->x && m->x->kernel && m->x->fdb_flags & (FDB_STICKY | FDB_STATIC);
}

bool mac_has_claim(const struct tenants *t, const struct mac_entry *m)
{
	const struct mac_local *x = m->x;

	if (!x)
		return false;
	return x->ep ||
	       (x->kernel && !evi_is_own_mac(t, t->evi[m->evi], &m->mac, x->ifindex));
}

static const struct import *best_route(const struct tenants *t,
				       const struct mac_entry *m)
{
	return m->best ? import_at(t, m->best) : NULL;
}

/* Does the remote route win over our claim? Never asked of a frozen one. */
static bool remote_wins(const struct tenants *t, const struct mac_entry *m,
			const struct import *r)
{
	const struct evi *e = t->evi[m->evi];

	if (mac_is_sticky(m))
		return false;
	if (r->vni & IMP_STICKY)
		return true;
	if (r->seq != m->x->seq)
		return r->seq > m->x->seq;
	return ip_is_none(&e->p.vtep) || ip_cmp(vtep_ip(t, r->vtep), &e->p.vtep) < 0;
}

static enum owner decide(const struct tenants *t, const struct mac_entry *m)
{
	const struct import *r = best_route(t, m);

	if (!mac_has_claim(t, m))
		return r ? OWNER_REMOTE : OWNER_NONE;
	/* A duplicate is what our own ports say, and is not advertised: fighting over
	 * the kernel's entry would go on below BGP. */
	if (!r || dad_is_frozen(&m->x->dad))
		return OWNER_LOCAL;
	return remote_wins(t, m, r) ? OWNER_REMOTE : OWNER_LOCAL;
}

static void seq_set(struct tenants *t, struct mac_entry *m, uint32_t seq)
{
	m->x->seq = seq;
	if (m->x->ep)
		endpoint_seq_set(t, m->x->ep, seq);
}

/* ---- reports ----------------------------------------------------------- */

static void report_sticky(struct tenants *t, struct mac_entry *m)
{
	const struct import *r = best_route(t, m);
	bool clash = r && r->vni & IMP_STICKY && mac_has_claim(t, m);

	if (!clash) {
		m->flags &= (uint8_t)~MAC_SAID_STICKY;
		return;
	}
	if (m->flags & MAC_SAID_STICKY)
		return;
	m->flags |= MAC_SAID_STICKY;
	t->c.sticky_conflicts++;

	const struct tenants_report rep = {
		.event = mac_is_sticky(m) ? TEV_STICKY_CLASH : TEV_STICKY_REMOTE,
		.vni = t->evi[m->evi]->vni,
		.mac = m->mac,
		.vtep = *vtep_ip(t, r->vtep),
	};

	t->hooks->report(t->ctx, &rep);
}

/* ---- acting ------------------------------------------------------------ */

void mac_readvertise(struct tenants *t, struct mac_entry *m)
{
	struct neigh_local *y;

	if (!m->x || !m->x->adv)
		return;
	advert_mac(t, m, NULL);
	LIST_FOREACH (y, &m->x->neighs, link)
		neigh_readvertise(t, neigh_at(t, y->neigh));
}

static void advertise(struct tenants *t, struct mac_entry *m)
{
	struct mac_local *x = m->x;
	bool want = m->owner == OWNER_LOCAL && t->evi[m->evi]->p.originating &&
		    !dad_is_frozen(&x->dad);
	bool sticky = mac_is_sticky(m);
	uint32_t seq = sticky ? 0 : x->seq; /* section 15.2: sticky has sequence 0 */
	struct neigh_local *y;

	if (!want && !x->adv)
		return;
	if (want && x->adv && x->adv_seq == seq && x->adv_sticky == sticky)
		return;
	if (!want) {
		/* The addresses first: no receiver shall see them without the MAC. */
		LIST_FOREACH (y, &x->neighs, link)
			neigh_withdraw(t, neigh_at(t, y->neigh));
		advert_mac_withdraw(t, m, NULL);
		x->adv = false;
		return;
	}
	x->adv = true;
	x->adv_seq = seq;
	x->adv_sticky = sticky;
	mac_readvertise(t, m);
}

/* Addresses of this MAC, local and remote, depend on who owns it. */
static void eval_neighs(struct tenants *t, struct mac_entry *m)
{
	struct neigh_local *y;

	for (uint32_t i = m->routes; i; i = import_at(t, i)->mnext)
		if (import_at(t, i)->neigh)
			neigh_eval(t, neigh_at(t, import_at(t, i)->neigh));
	if (m->x)
		LIST_FOREACH (y, &m->x->neighs, link)
			neigh_eval(t, neigh_at(t, y->neigh));
}

/* Did what our claim weighs change since this was asked last? */
static bool rank_changed(struct mac_entry *m)
{
	struct mac_local *x = m->x;
	bool sticky = mac_is_sticky(m);

	if (!x || (x->rank_seq == x->seq && x->rank_sticky == sticky))
		return false;
	x->rank_seq = x->seq;
	x->rank_sticky = sticky;
	return true;
}

static void owner_set(struct tenants *t, struct mac_entry *m, enum owner now)
{
	struct evi *e = t->evi[m->evi];

	e->n_mac[m->owner]--;
	e->n_mac[now]++;
	m->owner = (uint8_t)now;
}

void mac_eval(struct tenants *t, struct mac_entry *m)
{
	const struct import *r = best_route(t, m);
	enum owner was = m->owner, now;

	/* A claim that ran out of numbers starts anew when none is left to beat. */
	if (m->x && m->x->dad.wrap && (!r || !r->seq) && dad_unwrap(t, &m->x->dad))
		seq_set(t, m, 0);
	now = decide(t, m);
	if (was == OWNER_LOCAL && now == OWNER_REMOTE && mac_has_claim(t, m)) {
		m->x->yield_ms = clock_ms();
		if (!(r->vni & IMP_STICKY) && dad_move(t, &m->x->dad))
			now = OWNER_LOCAL;
	}
	report_sticky(t, m);
	if (now != was)
		owner_set(t, m, now);
	project_mac(t, m, false);
	if (m->x)
		advertise(t, m);
	if (rank_changed(m) || now != was)
		eval_neighs(t, m);
}

/* The number of a new claim (section 15): above every route there is, or none. */
static void claim_renew(struct tenants *t, struct mac_entry *m)
{
	const struct import *r = best_route(t, m);

	if (!r) {
		seq_set(t, m, m->x->ep ? m->x->ep->e.seq : 0);
	} else if (r->vni & IMP_STICKY) {
		seq_set(t, m, 0);
	} else if (r->seq == UINT32_MAX) {
		dad_wrap(t, &m->x->dad);
	} else if (!dad_move(t, &m->x->dad)) {
		seq_set(t, m, r->seq + 1);
	}
}

void mac_learned(struct tenants *t, struct mac_entry *m)
{
	bool ours = m->owner == OWNER_LOCAL && decide(t, m) == OWNER_LOCAL;

	/* While it is ours nothing is learned, nor while it is frozen. */
	if (mac_has_claim(t, m) && !ours && !mac_is_sticky(m) &&
	    !dad_is_frozen(&m->x->dad))
		claim_renew(t, m);
	mac_eval(t, m);
}

void mac_raise(struct tenants *t, struct mac_entry *m, uint32_t seq)
{
	if (m->x->seq >= seq || dad_is_frozen(&m->x->dad))
		return;
	seq_set(t, m, seq);
	mac_eval(t, m);
}
