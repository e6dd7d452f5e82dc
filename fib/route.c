/*
 * The way to each locator in use, as the kernel would route it: asked once for all
 * mappings that name the locator, and again when a route, device or neighbour changed
 * that can matter. Routes of the host that lead elsewhere cost a binary search.
 *
 * Also tells routes of ours from others: protocol 201, table main, our metrics
 * (fib/rtmsg.h).
 */
#include "fib/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fib/backends.h"
#include "fib/ila.h"
#include "fib/link.h"
#include "fib/rtmsg.h"
#include "fib/state.h"
#include "lib/util.h"

/* What one turn may ask. Answers that no mapping waits for count more. */
enum { TURN = 1024, WAITED_FOR = 1, UNHURRIED = 256 };

/* ---- which locators ---- */

static int loc_cmp(const void *a, const void *b)
{
	const struct ila_loc *const *x = a, *const *y = b;

	return memcmp(&(*x)->key.locator, &(*y)->key.locator, sizeof(struct ila64));
}

void route_locs_changed(struct fib *f)
{
	free(f->ila.sorted);
	f->ila.sorted = NULL;
}

static unsigned sorted(struct fib *f)
{
	unsigned n = HASH_COUNT(f->ila.locs), i = 0;

	if (f->ila.sorted || !n)
		return n;
	f->ila.sorted = xcalloc(n, sizeof(*f->ila.sorted));
	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next)
		f->ila.sorted[i++] = l;
	qsort(f->ila.sorted, n, sizeof(*f->ila.sorted), loc_cmp);
	return n;
}

void route_later(struct fib *f, struct ila_loc *l)
{
	if (l->dirty)
		return;
	l->dirty = true;
	TAILQ_INSERT_TAIL(&f->ila.dirty, l, q);
	fib_turn_soon(f);
}

/* Is the locator below the prefix (0), before or after it? A route for a part of a
 * locator is one below it. */
static int locator_cmp(const struct ila_loc *l, const uint8_t *prefix, unsigned bits)
{
	unsigned n = MIN_OF(bits, 64u), bytes = n / 8, rest = n % 8;
	int c = memcmp(l->key.locator.b, prefix, bytes);

	if (c || !rest)
		return c;
	return (l->key.locator.b[bytes] >> (8 - rest)) - (prefix[bytes] >> (8 - rest));
}

void route_touch(struct fib *f, const uint8_t *prefix, unsigned bits)
{
	unsigned n = sorted(f), lo = 0, hi = n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (locator_cmp(f->ila.sorted[mid], prefix, bits) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && !locator_cmp(f->ila.sorted[lo], prefix, bits); lo++)
		route_later(f, f->ila.sorted[lo]);
}

void route_touch_dev(struct fib *f, uint32_t ifindex)
{
	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next)
		if (l->err || l->hop.ifindex == ifindex)
			route_later(f, l);
}

void route_touch_gw(struct fib *f, uint32_t ifindex, const struct ip *gw)
{
	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next)
		if (!l->err && l->hop.has_gw && l->hop.ifindex == ifindex &&
		    gw->len == 16 && !memcmp(l->hop.gw, gw->b, 16))
			route_later(f, l);
}

/* ---- the kernel's answer ---- */

struct answer {
	struct ila_hop *hop;
	uint32_t mtu;
	int err;
};

static void on_route(void *arg, const struct nlmsghdr *h)
{
	struct answer *a = arg;
	struct rtmsg_route r;

	a->err = -ENETUNREACH;
	if (h->nlmsg_type != RTM_NEWROUTE || rtmsg_parse(h, &r))
		return;
	if (r.type == RTN_LOCAL || r.type == RTN_ANYCAST)
		a->err = -EADDRINUSE;
	if (r.type != RTN_UNICAST || !r.n || !r.hop[0].ifindex)
		return;
	a->err = 0;
	a->mtu = r.mtu;
	a->hop->ifindex = r.hop[0].ifindex;
	a->hop->has_gw = r.hop[0].has_gw;
	memcpy(a->hop->gw, r.hop[0].gw, sizeof(a->hop->gw));
}

/* Mappings of the kernel plane name the way. The eBPF plane is told of it, and has work
 * to do only where packets come in: one more locator that goes by the same device is no
 * news there. */
static void loc_changed(struct fib *f, struct ila_loc *l, bool first)
{
	const struct ila_backend *b = ila_backend(l->dom->home);

	if (l->dom->home == ILA_PLANE_KERNEL)
		l->changed = f->ila.walk_due = true;
	if (b && b->loc_way)
		b->loc_way(f, l);
	if (!first || l->hop.ifindex != f->ila.way)
		f->ila.work_due = true;
	f->ila.way = l->hop.ifindex;
}

