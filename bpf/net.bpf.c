// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * VXLAN tenants by tc programs: who sends is who he says he is, policy is asked once on
 * either end, and what has a known destination goes there without bridge and VXLAN
 * device: to the endpoint next door, or in a tunnel to another VTEP (RFC 7348; group
 * policy ids after draft-smith-vxlan-group-policy).
 *
 * Bridge and VXLAN device forward by themselves whatever is not known here: a miss in
 * forwarding passes. A miss in policy drops. Packets too large for the underlay are
 * theirs, too: the VXLAN device tells the sender.
 *
 * Policy of an endpoint is asked where a packet is handed to it: by a program that
 * redirects to it, which then bypasses to_container; else by to_container.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/check.h"
#include "bpf/guard.h"
#include "bpf/neigh.h"
#include "bpf/policy.h"
#include "bpf/take.h"
#include "bpf/vxlan.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int pass(__u32 what)
{
	net_count(what);
	return PASS;
}

static __always_inline const struct bpf_net_dom *dom_of(__u32 vni)
{
	return bpf_map_lookup_elem(&net_dom_v1, &vni);
}

/* May the endpoint have the packet? p: read, with the identity of its sender. Return:
 * 0, or a drop. */
static __always_inline int deliver(struct __sk_buff *skb, struct pol *p)
{
	__u32 no = guard_target(p);

	if (!no)
		no = pol_check(skb, p);
	return no ? pol_drop(skb, p, no) : 0;
}

/* ---- from a container ----------------------------------------------------- */

static __always_inline int to_neighbour(struct __sk_buff *skb, struct pol *p,
					__u32 ifindex)
{
	__u32 from = p->ep.identity, vni = p->ep.vni;
	int end;

	if (!pol_begin(p, ifindex, BPF_POL_IN) || p->ep.vni != vni)
		return pass(BPF_NET_N_BRIDGED);
	p->peer = from;
	end = deliver(skb, p);
	if (end)
		return end;
	net_count(BPF_NET_N_LOCAL);
	/* The device had it for somebody else's. */
	bpf_skb_change_type(skb, PACKET_HOST_);
	return redirect_peer(skb, ifindex);
}

static __always_inline int to_vtep(struct __sk_buff *skb, struct pol *p,
				   const struct bpf_net_dom *dom,
				   const struct bpf_net_fdb *to)
{
	__u16 group = dom->flags & BPF_NET_DOM_GBP && to->flags & BPF_NET_FDB_GBP
			      ? p->ep.group
			      : 0;
	__u32 oif = to->ifindex ? to->ifindex : dom->underlay;
	int ip6 = !!(to->flags & BPF_NET_FDB_IP6), err;
	__u32 large, path;

	/* For the VXLAN device, if it comes to that. */
	if (group)
		skb->mark = group;
	if (!(p->ep.flags & BPF_POL_EP_FAST) || !oif || skb->vlan_present ||
	    ip6 != !!(dom->flags & BPF_NET_DOM_IP6))
		return pass(BPF_NET_N_BRIDGED);
	large = vxlan_largest(skb, &p->f) + (ip6 ? VXLAN_IN6 : VXLAN_IN4);
	path = to->flags >> BPF_NET_FDB_MTU_SHIFT;
	if ((dom->mtu && large > dom->mtu) || (path && large > path))
		return pass(BPF_NET_N_TOO_BIG);
	err = ip6 ? vxlan_push6(skb, &p->f, dom, to, group)
		  : vxlan_push4(skb, &p->f, dom, to, group);
	if (err > 0)
		return pass(BPF_NET_N_BRIDGED);
	if (err)
		return pol_drop(skb, p, BPF_POL_R_FAILED);
	if (group)
		skb->mark = 0;
	net_count(BPF_NET_N_OUT);
	if (to->flags & BPF_NET_FDB_VIA)
		return redirect_via(skb, oif, !!(to->flags & BPF_NET_FDB_VIA6),
				    to->via);
	return redirect_neigh(skb, oif);
}

/* By the MAC that it is for. */
static __always_inline int forward(struct __sk_buff *skb, struct pol *p,
				   const struct bpf_net_mac *to)
{
	const struct bpf_net_fdb *fdb;
	const struct bpf_net_dom *dom;

	if (to->mac[0] & 1)
		return pass(BPF_NET_N_FLOODED);
	fdb = bpf_map_lookup_elem(&net_fdb_v2, to);
	if (fdb && fdb->flags & BPF_NET_FDB_LOCAL) {
		if (p->ep.flags & BPF_POL_EP_FAST && !skb->vlan_present)
			return to_neighbour(skb, p, fdb->ifindex);
		return pass(BPF_NET_N_BRIDGED);
	}
	dom = fdb ? dom_of(p->ep.vni) : NULL;
	return dom ? to_vtep(skb, p, dom, fdb) : pass(BPF_NET_N_BRIDGED);
}

