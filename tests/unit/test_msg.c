/* Headers, NOTIFICATION and its texts, ROUTE-REFRESH. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "wire/msg.h"

enum { OLD = MSG_MAX, NEW = MSG_MAX_EXTENDED };

static const struct {
	const char *name;
	uint8_t first; /* of the marker */
	uint16_t len;
	uint8_t type;
	size_t max;
	uint8_t sub; /* 0: good */
} headers[] = {
	{ "keepalive", 0xff, 19, MSG_KEEPALIVE, OLD, 0 },
	{ "keepalive with a body", 0xff, 20, MSG_KEEPALIVE, OLD, 2 },
	{ "marker", 0xfe, 19, MSG_KEEPALIVE, OLD, 1 },
	{ "18", 0xff, 18, MSG_KEEPALIVE, OLD, 2 },
	{ "0", 0xff, 0, MSG_UPDATE, OLD, 2 },
	{ "open 28", 0xff, 28, MSG_OPEN, OLD, 2 },
	{ "open 29", 0xff, 29, MSG_OPEN, OLD, 0 },
	{ "open 4096", 0xff, 4096, MSG_OPEN, NEW, 0 },
	{ "open 4097 with long messages", 0xff, 4097, MSG_OPEN, NEW, 2 },
	{ "update 22", 0xff, 22, MSG_UPDATE, OLD, 2 },
	{ "update 23", 0xff, 23, MSG_UPDATE, OLD, 0 },
	{ "update 4096", 0xff, 4096, MSG_UPDATE, OLD, 0 },
	{ "update 4097", 0xff, 4097, MSG_UPDATE, OLD, 2 },
	{ "update 65535", 0xff, 65535, MSG_UPDATE, NEW, 0 },
	{ "notification 20", 0xff, 20, MSG_NOTIFICATION, OLD, 2 },
	{ "notification 21", 0xff, 21, MSG_NOTIFICATION, OLD, 0 },
	{ "refresh 22", 0xff, 22, MSG_ROUTE_REFRESH, OLD, 2 },
	{ "refresh 23", 0xff, 23, MSG_ROUTE_REFRESH, OLD, 0 },
	{ "refresh with filters", 0xff, 40, MSG_ROUTE_REFRESH, OLD, 0 },
	{ "type 0", 0xff, 19, 0, OLD, 3 },
	{ "type 6", 0xff, 19, 6, OLD, 3 },
	{ "type 255", 0xff, 19, 255, OLD, 3 },
};

static void header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		uint8_t p[MSG_HEADER_LEN];
		struct msg_header h;
		struct notif err;
		uint8_t sub = headers[i].sub;

		print_message("# %s\n", headers[i].name);
		memset(p, 0xff, sizeof(p));
		p[0] = headers[i].first;
		p[16] = (uint8_t)(headers[i].len >> 8);
		p[17] = (uint8_t)headers[i].len;
		p[18] = headers[i].type;
		assert_int_equal(msg_header_decode(p, headers[i].max, &h, &err),
				 sub ? -EBADMSG : 0);
		if (!sub) {
			assert_int_equal(h.len, headers[i].len);
			assert_int_equal(h.type, headers[i].type);
			continue;
		}
		assert_int_equal(err.code, NOTIF_HEADER);
		assert_int_equal(err.sub, sub);
		assert_int_equal(err.len, sub == 2 ? 2 : sub == 3 ? 1 : 0);
		if (err.len)
			assert_memory_equal(err.data, sub == 2 ? p + 16 : p + 18,
					    err.len);
	}
}

static void keepalive(void **state)
{
	uint8_t p[MSG_HEADER_LEN], want[MSG_HEADER_LEN];
	struct wbuf w = wbuf_of(p, sizeof(p));

	(void)state;
	memset(want, 0xff, 16);
	want[16] = 0;
	want[17] = 19;
	want[18] = MSG_KEEPALIVE;
	msg_keepalive_encode(&w);
	assert_int_equal(w.len, 19);
	assert_memory_equal(p, want, 19);
	msg_keepalive_encode(&w);
	assert_true(w.full);
	assert_int_equal(w.len, 19);
}

static void notification_round_trip(void **state)
{
	struct notif n = notif_make(NOTIF_OPEN, 2, "\xfd\xe8", 2), m;
	uint8_t p[64];
	struct wbuf w = wbuf_of(p, sizeof(p));
	struct rbuf r;

	(void)state;
	msg_notif_encode(&w, &n);
	assert_int_equal(w.len, 23);
	r = rbuf_of(p + MSG_HEADER_LEN, w.len - MSG_HEADER_LEN);
	assert_int_equal(msg_notif_decode(&r, &m), 0);
	assert_int_equal(m.code, 2);
	assert_int_equal(m.sub, 2);
	assert_int_equal(m.len, 2);
	assert_memory_equal(m.data, "\xfd\xe8", 2);
	r = rbuf_of(p, 1);
	assert_int_equal(msg_notif_decode(&r, &m), -EBADMSG);
}

static void data_is_cut(void **state)
{
	uint8_t many[NOTIF_DATA_MAX + 100] = { 1 };
	struct notif n = notif_make(3, 5, many, sizeof(many));
	struct notif hard = notif_hard(&n), inner;

	(void)state;
	assert_int_equal(n.len, NOTIF_DATA_MAX);
	assert_int_equal(hard.len, NOTIF_DATA_MAX);
	inner = notif_inner(&hard);
	assert_int_equal(inner.code, 3);
	assert_int_equal(inner.sub, 5);
	assert_int_equal(inner.len, NOTIF_DATA_MAX - 2);
}

