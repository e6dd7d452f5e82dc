/*
 * `show bgp l2vpn evpn [route ...]`: the table as FRR prints it, text and JSON.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/nlri_evpn.h"

/* ---- which routes ---------------------------------------------------------- */

struct filter {
	uint8_t type; /* 0: any */
	bool has_rd, has_mac, has_ip;
	struct rd rd;
	struct mac mac;
	struct ip ip;
	const struct peer *from, *to;       /* routes of, told to, this peer */
	const struct tenants_evi_info *evi; /* imported by it */
};

struct row {
	struct rd rd;
	uint32_t net;
};

struct table {
	const struct engine *e;
	const struct rib *r;
	struct out *o;
	const struct filter *f;
	bool detail;
	bool flat; /* paths as one array, not an array of arrays */
	struct row *row;
	size_t n;
	unsigned n_paths;
};

static bool evi_imports(const struct tenants_evi_info *i, const struct attrset *set)
{
	struct attrs a;

	attrset_view(set, &a);
	for (unsigned k = 0; k < i->n_import; k++)
		if (attrs_has_extcom(&a, &i->import[k]))
			return true;
	return false;
}

static bool has_path_from(const struct rib *r, const struct net *n, uint32_t slot)
{
	for (uint32_t p = n->paths; p; p = rib_path(r, p)->next)
		if (rib_path(r, p)->peer == slot)
			return true;
	return false;
}

static bool matches(const struct table *t, uint32_t id, const struct evpn_route *v)
{
	const struct filter *f = t->f;
	const struct net *n = rib_net(t->r, id);

	if ((f->type && v->type != f->type) ||
	    (f->has_rd && memcmp(&v->rd, &f->rd, sizeof(f->rd))) ||
	    (f->has_mac && (v->type != EVPN_MACIP || !mac_eq(&v->mac, &f->mac))) ||
	    (f->has_ip && !ip_eq(&v->ip, &f->ip)))
		return false;
	if (f->from && !has_path_from(t->r, n, peer_slot(f->from)))
		return false;
	if (f->to && !export_told(f->to, &families[0], id))
		return false;
	return !f->evi ||
	       (n->best && evi_imports(f->evi, rib_path(t->r, n->best)->attrs));
}

/* qsort has no context argument that is portable: one table is shown at a time. */
static const struct rib *sort_rib;

static int row_cmp(const void *pa, const void *pb)
{
	static struct nlri na, nb;
	const struct row *a = pa, *b = pb;
	int cmp = memcmp(&a->rd, &b->rd, sizeof(a->rd));

	if (cmp)
		return cmp;
	rib_nlri(sort_rib, a->net, 0, &na);
	rib_nlri(sort_rib, b->net, 0, &nb);
	return sort_rib->ops->cmp(&na, &nb);
}

static void collect(struct table *t)
{
	static struct nlri n;
	size_t room = 0;

	for (uint32_t id = 1; id < t->r->nets.next; id++) {
		struct evpn_route v;

		if (!rib_is_route(t->r, id))
			continue;
		rib_nlri(t->r, id, 0, &n);
		if (evpn_view(&n, &v) || !matches(t, id, &v))
			continue;
		if (t->n == room) {
			room = room ? room * 2 : 256;
			t->row = xrealloc(t->row, room * sizeof(*t->row));
		}
		t->row[t->n++] = (struct row) { v.rd, id };
	}
	sort_rib = t->r;
	qsort(t->row, t->n, sizeof(*t->row), row_cmp);
}

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

static void nexthops_json(const struct table *t, const struct path *p)
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
static int64_t stale_left_s(const struct table *t, const struct path *p)
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

static void path_detail_json(const struct table *t, const struct path *p,
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

static void peer_json(const struct table *t, const struct path *p)
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

static void path_json(const struct table *t, uint32_t net, uint32_t path)
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
	if (p->rx_id)
		out_uint(o, "addpathRxId", p->rx_id);
	if (t->detail)
		path_detail_json(t, p, &a, &v);
	community_json(o, &a);
	extcom_json(o, &a);
	nexthops_json(t, p);
	if (t->detail)
		peer_json(t, p);
	out_end(o);
}

