/*
 * What an UPDATE does to the tables: a route that is refused must still take the
 * peer's earlier one away, and a verdict must be no milder and no harder than
 * RFC 7606 says.
 */
#include "tests/unit/unit.h"

#include <event2/event.h>

#include "bgpd/routes.h"
#include "bgpd/rtc.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "rib/rtset.h"
#include "wire/nlri_evpn.h"
#include "wire/nlri_rtc.h"

enum { AS = 65000, OUR_ID = 0x0a000001, CLUSTER = 0x0a0000ff, PEER_ID = 0x0a000009 };

static struct bgp bgp;
static struct config cfg;
static struct routes routes;
static struct peer peer;
static uint8_t msg[4096];
static size_t msg_len;
static uint32_t path_id; /* of all NLRI, where the session has path ids */

static int setup(void **state)
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

static int teardown(void **state)
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

static struct nlri route(unsigned i)
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

static struct attrs plain(void)
{
	struct attrs a = { .nexthop = ip4_of(PEER_ID), .local_pref = 100 };

	a.present =
		1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH | 1ull << ATTR_LOCAL_PREF;
	return a;
}

/* An UPDATE in msg[] that announces routes 1..n with these attributes. */
static void announce(const struct attrs *a, unsigned n)
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

static void withdraw(unsigned i)
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

static enum verdict feed(struct notif *err)
{
	return routes_hooks.update(
		&peer, rbuf_of(msg + MSG_HEADER_LEN, msg_len - MSG_HEADER_LEN), err);
}

/* Offset in msg[] of the value of a path attribute; fails the test if absent. */
static size_t attr_at(uint8_t code)
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

static uint32_t held(void)
{
	return routes.rib[0].peer[peer_slot(&peer)].n;
}

/* ---- changes to a good UPDATE of two routes, both known from before ---- */

static void none(void)
{
}

static void bad_origin(void)
{
	msg[attr_at(ATTR_ORIGIN)] = 7;
}

static void origin_flags(void)
{
	msg[attr_at(ATTR_ORIGIN) - 3] = 0xc0;
}

static void first_mac_len(void)
{
	/* AFI SAFI nhlen nh reserved type len RD ESI tag: MAC length of route 1 */
	msg[attr_at(ATTR_MP_REACH) + 3 + 1 + 4 + 1 + 2 + 8 + 10 + 4] = 47;
}

static void first_frame(void)
{
	msg[attr_at(ATTR_MP_REACH) + 3 + 1 + 4 + 1 + 1] = 255;
}

static void other_family(void)
{
	msg[attr_at(ATTR_MP_REACH) + 1] = 77;
}

static void nexthop_multicast(void)
{
	msg[attr_at(ATTR_MP_REACH) + 4] = 224;
}

static void attr_length_over(void)
{
	msg[MSG_HEADER_LEN + 2] = 0x7f;
}

static void knob_disable(void)
{
	first_mac_len();
	cfg.malformed_nlri = 1;
}

static void knob_reset(void)
{
	first_mac_len();
	cfg.malformed_nlri = 2;
}

static const struct {
	const char *name;
	void (*change)(void);
	enum verdict want;
	uint32_t held; /* of the two routes afterwards */
	enum update_reason counted;
	uint8_t code, sub; /* NOTIFICATION */
} cases[] = {
	{ "good", none, V_OK, 2, UR_NONE, 0, 0 },
	{ "ORIGIN 7 withdraws both", bad_origin, V_OK, 0, UR_ATTR_VALUE, 0, 0 },
	{ "ORIGIN flags withdraw both", origin_flags, V_OK, 0, UR_ATTR_FLAGS, 0, 0 },
	{ "multicast next hop withdraws both", nexthop_multicast, V_OK, 0,
	  UR_ATTR_VALUE, 0, 0 },
	{ "unreadable key is skipped", first_mac_len, V_OK, 2, UR_NLRI_KEY, 0, 0 },
	{ "... or costs the family", knob_disable, V_DISABLE_AF, 0, UR_NLRI_KEY, 0, 0 },
	{ "... or the session", knob_reset, V_RESET, 2, UR_NLRI_KEY, 3, 9 },
	{ "NLRI framing lost", first_frame, V_RESET, 2, UR_NLRI_FRAME, 3, 9 },
	{ "family not negotiated is ignored", other_family, V_OK, 2, UR_NOT_NEGOTIATED,
	  0, 0 },
	{ "attribute length", attr_length_over, V_RESET, 2, UR_FRAME, 3, 1 },
};

