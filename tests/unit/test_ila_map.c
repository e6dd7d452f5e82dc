/* tests of rib/ila_map.c, rib/ila.c, rib/ila_addr.c: paths of both carriers to records
 * for fib. */
#include "tests/unit/ila_help.h"

#include <errno.h>

#include "rib/walk.h"

/* An ordinary path of IPv6 unicast: identifier k is behind locator l, says peer l. */
static struct ipath path(unsigned k, unsigned l)
{
	return (struct ipath) { .peer = l,
				.carrier = ILA_IP6,
				.addr = sir_addr(k),
				.locator = loc_of(l),
				.csum = ILA_CSUM_NEUTRAL };
}

static struct ipath draft(unsigned k, unsigned l)
{
	struct ipath p = path(k, l);

	p.carrier = ILA_DRAFT;
	p.no_marker = true;
	memset(&p.addr.prefix, 0, sizeof(p.addr.prefix));
	return p;
}

static void assert_map(struct ihost *h, unsigned k, unsigned l)
{
	const struct ila_addr a = sir_addr(k);
	const struct ila64 loc = loc_of(l);
	const struct intent_ila_multi *r = ihost_map(h, &a);

	if (!l) {
		assert_null(r);
		return;
	}
	assert_non_null(r);
	assert_int_equal(r->n, 1);
	assert_memory_equal(&r->locator[0], &loc, sizeof(loc));
}

/* ---- carriers ---------------------------------------------------------- */

static void test_one_path(void **state)
{
	struct ihost *h = ihost_new(1);
	const struct ila_addr a = sir_addr(10);

	(void)state;
	ihost_hears(h, path(10, 2));
	assert_map(h, 10, 2);
	assert_int_equal(ihost_map(h, &a)->csum, ILA_CSUM_NEUTRAL);
	assert_int_equal(ihost_map(h, &a)->ident_type, ILA_TYPE_LUID);
	assert_int_equal(ihost_counts(h).remote, 1);
	ihost_loses(h, path(10, 2));
	assert_map(h, 10, 0);
	assert_int_equal(h->n_del, 1);
	assert_int_equal(ihost_counts(h).remote, 0);
	assert_int_equal(ihost_counts(h).locators, 0);
	ihost_free(h);
}

static void test_both_carriers_are_one(void **state)
{
	struct ihost *h = ihost_new(1);

	(void)state;
	ihost_hears(h, path(10, 2));
	ihost_hears(h, draft(10, 2));
	assert_int_equal(ihost_counts(h).remote, 1);
	assert_int_equal(h->n_set, 1);
	ihost_loses(h, path(10, 2));
	assert_map(h, 10, 2);
	assert_int_equal(h->n_del, 0);
	assert_int_equal(ihost_counts(h).duplicates, 0);
	ihost_loses(h, draft(10, 2));
	assert_map(h, 10, 0);
	ihost_free(h);
}

static void test_draft_is_of_unnamed_domain(void **state)
{
	struct ihost *h = ihost_new(1);

	(void)state;
	h->dom[0].draft = false;
	ihost_configure(h);
	ihost_hears(h, draft(10, 2));
	assert_map(h, 10, 0);
	assert_int_equal(ihost_counts(h).refused[ILA_R_NO_DOMAIN], 1);
	h->dom[0].draft = true;
	ihost_configure(h);
	assert_map(h, 10, 2);
	h->dom[0].draft = false;
	ihost_configure(h);
	assert_map(h, 10, 0);
	ihost_free(h);
}

static void test_ordinary_route_is_no_mapping(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 2);
	struct ila_counts c;

	(void)state;
	p.no_marker = true;
	ihost_hears(h, p);
	p = path(11, 2);
	p.addr.prefix = sir_of(9); /* of a domain that is not here */
	ihost_hears(h, p);
	c = ihost_counts(h);
	assert_int_equal(h->n_set, 0);
	for (unsigned i = 0; i < ILA_REFUSALS; i++)
		assert_int_equal(c.refused[i], 0);
	ihost_free(h);
}

static void test_move_replaces(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 3);

	(void)state;
	ihost_hears(h, path(10, 2));
	p.seq = 1;
	ihost_hears(h, p);
	assert_map(h, 10, 3);
	assert_int_equal(h->n_del, 0);
	assert_int_equal(h->n_set, 2);
	assert_int_equal(ihost_counts(h).moves, 1);
	assert_int_equal(ihost_counts(h).duplicates_found, 0);
	ihost_loses(h, path(10, 2)); /* the old one withdraws: nothing to do */
	assert_int_equal(h->n_set, 2);
	ihost_free(h);
}

