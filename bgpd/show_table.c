/*
 * A table of routes in order, a part at a time, for any family. What it looks like:
 * show_l2vpn.c (EVPN), show_unicast.c.
 */
#include "bgpd/show_table.h"

#include <stdlib.h>

#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/walk.h"

enum { LOOK = 2048 }; /* routes to look at in one turn */

static bool has_path_from(const struct rib *r, const struct net *n, uint32_t slot)
{
	for (uint32_t p = n->paths; p; p = rib_path(r, p)->next)
		if (rib_path(r, p)->peer == slot)
			return true;
	return false;
}

static bool wanted(void *ctx, uint32_t id)
{
	struct table_show *s = ctx;

	if (s->wanted && !s->wanted(s, id))
		return false;
	if (s->routes_of &&
	    !has_path_from(s->t.r, rib_net(s->t.r, id), peer_slot(s->p)))
		return false;
	return !s->told_to || export_told(s->p, s->t.f, id);
}

/* Return: is there more? */
static bool print_part(struct table_show *s)
{
	size_t end = s->t.o->len + VTY_PART;

	while (s->t.o->len < end) {
		uint32_t net = rib_walk_next(s->walk);

		if (!net)
			return false;
		s->route(s, net);
		s->n++;
	}
	return true;
}

/* The peer of `neighbors IP`, if it is still there. */
static bool bind_peer(struct table_show *s)
{
	if (!s->routes_of && !s->told_to)
		return true;
	s->p = peer_find(&s->t.e->bgp, &s->peer);
	s->t.from = s->routes_of ? s->p : NULL;
	s->t.to = s->told_to ? s->p : NULL;
	return s->p;
}

static bool show_part(void *arg, struct out *o)
{
	struct table_show *s = arg;
	bool there = bind_peer(s);

	s->t.o = o;
	if (!s->printing) {
		if (there && rib_walk_look(s->walk, LOOK, wanted, s))
			return true;
		s->head(s);
		s->printing = true;
	}
	if (there && print_part(s))
		return true;
	s->tail(s);
	if (s->again && s->again(s))
		return true;
	out_end(o);
	return false;
}

void table_show_free(struct table_show *s)
{
	rib_walk_free(s->walk);
	if (s->fini)
		s->fini(s);
	free(s);
}

static void show_free(void *arg)
{
	table_show_free(arg);
}

void table_show_init(struct table_show *s, const struct engine *e,
		     const struct family *f, struct out *o)
{
	*s = (struct table_show) {
		.t = { .e = e, .f = f, .r = &e->routes.rib[f->index], .o = o },
	};
	table_show_again(s);
}

void table_show_again(struct table_show *s)
{
	rib_walk_free(s->walk);
	s->walk = rib_walk_new(s->t.r);
	s->printing = false;
	s->n = s->t.n_paths = 0;
}

bool table_show_peer(struct table_show *s, const struct cmd_args *args)
{
	struct out *o = s->t.o;

	cmd_arg_ip(args, "ip", &s->peer);
	s->routes_of = cmd_has(args, "routes");
	s->told_to = !s->routes_of;
	if (peer_find(&s->t.e->bgp, &s->peer))
		return true;
	out_obj(o, NULL);
	out_bool(o, "bgpNoSuchNeighbor", true);
	out_puts(o, "% No such neighbor\n");
	out_end(o);
	table_show_free(s);
	return false;
}

int table_show_run(const struct cmd_args *args, struct table_show *s)
{
	out_obj(s->t.o, NULL);
	return vty_walk(args, s->t.o, show_part, show_free, s);
}

bool table_show_found(const struct table_show *s)
{
	return rib_walk_found(s->walk);
}
