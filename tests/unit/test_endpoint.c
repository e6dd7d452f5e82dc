/* Declared endpoints: rib/endpoint.c, rib/endpoint_text.c. */
#include "tests/unit/tenant_help.h"

static const char WEB[] = "web tenant red interface veth0 mac 02:00:00:00:00:01 "
			  "ip 192.0.2.1,2001:db8::1 labels app=web,role=front";

static int add(struct host *h, const char *words)
{
	struct tenants_endpoint e;
	char err[256] = "";
	int rc = endpoint_parse(words, &e, err, sizeof(err));

	if (!rc)
		rc = tenants_endpoint_add(h->t, &e, err, sizeof(err));
	if (rc)
		print_message("# %s\n", err);
	assert_int_equal(rc != 0, err[0] != '\0');
	return rc;
}

/* ---- text -------------------------------------------------------------- */

static const struct {
	const char *in, *err; /* err NULL: good */
} words[] = {
	{ WEB, NULL },
	{ "a tenant t interface i mac 02:00:00:00:00:01", NULL },
	{ "a mac 02:00:00:00:00:01 seq 4294967295 interface i tenant t", NULL },
	{ "", "endpoint name is missing" },
	{ "a", "tenant is missing" },
	{ "a tenant t mac 02:00:00:00:00:01", "interface is missing" },
	{ "a tenant t interface i", NULL },
	{ "a tenant t interface i anycast weight 3 local-preference 9", NULL },
	{ "a tenant t interface i weight 3", "weight is for anycast only" },
	{ "a tenant t interface i anycast weight 0", "bad weight: 0" },
	{ "a tenant t interface i anycast weight 65536", "bad weight: 65536" },
	{ "a tenant t interface i local-preference 0", "bad local-preference: 0" },
	{ "a tenant t interface i mac 00:00:00:00:00:00",
	  "bad mac: 00:00:00:00:00:00" },
	{ "a tenant t interface i mac", "value is missing after mac" },
	{ "a tenant t tenant u", "given twice: tenant" },
	{ "a colour red", "unknown word: colour" },
	{ "a mac zz", "bad mac: zz" },
	{ "a ip 1.2.3.4,1.2.3", "bad ip: 1.2.3.4,1.2.3" },
	{ "a ip ,", "bad ip: ," },
	{ "a interface 0123456789abcdef", "bad interface: 0123456789abcdef" },
	{ "a seq 4294967296", "bad seq: 4294967296" },
	{ "a seq -1", "bad seq: -1" },
};

static void words_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct tenants_endpoint e = { .name = "untouched" }, again;
		char err[256] = "", line[ENDPOINT_LINE];
		int rc = endpoint_parse(words[i].in, &e, err, sizeof(err));

		print_message("# %s\n", words[i].in);
		assert_int_equal(rc, words[i].err ? -EINVAL : 0);
		if (words[i].err) {
			assert_string_equal(err, words[i].err);
			assert_string_equal(e.name, "untouched");
			continue;
		}
		assert_int_equal(endpoint_parse(endpoint_format(&e, line), &again, err,
						sizeof(err)),
				 0);
		assert_memory_equal(&e, &again, sizeof(e));
	}
}

static void too_long_is_refused(void **state)
{
	char line[ENDPOINT_LINE + 100], err[256];
	struct tenants_endpoint e;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(endpoint_parse(line, &e, err, sizeof(err)), -EINVAL);
	line[100] = '\0';
	assert_int_equal(endpoint_parse(line, &e, err, sizeof(err)), -EINVAL);
	snprintf(line, sizeof(line), "a ip 1.1.1.1");
	for (int i = 0; i < ENDPOINT_IPS; i++)
		strcat(line, ",1.1.1.1");
	assert_int_equal(endpoint_parse(line, &e, err, sizeof(err)), -EINVAL);
}

/* As many as there can be, of as many octets. */
static void longest_labels(char labels[ENDPOINT_LABELS])
{
	size_t at = 0;

	for (int i = 0; i < LABELS_MAX; i++)
		at += (size_t)snprintf(labels + at, ENDPOINT_LABELS - at,
				       "%sk%02d=%0*d", i ? "," : "", i, i ? 59 : 60, 7);
	assert_int_equal(at, LABELS_LEN);
}

