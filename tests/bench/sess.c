/*
 * Sessions of the load generator and of the relay: connection, OPEN and KEEPALIVE,
 * whole messages in, queued buffers out. What routes mean is not known here, and
 * the peer is trusted: a flaw in what it sends ends the program or the session.
 */
#include "tests/bench/sess.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd/peer.h"
#include "lib/util.h"
#include "tests/bench/gen.h"
#include "wire/msg.h"

enum { RX_BUF = 512 << 10, EVENTS = 256, BACKLOG = 1024 };

static const struct sess_hooks *hooks;
static uint32_t as;
static uint16_t hold_s;
static int ep = -1, listener = -1;
static uint8_t rx[RX_BUF];

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch(int op, int fd, uint32_t events, void *ptr)
{
	struct epoll_event ev = { .events = events, .data.ptr = ptr };

	if (epoll_ctl(ep, op, fd, &ev))
		die("epoll");
}

void sess_init(const struct sess_hooks *h, uint32_t local_as, uint16_t hold)
{
	hooks = h;
	as = local_as;
	hold_s = hold;
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0)
		die("epoll");
}

void sess_listen(const struct sockaddr_in *at)
{
	int on = 1;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (const struct sockaddr *)at, sizeof(*at)) ||
	    listen(listener, BACKLOG))
		die("listen");
	watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
}

/* ---- out ----------------------------------------------------------------------- */

static void want_out(struct sess *s, bool want)
{
	if (s->wants_out == want)
		return;
	s->wants_out = want;
	watch(EPOLL_CTL_MOD, s->fd, want ? EPOLLIN | EPOLLOUT : EPOLLIN, s);
}

static void flush(struct sess *s)
{
	while (s->txq.n) {
		struct iovec iov[TXQ_IOV];
		struct msghdr m = { .msg_iov = iov };
		uint64_t messages = 0;

		m.msg_iovlen = (size_t)txq_iov(&s->txq, iov);

		ssize_t n = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n <= 0) /* an error is found by reading */
			break;
		txq_sent(&s->txq, (size_t)n, &messages);
	}
	want_out(s, s->txq.n);
}

void sess_send(struct sess *s, struct txbuf *t)
{
	bool waits = s->txq.n;

	txq_push(&s->txq, t);
	if (!waits)
		flush(s);
}

static void send_copy(struct sess *s, const struct wbuf *w)
{
	struct txbuf *t = txbuf_new((uint32_t)w->len);

	memcpy(t->data, w->base, w->len);
	t->len = (uint32_t)w->len;
	sess_send(s, t);
	txbuf_unref(t);
}

static void keepalive(struct sess *s)
{
	uint8_t buf[MSG_HEADER_LEN];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	msg_keepalive_encode(&w);
	send_copy(s, &w);
}

void sess_keepalive(struct sess *s)
{
	if (s->state == SESS_UP && !s->txq.n)
		keepalive(s);
}

/* ---- begin and end ------------------------------------------------------------- */

static void opening(struct sess *s)
{
	uint8_t buf[512];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	int on = 1;

	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	s->state = SESS_OPENING;
	gen_open(&w, as, s->id, hold_s);
	send_copy(s, &w);
}

void sess_adopt(struct sess *s, int fd)
{
	s->fd = fd;
	s->wants_out = false;
	watch(EPOLL_CTL_ADD, fd, EPOLLIN, s);
	opening(s);
}

void sess_dial(struct sess *s, const struct sockaddr_in *to)
{
	struct sockaddr_in from = { .sin_family = AF_INET };

	from.sin_addr.s_addr = htonl(s->id);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&from, sizeof(from)))
		die("bind");
	if (connect(s->fd, (const struct sockaddr *)to, sizeof(*to)) &&
	    errno != EINPROGRESS)
		die("connect");
	s->state = SESS_CONNECTING;
	s->wants_out = true;
	watch(EPOLL_CTL_ADD, s->fd, EPOLLIN | EPOLLOUT, s);
}

void sess_close(struct sess *s)
{
	close(s->fd);
	s->fd = -1;
	s->state = SESS_OFF;
	txq_clear(&s->txq);
	free(s->part);
	s->part = NULL;
	s->part_len = 0;
}

static void end(struct sess *s, const char *why)
{
	sess_close(s);
	hooks->down(s, why);
}

/* ---- in ------------------------------------------------------------------------ */

static size_t message_len(const uint8_t *p)
{
	return (size_t)p[16] << 8 | p[17];
}

