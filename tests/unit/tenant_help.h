/* tests/unit/tenant_help.h - a host around struct tenants: what it originated, what
 * fib and kernel would hold, the Loc-RIB it is fed from. Linear lists: small tests. */
#ifndef TESTS_UNIT_TENANT_HELP_H
#define TESTS_UNIT_TENANT_HELP_H

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "rib/tenant.h"
#include "wire/nlri_evpn.h"

enum { HOST_ROUTES = 256, HOST_FDB = 64, HOST_AS = 65000 };

/* A route with attributes that outlive the hook. */
struct hroute {
	struct nlri n;
	struct attrs a;
	uint8_t ext[320], pmsi[21], other[128];
};

struct host {
	struct tenants *t;
	struct tenants_conf conf;
	struct tenants_evi_conf evis[4];
	/* what we originate */
	struct hroute own[HOST_ROUTES];
	size_t n_own;
	/* what others say: the Loc-RIB */
	struct hroute rib[HOST_ROUTES];
	size_t n_rib;
	/* what fib was told */
	struct intent_mac mac[HOST_FDB];
	struct intent_neigh neigh[HOST_FDB];
	struct intent_flood flood[HOST_FDB];
	struct intent_l2dom dom[8];
	struct intent_endpoint port[8];
	size_t n_mac, n_neigh, n_flood, n_dom, n_port;
	bool adopt;
	unsigned n_originate, n_withdraw, n_intent, n_reimport, n_saved;
	unsigned reports[8];
	struct tenants_report last;
	/* for simulations */
	void (*on_route)(struct host *h, const struct nlri *n, const struct attrs *a);
	void (*on_mac)(struct host *h, const struct intent_mac *m, bool set);
	void (*on_neigh)(struct host *h, const struct intent_neigh *n, bool set);
	void *arg;
	int index;
};

static inline struct mac mac_of(unsigned n)
{
	return (struct mac) { { 2, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n } };
}

static inline struct ip ip_from(const char *s)
{
	struct ip a = { 0 };

	assert_int_equal(ip_parse(s, &a), 0);
	return a;
}

/* Host k has router id and VTEP 10.0.0.k. */
static inline struct ip vtep_of(unsigned k)
{
	return ip4_of(0x0a000000u + k);
}

/* ---- routes ------------------------------------------------------------ */

static inline void hroute_copy(struct hroute *r, const struct nlri *n,
			       const struct attrs *a)
{
	r->n = *n;
	r->a = *a;
	assert_true(a->ext_communities.len <= sizeof(r->ext));
	memcpy(r->ext, a->ext_communities.p, a->ext_communities.len);
	r->a.ext_communities.p = r->ext;
	if (a->pmsi.len)
		memcpy(r->pmsi, a->pmsi.p, a->pmsi.len);
	r->a.pmsi.p = r->pmsi;
	assert_true(a->other.len <= sizeof(r->other));
	if (a->other.len)
		memcpy(r->other, a->other.p, a->other.len);
	r->a.other.p = r->other;
}

static inline struct hroute *hroute_find(struct hroute *v, size_t n,
					 const struct nlri *k)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].n.key_len == k->key_len &&
		    !memcmp(v[i].n.key, k->key, k->key_len))
			return &v[i];
	return NULL;
}

static inline void hroute_set(struct hroute *v, size_t *n, const struct nlri *k,
			      const struct attrs *a)
{
	struct hroute *r = hroute_find(v, *n, k);

	if (!a) {
		if (r) {
			*r = v[--*n];
			r->a.ext_communities.p = r->ext;
			r->a.pmsi.p = r->pmsi;
			r->a.other.p = r->other;
		}
		return;
	}
	if (!r) {
		assert_true(*n < HOST_ROUTES);
		r = &v[(*n)++];
	}
	hroute_copy(r, k, a);
}

/* ---- hooks ------------------------------------------------------------- */

static inline void h_originate(void *ctx, const struct nlri *n, const struct attrs *a)
{
	struct host *h = ctx;

	h->n_originate++;
	hroute_set(h->own, &h->n_own, n, a);
	if (h->on_route)
		h->on_route(h, n, a);
}

static inline void h_withdraw(void *ctx, const struct nlri *n)
{
	struct host *h = ctx;

	h->n_withdraw++;
	assert_non_null(hroute_find(h->own, h->n_own, n));
	hroute_set(h->own, &h->n_own, n, NULL);
	if (h->on_route)
		h->on_route(h, n, NULL);
}

