/*
 * The shadow of the kernel: devices, bridge FDB, neighbours, addresses. Facts are
 * kept whatever is configured, so that devices, configuration and sessions may come in
 * any order. What a complete picture (dump) did not repeat has gone.
 * Not here: what follows from a fact (evi.c, mac.c, neigh.c).
 */
#include "lib/clock.h"
#include "rib/tenant_priv.h"

/*
 * How long a dump may still show a port entry that fib was told to replace. A report
 * that is no part of a dump is always news.
 */
enum { YIELD_SETTLE_MS = 2000 };

/* The first record of a new picture makes everything before it old. */
static void dump_note(struct tenants *t, uint32_t flags)
{
	if (!(flags & INTENT_F_DUMP) || t->in_dump)
		return;
	t->in_dump = true;
	t->gen++;
}

/* ---- devices ----------------------------------------------------------- */

static void own_mac_changed(struct tenants *t, const struct evi *e, const struct mac *m)
{
	struct mac_entry *me = mac_find(t, e->self, m);

	if (me && me->x)
		mac_eval(t, me);
}

/* EVIs that a device is part of: as VXLAN device, as bridge, or as a port. */
static void touch_evis(struct tenants *t, const struct intent_link *l)
{
	for (uint32_t i = 1; i <= t->n_evi; i++) {
		struct evi *e = t->evi[i];
		bool device = l->kind == LINK_VXLAN && l->vni == e->vni;
		bool bridge = e->p.bridge_if == l->ifindex;
		bool port = l->master && e->p.bridge_if == l->master;

		if (device || bridge || e->p.vxlan_if == l->ifindex)
			evi_refresh(t, e);
		if (device || bridge || port)
			own_mac_changed(t, e, &l->mac);
	}
}

static void link_forget(struct tenants *t, uint32_t i)
{
	const struct link_fact *f = table_at(&t->links, i);
	const struct intent_link old = f->l;

	table_del(&t->links, i);
	touch_evis(t, &old);
}

void tenants_link(struct tenants *t, const struct intent_link *l, uint32_t flags)
{
	uint32_t h = hash32(&l->ifindex, sizeof(l->ifindex));
	uint32_t i = table_find(&t->links, h);
	struct intent_link old = { 0 };

	dump_note(t, flags);
	while (i &&
	       ((struct link_fact *)table_at(&t->links, i))->l.ifindex != l->ifindex)
		i = table_find_next(&t->links, i);
	if (flags & INTENT_F_GONE) {
		if (i)
			link_forget(t, i);
		tenants_reimport(t);
		return;
	}
	if (!l->ifindex)
		return;
	if (!i)
		i = table_add(&t->links, h);

	struct link_fact *f = table_at(&t->links, i);

	old = f->l;
	f->gen = t->gen;
	f->l = *l;
	f->l.name[INTENT_IFNAME - 1] = '\0';
	if (f->l.kind == LINK_VXLAN)
		evi_get(t, f->l.vni);
	if (memcmp(&old, &f->l, sizeof(old))) {
		touch_evis(t, &f->l);
		if (old.ifindex)
			touch_evis(t, &old);
	}
	tenants_reimport(t);
}

/* ---- FDB --------------------------------------------------------------- */

static void fdb_gone(struct tenants *t, struct mac_entry *m)
{
	m->x->kernel = false;
	mac_eval(t, m);
	mac_gc(t, m);
}

static bool is_news(const struct mac_local *x, const struct intent_fdb *f,
		    uint32_t flags)
{
	if (!x->kernel || x->ifindex != f->ifindex || !(flags & INTENT_F_DUMP))
		return true;
	return !x->yield_ms || clock_ms() - x->yield_ms > YIELD_SETTLE_MS;
}

void tenants_fdb(struct tenants *t, const struct intent_fdb *f, uint32_t flags)
{
	struct evi *e = evi_get(t, f->vni);
	struct mac_entry *m;

	dump_note(t, flags);
	if (!e || mac_is_zero(&f->mac) || mac_is_multicast(&f->mac))
		return;
	if (flags & INTENT_F_GONE) {
		m = mac_find(t, e->self, &f->mac);
		/* Of whatever port: fib tells the last state of a MAC, and when an
		 * entry was replaced, the port in it is the VXLAN device already. */
		if (m && m->x && m->x->kernel)
			fdb_gone(t, m);
		return;
	}
	m = mac_get(t, e->self, &f->mac);

	struct mac_local *x = mac_local_get(t, m);
	bool news = is_news(x, f, flags);

	x->kernel = true;
	x->ifindex = f->ifindex;
	x->fdb_flags = f->flags;
	x->gen = t->gen;
	if (news)
		mac_learned(t, m);
	else
		mac_eval(t, m);
}

