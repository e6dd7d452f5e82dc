/* rib/adjout.h - what an update group has been told, and what to tell it next. */
#ifndef RIB_ADJOUT_H
#define RIB_ADJOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/adjrt.h"
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
/* Why a group goes over the whole table. */
enum adjout_walk {
	WALK_NEW,     /* it knows nothing yet */
	WALK_REFRESH, /* everything again */
	WALK_FILTER,  /* members want other route targets than before */
};

/* Does a change of filters matter to routes with this list of route targets? */
typedef bool (*adjout_affects)(void *ctx, uint32_t list);

/* Attributes of a membership that were told last; counted, NULL for none. */
struct adjrtc_told {
	struct attrset *all; /* to everybody ... */
	struct attrset *src; /* ... but its source, which heard this */
};

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
	enum adjout_walk why;
	bool changes;           /* some were told since the walk went on */
	adjout_affects affects; /* of WALK_FILTER; ctx is the policy's */
	struct adjrt rt;        /* of a group constrained by route targets */
	/* Route target membership to internal peers (adjrtc.c); else not used. */
	bool membership;
	bool echo; /* the source of a path is told, too */
	struct adjrtc_told *rtc;
	uint32_t n_rtc;
};

/** May this group know this path? ctx is the group's. */
typedef bool (*adjout_policy)(void *ctx, const struct rib *r, const struct path *p);

struct adjout_step {
	uint32_t net;
	uint32_t path;    /* to announce; 0 = withdraw only */
	uint32_t path_id; /* what the group calls the path; 0 where it knows one only */
	uint32_t src;     /* slot whose path it is: that peer is left out */
	uint32_t alt;     /* another path, to announce to `src` alone; 0 none */
	bool withdraw;    /* some peer must forget: ... */
	bool withdraw_one; /* ... only `src` (it now owns the winner), or ... */
	uint32_t old_src;  /* ... all but this slot */
	/* Route targets, of a constrained group only. Who knew the route wanted
	 * old_list, who is to know it wants list; withdraw follows from them. */
	uint32_t list, old_list; /* 0: nothing told */
	bool was;                /* judge by the filters from before the walk */
	bool filter;             /* nothing new but filters: tell the difference */
};

/** adjout_init - a group that knows nothing; walk from the first route. */
void adjout_init(struct adjout *o, struct rib *r, enum rib_list list);
void adjout_fini(struct adjout *o);

/** adjout_split - a group that has been told the same and stands at the same place. */
void adjout_split(struct adjout *o, const struct adjout *of);

/** adjout_constrain - remember the route targets of what is told from now on; of a
 * group that knows nothing yet. */
void adjout_constrain(struct adjout *o);

/** adjout_memberships - the rules of adjrtc.c, for internal peers; of a group that
 * knows nothing yet. echo: they are clients, the source of a path is told as well. */
void adjout_memberships(struct adjout *o, bool echo);

/** adjout_refresh - tell everything again (route refresh). */
void adjout_refresh(struct adjout *o);

/** adjout_filter - members have new filters: go over what was told. Until the walk has
 * passed a route, their old ones are what counts for it. */
void adjout_filter(struct adjout *o, adjout_affects affects);

/**
 * adjout_next - the next thing to say
 *
 * Return: false when there is nothing more now. A true with neither path nor
 * withdraw does not occur. The step is taken as said. Nets and paths in it are good
 * until rib_trim(). Before a walk for filters goes on there is one false in between if
 * something was said: the walk may say the contrary of the same routes, so that has to
 * be out first. adjout_idle() tells.
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

/** adjout_is_current - dto., and as it is now: no change of it is unread. May be false
 * for a while though it is, see rib_cursor_passed(). */
bool adjout_is_current(const struct adjout *o, uint32_t slot, uint32_t path);

/** adjout_id - under which id the group is told a path: its own, or that of its net. */
uint32_t adjout_id(const struct adjout *o, uint32_t path);

/** adjout_walking - is it going over the table? A walk must end before the next. */
bool adjout_walking(const struct adjout *o);

/** adjout_was - do filters from before the walk count for this id, and not those of
 * now? */
bool adjout_was(const struct adjout *o, uint32_t id);

/** adjout_wanted - adjout_count() in a constrained group: of those routes only what the
 * member wants by its filter of now. Nearly so while there is something to tell, as it
 * must not cost a look at each route. */
uint32_t adjout_wanted(const struct adjout *o, uint32_t slot,
		       bool (*wants)(void *ctx, uint32_t list), void *ctx);

/** adjout_told - the slot whose path the group was told last of this net (RIB_NETS) or
 * by this path id (RIB_PATHS); -1 none. */
int adjout_told(const struct adjout *o, uint32_t id);

#endif
