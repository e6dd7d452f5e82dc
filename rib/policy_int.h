/* rib/policy_int.h - a document with its indexes, for rib/policy_*.c alone. */
#ifndef RIB_POLICY_INT_H
#define RIB_POLICY_INT_H

#include "lib/hashidx.h"
#include "rib/policy.h"
#include "wire/labelset.h"

/* Canonical labels taken apart; the bytes are borrowed. */
struct policy_labels {
	uint32_t n;
	struct policy_label {
		struct bytes key, bare, value; /* bare: the key behind its source */
	} l[LABELS_MAX];
};

/** policy_labels_split - Return: false when nothing is known (p NULL) or there are more
 * labels than a set can have. */
bool policy_labels_split(struct bytes labels, struct policy_labels *out);

/** policy_labels_fit - policy_selects() of labels taken apart. */
bool policy_labels_fit(const struct policy_selector *s, const struct policy_labels *l);

/*
 * Which selectors of clauses may fit a label set: each hangs on one of its conditions,
 * the one that it shares with the fewest others. A term is such a condition for one
 * value: a label `key=value`, or the key alone.
 */
struct policy_match {
	struct hashidx by_term; /* hash of the term -> index + 1 */
	struct policy_term *term;
	struct policy_hang *hang; /* lists of selectors, index + 1 */
	uint32_t n_terms, n_hangs;
	uint32_t always; /* list of selectors without any such condition */
};

void policy_match_init(struct policy_match *m, const struct policy_doc *d);
void policy_match_fini(struct policy_match *m);

/** policy_match_each - call fn once or more for each clause with a selector that fits.
 */
void policy_match_each(const struct policy_match *m, const struct policy_labels *l,
		       void (*fn)(void *arg, uint32_t clause), void *arg);

/* Prefixes of all clauses, ascending. */
struct policy_netset {
	struct policy_net *net;
	size_t n;
};

void policy_netset_init(struct policy_netset *s, const struct policy_doc *d);
void policy_netset_fini(struct policy_netset *s);

/** policy_netset_each - call fn with each identity whose addresses are in c. */
void policy_netset_each(const struct policy_netset *s, const struct policy_cidr *c,
			void (*fn)(void *arg, uint32_t identity), void *arg);

/* The port part of one entry. */
struct policy_block {
	uint8_t proto, plen;
	uint16_t port;
};

/** policy_blocks_of - a range as power-of-two blocks, at most POLICY_BLOCKS_MAX.
 * Return: their number. */
unsigned policy_blocks_of(const struct policy_port *p,
			  struct policy_block out[POLICY_BLOCKS_MAX]);

struct policy {
	struct policy_doc *doc;
	struct policy_match match;
	struct policy_netset nets;
	struct policy_block *block; /* of all clauses */
	uint32_t *first_block;      /* of each clause, and one more */
	uint32_t *cluster;          /* clauses that name the entity, ascending */
	uint32_t n_cluster;
};

struct policy_subject {
	const struct policy *policy;
	struct policy_hints hints;
	const struct policy_rule *closed_by[POLICY_DIRS];
	uint32_t *clause; /* ascending */
	size_t n;
	uint64_t *has; /* the same as bits */
};

static inline bool policy_subject_has(const struct policy_subject *s, uint32_t clause)
{
	return s->has[clause / 64] >> (clause % 64) & 1;
}

#endif
