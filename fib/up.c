/*
 * Everything that goes up. Objects of the shadow are queued once, however often
 * they change, and told with the state they have when there is room: a slow engine
 * costs one list link per object. A new engine gets the whole picture.
 */
#include "fib/up.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "fib/be_bpf.h"
#include "fib/dom.h"
#include "fib/ila.h"
#include "fib/link.h"
#include "fib/local.h"
#include "fib/pol.h"
#include "fib/state.h"
#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/util.h"

enum { COUNTERS_MS = 200 };

void up_queue(struct fib *f, struct up *u)
{
	if (u->queued || !f->chan)
		return;
	u->queued = true;
	TAILQ_INSERT_TAIL(&f->ups, u, q);
	fib_turn_soon(f);
}

void up_drop(struct fib *f, struct up *u)
{
	if (u->queued)
		TAILQ_REMOVE(&f->ups, u, q);
	u->queued = false;
}

static void put(struct fib *f, uint16_t type, uint32_t flags, const void *body,
		size_t len)
{
	chan_put(f->chan, type, flags, body,
		 len); /* a dead channel is seen by its EOF */
}

static uint32_t flags_of(struct up *u, bool gone)
{
	uint32_t flags = (gone ? INTENT_F_GONE : 0u) | (u->dump ? INTENT_F_DUMP : 0u);

	u->dump = false;
	return flags;
}

static void tell_link(struct fib *f, struct link *l)
{
	bool port = l->kind == LINK_OTHER && l->master;
	bool relevant = l->kind != LINK_OTHER || port;
	const struct dom *d = l->vni ? dom_find(f, l->vni) : NULL;
	struct intent_link r = {
		.ifindex = l->ifindex,
		.master = l->master,
		.vni = l->vni,
		.kind = port ? LINK_PORT : l->kind,
		.port = l->port,
		.mac = l->mac,
		.vtep = l->vtep,
	};

	if (port) {
		const struct link *b = link_find(f, l->master);

		relevant = b && b->kind == LINK_BRIDGE;
	}
	if (l->up.gone || !relevant) {
		if (!l->up.told)
			return;
		l->up.gone = true;
	}
	memcpy(r.name, l->name, sizeof(r.name));
	r.flags |= l->is_up ? LINK_UP : 0;
	r.flags |= l->ours ? LINK_OURS : 0;
	r.flags |= d && d->ok && d->vxlan == l && d->w.serve ? LINK_L2DOM_OK : 0;
	put(f, INTENT_LINK, flags_of(&l->up, l->up.gone), &r, sizeof(r));
	l->up.told = !l->up.gone;
}

static void tell_addr(struct fib *f, struct laddr *a)
{
	struct intent_addr r = { .ifindex = a->key.ifindex,
				 .ip = a->key.ip,
				 .bits = a->bits };

	if (a->up.gone && !a->up.told)
		return;
	put(f, INTENT_ADDR, flags_of(&a->up, a->up.gone), &r, sizeof(r));
	a->up.told = 1;
}

static void tell_fdb(struct fib *f, struct lfdb *e)
{
	bool local = !e->up.gone && lfdb_is_local(f, e);
	uint32_t vni = local ? link_vni(f, e->key.bridge) : 0;
	struct intent_fdb r = { .vni = e->up.told,
				.ifindex = e->port,
				.mac = e->key.mac,
				.flags = e->flags & (FDB_STICKY | FDB_STATIC) };

	if (e->up.told && e->up.told != vni)
		put(f, INTENT_FDB, flags_of(&e->up, true), &r, sizeof(r));
	r.vni = vni;
	if (vni)
		put(f, INTENT_FDB, flags_of(&e->up, false), &r, sizeof(r));
	e->up.told = vni;
}

static void tell_neigh(struct fib *f, struct lneigh *n)
{
	uint32_t vni = n->up.gone ? 0 : link_vni(f, n->key.bridge);
	struct intent_neigh r = { .vni = n->up.told,
				  .ip = n->key.ip,
				  .mac = n->mac,
				  .flags = n->router ? FNEIGH_ROUTER : 0 };

	if (n->up.told && n->up.told != vni)
		put(f, INTENT_LNEIGH, flags_of(&n->up, true), &r, sizeof(r));
	r.vni = vni;
	if (vni)
		put(f, INTENT_LNEIGH, flags_of(&n->up, false), &r, sizeof(r));
	n->up.told = vni;
}

