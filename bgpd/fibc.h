/* bgpd/fibc.h - the engine's end of the channel to fib. */
#ifndef BGPD_FIBC_H
#define BGPD_FIBC_H

#include <stdbool.h>
#include <stdint.h>

#include "fib/intent.h"

struct event_base;
struct fibc;

/* What comes up. All are called from the event loop; bodies are borrowed. */
struct fibc_ops {
	void (*record)(void *ctx, const struct intent_hdr *h, const void *body);
	/** room - fibc_has_room() is true again. */
	void (*room)(void *ctx);
	/** lost - end of file: fib is gone, the engine must leave. */
	void (*lost)(void *ctx);
};

/**
 * fibc_new - over a channel, or into a text file
 * @fd:     SOCK_SEQPACKET to fib, taken; -1 with record
 * @record: path of --fib=record, NULL without
 * Return: owned, NULL with a reason in errno when the file cannot be opened.
 */
struct fibc *fibc_new(struct event_base *base, int fd, const char *record,
		      const struct fibc_ops *ops, void *ctx);
void fibc_free(struct fibc *f);

/** fibc_put - one record down; sent at the end of this loop turn. */
void fibc_put(struct fibc *f, uint16_t type, uint32_t flags, const void *body);

/** fibc_has_room - may a producer of many records go on? */
bool fibc_has_room(struct fibc *f);

/** fibc_is_record - is there no fib at all? */
bool fibc_is_record(const struct fibc *f);

#endif
