/* bgpd/txq.h - queue of shared transmit buffers, as writev() wants them. */
#ifndef BGPD_TXQ_H
#define BGPD_TXQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct txbuf;

/* Ring of references; the first one may be partly sent. All zero is empty. */
struct txq {
	struct txbuf **ring;
	uint32_t cap, head, n; /* cap is a power of two */
	uint32_t off;          /* bytes of the first one already sent */
	size_t bytes;          /* not yet sent */
};

enum { TXQ_IOV = 64 };

/** txq_push - append; takes its own reference. */
void txq_push(struct txq *q, struct txbuf *t);

/** txq_push_first - send next, but never inside a txbuf that is partly sent. */
void txq_push_first(struct txq *q, struct txbuf *t);

/** txq_iov - what to send now; Return: entries filled, at most TXQ_IOV. */
int txq_iov(const struct txq *q, struct iovec iov[TXQ_IOV]);

/**
 * txq_sent - n bytes were taken by the kernel
 * @messages: increased by the UPDATEs in the txbufs that are finished now
 */
void txq_sent(struct txq *q, size_t n, uint64_t *messages);

/** txq_next_is - do these bytes already wait as the next whole txbuf? */
bool txq_next_is(const struct txq *q, const void *p, size_t len);

/** txq_trim - drop all but what is left of a partly sent txbuf. */
void txq_trim(struct txq *q);

/** txq_clear - drop everything. */
void txq_clear(struct txq *q);

#endif
