/*
 * SIR domains: which data plane serves them, what is theirs besides mappings (own
 * locator, unreachable route, endpoints), and when all of it is looked at again. Not
 * for mappings (fib/ila_map.c), nor for how a plane writes (fib/be_*.c).
 */
#include "fib/ila.h"

#include <errno.h>
#include <linux/netconf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fib/backends.h"
#include "fib/dev.h"
#include "fib/ila_int.h"
#include "fib/link.h"
#include "fib/route.h"
#include "fib/state.h"
#include "fib/up.h"
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

static struct ip ip_of_addr(const struct ila_addr *a)
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
	struct ip ip = ip_of_addr(a);

	for (const struct laddr *l = f->addrs; l; l = l->hh.next)
		if (ip_eq(&l->key.ip, &ip))
			return true;
	return false;
}

/* ---- entries of a domain ---- */

/* One that follows from a record: as young as that. */
static void entry_set(struct fib *f, const struct want_key *k, struct want_dom *dom,
		      const struct want_val *v, uint16_t gen)
{
	struct want_entry *e = want_get(&f->want, k, dom);

	want_set(&f->want, e, v, 0);
	e->gen = gen;
}

static void entry_unset(struct fib *f, const struct want_key *k)
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

static void unreach_want(struct fib *f, const struct ila_dom *d)
{
	struct want_key k = dom_key(0, &d->sir);
	struct want_val v = { .flags = WV_UNREACH };

	if (d->wanted)
		entry_set(f, &k, &f->ila.host, &v, d->gen);
	else
		entry_unset(f, &k);
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

static void own_want(struct fib *f, struct ila_dom *d)
{
	struct want_val v = { .csum = d->want.csum };
	struct want_key k;

	if (d->plane == ILA_PLANE_KERNEL && !ila64_is_zero(&d->want.locator)) {
		k = dom_key(ILA_PLANE_KERNEL, &d->want.locator);
		v.to = want_of_half(&d->sir);
		v.ident_type = ILA_TYPE_LUID;
		entry_set(f, &k, &f->ila.host, &v, d->gen);
	} else if (d->plane == ILA_PLANE_EBPF) {
		k = dom_key(ILA_PLANE_EBPF, &d->sir);
		v.to = want_of_half(&d->want.locator);
		v.num = d->want.flags;
		entry_set(f, &k, &d->side[ILA_PLANE_EBPF], &v, d->gen);
	}
}

static void own_drop(struct fib *f, const struct ila_dom *d, uint8_t plane)
{
	struct want_key k = dom_key(ILA_PLANE_EBPF, &d->sir);

	if (plane == ILA_PLANE_KERNEL)
		xlat_drop(f, d, &d->want.locator);
	else if (plane == ILA_PLANE_EBPF)
		entry_unset(f, &k);
}

/* ---- endpoints ---- */

/* What a container is addressed by on its own link. */
static struct ip ep_address(const struct ila_ep *p)
{
	struct ip a = ip_of_addr(&p->want.addr);

	if (p->want.flags & ILA_EP_PREFIX)
		memcpy(a.b, p->want.prefix, sizeof(p->want.prefix));
	return a;
}

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
	ep_raise(f, p, l);
	v.num = l->ifindex;
	entry_set(f, k, dom, &v, p->gen);
}

/* The address of the host itself is the operator's to configure. */
static void ep_host(struct fib *f, struct ila_ep *p)
{
	struct intent_result r = { .table = TABLE_ILA_LOCAL,
				   .ip = ip_of_addr(&p->want.addr) };

	r.err = ila_addr_is_local(f, &p->want.addr) ? 0 : -EADDRNOTAVAIL;
	if (r.err == p->err)
		return;
	p->err = r.err;
	str_copy(r.why, sizeof(r.why),
		 r.err ? "not configured on any device of this host" : "");
	up_refusal(f, &r);
}

static void ep_want(struct fib *f, struct ila_ep *p)
{
	struct ila_dom *d = p->dom;
	struct ip a = ep_address(p), sir = ip_of_addr(&p->want.addr);
	struct want_key route = local_key(0, &a), bpf = local_key(ILA_PLANE_EBPF, &sir);
	struct want_val v = { 0 };
	bool host = p->want.flags & ILA_EP_HOST;

	if (!d->wanted || host)
		entry_unset(f, &route);
	else
		ep_want_in(f, p, &route, &f->ila.host, v);
	if (d->wanted && host)
		ep_host(f, p);
	if (!d->wanted || d->home != ILA_PLANE_EBPF)
		return; /* of a plane that is left: side_empty() */
	if (p->want.flags & ILA_EP_PREFIX) {
		v.to.len = sizeof(p->want.prefix);
		memcpy(v.to.b, p->want.prefix, sizeof(p->want.prefix));
	}
	if (host)
		entry_set(f, &bpf, &d->side[ILA_PLANE_EBPF], &v, p->gen);
	else
		ep_want_in(f, p, &bpf, &d->side[ILA_PLANE_EBPF], v);
}

