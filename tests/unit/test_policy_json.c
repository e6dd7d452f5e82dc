/* Documents of each time and form, what they become, and what is said of bad ones. */
#include "tests/unit/policy_help.h"

#include <errno.h>
#include <unistd.h>

#include "tests/unit/temp.h"

/* What the paper loaded: one port of one service, from anybody. */
static void of_the_paper(void **state)
{
	struct policy_doc *d = doc_of(
		"[{'endpointSelector': {'matchLabels': {'id': 'service1'}},"
		"  'ingress': [{'toPorts': [{'ports': [{'port': '5201',"
		"                                       'protocol': 'TCP'}]}]}]}]");
	const struct policy_clause *c = &d->clause[0];

	(void)state;
	assert_int_equal(d->n_rules, 1);
	assert_int_equal(d->n_clauses, 1);
	assert_string_equal(d->rule[0].name, "[0]");
	assert_string_equal(d->rule[0].file, "f");
	assert_true(d->rule[0].default_deny[POLICY_INGRESS]);
	assert_false(d->rule[0].default_deny[POLICY_EGRESS]);
	assert_int_equal(d->rule[0].subject.n, 1);
	assert_string_equal(d->rule[0].subject.expr[0].key, "id");
	assert_true(d->rule[0].subject.expr[0].any_source);
	assert_string_equal(c->path, "[0].ingress[0]");
	assert_true(c->any_peer);
	assert_false(c->any_port);
	assert_false(c->deny);
	assert_int_equal(c->dir, POLICY_INGRESS);
	assert_int_equal(c->n_ports, 1);
	assert_int_equal(c->port[0].proto, 6);
	assert_int_equal(c->port[0].from, 5201);
	assert_int_equal(c->port[0].to, 5201);
	policy_doc_free(d);
}

/* 2017: names of rules as labels, lower-case protocols, several peers, a wide selector.
 */
static void of_the_first_years(void **state)
{
	struct policy_doc *d = doc_of(
		"[{'labels': [{'key': 'team', 'value': 'x'}, {'key': 'name', 'value': "
		"'web'}],"
		"  'endpointSelector': {'matchLabels': {'role': 'backend'}},"
		"  'ingress': [{'fromEndpoints': [{'matchLabels': {'role': "
		"'frontend'}},"
		"                                 {'matchLabels': {'k8s:role': "
		"'probe'}}],"
		"               'toPorts': [{'ports': [{'port': '80', 'protocol': "
		"'tcp'},"
		"                                      {'port': '53', 'protocol': "
		"'any'}]},"
		"                           {'ports': [{'port': '0', 'protocol': "
		"'UDP'}]}]},"
		"              {'fromCIDR': ['192.0.2.1', '2001:db8::/32']}]},"
		" {'labels': ['plain'], 'endpointSelector': {}, 'egress': [{}]},"
		" {'description': 'closed', 'endpointSelector': {}, 'egress': []}]");
	const struct policy_clause *c = d->clause;

	(void)state;
	assert_int_equal(d->n_rules, 3);
	assert_string_equal(d->rule[0].name, "web");
	assert_string_equal(d->rule[1].name, "plain");
	assert_string_equal(d->rule[2].name, "closed");
	assert_int_equal(d->n_clauses, 3);
	assert_int_equal(c[0].n_selectors, 2);
	assert_false(c[0].selector[1].expr[0].any_source);
	assert_string_equal(c[0].selector[1].expr[0].key, "k8s:role");
	assert_int_equal(c[0].n_ports, 5); /* tcp, any is three, all of udp */
	assert_int_equal(c[0].port[3].proto, 132);
	assert_int_equal(c[0].port[4].from, 0);
	assert_int_equal(c[0].port[4].to, 65535);
	assert_int_equal(c[1].n_cidrs, 2);
	assert_int_equal(c[1].cidr[0].prefix.bits, 32);
	assert_int_equal(c[1].cidr[1].prefix.ip.len, 16);
	assert_true(c[1].any_port);
	assert_true(c[2].any_peer && c[2].any_port);
	assert_int_equal(c[2].rule, 1);
	assert_true(d->rule[2].default_deny[POLICY_EGRESS]);
	assert_int_equal(d->rule[2].n, 0);
	policy_doc_free(d);
}

