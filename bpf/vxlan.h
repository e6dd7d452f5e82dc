/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/vxlan.h - the tunnel: where MACs are, and the header. Programs only. */
#ifndef BPF_VXLAN_H
#define BPF_VXLAN_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/netmaps.h"
#include "bpf/polmaps.h"

/* fib sets max_entries of the large ones before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct bpf_net_vtep);
	__type(value, __u32);
} net_vtep_v1 SEC(".maps");

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
} net_fdb_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct bpf_pol_addr);
	__type(value, struct bpf_net_neigh);
} net_neigh_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPF_NET_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} net_count_v1 SEC(".maps");

#endif
