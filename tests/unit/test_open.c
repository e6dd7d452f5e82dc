/* OPEN: capabilities in every form they are seen in, both parameter forms. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "wire/open.h"

/* version, AS 65000, hold 9, id 10.0.0.1 */
#define FIXED "04 fde8 0009 0a000001 "

static const struct {
	const char *name, *body;
	int want;
	uint8_t sub;
} forms[] = {
	{ "no parameters", FIXED "00", 0, 0 },
	{ "one parameter, two capabilities", FIXED "0a 02 08 01 04 00190046 02 00", 0,
	  0 },
	{ "one parameter each", FIXED "0c 02 06 01 04 00190046 02 02 02 00", 0, 0 },
	{ "empty capability parameter", FIXED "02 02 00", 0, 0 },
	{ "unknown capability", FIXED "07 02 05 b9 03 010203", 0, 0 },
	{ "cut in the fixed part", "04 fde8 0009 0a0000", -EBADMSG, 0 },
	{ "length too short", FIXED "03 02 02 02 00", -EBADMSG, 0 },
	{ "length too long", FIXED "05 02 02 02 00", -EBADMSG, 0 },
	{ "parameter overruns", FIXED "04 02 03 02 00", -EBADMSG, 0 },
	{ "half a parameter", FIXED "05 02 02 02 00 02", -EBADMSG, 0 },
	{ "capability overruns", FIXED "04 02 02 02 01", -EBADMSG, 0 },
	{ "capability without length", FIXED "03 02 01 02", -EBADMSG, 0 },
	{ "authentication parameter", FIXED "03 01 01 00", -EBADMSG, 4 },
	{ "parameter 255 not first", FIXED "06 02 02 02 00 ff 00", -EBADMSG, 4 },
	{ "MP of 3", FIXED "07 02 05 01 03 001900", -EBADMSG, 0 },
	{ "AS4 of 2", FIXED "06 02 04 41 02 fde8", -EBADMSG, 0 },
	{ "AS4 of 8", FIXED "0c 02 0a 41 08 0000fde80000fde8", -EBADMSG, 0 },
	{ "GR of 1", FIXED "05 02 03 40 01 00", -EBADMSG, 0 },
	{ "GR of 5", FIXED "09 02 07 40 05 0078001946", -EBADMSG, 0 },
	{ "ADD-PATH of 3", FIXED "07 02 05 45 03 001946", -EBADMSG, 0 },
	{ "LLGR of 6", FIXED "0a 02 08 47 06 001946000000", -EBADMSG, 0 },
	{ "role of 0", FIXED "04 02 02 09 00", -EBADMSG, 0 },
	{ "extended", FIXED "ff ff 0009 02 0006 01 04 00190046", 0, 0 },
	{ "extended, first length of no account",
	  FIXED "01 ff 0009 02 0006 01 04 00190046", 0, 0 },
	{ "extended, none inside", FIXED "ff ff 0000", 0, 0 },
	{ "extended, length too short", FIXED "ff ff 0008 02 0006 01 04 00190046",
	  -EBADMSG, 0 },
	{ "extended, cut", FIXED "ff ff 00", -EBADMSG, 0 },
	{ "extended, parameter overruns", FIXED "ff ff 0003 02 0001", -EBADMSG, 0 },
	{ "extended within extended", FIXED "ff ff 0003 ff 0000", -EBADMSG, 4 },
	{ "another version is not looked into", "03 fde8 0009 0a000001 01 77", 0, 0 },
};

static int decode(const char *text, struct open_msg *o, struct notif *err)
{
	/* On the heap and of exact size, so that a sanitizer sees an over-read. */
	uint8_t *body = calloc(1, 4096), *exact;
	size_t n = 0;

	unhex(text, body, 4096, &n);
	exact = malloc(n);
	memcpy(exact, body, n);
	int rc = open_decode(exact, n, o, err);

	free(exact);
	free(body);
	return rc;
}

static void frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct open_msg o;
		struct notif err;

		print_message("# %s\n", forms[i].name);
		assert_int_equal(decode(forms[i].body, &o, &err), forms[i].want);
		if (!forms[i].want) {
			assert_int_equal(o.as, 65000);
			assert_int_equal(o.hold_s, 9);
			assert_int_equal(o.id, 0x0a000001);
			continue;
		}
		assert_int_equal(err.code, NOTIF_OPEN);
		assert_int_equal(err.sub, forms[i].sub);
	}
}

