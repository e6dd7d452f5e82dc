/*
 * NetworkPolicy of networking.k8s.io/v1 into the same rules. Its namespaces are labels
 * to us: an endpoint is in one when it has io.kubernetes.pod.namespace (of any
 * source). Of namespaceSelector only what names namespaces can be mapped exactly; named
 * ports cannot. Traffic of the host itself passes only where a rule says so: this is
 * the one thing that Kubernetes wants otherwise.
 */
#include "bgpd/policy_json_int.h"

#include <netinet/in.h>
#include <string.h>

#define NAMESPACE_NAME "kubernetes.io/metadata.name"

/* ---- peers ---------------------------------------------------------------------- */

struct peer_read {
	struct policy_clause *c;
	struct policy_selector pods;
	struct policy_selector spaces;
	bool has_pods, has_spaces, has_block;
};

static bool read_pods(struct policy_reader *r, json_t *value, void *arg)
{
	struct peer_read *p = arg;

	p->has_pods = true;
	return policy_selector(r, value, &p->pods);
}

static bool read_spaces(struct policy_reader *r, json_t *value, void *arg)
{
	struct peer_read *p = arg;

	p->has_spaces = true;
	if (!policy_selector(r, value, &p->spaces))
		return false;
	for (uint32_t i = 0; i < p->spaces.n; i++) {
		const struct policy_expr *e = &p->spaces.expr[i];

		if (e->op != POLICY_IN || strcmp(e->key, NAMESPACE_NAME))
			return policy_fail(r,
					   "namespaces are selected by " NAMESPACE_NAME
					   " alone, with matchLabels or In");
	}
	return true;
}

static bool read_block(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "cidr", policy_ignore, true, NULL },
		{ "except", policy_ignore, false, NULL },
	};
	struct peer_read *p = arg;

	p->has_block = true;
	return policy_object(r, value, rows, ARRAY_SIZE(rows), NULL) &&
	       policy_cidrs_room(r, 1) &&
	       policy_block(r, value, &p->c->cidr[p->c->n_cidrs++]);
}

static bool read_peer(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "podSelector", read_pods, false, NULL },
		{ "namespaceSelector", read_spaces, false, NULL },
		{ "ipBlock", read_block, false, NULL },
	};
	struct peer_read p = { .c = arg };

	if (!policy_object(r, value, rows, ARRAY_SIZE(rows), &p))
		return false;
	if (p.has_block == (p.has_pods || p.has_spaces))
		return policy_fail(r, "expected ipBlock, or podSelector and "
				      "namespaceSelector or one of them");
	if (p.has_block)
		return true;
	/* Those of the policy's own namespace, unless it says which. */
	if (p.has_spaces)
		for (uint32_t i = 0; i < p.spaces.n; i++)
			policy_namespace_add(r, &p.pods, p.spaces.expr[i].value,
					     p.spaces.expr[i].n);
	else if (r->space)
		policy_namespace_add(r, &p.pods, &r->space, 1);
	p.c->selector[p.c->n_selectors++] = p.pods;
	return policy_selectors_room(r, 1);
}

/* Empty is absent. */
static bool read_peers(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_clause *c = arg;
	size_t n = json_array_size(value);

	if (n > POLICY_SELECTORS_MAX)
		return policy_fail(r, "more than %d peers", POLICY_SELECTORS_MAX);
	c->any_peer = !n;
	c->selector = policy_alloc(r->doc, n, sizeof(*c->selector));
	c->cidr = policy_alloc(r->doc, n, sizeof(*c->cidr));
	return policy_array(r, value, read_peer, c);
}

/* ---- ports ---------------------------------------------------------------------- */

static bool read_number(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_port_read *p = arg;

	if (json_is_string(value))
		return policy_fail(r, "%.40s: named ports are not supported",
				   json_string_value(value));
	return policy_number(r, value, 1, UINT16_MAX, &p->from);
}

static bool read_proto(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_port_read *p = arg;

	return policy_proto(r, value, true, &p->proto);
}

