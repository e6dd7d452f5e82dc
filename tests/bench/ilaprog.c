/*
 * What the ILA programs cost a packet, by BPF_PROG_TEST_RUN: from a container with one
 * mapping and with many, the destinations taking turns over all of them; from the
 * underlay; and packets that are none of ours. One line of JSON each, nanoseconds, the
 * best of some rounds. Also how fast the mappings get into the map.
 * Usage: ilaprog [mappings (a power of two) [prealloc]]
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/ila.skel.h"
#include "fib/ilaval.h"
#include "lib/util.h"
#include "tests/bench/ilaturn.skel.h"

enum { ROUNDS = 7, RUNS = 1 << 20, BATCH = 4096, HERE = 1, FRAME = 74 };

static struct ila_bpf *prog;
static struct ilaturn_bpf *turns;
static uint8_t frame[FRAME]; /* TCP, no data */

static const struct ila64 sir = { { 0x20, 1, 0xd, 0xb8, 0xc0, 0xde, 0, 1 } };
static const struct ila64 near = { { 0x20, 1, 0xd, 0xb8, 1, 0, 0, 1 } };
static const struct ila64 far = { { 0x20, 1, 0xd, 0xb8, 1, 0, 0, 2 } };

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct ila_addr nth(uint64_t n)
{
	struct ila_addr a = { sir, { { 0x20 } } };

	n = n << 1 | 1;
	for (unsigned i = 0; i < 6; i++)
		a.id.b[7 - i] = (uint8_t)(n >> 8 * i);
	return a;
}

static void must(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		exit(EXIT_FAILURE);
	}
}

static void put(struct bpf_map *m, const void *key, const void *value)
{
	must(bpf_map_update_elem(bpf_map__fd(m), key, value, BPF_ANY), "map update");
}

/* Return: seconds. */
static double fill(unsigned n, enum ila_csum mode)
{
	static struct bpf_ila_addr keys[BATCH];
	static struct bpf_ila_rewrite values[BATCH];
	double t = 0;

	for (unsigned done = 0; done < n;) {
		uint32_t count = 0;
		double start;

		for (; count < BATCH && done < n; count++, done++) {
			struct ila_addr a = nth(done);

			keys[count] = ilaval_addr(&a);
			values[count] = ilaval_to_wire(&sir, &far, mode);
		}
		start = seconds();
		must(bpf_map_update_batch(bpf_map__fd(prog->maps.ila_map_v1), keys,
					  values, &count, NULL),
		     "batch");
		t += seconds() - start;
	}
	return t;
}

static void world(enum ila_csum mode)
{
	struct ila_addr a = nth(1ULL << 40); /* nowhere else */
	struct bpf_ila_addr key = ilaval_addr(&a);
	struct bpf_ila_local local = { .ifindex = HERE };
	struct bpf_ila_dom d = { .kind = BPF_ILA_SIR };
	__be64 prefix = ilaval_prefix(&sir);

	put(prog->maps.ila_local_v1, &key, &local);
	put(prog->maps.ila_dom_v1, &prefix, &d);
	d.kind = BPF_ILA_LOCATOR;
	d.to = ilaval_from_wire(&near, &sir, mode);
	prefix = ilaval_prefix(&near);
	put(prog->maps.ila_dom_v1, &prefix, &d);
	memcpy(frame + 22, &a, sizeof(a));
	memcpy(frame + 38, &a, sizeof(a));
}

static double run(struct bpf_program *p)
{
	double best = 1e9;

	for (unsigned i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame,
			    .data_size_in = sizeof(frame), .repeat = RUNS);

		must(bpf_prog_test_run_opts(bpf_program__fd(p), &o), "run");
		if (o.retval == TC_ACT_SHOT) {
			fprintf(stderr, "dropped\n");
			exit(EXIT_FAILURE);
		}
		if (o.duration < best)
			best = o.duration;
	}
	return best;
}

static void measure(const char *name, struct bpf_program *p, struct ila_addr to,
		    unsigned n, const char *mode)
{
	uint32_t key = 0, fd = (uint32_t)bpf_program__fd(p);
	double with, without;

	put(turns->maps.turn_next, &key, &fd);
	turns->bss->turn_base = ilaval_addr(&to);
	turns->bss->turn_mask = n - 1;
	without = run(turns->progs.turn_only);
	with = run(turns->progs.turn_and_run);
	printf("{\"program\":\"%s\",\"mode\":\"%s\",\"mappings\":%u,\"ns\":%.0f,"
	       "\"with_turn_ns\":%.0f}\n",
	       name, mode, n, with - without, with);
	fflush(stdout);
}

static void header(void)
{
	static const uint8_t bytes[] = { 2, 0,    0,    0,    0, 1, 2, 0, 0,  0, 0,
					 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64 };

	memcpy(frame, bytes, sizeof(bytes));
	frame[54 + 12] = 5 << 4;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1 << 20;
	bool prealloc = argc > 2;
	enum ila_csum modes[] = { ILA_CSUM_NEUTRAL, ILA_CSUM_ADJUST };

	if (!n || n & (n - 1)) {
		fprintf(stderr, "the number of mappings is a power of two\n");
		return EXIT_FAILURE;
	}
	prog = ila_bpf__open();
	turns = ilaturn_bpf__open_and_load();
	if (!prog || !turns)
		return EXIT_FAILURE;
	bpf_map__set_max_entries(prog->maps.ila_map_v1, n + 1);
	bpf_map__set_map_flags(prog->maps.ila_map_v1, prealloc ? 0 : BPF_F_NO_PREALLOC);
	if (ila_bpf__load(prog))
		return EXIT_FAILURE;
	header();
	for (unsigned many = 0; many < 2; many++) {
		for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
			unsigned count = many ? n : 1;
			const char *name = ila_csum_name(modes[m]);
			struct ila_addr here = nth(1ULL << 40);
			struct ila_addr wire = ila_to_wire(&here, &near, modes[m]);
			double t;

			world(modes[m]);
			t = fill(count, modes[m]);
			if (many)
				printf("{\"fill\":%u,\"again\":%u,\"prealloc\":%d,"
				       "\"seconds\":%.3f}\n",
				       count, m, prealloc, t);
			measure("from_container", prog->progs.ila_from_container,
				nth(0), count, name);
			if (!many)
				measure("from_underlay", prog->progs.ila_from_underlay,
					wire, 1, name);
		}
	}
	measure("to_container", prog->progs.ila_to_container, nth(0), 1, "-");
	measure("from_underlay", prog->progs.ila_from_underlay,
		(struct ila_addr) { far, { { 0 } } }, 1, "not ours");
	return 0;
}
