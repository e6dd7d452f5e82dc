/*
 * Writes differences of the four entry tables to the kernel in batches. Not for
 * deciding what differs (fib/want.c) nor for devices (fib/dom.c).
 *
 * Marks: extern_learn on FDB entries, protocol 201 on neighbours. A flood entry's
 * mark is per MAC, not per destination: where somebody else floods too, ours go
 * without, so that a later run never takes theirs for ours.
 */
#include "fib/be_vxlan.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <time.h>

#include "fib/link.h"
#include "fib/local.h"
#include "fib/state.h"
#include "fib/watch.h"
#include "lib/util.h"

enum { DEAF_FROM = 64 }; /* differences; from here on our own echoes cost too much */

enum { ADD = NLM_F_CREATE | NLM_F_REPLACE };

static void fdb_msg(struct nl *nl, void *who, bool add, unsigned nl_flags,
		    uint32_t ifindex, uint16_t state, uint8_t flags,
		    const struct mac *mac)
{
	struct ndmsg n = { .ndm_family = AF_BRIDGE,
			   .ndm_ifindex = (int)ifindex,
			   .ndm_state = state,
			   .ndm_flags = flags };

	nl_add(nl, who, add ? RTM_NEWNEIGH : RTM_DELNEIGH, nl_flags, &n, sizeof(n));
	nl_attr(nl, NDA_LLADDR, mac, sizeof(*mac));
}

static void put_vxlan(struct nl *nl, const struct dom *d, struct want_entry *e)
{
	bool add = want_is_active(e);
	const struct want_val *v = add ? &e->want : &e->seen;
	struct mac mac = want_mac(&e->key.ip);

	if (add && e->flags & WE_FOREIGN && e->flags & WE_UNSURE)
		/* a replace would keep the other's flags: remove it first */
		fdb_msg(nl, NULL, false, 0, d->vxlan->ifindex, 0, NTF_SELF, &mac);
	fdb_msg(nl, e, add, add ? ADD : 0, d->vxlan->ifindex, NUD_REACHABLE,
		NTF_SELF | NTF_EXT_LEARNED, &mac);
	nl_attr_ip(nl, NDA_DST, &v->to);
	if (v->num)
		nl_attr_u32(nl, NDA_VNI, v->num);
}

static void put_bridge(struct nl *nl, const struct dom *d, struct want_entry *e)
{
	bool add = want_is_active(e);
	uint32_t port = d->vxlan->ifindex;
	struct mac mac = want_mac(&e->key.ip);
	bool sticky = add && e->want.flags & WV_STICKY;

	if (sticky) /* extern_learn alone ignores it: first the flag, then the mark */
		fdb_msg(nl, NULL, true, ADD, port, NUD_NOARP, NTF_MASTER | NTF_STICKY,
			&mac);
	else if (add && e->flags & WE_SEEN && e->seen.flags & WV_STICKY)
		fdb_msg(nl, NULL, false, 0, port, 0, NTF_MASTER, &mac);
	fdb_msg(nl, e, add, add ? ADD : 0, port, NUD_REACHABLE,
		NTF_MASTER | NTF_EXT_LEARNED, &mac);
}

static void put_flood(struct nl *nl, const struct dom *d, struct want_entry *e)
{
	static const struct mac zero;
	bool add = want_is_active(e);
	uint8_t mark = d->foreign_floods ? 0 : NTF_EXT_LEARNED;

	/* the kernel refuses to replace a zero MAC */
	fdb_msg(nl, e, add, add ? NLM_F_CREATE | NLM_F_APPEND : 0, d->vxlan->ifindex,
		NUD_PERMANENT, NTF_SELF | mark, &zero);
	nl_attr_ip(nl, NDA_DST, &e->key.ip);
}

static void put_neigh(struct nl *nl, const struct dom *d, struct want_entry *e)
{
	bool add = want_is_active(e);
	uint8_t flags = NTF_EXT_LEARNED;

	if (add && e->want.flags & WV_ROUTER)
		flags |= NTF_ROUTER;

	struct ndmsg n = { .ndm_family = e->key.ip.len == 4 ? AF_INET : AF_INET6,
			   .ndm_ifindex = (int)d->bridge->ifindex,
			   .ndm_state = NUD_NOARP,
			   .ndm_flags = add ? flags : 0 };

	nl_add(nl, e, add ? RTM_NEWNEIGH : RTM_DELNEIGH, add ? ADD : 0, &n, sizeof(n));
	nl_attr_ip(nl, NDA_DST, &e->key.ip);
	if (!add)
		return;
	nl_attr(nl, NDA_LLADDR, e->want.to.b, e->want.to.len);
	nl_attr_u8(nl, NDA_PROTOCOL, INTENT_PROTOCOL);
}

