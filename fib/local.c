/*
 * Shadow of what bridges learned: MACs on ports and neighbours, told upward for
 * every bridge that has a VXLAN device. Kept for the other bridges as well: they
 * may get one. Not for entries of ours, which fib/want.c has.
 */
#include "fib/local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fib/dom.h"
#include "fib/link.h"
#include "fib/state.h"
#include "fib/up.h"
#include "fib/watch.h"
#include "lib/util.h"

static struct lfdb_key fdb_key(uint32_t bridge, const struct mac *mac)
{
	return (struct lfdb_key) { .bridge = bridge, .mac = *mac };
}

static struct lneigh_key neigh_key(uint32_t bridge, const struct ip *ip)
{
	return (struct lneigh_key) { .bridge = bridge, .ip = *ip };
}

struct lfdb *lfdb_find(const struct fib *f, uint32_t bridge, const struct mac *mac)
{
	struct lfdb_key k = fdb_key(bridge, mac);
	struct lfdb *e;

	HASH_FIND(hh, f->fdbs, &k, sizeof(k), e);
	return e;
}

bool lfdb_is_local(const struct fib *f, const struct lfdb *e)
{
	const struct link *l = link_find(f, e->port);

	return !(e->flags & LFDB_PERMANENT) && e->port != e->key.bridge &&
	       !(l && l->kind == LINK_VXLAN);
}

/* The entry that wants this MAC elsewhere, if the bridge has a VNI and there is one. */
static struct want_entry *rival_mac(struct fib *f, uint32_t bridge,
				    const struct mac *mac)
{
	struct want_key k = { .vni = link_vni(f, bridge),
			      .ip = want_of_mac(mac),
			      .table = TABLE_BRIDGE_FDB };

	return k.vni ? want_find(&f->want, &k) : NULL;
}

static struct want_entry *rival_ip(struct fib *f, uint32_t bridge, const struct ip *ip)
{
	struct want_key k = { .vni = link_vni(f, bridge),
			      .ip = *ip,
			      .table = TABLE_NEIGH };

	return k.vni ? want_find(&f->want, &k) : NULL;
}

/*
 * A local MAC took the place of an entry of ours. The engine is told first and
 * answers with MAC_DEL, or with a MAC_SET that puts ours back; until then the
 * kernel's entry stays (want.h: WE_YIELD). The same entry on a neighbour's address.
 */
static void rival_yield(struct fib *f, struct want_entry *w)
{
	if (w && w->flags & (WE_SEEN | WE_WANTED)) {
		want_flag(&f->want, w, WE_YIELD, WE_BROKEN);
		want_gone(&f->want, w);
	}
}

static void rival_resume(struct fib *f, struct want_entry *w)
{
	if (!w)
		return;
	if (w->flags & WE_YIELD)
		want_flag(&f->want, w, 0, WE_YIELD);
	else if (w->flags & WE_PARKED && want_err(w) == -EEXIST)
		want_serve(&f->want, w->dom, w->dom->serve, w->dom->open);
}

void lfdb_set(struct fib *f, uint32_t bridge, const struct mac *mac, uint32_t port,
	      uint16_t flags)
{
	struct lfdb *e = lfdb_find(f, bridge, mac);
	bool fresh = !e;

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		e->up.kind = UP_FDB;
		e->key = fdb_key(bridge, mac);
		HASH_ADD(hh, f->fdbs, key, sizeof(e->key), e);
	}
	e->dump = f->dump;
	if (!fresh && e->port == port && e->flags == flags)
		return;
	e->port = port;
	e->flags = flags;
	if (lfdb_is_local(f, e))
		rival_yield(f, rival_mac(f, bridge, mac));
	up_queue(f, &e->up);
}

static void lfdb_free(struct fib *f, struct lfdb *e)
{
	struct want_entry *w = rival_mac(f, e->key.bridge, &e->key.mac);

	HASH_DEL(f->fdbs, e);
	e->up.gone = true;
	if (e->up.told) {
		up_queue(f, &e->up);
	} else {
		up_drop(f, &e->up);
		free(e);
	}
	rival_resume(f, w);
}

void lfdb_gone(struct fib *f, uint32_t bridge, const struct mac *mac)
{
	struct lfdb *e = f->fdbs ? lfdb_find(f, bridge, mac) : NULL;

	if (e)
		lfdb_free(f, e);
}

struct lneigh *lneigh_find(const struct fib *f, uint32_t bridge, const struct ip *ip)
{
	struct lneigh_key k = neigh_key(bridge, ip);
	struct lneigh *n;

	HASH_FIND(hh, f->neighs, &k, sizeof(k), n);
	return n;
}

void lneigh_set(struct fib *f, uint32_t bridge, const struct ip *ip,
		const struct mac *mac, bool permanent, bool router)
{
	struct lneigh *n = lneigh_find(f, bridge, ip);
	bool fresh = !n;

	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->up.kind = UP_NEIGH;
		n->key = neigh_key(bridge, ip);
		HASH_ADD(hh, f->neighs, key, sizeof(n->key), n);
	}
	n->dump = f->dump;
	if (!fresh && mac_eq(&n->mac, mac) && n->permanent == permanent &&
	    n->router == router)
		return;
	n->mac = *mac;
	n->permanent = permanent;
	n->router = router;
	rival_yield(f, rival_ip(f, bridge, ip));
	up_queue(f, &n->up);
}

static void lneigh_free(struct fib *f, struct lneigh *n)
{
	struct want_entry *w = rival_ip(f, n->key.bridge, &n->key.ip);

	HASH_DEL(f->neighs, n);
	n->up.gone = true;
	if (n->up.told) {
		up_queue(f, &n->up);
	} else {
		up_drop(f, &n->up);
		free(n);
	}
	rival_resume(f, w);
}

void lneigh_gone(struct fib *f, uint32_t bridge, const struct ip *ip)
{
	struct lneigh *n = f->neighs ? lneigh_find(f, bridge, ip) : NULL;

	if (n)
		lneigh_free(f, n);
}

void local_retell(struct fib *f, uint32_t bridge)
{
	struct link *b = link_find(f, bridge);

	if (b)
		up_queue(f, &b->up);
	for (struct lfdb *e = f->fdbs; e; e = e->hh.next)
		if (e->key.bridge == bridge)
			up_queue(f, &e->up);
	for (struct lneigh *n = f->neighs; n; n = n->hh.next)
		if (n->key.bridge == bridge)
			up_queue(f, &n->up);
}

void local_link_gone(struct fib *f, uint32_t ifindex)
{
	struct lfdb *e, *next_e;
	struct lneigh *n, *next_n;

	HASH_ITER (hh, f->fdbs, e, next_e)
		if (e->key.bridge == ifindex || e->port == ifindex)
			lfdb_free(f, e);
	HASH_ITER (hh, f->neighs, n, next_n)
		if (n->key.bridge == ifindex)
			lneigh_free(f, n);
}

/*
 * A dump walks a table that changes under it and can skip an entry. A MAC that is
 * declared gone is withdrawn everywhere, so each missing one is asked for.
 */
void local_sweep(struct fib *f)
{
	struct lfdb *e, *next_e;
	struct lneigh *n, *next_n;

	HASH_ITER (hh, f->fdbs, e, next_e)
		if (e->dump != f->dump)
			watch_ask_fdb(f, e->key.bridge, &e->key.mac);
	HASH_ITER (hh, f->neighs, n, next_n)
		if (n->dump != f->dump)
			watch_ask_neigh(f, n->key.bridge, &n->key.ip);
}