static void verdicts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct attrs a = plain();
		struct notif err = { 0 };

		print_message("# %s\n", cases[i].name);
		announce(&a, 2);
		assert_int_equal(feed(&err), V_OK);
		assert_int_equal(held(), 2);
		a.local_pref = 200; /* the same routes, said anew */
		announce(&a, 2);
		cases[i].change();
		assert_int_equal(feed(&err), cases[i].want);
		assert_int_equal(held(), cases[i].held);
		if (cases[i].counted)
			assert_int_equal(peer.stats.update_errors[cases[i].counted], 1);
		if (cases[i].want == V_RESET) {
			assert_int_equal(err.code, cases[i].code);
			assert_int_equal(err.sub, cases[i].sub);
		}
		teardown(state);
		setup(state);
	}
}

/* Framing is lost at the last route: those before it change nothing either, as graceful
 * restart may keep what is there. */
static void all_or_nothing(void **state)
{
	enum { REACH = 3 + 1 + 4 + 1, ONE = 2 + 33 };
	struct attrs a = plain();
	struct notif err = { 0 };

	(void)state;
	announce(&a, 3);
	msg[attr_at(ATTR_MP_REACH) + REACH + 2 * ONE + 1]++;
	assert_int_equal(feed(&err), V_RESET);
	assert_int_equal(err.sub, 9);
	assert_int_equal(held(), 0);
	assert_int_equal(peer.stats.update_errors[UR_NLRI_FRAME], 1);
}

/* ---- loops: refused, and what stood before goes (RFC 4456 section 8) ---- */

static void loops_withdraw(void **state)
{
	static const uint8_t cluster[] = { 0x0a, 0, 0, 0xff };
	static const uint8_t path[] = { 2, 1, 0, 0, 0xfd, 0xe8 };
	static const struct {
		const char *name;
		uint64_t attr;
		bool ebgp;
		enum update_reason counted;
	} loops[] = {
		{ "own ORIGINATOR_ID", ATTR_ORIGINATOR_ID, false, UR_LOOP_ORIGINATOR },
		{ "own CLUSTER_LIST", ATTR_CLUSTER_LIST, false, UR_LOOP_CLUSTER },
		{ "own AS", ATTR_AS_PATH, true, UR_LOOP_AS },
		{ "own AS from inside", ATTR_AS_PATH, false, UR_LOOP_AS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(loops); i++) {
		struct attrs a = plain();
		struct notif err;

		print_message("# %s\n", loops[i].name);
		peer.ebgp = loops[i].ebgp;
		announce(&a, 1);
		assert_int_equal(feed(&err), V_OK);
		assert_int_equal(held(), 1);
		a.present |= 1ull << loops[i].attr;
		a.originator_id = OUR_ID;
		a.cluster_list = (struct bytes) { cluster, sizeof(cluster) };
		if (loops[i].attr == ATTR_AS_PATH)
			a.as_path = (struct bytes) { path, sizeof(path) };
		announce(&a, 1);
		assert_int_equal(feed(&err), V_OK);
		assert_int_equal(held(), 0);
		assert_int_equal(peer.stats.update_errors[loops[i].counted], 1);
		teardown(state);
		setup(state);
	}
}

/* allowas-in N: our AS may be in the path so often. */
static void as_allowed(void **state)
{
	static const uint8_t path[] = { 2,    4, 0, 0, 0xfd, 0xf2, 0, 0,    0xfd,
					0xe8, 0, 0, 0, 7,    0,    0, 0xfd, 0xe8 };
	struct attrs a = plain();
	struct notif err;

	(void)state;
	a.as_path = (struct bytes) { path, sizeof(path) };
	announce(&a, 1);
	for (uint8_t n = 0; n < 4; n++) {
		peer.ebgp = n % 2;
		peer.cfg.af[FAM_EVPN].allowas_in = n;
		assert_int_equal(feed(&err), V_OK);
		assert_int_equal(held(), n >= 2);
	}
}

static void no_policy_no_routes(void **state)
{
	struct attrs a = plain();
	struct notif err;

	(void)state;
	peer.ebgp = peer.cfg.needs_policy = true; /* RFC 8212 */
	announce(&a, 2);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 0);
}

