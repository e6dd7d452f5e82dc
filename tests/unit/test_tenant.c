/*
 * The tenants as a whole: a long random life of routes, facts, settings, endpoints and
 * time. What fib holds must always be what a resync would say, what we originate must
 * make sense, and in the end nothing may be left.
 */
#include "tests/unit/tenant_help.h"

#include "rib/tenant_priv.h"

enum { ROUNDS = 60, STEPS = 400, TENANTS = 3 };

static const char *const ips[] = { "192.0.2.1", "192.0.2.2", "2001:db8::1" };
static const char *const tenant_names[] = { "red", "green", "blue" };

static unsigned pick(unsigned n)
{
	return (unsigned)random() % n;
}

/* Often the usual ones, so that things meet. */
static uint32_t vni_any(void)
{
	return 100 + pick(4);
}

static void route_any(struct host *h)
{
	static const uint32_t seqs[] = { 0, 0, 1, 2, 3, 7, UINT32_MAX };
	struct rroute r = { .k = 1 + pick(4),
			    .mac = 1 + pick(3),
			    .ip = pick(2) ? ips[pick(3)] : NULL,
			    .seq = seqs[pick(ARRAY_SIZE(seqs))],
			    .sticky = !pick(8),
			    .label = pick(6) ? 0 : 4711,
			    .rt = vni_any(),
			    .rt2 = pick(3) ? 0 : vni_any(),
			    .rd = (uint16_t)(2 + pick(2)),
			    .imet = !pick(4),
			    .pmsi_type = pick(8) ? 6 : 3 };

	if (pick(3))
		host_hears(h, r);
	else
		host_loses(h, r);
}

static void fdb_any(struct host *h)
{
	const struct intent_fdb f = { .vni = vni_any(),
				      .ifindex = 7 + pick(2),
				      .mac = mac_of(1 + pick(3)),
				      .flags = pick(8) ? 0 : FDB_STICKY };

	tenants_fdb(h->t, &f, pick(3) ? 0 : pick(4) ? INTENT_F_GONE : INTENT_F_DUMP);
}

static void neigh_any(struct host *h)
{
	const struct intent_neigh n = { .vni = vni_any(),
					.ip = ip_from(ips[pick(3)]),
					.mac = mac_of(1 + pick(3)) };

	tenants_neigh(h->t, &n, pick(3) ? 0 : pick(4) ? INTENT_F_GONE : INTENT_F_DUMP);
}

static void link_any(struct host *h)
{
	unsigned i = pick(4);
	struct intent_link l = link_of(51 + i, LINK_VXLAN, pick(4) ? 50 : 0, "vx");
	struct intent_link br = link_of(50, LINK_BRIDGE, 0, "brk");
	struct intent_addr a = { .ifindex = 50, .ip = ip_from(ips[pick(3)]) };

	l.vni = 100 + (pick(5) ? i : pick(4));
	l.flags = (uint16_t)pick(4);
	l.mac = mac_of(3 + pick(8));
	br.mac = mac_of(3 + pick(8));
	tenants_link(h->t, pick(3) ? &l : &br, pick(3) ? 0 : INTENT_F_GONE);
	if (!pick(3))
		tenants_addr(h->t, &a, pick(2) ? 0 : INTENT_F_GONE);
}

static void config_any(struct host *h)
{
	h->conf.n_evis = pick(TENANTS + 1);
	h->conf.advertise_all_vni = pick(2);
	h->conf.router_id = 0x0a000002;
	h->conf.as = pick(8) ? HOST_AS : 0;
	h->conf.dad_freeze_s = pick(2) * 60;
	h->conf.dad_off = !pick(4);
	for (unsigned i = 0; i < TENANTS; i++) {
		struct tenants_evi_conf *e = &h->evis[i];

		*e = (struct tenants_evi_conf) { .vni = 100 + i };
		if (pick(4))
			str_copy(e->tenant, sizeof(e->tenant), tenant_names[i]);
		if (!pick(3))
			e->vtep = vtep_of(1 + pick(4));
		if (!pick(3)) {
			e->n_import = e->n_export = 1;
			e->import[0] = rt_make(HOST_AS, vni_any());
			e->export[0] = rt_make(HOST_AS, vni_any());
		}
		e->mpls_shifted = !pick(5);
		e->has_rd = !pick(3);
		e->rd = rd_make_ip(pick(3), (uint16_t)(90 + i));
	}
	host_configure(h);
}

