/* The label set attribute: canonical labels, the value, local input. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "tests/unit/rand.h"
#include "wire/labelset.h"
#include "wire/update.h"

/* Text in which '|' stands for the NUL between labels. */
static struct bytes canon(const char *text, char *buf)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		buf[i] = (char)(text[i] == '|' ? 0 : text[i]);
	return (struct bytes) { (const uint8_t *)buf, len };
}

static const struct {
	const char *text;
	enum label_fault want;
} forms[] = {
	{ "app=db", LABEL_FINE },
	{ "app=db|role=admin", LABEL_FINE },
	{ "app=", LABEL_FINE },
	{ "k8s:io.kubernetes/pod-name_x=A.b-c_0:/9", LABEL_FINE },
	{ "a-b=1|a=1", LABEL_FINE }, /* '-' is before '=' */
	{ "a=1|aa=1", LABEL_FINE },
	{ "a=|a:=", LABEL_ORDER },
	{ "A=1|a=1", LABEL_FINE },
	{ "reserved=1", LABEL_FINE },
	{ "x=reserved:host", LABEL_FINE },
	{ "", LABEL_NONE },
	{ "|", LABEL_NO_VALUE },
	{ "app", LABEL_NO_VALUE },
	{ "app=db|", LABEL_NO_VALUE },
	{ "|app=db", LABEL_NO_VALUE },
	{ "app=db||role=x", LABEL_NO_VALUE },
	{ "=db", LABEL_KEY },
	{ "ap p=db", LABEL_KEY },
	{ "app,x=db", LABEL_KEY },
	{ "ap\x7f=db", LABEL_KEY },
	{ "app\xc3\xa9=db", LABEL_KEY },
	{ "app=d=b", LABEL_VALUE },
	{ "app=d b", LABEL_VALUE },
	{ "app=db\n", LABEL_VALUE },
	{ "app=*", LABEL_VALUE },
	{ "reserved:host=", LABEL_RESERVED },
	{ "app=db|reserved:=x", LABEL_RESERVED },
	{ "app=db|app=db", LABEL_DUPLICATE },
	{ "app=a|app=b", LABEL_DUPLICATE },
	{ "app=b|app=a", LABEL_DUPLICATE },
	{ "role=x|app=db", LABEL_ORDER },
	{ "a=1|a-b=1", LABEL_ORDER },
	{ "aa=1|a=1", LABEL_ORDER },
};

static void canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char buf[128];

		print_message("# %s\n", forms[i].text);
		assert_int_equal(labels_check(canon(forms[i].text, buf)),
				 forms[i].want);
	}
}

/* n labels k00=v... of len octets in all; the last takes what is missing. */
static struct bytes many(unsigned n, size_t len, char *buf)
{
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf[at++] = '\0';
		at += (size_t)sprintf(buf + at, "k%02u=", i);
		for (size_t pad = (len - at) / (n - i); pad > 1 && pad < 64; pad--)
			buf[at++] = 'v';
	}
	while (at < len)
		buf[at++] = 'v';
	return (struct bytes) { (const uint8_t *)buf, at };
}

static void sizes(void **state)
{
	char buf[2 * LABELS_LEN];
	struct bytes l;

	(void)state;
	assert_int_equal(labels_check(many(16, 200, buf)), LABEL_FINE);
	assert_int_equal(labels_check(many(17, 200, buf)), LABEL_COUNT);

	memset(buf, 'k', sizeof(buf));
	buf[LABEL_KEY_LEN] = '=';
	l = (struct bytes) { (const uint8_t *)buf,
			     LABEL_KEY_LEN + 1 + LABEL_VALUE_LEN };
	assert_int_equal(labels_check(l), LABEL_FINE);
	l.len++;
	assert_int_equal(labels_check(l), LABEL_VALUE);
	buf[LABEL_KEY_LEN] = 'k';
	buf[LABEL_KEY_LEN + 1] = '=';
	l.len = LABEL_KEY_LEN + 2;
	assert_int_equal(labels_check(l), LABEL_KEY);

	/* three keys of 317 and one that fills up */
	for (size_t i = 0, at = 0; i < 4; i++, at += LABEL_KEY_LEN + 2) {
		memset(buf + at, 'a' + (int)i, LABEL_KEY_LEN);
		buf[at + LABEL_KEY_LEN] = '=';
		buf[at + LABEL_KEY_LEN + 1] = '\0';
	}
	size_t last = 3 * (LABEL_KEY_LEN + 2);

	memset(buf + last, 'z', sizeof(buf) - last);
	buf[last + 10] = '=';
	l.len = LABELS_LEN;
	assert_int_equal(LABELS_LEN - last - 11, 56); /* octets of value */
	assert_int_equal(labels_check(l), LABEL_FINE);
	l.len++;
	assert_int_equal(labels_check(l), LABEL_SIZE);
}

