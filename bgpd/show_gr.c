/*
 * Graceful restart in `show bgp neighbors`: who keeps whose routes, what is stale now
 * and how long it may stay. Keys and words are FRR's where it has them; it tells the
 * families apart only for IPv4 and IPv6, we do so for all.
 */
#include "bgpd/engine_int.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/out.h"
#include "lib/util.h"

/* With a star where the neighbor follows the router, as FRR has it. */
static const char *local_mode(const struct peer *p)
{
	static const char *const names[][2] = {
		[CFG_GR_HELPER] = { "Helper*", "Helper" },
		[CFG_GR_RESTARTS] = { "Restart*", "Restart" },
		[CFG_GR_DISABLED] = { "Disable*", "Disable" },
	};

	return names[p->cfg.gr][!!(p->cfg.set & NBR_GR)];
}

static const char *remote_mode(const struct peer *p)
{
	if (p->state != FSM_ESTABLISHED)
		return "NotApplicable";
	if (!p->rx_open.gr)
		return "Disable";
	for (size_t i = 0; i < p->rx_open.n_families; i++)
		if (p->rx_open.fam[i].gr)
			return "Restart";
	return "Helper";
}

static const char *truth(bool b)
{
	return b ? "True" : "False";
}

static void eor_list(struct out *o, const struct peer *p, bool sent)
{
	out_text(o, "    End-of-RIB %s:", sent ? "send" : "received");
	out_obj(o, sent ? "endOfRibSend" : "endOfRibRecv");
	for (unsigned i = 0; i < FAMS; i++) {
		bool yes = sent ? p->chan[i].eor_tx : p->chan[i].eor_rx;

		if (!p->cfg.af[i].activate)
			continue;
		out_bool(o, families[i].json, yes);
		if (yes)
			out_text(o, " %s", families[i].text);
	}
	out_end(o);
	out_text(o, "\n");
}

/* A time in seconds that goes on, or nothing when it does not. */
static void remaining(struct out *o, const char *key, const char *text, int64_t ms)
{
	if (ms < 0)
		return;
	out_int(o, key, (ms + 999) / 1000);
	out_text(o, "      %s(sec): %lld\n", text, (long long)(ms + 999) / 1000);
}

static void timers(struct out *o, const struct peer *p)
{
	out_obj(o, "timers");
	out_text(o, "    Timers:\n");
	out_uint(o, "configuredRestartTimer", p->bgp->cfg->gr_restart_s);
	out_uint(o, "receivedRestartTimer", p->rx_open.gr_time_s);
	out_text(o,
		 "      Configured Restart Time(sec): %u\n"
		 "      Received Restart Time(sec): %u\n",
		 p->bgp->cfg->gr_restart_s, p->rx_open.gr_time_s);
	if (p->state != FSM_ESTABLISHED)
		remaining(o, "restartTimerRemaining", "Restart Time Remaining",
			  ev_timer_left_ms(&p->gr_timer));
	out_end(o);
}

static void family_timers(struct out *o, const struct peer *p, unsigned i)
{
	const struct stale *s = &p->stale[i];
	bool waits = s->any && !s->llgr && p->state == FSM_ESTABLISHED;

	out_obj(o, "timers");
	out_uint(o, "stalePathTimer", p->bgp->cfg->gr_stale_s);
	out_uint(o, "llgrStaleTimer", p->chan[i].llgr_s);
	if (p->chan[i].llgr_s)
		out_text(o, "      Long-lived Stale Time(sec): %u\n",
			 p->chan[i].llgr_s);
	remaining(o, "stalePathTimerRemaining", "Stale Path Time Remaining",
		  waits ? ev_timer_left_ms(&p->gr_timer) : -1);
	remaining(o, "llgrStaleTimerRemaining", "Long-lived Stale Time Remaining",
		  s->llgr ? MAX_OF(s->until_ms - clock_ms(), 0) : -1);
	out_end(o);
}

static void family(const struct engine *e, struct out *o, const struct peer *p,
		   unsigned i)
{
	uint32_t n = routes_stale(&e->routes, p, i, false),
		 n_long = routes_stale(&e->routes, p, i, true);

	out_obj(o, families[i].json);
	out_text(o, "    %s:\n", families[i].text);
	out_bool(o, "fBit", p->chan[i].gr_forward);
	out_obj(o, "endOfRibStatus");
	out_bool(o, "endOfRibSend", p->chan[i].eor_tx);
	out_bool(o, "endOfRibRecv", p->chan[i].eor_rx);
	out_end(o);
	out_uint(o, "stalePaths", n);
	out_uint(o, "longLivedStalePaths", n_long);
	out_text(o,
		 "      F bit: %s\n"
		 "      Stale paths: %u, of them long-lived: %u\n",
		 truth(p->chan[i].gr_forward), n, n_long);
	family_timers(o, p, i);
	out_end(o);
}

void show_graceful_restart(const struct engine *e, struct out *o, const struct peer *p)
{
	out_text(o, "  Graceful restart information:\n");
	out_obj(o, "gracefulRestartInfo");
	eor_list(o, p, true);
	eor_list(o, p, false);
	out_str(o, "localGrMode", local_mode(p));
	out_str(o, "remoteGrMode", remote_mode(p));
	out_bool(o, "rBit", p->rx_open.gr_restarting);
	out_bool(o, "nBit", p->rx_open.gr_notification);
	out_text(o,
		 "    Local GR Mode: %s\n    Remote GR Mode: %s\n"
		 "    R bit: %s\n    N bit: %s\n",
		 local_mode(p), remote_mode(p), truth(p->rx_open.gr_restarting),
		 truth(p->rx_open.gr_notification));
	timers(o, p);
	for (unsigned i = 0; i < FAMS; i++)
		if (p->chan[i].up)
			family(e, o, p, i);
	out_end(o);
}
