/*
 * Winning type 2 and 3 routes into the EVIs that import one of their route targets,
 * and out again. What is kept is what mobility, forwarding and the next change of the
 * same key need, nothing of the attributes.
 * Not here: who owns a MAC (mac.c). Types 1, 4, 5 have no effect yet.
 * RFC 7432 sections 7.2, 7.3, 9.2.2, 11; RFC 8365 sections 5.1.3, 9; RFC 9494 4.4.
 */
#include "rib/tenant_priv.h"
#include "wire/nlri_evpn.h"

enum { CLAIMS_MAX = 64 }; /* routes for one address that are looked at */

/* What one type 2 or 3 route says, once for all EVIs. */
struct route_facts {
	uint32_t hash;
	struct evpn_route r;
	struct ip vtep;
	uint32_t label; /* raw 24 bits */
	uint32_t seq;
	bool sticky, router, encap_mpls, llgr_stale, gbp;
	uint32_t set; /* who it says is there: a reference */
};

/* ---- VTEPs ------------------------------------------------------------- */

uint32_t vtep_ref(struct tenants *t, const struct ip *a)
{
	uint32_t h = hash32(a, sizeof(*a)), i = table_find(&t->vteps, h);

	while (i && !ip_eq(vtep_ip(t, i), a))
		i = table_find_next(&t->vteps, i);
	if (!i)
		i = table_add(&t->vteps, h);

	struct vtep *v = table_at(&t->vteps, i);

	v->ip = *a;
	v->refs++;
	return i;
}

void vtep_unref(struct tenants *t, uint32_t i)
{
	struct vtep *v = table_at(&t->vteps, i);

	if (!--v->refs)
		table_del(&t->vteps, i);
}

/* ---- order ------------------------------------------------------------- */

static int rank_cmp(const struct tenants *t, const struct import *a,
		    const struct import *b)
{
	bool sa = a->vni & IMP_STICKY, sb = b->vni & IMP_STICKY;
	bool la = a->vni & IMP_LLGR, lb = b->vni & IMP_LLGR;

	/* Also where the dead VTEP has the higher sequence: one that knew nothing of
	 * it began anew elsewhere. */
	if (la != lb)
		return la ? 1 : -1;
	if (sa != sb)
		return sa ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq > b->seq ? -1 : 1;
	if (a->vtep != b->vtep)
		return ip_cmp(vtep_ip(t, a->vtep), vtep_ip(t, b->vtep));
	/* One VTEP with two labels makes no sense, but must have one outcome. */
	return (a->vni & IMP_VNI) < (b->vni & IMP_VNI)   ? -1
	       : (a->vni & IMP_VNI) > (b->vni & IMP_VNI) ? 1
							 : 0;
}

bool import_better(const struct tenants *t, const struct import *a,
		   const struct import *b)
{
	return rank_cmp(t, a, b) < 0;
}

/* As for a MAC, then the lowest MAC: several may claim one address. */
static bool neigh_better(const struct tenants *t, const struct import *a,
			 const struct import *b)
{
	int c = rank_cmp(t, a, b);

	if (c)
		return c < 0;
	c = memcmp(&mac_at(t, a->mac)->mac, &mac_at(t, b->mac)->mac, 6);
	if (c)
		return c < 0;
	return (a->vni & IMP_ROUTER) > (b->vni & IMP_ROUTER);
}

static uint32_t best_of_mac(const struct tenants *t, const struct mac_entry *m,
			    const struct import *equal)
{
	uint32_t best = 0;

	for (uint32_t i = m->routes; i; i = import_at(t, i)->mnext) {
		/* As good as the one that left: no need to look further. That keeps
		 * a MAC with very many addresses cheap. */
		if (equal && !rank_cmp(t, import_at(t, i), equal))
			return i;
		if (!best || import_better(t, import_at(t, i), import_at(t, best)))
			best = i;
	}
	return best;
}

static uint32_t best_of_neigh(const struct tenants *t, const struct neigh_entry *n)
{
	uint32_t best = 0;

	for (uint32_t i = n->routes; i; i = import_at(t, i)->nnext)
		if (!best || neigh_better(t, import_at(t, i), import_at(t, best)))
			best = i;
	return best;
}

