/* Graceful restart: which end keeps routes, until when, what is swept. */
#include "tests/unit/bgp_help.h"

static struct bgp bgp;
static struct config *cfg;

enum { LLGR = 1 << 16 };

static const struct {
	const char *name;
	bool family_gr, n_bit;
	uint32_t restart_s; /* + LLGR: also a long-lived stale time */
	enum end_kind kind;
	uint8_t code, sub;
	enum peer_idle idle;
	bool keep;
} ends[] = {
	{ "peer closed", true, false, 120, END_TCP, 0, 0, PEER_RUNS, true },
	{ "peer closed, no GR", false, false, 120, END_TCP, 0, 0, PEER_RUNS, false },
	{ "restart time 0", true, false, 0, END_TCP, 0, 0, PEER_RUNS, false },
	{ "restart time 0, but LLGR", true, false, LLGR, END_TCP, 0, 0, PEER_RUNS,
	  true },
	{ "family in LLGR only", false, false, LLGR, END_TCP, 0, 0, PEER_RUNS, true },
	{ "LLGR, NOTIFICATION, no N", true, false, LLGR, END_NOTIF_RX, 6, 4, PEER_RUNS,
	  false },
	{ "LLGR, hard reset", true, true, LLGR, END_NOTIF_RX, 6, 9, PEER_RUNS, false },
	{ "a new connection", true, false, 120, END_REPLACED, 0, 0, PEER_RUNS, true },
	{ "NOTIFICATION, no N", true, false, 120, END_NOTIF_RX, 6, 4, PEER_RUNS,
	  false },
	{ "NOTIFICATION, N", true, true, 120, END_NOTIF_RX, 6, 4, PEER_RUNS, true },
	{ "hard reset, N", true, true, 120, END_NOTIF_RX, 6, 9, PEER_RUNS, false },
	{ "N but no GR", false, true, 120, END_NOTIF_RX, 6, 4, PEER_RUNS, false },
	{ "hold time, no N", true, false, 120, END_NOTIF_TX, 4, 0, PEER_RUNS, false },
	{ "hold time, N", true, true, 120, END_NOTIF_TX, 4, 0, PEER_RUNS, true },
	{ "UPDATE error, N", true, true, 120, END_NOTIF_TX, 3, 1, PEER_RUNS, true },
	{ "our hard reset, N", true, true, 120, END_NOTIF_TX, 6, 9, PEER_RUNS, false },
	{ "shut down by us", true, true, 120, END_TCP, 0, 0, PEER_ADMIN_DOWN, false },
	{ "de-configured", true, true, 120, END_TCP, 0, 0, PEER_LEAVING, false },
};

static struct peer *fresh_peer(void)
{
	struct cfg_nbr n = { .as_kind = CFG_AS_INTERNAL, .passive = true };

	nbr_defaults(&n);
	n.addr = ip("127.0.3.9");
	return peer_new(&bgp, &n, false);
}

static void keeps_or_drops(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct notif n = notif_make(ends[i].code, ends[i].sub, "\6\4", 2);
		struct end e = { .kind = ends[i].kind, .n = &n };
		struct peer p = { .bgp = &bgp, .idle = ends[i].idle };

		p.chan[0] = (struct channel) { .up = true, .gr = ends[i].family_gr };
		p.notif_n = ends[i].n_bit;
		p.chan[0].llgr_s = ends[i].restart_s & LLGR ? 600 : 0;
		p.rx_open.gr_time_s = (uint16_t)ends[i].restart_s;
		print_message("# %s\n", ends[i].name);
		assert_int_equal(gr_keeps(&p, &e), ends[i].keep);
	}
}

/* A peer whose session just ended with routes kept. */
static struct peer *lost(struct peer *p, uint16_t restart_s, uint32_t llgr_s)
{
	seen = (struct seen) { 0 };
	p->rx_open.gr_time_s = restart_s;
	p->chan[0] = (struct channel) {
		.up = true, .gr = true, .llgr = llgr_s, .llgr_s = llgr_s
	};
	gr_down(p, true);
	assert_int_equal(seen.down, 1);
	assert_int_equal(seen.kept, 1);
	assert_true(p->gr_stale && p->stale[0].any);
	return p;
}

static struct peer *lost_peer(void)
{
	return lost(fresh_peer(), 120, 0);
}

static struct conn fake_conn = { .state = FSM_ESTABLISHED };

static void back(struct peer *p, bool forward)
{
	p->conn[0] = &fake_conn;
	p->chan[0].up = p->chan[0].gr = true;
	p->chan[0].gr_forward = p->chan[0].llgr_forward = forward;
	p->chan[0].eor_rx = false;
	gr_up(p);
}

static void away(struct peer *p, bool keep)
{
	p->conn[0] = NULL;
	gr_down(p, keep);
}

