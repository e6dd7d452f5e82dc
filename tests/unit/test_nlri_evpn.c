/*
 * EVPN routes: what is a key, what is data, what is refused and how; text, order,
 * and any route through every form and back.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "tests/unit/rand.h"
#include "wire/nlri_evpn.h"

enum { MAX = 600, ROUNDS = 50000 };

#define RD   "00010a4d000b0002 "
#define ESI0 "00000000000000000000 "
#define ESI  "03021122334455000007 "
#define TAG  "00000000 "
#define MAC  "02aa00000001 "
#define IP4  "c0000201 "
#define IP6  "20010db8000000000000000000000001 "
#define NO4  "00000000 "
#define NO6  "00000000000000000000000000000000 "
#define L1   "002774 "
#define L2   "00c350 "

/* NLRI; result in MP_REACH; key and data; text. */
static const struct {
	const char *name, *in;
	enum nlri_result want;
	const char *key, *data, *text;
} cases[] = {
	{ "1",
	  "0119" RD ESI "ffffffff"
	  "000000",
	  NLRI_OK, "01" RD ESI "ffffffff", "000000",
	  "[1]:[4294967295]:[03:02:11:22:33:44:55:00:00:07]:[32]:[0.0.0.0]:[0]" },
	{ "1 without label", "0116" RD ESI TAG, NLRI_TREAT_WITHDRAW, "01" RD ESI TAG,
	  "", NULL },
	{ "1 with two labels", "011c" RD ESI TAG L1 L2, NLRI_TREAT_WITHDRAW,
	  "01" RD ESI TAG, "", NULL },
	{ "1 short", "0115" RD ESI "000000", NLRI_SKIP, NULL, NULL, NULL },

	{ "2 MAC", "0221" RD ESI0 TAG "30" MAC "00" L1, NLRI_OK, "02" RD TAG MAC, L1,
	  "[2]:[0]:[48]:[02:aa:00:00:00:01]" },
	{ "2 MAC and label2", "0224" RD ESI0 TAG "30" MAC "00" L1 L2, NLRI_OK,
	  "02" RD TAG MAC, L1 L2, "[2]:[0]:[48]:[02:aa:00:00:00:01]" },
	{ "2 IPv4", "0225" RD ESI0 TAG "30" MAC "20" IP4 L1, NLRI_OK,
	  "02" RD TAG MAC IP4, L1,
	  "[2]:[0]:[48]:[02:aa:00:00:00:01]:[32]:[192.0.2.1]" },
	{ "2 IPv6 and label2", "0234" RD ESI0 TAG "30" MAC "80" IP6 L1 L2, NLRI_OK,
	  "02" RD TAG MAC IP6, L1 L2,
	  "[2]:[0]:[48]:[02:aa:00:00:00:01]:[128]:[2001:db8::1]" },
	{ "2 with ESI",
	  "0221" RD ESI "00000064"
	  "30" MAC "00" L1,
	  NLRI_OK, "02" RD "00000064" MAC, L1 ESI,
	  "[2]:[100]:[48]:[02:aa:00:00:00:01]" },
	{ "2 with ESI and label2", "0224" RD ESI TAG "30" MAC "00" L1 L2, NLRI_OK,
	  "02" RD TAG MAC, L1 L2 ESI, NULL },
	{ "2 no label", "021e" RD ESI0 TAG "30" MAC "00", NLRI_TREAT_WITHDRAW,
	  "02" RD TAG MAC, "", NULL },
	{ "2 body of 34", "0222" RD ESI0 TAG "30" MAC "00" L1 "00", NLRI_TREAT_WITHDRAW,
	  "02" RD TAG MAC, "", NULL },
	{ "2 three labels", "0227" RD ESI0 TAG "30" MAC "00" L1 L1 L1,
	  NLRI_TREAT_WITHDRAW, "02" RD TAG MAC, "", NULL },
	{ "2 MAC length 47", "0221" RD ESI0 TAG "2f" MAC "00" L1, NLRI_SKIP, NULL, NULL,
	  NULL },
	{ "2 MAC length 0",
	  "021b" RD ESI0 TAG "00"
	  "00" L1,
	  NLRI_SKIP, NULL, NULL, NULL },
	{ "2 IP length 33", "0221" RD ESI0 TAG "30" MAC "21" L1, NLRI_SKIP, NULL, NULL,
	  NULL },
	{ "2 IP length 24",
	  "0224" RD ESI0 TAG "30" MAC "18"
	  "c00002" L1,
	  NLRI_SKIP, NULL, NULL, NULL },
	{ "2 IPv4 cut",
	  "0220" RD ESI0 TAG "30" MAC "20"
	  "c000",
	  NLRI_SKIP, NULL, NULL, NULL },
	{ "2 empty", "0200", NLRI_SKIP, NULL, NULL, NULL },

	{ "3 IPv4",
	  "0311" RD TAG "20"
	  "0a4d000b",
	  NLRI_OK, "03" RD TAG "0a4d000b", "", "[3]:[0]:[32]:[10.77.0.11]" },
	{ "3 IPv6", "031d" RD TAG "80" IP6, NLRI_OK, "03" RD TAG IP6, "",
	  "[3]:[0]:[128]:[2001:db8::1]" },
	{ "3 no originator", "030d" RD TAG "00", NLRI_SKIP, NULL, NULL, NULL },
	{ "3 and more",
	  "0312" RD TAG "20"
	  "0a4d000b"
	  "00",
	  NLRI_TREAT_WITHDRAW, "03" RD TAG "0a4d000b", "", NULL },
	{ "3 cut",
	  "0310" RD TAG "20"
	  "0a4d00",
	  NLRI_SKIP, NULL, NULL, NULL },

	{ "4 IPv4",
	  "0417" RD ESI "20"
	  "0a4d0002",
	  NLRI_OK, "04" RD ESI "0a4d0002", "",
	  "[4]:[03:02:11:22:33:44:55:00:00:07]:[32]:[10.77.0.2]" },
	{ "4 IPv6", "0423" RD ESI "80" IP6, NLRI_OK, "04" RD ESI IP6, "",
	  "[4]:[03:02:11:22:33:44:55:00:00:07]:[128]:[2001:db8::1]" },
	{ "4 IP length 64",
	  "041b" RD ESI "40"
	  "20010db800000000",
	  NLRI_SKIP, NULL, NULL, NULL },

	{ "5 IPv4",
	  "0522" RD ESI0 TAG "18"
	  "cb007100" NO4 L2,
	  NLRI_OK,
	  "05" RD TAG "18"
	  "cb007100",
	  L2, "[5]:[0]:[24]:[203.0.113.0]" },
	{ "5 host bits",
	  "0522" RD ESI0 TAG "14"
	  "cb0071ff" NO4 L2,
	  NLRI_OK,
	  "05" RD TAG "14"
	  "cb007000",
	  L2, "[5]:[0]:[20]:[203.0.112.0]" },
	{ "5 default",
	  "0522" RD ESI0 TAG "00"
	  "cb0071ff" NO4 L2,
	  NLRI_OK,
	  "05" RD TAG "00"
	  "00000000",
	  L2, "[5]:[0]:[0]:[0.0.0.0]" },
	{ "5 host",
	  "0522" RD ESI0 TAG "20"
	  "cb0071ff" NO4 L2,
	  NLRI_OK,
	  "05" RD TAG "20"
	  "cb0071ff",
	  L2, "[5]:[0]:[32]:[203.0.113.255]" },
	{ "5 IPv6", "053a" RD ESI0 TAG "30" IP6 NO6 L2, NLRI_OK,
	  "05" RD TAG "30"
	  "20010db8000000000000000000000000",
	  L2, "[5]:[0]:[48]:[2001:db8::]" },
	{ "5 gateway",
	  "0522" RD ESI0 TAG "18"
	  "cb007100" IP4 "000000",
	  NLRI_OK,
	  "05" RD TAG "18"
	  "cb007100",
	  "000000" IP4, NULL },
	{ "5 IPv6 gateway", "053a" RD ESI0 TAG "00" NO6 IP6 L2, NLRI_OK,
	  "05" RD TAG "00" NO6, L2 IP6, NULL },
	{ "5 ESI",
	  "0522" RD ESI TAG "18"
	  "cb007100" NO4 "000000",
	  NLRI_OK,
	  "05" RD TAG "18"
	  "cb007100",
	  "000000" ESI, NULL },
	{ "5 ESI and gateway",
	  "0522" RD ESI TAG "18"
	  "cb007100" IP4 L2,
	  NLRI_TREAT_WITHDRAW,
	  "05" RD TAG "18"
	  "cb007100",
	  "", NULL },
	{ "5 leads nowhere",
	  "0522" RD ESI0 TAG "18"
	  "cb007100" NO4 "000000",
	  NLRI_TREAT_WITHDRAW,
	  "05" RD TAG "18"
	  "cb007100",
	  "", NULL },
	{ "5 prefix of 33",
	  "0522" RD ESI0 TAG "21"
	  "cb007100" NO4 L2,
	  NLRI_SKIP, NULL, NULL, NULL },
	{ "5 prefix of 129", "053a" RD ESI0 TAG "81" IP6 NO6 L2, NLRI_SKIP, NULL, NULL,
	  NULL },
	{ "5 body of 35",
	  "0523" RD ESI0 TAG "18"
	  "cb007100" NO4 L2 "00",
	  NLRI_SKIP, NULL, NULL, NULL },

	{ "6, which others know", "0603 010203", NLRI_OK, "06010203", "",
	  "[6]:[010203]" },
	{ "99, empty", "6300", NLRI_OK, "63", "", "[99]:[]" },
	{ "0", "0001 ff", NLRI_OK, "00ff", "", "[0]:[ff]" },

	{ "nothing", "", NLRI_FRAMING, NULL, NULL, NULL },
	{ "a type alone", "02", NLRI_FRAMING, NULL, NULL, NULL },
	{ "length past the end", "0222" RD ESI0 TAG "30" MAC "00" L1, NLRI_FRAMING,
	  NULL, NULL, NULL },
	{ "unknown past the end", "6304 010203", NLRI_FRAMING, NULL, NULL, NULL },
};

