/* fib/ilaval.h - values of the maps that the ILA programs read. Pure. */
#ifndef FIB_ILAVAL_H
#define FIB_ILAVAL_H

#include <stdint.h>

#include "bpf/maps.h"
#include "lib/ila.h"

/** ilaval_prefix - a prefix, locator or identifier as the maps hold it. */
static inline __be64 ilaval_prefix(const struct ila64 *p)
{
	__be64 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

/** ilaval_addr - a SIR address as key. */
static inline struct bpf_ila_addr ilaval_addr(const struct ila_addr *a)
{
	return (struct bpf_ila_addr) { ilaval_prefix(&a->prefix),
				       ilaval_prefix(&a->id) };
}

/** ilaval_to_wire - how an address under a SIR prefix gets a locator. */
struct bpf_ila_rewrite ilaval_to_wire(const struct ila64 *sir,
				      const struct ila64 *locator, enum ila_csum mode);

/** ilaval_from_wire - how an address under a locator gets its SIR prefix back. */
struct bpf_ila_rewrite ilaval_from_wire(const struct ila64 *locator,
					const struct ila64 *sir, enum ila_csum mode);

/**
 * ilaval_group - several locators of one identifier
 * @sir:     its SIR prefix
 * @n:       how many, 1 to BPF_ILA_LOCATORS
 * @locator: each once
 * @weight:  1 or more; shares of the slots are exact to one slot
 * @mode:    of all
 * @out:     written whole
 *
 * Which slots a locator gets depends on it and its share, not on its place in the list:
 * hosts agree, and when one comes or goes few flows of the others move.
 */
void ilaval_group(const struct ila64 *sir, unsigned n, const struct ila64 *locator,
		  const uint16_t *weight, enum ila_csum mode,
		  struct bpf_ila_group *out);

#endif