static void withdraw_takes_one(void **state)
{
	struct attrs a = plain();
	struct notif err;

	(void)state;
	announce(&a, 3);
	assert_int_equal(feed(&err), V_OK);
	withdraw(2);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 2);
	withdraw(2); /* of nothing: fine */
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 2);
	/* A withdraw that cannot be read would never be repeated. */
	withdraw(3);
	msg[attr_at(ATTR_MP_UNREACH) + 3 + 2 + 8 + 10 + 4] = 47;
	assert_int_equal(feed(&err), V_RESET);
	assert_int_equal(err.code, NOTIF_UPDATE);
}

/* A type 99 of 3 bytes: passed on as bytes, or discarded where that is asked for. */
static void unknown_types(void **state)
{
	static const uint8_t nlri[] = { 99, 3, 1, 2, 3 };
	struct attrs a = plain();
	struct notif err;

	(void)state;
	/* Discarded, it takes away what came before that was asked for. */
	for (int discard = 0; discard < 2; discard++) {
		size_t mp, tail;

		cfg.unknown_types_discard = discard;
		announce(&a, 1);
		/* Put it in place of the first bytes of route 1, cut the rest. */
		mp = attr_at(ATTR_MP_REACH);
		tail = msg_len - (mp + 9 + 2 + 33);
		memcpy(msg + mp + 9, nlri, sizeof(nlri));
		memmove(msg + mp + 9 + sizeof(nlri), msg + mp + 9 + 2 + 33, tail);
		msg[mp - 1] = 9 + sizeof(nlri);
		msg_len -= 2 + 33 - sizeof(nlri);
		msg[MSG_HEADER_LEN + 3] = (uint8_t)(msg_len - MSG_HEADER_LEN - 4);
		assert_int_equal(held(), discard);
		assert_int_equal(feed(&err), V_OK);
		assert_int_equal(held(), !discard);
		assert_int_equal(peer.stats.update_errors[UR_NLRI_OPAQUE], discard);
	}
}

static void maximum_prefix(void **state)
{
	struct attrs a = plain();
	struct notif err = { 0 };

	(void)state;
	peer.cfg.af[FAM_EVPN].max_prefix = 3;
	peer.cfg.af[FAM_EVPN].max_prefix_pct = 75;
	announce(&a, 3);
	assert_int_equal(feed(&err), V_OK);
	announce(&a, 5);
	assert_int_equal(feed(&err), V_RESET);
	assert_int_equal(err.code, NOTIF_CEASE);
	assert_int_equal(err.sub, CEASE_MAX_PREFIX);
	assert_memory_equal(err.data, "\0\x19\x46\0\0\0\x03", 7);
	assert_int_equal(held(), 4); /* the rest was not even looked at */
	peer.cfg.af[FAM_EVPN].max_prefix_warn_only = true;
	announce(&a, 9);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 9);
}

