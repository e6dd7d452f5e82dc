/*
 * Does a route tell the truth about where it comes from? A reflector's clients are
 * hosts, each with an address or a few; a route that says it began somewhere else
 * would draw away, or hide, the routes of others. What is not asked here: which MACs,
 * prefixes and identifiers a host may have (they move), and which Ethernet segments.
 */
#include "rib/claim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/ila.h"
#include "wire/attrs.h"
#include "wire/ila_com.h"
#include "wire/nlri.h"
#include "wire/pmsi.h"
#include "wire/tunnel.h"

enum { RD_IP4_AT = 2, RD_IP4_TYPE = 1 }; /* type (2 octets), IPv4 (4), number (2) */

static bool list_equal(const struct prefix *a, unsigned n_a, const struct prefix *b,
		       unsigned n_b)
{
	if (n_a != n_b)
		return false;
	for (unsigned i = 0; i < n_a; i++)
		if (a[i].bits != b[i].bits || !ip_eq(&a[i].ip, &b[i].ip))
			return false;
	return true;
}

bool claim_rule_equal(const struct claim_rule *a, const struct claim_rule *b)
{
	return a->on == b->on && a->rd_as == b->rd_as &&
	       list_equal(a->vteps, a->n_vteps, b->vteps, b->n_vteps) &&
	       list_equal(a->locators, a->n_locators, b->locators, b->n_locators);
}

static bool is_in(const struct prefix *list, unsigned n, const struct ip *a)
{
	for (unsigned i = 0; i < n; i++)
		if (prefix_contains(&list[i], a))
			return true;
	return false;
}

/* Is this an address of the host? All are that lie below its locator. */
static bool owns(const struct claims *c, const uint8_t *p, size_t len)
{
	if (c->addr.len == len && !memcmp(c->addr.b, p, len))
		return true;
	if (!c->rule->n_vteps && !c->rule->n_locators)
		return false;

	struct ip a = ip_of(p, len);

	return is_in(c->rule->vteps, c->rule->n_vteps, &a) ||
	       is_in(c->rule->locators, c->rule->n_locators, &a);
}

/* Is this a locator of the host? The session proves that it has an address there. */
static bool owns_locator(const struct claims *c, const struct ila64 *l)
{
	struct ip a = { .len = sizeof(struct ila_addr) };

	memcpy(a.b, l->b, sizeof(l->b));
	return (c->addr.len == a.len && !memcmp(c->addr.b, l->b, sizeof(l->b))) ||
	       is_in(c->rule->locators, c->rule->n_locators, &a);
}

/* ---- what the UPDATE says of all its routes ---------------------------------- */

static bool reflected(const struct claims *c, const struct attrs *a)
{
	return attrs_has(a, ATTR_CLUSTER_LIST) ||
	       (attrs_has(a, ATTR_ORIGINATOR_ID) && a->originator_id != c->id);
}

/* The first egress endpoint that is not the host's; none: one is unreadable. */
static bool foreign_endpoint(const struct claims *c, const struct attrs *a,
			     struct ip *out)
{
	struct tunnel_walk w = tunnel_walk_of(a->tunnel_encap);
	int rc;

	while ((rc = tunnel_endpoint_next(&w, out)) > 0)
		if (out->len && !owns(c, out->b, out->len))
			return true;
	*out = (struct ip) { 0 };
	return rc < 0;
}

/* Ingress replication towards another, or a tunnel whose root we do not read. */
static bool foreign_pmsi(const struct claims *c, const struct attrs *a, struct ip *out)
{
	struct pmsi p = { .type = PMSI_NONE };

	*out = (struct ip) { 0 };
	if (!attrs_has(a, ATTR_PMSI))
		return false;
	if (pmsi_decode(rbuf_of(a->pmsi.p, a->pmsi.len), &p))
		return true;
	*out = p.vtep;
	if (p.type == PMSI_INGRESS_REPL)
		return !owns(c, p.vtep.b, p.vtep.len);
	return p.type != PMSI_NONE;
}

/* The first locator that is not the host's; -ENOENT: there is no such, -EINVAL: what
 * stands there is none. */
static int foreign_locator(const struct claims *c, const struct attrs *a,
			   struct ila64 *out)
{
	int rc;

	if (a->nexthop.len != sizeof(struct ila_addr))
		return -EINVAL;
	memcpy(out->b, a->nexthop.b, sizeof(out->b));
	if (!owns_locator(c, out))
		return 0;
	rc = attrs_ila_locator(a, 0, out);
	return !rc && owns_locator(c, out) ? -ENOENT : rc;
}

