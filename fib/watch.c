/*
 * Hears of the kernel's changes, and compares with dumps: at the start, after events
 * were lost, and from time to time. What a message means is fib/seen.c, fib/link.c.
 */
#include "fib/watch.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fib/ila.h"
#include "fib/link.h"
#include "fib/local.h"
#include "fib/route.h"
#include "fib/seen.h"
#include "fib/pol.h"
#include "fib/state.h"
#include "lib/clock.h"
#include "lib/util.h"

enum { RX = 64 << 10, READ_MAX = 4096, RCVBUF = 16 << 20, DUMP_TRIES = 5 };

static void on_event(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	fib_turn_soon(arg);
}

int watch_open(struct fib *f)
{
	int rcvbuf = f->o->rcvbuf ? f->o->rcvbuf : RCVBUF;

	f->ev_fd = nl_events(rcvbuf, false);
	f->own_fd = nl_events(rcvbuf, true);
	if (f->ev_fd < 0 || f->own_fd < 0)
		return MIN_OF(f->ev_fd, f->own_fd);
	f->ev_watch = event_new(f->base, f->ev_fd, EV_READ | EV_PERSIST, on_event, f);
	f->ev_own = event_new(f->base, f->own_fd, EV_READ | EV_PERSIST, on_event, f);
	if (!f->ev_watch || !f->ev_own)
		return -ENOMEM;
	event_add(f->ev_watch, NULL);
	event_add(f->ev_own, NULL);
	return 0;
}

void watch_close(struct fib *f)
{
	if (f->ev_watch)
		event_free(f->ev_watch);
	if (f->ev_own)
		event_free(f->ev_own);
	if (f->ev_fd >= 0)
		close(f->ev_fd);
	if (f->own_fd >= 0)
		close(f->own_fd);
	f->ev_watch = f->ev_own = NULL;
	f->ev_fd = f->own_fd = -1;
}

static void message(struct fib *f, const struct nlmsghdr *h, enum seen_from from)
{
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_event(f, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		laddr_event(f, h);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		seen_neigh(f, h, from);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		route_event(f, h, from);
		break;
	case RTM_NEWNETCONF:
		ila_netconf(f, h);
		break;
	default:
		break;
	}
}

/* Return: true when the socket was read empty. */
static bool read_socket(struct fib *f, int fd)
{
	static _Alignas(8) uint8_t rx[RX];
	struct sockaddr_nl from;
	socklen_t from_len;

	for (int i = 0; i < READ_MAX; i++) {
		from_len = sizeof(from);

		ssize_t n = recvfrom(fd, rx, sizeof(rx), MSG_TRUNC, (void *)&from,
				     &from_len);
		const struct nlmsghdr *h = (const void *)rx;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			f->enobufs++;
			f->lost = true;
			continue;
		}
		if (n <= 0)
			return true;
		if (from.nl_pid) /* another process, not the kernel */
			continue;
		if ((size_t)n > sizeof(rx)) {
			f->lost = true;
			continue;
		}

		size_t len = (size_t)n;

		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
			message(f, h, SEEN_EVENT);
	}
	return false;
}

void watch_read(struct fib *f)
{
	bool empty = read_socket(f, f->ev_fd);

	empty &= read_socket(f, f->own_fd);
	if (empty)
		f->epoch++;
	else
		fib_turn_soon(f);
}

void watch_deaf(struct fib *f, bool on)
{
	if (f->deaf == on)
		return;
	f->deaf = on;
	nl_join(f->own_fd, !on);
}

/* ---- dumps ---- */

struct dump {
	struct fib *f;
	enum seen_from from;
};

static void on_dumped(void *arg, const struct nlmsghdr *h)
{
	const struct dump *d = arg;

	message(d->f, h, d->from);
}

static int dump_once(struct dump *d, uint16_t type, const void *hdr, size_t len)
{
	nl_add(&d->f->nl, NULL, type, 0, hdr, len);
	return nl_dump(&d->f->nl, on_dumped, d);
}

static int dump_neighs(struct dump *d, uint8_t family)
{
	struct ndmsg n = { .ndm_family = family };

	return dump_once(d, RTM_GETNEIGH, &n, sizeof(n));
}

/* All kinds, devices first: they say what the rest belongs to. */
static int dump_all(struct dump *d)
{
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC };
	struct ifaddrmsg a = { .ifa_family = AF_UNSPEC };
	int err;

	err = dump_once(d, RTM_GETLINK, &i, sizeof(i));
	if (!err)
		err = dump_once(d, RTM_GETADDR, &a, sizeof(a));
	if (err)
		return err;
	link_sweep(d->f);
	err = ila_dump(d->f, d->from == SEEN_FIRST);
	if (!err)
		err = pol_dump(d->f, d->from == SEEN_FIRST);
	if (!err)
		err = dump_neighs(d, AF_BRIDGE);
	if (!err)
		err = dump_neighs(d, AF_INET);
	if (!err)
		err = dump_neighs(d, AF_INET6);
	return err;
}