/* Attributes count for each route, whoever else has them, and in both directions. */
static void maximum_memory(void **state)
{
	static uint8_t communities[800];
	struct attrs small = plain(), big = plain();
	struct notif err = { 0 };
	size_t one, few;

	(void)state;
	big.present |= 1ull << ATTR_COMMUNITY;
	big.communities = (struct bytes) { communities, sizeof(communities) };
	announce(&small, 1);
	assert_int_equal(feed(&err), V_OK);
	one = routes_peer_bytes(&routes, &peer);
	announce(&small, 40);
	assert_int_equal(feed(&err), V_OK);
	few = routes_peer_bytes(&routes, &peer);
	assert_int_equal(few, 40 * one);
	announce(&big, 40); /* the same routes, longer */
	assert_int_equal(feed(&err), V_OK);
	assert_in_range(routes_peer_bytes(&routes, &peer), few + 40 * 800,
			few + 40 * 804);
	announce(&small, 40);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(routes_peer_bytes(&routes, &peer), few);

	peer.cfg.max_memory_mb = 1;
	peer.chan[0].rx_addpath = true;
	peer.cfg.af[FAM_EVPN].addpath_rx_limit = 2000;
	do {
		assert_true(++path_id < 2000);
		announce(&big, 40);
	} while (feed(&err) == V_OK);
	assert_int_equal(err.code, NOTIF_CEASE);
	assert_int_equal(err.sub, CEASE_RESOURCES);
	assert_in_range(routes_peer_bytes(&routes, &peer), 1 << 20, 1100000);
	assert_int_equal(bgp.limits[LIMIT_MEMORY], 1);
	rib_peer_flush(&routes.rib[0], peer_slot(&peer));
	assert_int_equal(routes_peer_bytes(&routes, &peer), 0);
}

/* A path of 2-octet numbers may not fit any message when they have four. */
static void a_path_that_grows_too_long(void **state)
{
	enum { SEGMENTS = 125, SEGMENT = 2 + 255 * 2, PATH = SEGMENTS * SEGMENT };
	static uint8_t body[65535 - MSG_HEADER_LEN];
	struct wbuf w = wbuf_of(body, sizeof(body));
	struct attrs a = plain();
	struct notif err;
	size_t at;

	(void)state;
	peer.as4 = false;
	announce(&a, 1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 1);
	/* The same, with a path as the last attribute instead of none. */
	at = attr_at(ATTR_AS_PATH);
	wbuf_bytes(&w, msg + MSG_HEADER_LEN, at - 3 - MSG_HEADER_LEN);
	wbuf_bytes(&w, msg + at, msg_len - at);
	wbuf_set_u16(&w, 2, (unsigned)(w.len - 4 + 4 + PATH));
	wbuf_bytes(&w, "\x50\x02", 2);
	wbuf_u16(&w, PATH);
	for (int i = 0; i < SEGMENTS; i++) {
		wbuf_u16(&w, 2 << 8 | 255);
		memset(wbuf_put(&w, SEGMENT - 2), 0x11, SEGMENT - 2);
	}
	assert_int_equal(routes_hooks.update(&peer, rbuf_of(body, w.len), &err), V_OK);
	assert_int_equal(held(), 0);
	assert_int_equal(peer.stats.update_errors[UR_ATTR_LENGTH], 1);
}

static void enhanced_refresh_sweeps(void **state)
{
	struct attrs a = plain();
	struct notif err;

	(void)state;
	announce(&a, 3);
	assert_int_equal(feed(&err), V_OK);
	routes_hooks.refresh(&peer, &families[0], RR_BEGIN);
	announce(&a, 1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 3);
	routes_hooks.refresh(&peer, &families[0], RR_END);
	assert_int_equal(held(), 1);
}

/* ---- several paths of one route (RFC 7911) ---- */

/* Announces routes 1..n with path id `id`. */
static enum verdict announce_as(uint32_t id, unsigned n)
{
	struct attrs a = plain();
	struct notif err;

	path_id = id;
	announce(&a, n);
	return feed(&err);
}

static uint32_t errors(enum update_reason why)
{
	return (uint32_t)peer.stats.update_errors[why];
}

static void path_ids_are_told_apart(void **state)
{
	static const uint8_t cluster[] = { 0x0a, 0, 0, 0xff };
	struct attrs a = plain();
	struct notif err;

	(void)state;
	peer.chan[0].rx_addpath = true;
	peer.cfg.af[FAM_EVPN].addpath_rx_limit = 8;
	assert_int_equal(announce_as(1, 2), V_OK);
	assert_int_equal(announce_as(0xffffffff, 2), V_OK);
	assert_int_equal(announce_as(0, 2), V_OK); /* not forbidden */
	assert_int_equal(announce_as(1, 2), V_OK);
	assert_int_equal(held(), 6);
	assert_int_equal(routes.rib[0].n_nets, 2);
	path_id = 7; /* of nothing: fine */
	withdraw(1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 6);
	path_id = 0xffffffff;
	withdraw(1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 5);
	/* What is refused takes away what it would have replaced, nothing else. */
	a.present |= 1ull << ATTR_CLUSTER_LIST;
	a.cluster_list = (struct bytes) { cluster, sizeof(cluster) };
	path_id = 1;
	announce(&a, 1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 4);
	/* An NLRI of three bytes of path id alone is no NLRI. */
	withdraw(2);
	msg[MSG_HEADER_LEN + 3] = 3 + 4 + 3;
	msg[attr_at(ATTR_MP_UNREACH) - 1] = 3 + 3;
	msg_len = MSG_HEADER_LEN + 4 + 4 + 3 + 3;
	assert_int_equal(feed(&err), V_RESET);
	assert_int_equal(errors(UR_NLRI_FRAME), 1);
}

