/* tests/unit/bpf_help.h - for tests that run eBPF programs: may this process? */
#ifndef TESTS_UNIT_BPF_HELP_H
#define TESTS_UNIT_BPF_HELP_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

#endif
