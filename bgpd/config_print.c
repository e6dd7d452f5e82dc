/*
 * The configuration as text, as FRR would order it. Everything printed reads back to
 * the same tree; what equals its default is not printed. Secrets are printed: whoever
 * may read the control socket may read the file.
 */
#include <stdio.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/log.h"
#include "lib/out.h"
#include "wire/role.h"

static const char *no_if(bool off)
{
	return off ? "no " : "";
}

static void print_top(const struct config *c, struct out *o)
{
	static const char *const levels[] = {
		[LOG_LVL_ERR] = "errors",
		[LOG_LVL_WARN] = "warnings",
		[LOG_LVL_INFO] = "informational",
		[LOG_LVL_DEBUG] = "debugging",
	};

	if (c->datacenter)
		out_line(o, "frr defaults datacenter\n");
	if (c->hostname[0])
		out_line(o, "hostname %s\n", c->hostname);
	if (c->log_level >= 0 && c->log_level < (int)ARRAY_SIZE(levels))
		out_line(o, "log stderr %s\n", levels[c->log_level]);
	if (c->log_file[0])
		out_line(o, "log file %s\n", c->log_file);
}

static void print_remote_as(const struct cfg_nbr *n, struct out *o)
{
	if (!(n->set & NBR_REMOTE_AS))
		return;
	out_line(o, " neighbor %s remote-as ", n->name);
	if (n->as_kind == CFG_AS_NUMBER)
		out_line(o, "%u\n", n->remote_as);
	else
		out_line(o, "%s\n",
			 n->as_kind == CFG_AS_INTERNAL ? "internal" : "external");
}

static void print_transport(const struct cfg_nbr *n, struct out *o)
{
	char buf[ADDR_STR];

	if (n->set & NBR_PASSWORD)
		out_line(o, " neighbor %s password %s\n", n->name, n->password);
	if (n->set & NBR_MULTIHOP)
		out_line(o, " neighbor %s ebgp-multihop %u\n", n->name, n->multihop);
	if (n->set & NBR_ROLE)
		out_line(o, " neighbor %s local-role %s%s\n", n->name,
			 role_name(n->role), n->role_strict ? " strict-mode" : "");
	if (n->set & NBR_GTSM)
		out_line(o, " neighbor %s ttl-security hops %u\n", n->name,
			 n->gtsm_hops);
	if (n->set & NBR_UPDATE_SOURCE)
		out_line(o, " neighbor %s update-source %s\n", n->name,
			 n->source.len ? ip_format(&n->source, buf) : n->source_if);
	if (n->set & NBR_INTERFACE)
		out_line(o, " neighbor %s interface %s\n", n->name, n->ifname);
	if (n->set & NBR_PORT)
		out_line(o, " neighbor %s port %u\n", n->name, n->port);
	if (n->set & NBR_PASSIVE)
		out_line(o, " %sneighbor %s passive\n", no_if(!n->passive), n->name);
}

static void print_nbr(const struct cfg_nbr *n, struct out *o)
{
	if (ip_is_none(&n->addr))
		out_line(o, " neighbor %s peer-group\n", n->name);
	print_remote_as(n, o);
	if (n->group[0])
		out_line(o, " neighbor %s peer-group %s\n", n->name, n->group);
	if (n->set & NBR_DESC)
		out_line(o, " neighbor %s description %s\n", n->name, n->desc);
	if (n->set & NBR_SHUTDOWN)
		out_line(o, " %sneighbor %s shutdown%s%s\n", no_if(!n->shutdown),
			 n->name, n->shutdown_msg[0] ? " message " : "",
			 n->shutdown_msg);
	print_transport(n, o);
	if (n->set & NBR_TIMERS)
		out_line(o, " neighbor %s timers %u %u\n", n->name, n->keepalive_s,
			 n->hold_s);
	if (n->set & NBR_CONNECT)
		out_line(o, " neighbor %s timers connect %u\n", n->name, n->connect_s);
	if (n->set & NBR_GR)
		out_line(o, " neighbor %s graceful-restart%s\n", n->name,
			 n->gr == CFG_GR_HELPER     ? "-helper"
			 : n->gr == CFG_GR_DISABLED ? "-disable"
						    : "");
	if (n->set & NBR_MAX_MEMORY)
		out_line(o, " neighbor %s maximum-memory %u\n", n->name,
			 n->max_memory_mb);
}

