/*
 * UPDATEs as we write them: order, size limits, path ids, End-of-RIB; and what
 * the frame gives back. Errors of others: test_rfc7606.c.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "wire/nlri_evpn.h"
#include "wire/update.h"

static struct update_scratch scratch;
static const struct update_ctx ctx = { .as4 = true };

static struct nlri route(uint32_t i)
{
	struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100, .mac = { { 2 } } };
	struct nlri n;

	r.mac.b[4] = (uint8_t)(i >> 8);
	r.mac.b[5] = (uint8_t)i;
	assert_int_equal(evpn_build(&r, &n), 0);
	n.path_id = i;
	return n;
}

static enum verdict decode(const struct wbuf *w, struct update *u)
{
	struct msg_header h;
	struct notif err;

	assert_int_equal(msg_header_decode(w->base, MSG_MAX_EXTENDED, &h, &err), 0);
	assert_int_equal(h.len, w->len);
	return update_decode(rbuf_of(w->base + MSG_HEADER_LEN, w->len - MSG_HEADER_LEN),
			     &ctx, &scratch, u);
}

static const uint8_t attr_bytes[] = { 0x40, 1, 1, 0, 0x40, 2, 0,
				      0x40, 5, 4, 0, 0,    0, 100 };
static const struct bytes attrs = { attr_bytes, sizeof(attr_bytes) };

/* Fill one message; every route that was taken is in it, and one more is not. */
static void fill(size_t max, bool addpath, unsigned want)
{
	static uint8_t msg[MSG_MAX_EXTENDED + 1000];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct update_writer uw;
	struct ip nh = ip4_of(0x0a000001);
	struct update u;
	unsigned taken = 0, got = 0;
	struct nlri n = route(0);

	update_reach_begin(&uw, &w, max, &nlri_evpn_ops, addpath, &nh, attrs);
	while (n = route(taken), !update_add(&uw, &n))
		taken++;
	assert_int_equal(taken, want);
	assert_int_equal(update_end(&uw), 0);
	assert_true(w.len <= max);
	assert_true(w.len + 35 + (addpath ? 4 : 0) > max);
	assert_int_equal(decode(&w, &u), V_OK);
	assert_true(ip_eq(&u.reach.nexthop, &nh));
	assert_true(ip_eq(&u.attrs.nexthop, &nh));
	while (rbuf_left(&u.reach.nlri)) {
		struct nlri m, sent = route(got);

		assert_int_equal(
			nlri_next(&nlri_evpn_ops, &u.reach.nlri, addpath, false, &m),
			NLRI_OK);
		assert_int_equal(m.path_id, addpath ? got : 0);
		assert_memory_equal(m.key, sent.key, sent.key_len);
		got++;
	}
	assert_int_equal(got, want);
}

static void fills(void **state)
{
	/* header 19, lengths 4, MP_REACH 4 + 9, attributes 14: 50 without NLRI */
	(void)state;
	fill(MSG_MAX, false, (4096 - 50) / 35);
	fill(MSG_MAX, true, (4096 - 50) / 39);
	fill(MSG_MAX_EXTENDED, false, (65535 - 50) / 35);
	fill(50 + 35, false, 1);
}

static void bytes_of_reach(void **state)
{
	uint8_t msg[256], want[256];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct update_writer uw;
	struct ip nh = ip4_of(0x0a000001);
	struct nlri n = route(1);
	size_t len = 0;

	(void)state;
	update_reach_begin(&uw, &w, MSG_MAX, &nlri_evpn_ops, false, &nh, attrs);
	assert_int_equal(update_add(&uw, &n), 0);
	assert_int_equal(update_end(&uw), 0);
	unhex("ffffffffffffffffffffffffffffffff 0055 02 0000 003e"
	      "900e002c 0019 46 04 0a000001 00"
	      "0221 0000000000000000 00000000000000000000 00000000 30 020000000001 00"
	      "000064 40010100 400200 40050400000064",
	      want, sizeof(want), &len);
	assert_int_equal(w.len, len);
	assert_memory_equal(msg, want, len);
}

static void withdraws(void **state)
{
	uint8_t msg[512];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct update_writer uw;
	struct update u;
	struct nlri n = route(1), m;

	(void)state;
	update_unreach_begin(&uw, &w, MSG_MAX, &nlri_evpn_ops, false);
	assert_int_equal(update_add(&uw, &n), 0);
	n = route(2);
	assert_int_equal(update_add(&uw, &n), 0);
	assert_int_equal(update_end(&uw), 0);
	assert_int_equal(decode(&w, &u), V_OK);
	assert_false(u.reach.present);
	assert_true(u.unreach.present);
	nlri_next(&nlri_evpn_ops, &u.unreach.nlri, false, true, &m);
	nlri_next(&nlri_evpn_ops, &u.unreach.nlri, false, true, &m);
	assert_int_equal(rbuf_left(&u.unreach.nlri), 0);
	assert_memory_equal(m.key, n.key, n.key_len);
}

