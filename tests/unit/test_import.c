/* Routes into EVIs: rib/import.c, rib/project_evpn.c. */
#include "tests/unit/tenant_help.h"

/* Two tenants: red 100 imports 100, blue 200 imports 200 and 7. */
static struct host *two_tenants(void)
{
	struct host *h = host_bare(2);

	h->evis[0] = (struct tenants_evi_conf) { .vni = 100, .tenant = "red" };
	h->evis[1] = (struct tenants_evi_conf) { .vni = 200,
						 .tenant = "blue",
						 .n_import = 2,
						 .import = { rt_make(HOST_AS, 200),
							     rt_make(HOST_AS, 7) } };
	h->conf.n_evis = 2;
	host_configure(h);
	return h;
}

static unsigned macs_in(struct host *h, uint32_t vni)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->n_mac; i++)
		n += h->mac[i].vni == vni;
	return n;
}

static uint32_t imports(struct host *h)
{
	struct tenants_counters c;

	tenants_counters_get(h->t, &c);
	return c.imports;
}

/* Which tenants a route of these targets lands in. */
static void by_route_target(void **state)
{
	static const struct {
		uint32_t rt, rt2;
		unsigned red, blue;
	} c[] = {
		{ 100, 0, 1, 0 }, { 200, 0, 0, 1 },   { 7, 0, 0, 1 },
		{ 100, 7, 1, 1 }, { 200, 7, 0, 1 },   { 5, 6, 0, 0 },
		{ 5, 100, 1, 0 }, { 100, 100, 1, 0 },
	};
	struct host *h = two_tenants();

	(void)state;
	for (int round = 0; round < 2;
	     round++) { /* each also as a change of the last */
		for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
			struct rroute r = { .k = 3,
					    .mac = 1,
					    .ip = "192.0.2.1",
					    .rt = c[i].rt,
					    .rt2 = c[i].rt2 };

			host_hears(h, r);
			assert_int_equal(macs_in(h, 100), c[i].red);
			assert_int_equal(macs_in(h, 200), c[i].blue);
			assert_int_equal(h->n_neigh, c[i].red + c[i].blue);
			assert_int_equal(imports(h), c[i].red + c[i].blue);
			if (round) {
				host_loses(h, r);
				assert_int_equal(h->n_mac + h->n_neigh, 0);
				assert_int_equal(imports(h), 0);
			}
		}
	}
	host_free(h);
}

static void target_of_other_type_is_another(void **state)
{
	struct host *h = host_bare(2);
	struct hroute r;

	(void)state;
	h->evis[0] = (struct tenants_evi_conf) {
		.vni = 100,
		.tenant = "red",
		.n_import = 1,
		.import = { { { 2, 2, 0, 0, 0xfd, 0xe8, 0, 100 } } }
	};
	h->conf.n_evis = 1;
	host_configure(h);
	hroute_make(&r, &(struct rroute) { .k = 3, .mac = 1 });
	host_route(h, &r.n, &r.a);
	assert_int_equal(h->n_mac, 0);
	memcpy(r.ext, h->evis[0].import[0].b, 8);
	host_route(h, &r.n, &r.a);
	assert_int_equal(h->n_mac, 1);
	host_free(h);
}

static void configuration_comes_later(void **state)
{
	struct host *h = two_tenants();

	(void)state;
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .rt = 5, .ip = "192.0.2.1" });
	host_hears(h, (struct rroute) { .k = 3, .imet = true, .rt = 5 });
	assert_int_equal(h->n_mac + h->n_flood, 0);
	h->evis[0].n_import = 1;
	h->evis[0].import[0] = rt_make(HOST_AS, 5);
	host_configure(h);
	assert_int_equal(macs_in(h, 100), 1);
	assert_int_equal(h->n_flood, 1);
	h->evis[0].n_import = 0;
	host_configure(h);
	assert_int_equal(h->n_mac + h->n_neigh + h->n_flood, 0);
	assert_int_equal(imports(h), 0);
	host_free(h);
}

/* What is sent with: label, encapsulation, encoding of the EVI. */
static const struct {
	const char *name;
	uint32_t vni, label;
	int encap;
	bool shifted;
	uint32_t want; /* 0: not used */
	bool mismatch;
} labels[] = {
	{ "plain", 100, 100, ENCAP_VXLAN, false, 100, false },
	{ "no encapsulation said", 100, 100, -1, false, 100, false },
	{ "downstream VNI", 100, 2177, ENCAP_VXLAN, false, 2177, true },
	{ "listing 3 to a plain EVI", 136, 0x881, ENCAP_VXLAN, false, 2177, true },
	{ "listing 3 to a shifted EVI", 136, 0x881, ENCAP_VXLAN, true, 136, false },
	{ "shifted, none said", 136, 0x881, -1, true, 136, false },
	{ "MPLS said", 136, 0x881, ENCAP_MPLS, false, 136, false },
	{ "label 0 cannot be sent with", 100, 0xf, ENCAP_MPLS, false, 100, true },
	{ "NVGRE only", 100, 100, ENCAP_NVGRE, false, 0, false },
	{ "Geneve only", 100, 100, 19, false, 0, false },
};

