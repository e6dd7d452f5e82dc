/*
 * `show bgp ipv6 unicast` and `show bgp ila unicast`: tables of one line for each path,
 * as FRR prints IPv6 unicast, and one route in detail. The families differ in what a
 * route is called and in what its next hop is: a locator for ILA.
 */
#include "bgpd/show_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmd.h"
#include "lib/ila.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"

enum { NAME_WIDTH = 17, HOP_WIDTH = 16, HOP_COLUMN = 20, METRIC_COLUMN = 36 };

/* ---- words ----------------------------------------------------------------- */

/* An address, or the locator in the upper half of one; Return: buf. */
static const char *next_hop_text(const struct family *f, const struct ip *nh,
				 char buf[ADDR_STR])
{
	struct ila64 locator;

	if (f->index != FAM_ILA)
		return ip_format(nh, buf);
	memcpy(locator.b, nh->b, sizeof(locator.b));
	return ila64_format(&locator, buf);
}

static void name_of(const struct route_show *t, uint32_t net, char name[NLRI_STR_MAX])
{
	static struct nlri n;

	rib_nlri(t->r, net, 0, &n);
	t->r->ops->format(&n, name);
}

/* What FRR has beside the name of the member. */
static void name_json(const struct route_show *t, uint32_t net, const char *name)
{
	static struct nlri n;
	struct prefix p;
	char buf[ADDR_STR];

	rib_nlri(t->r, net, 0, &n);
	if (t->f->index == FAM_IP6 && !nlri_ip6_view(&n, &p)) {
		out_str(t->o, "prefix", ip_format(&p.ip, buf));
		out_uint(t->o, "prefixLen", p.bits);
	}
	out_str(t->o, "network", name);
}

static void locator_json(const struct route_show *t, const struct path *p)
{
	char buf[ADDR_STR];

	if (t->f->index == FAM_ILA)
		out_str(t->o, "locator", next_hop_text(t->f, &p->attrs->nexthop, buf));
}

/* ---- a line of a table ----------------------------------------------------- */

/* A column that is continued below when the text is too long for it. */
static void column(struct out *o, const char *text, int width, int next)
{
	if ((int)strlen(text) < width)
		out_text(o, "%-*s", width, text);
	else
		out_text(o, "%s\n%*s", text, next, "");
}

static void path_text(const struct route_show *t, uint32_t net, uint32_t id,
		      const char *name)
{
	const struct path *p = rib_path(t->r, id);
	char hop[ADDR_STR], text[4096], pref[16] = "", med[16] = "";
	struct attrs a;

	attrset_view(p->attrs, &a);
	if (attrs_has(&a, ATTR_LOCAL_PREF) && !path_is_own(p))
		snprintf(pref, sizeof(pref), "%u", a.local_pref);
	if (attrs_has(&a, ATTR_MED))
		snprintf(med, sizeof(med), "%u", a.med);
	out_text(t->o, "%c%c%c", path_status(p),
		 rib_net(t->r, net)->best == id ? '>' : ' ',
		 path_is_internal(t, p) ? 'i' : ' ');
	column(t->o, name, NAME_WIDTH, HOP_COLUMN);
	column(t->o, next_hop_text(t->f, &a.nexthop, hop), HOP_WIDTH, METRIC_COLUMN);
	as_path_format(&a.as_path, text, sizeof(text));
	out_text(t->o, "%10s%7s%7u %s%s%c\n", med, pref, path_is_own(p) ? 32768 : 0,
		 text, text[0] ? " " : "",
		 a.origin == ORIGIN_IGP   ? 'i'
		 : a.origin == ORIGIN_EGP ? 'e'
					  : '?');
}

static void stale_json(struct out *o, const struct path *p)
{
	if (p->flags & PATH_STALE)
		out_bool(o, "stale", true);
	if (p->flags & PATH_LONG_LIVED)
		out_bool(o, "longLivedStale", true);
}

