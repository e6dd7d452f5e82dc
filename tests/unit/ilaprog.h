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

extern struct ila_bpf *prog; /* bpf/ila.skel.h */

enum { HERE = 1 }; /* the device that every frame is received on or sent to */

/** ilaprog_open - load the programs; @maps: entries of ila_map_v1, 0 default. Exits
 * with 77 and the reason when this process may not load any program at all. */
bool ilaprog_open(unsigned maps);

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

/** run_forwarded - once, as what came in by another device. */
struct result run_forwarded(struct bpf_program *which, const struct frame *in);

/** run_by - once, as what came in by that device; 0: from the host itself. */
struct result run_by(struct bpf_program *which, const struct frame *in,
		     uint32_t ifindex);

/** run_mark - once, with skb->mark set before. */
struct result run_mark(struct bpf_program *which, const struct frame *in,
		       uint32_t mark);
struct result run(struct bpf_program *which, const struct frame *in);

/** counted - the sum over CPUs since the last call for the same counter. */
uint64_t counted(unsigned dom, enum bpf_ila_count what);

/** counted_reset - of all counters of DOM. */
void counted_reset(void);

/* ---- the world of a test: what fib would have put into the maps ---- */

enum { DOM = 3 }; /* number of the domain, for its counters */

void world_clear(void);
void put_sir(const struct ila64 *sir, uint8_t flags);
void put_own(const struct ila64 *locator, const struct ila64 *sir, enum ila_csum mode,
	     uint8_t flags);
void put_local(const struct ila_addr *a, uint32_t ifindex, uint16_t flags);
void forget_local(const struct ila_addr *a);
void put_map(const struct ila_addr *a, const struct ila64 *locator, enum ila_csum mode);
void put_remote(const struct ila64 *locator, const struct ila64 *sir,
		enum ila_csum mode);
void put_group(const struct ila_addr *a, uint32_t number, unsigned n,
	       const struct ila64 *locator, const uint16_t *weight, enum ila_csum mode);
void put_if(uint32_t ifindex, const struct bpf_ila_if *v);

#endif
