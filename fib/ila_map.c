/*
 * Mappings: identifier to locator, in the tables of the plane that serves the domain.
 * A mapping that cannot work for now (its locator is not reached, it is this host's
 * own) is wanted, but held back with the reason. Not for domains: fib/ila.c.
 */
#include "fib/ila_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fib/backends.h"
#include "fib/route.h"
#include "fib/state.h"
#include "lib/util.h"

enum { GC_MIN = 1024, KERNEL_WEIGHT_MAX = 256 };

/* ---- locators ---- */

static struct ila_loc *loc_find(const struct fib *f, const struct ila_dom *d,
				const struct ila64 *locator)
{
	struct ila_loc_key k = { .sir = d->sir, .locator = *locator };
	struct ila_loc *l;

	HASH_FIND(hh, f->ila.locs, &k, sizeof(k), l);
	return l;
}

/* Of this host; and what is a SIR prefix here leads into that domain, past all that
 * keeps it apart. */
static bool is_own(const struct fib *f, const struct ila64 *locator)
{
	for (const struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->wanted &&
		    (ila64_eq(&d->want.locator, locator) || ila64_eq(&d->sir, locator)))
			return true;
	return false;
}

static struct ila_loc *loc_new(struct fib *f, struct ila_dom *d,
			       const struct ila64 *locator)
{
	struct ila_loc *l = xcalloc(1, sizeof(*l));

	l->key = (struct ila_loc_key) { .sir = d->sir, .locator = *locator };
	l->dom = d;
	l->own = is_own(f, locator);
	l->err = -EINPROGRESS;
	HASH_ADD(hh, f->ila.locs, key, sizeof(l->key), l);
	route_locs_changed(f);
	route_later(f, l);
	return l;
}

/* The kernel plane writes the way into each mapping: it cannot wait for the answer. */
static int loc_way(struct fib *f, struct ila_loc *l)
{
	if (l->err == -EINPROGRESS) {
		route_lookup(f, l);
		l->changed = false; /* no mapping to follow yet */
	}
	return l->err;
}

static void loc_tell(struct fib *f, struct ila_loc *l, uint8_t csum)
{
	const struct ila_backend *b = ila_backend(l->dom->home);

	if (l->told && l->csum == csum)
		return;
	l->csum = csum;
	l->told = true;
	if (b && b->loc_set)
		b->loc_set(f, l);
	if (b && b->loc_way)
		b->loc_way(f, l);
}

/* Mappings come in the order of their addresses, their locators in none. Hosts are
 * numbered one after another, in the last part of the locator or in the one before. */
static struct ila_loc **recent_of(struct fib *f, const struct ila64 *locator)
{
	const uint8_t *b = locator->b;
	unsigned i = (unsigned)(b[6] ^ b[4]) << 8 | (b[7] ^ b[5]);

	return &f->ila.recent[i % ARRAY_SIZE(f->ila.recent)];
}

static struct ila_loc *loc_get(struct fib *f, struct ila_dom *d,
			       const struct ila64 *locator, uint8_t csum)
{
	struct ila_loc **recent = recent_of(f, locator), *l = *recent;

	if (!l || l->dom != d || !ila64_eq(&l->key.locator, locator)) {
		l = loc_find(f, d, locator);
		if (!l)
			l = loc_new(f, d, locator);
		*recent = l;
	}
	loc_tell(f, l, csum);
	return l;
}

void ila_loc_forget_told(struct fib *f, struct ila_dom *d)
{
	const struct ila_backend *b = ila_backend(d->home);

	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next) {
		if (l->dom != d || !l->told)
			continue;
		l->told = false;
		loc_tell(f, l, l->csum);
		if (b)
			f->ila.work_due = true;
	}
}

void ila_locs_own(struct fib *f)
{
	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next) {
		bool own = is_own(f, &l->key.locator);

		if (own == l->own)
			continue;
		l->own = own;
		l->changed = true;
		f->ila.walk_due = true;
	}
}

static void loc_free(struct fib *f, struct ila_loc *l)
{
	for (int p = ILA_PLANE_KERNEL; l->told && p < ILA_PLANES; p++) {
		const struct ila_backend *b = ila_backend((uint8_t)p);

		if (b && b->loc_del)
			b->loc_del(f, l);
	}
	if (l->dirty)
		TAILQ_REMOVE(&f->ila.dirty, l, q);
	if (*recent_of(f, &l->key.locator) == l)
		*recent_of(f, &l->key.locator) = NULL;
	HASH_DEL(f->ila.locs, l);
	free(l);
	route_locs_changed(f);
}

void ila_locs_free(struct fib *f)
{
	struct ila_loc *l, *next;
	struct ila_multi *m, *next_m;

	HASH_ITER (hh, f->ila.locs, l, next)
		loc_free(f, l);
	HASH_ITER (hh, f->ila.multis, m, next_m) {
		HASH_DEL(f->ila.multis, m);
		free(m);
	}
}

