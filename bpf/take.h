/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/take.h - where this host's kernel takes tunnels, and that no endpoint sends
 * there. Programs only. */
#ifndef BPF_TAKE_H
#define BPF_TAKE_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/flow.h"
#include "bpf/netmaps.h"
#include "bpf/polmaps.h"

/* fib sets max_entries before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct bpf_net_vtep);
	__type(value, __u32);
} net_vtep_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_net_ports);
} net_port_v1 SEC(".maps");

/* Return: enum bpf_net_take; 0: nobody takes tunnels there. */
static __always_inline __u32 take_at(const __be32 *ip, __be16 port, int ip6)
{
	struct bpf_net_vtep key = { .port = port, .flags = ip6 ? BPF_NET_DOM_IP6 : 0 };
	const __u32 *take;

	__builtin_memcpy(key.vtep, ip, sizeof(key.vtep));
	take = bpf_map_lookup_elem(&net_vtep_v1, &key);
	return take ? *take : 0;
}

static __always_inline int take_has_port(__be16 port)
{
	const struct bpf_net_ports *p;
	__u32 zero = 0, n = port; /* not swapped: older verifiers forget its limits */

	p = bpf_map_lookup_elem(&net_port_v1, &zero);
	return p && p->bit[n / 64] >> n % 64 & 1;
}

/* Without a list: groups, of which a host may join any, on any device; networks 0 and
 * 127, all of which it may take for itself. */
static __always_inline int take_is_common(const struct flow *f)
{
	__be32 net = f->dst.ip[0] & bpf_htonl(0xff000000);

	return flow_is_multicast(f, &f->dst) ||
	       (f->family == BPF_POL_IP4 && (!net || net == bpf_htonl(0x7f000000)));
}

/*
 * Who sends to the kernel's VXLAN socket is in every tenant, as anybody: no policy may
 * allow that, whatever identity the address has. A bridge hands to its host what is for
 * a group, too. Return: enum bpf_pol_reason.
 */
static __noinline __u32 take_guard(const struct flow *f)
{
	if (f->proto != NEXT_UDP || !take_has_port(f->dport))
		return BPF_POL_R_NONE;
	return take_is_common(f) ||
			       take_at(f->dst.ip, f->dport, f->family == BPF_POL_IP6)
		       ? BPF_POL_R_VXLAN
		       : BPF_POL_R_NONE;
}

#endif
