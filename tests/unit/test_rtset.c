/*
 * Route target lists, filters and the index, against the plainest reading of
 * RFC 4684: a route passes if the default is there, or a membership whose bits are
 * those of one of its targets.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "rib/locrib.h"
#include "rib/rtset.h"
#include "tests/unit/rand.h"
#include "wire/nlri_rtc.h"

enum { PEERS = 9, ROUNDS = 4000, MAX_COMMUNITIES = 5 };

static struct attr_table attrs;
static struct rib rib;
static struct attrset *set;

static int setup(void **state)
{
	struct attrs a = { .nexthop = ip4_of(1) };

	(void)state;
	attr_table_init(&attrs);
	rib_init(&rib, &nlri_rtc_ops, &attrs);
	set = attrset_intern(&attrs, &a);
	for (uint32_t p = 1; p <= PEERS; p++)
		rib_peer_add(&rib, p, &(struct path_source) { .id = p }, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (uint32_t p = 1; p <= PEERS; p++)
		rib_peer_del(&rib, p);
	rib_trim(&rib);
	rib_fini(&rib);
	attrset_unref(&attrs, set);
	assert_int_equal(attrs.n, 0);
	rtlists_trim(attrs.rts);
	assert_int_equal(attrs.rts->t.n, 0);
	assert_int_equal(attrs.rts->bytes, 0);
	attr_table_fini(&attrs);
	return 0;
}

static struct extcom ec(const char *bytes)
{
	struct extcom c;

	memcpy(c.b, bytes, 8);
	return c;
}

static uint32_t list_of(const struct extcom *c, size_t n)
{
	struct attrs a = { .ext_communities = { n ? c[0].b : NULL, n * 8 } };

	return rtlist_intern(attrs.rts, &a);
}

/* ---- lists ---- */

static void lists_are_sets(void **state)
{
	struct extcom a = rt_make(65000, 1), b = rt_make(65000, 2);
	struct extcom encap = ec("\x03\x0c\0\0\0\0\0\x08"),
		      es = ec("\x06\x02\x02\0\0\0\0\x01"),
		      ip = ec("\x01\x02\x0a\0\0\x01\0\x07"),
		      as4 = ec("\x02\x02\0\x01\0\0\0\x07"),
		      soo = ec("\x00\x03\xfd\xe8\0\0\0\x01"),
		      far = ec("\x40\x02\xfd\xe8\0\0\0\x01");
	struct extcom one[] = { b, encap, a }, two[] = { a, a, b, soo, b };
	struct extcom kinds[] = { es, far, ip, encap, as4, soo };
	uint32_t x = list_of(one, 3), y = list_of(two, 5), z = list_of(kinds, 6);
	uint32_t none = list_of(&encap, 1), empty = list_of(NULL, 0);

	(void)state;
	assert_int_equal(x, y);
	assert_int_equal(none, empty);
	assert_true(x && z && none && x != z && x != none);
	assert_int_equal(rtlist_at(attrs.rts, x)->n, 2);
	assert_memory_equal(&rtlist_at(attrs.rts, x)->rt[0], &a, 8);
	assert_memory_equal(&rtlist_at(attrs.rts, x)->rt[1], &b, 8);
	assert_int_equal(rtlist_at(attrs.rts, z)->n, 3); /* es, ip, as4 */
	assert_int_equal(rtlist_at(attrs.rts, none)->n, 0);
	assert_int_equal(attrs.rts->t.n, 3);
	rtlist_unref(attrs.rts, x);
	rtlists_trim(attrs.rts);
	assert_int_equal(attrs.rts->t.n, 3);
	rtlist_unref(attrs.rts, y);
	rtlists_trim(attrs.rts);
	assert_int_equal(attrs.rts->t.n, 2);
	rtlist_unref(attrs.rts, z);
	rtlist_unref(attrs.rts, none);
	rtlist_unref(attrs.rts, empty);
}

