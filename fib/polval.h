/* fib/polval.h - wanted values as the maps of bpf/polmaps.h and netmaps.h have them,
 * and back. Pure. */
#ifndef FIB_POLVAL_H
#define FIB_POLVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/netmaps.h"
#include "bpf/polmaps.h"
#include "fib/bpf_prog.h"
#include "fib/want.h"

enum { POLVAL_KEY = 24, POLVAL_VALUE = 44 }; /* bytes, at most */

/** polval_addr - an address within its scope. */
struct bpf_pol_addr polval_addr(uint32_t vni, const struct ip *ip);

/** polval_map - which map has an entry. */
enum bpf_map_id polval_map(const struct want_key *k);

/** polval_key, polval_value - into key[POLVAL_KEY], value[POLVAL_VALUE]; the way
 * to a VTEP is not said. */
void polval_key(const struct want_key *k, void *key);
void polval_value(const struct want_key *k, const struct want_val *v, void *value);

/** polval_read - back from what a map has. Return: false: no record can say this key.
 * A value that we would not write has WV_STRANGE; any way leads to a VTEP. */
bool polval_read(enum bpf_map_id m, const void *key, const void *value,
		 struct want_key *k, struct want_val *v);

/* The way to a VTEP: by that device, 0: none that programs can send by; to that
 * neighbour, len 0: not known; outer packets so large, 0: as the device has it. */
struct polval_way {
	uint32_t ifindex;
	uint16_t mtu;
	struct ip via;
};

/** polval_way_set, polval_way - of a value of net_fdb_v2. */
void polval_way_set(void *value, const struct polval_way *w);
struct polval_way polval_way(const void *value);

/** polval_verdict - a verdict of the engine. */
struct intent_verdict;
void polval_verdict(const struct intent_verdict *i, struct bpf_pol_key *k,
		    struct bpf_pol_verdict *v);

/** polval_vtep - an address as the net maps have it. Return: is it IPv6? */
bool polval_vtep(const struct ip *ip, __be32 out[4]);

#endif
