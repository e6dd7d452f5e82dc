/* fib/be_bpf_int.h - what the files of the eBPF data plane share. */
#ifndef FIB_BE_BPF_INT_H
#define FIB_BE_BPF_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/maps.h"
#include "fib/bpf_attach.h"
#include "fib/bpf_group.h"
#include "fib/bpf_map.h"
#include "fib/bpf_prog.h"
#include "fib/bpf_writer.h"
#include "fib/ila.h"
#include "fib/nft.h"

/* A domain that programs count for; its place in the array is its number. */
struct bpf_dom {
	struct ila64 sir;
	bool used;      /* the number is taken */
	bool served;    /* between dom_set() and dom_del() */
	uint16_t flags; /* ILA_DOM_* */
	uint64_t told[ILA_COUNTS];
};

enum { BPF_BATCH = 512 };

/* Mappings that go to the kernel together. */
struct bpf_batch {
	uint32_t n;
	uint32_t room; /* of the map it goes to: a full one is replaced by a larger */
	struct bpf_ila_addr key[BPF_BATCH];
	struct bpf_ila_rewrite value[BPF_BATCH];
	struct want_entry *who[BPF_BATCH];
};

struct be_bpf {
	bool open;
	struct bpf_progs *progs;   /* fib's */
	struct bpf_attach *attach; /* dto. */
	struct mirror ifs, remotes, ways;
	struct bpf_groups groups;
	struct nft nft;
	struct bpf_dom dom[BPF_ILA_DOMS]; /* 0 is none */
	uint32_t last_dom;                /* number given last */
	uint32_t max_entries;             /* no map grows beyond */
	uint32_t gate;                    /* device of the host's own way in */
	int64_t again_ms;                 /* something was refused; 0: nothing */
	bool swept;                       /* leftovers of earlier runs are gone */
	int64_t told_ms;                  /* counters */
	int32_t err;                      /* last trouble with devices, as logged */
	struct bpf_batch set[2], del;
	unsigned filling;          /* the one of set that mappings go into */
	struct bpf_writer *writer; /* from the first full batch on */
	bool away;                 /* the other one is with the writer */
};

/** bpf_dom_find - number of a domain; 0: none. bpf_dom_get: given now when it has none;
 * 0: there are too many. */
uint16_t bpf_dom_find(const struct be_bpf *b, const struct ila64 *sir);
uint16_t bpf_dom_get(struct be_bpf *b, const struct ila64 *sir);

/** bpf_mirror_push - write what is new in a mirror, into a larger map when this one is
 * full. Return: 0 or -errno. */
int bpf_mirror_push(struct be_bpf *b, struct mirror *m, enum bpf_map_id id);

/* ---- be_bpf_dev.c ---- */

enum { BPF_UNDERLAYS = 64 };

/* Where translated packets arrive, of all domains that are served. */
struct bpf_underlay {
	uint32_t ifindex[BPF_UNDERLAYS];
	unsigned n;
	uint32_t mtu; /* the smallest */
	bool any;     /* a domain is served at all */
};

void bpf_underlay_find(struct fib *f, struct bpf_underlay *u);

/** bpf_devices_work - bring up to date what is on devices, and known of them. why:
 * NL_WHY bytes, for the first trouble. Return: 0 or that, -errno. */
int bpf_devices_work(struct fib *f, const struct bpf_underlay *u, char *why);

/* ---- be_bpf_dump.c ---- */

/** be_bpf_adopt - read what an earlier run has left in the maps we keep copies of. */
int be_bpf_adopt(struct be_bpf *b);

/** be_bpf_tables - tell the core what is in the maps. Return: 0 or -errno. */
int be_bpf_tables(struct fib *f, struct be_bpf *b, bool first);

/* ---- be_bpf_val.c: wanted values and what the maps hold; pure ---- */

/** bpf_dom_values - what a DOMAIN entry becomes: sir for its prefix, and, when it has a
 * locator, loc for that. Return: has it one? */
bool bpf_dom_values(const struct ila64 *sir, const struct want_val *v, uint16_t dom,
		    struct bpf_ila_dom *s, struct bpf_ila_dom *loc);

/** bpf_local_value - what a LOCAL entry becomes. */
struct bpf_ila_local bpf_local_value(const struct want_val *v, uint16_t dom,
				     uint16_t dom_flags);

/** bpf_if_value - what is to be known of the device of a LOCAL entry. */
struct bpf_ila_if bpf_if_value(const struct ila_addr *a, const struct want_val *v,
			       uint16_t dom);

/** bpf_local_read, bpf_map_value_read - back from what was found; WV_STRANGE is set
 * when it is not as we write it. i: of its device, NULL: unknown. */
struct want_val bpf_local_read(const struct ila_addr *a, const struct bpf_ila_local *l,
			       const struct bpf_ila_if *i, uint16_t dom,
			       uint16_t dom_flags);
struct want_val bpf_rewrite_read(const struct ila64 *sir,
				 const struct bpf_ila_rewrite *r);

/** bpf_rewrite_value - what a MAP entry with one locator becomes. */
struct bpf_ila_rewrite bpf_rewrite_value(const struct ila64 *sir,
					 const struct want_val *v);

#endif
