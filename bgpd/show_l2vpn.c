/*
 * `show bgp l2vpn evpn [route ...]`: which routes, in the order of FRR. One route is
 * written by show_route.c.
 */
#include "bgpd/show_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/nlri_evpn.h"

struct filter {
	uint8_t type; /* 0: any */
	bool has_rd, has_mac, has_ip;
	struct rd rd;
	struct mac mac;
	struct ip ip;
	bool by_evi;           /* imported with one of these route targets */
	struct extcom *import; /* owned */
	unsigned n_import;
};

struct show {
	struct table_show s;
	struct filter f;
	bool grouped; /* an RD's object is open */
	bool rd_known;
	struct rd rd;
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

static bool key_matches(const struct filter *f, const struct evpn_route *v)
{
	return (!f->type || v->type == f->type) &&
	       (!f->has_rd || !memcmp(&v->rd, &f->rd, sizeof(f->rd))) &&
	       (!f->has_mac || (v->type == EVPN_MACIP && mac_eq(&v->mac, &f->mac))) &&
	       (!f->has_ip || ip_eq(&v->ip, &f->ip));
}

static struct show *show_of(struct table_show *s)
{
	return container_of(s, struct show, s);
}

static bool wanted(struct table_show *s, uint32_t id)
{
	static struct nlri n;
	const struct filter *f = &show_of(s)->f;
	const struct net *net = rib_net(s->t.r, id);
	struct evpn_route v;

	if (f->type || f->has_rd || f->has_mac || f->has_ip) {
		rib_nlri(s->t.r, id, 0, &n);
		if (evpn_view(&n, &v) || !key_matches(f, &v))
			return false;
	}
	return !f->by_evi ||
	       (net->best && is_imported(f, rib_path(s->t.r, net->best)->attrs));
}

/* ---- one route --------------------------------------------------------------- */

static void group_close(struct show *s)
{
	if (s->grouped)
		out_end(s->s.t.o);
	s->grouped = false;
}

/* Routes come by RD; those of unknown types have none and come last. */
static void group_open(struct show *s, uint32_t net)
{
	const uint8_t *key = net_key(rib_net(s->s.t.r, net));
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
	out_obj(s->s.t.o, text);
	out_str(s->s.t.o, "rd", text);
	out_text(s->s.t.o, "Route Distinguisher: %s\n", text);
}

static void show_route(struct table_show *s, uint32_t net)
{
	if (!show_of(s)->f.by_evi)
		group_open(show_of(s), net);
	evpn_route_show(&s->t, net);
}

/* ---- beginning and end ------------------------------------------------------- */

static void show_fini(struct table_show *s)
{
	free(show_of(s)->f.import);
	free(show_of(s)->vni);
}

static struct show *show_new(const struct engine *e, struct out *o)
{
	struct show *s = xcalloc(1, sizeof(*s));

	table_show_init(&s->s, e, &families[FAM_EVPN], o);
	s->s.wanted = wanted;
	s->s.route = show_route;
	s->s.fini = show_fini;
	return s;
}

static int show_begin(const struct cmd_args *args, struct show *s,
		      void (*head)(struct table_show *s),
		      void (*tail)(struct table_show *s))
{
	s->s.head = head;
	s->s.tail = tail;
	return table_show_run(args, &s->s);
}

static void legend(struct table_show *s)
{
	if (table_show_found(s))
		evpn_legend_show(&s->t);
}

static void numbers(struct table_show *s)
{
	const struct filter *f = &show_of(s)->f;
	const char *of_type = f->type ? "(of requested type) " : "";

	group_close(show_of(s));
	out_uint(s->t.o, "numPrefix", s->n);
	out_uint(s->t.o, "numPaths", s->t.n_paths);
	if (s->n)
		out_text(s->t.o, "\nDisplayed %u prefixes (%u paths)%s\n", s->n,
			 s->t.n_paths, f->type ? " (of requested type)" : "");
	else
		out_text(s->t.o, "No EVPN prefixes %sexist\n", of_type);
}

/* ---- show bgp l2vpn evpn ----------------------------------------------------- */

static void table_head(struct table_show *s)
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

static void table_tail(struct table_show *s)
{
	group_close(show_of(s));
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

	s->s.t.flat = true;
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

static int show_routes(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct show *s = show_new(ctx, o);
	struct filter *f = &s->f;

	f->type = type_of(args);
	f->has_rd = cmd_arg_rd(args, "rd", &f->rd);
	f->has_mac = cmd_arg_mac(args, "mac", &f->mac);
	f->has_ip = cmd_arg_ip(args, "ip", &f->ip);
	s->s.t.detail = cmd_has(args, "detail") || f->has_mac;
	return show_begin(args, s, legend, numbers);
}

/* ---- show bgp l2vpn evpn route vni ------------------------------------------- */

static void vni_head(struct table_show *s)
{
	const struct show *w = show_of(s);
	uint32_t vni = w->vni[w->i_vni - 1];
	char key[16];

	snprintf(key, sizeof(key), "%u", vni);
	if (w->all)
		out_obj(s->t.o, key);
	out_text(s->t.o, "\nVNI: %u\n\n", vni);
	legend(s);
}

static void vni_tail(struct table_show *s)
{
	numbers(s);
	if (show_of(s)->all)
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
static bool vni_begin(struct table_show *s)
{
	struct show *w = show_of(s);

	w->f.by_evi = false;
	while (w->i_vni < w->n_vni && !w->f.by_evi)
		tenants_evi_foreach(s->t.e->tenants, w->vni[w->i_vni++], import_copy,
				    &w->f);
	if (!w->f.by_evi)
		return false;
	table_show_again(s);
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
	s->s.t.detail = cmd_has(args, "detail");
	s->s.t.best_only = true;
	s->all = !vni;
	s->s.again = vni_begin;
	tenants_evi_foreach(e->tenants, vni, vni_add, s);
	if (vni_begin(&s->s))
		return show_begin(args, s, vni_head, vni_tail);
	out_obj(o, NULL);
	out_end(o);
	table_show_free(&s->s);
	return CMD_OK;
}

/* ---- show bgp l2vpn evpn neighbors ... --------------------------------------- */

static int show_peer_routes(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct show *s = show_new(ctx, o);

	if (!table_show_peer(&s->s, args))
		return CMD_OK;
	return show_begin(args, s, legend, numbers);
}

#define TYPES                                                                          \
	"[type (macip$rtype|2$rtype|multicast$rtype|3$rtype|ead$rtype|1$rtype|"        \
	"es$rtype|4$rtype|prefix$rtype|5$rtype)]"

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp l2vpn evpn [json]", "Every EVPN route", show_table, 0 },
	{ CMD_EXEC, "show bgp l2vpn evpn route [detail] " TYPES " [json]",
	  "EVPN routes, of one type", show_routes, 0 },
	{ CMD_EXEC, "show bgp l2vpn evpn route rd RD [mac MAC [ip IP]] [json]",
	  "EVPN routes of a route distinguisher", show_routes, 0 },
	{ CMD_EXEC, "show bgp l2vpn evpn route vni (all|VNI) [detail] " TYPES " [json]",
	  "EVPN routes that an EVI imports", show_vni_route, 0 },
	{ CMD_EXEC,
	  "show bgp l2vpn evpn neighbors IP (advertised-routes|routes) [json]",
	  "Routes told to a peer, or held from it", show_peer_routes, 0 },
};

void show_l2vpn_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