static bool read_port(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "port", read_number, false, NULL },
		{ "endPort", policy_end_port, false, NULL },
		{ "protocol", read_proto, false, NULL },
	};
	struct policy_clause *c = arg;
	struct policy_port_read p = { .proto = IPPROTO_TCP };

	if (!policy_object(r, value, rows, ARRAY_SIZE(rows), &p) ||
	    !policy_port_range(r, &p))
		return false;
	c->port[c->n_ports++] =
		(struct policy_port) { p.proto, (uint16_t)p.from, (uint16_t)p.to };
	return true;
}

static bool read_ports(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_clause *c = arg;
	size_t n = json_array_size(value);

	if (n > POLICY_PORTS_MAX)
		return policy_fail(r, "more than %d ports", POLICY_PORTS_MAX);
	c->any_port = !n;
	c->port = policy_alloc(r->doc, n, sizeof(*c->port));
	return policy_array(r, value, read_port, c);
}

/* ---- the policy ----------------------------------------------------------------- */

struct netpol_read {
	struct policy_rule *rule;
	bool given, type[POLICY_DIRS];
	enum policy_dir dir;
};

static bool read_member(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[POLICY_DIRS][2] = {
		[POLICY_INGRESS] = { { "from", read_peers, false, NULL },
				     { "ports", read_ports, false, NULL } },
		[POLICY_EGRESS] = { { "to", read_peers, false, NULL },
				    { "ports", read_ports, false, NULL } },
	};
	const struct netpol_read *np = arg;
	struct policy_clause *c = policy_new_clause(r, np->dir, false);

	return c && policy_object(r, value, rows[np->dir], 2, c);
}

static bool read_ingress(struct policy_reader *r, json_t *value, void *arg)
{
	struct netpol_read *np = arg;

	np->dir = POLICY_INGRESS;
	return policy_array(r, value, read_member, np);
}

static bool read_egress(struct policy_reader *r, json_t *value, void *arg)
{
	struct netpol_read *np = arg;

	np->dir = POLICY_EGRESS;
	return policy_array(r, value, read_member, np);
}

static bool read_type(struct policy_reader *r, json_t *value, void *arg)
{
	struct netpol_read *np = arg;
	const char *text;

	if (!policy_string(r, value, &text))
		return false;
	np->given = true;
	if (strcmp(text, "Ingress") && strcmp(text, "Egress"))
		return policy_fail(r, "expected Ingress or Egress");
	np->type[*text == 'I' ? POLICY_INGRESS : POLICY_EGRESS] = true;
	return true;
}

static bool read_types(struct policy_reader *r, json_t *value, void *arg)
{
	return policy_array(r, value, read_type, arg);
}

static bool read_subject(struct policy_reader *r, json_t *value, void *arg)
{
	struct netpol_read *np = arg;

	return policy_subject(r, value, &np->rule->subject);
}

/* What is said about a direction that the types do not name has no effect. */
static void forget(struct policy_reader *r, const struct netpol_read *np)
{
	struct policy_rule *rule = np->rule;
	uint32_t n = 0;

	for (uint32_t i = 0; i < rule->n; i++) {
		struct policy_clause *c = &r->doc->clause[rule->first + i];

		if (np->type[c->dir])
			r->doc->clause[rule->first + n++] = *c;
	}
	r->doc->n_clauses -= rule->n - n;
	rule->n = n;
}

bool policy_read_netpol(struct policy_reader *r, json_t *value, void *arg UNUSED)
{
	static const struct policy_key rows[] = {
		{ "podSelector", read_subject, true, NULL },
		{ "policyTypes", read_types, false, NULL },
		{ "ingress", read_ingress, false, NULL },
		{ "egress", read_egress, false, NULL },
	};
	struct netpol_read np = { .rule = policy_new_rule(r) };

	if (!np.rule || !policy_object(r, value, rows, ARRAY_SIZE(rows), &np))
		return false;
	/* Unless it says so itself: ingress always, egress when there are rules. */
	if (!np.given) {
		np.type[POLICY_INGRESS] = true;
		np.type[POLICY_EGRESS] =
			json_array_size(json_object_get(value, "egress")) > 0;
	}
	forget(r, &np);
	for (int d = 0; d < POLICY_DIRS; d++)
		np.rule->default_deny[d] = np.type[d];
	if (!np.rule->name)
		np.rule->name = np.rule->path;
	return true;
}
