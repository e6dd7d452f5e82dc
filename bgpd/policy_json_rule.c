/*
 * Rules of Cilium's form into clauses. What is not in a table here is an error.
 *
 * Where we are stricter than Cilium: one member has one kind of peers (as there), an
 * empty list of ports is refused, and so is the member `{}` in objects of today, which
 * allowed everything in old releases and nothing in later ones.
 */
#include "bgpd/policy_json_int.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one member of a section ---------------------------------------------------- */

struct clause_read {
	struct policy_clause *c;
	unsigned peers; /* kinds of peers */
	struct policy_port port[POLICY_PORTS_MAX];
};

static bool first_peers(struct policy_reader *r, struct clause_read *cr)
{
	cr->c->any_peer = false;
	return !cr->peers++ ||
	       policy_fail(r, "one kind of peers for a member: make it two members");
}

static bool read_endpoint(struct policy_reader *r, json_t *value, void *arg)
{
	struct clause_read *cr = arg;
	struct policy_selector *s = &cr->c->selector[cr->c->n_selectors++];

	if (!policy_selector(r, value, s))
		return false;
	if (r->space && !policy_names_namespace(s))
		policy_namespace_add(r, s, &r->space, 1);
	return true;
}

static bool read_endpoints(struct policy_reader *r, json_t *value, void *arg)
{
	struct clause_read *cr = arg;
	size_t n = json_array_size(value);

	if (!first_peers(r, cr) || !policy_selectors_room(r, n))
		return false;
	cr->c->selector = policy_alloc(r->doc, n, sizeof(*cr->c->selector));
	return policy_array(r, value, read_endpoint, cr);
}

static bool read_entity(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} entities[] = {
		{ "all", POLICY_ENT_ALL },
		{ "world", POLICY_ENT_WORLD },
		{ "host", POLICY_ENT_HOST },
		{ "remote-node", POLICY_ENT_REMOTE_NODE },
		{ "cluster", POLICY_ENT_CLUSTER },
		{ "init", POLICY_ENT_INIT },
	};
	struct clause_read *cr = arg;
	const char *text;

	if (!policy_string(r, value, &text))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
		if (strcmp(entities[i].name, text))
			continue;
		cr->c->entities |= entities[i].bit;
		return true;
	}
	return policy_fail(r,
			   "expected all, world, host, remote-node, cluster or init");
}

static bool read_entities(struct policy_reader *r, json_t *value, void *arg)
{
	return first_peers(r, arg) && policy_array(r, value, read_entity, arg);
}

static bool read_cidr(struct policy_reader *r, json_t *value, void *arg)
{
	struct clause_read *cr = arg;

	return policy_prefix(r, value, &cr->c->cidr[cr->c->n_cidrs++].prefix);
}

static bool read_cidr_member(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "cidr", policy_ignore, true, NULL },
		{ "except", policy_ignore, false, NULL },
		{ "cidrGroupRef", NULL, false, "groups of prefixes are not supported" },
		{ "cidrGroupSelector", NULL, false,
		  "groups of prefixes are not supported" },
	};
	struct clause_read *cr = arg;

	return policy_object(r, value, rows, ARRAY_SIZE(rows), NULL) &&
	       policy_block(r, value, &cr->c->cidr[cr->c->n_cidrs++]);
}

static bool cidrs_open(struct policy_reader *r, json_t *value, struct clause_read *cr)
{
	size_t n = json_array_size(value);

	if (!first_peers(r, cr) || !policy_cidrs_room(r, n))
		return false;
	cr->c->cidr = policy_alloc(r->doc, n, sizeof(*cr->c->cidr));
	return true;
}

static bool read_cidrs(struct policy_reader *r, json_t *value, void *arg)
{
	return cidrs_open(r, value, arg) && policy_array(r, value, read_cidr, arg);
}

static bool read_cidr_set(struct policy_reader *r, json_t *value, void *arg)
{
	return cidrs_open(r, value, arg) &&
	       policy_array(r, value, read_cidr_member, arg);
}

/* ---- its ports ------------------------------------------------------------------ */

static bool port_add(struct policy_reader *r, struct clause_read *cr, uint8_t proto,
		     unsigned from, unsigned to)
{
	if (cr->c->n_ports == POLICY_PORTS_MAX)
		return policy_fail(r, "more than %d ports", POLICY_PORTS_MAX);
	cr->port[cr->c->n_ports++] = (struct policy_port) {
		.proto = proto,
		.from = (uint16_t)from,
		.to = (uint16_t)to,
	};
	return true;
}

