/* rib/walk.h - the routes of a table in display order, a bit at a time. */
#ifndef RIB_WALK_H
#define RIB_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rib;
struct rib_walk;

/* What a walk asks of a table whose entries have numbers. Comparing and hashing are
 * asked only of numbers that are live, or were so with no freed() in between. */
struct walk_source {
	/** end - numbers are below this, and not 0. */
	uint32_t (*end)(const void *table);
	bool (*live)(const void *table, uint32_t id);
	/** hash - of the key, to tell when a number has become another entry's. */
	uint32_t (*hash)(const void *table, uint32_t id);
	int (*cmp)(const void *table, uint32_t a, uint32_t b);
	/** freed - is greater after a number has become free. */
	uint64_t (*freed)(const void *table);
};

/*
 * For answers that are too long for one turn of the event loop. Between two calls the
 * table may change in any way: a route that is there all the time comes exactly once,
 * one that comes or goes meanwhile at most once, and what is returned is there now.
 * First rib_walk_look() until it says so, then rib_walk_next(). 8 bytes of memory for
 * each route that is wanted, until it is freed.
 */

/** rib_walk_new - over all routes of r (borrowed); owned, rib_walk_free() it. */
struct rib_walk *rib_walk_new(const struct rib *r);

/** rib_walk_over - the same over any other table (borrowed). */
struct rib_walk *rib_walk_over(const struct walk_source *src, const void *table);
void rib_walk_free(struct rib_walk *w);

/**
 * rib_walk_look - find out which routes there are
 * @n:     ids to look at in this call; some microseconds each, with what wants() takes
 * @wants: is this net wanted? NULL: all are
 *
 * Return: true when there is more to look at.
 */
bool rib_walk_look(struct rib_walk *w, uint32_t n,
		   bool (*wants)(void *ctx, uint32_t net), void *ctx);

/** rib_walk_found - how many routes have been wanted so far. */
size_t rib_walk_found(const struct rib_walk *w);

/** rib_walk_next - the next route in order (RD, then nlri_ops.cmp); 0 at the end. */
uint32_t rib_walk_next(struct rib_walk *w);

#endif
