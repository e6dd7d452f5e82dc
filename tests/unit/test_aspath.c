/* AS_PATH: length, membership, 2-octet peers, prepending, text. */
#include "tests/unit/unit.h"

#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "wire/aspath.h"

enum { MAX = 8192 };

static struct bytes path_of(const char *hex, uint8_t *buf)
{
	size_t n = 0;

	unhex(hex, buf, MAX, &n);
	return (struct bytes) { buf, n };
}

static const struct {
	const char *path, *text;
	unsigned len;
	uint32_t first;
} facts[] = {
	{ "", "", 0, 0 },
	{ "0201 0000fde8", "65000", 1, 65000 },
	{ "0202 0000fde8 00010000", "65000 65536", 2, 65000 },
	{ "0201 0000fde8 0102 00000001 00000002", "65000 {1,2}", 2, 65000 },
	{ "0102 00000001 00000002 0201 00000003", "{1,2} 3", 2, 3 },
	{ "0302 00000001 00000002 0201 00000003", "(1 2) 3", 1, 3 },
	{ "0402 00000001 00000002 0201 00000003", "[1,2] 3", 1, 3 },
};

static void of_a_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		uint8_t buf[MAX];
		char text[128];
		struct attrs a = { .as_path = path_of(facts[i].path, buf) };

		assert_true(aspath_valid(a.as_path.p, a.as_path.len, 4, true));
		assert_int_equal(attrs_as_path_len(&a), facts[i].len);
		assert_int_equal(attrs_first_as(&a), facts[i].first);
		assert_string_equal(as_path_format(&a.as_path, text, sizeof(text)),
				    facts[i].text);
		if (facts[i].first)
			assert_true(attrs_as_path_count(&a, facts[i].first));
		assert_int_equal(attrs_as_path_count(&a, 77), 0);
	}
}

static void occurrences(void **state)
{
	uint8_t buf[MAX];
	struct attrs a = { .as_path = path_of("0203 0000fde8 0000fde9 0000fde8"
					      "0102 0000fde8 0000fdea 0301 0000fde8",
					      buf) };

	(void)state;
	assert_int_equal(attrs_as_path_count(&a, 65000), 4);
	assert_int_equal(attrs_as_path_count(&a, 65001), 1);
	assert_int_equal(attrs_as_path_count(&a, 65003), 0);
}

static void text_is_cut(void **state)
{
	uint8_t buf[MAX];
	char text[8];
	struct bytes p = path_of("0203 0000fde8 0000fde9 0000fdea", buf);

	(void)state;
	assert_string_equal(as_path_format(&p, text, sizeof(text)), "65000 6");
	assert_string_equal(as_path_format(&p, text, 1), "");
}

/* AS_PATH of 2 octets, AS4_PATH, result (RFC 6793 section 4.2.3). */
static const struct {
	const char *name, *path2, *as4, *want;
} merges[] = {
	{ "alone", "0202 fde8 fde9", "", "0202 0000fde8 0000fde9" },
	{ "empty", "", "", "" },
	{ "replaced whole", "0202 fde8 5ba0", "0202 0000fde8 00010000",
	  "0202 0000fde8 00010000" },
	{ "the tail", "0203 fde8 fde9 5ba0", "0201 00010000",
	  "0203 0000fde8 0000fde9 00010000" },
	{ "only where they meet", "0201 fde8 0201 fde9 0202 fdea 5ba0",
	  "0201 00010000 0201 00010001",
	  "0201 0000fde8 0202 0000fde9 00010000 0201 00010001" },
	{ "longer, so ignored", "0201 5ba0", "0202 00010000 00010001",
	  "0201 00005ba0" },
	{ "a set counts one", "0202 fde8 5ba0 0102 0001 0002",
	  "0201 00010000 0102 00000001 00000002",
	  "0202 0000fde8 00010000 0102 00000001 00000002" },
	{ "set in front", "0102 0001 0002 0201 5ba0", "0201 00010000",
	  "0102 00000001 00000002 0201 00010000" },
	{ "confederation in front", "0301 fff0 0202 fde8 5ba0", "0201 00010000",
	  "0301 0000fff0 0202 0000fde8 00010000" },
	{ "confederation in front, none left", "0301 fff0 0201 5ba0", "0201 00010000",
	  "0301 0000fff0 0201 00010000" },
	{ "confederation behind", "0201 fde8 0301 fff0 0201 5ba0", "0201 00010000",
	  "0201 0000fde8 0301 0000fff0 0201 00010000" },
	{ "confederation in AS4_PATH", "0202 fde8 5ba0", "0301 0000fff0 0201 00010000",
	  "0202 0000fde8 00010000" },
};