static void print_vni(const struct cfg_vni *v, struct out *o)
{
	char buf[ADDR_STR];

	out_line(o, "  vni %u\n", v->vni);
	if (v->has_rd)
		out_line(o, "   rd %s\n", rd_format(&v->rd, buf));
	for (unsigned i = 0; i < v->n_import; i++)
		out_line(o, "   route-target import %s\n",
			 rt_format(&v->import[i], buf));
	for (unsigned i = 0; i < v->n_export; i++)
		out_line(o, "   route-target export %s\n",
			 rt_format(&v->export[i], buf));
	out_line(o, "  exit-vni\n");
}

static void print_dad(const struct config *c, struct out *o)
{
	if (c->dad_off)
		out_line(o, "  no dup-addr-detection\n");
	if (c->dad_moves != CFG_DAD_MOVES || c->dad_time_s != CFG_DAD_TIME)
		out_line(o, "  dup-addr-detection max-moves %u time %u\n", c->dad_moves,
			 c->dad_time_s);
	if (c->dad_freeze_s == UINT32_MAX)
		out_line(o, "  dup-addr-detection freeze permanent\n");
	else if (c->dad_freeze_s)
		out_line(o, "  dup-addr-detection freeze %u\n", c->dad_freeze_s);
}

static void print_evpn(const struct config *c, struct out *o)
{
	static const char *const malformed[] = { "skip", "disable-family", "reset" };
	const struct cfg_vni *v;

	out_line(o, " !\n address-family l2vpn evpn\n");
	config_af_print(c, FAM_EVPN, o);
	if (c->advertise_all_vni)
		out_line(o, "  advertise-all-vni\n");
	if (c->autort_rfc8365)
		out_line(o, "  autort rfc8365-compatible\n");
	if (c->unknown_types_discard)
		out_line(o, "  bgp evpn unknown-types discard\n");
	if (c->malformed_nlri && c->malformed_nlri < ARRAY_SIZE(malformed))
		out_line(o, "  bgp evpn malformed-nlri %s\n",
			 malformed[c->malformed_nlri]);
	print_dad(c, o);
	TAILQ_FOREACH (v, &c->vnis, link)
		print_vni(v, o);
	out_line(o, " exit-address-family\n");
}

static bool af_used(const struct config *c, unsigned fam)
{
	const struct cfg_nbr *n;
	bool any = false;

	TAILQ_FOREACH (n, &c->groups, link)
		any |= n->af[fam].set != 0;
	TAILQ_FOREACH (n, &c->nbrs, link)
		any |= n->af[fam].set != 0;
	return any;
}

/* Nothing but what neighbors have in it: not printed when none has. */
static void print_af(const struct config *c, unsigned fam, const char *name,
		     struct out *o)
{
	if (!af_used(c, fam))
		return;
	out_line(o, " !\n address-family %s\n", name);
	config_af_print(c, fam, o);
	out_line(o, " exit-address-family\n");
}

static void print_gr(const struct config *c, struct out *o)
{
	if (c->gr_restart_s != CFG_GR_RESTART)
		out_line(o, " bgp graceful-restart restart-time %u\n", c->gr_restart_s);
	if (c->gr_stale_s != CFG_GR_STALE)
		out_line(o, " bgp graceful-restart stalepath-time %u\n", c->gr_stale_s);
	if (c->gr_defer_s != CFG_GR_DEFER)
		out_line(o, " bgp graceful-restart select-defer-time %u\n",
			 c->gr_defer_s);
	if (c->gr != CFG_GR_HELPER)
		out_line(o, " bgp graceful-restart%s\n",
			 c->gr == CFG_GR_DISABLED ? "-disable" : "");
	if (c->gr_preserve)
		out_line(o, " bgp graceful-restart preserve-fw-state\n");
	if (c->gr_no_notification)
		out_line(o, " no bgp graceful-restart notification\n");
	if (c->soft_admin_reset)
		out_line(o, " no bgp hard-administrative-reset\n");
	if (c->llgr_stale_s)
		out_line(o, " bgp long-lived-graceful-restart stale-time %u\n",
			 c->llgr_stale_s);
	if (c->llgr_partial)
		out_line(o, " bgp long-lived-graceful-restart partial-deployment\n");
}

