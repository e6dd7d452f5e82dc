/*
 * Messages of other daemons: what we read is what NAME.expect says (made from
 * another program's decode, not from ours), and what we write from it reads the
 * same again. Where our form is theirs, the bytes are too.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdlib.h>

#include "lib/wbuf.h"
#include "tests/vectors/dump.h"
#include "wire/msg.h"
#include "wire/nlri_evpn.h"
#include "wire/open.h"
#include "wire/update.h"

enum { TEXT = 16384, NAME = 128 };

/* Those that we write with the very bytes of their sender. */
static const char *const same_bytes[] = {
	"frr844-notif-6-9-data-2",
	"frr844-rr-25-70-sub0",
	"frr844-update-eor-25-70",
	"frr844-update-wd-t2mac",
};

/* Those that cannot be written again: a route that is wrong. */
static const char *const not_written[] = { "neg-t2-iplen" };

static bool is_in(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static size_t read_file(const char *name, const char *ext, char *buf, size_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s%s", VECTORS_DIR, name, ext);
	FILE *f = fopen(path, "r");

	if (!f)
		fail_msg("%s cannot be read", path);
	size_t n = fread(buf, 1, size - 1, f);

	fclose(f);
	buf[n] = '\0';
	return n;
}

static size_t read_hex(const char *name, uint8_t *out, size_t size)
{
	char text[TEXT];
	size_t n = 0;

	read_file(name, ".hex", text, sizeof(text));
	for (const char *p = text; n < size; p += 2) {
		unsigned byte;

		if (sscanf(p, "%2x", &byte) != 1)
			break;
		out[n++] = (uint8_t)byte;
	}
	return n;
}

/* Every route of an MP attribute, into a new message. */
static void write_nlri(struct update_writer *uw, struct rbuf r, bool withdraw)
{
	struct nlri n;

	while (rbuf_left(&r)) {
		assert_int_equal(nlri_next(uw->ops, &r, false, withdraw, &n), NLRI_OK);
		assert_int_equal(update_add(uw, &n), 0);
	}
	assert_int_equal(update_end(uw), 0);
}

static void write_update(struct wbuf *w, const uint8_t *body, size_t len)
{
	static struct update_scratch scratch;
	const struct update_ctx ctx = { .as4 = true };
	const struct attr_export plain = { 0 };
	uint8_t attrs[MSG_MAX];
	struct wbuf a = wbuf_of(attrs, sizeof(attrs));
	struct update_writer uw;
	struct update u;
	uint16_t afi;
	uint8_t safi;

	update_decode(rbuf_of(body, len), &ctx, &scratch, &u);
	if (update_is_eor(&u, &afi, &safi)) {
		update_eor_encode(w, afi, safi);
	} else if (u.unreach.present) {
		update_unreach_begin(&uw, w, MSG_MAX,
				     dump_ops(u.unreach.afi, u.unreach.safi), false);
		write_nlri(&uw, u.unreach.nlri, true);
	} else {
		assert_int_equal(attrs_export(&a, &u.attrs, &plain), 0);
		update_reach_begin(&uw, w, MSG_MAX, dump_ops(u.reach.afi, u.reach.safi),
				   false, &u.reach.nexthop,
				   (struct bytes) { attrs, a.len });
		write_nlri(&uw, u.reach.nlri, false);
	}
}

static void write_again(struct wbuf *w, const uint8_t *msg, size_t len)
{
	const uint8_t *body = msg + MSG_HEADER_LEN;
	size_t body_len = len - MSG_HEADER_LEN;
	struct rbuf r = rbuf_of(body, body_len);
	struct msg_refresh m;
	struct open_msg o;
	struct notif n;

	switch (msg[18]) {
	case MSG_OPEN:
		assert_int_equal(open_decode(body, body_len, &o, &n), 0);
		assert_int_equal(open_encode(w, &o), 0);
		break;
	case MSG_UPDATE:
		write_update(w, body, body_len);
		break;
	case MSG_NOTIFICATION:
		assert_int_equal(msg_notif_decode(&r, &n), 0);
		msg_notif_encode(w, &n);
		break;
	case MSG_ROUTE_REFRESH:
		assert_int_equal(msg_refresh_decode(msg, len, &m, &n), 0);
		msg_refresh_encode(w, &m);
		break;
	default:
		fail_msg("type %u", msg[18]);
	}
}

static void check_one(const char *name)
{
	char want[TEXT], got[TEXT];
	uint8_t msg[MSG_MAX], again[MSG_MAX];
	size_t len = read_hex(name, msg, sizeof(msg));
	struct wbuf w = wbuf_of(again, sizeof(again));

	print_message("# %s\n", name);
	assert_true(len >= MSG_HEADER_LEN);
	read_file(name, ".expect", want, sizeof(want));
	assert_string_equal(dump_message(msg, len, false, got, sizeof(got)), want);
	if (is_in(name, not_written, ARRAY_SIZE(not_written)))
		return;
	write_again(&w, msg, len);
	assert_string_equal(dump_message(again, w.len, false, got, sizeof(got)), want);
	if (is_in(name, same_bytes, ARRAY_SIZE(same_bytes))) {
		assert_int_equal(w.len, len);
		assert_memory_equal(again, msg, len);
	}
}

static void all_vectors(void **state)
{
	DIR *d = opendir(VECTORS_DIR);
	unsigned n = 0;
	struct dirent *e;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		char name[NAME];
		size_t len = strlen(e->d_name);

		if (len < 5 || strcmp(e->d_name + len - 4, ".hex") || len >= NAME)
			continue;
		memcpy(name, e->d_name, len - 4);
		name[len - 4] = '\0';
		check_one(name);
		n++;
	}
	closedir(d);
	assert_int_equal(n, VECTORS);
}

/* The session of Listing 3: both readings of the label, 107 bytes in all. */
static void listing3(void **state)
{
	uint8_t msg[MSG_MAX];
	char text[TEXT];

	(void)state;
	assert_int_equal(read_hex("seed-listing3", msg, sizeof(msg)), 107);
	assert_int_equal(label_from_mpls(2177), 136);
	assert_int_equal(label_to_mpls(136), 2177);
	assert_non_null(strstr(dump_message(msg, 107, false, text, sizeof(text)),
			       "label 2177 mpls 136"));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(all_vectors),
		cmocka_unit_test(listing3),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
