/* fib/bpf_prog.h - our programs and their maps in the kernel, pinned so that they
 * outlive us. */
#ifndef FIB_BPF_PROG_H
#define FIB_BPF_PROG_H

#include <stdbool.h>
#include <stdint.h>

enum { BPF_WHY = 64 }; /* bytes of a reason */

/* What is loaded in one go. */
enum bpf_obj_id {
	BPF_O_ILA, /* bpf/ila.bpf.c */
	BPF_O_NET, /* bpf/net.bpf.c */
	BPF_OBJS
};

/* The maps of bpf/maps.h, polmaps.h, netmaps.h, in the order in which they are filled.
 * Objects share those that both know. */
enum bpf_map_id {
	BPF_M_DOM,
	BPF_M_LOCAL,
	BPF_M_IF,
	BPF_M_REMOTE,
	BPF_M_WAY,
	BPF_M_GROUP,
	BPF_M_MAP,
	BPF_M_COUNT,
	BPF_M_POL_OPT,
	BPF_M_POL_VERDICT,
	BPF_M_POL_GROUP,
	BPF_M_POL_NET,
	BPF_M_POL_IDENT,
	BPF_M_POL_EP,
	BPF_M_POL_CT,
	BPF_M_POL_RULE,
	BPF_M_POL_REASON,
	BPF_M_POL_EVENT,
	BPF_M_NET_VTEP,
	BPF_M_NET_PORT,
	BPF_M_NET_DOM,
	BPF_M_NET_SINGLE,
	BPF_M_NET_NEIGH,
	BPF_M_NET_FDB,
	BPF_M_NET_COUNT,
	BPF_MAPS
};

enum bpf_prog_id {
	BPF_P_CONTAINER,
	BPF_P_TO_CONTAINER,
	BPF_P_UNDERLAY,
	BPF_P_NET_CONTAINER,
	BPF_P_NET_TO_CONTAINER,
	BPF_P_NET_UNDERLAY,
	BPF_PROGS
};

struct bpf_progs {
	int lock;          /* descriptor of the folder: ours alone while it is open */
	char dir[108];     /* on a BPF file system; ours alone */
	int map[BPF_MAPS]; /* descriptors; -1: not open */
	uint32_t max[BPF_MAPS];  /* entries that fit */
	uint32_t room[BPF_MAPS]; /* so many must fit when it is opened */
	int prog[BPF_PROGS];
	uint32_t prog_id[BPF_PROGS]; /* the kernel's number */
	bool loaded[BPF_OBJS];
	bool polices[BPF_OBJS]; /* its programs ask pol_ep_v1 */
	/* Maps are empty, and programs of an earlier run look at others: these are to
	 * be let alone until ours are filled. */
	bool fresh[BPF_OBJS];
};

/** bpf_progs_init - nothing is loaded. */
void bpf_progs_init(struct bpf_progs *b);

/**
 * bpf_progs_open - load an object's programs, with the maps that are pinned in dir
 * @dir:  made when absent; its parent must be on a BPF file system
 * @size: entries of a new ila_map_v1
 * @why: out, BPF_WHY bytes
 *
 * A pinned map of the same layout stays as it is when it has the room that is asked
 * for. One that has not, or whose kind or flags differ, is copied into a new one, which
 * then takes its name.
 * Return: 0; -errno: what was open still is, and why says what it was.
 */
int bpf_progs_open(struct bpf_progs *b, enum bpf_obj_id o, const char *dir,
		   uint32_t size, char *why);

/**
 * bpf_progs_grow - a larger map in the place of one that is full, the same entries in
 * it
 * @why: out, BPF_WHY bytes
 *
 * Programs are loaded anew: whoever has attached the old ones replaces them.
 * Return: 0; -errno: all is as it was.
 */
int bpf_progs_grow(struct bpf_progs *b, enum bpf_map_id m, uint32_t max, char *why);

/** bpf_progs_close - forget an object, and its maps unless another one has them too.
 * What is pinned stays. */
void bpf_progs_close(struct bpf_progs *b, enum bpf_obj_id o);

/** bpf_progs_left - are there maps of an earlier run, which no other object has? */
bool bpf_progs_left(const char *dir, enum bpf_obj_id o);

/** bpf_progs_sweep - unpin what other versions of us have left in dir. */
void bpf_progs_sweep(const struct bpf_progs *b);

/** bpf_progs_remove - unpin an object's maps unless another one has them too, and
 * remove dir when it is empty then. */
void bpf_progs_remove(struct bpf_progs *b, enum bpf_obj_id o);

/** bpf_map_has - does an object know this map? */
bool bpf_map_has(enum bpf_map_id m, enum bpf_obj_id o);

/** bpf_prog_name - also the prefix of the names of pinned links; bpf_prog_obj - whose
 * it is; bpf_prog_egress - does it run on what leaves the device? */
const char *bpf_prog_name(enum bpf_prog_id p);
enum bpf_obj_id bpf_prog_obj(enum bpf_prog_id p);
bool bpf_prog_egress(enum bpf_prog_id p);

#endif
