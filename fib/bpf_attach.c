/*
 * Attaches programs to devices: by a pinned tcx link, which nobody's `tc filter del`
 * removes and which outlives us; on kernels before 6.6 by a filter of clsact. Either is
 * replaced in one step. A link's pin is called PROGRAM-IFINDEX (bpffs takes no dots).
 */
#include "fib/bpf_attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <uthash.h>

#include "lib/log.h"
#include "lib/util.h"

enum { PATH = 192 };

/* Of linux/bpf.h since 6.6. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47, LINK_TYPE_TCX = 11 };

/* clsact: ours is the filter of this place, whose program has our name. Each program
 * has a handle of its own, so that the place says which one it is. */
enum { TC_PRIORITY = 201, TC_HANDLE = 0x201 };

struct bpf_point {
	UT_hash_handle hh; /* by key */
	struct {
		uint32_t ifindex;
		uint32_t prog; /* enum bpf_prog_id */
	} key;
	bool wanted;
	bool there;   /* attached, by link or filter */
	bool adopted; /* nobody has asked for it yet */
	bool old;     /* not set since bpf_attach_renew() */
	bool stale;   /* runs another program than the one loaded last */
	bool broken;  /* somebody took it off: attaching it is a repair */
	bool filter;  /* by clsact */
	bool found;   /* was there when we came */
	int err;      /* last refusal */
	int link;     /* descriptor, -1: none */
};

static struct bpf_point *point_find(const struct bpf_attach *a, enum bpf_prog_id p,
				    uint32_t ifindex)
{
	struct bpf_point k = { .key = { .ifindex = ifindex, .prog = p } }, *pt;

	HASH_FIND(hh, a->points, &k.key, sizeof(k.key), pt);
	return pt;
}

static struct bpf_point *point_get(struct bpf_attach *a, enum bpf_prog_id p,
				   uint32_t ifindex)
{
	struct bpf_point *pt = point_find(a, p, ifindex);

	if (pt)
		return pt;
	pt = xcalloc(1, sizeof(*pt));
	pt->key.ifindex = ifindex;
	pt->key.prog = p;
	pt->link = -1;
	HASH_ADD(hh, a->points, key, sizeof(pt->key), pt);
	return pt;
}

static void path_of(char out[PATH], const char *dir, const struct bpf_point *pt)
{
	snprintf(out, PATH, "%s/%s-%u", dir, bpf_prog_name(pt->key.prog),
		 pt->key.ifindex);
}

static void link_close(struct bpf_point *pt)
{
	if (pt->link >= 0)
		close(pt->link);
	pt->link = -1;
}

static void changed(struct bpf_attach *a, const struct bpf_point *pt)
{
	a->changes[bpf_prog_obj(pt->key.prog)]++;
}

static void point_drop(struct bpf_attach *a, struct bpf_point *pt)
{
	changed(a, pt);
	link_close(pt);
	HASH_DEL(a->points, pt);
	free(pt);
}

static bool is_of(const struct bpf_point *pt, enum bpf_obj_id o)
{
	return bpf_prog_obj(pt->key.prog) == o;
}

static int attach_type(const struct bpf_point *pt)
{
	return bpf_prog_egress(pt->key.prog) ? TCX_EGRESS : TCX_INGRESS;
}

/* ---- links ---- */

/* struct bpf_link_info as kernels with tcx have it. */
struct tcx_info {
	uint32_t type, id, prog_id, pad;
	uint32_t ifindex, attach_type;
	uint8_t more[64];
};

static bool link_info(int fd, struct tcx_info *i)
{
	uint32_t len = sizeof(*i);

	memset(i, 0, sizeof(*i));
	return !bpf_obj_get_info_by_fd(fd, i, &len) && i->type == LINK_TYPE_TCX;
}

/* A link whose device is gone, or that somebody has detached, names no device. */
static bool link_is_at(const struct bpf_point *pt, uint32_t *prog_id)
{
	struct tcx_info i;

	if (!link_info(pt->link, &i) || i.ifindex != pt->key.ifindex ||
	    (int)i.attach_type != attach_type(pt))
		return false;
	*prog_id = i.prog_id;
	return true;
}

