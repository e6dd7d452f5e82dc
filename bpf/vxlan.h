/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/vxlan.h - the tunnel: where MACs are, and the header. Programs only. */
#ifndef BPF_VXLAN_H
#define BPF_VXLAN_H

#include <linux/bpf.h>
#include <linux/udp.h>

#include <bpf/bpf_helpers.h>

#include "bpf/flow.h"
#include "bpf/netmaps.h"
#include "bpf/polmaps.h"
#include "bpf/redirect.h"

/* fib sets max_entries of the large ones before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct bpf_net_dom);
} net_dom_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct bpf_net_mac);
	__type(value, struct bpf_net_fdb);
} net_fdb_v2 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct bpf_pol_addr);
	__type(value, struct bpf_net_neigh);
} net_neigh_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPF_NET_SINGLES);
	__type(key, __u32);
	__type(value, struct bpf_net_single);
} net_single_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPF_NET_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} net_count_v1 SEC(".maps");

static __always_inline void net_count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&net_count_v1, &what);

	if (n)
		++*n;
}

/* ---- header ---- */

struct vxlan_hdr {
	__u8 flags;   /* G, I */
	__u8 policy;  /* with G: D, A */
	__be16 group; /* with G */
	__be32 vni;   /* upper 24 bits */
};

enum {
	VXLAN_G = 0x80,
	VXLAN_I = 0x08,
	VXLAN_POLICY = 0x48, /* do not learn; policy was applied: the bits, no more */
	VXLAN_IN4 = sizeof(struct iphdr) + sizeof(struct udphdr) +
		    sizeof(struct vxlan_hdr) + ETH_HLEN, /* before the inner packet */
	VXLAN_IN6 = sizeof(struct ipv6hdr) + sizeof(struct udphdr) +
		    sizeof(struct vxlan_hdr) + ETH_HLEN,
	VXLAN_TTL = 64,
};

/* From the type in the outer Ethernet header to the inner packet; pad is not written.
 */
struct vxlan_in4 {
	__u16 pad;
	__be16 type;
	struct iphdr ip;
	struct udphdr udp;
	struct vxlan_hdr vx;
	__u8 eth[ETH_HLEN];
};

struct vxlan_in6 {
	__u16 pad;
	__be16 type;
	struct ipv6hdr ip;
	struct udphdr udp;
	struct vxlan_hdr vx;
	__u8 eth[ETH_HLEN];
};

/* Chooses the way through the underlay; all of a fragmented datagram goes the same. RFC
 * 7348 section 5: a port of the dynamic range. */
static __always_inline __be16 vxlan_sport(const struct flow *f)
{
	__u32 h = f->proto;

	if (f->flags & FLOW_PORTS && !(f->flags & FLOW_FIRST))
		h = hash_mix(h, (__u32)f->sport << 16 | f->dport);
	if (f->family == BPF_POL_IP6) {
		h = hash_mix(h, (__u64)f->src.ip[0] << 32 | f->src.ip[1]);
		h = hash_mix(h, (__u64)f->src.ip[2] << 32 | f->src.ip[3]);
		h = hash_mix(h, (__u64)f->dst.ip[0] << 32 | f->dst.ip[1]);
		h = hash_mix(h, (__u64)f->dst.ip[2] << 32 | f->dst.ip[3]);
	} else {
		h = hash_mix(h, (__u64)f->src.ip[0] << 32 | f->dst.ip[0]);
	}
	return bpf_htons((__u16)(0xc000 | ((h ^ h >> 16) & 0x3fff)));
}

static __always_inline __u16 vxlan_ip_sum(const struct iphdr *h)
{
	const __u16 *w = (const __u16 *)h;
	__u32 sum = 0;

	for (unsigned i = 0; i < sizeof(*h) / 2; i++)
		sum += w[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16) ~(sum + (sum >> 16));
}

/* Bytes of the largest packet that will leave for p's, without what is put before it.
 */
