/*
 * The state machine of one connection (RFC 4271 section 8), as rows. A peer may
 * have two connections while a collision is open; each runs through this alone,
 * and the one that reaches Established is the session. When to dial is peer.c's.
 *
 * RFC 4271, 6608 (FSM error subcodes), 2918 and 7313 (route refresh), 9687 (send
 * hold timer). We differ: DelayOpen and the optional attributes of 8.1.1 are not
 * there.
 */
#include "bgpd/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bgpd/callers.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"

enum fsm_event {
	FE_TCP_UP,
	FE_OPEN,
	FE_UPDATE,
	FE_NOTIFICATION,
	FE_KEEPALIVE,
	FE_REFRESH,
	FE_CLOSED,
	FE_HOLD_EXPIRED,
	FE_SEND_HOLD_EXPIRED,
	FE_COUNT
};

/* What an event carries. */
struct fsm_arg {
	const uint8_t *msg; /* whole message */
	size_t len;
	int err; /* errno of FE_CLOSED, 0 = end of file */
};

/* Return: true to go on to the row's next state, false when c has ended. */
typedef bool fsm_action(struct conn *c, const struct fsm_arg *a);

static fsm_action do_send_open, do_open, do_alive, do_update, do_refresh;
static fsm_action do_notification, do_closed, do_hold_expired, do_send_hold_expired;

static const struct fsm_row {
	enum fsm_state state;
	enum fsm_event event;
	fsm_action *action;
	enum fsm_state next; /* FSM_IDLE: the action ends the connection */
} rows[] = {
	{ FSM_CONNECT, FE_TCP_UP, do_send_open, FSM_OPENSENT },
	{ FSM_CONNECT, FE_CLOSED, do_closed, FSM_IDLE },

	{ FSM_OPENSENT, FE_OPEN, do_open, FSM_OPENCONFIRM },
	{ FSM_OPENSENT, FE_NOTIFICATION, do_notification, FSM_IDLE },
	{ FSM_OPENSENT, FE_CLOSED, do_closed, FSM_IDLE },
	{ FSM_OPENSENT, FE_HOLD_EXPIRED, do_hold_expired, FSM_IDLE },
	{ FSM_OPENSENT, FE_SEND_HOLD_EXPIRED, do_send_hold_expired, FSM_IDLE },

	{ FSM_OPENCONFIRM, FE_KEEPALIVE, do_alive, FSM_ESTABLISHED },
	{ FSM_OPENCONFIRM, FE_NOTIFICATION, do_notification, FSM_IDLE },
	{ FSM_OPENCONFIRM, FE_CLOSED, do_closed, FSM_IDLE },
	{ FSM_OPENCONFIRM, FE_HOLD_EXPIRED, do_hold_expired, FSM_IDLE },
	{ FSM_OPENCONFIRM, FE_SEND_HOLD_EXPIRED, do_send_hold_expired, FSM_IDLE },

	{ FSM_ESTABLISHED, FE_KEEPALIVE, do_alive, FSM_ESTABLISHED },
	{ FSM_ESTABLISHED, FE_UPDATE, do_update, FSM_ESTABLISHED },
	{ FSM_ESTABLISHED, FE_REFRESH, do_refresh, FSM_ESTABLISHED },
	{ FSM_ESTABLISHED, FE_NOTIFICATION, do_notification, FSM_IDLE },
	{ FSM_ESTABLISHED, FE_CLOSED, do_closed, FSM_IDLE },
	{ FSM_ESTABLISHED, FE_HOLD_EXPIRED, do_hold_expired, FSM_IDLE },
	{ FSM_ESTABLISHED, FE_SEND_HOLD_EXPIRED, do_send_hold_expired, FSM_IDLE },
};

static void session_up(struct conn *c);

/* A message where none of its kind may come (RFC 6608). */
static void unexpected(struct conn *c, const struct fsm_arg *a)
{
	uint8_t sub = (uint8_t)(c->state - FSM_OPENSENT + 1);
	uint8_t type = a->msg ? a->msg[MSG_HEADER_LEN - 1] : 0;
	struct notif n = notif_make(NOTIF_FSM, sub, &type, 1);

	session_notify(c, &n, NULL);
}

static void run(struct conn *c, enum fsm_event ev, const struct fsm_arg *a)
{
	const struct fsm_row *r = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && !r; i++)
		if (rows[i].state == c->state && rows[i].event == ev)
			r = &rows[i];
	if (!r) {
		unexpected(c, a);
		return;
	}
	if (!r->action(c, a) || r->next == FSM_IDLE || r->next == c->state)
		return;
	c->state = r->next;
	if (c->state == FSM_ESTABLISHED)
		session_up(c);
	else
		peer_update_state(c->peer);
}

/* ---- events from conn.c ---- */