/* The bytes in memory of exactly their size, so that a sanitizer sees over-reads. */
static struct rbuf exact(const char *hex, uint8_t **owned)
{
	uint8_t buf[MAX];
	size_t n = 0;

	unhex(hex, buf, sizeof(buf), &n);
	*owned = malloc(n + !n);
	memcpy(*owned, buf, n);
	return rbuf_of(*owned, n);
}

static void expect(const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[MAX];
	size_t n = 0;

	unhex(hex, want, sizeof(want), &n);
	assert_int_equal(len, n);
	if (n)
		assert_memory_equal(got, want, n);
}

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *owned;
		struct rbuf r = exact(cases[i].in, &owned);
		struct nlri n;
		char text[NLRI_STR_MAX];

		print_message("# %s\n", cases[i].name);
		assert_int_equal(nlri_next(&nlri_evpn_ops, &r, false, false, &n),
				 cases[i].want);
		if (cases[i].want != NLRI_FRAMING)
			assert_int_equal(rbuf_left(&r), 0);
		if (cases[i].key) {
			assert_int_equal(n.path_id, 0);
			assert_int_equal(nlri_evpn_ops.opaque(&n),
					 n.key[0] == 0 || n.key[0] > EVPN_PREFIX);
			expect(n.key, n.key_len, cases[i].key);
			expect(n.data, n.data_len, cases[i].data);
		}
		if (cases[i].text)
			assert_string_equal(nlri_evpn_ops.format(&n, text),
					    cases[i].text);
		free(owned);
	}
}

