/*
 * Adj-RIB-Out of an update group: a cursor in a change list, a walk over the table for
 * newcomers, and one number per route or path. Pure bookkeeping; bytes are made in
 * bgpd/encode.c.
 */
#include "rib/adjout.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/adjrtc.h"

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
	adjrt_fini(&o->rt);
	adjrtc_fini(o);
	free(o->told);
	free(o->by_src);
	*o = (struct adjout) { 0 };
}

void adjout_split(struct adjout *o, const struct adjout *of)
{
	*o = *of;
	o->told = xmemdup(of->told, of->n_told * sizeof(*of->told));
	o->by_src = xmemdup(of->by_src, of->n_by_src * sizeof(*of->by_src));
	adjrt_split(&o->rt, &of->rt);
	adjrtc_split(o, of);
	rib_cursor_copy(o->rib, &o->cur, &of->cur);
	paths_told(o, true);
}

void adjout_constrain(struct adjout *o)
{
	adjrt_init(&o->rt, o->rib->attrs->rts);
}

void adjout_memberships(struct adjout *o, bool echo)
{
	o->membership = true;
	o->echo = echo;
}

static void walk_begin(struct adjout *o, enum adjout_walk why)
{
	o->walk = 1;
	o->walk_end = end_of(o);
	o->why = why;
}

void adjout_refresh(struct adjout *o)
{
	walk_begin(o, WALK_REFRESH);
}

void adjout_filter(struct adjout *o, adjout_affects affects)
{
	o->affects = affects;
	walk_begin(o, WALK_FILTER);
}

bool adjout_walking(const struct adjout *o)
{
	return o->walk;
}

/* What is newer than the walk was told by the filters of now. */
bool adjout_was(const struct adjout *o, uint32_t id)
{
	return o->why == WALK_FILTER && o->walk && id >= o->walk && id < o->walk_end;
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
	if (o->echo)
		return o->n_routes;
	return o->n_routes - (slot < o->n_by_src ? o->by_src[slot] : 0);
}

uint32_t adjout_id(const struct adjout *o, uint32_t path)
{
	return o->list == RIB_NETS ? rib_path(o->rib, path)->net : path;
}

bool adjout_knows(const struct adjout *o, uint32_t slot, uint32_t path)
{
	const struct path *p = rib_path(o->rib, path);
	int src = adjout_told(o, adjout_id(o, path));

	if (src < 0 || ((uint32_t)src == slot && !o->echo))
		return false;
	if (o->membership) /* not the winner, perhaps */
		return p->peer == src;
	return o->list == RIB_PATHS || rib_net(o->rib, p->net)->best == path;
}

bool adjout_is_current(const struct adjout *o, uint32_t slot, uint32_t path)
{
	return adjout_knows(o, slot, path) &&
	       rib_cursor_passed(o->rib, &o->cur, adjout_id(o, path));
}

/* A member's own routes are among its paths, but for what is unread; of several paths
 * of one route the winner stands for it. */
static uint32_t own_wanted(const struct adjout *o, uint32_t slot,
			   bool (*wants)(void *ctx, uint32_t list), void *ctx)
{
	const struct rib *r = o->rib;
	uint32_t n = 0;

	if (slot >= r->n_peers)
		return 0;
	for (uint32_t p = r->peer[slot].first; p; p = rib_path(r, p)->peer_next) {
		uint32_t id = adjout_id(o, p);

		if (adjout_told(o, id) != (int)slot)
			continue;
		if (o->list == RIB_PATHS || rib_net(r, id)->best == p)
			n += wants(ctx, adjrt_told(&o->rt, id));
	}
	return n;
}

uint32_t adjout_wanted(const struct adjout *o, uint32_t slot,
		       bool (*wants)(void *ctx, uint32_t list), void *ctx)
{
	uint32_t n = 0;

	for (uint32_t l = 1; l < o->rt.n_by_list; l++)
		if (o->rt.by_list[l] && wants(ctx, l))
			n += o->rt.by_list[l];
	return n - own_wanted(o, slot, wants, ctx);
}

/* The route targets of a path to be told, or of nothing (0), take their place. */
static void sync_list(struct adjout *o, uint32_t id, struct adjout_step *s)
{
	if (!o->rt.lists)
		return;
	s->old_list = adjrt_told(&o->rt, id);
	if (s->path)
		s->list =
			attrset_rtlist(o->rib->attrs, rib_path(o->rib, s->path)->attrs);
	s->was = adjout_was(o, id);
	adjrt_set(&o->rt, id, s->list, end_of(o));
}

/* Brings what the group knows of one net up to date; false: nothing to say. */
static bool sync_net(struct adjout *o, uint32_t id, adjout_policy may, void *ctx,
		     struct adjout_step *s)
{
	const struct net *n = rib_net(o->rib, id);
	const struct path *best = n->best ? rib_path(o->rib, n->best) : NULL;
	uint16_t *told = told_at(o, id);
	uint16_t old = *told;

	if (o->membership) {
		told_set(o, told, adjrtc_step(o, id, old, may, ctx, s));
		return s->path || s->alt || s->withdraw;
	}
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
	sync_list(o, id, s);
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
	sync_list(o, id, s);
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

/* A route that was told and is what it was: only who wants it is new. */
static bool filter_one(const struct adjout *o, uint32_t id, void *ctx,
		       struct adjout_step *s)
{
	uint32_t list = adjrt_told(&o->rt, id);
	bool nets = o->list == RIB_NETS;

	if (!list || !o->affects(ctx, list))
		return false;
	*s = (struct adjout_step) {
		.net = nets ? id : rib_path(o->rib, id)->net,
		.path = nets ? rib_net(o->rib, id)->best : id,
		.path_id = nets ? 0 : rib_path_tx_id(o->rib, id),
		.src = o->told[id] - 1u,
		.old_src = o->told[id] - 1u,
		.list = list,
		.old_list = list,
		.filter = true,
	};
	return true;
}

static bool walk_one(struct adjout *o, uint32_t id, adjout_policy may, void *ctx,
		     struct adjout_step *s)
{
	if (o->why == WALK_FILTER)
		return filter_one(o, id, ctx, s);
	if (!is_there(o, id))
		return false;
	/* What changed meanwhile was told through the change list. */
	if (o->why == WALK_NEW && adjout_told(o, id) >= 0)
		return false;
	return sync(o, id, may, ctx, s);
}

bool adjout_next(struct adjout *o, adjout_policy may, void *ctx,
		 struct adjout_step *out)
{
	uint32_t id;

	while ((id = rib_cursor_next(o->rib, &o->cur)))
		if (sync(o, id, may, ctx, out))
			return o->changes = true;
	if (o->changes) {
		o->changes = false;
		if (o->walk && o->why == WALK_FILTER)
			return false;
	}
	while (o->walk && o->walk < o->walk_end)
		if (walk_one(o, o->walk++, may, ctx, out))
			return true;
	o->walk = 0;
	return false;
}