/* One list per kind of intent, keyed as fib/intent.h says. */
#define H_LIST(fn, type, list, count, cmp)                                             \
	static inline void fn(struct host *h, const struct type *b, bool set)          \
	{                                                                              \
		size_t i = 0;                                                          \
                                                                                       \
		while (i < h->count && !(cmp(&h->list[i], b)))                         \
			i++;                                                           \
		if (!set) {                                                            \
			if (i < h->count)                                              \
				h->list[i] = h->list[--h->count];                      \
			return;                                                        \
		}                                                                      \
		assert_true(i < ARRAY_SIZE(h->list));                                  \
		h->list[i] = *b;                                                       \
		if (i == h->count)                                                     \
			h->count++;                                                    \
	}
#define H_MAC_EQ(a, b)   ((a)->vni == (b)->vni && mac_eq(&(a)->mac, &(b)->mac))
#define H_NEIGH_EQ(a, b) ((a)->vni == (b)->vni && ip_eq(&(a)->ip, &(b)->ip))
#define H_FLOOD_EQ(a, b) ((a)->vni == (b)->vni && ip_eq(&(a)->vtep, &(b)->vtep))
#define H_DOM_EQ(a, b)   ((a)->vni == (b)->vni)
#define H_PORT_EQ(a, b)  (!strcmp((a)->ifname, (b)->ifname))
H_LIST(h_mac, intent_mac, mac, n_mac, H_MAC_EQ)
H_LIST(h_neigh, intent_neigh, neigh, n_neigh, H_NEIGH_EQ)
H_LIST(h_flood, intent_flood, flood, n_flood, H_FLOOD_EQ)
H_LIST(h_dom, intent_l2dom, dom, n_dom, H_DOM_EQ)
H_LIST(h_port, intent_endpoint, port, n_port, H_PORT_EQ)

static inline void h_intent(void *ctx, uint16_t type, const void *body)
{
	struct host *h = ctx;

	h->n_intent++;
	switch (type) {
	case INTENT_MAC_SET:
	case INTENT_MAC_DEL:
		h_mac(h, body, type == INTENT_MAC_SET);
		if (h->on_mac)
			h->on_mac(h, body, type == INTENT_MAC_SET);
		break;
	case INTENT_NEIGH_SET:
	case INTENT_NEIGH_DEL:
		h_neigh(h, body, type == INTENT_NEIGH_SET);
		if (h->on_neigh)
			h->on_neigh(h, body, type == INTENT_NEIGH_SET);
		break;
	case INTENT_FLOOD_SET:
	case INTENT_FLOOD_DEL:
		h_flood(h, body, type == INTENT_FLOOD_SET);
		break;
	case INTENT_L2DOM_SET:
	case INTENT_L2DOM_DEL:
		h_dom(h, body, type == INTENT_L2DOM_SET);
		break;
	case INTENT_ENDPOINT_SET:
	case INTENT_ENDPOINT_DEL:
		h_port(h, body, type == INTENT_ENDPOINT_SET);
		break;
	case INTENT_ADOPT:
		h->adopt = ((const struct intent_adopt *)body)->on;
		break;
	default:
		fail_msg("intent of type %u", type);
	}
}

static inline void h_report(void *ctx, const struct tenants_report *r)
{
	struct host *h = ctx;
	char buf[256];

	h->reports[r->event]++;
	h->last = *r;
	assert_true(strlen(tenants_report_format(r, buf, sizeof(buf))) > 20);
}

static inline void h_reimport(void *ctx)
{
	struct host *h = ctx;

	h->n_reimport++;
	for (size_t i = 0; i < h->n_rib; i++)
		tenants_route(h->t, &h->rib[i].n, &h->rib[i].a, true);
}

static inline void h_saved(void *ctx)
{
	((struct host *)ctx)->n_saved++;
}

static const struct tenants_hooks host_hooks = {
	.originate = h_originate,
	.withdraw = h_withdraw,
	.intent = h_intent,
	.report = h_report,
	.reimport = h_reimport,
	.endpoints_changed = h_saved,
};

/* ---- life -------------------------------------------------------------- */

