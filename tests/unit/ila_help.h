/* tests/unit/ila_help.h - a host around struct ila: what peers say to it, what it
 * originated, what fib would hold. Linear lists: small tests. */
#ifndef TESTS_UNIT_ILA_HELP_H
#define TESTS_UNIT_ILA_HELP_H

#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/wbuf.h"
#include "rib/attrset.h"
#include "rib/ila.h"
#include "wire/ila_com.h"
#include "wire/macmob.h"

enum { IHOST_PATHS = 512, IHOST_MAPS = 256, IHOST_AS = 65000 };

/* The first SIR prefix of all tests, locator k, identifier k (type 1). */
static inline struct ila64 sir_of(unsigned k)
{
	return (struct ila64) { { 0x20, 1, 0xd, 0xb8, 0xc0, 0xde, 0, (uint8_t)k } };
}

static inline struct ila64 loc_of(unsigned k)
{
	return (struct ila64) { { 0x20, 1, 0xd, 0xb8, 1, 0, 0, (uint8_t)k } };
}

static inline struct ila64 id_of(unsigned k)
{
	return (struct ila64) { { 0x20, 0, 0, 0, 0, 0, (uint8_t)(k >> 8),
				  (uint8_t)k } };
}

static inline struct ila_addr sir_addr(unsigned k)
{
	return (struct ila_addr) { sir_of(1), id_of(k) };
}

/* What a path says, in words of tests. Zeros are the ordinary case. */
struct ipath {
	unsigned peer; /* also its router id and address */
	enum ila_carrier carrier;
	struct ila_addr addr;
	struct ila64 locator;
	unsigned seq, local_pref, med, as; /* as: neighbouring AS, 0: iBGP */
	unsigned csum;                     /* of the marker */
	unsigned type;                     /* 0: as the bits say */
	unsigned rx_id;
	float bandwidth; /* 0: none */
	bool anycast, no_marker, llgr, community;
	struct ila64 copy; /* community: of this locator */
	uint8_t version;   /* of the marker, 0: ours */
	bool no_nexthop;
	struct bytes labels; /* the attribute */
	bool doubted;        /* who says so is not believed */
};

struct irow {
	struct ipath say;
	struct attrset *set;
	struct path_source src;
};

struct iroute {
	enum ila_carrier c;
	struct ila_addr addr;
	struct attrs a;
	uint8_t ext[64], large[24], other[128];
};

struct ihost {
	struct ila *m;
	struct attr_table attrs;
	struct ila_conf conf;
	struct ila_domain_conf dom[4];
	struct ila_static ids[8];
	struct ila_tenant_conf tenants[8];
	struct irow path[IHOST_PATHS];
	unsigned n_paths;
	struct iroute own[IHOST_MAPS];
	unsigned n_own;
	/* what fib was told */
	struct intent_ila_multi map[IHOST_MAPS];
	struct intent_ila_endpoint ep[IHOST_MAPS];
	struct intent_ila_domain fdom[8];
	unsigned n_map, n_ep, n_fdom;
	unsigned n_intent, n_set, n_del, n_originate, n_withdraw, n_reimport;
	unsigned said[ILA_EVENTS];
	struct ila_report last;
	uint32_t seq; /* last of hook sequence() */
	unsigned n_seq;
	unsigned index;
	void (*on_route)(struct ihost *h, enum ila_carrier c,
			 const struct ila_addr *addr, const struct attrs *a);
	void *arg;
};

/* ---- paths ------------------------------------------------------------- */

static inline void put_community(uint8_t *ext, size_t *n, struct extcom c)
{
	memcpy(ext + *n, c.b, 8);
	*n += 8;
}

