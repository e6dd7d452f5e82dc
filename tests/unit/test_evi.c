/* The set of EVIs: rib/evi.c, rib/tenant.c, rib/advert.c, L2 domains. */
#include "tests/unit/tenant_help.h"

struct evis {
	unsigned n;
	struct tenants_evi_info i[8];
	char rd[8][ADDR_STR], import[8][ADDR_STR], vxlan[8][16];
};

static void see(void *arg, const struct tenants_evi_info *i)
{
	struct evis *s = arg;

	rd_format(&i->rd, s->rd[s->n]);
	rt_format(&i->import[0], s->import[s->n]);
	str_copy(s->vxlan[s->n], 16, i->vxlan);
	s->i[s->n++] = *i;
}

static struct evis evis_of(struct host *h)
{
	struct evis s = { 0 };

	tenants_evi_foreach(h->t, 0, see, &s);
	return s;
}

static const struct hroute *imet_of(struct host *h)
{
	for (size_t i = 0; i < h->n_own; i++) {
		struct evpn_route r;

		evpn_view(&h->own[i].n, &r);
		if (r.type == EVPN_IMET)
			return &h->own[i];
	}
	return NULL;
}

static void tenant_is_served(void **state)
{
	struct host *h = host_new(2);
	struct evis s = evis_of(h);
	const struct hroute *r = imet_of(h);
	struct evpn_route v;
	char text[256];

	(void)state;
	assert_int_equal(s.n, 1);
	assert_string_equal(s.rd[0], "10.0.0.2:2");
	assert_string_equal(s.import[0], "65000:100");
	assert_int_equal(h->n_dom, 1);
	assert_int_equal(h->dom[0].flags, L2DOM_CREATE | L2DOM_SUPPRESS);
	assert_string_equal(h->dom[0].bridge, "br100");
	assert_string_equal(h->dom[0].vxlan, "vx100");
	assert_string_equal(h->dom[0].tenant, "red");
	assert_int_equal(h->dom[0].port, 4789);
	assert_non_null(r);
	assert_int_equal(evpn_view(&r->n, &v), 0);
	assert_int_equal(ip4_host(&v.ip), 0x0a000002);
	assert_int_equal(ip4_host(&r->a.nexthop), 0x0a000002);
	assert_memory_equal(r->pmsi, "\0\6\0\0\144\12\0\0\2", 9);
	assert_int_equal(r->a.pmsi.len, 9);
	assert_int_equal(r->a.local_pref, 100);
	extcoms_format(&r->a.ext_communities, text, sizeof(text));
	assert_string_equal(text, "RT:65000:100 ET:8");
	host_free(h);
}

static void nothing_changed_nothing_said(void **state)
{
	struct host *h = host_new(2);
	unsigned before;

	(void)state;
	host_learn(h, 1);
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .ip = "192.0.2.2" });
	host_hears(h, (struct rroute) { .k = 3, .imet = true });
	before = h->n_originate + h->n_withdraw + h->n_intent + h->n_reimport;
	host_configure(h);
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .ip = "192.0.2.2" });
	host_hears(h, (struct rroute) { .k = 3, .imet = true });
	assert_int_equal(h->n_originate + h->n_withdraw + h->n_intent + h->n_reimport,
			 before);
	host_free(h);
}

/* What one changed setting costs: withdraws, originations, imports anew. */
static void changes_by_difference(void **state)
{
	struct host *h = host_new(2);
	unsigned w, o, r;

	(void)state;
	host_learn(h, 1);
	host_arp(h, 1, "192.0.2.1", 0);
	assert_int_equal(h->n_own, 3);
#define CHANGE(what, dw, do_, dr)                                                      \
	do {                                                                           \
		w = h->n_withdraw, o = h->n_originate, r = h->n_reimport;              \
		what;                                                                  \
		host_configure(h);                                                     \
		assert_int_equal(h->n_withdraw - w, dw);                               \
		assert_int_equal(h->n_originate - o, do_);                             \
		assert_int_equal(h->n_reimport - r, dr);                               \
		assert_int_equal(h->n_own, 3);                                         \
	} while (0)
	CHANGE(h->evis[0].n_export = 1; h->evis[0].export[0] = rt_make(1, 2), 0, 3, 0);
	CHANGE(h->evis[0].n_import = 1; h->evis[0].import[0] = rt_make(1, 2), 0, 0, 1);
	CHANGE(h->evis[0].has_rd = true; h->evis[0].rd = rd_make_ip(9, 9), 3, 3, 0);
	CHANGE(h->evis[0].vtep = ip_from("10.9.9.9"), 3, 3, 1);
	CHANGE(h->evis[0].mpls_shifted = true, 0, 3, 1);
	CHANGE(h->evis[0].port = 8472, 0, 0, 0);
	assert_int_equal(h->dom[0].port, 8472);
	CHANGE(h->conf.as = 65001, 0, 0, 0); /* both targets are configured */
	h->conf.n_evis = 0;
	host_configure(h);
	assert_int_equal(h->n_own, 0);
	assert_int_equal(h->n_dom, 0);
	host_free(h);
}

