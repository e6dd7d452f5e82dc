/* On maps of the kernel: needs what loading programs needs. */
#include "tests/unit/bpf_help.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fib/bpf_map.h"

enum { N = 3000 };

static uint64_t value_of(int fd, uint32_t key)
{
	uint64_t v = 0;

	return bpf_map_lookup_elem(fd, &key, &v) ? UINT64_MAX : v;
}

static void put(int fd, uint32_t key, uint64_t value)
{
	assert_int_equal(bpf_map_update_elem(fd, &key, &value, BPF_ANY), 0);
}

struct sum {
	uint32_t n;
	uint64_t keys, values;
};

static void add(void *arg, const void *key, const void *value)
{
	struct sum *s = arg;

	s->n++;
	s->keys += *(const uint32_t *)key;
	s->values += *(const uint64_t *)value;
}

static void write_read_copy_erase(void **state)
{
	static uint32_t keys[N];
	static uint64_t values[N];
	int fd = bpf_map_small(N), other = bpf_map_small(N), err;
	struct sum s = { 0 };

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		keys[i] = i;
		values[i] = 2 * i;
	}
	assert_int_equal(bpf_map_write(fd, keys, values, N, &err), N);
	assert_int_equal(err, 0);
	assert_int_equal(bpf_map_read(fd, add, &s), 0);
	assert_int_equal(s.n, N);
	assert_int_equal(s.values, 2 * s.keys);
	assert_int_equal(bpf_map_copy(fd, other), 0);
	assert_int_equal(value_of(other, 77), 154);
	/* some of them are gone already */
	for (uint32_t i = 0; i < N; i += 3)
		bpf_map_delete_elem(fd, &i);
	assert_int_equal(bpf_map_erase(fd, keys, N, &err), N);
	assert_int_equal(err, 0);
	s.n = 0;
	assert_int_equal(bpf_map_read(fd, add, &s), 0);
	assert_int_equal(s.n, 0);
	close(fd);
	close(other);
}

/* What somebody has written meanwhile is newer. */
static void add_what_is_missing(void **state)
{
	int fd = bpf_map_small(N), other = bpf_map_small(4);

	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		put(fd, i, i);
	put(other, 2, 22);
	put(other, 9, 99);
	assert_int_equal(bpf_map_add(fd, other), 0);
	assert_int_equal(value_of(other, 1), 1);
	assert_int_equal(value_of(other, 2), 22);
	assert_int_equal(value_of(other, 3), 3);
	assert_int_equal(value_of(other, 9), 99);
	put(fd, 4, 4);
	assert_int_equal(bpf_map_add(fd, other), -E2BIG);
	close(fd);
	close(other);
}

/* Of a batch that does not fit we know which entries are in. */
static void full(void **state)
{
	uint32_t keys[] = { 1, 2, 3, 4, 5, 6 };
	uint64_t values[] = { 1, 2, 3, 4, 5, 6 };
	int fd = bpf_map_small(4), err;

	(void)state;
	assert_int_equal(bpf_map_write(fd, keys, values, 6, &err), 4);
	assert_int_equal(err, -E2BIG);
	assert_int_equal(value_of(fd, 4), 4);
	assert_int_equal(value_of(fd, 5), UINT64_MAX);
	/* what is there can be changed */
	values[0] = 9;
	assert_int_equal(bpf_map_write(fd, keys, values, 4, &err), 4);
	assert_int_equal(value_of(fd, 1), 9);
	close(fd);
}

static void want(struct mirror *m, uint32_t key, uint64_t value)
{
	mirror_set(m, &key, &value);
}

static void push(struct mirror *m)
{
	assert_int_equal(mirror_write(m, false), 0);
	assert_int_equal(mirror_write(m, true), 0);
	assert_int_equal(m->dirty, 0);
}