static void ep_unwant(struct fib *f, const struct ila_ep *p)
{
	struct ip a = ep_address(p), sir = ip_of_addr(&p->want.addr);
	struct want_key route = local_key(0, &a), bpf = local_key(ILA_PLANE_EBPF, &sir);

	entry_unset(f, &route);
	entry_unset(f, &bpf);
}

/* Replies to what arrives for the host's own identifier must come from it. */
static void src_choose(struct fib *f, struct ila_dom *d)
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

/* Is this plane able to do what the domain asks for? Why not: text. */
static const char *unfit(const struct fib *f, const struct ila_dom *d, uint8_t plane)
{
	const struct ila_plane_state *s = &f->ila.plane[plane];

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
static uint8_t first_choice(const struct fib *f, const struct ila_dom *d)
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
		if (!f->ila.plane[p].probed || !f->ila.plane[p].can)
			plane_probe(f, p);
	first = first_choice(f, d);
	if (plane_take(f, d, first))
		return first;
	if (d->want.plane == ILA_PLANE_AUTO && !unfit(f, d, other_of(first)) &&
	    plane_take(f, d, other_of(first)))
		return other_of(first);
	return ILA_PLANE_NONE;
}

/* Why it is not the other one, when that was not asked for. */
static void why_not_other(const struct fib *f, const struct ila_dom *d, char *why,
			  size_t size)
{
	uint8_t other = other_of(d->plane);
	const char *no = unfit(f, d, other);

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
static void move_end(struct fib *f, struct ila_dom *d)
{
	struct want_dom *side = &d->side[d->from];
	struct want_entry *e, *next;
	const struct ila_backend *b = ila_backend(d->from);

	if (b && b->dom_del)
		b->dom_del(f, d);
	own_drop(f, d, d->from);
	for (e = want_in_dom(&f->want, side, NULL); e; e = next) {
		next = want_in_dom(&f->want, side, e);
		if (e->flags & WE_WANTED)
			want_unset(&f->want, e);
	}
	d->from = 0;
	sides_open(f, d);
	f->ila.work_due = true;
}

static void moves_end(struct fib *f)
{
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->from && !f->want.n_queue[d->side[d->home].queue])
			move_end(f, d);
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
static void dom_apply(struct fib *f, struct ila_dom *d)
{
	uint8_t was = d->plane;

	d->plane = d->wanted ? plane_choose(f, d) : ILA_PLANE_NONE;
	if (d->plane)
		move(f, d, d->plane);
	else if (was && ila_backend(was)->dom_del)
		ila_backend(was)->dom_del(f, d);
	if (was && !d->plane)
		own_drop(f, d, was);
	sides_open(f, d);
	unreach_want(f, d);
	own_want(f, d);
	for (struct ila_ep *p = f->ila.eps; p; p = p->hh.next)
		if (p->dom == d)
			ep_want(f, p);
	src_choose(f, d);
	state_tell(f, d);
	f->ila.work_due = true;
	fib_turn_soon(f);
}

/* ---- records ---- */

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

static void forwarding_ask(struct fib *f)
{
	struct netconfmsg m = { .ncm_family = AF_INET6 };

	nl_add(&f->nl, NULL, RTM_GETNETCONF, 0, &m, sizeof(m));
	nl_attr_u32(&f->nl, NETCONFA_IFINDEX, (uint32_t)NETCONFA_IFINDEX_ALL);
	nl_get(&f->nl, on_netconf, f);
}

static void host_addrs_count(struct fib *f, struct ila_dom *d)
{
	d->host_addrs = 0;
	for (const struct laddr *l = f->addrs; l; l = l->hh.next)
		d->host_addrs += l->key.ip.len == 16 &&
				 !memcmp(l->key.ip.b, &d->sir, sizeof(d->sir));
}

/* Records are compared as bytes later: nothing behind the end of a name counts. */
static struct intent_ila_domain domain_plain(const struct intent_ila_domain *i)
{
	struct intent_ila_domain d = *i;

	for (int n = 0; n < ILA_UNDERLAYS; n++) {
		size_t len = strlen(d.underlay[n]);

		memset(d.underlay[n] + len, 0, sizeof(d.underlay[n]) - len);
	}
	return d;
}

int ila_domain_set(struct fib *f, const void *body, const char **why UNUSED)
{
	struct intent_ila_domain i = domain_plain(body);
	struct ila_dom *d = ila_dom_get(f, &i.sir);
	bool other = !d->wanted || !ila64_eq(&d->want.locator, &i.locator);

	if (d->wanted && other)
		xlat_drop(f, d, &d->want.locator);
	d->want = i;
	d->wanted = true;
	d->gen = f->want.gen;
	if (!f->ila.joined)
		nl_join_routes(f->ev_fd);
	f->ila.joined = true;
	if (other) {
		host_addrs_count(f, d);
		forwarding_ask(f);
		ila_locs_own(f);
	}
	dom_apply(f, d);
	return 0;
}

static void domain_unset(struct fib *f, struct ila_dom *d)
{
	if (!d->wanted)
		return;
	if (d->from)
		move_end(f, d);
	d->wanted = false;
	memset(&d->told, 0, sizeof(d->told));
	dom_apply(f, d);
	ila_locs_own(f);
}

int ila_domain_del(struct fib *f, const void *body, const char **why UNUSED)
{
	struct ila_dom *d = ila_dom_find(f, body);

	if (d)
		domain_unset(f, d);
	return 0;
}

int ila_endpoint_set(struct fib *f, const void *body, const char **why)
{
	struct intent_ila_endpoint i = *(const struct intent_ila_endpoint *)body;
	struct ila_dom *d = ila_dom_find(f, &i.addr.prefix);
	struct ila_ep *p;

	if (!d || !d->wanted) {
		*why = "no domain has this SIR prefix";
		return -ENOENT;
	}
	if (!(d->want.flags & ILA_DOM_VNID) != !i.vnid ||
	    (i.flags & ILA_EP_PREFIX && !i.vnid)) {
		*why = "VNID, of a domain without, or the reverse";
		return -EINVAL;
	}
	i.pad = 0;
	p = ila_ep_find(f, &i.addr);
	if (p && memcmp(p->want.prefix, i.prefix, sizeof(i.prefix)))
		ep_unwant(f, p);
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->want.addr = i.addr;
		HASH_ADD(hh, f->ila.eps, want.addr, sizeof(i.addr), p);
	}
	if (strcmp(p->want.ifname, i.ifname))
		p->raised = 0;
	p->want = i;
	p->dom = d;
	p->gen = f->want.gen;
	ep_want(f, p);
	src_choose(f, d);
	ila_map_again(f, &i.addr); /* it is not elsewhere */
	f->ila.work_due = true;
	fib_turn_soon(f);
	return 0;
}

