/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/flow.h - what policy has to know of an IPv4 or IPv6 packet, read once. Programs
 * only. Headers are read in place; what is not in one piece, or behind options and
 * extension headers, costs a helper. Nothing is written. */
#ifndef BPF_FLOW_H
#define BPF_FLOW_H

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/hdr.h"
#include "bpf/polmaps.h"

enum { FLOW_ICMP = 1, FLOW_SCTP = 132 };

enum {
	FLOW_PORTS = 1,  /* the transport has them */
	FLOW_FIRST = 2,  /* first fragment of several */
	FLOW_LATER = 4,  /* another one: neither ports nor type */
	FLOW_ERROR = 8,  /* of ICMP, about another packet */
	FLOW_NEIGH = 16, /* what no link works without: RS, NS, NA, MLD */
	FLOW_ASK = 32,   /* ICMP echo request; ports: its identifier */
	FLOW_ANSWER = 64,
	FLOW_ICMPS = 128, /* either ICMP; the type is known */
};

enum { FLOW_FIN = 1, FLOW_SYN = 2, FLOW_RST = 4, FLOW_ACK = 16 };

/* No implicit padding: it is part of keys, in parts. */
struct flow {
	struct bpf_pol_addr src, dst;
	__be16 sport, dport;
	__u32 l4; /* offsets in the frame */
	__u32 end;
	__be32 id;   /* of a datagram in fragments */
	__u8 proto;  /* of the transport, behind all extension headers */
	__u8 family; /* BPF_POL_IP4 or 6 */
	__u8 flags;  /* FLOW_* */
	__u8 type;   /* ICMP, ICMPv6 */
	__u8 tos;    /* traffic class */
	__u8 hops;
	__u8 tcp;     /* flags */
	__u8 tcp_len; /* of its header, bytes */
};

/* Are n bytes of the frame there to be read? They are then. */
static __always_inline int flow_pull(struct __sk_buff *skb, __u32 n)
{
	if ((void *)(long)skb->data + n <= (void *)(long)skb->data_end)
		return 1;
	return n <= skb->len && !bpf_skb_pull_data(skb, n);
}

/* First bytes of a transport header, as far as anybody here asks. */
struct flow_l4 {
	__be16 sport, dport;
	__be16 id; /* of ICMP echo */
	__u8 rest[6];
	__u8 len; /* of TCP: upper half, in words */
	__u8 flags;
};

/* Bytes of the shortest transport header of its kind. */
static __always_inline __u32 flow_l4_min(__u8 proto)
{
	switch (proto) {
	case NEXT_TCP:
		return 20;
	case NEXT_UDP:
	case NEXT_UDPLITE:
	case NEXT_ICMPV6:
	case FLOW_ICMP:
		return 8;
	case FLOW_SCTP:
	case NEXT_DCCP:
		return 12;
	}
	return 0;
}

/* ---- addresses ---- */

static __always_inline int flow_addr_eq(const struct bpf_pol_addr *a,
					const struct bpf_pol_addr *b)
{
	return a->ip[0] == b->ip[0] && a->ip[1] == b->ip[1] && a->ip[2] == b->ip[2] &&
	       a->ip[3] == b->ip[3];
}

static __always_inline int flow_is_zero(const struct bpf_pol_addr *a)
{
	return !(a->ip[0] | a->ip[1] | a->ip[2] | a->ip[3]);
}

