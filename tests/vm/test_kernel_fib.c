/*
 * fib against a kernel that has ILA: domains, mappings and endpoints in as intents;
 * routes by ip, encapsulations and the translation table by ila.py (ILA_PY) out. Each
 * case has a network namespace of its own.
 */
#include "tests/system/fibtest.h"

#include <stdlib.h>
#include <unistd.h>

#define SIR "2001:db8:c0de:1"
#define L1  "2001:db8:100:1" /* ours */
#define L2  "2001:db8:100:2"
#define L3  "2001:db8:100:3"
#define C1  SIR ":2000:0:1:a" /* here */
#define C2  SIR ":2000:0:2:b"
#define G2  "2001:db8:0:1::2" /* gateways */
#define G3  "2001:db8:0:1::3"

static const char xlat[] = "python3 -IS $ILA_PY xlat";
static const char encaps[] = "python3 -IS $ILA_PY routes";
static const char routes[] = "ip -6 route show table main";

/* ---- intents ---- */

static void domain(void)
{
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL);
}

static void map(const char *addr, const char *locator)
{
	map_set(addr, locator, ILA_CSUM_NEUTRAL);
}

/* ---- the kernel ---- */

/* Host with an underlay (under0) and a container's device (v1). */
static int host_new(void **state)
{
	if (ns_new(state))
		return -1;
	sh("sysctl -qw net.ipv6.conf.all.forwarding=1;"
	   "ip link set under1 up; ip link add v1 type veth peer name w1;"
	   "ip link set v1 up; ip link set w1 up;"
	   "ip addr add 2001:db8:0:1::1/64 dev under0 nodad;"
	   "ip -6 route add " L2 "::/64 via " G2 ";"
	   "ip -6 route add " L3 "::/64 via " G3);
	return 0;
}

/* One domain, one mapping, one endpoint. */
static void begin(void)
{
	fib_start();
	engine_start();
	sync_begin();
	domain();
	map(C2, L2);
	local_set(C1, "v1", 0);
	sync_end(INTENT_F_SWEEP);
}

/* ... all in the kernel. */
static void start(void)
{
	begin();
	settle();
}

/* The route to a mapped address by locator and gateway, "-" for on link. */
static bool leads(const char *addr, const char *locator, const char *gw)
{
	char want[200];
	const char *line = out("python3 -IS $ILA_PY routes | grep '^%s/128 '", addr);

	snprintf(want, sizeof(want), "%s/128 %s:: neutral-map luid output unicast 201 ",
		 addr, locator);
	if (strncmp(line, want, strlen(want)))
		return false;
	snprintf(want, sizeof(want), " 254 %s under0 1\n", gw);
	return strlen(line) > strlen(want) &&
	       !strcmp(line + strlen(line) - strlen(want), want);
}

static bool translates(const char *mode)
{
	char want[100];

	snprintf(want, sizeof(want), L1 ":: " SIR ":: %s luid 0\n", mode);
	return !strcmp(out("%s", xlat), want);
}

static void check_all(void)
{
	assert_true(translates("neutral-map"));
	assert_true(leads(C2, L2, G2));
	assert_true(has(C1 " dev v1 proto 201", routes));
	assert_true(has("unreachable " SIR "::/64 dev lo proto 201", routes));
}

static uint64_t repaired(void)
{
	uint64_t n = 0;

	for (int t = TABLE_ILA_DOMAIN; t <= TABLE_ILA_LOCAL; t++)
		n += ft.counters.table[t].repaired;
	return n;
}

/* The watcher listens: it tells of a route that comes and goes until it does. */
static void watcher_says(const char *prefix)
{
	sh("for i in $(seq 200); do ip -6 route add unreachable %s;"
	   " ip -6 route del unreachable %s; grep -q %s /tmp/ila-watch && break;"
	   " sleep 0.1; done",
	   prefix, prefix, prefix);
}

/* What the kernel says of routes from now on, until watched() is asked. The watcher
 * must not hold our end of the channel. */
static void watch(void)
{
	sh("(for fd in 3 4 5 6 7 8 9; do eval \"exec $fd>&-\"; done;"
	   " exec ip -6 monitor route) >/tmp/ila-watch & echo $! >/tmp/ila-watch.pid");
	watcher_says("2001:db8:ffff::/64");
}

