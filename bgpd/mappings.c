/*
 * Between the tables of both carriers, the mappings (rib/ila.h) and fib: changed routes
 * go to the mappings, their intents to fib, own identifiers back into the tables, and
 * what fib says of ILA and of addresses to the mappings. Decides nothing itself.
 */
#include "bgpd/engine_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"

enum {
	HOST_BITS = 128,
	TURN = 16384, /* routes to look at in one turn of the loop */
	AHEAD = 8,
};

static const unsigned family_of[ILA_CARRIERS] = {
	[ILA_DRAFT] = FAM_ILA,
	[ILA_IP6] = FAM_IP6,
};

static struct rib *rib_of(struct engine *e, enum ila_carrier c)
{
	return &e->routes.rib[family_of[c]];
}

/* ---- routes and addresses -------------------------------------------------- */

static void nlri_of(enum ila_carrier c, const struct ila_addr *addr, struct nlri *out)
{
	const struct prefix p = { ip_of(addr, sizeof(*addr)), HOST_BITS };

	if (c == ILA_DRAFT)
		nlri_ila_build(&addr->id, out);
	else
		nlri_ip6_build(&p, out);
}

/* Return: false for a prefix that is none of a host. */
static bool addr_of(enum ila_carrier c, const struct nlri *n, struct ila_addr *out)
{
	struct prefix p;

	memset(out, 0, sizeof(*out));
	if (c == ILA_DRAFT)
		return !nlri_ila_view(n, &out->id);
	if (nlri_ip6_view(n, &p) || p.bits != HOST_BITS)
		return false;
	memcpy(out, p.ip.b, sizeof(*out));
	return true;
}

/* ---- what the mappings say ------------------------------------------------- */

static void on_originate(void *ctx, enum ila_carrier c, const struct ila_addr *addr,
			 const struct attrs *a)
{
	static struct nlri n;
	struct engine *e = ctx;

	nlri_of(c, addr, &n);
	if (identity_fits(e, families[family_of[c]].ops, &n, a))
		routes_originate(&e->routes, &families[family_of[c]], &n, a);
	else
		routes_unoriginate(&e->routes, &families[family_of[c]], &n);
}

static void on_withdraw(void *ctx, enum ila_carrier c, const struct ila_addr *addr)
{
	static struct nlri n;
	struct engine *e = ctx;

	nlri_of(c, addr, &n);
	routes_unoriginate(&e->routes, &families[family_of[c]], &n);
}

static void on_paths(void *ctx, enum ila_carrier c, const struct ila_addr *addr,
		     struct ila_paths *to)
{
	static struct nlri n;
	const struct rib *r = rib_of(ctx, c);
	uint32_t net, p;

	nlri_of(c, addr, &n);
	net = rib_find(r, &n);
	for (p = net ? rib_net(r, net)->paths : 0; p; p = rib_path(r, p)->next) {
		const struct path_view v = rib_path_view(r, p);

		if (rib_path(r, p)->peer != RIB_OWN)
			ila_paths_add(to, &v);
	}
}

static void on_intent(void *ctx, uint16_t type, const void *body)
{
	struct engine *e = ctx;

	if (e->fibc)
		fibc_put(e->fibc, type, 0, body);
}

static void on_report(void *ctx, const struct ila_report *r)
{
	static struct log_limit limit[ILA_EVENTS]; /* none hides behind another */
	char buf[256];

	(void)ctx;
	if (log_ratelimited(&limit[r->event], 100))
		log_warn(LOG_ILA, "%s", ila_report_format(r, buf, sizeof(buf)));
}

static void on_reimport(void *ctx)
{
	struct engine *e = ctx;

	for (int c = 0; c < ILA_CARRIERS; c++)
		e->ila_reimport[c] = 1;
	export_kick(&e->routes);
}

static void on_sequence(void *ctx, const char *name, uint32_t seq)
{
	struct engine *e = ctx;

	tenants_endpoint_seq(e->tenants, name, seq);
}

static const struct ila_hooks hooks = {
	.originate = on_originate,
	.withdraw = on_withdraw,
	.paths = on_paths,
	.intent = on_intent,
	.report = on_report,
	.reimport = on_reimport,
	.sequence = on_sequence,
};

/* ---- routes to mappings ---------------------------------------------------- */

/* Routes to be looked at, some at a time, so that their misses of the cache overlap. */
struct few {
	enum ila_carrier c;
	unsigned n;
	struct ila_addr addr[AHEAD];
};

static void few_import(struct engine *e, struct few *f)
{
	for (unsigned i = 0; i < f->n; i++)
		ila_route(e->ila, f->c, &f->addr[i]);
	f->n = 0;
}

