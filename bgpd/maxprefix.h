/* bgpd/maxprefix.h - maximum-prefix: how many routes a neighbor may send. */
#ifndef BGPD_MAXPREFIX_H
#define BGPD_MAXPREFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "bgpd/config.h"

struct family;
struct notif;
struct out;
struct peer;

/* How near a neighbor is to its limit in a family (struct channel has the last one). */
enum maxprefix { MAXPREFIX_BELOW, MAXPREFIX_NEAR, MAXPREFIX_OVER };

/**
 * maxprefix_state - by the numbers alone
 * @fresh: paths that the present session has told
 * @all:   with those kept from before a restart (gr.c) or a refresh
 *
 * Paths are counted, as FRR does. Those kept from before do not count, as a peer that
 * restarts may number its paths anew, and then they do not replace the stale ones;
 * but there are never more than twice as many.
 */
enum maxprefix maxprefix_state(const struct cfg_nbr_af *c, uint32_t fresh,
			       uint32_t all);

/** maxprefix_check - the number of paths has changed: warns once for each time that a
 * bound is passed; Return: true if the session must end. */
bool maxprefix_check(struct peer *p, const struct family *f);

/** maxprefix_exceeded - count it, say in p for how long it is held, and make the
 * NOTIFICATION (RFC 4486: AFI, SAFI, the limit). */
void maxprefix_exceeded(struct peer *p, const struct family *f, struct notif *n);

/** maxprefix_settings - limits of a neighbor may have changed: ends its session when it
 * is over them now. */
void maxprefix_settings(struct peer *p);

/** maxprefix_show - the limit of a family, in FRR's words. */
void maxprefix_show(struct out *o, const struct peer *p, const struct family *f);

/** maxprefix_holds - is the neighbor held Idle because it was over its limit? */
bool maxprefix_holds(const struct peer *p);

/** maxprefix_show_held - of a neighbor that is held: what ends that. */
void maxprefix_show_held(struct out *o, const struct peer *p);

#endif