static inline struct attrset *ipath_attrs(struct ihost *h, const struct ipath *p)
{
	const struct ila_marker mark = {
		.csum_mode = (uint8_t)p->csum,
		.ident_type = (uint8_t)(p->type ? p->type : ila_type_of(&p->addr.id)),
		.anycast = p->anycast,
	};
	struct extcom marker = ila_marker_make(&mark);
	uint8_t ext[32], large[12], nh[16] = { 0 }, path[6] = { 2, 1 }, llgr[4];
	struct attrs a = { .origin = ORIGIN_IGP };
	size_t n = 0;

	memcpy(nh, &p->locator, 8);
	nh[15] = p->carrier == ILA_IP6;
	a.nexthop = p->no_nexthop ? ip4_of(1) : ip_of(nh, 16);
	a.present =
		1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH | 1ull << ATTR_LOCAL_PREF;
	a.local_pref = p->local_pref ? p->local_pref : 100;
	a.med = p->med;
	a.present |= p->med ? 1ull << ATTR_MED : 0;
	path[4] = (uint8_t)(p->as >> 8);
	path[5] = (uint8_t)p->as;
	a.as_path = (struct bytes) { path, p->as ? 6 : 0 };
	if (p->version)
		marker.b[2] = p->version;
	if (!p->no_marker)
		put_community(ext, &n, marker);
	if (p->seq)
		put_community(ext, &n,
			      macmob_encode(&(struct macmob) { .seq = p->seq }));
	if (p->bandwidth > 0)
		put_community(ext, &n, link_bandwidth_make(IHOST_AS, p->bandwidth));
	a.ext_communities = (struct bytes) { ext, n };
	a.present |= n ? 1ull << ATTR_EXT_COMMUNITY : 0;
	if (p->community) {
		ila_locator_make(IHOST_AS, &p->copy, large);
		a.large_communities = (struct bytes) { large, 12 };
		a.present |= 1ull << ATTR_LARGE_COMMUNITY;
	}
	if (p->llgr) {
		llgr[0] = llgr[1] = 0xff;
		llgr[2] = 0;
		llgr[3] = 6;
		a.communities = (struct bytes) { llgr, 4 };
		a.present |= 1ull << ATTR_COMMUNITY;
	}
	a.other = p->labels;
	return attrset_intern(&h->attrs, &a);
}

static inline struct path_source ipath_source(const struct ipath *p)
{
	return (struct path_source) { .id = p->peer,
				      .ebgp = p->as,
				      .labels = !p->doubted,
				      .addr = ip4_of(p->peer) };
}

static inline struct irow *irow_find(struct ihost *h, const struct ipath *p)
{
	for (unsigned i = 0; i < h->n_paths; i++) {
		const struct ipath *q = &h->path[i].say;

		if (q->peer == p->peer && q->carrier == p->carrier &&
		    q->rx_id == p->rx_id && !memcmp(&q->addr.id, &p->addr.id, 8) &&
		    (p->carrier == ILA_DRAFT || !memcmp(&q->addr, &p->addr, 16)))
			return &h->path[i];
	}
	return NULL;
}

/* A peer announces this, in place of what it said of the address before. */
static inline void ihost_hears(struct ihost *h, struct ipath p)
{
	struct irow *r = irow_find(h, &p);

	if (r)
		attrset_unref(&h->attrs, r->set);
	else
		r = &h->path[h->n_paths++];
	assert_true(h->n_paths < IHOST_PATHS);
	*r = (struct irow) { p, ipath_attrs(h, &p), ipath_source(&p) };
	ila_route(h->m, p.carrier, &p.addr);
}

static inline void ihost_loses(struct ihost *h, struct ipath p)
{
	struct irow *r = irow_find(h, &p);

	assert_non_null(r);
	attrset_unref(&h->attrs, r->set);
	*r = h->path[--h->n_paths];
	ila_route(h->m, p.carrier, &p.addr);
}

/* ---- hooks ------------------------------------------------------------- */

static inline struct iroute *ihost_own(struct ihost *h, enum ila_carrier c,
				       const struct ila_addr *addr)
{
	for (unsigned i = 0; i < h->n_own; i++)
		if (h->own[i].c == c && !memcmp(&h->own[i].addr, addr, 16))
			return &h->own[i];
	return NULL;
}

static inline void ih_originate(void *ctx, enum ila_carrier c,
				const struct ila_addr *addr, const struct attrs *a)
{
	struct ihost *h = ctx;
	struct iroute *r = ihost_own(h, c, addr);

	h->n_originate++;
	if (!r)
		r = &h->own[h->n_own++];
	assert_true(h->n_own < IHOST_MAPS);
	r->c = c;
	r->addr = *addr;
	r->a = *a;
	memcpy(r->ext, a->ext_communities.p, a->ext_communities.len);
	r->a.ext_communities.p = r->ext;
	if (a->large_communities.len)
		memcpy(r->large, a->large_communities.p, a->large_communities.len);
	r->a.large_communities.p = r->large;
	if (a->other.len)
		memcpy(r->other, a->other.p, a->other.len);
	r->a.other.p = r->other;
	if (h->on_route)
		h->on_route(h, c, addr, &r->a);
}

