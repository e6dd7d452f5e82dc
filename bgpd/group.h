/* bgpd/group.h - update groups: peers that are told the same (export.c), and the
 * messages made for them (encode.c). */
#ifndef BGPD_GROUP_H
#define BGPD_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bgpd/routes.h"
#include "rib/adjout.h"

/* Routes marked as LLGR_STALE (RFC 9494 sections 4.3 and 4.6). */
enum group_llgr {
	LLGR_KNOWN,  /* the peer knows them, or we have no part in it: like others */
	LLGR_HIDDEN, /* the peer must not see them */
	LLGR_WEAK,   /* it may, with LOCAL_PREF 0 and NO_EXPORT */
};

/* What makes peers alike; peers with equal keys are told the same. */
struct group_key {
	const struct family *f;
	bool ebgp, rr_client, rs_client, as4, addpath, policy_missing;
	enum group_llgr llgr;
	bool ask_all;      /* of memberships: told that we want everything */
	bool rtc;          /* told only what they want (RFC 4684) */
	bool unlabel;      /* labels and numbers of groups are not told */
	struct ip nexthop; /* of memberships: our end of the session; else none */
	size_t max_msg;
};

struct member {
	TAILQ_ENTRY(member) link;
	struct peer *p;
	struct group *g;
	bool want_eor;    /* End-of-RIB after the first complete walk */
	bool want_eorr;   /* EoRR after a refresh (RFC 7313) */
	bool refreshing;  /* a refresh is under way ... */
	bool refresh_due; /* ... or was asked for and has not begun */
	/* RT constraint; counted. Members of a group may want different things. */
	struct rtfilter *now; /* by which it is told */
	struct rtfilter *was; /* before the group's walk, if that is for filters */
	bool filter_due;      /* it wants something else than `now` */
	uint64_t stamp;       /* audience.c */
};

struct group {
	TAILQ_ENTRY(group) link;
	struct group_key key;
	struct adjout out;
	TAILQ_HEAD(, member) members;
	unsigned n;
	uint32_t id;
	bool blocked; /* waits for export_drained() of a member */
	bool chores;  /* some member waits for End-of-RIB, EoRR, a walk ... */
	struct group *filtering; /* where members with new filters go, in one pass */
};

/** group_next - the next thing to say to a group, its policy applied; as
 * adjout_next(). */
bool group_next(struct group *g, struct adjout_step *out);

/* ---- encode.c ---- */

void encode_init(void);
void encode_fini(void);

/** encode_round - collects some thousand steps of a group, makes messages of them
 * and queues those on its members; adds their length to *bytes, and something for each
 * step. Return: was there anything? */
bool encode_round(struct routes *r, struct group *g, size_t *bytes);

#endif