static void too_many_paths_are_refused(void **state)
{
	(void)state;
	peer.chan[0].rx_addpath = true;
	peer.cfg.af[FAM_EVPN].addpath_rx_limit = 2;
	assert_int_equal(announce_as(1, 2), V_OK);
	assert_int_equal(announce_as(2, 1), V_OK);
	assert_int_equal(announce_as(3, 2), V_OK); /* the third of route 1 */
	assert_int_equal(held(), 4);
	assert_int_equal(errors(UR_PATHS_LIMIT), 1);
	/* A peer that restarts counts its paths anew: the stale ones make room. */
	rib_peer_stale(&routes.rib[0], peer_slot(&peer));
	assert_int_equal(announce_as(4, 1), V_OK);
	assert_int_equal(announce_as(5, 1), V_OK);
	assert_int_equal(errors(UR_PATHS_LIMIT), 1);
	assert_int_equal(announce_as(6, 1), V_OK);
	assert_int_equal(errors(UR_PATHS_LIMIT), 2);
	assert_int_equal(held(), 4); /* of route 2 there are two stale ones */
	/* Without path ids in the next session there is one path of each. */
	rib_peer_sweep(&routes.rib[0], peer_slot(&peer));
	rib_peer_stale(&routes.rib[0], peer_slot(&peer));
	peer.chan[0].rx_addpath = false;
	assert_int_equal(announce_as(0, 1), V_OK);
	assert_int_equal(errors(UR_PATHS_LIMIT), 2);
	assert_int_equal(rib_peer_sweep(&routes.rib[0], peer_slot(&peer)), 1);
	assert_int_equal(held(), 1);
}

static void maximum_prefix_counts_paths(void **state)
{
	(void)state;
	peer.chan[0].rx_addpath = true;
	peer.cfg.af[FAM_EVPN].addpath_rx_limit = 99;
	peer.cfg.af[FAM_EVPN].max_prefix = 4;
	peer.cfg.af[FAM_EVPN].max_prefix_pct = 75;
	assert_int_equal(announce_as(1, 2), V_OK);
	assert_int_equal(announce_as(2, 2), V_OK);
	/* What is kept from before a restart is not counted ... */
	rib_peer_stale(&routes.rib[0], peer_slot(&peer));
	assert_int_equal(announce_as(3, 2), V_OK);
	assert_int_equal(announce_as(4, 2), V_OK);
	assert_int_equal(held(), 8);
	/* ... unless it is said again ... */
	assert_int_equal(announce_as(1, 1), V_RESET);
	/* ... and it cannot be heaped up by one refresh after the other. */
	routes_hooks.refresh(&peer, &families[0], RR_BEGIN);
	assert_int_equal(announce_as(5, 1), V_OK);
	routes_hooks.refresh(&peer, &families[0], RR_BEGIN);
	assert_int_equal(announce_as(6, 1), V_RESET);
}

/* Restarts in a row, each with other routes, heap up no more than twice the limit. */
static void restarts_do_not_heap_up(void **state)
{
	(void)state;
	peer.chan[0].rx_addpath = true;
	peer.cfg.af[FAM_EVPN].addpath_rx_limit = 99;
	peer.cfg.af[FAM_EVPN].max_prefix = 4;
	peer.stale[0].any =
		true; /* as gr.c says when the long-lived time covers them */
	for (unsigned i = 1; i < 9; i++) {
		assert_int_equal(announce_as(i, 3), V_OK);
		assert_true(held() <= 8);
		routes_hooks.down(&peer, true);
		routes_hooks.up(&peer);
	}
}

