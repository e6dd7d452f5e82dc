/*
 * Which of the paths of a route wins. Only among paths of one neighbouring AS is
 * best_cmp() an order; here it is applied so that the winner does not depend on the
 * order of arrival ("deterministic MED").
 */
#include "rib/select.h"

#include <stdlib.h>

#include "lib/util.h"
#include "rib/locrib.h"

struct path_view rib_path_view(const struct rib *r, uint32_t path)
{
	const struct path *p = rib_path(r, path);

	return (struct path_view) {
		.attrs = p->attrs,
		.src = &r->peer[p->peer].src,
		.rx_id = p->rx_id,
	};
}

static int path_cmp(const struct rib *r, uint32_t a, uint32_t b, enum best_reason *why)
{
	struct path_view va = rib_path_view(r, a), vb = rib_path_view(r, b);

	return best_cmp(&va, &vb, why);
}

static bool one_neighbour_as(const struct rib *r, uint32_t first)
{
	uint32_t as = rib_path(r, first)->attrs->first_as;

	for (uint32_t p = rib_path(r, first)->next; p; p = rib_path(r, p)->next)
		if (rib_path(r, p)->attrs->first_as != as)
			return false;
	return true;
}

/* By neighbouring AS, and the best of each first. */
static int as_order(const void *pa, const void *pb, void *arg)
{
	const struct rib *r = arg;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	uint32_t as_a = rib_path(r, a)->attrs->first_as;
	uint32_t as_b = rib_path(r, b)->attrs->first_as;

	return as_a != as_b ? (as_a > as_b) - (as_a < as_b) : path_cmp(r, a, b, NULL);
}

/* Deterministic MED: first the winner of each neighbouring AS, then the best of those,
 * where MED no longer compares. */
static uint32_t select_by_as(const struct rib *r, uint32_t first)
{
	static uint32_t *ids, room;
	uint32_t count = 0, best = 0;

	for (uint32_t p = first; p; p = rib_path(r, p)->next) {
		if (count == room) {
			room = room ? 2 * room : 64;
			ids = xrealloc(ids, room * sizeof(*ids));
		}
		ids[count++] = p;
	}
	qsort_r(ids, count, sizeof(*ids), as_order, (void *)(uintptr_t)r);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t as = rib_path(r, ids[i])->attrs->first_as;

		if (i && rib_path(r, ids[i - 1])->attrs->first_as == as)
			continue;
		if (!best || path_cmp(r, ids[i], best, NULL) < 0)
			best = ids[i];
	}
	return best;
}

/* The best but for `except`. With one AS (always so on iBGP) a plain minimum. */
static uint32_t select_plain(const struct rib *r, uint32_t first, uint32_t except)
{
	uint32_t best = 0;

	for (uint32_t p = first; p; p = rib_path(r, p)->next)
		if (p != except && (!best || path_cmp(r, p, best, NULL) < 0))
			best = p;
	return best;
}

uint32_t select_best(const struct rib *r, uint32_t first)
{
	if (!first || one_neighbour_as(r, first))
		return select_plain(r, first, 0);
	return select_by_as(r, first);
}

enum best_reason rib_best_reason(const struct rib *r, uint32_t net)
{
	const struct net *n = rib_net(r, net);
	uint32_t second = n->best ? select_plain(r, n->paths, n->best) : 0;
	enum best_reason why = BEST_FIRST;

	if (second)
		path_cmp(r, n->best, second, &why);
	return why;
}