/* ---- hops ---- */

const struct ila_hops *ila_hops(const struct fib *f, uint32_t id)
{
	return share_at(&f->ila.hops, id);
}

uint32_t ila_hops_get(struct fib *f, const struct ila_hops *h)
{
	return share_get(&f->ila.hops, h,
			 offsetof(struct ila_hops, hop) + h->n * sizeof(h->hop[0]));
}

static uint32_t hops_of_one(struct fib *f, struct ila_loc *l)
{
	struct ila_hops h = { .n = 1, .hop = { l->hop } };

	if (l->share)
		return l->share;
	memcpy(h.src, &l->dom->src, sizeof(h.src));
	l->share = ila_hops_get(f, &h);
	return l->share;
}

/* The kernel has eight bits for a weight. */
static void weights_scale(struct ila_hops *h)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < h->n; i++)
		max = MAX_OF(max, h->hop[i].weight);
	for (uint32_t i = 0; max > KERNEL_WEIGHT_MAX && i < h->n; i++) {
		uint32_t w = h->hop[i].weight * (uint32_t)KERNEL_WEIGHT_MAX / max;

		h->hop[i].weight = (uint16_t)MAX_OF(w, 1);
	}
}

/* ---- what one mapping is, here and now ---- */

/* A mapping as it is wanted, whatever can be done about it. */
struct map {
	struct ila_addr addr;
	const struct ila64 *locator;
	const uint16_t *weight;
	unsigned n;
	uint8_t csum;
	uint32_t cookie;
};

/* Why not. */
struct no {
	int err;
	const char *why;
};

static const struct no all_own = { -EINVAL, "its locator is this host's" };

static struct want_key map_key(const struct ila_addr *a, uint8_t plane)
{
	struct want_key k = { .vni = plane, .ip.len = 16, .table = TABLE_ILA_MAP };

	memcpy(k.ip.b, a, sizeof(*a));
	return k;
}

/* What the host answers to itself is never sent elsewhere. */
static struct no map_blocked(const struct fib *f, const struct ila_dom *d,
			     const struct ila_addr *a)
{
	if (f->ila.eps && ila_ep_find(f, a))
		return (struct no) { -EADDRINUSE, "an identifier of this host" };
	if (d->host_addrs && ila_addr_is_local(f, a))
		return (struct no) { -EADDRINUSE, "an address of this host" };
	return (struct no) { 0 };
}

static struct no val_kernel(struct fib *f, struct ila_dom *d, const struct map *m,
			    struct want_val *v)
{
	struct ila_hops h = { .n = 0 };
	struct no no = { -EHOSTUNREACH, "no route to its locator" };

	v->csum = m->csum;
	v->ident_type = ILA_TYPE_LUID;
	if (m->n == 1)
		v->to = want_of_half(m->locator);
	for (unsigned i = 0; i < m->n; i++) {
		struct ila_loc *l = loc_get(f, d, &m->locator[i], m->csum);

		if (l->own) {
			no = all_own;
		} else if (!loc_way(f, l)) {
			h.hop[h.n] = l->hop;
			h.hop[h.n++].weight = m->weight ? m->weight[i] : 1;
			if (m->n == 1)
				v->num = hops_of_one(f, l);
		}
	}
	if (!h.n)
		return no;
	if (m->n > 1) {
		memcpy(h.src, &d->src, sizeof(h.src));
		weights_scale(&h);
		v->num = ila_hops_get(f, &h);
	}
	return (struct no) { 0 };
}

static struct no val_ebpf_multi(struct fib *f, struct ila_dom *d, const struct map *m,
				struct want_val *v)
{
	struct ila_hops h = { .n = 0 };

	for (unsigned i = 0; i < m->n; i++) {
		if (loc_get(f, d, &m->locator[i], m->csum)->own)
			continue;
		h.hop[h.n].locator = m->locator[i];
		h.hop[h.n++].weight = m->weight[i];
	}
	if (!h.n)
		return all_own;
	v->num = ila_hops_get(f, &h);
	return (struct no) { 0 };
}

static struct no val_ebpf(struct fib *f, struct ila_dom *d, const struct map *m,
			  struct want_val *v)
{
	v->csum = m->csum;
	if (m->n > 1)
		return val_ebpf_multi(f, d, m, v);
	v->to = want_of_half(m->locator);
	return loc_get(f, d, m->locator, m->csum)->own ? all_own : (struct no) { 0 };
}

