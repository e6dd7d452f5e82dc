/* The shadow of the kernel: rib/fact.c. */
#include "tests/unit/tenant_help.h"

static void dump_sweeps_what_it_lacks(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	for (unsigned m = 1; m <= 3; m++) {
		host_fdb(h, m, 7, 0, INTENT_F_DUMP);
		host_arp(h, m,
			 m == 1   ? "192.0.2.1"
			 : m == 2 ? "192.0.2.2"
				  : "192.0.2.3",
			 INTENT_F_DUMP);
	}
	tenants_dump_end(h->t);
	assert_int_equal(h->n_own, 7);
	host_learn(h, 4); /* an event, then a picture without 2 */
	host_fdb(h, 1, 7, 0, INTENT_F_DUMP);
	host_arp(h, 1, "192.0.2.1", INTENT_F_DUMP);
	host_learn(h, 5); /* an event while it is taken */
	host_fdb(h, 3, 7, 0, INTENT_F_DUMP);
	tenants_dump_end(h->t);
	assert_non_null(host_own(h, 1, "192.0.2.1"));
	assert_null(host_own(h, 2, NULL));
	assert_null(host_own(h, 2, "192.0.2.2"));
	assert_non_null(host_own(h, 3, NULL));
	assert_null(host_own(h, 3, "192.0.2.3"));
	assert_null(host_own(h, 4, NULL));
	assert_non_null(host_own(h, 5, NULL));
	tenants_dump_end(h->t); /* an empty picture */
	assert_int_equal(h->n_own, 1);
	host_free(h);
}

static void devices_are_swept(void **state)
{
	struct intent_link br = link_of(50, LINK_BRIDGE, 0, "brk");
	struct intent_link vx = link_of(51, LINK_VXLAN, 50, "vxk");
	struct intent_addr a = { .ifindex = 50, .ip = ip_from("192.0.2.1") };
	struct host *h = host_bare(2);

	(void)state;
	vx.vni = 100;
	h->conf.advertise_all_vni = true;
	host_configure(h);
	tenants_link(h->t, &br, INTENT_F_DUMP);
	tenants_link(h->t, &vx, INTENT_F_DUMP);
	tenants_addr(h->t, &a, INTENT_F_DUMP);
	tenants_dump_end(h->t);
	assert_int_equal(h->n_own, 1);
	tenants_link(h->t, &br, INTENT_F_DUMP);
	tenants_dump_end(h->t);
	assert_int_equal(h->n_own + h->n_dom, 0);
	tenants_link(h->t, &vx, 0);
	assert_int_equal(h->n_own, 1);
	assert_string_equal(h->dom[0].bridge, "brk");
	host_free(h);
}

static void port_moves_are_no_moves(void **state)
{
	struct host *h = host_new(2);
	unsigned said;

	(void)state;
	host_fdb(h, 1, 7, 0, 0);
	said = h->n_originate + h->n_withdraw;
	host_fdb(h, 1, 8, 0, 0);
	assert_int_equal(host_seq(h, 1), 0);
	assert_int_equal(h->n_originate + h->n_withdraw, said);
	host_fdb(h, 1, 8, 0, INTENT_F_GONE);
	assert_int_equal(host_seq(h, 1), -1);
	host_free(h);
}

/* fib replaced our entry: the port it names is the VXLAN device, not the one we know.
 */
static void replaced_entry_has_gone(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_pair(h, true);
	host_learn(h, 1);
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .seq = 1 });
	host_fdb(h, 1, 51, 0, INTENT_F_GONE);
	host_loses(h, (struct rroute) { .k = 3, .mac = 1 });
	assert_int_equal(host_seq(h, 1), -1); /* nobody has it: it is not here */
	host_free(h);
}

