/* lib/rbuf.h - bounded reader of network-order bytes; an over-read sticks. */
#ifndef LIB_RBUF_H
#define LIB_RBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A reader borrows the bytes. A read past the end gives zeros and sets `bad`,
 * which never clears: a decoder reads everything and checks once.
 */
struct rbuf {
	const uint8_t *p, *end;
	bool bad;
};

/** rbuf_of - reader of len bytes; NULL with 0 is an empty one. */
static inline struct rbuf rbuf_of(const void *p, size_t len)
{
	static const uint8_t nothing[8];
	const uint8_t *at = p ? p : nothing;

	return (struct rbuf) { .p = at, .end = at + len };
}

static inline size_t rbuf_left(const struct rbuf *r)
{
	return (size_t)(r->end - r->p);
}

/** rbuf_take - borrow the next n bytes; NULL (and bad) when fewer are left. */
static inline const uint8_t *rbuf_take(struct rbuf *r, size_t n)
{
	const uint8_t *at = r->p;

	if (rbuf_left(r) < n) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return at;
}

static inline uint8_t rbuf_u8(struct rbuf *r)
{
	const uint8_t *p = rbuf_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t rbuf_u16(struct rbuf *r)
{
	const uint8_t *p = rbuf_take(r, 2);

	if (!p)
		return 0;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rbuf_u24(struct rbuf *r)
{
	const uint8_t *p = rbuf_take(r, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t rbuf_u32(struct rbuf *r)
{
	const uint8_t *p = rbuf_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
			       p[3]
		 : 0;
}

/** rbuf_bytes - copy n bytes to dst; zeros when fewer are left. */
static inline void rbuf_bytes(struct rbuf *r, void *dst, size_t n)
{
	const uint8_t *p = rbuf_take(r, n);

	if (p)
		memcpy(dst, p, n);
	else
		memset(dst, 0, n);
}

/** rbuf_sub - a reader of the next n bytes (a length field opened); empty and bad
 * when fewer are left. */
static inline struct rbuf rbuf_sub(struct rbuf *r, size_t n)
{
	const uint8_t *p = rbuf_take(r, n);

	return p ? rbuf_of(p, n)
		 : (struct rbuf) { .p = r->end, .end = r->end, .bad = true };
}

#endif
