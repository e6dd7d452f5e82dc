/*
 * Sets of attributes: what a message gives, canonical bytes and back, and what
 * goes out to internal, external, route-server and 2-octet peers.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "tests/unit/rand.h"
#include "wire/update.h"

enum { MAX = 8192, ROUNDS = 20000 };

static struct update_scratch scratch;

/* Decode attributes beside a plain EVPN route; the set lives until the next call. */
static const struct attrs *set_of(const char *hex, bool as4)
{
	static uint8_t body[MAX];
	static struct update u;
	const struct update_ctx ctx = { .as4 = as4 };
	size_t n = 4;

	unhex(hex, body, sizeof(body), &n);
	body[0] = body[1] = 0;
	body[2] = (uint8_t)((n - 4) >> 8);
	body[3] = (uint8_t)(n - 4);
	update_decode(rbuf_of(body, n), &ctx, &scratch, &u);
	return &u.attrs;
}

static void expect_bytes(const struct wbuf *w, const char *hex)
{
	uint8_t want[MAX];
	size_t n = 0;

	unhex(hex, want, sizeof(want), &n);
	assert_int_equal(w->len, n);
	if (n)
		assert_memory_equal(w->base, want, n);
}

/* What a peer sends, and the canonical bytes of it. */
static const struct {
	const char *name, *in, *want;
} canonical[] = {
	{ "short lengths", "500100 01 02 50020000", "40010102 400200" },
	{ "in code order", "c01008 0002fde800002774 40050400000064 400101 00 400200",
	  "400101 00 400200 40050400000064 c01008 0002fde800002774" },
	{ "no next hop", "400101 00 400304 0a000001", "400101 00" },
	{ "low bits gone, partial stays", "ef0804 fde80001", "e00804 fde80001" },
	{ "partial means something for optional transitive ones only",
	  "600101 00 a00404 00000007 e02304 0000fde8",
	  "400101 00 80040400000007 e02304 0000fde8" },
	{ "everything",
	  "400101 01 400206 0201 0000fde8 80040400000007 40050400000064 400600"
	  "c00708 0000fde80a000001 c00804 fde80001 800904 0a000001 800a04 0a000002"
	  "c01008 0002fde800002774 c01609 00060027740a4d000b c01704 00080000"
	  "c01914 0000000000000000000000000000000000000000"
	  "c0200c 000000010000000200000003 c02304 0000fde8",
	  "400101 01 400206 0201 0000fde8 80040400000007 40050400000064 400600"
	  "c00708 0000fde80a000001 c00804 fde80001 800904 0a000001 800a04 0a000002"
	  "c01008 0002fde800002774 c01609 00060027740a4d000b c01704 00080000"
	  "c01914 0000000000000000000000000000000000000000"
	  "c0200c 000000010000000200000003 c02304 0000fde8" },
	{ "unknown: sorted, partial, short length",
	  "d0ff0001 07 c0f003 010203 400101 00 e0f100",
	  "400101 00 e0f003 010203 e0f100 e0ff01 07" },
	{ "unknown non-transitive gone", "80f001 00 400101 00", "400101 00" },
};

static void encode_view(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(canonical); i++) {
		uint8_t out[MAX], again[MAX];
		struct wbuf w = wbuf_of(out, sizeof(out));
		struct wbuf v = wbuf_of(again, sizeof(again));
		struct attrs a;

		print_message("# %s\n", canonical[i].name);
		assert_int_equal(attrs_encode(&w, set_of(canonical[i].in, true)), 0);
		expect_bytes(&w, canonical[i].want);
		assert_int_equal(attrs_view(out, w.len, &a), 0);
		assert_int_equal(attrs_encode(&v, &a), 0);
		assert_int_equal(v.len, w.len);
		assert_memory_equal(again, out, w.len);
		w = wbuf_of(out, w.len - 1);
		assert_int_equal(attrs_encode(&w, &a), -ENOSPC);
	}
}