static void drop(struct peer *p)
{
	p->conn[0] = NULL;
	peer_delete(p, NULL, "test");
}

static void sweeps_after_restart_time(void **state UNUSED)
{
	struct peer *p = lost_peer();

	pass(119000);
	assert_int_equal(seen.sweeps, 0);
	pass(1000);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale);
	pass(500000);
	assert_int_equal(seen.sweeps, 1);
	drop(p);
}

static void sweeps_at_end_of_rib(void **state UNUSED)
{
	struct peer *p = lost_peer();

	back(p, true);
	pass(121000); /* the restart time ended with the session up */
	assert_int_equal(seen.sweeps, 0);
	peer_eor_received(p, &families[0]);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale || p->gr_timer.pending);
	peer_eor_received(p, &families[0]);
	assert_int_equal(seen.sweeps, 1);
	drop(p);
}

static void sweeps_at_stale_time(void **state UNUSED)
{
	struct peer *p = lost_peer();

	back(p, true);
	pass(359000);
	assert_int_equal(seen.sweeps, 0);
	pass(1000);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale);
	drop(p);
}

static void sweeps_lost_forwarding(void **state UNUSED)
{
	struct peer *p = lost_peer();

	back(p, false);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale || p->gr_timer.pending);
	drop(p);

	p = lost_peer();
	p->chan[0].up = p->chan[0].gr = false; /* not offered any more */
	gr_up(p);
	assert_int_equal(seen.sweeps, 1);
	drop(p);
}

static void consecutive_restart(void **state UNUSED)
{
	struct peer *p = lost_peer();

	back(p, true);
	away(p, true); /* before its End-of-RIB */
	assert_int_equal(seen.sweeps, 1);
	assert_int_equal(seen.down, 2);
	assert_true(p->gr_stale);
	away(p, false); /* and for good */
	assert_int_equal(seen.sweeps, 2);
	assert_false(p->gr_stale || p->gr_timer.pending);
	drop(p);
}

/* ---- long-lived (RFC 9494) ---- */

static void begins_after_restart_time(void **state UNUSED)
{
	struct peer *p = lost(fresh_peer(), 120, 600);

	pass(119000);
	assert_int_equal(seen.long_lived, 0);
	pass(1000);
	assert_int_equal(seen.long_lived, 1);
	assert_true(p->stale[0].llgr && p->gr_stale);
	pass(599000);
	assert_int_equal(seen.sweeps, 0);
	pass(1000);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale || p->llgr_timer.pending);
	drop(p);
}

static void begins_at_once_without_restart_time(void **state UNUSED)
{
	struct peer *p = lost(fresh_peer(), 0, 600);

	assert_int_equal(seen.long_lived, 1);
	assert_false(p->gr_timer.pending);
	gr_forget(p);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->llgr_timer.pending);

	p->chan[0].gr = false; /* listed in capability 71 only */
	seen = (struct seen) { 0 };
	p->rx_open.gr_time_s = 120;
	gr_down(p, true);
	assert_int_equal(seen.long_lived, 1);
	drop(p);
}

/* The timer goes on over the new session, until End-of-RIB. */
static void runs_on_until_end_of_rib(void **state UNUSED)
{
	struct peer *p = lost(fresh_peer(), 0, 600);

	pass(100000);
	back(p, true);
	assert_int_equal(seen.sweeps, 0);
	assert_false(p->gr_timer.pending); /* stalepath-time is not for them */
	pass(400000);
	assert_int_equal(seen.sweeps, 0);
	peer_eor_received(p, &families[0]);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale || p->llgr_timer.pending);
	pass(600000);
	assert_int_equal(seen.sweeps, 1);
	drop(p);
}

static void lost_forwarding_ends_it(void **state UNUSED)
{
	struct peer *p = lost(fresh_peer(), 0, 600);

	back(p, false);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale);
	p->conn[0] = NULL;

	lost(p, 0, 600);
	p->chan[0].llgr = false; /* no capability 71 any more */
	p->chan[0].llgr_s = 0;
	back(p, true);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale);
	drop(p);
}

/* Further restarts neither delete what is long-lived stale nor give it more time. */
static void consecutive_restarts_keep_it(void **state UNUSED)
{
	struct peer *p = lost(fresh_peer(), 10, 600);

	for (int i = 0; i < 5; i++) {
		pass(50000); /* down for longer than the restart time */
		back(p, true);
		pass(50000);
		assert_int_equal(seen.sweeps, 0);
		away(p, true);
	}
	assert_int_equal(seen.long_lived, 5);
	pass(109000);
	assert_int_equal(seen.sweeps, 0);
	pass(1000);
	assert_int_equal(seen.sweeps, 1);
	drop(p);
}

