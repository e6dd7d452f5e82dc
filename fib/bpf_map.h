/* fib/bpf_map.h - hash maps of the kernel: batches, copies, and small ones of which we
 * keep a copy of what is to be in them. */
#ifndef FIB_BPF_MAP_H
#define FIB_BPF_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/**
 * bpf_map_read - all entries, some thousand at a time
 * @cb: key and value are borrowed until it returns; it must not write the map
 *
 * Return: 0 or -errno. Who writes meanwhile may hide entries or show them twice.
 */
int bpf_map_read(int fd, void (*cb)(void *arg, const void *key, const void *value),
		 void *arg);

/** bpf_map_copy - all entries of one map into another of the same layout.
 * bpf_map_add - those that it does not have: what it has is newer. */
int bpf_map_copy(int from, int to);
int bpf_map_add(int from, int to);

/**
 * bpf_map_write, bpf_map_erase - n entries, keys and values back to back
 *
 * What the kernel does not know as a batch is done one by one.
 * Return: number of entries done from the beginning; err: 0 when that is n, else
 * -errno of the one that follows. To erase what is not there is no error.
 */
uint32_t bpf_map_write(int fd, const void *keys, const void *values, uint32_t n,
		       int *err);
uint32_t bpf_map_erase(int fd, const void *keys, uint32_t n, int *err);

/**
 * bpf_map_sums - counters of a per-CPU array of __u64, those of all CPUs together
 * @sum: n of them, from the key first on; 0 where there is none
 *
 * Return: 0 or -errno: sum was not written.
 */
int bpf_map_sums(int fd, uint32_t first, uint32_t n, uint64_t *sum);

/* ---- mirrors ---- */

struct mirror_entry;

/* What is to be in a map of moderate size, and what we know to be there. */
struct mirror {
	int fd;
	uint32_t key_size, value_size;
	struct mirror_entry *entries;
	TAILQ_HEAD(, mirror_entry) todo; /* those where the map is not as wanted */
	unsigned wanted, dirty;
	uint64_t repaired; /* entries that somebody else had changed or removed */
};

void mirror_init(struct mirror *m, uint32_t key_size, uint32_t value_size);
void mirror_fini(struct mirror *m);

/**
 * mirror_adopt - read the map: what nobody asks for until mirror_sweep() goes then
 * Return: 0 or -errno.
 */
int mirror_adopt(struct mirror *m, int fd);

/** mirror_set, mirror_unset - what is to be there; mirror_write() does it. */
void mirror_set(struct mirror *m, const void *key, const void *value);
void mirror_unset(struct mirror *m, const void *key);

/** mirror_discard - whatever is there goes, wanted or not: of an object that is gone.
 */
void mirror_discard(struct mirror *m, const void *key);

/** mirror_renew, mirror_renewed - between the two all that is wanted is set anew; the
 * rest of it is unset. */
void mirror_renew(struct mirror *m);
void mirror_renewed(struct mirror *m);

/** mirror_get - what is to be there; NULL if nothing. */
const void *mirror_get(const struct mirror *m, const void *key);

/** mirror_seen - what is wanted, else what the map has; NULL if neither. */
const void *mirror_seen(const struct mirror *m, const void *key);

/** mirror_done - does the map have what is wanted of this key? */
bool mirror_done(const struct mirror *m, const void *key);

/** mirror_extra - entries that are in the map, or may be, and that nobody wants. */
uint32_t mirror_extra(const struct mirror *m);

/**
 * mirror_write - bring the map up to date
 * @erase: false: only add and change, so that nothing is missed by programs; true: only
 *         remove
 *
 * Return: 0; -E2BIG: the map is full; other -errno. The rest stays to be done.
 */
int mirror_write(struct mirror *m, bool erase);

/** mirror_sweep - give up what was adopted and not asked for again. */
void mirror_sweep(struct mirror *m);

/** mirror_audit - compare with the map; mirror_write() then repairs. */
int mirror_audit(struct mirror *m);

#endif
