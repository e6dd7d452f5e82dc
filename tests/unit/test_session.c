/* The state machine, row by row, against a speaker that sends any bytes. */
#include "tests/unit/bgp_help.h"

static struct bgp bgp;
static struct config *cfg;
static uint16_t port;
static struct peer *peer;
static struct raw raw;

static const char ME[] = "127.0.4.1", THEM[] = "127.0.4.2";

/* A passive neighbor, and its raw connection accepted: OpenSent. */
static void start_passive(void)
{
	seen = (struct seen) { 0 };
	bgp_init(&bgp, base, &hooks);
	cfg = cfg_new(65000, "10.0.0.1");
	nbr_add(cfg, THEM, 65000)->passive = true;
	port = listen_at(&bgp, ME, 0);
	assert_int_not_equal(port, 0);
	bgp_apply(&bgp, cfg);
	struct ip a = ip(THEM);

	peer = peer_find(&bgp, &a);
	assert_non_null(peer);
	assert_int_equal(peer->state, FSM_ACTIVE);
	raw = raw_connect(THEM, ME, port);
	raw_expect(&raw, MSG_OPEN);
	assert_int_equal(peer->state, FSM_OPENSENT);
}

static void go_on(enum fsm_state want, const struct open_msg *o)
{
	struct open_msg plain = raw_open(65000, "10.0.0.2");

	if (want == FSM_OPENSENT)
		return;
	raw_send_open(&raw, o ? o : &plain);
	raw_expect(&raw, MSG_KEEPALIVE);
	assert_int_equal(peer->state, FSM_OPENCONFIRM);
	if (want == FSM_OPENCONFIRM)
		return;
	raw_message(&raw, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(peer->state == FSM_ESTABLISHED);
	assert_int_equal(seen.up, 1);
}

static void start(enum fsm_state want, const struct open_msg *o)
{
	start_passive();
	go_on(want, o);
}

static void stop(void)
{
	assert_true(seen.up == seen.down || peer->state == FSM_ESTABLISHED);
	close(raw.fd);
	bgp_fini(&bgp);
	assert_int_equal(seen.up, seen.down);
	cfg_drop(cfg);
}

/* ---- rows ---- */

static const uint8_t update_body[] = { 0, 0, 0, 0 };
static const uint8_t notif_body[] = { 6, 4 };
static const uint8_t refresh_body[] = { 0, 25, 0, 70 };

/* What each message does in each state: 0/0 = no NOTIFICATION comes. */
static const struct {
	const char *name;
	enum fsm_state at;
	uint8_t type;
	const void *body;
	size_t len;
	uint8_t code, sub;
	enum fsm_state then;
} rows[] = {
	{ "OpenSent: KEEPALIVE", FSM_OPENSENT, 4, NULL, 0, 5, 1, FSM_IDLE },
	{ "OpenSent: UPDATE", FSM_OPENSENT, 2, update_body, 4, 5, 1, FSM_IDLE },
	{ "OpenSent: REFRESH", FSM_OPENSENT, 5, refresh_body, 4, 5, 1, FSM_IDLE },
	{ "OpenSent: NOTIFICATION", FSM_OPENSENT, 3, notif_body, 2, 0, 0, FSM_ACTIVE },
	{ "OpenConfirm: UPDATE", FSM_OPENCONFIRM, 2, update_body, 4, 5, 2, FSM_IDLE },
	{ "OpenConfirm: REFRESH", FSM_OPENCONFIRM, 5, refresh_body, 4, 5, 2, FSM_IDLE },
	{ "OpenConfirm: NOTIFICATION", FSM_OPENCONFIRM, 3, notif_body, 2, 0, 0,
	  FSM_ACTIVE },
	{ "Established: KEEPALIVE", FSM_ESTABLISHED, 4, NULL, 0, 0, 0,
	  FSM_ESTABLISHED },
	{ "Established: UPDATE", FSM_ESTABLISHED, 2, update_body, 4, 0, 0,
	  FSM_ESTABLISHED },
	{ "Established: REFRESH", FSM_ESTABLISHED, 5, refresh_body, 4, 0, 0,
	  FSM_ESTABLISHED },
	{ "Established: NOTIFICATION", FSM_ESTABLISHED, 3, notif_body, 2, 0, 0,
	  FSM_ACTIVE },
	{ "Established: refresh too short", FSM_ESTABLISHED, 5, refresh_body, 3, 1, 2,
	  FSM_IDLE },
};

static uint64_t received(void)
{
	return peer->stats.rx[0];
}

static void messages_by_state(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t before;

		print_message("# %s\n", rows[i].name);
		start(rows[i].at, NULL);
		before = received();
		raw_message(&raw, rows[i].type, rows[i].body, rows[i].len);
		if (rows[i].code) {
			raw_expect_notif(&raw, rows[i].code, rows[i].sub);
			assert_true(peer->last_notif_sent);
			assert_int_equal(peer->last_notif.code, rows[i].code);
			raw_expect(&raw, 0); /* our FIN comes behind it */
		} else {
			PUMP_UNTIL(received() == before + 1);
		}
		assert_int_equal(peer->state, rows[i].then);
		assert_int_equal(seen.updates, rows[i].at == FSM_ESTABLISHED &&
						       rows[i].type == MSG_UPDATE);
		stop();
	}
}

