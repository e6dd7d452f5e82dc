#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "fib/rtmsg.h"
#include "fib/state.h"
#include "lib/util.h"
#include "tests/unit/bytes.h"

/*
 * 2001:db8:c0de:1:2000:0:2:b/128 encap ila 2001:db8:100:2 csum-mode neutral-map
 * ident-type luid via 2001:db8:0:1::2 dev 4, as iproute2 writes it (little-endian);
 * ours differs in flags, sequence, protocol and in the metric at its end.
 */
static const char vector[] = "0a80 0000 fe03 0001 00000000"
			     "1400 0100 20010db8c0de0001200000000002000b"
			     "2000 1680 0c00 0100 20010db801000002"
			     "0500 0700 01 000000 0500 0800 01 000000"
			     "0600 1500 0300 0000"
			     "1400 0500 20010db8000000010000000000000002"
			     "0800 0400 04000000";

static struct fib f;

static size_t bytes_of(const char *hex, void *out, size_t size)
{
	size_t n = 0;

	unhex(hex, out, size, &n);
	return n;
}

static int setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	share_init(&f.ila.hops);
	return nl_open(&f.nl, NETLINK_ROUTE);
}

static int teardown(void **state)
{
	(void)state;
	nl_close(&f.nl);
	share_fini(&f.ila.hops);
	return 0;
}

static struct ila_hop hop(const char *locator, uint32_t ifindex, const char *gw,
			  uint16_t weight)
{
	struct ila_hop h = { .ifindex = ifindex, .weight = weight };
	struct ip ip;

	if (locator)
		assert_int_equal(ila64_parse(locator, &h.locator), 0);
	if (gw) {
		assert_int_equal(ip_parse(gw, &ip), 0);
		h.has_gw = 1;
		memcpy(h.gw, ip.b, sizeof(h.gw));
	}
	return h;
}

static struct want_key key(uint8_t table, const char *addr)
{
	struct want_key k = { .vni = table == TABLE_ILA_MAP ? ILA_PLANE_KERNEL : 0,
			      .table = table };

	assert_int_equal(ip_parse(addr, &k.ip), 0);
	return k;
}

static const struct nlmsghdr *sent(void)
{
	return (const void *)f.nl.b.buf;
}

/* What was appended last, and nothing before it. */
static const struct nlmsghdr *put(bool add, const struct want_key *k,
				  const struct want_val *v)
{
	memset(f.nl.b.buf, 0xff, 1024); /* padding must be written */
	f.nl.b.n = 0;
	f.nl.b.len = 0;
	rtmsg_put(&f, &f.nl, NULL, add, k, v);
	assert_int_equal(sent()->nlmsg_len, f.nl.b.len);
	return sent();
}

static struct want_val map_val(const struct ila_hops *h)
{
	return (struct want_val) { .num = ila_hops_get(&f, h),
				   .csum = ILA_CSUM_NEUTRAL,
				   .ident_type = ILA_TYPE_LUID,
				   .to = h->n == 1 ? want_of_half(&h->hop[0].locator)
						   : (struct ip) { 0 } };
}

static void as_iproute2(void **state)
{
	struct want_key k = key(TABLE_ILA_MAP, "2001:db8:c0de:1:2000:0:2:b");
	struct ila_hops h = {
		.n = 1, .hop = { hop("2001:db8:100:2", 4, "2001:db8:0:1::2", 1) }
	};
	struct want_val v = map_val(&h);
	const struct nlmsghdr *m = put(true, &k, &v);
	uint8_t want[128], *got = NLMSG_DATA(m);
	size_t len = bytes_of(vector, want, sizeof(want));

	(void)state;
	assert_int_equal(m->nlmsg_type, RTM_NEWROUTE);
	assert_int_equal(m->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE);
	assert_int_equal(len, 116 - NLMSG_HDRLEN);
	assert_int_equal(m->nlmsg_len, NLMSG_HDRLEN + len + 8);
	assert_int_equal(got[5], INTENT_PROTOCOL);
	got[5] = want[5];
	assert_memory_equal(got, want, len);
	bytes_of("0800 0600 c8000000", want, sizeof(want));
	assert_memory_equal(got + len, want, 8);
}

