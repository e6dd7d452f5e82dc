/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/netmaps.h - keys and values of the maps with which the programs of net.bpf.c send
 * and receive VXLAN, filled by fib. Orders and padding as in polmaps.h. */
#ifndef BPF_NETMAPS_H
#define BPF_NETMAPS_H

#include <linux/types.h>

/*
 * What fib sets, in this order, and takes back in reverse; all of it after the maps of
 * polmaps.h up to pol_ident_v1, and before pol_ep_v1:
 *
 *   net_vtep_v1   where the kernel takes tunnels: addresses of this host
 *   net_port_v1   ports of its VXLAN devices
 *   net_dom_v1    every VNI that is here
 *   net_single_v1 where the VXLAN device does it better
 *   net_neigh_v1  addresses that are answered for
 *   net_fdb_v2    MACs, those of this host's endpoints too
 *
 * Forwarding is by MAC. What is not here goes the way of bridge and VXLAN device, which
 * is right by itself: whatever is missing costs time, never packets.
 *
 *   net_from_container  ingress of the host's side of each container's veth
 *   net_to_container    egress of the same: policy of what came by the bridge
 *   net_from_underlay   ingress of each underlay device
 */

enum {
	BPF_NET_DOM_IP6 = 1,  /* family of the VTEP */
	BPF_NET_DOM_FAST = 2, /* dataplane ebpf; else bridge and VXLAN device forward */
	BPF_NET_DOM_GBP = 4,  /* the VXLAN device has gbp */
};

/* net_dom_v1, hash: VNI (__u32). */
struct bpf_net_dom {
	__be32 vtep[4]; /* of this host; IPv4: the first, the others are zero */
	__u32 underlay; /* ifindex to send by; 0: what fdb does not say it for is not
			 * sent by programs */
	__u32 vxlan;    /* ifindex of the VXLAN device */
	__be16 port;    /* of the tunnel, UDP */
	__u16 mtu;      /* of the underlay: largest outer packet */
	__u32 flags;    /* BPF_NET_DOM_* */
};

enum {
	BPF_NET_FDB_LOCAL = 1, /* an endpoint of this host */
	BPF_NET_FDB_IP6 = 2,   /* family of the VTEP */
	BPF_NET_FDB_GBP = 4,   /* it understands group policy ids */
	BPF_NET_FDB_VIA = 8,   /* via is the neighbour that leads there */
	BPF_NET_FDB_VIA6 = 16, /* family of that */
};

/* net_fdb_v2, hash: struct bpf_net_mac -> where it is. */
struct bpf_net_mac {
	__u32 vni;
	__u8 mac[6];
	__u16 pad;
};

struct bpf_net_fdb {
	__be32 vtep[4];
	__u32 vni;     /* in the header that is sent */
	__u32 ifindex; /* LOCAL: of the endpoint; else the device to send by, 0: that of
			* the domain */
	__u32 flags;   /* BPF_NET_FDB_*, and the path's MTU above them */
	__be32 via[4]; /* VIA: next hop; else the kernel looks for one in its routes */
};

/* Largest outer packet that the path to the VTEP takes; 0: no less than the device. */
enum { BPF_NET_FDB_MTU_SHIFT = 16 };

/*
 * net_vtep_v1, hash: address of this host, and port of a VXLAN device -> enum
 * bpf_net_take (__u32). The kernel's socket is bound to the port and to no address: it
 * takes what comes to any of them for frames of a tenant.
 */
struct bpf_net_vtep {
	__be32 vtep[4];
	__be16 port;
	__u16 flags; /* BPF_NET_DOM_IP6 or 0 */
};

enum bpf_net_take {
	BPF_NET_TAKE_VTEP = 1, /* of a tenant: what is sent there is a tunnel */
	BPF_NET_TAKE_ANY,      /* another one: maybe other UDP, or another's tunnel */
};

/* net_port_v1, array of one: the ports of all that, one bit each, by the number that
 * they are in network order; so that nothing else has to be looked up. */
struct bpf_net_ports {
	__u64 bit[1024];
};

/* net_single_v1, array: devices and ports of tunnels where TCP comes in single
 * segments. Those with data go by the VXLAN device, which puts them together. Each
 * packet asks, so it is no hash: a device and port are at bpf_net_single_at(), or
 * nowhere. */
enum { BPF_NET_SINGLES = 64 };

struct bpf_net_single {
	__u32 ifindex; /* 0: none */
	__be16 port;
	__u16 pad;
};

static inline __u32 bpf_net_single_at(__u32 ifindex, __be16 port)
{
	return (ifindex ^ port ^ port >> 8) % BPF_NET_SINGLES;
}

enum { BPF_NET_NEIGH_ROUTER = 1 };

/* net_neigh_v1, hash: struct bpf_pol_addr (polmaps.h) of who is elsewhere -> what ARP
 * and neighbour discovery answer. */
struct bpf_net_neigh {
	__u8 mac[6];
	__u16 flags; /* BPF_NET_NEIGH_* */
};

/* What became of packets, beside enum bpf_pol_reason. net_count_v1, per-CPU array of
 * __u64. */
enum bpf_net_count {
	BPF_NET_N_OUT,      /* sent to a VTEP */
	BPF_NET_N_IN,       /* received from one */
	BPF_NET_N_LOCAL,    /* from one endpoint of this host to another */
	BPF_NET_N_ANSWERED, /* ARP and neighbour discovery */
	BPF_NET_N_BRIDGED,  /* from an endpoint to the bridge, unicast */
	BPF_NET_N_FLOODED,  /* dto., to more than one */
	BPF_NET_N_TOO_BIG,  /* for the underlay: left to the VXLAN device */
	BPF_NET_N_STACK,    /* from a VTEP, left to the VXLAN device */
	BPF_NET_N_NO_VNI, /* for our VTEP, a VNI that is not here: left to the stack */
	BPF_NET_N_GROUP,  /* a group policy id that says nothing */
	BPF_NET_COUNTS
};

_Static_assert(sizeof(struct bpf_net_dom) == 32, "pinned layout");
_Static_assert(sizeof(struct bpf_net_mac) == 12, "pinned layout");
_Static_assert(sizeof(struct bpf_net_fdb) == 44, "pinned layout");
_Static_assert(sizeof(struct bpf_net_vtep) == 20, "pinned layout");
_Static_assert(sizeof(struct bpf_net_single) == 8, "pinned layout");
_Static_assert(sizeof(struct bpf_net_ports) == 8192, "pinned layout");
_Static_assert(sizeof(struct bpf_net_neigh) == 8, "pinned layout");

#endif
