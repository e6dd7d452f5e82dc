/*
 * Layer-2 domains: which bridge and VXLAN device serve a VNI, and making them when
 * they are absent. One step at a time: each look at a domain does at most one thing
 * and the kernel's event brings the next look. Devices that we did not make are
 * adopted when they fit and never changed beyond joining their bridge.
 */
#include "fib/dom.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fib/be_vxlan.h"
#include "fib/dev.h"
#include "fib/link.h"
#include "fib/pol.h"
#include "fib/port.h"
#include "fib/state.h"
#include "fib/up.h"
#include "fib/watch.h"
#include "lib/clock.h"
#include "lib/util.h"

enum { RETRY_MS = 1000, RETRY_MAX_MS = 32000 };

enum {
	D_WANTED = 1,
	D_SEEN = 2,
	D_MISSING = 4,
	D_EXTRA = 8,
	D_FOREIGN = 16,
	D_FAILED = 32
};

static int no(struct dom *d, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);

static int no(struct dom *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	return err;
}

struct dom *dom_find(const struct fib *f, uint32_t vni)
{
	struct dom *d;

	HASH_FIND(hh, f->by_vni, &vni, sizeof(vni), d);
	return d;
}

struct dom *dom_get(struct fib *f, uint32_t vni)
{
	struct dom *d = dom_find(f, vni);

	if (d)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->w.vni = vni;
	LIST_INIT(&d->vxlans);
	HASH_ADD(hh, f->by_vni, w.vni, sizeof(d->w.vni), d);
	return d;
}

/* May a device of this name be touched (--fib-allow-dev, lo)? */
static bool dev_allowed(const struct fib *f, const char *name)
{
	const struct link *l = link_by_name(f, name);

	if (!name[0] || !strcmp(name, "lo") || (l && l->loopback))
		return false;
	return !f->o->allow_dev || !fnmatch(f->o->allow_dev, name, 0);
}

static bool vni_allowed(const struct fib *f, uint32_t vni)
{
	return !f->o->vni_max || (vni >= f->o->vni_min && vni <= f->o->vni_max);
}

void dom_touch(struct fib *f, struct dom *d)
{
	if (d->dirty)
		return;
	d->dirty = true;
	TAILQ_INSERT_TAIL(&f->doms, d, q);
	fib_turn_soon(f);
}

/* Of several devices with the VNI: the one named, else one in a bridge, else any. */
static struct link *vxlan_choose(const struct dom *d)
{
	struct link *best = NULL, *l;

	LIST_FOREACH (l, &d->vxlans, in_dom) {
		if (d->wanted && !strcmp(l->name, d->want.vxlan))
			return l;
		if (!best || (l->master && !best->master))
			best = l;
	}
	return best;
}

static bool is_open(const struct fib *f, const struct dom *d)
{
	if (d->wanted)
		return !d->bad;
	return f->adopt && vni_allowed(f, d->w.vni) && d->vxlan && d->bridge &&
	       dev_allowed(f, d->vxlan->name) && dev_allowed(f, d->bridge->name);
}

static void seen_forget(struct fib *f, struct dom *d, bool vxlan)
{
	struct want_entry *e, *next;

	if (vxlan)
		d->foreign_floods = 0;
	for (e = want_in_dom(&f->want, &d->w, NULL); e; e = next) {
		bool on_vxlan =
			e->key.table == TABLE_VXLAN_FDB || e->key.table == TABLE_FLOOD;

		next = want_in_dom(&f->want, &d->w, e);
		if (on_vxlan && !vxlan)
			continue;
		if (e->flags & WE_FOREIGN)
			e->flags &= (uint16_t) ~(WE_FOREIGN | WE_FIXED);
		e->flags &= (uint16_t) ~(WE_YIELD | WE_BROKEN | WE_UNSURE);
		want_gone(&f->want, e);
	}
}