#define HEAD "53564c47 01 00 00000007"

static const struct {
	const char *name, *hex;
	uint32_t domain;
	enum labelset_kind want;
} values[] = {
	{ "ours", HEAD "613d31", 7, LABELSET_OK },
	{ "of any domain", HEAD "613d31", 0, LABELSET_OK },
	{ "of another domain", HEAD "613d31", 8, LABELSET_FOREIGN },
	{ "bad, but of another domain", HEAD "61", 8, LABELSET_FOREIGN },
	{ "domain of all bits", "53564c470100ffffffff613d31", UINT32_MAX, LABELSET_OK },
	{ "empty", "", 7, LABELSET_FOREIGN },
	{ "half a magic", "53564c", 7, LABELSET_FOREIGN },
	{ "another magic", "53564c46010000000007613d31", 7, LABELSET_FOREIGN },
	{ "version 2", "53564c47020000000007613d31", 7, LABELSET_FOREIGN },
	{ "version 0", "53564c470000", 7, LABELSET_FOREIGN },
	{ "magic alone", "53564c47", 7, LABELSET_MALFORMED },
	{ "cut in the domain", "53564c470100000000", 7, LABELSET_MALFORMED },
	{ "a flag", "53564c47010100000007613d31", 7, LABELSET_MALFORMED },
	{ "no labels", HEAD, 7, LABELSET_MALFORMED },
	{ "no value", HEAD "61", 7, LABELSET_MALFORMED },
	{ "NUL at the end", HEAD "613d3100", 7, LABELSET_MALFORMED },
	{ "out of order", HEAD "623d31 00 613d31", 7, LABELSET_MALFORMED },
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		uint8_t buf[64], out[64];
		struct bytes v = { buf, 0 }, labels = { NULL, 77 };
		struct wbuf w = wbuf_of(out, sizeof(out));

		print_message("# %s\n", values[i].name);
		unhex(values[i].hex, buf, sizeof(buf), &v.len);
		assert_int_equal(labelset_decode(v, values[i].domain, &labels),
				 values[i].want);
		if (values[i].want != LABELSET_OK) {
			assert_int_equal(labels.len, 77);
			continue;
		}
		assert_ptr_equal(labels.p, buf + LABELSET_HEAD);
		assert_int_equal(labelset_encode(&w, labelset_domain(v), labels), 0);
		assert_int_equal(w.len, v.len);
		assert_memory_equal(out, buf, v.len);
	}
}

static void no_room(void **state)
{
	uint8_t out[LABELSET_HEAD + 2];
	struct wbuf w = wbuf_of(out, sizeof(out));

	(void)state;
	assert_int_equal(
		labelset_encode(&w, 1, (struct bytes) { (const uint8_t *)"a=1", 3 }),
		-ENOSPC);
}