uint32_t import_best_remote(const struct tenants *t, const struct neigh_entry *n)
{
	uint32_t best = 0;

	if (!n->best || mac_at(t, import_at(t, n->best)->mac)->owner != OWNER_LOCAL)
		return n->best;
	/* Its MAC is here, so its word on the address does not count. */
	for (uint32_t i = n->routes; i; i = import_at(t, i)->nnext) {
		const struct import *imp = import_at(t, i);

		if (mac_at(t, imp->mac)->owner != OWNER_LOCAL &&
		    (!best || neigh_better(t, imp, import_at(t, best))))
			best = i;
	}
	return best;
}

/* ---- type 2 ------------------------------------------------------------ */

static bool same_key(const struct tenants *t, const struct import *imp,
		     const struct evpn_route *r)
{
	if (memcmp(&imp->rd, &r->rd, sizeof(r->rd)) || imp->tag != r->tag ||
	    !mac_eq(&mac_at(t, imp->mac)->mac, &r->mac))
		return false;
	return imp->neigh ? ip_eq(&neigh_at(t, imp->neigh)->ip, &r->ip)
			  : ip_is_none(&r->ip);
}

static void link_in(struct tenants *t, uint32_t i, struct mac_entry *m,
		    struct neigh_entry *n)
{
	struct import *imp = import_at(t, i);

	imp->mac = m->self;
	imp->mnext = m->routes;
	if (m->routes)
		import_at(t, m->routes)->mprev = i;
	m->routes = i;
	if (!n)
		return;
	imp->neigh = n->self;
	imp->nnext = n->routes;
	if (n->routes)
		import_at(t, n->routes)->nprev = i;
	n->routes = i;
}

static void link_out(struct tenants *t, uint32_t i)
{
	struct import *imp = import_at(t, i);

	if (imp->mnext)
		import_at(t, imp->mnext)->mprev = imp->mprev;
	if (imp->mprev)
		import_at(t, imp->mprev)->mnext = imp->mnext;
	else
		mac_at(t, imp->mac)->routes = imp->mnext;
	if (!imp->neigh)
		return;
	if (imp->nnext)
		import_at(t, imp->nnext)->nprev = imp->nprev;
	if (imp->nprev)
		import_at(t, imp->nprev)->nnext = imp->nnext;
	else
		neigh_at(t, imp->neigh)->routes = imp->nnext;
}

/* ---- who is there ------------------------------------------------------ */

static struct import_claim *claim_at(const struct tenants *t, uint32_t i)
{
	return table_at(&t->claims, i);
}

/* Number of the claim of an import that has one. */
static uint32_t claim_find(const struct tenants *t, uint32_t import)
{
	uint32_t i = table_find(&t->claims, import);

	while (claim_at(t, i)->import != import)
		i = table_find_next(&t->claims, i);
	return i;
}

static uint32_t claim_of(const struct tenants *t, uint32_t import)
{
	return import_at(t, import)->vni & IMP_LABELS
		       ? claim_at(t, claim_find(t, import))->set
		       : (uint32_t)IDSET_NONE;
}

static void claim_set(struct tenants *t, uint32_t import, uint32_t set)
{
	struct import *imp = import_at(t, import);
	uint32_t i = imp->vni & IMP_LABELS ? claim_find(t, import) : 0;
	uint32_t was = i ? claim_at(t, i)->set : 0;

	if (!i && !set)
		return;
	if (set && !i)
		i = table_add(&t->claims, import);
	if (set) {
		claim_at(t, i)->import = import;
		claim_at(t, i)->set = identities_ref(t->ids, set);
		imp->vni |= IMP_LABELS;
	} else {
		table_del(&t->claims, i);
		imp->vni &= ~(uint32_t)IMP_LABELS;
	}
	identities_unref(t->ids, was);
}

/* As new as the other, whatever decides between them otherwise: two who both say that
 * they have the address. */
static bool as_new(const struct import *a, const struct import *b)
{
	const uint32_t rank = IMP_LLGR | IMP_STICKY;

	return a->seq == b->seq && (a->vni & rank) == (b->vni & rank);
}

