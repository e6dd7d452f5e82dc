/*
 * A table in display order without stopping the world: ids are collected into runs,
 * each sorted when it is full, and the runs are merged as the caller asks for routes.
 * No step takes longer than sorting one run.
 *
 * The table changes meanwhile. An id may have become another route's, so each is kept
 * with a hash of the key that it had. Comparing reads the keys as they are: after an
 * id has been given away (freed()), heads of runs that are none any more are
 * dropped and the heap is built anew, so that all that is compared is what it was.
 */
#include "rib/walk.h"

#include <stdlib.h>

#include "lib/util.h"
#include "rib/locrib.h"

enum { RUN = 1024 };

struct row {
	uint32_t net, hash;
};

struct run {
	size_t at, end; /* rows */
};

struct rib_walk {
	const struct walk_source *src;
	const void *table;
	struct row *row;
	size_t n, cap;
	size_t begun;     /* first row of the run that is being filled */
	uint32_t next_id; /* to look at */
	struct run *heap; /* of runs with rows left, the least head first */
	size_t n_runs, cap_runs;
	uint64_t freed; /* src->freed() when the heap was right */
	bool built;
};

/* ---- routes ------------------------------------------------------------------ */

static uint32_t routes_end(const void *rib)
{
	return ((const struct rib *)rib)->nets.next;
}

static bool route_live(const void *rib, uint32_t id)
{
	return rib_is_route(rib, id);
}

static uint32_t route_hash(const void *rib, uint32_t id)
{
	return rib_net(rib, id)->hash;
}

static int route_cmp(const void *rib, uint32_t a, uint32_t b)
{
	static struct nlri na, nb; /* large, and only a few bytes are used */
	const struct rib *r = rib;

	rib_nlri(r, a, 0, &na);
	rib_nlri(r, b, 0, &nb);
	return r->ops->cmp(&na, &nb);
}

static uint64_t routes_freed(const void *rib)
{
	return ((const struct rib *)rib)->n_freed;
}

static const struct walk_source routes = {
	.end = routes_end,
	.live = route_live,
	.hash = route_hash,
	.cmp = route_cmp,
	.freed = routes_freed,
};

/* ---- life -------------------------------------------------------------------- */

struct rib_walk *rib_walk_over(const struct walk_source *src, const void *table)
{
	struct rib_walk *w = xcalloc(1, sizeof(*w));

	w->src = src;
	w->table = table;
	w->next_id = 1;
	return w;
}

struct rib_walk *rib_walk_new(const struct rib *r)
{
	return rib_walk_over(&routes, r);
}

void rib_walk_free(struct rib_walk *w)
{
	if (!w)
		return;
	free(w->row);
	free(w->heap);
	free(w);
}

size_t rib_walk_found(const struct rib_walk *w)
{
	return w->n;
}

/* ---- rows -------------------------------------------------------------------- */

/* Is it still the route that was collected? */
static bool holds(const struct rib_walk *w, const struct row *row)
{
	return w->src->live(w->table, row->net) &&
	       w->src->hash(w->table, row->net) == row->hash;
}

static int row_cmp(const void *pa, const void *pb, void *arg)
{
	const struct row *a = pa, *b = pb;
	const struct rib_walk *w = arg;

	return w->src->cmp(w->table, a->net, b->net);
}

/* ---- runs -------------------------------------------------------------------- */

/* Sort what was collected since the last run, but for what has gone meanwhile. */
static void run_close(struct rib_walk *w)
{
	size_t n = w->begun;

	for (size_t i = w->begun; i < w->n; i++)
		if (holds(w, &w->row[i]))
			w->row[n++] = w->row[i];
	w->n = n;
	if (n == w->begun)
		return;
	qsort_r(w->row + w->begun, n - w->begun, sizeof(*w->row), row_cmp, w);
	if (w->n_runs == w->cap_runs) {
		w->cap_runs = w->cap_runs ? 2 * w->cap_runs : 16;
		w->heap = xrealloc(w->heap, w->cap_runs * sizeof(*w->heap));
	}
	w->heap[w->n_runs++] = (struct run) { w->begun, n };
	w->begun = n;
}

static void collect(struct rib_walk *w, uint32_t id)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->row = xrealloc(w->row, w->cap * sizeof(*w->row));
	}
	w->row[w->n++] = (struct row) { id, w->src->hash(w->table, id) };
	if (w->n - w->begun == RUN)
		run_close(w);
}

bool rib_walk_look(struct rib_walk *w, uint32_t n,
		   bool (*wants)(void *ctx, uint32_t net), void *ctx)
{
	uint32_t end = w->src->end(w->table);

	for (; n && w->next_id < end; n--, w->next_id++)
		if (w->src->live(w->table, w->next_id) &&
		    (!wants || wants(ctx, w->next_id)))
			collect(w, w->next_id);
	if (w->next_id < end)
		return true;
	run_close(w);
	return false;
}

/* ---- merging ----------------------------------------------------------------- */

static bool less(const struct rib_walk *w, size_t a, size_t b)
{
	return row_cmp(&w->row[w->heap[a].at], &w->row[w->heap[b].at],
		       (void *)(uintptr_t)w) < 0;
}

static void sift_down(struct rib_walk *w, size_t i)
{
	for (;;) {
		size_t least = i, kid = 2 * i + 1;

		for (size_t k = kid; k < kid + 2 && k < w->n_runs; k++)
			if (less(w, k, least))
				least = k;
		if (least == i)
			return;

		struct run tmp = w->heap[i];

		w->heap[i] = w->heap[least];
		w->heap[least] = tmp;
		i = least;
	}
}

/* Go to the next row that holds; Return: false: none is left. */
static bool run_settle(const struct rib_walk *w, struct run *run)
{
	while (run->at < run->end && !holds(w, &w->row[run->at]))
		run->at++;
	return run->at < run->end;
}

static void heap_build(struct rib_walk *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_runs; i++)
		if (run_settle(w, &w->heap[i]))
			w->heap[n++] = w->heap[i];
	w->n_runs = n;
	for (size_t i = n / 2; i-- > 0;)
		sift_down(w, i);
	w->freed = w->src->freed(w->table);
	w->built = true;
}

uint32_t rib_walk_next(struct rib_walk *w)
{
	uint32_t id = 0;

	if (!w->built || w->freed != w->src->freed(w->table))
		heap_build(w);
	while (!id && w->n_runs) {
		const struct row *row = &w->row[w->heap[0].at++];

		if (holds(w, row)) /* else it has lost its paths since */
			id = row->net;
		if (!run_settle(w, &w->heap[0]))
			w->heap[0] = w->heap[--w->n_runs];
		sift_down(w, 0);
	}
	return id;
}
