/*
 * `show bgp summary`, memory and routing instances, text and JSON, with FRR's columns
 * and keys (its spelling included, as scripts know them). Neighbors in detail:
 * show_peer.c.
 */
#include "bgpd/show_peer.h"

#include <stdio.h>
#include <string.h>

#include "lib/cmd.h"
#include "lib/out.h"
#include "lib/util.h"

/* ---- words ----------------------------------------------------------------- */

static const char *state_text(const struct peer *p)
{
	if (p->cfg.shutdown)
		return "Idle (Admin)";
	return maxprefix_holds(p) ? "Idle (PfxCt)" : fsm_state_name(p->state);
}

static const char *peer_state_text(const struct peer *p)
{
	if (p->cfg.shutdown)
		return "Admin";
	if (show_is_up(p) && p->ebgp && p->cfg.needs_policy)
		return "Policy";
	return "OK";
}

/* ---- summary --------------------------------------------------------------- */

struct summary {
	unsigned total, failed, dynamic, shown;
	bool only_failed;
	const struct family *f;
};

static bool in_summary(const struct peer *p, struct summary *s)
{
	if (!p->cfg.af[s->f->index].activate)
		return false;
	s->total++;
	s->dynamic += p->dynamic;
	s->failed += !show_is_up(p);
	if (s->only_failed && show_is_up(p))
		return false;
	s->shown++;
	return true;
}

static void summary_peer_failed_json(struct out *o, const struct peer *p)
{
	char up[32];
	int64_t ms = show_state_ms(p);

	out_uint(o, "connectionsEstablished", p->stats.established);
	out_uint(o, "connectionsDropped", p->stats.dropped);
	out_str(o, "peerUptime", ms < 0 ? "never" : show_uptime(ms, up));
	out_int(o, "peerUptimeMsec", ms < 0 ? 0 : ms);
	out_str(o, "lastResetDueTo", p->last_reset);
	out_uint(o, "lastResetCode", p->last_notif.code);
	out_str(o, "idType", p->addr.len == 4 ? "ipv4" : "ipv6");
}

static void summary_peer_json(const struct engine *e, struct out *o,
			      const struct peer *p, const struct family *f)
{
	char up[32];
	int64_t ms = show_state_ms(p);

	if (p->rx_open.hostname[0])
		out_str(o, "hostname", p->rx_open.hostname);
	out_uint(o, "remoteAs", show_remote_as(p));
	out_uint(o, "localAs", p->bgp->as);
	out_uint(o, "version", 4);
	out_uint(o, "msgRcvd", p->stats.rx[0]);
	out_uint(o, "msgSent", p->stats.tx[0]);
	out_uint(o, "tableVersion", e->routes.rib[f->index].version);
	out_uint(o, "outq", show_is_up(p) ? peer_tx_queued(p) : 0);
	out_uint(o, "inq", 0);
	out_str(o, "peerUptime", ms < 0 ? "never" : show_uptime(ms, up));
	out_int(o, "peerUptimeMsec", ms < 0 ? 0 : ms);
	if (show_is_up(p))
		out_int(o, "peerUptimeEstablishedEpoch", p->up_epoch_s);
	out_uint(o, "pfxRcd", routes_received(&e->routes, p, f));
	out_uint(o, "pfxSnt", export_count(p, f));
	out_str(o, "state", state_text(p));
	out_str(o, "peerState", peer_state_text(p));
	out_uint(o, "connectionsEstablished", p->stats.established);
	out_uint(o, "connectionsDropped", p->stats.dropped);
	if (p->cfg.desc[0])
		out_str(o, "desc", p->cfg.desc);
	out_str(o, "idType", p->addr.len == 4 ? "ipv4" : "ipv6");
}

static void summary_peer_text(const struct engine *e, struct out *o,
			      const struct peer *p, const struct family *f)
{
	char addr[ADDR_STR], up[32], pfx[32];
	int64_t ms = show_state_ms(p);

	if (show_is_up(p) && !strcmp(peer_state_text(p), "Policy"))
		str_copy(pfx, sizeof(pfx), "(Policy)");
	else if (show_is_up(p) && !p->chan[f->index].up)
		str_copy(pfx, sizeof(pfx), "NoNeg");
	else if (show_is_up(p))
		snprintf(pfx, sizeof(pfx), "%u", routes_received(&e->routes, p, f));
	else
		str_copy(pfx, sizeof(pfx), state_text(p));
	snprintf(addr + 0, 2, "%s", p->dynamic ? "*" : "");
	ip_format(&p->addr, addr + (p->dynamic ? 1 : 0));
	out_text(o, "%-15s %d %10u %9llu %9llu %8llu %4d %4zu %8s %12s %8u %s\n", addr,
		 4, show_remote_as(p), (unsigned long long)p->stats.rx[0],
		 (unsigned long long)p->stats.tx[0],
		 (unsigned long long)e->routes.rib[f->index].version, 0,
		 show_is_up(p) ? peer_tx_queued(p) : 0,
		 ms < 0 ? "never" : show_uptime(ms, up), pfx, export_count(p, f),
		 p->cfg.desc[0] ? p->cfg.desc : "N/A");
}

