// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * ILA by tc programs: SIR addresses become ILA addresses where a container's packets
 * enter the host, and SIR addresses again where packets arrive from the underlay. Only
 * the destination is translated. draft-herbert-nvo3-ila-04; addresses on the wire are
 * those of Linux, net/ipv6/ila.
 *
 * Routing, hop limit, neighbours, fragmentation and the ICMPv6 errors that come of them
 * stay with the stack: each program passes on or drops. Only where that is allowed
 * (BPF_ILA_LOCAL_FAST_*) and nothing is to be said of the packet it goes past the
 * stack, to the next hop that fib has found. What has no way gets BPF_ILA_MARK_UNREACH
 * and is rejected by nftables. Unlike the kernel's ILA we translate what ICMPv6 errors
 * quote, so that path MTU discovery and traceroute work, and keep tenants apart.
 *
 * Nothing here is taken from the packet without a check, and no packet leaves half
 * rewritten: a helper that fails drops it.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/check.h"
#include "bpf/guard.h"
#include "bpf/maps.h"
#include "bpf/pkt.h"
#include "bpf/policy.h"
#include "bpf/prefix.h"
#include "bpf/redirect.h"
#include "bpf/take.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* fib sets max_entries of the large ones before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __be64);
	__type(value, struct bpf_ila_dom);
} ila_dom_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, struct bpf_ila_addr);
	__type(value, struct bpf_ila_local);
} ila_local_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct bpf_ila_if);
} ila_if_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __be64);
	__type(value, struct bpf_ila_rewrite);
} ila_remote_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct bpf_ila_addr);
	__type(value, struct bpf_ila_rewrite);
} ila_map_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct bpf_ila_group);
} ila_group_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __be64);
	__type(value, struct bpf_ila_way);
} ila_way_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPF_ILA_DOMS *BPF_ILA_ROW);
	__type(key, __u32);
	__type(value, __u64);
} ila_count_v1 SEC(".maps");

/* ---- identifiers and addresses -------------------------------------------- */

union id {
	__be64 v;
	__be16 word[4];
	__u8 b[8];
};

enum { C_BIT = 0x10 }; /* in the first byte */

static __always_inline int id_is_iid(__be64 id)
{
	return !(((union id) { .v = id }).b[0] >> 5);
}

/* The 28 bits after type and C bit. */
static __always_inline int vnid_eq(__be64 a, __be64 b)
{
	return !((a ^ b) & bpf_cpu_to_be64(0x0fffffff00000000));
}

static __always_inline int addr_eq(const struct bpf_ila_addr *a,
				   const struct bpf_ila_addr *b)
{
	return a->prefix == b->prefix && a->id == b->id;
}

static __always_inline int mode_is_neutral(__u8 mode)
{
	return mode == BPF_ILA_NEUTRAL || mode == BPF_ILA_NEUTRAL_AUTO;
}

/* One's complement: the order of bytes does not matter, and only 0 + 0 gives 0. */
static __always_inline __be16 sum16(__be16 a, __be16 b)
{
	__u32 s = (__u32)a + b;

	return (__be16)(s + (s >> 16));
}

static __always_inline struct bpf_ila_addr to_wire(__be64 sir_id,
						   const struct bpf_ila_rewrite *r)
{
	union id id = { .v = sir_id };

	if (mode_is_neutral(r->mode))
		id.word[3] = sum16(id.word[3], r->diff);
	if (r->mode == BPF_ILA_NEUTRAL)
		id.b[0] |= C_BIT;
	return (struct bpf_ila_addr) { r->prefix, id.v };
}

static __always_inline struct bpf_ila_addr from_wire(__be64 wire_id,
						     const struct bpf_ila_rewrite *r)
{
	union id id = { .v = wire_id };

	if (r->mode == BPF_ILA_NEUTRAL_AUTO ||
	    (r->mode == BPF_ILA_NEUTRAL && id.b[0] & C_BIT))
		id.word[3] = sum16(id.word[3], r->diff);
	if (r->mode == BPF_ILA_NEUTRAL)
		id.b[0] &= (__u8)~C_BIT;
	return (struct bpf_ila_addr) { r->prefix, id.v };
}

