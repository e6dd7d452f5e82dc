/*
 * How long 100 000 remote MAC/IP routes take through rib/tenant.h, and what they cost
 * in memory. One line of JSON; no assertion: numbers are compared, not tested.
 * Usage: tenants [routes [vteps]]
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/util.h"
#include "rib/tenant.h"
#include "wire/nlri_evpn.h"

static unsigned long n_intents;

static void on_originate(void *ctx UNUSED, const struct nlri *n UNUSED,
			 const struct attrs *a UNUSED)
{
}

static void on_withdraw(void *ctx UNUSED, const struct nlri *n UNUSED)
{
}

static void on_intent(void *ctx UNUSED, uint16_t type UNUSED, const void *body UNUSED)
{
	n_intents++;
}

static void on_report(void *ctx UNUSED, const struct tenants_report *r UNUSED)
{
}

static void on_event(void *ctx UNUSED)
{
}

static const struct tenants_hooks hooks = {
	.originate = on_originate,
	.withdraw = on_withdraw,
	.intent = on_intent,
	.report = on_report,
	.reimport = on_event,
	.endpoints_changed = on_event,
};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Route i of many: its own MAC and IP, one of the VTEPs. */
static void route_make(unsigned i, unsigned vteps, struct nlri *n, struct ip *nexthop)
{
	unsigned vtep = i % vteps;
	struct evpn_route r = {
		.type = EVPN_MACIP,
		.rd = rd_make_ip(0x0a010000u + vtep, 2),
		.mac = { { 2, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
			   (uint8_t)(i >> 8), (uint8_t)i } },
		.ip = ip4_of(0xac100000u + i),
		.label1 = 100,
	};

	*nexthop = ip4_of(0x0a010000u + vtep);
	evpn_build(&r, n);
}

static double run(struct tenants *t, unsigned n, unsigned vteps, struct attrs *a,
		  bool withdraw)
{
	static struct nlri nlri;
	double start = seconds();

	for (unsigned i = 0; i < n; i++) {
		route_make(i, vteps, &nlri, &a->nexthop);
		tenants_route(t, &nlri, withdraw ? NULL : a, false);
	}
	return seconds() - start;
}

int main(int argc, char **argv)
{
	static const struct tenants_evi_conf evi = { .vni = 100, .tenant = "red" };
	const struct tenants_conf conf = {
		.router_id = 0x0a000001, .as = 65000, .n_evis = 1, .evis = &evi
	};
	unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	unsigned vteps = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
	uint8_t ext[24] = { 0, 2, 0xfd, 0xe8, 0, 0, 0, 100, 3, 0x0c, 0, 0,
			    0, 0, 0,    8,    6, 0, 0, 0,   0, 0,    0, 1 };
	struct attrs a = { .present = 1ull << ATTR_EXT_COMMUNITY,
			   .ext_communities = { ext, 16 } };
	struct tenants *t = tenants_new(&hooks, NULL);
	struct tenants_counters c;
	size_t before;

	if (!n || !vteps || tenants_configure(t, &conf))
		return 2;
	before = mallinfo2().uordblks + mallinfo2().hblkhd;

	double import = run(t, n, vteps, &a, false), again, move, withdraw;
	size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;

	tenants_counters_get(t, &c);
	again = run(t, n, vteps, &a, false);
	a.ext_communities.len = 24;
	move = run(t, n, vteps, &a, false);
	withdraw = run(t, n, vteps, &a, true);
	printf("{\"routes\":%u,\"vteps\":%u,\"import_s\":%.3f,\"repeat_s\":%.3f,"
	       "\"change_s\":%.3f,\"withdraw_s\":%.3f,\"bytes_per_route\":%.1f,"
	       "\"counted_bytes_per_route\":%.1f,\"intents\":%lu}\n",
	       n, vteps, import, again, move, withdraw, (double)(after - before) / n,
	       (double)c.bytes / n, n_intents);
	tenants_free(t);
	return 0;
}
