/*
 * Requests about devices: the messages only. Not for when to send them: fib/dom.c.
 */
#include "fib/dev.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "fib/intent.h"
#include "fib/nl.h"
#include "lib/util.h"

static void link_msg(struct nl *nl, uint16_t type, unsigned flags, uint32_t ifindex,
		     unsigned up)
{
	struct ifinfomsg i = { .ifi_index = (int)ifindex,
			       .ifi_flags = up ? IFF_UP : 0,
			       .ifi_change = up ? IFF_UP : 0 };

	nl_add(nl, NULL, type, flags, &i, sizeof(i));
}

/*
 * Sends the creating message, then marks the device. The kernel ignores
 * IFLA_IFALIAS on creation; in one batch the mark could hit another's device when
 * the creation is refused.
 */
static int mark(struct nl *nl, const char *name, const char *tenant, char *why)
{
	char alias[64];

	snprintf(alias, sizeof(alias), "selvage:%s", tenant);
	link_msg(nl, RTM_SETLINK, 0, 0, 0);
	nl_attr_str(nl, IFLA_IFNAME, name);
	nl_attr_str(nl, IFLA_IFALIAS, alias);
	return nl_do(nl, why);
}

static int add_with_mark(struct nl *nl, const char *name, const char *tenant, char *why)
{
	int err = nl_do(nl, why);

	return err ? err : mark(nl, name, tenant, why);
}

/*
 * A bridge without an address of its own takes the lowest of its ports, and each
 * change of it makes the kernel drop all neighbours, ours too.
 */
static struct mac own_address(void)
{
	struct mac m = { 0 };

	(void)!getrandom(m.b, sizeof(m.b), 0);
	m.b[0] = (uint8_t)((m.b[0] & 0xfc) | 2); /* local, unicast */
	return m;
}

