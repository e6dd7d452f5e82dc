/* rib/enforce.h - policy of this host's endpoints, and who has which address, as
 * intents (fib/intent.h) in an order in which no packet is judged by half a policy. */
#ifndef RIB_ENFORCE_H
#define RIB_ENFORCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fib/intent.h"
#include "lib/addr.h"
#include "rib/identity.h"
#include "rib/policy.h"

struct enforce; /* opaque: policies by labels, endpoints, prefixes, group ids */

/* All are called from within the functions below; none may call back. */
struct enforce_hooks {
	/** intent - a record for fib; type and body as in fib/intent.h. */
	void (*intent)(void *ctx, uint16_t type, const void *body);

	/** has_room - may enforce_turn() go on with many records? */
	bool (*has_room)(void *ctx);

	/** address - who has exactly this address or prefix, as address_set() said
	 * last; Return: false: nobody. */
	bool (*address)(void *ctx, uint32_t vni, const struct prefix *p,
			struct identity_addr *out);

	/** changed - something that enforce_load_get() says is another thing now. */
	void (*changed)(void *ctx);

	/** refused - a policy could not be compiled, or fib could not load it. */
	void (*refused)(void *ctx, struct bytes labels, const char *why);
};

/** enforce_new - hooks are borrowed for life, every one must be set. @answers: fib says
 * what became of policies and endpoints; without, all that was sent is taken for done.
 */
struct enforce *enforce_new(const struct enforce_hooks *hooks, void *ctx, bool answers);

/** enforce_free - memory only: no intent is sent. */
void enforce_free(struct enforce *e);

/* ---- what is to be --------------------------------------------------------- */

enum enforce_rule {
	ENFORCE_OPEN,   /* no documents: everything is allowed */
	ENFORCE_CLOSED, /* documents that nobody could read: nothing is */
	ENFORCE_POLICY,
};

/**
 * enforce_policy - from now on this is the policy
 * @p: taken, with ENFORCE_POLICY; else NULL
 *
 * Compiled in turns, for every label set; then all endpoints move over. Up to then the
 * last one is in force, and it stays in force where the new one is refused.
 */
void enforce_policy(struct enforce *e, enum enforce_rule rule, struct policy *p);

/** enforce_policy_now - the newest one given; NULL without. Good until the next call of
 * enforce_policy(). */
const struct policy *enforce_policy_now(const struct enforce *e);

/**
 * enforce_options - what holds for all endpoints
 * @unknown: who an address in an overlay is of that nobody told; IDENTITY_INIT unless
 *	said
 * @connections: room in the connection table, 0 (unless said): the usual
 */
void enforce_options(struct enforce *e, uint32_t unknown, uint32_t connections);

struct enforce_endpoint {
	char ifname[INTENT_IFNAME];
	uint32_t vni; /* 0: ILA */
	uint32_t identity;
	struct bytes labels; /* canonical, copied; p NULL: not known, so it is closed */
	struct mac mac;
	uint16_t flags; /* WORKLOAD_* */
	uint16_t group;
};

/** enforce_endpoint_set - programs are to run on this device; by ifname. */
void enforce_endpoint_set(struct enforce *e, const struct enforce_endpoint *ep);

/** enforce_endpoint_del - nothing happens if there is none. */
void enforce_endpoint_del(struct enforce *e, const char *ifname);

/**
 * enforce_endpoint_close - nobody declares it any more; its device may be there
 *
 * As long as documents are in force nothing passes there (WORKLOAD_CLOSED), until fib
 * says that the device has gone, or it is set again. Without documents it just goes.
 */
void enforce_endpoint_close(struct enforce *e, const char *ifname);

/** enforce_endpoints_begin, enforce_endpoints_end - those that are not set in between
 * are closed, or go. */
void enforce_endpoints_begin(struct enforce *e);
void enforce_endpoints_end(struct enforce *e, bool close);

/** enforce_closed_foreach - devices that are closed like that, in no order.
 * enforce_closed_changes - how often one came or went. */
