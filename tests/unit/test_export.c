/*
 * Pace of an update group: who is slow leaves it, who is as fast as the others does
 * not, and nobody waits for ever. Sockets are real, with small buffers; the test reads
 * the other ends.
 */
#include "tests/unit/unit.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd/conn.h"
#include "bgpd/routes.h"
#include "bgpd/session.h"
#include "tests/unit/attr_help.h"
#include "wire/nlri_evpn.h"

enum { PEERS = 3, ROUTES = 400000, SOURCE = PEERS };

static struct event_base *base;
static struct bgp bgp;
static struct config cfg;
static struct routes routes;
static struct peer *peer[PEERS + 1];
static int far[PEERS + 1];

static void peer_make(unsigned i)
{
	struct cfg_nbr n = { .addr = ip4_of(i + 1), .as_kind = CFG_AS_INTERNAL };
	struct peer *p;
	int fd[2], small = 64 << 10;

	n.af[FAM_EVPN].rr_client = true;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	p = peer_new(&bgp, &n, false);
	p->as4 = true;
	p->chan[FAM_EVPN].up = true;
	p->conn[0] = conn_new(p, fd[0], false);
	p->conn[0]->state = p->state = FSM_ESTABLISHED;
	routes_hooks.up(p);
	peer[i] = p;
	far[i] = fd[1];
}

static int setup(void **state)
{
	(void)state;
	base = event_base_new();
	cfg = (struct config) { .as = 65000 };
	bgp_init(&bgp, base, &routes_hooks);
	bgp.cfg = &cfg;
	bgp.as = 65000;
	routes_init(&routes, &bgp);
	for (unsigned i = 0; i <= PEERS; i++)
		peer_make(i);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= PEERS; i++)
		if (peer[i]->conn[0]) {
			routes_hooks.down(peer[i], false);
			conn_abort(peer[i]->conn[0]);
		}
	bgp_fini(&bgp);
	routes_fini(&routes);
	for (unsigned i = 0; i <= PEERS; i++)
		close(far[i]);
	event_base_free(base);
	return 0;
}

/* SOURCE has announced so many routes. */
static void announce(unsigned n)
{
	struct attrs a = attrs_plain(1);
	struct attrset *set = attrset_intern(&routes.attrs, &a);

	for (unsigned i = 0; i < n; i++) {
		struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100 };
		struct nlri nlri;

		memcpy(r.mac.b, &i, sizeof(i));
		assert_int_equal(evpn_build(&r, &nlri), 0);
		nlri.path_id = 0;
		rib_update(&routes.rib[0], peer_slot(peer[SOURCE]), &nlri, set);
	}
	attrset_unref(&routes.attrs, set);
}

static void loop(unsigned turns)
{
	while (turns--)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static size_t queued(unsigned i)
{
	return peer_tx_queued(peer[i]);
}

static uint32_t group(unsigned i)
{
	return export_group_id(peer[i], &families[0]);
}

static bool knows_all(unsigned i)
{
	return export_count(peer[i], &families[0]) == ROUTES && !queued(i);
}

/* The peer reads up to so much of what was written to it. */
static void read_some(unsigned i, size_t most)
{
	static char buf[1 << 20];
	ssize_t n;

	while (most &&
	       (n = read(far[i], buf, most < sizeof(buf) ? most : sizeof(buf))) > 0)
		most -= (size_t)n;
}

#define READ_UNTIL(i, cond)                                                            \
	do {                                                                           \
		for (int k_ = 0; k_ < 20000 && !(cond); k_++) {                        \
			read_some(i, 1 << 20);                                         \
			loop(1);                                                       \
		}                                                                      \
		assert_true(cond);                                                     \
	} while (0)

/* 0 to 2 stop reading, and so does SOURCE, to whom nothing is said: the queues fill. */
static void all_stop(void)
{
	loop(10);
	announce(ROUTES);
	loop(1000);
	for (unsigned i = 0; i < PEERS; i++) {
		assert_true(queued(i) >= PEER_TXQ_LIMIT);
		assert_true(queued(i) < PEER_TXQ_LIMIT + (2 << 20));
	}
}

/* Who has nothing to be told is not slow, and those who are, are so together. */
static void slow_ones_wait_together(void **state)
{
	(void)state;
	all_stop();
	assert_int_equal(group(0), group(1));
	assert_int_equal(group(0), group(2));
	assert_int_not_equal(group(0), group(SOURCE));
}

/* Of those that wait one begins to read: it leaves when it has next to nothing left,
 * is told everything, and the others are still together. */
static void one_goes_on(void **state)
{
	(void)state;
	all_stop();
	for (int i = 0; i < 20000 && queued(0) > PEER_TXQ_LIMIT * 2 / 3; i++) {
		read_some(0, 64 << 10);
		loop(2);
		assert_int_equal(group(0), group(1)); /* not fast, not slow */
	}
	READ_UNTIL(0, knows_all(0));
	assert_int_not_equal(group(0), group(1));
	assert_int_equal(group(1), group(2));
	for (unsigned i = 1; i < PEERS; i++)
		assert_true(queued(i) < PEER_TXQ_LIMIT + (2 << 20));
	READ_UNTIL(1, knows_all(1));
	READ_UNTIL(2, knows_all(2));
	loop(10);
	for (unsigned i = 0; i < PEERS; i++)
		assert_int_equal(group(i), group(SOURCE)); /* all is told: one again */
}

/* All read at one pace, slower than we: nobody is slow. */
static void one_pace(void **state)
{
	uint32_t first;

	(void)state;
	all_stop();
	first = group(0);
	while (!knows_all(0)) {
		for (unsigned i = 0; i < PEERS; i++) {
			read_some(i, 256 << 10);
			assert_int_equal(group(i), group(0));
			assert_true(queued(i) < PEER_TXQ_LIMIT + (2 << 20));
		}
		loop(2);
		assert_true(group(0) == first || group(0) == group(SOURCE));
	}
}

/* One that others wait for goes: they go on. */
static void one_goes_away(void **state)
{
	(void)state;
	all_stop();
	routes_hooks.down(peer[2], false);
	conn_abort(peer[2]->conn[0]);
	READ_UNTIL(0, knows_all(0));
	READ_UNTIL(1, knows_all(1));
}

/* One turn of the loop is not all there is to say. */
static void in_turns(void **state)
{
	(void)state;
	loop(10);
	announce(ROUTES);
	event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	assert_in_range(queued(0), 1, 2 << 20);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(slow_ones_wait_together), CASE(one_goes_on), CASE(one_pace),
		CASE(one_goes_away),           CASE(in_turns),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
