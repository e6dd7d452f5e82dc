/* Extended communities: answers and FRR's words. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/bytes.h"
#include "wire/attrs.h"

enum { MAX = 4096 };

static struct bytes list_of(const char *hex, uint8_t *buf)
{
	size_t n = 0;

	unhex(hex, buf, MAX, &n);
	return (struct bytes) { buf, n };
}

static const struct {
	const char *hex, *text;
} words[] = {
	{ "0002fde800002774", "RT:65000:10100" },
	{ "01020a4d000b0064", "RT:10.77.0.11:100" },
	{ "0202000100000064", "RT:65536:100" },
	{ "0003fde800000001", "SoO:65000:1" },
	{ "030c000000000008", "ET:8" },
	{ "030d000000000000", "Default Gateway" },
	{ "030b000000000064", "Color:100" },
	{ "0600000000000003", "MM:3" },
	{ "0600010000000000", "MM:0, sticky MAC" },
	{ "0601000000000190", "ESI-label-Rt:AA" },
	{ "0601010000000190", "ESI-label-Rt:SA" },
	{ "0602021122334455", "ES-Import-Rt:02:11:22:33:44:55" },
	{ "0603027700000511", "Rmac:02:77:00:00:05:11" },
	{ "0606020000007fff", "DF: (alg: 2, bmap: 0x0 pref: 32767)" },
	{ "0608010000000000", "ND:Router Flag" },
	{ "0608050000000000", "ND:Proxy" },
	{ "0608000000000000", "ND:" },
	{ "8006000000000000", "UNK:128, 6" },
	{ "4302000000000000", "UNK:67, 2" },
	{ "831a010101000000", "ILA:neutral-map,luid" },
	{ "831a010003010000", "ILA:adj-transport,virt-uni-v6,anycast" },
	{ "831a01ff06000000", "ILA:?,?" },
	{ "831a010220000000", "ILA:no-action,use-format" },
	{ "831a020101000000", "ILA:version-2" },
	{ "4004fde84cee6b28", "LB:65000:125000000 (1.000 Gbps)" },
	{ "4004fde84cf00000", "LB:65000:125829120 (1.000 Gbps)" },
	{ "4004fde849742400", "LB:65000:1000000 (8.000 Mbps)" },
	{ "4004fde8447a0000", "LB:65000:1000 (8.000 Kbps)" },
	{ "4004fde842c80000", "LB:65000:100 (800 bps)" },
	{ "4004fde87f800000", "LB:65000:4294967295 (34.000 Gbps)" },
	{ "4004fde87fc00000", "LB:65000:0 (0 bps)" },
	{ "4004fde8bf800000", "LB:65000:0 (0 bps)" },
};

static void text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint8_t buf[MAX];
		char out[128];

		assert_string_equal(
			extcom_format(list_of(words[i].hex, buf).p, out, sizeof(out)),
			words[i].text);
	}
}

/* Sorted as FRR sorts, each once, cut where the room ends. */
static void text_of_a_list(void **state)
{
	uint8_t buf[MAX];
	char out[128];
	struct bytes l = list_of("0600000000000001 030c000000000008 0002fde800002774"
				 "030c000000000008",
				 buf);

	(void)state;
	assert_string_equal(extcoms_format(&l, out, sizeof(out)),
			    "RT:65000:10100 ET:8 MM:1");
	assert_string_equal(extcoms_format(&l, out, 17), "RT:65000:10100 E");
	assert_string_equal(extcoms_format(&l, out, 1), "");
	l.len = 0;
	assert_string_equal(extcoms_format(&l, out, sizeof(out)), "");
}

static void text_of_communities(void **state)
{
	uint8_t buf[MAX];
	char out[64];
	struct bytes l = list_of("fde80001 ffff0006 ffffff01 ffff0007", buf);

	(void)state;
	assert_string_equal(communities_format(&l, out, sizeof(out)),
			    "65000:1 llgr-stale no-export no-llgr");
	assert_string_equal(communities_format(&l, out, 12), "65000:1 llg");
	assert_string_equal(communities_format(&l, out, 1), "");
	l.len = 0;
	assert_string_equal(communities_format(&l, out, sizeof(out)), "");
}

static void answers(void **state)
{
	uint8_t buf[MAX];
	struct extcom rt = rt_make(65000, 10100), other = rt_make(65000, 10101);
	struct mac mac;
	uint32_t seq = 9;
	bool sticky = true;
	struct attrs a = {
		.ext_communities = list_of("0002fde800002774 030c000000000008"
					   "0600010000000005 0603027700000511",
					   buf),
	};
	struct attrs none = { 0 };

	(void)state;
	assert_true(attrs_has_extcom(&a, &rt));
	assert_false(attrs_has_extcom(&a, &other));
	assert_int_equal(attrs_encap(&a), ENCAP_VXLAN);
	assert_true(attrs_macmob(&a, &seq, &sticky));
	assert_int_equal(seq, 5);
	assert_true(sticky);
	assert_true(attrs_router_mac(&a, &mac));
	assert_memory_equal(mac.b, "\x02\x77\x00\x00\x05\x11", 6);

	assert_false(attrs_has_extcom(&none, &rt));
	assert_int_equal(attrs_encap(&none), -ENOENT);
	assert_false(attrs_macmob(&none, &seq, &sticky));
	assert_int_equal(seq, 0);
	assert_false(sticky);
	assert_false(attrs_router_mac(&none, &mac));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(text_of_a_list),
		cmocka_unit_test(text_of_communities),
		cmocka_unit_test(answers),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