/* Which devices serve it now. Entries follow their devices. */
static void bind_devices(struct fib *f, struct dom *d)
{
	struct link *vxlan = vxlan_choose(d);
	struct link *bridge =
		vxlan && vxlan->master ? link_find(f, vxlan->master) : NULL;
	bool was_serve = d->w.serve, was_open = d->w.open;

	if (bridge && bridge->kind != LINK_BRIDGE)
		bridge = NULL;
	if (d->bridge != bridge || d->vxlan != vxlan) {
		bool other = d->vxlan != vxlan;

		if (d->bridge && d->bridge != bridge)
			be_vxlan_leave(f, d);
		d->vxlan = vxlan;
		d->bridge = bridge;
		d->w.serve = false;
		seen_forget(f, d, other);
		was_serve = false;
	}

	bool serve = d->vxlan && d->bridge && (d->raised || !d->wanted);
	bool open = is_open(f, d);

	if (serve != was_serve || open != was_open)
		want_serve(&f->want, &d->w, serve, open);
}

/* A domain's counters are those of one more table. */
static void recount(struct fib *f, struct dom *d)
{
	struct intent_table_counters *c = &f->want.count[TABLE_L2DOM];
	bool there = d->vxlan && d->bridge;
	uint8_t now = 0, was = d->counted;
	uint32_t *n[] = { &c->wanted, &c->seen,    &c->missing,
			  &c->extra,  &c->foreign, &c->failed };

	now |= d->wanted ? D_WANTED : 0;
	now |= there && (d->wanted ? d->ok : d->vxlan->ours) ? D_SEEN : 0;
	now |= d->wanted && !(d->ok && there) ? D_MISSING : 0;
	now |= !d->wanted && d->vxlan && d->vxlan->ours ? D_EXTRA : 0;
	now |= d->vxlan && !d->vxlan->ours ? D_FOREIGN : 0;
	now |= d->err ? D_FAILED : 0;
	for (size_t i = 0; i < ARRAY_SIZE(n); i++)
		if ((was ^ now) & (1 << i))
			*n[i] += now & (1 << i) ? 1 : UINT32_MAX;
	if (!(now & (D_MISSING | D_EXTRA)))
		d->since_ms = 0;
	else if (!d->since_ms)
		d->since_ms = clock_ms();
	if (now != was)
		f->want.changed = true;
	d->counted = now;
}

/*
 * Steps towards what is wanted. Each returns 0: nothing to do here; -EINPROGRESS: a
 * request was made, its event brings us back; else what is wrong, text in d->why.
 */
static int done_or(int err)
{
	return err && err != -EEXIST ? err : -EINPROGRESS;
}

static int fix_bridge(struct fib *f, struct dom *d, struct link **bridge)
{
	int err;

	*bridge = link_by_name(f, d->want.bridge);
	if (!*bridge) {
		if (!(d->want.flags & L2DOM_CREATE))
			return no(d, -ENODEV, "bridge %s: no such device",
				  d->want.bridge);
		d->raised = false;
		err = dev_bridge_add(&f->nl, &d->want, d->why);
		if (!err) /* the alias of a device that is down makes no event */
			watch_ask_link(f, d->want.bridge);
		return done_or(err);
	}
	if ((*bridge)->kind != LINK_BRIDGE)
		return no(d, -EEXIST, "%s exists and is not a bridge", d->want.bridge);
	return 0;
}

static int make_vxlan(struct fib *f, struct dom *d, const struct link *bridge)
{
	const struct link *under = NULL;
	int err;

	if (!(d->want.flags & L2DOM_CREATE))
		return no(d, -ENODEV, "no VXLAN device with this VNI");
	if (link_by_name(f, d->want.vxlan))
		return no(d, -EEXIST, "%s exists and is something else", d->want.vxlan);
	if (d->want.underlay[0]) {
		under = link_by_name(f, d->want.underlay);
		if (!under)
			return no(d, -ENODEV, "underlay %s: no such device",
				  d->want.underlay);
	}
	err = dev_vxlan_add(&f->nl, &d->want, bridge->ifindex,
			    under ? under->ifindex : 0, d->why);
	if (!err)
		watch_ask_link(f, d->want.vxlan);
	return done_or(err);
}

static int fix_params(struct fib *f, struct dom *d)
{
	const struct link *v = d->vxlan;
	char a[ADDR_STR], b[ADDR_STR];

	if (v->port != d->want.port)
		no(d, 0, "%s has port %u, wanted %u", v->name, v->port, d->want.port);
	else if (d->want.vtep.len && !ip_eq(&v->vtep, &d->want.vtep))
		no(d, 0, "%s: local %s, wanted %s", v->name, ip_format(&v->vtep, a),
		   ip_format(&d->want.vtep, b));
	else if (v->gbp != !!(d->want.flags & L2DOM_GBP))
		no(d, 0, "%s is %s a gbp device", v->name, v->gbp ? "" : "not");
	else
		return 0;
	if (v->ours) /* none of these can be changed while it lives */
		return done_or(dev_del(&f->nl, v->ifindex, d->why));
	d->bad = true;
	return -EINVAL;
}

