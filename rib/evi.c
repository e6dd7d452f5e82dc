/*
 * The set of EVIs: which VNIs are served, with which RD, route targets and VTEP, and
 * which EVIs a route target leads to. What configuration and kernel say is compared
 * with what is in force, and only a difference acts.
 * Not here: MACs and neighbours (mac.c, neigh.c), imports (import.c).
 * RFC 7432 sections 5, 6 and 7.9-7.10; RFC 8365 section 5.1.2.
 */
#include <stdlib.h>

#include "lib/util.h"
#include "rib/tenant_priv.h"

enum { VNI_MAX = 0xffffff, RD_FIRST = 2, VXLAN_PORT = 4789 };

struct evi *evi_find(const struct tenants *t, uint32_t vni)
{
	uint32_t h = hash32(&vni, sizeof(vni));

	for (uint32_t i = table_find(&t->evi_by_vni, h); i;
	     i = table_find_next(&t->evi_by_vni, i)) {
		const struct evi_row *r = table_at(&t->evi_by_vni, i);

		if (r->vni == vni)
			return t->evi[r->evi];
	}
	return NULL;
}

struct evi *evi_get(struct tenants *t, uint32_t vni)
{
	struct evi *e = evi_find(t, vni);

	if (e)
		return e;
	/* Never freed while we live: an RD belongs to its VNI for good. */
	if (!vni || vni > VNI_MAX || t->n_evi >= TENANT_EVIS)
		return NULL;
	e = xcalloc(1, sizeof(*e));
	e->self = t->n_evi + 1;
	e->vni = vni;
	e->conf.vni = vni;
	LIST_INIT(&e->locals);
	if (!(e->self & (e->self - 1))) { /* doubles at each power of two */
		t->evi = xrealloc(t->evi, e->self * 2 * sizeof(*t->evi));
		t->scratch = xrealloc(t->scratch, e->self * 2 * sizeof(*t->scratch));
	}
	t->evi[0] = NULL;
	t->evi[e->self] = e;
	t->n_evi++;

	uint32_t i = table_add(&t->evi_by_vni, hash32(&vni, sizeof(vni)));
	struct evi_row *r = table_at(&t->evi_by_vni, i);

	r->vni = vni;
	r->evi = e->self;
	return e;
}

const struct intent_link *evi_link_find(const struct tenants *t, uint32_t ifindex)
{
	uint32_t h = hash32(&ifindex, sizeof(ifindex));

	for (uint32_t i = ifindex ? table_find(&t->links, h) : 0; i;
	     i = table_find_next(&t->links, i)) {
		const struct link_fact *f = table_at(&t->links, i);

		if (f->l.ifindex == ifindex)
			return &f->l;
	}
	return NULL;
}

bool evi_is_own_mac(const struct tenants *t, const struct evi *e, const struct mac *m,
		    uint32_t port)
{
	const struct intent_link *vx = evi_link_find(t, e->p.vxlan_if);
	const struct intent_link *br = evi_link_find(t, e->p.bridge_if);
	const struct intent_link *p = evi_link_find(t, port);

	return (port && port == e->p.vxlan_if) || (vx && mac_eq(&vx->mac, m)) ||
	       (br && mac_eq(&br->mac, m)) || (p && mac_eq(&p->mac, m));
}

/* ---- route target index ------------------------------------------------ */

static void rts_add(struct tenants *t, const struct evi *e)
{
	t->rts_version++;
	for (unsigned k = 0; e->p.served && k < e->p.n_import; k++) {
		const struct extcom *rt = &e->p.import[k];
		struct rt_row *r =
			table_at(&t->rts, table_add(&t->rts, hash32(rt, sizeof(*rt))));

		r->evi = e->self;
		r->rt = *rt;
	}
}

static void rts_del(struct tenants *t, const struct evi *e)
{
	t->rts_version++;
	for (unsigned k = 0; e->p.served && k < e->p.n_import; k++) {
		const struct extcom *rt = &e->p.import[k];
		uint32_t i = table_find(&t->rts, hash32(rt, sizeof(*rt)));

		for (; i; i = table_find_next(&t->rts, i)) {
			const struct rt_row *r = table_at(&t->rts, i);

			if (r->evi == e->self && !memcmp(&r->rt, rt, sizeof(*rt)))
				break;
		}
		if (i)
			table_del(&t->rts, i);
	}
}

