/*
 * What an error in an UPDATE comes to, from an internal and from an external
 * peer: verdict, reason, NOTIFICATION. One row per sentence of RFC 7606 and of the
 * documents that follow its rules.
 */
#include "tests/unit/unit.h"

#include "tests/unit/bytes.h"
#include "wire/update.h"

enum { BODY_MAX = 4096 };

/* Attributes that are right; each row spoils or leaves out one. */
#define ORIGIN "400101 00 "
#define ASPATH "400200 "
#define LPREF  "400504 00000064 "
#define EXTCOM "c01008 0002fde800002774 "
#define ROUTE                                                                          \
	"0221 00010a4d000b0002 00000000000000000000 00000000 30 02aa00000001 00 "      \
	"002774 "
#define REACH   "800e2c 0019 46 04 0a4d000b 00 " ROUTE
#define UNREACH "800f26 0019 46 " ROUTE
#define GOOD    ORIGIN ASPATH LPREF
#define NEXTHOP "400304 0a000001 "
#define NET4    "18 c00002"

struct want {
	enum verdict verdict;
	enum update_reason reason;
	uint8_t sub; /* of NOTIFICATION 3 when reset */
};

#define OK                                                                             \
	{                                                                              \
		V_OK, UR_NONE, 0                                                       \
	}
#define DISC(r)                                                                        \
	{                                                                              \
		V_DISCARD_ATTR, UR_##r, 0                                              \
	}
#define TAW(r)                                                                         \
	{                                                                              \
		V_WITHDRAW, UR_##r, 0                                                  \
	}
#define RST(r, s)                                                                      \
	{                                                                              \
		V_RESET, UR_##r, s                                                     \
	}

