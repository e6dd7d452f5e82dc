/*
 * What programs need to forward VXLAN: own VTEPs, domains, MACs and neighbours, beside
 * the kernel's own tables, which stay right by themselves. Whatever is missing here
 * goes the way of bridge and VXLAN device.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fib/dom.h"
#include "fib/link.h"
#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/clock.h"
#include "lib/util.h"

static struct net_dom *find(const struct pol *p, uint32_t vni)
{
	struct net_dom *n;

	HASH_FIND(hh, p->doms, &vni, sizeof(vni), n);
	return n;
}

struct net_dom *net_dom_get(struct fib *f, uint32_t vni)
{
	struct pol *p = pol_get(f);
	struct net_dom *n = find(p, vni);

	if (n)
		return n;
	n = xcalloc(1, sizeof(*n));
	n->vni = vni;
	n->w = (struct want_dom) { .vni = vni, .queue = WQ_POL, .serve = p->open };
	HASH_ADD(hh, p->doms, vni, sizeof(n->vni), n);
	return n;
}

static bool is_fast(const struct fib *f, uint32_t vni)
{
	const struct net_dom *n = f->pol ? find(f->pol, vni) : NULL;

	return n && n->fast;
}

static bool has_macs(const struct fib *f, uint32_t vni)
{
	const struct net_dom *n = f->pol ? find(f->pol, vni) : NULL;

	return n && n->macs;
}

bool net_in_use(const struct pol *p)
{
	for (const struct net_dom *n = p->doms; n; n = n->hh.next)
		if (n->fast)
			return true;
	return false;
}

void net_free(struct pol *p)
{
	struct net_dom *n, *next;

	HASH_ITER (hh, p->doms, n, next) {
		HASH_DEL(p->doms, n);
		free(n);
	}
}

/* ---- MACs and neighbours ---- */

static struct want_key key_of(uint8_t table, uint32_t vni, const struct ip *ip)
{
	return (struct want_key) { .vni = vni, .ip = *ip, .table = table };
}

static void set(struct fib *f, const struct want_key *k, const struct want_val *v,
		uint32_t cookie)
{
	struct want_entry *e = want_get(&f->want, k, &net_dom_get(f, k->vni)->w);

	want_set(&f->want, e, v, cookie);
}

static void unset(struct fib *f, const struct want_key *k)
{
	struct want_entry *e = want_find(&f->want, k);

	if (e)
		want_unset(&f->want, e);
}

/* One of our own endpoints has it: what others say of it comes too early or too late.
 */
static bool is_local(const struct fib *f, const struct want_key *k)
{
	const struct want_entry *e = want_find(&f->want, k);

	return e && e->flags & WE_WANTED && e->want.flags & WV_LOCAL;
}

void net_mac_set(struct fib *f, const struct intent_mac *m)
{
	struct ip mac = want_of_mac(&m->mac);
	struct want_key k = key_of(TABLE_NET_FDB, m->vni, &mac);
	struct want_val v = { .to = m->vtep,
			      .num = m->dst_vni == m->vni ? 0 : m->dst_vni,
			      .flags = m->flags & FMAC_GBP ? WV_GBP : 0 };

	if (has_macs(f, m->vni) && !is_local(f, &k))
		set(f, &k, &v, m->cookie);
}

void net_mac_del(struct fib *f, const struct intent_mac *m)
{
	struct ip mac = want_of_mac(&m->mac);
	struct want_key k = key_of(TABLE_NET_FDB, m->vni, &mac);

	if (f->pol && !is_local(f, &k))
		unset(f, &k);
}

void net_neigh_set(struct fib *f, const struct intent_neigh *n)
{
	struct want_key k = key_of(TABLE_NET_NEIGH, n->vni, &n->ip);
	struct want_val v = { .to = want_of_mac(&n->mac),
			      .flags = n->flags & FNEIGH_ROUTER ? WV_ROUTER : 0 };

	if (is_fast(f, n->vni))
		set(f, &k, &v, n->cookie);
}

void net_neigh_del(struct fib *f, const struct intent_neigh *n)
{
	struct want_key k = key_of(TABLE_NET_NEIGH, n->vni, &n->ip);

	if (f->pol)
		unset(f, &k);
}

