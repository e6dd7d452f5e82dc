/* Values of the ILA maps: several locators and their shares. Rewrites are tried with
 * the programs that use them, test_ila_bpf.c. */
#include "tests/unit/unit.h"

#include "fib/ilaval.h"
#include "tests/unit/rand.h"

static const struct ila64 sir = { { 0x20, 1, 0xd, 0xb8, 0xc0, 0xde, 0, 1 } };

static void locators(struct ila64 *l, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rand_bytes(&l[i], sizeof(l[i]));
}

static unsigned share(const struct bpf_ila_group *g, unsigned who)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BPF_ILA_SLOTS; i++)
		n += g->slot[i] == who;
	return n;
}

static void shares_are_weights(void **state)
{
	(void)state;
	for (unsigned turn = 0; turn < 500; turn++) {
		unsigned n = 1 + rand_below(BPF_ILA_LOCATORS), sum = 0, given = 0;
		struct ila64 l[BPF_ILA_LOCATORS];
		uint16_t w[BPF_ILA_LOCATORS];
		struct bpf_ila_group g;

		locators(l, n);
		for (unsigned i = 0; i < n; i++) {
			w[i] = (uint16_t)(turn % 3 ? 1 + rand_below(100)
						   : 1 + rand_below(0xffff));
			sum += w[i];
		}
		ilaval_group(&sir, n, l, w, ILA_CSUM_NEUTRAL, &g);
		for (unsigned i = 0; i < n; i++) {
			unsigned exact = w[i] * BPF_ILA_SLOTS, got = share(&g, i);

			assert_in_range(got, exact / sum, exact / sum + 1);
			given += got;
			assert_memory_equal(&g.to[i].prefix, &l[i], 8);
		}
		assert_int_equal(given, BPF_ILA_SLOTS);
	}
}

/* The order of the list does not matter. */
static void same_on_every_host(void **state)
{
	const uint16_t w[3] = { 3, 1, 2 }, v[3] = { 2, 3, 1 };
	struct bpf_ila_group x, y;
	struct ila64 l[3];

	(void)state;
	locators(l, 3);
	const struct ila64 m[3] = { l[2], l[0], l[1] };

	ilaval_group(&sir, 3, l, w, ILA_CSUM_NEUTRAL, &x);
	ilaval_group(&sir, 3, m, v, ILA_CSUM_NEUTRAL, &y);
	for (unsigned i = 0; i < BPF_ILA_SLOTS; i++)
		assert_int_equal(x.to[x.slot[i]].prefix, y.to[y.slot[i]].prefix);
}

/* One of eight leaves: its slots must move, and at most half as many others do. */
static void few_flows_move(void **state)
{
	const uint16_t w[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct bpf_ila_group x, y;
	unsigned moved = 0;

	(void)state;
	for (unsigned turn = 0; turn < 100; turn++) {
		struct ila64 l[8];

		locators(l, 8);
		ilaval_group(&sir, 8, l, w, ILA_CSUM_NEUTRAL, &x);
		ilaval_group(&sir, 7, l, w, ILA_CSUM_NEUTRAL, &y);
		for (unsigned i = 0; i < BPF_ILA_SLOTS; i++)
			moved += x.slot[i] != 7 && y.slot[i] != x.slot[i];
	}
	print_message("# %u of %u others\n", moved, 100 * 112);
	assert_in_range(moved, 0, 100 * BPF_ILA_SLOTS / 8 / 2);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(shares_are_weights),
		cmocka_unit_test(same_on_every_host),
		cmocka_unit_test(few_flows_move),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
