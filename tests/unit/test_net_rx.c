/* tests of fib/net_rx.c: who receives single segments of a domain. */
#include <arpa/inet.h>

#include "fib/pol_int.h"
#include "fib/state.h"
#include "tests/unit/unit.h"

enum { PORT = 4789 };

static struct link single = { .ifindex = 2, .arrival = ARRIVAL_SINGLE };
static struct link whole = { .ifindex = 3, .arrival = ARRIVAL_WHOLE };

static bool is_told(const struct net_rx *r, uint32_t ifindex, uint16_t port)
{
	const struct bpf_net_single *s =
		&r->want[bpf_net_single_at(ifindex, htons(port))];

	return s->ifindex == ifindex && s->port == htons(port);
}

static void one_device(void **state)
{
	struct net_rx r = { 0 };

	(void)state;
	assert_int_equal(net_rx_dom(&r, NULL, false, PORT), RECEIVE_DIRECT);
	assert_int_equal(net_rx_dom(&r, NULL, true, PORT), RECEIVE_DIRECT);
	assert_int_equal(net_rx_dom(&r, &whole, true, PORT), RECEIVE_DIRECT);
	assert_false(is_told(&r, whole.ifindex, PORT));
	assert_int_equal(net_rx_dom(&r, &single, true, PORT), RECEIVE_AGGREGATED);
	assert_int_equal(net_rx_dom(&r, &single, false, PORT), RECEIVE_AGGREGATED);
	assert_true(is_told(&r, single.ifindex, PORT));
	assert_false(is_told(&r, single.ifindex, PORT + 1));
}

/* Ways to others count where no device is named. */
static void several(void **state)
{
	struct net_rx r = { .n = 2, .by = { &whole, &single } };

	(void)state;
	assert_int_equal(net_rx_dom(&r, &whole, false, PORT), RECEIVE_DIRECT);
	assert_false(is_told(&r, single.ifindex, PORT));
	assert_int_equal(net_rx_dom(&r, &whole, true, PORT), RECEIVE_MIXED);
	assert_true(is_told(&r, single.ifindex, PORT));
	assert_int_equal(net_rx_dom(&r, NULL, true, PORT + 1), RECEIVE_MIXED);
	assert_true(is_told(&r, single.ifindex, PORT + 1));
	r.by[0] = &single;
	assert_int_equal(net_rx_dom(&r, NULL, true, PORT), RECEIVE_AGGREGATED);
	r.by[0] = r.by[1] = &whole;
	assert_int_equal(net_rx_dom(&r, NULL, true, PORT), RECEIVE_DIRECT);
}

/* Of two that would be in the same place, one is left to programs. */
static void full(void **state)
{
	struct link other = { .ifindex = single.ifindex + BPF_NET_SINGLES,
			      .arrival = ARRIVAL_SINGLE };
	struct net_rx r = { 0 };

	(void)state;
	assert_int_equal(net_rx_dom(&r, &single, false, PORT), RECEIVE_AGGREGATED);
	assert_int_equal(net_rx_dom(&r, &other, false, PORT), RECEIVE_DIRECT);
	assert_true(is_told(&r, single.ifindex, PORT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_device),
		cmocka_unit_test(several),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