static const struct {
	const char *in;
	enum label_fault want;
	const char *out;
} inputs[] = {
	{ "app=db", LABEL_FINE, "app=db" },
	{ "role=admin,app=db", LABEL_FINE, "app=db,role=admin" },
	{ "a=1,a-b=2", LABEL_FINE, "a-b=2,a=1" },
	{ "b=,aa=,a=", LABEL_FINE, "a=,aa=,b=" },
	{ "", LABEL_NONE, NULL },
	{ ",", LABEL_NO_VALUE, NULL },
	{ "app=db,", LABEL_NO_VALUE, NULL },
	{ "app", LABEL_NO_VALUE, NULL },
	{ "app=a,role=x,app=b", LABEL_DUPLICATE, NULL },
	{ "app=a,app=a", LABEL_DUPLICATE, NULL },
	{ "reserved:init=", LABEL_RESERVED, NULL },
	{ "=x", LABEL_KEY, NULL },
	{ "app=*", LABEL_VALUE, NULL },
};

static void parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		struct labels l = { .len = 77 };
		char text[LABELS_STR];

		print_message("# %s\n", inputs[i].in);
		assert_int_equal(labels_parse(inputs[i].in, &l), inputs[i].want);
		if (inputs[i].want) {
			assert_int_equal(l.len, 77);
			continue;
		}
		assert_int_equal(labels_check(labels_bytes(&l)), LABEL_FINE);
		assert_string_equal(labels_format(labels_bytes(&l), text, sizeof(text)),
				    inputs[i].out);
	}
}

/* labels_parse() of a list, in its order. */
static enum label_fault parse_list(const char *const *list, size_t n,
				   struct labels *out)
{
	char text[(LABELS_MAX + 1) * (LABEL_KEY_LEN + 2)] = "", *p = text;

	for (size_t i = 0; i < n; i++)
		p += sprintf(p, "%s%s", i ? "," : "", list[i]);
	return labels_parse(text, out);
}

static void limits_of_input(void **state)
{
	static char key[LABEL_KEY_LEN + 2 + 70];
	static const char *const four[] = { "a=1", "b=2", "c=3", "d=4" };
	const char *list[LABELS_MAX + 1];
	char text[LABELS_MAX + 1][8];
	struct labels l;

	(void)state;
	assert_int_equal(parse_list(NULL, 0, &l), LABEL_NONE);
	assert_int_equal(parse_list(four, 4, &l), LABEL_FINE);
	assert_int_equal(l.len, 15);
	for (unsigned i = 0; i <= LABELS_MAX; i++) {
		sprintf(text[i], "k%u=", LABELS_MAX - i);
		list[i] = text[i];
	}
	assert_int_equal(parse_list(list, LABELS_MAX, &l), LABEL_FINE);
	assert_int_equal(labels_check(labels_bytes(&l)), LABEL_FINE);
	assert_int_equal(parse_list(list, LABELS_MAX + 1, &l), LABEL_COUNT);

	/* three are less than 1024 octets, four more */
	char big[4][sizeof(key)];

	for (unsigned i = 0; i < 4; i++) {
		memset(big[i], 'a' + (int)i, LABEL_KEY_LEN);
		strcpy(big[i] + LABEL_KEY_LEN, "=");
		list[i] = big[i];
	}
	assert_int_equal(parse_list(list, 3, &l), LABEL_FINE);
	assert_int_equal(parse_list(list, 4, &l), LABEL_SIZE);
}

static void goes_over(void **state)
{
	char buf[64], small[6];
	struct bytes rest = canon("app=db|empty=|x=1", buf), all = rest, k, v;

	(void)state;
	assert_true(labels_next(&rest, &k, &v));
	assert_int_equal(k.len, 3);
	assert_memory_equal(k.p, "app", 3);
	assert_int_equal(v.len, 2);
	assert_memory_equal(v.p, "db", 2);
	assert_true(labels_next(&rest, &k, &v));
	assert_int_equal(k.len, 5);
	assert_int_equal(v.len, 0);
	assert_true(labels_next(&rest, &k, &v));
	assert_int_equal(v.len, 1);
	assert_false(labels_next(&rest, &k, &v));
	assert_string_equal(labels_format(all, small, sizeof(small)), "app=d");
}