/* What the kernel's own table is to have of a MAC or neighbour, for programs too. */
static void follow(struct fib *f, const struct want_entry *e)
{
	bool fdb = e->key.table == TABLE_VXLAN_FDB;
	struct want_key k =
		key_of(fdb ? TABLE_NET_FDB : TABLE_NET_NEIGH, e->key.vni, &e->key.ip);

	if ((fdb || e->key.table == TABLE_NEIGH) && e->flags & WE_WANTED &&
	    !is_local(f, &k))
		set(f, &k, &e->want, e->cookie);
}

void net_local(struct fib *f, uint32_t vni, const struct mac *mac, uint32_t ifindex)
{
	struct ip ip = want_of_mac(mac);
	struct want_key k = key_of(TABLE_NET_FDB, vni, &ip);
	struct want_val v = { .num = ifindex, .flags = WV_LOCAL };
	struct want_entry *remote;

	if (ifindex) {
		set(f, &k, &v, 0);
		return;
	}
	unset(f, &k);
	k.table = TABLE_VXLAN_FDB; /* it may be elsewhere by now */
	remote = has_macs(f, vni) ? want_find(&f->want, &k) : NULL;
	if (remote)
		follow(f, remote);
}

/* ---- domains ---- */

/* What the domain's programs are to know of those elsewhere. */
static bool is_used(const struct net_dom *n, const struct want_entry *e)
{
	return e->key.table == TABLE_VXLAN_FDB || e->key.table == TABLE_NET_FDB
		       ? n->macs
		       : n->fast;
}

static void plane_set(struct fib *f, struct net_dom *n, struct dom *d)
{
	/* Where the device is not as wanted, programs are no better. */
	bool fast = d->wanted && !d->bad && d->want.flags & L2DOM_EBPF;
	bool group = d->wanted && d->want.flags & L2DOM_GBP && n->endpoints;
	struct want_entry *e, *next;

	if (n->fast == fast && n->macs == (fast || group))
		return;
	n->fast = fast;
	n->macs = fast || group;
	want_serve(&f->want, &n->w, f->pol->open, true);
	for (e = want_in_dom(&f->want, &d->w, NULL); e;
	     e = want_in_dom(&f->want, &d->w, e))
		if (is_used(n, e))
			follow(f, e);
	for (e = want_in_dom(&f->want, &n->w, NULL); e; e = next) {
		next = want_in_dom(&f->want, &n->w, e);
		if (!is_used(n, e) && !(e->want.flags & WV_LOCAL))
			want_unset(&f->want, e);
	}
}

void net_dom_changed(struct fib *f, struct dom *d)
{
	bool fast = d->wanted && d->want.flags & L2DOM_EBPF;

	if (!f->pol && !fast)
		return;
	if (fast || find(f->pol, d->w.vni))
		plane_set(f, net_dom_get(f, d->w.vni), d);
	pol_due(f);
}

/* Endpoints of tenants that the kernel forwards for are in a domain too. */
static void endpoints_look(struct fib *f)
{
	struct net_dom *n;
	struct dom *d;

	for (n = f->pol->doms; n; n = n->hh.next)
		n->endpoints = false;
	for (const struct load *l = f->pol->loads; l; l = l->hh.next)
		if (l->want.vni)
			net_dom_get(f, l->want.vni)->endpoints = true;
	for (n = f->pol->doms; n; n = n->hh.next) {
		d = dom_find(f, n->vni);
		if (d)
			plane_set(f, n, d);
	}
}

static struct link *holder(const struct fib *f, const struct ip *vtep)
{
	for (const struct laddr *a = f->addrs; a; a = a->hh.next) {
		struct link *l =
			ip_eq(&a->key.ip, vtep) ? link_find(f, a->key.ifindex) : NULL;

		if (l && !l->loopback && l->ethernet)
			return l;
	}
	return NULL;
}

/* By name, else the device that has the VTEP's address. */
static struct link *underlay(const struct fib *f, const struct dom *d)
{
	const struct ip *vtep = d->vxlan ? &d->vxlan->vtep : &d->want.vtep;
	struct link *l;

