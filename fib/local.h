/* fib/local.h - shadow of what the kernel learned on bridges. */
#ifndef FIB_LOCAL_H
#define FIB_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct fib;
struct lfdb;
struct lneigh;

/** lfdb_set - a bridge has a MAC on a port; on the VXLAN device, one without our mark.
 * @flags: FDB_STICKY, FDB_STATIC, LFDB_PERMANENT */
void lfdb_set(struct fib *f, uint32_t bridge, const struct mac *mac, uint32_t port,
	      uint16_t flags);

/** lfdb_gone - it has not, or it is ours now. */
void lfdb_gone(struct fib *f, uint32_t bridge, const struct mac *mac);
struct lfdb *lfdb_find(const struct fib *f, uint32_t bridge, const struct mac *mac);

/** lfdb_is_local - on a port that is not the VXLAN device, learned or static. */
bool lfdb_is_local(const struct fib *f, const struct lfdb *e);

/** lneigh_set, lneigh_gone, lneigh_find - a usable neighbour on a bridge, not ours. */
void lneigh_set(struct fib *f, uint32_t bridge, const struct ip *ip,
		const struct mac *mac, bool permanent, bool router);
void lneigh_gone(struct fib *f, uint32_t bridge, const struct ip *ip);
struct lneigh *lneigh_find(const struct fib *f, uint32_t bridge, const struct ip *ip);

/** local_retell - the VNI of a bridge changed: all on it is told anew. */
void local_retell(struct fib *f, uint32_t bridge);

/** local_link_gone - a device went: forget what was learned on it. */
void local_link_gone(struct fib *f, uint32_t ifindex);

/** local_sweep - after a dump: forget what it did not show, once the kernel, asked
 * for each one, says the same. */
void local_sweep(struct fib *f);

#endif