static void test_same_again_is_silent(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 2);
	unsigned n;

	(void)state;
	ihost_hears(h, p);
	n = h->n_intent;
	p.local_pref = 300; /* another path, the same mapping */
	ihost_hears(h, p);
	ihost_configure(h);
	assert_int_equal(h->n_intent, n);
	ihost_free(h);
}

static void test_locator_community_wins(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 7);

	(void)state;
	p.community = true;
	p.copy = loc_of(2);
	ihost_hears(h, p);
	assert_map(h, 10, 2);
	ihost_free(h);
}

static void test_llgr_is_last(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 2);

	(void)state;
	p.llgr = true;
	p.seq = 9;
	ihost_hears(h, p);
	assert_map(h, 10, 2);
	ihost_hears(h, path(10, 3));
	assert_map(h, 10, 3);
	assert_int_equal(ihost_counts(h).duplicates, 0);
	ihost_free(h);
}

/* ---- refusals ---------------------------------------------------------- */

struct bad {
	enum ila_refusal why;
	void (*spoil)(struct ipath *p);
};

static void bad_locator(struct ipath *p, uint8_t a, uint8_t b)
{
	memset(&p->locator, 0, sizeof(p->locator));
	p->locator.b[0] = a;
	p->locator.b[1] = b;
}

static void b_zero(struct ipath *p)
{
	bad_locator(p, 0, 0);
}

static void b_multicast(struct ipath *p)
{
	bad_locator(p, 0xff, 2);
}

static void b_link_local(struct ipath *p)
{
	bad_locator(p, 0xfe, 0x80);
}

static void b_sir(struct ipath *p)
{
	p->locator = sir_of(1);
}

static void b_other_sir(struct ipath *p)
{
	p->locator = sir_of(2);
}

static void b_own(struct ipath *p)
{
	p->locator = loc_of(1);
}

static void b_own_copy(struct ipath *p)
{
	p->community = true;
	p->copy = loc_of(1);
}

static void b_nexthop(struct ipath *p)
{
	p->no_nexthop = true;
}

static void b_mode(struct ipath *p)
{
	p->csum = 4;
}

static void b_type(struct ipath *p)
{
	p->type = 6;
}

static void b_type0(struct ipath *p)
{
	p->type = 33;
}

static void b_version(struct ipath *p)
{
	p->version = 2;
}

static void b_id_type(struct ipath *p)
{
	p->type = ILA_TYPE_LUID;
	p->addr.id.b[0] = 0;
}

static void b_id_type6(struct ipath *p)
{
	p->type = ILA_TYPE_LUID;
	p->addr.id.b[0] = 0xc0;
}

static void b_id_c(struct ipath *p)
{
	p->addr.id.b[0] |= 0x10;
}

static void b_id_low(struct ipath *p)
{
	p->addr.id.b[6] = p->addr.id.b[7] = 0;
}

static const struct bad bads[] = {
	{ (enum ila_refusal)ILA_PREFIX_ZERO, b_zero },
	{ (enum ila_refusal)ILA_PREFIX_MULTICAST, b_multicast },
	{ (enum ila_refusal)ILA_PREFIX_LINK_LOCAL, b_link_local },
	{ (enum ila_refusal)ILA_SAME_PREFIX, b_sir },
	{ (enum ila_refusal)ILA_SAME_PREFIX, b_other_sir },
	{ ILA_R_OWN_LOCATOR, b_own },
	{ ILA_R_OWN_LOCATOR, b_own_copy },
	{ ILA_R_NO_LOCATOR, b_nexthop },
	{ ILA_R_MODE, b_mode },
	{ ILA_R_TYPE, b_type },
	{ ILA_R_TYPE, b_type0 },
	{ ILA_R_VERSION, b_version },
	{ (enum ila_refusal)ILA_ID_TYPE, b_id_type },
	{ (enum ila_refusal)ILA_ID_TYPE, b_id_type6 },
	{ (enum ila_refusal)ILA_ID_C_BIT, b_id_c },
	{ (enum ila_refusal)ILA_ID_LOW_ZERO, b_id_low },
};

static void second_domain(struct ihost *h)
{
	h->dom[1] = h->dom[0];
	str_copy(h->dom[1].name, sizeof(h->dom[1].name), "two");
	h->dom[1].draft = false;
	h->dom[1].sir = sir_of(2);
	h->dom[1].locator = loc_of(100);
	h->conf.n_domains = 2;
	ihost_configure(h);
}