	if (!d->want.underlay[0])
		return vtep->len ? holder(f, vtep) : NULL;
	l = link_by_name(f, d->want.underlay);
	return l && l->ethernet && !l->loopback ? l : NULL;
}

static void receive_set(struct net_dom *n, enum intent_receive r)
{
	static const char *const by[] = { [RECEIVE_DIRECT] = "programs",
					  [RECEIVE_AGGREGATED] = "the VXLAN device",
					  [RECEIVE_MIXED] = "one or the other" };

	if (n->receive != r && (n->receive || r != RECEIVE_DIRECT))
		log_info(LOG_FIB, "vni %u: single segments of TCP are received by %s",
			 n->vni, by[r]);
	n->receive = (uint8_t)r;
}

/* mtu: of the ways to others; 0: there are none. */
static void dom_put(struct fib *f, struct net_dom *n, const struct dom *d, uint32_t mtu,
		    struct net_rx *rx)
{
	struct link *u = underlay(f, d);
	struct bpf_net_dom v = { .vxlan = d->vxlan->ifindex };

	if (polval_vtep(&d->vxlan->vtep, v.vtep))
		v.flags |= BPF_NET_DOM_IP6;
	v.port = htons(d->vxlan->port);
	v.flags |= d->vxlan->gbp ? BPF_NET_DOM_GBP : 0;
	v.flags |= n->fast ? BPF_NET_DOM_FAST : 0;
	if (n->fast)
		receive_set(n, net_rx_dom(rx, u, !d->want.underlay[0], d->vxlan->port));
	/* Each MAC has its own device to send by: v.underlay stays 0. */
	if (u && u->mtu && (!mtu || u->mtu < mtu))
		mtu = u->mtu;
	v.mtu = (uint16_t)MIN_OF(mtu, UINT16_MAX);
	mirror_set(&f->pol->net_doms, &n->vni, &v);
}

uint8_t net_receive(const struct fib *f, uint32_t vni)
{
	const struct net_dom *n = f->pol ? find(f->pol, vni) : NULL;

	return n && n->fast ? n->receive : RECEIVE_KERNEL;
}

/* ---- where the kernel takes tunnels ---- */

/* A VXLAN device has an address, but its socket none: what any address of this host
 * gets at that port is for the tenants of all such devices, whoever made them. What
 * programs know without being told is not here: take_is_common(). */
struct socket {
	uint16_t port;
	uint8_t len; /* of addresses: family */
};

struct sockets {
	struct socket *v;
	size_t n;
};

static void take_put(struct fib *f, const struct ip *ip, uint16_t port, uint32_t take)
{
	struct bpf_net_vtep t = { .port = htons(port) };

	t.flags = polval_vtep(ip, t.vtep) ? BPF_NET_DOM_IP6 : 0;
	mirror_set(&f->pol->vteps, &t, &take);
}

/* The end of the address's prefix: all bits behind it are as said. */
static struct ip end_of(const struct laddr *a, bool ones)
{
	struct ip ip = a->key.ip;

	for (unsigned bit = a->bits; bit < ip.len * 8U; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		ip.b[bit / 8] = (uint8_t)(ip.b[bit / 8] & ~mask) | (ones ? mask : 0);
	}
	return ip;
}

/* IPv6: that of all routers of a prefix (RFC 4291 section 2.6.1, RFC 6164) is an
 * address of who forwards. IPv4: the broadcast, and the one of old. */
static void laddr_put(struct fib *f, const struct laddr *a, uint16_t port)
{
	struct ip low = end_of(a, false), high = end_of(a, true);

	take_put(f, &a->key.ip, port, BPF_NET_TAKE_ANY);
	if (a->bits + 1 >= a->key.ip.len * 8)
		return;
	take_put(f, &low, port, BPF_NET_TAKE_ANY);
	if (a->key.ip.len == 4)
		take_put(f, &high, port, BPF_NET_TAKE_ANY);
}

