/*
 * bpf(2) on hash maps. A batch costs one system call; without preallocation an entry
 * costs under a microsecond either way, so entries are written in hundreds, not
 * thousands.
 */
#include "fib/bpf_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/util.h"

enum { READ_BATCH = 4096, ONE = 256, KEY_MAX = 24 };

/* ---- whole maps ---- */

struct reader {
	int fd;
	uint32_t key_size, value_size;
	uint8_t *keys, *values;
	uint32_t room;
};

static int sizes_get(struct reader *r)
{
	struct bpf_map_info i = { 0 };
	uint32_t len = sizeof(i);
	int err = bpf_obj_get_info_by_fd(r->fd, &i, &len);

	r->key_size = i.key_size;
	r->value_size = i.value_size;
	return err;
}

/* A kernel without batches, or a kind of map without: one at a time. */
static int read_single(struct reader *r,
		       void (*cb)(void *arg, const void *key, const void *value),
		       void *arg)
{
	uint8_t *prev = NULL, key[KEY_MAX];

	if (r->key_size > sizeof(key))
		return -EINVAL;
	while (!bpf_map_get_next_key(r->fd, prev, r->keys)) {
		memcpy(key, r->keys, r->key_size);
		prev = key;
		if (!bpf_map_lookup_elem(r->fd, key, r->values))
			cb(arg, key, r->values);
	}
	return errno == ENOENT ? 0 : -errno;
}

static int read_batches(struct reader *r,
			void (*cb)(void *arg, const void *key, const void *value),
			void *arg)
{
	uint8_t at[KEY_MAX] = { 0 };
	void *in = NULL;
	int err;

	do {
		uint32_t n = r->room;

		err = bpf_map_lookup_batch(r->fd, in, at, r->keys, r->values, &n, NULL);
		if (err == -ENOSPC && r->room < READ_BATCH << 6) {
			/* one bucket holds more than fits */
			r->room *= 2;
			r->keys = xrealloc(r->keys, (size_t)r->room * r->key_size);
			r->values =
				xrealloc(r->values, (size_t)r->room * r->value_size);
			err = 0;
			continue;
		}
		if (err && err != -ENOENT)
			return err;
		for (uint32_t i = 0; i < n; i++)
			cb(arg, r->keys + (size_t)i * r->key_size,
			   r->values + (size_t)i * r->value_size);
		in = at;
	} while (!err);
	return 0;
}

int bpf_map_read(int fd, void (*cb)(void *arg, const void *key, const void *value),
		 void *arg)
{
	struct reader r = { .fd = fd, .room = READ_BATCH };
	int err = sizes_get(&r);

	if (err)
		return err;
	r.keys = xcalloc(r.room, r.key_size);
	r.values = xcalloc(r.room, r.value_size);
	err = read_batches(&r, cb, arg);
	if (err == -EINVAL || err == -EOPNOTSUPP || err == -524 /* ENOTSUPP */)
		err = read_single(&r, cb, arg);
	free(r.keys);
	free(r.values);
	return err;
}

struct copy {
	int to, err;
	uint32_t n;
	struct reader r; /* sizes, and a batch to be written */
};

static void copy_flush(struct copy *c)
{
	if (c->n && !c->err)
		bpf_map_write(c->to, c->r.keys, c->r.values, c->n, &c->err);
	c->n = 0;
}

static void copy_one(void *arg, const void *key, const void *value)
{
	struct copy *c = arg;

	memcpy(c->r.keys + (size_t)c->n * c->r.key_size, key, c->r.key_size);
	memcpy(c->r.values + (size_t)c->n * c->r.value_size, value, c->r.value_size);
	if (++c->n == ONE)
		copy_flush(c);
}

static void add_one(void *arg, const void *key, const void *value)
{
	struct copy *c = arg;

	/* Batches know no such flag. */
	if (!c->err && bpf_map_update_elem(c->to, key, value, BPF_NOEXIST) &&
	    errno != EEXIST)
		c->err = -errno;
}

