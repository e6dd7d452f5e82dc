/*
 * `show bgp neighbors`: all that is known of a peer, text and JSON, with FRR's keys
 * (its spelling included, as scripts know them). A line for each: show_bgp.c.
 */
#include "bgpd/show_peer.h"

#include <stdio.h>

#include "bgpd/maxprefix.h"
#include "lib/clock.h"
#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/role.h"

/* ---- words ----------------------------------------------------------------- */

const char *show_uptime(int64_t ms, char buf[32])
{
	int64_t s = ms / 1000, d = s / 86400;

	if (d >= 7)
		snprintf(buf, 32, "%02dw%dd%02dh", (int)(d / 7), (int)(d % 7),
			 (int)(s / 3600 % 24));
	else if (d)
		snprintf(buf, 32, "%dd%02dh%02dm", (int)d, (int)(s / 3600 % 24),
			 (int)(s / 60 % 60));
	else
		snprintf(buf, 32, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
			 (int)(s % 60));
	return buf;
}

const char *show_id(uint32_t id, char buf[ADDR_STR])
{
	struct ip a = ip4_of(id);

	return ip_format(&a, buf);
}

int64_t show_state_ms(const struct peer *p)
{
	int64_t since = show_is_up(p) ? p->up_ms : p->down_ms;

	return since ? clock_ms() - since : -1;
}

uint32_t show_remote_as(const struct peer *p)
{
	if (p->remote_as)
		return p->remote_as;
	return p->cfg.as_kind == CFG_AS_NUMBER     ? p->cfg.remote_as
	       : p->cfg.as_kind == CFG_AS_INTERNAL ? p->bgp->as
						   : 0;
}

/* ---- neighbors ------------------------------------------------------------- */

/* One row per message type: keys of messageStats. */
static const struct {
	enum msg_type type;
	const char *sent, *recv, *text;
} msg_rows[] = {
	{ MSG_OPEN, "opensSent", "opensRecv", "Opens" },
	{ MSG_NOTIFICATION, "notificationsSent", "notificationsRecv", "Notifications" },
	{ MSG_UPDATE, "updatesSent", "updatesRecv", "Updates" },
	{ MSG_KEEPALIVE, "keepalivesSent", "keepalivesRecv", "Keepalives" },
	{ MSG_ROUTE_REFRESH, "routeRefreshSent", "routeRefreshRecv", "Route Refresh" },
};

static void nbr_messages(struct out *o, const struct peer *p)
{
	out_obj(o, "messageStats");
	out_uint(o, "depthInq", 0);
	out_uint(o, "depthOutq", show_is_up(p) ? peer_tx_queued(p) : 0);
	out_text(o, "  Message statistics:\n"
		    "                         Sent       Rcvd\n");
	for (size_t i = 0; i < ARRAY_SIZE(msg_rows); i++) {
		out_uint(o, msg_rows[i].sent, p->stats.tx[msg_rows[i].type]);
		out_uint(o, msg_rows[i].recv, p->stats.rx[msg_rows[i].type]);
		out_text(o, "    %-15s %10llu %10llu\n", msg_rows[i].text,
			 (unsigned long long)p->stats.tx[msg_rows[i].type],
			 (unsigned long long)p->stats.rx[msg_rows[i].type]);
	}
	out_uint(o, "capabilitySent", 0);
	out_uint(o, "capabilityRecv", 0);
	out_uint(o, "totalSent", p->stats.tx[0]);
	out_uint(o, "totalRecv", p->stats.rx[0]);
	out_text(o, "    %-15s %10llu %10llu\n", "Total",
		 (unsigned long long)p->stats.tx[0],
		 (unsigned long long)p->stats.rx[0]);
	out_end(o);
}

static void nbr_errors(struct out *o, const struct peer *p)
{
	out_obj(o, "updateErrors");
	for (int i = UR_NONE + 1; i < UR_COUNT; i++) {
		if (!p->stats.update_errors[i])
			continue;
		out_uint(o, update_reason_name((enum update_reason)i),
			 p->stats.update_errors[i]);
		out_text(o, "    UPDATE error %s: %llu\n",
			 update_reason_name((enum update_reason)i),
			 (unsigned long long)p->stats.update_errors[i]);
	}
	out_uint(o, "treatAsWithdraw", p->stats.treat_as_withdraw);
	out_end(o);
}

