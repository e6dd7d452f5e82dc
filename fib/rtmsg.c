/*
 * Route messages of the tables in fib/ila.h. Bytes only: not for when to write
 * (fib/be_ila.c), nor for what an event means (fib/route.c). The kernel ignores encap
 * on all but unicast routes without a word, and does not compare it on delete: routes
 * are told apart by destination, metric and protocol.
 */
#include "fib/rtmsg.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fib/state.h"
#include "lib/util.h"

/* ---- to the kernel ---- */

static void put_encap(struct nl *nl, const struct ila_hop *hop,
		      const struct want_val *v)
{
	uint16_t type = ENCAP_ILA;
	size_t at = nl_nest(nl, RTA_ENCAP | NLA_F_NESTED);

	nl_attr(nl, RTMSG_ILA_LOCATOR, &hop->locator, sizeof(hop->locator));
	nl_attr_u8(nl, RTMSG_ILA_CSUM_MODE, v->csum);
	nl_attr_u8(nl, RTMSG_ILA_IDENT_TYPE, v->ident_type);
	nl_nest_end(nl, at);
	nl_attr(nl, RTA_ENCAP_TYPE, &type, sizeof(type));
}

static void put_one(struct nl *nl, const struct ila_hop *hop, const struct want_val *v)
{
	put_encap(nl, hop, v);
	if (hop->has_gw)
		nl_attr(nl, RTA_GATEWAY, hop->gw, sizeof(hop->gw));
	nl_attr_u32(nl, RTA_OIF, hop->ifindex);
}

static void put_several(struct nl *nl, const struct ila_hops *h,
			const struct want_val *v)
{
	size_t all = nl_nest(nl, RTA_MULTIPATH);

	for (uint32_t i = 0; i < h->n; i++) {
		const struct ila_hop *hop = &h->hop[i];
		struct rtnexthop nh = { .rtnh_hops = (uint8_t)(hop->weight - 1),
					.rtnh_ifindex = (int)hop->ifindex };
		size_t at = nl_raw(nl, &nh, sizeof(nh));

		put_encap(nl, hop, v);
		if (hop->has_gw)
			nl_attr(nl, RTA_GATEWAY, hop->gw, sizeof(hop->gw));
		nl_raw_end(nl, at); /* rtnh_len is the first field, as rta_len */
	}
	nl_nest_end(nl, all);
}

static void put_hops(struct fib *f, struct nl *nl, const struct want_val *v)
{
	static const uint8_t none[16];
	const struct ila_hops *h = ila_hops(f, v->num);

	if (memcmp(h->src, none, sizeof(none)))
		nl_attr(nl, RTA_PREFSRC, h->src, sizeof(h->src));
	if (h->n == 1)
		put_one(nl, &h->hop[0], v);
	else
		put_several(nl, h, v);
}

static uint32_t metric_of(const struct want_key *k)
{
	switch (k->table) {
	case TABLE_ILA_MAP:
		return METRIC_MAP;
	case TABLE_ILA_LOCAL:
		return METRIC_LOCAL;
	default:
		return METRIC_UNREACH;
	}
}

void rtmsg_put(struct fib *f, struct nl *nl, void *who, bool add,
	       const struct want_key *k, const struct want_val *v)
{
	bool unreach = k->table == TABLE_ILA_DOMAIN;
	struct rtmsg m = {
		.rtm_family = AF_INET6,
		.rtm_dst_len = unreach ? 64 : 128,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = INTENT_PROTOCOL,
		.rtm_type = unreach ? RTN_UNREACHABLE : RTN_UNICAST,
	};

	nl_add(nl, who, add ? RTM_NEWROUTE : RTM_DELROUTE,
	       add ? NLM_F_CREATE | NLM_F_REPLACE : 0, &m, sizeof(m));
	nl_attr(nl, RTA_DST, k->ip.b, sizeof(k->ip.b));
	if (add && k->table == TABLE_ILA_MAP)
		put_hops(f, nl, v);
	else if (add && k->table == TABLE_ILA_LOCAL)
		nl_attr_u32(nl, RTA_OIF, v->num);
	nl_attr_u32(nl, RTA_PRIORITY, metric_of(k));
}

