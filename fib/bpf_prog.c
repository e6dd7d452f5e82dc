/*
 * Loads the programs of bpf/ and keeps their maps under --bpf-dir. A map's name carries
 * the number of its layout, so what is found under it can be read. Not for what is in
 * the maps (fib/be_bpf.c, fib/pol.c), nor for where programs run (fib/bpf_attach.c).
 *
 * Objects are loaded when they are needed: the verifier takes its time. What is open
 * already is what the next one gets of the maps that they share.
 *
 * A map that is to be replaced is filled before it gets its name, by rename(): at any
 * moment a start finds maps that are whole.
 */
#include "fib/bpf_prog.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bpf/ila.skel.h"
#include "bpf/maps.h"
#include "bpf/net.skel.h"
#include "fib/bpf_map.h"
#include "lib/log.h"
#include "lib/util.h"

enum { PATH = 192 };

enum { ILA = 1 << BPF_O_ILA, NET = 1 << BPF_O_NET };

static const struct {
	const char *name;
	enum bpf_obj_id obj;
	bool egress;
} progs[BPF_PROGS] = {
	[BPF_P_CONTAINER] = { "ila_from_container", BPF_O_ILA, false },
	[BPF_P_TO_CONTAINER] = { "ila_to_container", BPF_O_ILA, true },
	[BPF_P_UNDERLAY] = { "ila_from_underlay", BPF_O_ILA, false },
	[BPF_P_NET_CONTAINER] = { "net_from_container", BPF_O_NET, false },
	[BPF_P_NET_TO_CONTAINER] = { "net_to_container", BPF_O_NET, true },
	[BPF_P_NET_UNDERLAY] = { "net_from_underlay", BPF_O_NET, false },
};

/* Who has it, and its size at first where the programs do not say it (0: they do);
 * bpf_progs_grow() adds. */
static const struct {
	const char *name;
	uint32_t objs, max;
} maps[BPF_MAPS] = {
	[BPF_M_DOM] = { "ila_dom_v1", ILA, 0 },
	[BPF_M_LOCAL] = { "ila_local_v1", ILA, 4096 },
	[BPF_M_IF] = { "ila_if_v1", ILA, 4096 },
	[BPF_M_REMOTE] = { "ila_remote_v1", ILA, 4096 },
	[BPF_M_WAY] = { "ila_way_v1", ILA, 4096 },
	[BPF_M_GROUP] = { "ila_group_v1", ILA, 1024 },
	[BPF_M_MAP] = { "ila_map_v1", ILA, 0 }, /* bpf_progs_open() */
	[BPF_M_COUNT] = { "ila_count_v1", ILA, 0 },
	[BPF_M_POL_OPT] = { "pol_opt_v2", ILA | NET, 0 },
	[BPF_M_POL_VERDICT] = { "pol_verdict_v1", ILA | NET, 0 },
	[BPF_M_POL_GROUP] = { "pol_group_v1", ILA | NET, 4096 },
	[BPF_M_POL_NET] = { "pol_net_v1", ILA | NET, 0 },
	[BPF_M_POL_IDENT] = { "pol_ident_v1", ILA | NET, 1 << 16 },
	[BPF_M_POL_EP] = { "pol_ep_v1", ILA | NET, 4096 },
	[BPF_M_POL_CT] = { "pol_ct_v2", ILA | NET,
			   256 }, /* room[] where it is for use */
	[BPF_M_POL_RULE] = { "pol_rule_v1", ILA | NET, 0 },
	[BPF_M_POL_REASON] = { "pol_reason_v1", ILA | NET, 0 },
	[BPF_M_POL_EVENT] = { "pol_event_v1", ILA | NET, 0 },
	[BPF_M_NET_VTEP] = { "net_vtep_v1", ILA | NET, 1024 },
	[BPF_M_NET_PORT] = { "net_port_v1", ILA | NET, 0 },
	[BPF_M_NET_DOM] = { "net_dom_v1", NET, 4096 },
	[BPF_M_NET_SINGLE] = { "net_single_v1", NET, 0 },
	[BPF_M_NET_NEIGH] = { "net_neigh_v1", NET, 1 << 16 },
	[BPF_M_NET_FDB] = { "net_fdb_v2", NET, 1 << 16 },
	[BPF_M_NET_COUNT] = { "net_count_v1", NET, 0 },
};

