/*
 * How long policy documents take: text to rules, an index of selectors, identities as
 * peers, and the verdicts of one label set, at once and for one more identity. A table;
 * no assertion: numbers are compared, not tested.
 * Usage: policies [rules [identities]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bgpd/policy_json.h"
#include "lib/util.h"
#include "rib/policy.h"

enum { APPS = 500 }; /* values of the label that rules speak of */

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void took(const char *what, double start, unsigned n, const char *each)
{
	double s = seconds() - start;

	printf("%-28s %9.2f ms  %9.3f us per %s\n", what, s * 1e3, s * 1e6 / n, each);
}

static char *document(unsigned rules, const char *peer)
{
	char *text = xcalloc(rules + 1u, 320), *at = text;

	at += sprintf(at, "[");
	for (unsigned i = 0; i < rules; i++) {
		at += sprintf(
			at,
			"%s{\"endpointSelector\":{\"matchLabels\":{\"tier\":\"db\"}},"
			"\"ingress\":[{\"fromEndpoints\":[",
			i ? ",\n" : "");
		at += sprintf(at, peer, i % APPS);
		at += sprintf(at,
			      "],\"toPorts\":[{\"ports\":[{\"port\":\"%u\","
			      "\"protocol\":\"TCP\"}]}]}]}",
			      1000 + i % 60000);
	}
	sprintf(at, "]\n");
	return text;
}

static struct bytes label_set(unsigned i, uint8_t buf[64])
{
	int n = sprintf((char *)buf, "app=a%u%cenv=prod%cid=%u", i % APPS, 0, 0, i);

	return (struct bytes) { buf, (size_t)n };
}

static void run(const char *name, const char *peer_text, unsigned rules, unsigned ids)
{
	static const char db[] = "tier=db";
	struct policy_peer **peer = xcalloc(ids + 1u, sizeof(*peer));
	char *text = document(rules, peer_text);
	struct policy_verdicts l = { 0 }, one = { 0 };
	struct policy_err err;
	struct policy_doc *doc;
	uint8_t buf[64];
	double t = seconds();

	printf("\n%s: %u rules, %u identities\n", name, rules, ids);
	if (policy_parse("bench", text, strlen(text), &doc, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	took("text to rules", t, rules, "rule");
	t = seconds();
	struct policy *p = policy_new(doc);

	took("index", t, rules, "rule");
	t = seconds();
	for (unsigned i = 0; i < ids; i++)
		peer[i] = policy_peer_new(p, 0x80000000u + i, label_set(i, buf));
	took("identities as peers", t, ids, "identity");
	t = seconds();
	struct policy_subject *s = policy_subject_new(
		p, (struct bytes) { (const uint8_t *)db, sizeof(db) - 1 });

	took("label set as subject", t, rules, "rule");
	t = seconds();
	if (policy_compile(s, (const struct policy_peer *const *)peer, ids, &l))
		printf("more than %d verdicts\n", POLICY_VERDICTS_MAX);
	took("all verdicts", t, l.n ? (unsigned)l.n : 1, "verdict");
	t = seconds();
	for (unsigned i = 0; i < ids; i++)
		policy_compile_peer(s, peer[i], &one);
	took("each identity by itself", t, ids, "identity");
	printf("%zu verdicts, %zu of the last identity\n", l.n, one.n);

	policy_verdicts_fini(&l);
	policy_verdicts_fini(&one);
	policy_subject_free(s);
	for (unsigned i = 0; i < ids; i++)
		free(peer[i]);
	policy_free(p);
	free(peer);
	free(text);
}

int main(int argc, char **argv)
{
	unsigned rules = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	unsigned ids = argc > 2 ? (unsigned)atoi(argv[2]) : 10000;

	run("each rule about one of 500 labels", "{\"matchLabels\":{\"app\":\"a%u\"}}",
	    rules, ids);
	run("each rule about two labels, one of them of all",
	    "{\"matchLabels\":{\"env\":\"prod\",\"app\":\"a%u\"}}", rules, ids);
	run("each rule about all but one",
	    "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"NotIn\","
	    "\"values\":[\"a%u\"]}]}",
	    rules > 100 ? 100 : rules, ids);
	return 0;
}
