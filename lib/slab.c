/*
 * Fixed-size objects in chunks, named by number. A chunk whose objects are all
 * free is kept for the next ones: tables shrink rarely and refill at once.
 */
#include "lib/slab.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

void slab_init(struct slab *s, size_t size)
{
	*s = (struct slab) { .size = MAX_OF(size, sizeof(uint32_t)), .next = 1 };
}

void slab_fini(struct slab *s)
{
	for (uint32_t i = 0; i < s->n_chunks; i++)
		free(s->chunks[i]);
	free(s->chunks);
	slab_init(s, s->size);
}

uint32_t slab_alloc(struct slab *s)
{
	uint32_t id = s->free;

	if (id) {
		memcpy(&s->free, slab_at(s, id), sizeof(s->free));
	} else {
		if (s->next == UINT32_MAX)
			return 0;
		id = s->next++;
		if (id >> SLAB_CHUNK_BITS >= s->n_chunks) {
			s->chunks = xrealloc(s->chunks,
					     (s->n_chunks + 1) * sizeof(*s->chunks));
			s->chunks[s->n_chunks++] = xcalloc(SLAB_CHUNK, s->size);
		}
	}
	s->used++;
	memset(slab_at(s, id), 0, s->size);
	return id;
}

void slab_free(struct slab *s, uint32_t id)
{
	memcpy(slab_at(s, id), &s->free, sizeof(s->free));
	s->free = id;
	s->used--;
}

size_t slab_bytes(const struct slab *s)
{
	return s->n_chunks * (SLAB_CHUNK * s->size + sizeof(*s->chunks));
}