/* ---- neighbours -------------------------------------------------------- */

static void lneigh_gone(struct tenants *t, struct neigh_entry *n)
{
	n->x->kernel = false;
	neigh_rebind(t, n);
	neigh_gc(t, n);
}

void tenants_neigh(struct tenants *t, const struct intent_neigh *f, uint32_t flags)
{
	struct evi *e = evi_get(t, f->vni);
	struct neigh_entry *n;

	dump_note(t, flags);
	if (!e || ip_is_none(&f->ip))
		return;
	if (flags & INTENT_F_GONE) {
		n = neigh_find(t, e->self, &f->ip);
		if (n && n->x && n->x->kernel)
			lneigh_gone(t, n);
		return;
	}
	if (mac_is_zero(&f->mac) || mac_is_multicast(&f->mac))
		return;
	n = neigh_get(t, e->self, &f->ip);

	struct neigh_local *x = neigh_local_get(n);

	x->fresh |= !x->kernel || !mac_eq(&x->kernel_mac, &f->mac) ||
		    !(flags & INTENT_F_DUMP);
	x->kernel = true;
	x->kernel_mac = f->mac;
	x->gen = t->gen;
	neigh_rebind(t, n);
}

/* ---- addresses --------------------------------------------------------- */

static uint32_t addr_lookup(const struct tenants *t, const struct ip *a,
			    uint32_t ifindex)
{
	uint32_t i = table_find(&t->addrs, hash32(a, sizeof(*a)));

	for (; i; i = table_find_next(&t->addrs, i)) {
		const struct addr_fact *f = table_at(&t->addrs, i);

		if (ip_eq(&f->a.ip, a) && f->a.ifindex == ifindex)
			return i;
	}
	return 0;
}

bool fact_is_own_ip(const struct tenants *t, const struct evi *e, const struct ip *a)
{
	return e->p.bridge_if && addr_lookup(t, a, e->p.bridge_if);
}

/* An address of the bridge itself is nobody's behind a port. Tenants overlap: only
 * the EVI of that very bridge is meant. */
static void touch_neighs(struct tenants *t, const struct intent_addr *a)
{
	for (uint32_t i = 1; i <= t->n_evi; i++) {
		struct neigh_entry *n = NULL;

		if (t->evi[i]->p.bridge_if == a->ifindex)
			n = neigh_find(t, i, &a->ip);
		if (n)
			neigh_eval(t, n);
	}
}

void tenants_addr(struct tenants *t, const struct intent_addr *a, uint32_t flags)
{
	uint32_t i = addr_lookup(t, &a->ip, a->ifindex);

	dump_note(t, flags);
	if (flags & INTENT_F_GONE) {
		if (i)
			table_del(&t->addrs, i);
	} else if (!i && a->ifindex && !ip_is_none(&a->ip)) {
		i = table_add(&t->addrs, hash32(&a->ip, sizeof(a->ip)));
	}
	if (i && !(flags & INTENT_F_GONE)) {
		struct addr_fact *f = table_at(&t->addrs, i);

		f->a = *a;
		f->gen = t->gen;
	}
	touch_neighs(t, a);
}

/* ---- end of a picture -------------------------------------------------- */

static void sweep_macs(struct tenants *t)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&t->macs, &w));) {
		struct mac_entry *m = mac_at(t, i);

		if (m->x && m->x->kernel && m->x->gen != t->gen)
			fdb_gone(t, m);
	}
}

static void sweep_neighs(struct tenants *t)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&t->neighs, &w));) {
		struct neigh_entry *n = neigh_at(t, i);

		if (n->x && n->x->kernel && n->x->gen != t->gen)
			lneigh_gone(t, n);
	}
}

static void sweep_links(struct tenants *t)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&t->links, &w));)
		if (((struct link_fact *)table_at(&t->links, i))->gen != t->gen)
			link_forget(t, i);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&t->addrs, &w));) {
		const struct addr_fact *f = table_at(&t->addrs, i);
		const struct intent_addr a = f->a;

		if (f->gen == t->gen)
			continue;
		table_del(&t->addrs, i);
		touch_neighs(t, &a);
	}
}

void tenants_dump_end(struct tenants *t)
{
	if (!t->in_dump)
		t->gen++; /* an empty picture */
	t->in_dump = false;
	sweep_neighs(t);
	sweep_macs(t);
	sweep_links(t);
	tenants_reimport(t);
}
