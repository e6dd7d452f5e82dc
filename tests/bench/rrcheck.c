/*
 * The contents of what a reflector sends: each route is decoded and must be the
 * model's in key, label, next hop and communities, with the sender as ORIGINATOR_ID
 * and the reflector alone in CLUSTER_LIST. Slow; not for runs that are timed.
 */
#include "tests/bench/rrcheck.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "tests/bench/gen.h"
#include "wire/nlri_evpn.h"
#include "wire/update.h"

void check_init(struct check *c, const struct gen *g, uint32_t cluster, bool lenient)
{
	*c = (struct check) { .g = g, .cluster = cluster, .lenient = lenient };
	c->holds = xcalloc(g->routes, 1);
}

void check_fini(struct check *c)
{
	free(c->holds);
	c->holds = NULL;
}

static void PRINTF_LIKE(2, 3) wrong(struct check *c, const char *how, ...)
{
	va_list ap;

	if (c->wrong++)
		return;
	va_start(ap, how);
	vsnprintf(c->first, sizeof(c->first), how, ap);
	va_end(ap);
}

/* Number of a route by its MAC; routes of others give g->routes. */
static uint32_t number_of(const struct gen *g, const struct nlri *n)
{
	struct evpn_route r;
	uint32_t i;

	if (evpn_view(n, &r) || r.type != EVPN_MACIP)
		return g->routes;
	i = model_of_mac(r.mac.b);
	return MIN_OF(i, g->routes);
}

static bool bytes_are(const struct bytes *b, const void *p, size_t len)
{
	return b->len == len && !memcmp(b->p, p, len);
}

/* The model's communities, and perhaps MAC mobility behind them. */
static bool communities_right(const struct gen *g, const struct attrs *a, uint32_t i)
{
	uint32_t seq;
	bool sticky;
	struct gen_communities ec = gen_communities(g, i, 0);
	size_t len = ec.n * sizeof(ec.c[0]);
	struct bytes head = { a->ext_communities.p,
			      MIN_OF(a->ext_communities.len, len) };

	return bytes_are(&head, ec.c[0].b, len) &&
	       (a->ext_communities.len == len || attrs_macmob(a, &seq, &sticky));
}

/* Name of the first attribute that is not the model's for route i; NULL: none. */
static const char *attrs_differ(const struct check *c, const struct attrs *a,
				uint32_t i)
{
	const uint64_t plain = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH |
			       1ull << ATTR_LOCAL_PREF | 1ull << ATTR_EXT_COMMUNITY,
		       reflected =
			       1ull << ATTR_ORIGINATOR_ID | 1ull << ATTR_CLUSTER_LIST,
		       ours = 1ull << ATTR_MP_REACH | 1ull << ATTR_MP_UNREACH,
		       zero_med = c->lenient && !a->med ? 1ull << ATTR_MED : 0;
	struct ip vtep = ip4_of(gen_vtep(c->g, i)), cluster = ip4_of(c->cluster);

	if (!ip_eq(&a->nexthop, &vtep))
		return "next hop";
	if ((a->present & ~(ours | zero_med)) != (plain | (c->cluster ? reflected : 0)))
		return "set of attributes";
	if (a->origin != ORIGIN_IGP || a->as_path.len || a->local_pref != 100)
		return "ORIGIN, AS_PATH or LOCAL_PREF";
	if (!communities_right(c->g, a, i))
		return "extended communities";
	if (c->cluster && a->originator_id != gen_vtep(c->g, i))
		return "ORIGINATOR_ID";
	if (c->cluster && !bytes_are(&a->cluster_list, cluster.b, 4))
		return "CLUSTER_LIST";
	return a->other.len ? "unknown attributes" : NULL;
}

static void announced(struct check *c, const struct update *u)
{
	uint32_t judged = UINT32_MAX; /* route whose attributes were looked at */
	struct rbuf r = u->reach.nlri;
	const char *what;
	struct nlri n, want;
	uint32_t seq;
	bool sticky, moved = attrs_macmob(&u->attrs, &seq, &sticky);

	while (rbuf_left(&r)) {
		if (nlri_next(&nlri_evpn_ops, &r, false, false, &n) != NLRI_OK) {
			wrong(c, "a route cannot be read");
			return;
		}

		uint32_t i = number_of(c->g, &n);

		if (i == c->g->routes) {
			wrong(c, "a route is not of the model");
			continue;
		}
		c->holds[i] = moved ? HOLDS_MOVED : HOLDS_MODEL;
		gen_route(c->g, i, &want);
		if (want.key_len != n.key_len || memcmp(want.key, n.key, n.key_len) ||
		    want.data_len != n.data_len ||
		    memcmp(want.data, n.data, n.data_len))
			wrong(c, "route %u: key or label differs", i);
		if (judged != UINT32_MAX && i / MODEL_RUN == judged / MODEL_RUN &&
		    gen_vtep(c->g, i) == gen_vtep(c->g, judged))
			continue;
		judged = i;
		what = attrs_differ(c, &u->attrs, i);
		if (what)
			wrong(c, "route %u: %s differs", i, what);
	}
}

static void withdrawn(struct check *c, const struct update *u)
{
	struct rbuf r = u->unreach.nlri;
	struct nlri n;

	while (rbuf_left(&r)) {
		uint32_t i = c->g->routes;

		if (nlri_next(&nlri_evpn_ops, &r, false, true, &n) == NLRI_OK)
			i = number_of(c->g, &n);
		if (i == c->g->routes)
			wrong(c, "a withdrawn route is not of the model");
		else
			c->holds[i] = HOLDS_NOT;
	}
}

void check_updates(struct check *c, const uint8_t *p, size_t len)
{
	static struct update_scratch scratch;
	static struct update u;
	struct update_ctx ctx = { .as4 = true };
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = (size_t)p[at + 16] << 8 | p[at + 17];
		if (update_decode(rbuf_of(p + at + MSG_HEADER_LEN, n - MSG_HEADER_LEN),
				  &ctx, &scratch, &u) != V_OK) {
			wrong(c, "UPDATE: %s", update_reason_name(u.reason));
			continue;
		}
		if (u.unreach.present)
			withdrawn(c, &u);
		if (u.reach.present)
			announced(c, &u);
	}
}

struct check_result check_against(const struct check *c,
				  bool (*want)(const void *ctx, uint32_t i),
				  const void *ctx)
{
	struct check_result out = { 0 };

	for (uint32_t i = 0; i < c->g->routes; i++) {
		bool should = want(ctx, i);

		out.missing += should && c->holds[i] != HOLDS_MODEL;
		out.extra += !should && c->holds[i] != HOLDS_NOT;
	}
	return out;
}