void session_connected(struct conn *c, int err)
{
	struct fsm_arg a = { .err = err };

	run(c, err ? FE_CLOSED : FE_TCP_UP, &a);
}

void session_message(struct conn *c, const struct msg_header *h, const uint8_t *msg)
{
	static const enum fsm_event by_type[] = {
		[MSG_OPEN] = FE_OPEN,
		[MSG_UPDATE] = FE_UPDATE,
		[MSG_NOTIFICATION] = FE_NOTIFICATION,
		[MSG_KEEPALIVE] = FE_KEEPALIVE,
		[MSG_ROUTE_REFRESH] = FE_REFRESH,
	};
	struct fsm_arg a = { .msg = msg, .len = h->len };
	struct peer *p = c->peer;

	c->rx_ms = p->last_rx_ms = clock_ms();
	p->stats.rx[0]++;
	p->stats.rx[h->type]++;
	run(c, by_type[h->type], &a);
}

void session_closed(struct conn *c, int err)
{
	struct fsm_arg a = { .err = err };

	run(c, FE_CLOSED, &a);
}

void session_hold_expired(struct conn *c)
{
	/* Late is not dead: bytes may wait in the socket while we were busy, and
	 * messages do not restart the timer, they only leave their time. */
	conn_read_now(c);
	if (!c->peer)
		return;

	int64_t left = c->rx_ms + c->hold_s * 1000 - clock_ms();

	if (left > 0)
		ev_timer_set(&c->hold, left);
	else
		run(c, FE_HOLD_EXPIRED, &(struct fsm_arg) { 0 });
}

void session_send_hold_expired(struct conn *c)
{
	run(c, FE_SEND_HOLD_EXPIRED, &(struct fsm_arg) { 0 });
}

/* ---- actions ---- */

static bool do_send_open(struct conn *c, const struct fsm_arg *a UNUSED)
{
	uint8_t raw[MSG_MAX];
	struct wbuf w = wbuf_of(raw, sizeof(raw));

	conn_open(c);
	open_make(c->peer, &c->tx_open);
	if (open_encode(&w, &c->tx_open)) {
		session_closed(c, EMSGSIZE); /* cannot be: names are short */
		return false;
	}
	conn_send(c, MSG_OPEN, &w);
	return true;
}

/* Families of an OPEN, "l2vpn evpn, ila unicast (2/241), 1/128"; Return: buf. */
static const char *families_text(const struct open_msg *o, char *buf, size_t size)
{
	size_t at = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < o->n_families && at < size; i++) {
		const struct open_family *of = &o->fam[i];
		const struct family *f = family_find(of->afi, of->safi);

		if (!of->mp)
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "",
				       f ? f->ops->name : "");
		if (at < size && (!f || f->index == FAM_ILA))
			at += (size_t)snprintf(buf + at, size - at,
					       f ? " (%u/%u)" : "%u/%u", of->afi,
					       of->safi);
	}
	return buf;
}

/* Of no family in common it is said which there are: one side has to be told. */
static void refuse_open(struct conn *c, const struct notif *n)
{
	char ours[96], theirs[96], what[160], text[400];

	if (n->code != NOTIF_OPEN || n->sub != OPEN_CAPABILITY) {
		session_notify(c, n, NULL);
		return;
	}
	notif_format(n, what, sizeof(what));
	snprintf(text, sizeof(text),
		 "NOTIFICATION sent: %s, no address family in common, ours: %s; "
		 "theirs: %s",
		 what, families_text(&c->tx_open, ours, sizeof(ours)),
		 families_text(&c->rx_open, theirs, sizeof(theirs)));
	session_notify(c, n, text);
}

static bool do_open(struct conn *c, const struct fsm_arg *a)
{
	struct open_msg *o = &c->rx_open;
	struct notif err;

	if (open_decode(a->msg + MSG_HEADER_LEN, a->len - MSG_HEADER_LEN, o, &err) ||
	    open_check(c->peer, o, &err)) {
		refuse_open(c, &err);
		return false;
	}
	if (collision_resolve(c))
		return false;
	open_timers(c->peer, o, &c->hold_s, &c->keepalive_s);
	conn_send_keepalive(c);
	if (!c->hold_s) {
		ev_timer_stop(&c->hold);
		return true;
	}
	ev_timer_set(&c->hold, c->hold_s * 1000);
	ev_timer_set(&c->keepalive, ev_jitter(c->keepalive_s * 1000));
	return true;
}

static bool do_alive(struct conn *c UNUSED, const struct fsm_arg *a UNUSED)
{
	return true; /* its time was noted by session_message() */
}

