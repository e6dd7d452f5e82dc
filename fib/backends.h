/* fib/backends.h - the kernel's tables that fib can write. */
#ifndef FIB_BACKENDS_H
#define FIB_BACKENDS_H

struct fib;

/** backends_apply - write differences, at most max entries per backend. */
void backends_apply(struct fib *f, unsigned max);

/** backends_flush - delete all entries of ours. */
void backends_flush(struct fib *f);

#endif
