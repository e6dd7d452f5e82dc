/* bgpd/policy_json_int.h - a JSON value and where it stands, for bgpd/policy_json*.c.
 */
#ifndef BGPD_POLICY_JSON_INT_H
#define BGPD_POLICY_JSON_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "bgpd/policy_json.h"
#include "lib/util.h"
#include "rib/policy.h"

enum { POLICY_PATH_MAX = 256 };

/* Where the reader stands. Its functions return false once something was wrong, which
 * is then in err; nobody goes on after that. */
struct policy_reader {
	struct policy_doc *doc;
	struct policy_err *err;
	const char *name; /* of the file, as long as the document */
	char path[POLICY_PATH_MAX];
	size_t len;

	/* Of the document that is being read: */
	const char *title; /* metadata.name, or NULL */
	const char *space; /* metadata.namespace, or NULL */
	bool closed_form;  /* an object of today: `{}` is no rule in it */
};

/** policy_fail - say what is wrong at this path. Return: false. */
bool policy_fail(struct policy_reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** policy_down - the path goes on with .key or [index]. Return: for policy_up(). */
size_t policy_down(struct policy_reader *r, const char *key);
size_t policy_down_index(struct policy_reader *r, size_t index);
void policy_up(struct policy_reader *r, size_t at);

/* A member of an object: one row says who reads it. */
struct policy_key {
	const char *name;
	bool (*read)(struct policy_reader *r, json_t *value, void *arg);
	bool needed;
	const char *why_not; /* no read: what to say to its author */
};

/** policy_object - read the members of an object by rows; others are errors. */
bool policy_object(struct policy_reader *r, json_t *value, const struct policy_key *row,
		   size_t rows, void *arg);

/** policy_array - call read for each element, whose type it checks. */
bool policy_array(struct policy_reader *r, json_t *value,
		  bool (*read)(struct policy_reader *r, json_t *value, void *arg),
		  void *arg);

/** policy_some - is it an array with 1 to max elements? max 0: any number. */
bool policy_some(struct policy_reader *r, json_t *value, size_t max);

bool policy_string(struct policy_reader *r, json_t *value, const char **out);
bool policy_number(struct policy_reader *r, json_t *value, unsigned min, unsigned max,
		   unsigned *out);
bool policy_flag(struct policy_reader *r, json_t *value, bool *out);

/** policy_ignore - for members without effect. */
bool policy_ignore(struct policy_reader *r, json_t *value, void *arg);

/** policy_selector - {matchLabels, matchExpressions} into s, which is empty. */
bool policy_selector(struct policy_reader *r, json_t *value, struct policy_selector *s);

/** policy_namespace_add - and: it is in this namespace. */
void policy_namespace_add(struct policy_reader *r, struct policy_selector *s,
			  const char *const *name, uint32_t n);

/** policy_names_namespace - does it say itself in which namespaces? */
bool policy_names_namespace(const struct policy_selector *s);

/** policy_selectors_room - of n selectors. Return: false past the limit. */
bool policy_selectors_room(struct policy_reader *r, size_t n);

/** policy_subject - the selector of a rule: of endpoints in the namespace of the
 * document, if it has one. */
bool policy_subject(struct policy_reader *r, json_t *value, struct policy_selector *s);

/** policy_prefix - "10.0.0.0/8" or an address into out. */
bool policy_prefix(struct policy_reader *r, json_t *value, struct prefix *out);

/** policy_block - the members cidr and except of an object, whose other members are
 * the caller's; the prefix first, wherever it stands. */
bool policy_block(struct policy_reader *r, json_t *value, struct policy_cidr *c);

/** policy_cidrs_room - of n prefixes. Return: false past the limit. */
bool policy_cidrs_room(struct policy_reader *r, size_t n);

/** policy_proto - TCP, UDP, SCTP, and unless exact ANY, which is 0, in any case. */
bool policy_proto(struct policy_reader *r, json_t *value, bool exact, uint8_t *out);

/* An entry of ports while it is read. */
struct policy_port_read {
	uint8_t proto;
	unsigned from, to; /* from 0: any port; to 0: no endPort */
};

/** policy_end_port - reader of endPort; arg: struct policy_port_read. */
bool policy_end_port(struct policy_reader *r, json_t *value, void *arg);

/** policy_port_range - is it one, when all members are read? Sets to if nothing did. */
bool policy_port_range(struct policy_reader *r, struct policy_port_read *p);

/** policy_new_rule, policy_new_clause - one more, with name and path; NULL: failed. */
struct policy_rule *policy_new_rule(struct policy_reader *r);
struct policy_clause *policy_new_clause(struct policy_reader *r, enum policy_dir dir,
					bool deny);

/** policy_read_rule - a rule of Cilium's form, of either time. */
bool policy_read_rule(struct policy_reader *r, json_t *value, void *arg);

/** policy_read_netpol - the spec of a Kubernetes NetworkPolicy. */
bool policy_read_netpol(struct policy_reader *r, json_t *value, void *arg);

#endif
