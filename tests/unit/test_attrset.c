#include "tests/unit/unit.h"

#include "lib/wbuf.h"
#include "tests/unit/attr_help.h"

static void equal_sets_are_one(void **state)
{
	struct attr_table t;
	struct attrs a = attrs_plain(1), b = attrs_plain(1), c = attrs_plain(2);
	struct attrset *sa, *sb, *sc;

	(void)state;
	attr_table_init(&t);
	sa = attrset_intern(&t, &a);
	sb = attrset_intern(&t, &b);
	sc = attrset_intern(&t, &c);
	assert_ptr_equal(sa, sb);
	assert_ptr_not_equal(sa, sc); /* another next hop is another set */
	assert_int_equal(t.n, 2);
	attrset_unref(&t, sa);
	assert_int_equal(t.n, 2);
	attrset_unref(&t, sb);
	attrset_unref(&t, sc);
	assert_int_equal(t.n, 0);
	assert_int_equal(t.bytes, 0);
	attr_table_fini(&t);
}

static void view_gives_back(void **state)
{
	static const uint8_t rt[8] = { 0, 2, 0xfd, 0xe8, 0, 0, 0, 100 };
	static const uint8_t path[] = { 2, 2, 0, 0, 0, 7, 0, 0, 0, 9 };
	static const uint8_t comm[] = { 0xff, 0xff, 0xff, 0x01 };
	struct attr_table t;
	struct attrs a = attrs_plain(0x0a000001), got;
	struct attrset *s;

	(void)state;
	attr_table_init(&t);
	a.present |=
		1ull << ATTR_EXT_COMMUNITY | 1ull << ATTR_MED | 1ull << ATTR_COMMUNITY;
	a.ext_communities = (struct bytes) { rt, sizeof(rt) };
	a.as_path = (struct bytes) { path, sizeof(path) };
	a.communities = (struct bytes) { comm, sizeof(comm) };
	a.med = 5;
	a.local_pref = 300;
	s = attrset_intern(&t, &a);
	assert_int_equal(s->local_pref, 300);
	assert_int_equal(s->med, 5);
	assert_int_equal(s->as_path_len, 2);
	assert_int_equal(s->first_as, 7);
	assert_true(s->no_export);
	assert_false(s->no_advertise);
	attrset_view(s, &got);
	assert_true(ip_eq(&got.nexthop, &a.nexthop));
	assert_int_equal(got.present, a.present);
	assert_int_equal(got.ext_communities.len, 8);
	assert_memory_equal(got.ext_communities.p, rt, 8);
	attrset_unref(&t, s);
	attr_table_fini(&t);
}

/* RFC 1997: three communities that hold a route back, among others. */
static void held_back(void **state)
{
	static const struct {
		uint32_t community;
		bool no_export, no_advertise;
	} cases[] = {
		{ COMMUNITY_NO_EXPORT, true, false },
		{ COMMUNITY_NO_ADVERTISE, false, true },
		{ COMMUNITY_NO_EXPORT_SUBCONFED, true, false },
		{ 0xffffff04, false, false },
		{ 0xfde80001, false, false },
	};
	struct attr_table t;

	(void)state;
	attr_table_init(&t);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t list[8] = { 0xfd, 0xe8, 0, 7 };
		struct wbuf w = wbuf_of(list + 4, 4);
		struct attrs a = attrs_plain(0x0a000001);
		struct attrset *s;

		wbuf_u32(&w, cases[i].community);
		a.present |= 1ull << ATTR_COMMUNITY;
		a.communities = (struct bytes) { list, sizeof(list) };
		s = attrset_intern(&t, &a);
		assert_int_equal(s->no_export, cases[i].no_export);
		assert_int_equal(s->no_advertise, cases[i].no_advertise);
		attrset_unref(&t, s);
	}
	attr_table_fini(&t);
}

static void many_sets_grow_the_table(void **state)
{
	enum { N = 5000 };
	static struct attrset *set[N];
	struct attr_table t;

	(void)state;
	attr_table_init(&t);
	for (uint32_t i = 0; i < N; i++) {
		struct attrs a = attrs_plain(i + 1);

		set[i] = attrset_intern(&t, &a);
	}
	assert_int_equal(t.n, N);
	assert_true(t.n_buckets >= N);
	for (uint32_t i = 0; i < N; i++) {
		struct attrs a = attrs_plain(i + 1);
		struct attrset *s = attrset_intern(&t, &a);

		assert_ptr_equal(s, set[i]);
		attrset_unref(&t, s);
		attrset_unref(&t, set[i]);
	}
	assert_int_equal(t.n, 0);
	attr_table_fini(&t);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(equal_sets_are_one),
		cmocka_unit_test(view_gives_back),
		cmocka_unit_test(held_back),
		cmocka_unit_test(many_sets_grow_the_table),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
