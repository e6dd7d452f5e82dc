/* wire/labelset.h - the label set of an endpoint as a path attribute: its value, the
 * canonical form of labels, and labels as text. Not for: who is believed, and which
 * number follows from a set (rib/). */
#ifndef WIRE_LABELSET_H
#define WIRE_LABELSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/attrs.h"

struct wbuf;

/*
 * Value of the attribute (ours; code 255 unless configured, RFC 2042):
 *
 *   0  53 56 4c 47  magic
 *   4  01           version
 *   5  00           flags, none defined
 *   6  u32          domain: labels mean the same within one
 *  10  labels       canonical, to the end
 *
 * Canonical labels: `key=value` strings, ascending by memcmp, one NUL between two and
 * none at the end; each key once; at least one label. A set has one spelling, so
 * that whatever is derived from the bytes is the same everywhere; what is spelled
 * otherwise is malformed and never put right.
 */
enum {
	LABELSET_CODE = 255,
	LABELSET_HEAD = 10,
	LABELS_MAX = 16,
	LABELS_LEN = 1024, /* octets of the labels, without the head */
	LABELS_STR = LABELS_LEN + 1,
	LABEL_KEY_LEN = 317,
	LABEL_VALUE_LEN = 63,
};

/* What is wrong with labels. */
enum label_fault {
	LABEL_FINE,
	LABEL_NONE,      /* a set of nothing: told by having no attribute */
	LABEL_NO_VALUE,  /* not key=value */
	LABEL_KEY,       /* empty, too long, a character that may not be in it */
	LABEL_VALUE,     /* likewise, but it may be empty */
	LABEL_RESERVED,  /* a key of reserved:..., which only we ourselves give out */
	LABEL_DUPLICATE, /* one key twice */
	LABEL_ORDER,
	LABEL_COUNT, /* more than LABELS_MAX */
	LABEL_SIZE,  /* more than LABELS_LEN */
};

/** label_fault_text - "expected key=value" and so on, for messages. */
const char *label_fault_text(enum label_fault f);

/* Whose an attribute value is. */
enum labelset_kind {
	LABELSET_OK,
	LABELSET_FOREIGN,   /* other magic, version or domain: not for us to judge */
	LABELSET_MALFORMED, /* ours, and wrong */
};

/**
 * labelset_decode - read the value of the attribute
 * @value:  borrowed, as it came
 * @domain: ours, host order; 0: of any
 * @labels: the canonical labels inside value, written only for LABELSET_OK; borrowed
 */
enum labelset_kind labelset_decode(struct bytes value, uint32_t domain,
				   struct bytes *labels);

/** labelset_domain - of a value for which labelset_decode() said LABELSET_OK. */
uint32_t labelset_domain(struct bytes value);

/** labelset_encode - the value for these canonical labels. Return: 0, -ENOSPC. */
int labelset_encode(struct wbuf *w, uint32_t domain, struct bytes labels);

/** label_check - is this one label, key=value? LABEL_FINE or what is wrong. */
enum label_fault label_check(struct bytes label);

/** labels_check - are these octets canonical labels? The first fault found. */
enum label_fault labels_check(struct bytes labels);

/* Canonical labels with memory of their own. */
struct labels {
	uint16_t len;
	uint8_t b[LABELS_LEN];
};

static inline struct bytes labels_bytes(const struct labels *l)
{
	return (struct bytes) { l->b, l->len };
}

/**
 * labels_parse - canonical labels of local input
 * @text: "key=value,key=value", in any order
 * @out:  written only on success
 *
 * Return: LABEL_FINE or what is wrong, never LABEL_ORDER.
 */
enum label_fault labels_parse(const char *text, struct labels *out);

/** labels_format - "key=value,key=value" of canonical labels, cut to size (LABELS_STR
 * holds any); Return: buf. */
const char *labels_format(struct bytes labels, char *buf, size_t size);

/**
 * labels_next - go over canonical labels
 * @rest:  what is left; starts as all of them, moved by each call
 * @key, @value: borrowed from it
 *
 * Return: false at the end.
 */
bool labels_next(struct bytes *rest, struct bytes *key, struct bytes *value);

/**
 * attrs_labelset - the attribute among those kept as unknown (attrs.other)
 * @code:  of the attribute; none that has a row in wire/attr.c
 * @value: borrowed, without Partial bit and form of the length; written if there is
 *         such an attribute
 *
 * Return: 0; -ENOENT without one; -EBADMSG if it came with flags other than optional
 * transitive, which makes it malformed whatever is in it.
 */
int attrs_labelset(const struct attrs *a, uint8_t code, struct bytes *value);

/** labelset_is_ours - is this an attribute value of ours, of any version? */
bool labelset_is_ours(const uint8_t *value, size_t len);

/* What says of a route who is behind it. */
struct label_marks {
	uint8_t code;      /* of the label set attribute */
	uint32_t large_as; /* also the large community {as, function, n}, ... */
	uint32_t large_fn; /* ... unless 0; host order */
};

static inline bool label_marks_equal(const struct label_marks *a,
				     const struct label_marks *b)
{
	return a->code == b->code && a->large_as == b->large_as &&
	       a->large_fn == b->large_fn;
}

/** attrs_numbered - is there any number of a group: an extended community of
 * wire/group.h, or the large community? */
bool attrs_numbered(const struct attrs *a, const struct label_marks *m);

/** attrs_numbers_are - are all numbers of groups this one, or its low half? */
bool attrs_numbers_are(const struct attrs *a, const struct label_marks *m,
		       uint32_t number);

/**
 * attrs_unlabel - take off the label set and all numbers of groups
 * @w: where what is left of a list goes when something was taken out of it; must live
 *     as long as a. What does not fit goes, too
 *
 * Return: was there anything?
 */
bool attrs_unlabel(struct attrs *a, const struct label_marks *m, struct wbuf *w);

/** labelset_code_ok - may the attribute have this code? Not one that has a row, nor 0.
 */
bool labelset_code_ok(unsigned code);

#endif
