/* tests of rib/ila_pick.c: which paths say where an identifier is. */
#include "tests/unit/ila_help.h"

#include <errno.h>

#include "tests/unit/rand.h"

enum { CANDS = 24 };

struct pool {
	struct ihost *h;
	struct attrset *set[CANDS];
	struct path_source src[CANDS];
	struct ila_cand c[CANDS];
	unsigned n;
};

static struct pool *pool_new(void)
{
	struct pool *p = calloc(1, sizeof(*p));

	p->h = ihost_new(99);
	return p;
}

static void pool_clear(struct pool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		attrset_unref(&p->h->attrs, p->set[i]);
	p->n = 0;
}

static void pool_free(struct pool *p)
{
	pool_clear(p);
	ihost_free(p->h);
	free(p);
}

static void add(struct pool *p, struct ipath say)
{
	const struct ila64 sir = sir_of(1);
	const struct ila_view view = { .draft = say.carrier == ILA_DRAFT,
				       .csum = ILA_CSUM_NEUTRAL,
				       .sirs = &sir,
				       .n_sirs = 1 };
	unsigned i = p->n++;
	struct path_view v;

	say.addr = sir_addr(10);
	p->set[i] = ipath_attrs(p->h, &say);
	p->src[i] = ipath_source(&say);
	v = (struct path_view) { p->set[i], &p->src[i], say.rx_id };
	assert_int_equal(ila_cand_read(&view, &say.addr, &v, &p->c[i]), 0);
}

/* Peer and locator k, neutral-map, over IPv6 unicast. */
static struct ipath at(unsigned k)
{
	return (struct ipath) { .peer = k,
				.carrier = ILA_IP6,
				.locator = loc_of(k),
				.csum = ILA_CSUM_NEUTRAL };
}

static struct ila_pick pick(struct pool *p)
{
	struct ila_pick out;

	ila_pick(p->c, p->n, &out);
	return out;
}

static void assert_best(struct pool *p, unsigned k)
{
	const struct ila64 loc = loc_of(k);
	struct ila_pick out = pick(p);

	assert_non_null(out.best);
	assert_memory_equal(&out.best->locator, &loc, sizeof(loc));
	pool_clear(p);
}

/* ---- the best one ------------------------------------------------------ */

static void test_nothing(void **state)
{
	struct ila_pick out;

	(void)state;
	ila_pick(NULL, 0, &out);
	assert_null(out.best);
	assert_int_equal(out.n, 0);
}

/* Each step beats all that follow. */
static void test_order_of_steps(void **state)
{
	struct pool *p = pool_new();
	struct ipath a;

	(void)state;
	a = at(5);
	a.llgr = true;
	a.seq = 9;
	a.local_pref = 900;
	add(p, a);
	add(p, at(6));
	assert_best(p, 6);

	a = at(5);
	a.local_pref = 900;
	add(p, a);
	a = at(6);
	a.seq = 1;
	add(p, a);
	assert_best(p, 6);

	a = at(6);
	a.local_pref = 101;
	a.as = 65001; /* longer AS path */
	add(p, at(5));
	add(p, a);
	assert_best(p, 6);

	a = at(5);
	a.as = 65001;
	add(p, a);
	add(p, at(6));
	assert_best(p, 6);

	add(p, at(6));
	add(p, at(5)); /* lower router id */
	assert_best(p, 5);
	pool_free(p);
}

static void test_med_within_one_as(void **state)
{
	struct pool *p = pool_new();
	struct ipath a = at(7), b = at(6), c = at(5);

	(void)state;
	/* 5 loses to 7 by MED, 6 is of another AS and loses to 7 by router id? No:
	 * 6 has the lower one, and MED does not compare. */
	a.as = c.as = 65001;
	b.as = 65002;
	a.med = 1;
	b.med = 500;
	c.med = 2;
	add(p, a);
	add(p, b);
	add(p, c);
	assert_best(p, 6);
	pool_free(p);
}

/* ---- anycast ----------------------------------------------------------- */

static void test_anycast_joins(void **state)
{
	struct pool *p = pool_new();
	struct ipath a;
	struct ila_pick out;

	(void)state;
	for (unsigned k = 4; k > 1; k--) {
		a = at(k);
		a.anycast = true;
		add(p, a);
	}
	a = at(9); /* less preferred: does not join */
	a.anycast = true;
	a.local_pref = 50;
	add(p, a);
	a = at(8); /* other mode: one record has one */
	a.anycast = true;
	a.csum = ILA_CSUM_NONE;
	add(p, a);
	a = at(7); /* equal but for MED */
	a.anycast = true;
	a.med = 1;
	add(p, a);
	a = at(3); /* the same again, by another way */
	a.anycast = true;
	a.peer = 77;
	add(p, a);
	out = pick(p);
	assert_int_equal(out.n, 3);
	assert_false(out.duplicate);
	for (unsigned i = 0; i < 3; i++) {
		const struct ila64 loc = loc_of(i + 2);

		assert_memory_equal(&out.locator[i], &loc, sizeof(loc));
		assert_int_equal(out.weight[i], 1);
	}
	pool_free(p);
}

static void test_weights(void **state)
{
	static const struct {
		float b[3];
		unsigned w[3];
	} rows[] = {
		{ { 1, 2, 3 }, { 1, 2, 3 } },
		{ { 125e6f, 250e6f, 125e7f }, { 6554, 13107, 65535 } },
		{ { 0.5f, 1, 1 }, { 32768, 65535, 65535 } },
		{ { 1e30f, 1, 1 }, { 65535, 1, 1 } },
		{ { 65535, 1, 1 }, { 65535, 1, 1 } },
		{ { 65536, 32768, 1 }, { 65535, 32768, 1 } },
	};
	struct pool *p = pool_new();

	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rows); r++) {
		struct ila_pick out;

		for (unsigned k = 0; k < 3; k++) {
			struct ipath a = at(k + 1);

			a.bandwidth = rows[r].b[k];
			add(p, a);
		}
		out = pick(p);
		assert_int_equal(out.n, 3);
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(out.weight[k], rows[r].w[k]);
		pool_clear(p);
	}
	pool_free(p);
}

