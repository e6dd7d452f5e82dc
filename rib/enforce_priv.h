/* rib/enforce_priv.h - between the files rib/enforce*.c. */
#ifndef RIB_ENFORCE_PRIV_H
#define RIB_ENFORCE_PRIV_H

#include <sys/queue.h>

#include "rib/enforce.h"
#include "rib/table.h"

/* An identity that addresses have. Its index in the table is that of its peers. */
struct en_ident {
	struct table_node node;
	uint32_t number;     /* 0: this place is free */
	struct bytes labels; /* borrowed as long as it is in use */
};

/* A state of the documents, as long as some policy is made from it. */
struct en_gen {
	TAILQ_ENTRY(en_gen) link;
	enum enforce_rule rule;
	struct policy *p;
	unsigned refs;
	struct policy_peer **peer; /* by index of the identity; NULL: not made yet */
	uint32_t n_peers;
	uint32_t indexed; /* identities up to here have theirs */
};

enum en_state { EN_WAIT, EN_STREAM, EN_SENT };

/* The verdicts of one label set after one state of the documents. */
struct en_policy {
	struct table_node node; /* hash: its number */
	uint32_t number;        /* 0: everything is allowed, fib is told nothing */
	uint32_t subject;
	struct en_gen *gen;
	struct policy_subject *ps; /* NULL: open, or closed */
	uint8_t state;             /* enum en_state */
	bool todo, loaded;
	bool held;     /* refused before fib heard of it */
	bool too_long; /* to compile: refused, whatever fib says of what it got */
	uint32_t n;    /* verdicts in it, or to be */
	struct policy_verdicts list;
	size_t at; /* sent of them */
	int32_t err;
	char why[64];
	TAILQ_ENTRY(en_policy) link; /* of those that are to be built */
	struct en_policy *older;     /* en_subject.old */
};

/* Labels that endpoints of this host have. */
struct en_subject {
	struct table_node node;
	uint8_t *labels; /* owned; NULL: not known */
	size_t len;
	uint32_t users; /* loads, and those that have not left yet */
	LIST_HEAD(, en_load) loads;
	struct en_policy *live; /* what endpoints are told to have */
	struct en_policy *next; /* of the newest document, not live yet */
	struct en_policy *old;  /* in force until live is loaded */
};

struct en_load {
	struct table_node node;
	struct enforce_endpoint ep; /* without labels */
	uint32_t subject;
	uint32_t was; /* the one whose policy fib knows it with; 0: that one, or none */
	bool queued;
	bool sent;
	bool stale;      /* not set again yet */
	uint32_t policy; /* as sent */
	bool answered;
	int32_t err;
	char why[64];
	TAILQ_ENTRY(en_load) link; /* of those to be sent */
	LIST_ENTRY(en_load) of_subject;
};

/* Prefixes that a document names, as policy_nets() has them. */
struct en_nets {
	unsigned refs;
	size_t n;
	struct policy_net v[];
};

/* A network with endpoints: prefixes are told for each. */
struct en_scope {
	struct table_node node; /* hash: vni */
	uint32_t vni;
	uint32_t loads;
	struct en_nets *sent; /* NULL: none */
	struct en_nets *to;   /* on the way to these, while busy */
	bool busy, added;     /* added: what is new was sent, what is old was not */
	size_t at;
};

/* Addresses of a network with one identity. */
struct en_count {
	struct table_node node;
	uint32_t vni, identity;
	uint32_t n;
};

/* Identities of a network with one group policy id. */
struct en_group {
	struct table_node node;
	uint32_t vni;
	uint16_t group;
	uint32_t n;
	uint32_t mixed; /* all of them xor: the one, where n is 1 */
	uint32_t told;
};

enum en_phase {
	EN_REST,
	EN_BUILD, /* policies of `target` are made and sent */
	EN_NETS,  /* then its prefixes, new ones first */
	EN_CLEAN, /* endpoints have moved; prefixes of the old one go */
};