uint32_t import_claim_best(const struct tenants *t, uint32_t best)
{
	const struct import *b = import_at(t, best);
	uint32_t set = claim_of(t, best), n = 0;

	if (!set)
		return set;
	for (uint32_t i = neigh_at(t, b->neigh)->routes; i;
	     i = import_at(t, i)->nnext) {
		uint32_t other = claim_of(t, i);

		/* So many say that it is theirs that nobody looks which are as new. */
		if (++n > CLAIMS_MAX)
			return IDSET_CONFLICT;
		if (other && other != set && as_new(import_at(t, i), b) &&
		    mac_at(t, import_at(t, i)->mac)->owner != OWNER_LOCAL)
			return IDSET_CONFLICT;
	}
	return set;
}

void import_claims_drop(struct tenants *t)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&t->claims, &w));)
		claim_set(t, claim_at(t, i)->import, IDSET_NONE);
}

/* ---- coming and going -------------------------------------------------- */

static void import_del(struct tenants *t, uint32_t i)
{
	struct mac_entry *m = mac_at(t, import_at(t, i)->mac);
	struct neigh_entry *n = NULL;
	struct import old;

	claim_set(t, i, IDSET_NONE);
	old = *import_at(t, i);
	n = old.neigh ? neigh_at(t, old.neigh) : NULL;
	link_out(t, i);
	if (m->best == i)
		m->best = best_of_mac(t, m, &old);
	if (n && n->best == i)
		n->best = best_of_neigh(t, n);
	table_del(&t->imports, i);
	mac_eval(t, m);
	if (n) {
		neigh_eval(t, n);
		neigh_gc(t, n);
	}
	vtep_unref(t, old.vtep);
	mac_gc(t, m);
}

/* The VNI to send with (RFC 8365 section 5.1.3: the receiver's choice, downstream). */
static uint32_t dst_vni(struct tenants *t, struct evi *e, const struct route_facts *f)
{
	/* bagpipe-bgp shifts although it says VXLAN, so the setting comes first. */
	bool shifted = e->p.mpls_shifted || f->encap_mpls;
	uint32_t vni = shifted ? label_from_mpls(f->label) : f->label;

	if (vni == e->vni)
		return vni;
	t->c.vni_mismatches++;
	if (!e->vni_mismatches++) {
		const struct tenants_report r = { .event = TEV_VNI_MISMATCH,
						  .vni = e->vni,
						  .mac = f->r.mac,
						  .vtep = f->vtep,
						  .number = vni };

		t->hooks->report(t->ctx, &r);
	}
	return vni ? vni : e->vni;
}

static void fill(struct tenants *t, struct import *imp, struct evi *e,
		 const struct route_facts *f)
{
	uint32_t old = imp->vtep, had = imp->vni & IMP_LABELS;

	imp->seq = f->seq;
	imp->vtep = vtep_ref(t, &f->vtep);
	imp->vni = had | dst_vni(t, e, f) | (f->sticky ? IMP_STICKY : 0) |
		   (f->router ? IMP_ROUTER : 0) | (f->llgr_stale ? IMP_LLGR : 0) |
		   (f->gbp ? IMP_GBP : 0);
	if (old)
		vtep_unref(t, old);
}

static void import_add(struct tenants *t, struct evi *e, const struct route_facts *f)
{
	struct mac_entry *m = mac_get(t, e->self, &f->r.mac);
	struct neigh_entry *n =
		ip_is_none(&f->r.ip) ? NULL : neigh_get(t, e->self, &f->r.ip);
	uint32_t i = table_add(&t->imports, f->hash);
	struct import *imp = import_at(t, i);

	imp->rd = f->r.rd;
	imp->tag = f->r.tag;
	fill(t, imp, e, f);
	claim_set(t, i, n ? f->set : (uint32_t)IDSET_NONE);
	link_in(t, i, m, n);
	if (!m->best || import_better(t, imp, import_at(t, m->best)))
		m->best = i;
	if (n && (!n->best || neigh_better(t, imp, import_at(t, n->best))))
		n->best = i;
	mac_eval(t, m);
	if (n)
		neigh_eval(t, n);
}

