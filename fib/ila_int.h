/* fib/ila_int.h - between the files fib/ila*.c. */
#ifndef FIB_ILA_INT_H
#define FIB_ILA_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "fib/ila.h"

/* ---- ila.c ---- */

/** ila_ip - a SIR address as an address. */
struct ip ila_ip(const struct ila_addr *a);

/** ila_entry_set - an entry that follows from a record, as young as that (gen);
 * ila_entry_unset. */
void ila_entry_set(struct fib *f, const struct want_key *k, struct want_dom *dom,
		   const struct want_val *v, uint16_t gen);
void ila_entry_unset(struct fib *f, const struct want_key *k);

/** ila_unreach_want - unreachable routes of a domain, or none. */
void ila_unreach_want(struct fib *f, const struct ila_dom *d);

/** ila_own_want, ila_own_drop - own locator, in the tables of a plane. */
void ila_own_want(struct fib *f, struct ila_dom *d);
void ila_own_drop(struct fib *f, const struct ila_dom *d, uint8_t plane);

/** ila_addr_is_local - is it configured on a device of this host? */
bool ila_addr_is_local(const struct fib *f, const struct ila_addr *a);

/* ---- ila_ep.c ---- */

/** ila_ep_want - route and entry of an endpoint, by domain and device. */
void ila_ep_want(struct fib *f, struct ila_ep *p);
void ila_ep_drop(struct fib *f, struct ila_ep *p);

/** ila_eps_on - a device came, changed or went. */
void ila_eps_on(struct fib *f, const char *ifname);

/** ila_src_choose - an identifier of the host itself came or went. */
void ila_src_choose(struct fib *f, struct ila_dom *d);

/* ---- ila_plane.c ---- */

/** ila_dom_apply - bring about what is wanted of a domain, its plane first. */
void ila_dom_apply(struct fib *f, struct ila_dom *d);

/** ila_move_end - out of the plane that the domain is moving away from; ila_moves_end:
 * all that are complete in their new one. */
void ila_move_end(struct fib *f, struct ila_dom *d);
void ila_moves_end(struct fib *f);

/** ila_forwarding_ask - is the host a router? */
void ila_forwarding_ask(struct fib *f);

/* ---- ila_map.c ---- */

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