/* OPEN, KEEPALIVE, NOTIFICATION; Return: false when the session is over. */
static bool control(struct sess *s, const uint8_t *p)
{
	char why[64];

	switch (p[18]) {
	case MSG_OPEN:
		keepalive(s);
		return true;
	case MSG_KEEPALIVE:
		if (s->state == SESS_OPENING) {
			s->state = SESS_UP;
			s->heard_ns = now_ns();
			s->gap_ns = 0;
			hooks->up(s);
		}
		return true;
	case MSG_NOTIFICATION:
		snprintf(why, sizeof(why), "NOTIFICATION %u/%u", p[19], p[20]);
		end(s, why);
		return false;
	default:
		return true;
	}
}

/* Runs of UPDATEs go to the program in one piece; Return: bytes used. */
static size_t messages(struct sess *s, const uint8_t *p, size_t len)
{
	size_t at = 0, run = 0; /* run: where UPDATEs not yet handed over begin */

	while (len - at >= MSG_HEADER_LEN) {
		size_t n = message_len(p + at);

		if (n < MSG_HEADER_LEN) {
			end(s, "bad length");
			return len;
		}
		if (len - at < n)
			break;
		if (p[at + 18] != MSG_UPDATE) {
			if (at > run)
				hooks->updates(s, p + run, at - run);
			if (s->state == SESS_OFF || !control(s, p + at))
				return len;
			run = at + n;
		}
		at += n;
	}
	if (at > run)
		hooks->updates(s, p + run, at - run);
	return at;
}

static void part_save(struct sess *s, const uint8_t *p, size_t len)
{
	if (s->state == SESS_OFF)
		return;
	if (!len) {
		s->part_len = 0;
		return;
	}
	s->part = xrealloc(s->part, MSG_MAX_EXTENDED);
	memcpy(s->part, p, len);
	s->part_len = len;
}

static void heard(struct sess *s)
{
	long long now = now_ns();

	s->gap_ns = MAX_OF(s->gap_ns, now - s->heard_ns);
	s->heard_ns = now;
}

long long sess_gap_ns(struct sess *s)
{
	long long gap = MAX_OF(s->gap_ns, now_ns() - s->heard_ns);

	s->gap_ns = 0;
	return s->state == SESS_UP ? gap : 0;
}

static void readable(struct sess *s)
{
	bool drop = s->deaf && s->state == SESS_UP;
	size_t have = drop ? 0 : s->part_len;

	if (have)
		memcpy(rx, s->part, have);

	/* TCP drops with MSG_TRUNC what it would have copied. */
	ssize_t n = recv(s->fd, rx + have, sizeof(rx) - have,
			 MSG_DONTWAIT | (drop ? MSG_TRUNC : 0));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(s, n ? strerror(errno) : "closed");
		return;
	}
	if (drop) { /* whole messages or not */
		heard(s);
		return;
	}
	have += (size_t)n;

	size_t used = messages(s, rx, have);

	if (used)
		heard(s);
	part_save(s, rx + used, have - used);
}

static void serve(struct sess *s, uint32_t events)
{
	if (s->state == SESS_CONNECTING && (events & EPOLLOUT)) {
		int err = 0;
		socklen_t len = sizeof(err);

		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err)
			end(s, strerror(err));
		else
			opening(s);
		return;
	}
	if (events & EPOLLOUT)
		flush(s);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		readable(s);
}

void sess_turn(int wait_ms)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(ep, ev, EVENTS, wait_ms);

	for (int i = 0; i < n; i++) {
		struct sess *s = ev[i].data.ptr;

		if (!s)
			hooks->incoming(accept(listener, NULL, NULL));
		else if (s->state != SESS_OFF)
			serve(s, ev[i].events);
	}
}

/* ---- counting ------------------------------------------------------------------ */

static uint64_t lengths(const uint8_t *p, const uint8_t *end)
{
	uint64_t n = 0;

	for (; p + 2 <= end; p += 2 + p[1]) /* route type, length */
		n++;
	return n;
}

static void count_one(const uint8_t *p, size_t len, uint64_t *reach, uint64_t *unreach)
{
	const uint8_t *end = p + len, *a = p + MSG_HEADER_LEN;

	a += 2 + ((size_t)a[0] << 8 | a[1]); /* withdrawn IPv4 */
	for (a += 2; a + 4 <= end;) {
		bool wide = a[0] & 0x10;
		uint8_t code = a[1];
		size_t size = wide ? (size_t)a[2] << 8 | a[3] : a[2];

		a += wide ? 4 : 3;
		if (code == ATTR_MP_REACH)
			*reach += lengths(a + 4 + a[3] + 1, a + size);
		else if (code == ATTR_MP_UNREACH)
			*unreach += lengths(a + 3, a + size);
		a += size;
	}
}

void sess_nlri(const uint8_t *p, size_t len, uint64_t *reach, uint64_t *unreach)
{
	for (size_t at = 0; at < len; at += message_len(p + at))
		count_one(p + at, message_len(p + at), reach, unreach);
}
