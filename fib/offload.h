/* fib/offload.h - what devices do with segments of TCP before anybody sees them. */
#ifndef FIB_OFFLOAD_H
#define FIB_OFFLOAD_H

#include <stdbool.h>

struct fib;
struct link;

/** offload_is_single - do segments that come in a tunnel arrive from there one by one?
 * The kernel is asked once; false where it does not say. */
bool offload_is_single(struct fib *f, struct link *l);

/** offload_changed - a device may be another than it was: what hangs on that is asked
 * again. */
void offload_changed(struct fib *f, const struct link *l);

#endif
