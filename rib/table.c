/*
 * Slabs with an index hash. Not a general container: no key, no destructor, and
 * memory goes back only as a whole. The number of entries is bounded by prefix
 * limits and by what the kernel holds.
 */
#include "rib/table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

enum { FIRST_BUCKETS = 64 };

void table_init(struct table *t, size_t size)
{
	*t = (struct table) { .size = size, .n_buckets = FIRST_BUCKETS, .top = 1 };
	t->bucket = xcalloc(FIRST_BUCKETS, sizeof(*t->bucket));
}

void table_fini(struct table *t)
{
	for (uint32_t i = 0; i < t->n_chunks; i++)
		free(t->chunk[i]);
	free(t->chunk);
	free(t->bucket);
	*t = (struct table) { 0 };
}

static struct table_node *node_at(const struct table *t, uint32_t i)
{
	return table_at(t, i);
}

static void grow_buckets(struct table *t)
{
	uint32_t n = t->n_buckets * 2, *bucket = xcalloc(n, sizeof(*bucket));

	for (uint32_t b = 0; b < t->n_buckets; b++) {
		for (uint32_t i = t->bucket[b], next; i; i = next) {
			struct table_node *e = node_at(t, i);

			next = e->next;
			e->next = bucket[e->hash & (n - 1)];
			bucket[e->hash & (n - 1)] = i;
		}
	}
	free(t->bucket);
	t->bucket = bucket;
	t->n_buckets = n;
}

static uint32_t fresh_index(struct table *t)
{
	uint32_t i = t->free;

	if (i) {
		t->free = node_at(t, i)->next;
		return i;
	}
	i = t->top++;
	if (i >> TABLE_CHUNK_BITS >= t->n_chunks) {
		t->chunk = xrealloc(t->chunk, (t->n_chunks + 1) * sizeof(*t->chunk));
		t->chunk[t->n_chunks++] = xcalloc(TABLE_CHUNK, t->size);
	}
	return i;
}

uint32_t table_add(struct table *t, uint32_t hash)
{
	if (t->n >= t->n_buckets)
		grow_buckets(t);

	uint32_t i = fresh_index(t), *head = &t->bucket[hash & (t->n_buckets - 1)];
	struct table_node *e = node_at(t, i);

	memset(e, 0, t->size);
	*e = (struct table_node) { .next = *head, .hash = hash };
	*head = i;
	t->n++;
	return i;
}

void table_del(struct table *t, uint32_t i)
{
	struct table_node *e = node_at(t, i);
	uint32_t *at = &t->bucket[e->hash & (t->n_buckets - 1)];

	while (*at != i)
		at = &node_at(t, *at)->next;
	*at = e->next;
	e->next = t->free;
	t->free = i;
	t->n--;
}

static uint32_t same_hash(const struct table *t, uint32_t i, uint32_t hash)
{
	while (i && node_at(t, i)->hash != hash)
		i = node_at(t, i)->next;
	return i;
}

uint32_t table_find(const struct table *t, uint32_t hash)
{
	return same_hash(t, t->bucket[hash & (t->n_buckets - 1)], hash);
}

uint32_t table_find_next(const struct table *t, uint32_t i)
{
	const struct table_node *e = node_at(t, i);

	return same_hash(t, e->next, e->hash);
}

uint32_t table_next(const struct table *t, struct table_walk *w)
{
	uint32_t i;

	while (!w->next && w->bucket < t->n_buckets)
		w->next = t->bucket[w->bucket++];
	i = w->next;
	if (i)
		w->next = node_at(t, i)->next;
	return i;
}

size_t table_bytes(const struct table *t)
{
	return t->n_buckets * sizeof(*t->bucket) + t->n_chunks * sizeof(*t->chunk) +
	       t->n_chunks * (size_t)TABLE_CHUNK * t->size;
}