/* Any order of local input gives one set; any other order of octets is refused. */
static void shuffled(void **state)
{
	(void)state;
	for (unsigned turn = 0; turn < 2000; turn++) {
		char text[8][16];
		const char *list[8];
		struct labels a, b;
		unsigned n = 1 + rand_below(8);

		for (unsigned i = 0; i < n; i++) {
			static const char mid[] = "-./:_0Aa";

			sprintf(text[i], "k%c%u=%u", mid[rand_below(8)], i,
				rand_below(3));
			list[i] = text[i];
		}
		assert_int_equal(parse_list(list, n, &a), LABEL_FINE);
		assert_int_equal(labels_check(labels_bytes(&a)), LABEL_FINE);
		for (unsigned i = 0; i < n; i++) {
			unsigned j = rand_below(n);
			const char *t = list[i];

			list[i] = list[j];
			list[j] = t;
		}
		assert_int_equal(parse_list(list, n, &b), LABEL_FINE);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.b, b.b, a.len);
	}
}

static const struct {
	const char *name, *other;
	uint8_t code;
	int want;
	size_t len;
} others[] = {
	{ "none", "", 255, -ENOENT, 0 },
	{ "another", "c0fe02beef", 255, -ENOENT, 0 },
	{ "Partial", "e0ff03010203", 255, 0, 3 },
	{ "not Partial", "c0ff03010203", 255, 0, 3 },
	{ "long form", "d0ff0003010203", 255, 0, 3 },
	{ "after another", "e0fe02beef e0ff03010203", 255, 0, 3 },
	{ "of another code", "e0fd03010203 e0ff00", 253, 0, 3 },
	{ "between others", "e06301aa e0c803010203 e0ff00", 200, 0, 3 },
	{ "not transitive", "80ff03010203", 255, -EBADMSG, 3 },
	{ "empty", "c0ff00", 255, 0, 0 },
};

static void found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		uint8_t buf[64];
		struct attrs a = { .other = { buf, 0 } };
		struct bytes v = { NULL, 77 };

		print_message("# %s\n", others[i].name);
		unhex(others[i].other, buf, sizeof(buf), &a.other.len);
		assert_int_equal(attrs_labelset(&a, others[i].code, &v),
				 others[i].want);
		assert_int_equal(v.len, others[i].want == -ENOENT ? 77 : others[i].len);
		if (v.len == 3)
			assert_memory_equal(v.p, "\1\2\3", 3);
	}
}

static void codes(void **state)
{
	(void)state;
	assert_true(labelset_code_ok(255));
	assert_true(labelset_code_ok(128));
	assert_true(labelset_code_ok(99));
	assert_false(labelset_code_ok(0));
	assert_false(labelset_code_ok(256));
	assert_false(labelset_code_ok(ATTR_COMMUNITY));
	assert_false(labelset_code_ok(ATTR_OTC));
}

/* ---- in an UPDATE ---- */

#define RT    "0002fde800000064"
#define GROUP "03170000000003e9"
#define WIDE  "831d0100800003e9"
#define GOOD                                                                           \
	"800e2c 0019 46 04 0a4d000b 00 0221 00010a4d000b0002 00000000000000000000 "    \
	"00000000 30 02aa00000001 00 002774 40010100 400200 40050400000064 "
#define ONE    HEAD "613d31"
#define DOM8   "53564c47010000000008 613d3100"
#define LARGE5 "0000fde80000000500000001"
#define LARGE6 "0000fde80000000600000001"

