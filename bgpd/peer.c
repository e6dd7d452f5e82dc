/*
 * One neighbor: when to dial, whom to let in, how to end, and the calls that the
 * layers above make. Its connections run through session.c; which neighbors
 * there are is bgp.c's.
 *
 * Back-off: the first attempt after a loss comes within a second, each further
 * one doubles the time up to the connect timer of the configuration, all with
 * jitter; a session starts it anew. While it runs we listen (Active),
 * unless the peer broke the protocol: then it is refused too (Idle), for ten
 * seconds at most.
 */
#include "bgpd/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd/callers.h"
#include "bgpd/transport.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/util.h"
#include "lib/wbuf.h"

enum {
	FIRST_RETRY_MS = 1000,
	IDLE_MS = 10000,      /* who broke the protocol is refused no longer */
	HELD_MS = 300000,     /* a neighbor of a listen range that hit a limit */
	SLOW_OPEN_MS = 10000, /* the peer's connection hangs in OpenSent: dial too */
};

const char *fsm_state_name(enum fsm_state s)
{
	static const char *const names[] = {
		[FSM_IDLE] = "Idle",
		[FSM_CONNECT] = "Connect",
		[FSM_ACTIVE] = "Active",
		[FSM_OPENSENT] = "OpenSent",
		[FSM_OPENCONFIRM] = "OpenConfirm",
		[FSM_ESTABLISHED] = "Established",
	};

	return names[s];
}

const char *peer_idle_text(const struct peer *p)
{
	static const char *const texts[] = {
		[PEER_RUNS] = "",
		[PEER_ADMIN_DOWN] = "Administratively shut down",
		[PEER_NO_FAMILY] = "No address family is activated",
		[PEER_NO_AS] = "No remote-as",
		[PEER_NO_ID] = "No router id",
		[PEER_HELD] = "Held down, its routes were too many or too large",
		[PEER_LEAVING] = "Being removed",
	};

	return texts[p->idle];
}

/* ---- state and connections ---- */

void peer_set_state(struct peer *p, enum fsm_state s)
{
	char addr[ADDR_STR];

	if (p->state == s)
		return;
	log_debug(LOG_SESSION, "peer %s: %s -> %s", ip_format(&p->addr, addr),
		  fsm_state_name(p->state), fsm_state_name(s));
	p->state = s;
	p->stats.transitions++;
}

void peer_update_state(struct peer *p)
{
	struct conn **c = p->conn;

	if (!c[0] || (c[1] && c[1]->state > c[0]->state)) {
		struct conn *tmp = c[0];

		c[0] = c[1];
		c[1] = tmp;
	}
	if (c[0])
		peer_set_state(p, c[0]->state);
}

struct conn *peer_established(const struct peer *p)
{
	return p->conn[0] && p->conn[0]->state == FSM_ESTABLISHED ? p->conn[0] : NULL;
}

struct conn *peer_other(const struct peer *p, const struct conn *c)
{
	return p->conn[0] == c ? p->conn[1] : p->conn[0];
}

static void attach(struct peer *p, struct conn *c)
{
	p->conn[p->conn[0] ? 1 : 0] = c;
	if (c->outgoing) /* an accepted one is in OpenSent at once */
		peer_update_state(p);
}

void peer_detach(struct peer *p, struct conn *c)
{
	if (p->conn[0] == c) {
		p->conn[0] = p->conn[1];
		p->conn[1] = NULL;
	} else {
		p->conn[1] = NULL;
	}
}

static struct conn *find_direction(const struct peer *p, bool outgoing)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->conn); i++)
		if (p->conn[i] && p->conn[i]->outgoing == outgoing &&
		    p->conn[i]->state != FSM_ESTABLISHED)
			return p->conn[i];
	return NULL;
}

/* ---- dialing ---- */

static int64_t backoff_ms(struct peer *p, int64_t most)
{
	int64_t limit = MIN_OF(1000 * MAX_OF((int64_t)p->cfg.connect_s, 1), most);
	int64_t ms = FIRST_RETRY_MS << MIN_OF(p->backoff, 16u);

	if (ms < limit)
		p->backoff++;
	return ev_jitter(MIN_OF(ms, limit));
}