/* ---- verdicts ------------------------------------------------------------- */

static __always_inline void count(__u16 dom, enum bpf_ila_count what)
{
	__u32 key = (dom % BPF_ILA_DOMS) * BPF_ILA_ROW + what;
	__u64 *n = bpf_map_lookup_elem(&ila_count_v1, &key);

	if (n)
		++*n;
}

static __always_inline int drop(__u16 dom, enum bpf_ila_count why)
{
	count(dom, why);
	return TC_ACT_SHOT;
}

static __always_inline int pass(__u16 dom, enum bpf_ila_count what)
{
	count(dom, what);
	return PASS;
}

static __always_inline int unreachable(struct __sk_buff *skb, __u16 dom,
				       enum bpf_ila_count why)
{
	skb->mark = BPF_ILA_MARK_UNREACH;
	return pass(dom, why);
}

/* Not IPv6, as far as pkt_read() sees. */
static __always_inline int other(struct __sk_buff *skb)
{
	return pkt_is_hidden(skb) ? drop(0, BPF_ILA_N_MALFORMED) : PASS;
}

/* ---- policy --------------------------------------------------------------- */

/*
 * Asked with SIR addresses: behind the translation of what comes, before that of what
 * goes. Devices without an entry have none, and lose a lookup. Scope is 0: identifiers
 * are of one tenant in all domains.
 *
 * Return: 0: p->f is read; else what becomes of it.
 */
static __always_inline int policy_read(struct __sk_buff *skb, struct pol *p)
{
	int bad;

	if (is_tagged(skb))
		return tagged(skb, p) == PASS ? PASS : TC_ACT_SHOT;
	if (skb->protocol == bpf_htons(ETH_P_ARP))
		return PASS;
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		bad = flow_read6(skb, &p->f, ETH_HLEN, 0);
	else if (skb->protocol == bpf_htons(ETH_P_IP))
		bad = flow_read4(skb, &p->f, ETH_HLEN, 0);
	else
		return unseen(skb, p, BPF_POL_R_NOT_IP);
	return bad ? pol_drop(skb, p, BPF_POL_R_MALFORMED) : 0;
}

/* Of an address that a packet goes to, and nobody has announced: behind a locator is
 * whoever has the SIR address that it would be translated to. */
static __noinline __u32 peer_outside(const struct bpf_pol_addr *a)
{
	struct bpf_pol_addr key = { .scope_family = a->scope_family };
	const struct bpf_ila_rewrite *r;
	const struct bpf_pol_ident *i;
	const struct bpf_ila_dom *d;
	struct bpf_ila_addr wire;

	__builtin_memcpy(&wire, a->ip, sizeof(wire));
	if (a->scope_family >> 24 != BPF_POL_IP6 || id_is_iid(wire.id))
		return pol_peer_outside(a);
	d = bpf_map_lookup_elem(&ila_dom_v1, &wire.prefix);
	if (d)
		r = d->kind == BPF_ILA_LOCATOR ? &d->to : NULL;
	else
		r = bpf_map_lookup_elem(&ila_remote_v1, &wire.prefix);
	if (!r)
		return pol_peer_outside(a);
	wire = from_wire(wire.id, r);
	__builtin_memcpy(key.ip, &wire, sizeof(key.ip));
	i = pol_ident(&key);
	return i ? i->identity : pol_peer_overlay(&key);
}

/* From the endpoint on the device: PASS or a drop. */
static __noinline int policy_out(struct __sk_buff *skb)
{
	struct pol *p = pol_open(skb->ifindex, BPF_POL_OUT);
	__u32 no;
	int end;

	if (!p)
		return PASS;
	end = policy_read(skb, p);
	if (end)
		return end;
	no = guard_source(skb, p);
	if (!no)
		no = take_guard(&p->f);
	if (!no) {
		const struct bpf_pol_ident *i = pol_ident(&p->f.dst);

		p->peer = i ? i->identity : peer_outside(&p->f.dst);
		no = pol_check(skb, p);
	}
	return no ? pol_drop(skb, p, no) : PASS;
}

