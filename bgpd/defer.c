/*
 * Graceful restart as the one that restarted (RFC 4724 section 4.1): when everybody
 * has told us everything, so that End-of-RIB may go out and what the kernel still has
 * of the earlier run may be swept. As the peer of one that restarts: gr.c.
 *
 * Nobody ever waits for one that waits for him: a peer whose R bit is set is not
 * waited for, routes are never held back, and who does not come is waited for half a
 * minute. So any number of speakers may restart at once.
 */
#include "bgpd/session.h"

#include <stdlib.h>

#include "lib/log.h"
#include "lib/util.h"

/* A peer that is down must not make us wait longer than our other peers keep our
 * stale routes: RFC 4724 section 4.1 leaves the time to us. */
enum { ABSENT_MS = 30000 };

/* Will this peer still send its End-of-RIB? */
static bool owes_eor(const struct peer *p)
{
	if (p->idle != PEER_RUNS)
		return false;
	if (p->state != FSM_ESTABLISHED)
		return !p->bgp->absent_over;
	if (!p->gr_both || p->rx_open.gr_restarting)
		return false; /* cannot, or waits for us: RFC 4724 section 4.1 */
	for (size_t i = 0; i < FAMS; i++)
		if (p->chan[i].up && !p->chan[i].disabled && !p->chan[i].eor_rx)
			return true;
	return false;
}

bool gr_converging(const struct bgp *b)
{
	const struct peer *p;

	TAILQ_FOREACH (p, &b->peers, link)
		if (owes_eor(p))
			return true;
	/* Dynamic peers that were here before the restart and are not back yet. */
	for (size_t i = 0; i < b->n_expected && !b->absent_over; i++)
		if (!peer_find(b, &b->expected[i]))
			return true;
	return false;
}

static void converged(struct bgp *b)
{
	if (b->converged || b->stopping)
		return;
	b->converged = true;
	b->restarting = false;
	free(b->expected);
	b->expected = NULL;
	b->n_expected = 0;
	ev_timer_stop(&b->defer_timer);
	log_info(LOG_SESSION, "bgp: converged after the start");
	if (b->hooks->converged)
		b->hooks->converged(b);
}

void gr_wait(struct bgp *b)
{
	if (!b->converged && !b->defer_timer.pending)
		ev_timer_set(&b->defer_timer,
			     MIN_OF(b->cfg->gr_defer_s * 1000, ABSENT_MS));
}

void gr_wait_expired(void *arg)
{
	struct bgp *b = arg;
	int64_t rest = b->cfg->gr_defer_s * 1000 - ABSENT_MS;

	if (b->absent_over || rest <= 0) {
		converged(b);
		return;
	}
	b->absent_over = true;
	ev_timer_set(&b->defer_timer, rest);
	gr_check(b);
}

void gr_check(struct bgp *b)
{
	if (b->defer_timer.pending && !gr_converging(b))
		converged(b);
}
