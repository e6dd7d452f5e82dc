/* tests/unit/enforce_model.h - what a fib would know that hears the intents of
 * rib/enforce.h; it asserts what may be relied on at every one of them. */
#ifndef TESTS_UNIT_ENFORCE_MODEL_H
#define TESTS_UNIT_ENFORCE_MODEL_H

#include "tests/unit/policy_help.h"

#include <stdlib.h>

#include "rib/enforce.h"
#include "rib/labels.h"

/* ---- documents -------------------------------------------------------------- */

static const char *const docs[] = {
	"[]",
	"[{'endpointSelector': {'matchLabels': {'app': 'a'}},"
	"  'ingress': [{'fromEndpoints': [{'matchLabels': {'app': 'b'}}],"
	"    'toPorts': [{'ports': [{'port': '80', 'protocol': 'TCP'}]}]}]}]",
	"[{'endpointSelector': {}, 'ingress': [{'fromEndpoints': [{}]}],"
	"  'egress': [{'toCIDR': ['10.0.0.0/8', '10.1.1.1/32']}]},"
	" {'endpointSelector': {'matchLabels': {'app': 'b'}},"
	"  'ingressDeny': [{'fromEndpoints': [{'matchLabels': {'app': 'c'}}]}]}]",
	"[{'endpointSelector': {'matchLabels': {'app': 'c'}},"
	"  'ingress': [{'fromEntities': ['cluster']},"
	"    {'fromCIDRSet': [{'cidr': '10.0.0.0/8', 'except': ['10.2.0.0/16']}]}]},"
	" {'endpointSelector': {'matchExpressions':"
	"    [{'key': 'app', 'operator': 'NotIn', 'values': ['a']}]},"
	"  'egress': [{'toEndpoints': [{'matchLabels': {'app': 'a'}},"
	"    {'matchLabels': {'app': 'd'}}], 'toPorts': [{'ports':"
	"    [{'port': '1', 'endPort': 1000, 'protocol': 'UDP'}]}]}]}]",
};

static const char *const sets[] = { "", "app=a", "app=b", "app=c", "app=d", NULL };

static struct bytes bytes_of(const char *text)
{
	return (struct bytes) { (const uint8_t *)text, text ? strlen(text) : 0 };
}

/* ---- what fib knows --------------------------------------------------------- */

enum {
	POLICIES = 512,
	VERDICTS = 512,
	IDENTS = 512,
	LOADS = 8,
	IDS = 24,
	GROUPS = 512
};

struct set {
	size_t n;
	struct policy_verdict v[VERDICTS];
};

struct model {
	struct enforce *e;
	unsigned room;
	bool endless, silent;
	struct {
		uint32_t number;
		bool building, committed, told;
		struct set live, next;
	} policy[POLICIES];
	struct intent_ident ident[IDENTS];
	struct intent_group group[GROUPS];
	struct intent_workload load[LOADS]; /* ifname "": none */
	bool load_told[LOADS];
	uint32_t overlay;
	char log[8192]; /* types, in order */
	unsigned refused;

	/* what is true */
	struct {
		bool used;
		uint32_t number;
		const char *labels;
		int addrs;
	} id[IDS];
	struct identity_addr addr[IDENTS];
	size_t n_addrs;
	struct {
		bool there;
		struct enforce_endpoint ep;
		const char *labels;
	} ep[LOADS];
	enum enforce_rule rule;
	int doc;
};

static int policy_at(const struct model *m, uint32_t number)
{
	for (int i = 0; i < POLICIES; i++)
		if (m->policy[i].number == number)
			return i;
	return -1;
}

