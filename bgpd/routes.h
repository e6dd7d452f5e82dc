/* bgpd/routes.h - between sessions and tables: routes in (ingest.c), routes out
 * (export.c). */
#ifndef BGPD_ROUTES_H
#define BGPD_ROUTES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bgpd/peer.h"
#include "rib/adjout.h"
#include "rib/claim.h"
#include "rib/locrib.h"

struct group;
struct rtindex;
struct out;

struct routes {
	struct bgp *bgp;
	struct attr_table attrs;
	struct rib rib[FAMS];
	TAILQ_HEAD(, group) groups;
	struct event *export_ev;     /* runs export once at the end of a loop turn */
	bool hold_eor;               /* restarting: not all that we had is back yet */
	bool refresh_due;            /* some peer has asked for a refresh */
	bool filter_due;             /* some peer wants other route targets */
	TAILQ_HEAD(, rtc) rtc_dirty; /* rtc.c: memberships changed */
	struct rtindex *rt_index;    /* who wants which route targets, of the one family
					that is constrained */
	struct update_scratch *scratch;
	uint8_t *unlabelled; /* MSG_MAX_EXTENDED: what labels_strip() leaves */
	/* consumer of changes (tenants, mappings); called before export. Return: is
	 * there more that it could do at once? */
	bool (*consume)(void *ctx);
	void (*exported)(void *ctx); /* all was told that could be */
	void *consume_ctx;
	const struct rib_cursor *consume_at[FAMS]; /* how far; NULL: not at all */
};

extern const struct session_hooks routes_hooks;

void routes_init(struct routes *r, struct bgp *b);
void routes_fini(struct routes *r);

/** peer_slot - the peer's number in the tables. */
static inline uint32_t peer_slot(const struct peer *p)
{
	return p->index + 1;
}

/** routes_has - is this peer one of those in a table? */
static inline bool routes_has(const struct rib *rib, const struct peer *p)
{
	return peer_slot(p) < rib->n_peers && rib->peer[peer_slot(p)].owner == p;
}

/** routes_peer - the peer of a slot; NULL for our own routes. */
struct peer *routes_peer(const struct routes *r, const struct rib *rib, uint32_t slot);

/** routes_peer_bytes - rib_peer_bytes() of all families. */
size_t routes_peer_bytes(const struct routes *r, const struct peer *p);

/** routes_received - paths held from a peer. */
uint32_t routes_received(const struct routes *r, const struct peer *p,
			 const struct family *f);

/** routes_stale - paths of a peer that are kept from before; only the long-lived ones
 * of them (RFC 9494). */
uint32_t routes_stale(const struct routes *r, const struct peer *p, unsigned fam,
		      bool long_lived);

/** routes_originate - announce or replace a route of our own. */
void routes_originate(struct routes *r, const struct family *f, const struct nlri *n,
		      const struct attrs *a);
void routes_unoriginate(struct routes *r, const struct family *f, const struct nlri *n);

/** routes_release - all is back that will come back: End-of-RIB may go out. */
void routes_release(struct routes *r);

/* ---- origin.c: `neighbor P origin-check` ---- */

/** origin_claims - set up the check of an UPDATE's routes; Return: false: it is off. */
bool origin_claims(const struct peer *p, const struct family *f, const struct attrs *a,
		   struct claims *out);

/** origin_refused - count and log a route that claims_check() refused. */
void origin_refused(struct peer *p, const struct family *f, const struct claims *c,
		    enum update_reason why, const struct nlri *n);

/** origin_configured - session hook: a changed setting is applied to the routes that
 * are there, and those that it refused before are asked for again. */
void origin_configured(struct peer *p, const struct cfg_nbr *was);

/** origin_show - the setting of a neighbor and the count; nothing when it is off. */
void origin_show(const struct peer *p, const struct family *f, struct out *o);

/** routes_recheck - a setting (`what`) allows less: drop what was taken from this peer
 * and is refused now. Not left to a route refresh: who lies need not answer it. */
void routes_recheck(struct peer *p, const struct family *f, const char *what);

/** routes_ask_again - a setting (`what`) lets more in: ask for routes that were
 * refused.
 */
void routes_ask_again(struct peer *p, const struct family *f, const char *what);

/* ---- labels.c: `neighbor P labels`, `labels permit`, `tenant permit` ---- */

/** labels_trust - never CFG_LABELS_DEFAULT; for a peer whose AS is known. */
enum cfg_labels labels_trust(const struct peer *p, unsigned fam);

/** labels_strip - take off what its setting says that routes of this peer must not
 * have. What is left is borrowed from r until the next call. */
void labels_strip(struct routes *r, const struct peer *p, const struct family *f,
		  struct attrs *a);

/* The judge of the routes of one UPDATE. */
struct label_judge {
	const struct permits *permits;
	const struct attrs *attrs;
	enum update_reason all; /* what is wrong with all routes; UR_NONE */
	bool marked;            /* as ILA mappings, where a host route may be one */
};

/** labels_judge - look at what is common to the routes; Return: false: nothing of this
 * peer is to be judged. */
bool labels_judge(const struct peer *p, const struct family *f, const struct attrs *a,
		  struct label_judge *out);

/** labels_judge_route - UR_NONE, UR_LABELS_DENIED or UR_TENANT_DENIED. */
enum update_reason labels_judge_route(const struct label_judge *j,
				      const struct nlri_ops *ops, const struct nlri *n);

/** labels_refused - count and log a route that labels_judge_route() refused. */
void labels_refused(struct peer *p, const struct family *f, const struct label_judge *j,
		    enum update_reason why, const struct nlri *n);

/** labels_up - session hook: find its lists. */
void labels_up(struct peer *p);

/** labels_configured - session hook, for every peer and every new configuration: lists
 * and trust that changed are applied to the routes that are there. */
void labels_configured(struct peer *p);

/** labels_show - the settings of a neighbor and the counts. */
void labels_show(const struct peer *p, const struct family *f, struct out *o);

/* ---- export.c ---- */

void export_init(struct routes *r);
void export_fini(struct routes *r);

/** export_kick - there is something to tell: run once, after this loop turn. */
void export_kick(struct routes *r);
void export_peer_up(struct routes *r, struct peer *p);
void export_peer_down(struct routes *r, struct peer *p);

/** export_refresh - the peer asked for all routes of a family again. */
void export_refresh(struct routes *r, struct peer *p, const struct family *f);

/** export_filter - the peer's rtc_filter() is another one: tell the difference. */
void export_filter(struct routes *r, struct peer *p);

/** export_drained - the peer's queue has room again. */
void export_drained(struct routes *r, struct peer *p);

struct export_counts {
	uint32_t told;
	uint32_t held_back; /* would be told, but it did not ask for them (RFC 4684) */
};

/** export_counts - routes of a family; with RT constraint it takes some time. */
struct export_counts export_counts(const struct peer *p, const struct family *f);

/** export_count - how many the peer has been told. */
static inline uint32_t export_count(const struct peer *p, const struct family *f)
{
	return export_counts(p, f).told;
}

/** export_told_path - has this peer been told this path? */
bool export_told_path(const struct peer *p, const struct family *f, uint32_t path);

/** export_passed_path - has it been told this path as it is now, or not because it has
 * not asked for such routes (RFC 4684)? */
bool export_passed_path(const struct peer *p, const struct family *f, uint32_t path);

/** export_told - has this peer been told a path of this net? */
bool export_told(const struct peer *p, const struct family *f, uint32_t net);

/** export_group_id - number of the update group for show commands; 0 none. */
uint32_t export_group_id(const struct peer *p, const struct family *f);

#endif
