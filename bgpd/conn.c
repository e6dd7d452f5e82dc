/*
 * One TCP connection: bytes in become whole messages, queued txbufs go out with
 * writev(), an ended connection delivers its NOTIFICATION. What messages mean is
 * session.c's; sockets are made in transport.c.
 *
 * All connections read into one buffer, as only one reads at a time; between two
 * turns a connection keeps no more than the start of an incomplete message.
 */
#include "bgpd/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>

#include "bgpd/session.h"
#include "bgpd/transport.h"
#include "lib/clock.h"
#include "lib/util.h"
#include "lib/wbuf.h"

enum {
	RX_BUF = 2 * 65536,  /* a longest message and then some */
	RX_TURN = 256 << 10, /* bytes read before others have their turn */
	TX_TURN = 1 << 20,
	LINGER_MS = 1000,
	SEND_HOLD_MIN_S = 8 * 60, /* RFC 9687 section 6 */
	OPEN_HOLD_S = 60,  /* until OPEN; RFC 4271 section 8.2.2 would wait 240 */
	CLOSING_MAX = 256, /* connections whose last words are waited for */
};

static void on_read(evutil_socket_t fd, short what, void *arg);
static void on_write(evutil_socket_t fd, short what, void *arg);

static void on_hold(void *arg)
{
	session_hold_expired(arg);
}

static void on_keepalive(void *arg)
{
	struct conn *c = arg;

	conn_send_keepalive(c);
	ev_timer_set(&c->keepalive, ev_jitter(c->keepalive_s * 1000));
}

static int64_t send_hold_ms(const struct conn *c)
{
	return 1000 * MAX_OF(SEND_HOLD_MIN_S, 2 * c->hold_s);
}

static void on_send_hold(void *arg)
{
	struct conn *c = arg;
	int64_t left = c->progress_ms + send_hold_ms(c) - clock_ms();

	if (!c->txq.n)
		return;
	if (left > 0)
		ev_timer_set(&c->send_hold, left);
	else
		session_send_hold_expired(c);
}

static void release(struct conn *c)
{
	if (c->fd < 0)
		return;
	if (c->rd)
		event_free(c->rd);
	if (c->wr)
		event_free(c->wr);
	close(c->fd);
	c->fd = -1;
	ev_timer_fini(&c->hold);
	ev_timer_fini(&c->keepalive);
	ev_timer_fini(&c->send_hold);
	ev_timer_fini(&c->linger);
	txq_clear(&c->txq);
	free(c->part);
	c->part = NULL;
}

/* Detached and done with: memory goes when nobody up the stack can look at it. */
void conn_bury(struct conn *c)
{
	struct bgp *b = c->bgp;

	TAILQ_REMOVE(&b->closing, c, link);
	b->n_closing--;
	release(c);
	TAILQ_INSERT_TAIL(&b->dead, c, link);
	bgp_drained(b);
	bgp_tidy(b);
}

static void on_linger(void *arg)
{
	conn_bury(arg);
}

static struct event *must(struct event *ev)
{
	if (!ev)
		abort(); /* out of memory, as in xcalloc() */
	return ev;
}

static struct conn *conn_make(struct bgp *b, int fd)
{
	struct conn *c = xcalloc(1, sizeof(*c));
	struct event_base *base = b->base;

	c->bgp = b;
	c->fd = fd;
	c->state = FSM_CONNECT;
	c->start_ms = c->rx_ms = c->progress_ms = clock_ms();
	c->hold_s = OPEN_HOLD_S;
	c->rd = must(event_new(base, fd, EV_READ | EV_PERSIST, on_read, c));
	c->wr = must(event_new(base, fd, EV_WRITE, on_write, c));
	ev_timer_init(&c->hold, base, on_hold, c);
	ev_timer_init(&c->keepalive, base, on_keepalive, c);
	ev_timer_init(&c->send_hold, base, on_send_hold, c);
	ev_timer_init(&c->linger, base, on_linger, c);
	return c;
}

struct conn *conn_new(struct peer *p, int fd, bool outgoing)
{
	struct conn *c = conn_make(p->bgp, fd);

	c->peer = p;
	c->outgoing = outgoing;
	return c;
}

void conn_dialing(struct conn *c)
{
	event_add(c->wr, NULL);
}

void conn_open(struct conn *c)
{
	transport_addresses(c->fd, &c->local, &c->local_port, NULL, &c->remote_port);
	c->rx_ms = clock_ms();
	event_add(c->rd, NULL);
	ev_timer_set(&c->hold, c->hold_s * 1000);
}