static __always_inline __u32 vxlan_largest(const struct __sk_buff *skb,
					   const struct flow *f)
{
	if (!skb->gso_size)
		return skb->len - ETH_HLEN;
	return f->l4 - ETH_HLEN + (f->proto == NEXT_TCP ? f->tcp_len : 8) +
	       skb->gso_size;
}

static __always_inline void vxlan_fill(struct udphdr *udp, struct vxlan_hdr *vx,
				       const struct flow *f,
				       const struct bpf_net_dom *dom,
				       const struct bpf_net_fdb *to, __u16 group,
				       __u32 len)
{
	udp->source = vxlan_sport(f);
	udp->dest = dom->port;
	udp->len = bpf_htons((__u16)len);
	udp->check = 0; /* RFC 6935 for IPv6 */
	vx->flags = group ? VXLAN_G | VXLAN_I : VXLAN_I;
	vx->policy = 0;
	vx->group = bpf_htons(group);
	vx->vni = bpf_htonl(to->vni << 8);
}

/*
 * vxlan_push - the frame, an inner IPv4 or IPv6 packet read into f, gets its tunnel
 *
 * The outer header takes over ECN (RFC 6040 section 4.1), not DSCP; it may be cut into
 * fragments on its way, as may what the VXLAN device sends. Return: 0; 1: as it was,
 * and it cannot be done; -1: it can only be dropped.
 */
static __always_inline int vxlan_push4(struct __sk_buff *skb, const struct flow *f,
				       const struct bpf_net_dom *dom,
				       const struct bpf_net_fdb *to, __u16 group)
{
	const __u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 |
			    BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
			    BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN);
	__u32 len = skb->len - ETH_HLEN + VXLAN_IN4;
	struct vxlan_in4 h;
	const void *eth = (void *)(long)skb->data;

	if (len > 0xffff || eth + ETH_HLEN > (void *)(long)skb->data_end)
		return 1;
	__builtin_memcpy(h.eth, eth, ETH_HLEN);
	if (bpf_skb_adjust_room(skb, VXLAN_IN4, BPF_ADJ_ROOM_MAC, flags))
		return 1;
	h.type = bpf_htons(ETH_P_IP);
	h.ip = (struct iphdr) {
		.version = 4,
		.ihl = 5,
		.tos = f->tos & 3,
		.tot_len = bpf_htons((__u16)len),
		.id = (__be16)bpf_get_prandom_u32(),
		.ttl = VXLAN_TTL,
		.protocol = NEXT_UDP,
		.saddr = dom->vtep[0],
		.daddr = to->vtep[0],
	};
	h.ip.check = vxlan_ip_sum(&h.ip);
	vxlan_fill(&h.udp, &h.vx, f, dom, to, group, len - (__u32)sizeof(h.ip));
	return bpf_skb_store_bytes(skb, ETH_HLEN - 2, &h.type, VXLAN_IN4 + 2,
				   BPF_F_RECOMPUTE_CSUM)
		       ? -1
		       : 0;
}

static __noinline int vxlan_push6(struct __sk_buff *skb, const struct flow *f,
				  const struct bpf_net_dom *dom,
				  const struct bpf_net_fdb *to, __u16 group)
{
	const __u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 |
			    BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
			    BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN);
	__u32 len = skb->len - ETH_HLEN + VXLAN_IN6 - (__u32)sizeof(struct ipv6hdr);
	struct vxlan_in6 h;
	const void *eth = (void *)(long)skb->data;

	if (len > 0xffff || eth + ETH_HLEN > (void *)(long)skb->data_end)
		return 1;
	__builtin_memcpy(h.eth, eth, ETH_HLEN);
	if (bpf_skb_adjust_room(skb, VXLAN_IN6, BPF_ADJ_ROOM_MAC, flags))
		return 1;
	h.type = bpf_htons(ETH_P_IPV6);
	__builtin_memset(&h.ip, 0, sizeof(h.ip));
	h.ip.version = 6;
	h.ip.flow_lbl[0] = (__u8)((f->tos & 3) << 4);
	h.ip.payload_len = bpf_htons((__u16)len);
	h.ip.nexthdr = NEXT_UDP;
	h.ip.hop_limit = VXLAN_TTL;
	__builtin_memcpy(&h.ip.saddr, dom->vtep, 16);
	__builtin_memcpy(&h.ip.daddr, to->vtep, 16);
	vxlan_fill(&h.udp, &h.vx, f, dom, to, group, len);
	return bpf_skb_store_bytes(skb, ETH_HLEN - 2, &h.type, VXLAN_IN6 + 2,
				   BPF_F_RECOMPUTE_CSUM)
		       ? -1
		       : 0;
}

