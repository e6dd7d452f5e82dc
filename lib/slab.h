/* lib/slab.h - fixed-size objects named by small numbers instead of pointers. */
#ifndef LIB_SLAB_H
#define LIB_SLAB_H

#include <stddef.h>
#include <stdint.h>

/*
 * Ids run from 1; 0 means none. Objects lie in chunks that never move, so a
 * pointer stays good until its object is freed. Four bytes per link instead of
 * eight is what keeps a route below 150 bytes.
 *
 * Any id below `next` may be looked at: the object of a freed one is as it was left
 * but for its first word, or all zeros. So who walks a table by id needs a field,
 * not the first, that is zero in what is freed.
 */
enum { SLAB_CHUNK_BITS = 10, SLAB_CHUNK = 1 << SLAB_CHUNK_BITS, SLAB_SIZE_MAX = 256 };

struct slab {
	size_t size; /* bytes of one object, 4 to SLAB_SIZE_MAX */
	uint8_t **chunks;
	struct slab_chunk *state; /* of each chunk */
	uint32_t n_chunks;
	uint32_t next;    /* ids are below this */
	uint32_t roomy;   /* list of chunks with free objects, number + 1 */
	uint32_t gone;    /* list of chunks without memory, number + 1 */
	uint32_t n_empty; /* chunks with free objects only */
	uint32_t used;
};

void slab_init(struct slab *s, size_t size);
void slab_fini(struct slab *s);

/** slab_alloc - id of a zeroed object; 0 when 2^32 - 1 are in use. */
uint32_t slab_alloc(struct slab *s);
void slab_free(struct slab *s, uint32_t id);

/** slab_bytes - memory held, in bytes. */
size_t slab_bytes(const struct slab *s);

/** slab_at - the object of an id that is in use. */
static inline void *slab_at(const struct slab *s, uint32_t id)
{
	return s->chunks[id >> SLAB_CHUNK_BITS] +
	       (size_t)(id & (SLAB_CHUNK - 1)) * s->size;
}

#endif
