/* lib/slab.c: ids, zeroed objects, and memory that goes back. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "lib/slab.h"
#include "tests/unit/rand.h"

struct object {
	uint32_t first; /* the slab's while it is free */
	uint32_t value;
	uint8_t rest[28];
};

enum { IDS = 8 * SLAB_CHUNK };

static bool is_zero(const struct object *o)
{
	return !memcmp(o, &(struct object) { 0 }, sizeof(*o));
}

/* Each object keeps its value whatever the others do, and a new one is zero. */
static void objects_are_their_own(void **state)
{
	static uint32_t id[IDS], n;
	struct slab s;

	(void)state;
	slab_init(&s, sizeof(struct object));
	for (uint32_t i = 0; i < 20 * IDS; i++) {
		bool add = rand_below(8) ? i / (5 * IDS) % 2 == 0 : rand_below(2);

		if (add && n < IDS) {
			struct object *o;

			id[n] = slab_alloc(&s);
			assert_true(id[n] && id[n] < s.next);
			o = slab_at(&s, id[n]);
			assert_true(is_zero(o));
			o->first = o->value = id[n];
			n++;
		} else if (!add && n) {
			uint32_t victim = rand_below(n);
			struct object *o = slab_at(&s, id[victim]);

			assert_int_equal(o->value, id[victim]);
			o->value = 0;
			slab_free(&s, id[victim]);
			id[victim] = id[--n];
		}
		assert_int_equal(s.used, n);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct object *o = slab_at(&s, id[i]);

		assert_int_equal(o->first, id[i]);
		assert_int_equal(o->value, id[i]);
	}
	slab_fini(&s);
	n = 0;
}

static void fill(struct slab *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		assert_int_not_equal(slab_alloc(s), 0);
}

/* Any id may be looked at after its chunk has gone, and numbers do not run away. */
static void chunks_go_and_come(void **state)
{
	struct slab s;
	size_t full;
	uint32_t end;

	(void)state;
	slab_init(&s, sizeof(struct object));
	fill(&s, IDS - 1); /* 0 is no id */
	full = slab_bytes(&s);
	end = s.next;
	assert_int_equal(end, IDS);
	for (uint32_t id = 1; id < end; id++) {
		struct object *o = slab_at(&s, id);

		o->value = 0;
		slab_free(&s, id);
	}
	assert_int_equal(s.used, 0);
	assert_true(slab_bytes(&s) < full / 6); /* one chunk is kept */
	for (uint32_t id = 1; id < end; id++)
		assert_int_equal(((struct object *)slab_at(&s, id))->value, 0);
	fill(&s, IDS - 1);
	assert_int_equal(s.next, end);
	assert_int_equal(slab_bytes(&s), full);
	slab_fini(&s);
}

/* At the border between two chunks nothing is given back and taken again. */
static void the_last_one_stays(void **state)
{
	struct slab s;
	uint32_t id;
	void *was;

	(void)state;
	slab_init(&s, sizeof(struct object));
	fill(&s, SLAB_CHUNK - 1);
	id = slab_alloc(&s);
	was = slab_at(&s, id);
	for (int i = 0; i < 10; i++) {
		slab_free(&s, id);
		assert_ptr_equal(slab_at(&s, id), was);
		assert_int_equal(slab_alloc(&s), id);
	}
	slab_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_their_own),
		cmocka_unit_test(chunks_go_and_come),
		cmocka_unit_test(the_last_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