/* The same when the peer is back within the restart time each time, so that the long
 * period never begins: what nobody confirms goes with the first end after it. */
static void flapping_is_bounded(void **state UNUSED)
{
	struct peer *p = lost(fresh_peer(), 120, 300);

	for (int i = 0; i < 8; i++) {
		pass(1000);
		back(p, true);
		pass(49000);
		assert_int_equal(seen.sweeps, 0);
		away(p, true);
	}
	pass(1000);
	back(p, true);
	pass(30000);
	away(p, true);
	assert_int_equal(seen.sweeps, 1);
	assert_true(p->gr_stale); /* the last session's */
	drop(p);
}

/* Over before the peer has told everything again: the next end is final. */
static void over_during_synchronization(void **state UNUSED)
{
	struct end e = { .kind = END_TCP };
	struct peer *p = lost(fresh_peer(), 0, 600);

	back(p, true);
	pass(600000);
	assert_int_equal(seen.sweeps, 1);
	p->idle = PEER_RUNS;
	assert_false(gr_keeps(p, &e));
	peer_eor_received(p, &families[0]);
	assert_true(gr_keeps(p, &e));
	drop(p);
}

static void switched_off(void **state UNUSED)
{
	struct peer *p = lost(fresh_peer(), 0, 600);

	gr_long_lived_off(&bgp);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale || p->llgr_timer.pending);
	drop(p);
}

/* A peer of a listen range lives as long as its routes. */
static void dynamic_peers_go_in_the_end(void **state UNUSED)
{
	struct peer *p = fresh_peer();

	pump(3); /* earlier ones are gone */
	p->dynamic = true;
	bgp.n_dynamic++;
	lost(p, 10, 60);
	pass(69000);
	assert_int_equal(seen.gone, 0);
	pass(1000);
	PUMP_UNTIL(seen.gone == 1);

	p = fresh_peer(); /* an operator who knows it is dead need not wait */
	p->dynamic = true;
	p->idle = PEER_RUNS;
	bgp.n_dynamic++;
	lost(p, 10, 60);
	peer_reset(p, CEASE_RESET, NULL);
	assert_int_equal(seen.sweeps, 1);
	PUMP_UNTIL(seen.gone == 1);
}

/* ---- after our own restart ---- */

static void started(void)
{
	seen.converged = seen.complete = 0;
	bgp.converged = bgp.complete = bgp.absent_over = false;
	bgp.restarting = true;
	ev_timer_stop(&bgp.defer_timer);
	gr_wait(&bgp);
}

static void is_up(struct peer *p, bool restarting)
{
	p->state = FSM_ESTABLISHED;
	p->gr_both = p->chan[0].up = true;
	p->chan[0].eor_rx = false;
	p->rx_open.gr_restarting = restarting;
	p->last_update_ms = clock_ms();
}

/* A reflector passes on what its clients say: End-of-RIB waits for them. */
static void converges(void **state UNUSED)
{
	struct peer *a = fresh_peer(), *b = fresh_peer();

	a->idle = PEER_RUNS;
	a->cfg.af[0].rr_client = true;
	started();
	is_up(a, false);
	b->idle = PEER_ADMIN_DOWN; /* nobody waits for it */
	gr_check(&bgp);
	assert_int_equal(seen.converged, 0);
	b->idle = PEER_RUNS; /* not up yet: wait */
	peer_eor_received(a, &families[0]);
	gr_check(&bgp);
	assert_int_equal(seen.converged, 0);
	is_up(b, false);
	gr_check(&bgp);
	assert_int_equal(seen.converged, 0);
	peer_eor_received(b, &families[0]);
	gr_check(&bgp);
	gr_check(&bgp);
	assert_int_equal(seen.converged, 1);
	assert_int_equal(seen.complete, 1);
	assert_false(bgp.restarting);

	started(); /* b is down: half a minute, no more */
	b->state = FSM_ACTIVE;
	pass(29000);
	assert_int_equal(seen.converged, 0);
	pass(1000);
	assert_int_equal(seen.converged, 1);
	assert_int_equal(seen.complete, 1);

	started(); /* a never says that it is done */
	a->chan[0].eor_rx = false;
	pass(359000);
	assert_int_equal(seen.converged, 0);
	pass(1000);
	assert_int_equal(seen.converged, 1);
	assert_int_equal(seen.complete, 1);

	started(); /* nobody is there: what the kernel has may be all there is */
	a->state = FSM_ACTIVE;
	pass(359000);
	assert_int_equal(seen.converged, 1);
	assert_int_equal(seen.complete, 0);
	pass(1000);
	assert_int_equal(seen.complete, 1);
	drop(a);
	drop(b);
}

/* One that restarts as we do may wait for our End-of-RIB: never wait for each other,
 * but let it finish what it says; and do not sweep before its End-of-RIB. */
