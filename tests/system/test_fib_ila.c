/*
 * fib and ILA against the real kernel. Without arguments: what any kernel can show,
 * which is how locators are reached, routes to endpoints, and the answer to the
 * question who translates. With `planes`: from one data plane to the other and back, on
 * a kernel that has both.
 */
#include "tests/system/fibtest.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define SIR    "2001:db8:c0de:1"
#define L1     "2001:db8:100:1" /* ours */
#define L2     "2001:db8:100:2"
#define L3     "2001:db8:100:3"
#define ME     SIR ":2000:0:1:a"
#define OTHER  SIR ":2000:0:2:b"
#define THIRD  SIR ":2000:0:2:c"
#define UNDER  "2001:db8:0:1::"
#define ROUTES "ip -6 route show table main proto 201"

static void start(enum ila_plane plane)
{
	sh("ip addr add " UNDER "1/64 dev under0 nodad; ip link set under1 up");
	fib_start();
	engine_start();
	sync_begin();
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL, plane);
	flush();
}

/* A table's entry for an address, as it is now. */
static const struct intent_entry *now(uint32_t table, const char *addr)
{
	ask(table, false);
	return entry_for(table, addr);
}

static bool is_on(const char *addr, const char *dev)
{
	const struct intent_entry *e = now(TABLE_ILA_MAP, addr);

	return e && !strcmp(e->dev, dev);
}

/* ---- any kernel ---- */

static void says_who_translates(void **state)
{
	(void)state;
	start(ILA_PLANE_KERNEL);
	wait_for(ft.ila_states == 1);
	assert_int_equal(ft.ila.plane, ft.ila.kernel_can ? ILA_PLANE_KERNEL : 0);
	assert_int_equal(!ft.ila.kernel_can, ft.ila.err != 0);
	assert_int_equal(!ft.ila.kernel_can, ft.ila.why[0] != 0);
	assert_int_equal(ft.ila.forwarding, 0);
	sh("sysctl -qw net.ipv6.conf.all.forwarding=1");
	wait_for(ft.ila.forwarding == 1);
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL); /* nothing new */
	flush();
	pump(50);
	assert_int_equal(ft.ila_states, 2);
	engine_start(); /* it knows nothing */
	sync_begin();
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL);
	sync_end(INTENT_F_SWEEP);
	wait_for(ft.ila_states == 3);
}

static void local_routes(void **state)
{
	(void)state;
	start(ILA_PLANE_KERNEL);
	sh("ip link add vc1 type veth peer name c1");
	local_set(ME, "vc1", 0);
	local_set(OTHER, "vc2", 0);
	sync_end(INTENT_F_SWEEP);
	wait_for(has(ME " dev vc1 metric 100", ROUTES));
	assert_true(has("unreachable " SIR "::/64 dev lo metric 2147483646", ROUTES));
	assert_true(has(",UP", "ip link show vc1"));
	/* a device that comes late, one that goes, one that comes back */
	wait_for(result_for_ip(OTHER) && result_for_ip(OTHER)->err == -ENODEV);
	sh("ip link add vc2 type veth peer name c2");
	wait_for(has(OTHER " dev vc2 metric 100", ROUTES));
	wait_for(result_for_ip(OTHER)->err == 0);
	assert_true(has(",UP", "ip link show vc2"));
	sh("ip link del vc1");
	wait_for(now(TABLE_ILA_LOCAL, ME)->err == -ENODEV);
	sh("ip link add vc1 type veth peer name c1");
	wait_for(has(ME " dev vc1 metric 100", ROUTES));
	/* taken away by another hand */
	sh("ip -6 route del " ME);
	sh("ip -6 route del unreachable " SIR "::/64");
	wait_for(ft.counters.table[TABLE_ILA_LOCAL].repaired == 1 &&
		 ft.counters.table[TABLE_ILA_DOMAIN].repaired == 1);
	wait_for(has(ME " dev vc1 metric 100", ROUTES));
	assert_true(has("unreachable " SIR "::/64", ROUTES));
	sh("ip -6 route replace " ME " dev vc2 metric 100");
	wait_for(ft.counters.table[TABLE_ILA_LOCAL].repaired == 2);
	wait_for(has(ME " dev vc1 metric 100", ROUTES));
	local_del(ME);
	local_del(OTHER);
	flush();
	wait_for(lines(ROUTES) == 2); /* the unreachable ones */
	sir_del(SIR);
	flush();
	wait_for(lines(ROUTES) == 0);
}

