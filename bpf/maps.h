/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/maps.h - keys and values of the maps that fib fills and the programs of
 * ila.bpf.c read. Prefixes, identifiers and addresses in network order, everything else
 * in host order; no field is implicit padding, and what is called pad is zero. */
#ifndef BPF_MAPS_H
#define BPF_MAPS_H

#include <linux/types.h>

/*
 * What fib sets before it attaches a program, and in which order it takes things back:
 *
 *   ila_dom_v1     every SIR prefix, every locator of this host
 *   ila_local_v1   every identifier of this host
 *   ila_if_v1      every device on which from_container and to_container run
 *   ila_remote_v1  every locator that a mapping names (errors are translated back)
 *   ila_group_v1   before the mapping that names the group
 *   ila_map_v1     every identifier of another host
 *   ila_way_v1     locators that can be reached past the stack; the others wait for it
 *
 * The maps are pinned under these names; whoever changes a layout here gives the map
 * its next number. The programs expect an Ethernet header on the device.
 *
 *   ila_from_container  ingress of the host's side of each container's veth, and of the
 *                       host's own (BPF_ILA_IF_HOST)
 *   ila_to_container    egress of the same, except the host's own
 *   ila_from_underlay   ingress of each underlay device
 */

/*
 * skb->mark of a packet that has no way: no mapping, or for an identifier that is not
 * here. A rule of ours in nftables' prerouting rejects it with ICMPv6 type 1 code 3.
 */
#define BPF_ILA_MARK_UNREACH 0x11a00003

/* How the checksum stays right; the numbers of lib/ila.h and linux/ila.h. */
enum bpf_ila_mode {
	BPF_ILA_ADJUST,
	BPF_ILA_NEUTRAL,
	BPF_ILA_NONE,
	BPF_ILA_NEUTRAL_AUTO,
};

/* An address in two halves. */
struct bpf_ila_addr {
	__be64 prefix; /* SIR prefix or locator */
	__be64 id;
};

/*
 * How to rewrite an address: which prefix it gets, and the one's complement difference
 * that goes with it, from prefix P (which is replaced) to Q (which is written):
 *
 *   neutral modes     diff(P, Q), what the low word of the identifier grows by; with
 *                     C bit (NEUTRAL) also + ~0x1000 to the wire, + 0x1000 from it
 *   ADJUST, NONE      diff(Q, P), what the sum over the address grows by
 *
 * where diff() is ila_diff() of lib/ila.h. In network order: htons().
 */
struct bpf_ila_rewrite {
	__be64 prefix;
	__be16 diff;
	__u8 mode; /* enum bpf_ila_mode */
	__u8 type; /* enum ila_type, for fib: programs do not look */
	__u32 aux; /* see the map */
};

enum bpf_ila_kind {
	BPF_ILA_SIR = 1, /* to: unused */
	BPF_ILA_LOCATOR, /* of this host; to: back to the SIR prefix, mode of the domain
			  */
};

enum {
	BPF_ILA_DOM_VNID = 1,   /* bits 59..32 of identifiers are a VNID: isolation */
	BPF_ILA_DOM_ROUTER = 2, /* what arrives for identifiers elsewhere is sent on */
};

/* ila_dom_v1, hash: prefix (__be64) -> what it is to this host. */
struct bpf_ila_dom {
	struct bpf_ila_rewrite to; /* aux: 0; SIR: mode and type, for fib */
	__u16 dom;                 /* number of the domain for counters; of the SIR's */
	__u8 kind;                 /* enum bpf_ila_kind */
	__u8 flags;                /* BPF_ILA_DOM_* of the domain, for both kinds */
	__u32 pad;
};

/* ila_remote_v1, hash: locator (__be64) of another host -> struct bpf_ila_rewrite, back
 * to the SIR prefix, mode of the mappings that name it; aux: 0. */

/* ila_map_v1, hash: SIR address (struct bpf_ila_addr) of an identifier elsewhere ->
 * struct bpf_ila_rewrite, to its locator; aux: 0, or the key in ila_group_v1, prefix
 * then unused. */

