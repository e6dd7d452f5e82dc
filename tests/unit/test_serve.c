#include "tests/unit/addr_help.h"

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

static const struct {
	const char *name, *ip;
	uint32_t vni, identity;
	uint8_t bits;
	const char *dev;
	int set, del, strict;
} idents[] = {
	{ "IPv4", "10.0.0.1", 10, 256, 32, "", 0, 0, 0 },
	{ "IPv6", "2001:db8::1", 10, 256, 128, "t-1", 0, 0, 0 },
	{ "ILA", "2001:db8::1", 0, 256, 128, "", 0, 0, 0 },
	{ "prefix", "10.0.0.0", 10, 256, 8, "", 0, 0, 0 },
	{ "everything", "0.0.0.0", 10, 256, 0, "", 0, 0, 0 },
	{ "identity 0", "10.0.0.1", 10, 0, 32, "", -EINVAL, 0, -EINVAL },
	{ "no address", NULL, 10, 256, 0, "", -EINVAL, -EINVAL, -EINVAL },
	{ "bits behind", "10.0.0.1", 10, 256, 31, "", -EINVAL, -EINVAL, -EINVAL },
	{ "33 bits", "10.0.0.1", 10, 256, 33, "", -EINVAL, -EINVAL, -EINVAL },
	{ "prefix of a device", "10.0.0.0", 10, 256, 8, "t-1", -EINVAL, 0, -EINVAL },
	{ "slash", "10.0.0.1", 10, 256, 32, "a/b", -EINVAL, 0, -EINVAL },
	{ "VNI of 25 bits", "10.0.0.1", 1 << 24, 1, 32, "", -EINVAL, -EINVAL, -EINVAL },
	{ "VNI not allowed", "10.0.0.1", 9, 1, 32, "", 0, 0, -EPERM },
};

static void ident_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(idents); i++) {
		struct intent_ident r = { .vni = idents[i].vni,
					  .identity = idents[i].identity,
					  .ip = ip(idents[i].ip),
					  .bits = idents[i].bits };

		print_message("# %s\n", idents[i].name);
		strcpy(r.ifname, idents[i].dev);
		assert_int_equal(check(&any, INTENT_IDENT_SET, &r), idents[i].set);
		assert_int_equal(check(&any, INTENT_IDENT_DEL, &r), idents[i].del);
		assert_int_equal(check(&strict, INTENT_IDENT_SET, &r),
				 idents[i].strict);
	}
}

static const struct {
	const char *name, *dev;
	uint32_t vni, identity;
	uint16_t flags;
	uint8_t mac;
	int set, del, strict;
} workloads[] = {
	{ "VXLAN", "t-1", 10, 256, WORKLOAD_EBPF, 2, 0, 0, 0 },
	{ "ILA", "t-1", 0, 256, WORKLOAD_ILA, 0, 0, 0, 0 },
	{ "neither", "t-1", 0, 256, 0, 0, -EINVAL, 0, -EINVAL },
	{ "both", "t-1", 10, 256, WORKLOAD_ILA, 0, -EINVAL, 0, -EINVAL },
	{ "closed", "t-1", 10, 256, WORKLOAD_CLOSED, 0, 0, 0, 0 },
	{ "flag 8", "t-1", 10, 256, 8, 0, -EINVAL, 0, -EINVAL },
	{ "identity 0", "t-1", 10, 0, 0, 0, -EINVAL, 0, -EINVAL },
	{ "multicast MAC", "t-1", 10, 256, 0, 3, -EINVAL, 0, -EINVAL },
	{ "no device", "", 10, 256, 0, 2, -EINVAL, -EINVAL, -EINVAL },
	{ "lo", "lo", 10, 256, 0, 2, -EPERM, 0, -EPERM },
	{ "not allowed", "eth0", 10, 256, 0, 2, 0, 0, -EPERM },
	{ "VNI not allowed", "t-1", 21, 256, 0, 2, 0, 0, -EPERM },
};

static void workload_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
		struct intent_workload w = { .vni = workloads[i].vni,
					     .identity = workloads[i].identity,
					     .flags = workloads[i].flags,
					     .mac = { { workloads[i].mac } } };

		print_message("# %s\n", workloads[i].name);
		strcpy(w.ifname, workloads[i].dev);
		assert_int_equal(check(&any, INTENT_WORKLOAD_SET, &w),
				 workloads[i].set);
		assert_int_equal(check(&any, INTENT_WORKLOAD_DEL, &w),
				 workloads[i].del);
		assert_int_equal(check(&strict, INTENT_WORKLOAD_SET, &w),
				 workloads[i].strict);
	}
}

