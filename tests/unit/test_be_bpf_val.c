#include "tests/unit/unit.h"

#include <arpa/inet.h>

#include "fib/be_bpf_int.h"
#include "fib/ilaval.h"

static struct ila64 half(const char *text)
{
	struct ila64 h;

	assert_int_equal(ila64_parse(text, &h), 0);
	return h;
}

static const char *const locators[] = { "2001:db8:100:1", "2001:db8:100:2",
					"fd00:0:0:0", "2803:6080:8960:4473" };

/* What is read back equals what was wanted, or a restart would write it again. */
static void mappings_come_back(void **state)
{
	struct ila64 sir = half("2001:db8:c0de:1");

	(void)state;
	for (size_t l = 0; l < ARRAY_SIZE(locators); l++) {
		for (uint8_t mode = 0; mode < ILA_CSUMS; mode++) {
			struct ila64 locator = half(locators[l]);
			struct want_val v = { .to = want_of_half(&locator),
					      .csum = mode,
					      .ident_type = (uint8_t)l };
			struct bpf_ila_rewrite r = bpf_rewrite_value(&sir, &v);
			struct want_val back = bpf_rewrite_read(&sir, &r);

			assert_memory_equal(&v, &back, sizeof(v));
			r.diff ^= htons(1); /* somebody's hand */
			back = bpf_rewrite_read(&sir, &r);
			assert_int_equal(back.flags, WV_STRANGE);
			r.diff ^= htons(1);
			r.mode = 9;
			back = bpf_rewrite_read(&sir, &r);
			assert_int_equal(back.flags, WV_STRANGE);
		}
	}
}

static void domains(void **state)
{
	struct ila64 sir = half("2001:db8:c0de:1"), locator = half(locators[0]),
		     none = { 0 };
	struct want_val v = { .to = want_of_half(&locator),
			      .csum = ILA_CSUM_NEUTRAL,
			      .num = ILA_DOM_VNID };
	struct bpf_ila_dom s, l;

	(void)state;
	assert_true(bpf_dom_values(&sir, &v, 7, &s, &l));
	assert_int_equal(s.kind, BPF_ILA_SIR);
	assert_int_equal(l.kind, BPF_ILA_LOCATOR);
	assert_int_equal(l.dom, 7);
	assert_int_equal(l.flags & BPF_ILA_DOM_VNID, BPF_ILA_DOM_VNID);
	assert_int_equal(l.to.prefix, ilaval_prefix(&sir));
	v.to = want_of_half(&none);
	assert_false(bpf_dom_values(&sir, &v, 7, &s, &l));
}

static void endpoints_come_back(void **state)
{
	static const struct {
		uint32_t ifindex;
		uint16_t dom_flags;
		uint8_t prefix_len;
		uint8_t flags;
	} cases[] = { { 5, 0, 0, 0 },
		      { 0, 0, 0, 0 },
		      { 5, 0, 0, WV_FAST },
		      { 5, ILA_DOM_VNID, 0, 0 },
		      { 5, ILA_DOM_VNID, 12, WV_FAST } };
	struct ila_addr a = { half("2001:db8:c0de:2"), half("6000:a:a00:1") };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct want_val v = { .num = cases[i].ifindex,
				      .flags = cases[i].flags },
				back;
		struct bpf_ila_local l;
		struct bpf_ila_if f;

		v.to.len = cases[i].prefix_len;
		memset(v.to.b, 0xfd, v.to.len);
		l = bpf_local_value(&v, 3, cases[i].dom_flags);
		f = bpf_if_value(&a, &v, 3);
		assert_int_equal(!(l.flags & BPF_ILA_LOCAL_HOST),
				 cases[i].ifindex != 0);
		assert_int_equal(!(l.flags & BPF_ILA_LOCAL_FAST_IN), !cases[i].flags);
		assert_int_equal(!(f.flags & BPF_ILA_IF_PREFIX), !cases[i].prefix_len);
		back = bpf_local_read(&a, &l, &f, 3, cases[i].dom_flags);
		assert_memory_equal(&v, &back, sizeof(v));
		back = bpf_local_read(&a, &l, &f, 4, cases[i].dom_flags);
		assert_true(back.flags & WV_STRANGE); /* of another domain */
	}
}