/* ---- from the kernel ---- */

static void parse_encap(struct rtmsg_route *r, struct ila_hop *hop,
			const struct rtattr *encap, const struct rtattr *type)
{
	const struct rtattr *tb[RTMSG_ILA_MAX + 1];
	uint16_t kind = 0;
	uint8_t csum, ident;

	if (!encap && !type)
		return;
	if (type && RTA_PAYLOAD(type) >= sizeof(kind))
		memcpy(&kind, RTA_DATA(type), sizeof(kind));
	if (!encap || kind != ENCAP_ILA) {
		r->strange = true;
		return;
	}
	nl_parse(tb, RTMSG_ILA_MAX, RTA_DATA(encap), RTA_PAYLOAD(encap));
	if (!tb[RTMSG_ILA_LOCATOR] || RTA_PAYLOAD(tb[RTMSG_ILA_LOCATOR]) < 8) {
		r->strange = true;
		return;
	}
	memcpy(&hop->locator, RTA_DATA(tb[RTMSG_ILA_LOCATOR]), 8);
	csum = nl_u8(tb[RTMSG_ILA_CSUM_MODE]);
	ident = nl_u8(tb[RTMSG_ILA_IDENT_TYPE]);
	r->strange |= nl_u8(tb[RTMSG_ILA_HOOK_TYPE]) != 0; /* not on output */
	r->strange |= r->n && (csum != r->csum || ident != r->ident_type);
	r->csum = csum;
	r->ident_type = ident;
}

uint32_t rtmsg_mtu(const struct rtattr *metrics)
{
	const struct rtattr *tb[RTAX_MTU + 1];

	if (!metrics)
		return 0;
	nl_parse(tb, RTAX_MTU, RTA_DATA(metrics), RTA_PAYLOAD(metrics));
	return nl_u32(tb[RTAX_MTU]);
}

static void parse_gw(struct ila_hop *hop, const struct rtattr *a)
{
	if (!a || RTA_PAYLOAD(a) != sizeof(hop->gw))
		return;
	hop->has_gw = 1;
	memcpy(hop->gw, RTA_DATA(a), sizeof(hop->gw));
}

static void parse_several(struct rtmsg_route *r, const struct rtattr *a)
{
	const struct rtnexthop *nh = RTA_DATA(a);
	size_t left = RTA_PAYLOAD(a);

	while (left >= sizeof(*nh) && nh->rtnh_len >= sizeof(*nh) &&
	       nh->rtnh_len <= left) {
		const struct rtattr *tb[RTA_ENCAP + 1];
		struct ila_hop *hop = &r->hop[r->n];
		size_t step = RTNH_ALIGN(nh->rtnh_len);

		if (r->n == ILA_LOCATORS) {
			r->strange = true;
			return;
		}
		nl_parse(tb, RTA_ENCAP, nh + 1, nh->rtnh_len - sizeof(*nh));
		hop->ifindex = (uint32_t)nh->rtnh_ifindex;
		hop->weight = (uint16_t)(nh->rtnh_hops + 1);
		parse_gw(hop, tb[RTA_GATEWAY]);
		parse_encap(r, hop, tb[RTA_ENCAP], tb[RTA_ENCAP_TYPE]);
		r->n++;
		if (step >= left)
			return;
		left -= step;
		nh = (const void *)((const uint8_t *)nh + step);
	}
}

static void parse_one(struct rtmsg_route *r, const struct rtattr **tb)
{
	struct ila_hop *hop = &r->hop[0];

	if (!tb[RTA_OIF])
		return;
	hop->ifindex = nl_u32(tb[RTA_OIF]);
	hop->weight = 1;
	parse_gw(hop, tb[RTA_GATEWAY]);
	parse_encap(r, hop, tb[RTA_ENCAP], tb[RTA_ENCAP_TYPE]);
	r->n = 1;
}

