/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/guard.h - an endpoint sends as nobody but itself. Programs only. Identity goes by
 * address, so this is what all of policy stands on. */
#ifndef BPF_GUARD_H
#define BPF_GUARD_H

#include "bpf/policy.h"

enum { ND_ROUTER = 134, ND_SOLICIT = 135, ND_ADVERT = 136, ND_REDIRECT = 137 };

static __always_inline int mac_eq(const __u8 *a, const __u8 *b)
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) |
		 (a[4] ^ b[4]) | (a[5] ^ b[5]));
}

/* An address that the endpoint claims on the link: its own, or one of the link that is
 * nobody's as far as we know. */
static __noinline int guard_may_claim(const struct pol *p, const struct bpf_pol_addr *a)
{
	const struct bpf_pol_ident *i;

	if (pol_owns(p, a))
		return 1;
	i = pol_ident(a);
	return !i && flow_is_link(&p->f, a);
}

enum guard_nd { ND_NOTHING, ND_CLAIM, ND_SHORT };

/* Advertisements, and questions whether an address is free, are claims: of target. */
static __always_inline enum guard_nd guard_nd_read(struct __sk_buff *skb,
						   const struct flow *f,
						   struct bpf_pol_addr *target)
{
	if (f->type != ND_ADVERT && !(f->type == ND_SOLICIT && flow_is_zero(&f->src)))
		return ND_NOTHING;
	target->scope_family = f->src.scope_family;
	if (f->l4 + 24 > f->end || !flow_pull(skb, (f->l4 + 24) & 0xffff) ||
	    bpf_skb_load_bytes(skb, f->l4 + 8, target->ip, sizeof(target->ip)))
		return ND_SHORT;
	return ND_CLAIM;
}

/* From the endpoint. Return: enum bpf_pol_reason. */
static __noinline __u32 guard_nd(struct __sk_buff *skb, const struct pol *p)
{
	struct bpf_pol_addr target;
	enum guard_nd what;

	if (!(p->f.flags & FLOW_NEIGH)) /* it is no router */
		return p->f.type == ND_ROUTER || p->f.type == ND_REDIRECT
			       ? BPF_POL_R_SPOOF_NEIGH
			       : BPF_POL_R_NONE;
	what = guard_nd_read(skb, &p->f, &target);
	if (what == ND_SHORT)
		return BPF_POL_R_MALFORMED;
	return what == ND_NOTHING || guard_may_claim(p, &target)
		       ? BPF_POL_R_NONE
		       : BPF_POL_R_SPOOF_NEIGH;
}

enum { GUARD_TUNNEL = ~0U };

/* Is that address one of another endpoint of this host, and comes from elsewhere? by:
 * device that it came by; 0: the host itself. */
static __always_inline int guard_is_foreign(const struct bpf_pol_ident *i, __u32 by)
{
	return i && i->ifindex && by && i->ifindex != by;
}

/*
 * A source that is not the endpoint's own: what a host has to send before it has an
 * address, and on the link in order to keep one. Everything else from a link-local
 * address would have no identity, and so evade what is denied to one.
 */
static __noinline __u32 guard_homeless(const struct pol *p)
{
	const struct flow *f = &p->f;
	int dhcp = f->proto == NEXT_UDP && f->flags & FLOW_PORTS;

	if (f->family == BPF_POL_IP4)
		return flow_is_zero(&f->src) && dhcp && f->sport == bpf_htons(68) &&
				       f->dport == bpf_htons(67)
			       ? BPF_POL_R_NONE
			       : BPF_POL_R_SPOOF_IP;
	if (!flow_is_zero(&f->src) && !guard_may_claim(p, &f->src))
		return BPF_POL_R_SPOOF_IP;
	if (f->flags & FLOW_NEIGH)
		return BPF_POL_R_NONE;
	return !flow_is_zero(&f->src) && dhcp && f->sport == bpf_htons(546) &&
			       f->dport == bpf_htons(547)
		       ? BPF_POL_R_NONE
		       : BPF_POL_R_SPOOF_IP;
}

/* The source of p->f. Return: enum bpf_pol_reason. */
static __always_inline __u32 guard_source(struct __sk_buff *skb, const struct pol *p)
{
	__u32 no;

	if (!(p->ep.flags & BPF_POL_EP_GUARD))
		return BPF_POL_R_NONE;
	if (!pol_owns(p, &p->f.src)) {
		no = guard_homeless(p);
		if (no)
			return no;
	}
	return p->f.family == BPF_POL_IP6 && p->f.flags & FLOW_ICMPS ? guard_nd(skb, p)
								     : BPF_POL_R_NONE;
}

/* The destination of p->f, in a frame for the endpoint alone: what is told as somebody
 * else's would have been judged by another's identity where it was sent. */
static __always_inline __u32 guard_target(const struct pol *p)
{
	if (!(p->ep.flags & BPF_POL_EP_GUARD) || pol_owns(p, &p->f.dst) ||
	    flow_is_link(&p->f, &p->f.dst) || flow_is_multicast(&p->f, &p->f.dst))
		return BPF_POL_R_NONE;
	return BPF_POL_R_NOT_FOR;
}

/* The same in a frame for more than one: a packet for all of them, or for a prefix that
 * we do not know, but not one for somebody else. */
static __always_inline __u32 guard_group_target(const struct pol *p)
{
	const struct bpf_pol_ident *i;

	if (!(p->ep.flags & BPF_POL_EP_GUARD))
		return BPF_POL_R_NONE;
	i = pol_ident(&p->f.dst);
	return i && i->ifindex != p->ifindex ? BPF_POL_R_NOT_FOR : BPF_POL_R_NONE;
}

/* ---- what is not read ---- */

/* What policy cannot see goes only where all may. */
static __noinline int unseen(struct __sk_buff *skb, struct pol *p, __u32 reason)
{
	p->f.family = 0;
	p->peer = p->rule = 0;
	return pol_is_open(p) ? PASS : pol_drop(skb, p, reason);
}

/* Tagged: a link of its own between those who tag. A tag behind one that is none would
 * be read by the stack as what we guard. */
static __always_inline int is_tagged(const struct __sk_buff *skb)
{
	return pkt_in_vlan(skb) || skb->protocol == bpf_htons(ETH_P_8021Q) ||
	       skb->protocol == bpf_htons(ETH_P_8021AD);
}

static __noinline int tagged(struct __sk_buff *skb, struct pol *p)
{
	p->f.family = 0;
	p->peer = p->rule = 0;
	if (p->ep.flags & BPF_POL_EP_GUARD && pkt_is_hidden(skb))
		return pol_drop(skb, p, BPF_POL_R_VLAN);
	return unseen(skb, p, BPF_POL_R_VLAN);
}

#endif