/* How many lines match, all of which are shown if that is not what was expected. */
static void watched(const char *pattern, unsigned expected)
{
	unsigned n;

	watcher_says("2001:db8:fffe::/64"); /* all before it is told */
	sh("kill $(cat /tmp/ila-watch.pid)");
	n = lines("grep -E '%s' /tmp/ila-watch", pattern);
	if (n != expected)
		print_message("%s", out("cat /tmp/ila-watch"));
	assert_int_equal(n, expected);
}

/* ---- cases ---- */

static void comes_and_goes(void **state)
{
	(void)state;
	start();
	check_all();
	assert_int_equal(ft.ila.plane, ILA_PLANE_KERNEL);
	assert_int_equal(ft.ila.err, 0);
	assert_true(ft.ila.kernel_can);
	assert_true(ft.ila.forwarding);
	assert_int_equal(ft.ila_states, 1);
	assert_int_equal(repaired(), 0);
	map_del(C2);
	local_del(C1);
	settle();
	assert_int_equal(lines(encaps), 0);
	assert_false(has(C1, routes));
	assert_true(translates("neutral-map"));
	sir_del(SIR);
	settle();
	assert_int_equal(lines(xlat), 0);
	assert_false(has("201", routes));
	assert_int_equal(ft.counters.table[TABLE_ILA_MAP].wanted, 0);
}

static void moves(void **state)
{
	(void)state;
	start();
	watch();
	map(C2, L3);
	settle();
	assert_true(leads(C2, L3, G3));
	/* One step: at no time is there no route. */
	watched("Deleted " C2, 0);
	assert_int_equal(lines("%s | grep " C2, encaps), 1);
	assert_int_equal(repaired(), 0);
}

/* The way to the locator comes late, changes, goes and comes again. */
static void underlay_changes(void **state)
{
	(void)state;
	sh("ip -6 route del " L2 "::/64");
	begin();
	wait_for(translates("neutral-map"));
	assert_int_equal(lines(encaps), 0);
	sh("ip -6 route add " L2 "::/64 via " G2);
	wait_for(leads(C2, L2, G2));
	sh("ip -6 route replace " L2 "::/64 via " G3);
	wait_for(leads(C2, L2, G3));
	sh("ip -6 route replace " L2 "::/64 via fe80::77 dev under0");
	wait_for(leads(C2, L2, "fe80::77"));
	sh("ip -6 route replace " L2 "::/64 dev under0");
	wait_for(leads(C2, L2, "-"));
	sh("ip -6 route replace " L2 "::/64 via fe80::77 dev under0");
	wait_for(leads(C2, L2, "fe80::77"));
	sh("ip -6 route del " L2 "::/64");
	wait_for(!lines(encaps));
	sh("ip -6 route add default via " G3);
	wait_for(leads(C2, L2, G3));
	assert_int_equal(repaired(), 0);
}

static void underlay_down_up(void **state)
{
	(void)state;
	start();
	sh("ip link set under0 down");
	wait_for(!lines(encaps));
	sh("ip link set under0 up; ip addr replace 2001:db8:0:1::1/64 dev under0 nodad;"
	   "ip -6 route replace " L2 "::/64 via " G2);
	wait_for(leads(C2, L2, G2));
	sh("ip link del under0; ip link add under0 type veth peer name under1;"
	   "ip link set under1 up; ip link set under0 up;"
	   "ip addr add 2001:db8:0:1::1/64 dev under0 nodad;"
	   "ip -6 route add " L2 "::/64 via " G2);
	wait_for(leads(C2, L2, G2));
	settle();
}

static void container_comes_late(void **state)
{
	(void)state;
	sh("ip link del v1");
	begin();
	wait_for(leads(C2, L2, G2));
	assert_false(has(C1, routes));
	sh("ip link add v1 type veth peer name w1; ip link set w1 up");
	wait_for(has(C1 " dev v1 proto 201", routes));
	sh("ip link del v1");
	pump(100);
	sh("ip link add v1 type veth peer name w1; ip link set w1 up");
	wait_for(has(C1 " dev v1 proto 201", routes));
	settle();
}