static void import_update(struct tenants *t, uint32_t i, struct evi *e,
			  const struct route_facts *f)
{
	struct import *imp = import_at(t, i);
	struct mac_entry *m = mac_at(t, imp->mac);
	struct neigh_entry *n = imp->neigh ? neigh_at(t, imp->neigh) : NULL;

	fill(t, imp, e, f);
	claim_set(t, i, n ? f->set : (uint32_t)IDSET_NONE);
	/* The old VTEP may be gone, so ranks before and after are not compared. */
	if (m->best == i)
		m->best = best_of_mac(t, m, NULL);
	else if (import_better(t, imp, import_at(t, m->best)))
		m->best = i;
	if (n)
		n->best = best_of_neigh(t, n);
	mac_eval(t, m);
	if (n)
		neigh_eval(t, n);
}

static void macip_import(struct tenants *t, const struct route_facts *f,
			 const uint32_t *evis, unsigned n_evis)
{
	uint32_t i = table_find(&t->imports, f->hash), next;

	for (; i; i = next) {
		struct import *imp = import_at(t, i);

		next = table_find_next(&t->imports, i);
		if (!same_key(t, imp, &f->r))
			continue;

		struct evi *e = t->evi[mac_at(t, imp->mac)->evi];

		if (n_evis && e->stamp == t->stamp) {
			e->stamp = 0; /* done: not to be added below */
			import_update(t, i, e, f);
		} else {
			import_del(t, i);
		}
	}
	for (unsigned k = 0; k < n_evis; k++)
		if (t->evi[evis[k]]->stamp == t->stamp)
			import_add(t, t->evi[evis[k]], f);
}

/* ---- type 3 ------------------------------------------------------------ */

static uint32_t flood_ref(struct tenants *t, struct evi *e, const struct ip *vtep)
{
	uint32_t v = vtep_ref(t, vtep), key[2] = { e->self, v };
	uint32_t h = hash32(key, sizeof(key)), i = table_find(&t->floods, h);

	for (; i; i = table_find_next(&t->floods, i)) {
		struct flood *f = table_at(&t->floods, i);

		if (f->evi == e->self && f->vtep == v) {
			f->refs++;
			vtep_unref(t, v);
			return i;
		}
	}
	i = table_add(&t->floods, h);

	struct flood *f = table_at(&t->floods, i);

	f->evi = e->self;
	f->vtep = v;
	f->refs = 1;
	e->n_vteps++;
	project_flood(t, f, true);
	return i;
}

static void flood_unref(struct tenants *t, uint32_t i)
{
	struct flood *f = table_at(&t->floods, i);

	/* Kept until the last IMET of (VNI, VTEP) has gone, whatever its RD. */
	if (--f->refs)
		return;
	project_flood(t, f, false);
	t->evi[f->evi]->n_vteps--;
	vtep_unref(t, f->vtep);
	table_del(&t->floods, i);
}

static void imet_import(struct tenants *t, const struct route_facts *f,
			const uint32_t *evis, unsigned n_evis)
{
	uint32_t i = table_find(&t->imets, f->hash), next;

	for (; i; i = next) {
		struct imet *im = table_at(&t->imets, i);

		next = table_find_next(&t->imets, i);
		if (memcmp(&im->rd, &f->r.rd, 8) || im->tag != f->r.tag ||
		    !ip_eq(&im->origin, &f->r.ip))
			continue;

		uint32_t old = im->flood;
		struct evi *e = t->evi[im->evi];

		if (n_evis && e->stamp == t->stamp) {
			e->stamp = 0;
			im->flood = flood_ref(t, e, &f->vtep);
		} else {
			table_del(&t->imets, i);
		}
		flood_unref(t, old);
	}
	for (unsigned k = 0; k < n_evis; k++) {
		struct evi *e = t->evi[evis[k]];

		if (e->stamp != t->stamp)
			continue;

		struct imet *im = table_at(&t->imets, table_add(&t->imets, f->hash));

		*im = (struct imet) { .node = im->node,
				      .evi = e->self,
				      .flood = flood_ref(t, e, &f->vtep),
				      .rd = f->r.rd,
				      .tag = f->r.tag,
				      .origin = f->r.ip };
	}
}