void claims_init(struct claims *c, const struct claim_rule *rule, const struct ip *addr,
		 uint32_t id, const struct attrs *a)
{
	struct ila_marker marker;
	struct ila64 locator;
	struct ip endpoint;

	*c = (struct claims) { .rule = rule, .attrs = a, .addr = *addr, .id = id };
	if (reflected(c, a))
		c->all = UR_ORIGIN_REFLECTED;
	else if (a->tunnel_encap.len && foreign_endpoint(c, a, &endpoint))
		c->all = UR_ORIGIN_TUNNEL;
	c->mappings = c->all;
	if (c->all != UR_ORIGIN_REFLECTED) {
		if (!owns(c, a->nexthop.b, a->nexthop.len))
			c->all = UR_ORIGIN_NEXT_HOP;
		if (foreign_locator(c, a, &locator) != -ENOENT)
			c->mappings = UR_ORIGIN_LOCATOR;
	}
	c->marked = attrs_ila_marker(a, &marker) != -ENOENT; /* whatever its version */
	if (foreign_pmsi(c, a, &endpoint))
		c->floods = UR_ORIGIN_TUNNEL;
}

/* ---- what a route says itself ------------------------------------------------ */

static bool rd_allowed(const struct claims *c, const uint8_t rd[8])
{
	if (rd[0] || rd[1] != RD_IP4_TYPE)
		return c->rule->rd_as;
	return owns(c, rd + RD_IP4_AT, 4);
}

static bool is_mapping(const struct claims *c, const struct nlri_origin *o)
{
	return o->mapping == NLRI_MAPPING ||
	       (o->mapping == NLRI_MAPPING_IF_MARKED && c->marked);
}

enum update_reason claims_check(const struct claims *c, const struct nlri_ops *ops,
				const struct nlri *n)
{
	struct nlri_origin o;

	if (!ops->origin)
		return c->all;
	if (!ops->origin(n, &o))
		return c->all != UR_NONE ? c->all : UR_ORIGIN_TYPE;
	if (is_mapping(c, &o))
		return c->mappings;
	if (c->all != UR_NONE)
		return c->all;
	if (o.rd && !rd_allowed(c, o.rd))
		return UR_ORIGIN_RD;
	if (o.ip && !owns(c, o.ip, o.ip_len))
		return UR_ORIGIN_ROUTER;
	return o.floods ? c->floods : UR_NONE;
}

/* ---- words ------------------------------------------------------------------- */

static const char *endpoint_text(const struct ip *a, char buf[ADDR_STR])
{
	return a->len ? ip_format(a, buf) : "that cannot be checked";
}

static void tunnel_format(const struct claims *c, char *buf)
{
	char text[ADDR_STR];
	struct ip a;

	if (foreign_endpoint(c, c->attrs, &a))
		snprintf(buf, CLAIM_STR, "tunnel endpoint %s", endpoint_text(&a, text));
	else if (foreign_pmsi(c, c->attrs, &a))
		snprintf(buf, CLAIM_STR, "PMSI tunnel %s", endpoint_text(&a, text));
}

static void reflected_format(const struct attrs *a, char *buf)
{
	struct ip id = ip4_of(a->originator_id);
	char text[ADDR_STR];

	if (attrs_has(a, ATTR_ORIGINATOR_ID))
		snprintf(buf, CLAIM_STR, "ORIGINATOR_ID %s", ip_format(&id, text));
	else
		snprintf(buf, CLAIM_STR, "CLUSTER_LIST");
}

static void locator_format(const struct claims *c, char *buf)
{
	char text[ILA_STR];
	struct ila64 l;
	int rc = foreign_locator(c, c->attrs, &l);

	if (rc)
		snprintf(buf, CLAIM_STR, "%s",
			 c->attrs->nexthop.len == sizeof(struct ila_addr)
				 ? "locator communities that differ"
				 : "a next hop that is no locator");
	else
		snprintf(buf, CLAIM_STR, "locator %s, %s", ila64_format(&l, text),
			 c->rule->n_locators
				 ? "none of those configured"
				 : "none is configured, nor is its session from there");
}

const char *claims_format(const struct claims *c, enum update_reason why,
			  const struct nlri_ops *ops, const struct nlri *n,
			  char buf[CLAIM_STR])
{
	struct nlri_origin o = { 0 };
	char text[ADDR_STR];
	struct ip ip;
	struct rd rd;

	if (ops->origin)
		ops->origin(n, &o);
	buf[0] = '\0';
	if (why == UR_ORIGIN_NEXT_HOP) {
		snprintf(buf, CLAIM_STR, "next hop %s",
			 ip_format(&c->attrs->nexthop, text));
	} else if (why == UR_ORIGIN_RD) {
		memcpy(rd.b, o.rd, sizeof(rd.b));
		snprintf(buf, CLAIM_STR, "RD %s", rd_format(&rd, text));
	} else if (why == UR_ORIGIN_ROUTER) {
		ip = ip_of(o.ip, o.ip_len);
		snprintf(buf, CLAIM_STR, "originating router %s", ip_format(&ip, text));
	} else if (why == UR_ORIGIN_TUNNEL) {
		tunnel_format(c, buf);
	} else if (why == UR_ORIGIN_REFLECTED) {
		reflected_format(c->attrs, buf);
	} else if (why == UR_ORIGIN_LOCATOR) {
		locator_format(c, buf);
	} else if (why == UR_ORIGIN_TYPE) {
		snprintf(buf, CLAIM_STR, "a type that cannot be checked");
	}
	return buf;
}
