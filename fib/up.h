/* fib/up.h - what the engine is told. */
#ifndef FIB_UP_H
#define FIB_UP_H

#include <stdbool.h>
#include <stdint.h>

struct fib;
struct intent_query;
struct up;

/** up_queue - an object changed: tell its state when there is room (coalesced). */
void up_queue(struct fib *f, struct up *u);

/** up_drop - the object is about to be freed: nothing of it is told any more. */
void up_drop(struct fib *f, struct up *u);

/** up_start - a new engine: HELLO, then the whole picture, DUMP_END. */
void up_start(struct fib *f, uint32_t restarts);

/** up_send - as much as the channel takes: results, objects, answers, counters. */
void up_send(struct fib *f);

/** up_query - begin to answer. */
void up_query(struct fib *f, const struct intent_query *q);

/** up_result - a refusal that belongs to no entry (fib/want.h tells those). */
void up_result(struct fib *f, uint16_t table, uint32_t vni, uint32_t cookie, int err,
	       const char *why);

/** up_refusal - the same, all fields given. */
struct intent_result;
void up_refusal(struct fib *f, const struct intent_result *r);

/** up_ila_state - who translates for a domain. */
struct intent_ila_state;
void up_ila_state(struct fib *f, const struct intent_ila_state *s);

/** up_reset - the engine is gone: forget what it was told and asked. */
void up_reset(struct fib *f);

#endif
