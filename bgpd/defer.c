/*
 * Graceful restart as the one that restarted (RFC 4724 section 4.1): when the routes
 * that we pass on are all there, so that End-of-RIB may go out, and when everybody has
 * told us everything, so that what the kernel still has of the earlier run may be
 * swept. As the peer of one that restarts: gr.c.
 *
 * Routes are never held back, only End-of-RIB is, and nobody waits long for one that
 * may wait for him: a peer that restarts, too, counts as complete when it falls silent.
 * Who passes nothing on does not wait at all. So any number of speakers may restart at
 * once.
 */
#include "bgpd/session.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/util.h"

/* A peer that is down must not make us wait longer than our other peers keep our
 * stale routes: RFC 4724 section 4.1 leaves the time to us. */
enum { ABSENT_MS = 30000, QUIET_MS = 1000 };

#define FOR_EVER INT64_MAX

/* Will this peer still send its End-of-RIB? */
static bool owes_eor(const struct peer *p)
{
	if (p->idle != PEER_RUNS)
		return false;
	if (p->state != FSM_ESTABLISHED)
		return !p->bgp->absent_over;
	if (!p->gr_both)
		return false;
	for (size_t i = 0; i < FAMS; i++)
		if (p->chan[i].up && !p->chan[i].disabled && !p->chan[i].eor_rx)
			return true;
	return false;
}

/* How long End-of-RIB to others waits for this peer, as far as is known now. */
static int64_t patience_ms(const struct peer *p)
{
	if (!owes_eor(p))
		return 0;
	if (p->state != FSM_ESTABLISHED || !p->rx_open.gr_restarting)
		return FOR_EVER;
	return MAX_OF(p->last_update_ms + QUIET_MS - clock_ms(), 0);
}

/* Is one of the dynamic peers missing that were here before the restart? Who has been
 * seen is not looked for again: there may be thousands. */
static bool is_expecting(struct bgp *b)
{
	while (b->n_expected && peer_find(b, &b->expected[b->n_expected - 1]))
		b->n_expected--;
	return b->n_expected && !b->absent_over;
}

static bool is_relay_for(const struct cfg_nbr *n)
{
	for (size_t i = 0; i < FAMS; i++)
		if (n->af[i].rr_client || n->af[i].rs_client)
			return true;
	return false;
}

/* Do we tell a peer what another one told us? Not between internal ones that are no
 * clients (RFC 4456 section 6). */
static bool is_relay(const struct bgp *b)
{
	const struct peer *p;
	const struct cfg_nbr *g;

	TAILQ_FOREACH (p, &b->peers, link)
		if (p->ebgp || is_relay_for(&p->cfg))
			return true;
	TAILQ_FOREACH (g, &b->cfg->groups, link) /* of peers that are not here yet */
		if (is_relay_for(g) || g->as_kind == CFG_AS_EXTERNAL ||
		    (g->remote_as && g->remote_as != b->as))
			return true;
	return false;
}

/* The same for memberships alone. Their End-of-RIB comes also without graceful restart
 * (RFC 4684 section 6), unless the peer waits for ours. */
static bool owes_memberships(const struct peer *p)
{
	const struct channel *c = &p->chan[FAM_RTC];

	if (p->idle != PEER_RUNS || !p->cfg.af[FAM_RTC].activate)
		return false;
	if (p->state != FSM_ESTABLISHED)
		return !p->bgp->absent_over;
	return c->up && !c->disabled && !c->eor_rx && !p->rx_open.gr_restarting;
}

bool gr_awaits_memberships(struct bgp *b)
{
	const struct peer *p;

	if (b->converged)
		return false;
	if (b->local_pending)
		return true;
	if (!is_relay(b))
		return false;
	TAILQ_FOREACH (p, &b->peers, link)
		if (owes_memberships(p))
			return true;
	return is_expecting(b);
}

/* How long End-of-RIB has to wait from now on, as far as is known. */
static int64_t eor_wait_ms(struct bgp *b)
{
	const struct peer *p;
	int64_t wait = 0;

	if (b->local_pending)
		return FOR_EVER;
	if (!is_relay(b))
		return 0;
	if (is_expecting(b))
		return FOR_EVER;
	TAILQ_FOREACH (p, &b->peers, link)
		wait = MAX_OF(wait, patience_ms(p));
	return wait;
}

/* Has everybody told us everything? Who has nobody to ask does not know. */
static bool is_complete(struct bgp *b)
{
	bool alone = !TAILQ_EMPTY(&b->peers);
	const struct peer *p;

	if (b->local_pending || is_expecting(b))
		return false;
	TAILQ_FOREACH (p, &b->peers, link) {
		if (owes_eor(p))
			return false;
		if (p->state == FSM_ESTABLISHED || p->idle != PEER_RUNS)
			alone = false;
	}
	return !alone;
}

static void converged(struct bgp *b)
{
	if (b->converged || b->stopping)
		return;
	b->converged = true;
	ev_timer_stop(&b->quiet_timer);
	log_info(LOG_SESSION, "bgp: End-of-RIB may go out");
	if (b->hooks->converged)
		b->hooks->converged(b);
}

static void complete(struct bgp *b)
{
	converged(b);
	if (b->complete || b->stopping)
		return;
	b->complete = true;
	b->restarting = false;
	free(b->expected);
	b->expected = NULL;
	b->n_expected = 0;
	ev_timer_stop(&b->defer_timer);
	log_info(LOG_SESSION, "bgp: routes of all peers are complete");
	if (b->hooks->complete)
		b->hooks->complete(b);
}

void gr_wait(struct bgp *b)
{
	if (!b->complete && !b->defer_timer.pending)
		ev_timer_set(&b->defer_timer,
			     MIN_OF(b->cfg->gr_defer_s * 1000, ABSENT_MS));
}

void gr_wait_expired(void *arg)
{
	struct bgp *b = arg;
	int64_t rest = b->cfg->gr_defer_s * 1000 - ABSENT_MS;

	if (b->absent_over || rest <= 0) {
		complete(b);
		return;
	}
	b->absent_over = true;
	ev_timer_set(&b->defer_timer, rest);
	gr_check(b);
	if (b->hooks->session)
		b->hooks->session(b); /* who waits for memberships looks again */
}

void gr_check(void *arg)
{
	struct bgp *b = arg;
	int64_t wait;

	if (!b->defer_timer.pending)
		return;
	wait = b->converged ? 0 : eor_wait_ms(b);
	if (!wait)
		converged(b);
	else if (wait != FOR_EVER)
		ev_timer_set(&b->quiet_timer, wait);
	if (b->converged && is_complete(b))
		complete(b);
}

void bgp_local_complete(struct bgp *b)
{
	b->local_pending = false;
	bgp_tidy(b);
}
