/* rib/labels.h - sets of labels: equal sets are one object, and have one number. */
#ifndef RIB_LABELS_H
#define RIB_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/policy.h"
#include "wire/attrs.h"
#include "wire/labelset.h"

/* Identities beside those of rib/policy.h: one number for all who have the same labels.
 */
enum identity_range {
	IDENTITY_FIRST = 0x100,     /* below: reserved, never of labels */
	IDENTITY_TWIN = 0x02000000, /* and 24 bits: sets that derive one number, here */
	IDENTITY_LOCAL_END =
		0x03000000, /* from IDENTITY_CIDR_BASE to this: here only */
};
#define IDENTITY_DERIVED 0x80000000u /* bit of all that is derived from labels */

/** identity_from_wire - may a peer claim this number? Not one that is reserved, nor one
 * that means something on one host only. */
static inline bool identity_from_wire(uint32_t n)
{
	return n >= IDENTITY_FIRST &&
	       (n < IDENTITY_CIDR_BASE || n >= IDENTITY_LOCAL_END);
}

/**
 * labels_number - the number that follows from labels, the same on every host
 *
 * The first four octets, big-endian, of SHA-256 over
 *
 *   0  u32     domain, big-endian
 *   4  labels  canonical, as they stand in the attribute behind its head: key=value,
 *              ascending, a NUL between two and none at the end
 *
 * with the top bit set, and bit 8 when the low 16 bits are below 256, so that these can
 * be a group policy id.
 */
uint32_t labels_number(uint32_t domain, struct bytes labels);

/**
 * labels_canonical - labels of an operator, "key=value,key=value" in any order
 * @out: the same text in canonical order; may be `text` itself
 * @err: one line that names the label that is wrong
 *
 * No labels at all are fine. Return: 0, -EINVAL.
 */
int labels_canonical(const char *text, char out[LABELS_STR], char *err, size_t errlen);

/** labels_select - of canonical text, the labels with one of these keys, canonical. */
void labels_select(const char *text, const char *const *keys, size_t n_keys,
		   struct labels *out);

/* ---- the table --------------------------------------------------------- */

/* Peers decide how many there are. Twins are for nothing but accidents: 100 000 sets
 * have about two pairs. */
enum {
	LABELSETS_MAX = 200000,
	LABELSETS_BYTES_MAX = 96 << 20,
	LABELSETS_TWINS = 256,
	LABELSETS_ASSIGNS = 1024,
};

enum labelset_origin {
	LABELS_DERIVED,
	LABELS_ASSIGNED, /* by the operator */
	LABELS_TWIN,    /* another set derives the same number: one of this host only */
	LABELS_UNKNOWN, /* a number without labels: there is nothing but the number */
};

struct labelset {
	uint32_t number;     /* in force */
	uint8_t origin;      /* enum labelset_origin */
	struct bytes labels; /* canonical; p NULL: not known */
	uint32_t refs;
	uint32_t local, remote, mapped; /* addresses that have it (rib/identity.c) */
};

/* A number that the operator gives to a set; LABELSETS_ASSIGNS at most. */
struct labels_assign {
	uint32_t number; /* IDENTITY_FIRST .. IDENTITY_CIDR_BASE - 1 */
	struct labels labels;
};

struct labelsets; /* opaque; sets are named by handles, 0 is none */

struct labelsets_hooks {
	/** renumbered - a set has another number now; called after the change.
	 * Meanwhile no other set has the new number, nor the old one. */
	void (*renumbered)(void *ctx, uint32_t set, uint32_t old);
};

/** labelsets_new - hooks are borrowed for life. */
struct labelsets *labelsets_new(uint32_t domain, const struct labelsets_hooks *hooks,
				void *ctx);
void labelsets_free(struct labelsets *s);

/** labelsets_assign - what the operator assigns, each number and each set once;
 * borrowed for the call. All numbers follow. */
void labelsets_assign(struct labelsets *s, const struct labels_assign *assign,
		      size_t n);

/**
 * labelsets_intern - the one object for these labels
 *
 * Return: a counted handle; 0 when there are too many, or too many twins.
 */
uint32_t labelsets_intern(struct labelsets *s, struct bytes labels);

/** labelsets_unknown - the same for a number that came without labels. */
uint32_t labelsets_unknown(struct labelsets *s, uint32_t number);

uint32_t labelsets_ref(struct labelsets *s, uint32_t set);

/** labelsets_unref - the last one frees it; 0 is fine. */
void labelsets_unref(struct labelsets *s, uint32_t set);

/** labelsets_at - of a handle that is in use. */
struct labelset *labelsets_at(const struct labelsets *s, uint32_t set);

/** labelsets_derived - the number that labels_number() gives it, whatever is in force.
 */
uint32_t labelsets_derived(const struct labelsets *s, uint32_t set);

/** labelsets_next - all handles in no order; begin with 0. Return: 0 at the end. */
uint32_t labelsets_next(const struct labelsets *s, uint32_t after);

uint32_t labelsets_count(const struct labelsets *s);
size_t labelsets_bytes(const struct labelsets *s);

#endif
