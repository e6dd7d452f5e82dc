/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* bpf/policy.h - who a packet is from, and what the verdicts say of it. Programs only.
 */
#ifndef BPF_POLICY_H
#define BPF_POLICY_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "bpf/flow.h"
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
} pol_ct_v2 SEC(".maps");

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
} pol_opt_v2 SEC(".maps");

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

/* What passes does so to the programs and filters of others on the device: TC_ACT_OK
 * from a tcx link would end the matter for all of them. */
enum { PASS = TC_ACT_UNSPEC };

/*
 * A packet, and the endpoint whose policy is asked: a copy, because the functions that
 * are not static must not have pointers in what they are given. They are verified once
 * each, not once for each call, and so ask for NULL.
 */
struct pol {
	struct flow f;
	struct bpf_pol_ep ep;
	__u32 ifindex; /* of the endpoint; 0: there is none */
	__u32 peer;    /* identity */
	__u32 rule;    /* out: of the verdict; 0: none */
	__u32 dir;     /* enum bpf_pol_dir */
	__u32 changes; /* of verdicts, before they were asked */
};

int pol_drop(struct __sk_buff *skb, const struct pol *p, __u32 reason);
struct pol_ask;
__u32 pol_verdict(const struct pol *p, struct pol_ask *a);

/* Too large for the stack that programs have, with all who call one another. One packet
 * at a time has it on each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pol);
} pol_packet SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow);
} pol_quoted SEC(".maps");

/* For a packet that is no endpoint's yet. NULL never happens. */
static __always_inline struct pol *pol_new(__u32 dir)
{
	__u32 zero = 0;
	struct pol *p = bpf_map_lookup_elem(&pol_packet, &zero);

	if (!p)
		return NULL;
	p->f.family = 0;
	p->dir = dir;
	p->ifindex = p->rule = p->peer = 0;
	return p;
}

/* The packet is for, or from, the endpoint on that device. Return: is there one? */
static __always_inline int pol_begin(struct pol *p, __u32 ifindex, __u32 dir)
{
	const struct bpf_pol_ep *ep = bpf_map_lookup_elem(&pol_ep_v1, &ifindex);

	if (!ep)
		return 0;
	p->ep = *ep;
	p->ifindex = ifindex;
	p->dir = dir;
	p->rule = p->peer = 0;
	return 1;
}

/* Both at once; NULL: there is no endpoint on the device. */
static __always_inline struct pol *pol_open(__u32 ifindex, __u32 dir)
{
	const struct bpf_pol_ep *ep = bpf_map_lookup_elem(&pol_ep_v1, &ifindex);
	struct pol *p = ep ? pol_new(dir) : NULL;

	if (!p)
		return NULL;
	p->ep = *ep;
	p->ifindex = ifindex;
	return p;
}

static __always_inline int pol_is_open(const struct pol *p)
{
	return p->ep.flags & (BPF_POL_EP_OPEN_IN << (p->dir & 1));
}

/* ---- drops ---- */

static __always_inline const struct bpf_pol_opt *pol_opt(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&pol_opt_v2, &zero);
}

static __always_inline void pol_count(__u32 reason)
{
	__u64 *n = bpf_map_lookup_elem(&pol_reason_v1, &reason);

	if (n)
		++*n;
}

/* The program's last word on what is dropped. p->f.family 0: neither IPv4 nor IPv6. */
__noinline int pol_drop(struct __sk_buff *skb, const struct pol *p, __u32 reason)
{
	const struct bpf_pol_opt *opt = pol_opt();
	struct bpf_pol_event *e;

	pol_count(reason);
	if (!p || !opt || !(opt->flags & BPF_POL_OPT_EVENTS))
		return TC_ACT_SHOT;
	e = bpf_ringbuf_reserve(&pol_event_v1, sizeof(*e), 0);
	if (!e)
		return TC_ACT_SHOT;
	__builtin_memset(e, 0, sizeof(*e));
	e->ifindex = p->ifindex;
	e->len = skb->len;
	e->reason = (__u8)reason;
	e->dir = (__u8)p->dir;
	e->rule = p->rule;
	if (p->ifindex) {
		e->vni = p->ep.vni;
		e->src_identity = p->dir == BPF_POL_OUT ? p->ep.identity : p->peer;
		e->dst_identity = p->dir == BPF_POL_OUT ? p->peer : p->ep.identity;
	}
	if (p->f.family) {
		e->family = p->f.family;
		e->proto = p->f.proto;
		e->sport = p->f.flags & FLOW_ICMPS ? 0 : p->f.sport;
		e->dport = p->f.flags & FLOW_ICMPS ? bpf_htons(p->f.type) : p->f.dport;
		__builtin_memcpy(e->src, p->f.src.ip, sizeof(e->src));
		__builtin_memcpy(e->dst, p->f.dst.ip, sizeof(e->dst));
	}
	bpf_ringbuf_submit(e, 0);
	return TC_ACT_SHOT;
}

