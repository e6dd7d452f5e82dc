/* Marker, weight and locator of an ILA mapping. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

#include "tests/unit/bytes.h"
#include "wire/attrs.h"
#include "wire/ila_com.h"

enum { MAX = 256, UNTOUCHED = 77 };

static struct bytes list_of(const char *hex, uint8_t *buf)
{
	size_t n = 0;

	unhex(hex, buf, MAX, &n);
	return (struct bytes) { buf, n };
}

#define ENCAP "030c000000000008"
#define RT    "0002fde800000064"

static const struct {
	const char *name, *hex;
	int want;
	struct ila_marker out;
} markers[] = {
	{ "none", ENCAP RT, -ENOENT, { 0 } },
	{ "empty", "", -ENOENT, { 0 } },
	{ "neutral luid", RT "831a010101000000", 0, { 1, 1, false } },
	{ "anycast", "831a010203010000" ENCAP, 0, { 2, 3, true } },
	{ "other flags, reserved bytes", "831a01030120beef", 0, { 3, 1, false } },
	{ "as it came", "831a01ff20ff0000", 0, { 255, 32, true } },
	{ "version of the future", "831a020101000000", -ENOTSUP, { 0 } },
	{ "one of them known",
	  "831a020101000000 831a010001000000",
	  0,
	  { 0, 1, false } },
	{ "the least of two", "831a010301000000 831a010101000000", 0, { 1, 1, false } },
	{ "the least, sorted",
	  "831a010101000000 831a010301000000",
	  0,
	  { 1, 1, false } },
	{ "version 0", "831a000101000000", -ENOTSUP, { 0 } },
	{ "another experimental one",
	  "831d010101000000 801a010101000000",
	  -ENOENT,
	  { 0 } },
	{ "cut short", "831a01010100", -ENOENT, { 0 } },
};

static void marker(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(markers); i++) {
		uint8_t buf[MAX];
		struct attrs a = { .ext_communities = list_of(markers[i].hex, buf) };
		struct ila_marker m = { UNTOUCHED, UNTOUCHED, false };

		print_message("# %s\n", markers[i].name);
		assert_int_equal(attrs_ila_marker(&a, &m), markers[i].want);
		if (markers[i].want) {
			assert_int_equal(m.csum_mode, UNTOUCHED);
			continue;
		}
		assert_int_equal(m.csum_mode, markers[i].out.csum_mode);
		assert_int_equal(m.ident_type, markers[i].out.ident_type);
		assert_int_equal(m.anycast, markers[i].out.anycast);
	}
}

static void marker_is_made(void **state)
{
	static const uint8_t want[8] = { 0x83, 0x1a, 1, 3, 1, 1, 0, 0 };
	struct ila_marker m = { ILA_CSUM_NEUTRAL_AUTO, ILA_TYPE_LUID, true }, back;
	struct extcom c = ila_marker_make(&m);
	struct attrs a = { .ext_communities = { c.b, sizeof(c.b) } };

	(void)state;
	assert_memory_equal(c.b, want, sizeof(want));
	assert_int_equal(attrs_ila_marker(&a, &back), 0);
	assert_int_equal(back.csum_mode, m.csum_mode);
	assert_true(back.anycast);
	m.anycast = false;
	assert_int_equal(ila_marker_make(&m).b[5], 0);
}

static const struct {
	const char *name, *hex;
	int want;
	float out;
} weights[] = {
	{ "none", RT, -ENOENT, 0 },
	{ "1 Gbit/s", "4004fde84cee6b28", 0, 125e6f },
	{ "transitive", RT "0004fde83f800000", 0, 1 },
	{ "zero", "4004fde800000000", 0, 0 },
	{ "negative zero", "4004fde880000000", 0, 0 },
	{ "the least", "4004fde84cee6b28 4004fde83f800000", 0, 1 },
	{ "not a number", "4004fde87fc00000", -EINVAL, 0 },
	{ "infinite", "4004fde87f800000", -EINVAL, 0 },
	{ "negative", "4004fde8bf800000", -EINVAL, 0 },
	{ "one of them a number", "4004fde87fc00000 4004fde83f800000", 0, 1 },
	{ "site of origin", "0003fde83f800000", -ENOENT, 0 },
};

static void weight(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
		uint8_t buf[MAX];
		struct attrs a = { .ext_communities = list_of(weights[i].hex, buf) };
		float f = UNTOUCHED, want = weights[i].want ? f : weights[i].out;

		print_message("# %s\n", weights[i].name);
		assert_int_equal(attrs_link_bandwidth(&a, &f), weights[i].want);
		assert_float_equal(f, want, 0);
		assert_false(signbit(f));
	}
}

static void weight_is_made(void **state)
{
	static const uint8_t want[8] = { 0x40, 4, 0xfd, 0xe8, 0x4c, 0xee, 0x6b, 0x28 };
	static const uint8_t trans[4] = { 0x40, 4, 0x5b, 0xa0 };

	(void)state;
	assert_memory_equal(link_bandwidth_make(65000, 125e6f).b, want, 8);
	assert_memory_equal(link_bandwidth_make(70000, 1).b, trans, 4);
}

#define LOC  "20010db801000002"
#define LOC2 "20010db801000003"

static const struct {
	const char *name, *hex;
	uint32_t as;
	int want;
} locators[] = {
	{ "none", "", 65000, -ENOENT },
	{ "ours", "0000fde8" LOC, 65000, 0 },
	{ "of any AS", "0000fde8" LOC, 0, 0 },
	{ "of another AS", "0000fde9" LOC, 65000, -ENOENT },
	{ "beside an operator's", "0000fde80000000100000002 0000fde8" LOC, 65000, 0 },
	{ "an operator's alone", "0000fde80000000100000002", 65000, -ENOENT },
	{ "multicast", "0000fde8ff02000000000000", 65000, -ENOENT },
	{ "link-local", "0000fde8fe80000000000000", 65000, -ENOENT },
	{ "told twice", "0000fde8" LOC "0000fde8" LOC, 65000, 0 },
	{ "two that differ", "0000fde8" LOC "0000fde8" LOC2, 65000, -EINVAL },
	{ "two of two AS", "0000fde9" LOC2 "0000fde8" LOC, 65000, 0 },
	{ "cut short", "0000fde820010db8010000", 65000, -ENOENT },
};

static void locator(void **state)
{
	static const struct ila64 want = { { 0x20, 1, 0xd, 0xb8, 1, 0, 0, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(locators); i++) {
		uint8_t buf[MAX];
		struct attrs a = { .large_communities = list_of(locators[i].hex, buf) };
		struct ila64 l = { { UNTOUCHED } };

		print_message("# %s\n", locators[i].name);
		assert_int_equal(attrs_ila_locator(&a, locators[i].as, &l),
				 locators[i].want);
		if (locators[i].want)
			assert_int_equal(l.b[0], UNTOUCHED);
		else
			assert_memory_equal(&l, &want, sizeof(l));
	}
}

static void locator_is_made(void **state)
{
	static const uint8_t want[LARGE_COMMUNITY_LEN] = { 0, 1, 0x11, 0x70, 0xfd, 0,
							   0, 0, 0,    0,    0,    7 };
	const struct ila64 l = { { 0xfd, 0, 0, 0, 0, 0, 0, 7 } };
	uint8_t c[LARGE_COMMUNITY_LEN];
	struct attrs a = { .large_communities = { c, sizeof(c) } };
	struct ila64 back;

	(void)state;
	ila_locator_make(70000, &l, c);
	assert_memory_equal(c, want, sizeof(c));
	assert_int_equal(attrs_ila_locator(&a, 70000, &back), 0);
	assert_true(ila64_eq(&l, &back));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(marker),  cmocka_unit_test(marker_is_made),
		cmocka_unit_test(weight),  cmocka_unit_test(weight_is_made),
		cmocka_unit_test(locator), cmocka_unit_test(locator_is_made),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
