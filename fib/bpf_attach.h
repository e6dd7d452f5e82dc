/* fib/bpf_attach.h - on which devices our programs run. */
#ifndef FIB_BPF_ATTACH_H
#define FIB_BPF_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "fib/bpf_prog.h"

struct bpf_point;

struct bpf_attach {
	struct bpf_progs *progs; /* borrowed */
	struct bpf_point *points;
	bool hold[BPF_OBJS];        /* programs of an earlier run stay for now */
	bool no_tcx;                /* the kernel has none: clsact */
	uint64_t repaired;          /* programs that somebody else had taken off */
	uint32_t changes[BPF_OBJS]; /* another one: bpf_attach_state() may be, too */
};

/*
 * Each object has its own life: what is said below is said of the programs of one.
 */

/** bpf_attach_init - no_tcx: work as on a kernel that has none. */
void bpf_attach_init(struct bpf_attach *a, struct bpf_progs *progs, bool no_tcx);

/** bpf_attach_open - it was loaded: find what an earlier run has pinned. It stays until
 * it is asked for again, or bpf_attach_sweep(). */
void bpf_attach_open(struct bpf_attach *a, enum bpf_obj_id o);
void bpf_attach_close(struct bpf_attach *a, enum bpf_obj_id o);

/** bpf_attach_adopt - find what an earlier run has put on this device, where it could
 * not be pinned. Call for each device there is at start. */
void bpf_attach_adopt(struct bpf_attach *a, enum bpf_obj_id o, uint32_t ifindex);

/** bpf_attach_renew, bpf_attach_renewed - between the two bpf_attach_set() says where
 * programs are to run, and so where no longer; bpf_attach_work() does it. */
void bpf_attach_renew(struct bpf_attach *a, enum bpf_obj_id o);
void bpf_attach_set(struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex);
void bpf_attach_renewed(struct bpf_attach *a, enum bpf_obj_id o);

/** bpf_attach_state - does a program run there, the one loaded last? Return: 0; -errno:
 * the last refusal; -EINPROGRESS: it is wanted, and was not tried; -ENOENT: it is not
 * wanted there. */
int bpf_attach_state(const struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex);

/** bpf_attach_found - was it there when we came, on this very device? */
bool bpf_attach_found(const struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex);

/** bpf_attach_there - does it run there, asked for or not? */
bool bpf_attach_there(const struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex);

/** bpf_attach_left - has an earlier run left it there? For programs that cannot be
 * loaded now, or are not yet.
 * @dir: where they are pinned */
bool bpf_attach_left(const char *dir, enum bpf_prog_id p, uint32_t ifindex);

/** bpf_attach_gone - a device is gone, and its programs with it, even if another one
 * has its ifindex by now. */
void bpf_attach_gone(struct bpf_attach *a, uint32_t ifindex);

/* So many in a turn: whatever else there is to do waits for them. */
enum { BPF_ATTACH_TURN = 2 };

/**
 * bpf_attach_work - attach, replace, detach what is due
 * @max: to attach and to detach, for each of which the kernel waits some 20 ms: so
 *many, then leave the rest. Replacing takes no time, and is not counted
 * @ifindex: out: device of the first refusal
 *
 * Return: 0; -EINPROGRESS: some are left; else -errno of the first refusal.
 */
int bpf_attach_work(struct bpf_attach *a, enum bpf_obj_id o, unsigned max,
		    uint32_t *ifindex);

/** bpf_attach_reload - programs were loaded anew: each is replaced by the next
 * bpf_attach_work(), no packet passes between the two. */
void bpf_attach_reload(struct bpf_attach *a, enum bpf_obj_id o);

/** bpf_attach_audit - look whether each is where it should be; bpf_attach_work() then
 * repairs. */
void bpf_attach_audit(struct bpf_attach *a, enum bpf_obj_id o);

/** bpf_attach_sweep - take off what was found and not asked for again. */
void bpf_attach_sweep(struct bpf_attach *a, enum bpf_obj_id o);

/** bpf_attach_flush - take off everything. */
void bpf_attach_flush(struct bpf_attach *a, enum bpf_obj_id o);

#endif