/* ---- groups ---- */

static struct ila_hops hops_of(unsigned n, const uint16_t *weight)
{
	struct ila_hops h;

	memset(&h, 0, sizeof(h));
	h.n = n;
	for (unsigned i = 0; i < n; i++) {
		h.hop[i].locator = half(locators[i]);
		h.hop[i].weight = weight[i];
	}
	return h;
}

static void groups_come_back(void **state)
{
	static const uint16_t weights[][4] = {
		{ 1, 1 }, { 1, 3, 9 }, { 65535, 1, 1, 1 }, { 1000, 1 }
	};
	static const unsigned n[] = { 2, 3, 4, 2 };
	struct ila64 sir = half("2001:db8:c0de:1");
	struct bpf_groups g;

	(void)state;
	bpf_groups_init(&g);
	for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
		struct ila_hops h = hops_of(n[i], weights[i]), back;
		struct bpf_group_key k = { .sir = sir,
					   .hops = (uint32_t)i + 1,
					   .csum = ILA_CSUM_NEUTRAL };
		uint32_t nr = bpf_groups_get(&g, &k, &h), csum;
		struct bpf_ila_group v;

		assert_int_equal(bpf_groups_get(&g, &k, &h), nr);
		assert_memory_equal(bpf_groups_find(&g, nr), &k, sizeof(k));
		memcpy(&v, mirror_get(&g.map, &nr), sizeof(v));
		assert_true(bpf_group_read(&v, &sir, &back, &csum));
		assert_int_equal(csum, ILA_CSUM_NEUTRAL);
		assert_memory_equal(&back, &h, sizeof(h));
		v.slot[5] ^= 1;
		assert_false(bpf_group_read(&v, &sir, &back, &csum));
	}
	bpf_groups_fini(&g);
}

/* A number is not given to another set while its own may be in the kernel. */
static void numbers(void **state)
{
	static const uint16_t weight[] = { 1, 1 };
	struct ila_hops h = hops_of(2, weight);
	struct bpf_group_key a = { .hops = 1 }, b = { .hops = 2 };
	struct bpf_groups g;
	uint32_t nr;

	(void)state;
	bpf_groups_init(&g);
	nr = bpf_groups_get(&g, &a, &h);
	bpf_groups_forget(&g, 1);
	assert_null(bpf_groups_find(&g, nr));
	assert_int_not_equal(bpf_groups_get(&g, &b, &h), nr);
	bpf_groups_fini(&g);
}

static void numbers_of_an_earlier_run(void **state)
{
	static const uint16_t weight[] = { 1, 1 };
	struct ila_hops h = hops_of(2, weight);
	struct bpf_group_key a = { .hops = 1 }, b = { .hops = 2 };
	struct bpf_ila_group v = { .slot = { 0 } };
	struct bpf_groups g;
	uint32_t nr = 9, gone = 8;

	(void)state;
	bpf_groups_init(&g);
	bpf_groups_adopt(&g, gone, &a); /* a mapping names what is not there */
	assert_null(bpf_groups_find(&g, gone));
	mirror_set(&g.map, &nr, &v);
	bpf_groups_adopt(&g, nr, &a);
	bpf_groups_adopt(&g, nr, &b); /* it has one meaning */
	assert_int_equal(bpf_groups_find(&g, nr)->hops, 1);
	assert_int_equal(bpf_groups_get(&g, &a, &h), nr);
	assert_true(bpf_groups_get(&g, &b, &h) > nr);
	bpf_groups_fini(&g);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(mappings_come_back),
		cmocka_unit_test(domains),
		cmocka_unit_test(endpoints_come_back),
		cmocka_unit_test(groups_come_back),
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_of_an_earlier_run),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
