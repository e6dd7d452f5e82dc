/* bgpd/audience.h - who of an update group is told something. */
#ifndef BGPD_AUDIENCE_H
#define BGPD_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct group;
struct member;
struct routes;

/*
 * Members of a group: all but `src`, or it alone; of those, in a group constrained by
 * route targets, who wants `list` and does not want `other` (or wants it, too). Each
 * by the filter that the member has now, or that it had before the walk under way.
 */
struct audience {
	uint32_t src;
	uint32_t list, other; /* rib/rtset.h; 0: no matter */
	bool one;             /* only src */
	bool list_was, other_was;
	bool other_too;
};

/** audience_everybody - of a group. */
struct audience audience_everybody(void);

/** audience_cmp - any order, 0 for the same. */
int audience_cmp(const struct audience *a, const struct audience *b);
uint32_t audience_hash(const struct audience *a);

/** audience_begin - a round of this group begins: what was found out is forgotten. */
void audience_begin(struct routes *r, const struct group *g);

/** audience_has - is the member of the group at hand one of them? */
bool audience_has(const struct audience *a, struct member *m);

/** audience_gains, audience_loses - is there a member that wants the list now and did
 * not before the walk; one that did and does not any more? */
bool audience_gains(uint32_t list);
bool audience_loses(uint32_t list);

/** audience_affects - one or the other; as rib/adjout.h wants it. */
bool audience_affects(void *ctx, uint32_t list);

/** audience_find - Return: how many; they are in *out until the next call. */
unsigned audience_find(const struct audience *a, struct member ***out);

void audience_fini(void);

#endif