/* fe80::/10 */
static __always_inline int flow_is_link(const struct flow *f,
					const struct bpf_pol_addr *a)
{
	return f->family == BPF_POL_IP6 &&
	       (a->ip[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

/* ff02::/16 */
static __always_inline int flow_is_link_group(const struct bpf_pol_addr *a)
{
	return (a->ip[0] & bpf_htonl(0xffff0000)) == bpf_htonl(0xff020000);
}

/* To more than one; the limited broadcast too, but not that of a prefix, which we do
 * not know. */
static __always_inline int flow_is_multicast(const struct flow *f,
					     const struct bpf_pol_addr *a)
{
	if (f->family == BPF_POL_IP6)
		return (a->ip[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000);
	return (a->ip[0] & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) ||
	       a->ip[0] == 0xffffffff;
}

/* ---- transport ---- */

static __always_inline int flow_is_icmp(const struct flow *f)
{
	return f->proto == (f->family == BPF_POL_IP4 ? FLOW_ICMP : NEXT_ICMPV6);
}

/* Where links need no way for more: bytes of a solicitation or an advertisement. */
enum { FLOW_ND_MAX = 32 };

/*
 * What no link works without stays on the link; of what routers would carry further,
 * there is only as much as it takes to ask one neighbour whether he is still there, so
 * that it is no way around policy. room: bytes from the ICMPv6 header on, in the frame.
 */
static __always_inline int flow_is_neigh(const struct flow *f, __u32 room)
{
	int link = flow_is_link(f, &f->dst) || flow_is_link_group(&f->dst);

	if (f->flags & FLOW_FIRST) /* RFC 6980 */
		return 0;
	if (f->hops == 255 && (f->type == 135 || f->type == 136))
		return link || (room <= FLOW_ND_MAX && !flow_is_multicast(f, &f->dst));
	if (f->hops == 255 && f->type == 133)
		return link;
	return f->hops == 1 && ((f->type >= 130 && f->type <= 132) || f->type == 143) &&
	       (link || flow_is_multicast(f, &f->dst));
}

static __always_inline void flow_icmp(struct flow *f, __be16 type_code, __be16 id,
				      __u32 room)
{
	__u8 type = (__u8)(bpf_ntohs(type_code) >> 8);

	f->type = type;
	f->flags |= FLOW_ICMPS;
	if (f->family == BPF_POL_IP4) {
		if (type == 3 || type == 11 || type == 12)
			f->flags |= FLOW_ERROR;
		if (type == 8)
			f->flags |= FLOW_ASK;
		if (type == 0)
			f->flags |= FLOW_ANSWER;
	} else {
		if (type >= 1 && type <= 4)
			f->flags |= FLOW_ERROR;
		if (type == 128)
			f->flags |= FLOW_ASK;
		if (type == 129)
			f->flags |= FLOW_ANSWER;
		if (flow_is_neigh(f, room))
			f->flags |= FLOW_NEIGH;
	}
	if (f->flags & (FLOW_ASK | FLOW_ANSWER))
		f->sport = f->dport = id;
}

/* The transport header at f->l4. at: a constant, where it is behind a header without
 * options; there it is read in place. Return: 0; -1: it is cut short. */
static __always_inline int flow_transport(struct __sk_buff *skb, struct flow *f,
					  __u32 at)
{
	__u32 min = flow_l4_min(f->proto);
	const struct flow_l4 *h = (void *)(long)skb->data + at;
	struct flow_l4 copy;

	if (f->flags & FLOW_LATER || !min)
		return 0;
	if (f->l4 + min > f->end)
		return -1;
	if (f->l4 == at && (f->proto == NEXT_TCP || f->proto == NEXT_UDP) &&
	    (void *)(h + 1) <= (void *)(long)skb->data_end) {
		f->sport = h->sport;
		f->dport = h->dport;
		f->tcp = f->proto == NEXT_TCP ? h->flags : 0;
		f->tcp_len = (__u8)(h->len >> 4) * 4;
		f->flags |= FLOW_PORTS;
		return 0;
	}
	/* A sender may go on writing to what is not in the first piece. */
	if (!flow_pull(skb, (f->l4 + min) & 0xffff) ||
	    bpf_skb_load_bytes(skb, f->l4, &copy, 8))
		return -1;
	if (f->proto == NEXT_TCP) {
		if (bpf_skb_load_bytes(skb, f->l4 + offsetof(struct flow_l4, len),
				       &copy.len, 2))
			return -1;
		f->tcp = copy.flags;
		f->tcp_len = (__u8)(copy.len >> 4) * 4;
	}
	if (flow_is_icmp(f)) {
		flow_icmp(f, copy.sport, copy.id, skb->len - f->l4);
	} else if (f->proto != FLOW_ICMP && f->proto != NEXT_ICMPV6) {
		f->sport = copy.sport;
		f->dport = copy.dport;
		f->flags |= FLOW_PORTS;
	}
	return 0;
}

/* ---- IPv4 ---- */

static __always_inline void flow_start(struct flow *f, __u8 family, __u32 scope)
{
	__builtin_memset(f, 0, sizeof(*f));
	f->family = family;
	f->src.scope_family = f->dst.scope_family = (__u32)family << 24 | scope;
}

/*
 * flow_read4, flow_read6 - the packet whose header begins at offset at, a constant
 *
 * scope: the VNI, or 0. Return: 0; -1 when it is malformed: lengths that contradict one
 * another, a header that is cut short, a first fragment without its transport header.
 */
static __always_inline int flow_read4(struct __sk_buff *skb, struct flow *f, __u32 at,
				      __u32 scope)
{
	const struct iphdr *h;
	__u32 len, head;
	__u16 off;

	flow_start(f, BPF_POL_IP4, scope);
	if (!flow_pull(skb, at + sizeof(*h)))
		return -1;
	h = (void *)(long)skb->data + at;
	if ((void *)(h + 1) > (void *)(long)skb->data_end)
		return -1;
	head = h->ihl * 4U;
	/* Zero is what the stack makes of the largest segments. */
	len = h->tot_len || !skb->gso_size ? bpf_ntohs(h->tot_len) : skb->len - at;
	if (h->version != 4 || head < sizeof(*h) || len < head || at + len > skb->len)
		return -1;
	f->src.ip[0] = h->saddr;
	f->dst.ip[0] = h->daddr;
	f->proto = h->protocol;
	f->tos = h->tos;
	f->hops = h->ttl;
	f->l4 = at + head;
	f->end = at + len;
	off = bpf_ntohs(h->frag_off);
	if (off & 0x3fff) {
		f->id = h->id;
		f->flags = off & 0x1fff ? FLOW_LATER : FLOW_FIRST;
		if ((off & 0x1fff) == 1 && h->protocol == NEXT_TCP)
			return -1; /* RFC 3128: for the header in the first one */
	}
	return flow_transport(skb, f, at + sizeof(*h));
}

/* ---- IPv6 ---- */

/* The others are protocols to the receiving stack: what is behind them is not what it
 * will find. */
static __always_inline int flow_is_followed(__u8 next)
{
	return pkt_ext_len(next, 0) && next != NEXT_MOBILITY && next != NEXT_HIP &&
	       next != NEXT_SHIM6;
}

/* Finds the transport header behind extension headers. Return: 0; -1: cut short, or
 * more of them than we follow. Not static, so that it is verified once, not for each
 * call: this is why it asks for NULL. */
int flow_walk6(struct __sk_buff *skb, struct flow *f);
__noinline int flow_walk6(struct __sk_buff *skb, struct flow *f)
{
	__u32 at, parts = 0;
	__u8 next;

	if (!f)
		return -1;
	at = f->l4 & 0xffff;
	next = f->proto;

	for (int i = 0; i <= PKT_EXT_MAX; i++) {
		__u8 h[8];

		if (!flow_is_followed(next)) {
			f->proto = next;
			f->l4 = at;
			return at > f->end ? -1 : 0;
		}
		if (at + 8 > f->end || !flow_pull(skb, (at + 8) & 0xffff) ||
		    bpf_skb_load_bytes(skb, at, h, sizeof(h)))
			return -1;
		if (next == NEXT_FRAGMENT) {
			if (parts++) /* of a part: nobody makes that */
				return -1;
			__builtin_memcpy(&f->id, h + 4, sizeof(f->id));
			if (h[2] || h[3] & 0xf8) {
				f->flags |= FLOW_LATER;
				f->proto =
					h[0]; /* of the whole, as far as it is known */
				f->l4 = at + 8;
				return 0;
			}
			if (h[3] & 1)
				f->flags |= FLOW_FIRST;
		}
		at = (at + pkt_ext_len(next, h[1])) & 0xffff;
		next = h[0];
	}
	return -1;
}

static __always_inline int flow_read6(struct __sk_buff *skb, struct flow *f, __u32 at,
				      __u32 scope)
{
	const struct ipv6hdr *h;
	__u32 len;

	flow_start(f, BPF_POL_IP6, scope);
	if (!flow_pull(skb, at + sizeof(*h)))
		return -1;
	h = (void *)(long)skb->data + at;
	if ((void *)(h + 1) > (void *)(long)skb->data_end)
		return -1;
	/* Zero is what the stack makes of the largest segments; jumbograms, which no
	 * link here has room for, are cut short. */
	len = h->payload_len || !skb->gso_size
		      ? bpf_ntohs(h->payload_len) + (__u32)sizeof(*h)
		      : skb->len - at;
	if (h->version != 6 || at + len > skb->len)
		return -1;
	__builtin_memcpy(f->src.ip, &h->saddr, 16);
	__builtin_memcpy(f->dst.ip, &h->daddr, 16);
	f->proto = h->nexthdr;
	f->tos = (__u8)(h->priority << 4 | h->flow_lbl[0] >> 4);
	f->hops = h->hop_limit;
	f->l4 = at + sizeof(*h);
	f->end = at + len;
	if (pkt_ext_len(f->proto, 0) && flow_walk6(skb, f))
		return -1;
	return flow_transport(skb, f, at + sizeof(*h));
}

#endif