static void socket_put(struct fib *f, const struct socket *s)
{
	for (const struct laddr *a = f->addrs; a; a = a->hh.next)
		if (a->key.ip.len == s->len)
			laddr_put(f, a, s->port);
}

static void socket_add(struct sockets *s, uint16_t port, uint8_t len)
{
	for (size_t i = s->n; i; i--)
		if (s->v[i - 1].port == port && s->v[i - 1].len == len)
			return;
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = (struct socket) { port, len };
}

/* Those that there are. */
static struct sockets sockets_find(const struct fib *f)
{
	struct sockets s = { 0 };

	for (const struct link *l = f->links; l; l = l->hh.next) {
		if (l->kind != LINK_VXLAN)
			continue;
		if (l->vtep.len != 16)
			socket_add(&s, l->port, 4);
		if (l->vtep.len != 4) /* none is said: either, or both */
			socket_add(&s, l->port, 16);
	}
	return s;
}

static void ports_write(struct fib *f, const struct sockets *s)
{
	struct pol *p = f->pol;
	struct bpf_net_ports now = { 0 };
	uint32_t zero = 0;

	for (size_t i = 0; i < s->n; i++) {
		uint16_t port = htons(s->v[i].port);

		now.bit[port / 64] |= (uint64_t)1 << port % 64;
	}
	if (!p->take_due && !memcmp(&now, &p->ports, sizeof(now)))
		return;
	p->ports = now;
	p->take_due =
		bpf_map_update_elem(pol_fd(f, BPF_M_NET_PORT), &zero, &now, BPF_ANY);
	if (p->take_due)
		pol_again(f, clock_ms() + POL_AGAIN_MS);
}

static void sockets_work(struct fib *f)
{
	struct sockets s = sockets_find(f);
	struct mirror *m = &f->pol->vteps;

	mirror_renew(m);
	for (size_t i = 0; i < s.n; i++)
		socket_put(f, &s.v[i]);
	for (const struct net_dom *n = f->pol->doms; n; n = n->hh.next) {
		const struct dom *d = dom_find(f, n->vni);

		if (d && d->wanted && d->vxlan && d->vxlan->vtep.len)
			take_put(f, &d->vxlan->vtep, d->vxlan->port, BPF_NET_TAKE_VTEP);
	}
	mirror_renewed(m);
	pol_push(f, m, BPF_M_NET_VTEP);
	ports_write(f, &s);
	free(s.v);
}

/* ---- turns ---- */

void net_work(struct fib *f)
{
	struct pol *p = f->pol;
	const struct dom *d;
	struct net_rx rx;
	uint32_t mtu;

	endpoints_look(f);
	net_ways_listen(f, net_in_use(p));
	net_ways_work(f);
	sockets_work(f);
	net_rx_begin(&rx, f);
	mtu = net_ways_mtu(f);
	mirror_renew(&p->net_doms);
	for (struct net_dom *n = p->doms; n; n = n->hh.next) {
		d = dom_find(f, n->vni);
		if (d && d->wanted && d->vxlan)
			dom_put(f, n, d, mtu, &rx);
	}
	mirror_renewed(&p->net_doms);
	pol_push(f, &p->net_doms, BPF_M_NET_DOM);
	net_rx_end(&rx);
}

static void attach_way(void *arg, uint32_t ifindex)
{
	struct fib *f = arg;

	bpf_attach_set(&f->attach, BPF_P_NET_UNDERLAY, ifindex);
}

/* Where frames arrive: the device that is named, else the one that has the VTEP's
 * address, and those that lead to others. With group policy ids this is for tenants
 * that the kernel forwards for, too: it is told where there is none. */
void net_attach(struct fib *f)
{
	bool unnamed = false;

	for (const struct net_dom *n = f->pol->doms; n; n = n->hh.next) {
		const struct dom *d = n->macs ? dom_find(f, n->vni) : NULL;
		const struct link *u = d && d->wanted ? underlay(f, d) : NULL;

		if (u)
			bpf_attach_set(&f->attach, BPF_P_NET_UNDERLAY, u->ifindex);
		unnamed |= d && d->wanted && !d->want.underlay[0];
	}
	if (unnamed)
		net_ways_each(f, attach_way, f);
}
