/*
 * Route target membership: which lengths there are, what is canonical, text, order,
 * and any route through every form and back.
 */
#include "tests/unit/nlri_help.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/rand.h"
#include "wire/nlri_rtc.h"

enum { MAX = 64, ROUNDS = 50000 };

#define AS "0000fde8 "

static const struct nlri_case cases[] = {
	{ "default", "00", NLRI_OK, "00", "default", 0 },
	{ "whole", "60" AS "0002fde800002774", NLRI_OK, "60" AS "0002fde800002774",
	  "65000:65000:10100/96", 0 },
	{ "4-octet AS", "60 fa56ea01 0202fa56ea010064", NLRI_OK,
	  "60 fa56ea01 0202fa56ea010064", "4200000001:4200000001:100/96", 0 },
	{ "IPv4 target", "60" AS "01020a0000010007", NLRI_OK,
	  "60" AS "01020a0000010007", "65000:10.0.0.1:7/96", 0 },
	{ "ES-Import", "60" AS "06020200000000aa", NLRI_OK, "60" AS "06020200000000aa",
	  "65000:ES-Import-Rt:02:00:00:00:00:aa/96", 0 },
	{ "unknown kind", "60" AS "8877665544332211", NLRI_OK,
	  "60" AS "8877665544332211", "65000:8877665544332211/96", 0 },
	{ "AS only", "20" AS, NLRI_OK, "20" AS, "65000/32", 0 },
	{ "administrator", "40" AS "0002fde8", NLRI_OK, "40" AS "0002fde8",
	  "65000:0002fde8/64", 0 },
	{ "bits beyond are cleared", "41" AS "0002fde8ff", NLRI_OK,
	  "41" AS "0002fde880", "65000:0002fde880/65", 0 },
	{ "95 bits", "5f" AS "0002fde8ffffffff", NLRI_OK, "5f" AS "0002fde8fffffffe",
	  "65000:0002fde8fffffffe/95", 0 },
	{ "33 bits", "21" AS "ff", NLRI_OK, "21" AS "80", "65000:80/33", 0 },
	{ "next one stays", "00 60" AS, NLRI_OK, "00", "default", 5 },
	{ "1 bit", "01 80 00", NLRI_SKIP, NULL, NULL, 1 },
	{ "31 bits", "1f" AS "00", NLRI_SKIP, NULL, NULL, 1 },
	{ "8 bits cut", "08", NLRI_FRAMING, NULL, NULL, 0 },
	{ "whole, cut", "60" AS "0002fde8000027", NLRI_FRAMING, NULL, NULL, 7 },
	{ "97 bits", "61" AS "0002fde80000277480", NLRI_FRAMING, NULL, NULL, 13 },
	{ "255 bits", "ff" AS "0002fde800002774", NLRI_FRAMING, NULL, NULL, 12 },
	{ "nothing", "", NLRI_FRAMING, NULL, NULL, 0 },
};

static void each_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		nlri_case_run(&nlri_rtc_ops, &cases[i], i & 1);
}

/* Every route that can be built reads back the same, and orders like its fields. */
static void any_route(void **state)
{
	struct nlri last = { 0 };

	(void)state;
	assert_int_equal(rtc_build(&(struct rtc_route) { 0 }, &last), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct rtc_route a = { .bits = (uint8_t)rand_below(130),
				       .as = rand_below(3) },
				 b;
		bool good = !a.bits || (a.bits >= 32 && a.bits <= 96);
		struct nlri n, m;
		uint8_t buf[MAX];
		struct wbuf w = wbuf_of(buf, sizeof(buf)), small = wbuf_of(buf, 0);

		rand_bytes(a.rt.b, sizeof(a.rt.b));
		a.rt.b[0] &= 3;
		assert_int_equal(rtc_build(&a, &n), good ? 0 : -EINVAL);
		if (!good)
			continue;
		assert_int_equal(rtc_view(&n, &b), 0);
		assert_int_equal(b.bits, a.bits);
		assert_int_equal(b.as, a.bits ? a.as : 0);
		assert_int_equal(rtc_build(&b, &m), 0);
		assert_memory_equal(n.key, m.key, n.key_len);
		assert_int_equal(nlri_rtc_ops.encode(&small, true, &n), -ENOSPC);
		assert_int_equal(small.len, 0);
		assert_int_equal(nlri_rtc_ops.encode(&w, true, &n), 0);

		struct rbuf r = rbuf_of(buf, w.len);

		assert_int_equal(nlri_next(&nlri_rtc_ops, &r, false, true, &m),
				 NLRI_OK);
		assert_int_equal(m.key_len, n.key_len);
		assert_memory_equal(m.key, n.key, n.key_len);

		int ab = nlri_rtc_ops.cmp(&n, &last), ba = nlri_rtc_ops.cmp(&last, &n);

		assert_true((ab > 0) == (ba < 0) && (ab < 0) == (ba > 0));
		assert_true((ab == 0) == (n.key_len == last.key_len &&
					  !memcmp(n.key, last.key, n.key_len)));
		last = n;
	}
}

static void foreign_bytes(void **state)
{
	static const char *const keys[] = { "", "01 80", "60 0000fde8", "20 0000fde800",
					    "61 0000fde80002fde80000277480" };
	struct rtc_route r;
	char text[NLRI_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct nlri n = { 0 };
		size_t len = 0;

		unhex(keys[i], n.key, sizeof(n.key), &len);
		n.key_len = (uint16_t)len;
		assert_int_equal(rtc_view(&n, &r), -EINVAL);
		assert_string_equal(nlri_rtc_ops.format(&n, text), "[?]");
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(each_length),
		cmocka_unit_test(any_route),
		cmocka_unit_test(foreign_bytes),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