static void path_json(const struct route_show *t, uint32_t net, uint32_t id,
		      const char *name)
{
	const struct path *p = rib_path(t->r, id);
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	char addr[ADDR_STR], text[1024];
	struct out *o = t->o;
	struct attrs a;

	attrset_view(p->attrs, &a);
	out_obj(o, NULL);
	out_bool(o, "valid", true);
	if (rib_net(t->r, net)->best == id) {
		out_bool(o, "bestpath", true);
		out_str(o, "selectionReason",
			best_reason_text(rib_best_reason(t->r, net)));
	}
	out_str(o, "pathFrom", path_is_internal(t, p) ? "internal" : "external");
	name_json(t, net, name);
	if (attrs_has(&a, ATTR_MED))
		out_uint(o, "metric", a.med);
	if (attrs_has(&a, ATTR_LOCAL_PREF) && !path_is_own(p))
		out_uint(o, "locPrf", a.local_pref);
	out_uint(o, "weight", path_is_own(p) ? 32768 : 0);
	out_str(o, "peerId", from ? ip_format(&from->addr, addr) : "(unspec)");
	out_str(o, "path", as_path_format(&a.as_path, text, sizeof(text)));
	out_str(o, "origin", path_origin(a.origin));
	stale_json(o, p);
	path_ids_show(t, id);
	locator_json(t, p);
	path_nexthops_json(t, p);
	out_end(o);
}

static void route_show(struct table_show *s, uint32_t net)
{
	struct route_show *t = &s->t;
	char name[NLRI_STR_MAX];
	bool first = true;

	name_of(t, net, name);
	out_arr(t->o, name);
	for (uint32_t p = rib_net(t->r, net)->paths; p; p = rib_path(t->r, p)->next) {
		if (!path_is_shown(t, net, p))
			continue;
		t->n_paths++;
		if (out_json(t->o))
			path_json(t, net, p, name);
		else
			path_text(t, net, p, first ? name : "");
		first = false;
	}
	out_end(t->o);
}

/* ---- the table ------------------------------------------------------------- */

static void table_head(struct table_show *s)
{
	const struct bgp *b = &s->t.e->bgp;
	struct ip id = ip4_of(b->router_id);
	struct out *o = s->t.o;
	char buf[ADDR_STR];

	out_uint(o, "vrfId", 0);
	out_str(o, "vrfName", "default");
	out_uint(o, "tableVersion", s->t.r->version);
	out_str(o, "routerId", ip_format(&id, buf));
	out_uint(o, "defaultLocPrf", 100);
	out_uint(o, "localAS", b->as);
	if (table_show_found(s))
		out_text(o,
			 "BGP table version is %llu, local router ID is %s, vrf id 0\n"
			 "Default local pref 100, local AS %u\n"
			 "Status codes:  * valid, > best, i internal, S Stale, "
			 "L long-lived stale\n"
			 "Origin codes:  i - IGP, e - EGP, ? - incomplete\n\n"
			 "   %-16s %-18s  Metric LocPrf Weight Path\n",
			 (unsigned long long)s->t.r->version, buf, b->as,
			 s->t.f->index == FAM_ILA ? "Identifier" : "Network",
			 s->t.f->index == FAM_ILA ? "Locator" : "Next Hop");
	out_obj(o, "routes");
}

static void table_tail(struct table_show *s)
{
	struct out *o = s->t.o;

	out_end(o);
	out_uint(o, "totalRoutes", s->n);
	out_uint(o, "totalPaths", s->t.n_paths);
	if (s->n)
		out_text(o, "\nDisplayed  %u routes and %u total paths\n", s->n,
			 s->t.n_paths);
	else
		out_puts(o, "No BGP prefixes displayed, 0 exist\n");
}

static struct table_show *show_new(const struct engine *e, const struct cmd_args *args,
				   struct out *o)
{
	struct table_show *s = xcalloc(1, sizeof(*s));

	table_show_init(s, e, family_named(args), o);
	s->head = table_head;
	s->tail = table_tail;
	s->route = route_show;
	return s;
}

static int show_table(void *ctx, const struct cmd_args *args, struct out *o)
{
	return table_show_run(args, show_new(ctx, args, o));
}

static int show_peer(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct table_show *s = show_new(ctx, args, o);

	return table_show_peer(s, args) ? table_show_run(args, s) : CMD_OK;
}

/* ---- one route in detail --------------------------------------------------- */

