// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/* Before each run of an ILA program under measurement: the next destination. A packet
 * that has been translated would not be translated again. */
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct bpf_ila_addr turn_base; /* with mask 0, always this one */
__u64 turn_mask;               /* number of destinations, a power of two, less one */
__u64 turn_count;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} turn_next SEC(".maps");

static __always_inline void turn(struct __sk_buff *skb)
{
	struct bpf_ila_addr a = turn_base;
	/* An odd factor: every one of them once, and never the next in memory. */
	__u64 n = ++turn_count * 0x9e3779b1 & turn_mask;

	a.id |= bpf_cpu_to_be64(n << 1);
	bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, daddr), &a,
			    sizeof(a), 0);
}

SEC("tc")
int turn_and_run(struct __sk_buff *skb)
{
	turn(skb);
	bpf_tail_call(skb, &turn_next, 0);
	return TC_ACT_SHOT;
}

/* What that costs by itself. */
SEC("tc")
int turn_only(struct __sk_buff *skb)
{
	turn(skb);
	return TC_ACT_OK;
}