/* To the endpoint on that device: PASS or a drop. */
static __noinline int policy_in(struct __sk_buff *skb, __u32 ifindex)
{
	const struct bpf_pol_ident *i;
	struct pol *p = pol_open(ifindex, BPF_POL_IN);
	__u32 no;
	int end;

	if (!p)
		return PASS;
	end = policy_read(skb, p);
	if (end)
		return end;
	i = pol_ident(&p->f.src);
	if (i) {
		p->peer = i->identity;
		if (guard_is_foreign(i, skb->ingress_ifindex))
			return pol_drop(skb, p, BPF_POL_R_SPOOF_OUTSIDE);
	} else if (!skb->ingress_ifindex) {
		p->peer = pol_peer_host(&p->f.src);
	} else {
		__be64 prefix = (__u64)p->f.src.ip[1] << 32 | p->f.src.ip[0];
		const struct bpf_ila_dom *d = bpf_map_lookup_elem(&ila_dom_v1, &prefix);

		p->peer = d && d->kind == BPF_ILA_SIR
				  ? pol_peer_overlay(&p->f.src)
				  : pol_ident_or(&p->f.src, BPF_POL_WORLD);
	}
	no = guard_target(p);
	if (!no)
		no = pol_check(skb, p);
	return no ? pol_drop(skb, p, no) : PASS;
}

/* ---- rewriting ------------------------------------------------------------ */

/* Return: 0; -1 when the packet can only be dropped. */
static __always_inline int dst_write(struct __sk_buff *skb, struct pkt *p,
				     const struct bpf_ila_rewrite *r,
				     struct bpf_ila_addr to)
{
	int kept = mode_is_neutral(r->mode);

	/* Behind a routing header waits the address that the checksum is about. */
	if (r->mode == BPF_ILA_ADJUST) {
		kept = pkt_sum_fix(skb, p, r->diff, PKT_ROUTED);
		if (kept < 0)
			return -1;
	}
	/* Where the sum over the packet stays what it was, so does skb->csum. */
	if (bpf_skb_store_bytes(skb, PKT_DST, &to, sizeof(to),
				kept ? 0 : BPF_F_RECOMPUTE_CSUM))
		return -1;
	p->dst = to;
	return 0;
}

/*
 * Not skb->hash: it may change while a TCP connection lives, and is of the sender's
 * choosing. Fragments have no ports, so all of a fragmented datagram goes by address.
 */
static __noinline __u32 flow_hash(struct __sk_buff *skb, struct pkt *p)
{
	__u32 h = 0, ports = 0;

	if (pkt_walk(skb, p) == PKT_FOUND && !(p->way & PKT_FRAGMENT) &&
	    (p->proto == NEXT_TCP || p->proto == NEXT_UDP))
		bpf_skb_load_bytes(skb, p->l4, &ports, sizeof(ports));
	h = hash_mix(h, p->src.prefix);
	h = hash_mix(h, p->src.id);
	h = hash_mix(h, p->dst.prefix);
	h = hash_mix(h, p->dst.id);
	h = hash_mix(h, ports);
	return hash_mix(h, h >> 16);
}

/* The locator for a packet to p->dst; NULL: there is no mapping. */
static __always_inline const struct bpf_ila_rewrite *locator_choose(
	struct __sk_buff *skb, struct pkt *p)
{
	const struct bpf_ila_rewrite *r = bpf_map_lookup_elem(&ila_map_v1, &p->dst);
	struct bpf_ila_group *g;
	__u32 key;

	if (!r || !r->aux)
		return r;
	key = r->aux;
	g = bpf_map_lookup_elem(&ila_group_v1, &key);
	if (!g)
		return NULL;
	r = &g->to[g->slot[flow_hash(skb, p) % BPF_ILA_SLOTS] % BPF_ILA_LOCATORS];
	return r->prefix ? r : NULL;
}

/* ---- past the stack ------------------------------------------------------- */