static inline void ih_withdraw(void *ctx, enum ila_carrier c,
			       const struct ila_addr *addr)
{
	struct ihost *h = ctx;
	struct iroute *r = ihost_own(h, c, addr);

	h->n_withdraw++;
	assert_non_null(r);
	*r = h->own[--h->n_own];
	r->a.ext_communities.p = r->ext;
	r->a.large_communities.p = r->large;
	r->a.other.p = r->other;
	if (h->on_route)
		h->on_route(h, c, addr, NULL);
}

static inline void ih_paths(void *ctx, enum ila_carrier c, const struct ila_addr *addr,
			    struct ila_paths *to)
{
	struct ihost *h = ctx;

	for (unsigned i = 0; i < h->n_paths; i++) {
		const struct irow *r = &h->path[i];
		const struct path_view v = { r->set, &r->src, r->say.rx_id };

		if (r->say.carrier == c && !memcmp(&r->say.addr.id, &addr->id, 8) &&
		    (c == ILA_DRAFT || !memcmp(&r->say.addr, addr, 16)))
			ila_paths_add(to, &v);
	}
}

static inline struct intent_ila_multi *ihost_map(struct ihost *h,
						 const struct ila_addr *a)
{
	for (unsigned i = 0; i < h->n_map; i++)
		if (!memcmp(&h->map[i].addr, a, 16))
			return &h->map[i];
	return NULL;
}

static inline struct intent_ila_endpoint *ihost_ep(struct ihost *h,
						   const struct ila_addr *a)
{
	for (unsigned i = 0; i < h->n_ep; i++)
		if (!memcmp(&h->ep[i].addr, a, 16))
			return &h->ep[i];
	return NULL;
}

static inline struct intent_ila_domain *ihost_fdom(struct ihost *h,
						   const struct ila64 *sir)
{
	for (unsigned i = 0; i < h->n_fdom; i++)
		if (ila64_eq(&h->fdom[i].sir, sir))
			return &h->fdom[i];
	return NULL;
}

static inline void fib_map(struct ihost *h, const struct intent_ila_multi *x)
{
	struct intent_ila_multi *r = ihost_map(h, &x->addr);

	h->n_set++;
	assert_non_null(ihost_fdom(h, &x->addr.prefix)); /* domains come first */
	assert_null(ihost_ep(h, &x->addr));              /* never over what is ours */
	if (!r)
		r = &h->map[h->n_map++];
	*r = *x;
}

static inline void fib_unmap(struct ihost *h, const struct ila_addr *a)
{
	struct intent_ila_multi *r = ihost_map(h, a);

	h->n_del++;
	if (r)
		*r = h->map[--h->n_map];
}

static inline void fib_endpoint(struct ihost *h, const struct intent_ila_endpoint *x,
				bool set)
{
	struct intent_ila_endpoint *r = ihost_ep(h, &x->addr);

	if (set) {
		assert_non_null(ihost_fdom(h, &x->addr.prefix));
		assert_null(ihost_map(h, &x->addr));
		*(r ? r : &h->ep[h->n_ep++]) = *x;
	} else if (r) {
		*r = h->ep[--h->n_ep];
	}
}

static inline void fib_domain(struct ihost *h, const struct intent_ila_domain *x,
			      bool set)
{
	struct intent_ila_domain *r = ihost_fdom(h, &x->sir);

	if (set) {
		*(r ? r : &h->fdom[h->n_fdom++]) = *x;
		return;
	}
	assert_non_null(r);
	for (unsigned i = 0; i < h->n_map; i++)
		assert_false(ila64_eq(&h->map[i].addr.prefix, &x->sir));
	for (unsigned i = 0; i < h->n_ep; i++)
		assert_false(ila64_eq(&h->ep[i].addr.prefix, &x->sir));
	*r = h->fdom[--h->n_fdom];
}

