/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/hdr.h - numbers of headers, and what every program has to know of VLAN tags.
 * Programs only. */
#ifndef BPF_HDR_H
#define BPF_HDR_H

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Of linux/in.h and linux/icmpv6.h, where those have them. */
enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_TCP = 6,
	NEXT_UDP = 17,
	NEXT_DCCP = 33,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTH = 51,
	NEXT_ICMPV6 = 58,
	NEXT_NONE = 59,
	NEXT_DEST_OPTIONS = 60,
	NEXT_MOBILITY = 135,
	NEXT_UDPLITE = 136,
	NEXT_HIP = 139,
	NEXT_SHIM6 = 140,
};

/* Of a VLAN, and so of another device. A tag with number 0 says only a priority: the
 * stack takes it off, and has an ordinary packet. */
static __always_inline int pkt_in_vlan(const struct __sk_buff *skb)
{
	return skb->vlan_present && skb->vlan_tci & 0x0fff;
}

/* Are there more such tags behind the first, so that the stack will find what we do not
 * see? */
static __always_inline int pkt_is_hidden(struct __sk_buff *skb)
{
	__be16 tci;

	if ((skb->protocol != bpf_htons(ETH_P_8021Q) &&
	     skb->protocol != bpf_htons(ETH_P_8021AD)) ||
	    pkt_in_vlan(skb))
		return 0;
	return bpf_skb_load_bytes(skb, ETH_HLEN, &tci, sizeof(tci)) ||
	       !(tci & bpf_htons(0x0fff));
}

/* A hash, of what came so far and of v. */
static __always_inline __u32 hash_mix(__u32 h, __u64 v)
{
	v = (v ^ h) * 0x9e3779b97f4a7c15;
	return (__u32)(v >> 32) ^ (__u32)v;
}

enum { PKT_EXT_MAX = 8 }; /* extension headers we look behind */

/* Bytes of an extension header; 0: it is none. */
static __always_inline __u32 pkt_ext_len(__u8 next, __u8 len)
{
	switch (next) {
	case NEXT_HOP_BY_HOP:
	case NEXT_ROUTING:
	case NEXT_DEST_OPTIONS:
	case NEXT_MOBILITY:
	case NEXT_HIP:
	case NEXT_SHIM6:
		return (len + 1U) * 8;
	case NEXT_AUTH:
		return (len + 2U) * 4;
	case NEXT_FRAGMENT:
		return 8;
	}
	return 0;
}

#endif
