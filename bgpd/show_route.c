/*
 * One route of the EVPN table as FRR prints it, text and JSON. Which routes, in which
 * order and when: show_table.c.
 */
#include "bgpd/show_route.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/nlri_evpn.h"

/* ---- one path -------------------------------------------------------------- */

static void route_fields_json(struct out *o, const struct evpn_route *v)
{
	char buf[ADDR_STR];

	out_uint(o, "routeType", v->type);
	out_uint(o, "ethTag", v->tag);
	if (v->type == EVPN_MACIP) {
		out_uint(o, "macLen", 48);
		out_str(o, "mac", mac_format(&v->mac, buf));
	}
	if (!ip_is_none(&v->ip)) {
		out_uint(o, "ipLen",
			 v->type == EVPN_PREFIX ? v->prefix_bits : v->ip.len * 8u);
		out_str(o, "ip", ip_format(&v->ip, buf));
	}
}

static void path_detail_json(const struct route_show *t, const struct path *p,
			     const struct attrs *a, const struct evpn_route *v)
{
	struct out *o = t->o;
	char addr[ADDR_STR];
	struct ip vtep;
	uint32_t label;

	if (v->type == EVPN_MACIP) {
		/* Both keys, both as text: that is how parsers know them. The label
		 * read as MPLS (top 20 bits) stands beside (old bagpipe). */
		out_strf(o, "VNI", "%u", v->label1);
		out_strf(o, "vni", "%u", v->label1);
		out_uint(o, "mplsLabel", label_from_mpls(v->label1));
		if (v->has_label2)
			out_strf(o, "l3Vni", "%u", v->label2);
		if (!esi_is_zero(&v->esi))
			out_str(o, "esi", esi_format(&v->esi, addr));
	}
	path_lineage_json(o, a);
	if (attrs_pmsi_ingress(a, &vtep, &label)) {
		out_obj(o, "pmsi");
		out_str(o, "tunnelType", "Ingress Replication");
		out_uint(o, "label", label);
		out_str(o, "endpoint", ip_format(&vtep, addr));
		out_end(o);
	}
	out_bool(o, "sourced", path_is_own(p));
	out_bool(o, "local", path_is_own(p));
	if (p->flags & PATH_LONG_LIVED)
		out_int(o, "llgrSecondsRemaining", path_stale_left_s(t, p));
	else if (p->flags & PATH_STALE)
		out_int(o, "gracefulRestartSecondsRemaining", path_stale_left_s(t, p));
}

static void path_json(const struct route_show *t, uint32_t net, uint32_t path)
{
	static struct nlri n;
	const struct path *p = rib_path(t->r, path);
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	struct out *o = t->o;
	struct evpn_route v;
	struct attrs a;
	char addr[ADDR_STR], text[1024];
	bool best = rib_net(t->r, net)->best == path;

	rib_nlri(t->r, net, path, &n);
	evpn_view(&n, &v);
	attrset_view(p->attrs, &a);
	out_obj(o, NULL);
	out_bool(o, "valid", true);
	if (best) {
		out_bool(o, "bestpath", true);
		out_str(o, "selectionReason",
			best_reason_text(rib_best_reason(t->r, net)));
	}
	out_str(o, "pathFrom", from && !from->ebgp ? "internal" : "external");
	route_fields_json(o, &v);
	if (attrs_has(&a, ATTR_MED))
		out_uint(o, "metric", a.med);
	if (attrs_has(&a, ATTR_LOCAL_PREF) && !path_is_own(p))
		out_uint(o, "locPrf", a.local_pref);
	out_uint(o, "weight", path_is_own(p) ? 32768 : 0);
	out_str(o, "peerId", from ? ip_format(&from->addr, addr) : "(unspec)");
	out_str(o, "path", as_path_format(&a.as_path, text, sizeof(text)));
	out_str(o, "origin", path_origin(a.origin));
	if (p->flags & PATH_STALE)
		out_bool(o, "stale", true);
	if (p->flags & PATH_LONG_LIVED)
		out_bool(o, "longLivedStale", true);
	path_ids_show(t, path);
	if (t->detail)
		path_detail_json(t, p, &a, &v);
	path_community_json(o, &a);
	path_extcom_json(o, &a);
	path_labels_show(t, path);
	path_nexthops_json(t, p);
	if (t->detail)
		path_peer_json(t, p);
	out_end(o);
}

static void path_text(const struct route_show *t, uint32_t path)
{
	const struct path *p = rib_path(t->r, path);
	struct attrs a;
	char addr[ADDR_STR], text[4096], pref[16] = "", med[16] = "";

	attrset_view(p->attrs, &a);
	if (attrs_has(&a, ATTR_LOCAL_PREF) && !path_is_own(p))
		snprintf(pref, sizeof(pref), "%u", a.local_pref);
	if (attrs_has(&a, ATTR_MED))
		snprintf(med, sizeof(med), "%u", a.med);
	out_text(t->o, "                    %-15s     %6s %6s %6u ",
		 ip_format(&a.nexthop, addr), med, pref, path_is_own(p) ? 32768 : 0);
	as_path_format(&a.as_path, text, sizeof(text));
	out_text(t->o, "%s%s%c\n", text, text[0] ? " " : "",
		 a.origin == ORIGIN_IGP   ? 'i'
		 : a.origin == ORIGIN_EGP ? 'e'
					  : '?');
	out_text(t->o, "                    %s\n",
		 extcoms_format(&a.ext_communities, text, sizeof(text)));
}