/* In MP_UNREACH a readable key is all that counts; what is beside it does not. */
static void decodes_withdrawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum nlri_result want = cases[i].want;
		uint8_t *owned;
		struct rbuf r = exact(cases[i].in, &owned);
		struct nlri n;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(nlri_next(&nlri_evpn_ops, &r, false, true, &n),
				 want == NLRI_TREAT_WITHDRAW ? NLRI_OK : want);
		if (cases[i].key) {
			expect(n.key, n.key_len, cases[i].key);
			assert_int_equal(n.data_len, 0);
		}
		free(owned);
	}
}

/* As sent by others and as sent by us: labels and ESI of a withdrawal are zero. */
static void encodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t out[MAX], in[MAX];
		size_t n_in = 0;
		struct wbuf w = wbuf_of(out, sizeof(out));
		struct nlri n, back;
		struct rbuf r;

		if (cases[i].want != NLRI_OK)
			continue;
		print_message("# %s\n", cases[i].name);
		unhex(cases[i].in, in, sizeof(in), &n_in);
		r = rbuf_of(in, n_in);
		nlri_evpn_ops.decode(&r, false, &n);
		assert_int_equal(nlri_evpn_ops.encode(&w, false, &n), 0);
		assert_int_equal(w.len, n_in);
		if (!strstr(cases[i].name, "host bits") &&
		    !strstr(cases[i].name, "default") &&
		    !strstr(cases[i].name, "5 IPv6"))
			assert_memory_equal(out, in, n_in);

		struct wbuf small = wbuf_of(out, n_in - 1);

		assert_int_equal(nlri_evpn_ops.encode(&small, false, &n), -ENOSPC);
		assert_int_equal(small.len, 0);
		assert_false(small.full);

		w = wbuf_of(out, sizeof(out));
		assert_int_equal(nlri_evpn_ops.encode(&w, true, &n), 0);
		r = rbuf_of(out, w.len);
		assert_int_equal(nlri_evpn_ops.decode(&r, true, &back), NLRI_OK);
		assert_int_equal(back.key_len, n.key_len);
		assert_memory_equal(back.key, n.key, n.key_len);
	}
}