static void merges(void **state)
{
	struct open_msg o;
	struct notif err;

	(void)state;
	/* The family by three capabilities, one of them twice. */
	assert_int_equal(decode(FIXED "20 02 1e"
				      "01 04 00190046 01 04 00190046"
				      "40 06 4078 0019 46 80"
				      "45 04 0019 46 03 02 00 46 00",
				&o, &err),
			 0);
	assert_int_equal(o.n_families, 1);
	assert_true(o.any_mp && o.refresh && o.refresh_enhanced && o.gr);
	assert_true(o.gr_notification && !o.gr_restarting);
	assert_int_equal(o.gr_time_s, 120);

	const struct open_family *f = open_family_find(&o, 25, 70);

	assert_non_null(f);
	assert_true(f->mp && f->gr && f->gr_forward && !f->llgr);
	assert_int_equal(f->addpath, 3);
	assert_null(open_family_find(&o, 1, 1));
}

/* Of several capabilities 64 the last one counts, families too (RFC 4724 section 3). */
static void last_restart_capability(void **state)
{
	const struct open_family *f;
	struct open_msg o;
	struct notif err;

	(void)state;
	assert_int_equal(decode(FIXED "20 02 1e"
				      "01 04 00190046 01 04 00010001"
				      "40 06 c078 0019 46 80"
				      "40 06 000a 0001 01 00 02 00",
				&o, &err),
			 0);
	assert_true(o.gr && !o.gr_restarting && !o.gr_notification);
	assert_int_equal(o.gr_time_s, 10);
	f = open_family_find(&o, 25, 70);
	assert_true(f && f->mp && !f->gr && !f->gr_forward);
	f = open_family_find(&o, 1, 1);
	assert_true(f && f->mp && f->gr && !f->gr_forward);
}

static void single_capabilities(void **state)
{
	struct open_msg o;
	struct notif err;

	(void)state;
	assert_int_equal(decode(FIXED "07 02 05 09 01 03 06 00", &o, &err), 0);
	assert_true(o.role.present && !o.role.conflict && o.extended_msg);
	assert_int_equal(o.role.role, 3);
	assert_int_equal(decode(FIXED "08 02 06 09 01 03 09 01 04", &o, &err), 0);
	assert_true(o.role.conflict);
	assert_int_equal(decode(FIXED "08 02 06 09 01 03 09 01 03", &o, &err), 0);
	assert_false(o.role.conflict);
	assert_int_equal(decode(FIXED "08 02 06 41 04 00010000", &o, &err), 0);
	assert_true(o.as4);
	assert_int_equal(o.as, 65536);
	assert_int_equal(o.as2, 65000);
	/* Send/receive 0 and 4 mean nothing (RFC 7911 section 4). */
	assert_int_equal(decode(FIXED "0c 02 0a 45 08 00194604 00010100", &o, &err), 0);
	assert_int_equal(o.fam[0].addpath, 0);
	assert_int_equal(o.fam[1].addpath, 0);
	/* Long-lived restart counts beside restart only. */
	assert_int_equal(decode(FIXED "0b 02 09 47 07 001946 80 000e10", &o, &err), 0);
	assert_false(o.fam[0].llgr);
	assert_int_equal(
		decode(FIXED "0f 02 0d 40 02 0078 47 07 001946 80 000e10", &o, &err),
		0);
	assert_true(o.fam[0].llgr && o.fam[0].llgr_forward);
	assert_int_equal(o.fam[0].llgr_stale_s, 3600);
}

static void strings(void **state)
{
	struct open_msg o;
	struct notif err;

	(void)state;
	assert_int_equal(decode(FIXED "0a 02 08 49 06 02 766d 02 0a78", &o, &err), 0);
	assert_string_equal(o.hostname, "vm");
	assert_string_equal(o.domain, "?x");
	/* Names that overrun their capability are cut, and cost no session. */
	assert_int_equal(decode(FIXED "07 02 05 49 03 09 766d", &o, &err), 0);
	assert_string_equal(o.hostname, "vm");
	assert_string_equal(o.domain, "");
	assert_int_equal(decode(FIXED "04 02 02 49 00", &o, &err), 0);
	assert_int_equal(decode(FIXED "08 02 06 4b 04 03 465252", &o, &err), 0);
	assert_string_equal(o.software, "FRR");
}

