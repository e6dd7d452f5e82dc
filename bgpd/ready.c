/*
 * When may traffic of an endpoint be relied on? When its policy is in force at its
 * programs, and its routes were handed to a neighbor: so others know who it is before
 * its first packet comes. `endpoint wait` is for runtimes that want to know.
 *
 * Routes count as sent when every one of them that is originated was told, with the
 * labels that it has now, to one established neighbor at least, or was not told because
 * that neighbor has asked for other routes (RFC 4684). Where no neighbor is configured
 * for the family, nobody is waited for.
 */
#include "bgpd/engine_int.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/session.h"
#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/enforce.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"

enum { WAIT_S = 30 };

const char *ready_name(enum ready_state s)
{
	static const char *const names[] = {
		[READY] = "ready",         [READY_UNSERVED] = "network",
		[READY_POLICY] = "policy", [READY_PROGRAMS] = "programs",
		[READY_ROUTE] = "route",
	};

	return (unsigned)s < ARRAY_SIZE(names) ? names[s] : "?";
}

/* ---- routes ------------------------------------------------------------------ */

struct sent {
	const struct engine *e;
	unsigned own, missing;
	bool neighbors, up; /* of a family of a route that was not sent */
};

static uint32_t own_path(const struct rib *r, const struct nlri *n)
{
	uint32_t net = rib_find(r, n), p = net ? rib_net(r, net)->paths : 0;

	while (p && rib_path(r, p)->peer != RIB_OWN)
		p = rib_path(r, p)->next;
	return p;
}

static void route_look(struct sent *s, unsigned fam, const struct nlri *n)
{
	const struct family *f = &families[fam];
	uint32_t path = own_path(&s->e->routes.rib[fam], n);
	bool neighbors = false, up = false;
	const struct peer *p;

	if (!path)
		return;
	s->own++;
	TAILQ_FOREACH (p, &s->e->bgp.peers, link) {
		if (export_passed_path(p, f, path))
			return;
		neighbors |= nbr_activates(&p->cfg, f);
		up |= p->member[fam] != NULL;
	}
	s->missing += neighbors;
	s->neighbors |= neighbors;
	s->up |= up;
}

static void evpn_look(void *arg, const struct nlri *n)
{
	route_look(arg, FAM_EVPN, n);
}

static void ila_look(void *arg, const struct ila_addr *a)
{
	const struct prefix p = { ip_of(a, sizeof(*a)), 128 };
	struct nlri n = { 0 };

	nlri_ila_build(&a->id, &n);
	route_look(arg, FAM_ILA, &n);
	n = (struct nlri) { 0 };
	nlri_ip6_build(&p, &n);
	route_look(arg, FAM_IP6, &n);
}

static void look_at_routes(const struct engine *e, const struct tenants_endpoint *ep,
			   struct ready *out)
{
	struct sent s = { .e = e };

	if (ila_is_tenant(e->ila, ep->tenant))
		ila_endpoint_addrs(e->ila, ep->name, ila_look, &s);
	else
		tenants_endpoint_routes(e->tenants, ep->name, evpn_look, &s);
	if (!s.own && e->cfg->has_bgp) {
		out->state = READY_ROUTE;
		str_copy(out->why, sizeof(out->why), "it has no route from here");
	} else if (s.missing) {
		out->state = READY_ROUTE;
		str_copy(out->why, sizeof(out->why),
			 s.up ? "not sent to any neighbor yet" : "no session is up");
	}
}

/* ---- all of it --------------------------------------------------------------- */

static void look_at_policy(const struct engine *e, const struct tenants_endpoint *ep,
			   struct ready *out)
{
	static const enum ready_state states[ENFORCE_WAITS] = {
		[ENFORCE_READY] = READY,
		[ENFORCE_WAIT_POLICY] = READY_POLICY,
		[ENFORCE_WAIT_PROGRAMS] = READY_PROGRAMS,
		[ENFORCE_REFUSED] = READY_PROGRAMS,
	};
	struct enforce_load_info i;

