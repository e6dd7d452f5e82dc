/*
 * What is really there of the ILA tables, by events and dumps, and what `show fib` says
 * of it.
 */
#include "fib/ila.h"

#include <errno.h>
#include <string.h>

#include "fib/backends.h"
#include "fib/link.h"
#include "fib/route.h"
#include "fib/state.h"
#include "lib/util.h"

/* Which domain's list has the entry; what no record can name has none. */
static struct want_dom *dom_of_key(struct fib *f, const struct want_key *k)
{
	struct ila_addr a = ila_addr(k);

	if (k->vni != ILA_PLANE_EBPF && k->table != TABLE_ILA_MAP)
		return &f->ila.host;
	return &ila_dom_get(f, &a.prefix)->side[k->vni];
}

void ila_seen(struct fib *f, const struct want_key *k, const struct want_val *v,
	      bool first)
{
	struct want_entry *e = want_get(&f->want, k, dom_of_key(f, k));

	e->dump = f->dump;
	if (e->flags & WE_SEEN && !memcmp(&e->seen, v, sizeof(*v)))
		return;
	if (e->flags & WE_SEEN && want_is_active(e))
		e->flags |= WE_BROKEN;
	else if (first && f->want.syncing && !(e->flags & WE_WANTED))
		e->flags |= WE_ADOPTED;
	want_seen(&f->want, e, v);
}

void ila_unseen(struct fib *f, struct want_entry *e, bool sure)
{
	if (!sure) {
		want_flag(&f->want, e, WE_UNSURE, 0);
	} else {
		if (want_is_active(e))
			e->flags |= WE_BROKEN;
		want_gone(&f->want, e);
	}
	fib_turn_soon(f);
}

static void dump_missing(struct fib *f, uint32_t vni, bool sure)
{
	struct want_entry *e;
	uint64_t at = 0;

	while ((e = want_each(&f->want, &at)))
		if (want_is_ila(e) && e->dump != f->dump && e->flags & WE_SEEN &&
		    (vni == ILA_PLANE_EBPF) == (e->key.vni == ILA_PLANE_EBPF))
			ila_unseen(f, e, sure);
}

/* Routes and the kernel's plane are one picture, the maps another. */
int ila_dump(struct fib *f, bool first)
{
	static const uint8_t all[16];
	const struct ila_backend *b;
	int err = route_dump(f, first);

	route_touch(f, all, 0); /* events about their ways may be lost */

	if (err && err != -EINTR)
		return err;
	for (uint8_t p = ILA_PLANE_KERNEL; p < ILA_PLANES; p++) {
		int one = 0;

		b = ila_backend(p);
		if (b && b->dump)
			one = b->dump(f, first);
		if (p == ILA_PLANE_KERNEL && err == -EINTR)
			one = one ? one : err;
		if (!one || one == -EINTR)
			dump_missing(f, p, !one);
	}
	return 0;
}

/* ---- shown ---- */

static void dev_name(const struct fib *f, uint32_t ifindex, struct intent_entry *r)
{
	const struct link *l = ifindex ? link_find(f, ifindex) : NULL;

	if (l)
		memcpy(r->dev, l->name, sizeof(r->dev));
}

static bool map_line(const struct fib *f, const struct want_val *v, unsigned i,
		     struct intent_entry *r)
{
	const struct ila_hops *h = v->num ? ila_hops(f, v->num) : NULL;

	if (!h) { /* held back, or the eBPF plane's only locator */
		r->locator = v->to.len ? want_half(&v->to) : (struct ila64) { { 0 } };
		return !i;
	}
	if (i >= h->n)
		return false;
	r->locator = h->hop[i].locator;
	dev_name(f, h->hop[i].ifindex, r);
	return true;
}

bool ila_entry(const struct fib *f, const struct want_entry *e,
	       const struct want_val *v, unsigned i, struct intent_entry *r)
{
	r->ip = e->key.ip;
	r->plane = (uint8_t)e->key.vni;
	if (e->key.table == TABLE_ILA_MAP)
		return map_line(f, v, i, r);
	if (e->key.table == TABLE_ILA_LOCAL) {
		dev_name(f, v->num, r);
		return !i;
	}
	if (e->key.vni == ILA_PLANE_KERNEL) { /* the key is the locator */
		memcpy(&r->locator, e->key.ip.b, sizeof(r->locator));
		memset(r->ip.b, 0, sizeof(r->ip.b));
		memcpy(r->ip.b, v->to.b, v->to.len);
	} else if (v->to.len) {
		r->locator = want_half(&v->to);
	}
	return !i;
}

/* ---- underlay ---- */

static unsigned add_once(uint32_t *list, unsigned n, unsigned max, uint32_t ifindex)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == ifindex)
			return n;
	if (n < max)
		list[n++] = ifindex;
	return n;
}

unsigned ila_underlay(const struct fib *f, const struct ila_dom *d, uint32_t *ifindex,
		      unsigned max)
{
	const struct link *l;
	unsigned n = 0;
	bool named = false;

	for (int i = 0; i < ILA_UNDERLAYS; i++) {
		if (!d->want.underlay[i][0])
			continue;
		named = true;
		l = link_by_name(f, d->want.underlay[i]);
		if (l)
			n = add_once(ifindex, n, max, l->ifindex);
	}
	for (const struct ila_loc *c = named ? NULL : f->ila.locs; c; c = c->hh.next)
		if (c->dom == d && !c->err)
			n = add_once(ifindex, n, max, c->hop.ifindex);
	return n;
}
