/*
 * Who calls too often: how much is let through, how it is paid off, and that a crowd
 * of addresses neither grows the memory nor frees the guilty.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bgpd/callers.h"
#include "lib/util.h"

enum { FREE_FAULTS = CALLER_CREDIT_MS / CALLER_FAULT_MS };

static void a_bad_minute(void **state)
{
	struct callers *c = xcalloc(1, sizeof(*c));
	struct ip a = ip4_of(1), b = ip4_of(2);
	int64_t now = 5000;

	(void)state;
	for (int i = 0; i < FREE_FAULTS; i++)
		callers_fault(c, &a, now, CALLER_FAULT_MS);
	assert_int_equal(callers_wait_ms(c, &a, now), 0);
	callers_fault(c, &a, now, CALLER_FAULT_MS);
	assert_int_equal(callers_wait_ms(c, &a, now), CALLER_FAULT_MS);
	assert_int_equal(callers_wait_ms(c, &b, now), 0);

	/* Then one at a time, however long it goes on. */
	for (int i = 0; i < 100; i++) {
		now += CALLER_FAULT_MS;
		assert_int_equal(callers_wait_ms(c, &a, now), 0);
		callers_fault(c, &a, now, CALLER_FAULT_MS);
		assert_int_equal(callers_wait_ms(c, &a, now), CALLER_FAULT_MS);
	}
	/* All is forgotten after the time it takes to be even. */
	now += CALLER_FAULT_MS + CALLER_CREDIT_MS;
	for (int i = 0; i < FREE_FAULTS; i++)
		callers_fault(c, &a, now, CALLER_FAULT_MS);
	assert_int_equal(callers_wait_ms(c, &a, now), 0);
	free(c);
}

static void held(void **state)
{
	struct callers *c = xcalloc(1, sizeof(*c));
	struct ip a = ip4_of(1), b = ip4_of(2);

	(void)state;
	callers_hold(c, &a, 1000, 300000);
	callers_hold(c, &b, 1000, 300000);
	callers_hold(c, &a, 1000, 5); /* the longer one counts */
	assert_int_equal(callers_wait_ms(c, &a, 1000), 300000);
	assert_int_equal(callers_wait_ms(c, &a, 300999), 1);
	assert_int_equal(callers_wait_ms(c, &a, 301000), 0);
	callers_forgive(c, &a);
	assert_int_equal(callers_wait_ms(c, &a, 1000), 0);
	assert_int_equal(callers_wait_ms(c, &b, 1000), 300000);
	callers_forgive(c, NULL);
	assert_int_equal(callers_wait_ms(c, &b, 1000), 0);
	free(c);
}

/* Single faults of a hundred thousand addresses do not wash out one that is held. */
static void a_crowd(void **state)
{
	struct callers *c = xcalloc(1, sizeof(*c));
	struct ip a = ip4_of(1);

	(void)state;
	callers_hold(c, &a, 0, 300000);
	for (uint32_t i = 2; i < 100000; i++) {
		struct ip other = ip4_of(i);

		callers_fault(c, &other, 0, CALLER_FAULT_MS);
	}
	assert_int_equal(callers_wait_ms(c, &a, 0), 300000);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_minute),
		cmocka_unit_test(held),
		cmocka_unit_test(a_crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
