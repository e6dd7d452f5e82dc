/*
 * SIR domains: what is theirs besides mappings (own locator, unreachable routes), and
 * when all of it is looked at again. Not for mappings (fib/ila_map.c), endpoints
 * (fib/ila_ep.c), the choice of a data plane (fib/ila_plane.c), nor for how a plane
 * writes (fib/be_*.c).
 */
#include "fib/ila.h"

#include <stdlib.h>
#include <string.h>

#include "fib/backends.h"
#include "fib/ila_int.h"
#include "fib/link.h"
#include "fib/route.h"
#include "fib/state.h"
#include "lib/util.h"

/* ---- small things ---- */

void ila_init(struct fib *f)
{
	TAILQ_INIT(&f->ila.dirty);
	share_init(&f->ila.hops);
	f->ila.host =
		(struct want_dom) { .queue = WQ_ROUTE, .serve = true, .open = true };
}

void ila_fini(struct fib *f)
{
	struct ila_dom *d, *next_d;
	struct ila_ep *p, *next_p;

	for (int i = ILA_PLANE_KERNEL; i < ILA_PLANES; i++)
		if (ila_backend((uint8_t)i) && ila_backend((uint8_t)i)->close)
			ila_backend((uint8_t)i)->close(f);
	ila_locs_free(f);
	HASH_ITER (hh, f->ila.eps, p, next_p) {
		HASH_DEL(f->ila.eps, p);
		free(p);
	}
	HASH_ITER (hh, f->ila.doms, d, next_d) {
		HASH_DEL(f->ila.doms, d);
		free(d);
	}
	share_fini(&f->ila.hops);
	free(f->ila.sorted);
}

struct ila_dom *ila_dom_find(const struct fib *f, const struct ila64 *sir)
{
	struct ila_dom *d;

	HASH_FIND(hh, f->ila.doms, sir, sizeof(*sir), d);
	return d;
}

struct ila_dom *ila_dom_get(struct fib *f, const struct ila64 *sir)
{
	struct ila_dom *d = ila_dom_find(f, sir);

	if (d)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->sir = *sir;
	d->home = ILA_PLANE_KERNEL;
	/* Whoever has entries of an earlier run can delete them. */
	d->side[ILA_PLANE_KERNEL] = (struct want_dom) { .vni = ILA_PLANE_KERNEL,
							.queue = WQ_ROUTE,
							.serve = true };
	d->side[ILA_PLANE_EBPF] = (struct want_dom) { .vni = ILA_PLANE_EBPF,
						      .queue = WQ_BPF,
						      .serve = true };
	HASH_ADD(hh, f->ila.doms, sir, sizeof(d->sir), d);
	return d;
}

struct ila_dom *ila_dom_of(const struct want_entry *e)
{
	return e->key.vni == ILA_PLANE_EBPF
		       ? container_of(e->dom, struct ila_dom, side[ILA_PLANE_EBPF])
		       : container_of(e->dom, struct ila_dom, side[ILA_PLANE_KERNEL]);
}

struct ila_ep *ila_ep_find(const struct fib *f, const struct ila_addr *a)
{
	struct ila_ep *p;

	HASH_FIND(hh, f->ila.eps, a, sizeof(*a), p);
	return p;
}

struct ila_addr ila_addr(const struct want_key *k)
{
	struct ila_addr a;

	memcpy(&a, k->ip.b, sizeof(a));
	return a;
}

struct ip ila_ip(const struct ila_addr *a)
{
	return ip_of(a, sizeof(*a));
}

static struct ip ip_of_prefix(const struct ila64 *p)
{
	struct ip a = { .len = 16 };

	memcpy(a.b, p, sizeof(*p));
	return a;
}

bool ila_addr_is_local(const struct fib *f, const struct ila_addr *a)
{
	struct ip ip = ila_ip(a);

	for (const struct laddr *l = f->addrs; l; l = l->hh.next)
		if (ip_eq(&l->key.ip, &ip))
			return true;
	return false;
}