static void label_readings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		struct host *h = host_bare(2);
		struct tenants_counters c;

		print_message("# %s\n", labels[i].name);
		h->evis[0] =
			(struct tenants_evi_conf) { .vni = labels[i].vni,
						    .tenant = "red",
						    .mpls_shifted = labels[i].shifted };
		h->conf.n_evis = 1;
		host_configure(h);
		for (unsigned m = 1; m <= 2; m++)
			host_hears(h, (struct rroute) { .k = 3,
							.mac = m,
							.rt = labels[i].vni,
							.label = labels[i].label,
							.encap = labels[i].encap });
		assert_int_equal(h->n_mac, labels[i].want ? 2 : 0);
		if (labels[i].want) {
			assert_int_equal(h->mac[0].vni, labels[i].vni);
			assert_int_equal(h->mac[0].dst_vni, labels[i].want);
		}
		assert_int_equal(h->reports[TEV_VNI_MISMATCH], labels[i].mismatch);
		tenants_counters_get(h->t, &c);
		assert_int_equal(c.vni_mismatches, labels[i].mismatch ? 2 : 0);
		assert_int_equal(c.routes_ignored, labels[i].want ? 0 : 2);
		host_free(h);
	}
}

/* Routes that lead nowhere; each replaces a good one, which must not stay. */
static void unusable_routes(void **state)
{
	static const char *const hops[] = { "0.0.0.0",  "127.0.0.1", "224.0.0.1",
					    "10.0.0.2", "::",        "ff02::1" };
	struct host *h = host_new(2);
	struct rroute good = { .k = 3, .mac = 1, .ip = "192.0.2.1" };
	struct hroute r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hops); i++) {
		struct rroute bad = good;

		bad.nexthop = ip_from(hops[i]);
		host_hears(h, good);
		assert_int_equal(h->n_mac + h->n_neigh, 2);
		host_hears(h, bad);
		assert_int_equal(h->n_mac + h->n_neigh, 0);
	}
	hroute_make(&r, &(struct rroute) { .k = 3, .imet = true });
	host_route(h, &r.n, &r.a);
	assert_int_equal(h->n_flood, 1);
	r.pmsi[1] = 3; /* PIM-SSM: not a head end to replicate to */
	host_route(h, &r.n, &r.a);
	assert_int_equal(h->n_flood, 0);
	host_free(h);
}

static void bad_addresses_are_not_hosts(void **state)
{
	static const uint8_t macs[][6] = { { 0 }, { 1, 0, 0x5e, 0, 0, 1 } };
	static const char *const ips[] = { "0.0.0.0", "224.0.0.1", "ff02::1", "::1" };
	struct host *h = host_new(2);
	struct hroute r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
		struct evpn_route e = { .type = EVPN_MACIP, .label1 = 100 };

		hroute_make(&r, &(struct rroute) { .k = 3, .mac = 1 });
		memcpy(e.mac.b, macs[i], 6);
		assert_int_equal(evpn_build(&e, &r.n), 0);
		host_route(h, &r.n, &r.a);
		assert_int_equal(h->n_mac, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ips); i++)
		host_hears(h, (struct rroute) { .k = 3, .mac = 1, .ip = ips[i] });
	assert_int_equal(h->n_mac, 1);
	assert_int_equal(h->n_neigh, 0);
	host_free(h);
}

static void other_types_have_no_effect(void **state)
{
	static const uint8_t types[] = { EVPN_AD, EVPN_ES, EVPN_PREFIX };
	struct host *h = host_new(2);
	struct nlri junk = { .key_len = 3, .key = { 99, 1, 2 } };
	struct hroute r;

	(void)state;
	hroute_make(&r, &(struct rroute) { .k = 3, .mac = 1 });
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct evpn_route e = { .type = types[i],
					.ip = ip_from("192.0.2.0"),
					.gateway = ip_from("0.0.0.0"),
					.prefix_bits = 24,
					.label1 = 100 };

		assert_int_equal(evpn_build(&e, &r.n), 0);
		host_route(h, &r.n, &r.a);
	}
	host_route(h, &junk, &r.a);
	assert_int_equal(imports(h), 0);
	host_free(h);
}

/* A target stays until its last IMET goes, and moves with its PMSI attribute. */
/* RFC 9494 section 4.4: whoever is there is better than who is gone for long, whatever
 * mobility says; but gone is better than nobody. */
static void long_lived_stale_is_last(void **state)
{
	struct host *h = two_tenants();
	struct rroute dead = { .k = 3, .mac = 1, .seq = 5, .ip = "192.0.2.1" };
	struct rroute alive = { .k = 4, .mac = 1, .ip = "192.0.2.1" };
	unsigned n;

	(void)state;
	host_hears(h, dead);
	host_hears(h, alive);
	assert_int_equal(host_fib(h, 1), 3);
	dead.llgr_stale = true;
	host_hears(h, dead);
	assert_int_equal(host_fib(h, 1), 4);
	alive.sticky = dead.sticky = true;
	host_hears(h, alive);
	assert_int_equal(host_fib(h, 1), 4);
	host_loses(h, alive);
	assert_int_equal(host_fib(h, 1), 3);
	/* Alone it stays as it is: the kernel need not know. */
	dead.llgr_stale = false;
	host_hears(h, dead);
	n = h->n_intent;
	dead.llgr_stale = true;
	host_hears(h, dead);
	assert_int_equal(h->n_intent, n);
	host_free(h);
}