void peer_retry(struct peer *p, bool damp)
{
	if (p->idle != PEER_RUNS) {
		ev_timer_stop(&p->connect_timer);
		peer_set_state(p, FSM_IDLE);
		return;
	}
	if (p->dynamic) { /* it dials, not we */
		peer_set_state(p, FSM_IDLE);
		if (!p->gr_stale)
			peer_delete(p, NULL, "Session ended");
		return;
	}
	peer_set_state(p, damp ? FSM_IDLE : FSM_ACTIVE);
	if (p->cfg.passive && !damp)
		ev_timer_stop(&p->connect_timer);
	else
		ev_timer_set(&p->connect_timer,
			     backoff_ms(p, damp ? IDLE_MS : INT64_MAX));
}

static void dial(struct peer *p)
{
	struct transport t =
		transport_of(&p->cfg, nbr_is_ebgp(p->bgp, &p->cfg), p->bgp->port);
	static struct log_limit limit;
	char addr[ADDR_STR];
	struct conn *c;
	int fd = transport_connect(&t);

	if (fd < 0) {
		p->stats.connect_fails++;
		if (log_ratelimited(&limit, 60))
			log_warn(LOG_SESSION, "peer %s: cannot dial, %s",
				 ip_format(&p->addr, addr), strerror(-fd));
		if (!p->conn[0])
			peer_retry(p, false);
		return;
	}
	c = conn_new(p, fd, true);
	attach(p, c);
	conn_dialing(c);
	ev_timer_set(&p->connect_timer, 1000 * MAX_OF((int64_t)p->cfg.connect_s, 1));
}

/* Time for an attempt, or the one under way took too long. */
static void on_connect_timer(void *arg)
{
	struct peer *p = arg;
	struct conn *out = find_direction(p, true), *in = find_direction(p, false);

	if (p->idle != PEER_RUNS || peer_established(p))
		return;
	if (out && out->state == FSM_CONNECT) {
		session_closed(out, ETIMEDOUT);
		return;
	}
	if (p->cfg.passive) {
		if (!p->conn[0])
			peer_set_state(p, FSM_ACTIVE);
		return;
	}
	if (out || (in && clock_ms() - in->start_ms < SLOW_OPEN_MS))
		ev_timer_set(&p->connect_timer, SLOW_OPEN_MS);
	else
		dial(p);
}

static enum peer_idle idle_reason(const struct peer *p)
{
	if (p->cfg.shutdown)
		return PEER_ADMIN_DOWN;
	if (p->cfg.as_kind == CFG_AS_NUMBER && !p->cfg.remote_as)
		return PEER_NO_AS;
	if (!p->bgp->router_id) /* 0.0.0.0 is refused by everybody (RFC 6286) */
		return PEER_NO_ID;
	for (size_t i = 0; i < FAMS; i++)
		if (nbr_activates(&p->cfg, &families[i]))
			return PEER_RUNS;
	return PEER_NO_FAMILY;
}

void peer_start(struct peer *p)
{
	if (p->conn[0])
		return;
	ev_timer_stop(&p->held_timer);
	p->idle = idle_reason(p);
	p->backoff = 0;
	if (p->idle != PEER_RUNS || p->dynamic) {
		peer_set_state(p, FSM_IDLE);
		return;
	}
	peer_set_state(p, FSM_ACTIVE);
	if (!p->cfg.passive)
		dial(p);
}

/* ---- whom to let in ---- */

/* An older one of the same direction that got nowhere is dead for the peer. */
static void replace_incoming(struct peer *p)
{
	struct conn *old = find_direction(p, false);

	if (!old)
		return;
	callers_fault(p->bgp->callers, &p->addr, clock_ms(), CALLER_FAULT_MS);
	conn_abort(old);
}

void peer_accept(struct peer *p, int fd)
{
	struct transport t = transport_of(&p->cfg, nbr_is_ebgp(p->bgp, &p->cfg), 0);
	static struct log_limit limit;
	char addr[ADDR_STR];
	struct conn *c;
	int err;

	if (p->idle != PEER_RUNS || (p->state == FSM_IDLE && !p->dynamic)) {
		bgp_refuse(p->bgp, fd, &p->addr, REFUSE_IDLE);
		return;
	}
	err = transport_setup(fd, &t);
	if (err) {
		if (log_ratelimited(&limit, 10))
			log_warn(LOG_SESSION, "peer %s: socket options, %s",
				 ip_format(&p->addr, addr), strerror(-err));
		close(fd);
		if (p->dynamic && !p->conn[0])
			peer_retry(p, false); /* it is here for nothing */
		return;
	}
	replace_incoming(p);
	c = conn_new(p, fd, false);
	attach(p, c);
	session_connected(c, 0);
}

