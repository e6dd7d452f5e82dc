/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/polmaps.h - keys and values of the maps of identity and policy, which fib fills
 * and the programs of ila.bpf.c and net.bpf.c read. Addresses and ports in network
 * order, everything else in host order; no field is implicit padding, and what is
 * called pad is zero. */
#ifndef BPF_POLMAPS_H
#define BPF_POLMAPS_H

#include <linux/types.h>

/*
 * What fib sets, in this order, and takes back in reverse, so that no packet meets half
 * of it:
 *
 *   pol_opt_v2      once
 *   pol_verdict_v1  inner maps, whole; a new identity goes into live ones in place, and
 *                   that before any address has it
 *   pol_group_v1    what a group policy id stands for
 *   pol_net_v1      identities of prefixes
 *   pol_ident_v1    identities of addresses, those of this host's endpoints too
 *   pol_ep_v1       every device with an endpoint; one write replaces policy and flags
 *
 * The maps are pinned under these names; whoever changes a layout here gives the map
 * its next number. pol_ct_v2, pol_rule_v1, pol_reason_v1 and pol_event_v1 are written
 * by programs only. An endpoint's number is the ifindex of the host's side of its veth:
 * a device without an entry in pol_ep_v1 has no policy, and no guard.
 */

enum bpf_pol_dir {
	BPF_POL_IN, /* to the endpoint */
	BPF_POL_OUT,
	BPF_POL_DIRS
};

/* Identities that every host has. */
enum {
	BPF_POL_ANY = 0, /* in a verdict: whoever the peer is */
	BPF_POL_HOST = 1,
	BPF_POL_WORLD = 2,
	BPF_POL_INIT = 5, /* in an overlay, and not known (yet) */
};

/* Upper 8 bits of the identities of prefixes that rules name. */
enum { BPF_POL_CIDR = 1 };

/* ---- addresses -> identities ---------------------------------------------- */

enum { BPF_POL_IP4 = 1, BPF_POL_IP6 = 2 };

/* An address within its tenant. IPv4: the first four bytes, the others are zero. */
struct bpf_pol_addr {
	__u32 scope_family; /* BPF_POL_IP4 or 6 << 24 | VNI; ILA: VNI 0 */
	__be32 ip[4];
};

/* pol_net_v1, LPM trie: struct bpf_pol_net -> struct bpf_pol_ident. prefixlen counts
 * from scope_family, which is always all of the prefix: 32 + bits of the address. */
struct bpf_pol_net {
	__u32 prefixlen;
	struct bpf_pol_addr addr;
};

/* pol_ident_v1, hash: struct bpf_pol_addr -> whose it is. */
struct bpf_pol_ident {
	__u32 identity;
	__u32 ifindex; /* of the endpoint of this host that has it; 0: elsewhere */
};

/* pol_group_v1, hash: struct bpf_pol_group -> identity (__u32), where the group policy
 * id is that of exactly one identity in the VNI. */
struct bpf_pol_group {
	__u32 vni;
	__u32 group; /* 16 bits */
};

/* ---- endpoints ------------------------------------------------------------ */

enum {
	/* Whatever goes in this direction may, no verdict says otherwise: none is
	 * looked up. Without it and without a policy nothing may. */
	BPF_POL_EP_OPEN_IN = 1 << BPF_POL_IN,
	BPF_POL_EP_OPEN_OUT = 1 << BPF_POL_OUT,
	/* There are denying verdicts: all shapes are probed. */
	BPF_POL_EP_DENY_IN = 4 << BPF_POL_IN,
	BPF_POL_EP_DENY_OUT = 4 << BPF_POL_OUT,
	BPF_POL_EP_GUARD = 1 << 4, /* it has no MAC and no address but its own */
	BPF_POL_EP_ILA = 1 << 5,
	BPF_POL_EP_FAST = 1 << 6, /* VXLAN: sent and received by programs */
};

/* pol_ep_v1, hash: ifindex (__u32). */
struct bpf_pol_ep {
	__u32 identity;
	__u32 vni;    /* scope of its addresses, key in net_dom_v1; ILA: 0 */
	__u32 policy; /* key in pol_verdict_v1; 0: none */
	/* Shapes of verdicts in use, by direction: with the peer's identity, and with
	 * BPF_POL_ANY. Bits 0..16: a protocol and so many bits of the port;
	 * BPF_POL_SHAPE_ALL: no protocol. A bit too many costs time only. */
	__u32 shape_id[BPF_POL_DIRS];
	__u32 shape_any[BPF_POL_DIRS];
	__u16 flags; /* BPF_POL_EP_* */
	__u16 group; /* group policy id to send; 0: none */
	__u8 mac[6];
	__u16 pad;
	/* One address each that pol_ident_v1 has with this ifindex, which saves looking
	 * it up; all zero: none. */
	__be32 ip4;
	__be32 ip6[4];
};

enum { BPF_POL_SHAPE_ALL = 1 << 17 };

/* ---- verdicts ------------------------------------------------------------- */

/* pol_verdict_v1, hash of maps: number of a policy (__u32) -> hash without
 * preallocation (BPF_F_NO_PREALLOC): struct bpf_pol_key -> struct bpf_pol_verdict. */
