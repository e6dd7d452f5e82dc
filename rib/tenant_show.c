/*
 * What there is, for show commands and metrics: sorted snapshots of EVIs, MACs,
 * neighbours and VTEPs. Reads only. Sorting costs memory for one index each while it
 * runs; nothing is kept for it.
 */
#include <stdlib.h>

#include "rib/tenant_priv.h"

struct sorted {
	const struct tenants *t;
	uint32_t *i;
	size_t n;
};

static const struct evi *evi_of(const struct tenants *t, uint32_t i)
{
	return t->evi[i];
}

/* Entries of a table that belong to served EVIs, or to the one asked for. */
static bool wanted(const struct tenants *t, uint32_t evi, uint32_t vni)
{
	return evi_of(t, evi)->p.served && (!vni || evi_of(t, evi)->vni == vni);
}

static int evi_order(const struct tenants *t, uint32_t a, uint32_t b)
{
	uint32_t x = evi_of(t, a)->vni, y = evi_of(t, b)->vni;

	return x < y ? -1 : x > y;
}

static int evi_cmp(const void *a, const void *b, void *arg)
{
	return evi_order(arg, *(const uint32_t *)a, *(const uint32_t *)b);
}

static int mac_cmp(const void *a, const void *b, void *arg)
{
	const struct mac_entry *x = mac_at(arg, *(const uint32_t *)a);
	const struct mac_entry *y = mac_at(arg, *(const uint32_t *)b);
	int c = evi_order(arg, x->evi, y->evi);

	return c ? c : memcmp(&x->mac, &y->mac, 6);
}

static int neigh_cmp(const void *a, const void *b, void *arg)
{
	const struct neigh_entry *x = neigh_at(arg, *(const uint32_t *)a);
	const struct neigh_entry *y = neigh_at(arg, *(const uint32_t *)b);
	int c = evi_order(arg, x->evi, y->evi);

	return c ? c : ip_cmp(&x->ip, &y->ip);
}

static const struct flood *flood_at(const struct tenants *t, uint32_t i)
{
	return table_at(&t->floods, i);
}

static int flood_cmp(const void *a, const void *b, void *arg)
{
	const struct flood *x = flood_at(arg, *(const uint32_t *)a);
	const struct flood *y = flood_at(arg, *(const uint32_t *)b);
	int c = evi_order(arg, x->evi, y->evi);

	return c ? c : ip_cmp(vtep_ip(arg, x->vtep), vtep_ip(arg, y->vtep));
}

/* ---- EVIs -------------------------------------------------------------- */

static const char *link_name(const struct tenants *t, uint32_t ifindex)
{
	const struct intent_link *l = evi_link_find(t, ifindex);

	return l ? l->name : "";
}

static void evi_show(const struct tenants *t, const struct evi *e,
		     void (*fn)(void *arg, const struct tenants_evi_info *i), void *arg)
{
	const struct tenants_evi_info info = {
		.vni = e->vni,
		.tenant = e->conf.tenant,
		.adopted = !e->conf.tenant[0],
		.in_kernel = e->p.vxlan_if && e->p.bridge_if,
		.originating = e->imet_out,
		.rd = e->p.rd,
		.vtep = e->p.vtep,
		.n_import = e->p.n_import,
		.n_export = e->p.n_export,
		.import = e->p.import,
		.export = e->p.export,
		.bridge =
			e->p.bridge_if ? link_name(t, e->p.bridge_if) : e->l2dom.bridge,
		.vxlan = e->p.vxlan_if ? link_name(t, e->p.vxlan_if) : e->l2dom.vxlan,
		.bridge_ifindex = e->p.bridge_if,
		.vxlan_ifindex = e->p.vxlan_if,
		.macs_local = e->n_mac[OWNER_LOCAL],
		.macs_remote = e->n_mac[OWNER_REMOTE],
		.neighs_local = e->n_neigh[OWNER_LOCAL],
		.neighs_remote = e->n_neigh[OWNER_REMOTE],
		.vteps = e->n_vteps,
		.vni_mismatches = e->vni_mismatches,
	};

	fn(arg, &info);
}

void tenants_evi_foreach(const struct tenants *t, uint32_t vni,
			 void (*fn)(void *arg, const struct tenants_evi_info *i),
			 void *arg)
{
	uint32_t *list = xcalloc(t->n_evi + 1, sizeof(*list));
	size_t n = 0;

	for (uint32_t i = 1; i <= t->n_evi; i++)
		if (wanted(t, i, vni))
			list[n++] = i;
	qsort_r(list, n, sizeof(*list), evi_cmp, (void *)t);
	for (size_t i = 0; i < n; i++)
		evi_show(t, evi_of(t, list[i]), fn, arg);
	free(list);
}

/* ---- MACs -------------------------------------------------------------- */

static uint32_t count_routes(const struct tenants *t, const struct mac_entry *m)
{
	uint32_t n = 0;

	for (uint32_t i = m->routes; i; i = import_at(t, i)->mnext)
		n++;
	return n;
}

static uint32_t count_neighs(const struct mac_entry *m)
{
	const struct neigh_local *y;
	uint32_t n = 0;

	if (m->x)
		LIST_FOREACH (y, &m->x->neighs, link)
			n++;
	return n;
}

