/*
 * What /metrics says of the engine: rows, and how they are filled from the counters
 * that sessions, tables, tenants and fib keep anyway. Text and transport are
 * lib/metric.c and bgpd/web.c. No label is ever a MAC or a host address.
 */
#include "bgpd/metrics.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bgpd/engine_int.h"
#include "bgpd/rtc.h"
#include "bgpd/web.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/util.h"
#include "rib/rtset.h"

static struct metrics all;

/* ---- process ------------------------------------------------------------------- */

enum {
	M_BUILD,
	M_RELOAD_OK,
	M_RELOAD_TIME,
	M_LOOP_LAG,
	M_CPU,
	M_RSS,
	M_VSIZE,
	M_FDS,
	M_MAX_FDS,
	M_START,
};

static const double lag_bounds[] = { 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5 };

static struct metric m_process[] = {
	[M_BUILD] = { "selvage_build_info",
		      METRIC_INFO,
		      NULL,
		      "Version of selvaged.",
		      { "version" } },
	[M_RELOAD_OK] = { "selvage_config_last_reload_successful", METRIC_GAUGE, NULL,
			  "1 if the last configuration that was read is in force." },
	[M_RELOAD_TIME] = { "selvage_config_last_reload_timestamp_seconds",
			    METRIC_GAUGE, "seconds",
			    "When the configuration in force was loaded." },
	[M_LOOP_LAG] = { "selvage_event_loop_lag_seconds", METRIC_HISTOGRAM, "seconds",
			 "How late a timer of the engine fires.", .bounds = lag_bounds,
			 .n_bounds = ARRAY_SIZE(lag_bounds) },
	[M_CPU] = { "process_cpu_seconds_total", METRIC_COUNTER, "seconds",
		    "User and system CPU time of the engine." },
	[M_RSS] = { "process_resident_memory_bytes", METRIC_GAUGE, "bytes",
		    "Resident memory of the engine." },
	[M_VSIZE] = { "process_virtual_memory_bytes", METRIC_GAUGE, "bytes",
		      "Virtual memory of the engine." },
	[M_FDS] = { "process_open_fds", METRIC_GAUGE, NULL, "Open file descriptors." },
	[M_MAX_FDS] = { "process_max_fds", METRIC_GAUGE, NULL,
			"Most file descriptors that may be open." },
	[M_START] = { "process_start_time_seconds", METRIC_GAUGE, "seconds",
		      "When the engine started." },
};

static void collect_memory(void)
{
	unsigned long vsize = 0, rss = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	double page = (double)sysconf(_SC_PAGESIZE);

	if (!f)
		return;
	if (fscanf(f, "%lu %lu", &vsize, &rss) == 2) {
		metric_set(&m_process[M_VSIZE], (double)vsize * page);
		metric_set(&m_process[M_RSS], (double)rss * page);
	}
	fclose(f);
}

static void collect_fds(void)
{
	struct rlimit lim;
	DIR *d = opendir("/proc/self/fd");
	int n = -3; /* ".", "..", and the directory itself */

	if (d) {
		while (readdir(d))
			n++;
		closedir(d);
		metric_set(&m_process[M_FDS], n);
	}
	if (!getrlimit(RLIMIT_NOFILE, &lim))
		metric_set(&m_process[M_MAX_FDS], (double)lim.rlim_cur);
}