static void view_refuses(void **state)
{
	static const char *const bad[] = { "40",       "4001",
					   "400101",   "400102 0000",
					   "40010500", "800e05 0019460000",
					   "d001" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t in[64];
		size_t n = 0;
		struct attrs a;

		unhex(bad[i], in, sizeof(in), &n);
		assert_int_equal(attrs_view(in, n, &a), -EBADMSG);
	}
}

static void fields(void **state)
{
	const struct attrs *a = set_of(
		"400101 02 80040400000007 40050400000064 800904 0a000001"
		"800a08 0a0000020a000003 c00808 ffff0006 fde80001 c02304 0000fde8",
		true);

	(void)state;
	assert_int_equal(a->origin, ORIGIN_INCOMPLETE);
	assert_int_equal(a->med, 7);
	assert_int_equal(a->local_pref, 100);
	assert_int_equal(a->originator_id, 0x0a000001);
	assert_int_equal(a->otc, 65000);
	assert_true(attrs_has_cluster(a, 0x0a000003));
	assert_false(attrs_has_cluster(a, 0x0a000001));
	assert_true(attrs_has_community(a, 0xffff0006));
	assert_false(attrs_has_community(a, 0xffff0007));
	assert_false(attrs_has(a, ATTR_AS_PATH));
}

/* Attributes of a 2-octet peer, canonical afterwards (RFC 6793 section 4.2.3). */
static const struct {
	const char *name, *in, *want;
} old[] = {
	{ "path widened", "400204 0201 fde8", "400206 0201 0000fde8" },
	{ "path merged", "400206 0202 fde8 5ba0 c01106 0201 00010000",
	  "40020a 0202 0000fde8 00010000" },
	{ "AS4_PATH first", "c01106 0201 00010000 400206 0202 fde8 5ba0",
	  "40020a 0202 0000fde8 00010000" },
	{ "aggregator widened", "c00706 fde8 0a000001", "c00708 0000fde8 0a000001" },
	{ "aggregator from AS4", "c00706 5ba0 0a000001 c01208 00010000 0a000002",
	  "c00708 00010000 0a000002" },
	{ "stale AS4 attributes",
	  "400204 0201 5ba0 c00706 fde8 0a000001 c01106 0201 00010000"
	  "c01208 00010000 0a000002",
	  "400206 0201 00005ba0 c00708 0000fde8 0a000001" },
	{ "aggregator without AS4_AGGREGATOR",
	  "400204 0201 5ba0 c00706 fde8 0a000001 c01106 0201 00010000",
	  "400206 0201 00010000 c00708 0000fde8 0a000001" },
	{ "AS4 alone says nothing", "c01106 0201 00010000 c01208 00010000 0a000002",
	  "" },
};

static void from_old_speaker(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		uint8_t out[MAX];
		struct wbuf w = wbuf_of(out, sizeof(out));

		print_message("# %s\n", old[i].name);
		assert_int_equal(attrs_encode(&w, set_of(old[i].in, false)), 0);
		expect_bytes(&w, old[i].want);
	}
}

#define IBGP                                                                           \
	{                                                                              \
		0                                                                      \
	}
#define EBGP                                                                           \
	{                                                                              \
		.ebgp = true, .local_as = 65001                                        \
	}
#define SERVER                                                                         \
	{                                                                              \
		.ebgp = true, .transparent = true, .local_as = 65001                   \
	}
#define WEAK                                                                           \
	{                                                                              \
		.weak = true                                                           \
	}
#define REFLECT                                                                        \
	{                                                                              \
		.originator_id = 0x0a000009, .cluster_id = 0x0a000001                  \
	}