static void nbr_families(const struct engine *e, struct out *o, const struct peer *p)
{
	out_obj(o, "addressFamilyInfo");
	for (unsigned i = 0; i < FAMS; i++) {
		const struct family *f = &families[i];
		const struct cfg_nbr_af *af = &p->cfg.af[i];

		if (!af->activate)
			continue;
		out_obj(o, f->json);
		if (p->cfg.group[0])
			out_str(o, "peerGroupMember", p->cfg.group);
		out_uint(o, "updateGroupId", export_group_id(p, f));
		out_uint(o, "subGroupId", export_group_id(p, f));
		out_uint(o, "packetQueueLength", 0);
		if (p->chan[i].disabled)
			out_bool(o, "disabledByMalformedNlri", true);
		if (af->rr_client)
			out_bool(o, "routeReflectorClient", true);
		if (af->rs_client)
			out_bool(o, "routeServerClient", true);
		if (af->addpath_tx_all)
			out_bool(o, "addpathTxAllPaths", true);
		out_bool(o, "nexthopUnchanged", true);
		out_uint(o, "acceptedPrefixCounter", routes_received(&e->routes, p, f));
		out_uint(o, "sentPrefixCounter", export_count(p, f));
		out_text(o,
			 "\n For address family: %s\n  Update group %u\n%s%s%s%s"
			 "  %u accepted prefixes\n  %u prefixes sent\n",
			 f->text, export_group_id(p, f),
			 af->rr_client ? "  Route-Reflector Client\n" : "",
			 af->rs_client ? "  Route-Server Client\n" : "",
			 af->addpath_tx_all ? "  Advertise all paths via addpath\n"
					    : "",
			 p->chan[i].disabled
				 ? "  Given up until the next session: malformed NLRI\n"
				 : "",
			 routes_received(&e->routes, p, f), export_count(p, f));
		rtc_show(o, p, f);
		origin_show(p, f, o);
		labels_show(p, f, o);
		maxprefix_show(o, p, f);
		out_end(o);
	}
	out_end(o);
}

static void nbr_memory(const struct engine *e, struct out *o, const struct peer *p)
{
	size_t bytes = routes_peer_bytes(&e->routes, p);

	out_uint(o, "routeMemoryBytes", bytes);
	out_uint(o, "routeMemoryMaximumMbytes", p->cfg.max_memory_mb);
	out_text(o, "\n Memory of its routes, none shared: %zu KiB, maximum %s",
		 bytes >> 10, p->cfg.max_memory_mb ? "" : "none\n");
	if (p->cfg.max_memory_mb)
		out_text(o, "%u MiB\n", p->cfg.max_memory_mb);
}

static void nbr_timers_json(struct out *o, const struct peer *p)
{
	int64_t now = clock_ms(), ms = show_state_ms(p);
	char up[32];

	if (show_is_up(p)) {
		out_int(o, "bgpTimerUpMsec", ms);
		out_str(o, "bgpTimerUpString", show_uptime(ms, up));
		out_int(o, "bgpTimerUpEstablishedEpoch", p->up_epoch_s);
		out_int(o, "bgpTimerLastRead", now - p->last_rx_ms);
		out_int(o, "bgpTimerLastWrite", now - p->last_tx_ms);
		out_int(o, "bgpInUpdateElapsedTimeMsecs",
			p->last_update_ms ? now - p->last_update_ms : 0);
	}
	out_uint(o, "bgpTimerHoldTimeMsecs", p->hold_s * 1000u);
	out_uint(o, "bgpTimerKeepAliveIntervalMsecs", p->keepalive_s * 1000u);
	out_uint(o, "bgpTimerConfiguredHoldTimeMsecs", p->cfg.hold_s * 1000u);
	out_uint(o, "bgpTimerConfiguredKeepAliveIntervalMsecs",
		 p->cfg.keepalive_s * 1000u);
}

static void nbr_end_json(struct out *o, const struct peer *p)
{
	char a[ADDR_STR];

	out_uint(o, "connectionsEstablished", p->stats.established);
	out_uint(o, "connectionsDropped", p->stats.dropped);
	if (p->last_reset[0]) {
		out_int(o, "lastResetTimerMsecs",
			p->down_ms ? clock_ms() - p->down_ms : 0);
		out_str(o, "lastResetDueTo", p->last_reset);
		out_uint(o, "lastResetCode", p->last_notif.code);
	}
	if (show_is_up(p)) {
		out_str(o, "hostLocal", ip_format(&p->local_addr, a));
		out_uint(o, "portLocal", p->local_port);
		out_str(o, "hostForeign", ip_format(&p->addr, a));
		out_uint(o, "portForeign", p->remote_port);
		out_str(o, "nexthop", ip_format(&p->local_addr, a));
	}
	out_uint(o, "connectRetryTimer", p->cfg.connect_s);
	out_str(o, "readThread", "on");
	out_str(o, "writeThread", "on");
}

static const char *local_role(const struct peer *p)
{
	return p->cfg.has_role ? role_name(p->cfg.role) : "undefined";
}

static const char *remote_role(const struct peer *p)
{
	const struct open_role *r = &p->rx_open.role;

	return r->present ? role_name(r->role) : "undefined";
}

/* Text and JSON alike. */
static void nbr_session(const struct engine *e, struct out *o, const struct peer *p)
{
	if (show_is_up(p))
		show_capabilities(o, p);
	if (p->stats.established)
		show_graceful_restart(e, o, p);
	nbr_messages(o, p);
	nbr_errors(o, p);
	nbr_families(e, o, p);
	nbr_memory(e, o, p);
	maxprefix_show_held(o, p);
}