void route_lookup(struct fib *f, struct ila_loc *l)
{
	struct rtmsg m = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };
	struct ila_hop hop = { .locator = l->key.locator, .weight = 1 };
	struct answer a = { .hop = &hop };
	/* An identifier like any other: <locator>:: and ::1 may be the host's own. */
	struct ila_addr to = { .prefix = l->key.locator, .id = { { 0x20 } } };
	const struct link *dev;
	bool first = l->err == -EINPROGRESS;
	int err;

	if (l->dirty)
		TAILQ_REMOVE(&f->ila.dirty, l, q);
	l->dirty = false;
	to.id.b[7] = 1;
	nl_add(&f->nl, NULL, RTM_GETROUTE, 0, &m, sizeof(m));
	nl_attr(&f->nl, RTA_DST, &to, sizeof(to));
	err = nl_get(&f->nl, on_route, &a);
	err = err ? err : a.err;
	dev = err ? NULL : link_find(f, hop.ifindex);
	if (!err && dev && dev->loopback)
		err = -ENETUNREACH;
	if (err)
		hop = (struct ila_hop) { .locator = l->key.locator, .weight = 1 };
	if (dev && (!a.mtu || dev->mtu < a.mtu))
		a.mtu = dev->mtu;
	if (err == l->err && a.mtu == l->mtu && !memcmp(&hop, &l->hop, sizeof(hop)))
		return;
	l->err = err;
	l->mtu = a.mtu;
	l->hop = hop;
	l->share = 0;
	loc_changed(f, l, first);
}

void route_work(struct fib *f)
{
	struct ila_loc *l;
	int asked = 0;

	while (asked < TURN && (l = TAILQ_FIRST(&f->ila.dirty))) {
		asked += l->dom->home == ILA_PLANE_KERNEL ? WAITED_FOR : UNHURRIED;
		route_lookup(f, l);
	}
	if (!TAILQ_EMPTY(&f->ila.dirty))
		fib_turn_soon(f);
}

/* ---- routes of ours ---- */

static void ours(struct fib *f, const struct nlmsghdr *h, const struct rtmsg_route *r,
		 enum seen_from from)
{
	struct want_key k;
	struct want_val v;
	struct want_entry *e;

	if (!rtmsg_entry(f, r, &k, &v))
		return;
	if (h->nlmsg_type == RTM_NEWROUTE) {
		if (from != SEEN_EVENT) /* else our own words */
			ila_seen(f, &k, &v, from == SEEN_FIRST);
		return;
	}
	e = want_find(&f->want, &k);
	if (e && e->flags & WE_SEEN)
		ila_unseen(f, e, e->epoch != f->epoch);
}

/* Somebody's route in the place of ours: a replace is no delete. */
static void replaced(struct fib *f, const struct rtmsg_route *r)
{
	struct want_key k;
	struct want_entry *e;

	if (r->table != RT_TABLE_MAIN || !rtmsg_key(r, &k))
		return;
	e = want_find(&f->want, &k);
	if (e && e->flags & WE_SEEN)
		ila_unseen(f, e, e->epoch != f->epoch);
}

void route_event(struct fib *f, const struct nlmsghdr *h, enum seen_from from)
{
	struct rtmsg_route r;

	if (rtmsg_parse(h, &r) || r.cloned)
		return;
	if (r.protocol == INTENT_PROTOCOL && r.table == RT_TABLE_MAIN) {
		ours(f, h, &r, from);
		return;
	}
	if (from != SEEN_EVENT)
		return;
	if (h->nlmsg_type == RTM_NEWROUTE && h->nlmsg_flags & NLM_F_REPLACE)
		replaced(f, &r);
	if (f->ila.locs)
		route_touch(f, r.dst.b, r.bits);
}

struct dump {
	struct fib *f;
	bool first;
};

static void on_dumped(void *arg, const struct nlmsghdr *h)
{
	const struct dump *d = arg;

	route_event(d->f, h, d->first ? SEEN_FIRST : SEEN_DUMP);
}

int route_dump(struct fib *f, bool first)
{
	struct rtmsg m = { .rtm_family = AF_INET6,
			   .rtm_protocol = INTENT_PROTOCOL,
			   .rtm_table = RT_TABLE_MAIN };
	struct dump d = { .f = f, .first = first };

	nl_add(&f->nl, NULL, RTM_GETROUTE, 0, &m, sizeof(m));
	return nl_dump_strict(&f->nl, on_dumped, &d);
}