static void few_add(struct engine *e, struct few *f, uint32_t id)
{
	const struct rib *r = rib_of(e, f->c);
	struct ila_addr *addr = &f->addr[f->n];
	static struct nlri n;

	rib_nlri(r, id, 0, &n);
	if (!addr_of(f->c, &n, addr))
		return;
	rib_prefetch(r, &n);
	ila_ahead(e->ila, f->c, addr);
	if (++f->n == AHEAD)
		few_import(e, f);
}

static bool may_go_on(const struct engine *e, unsigned *turn)
{
	return *turn && fibc_has_room(e->fibc) && (*turn)--;
}

static void consume(struct engine *e, enum ila_carrier c, unsigned *turn)
{
	struct rib *r = rib_of(e, c);
	uint32_t *again = &e->ila_reimport[c], id;
	struct few few = { .c = c };

	while (!rib_cursor_at_end(r, &e->ila_cursor[c]) && may_go_on(e, turn)) {
		id = rib_cursor_next(r, &e->ila_cursor[c]);
		if (id)
			few_add(e, &few, id);
	}
	while (*again && *again < r->nets.next && may_go_on(e, turn)) {
		id = (*again)++;
		if (rib_is_route(r, id))
			few_add(e, &few, id);
	}
	few_import(e, &few);
	if (*again >= r->nets.next)
		*again = 0;
}

bool mappings_consume(struct engine *e)
{
	unsigned turn = TURN;

	for (int c = 0; e->has_ila_cursors && c < ILA_CARRIERS; c++)
		consume(e, (enum ila_carrier)c, &turn);
	return !turn && !mappings_idle(e);
}

bool mappings_idle(const struct engine *e)
{
	if (!e->has_ila_cursors)
		return true;
	for (int c = 0; c < ILA_CARRIERS; c++)
		if (e->ila_reimport[c] ||
		    !rib_cursor_at_end(&e->routes.rib[family_of[c]], &e->ila_cursor[c]))
			return false;
	return true;
}

/* ---- what fib says --------------------------------------------------------- */

static const char *plane_name(unsigned plane)
{
	static const char *const names[] = {
		[ILA_PLANE_NONE] = "none",
		[ILA_PLANE_AUTO] = "auto",
		[ILA_PLANE_KERNEL] = "kernel",
		[ILA_PLANE_EBPF] = "ebpf",
	};

	return plane < ARRAY_SIZE(names) ? names[plane] : "?";
}

const char *ila_plane_name(unsigned plane)
{
	return plane_name(plane);
}

static void log_state(void *arg, const struct ila_domain_info *d)
{
	const struct intent_ila_state *s = arg;
	char sir[ILA_STR];

	if (!ila64_eq(&s->sir, &d->sir))
		return;
	if (s->plane == ILA_PLANE_NONE && !s->err)
		return; /* not decided yet */
	ila64_format(&d->sir, sir);
	if (s->plane == ILA_PLANE_NONE)
		log_warn(LOG_ILA, "%s: nobody translates: %s (%.*s), domain=%s", sir,
			 strerror(-s->err), (int)sizeof(s->why), s->why, d->name);
	else
		log_info(LOG_ILA, "%s: data plane is %s%s%.*s, domain=%s", sir,
			 plane_name(s->plane), s->why[0] ? ": " : "",
			 (int)sizeof(s->why), s->why, d->name);
	if (s->plane == ILA_PLANE_KERNEL && d->csum == ILA_CSUM_ADJUST)
		log_warn(LOG_ILA,
			 "%s: csum-mode adj-transport with kernel ILA: only such "
			 "kernels understand each other, domain=%s",
			 sir, d->name);
	if (s->plane != ILA_PLANE_NONE && !s->forwarding)
		log_warn(
			LOG_ILA,
			"%s: net.ipv6.conf.all.forwarding is 0: nothing passes between "
			"endpoints and the underlay, domain=%s",
			sir, d->name);
}

void mappings_record(struct engine *e, const struct intent_hdr *h, const void *body)
{
	struct intent_ila_state s;

	switch (h->type) {
	case INTENT_ADDR:
		ila_addr_fact(e->ila, body, h->flags);
		break;
	case INTENT_DUMP_END:
		ila_dump_end(e->ila);
		break;
	case INTENT_ILA_STATE:
		memcpy(&s, body, sizeof(s));
		ila_state(e->ila, &s);
		ila_domain_foreach(e->ila, log_state, &s);
		break;
	case INTENT_ILA_COUNTERS:
		ila_counters(e->ila, body);
		break;
	default:
		break;
	}
}

/* ---- configuration --------------------------------------------------------- */

_Static_assert(sizeof(((struct cfg_ila *)0)->name) == ILA_NAME, "names of domains");
_Static_assert(sizeof(((struct cfg_tenant *)0)->domain) == ILA_NAME, "dto.");