/* Until the next trim a number is that of its list, used or not. */
static void numbers_stay_until_trimmed(void **state)
{
	struct extcom a = rt_make(65000, 1), b = rt_make(65000, 2);
	uint32_t x = list_of(&a, 1), y;

	(void)state;
	rtlist_unref(attrs.rts, x);
	y = list_of(&b, 1);
	assert_int_not_equal(x, y);
	assert_int_equal(list_of(&a, 1), x); /* back again, before it went */
	rtlist_unref(attrs.rts, y);
	rtlist_unref(attrs.rts, rtlist_ref(attrs.rts, y));
	rtlists_trim(attrs.rts);
	assert_int_equal(attrs.rts->t.n, 1);
	assert_memory_equal(&rtlist_at(attrs.rts, x)->rt[0], &a, 8);
	rtlist_unref(attrs.rts, x);
	rtlists_trim(attrs.rts);
	assert_int_equal(attrs.rts->t.n, 0);
	assert_int_equal(list_of(&b, 1), x); /* now it may be another's */
	rtlist_unref(attrs.rts, x);
}

static void a_route_may_have_very_many(void **state)
{
	static struct extcom many[8000];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = rt_make(65000, (uint32_t)ARRAY_SIZE(many) - i);

	uint32_t id = list_of(many, ARRAY_SIZE(many));
	const struct rtlist *l = rtlist_at(attrs.rts, id);

	assert_int_equal(l->n, ARRAY_SIZE(many));
	for (uint32_t i = 1; i < l->n; i++)
		assert_true(memcmp(&l->rt[i - 1], &l->rt[i], 8) < 0);
	rtlist_unref(attrs.rts, id);
}

/* Sets with the same targets share a list, which lives as long as one of them. */
static void sets_have_lists(void **state)
{
	struct extcom c[2] = { rt_make(65000, 1), rt_make(65000, 2) };
	struct attrs a = { .present = 1ull << ATTR_EXT_COMMUNITY | 1ull << ATTR_MED,
			   .ext_communities = { c[0].b, 16 } };
	struct attrset *s[2];

	(void)state;
	s[0] = attrset_intern(&attrs, &a);
	a.med = 7;
	s[1] = attrset_intern(&attrs, &a);
	assert_ptr_not_equal(s[0], s[1]);
	assert_int_equal(s[0]->rtlist, 0); /* nobody asked yet */
	assert_int_equal(attrset_rtlist(&attrs, s[0]), attrset_rtlist(&attrs, s[1]));
	assert_int_equal(attrset_rtlist(&attrs, s[0]), s[0]->rtlist);
	assert_int_equal(rtlist_at(attrs.rts, s[0]->rtlist)->refs, 2);
	attrset_unref(&attrs, s[0]);
	rtlists_trim(attrs.rts);
	assert_int_equal(attrs.rts->t.n, 1);
	attrset_unref(&attrs, s[1]);
	rtlists_trim(attrs.rts);
	assert_int_equal(attrs.rts->t.n, 0);
}

/* ---- filters ---- */

static void member(uint32_t peer, uint8_t bits, uint32_t as, struct extcom rt, bool on)
{
	struct rtc_route m = { .bits = bits, .as = as, .rt = rt };
	struct nlri n;

	assert_int_equal(rtc_build(&m, &n), 0);
	if (on)
		rib_update(&rib, peer, &n, set);
	else
		rib_withdraw(&rib, peer, &n);
}

static bool wants(uint32_t peer, const struct extcom *c, size_t n)
{
	struct rtfilter *f = rtfilter_of(&rib, peer);
	uint32_t id = list_of(c, n);
	bool yes = rtfilter_wants(f, rtlist_at(attrs.rts, id));

	rtlist_unref(attrs.rts, id);
	rtfilter_unref(f);
	return yes;
}