static inline void ih_intent(void *ctx, uint16_t type, const void *body)
{
	const struct intent_ila_map *one = body;
	struct intent_ila_multi x = { 0 };
	struct ihost *h = ctx;

	h->n_intent++;
	switch (type) {
	case INTENT_ILA_MAP_SET:
		x.addr = one->addr;
		x.csum = one->csum;
		x.ident_type = one->ident_type;
		x.n = 1;
		x.locator[0] = one->locator;
		x.weight[0] = 1;
		fib_map(h, &x);
		break;
	case INTENT_ILA_MULTI_SET:
		memcpy(&x, body, sizeof(x));
		x.cookie = 0;
		assert_in_range(x.n, 2, ILA_LOCATORS);
		fib_map(h, &x);
		break;
	case INTENT_ILA_MAP_DEL:
		fib_unmap(h, &one->addr);
		break;
	case INTENT_ILA_ENDPOINT_SET:
	case INTENT_ILA_ENDPOINT_DEL:
		fib_endpoint(h, body, type == INTENT_ILA_ENDPOINT_SET);
		break;
	case INTENT_ILA_DOMAIN_SET:
	case INTENT_ILA_DOMAIN_DEL:
		fib_domain(h, body, type == INTENT_ILA_DOMAIN_SET);
		break;
	default:
		fail_msg("unexpected intent %u", type);
	}
}

static inline void ih_report(void *ctx, const struct ila_report *r)
{
	struct ihost *h = ctx;
	char buf[256];

	assert_true(strlen(ila_report_format(r, buf, sizeof(buf))) > 20);
	h->said[r->event]++;
	h->last = *r;
}

static inline void ih_reimport(void *ctx)
{
	struct ihost *h = ctx;

	h->n_reimport++;
}

static inline void ih_sequence(void *ctx, const char *name, uint32_t seq)
{
	struct ihost *h = ctx;

	(void)name;
	h->seq = seq;
	h->n_seq++;
}

static const struct ila_hooks ihost_hooks = {
	.originate = ih_originate,
	.withdraw = ih_withdraw,
	.paths = ih_paths,
	.intent = ih_intent,
	.report = ih_report,
	.reimport = ih_reimport,
	.sequence = ih_sequence,
};

/* ---- life -------------------------------------------------------------- */

static inline void ihost_configure(struct ihost *h)
{
	unsigned before = h->n_reimport;

	h->conf.domains = h->dom;
	h->conf.tenants = h->tenants;
	assert_int_equal(ila_configure(h->m, &h->conf), 0);
	for (unsigned i = 0; h->n_reimport != before && i < h->n_paths; i++)
		ila_route(h->m, h->path[i].say.carrier, &h->path[i].say.addr);
}

/* With the domain of sir_of(1), locator loc_of(k), neutral-map, and a tenant blue. */
static inline struct ihost *ihost_new(unsigned k)
{
	struct ihost *h = calloc(1, sizeof(*h));

	h->index = k;
	attr_table_init(&h->attrs);
	h->m = ila_new(&ihost_hooks, h);
	h->conf.as = IHOST_AS;
	h->conf.n_domains = 1;
	h->dom[0] = (struct ila_domain_conf) {
		.name = "default",
		.draft = true,
		.sir = sir_of(1),
		.locator = loc_of(k),
		.csum = ILA_CSUM_NEUTRAL,
		.plane = ILA_PLANE_AUTO,
	};
	h->conf.n_tenants = 1;
	h->tenants[0] =
		(struct ila_tenant_conf) { .name = "blue", .domain = "default" };
	ihost_configure(h);
	return h;
}

static inline void ihost_free(struct ihost *h)
{
	for (unsigned i = 0; i < h->n_paths; i++)
		attrset_unref(&h->attrs, h->path[i].set);
	ila_free(h->m);
	assert_int_equal(h->attrs.n, 0);
	attr_table_fini(&h->attrs);
	free(h);
}

static inline struct tenants_endpoint ihost_endpoint(const char *name, unsigned k)
{
	struct tenants_endpoint e = { .n_ips = 1 };
	const struct ila_addr a = sir_addr(k);

	str_copy(e.name, sizeof(e.name), name);
	str_copy(e.tenant, sizeof(e.tenant), "blue");
	str_copy(e.ifname, sizeof(e.ifname), "veth0");
	e.ip[0] = ip_of(&a, 16);
	return e;
}

/* Sequence of our announcement; -1: none. */
static inline int ihost_seq(struct ihost *h, unsigned k)
{
	const struct ila_addr a = sir_addr(k);
	const struct iroute *r = ihost_own(h, ILA_IP6, &a);
	uint32_t seq;
	bool sticky;

	if (!r)
		return -1;
	attrs_macmob(&r->a, &seq, &sticky);
	return (int)seq;
}

static inline struct ila_counts ihost_counts(const struct ihost *h)
{
	struct ila_counts c;

	ila_counts_get(h->m, &c);
	return c;
}

#endif
