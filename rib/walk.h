/* rib/walk.h - the routes of a table in display order, a bit at a time. */
#ifndef RIB_WALK_H
#define RIB_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rib;
struct rib_walk;

/*
 * For answers that are too long for one turn of the event loop. Between two calls the
 * table may change in any way: a route that is there all the time comes exactly once,
 * one that comes or goes meanwhile at most once, and what is returned is there now.
 * First rib_walk_look() until it says so, then rib_walk_next(). 8 bytes of memory for
 * each route that is wanted, until it is freed.
 */

/** rib_walk_new - over all routes of r (borrowed); owned, rib_walk_free() it. */
struct rib_walk *rib_walk_new(const struct rib *r);
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
