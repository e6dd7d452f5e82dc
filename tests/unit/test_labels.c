/* Numbers of label sets: vectors, a true collision, what an operator assigns. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "rib/labels.h"

static struct bytes of(const char *text, struct labels *l)
{
	assert_int_equal(labels_parse(text, l), LABEL_FINE);
	return labels_bytes(l);
}

/* ---- vectors, by another implementation -------------------------------- */

/* printf '\0\0\0\1app=web' | sha256sum */
static const struct {
	uint32_t domain;
	const char *labels;
	uint32_t number;
} numbers[] = {
	{ 1, "app=web", 0xcd721bff },            /* 4d721bff */
	{ 1, "app=db", 0xe5657a8d },             /* e5657a8d */
	{ 1, "role=front,app=web", 0x90ea0db6 }, /* 90ea0db6, NUL between */
	{ 1, "n=83", 0xf7670189 },               /* 77670089: bit 8 set, too */
	{ 1, "id=25387", 0x9cc42ab2 },
	{ 1, "id=54067", 0x9cc42ab2 }, /* a collision */
};

static void follows(void **state)
{
	struct labels l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		print_message("# %s\n", numbers[i].labels);
		assert_int_equal(
			labels_number(numbers[i].domain, of(numbers[i].labels, &l)),
			numbers[i].number);
	}
	assert_int_not_equal(labels_number(2, of("app=web", &l)), 0xcd721bff);
}

/* ---- text -------------------------------------------------------------- */

static const struct {
	const char *in, *out, *err;
} texts[] = {
	{ "", "", NULL },
	{ "b=2,a=1", "a=1,b=2", NULL },
	{ "a=", "a=", NULL },
	{ "k8s:ns/x=y,A=1", "A=1,k8s:ns/x=y", NULL },
	{ "a=1,b", NULL, "label b: expected key=value" },
	{ "a=1,b=x!y", NULL, "label b=x!y: a value has" },
	{ "=1", NULL, "label =1: a key has" },
	{ "a=1,reserved:host=", NULL, "label reserved:host=: keys of reserved:" },
	{ "a=1,a=2", NULL, "a key is there twice" },
	{ "a=1,,b=2", NULL, "expected key=value" },
	{ "a=1,", NULL, "expected key=value" },
};

static void canonical(void **state)
{
	char out[LABELS_STR], err[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int rc = labels_canonical(texts[i].in, out, err, sizeof(err));

		print_message("# '%s'\n", texts[i].in);
		assert_int_equal(rc, texts[i].out ? 0 : -EINVAL);
		if (texts[i].out)
			assert_string_equal(out, texts[i].out);
		else
			assert_non_null(strstr(err, texts[i].err));
	}
}

static void selects(void **state)
{
	const char *keys[] = { "role", "app", "none" };
	char text[LABELS_STR];
	struct labels l;

	(void)state;
	labels_select("app=web,id=7,role=front,roles=x", keys, 3, &l);
	assert_string_equal(labels_format(labels_bytes(&l), text, sizeof(text)),
			    "app=web,role=front");
	assert_int_equal(labels_check(labels_bytes(&l)), LABEL_FINE);
	labels_select("app=web", keys, 0, &l);
	assert_int_equal(l.len, 0);
	labels_select("", keys, 3, &l);
	assert_int_equal(l.len, 0);
}

/* ---- the table --------------------------------------------------------- */

struct heard {
	unsigned n;
	uint32_t set[16], old[16];
};

static void renumbered(void *ctx, uint32_t set, uint32_t old)
{
	struct heard *h = ctx;

	assert_true(h->n < 16);
	h->set[h->n] = set;
	h->old[h->n++] = old;
}

static const struct labelsets_hooks hooks = { .renumbered = renumbered };

static uint32_t intern(struct labelsets *s, const char *text)
{
	struct labels l;

	return labelsets_intern(s, of(text, &l));
}

static uint32_t number(struct labelsets *s, uint32_t set)
{
	return labelsets_at(s, set)->number;
}

