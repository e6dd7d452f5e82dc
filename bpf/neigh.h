/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/neigh.h - ARP and neighbour discovery of endpoints: nobody claims what is not
 * his, and what is asked about addresses elsewhere is answered here. Programs only. */
#ifndef BPF_NEIGH_H
#define BPF_NEIGH_H

#include "bpf/guard.h"
#include "bpf/vxlan.h"

struct neigh_arp {
	__be16 htype, ptype;
	__u8 hlen, plen;
	__be16 op;
	__u8 sha[6];
	__u8 spa[4];
	__u8 tha[6];
	__u8 tpa[4];
};
_Static_assert(sizeof(struct neigh_arp) == 28, "RFC 826");

struct neigh_eth {
	__u8 dst[6], src[6];
	__be16 proto;
};

enum { NEIGH_LATER = -2 }; /* none of the two below */

/* Back to where it came from. */
static __always_inline int neigh_send(struct __sk_buff *skb, const struct pol *p)
{
	net_count(BPF_NET_N_ANSWERED);
	bpf_skb_change_type(skb, PACKET_HOST_);
	return redirect_peer(skb, p->ifindex);
}

/* Guard, and the answer where we have it; the bridge has the others. */
static __noinline int neigh_arp(struct __sk_buff *skb, struct pol *p)
{
	const struct bpf_net_neigh *n;
	struct {
		struct neigh_eth eth;
		struct neigh_arp arp;
	} x, y;
	int known;

	known = flow_pull(skb, sizeof(x)) &&
		!bpf_skb_load_bytes(skb, 0, &x, sizeof(x)) &&
		x.arp.htype == bpf_htons(1) && x.arp.ptype == bpf_htons(ETH_P_IP) &&
		x.arp.hlen == 6 && x.arp.plen == 4;
	if (!known)
		return p->ep.flags & BPF_POL_EP_GUARD
			       ? pol_drop(skb, p, BPF_POL_R_MALFORMED)
			       : PASS;
	flow_start(&p->f, BPF_POL_IP4, p->ep.vni);
	__builtin_memcpy(p->f.src.ip, x.arp.spa, 4);
	__builtin_memcpy(p->f.dst.ip, x.arp.tpa, 4);
	if (p->ep.flags & BPF_POL_EP_GUARD &&
	    (!mac_eq(x.arp.sha, p->ep.mac) ||
	     !(flow_is_zero(&p->f.src) || pol_owns(p, &p->f.src))))
		return pol_drop(skb, p, BPF_POL_R_SPOOF_NEIGH);
	/* Who asks one neighbour wants to know whether that one is still there. */
	if (x.arp.op != bpf_htons(1) || !(x.eth.dst[0] & 1) ||
	    !(p->ep.flags & BPF_POL_EP_FAST) || flow_addr_eq(&p->f.src, &p->f.dst))
		return PASS;
	n = bpf_map_lookup_elem(&net_neigh_v1, &p->f.dst);
	if (!n)
		return PASS;
	__builtin_memcpy(&y, &x, sizeof(y));
	__builtin_memcpy(y.eth.dst, x.eth.src, 6);
	__builtin_memcpy(y.eth.src, n->mac, 6);
	y.arp.op = bpf_htons(2);
	__builtin_memcpy(y.arp.sha, n->mac, 6);
	__builtin_memcpy(y.arp.spa, x.arp.tpa, 4);
	__builtin_memcpy(y.arp.tha, x.arp.sha, 6);
	__builtin_memcpy(y.arp.tpa, x.arp.spa, 4);
	if (bpf_skb_store_bytes(skb, 0, &y, sizeof(y), BPF_F_RECOMPUTE_CSUM))
		return pol_drop(skb, p, BPF_POL_R_FAILED);
	return neigh_send(skb, p);
}

/* To an endpoint: nobody outside says where others of this host are. Return: enum
 * bpf_pol_reason. */
