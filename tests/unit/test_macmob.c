/* The MAC Mobility community. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/rbuf.h"
#include "wire/macmob.h"

static const struct {
	const char *name;
	uint8_t in[8];
	size_t len;
	int want;
	struct macmob out;
} cases[] = {
	{ "plain", { 6, 0, 0, 0, 0, 0, 1, 2 }, 8, 0, { 258, false } },
	{ "sticky", { 6, 0, 1, 0, 0, 0, 0, 0 }, 8, 0, { 0, true } },
	{ "other flag bits", { 6, 0, 2, 9, 0, 0, 0, 1 }, 8, 0, { 1, false } },
	{ "the highest",
	  { 6, 0, 0, 0, 255, 255, 255, 255 },
	  8,
	  0,
	  { UINT32_MAX, false } },
	{ "route target", { 0, 2, 0, 1, 0, 0, 0, 9 }, 8, -ENOENT, { 0 } },
	{ "cut short", { 6, 0, 0, 0, 0, 0, 1 }, 7, -EBADMSG, { 0 } },
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rbuf r = rbuf_of(cases[i].in, cases[i].len);
		struct macmob m = { 0 };

		print_message("# %s\n", cases[i].name);
		assert_int_equal(macmob_decode(&r, &m), cases[i].want);
		assert_int_equal(m.seq, cases[i].out.seq);
		assert_int_equal(m.sticky, cases[i].out.sticky);
	}
}

static void consumes_others(void **state)
{
	static const uint8_t two[16] = {
		0, 2, 0, 1, 0, 0, 0, 9, 6, 0, 0, 0, 0, 0, 0, 7
	};
	struct rbuf r = rbuf_of(two, sizeof(two));
	struct macmob m;

	(void)state;
	assert_int_equal(macmob_decode(&r, &m), -ENOENT);
	assert_int_equal(macmob_decode(&r, &m), 0);
	assert_int_equal(m.seq, 7);
}

static void encodes(void **state)
{
	struct extcom c =
		macmob_encode(&(struct macmob) { .seq = 258, .sticky = true });

	(void)state;
	assert_memory_equal(c.b, "\x06\x00\x01\x00\x00\x00\x01\x02", 8);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(consumes_others),
		cmocka_unit_test(encodes),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