const char *bpf_prog_name(enum bpf_prog_id p)
{
	return progs[p].name;
}

enum bpf_obj_id bpf_prog_obj(enum bpf_prog_id p)
{
	return progs[p].obj;
}

bool bpf_prog_egress(enum bpf_prog_id p)
{
	return progs[p].egress;
}

bool bpf_map_has(enum bpf_map_id m, enum bpf_obj_id o)
{
	return maps[m].objs & 1u << o;
}

/* The skeletons carry the objects; each has its own kind of descriptor. */
static struct bpf_object *ila_open(void **skel)
{
	struct ila_bpf *s = ila_bpf__open();

	*skel = s;
	return s ? s->obj : NULL;
}

static void ila_close(void *skel)
{
	ila_bpf__destroy(skel);
}

static struct bpf_object *net_open(void **skel)
{
	struct net_bpf *s = net_bpf__open();

	*skel = s;
	return s ? s->obj : NULL;
}

static void net_close(void *skel)
{
	net_bpf__destroy(skel);
}

static const struct {
	struct bpf_object *(*open)(void **skel);
	void (*close)(void *skel);
	enum bpf_map_id mark; /* a map that nobody else has */
} objs[BPF_OBJS] = {
	[BPF_O_ILA] = { ila_open, ila_close, BPF_M_MAP },
	[BPF_O_NET] = { net_open, net_close, BPF_M_NET_DOM },
};

/* ---- libbpf's words ---- */

static char last_words[BPF_WHY];

/* libbpf tells the cause of a failure by text only, the first line of several. */
static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[256];

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_debug(LOG_FIB, "%s", line);
	if (level == LIBBPF_WARN && !last_words[0])
		str_copy(last_words, sizeof(last_words),
			 strncmp(line, "libbpf: ", 8) ? line : line + 8);
	return 0;
}

/* ---- files ---- */

static void path_of(char out[PATH], const char *dir, const char *name)
{
	snprintf(out, PATH, "%s/%s", dir, name);
}

static int dir_make(const char *dir, char *why)
{
	struct statfs fs;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		int err = -errno;

		snprintf(why, BPF_WHY, "%.40s: %s", dir, strerror(-err));
		return err;
	}
	if (!statfs(dir, &fs) && (uint32_t)fs.f_type == BPF_FS_MAGIC)
		return 0;
	rmdir(dir); /* fails when it was there and has something in it */
	snprintf(why, BPF_WHY, "%.35s: not on a BPF file system", dir);
	return -EOPNOTSUPP;
}

/* Two would take each other's entries for leftovers. */
static int dir_lock(struct bpf_progs *b, char *why)
{
	int err;

	b->lock = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = b->lock < 0 || flock(b->lock, LOCK_EX | LOCK_NB) ? -errno : 0;
	if (err)
		snprintf(why, BPF_WHY, "%.35s: %s", b->dir,
			 err == -EWOULDBLOCK ? "another instance uses it"
					     : strerror(-err));
	return err;
}

/* Calls cb with the name of each file in dir. */
static void dir_each(const char *dir, void (*cb)(const char *dir, const char *name))
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			cb(dir, e->d_name);
	if (d)
		closedir(d);
}

/* ---- loading ---- */

struct plan {
	int old[BPF_MAPS];        /* what is there; -1: nothing */
	bool made[BPF_MAPS];      /* a new map takes its place */
	uint32_t max[BPF_MAPS];   /* room for so many is needed */
	uint32_t first[BPF_MAPS]; /* a new map has so much */
};