struct enforce {
	const struct enforce_hooks *hooks;
	void *ctx;
	bool answers;
	enum en_phase phase;
	struct en_gen *now;    /* of the policies in force */
	struct en_gen *target; /* the newest, in phases other than EN_REST */
	struct en_gen *queued; /* comes after that; NULL */
	TAILQ_HEAD(, en_gen) gens;
	struct en_nets *nets; /* of now, or of target from EN_NETS on */
	struct table idents, policies, subjects, loads, scopes, counts, groups;
	uint32_t last_number;
	struct intent_policy_opt opt;
	bool hello; /* INTENT_POLICY_OPT is out */
	TAILQ_HEAD(, en_policy) todo;
	TAILQ_HEAD(, en_load) due;
	uint64_t refused, in_place;
	uint32_t closed_changes;
};

static inline struct en_ident *ident_at(const struct enforce *e, uint32_t i)
{
	return table_at(&e->idents, i);
}

static inline struct en_subject *subject_at(const struct enforce *e, uint32_t i)
{
	return table_at(&e->subjects, i);
}

static inline struct en_policy *policy_at(const struct enforce *e, uint32_t i)
{
	return table_at(&e->policies, i);
}

static inline struct en_load *load_at(const struct enforce *e, uint32_t i)
{
	return table_at(&e->loads, i);
}

static inline struct bytes subject_labels(const struct en_subject *s)
{
	return (struct bytes) { s->labels, s->len };
}

static inline void emit(struct enforce *e, uint16_t type, const void *body)
{
	e->hooks->intent(e->ctx, type, body);
}

/* ---- enforce.c ---- */

struct en_gen *en_gen_ref(struct en_gen *g);
void en_gen_unref(struct enforce *e, struct en_gen *g);

/** en_gen_newest - what a policy that is begun now is made from. */
struct en_gen *en_gen_newest(const struct enforce *e);

/* ---- enforce_policy.c ---- */

/** en_policy_begin - of a label set, from a state of the documents; to be built. */
struct en_policy *en_policy_begin(struct enforce *e, uint32_t subject,
				  struct en_gen *g);

/** en_policy_drop - and from fib, if it is there. */
void en_policy_drop(struct enforce *e, struct en_policy *p);
struct en_policy *en_policy_find(const struct enforce *e, uint32_t number);

/** en_policies_work - Return: is there more that could be done now? */
bool en_policies_work(struct enforce *e);

/** en_index_work - peers of the newest documents; Return: as before. */
bool en_index_work(struct enforce *e, struct en_gen *g);

/* ---- enforce_load.c ---- */

/** en_subject_built - its next policy is with fib, or cannot be. */
void en_subject_built(struct enforce *e, uint32_t subject);

/** en_subject_swap - next becomes live. */
void en_subject_swap(struct enforce *e, uint32_t subject);

/** en_subject_settled - the live one is loaded: others go. */
void en_subject_settled(struct enforce *e, uint32_t subject);
void en_loads_work(struct enforce *e);

/** en_closed_drop - nothing is to be closed any more. */
void en_closed_drop(struct enforce *e);

/** en_loads_settle - endpoints have no other label set than their own any more. */
void en_loads_settle(struct enforce *e);

/* ---- enforce_addr.c ---- */

struct en_nets *en_nets_of(const struct policy *p);
struct en_nets *en_nets_ref(struct en_nets *n);
void en_nets_unref(struct en_nets *n);
void en_scope_use(struct enforce *e, uint32_t vni);
void en_scope_unuse(struct enforce *e, uint32_t vni);

/** en_scopes_work - prefixes towards e->nets. @remove: those that are no more, too.
 * Return: is all done? */
bool en_scopes_work(struct enforce *e, bool remove);

/** en_scopes_done - without doing anything: dto. */
bool en_scopes_done(const struct enforce *e);
void en_scopes_forget(struct enforce *e);

#endif