/* The longest one there can be fits its line. */
static void longest_line_fits(void **state)
{
	struct tenants_endpoint e = {
		.seq = UINT32_MAX,
		.n_ips = ENDPOINT_IPS,
		.anycast = true,
		.weight = UINT16_MAX,
		.local_pref = UINT32_MAX,
	}, back;
	char line[ENDPOINT_LINE], err[64];

	(void)state;
	memset(e.name, 'n', ENDPOINT_NAME - 1);
	memset(e.tenant, 't', TENANT_NAME - 1);
	memset(e.ifname, 'i', INTENT_IFNAME - 1);
	longest_labels(e.labels);
	e.mac = mac_of(1);
	for (int i = 0; i < ENDPOINT_IPS; i++) {
		char text[64];

		snprintf(text, sizeof(text), "2001:db8:1111:2222:3333:4444:5555:%x",
			 0xff00 + i);
		e.ip[i] = ip_from(text);
	}
	assert_int_equal(endpoint_parse(endpoint_format(&e, line), &back, err, 64), 0);
	assert_memory_equal(&e, &back, sizeof(e));
}

/* ---- adding ------------------------------------------------------------ */

static void is_advertised_while_declared(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	assert_int_equal(add(h, WEB), 0);
	assert_int_equal(h->n_own, 4);
	assert_int_equal(h->n_port, 1);
	assert_int_equal(h->port[0].vni, 100);
	assert_string_equal(h->port[0].ifname, "veth0");
	host_learn(h, 1); /* the kernel sees it as well, and forgets it */
	host_arp(h, 1, "192.0.2.1", 0);
	host_age(h, 1);
	host_arp(h, 1, "192.0.2.1", INTENT_F_GONE);
	assert_int_equal(h->n_own, 4);
	assert_int_equal(host_seq(h, 1), 0);
	assert_int_equal(tenants_endpoint_del(h->t, "web"), 0);
	assert_int_equal(h->n_own, 1);
	assert_int_equal(h->n_port, 0);
	assert_int_equal(tenants_endpoint_del(h->t, "web"), -ENOENT);
	assert_int_equal(h->n_saved, 2);
	host_free(h);
}

static void conflicts_and_bad_values(void **state)
{
	static const struct {
		const char *words;
		int rc;
	} c[] = {
		{ "b tenant red interface veth0 mac 02:00:00:00:00:02", -EEXIST },
		{ "b tenant red interface veth1 mac 02:00:00:00:00:01", -EEXIST },
		{ "b tenant red interface veth1 mac 02:00:00:00:00:02 ip 192.0.2.1",
		  -EEXIST },
		{ "b tenant blue interface veth1 mac 02:00:00:00:00:01 ip 192.0.2.1",
		  0 },
		{ "c tenant red interface veth2", -EINVAL }, /* VXLAN needs a MAC */
		{ "c tenant red interface veth2 mac 01:00:00:00:00:01", -EINVAL },
		{ "c tenant red interface veth2 mac 00:00:00:00:00:00", -EINVAL },
		{ "c tenant red interface veth2 mac 02:00:00:00:00:03 ip 0.0.0.0",
		  -EINVAL },
		{ "c tenant red interface veth2 mac 02:00:00:00:00:03 ip ff02::1",
		  -EINVAL },
		{ "c tenant red interface veth2 mac 02:00:00:00:00:03 ip ::1",
		  -EINVAL },
		{ "c tenant red interface veth2 mac 02:00:00:00:00:03 ip "
		  "192.0.2.9,192.0.2.9",
		  -EINVAL },
		{ "c tenant red interface ../x mac 02:00:00:00:00:03", -EINVAL },
		{ "c tenant red interface .. mac 02:00:00:00:00:03", -EINVAL },
		{ "c;d tenant red interface veth2 mac 02:00:00:00:00:03", -EINVAL },
		{ "c tenant r'd interface veth2 mac 02:00:00:00:00:03", -EINVAL },
		{ "c tenant red interface veth2 mac 02:00:00:00:00:03 labels a=\x7f",
		  -EINVAL },
		{ "c tenant red interface veth2 mac 02:00:00:00:00:03 labels a",
		  -EINVAL },
		{ "c tenant red interface veth2 mac 02:00:00:00:00:03 labels a=1,a=2",
		  -EINVAL },
		{ "web tenant red interface veth0 mac 02:00:00:00:00:01", 0 },
	};
	struct host *h = host_new(2);

	(void)state;
	assert_int_equal(add(h, WEB), 0);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		print_message("# %s\n", c[i].words);
		assert_int_equal(add(h, c[i].words), c[i].rc);
	}
	assert_int_equal(h->n_own, 2); /* web without addresses now; blue waits */
	host_free(h);
}