/* An OPEN is a whole OPEN: a second one is an error in any later state. */
static void second_open(void **state UNUSED)
{
	for (enum fsm_state s = FSM_OPENCONFIRM; s <= FSM_ESTABLISHED; s++) {
		struct open_msg o = raw_open(65000, "10.0.0.2");

		start(s, NULL);
		raw_send_open(&raw, &o);
		raw_expect_notif(&raw, NOTIF_FSM, s == FSM_OPENCONFIRM ? 2 : 3);
		stop();
	}
}

/* ---- headers ---- */

static const struct {
	const char *name;
	uint8_t marker, len_hi, len_lo, type, sub;
	size_t data;
} headers[] = {
	{ "marker", 0xfe, 0, 19, 4, 1, 0 },
	{ "length 18", 0xff, 0, 18, 4, 2, 2 },
	{ "length 0", 0xff, 0, 0, 4, 2, 2 },
	{ "KEEPALIVE of 20", 0xff, 0, 20, 4, 2, 2 },
	{ "OPEN of 28", 0xff, 0, 28, 1, 2, 2 },
	{ "OPEN of 4097", 0xff, 16, 1, 1, 2, 2 },
	{ "UPDATE of 22", 0xff, 0, 22, 2, 2, 2 },
	{ "NOTIFICATION of 20", 0xff, 0, 20, 3, 2, 2 },
	{ "type 0", 0xff, 0, 19, 0, 3, 1 },
	{ "type 6", 0xff, 0, 19, 6, 3, 1 },
	{ "type 255", 0xff, 0, 19, 255, 3, 1 },
};

static void bad_headers(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		uint8_t h[19];

		print_message("# %s\n", headers[i].name);
		start(FSM_ESTABLISHED, NULL);
		memset(h, headers[i].marker, 16);
		h[16] = headers[i].len_hi;
		h[17] = headers[i].len_lo;
		h[18] = headers[i].type;
		raw_send(&raw, h, sizeof(h));
		raw_expect_notif(&raw, NOTIF_HEADER, headers[i].sub);
		assert_int_equal(peer->last_notif.len, headers[i].data);
		assert_int_equal(seen.down, 1);
		assert_int_equal(peer->state, FSM_IDLE);
		stop();
	}
}

/* ---- framing ---- */

static void split_and_joined(void **state UNUSED)
{
	static uint8_t stream[400000];
	struct wbuf w = wbuf_of(stream, sizeof(stream));
	unsigned sent = 0;

	start(FSM_ESTABLISHED, NULL);
	/* Sizes that end before, on and behind every boundary of the buffer. */
	for (size_t len = 23; len < 60000 && w.len + len < sizeof(stream);
	     len = len * 3 / 2 + 1, sent++) {
		uint8_t *m = wbuf_put(&w, len);

		if (!m) {
			fail_msg("the stream is full");
			return;
		}
		memset(m, 0xff, 16);
		memset(m + 16, 0, len - 16);
		m[16] = (uint8_t)(len >> 8);
		m[17] = (uint8_t)len;
		m[18] = MSG_UPDATE;
	}
	for (size_t at = 0, n = 1; at < w.len; at += n, n = n * 2 % 30011) {
		n = MIN_OF(n, w.len - at);
		raw_send(&raw, stream + at, n);
		pump(1);
	}
	PUMP_UNTIL(seen.updates == sent);
	assert_int_equal(peer->state, FSM_ESTABLISHED);
	assert_int_equal(peer->stats.rx[MSG_UPDATE], sent);
	stop();
}