static void shifted_labels(void **state)
{
	struct host *h = host_new(2);
	struct evpn_route r;

	(void)state;
	h->evis[0].vni = 136;
	h->evis[0].mpls_shifted = true;
	host_configure(h);
	tenants_fdb(h->t,
		    &(struct intent_fdb) { .vni = 136, .ifindex = 7, .mac = mac_of(1) },
		    0);
	assert_int_equal(evpn_view(&host_own(h, 1, NULL)->n, &r), 0);
	assert_int_equal(r.label1, 0x000881);
	assert_memory_equal(imet_of(h)->pmsi + 2, "\0\10\200", 3);
	host_free(h);
}

static void automatic_targets(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	h->conf.autort_rfc8365 = true;
	host_configure(h);
	assert_string_equal(evis_of(h).import[0], "65000:268435556");
	h->conf.autort_rfc8365 = false;
	h->conf.as = 4200000001;
	host_configure(h);
	assert_string_equal(evis_of(h).import[0], "59905:100");
	host_free(h);
}

static void rd_indexes_stay(void **state)
{
	struct host *h = host_bare(2);

	(void)state;
	h->evis[0] = (struct tenants_evi_conf) { .vni = 300, .tenant = "a" };
	h->evis[1] = (struct tenants_evi_conf) { .vni = 100, .tenant = "b" };
	h->conf.n_evis = 2;
	host_configure(h);
	assert_string_equal(evis_of(h).rd[0], "10.0.0.2:3");
	assert_string_equal(evis_of(h).rd[1], "10.0.0.2:2");
	h->conf.n_evis = 0;
	host_configure(h);
	assert_int_equal(evis_of(h).n, 0);
	h->evis[0] = (struct tenants_evi_conf) { .vni = 200, .tenant = "c" };
	h->conf.n_evis = 2;
	host_configure(h);
	assert_string_equal(evis_of(h).rd[0], "10.0.0.2:3");
	assert_string_equal(evis_of(h).rd[1], "10.0.0.2:4");
	h->conf.router_id = 0x0a000009;
	host_configure(h);
	assert_string_equal(evis_of(h).rd[1], "10.0.0.9:4");
	host_free(h);
}

static void nonsense_is_refused(void **state)
{
	static const struct tenants_evi_conf bad[] = {
		{ .vni = 0, .tenant = "x" },
		{ .vni = 0x1000000, .tenant = "x" },
		{ .vni = 0x100000, .tenant = "x", .mpls_shifted = true },
		{ .vni = 5, .tenant = "x", .n_import = TENANT_RTS + 1 },
		{ .vni = 100, .tenant = "x" }, /* twice */
	};
	struct host *h = host_new(2);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		h->evis[1] = bad[i];
		h->conf.n_evis = 2;
		assert_int_equal(tenants_configure(h->t, &h->conf), -EINVAL);
		assert_int_equal(evis_of(h).n, 1);
	}
	host_free(h);
}

static void needs_as_and_router_id(void **state)
{
	struct host *h = host_bare(2);

	(void)state;
	h->evis[0] = (struct tenants_evi_conf) { .vni = 100, .tenant = "red" };
	h->conf.n_evis = 1;
	h->conf.as = 0;
	host_configure(h);
	host_learn(h, 1);
	assert_int_equal(h->n_own, 0);
	h->conf.as = HOST_AS;
	host_configure(h);
	assert_int_equal(h->n_own, 2);
	h->conf.router_id = 0;
	host_configure(h);
	assert_int_equal(h->n_own, 0);
	host_free(h);
}

/* ---- adoption, any order ----------------------------------------------- */

static void step(struct host *h, unsigned what)
{
	struct intent_link br = link_of(50, LINK_BRIDGE, 0, "brk");
	struct intent_link vx = link_of(51, LINK_VXLAN, 50, "vxk");
	struct intent_link loose = link_of(51, LINK_VXLAN, 0, "vxk");
	struct intent_addr own = { .ifindex = 50, .ip = ip_from("192.0.2.254") };

	vx.vni = loose.vni = 100;
	vx.vtep = loose.vtep = ip_from("10.7.7.7");
	vx.port = loose.port = 4790;
	switch (what) {
	case 0:
		tenants_link(h->t, &br, 0);
		break;
	case 1:
		tenants_link(h->t, &loose, 0);
		tenants_link(h->t, &vx, 0);
		break;
	case 2:
		host_configure(h);
		break;
	case 3:
		host_learn(h, 1);
		break;
	case 4:
		host_arp(h, 1, "192.0.2.1", 0);
		break;
	case 5:
		host_hears(h, (struct rroute) { .k = 3, .mac = 2, .ip = "192.0.2.2" });
		break;
	case 6:
		host_hears(h, (struct rroute) { .k = 3, .imet = true });
		break;
	default:
		tenants_addr(h->t, &own, 0);
		host_arp(h, 1, "192.0.2.254", 0);
	}
}

