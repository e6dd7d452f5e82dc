/* rib/best.h - which of two paths of one route is better; pure. */
#ifndef RIB_BEST_H
#define RIB_BEST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct attrset;

/* Where a path came from: what the decision asks, and who may be told of it. */
struct path_source {
	bool own; /* originated here */
	bool ebgp;
	bool client;    /* of this route reflector; the decision does not ask */
	bool labels;    /* what it says of identities is believed; nor does it here */
	uint32_t id;    /* BGP identifier of the peer, host order */
	struct ip addr; /* of the peer */
};

struct path_view {
	const struct attrset *attrs;
	const struct path_source *src;
	uint32_t rx_id; /* path id given by the peer, 0 without */
};

/* The step that decided, for `selectionReason` of the show commands. */
enum best_reason {
	BEST_FIRST, /* only path */
	BEST_LLGR,
	BEST_LOCAL_PREF,
	BEST_OWN,
	BEST_AS_PATH,
	BEST_ORIGIN,
	BEST_MED,
	BEST_EBGP,
	BEST_ROUTER_ID,
	BEST_CLUSTER,
	BEST_ADDRESS,
	BEST_PATH_ID,
	BEST_EQUAL,
};

/**
 * best_cmp - decision process of RFC 4271 9.1.2.2 with RFC 4456 9 and RFC 9494
 * @why: the deciding step; may be NULL
 *
 * MAC mobility is not asked here: it compares routes of different RDs inside an
 * EVI and belongs to the import (RFC 7432 section 15). There is no IGP cost: next
 * hops are VTEPs, all alike to us. No "older path" step either, so that the result
 * does not depend on the order of arrival; between paths of one peer that are alike
 * (RFC 7911) the lower path id wins for the same reason. What graceful restart keeps
 * is as good as it was (RFC 4724 section 4.2).
 * MED compares only between paths of one neighbouring AS, so this is a total order
 * only among paths of one AS, or of all different ones; rib/select.c selects in
 * that order ("deterministic MED").
 * Return: <0 if a is better, >0 if b is, 0 only for the same source and path id.
 */
int best_cmp(const struct path_view *a, const struct path_view *b,
	     enum best_reason *why);

/** best_reason_text - FRR's words ("Local Pref", "Router ID" ...). */
const char *best_reason_text(enum best_reason r);

#endif
