/*
 * Rows of `router bgp` that concern the whole router. Neighbors are in config_nbr.c.
 */
#include <stdlib.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/util.h"

static int enter_bgp(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	uint32_t as = cmd_arg_uint(a, "asn", 0);

	(void)ctx;
	(void)o;
	if (cmd_has(a, "vrf"))
		return cfg_fail(a, "vrf", "`vrf` is not supported by this version");
	if (!cmd_has(a, "asn") && !e->c->has_bgp)
		return cfg_fail(a, NULL, "the line ends too early, expected ASN");
	if (as && e->c->has_bgp && e->c->as != as)
		return cfg_fail(a, "asn", "BGP is already running; AS is %u", e->c->as);
	if (as) {
		e->c->has_bgp = true;
		e->c->as = as;
	}
	e->pos->mode = CFG_BGP;
	return CMD_OK;
}

static int remove_bgp(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	uint32_t as = cmd_arg_uint(a, "asn", c->as);

	(void)ctx;
	(void)o;
	if (!c->has_bgp || as != c->as)
		return cfg_fail(a, "asn", "there is no BGP with this AS");
	config_bgp_reset(c);
	return CMD_OK;
}

static int set_id(const struct cmd_args *a, uint32_t *id)
{
	struct ip ip = { 0 };

	if (!cmd_has(a, "no")) {
		cmd_arg_ip(a, "ip", &ip);
		if (ip_is_zero(&ip))
			return cfg_fail(a, "ip", "0.0.0.0, expected another number");
	}
	*id = ip4_host(&ip);
	return CMD_OK;
}

static int set_router_id(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	return set_id(a, &cfg_edit_of(a)->c->router_id);
}

static int set_cluster_id(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	return set_id(a, &cfg_edit_of(a)->c->cluster_id);
}

static int set_policy(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	c->set |= CFG_EBGP_POLICY;
	c->no_ebgp_policy_check = cmd_has(a, "no");
	return CMD_OK;
}

static int set_log_changes(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	c->set |= CFG_LOG_CHANGES;
	c->log_neighbor_changes = !cmd_has(a, "no");
	return CMD_OK;
}

static int set_default_ipv4(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->default_ipv4 = !cmd_has(a, "no");
	return CMD_OK;
}

/* graceful-restart and graceful-restart-disable: the later line counts. */
static int set_gr(void *ctx, const struct cmd_args *a, struct out *o)
{
	enum cfg_gr *gr = &cfg_edit_of(a)->c->gr;
	enum cfg_gr mode = cmd_has(a, "graceful-restart-disable") ? CFG_GR_DISABLED
								  : CFG_GR_RESTARTS;

	(void)ctx;
	(void)o;
	if (!cmd_has(a, "no"))
		*gr = mode;
	else if (*gr == mode)
		*gr = CFG_GR_HELPER;
	return CMD_OK;
}

static int set_gr_notification(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->gr_no_notification = cmd_has(a, "no");
	return CMD_OK;
}

static int set_hard_reset(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->soft_admin_reset = cmd_has(a, "no");
	return CMD_OK;
}

static int set_llgr(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->llgr_stale_s =
		cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "seconds", 0);
	return CMD_OK;
}

static int set_llgr_partial(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->llgr_partial = !cmd_has(a, "no");
	return CMD_OK;
}

static int set_shutdown(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	c->shutdown = !cmd_has(a, "no");
	c->shutdown_msg[0] = '\0';
	return c->shutdown && cmd_has(a, "line")
		       ? cfg_string(a, "line", c->shutdown_msg, sizeof(c->shutdown_msg))
		       : CMD_OK;
}

static int set_gr_preserve(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->gr_preserve = !cmd_has(a, "no");
	return CMD_OK;
}

static int set_gr_time(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	bool no = cmd_has(a, "no");

	(void)ctx;
	(void)o;
	if (cmd_has(a, "restart-time"))
		c->gr_restart_s =
			(uint16_t)(no ? CFG_GR_RESTART : cmd_arg_uint(a, "seconds", 0));
	else if (cmd_has(a, "stalepath-time"))
		c->gr_stale_s =
			(uint16_t)(no ? CFG_GR_STALE : cmd_arg_uint(a, "seconds", 0));
	else
		c->gr_defer_s =
			(uint16_t)(no ? CFG_GR_DEFER : cmd_arg_uint(a, "seconds", 0));
	return CMD_OK;
}

