/* bgpd/show_route.h - routes and paths for the show commands: what the families share,
 * and how EVPN writes a route. */
#ifndef BGPD_SHOW_ROUTE_H
#define BGPD_SHOW_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/engine_int.h"

struct attrs;
struct out;

struct route_show {
	const struct engine *e;
	const struct family *f;
	const struct rib *r; /* its table */
	struct out *o;
	bool detail;
	bool flat;               /* EVPN: paths as one array, not an array of arrays */
	bool best_only;          /* of the paths ... */
	const struct peer *from; /* ... those of this peer; NULL: of all */
	const struct peer *to;   /* ... those told to this one; NULL: to whomever */
	unsigned n_paths;        /* shown so far */
};

/* ---- show_route.c: EVPN ---- */

/** evpn_route_show - one route with its paths; in JSON a member of the open object. */
void evpn_route_show(struct route_show *t, uint32_t net);

/** evpn_legend_show - the head of a table, text only. */
void evpn_legend_show(const struct route_show *t);

/* ---- show_path.c: of any family ---- */

/** path_origin - IGP, EGP, incomplete. */
const char *path_origin(uint8_t origin);
bool path_is_own(const struct path *p);
bool path_is_internal(const struct route_show *t, const struct path *p);

/** path_status - '*', or S and L for what is stale. */
char path_status(const struct path *p);

/** path_stale_left_s - until a path that is stale is dropped, as far as a timer says.
 */
int64_t path_stale_left_s(const struct route_show *t, const struct path *p);

/** path_is_shown - is this one of the paths that t asks for? */
bool path_is_shown(const struct route_show *t, uint32_t net, uint32_t path);

/** path_*_json - members of the object of a path, nothing when there is none. */
void path_nexthops_json(const struct route_show *t, const struct path *p);
void path_community_json(struct out *o, const struct attrs *a);
void path_extcom_json(struct out *o, const struct attrs *a);
void path_large_json(struct out *o, const struct attrs *a);
void path_peer_json(const struct route_show *t, const struct path *p);

/** path_labels_show - its label set, and whether it is believed here; text and JSON. */
void path_labels_show(const struct route_show *t, uint32_t path);

/** path_lineage_json - where the path came along. */
void path_lineage_json(struct out *o, const struct attrs *a);

/** path_ids_show - path ids (RFC 7911), as the peer has it and as we tell it; text and
 * JSON, FRR's words. */
void path_ids_show(const struct route_show *t, uint32_t path);

/** route_advertised_json - who has been told of this net. */
void route_advertised_json(const struct route_show *t, uint32_t net);

#endif
