/*
 * Between the tables, the tenants and fib: winners go to the tenants, their
 * intents to fib, their own routes back into the table, and what fib sees of the
 * kernel to the tenants. Decides nothing itself.
 */
#include "bgpd/engine_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"

static const struct family *evpn_family(void)
{
	return &families[FAM_EVPN];
}

static struct rib *evpn_rib(struct engine *e)
{
	return &e->routes.rib[evpn_family()->index];
}

/* ---- what the tenants say -------------------------------------------------- */

static void on_originate(void *ctx, const struct nlri *n, const struct attrs *a)
{
	struct engine *e = ctx;

	if (identity_fits(e, evpn_family()->ops, n, a))
		routes_originate(&e->routes, evpn_family(), n, a);
	else
		routes_unoriginate(&e->routes, evpn_family(), n);
}

static void on_withdraw(void *ctx, const struct nlri *n)
{
	struct engine *e = ctx;

	routes_unoriginate(&e->routes, evpn_family(), n);
}

static void on_intent(void *ctx, uint16_t type, const void *body)
{
	struct engine *e = ctx;

	if (e->fibc)
		fibc_put(e->fibc, type, 0, body);
}

static void on_report(void *ctx, const struct tenants_report *r)
{
	static struct log_limit limit;
	char buf[256];

	(void)ctx;
	if (log_ratelimited(&limit, 100))
		log_warn(LOG_EVPN, "%s", tenants_report_format(r, buf, sizeof(buf)));
}

static void on_reimport(void *ctx)
{
	struct engine *e = ctx;

	e->reimport = 1;
	export_kick(&e->routes);
}

static void on_endpoints_changed(void *ctx)
{
	struct engine *e = ctx;

	ev_timer_set(&e->save_timer, 0); /* once, however many changed this turn */
}

static const struct tenants_hooks hooks = {
	.originate = on_originate,
	.withdraw = on_withdraw,
	.intent = on_intent,
	.report = on_report,
	.reimport = on_reimport,
	.endpoints_changed = on_endpoints_changed,
};

/* ---- winners to tenants ---------------------------------------------------- */

static void import_net(struct engine *e, struct rib *r, uint32_t id)
{
	static struct nlri n;
	const struct net *net = rib_net(r, id);
	struct attrs a;

	rib_nlri(r, id, net->best, &n);
	if (!net->best || rib_path(r, net->best)->peer == RIB_OWN) {
		tenants_route(e->tenants, &n, NULL, false);
		return;
	}
	attrset_view(rib_path(r, net->best)->attrs, &a);
	tenants_route(e->tenants, &n, &a, rib_path_trusted(r, net->best));
}

static void reimport_some(struct engine *e, struct rib *r)
{
	while (e->reimport && e->reimport < r->nets.next) {
		if (!fibc_has_room(e->fibc))
			return;
		uint32_t id = e->reimport++;

		if (rib_is_route(r, id))
			import_net(e, r, id);
	}
	e->reimport = 0;
}

bool evpn_idle(const struct engine *e)
{
	const struct rib *r = &e->routes.rib[evpn_family()->index];

	return !e->reimport && (!e->has_cursor || rib_cursor_at_end(r, &e->cursor));
}

void evpn_consume(struct engine *e)
{
	struct rib *r = evpn_rib(e);
	uint32_t id;

	if (!e->has_cursor)
		return;
	while (fibc_has_room(e->fibc) && (id = rib_cursor_next(r, &e->cursor)))
		import_net(e, r, id);
	reimport_some(e, r);
}

/* ---- what fib says --------------------------------------------------------- */

static bool is_ila(const struct intent_result *r)
{
	return r->table == TABLE_ILA_DOMAIN || r->table == TABLE_ILA_MAP ||
	       r->table == TABLE_ILA_LOCAL;
}

static void log_ila_result(struct engine *e, const struct intent_result *r)
{
	static struct log_limit limit;
	char ip[ADDR_STR];

	ip_format(&r->ip, ip);
	e->fib.results_failed += r->err != 0;
	if (!r->err)
		log_info(LOG_FIB, "ila %s: kernel took it after all", ip);
	else if (log_ratelimited(&limit, 30))
		log_warn(LOG_FIB, "ila %s refused: %s (%.*s)", ip, strerror(-r->err),
			 (int)sizeof(r->why), r->why);
}

static void log_result(struct engine *e, const struct intent_result *r)
{
	static struct log_limit limit;
	char mac[ADDR_STR], ip[ADDR_STR];

	if (is_ila(r)) {
		log_ila_result(e, r);
		return;
	}
	if (!r->err) {
		log_info(LOG_FIB, "vni %u: %s %s: kernel took it after all", r->vni,
			 mac_format(&r->mac, mac), ip_format(&r->ip, ip));
		return;
	}
	e->fib.results_failed++;
	if (log_ratelimited(&limit, 30))
		log_warn(LOG_FIB, "vni %u: %s %s refused: %s (%.*s)", r->vni,
			 mac_format(&r->mac, mac), ip_format(&r->ip, ip),
			 strerror(-r->err), (int)sizeof(r->why), r->why);
}