static int set_timers(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;
	uint32_t hold = cmd_arg_uint(a, "hold", 0);

	(void)ctx;
	(void)o;
	if (cmd_has(a, "no")) {
		c->set &= ~(uint32_t)CFG_TIMERS;
		config_defaults_apply(c);
		return CMD_OK;
	}
	if (hold == 1 || hold == 2)
		return cfg_fail(a, "hold", "hold time %u, expected 0 or at least 3",
				hold);
	c->set |= CFG_TIMERS;
	c->keepalive_s = (uint16_t)cmd_arg_uint(a, "keepalive", 0);
	c->hold_s = (uint16_t)hold;
	return CMD_OK;
}

static int set_min_hold(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->min_hold_s =
		(uint16_t)(cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "seconds", 0));
	return CMD_OK;
}

static int set_listen_limit(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	c->listen_limit = cmd_has(a, "no") ? CFG_LISTEN_LIMIT
					   : (uint16_t)cmd_arg_uint(a, "limit", 0);
	return CMD_OK;
}

static int set_listen_range(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_edit *e = cfg_edit_of(a);
	struct prefix prefix;
	struct cfg_range *r;

	(void)ctx;
	(void)o;
	prefix_parse(cmd_arg(a, "prefix"), &prefix);
	TAILQ_FOREACH (r, &e->c->ranges, link)
		if (r->prefix.bits == prefix.bits && ip_eq(&r->prefix.ip, &prefix.ip))
			break;
	if (cmd_has(a, "no")) {
		if (!r)
			return cfg_fail(a, "prefix", "there is no such listen range");
		TAILQ_REMOVE(&e->c->ranges, r, link);
		free(r);
		return CMD_OK;
	}
	if (!r) {
		r = xcalloc(1, sizeof(*r));
		r->prefix = prefix;
		r->line = e->line;
		TAILQ_INSERT_TAIL(&e->c->ranges, r, link);
	}
	return cfg_string(a, "group", r->group, sizeof(r->group));
}

static int enter_af(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->pos->mode = cmd_has(a, "evpn")            ? CFG_EVPN
				    : cmd_has(a, "rt-constraint") ? CFG_RTC
				    : cmd_has(a, "ila")           ? CFG_ILA
				    : cmd_has(a, "ipv6")          ? CFG_IP6
								  : CFG_FOREIGN_AF;
	return CMD_OK;
}

#define NO_EFFECT "Read for FRR's sake"

