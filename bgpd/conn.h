/* bgpd/conn.h - one TCP connection of a peer: framing in, queue out. */
#ifndef BGPD_CONN_H
#define BGPD_CONN_H

#include "bgpd/peer.h"
#include "bgpd/txq.h"

struct wbuf;

/*
 * A connection belongs to a peer from dialing or accepting on until it ends;
 * then it is detached and lives on only to deliver its last bytes.
 */
struct conn {
	TAILQ_ENTRY(conn) link; /* bgp.closing or bgp.dead */
	struct bgp *bgp;
	struct peer *peer; /* NULL: detached */
	int fd;
	bool outgoing;
	bool fin_sent;
	enum fsm_state state; /* its own: CONNECT .. ESTABLISHED */
	struct event *rd, *wr;
	struct ev_timer hold, keepalive, send_hold;
	struct ev_timer linger; /* detached: the end of patience */
	int64_t start_ms;       /* dialed or accepted */
	int64_t rx_ms;          /* last whole message */
	int64_t progress_ms;    /* last byte the kernel took */
	uint16_t hold_s, keepalive_s;
	struct open_msg rx_open, tx_open;
	struct ip local;
	uint16_t local_port, remote_port;
	uint8_t *part; /* start of a message whose rest has not come */
	size_t part_len;
	struct txq txq;
	bool tx_high; /* was full: somebody waits for drained() */
};

/** conn_new - a connection for p on fd (taken), state CONNECT, no events yet. */
struct conn *conn_new(struct peer *p, int fd, bool outgoing);

/** conn_dialing - wait for connect() to finish; session_connected() is called. */
void conn_dialing(struct conn *c);

/** conn_open - connected: learn addresses, start to read. */
void conn_open(struct conn *c);

/** conn_tx_limit - bytes that are enough to have queued, as things are. */
size_t conn_tx_limit(void);

/** conn_queue - append a txbuf (its own reference is taken). */
void conn_queue(struct conn *c, struct txbuf *t);

/** conn_send - a control message ahead of all whole txbufs; counted as type. */
void conn_send(struct conn *c, enum msg_type type, const struct wbuf *msg);

/** conn_send_keepalive - unless one waits in the queue already. */
void conn_send_keepalive(struct conn *c);

/**
 * conn_finish - detach and end it in order
 * @n: NOTIFICATION to deliver, or NULL for none
 *
 * What is queued is dropped, the write side shut, the read side drained for at
 * most a second. The memory lives until the event loop is reached.
 */
void conn_finish(struct conn *c, const struct notif *n);

/** conn_refuse - say why on fd (taken) and close it: nobody gets a connection. In a
 * flood of them it is closed without a word. */
void conn_refuse(struct bgp *b, int fd, const struct notif *n);

/** conn_abort - detach and close at once. */
void conn_abort(struct conn *c);

/** conn_bury - close a detached connection now, whatever it still had to say. */
void conn_bury(struct conn *c);

/** conn_reap - free what conn_abort() and drained connections left (tidy_ev). */
void conn_reap(struct bgp *b);

/** conn_read_now - take what the socket holds (before the hold timer is believed). */
void conn_read_now(struct conn *c);

#endif