/* ---- entries of a domain ---- */

/* One that follows from a record: as young as that. */
void ila_entry_set(struct fib *f, const struct want_key *k, struct want_dom *dom,
		   const struct want_val *v, uint16_t gen)
{
	struct want_entry *e = want_get(&f->want, k, dom);

	want_set(&f->want, e, v, 0);
	e->gen = gen;
}

void ila_entry_unset(struct fib *f, const struct want_key *k)
{
	struct want_entry *e = want_find(&f->want, k);

	if (e)
		want_unset(&f->want, e);
}

static struct want_key dom_key(uint8_t plane, const struct ila64 *prefix)
{
	return (struct want_key) { .vni = plane,
				   .ip = ip_of_prefix(prefix),
				   .table = TABLE_ILA_DOMAIN };
}

/*
 * What has no mapping goes no further, and neither does what is for our locator and
 * nothing took: the underlay would send it back.
 */
static void unreach_set(struct fib *f, const struct ila64 *prefix, uint16_t gen)
{
	struct want_key k = dom_key(0, prefix);
	struct want_val v = { .flags = WV_UNREACH };

	if (!ila64_is_zero(prefix))
		ila_entry_set(f, &k, &f->ila.host, &v, gen);
}

static void unreach_drop(struct fib *f, const struct ila64 *prefix)
{
	struct want_key k = dom_key(0, prefix);

	for (const struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->wanted &&
		    (ila64_eq(&d->sir, prefix) || ila64_eq(&d->want.locator, prefix)))
			return; /* another domain's by now */
	ila_entry_unset(f, &k);
}

void ila_unreach_want(struct fib *f, const struct ila_dom *d)
{
	if (d->wanted) {
		unreach_set(f, &d->sir, d->gen);
		unreach_set(f, &d->want.locator, d->gen);
	} else {
		unreach_drop(f, &d->sir);
		unreach_drop(f, &d->want.locator);
	}
}

/* The xlat entry of a locator, unless it serves another domain by now. */
static void xlat_drop(struct fib *f, const struct ila_dom *d,
		      const struct ila64 *locator)
{
	struct want_key k = dom_key(ILA_PLANE_KERNEL, locator);
	struct want_entry *e = want_find(&f->want, &k);
	struct ip sir = want_of_half(&d->sir);

	if (e && e->flags & WE_WANTED && ip_eq(&e->want.to, &sir))
		want_unset(&f->want, e);
}

void ila_own_want(struct fib *f, struct ila_dom *d)
{
	struct want_val v = { .csum = d->want.csum };
	struct want_key k;

	if (d->plane == ILA_PLANE_KERNEL && !ila64_is_zero(&d->want.locator)) {
		k = dom_key(ILA_PLANE_KERNEL, &d->want.locator);
		v.to = want_of_half(&d->sir);
		v.ident_type = ILA_TYPE_LUID;
		ila_entry_set(f, &k, &f->ila.host, &v, d->gen);
	} else if (d->plane == ILA_PLANE_EBPF) {
		k = dom_key(ILA_PLANE_EBPF, &d->sir);
		v.to = want_of_half(&d->want.locator);
		v.num = d->want.flags;
		ila_entry_set(f, &k, &d->side[ILA_PLANE_EBPF], &v, d->gen);
	}
}

void ila_own_drop(struct fib *f, const struct ila_dom *d, uint8_t plane)
{
	struct want_key k = dom_key(ILA_PLANE_EBPF, &d->sir);

	if (plane == ILA_PLANE_KERNEL)
		xlat_drop(f, d, &d->want.locator);
	else if (plane == ILA_PLANE_EBPF)
		ila_entry_unset(f, &k);
}

/* ---- records ---- */

static void host_addrs_count(struct fib *f, struct ila_dom *d)
{
	d->host_addrs = 0;
	for (const struct laddr *l = f->addrs; l; l = l->hh.next)
		d->host_addrs += l->key.ip.len == 16 &&
				 !memcmp(l->key.ip.b, &d->sir, sizeof(d->sir));
}

