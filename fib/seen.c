/*
 * Reads neighbour messages of the kernel: entries of ours (fib/want.c), local MACs
 * and neighbours (fib/local.c), and what belongs to others. The one place that
 * tells them apart:
 *   VXLAN FDB, bridge FDB on the VXLAN port   ours when marked extern_learn
 *   flood entry                               ours when we know that we wrote it
 *   neighbour on a bridge                     ours when of protocol 201
 */
#include "fib/seen.h"

#include <linux/neighbour.h>
#include <string.h>

#include "fib/dom.h"
#include "fib/link.h"
#include "fib/local.h"
#include "fib/route.h"
#include "fib/state.h"
#include "fib/watch.h"
#include "lib/util.h"

enum {
	NUD_USABLE = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT |
		     NUD_NOARP,
	NUD_STATIC = NUD_PERMANENT | NUD_NOARP,
};

/* A message, taken apart. */
struct msg {
	enum seen_from from;
	bool del;
	bool marked; /* extern_learn */
	uint16_t state;
	uint8_t flags;
	uint32_t ifindex, master;
	struct mac mac;
	struct ip ip;
	uint32_t dst_vni;
	uint8_t protocol;
};

static struct want_entry *entry_find(struct fib *f, uint32_t vni, uint8_t table,
				     const struct mac *mac, const struct ip *ip)
{
	struct want_key k = { .vni = vni, .table = table };

	if (mac)
		k.ip = want_of_mac(mac);
	if (ip)
		k.ip = *ip;
	return vni ? want_find(&f->want, &k) : NULL;
}

static struct want_entry *entry_get(struct fib *f, uint32_t vni, uint8_t table,
				    const struct mac *mac, const struct ip *ip)
{
	struct want_key k = { .vni = vni, .table = table };

	if (mac)
		k.ip = want_of_mac(mac);
	if (ip)
		k.ip = *ip;
	return want_get(&f->want, &k, &dom_get(f, vni)->w);
}

/* Could the message be older than our last write of the entry? */
static bool may_be_old(const struct fib *f, const struct msg *m,
		       const struct want_entry *e)
{
	return m->from == SEEN_EVENT && e && e->epoch == f->epoch;
}

/* Ours was taken away or changed by somebody: writing it again is a repair. */
static void broken(struct fib *f, struct want_entry *e, const struct want_val *now)
{
	if (want_is_active(e) && e->flags & WE_SEEN)
		e->flags |= WE_BROKEN;
	if (now)
		want_seen(&f->want, e, now);
	else
		want_gone(&f->want, e);
}

/* An object with our mark that nobody asked for. */
static void unknown_ours(struct fib *f, const struct msg *m, struct want_entry *e,
			 const struct want_val *v, bool sure)
{
	if (m->from == SEEN_FIRST || sure) {
		if (f->want.syncing)
			e->flags |= WE_ADOPTED;
		want_seen(&f->want, e, v);
	} else {
		want_foreign(&f->want, e, true, true);
	}
}

/* ---- flood entries: the mark is per MAC, so who wrote one is known by memory ---- */

static void flood_foreign(struct fib *f, struct dom *d, struct want_entry *e, bool on)
{
	if (!!(e->flags & WE_FOREIGN) == on)
		return;
	d->foreign_floods += on ? 1 : UINT32_MAX;
	want_foreign(&f->want, e, on, on);
}

static void flood_msg(struct fib *f, const struct msg *m, struct dom *d)
{
	struct want_entry *e = entry_find(f, d->w.vni, TABLE_FLOOD, NULL, &m->ip);
	struct want_val v = { 0 };

	if (ip_is_none(&m->ip))
		return; /* a nexthop group: no destination to compare */
	if (m->del) {
		if (!e)
			return;
		if (e->flags & WE_SEEN && may_be_old(f, m, e))
			want_flag(&f->want, e, WE_UNSURE, 0);
		else if (e->flags & WE_SEEN)
			broken(f, e, NULL);
		else
			flood_foreign(f, d, e, false);
		return;
	}
	if (e)
		e->dump = f->dump;
	if (e && e->flags & (WE_SEEN | WE_FOREIGN))
		return;
	if (m->from == SEEN_EVENT && m->marked)
		return; /* our own words */
	if (!e)
		e = entry_get(f, d->w.vni, TABLE_FLOOD, NULL, &m->ip);
	e->dump = f->dump;
	if (m->marked && m->from == SEEN_FIRST)
		unknown_ours(f, m, e, &v, false);
	else
		flood_foreign(f, d, e, true);
}