static void container_with_tenant_prefix(void **state)
{
	struct intent_ila_domain d = { .csum = ILA_CSUM_NEUTRAL,
				       .plane = ILA_PLANE_EBPF,
				       .flags = ILA_DOM_VNID };
	struct intent_ila_endpoint e = { .vnid = 1,
					 .flags = ILA_EP_PREFIX,
					 .ifname = "vc1" };
	struct ip ip;

	(void)state;
	start(ILA_PLANE_AUTO);
	sh("ip link add vc1 type veth peer name c1");
	assert_int_equal(ila64_parse(SIR, &d.sir), 0);
	put(INTENT_ILA_DOMAIN_SET, 0, &d, sizeof(d));
	assert_int_equal(ip_parse(SIR ":6000:1:a00:5", &ip), 0);
	memcpy(&e.addr, ip.b, 16);
	assert_int_equal(ip_parse("fd00:1:2:3:4:5::", &ip), 0);
	memcpy(e.prefix, ip.b, 12);
	put(INTENT_ILA_ENDPOINT_SET, 0, &e, sizeof(e));
	sync_end(INTENT_F_SWEEP);
	/* its link alone knows of that */
	wait_for(has(SIR ":6000:1:a00:5 dev vc1 metric 100", ROUTES));
	assert_false(has("fd00:1:2:3:4:5", ROUTES));
	/* a domain with VNIDs takes no endpoint without, nor the reverse */
	local_set(ME, "vc1", 0);
	flush();
	wait_for(result_for_ip(ME) && result_for_ip(ME)->err == -EINVAL);
}

/* An identifier of the host itself is an address that the operator configures. */
static void host_identifier(void **state)
{
	(void)state;
	start(ILA_PLANE_KERNEL);
	local_set(ME, "", ILA_EP_HOST);
	sync_end(INTENT_F_SWEEP);
	wait_for(result_for_ip(ME) && result_for_ip(ME)->err == -EADDRNOTAVAIL);
	sh("ip addr add " ME "/128 dev lo nodad");
	wait_for(result_for_ip(ME)->err == 0);
	assert_false(has(ME, ROUTES));
	sh("ip addr del " ME "/128 dev lo");
	wait_for(result_for_ip(ME)->err == -EADDRNOTAVAIL);
}