/* Today: objects, expressions, entities, exceptions, denials, ICMP. */
static void of_today(void **state)
{
	struct policy_doc *d = doc_of(
		"{'apiVersion': 'cilium.io/v2', 'kind': 'CiliumNetworkPolicy',"
		" 'specs': [{'endpointSelector': {'matchExpressions': ["
		"    {'key': 'app', 'operator': 'In', 'values': ['db', 'cache']},"
		"    {'key': 'k8s:canary', 'operator': 'DoesNotExist'}]},"
		"   'ingress': [{'fromEntities': ['cluster', 'host']},"
		"               {'fromEntities': ['all'],"
		"                'icmps': [{'fields': [{'type': 8},"
		"                                      {'type': 128, 'family': "
		"'IPv6'}]}]}],"
		"   'ingressDeny': [{'fromCIDRSet': [{'except': ['10.1.0.0/16'],"
		"                                     'cidr': '10.0.0.0/8'}],"
		"                    'toPorts': [{'ports': [{'port': '8000',"
		"                       'endPort': 8999, 'protocol': 'TCP'}]}]}],"
		"   'enableDefaultDeny': {'ingress': false, 'egress': true}}],"
		" 'metadata': {'name': 'db', 'namespace': 'shop', 'uid': 'x',"
		"              'annotations': {'a': 'b'}}, 'status': "
		"{'conditions': []}}");
	const struct policy_clause *c = d->clause;
	const struct policy_selector *s = &d->rule[0].subject;

	(void)state;
	/* The name counts wherever it stands. */
	assert_string_equal(d->rule[0].name, "shop/db");
	assert_string_equal(d->rule[0].path, "specs[0]");
	assert_int_equal(s->n, 3);
	assert_int_equal(s->expr[0].n, 2);
	assert_int_equal(s->expr[1].op, POLICY_NOT_EXISTS);
	assert_string_equal(s->expr[2].key, "io.kubernetes.pod.namespace");
	assert_string_equal(s->expr[2].value[0], "shop");
	assert_false(d->rule[0].default_deny[POLICY_INGRESS]);
	assert_true(d->rule[0].default_deny[POLICY_EGRESS]);
	assert_int_equal(c[0].entities, POLICY_ENT_CLUSTER | POLICY_ENT_HOST);
	assert_int_equal(c[1].entities, POLICY_ENT_ALL);
	assert_int_equal(c[1].port[0].proto, 1);
	assert_int_equal(c[1].port[0].to, 8);
	assert_int_equal(c[1].port[1].proto, 58);
	assert_true(c[2].deny);
	assert_int_equal(c[2].cidr[0].n, 1);
	assert_int_equal(c[2].cidr[0].except[0].bits, 16);
	assert_int_equal(c[2].port[0].to, 8999);
	assert_string_equal(c[2].path, "specs[0].ingressDeny[0]");
	policy_doc_free(d);
}

/* Peers are of the policy's namespace unless they say another. */
static void in_namespaces(void **state)
{
	struct policy_doc *d = doc_of(
		"{'metadata': {'name': 'n', 'namespace': 'a'}, 'spec':"
		" {'endpointSelector': {}, 'egress': [{'toEndpoints': [{},"
		"  {'matchLabels': {'k8s:io.kubernetes.pod.namespace': 'b'}},"
		"  {'matchExpressions': [{'key': 'io.cilium.k8s.namespace.labels.team',"
		"                         'operator': 'Exists'}]}]}]}}");
	const struct policy_selector *s = d->clause[0].selector;

	(void)state;
	assert_int_equal(s[0].n, 1);
	assert_string_equal(s[0].expr[0].value[0], "a");
	assert_int_equal(s[1].n, 1);
	assert_string_equal(s[1].expr[0].value[0], "b");
	assert_int_equal(s[2].n, 1);
	policy_doc_free(d);
}

