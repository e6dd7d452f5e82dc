/*
 * Which routes a host at 10.0.0.9 (or 2001:db8::9) gets through origin-check, and what
 * the others are refused for: a row for each thing that a route can claim.
 */
#include "tests/unit/unit.h"

#include "rib/claim.h"
#include "tests/unit/bytes.h"
#include "wire/nlri_evpn.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"

#define OWN     "10.0.0.9"
#define OTHER   "10.0.0.8"
#define OWN6    "2001:db8::9"
#define OTHER6  "2001:db8::8"
#define OWN_RD  OWN ":7"
#define OTHERRD OTHER ":7"

enum { OWN_ID = 0x0a000009, OTHER_ID = 0x0a000008 };

/* flags 0, type, label 100, id */
#define PMSI_IR      "00 06 000064 "
#define PMSI_NONE_   "00 00 000000"
#define PMSI_PIM_SSM "00 03 000000 0a000009 e8000001"
#define OWN_HEX      "0a000009"
#define OTHER_HEX    "0a000008"
/* VXLAN tunnel with one egress endpoint */
#define ENDPOINT "0008 000c 06 0a 00000000 0001 "

struct row {
	const char *name;
	const char *session; /* NULL: OWN */
	const char *vteps;   /* by blanks */
	bool rd_as;
	uint8_t type;
	const char *rd; /* NULL: OWN_RD */
	const char *ip; /* originating router, or of the MAC; NULL: none */
	const char *nexthop;
	uint32_t originator_id;
	bool cluster_list;
	const char *pmsi, *encap; /* values as bytes */
	enum update_reason want;
	const char *says;
};

#define T(n)    .type = EVPN_##n
#define SAYS(s) .says = (s)
#define WHY(r)  .want = UR_ORIGIN_##r