/* How a locator is reached decides the mapping; asked once, again on each change. */
static void follows_the_underlay(void **state)
{
	(void)state;
	start(ILA_PLANE_KERNEL);
	sh("ip link add under2 type veth peer name under3; ip link set under2 up;"
	   "ip link set under3 up; ip addr add 2001:db8:0:2::1/64 dev under2 nodad");
	map_set(OTHER, L2, ILA_CSUM_NEUTRAL);
	multi_set(THIRD, ILA_CSUM_NEUTRAL, 2, L2, L3 "*5");
	sync_end(INTENT_F_SWEEP);
	wait_for(now(TABLE_ILA_MAP, OTHER)->err == -EHOSTUNREACH);
	wait_for(result_for_ip(OTHER) && result_for_ip(OTHER)->cookie == 7);
	assert_non_null(strstr(result_for_ip(OTHER)->why, "no route"));
	sh("ip -6 route add " L2 "::/64 via " UNDER "2 dev under0");
	wait_for(is_on(OTHER, "under0"));
	assert_int_equal(result_for_ip(OTHER)->err, 0);
	assert_true(is_on(THIRD, "under0")); /* by the one that is reached */
	sh("ip -6 route replace " L2 "::/64 via 2001:db8:0:2::2 dev under2");
	wait_for(is_on(OTHER, "under2"));
	/* a better route for part of the way, and its end */
	sh("ip -6 route add default via " UNDER "2 dev under0");
	wait_for(is_on(THIRD, "under2") && ft.n_entries == 3);
	sh("ip -6 route del " L2 "::/64");
	wait_for(is_on(OTHER, "under0"));
	sh("ip -6 route add 2001:db8:100::/40 via 2001:db8:0:2::2 dev under2");
	wait_for(is_on(OTHER, "under2"));
	sh("ip link set under2 down");
	wait_for(is_on(OTHER, "under0"));
	sh("ip -6 route del default");
	wait_for(now(TABLE_ILA_MAP, OTHER)->err == -EHOSTUNREACH);
	/* an unreachable route is no way */
	sh("ip -6 route add unreachable default");
	pump(30);
	assert_int_equal(now(TABLE_ILA_MAP, OTHER)->err, -EHOSTUNREACH);
	sh("ip -6 route add " L2 "::/64 dev under0"); /* on link */
	wait_for(is_on(OTHER, "under0"));
}

/* What the host answers to itself is never sent elsewhere. */
static void own_is_never_mapped(void **state)
{
	(void)state;
	start(ILA_PLANE_KERNEL);
	sh("ip -6 route add default via " UNDER "2 dev under0;"
	   "ip link add vc1 type veth peer name c1");
	map_set(OTHER, L2, ILA_CSUM_NEUTRAL);
	map_set(THIRD, L1, ILA_CSUM_NEUTRAL); /* our own locator */
	map_set("2001:db8:c0de:2:2000:0:1:a", L2, ILA_CSUM_NEUTRAL); /* no domain */
	sync_end(INTENT_F_SWEEP);
	wait_for(is_on(OTHER, "under0"));
	wait_for(result_for_ip(THIRD) && result_for_ip(THIRD)->err == -EINVAL);
	wait_for(result_for_ip("2001:db8:c0de:2:2000:0:1:a") &&
		 result_for_ip("2001:db8:c0de:2:2000:0:1:a")->err == -ENOENT);
	assert_null(now(TABLE_ILA_MAP, "2001:db8:c0de:2:2000:0:1:a"));
	sh("ip addr add " OTHER "/128 dev lo nodad");
	wait_for(now(TABLE_ILA_MAP, OTHER)->err == -EADDRINUSE);
	sh("ip addr del " OTHER "/128 dev lo");
	wait_for(now(TABLE_ILA_MAP, OTHER)->err != -EADDRINUSE);
	local_set(OTHER, "vc1", 0); /* the container came here */
	flush();
	wait_for(now(TABLE_ILA_MAP, OTHER)->err == -EADDRINUSE);
	local_del(OTHER);
	flush();
	wait_for(now(TABLE_ILA_MAP, OTHER)->err != -EADDRINUSE);
	sir_set(SIR, L2, ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL); /* renumbered */
	flush();
	wait_for(now(TABLE_ILA_MAP, OTHER)->err == -EINVAL);
	wait_for(now(TABLE_ILA_MAP, THIRD)->err != -EINVAL);
}

