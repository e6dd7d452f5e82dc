/*
 * Verdicts: an entry for each identity that a clause names and each block of its ports,
 * in the order of their keys; and the lookup that the programs make in them.
 *
 * Where two clauses give the same key a deny stands, else the clause that comes first.
 * Between different keys nothing is decided here: that a deny wins over an allow of
 * another key is for the lookup, which looks at all of them when there is a deny.
 */
#include "rib/policy_int.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/util.h"

/* ---- ports ---------------------------------------------------------------------- */

unsigned policy_blocks_of(const struct policy_port *p,
			  struct policy_block out[POLICY_BLOCKS_MAX])
{
	uint32_t at = p->from, end = p->to + 1u;
	unsigned n = 0;

	while (at < end) {
		unsigned bits = 16;

		/* The largest block that starts here and does not go past the end. */
		while (at & ((1u << bits) - 1) || at + (1u << bits) > end)
			bits--;
		out[n++] = (struct policy_block) { p->proto, (uint8_t)(16 - bits),
						   (uint16_t)at };
		at += 1u << bits;
	}
	return n;
}

/* ---- lists ---------------------------------------------------------------------- */

void policy_verdicts_fini(struct policy_verdicts *l)
{
	free(l->v);
	*l = (struct policy_verdicts) { 0 };
}

static uint64_t place(const struct policy_verdict *v)
{
	return (uint64_t)v->identity << 32 | (uint32_t)(v->dir & 1) << 31 |
	       (uint32_t)v->plen << 24 | (uint32_t)v->proto << 16 | v->port;
}

int policy_verdict_cmp(const struct policy_verdict *a, const struct policy_verdict *b)
{
	uint64_t x = place(a), y = place(b);

	return (x > y) - (x < y);
}

/* By key, and what stands of one key first. */
static int rank_cmp(const void *a, const void *b)
{
	const struct policy_verdict *x = a, *y = b;
	int c = policy_verdict_cmp(x, y);

	if (!c)
		c = (int)y->flags - (int)x->flags;
	return c ? c : (x->rule > y->rule) - (x->rule < y->rule);
}

/* A list that is being made; past the limit it only remembers that. */
struct making {
	const struct policy_subject *subject;
	struct policy_verdicts l;
	uint32_t clause;
	bool full;
};

static void verdict_add(struct making *m, struct policy_verdict v)
{
	struct policy_verdicts *l = &m->l;

	/* Duplicates go later: twice the limit is more than enough to see it passed. */
	m->full |= l->n == 2 * (size_t)POLICY_VERDICTS_MAX;
	if (m->full)
		return;
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = v;
}

static void clause_verdicts(void *arg, uint32_t identity)
{
	struct making *m = arg;
	const struct policy *p = m->subject->policy;
	const struct policy_clause *c = &p->doc->clause[m->clause];

	for (uint32_t b = p->first_block[m->clause]; b < p->first_block[m->clause + 1];
	     b++)
		verdict_add(m, (struct policy_verdict) {
				       .identity = identity,
				       .dir = (uint8_t)c->dir,
				       .proto = p->block[b].proto,
				       .plen = p->block[b].plen,
				       .port = p->block[b].port,
				       .flags = c->deny ? POLICY_DENY : 0,
				       .rule = m->clause + 1,
			       });
}

/* Sort what was added from a on and leave one of each key. */
static void settle(struct making *m, size_t a)
{
	struct policy_verdicts *l = &m->l;
	size_t n = a;

	if (l->n - a > 1)
		qsort(l->v + a, l->n - a, sizeof(*l->v), rank_cmp);
	for (size_t i = a; i < l->n; i++)
		if (n == a || policy_verdict_cmp(&l->v[n - 1], &l->v[i]))
			l->v[n++] = l->v[i];
	l->n = n;
}

/* ---- what does not depend on who is there --------------------------------------- */

static const struct {
	uint8_t entities;
	uint32_t identity;
} reserved[] = {
	{ POLICY_ENT_ALL, IDENTITY_ANY },
	{ POLICY_ENT_HOST | POLICY_ENT_CLUSTER, IDENTITY_HOST },
	{ POLICY_ENT_WORLD, IDENTITY_WORLD },
	{ POLICY_ENT_INIT | POLICY_ENT_CLUSTER, IDENTITY_INIT },
	{ POLICY_ENT_REMOTE_NODE | POLICY_ENT_CLUSTER, IDENTITY_REMOTE_NODE },
};

static void fixed_of_clause(struct making *m)
{
	const struct policy *p = m->subject->policy;
	const struct policy_clause *c = &p->doc->clause[m->clause];

	if (c->any_peer)
		clause_verdicts(m, IDENTITY_ANY);
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (c->entities & reserved[i].entities)
			clause_verdicts(m, reserved[i].identity);
	/* Who is outside has the identity of a prefix where one holds the address. */
	for (size_t i = 0; i < p->nets.n && c->entities & POLICY_ENT_WORLD; i++)
		clause_verdicts(m, p->nets.net[i].identity);
	for (uint32_t i = 0; i < c->n_cidrs; i++)
		policy_netset_each(&p->nets, &c->cidr[i], clause_verdicts, m);
}

