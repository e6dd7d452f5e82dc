/* bgpd/peer.h - one BGP neighbor: settings, session state, counters. */
#ifndef BGPD_PEER_H
#define BGPD_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bgpd/config.h"
#include "bgpd/family.h"
#include "bgpd/maxprefix.h"
#include "lib/ev.h"
#include "lib/hashidx.h"
#include "lib/log.h"
#include "wire/msg.h"
#include "wire/open.h"
#include "wire/update.h"

struct bgp;
struct callers;
struct conn;
struct member;
struct routes;
struct rtc;
struct event;
struct event_base;
struct md5_key;
struct txbuf;

/* RFC 4273 numbers, as metrics show them. */
enum fsm_state {
	FSM_IDLE = 1,
	FSM_CONNECT,
	FSM_ACTIVE,
	FSM_OPENSENT,
	FSM_OPENCONFIRM,
	FSM_ESTABLISHED,
};

/* One negotiated family of a session that is up. */
struct channel {
	bool up; /* both sides offered it */
	bool rx_addpath, tx_addpath;
	bool gr, gr_forward; /* peer listed it in capability 64, and we sent one; F bit
			      */
	bool llgr, llgr_forward; /* both listed it in capability 71; peer's F bit */
	uint32_t llgr_s;         /* ... and how long we keep its routes, 0 not */
	bool eor_rx, eor_tx;
	bool disabled; /* V_DISABLE_AF: given up until the next session */
	enum maxprefix maxprefix;
};

/* What is kept of earlier sessions of one family; gr.c's. */
struct stale {
	bool any;         /* routes are kept as stale */
	bool llgr;        /* their long-lived period has begun (RFC 9494) */
	bool over;        /* it ended before the peer had told us everything again */
	int64_t until_ms; /* when it ends, as known from the start; 0: there is none */
};

/* Why a peer does not try to connect. */
enum peer_idle {
	PEER_RUNS,       /* it does */
	PEER_ADMIN_DOWN, /* neighbor X shutdown */
	PEER_NO_FAMILY,  /* no address family is activated */
	PEER_NO_AS,      /* no remote-as */
	PEER_NO_ID,      /* this router has no BGP identifier */
	PEER_HELD,       /* ended by us until `clear bgp` or a timer (maximum-prefix) */
	PEER_LEAVING,    /* de-configured, or the daemon stops */
};

struct peer_stats {
	uint64_t rx[6], tx[6]; /* by enum msg_type; [0] counts all */
	uint64_t rx_bytes, tx_bytes;
	uint64_t established, dropped, transitions, connect_fails;
	uint64_t update_errors[UR_COUNT]; /* by enum update_reason */
	uint64_t treat_as_withdraw;
	uint64_t origin_refused[FAMS];    /* routes, by origin-check; also above */
	uint64_t permit_refused[FAMS][2]; /* by labels and by tenant permit; likewise */
	uint64_t notif_tx, notif_rx;
};

/* What a neighbor's endpoints may claim; lists of the configuration in force. */
struct permits {
	const struct label_permit *labels; /* NULL: anything */
	const struct tenant_permit *tenant;
	uint64_t sum; /* over both, 0 without: tells when they change */
};

struct peer {
	TAILQ_ENTRY(peer) link;
	struct bgp *bgp;
	uint32_t index;     /* small, dense, reused: RIB and export name peers so */
	struct ip addr;     /* what it is called in show and configuration */
	struct cfg_nbr cfg; /* resolved settings (config_nbr_resolve) */
	bool dynamic;       /* made by a listen range */
	bool ebgp;          /* valid once the AS is known */