static void nobody_waits_for_each_other(void **state UNUSED)
{
	struct peer *a = fresh_peer();

	a->idle = PEER_RUNS;
	a->cfg.af[0].rr_client = true;
	started();
	is_up(a, true);
	gr_check(&bgp);
	pass(750);
	a->last_update_ms = clock_ms(); /* it goes on to tell its routes */
	pass(750);
	assert_int_equal(seen.converged, 0);
	pass(500);
	assert_int_equal(seen.converged, 1);
	assert_int_equal(seen.complete, 0);
	assert_true(bgp.restarting);
	peer_eor_received(a, &families[0]);
	gr_check(&bgp);
	assert_int_equal(seen.complete, 1);
	assert_false(bgp.restarting);

	started(); /* its End-of-RIB counts at once */
	is_up(a, true);
	peer_eor_received(a, &families[0]);
	gr_check(&bgp);
	assert_int_equal(seen.converged, 1);
	drop(a);
}

/* Who passes nothing on has nothing to wait for but its own kernel. */
static void a_host_waits_for_itself_only(void **state UNUSED)
{
	struct peer *a = fresh_peer();

	a->idle = PEER_RUNS;
	bgp.local_pending = true;
	started();
	is_up(a, false);
	gr_check(&bgp);
	assert_int_equal(seen.converged, 0);
	bgp_local_complete(&bgp);
	PUMP_UNTIL(seen.converged == 1);
	assert_int_equal(seen.complete, 0);
	peer_eor_received(a, &families[0]);
	gr_check(&bgp);
	assert_int_equal(seen.complete, 1);
	drop(a);
}

/* Who had a session before the restart and comes by a listen range is waited for too,
 * for half a minute, so that the first one does not get End-of-RIB before the second
 * one's routes. */
static void waits_for_the_expected(void **state UNUSED)
{
	struct cfg_nbr n = { .as_kind = CFG_AS_INTERNAL };
	struct peer *p[2];

	range_add(cfg, "127.0.0.0/8", CFG_AS_INTERNAL)->af[0].rr_client = true;
	for (int absent = 0; absent < 2; absent++) {
		started();
		bgp.n_expected = 2;
		bgp.expected = xcalloc(2, sizeof(*bgp.expected));
		bgp.expected[0] = ip("127.0.3.8");
		bgp.expected[1] = ip("127.0.3.7");
		nbr_defaults(&n);
		n.af[0].rr_client = true;
		gr_check(&bgp);
		for (int i = 0; i < 2 - absent; i++) {
			assert_int_equal(seen.converged, 0);
			n.addr = bgp.expected[i];
			p[i] = peer_new(&bgp, &n, true);
			p[i]->idle = PEER_RUNS;
			p[i]->state = FSM_ESTABLISHED;
			p[i]->gr_both = p[i]->chan[0].up = true;
			gr_up(p[i]);
			peer_eor_received(p[i], &families[0]);
			pass(1500);
		}
		assert_int_equal(seen.complete, !absent);
		pass(30000);
		assert_int_equal(seen.converged, 1);
		assert_int_equal(seen.complete, 1);
		for (int i = 0; i < 2 - absent; i++) {
			p[i]->state = FSM_IDLE;
			peer_delete(p[i], NULL, "test");
		}
	}
}

static int setup(void **state UNUSED)
{
	help_init();
	bgp_init(&bgp, base, &hooks);
	cfg = cfg_new(65000, "10.0.0.1");
	bgp_apply(&bgp, cfg);
	return 0;
}

static int teardown(void **state UNUSED)
{
	bgp_fini(&bgp);
	cfg_drop(cfg);
	help_fini();
	return 0;
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(keeps_or_drops),
		cmocka_unit_test(sweeps_after_restart_time),
		cmocka_unit_test(sweeps_at_end_of_rib),
		cmocka_unit_test(sweeps_at_stale_time),
		cmocka_unit_test(sweeps_lost_forwarding),
		cmocka_unit_test(consecutive_restart),
		cmocka_unit_test(begins_after_restart_time),
		cmocka_unit_test(begins_at_once_without_restart_time),
		cmocka_unit_test(runs_on_until_end_of_rib),
		cmocka_unit_test(lost_forwarding_ends_it),
		cmocka_unit_test(consecutive_restarts_keep_it),
		cmocka_unit_test(flapping_is_bounded),
		cmocka_unit_test(over_during_synchronization),
		cmocka_unit_test(switched_off),
		cmocka_unit_test(dynamic_peers_go_in_the_end),
		cmocka_unit_test(converges),
		cmocka_unit_test(nobody_waits_for_each_other),
		cmocka_unit_test(a_host_waits_for_itself_only),
		cmocka_unit_test(waits_for_the_expected),
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
