/*
 * Route target lists and filters. Not here: who has which filter, and when it is in
 * force (bgpd/rtc.c); what follows for routes already told (rib/adjout.c).
 * RFC 4684 sections 3.2 and 4, RFC 4360 section 4, RFC 7432 section 7.6.
 */
#include "rib/rtset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/locrib.h"
#include "wire/nlri_rtc.h"

enum { RT_LEN = 8, RT_BITS = 64 };

/* ---- lists ----------------------------------------------------------------- */

struct rtlists *rtlists_new(void)
{
	struct rtlists *l = xcalloc(1, sizeof(*l));

	table_init(&l->t, sizeof(struct rtlist));
	return l;
}

void rtlists_free(struct rtlists *l)
{
	struct table_walk w = { 0 };

	if (!l)
		return;

	for (uint32_t i; (i = table_next(&l->t, &w));)
		free(rtlist_at(l, i)->rt);
	table_fini(&l->t);
	free(l);
}

/* A target of any kind of administrator, or of an Ethernet segment. */
static bool is_rt(const uint8_t *c)
{
	return c[1] == 2 && (c[0] <= 2 || c[0] == 6);
}

static int rt_cmp(const void *a, const void *b)
{
	return memcmp(a, b, RT_LEN);
}

/* The targets among n communities, sorted, each once; Return: how many. */
static uint32_t collect(const uint8_t *c, size_t n, struct extcom *out)
{
	uint32_t found = 0, kept = 0;

	for (; n; c += RT_LEN, n--)
		if (is_rt(c))
			memcpy(out[found++].b, c, RT_LEN);
	qsort(out, found, sizeof(*out), rt_cmp);
	for (uint32_t i = 0; i < found; i++)
		if (!i || rt_cmp(&out[i], &out[kept - 1]))
			out[kept++] = out[i];
	return kept;
}

static uint32_t intern(struct rtlists *l, const struct extcom *rt, uint32_t n)
{
	uint32_t h = hash32(rt, n * sizeof(*rt)), i;
	struct rtlist *e;

	for (i = table_find(&l->t, h); i; i = table_find_next(&l->t, i)) {
		e = rtlist_at(l, i);
		if (e->n == n && (!n || !memcmp(e->rt, rt, n * sizeof(*rt))))
			return rtlist_ref(l, i);
	}
	i = table_add(&l->t, h);
	e = rtlist_at(l, i);
	e->refs = 1;
	e->n = n;
	e->rt = n ? xmemdup(rt, n * sizeof(*rt)) : NULL;
	l->bytes += n * sizeof(*rt);
	return i;
}

uint32_t rtlist_intern(struct rtlists *l, const struct attrs *a)
{
	enum { FEW = 32 };
	size_t n = a->ext_communities.len / RT_LEN;
	struct extcom few[FEW], *rt = n > FEW ? xcalloc(n, sizeof(*rt)) : few;
	uint32_t id = intern(l, rt, collect(a->ext_communities.p, n, rt));

	if (rt != few)
		free(rt);
	return id;
}

void rtlist_unref(struct rtlists *l, uint32_t id)
{
	struct rtlist *e = rtlist_at(l, id);

	if (--e->refs || e->unused)
		return;
	e->unused = l->unused ? l->unused : UINT32_MAX;
	l->unused = id;
}

void rtlists_trim(struct rtlists *l)
{
	for (uint32_t id = l->unused, next; id; id = next) {
		struct rtlist *e = rtlist_at(l, id);

		next = e->unused == UINT32_MAX ? 0 : e->unused;
		e->unused = 0;
		if (e->refs)
			continue; /* in use again */
		l->bytes -= e->n * sizeof(*e->rt);
		free(e->rt);
		table_del(&l->t, id);
	}
	l->unused = 0;
}

/* ---- filters --------------------------------------------------------------- */

