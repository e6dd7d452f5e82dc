/*
 * The device that leads to each remote VTEP, as the kernel would route it: programs
 * send by that one or not at all. Asked again when routes, devices or addresses change;
 * what has no such device goes by bridge and VXLAN device.
 */
#include <errno.h>
#include <event2/event.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fib/link.h"
#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/clock.h"
#include "lib/util.h"

enum { PAUSE_MS = 20 }; /* between two questions about all of them */

struct net_way {
	struct ip vtep;
	uint32_t ifindex;  /* 0: none that programs can send by */
	bool mark;         /* of the walk over all entries that runs */
	UT_hash_handle hh; /* by vtep */
};

/* ---- the kernel's answer ---- */

static void on_route(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *tb[RTA_OIF + 1];
	const struct rtmsg *r = NLMSG_DATA(h);
	uint32_t *ifindex = arg;

	if (h->nlmsg_type == RTM_NEWROUTE && nl_payload(h, sizeof(*r), tb, RTA_OIF) &&
	    r->rtm_type == RTN_UNICAST && tb[RTA_OIF])
		*ifindex = nl_u32(tb[RTA_OIF]);
}

static uint32_t ask(struct fib *f, const struct ip *vtep)
{
	struct rtmsg m = { .rtm_family = vtep->len == 4 ? AF_INET : AF_INET6,
			   .rtm_dst_len = (uint8_t)(vtep->len * 8) };
	const struct link *l;
	uint32_t ifindex = 0;

	nl_add(&f->nl, NULL, RTM_GETROUTE, 0, &m, sizeof(m));
	nl_attr_ip(&f->nl, RTA_DST, vtep);
	if (nl_get(&f->nl, on_route, &ifindex))
		return 0;
	l = link_find(f, ifindex);
	return l && l->ethernet && !l->loopback ? ifindex : 0;
}

static struct net_way *find(const struct fib *f, const struct ip *vtep)
{
	struct net_way *w;

	HASH_FIND(hh, f->pol->ways, vtep, sizeof(*vtep), w);
	return w;
}

uint32_t net_way(struct fib *f, const struct ip *vtep)
{
	struct net_way *w = find(f, vtep);

	if (w)
		return w->ifindex;
	w = xcalloc(1, sizeof(*w));
	w->vtep = *vtep;
	w->ifindex = ask(f, vtep);
	HASH_ADD(hh, f->pol->ways, vtep, sizeof(w->vtep), w);
	pol_due(f); /* it may be the first that leads by this device */
	return w->ifindex;
}

/* ---- when something changed ---- */

/* Calls cb with each entry of a MAC elsewhere, and the way there. */
static void each_entry(struct fib *f, void (*cb)(struct fib *f, struct want_entry *e,
						 struct net_way *w))
{
	struct want_entry *e, *next;

	for (struct net_dom *n = f->pol->doms; n; n = n->hh.next)
		for (e = want_in_dom(&f->want, &n->w, NULL); e; e = next) {
			struct net_way *w = NULL;

			next = want_in_dom(&f->want, &n->w, e);
			if (e->key.table == TABLE_NET_FDB)
				w = find(f, e->flags & WE_WANTED ? &e->want.to
								 : &e->seen.to);
			if (w)
				cb(f, e, w);
		}
}

/* Entries behind a way that changed are to be written again. */
static void follow(struct fib *f, struct want_entry *e, struct net_way *w)
{
	if (w->mark && e->flags & WE_SEEN)
		want_flag(&f->want, e, WE_UNSURE, 0);
}

static void use(struct fib *f UNUSED, struct want_entry *e UNUSED, struct net_way *w)
{
	w->mark = true;
}

void net_ways_touch(struct fib *f)
{
	f->pol->ways_due = true;
	pol_due(f);
}

void net_ways_work(struct fib *f)
{
	struct pol *p = f->pol;
	int64_t now = clock_ms();
	bool changed = false;
	struct net_way *w;

	if (!p->ways_due)
		return;
	if (now - p->ways_ms < PAUSE_MS) {
		pol_again(f, p->ways_ms + PAUSE_MS);
		return;
	}
	p->ways_due = false;
	p->ways_ms = now;
	for (w = p->ways; w; w = w->hh.next) {
		uint32_t ifindex = ask(f, &w->vtep);

		w->mark = ifindex != w->ifindex;
		w->ifindex = ifindex;
		changed |= w->mark;
	}
	if (changed)
		each_entry(f, follow);
}

void net_ways_gc(struct fib *f)
{
	struct net_way *w, *next;

	for (w = f->pol->ways; w; w = w->hh.next)
		w->mark = false;
	each_entry(f, use);
	HASH_ITER (hh, f->pol->ways, w, next)
		if (!w->mark) {
			HASH_DEL(f->pol->ways, w);
			free(w);
		}
}

void net_ways_each(const struct fib *f, void (*cb)(struct fib *f, uint32_t ifindex),
		   struct fib *to)
{
	for (const struct net_way *w = f->pol->ways; w; w = w->hh.next)
		if (w->ifindex)
			cb(to, w->ifindex);
}

uint32_t net_ways_mtu(const struct fib *f)
{
	uint32_t mtu = 0;

	for (const struct net_way *w = f->pol->ways; w; w = w->hh.next) {
		const struct link *l = w->ifindex ? link_find(f, w->ifindex) : NULL;

		if (l && l->mtu && (!mtu || l->mtu < mtu))
			mtu = l->mtu;
	}
	return mtu;
}

/* ---- events ---- */

/* What they say does not matter, nor whether some were lost. */
static void on_event(evutil_socket_t fd, short what UNUSED, void *arg)
{
	char byte[64];

	for (int i = 0; i < 256; i++)
		if (recv(fd, byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) < 0 &&
		    errno != ENOBUFS && errno != EINTR)
			break;
	net_ways_touch(arg);
}

void net_ways_listen(struct fib *f, bool on)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK,
				 .nl_groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
	struct pol *p = f->pol;
	int fd;

	if (on == !!p->ev_ways)
		return;
	if (!on) {
		close(event_get_fd(p->ev_ways));
		event_free(p->ev_ways);
		p->ev_ways = NULL;
		return;
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd < 0)
		return; /* the audit looks, too */
	if (bind(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return;
	}
	p->ev_ways = event_new(f->base, fd, EV_READ | EV_PERSIST, on_event, f);
	event_add(p->ev_ways, NULL);
	net_ways_touch(f);
}

void net_ways_free(struct pol *p)
{
	struct net_way *w, *next;

	HASH_ITER (hh, p->ways, w, next) {
		HASH_DEL(p->ways, w);
		free(w);
	}
}