static const struct {
	const char *name, *attr;
	enum verdict verdict;
	enum update_reason error; /* that is counted */
	const char *other;        /* as it goes on */
	int found;
} carried[] = {
	{ "ours", "c0ff0d" ONE, V_OK, UR_NONE, "c0ff0d" ONE, 0 },
	{ "Partial stays", "e0ff0d" ONE, V_OK, UR_NONE, "e0ff0d" ONE, 0 },
	{ "extended length", "d0ff000d" ONE, V_OK, UR_NONE, "c0ff0d" ONE, 0 },
	{ "low flag bits", "dfff000d" ONE, V_OK, UR_NONE, "c0ff0d" ONE, 0 },
	{ "out of order", "c0ff11" HEAD "623d31 00 613d31", V_OK, UR_LABELS_FORM,
	  "c0ff11" HEAD "623d31 00 613d31", 0 },
	{ "another domain's", "c0ff0e" DOM8, V_OK, UR_NONE, "c0ff0e" DOM8, 0 },
	{ "magic alone", "c0ff04 53564c47", V_OK, UR_LABELS_FORM, "c0ff04 53564c47",
	  0 },
	{ "not transitive", "80ff0d" ONE, V_OK, UR_LABELS_FLAGS, "80ff0d" ONE,
	  -EBADMSG },
	{ "not transitive, Partial", "a0ff0d" ONE, V_OK, UR_LABELS_FLAGS, "80ff0d" ONE,
	  -EBADMSG },
	{ "well-known", "40ff0d" ONE, V_OK, UR_LABELS_FLAGS, "80ff0d" ONE, -EBADMSG },
	{ "no flags", "00ff0d" ONE, V_OK, UR_LABELS_FLAGS, "80ff0d" ONE, -EBADMSG },
	{ "twice: the first", "c0ff0d" ONE "c0ff0d" HEAD "613d32", V_DISCARD_ATTR,
	  UR_ATTR_DUPLICATE, "c0ff0d" ONE, 0 },
	{ "somebody else's", "c0ff03010203", V_OK, UR_NONE, "e0ff03010203", 0 },
	{ "somebody else's, not transitive", "80ff03010203", V_OK, UR_NONE, "",
	  -ENOENT },
	{ "somebody else's, well-known", "40ff03010203", V_RESET, UR_WELLKNOWN_UNKNOWN,
	  "", -ENOENT },
	{ "two group ids", "c01010 0317000000000001 0317000000000002", V_OK,
	  UR_LABELS_NUMBERS, "", -ENOENT },
	{ "one, twice", "c01010 0317000000000001 0317000000000001", V_OK, UR_NONE, "",
	  -ENOENT },
	{ "two identities", "c01010 831d0000 80000001 831d0000 80000002", V_OK,
	  UR_LABELS_NUMBERS, "", -ENOENT },
	{ "not its id", "c01010 0317000000000001 831d0000 80000002", V_OK,
	  UR_LABELS_NUMBERS, "", -ENOENT },
	{ "its id", "c01010 0317000000000002 831d0000 80000002", V_OK, UR_NONE, "",
	  -ENOENT },
	{ "of another code", "c0fe0d" ONE, V_OK, UR_NONE, "e0fe0d" ONE, -ENOENT },
};

static struct update_scratch scratch;

static enum verdict decode(const char *attrs, uint8_t *body, size_t room,
			   struct update *u)
{
	const struct update_ctx ctx = { .as4 = true,
					.labels = 255,
					.labels_domain = 7 };
	size_t len = 4;

	unhex(GOOD, body, room, &len);
	unhex(attrs, body, room, &len);
	body[0] = body[1] = 0;
	body[2] = (uint8_t)((len - 4) >> 8);
	body[3] = (uint8_t)(len - 4);
	return update_decode(rbuf_of(body, len), &ctx, &scratch, u);
}

static void same_bytes(struct bytes got, const char *hex)
{
	uint8_t want[64];
	size_t n = 0;

	unhex(hex, want, sizeof(want), &n);
	assert_int_equal(got.len, n);
	if (n)
		assert_memory_equal(got.p, want, n);
}

/* No error in a set costs a session or a route, and its octets stay as they are. */
static void goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(carried); i++) {
		uint8_t body[512];
		struct bytes v;
		struct update u;

		print_message("# %s\n", carried[i].name);
		assert_int_equal(decode(carried[i].attr, body, sizeof(body), &u),
				 carried[i].verdict);
		assert_int_equal(u.n_errors, carried[i].error != UR_NONE);
		assert_int_equal(u.n_errors ? u.errors[0].reason : UR_NONE,
				 carried[i].error);
		if (carried[i].verdict == V_RESET)
			continue;
		same_bytes(u.attrs.other, carried[i].other);
		assert_int_equal(attrs_labelset(&u.attrs, 255, &v), carried[i].found);
	}
}

