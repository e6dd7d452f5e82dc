/* rib/adjrt.h - with which route targets an update group was told its routes. */
#ifndef RIB_ADJRT_H
#define RIB_ADJRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtlists;

/*
 * Beside whose path a group was told (adjout.h): the number of its list of route
 * targets. What it was told is what a member with RT constraint knows if its filter
 * passes that list, and so nothing is kept per member. Lists are counted once per
 * group, as long as something was told with them.
 */
struct adjrt {
	struct rtlists *lists; /* borrowed; NULL: the group is not constrained */
	uint32_t *told;        /* by id, as adjout.told[]: 0 nothing, else the list */
	uint32_t n_told;
	uint32_t *by_list; /* how many, by list */
	uint32_t n_by_list;
};

void adjrt_init(struct adjrt *rt, struct rtlists *lists);
void adjrt_fini(struct adjrt *rt);

/** adjrt_split - a copy with references of its own. */
void adjrt_split(struct adjrt *rt, const struct adjrt *of);

/** adjrt_set - this id was told with that list now, 0: it is not told any more.
 * @top: ids are below this, to size the memory. */
void adjrt_set(struct adjrt *rt, uint32_t id, uint32_t list, uint32_t top);

static inline uint32_t adjrt_told(const struct adjrt *rt, uint32_t id)
{
	return id < rt->n_told ? rt->told[id] : 0;
}

#endif
