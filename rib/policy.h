/* rib/policy.h - policy documents as plain rules, and what follows from them: verdicts
 * for the labels of a local endpoint and for each peer. Pure: no text, no sockets. */
#ifndef RIB_POLICY_H
#define RIB_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "wire/attrs.h"

/* Numbers of the verdict key. */
enum policy_dir { POLICY_INGRESS, POLICY_EGRESS, POLICY_DIRS };

/* Identities that are the same on every host; 0 as a key is any peer. */
enum {
	IDENTITY_ANY = 0,
	IDENTITY_HOST = 1,
	IDENTITY_WORLD = 2,
	IDENTITY_INIT = 5,
	IDENTITY_REMOTE_NODE = 6,
};
/* Of a prefix that a document names: this and 24 bits that follow from the prefix. */
#define IDENTITY_CIDR_BASE 0x01000000u

/* What the documents of one configuration may hold together. */
enum {
	POLICY_RULES_MAX = 16384,
	POLICY_CLAUSES_MAX = 65536,
	POLICY_SELECTORS_MAX = 65536,
	POLICY_EXPRS_MAX = 64,  /* conditions of one selector */
	POLICY_VALUES_MAX = 64, /* values of one condition */
	POLICY_PORTS_MAX = 256, /* ports and types of one clause */
	POLICY_CIDRS_MAX = 65536,
	POLICY_BLOCKS_MAX = 32,        /* entries of one range of ports */
	POLICY_VERDICTS_MAX = 1 << 20, /* of one label set */
};

/* ---- the document ------------------------------------------------------------- */

enum policy_op { POLICY_IN, POLICY_NOT_IN, POLICY_EXISTS, POLICY_NOT_EXISTS };

/* One condition on labels. */
struct policy_expr {
	enum policy_op op;
	bool any_source; /* key is what follows "source:" in the labels, if that is
			    there */
	const char *key;
	uint32_t n; /* values: at least one for (NOT_)IN, else none */
	const char **value;
};

/* All conditions hold; without any it selects every known label set. */
struct policy_selector {
	uint32_t n;
	struct policy_expr *expr;
};

/* Addresses that are no endpoint's: the prefix without the excepted ones in it. */
struct policy_cidr {
	struct prefix prefix;
	uint32_t n; /* except */
	struct prefix *except;
};

/* Ports of one protocol, or ICMP types (from = to = type). 0 to 65535 is all. */
struct policy_port {
	uint8_t proto; /* 6, 17, 132; 1, 58 */
	uint16_t from, to;
};

enum {
	POLICY_ENT_ALL = 1 << 0,
	POLICY_ENT_WORLD = 1 << 1,
	POLICY_ENT_HOST = 1 << 2,
	POLICY_ENT_REMOTE_NODE = 1 << 3,
	POLICY_ENT_CLUSTER = 1 << 4, /* every known identity, host, remote-node, init */
	POLICY_ENT_INIT = 1 << 5,
};

/*
 * One member of ingress, egress, ingressDeny or egressDeny: a peer part (any of its
 * selectors, entities and prefixes) and a port part (any of its ports), both of which
 * must fit. Its number in verdicts and counters is its index in the document + 1.
 */
struct policy_clause {
	uint32_t rule;    /* index */
	const char *path; /* in the file: spec.ingress[0] */
	enum policy_dir dir;
	bool deny;
	bool any_peer; /* no peer part; otherwise empty lists mean nobody */
	bool any_port; /* no port part: all protocols */
	uint8_t entities;
	uint32_t n_selectors, n_cidrs, n_ports;
	struct policy_selector *selector;
	struct policy_cidr *cidr;
	struct policy_port *port;
};

/* A rule: whose traffic, and which directions are closed but for what clauses allow. */
struct policy_rule {
	const char *name; /* as its author named it, or the path */
	const char *file, *path;
	struct policy_selector subject;
	bool default_deny[POLICY_DIRS];
	uint32_t first, n; /* clauses */
};

/* All files of one configuration; everything in it lives as long as it. */
struct policy_doc {
	struct policy_rule *rule;
	uint32_t n_rules, cap_rules;
	struct policy_clause *clause;
	uint32_t n_clauses, cap_clauses;
	uint32_t n_selectors, n_cidrs; /* so far, for the limits */
	struct policy_chunk *memory;
};

struct policy_doc *policy_doc_new(void);
void policy_doc_free(struct policy_doc *d);

/** policy_alloc - zeroed memory that lives as long as the document; never NULL. */
void *policy_alloc(struct policy_doc *d, size_t n, size_t size);

/** policy_str - copy of len bytes, terminated, that lives as long as the document. */
const char *policy_str(struct policy_doc *d, const char *s, size_t len);

/** policy_doc_rule, policy_doc_clause - one more, zeroed; NULL at the limit. The
 * pointer is good until the next call. A clause belongs to the last rule. */
struct policy_rule *policy_doc_rule(struct policy_doc *d);
struct policy_clause *policy_doc_clause(struct policy_doc *d);

/* ---- selectors (rib/policy_match.c) ------------------------------------------- */

/**
 * policy_selects - does the selector fit these labels?
 * @labels: canonical label set (`key=value`, NUL between two); p NULL: not known,
 *          which no selector fits; length 0 with p: known to have none
 */