/* ---- ending ---- */

/* Is the session over for good? RFC 8538 section 5.1, where 4 is left to us. It would
 * keep the routes after 8, but they are what there was no room for. */
static bool is_final(const struct bgp *b, const struct notif *n)
{
	if (n->code != NOTIF_CEASE)
		return false;
	return n->sub == CEASE_MAX_PREFIX || n->sub == CEASE_RESOURCES ||
	       n->sub == CEASE_SHUTDOWN || n->sub == CEASE_DECONFIGURED ||
	       (n->sub == CEASE_RESET && !b->cfg->soft_admin_reset);
}

/* With notifications in graceful restart, only a hard reset ends it for good. */
static struct notif wrapped(const struct conn *c, const struct notif *n)
{
	bool up = c->state == FSM_ESTABLISHED;

	return up && c->peer->notif_n && is_final(c->bgp, n) ? notif_hard(n) : *n;
}

static void end_all(struct peer *p, const struct notif *n, const char *text)
{
	struct conn *c;

	while ((c = p->conn[0])) {
		if (n) {
			struct notif w = wrapped(c, n);

			session_notify(c, &w, text);
		} else {
			session_end(c,
				    &(struct end) { .kind = END_SILENT, .text = text });
		}
	}
}

void peer_stop(struct peer *p, const struct notif *n, const char *text,
	       enum peer_idle why)
{
	p->idle = why;
	ev_timer_stop(&p->connect_timer);
	ev_timer_stop(&p->held_timer);
	end_all(p, n, text);
	peer_set_state(p, FSM_IDLE);
	if (!p->bgp->stopping && why != PEER_RUNS)
		gr_forget(p);
}

static void hold(struct peer *p)
{
	p->idle = PEER_HELD;
	if (p->held_s)
		ev_timer_set(&p->held_timer, p->held_s * 1000);
}

static void on_held_timer(void *arg)
{
	struct peer *p = arg;
	char addr[ADDR_STR];

	log_info(LOG_SESSION, "peer %s: held long enough, held_s=%u",
		 ip_format(&p->addr, addr), p->held_s);
	peer_start(p);
}

void peer_notify_down(struct peer *p, const struct notif *n, bool hold_idle)
{
	char text[160];

	notif_format(n, text, sizeof(text));
	if (hold_idle && !p->dynamic)
		hold(p);
	if (hold_idle && p->dynamic) /* it will not be there to be held */
		callers_hold(p->bgp->callers, &p->addr, clock_ms(),
			     p->held_s ? p->held_s * 1000 : HELD_MS);
	end_all(p, n, text);
}

void peer_reset(struct peer *p, uint8_t cease_sub, const char *message)
{
	struct notif n = notif_shutdown(cease_sub, message);

	if (p->idle == PEER_LEAVING)
		return;
	callers_forgive(p->bgp->callers, &p->addr);
	p->backoff = 0;
	if (p->conn[0]) {
		end_all(p, &n, "Reset by the operator");
		return;
	}
	gr_forget(p); /* the one way to be rid of what a dead neighbor left */
	if (p->dynamic)
		peer_delete(p, NULL, "Reset by the operator");
	else
		peer_start(p);
}

/* ---- life ---- */

static uint32_t index_take(struct bgp *b, struct peer *p)
{
	uint32_t i = 0;

	while (i < b->n_index && b->by_index[i])
		i++;
	if (i == b->n_index) {
		uint32_t n = b->n_index ? b->n_index * 2 : 16;

		b->by_index = xrealloc(b->by_index, n * sizeof(struct peer *));
		memset(b->by_index + b->n_index, 0,
		       (n - b->n_index) * sizeof(struct peer *));
		b->n_index = n;
	}
	b->by_index[i] = p;
	return i;
}

static uint32_t addr_hash(const struct ip *addr)
{
	return hash32(addr->b, addr->len);
}

struct peer *peer_find(const struct bgp *b, const struct ip *addr)
{
	uint32_t hash = addr_hash(addr), at = hash, id;