static void merge(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(merges); i++) {
		uint8_t a[MAX], b[MAX], c[MAX], out[MAX];
		struct bytes path2 = path_of(merges[i].path2, a);
		struct bytes as4 = path_of(merges[i].as4, b);
		struct bytes want = path_of(merges[i].want, c), got;
		struct wbuf w = wbuf_of(out, sizeof(out));

		print_message("# %s\n", merges[i].name);
		assert_int_equal(aspath_merge(&w, path2, as4, &got), 0);
		assert_int_equal(got.len, want.len);
		if (want.len)
			assert_memory_equal(got.p, want.p, want.len);
	}
}

/* path, prepended AS, width, code; the whole attribute. */
static const struct {
	const char *path;
	uint32_t prepend;
	unsigned as_size;
	uint8_t code;
	const char *want;
} puts_[] = {
	{ "", 0, 4, ATTR_AS_PATH, "400200" },
	{ "", 65000, 4, ATTR_AS_PATH, "400206 0201 0000fde8" },
	{ "", 65000, 2, ATTR_AS_PATH, "400204 0201 fde8" },
	{ "", 65536, 2, ATTR_AS_PATH, "400204 0201 5ba0" },
	{ "0201 00000001", 65000, 4, ATTR_AS_PATH, "40020a 0202 0000fde8 00000001" },
	{ "0101 00000001", 65000, 4, ATTR_AS_PATH,
	  "40020c 0201 0000fde8 0101 00000001" },
	{ "0201 00010000", 65000, 2, ATTR_AS_PATH, "400206 0202 fde8 5ba0" },
	{ "0201 00010000", 65000, 4, ATTR_AS4_PATH, "c0110a 0202 0000fde8 00010000" },
	{ "0301 0000fff0 0201 00010000", 0, 4, ATTR_AS4_PATH, "c01106 0201 00010000" },
	{ "0301 0000fff0 0201 00010000", 0, 2, ATTR_AS_PATH,
	  "400208 0301 fff0 0201 5ba0" },
};

static void put(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(puts_); i++) {
		uint8_t a[MAX], b[MAX], out[MAX];
		struct bytes want = path_of(puts_[i].want, b);
		struct wbuf w = wbuf_of(out, sizeof(out));

		print_message("# %s\n", puts_[i].want);
		aspath_put(&w, puts_[i].code, path_of(puts_[i].path, a),
			   puts_[i].prepend, puts_[i].as_size);
		assert_int_equal(w.len, want.len);
		assert_memory_equal(out, want.p, want.len);
	}
}

/* A full segment takes no more; a long path gets a wide length. */
static void long_paths(void **state)
{
	uint8_t path[2 + 255 * 4], out[MAX];
	struct wbuf w = wbuf_of(out, sizeof(out));

	(void)state;
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = 1;
	path[0] = 2;
	path[1] = 255;
	aspath_put(&w, ATTR_AS_PATH, (struct bytes) { path, sizeof(path) }, 9, 4);
	assert_int_equal(w.len, 4 + 6 + sizeof(path));
	assert_int_equal(out[0], 0x50);
	assert_int_equal(out[2] << 8 | out[3], 6 + sizeof(path));
	assert_memory_equal(out + 4, "\x02\x01\x00\x00\x00\x09", 6);
	assert_memory_equal(out + 10, path, sizeof(path));
	path[1] = 254;
	w = wbuf_of(out, sizeof(out));
	aspath_put(&w, ATTR_AS_PATH, (struct bytes) { path, sizeof(path) - 4 }, 9, 4);
	assert_int_equal(out[4], 2);
	assert_int_equal(out[5], 255);
}

static void needs_as4(void **state)
{
	uint8_t buf[MAX];

	(void)state;
	assert_false(aspath_needs_as4(path_of("", buf)));
	assert_false(aspath_needs_as4(path_of("0202 0000fde8 0000ffff", buf)));
	assert_true(aspath_needs_as4(path_of("0202 0000fde8 00010000", buf)));
	/* AS4_PATH would be empty, which is malformed. */
	assert_false(aspath_needs_as4(path_of("0301 00010000", buf)));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(of_a_path),   cmocka_unit_test(text_is_cut),
		cmocka_unit_test(merge),       cmocka_unit_test(put),
		cmocka_unit_test(long_paths),  cmocka_unit_test(needs_as4),
		cmocka_unit_test(occurrences),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