/* ---- out ---- */

static void want_write(struct conn *c)
{
	if (event_pending(c->wr, EV_WRITE, NULL))
		return; /* the socket is full, or a turn is coming */
	/* Not at once: what this turn of the loop still queues goes along. */
	event_active(c->wr, EV_WRITE, 0);
	if (!c->peer)
		return;
	c->progress_ms = clock_ms();
	if (!c->send_hold
		     .pending) /* stays so when all is sent, and then does nothing */
		ev_timer_set(&c->send_hold, send_hold_ms(c));
}

size_t conn_tx_limit(void)
{
	return txbuf_total() < TXBUF_TOTAL ? PEER_TXQ_LIMIT : PEER_TXQ_LEAST;
}

void conn_queue(struct conn *c, struct txbuf *t)
{
	txq_push(&c->txq, t);
	if (c->txq.bytes > PEER_TXQ_LIMIT / 2)
		c->tx_high = true;
	want_write(c);
}

static struct txbuf *txbuf_of(const struct wbuf *w)
{
	struct txbuf *t = txbuf_new((uint32_t)w->len);

	memcpy(t->data, w->base, w->len);
	t->len = (uint32_t)w->len;
	return t;
}

static void count_tx(struct conn *c, enum msg_type type)
{
	if (!c->peer)
		return;
	c->peer->stats.tx[0]++;
	c->peer->stats.tx[type]++;
}

void conn_send(struct conn *c, enum msg_type type, const struct wbuf *msg)
{
	struct txbuf *t = txbuf_of(msg);

	txq_push_first(&c->txq, t);
	txbuf_unref(t);
	count_tx(c, type);
	want_write(c);
}

void conn_send_keepalive(struct conn *c)
{
	uint8_t raw[MSG_HEADER_LEN];
	struct wbuf w = wbuf_of(raw, sizeof(raw));

	msg_keepalive_encode(&w);
	if (txq_next_is(&c->txq, raw, w.len))
		return; /* the peer reads slowly; one is enough */
	conn_send(c, MSG_KEEPALIVE, &w);
}

static void sent(struct conn *c, size_t n)
{
	struct peer *p = c->peer;
	uint64_t updates = 0;

	txq_sent(&c->txq, n, &updates);
	c->progress_ms = clock_ms();
	if (!p)
		return;
	p->stats.tx_bytes += n;
	p->stats.tx[0] += updates;
	p->stats.tx[MSG_UPDATE] += updates;
	p->last_tx_ms = c->progress_ms;
}

/* One buffer is what a single change is for each of its receivers: the cheaper call. */
static ssize_t write_some(struct conn *c)
{
	struct iovec iov[TXQ_IOV];
	int n = txq_iov(&c->txq, iov);

	return n == 1 ? send(c->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
		      : writev(c->fd, iov, n);
}

/* Return: 0 when the queue is empty or the turn over, -EAGAIN, or why not. */
static int write_turn(struct conn *c)
{
	size_t done = 0;

	while (c->txq.n && done < TX_TURN) {
		ssize_t n = write_some(c);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
		sent(c, (size_t)n);
	}
	return 0;
}

/* The last bytes of a detached connection: NOTIFICATION, then our FIN; the peer
 * reads the one reliably only if we wait for its own FIN. */
static void finish_turn(struct conn *c, int err)
{
	if (err && err != -EAGAIN) {
		conn_bury(c);
		return;
	}
	if (c->txq.n) {
		event_add(c->wr, NULL);
	} else if (!c->fin_sent) {
		c->fin_sent = true;
		shutdown(c->fd, SHUT_WR);
	}
}

static void on_write(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct conn *c = arg;

	if (c->peer && c->state == FSM_CONNECT) {
		int err = 0;
		socklen_t len = sizeof(err);

		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len))
			err = errno;
		session_connected(c, err);
		return;
	}

	int err = write_turn(c);

	if (!c->peer) {
		finish_turn(c, err);
		return;
	}
	if (err && err != -EAGAIN) {
		session_closed(c, -err);
		return;
	}
	if (c->txq.n)
		event_add(c->wr, NULL);
	if (c->tx_high && c->txq.bytes < conn_tx_limit() / 2) {
		c->tx_high = false;
		if (c->state == FSM_ESTABLISHED)
			c->bgp->hooks->drained(c->peer);
	}
}

/* ---- in ---- */