static bool do_update(struct conn *c, const struct fsm_arg *a)
{
	struct rbuf body = rbuf_of(a->msg + MSG_HEADER_LEN, a->len - MSG_HEADER_LEN);
	struct peer *p = c->peer;
	struct notif err = notif_make(NOTIF_UPDATE, 1, NULL, 0);

	p->last_update_ms = clock_ms();
	if (p->bgp->hooks->update(p, body, &err) != V_RESET)
		return c->peer != NULL;
	if (!c->peer) /* the layer above has ended it already */
		return false;
	if (err.code == NOTIF_CEASE) /* a limit: at once it would be reached again */
		peer_notify_down(p, &err, true);
	else
		session_notify(c, &err, NULL);
	return false;
}

static bool do_refresh(struct conn *c, const struct fsm_arg *a)
{
	struct peer *p = c->peer;
	const struct family *f;
	struct msg_refresh m;
	struct notif err;

	if (msg_refresh_decode(a->msg, a->len, &m, &err)) {
		session_notify(c, &err, NULL);
		return false;
	}
	f = family_find(m.afi, m.safi);
	if (!f || !p->chan[f->index].up || p->chan[f->index].disabled)
		return true;
	if (m.sub > RR_END || (m.sub != RR_REQUEST && !p->refresh_enhanced))
		return true;
	/* RFC 7313 section 4: before End-of-RIB all is stale or new anyway, and what
	 * nobody has begun cannot end. */
	if (m.sub != RR_REQUEST && p->chan[f->index].gr && !p->chan[f->index].eor_rx)
		return true;
	p->bgp->hooks->refresh(p, f, m.sub);
	return c->peer != NULL;
}

static bool do_notification(struct conn *c, const struct fsm_arg *a)
{
	struct rbuf r = rbuf_of(a->msg + MSG_HEADER_LEN, a->len - MSG_HEADER_LEN);
	char what[160], why[256], ours[96], text[512];
	struct peer *p = c->peer;
	struct notif n;

	if (msg_notif_decode(&r, &n)) {
		session_closed(c, EBADMSG); /* never answer one with another */
		return false;
	}
	p->stats.notif_rx++;
	p->last_notif = n;
	p->last_notif_sent = false;
	notif_format(&n, what, sizeof(what));
	notif_message(&n, why, sizeof(why));
	snprintf(text, sizeof(text), "NOTIFICATION received: %s%s%s%s", what,
		 why[0] ? " \"" : "", why, why[0] ? "\"" : "");
	if (n.code == NOTIF_OPEN && n.sub == OPEN_CAPABILITY)
		snprintf(text, sizeof(text),
			 "NOTIFICATION received: %s, we offered: %s", what,
			 families_text(&c->tx_open, ours, sizeof(ours)));
	session_end(c, &(struct end) { .kind = END_NOTIF_RX, .n = &n, .text = text });
	return false;
}

static bool do_closed(struct conn *c, const struct fsm_arg *a)
{
	char text[96];

	if (c->state == FSM_CONNECT) {
		c->peer->stats.connect_fails++;
		snprintf(text, sizeof(text), "Connection failed: %s", strerror(a->err));
	} else if (a->err) {
		snprintf(text, sizeof(text), "Connection lost: %s", strerror(a->err));
	} else {
		snprintf(text, sizeof(text), "Peer closed the session");
	}
	session_end(c, &(struct end) { .kind = END_TCP, .text = text });
	return false;
}

static bool do_hold_expired(struct conn *c, const struct fsm_arg *a UNUSED)
{
	struct notif n = notif_make(NOTIF_HOLD, 0, NULL, 0);

	session_notify(c, &n, "Hold Timer Expired");
	return false;
}

static bool do_send_hold_expired(struct conn *c, const struct fsm_arg *a UNUSED)
{
	struct notif n = notif_make(NOTIF_SEND_HOLD, 0, NULL, 0);

	session_notify(c, &n, "Send Hold Timer Expired");
	return false;
}

/* ---- up and down ---- */

static void log_up(const struct peer *p)
{
	char addr[ADDR_STR], id[ADDR_STR];
	struct ip rid = ip4_of(p->remote_id);

	log_info(LOG_SESSION, "peer %s: up, as=%u id=%s hold_s=%u keepalive_s=%u gr=%d",
		 ip_format(&p->addr, addr), p->remote_as, ip_format(&rid, id),
		 p->hold_s, p->keepalive_s, p->gr_both);
}

/* Two speakers with one identifier (often made of the same bridge's address on every
 * host) drop each other's reflected routes as their own, and say nothing. One speaker
 * with two sessions looks the same. */
