/*
 * Graceful restart as the peer of one that restarts (RFC 4724, 8538, 9494): which end
 * of a session keeps its routes, until when, and what is swept. The routes themselves
 * are the RIB's. As the one that restarts: defer.c.
 *
 * A family goes through these periods, each of which may have no length:
 *
 *   session ends ..... restart time ..... long-lived stale time ..... swept
 *                  stale, as good as ever   LLGR_STALE, last choice
 *
 * A new session ends the waiting at its End-of-RIB; the restart time gives way to
 * stalepath-time, while the long-lived one goes on.
 */
#include "bgpd/session.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/util.h"

/* The restart time as far as this family has one: it must be listed. */
static int64_t restart_ms(const struct peer *p, size_t i)
{
	return p->chan[i].gr ? p->rx_open.gr_time_s * 1000 : 0;
}

static bool family_keeps(const struct peer *p, size_t i)
{
	return p->chan[i].up && !p->stale[i].over &&
	       (restart_ms(p, i) || p->chan[i].llgr_s);
}

static bool any_keeps(const struct peer *p)
{
	for (size_t i = 0; i < FAMS; i++)
		if (family_keeps(p, i))
			return true;
	return false;
}

bool gr_keeps(const struct peer *p, const struct end *e)
{
	if (p->bgp->stopping)
		return p->bgp->stop_keeps; /* we are the one that restarts */
	if (!any_keeps(p))
		return false;
	if (p->idle == PEER_LEAVING || p->idle == PEER_ADMIN_DOWN)
		return false; /* it will not come back */
	if (e->kind == END_NOTIF_RX || e->kind == END_NOTIF_TX)
		return p->notif_n && !notif_is_hard(e->n);
	return true;
}

static void sweep(struct peer *p, size_t i)
{
	p->stale[i] = (struct stale) { 0 };
	p->bgp->hooks->stale_sweep(p, &families[i]);
}

/* ---- timers ---- */

/* The long-lived periods of all families share one timer: the first to end. */
static void long_lived_arm(struct peer *p)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < FAMS; i++)
		if (p->stale[i].llgr)
			next = MIN_OF(next, p->stale[i].until_ms);
	if (next == INT64_MAX)
		ev_timer_stop(&p->llgr_timer);
	else
		ev_timer_set(&p->llgr_timer, MAX_OF(next - clock_ms(), 0));
}

/* Something became stale, or fresh, or went: stop waiting for what is not there. */
static void settle(struct peer *p)
{
	bool plain = false;

	p->gr_stale = false;
	for (size_t i = 0; i < FAMS; i++) {
		p->gr_stale |= p->stale[i].any;
		plain |= p->stale[i].any && !p->stale[i].llgr;
	}
	if (!p->gr_stale || (!plain && peer_established(p)))
		ev_timer_stop(&p->gr_timer);
	long_lived_arm(p);
	if (!p->gr_stale && p->dynamic && !p->conn[0])
		peer_delete(p, NULL, "Restart time over");
}

/* The restart time is over: another chance for what may have it (RFC 9494 4.2). */
static void long_lived_begin(struct peer *p, size_t i)
{
	struct stale *s = &p->stale[i];
	int64_t left = s->until_ms - clock_ms();
	char addr[ADDR_STR];

	if (left <= 0) {
		sweep(p, i);
		return;
	}
	if (!s->llgr)
		log_info(LOG_SESSION,
			 "peer %s: long-lived stale routes of %s, left_s=%lld",
			 ip_format(&p->addr, addr), families[i].ops->name,
			 (long long)(left + 999) / 1000);
	s->llgr = true;
	p->bgp->hooks->long_lived(p, &families[i]);
}

void gr_timer_expired(void *arg)
{
	struct peer *p = arg;
	bool up = peer_established(p);
	char addr[ADDR_STR];

	log_info(LOG_SESSION, "peer %s: %s", ip_format(&p->addr, addr),
		 up ? "no End-of-RIB, dropping stale routes" : "restart time over");
	for (size_t i = 0; i < FAMS; i++) {
		if (!p->stale[i].any)
			continue;
		if (!up)
			long_lived_begin(p, i);
		else if (!p->stale[i].llgr)
			sweep(p, i);
	}
	settle(p);
}

