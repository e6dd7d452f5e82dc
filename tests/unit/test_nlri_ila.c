/*
 * ILA identifiers: blocks, with and without ADD-PATH, next hops of 8 octets, what
 * cannot be framed, messages that are filled, and the numbers of the family.
 * draft-lapukhov-bgp-ila-afi-02.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "wire/nlri_ila.h"
#include "wire/update.h"

enum { MAX = 256 };

#define ID_B "200000000002000b"
#define ID_C "200000000002000c"

static struct update_scratch scratch;

/* ---- blocks ---- */

static const struct {
	const char *name, *in;
	bool addpath, framed;
	const char *ids[3];
	uint32_t path_id;
} blocks[] = {
	{ "nothing at all", "", false, true, { 0 }, 0 },
	{ "empty", "0000", false, true, { 0 }, 0 },
	{ "one", "0008" ID_B, false, true, { "2000:0:2:b" }, 0 },
	{ "two", "0010" ID_B ID_C, false, true, { "2000:0:2:b", "2000:0:2:c" }, 0 },
	{ "one of them twice",
	  "0010" ID_B ID_B,
	  false,
	  true,
	  { "2000:0:2:b", "2000:0:2:b" },
	  0 },
	{ "with path id",
	  "00000009 0010" ID_B ID_C,
	  true,
	  true,
	  { "2000:0:2:b", "2000:0:2:c" },
	  9 },
	{ "empty, with path id", "00000009 0000", true, true, { 0 }, 9 },
	{ "path id alone", "00000009", true, false, { 0 }, 0 },
	{ "half a path id", "0000", true, false, { 0 }, 0 },
	{ "path id not agreed", "00000009 0008" ID_B, false, false, { 0 }, 0 },
	{ "path id agreed, not there", "0008" ID_B, true, false, { 0 }, 0 },
	{ "path id before each", "0010 00000001" ID_B, false, false, { 0 }, 0 },
	{ "half a length", "00", false, false, { 0 }, 0 },
	{ "no multiple of 8", "0009" ID_B "00", false, false, { 0 }, 0 },
	{ "less than one", "0007 20000000000200", false, false, { 0 }, 0 },
	{ "longer than what is left", "0010" ID_B, false, false, { 0 }, 0 },
	{ "shorter than what is left", "0008" ID_B ID_C, false, false, { 0 }, 0 },
	{ "empty, but something left", "0000" ID_B, false, false, { 0 }, 0 },
	{ "two blocks", "0008" ID_B "0008" ID_C, false, false, { 0 }, 0 },
	{ "as long as can be", "ffff" ID_B, false, false, { 0 }, 0 },
};

static void reads_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		uint8_t in[MAX];
		size_t len = 0, n = 0;
		struct nlri_list l;

		print_message("# %s\n", blocks[i].name);
		unhex(blocks[i].in, in, sizeof(in), &len);
		assert_int_equal(nlri_list_open(&l, &nlri_ila_ops, rbuf_of(in, len),
						blocks[i].addpath),
				 blocks[i].framed);
		if (!blocks[i].framed)
			continue;
		while (nlri_list_more(&l)) {
			char text[NLRI_STR_MAX];
			struct nlri r = { .data_len = 7 };

			assert_non_null(blocks[i].ids[n]);
			assert_int_equal(nlri_list_next(&l, i & 1, &r), NLRI_OK);
			assert_string_equal(nlri_ila_ops.format(&r, text),
					    blocks[i].ids[n++]);
			assert_int_equal(r.path_id, blocks[i].path_id);
			assert_int_equal(r.data_len, 0);
		}
		assert_null(blocks[i].ids[n]);
	}
}

/* ---- whole messages ---- */

#define ORIGINS "40010100 400200 40050400000064 "

static struct nlri_ops with_number(uint16_t afi, uint8_t safi)
{
	struct nlri_ops ops = nlri_ila_ops;

	ops.afi = afi;
	ops.safi = safi;
	return ops;
}

