/* fib/bpf_prog.h - the ILA programs and their maps in the kernel, pinned so that they
 * outlive us. */
#ifndef FIB_BPF_PROG_H
#define FIB_BPF_PROG_H

#include <stdbool.h>
#include <stdint.h>

enum { BPF_WHY = 64 }; /* bytes of a reason */

/* Maps of bpf/maps.h, in the order in which they are filled. */
enum bpf_map_id {
	BPF_M_DOM,
	BPF_M_LOCAL,
	BPF_M_IF,
	BPF_M_REMOTE,
	BPF_M_GROUP,
	BPF_M_MAP,
	BPF_M_COUNT,
	BPF_MAPS
};

enum bpf_prog_id { BPF_P_CONTAINER, BPF_P_TO_CONTAINER, BPF_P_UNDERLAY, BPF_PROGS };

struct bpf_progs {
	int lock;          /* descriptor of the folder: ours alone while it is open */
	char dir[108];     /* on a BPF file system; ours alone */
	int map[BPF_MAPS]; /* descriptors; -1: not open */
	uint32_t max[BPF_MAPS]; /* entries that fit */
	int prog[BPF_PROGS];
	uint32_t prog_id[BPF_PROGS]; /* the kernel's number */
	/* Maps are empty, and programs of an earlier run look at others: these are to
	 * be let alone until ours are filled. */
	bool fresh;
};

/**
 * bpf_progs_open - load the programs, with the maps that are pinned in dir
 * @dir:  made when absent; its parent must be on a BPF file system
 * @size: entries of a new ila_map_v1
 * @why: out, BPF_WHY bytes
 *
 * A pinned map of the same layout stays as it is, whatever its size. One whose kind or
 * flags differ is copied into a new one, which then takes its name.
 * Return: 0; -errno: nothing is open, and why says what it was.
 */
int bpf_progs_open(struct bpf_progs *b, const char *dir, uint32_t size, char *why);

/**
 * bpf_progs_grow - a larger map in the place of one that is full, the same entries in
 * it
 *
 * Programs are loaded anew: whoever has attached the old ones replaces them.
 * Return: 0; -errno: all is as it was.
 */
int bpf_progs_grow(struct bpf_progs *b, enum bpf_map_id m, uint32_t max, char *why);

/** bpf_progs_close - forget them. What is pinned stays. */
void bpf_progs_close(struct bpf_progs *b);

/** bpf_progs_left - are there maps of an earlier run? */
bool bpf_progs_left(const char *dir);

/** bpf_progs_sweep - unpin what other versions of us have left in dir. */
void bpf_progs_sweep(const struct bpf_progs *b);

/** bpf_progs_remove - unpin the maps, and remove dir. */
void bpf_progs_remove(struct bpf_progs *b);

/** bpf_prog_name - also the prefix of the names of pinned links. */
const char *bpf_prog_name(enum bpf_prog_id p);

#endif