static void longest_message(void **state UNUSED)
{
	static uint8_t body[65535 - 19];

	start(FSM_ESTABLISHED, NULL);
	raw_message(&raw, MSG_UPDATE, body, sizeof(body));
	raw_message(&raw, MSG_UPDATE, body, sizeof(body));
	PUMP_UNTIL(seen.updates == 2);
	assert_int_equal(seen.last_len, sizeof(body));
	stop();
}

/* Many small messages in one segment, the session ended in the middle of them. */
static void ends_in_the_middle(void **state UNUSED)
{
	static const struct {
		const char *name;
		enum verdict answer;
		bool kill;
		uint8_t code, sub;
	} how[] = {
		{ "verdict", V_RESET, false, 3, 9 },
		{ "limit", V_OK, true, 6, 1 },
		{ "limit and verdict", V_RESET, true, 6, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		print_message("# %s\n", how[i].name);
		start(FSM_ESTABLISHED, NULL);
		seen.answer = how[i].answer;
		seen.kill = how[i].kill;
		for (int n = 0; n < 50; n++)
			raw_message(&raw, MSG_UPDATE, update_body, 4);
		raw_expect_notif(&raw, how[i].code, how[i].sub);
		assert_int_equal(seen.updates, 1);
		assert_int_equal(seen.down, 1);
		assert_int_equal(peer->idle, how[i].kill ? PEER_HELD : PEER_RUNS);
		stop();
	}
}

static void peer_goes(void **state UNUSED)
{
	start(FSM_ESTABLISHED, NULL);
	close(raw.fd);
	PUMP_UNTIL(seen.down == 1);
	assert_string_equal(peer->last_reset, "Peer closed the session");
	assert_int_equal(peer->state, FSM_ACTIVE); /* welcome again at once */
	raw = raw_connect(THEM, ME, port);
	raw_expect(&raw, MSG_OPEN);
	stop();
}

static void says_why(void **state UNUSED)
{
	start(FSM_ESTABLISHED, NULL);
	raw_message(&raw, MSG_NOTIFICATION, "\6\2\5lunch", 8);
	PUMP_UNTIL(seen.down == 1);
	print_message("# %s\n", peer->last_reset);
	assert_non_null(strstr(peer->last_reset, "NOTIFICATION received: Cease/"));
	assert_non_null(strstr(peer->last_reset, "lunch"));
	assert_int_equal(peer->stats.notif_rx, 1);
	stop();
}

/* ---- timers ---- */

static void hold_time(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");

	o.hold_s = 9;
	start(FSM_ESTABLISHED, &o);
	assert_int_equal(peer->hold_s, 9);
	assert_int_equal(peer->keepalive_s, 3);
	pass(8000);
	raw_message(&raw, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(peer->stats.rx[MSG_KEEPALIVE] == 2);
	pass(8000);
	assert_int_equal(seen.down, 0);
	pass(1500);
	assert_int_equal(seen.down, 1);
	assert_string_equal(peer->last_reset, "Hold Timer Expired");
	assert_in_range(peer->stats.tx[MSG_KEEPALIVE], 6, 9); /* 17.5 s, every 3 */
	raw_expect_notif(&raw, NOTIF_HOLD, 0);
	stop();
}

/* We slept, not the peer: its bytes wait in the socket and count. */
static void hold_time_while_busy(void **state UNUSED)
{
	start(FSM_ESTABLISHED, NULL);
	raw_message(&raw, MSG_KEEPALIVE, NULL, 0);
	poll(&(struct pollfd) { peer->conn[0]->fd, POLLIN, 0 }, 1, 5000);
	now_ms += 91000;
	clock_set(now_ms);
	ev_timers_run();
	assert_int_equal(seen.down, 0);
	assert_int_equal(peer->state, FSM_ESTABLISHED);
	pass(91000);
	assert_int_equal(seen.down, 1);
	stop();
}

static void hold_time_zero(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	uint64_t sent;

	o.hold_s = 0;
	start(FSM_ESTABLISHED, &o);
	sent = peer->stats.tx[MSG_KEEPALIVE];
	pass(1000000);
	assert_int_equal(seen.down, 0);
	assert_int_equal(peer->stats.tx[MSG_KEEPALIVE], sent);
	stop();
}

static void open_never_comes(void **state UNUSED)
{
	start(FSM_OPENSENT, NULL);
	pass(59000);
	assert_int_equal(peer->state, FSM_OPENSENT);
	pass(1000);
	assert_int_equal(peer->state, FSM_IDLE);
	raw_expect_notif(&raw, NOTIF_HOLD, 0);
	stop();
}

/* Refused for a while after a protocol error, then welcome again. */
static void idle_hold(void **state UNUSED)
{
	start(FSM_OPENSENT, NULL);
	raw_message(&raw, MSG_KEEPALIVE, NULL, 0);
	raw_expect_notif(&raw, NOTIF_FSM, 1);
	close(raw.fd);
	raw = raw_connect(THEM, ME, port);
	raw_expect(&raw, 0);
	assert_int_equal(bgp.refused[REFUSE_IDLE], 1);
	pass(1000);
	assert_int_equal(peer->state, FSM_ACTIVE);
	close(raw.fd);
	raw = raw_connect(THEM, ME, port);
	raw_expect(&raw, MSG_OPEN);
	stop();
}

/* ---- transmission ---- */

/* When all queues together hold much, each may hold little. */
static void less_for_each_when_all_have_much(void **state UNUSED)
{
	struct txbuf *mine = txbuf_new(PEER_TXQ_LEAST), *much;

	start(FSM_ESTABLISHED, NULL);
	mine->len = PEER_TXQ_LEAST;
	memset(mine->data, 0, mine->len);
	peer_tx(peer, mine);
	assert_false(peer_tx_full(peer));
	much = txbuf_new(TXBUF_TOTAL);
	assert_true(peer_tx_full(peer));
	txbuf_unref(much);
	assert_false(peer_tx_full(peer));
	txbuf_unref(mine);
	PUMP_UNTIL(seen.drained == 1); /* as was promised when it was full */
	stop();
	assert_int_equal(txbuf_total(), 0);
}

static struct txbuf *updates(uint32_t messages, uint32_t len)
{
	struct txbuf *t = txbuf_new(messages * len);

	for (uint32_t i = 0; i < messages; i++) {
		uint8_t *m = t->data + i * len;

		memset(m, 0, len);
		memset(m, 0xff, 16);
		m[16] = (uint8_t)(len >> 8);
		m[17] = (uint8_t)len;
		m[18] = MSG_UPDATE;
	}
	t->len = messages * len;
	t->messages = messages;
	return t;
}

static void little_room(void)
{
	int small = 128 << 10;

	setsockopt(peer->conn[0]->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
}

/* The peer says that it is alive, and 30 seconds go by. */
static void half_a_minute(void)
{
	uint64_t n = peer->stats.rx[MSG_KEEPALIVE];

	raw_message(&raw, MSG_KEEPALIVE, NULL, 0);
	PUMP_UNTIL(peer->stats.rx[MSG_KEEPALIVE] == n + 1);
	pass(30000);
}

static void sends_under_load(void **state UNUSED)
{
	struct txbuf *t = updates(16, 4000);
	unsigned queued = 0, got = 0, alive = 0;
	size_t len;

	start(FSM_ESTABLISHED, NULL);
	little_room();
	while (peer_tx_queued(peer) < PEER_TXQ_LIMIT) {
		peer_tx(peer, t);
		queued += t->messages;
	}
	txbuf_unref(t);
	pump(20);
	assert_true(peer_tx_queued(peer) > PEER_TXQ_LIMIT / 2);
	assert_int_equal(seen.drained, 0);
	for (int i = 0; i < 8; i++) /* the peer reads nothing but is alive */
		half_a_minute();
	assert_int_equal(seen.down, 0);
	while (got < queued) {
		int type = raw_recv(&raw, &len);

		assert_true(type == MSG_UPDATE || type == MSG_KEEPALIVE);
		if (type == MSG_UPDATE)
			got++;
		else
			alive += got < queued / 2;
	}
	assert_int_equal(seen.drained, 1);
	assert_in_range(alive, 1, 3); /* ahead of the queue, and not piled up */
	assert_int_equal(peer_tx_queued(peer), 0);
	assert_int_equal(peer->stats.tx[MSG_UPDATE], queued);
	stop();
}

/* RFC 9687: alive in one direction only. */
static void send_hold(void **state UNUSED)
{
	struct txbuf *t = updates(16, 4000);

	start(FSM_ESTABLISHED, NULL);
	little_room();
	while (peer_tx_queued(peer) < PEER_TXQ_LIMIT * 2)
		peer_tx(peer, t);
	txbuf_unref(t);
	pump(20);
	for (int i = 0; i < 15; i++) {
		half_a_minute();
		assert_int_equal(seen.down, 0);
	}
	half_a_minute();
	assert_int_equal(seen.down, 1);
	assert_string_equal(peer->last_reset, "Send Hold Timer Expired");
	stop();
}

static void refresh_needs_capability(void **state UNUSED)
{
	struct open_msg o = raw_open(65000, "10.0.0.2");
	static const uint8_t borr[] = { 0, 25, 1, 70 }, other[] = { 0, 1, 0, 1 };
	size_t len;

	start(FSM_ESTABLISHED, NULL);
	raw_message(&raw, MSG_ROUTE_REFRESH, other, 4); /* not negotiated */
	raw_message(&raw, MSG_ROUTE_REFRESH, borr, 4);
	PUMP_UNTIL(seen.refreshes == 1);
	assert_int_equal(seen.refresh_sub, RR_BEGIN);
	assert_int_equal(peer_refresh_send(peer, &families[0], RR_BEGIN), 0);
	assert_int_equal(raw_recv(&raw, &len), MSG_ROUTE_REFRESH);
	assert_memory_equal(raw.in + 19, borr, 4);
	stop();
	o.refresh_enhanced = false;
	start(FSM_ESTABLISHED, &o);
	raw_message(&raw, MSG_ROUTE_REFRESH, borr, 4);
	raw_message(&raw, MSG_ROUTE_REFRESH, refresh_body, 4);
	PUMP_UNTIL(seen.refreshes == 1);
	assert_int_equal(seen.refresh_sub, RR_REQUEST);
	assert_int_equal(peer_refresh_send(peer, &families[0], RR_BEGIN), -ENOTSUP);
	assert_int_equal(peer_refresh_send(peer, &families[0], RR_REQUEST), 0);
	stop();
	o.refresh = false;
	start(FSM_ESTABLISHED, &o);
	assert_int_equal(peer_refresh_send(peer, &families[0], RR_REQUEST), -ENOTSUP);
	stop();
	start(FSM_OPENCONFIRM, &o);
	assert_int_equal(peer_refresh_send(peer, &families[0], RR_REQUEST), -ENOTCONN);
	stop();
}

/* RFC 7313 section 4: with graceful restart neither BoRR nor what would be its end
 * counts before End-of-RIB; a request does. */
static void refresh_before_end_of_rib(void **state UNUSED)
{
	static const uint8_t borr[] = { 0, 25, 1, 70 }, eorr[] = { 0, 25, 2, 70 };
	struct open_msg o = raw_open(65000, "10.0.0.2");

	o.gr = o.fam[0].gr = o.fam[0].gr_forward = true;
	o.gr_time_s = 120;
	start(FSM_ESTABLISHED, &o);
	raw_message(&raw, MSG_ROUTE_REFRESH, borr, 4);
	raw_message(&raw, MSG_ROUTE_REFRESH, eorr, 4);
	raw_message(&raw, MSG_ROUTE_REFRESH, refresh_body, 4);
	PUMP_UNTIL(seen.refreshes);
	assert_int_equal(seen.refreshes, 1);
	assert_int_equal(seen.refresh_sub, RR_REQUEST);
	peer_eor_received(peer, &families[0]);
	raw_message(&raw, MSG_ROUTE_REFRESH, borr, 4);
	raw_message(&raw, MSG_ROUTE_REFRESH, eorr, 4);
	PUMP_UNTIL(seen.refreshes == 3);
	assert_int_equal(seen.refresh_sub, RR_END);
	stop();
}

static int setup(void **state UNUSED)
{
	help_init();
	return 0;
}

static int teardown(void **state UNUSED)
{
	help_fini();
	return 0;
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(messages_by_state),
		cmocka_unit_test(second_open),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(split_and_joined),
		cmocka_unit_test(longest_message),
		cmocka_unit_test(ends_in_the_middle),
		cmocka_unit_test(peer_goes),
		cmocka_unit_test(says_why),
		cmocka_unit_test(hold_time),
		cmocka_unit_test(hold_time_while_busy),
		cmocka_unit_test(hold_time_zero),
		cmocka_unit_test(open_never_comes),
		cmocka_unit_test(idle_hold),
		cmocka_unit_test(less_for_each_when_all_have_much),
		cmocka_unit_test(sends_under_load),
		cmocka_unit_test(send_hold),
		cmocka_unit_test(refresh_needs_capability),
		cmocka_unit_test(refresh_before_end_of_rib),
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