static const struct row cases[] = {
	/* what an honest host sends */
	{ "type 2", T(MACIP), .nexthop = OWN },
	{ "type 2 with an address of whatever kind", T(MACIP), .ip = OTHER,
	  .nexthop = OWN },
	{ "type 3", T(IMET), .ip = OWN, .nexthop = OWN, .pmsi = PMSI_IR OWN_HEX },
	{ "type 3 without PMSI", T(IMET), .ip = OWN, .nexthop = OWN },
	{ "type 3, no tunnel present", T(IMET), .ip = OWN, .nexthop = OWN,
	  .pmsi = PMSI_NONE_ },
	{ "type 4", T(ES), .ip = OWN, .nexthop = OWN },
	{ "type 5, any prefix", T(PREFIX), .ip = OTHER, .nexthop = OWN },
	{ "type 1", T(AD), .nexthop = OWN },
	{ "its own ORIGINATOR_ID", T(MACIP), .nexthop = OWN, .originator_id = OWN_ID },
	{ "its own egress endpoint", T(MACIP), .nexthop = OWN,
	  .encap = ENDPOINT OWN_HEX },
	{ "a tunnel that ends at the next hop", T(MACIP), .nexthop = OWN,
	  .encap = "0008 0008 06 06 00000000 0000" },
	/* next hop */
	{ "another's next hop", T(MACIP), .nexthop = OTHER, WHY(NEXT_HOP),
	  SAYS("next hop 10.0.0.8") },
	{ "an IPv6 next hop", T(MACIP), .nexthop = OWN6, WHY(NEXT_HOP),
	  SAYS("next hop 2001:db8::9") },
	{ "its address as a mapped one", T(MACIP), .nexthop = "::ffff:10.0.0.9",
	  WHY(NEXT_HOP), SAYS("next hop ::ffff:10.0.0.9") },
	{ "no next hop", T(MACIP), .nexthop = NULL, WHY(NEXT_HOP), NULL },
	{ "type 5 towards another", T(PREFIX), .ip = OTHER, .nexthop = OTHER,
	  WHY(NEXT_HOP), SAYS("next hop 10.0.0.8") },
	/* RD */
	{ "another's RD, type 2", T(MACIP), .rd = OTHERRD, .nexthop = OWN, WHY(RD),
	  SAYS("RD 10.0.0.8:7") },
	{ "another's RD, type 1", T(AD), .rd = OTHERRD, .nexthop = OWN, WHY(RD),
	  SAYS("RD 10.0.0.8:7") },
	{ "another's RD, type 3", T(IMET), .rd = OTHERRD, .ip = OWN, .nexthop = OWN,
	  WHY(RD), SAYS("RD 10.0.0.8:7") },
	{ "another's RD, type 4", T(ES), .rd = OTHERRD, .ip = OWN, .nexthop = OWN,
	  WHY(RD), SAYS("RD 10.0.0.8:7") },
	{ "another's RD, type 5", T(PREFIX), .rd = OTHERRD, .ip = OTHER, .nexthop = OWN,
	  WHY(RD), SAYS("RD 10.0.0.8:7") },
	{ "RD of type 0", T(MACIP), .rd = "65000:7", .nexthop = OWN, WHY(RD),
	  SAYS("RD 65000:7") },
	{ "RD of type 2", T(MACIP), .rd = "4200000000:7", .nexthop = OWN, WHY(RD),
	  SAYS("RD 4200000000:7") },
	{ "RD of type 0, allowed", .rd_as = true, T(MACIP), .rd = "65000:7",
	  .nexthop = OWN },
	{ "RD of type 2, allowed", .rd_as = true, T(MACIP), .rd = "4200000000:7",
	  .nexthop = OWN },
	{ "which allows no other's RD", .rd_as = true, T(MACIP), .rd = OTHERRD,
	  .nexthop = OWN, WHY(RD), SAYS("RD 10.0.0.8:7") },
	/* originating router, flooding */
	{ "another's IMET", T(IMET), .ip = OTHER, .nexthop = OWN, WHY(ROUTER),
	  SAYS("originating router 10.0.0.8") },
	{ "an IPv6 originator", T(IMET), .ip = OWN6, .nexthop = OWN, WHY(ROUTER),
	  SAYS("originating router 2001:db8::9") },
	{ "another's segment route", T(ES), .ip = OTHER, .nexthop = OWN, WHY(ROUTER),
	  SAYS("originating router 10.0.0.8") },
	{ "floods to another", T(IMET), .ip = OWN, .nexthop = OWN,
	  .pmsi = PMSI_IR OTHER_HEX, WHY(TUNNEL), SAYS("PMSI tunnel 10.0.0.8") },
	{ "a tree whose root is not read", T(IMET), .ip = OWN, .nexthop = OWN,
	  .pmsi = PMSI_PIM_SSM, WHY(TUNNEL),
	  SAYS("PMSI tunnel that cannot be checked") },
	{ "a PMSI tunnel says nothing of type 2", T(MACIP), .nexthop = OWN,
	  .pmsi = PMSI_IR OTHER_HEX },
	/* tunnel encapsulation attribute */
	{ "another's egress endpoint", T(MACIP), .nexthop = OWN,
	  .encap = ENDPOINT OTHER_HEX, WHY(TUNNEL), SAYS("tunnel endpoint 10.0.0.8") },
	{ "the second one is another's", T(MACIP), .nexthop = OWN,
	  .encap = ENDPOINT OWN_HEX ENDPOINT OTHER_HEX, WHY(TUNNEL),
	  SAYS("tunnel endpoint 10.0.0.8") },
	{ "an endpoint that cannot be read", T(MACIP), .nexthop = OWN,
	  .encap = "0008 0003 06 01 00", WHY(TUNNEL),
	  SAYS("tunnel endpoint that cannot be checked") },
	/* reflected */
	{ "another's ORIGINATOR_ID", T(MACIP), .nexthop = OWN,
	  .originator_id = OTHER_ID, WHY(REFLECTED), SAYS("ORIGINATOR_ID 10.0.0.8") },
	{ "a CLUSTER_LIST", T(MACIP), .nexthop = OWN, .cluster_list = true,
	  WHY(REFLECTED), SAYS("CLUSTER_LIST") },
	/* types that we cannot read */
	{ "type 6", .type = 6, .nexthop = OWN, WHY(TYPE),
	  SAYS("a type that cannot be checked") },
	/* VTEPs beside the session address */
	{ "a VTEP", .vteps = "10.1.0.9/32", T(IMET), .rd = "10.1.0.9:1",
	  .ip = "10.1.0.9", .nexthop = "10.1.0.9", .pmsi = PMSI_IR "0a010009" },
	{ "the session address still counts", .vteps = "10.1.0.9/32", T(IMET),
	  .ip = OWN, .nexthop = OWN },
	{ "one of a prefix", .vteps = "10.1.0.0/16", T(MACIP), .nexthop = "10.1.2.3" },
	{ "the address behind the prefix", .vteps = "10.1.0.0/16", T(MACIP),
	  .nexthop = "10.2.0.0", WHY(NEXT_HOP), SAYS("next hop 10.2.0.0") },
	{ "the second of two", .vteps = "10.1.0.9/32 10.2.0.9/32", T(MACIP),
	  .nexthop = "10.2.0.9" },
	{ "an IPv6 VTEP", .vteps = "2001:db8::9/128", T(IMET), .ip = OWN6,
	  .nexthop = OWN6, .pmsi = PMSI_IR "20010db8000000000000000000000009" },
	{ "not its neighbour's", .vteps = "2001:db8::9/128", T(MACIP),
	  .nexthop = OTHER6, WHY(NEXT_HOP), SAYS("next hop 2001:db8::8") },
	/* sessions over IPv6: an RD holds IPv4 */
	{ "IPv6 session", .session = OWN6, T(MACIP), .nexthop = OWN6, WHY(RD),
	  SAYS("RD 10.0.0.9:7") },
	{ "IPv6 session with an IPv4 RD configured", .session = OWN6,
	  .vteps = OWN "/32", T(IMET), .ip = OWN6, .nexthop = OWN6 },
	{ "IPv6 session, another's next hop", .session = OWN6, .vteps = OWN "/32",
	  T(MACIP), .nexthop = OTHER6, WHY(NEXT_HOP), SAYS("next hop 2001:db8::8") },
};

