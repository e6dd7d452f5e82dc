/* Group Policy ID and wide identity of a route. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/bytes.h"
#include "wire/attrs.h"
#include "wire/group.h"

enum { MAX = 128, UNTOUCHED = 77 };

#define ENCAP "030c000000000008"

static const struct {
	const char *name, *hex;
	int want;
	struct group out;
} cases[] = {
	{ "none", ENCAP, -ENOENT, { 0 } },
	{ "empty", "", -ENOENT, { 0 } },
	{ "class tag", "030f0000000003e9", -ENOENT, { 0 } },
	{ "policy id", ENCAP "03170000000003e9", 0, { .has_id = true, .id = 1001 } },
	{ "scope, reserved octets",
	  "0317beefcafe03e9",
	  0,
	  { .has_id = true, .id = 1001 } },
	{ "the highest", "031700000000ffff", 0, { .has_id = true, .id = 65535 } },
	{ "told twice",
	  "03170000000003e9 03170001000003e9",
	  0,
	  { .has_id = true, .id = 1001 } },
	{ "two that differ", "03170000000003e9 03170000000003ea", -EBADMSG, { 0 } },
	{ "a third that differs",
	  "03170000000003e9 03170000000003e9" ENCAP "0317000000000001",
	  -EBADMSG,
	  { 0 } },
	{ "wide, assigned",
	  "831d000000010002",
	  0,
	  { .has_wide = true, .identity = 0x10002 } },
	{ "wide, derived, other flags",
	  "831dff00800003e9",
	  0,
	  { .has_wide = true, .derived = true, .identity = 0x800003e9 } },
	{ "wide, of a domain",
	  "831d000700000002",
	  0,
	  { .has_wide = true, .domain = 7, .identity = 2 } },
	{ "of two wide ones the least",
	  "831d010000000002 831d000000000002",
	  0,
	  { .has_wide = true, .identity = 2 } },
	{ "two wide ones", "831d000000010002 831d000000020002", -EBADMSG, { 0 } },
	{ "both",
	  "831d0100800003e9 03170000000003e9",
	  0,
	  { true, true, true, 0, 1001, 0x800003e9 } },
	{ "both, not the same", "831d0100800003e8 03170000000003e9", -EBADMSG, { 0 } },
	{ "not transitive", "43170000000003e9 c31d000000010002", -ENOENT, { 0 } },
	{ "cut short", "03170000000003", -ENOENT, { 0 } },
};

static struct bytes list_of(const char *hex, uint8_t *buf)
{
	size_t n = 0;

	unhex(hex, buf, MAX, &n);
	return (struct bytes) { buf, n };
}

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct group *want = &cases[i].out;
		uint8_t buf[MAX];
		struct attrs a = { .ext_communities = list_of(cases[i].hex, buf) };
		struct group g = { .identity = UNTOUCHED };

		print_message("# %s\n", cases[i].name);
		assert_int_equal(attrs_group(&a, &g), cases[i].want);
		if (cases[i].want) {
			assert_int_equal(g.identity, UNTOUCHED);
			continue;
		}
		assert_int_equal(g.has_id, want->has_id);
		assert_int_equal(g.has_wide, want->has_wide);
		assert_int_equal(g.derived, want->derived);
		assert_int_equal(g.domain, want->domain);
		assert_int_equal(g.id, want->id);
		assert_int_equal(g.identity, want->identity);
	}
}

static void makes(void **state)
{
	static const uint8_t id[8] = { 3, 0x17, 0, 0, 0, 0, 3, 0xe9 };
	static const uint8_t wide[8] = { 0x83, 0x1d, 1, 0, 0x80, 0, 3, 0xe9 };

	(void)state;
	assert_memory_equal(group_id_make(1001).b, id, 8);
	assert_memory_equal(group_wide_make(0x800003e9, true).b, wide, 8);
	assert_int_equal(group_wide_make(0x800003e9, false).b[2], 0);
	assert_true(extcom_is_group(id));
	assert_true(extcom_is_group(wide));
}

static const struct {
	const char *hex, *text;
	bool group;
} words[] = {
	{ "03170000000003e9", "Group:1001", true },
	{ "0317000100000000", "Group:0", true },
	{ "831d000000010002", "Identity:65538", true },
	{ "831d0100800003e9", "Identity:2147484649,labels", true },
	{ "030f0000000003e9", "UNK:3, 15", false },
	{ "831c000000010002", "UNK:131, 28", false },
	{ "431700000000ffff", "UNK:67, 23", false },
};

static void text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint8_t buf[MAX];
		char out[64];
		const uint8_t *c = list_of(words[i].hex, buf).p;

		assert_string_equal(extcom_format(c, out, sizeof(out)), words[i].text);
		assert_int_equal(extcom_is_group(c), words[i].group);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(makes),
		cmocka_unit_test(text),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
