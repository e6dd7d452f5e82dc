/* tests of rib/ila_local.c, rib/ila_endpoint.c: identifiers of this host. */
#include "tests/unit/ila_help.h"

#include <errno.h>

static struct ipath path(unsigned k, unsigned l, unsigned seq)
{
	return (struct ipath) { .peer = l,
				.carrier = ILA_IP6,
				.addr = sir_addr(k),
				.locator = loc_of(l),
				.csum = ILA_CSUM_NEUTRAL,
				.seq = seq };
}

static void declare(struct ihost *h, const struct tenants_endpoint *e)
{
	char err[256];

	assert_int_equal(ila_endpoint_check(h->m, e, err, sizeof(err)), 0);
	ila_declare(h->m, e, true);
}

/* ---- originating ------------------------------------------------------- */

static void test_both_carriers(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10);
	const struct iroute *six, *own;
	struct ila_marker mark;
	struct ila64 copy;
	char nh[ADDR_STR];
	float bw;

	(void)state;
	declare(h, &e);
	own = ihost_own(h, ILA_DRAFT, &a);
	six = ihost_own(h, ILA_IP6, &a);
	assert_non_null(own);
	assert_non_null(six);
	assert_string_equal(ip_format(&own->a.nexthop, nh), "2001:db8:100:1::");
	assert_string_equal(ip_format(&six->a.nexthop, nh), "2001:db8:100:1::1");
	assert_int_equal(attrs_ila_marker(&six->a, &mark), 0);
	assert_int_equal(mark.csum_mode, ILA_CSUM_NEUTRAL);
	assert_int_equal(mark.ident_type, ILA_TYPE_LUID);
	assert_false(mark.anycast);
	assert_int_equal(six->a.local_pref, 100);
	assert_int_equal(six->a.ext_communities.len, 8); /* no sequence, no weight */
	assert_int_equal(attrs_ila_locator(&six->a, 0, &copy), -ENOENT);
	assert_int_equal(attrs_link_bandwidth(&six->a, &bw), -ENOENT);
	assert_non_null(ihost_ep(h, &a));
	assert_string_equal(ihost_ep(h, &a)->ifname, "veth0");
	assert_int_equal(ila_endpoint_state(h->m, "web"), ILA_EP_ANNOUNCED);
	ila_undeclare(h->m, "web");
	assert_int_equal(h->n_own, 0);
	assert_int_equal(h->n_ep, 0);
	assert_int_equal(ila_endpoint_state(h->m, "web"), ILA_EP_UNKNOWN);
	ihost_free(h);
}

static void test_all_that_is_said(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10);
	const struct iroute *six;
	struct ila_marker mark;
	struct ila64 copy, loc = loc_of(1);
	float bw;

	(void)state;
	h->dom[0].locator_community = true;
	h->dom[0].draft = false;
	ihost_configure(h);
	e.anycast = true;
	e.weight = 7;
	e.local_pref = 250;
	e.seq = 3;
	declare(h, &e);
	six = ihost_own(h, ILA_IP6, &a);
	assert_non_null(six);
	assert_null(ihost_own(h, ILA_DRAFT, &a)); /* a named domain */
	assert_int_equal(attrs_ila_marker(&six->a, &mark), 0);
	assert_true(mark.anycast);
	assert_int_equal(six->a.local_pref, 253); /* the sequence for reflectors */
	assert_int_equal(attrs_link_bandwidth(&six->a, &bw), 0);
	assert_int_equal((int)bw, 7);
	assert_int_equal(attrs_ila_locator(&six->a, IHOST_AS, &copy), 0);
	assert_memory_equal(&copy, &loc, sizeof(loc));
	assert_int_equal(ihost_seq(h, 10), 3);
	ihost_free(h);
}

static void test_without_locator_or_as(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);

	(void)state;
	declare(h, &e);
	memset(&h->dom[0].locator, 0, sizeof(h->dom[0].locator));
	ihost_configure(h);
	assert_int_equal(h->n_own, 0);
	assert_int_equal(h->n_ep, 1); /* delivered here all the same */
	assert_int_equal(ila_endpoint_state(h->m, "web"), ILA_EP_SILENT);
	h->dom[0].locator = loc_of(1);
	h->conf.as = 0;
	ihost_configure(h);
	assert_int_equal(h->n_own, 0);
	h->conf.as = IHOST_AS;
	ihost_configure(h);
	assert_int_equal(h->n_own, 2);
	ihost_free(h);
}