struct bpf_pol_key {
	__u32 identity; /* of the peer, or BPF_POL_ANY */
	__u8 dir_plen;  /* enum bpf_pol_dir << 7 | bits of the port that count, 0..16 */
	__u8 proto;     /* 0: any, and plen 0 */
	__be16 port;    /* of the destination; ICMP, ICMPv6: the type; masked to plen */
};

enum { BPF_POL_DENY = 1 };

struct bpf_pol_verdict {
	__u32 rule; /* index in pol_rule_v1; 0: none */
	__u8 flags; /* BPF_POL_DENY */
	__u8 pad[3];
};

/* pol_rule_v1, per-CPU array: packets that a rule decided about. */
struct bpf_pol_count {
	__u64 packets;
	__u64 bytes;
};

/* ---- connections ---------------------------------------------------------- */

enum {
	BPF_POL_CT_FLOW,
	BPF_POL_CT_FRAGMENT, /* ports: identification of the datagram */
};

/* How long entries count, in units of 2^30 ns of CLOCK_MONOTONIC. A TCP connection may
 * be silent as long as its keepalive is. */
enum {
	BPF_POL_TIME_SHIFT = 30,
	BPF_POL_LIFE_TCP = 7600,
	BPF_POL_LIFE = 170,
	BPF_POL_LIFE_FRAGMENT = 30,
};

/* pol_ct_v2, LRU hash, as the endpoint sees it: one entry for both directions. */
struct bpf_pol_flow {
	__u32 ifindex;
	__be32 local[4], remote[4];
	__be16 lport, rport; /* ICMP echo: its identifier, twice */
	__u8 proto;
	__u8 family; /* BPF_POL_IP4 or 6 */
	__u8 kind;   /* BPF_POL_CT_* */
	__u8 pad;
};

struct bpf_pol_ct {
	__u32 seen;   /* last packet that policy allowed, as the programs count time */
	__u32 policy; /* the one that allowed it, and the peer that had then: an
		       * answer is asked about again where these have changed */
	__u32 identity;
	__u32 rule;    /* that allowed it; 0: none */
	__u32 changes; /* as in struct bpf_pol_opt, when it did */
	__u8 dirs;     /* 1 << enum bpf_pol_dir: in which policy allowed it */
	__u8 pad[3];
};

/* ---- what was not let through --------------------------------------------- */

/* The numbers of enum drop_reason, fib/intent.h. pol_reason_v1, per-CPU array of __u64.
 */
enum bpf_pol_reason {
	BPF_POL_R_NONE,
	BPF_POL_R_POLICY,      /* no verdict allows it */
	BPF_POL_R_DENY,        /* a verdict denies it */
	BPF_POL_R_NO_POLICY,   /* the endpoint's policy is not loaded */
	BPF_POL_R_NO_FLOW,     /* an answer, by its looks, to nothing that we know of */
	BPF_POL_R_FRAGMENT,    /* later part of a datagram of which none was allowed */
	BPF_POL_R_SPOOF_MAC,   /* not the endpoint's own */
	BPF_POL_R_SPOOF_IP,    /* dto. */
	BPF_POL_R_SPOOF_NEIGH, /* ARP, neighbour discovery for somebody else */
	BPF_POL_R_SPOOF_OUTSIDE, /* from the underlay with an address of this host */
	BPF_POL_R_NOT_FOR,       /* not the endpoint's address */
	BPF_POL_R_VLAN,          /* tagged: not seen by policy, which is not open */
	BPF_POL_R_NOT_IP,        /* dto. */
	BPF_POL_R_MALFORMED,     /* cut short, lengths that do not fit */
	BPF_POL_R_VXLAN,         /* header of the tunnel: flags, lengths */
	BPF_POL_R_FAILED,        /* the kernel would not rewrite it */
	BPF_POL_REASONS
};

/* Not a drop: a router of an IPv6 underlay says that what a VTEP of this host sends to
 * dst is too large. Only family and addresses are set. Told always. */
enum { BPF_POL_E_PATH = 0xff };

/* pol_event_v1, ring buffer, while pol_opt_v2 says so. */
struct bpf_pol_event {
	__u32 ifindex; /* of the endpoint; 0: from the underlay, for none */
	__u32 vni;
	__u32 src_identity, dst_identity; /* 0: not looked up */
	__u32 rule;                       /* 0: none */
	__u32 len;
	__u8 reason; /* enum bpf_pol_reason, BPF_POL_E_PATH */
	__u8 dir;    /* enum bpf_pol_dir */
	__u8 proto;
	__u8 family;         /* BPF_POL_IP4 or 6; 0: neither, no addresses */
	__be16 sport, dport; /* ICMP, ICMPv6: sport 0, dport the type */
	__be32 src[4], dst[4];
};

enum { BPF_POL_OPT_EVENTS = 1 };

/* pol_opt_v2, array of one. */
struct bpf_pol_opt {
	__u32 flags;   /* BPF_POL_OPT_* */
	__u32 overlay; /* identity of who is not known in an overlay; 0: INIT */
	__u32 changes; /* another number after verdicts have changed in place */
};

_Static_assert(sizeof(struct bpf_pol_addr) == 20, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_net) == 24, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_ident) == 8, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_group) == 8, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_ep) == 60, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_key) == 8, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_verdict) == 8, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_count) == 16, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_flow) == 44, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_ct) == 24, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_event) == 64, "pinned layout");
_Static_assert(sizeof(struct bpf_pol_opt) == 12, "pinned layout");

#endif
