/*
 * Which data plane serves a domain: what this machine can, what was asked for, and the
 * move from one to another. Not for what is in the planes' tables.
 */
#include "fib/ila_int.h"

#include <errno.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fib/backends.h"
#include "fib/state.h"
#include "fib/up.h"
#include "lib/util.h"

/* ---- planes ---- */

static void plane_probe(struct fib *f, uint8_t plane)
{
	struct ila_plane_state *s = &f->ila.plane[plane];
	const struct ila_backend *b = ila_backend(plane);

	s->probed = true;
	s->why[0] = '\0';
	if (b)
		s->err = b->probe(f, s->why);
	else
		s->err = -EOPNOTSUPP;
	if (!b)
		str_copy(s->why, sizeof(s->why), "not built in");
	s->can = !s->err;
}

/* Is this plane able to do what the domain asks for? Why not: text. Asked only when it
 * matters: the verifier takes its time over programs. */
static const char *unfit(struct fib *f, const struct ila_dom *d, uint8_t plane)
{
	const struct ila_plane_state *s = &f->ila.plane[plane];

	if (!s->probed)
		plane_probe(f, plane);
	if (!s->can)
		return s->why;
	if (plane == ILA_PLANE_KERNEL && d->want.flags & ILA_DOM_VNID)
		return "kernel ILA keeps no tenants apart";
	return NULL;
}

static uint8_t other_of(uint8_t plane)
{
	return plane == ILA_PLANE_KERNEL ? ILA_PLANE_EBPF : ILA_PLANE_KERNEL;
}

/* `auto` keeps what works; adj-transport is wrong in the kernel's hands. */
static uint8_t first_choice(struct fib *f, const struct ila_dom *d)
{
	if (d->want.plane != ILA_PLANE_AUTO)
		return d->want.plane;
	if (d->plane && !unfit(f, d, d->plane))
		return d->plane;
	if (d->want.csum == ILA_CSUM_ADJUST && !unfit(f, d, ILA_PLANE_EBPF))
		return ILA_PLANE_EBPF;
	return unfit(f, d, ILA_PLANE_KERNEL) ? ILA_PLANE_EBPF : ILA_PLANE_KERNEL;
}

static bool plane_take(struct fib *f, struct ila_dom *d, uint8_t plane)
{
	const struct ila_backend *b = ila_backend(plane);
	const char *why = unfit(f, d, plane);

	d->why[0] = '\0';
	d->err = 0;
	if (why) {
		d->err =
			f->ila.plane[plane].err ? f->ila.plane[plane].err : -EOPNOTSUPP;
		str_copy(d->why, sizeof(d->why), why);
	} else if (b->dom_set) {
		d->err = b->dom_set(f, d, d->why);
	}
	return !d->err;
}

static uint8_t plane_choose(struct fib *f, struct ila_dom *d)
{
	uint8_t first;

	for (uint8_t p = ILA_PLANE_KERNEL; p < ILA_PLANES; p++)
		f->ila.plane[p].probed = f->ila.plane[p].can; /* it may have come */
	first = first_choice(f, d);
	if (plane_take(f, d, first))
		return first;
	if (d->want.plane == ILA_PLANE_AUTO && !unfit(f, d, other_of(first)) &&
	    plane_take(f, d, other_of(first)))
		return other_of(first);
	return ILA_PLANE_NONE;
}

/* Why it is not the other one, when that was not asked for: its last answer, if it was
 * ever asked. */
static void why_not_other(struct fib *f, const struct ila_dom *d, char *why,
			  size_t size)
{
	uint8_t other = other_of(d->plane);
	const struct ila_plane_state *o = &f->ila.plane[other];
	const char *no = o->probed ? unfit(f, d, other) : o->err ? o->why : NULL;

	if (d->plane == ILA_PLANE_KERNEL && d->want.csum == ILA_CSUM_ADJUST)
		str_copy(why, size, "adj-transport works between Linux kernels only");
	else if (no)
		snprintf(why, size, "%s: %.50s",
			 other == ILA_PLANE_KERNEL ? "kernel" : "ebpf", no);
}

