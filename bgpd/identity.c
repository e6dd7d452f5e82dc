/*
 * Between configuration, labels and policy: who is behind which address is told to
 * rib/enforce.c, which brings it to fib when verdicts are there. Decides nothing
 * itself; which labels and numbers count is rib/identity.c's business.
 */
#include "bgpd/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/config_edit.h"
#include "lib/log.h"
#include "lib/out.h"
#include "lib/util.h"
#include "rib/enforce.h"

/* ---- what the identities say ----------------------------------------------- */

static void on_labelset_used(void *ctx, uint32_t identity, struct bytes labels)
{
	const struct engine *e = ctx;

	enforce_labelset_used(e->policy.enforce, identity, labels);
}

static void on_labelset_unused(void *ctx, uint32_t identity)
{
	const struct engine *e = ctx;

	enforce_labelset_unused(e->policy.enforce, identity);
}

static void on_address_set(void *ctx, const struct identity_addr *a)
{
	const struct engine *e = ctx;

	enforce_address_set(e->policy.enforce, a);
}

static void on_address_unset(void *ctx, const struct identity_addr *a)
{
	const struct engine *e = ctx;

	enforce_address_unset(e->policy.enforce, a);
}

static void on_unknown(void *ctx, const struct identity_addr *a, enum identity_set why)
{
	static struct log_limit limit[IDSET_FIRST]; /* none hides behind another */
	char ip[ADDR_STR];

	(void)ctx;
	if (log_ratelimited(&limit[why], 100))
		log_warn(LOG_POLICY, "vni %u: %s is nobody: %s", a->vni,
			 ip_format(&a->ip, ip), identity_reason_text(why));
}

static const struct identity_hooks hooks = {
	.labelset_used = on_labelset_used,
	.labelset_unused = on_labelset_unused,
	.address_set = on_address_set,
	.address_unset = on_address_unset,
	.unknown = on_unknown,
};

/* ---- configuration --------------------------------------------------------- */

_Static_assert((int)IDENTITY_IFNAME == (int)INTENT_IFNAME, "names of devices");

static void all_again(struct engine *e)
{
	e->reimport = e->has_cursor;
	for (int c = 0; c < ILA_CARRIERS; c++)
		e->ila_reimport[c] = e->has_ila_cursors;
	export_kick(&e->routes);
}

static void listen_to(struct engine *e, struct identities *ids)
{
	tenants_identify(e->tenants, ids);
	ila_identify(e->ila, ids);
}

static void stop(struct engine *e)
{
	if (!e->ids)
		return;
	listen_to(e, NULL);
	identities_clear(e->ids);
	identities_free(e->ids);
	e->ids = NULL;
}

static bool same_domain(const struct identity_domain *a,
			const struct identity_domain *b)
{
	return a->domain == b->domain && a->code == b->code && a->as == b->as &&
	       a->large == b->large;
}

/* The networks of a line: of its tenant, or all that are configured. Return: how many.
 */
static size_t scopes_of(const struct config *c, const char *tenant, uint32_t *out)
{
	const struct cfg_tenant *t;
	bool ila = false;
	size_t n = 0;

	TAILQ_FOREACH (t, &c->tenants, link) {
		if (tenant[0] && strcmp(t->name, tenant) != 0)
			continue;
		if (t->vni && !t->ila)
			out[n++] = t->vni;
		ila |= t->ila;
	}
	if (ila)
		out[n++] = 0;
	return n;
}

/* The static map, with networks in one array. */
struct maps {
	struct identity_map *v;
	size_t n;
	uint32_t *scopes;
};

static void map_add(struct maps *to, const struct config *c, const struct cfg_map *m,
		    uint32_t **scope)
{
	struct identity_map *at = &to->v[to->n++];

	at->prefix = m->prefix;
	at->labels = m->labels;
	at->scope = *scope;
	at->n_scopes = scopes_of(c, m->tenant, *scope);
	*scope += at->n_scopes;
}