static void rule_of(const struct row *c, struct claim_rule *r)
{
	char words[128] = "", *save = NULL;

	*r = (struct claim_rule) { .on = true, .rd_as = c->rd_as };
	if (c->vteps)
		strcpy(words, c->vteps);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		assert_int_equal(prefix_parse(w, &r->vteps[r->n_vteps++]), 0);
}

static struct nlri nlri_of(const struct row *c)
{
	struct evpn_route r = { .type = c->type, .label1 = 100 };
	struct nlri n = { .key_len = 9, .key = { c->type } };

	if (!evpn_type_known(c->type))
		return n;
	assert_int_equal(rd_parse(c->rd ? c->rd : OWN_RD, &r.rd), 0);
	if (c->ip)
		assert_int_equal(ip_parse(c->ip, &r.ip), 0);
	if (c->type == EVPN_PREFIX)
		r.prefix_bits = 24;
	assert_int_equal(evpn_build(&r, &n), 0);
	return n;
}

struct blob {
	uint8_t b[128];
	size_t n;
};

static struct bytes bytes_of(const char *hex, struct blob *to)
{
	to->n = 0;
	unhex(hex, to->b, sizeof(to->b), &to->n);
	return (struct bytes) { to->b, to->n };
}

static void judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct row *c = &cases[i];
		struct nlri n = nlri_of(c);
		struct attrs a = { .originator_id = c->originator_id };
		struct blob pmsi, encap;
		struct claim_rule rule;
		struct claims claims;
		struct ip session;
		char text[CLAIM_STR];

		print_message("# %s\n", c->name);
		rule_of(c, &rule);
		assert_int_equal(ip_parse(c->session ? c->session : OWN, &session), 0);
		if (c->nexthop)
			assert_int_equal(ip_parse(c->nexthop, &a.nexthop), 0);
		a.present |= (uint64_t) !!c->originator_id << ATTR_ORIGINATOR_ID;
		a.present |= (uint64_t)c->cluster_list << ATTR_CLUSTER_LIST;
		if (c->pmsi) {
			a.present |= 1ull << ATTR_PMSI;
			a.pmsi = bytes_of(c->pmsi, &pmsi);
		}
		if (c->encap) {
			a.present |= 1ull << ATTR_TUNNEL_ENCAP;
			a.tunnel_encap = bytes_of(c->encap, &encap);
		}
		claims_init(&claims, &rule, &session, OWN_ID, &a);
		assert_int_equal(claims_check(&claims, &nlri_evpn_ops, &n), c->want);
		if (c->says)
			assert_string_equal(claims_format(&claims, c->want,
							  &nlri_evpn_ops, &n, text),
					    c->says);
	}
}