void enforce_closed_foreach(const struct enforce *e,
			    void (*fn)(void *arg, const struct enforce_endpoint *ep),
			    void *arg);
uint32_t enforce_closed_changes(const struct enforce *e);

/* As the hooks of rib/identity.h: verdicts are changed before an address has a new
 * identity, and after the last one has lost it. */
void enforce_labelset_used(struct enforce *e, uint32_t identity, struct bytes labels);
void enforce_labelset_unused(struct enforce *e, uint32_t identity);
void enforce_address_set(struct enforce *e, const struct identity_addr *a);
void enforce_address_unset(struct enforce *e, const struct identity_addr *a);

/* ---- work ------------------------------------------------------------------ */

/** enforce_turn - as much as suits one turn of the loop and fib has room for. Return:
 * is there more that could be done now? */
bool enforce_turn(struct enforce *e);

/** enforce_idle - is all said that is to be said? */
bool enforce_idle(const struct enforce *e);

/** enforce_resync - fib knows nothing: say it all again, between SYNC_BEGIN and
 * SYNC_END and in turns after. The caller calls identities_resync() right after. */
void enforce_resync(struct enforce *e);

/** enforce_policy_state, enforce_workload_state - what fib answers. */
void enforce_policy_state(struct enforce *e, const struct intent_policy_state *s);
void enforce_workload_state(struct enforce *e, const struct intent_workload_state *s);

/* ---- what there is --------------------------------------------------------- */

enum enforce_wait {
	ENFORCE_READY,
	ENFORCE_WAIT_POLICY,   /* is being compiled, or was not loaded */
	ENFORCE_WAIT_PROGRAMS, /* fib has not said yet that they run */
	ENFORCE_REFUSED,       /* fib says why not */
	ENFORCE_WAITS,
};

/** enforce_wait_name - "ready", "waiting for policy" and so on. */
const char *enforce_wait_name(enum enforce_wait w);

struct enforce_load_info {
	struct enforce_endpoint ep; /* labels: borrowed */
	enum enforce_wait wait;
	uint32_t policy; /* number at fib; 0: open */
	enum enforce_rule rule;
	const char *why; /* borrowed, "" */
};

/** enforce_load_get - by device; Return: false: there is none. */
bool enforce_load_get(const struct enforce *e, const char *ifname,
		      struct enforce_load_info *out);

enum enforce_policy_what {
	ENFORCE_BUILDING, /* not yet with fib */
	ENFORCE_SENT,     /* fib has not said yet */
	ENFORCE_LOADED,
	ENFORCE_FAILED,   /* why */
	ENFORCE_RETIRING, /* until the next one is loaded */
	ENFORCE_WHATS,
};

/** enforce_what_name - "building" and so on. */
const char *enforce_what_name(enum enforce_policy_what w);

struct enforce_policy_info {
	uint32_t number;
	struct bytes labels; /* p NULL: not known */
	enum enforce_rule rule;
	enum enforce_policy_what what;
	uint32_t endpoints; /* with these labels */
	uint32_t verdicts;
	const struct policy *policy;          /* NULL: open or closed */
	const struct policy_subject *subject; /* dto. */
	const char *why;                      /* "" */
};

/** enforce_policy_foreach - in order of numbers. */
void enforce_policy_foreach(const struct enforce *e,
			    void (*fn)(void *arg, const struct enforce_policy_info *i),
			    void *arg);

struct enforce_counts {
	uint32_t identities;              /* with verdicts of their own, or without */
	uint32_t policies[ENFORCE_WHATS]; /* now */
	uint32_t loads[ENFORCE_WAITS];
	uint64_t verdicts;     /* of all policies together */
	uint64_t refused;      /* policies, ever */
	uint64_t in_place;     /* verdicts changed within live policies, ever */
	uint32_t nets, groups; /* prefixes of documents; group ids */
};
void enforce_counts_get(const struct enforce *e, struct enforce_counts *out);

#endif
