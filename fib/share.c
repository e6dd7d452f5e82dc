/*
 * Interned bytes. Not for what they mean: fib/ila.c.
 */
#include "fib/share.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/util.h"

enum { GC_MIN = 1024 };

struct share_item {
	UT_hash_handle hh; /* by bytes */
	uint32_t id;
	bool marked;
	size_t len;
	uint64_t bytes[];
};

void share_init(struct share *s)
{
	*s = (struct share) { .next_gc = GC_MIN };
}

void share_fini(struct share *s)
{
	HASH_CLEAR(hh, s->by_bytes);
	for (uint32_t i = 0; i < s->ids; i++)
		free(s->by_id[i]);
	free(s->by_id);
	share_init(s);
}

/* A number that is not in use: 0 of the array is never one. */
static uint32_t id_get(struct share *s)
{
	while (s->free && s->free < s->ids && s->by_id[s->free])
		s->free++;
	if (!s->free || s->free >= s->ids) {
		uint32_t was = s->ids, n = MAX_OF(64, was * 2);

		s->by_id = xrealloc(s->by_id, n * sizeof(*s->by_id));
		memset(s->by_id + was, 0, (n - was) * sizeof(*s->by_id));
		s->ids = n;
		s->free = MAX_OF(was, 1);
	}
	return s->free++;
}

uint32_t share_get(struct share *s, const void *bytes, size_t len)
{
	struct share_item *i;

	HASH_FIND(hh, s->by_bytes, bytes, len, i);
	if (i)
		return i->id;
	i = xcalloc(1, sizeof(*i) + len);
	i->len = len;
	memcpy(i->bytes, bytes, len);
	i->id = id_get(s);
	s->by_id[i->id] = i;
	s->used++;
	HASH_ADD_KEYPTR(hh, s->by_bytes, i->bytes, len, i);
	return i->id;
}

const void *share_at(const struct share *s, uint32_t id)
{
	return s->by_id[id]->bytes;
}

bool share_is_full(const struct share *s)
{
	return s->used >= s->next_gc;
}

void share_mark(struct share *s, uint32_t id)
{
	if (id)
		s->by_id[id]->marked = true;
}

void share_sweep(struct share *s, void (*freed)(void *arg, uint32_t id), void *arg)
{
	for (uint32_t id = 1; id < s->ids; id++) {
		struct share_item *i = s->by_id[id];

		if (!i)
			continue;
		if (i->marked) {
			i->marked = false;
			continue;
		}
		if (freed)
			freed(arg, id);
		HASH_DEL(s->by_bytes, i);
		free(i);
		s->by_id[id] = NULL;
		s->used--;
		s->free = MIN_OF(s->free, id);
	}
	s->next_gc = MAX_OF(GC_MIN, s->used * 2);
}