static const struct {
	const char *name, *mp;
	uint16_t afi;
	uint8_t safi;
	bool addpath, next_hop_16;
	enum verdict want;
	enum update_reason reason;
	const char *next_hop;
} messages[] = {
	{ "default number", "800e17 0002 f1 08 20010db801000002 00 0008" ID_B, 2, 241,
	  false, false, V_OK, UR_NONE, "2001:db8:100:2::" },
	{ "the other number", "800e1f 811a 01 08 20010db801000002 00 0010" ID_B ID_C,
	  33050, 1, false, false, V_OK, UR_NONE, "2001:db8:100:2::" },
	{ "of a family not negotiated",
	  "800e17 811a 01 08 20010db801000002 00 0008" ID_B, 2, 241, false, false, V_OK,
	  UR_NONE, "none" },
	{ "next hop of 16",
	  "800e1f 0002 f1 10 20010db801000002fe80000000000001 00 0008" ID_B, 2, 241,
	  false, false, V_RESET, UR_MP_FORM, NULL },
	{ "next hop of 16, configured",
	  "800e1f 0002 f1 10 20010db801000002fe80000000000001 00 0008" ID_B, 2, 241,
	  false, true, V_OK, UR_NONE, "2001:db8:100:2::" },
	{ "next hop of 8, 16 configured",
	  "800e17 0002 f1 08 20010db801000002 00 0008" ID_B, 2, 241, false, true, V_OK,
	  UR_NONE, "2001:db8:100:2::" },
	{ "next hop of 4", "800e13 0002 f1 04 0a000001 00 0008" ID_B, 2, 241, false,
	  false, V_RESET, UR_MP_FORM, NULL },
	{ "next hop of 32, 16 configured",
	  "800e2f 0002 f1 20 "
	  "20010db801000002000000000000000120010db8010000020000000000000001 00 "
	  "0008" ID_B,
	  2, 241, false, true, V_RESET, UR_MP_FORM, NULL },
	{ "no next hop", "800e0f 0002 f1 00 00 0008" ID_B, 2, 241, false, false,
	  V_RESET, UR_MP_FORM, NULL },
	{ "locator zero", "800e17 0002 f1 08 0000000000000000 00 0008" ID_B, 2, 241,
	  false, false, V_WITHDRAW, UR_ATTR_VALUE, "::" },
	{ "locator multicast", "800e17 0002 f1 08 ff02000000000001 00 0008" ID_B, 2,
	  241, false, false, V_WITHDRAW, UR_ATTR_VALUE, "ff02:0:0:1::" },
	{ "locator link-local", "800e17 0002 f1 08 febf000000000001 00 0008" ID_B, 2,
	  241, false, false, V_WITHDRAW, UR_ATTR_VALUE, "febf:0:0:1::" },
	{ "locator nearly link-local",
	  "800e17 0002 f1 08 fec0000000000001 00 0008" ID_B, 2, 241, false, false, V_OK,
	  UR_NONE, "fec0:0:0:1::" },
};

static void reads_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		const struct nlri_ops ops =
			with_number(messages[i].afi, messages[i].safi);
		const struct update_ctx ctx = {
			.as4 = true,
			.ila = &ops,
			.ila_addpath = messages[i].addpath,
			.ila_next_hop_16 = messages[i].next_hop_16,
		};
		uint8_t body[MAX] = { 0 };
		char text[ADDR_STR];
		struct update u;
		size_t n = 4;

		print_message("# %s\n", messages[i].name);
		unhex(ORIGINS, body, sizeof(body), &n);
		unhex(messages[i].mp, body, sizeof(body), &n);
		body[3] = (uint8_t)(n - 4);
		assert_int_equal(update_decode(rbuf_of(body, n), &ctx, &scratch, &u),
				 messages[i].want);
		assert_int_equal(u.reason, messages[i].reason);
		if (!messages[i].next_hop)
			continue;
		assert_string_equal(ip_format(&u.attrs.nexthop, text),
				    messages[i].next_hop);
		assert_true(u.reach.present);
	}
}