void evpn_record(struct engine *e, const struct intent_hdr *h, const void *body)
{
	switch (h->type) {
	case INTENT_LINK:
		tenants_link(e->tenants, body, h->flags);
		break;
	case INTENT_FDB:
		tenants_fdb(e->tenants, body, h->flags);
		break;
	case INTENT_LNEIGH:
		tenants_neigh(e->tenants, body, h->flags);
		break;
	case INTENT_ADDR:
		tenants_addr(e->tenants, body, h->flags);
		break;
	case INTENT_DUMP_END:
		e->fib.picture = true;
		bgp_local_complete(&e->bgp);
		tenants_dump_end(e->tenants);
		break;
	case INTENT_RESULT:
		log_result(e, body);
		break;
	case INTENT_COUNTERS:
		memcpy(&e->fib.c, body, sizeof(e->fib.c)); /* aligned to 4 only */
		break;
	default:
		break;
	}
}

/* ---- configuration --------------------------------------------------------- */

static struct tenants_evi_conf *evi_get(struct tenants_evi_conf *v, size_t *n,
					uint32_t vni)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i].vni == vni)
			return &v[i];
	v[*n].vni = vni;
	return &v[(*n)++];
}

static void evi_from_tenant(struct tenants_evi_conf *v, const struct cfg_tenant *t)
{
	str_copy(v->tenant, sizeof(v->tenant), t->name);
	str_copy(v->bridge, sizeof(v->bridge), t->bridge);
	str_copy(v->underlay, sizeof(v->underlay), t->underlay);
	v->port = t->port;
	v->gbp = t->gbp;
	v->ebpf = t->ebpf;
	v->mpls_shifted = t->encoding == VNI_MPLS_SHIFTED;
	v->vtep = t->vtep;
}

static void evi_from_vni(struct tenants_evi_conf *v, const struct cfg_vni *c)
{
	v->has_rd = c->has_rd;
	v->rd = c->rd;
	v->n_import = MIN_OF(c->n_import, TENANT_RTS);
	v->n_export = MIN_OF(c->n_export, TENANT_RTS);
	memcpy(v->import, c->import, v->n_import * sizeof(v->import[0]));
	memcpy(v->export, c->export, v->n_export * sizeof(v->export[0]));
}

_Static_assert((int)CFG_RTS == (int)TENANT_RTS, "route targets of one EVI");

int evpn_configure(struct engine *e, const struct config *c)
{
	struct tenants_conf tc = {
		.router_id = e->bgp.router_id,
		.as = c->has_bgp ? c->as : 0,
		.advertise_all_vni = c->advertise_all_vni,
		.autort_rfc8365 = c->autort_rfc8365,
		.dad_off = c->dad_off,
		.dad_moves = c->dad_moves,
		.dad_time_s = c->dad_time_s,
		.dad_freeze_s = c->dad_freeze_s,
	};
	const struct cfg_tenant *t;
	const struct cfg_vni *v;
	struct tenants_evi_conf *evis;
	size_t n = 0, room = 1;
	int err;

	TAILQ_FOREACH (t, &c->tenants, link)
		room++;
	TAILQ_FOREACH (v, &c->vnis, link)
		room++;
	evis = xcalloc(room, sizeof(*evis));
	TAILQ_FOREACH (t, &c->tenants, link)
		if (t->vni)
			evi_from_tenant(evi_get(evis, &n, t->vni), t);
	TAILQ_FOREACH (v, &c->vnis, link)
		evi_from_vni(evi_get(evis, &n, v->vni), v);
	tc.evis = evis;
	tc.n_evis = n;
	err = tenants_configure(e->tenants, &tc);
	free(evis);
	/* A pure reflector has no consumer: nothing waits for it, nothing is kept. */
	if (!e->has_cursor && (n || c->advertise_all_vni)) {
		rib_cursor_init(evpn_rib(e), &e->cursor, RIB_NETS);
		e->has_cursor = true;
		e->routes.consume_at[FAM_EVPN] = &e->cursor;
		on_reimport(e);
	}
	return err;
}

void evpn_init(struct engine *e)
{
	e->tenants = tenants_new(&hooks, e);
}

void evpn_fini(struct engine *e)
{
	e->routes.consume_at[FAM_EVPN] = NULL;
	if (e->has_cursor)
		rib_cursor_fini(evpn_rib(e), &e->cursor);
	tenants_free(e->tenants);
}