	/* session.c */
	enum fsm_state state;
	struct conn
		*conn[2]; /* at most two while a collision is open; [0] the main one */
	enum peer_idle idle;
	struct ev_timer connect_timer; /* next attempt, or limit of the one under way */
	struct ev_timer gr_timer;      /* restart time, then stale time */
	struct ev_timer llgr_timer;    /* first end of a long-lived period */
	struct open_msg rx_open, tx_open; /* of the last or current session */
	uint32_t remote_id, remote_as;
	uint16_t hold_s, keepalive_s; /* negotiated */
	bool as4, ext_msg, refresh, refresh_enhanced, gr_both, notif_n;
	struct channel chan[FAMS];
	struct stale stale[FAMS];
	struct ip local_addr; /* of the connection: default next hop */
	uint16_t local_port, remote_port;
	int64_t up_ms, down_ms, last_rx_ms, last_tx_ms,
		last_update_ms; /* CLOCK_MONOTONIC */
	int64_t up_epoch_s;     /* wall clock of the last Established */
	struct notif last_notif;
	bool last_notif_sent; /* direction of last_notif */
	char last_reset[448]; /* why the last session ended, one line */
	uint32_t held_s;      /* PEER_HELD for so long, 0 until `clear bgp` */
	struct ev_timer held_timer;
	unsigned backoff; /* idle hold doubling, 0 after a session */
	bool gr_stale;    /* routes of some family are kept as stale */
	struct peer_stats stats;
	struct log_limit origin_limit; /* of origin_refused() */
	struct log_limit permit_limit; /* of labels_refused() */
	struct permits permits[FAMS];  /* while it is up */

	/* export.c: its place in an update group, per family */
	struct member *member[FAMS];
	struct rtc *rtc; /* rtc.c: what it wants; NULL: no RT constraint, everything */
};

/*
 * What the session tells the layers above. All are called from the event loop.
 * Every up() is followed by exactly one down(). A function below that ends a
 * session calls down() before it returns, also from within update(); the peer
 * itself lives at least until the event loop is reached again.
 */
struct session_hooks {
	/** up - Established; channels are set. */
	void (*up)(struct peer *p);

	/** down - session ended. keep_stale: graceful restart applies, keep routes of
	 * every family with stale[].any and mark them stale; else drop them all. */
	void (*down)(struct peer *p, bool keep_stale);

	/** update - body of an UPDATE. Return: V_OK .. V_DISABLE_AF are dealt with by
	 * the callee; V_RESET with *err to send. */
	enum verdict (*update)(struct peer *p, struct rbuf body, struct notif *err);

	/** refresh - ROUTE-REFRESH of a negotiated family. */
	void (*refresh)(struct peer *p, const struct family *f, uint8_t sub);

	/** stale_sweep - drop what is still stale of a family (NULL: of all). */
	void (*stale_sweep)(struct peer *p, const struct family *f);

	/** long_lived - what is stale of a family becomes long-lived stale (RFC 9494
	 * section 4.2): last choice, and only for those who know. */
	void (*long_lived)(struct peer *p, const struct family *f);

	/** drained - the transmit queue was full and fell below half of its limit. */
	void (*drained)(struct peer *p);

	/** gone - the peer is about to be freed (after its last down()); may be NULL.
	 */
	void (*gone)(struct peer *p);

	/** configured - settings that the session does not depend on may have changed;
	 * was: the former ones. May be NULL. */
	void (*configured)(struct peer *p, const struct cfg_nbr *was);

	/** session - some session came up or ended; may be NULL. */
	void (*session)(struct bgp *b);

	/** converged - once after the start: the routes that we pass on are there, so
	 * End-of-RIB may go out. May be NULL. */
	void (*converged)(struct bgp *b);

	/** complete - once, then or later: End-of-RIB came from every peer that is to
	 * send one, or gr_defer_s passed. Peers that are not up count for the first
	 * half minute only. b->restarting is off from here on. May be NULL. */
	void (*complete)(struct bgp *b);
};