static void replaced_by_name(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	add(h, WEB);
	assert_int_equal(add(h, "web tenant red interface veth9 mac 02:00:00:00:00:09 "
				"ip 192.0.2.9"),
			 0);
	assert_null(host_own(h, 1, NULL));
	assert_non_null(host_own(h, 9, "192.0.2.9"));
	assert_int_equal(h->n_port, 1);
	assert_string_equal(h->port[0].ifname, "veth9");
	assert_int_equal(add(h, "b tenant red interface veth0 mac 02:00:00:00:00:01"),
			 0);
	host_free(h);
}

static void tenant_comes_and_goes(void **state)
{
	struct host *h = host_bare(2);

	(void)state;
	add(h, WEB);
	assert_int_equal(h->n_own + h->n_port, 0);
	h->evis[0] = (struct tenants_evi_conf) { .vni = 100, .tenant = "red" };
	h->conf.n_evis = 1;
	host_configure(h);
	assert_int_equal(h->n_own, 4);
	h->evis[0].vni = 101; /* another VNI */
	host_configure(h);
	assert_int_equal(h->n_own, 4);
	assert_int_equal(h->port[0].vni, 101);
	h->conf.n_evis = 0;
	host_configure(h);
	assert_int_equal(h->n_own + h->n_port, 0);
	host_free(h);
}

static void adding_is_learning(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_hears(h,
		   (struct rroute) { .k = 1, .mac = 1, .seq = 6, .ip = "192.0.2.1" });
	add(h, WEB);
	assert_int_equal(host_seq(h, 1), 7);
	host_hears(h,
		   (struct rroute) { .k = 1, .mac = 1, .seq = 8, .ip = "192.0.2.1" });
	assert_int_equal(host_seq(h, 1), -1);
	assert_int_equal(host_neigh(h, "192.0.2.1"), 1);
	add(h, WEB); /* again: it is here, now */
	assert_int_equal(host_seq(h, 1), 9);
	host_loses(h, (struct rroute) { .k = 1, .mac = 1, .ip = "192.0.2.1" });
	assert_int_equal(host_seq(h, 1), 9);
	host_free(h);
}

static void its_addresses_outbid_too(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_hears(h,
		   (struct rroute) { .k = 1, .mac = 9, .seq = 3, .ip = "192.0.2.1" });
	add(h, WEB);
	assert_int_equal(host_seq(h, 1), 4);
	assert_non_null(host_own(h, 1, "192.0.2.1"));
	host_free(h);
}

/* ---- over a restart ---------------------------------------------------- */

/* The number must survive, or the host that has it still declared would win. */
static void number_is_kept(void **state)
{
	struct host *a = host_new(2), *b = host_bare(2);
	char *text, *same, err[128] = "";

	(void)state;
	host_hears(a, (struct rroute) { .k = 1, .mac = 1, .seq = 6 });
	add(a, WEB);
	add(a, "db tenant blue interface veth1 mac 02:00:00:00:00:02");
	text = tenants_endpoints_encode(a->t);
	assert_int_equal(tenants_endpoints_decode(b->t, text, err, sizeof(err)), 0);
	assert_int_equal(b->n_saved, 0);
	same = tenants_endpoints_encode(b->t);
	assert_string_equal(text, same);
	b->evis[0] = (struct tenants_evi_conf) { .vni = 100, .tenant = "red" };
	b->conf.n_evis = 1;
	host_learn(b, 1); /* known to the kernel before it is known from the file */
	host_configure(b);
	assert_int_equal(host_seq(b, 1), 7);
	free(text);
	free(same);
	host_free(a);
	host_free(b);
}

static void number_changes_are_saved(void **state)
{
	struct host *h = host_new(2);
	char *text;

	(void)state;
	add(h, WEB);
	assert_int_equal(h->n_saved, 1);
	host_hears(h, (struct rroute) { .k = 1, .mac = 1, .seq = 6 });
	host_learn(h, 1);
	assert_true(h->n_saved > 1);
	text = tenants_endpoints_encode(h->t);
	assert_non_null(strstr(text, " seq 7\n"));
	free(text);
	host_free(h);
}

