/* tests/bench/sess.h - many BGP sessions in one process, for load and nothing else. */
#ifndef TESTS_BENCH_SESS_H
#define TESTS_BENCH_SESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd/txq.h"

enum sess_state { SESS_OFF, SESS_CONNECTING, SESS_OPENING, SESS_UP };

struct sess {
	enum sess_state state;
	int fd;
	uint32_t id; /* its router id, and its address when it dials; host order */
	bool deaf;   /* once up, what comes is thrown away unread */
	struct txq txq;
	bool wants_out;
	uint8_t *part; /* start of an incomplete message; owned */
	size_t part_len;
	long long heard_ns, gap_ns; /* the last message, the longest time between two */
};

/* What the program does with sessions; all are called from sess_turn(). */
struct sess_hooks {
	/** up - the peer's KEEPALIVE has answered our OPEN. */
	void (*up)(struct sess *s);

	/** updates - one or more whole UPDATEs, headers included, one after another. */
	void (*updates)(struct sess *s, const uint8_t *p, size_t len);

	/** down - the peer has ended it; why: in words. */
	void (*down)(struct sess *s, const char *why);

	/** incoming - a connection to the listener, to be taken by sess_adopt(). */
	void (*incoming)(int fd);
};

/** sess_init - hold_s: as OPEN tells it; nobody looks whether the peer keeps it. */
void sess_init(const struct sess_hooks *hooks, uint32_t as, uint16_t hold_s);

/** sess_listen - take connections at this address. Exits when that fails. */
void sess_listen(const struct sockaddr_in *at);

/** sess_dial - connect from the session's own address. Exits when that fails. */
void sess_dial(struct sess *s, const struct sockaddr_in *to);

/** sess_adopt - run a session over an accepted connection. */
void sess_adopt(struct sess *s, int fd);

/** sess_close - end a session without a word; s->id and s->deaf stay. */
void sess_close(struct sess *s);

/** sess_send - queue a buffer of whole messages and send what the socket takes. */
void sess_send(struct sess *s, struct txbuf *t);

/** sess_turn - serve whatever is ready, wait for it at most this long. */
void sess_turn(int wait_ms);

/** sess_gap_ns - the longest time between two messages from the peer since the last
 * call, with what has passed since the last of them; 0 when it is not up. */
long long sess_gap_ns(struct sess *s);

/** sess_keepalive - unless it is not up or has other things to send. */
void sess_keepalive(struct sess *s);

/**
 * sess_nlri - count the NLRI of whole UPDATEs by their lengths alone
 * @reach, @unreach: increased
 */
void sess_nlri(const uint8_t *p, size_t len, uint64_t *reach, uint64_t *unreach);

#endif