static __always_inline int from_container_ip(struct __sk_buff *skb, struct pol *p,
					     const struct bpf_net_mac *to)
{
	__u32 no = guard_source(skb, p);

	if (!no && p->f.flags & FLOW_NEIGH && p->f.type == ND_SOLICIT &&
	    p->ep.flags & BPF_POL_EP_FAST && !flow_is_zero(&p->f.src)) {
		int end = neigh_nd(skb, p);

		if (end != NEIGH_LATER)
			return end;
	}
	if (!no)
		no = take_guard(&p->f);
	if (!no) {
		const struct bpf_pol_ident *i = pol_ident(&p->f.dst);

		p->peer = i ? i->identity : pol_peer_outside(&p->f.dst);
		no = pol_check(skb, p);
	}
	return no ? pol_drop(skb, p, no) : forward(skb, p, to);
}

SEC("tc")
int net_from_container(struct __sk_buff *skb)
{
	struct pol *p = pol_open(skb->ifindex, BPF_POL_OUT);
	struct bpf_net_mac to = { 0 };
	const struct ethhdr *eth;
	__be16 type;

	if (!p)
		return PASS;
	/* A group policy id in the making: none but what we say. */
	if (skb->mark)
		skb->mark = 0;
	eth = (void *)(long)skb->data;
	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return pol_drop(skb, p, BPF_POL_R_MALFORMED);
	if (p->ep.flags & BPF_POL_EP_GUARD && !mac_eq(eth->h_source, p->ep.mac))
		return pol_drop(skb, p, BPF_POL_R_SPOOF_MAC);
	if (is_tagged(skb))
		return tagged(skb, p);
	__builtin_memcpy(to.mac, eth->h_dest, sizeof(to.mac));
	to.vni = p->ep.vni;
	type = eth->h_proto;
	if (type == bpf_htons(ETH_P_IP)) {
		if (flow_read4(skb, &p->f, ETH_HLEN, p->ep.vni))
			return pol_drop(skb, p, BPF_POL_R_MALFORMED);
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		if (flow_read6(skb, &p->f, ETH_HLEN, p->ep.vni))
			return pol_drop(skb, p, BPF_POL_R_MALFORMED);
	} else {
		return type == bpf_htons(ETH_P_ARP) ? neigh_arp(skb, p)
						    : unseen(skb, p, BPF_POL_R_NOT_IP);
	}
	return from_container_ip(skb, p, &to);
}

/* ---- to a container ------------------------------------------------------- */

/* What a tunnel's group policy id says of a sender that nobody has announced. */
static __noinline __u32 peer_unknown(const struct bpf_pol_addr *a, __u32 group)
{
	__u32 id;

	if (group) {
		id = pol_ident_group(a->scope_family & 0xffffff, group);
		if (id)
			return id;
		net_count(BPF_NET_N_GROUP);
	}
	return pol_peer_overlay(a);
}

/* What a device with gbp makes of the header: an id, and that it is not to be learned,
 * or policy was applied. Any other mark is not its. */
static __always_inline __u32 group_in_mark(__u32 mark)
{
	return mark & ~(0xffff | (__u32)VXLAN_POLICY << 16) ? 0 : mark & 0xffff;
}

/* The sender of what comes by the bridge, into p->peer. Return: enum bpf_pol_reason. */
static __always_inline __u32 peer_of_bridged(struct __sk_buff *skb, struct pol *p)
{
	const struct bpf_pol_ident *i = pol_ident(&p->f.src);
	const struct bpf_net_dom *dom = dom_of(p->ep.vni);
	__u32 by = skb->ingress_ifindex;
	int tunnel = dom && by && by == dom->vxlan;
	const struct bpf_pol_ep *from;

	/* Who is elsewhere comes by the tunnel. */
	if (i && (i->ifindex || tunnel || !by)) {
		p->peer = i->identity;
		return guard_is_foreign(i, by) ? BPF_POL_R_SPOOF_OUTSIDE
					       : BPF_POL_R_NONE;
	}
	if (tunnel) {
		p->peer = peer_unknown(&p->f.src, dom->flags & BPF_NET_DOM_GBP
							  ? group_in_mark(skb->mark)
							  : 0);
		return BPF_POL_R_NONE;
	}
	/* From next door, with an address of the link or none yet. */
	from = bpf_map_lookup_elem(&pol_ep_v1, &by);
	if (from && from->vni == p->ep.vni)
		p->peer = from->identity;
	else
		p->peer = by ? pol_ident_or(&p->f.src, BPF_POL_WORLD)
			     : pol_peer_host(&p->f.src);
	return BPF_POL_R_NONE;
}