static double seconds_of(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void collect_process(void *ctx)
{
	const struct engine *e = ctx;
	struct rusage u;

	metric_set(&m_process[M_BUILD], 1, PACKAGE_VERSION);
	metric_set(&m_process[M_RELOAD_OK], e->reload_ok);
	metric_set(&m_process[M_RELOAD_TIME], (double)e->reload_epoch_s);
	metric_set(&m_process[M_START],
		   (double)(time(NULL) - (clock_ms() - e->start_ms) / 1000));
	if (!getrusage(RUSAGE_SELF, &u))
		metric_set(&m_process[M_CPU],
			   seconds_of(u.ru_utime) + seconds_of(u.ru_stime));
	collect_memory();
	collect_fds();
}

/* ---- sessions ------------------------------------------------------------------ */

enum {
	M_PEER_UP,
	M_PEER_STATE,
	M_PEER_UPTIME,
	M_PEER_TRANSITIONS,
	M_PEER_ESTABLISHED,
	M_MESSAGES,
	M_NOTIFICATIONS,
	M_BYTES,
	M_PREFIXES,
	M_ROUTE_BYTES,
	M_STALE,
	M_UPDATE_ERRORS,
	M_TREAT_AS_WITHDRAW,
	M_RT_FILTER,
	M_HELD_BACK,
	M_TX_QUEUE,
	M_REJECTED,
	M_LIMITS,
	M_SHARED_IDS,
};

static struct metric m_bgp[] = {
	[M_PEER_UP] = { "selvage_bgp_peer_up",
			METRIC_GAUGE,
			NULL,
			"1 if the session is established.",
			{ "peer" },
			.fresh = true },
	[M_PEER_STATE] = { "selvage_bgp_peer_state",
			   METRIC_GAUGE,
			   NULL,
			   "State by RFC 4273: 1 Idle to 6 Established.",
			   { "peer" },
			   .fresh = true },
	[M_PEER_UPTIME] = { "selvage_bgp_peer_uptime_seconds",
			    METRIC_GAUGE,
			    "seconds",
			    "How long the session has been established, 0 if it is "
			    "not.",
			    { "peer" },
			    .fresh = true },
	[M_PEER_TRANSITIONS] = { "selvage_bgp_peer_transitions_total",
				 METRIC_COUNTER,
				 NULL,
				 "Changes of state.",
				 { "peer" },
				 .fresh = true },
	[M_PEER_ESTABLISHED] = { "selvage_bgp_peer_connections_total",
				 METRIC_COUNTER,
				 NULL,
				 "Sessions established and dropped.",
				 { "peer", "event" },
				 .fresh = true },
	[M_MESSAGES] = { "selvage_bgp_messages_total",
			 METRIC_COUNTER,
			 NULL,
			 "BGP messages.",
			 { "peer", "direction", "type" },
			 .fresh = true },
	[M_NOTIFICATIONS] = { "selvage_bgp_notifications_total",
			      METRIC_COUNTER,
			      NULL,
			      "NOTIFICATION messages.",
			      { "peer", "direction" },
			      .fresh = true },
	[M_BYTES] = { "selvage_bgp_traffic_bytes_total",
		      METRIC_COUNTER,
		      "bytes",
		      "Bytes of BGP messages.",
		      { "peer", "direction" },
		      .fresh = true },
	[M_PREFIXES] = { "selvage_bgp_prefixes",
			 METRIC_GAUGE,
			 NULL,
			 "Routes of a peer in our tables, told to it, and "
			 "its maximum-prefix.",
			 { "peer", "afi", "safi", "set" },
			 .fresh = true },
	[M_ROUTE_BYTES] = { "selvage_bgp_route_memory_bytes",
			    METRIC_GAUGE,
			    "bytes",
			    "Memory that a peer's routes would take if they shared "
			    "nothing: what maximum-memory limits.",
			    { "peer" },
			    .fresh = true },
	[M_STALE] = { "selvage_bgp_stale_routes",
		      METRIC_GAUGE,
		      NULL,
		      "Routes of a peer that are kept from before it went.",
		      { "peer", "afi", "safi", "kind" },
		      .fresh = true },
	[M_UPDATE_ERRORS] = { "selvage_bgp_update_errors_total",
			      METRIC_COUNTER,
			      NULL,
			      "Flaws in UPDATE messages, and routes refused as loops "
			      "or by origin-check, labels permit and tenant permit.",
			      { "peer", "reason" },
			      .fresh = true },
	[M_TREAT_AS_WITHDRAW] = { "selvage_bgp_treat_as_withdraw_total",
				  METRIC_COUNTER,
				  NULL,
				  "UPDATE messages treated as withdraw (RFC 7606).",
				  { "peer" },
				  .fresh = true },
	[M_RT_FILTER] = { "selvage_bgp_rt_filter_targets",
			  METRIC_GAUGE,
			  NULL,
			  "Route targets that a peer with RT constraint asks for.",
			  { "peer" },
			  .fresh = true },
	[M_HELD_BACK] = { "selvage_bgp_rt_held_back_routes",
			  METRIC_GAUGE,
			  NULL,
			  "Routes that a peer with RT constraint did not ask for.",
			  { "peer" },
			  .fresh = true },
	[M_TX_QUEUE] = { "selvage_bgp_tx_queue_bytes",
			 METRIC_GAUGE,
			 "bytes",
			 "Bytes waiting to be sent.",
			 { "peer" },
			 .fresh = true },
	[M_REJECTED] = { "selvage_bgp_rejected_connections_total",
			 METRIC_COUNTER,
			 NULL,
			 "Connections that were closed at once, or had to wait.",
			 { "reason" } },
	[M_LIMITS] = { "selvage_bgp_limits_reached_total",
		       METRIC_COUNTER,
		       NULL,
		       "Times that a limit on what others may do was reached.",
		       { "limit" } },
	[M_SHARED_IDS] = { "selvage_bgp_shared_identifiers_total", METRIC_COUNTER, NULL,
			   "Sessions whose BGP identifier another one had already." },
};

static void collect_messages(const char *peer, const char *direction,
			     const uint64_t by_type[6])
{
	static const char *const names[6] = {
		[MSG_OPEN] = "open",
		[MSG_UPDATE] = "update",
		[MSG_NOTIFICATION] = "notification",
		[MSG_KEEPALIVE] = "keepalive",
		[MSG_ROUTE_REFRESH] = "route_refresh",
	};

	for (int i = MSG_OPEN; i <= MSG_ROUTE_REFRESH; i++)
		metric_set(&m_bgp[M_MESSAGES], (double)by_type[i], peer, direction,
			   names[i]);
}

static void collect_prefixes(const struct engine *e, const struct peer *p,
			     const char *peer)
{
	for (size_t i = 0; i < FAMS; i++) {
		const struct family *f = &families[i];
		struct export_counts out = export_counts(p, f);
		uint32_t n_long;
		char afi[8], safi[8];

		if (i != FAM_EVPN && !p->cfg.af[i].activate)
			continue;
		snprintf(afi, sizeof(afi), "%u", f->ops->afi);
		snprintf(safi, sizeof(safi), "%u", f->ops->safi);
		metric_set(&m_bgp[M_PREFIXES], routes_received(&e->routes, p, f), peer,
			   afi, safi, "accepted");
		metric_set(&m_bgp[M_PREFIXES], out.told, peer, afi, safi, "advertised");
		if (f->rt_constrained && rtc_state(p) != RTC_OFF)
			metric_set(&m_bgp[M_HELD_BACK], out.held_back, peer);
		if (p->cfg.af[i].max_prefix)
			metric_set(&m_bgp[M_PREFIXES], p->cfg.af[i].max_prefix, peer,
				   afi, safi, "limit");
		n_long = routes_stale(&e->routes, p, f->index, true);
		metric_set(&m_bgp[M_STALE],
			   routes_stale(&e->routes, p, f->index, false) - n_long, peer,
			   afi, safi, "graceful");
		metric_set(&m_bgp[M_STALE], n_long, peer, afi, safi, "long_lived");
	}
}

static void collect_rtc(const struct peer *p, const char *peer)
{
	const struct rtfilter *f;

	if (rtc_state(p) == RTC_OFF)
		return;
	f = rtc_filter(p);
	metric_set(&m_bgp[M_RT_FILTER], f ? f->n : 0, peer);
}

static void collect_peer(const struct engine *e, const struct peer *p)
{
	const struct peer_stats *s = &p->stats;
	bool up = p->state == FSM_ESTABLISHED;
	char peer[ADDR_STR];

	ip_format(&p->addr, peer);
	metric_set(&m_bgp[M_PEER_UP], up, peer);
	metric_set(&m_bgp[M_PEER_STATE], p->state, peer);
	metric_set(&m_bgp[M_PEER_UPTIME],
		   up ? (double)(clock_ms() - p->up_ms) / 1000 : 0, peer);
	metric_set(&m_bgp[M_PEER_TRANSITIONS], (double)s->transitions, peer);
	metric_set(&m_bgp[M_PEER_ESTABLISHED], (double)s->established, peer,
		   "established");
	metric_set(&m_bgp[M_PEER_ESTABLISHED], (double)s->dropped, peer, "dropped");
	metric_set(&m_bgp[M_PEER_ESTABLISHED], (double)s->connect_fails, peer,
		   "failed");
	collect_messages(peer, "in", s->rx);
	collect_messages(peer, "out", s->tx);
	metric_set(&m_bgp[M_NOTIFICATIONS], (double)s->notif_rx, peer, "in");
	metric_set(&m_bgp[M_NOTIFICATIONS], (double)s->notif_tx, peer, "out");
	metric_set(&m_bgp[M_BYTES], (double)s->rx_bytes, peer, "in");
	metric_set(&m_bgp[M_BYTES], (double)s->tx_bytes, peer, "out");
	for (int i = UR_NONE + 1; i < UR_COUNT; i++)
		metric_set(&m_bgp[M_UPDATE_ERRORS], (double)s->update_errors[i], peer,
			   update_reason_name((enum update_reason)i));
	metric_set(&m_bgp[M_TREAT_AS_WITHDRAW], (double)s->treat_as_withdraw, peer);
	metric_set(&m_bgp[M_TX_QUEUE], (double)peer_tx_queued(p), peer);
	metric_set(&m_bgp[M_ROUTE_BYTES], (double)routes_peer_bytes(&e->routes, p),
		   peer);
	collect_prefixes(e, p, peer);
	collect_rtc(p, peer);
}

static void collect_bgp(void *ctx)
{
	const struct engine *e = ctx;
	const struct peer *p;

	TAILQ_FOREACH (p, &e->bgp.peers, link)
		collect_peer(e, p);
	for (int i = 0; i < REFUSE_COUNT; i++)
		metric_set(&m_bgp[M_REJECTED], (double)e->bgp.refused[i],
			   refusal_name((enum refusal)i));
	for (int i = 0; i < LIMIT_COUNT; i++)
		metric_set(&m_bgp[M_LIMITS], (double)e->bgp.limits[i],
			   bgp_limit_name((enum bgp_limit)i));
	metric_set(&m_bgp[M_SHARED_IDS], (double)e->bgp.shared_ids);
}

/* ---- tables and tenants -------------------------------------------------------- */

enum {
	M_RIB_ROUTES,
	M_RIB_PATHS,
	M_RIB_BYTES,
	M_RIB_ATTRS,
	M_EVPN_MACS,
	M_EVPN_NEIGHBORS,
	M_EVPN_VTEPS,
	M_EVPN_MOVES,
	M_EVPN_DUPLICATES,
	M_EVPN_DUPLICATES_FOUND,
	M_EVPN_IGNORED,
	M_EVPN_MISMATCH,
};

static struct metric m_rib[] = {
	[M_RIB_ROUTES] = { "selvage_rib_routes",
			   METRIC_GAUGE,
			   NULL,
			   "Routes in the table.",
			   { "afi", "safi" },
			   .fresh = true },
	[M_RIB_PATHS] = { "selvage_rib_paths",
			  METRIC_GAUGE,
			  NULL,
			  "Paths of all peers in the table.",
			  { "afi", "safi" },
			  .fresh = true },
	[M_RIB_BYTES] = { "selvage_rib_bytes", METRIC_GAUGE, "bytes",
			  "Memory of tables and attribute sets." },
	[M_RIB_ATTRS] = { "selvage_rib_attribute_sets", METRIC_GAUGE, NULL,
			  "Different sets of path attributes." },
	[M_EVPN_MACS] = { "selvage_evpn_macs",
			  METRIC_GAUGE,
			  NULL,
			  "MAC addresses.",
			  { "vni", "origin" },
			  .fresh = true },
	[M_EVPN_NEIGHBORS] = { "selvage_evpn_neighbors",
			       METRIC_GAUGE,
			       NULL,
			       "IP addresses with their MAC.",
			       { "vni", "origin" },
			       .fresh = true },
	[M_EVPN_VTEPS] = { "selvage_evpn_remote_vteps",
			   METRIC_GAUGE,
			   NULL,
			   "Remote VTEPs that floods are sent to.",
			   { "vni" },
			   .fresh = true },
	[M_EVPN_MOVES] = { "selvage_evpn_mac_moves_total", METRIC_COUNTER, NULL,
			   "MAC addresses that came from another VTEP or went there." },
	[M_EVPN_DUPLICATES] = { "selvage_evpn_duplicate_macs", METRIC_GAUGE, NULL,
				"MAC addresses not advertised: too many moves." },
	[M_EVPN_DUPLICATES_FOUND] = { "selvage_evpn_duplicates_found_total",
				      METRIC_COUNTER, NULL,
				      "Times that a MAC was taken for a duplicate." },
	[M_EVPN_IGNORED] = { "selvage_evpn_routes_ignored_total", METRIC_COUNTER, NULL,
			     "Imported routes that cannot be used." },
	[M_EVPN_MISMATCH] = { "selvage_evpn_vni_mismatches_total", METRIC_COUNTER, NULL,
			      "Imported routes with another VNI than ours." },
};

static void collect_tables(const struct engine *e)
{
	size_t bytes = e->routes.attrs.bytes;

	for (size_t i = 0; i < FAMS; i++) {
		const struct rib *r = &e->routes.rib[i];
		char afi[8], safi[8];

		snprintf(afi, sizeof(afi), "%u", r->ops->afi);
		snprintf(safi, sizeof(safi), "%u", r->ops->safi);
		metric_set(&m_rib[M_RIB_ROUTES], rib_routes(r), afi, safi);
		metric_set(&m_rib[M_RIB_PATHS], r->n_paths, afi, safi);
		bytes += rib_bytes(r);
	}
	metric_set(&m_rib[M_RIB_BYTES], (double)bytes);
	metric_set(&m_rib[M_RIB_ATTRS], e->routes.attrs.n);
}

static void collect_evi(void *arg, const struct tenants_evi_info *i)
{
	char vni[12];

	(void)arg;
	snprintf(vni, sizeof(vni), "%u", i->vni);
	metric_set(&m_rib[M_EVPN_MACS], i->macs_local, vni, "local");
	metric_set(&m_rib[M_EVPN_MACS], i->macs_remote, vni, "remote");
	metric_set(&m_rib[M_EVPN_NEIGHBORS], i->neighs_local, vni, "local");
	metric_set(&m_rib[M_EVPN_NEIGHBORS], i->neighs_remote, vni, "remote");
	metric_set(&m_rib[M_EVPN_VTEPS], i->vteps, vni);
}

static void collect_rib(void *ctx)
{
	const struct engine *e = ctx;
	struct tenants_counters c;

	collect_tables(e);
	tenants_evi_foreach(e->tenants, 0, collect_evi, NULL);
	tenants_counters_get(e->tenants, &c);
	metric_set(&m_rib[M_EVPN_MOVES], (double)c.moves);
	metric_set(&m_rib[M_EVPN_DUPLICATES], c.duplicates);
	metric_set(&m_rib[M_EVPN_DUPLICATES_FOUND], (double)c.duplicates_found);
	metric_set(&m_rib[M_EVPN_IGNORED], (double)c.routes_ignored);
	metric_set(&m_rib[M_EVPN_MISMATCH], (double)c.vni_mismatches);
}

/* ---- fib ----------------------------------------------------------------------- */

enum {
	M_FIB_ENTRIES,
	M_FIB_OPERATIONS,
	M_FIB_REPAIRED,
	M_FIB_SWEPT,
	M_FIB_QUEUE,
	M_FIB_IN_SYNC,
	M_FIB_EVENTS,
	M_FIB_MESSAGES,
	M_FIB_APPLY,
};

static struct metric m_fib[] = {
	[M_FIB_ENTRIES] = { "selvage_fib_entries",
			    METRIC_GAUGE,
			    NULL,
			    "Kernel entries: wanted, seen, and how they differ.",
			    { "table", "state" } },
	[M_FIB_OPERATIONS] = { "selvage_fib_operations_total",
			       METRIC_COUNTER,
			       NULL,
			       "Operations on kernel tables.",
			       { "table", "outcome" } },
	[M_FIB_REPAIRED] = { "selvage_fib_repaired_total",
			     METRIC_COUNTER,
			     NULL,
			     "Entries written again because somebody changed them.",
			     { "table" } },
	[M_FIB_SWEPT] = { "selvage_fib_swept_total",
			  METRIC_COUNTER,
			  NULL,
			  "Entries of an earlier run that nobody confirmed.",
			  { "table" } },
	[M_FIB_QUEUE] = { "selvage_fib_queue_length", METRIC_GAUGE, NULL,
			  "Intents that fib has not applied yet." },
	[M_FIB_IN_SYNC] = { "selvage_fib_in_sync", METRIC_GAUGE, NULL,
			    "1 if the kernel holds exactly what is wanted." },
	[M_FIB_EVENTS] = { "selvage_fib_events_total",
			   METRIC_COUNTER,
			   NULL,
			   "Resynchronisations, overruns, audits and retries.",
			   { "event" } },
	[M_FIB_MESSAGES] = { "selvage_fib_netlink_total",
			     METRIC_COUNTER,
			     NULL,
			     "Netlink batches and the messages in them.",
			     { "unit" } },
	[M_FIB_APPLY] = { "selvage_fib_apply_seconds", METRIC_SUMMARY, "seconds",
			  "Time to apply an intent." },
};

static void collect_fib_table(const char *table, const struct intent_table_counters *t)
{
	metric_set(&m_fib[M_FIB_ENTRIES], t->wanted, table, "wanted");
	metric_set(&m_fib[M_FIB_ENTRIES], t->seen, table, "seen");
	metric_set(&m_fib[M_FIB_ENTRIES], t->missing, table, "missing");
	metric_set(&m_fib[M_FIB_ENTRIES], t->extra, table, "extra");
	metric_set(&m_fib[M_FIB_ENTRIES], t->foreign, table, "foreign");
	metric_set(&m_fib[M_FIB_ENTRIES], t->failed, table, "failed");
	metric_set(&m_fib[M_FIB_OPERATIONS], (double)t->ops_ok, table, "ok");
	metric_set(&m_fib[M_FIB_OPERATIONS], (double)t->ops_failed, table, "failed");
	metric_set(&m_fib[M_FIB_REPAIRED], (double)t->repaired, table);
	metric_set(&m_fib[M_FIB_SWEPT], (double)t->swept, table);
}

static void collect_fib(void *ctx)
{
	static const char *const tables[TABLES] = {
		[TABLE_L2DOM] = "l2_domain",
		[TABLE_VXLAN_FDB] = "vxlan_fdb",
		[TABLE_BRIDGE_FDB] = "bridge_fdb",
		[TABLE_NEIGH] = "neighbor",
		[TABLE_FLOOD] = "flood",
		[TABLE_ILA_DOMAIN] = "ila_domain",
		[TABLE_ILA_MAP] = "ila_map",
		[TABLE_ILA_LOCAL] = "ila_local",
		[TABLE_POLICY] = "policy",
		[TABLE_IDENT] = "identity",
		[TABLE_WORKLOAD] = "workload",
		[TABLE_NET_FDB] = "fast_fdb",
		[TABLE_NET_NEIGH] = "fast_neighbor",
	};
	const struct engine *e = ctx;
	const struct intent_counters *c = &e->fib.c;

	for (int i = 0; i < TABLES; i++)
		collect_fib_table(tables[i], &c->table[i]);
	metric_set(&m_fib[M_FIB_QUEUE], c->queue);
	metric_set(&m_fib[M_FIB_IN_SYNC], c->in_sync_since_ms != 0);
	metric_set(&m_fib[M_FIB_EVENTS], (double)c->resyncs, "resync");
	metric_set(&m_fib[M_FIB_EVENTS], (double)c->enobufs, "overrun");
	metric_set(&m_fib[M_FIB_EVENTS], (double)c->audits, "audit");
	metric_set(&m_fib[M_FIB_EVENTS], (double)c->retries, "retry");
	metric_set(&m_fib[M_FIB_MESSAGES], (double)c->batches, "batch");
	metric_set(&m_fib[M_FIB_MESSAGES], (double)c->messages, "message");
	metric_summary_set(&m_fib[M_FIB_APPLY], (double)c->apply_ns / 1e9, c->applied);
}

/* ---- endpoint ------------------------------------------------------------------ */

enum { LAG_EVERY_MS = 500 };

static struct ev_timer lag_timer;
static int64_t lag_due_ms;

static void lag_arm(void)
{
	lag_due_ms = clock_ms() + LAG_EVERY_MS;
	ev_timer_set(&lag_timer, LAG_EVERY_MS);
}

static void lag_measure(void *arg)
{
	int64_t late = clock_ms() - lag_due_ms;

	(void)arg;
	metric_observe(&m_process[M_LOOP_LAG], late > 0 ? (double)late / 1000 : 0);
	lag_arm();
}

static void write_metrics(FILE *f, enum metric_format fmt, void *ctx)
{
	(void)ctx;
	metrics_write(&all, f, fmt);
}

static bool is_ready(void *ctx, char *why, size_t size)
{
	const struct engine *e = ctx;

	if (e->stopping)
		snprintf(why, size, "stopping");
	else if (!e->reload_ok)
		snprintf(why, size, "the last configuration was refused");
	else if (!e->sessions)
		snprintf(why, size, "waiting for fib");
	else if (!fibc_is_record(e->fibc) && !e->fib.c.in_sync_since_ms)
		snprintf(why, size, "the kernel is not in sync");
	else
		return true;
	return false;
}

static const struct web_ops web_ops = { write_metrics, is_ready };

static const struct metric_table tables[] = {
	{ m_process, ARRAY_SIZE(m_process), collect_process },
	{ m_bgp, ARRAY_SIZE(m_bgp), collect_bgp },
	{ m_rib, ARRAY_SIZE(m_rib), collect_rib },
	{ m_fib, ARRAY_SIZE(m_fib), collect_fib },
};

static void table_register(struct engine *e, const struct metric_table *t)
{
	size_t bad = 0;

	if (metrics_register(&all, t->rows, t->n, t->collect, e, &bad))
		log_err(LOG_WEB, "metrics: row %s is not valid", t->rows[bad].name);
}

static void tables_register(struct engine *e)
{
	metrics_init(&all);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		table_register(e, &tables[i]);
	table_register(e, &metrics_ila);
	table_register(e, &metrics_identity);
	table_register(e, &metrics_policy);
}

int metrics_start(struct engine *e, char *err, size_t errlen)
{
	if (e->opts->web_config) {
		snprintf(err, errlen, "--web.config.file is not supported yet");
		return -EINVAL;
	}
	if (!e->opts->web_listen)
		return 0;
	e->web = web_start(e->base, e->opts->web_listen, &web_ops, e, err, errlen);
	if (!e->web)
		return -EADDRINUSE;
	tables_register(e);
	ev_timer_init(&lag_timer, e->base, lag_measure, NULL);
	lag_arm();
	log_info(LOG_WEB, "web: listening on %s, port=%u", e->opts->web_listen,
		 web_port(e->web));
	return 0;
}

void metrics_stop(struct engine *e)
{
	if (!e->web)
		return;
	ev_timer_fini(&lag_timer);
	web_stop(e->web);
	e->web = NULL;
	metrics_fini(&all);
}
