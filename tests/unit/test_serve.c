#include "tests/unit/unit.h"

#include <errno.h>

#include "fib/fib.h"
#include "fib/serve.h"
#include "fib/intent.h"

static const struct fib_opts any;
static const struct fib_opts strict = { .vni_min = 10,
					.vni_max = 20,
					.allow_dev = "t-*" };

static int check(const struct fib_opts *o, uint16_t type, const void *body)
{
	struct intent_hdr h = { .type = type, .len = (uint16_t)intent_size(type) };
	const char *why = NULL;
	int err = serve_check(o, &h, body, &why);

	assert_int_equal(err != 0, why != NULL); /* a refusal has a reason */
	return err;
}

static struct ip ip(const char *s)
{
	struct ip a = { 0 };

	if (s)
		assert_int_equal(ip_parse(s, &a), 0);
	return a;
}

static const struct {
	const char *name;
	uint32_t vni, dst_vni;
	struct mac mac;
	const char *vtep;
	int set, del;
} macs[] = {
	{ "good", 10, 10, { { 2 } }, "10.0.0.1", 0, 0 },
	{ "IPv6", 10, 0, { { 2 } }, "2001:db8::1", 0, 0 },
	{ "VNI 0", 0, 0, { { 2 } }, "10.0.0.1", -EINVAL, -EINVAL },
	{ "VNI of 25 bits", 1 << 24, 0, { { 2 } }, "10.0.0.1", -EINVAL, -EINVAL },
	{ "largest VNI", (1 << 24) - 1, 0, { { 2 } }, "10.0.0.1", 0, 0 },
	{ "VNI to send with", 10, 1 << 24, { { 2 } }, "10.0.0.1", -EINVAL, 0 },
	{ "zero MAC", 10, 10, { { 0 } }, "10.0.0.1", -EINVAL, -EINVAL },
	{ "multicast MAC", 10, 10, { { 1 } }, "10.0.0.1", -EINVAL, -EINVAL },
	{ "no VTEP", 10, 10, { { 2 } }, NULL, -EINVAL, 0 },
	{ "zero VTEP", 10, 10, { { 2 } }, "0.0.0.0", -EINVAL, 0 },
	{ "multicast VTEP", 10, 10, { { 2 } }, "239.1.1.1", -EINVAL, 0 },
	{ "broadcast VTEP", 10, 10, { { 2 } }, "255.255.255.255", -EINVAL, 0 },
	{ "multicast VTEP, IPv6", 10, 10, { { 2 } }, "ff02::1", -EINVAL, 0 },
};

static void mac_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
		struct intent_mac m = { .vni = macs[i].vni,
					.dst_vni = macs[i].dst_vni,
					.mac = macs[i].mac,
					.vtep = ip(macs[i].vtep) };

		print_message("# %s\n", macs[i].name);
		assert_int_equal(check(&any, INTENT_MAC_SET, &m), macs[i].set);
		assert_int_equal(check(&any, INTENT_MAC_DEL, &m), macs[i].del);
	}
}

static void malformed_addresses(void **state)
{
	struct intent_flood f = { .vni = 10, .vtep = ip("10.0.0.1") };

	(void)state;
	assert_int_equal(check(&any, INTENT_FLOOD_SET, &f), 0);
	f.vtep.len = 5;
	assert_int_equal(check(&any, INTENT_FLOOD_SET, &f), -EINVAL);
	f.vtep.len = 255;
	assert_int_equal(check(&any, INTENT_FLOOD_SET, &f), -EINVAL);
	f.vtep.len = 4;
	f.vtep.b[9] = 1; /* keys are compared as bytes */
	assert_int_equal(check(&any, INTENT_FLOOD_SET, &f), -EINVAL);
}

static const struct {
	const char *ip;
	struct mac mac;
	int set;
} neighs[] = {
	{ "192.0.2.1", { { 2 } }, 0 },       { "fe80::1", { { 2 } }, 0 },
	{ "192.0.2.1", { { 0 } }, -EINVAL }, { "192.0.2.1", { { 3 } }, -EINVAL },
	{ "127.0.0.1", { { 2 } }, -EINVAL }, { "::1", { { 2 } }, -EINVAL },
	{ "224.0.0.1", { { 2 } }, -EINVAL }, { "0.0.0.0", { { 2 } }, -EINVAL },
	{ NULL, { { 2 } }, -EINVAL },
};

