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

static const char *origin_name(uint8_t origin)
{
	static const char *const names[] = { "IGP", "EGP", "incomplete" };

	return origin < ARRAY_SIZE(names) ? names[origin] : "?";
}

static bool is_own(const struct path *p)
{
	return p->peer == RIB_OWN;
}

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

static void nexthops_json(const struct route_show *t, const struct path *p)
{
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	const struct ip *nh = &p->attrs->nexthop;
	const char *host = from ? from->rx_open.hostname : t->e->cfg->hostname;
	char buf[ADDR_STR];

	out_arr(t->o, "nexthops");
	out_obj(t->o, NULL);
	out_str(t->o, "ip", ip_format(nh, buf));
	if (host[0])
		out_str(t->o, "hostname", host);
	out_str(t->o, "afi", nh->len == 16 ? "ipv6" : "ipv4");
	if (t->detail) {
		out_uint(t->o, "metric", 0);
		out_bool(t->o, "accessible", true);
	}
	out_bool(t->o, "used", true);
	out_end(t->o);
	out_end(t->o);
}

static void extcom_json(struct out *o, const struct attrs *a)
{
	char text[4096];

	if (!a->ext_communities.len)
		return;
	out_obj(o, "extendedCommunity");
	out_str(o, "string", extcoms_format(&a->ext_communities, text, sizeof(text)));
	out_end(o);
}

static void community_json(struct out *o, const struct attrs *a)
{
	char text[1024];

	if (!a->communities.len)
		return;
	out_obj(o, "community");
	out_str(o, "string", communities_format(&a->communities, text, sizeof(text)));
	out_end(o);
}

/* Until a path that is stale is dropped, as far as a timer says so. */
static int64_t stale_left_s(const struct route_show *t, const struct path *p)
{
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	const struct stale *s = from ? &from->stale[t->r - t->e->routes.rib] : NULL;
	int64_t ms = 0;

	if (s && p->flags & PATH_LONG_LIVED)
		ms = s->until_ms - clock_ms();
	else if (s)
		ms = ev_timer_left_ms(&from->gr_timer);
	return ms > 0 ? (ms + 999) / 1000 : 0;
}

static void path_detail_json(const struct route_show *t, const struct path *p,
			     const struct attrs *a, const struct evpn_route *v)
{
	struct out *o = t->o;
	char buf[1024], addr[ADDR_STR];
	struct ip id, vtep;
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
	out_obj(o, "aspath");
	out_str(o, "string",
		a->as_path.len ? as_path_format(&a->as_path, buf, sizeof(buf))
			       : "Local");
	out_arr(o, "segments");
	out_end(o);
	out_uint(o, "length", attrs_as_path_len(a));
	out_end(o);
	if (attrs_has(a, ATTR_ORIGINATOR_ID)) {
		id = ip4_of(a->originator_id);
		out_str(o, "originatorId", ip_format(&id, addr));
	}
	if (a->cluster_list.len) {
		out_obj(o, "clusterList");
		out_arr(o, "list");
		for (size_t i = 0; i + 4 <= a->cluster_list.len; i += 4) {
			id = ip_of(a->cluster_list.p + i, 4);
			out_str(o, NULL, ip_format(&id, addr));
		}
		out_end(o);
		out_end(o);
	}
	if (attrs_pmsi_ingress(a, &vtep, &label)) {
		out_obj(o, "pmsi");
		out_str(o, "tunnelType", "Ingress Replication");
		out_uint(o, "label", label);
		out_str(o, "endpoint", ip_format(&vtep, addr));
		out_end(o);
	}
	out_bool(o, "sourced", is_own(p));
	out_bool(o, "local", is_own(p));
	if (p->flags & PATH_LONG_LIVED)
		out_int(o, "llgrSecondsRemaining", stale_left_s(t, p));
	else if (p->flags & PATH_STALE)
		out_int(o, "gracefulRestartSecondsRemaining", stale_left_s(t, p));
}

static void peer_json(const struct route_show *t, const struct path *p)
{
	const struct peer *from = routes_peer(&t->e->routes, t->r, p->peer);
	struct ip id = ip4_of(from ? from->remote_id : t->e->bgp.router_id);
	char addr[ADDR_STR];

	out_obj(t->o, "peer");
	out_str(t->o, "peerId", from ? ip_format(&from->addr, addr) : "0.0.0.0");
	out_str(t->o, "routerId", ip_format(&id, addr));
	if (from && from->rx_open.hostname[0])
		out_str(t->o, "hostname", from->rx_open.hostname);
	out_str(t->o, "type", from && !from->ebgp ? "internal" : "external");
	out_end(t->o);
}

