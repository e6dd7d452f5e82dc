/*
 * Selectors on label sets: one by one, and by an index that finds those of thousands
 * of clauses that may fit a set with a few looks. Not for: what a clause then says.
 */
#include "rib/policy_int.h"

#include <stdlib.h>

#include "lib/util.h"

bool policy_labels_split(struct bytes labels, struct policy_labels *out)
{
	struct bytes key, value;

	out->n = 0;
	if (!labels.p)
		return false;
	while (labels_next(&labels, &key, &value)) {
		const uint8_t *colon = memchr(key.p, ':', key.len);
		size_t source = colon ? (size_t)(colon + 1 - key.p) : 0;

		if (out->n == LABELS_MAX)
			return false;
		out->l[out->n++] = (struct policy_label) {
			key, { key.p + source, key.len - source }, value
		};
	}
	return true;
}

static bool equal(struct bytes b, const char *s)
{
	return !strncmp((const char *)b.p, s, b.len) && !s[b.len];
}

/* Is there a label with this key, and, of an expression with values, one of them? */
static bool found(const struct policy_expr *e, const struct policy_labels *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (!equal(e->any_source ? l->l[i].bare : l->l[i].key, e->key))
			continue;
		for (uint32_t v = 0; v < e->n; v++)
			if (equal(l->l[i].value, e->value[v]))
				return true;
		if (!e->n)
			return true;
	}
	return false;
}

bool policy_labels_fit(const struct policy_selector *s, const struct policy_labels *l)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct policy_expr *e = &s->expr[i];
		bool wanted = e->op == POLICY_IN || e->op == POLICY_EXISTS;

		if (found(e, l) != wanted)
			return false;
	}
	return true;
}

bool policy_selects(const struct policy_selector *s, struct bytes labels)
{
	struct policy_labels l;

	return policy_labels_split(labels, &l) && policy_labels_fit(s, &l);
}

/* ---- the index ------------------------------------------------------------------ */

struct policy_term {
	struct bytes key, value; /* value.p NULL: any */
	bool any_source;
	uint32_t users; /* conditions of selectors with this term */
	uint32_t hangs; /* list */
};

struct policy_hang {
	const struct policy_selector *selector;
	uint32_t clause;
	uint32_t next;
};

static struct bytes text(const char *s)
{
	return (struct bytes) { (const uint8_t *)s, strlen(s) };
}

static uint32_t term_hash(const struct policy_term *t)
{
	uint64_t h = hash_bytes(t->key.p, t->key.len);

	if (t->value.p)
		h = h * 31 + hash_bytes(t->value.p, t->value.len);
	return (uint32_t)(h >> 32) ^ (uint32_t)h ^ t->any_source;
}

/* Number of the term, 0 when there is none like it. */
static uint32_t term_find(const struct policy_match *m, const struct policy_term *t)
{
	uint32_t hash = term_hash(t), at = hash, id;

	while ((id = hashidx_next(&m->by_term, hash, &at))) {
		const struct policy_term *have = &m->term[id - 1];

		if (have->any_source == t->any_source && bytes_eq(have->key, t->key) &&
		    bytes_eq(have->value, t->value))
			break;
	}
	return id;
}

static struct policy_term term_of(const struct policy_expr *e, uint32_t value)
{
	struct policy_term t = { .key = text(e->key), .any_source = e->any_source };

	if (e->n)
		t.value = text(e->value[value]);
	return t;
}

/* How many terms a condition has: values, or the key alone; 0 for "is not". */
static uint32_t terms_of(const struct policy_expr *e)
{
	if (e->op == POLICY_EXISTS)
		return 1;
	return e->op == POLICY_IN ? e->n : 0;
}

static void *grow(void *array, uint32_t n, size_t size)
{
	return n & (n - 1) ? array : xrealloc(array, (n ? 2 * (size_t)n : 1) * size);
}