/* Tells one object, and frees it when it was only waiting for that. */
static void tell(struct fib *f, struct up *u)
{
	bool gone = u->gone;

	switch (u->kind) {
	case UP_LINK:
		tell_link(f, container_of(u, struct link, up));
		if (gone)
			free(container_of(u, struct link, up));
		else
			u->gone = false; /* it left its bridge, and may come back */
		break;
	case UP_ADDR:
		tell_addr(f, container_of(u, struct laddr, up));
		if (gone)
			free(container_of(u, struct laddr, up));
		break;
	case UP_FDB:
		tell_fdb(f, container_of(u, struct lfdb, up));
		if (gone)
			free(container_of(u, struct lfdb, up));
		break;
	case UP_NEIGH:
		tell_neigh(f, container_of(u, struct lneigh, up));
		if (gone)
			free(container_of(u, struct lneigh, up));
		break;
	default:
		put(f, INTENT_DUMP_END, 0, NULL, 0);
		break;
	}
}

static void first_picture(struct fib *f, struct up *u)
{
	u->told = 0;
	u->dump = true;
	up_queue(f, u);
}

void up_start(struct fib *f, uint32_t restarts)
{
	struct intent_hello h = { .version = INTENT_VERSION, .fib_restarts = restarts };

	for (int t = 0; t < TABLES; t++)
		h.kept |= f->want.count[t].seen != 0;
	put(f, INTENT_HELLO, 0, &h, sizeof(h));
	for (struct link *l = f->links; l; l = l->hh.next)
		first_picture(f, &l->up);
	for (struct laddr *a = f->addrs; a; a = a->hh.next)
		first_picture(f, &a->up);
	for (struct lfdb *e = f->fdbs; e; e = e->hh.next)
		first_picture(f, &e->up);
	for (struct lneigh *n = f->neighs; n; n = n->hh.next)
		first_picture(f, &n->up);
	ila_retell(f);
	be_bpf_retell(f);
	pol_retell(f);
	f->dump_end.kind = UP_DUMP_END;
	first_picture(f, &f->dump_end);
	f->want.changed = true;
}

/* What is gone and was still to be told: only the memory is given back. */
static void forget(struct up *u)
{
	switch (u->gone ? u->kind : UP_DUMP_END) {
	case UP_LINK:
		free(container_of(u, struct link, up));
		break;
	case UP_ADDR:
		free(container_of(u, struct laddr, up));
		break;
	case UP_FDB:
		free(container_of(u, struct lfdb, up));
		break;
	case UP_NEIGH:
		free(container_of(u, struct lneigh, up));
		break;
	default:
		break;
	}
}

void up_reset(struct fib *f)
{
	struct up *u;
	struct query *q;

	for (struct link *l = f->links; l; l = l->hh.next)
		l->up.told = 0;
	for (struct laddr *a = f->addrs; a; a = a->hh.next)
		a->up.told = 0;
	for (struct lfdb *e = f->fdbs; e; e = e->hh.next)
		e->up.told = 0;
	for (struct lneigh *n = f->neighs; n; n = n->hh.next)
		n->up.told = 0;

	while ((u = TAILQ_FIRST(&f->ups))) {
		up_drop(f, u);
		forget(u);
	}
	while ((q = STAILQ_FIRST(&f->queries))) {
		STAILQ_REMOVE_HEAD(&f->queries, q);
		free(q);
	}
}

void up_result(struct fib *f, uint16_t table, uint32_t vni, uint32_t cookie, int err,
	       const char *why)
{
	struct intent_result r = {
		.cookie = cookie, .vni = vni, .err = err, .table = table
	};

	str_copy(r.why, sizeof(r.why), why);
	up_refusal(f, &r);
}

