/*
 * What rules of both forms have in common: selectors of labels, namespaces as labels,
 * prefixes and protocols.
 */
#include "bgpd/policy_json_int.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wire/labelset.h"

#define POD_NAMESPACE    "io.kubernetes.pod.namespace"
#define NAMESPACE_LABELS "io.cilium.k8s.namespace.labels."

/* ---- selectors ------------------------------------------------------------------ */

static bool check_label(struct policy_reader *r, const char *key, const char *value)
{
	uint8_t label[LABEL_KEY_LEN + LABEL_VALUE_LEN + 4];
	int n = snprintf((char *)label, sizeof(label), "%s=%s", key, value);
	enum label_fault f = LABEL_SIZE;

	if (n > 0 && (size_t)n < sizeof(label))
		f = labels_check((struct bytes) { label, (size_t)n });
	if (f == LABEL_RESERVED)
		return policy_fail(r, "%.80s: say it with entities", key);
	return !f || policy_fail(r, "no label can be %.80s=%.80s: %s", key, value,
				 label_fault_text(f));
}

/* "source:key" is that label, "key" and "any:key" one of any source. */
static void expr_key(struct policy_expr *e, const char *key)
{
	bool any = !strncmp(key, "any:", 4);

	e->any_source = any || !strchr(key, ':');
	e->key = any ? key + 4 : key;
}

static bool read_match_label(struct policy_reader *r, const char *key, json_t *value,
			     struct policy_expr *e)
{
	const char *text;

	if (!policy_string(r, value, &text))
		return false;
	expr_key(e, policy_str(r->doc, key, strlen(key)));
	e->op = POLICY_IN;
	e->n = 1;
	e->value = policy_alloc(r->doc, 1, sizeof(*e->value));
	e->value[0] = text;
	return check_label(r, e->key, text);
}

static bool read_match_labels(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_selector *s = arg;
	const char *key;
	json_t *member;

	if (!json_is_object(value))
		return policy_fail(r, "expected an object");
	json_object_foreach(value, key, member)
	{
		size_t at = policy_down(r, key);

		if (!read_match_label(r, key, member, &s->expr[s->n++]))
			return false;
		policy_up(r, at);
	}
	return true;
}

static bool read_expr_key(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_expr *e = arg;
	const char *key;

	if (!policy_string(r, value, &key))
		return false;
	expr_key(e, key);
	return check_label(r, e->key, "");
}

static bool read_operator(struct policy_reader *r, json_t *value, void *arg)
{
	static const char *const ops[] = {
		[POLICY_IN] = "In",
		[POLICY_NOT_IN] = "NotIn",
		[POLICY_EXISTS] = "Exists",
		[POLICY_NOT_EXISTS] = "DoesNotExist",
	};
	struct policy_expr *e = arg;
	const char *text;

	if (!policy_string(r, value, &text))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
		if (strcmp(ops[i], text))
			continue;
		e->op = (enum policy_op)i;
		return true;
	}
	return policy_fail(r, "expected In, NotIn, Exists or DoesNotExist");
}

static bool read_value(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_expr *e = arg;
	const char *text;

	if (!policy_string(r, value, &text))
		return false;
	e->value[e->n++] = text;
	return check_label(r, "key", text);
}

static bool read_values(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_expr *e = arg;

	if (json_array_size(value) > POLICY_VALUES_MAX)
		return policy_fail(r, "more than %d", POLICY_VALUES_MAX);
	e->value = policy_alloc(r->doc, json_array_size(value), sizeof(*e->value));
	return policy_array(r, value, read_value, e);
}

static bool read_expr(struct policy_reader *r, json_t *value, void *arg)
{
	static const struct policy_key rows[] = {
		{ "key", read_expr_key, true, NULL },
		{ "operator", read_operator, true, NULL },
		{ "values", read_values, false, NULL },
	};
	struct policy_selector *s = arg;
	struct policy_expr *e = &s->expr[s->n++];

	if (!policy_object(r, value, rows, ARRAY_SIZE(rows), e))
		return false;
	if (!e->n != (e->op == POLICY_EXISTS || e->op == POLICY_NOT_EXISTS))
		return policy_fail(r, "In and NotIn have values, the others have none");
	return true;
}

static bool read_exprs(struct policy_reader *r, json_t *value, void *arg)
{
	return policy_array(r, value, read_expr, arg);
}

bool policy_selector(struct policy_reader *r, json_t *value, struct policy_selector *s)
{
	static const struct policy_key rows[] = {
		{ "matchLabels", read_match_labels, false, NULL },
		{ "matchExpressions", read_exprs, false, NULL },
	};
	size_t n = json_object_size(json_object_get(value, "matchLabels")) +
		   json_array_size(json_object_get(value, "matchExpressions"));

	if (n > POLICY_EXPRS_MAX)
		return policy_fail(r, "more than %d conditions", POLICY_EXPRS_MAX);
	s->expr = policy_alloc(r->doc, n, sizeof(*s->expr));
	return policy_object(r, value, rows, ARRAY_SIZE(rows), s);
}