void tenants_imports(const struct tenants *t,
		     void (*fn)(void *arg, const struct extcom *rt), void *arg)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&t->rts, &w));)
		fn(arg, &((const struct rt_row *)table_at(&t->rts, i))->rt);
}

uint64_t tenants_imports_version(const struct tenants *t)
{
	return t->rts_version;
}

static bool is_rt(const uint8_t c[8])
{
	return c[0] <= 2 && c[1] == 2; /* RFC 4360 section 4 */
}

unsigned evi_stamp_by_rt(struct tenants *t, const uint8_t *communities, size_t n,
			 uint32_t *out)
{
	unsigned found = 0;

	t->stamp++;
	for (const uint8_t *c = communities; n; c += 8, n--) {
		uint32_t i = is_rt(c) ? table_find(&t->rts, hash32(c, 8)) : 0;

		for (; i; i = table_find_next(&t->rts, i)) {
			const struct rt_row *r = table_at(&t->rts, i);
			struct evi *e = t->evi[r->evi];

			if (memcmp(&r->rt, c, 8) || e->stamp == t->stamp)
				continue;
			e->stamp = t->stamp;
			out[found++] = e->self;
		}
	}
	return found;
}

/* ---- parameters -------------------------------------------------------- */

/* Lowest free from 2 on, as FRR numbers them; 0 when none is left. */
static uint16_t rd_index_take(struct tenants *t)
{
	for (uint32_t i = RD_FIRST; i <= UINT16_MAX; i++) {
		if (!(t->rd_used[i / 8] >> (i % 8) & 1)) {
			t->rd_used[i / 8] |= (uint8_t)(1u << (i % 8));
			return (uint16_t)i;
		}
	}
	return 0;
}

static struct extcom auto_rt(const struct tenants *t, uint32_t vni)
{
	/* RFC 8365 section 5.1.2.1: auto bit 0, type 1 = VXLAN, domain 0. A 4-octet
	 * AS does not fit beside 24 bits; its low half is used, as FRR does. */
	uint32_t number = t->conf.autort_rfc8365 ? 0x10000000u | vni : vni;

	return rt_make(t->conf.as & 0xffff, number);
}

static unsigned rts_choose(const struct tenants *t, const struct evi *e, unsigned n,
			   const struct extcom *from, struct extcom *to)
{
	if (!n) {
		to[0] = auto_rt(t, e->vni);
		return 1;
	}
	memcpy(to, from, n * sizeof(*to));
	return n;
}

static struct ip vtep_choose(const struct tenants *t, const struct evi *e,
			     const struct intent_link *vx)
{
	if (!ip_is_zero(&e->conf.vtep))
		return e->conf.vtep;
	/* A device of ours has the address that we once gave it. */
	if (vx && !(vx->flags & LINK_OURS) && !ip_is_zero(&vx->vtep))
		return vx->vtep;
	return t->conf.router_id ? ip4_of(t->conf.router_id) : (struct ip) { 0 };
}

/* The VXLAN device of a VNI; of several the one in a bridge, then the oldest. */
static uint32_t vxlan_choose(const struct tenants *t, uint32_t vni)
{
	const struct intent_link *best = NULL;
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&t->links, &w));) {
		const struct link_fact *f = table_at(&t->links, i);

		if (f->l.kind != LINK_VXLAN || f->l.vni != vni)
			continue;
		if (!best || !best->master < !f->l.master ||
		    (!best->master == !f->l.master && f->l.ifindex < best->ifindex))
			best = &f->l;
	}
	return best ? best->ifindex : 0;
}

