/* Two instances and a raw speaker: collisions, graceful restart, configuration by
 * difference, back-off, the end. */
#include "tests/unit/bgp_sides.h"

static struct side b;

/* The same port on both addresses, as each dials the other there. */
static void listen_both(void)
{
	for (int i = 0; i < 50; i++) {
		port = listen_at(&a.bgp, A, 0);
		assert_int_not_equal(port, 0);
		if (listen_at(&b.bgp, B, port))
			return;
	}
	fail_msg("no common port");
}

static void pair_init(const char *id_a, const char *id_b)
{
	seen = (struct seen) { 0 };
	side_init(&a, 65000, id_a);
	side_init(&b, 65000, id_b);
	side_nbr(&a, A, B, 65000);
	side_nbr(&b, B, A, 65000);
	listen_both();
}

static void pair_apply(void)
{
	side_apply(&a);
	side_apply(&b);
}

static void pair_fini(void)
{
	side_fini(&a);
	side_fini(&b);
	assert_int_equal(seen.up, seen.down);
}

static bool is_up(const struct side *s)
{
	return s->peer->state == FSM_ESTABLISHED && !s->peer->conn[1];
}

/* ---- collisions ---- */

/* Both dial in the same turn of the loop: one connection is left, the one that the
 * side with the higher id opened, and it carries one session. */
static void both_dial(void **state UNUSED)
{
	static const char *const ids[][2] = { { "10.0.0.1", "10.0.0.2" },
					      { "10.0.0.2", "10.0.0.1" },
					      { "9.0.0.1", "200.0.0.1" } };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		print_message("# %s %s\n", ids[i][0], ids[i][1]);
		pair_init(ids[i][0], ids[i][1]);
		pair_apply();
		PUMP_UNTIL(is_up(&a) && is_up(&b));
		pump(20);
		assert_true(is_up(&a) && is_up(&b));
		assert_int_equal(seen.up, 2);
		assert_int_equal(a.peer->conn[0]->outgoing,
				 a.bgp.router_id > b.bgp.router_id);
		assert_int_equal(b.peer->conn[0]->outgoing,
				 b.bgp.router_id > a.bgp.router_id);
		pair_fini();
	}
}

/* An instance whose neighbor is the raw speaker, which alone dials. */
static void lone_init(const char *id)
{
	seen = (struct seen) { 0 };
	side_init(&a, 65000, id);
	side_nbr(&a, A, B, 65000);
	a.nbr->passive = true;
	port = listen_at(&a.bgp, A, 0);
	side_apply(&a);
}

static struct raw lone_up(const struct open_msg *o)
{
	struct raw r = dial_a(o, true);

	raw_message(&r, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(a.peer->state == FSM_ESTABLISHED);
	return r;
}

/* A half-open one is replaced by the next; never more than two sockets. */
static void half_open_limit(void **state UNUSED)
{
	struct raw r[8];
	size_t len;

	lone_init("10.0.0.1");
	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		r[i] = raw_connect(B, A, port);
		raw_expect(&r[i], MSG_OPEN);
		assert_non_null(a.peer->conn[0]);
		assert_null(a.peer->conn[1]);
	}
	for (size_t i = 0; i + 1 < ARRAY_SIZE(r); i++)
		assert_int_equal(raw_recv(&r[i], &len), 0);
	for (size_t i = 0; i < ARRAY_SIZE(r); i++)
		close(r[i].fd);
	side_fini(&a);
}

static void established_stays(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct raw one, two;

	lone_init("10.0.0.1");
	one = lone_up(&o);
	pass(10000);
	two = dial_a(&o, false);
	raw_expect_notif(&two, NOTIF_CEASE, CEASE_COLLISION);
	assert_int_equal(a.peer->state, FSM_ESTABLISHED);
	assert_int_equal(seen.down, 0);
	assert_string_equal(a.peer->last_reset, ""); /* the session did not end */
	close(one.fd);
	close(two.fd);
	side_fini(&a);
}