static void of_kubernetes(void **state)
{
	struct policy_doc *d = doc_of(
		"{'apiVersion': 'networking.k8s.io/v1', 'kind': 'NetworkPolicy',"
		" 'metadata': {'name': 'api', 'namespace': 'prod'},"
		" 'spec': {'podSelector': {'matchLabels': {'app': 'api'}},"
		"  'policyTypes': ['Ingress', 'Egress'],"
		"  'ingress': [{'from': [{'podSelector': {'matchLabels': {'app': "
		"'web'}}},"
		"     {'namespaceSelector': {'matchLabels':"
		"         {'kubernetes.io/metadata.name': 'mon'}},"
		"      'podSelector': {'matchLabels': {'app': 'prom'}}},"
		"     {'namespaceSelector': {}},"
		"     {'ipBlock': {'cidr': '172.17.0.0/16', 'except': "
		"['172.17.1.0/24']}}],"
		"    'ports': [{'port': 6379}, {'port': 32000, 'endPort': 32768,"
		"                               'protocol': 'UDP'}, {'protocol': "
		"'SCTP'}]},"
		"   {'from': [], 'ports': []}],"
		"  'egress': [{}]}}");
	const struct policy_clause *c = d->clause;

	(void)state;
	assert_string_equal(d->rule[0].name, "prod/api");
	assert_int_equal(d->rule[0].subject.n, 2);
	assert_int_equal(c[0].n_selectors, 3);
	assert_string_equal(c[0].selector[0].expr[1].value[0], "prod");
	assert_int_equal(c[0].selector[1].n, 2);
	assert_string_equal(c[0].selector[1].expr[1].key,
			    "io.kubernetes.pod.namespace");
	assert_string_equal(c[0].selector[1].expr[1].value[0], "mon");
	assert_int_equal(c[0].selector[2].n, 0); /* any namespace */
	assert_int_equal(c[0].n_cidrs, 1);
	assert_int_equal(c[0].cidr[0].n, 1);
	assert_int_equal(c[0].n_ports, 3);
	assert_int_equal(c[0].port[0].proto, 6);
	assert_int_equal(c[0].port[1].to, 32768);
	assert_int_equal(c[0].port[2].proto, 132);
	assert_int_equal(c[0].port[2].to, 65535);
	assert_true(c[1].any_peer && c[1].any_port);
	assert_true(c[2].any_peer && c[2].any_port);
	assert_int_equal(c[2].dir, POLICY_EGRESS);
	policy_doc_free(d);
}

#define NETPOL                                                                         \
	"{'apiVersion': 'networking.k8s.io/v1', 'kind': 'NetworkPolicy', 'spec': "
#define IN  "'ingress': [{'ports': [{'port': 1}]}]"
#define OUT "'egress': [{'ports': [{'port': 2}]}]"