/* ---- VXLAN FDB ---- */

static void vxlan_del(struct fib *f, const struct msg *m, struct want_entry *e)
{
	if (!e)
		return;
	if (e->flags & WE_FOREIGN)
		want_foreign(&f->want, e, false, false);
	else if (e->flags & WE_SEEN && may_be_old(f, m, e))
		want_flag(&f->want, e, WE_UNSURE, 0);
	else if (e->flags & WE_SEEN && ip_eq(&m->ip, &e->seen.to))
		broken(f, e, NULL);
}

/* Somebody else's entry. One that replaced ours is replaced again; one that was
 * there before ours stays, and ours is refused unless theirs is only learned. */
static void vxlan_foreign(struct fib *f, const struct msg *m, struct dom *d,
			  struct want_entry *e)
{
	if (e && e->flags & WE_SEEN) {
		want_foreign(&f->want, e, true, false);
		if (want_is_active(e))
			want_flag(&f->want, e, WE_UNSURE | WE_BROKEN, 0);
		else
			want_gone(&f->want, e);
		return;
	}
	if (!e)
		e = entry_get(f, d->w.vni, TABLE_VXLAN_FDB, &m->mac, NULL);
	e->dump = f->dump;
	want_foreign(&f->want, e, true, m->state & NUD_STATIC);
}

static void vxlan_msg(struct fib *f, const struct msg *m, struct dom *d)
{
	struct want_entry *e = entry_find(f, d->w.vni, TABLE_VXLAN_FDB, &m->mac, NULL);
	struct want_val v = {
		.to = m->ip,
		.num = m->dst_vni == d->w.vni ? 0 : m->dst_vni,
	};

	if (m->del) {
		vxlan_del(f, m, e);
		return;
	}
	if (e)
		e->dump = f->dump;
	if (!m->marked) {
		vxlan_foreign(f, m, d, e);
		return;
	}
	if (!e || !(e->flags & (WE_WANTED | WE_SEEN))) {
		if (m->from == SEEN_EVENT || m->from == SEEN_TRUTH)
			return;
		e = entry_get(f, d->w.vni, TABLE_VXLAN_FDB, &m->mac, NULL);
		e->dump = f->dump;
		unknown_ours(f, m, e, &v, false);
		return;
	}
	if (e->flags & WE_SEEN && !memcmp(&e->seen, &v, sizeof(v)))
		return;
	if (may_be_old(f, m, e))
		want_flag(&f->want, e, WE_UNSURE, 0);
	else
		broken(f, e, &v);
}

/* ---- bridge FDB: one entry per MAC and bridge, on whatever port ---- */

static uint16_t local_flags(const struct msg *m)
{
	uint16_t flags = 0;

	flags |= m->flags & NTF_STICKY ? FDB_STICKY : 0;
	flags |= m->state & NUD_NOARP ? FDB_STATIC : 0;
	flags |= m->state & NUD_PERMANENT ? LFDB_PERMANENT : 0;
	return flags;
}

static void bridge_del(struct fib *f, const struct msg *m, struct dom *d,
		       struct want_entry *e)
{
	const struct lfdb *local = lfdb_find(f, m->master, &m->mac);

	if (local && local->port == m->ifindex)
		lfdb_gone(f, m->master, &m->mac);
	if (!e || !d)
		return;
	if (e->flags & WE_SEEN && may_be_old(f, m, e))
		watch_ask(f, e);
	else if (e->flags & WE_SEEN)
		broken(f, e, NULL);
	else if (e->flags & WE_FOREIGN)
		want_foreign(&f->want, e, false, false);
}

/* On the VXLAN port with our mark. */
static void bridge_ours(struct fib *f, const struct msg *m, struct dom *d,
			struct want_entry *e)
{
	struct want_val v = { .flags = m->flags & NTF_STICKY ? WV_STICKY : 0 };

	if (lfdb_find(f, m->master, &m->mac)) {
		if (m->from == SEEN_EVENT) {
			watch_ask_fdb(f, m->master, &m->mac);
			return;
		}
		lfdb_gone(f, m->master, &m->mac);
		e = entry_find(f, d->w.vni, TABLE_BRIDGE_FDB, &m->mac, NULL);
	}
	if (e)
		e->dump = f->dump;
	if (!e || !(e->flags & (WE_WANTED | WE_SEEN))) {
		if (m->from == SEEN_EVENT || m->from == SEEN_TRUTH)
			return;
		e = entry_get(f, d->w.vni, TABLE_BRIDGE_FDB, &m->mac, NULL);
		e->dump = f->dump;
		unknown_ours(f, m, e, &v, false);
		return;
	}
	if (e->flags & WE_SEEN && !memcmp(&e->seen, &v, sizeof(v)))
		return;
	if (may_be_old(f, m, e))
		watch_ask(f, e);
	else
		broken(f, e, &v);
}