/* ... but not with graceful restart: the peer is back, the old one is dead. */
static void restarted_replaces(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct raw one, two;
	size_t len;

	o.gr = true;
	o.gr_time_s = 120;
	o.fam[0].gr = o.fam[0].gr_forward = true;
	lone_init("10.0.0.1");
	one = lone_up(&o);
	peer_eor_received(a.peer, &families[0]);
	two = dial_a(&o, false); /* too early: the loser of a race */
	raw_expect_notif(&two, NOTIF_CEASE, CEASE_COLLISION);
	close(two.fd);
	pass(10000);
	two = dial_a(&o, true);
	assert_int_equal(seen.down, 1);
	assert_int_equal(seen.kept, 1);
	assert_true(a.peer->gr_stale);
	while ((len = 0, raw_recv(&one, &len)) == MSG_KEEPALIVE)
		;
	assert_int_equal(len, 0); /* closed without NOTIFICATION */
	raw_message(&two, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(seen.up == 2);
	assert_int_equal(seen.sweeps, 0);
	peer_eor_received(a.peer, &families[0]);
	assert_int_equal(seen.sweeps, 1);
	assert_false(a.peer->gr_stale);
	close(one.fd);
	close(two.fd);
	side_fini(&a);
}

static void kept_over_a_close_not_over_a_reset(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct raw one;

	o.gr = o.gr_notification = true;
	o.gr_time_s = 120;
	o.fam[0].gr = true;
	lone_init("10.0.0.1");
	one = lone_up(&o);
	close(one.fd);
	PUMP_UNTIL(seen.down == 1);
	assert_int_equal(seen.kept, 1);
	pass(119000);
	assert_int_equal(seen.sweeps, 0);
	pass(1000);
	assert_int_equal(seen.sweeps, 1);
	/* With the N bit a reset by us must be a hard one to drop routes. */
	one = lone_up(&o);
	peer_reset(a.peer, CEASE_RESET, "why not");
	raw_expect_notif(&one, NOTIF_CEASE, CEASE_HARD_RESET);
	assert_int_equal(one.in[21], NOTIF_CEASE);
	assert_int_equal(one.in[22], CEASE_RESET);
	assert_int_equal(seen.down, 2);
	assert_int_equal(seen.kept, 1);
	close(one.fd);
	side_fini(&a);
}

/* RFC 8538 section 5.1: which Cease is meant for good. */
static const struct {
	uint8_t sub;
	bool soft_admin_reset, hard;
} ceases[] = {
	{ CEASE_MAX_PREFIX, false, true },  { CEASE_SHUTDOWN, true, true },
	{ CEASE_DECONFIGURED, true, true }, { CEASE_RESET, false, true },
	{ CEASE_RESET, true, false },       { CEASE_CONFIG, false, false },
	{ CEASE_RESOURCES, false, true },
};

static void some_ceases_are_hard_resets(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");

	o.gr = o.gr_notification = true;
	o.gr_time_s = 120;
	o.fam[0].gr = true;
	for (size_t i = 0; i < ARRAY_SIZE(ceases); i++) {
		struct notif n = notif_make(NOTIF_CEASE, ceases[i].sub, NULL, 0);
		struct raw one;

		print_message("# 6/%u\n", ceases[i].sub);
		lone_init("10.0.0.1");
		a.cfg->soft_admin_reset = ceases[i].soft_admin_reset;
		one = lone_up(&o);
		peer_notify_down(a.peer, &n, false);
		raw_expect_notif(&one, NOTIF_CEASE,
				 ceases[i].hard ? CEASE_HARD_RESET : ceases[i].sub);
		/* What we tell the peer is what we do ourselves. */
		assert_int_equal(seen.kept, !ceases[i].hard);
		close(one.fd);
		side_fini(&a);
	}
}

/* ---- dialing ---- */

static unsigned attempts(int64_t ms)
{
	uint64_t before = a.peer->stats.connect_fails;

	for (int64_t t = 0; t < ms; t += 250) {
		pass(250);
		for (int i = 0; i < 50 && a.peer->state == FSM_CONNECT; i++)
			pump(1);
	}
	return (unsigned)(a.peer->stats.connect_fails - before);
}

static void backs_off(void **state UNUSED)
{
	side_init(&a, 65000, "10.0.0.1");
	side_nbr(&a, A, B, 65000);
	a.nbr->connect_s = 8;
	port = listen_at(&a.bgp, A, 0); /* nobody is there at B */
	side_apply(&a);
	PUMP_UNTIL(a.peer->stats.connect_fails == 1);
	assert_int_equal(a.peer->state, FSM_ACTIVE);
	assert_int_equal(attempts(1000), 1);     /* 1 s */
	assert_in_range(attempts(6000), 1, 3);   /* 2, 4 s */
	assert_in_range(attempts(80000), 9, 14); /* 8 s from then on */
	peer_reset(a.peer, CEASE_RESET, "");     /* clear bgp: at once, and anew */
	PUMP_UNTIL(a.peer->state == FSM_ACTIVE);
	assert_in_range(attempts(1000), 1, 2);
	side_fini(&a);
}

/* gobgpd accepts and closes for some seconds while it starts. */
static void accepts_and_closes(void **state UNUSED)
{
	unsigned accepted = 0;
	struct ip at = ip(B);
	int lfd = transport_listen(&at, 0);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct raw r;

	assert_true(lfd >= 0);
	getsockname(lfd, (struct sockaddr *)&ss, &len);
	ip_from_sockaddr(&ss, &port);
	seen = (struct seen) { 0 };
	side_init(&a, 65000, "10.0.0.1");
	side_nbr(&a, A, B, 65000);
	side_apply(&a);
	for (int64_t t = 0; t < 8000; t += 250) {
		int fd;

		pump(3);
		while ((fd = accept(lfd, NULL, NULL)) >= 0) {
			accepted++;
			close(fd);
		}
		pump(3);
		pass(250);
	}
	assert_in_range(accepted, 3, 5);
	for (int i = 0; i < 40; i++) { /* ready at last */
		r.fd = accept(lfd, NULL, NULL);
		if (r.fd >= 0)
			break;
		pass(250);
		pump(3);
	}
	assert_true(r.fd >= 0);
	r.len = r.used = 0;
	raw_expect(&r, MSG_OPEN);
	close(r.fd);
	close(lfd);
	side_fini(&a);
}

static void idle_reasons(void **state UNUSED)
{
	static const struct {
		bool shutdown, no_family, no_as;
		enum peer_idle why;
	} cases[] = {
		{ true, false, false, PEER_ADMIN_DOWN },
		{ false, true, false, PEER_NO_FAMILY },
		{ false, false, true, PEER_NO_AS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct raw r;
		size_t len;

		seen = (struct seen) { 0 };
		side_init(&a, 65000, "10.0.0.1");
		side_nbr(&a, A, B, cases[i].no_as ? 0 : 65000);
		a.nbr->shutdown = cases[i].shutdown;
		a.nbr->af[FAM_EVPN].activate = !cases[i].no_family;
		port = listen_at(&a.bgp, A, 0);
		side_apply(&a);
		pass(300000);
		assert_int_equal(a.peer->state, FSM_IDLE);
		assert_int_equal(a.peer->idle, cases[i].why);
		assert_int_not_equal(peer_idle_text(a.peer)[0], 0);
		assert_int_equal(a.peer->stats.connect_fails, 0);
		r = raw_connect(B, A, port);
		assert_int_equal(raw_recv(&r, &len), 0);
		close(r.fd);
		side_fini(&a);
	}
}

/* ---- configuration ---- */

static void edit_nothing(void)
{
}

static void edit_description(void)
{
	str_copy(a.nbr->desc, sizeof(a.nbr->desc), "reflector");
	a.nbr->af[FAM_EVPN].max_prefix = 7;
	a.nbr->af[FAM_EVPN].addpath_rx_limit = 5;
	a.nbr->hold_s = 30;
	a.nbr->connect_s = 5;
}

static void edit_ttl(void)
{
	a.nbr->multihop = 3;
}

static void edit_role(void)
{
	a.nbr->af[FAM_EVPN].rr_client = true;
}

static void edit_addpath_rx(void)
{
	a.nbr->af[FAM_EVPN].no_addpath_rx = true;
}

static void edit_addpath_tx(void)
{
	a.nbr->af[FAM_EVPN].addpath_tx_all = true;
}

static void edit_shutdown(void)
{
	a.nbr->shutdown = true;
	str_copy(a.nbr->shutdown_msg, sizeof(a.nbr->shutdown_msg), "maintenance");
}

static void edit_family(void)
{
	a.nbr->af[FAM_EVPN].activate = false;
}

static void edit_router_id(void)
{
	a.cfg->router_id += 100;
	a.bgp.router_id = a.cfg->router_id; /* as the engine does it */
}

static void edit_remove(void)
{
	TAILQ_REMOVE(&a.cfg->nbrs, a.nbr, link);
	free(a.nbr);
	a.nbr = NULL;
}

static void edit_no_bgp(void)
{
	a.cfg->has_bgp = false;
}

static const struct {
	const char *name;
	void (*edit)(void);
	uint8_t sub; /* of the Cease that the peer sees; 0: session untouched */
	bool comes_back;
} edits[] = {
	{ "nothing", edit_nothing, 0, true },
	{ "description, limits, timers", edit_description, 0, true },
	{ "TTL", edit_ttl, CEASE_CONFIG, true },
	{ "reflector client", edit_role, CEASE_CONFIG, true },
	{ "several paths, in", edit_addpath_rx, CEASE_CONFIG, true },
	{ "several paths, out", edit_addpath_tx, CEASE_CONFIG, true },
	{ "router id", edit_router_id, CEASE_CONFIG, true },
	{ "shutdown", edit_shutdown, CEASE_SHUTDOWN, false },
	{ "no activate", edit_family, CEASE_CONFIG, false },
	{ "no neighbor", edit_remove, CEASE_DECONFIGURED, false },
	{ "no router bgp", edit_no_bgp, CEASE_DECONFIGURED, false },
};

static void by_difference(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		char msg[256];

		print_message("# %s\n", edits[i].name);
		pair_init("10.0.0.1", "10.0.0.2");
		b.nbr->passive = true;
		pair_apply();
		PUMP_UNTIL(is_up(&a) && is_up(&b));
		edits[i].edit();
		side_apply(&a);
		if (!edits[i].sub) {
			pump(20);
			assert_int_equal(seen.configured, 1);
			assert_int_equal(seen.down, 0);
			assert_true(is_up(&a));
			assert_int_equal(a.peer->cfg.af[FAM_EVPN].max_prefix,
					 a.nbr->af[FAM_EVPN].max_prefix);
			pair_fini();
			continue;
		}
		assert_int_equal(seen.down, 1);
		PUMP_UNTIL(seen.down == 2);
		struct notif n = notif_inner(&b.peer->last_notif);

		assert_int_equal(n.code, NOTIF_CEASE);
		assert_int_equal(n.sub, edits[i].sub);
		if (edits[i].edit == edit_shutdown)
			assert_string_equal(notif_message(&n, msg, sizeof(msg)),
					    "maintenance");
		if (edits[i].comes_back) {
			PUMP_UNTIL(is_up(&a) && is_up(&b));
		} else {
			pass(10000);
			assert_int_equal(seen.up, 2);
		}
		assert_int_equal(seen.gone, !a.peer || !a.cfg->has_bgp);
		pair_fini();
	}
}

/* RFC 8212: what external neighbors give and get is another thing from here on. */
static void policy_knob_ends_external_sessions(void **state UNUSED)
{
	for (uint32_t as = 65000; as < 65002; as++) {
		struct open_msg o = raw_open(as, "10.0.0.2");
		struct raw one;

		seen = (struct seen) { 0 };
		side_init(&a, 65000, "10.0.0.1");
		side_nbr(&a, A, B, as);
		a.nbr->passive = true;
		port = listen_at(&a.bgp, A, 0);
		side_apply(&a);
		one = lone_up(&o);
		a.nbr->needs_policy = true;
		side_apply(&a);
		assert_int_equal(seen.down, as != 65000);
		if (as != 65000)
			raw_expect_notif(&one, NOTIF_CEASE, CEASE_CONFIG);
		close(one.fd);
		side_fini(&a);
	}
}

/* The number of a family is another one: who has the family must be told. */
static void ila_number(void **state UNUSED)
{
	for (int active = 0; active < 2; active++) {
		struct open_msg o = raw_open(65000, "10.0.0.2"), offer;
		struct raw one;

		seen = (struct seen) { 0 };
		side_init(&a, 65000, "10.0.0.1");
		side_nbr(&a, A, B, 65000);
		a.nbr->passive = true;
		a.nbr->af[FAM_ILA].activate = active;
		port = listen_at(&a.bgp, A, 0);
		side_apply(&a);
		one = lone_up(&o);
		side_apply(&a); /* nothing new */
		assert_int_equal(seen.down, 0);
		a.cfg->ila_afi = 33050;
		a.cfg->ila_safi = 1;
		side_apply(&a);
		assert_int_equal(seen.down, active);
		if (active)
			raw_expect_notif(&one, NOTIF_CEASE, CEASE_CONFIG);
		open_make(a.peer, &offer);
		assert_int_equal(open_family_find(&offer, 33050, 1) != NULL, active);
		assert_null(open_family_find(&offer, 2, 241));
		assert_ptr_equal(family_find(33050, 1), &families[FAM_ILA]);
		a.cfg->ila_afi = 2;
		a.cfg->ila_safi = 241;
		side_apply(&a);
		assert_ptr_equal(family_find(2, 241), &families[FAM_ILA]);
		close(one.fd);
		side_fini(&a);
	}
}

static void shutdown_and_back(void **state UNUSED)
{
	pair_init("10.0.0.1", "10.0.0.2");
	b.nbr->passive = true;
	pair_apply();
	PUMP_UNTIL(is_up(&a) && is_up(&b));
	edit_shutdown();
	side_apply(&a);
	PUMP_UNTIL(seen.down == 2);
	assert_int_equal(a.peer->idle, PEER_ADMIN_DOWN);
	peer_reset(a.peer, CEASE_RESET, ""); /* clear does not lift a shutdown */
	assert_int_equal(a.peer->state, FSM_IDLE);
	a.nbr->shutdown = false;
	side_apply(&a);
	PUMP_UNTIL(is_up(&a) && is_up(&b));
	pair_fini();
}

/* ---- MD5 ---- */

static void md5(void **state UNUSED)
{
	pair_init("10.0.0.1", "10.0.0.2");
	b.nbr->passive = true;
	str_copy(a.nbr->password, sizeof(a.nbr->password), "secret");
	str_copy(b.nbr->password, sizeof(b.nbr->password), "other");
	pair_apply();
	if (transport_md5(b.bgp.listen_fd[0], &(struct prefix) { ip(C), 32 }, "x") ==
	    -ENOPROTOOPT) {
		print_message("SKIP: this kernel has no TCP MD5\n");
		pair_fini();
		return;
	}
	pump(50);
	assert_int_equal(seen.up, 0);
	assert_int_equal(a.peer->state, FSM_CONNECT); /* our SYN is dropped */
	str_copy(b.nbr->password, sizeof(b.nbr->password), "secret");
	side_apply(&b); /* the key on the listener changes in place */
	peer_reset(a.peer, CEASE_RESET, "");
	assert_int_equal(a.peer->stats.notif_tx, 0); /* nobody was there */
	pass(1000);
	PUMP_UNTIL(is_up(&a) && is_up(&b));
	b.nbr->password[0] = 0;
	side_apply(&b); /* and goes, with the session */
	PUMP_UNTIL(seen.down >= 1);
	pump(20);
	assert_int_equal(seen.up, 2);
	pair_fini();
}

/* ---- held, and where peers are kept ---- */

/* maximum-prefix with `restart`: neither earlier nor later, unless it is cleared. */
static void held(void **state UNUSED)
{
	const struct notif n = { .code = NOTIF_CEASE, .sub = CEASE_MAX_PREFIX };
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct raw r;
	size_t len;

	for (int cleared = 0; cleared < 3; cleared++) {
		print_message("# %d\n", cleared);
		lone_init("10.0.0.1");
		r = lone_up(&o);
		a.peer->held_s = cleared == 2 ? 0 : 120;
		peer_notify_down(a.peer, &n, true);
		raw_expect_notif(&r, NOTIF_CEASE, CEASE_MAX_PREFIX);
		close(r.fd);
		assert_int_equal(a.peer->idle, PEER_HELD);
		side_apply(&a); /* a reload of the same is no pardon */
		pass(119000);
		assert_int_equal(a.peer->idle, PEER_HELD);
		r = raw_connect(B, A, port);
		assert_int_equal(raw_recv(&r, &len), 0);
		close(r.fd);
		assert_int_equal(a.bgp.refused[REFUSE_IDLE], 1);
		if (cleared == 2) {
			pass(10000000);
			assert_int_equal(a.peer->idle, PEER_HELD);
		}
		if (cleared)
			peer_reset(a.peer, CEASE_RESET, NULL);
		else
			pass(1000);
		assert_int_equal(a.peer->idle, PEER_RUNS);
		assert_false(a.peer->held_timer.pending);
		r = lone_up(&o);
		pass(5000);
		assert_int_equal(a.peer->state, FSM_ESTABLISHED);
		close(r.fd);
		side_fini(&a);
	}
}

static void indexes_are_dense(void **state UNUSED)
{
	static char names[40][ADDR_STR];

	seen = (struct seen) { 0 };
	side_init(&a, 65000, "10.0.0.1");
	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], ADDR_STR, "127.0.7.%u", i + 1);
		nbr_add(a.cfg, names[i], 65000)->passive = true;
	}
	side_apply(&a);
	for (unsigned i = 0; i < 40; i++) {
		struct ip at = ip(names[i]);
		struct peer *p = peer_find(&a.bgp, &at);

		assert_int_equal(p->index, i);
		assert_ptr_equal(a.bgp.by_index[i], p);
	}
	a.nbr = TAILQ_FIRST(&a.cfg->nbrs);
	edit_remove();
	side_apply(&a);
	PUMP_UNTIL(seen.gone == 1);
	assert_null(a.bgp.by_index[0]);
	side_nbr(&a, A, "127.0.7.99", 65000);
	a.nbr->passive = true;
	side_apply(&a);
	assert_int_equal(a.peer->index, 0);
	side_fini(&a);
}