int bpf_map_add(int from, int to)
{
	struct copy c = { .to = to };
	int err = bpf_map_read(from, add_one, &c);

	return err ? err : c.err;
}

int bpf_map_copy(int from, int to)
{
	struct copy c = { .to = to, .r.fd = to };
	int err = sizes_get(&c.r);

	if (err)
		return err;
	c.r.keys = xcalloc(ONE, c.r.key_size);
	c.r.values = xcalloc(ONE, c.r.value_size);
	err = bpf_map_read(from, copy_one, &c);
	copy_flush(&c);
	free(c.r.keys);
	free(c.r.values);
	return err ? err : c.err;
}

/* ---- batches ---- */

/* Kernels before 5.6. */
static bool no_batch(int err)
{
	return err == -EINVAL || err == -EOPNOTSUPP || err == -524;
}

uint32_t bpf_map_write(int fd, const void *keys, const void *values, uint32_t n,
		       int *err)
{
	struct reader r = { .fd = fd };
	uint32_t done = n;

	*err = n ? bpf_map_update_batch(fd, keys, values, &done, NULL) : 0;
	if (!*err)
		return n;
	if (!no_batch(*err))
		return done < n ? done : 0; /* untouched when nothing was tried */
	*err = sizes_get(&r);
	for (done = 0; !*err && done < n; done++) {
		*err = bpf_map_update_elem(
			fd, (const uint8_t *)keys + (size_t)done * r.key_size,
			(const uint8_t *)values + (size_t)done * r.value_size, BPF_ANY);
		if (*err)
			break;
	}
	return done;
}

/* A batch ends at the first key that is not there: go on behind it. */
uint32_t bpf_map_erase(int fd, const void *keys, uint32_t n, int *err)
{
	struct reader r = { .fd = fd };
	uint32_t done = 0;

	*err = n ? sizes_get(&r) : 0;
	while (!*err && done < n) {
		const uint8_t *at = (const uint8_t *)keys + (size_t)done * r.key_size;
		uint32_t some = n - done;

		*err = bpf_map_delete_batch(fd, at, &some, NULL);
		if (no_batch(*err)) {
			some = 0;
			*err = bpf_map_delete_elem(fd, at);
			if (!*err)
				some = 1;
		} else if (!*err) {
			some = n - done;
		}
		done += some;
		if (*err == -ENOENT) {
			done++;
			*err = 0;
		}
	}
	return done;
}

/* ---- counters ---- */

int bpf_map_sums(int fd, uint32_t first, uint32_t n, uint64_t *sum)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *part;

	if (cpus < 0)
		return cpus;
	part = xcalloc((size_t)cpus, sizeof(*part));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t key = first + i;

		sum[i] = 0;
		if (bpf_map_lookup_elem(fd, &key, part))
			continue;
		for (int c = 0; c < cpus; c++)
			sum[i] += part[c];
	}
	free(part);
	return 0;
}

/* ---- mirrors ---- */

enum {
	ME_WANTED = 1,
	ME_SEEN = 2,    /* in the map, with a value that may be another */
	ME_DIRTY = 4,   /* the map is not as wanted */
	ME_ADOPTED = 8, /* nobody has asked for it yet */
	ME_MARK = 16,   /* found by the audit that runs */
	ME_OLD = 32,    /* not set since mirror_renew() */
};

struct mirror_entry {
	UT_hash_handle hh; /* by key */
	TAILQ_ENTRY(mirror_entry) q;
	uint8_t flags;
	uint8_t key[KEY_MAX];
	_Alignas(8) uint8_t value[]; /* wanted, or seen when it is not wanted */
};

void mirror_init(struct mirror *m, uint32_t key_size, uint32_t value_size)
{
	*m = (struct mirror) { .fd = -1,
			       .key_size = key_size,
			       .value_size = value_size };
	TAILQ_INIT(&m->todo);
}