static const struct {
	const char *name;
	uint32_t policy;
	uint8_t dir, proto, plen, flags;
	uint16_t port;
	int set;
} verdicts[] = {
	{ "everything", 1, 0, 0, 0, 0, 0, 0 },
	{ "protocol", 1, 1, 6, 0, VERDICT_DENY, 0, 0 },
	{ "port", 1, 1, 6, 16, 0, 80, 0 },
	{ "block of ports", 1, 0, 17, 6, 0, 0xfc00, 0 },
	{ "no policy", 0, 0, 0, 0, 0, 0, -EINVAL },
	{ "direction 2", 1, 2, 0, 0, 0, 0, -EINVAL },
	{ "flag 2", 1, 0, 0, 0, 2, 0, -EINVAL },
	{ "port of no protocol", 1, 0, 0, 16, 0, 80, -EINVAL },
	{ "17 bits", 1, 0, 6, 17, 0, 80, -EINVAL },
	{ "255 bits", 1, 0, 6, 255, 0, 0, -EINVAL },
	{ "bits behind", 1, 0, 6, 15, 0, 81, -EINVAL },
};

static void policy_records(void **state)
{
	struct intent_policy p = { .policy = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct intent_verdict v = { .policy = verdicts[i].policy,
					    .dir = verdicts[i].dir,
					    .proto = verdicts[i].proto,
					    .plen = verdicts[i].plen,
					    .flags = verdicts[i].flags,
					    .port = verdicts[i].port };

		print_message("# %s\n", verdicts[i].name);
		assert_int_equal(check(&any, INTENT_VERDICT_SET, &v), verdicts[i].set);
		assert_int_equal(check(&any, INTENT_VERDICT_DEL, &v), verdicts[i].set);
	}
	assert_int_equal(check(&any, INTENT_POLICY_BEGIN, &p), -EINVAL);
	p.policy = 1;
	p.count = POLICY_VERDICTS;
	assert_int_equal(check(&any, INTENT_POLICY_BEGIN, &p), 0);
	p.count++;
	assert_int_equal(check(&any, INTENT_POLICY_BEGIN, &p), -EINVAL);
	assert_int_equal(check(&any, INTENT_POLICY_DEL, &(struct intent_policy) { 0 }),
			 -EINVAL);
}

static struct ila64 half(const char *s)
{
	struct ila64 h = { 0 };

	if (s)
		assert_int_equal(ila64_parse(s, &h), 0);
	return h;
}

#define SIR  "2001:db8:c0de:1"
#define LOC  "2001:db8:100:1"
#define LUID "2000:0:1:a"

static const struct {
	const char *name, *sir, *locator;
	uint8_t csum, plane;
	uint16_t flags;
	const char *underlay;
	int set, del, strict;
} domains[] = {
	{ "good", SIR, LOC, 1, 1, 0, "t-0", 0, 0, 0 },
	{ "only sends", SIR, NULL, 3, 3, 0, "", 0, 0, 0 },
	{ "VNIDs", SIR, LOC, 1, 3, 1, "", 0, 0, 0 },
	{ "VNIDs, kernel", SIR, LOC, 1, 2, 1, "", -EOPNOTSUPP, 0, -EOPNOTSUPP },
	{ "no SIR prefix", NULL, LOC, 1, 1, 0, "", -EINVAL, -EINVAL, -EINVAL },
	{ "multicast SIR", "ff02:0:0:1", LOC, 1, 1, 0, "", -EINVAL, -EINVAL, -EINVAL },
	{ "link-local", "fe80:0:0:1", LOC, 1, 1, 0, "", -EINVAL, -EINVAL, -EINVAL },
	{ "multicast locator", SIR, "ff02:0:0:1", 1, 1, 0, "", -EINVAL, 0, -EINVAL },
	{ "both one prefix", SIR, SIR, 1, 1, 0, "", -EINVAL, 0, -EINVAL },
	{ "mode 4", SIR, LOC, 4, 1, 0, "", -EINVAL, 0, -EINVAL },
	{ "mode 255", SIR, LOC, 255, 1, 0, "", -EINVAL, 0, -EINVAL },
	{ "no plane", SIR, LOC, 1, 0, 0, "", -EINVAL, 0, -EINVAL },
	{ "plane 4", SIR, LOC, 1, 4, 0, "", -EINVAL, 0, -EINVAL },
	{ "flag 2", SIR, LOC, 1, 1, 2, "", -EINVAL, 0, -EINVAL },
	{ "slash", SIR, LOC, 1, 1, 0, "a/b", -EINVAL, 0, -EINVAL },
	{ "lo", SIR, LOC, 1, 1, 0, "lo", -EPERM, 0, -EPERM },
	{ "not allowed", SIR, LOC, 1, 1, 0, "eth0", 0, 0, -EPERM },
};