/* On the VXLAN port without our mark: learned there, or somebody's. */
static void bridge_foreign(struct fib *f, const struct msg *m, struct dom *d,
			   struct want_entry *e)
{
	if (e && e->flags & WE_SEEN) {
		if (may_be_old(f, m, e))
			watch_ask(f, e);
		else
			broken(f, e, NULL); /* an add of ours takes it over */
		return;
	}
	if (m->state & NUD_PERMANENT) { /* the port's own address */
		lfdb_set(f, m->master, &m->mac, m->ifindex, local_flags(m));
		return;
	}
	lfdb_gone(f, m->master, &m->mac);
	e = entry_get(f, d->w.vni, TABLE_BRIDGE_FDB, &m->mac, NULL);
	e->dump = f->dump;
	want_foreign(&f->want, e, true, m->state & NUD_STATIC);
}

/*
 * The mark counts on the VXLAN device only. On another port it may be what was
 * ours: a command that replaces an entry leaves the mark on it, a frame takes it off.
 * It may as well be of somebody who marks what he writes there, nothing tells the two
 * apart, and we delete nothing that we did not install. So it is a local MAC, one that
 * does not age: it goes with its port, with a frame from another one, or by hand.
 */
static void bridge_msg(struct fib *f, const struct msg *m)
{
	const struct link *port = link_find(f, m->ifindex);
	bool vxlan = port && port->kind == LINK_VXLAN;
	uint32_t vni = link_vni(f, m->master);
	struct dom *d = vni ? dom_find(f, vni) : NULL;
	struct want_entry *e = entry_find(f, vni, TABLE_BRIDGE_FDB, &m->mac, NULL);
	struct dom *on_vxlan = vxlan && d && d->vxlan == port ? d : NULL;

	if (m->del) {
		bridge_del(f, m, on_vxlan, e);
		return;
	}
	if (on_vxlan && m->marked) {
		bridge_ours(f, m, d, e);
		return;
	}
	if (on_vxlan) {
		bridge_foreign(f, m, d, e);
		return;
	}
	if (e && e->flags & (WE_WANTED | WE_SEEN) && may_be_old(f, m, e)) {
		watch_ask(f, e);
		return;
	}
	if (e && e->flags & WE_FOREIGN)
		want_foreign(&f->want, e, false, false);
	lfdb_set(f, m->master, &m->mac, m->ifindex, local_flags(m));
}

/* ---- neighbours ---- */

static void neigh_gone(struct fib *f, const struct msg *m, struct want_entry *e)
{
	if (m->protocol != INTENT_PROTOCOL)
		lneigh_gone(f, m->ifindex, &m->ip);
	if (!e)
		return;
	if (e->flags & WE_SEEN && may_be_old(f, m, e))
		watch_ask(f, e);
	else if (e->flags & WE_SEEN)
		broken(f, e, NULL);
	else if (e->flags & WE_FOREIGN)
		want_foreign(&f->want, e, false, false);
}

static void neigh_ours(struct fib *f, const struct msg *m, uint32_t vni,
		       struct want_entry *e)
{
	struct want_val v = { .to = want_of_mac(&m->mac) };

	v.flags |= m->flags & NTF_ROUTER ? WV_ROUTER : 0;
	v.flags |= m->state != NUD_NOARP || !m->marked ? WV_STRANGE : 0;
	if (lneigh_find(f, m->ifindex, &m->ip)) {
		if (m->from == SEEN_EVENT) {
			watch_ask_neigh(f, m->ifindex, &m->ip);
			return;
		}
		lneigh_gone(f, m->ifindex, &m->ip);
		e = entry_find(f, vni, TABLE_NEIGH, NULL, &m->ip);
	}
	if (e)
		e->dump = f->dump;
	if (!e || !(e->flags & (WE_WANTED | WE_SEEN))) {
		if (!vni || m->from == SEEN_EVENT || m->from == SEEN_TRUTH)
			return;
		e = entry_get(f, vni, TABLE_NEIGH, NULL, &m->ip);
		e->dump = f->dump;
		unknown_ours(f, m, e, &v, true);
		return;
	}
	if (e->flags & WE_SEEN && !memcmp(&e->seen, &v, sizeof(v)))
		return;
	if (may_be_old(f, m, e))
		watch_ask(f, e);
	else
		broken(f, e, &v);
}

