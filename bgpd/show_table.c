/*
 * `show bgp l2vpn evpn [route ...]`: which routes, in the order of FRR. A table may
 * have millions, so they are looked for, sorted and written a part at a time
 * (rib/walk.h, vty_walk()), and the daemon serves its peers in between. What is shown
 * of each route is true when it is written.
 */
#include "bgpd/show_route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/walk.h"
#include "wire/nlri_evpn.h"

enum { LOOK = 2048 }; /* routes to look at in one turn */

struct filter {
	uint8_t type; /* 0: any */
	bool has_rd, has_mac, has_ip;
	struct rd rd;
	struct mac mac;
	struct ip ip;
	bool routes_of, told_to; /* this peer, ... */
	struct ip peer;
	const struct peer *p;  /* ... found anew in each turn */
	bool by_evi;           /* imported with one of these route targets */
	struct extcom *import; /* owned */
	unsigned n_import;
};

struct show {
	struct route_show t;
	struct filter f;
	struct rib_walk *walk;
	void (*head)(struct show *s), (*tail)(struct show *s);
	bool printing; /* all has been looked at */
	bool grouped;  /* an RD's object is open */
	bool rd_known;
	struct rd rd;
	unsigned n;    /* routes shown */
	uint32_t *vni; /* tables of these EVIs, one after the other; owned */
	unsigned n_vni, i_vni;
	bool all; /* each in an object of its own */
};

/* ---- which routes ------------------------------------------------------------ */

static bool is_imported(const struct filter *f, const struct attrset *set)
{
	struct attrs a;

	attrset_view(set, &a);
	for (unsigned k = 0; k < f->n_import; k++)
		if (attrs_has_extcom(&a, &f->import[k]))
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

static bool key_matches(const struct filter *f, const struct evpn_route *v)
{
	return (!f->type || v->type == f->type) &&
	       (!f->has_rd || !memcmp(&v->rd, &f->rd, sizeof(f->rd))) &&
	       (!f->has_mac || (v->type == EVPN_MACIP && mac_eq(&v->mac, &f->mac))) &&
	       (!f->has_ip || ip_eq(&v->ip, &f->ip));
}

static bool wanted(void *ctx, uint32_t id)
{
	static struct nlri n;
	const struct show *s = ctx;
	const struct filter *f = &s->f;
	const struct net *net = rib_net(s->t.r, id);
	struct evpn_route v;

	if (f->type || f->has_rd || f->has_mac || f->has_ip) {
		rib_nlri(s->t.r, id, 0, &n);
		if (evpn_view(&n, &v) || !key_matches(f, &v))
			return false;
	}
	if (f->routes_of && !has_path_from(s->t.r, net, peer_slot(f->p)))
		return false;
	if (f->told_to && !export_told(f->p, &families[FAM_EVPN], id))
		return false;
	return !f->by_evi ||
	       (net->best && is_imported(f, rib_path(s->t.r, net->best)->attrs));
}

/* ---- one part ---------------------------------------------------------------- */

static void group_close(struct show *s)
{
	if (s->grouped)
		out_end(s->t.o);
	s->grouped = false;
}

/* Routes come by RD; those of unknown types have none and come last. */
static void group_open(struct show *s, uint32_t net)
{
	const uint8_t *key = net_key(rib_net(s->t.r, net));
	bool known = evpn_type_known(key[0]);
	char text[ADDR_STR] = "unknown";
	struct rd rd = { 0 };

	if (known)
		memcpy(rd.b, key + 1, sizeof(rd.b));
	if (s->grouped && known == s->rd_known && !memcmp(&rd, &s->rd, sizeof(rd)))
		return;
	group_close(s);
	s->grouped = true;
	s->rd_known = known;
	s->rd = rd;
	if (known)
		rd_format(&rd, text);
	out_obj(s->t.o, text);
	out_str(s->t.o, "rd", text);
	out_text(s->t.o, "Route Distinguisher: %s\n", text);
}

/* Return: is there more? */
static bool print_part(struct show *s)
{
	size_t end = s->t.o->len + VTY_PART;

	while (s->t.o->len < end) {
		uint32_t net = rib_walk_next(s->walk);

		if (!net)
			return false;
		if (!s->f.by_evi)
			group_open(s, net);
		route_show(&s->t, net);
		s->n++;
	}
	return true;
}

/* The peer of `neighbors IP`, if it is still there. */
static bool bind_peer(struct show *s)
{
	if (!s->f.routes_of && !s->f.told_to)
		return true;
	s->f.p = peer_find(&s->t.e->bgp, &s->f.peer);
	s->t.from = s->f.routes_of ? s->f.p : NULL;
	s->t.to = s->f.told_to ? s->f.p : NULL;
	return s->f.p;
}

static bool vni_begin(struct show *s);

static bool show_part(void *arg, struct out *o)
{
	struct show *s = arg;
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
	group_close(s);
	s->tail(s);
	if (vni_begin(s))
		return true;
	out_end(o);
	return false;
}

/* ---- beginning and end ------------------------------------------------------- */

static struct show *show_new(const struct engine *e, struct out *o)
{
	struct show *s = xcalloc(1, sizeof(*s));

	s->t = (struct route_show) { .e = e, .r = &e->routes.rib[FAM_EVPN], .o = o };
	return s;
}

static void show_free(void *arg)
{
	struct show *s = arg;

	rib_walk_free(s->walk);
	free(s->f.import);
	free(s->vni);
	free(s);
}

static void walk_begin(struct show *s)
{
	rib_walk_free(s->walk);
	s->walk = rib_walk_new(s->t.r);
	s->printing = false;
	s->n = s->t.n_paths = 0;
}

static int show_begin(const struct cmd_args *args, struct show *s,
		      void (*head)(struct show *s), void (*tail)(struct show *s))
{
	out_obj(s->t.o, NULL);
	s->head = head;
	s->tail = tail;
	if (!s->walk)
		walk_begin(s);
	return vty_walk(args, s->t.o, show_part, show_free, s);
}

static void legend(struct show *s)
{
	if (rib_walk_found(s->walk))
		route_legend(&s->t);
}

static void numbers(struct show *s)
{
	const char *of_type = s->f.type ? "(of requested type) " : "";

	out_uint(s->t.o, "numPrefix", s->n);
	out_uint(s->t.o, "numPaths", s->t.n_paths);
	if (s->n)
		out_text(s->t.o, "\nDisplayed %u prefixes (%u paths)%s\n", s->n,
			 s->t.n_paths, s->f.type ? " (of requested type)" : "");
	else
		out_text(s->t.o, "No EVPN prefixes %sexist\n", of_type);
}

/* ---- show bgp l2vpn evpn ----------------------------------------------------- */

static void table_head(struct show *s)
{
	const struct bgp *b = &s->t.e->bgp;
	struct ip id = ip4_of(b->router_id);
	char buf[ADDR_STR];

	out_uint(s->t.o, "bgpTableVersion", s->t.r->version);
	out_str(s->t.o, "bgpLocalRouterId", ip_format(&id, buf));
	out_uint(s->t.o, "defaultLocPrf", 100);
	out_uint(s->t.o, "localAS", b->as);
	legend(s);
}

static void table_tail(struct show *s)
{
	/* FRR counts paths and calls them prefixes. */
	out_uint(s->t.o, "numPrefix", s->n);
	out_uint(s->t.o, "totalPrefix", s->t.n_paths);
	if (s->n)
		out_text(s->t.o, "\nDisplayed %u out of %u total prefixes\n", s->n,
			 s->t.n_paths);
	else
		out_puts(s->t.o, "No BGP prefixes displayed, 0 exist\n");
}

static int show_table(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct show *s = show_new(ctx, o);

	s->t.flat = true;
	return show_begin(args, s, table_head, table_tail);
}

/* ---- show bgp l2vpn evpn route ----------------------------------------------- */

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
	struct show *s = show_new(ctx, o);
	struct filter *f = &s->f;

	f->type = type_of(args);
	f->has_rd = cmd_arg_rd(args, "rd", &f->rd);
	f->has_mac = cmd_arg_mac(args, "mac", &f->mac);
	f->has_ip = cmd_arg_ip(args, "ip", &f->ip);
	s->t.detail = cmd_has(args, "detail") || f->has_mac;
	return show_begin(args, s, legend, numbers);
}

