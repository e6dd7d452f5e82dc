/* wire/aspath.h - AS_PATH segments: validation, 2-octet peers, prepending. */
#ifndef WIRE_ASPATH_H
#define WIRE_ASPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/attrs.h"

struct wbuf;

enum as_seg { SEG_SET = 1, SEG_SEQUENCE = 2, SEG_CONFED_SEQ = 3, SEG_CONFED_SET = 4 };

/**
 * aspath_valid - are these whole segments of known type without AS 0?
 * @p, @len: value of AS_PATH or AS4_PATH
 * @as_size: bytes per AS number, 2 or 4
 * @confed:  may confederation segments occur (RFC 5065 section 5)?
 *
 * Source: RFC 7606 section 7.2, RFC 7607. An empty path is valid.
 */
bool aspath_valid(const uint8_t *p, size_t len, unsigned as_size, bool confed);

/**
 * aspath_merge - the 4-octet path of a peer that speaks 2-octet AS numbers
 * @path2: valid AS_PATH of 2-octet numbers
 * @as4:   valid AS4_PATH, or empty; ignored when longer than path2, its
 *         confederation segments skipped (RFC 6793 sections 4.2.3 and 6)
 * @w:     takes the result
 * @out:   where it lies in w
 *
 * Return: 0, -ENOSPC.
 */
int aspath_merge(struct wbuf *w, struct bytes path2, struct bytes as4,
		 struct bytes *out);

/** aspath_needs_as4 - does any number that AS4_PATH would carry not fit 2 octets? */
bool aspath_needs_as4(struct bytes path);

/**
 * aspath_put - whole AS_PATH attribute, or AS4_PATH
 * @prepend: AS to put in front; 0 = none
 * @as_size: 2 (large numbers become AS_TRANS) or 4
 * @code:    ATTR_AS_PATH, or ATTR_AS4_PATH: then confederation segments are
 *           left out (RFC 6793 section 3)
 */
void aspath_put(struct wbuf *w, uint8_t code, struct bytes path, uint32_t prepend,
		unsigned as_size);

#endif