/* What `detail` adds to the text of a path. */
static void path_detail_text(const struct route_show *t, uint32_t net, uint32_t path)
{
	static struct nlri n;
	const struct path *p = rib_path(t->r, path);
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	struct evpn_route v;
	struct attrs a;
	char addr[ADDR_STR], text[1024];
	struct ip id, vtep;
	uint32_t label;

	rib_nlri(t->r, net, path, &n);
	evpn_view(&n, &v);
	attrset_view(p->attrs, &a);
	out_text(t->o, "      from %s%s\n",
		 from ? ip_format(&from->addr, addr) : "this host",
		 p->flags & PATH_STALE ? ", stale" : "");
	path_ids_show(t, path);
	path_labels_show(t, path);
	if (v.type == EVPN_MACIP || v.type == EVPN_PREFIX || v.type == EVPN_AD)
		out_text(t->o, "      VNI %u (as MPLS label: %u)\n", v.label1,
			 label_from_mpls(v.label1));
	if (v.has_label2)
		out_text(t->o, "      second VNI %u\n", v.label2);
	if (!esi_is_zero(&v.esi))
		out_text(t->o, "      ESI %s\n", esi_format(&v.esi, addr));
	if (attrs_has(&a, ATTR_ORIGINATOR_ID)) {
		id = ip4_of(a.originator_id);
		out_text(t->o, "      originator %s, cluster list of %zu\n",
			 ip_format(&id, addr), a.cluster_list.len / 4);
	}
	if (attrs_pmsi_ingress(&a, &vtep, &label))
		out_text(t->o, "      PMSI ingress replication to %s, label %u\n",
			 ip_format(&vtep, addr), label);
	if (a.communities.len)
		out_text(t->o, "      Community: %s\n",
			 communities_format(&a.communities, text, sizeof(text)));
	if (p->flags & PATH_STALE)
		out_text(t->o, "      Time until %s stale route deleted: %lld\n",
			 p->flags & PATH_LONG_LIVED ? "Long-lived" : "Graceful Restart",
			 (long long)path_stale_left_s(t, p));
}

/* ---- one route ------------------------------------------------------------- */

static void route_json(struct route_show *t, uint32_t net, const char *name)
{
	struct out *o = t->o;

	out_obj(o, name);
	out_str(o, "prefix", name);
	out_uint(o, "prefixLen", 352); /* FRR's constant for every EVPN route */
	if (t->detail)
		route_advertised_json(t, net);
	out_arr(o, "paths");
	for (uint32_t p = rib_net(t->r, net)->paths; p; p = rib_path(t->r, p)->next) {
		if (!path_is_shown(t, net, p))
			continue;
		t->n_paths++;
		if (!t->flat)
			out_arr(o, NULL);
		path_json(t, net, p);
		if (!t->flat)
			out_end(o);
	}
	out_end(o);
	out_end(o);
}

static void route_text(struct route_show *t, uint32_t net, const char *name)
{
	for (uint32_t p = rib_net(t->r, net)->paths; p; p = rib_path(t->r, p)->next) {
		const struct path *path = rib_path(t->r, p);

		if (!path_is_shown(t, net, p))
			continue;
		t->n_paths++;
		out_text(t->o, "%c%c%c%s\n", path_status(path),
			 rib_net(t->r, net)->best == p ? '>' : ' ',
			 path_is_internal(t, path) ? 'i' : ' ', name);
		path_text(t, p);
		if (t->detail)
			path_detail_text(t, net, p);
	}
}

void evpn_route_show(struct route_show *t, uint32_t net)
{
	static struct nlri n;
	char name[NLRI_STR_MAX];

	rib_nlri(t->r, net, 0, &n);
	t->r->ops->format(&n, name);
	if (out_json(t->o))
		route_json(t, net, name);
	else
		route_text(t, net, name);
}

void evpn_legend_show(const struct route_show *t)
{
	struct ip id = ip4_of(t->e->bgp.router_id);
	char buf[ADDR_STR];

	out_text(t->o,
		 "BGP table version is %llu, local router ID is %s\n"
		 "Status codes: * valid, > best, i internal, S stale, "
		 "L long-lived stale\n"
		 "Origin codes: i - IGP, e - EGP, ? - incomplete\n"
		 "EVPN type-1 prefix: [1]:[EthTag]:[ESI]:[IPlen]:[VTEP-IP]\n"
		 "EVPN type-2 prefix: [2]:[EthTag]:[MAClen]:[MAC]:[IPlen]:[IP]\n"
		 "EVPN type-3 prefix: [3]:[EthTag]:[IPlen]:[OrigIP]\n"
		 "EVPN type-4 prefix: [4]:[ESI]:[IPlen]:[OrigIP]\n"
		 "EVPN type-5 prefix: [5]:[EthTag]:[IPlen]:[IP]\n\n"
		 "   Network          Next Hop            Metric LocPrf Weight Path\n"
		 "                    Extended Community\n",
		 (unsigned long long)t->r->version, ip_format(&id, buf));
}