static void look_for_twin(const struct peer *p)
{
	static struct log_limit limit;
	char addr[ADDR_STR], other[ADDR_STR], id[ADDR_STR];
	struct ip rid = ip4_of(p->remote_id);
	const struct peer *q;

	TAILQ_FOREACH (q, &p->bgp->peers, link)
		if (q != p && q->state == FSM_ESTABLISHED &&
		    q->remote_id == p->remote_id && q->remote_as == p->remote_as)
			break;
	if (!q)
		return;
	p->bgp->shared_ids++;
	if (log_ratelimited(&limit, 10))
		log_warn(LOG_SESSION,
			 "peer %s: identifier %s is that of peer %s, too: if these are "
			 "two speakers, neither takes routes of the other",
			 ip_format(&p->addr, addr), ip_format(&rid, id),
			 ip_format(&q->addr, other));
}

static void session_up(struct conn *c)
{
	struct peer *p = c->peer;
	struct conn *other = peer_other(p, c);

	if (other && other->outgoing) { /* our own dial, late */
		struct notif n = notif_make(NOTIF_CEASE, CEASE_COLLISION, NULL, 0);

		conn_finish(other, other->state == FSM_CONNECT ? NULL : &n);
	}
	ev_timer_stop(&p->connect_timer);
	open_apply(p, c);
	p->stats.established++;
	p->up_ms = p->last_update_ms = clock_ms();
	p->up_epoch_s = time(NULL);
	peer_update_state(p);
	log_up(p);
	look_for_twin(p);
	gr_up(p);
	p->bgp->hooks->up(p);
	if (p->bgp->hooks->session)
		p->bgp->hooks->session(p->bgp);
	bgp_tidy(p->bgp);
}

enum { LASTED_MS = 30000 }; /* a session this long is held against nobody */

static bool lasted(const struct peer *p)
{
	return clock_ms() - p->up_ms >= LASTED_MS;
}

/* Does this end count against whoever called? Not what we or an operator decided,
 * and not a lost collision. */
static bool is_fault(const struct conn *c, const struct end *e)
{
	if (c->outgoing || (c->state == FSM_ESTABLISHED && lasted(c->peer)))
		return false;
	switch (e->kind) {
	case END_NOTIF_TX:
		return e->n->code != NOTIF_CEASE;
	case END_NOTIF_RX:
		return e->n->code != NOTIF_CEASE || e->n->sub != CEASE_COLLISION;
	case END_TCP:
	case END_REPLACED:
		return true;
	case END_SILENT:
		return false;
	}
	return false;
}

static void session_down(struct peer *p, const struct end *e)
{
	char addr[ADDR_STR];
	bool keep = gr_keeps(p, e);
	int64_t now = clock_ms();

	log_info(LOG_SESSION, "peer %s: down, %s, up_s=%lld keep_stale=%d",
		 ip_format(&p->addr, addr), e->text, (long long)(now - p->up_ms) / 1000,
		 keep);
	p->backoff = 0;
	p->down_ms = now;
	p->stats.dropped++;
	gr_down(p, keep);
}

static void log_failure(struct peer *p, const struct end *e)
{
	static struct log_limit limit;
	char addr[ADDR_STR];

	if (!log_ratelimited(&limit, 20))
		return;
	log_info(LOG_SESSION, "peer %s: no session, %s, more_since_last=%u",
		 ip_format(&p->addr, addr), e->text, limit.suppressed);
	limit.suppressed = 0;
}

void session_end(struct conn *c, const struct end *e)
{
	struct peer *p = c->peer;
	bool was_up = c->state == FSM_ESTABLISHED;

	if (is_fault(c, e))
		callers_fault(p->bgp->callers, &p->addr, clock_ms(),
			      was_up ? CALLER_FLAP_MS : CALLER_FAULT_MS);
	if (e->kind == END_NOTIF_TX) {
		p->stats.notif_tx++;
		p->last_notif = *e->n;
		p->last_notif_sent = true;
	}
	if (e->kind == END_TCP || e->kind == END_REPLACED)
		conn_abort(c);
	else
		conn_finish(c, e->kind == END_NOTIF_TX ? e->n : NULL);
	if (was_up || !p->conn[0])
		snprintf(p->last_reset, sizeof(p->last_reset), "%s", e->text);
	if (was_up)
		session_down(p, e);
	else
		log_failure(p, e);
	if (!p->conn[0])
		peer_retry(p, e->damp);
	else
		peer_update_state(p);
	bgp_tidy(p->bgp);
}

void session_notify(struct conn *c, const struct notif *n, const char *text)
{
	char what[160], line[200];

	if (!text) {
		notif_format(n, what, sizeof(what));
		snprintf(line, sizeof(line), "NOTIFICATION sent: %s", what);
		text = line;
	}
	struct end e = { .kind = END_NOTIF_TX, .n = n, .text = text };

	e.damp = n->code != NOTIF_CEASE;
	if (c->state == FSM_CONNECT) /* nobody to tell */
		e.kind = END_SILENT;
	session_end(c, &e);
}
