#include "tests/unit/unit.h"

#include "fib/intent.h"

static const uint8_t last_down = INTENT_MONITOR, last_up = INTENT_DROP_COUNTERS;

static void every_type_has_a_row(void **state)
{
	(void)state;
	for (unsigned t = 0; t < 70000; t++) {
		uint16_t type = (uint16_t)t;
		bool known = (type >= INTENT_SYNC_BEGIN && type <= last_down) ||
			     (type >= INTENT_FIRST_UP && type <= last_up);

		assert_int_equal(intent_size(type) != 0, known);
		assert_int_equal(strcmp(intent_name(type), "?") != 0, known);
		assert_int_equal(intent_size(type) % 4, 0);
		assert_true(intent_size(type) <= INTENT_BATCH_MAX);
	}
	assert_int_equal(intent_size(INTENT_MAC_SET), 8 + sizeof(struct intent_mac));
	assert_int_equal(intent_size(INTENT_READY), 8);
}

static const char *text(uint16_t type, uint32_t flags, const void *body)
{
	static char buf[512];
	struct intent_hdr h = { .type = type, .flags = flags };

	return intent_format(&h, body, buf, sizeof(buf));
}

static void as_text(void **state)
{
	struct intent_mac m = {
		.vni = 148,
		.dst_vni = 148,
		.cookie = 9,
		.mac = { { 2, 0, 0, 0, 0, 1 } },
		.vtep = ip4_of(0x0a000002),
	};
	struct intent_l2dom d = {
		.vni = 148,
		.port = 4789,
		.flags = L2DOM_CREATE | L2DOM_SUPPRESS,
		.vtep = ip4_of(0x0a000001),
		.bridge = "br-red",
		.vxlan = "vx148",
		.tenant = "red",
	};
	struct intent_neigh n = { .vni = 7, .mac = m.mac, .ip = ip4_of(0xc0a80001) };

	(void)state;
	assert_string_equal(text(INTENT_MAC_SET, 0, &m),
			    "mac_set vni=148 mac=02:00:00:00:00:01 vtep=10.0.0.2");
	m.dst_vni = 200;
	m.flags = FMAC_STICKY;
	assert_string_equal(text(INTENT_MAC_DEL, 0, &m),
			    "mac_del vni=148 mac=02:00:00:00:00:01 vtep=10.0.0.2 "
			    "dst-vni=200 sticky");
	assert_string_equal(text(INTENT_L2DOM_SET, 0, &d),
			    "l2dom_set vni=148 bridge=br-red vxlan=vx148 vtep=10.0.0.1 "
			    "port=4789 tenant=red create suppress");
	assert_string_equal(
		text(INTENT_LNEIGH, INTENT_F_GONE | INTENT_F_DUMP, &n),
		"lneigh vni=7 ip=192.168.0.1 mac=02:00:00:00:00:01 gone dump");
	assert_string_equal(text(INTENT_SYNC_END, INTENT_F_SWEEP, NULL),
			    "sync_end sweep");
	assert_string_equal(text(9999, 0, NULL), "?");
}

static void ila_as_text(void **state)
{
	struct intent_ila_domain d = {
		.csum = ILA_CSUM_NEUTRAL,
		.plane = ILA_PLANE_AUTO,
		.flags = ILA_DOM_VNID,
		.underlay = { "eth0", "eth1" },
	};
	struct intent_ila_multi m = { .csum = ILA_CSUM_NONE,
				      .ident_type = ILA_TYPE_LUID,
				      .n = 2,
				      .weight = { 1, 3, 9 } };
	struct intent_ila_endpoint e = { .vnid = 42,
					 .flags = ILA_EP_PREFIX,
					 .ifname = "v1" };

	(void)state;
	ila64_parse("2001:db8:c0de:1", &d.sir);
	ila64_parse("2001:db8:100:2", &d.locator);
	assert_string_equal(
		text(INTENT_ILA_DOMAIN_SET, 0, &d),
		"ila_domain_set sir=2001:db8:c0de:1 locator=2001:db8:100:2 "
		"csum=neutral-map plane=auto underlay=eth0 underlay=eth1 vnid");
	m.addr.prefix = e.addr.prefix = d.sir;
	ila64_parse("2000:0:1:a", &m.addr.id);
	m.locator[0] = d.locator;
	ila64_parse("2001:db8:100:3", &m.locator[1]);
	assert_string_equal(
		text(INTENT_ILA_MULTI_SET, 0, &m),
		"ila_multi_set addr=2001:db8:c0de:1:2000:0:1:a csum=no-action "
		"type=1 locator=2001:db8:100:2 weight=1 "
		"locator=2001:db8:100:3 weight=3");
	ila64_parse("6000:2a:0:1", &e.addr.id);
	memcpy(e.prefix, (uint8_t[12]) { 0xfd, [11] = 7 }, 12);
	assert_string_equal(text(INTENT_ILA_ENDPOINT_SET, 0, &e),
			    "ila_endpoint_set addr=2001:db8:c0de:1:6000:2a:0:1 dev=v1 "
			    "vnid=42 prefix=fd00::7:0:0");
}