	while ((id = hashidx_next(&b->by_addr, hash, &at)))
		if (ip_eq(&b->by_index[id - 1]->addr, addr))
			return b->by_index[id - 1];
	return NULL;
}

static void peer_list(struct peer *p)
{
	TAILQ_INSERT_TAIL(&p->bgp->peers, p, link);
	hashidx_add(&p->bgp->by_addr, addr_hash(&p->addr), p->index + 1);
}

void peer_unlist(struct peer *p)
{
	TAILQ_REMOVE(&p->bgp->peers, p, link);
	hashidx_del(&p->bgp->by_addr, addr_hash(&p->addr), p->index + 1);
}

struct peer *peer_new(struct bgp *b, const struct cfg_nbr *cfg, bool dynamic)
{
	struct peer *p = xcalloc(1, sizeof(*p));

	p->bgp = b;
	p->cfg = *cfg;
	p->addr = cfg->addr;
	p->dynamic = dynamic;
	p->remote_as = cfg->as_kind == CFG_AS_INTERNAL ? b->as : cfg->remote_as;
	p->ebgp = nbr_is_ebgp(b, cfg);
	p->state = FSM_IDLE;
	p->index = index_take(b, p);
	ev_timer_init(&p->connect_timer, b->base, on_connect_timer, p);
	ev_timer_init(&p->gr_timer, b->base, gr_timer_expired, p);
	ev_timer_init(&p->llgr_timer, b->base, gr_long_lived_expired, p);
	ev_timer_init(&p->held_timer, b->base, on_held_timer, p);
	peer_list(p);
	b->n_dynamic += dynamic;
	return p;
}

void peer_delete(struct peer *p, const struct notif *n, const char *text)
{
	struct bgp *b = p->bgp;

	if (p->idle == PEER_LEAVING)
		return;
	peer_stop(p, n, text, PEER_LEAVING);
	peer_unlist(p);
	b->n_dynamic -= p->dynamic;
	TAILQ_INSERT_TAIL(&b->leaving, p, link);
	bgp_tidy(b);
}

void peer_free(struct peer *p)
{
	struct bgp *b = p->bgp;

	if (b->hooks->gone)
		b->hooks->gone(p);
	b->by_index[p->index] = NULL;
	ev_timer_fini(&p->connect_timer);
	ev_timer_fini(&p->gr_timer);
	ev_timer_fini(&p->llgr_timer);
	ev_timer_fini(&p->held_timer);
	free(p);
}

/* ---- transmission ---- */

void peer_tx(struct peer *p, struct txbuf *t)
{
	struct conn *c = peer_established(p);

	if (c)
		conn_queue(c, t);
}

size_t peer_tx_queued(const struct peer *p)
{
	const struct conn *c = peer_established(p);

	return c ? c->txq.bytes : 0;
}

bool peer_tx_full(struct peer *p)
{
	struct conn *c = peer_established(p);

	if (!c || c->txq.bytes < conn_tx_limit())
		return false;
	c->tx_high = true;
	return true;
}

bool peer_tx_idle(const struct peer *p)
{
	return peer_tx_queued(p) < conn_tx_limit() / 8;
}

void peer_tx_watch(struct peer *p)
{
	struct conn *c = peer_established(p);

	if (c)
		c->tx_high = true;
}

int peer_refresh_send(struct peer *p, const struct family *f, uint8_t sub)
{
	struct msg_refresh m = { .afi = f->ops->afi, .sub = sub, .safi = f->ops->safi };
	struct conn *c = peer_established(p);
	struct txbuf *t;
	struct wbuf w;

	if (!c)
		return -ENOTCONN;
	if (!p->chan[f->index].up || !p->refresh)
		return -ENOTSUP;
	if (sub != RR_REQUEST && !p->refresh_enhanced)
		return -ENOTSUP;
	t = txbuf_new(MSG_HEADER_LEN + 4);
	w = wbuf_of(t->data, MSG_HEADER_LEN + 4);
	msg_refresh_encode(&w, &m);
	t->len = (uint32_t)w.len;
	conn_queue(c, t); /* in order: BoRR and EoRR embrace the routes */
	txbuf_unref(t);
	p->stats.tx[0]++;
	p->stats.tx[MSG_ROUTE_REFRESH]++;
	return 0;
}
