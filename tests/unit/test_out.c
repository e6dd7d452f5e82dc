#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/out.h"

static void check(struct out *o, const char *want)
{
	char *s = out_take(o, NULL);

	assert_string_equal(s, want);
	free(s);
}

static void text_and_json_do_not_mix(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, false);
	out_obj(&o, NULL);
	out_text(&o, "peer %s\n", "10.0.0.1");
	out_str(&o, "peer", "10.0.0.1");
	out_end(&o);
	check(&o, "peer 10.0.0.1\n");

	out_init(&o, true);
	out_obj(&o, NULL);
	out_text(&o, "peer %s\n", "10.0.0.1");
	out_puts(&o, "x");
	out_pad(&o, "x", 9);
	out_str(&o, "peer", "10.0.0.1");
	out_end(&o);
	out_line(&o, "%% note\n");
	check(&o, "{\n  \"peer\":\"10.0.0.1\"\n}\n% note\n");
}

static void nests(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, true);
	out_obj(&o, NULL);
	out_uint(&o, "as", 4294967295u);
	out_arr(&o, "paths");
	out_arr(&o, NULL);
	out_obj(&o, NULL);
	out_bool(&o, "valid", true);
	out_end(&o);
	out_end(&o);
	out_end(&o);
	out_obj(&o, "peers");
	out_end(&o);
	out_null(&o, "none");
	out_str(&o, "null", NULL);
	out_end(&o);
	check(&o, "{\n  \"as\":4294967295,\n  \"paths\":[\n    [\n      {\n"
		  "        \"valid\":true\n      }\n    ]\n  ],\n  \"peers\":{\n  },\n"
		  "  \"none\":null,\n  \"null\":null\n}\n");
}

static void numbers(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, true);
	out_arr(&o, NULL);
	out_int(&o, NULL, INT64_MIN);
	out_int(&o, NULL, -1);
	out_int(&o, NULL, 0);
	out_int(&o, NULL, INT64_MAX);
	out_uint(&o, NULL, UINT64_MAX);
	out_end(&o);
	check(&o, "[\n  -9223372036854775808,\n  -1,\n  0,\n  9223372036854775807,\n"
		  "  18446744073709551615\n]\n");
}

#define BAD "\xef\xbf\xbd"

static const struct {
	const char *in, *want;
} strings[] = {
	{ "", "\"\"\n" },
	{ "plain /slash", "\"plain /slash\"\n" },
	{ "q\"b\\", "\"q\\\"b\\\\\"\n" },
	{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"\n" },
	{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"\n" },
	{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"\n" },
	{ "\xe2\x82\xac \xf0\x9f\x98\x80", "\"\xe2\x82\xac \xf0\x9f\x98\x80\"\n" },
	{ "\xc3", "\"" BAD "\"\n" },                 /* cut short */
	{ "\xc3x", "\"" BAD "x\"\n" },               /* no continuation */
	{ "\x80", "\"" BAD "\"\n" },                 /* continuation alone */
	{ "\xc0\xaf", "\"" BAD BAD "\"\n" },         /* overlong */
	{ "\xed\xa0\x80", "\"" BAD BAD BAD "\"\n" }, /* surrogate */
	{ "\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"\n" },
	{ "\xff\xfe", "\"" BAD BAD "\"\n" },
};

static void escapes(void **state)
{
	struct out o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		out_init(&o, true);
		out_str(&o, NULL, strings[i].in);
		check(&o, strings[i].want);
	}
	out_init(&o, true);
	out_strn(&o, NULL, "a\0b", 3);
	check(&o, "\"a\\u0000b\"\n");
	out_init(&o, true);
	out_obj(&o, NULL);
	out_str(&o, "k\"\n", "v");
	out_end(&o);
	check(&o, "{\n  \"k\\\"\\n\":\"v\"\n}\n");
}

static void long_values_are_whole(void **state)
{
	char big[3000];
	struct out o;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	out_init(&o, true);
	out_strf(&o, NULL, "%s-%d", big, 7);
	assert_int_equal(o.len, sizeof(big) - 1 + 2 + 2 + 1);
	out_fini(&o);
	out_init(&o, false);
	out_text(&o, "%s|", big);
	out_text(&o, "%s|", big);
	assert_int_equal(o.len, 2 * sizeof(big));
	assert_int_equal(o.buf[o.len - 1], '|');
	out_fini(&o);
}

static void text_cannot_drive_a_terminal(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, false);
	out_text(&o, "a\x1b[2Jb\tc%c\n", 0);
	out_puts(&o, "\x1b\x7f\r\n");
	check(&o, "a?[2Jb\tc?\n???\n");
}

static void pads(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, false);
	out_pad(&o, "ab", 4);
	out_pad(&o, "abcd", 4);
	out_pad(&o, "7", -3);
	out_pad(&o, "1234", -3);
	check(&o, "ab  abcd   71234");
}

static void limit_sticks(void **state)
{
	static char big[1 << 20];
	struct out o;
	size_t at;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	out_init(&o, false);
	for (int i = 0; i < 257 && !o.full; i++)
		out_puts(&o, big);
	assert_true(o.full);
	assert_true(o.len <= OUT_LIMIT);
	at = o.len;
	out_text(&o, "%s%s", big, big);
	assert_int_equal(o.len, at);
	out_fini(&o);
	assert_null(o.buf);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(text_and_json_do_not_mix),
		cmocka_unit_test(nests),
		cmocka_unit_test(numbers),
		cmocka_unit_test(escapes),
		cmocka_unit_test(long_values_are_whole),
		cmocka_unit_test(text_cannot_drive_a_terminal),
		cmocka_unit_test(pads),
		cmocka_unit_test(limit_sticks),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
