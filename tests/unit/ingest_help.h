/* tests/unit/ingest_help.h - a peer without a socket, and UPDATEs that it sends. */
#ifndef TESTS_UNIT_INGEST_HELP_H
#define TESTS_UNIT_INGEST_HELP_H

#include "tests/unit/unit.h"

#include <event2/event.h>

#include "bgpd/routes.h"
#include "lib/wbuf.h"
#include "wire/nlri_evpn.h"

enum { AS = 65000, OUR_ID = 0x0a000001, CLUSTER = 0x0a0000ff, PEER_ID = 0x0a000009 };

static struct bgp bgp;
static struct config cfg;
static struct routes routes;
static struct peer peer;
static uint8_t msg[4096];
static size_t msg_len;
static uint32_t path_id; /* of all NLRI, where the session has path ids */

static inline int setup(void **state)
{
	(void)state;
	memset(&bgp, 0, sizeof(bgp));
	memset(&cfg, 0, sizeof(cfg));
	memset(&peer, 0, sizeof(peer));
	path_id = 0;
	bgp.base = event_base_new();
	bgp.cfg = &cfg;
	bgp.as = AS;
	bgp.router_id = OUR_ID;
	bgp.cluster_id = CLUSTER;
	TAILQ_INIT(&bgp.peers);
	TAILQ_INSERT_TAIL(&bgp.peers, &peer, link);
	routes_init(&routes, &bgp);
	peer.bgp = &bgp;
	peer.addr = ip4_of(PEER_ID);
	peer.remote_id = PEER_ID;
	peer.as4 = true;
	peer.chan[0].up = true;
	routes_hooks.up(&peer);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	routes_hooks.down(&peer, false);
	for (unsigned i = 0; i < FAMS; i++)
		rib_trim(&routes.rib[i]);
	assert_int_equal(routes.rib[0].n_nets, 0);
	assert_int_equal(routes.attrs.n, 0);
	routes_fini(&routes);
	event_base_free(bgp.base);
	return 0;
}

static inline struct nlri route(unsigned i)
{
	struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100 };
	struct nlri n;

	r.rd = rd_make_ip(PEER_ID, 1);
	r.mac.b[3] = (uint8_t)(i >> 16);
	r.mac.b[4] = (uint8_t)(i >> 8);
	r.mac.b[5] = (uint8_t)i;
	assert_int_equal(evpn_build(&r, &n), 0);
	n.path_id = path_id;
	return n;
}

static inline struct attrs plain(void)
{
	struct attrs a = { .nexthop = ip4_of(PEER_ID), .local_pref = 100 };

	a.present =
		1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH | 1ull << ATTR_LOCAL_PREF;
	return a;
}

/* An UPDATE in msg[] that announces routes 1..n with these attributes. */
static inline void announce(const struct attrs *a, unsigned n)
{
	static const struct attr_export as_is = { 0 };
	uint8_t attrs[1024];
	struct wbuf aw = wbuf_of(attrs, sizeof(attrs)), w = wbuf_of(msg, sizeof(msg));
	struct update_writer u;

	assert_int_equal(attrs_export(&aw, a, &as_is), 0);
	update_reach_begin(&u, &w, sizeof(msg), &nlri_evpn_ops, peer.chan[0].rx_addpath,
			   &a->nexthop, (struct bytes) { attrs, aw.len });
	for (unsigned i = 1; i <= n; i++) {
		struct nlri r = route(i);

		assert_int_equal(update_add(&u, &r), 0);
	}
	assert_int_equal(update_end(&u), 0);
	msg_len = w.len;
}

static inline void withdraw(unsigned i)
{
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct update_writer u;
	struct nlri r = route(i);

	update_unreach_begin(&u, &w, sizeof(msg), &nlri_evpn_ops,
			     peer.chan[0].rx_addpath);
	assert_int_equal(update_add(&u, &r), 0);
	assert_int_equal(update_end(&u), 0);
	msg_len = w.len;
}

static inline enum verdict feed(struct notif *err)
{
	return routes_hooks.update(
		&peer, rbuf_of(msg + MSG_HEADER_LEN, msg_len - MSG_HEADER_LEN), err);
}

/* Offset in msg[] of the value of a path attribute; fails the test if absent. */
static inline size_t attr_at(uint8_t code)
{
	size_t at = MSG_HEADER_LEN + 4;

	while (at < msg_len) {
		bool ext = msg[at] & 0x10;
		size_t len =
			ext ? (size_t)(msg[at + 2] << 8 | msg[at + 3]) : msg[at + 2];

		if (msg[at + 1] == code)
			return at + (ext ? 4 : 3);
		at += (ext ? 4 : 3) + len;
	}
	fail_msg("attribute %u is not there", code);
	return 0;
}

static inline uint32_t held(void)
{
	return routes.rib[0].peer[peer_slot(&peer)].n;
}

#endif