static bool read_port_text(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_port_read *p = arg;
	const char *text;
	size_t digits;

	if (!policy_string(r, value, &text))
		return false;
	digits = strspn(text, "0123456789");
	if (!digits || text[digits])
		return policy_fail(r, "%.40s: named ports are not supported", text);
	if (digits > 5 || atoi(text) > UINT16_MAX)
		return policy_fail(r, "%.40s is no port", text);
	p->from = (unsigned)atoi(text);
	return true;
}

static bool read_port_proto(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_port_read *p = arg;

	return policy_proto(r, value, false, &p->proto);
}

static bool read_port(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "port", read_port_text, true, NULL },
		{ "endPort", policy_end_port, false, NULL },
		{ "protocol", read_port_proto, false, NULL },
	};
	static const uint8_t any[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	struct policy_port_read p = { 0 };

	if (!policy_object(r, value, rows, ARRAY_SIZE(rows), &p) ||
	    !policy_port_range(r, &p))
		return false;
	if (p.proto)
		return port_add(r, arg, p.proto, p.from, p.to);
	for (size_t i = 0; i < ARRAY_SIZE(any); i++)
		if (!port_add(r, arg, any[i], p.from, p.to))
			return false;
	return true;
}

static bool read_ports(struct policy_reader *r, json_t *value, void *arg)
{
	return policy_some(r, value, POLICY_PORTS_MAX) &&
	       policy_array(r, value, read_port, arg);
}

static bool read_port_rule(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "ports", read_ports, true, NULL },
		{ "rules", NULL, false, "rules of layer 7 are not supported" },
		{ "listener", NULL, false, "listeners are not supported" },
		{ "serverNames", NULL, false, "TLS is not looked into" },
		{ "terminatingTLS", NULL, false, "TLS is not looked into" },
		{ "originatingTLS", NULL, false, "TLS is not looked into" },
	};

	return policy_object(r, value, rows, ARRAY_SIZE(rows), arg);
}

static bool first_ports(struct policy_reader *r, struct clause_read *cr)
{
	if (!cr->c->any_port)
		return policy_fail(r, "toPorts and icmps: make it two members");
	cr->c->any_port = false;
	return true;
}

static bool read_to_ports(struct policy_reader *r, json_t *value, void *arg)
{
	return first_ports(r, arg) && policy_some(r, value, 0) &&
	       policy_array(r, value, read_port_rule, arg);
}

static bool read_icmp_type(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_port_read *p = arg;

	if (json_is_string(value))
		return policy_fail(r, "types are given by number");
	return policy_number(r, value, 0, 255, &p->from);
}

static bool read_icmp_family(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_port_read *p = arg;
	const char *text;

	if (!policy_string(r, value, &text))
		return false;
	p->proto = IPPROTO_ICMPV6;
	if (!strcmp(text, "IPv4"))
		p->proto = IPPROTO_ICMP;
	return p->proto == IPPROTO_ICMP || !strcmp(text, "IPv6") ||
	       policy_fail(r, "expected IPv4 or IPv6");
}

static bool read_icmp_field(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "type", read_icmp_type, true, NULL },
		{ "family", read_icmp_family, false, NULL },
	};
	struct policy_port_read p = { .proto = IPPROTO_ICMP };

	return policy_object(r, value, rows, ARRAY_SIZE(rows), &p) &&
	       port_add(r, arg, p.proto, p.from, p.from);
}

static bool read_icmp_fields(struct policy_reader *r, json_t *value, void *arg)
{
	return policy_some(r, value, POLICY_PORTS_MAX) &&
	       policy_array(r, value, read_icmp_field, arg);
}

static bool read_icmp(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "fields", read_icmp_fields, true, NULL },
	};

	return policy_object(r, value, rows, ARRAY_SIZE(rows), arg);
}

static bool read_icmps(struct policy_reader *r, json_t *value, void *arg)
{
	return first_ports(r, arg) && policy_some(r, value, 0) &&
	       policy_array(r, value, read_icmp, arg);
}

/* ---- sections ------------------------------------------------------------------- */

