/* What a host may claim of its endpoints: lists of labels and of tenants. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/wbuf.h"
#include "rib/permit.h"
#include "tests/unit/bytes.h"

enum { MAX = 512, CODE = 255 };

/* Rules from text, by blanks. */
static struct label_permit list_of(const char *text)
{
	struct label_permit p = { 0 };
	char buf[256], *save, *word;

	snprintf(buf, sizeof(buf), "%s", text);
	for (word = strtok_r(buf, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		struct labels rule;

		assert_int_equal(label_rule_parse(word, &rule), LABEL_FINE);
		assert_int_equal(label_permit_add(&p, labels_bytes(&rule)), 0);
	}
	return p;
}

static const struct {
	const char *rules, *labels;
	bool want;
} sets[] = {
	{ "app=db", "app=db", true },
	{ "app=db", "app=web", false },
	{ "app=db", "app=dbx", false },
	{ "app=dbx", "app=db", false },
	{ "app=db", "app=", false },
	{ "app=", "app=", true },
	{ "app=*", "app=", true },
	{ "app=*", "app=anything", true },
	{ "app=*", "apps=x", false },
	{ "app=*", "role=x", false },
	{ "app=team-a-*", "app=team-a-db", true },
	{ "app=team-a-*", "app=team-a-", true },
	{ "app=team-a-*", "app=team-a", false },
	{ "app=team-a-*", "app=team-b-db", false },
	{ "app=db,role=user", "app=db,role=user", true },
	{ "role=user,app=db", "app=db,role=user", true },
	{ "app=db,role=user", "app=db", true },
	{ "app=db,role=user", "app=db,role=admin", false },
	{ "app=db,role=user", "app=db,id=1,role=user", false },
	{ "app=db,app=web", "app=web", true },
	/* what two rules permit may not be mixed */
	{ "app=db,role=admin app=web,role=user", "app=web,role=user", true },
	{ "app=db,role=admin app=web,role=user", "app=db,role=admin", true },
	{ "app=db,role=admin app=web,role=user", "app=web,role=admin", false },
	{ "app=db role=admin", "app=db,role=admin", false },
	{ "", "app=db", false },
};

static void labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct label_permit p = list_of(sets[i].rules);
		struct labels l;

		print_message("# %s: %s\n", sets[i].rules, sets[i].labels);
		assert_int_equal(labels_parse(sets[i].labels, &l), LABEL_FINE);
		assert_int_equal(label_permit_has(&p, labels_bytes(&l)), sets[i].want);
		free(p.rules);
	}
}

static void edits(void **state)
{
	struct label_permit p = list_of("a=1 b=2,c=* d=4 b=2,c=*");
	struct labels rule;
	struct bytes b;
	uint32_t at = 0;
	char text[64];

	(void)state;
	assert_int_equal(p.n, 3); /* twice is once */
	label_rule_parse("b=2,c=*", &rule);
	assert_int_equal(label_permit_del(&p, labels_bytes(&rule)), 0);
	assert_int_equal(label_permit_del(&p, labels_bytes(&rule)), -ENOENT);
	assert_true(label_permit_next(&p, &at, &b));
	assert_string_equal(labels_format(b, text, sizeof(text)), "a=1");
	assert_true(label_permit_next(&p, &at, &b));
	assert_string_equal(labels_format(b, text, sizeof(text)), "d=4");
	assert_false(label_permit_next(&p, &at, &b));
	for (unsigned i = p.n; i < PERMIT_RULES; i++) {
		snprintf(text, sizeof(text), "x=%u", i);
		label_rule_parse(text, &rule);
		assert_int_equal(label_permit_add(&p, labels_bytes(&rule)), 0);
	}
	label_rule_parse("y=1", &rule);
	assert_int_equal(label_permit_add(&p, labels_bytes(&rule)), -ENOSPC);
	free(p.rules);
}

#define SET   "53564c47 01 00 00000007"
#define RT    "0002fde800000064"
#define GROUP "03170000000003e9"
#define WIDE  "831d0100800003e9"
/* Of app=db in domain 7: by SHA-256, and by the operator. */
#define OWN     "831d0100ebf5a41f"
#define OWN16   "031700000000a41f"
#define GIVEN   "831d000000001234"
#define GIVEN16 "0317000000001234"