static void withdrawn_bytes(void **state)
{
	uint8_t in[MAX], out[MAX];
	size_t n_in = 0;
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct nlri n;
	struct rbuf r;

	(void)state;
	unhex("0224" RD ESI TAG "30" MAC "00" L1 L2, in, sizeof(in), &n_in);
	r = rbuf_of(in, n_in);
	nlri_evpn_ops.decode(&r, false, &n);
	nlri_evpn_ops.encode(&w, true, &n);
	expect(out, w.len,
	       "0221" RD ESI0 TAG "30" MAC "00"
	       "000000");
}

static void views(void **state)
{
	uint8_t in[MAX];
	size_t n_in = 0;
	struct evpn_route e;
	struct nlri n;
	struct rbuf r;

	(void)state;
	unhex("0234" RD ESI "00000064"
	      "30" MAC "80" IP6 L1 L2,
	      in, sizeof(in), &n_in);
	r = rbuf_of(in, n_in);
	nlri_evpn_ops.decode(&r, false, &n);
	assert_int_equal(evpn_view(&n, &e), 0);
	assert_int_equal(e.type, EVPN_MACIP);
	assert_int_equal(e.tag, 100);
	assert_int_equal(e.label1, 10100);
	assert_int_equal(e.label2, 50000);
	assert_true(e.has_label2);
	assert_int_equal(e.ip.len, 16);
	assert_int_equal(e.esi.b[0], 3);
	assert_int_equal(e.mac.b[5], 1);
	assert_int_equal(e.rd.b[1], 1);
}