/* Bytes of the largest packet that leaves, segments cut; 0: not known. */
static __always_inline __u32 largest(struct __sk_buff *skb, struct pkt *p)
{
	__u8 words;

	if (!skb->gso_size)
		return skb->len - ETH_HLEN;
	if (pkt_walk(skb, p) != PKT_FOUND)
		return 0;
	if (p->proto != NEXT_TCP)
		return p->l4 + 8 - ETH_HLEN + skb->gso_size;
	if (bpf_skb_load_bytes(skb, p->l4 + 12, &words, sizeof(words)))
		return 0;
	return p->l4 + (words >> 4) * 4U - ETH_HLEN + skb->gso_size;
}

static __always_inline int hop_take(struct __sk_buff *skb, const struct pkt *p)
{
	__u8 hops = (__u8)(p->hops - 1);

	return bpf_skb_store_bytes(skb, PKT_IP6 + offsetof(struct ipv6hdr, hop_limit),
				   &hops, sizeof(hops), BPF_F_RECOMPUTE_CSUM)
		       ? -1
		       : 0;
}

/* To the next hop of the locator that p->dst has now. What the stack would have to say
 * something about is left to it. Return: PASS, a redirection or a drop. */
static __noinline int hop_out(struct __sk_buff *skb, struct pkt *p)
{
	__be64 locator = p->dst.prefix;
	const struct bpf_ila_way *w = bpf_map_lookup_elem(&ila_way_v1, &locator);
	__u32 len;

	if (!w || p->hops <= 1 || skb->vlan_present)
		return PASS;
	len = largest(skb, p);
	if (!len || len > w->mtu)
		return PASS;
	if (hop_take(skb, p))
		return TC_ACT_SHOT;
	return redirect_via(skb, w->ifindex, 1,
			    w->via[0] ? w->via : (const __be32 *)&p->dst);
}

/* To a container of this host, which p->dst is of; the program on its device does not
 * see it then. Return: as above. */
static __always_inline int hop_in(struct __sk_buff *skb, struct pkt *p,
				  const struct bpf_ila_local *local)
{
	__u32 ifindex = local->ifindex;

	if ((local->flags & (BPF_ILA_LOCAL_FAST_IN | BPF_ILA_LOCAL_PREFIX)) !=
		    BPF_ILA_LOCAL_FAST_IN ||
	    !ifindex || p->hops <= 1 || skb->vlan_present)
		return PASS;
	if (policy_in(skb, ifindex) != PASS || hop_take(skb, p))
		return TC_ACT_SHOT;
	return redirect_peer(skb, ifindex);
}

/* To where p->dst is, or to nowhere: what both ways end in. */
static __always_inline int send_on(struct __sk_buff *skb, struct pkt *p, __u16 dom,
				   enum bpf_ila_count none)
{
	const struct bpf_ila_rewrite *r = locator_choose(skb, p);

	if (!r)
		return unreachable(skb, dom, none);
	if (dst_write(skb, p, r, to_wire(p->dst.id, r)))
		return drop(dom, BPF_ILA_N_MALFORMED);
	return pass(dom, BPF_ILA_N_OUT);
}

/* ---- ICMPv6 errors -------------------------------------------------------- */

/* Is this how we would send to that address? */
static __always_inline int leads_to(const struct bpf_ila_addr *sir,
				    const struct bpf_ila_addr *wire)
{
	const struct bpf_ila_rewrite *r = bpf_map_lookup_elem(&ila_map_v1, sir);
	struct bpf_ila_group *g;
	struct bpf_ila_addr a;
	__u32 key;

	if (!r)
		return 0;
	if (!r->aux) {
		a = to_wire(sir->id, r);
		return addr_eq(&a, wire);
	}
	key = r->aux;
	g = bpf_map_lookup_elem(&ila_group_v1, &key);
	for (int i = 0; g && i < BPF_ILA_LOCATORS; i++) {
		a = to_wire(sir->id, &g->to[i]);
		if (addr_eq(&a, wire))
			return 1;
	}
	return 0;
}

static __always_inline void count_of_prefix(__be64 sir, enum bpf_ila_count what)
{
	const struct bpf_ila_dom *d = bpf_map_lookup_elem(&ila_dom_v1, &sir);

	count(d ? d->dom : 0, what);
}