static int want_cmp(const void *pa, const void *pb)
{
	const struct rtwant *a = pa, *b = pb;

	return a->bits != b->bits ? a->bits - b->bits : rt_cmp(&a->rt, &b->rt);
}

/* Room for n wants, with one reference. */
static struct rtfilter *filter_new(uint32_t n)
{
	struct rtfilter *f = xcalloc(1, sizeof(*f) + n * sizeof(f->want[0]));

	f->refs = 1;
	return f;
}

static void filter_add(struct rtfilter *f, const struct rtc_route *m)
{
	uint8_t bits = m->bits ? (uint8_t)(m->bits - RTC_AS_BITS) : 0;

	if (!m->bits) {
		f->all = true;
		return;
	}
	if (bits)
		f->bits |= 1ull << (bits - 1);
	else
		f->any = true;
	f->want[f->n++] = (struct rtwant) { bits, m->rt };
}

struct rtfilter *rtfilter_of(const struct rib *r, uint32_t slot)
{
	const struct rib_peer *p = slot < r->n_peers ? &r->peer[slot] : NULL;
	struct rtfilter *f;
	struct rtc_route m;
	struct nlri n;
	uint32_t kept = 0;

	if (!p || !p->n)
		return NULL;
	f = filter_new(p->n);
	for (uint32_t i = p->first; i; i = rib_path(r, i)->peer_next) {
		rib_nlri(r, rib_path(r, i)->net, 0, &n);
		if (!rtc_view(&n, &m))
			filter_add(f, &m);
	}
	qsort(f->want, f->n, sizeof(f->want[0]), want_cmp);
	/* The same target from another origin AS is the same wish. */
	for (uint32_t i = 0; i < f->n; i++)
		if (!i || want_cmp(&f->want[i], &f->want[kept - 1]))
			f->want[kept++] = f->want[i];
	f->n = kept;
	return f;
}

struct rtfilter *rtfilter_all(void)
{
	struct rtfilter *f = filter_new(0);

	f->all = true;
	return f;
}

struct rtfilter *rtfilter_ref(struct rtfilter *f)
{
	if (f)
		f->refs++;
	return f;
}

void rtfilter_unref(struct rtfilter *f)
{
	if (f && !--f->refs)
		free(f);
}

bool rtfilter_same(const struct rtfilter *a, const struct rtfilter *b)
{
	if (!a || !b)
		return a == b;
	return a->all == b->all && a->n == b->n &&
	       !memcmp(a->want, b->want, a->n * sizeof(a->want[0]));
}

static struct rtwant masked(const struct extcom *rt, uint8_t bits)
{
	struct rtwant w = { .bits = bits };

	memcpy(w.rt.b, rt->b, bits / 8u);
	if (bits % 8)
		w.rt.b[bits / 8] = rt->b[bits / 8] & (uint8_t)(0xff00 >> bits % 8);
	return w;
}

static bool has(const struct rtfilter *f, const struct rtwant *w)
{
	return bsearch(w, f->want, f->n, sizeof(*w), want_cmp);
}

bool rtfilter_wants(const struct rtfilter *f, const struct rtlist *l)
{
	if (!f)
		return false;
	if (f->all || (f->any && l->n))
		return true;
	for (uint64_t left = f->bits; left; left &= left - 1) {
		uint8_t bits = (uint8_t)(__builtin_ctzll(left) + 1);

		for (uint32_t i = 0; i < l->n; i++) {
			struct rtwant w = masked(&l->rt[i], bits);

			if (has(f, &w))
				return true;
		}
	}
	return false;
}

/* ---- index ----------------------------------------------------------------- */

struct rtindex_row {
	struct table_node node;
	struct rtwant want;
	struct rtslots peers;
};

struct rtindex *rtindex_new(void)
{
	struct rtindex *x = xcalloc(1, sizeof(*x));

	table_init(&x->t, sizeof(struct rtindex_row));
	return x;
}