static void communities_text(struct out *o, const struct attrs *a)
{
	char text[4096];

	if (a->communities.len)
		out_text(o, "      Community: %s\n",
			 communities_format(&a->communities, text, sizeof(text)));
	if (a->ext_communities.len)
		out_text(o, "      Extended Community: %s\n",
			 extcoms_format(&a->ext_communities, text, sizeof(text)));
	if (a->large_communities.len)
		out_text(o, "      Large Community: %s\n",
			 large_communities_format(&a->large_communities, text,
						  sizeof(text)));
}

static void reflection_text(struct out *o, const struct attrs *a)
{
	struct ip id = ip4_of(a->originator_id);
	char addr[ADDR_STR];

	if (!attrs_has(a, ATTR_ORIGINATOR_ID))
		return;
	out_text(o, "      Originator: %s, Cluster list:", ip_format(&id, addr));
	for (size_t i = 0; i + 4 <= a->cluster_list.len; i += 4) {
		id = ip_of(a->cluster_list.p + i, 4);
		out_text(o, " %s", ip_format(&id, addr));
	}
	out_text(o, "\n");
}

static void detail_text(const struct route_show *t, uint32_t net, uint32_t id)
{
	const struct path *p = rib_path(t->r, id);
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	struct ip from_id = ip4_of(from ? from->remote_id : t->e->bgp.router_id);
	char hop[ADDR_STR], addr[ADDR_STR], rid[ADDR_STR], path[1024];
	struct out *o = t->o;
	struct attrs a;

	attrset_view(p->attrs, &a);
	as_path_format(&a.as_path, path, sizeof(path));
	out_text(o, "  %s\n    %s from %s (%s)\n", path[0] ? path : "Local",
		 next_hop_text(t->f, &a.nexthop, hop),
		 from ? ip_format(&from->addr, addr) : "0.0.0.0",
		 ip_format(&from_id, rid));
	out_text(o, "      Origin %s", path_origin(a.origin));
	if (attrs_has(&a, ATTR_MED))
		out_text(o, ", metric %u", a.med);
	if (attrs_has(&a, ATTR_LOCAL_PREF))
		out_text(o, ", localpref %u", a.local_pref);
	out_text(o, ", valid, %s%s",
		 path_is_own(p)           ? "sourced, local"
		 : path_is_internal(t, p) ? "internal"
					  : "external",
		 p->flags & PATH_STALE ? ", stale" : "");
	if (rib_net(t->r, net)->best == id)
		out_text(o, ", best (%s)",
			 best_reason_text(rib_best_reason(t->r, net)));
	out_text(o, "\n");
	communities_text(o, &a);
	reflection_text(o, &a);
	path_ids_show(t, id);
	path_labels_show(t, id);
}

static void detail_json(const struct route_show *t, uint32_t net, uint32_t id)
{
	const struct path *p = rib_path(t->r, id);
	struct out *o = t->o;
	struct attrs a;

	attrset_view(p->attrs, &a);
	out_obj(o, NULL);
	path_lineage_json(o, &a);
	out_str(o, "origin", path_origin(a.origin));
	if (attrs_has(&a, ATTR_MED))
		out_uint(o, "metric", a.med);
	if (attrs_has(&a, ATTR_LOCAL_PREF))
		out_uint(o, "locPrf", a.local_pref);
	out_bool(o, "valid", true);
	if (path_is_own(p)) {
		out_bool(o, "sourced", true);
		out_bool(o, "local", true);
	}
	stale_json(o, p);
	if (p->flags & PATH_STALE)
		out_int(o,
			p->flags & PATH_LONG_LIVED ? "llgrSecondsRemaining"
						   : "gracefulRestartSecondsRemaining",
			path_stale_left_s(t, p));
	if (rib_net(t->r, net)->best == id) {
		out_obj(o, "bestpath");
		out_bool(o, "overall", true);
		out_str(o, "selectionReason",
			best_reason_text(rib_best_reason(t->r, net)));
		out_end(o);
	}
	path_community_json(o, &a);
	path_extcom_json(o, &a);
	path_large_json(o, &a);
	path_ids_show(t, id);
	path_labels_show(t, id);
	locator_json(t, p);
	path_nexthops_json(t, p);
	path_peer_json(t, p);
	out_end(o);
}

