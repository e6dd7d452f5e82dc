/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/redirect.h - where packets go, past the stack. Programs only. */
#ifndef BPF_REDIRECT_H
#define BPF_REDIRECT_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum { PACKET_HOST_ = 0 }; /* linux/if_packet.h */

/* Set before loading by tests, which cannot see where a packet goes to otherwise. */
const volatile __u8 redirect_tell;

static __always_inline int redirect_peer(struct __sk_buff *skb, __u32 ifindex)
{
	if (redirect_tell) {
		skb->cb[0] = ifindex;
		skb->cb[1] = 1;
	}
	return (int)bpf_redirect_peer(ifindex, 0);
}

/* To the neighbour that a route names. */
static __always_inline int redirect_neigh(struct __sk_buff *skb, __u32 ifindex)
{
	if (redirect_tell) {
		skb->cb[0] = ifindex;
		skb->cb[1] = 2;
	}
	return (int)bpf_redirect_neigh(ifindex, NULL, 0, 0);
}

/* To that one: no route is looked up. */
static __always_inline int redirect_via(struct __sk_buff *skb, __u32 ifindex, int ip6,
					const __be32 *via)
{
	struct bpf_redir_neigh to = { .nh_family =
					      ip6 ? 10 : 2 }; /* AF_INET6, AF_INET */

	if (redirect_tell) {
		skb->cb[0] = ifindex;
		skb->cb[1] = 3;
	}
	__builtin_memcpy(to.ipv6_nh, via, sizeof(to.ipv6_nh));
	return (int)bpf_redirect_neigh(ifindex, &to, sizeof(to), 0);
}

#endif