static void policy_as_text(void **state)
{
	struct intent_ident i = { .vni = 7, .identity = 0x80000100, .bits = 24 };
	struct intent_workload w = { .vni = 7,
				     .identity = 9,
				     .policy = 3,
				     .flags = WORKLOAD_EBPF,
				     .mac = { { 2, 0, 0, 0, 0, 1 } },
				     .ifname = "v1" };
	struct intent_verdict v = { .policy = 3,
				    .identity = 9,
				    .dir = VERDICT_EGRESS,
				    .proto = 6,
				    .plen = 16,
				    .flags = VERDICT_DENY,
				    .port = 80,
				    .rule = 4 };
	struct intent_policy p = { .policy = 3, .count = 2 };
	struct intent_drop d = { .reason = 3,
				 .family = 1,
				 .proto = 6,
				 .dport = 22,
				 .src = { 10, 0, 0, 1 },
				 .dst = { 10, 0, 0, 2 } };
	struct intent_workload_state s = { .ifname = "v1", .err = -19, .why = "gone" };

	(void)state;
	i.ip = ip4_of(0x0a000000);
	assert_string_equal(text(INTENT_IDENT_SET, 0, &i),
			    "ident_set vni=7 ip=10.0.0.0/24 identity=2147483904");
	assert_string_equal(text(INTENT_WORKLOAD_SET, 0, &w),
			    "workload_set dev=v1 vni=7 identity=9 policy=3 "
			    "mac=02:00:00:00:00:01 ebpf");
	assert_string_equal(text(INTENT_POLICY_BEGIN, 0, &p),
			    "policy_begin policy=3 count=2");
	assert_string_equal(text(INTENT_VERDICT_SET, 0, &v),
			    "verdict_set policy=3 egress identity=9 proto=6 port=80/16 "
			    "deny rule=4");
	v = (struct intent_verdict) { .policy = 3 };
	assert_string_equal(text(INTENT_VERDICT_SET, 0, &v),
			    "verdict_set policy=3 ingress identity=0 allow rule=0");
	assert_string_equal(
		text(INTENT_DROP, 0, &d),
		"drop reason=no-policy ingress ifindex=0 vni=0 identity=0,0 rule=0 "
		"src=10.0.0.1 dst=10.0.0.2 proto=6 port=0,22 len=0");
	assert_string_equal(text(INTENT_WORKLOAD_STATE, 0, &s),
			    "workload_state dev=v1 policy=0 err=-19 why=\"gone\"");
}

/* Names need not be terminated, kinds need not exist, bodies are aligned to 4. */
static void hostile_bodies(void **state)
{
	static uint32_t room[2 + sizeof(struct intent_counters) / 4]; /* the largest */
	char small[8];
	struct intent_hdr h = { .type = INTENT_L2DOM_SET };

	(void)state;
	memset(room, 0xff, sizeof(room));
	for (unsigned t = 0; t < 128; t++) {
		assert_true(intent_size((uint16_t)t) <= sizeof(room));
		(void)text((uint16_t)t, 0xffffffff, room + 1);
	}
	intent_format(&h, room + 1, small, sizeof(small));
	assert_string_equal(small, "l2dom_s");
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(every_type_has_a_row),
		cmocka_unit_test(as_text),
		cmocka_unit_test(ila_as_text),
		cmocka_unit_test(policy_as_text),
		cmocka_unit_test(hostile_bodies),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
