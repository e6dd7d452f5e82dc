#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/bytes.h"
#include "wire/tunnel.h"

/* type 8 (VXLAN); RFC 9012 section 3.1: reserved, family, address */
#define VXLAN     "0008 "
#define END4      "06 0a 00000000 0001 0a000001 "
#define END6      "06 16 00000000 0002 20010db8000000000000000000000001 "
#define END_NONE  "06 06 00000000 0000 "
#define COLOR     "04 08 030b000000000064 "
#define LONG_SUB  "80 0003 010203 "
#define ENCAP_SUB "01 02 abcd "

static const struct {
	const char *name, *hex, *want; /* addresses by blanks; "-" none; "!" error */
} cases[] = {
	{ "nothing", "", "" },
	{ "a tunnel without sub-TLVs", VXLAN "0000", "" },
	{ "an IPv4 endpoint", VXLAN "000c" END4, "10.0.0.1 " },
	{ "an IPv6 endpoint", VXLAN "0018" END6, "2001:db8::1 " },
	{ "the next hop itself", VXLAN "0008" END_NONE, "- " },
	{ "behind others", VXLAN "0020" COLOR LONG_SUB ENCAP_SUB END4, "10.0.0.1 " },
	{ "two in two tunnels", VXLAN "000c" END4 VXLAN "000c" END4,
	  "10.0.0.1 10.0.0.1 " },
	{ "two in one tunnel", VXLAN "0024" END4 END6, "10.0.0.1 2001:db8::1 " },
	{ "an empty tunnel first", VXLAN "0000" VXLAN "000c" END4, "10.0.0.1 " },
	{ "tunnel longer than the value", VXLAN "000d" END4, "!" },
	{ "sub-TLV longer than the tunnel", VXLAN "0004" COLOR, "!" },
	{ "half a sub-TLV", VXLAN "0001 80", "!" },
	{ "half a tunnel", "0008 00", "!" },
	{ "IPv4 endpoint of 16 bytes",
	  VXLAN "0018 06 16 00000000 0001 20010db8000000000000000000000001", "!" },
	{ "another family", VXLAN "000c 06 0a 00000000 0019 0a000001", "!" },
	{ "endpoint without a family", VXLAN "0006 06 04 00000000", "!" },
};

static void finds_endpoints(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t in[128];
		char got[256] = "", text[ADDR_STR];
		size_t n = 0;
		struct tunnel_walk w;
		struct ip a;
		int rc;

		unhex(cases[i].hex, in, sizeof(in), &n);
		w = tunnel_walk_of((struct bytes) { in, n });
		while ((rc = tunnel_endpoint_next(&w, &a)) > 0) {
			strcat(got, a.len ? ip_format(&a, text) : "-");
			strcat(got, " ");
		}
		print_message("# %s\n", cases[i].name);
		if (rc)
			assert_int_equal(rc, -EBADMSG);
		assert_string_equal(rc ? "!" : got, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(finds_endpoints) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