void mirror_fini(struct mirror *m)
{
	struct mirror_entry *e, *next;

	HASH_ITER (hh, m->entries, e, next) {
		HASH_DEL(m->entries, e);
		free(e);
	}
	mirror_init(m, m->key_size, m->value_size);
}

static struct mirror_entry *entry_find(const struct mirror *m, const void *key)
{
	struct mirror_entry *e;

	HASH_FIND(hh, m->entries, key, m->key_size, e);
	return e;
}

static struct mirror_entry *entry_get(struct mirror *m, const void *key)
{
	struct mirror_entry *e = entry_find(m, key);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e) + m->value_size);
	memcpy(e->key, key, m->key_size);
	HASH_ADD_KEYPTR(hh, m->entries, e->key, m->key_size, e);
	return e;
}

static void dirty(struct mirror *m, struct mirror_entry *e, bool on)
{
	if (!(e->flags & ME_DIRTY) == !on)
		return;
	e->flags ^= ME_DIRTY;
	m->dirty += on ? 1 : UINT32_MAX;
	if (on)
		TAILQ_INSERT_TAIL(&m->todo, e, q);
	else
		TAILQ_REMOVE(&m->todo, e, q);
}

static void entry_drop(struct mirror *m, struct mirror_entry *e)
{
	dirty(m, e, false);
	HASH_DEL(m->entries, e);
	free(e);
}

static void on_adopt(void *arg, const void *key, const void *value)
{
	struct mirror *m = arg;
	struct mirror_entry *e = entry_get(m, key);

	memcpy(e->value, value, m->value_size);
	e->flags = ME_SEEN | ME_ADOPTED;
}

int mirror_adopt(struct mirror *m, int fd)
{
	m->fd = fd;
	return bpf_map_read(fd, on_adopt, m);
}

void mirror_set(struct mirror *m, const void *key, const void *value)
{
	struct mirror_entry *e = entry_get(m, key);
	bool same = !memcmp(e->value, value, m->value_size);

	if (!(e->flags & ME_WANTED))
		m->wanted++;
	if (!(e->flags & ME_SEEN) || !same)
		dirty(m, e, true);
	else if (!(e->flags & ME_WANTED))
		dirty(m, e, false); /* was to go */
	e->flags = (uint8_t)((e->flags | ME_WANTED) & ~(ME_ADOPTED | ME_OLD));
	memcpy(e->value, value, m->value_size);
}

void mirror_unset(struct mirror *m, const void *key)
{
	struct mirror_entry *e = entry_find(m, key);

	if (!e || !(e->flags & ME_WANTED))
		return;
	e->flags &= (uint8_t)~ME_WANTED;
	m->wanted--;
	if (e->flags & ME_SEEN)
		dirty(m, e, true);
	else
		entry_drop(m, e);
}

void mirror_discard(struct mirror *m, const void *key)
{
	struct mirror_entry *e = entry_find(m, key);

	if (!e)
		return;
	mirror_unset(m, key);
	e = entry_find(m, key);
	if (!e)
		return;
	e->flags &= (uint8_t)~ME_ADOPTED;
	dirty(m, e, true);
}

bool mirror_done(const struct mirror *m, const void *key)
{
	const struct mirror_entry *e = entry_find(m, key);

	return e &&
	       (e->flags & (ME_WANTED | ME_SEEN | ME_DIRTY)) == (ME_WANTED | ME_SEEN);
}

uint32_t mirror_extra(const struct mirror *m)
{
	return HASH_COUNT(m->entries) - m->wanted;
}

void mirror_renew(struct mirror *m)
{
	for (struct mirror_entry *e = m->entries; e; e = e->hh.next)
		e->flags |= ME_OLD;
}

void mirror_renewed(struct mirror *m)
{
	struct mirror_entry *e, *next;

	HASH_ITER (hh, m->entries, e, next) {
		bool old = e->flags & ME_OLD;

		e->flags &= (uint8_t)~ME_OLD;
		if (old)
			mirror_unset(m, e->key);
	}
}