/* ---- show bgp l2vpn evpn route vni ------------------------------------------- */

static void vni_head(struct show *s)
{
	uint32_t vni = s->vni[s->i_vni - 1];
	char key[16];

	snprintf(key, sizeof(key), "%u", vni);
	if (s->all)
		out_obj(s->t.o, key);
	out_text(s->t.o, "\nVNI: %u\n\n", vni);
	legend(s);
}

static void vni_tail(struct show *s)
{
	numbers(s);
	if (s->all)
		out_end(s->t.o);
}

static void import_copy(void *arg, const struct tenants_evi_info *i)
{
	struct filter *f = arg;
	size_t size = i->n_import * sizeof(*f->import);

	f->import = xrealloc(f->import, MAX_OF(size, sizeof(*f->import)));
	memcpy(f->import, i->import, size);
	f->n_import = i->n_import;
	f->by_evi = true;
}

/* The table of the next EVI that still exists; Return: false: none is left. */
static bool vni_begin(struct show *s)
{
	s->f.by_evi = false;
	while (s->i_vni < s->n_vni && !s->f.by_evi)
		tenants_evi_foreach(s->t.e->tenants, s->vni[s->i_vni++], import_copy,
				    &s->f);
	if (!s->f.by_evi)
		return false;
	walk_begin(s);
	return true;
}

static void vni_add(void *arg, const struct tenants_evi_info *i)
{
	struct show *s = arg;

	s->vni = xrealloc(s->vni, (s->n_vni + 1) * sizeof(*s->vni));
	s->vni[s->n_vni++] = i->vni;
}

static int show_vni_route(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct show *s = show_new(e, o);
	uint32_t vni = cmd_arg_uint(args, "vni", 0);

	s->f.type = type_of(args);
	s->t.detail = cmd_has(args, "detail");
	s->t.best_only = true;
	s->all = !vni;
	tenants_evi_foreach(e->tenants, vni, vni_add, s);
	if (vni_begin(s))
		return show_begin(args, s, vni_head, vni_tail);
	out_obj(o, NULL);
	out_end(o);
	show_free(s);
	return CMD_OK;
}

/* ---- show bgp l2vpn evpn neighbors ... --------------------------------------- */

static int show_peer_routes(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	struct show *s;
	struct ip addr;

	cmd_arg_ip(args, "ip", &addr);
	if (!peer_find(&e->bgp, &addr)) {
		out_obj(o, NULL);
		out_bool(o, "bgpNoSuchNeighbor", true);
		out_puts(o, "% No such neighbor\n");
		out_end(o);
		return CMD_OK;
	}
	s = show_new(e, o);
	s->f.peer = addr;
	s->f.routes_of = cmd_has(args, "routes");
	s->f.told_to = !s->f.routes_of;
	return show_begin(args, s, legend, numbers);
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

void show_table_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