void policy_namespace_add(struct policy_reader *r, struct policy_selector *s,
			  const char *const *name, uint32_t n)
{
	struct policy_expr *e = policy_alloc(r->doc, s->n + 1u, sizeof(*e));

	if (s->n)
		memcpy(e, s->expr, s->n * sizeof(*e));
	e[s->n].any_source = true;
	e[s->n].key = POD_NAMESPACE;
	e[s->n].n = n;
	e[s->n].value = policy_alloc(r->doc, n, sizeof(*e->value));
	memcpy(e[s->n].value, name, n * sizeof(*name));
	s->expr = e;
	s->n++;
}

bool policy_names_namespace(const struct policy_selector *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const char *colon = strchr(s->expr[i].key, ':');
		const char *bare = colon ? colon + 1 : s->expr[i].key;

		if (!strcmp(bare, POD_NAMESPACE) ||
		    !strncmp(bare, NAMESPACE_LABELS, strlen(NAMESPACE_LABELS)))
			return true;
	}
	return false;
}

bool policy_selectors_room(struct policy_reader *r, size_t n)
{
	if (n > POLICY_SELECTORS_MAX - r->doc->n_selectors)
		return policy_fail(r, "more than %d selectors", POLICY_SELECTORS_MAX);
	r->doc->n_selectors += (uint32_t)n;
	return true;
}

bool policy_subject(struct policy_reader *r, json_t *value, struct policy_selector *s)
{
	if (!policy_selectors_room(r, 1) || !policy_selector(r, value, s))
		return false;
	if (r->space)
		policy_namespace_add(r, s, &r->space, 1);
	return true;
}

/* ---- prefixes, protocols, ports -------------------------------------------------- */

bool policy_prefix(struct policy_reader *r, json_t *value, struct prefix *out)
{
	const char *text = json_string_value(value);
	struct prefix p = { 0 };

	if (!text)
		return policy_fail(r, "expected a prefix");
	if (!ip_parse(text, &p.ip))
		p.bits = (uint8_t)(p.ip.len * 8);
	else if (prefix_parse(text, &p))
		return policy_fail(r, "%.80s is no prefix", text);
	*out = p;
	return true;
}

static bool read_except(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_cidr *c = arg;
	struct prefix *p = &c->except[c->n];

	if (!policy_prefix(r, value, p))
		return false;
	if (p->bits < c->prefix.bits || !prefix_contains(&c->prefix, &p->ip))
		return policy_fail(r, "%.80s is not inside what it is excepted from",
				   json_string_value(value));
	c->n++;
	return true;
}

static bool read_excepts(struct policy_reader *r, json_t *value, struct policy_cidr *c)
{
	if (!policy_cidrs_room(r, json_array_size(value)))
		return false;
	c->except = policy_alloc(r->doc, json_array_size(value), sizeof(*c->except));
	return policy_array(r, value, read_except, c);
}

bool policy_block(struct policy_reader *r, json_t *value, struct policy_cidr *c)
{
	json_t *except = json_object_get(value, "except");
	size_t at = policy_down(r, "cidr");

	if (!policy_prefix(r, json_object_get(value, "cidr"), &c->prefix))
		return false;
	policy_up(r, at);
	at = policy_down(r, "except");
	if (except && !read_excepts(r, except, c))
		return false;
	policy_up(r, at);
	return true;
}

bool policy_cidrs_room(struct policy_reader *r, size_t n)
{
	if (n > POLICY_CIDRS_MAX - r->doc->n_cidrs)
		return policy_fail(r, "more than %d prefixes", POLICY_CIDRS_MAX);
	r->doc->n_cidrs += (uint32_t)n;
	return true;
}

bool policy_proto(struct policy_reader *r, json_t *value, bool exact, uint8_t *out)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} protos[] = {
		{ "TCP", IPPROTO_TCP },
		{ "UDP", IPPROTO_UDP },
		{ "SCTP", IPPROTO_SCTP },
		{ "ANY", 0 },
	};
	const char *text;

	if (!policy_string(r, value, &text))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(protos) - exact; i++) {
		if (exact ? strcmp(protos[i].name, text)
			  : strcasecmp(protos[i].name, text))
			continue;
		*out = protos[i].proto;
		return true;
	}
	return policy_fail(r, "expected TCP, UDP%s",
			   exact ? " or SCTP" : ", SCTP or ANY");
}

bool policy_end_port(struct policy_reader *r, json_t *value, void *arg)
{
	struct policy_port_read *p = arg;

	return policy_number(r, value, 1, UINT16_MAX, &p->to);
}

bool policy_port_range(struct policy_reader *r, struct policy_port_read *p)
{
	if (p->to && (!p->from || p->to < p->from))
		return policy_fail(r, "the range ends before it begins");
	if (!p->to)
		p->to = p->from ? p->from : UINT16_MAX;
	return true;
}