static const struct policy_key ingress_rows[] = {
	{ "fromEndpoints", read_endpoints, false, NULL },
	{ "fromEntities", read_entities, false, NULL },
	{ "fromCIDR", read_cidrs, false, NULL },
	{ "fromCIDRSet", read_cidr_set, false, NULL },
	{ "toPorts", read_to_ports, false, NULL },
	{ "icmps", read_icmps, false, NULL },
	{ "fromRequires", NULL, false,
	  "requirements are not supported: say them in each fromEndpoints" },
	{ "fromNodes", NULL, false, "nodes are not selected by labels" },
	{ "fromGroups", NULL, false, "groups of a cloud are not supported" },
	{ "authentication", NULL, false, "authentication is not supported" },
};

static const struct policy_key egress_rows[] = {
	{ "toEndpoints", read_endpoints, false, NULL },
	{ "toEntities", read_entities, false, NULL },
	{ "toCIDR", read_cidrs, false, NULL },
	{ "toCIDRSet", read_cidr_set, false, NULL },
	{ "toPorts", read_to_ports, false, NULL },
	{ "icmps", read_icmps, false, NULL },
	{ "toRequires", NULL, false,
	  "requirements are not supported: say them in each toEndpoints" },
	{ "toNodes", NULL, false, "nodes are not selected by labels" },
	{ "toGroups", NULL, false, "groups of a cloud are not supported" },
	{ "toServices", NULL, false,
	  "services are not known here: name the endpoints" },
	{ "toFQDNs", NULL, false, "names of DNS are not supported: name the prefixes" },
	{ "authentication", NULL, false, "authentication is not supported" },
};

/* A rule while it is read. */
struct rule_read {
	struct policy_rule *rule;
	bool section[POLICY_DIRS];                 /* is there one? */
	bool said[POLICY_DIRS], deny[POLICY_DIRS]; /* enableDefaultDeny */
	const char *label, *description;
	enum policy_dir dir; /* of the section that is being read */
	bool is_deny;
};

struct policy_clause *policy_new_clause(struct policy_reader *r, enum policy_dir dir,
					bool deny)
{
	struct policy_clause *c = policy_doc_clause(r->doc);

	if (!c) {
		policy_fail(r, "more than %d members", POLICY_CLAUSES_MAX);
		return NULL;
	}
	c->path = policy_str(r->doc, r->path, r->len);
	c->dir = dir;
	c->deny = deny;
	c->any_peer = c->any_port = true;
	return c;
}

static bool read_member(struct policy_reader *r, json_t *value, void *arg)
{
	const struct rule_read *rr = arg;
	bool in = rr->dir == POLICY_INGRESS;
	struct clause_read cr = { .c = policy_new_clause(r, rr->dir, rr->is_deny) };

	if (!cr.c)
		return false;
	if (r->closed_form && json_is_object(value) && !json_object_size(value))
		return policy_fail(
			r,
			"{} means everything to some and nothing to others: "
			"write {\"%sEntities\": [\"all\"]}, or [] for the section",
			in ? "from" : "to");
	if (!policy_object(r, value, in ? ingress_rows : egress_rows,
			   in ? ARRAY_SIZE(ingress_rows) : ARRAY_SIZE(egress_rows),
			   &cr))
		return false;
	cr.c->port = policy_alloc(r->doc, cr.c->n_ports, sizeof(*cr.c->port));
	memcpy(cr.c->port, cr.port, cr.c->n_ports * sizeof(*cr.c->port));
	return true;
}

static bool read_section(struct policy_reader *r, json_t *value, struct rule_read *rr,
			 enum policy_dir dir, bool deny)
{
	rr->section[dir] = true;
	rr->dir = dir;
	rr->is_deny = deny;
	return policy_array(r, value, read_member, rr);
}

static bool read_ingress(struct policy_reader *r, json_t *value, void *arg)
{
	return read_section(r, value, arg, POLICY_INGRESS, false);
}

static bool read_ingress_deny(struct policy_reader *r, json_t *value, void *arg)
{
	return read_section(r, value, arg, POLICY_INGRESS, true);
}

static bool read_egress(struct policy_reader *r, json_t *value, void *arg)
{
	return read_section(r, value, arg, POLICY_EGRESS, false);
}

static bool read_egress_deny(struct policy_reader *r, json_t *value, void *arg)
{
	return read_section(r, value, arg, POLICY_EGRESS, true);
}

/* ---- rules ---------------------------------------------------------------------- */