/* ---- ILA mappings, and the IPv6 routes beside them ------------------------------- */

#define LOC          "2001:db8:100:9::"
#define LOC_OTHER    "2001:db8:100:8::"
#define LOC_COM      "0000fde8 20010db8 01000009 "
#define OTHER_COM    "0000fde8 20010db8 01000008 "
#define NO_LOC_COM   "0000fde8 00000001 00000002 "
#define MARKER       "831a 01 01 01 00 0000 "
#define MARKER_V2    "831a 02 01 01 00 0000 "
#define RT           "0002 fde8 00000064 "
#define SIR          "2001:db8:c0de:1:2000:0:1:a"
#define SAYS_FOREIGN SAYS("locator 2001:db8:100:8, none of those configured")

static const struct mapping_row {
	const char *name;
	const char *session; /* NULL: OWN */
	const char *prefix;  /* ipv6 unicast; NULL: ila unicast */
	const char *locators, *nexthops;
	const char *nexthop;
	const char *ext, *large; /* communities */
	uint32_t originator_id;
	bool cluster_list;
	enum update_reason want;
	const char *says;
} mappings[] = {
	/* the draft's family */
	{ "its locator", .locators = LOC "/64", .nexthop = LOC },
	{ "its locator, told twice", .locators = LOC "/64", .nexthop = LOC,
	  .large = LOC_COM },
	{ "the second of two", .locators = LOC_OTHER "/64 " LOC "/64", .nexthop = LOC },
	{ "one of a prefix", .locators = "2001:db8:100::/40", .nexthop = LOC },
	{ "another's locator", .locators = LOC "/64", .nexthop = LOC_OTHER,
	  WHY(LOCATOR), SAYS_FOREIGN },
	{ "another's as community", .locators = LOC "/64", .nexthop = LOC,
	  .large = OTHER_COM, WHY(LOCATOR), SAYS_FOREIGN },
	{ "its own as community alone", .locators = LOC "/64", .nexthop = LOC_OTHER,
	  .large = LOC_COM, WHY(LOCATOR), SAYS_FOREIGN },
	{ "communities that differ", .locators = LOC "/64", .nexthop = LOC,
	  .large = LOC_COM OTHER_COM, WHY(LOCATOR),
	  SAYS("locator communities that differ") },
	{ "communities of others", .locators = LOC "/64", .nexthop = LOC,
	  .large = NO_LOC_COM },
	{ "a next hop that is none", .locators = LOC "/64", .nexthop = OWN,
	  WHY(LOCATOR), SAYS("a next hop that is no locator") },
	{ "none configured", .nexthop = LOC, WHY(LOCATOR),
	  SAYS("locator 2001:db8:100:9, none is configured, nor is its session from "
	       "there") },
	{ "none configured, the session is from there", .session = LOC "1",
	  .nexthop = LOC },
	{ "... and not from here", .session = LOC "1", .nexthop = LOC_OTHER,
	  WHY(LOCATOR), NULL },
	{ "a next hop allowed is no locator", .nexthops = LOC "1/128", .nexthop = LOC,
	  WHY(LOCATOR), NULL },
	{ "another's ORIGINATOR_ID", .locators = LOC "/64", .nexthop = LOC,
	  .originator_id = OTHER_ID, WHY(REFLECTED), SAYS("ORIGINATOR_ID 10.0.0.8") },
	{ "its own ORIGINATOR_ID", .locators = LOC "/64", .nexthop = LOC,
	  .originator_id = OWN_ID },
	{ "a CLUSTER_LIST", .locators = LOC "/64", .nexthop = LOC, .cluster_list = true,
	  WHY(REFLECTED), SAYS("CLUSTER_LIST") },
	/* the same as IPv6 routes */
	{ "IPv6: its locator", .prefix = SIR "/128", .locators = LOC "/64",
	  .nexthop = LOC "1", .ext = RT MARKER },
	{ "IPv6: another's", .prefix = SIR "/128", .locators = LOC "/64",
	  .nexthop = LOC_OTHER "1", .ext = MARKER, WHY(LOCATOR), SAYS_FOREIGN },
	{ "IPv6: another's as community", .prefix = SIR "/128", .locators = LOC "/64",
	  .nexthop = LOC "1", .ext = MARKER, .large = OTHER_COM, WHY(LOCATOR),
	  SAYS_FOREIGN },
	{ "IPv6: a marker that only others read", .prefix = SIR "/128",
	  .locators = LOC "/64", .nexthop = LOC "1", .ext = MARKER_V2,
	  .large = OTHER_COM, WHY(LOCATOR), SAYS_FOREIGN },
	{ "IPv6: its session is no locator of it", .session = OWN6,
	  .prefix = SIR "/128", .locators = LOC "/64", .nexthop = LOC_OTHER "1",
	  .ext = MARKER, WHY(LOCATOR), SAYS_FOREIGN },
	/* ordinary IPv6 routes */
	{ "a host route without marker", .session = OWN6, .prefix = SIR "/128",
	  .nexthop = OWN6, .ext = RT, .large = OTHER_COM },
	{ "... towards another", .session = OWN6, .prefix = SIR "/128",
	  .nexthop = OTHER6, WHY(NEXT_HOP), SAYS("next hop 2001:db8::8") },
	{ "a marked prefix is no mapping", .session = OWN6, .prefix = "2001:db8:7::/64",
	  .nexthop = OWN6, .ext = MARKER, .large = OTHER_COM },
	{ "... and may lead nowhere else", .session = OWN6, .locators = LOC "/64",
	  .prefix = "2001:db8:7::/64", .nexthop = LOC_OTHER "1", .ext = MARKER,
	  WHY(NEXT_HOP), SAYS("next hop 2001:db8:100:8::1") },
	{ "an address below its locator is its own", .prefix = "2001:db8:7::/64",
	  .locators = LOC "/64", .nexthop = LOC "5" },
	{ "a session over IPv4 proves none", .prefix = "2001:db8:7::/64",
	  .nexthop = OWN6, WHY(NEXT_HOP), SAYS("next hop 2001:db8::9") },
	{ "... which is configured", .prefix = "2001:db8:7::/64",
	  .nexthops = OWN6 "/128", .nexthop = OWN6 },
	{ "another's ORIGINATOR_ID", .session = OWN6, .prefix = "2001:db8:7::/64",
	  .nexthop = OWN6, .originator_id = OTHER_ID, WHY(REFLECTED),
	  SAYS("ORIGINATOR_ID 10.0.0.8") },
};