static void map_want(struct fib *f, struct ila_dom *d, struct want_entry *e,
		     const struct map *m)
{
	struct want_val v = { 0 };
	struct no no, blocked = map_blocked(f, d, &m->addr);

	no = e->key.vni == ILA_PLANE_KERNEL ? val_kernel(f, d, m, &v)
					    : val_ebpf(f, d, m, &v);
	if (blocked.err)
		no = blocked;
	if (no.err)
		want_hold(&f->want, e, &v, m->cookie, no.err, no.why);
	else
		want_set(&f->want, e, &v, m->cookie);
}

/* ---- records ---- */

static struct ila_multi *multi_find(const struct fib *f, const struct ila_addr *a)
{
	struct ila_multi *m;

	HASH_FIND(hh, f->ila.multis, a, sizeof(*a), m);
	return m;
}

static void multi_free(struct fib *f, struct ila_multi *m)
{
	if (!m)
		return;
	HASH_DEL(f->ila.multis, m);
	free(m);
}

static struct ila_dom *dom_of(struct fib *f, const struct ila64 *sir)
{
	struct ila_dom *d = f->ila.last;

	if (!d || !ila64_eq(&d->sir, sir))
		d = f->ila.last = ila_dom_find(f, sir);
	return d;
}

void ila_map_ahead(struct fib *f, const struct ila_addr *a)
{
	const struct ila_dom *d = dom_of(f, &a->prefix);
	struct want_key k = map_key(a, d ? d->home : 0);

	want_ahead(&f->want, &k);
}

static int map_set(struct fib *f, const struct map *m, const char **why)
{
	struct ila_dom *d = dom_of(f, &m->addr.prefix);
	struct want_key k;

	if (!d || !d->wanted) {
		*why = "no domain has this SIR prefix";
		return -ENOENT;
	}
	k = map_key(&m->addr, d->home);
	map_want(f, d, want_get(&f->want, &k, &d->side[d->home]), m);
	return 0;
}

int ila_map_set(struct fib *f, const void *body, const char **why)
{
	const struct intent_ila_map *i = body;
	struct map m = { .addr = i->addr,
			 .locator = &i->locator,
			 .n = 1,
			 .csum = i->csum,
			 .cookie = i->cookie };

	if (f->ila.multis)
		multi_free(f, multi_find(f, &i->addr));
	return map_set(f, &m, why);
}

static struct map map_of_multi(const struct ila_multi *multi)
{
	const struct intent_ila_multi *w = &multi->want;

	return (struct map) { .addr = w->addr,
			      .locator = w->locator,
			      .weight = w->weight,
			      .n = w->n,
			      .csum = w->csum,
			      .cookie = w->cookie };
}

int ila_multi_set(struct fib *f, const void *body, const char **why)
{
	const struct intent_ila_multi *i = body;
	struct ila_multi *multi = multi_find(f, &i->addr);
	struct map m;
	int err;

	if (!multi) {
		multi = xcalloc(1, sizeof(*multi));
		multi->want.addr = i->addr;
		HASH_ADD(hh, f->ila.multis, want.addr, sizeof(i->addr), multi);
	}
	multi->want = *i;
	m = map_of_multi(multi);
	err = map_set(f, &m, why);
	if (err)
		multi_free(f, multi);
	return err;
}

int ila_map_del(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct ila_addr *a = body;
	struct ila_dom *d = dom_of(f, &a->prefix);

	if (f->ila.multis)
		multi_free(f, multi_find(f, a));
	for (uint8_t p = ILA_PLANE_KERNEL; d && p < ILA_PLANES; p++) {
		struct want_key k = map_key(a, p);
		struct want_entry *e;

		if (p != d->home && p != d->from)
			continue;
		e = want_find(&f->want, &k);
		if (e)
			want_unset(&f->want, e);
	}
	return 0;
}

/* ---- again, when something else changed ---- */

/* The mapping of an entry that is wanted, as the engine gave it. */
static bool map_of_entry(const struct fib *f, const struct want_entry *e,
			 struct ila64 *locator, struct map *m)
{
	struct ila_addr a = ila_addr(&e->key);
	const struct ila_multi *multi;

	if (e->want.to.len) {
		*locator = want_half(&e->want.to);
		*m = (struct map) { .addr = a,
				    .locator = locator,
				    .n = 1,
				    .csum = e->want.csum,
				    .cookie = e->cookie };
		return true;
	}
	multi = multi_find(f, &a);
	if (multi)
		*m = map_of_multi(multi);
	return multi;
}

/* From an entry that is wanted into the tables of a plane: its own, or another. */
static void map_again(struct fib *f, struct ila_dom *d, const struct want_entry *e,
		      uint8_t plane)
{
	struct want_key k = e->key;
	struct want_entry *to;
	struct ila64 locator;
	struct map m;
	uint16_t gen = e->gen;

	if (!map_of_entry(f, e, &locator, &m))
		return;
	k.vni = plane;
	to = want_get(&f->want, &k, &d->side[plane]);
	map_want(f, d, to, &m);
	to->gen = gen; /* the engine has not said it again */
}