/* A picture taken before fib replaced our entry is no learning; an event is. */
static void late_dump_is_no_news(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	clock_set(5000);
	h->conf.dad_off = true;
	host_configure(h);
	host_learn(h, 1);
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .seq = 1 });
	assert_int_equal(host_fib(h, 1), 3);
	host_fdb(h, 1, 7, 0, INTENT_F_DUMP);
	assert_int_equal(host_fib(h, 1), 3);
	clock_set(6999);
	host_fdb(h, 1, 7, 0, INTENT_F_DUMP);
	assert_int_equal(host_fib(h, 1), 3);
	clock_set(5000);
	host_fdb(h, 1, 9, 0, INTENT_F_DUMP); /* on another port: it did come */
	assert_int_equal(host_seq(h, 1), 2);
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .seq = 3 });
	clock_set(8000); /* settled long ago, so the picture tells of a lost event */
	host_fdb(h, 1, 9, 0, INTENT_F_DUMP);
	assert_int_equal(host_seq(h, 1), 4);
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .seq = 5 });
	host_fdb(h, 1, 9, 0, 0);
	assert_int_equal(host_seq(h, 1), 6);
	host_free(h);
	clock_set(-1);
}

static void nonsense_is_ignored(void **state)
{
	struct host *h = host_new(2);
	const struct intent_fdb fdb[] = {
		{ .vni = 0, .ifindex = 7, .mac = mac_of(1) },
		{ .vni = 0x1000000, .ifindex = 7, .mac = mac_of(1) },
		{ .vni = 100, .ifindex = 7 },
		{ .vni = 100, .ifindex = 7, .mac = { { 1 } } },
	};
	const struct intent_neigh neigh[] = {
		{ .vni = 0, .ip = ip_from("192.0.2.1"), .mac = mac_of(1) },
		{ .vni = 100, .mac = mac_of(1) },
		{ .vni = 100, .ip = ip_from("192.0.2.1") },
	};
	const struct intent_link none = { .kind = LINK_VXLAN, .vni = 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fdb); i++) {
		tenants_fdb(h->t, &fdb[i], INTENT_F_GONE);
		tenants_fdb(h->t, &fdb[i], 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neigh); i++) {
		tenants_neigh(h->t, &neigh[i], INTENT_F_GONE);
		tenants_neigh(h->t, &neigh[i], 0);
	}
	tenants_link(h->t, &none, 0);
	tenants_link(h->t, &none, INTENT_F_GONE);
	tenants_addr(h->t, &(struct intent_addr) { 0 }, 0);
	tenants_addr(h->t, &(struct intent_addr) { 0 }, INTENT_F_GONE);
	host_age(h, 5);
	assert_int_equal(h->n_own, 1);
	host_free(h);
}

/* A device that gets another VNI takes its tenant along. */
static void vni_changes(void **state)
{
	struct intent_link br = link_of(50, LINK_BRIDGE, 0, "brk");
	struct intent_link vx = link_of(51, LINK_VXLAN, 50, "vxk");
	struct host *h = host_bare(2);

	(void)state;
	h->conf.advertise_all_vni = true;
	host_configure(h);
	vx.vni = 100;
	tenants_link(h->t, &br, 0);
	tenants_link(h->t, &vx, 0);
	assert_int_equal(h->dom[0].vni, 100);
	vx.vni = 200;
	tenants_link(h->t, &vx, 0);
	assert_int_equal(h->n_dom, 1);
	assert_int_equal(h->dom[0].vni, 200);
	assert_int_equal(h->n_own, 1);
	vx.master = 0; /* out of the bridge: no pair, no service */
	tenants_link(h->t, &vx, 0);
	assert_int_equal(h->n_dom + h->n_own, 0);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(dump_sweeps_what_it_lacks),
		cmocka_unit_test(devices_are_swept),
		cmocka_unit_test(port_moves_are_no_moves),
		cmocka_unit_test(replaced_entry_has_gone),
		cmocka_unit_test(late_dump_is_no_news),
		cmocka_unit_test(nonsense_is_ignored),
		cmocka_unit_test(vni_changes),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