static void path_text(const struct table *t, uint32_t path)
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
static void path_detail_text(const struct table *t, uint32_t net, uint32_t path)
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
	if (p->rx_id)
		out_text(t->o, "      AddPath ID: RX %u\n", p->rx_id);
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

static bool path_shown(const struct table *t, uint32_t net, uint32_t path)
{
	if (t->f->from)
		return rib_path(t->r, path)->peer == peer_slot(t->f->from);
	if (t->f->to || t->f->evi)
		return rib_net(t->r, net)->best == path;
	return true;
}

static void advertised_json(const struct table *t, uint32_t net)
{
	const struct peer *p;
	char addr[ADDR_STR];

	out_obj(t->o, "advertisedTo");
	TAILQ_FOREACH (p, &t->e->bgp.peers, link) {
		if (!export_told(p, &families[0], net))
			continue;
		out_obj(t->o, ip_format(&p->addr, addr));
		if (p->rx_open.hostname[0])
			out_str(t->o, "hostname", p->rx_open.hostname);
		out_end(t->o);
	}
	out_end(t->o);
}

static void route_json(struct table *t, uint32_t net, const char *name)
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

static void route_text(struct table *t, uint32_t net, const char *name)
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

static void routes_print(struct table *t)
{
	static struct nlri n;
	char name[NLRI_STR_MAX], rd[ADDR_STR];

	for (size_t i = 0; i < t->n; i++) {
		bool first = !i || memcmp(&t->row[i].rd, &t->row[i - 1].rd,
					  sizeof(t->row[i].rd));

		if (first && !t->f->evi) {
			if (i)
				out_end(t->o);
			rd_format(&t->row[i].rd, rd);
			out_obj(t->o, rd);
			out_str(t->o, "rd", rd);
			out_text(t->o, "Route Distinguisher: %s\n", rd);
		}
		rib_nlri(t->r, t->row[i].net, 0, &n);
		t->r->ops->format(&n, name);
		if (out_json(t->o))
			route_json(t, t->row[i].net, name);
		else
			route_text(t, t->row[i].net, name);
	}
	if (t->n && !t->f->evi)
		out_end(t->o);
}

static void legend(const struct engine *e, struct out *o, const struct rib *r)
{
	struct ip id = ip4_of(e->bgp.router_id);
	char buf[ADDR_STR];

	out_text(o,
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
		 (unsigned long long)r->version, ip_format(&id, buf));
}

/* ---- commands -------------------------------------------------------------- */

static struct table table_of(const struct engine *e, struct out *o,
			     const struct filter *f)
{
	return (struct table) {
		.e = e, .r = &e->routes.rib[families[0].index], .o = o, .f = f
	};
}

static void numbers(struct table *t)
{
	out_uint(t->o, "numPrefix", t->n);
	out_uint(t->o, "numPaths", t->n_paths);
	if (t->n)
		out_text(t->o, "\nDisplayed %zu prefixes (%u paths)%s\n", t->n,
			 t->n_paths, t->f->type ? " (of requested type)" : "");
	else
		out_text(t->o, "No EVPN prefixes %sexist\n",
			 t->f->type ? "(of requested type) " : "");
}

static uint8_t type_of(const struct cmd_args *args)
{
	static const struct {
		const char *name;
		uint8_t type;
	} names[] = {
		{ "ead", 1 },       { "1", 1 }, { "macip", 2 }, { "2", 2 },
		{ "multicast", 3 }, { "3", 3 }, { "es", 4 },    { "4", 4 },
		{ "prefix", 5 },    { "5", 5 },
	};
	const char *want = cmd_arg(args, "rtype");

	for (size_t i = 0; want && i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, want))
			return names[i].type;
	return 0;
}

static int show_route(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct filter f = { .type = type_of(args) };
	struct table t = table_of(e, o, &f);

	f.has_rd = cmd_arg_rd(args, "rd", &f.rd);
	f.has_mac = cmd_arg_mac(args, "mac", &f.mac);
	f.has_ip = cmd_arg_ip(args, "ip", &f.ip);
	t.detail = cmd_has(args, "detail") || f.has_mac;
	collect(&t);
	out_obj(o, NULL);
	if (t.n)
		legend(e, o, t.r);
	routes_print(&t);
	numbers(&t);
	out_end(o);
	free(t.row);
	return CMD_OK;
}