	if (!enforce_load_get(e->policy.enforce, ep->ifname, &i)) {
		out->state = READY_POLICY;
		return;
	}
	out->state = states[i.wait];
	str_copy(out->why, sizeof(out->why), i.why);
	if (i.rule == ENFORCE_CLOSED && !out->why[0])
		str_copy(out->why, sizeof(out->why),
			 "no policy could be loaded: nothing is allowed");
}

struct ready ready_get(const struct engine *e, const struct tenants_endpoint_info *i)
{
	struct ready r = { .state = READY };
	char why[256];

	endpoint_reason(e, i->e, i->vni, why, sizeof(why));
	if (why[0]) {
		r.state = READY_UNSERVED;
		str_copy(r.why, sizeof(r.why), why);
		return r;
	}
	if (e->ids)
		look_at_policy(e, i->e, &r);
	if (r.state == READY)
		look_at_routes(e, i->e, &r);
	return r;
}

/* ---- endpoint wait ----------------------------------------------------------- */

struct ready_wait {
	TAILQ_ENTRY(ready_wait) link;
	struct engine *e;
	char name[ENDPOINT_NAME];
	struct vty_job *job;
	struct out *o;
	struct ev_timer timer;
};

static void wait_free(struct ready_wait *w)
{
	TAILQ_REMOVE(&w->e->waits.list, w, link);
	ev_timer_fini(&w->timer);
	free(w);
}

static void wait_gone(void *arg)
{
	wait_free(arg);
}

static void wait_end(struct ready_wait *w, int status)
{
	struct vty_job *job = w->job;

	wait_free(w);
	vty_resume(job, status);
}

/* Return: is the wait over? If not, *r is what it waits for. */
static bool wait_look(struct ready_wait *w, struct ready *r)
{
	struct tenants_endpoint_info i;

	if (!tenants_endpoint_get(w->e->tenants, w->name, &i)) {
		out_line(w->o, "%% No such endpoint\n");
		wait_end(w, CMD_WARNING);
		return true;
	}
	*r = ready_get(w->e, &i);
	if (r->state != READY)
		return false;
	wait_end(w, CMD_OK);
	return true;
}

static void on_timeout(void *arg)
{
	struct ready_wait *w = arg;
	struct ready r;

	if (wait_look(w, &r))
		return;
	out_line(w->o, "%% Endpoint %s waits for %s%s%s\n", w->name,
		 ready_name(r.state), r.why[0] ? ": " : "", r.why);
	wait_end(w, CMD_WARNING);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	struct ready_wait *w, *next;
	struct ready r;

	(void)fd;
	(void)what;
	for (w = TAILQ_FIRST(&e->waits.list); w; w = next) {
		next = TAILQ_NEXT(w, link);
		wait_look(w, &r);
	}
}

void ready_kick(struct engine *e)
{
	if (!TAILQ_EMPTY(&e->waits.list))
		event_active(e->waits.look, EV_TIMEOUT, 0);
}

void ready_init(struct engine *e)
{
	TAILQ_INIT(&e->waits.list);
	e->waits.look = event_new(e->base, -1, 0, on_look, e);
}

void ready_fini(struct engine *e)
{
	event_free(e->waits.look);
}

static int endpoint_wait(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct ready_wait *w = xcalloc(1, sizeof(*w));
	struct engine *e = ctx;

	w->e = e;
	w->o = o;
	str_copy(w->name, sizeof(w->name), cmd_arg(args, "word"));
	w->job = vty_defer(args, wait_gone, w);
	if (!w->job) {
		free(w);
		out_line(o, "%% Only for a shell client\n");
		return CMD_WARNING;
	}
	ev_timer_init(&w->timer, e->base, on_timeout, w);
	ev_timer_set(&w->timer, 1000 * cmd_arg_uint(args, "timeout", WAIT_S));
	TAILQ_INSERT_TAIL(&e->waits.list, w, link);
	ready_kick(e);
	return CMD_DEFERRED;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "endpoint wait WORD [timeout (0-3600)$timeout]",
	  "Wait until an endpoint is ready, 30 seconds by default", endpoint_wait, 0 },
};

void ready_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