/* ---- receiving ---- */

/* What the tunnel says of a frame. */
struct vxlan_rx {
	__be32 vtep[4]; /* that it was sent to */
	__u32 vni;
	__be16 port;
	__u16 group; /* 0: none */
	__u8 ecn;
	__u8 ip6;
	__u8 bad;  /* flags or lengths */
	__u8 slow; /* a checksum: for the stack */
	__u8 bare; /* says nothing of a group */
};

/* RFC 7348 section 5 and draft-smith-vxlan-group-policy: nothing but what we know. */
static __always_inline int vxlan_is_good(const struct vxlan_hdr *vx)
{
	if (vx->vni & bpf_htonl(0xff))
		return 0;
	if (vx->flags == (VXLAN_G | VXLAN_I))
		return !(vx->policy & ~VXLAN_POLICY);
	return vx->flags == VXLAN_I && !vx->policy && !vx->group;
}

static __always_inline void vxlan_read_header(struct vxlan_rx *r,
					      const struct udphdr *udp, __u32 len)
{
	const struct vxlan_hdr *vx = (const void *)(udp + 1);
	__u32 vni = bpf_ntohl(vx->vni);

	r->port = udp->dest;
	r->slow = !!udp->check;
	r->vni = vni >> 8;
	r->group = 0;
	r->bare = !(vx->flags & VXLAN_G);
	r->bad = bpf_ntohs(udp->len) != len || !vxlan_is_good(vx);
	if (vx->flags & VXLAN_G)
		r->group = bpf_ntohs(vx->group);
}

/* Return: 0; -1: no UDP in one piece, or too short for a tunnel. */
static __always_inline int vxlan_read4(struct __sk_buff *skb, struct vxlan_rx *r)
{
	const struct iphdr *h;
	const void *inner;
	__u32 len;

	if (!flow_pull(skb, VXLAN_IN4 + ETH_HLEN))
		return -1;
	h = (void *)(long)skb->data + ETH_HLEN;
	inner = (const void *)h + VXLAN_IN4;
	if (inner > (void *)(long)skb->data_end)
		return -1;
	if (h->protocol != NEXT_UDP || h->version != 4 || h->ihl != 5 ||
	    h->frag_off & bpf_htons(0x3fff))
		return -1;
	len = bpf_ntohs(h->tot_len);
	if (len < VXLAN_IN4 || len + ETH_HLEN > skb->len || vxlan_ip_sum(h))
		return -1;
	r->vtep[0] = h->daddr;
	r->vtep[1] = r->vtep[2] = r->vtep[3] = 0;
	r->ip6 = 0;
	r->ecn = h->tos & 3;
	vxlan_read_header(r, (const void *)(h + 1), len - (__u32)sizeof(*h));
	return 0;
}

