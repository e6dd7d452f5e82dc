/* Label sets whose numbers collide all the time: a digest of our own, in place of
 * SHA-256, knows few values. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/digest.h"
#include "rib/labels.h"
#include "tests/unit/rand.h"

enum { SETS = 300, VALUES = 40, STEPS = 20000 };

void digest_sha256(const void *p, size_t len, uint8_t out[DIGEST_SHA256])
{
	const uint8_t *b = p;
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + b[i];
	memset(out, 0, DIGEST_SHA256);
	out[2] = 1;
	out[3] = (uint8_t)(sum % VALUES);
}

struct world {
	struct labelsets *s;
	uint32_t set[SETS];  /* 0: not there */
	uint32_t told[SETS]; /* number that we know of */
	unsigned changes;    /* of numbers of sets that were there already */
};

static void name_of(unsigned i, struct labels *l)
{
	char text[32];

	snprintf(text, sizeof(text), "id=%u", i);
	assert_int_equal(labels_parse(text, l), LABEL_FINE);
}

static unsigned index_of(const struct world *w, uint32_t set)
{
	unsigned i = 0;

	while (w->set[i] != set)
		i++;
	return i;
}

static void renumbered(void *ctx, uint32_t set, uint32_t old)
{
	struct world *w = ctx;
	unsigned k = index_of(w, set);
	uint32_t now = labelsets_at(w->s, set)->number;

	assert_int_equal(w->told[k], old);
	for (unsigned i = 0; i < SETS; i++) /* nobody's, at this very moment */
		if (w->set[i] && i != k) {
			assert_int_not_equal(w->told[i], now);
			assert_int_not_equal(w->told[i], old);
		}
	w->told[k] = now;
	w->changes++;
}

static const struct labelsets_hooks hooks = { .renumbered = renumbered };

static int by_labels(const void *a, const void *b)
{
	struct labels x, y;

	name_of(*(const unsigned *)a, &x);
	name_of(*(const unsigned *)b, &y);
	return strcmp((const char *)x.b, (const char *)y.b);
}

/* Each number is what the sets that are there now make of it, whatever came before. */
static void check(struct world *w)
{
	unsigned of[0x200] = { 0 }, twins[SETS], n = 0;

	for (unsigned i = 0; i < SETS; i++)
		if (w->set[i])
			of[labelsets_derived(w->s, w->set[i]) & 0x1ff]++;
	for (unsigned i = 0; i < SETS; i++) {
		uint32_t w0, now;

		if (!w->set[i])
			continue;
		w0 = labelsets_derived(w->s, w->set[i]);
		now = labelsets_at(w->s, w->set[i])->number;
		assert_int_equal(now, w->told[i]);
		if (of[w0 & 0x1ff] == 1)
			assert_int_equal(now, w0);
		else
			twins[n++] = i;
	}
	qsort(twins, n, sizeof(twins[0]), by_labels);
	for (unsigned i = 0; i < n; i++) {
		uint32_t now = w->told[twins[i]];

		assert_int_equal(now & 0xff000000, IDENTITY_TWIN);
		if (i)
			assert_true(now > w->told[twins[i - 1]]);
	}
	assert_true(n <= LABELSETS_TWINS);
}

static void any_order(void **state)
{
	struct world w = { 0 };

	(void)state;
	w.s = labelsets_new(1, &hooks, &w);
	for (unsigned step = 0; step < STEPS; step++) {
		/* Few at first, then more than there is room for. */
		unsigned i = rand_below(step < STEPS / 2 ? 30 : SETS);
		struct labels l;

		if (w.set[i]) {
			uint32_t set = w.set[i];

			w.set[i] = 0;
			labelsets_unref(w.s, set);
		} else {
			uint32_t set;

			name_of(i, &l);
			set = labelsets_intern(w.s, labels_bytes(&l));
			w.set[i] = set;
			if (set)
				w.told[i] = labelsets_at(w.s, set)->number;
		}
		if (step % 16 == 0)
			check(&w);
	}
	print_message("# %u steps, %u numbers changed\n", STEPS, w.changes);
	assert_true(w.changes < STEPS); /* one more twin leaves the others alone */
	for (unsigned i = 0; i < SETS; i++) {
		uint32_t set = w.set[i];

		w.set[i] = 0;
		labelsets_unref(w.s, set);
	}
	assert_int_equal(labelsets_count(w.s), 0);
	labelsets_free(w.s);
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(any_order) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
