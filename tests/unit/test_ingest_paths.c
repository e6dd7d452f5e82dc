/*
 * UPDATEs with several paths of one route, and of peers that ask for what they want:
 * which paths are kept and counted, and for whom.
 */
#include "tests/unit/ingest_help.h"

#include "bgpd/rtc.h"
#include "lib/util.h"
#include "rib/rtset.h"
#include "wire/nlri_rtc.h"

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

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(path_ids_are_told_apart),
		CASE(too_many_paths_are_refused),
		CASE(maximum_prefix_counts_paths),
		CASE(restarts_do_not_heap_up),
		CASE(kept_routes_find_new_receivers),
		CASE(own_routes_are_not_counted),
		CASE(what_nobody_wants_takes_turns),
		CASE(who_asks_for_too_much_gets_everything),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