static void (*const put[TABLES])(struct nl *nl, const struct dom *d,
				 struct want_entry *e) = {
	[TABLE_VXLAN_FDB] = put_vxlan,
	[TABLE_BRIDGE_FDB] = put_bridge,
	[TABLE_NEIGH] = put_neigh,
	[TABLE_FLOOD] = put_flood,
};

/* Somebody's fixed entry under the same key is never overwritten. */
static const char *blocked(const struct fib *f, const struct dom *d,
			   const struct want_entry *e)
{
	const struct lfdb *local;
	const struct lneigh *n;

	if (!want_is_active(e))
		return NULL;
	if (e->flags & WE_FIXED)
		return "an entry of somebody else is in the way";
	if (e->key.table == TABLE_BRIDGE_FDB && f->fdbs) {
		struct mac mac = want_mac(&e->key.ip);

		local = lfdb_find(f, d->bridge->ifindex, &mac);
		if (local && local->flags & (FDB_STICKY | FDB_STATIC | LFDB_PERMANENT))
			return "a static entry of this host is in the way";
	}
	if (e->key.table == TABLE_NEIGH && f->neighs) {
		n = lneigh_find(f, d->bridge->ifindex, &e->key.ip);
		if (n && n->permanent)
			return "a permanent neighbour is in the way";
	}
	return NULL;
}

static bool is_success(const struct want_entry *e, int err)
{
	if (want_is_active(e))
		return err == -EEXIST && e->key.table == TABLE_FLOOD;
	return err == -ENOENT || err == -ESRCH || err == -ENODEV || err == -ENXIO ||
	       err == -EADDRNOTAVAIL;
}

static void on_answer(void *arg, void *who, int err, const char *why)
{
	struct fib *f = arg;
	struct want_entry *e = who;

	if (!e)
		return; /* the first of two messages: the second one tells */

	const struct dom *d = container_of(e->dom, struct dom, w);
	struct want_key k = e->key;
	bool took_over;

	if (err && is_success(e, err))
		err = 0;
	took_over = !err && want_is_active(e) && d->bridge;
	e->epoch = f->epoch;
	if (err && want_transient(err))
		f->retries++;
	want_done(&f->want, e, err, why);
	if (!took_over)
		return;
	/* The kernel has one entry per key: what was local there is no more. */
	if (k.table == TABLE_BRIDGE_FDB && f->fdbs) {
		struct mac mac = want_mac(&k.ip);

		lfdb_gone(f, d->bridge->ifindex, &mac);
	}
	if (k.table == TABLE_NEIGH && f->neighs)
		lneigh_gone(f, d->bridge->ifindex, &k.ip);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void be_vxlan_apply(struct fib *f, unsigned max)
{
	struct want_entry *e;
	uint64_t start;

	if (!f->want.n_queue[WQ_L2])
		return;
	start = now_ns();
	if (f->want.n_queue[WQ_L2] >= DEAF_FROM)
		watch_deaf(f, true);
	for (; max && (e = want_next(&f->want, WQ_L2)); max--) {
		const struct dom *d = container_of(e->dom, struct dom, w);
		const char *why = blocked(f, d, e);

		f->applied++;
		if (why) {
			want_done(&f->want, e, -EEXIST, why);
			continue;
		}
		put[e->key.table](&f->nl, d, e);
		if (!nl_batch_room(&f->nl, 2))
			nl_send(&f->nl, on_answer, f);
	}
	nl_send(&f->nl, on_answer, f);
	f->apply_ns += now_ns() - start;
	if (!f->want.n_queue[WQ_L2])
		watch_deaf(f, false);
}

static void no_answer(void *arg UNUSED, void *who UNUSED, int err UNUSED,
		      const char *why UNUSED)
{
}

void be_vxlan_leave(struct fib *f, struct dom *d)
{
	struct want_entry *e;

	if (link_find(f, d->bridge->ifindex) != d->bridge)
		return;     /* it is gone, and they with it */
	d->w.serve = false; /* so that each is a delete */
	for (e = NULL; (e = want_in_dom(&f->want, &d->w, e));) {
		if (e->key.table != TABLE_NEIGH || !(e->flags & WE_SEEN))
			continue;
		put_neigh(&f->nl, d, e);
		if (!nl_batch_room(&f->nl, 2))
			nl_send(&f->nl, no_answer, f);
	}
	nl_send(&f->nl, no_answer, f);
}