static void test_nonsense_is_no_mapping(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bads); i++) {
		struct ihost *h = ihost_new(1);
		struct ipath p = path(10, 2);
		struct ila_counts c;

		second_domain(h);
		bads[i].spoil(&p);
		ihost_hears(h, p);
		c = ihost_counts(h);
		assert_int_equal(h->n_set, 0);
		for (unsigned r = 0; r < ILA_REFUSALS; r++) {
			assert_int_equal(c.refused[r], r == bads[i].why);
			assert_int_equal(c.refused_now[r], r == bads[i].why);
		}
		ihost_hears(h, p); /* the same again is not counted again */
		assert_int_equal(ihost_counts(h).refused[bads[i].why], 1);
		assert_int_equal(h->said[ILA_EV_REFUSED], 1); /* nor said */
		assert_int_equal(h->last.number, bads[i].why);
		ihost_loses(h, p);
		assert_int_equal(ihost_counts(h).refused_now[bads[i].why], 0);
		ihost_free(h);
	}
}

static void test_bad_path_spares_good_one(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 3);

	(void)state;
	ihost_hears(h, path(10, 2));
	p.seq = 5;
	p.csum = 9;
	ihost_hears(h, p);
	assert_map(h, 10, 2);
	assert_int_equal(ihost_counts(h).refused[ILA_R_MODE], 1);
	ihost_free(h);
}

static void test_low_zero_is_fine_without_neutral(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(0x100, 2);

	(void)state;
	p.addr.id.b[6] = p.addr.id.b[7] = 0;
	p.csum = ILA_CSUM_NONE;
	ihost_hears(h, p);
	assert_int_equal(h->n_map, 1);
	assert_int_equal(ihost_counts(h).mismatches, 1);
	assert_int_equal(h->said[ILA_EV_MISMATCH], 1);
	ihost_loses(h, p);
	assert_int_equal(ihost_counts(h).mismatches, 0);
	ihost_free(h);
}

/* ---- addresses of this host -------------------------------------------- */

static struct intent_addr fact(const struct ila_addr *a, uint32_t ifindex)
{
	return (struct intent_addr) { .ifindex = ifindex,
				      .ip = ip_of(a, 16),
				      .bits = 128 };
}

static void test_own_address_is_never_mapped(void **state)
{
	struct ihost *h = ihost_new(1);
	const struct ila_addr a = sir_addr(10);
	struct intent_addr f = fact(&a, 1);

	(void)state;
	ihost_hears(h, path(10, 2));
	assert_map(h, 10, 2);
	ila_addr_fact(h->m, &f, 0);
	assert_map(h, 10, 0);
	assert_int_equal(ihost_counts(h).refused_now[ILA_R_OWN_ADDRESS], 1);
	f.ifindex = 2; /* on two devices */
	ila_addr_fact(h->m, &f, 0);
	ila_addr_fact(h->m, &f, INTENT_F_GONE);
	assert_map(h, 10, 0);
	f.ifindex = 1;
	ila_addr_fact(h->m, &f, INTENT_F_GONE);
	assert_map(h, 10, 2);
	ihost_free(h);
}

static void test_address_not_repeated_has_gone(void **state)
{
	struct ihost *h = ihost_new(1);
	const struct ila_addr a = sir_addr(10), b = sir_addr(11);
	struct intent_addr f = fact(&a, 1), g = fact(&b, 1);

	(void)state;
	ihost_hears(h, path(10, 2));
	ihost_hears(h, path(11, 2));
	ila_addr_fact(h->m, &f, INTENT_F_DUMP);
	ila_addr_fact(h->m, &g, INTENT_F_DUMP);
	ila_dump_end(h->m);
	assert_int_equal(h->n_map, 0);
	ila_addr_fact(h->m, &g, INTENT_F_DUMP);
	ila_dump_end(h->m);
	assert_map(h, 10, 2);
	assert_map(h, 11, 0);
	ihost_free(h);
}

static void count_addr(void *arg, const struct ila_addr_info *i)
{
	unsigned *n = arg;

	n[i->translated]++;
}