static void endpoint_any(struct host *h)
{
	struct tenants_endpoint e = { .n_ips = pick(3) };
	char err[128];

	snprintf(e.name, sizeof(e.name), "e%u", pick(3));
	snprintf(e.ifname, sizeof(e.ifname), "veth%u", pick(3));
	str_copy(e.tenant, sizeof(e.tenant), tenant_names[pick(3)]);
	e.mac = mac_of(1 + pick(3));
	for (unsigned i = 0; i < e.n_ips; i++)
		e.ip[i] = ip_from(ips[(pick(2) + i) % 3]);
	if (pick(3))
		tenants_endpoint_add(h->t, &e, err, sizeof(err));
	else
		tenants_endpoint_del(h->t, e.name);
}

static void step(struct host *h)
{
	static int64_t now = 1000;

	switch (pick(24)) {
	case 0:
		config_any(h);
		break;
	case 1:
	case 2:
		link_any(h);
		break;
	case 3:
	case 4:
		endpoint_any(h);
		break;
	case 5:
		now += pick(100000);
		clock_set(now);
		tenants_tick(h->t);
		break;
	case 6:
		if (pick(2))
			tenants_dump_end(h->t);
		else
			tenants_dup_clear(h->t, pick(2) ? 0 : vni_any(), NULL);
		break;
	case 7:
	case 8:
	case 9:
	case 10:
	case 11:
		fdb_any(h);
		break;
	case 12:
	case 13:
	case 14:
		neigh_any(h);
		break;
	default:
		route_any(h);
	}
}

/* ---- what must always hold --------------------------------------------- */

static int by_bytes_size;

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, (size_t)by_bytes_size);
}

#define ASSERT_SAME_SET(h, copy, list, count)                                          \
	do {                                                                           \
		assert_int_equal((h)->count, (copy)->count);                           \
		by_bytes_size = (int)sizeof((h)->list[0]);                             \
		qsort((h)->list, (h)->count, sizeof((h)->list[0]), by_bytes);          \
		qsort((copy)->list, (copy)->count, sizeof((h)->list[0]), by_bytes);    \
		assert_memory_equal((h)->list, (copy)->list,                           \
				    (h)->count * sizeof((h)->list[0]));                \
	} while (0)

static void fib_equals_resync(struct host *h)
{
	struct host *copy = xmemdup(h, sizeof(*h));

	h->n_mac = h->n_neigh = h->n_flood = h->n_dom = h->n_port = 0;
	tenants_resync(h->t);
	ASSERT_SAME_SET(h, copy, mac, n_mac);
	ASSERT_SAME_SET(h, copy, neigh, n_neigh);
	ASSERT_SAME_SET(h, copy, flood, n_flood);
	ASSERT_SAME_SET(h, copy, dom, n_dom);
	ASSERT_SAME_SET(h, copy, port, n_port);
	free(copy);
}

static bool fib_has(const struct host *h, uint32_t vni, const struct mac *m)
{
	for (size_t i = 0; i < h->n_mac; i++)
		if (h->mac[i].vni == vni && mac_eq(&h->mac[i].mac, m))
			return true;
	return false;
}

/* An address of ours only with its MAC, and never also behind somebody else. */
static void own_routes_make_sense(struct host *h)
{
	for (size_t i = 0; i < h->n_own; i++) {
		struct evpn_route r;
		struct nlri only;

		evpn_view(&h->own[i].n, &r);
		if (r.type != EVPN_MACIP)
			continue;

		/* our VNIs are 100 to 103; shifted ones look larger */
		uint32_t label = r.label1 > 1000 ? label_from_mpls(r.label1) : r.label1;

		assert_false(fib_has(h, label, &r.mac));
		r.ip = (struct ip) { 0 };
		evpn_build(&r, &only);
		assert_non_null(hroute_find(h->own, h->n_own, &only));
	}
}

static void sum_macs(void *arg, const struct tenants_mac_info *i)
{
	((unsigned *)arg)[i->local]++;
	if (!i->local)
		assert_false(i->advertised);
}