void ila_map_again(struct fib *f, const struct ila_addr *a)
{
	struct ila_dom *d = ila_dom_find(f, &a->prefix);
	struct want_key k = map_key(a, d ? d->home : 0);
	const struct want_entry *e = d ? want_find(&f->want, &k) : NULL;

	if (e && e->flags & WE_WANTED)
		map_again(f, d, e, d->home);
}

static bool must_follow(const struct fib *f, const struct ila_dom *d,
			const struct want_entry *e)
{
	const struct ila_loc *l;
	struct ila64 locator;

	if (!(e->flags & WE_WANTED) || e->key.table != TABLE_ILA_MAP)
		return false;
	if (d->changed || !e->want.to.len)
		return true;
	locator = want_half(&e->want.to);
	l = loc_find(f, d, &locator);
	return !l || l->changed;
}

static void dom_walk(struct fib *f, struct ila_dom *d)
{
	const struct want_dom *side = &d->side[d->home];
	const struct want_entry *e, *next;

	for (e = want_in_dom(&f->want, side, NULL); e; e = next) {
		next = want_in_dom(&f->want, side, e);
		if (must_follow(f, d, e))
			map_again(f, d, e, d->home);
	}
	d->changed = false;
}

void ila_walk(struct fib *f)
{
	if (!f->ila.walk_due)
		return;
	f->ila.walk_due = false;
	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next)
		if (l->changed)
			l->dom->walk = true;
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next) {
		if (d->walk || d->changed)
			dom_walk(f, d);
		d->walk = false;
	}
	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next)
		l->changed = false;
}

void ila_map_move(struct fib *f, struct ila_dom *d, uint8_t from, uint8_t to)
{
	const struct want_dom *side = &d->side[from];
	const struct want_entry *e, *next;

	for (e = want_in_dom(&f->want, side, NULL); e; e = next) {
		next = want_in_dom(&f->want, side, e);
		if (e->flags & WE_WANTED && e->key.table == TABLE_ILA_MAP)
			map_again(f, d, e, to);
	}
}

/* ---- what is no longer in use ---- */

static void val_mark(struct fib *f, const struct ila_dom *d, const struct want_val *v)
{
	struct ila_loc *l;
	struct ila64 locator;

	share_mark(&f->ila.hops, v->num);
	if (!v->to.len)
		return;
	locator = want_half(&v->to);
	l = loc_find(f, d, &locator);
	if (l)
		l->used = true;
}

static void multi_mark(struct fib *f, const struct ila_multi *m)
{
	const struct ila_dom *d = ila_dom_find(f, &m->want.addr.prefix);

	for (int i = 0; d && i < m->want.n; i++) {
		struct ila_loc *l = loc_find(f, d, &m->want.locator[i]);

		if (l)
			l->used = true;
	}
}

static void on_freed(void *arg, uint32_t id)
{
	for (int p = ILA_PLANE_KERNEL; p < ILA_PLANES; p++) {
		const struct ila_backend *b = ila_backend((uint8_t)p);

		if (b && b->hops_freed)
			b->hops_freed(arg, id);
	}
}

void ila_gc(struct fib *f, bool now)
{
	const struct want_entry *e;
	struct ila_loc *l, *next;
	uint64_t at = 0;

	if (!now && !share_is_full(&f->ila.hops) &&
	    HASH_COUNT(f->ila.locs) < MAX_OF(f->ila.next_gc, GC_MIN))
		return;
	while ((e = want_each(&f->want, &at))) {
		if (e->key.table != TABLE_ILA_MAP)
			continue;
		val_mark(f, ila_dom_of(e), &e->want);
		val_mark(f, ila_dom_of(e), &e->seen);
	}
	for (const struct ila_multi *m = f->ila.multis; m; m = m->hh.next)
		multi_mark(f, m);
	HASH_ITER (hh, f->ila.locs, l, next) {
		if (!l->used)
			loc_free(f, l);
		else
			share_mark(&f->ila.hops, l->share);
		/* freed or counted */
	}
	for (l = f->ila.locs; l; l = l->hh.next)
		l->used = false;
	share_sweep(&f->ila.hops, on_freed, f);
	f->ila.next_gc = 2 * HASH_COUNT(f->ila.locs);
}

void ila_multis_sweep(struct fib *f)
{
	struct ila_multi *m, *next;

	HASH_ITER (hh, f->ila.multis, m, next) {
		const struct ila_dom *d = ila_dom_find(f, &m->want.addr.prefix);
		struct want_key k = map_key(&m->want.addr, d ? d->home : 0);
		const struct want_entry *e = d ? want_find(&f->want, &k) : NULL;

		if (!e || !(e->flags & WE_WANTED) || e->want.to.len)
			multi_free(f, m);
	}
}