static int link_make(struct bpf_attach *a, struct bpf_point *pt)
{
	char path[PATH];
	int fd = bpf_link_create(a->progs->prog[pt->key.prog], (int)pt->key.ifindex,
				 (enum bpf_attach_type)attach_type(pt), NULL);

	if (fd < 0)
		return fd;
	path_of(path, a->progs->dir, pt);
	unlink(path);
	if (bpf_obj_pin(fd, path)) {
		int err = -errno;

		close(fd);
		return err;
	}
	link_close(pt);
	pt->link = fd;
	return 0;
}

static void link_remove(struct bpf_attach *a, struct bpf_point *pt)
{
	char path[PATH];

	path_of(path, a->progs->dir, pt);
	unlink(path);
	if (pt->link >= 0)
		bpf_link_detach(pt->link); /* whoever else holds it */
	link_close(pt);
}

/* ---- filters ---- */

static struct bpf_tc_hook hook_of(const struct bpf_point *pt)
{
	return (struct bpf_tc_hook) {
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = (int)pt->key.ifindex,
		.attach_point =
			attach_type(pt) == TCX_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS,
	};
}

static struct bpf_tc_opts filter_opts(const struct bpf_point *pt)
{
	return (struct bpf_tc_opts) { .sz = sizeof(struct bpf_tc_opts),
				      .handle = TC_HANDLE + pt->key.prog,
				      .priority = TC_PRIORITY };
}

/* Without CAP_SYS_ADMIN, which we do not have, the kernel shows nobody a program by its
 * number: then the place alone says whose filter it is. */
static bool filter_is_ours(uint32_t prog_id, const struct bpf_point *pt)
{
	struct bpf_prog_info i = { 0 };
	uint32_t len = sizeof(i);
	int fd = bpf_prog_get_fd_by_id(prog_id);
	bool ours = false;

	if (fd < 0)
		return fd == -EPERM;
	if (!bpf_obj_get_info_by_fd(fd, &i, &len)) /* the kernel cuts names */
		ours = !strncmp(i.name, bpf_prog_name(pt->key.prog),
				sizeof(i.name) - 1);
	close(fd);
	return ours;
}

static bool filter_is_at(const struct bpf_point *pt, uint32_t *prog_id)
{
	struct bpf_tc_hook h = hook_of(pt);
	struct bpf_tc_opts o = filter_opts(pt);

	if (bpf_tc_query(&h, &o) || !filter_is_ours(o.prog_id, pt))
		return false;
	*prog_id = o.prog_id;
	return true;
}

static int filter_make(struct bpf_attach *a, struct bpf_point *pt)
{
	struct bpf_tc_hook h = hook_of(pt);
	struct bpf_tc_opts o = filter_opts(pt);
	int err = bpf_tc_hook_create(&h);

	if (err && err != -EEXIST)
		return err;
	o.prog_fd = a->progs->prog[pt->key.prog];
	o.flags = BPF_TC_F_REPLACE;
	return bpf_tc_attach(&h, &o);
}

/* Our filter. The qdisc stays: it may be somebody's, and does nothing. */
static void filter_remove(const struct bpf_point *pt)
{
	struct bpf_tc_hook h = hook_of(pt);
	struct bpf_tc_opts o = filter_opts(pt);
	uint32_t prog_id;

	if (filter_is_at(pt, &prog_id))
		bpf_tc_detach(&h, &o);
}

/* ---- one point ---- */

static bool is_at(const struct bpf_point *pt, uint32_t *prog_id)
{
	return pt->filter ? filter_is_at(pt, prog_id) : link_is_at(pt, prog_id);
}

static int attach(struct bpf_attach *a, struct bpf_point *pt)
{
	int err = a->no_tcx ? filter_make(a, pt) : link_make(a, pt);

	if (err)
		return err;
	pt->filter = a->no_tcx;
	pt->there = true;
	pt->stale = false;
	a->repaired += pt->broken;
	pt->broken = false;
	return 0;
}

static int replace(struct bpf_attach *a, struct bpf_point *pt)
{
	int err = pt->filter ? filter_make(a, pt)
			     : bpf_link_update(pt->link, a->progs->prog[pt->key.prog],
					       NULL);

	if (!err)
		pt->stale = false;
	return err;
}

static void detach(struct bpf_attach *a, struct bpf_point *pt)
{
	if (pt->filter)
		filter_remove(pt);
	else
		link_remove(a, pt);
	pt->there = false;
}

/* ---- found at start ---- */

