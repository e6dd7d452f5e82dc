/* wire/attr.h - the table of path attributes, shared inside wire/ by decoding
 * (update.c), canonical bytes (attr.c) and export (attr_export.c). */
#ifndef WIRE_ATTR_H
#define WIRE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rbuf.h"
#include "wire/attrs.h"
#include "wire/update.h"
#include "wire/verdict.h"

enum attr_flag {
	AF_OPTIONAL = 0x80,
	AF_TRANSITIVE = 0x40,
	AF_PARTIAL = 0x20,
	AF_EXTENDED = 0x10, /* two length octets */
};

/* Subcodes of NOTIFICATION 3 (RFC 4271 section 4.5). */
enum update_sub {
	SUB_MALFORMED = 1,
	SUB_UNKNOWN = 2,
	SUB_MISSING = 3,
	SUB_FLAGS = 4,
	SUB_LENGTH = 5,
	SUB_ORIGIN = 6,
	SUB_NEXT_HOP = 8,
	SUB_OPTIONAL = 9,
	SUB_NETWORK = 10,
	SUB_AS_PATH = 11,
};

enum {
	ATTR_ROWS = 64, /* codes that the table knows are below this */
	ATTR_CODES = 256,
};

/* What a row's value becomes in struct attrs, at the row's offset. */
enum attr_field {
	FIELD_NONE, /* nothing, or done by the row's check */
	FIELD_U8,
	FIELD_U32,
	FIELD_BYTES,
};

/* Why a value is refused: reason for the counters, subcode for NOTIFICATION 3. */
struct attr_fault {
	enum update_reason reason;
	uint8_t sub;
};

/* An attribute as it lies in the message. */
struct attr_tlv {
	const uint8_t *p; /* from the flags octet on */
	size_t len;       /* of all of it */
	uint8_t flags, code;
	struct rbuf value;
};

/** attr_next - the next attribute of a block that has octets left. Return: false: it
 * does not fit; t->p is where it begins. */
static inline bool attr_next(struct rbuf *r, struct attr_tlv *t)
{
	t->p = r->p;
	t->flags = rbuf_u8(r);
	t->code = rbuf_u8(r);
	t->value = rbuf_sub(r, t->flags & AF_EXTENDED ? rbuf_u16(r) : rbuf_u8(r));
	t->len = (size_t)(r->p - t->p);
	return !r->bad;
}

/* State of one update_decode(). */
struct attr_dec {
	const struct update_ctx *ctx;
	struct update *u;
	struct wbuf *scratch;
	uint64_t seen[4];              /* codes met, also bad ones */
	struct bytes as4_path;         /* attribute 17, valid */
	const uint8_t *as4_aggregator; /* attribute 18, valid; NULL without */
	struct ip next_hop4;           /* NEXT_HOP; matters beside IPv4 NLRI */
	unsigned n_unknown;
	struct attr_tlv unknown[ATTR_CODES]; /* ascending by code, each once */
};

/*
 * One attribute. A value is taken if flags and length agree with the row and the
 * check, if any, is content; otherwise the verdict is the row's, by kind of peer.
 */
struct attr_row {
	const char *name;           /* NULL: no such row */
	uint8_t flags;              /* AF_OPTIONAL, AF_TRANSITIVE as they have to be */
	uint16_t least, most, step; /* length: least + n * step <= most */
	bool internal;              /* from an external peer always discarded */
	bool old_only;              /* from a peer with 4-octet AS always discarded */
	uint8_t ibgp, ebgp;         /* enum verdict for a bad value */
	uint8_t bad_flags;          /* enum verdict for bad flags */
	uint8_t sub_length;         /* NOTIFICATION 3 subcode for a bad length */
	uint8_t field;              /* enum attr_field */
	uint16_t at;                /* offset in struct attrs */
	bool (*check)(struct attr_dec *d, struct rbuf v, struct attr_fault *f);
};

extern const struct attr_row attr_rows[ATTR_ROWS];

/** attr_row_find - NULL for a code that we do not know. */
static inline const struct attr_row *attr_row_find(uint8_t code)
{
	return code < ATTR_ROWS && attr_rows[code].name ? &attr_rows[code] : NULL;
}

/** attr_length_ok - does a value of this length fit the row? */
static inline bool attr_length_ok(const struct attr_row *row, size_t len)
{
	return len >= row->least && len <= row->most &&
	       (row->step < 2 || !((len - row->least) % row->step));
}

/** attr_store - put a good value into its field and mark it present; flags as they
 * came. */
void attr_store(const struct attr_row *row, uint8_t flags, uint8_t code, struct rbuf v,
		struct attrs *a);

/** attr_flags - of a known attribute on its way out: those of its row, and Partial
 * when somebody before us has set it (RFC 4271 section 5). */
static inline uint8_t attr_flags(const struct attrs *a, uint8_t code)
{
	return (uint8_t)(attr_rows[code].flags |
			 (a->partial >> code & 1 ? AF_PARTIAL : 0));
}

/** attr_head - flags, code and length of one attribute, then len bytes follow. */
void attr_head(struct wbuf *w, unsigned flags, uint8_t code, size_t len);

/** attr_put - one attribute of the set with its standard flags. */
void attr_put(struct wbuf *w, uint8_t code, const struct attrs *a);

/** mp_next_hop_usable - neither zero, multicast nor broadcast? */
bool mp_next_hop_usable(const struct ip *nh);

/** mp_next_hop_wrong - is there a next hop in MP_REACH that cannot be one? */
bool mp_next_hop_wrong(const struct attr_dec *d);

/** mp_reach_check, mp_unreach_check - checks of their rows (update_mp.c). */
bool mp_reach_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f);
bool mp_unreach_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f);

#endif