static void nbr_json(const struct engine *e, struct out *o, const struct peer *p)
{
	char id[ADDR_STR];

	out_uint(o, "remoteAs", show_remote_as(p));
	out_uint(o, "localAs", p->bgp->as);
	out_bool(o, p->ebgp ? "nbrExternalLink" : "nbrInternalLink", true);
	out_str(o, "localRole", local_role(p));
	out_str(o, "remoteRole", remote_role(p));
	if (p->rx_open.hostname[0])
		out_str(o, "hostname", p->rx_open.hostname);
	if (p->cfg.desc[0])
		out_str(o, "nbrDesc", p->cfg.desc);
	if (p->cfg.group[0])
		out_str(o, "peerGroup", p->cfg.group);
	if (p->dynamic)
		out_bool(o, "dynamicPeer", true);
	if (peer_range(p))
		out_str(o, "peerSubnetRangeGroup", prefix_format(peer_range(p), id));
	out_uint(o, "bgpVersion", 4);
	out_str(o, "remoteRouterId", show_id(p->remote_id, id));
	out_str(o, "localRouterId", show_id(p->bgp->router_id, id));
	out_str(o, "bgpState", fsm_state_name(p->state));
	nbr_timers_json(o, p);
	nbr_session(e, o, p);
	nbr_end_json(o, p);
}

static void nbr_text(const struct engine *e, struct out *o, const struct peer *p)
{
	char a[ADDR_STR], b[ADDR_STR], up[32];
	const struct prefix *range = peer_range(p);
	int64_t ms = show_state_ms(p);

	out_text(o, "BGP neighbor is %s, remote AS %u, local AS %u, %s link\n",
		 ip_format(&p->addr, a), show_remote_as(p), p->bgp->as,
		 p->ebgp ? "external" : "internal");
	if (p->cfg.desc[0])
		out_text(o, " Description: %s\n", p->cfg.desc);
	if (p->rx_open.hostname[0])
		out_text(o, "Hostname: %s\n", p->rx_open.hostname);
	if (p->cfg.group[0])
		out_text(o, " Member of peer-group %s for session parameters\n",
			 p->cfg.group);
	if (range)
		out_text(o, " Belongs to the subnet range group: %s\n",
			 prefix_format(range, a));
	out_text(o, "  Local Role: %s\n  Remote Role: %s\n", local_role(p),
		 remote_role(p));
	out_text(o, "  BGP version 4, remote router ID %s, local router ID %s\n",
		 show_id(p->remote_id, a), show_id(p->bgp->router_id, b));
	out_text(o, "  BGP state = %s", fsm_state_name(p->state));
	if (show_is_up(p))
		out_text(o, ", up for %s", show_uptime(ms, up));
	else if (peer_idle_text(p)[0])
		out_text(o, ", %s", peer_idle_text(p));
	out_text(o,
		 "\n  Hold time is %u seconds, keepalive interval is %u seconds\n"
		 "  Configured hold time is %u seconds, keepalive interval is %u "
		 "seconds\n",
		 p->hold_s, p->keepalive_s, p->cfg.hold_s, p->cfg.keepalive_s);
	nbr_session(e, o, p);
	out_text(o, "\n  Connections established %llu; dropped %llu\n",
		 (unsigned long long)p->stats.established,
		 (unsigned long long)p->stats.dropped);
	if (p->last_reset[0])
		out_text(o, "  Last reset: %s\n", p->last_reset);
	if (show_is_up(p))
		out_text(o,
			 "Local host: %s, Local port: %u\nForeign host: %s, Foreign "
			 "port: %u\n",
			 ip_format(&p->local_addr, a), p->local_port,
			 ip_format(&p->addr, b), p->remote_port);
	out_puts(o, "\n");
}

static void nbr_show(const struct engine *e, struct out *o, const struct peer *p)
{
	char a[ADDR_STR];

	if (!out_json(o)) {
		nbr_text(e, o, p);
		return;
	}
	out_obj(o, ip_format(&p->addr, a));
	nbr_json(e, o, p);
	out_end(o);
}

static int show_neighbors(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	const struct peer *p;
	struct ip addr;

	out_obj(o, NULL);
	if (cmd_arg_ip(args, "ip", &addr)) {
		p = peer_find(&e->bgp, &addr);
		if (p)
			nbr_show(e, o, p);
		else
			out_bool(o, "bgpNoSuchNeighbor", true);
		if (!p)
			out_puts(o, "% No such neighbor\n");
	} else {
		TAILQ_FOREACH (p, &e->bgp.peers, link)
			nbr_show(e, o, p);
	}
	out_end(o);
	return CMD_OK;
}

/* The exporter of FRR's metrics asks so for descriptions. */
static int show_neighbors_vrf(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	const struct peer *p;

	(void)args;
	out_obj(o, NULL);
	out_obj(o, "default");
	out_int(o, "vrfId", 0);
	out_str(o, "vrfName", "default");
	TAILQ_FOREACH (p, &e->bgp.peers, link)
		nbr_show(e, o, p);
	out_end(o);
	out_end(o);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp neighbors [IP] [json]", "Sessions in detail",
	  show_neighbors, 0 },
	{ CMD_EXEC, "show bgp vrf (all|default) neighbors [json]", "The same, by VRF",
	  show_neighbors_vrf, 0 },
};

void show_peer_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
