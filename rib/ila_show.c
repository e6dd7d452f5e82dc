/*
 * What there is, for show commands and metrics. The paths of a mapping are not kept, so
 * who asks for one has them read anew.
 */
#include <stdlib.h>
#include <string.h>

#include "rib/attrset.h"
#include "rib/ila_priv.h"
#include "rib/walk.h"

void ila_domain_foreach(const struct ila *m,
			void (*fn)(void *arg, const struct ila_domain_info *i),
			void *arg)
{
	for (unsigned i = 1; i <= ILA_DOMAINS; i++) {
		const struct ila_domain *d = m->dom[i];

		if (!d)
			continue;

		const struct ila_domain_info info = {
			.name = d->conf.name,
			.draft = d->conf.draft,
			.vnids = d->vnids,
			.locator_community = d->conf.locator_community,
			.sir = d->conf.sir,
			.locator = d->conf.locator,
			.csum = d->conf.csum,
			.plane = d->conf.plane,
			.underlay = d->conf.underlay,
			.local = d->n_local,
			.remote = d->n_remote,
			.duplicates = d->n_duplicate,
			.mismatches = d->n_mismatch,
			.outbid = d->n_outbid,
			.state = d->has_state ? &d->state : NULL,
			.counters = d->counters,
		};

		fn(arg, &info);
	}
}

const char *ila_domain_of(const struct ila *m, const struct ila_addr *addr)
{
	uint8_t slot = slot_find(m, &addr->prefix);

	return slot ? m->dom[slot]->conf.name : NULL;
}

/* ---- mappings ---------------------------------------------------------- */

static void local_info(const struct ila_map *e, struct ila_map_info *out)
{
	const struct ila_local *l = e->local;

	out->local = true;
	out->announced = l->adv.on;
	out->outbid = l->outbid;
	out->ifname = l->spec.ifname;
	out->endpoint = l->decl ? l->decl->e->name : "";
	out->local_seq = l->seq;
}

static void best_info(const struct ila_pick *p, struct ila_map_info *out)
{
	const struct ila_cand *b = p->best;

	out->anycast = b->anycast;
	out->more = p->more;
	out->n = p->n;
	memcpy(out->locator, p->locator, sizeof(out->locator));
	memcpy(out->weight, p->weight, sizeof(out->weight));
	out->csum = b->csum;
	out->ident_type = b->ident_type;
	out->seq = b->seq;
	out->local_pref = b->v.attrs->local_pref;
	out->stale = b->v.attrs->llgr_stale;
	out->from = b->v.src->addr;
}

void ila_map_get(struct ila *m, uint32_t map, struct ila_map_info *out)
{
	const struct ila_map *e = map_at(m, map);
	struct ila_pick p;

	map_pick(m, e, &p);
	*out = (struct ila_map_info) {
		.addr = e->addr,
		.domain = dom_of(m, e)->conf.name,
		.ifname = "",
		.endpoint = "",
		.programmed = e->n,
		.duplicate = e->flags & MAP_DUPLICATE,
		.mismatch = e->flags & MAP_MISMATCH,
		.paths = m->paths.paths,
		.usable = m->paths.n,
		.refused = m->paths.refused,
	};
	for (unsigned i = 0; i < m->paths.n; i++)
		out->carriers |= (uint8_t)(1u << m->paths.cand[i].carrier);
	if (e->local)
		local_info(e, out);
	if (p.best)
		best_info(&p, out);
}

const char *ila_map_domain(const struct ila *m, uint32_t map)
{
	return dom_of(m, map_at(m, map))->conf.name;
}

static uint32_t maps_end(const void *table)
{
	return ((const struct ila *)table)->maps.next;
}

static bool map_live(const void *table, uint32_t i)
{
	const struct ila *m = table;

	return map_at(m, i)->domain;
}

static uint32_t map_hash(const void *table, uint32_t i)
{
	const struct ila *m = table;

	return map_at(m, i)->hash;
}

static int map_cmp(const void *table, uint32_t a, uint32_t b)
{
	const struct ila *m = table;

	return memcmp(&map_at(m, a)->addr, &map_at(m, b)->addr,
		      sizeof(struct ila_addr));
}

static uint64_t maps_freed(const void *table)
{
	return ((const struct ila *)table)->n_freed;
}

const struct walk_source ila_map_source = {
	.end = maps_end,
	.live = map_live,
	.hash = map_hash,
	.cmp = map_cmp,
	.freed = maps_freed,
};

/* ---- locators ---------------------------------------------------------- */

static int by_locator(const void *pa, const void *pb)
{
	const struct ila_locator_info *a = pa, *b = pb;

	return memcmp(&a->locator, &b->locator, sizeof(a->locator));
}

void ila_locator_foreach(const struct ila *m,
			 void (*fn)(void *arg, const struct ila_locator_info *i),
			 void *arg)
{
	struct ila_locator_info *v = xcalloc(m->locs.n + 1, sizeof(*v));
	struct table_walk w = { 0 };
	size_t n = 0;

	for (uint32_t i; (i = table_next(&m->locs, &w));) {
		const struct ila_loc *l = loc_at(m, i);

		v[n++] = (struct ila_locator_info) { l->locator, l->refs, l->weight };
	}
	qsort(v, n, sizeof(*v), by_locator);
	for (size_t i = 0; i < n; i++)
		fn(arg, &v[i]);
	free(v);
}

/* ---- numbers ----------------------------------------------------------- */

void ila_counts_get(const struct ila *m, struct ila_counts *out)
{
	*out = m->c;
	out->locators = m->locs.n;
	out->bytes = slab_bytes(&m->maps) + hashidx_bytes(&m->by_addr) +
		     table_bytes(&m->locs) + table_bytes(&m->decls) +
		     table_bytes(&m->owns);
}
