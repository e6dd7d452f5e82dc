/*
 * Linear probing. It grows at three quarters, where a key that is missing is found so
 * within two lines of cache, and shrinks at an eighth; removal moves later slots up
 * instead of leaving marks, so that a table that churns does not decay.
 */
#include "lib/hashidx.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/util.h"

enum { FIRST_SLOTS = 1024, HUGE_PAGE = 2 << 20 };

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

/* Each look is at another page: where there are many of them, large ones spare the way
 * through the page tables. Only whole ones, so that nothing is taken that is not ours.
 */
static struct hashidx_slot *slots_new(uint64_t n)
{
	struct hashidx_slot *s = xcalloc(n, sizeof(*s));
	uintptr_t from = ((uintptr_t)s + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	uintptr_t to = (uintptr_t)(s + n) / HUGE_PAGE * HUGE_PAGE;

	if (to > from)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
	return s;
}

static void resize(struct hashidx *x, uint64_t slots)
{
	struct hashidx old = *x;

	x->mask = (uint32_t)(slots - 1);
	x->slot = slots_new(slots);
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
