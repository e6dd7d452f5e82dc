/*
 * Linear probing. It grows at three quarters, where a key that is missing is found so
 * within two lines of cache, and shrinks at an eighth; removal moves later slots up
 * instead of leaving marks, so that a table that churns does not decay.
 */
#include "lib/hashidx.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/util.h"

enum { FIRST_SLOTS = 1024 };

void hashidx_init(struct hashidx *x)
{
	*x = (struct hashidx) { .mask = FIRST_SLOTS - 1 };
	x->slot = xcalloc(FIRST_SLOTS, sizeof(*x->slot));
}

void hashidx_fini(struct hashidx *x)
{
	free(x->slot);
	*x = (struct hashidx) { 0 };
}

static void put(struct hashidx *x, struct hashidx_slot s)
{
	uint32_t i = s.hash & x->mask;

	while (x->slot[i].id)
		i = (i + 1) & x->mask;
	x->slot[i] = s;
}

static void resize(struct hashidx *x, uint64_t slots)
{
	struct hashidx old = *x;

	x->mask = (uint32_t)(slots - 1);
	x->slot = xcalloc(slots, sizeof(*x->slot));
	for (uint64_t i = 0; i <= old.mask; i++)
		if (old.slot[i].id)
			put(x, old.slot[i]);
	free(old.slot);
}

void hashidx_add(struct hashidx *x, uint32_t hash, uint32_t id)
{
	uint64_t slots = (uint64_t)x->mask + 1;

	if (x->n + 1 > slots / 4 * 3)
		resize(x, slots * 2);
	put(x, (struct hashidx_slot) { hash, id });
	x->n++;
}

/* Is k in the (cyclic) range after i, up to j? Then what lies at j is at home there. */
static bool between(uint32_t i, uint32_t k, uint32_t j)
{
	return i <= j ? i < k && k <= j : i < k || k <= j;
}

void hashidx_del(struct hashidx *x, uint32_t hash, uint32_t id)
{
	uint64_t slots = (uint64_t)x->mask + 1;
	uint32_t i = hash & x->mask;

	while (x->slot[i].id != id)
		i = (i + 1) & x->mask;
	for (uint32_t j = (i + 1) & x->mask; x->slot[j].id; j = (j + 1) & x->mask) {
		if (between(i, x->slot[j].hash & x->mask, j))
			continue;
		x->slot[i] = x->slot[j];
		i = j;
	}
	x->slot[i] = (struct hashidx_slot) { 0 };
	if (--x->n < slots / 8 && slots > FIRST_SLOTS)
		resize(x, slots / 2);
}