static __noinline __u32 guard_told(struct __sk_buff *skb, const struct pol *p, __u32 by)
{
	struct bpf_pol_addr target;
	enum guard_nd what = guard_nd_read(skb, &p->f, &target);

	if (what == ND_SHORT)
		return BPF_POL_R_MALFORMED;
	return what == ND_CLAIM && guard_is_foreign(pol_ident(&target), by)
		       ? BPF_POL_R_SPOOF_OUTSIDE
		       : BPF_POL_R_NONE;
}

/* The same of ARP. */
static __noinline int neigh_arp_in(struct __sk_buff *skb, struct pol *p)
{
	struct bpf_pol_addr spa = { .scope_family = BPF_POL_IP4 << 24 | p->ep.vni };

	if (!bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct neigh_arp, spa), spa.ip,
				4) &&
	    guard_is_foreign(pol_ident(&spa), skb->ingress_ifindex))
		return pol_drop(skb, p, BPF_POL_R_SPOOF_OUTSIDE);
	return PASS;
}

/* A solicitation with the one option that it has; the answer is as long. */
struct neigh_nd {
	__u8 type, code;
	__be16 sum;
	__be32 flags;
	__be32 target[4];
	__u8 opt, opt_len;
	__u8 mac[6];
};
_Static_assert(sizeof(struct neigh_nd) == 32, "RFC 4861");

static __always_inline __be16 neigh_sum(const struct ipv6hdr *h, struct neigh_nd *nd)
{
	__be32 tail[2] = { bpf_htonl(sizeof(*nd)), bpf_htonl(NEXT_ICMPV6) };
	__s64 sum;

	nd->sum = 0;
	sum = bpf_csum_diff(NULL, 0, (__be32 *)&h->saddr, 32, 0);
	sum = bpf_csum_diff(NULL, 0, tail, sizeof(tail), (__u32)sum);
	sum = bpf_csum_diff(NULL, 0, (__be32 *)nd, sizeof(*nd), (__u32)sum);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff);
	return (__be16) ~((sum & 0xffff) + (sum >> 16));
}

/* Call for a solicitation that has passed the guard and is not about a duplicate.
 * Return: NEIGH_LATER: there is no answer here. */
static __noinline int neigh_nd(struct __sk_buff *skb, const struct pol *p)
{
	const struct bpf_net_neigh *n;
	struct bpf_pol_addr target = p->f.dst;
	struct {
		struct neigh_eth eth;
		struct ipv6hdr ip;
		struct neigh_nd nd;
	} __attribute__((packed)) x;

	if (p->f.l4 != ETH_HLEN + sizeof(x.ip) || p->f.end != sizeof(x) ||
	    skb->len != sizeof(x) || bpf_skb_load_bytes(skb, 0, &x, sizeof(x)))
		return NEIGH_LATER;
	if (!(x.eth.dst[0] & 1) || x.nd.code || x.nd.opt != 1 || x.nd.opt_len != 1 ||
	    !mac_eq(x.nd.mac, x.eth.src))
		return NEIGH_LATER;
	__builtin_memcpy(target.ip, x.nd.target, sizeof(target.ip));
	n = bpf_map_lookup_elem(&net_neigh_v1, &target);
	if (!n)
		return NEIGH_LATER;
	__builtin_memcpy(x.eth.dst, x.eth.src, 6);
	__builtin_memcpy(x.eth.src, n->mac, 6);
	x.ip.daddr = x.ip.saddr;
	__builtin_memcpy(&x.ip.saddr, x.nd.target, 16);
	x.nd.type = ND_ADVERT;
	x.nd.flags =
		bpf_htonl(n->flags & BPF_NET_NEIGH_ROUTER ? 0xe0000000 : 0x60000000);
	x.nd.opt = 2;
	__builtin_memcpy(x.nd.mac, n->mac, 6);
	{
		struct ipv6hdr ip = x.ip;
		struct neigh_nd nd = x.nd;

		x.nd.sum = neigh_sum(&ip, &nd);
	}
	if (bpf_skb_store_bytes(skb, 0, &x, sizeof(x), BPF_F_RECOMPUTE_CSUM))
		return pol_drop(skb, p, BPF_POL_R_FAILED);
	return neigh_send(skb, p);
}

#endif