static void params_compute(struct tenants *t, struct evi *e, struct evi_params *p)
{
	const struct intent_link *vx = evi_link_find(t, vxlan_choose(t, e->vni));
	bool tenant = e->configured && e->conf.tenant[0];
	bool pair = vx && vx->master, usable = !vx || (pair && vx->flags & LINK_UP);

	memset(p, 0, sizeof(*p)); /* compared as bytes */
	p->vxlan_if = vx ? vx->ifindex : 0;
	p->bridge_if = vx ? vx->master : 0;
	p->served = tenant || (t->conf.advertise_all_vni && pair);
	if (!p->served)
		return;
	if (!e->rd_index)
		e->rd_index = rd_index_take(t);
	p->vtep = vtep_choose(t, e, vx);
	p->rd = e->conf.has_rd ? e->conf.rd
			       : rd_make_ip(t->conf.router_id, e->rd_index);
	p->mpls_shifted = e->conf.mpls_shifted;
	p->n_import = rts_choose(t, e, e->conf.n_import, e->conf.import, p->import);
	p->n_export = rts_choose(t, e, e->conf.n_export, e->conf.export, p->export);
	p->originating = usable && t->conf.router_id && t->conf.as &&
			 (e->rd_index || e->conf.has_rd) && !ip_is_none(&p->vtep);
}

/* What makes the keys of our routes: a change needs withdraws under the old ones. */
static bool same_keys(const struct evi_params *a, const struct evi_params *b)
{
	return a->originating == b->originating && !memcmp(&a->rd, &b->rd, 8) &&
	       ip_eq(&a->vtep, &b->vtep);
}

static bool same_attrs(const struct evi_params *a, const struct evi_params *b)
{
	return a->n_export == b->n_export && a->mpls_shifted == b->mpls_shifted &&
	       !memcmp(a->export, b->export, sizeof(a->export));
}

static bool same_import(const struct evi_params *a, const struct evi_params *b)
{
	return a->served == b->served && a->n_import == b->n_import &&
	       a->mpls_shifted == b->mpls_shifted && ip_eq(&a->vtep, &b->vtep) &&
	       !memcmp(a->import, b->import, sizeof(a->import));
}

static void withdraw_all(struct tenants *t, struct evi *e)
{
	struct mac_local *x;
	struct neigh_local *y;

	advert_imet(t, e, false);
	LIST_FOREACH (x, &e->locals, link) {
		struct mac_entry *m = mac_at(t, x->mac);

		LIST_FOREACH (y, &x->neighs, link)
			neigh_withdraw(t, neigh_at(t, y->neigh));
		if (x->adv)
			advert_mac_withdraw(t, m, NULL);
		x->adv = false;
	}
}

/* Every local MAC and IP anew, with whatever parameters are in force now. */
static void eval_locals(struct tenants *t, struct evi *e, bool readvertise)
{
	struct mac_local *x;
	struct neigh_local *y;

	LIST_FOREACH (x, &e->locals, link) {
		struct mac_entry *m = mac_at(t, x->mac);

		mac_eval(t, m);
		if (readvertise && x->adv)
			advert_mac(t, m, NULL);
		LIST_FOREACH (y, &x->neighs, link) {
			neigh_eval(t, neigh_at(t, y->neigh));
			if (readvertise)
				neigh_readvertise(t, neigh_at(t, y->neigh));
		}
	}
}

static void params_set(struct tenants *t, struct evi *e, const struct evi_params *p)
{
	bool keys = same_keys(&e->p, p), attrs = same_attrs(&e->p, p);
	bool import = same_import(&e->p, p);

	if (!keys)
		withdraw_all(t, e);
	if (!import)
		rts_del(t, e);
	t->drop |= e->p.served && !p->served;
	memcpy(&e->p, p, sizeof(*p));
	if (!import) {
		rts_add(t, e);
		t->reimport |= p->served;
	}
	if (p->served)
		project_l2dom(t, e); /* device first: what follows is put into it */
	if (p->originating && !(keys && attrs))
		advert_imet(t, e, true);
	eval_locals(t, e, keys && !attrs);
}

static void params_refresh(struct tenants *t, struct evi *e)
{
	struct evi_params p;

	params_compute(t, e, &p);
	if (memcmp(&e->p, &p, sizeof(p)))
		params_set(t, e, &p);
}

void evi_refresh(struct tenants *t, struct evi *e)
{
	params_refresh(t, e);
	import_drop_unserved(t);
	project_l2dom(t, e);
}

void evi_refresh_all(struct tenants *t)
{
	for (uint32_t i = 1; i <= t->n_evi; i++)
		params_refresh(t, t->evi[i]);
	import_drop_unserved(t); /* one pass, however many EVIs went */
	for (uint32_t i = 1; i <= t->n_evi; i++)
		project_l2dom(t, t->evi[i]);
}
