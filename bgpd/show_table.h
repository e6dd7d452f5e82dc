/* bgpd/show_table.h - a table of routes, written a part at a time. */
#ifndef BGPD_SHOW_TABLE_H
#define BGPD_SHOW_TABLE_H

#include "bgpd/show_route.h"

struct cmd_args;
struct rib_walk;

/*
 * One answer at work. A table may have millions of routes, so they are looked for,
 * sorted and written a part at a time (rib/walk.h, vty_walk()), and the daemon serves
 * its peers in between. What is shown of each route is true when it is written.
 */
struct table_show {
	struct route_show t;
	struct rib_walk *walk;
	unsigned n;              /* routes shown */
	bool routes_of, told_to; /* only this peer's, ... */
	struct ip peer;
	const struct peer *p; /* ... found anew in each turn */
	bool printing;        /* all has been looked at */

	/* What the family or the command has to say. NULL, where it may be: nothing. */
	void (*head)(struct table_show *s);
	void (*tail)(struct table_show *s);
	bool (*wanted)(struct table_show *s, uint32_t net); /* NULL: all are */
	void (*route)(struct table_show *s, uint32_t net);
	bool (*again)(struct table_show *s); /* begin another table; false: no more */
	void (*fini)(struct table_show *s);  /* free all but s, which is free()d */
};

/** table_show_init - of a family, over all routes. */
void table_show_init(struct table_show *s, const struct engine *e,
		     const struct family *f, struct out *o);

/** table_show_peer - only what `IP` has told us (word `routes`) or was told; Return:
 * false: there is no such neighbor, the answer is complete. */
bool table_show_peer(struct table_show *s, const struct cmd_args *args);

/** table_show_again - from its beginning, for again(). */
void table_show_again(struct table_show *s);

/** table_show_run - takes s, from the heap; Return: of a command handler. */
int table_show_run(const struct cmd_args *args, struct table_show *s);

/** table_show_free - instead. */
void table_show_free(struct table_show *s);

/** table_show_found - is there any route to show? Known once head() is called. */
bool table_show_found(const struct table_show *s);

#endif