static void generations(void **state)
{
	(void)state;
	start(ILA_PLANE_KERNEL);
	sh("ip link add vc1 type veth peer name c1; ip link add vc2 type veth peer "
	   "name "
	   "c2; ip -6 route add default via " UNDER "2 dev under0");
	local_set(ME, "vc1", 0);
	local_set(OTHER, "vc2", 0);
	map_set(THIRD, L2, ILA_CSUM_NEUTRAL);
	multi_set(SIR ":2000:0:2:d", ILA_CSUM_NEUTRAL, 2, L2, L3);
	sync_end(INTENT_F_SWEEP);
	wait_for(lines(ROUTES) == 4);
	fib_kill(); /* and a new one: adopts, and sweeps what nobody wants */
	fib_start();
	engine_start();
	assert_int_equal(ft.hello.kept, 1);
	sync_begin();
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL);
	local_set(ME, "vc1", 0);
	flush();
	pump(300);
	assert_int_equal(lines(ROUTES), 4);
	assert_int_equal(ft.counters.table[TABLE_ILA_LOCAL].ops_ok, 0);
	sync_end(INTENT_F_SWEEP);
	wait_for(lines(ROUTES) == 3);
	assert_true(has(ME " dev vc1", ROUTES));
	/* a new engine of the same fib */
	engine_start();
	sync_begin();
	sync_end(INTENT_F_SWEEP);
	wait_for(lines(ROUTES) == 0);
	ask(TABLES, false);
	assert_int_equal(ft.n_entries, 0);
}

/* Thousands of routes that lead elsewhere. */
static void unrelated_routes(void **state)
{
	(void)state;
	start(ILA_PLANE_KERNEL);
	sh("ip -6 route add default via " UNDER "2 dev under0");
	map_set(OTHER, L2, ILA_CSUM_NEUTRAL);
	sync_end(INTENT_F_SWEEP);
	wait_for(is_on(OTHER, "under0"));
	sh("for i in $(seq 4000); do printf 'route add 2001:db9:%%x::/48 via " UNDER
	   "3 dev under0\\n' $i; done | ip -6 -batch -");
	sh("for i in $(seq 4000); do printf 'route del 2001:db9:%%x::/48\\n' $i; done "
	   "| "
	   "ip -6 -batch -");
	pump(300);
	assert_int_equal(ft.counters.resyncs, 0);
	assert_true(is_on(OTHER, "under0"));
}

/* ---- a kernel that has both planes ---- */

static unsigned in_plane(uint32_t table, uint8_t plane)
{
	unsigned n = 0;

	ask(table, false);
	for (unsigned i = 0; i < ft.n_entries; i++)
		n += ft.entries[i].plane == plane && ft.entries[i].state & ENTRY_SEEN;
	return n;
}

enum { MANY = 500 };

static void many_set(void)
{
	char addr[64];

	for (int i = 1; i <= MANY; i++) {
		snprintf(addr, sizeof(addr), SIR ":2000:0:77:%x", i);
		map_set(addr, i % 2 ? L2 : L3, ILA_CSUM_NEUTRAL);
	}
	multi_set(THIRD, ILA_CSUM_NEUTRAL, 2, L2, L3 "*5");
	local_set(ME, "vc1", 0);
}

/* Everything is in one plane and nothing in the other. */
static bool all_in(uint8_t plane)
{
	uint8_t other = plane == ILA_PLANE_KERNEL ? ILA_PLANE_EBPF : ILA_PLANE_KERNEL;

	return ft.ila.plane == plane && in_plane(TABLE_ILA_MAP, plane) == MANY + 2 &&
	       !in_plane(TABLE_ILA_MAP, other) &&
	       in_plane(TABLE_ILA_DOMAIN, plane) == 1 &&
	       !in_plane(TABLE_ILA_DOMAIN, other) &&
	       in_plane(TABLE_ILA_LOCAL, 0) == 1 &&
	       in_plane(TABLE_ILA_LOCAL, ILA_PLANE_EBPF) == (plane == ILA_PLANE_EBPF);
}

static void plane_start(enum ila_plane plane)
{
	start(plane);
	sh("ip link add vc1 type veth peer name c1;"
	   "ip -6 route add default via " UNDER "2 dev under0");
	many_set();
	sync_end(INTENT_F_SWEEP);
	settle();
}