enum { BPF_ILA_LOCATORS = 8, BPF_ILA_SLOTS = 128 };

/* ila_group_v1, hash: number (__u32, 1..) -> several locators of one identifier. A
 * flow's hash chooses a slot; the share of slots is the weight. */
struct bpf_ila_group {
	struct bpf_ila_rewrite to[BPF_ILA_LOCATORS]; /* aux: weight, for fib */
	__u8 slot[BPF_ILA_SLOTS];                    /* index into to[] */
};

enum {
	BPF_ILA_LOCAL_HOST = 1,   /* of the host itself: ifindex 0 */
	BPF_ILA_LOCAL_VNID = 2,   /* domain has BPF_ILA_DOM_VNID */
	BPF_ILA_LOCAL_PREFIX = 4, /* the container sees its tenant's prefix */
	/* Programs forward what it gets, and what it sends; the stack what they cannot:
	 * no way, hops used up, too large. Netfilter does not see the others. */
	BPF_ILA_LOCAL_FAST_IN = 8,
	BPF_ILA_LOCAL_FAST_OUT = 16,
};

/* ila_way_v1, hash: locator (__be64) of another host -> its next hop. */
struct bpf_ila_way {
	__u32 ifindex;
	__u32 mtu;     /* of the route: the largest packet */
	__be32 via[4]; /* zeros: who the packet is for */
};

/* ila_local_v1, hash: SIR address (struct bpf_ila_addr) of an identifier of this host.
 */
struct bpf_ila_local {
	__u32 ifindex;
	__u16 dom;
	__u16 flags; /* BPF_ILA_LOCAL_* */
};

enum {
	BPF_ILA_IF_HOST = 1,   /* traffic of the host itself: any source */
	BPF_ILA_IF_PREFIX = 2, /* the container sees tenant_prefix + low 32 bits */
};

/* ila_if_v1, hash: ifindex (__u32) of the host's side of a container's veth. */
struct bpf_ila_if {
	__be64 sir;
	__be32 id_high; /* IF_PREFIX: type 3 and VNID, upper half of its identifiers */
	__u16 dom;
	__u16 flags;             /* BPF_ILA_IF_* */
	__be32 tenant_prefix[3]; /* IF_PREFIX, 96 bits */
	__u32 pad;
};

/* What became of packets; the numbers of enum ila_count, fib/intent.h. */
enum bpf_ila_count {
	BPF_ILA_N_OUT,
	BPF_ILA_N_IN,
	BPF_ILA_N_LOCAL,
	BPF_ILA_N_NO_MAPPING,
	BPF_ILA_N_NOT_HERE,
	BPF_ILA_N_ISOLATED_OUT,
	BPF_ILA_N_ISOLATED_IN,
	BPF_ILA_N_SPOOFED,
	BPF_ILA_N_MALFORMED,
	BPF_ILA_N_ERROR,
	BPF_ILA_N_ERROR_BAD,
	BPF_ILA_COUNTS
};

enum {
	BPF_ILA_DOMS = 64, /* domains with counters of their own; 0: of none */
	BPF_ILA_ROW = 16,  /* counters per domain, BPF_ILA_COUNTS in use */
};

/* ila_count_v1, per-CPU array of __u64: [dom * BPF_ILA_ROW + count]. */

_Static_assert(sizeof(struct bpf_ila_addr) == 16, "an IPv6 address");
_Static_assert(sizeof(struct bpf_ila_rewrite) == 16, "pinned layout");
_Static_assert(sizeof(struct bpf_ila_dom) == 24, "pinned layout");
_Static_assert(sizeof(struct bpf_ila_group) == 256, "pinned layout");
_Static_assert(sizeof(struct bpf_ila_local) == 8, "pinned layout");
_Static_assert(sizeof(struct bpf_ila_way) == 24, "pinned layout");
_Static_assert(sizeof(struct bpf_ila_if) == 32, "pinned layout");
_Static_assert((int)BPF_ILA_COUNTS <= (int)BPF_ILA_ROW, "room for every counter");

#endif