/* A neighbor becomes a client: that is another session, but graceful restart keeps its
 * routes over it, and those who could not know them before shall. */
static void kept_routes_find_new_receivers(void **state)
{
	struct peer other = {
		.bgp = &bgp,
		.index = 1,
		.addr = ip4_of(PEER_ID + 1),
		.as4 = true,
		.chan[FAM_EVPN].up = true,
	};
	struct attrs a = plain();
	struct notif err;

	(void)state;
	routes_hooks.up(&other);
	announce(&a, 3);
	for (int client = 0; client < 3; client++) {
		assert_int_equal(feed(&err), V_OK); /* the same as before */
		event_base_loop(bgp.base, EVLOOP_NONBLOCK);
		assert_int_equal(export_count(&other, &families[FAM_EVPN]),
				 client == 1 ? 3 : 0);
		peer.stale[FAM_EVPN].any = true;
		routes_hooks.down(&peer, true);
		peer.cfg.af[FAM_EVPN].rr_client = !peer.cfg.af[FAM_EVPN].rr_client;
		routes_hooks.up(&peer);
	}
	routes_hooks.down(&other, false);
}

/* ---- RT constraint ---- */

/* The peer asks for so many route targets from the first one on; none: everything. */
static void ask_for(uint32_t first, uint32_t n)
{
	struct attrs a = plain();
	struct attrset *set = attrset_intern(&routes.attrs, &a);
	struct rtc_route m = { .bits = n ? RTC_FULL_BITS : 0, .as = AS };

	for (uint32_t i = first; i < first + MAX_OF(n, 1u); i++) {
		struct nlri key;

		m.rt = rt_make(AS, i);
		assert_int_equal(rtc_build(&m, &key), 0);
		rib_update(&routes.rib[FAM_RTC], peer_slot(&peer), &key, set);
	}
	attrset_unref(&routes.attrs, set);
	rtc_changed(&routes, &peer);
	rtc_eor(&routes, &peer);
	event_base_loop(bgp.base, EVLOOP_NONBLOCK);
}

static void up_with_rt_constraint(void)
{
	routes_hooks.down(&peer, false);
	peer.chan[FAM_RTC].up = true;
	peer.cfg.af[FAM_EVPN].rr_client = true;
	routes_hooks.up(&peer);
}

/* Several paths of one route are one route of its own. */
static void own_routes_are_not_counted(void **state)
{
	(void)state;
	peer.chan[FAM_EVPN].rx_addpath = true;
	peer.cfg.af[FAM_EVPN].addpath_rx_limit = 8;
	up_with_rt_constraint();
	ask_for(0, 0);
	for (uint32_t id = 1; id < 4; id++)
		assert_int_equal(announce_as(id, 2), V_OK);
	event_base_loop(bgp.base, EVLOOP_NONBLOCK);
	assert_int_equal(held(), 6);
	assert_int_equal(export_count(&peer, &families[FAM_EVPN]), 0);
	assert_int_equal(export_counts(&peer, &families[FAM_EVPN]).held_back, 0);
}

/* Others have their turn while a large table is gone through for who wants nothing. */
static void what_nobody_wants_takes_turns(void **state)
{
	enum { N = 300000 };
	struct attrs a = plain();
	uint32_t told = 0;
	unsigned turns = 0;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		struct nlri n = route(i);

		routes_originate(&routes, &families[FAM_EVPN], &n, &a);
	}
	up_with_rt_constraint();
	for (; told < N && turns < 1000; turns++) {
		event_base_loop(bgp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		assert_int_equal(export_count(&peer, &families[FAM_EVPN]), 0);
		told = export_counts(&peer, &families[FAM_EVPN]).held_back;
	}
	assert_int_equal(told, N);
	assert_in_range(turns, 3, 100);
	rib_peer_flush(&routes.rib[FAM_EVPN], RIB_OWN);
	event_base_loop(bgp.base, EVLOOP_NONBLOCK);
}