static void count_terms(struct policy_match *m, const struct policy_selector *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		for (uint32_t v = 0; v < terms_of(&s->expr[i]); v++) {
			struct policy_term t = term_of(&s->expr[i], v);
			uint32_t id = term_find(m, &t);

			if (!id) {
				m->term = grow(m->term, m->n_terms, sizeof(*m->term));
				m->term[m->n_terms] = t;
				id = ++m->n_terms;
				hashidx_add(&m->by_term, term_hash(&t), id);
			}
			m->term[id - 1].users++;
		}
	}
}

static void hang(struct policy_match *m, uint32_t *list,
		 const struct policy_selector *s, uint32_t clause)
{
	m->hang = grow(m->hang, m->n_hangs, sizeof(*m->hang));
	m->hang[m->n_hangs] = (struct policy_hang) { s, clause, *list };
	*list = ++m->n_hangs;
}

/* The selectors that one would have to look at with this condition. */
static uint64_t crowd(const struct policy_match *m, const struct policy_expr *e)
{
	uint64_t users = 0;

	for (uint32_t v = 0; v < terms_of(e); v++) {
		struct policy_term t = term_of(e, v);

		users += m->term[term_find(m, &t) - 1].users;
	}
	return users;
}

static void hang_selector(struct policy_match *m, const struct policy_selector *s,
			  uint32_t clause)
{
	const struct policy_expr *best = NULL;
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t users = crowd(m, &s->expr[i]);

		if (users && users < least) {
			least = users;
			best = &s->expr[i];
		}
	}
	if (!best)
		hang(m, &m->always, s, clause);
	for (uint32_t v = 0; best && v < terms_of(best); v++) {
		struct policy_term t = term_of(best, v);

		hang(m, &m->term[term_find(m, &t) - 1].hangs, s, clause);
	}
}

void policy_match_init(struct policy_match *m, const struct policy_doc *d)
{
	*m = (struct policy_match) { 0 };
	hashidx_init(&m->by_term);
	for (uint32_t c = 0; c < d->n_clauses; c++)
		for (uint32_t i = 0; i < d->clause[c].n_selectors; i++)
			count_terms(m, &d->clause[c].selector[i]);
	for (uint32_t c = 0; c < d->n_clauses; c++)
		for (uint32_t i = 0; i < d->clause[c].n_selectors; i++)
			hang_selector(m, &d->clause[c].selector[i], c);
}

void policy_match_fini(struct policy_match *m)
{
	hashidx_fini(&m->by_term);
	free(m->term);
	free(m->hang);
	*m = (struct policy_match) { 0 };
}

struct each {
	const struct policy_match *m;
	const struct policy_labels *labels;
	void (*fn)(void *arg, uint32_t clause);
	void *arg;
};

static void try_list(const struct each *e, uint32_t list)
{
	for (; list; list = e->m->hang[list - 1].next) {
		const struct policy_hang *h = &e->m->hang[list - 1];

		if (policy_labels_fit(h->selector, e->labels))
			e->fn(e->arg, h->clause);
	}
}

static void try_term(const struct each *e, struct policy_term t)
{
	uint32_t id = term_find(e->m, &t);

	if (id)
		try_list(e, e->m->term[id - 1].hangs);
}

void policy_match_each(const struct policy_match *m, const struct policy_labels *l,
		       void (*fn)(void *arg, uint32_t clause), void *arg)
{
	const struct each e = { m, l, fn, arg };

	try_list(&e, m->always);
	for (uint32_t i = 0; i < l->n; i++) {
		const struct policy_label *x = &l->l[i];

		try_term(&e, (struct policy_term) { .key = x->key, .value = x->value });
		try_term(&e, (struct policy_term) { .key = x->key });
		try_term(&e, (struct policy_term) { .key = x->bare,
						    .value = x->value,
						    .any_source = true });
		try_term(&e,
			 (struct policy_term) { .key = x->bare, .any_source = true });
	}
}