static void state_tell(struct fib *f, struct ila_dom *d)
{
	struct intent_ila_state s = {
		.sir = d->sir,
		.plane = d->plane,
		.kernel_can = f->ila.plane[ILA_PLANE_KERNEL].can,
		.ebpf_can = f->ila.plane[ILA_PLANE_EBPF].can,
		.forwarding = f->ila.forwarding,
		.err = d->err,
	};

	if (d->plane)
		why_not_other(f, d, s.why, sizeof(s.why));
	else
		str_copy(s.why, sizeof(s.why), d->why);
	if (!d->plane && !d->err)
		return; /* not decided yet */
	if (!d->wanted || !memcmp(&s, &d->told, sizeof(s)))
		return;
	d->told = s;
	up_ila_state(f, &s);
}

void ila_retell(struct fib *f)
{
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		memset(&d->told, 0, sizeof(d->told));
	for (struct ila_ep *p = f->ila.eps; p; p = p->hh.next)
		p->err = 0;
}

/* ---- a domain's plane changes ---- */

static void sides_open(struct fib *f, struct ila_dom *d)
{
	for (uint8_t p = ILA_PLANE_KERNEL; p < ILA_PLANES; p++) {
		struct want_dom *w = &d->side[p];
		bool open = d->wanted && (d->plane == p || d->from == p);

		if (w->open != open)
			want_serve(&f->want, w, true, open);
	}
}

/* All of it is in the new plane's tables: out of the old one's. */
void ila_move_end(struct fib *f, struct ila_dom *d)
{
	struct want_dom *side = &d->side[d->from];
	struct want_entry *e, *next;
	const struct ila_backend *b = ila_backend(d->from);

	if (b && b->dom_del)
		b->dom_del(f, d);
	ila_own_drop(f, d, d->from);
	for (e = want_in_dom(&f->want, side, NULL); e; e = next) {
		next = want_in_dom(&f->want, side, e);
		if (e->flags & WE_WANTED)
			want_unset(&f->want, e);
	}
	d->from = 0;
	sides_open(f, d);
	f->ila.work_due = true;
}

void ila_moves_end(struct fib *f)
{
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->from && !f->want.n_queue[d->side[d->home].queue])
			ila_move_end(f, d);
}

static void move(struct fib *f, struct ila_dom *d, uint8_t to)
{
	uint8_t was = d->home;

	if (to == was)
		return;
	d->from = was;
	d->home = to;
	ila_loc_forget_told(f, d);
	sides_open(f, d);
	ila_map_move(f, d, was, to);
}

/* What is wanted of a domain, its plane included, and what follows. */
void ila_dom_apply(struct fib *f, struct ila_dom *d)
{
	uint8_t was = d->plane;

	d->plane = d->wanted ? plane_choose(f, d) : ILA_PLANE_NONE;
	if (d->plane)
		move(f, d, d->plane);
	else if (was && ila_backend(was)->dom_del)
		ila_backend(was)->dom_del(f, d);
	if (was && !d->plane)
		ila_own_drop(f, d, was);
	sides_open(f, d);
	ila_unreach_want(f, d);
	ila_own_want(f, d);
	for (struct ila_ep *p = f->ila.eps; p; p = p->hh.next)
		if (p->dom == d)
			ila_ep_want(f, p);
	ila_src_choose(f, d);
	state_tell(f, d);
	f->ila.work_due = true;
	fib_turn_soon(f);
}

/* ---- is the host a router? ---- */

static void on_netconf(void *arg, const struct nlmsghdr *h)
{
	ila_netconf(arg, h);
}

void ila_netconf(struct fib *f, const struct nlmsghdr *h)
{
	const struct rtattr *tb[NETCONFA_FORWARDING + 1];
	const struct netconfmsg *m = NLMSG_DATA(h);
	bool on;

	if (!nl_payload(h, sizeof(*m), tb, NETCONFA_FORWARDING) ||
	    m->ncm_family != AF_INET6 || !tb[NETCONFA_FORWARDING] ||
	    (int)nl_u32(tb[NETCONFA_IFINDEX]) != NETCONFA_IFINDEX_ALL)
		return;
	on = nl_u32(tb[NETCONFA_FORWARDING]);
	if (on == f->ila.forwarding)
		return;
	f->ila.forwarding = on;
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		state_tell(f, d);
}

void ila_forwarding_ask(struct fib *f)
{
	struct netconfmsg m = { .ncm_family = AF_INET6 };

	nl_add(&f->nl, NULL, RTM_GETNETCONF, 0, &m, sizeof(m));
	nl_attr_u32(&f->nl, NETCONFA_IFINDEX, (uint32_t)NETCONFA_IFINDEX_ALL);
	nl_get(&f->nl, on_netconf, f);
}