void gr_long_lived_expired(void *arg)
{
	struct peer *p = arg;
	char addr[ADDR_STR];

	for (size_t i = 0; i < FAMS; i++) {
		if (!p->stale[i].llgr || p->stale[i].until_ms > clock_ms())
			continue;
		log_info(LOG_SESSION, "peer %s: long-lived stale time of %s over",
			 ip_format(&p->addr, addr), families[i].ops->name);
		sweep(p, i);
		p->stale[i].over = peer_established(p) && !p->chan[i].eor_rx;
	}
	settle(p);
}

/* ---- sessions end and begin ---- */

void gr_forget(struct peer *p)
{
	bool was = p->gr_stale;

	for (size_t i = 0; i < FAMS; i++)
		p->stale[i] = (struct stale) { 0 };
	p->gr_stale = false;
	ev_timer_stop(&p->gr_timer);
	ev_timer_stop(&p->llgr_timer);
	if (was)
		p->bgp->hooks->stale_sweep(p, NULL);
}

/*
 * What is stale already when a session ends goes (RFC 4724 section 4.2), unless the
 * long-lived period covers it: RFC 9494 section 4.2 lets it live until that is over,
 * and its end is not moved by further restarts, so nothing stays for ever.
 */
static void family_down(struct peer *p, size_t i)
{
	struct stale *s = &p->stale[i];

	if (s->any && (!family_keeps(p, i) || s->until_ms <= clock_ms()))
		sweep(p, i);
	s->any = family_keeps(p, i);
	if (s->any && !s->until_ms && p->chan[i].llgr_s)
		s->until_ms = clock_ms() + restart_ms(p, i) +
			      p->chan[i].llgr_s * (int64_t)1000;
	if (!s->any)
		*s = (struct stale) { 0 };
}

static void stale_begin(struct peer *p)
{
	for (size_t i = 0; i < FAMS; i++) {
		if (p->stale[i].any && restart_ms(p, i))
			ev_timer_set(&p->gr_timer, restart_ms(p, i));
		else if (p->stale[i].any)
			long_lived_begin(p, i);
	}
	settle(p);
}

void gr_down(struct peer *p, bool keep)
{
	struct bgp *b = p->bgp;

	if (!keep)
		gr_forget(p);
	for (size_t i = 0; i < FAMS && keep; i++) {
		if (b->stopping)
			p->stale[i].any = true;
		else
			family_down(p, i);
	}
	b->hooks->down(p, keep);
	if (b->hooks->session)
		b->hooks->session(b);
	if (keep && !b->stopping)
		stale_begin(p);
}

/* Does the new session vouch for what we kept? */
static bool still_good(const struct channel *ch, const struct stale *s)
{
	if (s->llgr)
		return ch->up && ch->llgr && ch->llgr_forward;
	return ch->up && ch->gr && ch->gr_forward;
}

void gr_up(struct peer *p)
{
	if (!p->gr_stale)
		return;
	for (size_t i = 0; i < FAMS; i++) {
		if (p->stale[i].any && !still_good(&p->chan[i], &p->stale[i]))
			sweep(p, i);
		if (!p->chan[i].llgr_s)
			p->stale[i].until_ms = 0;
	}
	ev_timer_set(&p->gr_timer, p->bgp->cfg->gr_stale_s * 1000);
	settle(p);
}

void peer_eor_received(struct peer *p, const struct family *f)
{
	struct stale *s = &p->stale[f->index];

	p->chan[f->index].eor_rx = true;
	s->over = false;
	if (s->any) {
		sweep(p, f->index);
		settle(p);
	}
	bgp_tidy(p->bgp);
}

void gr_long_lived_off(struct bgp *b)
{
	struct peer *p, *next;

	for (p = TAILQ_FIRST(&b->peers); p; p = next) {
		next = TAILQ_NEXT(p, link);
		for (size_t i = 0; i < FAMS; i++) {
			if (p->stale[i].llgr)
				sweep(p, i);
			p->stale[i].until_ms = 0;
		}
		if (p->gr_stale)
			settle(p);
	}
}