static void too_many_families(void **state)
{
	uint8_t body[1024];
	size_t n = 0;
	struct open_msg o;
	struct notif err;

	(void)state;
	unhex(FIXED "7a 02 78", body, sizeof(body), &n);
	for (unsigned i = 0; i < 20; i++) {
		const uint8_t cap[] = { 1, 4, 0, (uint8_t)i, 0, 1 };

		memcpy(body + n, cap, sizeof(cap));
		n += sizeof(cap);
	}
	assert_int_equal(open_decode(body, n, &o, &err), 0);
	assert_int_equal(o.n_families, OPEN_FAMILIES);
	assert_null(open_family_find(&o, 19, 1));

	/* A restart capability for one beyond them: passed over, in step. */
	unhex("02 18 40 0a 0078 0013 01 80 0000 01 80 47 0e 0013 01 80 000001"
	      "0000 01 80 000002 ",
	      body, sizeof(body), &n);
	body[9] = (uint8_t)(n - 10);
	body[10] = 2;
	body[11] = 0x78;
	body[10 + 2 + 0x78 + 1] = (uint8_t)(n - (10 + 2 + 0x78 + 2));
	assert_int_equal(open_decode(body, n, &o, &err), 0);
	assert_true(o.fam[0].gr && o.fam[0].gr_forward && !o.fam[1].gr);
	assert_int_equal(o.fam[0].llgr_stale_s, 2);
}

static void same_open(const struct open_msg *o)
{
	uint8_t msg[MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));
	struct open_msg got;
	struct notif err;

	assert_int_equal(open_encode(&w, o), 0);
	assert_int_equal(
		open_decode(msg + MSG_HEADER_LEN, w.len - MSG_HEADER_LEN, &got, &err),
		0);
	assert_int_equal(got.as, o->as);
	assert_int_equal(got.as2, o->as > 65535 ? AS_TRANS : o->as);
	assert_int_equal(got.hold_s, o->hold_s);
	assert_int_equal(got.id, o->id);
	assert_int_equal(got.refresh, o->refresh);
	assert_int_equal(got.refresh_enhanced, o->refresh_enhanced);
	assert_int_equal(got.extended_msg, o->extended_msg);
	assert_int_equal(got.gr, o->gr);
	assert_int_equal(got.gr_restarting, o->gr_restarting);
	assert_int_equal(got.gr_notification, o->gr_notification);
	assert_int_equal(got.gr_time_s, o->gr_time_s);
	assert_int_equal(got.role.present, o->role.present);
	assert_int_equal(got.role.role, o->role.role);
	assert_string_equal(got.hostname, o->hostname);
	assert_string_equal(got.domain, o->domain);
	assert_string_equal(got.software, o->software);
	assert_int_equal(got.n_families, o->n_families);
	for (size_t i = 0; i < o->n_families; i++)
		assert_memory_equal(&got.fam[i], &o->fam[i], sizeof(o->fam[i]));
}

static void round_trip(void **state)
{
	static struct open_msg o; /* static: the padding is zero as well */

	(void)state;
	o.version = 4;
	o.as = 65000;
	o.id = 0x0a000001;
	same_open(&o);
	o.as4 = true;
	o.as = 4200000000;
	o.hold_s = 90;
	o.refresh = o.refresh_enhanced = o.extended_msg = true;
	o.role.present = true;
	o.role.role = 4;
	o.gr = o.gr_restarting = o.gr_notification = true;
	o.gr_time_s = 4095;
	strcpy(o.hostname, "host1");
	strcpy(o.domain, "example");
	strcpy(o.software, "Selvage");
	o.n_families = 2;
	o.fam[0] = (struct open_family) { .afi = 25,
					  .safi = 70,
					  .mp = true,
					  .addpath = 3,
					  .gr = true,
					  .gr_forward = true,
					  .llgr = true,
					  .llgr_forward = true,
					  .llgr_stale_s = 0xffffff };
	o.fam[1] = (struct open_family) { .afi = 1, .safi = 1, .mp = true };
	same_open(&o);
}

/* More than 255 bytes of capabilities: only then the extended form. */
static void extended_form(void **state)
{
	static struct open_msg o;
	uint8_t msg[MSG_MAX];
	struct wbuf w = wbuf_of(msg, sizeof(msg));

	(void)state;
	o.version = 4;
	o.as = 1;
	o.as4 = true;
	memset(o.hostname, 'h', 250);
	assert_int_equal(open_encode(&w, &o), 0);
	assert_int_equal(msg[28], 255);
	assert_int_equal(msg[29], 255);
	same_open(&o);
	memset(o.software, 's', 254);
	same_open(&o);
	o.hostname[230] = '\0';
	o.software[0] = '\0';
	w = wbuf_of(msg, sizeof(msg));
	assert_int_equal(open_encode(&w, &o), 0);
	assert_int_equal(msg[29], 2);
	same_open(&o);
	w = wbuf_of(msg, 100);
	assert_int_equal(open_encode(&w, &o), -ENOSPC);
	assert_int_equal(w.len, 0);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(frames),
		cmocka_unit_test(merges),
		cmocka_unit_test(last_restart_capability),
		cmocka_unit_test(single_capabilities),
		cmocka_unit_test(strings),
		cmocka_unit_test(too_many_families),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(extended_form),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
