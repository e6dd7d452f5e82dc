/* Neighbors that a listen range makes: how many, for how long, and who is refused. */
#include "tests/unit/bgp_sides.h"

#include "bgpd/callers.h"

static void dynamic_peers(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct ip from = ip(B);
	struct cfg_nbr *group;
	struct raw one, two;
	struct peer *p;
	size_t len;

	seen = (struct seen) { 0 };
	side_init(&a, 65000, "10.0.0.1");
	group = range_add(a.cfg, "127.0.5.0/29", CFG_AS_INTERNAL);
	a.cfg->listen_limit = 1;
	port = listen_at(&a.bgp, A, 0);
	side_apply(&a);
	one = raw_connect("127.0.6.1", A, port); /* outside */
	assert_int_equal(raw_recv(&one, &len), 0);
	assert_int_equal(a.bgp.refused[REFUSE_STRANGER], 1);
	close(one.fd);

	one = dial_a(&o, true);
	p = peer_find(&a.bgp, &from);
	assert_non_null(p);
	assert_true(p->dynamic);
	assert_int_equal(a.bgp.n_dynamic, 1);
	two = raw_connect(C, A, port); /* one too many */
	raw_expect_notif(&two, NOTIF_CEASE, CEASE_REJECTED);
	assert_int_equal(raw_recv(&two, &len), 0);
	assert_int_equal(a.bgp.refused[REFUSE_LIMIT], 1);
	close(two.fd);
	raw_message(&one, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(seen.up == 1);
	str_copy(group->desc, sizeof(group->desc), "new words");
	side_apply(&a);
	assert_int_equal(seen.down, 0);
	assert_string_equal(p->cfg.desc, "new words");

	close(one.fd); /* it goes with its session */
	PUMP_UNTIL(seen.gone == 1);
	assert_int_equal(seen.down, 1);
	assert_null(peer_find(&a.bgp, &from));
	assert_int_equal(a.bgp.n_dynamic, 0);

	/* An open that fails leaves nothing behind either. */
	o.as = o.as2 = 65009;
	one = raw_connect(B, A, port);
	raw_send_open(&one, &o);
	raw_expect(&one, MSG_OPEN);
	raw_expect_notif(&one, NOTIF_OPEN, 2);
	PUMP_UNTIL(seen.gone == 2);
	close(one.fd);
	side_fini(&a);
}

/* Connections without OPEN keep nobody out, those with one are not touched. */
static void dynamic_half_open(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct ip one_ip = ip("127.0.5.1"), two_ip = ip("127.0.5.2");
	struct raw one, two, three;

	seen = (struct seen) { 0 };
	side_init(&a, 65000, "10.0.0.1");
	range_add(a.cfg, "127.0.5.0/29", CFG_AS_INTERNAL);
	a.cfg->listen_limit = 2;
	port = listen_at(&a.bgp, A, 0);
	side_apply(&a);
	one = raw_connect("127.0.5.1", A, port);
	raw_expect(&one, MSG_OPEN);
	raw_send_open(&one, &o);
	raw_expect(&one, MSG_KEEPALIVE);
	two = raw_connect("127.0.5.2", A, port);
	raw_expect(&two, MSG_OPEN);
	three = raw_connect("127.0.5.3", A, port);
	raw_expect(&three, MSG_OPEN);
	raw_expect_notif(&two, NOTIF_CEASE, CEASE_RESOURCES);
	assert_int_equal(a.bgp.limits[LIMIT_HALF_OPEN], 1);
	assert_int_equal(a.bgp.refused[REFUSE_LIMIT], 0);
	assert_int_equal(a.bgp.n_dynamic, 2);
	assert_non_null(peer_find(&a.bgp, &one_ip));
	assert_null(peer_find(&a.bgp, &two_ip));
	close(one.fd);
	close(two.fd);
	close(three.fd);
	side_fini(&a);
}

/* Who calls in vain again and again is refused, until it is forgiven or waits. */
static void calls_too_often(void **state UNUSED)
{
	struct ip from = ip("127.0.5.1");
	struct raw r;
	size_t len;

	side_init(&a, 65000, "10.0.0.1");
	range_add(a.cfg, "127.0.5.0/29", CFG_AS_INTERNAL);
	port = listen_at(&a.bgp, A, 0);
	side_apply(&a);
	for (int i = 0; i <= CALLER_CREDIT_MS / CALLER_FAULT_MS; i++) {
		r = raw_connect("127.0.5.1", A, port);
		raw_expect(&r, MSG_OPEN);
		close(r.fd);
		PUMP_UNTIL(!peer_find(&a.bgp, &from));
	}
	r = raw_connect("127.0.5.1", A, port);
	assert_int_equal(raw_recv(&r, &len), 0);
	close(r.fd);
	assert_int_equal(a.bgp.refused[REFUSE_CALLER], 1);
	assert_null(peer_find(&a.bgp, &from)); /* takes no place either */
	bgp_forgive(&a.bgp, &from);
	r = raw_connect("127.0.5.1", A, port);
	raw_expect(&r, MSG_OPEN);
	close(r.fd);
	side_fini(&a);
}

/* A range whose group is shut down makes no neighbors. */
static void dynamic_shut_down(void **state UNUSED)
{
	struct raw r;
	size_t len;

	side_init(&a, 65000, "10.0.0.1");
	range_add(a.cfg, "127.0.5.0/29", CFG_AS_INTERNAL)->shutdown = true;
	port = listen_at(&a.bgp, A, 0);
	side_apply(&a);
	r = raw_connect("127.0.5.1", A, port);
	assert_int_equal(raw_recv(&r, &len), 0);
	assert_int_equal(a.bgp.refused[REFUSE_IDLE], 1);
	assert_int_equal(a.bgp.n_dynamic, 0);
	assert_true(TAILQ_EMPTY(&a.bgp.peers));
	close(r.fd);
	side_fini(&a);
}

/* A limit that a neighbor of a range has reached keeps it out for a while. */
static void dynamic_held(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct ip from = ip(B);
	struct raw r;
	size_t len;

	seen = (struct seen) { 0 };
	side_init(&a, 65000, "10.0.0.1");
	range_add(a.cfg, "127.0.5.0/29", CFG_AS_INTERNAL);
	port = listen_at(&a.bgp, A, 0);
	side_apply(&a);
	r = dial_a(&o, true);
	raw_message(&r, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(seen.up == 1);
	peer_notify_down(
		peer_find(&a.bgp, &from),
		&(struct notif) { .code = NOTIF_CEASE, .sub = CEASE_MAX_PREFIX }, true);
	close(r.fd);
	r = raw_connect(B, A, port);
	assert_int_equal(raw_recv(&r, &len), 0);
	close(r.fd);
	assert_int_equal(a.bgp.refused[REFUSE_CALLER], 1);
	pass(301000);
	r = raw_connect(B, A, port);
	raw_expect(&r, MSG_OPEN);
	close(r.fd);
	side_fini(&a);
}

static void dynamic_with_gr(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	struct ip from = ip(B);
	struct raw one;
	struct peer *p;

	seen = (struct seen) { 0 };
	o.gr = o.fam[0].gr = o.fam[0].gr_forward = true;
	o.gr_time_s = 60;
	side_init(&a, 65000, "10.0.0.1");
	range_add(a.cfg, "127.0.5.0/29", CFG_AS_INTERNAL);
	port = listen_at(&a.bgp, A, 0);
	side_apply(&a);
	one = dial_a(&o, true);
	raw_message(&one, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(seen.up == 1);
	close(one.fd);
	PUMP_UNTIL(seen.down == 1);
	assert_int_equal(seen.kept, 1);
	p = peer_find(&a.bgp, &from);
	assert_non_null(p); /* kept as long as its routes */
	one = dial_a(&o, true);
	raw_message(&one, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(seen.up == 2);
	assert_ptr_equal(peer_find(&a.bgp, &from), p);
	close(one.fd);
	PUMP_UNTIL(seen.down == 2);
	pass(60000);
	PUMP_UNTIL(seen.gone == 1);
	assert_null(peer_find(&a.bgp, &from));
	side_fini(&a);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(dynamic_peers),   cmocka_unit_test(dynamic_half_open),
		cmocka_unit_test(calls_too_often), cmocka_unit_test(dynamic_shut_down),
		cmocka_unit_test(dynamic_held),    cmocka_unit_test(dynamic_with_gr),
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
