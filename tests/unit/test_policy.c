/* Verdicts, prefixes, subjects and explanations, one by one. */
#include "tests/unit/policy_help.h"

#include <errno.h>

#include "rib/policy_trace.h"

/* Canonical labels; | stands for the NUL between them. */
static struct bytes labels(const char *text)
{
	static uint8_t b[8][256];
	static unsigned turn;
	uint8_t *l = b[turn++ % 8];
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		l[i] = (uint8_t)(text[i] == '|' ? '\0' : text[i]);
	return (struct bytes) { l, len };
}

static const struct bytes untold;

/* All verdicts of a subject with one peer, as text. */
static char *verdicts(const struct policy *p, const char *subject, uint32_t identity,
		      struct bytes peer_labels)
{
	static char buf[4096];
	struct policy_subject *s = policy_subject_new(p, labels(subject));
	struct policy_peer *peer = policy_peer_new(p, identity, peer_labels);
	struct policy_verdicts l = { 0 };
	size_t len = 0;

	assert_int_equal(policy_compile(s, (const struct policy_peer *const *)&peer,
					identity != 0, &l),
			 0);
	buf[0] = '\0';
	for (size_t i = 0; i < l.n; i++)
		len += (size_t)snprintf(
			buf + len, sizeof(buf) - len, "%s%s %x %u %u/%u %s%u",
			i ? "; " : "", l.v[i].dir == POLICY_EGRESS ? "out" : "in",
			l.v[i].identity, l.v[i].proto, l.v[i].port, l.v[i].plen,
			l.v[i].flags & POLICY_DENY ? "deny " : "", l.v[i].rule);
	policy_verdicts_fini(&l);
	policy_subject_free(s);
	free(peer);
	return buf;
}

#define RULE(sections) "[{'endpointSelector': {}, " sections "}]"
#define IN(members)    RULE("'ingress': [" members "]")

