/*
 * Ports of the bridges: declared endpoints are put into theirs, and a bridge that we
 * made goes with its last port. Not for bridges that are wanted: fib/dom.c.
 */
#include "fib/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fib/dev.h"
#include "fib/dom.h"
#include "fib/link.h"
#include "fib/pol.h"
#include "fib/state.h"
#include "fib/up.h"
#include "lib/util.h"

static bool bridge_is_used(const struct fib *f, const struct link *b)
{
	for (const struct link *l = f->links; l; l = l->hh.next)
		if (l->master == b->ifindex)
			return true;
	for (const struct dom *d = f->by_vni; d; d = d->hh.next)
		if (d->wanted && !strcmp(d->want.bridge, b->name))
			return true;
	return false;
}

/* Bridges we made stay as long as anybody's port is in them. */
static void remove_bridges(struct fib *f)
{
	char why[NL_WHY];

	if (f->want.syncing)
		return;
	for (struct link *l = f->links; l; l = l->hh.next)
		if (l->kind == LINK_BRIDGE && l->ours && !bridge_is_used(f, l))
			dev_del(&f->nl, l->ifindex, why);
}

static int endpoint_fix(struct fib *f, const struct endpoint *e, char *why)
{
	struct link *l = link_by_name(f, e->ifname);
	const struct dom *d = dom_find(f, e->vni);

	why[0] = '\0';
	if (!l || !d || !d->bridge || !d->w.open)
		return 0; /* when it appears */
	if (l->kind != LINK_OTHER || l->loopback)
		return -EPERM;
	if (l->master == d->bridge->ifindex)
		return 0;
	if (l->master)
		return -EBUSY;

	pol_gate_before(f, l);

	int err = dev_master(&f->nl, l->ifindex, d->bridge->ifindex, why);

	return err ? err : dev_up(&f->nl, l->ifindex, why);
}

static void endpoints_work(struct fib *f)
{
	char why[NL_WHY], text[NL_WHY];

	for (struct endpoint *e = f->endpoints; e; e = e->hh.next) {
		int err = endpoint_fix(f, e, why);

		if (err != e->err) {
			snprintf(text, sizeof(text), "%s: %.40s", e->ifname,
				 why[0] ? why
				 : err  ? strerror(-err)
					: "in its bridge");
			up_result(f, TABLE_L2DOM, e->vni, 0, err, text);
		}
		e->err = err;
	}
}

void endpoint_set(struct fib *f, const struct intent_endpoint *i)
{
	struct endpoint *e;

	HASH_FIND_STR(f->endpoints, i->ifname, e);
	if (!e) {
		e = xcalloc(1, sizeof(*e));
		str_copy(e->ifname, sizeof(e->ifname), i->ifname);
		HASH_ADD_STR(f->endpoints, ifname, e);
	}
	e->vni = i->vni;
	e->gen = f->want.gen;
	f->ports_due = true;
	fib_turn_soon(f);
}

void endpoint_unset(struct fib *f, const char *ifname)
{
	struct endpoint *e;

	HASH_FIND_STR(f->endpoints, ifname, e);
	if (!e)
		return;
	HASH_DEL(f->endpoints, e);
	free(e);
}

void endpoint_sweep(struct fib *f)
{
	struct endpoint *e, *next;

	HASH_ITER (hh, f->endpoints, e, next)
		if (e->gen != f->want.gen)
			endpoint_unset(f, e->ifname);
}

void ports_work(struct fib *f)
{
	if (!f->ports_due)
		return;
	f->ports_due = false;
	endpoints_work(f);
	remove_bridges(f);
}