static struct bpf_map *map_in(const struct bpf_object *obj, enum bpf_map_id m)
{
	return bpf_object__find_map_by_name(obj, maps[m].name);
}

static bool info_get(int fd, struct bpf_map_info *i)
{
	uint32_t len = sizeof(*i);

	memset(i, 0, sizeof(*i));
	return !bpf_obj_get_info_by_fd(fd, i, &len);
}

static bool same_layout(const struct bpf_map_info *i, const struct bpf_map *m)
{
	return i->key_size == bpf_map__key_size(m) &&
	       i->value_size == bpf_map__value_size(m);
}

/* Use what is there, or make a map that has room for it. */
static int plan_map(const struct bpf_object *obj, struct plan *p, enum bpf_map_id m)
{
	uint32_t max = p->max[m], first = MAX_OF(p->first[m], maps[m].max);
	struct bpf_map *map = map_in(obj, m);
	struct bpf_map_info i;

	if (!map)
		return 0; /* no program of the object uses it */
	if (p->old[m] >= 0 && info_get(p->old[m], &i) && same_layout(&i, map)) {
		if (i.type == bpf_map__type(map) &&
		    i.map_flags == bpf_map__map_flags(map) && i.max_entries >= max)
			return bpf_map__reuse_fd(map, p->old[m]);
		max = MAX_OF(max, i.max_entries);
	}
	p->made[m] = true;
	max = MAX_OF(max, first);
	return max ? bpf_map__set_max_entries(map, max) : 0;
}

/* What fib has written, and connections. */
static bool is_copied(const struct bpf_map_info *was, const struct bpf_map_info *now)
{
	return (was->type == BPF_MAP_TYPE_HASH || was->type == BPF_MAP_TYPE_LPM_TRIE ||
		was->type == BPF_MAP_TYPE_LRU_HASH) &&
	       was->type == now->type && was->key_size == now->key_size &&
	       was->value_size == now->value_size;
}

/* Fill it, then give it its name. */
static int map_settle(const struct bpf_progs *b, const struct plan *p,
		      enum bpf_map_id m, int fd)
{
	char name[PATH], fresh[PATH];
	struct bpf_map_info was, now;
	int err = 0;

	if (p->old[m] >= 0 && info_get(p->old[m], &was) && info_get(fd, &now) &&
	    is_copied(&was, &now))
		err = bpf_map_copy(p->old[m], fd);
	if (err)
		return err;
	path_of(name, b->dir, maps[m].name);
	snprintf(fresh, sizeof(fresh), "%s/new", b->dir);
	unlink(fresh);
	err = bpf_obj_pin(fd, fresh);
	if (!err && rename(fresh, name))
		err = -errno;
	return err;
}

/* A copy, by the number that others know where there is one. */
static void fd_take(int *fd, int of)
{
	if (*fd < 0)
		*fd = fcntl(of, F_DUPFD_CLOEXEC, 0);
	else
		dup3(of, *fd, O_CLOEXEC);
}

static void fd_set_to(int *fd, int new)
{
	if (*fd >= 0)
		close(*fd);
	*fd = new;
}

static uint32_t prog_number(int fd)
{
	struct bpf_prog_info i = { 0 };
	uint32_t len = sizeof(i);

	return bpf_obj_get_info_by_fd(fd, &i, &len) ? 0 : i.id;
}

/* The object's descriptors are its own: keep copies. */
static void take(struct bpf_progs *b, const struct bpf_object *obj, enum bpf_obj_id o)
{
	for (int m = 0; m < BPF_MAPS; m++) {
		const struct bpf_map *map = map_in(obj, m);

		if (!map)
			continue;
		fd_take(&b->map[m], bpf_map__fd(map));
		b->max[m] = bpf_map__max_entries(map);
	}
	b->polices[o] = map_in(obj, BPF_M_POL_EP) != NULL;
	for (int i = 0; i < BPF_PROGS; i++) {
		const struct bpf_program *prog;

		if (progs[i].obj != o)
			continue;
		prog = bpf_object__find_program_by_name(obj, progs[i].name);
		fd_set_to(&b->prog[i], dup(bpf_program__fd(prog)));
		b->prog_id[i] = prog_number(b->prog[i]);
	}
}