SEC("tc")
int net_to_container(struct __sk_buff *skb)
{
	struct pol *p = pol_open(skb->ifindex, BPF_POL_IN);
	const struct ethhdr *eth;
	__be16 type;
	__u32 no;
	int alone;

	if (!p)
		return PASS;
	eth = (void *)(long)skb->data;
	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return pol_drop(skb, p, BPF_POL_R_MALFORMED);
	alone = !(eth->h_dest[0] & 1);
	/* Flooded, and for somebody else. */
	if (p->ep.flags & BPF_POL_EP_GUARD && alone && !mac_eq(eth->h_dest, p->ep.mac))
		return pol_drop(skb, p, BPF_POL_R_NOT_FOR);
	if (is_tagged(skb))
		return tagged(skb, p);
	type = eth->h_proto;
	if (type == bpf_htons(ETH_P_ARP))
		return neigh_arp_in(skb, p);
	if (type == bpf_htons(ETH_P_IP))
		no = flow_read4(skb, &p->f, ETH_HLEN, p->ep.vni);
	else if (type == bpf_htons(ETH_P_IPV6))
		no = flow_read6(skb, &p->f, ETH_HLEN, p->ep.vni);
	else
		return unseen(skb, p, BPF_POL_R_NOT_IP);
	if (no)
		return pol_drop(skb, p, BPF_POL_R_MALFORMED);
	no = peer_of_bridged(skb, p);
	if (!no)
		no = alone ? guard_target(p) : guard_group_target(p);
	if (!no && p->f.flags & FLOW_NEIGH)
		no = guard_told(skb, p, skb->ingress_ifindex);
	if (!no)
		no = pol_check(skb, p);
	return no ? pol_drop(skb, p, no) : PASS;
}

/* ---- from the underlay ---------------------------------------------------- */

/* For a VTEP of this host, and so ours to judge? Otherwise it may be other UDP. */
static __noinline int is_own_vtep(const struct vxlan_rx *r)
{
	return take_at(r->vtep, r->port, r->ip6) == BPF_NET_TAKE_VTEP;
}

static __always_inline int is_for(const struct vxlan_rx *r, const struct bpf_net_dom *d)
{
	return r->vtep[0] == d->vtep[0] && r->vtep[1] == d->vtep[1] &&
	       r->vtep[2] == d->vtep[2] && r->vtep[3] == d->vtep[3] &&
	       r->port == d->port && r->ip6 == !!(d->flags & BPF_NET_DOM_IP6);
}

/* p->ep is the endpoint that the frame is for; the inner packet begins at offset at. */
static __always_inline int from_tunnel(struct __sk_buff *skb, struct pol *p,
				       const struct vxlan_rx *r, __u32 at)
{
	const struct bpf_pol_ident *i = pol_ident(&p->f.src);
	int err;

	if (i && i->ifindex)
		return pol_drop(skb, p, BPF_POL_R_SPOOF_OUTSIDE);
	p->peer = i ? i->identity : peer_unknown(&p->f.src, r->group);
	if (p->f.flags & FLOW_NEIGH) {
		__u32 no = guard_told(skb, p, GUARD_TUNNEL);

		if (no)
			return pol_drop(skb, p, no);
	}
	if (r->ecn & 1 && vxlan_mark(skb, &p->f, at, r->ecn))
		return pol_drop(skb, p, BPF_POL_R_FAILED);
	err = deliver(skb, p);
	if (err)
		return err;
	err = vxlan_pull(skb, at - ETH_HLEN, p->f.family);
	if (err > 0)
		return pass(BPF_NET_N_STACK);
	if (err)
		return pol_drop(skb, p, BPF_POL_R_FAILED);
	net_count(BPF_NET_N_IN);
	return redirect_peer(skb, p->ifindex);
}

static __noinline int bad_tunnel(struct __sk_buff *skb)
{
	struct pol *p = pol_new(BPF_POL_IN);

	return p ? pol_drop(skb, p, BPF_POL_R_VXLAN) : TC_ACT_SHOT;
}

/* To the VXLAN device. */
static __always_inline int without_group(struct __sk_buff *skb,
					 const struct vxlan_rx *r, __u32 in)
{
	if (!vxlan_say_none(skb, r->slow, in))
		return PASS;
	pol_count(BPF_POL_R_FAILED);
	return TC_ACT_SHOT;
}