/* Changed behind our back: as it was, and counted. */
static void repairs(void **state)
{
	(void)state;
	ft.opts.audit_s = 1;
	start();
	sh("ip -6 route del " C2);
	wait_for(repaired() == 1);
	check_all();
	sh("ip -6 route del " C1);
	wait_for(repaired() == 2);
	sh("ip -6 route del unreachable " SIR "::/64");
	wait_for(repaired() == 3);
	check_all();
	sh("ip -6 route replace $(ip -6 route show " C2
	   " | sed 's/neutral-map/no-action/"
	   "; s/" L2 "/" L3 "/')");
	wait_for(repaired() == 4);
	check_all();
	/* The table has no events: the audit sees it. */
	sh("ip ila del loc_match " L1);
	wait_for(repaired() == 5);
	sh("ip ila del loc_match " L1 "; ip ila add loc_match " L1 " loc " SIR
	   " csum-mode no-action ident-type luid");
	wait_for(repaired() == 6);
	check_all();
	settle();
}

/* What others have made stays. */
static void foreign(void **state)
{
	(void)state;
	sh("ip ila add loc_match 2001:db8:7:7 loc 2001:db8:c0de:7 csum-mode no-action;"
	   "ip -6 route add " SIR ":2000:0:9:9/128 encap ila " L2
	   " csum-mode no-action ident-type luid via " G2 " dev under0 metric 4000;"
	   "ip -6 route add " C1 "/128 dev v1 metric 4000");
	start();
	assert_int_equal(lines(xlat), 2);
	assert_int_equal(lines(encaps), 2);
	sir_del(SIR);
	map_del(C2);
	local_del(C1);
	settle();
	assert_int_equal(lines(xlat), 1);
	assert_int_equal(lines(encaps), 1);
	assert_true(has(C1 " dev v1 metric 4000", routes));
	assert_false(has("proto 201", routes));
}

/* A new engine confirms two things and says nothing of a third. */
static void engine_restart(void **state)
{
	(void)state;
	start();
	map(SIR ":2000:0:2:c", L3);
	settle();
	watch();
	engine_start();
	sync_begin();
	domain();
	map(C2, L2);
	local_set(C1, "v1", 0);
	sync_end(INTENT_F_SWEEP);
	settle();
	check_all();
	assert_int_equal(lines(encaps), 1);
	watched("2001:db8:c0de", 1); /* the third */
}

static void fib_restart(void **state)
{
	(void)state;
	start();
	map(SIR ":2000:0:2:c", L3);
	multi_set(SIR ":2000:0:2:d", ILA_CSUM_NEUTRAL, 2, L2 "*1", L3 "*3");
	settle();
	fib_kill();
	check_all();
	watch();
	fib_start();
	engine_start();
	assert_int_equal(ft.hello.kept, 1);
	sync_begin();
	domain();
	map(C2, L2);
	multi_set(SIR ":2000:0:2:d", ILA_CSUM_NEUTRAL, 2, L2 "*1", L3 "*3");
	local_set(C1, "v1", 0);
	sync_end(INTENT_F_SWEEP);
	settle();
	check_all();
	assert_int_equal(lines(encaps), 3);
	watched("2001:db8:c0de", 1);
	assert_int_equal(repaired(), 0);
}

/* Left by an earlier run and no longer wanted at all. */
static void fib_restart_empty(void **state)
{
	(void)state;
	start();
	fib_kill();
	fib_start();
	engine_start();
	sync_begin();
	sync_end(INTENT_F_SWEEP);
	settle();
	assert_int_equal(lines(xlat), 0);
	assert_int_equal(lines(encaps), 0);
	assert_false(has("proto 201", routes));
}

/* Settings of the domain that live in the table. */
static void domain_changes(void **state)
{
	(void)state;
	start();
	sir_set(SIR, L1, ILA_CSUM_NEUTRAL_AUTO, ILA_PLANE_KERNEL);
	settle();
	assert_true(translates("neutral-map-auto"));
	sir_set(SIR, "2001:db8:100:9", ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL);
	settle();
	assert_int_equal(lines(xlat), 1);
	assert_true(has("2001:db8:100:9:: " SIR ":: neutral-map luid 0", xlat));
	assert_true(leads(C2, L2, G2));
	sir_set("2001:db8:c0de:2", L1, ILA_CSUM_NEUTRAL, ILA_PLANE_KERNEL);
	settle();
	assert_int_equal(lines(xlat), 2);
}