static const struct {
	const char *name;
	struct attr_export x;
	const char *in, *want;
} exports[] = {
	{ "plain internal", IBGP, "400101 00 400200 40050400000064",
	  "400101 00 400200 40050400000064" },
	{ "mandatory ones are made", IBGP, "", "400101 00 400200 40050400000064" },
	{ "weak: no preference, no export", WEAK,
	  "400101 00 400200 400504000000c8 c00804 ffff0006",
	  "400101 00 400200 40050400000000 c00808 ffff0006ffffff01" },
	{ "weak already", WEAK, "400101 00 400200 c00808 ffffff01ffff0006",
	  "400101 00 400200 40050400000000 c00808 ffffff01ffff0006" },
	{ "reflected", REFLECT, "400101 00 400200 400504000000c8",
	  "400101 00 400200 400504000000c8 800904 0a000009 800a04 0a000001" },
	{ "reflected again", REFLECT,
	  "400101 00 400200 40050400000064 800904 0a000007 800a04 0a000002",
	  "400101 00 400200 40050400000064 800904 0a000007 800a08 0a0000010a000002" },
	{ "internal keeps everything", IBGP,
	  "400101 00 400206 0201 0000fde8 80040400000007 40050400000064"
	  "c01010 0002fde800002774 4002fde800002774",
	  "400101 00 400206 0201 0000fde8 80040400000007 40050400000064"
	  "c01010 0002fde800002774 4002fde800002774" },
	{ "external", EBGP,
	  "400101 00 400200 80040400000007 40050400000064 800904 0a000007"
	  "800a04 0a000002 c01010 0002fde800002774 4002fde800002774",
	  "400101 00 400206 0201 0000fde9 80040400000007 c01008 0002fde800002774" },
	{ "MED of others stays", EBGP, "400101 00 400206 0201 0000fde8 80040400000007",
	  "400101 00 40020a 0202 0000fde9 0000fde8" },
	{ "no community left", EBGP, "400101 00 c01008 4002fde800002774",
	  "400101 00 400206 0201 0000fde9" },
	{ "IPv6 communities too", EBGP,
	  "400101 00 c01928 0002000000000000000000000000000000000000"
	  "4002000000000000000000000000000000000000",
	  "400101 00 400206 0201 0000fde9"
	  "c01914 0002000000000000000000000000000000000000" },
	{ "route server", SERVER,
	  "400101 00 400206 0201 0000fde8 80040400000007 40050400000064",
	  "400101 00 400206 0201 0000fde8 80040400000007" },
	{ "partial stays, also of what is rewritten",
	  { .as2 = true, .ebgp = true, .local_as = 65001 },
	  "400101 00 400200 e00708 0000fde80a000001 e00804 fde80001"
	  "e01010 0002fde800002774 4002fde800002774",
	  "400101 00 400204 0201 fde9 e00706 fde80a000001 e00804 fde80001"
	  "e01008 0002fde800002774" },
	{ "unknown goes on", EBGP, "400101 00 400200 c0f001 07",
	  "400101 00 400206 0201 0000fde9 e0f001 07" },
	{ "2 octets, small numbers",
	  { .as2 = true },
	  "400101 00 400206 0201 0000fde8",
	  "400101 00 400204 0201 fde8 40050400000064" },
	{ "2 octets, large numbers",
	  { .as2 = true },
	  "400101 00 40020a 0202 0000fde8 00010000 c00708 000100000a000001"
	  "c01008 0002fde800002774",
	  "400101 00 400206 0202 fde8 5ba0 40050400000064 c00706 5ba00a000001"
	  "c01008 0002fde800002774 c0110a 0202 0000fde8 00010000"
	  "c01208 000100000a000001" },
	{ "2 octets, ourselves large",
	  { .as2 = true, .ebgp = true, .local_as = 4200000000 },
	  "400101 00 400200",
	  "400101 00 400204 0201 5ba0 c01106 0201 fa56ea00" },
};

