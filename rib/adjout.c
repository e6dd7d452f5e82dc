/*
 * Adj-RIB-Out of an update group: a cursor in the change list, a walk over the
 * table for newcomers, and one number per route. Pure bookkeeping; bytes are made
 * in bgpd/export.c.
 */
#include "rib/adjout.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

void adjout_init(struct adjout *o, struct rib *r)
{
	*o = (struct adjout) { .rib = r, .walk = 1, .walk_end = r->nets.next };
	rib_cursor_init(r, &o->cur);
}

void adjout_fini(struct adjout *o)
{
	if (o->rib)
		rib_cursor_fini(o->rib, &o->cur);
	free(o->told);
	free(o->by_src);
	*o = (struct adjout) { 0 };
}

void adjout_split(struct adjout *o, const struct adjout *of)
{
	*o = *of;
	o->told = xmemdup(of->told, of->n_told * sizeof(*of->told));
	o->by_src = xmemdup(of->by_src, of->n_by_src * sizeof(*of->by_src));
	rib_cursor_copy(o->rib, &o->cur, &of->cur);
}

void adjout_refresh(struct adjout *o)
{
	o->walk = 1;
	o->walk_end = o->rib->nets.next;
	o->walk_again = true;
}

bool adjout_idle(const struct adjout *o)
{
	return !o->walk && rib_cursor_at_end(o->rib, &o->cur);
}

int adjout_told(const struct adjout *o, uint32_t net)
{
	return net < o->n_told ? (int)o->told[net] - 1 : -1;
}

static uint16_t *told_at(struct adjout *o, uint32_t net)
{
	if (net >= o->n_told) {
		uint32_t n = MAX_OF(o->rib->nets.next, net + 1);

		n += n / 4;
		o->told = xrealloc(o->told, n * sizeof(*o->told));
		memset(o->told + o->n_told, 0, (n - o->n_told) * sizeof(*o->told));
		o->n_told = n;
	}
	return &o->told[net];
}

static uint32_t *by_src_at(struct adjout *o, uint32_t slot)
{
	if (slot >= o->n_by_src) {
		uint32_t n = MAX_OF(slot + 1, o->n_by_src * 2);

		o->by_src = xrealloc(o->by_src, n * sizeof(*o->by_src));
		memset(o->by_src + o->n_by_src, 0,
		       (n - o->n_by_src) * sizeof(*o->by_src));
		o->n_by_src = n;
	}
	return &o->by_src[slot];
}

static void told_set(struct adjout *o, uint16_t *told, uint16_t now)
{
	if (*told) {
		o->n_routes--;
		--*by_src_at(o, *told - 1u);
	}
	if (now) {
		o->n_routes++;
		++*by_src_at(o, now - 1u);
	}
	*told = now;
}

uint32_t adjout_count(const struct adjout *o, uint32_t slot)
{
	return o->n_routes - (slot < o->n_by_src ? o->by_src[slot] : 0);
}

/* Brings what the group knows of one net up to date; false: nothing to say. */
static bool sync_net(struct adjout *o, uint32_t id, adjout_policy may, void *ctx,
		     struct adjout_step *s)
{
	const struct net *n = rib_net(o->rib, id);
	const struct path *best = n->best ? rib_path(o->rib, n->best) : NULL;
	uint16_t *told = told_at(o, id);
	uint16_t old = *told;

	*s = (struct adjout_step) { .net = id, .old_src = (uint32_t)old - 1 };
	if (best && may(ctx, o->rib, best)) {
		s->path = n->best;
		s->src = best->peer;
		s->withdraw = s->withdraw_one = old && old - 1 != best->peer;
		told_set(o, told, (uint16_t)(best->peer + 1));
	} else {
		s->withdraw = old;
		told_set(o, told, 0);
	}
	return s->path || s->withdraw;
}

static bool walk_next(struct adjout *o, adjout_policy may, void *ctx,
		      struct adjout_step *s)
{
	while (o->walk && o->walk < o->walk_end) {
		uint32_t id = o->walk++;

		if (!rib_is_route(o->rib, id))
			continue;
		/* What changed meanwhile was told through the change list. */
		if (!o->walk_again && adjout_told(o, id) >= 0)
			continue;
		if (sync_net(o, id, may, ctx, s))
			return true;
	}
	o->walk = 0;
	o->walk_again = false;
	return false;
}

bool adjout_next(struct adjout *o, adjout_policy may, void *ctx,
		 struct adjout_step *out)
{
	uint32_t id;

	while ((id = rib_cursor_next(o->rib, &o->cur)))
		if (sync_net(o, id, may, ctx, out))
			return true;
	return walk_next(o, may, ctx, out);
}