void up_refusal(struct fib *f, const struct intent_result *r)
{
	if (!f->chan)
		return;
	put(f, INTENT_RESULT, 0, r, sizeof(*r));
	fib_turn_soon(f);
}

void up_ila_state(struct fib *f, const struct intent_ila_state *s)
{
	if (!f->chan)
		return;
	put(f, INTENT_ILA_STATE, 0, s, sizeof(*s));
	fib_turn_soon(f);
}

static bool is_fdb(uint8_t table)
{
	return table == TABLE_VXLAN_FDB || table == TABLE_BRIDGE_FDB ||
	       table == TABLE_NET_FDB;
}

static void send_results(struct fib *f)
{
	struct want_entry *e;

	while ((e = want_result(&f->want)) && chan_has_room(f->chan)) {
		struct intent_result r = { .cookie = e->cookie,
					   .err = want_err(e),
					   .table = e->key.table };

		if (!want_is_ila(e))
			r.vni = e->key.vni;
		if (is_fdb(e->key.table))
			r.mac = want_mac(&e->key.ip);
		else
			r.ip = e->key.ip;
		if (e->key.table == TABLE_NEIGH || e->key.table == TABLE_NET_NEIGH)
			r.mac = want_mac(&e->want.to);
		if (e->key.table == TABLE_VXLAN_FDB || e->key.table == TABLE_NET_FDB)
			r.ip = e->want.to;
		if (e->key.table == TABLE_ILA_DOMAIN) {
			struct intent_entry shown = { 0 };

			ila_entry(f, e, &e->want, 0, &shown);
			r.ip = shown.ip;
		}
		str_copy(r.why, sizeof(r.why), want_why(e));
		put(f, INTENT_RESULT, 0, &r, sizeof(r));
		want_told(&f->want, e);
	}
}

void up_query(struct fib *f, const struct intent_query *ask)
{
	struct query *q = xcalloc(1, sizeof(*q));

	q->ask = *ask;
	STAILQ_INSERT_TAIL(&f->queries, q, q);
	fib_turn_soon(f);
}

/* What a layer-2 entry says, beside its state. */
static void l2_entry(const struct want_entry *e, const struct want_val *v,
		     struct intent_entry *r)
{
	const struct dom *d = container_of(e->dom, struct dom, w);
	const struct link *dev = e->key.table == TABLE_NEIGH ? d->bridge : d->vxlan;

	r->vni = e->key.vni;
	if (is_fdb(e->key.table))
		r->mac = want_mac(&e->key.ip);
	else
		r->ip = e->key.ip;
	if (e->key.table == TABLE_VXLAN_FDB)
		r->ip = v->to;
	if (e->key.table == TABLE_NEIGH)
		r->mac = want_mac(&v->to);
	if (dev)
		memcpy(r->dev, dev->name, sizeof(r->dev));
}

static void answer_entry(struct fib *f, const struct query *q,
			 const struct want_entry *e)
{
	const struct want_val *v = e->flags & WE_WANTED ? &e->want : &e->seen;
	struct intent_entry r = { .id = q->ask.id,
				  .table = e->key.table,
				  .err = want_err(e) };
	bool differs = e->since_ms != 0;

	if ((q->ask.table != TABLES && q->ask.table != e->key.table) ||
	    (q->ask.diff_only && !differs && !r.err))
		return;
	r.state |= e->flags & WE_WANTED ? ENTRY_WANTED : 0;
	/* Seen means as wanted; an entry with another value is a difference. */
	r.state |= (e->flags & WE_SEEN) && !(e->flags & WE_WANTED && differs)
			   ? ENTRY_SEEN
			   : 0;
	r.state |= e->flags & WE_FOREIGN ? ENTRY_FOREIGN : 0;
	r.state |= e->flags & WE_HELD ? ENTRY_HELD : 0;
	if (differs)
		r.age_ms = (uint32_t)clock_ms() - e->since_ms;
	if (want_is_pol(e)) {
		pol_entry(f, e, v, &r);
		put(f, INTENT_ENTRY, 0, &r, sizeof(r));
		return;
	}
	if (!want_is_ila(e)) {
		l2_entry(e, v, &r);
		put(f, INTENT_ENTRY, 0, &r, sizeof(r));
		return;
	}
	for (unsigned i = 0; ila_entry(f, e, v, i, &r); i++)
		put(f, INTENT_ENTRY, 0, &r, sizeof(r));
}