static void each_kind_of_membership(void **state)
{
	struct extcom a = rt_make(65000, 1), b = rt_make(65000, 2),
		      c = rt_make(65001, 1), both[2] = { c, b };

	(void)state;
	assert_null(rtfilter_of(&rib, 1));
	assert_null(rtfilter_of(&rib, 60000));
	assert_false(wants(1, &a, 1));

	member(1, 96, 65000, a, true);
	assert_true(wants(1, &a, 1));
	assert_false(wants(1, &b, 1));
	assert_false(wants(1, NULL, 0));
	member(1, 96, 65000, b, true);
	assert_true(wants(1, both, 2));
	member(1, 96, 65000, b, false);
	assert_false(wants(1, both, 2));

	/* The same wish from two origin AS stands until both are gone. */
	member(1, 96, 65009, a, true);
	member(1, 96, 65000, a, false);
	assert_true(wants(1, &a, 1));
	member(1, 96, 65009, a, false);
	assert_false(wants(1, &a, 1));

	member(1, 64, 65000, a, true); /* every target of AS 65000 */
	assert_true(wants(1, &a, 1));
	assert_true(wants(1, &b, 1));
	assert_false(wants(1, &c, 1));
	member(1, 64, 65000, a, false);

	member(1, 32, 65000, (struct extcom) { { 0 } }, true); /* every target */
	assert_true(wants(1, &c, 1));
	assert_false(wants(1, NULL, 0));
	member(1, 32, 65000, (struct extcom) { { 0 } }, false);

	member(1, 0, 0, (struct extcom) { { 0 } }, true); /* every route */
	assert_true(wants(1, &c, 1));
	assert_true(wants(1, NULL, 0));
}

static void memberships_do_not_hang_on_winning(void **state)
{
	struct extcom a = rt_make(65000, 1);

	(void)state;
	for (uint32_t p = 1; p <= PEERS; p++)
		member(p, 96, 65000, a, true);
	for (uint32_t p = 1; p <= PEERS; p++)
		assert_true(wants(p, &a, 1));
}

/* ---- filters and index against the model ---- */

static struct rtc_route said[PEERS + 1][4]; /* memberships of each; bits 1: none */

static struct extcom random_rt(void)
{
	struct extcom c = rt_make(65000 + rand_below(2), rand_below(4) << 8);

	c.b[7] = (uint8_t)(rand_below(2) << 7);
	if (!rand_below(10))
		c.b[0] = 6;
	return c;
}

