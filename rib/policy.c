/*
 * Documents made ready, identities as peers of their clauses, label sets as subjects of
 * their rules. Not for: the verdicts that follow (rib/policy_verdict.c).
 */
#include "rib/policy_int.h"

#include <stdlib.h>

#include "lib/util.h"

/* ---- the document --------------------------------------------------------------- */

static void blocks_add(struct policy *p, uint32_t *n, uint32_t *cap,
		       const struct policy_block *b, unsigned count)
{
	while (*n + count > *cap) {
		*cap = *cap ? 2 * *cap : 64;
		p->block = xrealloc(p->block, *cap * sizeof(*p->block));
	}
	memcpy(p->block + *n, b, count * sizeof(*b));
	*n += count;
}

static void blocks_init(struct policy *p)
{
	static const struct policy_block everything = { 0 };
	struct policy_block b[POLICY_BLOCKS_MAX];
	uint32_t n = 0, cap = 0;

	p->first_block = xcalloc(p->doc->n_clauses + 1u, sizeof(*p->first_block));
	for (uint32_t c = 0; c < p->doc->n_clauses; c++) {
		const struct policy_clause *clause = &p->doc->clause[c];

		p->first_block[c] = n;
		if (clause->any_port)
			blocks_add(p, &n, &cap, &everything, 1);
		for (uint32_t i = 0; i < clause->n_ports && !clause->any_port; i++)
			blocks_add(p, &n, &cap, b,
				   policy_blocks_of(&clause->port[i], b));
	}
	p->first_block[p->doc->n_clauses] = n;
}

struct policy *policy_new(struct policy_doc *d)
{
	struct policy *p = xcalloc(1, sizeof(*p));

	p->doc = d;
	policy_match_init(&p->match, d);
	policy_netset_init(&p->nets, d);
	blocks_init(p);
	p->cluster = xcalloc(d->n_clauses + 1u, sizeof(*p->cluster));
	for (uint32_t c = 0; c < d->n_clauses; c++)
		if (d->clause[c].entities & POLICY_ENT_CLUSTER)
			p->cluster[p->n_cluster++] = c;
	return p;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	policy_match_fini(&p->match);
	policy_netset_fini(&p->nets);
	free(p->block);
	free(p->first_block);
	free(p->cluster);
	policy_doc_free(p->doc);
	free(p);
}

const struct policy_doc *policy_doc_of(const struct policy *p)
{
	return p->doc;
}

/* ---- peers ---------------------------------------------------------------------- */

/* Clauses as they are found: in any order, and more than once. */
struct clause_list {
	uint32_t *c;
	size_t n, cap;
};

static void clause_add(void *arg, uint32_t clause)
{
	struct clause_list *l = arg;

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->c = xrealloc(l->c, l->cap * sizeof(*l->c));
	}
	l->c[l->n++] = clause;
}

static int number_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct policy_peer *policy_peer_new(const struct policy *p, uint32_t identity,
				    struct bytes labels)
{
	struct clause_list found = { 0 };
	struct policy_labels l;
	struct policy_peer *peer;

	for (uint32_t i = 0; i < p->n_cluster; i++)
		clause_add(&found, p->cluster[i]);
	if (policy_labels_split(labels, &l))
		policy_match_each(&p->match, &l, clause_add, &found);
	if (found.n)
		qsort(found.c, found.n, sizeof(*found.c), number_cmp);

	peer = xcalloc(1, sizeof(*peer) + found.n * sizeof(*peer->clause));
	peer->identity = identity;
	for (size_t i = 0; i < found.n; i++)
		if (!i || found.c[i] != found.c[i - 1])
			peer->clause[peer->n++] = found.c[i];
	free(found.c);
	return peer;
}

/* ---- subjects ------------------------------------------------------------------- */

static uint32_t shape_of(const struct policy_block *b)
{
	return 1u << (b->proto ? b->plen : POLICY_SHAPE_NO_PROTO);
}

static void shapes_add(struct policy_subject *s, uint32_t c)
{
	const struct policy_clause *clause = &s->policy->doc->clause[c];
	const struct policy *p = s->policy;
	uint32_t shapes = 0;

	for (uint32_t b = p->first_block[c]; b < p->first_block[c + 1]; b++)
		shapes |= shape_of(&p->block[b]);
	if (clause->any_peer || clause->entities & POLICY_ENT_ALL)
		s->hints.shape_any[clause->dir] |= shapes;
	if (clause->n_selectors || clause->n_cidrs ||
	    clause->entities & (uint8_t)~POLICY_ENT_ALL)
		s->hints.shape_id[clause->dir] |= shapes;
}

static void take_clauses(struct policy_subject *s, const struct policy_rule *rule)
{
	for (uint32_t c = rule->first; c < rule->first + rule->n; c++) {
		const struct policy_clause *clause = &s->policy->doc->clause[c];

		/* What is open already is not made more so. */
		if (!clause->deny && !s->closed_by[clause->dir])
			continue;
		s->clause[s->n++] = c;
		s->has[c / 64] |= 1ull << (c % 64);
		s->hints.deny[clause->dir] |= clause->deny;
		shapes_add(s, c);
	}
}

struct policy_subject *policy_subject_new(const struct policy *p, struct bytes labels)
{
	const struct policy_doc *d = p->doc;
	struct policy_subject *s = xcalloc(1, sizeof(*s));
	bool *mine = xcalloc(d->n_rules + 1u, sizeof(*mine));
	struct policy_labels l;
	bool known = policy_labels_split(labels, &l);

	s->policy = p;
	s->clause = xcalloc(d->n_clauses + 1u, sizeof(*s->clause));
	s->has = xcalloc(d->n_clauses / 64u + 1, sizeof(*s->has));
	for (uint32_t r = 0; r < d->n_rules && known; r++) {
		mine[r] = policy_labels_fit(&d->rule[r].subject, &l);
		for (int dir = 0; dir < POLICY_DIRS && mine[r]; dir++)
			if (d->rule[r].default_deny[dir] && !s->closed_by[dir])
				s->closed_by[dir] = &d->rule[r];
	}
	for (uint32_t r = 0; r < d->n_rules; r++)
		if (mine[r])
			take_clauses(s, &d->rule[r]);
	for (int dir = 0; dir < POLICY_DIRS; dir++) {
		if (s->closed_by[dir])
			continue;
		s->hints.shape_any[dir] |= 1u << POLICY_SHAPE_NO_PROTO;
		s->hints.open[dir] = !s->hints.deny[dir];
	}
	free(mine);
	return s;
}

void policy_subject_free(struct policy_subject *s)
{
	if (!s)
		return;
	free(s->clause);
	free(s->has);
	free(s);
}

const struct policy_hints *policy_subject_hints(const struct policy_subject *s)
{
	return &s->hints;
}

const struct policy_rule *policy_subject_closed_by(const struct policy_subject *s,
						   enum policy_dir dir)
{
	return s->closed_by[dir];
}

const uint32_t *policy_subject_clauses(const struct policy_subject *s, size_t *n)
{
	*n = s->n;
	return s->clause;
}
