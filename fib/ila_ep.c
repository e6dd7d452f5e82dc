/*
 * Identifiers of this host: a route to the container's device, whichever plane serves
 * the domain, and in the eBPF plane an entry of its maps. The host's own are addresses
 * that the operator configures.
 */
#include "fib/ila_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fib/dev.h"
#include "fib/link.h"
#include "fib/pol.h"
#include "fib/state.h"
#include "fib/up.h"
#include "lib/util.h"

/* Routes are of SIR addresses, too: a prefix of the tenant's own is seen on the
 * container's link only, where a program of ours replaces it. */
static struct want_key local_key(uint8_t plane, const struct ip *a)
{
	return (struct want_key) { .vni = plane, .ip = *a, .table = TABLE_ILA_LOCAL };
}

static void ep_raise(struct fib *f, struct ila_ep *p, const struct link *l)
{
	char why[NL_WHY];

	if (p->raised == l->ifindex)
		return; /* once: later it is the operator's */
	p->raised = l->ifindex;
	if (!l->is_up && dev_up(&f->nl, l->ifindex, why))
		log_warn(LOG_FIB, "%s: cannot be set up, %s", l->name, why);
}

static void local_hold(struct fib *f, const struct want_key *k, struct want_dom *dom,
		       const struct want_val *v, uint16_t gen, int err, const char *why)
{
	struct want_entry *e = want_get(&f->want, k, dom);

	want_hold(&f->want, e, v, 0, err, why);
	e->gen = gen;
}

static void ep_want_in(struct fib *f, struct ila_ep *p, const struct want_key *k,
		       struct want_dom *dom, struct want_val v)
{
	const struct link *l = link_by_name(f, p->want.ifname);

	if (!l) {
		local_hold(f, k, dom, &v, p->gen, -ENODEV, "its device is not there");
		return;
	}
	if (l->loopback || l->kind == LINK_VXLAN) {
		local_hold(f, k, dom, &v, p->gen, -EPERM,
			   "its device is not a container's");
		return;
	}
	if (!l->ethernet && p->dom->home == ILA_PLANE_EBPF) {
		local_hold(f, k, dom, &v, p->gen, -EMEDIUMTYPE,
			   "its device has no Ethernet header, which eBPF needs");
		return;
	}
	if (pol_gate_held(f, p->want.ifname)) {
		local_hold(f, k, dom, &v, p->gen, -EACCES,
			   "its policy is not enforced");
		return;
	}
	ep_raise(f, p, l);
	v.num = l->ifindex;
	ila_entry_set(f, k, dom, &v, p->gen);
}

/* The address of the host itself is the operator's to configure. */
static void ep_host(struct fib *f, struct ila_ep *p)
{
	struct intent_result r = { .table = TABLE_ILA_LOCAL,
				   .ip = ila_ip(&p->want.addr) };

	r.err = ila_addr_is_local(f, &p->want.addr) ? 0 : -EADDRNOTAVAIL;
	if (r.err == p->err)
		return;
	p->err = r.err;
	str_copy(r.why, sizeof(r.why),
		 r.err ? "not configured on any device of this host" : "");
	up_refusal(f, &r);
}

void ila_ep_want(struct fib *f, struct ila_ep *p)
{
	struct ila_dom *d = p->dom;
	struct ip sir = ila_ip(&p->want.addr);
	struct want_key route = local_key(0, &sir),
			bpf = local_key(ILA_PLANE_EBPF, &sir);
	struct want_val v = { 0 };
	bool host = p->want.flags & ILA_EP_HOST;

	if (!d->wanted || host)
		ila_entry_unset(f, &route);
	else
		ep_want_in(f, p, &route, &f->ila.host, v);
	if (d->wanted && host)
		ep_host(f, p);
	if (!d->wanted || d->home != ILA_PLANE_EBPF)
		return; /* of a plane that is left: side_empty() */
	v.flags = p->want.flags & ILA_EP_FAST ? WV_FAST : 0;
	if (p->want.flags & ILA_EP_PREFIX) {
		v.to.len = sizeof(p->want.prefix);
		memcpy(v.to.b, p->want.prefix, sizeof(p->want.prefix));
	}
	if (host)
		ila_entry_set(f, &bpf, &d->side[ILA_PLANE_EBPF], &v, p->gen);
	else
		ep_want_in(f, p, &bpf, &d->side[ILA_PLANE_EBPF], v);
}

static void ep_unwant(struct fib *f, const struct ila_ep *p)
{
	struct ip sir = ila_ip(&p->want.addr);
	struct want_key route = local_key(0, &sir),
			bpf = local_key(ILA_PLANE_EBPF, &sir);

	ila_entry_unset(f, &route);
	ila_entry_unset(f, &bpf);
}

/* Replies to what arrives for the host's own identifier must come from it. */
void ila_src_choose(struct fib *f, struct ila_dom *d)
{
	struct ila_addr best = { 0 };

	for (const struct ila_ep *p = f->ila.eps; p; p = p->hh.next) {
		const struct ila_addr *a = &p->want.addr;

		if (p->dom != d || !(p->want.flags & ILA_EP_HOST) || p->err)
			continue;
		if (ila64_is_zero(&best.prefix) || memcmp(a, &best, sizeof(best)) < 0)
			best = *a;
	}
	if (!memcmp(&best, &d->src, sizeof(best)))
		return;
	d->src = best;
	d->changed = true;
	f->ila.walk_due = true;
	for (struct ila_loc *l = f->ila.locs; l; l = l->hh.next)
		if (l->dom == d)
			l->share = 0;
}

/* ---- records ---- */

int ila_endpoint_set(struct fib *f, const void *body, const char **why)
{
	const struct intent_ila_endpoint *i = body;
	struct ila_dom *d = ila_dom_find(f, &i->addr.prefix);
	struct ila_ep *p;

	if (!d || !d->wanted) {
		*why = "no domain has this SIR prefix";
		return -ENOENT;
	}
	if (!(d->want.flags & ILA_DOM_VNID) != !i->vnid ||
	    (i->flags & ILA_EP_PREFIX && !i->vnid)) {
		*why = "VNID, of a domain without, or the reverse";
		return -EINVAL;
	}
	p = ila_ep_find(f, &i->addr);
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->want.addr = i->addr;
		HASH_ADD(hh, f->ila.eps, want.addr, sizeof(i->addr), p);
	}
	if (strcmp(p->want.ifname, i->ifname))
		p->raised = 0;
	p->want = *i;
	p->dom = d;
	p->gen = f->want.gen;
	ila_ep_want(f, p);
	ila_src_choose(f, d);
	ila_map_again(f, &i->addr); /* it is not elsewhere */
	f->ila.work_due = true;
	fib_turn_soon(f);
	return 0;
}

void ila_ep_drop(struct fib *f, struct ila_ep *p)
{
	struct ila_addr a = p->want.addr;
	struct ila_dom *d = p->dom;

	ep_unwant(f, p);
	HASH_DEL(f->ila.eps, p);
	free(p);
	ila_src_choose(f, d);
	ila_map_again(f, &a);
	f->ila.work_due = true;
}

int ila_endpoint_del(struct fib *f, const void *body, const char **why UNUSED)
{
	struct ila_ep *p = ila_ep_find(f, body);

	if (p)
		ila_ep_drop(f, p);
	return 0;
}

/* ---- the shadow changed ---- */

void ila_eps_on(struct fib *f, const char *ifname)
{
	for (struct ila_ep *p = f->ila.eps; p; p = p->hh.next)
		if (!strcmp(p->want.ifname, ifname))
			ila_ep_want(f, p);
}