static bool read_subject(struct policy_reader *r, json_t *value, void *arg)
{
	struct rule_read *rr = arg;

	return policy_subject(r, value, &rr->rule->subject);
}

static bool read_default_deny_of(struct policy_reader *r, json_t *value,
				 struct rule_read *rr, enum policy_dir dir)
{
	rr->said[dir] = true;
	return policy_flag(r, value, &rr->deny[dir]);
}

static bool read_default_deny_in(struct policy_reader *r, json_t *value, void *arg)
{
	return read_default_deny_of(r, value, arg, POLICY_INGRESS);
}

static bool read_default_deny_out(struct policy_reader *r, json_t *value, void *arg)
{
	return read_default_deny_of(r, value, arg, POLICY_EGRESS);
}

static bool read_default_deny(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "ingress", read_default_deny_in, false, NULL },
		{ "egress", read_default_deny_out, false, NULL },
	};

	return policy_object(r, value, rows, ARRAY_SIZE(rows), arg);
}

static bool read_description(struct policy_reader *r, json_t *value, void *arg)
{
	struct rule_read *rr = arg;

	return policy_string(r, value, &rr->description);
}

/* "key=value", or an object of key, value and source; one called "name" is the name. */
static bool read_rule_label(struct policy_reader *r, json_t *value, void *arg)
{
	const char *k = json_string_value(json_object_get(value, "key"));
	const char *v = json_string_value(json_object_get(value, "value"));
	struct rule_read *rr = arg;
	char text[256];

	if (json_is_string(value))
		snprintf(text, sizeof(text), "%s", json_string_value(value));
	else if (!k)
		return policy_fail(r, "expected a string, or an object with a key");
	else if (!strcmp(k, "name") && v)
		snprintf(text, sizeof(text), "%s", v);
	else
		snprintf(text, sizeof(text), "%s%s%s", k, v && *v ? "=" : "",
			 v ? v : "");
	if (!rr->label || (k && !strcmp(k, "name")))
		rr->label = policy_str(r->doc, text, strlen(text));
	return true;
}

static bool read_rule_labels(struct policy_reader *r, json_t *value, void *arg)
{
	return policy_array(r, value, read_rule_label, arg);
}

struct policy_rule *policy_new_rule(struct policy_reader *r)
{
	struct policy_rule *rule = policy_doc_rule(r->doc);
	char name[512];

	if (!rule) {
		policy_fail(r, "more than %d rules", POLICY_RULES_MAX);
		return NULL;
	}
	rule->file = r->name;
	rule->path = policy_str(r->doc, r->path, r->len);
	if (r->title) {
		snprintf(name, sizeof(name), "%s%s%s", r->space ? r->space : "",
			 r->space ? "/" : "", r->title);
		rule->name = policy_str(r->doc, name, strlen(name));
	}
	return rule;
}

static void name_rule(struct rule_read *rr)
{
	struct policy_rule *rule = rr->rule;

	if (!rule->name)
		rule->name = rr->label ? rr->label : rr->description;
	if (!rule->name)
		rule->name = rule->path;
}

bool policy_read_rule(struct policy_reader *r, json_t *value, void *arg UNUSED)
{
	static const struct policy_key rows[] = {
		{ "endpointSelector", read_subject, true, NULL },
		{ "nodeSelector", NULL, false, "policies of nodes are not supported" },
		{ "labels", read_rule_labels, false, NULL },
		{ "description", read_description, false, NULL },
		{ "ingress", read_ingress, false, NULL },
		{ "ingressDeny", read_ingress_deny, false, NULL },
		{ "egress", read_egress, false, NULL },
		{ "egressDeny", read_egress_deny, false, NULL },
		{ "enableDefaultDeny", read_default_deny, false, NULL },
	};
	struct rule_read rr = { .rule = policy_new_rule(r) };
	bool any = false;

	if (!rr.rule || !policy_object(r, value, rows, ARRAY_SIZE(rows), &rr))
		return false;
	for (int d = 0; d < POLICY_DIRS; d++) {
		rr.rule->default_deny[d] = rr.said[d] ? rr.deny[d] : rr.section[d];
		any |= rr.section[d] || rr.said[d];
	}
	if (!any)
		return policy_fail(r,
				   "neither ingress nor egress: it would do nothing");
	name_rule(&rr);
	return true;
}
