/* tests/unit/bgp_help.h - BGP instances in one process: configuration by hand, a
 * clock that stands still, hooks that count, a raw speaker on the other side. */
#ifndef TESTS_UNIT_BGP_HELP_H
#define TESTS_UNIT_BGP_HELP_H

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "bgpd/conn.h"
#include "bgpd/peer.h"
#include "bgpd/session.h"
#include "bgpd/transport.h"
#include "lib/clock.h"
#include "lib/ev.h"
#include "lib/log.h"
#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/unit/addr_help.h"

static struct event_base *base;
static int64_t now_ms;

/* ---- what the layers above were told ---- */

static struct seen {
	unsigned up, down, kept, updates, refreshes, sweeps, long_lived, drained, gone,
		converged, complete, configured;
	uint8_t refresh_sub;
	enum verdict answer; /* of the next update() */
	bool kill;           /* update() ends the session itself */
	size_t last_len;     /* of the last UPDATE's body */
} seen;

static void h_up(struct peer *p UNUSED)
{
	seen.up++;
}

static void h_down(struct peer *p UNUSED, bool keep)
{
	seen.down++;
	seen.kept += keep;
}

static enum verdict h_update(struct peer *p, struct rbuf body, struct notif *err)
{
	seen.updates++;
	seen.last_len = rbuf_left(&body);
	if (seen.kill) {
		struct notif n = notif_make(NOTIF_CEASE, CEASE_MAX_PREFIX, NULL, 0);

		peer_notify_down(p, &n, true);
	}
	if (seen.answer == V_RESET)
		*err = notif_make(NOTIF_UPDATE, 9, "x", 1);
	return seen.answer;
}

static void h_refresh(struct peer *p UNUSED, const struct family *f UNUSED, uint8_t sub)
{
	seen.refreshes++;
	seen.refresh_sub = sub;
}

static void h_sweep(struct peer *p UNUSED, const struct family *f UNUSED)
{
	seen.sweeps++;
}

static void h_long_lived(struct peer *p UNUSED, const struct family *f UNUSED)
{
	seen.long_lived++;
}

static void h_drained(struct peer *p UNUSED)
{
	seen.drained++;
}

static void h_gone(struct peer *p UNUSED)
{
	seen.gone++;
}

static void h_converged(struct bgp *b UNUSED)
{
	seen.converged++;
}

static void h_complete(struct bgp *b UNUSED)
{
	seen.complete++;
}

static void h_configured(struct peer *p UNUSED, const struct cfg_nbr *was UNUSED)
{
	seen.configured++;
}

static UNUSED const struct session_hooks hooks = {
	.configured = h_configured,
	.up = h_up,
	.down = h_down,
	.update = h_update,
	.refresh = h_refresh,
	.stale_sweep = h_sweep,
	.long_lived = h_long_lived,
	.drained = h_drained,
	.gone = h_gone,
	.converged = h_converged,
	.complete = h_complete,
};

/* ---- configuration without a parser ---- */

static UNUSED struct config *cfg_new(uint32_t as, const char *id)
{
	struct config *c = xcalloc(1, sizeof(*c));
	struct ip rid = ip(id);

	TAILQ_INIT(&c->groups);
	TAILQ_INIT(&c->nbrs);
	TAILQ_INIT(&c->ranges);
	TAILQ_INIT(&c->vnis);
	TAILQ_INIT(&c->tenants);
	c->has_bgp = true;
	c->as = as;
	c->router_id = ip4_host(&rid);
	c->gr_restart_s = 120;
	c->gr_stale_s = 360;
	c->gr_defer_s = 360;
	c->listen_limit = 100;
	c->ila_afi = 2;
	c->ila_safi = 241;
	str_copy(c->hostname, sizeof(c->hostname), "host1");
	return c;
}

static void nbr_defaults(struct cfg_nbr *n)
{
	n->keepalive_s = 30;
	n->hold_s = 90;
	n->connect_s = 120;
	n->af[FAM_EVPN].activate = true;
}

