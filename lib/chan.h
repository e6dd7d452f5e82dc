/* lib/chan.h - records over a SOCK_SEQPACKET pair, many in one datagram. */
#ifndef LIB_CHAN_H
#define LIB_CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chan;

/* Begins every record; fib/intent.h has the same layout as struct intent_hdr. */
struct chan_hdr {
	uint16_t type;
	uint16_t len; /* header and body, bytes */
	uint32_t flags;
};

enum {
	CHAN_BATCH = 16384,          /* bytes of one datagram at most */
	CHAN_QUEUE_LOW = 64 << 10,   /* bytes queued: below, room() is called */
	CHAN_QUEUE_HIGH = 256 << 10, /* above, chan_has_room() is false */
	CHAN_QUEUE_MAX = 32 << 20,   /* above, chan_put() fails */
};

struct chan_ops {
	/** size_of - bytes of header and body for a type; 0: unknown, skipped. */
	size_t (*size_of)(uint16_t type);

	/** record - one received record, of the right size; body is aligned to 4 and
	 * valid during the call only. The channel must not be freed from here. */
	void (*record)(void *arg, const struct chan_hdr *h, const void *body);

	/** ahead - this record follows soon: a hint to fetch what it will need; checked
	 * as for record(). May be NULL. */
	void (*ahead)(void *arg, const struct chan_hdr *h, const void *body);

	/** want_write - call chan_writable() when the descriptor is writable (on), or
	 * no more (off). */
	void (*want_write)(void *arg, bool on);

	/** room - the queue ran low after chan_has_room() had said no; may be NULL.
	 * Called from chan_writable(). */
	void (*room)(void *arg);
};

/**
 * chan_new - a channel over a descriptor
 * @fd:  SOCK_SEQPACKET, connected; taken: closed by chan_free(); made non-blocking
 * @ops: borrowed, as long as the channel lives
 *
 * The caller watches chan_fd() with events of its own: chan is not tied to a loop.
 * Return: owned channel.
 */
struct chan *chan_new(int fd, const struct chan_ops *ops, void *arg);
void chan_free(struct chan *c);
int chan_fd(const struct chan *c);

/**
 * chan_put - append one record to the datagram that is being filled
 * @body: bytes of the body, copied; NULL when len is 0
 * @len:  bytes of the body; with the header it must be ops->size_of(type)
 *
 * Full datagrams are sent or queued at once, the last one by chan_flush().
 * A producer of many records asks chan_has_room() first, and goes on in room().
 * Return: 0; -EINVAL for a wrong type or length; -ENOBUFS when CHAN_QUEUE_MAX is
 * reached; -EPIPE when the other side is gone.
 */
int chan_put(struct chan *c, uint16_t type, uint32_t flags, const void *body,
	     size_t len);

/** chan_has_room - may a producer of many records go on? */
bool chan_has_room(struct chan *c);

/** chan_flush - send what was appended; Return: 0 (also when it had to be queued),
 * -EPIPE. Call once per turn of the loop. */
int chan_flush(struct chan *c);

/** chan_writable - the descriptor takes bytes again. Return: as chan_flush(). */
int chan_writable(struct chan *c);

/**
 * chan_readable - receive up to max datagrams and call record() for each record
 *
 * Return: number of datagrams read, 0 when there was none; -EPIPE on end-of-file or
 * a broken socket. Malformed datagrams and unknown types are counted and skipped.
 */
int chan_readable(struct chan *c, unsigned max);

struct chan_stats {
	uint64_t rx_datagrams, rx_records, rx_bad;
	uint64_t tx_datagrams, tx_records, tx_queued;
};
const struct chan_stats *chan_stats(const struct chan *c);

/** chan_queued - bytes appended or queued and not yet taken by the kernel. */
size_t chan_queued(const struct chan *c);

#endif
