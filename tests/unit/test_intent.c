#include "tests/unit/unit.h"

#include "fib/intent.h"

static const uint8_t last_down = INTENT_EXIT, last_up = INTENT_QUERY_END;

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

/* Names need not be terminated, kinds need not exist, bodies are aligned to 4. */
static void hostile_bodies(void **state)
{
	static uint32_t room[200];
	char small[8];
	struct intent_hdr h = { .type = INTENT_L2DOM_SET };

	(void)state;
	memset(room, 0xff, sizeof(room));
	for (unsigned t = 0; t < 128; t++)
		(void)text((uint16_t)t, 0xffffffff, room + 1);
	intent_format(&h, room + 1, small, sizeof(small));
	assert_string_equal(small, "l2dom_s");
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(every_type_has_a_row),
		cmocka_unit_test(as_text),
		cmocka_unit_test(hostile_bodies),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
