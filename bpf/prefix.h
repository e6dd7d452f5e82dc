/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/prefix.h - tenants that have a prefix of their own, type 3 identifiers. Programs
 * only. The upper 96 bits of a container's address are its tenant's prefix where it
 * lives, and SIR prefix, type and VNID everywhere else; the lower 32 are its own. */
#ifndef BPF_PREFIX_H
#define BPF_PREFIX_H

#include "bpf/maps.h"
#include "bpf/pkt.h"

/* sir and id_high of a struct bpf_ila_if follow one another: 96 bits. */
#define SIR_OF(ifc) ((const __be32 *)&(ifc)->sir)
_Static_assert(offsetof(struct bpf_ila_if, id_high) == sizeof(__be64), "96 bits");

/* Return: whether it was covered by from, and so is by to now. */
static __always_inline int prefix_set(struct bpf_ila_addr *a, const __be32 *from,
				      const __be32 *to)
{
	__be32 *w = (__be32 *)a;

	if (w[0] != from[0] || w[1] != from[1] || w[2] != from[2])
		return 0;
	w[0] = to[0];
	w[1] = to[1];
	w[2] = to[2];
	return 1;
}

/* An address that is part of an ICMPv6 message. Return: 0; -1 when the packet can only
 * be dropped. */
static __noinline int prefix_swap_in(struct __sk_buff *skb, struct pkt *p, __u32 at,
				     const __be32 *from, const __be32 *to)
{
	struct bpf_ila_addr old, a;

	if (at + sizeof(a) > p->end || bpf_skb_load_bytes(skb, at, &old, sizeof(old)))
		return 0; /* not there */
	a = old;
	if (!prefix_set(&a, from, to))
		return 0;
	if (bpf_l4_csum_replace(skb, p->l4 + 2, 0,
				bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&a,
					      sizeof(a), 0),
				0))
		return -1;
	return bpf_skb_store_bytes(skb, at, &a, sizeof(a), 0) ? -1 : 0;
}

/* What is asked for or told by neighbour discovery, and what errors quote. */
static __always_inline int prefix_swap_icmp(struct __sk_buff *skb, struct pkt *p,
					    const __be32 *from, const __be32 *to)
{
	struct ipv6hdr q;
	__u8 type;

	if (p->walk != PKT_FOUND || p->proto != NEXT_ICMPV6 ||
	    bpf_skb_load_bytes(skb, p->l4, &type, sizeof(type)))
		return 0;
	if (type == 135 || type == 136) /* neighbour solicitation, advertisement */
		return prefix_swap_in(skb, p, p->l4 + 8, from, to);
	if (pkt_quote(skb, p, &q))
		return 0;
	if (prefix_swap_in(skb, p, p->l4 + 8 + offsetof(struct ipv6hdr, saddr), from,
			   to))
		return -1;
	return prefix_swap_in(skb, p, p->l4 + 8 + offsetof(struct ipv6hdr, daddr), from,
			      to);
}

/*
 * Every address under one prefix, wherever it stands, gets the other one: both prefixes
 * have 96 bits, network order. Return: 0; -1 when the packet can only be dropped.
 */
static __noinline int prefix_swap(struct __sk_buff *skb, struct pkt *p,
				  const __be32 *from, const __be32 *to)
{
	struct {
		struct bpf_ila_addr src, dst;
	} old = { p->src, p->dst }, now = old;
	int src = prefix_set(&now.src, from, to), dst = prefix_set(&now.dst, from, to);
	int fixed;

	if (src || dst) {
		__s64 diff = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&now,
					   sizeof(now), 0);

		fixed = pkt_sum_fix(skb, p, (__u32)diff, 0);
		/* Addresses in a routing header are out of our sight. */
		if (fixed < 0 || p->way & PKT_ROUTED ||
		    bpf_skb_store_bytes(skb, PKT_SRC, &now, sizeof(now),
					fixed ? 0 : BPF_F_RECOMPUTE_CSUM))
			return -1;
		p->src = now.src;
		p->dst = now.dst;
	}
	pkt_walk(skb, p);
	return prefix_swap_icmp(skb, p, from, to);
}

#endif
