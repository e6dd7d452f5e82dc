/* Addresses of an EVI: rib/neigh.c. */
#include "tests/unit/tenant_help.h"

static const char IP[] = "192.0.2.1";

static void waits_for_its_mac(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_arp(h, 1, IP, 0);
	assert_null(host_own(h, 1, IP));
	host_learn(h, 1);
	assert_non_null(host_own(h, 1, IP));
	host_age(h, 1);
	assert_null(host_own(h, 1, IP));
	assert_null(host_own(h, 1, NULL));
	host_learn(h, 1);
	assert_non_null(host_own(h, 1, IP));
	host_arp(h, 1, IP, INTENT_F_GONE);
	assert_null(host_own(h, 1, IP));
	assert_non_null(host_own(h, 1, NULL)); /* independent of each other */
	host_free(h);
}

static void changes_its_mac(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_learn(h, 1);
	host_learn(h, 2);
	host_arp(h, 1, IP, 0);
	host_arp(h, 2, IP, 0);
	assert_null(host_own(h, 1, IP));
	assert_non_null(host_own(h, 2, IP));
	host_age(h, 1);
	assert_non_null(host_own(h, 2, IP));
	host_free(h);
}

static void carries_the_number_of_its_mac(void **state)
{
	struct host *h = host_new(2);
	uint32_t seq;
	bool sticky;

	(void)state;
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .seq = 4, .ip = IP });
	assert_int_equal(host_neigh(h, IP), 1);
	host_learn(h, 1);
	assert_int_equal(host_neigh(h, IP), 0); /* so that the kernel can learn it */
	host_arp(h, 1, IP, 0);
	attrs_macmob(&host_own(h, 1, IP)->a, &seq, &sticky);
	assert_int_equal(seq, 5);
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .seq = 6, .ip = IP });
	assert_null(host_own(h, 1, IP));
	assert_int_equal(host_neigh(h, IP), 1);
	host_free(h);
}

static void only_hosts_are_advertised(void **state)
{
	static const char *const ips[] = { "0.0.0.0", "224.0.0.5", "127.0.0.1", "::1" };
	struct host *h = host_new(2);

	(void)state;
	host_pair(h, true);
	host_learn(h, 1);
	for (size_t i = 0; i < ARRAY_SIZE(ips); i++)
		host_arp(h, 1, ips[i], 0);
	assert_int_equal(h->n_own, 2);
	host_arp(h, 1, "fe80::1", 0);
	assert_int_equal(h->n_own, 3);
	host_free(h);
}

/* An address of the bridge is not a host's; the same address elsewhere is no matter. */
static void own_address(void **state)
{
	struct intent_addr a = { .ifindex = 50, .ip = ip_from(IP) };
	struct intent_addr other = { .ifindex = 2, .ip = ip_from(IP) };
	struct host *h = host_new(2);

	(void)state;
	host_pair(h, true);
	host_learn(h, 1);
	host_arp(h, 1, IP, 0);
	tenants_addr(h->t, &other, 0);
	assert_non_null(host_own(h, 1, IP));
	tenants_addr(h->t, &a, 0);
	assert_null(host_own(h, 1, IP));
	tenants_addr(h->t, &a, INTENT_F_GONE);
	assert_non_null(host_own(h, 1, IP));
	host_free(h);
}

static void own_devices_are_no_hosts(void **state)
{
	struct host *h = host_new(2);
	struct intent_link br = link_of(50, LINK_BRIDGE, 0, "brk");
	struct intent_link port = link_of(7, LINK_PORT, 50, "veth7");

	(void)state;
	host_pair(h, true);
	host_learn(h, 1);
	host_learn(h, 2);
	host_learn(h, 3);
	assert_int_equal(h->n_own, 4);
	br.mac = mac_of(1);
	tenants_link(h->t, &br, 0);
	assert_null(host_own(h, 1, NULL));
	port.mac = mac_of(2);
	tenants_link(h->t, &port, 0);
	assert_null(host_own(h, 2, NULL));
	assert_non_null(host_own(h, 3, NULL));
	br.mac = mac_of(9);
	tenants_link(h->t, &br, 0);
	assert_non_null(host_own(h, 1, NULL));
	host_free(h);
}

/* ---- an address moves to another MAC ----------------------------------- */