int watch_dump(struct fib *f)
{
	struct dump d = { .f = f, .from = f->started ? SEEN_DUMP : SEEN_FIRST };
	int err = -EINTR;

	/* What is queued now is older than the picture: read it first. */
	for (int i = 0; i < 64 && !read_socket(f, f->ev_fd); i++)
		;
	read_socket(f, f->own_fd);
	f->lost = false;
	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		f->dump++;
		err = dump_all(&d);
	}
	if (err && err != -EINTR) {
		f->lost = true;
		return err;
	}
	local_sweep(f);
	seen_sweep(f);
	f->epoch++;
	f->started = true;
	f->want.changed = true;
	return 0;
}

/* ---- questions ---- */

static void on_truth(void *arg, const struct nlmsghdr *h)
{
	message(arg, h, SEEN_TRUTH);
}

void watch_ask_link(struct fib *f, const char *name)
{
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC };

	watch_read(f); /* older events must not undo the answer */
	nl_add(&f->nl, NULL, RTM_GETLINK, 0, &i, sizeof(i));
	nl_attr_str(&f->nl, IFLA_IFNAME, name);
	nl_get(&f->nl, on_truth, f);
}

static void absent(struct fib *f, uint32_t vni, uint8_t table, const struct mac *mac,
		   const struct ip *ip)
{
	struct want_key k = { .vni = vni, .table = table };
	struct want_entry *e;

	if (mac)
		k.ip = want_of_mac(mac);
	if (ip)
		k.ip = *ip;
	e = vni ? want_find(&f->want, &k) : NULL;
	if (!e || !(e->flags & WE_SEEN))
		return;
	if (want_is_active(e))
		e->flags |= WE_BROKEN;
	want_gone(&f->want, e);
}

void watch_ask_fdb(struct fib *f, uint32_t bridge, const struct mac *mac)
{
	struct ndmsg n = { .ndm_family = AF_BRIDGE };
	struct mac m = *mac; /* the asker's may be freed by the answer */
	int err;

	nl_add(&f->nl, NULL, RTM_GETNEIGH, 0, &n, sizeof(n));
	nl_attr(&f->nl, NDA_LLADDR, &m, sizeof(m));
	nl_attr_u32(&f->nl, NDA_MASTER, bridge);
	err = nl_get(&f->nl, on_truth, f);
	if (!err)
		return;
	lfdb_gone(f, bridge, &m);
	absent(f, link_vni(f, bridge), TABLE_BRIDGE_FDB, &m, NULL);
}

void watch_ask_neigh(struct fib *f, uint32_t bridge, const struct ip *ip)
{
	struct ndmsg n = { .ndm_family = ip->len == 4 ? AF_INET : AF_INET6,
			   .ndm_ifindex = (int)bridge };
	struct ip a = *ip;
	int err;

	nl_add(&f->nl, NULL, RTM_GETNEIGH, 0, &n, sizeof(n));
	nl_attr_ip(&f->nl, NDA_DST, &a);
	err = nl_get(&f->nl, on_truth, f);
	if (!err)
		return;
	lneigh_gone(f, bridge, &a);
	absent(f, link_vni(f, bridge), TABLE_NEIGH, NULL, &a);
}

static void ask_vxlan(struct fib *f, uint32_t vni, uint32_t vxlan,
		      const struct mac *mac)
{
	struct ndmsg n = { .ndm_family = AF_BRIDGE,
			   .ndm_flags = NTF_SELF,
			   .ndm_ifindex = (int)vxlan };
	struct mac m = *mac;

	nl_add(&f->nl, NULL, RTM_GETNEIGH, 0, &n, sizeof(n));
	nl_attr(&f->nl, NDA_LLADDR, &m, sizeof(m));
	if (nl_get(&f->nl, on_truth, f))
		absent(f, vni, TABLE_VXLAN_FDB, &m, NULL);
}

void watch_ask(struct fib *f, struct want_entry *e)
{
	const struct dom *d = container_of(e->dom, struct dom, w);
	struct mac mac = want_mac(&e->key.ip);

	if (e->key.table == TABLE_VXLAN_FDB && d->vxlan)
		ask_vxlan(f, e->key.vni, d->vxlan->ifindex, &mac);
	else if (e->key.table == TABLE_BRIDGE_FDB && d->bridge)
		watch_ask_fdb(f, d->bridge->ifindex, &mac);
	else if (e->key.table == TABLE_NEIGH && d->bridge)
		watch_ask_neigh(f, d->bridge->ifindex, &e->key.ip);
}