/* Hand over whole messages; Return: bytes used. The connection may be detached
 * after any of them. */
static size_t take_messages(struct conn *c, const uint8_t *buf, size_t len)
{
	size_t at = 0;

	while (c->peer && len - at >= MSG_HEADER_LEN) {
		struct msg_header h;
		struct notif err;

		/* We always send the capability, so any length is legal (RFC 8654),
		 * but not before the peer has said that it has it too. */
		if (msg_header_decode(buf + at,
				      c->state == FSM_ESTABLISHED ? MSG_MAX_EXTENDED
								  : MSG_MAX,
				      &h, &err)) {
			session_notify(c, &err, NULL);
			break;
		}
		if (len - at < h.len)
			break;
		session_message(c, &h, buf + at);
		at += h.len;
	}
	return at;
}

static size_t part_load(struct conn *c)
{
	size_t len = c->part_len;

	if (len)
		memcpy(c->bgp->rx_buf, c->part, len);
	c->part_len = 0;
	return len;
}

static void part_save(struct conn *c, size_t len)
{
	if (!c->peer || !len) {
		free(c->part);
		c->part = NULL;
		return;
	}
	c->part = xrealloc(c->part, len);
	memcpy(c->part, c->bgp->rx_buf, len);
	c->part_len = len;
}

void conn_read_now(struct conn *c)
{
	struct bgp *b = c->bgp;
	size_t have = part_load(c), turn = 0;

	while (c->peer && turn < RX_TURN) {
		size_t room = RX_BUF - have;
		ssize_t n = recv(c->fd, b->rx_buf + have, room, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n <= 0) {
			session_closed(c, n ? errno : 0);
			break;
		}
		c->peer->stats.rx_bytes += (size_t)n;
		turn += (size_t)n;
		have += (size_t)n;

		size_t used = take_messages(c, b->rx_buf, have);

		have -= used;
		memmove(b->rx_buf, b->rx_buf + used, have);
		if ((size_t)n < room)
			break; /* most likely empty; epoll tells if not */
	}
	part_save(c, have);
}

static void discard(struct conn *c)
{
	for (int i = 0; i < 8; i++) {
		ssize_t n = recv(c->fd, c->bgp->rx_buf, RX_BUF, 0);

		if (n > 0)
			continue;
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			conn_bury(c);
		return;
	}
}

static void on_read(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct conn *c = arg;

	if (c->peer)
		conn_read_now(c);
	else
		discard(c);
}

/* ---- the end ---- */

static void close_soon(struct conn *c)
{
	struct bgp *b = c->bgp;

	TAILQ_INSERT_TAIL(&b->closing, c, link);
	if (++b->n_closing > CLOSING_MAX) {
		b->limits[LIMIT_CLOSING]++;
		conn_bury(TAILQ_FIRST(&b->closing));
	}
}

static void detach(struct conn *c)
{
	peer_detach(c->peer, c);
	c->peer = NULL;
	ev_timer_stop(&c->hold);
	ev_timer_stop(&c->keepalive);
	ev_timer_stop(&c->send_hold);
	close_soon(c);
}

static void send_notif(struct conn *c, const struct notif *n)
{
	uint8_t raw[MSG_HEADER_LEN + 2 + NOTIF_DATA_MAX];
	struct wbuf w = wbuf_of(raw, sizeof(raw));

	msg_notif_encode(&w, n);
	conn_send(c, MSG_NOTIFICATION, &w);
}

void conn_finish(struct conn *c, const struct notif *n)
{
	if (c->state == FSM_CONNECT) {
		conn_abort(c);
		return;
	}
	txq_trim(&c->txq);
	if (n)
		send_notif(c, n);
	detach(c);
	ev_timer_set(&c->linger, LINGER_MS);
	event_active(c->wr, EV_WRITE, 0);
}

void conn_refuse(struct bgp *b, int fd, const struct notif *n)
{
	struct conn *c;

	if (b->n_closing >= CLOSING_MAX / 2) { /* these are for those we knew */
		close(fd);
		return;
	}
	c = conn_make(b, fd);
	close_soon(c);
	event_add(c->rd, NULL);
	send_notif(c, n);
	ev_timer_set(&c->linger, LINGER_MS);
}

void conn_abort(struct conn *c)
{
	detach(c);
	conn_bury(c);
}

void conn_reap(struct bgp *b)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&b->dead))) {
		TAILQ_REMOVE(&b->dead, c, link);
		free(c);
	}
}