static void test_translated_address_is_pointed_out(void **state)
{
	struct ihost *h = ihost_new(1);
	const struct ila_addr wire = { loc_of(1), id_of(10) };
	const struct ila_addr cla = { loc_of(1), { { 0, 0, 0, 0, 0, 0, 0, 1 } } };
	struct intent_addr f = fact(&wire, 1), g = fact(&cla, 1);
	struct intent_ila_state st = { .sir = sir_of(1), .plane = ILA_PLANE_EBPF };
	unsigned n[2] = { 0 };

	(void)state;
	ila_addr_fact(h->m, &f, 0);
	ila_addr_fact(h->m, &g, 0);
	assert_int_equal(h->said[ILA_EV_ADDRESS], 1);
	assert_int_equal(h->said[ILA_EV_ADDRESS_IN], 0);
	ila_state(h->m, &st);
	assert_int_equal(h->said[ILA_EV_ADDRESS_IN], 0);
	st.plane = ILA_PLANE_KERNEL;
	ila_state(h->m, &st);
	ila_state(h->m, &st);
	assert_int_equal(h->said[ILA_EV_ADDRESS_IN], 1);
	assert_int_equal(h->said[ILA_EV_ADDRESS], 1);
	ila_address_foreach(h->m, count_addr, n);
	assert_int_equal(n[0], 1);
	assert_int_equal(n[1], 1);
	h->dom[0].locator = loc_of(9);
	ihost_configure(h);
	n[0] = n[1] = 0;
	ila_address_foreach(h->m, count_addr, n);
	assert_int_equal(n[0] + n[1], 0);
	h->dom[0].locator = loc_of(1); /* said again: it is another occasion */
	ihost_configure(h);
	assert_int_equal(h->said[ILA_EV_ADDRESS], 2);
	ihost_free(h);
}

/* ---- configuration ----------------------------------------------------- */

static void test_domains_come_and_go(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 2);

	(void)state;
	p.addr.prefix = sir_of(2);
	ihost_hears(h, p);
	assert_int_equal(h->n_map, 0);
	second_domain(h);
	assert_int_equal(h->n_fdom, 2);
	assert_int_equal(h->n_map, 1);
	h->conf.n_domains = 1;
	ihost_configure(h);
	assert_int_equal(h->n_fdom, 1);
	assert_int_equal(h->n_map, 0);
	assert_int_equal(ihost_counts(h).remote, 0);
	assert_int_equal(ihost_counts(h).locators, 0);
	ihost_free(h);
}

static void test_new_locator_of_ours_is_refused(void **state)
{
	struct ihost *h = ihost_new(1);

	(void)state;
	ihost_hears(h, path(10, 2));
	h->dom[0].locator = loc_of(2);
	ihost_configure(h);
	assert_map(h, 10, 0);
	h->dom[0].locator = loc_of(1);
	ihost_configure(h);
	assert_map(h, 10, 2);
	ihost_free(h);
}

/* What was a SIR prefix may be a locator when its domain is gone. */
static void test_refusals_end_with_their_domain(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 2);

	(void)state;
	second_domain(h);
	p.locator = sir_of(2);
	ihost_hears(h, p);
	assert_int_equal(h->n_map, 0);
	h->conf.n_domains = 1;
	ihost_configure(h);
	assert_int_equal(h->n_map, 1);
	ihost_free(h);
}

static void test_only_what_changed_is_sent(void **state)
{
	struct ihost *h = ihost_new(1);
	unsigned n;

	(void)state;
	ihost_hears(h, path(10, 2));
	n = h->n_intent;
	str_copy(h->dom[0].underlay[0], INTENT_IFNAME, "eth0");
	ihost_configure(h);
	assert_int_equal(h->n_intent, n + 1);
	assert_string_equal(h->fdom[0].underlay[0], "eth0");
	assert_int_equal(h->n_reimport, 1); /* the first configuration */
	ihost_free(h);
}

static void test_bad_configuration_changes_nothing(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ila_conf c = h->conf;
	struct ila_domain_conf d[2] = { h->dom[0], h->dom[0] };

	(void)state;
	c.domains = d;
	c.n_domains = 2;
	assert_int_equal(ila_configure(h->m, &c), -EINVAL); /* one SIR prefix */
	d[1].sir = sir_of(2);
	assert_int_equal(ila_configure(h->m, &c), -EINVAL); /* the draft's twice */
	d[1].draft = false;
	d[1].csum = ILA_CSUMS;
	assert_int_equal(ila_configure(h->m, &c), -EINVAL);
	d[1].csum = 0;
	memset(&d[1].sir, 0, sizeof(d[1].sir));
	assert_int_equal(ila_configure(h->m, &c), -EINVAL);
	c.n_domains = ILA_DOMAINS + 1;
	assert_int_equal(ila_configure(h->m, &c), -ENOSPC);
	assert_int_equal(h->n_fdom, 1);
	ihost_free(h);
}