static void advertised_text(const struct route_show *t, uint32_t net)
{
	const struct peer *p;
	char addr[ADDR_STR];
	bool any = false;

	TAILQ_FOREACH (p, &t->e->bgp.peers, link) {
		if (!export_told(p, t->f, net))
			continue;
		out_text(t->o, "%s %s", any ? "" : "  Advertised to:\n ",
			 ip_format(&p->addr, addr));
		any = true;
	}
	out_text(t->o, "%s\n", any ? "" : "  Not advertised to any peer");
}

static void detail_head_text(const struct route_show *t, uint32_t net, const char *name)
{
	uint32_t best = rib_net(t->r, net)->best;
	unsigned n = 0, place = 0;

	for (uint32_t p = rib_net(t->r, net)->paths; p; p = rib_path(t->r, p)->next) {
		n++;
		if (p == best)
			place = n;
	}
	out_text(t->o,
		 "BGP routing table entry for %s\n"
		 "Paths: (%u available, best #%u, table default)\n",
		 name, n, place);
	advertised_text(t, net);
}

static void detail_show(const struct route_show *t, uint32_t net)
{
	char name[NLRI_STR_MAX];

	name_of(t, net, name);
	if (out_json(t->o)) {
		out_str(t->o, "prefix", name);
		route_advertised_json(t, net);
	} else {
		detail_head_text(t, net, name);
	}
	out_arr(t->o, "paths");
	for (uint32_t p = rib_net(t->r, net)->paths; p; p = rib_path(t->r, p)->next) {
		if (out_json(t->o))
			detail_json(t, net, p);
		else
			detail_text(t, net, p);
	}
	out_end(t->o);
}

static bool is_route(const struct rib *r, const struct nlri *n, uint32_t *net)
{
	*net = rib_find(r, n);
	return *net && rib_is_route(r, *net);
}

/* The route of just this prefix, or for an address the most specific one; 0: none. */
static uint32_t find_ip6(const struct rib *r, const struct cmd_args *args)
{
	static struct nlri n;
	const char *prefix = cmd_arg(args, "prefix");
	struct prefix p = { .bits = 128 };
	uint32_t net;

	if (prefix && !prefix_parse(prefix, &p))
		return !nlri_ip6_build(&p, &n) && is_route(r, &n, &net) ? net : 0;
	cmd_arg_ip(args, "ip", &p.ip);
	if (p.ip.len != 16)
		return 0;
	for (int bits = 128; bits >= 0; bits--) {
		p.bits = (uint8_t)bits;
		nlri_ip6_build(&p, &n);
		if (is_route(r, &n, &net))
			return net;
	}
	return 0;
}

static uint32_t find_ila(const struct rib *r, const struct cmd_args *args)
{
	static struct nlri n;
	struct ila64 id;
	uint32_t net;

	if (ila64_parse(cmd_arg(args, "identifier"), &id))
		return 0;
	nlri_ila_build(&id, &n);
	return is_route(r, &n, &net) ? net : 0;
}

static int show_one(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	const struct family *f = family_named(args);
	const struct route_show t = {
		.e = e, .f = f, .r = &e->routes.rib[f->index], .o = o, .detail = true
	};
	uint32_t net = f->index == FAM_ILA ? find_ila(t.r, args) : find_ip6(t.r, args);

	out_obj(o, NULL);
	if (net)
		detail_show(&t, net);
	else
		out_puts(o, "% Network not in table\n");
	out_end(o);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp ipv6 unicast [json]", "Every IPv6 route", show_table, 0 },
	{ CMD_EXEC, "show bgp ila unicast [json]", "Every ILA mapping as it was told",
	  show_table, 0 },
	{ CMD_EXEC, "show bgp ipv6 unicast (PREFIX|IP) [json]",
	  "One route in detail; of an address the most specific", show_one, 0 },
	{ CMD_EXEC, "show bgp ila unicast identifier WORD$identifier [json]",
	  "One mapping in detail", show_one, 0 },
	{ CMD_EXEC,
	  "show bgp (ila|ipv6) unicast neighbors IP (advertised-routes|routes) [json]",
	  "Routes told to a peer, or held from it", show_peer, 0 },
};

void show_unicast_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