static inline void host_configure(struct host *h)
{
	h->conf.evis = h->evis;
	assert_int_equal(tenants_configure(h->t, &h->conf), 0);
}

/* Host k, unconfigured. */
static inline struct host *host_bare(unsigned k)
{
	struct host *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	h->index = (int)k;
	h->t = tenants_new(&host_hooks, h);
	h->conf.router_id = 0x0a000000u + k;
	h->conf.as = HOST_AS;
	return h;
}

/* Host k with one tenant "red", VNI 100. */
static inline struct host *host_new(unsigned k)
{
	struct host *h = host_bare(k);

	h->evis[0] = (struct tenants_evi_conf) { .vni = 100, .tenant = "red" };
	h->conf.n_evis = 1;
	host_configure(h);
	return h;
}

static inline void host_free(struct host *h)
{
	tenants_free(h->t);
	free(h);
}

/* ---- facts ------------------------------------------------------------- */

static inline void host_fdb(struct host *h, unsigned mac, unsigned port,
			    uint16_t fdb_flags, uint32_t flags)
{
	const struct intent_fdb f = {
		.vni = 100, .ifindex = port, .mac = mac_of(mac), .flags = fdb_flags
	};

	tenants_fdb(h->t, &f, flags);
}

static inline void host_learn(struct host *h, unsigned mac)
{
	host_fdb(h, mac, 7, 0, 0);
}

static inline void host_age(struct host *h, unsigned mac)
{
	host_fdb(h, mac, 7, 0, INTENT_F_GONE);
}

static inline void host_arp(struct host *h, unsigned mac, const char *ip,
			    uint32_t flags)
{
	const struct intent_neigh n = { .vni = 100,
					.ip = ip_from(ip),
					.mac = mac_of(mac) };

	tenants_neigh(h->t, &n, flags);
}

static inline struct intent_link link_of(uint32_t ifindex, enum link_kind kind,
					 uint32_t master, const char *name)
{
	struct intent_link l = { .ifindex = ifindex,
				 .kind = (uint16_t)kind,
				 .master = master,
				 .flags = LINK_UP };

	str_copy(l.name, sizeof(l.name), name);
	return l;
}

/* Bridge 50 with VXLAN device 51 of VNI 100, or neither. */
static inline void host_pair(struct host *h, bool there)
{
	struct intent_link br = link_of(50, LINK_BRIDGE, 0, "brk");
	struct intent_link vx = link_of(51, LINK_VXLAN, 50, "vxk");

	vx.vni = 100;
	vx.vtep = vtep_of((unsigned)h->index);
	vx.port = 4789;
	tenants_link(h->t, &br, there ? 0 : INTENT_F_GONE);
	tenants_link(h->t, &vx, there ? 0 : INTENT_F_GONE);
}

/* ---- remote routes ----------------------------------------------------- */

/* A route of VTEP k; zero fields take the usual value. */
struct rroute {
	unsigned k; /* VTEP, router id 10.0.0.k */
	unsigned mac;
	const char *ip; /* NULL: MAC only */
	uint32_t seq;
	bool sticky, llgr_stale;
	uint32_t label; /* default 100 */
	uint32_t rt;    /* number, default 100 */
	uint32_t rt2;   /* a second one */
	uint16_t rd;    /* index, default 2 */
	int encap;      /* default VXLAN, -1 none */
	bool imet;
	struct ip nexthop, origin;
	uint8_t pmsi_type; /* default 6 */
};

static inline void ext_put(struct hroute *h, const void *c)
{
	memcpy(h->ext + h->a.ext_communities.len, c, 8);
	h->a.ext_communities.len += 8;
}

