/* tests/unit/bpf_help.h - for tests that run eBPF programs: may this process, and what
 * did they count? */
#ifndef TESTS_UNIT_BPF_HELP_H
#define TESTS_UNIT_BPF_HELP_H

#include "tests/unit/unit.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <unistd.h>

static int bpf_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/* Exits with 77 and the reason when no program at all can be loaded: one of two
 * instructions is tried. */
static inline void bpf_or_skip(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "probe", "Dual BSD/GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);

	if (fd < 0) {
		printf("SKIP: no eBPF program can be loaded here: %s\n", strerror(-fd));
		exit(77);
	}
	close(fd);
	libbpf_set_print(bpf_quiet);
}

/** bpf_map_small - a hash of 4 to 8 bytes for so many entries. */
static inline int bpf_map_small(uint32_t max)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_NO_PREALLOC);

	return bpf_map_create(BPF_MAP_TYPE_HASH, "test", 4, 8, max, &o);
}

/** bpf_counted - of a counter per CPU, the sum since it was *before; that is set anew.
 */
static inline uint64_t bpf_counted(const struct bpf_map *m, uint32_t key,
				   uint64_t *before)
{
	uint64_t per_cpu[256], sum = 0, n;
	int cpus = libbpf_num_possible_cpus();

	assert_in_range(cpus, 1, ARRAY_SIZE(per_cpu));
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(m), &key, per_cpu), 0);
	for (int i = 0; i < cpus; i++)
		sum += per_cpu[i];
	n = sum - *before;
	*before = sum;
	return n;
}

#endif