/* in: where the inner frame begins, a constant. */
static __always_inline int from_underlay(struct __sk_buff *skb, struct vxlan_rx *r,
					 __u32 in)
{
	const struct bpf_net_dom *dom = dom_of(r->vni);
	const struct ethhdr *eth = (void *)(long)skb->data + in;
	const struct bpf_net_fdb *fdb;
	struct bpf_net_mac to = { .vni = r->vni };
	struct pol *p;
	int bad, ours = dom && is_for(r, dom);

	r->bare = r->bare && ours && dom->flags & BPF_NET_DOM_GBP && !r->bad;
	if (!ours) {
		if (!is_own_vtep(r))
			return PASS;
		return r->bad ? bad_tunnel(skb) : pass(BPF_NET_N_NO_VNI);
	}
	if (!(dom->flags & BPF_NET_DOM_FAST))
		return PASS;
	if (r->bad)
		return bad_tunnel(skb);
	p = pol_new(BPF_POL_IN);
	if (!p)
		return TC_ACT_SHOT;
	if (r->slow || skb->vlan_present ||
	    (void *)(eth + 1) > (void *)(long)skb->data_end || eth->h_dest[0] & 1)
		return pass(BPF_NET_N_STACK);
	if (!(dom->flags & BPF_NET_DOM_GBP))
		r->group = 0;
	__builtin_memcpy(to.mac, eth->h_dest, sizeof(to.mac));
	fdb = bpf_map_lookup_elem(&net_fdb_v2, &to);
	if (!fdb || !(fdb->flags & BPF_NET_FDB_LOCAL))
		return pass(BPF_NET_N_STACK);
	if (!pol_begin(p, fdb->ifindex, BPF_POL_IN) || p->ep.vni != r->vni ||
	    !(p->ep.flags & BPF_POL_EP_FAST))
		return pass(BPF_NET_N_STACK);
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		bad = flow_read4(skb, &p->f, in + ETH_HLEN, r->vni);
	else if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		bad = flow_read6(skb, &p->f, in + ETH_HLEN, r->vni);
	else
		return pass(BPF_NET_N_STACK);
	if (bad)
		return pol_drop(skb, p, BPF_POL_R_MALFORMED);
	return from_tunnel(skb, p, r, in + ETH_HLEN);
}

enum { ICMP6_TOO_BIG = 2 };

/*
 * A router cannot pass on what a VTEP of ours sent (RFC 8200 section 5: only who sends
 * could cut it). The stack learns from that what the path takes, and the VXLAN device
 * tells containers; fib is told to look, so that programs leave it what is too large.
 * Believed by nobody here: fib asks the stack.
 */
static __noinline int path_told(struct __sk_buff *skb)
{
	struct {
		__u8 type, code;
		__be16 check;
		__be32 mtu;
		struct ipv6hdr ip;
		struct udphdr udp;
	} said;
	struct bpf_pol_event *e;
	__be32 from[4];
	__u8 next;

	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, nexthdr), &next,
			       sizeof(next)) ||
	    next != NEXT_ICMPV6 ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct ipv6hdr), &said,
			       sizeof(said)) ||
	    said.type != ICMP6_TOO_BIG || said.ip.nexthdr != NEXT_UDP)
		return PASS;
	__builtin_memcpy(from, &said.ip.saddr, sizeof(from));
	if (take_at(from, said.udp.dest, 1) != BPF_NET_TAKE_VTEP)
		return PASS;
	e = bpf_ringbuf_reserve(&pol_event_v1, sizeof(*e), 0);
	if (!e)
		return PASS;
	__builtin_memset(e, 0, sizeof(*e));
	e->reason = BPF_POL_E_PATH;
	e->family = BPF_POL_IP6;
	__builtin_memcpy(e->src, &said.ip.saddr, sizeof(e->src));
	__builtin_memcpy(e->dst, &said.ip.daddr, sizeof(e->dst));
	bpf_ringbuf_submit(e, 0);
	return PASS;
}

SEC("tc")
int net_from_underlay(struct __sk_buff *skb)
{
	struct vxlan_rx r;
	int end;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (vxlan_is_segment(skb, VXLAN_IN4))
			return pass(BPF_NET_N_STACK);
		if (vxlan_read4(skb, &r))
			return PASS;
		end = from_underlay(skb, &r, VXLAN_IN4);
		return end == PASS && r.bare ? without_group(skb, &r, VXLAN_IN4) : end;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6))
		return PASS;
	if (vxlan_is_segment(skb, VXLAN_IN6))
		return pass(BPF_NET_N_STACK);
	if (vxlan_read6(skb, &r))
		return path_told(skb);
	end = from_underlay(skb, &r, VXLAN_IN6);
	return end == PASS && r.bare ? without_group(skb, &r, VXLAN_IN6) : end;
}
