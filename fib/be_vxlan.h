/* fib/be_vxlan.h - VXLAN FDB, bridge FDB, neighbours, flood entries. */
#ifndef FIB_BE_VXLAN_H
#define FIB_BE_VXLAN_H

struct dom;
struct fib;

/** be_vxlan_apply - write up to max differences to the kernel, in batches. */
void be_vxlan_apply(struct fib *f, unsigned max);

/** be_vxlan_leave - delete the neighbours of a domain that is about to leave its
 * bridge; the bridge may live on. */
void be_vxlan_leave(struct fib *f, struct dom *d);

#endif