static void mirror_of_an_earlier_run(void **state)
{
	int fd = bpf_map_small(64);
	struct mirror m;

	(void)state;
	put(fd, 1, 10);
	put(fd, 2, 20);
	put(fd, 3, 30);
	mirror_init(&m, 4, 8);
	assert_int_equal(mirror_adopt(&m, fd), 0);
	want(&m, 1, 10);
	assert_int_equal(m.dirty, 0); /* as it was */
	want(&m, 2, 21);
	push(&m);
	assert_int_equal(value_of(fd, 2), 21);
	assert_int_equal(value_of(fd, 3), 30); /* who knows */
	mirror_sweep(&m);
	push(&m);
	assert_int_equal(value_of(fd, 3), UINT64_MAX);
	assert_int_equal(value_of(fd, 1), 10);
	mirror_fini(&m);
	close(fd);
}

static void mirror_audited(void **state)
{
	uint32_t one = 1, two = 2, key;
	int fd = bpf_map_small(64);
	struct mirror m;

	(void)state;
	mirror_init(&m, 4, 8);
	assert_int_equal(mirror_adopt(&m, fd), 0);
	want(&m, one, 10);
	want(&m, two, 20);
	push(&m);
	assert_int_equal(mirror_audit(&m), 0);
	assert_int_equal(m.dirty, 0);
	bpf_map_delete_elem(fd, &one);
	put(fd, two, 22);
	put(fd, key = 3, 33); /* somebody else's: it has no place here */
	assert_int_equal(mirror_audit(&m), 0);
	assert_int_equal(m.repaired, 3);
	push(&m);
	assert_int_equal(value_of(fd, 1), 10);
	assert_int_equal(value_of(fd, 2), 20);
	assert_int_equal(value_of(fd, 3), UINT64_MAX);
	assert_int_equal(mirror_audit(&m), 0);
	assert_int_equal(m.repaired, 3);
	mirror_fini(&m);
	close(fd);
}

static void mirror_renewed_in_part(void **state)
{
	uint32_t key = 2;
	int fd = bpf_map_small(64);
	struct mirror m;

	(void)state;
	mirror_init(&m, 4, 8);
	assert_int_equal(mirror_adopt(&m, fd), 0);
	want(&m, 1, 10);
	want(&m, 2, 20);
	push(&m);
	mirror_renew(&m);
	want(&m, 1, 10);
	want(&m, 3, 30);
	mirror_renewed(&m);
	assert_null(mirror_get(&m, &key));
	assert_non_null(mirror_seen(&m, &key));
	/* first what is new, so that programs miss nothing */
	assert_int_equal(mirror_write(&m, false), 0);
	assert_int_equal(value_of(fd, 3), 30);
	assert_int_equal(value_of(fd, 2), 20);
	want(&m, 2, 20); /* wanted again before it went */
	push(&m);
	assert_int_equal(value_of(fd, 2), 20);
	mirror_fini(&m);
	close(fd);
}

static void sums_of_all_cpus(void **state)
{
	int cpus = libbpf_num_possible_cpus();
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "test", 4, 8, 4, NULL);
	uint64_t *part = calloc((size_t)cpus, sizeof(*part)), sum[3] = { 9, 9, 9 };
	uint32_t key = 2;

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i < cpus; i++)
		part[i] = (uint64_t)i + 10;
	assert_int_equal(bpf_map_update_elem(fd, &key, part, BPF_ANY), 0);
	assert_int_equal(bpf_map_sums(fd, 1, 3, sum), 0);
	assert_int_equal(sum[0], 0);
	assert_int_equal(sum[1], (uint64_t)cpus * (uint64_t)(cpus - 1) / 2 +
					 10 * (uint64_t)cpus);
	assert_int_equal(sum[2], 0);
	assert_int_equal(bpf_map_sums(fd, 3, 2, sum), 0);
	assert_int_equal(sum[1], 0); /* there is no such key */
	free(part);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(write_read_copy_erase),
		cmocka_unit_test(add_what_is_missing),
		cmocka_unit_test(full),
		cmocka_unit_test(mirror_of_an_earlier_run),
		cmocka_unit_test(mirror_audited),
		cmocka_unit_test(mirror_renewed_in_part),
		cmocka_unit_test(sums_of_all_cpus),
	};

	bpf_or_skip();
	return cmocka_run_group_tests(t, NULL, NULL);
}