static int show_table(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct filter f = { 0 };
	struct table t = table_of(e, o, &f);
	struct ip id = ip4_of(e->bgp.router_id);
	char buf[ADDR_STR];

	(void)args;
	t.flat = true;
	collect(&t);
	out_obj(o, NULL);
	out_uint(o, "bgpTableVersion", t.r->version);
	out_str(o, "bgpLocalRouterId", ip_format(&id, buf));
	out_uint(o, "defaultLocPrf", 100);
	out_uint(o, "localAS", e->bgp.as);
	if (t.n)
		legend(e, o, t.r);
	routes_print(&t);
	out_uint(o, "numPrefix", t.n);
	out_uint(o, "totalPrefix", t.n);
	out_end(o);
	if (t.n)
		out_text(o, "\nDisplayed %zu out of %zu total prefixes\n", t.n, t.n);
	else
		out_puts(o, "No BGP prefixes displayed, 0 exist\n");
	free(t.row);
	return CMD_OK;
}

struct vni_ctx {
	const struct engine *e;
	struct out *o;
	uint8_t type;
	bool detail, all;
};

static void show_one_vni(void *arg, const struct tenants_evi_info *i)
{
	struct vni_ctx *c = arg;
	struct filter f = { .type = c->type, .evi = i };
	struct table t = table_of(c->e, c->o, &f);
	char key[16];

	t.detail = c->detail;
	collect(&t);
	snprintf(key, sizeof(key), "%u", i->vni);
	if (c->all)
		out_obj(c->o, key);
	out_text(c->o, "\nVNI: %u\n\n", i->vni);
	if (t.n)
		legend(c->e, c->o, t.r);
	routes_print(&t);
	numbers(&t);
	if (c->all)
		out_end(c->o);
	free(t.row);
}

static int show_vni_route(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	uint32_t vni = cmd_arg_uint(args, "vni", 0);
	struct vni_ctx c = { e, o, type_of(args), cmd_has(args, "detail"), !vni };

	out_obj(o, NULL);
	tenants_evi_foreach(e->tenants, vni, show_one_vni, &c);
	out_end(o);
	return CMD_OK;
}

static int show_peer_routes(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct filter f = { 0 };
	struct table t = table_of(e, o, &f);
	struct ip addr;
	const struct peer *p;

	cmd_arg_ip(args, "ip", &addr);
	p = peer_find(&e->bgp, &addr);
	if (cmd_has(args, "routes"))
		f.from = p;
	else
		f.to = p;
	out_obj(o, NULL);
	if (p) {
		collect(&t);
		if (t.n)
			legend(e, o, t.r);
		routes_print(&t);
		numbers(&t);
	} else {
		out_bool(o, "bgpNoSuchNeighbor", true);
		out_puts(o, "% No such neighbor\n");
	}
	out_end(o);
	free(t.row);
	return CMD_OK;
}

#define TYPES                                                                          \
	"[type (macip$rtype|2$rtype|multicast$rtype|3$rtype|ead$rtype|1$rtype|"        \
	"es$rtype|4$rtype|prefix$rtype|5$rtype)]"

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp l2vpn evpn [json]", "Every EVPN route", show_table, 0 },
	{ CMD_EXEC, "show bgp l2vpn evpn route [detail] " TYPES " [json]",
	  "EVPN routes, of one type", show_route, 0 },
	{ CMD_EXEC, "show bgp l2vpn evpn route rd RD [mac MAC [ip IP]] [json]",
	  "EVPN routes of a route distinguisher", show_route, 0 },
	{ CMD_EXEC, "show bgp l2vpn evpn route vni (all|VNI) [detail] " TYPES " [json]",
	  "EVPN routes that an EVI imports", show_vni_route, 0 },
	{ CMD_EXEC,
	  "show bgp l2vpn evpn neighbors IP (advertised-routes|routes) [json]",
	  "Routes told to a peer, or held from it", show_peer_routes, 0 },
};

void show_route_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