static const struct {
	const char *name, *text, *subject;
	uint32_t identity;
	const char *labels; /* of the peer; NULL: not known */
	const char *want;
} cases[] = {
	{ "no rule", "[]", "app=a", 300, "app=b", "in 0 0 0/0 0; out 0 0 0/0 0" },
	{ "not the subject",
	  "[{'endpointSelector': {'matchLabels': {'app': 'x'}}, 'ingress': []}]",
	  "app=a", 300, "app=b", "in 0 0 0/0 0; out 0 0 0/0 0" },
	{ "closed", RULE("'ingress': [], 'egress': []"), "app=a", 300, "app=b", "" },
	{ "everything", IN("{}"), "app=a", 300, "app=b",
	  "in 0 0 0/0 1; out 0 0 0/0 0" },
	{ "nobody", IN("{'fromEndpoints': []}"), "app=a", 300, "app=b",
	  "out 0 0 0/0 0" },
	{ "of the paper",
	  "[{'endpointSelector': {'matchLabels': {'id': 'service1'}},"
	  "'ingress': [{'toPorts': [{'ports': [{'port': '5201', 'protocol': "
	  "'TCP'}]}]}]}]",
	  "id=service1", 300, "app=b", "in 0 6 5201/16 1; out 0 0 0/0 0" },
	{ "labels", IN("{'fromEndpoints': [{'matchLabels': {'app': 'b'}}]}"), "app=a",
	  0x80000001, "app=b|k8s:x=y", "out 0 0 0/0 0; in 80000001 0 0/0 1" },
	{ "other labels", IN("{'fromEndpoints': [{'matchLabels': {'app': 'b'}}]}"),
	  "app=a", 300, "app=bb|x=b", "out 0 0 0/0 0" },
	{ "the empty set is known", IN("{'fromEndpoints': [{}]}"), "app=a", 300, "",
	  "out 0 0 0/0 0; in 12c 0 0/0 1" },
	{ "labels not told", IN("{'fromEndpoints': [{}]}"), "app=a", 300, NULL,
	  "out 0 0 0/0 0" },
	{ "not told, but of the cluster", IN("{'fromEntities': ['cluster']}"), "app=a",
	  300, NULL,
	  "out 0 0 0/0 0; in 1 0 0/0 1; in 5 0 0/0 1; in 6 0 0/0 1; in 12c 0 0/0 1" },
	{ "first of two equal", IN("{}, {}"), "app=a", 0, "",
	  "in 0 0 0/0 1; out 0 0 0/0 0" },
	{ "deny stands", RULE("'ingress': [{}], 'ingressDeny': [{}]"), "app=a", 0, "",
	  "in 0 0 0/0 deny 2; out 0 0 0/0 0" },
	{ "deny of an open direction",
	  RULE("'egressDeny': [{'toEntities': ['world']}], "
	       "'egress': [{'toEntities': ['host']}], "
	       "'enableDefaultDeny': {'egress': false}"),
	  "app=a", 0, "", "in 0 0 0/0 0; out 0 0 0/0 0; out 2 0 0/0 deny 1" },
	{ "a range",
	  IN("{'toPorts': [{'ports': [{'port': '1000', 'endPort': 1027, "
	     "'protocol': 'UDP'}]}]}"),
	  "app=a", 0, "",
	  "in 0 17 1008/12 1; in 0 17 1000/13 1; in 0 17 1024/14 1; out 0 0 0/0 0" },
	{ "all ports but 0",
	  IN("{'toPorts': [{'ports': [{'port': '1', 'endPort': 65535, "
	     "'protocol': 'TCP'}]}]}"),
	  "app=a", 0, "",
	  "in 0 6 32768/1 1; in 0 6 16384/2 1; in 0 6 8192/3 1; in 0 6 4096/4 1; "
	  "in 0 6 2048/5 1; in 0 6 1024/6 1; in 0 6 512/7 1; in 0 6 256/8 1; "
	  "in 0 6 128/9 1; in 0 6 64/10 1; in 0 6 32/11 1; in 0 6 16/12 1; "
	  "in 0 6 8/13 1; in 0 6 4/14 1; in 0 6 2/15 1; in 0 6 1/16 1; out 0 0 0/0 0" },
	{ "all ports", IN("{'toPorts': [{'ports': [{'port': '0'}]}]}"), "app=a", 0, "",
	  "in 0 6 0/0 1; in 0 17 0/0 1; in 0 132 0/0 1; out 0 0 0/0 0" },
	{ "icmp",
	  IN("{'icmps': [{'fields': [{'type': 8}, {'type': 128, 'family': "
	     "'IPv6'}]}]}"),
	  "app=a", 0, "", "in 0 1 8/16 1; in 0 58 128/16 1; out 0 0 0/0 0" },
	{ "prefixes in one another",
	  IN("{'fromCIDRSet': [{'cidr': '10.0.0.0/8', 'except': ['10.1.0.0/16']}]}"),
	  "app=a", 0, "", "out 0 0 0/0 0; in 1c95a81 0 0/0 1" },
	{ "the world and its prefixes",
	  RULE("'ingress': [{'fromEntities': ['world']}], "
	       "'egressDeny': [{'toCIDR': ['::/0']}]"),
	  "app=a", 0, "",
	  "in 2 0 0/0 1; in 1394b3f 0 0/0 1; out 1394b3f 0 0/0 deny 2" },
	{ "two rules are one policy",
	  "[{'endpointSelector': {'matchLabels': {'app': 'a'}}, 'ingress': [{"
	  "'fromEntities': ['host']}]},"
	  "{'endpointSelector': {'matchExpressions': [{'key': 'app', 'operator': "
	  "'Exists'}]}, 'ingress': [{'fromEntities': ['init']}]}]",
	  "app=a", 0, "", "out 0 0 0/0 0; in 1 0 0/0 1; in 5 0 0/0 2" },
};

static void gives_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy *p = policy_of(cases[i].text);

		print_message("# %s\n", cases[i].name);
		assert_string_equal(
			verdicts(p, cases[i].subject, cases[i].identity,
				 cases[i].labels ? labels(cases[i].labels) : untold),
			cases[i].want);
		policy_free(p);
	}
}

static bool select_one(const char *selector, const char *set)
{
	char text[512];

	snprintf(text, sizeof(text), "[{'endpointSelector': {%s}, 'ingress': []}]",
		 selector);
	struct policy *p = policy_of(text);
	bool yes = policy_selects(&policy_doc_of(p)->rule[0].subject,
				  set ? labels(set) : untold);

	policy_free(p);
	return yes;
}

#define EXPR(k, op, rest)                                                              \
	"'matchExpressions': [{'key': '" k "', 'operator': '" op "'" rest "}]"
#define VALUES ", 'values': ['a', 'b']"