static void several_locators(void **state)
{
	(void)state;
	start();
	multi_set(C2, ILA_CSUM_NEUTRAL, 2, L2 "*2", L3 "*5");
	settle();
	assert_int_equal(
		lines("%s | grep '^" C2 "/128 " L2 ":: .* " G2 " under0 2$'", encaps),
		1);
	assert_int_equal(
		lines("%s | grep '^" C2 "/128 " L3 ":: .* " G3 " under0 5$'", encaps),
		1);
	multi_set(C2, ILA_CSUM_NEUTRAL, 2, L2 "*9", L3 "*5");
	settle();
	assert_int_equal(lines("%s | grep ' under0 9$'", encaps), 1);
	assert_int_equal(lines(encaps), 2);
	/* One of them cannot be reached: all goes to the other. */
	sh("ip -6 route del " L3 "::/64");
	wait_for(leads(C2, L2, G2));
	sh("ip -6 route add " L3 "::/64 via " G3);
	wait_for(lines(encaps) == 2);
	map(C2, L3);
	settle();
	assert_true(leads(C2, L3, G3));
	assert_int_equal(repaired(), 0);
}

/* Many mappings follow a gateway, and all go with their domain. */
static void many(void **state)
{
	enum { N = 3000 };
	char addr[64];

	(void)state;
	start();
	for (int i = 1; i < N; i++) {
		snprintf(addr, sizeof(addr), SIR ":2000:0:77:%x", i);
		map(addr, i % 2 ? L2 : L3);
	}
	flush();
	settle();
	assert_int_equal(lines("ip -6 route show proto 201 | grep -c 'via " G2 "' | "
			       "grep '^%d$'",
			       N / 2 + 1),
			 1);
	sh("ip -6 route replace " L2 "::/64 via " G3);
	wait_for(!has(" via " G2, "ip -6 route show proto 201"));
	settle();
	assert_int_equal(lines("ip -6 route show proto 201 | grep 'encap ila'"), N);
	/* Somebody flushes everything. */
	sh("ip -6 route flush proto 201 || true"); /* in a race with fib */
	wait_for(lines("ip -6 route show proto 201 | grep 'encap ila'") == N);
	settle();
	map_del(C2);
	for (int i = 1; i < N; i++) {
		snprintf(addr, sizeof(addr), SIR ":2000:0:77:%x", i);
		map_del(addr);
	}
	settle();
	assert_int_equal(lines(encaps), 0);
}

/* The host itself has an identifier: its packets leave with it as their source. */
static void host_identifier(void **state)
{
	(void)state;
	start();
	local_set(SIR ":2000:0:1:99", "", ILA_EP_HOST);
	sh("ip addr add " SIR ":2000:0:1:99/128 dev lo");
	wait_for(has("src " SIR ":2000:0:1:99", "ip -6 route show " C2));
	settle();
	local_del(SIR ":2000:0:1:99");
	flush();
	wait_for(!has("src", "ip -6 route show " C2));
	assert_true(leads(C2, L2, G2));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, host_new, ns_end)
	const struct CMUnitTest t[] = {
		CASE(comes_and_goes),
		CASE(moves),
		CASE(underlay_changes),
		CASE(underlay_down_up),
		CASE(container_comes_late),
		CASE(repairs),
		CASE(foreign),
		CASE(engine_restart),
		CASE(fib_restart),
		CASE(fib_restart_empty),
		CASE(domain_changes),
		CASE(several_locators),
		CASE(many),
		CASE(host_identifier),
	};
	const char *only = getenv("FT_ONLY");

	if (geteuid() || !getenv("ILA_PY")) {
		puts("SKIP: run by tests/vm/kernel-fib");
		return 77;
	}
	if (only)
		cmocka_set_test_filter(only);
	return cmocka_run_group_tests(t, NULL, NULL);
}