static void neigh_msg(struct fib *f, const struct msg *m)
{
	const struct link *l = link_find(f, m->ifindex);
	uint32_t vni = l ? l->vni : 0;
	struct want_entry *e;

	if (!l || l->kind != LINK_BRIDGE || ip_is_none(&m->ip))
		return;
	e = entry_find(f, vni, TABLE_NEIGH, NULL, &m->ip);
	if (m->del || !(m->state & NUD_USABLE) || mac_is_zero(&m->mac)) {
		neigh_gone(f, m, e);
		return;
	}
	if (m->protocol == INTENT_PROTOCOL) {
		neigh_ours(f, m, vni, e);
		return;
	}
	if (ip_is_multicast(&m->ip) || mac_is_multicast(&m->mac))
		return;
	if (e && e->flags & (WE_WANTED | WE_SEEN) && may_be_old(f, m, e)) {
		watch_ask(f, e);
		return;
	}
	if (!(m->state & NUD_NOARP)) {
		lneigh_set(f, m->ifindex, &m->ip, &m->mac, m->state & NUD_PERMANENT,
			   m->flags & NTF_ROUTER);
		return;
	}
	/* Another daemon's, by the looks of it. */
	lneigh_gone(f, m->ifindex, &m->ip);
	if (!vni)
		return;
	e = entry_get(f, vni, TABLE_NEIGH, NULL, &m->ip);
	e->dump = f->dump;
	if (e->flags & WE_SEEN)
		broken(f, e, NULL);
	else
		want_foreign(&f->want, e, true, true);
}

void seen_neigh(struct fib *f, const struct nlmsghdr *h, enum seen_from from)
{
	const struct rtattr *tb[NDA_PROTOCOL + 1];
	const struct ndmsg *n = NLMSG_DATA(h);
	struct msg m;

	if (!nl_payload(h, sizeof(*n), tb, NDA_PROTOCOL))
		return;
	m = (struct msg) {
		.from = from,
		.del = h->nlmsg_type == RTM_DELNEIGH,
		.marked = n->ndm_flags & NTF_EXT_LEARNED,
		.state = n->ndm_state,
		.flags = n->ndm_flags,
		.ifindex = (uint32_t)n->ndm_ifindex,
		.master = nl_u32(tb[NDA_MASTER]),
		.mac = nl_mac(tb[NDA_LLADDR]),
		.ip = nl_ip(tb[NDA_DST]),
		.dst_vni = nl_u32(tb[NDA_VNI]),
		.protocol = nl_u8(tb[NDA_PROTOCOL]),
	};
	if (n->ndm_family != AF_BRIDGE) {
		/* a router that does not answer: the kernel may take another */
		if (f->ila.locs && (m.del || m.state & NUD_FAILED))
			route_touch_gw(f, m.ifindex, &m.ip);
		neigh_msg(f, &m);
		return;
	}
	if (!(n->ndm_flags & NTF_SELF) && m.master) {
		bridge_msg(f, &m);
		return;
	}

	const struct link *l = link_find(f, m.ifindex);
	struct dom *d =
		l && l->kind == LINK_VXLAN && l->vni ? dom_find(f, l->vni) : NULL;

	if (!d || d->vxlan != l || mac_is_multicast(&m.mac))
		return;
	if (mac_is_zero(&m.mac))
		flood_msg(f, &m, d);
	else
		vxlan_msg(f, &m, d);
}

void seen_sweep(struct fib *f)
{
	struct want_entry *e;
	uint64_t at = 0;

	while ((e = want_each(&f->want, &at))) {
		struct dom *d = container_of(e->dom, struct dom, w);

		if (e->dump == f->dump || e->key.table >= TABLE_ILA_DOMAIN)
			continue;
		if (e->flags & WE_FOREIGN) {
			if (e->key.table == TABLE_FLOOD)
				flood_foreign(f, d, e, false);
			else
				want_foreign(&f->want, e, false, false);
			continue;
		}
		if (!(e->flags & WE_SEEN) || !d->vxlan)
			continue;
		if (e->key.table == TABLE_FLOOD)
			broken(f, e, NULL);
		else
			watch_ask(f, e);
	}
}