static void neigh_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(neighs); i++) {
		struct intent_neigh n = { .vni = 10,
					  .ip = ip(neighs[i].ip),
					  .mac = neighs[i].mac };

		assert_int_equal(check(&any, INTENT_NEIGH_SET, &n), neighs[i].set);
	}
}

static struct intent_l2dom dom(void)
{
	return (struct intent_l2dom) { .vni = 10,
				       .port = 4789,
				       .vtep = ip("10.0.0.1"),
				       .bridge = "t-br",
				       .vxlan = "t-vx",
				       .tenant = "red" };
}

static void l2dom_records(void **state)
{
	struct intent_l2dom d = dom();

	(void)state;
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), 0);
	assert_int_equal(check(&strict, INTENT_L2DOM_SET, &d), 0);
	memset(d.bridge, 'x', sizeof(d.bridge)); /* unterminated */
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	d = dom();
	memset(d.tenant, 'x', sizeof(d.tenant));
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	d = dom();
	memset(d.underlay, 'x', sizeof(d.underlay));
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	d = dom();
	d.vxlan[0] = '\0';
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	d = dom();
	strcpy(d.vxlan, "a/b");
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	strcpy(d.vxlan, "..");
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	strcpy(d.vxlan, "t-br");
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	d = dom();
	strcpy(d.tenant, "r\ned");
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	d = dom();
	d.port = 0;
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EINVAL);
	d = dom();
	strcpy(d.bridge, "lo");
	assert_int_equal(check(&any, INTENT_L2DOM_SET, &d), -EPERM);
	d = dom();
	strcpy(d.vxlan, "vx10"); /* outside the glob */
	assert_int_equal(check(&strict, INTENT_L2DOM_SET, &d), -EPERM);
	d = dom();
	d.vni = 21;
	assert_int_equal(check(&strict, INTENT_L2DOM_SET, &d), -EPERM);
	d.vni = 9;
	assert_int_equal(check(&strict, INTENT_L2DOM_SET, &d), -EPERM);
	assert_int_equal(check(&strict, INTENT_L2DOM_DEL, &d), -EPERM);
}

static void endpoint_records(void **state)
{
	struct intent_endpoint e = { .vni = 10, .ifname = "t-veth" };

	(void)state;
	assert_int_equal(check(&strict, INTENT_ENDPOINT_SET, &e), 0);
	strcpy(e.ifname, "eth0");
	assert_int_equal(check(&strict, INTENT_ENDPOINT_SET, &e), -EPERM);
	assert_int_equal(check(&any, INTENT_ENDPOINT_SET, &e), 0);
	strcpy(e.ifname, "lo");
	assert_int_equal(check(&any, INTENT_ENDPOINT_SET, &e), -EPERM);
	memset(e.ifname, 'x', sizeof(e.ifname));
	assert_int_equal(check(&any, INTENT_ENDPOINT_SET, &e), -EINVAL);
	assert_int_equal(check(&any, INTENT_ENDPOINT_DEL, &e), -EINVAL);
}

/* Every record of the engine has a row; those of fib itself are refused. */
static void every_type(void **state)
{
	static uint32_t body[128];

	(void)state;
	for (unsigned t = 0; t < 300; t++) {
		struct intent_hdr h = { .type = (uint16_t)t };
		const char *why = "";

		(void)serve_check(&any, &h, body, &why);
		assert_int_equal(!strcmp(why, "not a record of the engine"),
				 t < INTENT_SYNC_BEGIN || t > INTENT_EXIT);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(mac_records),
		cmocka_unit_test(malformed_addresses),
		cmocka_unit_test(neigh_records),
		cmocka_unit_test(l2dom_records),
		cmocka_unit_test(endpoint_records),
		cmocka_unit_test(every_type),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
