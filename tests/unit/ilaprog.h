/* tests/unit/ilaprog.h - the ILA programs under BPF_PROG_TEST_RUN: frames in, frames
 * out. Maps are real, interfaces are not needed: everything is device 1. */
#ifndef TESTS_UNIT_ILAPROG_H
#define TESTS_UNIT_ILAPROG_H

#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fib/ilaval.h"

struct ila_bpf; /* bpf/ila.skel.h */

enum { HERE = 1 }; /* the device that every frame is received on or sent to */

/** ilaprog_open - load the programs; @maps: entries of ila_map_v1, 0 default.
 * Exits with 77 and the reason when this process may not load any program at all. */
struct ila_bpf *ilaprog_open(unsigned maps);

/* Addresses by text; a wrong one ends the test. */
struct ila_addr addr(const char *text);
struct ila64 half(const char *text);

/* ---- frames ---- */

enum { FRAME_MAX = 2048, IP6 = 14, NEXT = 54 };

struct frame {
	size_t len;
	uint8_t b[FRAME_MAX];
};

/*
 * What is in a frame. ext: one letter per extension header: h hop-by-hop, d destination
 * options, a authentication, r routing (done), R routing (one segment left, the last
 * destination in it), f first fragment, l later fragment, m mobility.
 */
struct desc {
	struct ila_addr src, dst;
	const char *ext;
	uint8_t proto; /* of the transport header */
	uint8_t hops;  /* 0: 64 */
	uint8_t type;  /* ICMPv6 */
	uint16_t sport, dport;
	uint16_t seed;             /* first two bytes of data */
	size_t data;               /* bytes behind the transport header */
	const struct frame *quote; /* ICMPv6: as data, without its Ethernet header */
	bool no_sum;               /* UDP: checksum 0 */
};

/** frame_make - with right lengths and checksum. */
struct frame frame_make(const struct desc *d);

/** frame_sum_ok - does the transport checksum hold? Found by reading the frame. */
bool frame_sum_ok(const struct frame *f);

struct ila_addr frame_src(const struct frame *f);
struct ila_addr frame_dst(const struct frame *f);
void frame_set_dst(struct frame *f, const struct ila_addr *a);

/** frame_l4 - offset of the transport header; proto may be NULL. */
size_t frame_l4(const struct frame *f, uint8_t *proto);

/* ---- runs ---- */

struct result {
	int verdict; /* TC_ACT_* */
	uint32_t mark;
	struct frame out;
};

/** run_mark - once, with skb->mark set before. */
struct result run_mark(struct bpf_program *prog, const struct frame *in, uint32_t mark);
struct result run(struct bpf_program *prog, const struct frame *in);

/** counted - the sum over CPUs since the last call for the same counter. */
uint64_t counted(struct ila_bpf *s, unsigned dom, enum bpf_ila_count what);

/* ---- maps ---- */

void map_put(struct bpf_map *m, const void *key, const void *value);
void map_drop(struct bpf_map *m, const void *key);
void map_clear(struct bpf_map *m);

#endif
