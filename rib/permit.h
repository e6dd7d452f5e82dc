/* rib/permit.h - what the endpoints of a host may claim to be: labels and tenants of
 * its routes against lists of the configuration; pure. Where its routes may come from
 * is claim.h's. */
#ifndef RIB_PERMIT_H
#define RIB_PERMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "wire/attrs.h"
#include "wire/labelset.h"
#include "wire/update.h"

struct nlri;

enum { PERMIT_RULES = 256, PERMIT_STR = LABELS_STR + 64 };

/*
 * A label list: rules back to back, each a length (u16) and patterns of labels, spelled
 * like labels but in any order: `key=value`, `key=*`, `key=begin*`. A set is permitted
 * if all of its labels are, by one rule: what two rules permit may not be mixed.
 */
struct label_permit {
	uint8_t *rules; /* owned */
	uint32_t len;
	unsigned n;
};

/* One rule of a tenant list: a route target, or else the numbers of VNIs. Without
 * padding, so that rules compare and hash as bytes. */
struct tenant_rule {
	struct extcom rt;
	uint32_t first, last;
	uint32_t is_rt;
};
_Static_assert(sizeof(struct tenant_rule) == 20, "no padding");

struct tenant_permit {
	struct tenant_rule *rule; /* owned */
	unsigned n;
};

/**
 * label_rule_parse - patterns from text "key=value,key=*"
 * @out: the patterns with a NUL between two; written only on success
 *
 * Return: LABEL_FINE or what is wrong.
 */
enum label_fault label_rule_parse(const char *text, struct labels *out);

/** label_permit_add - one more rule, if it is new. Return: 0, -ENOSPC beyond
 * PERMIT_RULES. label_permit_del: Return: 0, -ENOENT. */
int label_permit_add(struct label_permit *p, struct bytes rule);
int label_permit_del(struct label_permit *p, struct bytes rule);

/** label_permit_next - the next rule; *at starts at 0. Return: false at the end. */
bool label_permit_next(const struct label_permit *p, uint32_t *at, struct bytes *rule);

/** label_permit_has - may there be this canonical set? */
bool label_permit_has(const struct label_permit *p, struct bytes labels);

/**
 * labels_permitted - judge what a route says of who is behind it
 * @assigned: the number that the operator gave to labels, 0 none
 *
 * Nothing said is permitted. A set of ours must be, in whatever domain, and one of a
 * version that we cannot read is not. What is malformed, or not ours, gives nobody an
 * identity, and passes. Numbers of groups are believed as the labels beside them are,
 * and by some without looking at the labels: they pass only beside a set that is
 * permitted, if they are what follows from it, or what is assigned.
 */
bool labels_permitted(const struct label_permit *p, const struct label_marks *m,
		      const struct attrs *a,
		      uint32_t (*assigned)(void *ctx, struct bytes labels), void *ctx);

/** tenant_permit_add, tenant_permit_del - as those of labels. */
int tenant_permit_add(struct tenant_permit *p, const struct tenant_rule *r);
int tenant_permit_del(struct tenant_permit *p, const struct tenant_rule *r);

/**
 * targets_permitted - may a route have all of its route targets?
 * @denied: the first that it may not have, written only then
 *
 * A VNI stands for the targets AS:VNI of any AS, also in the form of RFC 8365 section
 * 5.1.2.1. Targets of 20 octets (RFC 5701) are never permitted.
 */
bool targets_permitted(const struct tenant_permit *p, const struct attrs *a,
		       struct extcom *denied);

/** vnid_permitted - may a host announce identifiers with this VNID? */
bool vnid_permitted(const struct tenant_permit *p, uint32_t vnid);

#endif