static bool model_covers(const struct rtc_route *m, const struct extcom *c)
{
	for (unsigned bit = 0; bit + RTC_AS_BITS < m->bits; bit++)
		if ((m->rt.b[bit / 8] ^ c->b[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return m->bits >= RTC_AS_BITS;
}

static bool model_wants(uint32_t peer, const struct extcom *c, size_t n)
{
	for (size_t k = 0; k < ARRAY_SIZE(said[peer]); k++) {
		if (!said[peer][k].bits)
			return true;
		for (size_t i = 0; i < n; i++)
			if (model_covers(&said[peer][k], &c[i]))
				return true;
	}
	return false;
}

static void say_something_else(uint32_t peer)
{
	static const uint8_t lengths[] = {
		0, 32, 40, 48, 64, 80, 89, 95, 96, 96, 96, 96
	};
	struct rtc_route *m = &said[peer][rand_below(ARRAY_SIZE(said[peer]))];
	struct rtc_route old = *m, fresh = { .bits = 1 };
	struct nlri n;

	if (rand_below(4)) {
		fresh.bits = lengths[rand_below(ARRAY_SIZE(lengths))];
		fresh.as = fresh.bits ? 1 + rand_below(2) : 0;
		fresh.rt = random_rt();
		assert_int_equal(rtc_build(&fresh, &n), 0);
		assert_int_equal(rtc_view(&n, &fresh), 0); /* masked */
	}
	*m = fresh;
	if (old.bits != 1) {
		bool twice = false;

		for (size_t k = 0; k < ARRAY_SIZE(said[peer]); k++)
			twice |= !memcmp(&said[peer][k], &old, sizeof(old));
		assert_int_equal(rtc_build(&old, &n), 0);
		if (!twice)
			rib_withdraw(&rib, peer, &n);
	}
	if (fresh.bits != 1) {
		assert_int_equal(rtc_build(&fresh, &n), 0);
		rib_update(&rib, peer, &n, set);
	}
}

static void mark(void *ctx, uint32_t slot)
{
	bool *marked = ctx;

	assert_true(slot >= 1 && slot <= PEERS);
	marked[slot] = true;
}

static void check_list(const struct rtindex *x, struct rtfilter *const f[])
{
	struct extcom c[MAX_COMMUNITIES];
	bool marked[PEERS + 1] = { false };
	size_t n = rand_below(MAX_COMMUNITIES + 1);
	uint32_t id;

	for (size_t i = 0; i < n; i++)
		c[i] = random_rt();
	id = list_of(c, n);
	rtindex_each(x, rtlist_at(attrs.rts, id), mark, marked);
	for (uint32_t p = 1; p <= PEERS; p++) {
		bool want = model_wants(p, c, n);

		assert_int_equal(rtfilter_wants(f[p], rtlist_at(attrs.rts, id)), want);
		assert_int_equal(marked[p], want);
	}
	rtlist_unref(attrs.rts, id);
}

static void filters_follow_the_model(void **state)
{
	struct rtfilter *f[PEERS + 1] = { NULL };
	struct rtindex *x = rtindex_new();

	(void)state;
	for (uint32_t p = 0; p <= PEERS; p++)
		for (size_t k = 0; k < ARRAY_SIZE(said[p]); k++) {
			memset(&said[p][k], 0, sizeof(said[p][k]));
			said[p][k].bits = 1;
		}
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t p = 1 + rand_below(PEERS);
		struct rtfilter *now;

		say_something_else(p);
		now = rtfilter_of(&rib, p);
		rtindex_change(x, p, f[p], now);
		assert_int_equal(rtfilter_same(f[p], f[p]), true);
		rtfilter_unref(f[p]);
		f[p] = now;
		for (int k = 0; k < 10; k++)
			check_list(x, f);
	}
	for (uint32_t p = 1; p <= PEERS; p++) {
		rtindex_change(x, p, f[p], NULL);
		rtfilter_unref(f[p]);
	}
	assert_int_equal(x->t.n, 0); /* nothing left behind */
	assert_int_equal(x->all.n, 0);
	for (size_t i = 0; i < ARRAY_SIZE(x->n_bits); i++)
		assert_int_equal(x->n_bits[i], 0);
	rtindex_free(x);
}

static void filters_compare(void **state)
{
	struct extcom a = rt_make(65000, 1), b = rt_make(65000, 2);
	struct rtfilter *f, *g, *all = rtfilter_all();

	(void)state;
	member(1, 96, 65000, a, true);
	member(2, 96, 65001, a, true);
	f = rtfilter_of(&rib, 1);
	g = rtfilter_of(&rib, 2);
	assert_true(rtfilter_same(f, g)); /* whatever the origin AS */
	rtfilter_unref(g);
	member(2, 96, 65001, b, true);
	g = rtfilter_of(&rib, 2);
	assert_false(rtfilter_same(f, g));
	assert_false(rtfilter_same(f, NULL));
	assert_true(rtfilter_same(NULL, NULL));
	assert_false(rtfilter_same(f, all));
	rtfilter_unref(f);
	rtfilter_unref(g);
	rtfilter_unref(all);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		T(lists_are_sets),
		T(numbers_stay_until_trimmed),
		T(a_route_may_have_very_many),
		T(sets_have_lists),
		T(each_kind_of_membership),
		T(memberships_do_not_hang_on_winning),
		T(filters_follow_the_model),
		T(filters_compare),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