static void new_mac_outbids_the_old_one(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_hears(h, (struct rroute) { .k = 1, .mac = 1, .seq = 3, .ip = IP });
	assert_int_equal(host_neigh(h, IP), 1);
	host_learn(h, 2);
	assert_int_equal(host_seq(h, 2), 0);
	host_arp(h, 2, IP, 0);
	assert_int_equal(host_seq(h, 2), 4);
	assert_non_null(host_own(h, 2, IP));
	assert_int_equal(host_neigh(h, IP), 0);
	host_free(h);

	h = host_new(2); /* the other order: neighbour before FDB */
	host_hears(h, (struct rroute) { .k = 1, .mac = 1, .seq = 3, .ip = IP });
	host_arp(h, 2, IP, 0);
	host_learn(h, 2);
	assert_int_equal(host_seq(h, 2), 4);
	assert_non_null(host_own(h, 2, IP));
	host_free(h);
}

static void first_seen_in_a_dump(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_hears(h, (struct rroute) { .k = 1, .mac = 1, .seq = 3, .ip = IP });
	host_fdb(h, 2, 7, 0, INTENT_F_DUMP);
	host_arp(h, 2, IP, INTENT_F_DUMP);
	assert_int_equal(host_seq(h, 2), 4);
	host_hears(h, (struct rroute) { .k = 1, .mac = 1, .seq = 5, .ip = IP });
	host_arp(h, 2, IP, INTENT_F_DUMP); /* only repeated */
	assert_int_equal(host_seq(h, 2), 4);
	assert_int_equal(host_neigh(h, IP), 1);
	host_free(h);
}

/* Learned long ago, without a rival: no word against one that comes later. */
static void old_knowledge_does_not_outbid(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_learn(h, 2);
	host_arp(h, 2, IP, 0);
	host_hears(h, (struct rroute) { .k = 1, .mac = 1, .seq = 3, .ip = IP });
	assert_int_equal(host_seq(h, 2), 0);
	assert_int_equal(host_neigh(h, IP), 1);
	host_free(h);
}

/* One address lifts its MAC; the others of that MAC are compared anew. */
static void all_addresses_gain(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_learn(h, 2);
	host_arp(h, 2, "192.0.2.2", 0);
	host_hears(h,
		   (struct rroute) { .k = 1, .mac = 5, .seq = 2, .ip = "192.0.2.2" });
	assert_null(host_own(h, 2, "192.0.2.2"));
	host_hears(h, (struct rroute) { .k = 1, .mac = 1, .seq = 4, .ip = IP });
	host_arp(h, 2, IP, 0);
	assert_int_equal(host_seq(h, 2), 5);
	assert_non_null(host_own(h, 2, IP));
	assert_non_null(host_own(h, 2, "192.0.2.2"));
	assert_int_equal(h->n_neigh, 0);
	host_free(h);
}

static void old_mac_yields(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_learn(h, 1);
	host_arp(h, 1, IP, 0);
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .ip = IP });
	assert_non_null(host_own(h, 1, IP)); /* tie: our address is lower */
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .seq = 1, .ip = IP });
	assert_null(host_own(h, 1, IP));
	assert_non_null(host_own(h, 1, NULL));
	assert_int_equal(host_neigh(h, IP), 2);
	host_loses(h, (struct rroute) { .k = 3, .mac = 2, .seq = 1, .ip = IP });
	assert_non_null(host_own(h, 1, IP));
	assert_int_equal(host_neigh(h, IP), 0);
	host_free(h);
}

static void address_flaps(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	clock_set(1000);
	host_learn(h, 1);
	for (uint32_t i = 0; i < 20; i++) {
		host_arp(h, 1, IP, 0);
		host_hears(h, (struct rroute) {
				      .k = 3, .mac = 2, .seq = 2 * i + 1, .ip = IP });
		/* lost, won, lost, won, lost: five */
		assert_int_equal(h->reports[TEV_DUPLICATE], i >= 2);
	}
	assert_int_equal(h->reports[TEV_DUPLICATE], 1);
	assert_false(ip_is_none(&h->last.ip));
	assert_null(host_own(h, 1, IP));
	assert_non_null(host_own(h, 1, NULL)); /* its other addresses are fine */
	assert_int_equal(tenants_dup_clear(h->t, 100, NULL), 1);
	host_arp(h, 1, IP, 0);
	assert_non_null(host_own(h, 1, IP));
	host_free(h);
	clock_set(-1);
}