static inline void hroute_make(struct hroute *h, const struct rroute *r)
{
	static const uint8_t stale[4] = { 0xff, 0xff, 0, 6 };
	struct evpn_route e = { .type = r->imet ? EVPN_IMET : EVPN_MACIP };
	struct ip vtep = ip_is_none(&r->nexthop) ? vtep_of(r->k) : r->nexthop;
	struct extcom rt = rt_make(HOST_AS, r->rt ? r->rt : 100);
	uint8_t encap[8] = {
		3, 0x0c, 0, 0, 0, 0, 0, (uint8_t)(r->encap ? r->encap : 8)
	};
	uint8_t mob[8] = { 6,
			   0,
			   r->sticky,
			   0,
			   (uint8_t)(r->seq >> 24),
			   (uint8_t)(r->seq >> 16),
			   (uint8_t)(r->seq >> 8),
			   (uint8_t)r->seq };

	memset(h, 0, sizeof(*h));
	if (r->llgr_stale) {
		h->a.present |= 1ull << ATTR_COMMUNITY;
		h->a.communities = (struct bytes) { stale, sizeof(stale) };
	}
	h->a.ext_communities.p = h->ext;
	h->a.pmsi.p = h->pmsi;
	e.rd = rd_make_ip(0x0a000000u + r->k, r->rd ? r->rd : 2);
	if (r->imet) {
		uint8_t pmsi[5] = { 0, r->pmsi_type ? r->pmsi_type : 6, 0, 0, 100 };

		e.ip = ip_is_none(&r->origin) ? vtep : r->origin;
		memcpy(h->pmsi, pmsi, 5);
		memcpy(h->pmsi + 5, vtep.b, vtep.len);
		h->a.pmsi.len = 5u + vtep.len;
		h->a.present |= 1ull << ATTR_PMSI;
	} else {
		e.mac = mac_of(r->mac);
		if (r->ip)
			e.ip = ip_from(r->ip);
		e.label1 = r->label ? r->label : 100;
	}
	assert_int_equal(evpn_build(&e, &h->n), 0);
	h->a.nexthop = vtep;
	h->a.present |= 1ull << ATTR_EXT_COMMUNITY;
	ext_put(h, &rt);
	if (r->rt2) {
		rt = rt_make(HOST_AS, r->rt2);
		ext_put(h, &rt);
	}
	if (r->encap >= 0)
		ext_put(h, encap);
	if (r->seq || r->sticky)
		ext_put(h, mob);
}

/* Best path of a key, as the engine tells it: Loc-RIB first, then the tenants. */
static inline void host_route(struct host *h, const struct nlri *n,
			      const struct attrs *a)
{
	hroute_set(h->rib, &h->n_rib, n, a);
	tenants_route(h->t, n, a, true);
}

static inline void host_hears(struct host *h, struct rroute r)
{
	struct hroute x;

	hroute_make(&x, &r);
	host_route(h, &x.n, &x.a);
}

static inline void host_loses(struct host *h, struct rroute r)
{
	struct hroute x;

	hroute_make(&x, &r);
	host_route(h, &x.n, NULL);
}

/* ---- questions --------------------------------------------------------- */

/* Our route for a MAC (ip NULL: the MAC-only one); NULL if it is not out. */
static inline const struct hroute *host_own(struct host *h, unsigned mac,
					    const char *ip)
{
	struct mac m = mac_of(mac);

	for (size_t i = 0; i < h->n_own; i++) {
		struct evpn_route r;

		assert_int_equal(evpn_view(&h->own[i].n, &r), 0);
		if (r.type != EVPN_MACIP || !mac_eq(&r.mac, &m))
			continue;
		if (ip ? ip_eq(&r.ip, &(struct ip[]) { ip_from(ip) }[0])
		       : ip_is_none(&r.ip))
			return &h->own[i];
	}
	return NULL;
}

/* Sequence of our MAC-only route; -1 when it is not out. */
static inline int64_t host_seq(struct host *h, unsigned mac)
{
	const struct hroute *r = host_own(h, mac, NULL);
	uint32_t seq = 0;
	bool sticky;

	if (r)
		attrs_macmob(&r->a, &seq, &sticky);
	return r ? (int64_t)seq : -1;
}

/* VTEP k that fib was told for a MAC; 0 none. */
static inline unsigned host_fib(struct host *h, unsigned mac)
{
	struct mac m = mac_of(mac);

	for (size_t i = 0; i < h->n_mac; i++)
		if (mac_eq(&h->mac[i].mac, &m))
			return ip4_host(&h->mac[i].vtep) - 0x0a000000u;
	return 0;
}

/* MAC number that fib was told for an address; 0 none. */
static inline unsigned host_neigh(struct host *h, const char *ip)
{
	struct ip a = ip_from(ip);

	for (size_t i = 0; i < h->n_neigh; i++)
		if (ip_eq(&h->neigh[i].ip, &a))
			return h->neigh[i].mac.b[4] << 8 | h->neigh[i].mac.b[5];
	return 0;
}

#endif