const void *mirror_get(const struct mirror *m, const void *key)
{
	const struct mirror_entry *e = entry_find(m, key);

	return e && e->flags & ME_WANTED ? e->value : NULL;
}

const void *mirror_seen(const struct mirror *m, const void *key)
{
	const struct mirror_entry *e = entry_find(m, key);

	return e ? e->value : NULL;
}

static int write_some(struct mirror *m, struct mirror_entry *const *who, uint32_t n)
{
	uint8_t *keys = xcalloc(n, m->key_size), *values = xcalloc(n, m->value_size);
	uint32_t done;
	int err;

	for (uint32_t i = 0; i < n; i++) {
		memcpy(keys + (size_t)i * m->key_size, who[i]->key, m->key_size);
		memcpy(values + (size_t)i * m->value_size, who[i]->value,
		       m->value_size);
	}
	done = bpf_map_write(m->fd, keys, values, n, &err);
	for (uint32_t i = 0; i < done; i++) {
		dirty(m, who[i], false);
		who[i]->flags |= ME_SEEN;
	}
	free(keys);
	free(values);
	return err;
}

static int write_wanted(struct mirror *m)
{
	struct mirror_entry *who[ONE], *e, *next;
	uint32_t n = 0;
	int err = 0;

	for (e = TAILQ_FIRST(&m->todo); e && !err; e = next) {
		next = TAILQ_NEXT(e, q);
		if (e->flags & ME_WANTED)
			who[n++] = e;
		if (!n || (next && n < ARRAY_SIZE(who)))
			continue;
		err = write_some(m, who, n);
		n = 0;
	}
	return err;
}

static int erase_unwanted(struct mirror *m)
{
	struct mirror_entry *e, *next;
	int err = 0;

	for (e = TAILQ_FIRST(&m->todo); e && !err; e = next) {
		next = TAILQ_NEXT(e, q);
		if (e->flags & ME_WANTED)
			continue;
		bpf_map_erase(m->fd, e->key, 1, &err);
		if (!err)
			entry_drop(m, e);
	}
	return err;
}

int mirror_write(struct mirror *m, bool erase)
{
	if (m->fd < 0)
		return 0;
	return erase ? erase_unwanted(m) : write_wanted(m);
}

void mirror_sweep(struct mirror *m)
{
	struct mirror_entry *e, *next;

	HASH_ITER (hh, m->entries, e, next) {
		if (!(e->flags & ME_ADOPTED))
			continue;
		e->flags &= (uint8_t)~ME_ADOPTED;
		dirty(m, e, true);
	}
}

/* What we do not know is somebody else's and has no place in our map. */
static void on_audit(void *arg, const void *key, const void *value)
{
	struct mirror *m = arg;
	struct mirror_entry *e = entry_find(m, key);

	if (!e) {
		e = entry_get(m, key);
		e->flags = ME_SEEN;
		dirty(m, e, true);
		m->repaired++;
	} else if (!(e->flags & ME_DIRTY) && memcmp(e->value, value, m->value_size)) {
		dirty(m, e, true);
		m->repaired++;
	}
	e->flags |= ME_MARK;
}

int mirror_audit(struct mirror *m)
{
	struct mirror_entry *e, *next;
	int err = m->fd < 0 ? 0 : bpf_map_read(m->fd, on_audit, m);

	HASH_ITER (hh, m->entries, e, next) {
		bool there = e->flags & ME_MARK;

		e->flags &= (uint8_t)~ME_MARK;
		if (err || there || !(e->flags & ME_SEEN))
			continue;
		e->flags &= (uint8_t)~ME_SEEN;
		if (!(e->flags & ME_WANTED)) {
			entry_drop(m, e);
		} else {
			m->repaired += !(e->flags & ME_DIRTY);
			dirty(m, e, true);
		}
	}
	return err;
}