static void selects(void **state)
{
	static const struct {
		const char *selector, *set;
		bool yes;
	} some[] = {
		{ "", "", true },
		{ "", "a=b", true },
		{ "", NULL, false },
		{ "'matchLabels': {'app': 'a'}", "app=a", true },
		{ "'matchLabels': {'app': 'a'}", "k8s:app=a", true },
		{ "'matchLabels': {'any:app': 'a'}", "k8s:app=a", true },
		{ "'matchLabels': {'k8s:app': 'a'}", "k8s:app=a", true },
		{ "'matchLabels': {'k8s:app': 'a'}", "app=a", false },
		{ "'matchLabels': {'k8s:app': 'a'}", "x:app=a", false },
		{ "'matchLabels': {'app': 'a'}", "app=", false },
		{ "'matchLabels': {'app': ''}", "app=", true },
		{ "'matchLabels': {'app': 'a'}", "app=aa", false },
		{ "'matchLabels': {'app': 'aa'}", "app=a", false },
		{ "'matchLabels': {'app': 'a'}", "ap=a|appp=a", false },
		{ "'matchLabels': {'app': 'a', 'env': 'x'}", "app=a|env=x|z=z", true },
		{ "'matchLabels': {'app': 'a', 'env': 'x'}", "app=a|env=y", false },
		{ EXPR("app", "In", VALUES), "app=b", true },
		{ EXPR("app", "In", VALUES), "app=c|k8s:app=a", true },
		{ EXPR("app", "NotIn", VALUES), "app=b", false },
		{ EXPR("app", "NotIn", VALUES), "app=c|k8s:app=a", false },
		{ EXPR("app", "NotIn", VALUES), "app=c", true },
		{ EXPR("app", "NotIn", VALUES), "", true },
		{ EXPR("app", "Exists", ""), "app=", true },
		{ EXPR("app", "Exists", ""), "ap=p", false },
		{ EXPR("app", "DoesNotExist", ""), "ap=p", true },
		{ EXPR("app", "DoesNotExist", ""), "x:app=", false },
		{ EXPR("app", "DoesNotExist", ""), NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		print_message("# %s: %s\n", some[i].selector,
			      some[i].set ? some[i].set : "(none)");
		assert_int_equal(select_one(some[i].selector, some[i].set),
				 some[i].yes);
	}
}

/* Numbers follow from prefixes; the second of two that want the same one is next. */
static void numbers_prefixes(void **state)
{
	struct policy *p = policy_of(IN(
		"{'fromCIDR': ['10.0.97.154', '10.0.63.223/32', '10.0.63.223']},"
		"{'fromCIDRSet': [{'cidr': '0.0.0.0/0', 'except': ['10.0.0.0/8']}]}"));
	const struct policy_net *net;
	struct ip a;
	size_t n;

	(void)state;
	net = policy_nets(p, &n);
	assert_int_equal(n, 4);
	assert_int_equal(net[0].identity, 0x16d9d1e);
	assert_int_equal(net[1].identity, 0x1c95a81);
	assert_int_equal(net[2].identity, 0x1bc6235);
	assert_int_equal(net[3].identity, 0x1bc6236);
	assert_int_equal(ip_parse("10.0.97.154", &a), 0);
	assert_ptr_equal(policy_net_find(p, &a), &net[3]);
	assert_int_equal(ip_parse("10.0.97.155", &a), 0);
	assert_ptr_equal(policy_net_find(p, &a), &net[1]);
	assert_int_equal(ip_parse("11.0.97.155", &a), 0);
	assert_ptr_equal(policy_net_find(p, &a), &net[0]);
	assert_int_equal(ip_parse("::1", &a), 0);
	assert_null(policy_net_find(p, &a));
	policy_free(p);
}

static void hints(void **state)
{
	struct policy *p = policy_of(
		"[{'endpointSelector': {'matchLabels': {'app': 'a'}}, 'ingress': ["
		"{'fromEndpoints': [{'matchLabels': {'app': 'nobody'}}],"
		" 'toPorts': [{'ports': [{'port': '80', 'protocol': 'TCP'}]}]},"
		"{'fromEntities': ['all', 'host'], 'icmps': [{'fields': [{'type': "
		"8}]}]}]},"
		"{'endpointSelector': {'matchLabels': {'app': 'b'}}, 'egressDeny': ["
		"{'toEntities': ['world']}], 'enableDefaultDeny': {'egress': false}}]");
	struct policy_subject *s = policy_subject_new(p, labels("app=a"));
	const struct policy_hints *h = policy_subject_hints(s);
	size_t n;

	(void)state;
	/* Of port 80 although nobody has these labels yet. */
	assert_int_equal(h->shape_id[POLICY_INGRESS], 1 << 16);
	assert_int_equal(h->shape_any[POLICY_INGRESS], 1 << 16);
	assert_int_equal(h->shape_id[POLICY_EGRESS], 0);
	assert_int_equal(h->shape_any[POLICY_EGRESS], 1 << 17);
	assert_true(h->open[POLICY_EGRESS]);
	assert_false(h->open[POLICY_INGRESS] || h->deny[POLICY_INGRESS]);
	assert_ptr_equal(policy_subject_closed_by(s, POLICY_INGRESS),
			 &policy_doc_of(p)->rule[0]);
	assert_null(policy_subject_closed_by(s, POLICY_EGRESS));
	assert_int_equal(policy_subject_clauses(s, &n)[1], 1);
	assert_int_equal(n, 2);
	policy_subject_free(s);

	s = policy_subject_new(p, labels("app=b"));
	h = policy_subject_hints(s);
	assert_false(h->open[POLICY_EGRESS]);
	assert_true(h->deny[POLICY_EGRESS] && h->open[POLICY_INGRESS]);
	assert_int_equal(h->shape_id[POLICY_EGRESS], 1 << 17);
	policy_subject_free(s);
	policy_free(p);
}

/* A clause that two of its selectors name is there once. */
static void peers(void **state)
{
	struct policy *p = policy_of(
		IN("{'fromEndpoints': [{}, {'matchLabels': {'x': 'y'}}]},"
		   "{'fromEndpoints': [{'matchExpressions': [{'key': 'x', 'operator': "
		   "'In', 'values': ['y', 'z']}]}, {'matchLabels': {'u': 'v'}}]}"));
	struct policy_peer *peer = policy_peer_new(p, 300, labels("u=v|x=y"));

	(void)state;
	assert_int_equal(peer->identity, 300);
	assert_int_equal(peer->n, 2);
	assert_int_equal(peer->clause[0], 0);
	assert_int_equal(peer->clause[1], 1);
	free(peer);
	policy_free(p);
}

/* 256 ports for each peer: 4096 peers fill a map, one more is refused and what there
 * was stays. */
static void too_many(void **state)
{
	enum { PORTS = 256, N = POLICY_VERDICTS_MAX / PORTS };
	struct policy_peer **peer = xcalloc(N + 1, sizeof(*peer));
	const struct policy_peer *const *all = (const struct policy_peer *const *)peer;
	struct policy_verdicts l = { 0 };
	char *text = xcalloc(PORTS + 4, 40), *at = text;

	(void)state;
	at += sprintf(at, "[{'endpointSelector': {}, 'egress': [], 'ingress': ["
			  "{'fromEndpoints': [{}], 'toPorts': [{'ports': [");
	for (int i = 0; i < PORTS; i++)
		at += sprintf(at, "%s{'port': '%d', 'protocol': 'TCP'}", i ? "," : "",
			      i + 1);
	sprintf(at, "]}]}]}]");
	struct policy *p = policy_of(text);
	struct policy_subject *s = policy_subject_new(p, labels("a=b"));

	for (unsigned i = 0; i <= N; i++)
		peer[i] = policy_peer_new(p, 1000 + i, labels("c=d"));
	assert_int_equal(policy_compile(s, all, N, &l), 0);
	assert_int_equal(l.n, POLICY_VERDICTS_MAX);
	const struct policy_verdict *v = l.v;

	assert_int_equal(policy_compile(s, all, N + 1, &l), -E2BIG);
	assert_ptr_equal(l.v, v);
	assert_int_equal(l.n, POLICY_VERDICTS_MAX);
	for (unsigned i = 0; i <= N; i++)
		free(peer[i]);
	free(peer);
	policy_verdicts_fini(&l);
	policy_subject_free(s);
	policy_free(p);
	free(text);
}

/* ---- explanations --------------------------------------------------------------- */

#define WHO(name) "{'endpointSelector': {'matchLabels': {'app': '" name "'}}, "

static void explains(void **state)
{
	struct policy *p = policy_of("[" WHO(
		"db") "'labels': ['db in'], 'ingress': ["
		      "{'fromEndpoints': [{'matchLabels': {'app': 'x'}}, "
		      "{'matchLabels': {'app': "
		      "'web'}}], 'toPorts': [{'ports': [{'port': '5432', 'protocol': "
		      "'TCP'}]}]},"
		      "{'fromEntities': ['host']}, {'fromCIDR': ['192.0.2.0/24', "
		      "'198.51.100.0/24']}, {'icmps': [{'fields': [{'type': "
		      "8}]}]}]}," WHO("web") "'labels': ['web out'], 'egress': [{}], "
					     "'egressDeny': ["
					     "{'toPorts': [{'ports': [{'port': '22', "
					     "'protocol': 'TCP'}]}]}]}]");
	const struct policy_party web = { 300, labels("app=web"), true };
	const struct policy_party db = { 0x80000301, labels("app=db"), true };
	const struct policy_party host = { IDENTITY_HOST, untold, false };
	struct policy_party far = { 0, untold, false };
	struct policy_flow f = { 0 };
	struct policy_trace t;
	struct ip a;

	(void)state;
	assert_int_equal(policy_flow_parse("tcp/5432", &f), 0);
	policy_trace(p, &web, &db, &f, &t);
	assert_true(t.allowed);
	assert_int_equal(t.egress.why, POLICY_WHY_ALLOWED);
	assert_string_equal(t.egress.rule->name, "web out");
	assert_int_equal(t.egress.by, POLICY_BY_ANY);
	assert_int_equal(t.egress.number, 5);
	assert_int_equal(t.ingress.why, POLICY_WHY_ALLOWED);
	assert_string_equal(t.ingress.rule->name, "db in");
	assert_string_equal(t.ingress.clause->path, "[0].ingress[0]");
	assert_int_equal(t.ingress.by, POLICY_BY_LABELS);
	assert_int_equal(t.ingress.which, 1);

	policy_trace(p, &db, &web, &f, &t); /* nothing closes these directions */
	assert_true(t.allowed);
	assert_int_equal(t.egress.why, POLICY_WHY_OPEN);
	assert_int_equal(t.ingress.why, POLICY_WHY_OPEN);
	assert_null(t.egress.rule);

	assert_int_equal(policy_flow_parse("tcp/22", &f), 0);
	policy_trace(p, &web, &db, &f, &t);
	assert_false(t.allowed || t.egress.allowed || t.ingress.allowed);
	assert_int_equal(t.egress.why, POLICY_WHY_DENIED);
	assert_string_equal(t.egress.clause->path, "[1].egressDeny[0]");
	assert_int_equal(t.ingress.why, POLICY_WHY_DEFAULT_DENY);
	assert_string_equal(t.ingress.rule->name, "db in");
	assert_null(t.ingress.clause);

	policy_trace(p, &host, &db, &f, &t);
	assert_true(t.allowed);
	assert_int_equal(t.egress.why, POLICY_WHY_NOT_ASKED);
	assert_int_equal(t.ingress.by, POLICY_BY_ENTITY);

	assert_int_equal(ip_parse("198.51.100.7", &a), 0);
	far.identity = policy_net_find(p, &a)->identity;
	policy_trace(p, &far, &db, &f, &t);
	assert_int_equal(t.ingress.by, POLICY_BY_CIDR);
	assert_int_equal(t.ingress.which, 1);

	far.identity = IDENTITY_WORLD;
	policy_trace(p, &far, &db, &f, &t);
	assert_int_equal(t.ingress.why, POLICY_WHY_DEFAULT_DENY);
	assert_int_equal(policy_flow_parse("icmp/8", &f), 0);
	policy_trace(p, &far, &db, &f, &t);
	assert_int_equal(t.ingress.by, POLICY_BY_ANY);
	policy_free(p);
}

static void flows_as_text(void **state)
{
	static const char *const good[] = { "tcp/80", "udp/0", "sctp/65535", "icmp/255",
					    "icmpv6/128" };
	static const char *const bad[] = {
		"",        "tcp",   "tcp/",         "tcp/65536", "tcp/8x",
		"TCP/80",  "tc/80", "tcpp/80",      "icmp/256",  "tcp/-1",
		"tcp/ 80", "/80",   "tcp/00000080", "gre/1"
	};
	struct policy_flow f = { .identity = 7 };
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(policy_flow_parse(good[i], &f), 0);
		assert_string_equal(policy_flow_format(&f, buf), good[i]);
	}
	assert_int_equal(f.identity, 7);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# %s\n", bad[i]);
		assert_int_equal(policy_flow_parse(bad[i], &f), -EINVAL);
	}
	f.proto = 47;
	assert_string_equal(policy_flow_format(&f, buf), "47/128");
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(gives_verdicts),
		cmocka_unit_test(selects),
		cmocka_unit_test(numbers_prefixes),
		cmocka_unit_test(hints),
		cmocka_unit_test(peers),
		cmocka_unit_test(too_many),
		cmocka_unit_test(explains),
		cmocka_unit_test(flows_as_text),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
