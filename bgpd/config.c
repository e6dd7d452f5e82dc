/*
 * The configuration tree: making, copying, comparing, finding, inheritance. Values
 * only; reading is config_parse.c and the rows, printing config_print.c.
 */
#include "bgpd/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/nlri_ila.h"

struct config *config_new(void)
{
	struct config *c = xcalloc(1, sizeof(*c));

	TAILQ_INIT(&c->groups);
	TAILQ_INIT(&c->nbrs);
	TAILQ_INIT(&c->ranges);
	TAILQ_INIT(&c->vnis);
	TAILQ_INIT(&c->tenants);
	TAILQ_INIT(&c->ilas);
	TAILQ_INIT(&c->ila_ids);
	TAILQ_INIT(&c->label_lists);
	TAILQ_INIT(&c->tenant_lists);
	TAILQ_INIT(&c->label_keys);
	TAILQ_INIT(&c->assigns);
	TAILQ_INIT(&c->maps);
	TAILQ_INIT(&c->policy_files);
	TAILQ_INIT(&c->endpoints);
	config_identity_reset(c);
	c->log_level = -1;
	c->ila_afi = ILA_AFI_DEFAULT;
	c->ila_safi = ILA_SAFI_DEFAULT;
	config_bgp_reset(c);
	return c;
}

static void bgp_lists_free(struct config *c)
{
	CFG_FREE_ALL(&c->groups);
	CFG_FREE_ALL(&c->nbrs);
	CFG_FREE_ALL(&c->ranges);
	CFG_FREE_ALL(&c->vnis);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	bgp_lists_free(c);
	CFG_FREE_ALL(&c->tenants);
	CFG_FREE_ALL(&c->ilas);
	CFG_FREE_ALL(&c->ila_ids);
	config_lists_free(c);
	config_identity_reset(c);
	CFG_FREE_ALL(&c->endpoints);
	/* Passwords shall not linger. */
	explicit_bzero(c, sizeof(*c));
	free(c);
}

void config_defaults_apply(struct config *c)
{
	if (!(c->set & CFG_TIMERS)) {
		c->keepalive_s = c->datacenter ? 3 : 30;
		c->hold_s = c->datacenter ? 9 : 90;
	}
	if (!(c->set & CFG_EBGP_POLICY))
		c->no_ebgp_policy_check = c->datacenter;
	if (!(c->set & CFG_LOG_CHANGES))
		c->log_neighbor_changes = c->datacenter;
	c->connect_s = c->datacenter ? 10 : 120;
}

void config_bgp_reset(struct config *c)
{
	bgp_lists_free(c);
	c->set = 0;
	c->has_bgp = false;
	c->as = c->router_id = c->cluster_id = 0;
	c->default_ipv4 = true;
	c->shutdown = c->soft_admin_reset = false;
	c->shutdown_msg[0] = '\0';
	c->gr = CFG_GR_HELPER;
	c->gr_preserve = c->gr_no_notification = false;
	c->llgr_stale_s = 0;
	c->llgr_partial = false;
	c->gr_restart_s = CFG_GR_RESTART;
	c->gr_stale_s = CFG_GR_STALE;
	c->gr_defer_s = CFG_GR_DEFER;
	c->listen_limit = CFG_LISTEN_LIMIT;
	c->min_hold_s = 0;
	c->advertise_all_vni = c->autort_rfc8365 = false;
	c->unknown_types_discard = false;
	c->malformed_nlri = 0;
	c->dad_off = false;
	c->dad_moves = CFG_DAD_MOVES;
	c->dad_time_s = CFG_DAD_TIME;
	c->dad_freeze_s = 0;
	config_defaults_apply(c);
}

#define COPY_ALL(to, from, type)                                                       \
	do {                                                                           \
		struct type *e_;                                                       \
		TAILQ_INIT(to);                                                        \
		TAILQ_FOREACH (e_, from, link) {                                       \
			struct type *d_ = xmemdup(e_, sizeof(*e_));                    \
			TAILQ_INSERT_TAIL(to, d_, link);                               \
		}                                                                      \
	} while (0)

struct config *config_copy(const struct config *c)
{
	struct config *d = xmemdup(c, sizeof(*c));

	d->from_file = false;
	COPY_ALL(&d->groups, &c->groups, cfg_nbr);
	COPY_ALL(&d->nbrs, &c->nbrs, cfg_nbr);
	COPY_ALL(&d->ranges, &c->ranges, cfg_range);
	COPY_ALL(&d->vnis, &c->vnis, cfg_vni);
	COPY_ALL(&d->tenants, &c->tenants, cfg_tenant);
	COPY_ALL(&d->ilas, &c->ilas, cfg_ila);
	COPY_ALL(&d->ila_ids, &c->ila_ids, cfg_ila_id);
	config_lists_copy(d, c);
	COPY_ALL(&d->label_keys, &c->label_keys, cfg_label_key);
	COPY_ALL(&d->assigns, &c->assigns, cfg_assign);
	COPY_ALL(&d->maps, &c->maps, cfg_map);
	COPY_ALL(&d->policy_files, &c->policy_files, cfg_policy_file);
	COPY_ALL(&d->endpoints, &c->endpoints, cfg_endpoint);
	return d;
}

