/* Slabs with an index hash: rib/table.c against a plain array. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "rib/table.h"

struct entry {
	struct table_node node;
	uint32_t value;
};

enum { VALUES = 3000 };

static uint32_t find(const struct table *t, uint32_t hash, uint32_t value)
{
	uint32_t i = table_find(t, hash);

	while (i && ((struct entry *)table_at(t, i))->value != value)
		i = table_find_next(t, i);
	return i;
}

/* Few hashes, so that chains are long and equal hashes differ in value. */
static uint32_t hash_of(uint32_t value)
{
	return value % 700 * 2654435761u;
}

static void holds_what_was_put(void **state)
{
	static bool there[VALUES];
	static uint32_t index[VALUES];
	struct table t;

	(void)state;
	table_init(&t, sizeof(struct entry));
	srandom(1);
	for (int step = 0; step < 60000; step++) {
		uint32_t v = (uint32_t)(random() % VALUES);
		uint32_t i = find(&t, hash_of(v), v);

		assert_int_equal(i != 0, there[v]);
		assert_int_equal(i, there[v] ? index[v] : 0);
		if (there[v]) {
			table_del(&t, i);
		} else {
			i = table_add(&t, hash_of(v));
			assert_int_not_equal(i, 0);
			assert_int_equal(((struct entry *)table_at(&t, i))->value, 0);
			((struct entry *)table_at(&t, i))->value = v;
			index[v] = i;
		}
		there[v] = !there[v];
	}
	assert_true(table_bytes(&t) > t.n * sizeof(struct entry));
	table_fini(&t);
}

static void walk_meets_each_once(void **state)
{
	static unsigned met[VALUES];
	struct table_walk w = { 0 };
	struct table t;

	(void)state;
	table_init(&t, sizeof(struct entry));
	for (uint32_t v = 0; v < VALUES; v++)
		((struct entry *)table_at(&t, table_add(&t, hash_of(v))))->value = v;
	for (uint32_t i; (i = table_next(&t, &w));) {
		uint32_t v = ((struct entry *)table_at(&t, i))->value;

		met[v]++;
		if (v % 3) /* the one just met may go */
			table_del(&t, i);
	}
	for (uint32_t v = 0; v < VALUES; v++)
		assert_int_equal(met[v], 1);
	assert_int_equal(t.n, VALUES / 3);
	table_fini(&t);
}

static void memory_is_used_again(void **state)
{
	struct table t;
	size_t before;

	(void)state;
	table_init(&t, sizeof(struct entry));
	for (uint32_t v = 0; v < VALUES; v++)
		table_add(&t, v);
	before = table_bytes(&t);
	for (int round = 0; round < 100; round++) {
		struct table_walk w = { 0 };

		for (uint32_t i; (i = table_next(&t, &w));)
			table_del(&t, i);
		for (uint32_t v = 0; v < VALUES; v++)
			table_add(&t, v);
	}
	assert_int_equal(table_bytes(&t), before);
	table_fini(&t);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(holds_what_was_put),
		cmocka_unit_test(walk_meets_each_once),
		cmocka_unit_test(memory_is_used_again),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
