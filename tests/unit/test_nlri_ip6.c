/*
 * IPv6 unicast prefixes: which lengths there are, what is canonical, text, order, and
 * any prefix through every form and back.
 */
#include "tests/unit/nlri_help.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/rand.h"
#include "wire/nlri_ip6.h"

enum { MAX = 64, ROUNDS = 50000 };

#define HOST "20010db8c0de0001200000000002000b"

static const struct nlri_case cases[] = {
	{ "default", "00", NLRI_OK, "00", "::/0", 0 },
	{ "host", "80" HOST, NLRI_OK, "80" HOST, "2001:db8:c0de:1:2000:0:2:b/128", 0 },
	{ "/64", "40 20010db8c0de0001", NLRI_OK, "40 20010db8c0de0001",
	  "2001:db8:c0de:1::/64", 0 },
	{ "/1", "01 80", NLRI_OK, "01 80", "8000::/1", 0 },
	{ "bits beyond are cleared", "03 ff", NLRI_OK, "03 e0", "e000::/3", 0 },
	{ "/127", "7f ffffffffffffffffffffffffffffffff", NLRI_OK,
	  "7f fffffffffffffffffffffffffffffffe",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", 0 },
	{ "/9", "09 2080", NLRI_OK, "09 2080", "2080::/9", 0 },
	{ "next one stays", "00 10 2001", NLRI_OK, "00", "::/0", 3 },
	{ "cut", "80 20010db8", NLRI_FRAMING, NULL, NULL, 0 },
	{ "cut by one", "40 20010db8c0de00", NLRI_FRAMING, NULL, NULL, 0 },
	{ "129 bits", "81" HOST "00", NLRI_FRAMING, NULL, NULL, 0 },
	{ "255 bits", "ff" HOST HOST, NLRI_FRAMING, NULL, NULL, 0 },
	{ "nothing", "", NLRI_FRAMING, NULL, NULL, 0 },
};

static void each_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		nlri_case_run(&nlri_ip6_ops, &cases[i], i & 1);
}

/* Every prefix that can be built reads back the same, and orders like its fields. */
static void any_prefix(void **state)
{
	struct prefix last = { .ip.len = 16 };
	struct nlri n_last;

	(void)state;
	assert_int_equal(nlri_ip6_build(&last, &n_last), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct prefix a = { .ip.len = 16, .bits = (uint8_t)rand_below(140) }, b;
		bool good = a.bits <= 128;
		struct nlri n, m;
		uint8_t buf[MAX];
		struct wbuf w = wbuf_of(buf, sizeof(buf)), small = wbuf_of(buf, 0);

		rand_bytes(a.ip.b, sizeof(a.ip.b));
		a.ip.b[0] &= 3;
		assert_int_equal(nlri_ip6_build(&a, &n), good ? 0 : -EINVAL);
		if (!good)
			continue;
		assert_int_equal(nlri_ip6_view(&n, &b), 0);
		assert_int_equal(b.bits, a.bits);
		assert_true(prefix_contains(&b, &a.ip));
		for (unsigned k = a.bits; k < 128; k++)
			assert_false(b.ip.b[k / 8] >> (7 - k % 8) & 1);
		assert_int_equal(nlri_ip6_ops.encode(&small, true, &n), -ENOSPC);
		assert_int_equal(small.len, 0);
		assert_int_equal(nlri_ip6_ops.encode(&w, true, &n), 0);

		struct rbuf r = rbuf_of(buf, w.len);

		assert_int_equal(nlri_next(&nlri_ip6_ops, &r, false, true, &m),
				 NLRI_OK);
		assert_int_equal(m.key_len, n.key_len);
		assert_memory_equal(m.key, n.key, n.key_len);

		int ab = nlri_ip6_ops.cmp(&n, &n_last);
		int ip = ip_cmp(&b.ip, &last.ip), want = ip ? ip : b.bits - last.bits;

		assert_true((ab > 0) == (want > 0) && (ab < 0) == (want < 0));
		assert_true((nlri_ip6_ops.cmp(&n_last, &n) < 0) == (want > 0));
		last = b;
		n_last = n;
	}
}

static void not_ours(void **state)
{
	struct nlri n = { .key_len = 3, .key = { 64, 0x20, 1 } };
	struct prefix v4 = { .ip = ip4_of(1), .bits = 32 }, out;
	char text[NLRI_STR_MAX];

	(void)state;
	assert_int_equal(nlri_ip6_view(&n, &out), -EINVAL);
	assert_string_equal(nlri_ip6_ops.format(&n, text), "[?]");
	n.key_len = 0;
	assert_int_equal(nlri_ip6_view(&n, &out), -EINVAL);
	assert_int_equal(nlri_ip6_build(&v4, &n), -EINVAL);
}

static void framing(void **state)
{
	static const struct {
		const char *in;
		bool addpath, want;
	} rows[] = {
		{ "", false, true },
		{ "00", false, true },
		{ "80" HOST "40 20010db8c0de0001", false, true },
		{ "00000007 80" HOST "00000008 00", true, true },
		{ "80" HOST "40 20010db8c0de00", false, false },
		{ "80" HOST "81" HOST HOST, false, false },
		{ "00000007 80" HOST "0000", true, false },
		{ "80" HOST, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct nlri_list l;
		uint8_t in[128];
		size_t len = 0;

		unhex(rows[i].in, in, sizeof(in), &len);
		assert_int_equal(nlri_list_open(&l, &nlri_ip6_ops, rbuf_of(in, len),
						rows[i].addpath),
				 rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(each_length),
		cmocka_unit_test(any_prefix),
		cmocka_unit_test(not_ours),
		cmocka_unit_test(framing),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