static void types_of_kubernetes(void **state)
{
	static const struct {
		const char *spec;
		bool in, out;
		unsigned clauses;
	} cases[] = {
		{ "", true, false, 0 },
		{ ", 'egress': []", true, false, 0 },
		{ ", " OUT, true, true, 1 },
		{ ", " IN ", " OUT, true, true, 2 },
		{ ", 'policyTypes': []", true, false, 0 },
		{ ", 'policyTypes': ['Egress']", false, true, 0 },
		/* Not about egress, whatever it says on it. */
		{ ", 'policyTypes': ['Ingress'], " OUT ", " IN, true, false, 1 },
		{ ", " IN ", 'policyTypes': ['Egress'], " OUT, false, true, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[512];

		print_message("# %s\n", cases[i].spec);
		snprintf(text, sizeof(text), NETPOL "{'podSelector': {}%s}}",
			 cases[i].spec);
		struct policy_doc *d = doc_of(text);

		assert_int_equal(d->rule[0].default_deny[POLICY_INGRESS], cases[i].in);
		assert_int_equal(d->rule[0].default_deny[POLICY_EGRESS], cases[i].out);
		assert_int_equal(d->n_clauses, cases[i].clauses);
		assert_int_equal(d->rule[0].n, cases[i].clauses);
		if (d->n_clauses == 1)
			assert_int_equal(d->clause[0].port[0].from,
					 cases[i].in && !cases[i].out ? 1 : 2);
		policy_doc_free(d);
	}
}

#define RULE "{'endpointSelector': {}, 'ingress': []}"
#define SPEC "'spec': " RULE

/* Lists as kubectl prints them, arrays of both, one document after another. */
static void several(void **state)
{
	static const struct {
		const char *text;
		unsigned rules;
		const char *last;
	} cases[] = {
		{ "[]", 0, NULL },
		{ " [" RULE "," RULE "]\n", 2, "[1]" },
		{ "{" SPEC ", 'specs': [" RULE "]}", 2, "specs[0]" },
		{ "{'kind': 'List', 'apiVersion': 'v1', 'items': [{" SPEC "}, "
		  "{'metadata': {'name': 'z'}, " SPEC "}]}",
		  2, "items[1].spec" },
		{ "{'kind': 'CiliumNetworkPolicyList', 'metadata': {}, 'items': []}", 0,
		  NULL },
		{ "{'kind': 'NetworkPolicyList', 'apiVersion': 'networking.k8s.io/v1', "
		  "'items': [" NETPOL "{'podSelector': {}}}]}",
		  1, "items[0].spec" },
		{ "[" RULE ", {'kind': 'CiliumClusterwideNetworkPolicy', " SPEC "}]", 2,
		  "[1].spec" },
		{ "{" SPEC "}\n{" SPEC "}\n[" RULE "]\n", 3, "(document 3)[0]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# %s\n", cases[i].text);
		struct policy_doc *d = doc_of(cases[i].text);

		assert_int_equal(d->n_rules, cases[i].rules);
		if (cases[i].last)
			assert_string_equal(d->rule[d->n_rules - 1].path,
					    cases[i].last);
		policy_doc_free(d);
	}
}

/* A member of `spec.ingress`, in an object. */
#define MEMBER(m)  "{'spec': {'endpointSelector': {}, 'ingress': [" m "]}}"
#define AT         "f: spec.ingress[0]"
#define PORTS(p)   MEMBER("{'toPorts': [{'ports': [" p "]}]}")
#define AT_PORT    AT ".toPorts[0].ports[0]"
#define SUBJECT(s) "[{'endpointSelector': " s ", 'ingress': []}]"
#define FROM(s)    NETPOL "{'podSelector': {}, 'ingress': [{'from': [" s "]}]}}"
#define AT_FROM    AT ".from[0]"

static const struct {
	const char *text, *err;
} bad[] = {
	{ "", "f: no document in it" },
	{ " \n\t", "f: no document in it" },
	{ "[", "f:1:1: " },
	{ "[]\n\n  {'a': }", "f:3:9: " },
	{ "[{'endpointSelector': {},\n 'ingress': [], 'ingress': []}]",
	  "f:2:25: duplicate object key" },
	{ "3", "f:1:1: " },
	{ "[] 'x'", "f:1:6: " },
	{ "[3]", "f: [0]: expected an object" },
	{ "{}", "f: neither spec nor specs" },
	{ "{'spec': []}", "f: spec: expected an object" },
	{ "{" SPEC ", 'specs': []}", "f: specs: empty" },
	{ "{" SPEC ", 'extra': 1}", "f: extra: not known here" },
	{ "{'kind': 'Pod', " SPEC "}", "f: kind: Pod is not a kind" },
	{ "{'kind': 3, " SPEC "}", "f: kind: this is not a kind" },
	{ "{'apiVersion': 'cilium.io/v1', " SPEC "}",
	  "f: apiVersion: expected cilium.io/v2" },
	{ "{'kind': 'NetworkPolicy', 'spec': {'podSelector': {}}}",
	  "f: apiVersion is missing" },
	{ "{'metadata': {'name': 3}, " SPEC "}",
	  "f: metadata.name: expected a string" },
	{ "[]{'kind': 'List', 'items': [{}]}",
	  "f: (document 2).items[0]: neither spec nor specs" },
	/* rules */
	{ "[{'ingress': []}]", "f: [0]: endpointSelector is missing" },
	{ "[{'endpointSelector': {}}]", "f: [0]: neither ingress nor egress" },
	{ "[{'endpointSelector': {}, 'ingress': null}]",
	  "f: [0].ingress: expected an array" },
	{ "[{'nodeSelector': {}, 'ingress': []}]",
	  "f: [0].nodeSelector: policies of nodes" },
	{ "[{'endpointSelector': {}, 'enableDefaultDeny': {'ingress': 1}}]",
	  "f: [0].enableDefaultDeny.ingress: expected true or false" },
	{ "[{'endpointSelector': {}, 'ingress': [], 'labels': [{}]}]",
	  "f: [0].labels[0]: expected a string" },
	{ "[{'endpointSelector': {}, 'ingress': [], 'description': {}}]",
	  "f: [0].description: expected a string" },
	/* selectors */
	{ SUBJECT("3"), "f: [0].endpointSelector: expected an object" },
	{ SUBJECT("{'matchLabels': []}"),
	  "f: [0].endpointSelector.matchLabels: expected an object" },
	{ SUBJECT("{'matchLabels': {'a': 1}}"),
	  "f: [0].endpointSelector.matchLabels.a: expected a string" },
	{ SUBJECT("{'matchLabels': {'a b': 'c'}}"),
	  "f: [0].endpointSelector.matchLabels.a b: no label can be a b=c" },
	{ SUBJECT("{'matchLabels': {'a': 'c,d'}}"),
	  "f: [0].endpointSelector.matchLabels.a: no label can be a=c,d" },
	{ SUBJECT("{'matchLabels': {'any:': 'c'}}"),
	  "f: [0].endpointSelector.matchLabels.any:: no label can be =c" },
	{ SUBJECT("{'matchLabels': {'reserved:host': ''}}"),
	  "f: [0].endpointSelector.matchLabels.reserved:host: reserved:host: say it "
	  "with" },
	{ SUBJECT("{'matchExpressions': [{'key': 'a', 'operator': 'in', 'values': "
		  "['b']}]}"),
	  "f: [0].endpointSelector.matchExpressions[0].operator: expected In" },
	{ SUBJECT("{'matchExpressions': [{'key': 'a', 'operator': 'In'}]}"),
	  "f: [0].endpointSelector.matchExpressions[0]: In and NotIn have values" },
	{ SUBJECT("{'matchExpressions': [{'key': 'a', 'operator': 'Exists', "
		  "'values': ['b']}]}"),
	  "f: [0].endpointSelector.matchExpressions[0]: In and NotIn have values" },
	{ SUBJECT("{'matchExpressions': [{'operator': 'Exists'}]}"),
	  "f: [0].endpointSelector.matchExpressions[0]: key is missing" },
	{ SUBJECT("{'matchExpressions': [{'key': 'a', 'operator': 'In', "
		  "'values': ['x', 'y z']}]}"),
	  "f: [0].endpointSelector.matchExpressions[0].values[1]: no label can" },
	/* peers */
	{ MEMBER("{}"), AT ": {} means everything to some and nothing to others" },
	{ MEMBER("{'toEndpoints': []}"), AT ".toEndpoints: not known here" },
	{ MEMBER("{'fromRequires': []}"), AT ".fromRequires: requirements are not" },
	{ MEMBER("{'fromNodes': []}"), AT ".fromNodes: " },
	{ MEMBER("{'fromGroups': []}"), AT ".fromGroups: " },
	{ MEMBER("{'authentication': {}}"), AT ".authentication: " },
	{ "[{'endpointSelector': {}, 'egress': [{'toFQDNs': []}]}]",
	  "f: [0].egress[0].toFQDNs: names of DNS" },
	{ "[{'endpointSelector': {}, 'egress': [{'toServices': []}]}]",
	  "f: [0].egress[0].toServices: services" },
	{ MEMBER("{'fromEndpoints': {}}"), AT ".fromEndpoints: expected an array" },
	{ MEMBER("{'fromEndpoints': [], 'fromEntities': ['all']}"),
	  AT ".fromEntities: one kind of peers" },
	{ MEMBER("{'fromCIDR': [], 'fromCIDRSet': []}"),
	  AT ".fromCIDRSet: one kind of peers" },
	{ MEMBER("{'fromEntities': ['health']}"),
	  AT ".fromEntities[0]: expected all, world" },
	{ MEMBER("{'fromCIDR': ['10.0.0.0/33']}"),
	  AT ".fromCIDR[0]: 10.0.0.0/33 is no prefix" },
	{ MEMBER("{'fromCIDR': [10]}"), AT ".fromCIDR[0]: expected a prefix" },
	{ MEMBER("{'fromCIDRSet': [{'except': []}]}"),
	  AT ".fromCIDRSet[0]: cidr is missing" },
	{ MEMBER("{'fromCIDRSet': [{'cidrGroupRef': 'x'}]}"),
	  AT ".fromCIDRSet[0].cidrGroupRef: groups" },
	{ MEMBER("{'fromCIDRSet': [{'cidr': 'x'}]}"),
	  AT ".fromCIDRSet[0].cidr: x is no prefix" },
	{ MEMBER("{'fromCIDRSet': [{'cidr': '10.0.0.0/8', 'except': "
		 "['11.0.0.0/16']}]}"),
	  AT ".fromCIDRSet[0].except[0]: 11.0.0.0/16 is not inside" },
	{ MEMBER("{'fromCIDRSet': [{'cidr': '10.0.0.0/8', 'except': ['10.0.0.0/7']}]}"),
	  AT ".fromCIDRSet[0].except[0]: 10.0.0.0/7 is not inside" },
	{ MEMBER("{'fromCIDRSet': [{'cidr': '0.0.0.0/0', 'except': ['::/0']}]}"),
	  AT ".fromCIDRSet[0].except[0]: ::/0 is not inside" },
	/* ports */
	{ MEMBER("{'toPorts': []}"), AT ".toPorts: empty" },
	{ MEMBER("{'toPorts': [{}]}"), AT ".toPorts[0]: ports is missing" },
	{ MEMBER("{'toPorts': [{'ports': []}]}"), AT ".toPorts[0].ports: empty" },
	{ MEMBER("{'toPorts': [{'ports': [{'port': '1'}], 'rules': {}}]}"),
	  AT ".toPorts[0].rules: rules of layer 7" },
	{ PORTS("{'port': 80}"), AT_PORT ".port: expected a string" },
	{ PORTS("{'port': 'http'}"), AT_PORT ".port: http: named ports" },
	{ PORTS("{'port': ''}"), AT_PORT ".port: : named ports" },
	{ PORTS("{'port': '65536'}"), AT_PORT ".port: 65536 is no port" },
	{ PORTS("{'port': '18446744073709551617'}"), AT_PORT ".port: " },
	{ PORTS("{'protocol': 'TCP'}"), AT_PORT ": port is missing" },
	{ PORTS("{'port': '80', 'protocol': 'GRE'}"),
	  AT_PORT ".protocol: expected TCP" },
	{ PORTS("{'port': '80', 'endPort': 79}"), AT_PORT ": the range ends before" },
	{ PORTS("{'port': '0', 'endPort': 79}"), AT_PORT ": the range ends before" },
	{ PORTS("{'port': '80', 'endPort': 65536}"),
	  AT_PORT ".endPort: expected a number" },
	{ PORTS("{'port': '80', 'endPort': '81'}"),
	  AT_PORT ".endPort: expected a number" },
	{ PORTS("{'port': '80', 'endPort': 81.0}"),
	  AT_PORT ".endPort: expected a number" },
	{ MEMBER("{'icmps': [{'fields': [{'type': 8}]}], "
		 "'toPorts': [{'ports': [{'port': '1'}]}]}"),
	  AT ".toPorts: toPorts and icmps" },
	{ MEMBER("{'icmps': [{'fields': []}]}"), AT ".icmps[0].fields: empty" },
	{ MEMBER("{'icmps': [{'fields': [{'type': 'EchoRequest'}]}]}"),
	  AT ".icmps[0].fields[0].type: types are given by number" },
	{ MEMBER("{'icmps': [{'fields': [{'type': 256}]}]}"),
	  AT ".icmps[0].fields[0].type: expected a number from 0 to 255" },
	{ MEMBER("{'icmps': [{'fields': [{'type': 1, 'family': 'ipv4'}]}]}"),
	  AT ".icmps[0].fields[0].family: expected IPv4" },
	/* Kubernetes */
	{ NETPOL "{}}", "f: spec: podSelector is missing" },
	{ NETPOL "{'podSelector': {}, 'policyTypes': ['ingress']}}",
	  "f: spec.policyTypes[0]: expected Ingress" },
	{ FROM("{}"), AT_FROM ": expected ipBlock" },
	{ FROM("{'ipBlock': {'cidr': '::/0'}, 'podSelector': {}}"),
	  AT_FROM ": expected ipBlock" },
	{ FROM("{'ipBlock': {}}"), AT_FROM ".ipBlock: cidr is missing" },
	{ FROM("{'namespaceSelector': {'matchLabels': {'team': 'a'}}}"),
	  AT_FROM ".namespaceSelector: namespaces are selected by" },
	{ FROM("{'namespaceSelector': {'matchExpressions': [{'key': "
	       "'kubernetes.io/metadata.name', 'operator': 'NotIn', 'values': "
	       "['a']}]}}"),
	  AT_FROM ".namespaceSelector: namespaces are selected by" },
	{ NETPOL "{'podSelector': {}, 'ingress': [{'to': []}]}}", AT ".to: not known" },
	{ NETPOL "{'podSelector': {}, 'ingress': [{'ports': [{'port': 'web'}]}]}}",
	  AT ".ports[0].port: web: named ports" },
	{ NETPOL "{'podSelector': {}, 'ingress': [{'ports': [{'port': 0}]}]}}",
	  AT ".ports[0].port: expected a number from 1" },
	{ NETPOL "{'podSelector': {}, 'ingress': [{'ports': [{'endPort': 9}]}]}}",
	  AT ".ports[0]: the range ends" },
	{ NETPOL "{'podSelector': {}, 'ingress': [{'ports': [{'port': 80, "
		 "'protocol': 'tcp'}]}]}}",
	  AT ".ports[0].protocol: expected TCP, UDP or SCTP" },
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct policy_doc *doc = (struct policy_doc *)&bad;
		struct policy_err err = { "" };
		char *json = quoted(xstrdup(bad[i].text));

		print_message("# %s\n", bad[i].text);
		assert_int_equal(policy_parse("f", json, strlen(json), &doc, &err),
				 -EINVAL);
		assert_ptr_equal(doc, &bad); /* nothing came of it */
		if (strncmp(err.text, bad[i].err, strlen(bad[i].err)))
			fail_msg("said: %s", err.text);
		free(json);
	}
}

