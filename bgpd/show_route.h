/* bgpd/show_route.h - one route of the EVPN table for the show commands. */
#ifndef BGPD_SHOW_ROUTE_H
#define BGPD_SHOW_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/engine_int.h"

struct out;

struct route_show {
	const struct engine *e;
	const struct rib *r;
	struct out *o;
	bool detail;
	bool flat;               /* paths as one array, not an array of arrays */
	bool best_only;          /* of the paths ... */
	const struct peer *from; /* ... those of this peer; NULL: of all */
	const struct peer *to;   /* ... those told to this one; NULL: to whomever */
	unsigned n_paths;        /* shown so far */
};

/** route_show - write one route with its paths; in JSON a member of the open object. */
void route_show(struct route_show *t, uint32_t net);

/** route_legend - the head of a table, text only. */
void route_legend(const struct route_show *t);

#endif