static void adopt_pin(struct bpf_attach *a, enum bpf_obj_id o, const char *name)
{
	const char *dash = strrchr(name, '-');
	struct bpf_point *pt;
	char path[PATH];
	uint32_t prog_id, p;

	for (p = 0; dash && p < BPF_PROGS; p++)
		if (strlen(bpf_prog_name(p)) == (size_t)(dash - name) &&
		    !strncmp(name, bpf_prog_name(p), (size_t)(dash - name)))
			break;
	if (!dash || p == BPF_PROGS || bpf_prog_obj(p) != o)
		return;
	pt = point_get(a, p, (uint32_t)strtoul(dash + 1, NULL, 10));
	path_of(path, a->progs->dir, pt);
	pt->link = bpf_obj_get(path);
	if (pt->link < 0 || !link_is_at(pt, &prog_id)) {
		unlink(path);
		point_drop(a, pt);
		return;
	}
	pt->there = pt->adopted = pt->found = true;
	pt->stale = prog_id != a->progs->prog_id[p];
}

/* Is there a tcx? Where it is, device 0 is what is wrong. */
static bool has_tcx(const struct bpf_progs *progs, enum bpf_obj_id o)
{
	enum bpf_prog_id p = o == BPF_O_ILA ? BPF_P_UNDERLAY : BPF_P_NET_UNDERLAY;

	return bpf_link_create(progs->prog[p], 0, (enum bpf_attach_type)TCX_INGRESS,
			       NULL) == -ENODEV;
}

void bpf_attach_init(struct bpf_attach *a, struct bpf_progs *progs, bool no_tcx)
{
	*a = (struct bpf_attach) { .progs = progs, .no_tcx = no_tcx };
}

void bpf_attach_open(struct bpf_attach *a, enum bpf_obj_id o)
{
	const struct dirent *e;
	DIR *d = opendir(a->progs->dir);

	a->hold[o] = a->progs->fresh[o];
	a->no_tcx = a->no_tcx || !has_tcx(a->progs, o);
	while (d && (e = readdir(d)))
		adopt_pin(a, o, e->d_name);
	if (d)
		closedir(d);
}

void bpf_attach_adopt(struct bpf_attach *a, enum bpf_obj_id o, uint32_t ifindex)
{
	for (uint32_t p = 0; a->no_tcx && p < BPF_PROGS; p++) {
		struct bpf_point *pt;
		uint32_t prog_id;

		if (bpf_prog_obj(p) != o)
			continue;
		pt = point_get(a, p, ifindex);
		if (pt->there)
			continue;
		if (!filter_is_at(pt, &prog_id)) {
			point_drop(a, pt);
			continue;
		}
		pt->there = pt->adopted = pt->filter = pt->found = true;
		pt->stale = prog_id != a->progs->prog_id[p];
	}
}

void bpf_attach_close(struct bpf_attach *a, enum bpf_obj_id o)
{
	struct bpf_point *pt, *next;

	HASH_ITER (hh, a->points, pt, next)
		if (is_of(pt, o))
			point_drop(a, pt);
}

/* ---- what is to be ---- */

void bpf_attach_renew(struct bpf_attach *a, enum bpf_obj_id o)
{
	for (struct bpf_point *pt = a->points; pt; pt = pt->hh.next)
		pt->old |= is_of(pt, o);
}

void bpf_attach_set(struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex)
{
	struct bpf_point *pt = point_get(a, p, ifindex);

	if (!pt->wanted)
		changed(a, pt);
	pt->wanted = true;
	pt->adopted = pt->old = false;
}

void bpf_attach_renewed(struct bpf_attach *a, enum bpf_obj_id o)
{
	for (struct bpf_point *pt = a->points; pt; pt = pt->hh.next) {
		if (!is_of(pt, o) || !pt->wanted || !pt->old)
			continue;
		pt->wanted = false;
		changed(a, pt);
	}
}

int bpf_attach_state(const struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex)
{
	const struct bpf_point *pt = point_find(a, p, ifindex);

	if (!pt || !pt->wanted)
		return -ENOENT;
	return pt->there || pt->err ? pt->err : -EINPROGRESS;
}

bool bpf_attach_found(const struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex)
{
	const struct bpf_point *pt = point_find(a, p, ifindex);

	return pt && pt->there && pt->found;
}

bool bpf_attach_there(const struct bpf_attach *a, enum bpf_prog_id p, uint32_t ifindex)
{
	const struct bpf_point *pt = point_find(a, p, ifindex);

	return pt && pt->there;
}