static void fixed(struct making *m)
{
	const struct policy_subject *s = m->subject;

	for (int dir = 0; dir < POLICY_DIRS; dir++)
		if (!s->closed_by[dir])
			verdict_add(m, (struct policy_verdict) { .dir = (uint8_t)dir });
	for (size_t i = 0; i < s->n; i++) {
		m->clause = s->clause[i];
		fixed_of_clause(m);
	}
	settle(m, 0);
}

/* ---- and what does -------------------------------------------------------------- */

static void of_peer(struct making *m, const struct policy_peer *peer)
{
	for (uint32_t i = 0; i < peer->n; i++) {
		m->clause = peer->clause[i];
		if (policy_subject_has(m->subject, m->clause))
			clause_verdicts(m, peer->identity);
	}
}

static int peer_cmp(const void *a, const void *b)
{
	const struct policy_peer *const *x = a, *const *y = b;

	return ((*x)->identity > (*y)->identity) - ((*x)->identity < (*y)->identity);
}

/* In the order of numbers, so that each one's few entries are sorted for themselves. */
static void peers_add(struct making *m, const struct policy_peer *const *peers,
		      size_t n)
{
	const struct policy_peer **by_number = xcalloc(n + 1, sizeof(*by_number));

	if (n) {
		memcpy(by_number, peers, n * sizeof(*by_number));
		qsort(by_number, n, sizeof(*by_number), peer_cmp);
	}
	for (size_t i = 0; i < n;) {
		uint32_t identity = by_number[i]->identity;
		size_t start = m->l.n;

		while (i < n && by_number[i]->identity == identity)
			of_peer(m, by_number[i++]);
		settle(m, start);
	}
	free(by_number);
}

/* Two sorted lists into one. */
static void merge(const struct policy_verdicts *a, const struct policy_verdicts *b,
		  struct making *out)
{
	size_t i = 0, k = 0;

	while (i < a->n || k < b->n) {
		bool left =
			k == b->n || (i < a->n && rank_cmp(&a->v[i], &b->v[k]) <= 0);
		const struct policy_verdict *v = left ? &a->v[i++] : &b->v[k++];

		if (!out->l.n || policy_verdict_cmp(&out->l.v[out->l.n - 1], v))
			verdict_add(out, *v);
	}
}

/* Hand over the list, or let it go where it is too long. */
static int finish(struct making *m, struct policy_verdicts *out)
{
	if (m->full || m->l.n > POLICY_VERDICTS_MAX) {
		policy_verdicts_fini(&m->l);
		return -E2BIG;
	}
	policy_verdicts_fini(out);
	*out = m->l;
	return 0;
}

int policy_compile(const struct policy_subject *s,
		   const struct policy_peer *const *peers, size_t n,
		   struct policy_verdicts *out)
{
	struct making first = { .subject = s }, second = { .subject = s };
	struct making all = { .subject = s };

	fixed(&first);
	peers_add(&second, peers, n);
	merge(&first.l, &second.l, &all);
	all.full |= first.full || second.full;
	policy_verdicts_fini(&first.l);
	policy_verdicts_fini(&second.l);
	return finish(&all, out);
}

int policy_compile_peer(const struct policy_subject *s, const struct policy_peer *peer,
			struct policy_verdicts *out)
{
	struct making m = { .subject = s };

	of_peer(&m, peer);
	settle(&m, 0);
	return finish(&m, out);
}

/* ---- lookup --------------------------------------------------------------------- */

static const struct policy_verdict *find(const struct policy_verdicts *l,
					 const struct policy_verdict *key)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = policy_verdict_cmp(&l->v[mid], key);

		if (!c)
			return &l->v[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The entry of one shape: protocol and plen bits of the port, or 17: neither. */
static const struct policy_verdict *probe(const struct policy_verdicts *l,
					  uint32_t identity, enum policy_dir dir,
					  const struct policy_flow *f, unsigned shape)
{
	struct policy_verdict key = { .identity = identity, .dir = (uint8_t)dir };

	if (shape != POLICY_SHAPE_NO_PROTO) {
		key.proto = f->proto;
		key.plen = (uint8_t)shape;
		key.port = (uint16_t)(f->port & 0xffff0000u >> shape);
	}
	return find(l, &key);
}

const struct policy_verdict *policy_lookup(const struct policy_verdicts *l,
					   const struct policy_hints *h,
					   enum policy_dir dir,
					   const struct policy_flow *f)
{
	const struct policy_verdict *best = NULL;
	/* 16 to 0 bits of the port, then none of it. */
	unsigned longest = f->no_port ? 0 : 16;

	for (unsigned step = 16 - longest; step <= POLICY_SHAPE_NO_PROTO; step++) {
		unsigned shape = step == POLICY_SHAPE_NO_PROTO ? step : 16 - step;
		const uint32_t mask[2] = { h->shape_id[dir], h->shape_any[dir] };

		for (unsigned any = 0; any < 2; any++) {
			const struct policy_verdict *v = NULL;

			if (mask[any] >> shape & 1)
				v = probe(l, any ? IDENTITY_ANY : f->identity, dir, f,
					  shape);
			if (v && v->flags & POLICY_DENY)
				return v;
			if (v && !best)
				best = v;
		}
		if (best && !h->deny[dir])
			break;
	}
	return best;
}
