/* lib/hashidx.h - from the hash of a key to small numbers, with one look at memory. */
#ifndef LIB_HASHIDX_H
#define LIB_HASHIDX_H

#include <stddef.h>
#include <stdint.h>

/*
 * Open addressing, eight bytes a slot. A slot keeps the whole hash, so that a key that
 * is not there is found missing without reading another one, and growing reads none.
 * Keys stay with their owner, who compares them; ids are not 0, and each is put in
 * once.
 */
struct hashidx {
	struct hashidx_slot {
		uint32_t hash, id; /* id 0: empty */
	} * slot;
	uint32_t mask; /* number of slots, a power of two, less one */
	uint32_t n;
};

void hashidx_init(struct hashidx *x);
void hashidx_fini(struct hashidx *x);

void hashidx_add(struct hashidx *x, uint32_t hash, uint32_t id);

/** hashidx_del - id must be there under this hash. */
void hashidx_del(struct hashidx *x, uint32_t hash, uint32_t id);

/**
 * hashidx_next - the ids under one hash, one after another
 * @at: place of the search; hash to begin with
 *
 * Return: an id, 0 when there are no more. Not across hashidx_add or _del.
 */
static inline uint32_t hashidx_next(const struct hashidx *x, uint32_t hash,
				    uint32_t *at)
{
	const struct hashidx_slot *s;

	do
		s = &x->slot[(*at)++ & x->mask];
	while (s->id && s->hash != hash);
	return s->id;
}

/** hashidx_prefetch - this hash is going to be asked for. */
static inline void hashidx_prefetch(const struct hashidx *x, uint32_t hash)
{
	__builtin_prefetch(&x->slot[hash & x->mask]);
}

/** hashidx_bytes - memory held, in bytes. */
static inline size_t hashidx_bytes(const struct hashidx *x)
{
	return ((size_t)x->mask + 1) * sizeof(*x->slot);
}

#endif
