/*
 * How TCP in a tunnel comes from a device: put together by the device or by GRO, or in
 * single segments. Asked when somebody wants to know (ethtool's generic netlink, Linux
 * 5.6), and again after any RTM_NEWLINK of a device that was asked about: features that
 * change make one.
 */
#include "fib/offload.h"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "fib/link.h"
#include "fib/pol.h"
#include "fib/state.h"
#include "lib/log.h"
#include "lib/util.h"

enum {
	RX_TOGETHER = 1, /* GRO, in software or hardware, or LRO */
	TX_TCP = 2,      /* takes TCP in large packets */
	TX_TUNNEL = 4,   /* and in UDP tunnels */
};

static const struct feature {
	const char *name;
	unsigned bit;
} names[] = {
	{ "rx-gro", RX_TOGETHER },
	{ "rx-gro-hw", RX_TOGETHER },
	{ "rx-lro", RX_TOGETHER },
	{ "tx-tcp-segmentation", TX_TCP },
	{ "tx-udp_tnl-segmentation", TX_TUNNEL },
};

/* ---- the kernel's answer ---- */

static unsigned bit_of(const struct rtattr *bit)
{
	const struct rtattr *tb[ETHTOOL_A_BITSET_BIT_NAME + 1];
	const struct rtattr *name;

	nl_parse(tb, ETHTOOL_A_BITSET_BIT_NAME, RTA_DATA(bit), RTA_PAYLOAD(bit));
	name = tb[ETHTOOL_A_BITSET_BIT_NAME];
	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (RTA_PAYLOAD(name) == strlen(names[i].name) + 1 &&
		    !memcmp(RTA_DATA(name), names[i].name, RTA_PAYLOAD(name)))
			return names[i].bit;
	return 0;
}

/* A list of those that are on, by name. */
static void on_features(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *tb[ETHTOOL_A_FEATURES_ACTIVE + 1], *bit;
	const struct rtattr *set[ETHTOOL_A_BITSET_BITS + 1];
	unsigned *features = arg;
	int left;

	if (!nl_payload(h, sizeof(struct genlmsghdr), tb, ETHTOOL_A_FEATURES_ACTIVE) ||
	    !tb[ETHTOOL_A_FEATURES_ACTIVE])
		return;
	nl_parse(set, ETHTOOL_A_BITSET_BITS, RTA_DATA(tb[ETHTOOL_A_FEATURES_ACTIVE]),
		 RTA_PAYLOAD(tb[ETHTOOL_A_FEATURES_ACTIVE]));
	if (!set[ETHTOOL_A_BITSET_BITS] || !set[ETHTOOL_A_BITSET_NOMASK])
		return;
	bit = RTA_DATA(set[ETHTOOL_A_BITSET_BITS]);
	left = (int)RTA_PAYLOAD(set[ETHTOOL_A_BITSET_BITS]);
	for (; RTA_OK(bit, left); bit = RTA_NEXT(bit, left))
		*features |= bit_of(bit);
}

/* Return: 0 or -errno. */
static int ask(struct fib *f, uint32_t ifindex, unsigned *features)
{
	static const struct genlmsghdr get = { .cmd = ETHTOOL_MSG_FEATURES_GET,
					       .version = ETHTOOL_GENL_VERSION };
	uint16_t family;
	size_t header;
	int err = nl_family(&f->gnl, ETHTOOL_GENL_NAME, &family);

	*features = 0;
	if (err)
		return err;
	nl_add(&f->gnl, NULL, family, 0, &get, sizeof(get));
	header = nl_nest(&f->gnl, ETHTOOL_A_FEATURES_HEADER | NLA_F_NESTED);
	nl_attr_u32(&f->gnl, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
	nl_nest_end(&f->gnl, header);
	return nl_get(&f->gnl, on_features, features);
}

/* ---- what follows from it ---- */

/* A cable brings what was sent into its other end, which is taken to be as this one. */
static bool is_whole(const struct link *l, unsigned features)
{
	const unsigned tx = TX_TCP | TX_TUNNEL;

	return features & RX_TOGETHER ||
	       (l->make == LINK_CABLE && (features & tx) == tx);
}

static bool own_is_single(struct fib *f, const struct link *l)
{
	unsigned features;
	int err = ask(f, l->ifindex, &features);

	if (err)
		log_debug(LOG_FIB, "%s: offloads are not known, err=%d", l->name, err);
	return !err && !is_whole(l, features);
}

static bool members_are_single(struct fib *f, const struct link *l)
{
	bool any = false;

	for (struct link *m = f->links; m; m = m->hh.next) {
		if (m->master != l->ifindex)
			continue;
		if (!offload_is_single(f, m))
			return false;
		any = true;
	}
	return any;
}

bool offload_is_single(struct fib *f, struct link *l)
{
	struct link *lower = l->make == LINK_UPPER ? link_find(f, l->lower) : NULL;
	bool single;

	if (l->arrival)
		return l->arrival == ARRIVAL_SINGLE;
	l->arrival = ARRIVAL_WHOLE; /* should devices ever stand on each other */
	/* Segments are put together where they come in, and go up from there. */
	if (lower)
		single = offload_is_single(f, lower);
	else if (l->make == LINK_GROUP)
		single = members_are_single(f, l);
	else
		single = own_is_single(f, l);
	l->arrival = single ? ARRIVAL_SINGLE : ARRIVAL_WHOLE;
	return single;
}

void offload_changed(struct fib *f, const struct link *l)
{
	const struct link *m = l->master ? link_find(f, l->master) : NULL;

	if (!l->arrival && !(m && m->make == LINK_GROUP && m->arrival))
		return;
	for (struct link *i = f->links; i; i = i->hh.next)
		i->arrival = ARRIVAL_UNKNOWN;
	pol_offload_changed(f);
}
