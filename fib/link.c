/*
 * Shadow of devices and addresses, kept whatever the engine wants, so that nothing
 * depends on the order in which devices, configuration and sessions appear. Not for
 * changing a device (fib/dom.c).
 */
#include "fib/link.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "fib/dom.h"
#include "fib/ila.h"
#include "fib/local.h"
#include "fib/offload.h"
#include "fib/pol.h"
#include "fib/state.h"
#include "fib/up.h"
#include "lib/util.h"

#define ALIAS_PREFIX "selvage:"

struct link *link_find(const struct fib *f, uint32_t ifindex)
{
	struct link *l;

	HASH_FIND(hh, f->links, &ifindex, sizeof(ifindex), l);
	return l;
}

struct link *link_by_name(const struct fib *f, const char *name)
{
	struct link *l;

	HASH_FIND(hn, f->link_names, name, strlen(name), l);
	return l;
}

static void name_set(struct fib *f, struct link *l, const char *name)
{
	if (!strcmp(l->name, name))
		return;
	if (l->name[0])
		HASH_DELETE(hn, f->link_names, l);
	memset(l->name, 0, sizeof(l->name));
	str_copy(l->name, sizeof(l->name), name);
	if (l->name[0])
		HASH_ADD_KEYPTR(hn, f->link_names, l->name, strlen(l->name), l);
}

uint32_t link_vni(const struct fib *f, uint32_t bridge)
{
	const struct link *b = link_find(f, bridge);

	return b ? b->vni : 0;
}

/* A bridge carries the VNI of the VXLAN device in it; of several, the smallest. */
static void bridge_vni_update(struct fib *f, uint32_t ifindex)
{
	struct link *b = link_find(f, ifindex);
	uint32_t vni = 0;

	if (!b || b->kind != LINK_BRIDGE)
		return;
	for (struct link *l = f->links; l; l = l->hh.next)
		if (l->kind == LINK_VXLAN && l->master == ifindex && l->vni &&
		    (!vni || l->vni < vni))
			vni = l->vni;
	if (b->vni == vni)
		return;
	b->vni = vni;
	local_retell(f, ifindex);
}

