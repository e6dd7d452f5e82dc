/*
 * Transmit buffers and the queue of them that each connection has. Not for
 * sockets (conn.c) nor for limits: the producer asks peer_tx_queued().
 */
#include "bgpd/txq.h"

#include <stdlib.h>

#include "bgpd/peer.h"
#include "lib/util.h"

static size_t total;

struct txbuf *txbuf_new(uint32_t cap)
{
	struct txbuf *t = xrealloc(NULL, sizeof(*t) + cap);

	*t = (struct txbuf) { .refs = 1, .cap = cap };
	total += sizeof(*t) + cap;
	return t;
}

size_t txbuf_total(void)
{
	return total;
}

struct txbuf *txbuf_ref(struct txbuf *t)
{
	t->refs++;
	return t;
}

void txbuf_unref(struct txbuf *t)
{
	if (!t || --t->refs)
		return;
	total -= sizeof(*t) + t->cap;
	free(t);
}

enum { RING_KEPT = 64 }; /* a longer ring goes when it is empty */

static struct txbuf **slot(const struct txq *q, uint32_t i)
{
	return &q->ring[(q->head + i) & (q->cap - 1)];
}

static void grow(struct txq *q)
{
	uint32_t cap = q->cap ? q->cap * 2 : 16;
	struct txbuf **ring = xcalloc(cap, sizeof(struct txbuf *));

	for (uint32_t i = 0; i < q->n; i++)
		ring[i] = *slot(q, i);
	free(q->ring);
	q->ring = ring;
	q->cap = cap;
	q->head = 0;
}

void txq_push(struct txq *q, struct txbuf *t)
{
	if (q->n == q->cap)
		grow(q);
	*slot(q, q->n++) = txbuf_ref(t);
	q->bytes += t->len;
}

void txq_push_first(struct txq *q, struct txbuf *t)
{
	if (q->n == q->cap)
		grow(q);
	q->head = (q->head - 1) & (q->cap - 1);
	q->n++;
	if (q->off) { /* the partly sent one stays in front */
		*slot(q, 0) = *slot(q, 1);
		*slot(q, 1) = txbuf_ref(t);
	} else {
		*slot(q, 0) = txbuf_ref(t);
	}
	q->bytes += t->len;
}

int txq_iov(const struct txq *q, struct iovec iov[TXQ_IOV])
{
	uint32_t n = MIN_OF(q->n, (uint32_t)TXQ_IOV);

	for (uint32_t i = 0; i < n; i++) {
		struct txbuf *t = *slot(q, i);
		uint32_t off = i ? 0 : q->off;

		iov[i] = (struct iovec) { t->data + off, t->len - off };
	}
	return (int)n;
}

static void drop_first(struct txq *q)
{
	struct txbuf *t = *slot(q, 0);

	q->bytes -= t->len - q->off;
	q->off = 0;
	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	txbuf_unref(t);
}

void txq_sent(struct txq *q, size_t n, uint64_t *messages)
{
	while (q->n) {
		struct txbuf *t = *slot(q, 0);
		size_t left = t->len - q->off;

		if (n < left) {
			q->off += (uint32_t)n;
			q->bytes -= n;
			return;
		}
		n -= left;
		*messages += t->messages;
		drop_first(q);
	}
	if (q->cap > RING_KEPT)
		txq_clear(q);
}

bool txq_next_is(const struct txq *q, const void *p, size_t len)
{
	uint32_t i = q->off ? 1 : 0;

	return i < q->n && (*slot(q, i))->len == len &&
	       !memcmp((*slot(q, i))->data, p, len);
}

void txq_trim(struct txq *q)
{
	uint32_t keep = q->off ? 1 : 0;

	while (q->n > keep) {
		struct txbuf *last = *slot(q, --q->n);

		q->bytes -= last->len;
		txbuf_unref(last);
	}
}

void txq_clear(struct txq *q)
{
	while (q->n)
		drop_first(q);
	free(q->ring);
	*q = (struct txq) { 0 };
}