static void hard_reset(void **state)
{
	struct notif n = notif_shutdown(CEASE_SHUTDOWN, "going down");
	struct notif hard = notif_hard(&n), inner = notif_inner(&hard);
	struct notif bare = notif_make(NOTIF_CEASE, CEASE_HARD_RESET, NULL, 0);
	char text[128];

	(void)state;
	assert_true(notif_is_hard(&hard));
	assert_false(notif_is_hard(&n));
	assert_int_equal(hard.len, 2 + n.len);
	assert_int_equal(inner.sub, CEASE_SHUTDOWN);
	assert_string_equal(notif_message(&hard, text, sizeof(text)), "going down");
	inner = notif_inner(&bare);
	assert_int_equal(inner.sub, CEASE_HARD_RESET);
	assert_string_equal(notif_format(&bare, text, sizeof(text)),
			    "Cease/Hard Reset");
}

/* Data of Cease as sent, and what an operator reads. */
static const struct {
	uint8_t sub;
	const char *data;
	size_t len;
	const char *want;
} messages[] = {
	{ 2, "\x05hello", 6, "hello" }, { 4, "\x05hello", 6, "hello" },
	{ 3, "\x05hello", 6, "" },      { 2, "", 0, "" },
	{ 2, "\x00", 1, "" },           { 2, "\xffhello", 6, "hello" },
	{ 2, "\x03hello", 6, "hel" },   { 2, "\x04g\xc3\xa4h", 5, "g\xc3\xa4h" },
	{ 2, "\x03g\xffh", 4, "g?h" },  { 2, "\x05g\n\x1b\x7fh", 6, "g???h" },
	{ 2, "\x02g\xc3", 3, "g?" },    { 9, "\x06\x02\x02hi", 5, "hi" },
};

static void communication(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		struct notif n = notif_make(NOTIF_CEASE, messages[i].sub,
					    messages[i].data, messages[i].len);
		char text[128];

		assert_string_equal(notif_message(&n, text, sizeof(text)),
				    messages[i].want);
	}
}

static void long_communication(void **state)
{
	char words[400];
	struct notif n;

	(void)state;
	memset(words, 'x', sizeof(words));
	words[254] = '\xc3'; /* the 255th byte would cut this character in two */
	words[255] = '\xa4';
	words[399] = '\0';
	n = notif_shutdown(CEASE_RESET, words);
	assert_int_equal(n.data[0], 254);
	assert_int_equal(n.len, 255);
	n = notif_shutdown(CEASE_RESET, NULL);
	assert_int_equal(n.len, 0);
}

static void names(void **state)
{
	static const struct {
		uint8_t code, sub;
		const char *want;
	} rows[] = {
		{ 1, 2, "Message Header Error/Bad Message Length" },
		{ 2, 2, "OPEN Message Error/Bad Peer AS" },
		{ 3, 99, "UPDATE Message Error/99" },
		{ 4, 0, "Hold Timer Expired" },
		{ 5, 3,
		  "Finite State Machine Error/Unexpected Message in Established" },
		{ 6, 2, "Cease/Administrative Shutdown" },
		{ 6, 10, "Cease/BFD Down" },
		{ 8, 0, "Send Hold Timer Expired" },
		{ 0, 0, "code 0/0" },
		{ 99, 7, "code 99/7" },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notif n = notif_make(rows[i].code, rows[i].sub, NULL, 0);

		assert_string_equal(notif_format(&n, text, sizeof(text)), rows[i].want);
	}
	struct notif hold = notif_make(NOTIF_HOLD, 0, NULL, 0);
	struct notif hard = notif_hard(&hold);

	assert_string_equal(notif_format(&hard, text, sizeof(text)),
			    "Cease/Hard Reset (Hold Timer Expired)");
	assert_string_equal(notif_format(&hard, text, 6), "Cease");
}

static void refresh(void **state)
{
	static const struct {
		uint8_t sub;
		size_t len;
		int want;
	} rows[] = {
		{ RR_REQUEST, 23, 0 },
		{ RR_BEGIN, 23, 0 },
		{ RR_END, 23, 0 },
		{ RR_REQUEST, 30, 0 },
		{ RR_BEGIN, 24, -EBADMSG },
		{ RR_END, 30, -EBADMSG },
		{ RR_REQUEST, 22, -EBADMSG },
		{ 255, 23, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct msg_refresh m = { .afi = 25, .sub = rows[i].sub, .safi = 70 };
		struct msg_refresh got;
		uint8_t p[64] = { 0 };
		struct wbuf w = wbuf_of(p, sizeof(p));
		struct notif err;

		msg_refresh_encode(&w, &m);
		assert_int_equal(w.len, 23);
		assert_int_equal(msg_refresh_decode(p, rows[i].len, &got, &err),
				 rows[i].want);
		if (!rows[i].want) {
			assert_int_equal(got.afi, 25);
			assert_int_equal(got.safi, 70);
			assert_int_equal(got.sub, rows[i].sub);
			continue;
		}
		assert_int_equal(err.code, NOTIF_ROUTE_REFRESH);
		assert_int_equal(err.sub, 1);
		assert_int_equal(err.len, rows[i].len);
		assert_memory_equal(err.data, p, rows[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(keepalive),
		cmocka_unit_test(notification_round_trip),
		cmocka_unit_test(data_is_cut),
		cmocka_unit_test(hard_reset),
		cmocka_unit_test(communication),
		cmocka_unit_test(long_communication),
		cmocka_unit_test(names),
		cmocka_unit_test(refresh),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