bool config_equal(const struct config *a, const struct config *b)
{
	struct out x, y;
	bool equal;

	out_init(&x, false);
	out_init(&y, false);
	config_print(a, &x);
	config_print(b, &y);
	equal = x.len == y.len && !memcmp(x.buf, y.buf, x.len);
	out_fini(&x);
	out_fini(&y);
	return equal;
}

struct cfg_nbr *config_nbr_find(const struct config *c, const struct ip *addr)
{
	struct cfg_nbr *n;

	TAILQ_FOREACH (n, &c->nbrs, link)
		if (ip_eq(&n->addr, addr))
			return n;
	return NULL;
}

struct cfg_nbr *config_group_find(const struct config *c, const char *name)
{
	struct cfg_nbr *n;

	TAILQ_FOREACH (n, &c->groups, link)
		if (!strcmp(n->name, name))
			return n;
	return NULL;
}

struct cfg_vni *config_vni_find(const struct config *c, uint32_t vni)
{
	struct cfg_vni *v;

	TAILQ_FOREACH (v, &c->vnis, link)
		if (v->vni == vni)
			return v;
	return NULL;
}

struct cfg_tenant *config_tenant_find(const struct config *c, const char *name)
{
	struct cfg_tenant *t;

	TAILQ_FOREACH (t, &c->tenants, link)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

/* ---- inheritance ---- */

static void inherit_transport(struct cfg_nbr *n, const struct cfg_nbr *g, uint32_t take)
{
	if (take & NBR_REMOTE_AS) {
		n->as_kind = g->as_kind;
		n->remote_as = g->remote_as;
	}
	if (take & NBR_PASSWORD)
		memcpy(n->password, g->password, sizeof(n->password));
	if (take & NBR_GTSM)
		n->gtsm_hops = g->gtsm_hops;
	if (take & NBR_MULTIHOP)
		n->multihop = g->multihop;
	if (take & NBR_ROLE) {
		n->has_role = g->has_role;
		n->role = g->role;
		n->role_strict = g->role_strict;
	}
	if (take & NBR_UPDATE_SOURCE) {
		n->source = g->source;
		memcpy(n->source_if, g->source_if, sizeof(n->source_if));
	}
	if (take & NBR_INTERFACE)
		memcpy(n->ifname, g->ifname, sizeof(n->ifname));
	if (take & NBR_PORT)
		n->port = g->port;
	if (take & NBR_PASSIVE)
		n->passive = g->passive;
}

static void inherit_session(struct cfg_nbr *n, const struct cfg_nbr *g, uint32_t take)
{
	if (take & NBR_TIMERS) {
		n->keepalive_s = g->keepalive_s;
		n->hold_s = g->hold_s;
	}
	if (take & NBR_CONNECT)
		n->connect_s = g->connect_s;
	if (take & NBR_MAX_MEMORY)
		n->max_memory_mb = g->max_memory_mb;
	if (take & NBR_DESC)
		memcpy(n->desc, g->desc, sizeof(n->desc));
	if (take & NBR_SHUTDOWN) {
		n->shutdown = g->shutdown;
		memcpy(n->shutdown_msg, g->shutdown_msg, sizeof(n->shutdown_msg));
	}
	if (take & NBR_GR)
		n->gr = g->gr;
}

static void default_values(const struct config *c, struct cfg_nbr *n)
{
	if (!(n->set & NBR_TIMERS)) {
		n->keepalive_s = c->keepalive_s;
		n->hold_s = c->hold_s;
	}
	if (!(n->set & NBR_CONNECT))
		n->connect_s = c->connect_s;
	if (!(n->set & NBR_PORT))
		n->port = CFG_BGP_PORT;
	if (!(n->set & NBR_GR))
		n->gr = c->gr;
	n->needs_policy = !c->no_ebgp_policy_check;
	n->marks = (struct label_marks) { .code = c->identity.code,
					  .large_as = c->as,
					  .large_fn = c->identity.large };
	if (c->shutdown && !n->shutdown) {
		n->shutdown = true;
		memcpy(n->shutdown_msg, c->shutdown_msg, sizeof(n->shutdown_msg));
	}
	if (n->as_kind == CFG_AS_INTERNAL)
		n->remote_as = c->as;
}

void config_nbr_resolve(const struct config *c, const struct cfg_nbr *n,
			struct cfg_nbr *out)
{
	const struct cfg_nbr *g = n->group[0] ? config_group_find(c, n->group) : NULL;

	*out = *n;
	if (g) {
		uint32_t take = g->set & ~n->set;

		inherit_transport(out, g, take);
		inherit_session(out, g, take);
		out->set |= take;
	}
	default_values(c, out);
	for (unsigned i = 0; i < FAMS; i++)
		config_af_resolve(&out->af[i], g ? &g->af[i] : NULL);
	/* Who is our client is one for memberships, too, or they would reach nobody
	 * and nobody would send anything. */
	if (!(out->af[FAM_RTC].set & AF_RR_CLIENT))
		out->af[FAM_RTC].rr_client = out->af[FAM_EVPN].rr_client;
}

static bool one_restarts(const struct cfg_nbr *n)
{
	return n->set & NBR_GR && n->gr == CFG_GR_RESTARTS;
}

bool config_restarts(const struct config *c)
{
	const struct cfg_nbr *n;

	TAILQ_FOREACH (n, &c->groups, link)
		if (one_restarts(n))
			return true;
	TAILQ_FOREACH (n, &c->nbrs, link)
		if (one_restarts(n))
			return true;
	return c->gr == CFG_GR_RESTARTS;
}