static void test_new_locator_originates_again(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10);
	char nh[ADDR_STR];
	unsigned n;

	(void)state;
	declare(h, &e);
	n = h->n_originate;
	ihost_configure(h);
	assert_int_equal(h->n_originate, n);
	h->dom[0].locator = loc_of(5);
	ihost_configure(h);
	assert_int_equal(h->n_originate, n + 2);
	assert_int_equal(h->n_withdraw, 0);
	assert_string_equal(ip_format(&ihost_own(h, ILA_IP6, &a)->a.nexthop, nh),
			    "2001:db8:100:5::1");
	ihost_free(h);
}

/* ---- against others ---------------------------------------------------- */

static void test_declaring_outbids(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10);

	(void)state;
	ihost_hears(h, path(10, 2, 4));
	assert_non_null(ihost_map(h, &a));
	declare(h, &e);
	assert_null(ihost_map(h, &a));
	assert_non_null(ihost_ep(h, &a));
	assert_int_equal(ihost_seq(h, 10), 5);
	assert_int_equal(h->seq, 5); /* kept for the next start */
	declare(h, &e);              /* ours already: nothing to learn */
	assert_int_equal(ihost_seq(h, 10), 5);
	ihost_loses(h, path(10, 2, 4));
	assert_int_equal(ihost_seq(h, 10), 5);
	str_copy(e.ifname, sizeof(e.ifname), "veth5"); /* without its number */
	h->seq = 0;
	ila_declare(h->m, &e, true);
	assert_int_equal(h->seq, 5);
	ihost_free(h);
}

static void test_outbid_stays_local(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10);
	struct ila_map_info i;

	(void)state;
	declare(h, &e);
	ihost_hears(h, path(10, 2, 1));
	assert_int_equal(ihost_seq(h, 10), -1);
	assert_int_equal(h->n_own, 0);
	assert_non_null(ihost_ep(h, &a));
	assert_null(ihost_map(h, &a));
	assert_int_equal(h->said[ILA_EV_OUTBID], 1);
	assert_int_equal(ihost_counts(h).outbid, 1);
	assert_int_equal(ila_endpoint_state(h->m, "web"), ILA_EP_OUTBID);
	ila_map_get(h->m, ila_map_find(h->m, &a), &i);
	assert_true(i.local && i.outbid && !i.announced && !i.programmed);
	assert_int_equal(i.n, 1);
	assert_string_equal(i.endpoint, "web");
	ihost_hears(h, path(10, 2, 1)); /* again: said once */
	assert_int_equal(h->said[ILA_EV_OUTBID], 1);
	/* Now it is deleted here, and found there at once. */
	ila_undeclare(h->m, "web");
	assert_non_null(ihost_map(h, &a));
	assert_int_equal(ihost_counts(h).outbid, 0);
	/* And comes back. */
	declare(h, &e);
	assert_int_equal(ihost_seq(h, 10), 2);
	ihost_free(h);
}

static void test_outbid_until_it_goes(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);

	(void)state;
	declare(h, &e);
	ihost_hears(h, path(10, 2, 7));
	assert_int_equal(ihost_seq(h, 10), -1);
	ihost_loses(h, path(10, 2, 7));
	assert_int_equal(ihost_seq(h, 10), 0);
	assert_int_equal(ihost_counts(h).outbid, 0);
	ihost_free(h);
}

static void test_local_pref_decides(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	struct ipath p = path(10, 2, 0);

	(void)state;
	declare(h, &e);
	p.local_pref = 50;
	ihost_hears(h, p);
	assert_int_equal(ihost_seq(h, 10), 0);
	assert_int_equal(ihost_counts(h).duplicates, 0);
	p.local_pref = 200;
	ihost_hears(h, p);
	assert_int_equal(ihost_seq(h, 10), -1);
	assert_int_equal(ihost_counts(h).duplicates, 0);
	ihost_free(h);
}

/* A reflector tells of one path only, by LOCAL_PREF and not by sequence: that of a new
 * home is higher, too. */