/* As a message that somebody else computed. */
static void bytes_of_messages(void **state)
{
	const struct nlri_ops ops = with_number(33050, 1);
	static const uint8_t attrs[] = { 0x40, 1, 1, 0, 0x40, 2, 0,
					 0x40, 5, 4, 0, 0,    0, 100 };
	const struct ila64 b = { { 0x20, 0, 0, 0, 0, 2, 0, 0xb } },
			   c = { { 0x20, 0, 0, 0, 0, 2, 0, 0xc } };
	struct ip locator = { .len = 16, .b = { 0x20, 1, 0xd, 0xb8, 1, 0, 0, 2 } };
	uint8_t msg[MAX], want[MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct update_writer uw;
	struct nlri n;
	size_t len = 0;

	(void)state;
	update_reach_begin(&uw, &w, MSG_MAX, &ops, false, &locator,
			   (struct bytes) { attrs, sizeof(attrs) });
	nlri_ila_build(&b, &n);
	assert_int_equal(update_add(&uw, &n), 0);
	nlri_ila_build(&c, &n);
	assert_int_equal(update_add(&uw, &n), 0);
	assert_int_equal(update_end(&uw), 0);
	unhex("ffffffffffffffffffffffffffffffff 0048 02 0000 0031"
	      "900e001f 811a 01 08 20010db801000002 00 0010" ID_B ID_C ORIGINS,
	      want, sizeof(want), &len);
	assert_int_equal(w.len, len);
	assert_memory_equal(msg, want, len);

	w.len = len = 0;
	update_unreach_begin(&uw, &w, MSG_MAX, &ops, true);
	nlri_ila_build(&b, &n);
	n.path_id = 0x01020304;
	assert_int_equal(update_add(&uw, &n), 0);
	assert_int_equal(update_end(&uw), 0);
	unhex("ffffffffffffffffffffffffffffffff 002c 02 0000 0015"
	      "900f0011 811a 01 01020304 0008" ID_B,
	      want, sizeof(want), &len);
	assert_int_equal(w.len, len);
	assert_memory_equal(msg, want, len);
}

static struct nlri route(unsigned i)
{
	struct ila64 id = { { 0x20 } };
	struct nlri n;

	id.b[6] = (uint8_t)(i >> 8);
	id.b[7] = (uint8_t)i;
	nlri_ila_build(&id, &n);
	return n;
}

/* As many identifiers as a message holds, and what is written reads back. */
static void fills(void **state)
{
	static const uint8_t attrs[] = { 0x40, 1, 1, 0, 0x40, 2, 0,
					 0x40, 5, 4, 0, 0,    0, 100 };
	static uint8_t msg[2 * MSG_MAX];
	struct ip locator = { .len = 16, .b = { 0x20, 1 } };
	const struct update_ctx ctx = { .as4 = true, .ila = &nlri_ila_ops };

	(void)state;
	for (int addpath = 0; addpath < 2; addpath++) {
		struct wbuf w = wbuf_of(msg, sizeof(msg));
		struct nlri n = route(0);
		struct update_writer uw;
		struct nlri_list l;
		struct update u;
		unsigned took = 0, got = 0;

		update_reach_begin(&uw, &w, MSG_MAX, &nlri_ila_ops, addpath, &locator,
				   (struct bytes) { attrs, sizeof(attrs) });
		while (n = route(took), n.path_id = 5, !update_add(&uw, &n))
			took++;
		/* 56 bytes without identifiers, 4 more with a path id */
		assert_int_equal(took, addpath ? 504 : 505);
		assert_int_equal(update_end(&uw), 0);
		assert_true(w.len <= MSG_MAX && w.len + 8 > MSG_MAX);
		assert_int_equal(update_decode(rbuf_of(msg + MSG_HEADER_LEN,
						       w.len - MSG_HEADER_LEN),
					       &ctx, &scratch, &u),
				 V_OK);
		assert_true(nlri_list_open(&l, &nlri_ila_ops, u.reach.nlri, addpath));
		for (; nlri_list_more(&l); got++) {
			struct nlri want = route(got);

			assert_int_equal(nlri_list_next(&l, false, &n), NLRI_OK);
			assert_memory_equal(n.key, want.key, want.key_len);
			assert_int_equal(n.path_id, addpath ? 5 : 0);
		}
		assert_int_equal(got, took);
	}
}

/* A path id of its own needs a message of its own; without ADD-PATH none matters. */
static void path_ids_part_messages(void **state)
{
	(void)state;
	for (int addpath = 0; addpath < 2; addpath++) {
		uint8_t msg[MAX];
		struct wbuf w = wbuf_of(msg, sizeof(msg));
		struct nlri a = route(1), b = route(2), c = route(3);
		struct update_writer uw;
		size_t len;

		a.path_id = b.path_id = 7;
		c.path_id = 8;
		update_unreach_begin(&uw, &w, MSG_MAX, &nlri_ila_ops, addpath);
		assert_int_equal(update_add(&uw, &a), 0);
		assert_int_equal(update_add(&uw, &b), 0);
		len = w.len;
		assert_int_equal(update_add(&uw, &c), addpath ? -ENOSPC : 0);
		assert_int_equal(w.len, len + (addpath ? 0 : 8));
		assert_int_equal(update_end(&uw), 0);
	}
}

static void no_room(void **state)
{
	(void)state;
	/* header 19, lengths 4, MP_UNREACH 4 + 3, then path id 4, length 2, 8 */
	for (size_t room = 30; room < 44; room++) {
		uint8_t msg[44];
		struct wbuf w = wbuf_of(msg, room);
		struct nlri a = route(1);
		struct update_writer uw;

		update_unreach_begin(&uw, &w, MSG_MAX, &nlri_ila_ops, true);
		assert_int_equal(update_add(&uw, &a), -ENOSPC);
		assert_int_equal(w.len, 30);
		assert_false(w.full);
		assert_int_equal(update_end(&uw), -ENODATA);
	}
}

/* ---- End-of-RIB ---- */

static const struct {
	const char *name, *unreach;
	bool addpath, eor;
} eors[] = {
	{ "nothing behind SAFI", "800f03 0002 f1", false, true },
	{ "nothing, with ADD-PATH", "800f03 0002 f1", true, true },
	{ "length 0", "800f05 0002 f1 0000", false, true },
	{ "length 0, path id", "800f09 0002 f1 00000001 0000", true, true },
	{ "a withdraw", "800f0d 0002 f1 0008" ID_B, false, false },
	{ "length 0 of another family", "800f05 811a 01 0000", false, false },
	{ "cut", "800f04 0002 f1 00", false, false },
	{ "path id not agreed", "800f09 0002 f1 00000001 0000", false, false },
	{ "length 8, nothing there", "800f05 0002 f1 0008", false, false },
};

static void end_of_rib(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(eors); i++) {
		const struct update_ctx ctx = { .as4 = true,
						.ila = &nlri_ila_ops,
						.ila_addpath = eors[i].addpath };
		uint8_t body[MAX] = { 0 };
		uint16_t afi = 0;
		uint8_t safi = 0;
		struct update u;
		size_t n = 4;

		print_message("# %s\n", eors[i].name);
		unhex(eors[i].unreach, body, sizeof(body), &n);
		body[3] = (uint8_t)(n - 4);
		update_decode(rbuf_of(body, n), &ctx, &scratch, &u);
		assert_int_equal(update_is_eor(&u, &afi, &safi), eors[i].eor);
		if (eors[i].eor)
			assert_int_equal(afi << 8 | safi, 2 << 8 | 241);
	}
}