int rtmsg_parse(const struct nlmsghdr *h, struct rtmsg_route *r)
{
	const struct rtattr *tb[RTA_ENCAP + 1];
	const struct rtmsg *m = NLMSG_DATA(h);

	_Static_assert((int)RTA_ENCAP > (int)RTA_ENCAP_TYPE, "the larger one");
	*r = (struct rtmsg_route) { .dst = { .len = 16 } };
	if (!nl_payload(h, sizeof(*m), tb, RTA_ENCAP))
		return -EBADMSG;
	if (m->rtm_family != AF_INET6)
		return -EAFNOSUPPORT;
	r->bits = m->rtm_dst_len;
	r->protocol = m->rtm_protocol;
	r->type = m->rtm_type;
	r->cloned = m->rtm_flags & RTM_F_CLONED;
	r->strange = m->rtm_src_len || m->rtm_tos;
	r->table = tb[RTA_TABLE] ? nl_u32(tb[RTA_TABLE]) : m->rtm_table;
	r->metric = nl_u32(tb[RTA_PRIORITY]);
	r->src = nl_ip(tb[RTA_PREFSRC]);
	r->mtu = rtmsg_mtu(tb[RTA_METRICS]);
	if (tb[RTA_DST] && RTA_PAYLOAD(tb[RTA_DST]) == 16)
		memcpy(r->dst.b, RTA_DATA(tb[RTA_DST]), 16);
	else if (r->bits)
		return -EBADMSG;
	if (tb[RTA_MULTIPATH])
		parse_several(r, tb[RTA_MULTIPATH]);
	else
		parse_one(r, tb);
	return 0;
}

/* ---- both ---- */

bool rtmsg_key(const struct rtmsg_route *r, struct want_key *k)
{
	*k = (struct want_key) { .ip = r->dst };
	if (r->metric == METRIC_MAP && r->bits == 128) {
		k->table = TABLE_ILA_MAP;
		k->vni = ILA_PLANE_KERNEL;
	} else if (r->metric == METRIC_LOCAL && r->bits == 128) {
		k->table = TABLE_ILA_LOCAL;
	} else if (r->metric == METRIC_UNREACH && r->bits == 64) {
		k->table = TABLE_ILA_DOMAIN;
	} else {
		return false;
	}
	return true;
}

static int hop_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ila64)); /* locator first */
}

static void map_val(struct fib *f, const struct rtmsg_route *r, struct want_val *v)
{
	struct ila_hops h = { .n = r->n };

	memcpy(h.src, r->src.b, sizeof(h.src));
	memcpy(h.hop, r->hop, sizeof(h.hop));
	qsort(h.hop, h.n, sizeof(h.hop[0]), hop_cmp);
	v->num = ila_hops_get(f, &h);
	v->csum = r->csum;
	v->ident_type = r->ident_type;
	if (r->n == 1)
		v->to = want_of_half(&r->hop[0].locator);
}

bool rtmsg_entry(struct fib *f, const struct rtmsg_route *r, struct want_key *k,
		 struct want_val *v)
{
	if (!rtmsg_key(r, k))
		return false;
	*v = (struct want_val) { .flags = r->strange ? WV_STRANGE : 0 };
	if (k->table == TABLE_ILA_DOMAIN) {
		v->flags |= r->type == RTN_UNREACHABLE ? WV_UNREACH : WV_STRANGE;
		return true;
	}
	if (r->type != RTN_UNICAST || !r->n)
		v->flags |= WV_STRANGE;
	if (k->table == TABLE_ILA_MAP) {
		map_val(f, r, v);
		return true;
	}
	v->num = r->hop[0].ifindex;
	if (r->n != 1 || r->hop[0].has_gw || !ila64_is_zero(&r->hop[0].locator))
		v->flags |= WV_STRANGE;
	return true;
}
