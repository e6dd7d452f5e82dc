/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/check.h - whether a packet may go: what the verdicts say, and what has been
 * before: connections, datagrams in fragments, packets that ICMP errors are about.
 * Programs only. */
#ifndef BPF_CHECK_H
#define BPF_CHECK_H

#include "bpf/policy.h"

__u32 pol_check(struct __sk_buff *skb, struct pol *p);

/* ---- connections ---- */

static __always_inline __u32 pol_now(void)
{
	return (__u32)(bpf_ktime_get_coarse_ns() >> BPF_POL_TIME_SHIFT);
}

static __always_inline int pol_is_fresh(const struct bpf_pol_ct *c, __u8 proto)
{
	return pol_now() - c->seen <
	       (proto == NEXT_TCP ? BPF_POL_LIFE_TCP : BPF_POL_LIFE);
}

static __always_inline void pol_flow_key(const struct pol *p, const struct flow *f,
					 int out, struct bpf_pol_flow *k)
{
	__builtin_memset(k, 0, sizeof(*k));
	k->ifindex = p->ifindex;
	__builtin_memcpy(k->local, out ? f->src.ip : f->dst.ip, sizeof(k->local));
	__builtin_memcpy(k->remote, out ? f->dst.ip : f->src.ip, sizeof(k->remote));
	k->lport = out ? f->sport : f->dport;
	k->rport = out ? f->dport : f->sport;
	k->proto = f->proto;
	k->family = f->family;
}

/* The same of a datagram in fragments. */
static __always_inline void pol_part_key(const struct pol *p, struct bpf_pol_flow *k)
{
	pol_flow_key(p, &p->f, p->dir == BPF_POL_OUT, k);
	__builtin_memcpy(&k->lport, &p->f.id, sizeof(p->f.id));
	k->kind = BPF_POL_CT_FRAGMENT;
	if (k->family == BPF_POL_IP6) /* what a later one says of it proves nothing */
		k->proto = 0;
}

_Static_assert(offsetof(struct bpf_pol_flow, rport) ==
		       offsetof(struct bpf_pol_flow, lport) + sizeof(__be16),
	       "room for an identification");

/* What an answer to this packet would be asked for. */
static __always_inline void pol_ask_back(const struct flow *f, __u32 dir,
					 struct pol_ask *a)
{
	a->dir = !dir;
	a->rule = 0;
	a->proto = f->proto;
	a->port = f->sport;
	a->later = 0;
	if (f->flags & FLOW_ICMPS) /* the question that this would be the answer to */
		a->port = bpf_htons(f->family == BPF_POL_IP4 ? 8 : 128);
}

/*
 * Who began it? Only answers are let in by an entry, so what was let out as an answer
 * must not make one: a rule that is taken away would go on for what it had let in.
 */
static __always_inline __u8 pol_began(const struct pol *p)
{
	const struct flow *f = &p->f;
	struct pol_ask back;

	if (f->proto == NEXT_TCP && f->tcp & FLOW_SYN)
		return (__u8)(1 << (f->tcp & FLOW_ACK ? !p->dir : p->dir));
	if (f->flags & FLOW_ASK)
		return (__u8)(1 << p->dir);
	/* Neither first nor second, or not to be told: an answer would be let in
	 * anyway, then none needs the entry. */
	back.peer = p->peer;
	pol_ask_back(f, p->dir, &back);
	return (__u8)(1 << (pol_verdict(p, &back) ? p->dir : !p->dir));
}

static __always_inline __u32 pol_changes(void)
{
	const struct bpf_pol_opt *opt = pol_opt();

	return opt ? opt->changes : 0;
}

/*
 * Of a connection whose packets policy has allowed within this second (pol_now()), by
 * verdicts that are still the same; or an answer in one that is not too old. Asking
 * again would give the same answer.
 */
static __noinline int pol_known(struct __sk_buff *skb, struct pol *p)
{
	const struct flow *f = &p->f;
	struct bpf_pol_flow key;
	struct bpf_pol_ct *c;

	pol_flow_key(p, f, p->dir == BPF_POL_OUT, &key);
	c = bpf_map_lookup_elem(&pol_ct_v2, &key);
	if (!c || c->policy != p->ep.policy || c->identity != p->peer)
		return 0;
	if (c->dirs != 1 << (p->dir & 1))
		return c->dirs == 1 << !(p->dir & 1) && pol_is_fresh(c, f->proto);
	if (c->seen != pol_now() || c->changes != p->changes)
		return 0;
	p->rule = c->rule;
	pol_count_rule(c->rule, skb->len);
	return 1;
}