static void flood_is_counted(void **state)
{
	struct host *h = host_new(2);
	struct rroute a = { .k = 3, .imet = true };
	struct rroute b = { .k = 3, .imet = true, .rd = 9 };
	struct rroute moved = { .k = 3,
				.imet = true,
				.nexthop = ip_from("10.0.0.8"),
				.origin = vtep_of(3) };

	(void)state;
	host_hears(h, a);
	host_hears(h, b);
	host_hears(h, a);
	assert_int_equal(h->n_flood, 1);
	host_loses(h, a);
	assert_int_equal(h->n_flood, 1);
	host_hears(h, moved);
	assert_int_equal(h->n_flood, 2);
	host_loses(h, b);
	assert_int_equal(h->n_flood, 1);
	assert_int_equal(ip4_host(&h->flood[0].vtep), 0x0a000008);
	host_loses(h, moved);
	assert_int_equal(h->n_flood, 0);
	host_loses(h, moved); /* nothing to lose */
	host_free(h);
}

static void vtep_of_ipv6(void **state)
{
	struct host *h = host_new(2);
	struct rroute r = { .k = 3, .mac = 1, .nexthop = ip_from("2001:db8::3") };

	(void)state;
	h->evis[0].vtep = ip_from("2001:db8::2");
	host_configure(h);
	host_hears(h, r);
	assert_int_equal(h->mac[0].vtep.len, 16);
	host_learn(h, 2);
	assert_int_equal(host_own(h, 2, NULL)->a.nexthop.len, 16);
	host_free(h);
}

/* Adds, changes and withdraws at random: what fib holds equals what the Loc-RIB says.
 */
static void fib_equals_routes(void **state)
{
	(void)state;
	srandom(8);
	for (int round = 0; round < 200; round++) {
		struct host *h = two_tenants();
		bool red[5] = { false }, blue[5] = { false };

		for (int step = 0; step < 60; step++) {
			unsigned m = (unsigned)(random() % 4) + 1;
			struct rroute r = { .k = 3, .mac = m, .ip = "192.0.2.1" };
			static const uint32_t rts[] = { 100, 200, 7, 5 };

			r.rt = rts[random() % 4];
			r.rt2 = rts[random() % 4];
			if (random() % 4) {
				host_hears(h, r);
				red[m] = r.rt == 100 || r.rt2 == 100;
				blue[m] = r.rt == 200 || r.rt2 == 200 || r.rt == 7 ||
					  r.rt2 == 7;
			} else {
				host_loses(h, r);
				red[m] = blue[m] = false;
			}
			unsigned n_red = 0, n_blue = 0;

			for (m = 1; m < 5; m++) {
				n_red += red[m];
				n_blue += blue[m];
			}
			assert_int_equal(macs_in(h, 100), n_red);
			assert_int_equal(macs_in(h, 200), n_blue);
			assert_int_equal(h->n_neigh, (n_red > 0) + (n_blue > 0));
		}
		host_free(h);
	}
}

struct vteps {
	unsigned n;
	struct tenants_vtep_info i[4];
};

static void see(void *arg, const struct tenants_vtep_info *i)
{
	struct vteps *v = arg;

	v->i[v->n++] = *i;
}

static void vteps_are_shown_in_order(void **state)
{
	struct host *h = host_new(2);
	struct vteps v = { 0 };

	(void)state;
	host_hears(h, (struct rroute) { .k = 9, .imet = true });
	host_hears(h, (struct rroute) { .k = 3, .imet = true });
	host_hears(h, (struct rroute) { .k = 3, .imet = true, .rd = 9 });
	tenants_vtep_foreach(h->t, 100, see, &v);
	assert_int_equal(v.n, 2);
	assert_int_equal(ip4_host(&v.i[0].vtep), 0x0a000003);
	assert_int_equal(v.i[0].imets, 2);
	assert_int_equal(v.i[1].imets, 1);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(by_route_target),
		cmocka_unit_test(target_of_other_type_is_another),
		cmocka_unit_test(configuration_comes_later),
		cmocka_unit_test(label_readings),
		cmocka_unit_test(unusable_routes),
		cmocka_unit_test(bad_addresses_are_not_hosts),
		cmocka_unit_test(other_types_have_no_effect),
		cmocka_unit_test(long_lived_stale_is_last),
		cmocka_unit_test(flood_is_counted),
		cmocka_unit_test(vtep_of_ipv6),
		cmocka_unit_test(fib_equals_routes),
		cmocka_unit_test(vteps_are_shown_in_order),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