/* ---- any route --------------------------------------------------------- */

/* Encapsulation and ARP/ND flags in one pass; false: no encapsulation we can send. */
static bool communities_read(const struct attrs *a, struct route_facts *f)
{
	bool any = false, vxlan = false, mpls = false;
	const uint8_t *c = a->ext_communities.p;

	for (size_t n = a->ext_communities.len / 8; n; c += 8, n--) {
		if (c[0] == 0x03 && c[1] == 0x0c) {
			any = true;
			vxlan |= c[7] == ENCAP_VXLAN && !c[6];
			mpls |= c[7] == ENCAP_MPLS && !c[6];
		} else if (c[0] == 0x06 && c[1] == 0x08) {
			f->router = c[2] & 1; /* RFC 9047 */
		} else if (c[0] == 0x03 && c[1] == 0x17) {
			f->gbp = true; /* who says its group takes groups */
		}
	}
	f->encap_mpls = mpls && !vxlan;
	return !any || vxlan || mpls;
}

static bool is_host_mac(const struct mac *m)
{
	return !mac_is_zero(m) && !mac_is_multicast(m);
}

static bool is_vtep(const struct ip *a)
{
	return !ip_is_none(a) && !ip_is_zero(a) && !ip_is_multicast(a) &&
	       !ip_is_loopback(a);
}

/* Is there anything in it that can be forwarded to? */
static bool facts_read(const struct attrs *a, struct route_facts *f)
{
	uint32_t label;

	if (!communities_read(a, f))
		return false;
	if (f->r.type == EVPN_IMET)
		return attrs_pmsi_ingress(a, &f->vtep, &label) && is_vtep(&f->vtep);
	f->vtep = a->nexthop;
	f->label = f->r.label1;
	f->llgr_stale = attrs_has_community(a, COMMUNITY_LLGR_STALE);
	attrs_macmob(a, &f->seq, &f->sticky);
	return is_host_mac(&f->r.mac) && is_vtep(&f->vtep);
}

/* A route that names our own VTEP of an EVI leads nowhere. */
static unsigned drop_own(struct tenants *t, const struct ip *vtep, uint32_t *evis,
			 unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		if (ip_eq(&t->evi[evis[i]]->p.vtep, vtep))
			t->evi[evis[i]]->stamp = 0;
		else
			evis[kept++] = evis[i];
	}
	return kept;
}

void tenants_route(struct tenants *t, const struct nlri *n, const struct attrs *attrs,
		   bool believed)
{
	struct route_facts f = { .hash = hash32(n->key, n->key_len) };
	uint32_t *evis = t->scratch;
	unsigned n_evis = 0;

	if (evpn_view(n, &f.r) || (f.r.type != EVPN_MACIP && f.r.type != EVPN_IMET))
		return;
	if (attrs)
		n_evis = evi_stamp_by_rt(t, attrs->ext_communities.p,
					 attrs->ext_communities.len / 8, evis);
	if (n_evis && !facts_read(attrs, &f)) {
		t->c.routes_ignored++;
		n_evis = 0;
	}
	n_evis = drop_own(t, &f.vtep, evis, n_evis);
	if (f.r.type != EVPN_MACIP) {
		imet_import(t, &f, evis, n_evis);
		return;
	}
	if (t->ids && believed && n_evis && !ip_is_none(&f.r.ip))
		f.set = identities_claim(t->ids, attrs);
	macip_import(t, &f, evis, n_evis);
	if (f.set)
		identities_unref(t->ids, f.set);
}

void import_drop_unserved(struct tenants *t)
{
	struct table_walk w = { 0 };

	if (!t->drop)
		return;
	t->drop = false;
	for (uint32_t i; (i = table_next(&t->imports, &w));)
		if (!t->evi[mac_at(t, import_at(t, i)->mac)->evi]->p.served)
			import_del(t, i);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&t->imets, &w));) {
		struct imet *im = table_at(&t->imets, i);
		uint32_t flood = im->flood;

		if (t->evi[im->evi]->p.served)
			continue;
		table_del(&t->imets, i);
		flood_unref(t, flood);
	}
}