/* ---- identities ---- */

/* Kernels before 6.3 want the address on the stack or in a map: what a function that is
 * not static was given is neither. */
static __always_inline const struct bpf_pol_ident *pol_ident(
	const struct bpf_pol_addr *a)
{
	return bpf_map_lookup_elem(&pol_ident_v1, a);
}

/* By prefix; 0: none has it. */
static __noinline __u32 pol_ident_net(const struct bpf_pol_addr *a)
{
	struct bpf_pol_net key = { .prefixlen = 8 * sizeof(*a), .addr = *a };
	const struct bpf_pol_ident *i = bpf_map_lookup_elem(&pol_net_v1, &key);

	return i ? i->identity : 0;
}

static __always_inline __u32 pol_ident_or(const struct bpf_pol_addr *a, __u32 other)
{
	__u32 id = pol_ident_net(a);

	return id ? id : other;
}

/* What a group policy id that came with a packet says of its sender; 0: nothing. */
static __always_inline __u32 pol_ident_group(__u32 vni, __u32 group)
{
	struct bpf_pol_group key = { vni, group };
	__u32 *id = bpf_map_lookup_elem(&pol_group_v1, &key);

	return id ? *id : 0;
}

/* By a prefix that the operator gave labels; 0: none. Those that rules name are of the
 * world outside. */
static __always_inline __u32 pol_ident_named(const struct bpf_pol_addr *a)
{
	__u32 net = pol_ident_net(a);

	return net >> 24 != BPF_POL_CIDR ? net : 0;
}

/* This host, which sends from an address that nobody has announced. */
static __always_inline __u32 pol_peer_host(const struct bpf_pol_addr *a)
{
	__u32 net = pol_ident_named(a);

	return net ? net : BPF_POL_HOST;
}

/* Who in an overlay has an address that nobody has announced: there any can be had for
 * the asking. */
static __noinline __u32 pol_peer_overlay(const struct bpf_pol_addr *a)
{
	const struct bpf_pol_opt *opt;
	__u32 net = pol_ident_named(a);

	if (net)
		return net;
	opt = pol_opt();
	return opt && opt->overlay ? opt->overlay : BPF_POL_INIT;
}

/* Of an address that a packet of ours goes to, and nobody has announced. What is of the
 * link only is none of the world's. */
