/*
 * Adj-RIB-Out of an update group: a cursor in a change list, a walk over the table for
 * newcomers, and one number per route or path. Pure bookkeeping; bytes are made in
 * bgpd/encode.c.
 */
#include "rib/adjout.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

/* Ids from 1 up to this one were given out, of nets or of paths. */
static uint32_t end_of(const struct adjout *o)
{
	return o->list == RIB_NETS ? o->rib->nets.next : o->rib->paths.next;
}

void adjout_init(struct adjout *o, struct rib *r, enum rib_list list)
{
	*o = (struct adjout) { .rib = r, .list = list, .walk = 1 };
	o->walk_end = end_of(o);
	rib_cursor_init(r, &o->cur, list);
}

/* The table keeps count of who knows a path. */
static void paths_told(struct adjout *o, bool told)
{
	if (o->list != RIB_PATHS)
		return;
	for (uint32_t id = 1; id < o->n_told; id++)
		if (o->told[id])
			rib_path_told(o->rib, id, told);
}

void adjout_fini(struct adjout *o)
{
	if (o->rib) {
		paths_told(o, false);
		rib_cursor_fini(o->rib, &o->cur);
	}
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
	paths_told(o, true);
}

void adjout_refresh(struct adjout *o)
{
	o->walk = 1;
	o->walk_end = end_of(o);
	o->walk_again = true;
}

bool adjout_idle(const struct adjout *o)
{
	return !o->walk && rib_cursor_at_end(o->rib, &o->cur);
}

int adjout_told(const struct adjout *o, uint32_t id)
{
	return id < o->n_told ? (int)o->told[id] - 1 : -1;
}

static uint16_t *told_at(struct adjout *o, uint32_t id)
{
	if (id >= o->n_told) {
		uint32_t n = MAX_OF(end_of(o), id + 1);

		n += n / 4;
		o->told = xrealloc(o->told, n * sizeof(*o->told));
		memset(o->told + o->n_told, 0, (n - o->n_told) * sizeof(*o->told));
		o->n_told = n;
	}
	return &o->told[id];
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

bool adjout_knows(const struct adjout *o, uint32_t slot, uint32_t path)
{
	uint32_t net = rib_path(o->rib, path)->net;
	int src = adjout_told(o, o->list == RIB_NETS ? net : path);

	return src >= 0 && (uint32_t)src != slot &&
	       (o->list == RIB_PATHS || rib_net(o->rib, net)->best == path);
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

/* The same for one path. */
static bool sync_path(struct adjout *o, uint32_t id, adjout_policy may, void *ctx,
		      struct adjout_step *s)
{
	const struct path *p = rib_path(o->rib, id);
	uint16_t *told = told_at(o, id);
	bool was = *told, is = rib_is_path(o->rib, id) && may(ctx, o->rib, p);

	*s = (struct adjout_step) { .net = p->net, .src = p->peer };
	s->path_id = rib_path_tx_id(o->rib, id);
	s->old_src = p->peer;
	if (is)
		s->path = id;
	else
		s->withdraw = was;
	if (is != was) {
		told_set(o, told, (uint16_t)(is ? p->peer + 1 : 0));
		rib_path_told(o->rib, id, is);
	}
	return is || was;
}

static bool sync(struct adjout *o, uint32_t id, adjout_policy may, void *ctx,
		 struct adjout_step *s)
{
	return o->list == RIB_NETS ? sync_net(o, id, may, ctx, s)
				   : sync_path(o, id, may, ctx, s);
}

static bool is_there(const struct adjout *o, uint32_t id)
{
	return o->list == RIB_NETS ? rib_is_route(o->rib, id) : rib_is_path(o->rib, id);
}

static bool walk_next(struct adjout *o, adjout_policy may, void *ctx,
		      struct adjout_step *s)
{
	while (o->walk && o->walk < o->walk_end) {
		uint32_t id = o->walk++;

		if (!is_there(o, id))
			continue;
		/* What changed meanwhile was told through the change list. */
		if (!o->walk_again && adjout_told(o, id) >= 0)
			continue;
		if (sync(o, id, may, ctx, s))
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
		if (sync(o, id, may, ctx, out))
			return true;
	return walk_next(o, may, ctx, out);
}