/* Attributes, and what is left of communities and of those without a row. */
static const struct {
	const char *name, *attrs, *extcoms, *large, *other;
	bool any, numbered;
} stripped[] = {
	{ "nothing to take", "c01008" RT "c0fe00", RT, "", "e0fe00", false, false },
	{ "nothing there", "", "", "", "", false, false },
	{ "the set", "c0ff0d" ONE, "", "", "", true, false },
	{ "a set that is malformed", "c0ff0a" HEAD, "", "", "", true, false },
	{ "somebody else's", "c0ff03010203", "", "", "", true, false },
	{ "flags that are wrong", "40ff0d" ONE, "", "", "", true, false },
	{ "between others", "c0fe0101 c0ff0d" ONE "c0c80102", "", "",
	  "e0c80102 e0fe0101", true, false },
	{ "numbers between others", "c01020" RT GROUP RT WIDE, RT RT, "", "", true,
	  true },
	{ "numbers alone", "c01010" GROUP WIDE, "", "", "", true, true },
	{ "the large community", "c02018" LARGE5 LARGE6, "", LARGE6, "", true, true },
	{ "that of another AS", "c0200c 0000fde90000000500000001", "",
	  "0000fde90000000500000001", "", false, false },
	{ "all", "c01008" GROUP "c0200c" LARGE5 "c0ff0d" ONE, "", "", "", true, true },
};

static void strips(void **state)
{
	const struct label_marks m = { .code = 255, .large_as = 65000, .large_fn = 5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stripped); i++) {
		uint8_t body[512], left[512];
		struct wbuf w = wbuf_of(left, sizeof(left));
		struct update u;
		struct attrs *a = &u.attrs;

		print_message("# %s\n", stripped[i].name);
		assert_int_equal(decode(stripped[i].attrs, body, sizeof(body), &u),
				 V_OK);
		assert_int_equal(attrs_numbered(a, &m), stripped[i].numbered);
		assert_int_equal(attrs_unlabel(a, &m, &w), stripped[i].any);
		same_bytes(a->ext_communities, stripped[i].extcoms);
		same_bytes(a->large_communities, stripped[i].large);
		same_bytes(a->other, stripped[i].other);
		assert_int_equal(attrs_has(a, ATTR_EXT_COMMUNITY),
				 a->ext_communities.len > 0);
		assert_int_equal(attrs_has(a, ATTR_LARGE_COMMUNITY),
				 a->large_communities.len > 0);
		assert_true(attrs_has(a, ATTR_ORIGIN));
	}
}

static void large_is_off(void **state)
{
	const struct label_marks m = { .code = 255 };
	uint8_t body[512], left[8];
	struct wbuf w = wbuf_of(left, sizeof(left));
	struct update u;

	(void)state;
	decode("c0200c 000000000000000000000001", body, sizeof(body), &u);
	assert_false(attrs_unlabel(&u.attrs, &m, &w));
}

static void texts(void **state)
{
	(void)state;
	for (int f = LABEL_FINE; f <= LABEL_SIZE; f++)
		assert_true(strlen(label_fault_text((enum label_fault)f)) > 1);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(canonical), cmocka_unit_test(sizes),
		cmocka_unit_test(decodes),   cmocka_unit_test(no_room),
		cmocka_unit_test(parses),    cmocka_unit_test(limits_of_input),
		cmocka_unit_test(goes_over), cmocka_unit_test(shuffled),
		cmocka_unit_test(found),     cmocka_unit_test(codes),
		cmocka_unit_test(texts),     cmocka_unit_test(goes_on),
		cmocka_unit_test(strips),    cmocka_unit_test(large_is_off),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