static void export(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exports); i++) {
		uint8_t out[MAX];
		struct wbuf w = wbuf_of(out, sizeof(out));
		const struct attrs *a = set_of(exports[i].in, true);

		print_message("# %s\n", exports[i].name);
		assert_int_equal(attrs_export(&w, a, &exports[i].x), 0);
		expect_bytes(&w, exports[i].want);
		w = wbuf_of(out, w.len - 1);
		assert_int_equal(attrs_export(&w, a, &exports[i].x), -ENOSPC);
	}
}

/* Bytes of a random length, a multiple of unit, out of a growing pool. */
static struct bytes random_bytes(uint8_t *pool, size_t *at, size_t unit, uint32_t most)
{
	size_t len = unit * (1 + rand_below(most));
	struct bytes b = { pool + *at, len };

	rand_bytes(pool + *at, len);
	*at += len;
	return b;
}

static struct bytes random_path(uint8_t *pool, size_t *at)
{
	struct bytes b = { pool + *at, 0 };

	for (uint32_t segs = rand_below(4); segs; segs--) {
		uint8_t *p = pool + *at + b.len;

		p[0] = (uint8_t)(1 + rand_below(2));
		p[1] = (uint8_t)(1 + rand_below(5));
		for (unsigned i = 0; i < p[1]; i++) {
			rand_bytes(p + 2 + 4 * i, 4);
			p[2 + 4 * i] = (uint8_t)rand_below(2); /* small ones too */
			p[5 + 4 * i] |= 1;                     /* never AS 0 */
		}
		b.len += 2u + 4u * p[1];
	}
	*at += b.len;
	return b;
}

static struct attrs random_set(uint8_t *pool)
{
	struct attrs a = { 0 };
	size_t at = 0;

	a.present = ((uint64_t)rand32() << 32 | rand32()) &
		    (1ull << ATTR_MED | 1ull << ATTR_ATOMIC_AGGREGATE |
		     1ull << ATTR_AGGREGATOR | 1ull << ATTR_COMMUNITY |
		     1ull << ATTR_ORIGINATOR_ID | 1ull << ATTR_CLUSTER_LIST |
		     1ull << ATTR_EXT_COMMUNITY | 1ull << ATTR_LARGE_COMMUNITY |
		     1ull << ATTR_IPV6_EXT_COMMUNITY | 1ull << ATTR_OTC);
	a.present |= 1 << ATTR_ORIGIN | 1 << ATTR_AS_PATH | 1 << ATTR_LOCAL_PREF;
	a.origin = (uint8_t)rand_below(3);
	a.as_path = random_path(pool, &at);
	a.med = rand32();
	a.local_pref = rand32();
	a.originator_id = rand32();
	a.otc = rand32();
	a.aggregator = random_bytes(pool, &at, 8, 1);
	pool[at - 5] |= 1;
	a.communities = random_bytes(pool, &at, 4, 100);
	a.cluster_list = random_bytes(pool, &at, 4, 4);
	a.ext_communities = random_bytes(pool, &at, 8, 50);
	a.ext6_communities = random_bytes(pool, &at, 20, 3);
	a.large_communities = random_bytes(pool, &at, 12, 5);
	return a;
}

/*
 * Any valid set: through canonical bytes, and over a session with 4 or with 2
 * octets, it comes back the same.
 */
static void random_sets(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t pool[MAX], one[MAX], two[MAX], body[MAX];
		struct attrs a = random_set(pool), v;
		struct attr_export x = { .as2 = i & 1 };
		struct update_ctx ctx = { .as4 = !x.as2 };
		struct wbuf w1 = wbuf_of(one, sizeof(one));
		struct wbuf w2 = wbuf_of(two, sizeof(two));
		struct wbuf b = wbuf_of(body, sizeof(body));
		struct update u;

		assert_int_equal(attrs_encode(&w1, &a), 0);
		assert_int_equal(attrs_view(one, w1.len, &v), 0);
		assert_int_equal(v.present, a.present);
		wbuf_u32(&b, 0);
		assert_int_equal(attrs_export(&b, &v, &x), 0);
		wbuf_set_u16(&b, 2, (unsigned)b.len - 4);
		assert_int_equal(
			update_decode(rbuf_of(body, b.len), &ctx, &scratch, &u), V_OK);
		assert_int_equal(attrs_encode(&w2, &u.attrs), 0);
		assert_int_equal(w2.len, w1.len);
		assert_memory_equal(two, one, w1.len);
	}
}