/* ---- the rest ---- */

static void order_and_text(void **state)
{
	struct nlri a = route(1), b = route(2), c = route(256), short_one = a;
	char text[NLRI_STR_MAX];
	struct ila64 id;
	uint8_t buf[8];
	struct wbuf w = wbuf_of(buf, sizeof(buf)), small = wbuf_of(buf, 7);

	(void)state;
	assert_true(nlri_ila_ops.cmp(&a, &b) < 0 && nlri_ila_ops.cmp(&b, &c) < 0);
	assert_true(nlri_ila_ops.cmp(&c, &a) > 0);
	assert_int_equal(nlri_ila_ops.cmp(&a, &a), 0);
	b = a;
	b.path_id = 1;
	assert_true(nlri_ila_ops.cmp(&a, &b) < 0);
	short_one.key_len = 7;
	assert_int_equal(nlri_ila_view(&short_one, &id), -EINVAL);
	assert_string_equal(nlri_ila_ops.format(&short_one, text), "[?]");
	assert_int_equal(nlri_ila_ops.encode(&w, false, &short_one), -EINVAL);
	assert_int_equal(nlri_ila_ops.encode(&small, false, &a), -ENOSPC);
	assert_int_equal(nlri_ila_ops.encode(&w, false, &a), 0);
}

static void numbers(void **state)
{
	static const struct {
		uint16_t afi;
		uint8_t safi;
		bool good;
	} rows[] = {
		{ 2, 241, true },    { 33050, 1, true },    { 1, 254, true },
		{ 33, 1, true },     { 16383, 2, true },    { 65534, 1, true },
		{ 25, 70, false },   { 1, 132, false },     { 2, 1, false },
		{ 1, 1, false },     { 2, 240, false },     { 2, 255, false },
		{ 2, 0, false },     { 0, 241, false },     { 65535, 241, false },
		{ 33050, 0, false }, { 33050, 255, false }, { 16397, 241, false },
		{ 16397, 1, false }, { 16384, 1, false },   { 25, 241, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("# %u %u\n", rows[i].afi, rows[i].safi);
		assert_int_equal(!nlri_ila_family_check(rows[i].afi, rows[i].safi),
				 rows[i].good);
	}
	assert_null(nlri_ila_family_check(nlri_ila_ops.afi, nlri_ila_ops.safi));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(reads_blocks),
		cmocka_unit_test(reads_messages),
		cmocka_unit_test(fills),
		cmocka_unit_test(bytes_of_messages),
		cmocka_unit_test(no_room),
		cmocka_unit_test(path_ids_part_messages),
		cmocka_unit_test(end_of_rib),
		cmocka_unit_test(order_and_text),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
