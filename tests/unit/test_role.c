/* Table 2 of RFC 9234, and names that go both ways. */
#include "tests/unit/unit.h"

#include "wire/role.h"

static void pairs(void **state)
{
	static const uint8_t allowed[][2] = {
		{ 0, 3 }, { 3, 0 }, { 1, 2 }, { 2, 1 }, { 4, 4 }
	};

	(void)state;
	for (unsigned l = 0; l < 7; l++)
		for (unsigned r = 0; r < 256; r++) {
			bool want = false;

			for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
				want |= allowed[i][0] == l && allowed[i][1] == r;
			assert_int_equal(role_pair_ok(l, r), want);
		}
}

static void names(void **state)
{
	(void)state;
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		assert_int_equal(role_find(role_name(r)), r);
	assert_int_equal(role_find("rs"), ROLE_COUNT);
	assert_string_equal(role_name(3), "customer");
	assert_string_equal(role_name(5), "unknown");
	assert_string_equal(role_name(255), "unknown");
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