static void print_bgp_globals(const struct config *c, struct out *o)
{
	struct ip id = ip4_of(c->router_id), cluster = ip4_of(c->cluster_id);
	char buf[ADDR_STR];

	out_line(o, "router bgp %u\n", c->as);
	if (c->router_id)
		out_line(o, " bgp router-id %s\n", ip_format(&id, buf));
	if (c->set & CFG_LOG_CHANGES)
		out_line(o, " %sbgp log-neighbor-changes\n",
			 no_if(!c->log_neighbor_changes));
	if (c->set & CFG_EBGP_POLICY)
		out_line(o, " %sbgp ebgp-requires-policy\n",
			 no_if(c->no_ebgp_policy_check));
	if (!c->default_ipv4)
		out_line(o, " no bgp default ipv4-unicast\n");
	if (c->cluster_id)
		out_line(o, " bgp cluster-id %s\n", ip_format(&cluster, buf));
	if (c->shutdown)
		out_line(o, " bgp shutdown%s%s\n",
			 c->shutdown_msg[0] ? " message " : "", c->shutdown_msg);
	print_gr(c, o);
	if (c->set & CFG_TIMERS)
		out_line(o, " timers bgp %u %u\n", c->keepalive_s, c->hold_s);
	if (c->min_hold_s)
		out_line(o, " bgp minimum-holdtime %u\n", c->min_hold_s);
	if (c->listen_limit != CFG_LISTEN_LIMIT)
		out_line(o, " bgp listen limit %u\n", c->listen_limit);
}

static void print_bgp(const struct config *c, struct out *o)
{
	const struct cfg_range *r;
	const struct cfg_nbr *n;
	char buf[ADDR_STR];

	print_bgp_globals(c, o);
	TAILQ_FOREACH (n, &c->groups, link)
		print_nbr(n, o);
	TAILQ_FOREACH (n, &c->nbrs, link)
		print_nbr(n, o);
	TAILQ_FOREACH (r, &c->ranges, link)
		out_line(o, " bgp listen range %s peer-group %s\n",
			 prefix_format(&r->prefix, buf), r->group);
	print_evpn(c, o);
	print_af(c, FAM_IP6, "ipv6 unicast", o);
	print_af(c, FAM_ILA, "ila unicast", o);
	print_af(c, FAM_RTC, "ipv4 rt-constraint", o);
	out_line(o, "exit\n");
}

static void print_tenant(const struct config *c, const struct cfg_tenant *t,
			 struct out *o)
{
	char buf[ADDR_STR];

	out_line(o, "tenant %s\n", t->name);
	if (t->vni)
		out_line(o, " vni %u\n", t->vni);
	if (t->bridge[0])
		out_line(o, " bridge %s\n", t->bridge);
	if (t->port != CFG_VXLAN_PORT)
		out_line(o, " encapsulation vxlan port %u%s\n", t->port,
			 t->gbp ? " gbp" : "");
	else if (t->gbp)
		out_line(o, " encapsulation vxlan gbp\n");
	if (!ip_is_none(&t->vtep))
		out_line(o, " local-vtep %s\n", ip_format(&t->vtep, buf));
	if (t->underlay[0])
		out_line(o, " underlay interface %s\n", t->underlay);
	if (t->encoding == VNI_MPLS_SHIFTED)
		out_line(o, " vni-encoding mpls-shifted\n");
	if (t->ebpf)
		out_line(o, " dataplane ebpf\n");
	config_ila_tenant_print(t, o);
	config_endpoint_print(c, t->name, o);
	out_line(o, "exit\n!\n");
}

void config_print(const struct config *c, struct out *o)
{
	const struct cfg_tenant *t;

	print_top(c, o);
	out_line(o, "!\n");
	config_lists_print(c, o);
	if (c->has_bgp) {
		print_bgp(c, o);
		out_line(o, "!\n");
	}
	config_ila_print(c, o);
	config_identity_print(c, o);
	TAILQ_FOREACH (t, &c->tenants, link)
		print_tenant(c, t, o);
}