static uint8_t prefixes_of(const char *text, struct prefix *out)
{
	char words[128] = "", *save = NULL;
	uint8_t n = 0;

	if (text)
		strcpy(words, text);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		assert_int_equal(prefix_parse(w, &out[n++]), 0);
	return n;
}

static const struct nlri_ops *mapping_of(const struct mapping_row *c, struct nlri *n)
{
	struct ila64 id;
	struct prefix p;

	if (!c->prefix) {
		assert_int_equal(ila64_parse("2000:0:1:a", &id), 0);
		nlri_ila_build(&id, n);
		return &nlri_ila_ops;
	}
	assert_int_equal(prefix_parse(c->prefix, &p), 0);
	assert_int_equal(nlri_ip6_build(&p, n), 0);
	return &nlri_ip6_ops;
}

static void judges_mappings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mappings); i++) {
		const struct mapping_row *c = &mappings[i];
		struct attrs a = { .originator_id = c->originator_id };
		struct claim_rule rule = { .on = true };
		struct nlri n = { 0 };
		const struct nlri_ops *ops = mapping_of(c, &n);
		struct blob ext, large;
		struct claims claims;
		struct ip session;
		char text[CLAIM_STR];

		print_message("# %s\n", c->name);
		rule.n_locators = prefixes_of(c->locators, rule.locators);
		rule.n_vteps = prefixes_of(c->nexthops, rule.vteps);
		assert_int_equal(ip_parse(c->session ? c->session : OWN, &session), 0);
		assert_int_equal(ip_parse(c->nexthop, &a.nexthop), 0);
		a.present |= (uint64_t) !!c->originator_id << ATTR_ORIGINATOR_ID;
		a.present |= (uint64_t)c->cluster_list << ATTR_CLUSTER_LIST;
		if (c->ext)
			a.ext_communities = bytes_of(c->ext, &ext);
		if (c->large)
			a.large_communities = bytes_of(c->large, &large);
		claims_init(&claims, &rule, &session, OWN_ID, &a);
		assert_int_equal(claims_check(&claims, ops, &n), c->want);
		if (c->says)
			assert_string_equal(
				claims_format(&claims, c->want, ops, &n, text),
				c->says);
	}
}