static struct ila_domain_conf domain_of(const struct cfg_ila *d)
{
	struct ila_domain_conf c = {
		.draft = cfg_ila_unnamed(d),
		.sir = d->sir,
		.locator = d->locator,
		.csum = (uint8_t)d->csum,
		.plane = (uint8_t)d->plane,
		.locator_community = d->locator_community,
	};

	str_copy(c.name, sizeof(c.name), d->name);
	memcpy(c.underlay, d->underlay, sizeof(c.underlay));
	return c;
}

static size_t ids_of(const struct config *c, const char *domain, struct ila_static *out)
{
	const struct cfg_ila_id *i;
	size_t n = 0;

	TAILQ_FOREACH (i, &c->ila_ids, link) {
		if (strcmp(i->domain, domain) != 0)
			continue;
		out[n] = (struct ila_static) {
			.id = i->id,
			.anycast = i->anycast,
			.weight = i->weight,
			.local_pref = i->local_pref,
		};
		str_copy(out[n].ifname, sizeof(out[n].ifname), i->ifname);
		n++;
	}
	return n;
}

static struct ila_tenant_conf tenant_of(const struct cfg_tenant *t)
{
	struct ila_tenant_conf c = {
		.vnid = t->vnid,
		.fast = t->ebpf,
		.has_prefix = t->tenant_prefix.bits,
	};

	str_copy(c.name, sizeof(c.name), t->name);
	str_copy(c.domain, sizeof(c.domain), t->domain);
	memcpy(c.prefix, t->tenant_prefix.ip.b, sizeof(c.prefix));
	return c;
}

static size_t tenants_of(const struct config *c, struct ila_tenant_conf **out)
{
	const struct cfg_tenant *t;
	size_t n = 0;

	TAILQ_FOREACH (t, &c->tenants, link)
		n += t->ila;
	*out = xcalloc(n + 1, sizeof(**out));
	n = 0;
	TAILQ_FOREACH (t, &c->tenants, link)
		if (t->ila)
			(*out)[n++] = tenant_of(t);
	return n;
}

/* Every path of a route counts, not only the winner. A reflector without domains has no
 * consumer: nothing waits for it, nothing is kept. */
static void cursors_open(struct engine *e)
{
	bool on = ila_is_on(e->ila);

	for (int c = 0; c < ILA_CARRIERS; c++)
		rib_of(e, (enum ila_carrier)c)->every_path = on;
	if (e->has_ila_cursors || !on)
		return;
	e->has_ila_cursors = true;
	for (int c = 0; c < ILA_CARRIERS; c++) {
		rib_cursor_init(rib_of(e, (enum ila_carrier)c), &e->ila_cursor[c],
				RIB_NETS);
		e->routes.consume_at[family_of[c]] = &e->ila_cursor[c];
	}
	on_reimport(e);
}

static void endpoint_again(void *arg, const struct tenants_endpoint_info *i)
{
	struct engine *e = arg;

	ila_declare(e->ila, i->e, false);
}

void mappings_endpoints(struct engine *e)
{
	tenants_endpoint_foreach(e->tenants, endpoint_again, e);
}

int mappings_configure(struct engine *e, const struct config *c)
{
	struct ila_conf ic = { .as = c->has_bgp ? c->as : 0 };
	struct ila_domain_conf *domains;
	struct ila_tenant_conf *tenants;
	struct ila_static *ids;
	const struct cfg_ila_id *i;
	const struct cfg_ila *d;
	size_t n_ids = 1, room = 1, at = 0;
	int err;

	TAILQ_FOREACH (d, &c->ilas, link)
		room++;
	TAILQ_FOREACH (i, &c->ila_ids, link)
		n_ids++;
	domains = xcalloc(room, sizeof(*domains));
	ids = xcalloc(n_ids, sizeof(*ids));
	TAILQ_FOREACH (d, &c->ilas, link) {
		struct ila_domain_conf *dc = &domains[ic.n_domains];

		if (!d->has_sir)
			continue; /* only the number of the family */
		*dc = domain_of(d);
		dc->ids = ids + at;
		dc->n_ids = ids_of(c, d->name, ids + at);
		at += dc->n_ids;
		ic.n_domains++;
	}
	ic.domains = domains;
	ic.n_tenants = tenants_of(c, &tenants);
	ic.tenants = tenants;
	err = ila_configure(e->ila, &ic);
	free(domains);
	free(ids);
	free(tenants);
	if (err)
		return err;
	cursors_open(e);
	mappings_endpoints(e); /* tenants may be ours now that were not */
	return 0;
}

void mappings_init(struct engine *e)
{
	e->ila = ila_new(&hooks, e);
}

void mappings_fini(struct engine *e)
{
	for (int c = 0; e->has_ila_cursors && c < ILA_CARRIERS; c++) {
		e->routes.consume_at[family_of[c]] = NULL;
		rib_cursor_fini(rib_of(e, (enum ila_carrier)c), &e->ila_cursor[c]);
	}
	ila_free(e->ila);
}