/*
 * Somewhere on the way a packet of ours met its end after its destination had been
 * translated. Who sent it knows only the SIR address: put that into the quotation, if
 * it is one of ours that would be sent there (draft-herbert-nvo3-ila-04 section 4.7.1).
 * The checksum inside the quotation is left as it is: nobody looks at it.
 *
 * Call with p->dst an address of this host. Return: 0; -1 when the packet can only be
 * dropped.
 */
static __noinline int quote_restore(struct __sk_buff *skb, struct pkt *p)
{
	struct bpf_ila_addr src, wire, sir;
	const struct bpf_ila_rewrite *r;
	struct ipv6hdr q;

	if (pkt_quote(skb, p, &q))
		return 0;
	__builtin_memcpy(&src, &q.saddr, sizeof(src));
	__builtin_memcpy(&wire, &q.daddr, sizeof(wire));
	r = bpf_map_lookup_elem(&ila_remote_v1, &wire.prefix);
	if (!r || id_is_iid(wire.id))
		return 0;
	sir = from_wire(wire.id, r);
	if (!addr_eq(&src, &p->dst) || !leads_to(&sir, &wire)) {
		count_of_prefix(sir.prefix, BPF_ILA_N_ERROR_BAD);
		return 0;
	}
	if (!mode_is_neutral(r->mode) &&
	    bpf_l4_csum_replace(skb, p->l4 + 2, 0, r->diff, 0))
		return -1;
	if (bpf_skb_store_bytes(skb, p->l4 + 8 + offsetof(struct ipv6hdr, daddr), &sir,
				sizeof(sir), 0))
		return -1;
	count_of_prefix(sir.prefix, BPF_ILA_N_ERROR);
	return 0;
}

/* ---- isolation ------------------------------------------------------------ */

/* Routers belong to no tenant, and what they have to say is about a packet of him who
 * is told. */
static __always_inline int is_error_for(struct __sk_buff *skb, struct pkt *p,
					const struct bpf_ila_addr *dst)
{
	struct bpf_ila_addr src;
	struct ipv6hdr q;

	if (pkt_quote(skb, p, &q))
		return 0;
	__builtin_memcpy(&src, &q.saddr, sizeof(src));
	return addr_eq(&src, dst);
}

/* May p->src, which nobody vouches for, send to the SIR address dst, whose domain has
 * these BPF_ILA_DOM_*? */
static __noinline int may_enter(struct __sk_buff *skb, struct pkt *p,
				const struct bpf_ila_addr *dst, __u8 flags)
{
	struct bpf_ila_dom *from;

	if (p->src.prefix == dst->prefix)
		return !(flags & BPF_ILA_DOM_VNID) || vnid_eq(p->src.id, dst->id);
	from = bpf_map_lookup_elem(&ila_dom_v1, &p->src.prefix);
	if (from && from->kind == BPF_ILA_SIR)
		flags |= from->flags;
	return !(flags & BPF_ILA_DOM_VNID) || is_error_for(skb, p, dst);
}

/* ---- from a container, or from the host ----------------------------------- */

/* Link-local and unspecified sources: what the stack never forwards. */
static __always_inline int stays_on_link(const struct bpf_ila_addr *src)
{
	return (!src->prefix && !src->id) ||
	       (src->prefix & bpf_cpu_to_be64(0xffc0000000000000)) ==
		       bpf_cpu_to_be64(0xfe80000000000000);
}

/* A locator of anybody, and behind it no address of a host. */
static __always_inline int is_wire_addr(const struct bpf_ila_dom *d,
					const struct bpf_ila_addr *a)
{
	if (id_is_iid(a->id))
		return 0;
	return d || bpf_map_lookup_elem(&ila_remote_v1, &a->prefix);
}

