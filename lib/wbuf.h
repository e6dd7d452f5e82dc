/* lib/wbuf.h - bounded writer of network-order bytes; an overflow sticks. */
#ifndef LIB_WBUF_H
#define LIB_WBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A writer borrows its memory. A write past the end writes nothing and sets
 * `full`, which never clears: an encoder writes everything and checks once.
 */
struct wbuf {
	uint8_t *base;
	size_t len, cap; /* bytes used, bytes there */
	bool full;
};

static inline struct wbuf wbuf_of(void *p, size_t cap)
{
	return (struct wbuf) { .base = p, .cap = cap };
}

static inline size_t wbuf_left(const struct wbuf *w)
{
	return w->cap - w->len;
}

/** wbuf_put - room for n bytes, to be filled by the caller; NULL when full. */
static inline uint8_t *wbuf_put(struct wbuf *w, size_t n)
{
	uint8_t *at = w->base + w->len;

	if (wbuf_left(w) < n) {
		w->full = true;
		return NULL;
	}
	w->len += n;
	return at;
}

static inline void wbuf_bytes(struct wbuf *w, const void *src, size_t n)
{
	uint8_t *p = wbuf_put(w, n);

	if (p && n)
		memcpy(p, src, n);
}

static inline void wbuf_u8(struct wbuf *w, unsigned v)
{
	uint8_t *p = wbuf_put(w, 1);

	if (p)
		p[0] = (uint8_t)v;
}

static inline void wbuf_u16(struct wbuf *w, unsigned v)
{
	uint8_t *p = wbuf_put(w, 2);

	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void wbuf_u24(struct wbuf *w, uint32_t v)
{
	uint8_t *p = wbuf_put(w, 3);

	if (p) {
		p[0] = (uint8_t)(v >> 16);
		p[1] = (uint8_t)(v >> 8);
		p[2] = (uint8_t)v;
	}
}

static inline void wbuf_u32(struct wbuf *w, uint32_t v)
{
	wbuf_u16(w, v >> 16);
	wbuf_u16(w, v & 0xffff);
}

/** wbuf_set_u8, wbuf_set_u16 - patch a length written earlier at offset at. */
static inline void wbuf_set_u8(struct wbuf *w, size_t at, unsigned v)
{
	if (!w->full)
		w->base[at] = (uint8_t)v;
}

static inline void wbuf_set_u16(struct wbuf *w, size_t at, unsigned v)
{
	if (!w->full) {
		w->base[at] = (uint8_t)(v >> 8);
		w->base[at + 1] = (uint8_t)v;
	}
}

#endif