static const struct cmd_row rows[] = {
	{ CFG_TOP, "router bgp [ASN] [vrf WORD]", "Configure BGP", enter_bgp, 0 },
	{ CFG_TOP, "no router bgp [ASN]", "Remove BGP", remove_bgp, 0 },
	CFG_PAIR(CFG_BGP, "bgp router-id", "A.B.C.D", "Identifier of this router",
		 set_router_id),
	CFG_PAIR(CFG_BGP, "bgp cluster-id", "A.B.C.D",
		 "Cluster of this route reflector (RFC 4456)", set_cluster_id),
	{ CFG_BGP, "[no] bgp ebgp-requires-policy",
	  "No routes over eBGP without a policy (RFC 8212)", set_policy, 0 },
	{ CFG_BGP, "[no] bgp log-neighbor-changes", "Log sessions that come and go",
	  set_log_changes, 0 },
	{ CFG_BGP, "[no] bgp default ipv4-unicast", NO_EFFECT, set_default_ipv4, 0 },
	{ CFG_BGP, "[no] bgp graceful-restart",
	  "Ask neighbors to keep routes over a restart (RFC 4724)", set_gr, 0 },
	{ CFG_BGP, "[no] bgp graceful-restart-disable",
	  "Nothing of graceful restart, not even for neighbors", set_gr, 0 },
	{ CFG_BGP, "[no] bgp graceful-restart preserve-fw-state",
	  "Tell them that forwarding survives", set_gr_preserve, 0 },
	{ CFG_BGP, "[no] bgp graceful-restart notification",
	  "Keep routes over a NOTIFICATION too (RFC 8538)", set_gr_notification, 0 },
	{ CFG_BGP, "[no] bgp hard-administrative-reset",
	  "A session that an operator resets is a hard reset (RFC 8538)",
	  set_hard_reset, 0 },
	CFG_PAIR(CFG_BGP, "bgp graceful-restart restart-time", "(0-4095)$seconds",
		 "Time we ask neighbors to wait for us", set_gr_time),
	CFG_PAIR(CFG_BGP, "bgp graceful-restart stalepath-time", "(1-4095)$seconds",
		 "Time we keep routes of a restarting neighbor", set_gr_time),
	CFG_PAIR(CFG_BGP, "bgp graceful-restart select-defer-time", "(0-3600)$seconds",
		 "Time we wait for End-of-RIB after our restart", set_gr_time),
	{ CFG_BGP, "timers bgp (0-65535)$keepalive (0-65535)$hold",
	  "Keepalive interval and hold time, seconds", set_timers, 0 },
	{ CFG_BGP, "no timers bgp [(0-65535)$keepalive (0-65535)$hold]",
	  "Keepalive interval and hold time, seconds", set_timers, 0 },
	CFG_PAIR(CFG_BGP, "bgp minimum-holdtime", "(1-65535)$seconds",
		 "Refuse neighbors that offer less, 0 too", set_min_hold),
	CFG_PAIR(CFG_BGP, "bgp listen limit", "(1-65535)$limit",
		 "Most neighbors that listen ranges may make", set_listen_limit),
	{ CFG_BGP, "[no] bgp listen range PREFIX peer-group WORD$group",
	  "Accept neighbors from a network", set_listen_range, 0 },
	{ CFG_BGP, "address-family l2vpn evpn", "EVPN", enter_af, 0 },
	{ CFG_BGP, "address-family ipv4 rt-constraint",
	  "Ask for, and send, only routes that somebody imports (RFC 4684)", enter_af,
	  0 },
	{ CFG_BGP, "address-family ila unicast",
	  "ILA mappings (draft-lapukhov-bgp-ila-afi)", enter_af, 0 },
	{ CFG_BGP, "address-family ipv6 [unicast]",
	  "IPv6 routes, among them ILA mappings for those who know no ILA", enter_af,
	  0 },
	{ CFG_BGP, "address-family ipv4 [unicast]", NO_EFFECT, enter_af, 0 },
	{ CFG_BGP, "[no] bgp graceful-restart rib-stale-time (1-3600)", NO_EFFECT,
	  cfg_no_effect, 0 },
	CFG_PAIR(CFG_BGP, "bgp long-lived-graceful-restart stale-time",
		 "(1-16777215)$seconds",
		 "Time to keep routes after the restart time (RFC 9494)", set_llgr),
	{ CFG_BGP, "[no] bgp long-lived-graceful-restart partial-deployment",
	  "Long-lived stale routes for internal neighbors without it, too",
	  set_llgr_partial, 0 },
	{ CFG_BGP, "bgp shutdown [message LINE]", "End all sessions and keep them down",
	  set_shutdown, 0 },
	{ CFG_BGP, "no bgp shutdown [message LINE]", "Let sessions come up",
	  set_shutdown, 0 },
	{ CFG_BGP, "[no] bgp (fast-external-failover|deterministic-med) ", NO_EFFECT,
	  cfg_ignore, 0 },
	{ CFG_BGP, "[no] bgp bestpath as-path multipath-relax [LINE]", NO_EFFECT,
	  cfg_ignore, 0 },
	{ CFG_BGP, "[no] bgp (network import-check|suppress-fib-pending)", NO_EFFECT,
	  cfg_ignore, 0 },
	{ CFG_BGP, "[no] bgp (update-delay|coalesce-time) LINE", NO_EFFECT, cfg_ignore,
	  0 },
	{ CFG_BGP, "[no] coalesce-time (0-4294967295)", NO_EFFECT, cfg_ignore, 0 },
	{ CFG_IP6, "[no] (network|redistribute|maximum-paths|aggregate-address) LINE",
	  NO_EFFECT, cfg_no_effect, 0 },
	{ CFG_FOREIGN_AF, "[no] neighbor (IP|WORD) LINE", NO_EFFECT, cfg_ignore, 0 },
	{ CFG_FOREIGN_AF, "[no] (network|redistribute|maximum-paths) LINE", NO_EFFECT,
	  cfg_ignore, 0 },
};

const struct cmd_rows config_bgp_rows = { rows, ARRAY_SIZE(rows) };
