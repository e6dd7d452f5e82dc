/*
 * Two connections with one peer: which one lives. RFC 4271 section 6.8 with the
 * comparison of RFC 6286 section 2.3; RFC 4724 section 5 where the older one is
 * Established: a peer that restarts comes back before we can know that it died.
 *
 * We differ: RFC 4724 lets any new connection replace an Established one. Ours
 * must have been opened a moment after the session came up, as both sides dial,
 * and the losing one of such a pair may be seen only when the winner is up.
 */
#include "bgpd/session.h"

#include <errno.h>

#include "lib/log.h"

enum { RACE_MS = 2000 };

/* Does the connection opened by the local side survive? */
static bool ours_wins(const struct collision_case *k)
{
	if (k->local_id != k->remote_id)
		return k->local_id > k->remote_id;
	return k->local_as > k->remote_as;
}

enum collision collision_decide(const struct collision_case *k)
{
	if (k->other_state == FSM_ESTABLISHED)
		return k->other_gr && k->other_up_ms >= RACE_MS ? COLL_REPLACE
								: COLL_KEEP;
	/* The older one may still be without an OPEN: both belong to one neighbor,
	 * so its id is known all the same. */
	if (k->new_outgoing == ours_wins(k))
		return COLL_TAKE;
	/* A dial that may never get through must not cost the one that did. */
	return k->other_state == FSM_CONNECT ? COLL_NONE : COLL_KEEP;
}

static struct collision_case case_of(const struct conn *c, const struct conn *other)
{
	const struct peer *p = c->peer;

	return (struct collision_case) {
		.local_id = p->bgp->router_id,
		.remote_id = c->rx_open.id,
		.local_as = p->bgp->as,
		.remote_as = c->rx_open.as,
		.new_outgoing = c->outgoing,
		.other_state = other->state,
		.other_gr = other->rx_open.gr,
		.other_up_ms = c->start_ms - p->up_ms,
	};
}

int collision_resolve(struct conn *c)
{
	struct notif n = notif_make(NOTIF_CEASE, CEASE_COLLISION, NULL, 0);
	struct conn *other = peer_other(c->peer, c);
	struct collision_case k;

	if (!other)
		return 0;
	k = case_of(c, other);
	switch (collision_decide(&k)) {
	case COLL_NONE:
		return 0;
	case COLL_KEEP:
		session_notify(c, &n, NULL);
		return -ECANCELED;
	case COLL_TAKE:
		session_notify(other, &n, NULL);
		return 0;
	case COLL_REPLACE:
		session_end(other,
			    &(struct end) { .kind = END_REPLACED,
					    .text = "Replaced by a new connection "
						    "(graceful restart)" });
		return 0;
	}
	return 0;
}