static void summary_head(const struct engine *e, struct out *o, const struct family *f)
{
	const struct rib *r = &e->routes.rib[f->index];
	char id[ADDR_STR];
	unsigned peers = 0;
	const struct peer *p;

	TAILQ_FOREACH (p, &e->bgp.peers, link)
		peers++;
	out_str(o, "routerId", show_id(e->bgp.router_id, id));
	out_uint(o, "as", e->bgp.as);
	out_uint(o, "vrfId", 0);
	out_str(o, "vrfName", "default");
	out_uint(o, "tableVersion", r->version);
	out_uint(o, "ribCount", rib_routes(r));
	out_uint(o, "ribMemory", rib_bytes(r) + e->routes.attrs.bytes);
	out_uint(o, "peerCount", peers);
	out_uint(o, "peerMemory", peers * sizeof(struct peer));
	out_text(o,
		 "BGP router identifier %s, local AS number %u vrf-id 0\n"
		 "BGP table version %llu\nRIB entries %u, using %zu KiB of memory\n"
		 "Peers %u, using %zu KiB of memory\n\n",
		 id, e->bgp.as, (unsigned long long)r->version, rib_routes(r),
		 (rib_bytes(r) + e->routes.attrs.bytes) / 1024, peers,
		 peers * sizeof(struct peer) / 1024);
}

/* What stands below one family; the caller has opened the object. */
static void summary_family(const struct engine *e, struct out *o,
			   const struct family *f, bool only_failed)
{
	struct summary s = { .only_failed = only_failed, .f = f };
	const struct peer *p;
	char addr[ADDR_STR];

	summary_head(e, o, f);
	out_text(o, "%s\n",
		 "Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ"
		 "  Up/Down State/PfxRcd   PfxSnt Desc");
	out_obj(o, "peers");
	TAILQ_FOREACH (p, &e->bgp.peers, link) {
		if (!in_summary(p, &s))
			continue;
		if (!out_json(o)) {
			summary_peer_text(e, o, p, f);
			continue;
		}
		out_obj(o, ip_format(&p->addr, addr));
		if (only_failed)
			summary_peer_failed_json(o, p);
		else
			summary_peer_json(e, o, p, f);
		out_end(o);
	}
	out_end(o);
	out_uint(o, "failedPeers", s.failed);
	out_uint(o, "displayedPeers", s.shown);
	out_uint(o, "totalPeers", s.total);
	out_uint(o, "dynamicPeers", s.dynamic);
	out_uint(o, "dynamicPeersLimit", e->cfg->listen_limit);
	out_obj(o, "bestPath");
	out_str(o, "multiPathRelax", "false");
	out_end(o);
	out_text(o, "\nTotal number of neighbors %u\n", s.total);
	if (s.dynamic)
		out_text(o, "* - dynamic neighbor\n%u dynamic neighbor(s), limit %u\n",
			 s.dynamic, e->cfg->listen_limit);
}

static bool anybody_in(const struct engine *e, const struct family *f)
{
	const struct peer *p;

	TAILQ_FOREACH (p, &e->bgp.peers, link)
		if (p->cfg.af[f->index].activate)
			return true;
	return false;
}

static int show_summary_all(void *ctx, const struct cmd_args *args, struct out *o)
{
	struct engine *e = ctx;

	out_obj(o, NULL);
	for (unsigned i = 0; i < FAMS; i++) {
		if (i != FAM_EVPN && !anybody_in(e, &families[i]))
			continue;
		out_text(o, "%s%s Summary:\n", i ? "\n" : "", families[i].text);
		out_obj(o, families[i].json);
		summary_family(e, o, &families[i], cmd_has(args, "failed"));
		out_end(o);
	}
	out_end(o);
	return CMD_OK;
}