/* Why a connection was closed before it could say anything. */
enum refusal {
	REFUSE_STRANGER, /* no neighbor, in no listen range */
	REFUSE_IDLE,     /* the neighbor is shut down or held */
	REFUSE_LIMIT,    /* bgp listen limit */
	REFUSE_CALLER,   /* calls too often without getting anywhere (callers.h) */
	REFUSE_FILES,    /* no file descriptor; it waits in the kernel's queue */
	REFUSE_COUNT
};

/* Limits that what somebody else does can reach. */
enum bgp_limit {
	LIMIT_PREFIXES_NEAR, /* the threshold of maximum-prefix */
	LIMIT_PREFIXES,      /* maximum-prefix */
	LIMIT_MEMORY,        /* maximum-memory */
	LIMIT_MEMBERSHIPS,   /* route targets that a neighbor asks for (rtc.h) */
	LIMIT_HALF_OPEN,     /* a connection without OPEN made room in a listen range */
	LIMIT_CLOSING,       /* a closing connection did not get its time */
	LIMIT_COUNT
};

/* The BGP instance: all peers, listeners, hooks. */
struct bgp {
	struct event_base *base;
	struct config *cfg; /* borrowed: the applied one */
	const struct session_hooks *hooks;
	uint32_t as, router_id, cluster_id; /* in force */
	bool id_derived;                    /* router_id is no configured one */
	bool restarting;      /* R bit in OPEN: until End-of-RIB or timer */
	bool forwarding_kept; /* F bit: fib says kernel entries survived */
	struct ip *expected;  /* had a session before the restart; owned */
	size_t n_expected;
	TAILQ_HEAD(, peer) peers;
	struct hashidx by_addr; /* the same peers: index + 1 */
	struct peer **by_index;
	uint32_t n_index;
	unsigned n_dynamic;
	int listen_fd[4];
	struct event *listen_ev[4];
	unsigned n_listen;
	struct ip listen_addr; /* -l */
	uint16_t port;         /* -p, default 179 */
	uint64_t refused[REFUSE_COUNT], limits[LIMIT_COUNT];
	uint64_t shared_ids; /* sessions whose identifier another one had already */
	struct callers *callers;
	struct routes *routes; /* bgpd/routes.h: tables behind the sessions */

	/* private to bgp.c, conn.c and gr.c */
	TAILQ_HEAD(, conn) closing; /* sockets being drained, no peer any more */
	unsigned n_closing;
	TAILQ_HEAD(, conn) dead;    /* to be freed by tidy_ev */
	TAILQ_HEAD(, peer) leaving; /* likewise */
	struct event *tidy_ev;
	uint8_t *rx_buf;     /* shared: one connection reads at a time */
	struct md5_key *md5; /* in force on the listeners */
	size_t n_md5;
	struct ev_timer defer_timer, quiet_timer, stop_timer, accept_timer;
	uint32_t applied[3]; /* as, router_id, cluster_id of the last bgp_apply() */
	bool absent_over;    /* peers not yet up are waited for no longer */
	bool local_pending;  /* our own routes are not all there yet */
	bool ila_moved;      /* while it is applied: FAM_ILA has another number */
	bool converged, complete, stopping;
	bool stop_keeps; /* the stop is a restart: routes and forwarding stay */
	void (*stop_done)(void *arg);
	void *stop_arg;
};

/*
 * bgp.c. bgp_apply() makes the set of peers equal to the configuration:
 * new ones start, vanished ones end with Cease/Peer De-configured, changed ones
 * restart only when a setting that the session depends on differs.
 */
void bgp_init(struct bgp *b, struct event_base *base, const struct session_hooks *h);

/** bgp_identify - AS, router id (of last resort: the highest IPv4 address of this host
 * that is not loopback, as FRR does) and cluster id; bgp_apply() does it, too. */
void bgp_identify(struct bgp *b, const struct config *c);
void bgp_apply(struct bgp *b, struct config *now);

/** bgp_listen_add - take a bound, listening TCP socket (passed by the start process).
 */
void bgp_listen_add(struct bgp *b, int fd);