/* Routes of a family that names no origin are judged by their attributes alone. */
static void other_families(void **state)
{
	struct nlri_ops ops = { .name = "plain" };
	struct claim_rule rule = { .on = true };
	struct attrs a = { .nexthop = ip4_of(OWN_ID) };
	struct nlri n = { .key_len = 4 };
	struct ip session = ip4_of(OWN_ID);
	struct claims c;
	char text[CLAIM_STR];

	(void)state;
	claims_init(&c, &rule, &session, OWN_ID, &a);
	assert_int_equal(claims_check(&c, &ops, &n), UR_NONE);
	a.nexthop = ip4_of(OTHER_ID);
	claims_init(&c, &rule, &session, OWN_ID, &a);
	assert_int_equal(claims_check(&c, &ops, &n), UR_ORIGIN_NEXT_HOP);
	assert_string_equal(claims_format(&c, UR_ORIGIN_NEXT_HOP, &ops, &n, text),
			    "next hop " OTHER);
}

static void compares_rules(void **state)
{
	struct claim_rule a = { .on = true, .n_vteps = 1 }, b;

	(void)state;
	prefix_parse("10.1.0.0/16", &a.vteps[0]);
	b = a;
	assert_true(claim_rule_equal(&a, &b));
	prefix_parse("10.9.0.0/16", &b.vteps[1]); /* beyond its number: says nothing */
	assert_true(claim_rule_equal(&a, &b));
	b.rd_as = true;
	assert_false(claim_rule_equal(&a, &b));
	b = a;
	b.on = false;
	assert_false(claim_rule_equal(&a, &b));
	b = a;
	b.vteps[0].bits = 17;
	assert_false(claim_rule_equal(&a, &b));
	b = a;
	b.vteps[0].ip.b[3] = 1;
	assert_false(claim_rule_equal(&a, &b));
	b = a;
	b.n_vteps = 0;
	assert_false(claim_rule_equal(&a, &b));
	b = a;
	b.n_locators = 1;
	assert_false(claim_rule_equal(&a, &b));
	a.n_locators = 1;
	assert_true(claim_rule_equal(&a, &b));
	b.locators[0].bits = 64;
	assert_false(claim_rule_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(judges_mappings),
		cmocka_unit_test(other_families),
		cmocka_unit_test(compares_rules),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