/* ---- the end ---- */

static unsigned stopped;

static void on_stopped(void *arg UNUSED)
{
	stopped++;
}

static void stops(void **state UNUSED)
{
	for (int keep = 0; keep < 2; keep++) {
		stopped = 0;
		pair_init("10.0.0.1", "10.0.0.2");
		a.cfg->gr = true;
		b.nbr->passive = true;
		pair_apply();
		PUMP_UNTIL(is_up(&a) && is_up(&b));
		bgp_stop(&a.bgp, keep, on_stopped, NULL);
		assert_int_equal(stopped, 0);
		PUMP_UNTIL(stopped == 1 && seen.down == 2);
		assert_int_equal(seen.kept, keep ? 2 : 0);
		if (keep)
			assert_string_equal(b.peer->last_reset,
					    "Peer closed the session");
		else
			assert_int_equal(notif_inner(&b.peer->last_notif).sub,
					 CEASE_SHUTDOWN);
		pair_fini();
	}
}

/* Who was not asked to keep our routes is told that we leave. */
static void stop_keeps_with_those_who_agreed(void **state UNUSED)
{
	stopped = 0;
	pair_init("10.0.0.1", "10.0.0.2");
	a.cfg->gr = CFG_GR_RESTARTS;
	a.nbr->set |= NBR_GR;
	a.nbr->gr = CFG_GR_HELPER;
	b.nbr->passive = true;
	pair_apply();
	PUMP_UNTIL(is_up(&a) && is_up(&b));
	bgp_stop(&a.bgp, true, on_stopped, NULL);
	PUMP_UNTIL(stopped == 1 && seen.down == 2);
	assert_int_equal(seen.kept, 1); /* we: our forwarding goes on anyway */
	assert_int_equal(notif_inner(&b.peer->last_notif).sub, CEASE_SHUTDOWN);
	pair_fini();
}

