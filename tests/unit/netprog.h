/* tests/unit/netprog.h - the VXLAN programs under BPF_PROG_TEST_RUN: frames in, frames
 * out, maps as fib would fill them. The device that frames come and go by is number 1.
 */
#ifndef TESTS_UNIT_NETPROG_H
#define TESTS_UNIT_NETPROG_H

#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/netmaps.h"
#include "bpf/polmaps.h"

extern struct net_bpf *net; /* bpf/net.skel.h */

#define FROM_CONTAINER (net->progs.net_from_container)
#define TO_CONTAINER   (net->progs.net_to_container)
#define FROM_UNDERLAY  (net->progs.net_from_underlay)

/* Exits with 77 and the reason when this process may not load programs. */
bool netprog_open(void);
void netprog_close(void);

/* ---- frames ---- */

enum { FRAME_MAX = 2048, ETH = 14 };

struct frame {
	size_t len;
	uint8_t b[FRAME_MAX];
};

/*
 * What is in a frame. Addresses by text, of one family. ext (IPv6): one letter per
 * extension header: h hop-by-hop, d destination options, a authentication, r routing,
 * f first fragment, l later fragment. frag (IPv4): the field of the header.
 */
struct desc {
	const char *to, *from; /* MACs */
	const char *src, *dst;
	uint8_t proto;
	uint8_t type; /* ICMP */
	uint8_t tos;
	uint8_t hops;          /* 0: 64 */
	uint8_t flags;         /* TCP */
	uint8_t opts;          /* IPv4: words of options */
	uint16_t sport, dport; /* ICMP: dport is the identifier of an echo */
	uint16_t frag, id;
	const char *ext;
	size_t data; /* bytes behind the transport header */
	const struct frame
		*quote;     /* ICMP errors: as data, without its Ethernet header */
	const char *target; /* neighbour discovery */
};

/* With right lengths and checksums. */
struct frame frame_make(const struct desc *d);

/* Addresses by text. */
struct arp {
	const char *to, *from, *sha; /* MACs; NULL: to ALL, and from the sender's */
	const char *spa, *tpa;
	uint8_t op; /* 1 asks, 2 answers */
};

struct frame frame_arp(const struct arp *a);

/* A tunnel for a frame; flags is the first word of the VXLAN header. */
struct tunnel {
	const char *src, *dst; /* VTEPs */
	uint32_t flags, vni;   /* 0: only I */
	uint16_t dport;        /* 0: 4789 */
	uint8_t tos;
	uint16_t check; /* of UDP */
};

struct frame frame_wrap(const struct frame *inner, const struct tunnel *t);

/* Offset of the inner frame. */
size_t frame_inner(const struct frame *f);

/* ---- runs ---- */

enum { TO_PEER = 1, TO_NEIGH = 2, TO_VIA = 3 };

struct result {
	int verdict; /* TC_ACT_* */
	uint32_t mark;
	uint32_t ifindex, how; /* of a redirection, TO_* */
	struct frame out;
};

struct result run(struct bpf_program *which, const struct frame *in);

/* As what came in by that device before, with that mark. */
struct result run_by(struct bpf_program *which, const struct frame *in,
		     uint32_t ifindex, uint32_t mark);

/* Sum over CPUs since the last call for the same counter. */
uint64_t reason(enum bpf_pol_reason r);
uint64_t count(enum bpf_net_count c);

/* ---- a world ---- */

enum {
	HERE = 1, /* the only device that exists: of endpoint A */
	NEXT = 3, /* of endpoint C, on this host, too */
	UNDERLAY = 7,
	VXLAN = 8,
	VNI = 100,
	ID_A = 1001,
	ID_B,
	ID_C,
	GROUP = 77, /* of ID_D, elsewhere */
	ID_D = 0x80000000 | GROUP,
	OPEN = BPF_POL_EP_OPEN_IN | BPF_POL_EP_OPEN_OUT,
	USUAL = BPF_POL_EP_GUARD | BPF_POL_EP_FAST,
};

#define MAC_A "02:00:00:00:00:0a"
#define MAC_B "02:00:00:00:00:0b"
#define MAC_C "02:00:00:00:00:0c"
#define ALL   "ff:ff:ff:ff:ff:ff"
#define VTEP4 "192.0.2.1"
#define FAR4  "192.0.2.2"
#define VTEP6 "2001:db8::1"
#define FAR6  "2001:db8::2"

/*
 * A is here: 10.1.0.1, fd00::1. C next to it: .3. B behind the other VTEP: .2, and no
 * policy anywhere. vtep: family of the underlay.
 */
void world(int vtep);
void world_clear(void);

void put(struct bpf_map *m, const void *key, const void *value);
void put_ident(const char *addr, uint32_t identity, uint32_t ifindex);
void put_net(const char *addr, unsigned bits, uint32_t identity);
void put_neigh(const char *addr, const char *mac, uint16_t flags);
void put_fdb(const char *mac, const char *vtep, uint32_t ifindex, uint32_t flags);
void put_dom(int vtep, uint16_t mtu, uint32_t flags);

/* A: flags, policy; every shape in use. */
void put_ep(uint32_t ifindex, uint32_t identity, uint32_t policy, uint16_t flags,
	    const char *mac, const char *ip4, const char *ip6);

/* TCP between A and B of that world; and a tunnel from B's VTEP. */
struct desc a_to_b(bool six);
struct desc b_to_a(bool six);
struct tunnel tunnel_from(int vtep);

/* Passes as it came, and is counted once. */
void left_alone(struct bpf_program *which, const struct frame *f,
		enum bpf_net_count why);

/* Is dropped, and counted once. */
void assert_dropped(struct bpf_program *which, const struct frame *f,
		    enum bpf_pol_reason why);

/* One verdict of a policy, which is made if there is none. */
void put_verdict(uint32_t policy, uint32_t peer, unsigned dir, uint8_t proto,
		 uint16_t port, unsigned plen, uint32_t rule, uint8_t flags);
void policy_clear(uint32_t policy);

#endif
