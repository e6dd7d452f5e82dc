/*
 * Routing and source selection of the host's own packets are the kernel's; all we need
 * is to see them at a tc ingress, where they can be translated and routed anew. A pair
 * of devices in one namespace does that: what is sent into one end arrives at the other
 * as if from outside. Translating on the egress of the underlay instead would be too
 * late: next hop and source are chosen, and netfilter cannot reject any more.
 */
#include "fib/ila_gate.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "fib/dev.h"
#include "fib/link.h"
#include "fib/state.h"
#include "fib/watch.h"
#include "lib/util.h"

/* Better than what anybody else would say of the prefix. */
enum { METRIC_GATE = 300 };

/* A next hop that needs no neighbour discovery and is one neighbour for all. */
static const struct ip gateway = { .len = 16, .b = { 0xfe, 0x80, [15] = 1 } };

static const struct link *end_find(const struct fib *f, const char *name)
{
	return link_by_name(f, name);
}

static int end_work(struct fib *f, const struct link *l, uint32_t mtu, char *why)
{
	int err = 0;

	if (!l->ours) {
		str_copy(why, NL_WHY,
			 "a device of somebody else has the name ila-host");
		return -EEXIST;
	}
	if (l->mtu != mtu)
		err = dev_mtu(&f->nl, l->ifindex, mtu, why);
	if (!err && !l->is_up)
		err = dev_up(&f->nl, l->ifindex, why);
	return err;
}

int ila_gate_work(struct fib *f, uint32_t mtu, uint32_t *out, char *why)
{
	const struct link *in = end_find(f, ILA_GATE_IN), *end;
	int err = 0;

	*out = 0;
	if (!in) {
		err = dev_pair_add(&f->nl, ILA_GATE_IN, ILA_GATE_OUT, mtu, why);
		if (err)
			return err;
		watch_ask_link(f, ILA_GATE_IN);
		watch_ask_link(f, ILA_GATE_OUT);
		in = end_find(f, ILA_GATE_IN);
	}
	end = end_find(f, ILA_GATE_OUT);
	if (!in || !end)
		return -ENODEV;
	err = end_work(f, in, mtu, why);
	if (!err)
		err = end_work(f, end, mtu, why);
	if (!err)
		*out = end->ifindex;
	return err;
}

/* ---- routes ---- */

static void on_route(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *tb[RTA_MAX + 1];
	const struct rtmsg *r = NLMSG_DATA(h);

	if (nl_payload(h, sizeof(*r), tb, RTA_MAX) && r->rtm_dst_len == 64)
		*(uint32_t *)arg = nl_u32(tb[RTA_OIF]);
}

static struct ip first_of(const struct ila64 *sir)
{
	struct ip a = { .len = 16 };

	memcpy(a.b, sir, sizeof(*sir));
	return a;
}

/* Which device does the prefix lead to? Nothing has an identifier of zero. */
static uint32_t route_find(struct fib *f, const struct ila64 *sir)
{
	struct rtmsg r = { .rtm_family = AF_INET6,
			   .rtm_dst_len = 128,
			   .rtm_flags = RTM_F_FIB_MATCH };
	struct ip dst = first_of(sir);
	uint32_t oif = 0;

	nl_add(&f->nl, NULL, RTM_GETROUTE, 0, &r, sizeof(r));
	nl_attr_ip(&f->nl, RTA_DST, &dst);
	nl_get(&f->nl, on_route, &oif);
	return oif;
}

static void route_msg(struct fib *f, uint16_t type, unsigned flags,
		      const struct ila64 *sir, uint32_t oif)
{
	struct rtmsg r = { .rtm_family = AF_INET6,
			   .rtm_dst_len = 64,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = INTENT_PROTOCOL,
			   .rtm_scope = RT_SCOPE_UNIVERSE,
			   .rtm_type = RTN_UNICAST };
	struct ip dst = first_of(sir);

	nl_add(&f->nl, NULL, type, flags, &r, sizeof(r));
	nl_attr_ip(&f->nl, RTA_DST, &dst);
	nl_attr_u32(&f->nl, RTA_PRIORITY, METRIC_GATE);
	nl_attr_ip(&f->nl, RTA_GATEWAY, &gateway);
	nl_attr_u32(&f->nl, RTA_OIF, oif);
}

int ila_gate_route(struct fib *f, const struct ila64 *sir, char *why)
{
	const struct link *in = end_find(f, ILA_GATE_IN);

	if (!in)
		return -ENODEV;
	if (route_find(f, sir) == in->ifindex)
		return 0;
	route_msg(f, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sir, in->ifindex);
	return nl_do(&f->nl, why);
}

int ila_gate_unroute(struct fib *f, const struct ila64 *sir)
{
	const struct link *in = end_find(f, ILA_GATE_IN);

	if (!in)
		return 0;
	route_msg(f, RTM_DELROUTE, 0, sir, in->ifindex);
	return nl_do(&f->nl, NULL);
}

void ila_gate_remove(struct fib *f)
{
	const struct link *in = end_find(f, ILA_GATE_IN);

	if (in && in->ours)
		dev_del(&f->nl, in->ifindex, NULL);
}