static void deletes_by_place(void **state)
{
	struct want_key k = key(TABLE_ILA_MAP, "2001:db8:c0de:1:2000:0:2:b");
	struct want_val v = { 0 };
	const struct nlmsghdr *m = put(false, &k, &v);
	struct rtmsg_route r;

	(void)state;
	assert_int_equal(m->nlmsg_type, RTM_DELROUTE);
	assert_int_equal(m->nlmsg_flags, NLM_F_REQUEST);
	assert_int_equal(rtmsg_parse(m, &r), 0);
	assert_int_equal(r.protocol, INTENT_PROTOCOL); /* never another's */
	assert_int_equal(r.table, RT_TABLE_MAIN);
	assert_int_equal(r.metric, METRIC_MAP);
	assert_int_equal(r.n, 0);
}

/* What is written reads back as the same entry. */
static void round_trip(const struct want_key *k, const struct want_val *v)
{
	const struct nlmsghdr *m = put(true, k, v);
	struct rtmsg_route r;
	struct want_key k2;
	struct want_val v2;

	assert_int_equal(rtmsg_parse(m, &r), 0);
	assert_true(rtmsg_entry(&f, &r, &k2, &v2));
	assert_memory_equal(&k2, k, sizeof(*k));
	assert_memory_equal(&v2, v, sizeof(*v));
}

static void every_kind_round_trips(void **state)
{
	struct want_key k = key(TABLE_ILA_MAP, "2001:db8:c0de:1:2000:0:2:b");
	struct ila_hops h = {
		.n = 3,
		.hop = { hop("2001:db8:100:2", 4, "2001:db8:0:1::2", 1),
			 hop("2001:db8:100:3", 4, NULL, 256),
			 hop("2001:db8:100:4", 5, "fe80::1", 7) },
	};
	struct want_val v = map_val(&h);

	(void)state;
	round_trip(&k, &v);
	h.n = 1;
	v = map_val(&h);
	round_trip(&k, &v);
	h.src[0] = 0x20;
	h.src[15] = 1;
	v = map_val(&h);
	round_trip(&k, &v);
	h.n = ILA_LOCATORS;
	for (unsigned i = 0; i < h.n; i++) {
		h.hop[i] = hop("2001:db8:100:0", 70 + i, "fe80::1", 1);
		h.hop[i].locator.b[7] = (uint8_t)i;
	}
	v = map_val(&h);
	round_trip(&k, &v);
	assert_true(sent()->nlmsg_len <= NL_MSG_MAX);
	k = key(TABLE_ILA_LOCAL, "2001:db8:c0de:1:2000:0:2:b");
	v = (struct want_val) { .num = 77 };
	round_trip(&k, &v);
	k = key(TABLE_ILA_DOMAIN, "2001:db8:c0de:1::");
	v = (struct want_val) { .flags = WV_UNREACH };
	round_trip(&k, &v);
}

/* A message of the kernel, put together from hex: rtmsg and attributes. */
static const struct nlmsghdr *dumped(const char *hex)
{
	static _Alignas(8) uint8_t buf[1024];
	struct nlmsghdr *h = (void *)buf;
	size_t len = bytes_of(hex, NLMSG_DATA(h), 512);

	*h = (struct nlmsghdr) { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len),
				 .nlmsg_type = RTM_NEWROUTE };
	return h;
}

#define HEAD                                                                           \
	"0a80 0000 fec9 0001 00000000" /* main, protocol 201, unicast */               \
	"1400 0100 20010db8c0de0001200000000002000b"                                   \
	"0800 0f00 fe000000 0800 0600 c8000000"
#define TAIL                                                                           \
	"0600 1500 0300 0000 1400 0500 20010db8000000010000000000000002"               \
	"0800 0400 04000000"
#define ILA "0500 0700 01000000 0500 0800 01000000 0500 0900 "

