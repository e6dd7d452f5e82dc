/*
 * `show bgp ipv4 rt-constraint`: route target membership, who said it and who was
 * told, with FRR's keys of a plain table.
 */
#include "bgpd/engine_int.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd/rtc.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/rtset.h"
#include "wire/nlri_rtc.h"

/* What is shown; without a peer all of it. */
struct listing {
	const struct engine *e;
	const struct rib *r;
	struct out *o;
	const struct peer *from, *to;
	uint32_t *net; /* sorted */
	size_t n;
	unsigned n_paths;
};

static bool path_shown(const struct listing *l, uint32_t net, uint32_t path)
{
	if (l->from)
		return rib_path(l->r, path)->peer == peer_slot(l->from);
	return !l->to || (rib_net(l->r, net)->best == path &&
			  export_told(l->to, &families[FAM_RTC], net));
}

static bool net_shown(const struct listing *l, uint32_t net)
{
	uint32_t p = rib_net(l->r, net)->paths;

	while (p && !path_shown(l, net, p))
		p = rib_path(l->r, p)->next;
	return p;
}

static int net_cmp(const void *pa, const void *pb, void *ctx)
{
	const struct rib *r = ctx;
	struct nlri a, b;

	rib_nlri(r, *(const uint32_t *)pa, 0, &a);
	rib_nlri(r, *(const uint32_t *)pb, 0, &b);
	return r->ops->cmp(&a, &b);
}

static void collect(struct listing *l)
{
	l->net = xcalloc(l->r->n_nets + 1, sizeof(*l->net));
	for (uint32_t id = 1; id < l->r->nets.next; id++)
		if (rib_is_route(l->r, id) && net_shown(l, id))
			l->net[l->n++] = id;
	qsort_r(l->net, l->n, sizeof(*l->net), net_cmp, (void *)l->r);
}

/* ---- one path ---- */

static void path_json(const struct listing *l, uint32_t net, uint32_t path,
		      const char *name)
{
	const struct path *p = rib_path(l->r, path);
	const struct peer *from = routes_peer(&l->e->routes, l->r, p->peer);
	struct out *o = l->o;
	char addr[ADDR_STR], text[1024];
	struct nlri n;
	struct rtc_route m;
	struct attrs a;
	struct ip id;

	rib_nlri(l->r, net, 0, &n);
	rtc_view(&n, &m);
	attrset_view(p->attrs, &a);
	out_obj(o, NULL);
	out_bool(o, "valid", true);
	if (rib_net(l->r, net)->best == path) {
		out_bool(o, "bestpath", true);
		out_str(o, "selectionReason",
			best_reason_text(rib_best_reason(l->r, net)));
	}
	if (p->flags & PATH_STALE)
		out_bool(o, "stale", true);
	out_str(o, "pathFrom", from && !from->ebgp ? "internal" : "external");
	out_str(o, "network", name);
	out_uint(o, "prefixLen", m.bits);
	if (m.bits)
		out_uint(o, "originAs", m.as);
	out_uint(o, "weight", from ? 0 : 32768);
	out_str(o, "peerId", from ? ip_format(&from->addr, addr) : "(unspec)");
	out_str(o, "path", as_path_format(&a.as_path, text, sizeof(text)));
	if (attrs_has(&a, ATTR_ORIGINATOR_ID)) {
		id = ip4_of(a.originator_id);
		out_str(o, "originatorId", ip_format(&id, addr));
	}
	out_uint(o, "clusterListLength", a.cluster_list.len / 4);
	out_arr(o, "nexthops");
	out_obj(o, NULL);
	out_str(o, "ip", ip_format(&a.nexthop, addr));
	out_str(o, "afi", a.nexthop.len == 16 ? "ipv6" : "ipv4");
	out_bool(o, "used", true);
	out_end(o);
	out_end(o);
	out_end(o);
}

static void path_text(const struct listing *l, uint32_t net, uint32_t path,
		      const char *name)
{
	const struct path *p = rib_path(l->r, path);
	const struct peer *from = routes_peer(&l->e->routes, l->r, p->peer);
	char hop[ADDR_STR], addr[ADDR_STR];

	out_text(l->o, "%c%c%c%-40s %-15s %s\n", p->flags & PATH_STALE ? 'S' : '*',
		 rib_net(l->r, net)->best == path ? '>' : ' ',
		 from && !from->ebgp ? 'i' : ' ', name,
		 ip_format(&p->attrs->nexthop, hop),
		 from ? ip_format(&from->addr, addr) : "this host");
}