static __always_inline int vxlan_read6(struct __sk_buff *skb, struct vxlan_rx *r)
{
	const struct ipv6hdr *h;
	const void *inner;
	__u32 len;

	if (!flow_pull(skb, VXLAN_IN6 + ETH_HLEN))
		return -1;
	h = (void *)(long)skb->data + ETH_HLEN;
	inner = (const void *)h + VXLAN_IN6;
	if (inner > (void *)(long)skb->data_end)
		return -1;
	if (h->nexthdr != NEXT_UDP || h->version != 6)
		return -1;
	len = bpf_ntohs(h->payload_len);
	if (len + sizeof(*h) < VXLAN_IN6 || len + sizeof(*h) + ETH_HLEN > skb->len)
		return -1;
	__builtin_memcpy(r->vtep, &h->daddr, 16);
	r->ip6 = 1;
	r->ecn = h->flow_lbl[0] >> 4 & 3;
	vxlan_read_header(r, (const void *)(h + 1), len);
	return 0;
}

/* ---- what the VXLAN device is to put together ---- */

/* Does the device bring single segments, by tunnels to that port? */
static __always_inline int vxlan_by_single(const struct __sk_buff *skb, __be16 port)
{
	__u32 at = bpf_net_single_at(skb->ifindex, port);
	const struct bpf_net_single *s = bpf_map_lookup_elem(&net_single_v1, &at);

	return s && s->ifindex == skb->ifindex && s->port == port;
}

/* A header in one piece, and UDP behind it. */
static __always_inline int vxlan_outer_is_plain(const void *ip, __u32 in)
{
	const struct iphdr *h = ip;

	if (in == VXLAN_IN6)
		return ((const struct ipv6hdr *)ip)->nexthdr == NEXT_UDP;
	return h->ihl == 5 && h->protocol == NEXT_UDP &&
	       !(h->frag_off & bpf_htons(0x3fff));
}

/* One segment of TCP that others of its connection are to be put together with, and not
 * to be overtaken by? What only acknowledges or opens is not. */
static __always_inline int vxlan_inner_is_segment(const struct ethhdr *eth,
						  const void *end)
{
	const struct ipv6hdr *six = (const void *)(eth + 1);
	const struct iphdr *four = (const void *)(eth + 1);
	const struct flow_l4 *l4;
	__u32 len;

	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		if (four->ihl != 5 || four->protocol != NEXT_TCP)
			return 0;
		l4 = (const void *)(four + 1);
		len = bpf_ntohs(four->tot_len) - (__u32)sizeof(*four);
	} else {
		l4 = (const void *)(six + 1);
		if (eth->h_proto != bpf_htons(ETH_P_IPV6) ||
		    (const void *)(l4 + 1) > end || six->nexthdr != NEXT_TCP)
			return 0;
		len = bpf_ntohs(six->payload_len);
	}
	return len != (__u32)(l4->len >> 4) * 4 || l4->flags & (FLOW_FIN | FLOW_RST);
}

/*
 * Is it for the VXLAN device to put together? There are many of these, so this comes
 * before all else and looks at little: whatever else is wrong with them, the stack
 * sees. in: where the inner frame begins, a constant.
 */
static __always_inline int vxlan_is_segment(struct __sk_buff *skb, __u32 in)
{
	const __u32 room =
		in + ETH_HLEN + sizeof(struct iphdr) + sizeof(struct flow_l4);
	const struct vxlan_hdr *vx;
	const struct udphdr *udp;
	const void *data, *end;

	if (skb->gso_size || !flow_pull(skb, room))
		return 0;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + room > end)
		return 0;
	vx = data + in - sizeof(*vx);
	udp = (const void *)vx - sizeof(*udp);
	return vxlan_outer_is_plain(data + ETH_HLEN, in) && vxlan_is_good(vx) &&
	       vxlan_by_single(skb, udp->dest) &&
	       vxlan_inner_is_segment(data + in, end);
}

/* Of linux/bpf.h, where it has them. */
enum {
	VXLAN_DECAP_IPV4 = 1 << 7,
	VXLAN_DECAP_IPV6 = 1 << 8,
	VXLAN_LEVEL_DEC = 2,
};

/* Takes the tunnel off; in: offset of the inner Ethernet header. Return: 0; 1: as it
 * was, and it cannot be done; -1: it can only be dropped. */