/* Nothing is left behind by a message that came to nothing. */
static void leaves_nothing(void **state)
{
	uint8_t msg[512];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct update_writer uw;
	struct ip nh = ip4_of(0x0a000001);
	struct nlri n = route(1);

	(void)state;
	msg_keepalive_encode(&w);
	update_reach_begin(&uw, &w, MSG_MAX, &nlri_evpn_ops, false, &nh, attrs);
	assert_int_equal(update_end(&uw), -ENODATA);
	assert_int_equal(w.len, MSG_HEADER_LEN);
	update_reach_begin(&uw, &w, 84, &nlri_evpn_ops, false, &nh, attrs);
	assert_int_equal(update_add(&uw, &n), -ENOSPC);
	assert_int_equal(update_end(&uw), -ENODATA);
	assert_int_equal(w.len, MSG_HEADER_LEN);
	assert_false(w.full);

	/* The memory, not the message, is too small: for the start, or the tail. */
	w = wbuf_of(msg, 40);
	msg_keepalive_encode(&w);
	update_reach_begin(&uw, &w, MSG_MAX, &nlri_evpn_ops, false, &nh, attrs);
	assert_int_equal(update_add(&uw, &n), -ENOSPC);
	assert_int_equal(update_end(&uw), -ENOSPC);
	assert_int_equal(w.len, MSG_HEADER_LEN);
	w = wbuf_of(msg, 84);
	update_reach_begin(&uw, &w, MSG_MAX, &nlri_evpn_ops, true, &nh, attrs);
	assert_int_equal(update_add(&uw, &n), -ENOSPC);
	assert_int_equal(update_end(&uw), -ENODATA);
	assert_int_equal(w.len, 0);
}

static const struct {
	const char *name, *body;
	bool eor;
	uint16_t afi;
	uint8_t safi;
} eors[] = {
	{ "IPv4", "0000 0000", true, 1, 1 },
	{ "EVPN", "0000 0006 800f03 0019 46", true, 25, 70 },
	{ "EVPN with a wide length", "0000 0007 900f0003 0019 46", true, 25, 70 },
	{ "low flag bits", "0000 0006 870f03 0019 46", true, 25, 70 },
	{ "RTC", "0000 0006 800f03 0001 84", true, 1, 132 },
	{ "a withdrawal", "0000 0008 800f05 0019 46 6300", false, 0, 0 },
	{ "an IPv4 withdrawal", "0001 00 0000", false, 0, 0 },
	{ "an attribute beside it", "0000 000a 800f03 0019 46 400101 00", false, 0, 0 },
	{ "an unknown one beside it", "0000 000a 800f03 0019 46 c0f001 00", false, 0,
	  0 },
	{ "MP_REACH", "0000 0008 800e05 0019 46 00 00", false, 0, 0 },
};

static void end_of_rib(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(eors); i++) {
		uint8_t body[64], msg[64];
		struct wbuf w = wbuf_of(msg, sizeof(msg));
		size_t n = 0;
		uint16_t afi = 0;
		uint8_t safi = 0;
		struct update u;

		print_message("# %s\n", eors[i].name);
		unhex(eors[i].body, body, sizeof(body), &n);
		update_decode(rbuf_of(body, n), &ctx, &scratch, &u);
		assert_int_equal(update_is_eor(&u, &afi, &safi), eors[i].eor);
		assert_int_equal(afi, eors[i].afi);
		assert_int_equal(safi, eors[i].safi);
		if (!eors[i].eor)
			continue;
		update_eor_encode(&w, afi, safi);
		assert_int_equal(w.len, afi == 1 && safi == 1 ? 23 : 29);
		assert_int_equal(decode(&w, &u), V_OK);
		assert_true(update_is_eor(&u, &afi, &safi));
		assert_int_equal(afi, eors[i].afi);
	}
}

/* Next hops by length; of two IPv6 ones the first. */
static void next_hops(void **state)
{
	static const struct {
		const char *attrs, *want;
	} rows[] = {
		{ "800e0b 0019 46 04 0a000001 00 6300", "10.0.0.1" },
		{ "800e17 0019 46 10 20010db8000000000000000000000001 00 6300",
		  "2001:db8::1" },
		{ "800e27 0019 46 20 20010db8000000000000000000000001"
		  "fe800000000000000000000000000001 00 6300",
		  "2001:db8::1" },
		{ "800e0f 0001 80 08 000000000a000001 00 0000", "none" },
		{ "800e07 0001 85 00 00 6300", "none" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t body[128];
		char text[ADDR_STR];
		size_t n = 4;
		struct update u;

		print_message("# %s\n", rows[i].attrs);
		unhex(rows[i].attrs, body, sizeof(body), &n);
		unhex("40010100 400200 40050400000064", body, sizeof(body), &n);
		body[0] = body[1] = body[2] = 0;
		body[3] = (uint8_t)(n - 4);
		assert_int_equal(update_decode(rbuf_of(body, n), &ctx, &scratch, &u),
				 V_OK);
		assert_string_equal(ip_format(&u.reach.nexthop, text), rows[i].want);
		assert_int_equal(rbuf_left(&u.reach.nlri), 2);
	}
}

static void reason_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < UR_COUNT; i++) {
		const char *name = update_reason_name((enum update_reason)i);

		assert_non_null(name);
		assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
			    strlen(name));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(
				name, update_reason_name((enum update_reason)k));
	}
	assert_string_equal(update_reason_name(UR_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(fills),        cmocka_unit_test(bytes_of_reach),
		cmocka_unit_test(withdraws),    cmocka_unit_test(leaves_nothing),
		cmocka_unit_test(end_of_rib),   cmocka_unit_test(next_hops),
		cmocka_unit_test(reason_names),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