static int place(const struct policy_verdict *a, const struct policy_verdict *b)
{
	const uint32_t x[] = { a->identity, a->dir, a->plen, a->proto, a->port };
	const uint32_t y[] = { b->identity, b->dir, b->plen, b->proto, b->port };

	for (unsigned i = 0; i < ARRAY_SIZE(x); i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static void verdict_put(struct set *s, const struct intent_verdict *r, bool set)
{
	struct policy_verdict v = { .identity = r->identity,
				    .dir = r->dir,
				    .proto = r->proto,
				    .plen = r->plen,
				    .flags = r->flags,
				    .port = r->port,
				    .rule = r->rule };
	size_t i = 0;

	while (i < s->n && place(&s->v[i], &v) < 0)
		i++;
	if (i < s->n && !place(&s->v[i], &v)) {
		if (set)
			s->v[i] = v;
		else
			memmove(&s->v[i], &s->v[i + 1], (--s->n - i) * sizeof(v));
		return;
	}
	if (!set)
		return;
	assert_true(s->n < VERDICTS);
	memmove(&s->v[i + 1], &s->v[i], (s->n++ - i) * sizeof(v));
	s->v[i] = v;
}

static void on_policy(struct model *m, uint16_t type, const struct intent_policy *p)
{
	int i = policy_at(m, p->policy);

	assert_int_not_equal(p->policy, 0);
	if (type == INTENT_POLICY_BEGIN) {
		assert_int_equal(i, -1); /* a number means one thing */
		i = policy_at(m, 0);
		m->policy[i].number = p->policy;
		m->policy[i].building = true;
	} else if (type == INTENT_POLICY_COMMIT) {
		assert_true(m->policy[i].building);
		m->policy[i].live = m->policy[i].next;
		m->policy[i].building = false;
		m->policy[i].committed = true;
	} else {
		assert_int_not_equal(i, -1);
		for (int k = 0; k < LOADS; k++)
			assert_false(m->load[k].ifname[0] &&
				     m->load[k].policy == p->policy);
		memset(&m->policy[i], 0, sizeof(m->policy[i]));
	}
}

static bool same_key(const struct intent_ident *a, const struct intent_ident *b)
{
	return a->vni == b->vni && a->bits == b->bits && ip_eq(&a->ip, &b->ip);
}

static void on_ident(struct model *m, bool set, const struct intent_ident *r)
{
	int i = 0;

	while (i < IDENTS && !(m->ident[i].identity && same_key(&m->ident[i], r)))
		i++;
	for (int k = 0; i == IDENTS && k < IDENTS; k++)
		if (!m->ident[k].identity)
			i = k;
	assert_true(i < IDENTS);
	if (set)
		m->ident[i] = *r;
	else
		memset(&m->ident[i], 0, sizeof(*r));
}

static void on_group(struct model *m, bool set, const struct intent_group *r)
{
	int i = 0, free = -1;

	for (; i < GROUPS; i++) {
		if (m->group[i].vni == r->vni && m->group[i].group == r->group)
			break;
		if (free < 0 && !m->group[i].vni)
			free = i;
	}
	i = i < GROUPS ? i : free;
	if (set)
		m->group[i] = *r;
	else
		memset(&m->group[i], 0, sizeof(*r));
}

static void on_load(struct model *m, bool set, const struct intent_workload *r)
{
	int i = r->ifname[1] - '0', p = r->policy ? policy_at(m, r->policy) : -1;

	assert_true(!set || !r->policy || (p >= 0 && m->policy[p].committed));
	m->load_told[i] = false;
	if (set)
		m->load[i] = *r;
	else
		memset(&m->load[i], 0, sizeof(*r));
}

static void log_type(struct model *m, uint16_t type)
{
	static const char *const names[] = {
		[INTENT_IDENT_SET] = "I",    [INTENT_IDENT_DEL] = "i",
		[INTENT_WORKLOAD_SET] = "W", [INTENT_WORKLOAD_DEL] = "w",
		[INTENT_POLICY_BEGIN] = "(", [INTENT_POLICY_COMMIT] = ")",
		[INTENT_VERDICT_SET] = "V",  [INTENT_VERDICT_DEL] = "v",
		[INTENT_POLICY_DEL] = "p",   [INTENT_GROUP_SET] = "G",
		[INTENT_GROUP_DEL] = "g",    [INTENT_POLICY_OPT] = "o",
	};
	size_t len = strlen(m->log);

	assert_non_null(names[type]);
	if (len + 2 < sizeof(m->log))
		strcpy(m->log + len, names[type]);
}

static void on_intent(void *ctx, uint16_t type, const void *body)
{
	const struct intent_verdict *v = body;
	struct model *m = ctx;
	int i;

	m->room -= m->room > 0;
	log_type(m, type);
	switch (type) {
	case INTENT_VERDICT_SET:
	case INTENT_VERDICT_DEL:
		i = policy_at(m, v->policy);
		assert_int_not_equal(i, -1);
		verdict_put(m->policy[i].building ? &m->policy[i].next
						  : &m->policy[i].live,
			    v, type == INTENT_VERDICT_SET);
		break;
	case INTENT_IDENT_SET:
	case INTENT_IDENT_DEL:
		on_ident(m, type == INTENT_IDENT_SET, body);
		break;
	case INTENT_GROUP_SET:
	case INTENT_GROUP_DEL:
		on_group(m, type == INTENT_GROUP_SET, body);
		break;
	case INTENT_WORKLOAD_SET:
	case INTENT_WORKLOAD_DEL:
		on_load(m, type == INTENT_WORKLOAD_SET, body);
		break;
	case INTENT_POLICY_OPT:
		m->overlay = ((const struct intent_policy_opt *)body)->identity;
		break;
	default:
		on_policy(m, type, body);
	}
}

static bool on_has_room(void *ctx)
{
	const struct model *m = ctx;

	return m->endless || m->room;
}

static size_t addr_at(const struct model *m, uint32_t vni, const struct ip *ip,
		      uint8_t bits)
{
	size_t i = 0;

	while (i < m->n_addrs && !(m->addr[i].vni == vni && m->addr[i].bits == bits &&
				   ip_eq(&m->addr[i].ip, ip)))
		i++;
	return i;
}

static bool on_address(void *ctx, uint32_t vni, const struct prefix *p,
		       struct identity_addr *out)
{
	const struct model *m = ctx;
	size_t i = addr_at(m, vni, &p->ip, p->bits);

	if (i == m->n_addrs)
		return false;
	*out = m->addr[i];
	return true;
}

static void on_changed(void *ctx)
{
	(void)ctx;
}

static void on_refused(void *ctx, struct bytes labels, const char *why)
{
	(void)labels;
	(void)why;
	((struct model *)ctx)->refused++;
}

static const struct enforce_hooks hooks = {
	.intent = on_intent,
	.has_room = on_has_room,
	.address = on_address,
	.changed = on_changed,
	.refused = on_refused,
};

static struct model *model_new(bool silent)
{
	struct model *m = xcalloc(1, sizeof(*m));

	m->silent = silent;
	m->endless = true;
	m->e = enforce_new(&hooks, m, !silent);
	return m;
}

static void model_free(struct model *m)
{
	enforce_free(m->e);
	free(m);
}

#endif