/* n times `each`, between head and tail. */
static char *many(const char *head, const char *each, unsigned n, const char *tail)
{
	size_t len = strlen(each);
	char *s = xcalloc(1, strlen(head) + n * (len + 1) + strlen(tail) + 1);
	char *p = s + sprintf(s, "%s", head);

	for (unsigned i = 0; i < n; i++, p += len + 1)
		sprintf(p, "%s%s", each, i + 1 < n ? "," : " ");
	strcpy(p, tail);
	return quoted(s);
}

static void has_limits(void **state)
{
	static const struct {
		const char *head, *each, *tail;
		unsigned fits;
		const char *err;
	} cases[] = {
		{ "[", RULE, "]", POLICY_RULES_MAX,
		  "f: [16384]: more than 16384 rules" },
		{ "[{'endpointSelector': {}, 'ingress': [", "{}", "]}]",
		  POLICY_CLAUSES_MAX,
		  "f: [0].ingress[65536]: more than 65536 members" },
		{ "[{'endpointSelector': {}, 'ingress': [{'fromEndpoints': [", "{}",
		  "]}]}]", POLICY_SELECTORS_MAX - 1,
		  "f: [0].ingress[0].fromEndpoints: more than 65536 selectors" },
		{ "[{'endpointSelector': {}, 'ingress': [{'fromCIDR': [", "'::/0'",
		  "]}]}]", POLICY_CIDRS_MAX,
		  "f: [0].ingress[0].fromCIDR: more than 65536 prefixes" },
		{ "[{'endpointSelector': {}, 'ingress': [{'toPorts': [{'ports': [",
		  "{'port': '1', 'protocol': 'TCP'}", "]}]}]}]", POLICY_PORTS_MAX,
		  "f: [0].ingress[0].toPorts[0].ports: more than 256" },
		{ "[{'ingress': [], 'endpointSelector': {'matchExpressions': [",
		  "{'key': 'a', 'operator': 'Exists'}", "]}}]", POLICY_EXPRS_MAX,
		  "f: [0].endpointSelector: more than 64 conditions" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy_err err = { "" };
		struct policy_doc *doc;
		char *s = many(cases[i].head, cases[i].each, cases[i].fits,
			       cases[i].tail);

		print_message("# %s...\n", cases[i].head);
		if (policy_parse("f", s, strlen(s), &doc, &err))
			fail_msg("%s", err.text);
		policy_doc_free(doc);
		free(s);
		s = many(cases[i].head, cases[i].each, cases[i].fits + 1,
			 cases[i].tail);
		assert_int_equal(policy_parse("f", s, strlen(s), &doc, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].err);
		free(s);
	}
}

static char *file_with(const char *text, char path[TEMP_PATH])
{
	FILE *f = temp_file(path);
	char *json = quoted(xstrdup(text));

	fputs(json, f);
	fclose(f);
	free(json);
	return path;
}

/* Several files are one document, all of them or none. */
static void from_files(void **state)
{
	char a[TEMP_PATH], b[TEMP_PATH], c[TEMP_PATH];
	const char *const two[] = { file_with("[" RULE "]", a),
				    file_with("{" SPEC "}", b) };
	const char *const wrong[] = { a, file_with("[{'ingress': []}]", c) };
	const char *const gone[] = { a, "/nonexistent/policy.json" };
	const char *const folder[] = { "/tmp" };
	struct policy_doc *doc = NULL;
	struct policy_err err;
	char want[TEMP_PATH + 64];

	(void)state;
	assert_int_equal(policy_load(two, 2, &doc, &err), 0);
	assert_int_equal(doc->n_rules, 2);
	assert_string_equal(doc->rule[0].file, a);
	assert_string_equal(doc->rule[1].file, b);
	policy_doc_free(doc);
	doc = NULL;
	assert_int_equal(policy_load(wrong, 2, &doc, &err), -EINVAL);
	snprintf(want, sizeof(want), "%s: [0]: endpointSelector is missing", c);
	assert_string_equal(err.text, want);
	assert_int_equal(policy_load(gone, 2, &doc, &err), -ENOENT);
	assert_string_equal(err.text,
			    "/nonexistent/policy.json: No such file or directory");
	assert_int_equal(policy_load(folder, 1, &doc, &err), -EISDIR);
	assert_null(doc);
	assert_int_equal(policy_load(NULL, 0, &doc, &err), 0);
	assert_int_equal(doc->n_rules, 0);
	policy_doc_free(doc);
	unlink(a);
	unlink(b);
	unlink(c);
}

static void too_large(void **state)
{
	char path[TEMP_PATH];
	const char *const paths[] = { file_with("[", path) };
	struct policy_doc *doc;
	struct policy_err err;

	(void)state;
	assert_int_equal(truncate(path, POLICY_FILE_MAX + 1), 0);
	assert_int_equal(policy_load(paths, 1, &doc, &err), -EINVAL);
	assert_non_null(strstr(err.text, "larger than 8388608 bytes"));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(of_the_paper),  cmocka_unit_test(of_the_first_years),
		cmocka_unit_test(of_today),      cmocka_unit_test(in_namespaces),
		cmocka_unit_test(of_kubernetes), cmocka_unit_test(types_of_kubernetes),
		cmocka_unit_test(several),       cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(has_limits),    cmocka_unit_test(from_files),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
