/* lib/hashidx.c against a plain array. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "lib/hashidx.h"
#include "tests/unit/rand.h"

enum { IDS = 20000 };

static uint32_t hash[IDS + 1]; /* by id */
static bool there[IDS + 1];

static bool finds(const struct hashidx *x, uint32_t id)
{
	uint32_t at = hash[id], got;

	while ((got = hashidx_next(x, hash[id], &at))) {
		assert_int_equal(hash[got], hash[id]);
		assert_true(there[got]);
		if (got == id)
			return true;
	}
	return false;
}

static void all_right(const struct hashidx *x)
{
	uint32_t n = 0;

	for (uint32_t id = 1; id <= IDS; id++) {
		assert_int_equal(finds(x, id), there[id]);
		n += there[id];
	}
	assert_int_equal(x->n, n);
}

/* Towards full, towards empty, and back: through every size, both ways. */
static void churn(uint32_t first, uint32_t hashes)
{
	struct hashidx x;

	hashidx_init(&x);
	memset(there, 0, sizeof(there));
	for (uint32_t id = 1; id <= IDS; id++)
		hash[id] = first + rand_below(hashes);
	for (int phase = 0; phase < 4; phase++) {
		for (uint32_t i = 0; i < 3 * IDS; i++) {
			uint32_t id = 1 + rand_below(IDS);
			bool add = rand_below(8) ? phase % 2 == 0 : phase % 2 == 1;

			if (add && !there[id])
				hashidx_add(&x, hash[id], id);
			else if (!add && there[id])
				hashidx_del(&x, hash[id], id);
			there[id] = add;
		}
		all_right(&x);
	}
	hashidx_fini(&x);
}

static void holds_what_was_put(void **state)
{
	(void)state;
	churn(0, UINT32_MAX);
}

/* Long runs of slots, most of them away from home, and over the end of the table. */
static void collisions(void **state)
{
	(void)state;
	churn(0, 300);
	churn(0u - 150, 300);
}

static void grows_and_shrinks(void **state)
{
	struct hashidx x;
	size_t empty, full;

	(void)state;
	hashidx_init(&x);
	empty = hashidx_bytes(&x);
	for (uint32_t id = 1; id <= IDS; id++)
		hashidx_add(&x, id * 2654435761u, id);
	full = hashidx_bytes(&x);
	assert_true(full >= IDS * sizeof(*x.slot) * 4 / 3);
	assert_true(full <= IDS * sizeof(*x.slot) * 8 / 3);
	for (uint32_t id = 1; id <= IDS; id++)
		hashidx_del(&x, id * 2654435761u, id);
	assert_int_equal(hashidx_bytes(&x), empty);
	assert_int_equal(x.n, 0);
	hashidx_fini(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_was_put),
		cmocka_unit_test(collisions),
		cmocka_unit_test(grows_and_shrinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
