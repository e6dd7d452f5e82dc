/* Graceful restart: which end keeps routes, until when, what is swept. */
#include "tests/unit/bgp_help.h"

static struct bgp bgp;
static struct config *cfg;

static const struct {
	const char *name;
	bool family_gr, n_bit;
	uint16_t restart_s;
	enum end_kind kind;
	uint8_t code, sub;
	enum peer_idle idle;
	bool keep;
} ends[] = {
	{ "peer closed", true, false, 120, END_TCP, 0, 0, PEER_RUNS, true },
	{ "peer closed, no GR", false, false, 120, END_TCP, 0, 0, PEER_RUNS, false },
	{ "restart time 0", true, false, 0, END_TCP, 0, 0, PEER_RUNS, false },
	{ "a new connection", true, false, 120, END_REPLACED, 0, 0, PEER_RUNS, true },
	{ "NOTIFICATION, no N", true, false, 120, END_NOTIF_RX, 6, 4, PEER_RUNS,
	  false },
	{ "NOTIFICATION, N", true, true, 120, END_NOTIF_RX, 6, 4, PEER_RUNS, true },
	{ "hard reset, N", true, true, 120, END_NOTIF_RX, 6, 9, PEER_RUNS, false },
	{ "N but no GR", false, true, 120, END_NOTIF_RX, 6, 4, PEER_RUNS, false },
	{ "hold time, no N", true, false, 120, END_NOTIF_TX, 4, 0, PEER_RUNS, false },
	{ "hold time, N", true, true, 120, END_NOTIF_TX, 4, 0, PEER_RUNS, true },
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
		p.rx_open.gr_time_s = ends[i].restart_s;
		print_message("# %s\n", ends[i].name);
		assert_int_equal(gr_keeps(&p, &e), ends[i].keep);
	}
}

/* A peer whose session just ended with routes kept. */
static struct peer *lost_peer(void)
{
	struct peer *p = fresh_peer();

	seen = (struct seen) { 0 };
	p->rx_open.gr_time_s = 120;
	p->chan[0] = (struct channel) { .up = true, .gr = true };
	gr_down(p, true);
	assert_int_equal(seen.down, 1);
	assert_int_equal(seen.kept, 1);
	assert_true(p->gr_stale && p->chan[0].stale);
	return p;
}

static void back(struct peer *p, bool forward)
{
	p->chan[0].up = p->chan[0].gr = true;
	p->chan[0].gr_forward = forward;
	p->chan[0].eor_rx = false;
	gr_up(p);
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
	peer_delete(p, NULL, "test");
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
	peer_delete(p, NULL, "test");
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
	peer_delete(p, NULL, "test");
}

static void sweeps_lost_forwarding(void **state UNUSED)
{
	struct peer *p = lost_peer();

	back(p, false);
	assert_int_equal(seen.sweeps, 1);
	assert_false(p->gr_stale || p->gr_timer.pending);
	peer_delete(p, NULL, "test");

	p = lost_peer();
	p->chan[0].up = p->chan[0].gr = false; /* not offered any more */
	gr_up(p);
	assert_int_equal(seen.sweeps, 1);
	peer_delete(p, NULL, "test");
}

static void consecutive_restart(void **state UNUSED)
{
	struct peer *p = lost_peer();

	back(p, true);
	gr_down(p, true); /* before its End-of-RIB */
	assert_int_equal(seen.sweeps, 1);
	assert_int_equal(seen.down, 2);
	assert_true(p->gr_stale);
	gr_down(p, false); /* and for good */
	assert_int_equal(seen.sweeps, 2);
	assert_false(p->gr_stale || p->gr_timer.pending);
	peer_delete(p, NULL, "test");
}

static void converges(void **state UNUSED)
{
	struct peer *a = fresh_peer(), *b = fresh_peer();

	a->idle = b->idle = PEER_RUNS;
	seen.converged = 0;
	bgp.converged = bgp.absent_over = false;
	bgp.restarting = true;
	gr_wait(&bgp);
	a->state = FSM_ESTABLISHED;
	a->rx_open.gr = true;
	a->chan[0].up = true;
	b->idle = PEER_ADMIN_DOWN; /* nobody waits for it */
	gr_check(&bgp);
	assert_int_equal(seen.converged, 0);
	a->chan[0].eor_rx = true;
	b->idle = PEER_RUNS; /* not up yet: wait */
	gr_check(&bgp);
	assert_int_equal(seen.converged, 0);
	b->state = FSM_ESTABLISHED;
	b->rx_open.gr = b->rx_open.gr_restarting = true;
	b->chan[0].up = true; /* it waits for us: never wait for each other */
	gr_check(&bgp);
	gr_check(&bgp);
	assert_int_equal(seen.converged, 1);
	assert_false(bgp.restarting);

	bgp.converged = false; /* b is down: half a minute, no more */
	b->state = FSM_ACTIVE;
	gr_wait(&bgp);
	pass(29000);
	assert_int_equal(seen.converged, 1);
	pass(1000);
	assert_int_equal(seen.converged, 2);

	bgp.converged = bgp.absent_over = false; /* a never says that it is done */
	a->chan[0].eor_rx = false;
	gr_wait(&bgp);
	pass(359000);
	assert_int_equal(seen.converged, 2);
	pass(1000);
	assert_int_equal(seen.converged, 3);
	a->state = b->state = FSM_IDLE;
	peer_delete(a, NULL, "test");
	peer_delete(b, NULL, "test");
}

/* Who had a session before the restart and comes by a listen range is waited for too,
 * for half a minute, so that the first one does not get End-of-RIB before the second
 * one's routes. */
static void waits_for_the_expected(void **state UNUSED)
{
	struct cfg_nbr n = { .as_kind = CFG_AS_INTERNAL };
	struct peer *p[2];

	for (int absent = 0; absent < 2; absent++) {
		seen.converged = 0;
		bgp.converged = bgp.absent_over = false;
		bgp.restarting = true;
		bgp.n_expected = 2;
		bgp.expected = xcalloc(2, sizeof(*bgp.expected));
		bgp.expected[0] = ip("127.0.3.8");
		bgp.expected[1] = ip("127.0.3.7");
		nbr_defaults(&n);
		gr_wait(&bgp);
		gr_check(&bgp);
		for (int i = 0; i < 2 - absent; i++) {
			assert_int_equal(seen.converged, 0);
			n.addr = bgp.expected[i];
			p[i] = peer_new(&bgp, &n, true);
			p[i]->idle = PEER_RUNS;
			p[i]->state = FSM_ESTABLISHED;
			p[i]->rx_open.gr = p[i]->chan[0].up = true;
			gr_up(p[i]);
			peer_eor_received(p[i], &families[0]);
			pass(1500);
		}
		assert_int_equal(seen.converged, !absent);
		pass(30000);
		assert_int_equal(seen.converged, 1);
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
	bgp_apply(&bgp, NULL, cfg);
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
		cmocka_unit_test(converges),
		cmocka_unit_test(waits_for_the_expected),
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