const struct family *family_named(const struct cmd_args *args)
{
	static const struct {
		const char *word;
		unsigned fam;
	} words[] = {
		{ "rt-constraint", FAM_RTC },
		{ "ila", FAM_ILA },
		{ "ipv6", FAM_IP6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (cmd_has(args, words[i].word))
			return &families[words[i].fam];
	return &families[FAM_EVPN];
}

static int show_summary_one(void *ctx, const struct cmd_args *args, struct out *o)
{
	out_obj(o, NULL);
	summary_family(ctx, o, family_named(args), cmd_has(args, "failed"));
	out_end(o);
	return CMD_OK;
}

/* FRR says nothing of a family without neighbors in it. */
static int show_summary_vrf(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct family *f = family_named(args);

	out_obj(o, NULL);
	out_obj(o, "default");
	if (f->index == FAM_EVPN || anybody_in(ctx, f))
		summary_family(ctx, o, f, cmd_has(args, "failed"));
	out_end(o);
	out_end(o);
	return CMD_OK;
}

/* We have no such family: what FRR says without peers in it. */
static int show_summary_none(void *ctx, const struct cmd_args *args, struct out *o)
{
	(void)ctx;
	(void)args;
	out_obj(o, NULL);
	out_obj(o, "default");
	out_end(o);
	out_end(o);
	return CMD_OK;
}

/* ---- memory, version, vrfs ------------------------------------------------- */

static int show_memory(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;

	(void)args;
	out_obj(o, NULL);
	for (unsigned i = 0; i < FAMS; i++) {
		const struct rib *r = &e->routes.rib[i];

		out_obj(o, families[i].json);
		out_uint(o, "routes", rib_routes(r));
		out_uint(o, "paths", r->n_paths);
		out_uint(o, "bytes", rib_bytes(r));
		out_end(o);
		out_text(o, "%s: %u routes, %u paths, %zu bytes\n", families[i].text,
			 rib_routes(r), r->n_paths, rib_bytes(r));
	}
	out_uint(o, "attributeSets", e->routes.attrs.n);
	out_uint(o, "attributeBytes", e->routes.attrs.bytes);
	out_end(o);
	out_text(o, "%u attribute sets, %zu bytes\n", e->routes.attrs.n,
		 e->routes.attrs.bytes);
	return CMD_OK;
}

static int show_vrfs(void *ctx, const struct cmd_args *args, struct out *o)
{
	const struct engine *e = ctx;
	char id[ADDR_STR];
	unsigned peers = 0, up = 0;
	const struct peer *p;

	(void)args;
	TAILQ_FOREACH (p, &e->bgp.peers, link) {
		peers++;
		up += show_is_up(p);
	}
	out_obj(o, NULL);
	out_obj(o, "vrfs");
	out_obj(o, "default");
	out_str(o, "type", "DFLT");
	out_int(o, "vrfId", 0);
	out_str(o, "routerId", show_id(e->bgp.router_id, id));
	out_uint(o, "numConfiguredPeers", peers);
	out_uint(o, "numEstablishedPeers", up);
	out_end(o);
	out_end(o);
	out_uint(o, "totalVrfs", 1);
	out_end(o);
	out_text(o,
		 "Type  Id     routerId          #PeersCfg  #PeersEstb  Name\n"
		 "DFLT  0      %-15s   %9u  %10u  default\n\n"
		 "Total number of VRFs (including default): 1\n",
		 id, peers, up);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show bgp summary [failed] [json]", "Sessions, a line each",
	  show_summary_all, 0 },
	{ CMD_EXEC, "show bgp l2vpn evpn summary [failed] [json]",
	  "Sessions that exchange EVPN routes", show_summary_one, 0 },
	{ CMD_EXEC, "show bgp (ila|ipv6) unicast summary [failed] [json]",
	  "Sessions that exchange routes of this family", show_summary_one, 0 },
	{ CMD_EXEC, "show bgp ipv4 rt-constraint summary [failed] [json]",
	  "Sessions that exchange memberships", show_summary_one, 0 },
	{ CMD_EXEC, "show bgp vrf (all|default) l2vpn evpn summary [failed] [json]",
	  "The same, by VRF", show_summary_vrf, 0 },
	{ CMD_EXEC, "show bgp vrf (all|default) ipv6 unicast summary [failed] [json]",
	  "The same, of IPv6 unicast", show_summary_vrf, 0 },
	{ CMD_EXEC, "show bgp vrf (all|default) ipv4 unicast summary [json]",
	  "No such sessions: always empty", show_summary_none, 0 },
	{ CMD_EXEC, "show bgp memory [json]", "Memory of the tables", show_memory, 0 },
	{ CMD_EXEC, "show bgp vrfs [json]", "Routing instances", show_vrfs, 0 },
};

void show_bgp_register(struct engine *e)
{
	cmd_register(e->cmds, rows, ARRAY_SIZE(rows), e);
}
