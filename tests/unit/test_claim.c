/*
 * Which routes a host at 10.0.0.9 (or 2001:db8::9) gets through origin-check, and what
 * the others are refused for: a row for each thing that a route can claim.
 */
#include "tests/unit/unit.h"

#include "rib/claim.h"
#include "tests/unit/bytes.h"
#include "wire/nlri_evpn.h"

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
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(other_families),
		cmocka_unit_test(compares_rules),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
