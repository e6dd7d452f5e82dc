/* fib/be_ila.h - the kernel's ILA: lwtunnel routes and xlat entries; and plain routes.
 */
#ifndef FIB_BE_ILA_H
#define FIB_BE_ILA_H

#include <stdbool.h>

#include "fib/ila.h"

struct fib;

extern const struct ila_backend be_ila;

/** be_ila_apply - differences of WQ_ROUTE, of whichever plane, at most max. */
void be_ila_apply(struct fib *f, unsigned max);

#endif