static void test_declaring_outbids_at_reflectors(void **state)
{
	static const struct {
		uint32_t theirs, ours, seq, pref;
	} rows[] = {
		{ 0, 0, 1, 101 },     { 200, 0, 101, 201 },       { 50, 0, 1, 101 },
		{ 100, 200, 1, 201 }, { 4000000000u, 0, 1, 101 }, /* cannot be meant for
								     us */
	};
	const struct ila_addr a = sir_addr(10);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ihost *h = ihost_new(1);
		struct tenants_endpoint e = ihost_endpoint("web", 10);
		struct ipath p = path(10, 2, 0);

		p.local_pref = rows[i].theirs;
		e.local_pref = rows[i].ours;
		ihost_hears(h, p);
		declare(h, &e);
		assert_int_equal(ihost_seq(h, 10), rows[i].seq);
		assert_int_equal(ihost_own(h, ILA_IP6, &a)->a.local_pref, rows[i].pref);
		ihost_free(h);
	}
}

/* What is configured is the same whatever was heard before. */
static void test_statics_outbid_nobody(void **state)
{
	struct ihost *h = ihost_new(1);
	struct ipath p = path(10, 2, 0);

	(void)state;
	ihost_hears(h, p);
	h->ids[0] = (struct ila_static) { .id = id_of(10) };
	h->dom[0].ids = h->ids;
	h->dom[0].n_ids = 1;
	ihost_configure(h);
	assert_int_equal(ihost_seq(h, 10), 0);
	assert_int_equal(ihost_counts(h).duplicates, 1);
	h->ids[0].local_pref = 150;
	ihost_configure(h);
	assert_int_equal(ihost_counts(h).duplicates, 0);
	assert_int_equal(ihost_seq(h, 10), 0);
	p.local_pref = 151;
	ihost_hears(h, p);
	assert_int_equal(ihost_seq(h, 10), -1);
	ihost_free(h);
}

static void test_duplicate_here(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10);

	(void)state;
	declare(h, &e);
	ihost_hears(h, path(10, 2, 0));
	assert_int_equal(ihost_seq(h, 10), 0); /* both go on: it is seen everywhere */
	assert_null(ihost_map(h, &a));
	assert_int_equal(h->said[ILA_EV_DUPLICATE_HERE], 1);
	assert_int_equal(ihost_counts(h).duplicates, 1);
	declare(h, &e); /* the operator says: here */
	assert_int_equal(ihost_seq(h, 10), 1);
	assert_int_equal(ihost_counts(h).duplicates, 0);
	ihost_free(h);
}

static void test_stale_paths_decide_nothing(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	struct ipath p = path(10, 2, 9);

	(void)state;
	p.llgr = true;
	declare(h, &e);
	ihost_hears(h, p);
	assert_int_equal(ihost_seq(h, 10), 0);
	assert_int_equal(ihost_counts(h).outbid, 0);
	ihost_free(h);
}

static void test_last_sequence(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10);

	(void)state;
	ihost_hears(h, path(10, 2, UINT32_MAX));
	declare(h, &e);
	assert_int_equal(h->said[ILA_EV_SEQ_END], 1);
	assert_int_equal(ihost_seq(h, 10), -1);
	assert_non_null(ihost_ep(h, &a));
	assert_null(ihost_map(h, &a));
	ihost_free(h);
}

static void test_anycast_joins_instead(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("dns", 10);
	struct ipath p = path(10, 2, 3);

	(void)state;
	p.anycast = e.anycast = true;
	ihost_hears(h, p);
	declare(h, &e);
	assert_int_equal(ihost_seq(h, 10), 3);
	p.seq = 5;
	ihost_hears(h, p);
	assert_int_equal(ihost_seq(h, 10), 5);
	assert_int_equal(ihost_counts(h).duplicates, 0);
	assert_int_equal(ihost_counts(h).outbid, 0);
	p.local_pref = 900; /* preferred by others, which is no reason to leave */
	ihost_hears(h, p);
	assert_int_equal(ihost_seq(h, 10), 5);
	p.anycast = false; /* that one means to be alone */
	p.local_pref = 105;
	ihost_hears(h, p);
	assert_int_equal(ihost_counts(h).duplicates, 1);
	ihost_free(h);
}

/* ---- checks ------------------------------------------------------------ */

static const struct {
	const char *ip, *tenant, *why;
} wrong[] = {
	{ "192.0.2.1", "blue", "IPv6 only" },
	{ "2001:db8:c0de:2:2000::a", "blue", "sir-prefix of domain default" },
	{ "2001:db8:c0de:1::a", "blue", "type" },
	{ "2001:db8:c0de:1:3000::a", "blue", "C bit" },
	{ "2001:db8:c0de:1:2000:0:1:0", "blue", "low word is 0000" },
	{ "2001:db8:c0de:1:8000::a", "blue", "group" },
	{ "2001:db8:c0de:1:2000::a", "red", "VNID is 0, that of tenant red is 42" },
	{ "2001:db8:c0de:1:4000:2a:0:a", "red", "type 1 or 3" },
	{ "2001:db8:c0de:1:2000:0:9:9", "blue", "of the configuration" },
	{ "2001:db8:c0de:1:2000:0:9:8", "blue", "of endpoint other" },
};

