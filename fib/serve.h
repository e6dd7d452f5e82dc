/* fib/serve.h - intents: every field checked, then acted on. */
#ifndef FIB_SERVE_H
#define FIB_SERVE_H

#include <stddef.h>

struct fib;
struct fib_opts;
struct intent_hdr;

/** serve_record - one record from the engine, of the size its type has. */
void serve_record(struct fib *f, const struct intent_hdr *h, const void *body);

/** serve_ahead - this record comes soon. */
void serve_ahead(struct fib *f, const struct intent_hdr *h, const void *body);

/**
 * serve_check - may this record be acted on at all?
 * @why: out: reason, static text, when it may not
 *
 * Pure: looks at the record and the limits of the command line only.
 * Return: 0; -EINVAL: a field is impossible; -EPERM: outside the limits.
 */
int serve_check(const struct fib_opts *o, const struct intent_hdr *h, const void *body,
		const char **why);

#endif