static void bad_lines_cost_only_themselves(void **state)
{
	static const char text[] = "selvage-endpoints 1\n"
				   "a tenant red interface v1 mac 02:00:00:00:00:01\n"
				   "\n"
				   "b tenant red interface v1 mac 02:00:00:00:00:02\n"
				   "c tenant red\n"
				   "d tenant red interface v4 mac 02:00:00:00:00:04";
	struct host *h = host_new(2);
	char err[128];

	(void)state;
	assert_int_equal(tenants_endpoints_decode(h->t, text, err, sizeof(err)), 2);
	assert_string_equal(err, "line 4: interface is that of endpoint a");
	assert_int_equal(h->n_own, 3);
	assert_int_equal(tenants_endpoints_decode(h->t, "", err, sizeof(err)), -EPROTO);
	assert_int_equal(tenants_endpoints_decode(h->t, "selvage-endpoints 2\n", err,
						  sizeof(err)),
			 -EPROTO);
	host_free(h);
}

static void random_text_is_survived(void **state)
{
	static const char *const bits[] = { "web",       "tenant", "red",
					    "interface", "mac",    "ip",
					    "\n",        "labels", "seq",
					    "7",         ",",      "02:00:00:00:00:01",
					    "192.0.2.1" };
	struct host *h = host_new(2);
	char err[128];

	(void)state;
	srandom(10);
	for (int round = 0; round < 3000; round++) {
		char text[1024] = "selvage-endpoints 1\n";

		for (long n = random() % 40; n; n--) {
			strcat(text, bits[(size_t)random() % ARRAY_SIZE(bits)]);
			if (random() % 5)
				strcat(text, " ");
		}
		assert_true(tenants_endpoints_decode(h->t, text, err, sizeof(err)) >=
			    0);
	}
	host_free(h);
}

struct list {
	unsigned n;
	char name[4][ENDPOINT_NAME];
	bool active[4];
	uint32_t vni[4];
};

static void see(void *arg, const struct tenants_endpoint_info *i)
{
	struct list *l = arg;

	str_copy(l->name[l->n], ENDPOINT_NAME, i->e->name);
	l->active[l->n] = i->active;
	l->vni[l->n++] = i->vni;
}

static void are_listed(void **state)
{
	struct host *h = host_new(2);
	struct list l = { 0 };

	(void)state;
	add(h, WEB);
	add(h, "db tenant blue interface veth1 mac 02:00:00:00:00:02");
	tenants_endpoint_foreach(h->t, see, &l);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.name[0], "db");
	assert_true(!l.active[0] && l.active[1]);
	assert_int_equal(l.vni[0], 0);
	assert_int_equal(l.vni[1], 100);
	host_free(h);
}

/* The configuration takes what was declared, and keeps it from commands and the file.
 */
static void of_the_configuration(void **state)
{
	static const char own[] =
		"web tenant red interface veth9 mac 02:00:00:00:00:09";
	struct host *h = host_new(2);
	struct tenants_endpoint e;
	char err[128], *text;

	(void)state;
	assert_int_equal(add(h, own), 0);
	assert_int_equal(endpoint_parse(WEB, &e, err, sizeof(err)), 0);
	e.configured = true;
	assert_int_equal(tenants_endpoint_add(h->t, &e, err, sizeof(err)), 0);
	assert_non_null(host_own(h, 1, NULL));
	assert_int_equal(add(h, own), -EEXIST);
	text = tenants_endpoints_encode(h->t);
	assert_null(strstr(text, "web"));
	free(text);
	assert_int_equal(tenants_endpoints_decode(h->t,
						  "selvage-endpoints 1\nweb tenant red "
						  "interface veth9\n",
						  err, sizeof(err)),
			 1);
	assert_true(tenants_endpoint_find(h->t, "web")->configured);
	assert_null(tenants_endpoint_find(h->t, "wei"));
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(of_the_configuration),
		cmocka_unit_test(words_are_read),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(longest_line_fits),
		cmocka_unit_test(is_advertised_while_declared),
		cmocka_unit_test(conflicts_and_bad_values),
		cmocka_unit_test(replaced_by_name),
		cmocka_unit_test(tenant_comes_and_goes),
		cmocka_unit_test(adding_is_learning),
		cmocka_unit_test(its_addresses_outbid_too),
		cmocka_unit_test(number_is_kept),
		cmocka_unit_test(number_changes_are_saved),
		cmocka_unit_test(bad_lines_cost_only_themselves),
		cmocka_unit_test(random_text_is_survived),
		cmocka_unit_test(are_listed),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