static void changes_plane(void **state)
{
	(void)state;
	plane_start(ILA_PLANE_AUTO);
	assert_true(ft.ila.kernel_can);
	assert_true(all_in(ILA_PLANE_KERNEL));
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL, ILA_PLANE_EBPF);
	flush();
	wait_for(all_in(ILA_PLANE_EBPF));
	assert_false(has("encap ila", ROUTES));
	/* a mapping that goes and one that comes meanwhile */
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL);
	map_del(SIR ":2000:0:77:1");
	map_set(OTHER, L2, ILA_CSUM_NEUTRAL);
	flush();
	wait_for(all_in(ILA_PLANE_KERNEL));
	assert_true(has(OTHER "  encap ila", ROUTES));
	assert_false(has(SIR ":2000:0:77:1 ", ROUTES));
	assert_int_equal(lines(ROUTES " | grep 'encap ila' | grep -v nexthop"), MANY);
	settle();
	assert_int_equal(ft.counters.table[TABLE_ILA_MAP].repaired, 0);
}

/* An earlier run used the other plane: its entries stay until ours are there. */
static void restarts_in_other_plane(void **state)
{
	(void)state;
	for (uint8_t was = ILA_PLANE_KERNEL; was <= ILA_PLANE_EBPF; was++) {
		uint8_t now_in =
			was == ILA_PLANE_KERNEL ? ILA_PLANE_EBPF : ILA_PLANE_KERNEL;

		if (was == ILA_PLANE_KERNEL)
			plane_start(was);
		assert_true(all_in(was));
		fib_kill();
		fib_start();
		engine_start();
		sync_begin();
		sir_set(SIR, L1, ILA_CSUM_NEUTRAL, now_in);
		many_set();
		flush();
		wait_for(in_plane(TABLE_ILA_MAP, now_in) == MANY + 2);
		assert_int_equal(in_plane(TABLE_ILA_MAP, was), MANY + 2);
		sync_end(INTENT_F_SWEEP);
		wait_for(all_in(now_in));
	}
}

/* The one event that mattered was lost in a storm of others. */
static void lost_events(void **state)
{
	(void)state;
	ft.opts.rcvbuf = 4096;
	start(ILA_PLANE_KERNEL);
	sh("ip link add under2 type veth peer name under3; ip link set under2 up;"
	   "ip link set under3 up; ip addr add 2001:db8:0:2::1/64 dev under2 nodad;"
	   "ip -6 route add " L2 "::/64 via " UNDER "2 dev under0");
	map_set(OTHER, L2, ILA_CSUM_NEUTRAL);
	sync_end(INTENT_F_SWEEP);
	wait_for(is_on(OTHER, "under0"));
	pump(250);

	uint64_t lost = ft.counters.enobufs;

	sh("kill -STOP %d", (int)ft.fib);
	sh("for i in $(seq 500); do printf 'route add 2001:db9:%%x::/48 via " UNDER
	   "3 dev under0\\n' $i; done | ip -6 -batch -");
	sh("ip -6 route replace " L2 "::/64 via 2001:db8:0:2::2 dev under2");
	sh("kill -CONT %d", (int)ft.fib);
	wait_for(is_on(OTHER, "under2"));
	wait_for(ft.counters.enobufs > lost);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, ns_new, ns_end)

int main(int argc, char **argv)
{
	const struct CMUnitTest planes[] = {
		CASE(changes_plane),
		CASE(restarts_in_other_plane),
	};
	const struct CMUnitTest any[] = {
		CASE(says_who_translates),
		CASE(local_routes),
		CASE(container_with_tenant_prefix),
		CASE(host_identifier),
		CASE(follows_the_underlay),
		CASE(own_is_never_mapped),
		CASE(generations),
		CASE(unrelated_routes),
		CASE(lost_events),
	};
	const char *only = getenv("FT_ONLY");

	if (geteuid()) {
		puts("SKIP: not root");
		return 77;
	}
	if (only)
		cmocka_set_test_filter(only);
	if (argc > 1 && !strcmp(argv[1], "planes"))
		return cmocka_run_group_tests(planes, NULL, NULL);
	return cmocka_run_group_tests(any, NULL, NULL);
}