static const struct {
	const char *name;
	const char *attrs, *nlri4;
	struct want ibgp, ebgp;
} cases[] = {
	{ "good", REACH GOOD EXTCOM, "", OK, DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "good IPv4", GOOD NEXTHOP, NET4, OK, DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "external needs no LOCAL_PREF", REACH ORIGIN ASPATH, "", TAW(ATTR_MISSING),
	  OK },
	{ "empty: End-of-RIB", "", "", OK, OK },
	{ "only MP_UNREACH", UNREACH, "", OK, OK },

	/* 4: an attribute overruns, or too few bytes are left */
	{ "length overruns", REACH ORIGIN ASPATH LPREF "c010ff 0002", "",
	  TAW(ATTR_OVERRUN), TAW(ATTR_OVERRUN) },
	{ "one byte left", REACH GOOD "c0", "", TAW(ATTR_OVERRUN), TAW(ATTR_OVERRUN) },
	{ "two bytes left", REACH GOOD "c010", "", TAW(ATTR_OVERRUN),
	  TAW(ATTR_OVERRUN) },
	{ "three of a wide header", REACH GOOD "d01000", "", TAW(ATTR_OVERRUN),
	  TAW(ATTR_OVERRUN) },
	{ "MP_REACH itself overruns", GOOD "800eff 0019 46", "", RST(ATTR_OVERRUN, 1),
	  RST(ATTR_OVERRUN, 1) },
	{ "MP_UNREACH overruns beside IPv4", GOOD NEXTHOP "800fff 0019", NET4,
	  RST(ATTR_OVERRUN, 1), RST(ATTR_OVERRUN, 1) },
	{ "overrun, NLRI unseen", GOOD "c010ff 0002", "", RST(NO_NLRI, 1),
	  RST(NO_NLRI, 1) },

	/* 5.2: nothing to treat as withdrawn */
	{ "bad ORIGIN, no NLRI", "400101 07" ASPATH LPREF, "", RST(NO_NLRI, 6),
	  RST(NO_NLRI, 6) },
	{ "bad ORIGIN beside MP_UNREACH", UNREACH "400101 07" ASPATH LPREF, "",
	  RST(NO_NLRI, 6), RST(NO_NLRI, 6) },
	{ "bad ORIGIN, MP_REACH without NLRI",
	  "800e09 0019 46 04 0a4d000b 00"
	  "400101 07" ASPATH LPREF,
	  "", RST(NO_NLRI, 6), RST(NO_NLRI, 6) },
	{ "discard needs no NLRI", UNREACH "400601 00", "", DISC(ATTR_LENGTH),
	  DISC(ATTR_LENGTH) },
	{ "MP_UNREACH, then a fragment", UNREACH "c0", "", RST(NO_NLRI, 1),
	  RST(NO_NLRI, 1) },

	/* 3g: duplicates */
	{ "second MP_REACH", REACH REACH GOOD, "", RST(MP_DUPLICATE, 1),
	  RST(MP_DUPLICATE, 1) },
	{ "second MP_UNREACH", UNREACH UNREACH, "", RST(MP_DUPLICATE, 1),
	  RST(MP_DUPLICATE, 1) },
	{ "second ORIGIN", REACH ORIGIN ASPATH "400101 02" LPREF, "",
	  DISC(ATTR_DUPLICATE), DISC(ATTR_DUPLICATE) },
	{ "second ORIGIN bad", REACH ORIGIN ASPATH "400101 09" LPREF, "",
	  DISC(ATTR_DUPLICATE), DISC(ATTR_DUPLICATE) },
	{ "second unknown",
	  REACH GOOD "c0f001 00"
		     "c0f001 01",
	  "", DISC(ATTR_DUPLICATE), DISC(EXTERNAL_ONLY_INTERNAL) },

	/* 3c: flags */
	{ "ORIGIN optional", REACH "c00101 00" ASPATH LPREF, "", TAW(ATTR_FLAGS),
	  TAW(ATTR_FLAGS) },
	{ "ORIGIN not transitive", REACH "000101 00" ASPATH LPREF, "", TAW(ATTR_FLAGS),
	  TAW(ATTR_FLAGS) },
	{ "MED transitive", REACH GOOD "c00404 00000001", "", TAW(ATTR_FLAGS),
	  TAW(ATTR_FLAGS) },
	{ "communities not transitive", REACH GOOD "801008 0002fde800002774", "",
	  TAW(ATTR_FLAGS), TAW(ATTR_FLAGS) },
	{ "ATOMIC_AGGREGATE optional", REACH GOOD "c00600", "", TAW(ATTR_FLAGS),
	  TAW(ATTR_FLAGS) },
	{ "low bits do not matter", REACH "4f0101 00" ASPATH LPREF, "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "partial does not matter", REACH GOOD "e01008 0002fde800002774", "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	/* ... and for what is discarded in any case they do not matter either */
	{ "LOCAL_PREF optional", REACH ORIGIN ASPATH "c00504 00000064", "",
	  TAW(ATTR_FLAGS), DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "CLUSTER_LIST transitive", REACH GOOD "c00a04 0a000001", "", TAW(ATTR_FLAGS),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "AS4_PATH not transitive, from a new speaker",
	  REACH ORIGIN ASPATH LPREF "801106 0201 0000fde8", "", DISC(ATTR_VALUE),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "MP_REACH transitive", "c00e2c 0019 46 04 0a4d000b 00 " ROUTE GOOD, "",
	  RST(ATTR_FLAGS, 9), RST(ATTR_FLAGS, 9) },
	{ "MP_UNREACH well-known", "000f26 0019 46 " ROUTE, "", RST(ATTR_FLAGS, 9),
	  RST(ATTR_FLAGS, 9) },

	/* unknown attributes */
	{ "unknown well-known", REACH GOOD "405001 00", "", RST(WELLKNOWN_UNKNOWN, 2),
	  RST(WELLKNOWN_UNKNOWN, 2) },
	{ "unknown transitive", REACH ORIGIN ASPATH LPREF "c0f001 00", "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "unknown non-transitive", REACH GOOD "80f001 00", "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "unknown and empty", REACH GOOD "c0f000", "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },

	/* 3d, 3e: missing */
	{ "no ORIGIN", REACH ASPATH LPREF, "", TAW(ATTR_MISSING), TAW(ATTR_MISSING) },
	{ "no AS_PATH", REACH ORIGIN LPREF, "", TAW(ATTR_MISSING), TAW(ATTR_MISSING) },
	{ "no NEXT_HOP for IPv4", GOOD, NET4, TAW(ATTR_MISSING), TAW(ATTR_MISSING) },
	{ "NLRI and no attribute", "", NET4, TAW(ATTR_MISSING), TAW(ATTR_MISSING) },
	{ "nothing missing beside MP_UNREACH", UNREACH ORIGIN, "", OK, OK },

	/* 7.1 ORIGIN */
	{ "ORIGIN of 2 bytes", REACH "400102 0000" ASPATH LPREF, "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "ORIGIN empty", REACH "400100" ASPATH LPREF, "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "ORIGIN 3", REACH "400101 03" ASPATH LPREF, "", TAW(ATTR_VALUE),
	  TAW(ATTR_VALUE) },

	/* 7.2 AS_PATH; RFC 7607, RFC 5065 */
	{ "AS_PATH type 0", REACH ORIGIN "400206 0001 0000fde8" LPREF, "", TAW(AS_PATH),
	  TAW(AS_PATH) },
	{ "AS_PATH type 5", REACH ORIGIN "400206 0501 0000fde8" LPREF, "", TAW(AS_PATH),
	  TAW(AS_PATH) },
	{ "AS_PATH overruns", REACH ORIGIN "400206 0202 0000fde8" LPREF, "",
	  TAW(AS_PATH), TAW(AS_PATH) },
	{ "AS_PATH underruns", REACH ORIGIN "400207 0201 0000fde8 02" LPREF, "",
	  TAW(AS_PATH), TAW(AS_PATH) },
	{ "AS_PATH segment of none", REACH ORIGIN "400208 0201 0000fde8 0200" LPREF, "",
	  TAW(AS_PATH), TAW(AS_PATH) },
	{ "AS 0", REACH ORIGIN "400206 0201 00000000" LPREF, "", TAW(AS_PATH),
	  TAW(AS_PATH) },
	{ "confederation from outside", REACH ORIGIN "400206 0301 0000fde8" LPREF, "",
	  OK, TAW(AS_PATH) },

	/* 7.3 NEXT_HOP */
	{ "NEXT_HOP of 5", GOOD "400305 0a00000100", NET4, TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "NEXT_HOP 0.0.0.0", GOOD "400304 00000000", NET4, TAW(ATTR_VALUE),
	  TAW(ATTR_VALUE) },
	{ "NEXT_HOP multicast", GOOD "400304 e0000001", NET4, TAW(ATTR_VALUE),
	  TAW(ATTR_VALUE) },
	{ "NEXT_HOP broadcast", GOOD "400304 ffffffff", NET4, TAW(ATTR_VALUE),
	  TAW(ATTR_VALUE) },
	{ "NEXT_HOP 0.0.0.0 without IPv4", REACH GOOD "400304 00000000", "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },

	/* 7.4 MED, 7.5 LOCAL_PREF */
	{ "MED of 3", REACH GOOD "800403 000001", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "MED empty", REACH GOOD "800400", "", TAW(ATTR_LENGTH), TAW(ATTR_LENGTH) },
	{ "LOCAL_PREF of 3", REACH ORIGIN ASPATH "400503 000064", "", TAW(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "LOCAL_PREF empty", REACH ORIGIN ASPATH "400500", "", TAW(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },

	/* 7.6, 7.7 aggregation; RFC 7607 */
	{ "ATOMIC_AGGREGATE of 1", REACH ORIGIN ASPATH LPREF "400601 00", "",
	  DISC(ATTR_LENGTH), DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "AGGREGATOR of 6", REACH GOOD "c00706 fde80a000001", "", DISC(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "AGGREGATOR of 7", REACH GOOD "c00707 0000fde80a0000", "", DISC(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "AGGREGATOR empty", REACH GOOD "c00700", "", DISC(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "AGGREGATOR of AS 0", REACH GOOD "c00708 000000000a000001", "",
	  DISC(ATTR_VALUE), DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "AS4_PATH from a new speaker", REACH GOOD "c01106 0201 0000fde8", "",
	  DISC(ATTR_VALUE), DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "AS4_AGGREGATOR from a new speaker", REACH GOOD "c01208 0000fde80a000001", "",
	  DISC(ATTR_VALUE), DISC(EXTERNAL_ONLY_INTERNAL) },

	/* 7.8, 7.14, 7.15, RFC 8092: communities */
	{ "COMMUNITY of 3", REACH GOOD "c00803 000000", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "COMMUNITY empty", REACH GOOD "c00800", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "EXT_COMMUNITY of 7", REACH GOOD "c01007 00000000000000", "",
	  TAW(ATTR_LENGTH), TAW(ATTR_LENGTH) },
	{ "EXT_COMMUNITY empty", REACH GOOD "c01000", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "EXT_COMMUNITY of an unknown kind", REACH GOOD "c01008 ff99000000000000", "",
	  OK, DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "IPv6 EXT_COMMUNITY of 8", REACH GOOD "c01908 0000000000000000", "",
	  TAW(ATTR_LENGTH), TAW(ATTR_LENGTH) },
	{ "IPv6 EXT_COMMUNITY empty", REACH GOOD "c01900", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "LARGE_COMMUNITY of 8", REACH GOOD "c02008 0000000000000000", "",
	  TAW(ATTR_LENGTH), TAW(ATTR_LENGTH) },
	{ "LARGE_COMMUNITY empty", REACH GOOD "c02000", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },

	/* 7.9, 7.10: reflection */
	{ "ORIGINATOR_ID of 3", REACH GOOD "800903 000000", "", TAW(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "ORIGINATOR_ID from outside", REACH ORIGIN ASPATH LPREF "800904 0a000001", "",
	  OK, DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "CLUSTER_LIST of 5", REACH GOOD "800a05 0000000000", "", TAW(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "CLUSTER_LIST empty", REACH GOOD "800a00", "", TAW(ATTR_LENGTH),
	  DISC(EXTERNAL_ONLY_INTERNAL) },

	/* 5.3, 7.11: MP_REACH and MP_UNREACH */
	{ "MP_REACH of 4", "800e04 0019 46 00" GOOD, "", RST(MP_FORM, 9),
	  RST(MP_FORM, 9) },
	{ "MP_REACH empty", "800e00" GOOD, "", RST(MP_FORM, 9), RST(MP_FORM, 9) },
	{ "MP_REACH next hop overruns", "800e08 0019 46 10 0a4d000b" GOOD, "",
	  RST(MP_FORM, 9), RST(MP_FORM, 9) },
	{ "MP_REACH no reserved byte", "800e08 0019 46 04 0a4d000b" GOOD, "",
	  RST(MP_FORM, 9), RST(MP_FORM, 9) },
	{ "MP_REACH next hop of 5", "800e2d 0019 46 05 0a4d000b01 00 " ROUTE GOOD, "",
	  RST(MP_FORM, 9), RST(MP_FORM, 9) },
	{ "MP_REACH next hop of 0", "800e28 0019 46 00 00 " ROUTE GOOD, "",
	  RST(MP_FORM, 9), RST(MP_FORM, 9) },
	{ "MP_REACH next hop 0.0.0.0", "800e2c 0019 46 04 00000000 00 " ROUTE GOOD, "",
	  TAW(ATTR_VALUE), TAW(ATTR_VALUE) },
	{ "MP_REACH next hop multicast", "800e2c 0019 46 04 e0000005 00 " ROUTE GOOD,
	  "", TAW(ATTR_VALUE), TAW(ATTR_VALUE) },
	{ "MP_REACH next hop of another family",
	  "800e0a 4004 47 04 00000000 00 00" ORIGIN ASPATH LPREF, "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "MP_UNREACH of 2", "800f02 0019", "", RST(MP_FORM, 9), RST(MP_FORM, 9) },
	{ "MP_UNREACH empty", "800f00", "", RST(MP_FORM, 9), RST(MP_FORM, 9) },

	/* 3i, 5.3: the fields of the message itself */
	{ "IPv4 NLRI of 33 bits", GOOD NEXTHOP, "21 c000020100", RST(NLRI_FRAME, 10),
	  RST(NLRI_FRAME, 10) },
	{ "IPv4 NLRI overruns", GOOD NEXTHOP, "18 c000", RST(NLRI_FRAME, 10),
	  RST(NLRI_FRAME, 10) },
	{ "IPv4 NLRI 0.0.0.0/0", GOOD NEXTHOP, "00", OK, DISC(EXTERNAL_ONLY_INTERNAL) },

	/* RFC 6514, 9012, 9234 */
	{ "PMSI of 4", REACH GOOD "c01604 00060000", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "PMSI ingress replication to 5 bytes",
	  REACH GOOD "c0160a 00060027740a4d000b01", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "PMSI of another type", REACH GOOD "c0160a 00030027740a4d000b01", "", OK,
	  DISC(EXTERNAL_ONLY_INTERNAL) },
	{ "TUNNEL_ENCAP overruns", REACH GOOD "c01705 0008000200", "", TAW(ATTR_VALUE),
	  TAW(ATTR_VALUE) },
	{ "TUNNEL_ENCAP empty", REACH GOOD "c01700", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },
	{ "OTC of 3", REACH GOOD "c02303 00fde8", "", TAW(ATTR_LENGTH),
	  TAW(ATTR_LENGTH) },

	/* 3h: the worst of several */
	{ "discard, withdraw",
	  REACH ORIGIN ASPATH LPREF "400601 00"
				    "c00803 000000",
	  "", TAW(ATTR_LENGTH), TAW(ATTR_LENGTH) },
	{ "withdraw, reset",
	  REACH ORIGIN ASPATH LPREF "c00803 000000"
				    "405001 00",
	  "", RST(WELLKNOWN_UNKNOWN, 2), RST(WELLKNOWN_UNKNOWN, 2) },
};

static struct update_scratch scratch;

/* withdrawn routes, attributes and NLRI in one body */
static size_t body_of(const char *attrs, const char *nlri4, uint8_t *body)
{
	size_t n = 4;

	unhex(attrs, body, BODY_MAX, &n);
	body[0] = body[1] = 0;
	body[2] = (uint8_t)((n - 4) >> 8);
	body[3] = (uint8_t)(n - 4);
	unhex(nlri4, body, BODY_MAX, &n);
	return n;
}

static void check(const char *attrs, const char *nlri4, bool ebgp,
		  const struct want *want)
{
	const struct update_ctx ctx = { .as4 = true, .ebgp = ebgp };
	uint8_t body[BODY_MAX];
	size_t len = body_of(attrs, nlri4, body);
	struct update u;

	assert_int_equal(update_decode(rbuf_of(body, len), &ctx, &scratch, &u),
			 want->verdict);
	assert_int_equal(u.verdict, want->verdict);
	assert_string_equal(update_reason_name(u.reason),
			    update_reason_name(want->reason));
	if (want->verdict == V_RESET) {
		assert_int_equal(u.err.code, NOTIF_UPDATE);
		assert_int_equal(u.err.sub, want->sub);
	}
	assert_int_equal(u.n_errors > 0, want->verdict > V_OK);
}

static void verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# %s\n", cases[i].name);
		check(cases[i].attrs, cases[i].nlri4, false, &cases[i].ibgp);
		check(cases[i].attrs, cases[i].nlri4, true, &cases[i].ebgp);
	}
}

/* Lengths of the frame that do not fit the message: 3/1 (RFC 7606 section 3). */
static void frame(void **state)
{
	static const char *const bodies[] = {
		"",          "00",        "0000",         "000000",
		"0001 0000", "0000 0001", "0002 18 0000", "0000 0008 40010100",
		"ffff 0000",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		const struct update_ctx ctx = { .as4 = true };
		uint8_t body[BODY_MAX];
		size_t n = 0;
		struct update u;

		print_message("# \"%s\"\n", bodies[i]);
		unhex(bodies[i], body, sizeof(body), &n);
		assert_int_equal(update_decode(rbuf_of(body, n), &ctx, &scratch, &u),
				 V_RESET);
		assert_int_equal(u.reason, UR_FRAME);
		assert_int_equal(u.err.code, NOTIF_UPDATE);
		assert_int_equal(u.err.sub, 1);
		assert_int_equal(u.err.len, 0);
	}
}

/* RFC 4271 section 6.3: most errors show the attribute, whole. */
static void notification_data(void **state)
{
	static const struct {
		const char *attrs, *data;
	} rows[] = {
		{ REACH GOOD "405001 07", "405001 07" },
		{ "400101 07" ASPATH, "400101 07" },
		{ GOOD "c00803 010203", "c00803 010203" },
		{ "c00e07 0019 46 04 0a4d 00" GOOD, "c00e07 0019 46 04 0a4d 00" },
		{ REACH REACH, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct update_ctx ctx = { .as4 = true };
		uint8_t body[BODY_MAX], data[BODY_MAX];
		size_t len = body_of(rows[i].attrs, "", body), n = 0;
		struct update u;

		unhex(rows[i].data, data, sizeof(data), &n);
		assert_int_equal(update_decode(rbuf_of(body, len), &ctx, &scratch, &u),
				 V_RESET);
		assert_int_equal(u.err.len, n);
		if (n)
			assert_memory_equal(u.err.data, data, n);
	}
}

/* Withdrawn routes are read as strictly as NLRI (section 3i). */
static void withdrawn(void **state)
{
	static const struct {
		const char *body;
		enum verdict want;
	} rows[] = {
		{ "0004 18c00002 0000", V_OK },
		{ "0005 20c0000201 0000", V_OK },
		{ "0006 21c000020100 0000", V_RESET },
		{ "0003 18c000 0000", V_RESET },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct update_ctx ctx = { .as4 = true };
		uint8_t body[BODY_MAX];
		size_t n = 0;
		struct update u;

		print_message("# %s\n", rows[i].body);
		unhex(rows[i].body, body, sizeof(body), &n);
		assert_int_equal(update_decode(rbuf_of(body, n), &ctx, &scratch, &u),
				 rows[i].want);
		if (rows[i].want == V_RESET)
			assert_int_equal(u.err.sub, 10);
	}
}

/* What is discarded is gone, what is duplicate keeps its first value. */
static void what_remains(void **state)
{
	const struct update_ctx out = { .as4 = true, .ebgp = true };
	uint8_t body[BODY_MAX];
	struct update u;
	size_t len;

	(void)state;
	len = body_of(REACH GOOD "800904 0a000001"
				 "800a04 0a000002"
				 "400101 02",
		      "", body);
	assert_int_equal(update_decode(rbuf_of(body, len), &out, &scratch, &u),
			 V_DISCARD_ATTR);
	assert_int_equal(u.n_errors, 4);
	assert_false(attrs_has(&u.attrs, ATTR_LOCAL_PREF));
	assert_false(attrs_has(&u.attrs, ATTR_ORIGINATOR_ID));
	assert_false(attrs_has(&u.attrs, ATTR_CLUSTER_LIST));
	assert_int_equal(u.attrs.origin, ORIGIN_IGP);
	assert_int_equal(u.errors[3].reason, UR_ATTR_DUPLICATE);
	assert_int_equal(u.errors[3].attr, ATTR_ORIGIN);

	/* More errors than there is room for are counted all the same. */
	len = body_of(REACH GOOD ORIGIN ORIGIN ORIGIN ORIGIN ORIGIN ORIGIN ORIGIN ORIGIN
			      ORIGIN,
		      "", body);
	update_decode(rbuf_of(body, len), &out, &scratch, &u);
	assert_int_equal(u.n_errors, 10);
}

/* A peer with 2-octet AS numbers: other lengths, and AS4_* are welcome. */
static void old_speaker(void **state)
{
	static const struct {
		const char *attrs;
		struct want want;
	} rows[] = {
		{ REACH ORIGIN LPREF "400204 0201 fde8", OK },
		{ REACH ORIGIN LPREF "400206 0201 0000fde8", TAW(AS_PATH) },
		{ REACH ORIGIN LPREF "400204 0201 0000", TAW(AS_PATH) },
		{ REACH GOOD "c00706 fde80a000001", OK },
		{ REACH GOOD "c00708 0000fde80a000001", DISC(ATTR_LENGTH) },
		{ REACH GOOD "c00706 00000a000001", DISC(ATTR_VALUE) },
		{ REACH GOOD "c01106 0201 00010000", OK },
		{ REACH GOOD "c01106 0202 00010000", DISC(AS_PATH) },
		{ REACH GOOD "c01106 0201 00000000", DISC(AS_PATH) },
		{ REACH GOOD "c01100", DISC(ATTR_LENGTH) },
		{ REACH GOOD "c01207 00010000 0a0000", DISC(ATTR_LENGTH) },
		{ REACH GOOD "c01208 00000000 0a000001", DISC(ATTR_VALUE) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct update_ctx ctx = { 0 };
		uint8_t body[BODY_MAX];
		size_t len = body_of(rows[i].attrs, "", body);
		struct update u;

		print_message("# %s\n", rows[i].attrs);
		assert_int_equal(update_decode(rbuf_of(body, len), &ctx, &scratch, &u),
				 rows[i].want.verdict);
		assert_int_equal(u.reason, rows[i].want.reason);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(verdicts),          cmocka_unit_test(frame),
		cmocka_unit_test(notification_data), cmocka_unit_test(what_remains),
		cmocka_unit_test(old_speaker),       cmocka_unit_test(withdrawn),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
