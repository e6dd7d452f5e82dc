/*
 * Graceful restart bookkeeping (RFC 4724, RFC 8538): as the peer of one that
 * restarts, whose routes stay, until when, and what is swept; as the restarting
 * one, when everybody has told us everything. The routes themselves are the RIB's.
 */
#include "bgpd/session.h"

#include "lib/log.h"
#include "lib/util.h"

enum {
	/* A peer that is down must not make us wait longer than our other peers keep
	 * our stale routes: RFC 4724 section 4.1 leaves the time to us. */
	ABSENT_MS = 30000,
	/* Nobody knows how many peers listen ranges have: all, when no more come. */
	QUIET_MS = 2000,
};

static bool any_gr_family(const struct peer *p)
{
	for (size_t i = 0; i < FAMS; i++)
		if (p->chan[i].up && p->chan[i].gr)
			return true;
	return false;
}

bool gr_keeps(const struct peer *p, const struct end *e)
{
	if (e->kind == END_SILENT && p->bgp->stopping)
		return true; /* we are the one that restarts */
	if (!any_gr_family(p) || !p->rx_open.gr_time_s)
		return false;
	if (p->idle == PEER_LEAVING || p->idle == PEER_ADMIN_DOWN)
		return false; /* it will not come back */
	if (e->kind == END_NOTIF_RX || e->kind == END_NOTIF_TX)
		return p->notif_n && !notif_is_hard(e->n);
	return true;
}

static void sweep(struct peer *p, size_t i)
{
	p->chan[i].stale = false;
	p->bgp->hooks->stale_sweep(p, &families[i]);
}

/* Stop waiting when no family is stale any more. */
static void settle(struct peer *p)
{
	p->gr_stale = false;
	for (size_t i = 0; i < FAMS; i++)
		p->gr_stale |= p->chan[i].stale;
	if (!p->gr_stale)
		ev_timer_stop(&p->gr_timer);
}

void gr_forget(struct peer *p)
{
	bool was = p->gr_stale;

	p->gr_stale = false;
	for (size_t i = 0; i < FAMS; i++)
		p->chan[i].stale = false;
	ev_timer_stop(&p->gr_timer);
	if (was)
		p->bgp->hooks->stale_sweep(p, NULL);
}

void gr_down(struct peer *p, bool keep)
{
	gr_forget(p); /* a consecutive restart: RFC 4724 section 4.2 */
	p->bgp->hooks->down(p, keep);
	if (!keep || p->bgp->stopping)
		return;
	for (size_t i = 0; i < FAMS; i++)
		p->chan[i].stale = p->chan[i].up && p->chan[i].gr;
	p->gr_stale = true;
	ev_timer_set(&p->gr_timer, p->rx_open.gr_time_s * 1000);
}

void gr_up(struct peer *p)
{
	if (!p->bgp->converged)
		ev_timer_set(&p->bgp->quiet_timer, QUIET_MS);
	if (!p->gr_stale)
		return;
	for (size_t i = 0; i < FAMS; i++) {
		const struct channel *ch = &p->chan[i];

		if (ch->stale && !(ch->up && ch->gr && ch->gr_forward))
			sweep(p, i);
	}
	ev_timer_set(&p->gr_timer, p->bgp->cfg->gr_stale_s * 1000);
	settle(p);
}

void gr_timer_expired(void *arg)
{
	struct peer *p = arg;
	char addr[ADDR_STR];

	log_info(LOG_SESSION, "peer %s: %s, dropping stale routes",
		 ip_format(&p->addr, addr),
		 peer_established(p) ? "no End-of-RIB" : "restart time over");
	gr_forget(p);
	if (p->dynamic && !p->conn[0])
		peer_delete(p, NULL, "Restart time over");
}

void peer_eor_received(struct peer *p, const struct family *f)
{
	p->chan[f->index].eor_rx = true;
	if (p->chan[f->index].stale) {
		sweep(p, f->index);
		settle(p);
	}
	bgp_tidy(p->bgp);
}

/* ---- the restarting side ---- */

/* Will this peer still send its End-of-RIB? */
static bool owes_eor(const struct peer *p)
{
	if (p->idle != PEER_RUNS)
		return false;
	if (p->state != FSM_ESTABLISHED)
		return !p->bgp->absent_over;
	if (!p->rx_open.gr || p->rx_open.gr_restarting)
		return false; /* cannot, or waits for us: RFC 4724 section 4.1 */
	for (size_t i = 0; i < FAMS; i++)
		if (p->chan[i].up && !p->chan[i].disabled && !p->chan[i].eor_rx)
			return true;
	return false;
}

/* An End-of-RIB sent too early costs the clients of a reflector each other's routes. */
static bool ranges_fill(const struct bgp *b)
{
	if (!b->restarting || b->absent_over || TAILQ_EMPTY(&b->cfg->ranges))
		return false;
	return !b->n_dynamic || b->quiet_timer.pending;
}

bool gr_converging(const struct bgp *b)
{
	const struct peer *p;

	if (ranges_fill(b))
		return true;
	TAILQ_FOREACH (p, &b->peers, link)
		if (owes_eor(p))
			return true;
	return false;
}

static void converged(struct bgp *b)
{
	if (b->converged || b->stopping)
		return;
	b->converged = true;
	b->restarting = false;
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
