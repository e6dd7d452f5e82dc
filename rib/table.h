/* rib/table.h - many small equal-sized entries, found by hash, named by 32-bit index.
 */
#ifndef RIB_TABLE_H
#define RIB_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Every entry begins with this; the rest is the user's. */
struct table_node {
	uint32_t next; /* in its bucket, or in the free list */
	uint32_t hash;
};

/*
 * Chained hash table over slabs. An index stays valid, and its entry where it is,
 * until the entry is removed; 0 is no entry. Indexes instead of pointers halve
 * what 100 000 routes need.
 */
struct table {
	size_t size; /* bytes of an entry, a multiple of its alignment */
	uint32_t *bucket;
	uint32_t n_buckets; /* power of two */
	uint32_t n;         /* entries */
	uint8_t **chunk;
	uint32_t n_chunks;
	uint32_t top;  /* indexes ever handed out, 0 included */
	uint32_t free; /* list of removed entries */
};

enum { TABLE_CHUNK_BITS = 9, TABLE_CHUNK = 1 << TABLE_CHUNK_BITS };

void table_init(struct table *t, size_t size);
void table_fini(struct table *t);

/** table_at - the entry of a valid index. */
static inline void *table_at(const struct table *t, uint32_t i)
{
	return t->chunk[i >> TABLE_CHUNK_BITS] + (i & (TABLE_CHUNK - 1)) * t->size;
}

/** table_add - a new entry, zeroed but for its node; Return: its index. */
uint32_t table_add(struct table *t, uint32_t hash);

/** table_del - forget an entry; its memory serves the next table_add(). */
void table_del(struct table *t, uint32_t i);

/** table_find - first entry with this hash, or the next one after i; 0 at the end.
 * The caller compares the rest of the key. */
uint32_t table_find(const struct table *t, uint32_t hash);
uint32_t table_find_next(const struct table *t, uint32_t i);

/* A walk over all entries; begin with zeros. */
struct table_walk {
	uint32_t bucket, next;
};

/** table_next - Return: the next index, 0 at the end. The entry returned last may be
 * removed; no other, and nothing may be added. */
uint32_t table_next(const struct table *t, struct table_walk *w);

/** table_bytes - memory held. */
size_t table_bytes(const struct table *t);

#endif