/* A container with a source that is its own; vnid: it is in a domain with VNIDs. */
static __always_inline int container_may(struct pkt *p, const struct bpf_ila_dom *d,
					 int vnid)
{
	if (p->dst.prefix == p->src.prefix)
		return !vnid || vnid_eq(p->src.id, p->dst.id);
	if (d && d->kind == BPF_ILA_SIR)
		return !vnid && !(d->flags & BPF_ILA_DOM_VNID);
	/* Elsewhere, but not past the mappings. */
	return !vnid || !is_wire_addr(d, &p->dst);
}

/* The host's own packets, and what it forwards for devices that nobody declared: they
 * are of no tenant, whatever their source says. */
static __always_inline int host_may(struct __sk_buff *skb, struct pkt *p,
				    const struct bpf_ila_dom *d,
				    const struct bpf_ila_local *src)
{
	if (d->flags & BPF_ILA_DOM_VNID && p->src.prefix == p->dst.prefix &&
	    !(src && src->flags & BPF_ILA_LOCAL_HOST))
		return 0;
	return may_enter(skb, p, &p->dst, d->flags);
}

SEC("tc")
int ila_from_container(struct __sk_buff *skb)
{
	const struct bpf_ila_local *local, *to;
	const struct bpf_ila_dom *d;
	const struct bpf_ila_if *ifc;
	__u32 ifindex = skb->ifindex;
	struct pkt p;
	__u16 dom;
	int ok, end;

	if (pkt_read(skb, &p)) {
		end = other(skb);
		return end == PASS ? policy_out(skb) : end;
	}
	local = bpf_map_lookup_elem(&ila_local_v1, &p.src);
	ifc = NULL;
	if (!local || local->ifindex != ifindex) {
		ifc = bpf_map_lookup_elem(&ila_if_v1, &ifindex);
		if (ifc && ifc->flags & BPF_ILA_IF_PREFIX) {
			if (prefix_swap(skb, &p, ifc->tenant_prefix, SIR_OF(ifc)))
				return drop(ifc->dom, BPF_ILA_N_MALFORMED);
			local = bpf_map_lookup_elem(&ila_local_v1, &p.src);
		}
	}
	if (local && local->ifindex == ifindex) {
		dom = local->dom;
		d = NULL;
		if (p.dst.prefix != p.src.prefix)
			d = bpf_map_lookup_elem(&ila_dom_v1, &p.dst.prefix);
		ok = container_may(&p, d, local->flags & BPF_ILA_LOCAL_VNID);
		if (ok && p.dst.prefix != p.src.prefix &&
		    (!d || d->kind != BPF_ILA_SIR))
			return policy_out(skb);
	} else {
		if (stays_on_link(&p.src))
			return policy_out(skb);
		if (!ifc || !(ifc->flags & BPF_ILA_IF_HOST))
			return drop(ifc ? ifc->dom : 0, BPF_ILA_N_SPOOFED);
		d = bpf_map_lookup_elem(&ila_dom_v1, &p.dst.prefix);
		if (!d || d->kind != BPF_ILA_SIR)
			return PASS;
		/* Nobody rejected it: it must not go in circles. */
		if (skb->mark == BPF_ILA_MARK_UNREACH)
			return TC_ACT_SHOT;
		/* The stack says that it ends here, and to us nobody translates back.
		 */
		if (p.hops <= 1)
			return PASS;
		dom = d->dom;
		ok = host_may(skb, &p, d, local);
	}
	if (!ok)
		return drop(dom, BPF_ILA_N_ISOLATED_OUT);
	if (policy_out(skb) != PASS)
		return TC_ACT_SHOT;
	to = bpf_map_lookup_elem(&ila_local_v1, &p.dst);
	if (!to) {
		end = send_on(skb, &p, dom, BPF_ILA_N_NO_MAPPING);
		if (end != PASS || skb->mark == BPF_ILA_MARK_UNREACH || !local ||
		    local->ifindex != ifindex ||
		    !(local->flags & BPF_ILA_LOCAL_FAST_OUT))
			return end;
		return hop_out(skb, &p);
	}
	/* The stack has no way to what is here, or it would not have come to us: it
	 * would come again, until its hops are used up. */
	if (!local || local->ifindex != ifindex)
		return unreachable(skb, dom, BPF_ILA_N_NOT_HERE);
	count(dom, BPF_ILA_N_LOCAL);
	return hop_in(skb, &p, to);
}

