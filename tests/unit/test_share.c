#include "tests/unit/unit.h"

#include <stdlib.h>

#include "fib/share.h"
#include "lib/util.h"

static uint32_t get(struct share *s, uint32_t n)
{
	return share_get(s, &n, sizeof(n));
}

static void on_freed(void *arg, uint32_t id)
{
	*(uint64_t *)arg += id;
}

static void equal_is_one(void **state)
{
	struct share s;
	uint32_t a, b;
	uint64_t freed = 0;

	(void)state;
	share_init(&s);
	a = get(&s, 7);
	assert_int_not_equal(a, 0);
	assert_int_equal(get(&s, 7), a);
	b = get(&s, 8);
	assert_int_not_equal(a, b);
	assert_int_equal(*(const uint32_t *)share_at(&s, b), 8);
	assert_int_not_equal(share_get(&s, "\0\0\0\0\0", 5),
			     get(&s, 0)); /* by length */
	assert_int_equal(s.used, 4);
	share_mark(&s, b);
	share_mark(&s, 0);
	share_sweep(&s, on_freed, &freed);
	assert_int_equal(s.used, 1);
	assert_int_equal(get(&s, 8), b);
	assert_int_equal(freed, 1 + 3 + 4); /* a and the last two */
	share_sweep(&s, NULL, NULL);        /* a mark is for one sweep */
	assert_int_equal(s.used, 0);
	share_fini(&s);
}

/* Against a plain model: numbers stay, and are given out again. */
static void many(void **state)
{
	enum { N = 3000 };
	static uint32_t id[N];
	struct share s;

	(void)state;
	share_init(&s);
	srand(1);
	for (int round = 0; round < 20; round++) {
		uint32_t used = 0, most = 0;

		for (uint32_t n = 0; n < N; n++) {
			if (id[n])
				assert_int_equal(get(&s, n), id[n]);
			else if (rand() % 2)
				id[n] = get(&s, n);
			if (id[n])
				assert_int_equal(*(const uint32_t *)share_at(&s, id[n]),
						 n);
			most = MAX_OF(most, id[n]);
		}
		assert_true(most <= N);
		for (uint32_t n = 0; n < N; n++) {
			if (id[n] && rand() % 2)
				id[n] = 0;
			used += id[n] != 0;
			share_mark(&s, id[n]);
		}
		share_sweep(&s, NULL, NULL);
		assert_int_equal(s.used, used);
	}
	assert_false(share_is_full(&s));
	for (uint32_t n = 0; s.used < s.next_gc; n++)
		get(&s, n);
	assert_true(share_is_full(&s));
	share_fini(&s);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(equal_is_one),
		cmocka_unit_test(many),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
