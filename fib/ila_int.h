/* fib/ila_int.h - between fib/ila.c and fib/ila_map.c. */
#ifndef FIB_ILA_INT_H
#define FIB_ILA_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "fib/ila.h"

/** ila_addr_is_local - is it configured on a device of this host? */
bool ila_addr_is_local(const struct fib *f, const struct ila_addr *a);

/** ila_locs_own - a domain's own locator changed: which locators are this host's? */
void ila_locs_own(struct fib *f);

/** ila_loc_forget_told - another backend has the domain: tell it all locators. */
void ila_loc_forget_told(struct fib *f, struct ila_dom *d);
void ila_locs_free(struct fib *f);

/** ila_map_again - look at the mapping of an address again, if there is one. */
void ila_map_again(struct fib *f, const struct ila_addr *a);

/** ila_map_move - have what is wanted in one plane wanted in another too. */
void ila_map_move(struct fib *f, struct ila_dom *d, uint8_t from, uint8_t to);

/** ila_walk - mappings follow locators and domains that changed. */
void ila_walk(struct fib *f);

/** ila_gc - forget locators and hops that nothing names, when there are many. */
void ila_gc(struct fib *f, bool now);

/** ila_multis_sweep - dto., the engine's own words about mappings that went. */
void ila_multis_sweep(struct fib *f);

#endif