/* One peer, one identifier, and each carrier says another locator. */
static void test_carriers_that_differ(void **state)
{
	struct pool *p = pool_new();
	struct ipath a = at(2), b = at(3);

	(void)state;
	a.peer = b.peer = 9;
	b.carrier = ILA_DRAFT;
	add(p, a);
	add(p, b);
	assert_best(p, 3);
	add(p, b);
	add(p, a);
	assert_best(p, 3);
	pool_free(p);
}

static void test_one_without_weight(void **state)
{
	struct pool *p = pool_new();
	struct ipath a = at(1), b = at(2);
	struct ila_pick out;

	(void)state;
	a.bandwidth = 7;
	b.anycast = true;
	add(p, a);
	add(p, b);
	out = pick(p);
	assert_int_equal(out.n, 2);
	assert_int_equal(out.weight[0], 1);
	assert_int_equal(out.weight[1], 1);
	pool_free(p);
}

static void test_more_than_there_is_room_for(void **state)
{
	struct pool *p = pool_new();
	struct ila_pick out;

	(void)state;
	for (unsigned k = 1; k <= 12; k++) {
		struct ipath a = at(k);

		a.bandwidth = (float)k;
		add(p, a);
	}
	out = pick(p);
	assert_true(out.more);
	assert_int_equal(out.n, ILA_LOCATORS);
	for (unsigned i = 0; i < out.n; i++) { /* the heaviest: 5 to 12 */
		const struct ila64 loc = loc_of(5 + i);

		assert_memory_equal(&out.locator[i], &loc, sizeof(loc));
		assert_int_equal(out.weight[i], 5 + i);
	}
	pool_free(p);
}

/* ---- duplicates -------------------------------------------------------- */

static void test_duplicate(void **state)
{
	struct pool *p = pool_new();
	const struct ila64 three = loc_of(3);
	struct ipath a = at(3), b;
	struct ila_pick out;

	(void)state;
	add(p, at(2));
	add(p, a);
	out = pick(p);
	assert_true(out.duplicate);
	assert_int_equal(out.n, 1);
	assert_memory_equal(&out.other, &three, sizeof(three));
	pool_clear(p);

	a.seq = 1; /* moved */
	add(p, at(2));
	add(p, a);
	assert_false(pick(p).duplicate);
	pool_clear(p);

	a = at(3);
	a.local_pref = 200; /* preferred on purpose */
	add(p, at(2));
	add(p, a);
	assert_false(pick(p).duplicate);
	pool_clear(p);

	a = b = at(2);
	b.peer = 9; /* one locator by two ways */
	add(p, a);
	add(p, b);
	assert_false(pick(p).duplicate);
	pool_clear(p);

	a = at(2);
	a.anycast = true; /* only one of them says so */
	add(p, a);
	add(p, at(3));
	assert_true(pick(p).duplicate);
	pool_free(p);
}

/* ---- order ------------------------------------------------------------- */

static void shuffle(struct ila_cand *c, unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned k = rand_below(i);
		struct ila_cand tmp = c[i - 1];

		c[i - 1] = c[k];
		c[k] = tmp;
	}
}

static struct ipath random_path(unsigned peer)
{
	static const float widths[] = { 0, 0, 1, 5, 1e9f };
	struct ipath a = at(1 + rand_below(12));

	a.peer = peer; /* each its own: a peer says a thing once */
	a.carrier = (enum ila_carrier)rand_below(2);
	a.seq = rand_below(8) ? 0 : 1;
	a.llgr = !rand_below(8);
	a.local_pref = rand_below(6) ? 100 : 90;
	a.as = rand_below(3) ? 65001 + rand_below(2) : 0;
	a.med = rand_below(3);
	a.csum = rand_below(6) ? ILA_CSUM_NEUTRAL : ILA_CSUM_NONE;
	a.anycast = rand_below(4);
	a.bandwidth = widths[rand_below(ARRAY_SIZE(widths))];
	return a;
}

static bool same(const struct ila_pick *a, const struct ila_pick *b)
{
	return a->n == b->n && a->duplicate == b->duplicate && a->more == b->more &&
	       !memcmp(a->locator, b->locator, sizeof(a->locator)) &&
	       !memcmp(a->weight, b->weight, sizeof(a->weight)) &&
	       ila64_eq(&a->other, &b->other);
}

static void test_any_order_gives_the_same(void **state)
{
	struct pool *p = pool_new();

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		unsigned n = 1 + rand_below(CANDS - 1);
		struct ila_pick first, again;
		struct ila_cand best;

		for (unsigned i = 0; i < n; i++)
			add(p, random_path(100 + i));
		first = pick(p);
		best = *first.best;
		for (unsigned i = 0; i < 6; i++) {
			shuffle(p->c, n);
			again = pick(p);
			assert_true(same(&first, &again));
			assert_ptr_equal(again.best->v.src, best.v.src);
			assert_int_equal(again.best->carrier, best.carrier);
		}
		pool_clear(p);
	}
	pool_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_order_of_steps),
		cmocka_unit_test(test_med_within_one_as),
		cmocka_unit_test(test_anycast_joins),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_carriers_that_differ),
		cmocka_unit_test(test_one_without_weight),
		cmocka_unit_test(test_more_than_there_is_room_for),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_any_order_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
