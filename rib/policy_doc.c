/*
 * The memory of policy documents: rules and clauses in two arrays that grow, whatever
 * hangs on them in chunks that go all at once. Not for: what the rules mean.
 */
#include "rib/policy.h"

#include <stdlib.h>

#include "lib/util.h"

enum { CHUNK = 16384, ALIGN = 8 };

struct policy_chunk {
	struct policy_chunk *next;
	size_t used, size;
	uint8_t b[] __attribute__((aligned(ALIGN)));
};

struct policy_doc *policy_doc_new(void)
{
	return xcalloc(1, sizeof(struct policy_doc));
}

void policy_doc_free(struct policy_doc *d)
{
	if (!d)
		return;
	for (struct policy_chunk *c = d->memory, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(d->rule);
	free(d->clause);
	free(d);
}

void *policy_alloc(struct policy_doc *d, size_t n, size_t size)
{
	size_t want = (n * size + ALIGN - 1) / ALIGN * ALIGN;
	struct policy_chunk *c = d->memory;

	if (!c || c->size - c->used < want) {
		size_t room = MAX_OF(want, (size_t)CHUNK);

		c = xcalloc(1, sizeof(*c) + room);
		c->size = room;
		c->next = d->memory;
		d->memory = c;
	}
	void *p = c->b + c->used;

	c->used += want;
	return p;
}

const char *policy_str(struct policy_doc *d, const char *s, size_t len)
{
	char *copy = policy_alloc(d, len + 1, 1);

	memcpy(copy, s, len);
	return copy;
}

/* Room for one more of n things of size bytes. */
static void *grow(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	if (n == *cap) {
		*cap = n ? 2 * n : 16;
		array = xrealloc(array, *cap * size);
	}
	memset((uint8_t *)array + n * size, 0, size);
	return array;
}

struct policy_rule *policy_doc_rule(struct policy_doc *d)
{
	if (d->n_rules == POLICY_RULES_MAX)
		return NULL;
	d->rule = grow(d->rule, d->n_rules, &d->cap_rules, sizeof(*d->rule));
	d->rule[d->n_rules].first = d->n_clauses;
	return &d->rule[d->n_rules++];
}

struct policy_clause *policy_doc_clause(struct policy_doc *d)
{
	if (d->n_clauses == POLICY_CLAUSES_MAX)
		return NULL;
	d->clause = grow(d->clause, d->n_clauses, &d->cap_clauses, sizeof(*d->clause));
	d->clause[d->n_clauses].rule = d->n_rules - 1;
	d->rule[d->n_rules - 1].n++;
	return &d->clause[d->n_clauses++];
}