/* ---- to a container ------------------------------------------------------- */

/* What was forwarded to a tenant's container may have come by a device without a
 * program of ours, or by a mapping that leads where it should not. Whoever is in no SIR
 * domain is left to the stack: NAT, for one, brings answers from elsewhere. */
static __always_inline int is_intruder(struct __sk_buff *skb, struct pkt *p)
{
	const struct bpf_ila_dom *from;

	if (!skb->ingress_ifindex) /* of the host itself */
		return 0;
	if (p->src.prefix == p->dst.prefix)
		return !vnid_eq(p->src.id, p->dst.id);
	from = bpf_map_lookup_elem(&ila_dom_v1, &p->src.prefix);
	return from && from->kind == BPF_ILA_SIR && !is_error_for(skb, p, &p->dst);
}

/* Errors that this host itself made about a packet it had translated; and for who knows
 * only the prefix of his tenant, all that is about his address: packets, and questions
 * of the stack for his neighbour entry. */
SEC("tc")
int ila_to_container(struct __sk_buff *skb)
{
	const struct bpf_ila_local *local;
	const struct bpf_ila_if *ifc;
	__u32 ifindex = skb->ifindex;
	struct pkt p;

	if (pkt_read(skb, &p))
		return policy_in(skb, skb->ifindex);
	local = bpf_map_lookup_elem(&ila_local_v1, &p.dst);
	if (local && local->flags & BPF_ILA_LOCAL_VNID && is_intruder(skb, &p))
		return drop(local->dom, BPF_ILA_N_ISOLATED_IN);
	if (local && quote_restore(skb, &p))
		return drop(local->dom, BPF_ILA_N_MALFORMED);
	if (policy_in(skb, skb->ifindex) != PASS)
		return TC_ACT_SHOT;
	if (local ? !(local->flags & BPF_ILA_LOCAL_PREFIX) : p.next != NEXT_ICMPV6)
		return PASS;
	ifc = bpf_map_lookup_elem(&ila_if_v1, &ifindex);
	if (ifc && ifc->flags & BPF_ILA_IF_PREFIX &&
	    prefix_swap(skb, &p, SIR_OF(ifc), ifc->tenant_prefix))
		return drop(ifc->dom, BPF_ILA_N_MALFORMED);
	return PASS;
}

/* ---- from the underlay ---------------------------------------------------- */

SEC("tc")
int ila_from_underlay(struct __sk_buff *skb)
{
	const struct bpf_ila_local *local;
	const struct bpf_ila_dom *d;
	struct bpf_ila_addr dst;
	struct pkt p;

	if (pkt_read(skb, &p))
		return other(skb);
	d = bpf_map_lookup_elem(&ila_dom_v1, &p.dst.prefix);
	/* The host's own packets have its own addresses, and so have their errors. */
	if (!d || (d->kind == BPF_ILA_LOCATOR && id_is_iid(p.dst.id)))
		return quote_restore(skb, &p) ? drop(0, BPF_ILA_N_MALFORMED) : PASS;
	dst = p.dst;
	if (d->kind == BPF_ILA_LOCATOR)
		dst = from_wire(p.dst.id, &d->to);
	if (!may_enter(skb, &p, &dst, d->flags))
		return drop(d->dom, BPF_ILA_N_ISOLATED_IN);
	if (d->kind == BPF_ILA_LOCATOR && dst_write(skb, &p, &d->to, dst))
		return drop(d->dom, BPF_ILA_N_MALFORMED);
	local = bpf_map_lookup_elem(&ila_local_v1, &p.dst);
	if (local) {
		if (quote_restore(skb, &p))
			return drop(d->dom, BPF_ILA_N_MALFORMED);
		count(d->dom, BPF_ILA_N_IN);
		return hop_in(skb, &p, local);
	}
	if (d->flags & BPF_ILA_DOM_ROUTER)
		return send_on(skb, &p, d->dom, BPF_ILA_N_NOT_HERE);
	return unreachable(skb, d->dom, BPF_ILA_N_NOT_HERE);
}