static void listing_print(struct listing *l)
{
	char name[NLRI_STR_MAX];
	struct nlri n;

	out_obj(l->o, "routes");
	for (size_t i = 0; i < l->n; i++) {
		uint32_t net = l->net[i];

		rib_nlri(l->r, net, 0, &n);
		l->r->ops->format(&n, name);
		out_arr(l->o, name);
		for (uint32_t p = rib_net(l->r, net)->paths; p;
		     p = rib_path(l->r, p)->next) {
			if (!path_shown(l, net, p))
				continue;
			l->n_paths++;
			if (out_json(l->o))
				path_json(l, net, p, name);
			else
				path_text(l, net, p, name);
		}
		out_end(l->o);
	}
	out_end(l->o);
}

/* ---- commands ---- */

static void listing_show(struct listing *l)
{
	struct ip id = ip4_of(l->e->bgp.router_id);
	struct out *o = l->o;
	char buf[ADDR_STR];

	collect(l);
	out_uint(o, "tableVersion", l->r->version);
	out_str(o, "routerId", ip_format(&id, buf));
	out_uint(o, "defaultLocPrf", 100);
	out_uint(o, "localAS", l->e->bgp.as);
	if (l->n)
		out_text(o,
			 "BGP table version is %llu, local router ID is %s\n"
			 "Status codes: * valid, > best, i internal, S stale\n"
			 "Membership: origin AS:route target/bits\n\n"
			 "   %-40s %-15s %s\n",
			 (unsigned long long)l->r->version, buf, "Membership",
			 "Next Hop", "From");
	listing_print(l);
	out_uint(o, "totalRoutes", l->n);
	out_uint(o, "totalPaths", l->n_paths);
	if (l->n)
		out_text(o, "\nDisplayed %zu memberships (%u paths)\n", l->n,
			 l->n_paths);
	else
		out_puts(o, "No route target memberships\n");
	free(l->net);
}

static int show_table(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct listing l = { .e = e, .r = &e->routes.rib[FAM_RTC], .o = o };

	(void)args;
	out_obj(o, NULL);
	listing_show(&l);
	out_end(o);
	return CMD_OK;
}

static int show_peer(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct listing l = { .e = e, .r = &e->routes.rib[FAM_RTC], .o = o };
	const struct peer *p;
	struct ip addr;

	cmd_arg_ip(args, "ip", &addr);
	p = peer_find(&e->bgp, &addr);
	out_obj(o, NULL);
	if (!p) {
		out_bool(o, "bgpNoSuchNeighbor", true);
		out_puts(o, "% No such neighbor\n");
	} else {
		l.from = cmd_has(args, "routes") ? p : NULL;
		l.to = l.from ? NULL : p;
		listing_show(&l);
	}
	out_end(o);
	return CMD_OK;
}

/* ---- neighbors ---- */

void rtc_show(struct out *o, const struct peer *p, const struct family *f)
{
	static const struct {
		const char *json, *text;
	} words[] = {
		[RTC_WAITING] = { "waitingForEndOfRib", "waiting for End-of-RIB" },
		[RTC_IN_FORCE] = { "inForce", "in force" },
		[RTC_GIVEN_UP] = { "givenUp", "given up, malformed" },
	};
	enum rtc_state state = rtc_state(p);
	const struct rtfilter *filter;
	uint32_t held;

	if (!f->rt_constrained || state == RTC_OFF)
		return;
	filter = rtc_filter(p);
	held = export_counts(p, f).held_back;
	out_obj(o, "routeTargetConstraint");
	out_str(o, "state", words[state].json);
	out_bool(o, "everything", filter && filter->all);
	out_uint(o, "routeTargets", filter ? filter->n : 0);
	out_uint(o, "routesHeldBack", held);
	out_end(o);
	out_text(o, "  RT constraint %s, %u route targets%s, %u routes held back\n",
		 words[state].text, filter ? filter->n : 0,
		 filter && filter->all ? " and everything" : "", held);
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp ipv4 rt-constraint [json]",
	  "Which route targets are asked for, by whom", show_table, 0 },
	{ CMD_EXEC,
	  "show bgp ipv4 rt-constraint neighbors IP (advertised-routes|routes) [json]",
	  "Memberships told to a peer, or held from it", show_peer, 0 },
};

void show_rtc_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