static const struct {
	const char *name, *hex;
	bool strange;
} dumps[] = {
	{ "as written, with padding and hook",
	  HEAD "2c00 1680 0400 0600 0c00 0100 20010db801000002" ILA "00000000" TAIL,
	  false },
	{ "hook on input",
	  HEAD "2800 1680 0c00 0100 20010db801000002" ILA "01000000" TAIL, true },
	{ "another encap",
	  HEAD "2800 1680 0c00 0100 20010db801000002" ILA "00000000 0600 1500 0500 0000"
	       "0800 0400 04000000",
	  true },
	{ "no encap", HEAD "0800 0400 04000000", false },
	{ "no locator", HEAD "1c00 1680 " ILA "00000000" TAIL, true },
	{ "short locator", HEAD "2400 1680 0800 0100 20010db8" ILA "00000000" TAIL,
	  true },
};

static void kernel_says(void **state)
{
	struct ila_hops h = {
		.n = 1, .hop = { hop("2001:db8:100:2", 4, "2001:db8:0:1::2", 1) }
	};
	struct want_val plain = map_val(&h);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++) {
		struct rtmsg_route r;
		struct want_key k;
		struct want_val v;

		print_message("# %s\n", dumps[i].name);
		assert_int_equal(rtmsg_parse(dumped(dumps[i].hex), &r), 0);
		assert_true(rtmsg_entry(&f, &r, &k, &v));
		assert_int_equal(k.table, TABLE_ILA_MAP);
		assert_int_equal(!!(v.flags & WV_STRANGE), dumps[i].strange);
		/* only the first is what we would have written */
		assert_int_equal(!memcmp(&v, &plain, sizeof(v)), i == 0);
	}
}

static const struct {
	uint8_t bits;
	uint32_t metric;
	bool is;
} places[] = {
	{ 128, METRIC_MAP, true },      { 128, METRIC_LOCAL, true },
	{ 64, METRIC_UNREACH, true },   { 64, METRIC_MAP, false },
	{ 128, METRIC_UNREACH, false }, { 128, 1024, false },
	{ 127, METRIC_LOCAL, false },
};

static void knows_its_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct rtmsg_route r = { .dst.len = 16,
					 .bits = places[i].bits,
					 .metric = places[i].metric };
		struct want_key k;

		assert_int_equal(rtmsg_key(&r, &k), places[i].is);
	}
}

/* Cut anywhere, no message is read beyond its end. */
static void cut_short(void **state)
{
	struct want_key k = key(TABLE_ILA_MAP, "2001:db8:c0de:1:2000:0:2:b");
	struct ila_hops h = {
		.n = 2,
		.hop = { hop("2001:db8:100:2", 4, "2001:db8:0:1::2", 1),
			 hop("2001:db8:100:3", 4, "2001:db8:0:1::3", 1) },
	};
	struct want_val v = map_val(&h);
	uint32_t len = put(true, &k, &v)->nlmsg_len;

	(void)state;
	for (uint32_t n = NLMSG_HDRLEN; n <= len; n++) {
		struct nlmsghdr *m = malloc(n); /* its end is the heap's */
		struct rtmsg_route r;

		memcpy(m, sent(), n);
		m->nlmsg_len = n;
		(void)rtmsg_parse(m, &r);
		free(m);
	}
	for (size_t i = 0; i < 3000; i++) { /* and lengths that lie */
		struct nlmsghdr *m = malloc(len);
		struct rtmsg_route r;

		memcpy(m, sent(), len);
		((uint8_t *)m)[NLMSG_HDRLEN + (size_t)rand() % (len - NLMSG_HDRLEN)] =
			(uint8_t)rand();
		if (!rtmsg_parse(m, &r))
			assert_true(r.n <= ILA_LOCATORS);
		free(m);
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(as_iproute2), CASE(deletes_by_place), CASE(every_kind_round_trips),
		CASE(kernel_says), CASE(knows_its_places), CASE(cut_short),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