static __always_inline int vxlan_pull(struct __sk_buff *skb, __u32 in, __u8 family)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET |
		      (family == BPF_POL_IP4 ? VXLAN_DECAP_IPV4 : VXLAN_DECAP_IPV6);
	const void *at = (void *)(long)skb->data + in;
	__u8 eth[ETH_HLEN];

	if (at + ETH_HLEN > (void *)(long)skb->data_end)
		return 1;
	__builtin_memcpy(eth, at, ETH_HLEN);
	if (bpf_skb_adjust_room(skb, -(__s32)in, BPF_ADJ_ROOM_MAC, flags)) {
		/* Kernels before 6.3 know neither flag, and need none of them where the
		 * packet stays what it is. */
		flags &= ~(__u64)(VXLAN_DECAP_IPV4 | VXLAN_DECAP_IPV6);
		if ((family == BPF_POL_IP6) != (in == VXLAN_IN6) ||
		    bpf_skb_adjust_room(skb, -(__s32)in, BPF_ADJ_ROOM_MAC, flags))
			return 1;
	}
	/* One checksum less, be it none, is ahead of those that were found good. */
	bpf_csum_level(skb, VXLAN_LEVEL_DEC);
	return bpf_skb_store_bytes(skb, 0, eth, sizeof(eth), BPF_F_RECOMPUTE_CSUM) ? -1
										   : 0;
}

/*
 * A device with gbp takes skb->mark from the header where that says a group; else it
 * leaves it as it is, and what the host's own nftables marked the tunnel with would be
 * one. So it is told: none. in: as below. Return: 0; -1: only to be dropped.
 */
static __noinline int vxlan_say_none(struct __sk_buff *skb, int sum, __u32 in)
{
	const __u32 at = in - (__u32)sizeof(struct vxlan_hdr);
	__u8 flags = VXLAN_G | VXLAN_I;

	if (sum && bpf_l4_csum_replace(skb, at - 2, bpf_htons(VXLAN_I << 8),
				       bpf_htons((VXLAN_G | VXLAN_I) << 8),
				       BPF_F_MARK_MANGLED_0 | 2))
		return -1;
	return bpf_skb_store_bytes(skb, at, &flags, sizeof(flags),
				   sum ? 0 : BPF_F_RECOMPUTE_CSUM)
		       ? -1
		       : 0;
}

/* ---- congestion, RFC 6040 section 4.2 ---- */

enum { ECN_NONE, ECN_ECT1, ECN_ECT0, ECN_CE };

/* The outer header was marked on its way: so is the packet at offset at, which f was
 * read from. Return: 0; -1: only to be dropped, its sender would not see a mark. */
static __noinline int vxlan_mark(struct __sk_buff *skb, const struct flow *f, __u32 at,
				 __u32 outer)
{
	__u8 inner = f->tos & 3, now = inner;
	__be16 was, is;

	if (outer == ECN_CE) {
		if (inner == ECN_NONE)
			return -1;
		now = ECN_CE;
	} else if (outer == ECN_ECT1 && inner == ECN_ECT0) {
		now = ECN_ECT1;
	}
	if (now == inner)
		return 0;
	if (bpf_skb_load_bytes(skb, at, &was, sizeof(was)))
		return -1;
	if (f->family == BPF_POL_IP4) {
		is = was & bpf_htons(0xfffc);
		is |= bpf_htons(now);
		if (bpf_l3_csum_replace(skb, at + offsetof(struct iphdr, check), was,
					is, 2))
			return -1;
	} else {
		is = was & bpf_htons(0xffcf);
		is |= bpf_htons((__u16)(now << 4));
	}
	return bpf_skb_store_bytes(skb, at, &is, sizeof(is),
				   f->family == BPF_POL_IP4 ? 0 : BPF_F_RECOMPUTE_CSUM)
		       ? -1
		       : 0;
}

#endif