/* Bytes that never came from here are told apart, not read over. */
static void views_refuse(void **state)
{
	static const struct {
		const char *key, *data;
	} rows[] = {
		{ "", "" },
		{ "02" RD TAG, L1 },
		{ "02" RD TAG MAC "c00002", L1 },
		{ "02" RD TAG MAC, "0027" },
		{ "02" RD TAG MAC, "0027740000" },
		{ "01" RD ESI TAG, L1 L2 },
		{ "01" RD ESI TAG "00", L1 },
		{ "03" RD TAG, "" },
		{ "03" RD TAG IP4, L1 },
		{ "05" RD TAG "21" IP4, L1 },
		{ "05" RD TAG "18", L1 },
		{ "05" RD TAG "18" IP4, L1 IP6 },
		{ "04" RD, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t buf[MAX];
		size_t n = 0, d = 0;
		struct nlri route = { 0 };
		struct evpn_route e;
		struct wbuf w = wbuf_of(buf, sizeof(buf));

		print_message("# %s, %s\n", rows[i].key, rows[i].data);
		unhex(rows[i].key, route.key, sizeof(route.key), &n);
		unhex(rows[i].data, route.data, sizeof(route.data), &d);
		route.key_len = (uint16_t)n;
		route.data_len = (uint8_t)d;
		assert_int_equal(evpn_view(&route, &e), -EINVAL);
		char text[NLRI_STR_MAX];

		assert_string_equal(nlri_evpn_ops.format(&route, text), "[?]");
		if (n)
			assert_int_equal(nlri_evpn_ops.encode(&w, false, &route),
					 -EINVAL);
	}
}

static void path_ids(void **state)
{
	uint8_t in[MAX];
	size_t n_in = 0;
	struct nlri n;
	struct rbuf r;

	(void)state;
	unhex("00000007 0311" RD TAG "20"
	      "0a4d000b"
	      "00000009 6300 0000",
	      in, sizeof(in), &n_in);
	r = rbuf_of(in, n_in);
	assert_int_equal(nlri_next(&nlri_evpn_ops, &r, true, false, &n), NLRI_OK);
	assert_int_equal(n.path_id, 7);
	assert_int_equal(nlri_next(&nlri_evpn_ops, &r, true, false, &n), NLRI_OK);
	assert_int_equal(n.path_id, 9);
	assert_int_equal(nlri_next(&nlri_evpn_ops, &r, true, false, &n), NLRI_FRAMING);
}

/* Shown in this order. */
static void order(void **state)
{
	static const char *const sorted[] = {
		"0119" RD ESI TAG L1,
		"0221" RD ESI0 TAG "30" MAC "00" L1,
		"0225" RD ESI0 TAG "30" MAC "20"
		"ff000201" L1,
		"0231" RD ESI0 TAG "30" MAC "80" IP6 L1,
		"0221" RD ESI0 TAG "30"
		"02aa00000002"
		"00" L1,
		"0221" RD ESI0 "00000001"
		"30" MAC "00" L1,
		"0311" RD TAG "20"
		"0a4d000b",
		"031d" RD TAG "80" IP6,
		"0417" RD ESI "20"
		"0a4d0002",
		"0522" RD ESI0 TAG "18"
		"0a000000" NO4 L2,
		"0522" RD ESI0 TAG "19"
		"0a000000" NO4 L2,
		"0522" RD ESI0 TAG "08"
		"0b000000" NO4 L2,
		"053a" RD ESI0 TAG "08" IP6 NO6 L2,
		"0119 00010a4d000b0003" ESI TAG L1,
		"0601 00",
		"0602 0000",
		"6301 00",
	};
	struct nlri n[ARRAY_SIZE(sorted)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
		uint8_t in[MAX];
		size_t len = 0;

		unhex(sorted[i], in, sizeof(in), &len);
		struct rbuf r = rbuf_of(in, len);

		assert_int_equal(nlri_next(&nlri_evpn_ops, &r, false, false, &n[i]),
				 NLRI_OK);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
			int c = nlri_evpn_ops.cmp(&n[i], &n[k]);

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
		}
	}
	struct nlri twin = n[0];

	twin.path_id = 1;
	assert_true(nlri_evpn_ops.cmp(&n[0], &twin) < 0);
}

static struct ip random_ip(bool may_be_none)
{
	uint8_t b[16];
	uint32_t kind = rand_below(may_be_none ? 3 : 2);

	rand_bytes(b, sizeof(b));
	return kind == 2 ? (struct ip) { 0 } : ip_of(b, kind ? 16 : 4);
}

static struct evpn_route random_route(void)
{
	struct evpn_route r = { .type = (uint8_t)(1 + rand_below(5)) };