static void ila_domains(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++) {
		struct intent_ila_domain d = { .sir = half(domains[i].sir),
					       .locator = half(domains[i].locator),
					       .csum = domains[i].csum,
					       .plane = domains[i].plane,
					       .flags = domains[i].flags };

		print_message("# %s\n", domains[i].name);
		strcpy(d.underlay[3], domains[i].underlay);
		assert_int_equal(check(&any, INTENT_ILA_DOMAIN_SET, &d),
				 domains[i].set);
		assert_int_equal(check(&strict, INTENT_ILA_DOMAIN_SET, &d),
				 domains[i].strict);
		assert_int_equal(check(&any, INTENT_ILA_DOMAIN_DEL, &d),
				 domains[i].del);
		memset(d.underlay[0], 'x', INTENT_IFNAME); /* unterminated */
		assert_int_not_equal(check(&any, INTENT_ILA_DOMAIN_SET, &d), 0);
	}
}

static const struct {
	const char *name, *sir, *id, *locator;
	uint8_t csum, type;
	int set, del;
} mappings[] = {
	{ "good", SIR, LUID, LOC, 1, 1, 0, 0 },
	{ "IPv6 of a tenant", SIR, "6000:2a:a00:5", LOC, 3, 3, 0, 0 },
	{ "multicast SIR", "ff02:0:0:1", LUID, LOC, 1, 1, -EINVAL, -EINVAL },
	{ "zero SIR", NULL, LUID, LOC, 1, 1, -EINVAL, -EINVAL },
	{ "zero locator", SIR, LUID, NULL, 1, 1, -EINVAL, 0 },
	{ "multicast locator", SIR, LUID, "ff02:0:0:1", 1, 1, -EINVAL, 0 },
	{ "link-local locator", SIR, LUID, "fe80:0:0:1", 1, 1, -EINVAL, 0 },
	{ "one prefix", SIR, LUID, SIR, 1, 1, -EINVAL, 0 },
	{ "interface id", SIR, "200:0:1:a", LOC, 1, 1, -EINVAL, -EINVAL },
	{ "type 5", SIR, "a000:0:1:a", LOC, 1, 1, -EINVAL, -EINVAL },
	{ "C bit", SIR, "3000:0:1:a", LOC, 1, 1, -EINVAL, -EINVAL },
	{ "low word 0, neutral", SIR, "2000:0:1:0", LOC, 1, 1, -EINVAL, 0 },
	{ "low word 0, auto", SIR, "2000:0:1:0", LOC, 3, 1, -EINVAL, 0 },
	{ "low word 0, no-action", SIR, "2000:0:1:0", LOC, 2, 1, 0, 0 },
	{ "mode 4", SIR, LUID, LOC, 4, 1, -EINVAL, 0 },
	{ "type 0 told", SIR, LUID, LOC, 1, 0, -EINVAL, 0 },
	{ "type 5 told", SIR, LUID, LOC, 1, 5, -EINVAL, 0 },
	{ "use-format told", SIR, LUID, LOC, 1, 32, -EINVAL, 0 },
};

static void ila_mappings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mappings); i++) {
		struct ila_addr a = { half(mappings[i].sir), half(mappings[i].id) };
		struct intent_ila_map m = { .addr = a,
					    .locator = half(mappings[i].locator),
					    .csum = mappings[i].csum,
					    .ident_type = mappings[i].type };
		struct intent_ila_multi n = { .addr = a,
					      .csum = mappings[i].csum,
					      .ident_type = mappings[i].type,
					      .n = 2,
					      .locator = { half("2000:0:0:1"),
							   m.locator },
					      .weight = { 1, 1 } };

		print_message("# %s\n", mappings[i].name);
		assert_int_equal(check(&any, INTENT_ILA_MAP_SET, &m), mappings[i].set);
		assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &n),
				 mappings[i].set);
		assert_int_equal(check(&any, INTENT_ILA_MAP_DEL, &m), mappings[i].del);
	}
}