static int fix_master(struct fib *f, struct dom *d, const struct link *bridge)
{
	const struct link *v = d->vxlan, *in = link_find(f, v->master);

	if (v->master == bridge->ifindex)
		return 0;
	if (v->master && !v->ours) {
		d->bad = true;
		return no(d, -EBUSY, "%s is in %s, not in %s", v->name,
			  in ? in->name : "another", bridge->name);
	}
	return done_or(dev_master(&f->nl, v->ifindex, bridge->ifindex, d->why));
}

static int fix_flags(struct fib *f, struct dom *d)
{
	const struct link *v = d->vxlan, *b = d->bridge;
	bool suppress = d->want.flags & L2DOM_SUPPRESS;

	if (v->learning || (suppress && !v->suppress))
		return done_or(dev_port(&f->nl, v->ifindex, suppress, d->why));
	if (d->raised)
		return 0;
	/* The bridge last: a bridge that is up and gets its first carrier then flushes
	 * its neighbours. */
	if (!v->is_up && v->ours) {
		int err = dev_up(&f->nl, v->ifindex, d->why);

		if (err == -EADDRINUSE && !d->why[0])
			no(d, err, "port %u: in use, with another gbp setting?",
			   v->port);
		return done_or(err);
	}
	if (!b->is_up && b->ours)
		return done_or(dev_up(&f->nl, b->ifindex, d->why));
	d->raised = true;
	return 0;
}

static int fix(struct fib *f, struct dom *d)
{
	struct link *bridge;
	int err;

	d->bad = false;
	d->why[0] = '\0';
	err = fix_bridge(f, d, &bridge);
	if (err)
		return err;
	if (!d->vxlan) {
		d->raised = false;
		return make_vxlan(f, d, bridge);
	}
	if (!dev_allowed(f, d->vxlan->name)) {
		d->bad = true;
		return no(d, -EPERM, "%s: not allowed", d->vxlan->name);
	}
	err = fix_params(f, d);
	if (!err)
		err = fix_master(f, d, bridge);
	if (!err && !d->bridge)
		err = -EINPROGRESS; /* its event is on the way */
	if (!err)
		err = fix_flags(f, d);
	return err;
}

static void tell_error(struct fib *f, struct dom *d, int was)
{
	if (!d->err && !d->told)
		return;
	if (d->err == was && d->told)
		return;
	d->told = d->err != 0;
	log_write(d->err ? LOG_LVL_WARN : LOG_LVL_INFO, LOG_FIB, "vni %u: %s, err=%d",
		  d->w.vni, d->err ? d->why : "devices are as wanted", d->err);
	up_result(f, TABLE_L2DOM, d->w.vni, 0, d->err, d->why);
}

static void pause_set(struct dom *d)
{
	int64_t pause = (int64_t)RETRY_MS << MIN_OF(d->tries, 5);

	d->retry_ms = clock_ms() + MIN_OF(pause, RETRY_MAX_MS);
	if (d->tries < UINT8_MAX)
		d->tries++;
}

/* Our device, and nobody asks for it any more. */
static void remove_ours(struct fib *f, struct dom *d)
{
	struct intent_table_counters *c = &f->want.count[TABLE_L2DOM];
	char why[NL_WHY];

	if (!d->vxlan || !d->vxlan->ours || f->want.syncing)
		return;
	if (dev_del(&f->nl, d->vxlan->ifindex, why)) {
		c->ops_failed++;
		pause_set(d);
		return;
	}
	c->ops_ok++;
	f->ports_due = true;
}