bool policy_selects(const struct policy_selector *s, struct bytes labels);

/* ---- a document made ready ---------------------------------------------------- */

struct policy; /* a document with indexes: selectors by label, numbers of prefixes */

/** policy_new - takes the document. */
struct policy *policy_new(struct policy_doc *d);
void policy_free(struct policy *p);
const struct policy_doc *policy_doc_of(const struct policy *p);

/* A prefix that rules name (or except), with the identity of addresses of which it is
 * the longest such prefix. */
struct policy_net {
	struct prefix prefix;
	uint32_t identity;
};

/** policy_nets - all of them, in the order of prefix_cmp(); borrowed. Prefixes have the
 * same numbers in every document, unless their 24 bits collide. */
const struct policy_net *policy_nets(const struct policy *p, size_t *n);

/** policy_net_find - the longest that holds the address, or NULL. */
const struct policy_net *policy_net_find(const struct policy *p, const struct ip *a);

/* ---- peers and subjects ------------------------------------------------------- */

/*
 * An identity as the document sees it: the clauses whose peer part names it, whoever
 * the subject is. One per identity, good as long as the policy.
 */
struct policy_peer {
	uint32_t identity;
	uint32_t n;
	uint32_t clause[]; /* indexes, ascending */
};

/**
 * policy_peer_new - returns owned, free()
 * @identity: number, not 0 and none of the reserved or prefix ones
 * @labels:   as in policy_selects(); p NULL: an identity whose labels nobody told,
 *            which is of the cluster and otherwise fits rules without peers only
 */
struct policy_peer *policy_peer_new(const struct policy *p, uint32_t identity,
				    struct bytes labels);

/*
 * What an endpoint record needs to know. Shapes: bit plen 0..16 = protocol and that
 * many bits of the port, bit 17 = no protocol. They follow from document and labels
 * alone, whoever the peers are: a verdict that comes later never needs another bit.
 */
enum { POLICY_SHAPE_NO_PROTO = 17 };

struct policy_hints {
	uint32_t shape_id[POLICY_DIRS], shape_any[POLICY_DIRS];
	bool open[POLICY_DIRS]; /* everything is allowed: nothing need be probed */
	bool deny[POLICY_DIRS]; /* probe all shapes, a deny wins */
};

struct policy_subject; /* a local label set: the rules that are about it */

/** policy_subject_new - returns owned; good as long as the policy. Labels that are not
 * known (p NULL) are subject to no rule: the caller must not let them pass for that. */
struct policy_subject *policy_subject_new(const struct policy *p, struct bytes labels);
void policy_subject_free(struct policy_subject *s);
const struct policy_hints *policy_subject_hints(const struct policy_subject *s);

/** policy_subject_closed_by - a rule that makes this direction default deny, or NULL.
 */
const struct policy_rule *policy_subject_closed_by(const struct policy_subject *s,
						   enum policy_dir dir);

/** policy_subject_clauses - indexes of the clauses that decide something for it,
 * ascending; borrowed. Allowing clauses of an open direction decide nothing. */
const uint32_t *policy_subject_clauses(const struct policy_subject *s, size_t *n);

/* ---- verdicts ----------------------------------------------------------------- */

enum { POLICY_DENY = 1 };

/* One entry of a verdict map. */
struct policy_verdict {
	uint32_t identity; /* 0: any peer */
	uint8_t dir, proto, plen, flags;
	uint16_t port; /* host order, bits behind plen zero; ICMP: the type, plen 16 */
	uint16_t pad;
	uint32_t rule; /* number of the clause; 0: the direction is not default deny */
};

struct policy_verdicts {
	struct policy_verdict *v; /* ascending by key, each key once */
	size_t n, cap;
};

/** policy_verdict_cmp - by key. */
int policy_verdict_cmp(const struct policy_verdict *a, const struct policy_verdict *b);

/** policy_verdicts_fini - free the memory, leave an empty list. */
void policy_verdicts_fini(struct policy_verdicts *l);

/**
 * policy_compile - all verdicts of a subject
 * @peers: every known identity, in any order, each number once
 * @out:   initialised; replaced on success, untouched otherwise
 *
 * Return: 0; -E2BIG when there would be more than POLICY_VERDICTS_MAX.
 */
int policy_compile(const struct policy_subject *s,
		   const struct policy_peer *const *peers, size_t n,
		   struct policy_verdicts *out);

/**
 * policy_compile_peer - the verdicts of a subject that name this identity: what to add
 * when it becomes known, what to remove when it is no more. Same rules for out.
 */
int policy_compile_peer(const struct policy_subject *s, const struct policy_peer *peer,
			struct policy_verdicts *out);

/* A packet as a verdict map sees it. */
struct policy_flow {
	uint32_t identity; /* of the peer */
	uint8_t proto;
	uint16_t port; /* destination, host order; ICMP: the type */
	bool no_port;  /* a later fragment: only shapes without port bits count */
};

/**
 * policy_lookup - the entry that decides, as the programs find it; NULL: drop
 *
 * By length of the port match, then protocols, then without protocol; at each step
 * the identity before any. A deny wins wherever it is.
 */
const struct policy_verdict *policy_lookup(const struct policy_verdicts *l,
					   const struct policy_hints *h,
					   enum policy_dir dir,
					   const struct policy_flow *flow);

#endif