static void one_object(void **state)
{
	struct heard h = { 0 };
	struct labelsets *s = labelsets_new(1, &hooks, &h);
	uint32_t a = intern(s, "app=web"), b = intern(s, "app=web");
	uint32_t n = labelsets_unknown(s, 70000), m = labelsets_unknown(s, 70000);

	(void)state;
	assert_int_equal(a, b);
	assert_int_equal(labelsets_at(s, a)->refs, 2);
	assert_int_equal(number(s, a), 0xcd721bff);
	assert_int_equal(n, m);
	assert_null(labelsets_at(s, n)->labels.p);
	assert_int_equal(labelsets_count(s), 2);
	labelsets_unref(s, a);
	labelsets_unref(s, a);
	labelsets_unref(s, n);
	labelsets_unref(s, n);
	assert_int_equal(labelsets_count(s), 0);
	assert_int_equal(h.n, 0);
	labelsets_free(s);
}

/* Whoever comes first: both get numbers of this host, the lesser labels the lesser
 * number; who is left alone has its own again. */
static void collision(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct heard h = { 0 };
		struct labelsets *s = labelsets_new(1, &hooks, &h);
		uint32_t x = intern(s, turn ? "id=54067" : "id=25387");
		uint32_t y = intern(s, turn ? "id=25387" : "id=54067");
		uint32_t lo = turn ? y : x, hi = turn ? x : y;

		assert_int_equal(number(s, lo) >> 24, IDENTITY_TWIN >> 24);
		assert_true(number(s, lo) < number(s, hi));
		assert_int_equal(labelsets_at(s, lo)->origin, LABELS_TWIN);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.set[0], x);
		assert_int_equal(h.old[0], 0x9cc42ab2);
		labelsets_unref(s, x);
		assert_int_equal(number(s, y), 0x9cc42ab2);
		assert_int_equal(labelsets_at(s, y)->origin, LABELS_DERIVED);
		assert_int_equal(h.n, 2);
		labelsets_unref(s, y);
		labelsets_free(s);
	}
}

static struct labels_assign assign(uint32_t n, const char *text)
{
	struct labels_assign a = { .number = n };

	of(text, &a.labels);
	return a;
}

/* Of two twins one gets a number by hand: none is in the other's way. Then two change
 * their numbers. */
static void assigned(void **state)
{
	struct heard h = { 0 };
	struct labelsets *s = labelsets_new(1, &hooks, &h);
	struct labels_assign one[] = { assign(1001, "id=25387") };
	struct labels_assign two[] = { assign(1001, "app=web"),
				       assign(1002, "id=25387") };
	uint32_t a = intern(s, "id=25387"), b = intern(s, "id=54067");
	uint32_t c = intern(s, "app=web");

	(void)state;
	labelsets_assign(s, one, 1);
	assert_int_equal(number(s, a), 1001);
	assert_int_equal(labelsets_at(s, a)->origin, LABELS_ASSIGNED);
	assert_int_equal(number(s, b), 0x9cc42ab2);
	labelsets_assign(s, two, 2);
	assert_int_equal(number(s, a), 1002);
	assert_int_equal(number(s, c), 1001);
	assert_int_equal(number(s, b), 0x9cc42ab2);
	labelsets_assign(s, NULL, 0);
	assert_int_equal(number(s, a) >> 24, IDENTITY_TWIN >> 24);
	assert_int_equal(number(s, b) >> 24, IDENTITY_TWIN >> 24);
	assert_int_equal(number(s, c), 0xcd721bff);
	labelsets_assign(s, two, 2); /* before it comes */
	labelsets_unref(s, c);
	c = intern(s, "app=web");
	assert_int_equal(number(s, c), 1001);
	labelsets_free(s);
}

static void limit(void **state)
{
	struct heard h = { 0 };
	struct labelsets *s = labelsets_new(1, &hooks, &h);

	(void)state;
	for (uint32_t i = 0; i < LABELSETS_MAX; i++)
		assert_int_not_equal(labelsets_unknown(s, 0x10000 + i), 0);
	assert_int_equal(labelsets_unknown(s, 7000), 0);
	assert_int_equal(intern(s, "app=web"), 0);
	assert_int_not_equal(labelsets_unknown(s, 0x10000), 0); /* is there already */
	labelsets_free(s);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(follows),   cmocka_unit_test(canonical),
		cmocka_unit_test(selects),   cmocka_unit_test(one_object),
		cmocka_unit_test(collision), cmocka_unit_test(assigned),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