static void test_resync(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 20);
	struct intent_ila_multi before[4];
	struct ipath p = path(11, 2), q = path(11, 3);

	(void)state;
	p.anycast = q.anycast = true;
	ihost_hears(h, path(10, 2));
	ihost_hears(h, p);
	ihost_hears(h, q);
	ila_declare(h->m, &e, true);
	assert_int_equal(h->n_map, 2);
	memcpy(before, h->map, sizeof(before));
	h->n_map = h->n_ep = h->n_fdom = 0;
	ila_resync(h->m);
	assert_int_equal(h->n_fdom, 1);
	assert_int_equal(h->n_ep, 1);
	assert_int_equal(h->n_map, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_memory_equal(ihost_map(h, &before[i].addr), &before[i],
				    sizeof(before[i]));
	ihost_free(h);
}

/* ---- showing ----------------------------------------------------------- */

static void test_walk_is_in_order(void **state)
{
	struct ihost *h = ihost_new(1);
	struct rib_walk *w;
	struct ila_map_info i;
	unsigned n = 0;
	uint8_t last = 0;

	(void)state;
	for (unsigned k = 40; k > 10; k--)
		ihost_hears(h, path(k, 2));
	w = rib_walk_over(&ila_map_source, h->m);
	while (rib_walk_look(w, 7, NULL, NULL))
		;
	ihost_loses(h, path(20, 2)); /* meanwhile */
	for (uint32_t id; (id = rib_walk_next(w)); n++) {
		ila_map_get(h->m, id, &i);
		assert_true(i.addr.id.b[7] > last);
		assert_int_equal(i.n, 1);
		assert_int_equal(i.carriers, 1 << ILA_IP6);
		assert_true(i.programmed);
		last = i.addr.id.b[7];
	}
	assert_int_equal(n, 29);
	rib_walk_free(w);
	ihost_free(h);
}

static void sum_locators(void *arg, const struct ila_locator_info *i)
{
	unsigned *sum = arg;

	sum[0]++;
	sum[1] += i->mappings;
	sum[2] += (unsigned)i->weight;
}

static void test_locators_are_counted(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(30, 2), q = path(30, 3);
	unsigned sum[3] = { 0 };

	(void)state;
	p.bandwidth = 3;
	q.bandwidth = 1;
	for (unsigned k = 10; k < 20; k++)
		ihost_hears(h, path(k, 2));
	ihost_hears(h, p);
	ihost_hears(h, q);
	ila_locator_foreach(h->m, sum_locators, sum);
	assert_int_equal(sum[0], 2);
	assert_int_equal(sum[1], 12);
	assert_int_equal(sum[2], 10 + 3 + 1);
	ihost_loses(h, p);
	sum[0] = sum[1] = sum[2] = 0;
	ila_locator_foreach(h->m, sum_locators, sum);
	assert_int_equal(sum[1], 11);
	assert_int_equal(sum[2], 11);
	ihost_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_path),
		cmocka_unit_test(test_both_carriers_are_one),
		cmocka_unit_test(test_draft_is_of_unnamed_domain),
		cmocka_unit_test(test_ordinary_route_is_no_mapping),
		cmocka_unit_test(test_move_replaces),
		cmocka_unit_test(test_same_again_is_silent),
		cmocka_unit_test(test_locator_community_wins),
		cmocka_unit_test(test_llgr_is_last),
		cmocka_unit_test(test_nonsense_is_no_mapping),
		cmocka_unit_test(test_bad_path_spares_good_one),
		cmocka_unit_test(test_low_zero_is_fine_without_neutral),
		cmocka_unit_test(test_own_address_is_never_mapped),
		cmocka_unit_test(test_address_not_repeated_has_gone),
		cmocka_unit_test(test_translated_address_is_pointed_out),
		cmocka_unit_test(test_domains_come_and_go),
		cmocka_unit_test(test_new_locator_of_ours_is_refused),
		cmocka_unit_test(test_refusals_end_with_their_domain),
		cmocka_unit_test(test_only_what_changed_is_sent),
		cmocka_unit_test(test_bad_configuration_changes_nothing),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_walk_is_in_order),
		cmocka_unit_test(test_locators_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