static void answer_dom(struct fib *f, const struct query *q, const struct dom *d)
{
	bool seen = d->vxlan && d->bridge;
	bool differs = d->wanted != (d->ok && seen);
	const char *dev = d->vxlan ? d->vxlan->name : d->want.vxlan;
	struct intent_entry r = { .id = q->ask.id,
				  .table = TABLE_L2DOM,
				  .err = d->err,
				  .vni = d->w.vni,
				  .ip = d->vxlan ? d->vxlan->vtep : d->want.vtep };

	if ((q->ask.table != TABLES && q->ask.table != TABLE_L2DOM) ||
	    (!d->wanted && !d->vxlan))
		return;
	r.state |= d->wanted ? ENTRY_WANTED : 0;
	r.state |= seen ? ENTRY_SEEN : 0;
	if (d->vxlan && !d->vxlan->ours) {
		r.state |= ENTRY_FOREIGN;
		differs = d->wanted && !d->ok;
	}
	if (q->ask.diff_only && !differs && !d->err)
		return;
	if (differs && d->since_ms)
		r.age_ms = (uint32_t)(clock_ms() - d->since_ms);
	r.receive = net_receive(f, d->w.vni);
	memcpy(r.dev, dev, sizeof(r.dev));
	put(f, INTENT_ENTRY, 0, &r, sizeof(r));
}

static void put_plain(struct fib *f, uint16_t type, const void *body, uint32_t len)
{
	put(f, type, 0, body, len);
}

static void answer(struct fib *f)
{
	struct query *q = STAILQ_FIRST(&f->queries);
	struct want_entry *e;

	if (!q || !chan_has_room(f->chan))
		return;
	if (!q->dom_at++) {
		for (struct dom *d = f->by_vni; d; d = d->hh.next)
			answer_dom(f, q, d);
		pol_answer(f, &q->ask, put_plain);
	}
	while (chan_has_room(f->chan)) {
		e = want_each(&f->want, &q->at);
		if (e) {
			answer_entry(f, q, e);
			continue;
		}
		put(f, INTENT_QUERY_END, 0, &q->ask, sizeof(q->ask));
		STAILQ_REMOVE_HEAD(&f->queries, q);
		free(q);
		return;
	}
}

static void send_counters(struct fib *f)
{
	int64_t now = clock_ms();
	struct intent_counters c;
	bool apart = false;

	if (!f->want.changed || now - f->counters_ms < COUNTERS_MS)
		return;
	memset(&c, 0, sizeof(c));
	memcpy(c.table, f->want.count, sizeof(c.table));
	for (int t = 0; t < TABLES; t++)
		apart |= c.table[t].missing || c.table[t].extra;
	if (apart)
		f->in_sync_since_ms = 0;
	else if (!f->in_sync_since_ms)
		f->in_sync_since_ms = now;
	c.batches = f->nl.batches;
	c.messages = f->nl.messages;
	c.resyncs = f->resyncs;
	c.enobufs = f->enobufs;
	c.audits = f->audits;
	c.retries = f->retries;
	c.in_sync_since_ms = (uint64_t)f->in_sync_since_ms;
	c.queue = f->want.n_diff;
	c.syncing = f->want.syncing;
	c.apply_ns = f->apply_ns;
	c.applied = f->applied;
	put(f, INTENT_COUNTERS, 0, &c, sizeof(c));
	f->counters_ms = now;
	f->want.changed = false;
}

void up_send(struct fib *f)
{
	struct up *u;

	if (!f->chan)
		return;
	while ((u = TAILQ_FIRST(&f->ups)) && chan_has_room(f->chan)) {
		up_drop(f, u);
		tell(f, u);
	}
	send_results(f);
	answer(f);
	send_counters(f);
	chan_flush(f->chan);
}