static void shuffle(unsigned *v, unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned j = (unsigned)random() % i, x = v[j];

		v[j] = v[i - 1];
		v[i - 1] = x;
	}
}

static void any_order_one_outcome(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 500; round++) {
		struct host *h = host_bare(2);
		unsigned order[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
		struct evpn_route r;

		h->conf.advertise_all_vni = true;
		shuffle(order, 8);
		for (unsigned i = 0; i < 8; i++)
			step(h, order[i]);
		assert_true(h->adopt);
		assert_int_equal(h->n_dom, 1);
		assert_string_equal(h->dom[0].bridge, "brk");
		assert_string_equal(h->dom[0].vxlan, "vxk");
		assert_int_equal(h->dom[0].flags, L2DOM_SUPPRESS);
		assert_int_equal(h->dom[0].port, 4790);
		assert_int_equal(h->n_own, 3); /* not the bridge's own address */
		assert_non_null(host_own(h, 1, "192.0.2.1"));
		evpn_view(&imet_of(h)->n, &r);
		assert_true(ip_eq(&r.ip, &(struct ip[]) { ip_from("10.7.7.7") }[0]));
		assert_int_equal(host_fib(h, 2), 3);
		assert_int_equal(host_neigh(h, "192.0.2.2"), 2);
		assert_int_equal(h->n_flood, 1);
		/* and back to nothing, whichever way */
		if (round % 2) {
			h->conf.advertise_all_vni = false;
			host_configure(h);
		} else {
			host_pair(h, false);
		}
		assert_int_equal(h->n_own, 0);
		assert_int_equal(h->n_mac + h->n_neigh + h->n_flood + h->n_dom, 0);
		host_free(h);
	}
}

static void not_configured_not_served(void **state)
{
	struct host *h = host_bare(2);

	(void)state;
	h->evis[0] = (struct tenants_evi_conf) { .vni = 100 }; /* overrides only */
	h->conf.n_evis = 1;
	host_configure(h);
	host_pair(h, true);
	host_learn(h, 1);
	host_hears(h, (struct rroute) { .k = 3, .mac = 2 });
	assert_int_equal(h->n_own + h->n_mac + h->n_dom, 0);
	host_free(h);
}

static void device_down_is_silent(void **state)
{
	struct host *h = host_new(2);
	struct intent_link vx = link_of(51, LINK_VXLAN, 50, "vx100");

	(void)state;
	vx.vni = 100;
	host_learn(h, 1);
	assert_int_equal(h->n_own, 2);
	vx.flags = LINK_OURS;
	tenants_link(h->t, &vx, 0);
	assert_int_equal(h->n_own, 0);
	vx.flags |= LINK_UP;
	vx.vtep = ip_from("10.1.1.1"); /* ours: it has what we gave it, once */
	tenants_link(h->t, &vx, 0);
	assert_int_equal(h->n_own, 2);
	assert_int_equal(ip4_host(&imet_of(h)->a.nexthop), 0x0a000002);
	host_free(h);
}

static void resync_repeats_all(void **state)
{
	struct host *h = host_new(2);
	struct tenants_endpoint e;
	char err[64];
	size_t n;

	(void)state;
	endpoint_parse("a tenant red interface v0 mac 02:00:00:00:00:09", &e, err, 64);
	assert_int_equal(tenants_endpoint_add(h->t, &e, err, 64), 0);
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .ip = "192.0.2.2" });
	host_hears(h, (struct rroute) { .k = 3, .imet = true });
	h->n_mac = h->n_neigh = h->n_flood = h->n_dom = h->n_port = 0;
	n = h->n_intent;
	tenants_resync(h->t);
	assert_int_equal(h->n_intent - n, 6);
	assert_int_equal(h->n_mac * h->n_neigh * h->n_flood * h->n_dom * h->n_port, 1);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(tenant_is_served),
		cmocka_unit_test(nothing_changed_nothing_said),
		cmocka_unit_test(changes_by_difference),
		cmocka_unit_test(shifted_labels),
		cmocka_unit_test(automatic_targets),
		cmocka_unit_test(rd_indexes_stay),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(needs_as_and_router_id),
		cmocka_unit_test(any_order_one_outcome),
		cmocka_unit_test(not_configured_not_served),
		cmocka_unit_test(device_down_is_silent),
		cmocka_unit_test(resync_repeats_all),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