/* Against a list of app=db (6170703d6462). */
static const struct {
	const char *name, *other, *extcoms;
	bool want;
} routes[] = {
	{ "nothing", "", "", true },
	{ "a route target", "", RT, true },
	{ "its own", "c0ff10" SET "6170703d6462", "", true },
	{ "Partial", "e0ff10" SET "6170703d6462", "", true },
	{ "its own, and its numbers", "c0ff10" SET "6170703d6462", OWN16 RT OWN, true },
	{ "its group alone", "c0ff10" SET "6170703d6462", OWN16, true },
	{ "the assigned numbers", "c0ff10" SET "6170703d6462", GIVEN16 GIVEN, true },
	{ "one of each", "c0ff10" SET "6170703d6462", GIVEN16 OWN, false },
	{ "its own, and other numbers", "c0ff10" SET "6170703d6462", GROUP WIDE,
	  false },
	{ "another group", "c0ff10" SET "6170703d6462", GROUP, false },
	{ "another wide one", "c0ff10" SET "6170703d6462", WIDE, false },
	{ "two groups", "c0ff10" SET "6170703d6462", OWN16 GROUP, false },
	{ "another", "c0ff10" SET "6170703d6463", "", false },
	{ "another, of whatever domain", "c0ff10 53564c47010000000008 6170703d6463", "",
	  false },
	{ "of a version to come", "c0ff10 53564c47020000000007 6170703d6462", "",
	  false },
	{ "a number alone", "", RT GROUP, false },
	{ "a wide one alone", "", WIDE, false },
	{ "malformed", "c0ff11" SET "6170703d646200", "", true },
	{ "malformed, with a number", "c0ff11" SET "6170703d646200", GROUP, false },
	{ "flags", "80ff10" SET "6170703d6463", "", true },
	{ "flags, with a number", "80ff10" SET "6170703d6462", GROUP, false },
	{ "somebody else's attribute", "c0ff03010203", "", true },
	{ "somebody else's, with a number", "c0ff03010203", WIDE, false },
	{ "of another code", "c0fe10" SET "6170703d6463", "", true },
};

static uint32_t assigned(void *ctx, struct bytes labels)
{
	(void)ctx;
	return labels.len == 6 && !memcmp(labels.p, "app=db", 6) ? 0x1234 : 0;
}

static void claims(void **state)
{
	const struct label_marks m = { .code = CODE };
	struct label_permit p = list_of("app=db");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		uint8_t other[MAX], extcoms[MAX];
		struct attrs a = { .other = { other, 0 },
				   .ext_communities = { extcoms, 0 } };

		print_message("# %s\n", routes[i].name);
		unhex(routes[i].other, other, MAX, &a.other.len);
		unhex(routes[i].extcoms, extcoms, MAX, &a.ext_communities.len);
		assert_int_equal(labels_permitted(&p, &m, &a, assigned, NULL),
				 routes[i].want);
	}
	free(p.rules);
}

static const struct {
	const char *name, *extcoms, *ext6;
	bool want;
} targets[] = {
	{ "none", "", "", true },
	{ "no target", "030c000000000008", "", true },
	{ "the one named", "0002fde8000003e7", "", true },
	{ "another", "0002fde8000003e6", "", false },
	{ "the same number in another AS", "0002fde9000003e7", "", false },
	{ "a VNI", "0002fde800000064", "", true },
	{ "a VNI of any AS", "0002000100000064", "", true },
	{ "a VNI of an AS of four octets", "0202000100010064", "", true },
	{ "the last VNI", "0002fde8000000c8", "", true },
	{ "beyond it", "0002fde8000000c9", "", false },
	{ "before the first", "0002fde800000063", "", false },
	{ "RFC 8365", "0002fde810000064", "", true },
	{ "RFC 8365, not permitted", "0002fde8100000c9", "", false },
	{ "another service of RFC 8365", "0002fde820000064", "", false },
	{ "of an address", "01020a00000a0064", "", false },
	{ "site of origin", "0003fde8000000c9", "", true },
	{ "one of two", "0002fde800000064 0002fde8000000c9", "", false },
	{ "of an IPv6 address", "0002fde800000064",
	  "0002 20010db8000000000000000000000001 0064", false },
	{ "another of an IPv6 address", "",
	  "0003 20010db8000000000000000000000001 0064", true },
};

static void tenants(void **state)
{
	const struct tenant_rule rt = { .is_rt = 1, .rt = rt_make(65000, 999) },
				 vni = { .first = 100, .last = 200 };
	struct tenant_permit p = { 0 };

	(void)state;
	assert_int_equal(tenant_permit_add(&p, &rt), 0);
	assert_int_equal(tenant_permit_add(&p, &vni), 0);
	assert_int_equal(tenant_permit_add(&p, &vni), 0);
	assert_int_equal(p.n, 2);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		uint8_t extcoms[MAX], ext6[MAX];
		struct attrs a = { .ext_communities = { extcoms, 0 },
				   .ext6_communities = { ext6, 0 } };
		struct extcom denied;

		print_message("# %s\n", targets[i].name);
		unhex(targets[i].extcoms, extcoms, MAX, &a.ext_communities.len);
		unhex(targets[i].ext6, ext6, MAX, &a.ext6_communities.len);
		assert_int_equal(targets_permitted(&p, &a, &denied), targets[i].want);
	}
	assert_true(vnid_permitted(&p, 100));
	assert_true(vnid_permitted(&p, 200));
	assert_false(vnid_permitted(&p, 201));
	assert_false(vnid_permitted(&p, 999));
	assert_int_equal(tenant_permit_del(&p, &vni), 0);
	assert_int_equal(tenant_permit_del(&p, &vni), -ENOENT);
	assert_false(vnid_permitted(&p, 100));
	free(p.rule);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(labels),
		cmocka_unit_test(edits),
		cmocka_unit_test(claims),
		cmocka_unit_test(tenants),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