static __noinline __u32 pol_peer_outside(const struct bpf_pol_addr *a)
{
	int link =
		a->scope_family >> 24 == BPF_POL_IP4
			? (a->ip[0] & bpf_htonl(0xffff0000)) == bpf_htonl(0xa9fe0000)
			: (a->ip[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);

	return link ? pol_peer_overlay(a) : pol_ident_or(a, BPF_POL_WORLD);
}

/* Does that address belong to the endpoint? */
static __always_inline int pol_owns(const struct pol *p, const struct bpf_pol_addr *a)
{
	const struct bpf_pol_ep *ep = &p->ep;
	const struct bpf_pol_ident *i;

	if (p->f.family == BPF_POL_IP4
		    ? a->ip[0] == ep->ip4 && ep->ip4
		    : a->ip[0] == ep->ip6[0] && a->ip[1] == ep->ip6[1] &&
			      a->ip[2] == ep->ip6[2] && a->ip[3] == ep->ip6[3] &&
			      ep->ip6[0])
		return 1;
	i = pol_ident(a);
	return i && i->ifindex == p->ifindex;
}

/* ---- verdicts ---- */

/* What is asked for: a packet in this direction, from or to that peer. */
struct pol_ask {
	__u32 dir;
	__u32 peer;
	__u32 rule;  /* out: of the verdict; 0: none */
	__be16 port; /* or type */
	__u8 proto;
	__u8 later; /* a fragment without port or type */
};

static __always_inline __u16 pol_mask(__u32 plen)
{
	return bpf_htons((__u16)(0xffff0000 >> plen));
}

/* What has been found so far. */
struct pol_found {
	void *verdicts;
	__u32 all;    /* an allowing one does not end it */
	__u32 reason; /* enum bpf_pol_reason */
	__u32 rule;
};

/* One shape of verdict, for a peer or for any. Return: it decides. */
static __always_inline int pol_probe(struct pol_found *x, struct bpf_pol_key *key,
				     __u32 id)
{
	const struct bpf_pol_verdict *v;

	key->identity = id;
	v = bpf_map_lookup_elem(x->verdicts, key);
	if (!v)
		return 0;
	if (v->flags & BPF_POL_DENY) {
		x->reason = BPF_POL_R_DENY;
		x->rule = v->rule;
		return 1;
	}
	if (x->reason) { /* the first of those that allow */
		x->reason = BPF_POL_R_NONE;
		x->rule = v->rule;
	}
	return !x->all;
}

/* The shape with so many bits of the port, or without a protocol: first for the peer,
 * then for any. Return: it decides. */
static __always_inline int pol_shape(struct pol_found *x, struct bpf_pol_key *key,
				     const struct pol_ask *a, __u32 id, __u32 any,
				     __u32 bit, __u32 plen)
{
	if (!((id | any) & bit))
		return 0;
	key->dir_plen = (__u8)((a->dir & 1) << 7 | plen);
	key->port = a->port & pol_mask(plen);
	if (id & bit && pol_probe(x, key, a->peer))
		return 1;
	return any & bit && pol_probe(x, key, BPF_POL_ANY);
}

/* Return: it decides. */
static __always_inline int pol_shapes(struct pol_found *x, const struct pol_ask *a,
				      __u32 id, __u32 any)
{
	struct bpf_pol_key key = { .proto = a->proto };

	if (pol_shape(x, &key, a, id, any, 1 << 16, 16))
		return 1;
	if ((id | any) & 0xfffe) { /* ranges of ports are rare */
		for (__u32 plen = 15; plen; plen--)
			if (pol_shape(x, &key, a, id, any, 1U << plen, plen))
				return 1;
	}
	if (pol_shape(x, &key, a, id, any, 1, 0))
		return 1;
	key.proto = 0;
	return pol_shape(x, &key, a, id, any, BPF_POL_SHAPE_ALL, 0);
}

/*
 * What the policy of the endpoint says, whatever has been before: the longest port
 * first, and the peer before any. Return: enum bpf_pol_reason.
 */
__noinline __u32 pol_verdict(const struct pol *p, struct pol_ask *a)
{
	struct pol_found x = { .reason = BPF_POL_R_POLICY };
	__u32 dir, id, any, policy;

	if (!p || !a)
		return BPF_POL_R_NO_POLICY;
	dir = a->dir & 1;
	a->rule = 0;
	if (p->ep.flags & (BPF_POL_EP_OPEN_IN << dir))
		return BPF_POL_R_NONE;
	policy = p->ep.policy;
	x.verdicts = bpf_map_lookup_elem(&pol_verdict_v1, &policy);
	if (!x.verdicts)
		return BPF_POL_R_NO_POLICY;
	id = p->ep.shape_id[dir];
	any = p->ep.shape_any[dir];
	if (a->later || !a->proto) { /* without a port, or even a protocol */
		id &= a->proto ? BPF_POL_SHAPE_ALL | 1 : BPF_POL_SHAPE_ALL;
		any &= a->proto ? BPF_POL_SHAPE_ALL | 1 : BPF_POL_SHAPE_ALL;
	}
	x.all = p->ep.flags & (BPF_POL_EP_DENY_IN << dir);
	pol_shapes(&x, a, id, any);
	a->rule = x.rule;
	return x.reason;
}

static __always_inline void pol_count_rule(__u32 rule, __u32 len)
{
	struct bpf_pol_count *c;

	if (!rule)
		return;
	c = bpf_map_lookup_elem(&pol_rule_v1, &rule);
	if (c) {
		c->packets++;
		c->bytes += len;
	}
}

#endif
