#include "tests/unit/unit.h"

#include <stdlib.h>

#include "fib/route.h"
#include "fib/state.h"
#include "lib/util.h"

enum { LOCS = 6 };

static const char *const locators[LOCS] = {
	"2001:db8:100:0", "2001:db8:100:1", "2001:db8:100:ffff",
	"2001:db8:101:0", "fd00:0:0:1",     "ffff:ffff:ffff:ffff",
};

static struct fib f;
static struct ila_loc locs[LOCS];

static int setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	memset(locs, 0, sizeof(locs));
	TAILQ_INIT(&f.ila.dirty);
	for (int i = LOCS - 1; i >= 0; i--) { /* not in order */
		assert_int_equal(ila64_parse(locators[i], &locs[i].key.locator), 0);
		HASH_ADD(hh, f.ila.locs, key, sizeof(locs[i].key), &locs[i]);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	HASH_CLEAR(hh, f.ila.locs);
	route_locs_changed(&f);
	return 0;
}

/* One bit for each locator that is to be looked up again; none is afterwards. */
static unsigned touched(void)
{
	unsigned bits = 0;
	struct ila_loc *l;

	while ((l = TAILQ_FIRST(&f.ila.dirty))) {
		TAILQ_REMOVE(&f.ila.dirty, l, q);
		l->dirty = false;
		bits |= 1u << (l - locs);
	}
	return bits;
}

static const struct {
	const char *prefix;
	unsigned bits, touched;
} prefixes[] = {
	{ "::", 0, 0x3f },
	{ "2001:db8::", 32, 0x0f },
	{ "2001:db8:100::", 48, 0x07 },
	{ "2001:db8:100::", 47, 0x0f },
	{ "2001:db8:100::", 63, 0x03 },
	{ "2001:db8:100:1::", 64, 0x02 },
	{ "2001:db8:100:1:2000::", 96, 0x02 }, /* a part of it */
	{ "2001:db8:100:1::1", 128, 0x02 },
	{ "2001:db8:100:2::", 64, 0 },
	{ "2001:db8:100:1::", 65, 0x02 },
	{ "fd00::", 8, 0x10 },
	{ "fc00::", 7, 0x10 },
	{ "8000::", 1, 0x30 },
	{ "ffff:ffff:ffff:ffff::", 64, 0x20 },
	{ "2001:db9::", 32, 0 },
	{ "::1", 128, 0 },
};

static void by_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct ip ip;

		print_message("# %s/%u\n", prefixes[i].prefix, prefixes[i].bits);
		assert_int_equal(ip_parse(prefixes[i].prefix, &ip), 0);
		route_touch(&f, ip.b, prefixes[i].bits);
		route_touch(&f, ip.b, prefixes[i].bits); /* once is enough */
		assert_int_equal(touched(), prefixes[i].touched);
	}
}

/* The binary search against looking at every one. */
static void by_any_prefix(void **state)
{
	(void)state;
	srand(1);
	for (int n = 0; n < 20000; n++) {
		struct prefix p = { .ip.len = 16, .bits = (uint8_t)(rand() % 65) };
		const struct ila64 *near = &locs[rand() % LOCS].key.locator;
		unsigned want = 0;

		memcpy(p.ip.b, near, sizeof(*near));
		p.ip.b[rand() % 8] ^= (uint8_t)(1 << rand() % 8);
		for (unsigned b = p.bits; b < 128; b++)
			p.ip.b[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
		for (int i = 0; i < LOCS; i++) {
			struct ip a = { .len = 16 };

			memcpy(a.b, &locs[i].key.locator, 8);
			want |= prefix_contains(&p, &a) ? 1u << i : 0;
		}
		route_touch(&f, p.ip.b, p.bits);
		assert_int_equal(touched(), want);
	}
}

static void by_device_and_gateway(void **state)
{
	struct ip gw;

	(void)state;
	assert_int_equal(ip_parse("fe80::1", &gw), 0);
	for (int i = 0; i < LOCS; i++) {
		locs[i].hop.ifindex = 1 + (uint32_t)i % 2;
		locs[i].hop.has_gw = i < 3;
		memcpy(locs[i].hop.gw, gw.b, 16);
	}
	locs[5].err = -1; /* no way: any change may bring one */
	route_touch_dev(&f, 1);
	assert_int_equal(touched(), 0x35);
	route_touch_dev(&f, 7);
	assert_int_equal(touched(), 0x20);
	route_touch_gw(&f, 1, &gw);
	assert_int_equal(touched(), 0x05);
	gw.b[15] = 2;
	route_touch_gw(&f, 1, &gw);
	assert_int_equal(touched(), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(by_prefix),
		CASE(by_any_prefix),
		CASE(by_device_and_gateway),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
