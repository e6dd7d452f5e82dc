/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/policy.h - who a packet is from, and whether it may go. Programs only. */
#ifndef BPF_POLICY_H
#define BPF_POLICY_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/polmaps.h"

/* fib sets max_entries of the large ones before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct bpf_pol_ep);
} pol_ep_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct bpf_pol_addr);
	__type(value, struct bpf_pol_ident);
} pol_ident_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct bpf_pol_net);
	__type(value, struct bpf_pol_ident);
} pol_net_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct bpf_pol_group);
	__type(value, __u32);
} pol_group_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct bpf_pol_flow);
	__type(value, struct bpf_pol_ct);
} pol_ct_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct bpf_pol_count);
} pol_rule_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPF_POL_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} pol_reason_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} pol_event_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_pol_opt);
} pol_opt_v1 SEC(".maps");

/* The inner map says only what all of them have in common; each has its own size. */
struct pol_verdicts {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct bpf_pol_key)); /* clang forgets what types are */
	__uint(value_size, sizeof(struct bpf_pol_verdict));
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__array(values, struct pol_verdicts);
} pol_verdict_v1 SEC(".maps");

#endif
