/* The PMSI Tunnel attribute: forms that are seen, and what is refused. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/wbuf.h"
#include "tests/unit/bytes.h"
#include "wire/attrs.h"
#include "wire/pmsi.h"

static const struct {
	const char *name, *hex, *vtep;
	int want;
	bool ingress;
} cases[] = {
	{ "FRR's", "00 06 002774 0a4d000b", "10.77.0.11", 0, true },
	{ "IPv6", "00 06 002774 20010db8000000000000000000000001", "2001:db8::1", 0,
	  true },
	{ "no tunnel", "00 00 002774", "none", 0, false },
	{ "PIM-SSM", "00 03 002774 0a4d000be8000001", "none", 0, false },
	{ "leaf information", "01 06 002774 0a4d000b", "10.77.0.11", 0, true },
	{ "no id", "00 06 002774", NULL, -EBADMSG, false },
	{ "id of 5", "00 06 002774 0a4d000b00", NULL, -EBADMSG, false },
	{ "cut", "00 06 0027", NULL, -EBADMSG, false },
	{ "empty", "", NULL, -EBADMSG, false },
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t in[64];
		size_t n = 0;
		struct pmsi p;
		struct ip vtep;
		uint32_t label = 0;
		char text[ADDR_STR];

		print_message("# %s\n", cases[i].name);
		unhex(cases[i].hex, in, sizeof(in), &n);
		struct attrs a = { .pmsi = { in, n } };

		assert_int_equal(pmsi_decode(rbuf_of(in, n), &p), cases[i].want);
		assert_int_equal(attrs_pmsi_ingress(&a, &vtep, &label),
				 cases[i].ingress);
		if (cases[i].ingress)
			assert_int_equal(label, 10100);
		if (cases[i].want)
			continue;
		assert_string_equal(ip_format(&p.vtep, text), cases[i].vtep);
		if (!cases[i].ingress)
			continue;
		uint8_t out[64];
		struct wbuf w = wbuf_of(out, sizeof(out));

		pmsi_encode(&w, &p);
		assert_int_equal(w.len, n);
		assert_memory_equal(out, in, n);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(decodes) };
	return cmocka_run_group_tests(t, NULL, NULL);
}