/* An object between its loading and its use. */
struct load {
	void *skel;
	struct bpf_object *obj;
	struct plan plan;
};

static int load_begin(struct load *l, enum bpf_obj_id o)
{
	int err = 0;

	l->obj = objs[o].open(&l->skel);
	if (!l->obj)
		return -errno;
	for (int m = 0; !err && m < BPF_MAPS; m++)
		err = plan_map(l->obj, &l->plan, m);
	return err ? err : bpf_object__load(l->obj);
}

static int load_settle(const struct bpf_progs *b, const struct load *l)
{
	int err = 0;

	for (int m = 0; !err && m < BPF_MAPS; m++)
		if (l->plan.made[m])
			err = map_settle(b, &l->plan, m,
					 bpf_map__fd(map_in(l->obj, m)));
	return err;
}

static void load_end(struct load *l, enum bpf_obj_id o)
{
	objs[o].close(l->skel);
}

static void fail(char *why, int err)
{
	if (err == -EPERM || err == -EACCES)
		str_copy(why, BPF_WHY,
			 "not permitted: needs BPF, PERFMON and NET_ADMIN");
	else
		str_copy(why, BPF_WHY, last_words[0] ? last_words : strerror(-err));
}

static bool found_links[BPF_OBJS];

static void look_for_link(const char *dir UNUSED, const char *name)
{
	for (int i = 0; i < BPF_PROGS; i++)
		found_links[progs[i].obj] |=
			!strncmp(name, progs[i].name, strlen(progs[i].name));
}

void bpf_progs_init(struct bpf_progs *b)
{
	*b = (struct bpf_progs) { .lock = -1 };
	memset(b->map, -1, sizeof(b->map));
	memset(b->prog, -1, sizeof(b->prog));
	libbpf_set_print(on_print);
}

static int dir_open(struct bpf_progs *b, const char *dir, char *why)
{
	int err;

	if (b->lock >= 0)
		return 0;
	err = str_copy(b->dir, sizeof(b->dir), dir);
	if (err) {
		str_copy(why, BPF_WHY, "name of the BPF folder is too long");
		return err;
	}
	err = dir_make(b->dir, why);
	return err ? err : dir_lock(b, why);
}

/* What is open already, else what is pinned. */
static int old_map(const struct bpf_progs *b, enum bpf_map_id m)
{
	char path[PATH];

	if (b->map[m] >= 0)
		return dup(b->map[m]);
	path_of(path, b->dir, maps[m].name);
	return bpf_obj_get(path);
}

int bpf_progs_open(struct bpf_progs *b, enum bpf_obj_id o, const char *dir,
		   uint32_t size, char *why)
{
	struct load l = { 0 };
	struct plan *p = &l.plan;
	int err;

	last_words[0] = why[0] = '\0';
	err = dir_open(b, dir, why);
	if (err) {
		bpf_progs_close(b, o);
		return err;
	}
	for (int m = 0; m < BPF_MAPS; m++)
		p->old[m] = bpf_map_has(m, o) ? old_map(b, m) : -1;
	p->first[BPF_M_MAP] = size;
	memcpy(p->max, b->room, sizeof(p->max));
	err = load_begin(&l, o);
	if (!err)
		err = load_settle(b, &l);
	if (!err)
		take(b, l.obj, o);
	load_end(&l, o);
	memset(found_links, 0, sizeof(found_links));
	dir_each(b->dir, look_for_link);
	b->fresh[o] = found_links[o] && p->old[objs[o].mark] < 0;
	for (int m = 0; m < BPF_MAPS; m++)
		fd_set_to(&p->old[m], -1);
	b->loaded[o] = !err;
	if (!err)
		return 0;
	fail(why, err);
	bpf_progs_close(b, o);
	return err;
}