int ila_domain_set(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_ila_domain *i = body;
	struct ila_dom *d = ila_dom_get(f, &i->sir);
	bool other = !d->wanted || !ila64_eq(&d->want.locator, &i->locator);
	struct ila64 was = d->want.locator;
	bool drop = d->wanted && other;

	if (drop)
		xlat_drop(f, d, &was);
	d->want = *i;
	d->wanted = true;
	if (drop)
		unreach_drop(f, &was);
	d->gen = f->want.gen;
	if (!f->ila.joined)
		nl_join_routes(f->ev_fd);
	f->ila.joined = true;
	if (other) {
		host_addrs_count(f, d);
		ila_forwarding_ask(f);
		ila_locs_own(f);
	}
	ila_dom_apply(f, d);
	return 0;
}

static void domain_unset(struct fib *f, struct ila_dom *d)
{
	if (!d->wanted)
		return;
	if (d->from)
		ila_move_end(f, d);
	d->wanted = false;
	memset(&d->told, 0, sizeof(d->told));
	ila_dom_apply(f, d);
	ila_locs_own(f);
}

int ila_domain_del(struct fib *f, const void *body, const char **why UNUSED)
{
	struct ila_dom *d = ila_dom_find(f, body);

	if (d)
		domain_unset(f, d);
	return 0;
}

/* ---- the shadow changed ---- */

void ila_link_changed(struct fib *f, const struct link *l, const char *was)
{
	if (!f->ila.doms)
		return;
	if (strcmp(was, l->name))
		ila_eps_on(f, was); /* the device of that name is gone */
	ila_eps_on(f, l->name);
	route_touch_dev(f, l->ifindex);
	f->ila.work_due = true;
}

void ila_link_gone(struct fib *f, const struct link *l)
{
	for (uint8_t p = ILA_PLANE_KERNEL; p < ILA_PLANES; p++) {
		const struct ila_backend *b = ila_backend(p);

		if (b && b->link_gone)
			b->link_gone(f, l->ifindex);
	}
	if (!f->ila.doms)
		return;
	ila_eps_on(f, l->name); /* it is off the list of names */
	route_touch_dev(f, l->ifindex);
	f->ila.work_due = true;
}

void ila_addr_changed(struct fib *f, const struct ip *a)
{
	struct ila_addr addr;
	struct ila_dom *d;
	struct ila_ep *p;

	if (!f->ila.doms || a->len != 16)
		return;
	memcpy(&addr, a->b, sizeof(addr));
	d = ila_dom_find(f, &addr.prefix);
	if (!d)
		return;
	host_addrs_count(f, d);
	p = ila_ep_find(f, &addr);
	if (p) {
		ila_ep_want(f, p);
		ila_src_choose(f, d);
	}
	ila_map_again(f, &addr);
}

/* ---- turns ---- */

void ila_work(struct fib *f)
{
	route_work(f);
	ila_walk(f);
	ila_moves_end(f);
	ila_gc(f, false);
	if (!f->ila.work_due)
		return;
	f->ila.work_due = false;
	for (uint8_t p = ILA_PLANE_KERNEL; p < ILA_PLANES; p++) {
		const struct ila_backend *b = ila_backend(p);

		if (b && b->work)
			b->work(f);
	}
}

void ila_audit(struct fib *f)
{
	if (!f->ila.doms)
		return;
	ila_gc(f, true);
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->wanted && !d->plane)
			ila_dom_apply(f, d);
}

void ila_sweep(struct fib *f)
{
	struct ila_ep *p, *next;

	HASH_ITER (hh, f->ila.eps, p, next)
		if (p->gen != f->want.gen)
			ila_ep_drop(f, p);
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->wanted && d->gen != f->want.gen)
			domain_unset(f, d);
	ila_multis_sweep(f);
	f->ila.work_due = true; /* leftovers go now */
}