/* However many and long unknown attributes are, all travel on (RFC 4271 section 5). */
static void many_unknown(void **state)
{
	const struct update_ctx ctx = { .as4 = true };
	static uint8_t body[65535];
	struct wbuf w = wbuf_of(body, sizeof(body));
	struct update u;
	struct rbuf r;

	(void)state;
	wbuf_u32(&w, 0);
	for (unsigned code = 255; code >= 64; code--) {
		wbuf_u8(&w, 0xd0);
		wbuf_u8(&w, code);
		wbuf_u16(&w, 300);
		memset(wbuf_put(&w, 300), (int)code, 300);
	}
	wbuf_set_u16(&w, 2, (unsigned)w.len - 4);
	assert_int_equal(update_decode(rbuf_of(body, w.len), &ctx, &scratch, &u), V_OK);
	assert_int_equal(u.attrs.other.len, 192 * 304);
	r = rbuf_of(u.attrs.other.p, u.attrs.other.len);
	for (unsigned code = 64; code <= 255; code++) {
		assert_int_equal(rbuf_u8(&r), 0xf0);
		assert_int_equal(rbuf_u8(&r), code);
		assert_int_equal(rbuf_u16(&r), 300);
		assert_int_equal(rbuf_take(&r, 300)[299], code);
	}
	assert_false(r.bad);
}

static void large_unknown(void **state)
{
	const struct update_ctx ctx = { .as4 = true };
	static uint8_t body[65535 - 19];
	struct wbuf w = wbuf_of(body, sizeof(body));
	struct update u;

	(void)state;
	wbuf_u32(&w, 0);
	wbuf_u32(&w, 0xd0f00000 | (sizeof(body) - 4 - 4 - 4));
	memset(wbuf_put(&w, sizeof(body) - 4 - 4 - 4), 0x5a, sizeof(body) - 4 - 4 - 4);
	wbuf_u32(&w, 0xc0f10107);
	assert_false(w.full);
	wbuf_set_u16(&w, 2, (unsigned)w.len - 4);
	assert_int_equal(update_decode(rbuf_of(body, w.len), &ctx, &scratch, &u), V_OK);
	assert_int_equal(u.attrs.other.len, sizeof(body) - 4);
	assert_memory_equal(u.attrs.other.p + u.attrs.other.len - 5,
			    "\x5a\xe0\xf1\x01\x07", 5);
}

static void octets_compare(void **state)
{
	static const uint8_t one[] = { 1, 2, 3 }, two[] = { 1, 2, 4 };
	const struct bytes none = { NULL, 0 }, empty = { one, 0 };

	(void)state;
	assert_true(bytes_eq((struct bytes) { one, 2 }, (struct bytes) { two, 2 }));
	assert_false(bytes_eq((struct bytes) { one, 3 }, (struct bytes) { two, 3 }));
	assert_false(bytes_eq((struct bytes) { one, 3 }, (struct bytes) { one, 2 }));
	assert_true(bytes_eq(empty, (struct bytes) { two, 0 }));
	assert_true(bytes_eq(none, none));
	assert_false(bytes_eq(none, empty));
	assert_false(bytes_eq(empty, none));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(encode_view),    cmocka_unit_test(view_refuses),
		cmocka_unit_test(fields),         cmocka_unit_test(from_old_speaker),
		cmocka_unit_test(export),         cmocka_unit_test(random_sets),
		cmocka_unit_test(many_unknown),   cmocka_unit_test(large_unknown),
		cmocka_unit_test(octets_compare),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
