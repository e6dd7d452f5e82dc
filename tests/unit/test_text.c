/* Text of peers: what may pass and what becomes a question mark. */
#include "tests/unit/unit.h"

#include "wire/text.h"

static const struct {
	const char *name, *in, *want;
	size_t size;
} cases[] = {
	{ "plain", "leaf-1.example", "leaf-1.example", 64 },
	{ "umlaut", "b\xc3\xbcro", "b\xc3\xbcro", 64 },
	{ "four bytes", "\xf0\x9f\x90\x9d", "\xf0\x9f\x90\x9d", 64 },
	{ "line feed and escape", "a\nb\x1b[2J", "a?b?[2J", 64 },
	{ "C1 control",
	  "a\xc2\x9b"
	  "b",
	  "a?b", 64 },
	{ "overlong slash", "\xc0\xaf", "??", 64 },
	{ "overlong in three", "\xe0\x80\xaf", "???", 64 },
	{ "surrogate", "\xed\xa0\x80", "???", 64 },
	{ "beyond the last", "\xf4\x90\x80\x80", "????", 64 },
	{ "lone continuation", "a\x80z", "a?z", 64 },
	{ "cut short", "a\xe2\x82", "a??", 64 },
	{ "bad continuation", "\xe2\x28\xa1", "?(?", 64 },
	{ "right to left",
	  "a\xe2\x80\xae"
	  "b",
	  "a?b", 64 },
	{ "byte order mark",
	  "\xef\xbb\xbf"
	  "a",
	  "?a", 64 },
	{ "does not fit", "abcdef", "abc", 4 },
	{ "no half character", "ab\xc3\xbc", "ab", 4 },
	{ "room for none", "abc", "", 1 },
};

static void copies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[64];

		print_message("# %s\n", cases[i].name);
		assert_string_equal(text_copy(out, cases[i].size,
					      (const uint8_t *)cases[i].in,
					      strlen(cases[i].in)),
				    cases[i].want);
	}
}

static void embedded_nul(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(text_copy(out, sizeof(out), (const uint8_t *)"a\0b", 3),
			    "a?b");
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(copies),
		cmocka_unit_test(embedded_nul),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