static void mac_show(const struct tenants *t, const struct mac_entry *m,
		     void (*fn)(void *arg, const struct tenants_mac_info *i), void *arg)
{
	const struct import *r = m->best ? import_at(t, m->best) : NULL;
	const struct mac_local *x = m->x;
	bool local = m->owner == OWNER_LOCAL;
	struct tenants_mac_info info = {
		.vni = evi_of(t, m->evi)->vni,
		.mac = m->mac,
		.local = local,
		.sticky = local ? mac_is_sticky(m) : r->vni & IMP_STICKY,
		.ifname = "",
		.remote_seq = r ? r->seq : 0,
		.routes = count_routes(t, m),
		.neighs = count_neighs(m),
	};

	if (!local) {
		info.vtep = *vtep_ip(t, r->vtep);
		info.dst_vni = r->vni & IMP_VNI;
	}
	if (x) {
		info.advertised = x->adv;
		info.declared = x->ep;
		info.duplicate = dad_is_frozen(&x->dad);
		info.ifindex = x->kernel ? x->ifindex : 0;
		info.ifname = x->kernel ? link_name(t, x->ifindex) : "";
		info.local_seq = mac_is_sticky(m) ? 0 : x->seq;
		info.moves = x->dad.count;
		if (!info.ifname[0] && x->ep)
			info.ifname = x->ep->e.ifname;
	}
	fn(arg, &info);
}

void tenants_mac_foreach(const struct tenants *t, uint32_t vni, const struct mac *mac,
			 void (*fn)(void *arg, const struct tenants_mac_info *i),
			 void *arg)
{
	uint32_t *list = xcalloc(t->macs.n + 1, sizeof(*list));
	struct table_walk w = { 0 };
	size_t n = 0;

	for (uint32_t i; (i = table_next(&t->macs, &w));)
		if (mac_at(t, i)->owner != OWNER_NONE &&
		    (!mac || mac_eq(mac, &mac_at(t, i)->mac)) &&
		    wanted(t, mac_at(t, i)->evi, vni))
			list[n++] = i;
	qsort_r(list, n, sizeof(*list), mac_cmp, (void *)t);
	for (size_t i = 0; i < n; i++)
		mac_show(t, mac_at(t, list[i]), fn, arg);
	free(list);
}

/* ---- neighbours -------------------------------------------------------- */

static void neigh_show(const struct tenants *t, const struct neigh_entry *n,
		       void (*fn)(void *arg, const struct tenants_neigh_info *i),
		       void *arg)
{
	uint32_t route = import_best_remote(t, n);
	const struct import *r = route ? import_at(t, route) : NULL;
	const struct neigh_local *x = n->x;
	bool local = n->owner == OWNER_LOCAL;
	struct tenants_neigh_info info = {
		.vni = evi_of(t, n->evi)->vni,
		.ip = n->ip,
		.local = local,
		.active = local ? x->adv : n->inst != 0,
		.remote_seq = r ? r->seq : 0,
	};

	if (x && x->mac) {
		const struct mac_entry *m = mac_at(t, x->mac);

		info.mac = m->mac;
		info.local_seq = m->x->seq;
		info.duplicate = dad_is_frozen(&x->dad) || dad_is_frozen(&m->x->dad);
		info.moves = x->dad.count;
	}
	if (!local) {
		info.mac = mac_at(t, r->mac)->mac;
		info.vtep = *vtep_ip(t, r->vtep);
	}
	fn(arg, &info);
}

void tenants_neigh_foreach(const struct tenants *t, uint32_t vni,
			   void (*fn)(void *arg, const struct tenants_neigh_info *i),
			   void *arg)
{
	uint32_t *list = xcalloc(t->neighs.n + 1, sizeof(*list));
	struct table_walk w = { 0 };
	size_t n = 0;

	for (uint32_t i; (i = table_next(&t->neighs, &w));)
		if (neigh_at(t, i)->owner != OWNER_NONE &&
		    wanted(t, neigh_at(t, i)->evi, vni))
			list[n++] = i;
	qsort_r(list, n, sizeof(*list), neigh_cmp, (void *)t);
	for (size_t i = 0; i < n; i++)
		neigh_show(t, neigh_at(t, list[i]), fn, arg);
	free(list);
}

/* ---- VTEPs, numbers ---------------------------------------------------- */

void tenants_vtep_foreach(const struct tenants *t, uint32_t vni,
			  void (*fn)(void *arg, const struct tenants_vtep_info *i),
			  void *arg)
{
	uint32_t *list = xcalloc(t->floods.n + 1, sizeof(*list));
	struct table_walk w = { 0 };
	size_t n = 0;

	for (uint32_t i; (i = table_next(&t->floods, &w));)
		if (wanted(t, flood_at(t, i)->evi, vni))
			list[n++] = i;
	qsort_r(list, n, sizeof(*list), flood_cmp, (void *)t);
	for (size_t i = 0; i < n; i++) {
		const struct flood *f = flood_at(t, list[i]);
		const struct tenants_vtep_info info = {
			.vni = evi_of(t, f->evi)->vni,
			.vtep = *vtep_ip(t, f->vtep),
			.imets = f->refs,
		};

		fn(arg, &info);
	}
	free(list);
}

void tenants_counters_get(const struct tenants *t, struct tenants_counters *out)
{
	*out = t->c;
	for (uint32_t i = 1; i <= t->n_evi; i++) {
		const struct evi *e = evi_of(t, i);

		if (!e->p.served)
			continue;
		out->evis++;
		out->macs_local += e->n_mac[OWNER_LOCAL];
		out->macs_remote += e->n_mac[OWNER_REMOTE];
		out->neighs_local += e->n_neigh[OWNER_LOCAL];
		out->neighs_remote += e->n_neigh[OWNER_REMOTE];
		out->vteps += e->n_vteps;
	}
	out->imports = t->imports.n + t->imets.n;
	out->bytes = table_bytes(&t->imports) + table_bytes(&t->macs) +
		     table_bytes(&t->neighs) + table_bytes(&t->imets) +
		     table_bytes(&t->floods) + table_bytes(&t->vteps);
}