static UNUSED struct cfg_nbr *nbr_add(struct config *c, const char *addr, uint32_t as)
{
	struct cfg_nbr *n = xcalloc(1, sizeof(*n));

	nbr_defaults(n);
	str_copy(n->name, sizeof(n->name), addr);
	n->addr = ip(addr);
	n->remote_as = as;
	TAILQ_INSERT_TAIL(&c->nbrs, n, link);
	return n;
}

static UNUSED struct cfg_nbr *range_add(struct config *c, const char *prefix,
					enum cfg_as kind)
{
	struct cfg_range *r = xcalloc(1, sizeof(*r));
	struct cfg_nbr *g = xcalloc(1, sizeof(*g));

	assert_int_equal(prefix_parse(prefix, &r->prefix), 0);
	str_copy(r->group, sizeof(r->group), "hosts");
	TAILQ_INSERT_TAIL(&c->ranges, r, link);
	nbr_defaults(g);
	str_copy(g->name, sizeof(g->name), "hosts");
	g->as_kind = kind;
	TAILQ_INSERT_TAIL(&c->groups, g, link);
	return g;
}

static UNUSED void cfg_drop(struct config *c)
{
	struct cfg_range *r;
	struct cfg_nbr *n;

	while ((n = TAILQ_FIRST(&c->nbrs))) {
		TAILQ_REMOVE(&c->nbrs, n, link);
		free(n);
	}
	while ((n = TAILQ_FIRST(&c->groups))) {
		TAILQ_REMOVE(&c->groups, n, link);
		free(n);
	}
	while ((r = TAILQ_FIRST(&c->ranges))) {
		TAILQ_REMOVE(&c->ranges, r, link);
		free(r);
	}
	free(c);
}

/* Stand-ins for bgpd/config.c: the session layer needs no more of it. */
struct cfg_nbr *config_nbr_find(const struct config *c, const struct ip *addr)
{
	struct cfg_nbr *n;

	TAILQ_FOREACH (n, &c->nbrs, link)
		if (ip_eq(&n->addr, addr))
			return n;
	return NULL;
}

void config_nbr_resolve(const struct config *c, const struct cfg_nbr *n,
			struct cfg_nbr *out)
{
	const struct cfg_nbr *g = NULL;

	*out = *n;
	if (n->group[0])
		TAILQ_FOREACH (g, &c->groups, link)
			if (!strcmp(g->name, n->group))
				break;
	if (g) {
		*out = *g;
		out->addr = n->addr;
		str_copy(out->name, sizeof(out->name), n->name);
	}
	if (!(out->set & NBR_GR))
		out->gr = c->gr;
}

/* ---- time and loop ---- */

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
}

/* Let the loop run until cond holds, five seconds at most. */
#define PUMP_UNTIL(cond)                                                               \
	do {                                                                           \
		for (int i_ = 0; i_ < 5000 && !(cond); i_++)                           \
			event_base_loop(base, EVLOOP_ONCE);                            \
		assert_true(cond);                                                     \
	} while (0)

static UNUSED void pump(unsigned rounds)
{
	while (rounds--)
		event_base_loop(base, EVLOOP_ONCE);
}

