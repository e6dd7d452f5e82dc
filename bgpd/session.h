/* bgpd/session.h - what the files of the session layer tell each other. */
#ifndef BGPD_SESSION_H
#define BGPD_SESSION_H

#include "bgpd/conn.h"
#include "bgpd/peer.h"

struct cfg_nbr;

/* Why a connection ends. */
enum end_kind {
	END_TCP,      /* closed or broken by the peer or the network */
	END_REPLACED, /* the peer opened a new one and had GR (RFC 4724 4.2) */
	END_NOTIF_RX, /* the peer said why */
	END_NOTIF_TX, /* we say why */
	END_SILENT,   /* we leave without a word: bgp_stop(keep), lost race */
};

struct end {
	enum end_kind kind;
	const struct notif *n; /* for the NOTIF kinds */
	const char *text;      /* last_reset */
	bool damp;             /* refuse the peer for the idle hold time */
};

/* ---- session.c: events of one connection ---- */

/** session_connected - connect() ended: 0 or a positive errno. */
void session_connected(struct conn *c, int err);

/** session_message - one whole message, header checked; len includes it. */
void session_message(struct conn *c, const struct msg_header *h, const uint8_t *msg);

/** session_closed - end of file (0) or a positive errno. */
void session_closed(struct conn *c, int err);

/** session_notify - tell the peer and end; text NULL: made from n. */
void session_notify(struct conn *c, const struct notif *n, const char *text);

/** session_end - end one connection, tell the layers above when it was the
 * session, plan the next attempt. */
void session_end(struct conn *c, const struct end *e);

void session_hold_expired(struct conn *c);
void session_send_hold_expired(struct conn *c);

/* ---- peer.c: one neighbor ---- */

struct peer *peer_new(struct bgp *b, const struct cfg_nbr *cfg, bool dynamic);

/** peer_start - from Idle, as the configuration allows. */
void peer_start(struct peer *p);

/** peer_stop - end every connection (Cease wrapped as the session wants it; n NULL:
 * silently) and stay Idle for this reason. */
void peer_stop(struct peer *p, const struct notif *n, const char *text,
	       enum peer_idle why);

/** peer_delete - stopped with n; freed from the event loop. */
void peer_delete(struct peer *p, const struct notif *n, const char *text);
void peer_free(struct peer *p);

/** peer_unlist - out of bgp.peers: peer_find() does not see it any more. */
void peer_unlist(struct peer *p);

/** peer_accept - take fd (owned) from this neighbor if it is welcome now. */
void peer_accept(struct peer *p, int fd);

/** peer_retry - no connection is left: plan the next one. */
void peer_retry(struct peer *p, bool damp);

/** peer_detach - forget a connection. */
void peer_detach(struct peer *p, struct conn *c);

/** peer_update_state - state follows the best connection. */
void peer_update_state(struct peer *p);
void peer_set_state(struct peer *p, enum fsm_state s);

/** peer_established - the connection that carries the session, NULL if none. */
struct conn *peer_established(const struct peer *p);

/** peer_other - the peer's other connection, NULL if there is none. */
struct conn *peer_other(const struct peer *p, const struct conn *c);

/** nbr_is_ebgp - by configuration, before any OPEN. */
bool nbr_is_ebgp(const struct bgp *b, const struct cfg_nbr *n);

/** nbr_activates - is this family activated for the neighbor? */
bool nbr_activates(const struct cfg_nbr *n, const struct family *f);

/* ---- negotiate.c: OPEN ---- */

/** open_make - the OPEN we send to this peer. */
void open_make(const struct peer *p, struct open_msg *o);

/* Subcode of NOTIFICATION 2 (RFC 5492 section 5): a capability is missed, for us that
 * of a common family. */
enum { OPEN_CAPABILITY = 7 };

/** open_check - version, AS, hold time, id, capabilities, role, in this order.
 * Return: 0, -EPROTO with the NOTIFICATION in *err. */
int open_check(const struct peer *p, const struct open_msg *o, struct notif *err);

/** open_timers - hold and keepalive time of a connection (RFC 4271 4.2). */
void open_timers(const struct peer *p, const struct open_msg *o, uint16_t *hold_s,
		 uint16_t *keepalive_s);

/** open_apply - the negotiated fields of the peer, from the two OPENs of c. */
void open_apply(struct peer *p, const struct conn *c);

/* ---- collision.c ---- */

enum collision {
	COLL_NONE,    /* let both go on */
	COLL_KEEP,    /* the older one wins: Cease/Collision on the new one */
	COLL_TAKE,    /* the new one wins: Cease/Collision on the older one */
	COLL_REPLACE, /* the older one is dead: drop it silently, routes stay stale */
};

struct collision_case {
	uint32_t local_id, remote_id, local_as, remote_as;
	bool new_outgoing;          /* who opened the one whose OPEN just came */
	enum fsm_state other_state; /* of the older one */
	bool other_gr;              /* its peer sent the GR capability */
	int64_t other_up_ms;        /* how long before the new one it came up */
};

/** collision_decide - RFC 4271 6.8, RFC 6286 2.3, RFC 4724 section 5. */
enum collision collision_decide(const struct collision_case *k);

/** collision_resolve - OPEN has come on c. Return: 0 to go on, -ECANCELED when c
 * was ended. */
int collision_resolve(struct conn *c);

/* ---- gr.c ---- */

/** gr_keeps - does this end leave the peer's routes in place? */
bool gr_keeps(const struct peer *p, const struct end *e);

/** gr_down - session ended: call hooks->down, start the restart timer. */
void gr_down(struct peer *p, bool keep);

/** gr_up - new session: sweep families whose state was lost, else wait for EoR. */
void gr_up(struct peer *p);

/** gr_timer_expired, gr_long_lived_expired - of gr_timer and llgr_timer. */
void gr_timer_expired(void *peer);
void gr_long_lived_expired(void *peer);

/** gr_forget - drop what is stale now and stop the timers. */
void gr_forget(struct peer *p);

/** gr_long_lived_off - not configured any more: what is long-lived stale goes. */
void gr_long_lived_off(struct bgp *b);

/* ---- defer.c ---- */

/** gr_awaits_memberships - are there memberships (FAM_RTC) to come that we had before
 * our restart, so that our End-of-RIB of them has to wait? Not for routes: those of
 * others come only after it, as they hang on memberships. */
bool gr_awaits_memberships(struct bgp *b);

/** gr_check - may End-of-RIB go out, is all complete? Called from tidy_ev, and as
 * quiet_timer. */
void gr_check(void *bgp);

/** gr_wait - start to wait for End-of-RIB: once, after the first configuration. */
void gr_wait(struct bgp *b);

/** gr_wait_expired - of defer_timer. */
void gr_wait_expired(void *bgp);

/* ---- bgp.c ---- */

/** bgp_refuse - close fd (owned, or -1) and count why; from NULL: unknown. */
void bgp_refuse(struct bgp *b, int fd, const struct ip *from, enum refusal why);

/** bgp_welcome - somebody has connected: fd (owned) goes to its neighbor, one is made
 * for it, or it is refused. */
void bgp_welcome(struct bgp *b, int fd, const struct ip *from);

/** bgp_tidy - have freed what is dead, and convergence checked, soon. */
void bgp_tidy(struct bgp *b);

/** bgp_drained - a closing connection is gone (bgp_stop waits for the last). */
void bgp_drained(struct bgp *b);

#endif