/* Path ids (RFC 7911): as the peer has it, as we tell it. Keys and words of FRR. */
static void path_ids(const struct route_show *t, uint32_t path)
{
	uint32_t rx = rib_path(t->r, path)->rx_id, tx = rib_path_tx_id(t->r, path);

	if (!rx && !tx)
		return;
	out_uint(t->o, "addpathRxId", rx);
	out_text(t->o, "      AddPath ID: RX %u", rx);
	if (tx) {
		out_uint(t->o, "addpathTxIdAll", tx);
		out_text(t->o, ", TX-All %u", tx);
	}
	out_text(t->o, "\n");
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
	if (attrs_has(&a, ATTR_LOCAL_PREF) && !is_own(p))
		out_uint(o, "locPrf", a.local_pref);
	out_uint(o, "weight", is_own(p) ? 32768 : 0);
	out_str(o, "peerId", from ? ip_format(&from->addr, addr) : "(unspec)");
	out_str(o, "path", as_path_format(&a.as_path, text, sizeof(text)));
	out_str(o, "origin", origin_name(a.origin));
	if (p->flags & PATH_STALE)
		out_bool(o, "stale", true);
	if (p->flags & PATH_LONG_LIVED)
		out_bool(o, "longLivedStale", true);
	path_ids(t, path);
	if (t->detail)
		path_detail_json(t, p, &a, &v);
	community_json(o, &a);
	extcom_json(o, &a);
	nexthops_json(t, p);
	if (t->detail)
		peer_json(t, p);
	out_end(o);
}

static void path_text(const struct route_show *t, uint32_t path)
{
	const struct path *p = rib_path(t->r, path);
	struct attrs a;
	char addr[ADDR_STR], text[4096], pref[16] = "", med[16] = "";

	attrset_view(p->attrs, &a);
	if (attrs_has(&a, ATTR_LOCAL_PREF) && !is_own(p))
		snprintf(pref, sizeof(pref), "%u", a.local_pref);
	if (attrs_has(&a, ATTR_MED))
		snprintf(med, sizeof(med), "%u", a.med);
	out_text(t->o, "                    %-15s     %6s %6s %6u ",
		 ip_format(&a.nexthop, addr), med, pref, is_own(p) ? 32768 : 0);
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
	path_ids(t, path);
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
			 (long long)stale_left_s(t, p));
}

/* As in FRR; L is ours. */
static char status_char(const struct path *p)
{
	if (p->flags & PATH_LONG_LIVED)
		return 'L';
	return p->flags & PATH_STALE ? 'S' : '*';
}

/* ---- one route ------------------------------------------------------------- */

static bool path_shown(const struct route_show *t, uint32_t net, uint32_t path)
{
	if (t->from)
		return rib_path(t->r, path)->peer == peer_slot(t->from);
	if (t->to)
		return export_told_path(t->to, &families[FAM_EVPN], path);
	return !t->best_only || rib_net(t->r, net)->best == path;
}

static void advertised_json(const struct route_show *t, uint32_t net)
{
	const struct peer *p;
	char addr[ADDR_STR];

	out_obj(t->o, "advertisedTo");
	TAILQ_FOREACH (p, &t->e->bgp.peers, link) {
		if (!export_told(p, &families[FAM_EVPN], net))
			continue;
		out_obj(t->o, ip_format(&p->addr, addr));
		if (p->rx_open.hostname[0])
			out_str(t->o, "hostname", p->rx_open.hostname);
		out_end(t->o);
	}
	out_end(t->o);
}

static void route_json(struct route_show *t, uint32_t net, const char *name)
{
	struct out *o = t->o;

	out_obj(o, name);
	out_str(o, "prefix", name);
	out_uint(o, "prefixLen", 352); /* FRR's constant for every EVPN route */
	if (t->detail)
		advertised_json(t, net);
	out_arr(o, "paths");
	for (uint32_t p = rib_net(t->r, net)->paths; p; p = rib_path(t->r, p)->next) {
		if (!path_shown(t, net, p))
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

		if (!path_shown(t, net, p))
			continue;
		t->n_paths++;
		out_text(t->o, "%c%c%c%s\n", status_char(path),
			 rib_net(t->r, net)->best == p ? '>' : ' ',
			 is_own(path) || t->r->peer[path->peer].src.ebgp ? ' ' : 'i',
			 name);
		path_text(t, p);
		if (t->detail)
			path_detail_text(t, net, p);
	}
}

void route_show(struct route_show *t, uint32_t net)
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

void route_legend(const struct route_show *t)
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