static void test_wrong_endpoints(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint other = ihost_endpoint("other", 0x98);
	char err[256];

	(void)state;
	h->tenants[1] = (struct ila_tenant_conf) { .name = "red",
						   .domain = "default",
						   .vnid = 42 };
	h->ids[0] = (struct ila_static) { .id = { { 0x20, 0, 0, 0, 0, 9, 0, 9 } } };
	h->dom[0].ids = h->ids;
	h->dom[0].n_ids = 1;
	ihost_configure(h);
	ip_parse("2001:db8:c0de:1:2000:0:9:8", &other.ip[0]);
	declare(h, &other);
	h->conf.n_tenants = 2; /* a mix that the configuration's check refuses */
	ihost_configure(h);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct tenants_endpoint e = ihost_endpoint("web", 1);

		str_copy(e.tenant, sizeof(e.tenant), wrong[i].tenant);
		assert_int_equal(ip_parse(wrong[i].ip, &e.ip[0]), 0);
		assert_int_not_equal(ila_endpoint_check(h->m, &e, err, sizeof(err)), 0);
		if (!strstr(err, wrong[i].why))
			fail_msg("%s: %s", wrong[i].ip, err);
		assert_non_null(strstr(err, wrong[i].ip));
	}
	ihost_free(h);
}

static void test_no_address_or_twice(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 1);
	char err[256];

	(void)state;
	e.n_ips = 0;
	assert_int_equal(ila_endpoint_check(h->m, &e, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "ip is missing"));
	e.n_ips = 2;
	e.ip[1] = e.ip[0];
	assert_int_equal(ila_endpoint_check(h->m, &e, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "twice"));
	str_copy(e.tenant, sizeof(e.tenant), "elsewhere"); /* none of ours */
	assert_int_equal(ila_endpoint_check(h->m, &e, err, sizeof(err)), 0);
	ila_declare(h->m, &e, true);
	assert_int_equal(h->n_ep, 0);
	ihost_free(h);
}

/* ---- tenants ----------------------------------------------------------- */

static void vnid_tenant(struct ihost *h, const char *prefix)
{
	struct ip p;

	h->tenants[0] = (struct ila_tenant_conf) { .name = "blue",
						   .domain = "default",
						   .vnid = 42 };
	if (prefix) {
		assert_int_equal(ip_parse(prefix, &p), 0);
		h->tenants[0].has_prefix = true;
		memcpy(h->tenants[0].prefix, p.b, 12);
	}
	ihost_configure(h);
}

static void test_tenant_prefix(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 1);
	const struct intent_ila_endpoint *r;
	struct ila_addr a;
	struct ip ip;

	(void)state;
	vnid_tenant(h, "fd00:9::");
	assert_int_equal(h->fdom[0].flags, ILA_DOM_VNID);
	ip_parse("fd00:9::a00:5", &e.ip[0]);
	declare(h, &e);
	ip_parse("2001:db8:c0de:1:6000:2a:a00:5", &ip);
	memcpy(&a, ip.b, 16);
	r = ihost_ep(h, &a);
	assert_non_null(r);
	assert_int_equal(r->vnid, 42);
	assert_int_equal(r->flags, ILA_EP_PREFIX);
	assert_memory_equal(r->prefix, e.ip[0].b, 12);
	assert_non_null(ihost_own(h, ILA_IP6, &a));
	vnid_tenant(h, NULL); /* no longer: the address is nobody's */
	assert_null(ihost_ep(h, &a));
	assert_int_equal(h->n_own, 0);
	vnid_tenant(h, "fd00:9::");
	assert_non_null(ihost_ep(h, &a));
	ihost_free(h);
}

static void test_tenant_leaves_ila(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);

	(void)state;
	declare(h, &e);
	h->conf.n_tenants = 0;
	ihost_configure(h);
	assert_int_equal(h->n_own, 0);
	assert_int_equal(h->n_ep, 0);
	h->conf.n_tenants = 1;
	ihost_configure(h);
	ila_declare(h->m, &e, false);
	assert_int_equal(h->n_ep, 1);
	ihost_free(h);
}