/* A peer that never closes its side costs a second, no more. */
static void stop_is_bounded(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct raw one;

	stopped = 0;
	lone_init("10.0.0.1");
	one = lone_up(&o);
	bgp_stop(&a.bgp, false, on_stopped, NULL);
	raw_expect_notif(&one, NOTIF_CEASE, CEASE_SHUTDOWN);
	pump(20);
	assert_int_equal(stopped, 0);
	pass(1000);
	PUMP_UNTIL(stopped == 1);
	close(one.fd);
	side_fini(&a);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(both_dial),
		cmocka_unit_test(half_open_limit),
		cmocka_unit_test(established_stays),
		cmocka_unit_test(restarted_replaces),
		cmocka_unit_test(kept_over_a_close_not_over_a_reset),
		cmocka_unit_test(some_ceases_are_hard_resets),
		cmocka_unit_test(backs_off),
		cmocka_unit_test(accepts_and_closes),
		cmocka_unit_test(idle_reasons),
		cmocka_unit_test(by_difference),
		cmocka_unit_test(policy_knob_ends_external_sessions),
		cmocka_unit_test(shutdown_and_back),
		cmocka_unit_test(ila_number),
		cmocka_unit_test(md5),
		cmocka_unit_test(held),
		cmocka_unit_test(indexes_are_dense),
		cmocka_unit_test(stops),
		cmocka_unit_test(stop_keeps_with_those_who_agreed),
		cmocka_unit_test(stop_is_bounded),
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