/** bgp_local_complete - local_pending is over: what this host has to say is there. */
void bgp_local_complete(struct bgp *b);

/** bgp_stop - end all sessions. keep: we restart; peers that were asked to keep our
 * routes are left without a word, and down() is called with keep_stale for all. The
 * others read Cease/Shutdown. Sockets are drained for at most one second; then
 * done(arg) from the event loop. */
void bgp_stop(struct bgp *b, bool keep, void (*done)(void *arg), void *arg);
void bgp_fini(struct bgp *b);

struct peer *peer_find(const struct bgp *b, const struct ip *addr);

/** peer_range - the listen range that made it, NULL when it was configured. */
const struct prefix *peer_range(const struct peer *p);

/** bgp_forgive - let an address call again that was refused; NULL: every one.
 * Return: was it refused? */
bool bgp_forgive(struct bgp *b, const struct ip *addr);

const char *refusal_name(enum refusal why);
const char *bgp_limit_name(enum bgp_limit l);
const char *fsm_state_name(enum fsm_state s);

/** peer_idle_text - why it stays Idle: "Administratively shut down" ...; "" if it
 * does not. */
const char *peer_idle_text(const struct peer *p);

/** peer_reset - operator's `clear bgp`: Cease with this subcode, then restart. */
void peer_reset(struct peer *p, uint8_t cease_sub, const char *message);

/** peer_refresh_send - ask for the routes of a family again; Return: 0, -ENOTSUP,
 * -ENOTCONN. */
int peer_refresh_send(struct peer *p, const struct family *f, uint8_t sub);

/* End of session by our decision, e.g. maximum-prefix. hold_idle: stay Idle for
 * p->held_s, or until `clear bgp`. */
void peer_notify_down(struct peer *p, const struct notif *n, bool hold_idle);

/** peer_eor_received - ingest saw End-of-RIB: graceful restart bookkeeping. */
void peer_eor_received(struct peer *p, const struct family *f);

/*
 * Transmission. A txbuf is one or more whole messages, counted, shared between
 * the peers of an update group; the queue of a peer holds references and
 * writev()s them. Order is kept; KEEPALIVE and NOTIFICATION go in between whole
 * txbufs.
 */
struct txbuf {
	uint32_t refs;
	uint32_t len;
	uint32_t messages; /* UPDATEs in it, for the counters */
	uint32_t cap;      /* of data[] */
	uint8_t data[];
};

struct txbuf *txbuf_new(uint32_t cap);
struct txbuf *txbuf_ref(struct txbuf *t);
void txbuf_unref(struct txbuf *t);

/** txbuf_total - bytes of all txbufs, those that many peers share counted once. */
size_t txbuf_total(void);

/* Bytes that a peer may have queued; less when all together have TXBUF_TOTAL. */
enum {
	PEER_TXQ_LIMIT = 4 << 20,
	PEER_TXQ_LEAST = 256 << 10,
	TXBUF_TOTAL = 256 << 20,
};

/** peer_tx - queue a txbuf (takes its own reference) on an Established peer. */
void peer_tx(struct peer *p, struct txbuf *t);

/** peer_tx_queued - bytes not yet taken by the kernel. */
size_t peer_tx_queued(const struct peer *p);

/** peer_tx_full - is its queue full? If so, hooks->drained() will be called. */
bool peer_tx_full(struct peer *p);

/** peer_tx_idle - is it next to empty? */
bool peer_tx_idle(const struct peer *p);

/** peer_tx_watch - have hooks->drained() called when its queue, which is not empty, is
 * less than half full, also when it is already. */
void peer_tx_watch(struct peer *p);

/** peer_max_msg - longest message this peer takes now: 4096 or 65535. */
static inline size_t peer_max_msg(const struct peer *p)
{
	return p->ext_msg ? MSG_MAX_EXTENDED : MSG_MAX;
}

#endif