static void sum_neighs(void *arg, const struct tenants_neigh_info *i)
{
	((unsigned *)arg)[i->local]++;
}

static void numbers_agree(struct host *h)
{
	unsigned macs[2] = { 0 }, neighs[2] = { 0 };
	struct tenants_counters c;

	tenants_counters_get(h->t, &c);
	tenants_mac_foreach(h->t, 0, NULL, sum_macs, macs);
	tenants_neigh_foreach(h->t, 0, sum_neighs, neighs);
	assert_int_equal(c.macs_remote, macs[0]);
	assert_int_equal(c.macs_local, macs[1]);
	assert_int_equal(c.neighs_remote, neighs[0]);
	assert_int_equal(c.neighs_local, neighs[1]);
	assert_int_equal(c.macs_remote, h->n_mac);
	assert_int_equal(c.vteps, h->n_flood);
	assert_true(h->n_dom <= c.evis);
}

/* ---- the end ----------------------------------------------------------- */

static void tear_down(struct host *h, bool routes_first)
{
	char name[8];

	for (int pass = 0; pass < 2; pass++) {
		if ((pass == 0) == routes_first) {
			while (h->n_rib) {
				struct nlri n = h->rib[0].n;

				host_route(h, &n, NULL);
			}
		} else {
			h->conf.n_evis = 0;
			h->conf.advertise_all_vni = false;
			host_configure(h);
		}
	}
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "e%u", i);
		tenants_endpoint_del(h->t, name);
	}
	tenants_dump_end(h->t);
	tenants_dump_end(h->t);
	tenants_dup_clear(h->t, 0, NULL);
	clock_set(clock_ms() + 1000000);
	tenants_tick(h->t);
}

static void nothing_is_left(struct host *h)
{
	const struct tenants *t = h->t;

	assert_int_equal(h->n_own, 0);
	assert_int_equal(h->n_mac + h->n_neigh + h->n_flood + h->n_dom + h->n_port, 0);
	assert_int_equal(t->imports.n + t->imets.n + t->floods.n + t->vteps.n, 0);
	assert_int_equal(t->macs.n + t->neighs.n + t->links.n + t->addrs.n, 0);
	assert_int_equal(t->rts.n + t->ep_keys.n, 0);
	assert_int_equal(t->c.duplicates, 0);
	assert_true(LIST_EMPTY(&t->dads));
}

static void random_life(void **state)
{
	(void)state;
	srandom(11);
	clock_set(1000);
	for (int round = 0; round < ROUNDS; round++) {
		struct host *h = host_bare(2);

		config_any(h);
		for (int i = 0; i < STEPS; i++) {
			step(h);
			if (i % 8 == 0) {
				fib_equals_resync(h);
				own_routes_make_sense(h);
				numbers_agree(h);
			}
		}
		tear_down(h, round % 2);
		nothing_is_left(h);
		host_free(h);
	}
	clock_set(-1);
}

/* Whatever the way there: routes and settings alone (nothing local) have one outcome.
 */
static void routes_alone_have_one_outcome(void **state)
{
	(void)state;
	srandom(12);
	for (int round = 0; round < 200; round++) {
		struct host *h = host_bare(2), *fresh = host_bare(2);

		config_any(h);
		for (int i = 0; i < 100; i++) {
			if (pick(20))
				route_any(h);
			else
				config_any(h);
		}
		fresh->conf = h->conf;
		memcpy(fresh->evis, h->evis, sizeof(h->evis));
		memcpy(fresh->rib, h->rib, sizeof(h->rib));
		fresh->n_rib = h->n_rib;
		for (size_t i = 0; i < h->n_rib; i++) {
			fresh->rib[i].a.ext_communities.p = fresh->rib[i].ext;
			fresh->rib[i].a.pmsi.p = fresh->rib[i].pmsi;
		}
		host_configure(fresh);
		ASSERT_SAME_SET(h, fresh, mac, n_mac);
		ASSERT_SAME_SET(h, fresh, neigh, n_neigh);
		ASSERT_SAME_SET(h, fresh, flood, n_flood);
		ASSERT_SAME_SET(h, fresh, dom, n_dom);
		assert_int_equal(h->n_own, fresh->n_own);
		host_free(h);
		host_free(fresh);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(random_life),
		cmocka_unit_test(routes_alone_have_one_outcome),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