static void ila_several_locators(void **state)
{
	struct intent_ila_multi m = {
		.addr = { half(SIR), half(LUID) }, .csum = 1, .ident_type = 1, .n = 8
	};

	(void)state;
	for (int i = 0; i < ILA_LOCATORS; i++) {
		m.locator[i] = half(LOC);
		m.locator[i].b[7] = (uint8_t)(i + 1);
		m.weight[i] = (uint16_t)(i + 1);
	}
	assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &m), 0);
	m.n = 9;
	assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &m), -EINVAL);
	m.n = 1;
	assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &m), -EINVAL);
	m.n = 8;
	m.weight[7] = 0;
	assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &m), -EINVAL);
	m.n = 7; /* what is behind does not count */
	assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &m), 0);
	m.locator[3] = m.locator[2]; /* twice */
	assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &m), -EINVAL);
	m.locator[3].b[7] = 1; /* out of order */
	assert_int_equal(check(&any, INTENT_ILA_MULTI_SET, &m), -EINVAL);
}

static const struct {
	const char *name, *id;
	uint32_t vnid;
	uint16_t flags;
	const char *prefix, *ifname;
	int set, strict;
} endpoints[] = {
	{ "good", LUID, 0, 0, NULL, "t-veth", 0, 0 },
	{ "not allowed", LUID, 0, 0, NULL, "eth0", 0, -EPERM },
	{ "lo", LUID, 0, 0, NULL, "lo", -EPERM, -EPERM },
	{ "no device", LUID, 0, 0, NULL, "", -EINVAL, -EINVAL },
	{ "host", LUID, 0, ILA_EP_HOST, NULL, "", 0, 0 },
	{ "host with device", LUID, 0, ILA_EP_HOST, NULL, "t-0", -EINVAL, -EINVAL },
	{ "VNID", "6000:2a:a00:5", 0x2a, 0, NULL, "t-0", 0, 0 },
	{ "another VNID", "6000:2a:a00:5", 0x2b, 0, NULL, "t-0", -EINVAL, -EINVAL },
	{ "VNID of 29 bits", LUID, 1 << 28, 0, NULL, "t-0", -EINVAL, -EINVAL },
	{ "prefix", "6000:2a:a00:5", 0x2a, ILA_EP_PREFIX, LOC, "t-0", 0, 0 },
	{ "no prefix", "6000:2a:a00:5", 0x2a, ILA_EP_PREFIX, NULL, "t-0", -EINVAL,
	  -EINVAL },
	{ "multicast prefix", "6000:2a:a00:5", 0x2a, ILA_EP_PREFIX, "ff02:0:0:1", "t-0",
	  -EINVAL, -EINVAL },
	{ "prefix of the host", LUID, 0, ILA_EP_PREFIX | ILA_EP_HOST, LOC, "", -EINVAL,
	  -EINVAL },
	{ "past the stack", LUID, 0, ILA_EP_FAST, NULL, "t-0", 0, 0 },
	{ "past the stack of the host", LUID, 0, ILA_EP_FAST | ILA_EP_HOST, NULL, "",
	  -EINVAL, -EINVAL },
	{ "flag 8", LUID, 0, 8, NULL, "t-0", -EINVAL, -EINVAL },
	{ "C bit", "3000:0:1:a", 0, 0, NULL, "t-0", -EINVAL, -EINVAL },
	{ "type 0", "200:0:1:a", 0, 0, NULL, "t-0", -EINVAL, -EINVAL },
};

static void ila_endpoints(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(endpoints); i++) {
		struct intent_ila_endpoint e = {
			.addr = { half(SIR), half(endpoints[i].id) },
			.vnid = endpoints[i].vnid,
			.flags = endpoints[i].flags,
		};
		struct ila64 prefix = half(endpoints[i].prefix);

		print_message("# %s\n", endpoints[i].name);
		memcpy(e.prefix, &prefix, sizeof(prefix));
		strcpy(e.ifname, endpoints[i].ifname);
		assert_int_equal(check(&any, INTENT_ILA_ENDPOINT_SET, &e),
				 endpoints[i].set);
		assert_int_equal(check(&strict, INTENT_ILA_ENDPOINT_SET, &e),
				 endpoints[i].strict);
		memset(e.ifname, 'x', sizeof(e.ifname));
		assert_int_not_equal(check(&any, INTENT_ILA_ENDPOINT_SET, &e), 0);
	}
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
				 t < INTENT_SYNC_BEGIN || t > INTENT_MONITOR);
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
		cmocka_unit_test(ident_records),
		cmocka_unit_test(workload_records),
		cmocka_unit_test(policy_records),
		cmocka_unit_test(ila_domains),
		cmocka_unit_test(ila_mappings),
		cmocka_unit_test(ila_several_locators),
		cmocka_unit_test(ila_endpoints),
		cmocka_unit_test(every_type),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
