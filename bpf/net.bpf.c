// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The fast path of VXLAN tenants by tc programs, and policy in front of bridge and
 * VXLAN device where there is none.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/policy.h"
#include "bpf/vxlan.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int net_from_container(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int net_to_container(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int net_from_underlay(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}