/* Policy has allowed the packet: its answer may come. */
static __noinline void pol_note(const struct pol *p)
{
	struct bpf_pol_flow key;
	struct bpf_pol_ct now, *c;
	__u8 dir = (__u8)(1 << (p->dir & 1));

	if (!(p->f.flags & (FLOW_PORTS | FLOW_ASK)))
		return;
	pol_flow_key(p, &p->f, p->dir == BPF_POL_OUT, &key);
	now.seen = pol_now();
	c = bpf_map_lookup_elem(&pol_ct_v2, &key);
	if (c) {
		if (c->dirs != dir &&
		    !(p->f.proto == NEXT_TCP &&
		      (p->f.tcp & (FLOW_SYN | FLOW_ACK)) == FLOW_SYN) &&
		    pol_is_fresh(c, p->f.proto))
			return;
		if (c->dirs == dir) {
			c->policy = p->ep.policy;
			c->identity = p->peer;
			c->rule = p->rule;
			c->changes = p->changes;
			c->seen = now.seen;
			return;
		}
	}
	__builtin_memset(&now.pad, 0, sizeof(now.pad));
	now.policy = p->ep.policy;
	now.identity = p->peer;
	now.rule = p->rule;
	now.changes = p->changes;
	now.dirs = pol_began(p);
	bpf_map_update_elem(&pol_ct_v2, &key, &now, BPF_ANY);
}

/* Policy does not allow the packet: is it an answer? Return: enum bpf_pol_reason. */
static __noinline __u32 pol_answer(struct pol *p, __u32 reason)
{
	struct bpf_pol_addr peer = p->dir == BPF_POL_OUT ? p->f.dst : p->f.src;
	struct bpf_pol_flow key;
	struct bpf_pol_ct *c;
	struct pol_ask back;
	__u32 no;

	if (!(p->f.flags & (FLOW_PORTS | FLOW_ANSWER)))
		return reason;
	pol_flow_key(p, &p->f, p->dir == BPF_POL_OUT, &key);
	back.peer = p->peer;
	pol_ask_back(&p->f, p->dir, &back);
	c = bpf_map_lookup_elem(&pol_ct_v2, &key);
	if (c && c->dirs & 1 << !p->dir && pol_is_fresh(c, p->f.proto)) {
		/* Whose address is not known is of the world when we send, and of the
		 * overlay when it answers by that way: it is who it was. */
		if (c->identity != back.peer && !pol_ident(&peer))
			back.peer = c->identity;
		if (c->policy == p->ep.policy && c->identity == back.peer)
			return BPF_POL_R_NONE;
		no = pol_verdict(p, &back);
		if (!no) {
			c->policy = p->ep.policy;
			c->identity = back.peer;
		}
		return no ? reason : BPF_POL_R_NONE;
	}
	/* To let it in because its question would be let out is to let in all that
	 * comes from the right port; but the counter tells whether entries are lost. */
	if (reason == BPF_POL_R_POLICY && !c && !pol_verdict(p, &back) &&
	    !(p->f.proto == NEXT_TCP && p->f.tcp & FLOW_SYN && !(p->f.tcp & FLOW_ACK)))
		return BPF_POL_R_NO_FLOW;
	return reason;
}

/* ---- fragments ---- */

static __noinline void pol_part_note(const struct pol *p)
{
	struct bpf_pol_flow key;
	struct bpf_pol_ct now = { 0 };

	pol_part_key(p, &key);
	now.seen = pol_now();
	now.policy = p->ep.policy;
	now.dirs = (__u8)(1 << (p->dir & 1));
	bpf_map_update_elem(&pol_ct_v2, &key, &now, BPF_ANY);
}

static __noinline __u32 pol_part(const struct pol *p)
{
	struct bpf_pol_flow key;
	struct bpf_pol_ct *c;

	pol_part_key(p, &key);
	c = bpf_map_lookup_elem(&pol_ct_v2, &key);
	if (c && c->dirs & 1 << (p->dir & 1) && c->policy == p->ep.policy &&
	    pol_now() - c->seen < BPF_POL_LIFE_FRAGMENT)
		return BPF_POL_R_NONE;
	return BPF_POL_R_FRAGMENT;
}

/* ---- ICMP errors ---- */

/* The packet that an ICMP error is about, as far as it is there. Return: 0; -1. */
static __always_inline int pol_quote(struct __sk_buff *skb, const struct flow *f,
				     struct flow *q)
{
	__u32 at = f->l4 + 8;
	__be16 l4[3] = { 0 };
	__u8 h[8]; /* in parts: the stack is small */

	flow_start(q, f->family, f->src.scope_family & 0xffffff);
	q->end = f->end;
	if (bpf_skb_load_bytes(skb, at, h, sizeof(h)))
		return -1;
	if (f->family == BPF_POL_IP4) {
		if (at + sizeof(struct iphdr) > f->end || h[0] >> 4 != 4 ||
		    (h[0] & 15) < 5 ||
		    bpf_skb_load_bytes(skb, at + offsetof(struct iphdr, saddr),
				       q->src.ip, 4) ||
		    bpf_skb_load_bytes(skb, at + offsetof(struct iphdr, daddr),
				       q->dst.ip, 4))
			return -1;
		q->l4 = at + (h[0] & 15) * 4U;
		if (h[6] & 0x1f || h[7])
			q->flags = FLOW_LATER;
		if (bpf_skb_load_bytes(skb, at + offsetof(struct iphdr, protocol),
				       &q->proto, 1))
			return -1;
	} else {
		if (at + sizeof(struct ipv6hdr) > f->end || h[0] >> 4 != 6 ||
		    bpf_skb_load_bytes(skb, at + offsetof(struct ipv6hdr, saddr),
				       q->src.ip, 16) ||
		    bpf_skb_load_bytes(skb, at + offsetof(struct ipv6hdr, daddr),
				       q->dst.ip, 16))
			return -1;
		q->proto = h[6];
		q->l4 = at + sizeof(struct ipv6hdr);
		if (flow_walk6(skb, q))
			return -1;
	}
	if (q->flags & FLOW_LATER || !flow_l4_min(q->proto))
		return 0;
	if (q->l4 + sizeof(l4) > f->end ||
	    bpf_skb_load_bytes(skb, q->l4, l4, sizeof(l4)))
		return -1;
	if (flow_is_icmp(q))
		flow_icmp(q, l4[0], l4[2], ~0U);
	else if (q->proto != FLOW_ICMP && q->proto != NEXT_ICMPV6) {
		q->sport = l4[0];
		q->dport = l4[1];
		q->flags |= FLOW_PORTS;
	}
	return 0;
}

