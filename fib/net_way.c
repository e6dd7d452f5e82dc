/*
 * The way to each remote VTEP, as the kernel would route it: programs send by that
 * device and to that neighbour, or not at all. Asked again when routes, devices or
 * addresses change, when a router says that a path takes less, and when the kernel has
 * forgotten that; what has no such device, or is too large, goes by bridge and VXLAN
 * device.
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
#include "fib/rtmsg.h"
#include "fib/state.h"
#include "lib/clock.h"
#include "lib/util.h"

/* Between two questions about all of them; and until the kernel knows what we saw
 * first.
 */
enum { PAUSE_MS = 20 };

struct net_way {
	struct ip vtep;
	struct polval_way to;
	int64_t due_ms;    /* when to ask again; INT64_MAX: when all are */
	bool mark;         /* of the walk over all entries that runs */
	UT_hash_handle hh; /* by vtep */
};

/* ---- the kernel's answer ---- */

struct answer {
	struct polval_way to;
	int64_t expires_ms; /* from now; INT64_MAX: never */
};

/* What a router has said is known for a time. */
static int64_t expires_of(const struct rtattr *info)
{
	struct rta_cacheinfo ci;

	if (!info || RTA_PAYLOAD(info) < sizeof(ci))
		return INT64_MAX;
	memcpy(&ci, RTA_DATA(info), sizeof(ci));
	return ci.rta_expires > 0
		       ? 1000 * (int64_t)ci.rta_expires / sysconf(_SC_CLK_TCK)
		       : INT64_MAX;
}

/* A gateway of the other family comes as RTA_VIA. */
static struct ip via_of(const struct rtattr *const *tb)
{
	const struct rtvia *v;
	struct ip ip = nl_ip(tb[RTA_GATEWAY]);

	if (ip.len || !tb[RTA_VIA] || RTA_PAYLOAD(tb[RTA_VIA]) != sizeof(*v) + 16)
		return ip;
	v = RTA_DATA(tb[RTA_VIA]);
	if (v->rtvia_family != AF_INET6)
		return ip;
	ip.len = 16;
	memcpy(ip.b, v->rtvia_addr, 16);
	return ip;
}

static void on_route(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *tb[RTA_VIA + 1];
	const struct rtmsg *r = NLMSG_DATA(h);
	struct answer *a = arg;
	uint32_t mtu;

	if (h->nlmsg_type != RTM_NEWROUTE || !nl_payload(h, sizeof(*r), tb, RTA_VIA) ||
	    r->rtm_type != RTN_UNICAST || !tb[RTA_OIF])
		return;
	mtu = rtmsg_mtu(tb[RTA_METRICS]);
	a->to.ifindex = nl_u32(tb[RTA_OIF]);
	a->to.via = via_of(tb);
	a->to.mtu = mtu <= UINT16_MAX ? (uint16_t)mtu : 0;
	a->expires_ms = expires_of(tb[RTA_CACHEINFO]);
}

static struct answer answer_of(struct fib *f, const struct ip *vtep)
{
	const struct answer none = { .expires_ms = INT64_MAX };
	struct rtmsg m = { .rtm_family = vtep->len == 4 ? AF_INET : AF_INET6,
			   .rtm_dst_len = (uint8_t)(vtep->len * 8) };
	struct answer a = none;
	const struct link *l;

	nl_add(&f->nl, NULL, RTM_GETROUTE, 0, &m, sizeof(m));
	nl_attr_ip(&f->nl, RTA_DST, vtep);
	if (nl_get(&f->nl, on_route, &a))
		return none;
	l = link_find(f, a.to.ifindex);
	if (!l || !l->ethernet || l->loopback)
		return none;
	if (!a.to.via.len) /* on the link */
		a.to.via = *vtep;
	return a;
}

static bool way_eq(const struct polval_way *a, const struct polval_way *b)
{
	return a->ifindex == b->ifindex && a->mtu == b->mtu && ip_eq(&a->via, &b->via);
}

/* Return: is it another way now? */
static bool ask(struct fib *f, struct net_way *w)
{
	struct answer a = answer_of(f, &w->vtep);
	bool same = way_eq(&a.to, &w->to);

	w->to = a.to;
	w->due_ms = a.expires_ms < INT64_MAX ? clock_ms() + a.expires_ms + PAUSE_MS
					     : INT64_MAX;
	f->pol->ways_next_ms = MIN_OF(f->pol->ways_next_ms, w->due_ms);
	return !same;
}

static struct net_way *find(const struct fib *f, const struct ip *vtep)
{
	struct net_way *w;

	HASH_FIND(hh, f->pol->ways, vtep, sizeof(*vtep), w);
	return w;
}

const struct polval_way *net_way(struct fib *f, const struct ip *vtep)
{
	struct net_way *w = find(f, vtep);

	if (w)
		return &w->to;
	w = xcalloc(1, sizeof(*w));
	w->vtep = *vtep;
	ask(f, w);
	HASH_ADD(hh, f->pol->ways, vtep, sizeof(w->vtep), w);
	pol_due(f); /* it may be the first that leads by this device */
	return &w->to;
}

bool net_way_is(struct fib *f, const struct ip *vtep, struct polval_way way)
{
	return way_eq(net_way(f, vtep), &way);
}

/* The packet that says so is still on its way to the kernel. */
void net_way_told(struct fib *f, const struct ip *vtep)
{
	struct net_way *w = find(f, vtep);
	int64_t at = clock_ms() + PAUSE_MS;

	if (!w || w->due_ms <= at)
		return;
	w->due_ms = at;
	f->pol->ways_next_ms = MIN_OF(f->pol->ways_next_ms, at);
	pol_due(f);
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

static void ask_again(struct fib *f, bool all, int64_t now)
{
	struct pol *p = f->pol;
	bool changed = false;

	p->ways_next_ms = INT64_MAX;
	for (struct net_way *w = p->ways; w; w = w->hh.next) {
		w->mark = (all || w->due_ms <= now) && ask(f, w);
		changed |= w->mark;
		p->ways_next_ms = MIN_OF(p->ways_next_ms, w->due_ms);
	}
	if (changed)
		each_entry(f, follow);
}

void net_ways_work(struct fib *f)
{
	struct pol *p = f->pol;
	int64_t now = clock_ms();
	bool all = p->ways_due && now - p->ways_ms >= PAUSE_MS;

	if (all) {
		p->ways_due = false;
		p->ways_ms = now;
	}
	if (all || p->ways_next_ms <= now)
		ask_again(f, all, now);
	if (p->ways_due)
		pol_again(f, p->ways_ms + PAUSE_MS);
	pol_again(f, p->ways_next_ms);
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

void net_ways_each(const struct fib *f, void (*cb)(void *arg, uint32_t ifindex),
		   void *arg)
{
	for (const struct net_way *w = f->pol->ways; w; w = w->hh.next)
		if (w->to.ifindex)
			cb(arg, w->to.ifindex);
}

uint32_t net_ways_mtu(const struct fib *f)
{
	uint32_t mtu = 0;

	for (const struct net_way *w = f->pol->ways; w; w = w->hh.next) {
		const struct link *l =
			w->to.ifindex ? link_find(f, w->to.ifindex) : NULL;

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