static uint8_t make_of(const char *kind)
{
	static const struct {
		const char *kind;
		uint8_t make;
	} row[] = {
		{ "veth", LINK_CABLE },    { "netkit", LINK_CABLE },
		{ "vlan", LINK_UPPER },    { "macvlan", LINK_UPPER },
		{ "macvtap", LINK_UPPER }, { "ipvlan", LINK_UPPER },
		{ "bond", LINK_GROUP },    { "team", LINK_GROUP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (!strcmp(kind, row[i].kind))
			return row[i].make;
	return LINK_MAKE_OTHER;
}

static void parse_vxlan(struct link *l, const struct rtattr *data)
{
	const struct rtattr *tb[IFLA_VXLAN_MAX + 1];

	nl_parse(tb, IFLA_VXLAN_MAX, RTA_DATA(data), RTA_PAYLOAD(data));
	l->vni = tb[IFLA_VXLAN_COLLECT_METADATA] &&
				 nl_u8(tb[IFLA_VXLAN_COLLECT_METADATA])
			 ? 0
			 : nl_u32(tb[IFLA_VXLAN_ID]);
	l->port = nl_u16be(tb[IFLA_VXLAN_PORT]);
	l->gbp = tb[IFLA_VXLAN_GBP];
	l->vtep = nl_ip(tb[IFLA_VXLAN_LOCAL] ? tb[IFLA_VXLAN_LOCAL]
					     : tb[IFLA_VXLAN_LOCAL6]);
}

static void parse_port(struct link *l, const struct rtattr *a)
{
	const struct rtattr *tb[IFLA_BRPORT_NEIGH_SUPPRESS + 1];

	nl_parse(tb, IFLA_BRPORT_NEIGH_SUPPRESS, RTA_DATA(a), RTA_PAYLOAD(a));
	if (tb[IFLA_BRPORT_LEARNING])
		l->learning = nl_u8(tb[IFLA_BRPORT_LEARNING]);
	if (tb[IFLA_BRPORT_NEIGH_SUPPRESS])
		l->suppress = nl_u8(tb[IFLA_BRPORT_NEIGH_SUPPRESS]);
}

/* IFLA_LINKINFO is absent in partial messages: then what is known stays. */
static void parse_info(struct link *l, const struct rtattr *info)
{
	const struct rtattr *tb[IFLA_INFO_MAX + 1];

	nl_parse(tb, IFLA_INFO_MAX, RTA_DATA(info), RTA_PAYLOAD(info));

	const struct rtattr *kind = tb[IFLA_INFO_KIND],
			    *slave = tb[IFLA_INFO_SLAVE_DATA];
	char name[16] = "";

	if (kind)
		memcpy(name, RTA_DATA(kind), MIN_OF(RTA_PAYLOAD(kind), 15));
	l->make = make_of(name);
	if (!strcmp(name, "bridge"))
		l->kind = LINK_BRIDGE;
	if (!strcmp(name, "vxlan") && tb[IFLA_INFO_DATA]) {
		l->kind = LINK_VXLAN;
		parse_vxlan(l, tb[IFLA_INFO_DATA]);
	}
	if (slave)
		parse_port(l, slave);
}

static void parse_mode(struct link *l, uint8_t mode, uint8_t oper)
{
	l->dormant = mode == IF_LINK_MODE_DORMANT;
	l->forced = l->dormant && (oper == IF_OPER_UP || oper == IF_OPER_UNKNOWN);
}

static void parse_link(struct fib *f, struct link *l, const struct ifinfomsg *i,
		       const struct rtattr **tb)
{
	const struct rtattr *name = tb[IFLA_IFNAME];

	if (name && RTA_PAYLOAD(name) && RTA_PAYLOAD(name) <= sizeof(l->name) &&
	    !((const char *)RTA_DATA(name))[RTA_PAYLOAD(name) - 1])
		name_set(f, l, RTA_DATA(name));
	l->is_up = i->ifi_flags & IFF_UP;
	l->loopback = i->ifi_flags & IFF_LOOPBACK;
	l->ethernet = i->ifi_type == ARPHRD_ETHER;
	if (tb[IFLA_ADDRESS])
		l->mac = nl_mac(tb[IFLA_ADDRESS]);
	if (tb[IFLA_MTU])
		l->mtu = nl_u32(tb[IFLA_MTU]);
	l->master = nl_u32(tb[IFLA_MASTER]);
	if (tb[IFLA_LINKMODE])
		parse_mode(l, nl_u8(tb[IFLA_LINKMODE]), nl_u8(tb[IFLA_OPERSTATE]));
	if (i->ifi_family == AF_BRIDGE) { /* about a port: no alias, no kind */
		if (tb[IFLA_PROTINFO])
			parse_port(l, tb[IFLA_PROTINFO]);
		return;
	}

	const struct rtattr *alias = tb[IFLA_IFALIAS];

	l->ours = alias && RTA_PAYLOAD(alias) >= sizeof(ALIAS_PREFIX) - 1 &&
		  !memcmp(RTA_DATA(alias), ALIAS_PREFIX, sizeof(ALIAS_PREFIX) - 1);
	l->lower = tb[IFLA_LINK_NETNSID] ? 0 : nl_u32(tb[IFLA_LINK]);
	if (tb[IFLA_LINKINFO])
		parse_info(l, tb[IFLA_LINKINFO]);
}

static struct link *link_new(struct fib *f, uint32_t ifindex)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->ifindex = ifindex;
	l->up.kind = UP_LINK;
	HASH_ADD(hh, f->links, ifindex, sizeof(l->ifindex), l);
	return l;
}

/* Put a VXLAN device on the list of the domain of its VNI. */
static void dom_move(struct fib *f, struct link *l, uint32_t old_vni)
{
	if (l->kind != LINK_VXLAN || old_vni == l->vni)
		return;
	if (old_vni) {
		LIST_REMOVE(l, in_dom);
		dom_touch(f, dom_get(f, old_vni));
	}
	if (l->vni)
		LIST_INSERT_HEAD(&dom_get(f, l->vni)->vxlans, l, in_dom);
}

/* Members that shadow users care about; the rest of a link changes all the time. */
struct link_face {
	char name[INTENT_IFNAME];
	uint32_t master, vni, mtu;
	uint16_t kind, port;
	struct mac mac;
	struct ip vtep;
	bool is_up, ours, learning, suppress, gbp, dormant, forced;
};

static struct link_face face_of(const struct link *l)
{
	struct link_face n;

	memset(&n, 0, sizeof(n)); /* compared as bytes, padding included */
	memcpy(n.name, l->name, sizeof(n.name));
	n.master = l->master;
	n.vni = l->kind == LINK_VXLAN ? l->vni : 0;
	n.kind = l->kind;
	n.port = l->port;
	n.mtu = l->mtu;
	n.mac = l->mac;
	n.vtep = l->vtep;
	n.is_up = l->is_up;
	n.ours = l->ours;
	n.learning = l->learning;
	n.suppress = l->suppress;
	n.gbp = l->gbp;
	n.dormant = l->dormant;
	n.forced = l->forced;
	return n;
}

static void link_new_event(struct fib *f, const struct ifinfomsg *i,
			   const struct rtattr **tb)
{
	uint32_t ifindex = (uint32_t)i->ifi_index;
	struct link *l = link_find(f, ifindex);
	bool fresh = !l;

	if (!l) {
		if (i->ifi_family == AF_BRIDGE)
			return; /* the whole link is announced first */
		l = link_new(f, ifindex);
	}

	struct link_face was = face_of(l), now;

	parse_link(f, l, i, tb);
	l->dump = f->dump;
	now = face_of(l);
	offload_changed(f, l);
	if (!fresh && !memcmp(&was, &now, sizeof(was)))
		return;
	dom_move(f, l, was.vni);
	if (l->kind == LINK_VXLAN) {
		if (was.master && was.master != l->master)
			bridge_vni_update(f, was.master);
		bridge_vni_update(f, l->master);
	} else if (fresh && l->kind == LINK_BRIDGE) {
		bridge_vni_update(f, ifindex);
	}
	up_queue(f, &l->up);
	dom_link_changed(f, l);
	ila_link_changed(f, l, was.name);
	pol_link_changed(f, l, was.name);
}

void link_gone(struct fib *f, struct link *l)
{
	uint32_t ifindex = l->ifindex, master = l->master;
	bool vxlan = l->kind == LINK_VXLAN;

	offload_changed(f, l);
	HASH_DEL(f->links, l);
	if (l->name[0])
		HASH_DELETE(hn, f->link_names, l);
	if (vxlan && l->vni) {
		LIST_REMOVE(l, in_dom);
		dom_touch(f, dom_get(f, l->vni));
	}
	dom_link_gone(f, l);
	ila_link_gone(f, l);
	pol_link_gone(f, l);
	local_link_gone(f, ifindex);
	if (vxlan && master)
		bridge_vni_update(f, master);
	if (l->up.told) {
		l->up.gone = true;
		up_queue(f, &l->up);
	} else {
		up_drop(f, &l->up);
		free(l);
	}
}

void link_event(struct fib *f, const struct nlmsghdr *h)
{
	enum { LAST = IFLA_LINK_NETNSID };
	const struct rtattr *tb[LAST + 1];
	const struct ifinfomsg *i = NLMSG_DATA(h);
	struct link *l;

	if (!nl_payload(h, sizeof(*i), tb, LAST))
		return;
	if (h->nlmsg_type == RTM_NEWLINK) {
		link_new_event(f, i, tb);
		return;
	}
	l = link_find(f, (uint32_t)i->ifi_index);
	if (!l)
		return;
	if (i->ifi_family != AF_BRIDGE) {
		link_gone(f, l);
		return;
	}
	/* It left a bridge and lives on; a second NEWLINK tells the rest. */
	if (l->master == nl_u32(tb[IFLA_MASTER])) {
		uint32_t was = l->master;

		l->master = 0;
		if (l->kind == LINK_VXLAN)
			bridge_vni_update(f, was);
		up_queue(f, &l->up);
		dom_link_changed(f, l);
	}
}

static void laddr_free(struct fib *f, struct laddr *a)
{
	struct ip ip = a->key.ip;

	HASH_DEL(f->addrs, a);
	a->up.gone = true;
	if (a->up.told) {
		up_queue(f, &a->up);
	} else {
		up_drop(f, &a->up);
		free(a);
	}
	ila_addr_changed(f, &ip);
	pol_addr_changed(f);
}

void laddr_event(struct fib *f, const struct nlmsghdr *h)
{
	const struct rtattr *tb[IFA_MAX + 1];
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	struct laddr_key k;
	struct laddr *a;

	if (!nl_payload(h, sizeof(*m), tb, IFA_MAX))
		return;
	memset(&k, 0, sizeof(k));
	k.ifindex = m->ifa_index;
	/* IFA_ADDRESS is the far end of a point-to-point link */
	k.ip = nl_ip(tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
	if (ip_is_none(&k.ip) || ip_is_loopback(&k.ip))
		return;
	HASH_FIND(hh, f->addrs, &k, sizeof(k), a);
	if (h->nlmsg_type == RTM_DELADDR) {
		if (a)
			laddr_free(f, a);
		return;
	}
	if (!a) {
		a = xcalloc(1, sizeof(*a));
		a->up.kind = UP_ADDR;
		a->key = k;
		HASH_ADD(hh, f->addrs, key, sizeof(a->key), a);
	} else if (a->bits == m->ifa_prefixlen) {
		a->dump = f->dump;
		return;
	}
	a->bits = m->ifa_prefixlen;
	a->dump = f->dump;
	up_queue(f, &a->up);
	ila_addr_changed(f, &k.ip);
	pol_addr_changed(f);
}

void link_sweep(struct fib *f)
{
	struct link *l, *next_l;
	struct laddr *a, *next_a;

	HASH_ITER (hh, f->links, l, next_l)
		if (l->dump != f->dump)
			link_gone(f, l);
	HASH_ITER (hh, f->addrs, a, next_a)
		if (a->dump != f->dump)
			laddr_free(f, a);
}
