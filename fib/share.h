/* fib/share.h - values that many entries have in common, named by small numbers. */
#ifndef FIB_SHARE_H
#define FIB_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Equal bytes have one number, 1 and up, 0 is none. There are no counts of users: who
 * has the numbers marks those in use from time to time, and the others are freed. So a
 * number costs its user four bytes, and nothing when it is copied.
 */
struct share {
	struct share_item *by_bytes, **by_id;
	uint32_t ids, used;
	uint32_t next_gc; /* items, from which on share_is_full() */
	uint32_t free;    /* id of the first free one */
};

void share_init(struct share *s);
void share_fini(struct share *s);

/** share_get - the number of these bytes, which are copied. */
uint32_t share_get(struct share *s, const void *bytes, size_t len);

/** share_at - the bytes of a number in use; borrowed; 8-byte aligned. */
const void *share_at(const struct share *s, uint32_t id);

/** share_is_full - twice as many as after the last share_sweep(). */
bool share_is_full(const struct share *s);

/** share_mark - this number is in use; 0 is fine. */
void share_mark(struct share *s, uint32_t id);

/** share_sweep - free what was not marked since the last sweep.
 * @freed: called for each number before it goes, may be NULL */
void share_sweep(struct share *s, void (*freed)(void *arg, uint32_t id), void *arg);

#endif