static void look(struct fib *f, struct dom *d)
{
	struct intent_table_counters *c = &f->want.count[TABLE_L2DOM];
	bool was_ok = d->ok;
	int err, was = d->err;

	bind_devices(f, d);
	if (!d->wanted) {
		d->ok = d->w.open;
		d->err = 0;
		d->retry_ms = 0;
		remove_ours(f, d);
	} else {
		err = fix(f, d);
		d->ok = !err;
		if (err != -EINPROGRESS) {
			d->err = err;
			c->ops_failed += err != 0;
			tell_error(f, d, was);
		}
		if (err && err != -EINPROGRESS) {
			pause_set(d);
		} else if (!err) {
			d->tries = 0;
			d->retry_ms = 0;
			c->ops_ok += !was_ok;
			c->repaired += !was_ok && d->was_ok;
			d->was_ok = true;
			d->why[0] = '\0';
		}
		bind_devices(f, d); /* d->bad may have changed */
	}
	if (d->ok != was_ok && d->vxlan)
		up_queue(f, &d->vxlan->up);
	recount(f, d);
}

void dom_set(struct fib *f, const struct intent_l2dom *i)
{
	struct dom *d = dom_get(f, i->vni);

	d->gen = f->want.gen;
	if (d->wanted && !memcmp(&d->want, i, sizeof(*i)) && !d->err)
		return;
	d->want = *i;
	d->wanted = true;
	d->was_ok = false;
	d->raised = false;
	f->ports_due = true;
	dom_touch(f, d);
	net_dom_changed(f, d);
}

void dom_unset(struct fib *f, uint32_t vni)
{
	struct dom *d = dom_find(f, vni);

	if (!d || !d->wanted)
		return;
	d->wanted = false;
	d->bad = false;
	d->told = false;
	f->ports_due = true;
	dom_touch(f, d);
	net_dom_changed(f, d);
}

void dom_adopt(struct fib *f, bool on)
{
	if (f->adopt == on)
		return;
	f->adopt = on;
	for (struct dom *d = f->by_vni; d; d = d->hh.next)
		dom_touch(f, d);
}

static bool dom_uses(const struct dom *d, const struct link *l)
{
	return d->bridge == l || d->vxlan == l ||
	       (d->wanted &&
		(!strcmp(d->want.bridge, l->name) || !strcmp(d->want.vxlan, l->name) ||
		 (!d->vxlan && !strcmp(d->want.underlay, l->name))));
}

void dom_link_changed(struct fib *f, struct link *l)
{
	f->ports_due = true;
	fib_turn_soon(f);
	if (l->kind == LINK_VXLAN && l->vni) {
		struct dom *d = dom_get(f, l->vni);

		bind_devices(f, d);
		want_serve(&f->want, &d->w, d->w.serve, d->w.open);
		dom_touch(f, d);
	}
	for (struct dom *d = f->by_vni; d; d = d->hh.next)
		if (dom_uses(d, l))
			dom_touch(f, d);
}

void dom_link_gone(struct fib *f, struct link *l)
{
	f->ports_due = true;
	for (struct dom *d = f->by_vni; d; d = d->hh.next) {
		if (!dom_uses(d, l))
			continue;
		bind_devices(f, d); /* before the link is freed */
		dom_touch(f, d);
	}
}

void dom_work(struct fib *f)
{
	struct dom *d, *last = TAILQ_LAST(&f->doms, dom_list);

	/* Those touched from here on come in the next turn, behind their events. */
	while (last && (d = TAILQ_FIRST(&f->doms))) {
		if (d == last)
			last = NULL;
		TAILQ_REMOVE(&f->doms, d, q);
		d->dirty = false;
		look(f, d);
	}
	ports_work(f);
}

void dom_sweep(struct fib *f)
{
	for (struct dom *d = f->by_vni; d; d = d->hh.next) {
		if (d->wanted && d->gen != f->want.gen) {
			f->want.count[TABLE_L2DOM].swept++;
			dom_unset(f, d->w.vni);
		} else if (!d->wanted && d->vxlan && d->vxlan->ours) {
			f->want.count[TABLE_L2DOM].swept++;
		}
		dom_touch(f, d);
	}
	endpoint_sweep(f);
	f->ports_due = true;
}

int64_t dom_retry(struct fib *f, int64_t now_ms)
{
	int64_t next = INT64_MAX;

	for (struct dom *d = f->by_vni; d; d = d->hh.next) {
		if (!d->retry_ms)
			continue;
		if (d->retry_ms <= now_ms) {
			d->retry_ms = 0;
			dom_touch(f, d);
		} else if (d->retry_ms < next) {
			next = d->retry_ms;
		}
	}
	return next;
}