/* A MAC that is frozen cannot outbid anybody with its address. */
static void address_of_a_frozen_mac(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	h->conf.dad_moves = 1;
	host_configure(h);
	host_hears(h, (struct rroute) { .k = 3, .mac = 1 });
	host_learn(h, 1);
	assert_int_equal(h->reports[TEV_DUPLICATE], 1);
	h->conf.dad_moves = 5;
	host_configure(h);
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .seq = 9, .ip = IP });
	host_arp(h, 1, IP, 0);
	assert_int_equal(host_neigh(h, IP), 2);
	host_free(h);
}

/* Between remote routes: number, then lowest VTEP, then lowest MAC; order is no matter.
 */
static void remote_rivals(void **state)
{
	static const struct rroute set[] = {
		{ .k = 3, .mac = 1, .seq = 0, .ip = IP },
		{ .k = 3, .mac = 2, .seq = 2, .ip = IP },
		{ .k = 4, .mac = 3, .seq = 2, .ip = IP },
		{ .k = 3, .mac = 4, .seq = 2, .ip = IP },
	};
	(void)state;
	srandom(9);
	for (int round = 0; round < 1000; round++) {
		struct host *h = host_new(2);
		bool there[4] = { false };
		unsigned want = 0;

		for (int step = 0; step < 10; step++) {
			size_t i = (size_t)random() % 4;

			there[i] = random() % 2;
			if (there[i])
				host_hears(h, set[i]);
			else
				host_loses(h, set[i]);
		}
		want = there[1] ? 2 : there[3] ? 4 : there[2] ? 3 : there[0] ? 1 : 0;
		assert_int_equal(host_neigh(h, IP), want);
		/* a MAC that is here has no say over there */
		if (want == 2) {
			host_learn(h, 2);
			want = there[3] ? 4 : there[2] ? 3 : there[0] ? 1 : 0;
			assert_int_equal(host_neigh(h, IP), want);
		}
		host_free(h);
	}
}

static void router_flag_is_passed(void **state)
{
	struct host *h = host_new(2);
	const uint8_t arp_nd[8] = { 6, 8, 1 };
	struct hroute r;

	(void)state;
	hroute_make(&r, &(struct rroute) { .k = 3, .mac = 1, .ip = "2001:db8::1" });
	host_route(h, &r.n, &r.a);
	assert_int_equal(h->neigh[0].flags, 0);
	ext_put(&r, arp_nd);
	host_route(h, &r.n, &r.a);
	assert_int_equal(h->neigh[0].flags, FNEIGH_ROUTER);
	host_free(h);
}

struct seen {
	unsigned n;
	struct tenants_neigh_info i[4];
};

static void see(void *arg, const struct tenants_neigh_info *i)
{
	struct seen *s = arg;

	s->i[s->n++] = *i;
}

static void is_shown(void **state)
{
	struct host *h = host_new(2);
	struct seen s = { 0 };

	(void)state;
	host_learn(h, 1);
	host_arp(h, 1, "192.0.2.1", 0);
	host_arp(h, 5, "192.0.2.5", 0);
	host_hears(h,
		   (struct rroute) { .k = 3, .mac = 2, .seq = 6, .ip = "192.0.2.2" });
	tenants_neigh_foreach(h->t, 0, see, &s);
	assert_int_equal(s.n, 3);
	assert_true(s.i[0].local && s.i[0].active);
	assert_true(!s.i[1].local && s.i[1].active);
	assert_int_equal(s.i[1].remote_seq, 6);
	assert_true(s.i[2].local && !s.i[2].active);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(waits_for_its_mac),
		cmocka_unit_test(changes_its_mac),
		cmocka_unit_test(carries_the_number_of_its_mac),
		cmocka_unit_test(only_hosts_are_advertised),
		cmocka_unit_test(own_address),
		cmocka_unit_test(own_devices_are_no_hosts),
		cmocka_unit_test(new_mac_outbids_the_old_one),
		cmocka_unit_test(first_seen_in_a_dump),
		cmocka_unit_test(old_knowledge_does_not_outbid),
		cmocka_unit_test(all_addresses_gain),
		cmocka_unit_test(old_mac_yields),
		cmocka_unit_test(address_flaps),
		cmocka_unit_test(address_of_a_frozen_mac),
		cmocka_unit_test(remote_rivals),
		cmocka_unit_test(router_flag_is_passed),
		cmocka_unit_test(is_shown),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