/* Who may not use bpf() at all has to believe that a pin is what it was. */
bool bpf_attach_left(const char *dir, enum bpf_prog_id p, uint32_t ifindex)
{
	struct bpf_point pt = { .key = { .ifindex = ifindex, .prog = p } };
	struct statfs fs;
	char path[PATH];
	uint32_t prog_id;
	bool is;

	path_of(path, dir, &pt);
	if (statfs(path, &fs) || (uint32_t)fs.f_type != BPF_FS_MAGIC)
		return filter_is_at(&pt, &prog_id);
	pt.link = bpf_obj_get(path);
	if (pt.link < 0)
		return errno == EPERM;
	is = link_is_at(&pt, &prog_id);
	link_close(&pt);
	return is;
}

void bpf_attach_gone(struct bpf_attach *a, uint32_t ifindex)
{
	for (uint32_t p = 0; p < BPF_PROGS; p++) {
		struct bpf_point *pt = point_find(a, p, ifindex);
		char path[PATH];

		if (!pt)
			continue;
		path_of(path, a->progs->dir, pt);
		unlink(path);
		point_drop(a, pt);
	}
}

/*
 * Another program in a place costs the kernel 2 us. A first or a last one costs it a
 * grace period of RCU, with the lock of all network configuration held
 * (synchronize_rcu() in tcx_link_attach() and in tcx_link_release()): 20 to 50 ms with
 * 250 ticks a second. Several threads would wait one after the other. Of clsact a
 * filter is there in 0.1 ms, but anybody's `tc filter del` removes it, and to go from
 * the one to the other packets would meet two programs, or none.
 */
static bool waits(const struct bpf_point *pt)
{
	return pt->there ? !pt->wanted && !pt->adopted : pt->wanted;
}

static int point_do(struct bpf_attach *a, struct bpf_point *pt)
{
	if (waits(pt) && !pt->there)
		return attach(a, pt);
	if (waits(pt))
		detach(a, pt);
	else if (pt->there && pt->stale && !a->hold[bpf_prog_obj(pt->key.prog)])
		return replace(a, pt);
	return 0;
}

static void point_work(struct bpf_attach *a, struct bpf_point *pt)
{
	bool was = pt->there;
	int err = point_do(a, pt);

	if (pt->there != was || pt->err != err)
		changed(a, pt);
	pt->err = err;
}

int bpf_attach_work(struct bpf_attach *a, enum bpf_obj_id o, unsigned max,
		    uint32_t *ifindex)
{
	struct bpf_point *pt, *next;
	bool left = false;
	int first = 0;

	HASH_ITER (hh, a->points, pt, next) {
		bool slow = waits(pt);

		if (!is_of(pt, o))
			continue;
		if (slow && !max) {
			left = true;
			continue;
		}
		point_work(a, pt);
		max -= slow && !pt->err;
		if (pt->err && !first) {
			first = pt->err;
			*ifindex = pt->key.ifindex;
		}
		if (!pt->wanted && !pt->adopted && !pt->there)
			point_drop(a, pt);
	}
	return left ? -EINPROGRESS : first;
}

void bpf_attach_reload(struct bpf_attach *a, enum bpf_obj_id o)
{
	for (struct bpf_point *pt = a->points; pt; pt = pt->hh.next)
		pt->stale |= is_of(pt, o);
}

void bpf_attach_audit(struct bpf_attach *a, enum bpf_obj_id o)
{
	for (struct bpf_point *pt = a->points; pt; pt = pt->hh.next) {
		uint32_t prog_id = 0;

		if (!is_of(pt, o) || !pt->there)
			continue;
		if (!is_at(pt, &prog_id)) {
			pt->there = pt->found = false;
			pt->broken = true;
			changed(a, pt);
		} else if (!a->hold[o] && prog_id != a->progs->prog_id[pt->key.prog]) {
			pt->stale = true;
		}
	}
}

void bpf_attach_sweep(struct bpf_attach *a, enum bpf_obj_id o)
{
	a->hold[o] = false;
	for (struct bpf_point *pt = a->points; pt; pt = pt->hh.next)
		if (is_of(pt, o))
			pt->adopted = false;
}

void bpf_attach_flush(struct bpf_attach *a, enum bpf_obj_id o)
{
	uint32_t ifindex;

	bpf_attach_sweep(a, o);
	for (struct bpf_point *pt = a->points; pt; pt = pt->hh.next)
		if (is_of(pt, o))
			pt->wanted = false;
	bpf_attach_work(a, o, UINT32_MAX, &ifindex);
}