static void test_statics(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10), b = sir_addr(11);

	(void)state;
	declare(h, &e);
	h->ids[0] = (struct ila_static) { .id = id_of(10) };
	h->ids[1] = (struct ila_static) { .id = id_of(11), .ifname = "veth1" };
	h->dom[0].ids = h->ids;
	h->dom[0].n_ids = 2;
	ihost_configure(h);
	/* What is configured displaces what was declared. */
	assert_int_equal(ihost_ep(h, &a)->flags, ILA_EP_HOST);
	assert_int_equal(ila_endpoint_state(h->m, "web"), ILA_EP_UNKNOWN);
	assert_int_equal(ihost_ep(h, &b)->flags, 0);
	assert_string_equal(ihost_ep(h, &b)->ifname, "veth1");
	assert_int_equal(h->n_own, 4);
	str_copy(h->ids[1].ifname, INTENT_IFNAME, "veth2");
	h->ids[0] = h->ids[1];
	h->dom[0].n_ids = 1;
	ihost_configure(h);
	assert_string_equal(ihost_ep(h, &b)->ifname, "veth2");
	assert_string_equal(ihost_ep(h, &a)->ifname, "veth0"); /* the endpoint again */
	assert_int_equal(ila_endpoint_state(h->m, "web"), ILA_EP_ANNOUNCED);
	h->conf.n_domains = 0;
	ihost_configure(h);
	assert_int_equal(h->n_own, 0);
	assert_int_equal(h->n_fdom, 0);
	ihost_free(h);
}

static void test_changed_endpoint(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	const struct ila_addr a = sir_addr(10), b = sir_addr(11);

	(void)state;
	e.n_ips = 2;
	e.ip[1] = ip_of(&b, 16);
	declare(h, &e);
	assert_int_equal(h->n_ep, 2);
	e.n_ips = 1;
	str_copy(e.ifname, sizeof(e.ifname), "veth9");
	declare(h, &e);
	assert_int_equal(h->n_ep, 1);
	assert_string_equal(ihost_ep(h, &a)->ifname, "veth9");
	assert_int_equal(h->n_own, 2);
	e.ip[0] = ip_of(&b, 16);
	declare(h, &e);
	assert_null(ihost_ep(h, &a));
	assert_non_null(ihost_ep(h, &b));
	ihost_free(h);
}

/* Nothing is programmed over what is ours, and nothing of it is forgotten. */
static void test_remote_never_overwrites(void **state)
{
	struct ihost *h = ihost_new(1);
	struct tenants_endpoint e = ihost_endpoint("web", 10);
	struct ipath p = path(10, 2, 0);

	(void)state;
	declare(h, &e);
	for (unsigned i = 0; i < 64; i++) {
		p.seq = i & 1 ? UINT32_MAX : 0;
		p.anycast = i & 2;
		p.local_pref = i & 4 ? 4000000000u : 0;
		p.llgr = i & 8;
		p.carrier = i & 16 ? ILA_DRAFT : ILA_IP6;
		p.peer = i & 32 ? 5 : 2;
		ihost_hears(h, p);
		assert_int_equal(h->n_map, 0);
		assert_int_equal(h->n_ep, 1);
	}
	assert_int_equal(h->n_set, 0);
	ihost_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_carriers),
		cmocka_unit_test(test_all_that_is_said),
		cmocka_unit_test(test_without_locator_or_as),
		cmocka_unit_test(test_new_locator_originates_again),
		cmocka_unit_test(test_declaring_outbids),
		cmocka_unit_test(test_outbid_stays_local),
		cmocka_unit_test(test_outbid_until_it_goes),
		cmocka_unit_test(test_local_pref_decides),
		cmocka_unit_test(test_declaring_outbids_at_reflectors),
		cmocka_unit_test(test_statics_outbid_nobody),
		cmocka_unit_test(test_duplicate_here),
		cmocka_unit_test(test_stale_paths_decide_nothing),
		cmocka_unit_test(test_last_sequence),
		cmocka_unit_test(test_anycast_joins_instead),
		cmocka_unit_test(test_wrong_endpoints),
		cmocka_unit_test(test_no_address_or_twice),
		cmocka_unit_test(test_tenant_prefix),
		cmocka_unit_test(test_tenant_leaves_ila),
		cmocka_unit_test(test_statics),
		cmocka_unit_test(test_changed_endpoint),
		cmocka_unit_test(test_remote_never_overwrites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