static void who_asks_for_too_much_gets_everything(void **state)
{
	(void)state;
	up_with_rt_constraint();
	ask_for(0, RTC_MOST);
	assert_false(rtc_filter(&peer)->all);
	assert_int_equal(rtc_filter(&peer)->n, RTC_MOST);
	for (uint32_t i = 0; i < 3; i++)
		ask_for(RTC_MOST + i, 1);
	assert_true(rtc_filter(&peer)->all);
	assert_int_equal(bgp.limits[LIMIT_MEMBERSHIPS], 1);
	rib_peer_flush(&routes.rib[FAM_RTC], peer_slot(&peer));
	ask_for(0, 1);
	assert_false(rtc_filter(&peer)->all);
}

/* ---- origin-check: refused, counted, and what stood before goes ---- */

static struct claim_rule *rule(void)
{
	return &peer.cfg.af[FAM_EVPN].origin;
}

static void foreign_next_hop(void **state)
{
	struct attrs a = plain();
	struct notif err;

	(void)state;
	rule()->on = true;
	announce(&a, 2);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 2);
	a.nexthop = ip4_of(PEER_ID + 1);
	announce(&a, 1); /* of a key that it had told the truth about */
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 1);
	assert_int_equal(peer.stats.update_errors[UR_ORIGIN_NEXT_HOP], 1);
	withdraw(1); /* of nothing */
	assert_int_equal(feed(&err), V_OK);
	a.nexthop = ip4_of(PEER_ID);
	announce(&a, 1); /* it comes back when it tells the truth again */
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 2);
	assert_int_equal(peer.stats.update_errors[UR_ORIGIN_NEXT_HOP], 1);
}

/* The check asks for the router id of the session, not for the peer's address. */
static void foreign_originator(void **state)
{
	struct attrs a = plain();
	struct notif err;

	(void)state;
	rule()->on = true;
	peer.remote_id = 0x0a0000aa;
	a.present |= 1ull << ATTR_ORIGINATOR_ID;
	a.originator_id = PEER_ID;
	announce(&a, 1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 0);
	assert_int_equal(peer.stats.update_errors[UR_ORIGIN_REFLECTED], 1);
	a.originator_id = peer.remote_id;
	announce(&a, 1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 1);
}

/* Switched on while routes are there: what would be refused now goes, at once. */
static void check_comes_later(void **state)
{
	struct cfg_nbr was = peer.cfg;
	struct attrs a = plain();
	struct notif err;

	(void)state;
	announce(&a, 3);
	assert_int_equal(feed(&err), V_OK);
	a.nexthop = ip4_of(PEER_ID + 1);
	announce(&a, 2);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 3);
	routes_hooks.configured(&peer, &was); /* nothing changed */
	assert_int_equal(held(), 3);
	rule()->on = true;
	routes_hooks.configured(&peer, &was);
	assert_int_equal(held(), 1);
	assert_int_equal(peer.stats.update_errors[UR_ORIGIN_NEXT_HOP], 2);
	was = peer.cfg;
	rule()->n_vteps = 1;
	prefix_parse("10.9.0.0/16", &rule()->vteps[0]);
	routes_hooks.configured(&peer, &was);
	assert_int_equal(held(), 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(verdicts),
		CASE(all_or_nothing),
		CASE(loops_withdraw),
		CASE(as_allowed),
		CASE(no_policy_no_routes),
		CASE(withdraw_takes_one),
		CASE(unknown_types),
		CASE(maximum_prefix),
		CASE(maximum_memory),
		CASE(a_path_that_grows_too_long),
		CASE(enhanced_refresh_sweeps),
		CASE(path_ids_are_told_apart),
		CASE(too_many_paths_are_refused),
		CASE(maximum_prefix_counts_paths),
		CASE(restarts_do_not_heap_up),
		CASE(kept_routes_find_new_receivers),
		CASE(own_routes_are_not_counted),
		CASE(what_nobody_wants_takes_turns),
		CASE(who_asks_for_too_much_gets_everything),
		CASE(foreign_next_hop),
		CASE(foreign_originator),
		CASE(check_comes_later),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
