/* rib/adjout.h - what an update group has been told, and what to tell it next. */
#ifndef RIB_ADJOUT_H
#define RIB_ADJOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/locrib.h"

/*
 * An update group is a set of peers that are told the same, but that nobody is
 * told its own route. So the Adj-RIB-Out of a whole group is one number per
 * route: whose path it was told last (two bytes, whatever the number of peers).
 * From it follows exactly who needs an announcement and who a withdraw:
 *   the group was told the path of A, now it shall know the path of B:
 *   everyone but B gets the announcement, B gets a withdraw.
 *
 * A group that is told all paths (RFC 7911) has such a number per path. A path keeps
 * its id and its peer as long as somebody was told it, so the id is the path id that
 * the group hears, and all but that peer hear the same.
 */
struct adjout {
	struct rib *rib;
	enum rib_list list;    /* RIB_NETS: winners, RIB_PATHS: all paths */
	struct rib_cursor cur; /* in that list */
	uint16_t *told;  /* by net or path id: 0 nothing, else slot + 1 of the source */
	uint32_t n_told; /* size of told[] */
	uint32_t n_routes; /* entries with told != 0 */
	uint32_t *by_src;  /* of those, by slot of the source */
	uint32_t n_by_src;
	uint32_t walk; /* next net or path of a walk over all, 0 = no walk */
	uint32_t walk_end;
	bool walk_again; /* the walk repeats what was told (route refresh) */
};

/** May this group know this path? ctx is the group's. */
typedef bool (*adjout_policy)(void *ctx, const struct rib *r, const struct path *p);

struct adjout_step {
	uint32_t net;
	uint32_t path;    /* to announce; 0 = withdraw only */
	uint32_t path_id; /* what the group calls the path; 0 where it knows one only */
	uint32_t src;     /* slot whose path it is: that peer is left out */
	bool withdraw;    /* some peer must forget: ... */
	bool withdraw_one; /* ... only `src` (it now owns the winner), or ... */
	uint32_t old_src;  /* ... all but this slot */
};

/** adjout_init - a group that knows nothing; walk from the first route. */
void adjout_init(struct adjout *o, struct rib *r, enum rib_list list);
void adjout_fini(struct adjout *o);

/** adjout_split - a group that has been told the same and stands at the same place. */
void adjout_split(struct adjout *o, const struct adjout *of);

/** adjout_refresh - tell everything again (route refresh). */
void adjout_refresh(struct adjout *o);

/**
 * adjout_next - the next thing to say
 *
 * Return: false when there is nothing more now. A true with neither path nor
 * withdraw does not occur. The step is taken as said. Nets and paths in it are good
 * until rib_trim().
 */
bool adjout_next(struct adjout *o, adjout_policy may, void *ctx,
		 struct adjout_step *out);

/** adjout_idle - neither walking nor anything unread? */
bool adjout_idle(const struct adjout *o);

/** adjout_count - routes, or paths, that a member with this slot knows (its own left
 * out). */
uint32_t adjout_count(const struct adjout *o, uint32_t slot);

/** adjout_knows - is this path, which is no longer than its net's winner in a group of
 * winners, what a member with this slot was told? */
bool adjout_knows(const struct adjout *o, uint32_t slot, uint32_t path);

/** adjout_told - the slot whose path the group was told last of this net (RIB_NETS) or
 * by this path id (RIB_PATHS); -1 none. */
int adjout_told(const struct adjout *o, uint32_t id);

#endif
