/* fib/seen.h - what a neighbour message says about entries and the local shadow. */
#ifndef FIB_SEEN_H
#define FIB_SEEN_H

#include <stdbool.h>

struct fib;
struct nlmsghdr;

/* How far a message is to be trusted (fib/watch.h). */
enum seen_from {
	SEEN_EVENT, /* may be older than our last write */
	SEEN_TRUTH, /* answer to a question just asked */
	SEEN_DUMP,  /* dto., and entries unknown so far are somebody's */
	SEEN_FIRST, /* dto., and what carries our mark is adopted */
};

/** seen_neigh - RTM_NEWNEIGH or RTM_DELNEIGH of any family. */
void seen_neigh(struct fib *f, const struct nlmsghdr *h, enum seen_from from);

/** seen_sweep - after a dump: entries it did not show are asked for, or written
 * again. */
void seen_sweep(struct fib *f);

#endif