/* All objects that have the map, or none: it would be two. */
static int grow_begin(const struct bpf_progs *b, enum bpf_map_id m, uint32_t max,
		      struct load *loads)
{
	const struct load *maker = NULL;
	int err = 0;

	for (int o = 0; !err && o < BPF_OBJS; o++) {
		struct load *l = &loads[o];

		if (!b->loaded[o] || !bpf_map_has(m, o))
			continue;
		memcpy(l->plan.old, b->map, sizeof(l->plan.old));
		l->plan.max[m] = max;
		if (maker)
			l->plan.old[m] = bpf_map__fd(map_in(maker->obj, m));
		err = load_begin(l, o);
		if (!err && map_in(l->obj, m))
			maker = l;
	}
	for (int o = 0; !err && o < BPF_OBJS; o++)
		if (loads[o].obj)
			err = load_settle(b, &loads[o]);
	return err;
}

int bpf_progs_grow(struct bpf_progs *b, enum bpf_map_id m, uint32_t max, char *why)
{
	struct load loads[BPF_OBJS] = { 0 };
	int err;

	last_words[0] = why[0] = '\0';
	err = grow_begin(b, m, max, loads);
	for (int o = 0; o < BPF_OBJS; o++) {
		if (!err && loads[o].obj)
			take(b, loads[o].obj, o);
		load_end(&loads[o], o);
	}
	if (err)
		fail(why, err);
	return err;
}

/* Has another object that is loaded this map too? */
static bool is_shared(const struct bpf_progs *b, enum bpf_map_id m, enum bpf_obj_id o)
{
	for (int i = 0; i < BPF_OBJS; i++)
		if (i != (int)o && b->loaded[i] && bpf_map_has(m, i))
			return true;
	return false;
}

void bpf_progs_close(struct bpf_progs *b, enum bpf_obj_id o)
{
	bool any = false;

	b->loaded[o] = false;
	for (int m = 0; m < BPF_MAPS; m++)
		if (bpf_map_has(m, o) && !is_shared(b, m, o))
			fd_set_to(&b->map[m], -1);
	for (int i = 0; i < BPF_PROGS; i++)
		if (progs[i].obj == o)
			fd_set_to(&b->prog[i], -1);
	for (int i = 0; i < BPF_OBJS; i++)
		any |= b->loaded[i];
	if (!any)
		fd_set_to(&b->lock, -1);
}

/* ---- the end ---- */

static bool is_ours(const char *name)
{
	for (int m = 0; m < BPF_MAPS; m++)
		if (!strcmp(name, maps[m].name))
			return true;
	for (int i = 0; i < BPF_PROGS; i++)
		if (!strncmp(name, progs[i].name, strlen(progs[i].name)))
			return true;
	return false;
}

static void drop_stranger(const char *dir, const char *name)
{
	char path[PATH];

	if (is_ours(name) || (strncmp(name, "ila_", 4) && strncmp(name, "pol_", 4) &&
			      strncmp(name, "net_", 4)))
		return;
	path_of(path, dir, name);
	unlink(path);
}

bool bpf_progs_left(const char *dir, enum bpf_obj_id o)
{
	char path[PATH];

	path_of(path, dir, maps[objs[o].mark].name);
	return !access(path, F_OK);
}

void bpf_progs_sweep(const struct bpf_progs *b)
{
	dir_each(b->dir, drop_stranger);
}

void bpf_progs_remove(struct bpf_progs *b, enum bpf_obj_id o)
{
	char path[PATH];

	bpf_progs_sweep(b);
	for (int m = 0; m < BPF_MAPS; m++) {
		if (!bpf_map_has(m, o) || is_shared(b, m, o))
			continue;
		path_of(path, b->dir, maps[m].name);
		unlink(path);
	}
	rmdir(b->dir); /* stays when it is a mount point, or not empty */
}