static void endpoint_unset_one(struct fib *f, struct ila_ep *p)
{
	struct ila_addr a = p->want.addr;
	struct ila_dom *d = p->dom;

	ep_unwant(f, p);
	HASH_DEL(f->ila.eps, p);
	free(p);
	src_choose(f, d);
	ila_map_again(f, &a);
	f->ila.work_due = true;
}

int ila_endpoint_del(struct fib *f, const void *body, const char **why UNUSED)
{
	struct ila_ep *p = ila_ep_find(f, body);

	if (p)
		endpoint_unset_one(f, p);
	return 0;
}

/* ---- seen ---- */

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
		if (e->key.table >= TABLE_ILA_DOMAIN && e->dump != f->dump &&
		    e->flags & WE_SEEN &&
		    (vni == ILA_PLANE_EBPF) == (e->key.vni == ILA_PLANE_EBPF))
			ila_unseen(f, e, sure);
}

/* Routes and the kernel's plane are one picture, the maps another. */
int ila_dump(struct fib *f, bool first)
{
	const struct ila_backend *b;
	int err = route_dump(f, first);

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

/* ---- the shadow changed ---- */

static void eps_on(struct fib *f, const char *ifname)
{
	for (struct ila_ep *p = f->ila.eps; p; p = p->hh.next)
		if (!strcmp(p->want.ifname, ifname))
			ep_want(f, p);
}

void ila_link_changed(struct fib *f, const struct link *l)
{
	if (!f->ila.doms)
		return;
	eps_on(f, l->name);
	route_touch_dev(f, l->ifindex);
	f->ila.work_due = true;
}

void ila_link_gone(struct fib *f, const struct link *l)
{
	if (!f->ila.doms)
		return;
	eps_on(f, l->name); /* it is off the list of names */
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
		ep_want(f, p);
		src_choose(f, d);
	}
	ila_map_again(f, &addr);
}

/* ---- turns ---- */

void ila_work(struct fib *f)
{
	route_work(f);
	ila_walk(f);
	moves_end(f);
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
	static const uint8_t all[16];

	if (!f->ila.doms)
		return;
	route_touch(f, all, 0);
	ila_gc(f, true);
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->wanted && !d->plane)
			dom_apply(f, d);
}

void ila_sweep(struct fib *f)
{
	struct ila_ep *p, *next;

	HASH_ITER (hh, f->ila.eps, p, next)
		if (p->gen != f->want.gen)
			endpoint_unset_one(f, p);
	for (struct ila_dom *d = f->ila.doms; d; d = d->hh.next)
		if (d->wanted && d->gen != f->want.gen)
			domain_unset(f, d);
	ila_multis_sweep(f);
	f->ila.work_due = true; /* leftovers go now */
}