/* Time passes: everything that was due in between happens in its order. */
static UNUSED void pass(int64_t ms)
{
	for (int64_t step = 0; ms > 0; ms -= step) {
		step = MIN_OF(ms, 250);
		now_ms += step;
		clock_set(now_ms);
		ev_timers_run();
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
}

static struct event *tick;

static UNUSED void help_init(void)
{
	struct timeval ms = { .tv_usec = 1000 };

	seen = (struct seen) { 0 };
	log_level_set(getenv("VERBOSE") ? LOG_LVL_DEBUG : LOG_LVL_ERR);
	now_ms = 1000000;
	clock_set(now_ms);
	base = event_base_new();
	assert_non_null(base);
	tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	event_add(tick, &ms);
}

static UNUSED void help_fini(void)
{
	event_free(tick);
	event_base_free(base);
	libevent_global_shutdown();
}

/* ---- an instance with a listener of its own ---- */

static UNUSED uint16_t listen_at(struct bgp *b, const char *addr, uint16_t port)
{
	struct ip a = ip(addr);
	uint16_t got = 0;
	int fd = transport_listen(&a, port);

	if (fd < 0)
		return 0;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	ip_from_sockaddr(&ss, &got);
	bgp_listen_add(b, fd);
	return got;
}

/* ---- the other side, byte by byte ---- */

struct raw {
	int fd;
	uint8_t in[2 * 65536];
	size_t len, used;
};

static UNUSED struct raw raw_connect(const char *from, const char *to, uint16_t port)
{
	struct raw r = { .fd = socket(AF_INET, SOCK_STREAM, 0) };
	struct ip src = ip(from), dst = ip(to);
	struct sockaddr_storage ss;
	socklen_t len = ip_to_sockaddr(&src, 0, &ss);

	assert_int_equal(bind(r.fd, (struct sockaddr *)&ss, len), 0);
	len = ip_to_sockaddr(&dst, port, &ss);
	assert_int_equal(connect(r.fd, (struct sockaddr *)&ss, len), 0);
	return r;
}

static UNUSED void raw_send(struct raw *r, const void *p, size_t len)
{
	assert_int_equal(send(r->fd, p, len, MSG_NOSIGNAL), (ssize_t)len);
}

static UNUSED void raw_message(struct raw *r, uint8_t type, const void *body,
			       size_t len)
{
	static uint8_t m[65536];

	memset(m, 0xff, 16);
	m[16] = (uint8_t)((len + 19) >> 8);
	m[17] = (uint8_t)(len + 19);
	m[18] = type;
	if (len)
		memcpy(m + 19, body, len);
	raw_send(r, m, len + 19);
}

/* An OPEN of a route server with EVPN; change *o before sending to taste. */
static UNUSED struct open_msg raw_open(uint32_t as, const char *id)
{
	struct ip a = ip(id);
	struct open_msg o = {
		.version = 4,
		.as = as,
		.as2 = (uint16_t)(as > 65535 ? AS_TRANS : as),
		.as4 = true,
		.hold_s = 90,
		.id = ip4_host(&a),
		.any_mp = true,
		.refresh = true,
		.refresh_enhanced = true,
		.extended_msg = true,
		.n_families = 1,
		.fam = { { .afi = 25, .safi = 70, .mp = true } },
	};

	return o;
}

static UNUSED void raw_send_open(struct raw *r, const struct open_msg *o)
{
	uint8_t m[MSG_MAX];
	struct wbuf w = wbuf_of(m, sizeof(m));

	assert_int_equal(open_encode(&w, o), 0);
	raw_send(r, m, w.len);
}

/* Drop the message that raw_recv() returned last, then look for another. */
static size_t raw_ready(struct raw *r)
{
	memmove(r->in, r->in + r->used, r->len - r->used);
	r->len -= r->used;
	r->used = 0;
	if (r->len < 19)
		return 0;

	size_t len = (size_t)(r->in[16] << 8 | r->in[17]);

	return r->len >= len ? len : 0;
}

/* Next message from the instance: its type, 0 for end of file, -1 for none in
 * time. Body in r->in + 19, its length in *len. */
static UNUSED int raw_recv(struct raw *r, size_t *len)
{
	for (int i = 0; i < 3000; i++) {
		struct pollfd pfd = { r->fd, POLLIN, 0 };
		ssize_t n;

		r->used = *len = raw_ready(r);
		if (*len) {
			*len -= 19;
			return r->in[18];
		}
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (poll(&pfd, 1, 0) <= 0) {
			event_base_loop(base, EVLOOP_ONCE);
			continue;
		}
		n = recv(r->fd, r->in + r->len, sizeof(r->in) - r->len, 0);
		if (n <= 0)
			return 0;
		r->len += (size_t)n;
	}
	return -1;
}

/* Expect this message next; keepalives in between are skipped for others. */
static UNUSED void raw_expect(struct raw *r, int type)
{
	size_t len = 0;
	int got = raw_recv(r, &len);

	while (got == MSG_KEEPALIVE && type != MSG_KEEPALIVE)
		got = raw_recv(r, &len);
	assert_int_equal(got, type);
}

static UNUSED void raw_expect_notif(struct raw *r, uint8_t code, uint8_t sub)
{
	raw_expect(r, MSG_NOTIFICATION);
	assert_int_equal(r->in[19], code);
	assert_int_equal(r->in[20], sub);
}

#endif
