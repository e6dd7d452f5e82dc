/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/pkt.h - an IPv6 packet in a tc program: where its transport header is, and the
 * checksum in it. Programs only. */
#ifndef BPF_PKT_H
#define BPF_PKT_H

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#include "bpf/hdr.h"
#include "bpf/maps.h"

enum {
	PKT_IP6 = ETH_HLEN,
	PKT_SRC = ETH_HLEN + offsetof(struct ipv6hdr, saddr),
	PKT_DST = ETH_HLEN + offsetof(struct ipv6hdr, daddr),
	PKT_NEXT = ETH_HLEN + sizeof(struct ipv6hdr), /* behind the fixed header */
};

/* How far the walk over the extension headers came. */
enum pkt_walk {
	PKT_UNKNOWN, /* not begun */
	PKT_FOUND,   /* proto and l4 are those of the transport header */
	PKT_LATER,   /* not the first fragment: the transport header is elsewhere */
	PKT_BAD,     /* cut short, or more headers than we follow */
};

struct pkt {
	struct bpf_ila_addr src, dst;
	__u32 end;  /* of the IPv6 packet, offset in the frame */
	__u32 l4;   /* of the transport header, dto. */
	__u8 next;  /* next header of the fixed header */
	__u8 proto; /* transport protocol */
	__u8 walk;  /* enum pkt_walk */
	__u8 way;   /* PKT_FRAGMENT, PKT_ROUTED */
	__u8 hops;  /* limit, as it came */
};

enum {
	PKT_FRAGMENT = 1, /* has a fragment header */
	PKT_ROUTED = 2,   /* a routing header names the last destination */
};

/* Return: 0; -1 when this is no IPv6 packet with a whole header, or of a VLAN. */
static __always_inline int pkt_read(struct __sk_buff *skb, struct pkt *p)
{
	struct ipv6hdr h;

	if (skb->protocol != bpf_htons(ETH_P_IPV6) || pkt_in_vlan(skb))
		return -1;
	/* Not from where the sender may still write. */
	if ((void *)(long)skb->data + PKT_NEXT > (void *)(long)skb->data_end &&
	    (skb->len < PKT_NEXT || bpf_skb_pull_data(skb, PKT_NEXT)))
		return -1;
	if (bpf_skb_load_bytes(skb, PKT_IP6, &h, sizeof(h)) || h.version != 6)
		return -1;
	__builtin_memcpy(&p->src, &h.saddr, sizeof(p->src));
	__builtin_memcpy(&p->dst, &h.daddr, sizeof(p->dst));
	/* Zero: a jumbogram, or what the stack makes of the largest segments. */
	p->end = h.payload_len ? (__u32)PKT_NEXT + bpf_ntohs(h.payload_len) : skb->len;
	p->next = h.nexthdr;
	p->hops = h.hop_limit;
	p->walk = PKT_UNKNOWN;
	p->way = 0;
	return 0;
}

/* Finds the transport header, once. Return: p->walk. */
static __noinline int pkt_walk(struct __sk_buff *skb, struct pkt *p)
{
	__u32 at = PKT_NEXT;
	__u8 next = p->next;

	if (p->walk != PKT_UNKNOWN)
		return p->walk;
	p->walk = PKT_BAD;
	for (int i = 0; i <= PKT_EXT_MAX; i++) {
		__u8 h[8]; /* as long as the shortest one, and a slot of its own */
		__u32 len = pkt_ext_len(next, 0);

		if (!len) {
			p->proto = next;
			p->l4 = at;
			p->walk = PKT_FOUND;
			break;
		}
		if (at + 8 > p->end || bpf_skb_load_bytes(skb, at, h, sizeof(h)))
			break;
		if (next == NEXT_FRAGMENT) {
			p->way |= PKT_FRAGMENT;
			if (h[2] || h[3] & 0xf8) {
				p->walk = PKT_LATER;
				break;
			}
		} else if (next == NEXT_ROUTING && h[3]) {
			p->way |= PKT_ROUTED;
		}
		/* The mask says no more than is known, but makes all turns alike. */
		at = (at + pkt_ext_len(next, h[1])) & 0xffff;
		next = h[0];
	}
	return p->walk;
}

/*
 * Tells the transport checksum that the sum over the addresses grew by diff (network
 * order). Whole packets, first fragments and GSO: the kernel knows whether the field
 * holds a checksum or only the seed for one. Packets with any of these PKT_* are not
 * meant. Return: 1; 0 when there is none to be told; -1 when it is out of reach.
 */
static __noinline int pkt_sum_fix(struct __sk_buff *skb, struct pkt *p, __u32 diff,
				  __u8 except)
{
	__u64 flags = BPF_F_PSEUDO_HDR;
	__u32 at;

	switch (pkt_walk(skb, p)) {
	case PKT_LATER:
		return 0;
	case PKT_FOUND:
		break;
	default:
		return -1;
	}
	if (p->way & except)
		return 0;
	switch (p->proto) {
	case NEXT_TCP:
		at = 16;
		break;
	case NEXT_UDP:
		flags |= BPF_F_MARK_MANGLED_0; /* none stays none, and 0 is ffff */
		at = 6;
		break;
	case NEXT_UDPLITE:
	case NEXT_DCCP:
		at = 6;
		break;
	case NEXT_ICMPV6:
		at = 2;
		break;
	default: /* no checksum over addresses that we know of */
		return 0;
	}
	at += p->l4;
	if (at + 2 > p->end)
		return -1;
	/* Kernels before 6.16 may not know the flag, and then say so at once. */
	if (!bpf_l4_csum_replace(skb, at, 0, diff, flags | BPF_F_IPV6))
		return 1;
	return bpf_l4_csum_replace(skb, at, 0, diff, flags) ? -1 : 1;
}

/* The fixed header of the packet that an ICMPv6 error, types 1 to 4, is about. Return:
 * 0; -1 when this is no such error or quotes too little. */
static __noinline int pkt_quote(struct __sk_buff *skb, struct pkt *p, struct ipv6hdr *q)
{
	__u8 type;

	if (p->next == NEXT_TCP || p->next == NEXT_UDP || /* nearly all there is */
	    pkt_walk(skb, p) != PKT_FOUND || p->proto != NEXT_ICMPV6)
		return -1;
	if (p->l4 + 8 + sizeof(*q) > p->end ||
	    bpf_skb_load_bytes(skb, p->l4, &type, sizeof(type)) || type < 1 || type > 4)
		return -1;
	if (bpf_skb_load_bytes(skb, p->l4 + 8, q, sizeof(*q)) || q->version != 6)
		return -1;
	return 0;
}

#endif