void rtindex_free(struct rtindex *x)
{
	struct table_walk w = { 0 };

	if (!x)
		return;

	for (uint32_t i; (i = table_next(&x->t, &w));)
		free(((struct rtindex_row *)table_at(&x->t, i))->peers.slot);
	free(x->all.slot);
	table_fini(&x->t);
	free(x);
}

/* Where the slot is, or would be. */
static uint32_t slots_at(const struct rtslots *s, uint32_t slot)
{
	uint32_t lo = 0, hi = s->n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (s->slot[mid] < slot)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void slots_add(struct rtslots *s, uint32_t slot)
{
	uint32_t at = slots_at(s, slot);

	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 4;
		s->slot = xrealloc(s->slot, s->room * sizeof(*s->slot));
	}
	memmove(s->slot + at + 1, s->slot + at, (s->n - at) * sizeof(*s->slot));
	s->slot[at] = (uint16_t)slot;
	s->n++;
}

static void slots_del(struct rtslots *s, uint32_t slot)
{
	uint32_t at = slots_at(s, slot);

	s->n--;
	memmove(s->slot + at, s->slot + at + 1, (s->n - at) * sizeof(*s->slot));
}

static uint32_t want_hash(const struct rtwant *w)
{
	return hash32(w, sizeof(*w));
}

static uint32_t row_find(const struct rtindex *x, const struct rtwant *w)
{
	uint32_t i = table_find(&x->t, want_hash(w));

	while (i && want_cmp(&((struct rtindex_row *)table_at(&x->t, i))->want, w))
		i = table_find_next(&x->t, i);
	return i;
}

static void want_add(struct rtindex *x, uint32_t slot, const struct rtwant *w)
{
	uint32_t i = row_find(x, w);
	struct rtindex_row *r;

	if (!i) {
		i = table_add(&x->t, want_hash(w));
		x->n_bits[w->bits]++;
	}
	r = table_at(&x->t, i);
	r->want = *w;
	slots_add(&r->peers, slot);
}

static void want_del(struct rtindex *x, uint32_t slot, const struct rtwant *w)
{
	uint32_t i = row_find(x, w);
	struct rtindex_row *r = table_at(&x->t, i);

	slots_del(&r->peers, slot);
	if (r->peers.n)
		return;
	free(r->peers.slot);
	table_del(&x->t, i);
	x->n_bits[w->bits]--;
}

void rtindex_change(struct rtindex *x, uint32_t slot, const struct rtfilter *old,
		    const struct rtfilter *now)
{
	uint32_t i = 0, k = 0, n_old = old ? old->n : 0, n_now = now ? now->n : 0;
	bool all = old && old->all;

	while (i < n_old || k < n_now) {
		int c = i == n_old   ? 1
			: k == n_now ? -1
				     : want_cmp(&old->want[i], &now->want[k]);

		if (c < 0)
			want_del(x, slot, &old->want[i]);
		else if (c > 0)
			want_add(x, slot, &now->want[k]);
		i += c <= 0;
		k += c >= 0;
	}
	if (all && !(now && now->all))
		slots_del(&x->all, slot);
	else if (!all && now && now->all)
		slots_add(&x->all, slot);
}

static void each(const struct rtslots *s, void (*fn)(void *ctx, uint32_t slot),
		 void *ctx)
{
	for (uint32_t i = 0; i < s->n; i++)
		fn(ctx, s->slot[i]);
}

void rtindex_each(const struct rtindex *x, const struct rtlist *l,
		  void (*fn)(void *ctx, uint32_t slot), void *ctx)
{
	each(&x->all, fn, ctx);
	for (uint8_t bits = 0; bits <= RT_BITS; bits++) {
		if (!x->n_bits[bits])
			continue;
		for (uint32_t i = 0; i < l->n; i++) {
			struct rtwant w = masked(&l->rt[i], bits);
			uint32_t row = row_find(x, &w);

			if (row)
				each(&((struct rtindex_row *)table_at(&x->t, row))
					      ->peers,
				     fn, ctx);
		}
	}
}
