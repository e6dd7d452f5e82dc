/*
 * What an UPDATE does to the tables: a route that is refused must still take the
 * peer's earlier one away, and a verdict must be no milder and no harder than
 * RFC 7606 says.
 */
#include "tests/unit/ingest_help.h"

#include "lib/util.h"

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
		CASE(foreign_next_hop),
		CASE(foreign_originator),
		CASE(check_comes_later),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