static void maps_of(const struct config *c, struct maps *out)
{
	const struct cfg_tenant *t;
	const struct cfg_map *m;
	size_t n = 0, tenants = 1;
	uint32_t *scope;

	TAILQ_FOREACH (m, &c->maps, link)
		n++;
	TAILQ_FOREACH (t, &c->tenants, link)
		tenants++;
	*out = (struct maps) { .v = xcalloc(n + 1, sizeof(*out->v)),
			       .scopes = xcalloc(n + 1, tenants * sizeof(uint32_t)) };
	scope = out->scopes;
	/* Who names a tenant knows better than who does not: the last one counts. */
	TAILQ_FOREACH (m, &c->maps, link)
		if (!m->tenant[0])
			map_add(out, c, m, &scope);
	TAILQ_FOREACH (m, &c->maps, link)
		if (m->tenant[0])
			map_add(out, c, m, &scope);
}

static size_t assigns_of(const struct config *c, struct labels_assign **out)
{
	const struct cfg_assign *a;
	size_t n = 0;

	TAILQ_FOREACH (a, &c->assigns, link)
		n++;
	*out = xcalloc(n + 1, sizeof(**out));
	n = 0;
	TAILQ_FOREACH (a, &c->assigns, link)
		(*out)[n++] = (struct labels_assign) { a->number, a->labels };
	return n;
}

static void configure(struct identities *ids, const struct config *c)
{
	const char *keys[IDENTITY_KEYS];
	struct identity_conf ic = { .keys = keys };
	struct labels_assign *assigns;
	const struct cfg_label_key *k;
	struct maps maps;

	TAILQ_FOREACH (k, &c->label_keys, link)
		keys[ic.n_keys++] = k->key;
	ic.n_assign = assigns_of(c, &assigns);
	maps_of(c, &maps);
	ic.assign = assigns;
	ic.maps = maps.v;
	ic.n_maps = maps.n;
	identities_configure(ids, &ic);
	free(assigns);
	free(maps.v);
	free(maps.scopes);
}

static bool same_stanza(const struct config *a, const struct config *b)
{
	struct out x, y;
	bool same;

	out_init(&x, false);
	out_init(&y, false);
	config_identity_print(a, &x);
	config_identity_print(b, &y);
	same = x.len == y.len && !memcmp(x.buf, y.buf, x.len);
	out_fini(&x);
	out_fini(&y);
	return same;
}

/* What runs at endpoints must know whose address is where, labels or not. */
static bool has_programs(const struct config *c)
{
	const struct cfg_tenant *t;

	TAILQ_FOREACH (t, &c->tenants, link)
		if (t->ebpf)
			return true;
	return false;
}

void identity_configure(struct engine *e, const struct config *c)
{
	const struct identity_domain d = {
		.domain = c->identity.domain,
		.code = c->identity.code,
		.as = c->has_bgp ? c->as : 0,
		.large = c->identity.large,
	};
	bool on = config_identity_used(c) || has_programs(c), fresh;

	if (e->ids && (!on || !same_domain(&d, identities_domain(e->ids))))
		stop(e);
	if (!on)
		return;
	fresh = !e->ids;
	if (fresh)
		e->ids = identities_new(&d, &hooks, e);
	configure(e->ids, c);
	if (!fresh && e->cfg && same_stanza(e->cfg, c))
		return;
	if (fresh) {
		listen_to(e, e->ids);
	} else {
		tenants_relabel(e->tenants);
		ila_relabel(e->ila);
	}
	all_again(e);
}

void identity_fini(struct engine *e)
{
	identities_free(e->ids);
	e->ids = NULL;
}

void identity_resync(struct engine *e)
{
	if (e->ids)
		identities_resync(e->ids);
}

/* ---- routes of ours -------------------------------------------------------- */

bool identity_fits(struct engine *e, const struct nlri_ops *ops, const struct nlri *n,
		   const struct attrs *a)
{
	static struct log_limit limit;
	char route[NLRI_STR_MAX];

	if (!a->other.len || identities_fit(a))
		return true;
	identities_oversized(e->ids);
	if (log_ratelimited(&limit, 10))
		log_err(LOG_POLICY,
			"%s: not sent, its attributes with labels take more than %d "
			"octets",
			ops->format(n, route), IDENTITY_ATTRS);
	return false;
}