/*
 * An error may come from anywhere, but only about what policy lets through, in the
 * other direction or as the answer to what it lets through in this one, and where there
 * are ports, only about what there has been: this direction is not open, so there is an
 * entry.
 */
static __noinline __u32 pol_related(struct __sk_buff *skb, const struct pol *p,
				    __u32 reason)
{
	struct pol_ask a = { .dir = !p->dir };
	const struct bpf_pol_ct *c = NULL;
	const struct bpf_pol_addr *peer;
	const struct bpf_pol_ident *i;
	struct bpf_pol_flow key;
	__u32 no, zero = 0;
	struct flow *q = bpf_map_lookup_elem(&pol_quoted, &zero);

	if (!q || pol_quote(skb, &p->f, q) || !flow_addr_eq(&q->src, &p->f.dst))
		return reason;
	if (q->flags & (FLOW_PORTS | FLOW_ASK | FLOW_ANSWER)) {
		pol_flow_key(p, q, p->dir == BPF_POL_IN, &key);
		c = bpf_map_lookup_elem(&pol_ct_v2, &key);
		if (!c || !pol_is_fresh(c, q->proto))
			return reason;
	}
	peer = p->dir == BPF_POL_IN ? &q->dst : &q->src;
	i = pol_ident(peer);
	a.peer = i ? i->identity : c ? c->identity : pol_peer_outside(peer);
	a.proto = q->proto;
	a.port = q->flags & FLOW_ICMPS ? bpf_htons(q->type) : q->dport;
	a.later = !!(q->flags & FLOW_LATER);
	no = pol_verdict(p, &a);
	if (!no || a.later)
		return no ? reason : BPF_POL_R_NONE;
	if (q->flags & FLOW_ICMPS && !(q->flags & FLOW_ANSWER))
		return reason;
	pol_ask_back(q, !p->dir, &a);
	return pol_verdict(p, &a) ? reason : BPF_POL_R_NONE;
}

/* ---- all of it ---- */

/* Could it be of a connection that need not be asked about? */
static __always_inline int pol_may_know(const struct pol *p)
{
	const struct flow *f = &p->f;

	return p->ep.policy && f->flags & FLOW_PORTS &&
	       !(f->flags & (FLOW_FIRST | FLOW_LATER)) &&
	       !(f->proto == NEXT_TCP && f->tcp & FLOW_SYN) &&
	       !(p->ep.flags & (BPF_POL_EP_OPEN_IN << !(p->dir & 1)));
}

/* May the packet go, as far as p->ep is concerned? Return: enum bpf_pol_reason. */
__noinline __u32 pol_check(struct __sk_buff *skb, struct pol *p)
{
	const __u16 both = BPF_POL_EP_OPEN_IN | BPF_POL_EP_OPEN_OUT;
	const struct flow *f = &p->f;
	struct pol_ask a;
	__u32 reason;

	if (!p)
		return BPF_POL_R_NO_POLICY;
	p->rule = 0;
	if ((p->ep.flags & both) == both || f->flags & FLOW_NEIGH)
		return BPF_POL_R_NONE;
	p->changes = pol_changes();
	if (pol_may_know(p) && pol_known(skb, p))
		return BPF_POL_R_NONE;
	a.dir = p->dir;
	a.peer = p->peer;
	a.rule = 0;
	a.proto = f->proto;
	a.port = f->flags & FLOW_ICMPS ? bpf_htons(f->type) : f->dport;
	a.later = !!(f->flags & FLOW_LATER);
	reason = pol_verdict(p, &a);
	if (a.rule) {
		p->rule = a.rule;
		pol_count_rule(a.rule, skb->len);
	}
	if (!reason) {
		if (!(p->ep.flags & (BPF_POL_EP_OPEN_IN << !(p->dir & 1))))
			pol_note(p);
	} else if (f->flags & FLOW_LATER) {
		return pol_part(p);
	} else if (f->flags & FLOW_ERROR) {
		return pol_related(skb, p, reason);
	} else {
		reason = pol_answer(p, reason);
	}
	if (!reason && f->flags & FLOW_FIRST && !pol_is_open(p))
		pol_part_note(p);
	return reason;
}

#endif