int dev_bridge_add(struct nl *nl, const struct intent_l2dom *d, char *why)
{
	struct mac address = own_address();

	link_msg(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	nl_attr_str(nl, IFLA_IFNAME, d->bridge);
	nl_attr(nl, IFLA_ADDRESS, &address, sizeof(address));

	size_t info = nl_nest(nl, IFLA_LINKINFO);

	nl_attr_str(nl, IFLA_INFO_KIND, "bridge");

	size_t data = nl_nest(nl, IFLA_INFO_DATA);

	nl_attr_u32(nl, IFLA_BR_FORWARD_DELAY, 0);
	nl_attr_u8(nl, IFLA_BR_MCAST_SNOOPING, 0);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
	return add_with_mark(nl, d->bridge, d->tenant, why);
}

static void vxlan_data(struct nl *nl, const struct intent_l2dom *d, uint32_t underlay)
{
	uint16_t port = htons(d->port);

	nl_attr_u32(nl, IFLA_VXLAN_ID, d->vni);
	if (d->vtep.len)
		nl_attr_ip(nl, d->vtep.len == 4 ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6,
			   &d->vtep);
	if (underlay)
		nl_attr_u32(nl, IFLA_VXLAN_LINK, underlay);
	nl_attr(nl, IFLA_VXLAN_PORT, &port, sizeof(port));
	nl_attr_u8(nl, IFLA_VXLAN_LEARNING, 0);
	nl_attr_u8(nl, IFLA_VXLAN_TTL, 64);
	if (d->flags & L2DOM_GBP)
		nl_attr(nl, IFLA_VXLAN_GBP, NULL, 0);
	if (d->vtep.len == 16) { /* as FRR and the kernel's IPv4 default do */
		nl_attr_u8(nl, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, 1);
		nl_attr_u8(nl, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 1);
	}
}

int dev_vxlan_add(struct nl *nl, const struct intent_l2dom *d, uint32_t bridge,
		  uint32_t underlay, char *why)
{
	link_msg(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	nl_attr_str(nl, IFLA_IFNAME, d->vxlan);
	nl_attr_u32(nl, IFLA_MASTER, bridge);

	size_t info = nl_nest(nl, IFLA_LINKINFO);

	nl_attr_str(nl, IFLA_INFO_KIND, "vxlan");

	size_t data = nl_nest(nl, IFLA_INFO_DATA);

	vxlan_data(nl, d, underlay);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
	return add_with_mark(nl, d->vxlan, d->tenant, why);
}

static void pair_end(struct nl *nl, const char *name, const struct mac *address,
		     uint32_t mtu)
{
	nl_attr_str(nl, IFLA_IFNAME, name);
	nl_attr(nl, IFLA_ADDRESS, address, sizeof(*address));
	nl_attr_u32(nl, IFLA_MTU, mtu);
}

/* No link-local address; the kernel ignores this on creation, too. */
static int addresses_off(struct nl *nl, const char *name, char *why)
{
	size_t spec, v6;

	link_msg(nl, RTM_SETLINK, 0, 0, 0);
	nl_attr_str(nl, IFLA_IFNAME, name);
	spec = nl_nest(nl, IFLA_AF_SPEC | NLA_F_NESTED);
	v6 = nl_nest(nl, AF_INET6 | NLA_F_NESTED);
	nl_attr_u8(nl, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nl_nest_end(nl, v6);
	nl_nest_end(nl, spec);
	return nl_do(nl, why);
}

int dev_pair_add(struct nl *nl, const char *a, const char *b, uint32_t mtu, char *why)
{
	struct ifinfomsg i = { .ifi_flags = IFF_NOARP, .ifi_change = IFF_NOARP };
	struct mac address = own_address();
	const char *const ends[] = { a, b };
	size_t info, data, peer;
	int err;

	nl_add(nl, NULL, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	pair_end(nl, a, &address, mtu);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_attr_str(nl, IFLA_INFO_KIND, "veth");
	data = nl_nest(nl, IFLA_INFO_DATA);
	peer = nl->b.len; /* a nest that begins with a header */
	nl_attr(nl, VETH_INFO_PEER, &i, sizeof(i));
	pair_end(nl, b, &address, mtu);
	nl_nest_end(nl, peer);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
	err = nl_do(nl, why);
	for (size_t n = 0; !err && n < ARRAY_SIZE(ends); n++) {
		err = mark(nl, ends[n], "ila", why);
		if (!err)
			err = addresses_off(nl, ends[n], why);
	}
	return err;
}

int dev_mtu(struct nl *nl, uint32_t ifindex, uint32_t mtu, char *why)
{
	link_msg(nl, RTM_SETLINK, 0, ifindex, 0);
	nl_attr_u32(nl, IFLA_MTU, mtu);
	return nl_do(nl, why);
}

int dev_del(struct nl *nl, uint32_t ifindex, char *why)
{
	link_msg(nl, RTM_DELLINK, 0, ifindex, 0);
	return nl_do(nl, why);
}

int dev_up(struct nl *nl, uint32_t ifindex, char *why)
{
	link_msg(nl, RTM_SETLINK, 0, ifindex, 1);
	return nl_do(nl, why);
}

int dev_master(struct nl *nl, uint32_t ifindex, uint32_t master, char *why)
{
	link_msg(nl, RTM_SETLINK, 0, ifindex, 0);
	nl_attr_u32(nl, IFLA_MASTER, master);
	return nl_do(nl, why);
}

/* The mode is for changes of the carrier from now on, the state for what is now. */
int dev_dormant(struct nl *nl, uint32_t ifindex, bool on, char *why)
{
	link_msg(nl, RTM_SETLINK, 0, ifindex, 0);
	nl_attr_u8(nl, IFLA_LINKMODE, on ? IF_LINK_MODE_DORMANT : IF_LINK_MODE_DEFAULT);
	nl_attr_u8(nl, IFLA_OPERSTATE, on ? IF_OPER_DORMANT : IF_OPER_UP);
	return nl_do(nl, why);
}

int dev_port(struct nl *nl, uint32_t ifindex, bool suppress, char *why)
{
	struct ifinfomsg i = { .ifi_family = AF_BRIDGE, .ifi_index = (int)ifindex };

	nl_add(nl, NULL, RTM_SETLINK, 0, &i, sizeof(i));

	size_t info = nl_nest(nl, IFLA_PROTINFO | NLA_F_NESTED);

	nl_attr_u8(nl, IFLA_BRPORT_LEARNING, 0);
	if (suppress)
		nl_attr_u8(nl, IFLA_BRPORT_NEIGH_SUPPRESS, 1);
	nl_nest_end(nl, info);
	return nl_do(nl, why);
}
