/*
 * Fixed-size objects in chunks, named by number. A chunk whose objects are all free
 * goes back to the allocator, but for one, which the next objects will want; its
 * numbers are given out again with new memory.
 */
#include "lib/slab.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/util.h"

struct slab_chunk {
	uint16_t used;
	uint16_t free;       /* first object that was in use before; NONE: no more */
	uint16_t fresh;      /* from here on none ever was: they are zero */
	uint32_t prev, next; /* in the list it is in, number + 1 */
};

enum { NONE = SLAB_CHUNK };

/* From this size on chunks are mappings of their own: they begin with a page, so that
 * no object lies across more lines of cache than it must, and freed ones are gone at
 * once.
 */
enum { OWN_MAPPING = 128 << 10 };

/* What is seen in a chunk that has gone; never written. */
static const uint8_t nothing[SLAB_CHUNK * SLAB_SIZE_MAX];

void slab_init(struct slab *s, size_t size)
{
	assert(size <= SLAB_SIZE_MAX);
	*s = (struct slab) { .size = MAX_OF(size, sizeof(uint32_t)), .next = 1 };
}

static bool is_gone(const struct slab *s, uint32_t c)
{
	return s->chunks[c] == nothing;
}

static uint8_t *memory_get(const struct slab *s)
{
	size_t len = SLAB_CHUNK * s->size;

	return len < OWN_MAPPING ? xcalloc(1, len) : xpages(len);
}

static void memory_put(const struct slab *s, uint8_t *p)
{
	size_t len = SLAB_CHUNK * s->size;

	if (len < OWN_MAPPING)
		free(p);
	else
		munmap(p, len);
}

void slab_fini(struct slab *s)
{
	for (uint32_t i = 0; i < s->n_chunks; i++)
		if (!is_gone(s, i))
			memory_put(s, s->chunks[i]);
	free(s->chunks);
	free(s->state);
	slab_init(s, s->size);
}

/* ---- lists of chunks ----------------------------------------------------------- */

static void list_push(struct slab *s, uint32_t *head, uint32_t c)
{
	s->state[c].prev = 0;
	s->state[c].next = *head;
	if (*head)
		s->state[*head - 1].prev = c + 1;
	*head = c + 1;
}

static void list_remove(struct slab *s, uint32_t *head, uint32_t c)
{
	struct slab_chunk *st = &s->state[c];

	if (st->prev)
		s->state[st->prev - 1].next = st->next;
	else
		*head = st->next;
	if (st->next)
		s->state[st->next - 1].prev = st->prev;
}

/* ---- objects ------------------------------------------------------------------- */

static void link_set(struct slab *s, uint32_t c, uint32_t i, uint32_t next)
{
	memcpy(s->chunks[c] + i * s->size, &next, sizeof(next));
}

static uint32_t link_get(const struct slab *s, uint32_t c, uint32_t i)
{
	uint32_t next;

	memcpy(&next, s->chunks[c] + i * s->size, sizeof(next));
	return next;
}

/* Memory for chunk c; all of its objects are free (0 of the first is not one). */
static void chunk_fill(struct slab *s, uint32_t c)
{
	s->chunks[c] = memory_get(s);
	s->state[c] = (struct slab_chunk) { .free = NONE, .fresh = c ? 0 : 1 };
	list_push(s, &s->roomy, c);
	s->n_empty++;
}

/* One more chunk, with a number that was in use before if there is one. */
static bool chunk_add(struct slab *s)
{
	uint32_t c = s->n_chunks;

	if (s->gone) {
		c = s->gone - 1;
		list_remove(s, &s->gone, c);
		chunk_fill(s, c);
		return true;
	}
	if (c == (UINT32_MAX >> SLAB_CHUNK_BITS))
		return false;
	s->chunks = xrealloc(s->chunks, (c + 1) * sizeof(*s->chunks));
	s->state = xrealloc(s->state, (c + 1) * sizeof(*s->state));
	s->n_chunks++;
	s->next = s->n_chunks << SLAB_CHUNK_BITS;
	chunk_fill(s, c);
	return true;
}

static void chunk_drop(struct slab *s, uint32_t c)
{
	list_remove(s, &s->roomy, c);
	memory_put(s, s->chunks[c]);
	s->chunks[c] = (uint8_t *)(uintptr_t)nothing;
	list_push(s, &s->gone, c);
	s->n_empty--;
}

static bool is_full(const struct slab_chunk *st)
{
	return st->free == NONE && st->fresh == SLAB_CHUNK;
}

/* A zeroed object of a chunk that has room. */
static uint32_t chunk_take(struct slab *s, uint32_t c)
{
	struct slab_chunk *st = &s->state[c];
	uint32_t i = st->free;

	if (i == NONE)
		return st->fresh++;
	st->free = (uint16_t)link_get(s, c, i);
	memset(s->chunks[c] + i * s->size, 0, s->size);
	return i;
}

uint32_t slab_alloc(struct slab *s)
{
	if (!s->roomy && !chunk_add(s))
		return 0;

	uint32_t c = s->roomy - 1, i = chunk_take(s, c);
	struct slab_chunk *st = &s->state[c];

	if (is_full(st))
		list_remove(s, &s->roomy, c);
	s->n_empty -= !st->used++;
	s->used++;
	return c << SLAB_CHUNK_BITS | i;
}

void slab_free(struct slab *s, uint32_t id)
{
	uint32_t c = id >> SLAB_CHUNK_BITS, i = id & (SLAB_CHUNK - 1);
	struct slab_chunk *st = &s->state[c];

	if (is_full(st))
		list_push(s, &s->roomy, c);
	link_set(s, c, i, st->free);
	st->free = (uint16_t)i;
	s->used--;
	if (--st->used)
		return;
	if (++s->n_empty > 1)
		chunk_drop(s, c);
}

size_t slab_bytes(const struct slab *s)
{
	size_t gone = 0;

	for (uint32_t c = s->gone; c; c = s->state[c - 1].next)
		gone++;
	return (s->n_chunks - gone) * SLAB_CHUNK * s->size +
	       s->n_chunks * (sizeof(*s->chunks) + sizeof(*s->state));
}