	rand_bytes(&r.rd, sizeof(r.rd));
	if (r.type != EVPN_ES)
		r.tag = rand32();
	if (r.type == EVPN_AD || r.type == EVPN_ES || rand_below(4) == 0)
		rand_bytes(&r.esi, sizeof(r.esi));
	if (r.type == EVPN_IMET)
		memset(&r.esi, 0, sizeof(r.esi));
	if (r.type != EVPN_AD)
		r.ip = random_ip(r.type == EVPN_MACIP);
	if (r.type == EVPN_MACIP)
		rand_bytes(&r.mac, sizeof(r.mac));
	if (r.type <= EVPN_MACIP || r.type == EVPN_PREFIX)
		r.label1 = 1 + rand_below(0xffffff);
	if (r.type == EVPN_MACIP && rand_below(2)) {
		r.has_label2 = true;
		r.label2 = rand_below(0x1000000);
	}
	if (r.type == EVPN_PREFIX) {
		r.prefix_bits = (uint8_t)(r.ip.len * 8); /* nothing to mask */
		r.gateway = (struct ip) { .len = r.ip.len };
		if (esi_is_zero(&r.esi) && rand_below(2))
			rand_bytes(r.gateway.b, r.ip.len);
	}
	return r;
}

/* fields -> key and data -> wire -> key and data -> fields */
static void random_routes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct evpn_route r = random_route(), back;
		uint8_t out[MAX];
		struct wbuf w = wbuf_of(out, sizeof(out));
		struct nlri n, m;

		assert_int_equal(evpn_build(&r, &n), 0);
		assert_int_equal(nlri_evpn_ops.encode(&w, false, &n), 0);
		struct rbuf rb = rbuf_of(out, w.len);

		assert_int_equal(nlri_next(&nlri_evpn_ops, &rb, false, false, &m),
				 NLRI_OK);
		assert_int_equal(m.key_len, n.key_len);
		assert_int_equal(m.data_len, n.data_len);
		assert_memory_equal(m.key, n.key, n.key_len);
		assert_memory_equal(m.data, n.data, n.data_len);
		assert_int_equal(evpn_view(&m, &back), 0);
		assert_memory_equal(back.rd.b, r.rd.b, sizeof(r.rd));
		assert_memory_equal(back.esi.b, r.esi.b, sizeof(r.esi));
		assert_memory_equal(back.mac.b, r.mac.b, sizeof(r.mac));
		assert_true(ip_eq(&back.ip, &r.ip));
		assert_true(ip_eq(&back.gateway, &r.gateway));
		assert_int_equal(back.tag, r.tag);
		assert_int_equal(back.label1, r.label1);
		assert_int_equal(back.label2, r.label2);
		assert_int_equal(back.has_label2, r.has_label2);
		assert_int_equal(back.prefix_bits, r.prefix_bits);
	}
}

static void build_refuses(void **state)
{
	struct ip v4 = ip4_of(1), v6 = { .len = 16, .b = { 1 } };
	struct evpn_route rows[] = {
		{ .type = 6 },
		{ .type = 0 },
		{ .type = EVPN_IMET },
		{ .type = EVPN_ES },
		{ .type = EVPN_PREFIX, .label1 = 1 },
		{ .type = EVPN_PREFIX, .ip = v4, .prefix_bits = 33, .label1 = 1 },
		{ .type = EVPN_PREFIX, .ip = v4, .gateway = v6, .label1 = 1 },
		{ .type = EVPN_PREFIX, .ip = v4, .prefix_bits = 32 },
		{ .type = EVPN_MACIP, .ip = { .len = 5 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct nlri n;

		assert_int_equal(evpn_build(&rows[i], &n), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(decodes),       cmocka_unit_test(decodes_withdrawn),
		cmocka_unit_test(encodes),       cmocka_unit_test(withdrawn_bytes),
		cmocka_unit_test(views),         cmocka_unit_test(views_refuse),
		cmocka_unit_test(path_ids),      cmocka_unit_test(order),
		cmocka_unit_test(random_routes), cmocka_unit_test(build_refuses),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
