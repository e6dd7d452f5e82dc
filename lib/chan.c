/*
 * Channel between the two processes: fixed-size records, packed into datagrams of
 * at most CHAN_BATCH bytes, over SOCK_SEQPACKET. Keeps order, never blocks, never
 * drops. Not for anything that has to be coalesced: a producer whose records can
 * overtake each other keeps its own dirty list and stops at chan_has_room().
 */
#include "lib/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/util.h"

struct dgram {
	STAILQ_ENTRY(dgram) link;
	size_t len;
	uint8_t data[];
};

struct chan {
	int fd;
	const struct chan_ops *ops;
	void *arg;
	STAILQ_HEAD(, dgram) queue; /* waiting for the socket, oldest first */
	size_t queued;              /* bytes in it */
	size_t fill;                /* bytes used of tx */
	bool waiting;               /* want_write is on */
	bool starved;               /* has_room() said no, room() is owed */
	bool broken;
	struct chan_stats stats;
	_Alignas(8) uint8_t tx[CHAN_BATCH];
	_Alignas(8) uint8_t rx[CHAN_BATCH];
};

struct chan *chan_new(int fd, const struct chan_ops *ops, void *arg)
{
	struct chan *c = xcalloc(1, sizeof(*c));
	int fl = fcntl(fd, F_GETFL);

	if (fl >= 0)
		fcntl(fd, F_SETFL, fl | O_NONBLOCK);
	c->fd = fd;
	c->ops = ops;
	c->arg = arg;
	STAILQ_INIT(&c->queue);
	return c;
}

static void queue_drop(struct chan *c)
{
	struct dgram *d;

	while ((d = STAILQ_FIRST(&c->queue))) {
		STAILQ_REMOVE_HEAD(&c->queue, link);
		free(d);
	}
	c->queued = 0;
}

void chan_free(struct chan *c)
{
	if (!c)
		return;
	queue_drop(c);
	close(c->fd);
	free(c);
}

int chan_fd(const struct chan *c)
{
	return c->fd;
}

const struct chan_stats *chan_stats(const struct chan *c)
{
	return &c->stats;
}

size_t chan_queued(const struct chan *c)
{
	return c->queued + c->fill;
}

bool chan_has_room(struct chan *c)
{
	if (!c->broken && c->queued < CHAN_QUEUE_HIGH)
		return true;
	c->starved = true;
	return false;
}

static void wait_set(struct chan *c, bool on)
{
	if (c->waiting == on)
		return;
	c->waiting = on;
	if (c->ops->want_write)
		c->ops->want_write(c->arg, on);
}

/* Return: 0, -EAGAIN when the socket is full, -EPIPE when it is of no more use. */
static int dgram_send(struct chan *c, const void *data, size_t len)
{
	ssize_t n;

	do
		n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		c->stats.tx_datagrams++;
		return 0;
	}
	if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
		return -EAGAIN;
	c->broken = true;
	queue_drop(c);
	wait_set(c, false);
	return -EPIPE;
}

static void dgram_queue(struct chan *c)
{
	struct dgram *d = xcalloc(1, sizeof(*d) + c->fill);

	d->len = c->fill;
	memcpy(d->data, c->tx, c->fill);
	STAILQ_INSERT_TAIL(&c->queue, d, link);
	c->queued += d->len;
	c->stats.tx_queued++;
	c->fill = 0;
	wait_set(c, true);
}

int chan_flush(struct chan *c)
{
	int err;

	if (c->broken)
		return -EPIPE;
	if (!c->fill)
		return 0;
	if (STAILQ_EMPTY(&c->queue)) {
		err = dgram_send(c, c->tx, c->fill);
		if (err != -EAGAIN) {
			c->fill = 0;
			return err;
		}
	}
	dgram_queue(c);
	return 0;
}

int chan_put(struct chan *c, uint16_t type, uint32_t flags, const void *body,
	     size_t len)
{
	size_t whole = sizeof(struct chan_hdr) + len;
	struct chan_hdr h = { .type = type, .len = (uint16_t)whole, .flags = flags };

	if (whole > CHAN_BATCH || c->ops->size_of(type) != whole)
		return -EINVAL;
	if (c->broken)
		return -EPIPE;
	if (c->queued > CHAN_QUEUE_MAX)
		return -ENOBUFS;
	if (c->fill + whole > CHAN_BATCH) {
		int err = chan_flush(c);

		if (err)
			return err;
	}
	memcpy(c->tx + c->fill, &h, sizeof(h));
	if (len)
		memcpy(c->tx + c->fill + sizeof(h), body, len);
	c->fill += whole;
	c->stats.tx_records++;
	return 0;
}

int chan_writable(struct chan *c)
{
	struct dgram *d;

	if (c->broken)
		return -EPIPE;
	while ((d = STAILQ_FIRST(&c->queue))) {
		int err = dgram_send(c, d->data, d->len);

		if (err)
			return err == -EAGAIN ? 0 : err;
		STAILQ_REMOVE_HEAD(&c->queue, link);
		c->queued -= d->len;
		free(d);
		if (c->queued < CHAN_QUEUE_LOW)
			break; /* let the producer fill up, in order behind the rest */
	}
	if (c->starved && c->queued < CHAN_QUEUE_LOW) {
		c->starved = false;
		if (c->ops->room)
			c->ops->room(c->arg);
	}
	if (STAILQ_EMPTY(&c->queue)) {
		wait_set(c, false);
		return chan_flush(c);
	}
	return 0;
}

enum { AHEAD = 12 }; /* records */

/* The header at an offset; Return: false when there is none, or no sense in it. */
static bool hdr_at(const struct chan *c, size_t at, size_t len, struct chan_hdr *h)
{
	if (len - at < sizeof(*h))
		return false;
	memcpy(h, c->rx + at, sizeof(*h));
	return h->len >= sizeof(*h) && !(h->len % 4) && h->len <= len - at;
}

static size_t look_ahead(struct chan *c, size_t at, size_t len)
{
	struct chan_hdr h;

	if (!c->ops->ahead || !hdr_at(c, at, len, &h))
		return len;
	if (c->ops->size_of(h.type) == h.len)
		c->ops->ahead(c->arg, &h, c->rx + at + sizeof(h));
	return at + h.len;
}

/* A datagram is all good or its bad rest is skipped: records do not resynchronise. */
static void dgram_parse(struct chan *c, size_t len)
{
	struct chan_hdr h;
	size_t at = 0, ahead = 0;

	for (int i = 0; i < AHEAD; i++)
		ahead = look_ahead(c, ahead, len);
	for (; hdr_at(c, at, len, &h); at += h.len) {
		ahead = look_ahead(c, ahead, len);
		if (c->ops->size_of(h.type) == h.len) {
			c->stats.rx_records++;
			c->ops->record(c->arg, &h, c->rx + at + sizeof(h));
		} else {
			c->stats.rx_bad++;
		}
	}
	if (at != len)
		c->stats.rx_bad++;
}

int chan_readable(struct chan *c, unsigned max)
{
	unsigned n;

	for (n = 0; n < max; n++) {
		ssize_t len =
			recv(c->fd, c->rx, sizeof(c->rx), MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			break;
		if (len <= 0)
			return n ? (int)n
				 : -EPIPE; /* what came before is served first */
		c->stats.rx_datagrams++;
		if ((size_t)len > sizeof(c->rx))
			c->stats.rx_bad++;
		else
			dgram_parse(c, (size_t)len);
	}
	return (int)n;
}
