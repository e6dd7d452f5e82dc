/* fib/bpf_group.h - mappings to several locators, as the ILA programs have them: a
 * number in ila_map_v1 names an entry of ila_group_v1. */
#ifndef FIB_BPF_GROUP_H
#define FIB_BPF_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/maps.h"
#include "fib/bpf_map.h"
#include "lib/ila.h"

struct ila_hops;

/* What a group is made of; as few groups as there are such things. No padding. */
struct bpf_group_key {
	struct ila64 sir;
	uint32_t hops; /* number of struct ila_hops (fib/ila.h) */
	uint32_t csum; /* enum ila_csum */
};

struct bpf_group;

struct bpf_groups {
	struct mirror map;
	struct bpf_group *by_key, *by_nr;
	uint32_t last; /* number given last */
};

void bpf_groups_init(struct bpf_groups *g);
void bpf_groups_fini(struct bpf_groups *g);

/** bpf_groups_get - the number of a group, which mirror_write(&g->map) then brings to
 * the kernel when it is new. */
uint32_t bpf_groups_get(struct bpf_groups *g, const struct bpf_group_key *k,
			const struct ila_hops *h);

/** bpf_groups_find - what a number names; NULL: nothing that we know. */
const struct bpf_group_key *bpf_groups_find(const struct bpf_groups *g, uint32_t nr);

/** bpf_groups_adopt - a mapping of an earlier run names this number, and this is what
 * we know it by. */
void bpf_groups_adopt(struct bpf_groups *g, uint32_t nr, const struct bpf_group_key *k);

/** bpf_groups_forget - a number of struct ila_hops is nobody's any more. */
void bpf_groups_forget(struct bpf_groups *g, uint32_t hops);

/** bpf_group_read - what the kernel has, back to locators and weights. Return: false:
 * this is nothing that we have written. Pure. */
bool bpf_group_read(const struct bpf_ila_group *v, const struct ila64 *sir,
		    struct ila_hops *h, uint32_t *csum);

#endif
