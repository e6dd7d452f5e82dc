/* bgpd/policy.h - documents of policy: which are in force, and since when; and policy
 * of endpoints between tables, tenants and fib. */
#ifndef BGPD_POLICY_H
#define BGPD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fib/intent.h"

struct config;
struct enforce;
struct engine;
struct out;
struct policy_doc;

enum policy_source {
	POLICY_NONE,   /* none is configured: everything is allowed */
	POLICY_FILES,  /* as the files said when they were read last */
	POLICY_KEPT,   /* as an earlier run read them: now they cannot be */
	POLICY_CLOSED, /* nobody knows: nothing is allowed */
};

/** policy_source_name - "none", "files" and so on. */
const char *policy_source_name(enum policy_source s);

/* The engine's part. */
struct policy_view {
	struct enforce *enforce;
	enum policy_source source;
	char *text;       /* documents in force, as they are kept; NULL: none */
	char error[800];  /* of the last attempt that failed since; "" */
	bool ok;          /* the last attempt */
	int64_t epoch_s;  /* last success */
	uint64_t refused; /* attempts that failed */
	struct intent_drop_counters drops;
	uint32_t closed_saved; /* enforce_closed_changes() as the file has them */
};

/* Documents that were read and are good, but not in force yet. */
struct policy_docs {
	bool same; /* nothing is to change */
	enum policy_source source;
	struct policy_doc *doc;
	char *text;
};

/** policy_check - are the documents of a configuration good? For -C. Return: 0, or
 * -errno with a line in err. */
int policy_check(const struct config *c, char *err, size_t errlen);

/**
 * policy_prepare - read the documents of a configuration that is to come
 *
 * All or nothing: a bad one is an error, except at the start, when what an earlier run
 * kept is taken, or nothing is allowed. Return: 0, *out is for policy_commit() or
 * policy_abandon(); -errno with a line in err.
 */
int policy_prepare(struct engine *e, const struct config *c, struct policy_docs *out,
		   char *err, size_t errlen);
void policy_commit(struct engine *e, struct policy_docs *d);
void policy_abandon(struct policy_docs *d);

void policy_init(struct engine *e);
void policy_fini(struct engine *e);

/** policy_endpoints - all declared endpoints again, in the networks of a configuration.
 */
void policy_endpoints(struct engine *e, const struct config *c);

/** policy_endpoint - one is new or changed; was: the device it had before, NULL. */
void policy_endpoint(struct engine *e, const char *name, const char *was);

/** policy_closed_load, policy_closed_save - devices that are closed because nobody
 * declares them any more, over restarts; policy_closed_show: in an open object. */
void policy_closed_load(struct engine *e);
void policy_closed_save(struct engine *e);
void policy_closed_show(const struct engine *e, struct out *o);

/** policy_counts_begin - what rules counted up to now was for other documents. */
void policy_counts_begin(struct engine *e);

/** policy_consume, policy_idle, policy_record - as those of evpn.c. */
bool policy_consume(struct engine *e);
bool policy_idle(const struct engine *e);
void policy_record(struct engine *e, const struct intent_hdr *h, const void *body);

#endif
