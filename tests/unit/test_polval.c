/* Wanted state as keys and values of the policy maps, and back. */
#include "tests/unit/addr_help.h"

#include "fib/polval.h"

static const struct {
	const char *name;
	uint8_t table;
	uint32_t vni;
	const char *key, *to;
	uint8_t bits;
	uint32_t num;
	uint8_t flags;
	enum bpf_map_id map;
} cases[] = {
	{ "IPv4", TABLE_IDENT, 7, "192.0.2.1", NULL, 32, 256, 0, BPF_M_POL_IDENT },
	{ "IPv6", TABLE_IDENT, 7, "2001:db8::1", NULL, 128, 256, 0, BPF_M_POL_IDENT },
	{ "ILA", TABLE_IDENT, 0, "2001:db8::1", NULL, 128, 9, 0, BPF_M_POL_IDENT },
	{ "here", TABLE_IDENT, 7, "192.0.2.1", "ifindex", 32, 256, 0, BPF_M_POL_IDENT },
	{ "largest VNI", TABLE_IDENT, 0xffffff, "192.0.2.1", NULL, 32, 1, 0,
	  BPF_M_POL_IDENT },
	{ "prefix", TABLE_IDENT, 7, "10.0.0.0", NULL, 8, 1 << 24, 0, BPF_M_POL_NET },
	{ "prefix, IPv6", TABLE_IDENT, 7, "2001:db8::", NULL, 32, 5, 0, BPF_M_POL_NET },
	{ "everything", TABLE_IDENT, 7, "0.0.0.0", NULL, 0, 2, 0, BPF_M_POL_NET },
	{ "MAC", TABLE_NET_FDB, 7, "mac", "10.0.0.2", 0, 0, 0, BPF_M_NET_FDB },
	{ "MAC, IPv6", TABLE_NET_FDB, 7, "mac", "fd00::2", 0, 8, WV_GBP,
	  BPF_M_NET_FDB },
	{ "MAC here", TABLE_NET_FDB, 7, "mac", NULL, 0, 12, WV_LOCAL, BPF_M_NET_FDB },
	{ "neighbour", TABLE_NET_NEIGH, 7, "fe80::1", "mac", 0, 0, WV_ROUTER,
	  BPF_M_NET_NEIGH },
};

static struct ip some(const char *text)
{
	const struct mac m = { { 2, 0, 0, 0, 0, 9 } };
	struct ip four = { .len = 4, .b = { 12, 0, 0, 0 } };

	if (text && !strcmp(text, "mac"))
		return want_of_mac(&m);
	if (text && !strcmp(text, "ifindex"))
		return four;
	return ip(text);
}

static void there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct want_key k = { .vni = cases[i].vni,
				      .ip = some(cases[i].key),
				      .table = cases[i].table,
				      .bits = cases[i].bits };
		struct want_val v = { .num = cases[i].num,
				      .to = some(cases[i].to),
				      .flags = cases[i].flags };
		uint8_t key[POLVAL_KEY], value[POLVAL_VALUE];
		struct want_key k2;
		struct want_val v2;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(polval_map(&k), cases[i].map);
		memset(key, 0xee, sizeof(key));
		memset(value, 0xee, sizeof(value));
		polval_key(&k, key);
		polval_value(&k, &v, value);
		assert_true(polval_read(cases[i].map, key, value, &k2, &v2));
		assert_memory_equal(&k, &k2, sizeof(k));
		assert_memory_equal(&v, &v2, sizeof(v));
	}
}

static void bytes(void **state)
{
	static const uint8_t addr[20] = { 7, 0, 0, 1, 192, 0, 2, 1 };
	struct want_key k = {
		.vni = 7, .ip = ip("192.0.2.1"), .table = TABLE_IDENT, .bits = 32
	};
	struct intent_verdict i = { .identity = 9,
				    .dir = VERDICT_EGRESS,
				    .proto = 6,
				    .plen = 15,
				    .port = 80,
				    .flags = VERDICT_DENY,
				    .rule = 4 };
	static const uint8_t want[8] = { 9, 0, 0, 0, 0x8f, 6, 0, 80 };
	uint8_t key[POLVAL_KEY];
	struct bpf_pol_key vk;
	struct bpf_pol_verdict vv;

	(void)state;
	polval_key(&k, key);
	assert_memory_equal(key, addr, sizeof(addr));
	polval_verdict(&i, &vk, &vv);
	assert_memory_equal(&vk, want, sizeof(want));
	assert_int_equal(vv.rule, 4);
	assert_int_equal(vv.flags, BPF_POL_DENY);
}

/* Another hand was in the maps. */
static void strange(void **state)
{
	struct bpf_pol_addr a = { .scope_family = 3 << 24 | 7 };
	struct bpf_pol_net n = { .prefixlen = 31, .addr.scope_family = 1 << 24 };
	struct bpf_pol_ident id = { .identity = 1 };
	struct bpf_net_mac m = { .vni = 7, .mac = { 2 } };
	struct bpf_net_fdb f = { .vni = 7, .flags = 128 };
	struct want_key k;
	struct want_val v;

	(void)state;
	assert_false(polval_read(BPF_M_POL_IDENT, &a, &id, &k, &v));
	a.scope_family = BPF_POL_IP4 << 24 | 7;
	a.ip[3] = 1; /* an IPv4 address has four bytes */
	assert_false(polval_read(BPF_M_POL_IDENT, &a, &id, &k, &v));
	assert_false(polval_read(BPF_M_POL_NET, &n, &id, &k, &v));
	n.prefixlen = 32 + 32; /* that would be an address */
	assert_false(polval_read(BPF_M_POL_NET, &n, &id, &k, &v));
	n.prefixlen = 32 + 161;
	assert_false(polval_read(BPF_M_POL_NET, &n, &id, &k, &v));
	assert_true(polval_read(BPF_M_NET_FDB, &m, &f, &k, &v));
	assert_true(v.flags & WV_STRANGE);
	/* There is no way to who is here. */
	f.flags = BPF_NET_FDB_LOCAL | 1400u << BPF_NET_FDB_MTU_SHIFT;
	assert_true(polval_read(BPF_M_NET_FDB, &m, &f, &k, &v));
	assert_true(v.flags & WV_STRANGE);
}

/* The way to a VTEP is no part of what is wanted, but of what is written. */
static void ways(void **state)
{
	static const char *const via[] = { NULL, "10.0.0.9", "fe80::9" };
	struct want_key k = { .vni = 7, .table = TABLE_NET_FDB };
	struct want_val v = { .num = 0 }, again;
	uint8_t key[POLVAL_KEY], value[POLVAL_VALUE];

	(void)state;
	k.ip = (struct ip) { .len = 6, .b = { 2 } };
	assert_int_equal(ip_parse("10.0.0.2", &v.to), 0);
	for (size_t i = 0; i < ARRAY_SIZE(via); i++) {
		struct polval_way w = { .ifindex = 3, .mtu = (uint16_t)(1400 * i) }, is;

		if (via[i])
			assert_int_equal(ip_parse(via[i], &w.via), 0);
		polval_key(&k, key);
		polval_value(&k, &v, value);
		polval_way_set(value, &w);
		is = polval_way(value);
		assert_int_equal(is.ifindex, 3);
		assert_int_equal(is.mtu, w.mtu);
		assert_true(ip_eq(&is.via, &w.via));
		assert_true(polval_read(BPF_M_NET_FDB, key, value, &k, &again));
		assert_memory_equal(&again, &v, sizeof(v));
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(bytes),
		cmocka_unit_test(strange),
		cmocka_unit_test(ways),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
