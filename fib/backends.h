/* fib/backends.h - the kernel's tables that fib can write. */
#ifndef FIB_BACKENDS_H
#define FIB_BACKENDS_H

#include <stdint.h>

struct fib;
struct ila_backend;

/** backends_apply - write differences, at most max entries per backend. */
void backends_apply(struct fib *f, unsigned max);

/** backends_flush - we end: delete all entries of ours. Nothing that happens later, the
 * kernel telling of it included, makes any again. */
void backends_flush(struct fib *f);

/** ila_backend - of an enum ila_plane; NULL: not built in. */
const struct ila_backend *ila_backend(uint8_t plane);

#endif
