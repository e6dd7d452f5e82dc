/*
 * Policy documents as text. What is refused says why in one line and leaves nothing;
 * what is read gives verdicts that are in order and within their hints, the same for a
 * second time, and an explanation for every flow.
 */
#include <stdlib.h>
#include <string.h>

#include "bgpd/policy_json.h"
#include "rib/policy_trace.h"
#include "tests/fuzz/fuzz.h"

enum { SETS = 4 };

/* Labels that the corpus speaks of. */
static const char *const sets[SETS] = { "", "app=a", "app=web|role=frontend",
					"id=service1|k8s:app=db" };

static struct bytes labels_of(unsigned i)
{
	static uint8_t b[SETS][64];
	size_t len = strlen(sets[i]);

	for (size_t c = 0; c < len; c++)
		b[i][c] = sets[i][c] == '|' ? '\0' : (uint8_t)sets[i][c];
	return (struct bytes) { b[i], len };
}

static void verdicts_are_right(const struct policy_verdicts *l,
			       const struct policy_hints *h, uint32_t clauses)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct policy_verdict *v = &l->v[i];
		uint32_t mask =
			v->identity ? h->shape_id[v->dir] : h->shape_any[v->dir];

		must(v->dir < POLICY_DIRS && v->plen <= 16 && v->rule <= clauses);
		must(mask >> (v->proto ? v->plen : POLICY_SHAPE_NO_PROTO) & 1);
		must(!(v->port & 0xffffu >> v->plen));
		must(!(v->flags & POLICY_DENY) || h->deny[v->dir]);
		must(!i || memcmp(v, v - 1, sizeof(*v)));
		must(!i || v->identity >= v[-1].identity);
	}
}

static void side_is_explained(const struct policy_side *s)
{
	must((s->why == POLICY_WHY_ALLOWED || s->why == POLICY_WHY_DENIED) ==
	     !!s->clause);
	must(s->why != POLICY_WHY_DEFAULT_DENY || s->rule);
	must(!s->clause || (s->rule && s->number && s->by != POLICY_BY_NONE));
	must(s->allowed ==
	     (s->why != POLICY_WHY_DENIED && s->why != POLICY_WHY_DEFAULT_DENY));
}

static void compile(const struct policy *p, unsigned set)
{
	struct policy_subject *s = policy_subject_new(p, labels_of(set));
	const struct policy_hints *h = policy_subject_hints(s);
	struct policy_verdicts a = { 0 }, b = { 0 };
	struct policy_peer *peer[SETS];

	for (unsigned i = 0; i < SETS; i++)
		peer[i] = policy_peer_new(p, 300 + i, labels_of(i));
	const struct policy_peer *const *all = (const struct policy_peer *const *)peer;

	if (!policy_compile(s, all, SETS, &a)) {
		verdicts_are_right(&a, h, policy_doc_of(p)->n_clauses);
		must(!policy_compile(s, all, SETS, &b));
		must(a.n == b.n && (!a.n || !memcmp(a.v, b.v, a.n * sizeof(*a.v))));
	}
	for (unsigned i = 0; i < SETS; i++)
		free(peer[i]);
	policy_verdicts_fini(&a);
	policy_verdicts_fini(&b);
	policy_subject_free(s);
}

static void trace(const struct policy *p, unsigned from, unsigned to)
{
	static const char *const flows[] = { "tcp/80", "udp/53", "icmp/8" };
	const struct policy_party a = { 300 + from, labels_of(from), true };
	const struct policy_party b = { 300 + to, labels_of(to), to != 0 };
	struct policy_flow f = { 0 };
	struct policy_trace t;

	for (unsigned i = 0; i < 3; i++) {
		must(!policy_flow_parse(flows[i], &f));
		policy_trace(p, &a, &b, &f, &t);
		side_is_explained(&t.egress);
		side_is_explained(&t.ingress);
		must(t.allowed == (t.egress.allowed && t.ingress.allowed));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_err err = { "" };
	struct policy_doc *doc = NULL;

	if (policy_parse("f", (const char *)data, size, &doc, &err)) {
		must(!doc && !strncmp(err.text, "f:", 2) && !strchr(err.text, '\n'));
		return 0;
	}
	struct policy *p = policy_new(doc);

	for (unsigned i = 0; i < SETS; i++) {
		compile(p, i);
		trace(p, i, (i + 1) % SETS);
	}
	policy_free(p);
	return 0;
}
