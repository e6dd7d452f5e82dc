/*
 * maximum-prefix: a warning near the limit, a warning or Cease beyond it, and the time
 * for which the neighbor is then held. RFC 4486 section 4; words and keys are FRR's.
 *
 * Routes that are refused (loops, RFC 7606, RFC 8212) are not kept, so `force`, which
 * has FRR count those too, finds nothing more to count here.
 */
#include "bgpd/maxprefix.h"

#include "bgpd/routes.h"
#include "lib/log.h"
#include "lib/out.h"
#include "lib/util.h"
#include "lib/wbuf.h"

enum { RETRY_UNIT_S = 60 };

enum maxprefix maxprefix_state(const struct cfg_nbr_af *c, uint32_t fresh, uint32_t all)
{
	if (!c->max_prefix)
		return MAXPREFIX_BELOW;
	if (fresh > c->max_prefix || all / 2 > c->max_prefix)
		return MAXPREFIX_OVER;
	return fresh > c->max_prefix * (uint64_t)c->max_prefix_pct / 100
		       ? MAXPREFIX_NEAR
		       : MAXPREFIX_BELOW;
}

static void warn(const struct peer *p, const struct family *f, enum maxprefix now,
		 uint32_t n)
{
	const struct cfg_nbr_af *c = &p->cfg.af[f->index];
	static struct log_limit limits[MAXPREFIX_OVER + 1];
	struct log_limit *limit = &limits[now];
	char addr[ADDR_STR];

	p->bgp->limits[now == MAXPREFIX_NEAR ? LIMIT_PREFIXES_NEAR : LIMIT_PREFIXES]++;
	if (!log_ratelimited(limit, 10))
		return;
	log_warn(LOG_UPDATE,
		 "peer %s: %s %s maximum-prefix, prefixes=%u limit=%u "
		 "warn_at_percent=%u more_since_last=%u",
		 ip_format(&p->addr, addr), f->ops->name,
		 now == MAXPREFIX_NEAR ? "near its" : "over its", n, c->max_prefix,
		 c->max_prefix_pct, limit->suppressed);
	limit->suppressed = 0;
}

bool maxprefix_check(struct peer *p, const struct family *f)
{
	const struct rib_peer *r = &p->bgp->routes->rib[f->index].peer[peer_slot(p)];
	const struct cfg_nbr_af *c = &p->cfg.af[f->index];
	struct channel *ch = &p->chan[f->index];
	uint32_t fresh = r->n - r->n_stale;
	enum maxprefix was = ch->maxprefix, now = maxprefix_state(c, fresh, r->n);

	ch->maxprefix = now; /* below a bound again: the next time warns again */
	if (now > was)
		warn(p, f, now, fresh);
	return now == MAXPREFIX_OVER && !c->max_prefix_warn_only;
}

void maxprefix_exceeded(struct peer *p, const struct family *f, struct notif *n)
{
	const struct cfg_nbr_af *c = &p->cfg.af[f->index];
	uint8_t data[7];
	struct wbuf w = wbuf_of(data, sizeof(data));

	wbuf_u16(&w, f->ops->afi);
	wbuf_u8(&w, f->ops->safi);
	wbuf_u32(&w, c->max_prefix);
	p->held_s = c->max_prefix_restart_min * (uint32_t)RETRY_UNIT_S;
	*n = notif_make(NOTIF_CEASE, CEASE_MAX_PREFIX, data, w.len);
}

void maxprefix_settings(struct peer *p)
{
	for (size_t i = 0; i < FAMS && p->state == FSM_ESTABLISHED; i++) {
		const struct family *f = &families[i];
		struct notif n;

		if (!p->chan[i].up || p->chan[i].disabled || !maxprefix_check(p, f))
			continue;
		maxprefix_exceeded(p, f, &n);
		peer_notify_down(p, &n, true);
	}
}

/* ---- show ------------------------------------------------------------------ */

void maxprefix_show(struct out *o, const struct peer *p, const struct family *f)
{
	const struct cfg_nbr_af *c = &p->cfg.af[f->index];

	if (!c->max_prefix)
		return;
	out_uint(o, "prefixAllowedMax", c->max_prefix);
	if (c->max_prefix_warn_only)
		out_bool(o, "prefixAllowedMaxWarning", true);
	out_uint(o, "prefixAllowedWarningThresh", c->max_prefix_pct);
	out_text(o,
		 "  Maximum prefixes allowed %u%s\n"
		 "  Threshold for warning message %u%%",
		 c->max_prefix, c->max_prefix_warn_only ? " (warning-only)" : "",
		 c->max_prefix_pct);
	if (c->max_prefix_restart_min) {
		out_uint(o, "prefixAllowedRestartIntervalMsecs",
			 c->max_prefix_restart_min * 60000u);
		out_text(o, ", restart interval %u min", c->max_prefix_restart_min);
	}
	out_text(o, "\n");
}

bool maxprefix_holds(const struct peer *p)
{
	struct notif n = notif_inner(&p->last_notif);

	return p->idle == PEER_HELD && n.sub == CEASE_MAX_PREFIX;
}

void maxprefix_show_held(struct out *o, const struct peer *p)
{
	int64_t left = ev_timer_left_ms(&p->held_timer);
	char addr[ADDR_STR];

	if (!maxprefix_holds(p))
		return;
	ip_format(&p->addr, addr);
	out_bool(o, "prefixesConfigExceedMax", true);
	out_text(o, "  Peer had exceeded the max. no. of prefixes configured.\n");
	if (left >= 0) {
		out_str(o, "reducePrefixNumFrom", addr);
		out_int(o, "restartInTimerMsec", left);
		out_text(o,
			 "  Reduce the no. of prefix from %s, will restart in %lld "
			 "seconds\n",
			 addr, (long long)(left + 999) / 1000);
	} else {
		out_str(o, "reducePrefixNumAndClearIpBgp", addr);
		out_text(o,
			 "  Reduce the no. of prefix and clear bgp %s to restore "
			 "peering\n",
			 addr);
	}
}
