/*
 * fib against the real kernel: intents in, `bridge fdb` and `ip neigh` out. The
 * stories of other daemons' users (lost, stale, foreign, resurrected entries) are
 * cases here.
 */
#include "tests/system/fibtest.h"

#include <errno.h>
#include <stdlib.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/chan.h"

#define M1 "02:00:00:00:00:01"
#define M2 "02:00:00:00:00:02"
#define M3 "02:00:00:00:00:03"

/* A port that learns: the bridge takes nothing from one that is not forwarding. */
#define READY                                                                          \
	"for i in $(seq 250); do bridge link show dev p1 | grep -q 'state "            \
	"forwarding' "                                                                 \
	"&& break; sleep 0.02; done;"
#define ADD_P1                                                                         \
	"ip link add p1 type veth peer name q1; ip link set q1 addrgenmode none up;"   \
	"ip link set p1 master br-red up;" READY

static const char fdb[] = "bridge -d fdb show dev vx10";
static const char neighs[] = "ip neigh show dev br-red; ip -6 neigh show dev br-red";

/* Tenant red, one MAC+IP and one flood target, all in the kernel. */
static void red(void)
{
	fib_start();
	engine_start();
	sync_begin();
	l2dom(10, "br-red", "10.9.0.1", L2DOM_CREATE | L2DOM_SUPPRESS);
	mac_set(10, M1, "10.9.0.2");
	neigh_set(10, "192.0.2.1", M1);
	neigh_set(10, "2001:db8::1", M1);
	flood_set(10, "10.9.0.2");
	sync_end(INTENT_F_SWEEP);
	settle();
}

static void check_red(void)
{
	assert_true(has(M1 " extern_learn master br-red", fdb));
	assert_true(has(M1 " dst 10.9.0.2 self extern_learn", fdb));
	assert_true(
		has("00:00:00:00:00:00 dst 10.9.0.2 self extern_learn permanent", fdb));
	assert_true(
		has("192.0.2.1 lladdr " M1 " extern_learn NOARP proto 201", neighs));
	assert_true(
		has("2001:db8::1 lladdr " M1 " extern_learn NOARP proto 201", neighs));
}

/* A frame out of a device, as a container's first word: the bridge learns. */
static void frame(const char *dev, const char *mac)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(dev) };
	uint8_t f[60] = {
		2, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0x88, 0xb5
	};
	struct mac m;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_int_equal(mac_parse(mac, &m), 0);
	memcpy(f + 6, m.b, 6);
	assert_int_equal(sendto(fd, f, sizeof(f), 0, (void *)&to, sizeof(to)), 60);
	close(fd);
}

static void creates(void **state)
{
	(void)state;
	red();
	check_red();
	assert_true(has("alias selvage:red", "ip -d link show br-red"));
	assert_true(has("alias selvage:red", "ip -d link show vx10"));
	assert_true(has("vxlan id 10 local 10.9.0.1", "ip -d link show vx10"));
	assert_true(has("dstport 4789", "ip -d link show vx10"));
	assert_true(has("nolearning", "ip -d link show vx10"));
	assert_true(has("learning off", "bridge -d link show dev vx10"));
	assert_true(has("neigh_suppress on", "bridge -d link show dev vx10"));
	assert_true(has(",UP", "ip link show vx10"));
	assert_true(has(",UP", "ip link show br-red"));
	assert_non_null(told_link("vx10"));
	assert_true(told_link("vx10")->flags & LINK_L2DOM_OK);
	assert_true(told_link("vx10")->flags & LINK_OURS);
	assert_int_equal(ft.hello.version, INTENT_VERSION);
	mac_del(10, M1);
	neigh_del(10, "192.0.2.1");
	neigh_del(10, "2001:db8::1");
	flood_del(10, "10.9.0.2");
	settle();
	assert_false(has("extern_learn", fdb));
	assert_false(has("10.9.0.2", fdb));
	assert_false(has("192.0.2.1", "ip neigh show dev br-red nud noarp"));
	assert_int_equal(ft.counters.table[TABLE_NEIGH].wanted, 0);
}

static void moves_and_sticky(void **state)
{
	(void)state;
	red();
	mac_set(10, M1, "10.9.0.3");
	settle();
	assert_true(has(M1 " dst 10.9.0.3 self extern_learn", fdb));
	assert_false(has(M1 " dst 10.9.0.2", fdb));
	mac_set_flags(10, M1, "10.9.0.3", FMAC_STICKY);
	settle();
	assert_true(has(M1 " extern_learn sticky master br-red static", fdb));
	mac_set(10, M1, "10.9.0.3");
	settle();
	assert_false(has("sticky", fdb));
	assert_true(has(M1 " extern_learn master br-red", fdb));
	neigh_set(10, "192.0.2.1", M2);
	settle();
	assert_true(has("192.0.2.1 lladdr " M2, neighs));
	pump(300);
	assert_int_equal(ft.counters.table[TABLE_BRIDGE_FDB].repaired, 0);
	assert_int_equal(ft.counters.table[TABLE_VXLAN_FDB].repaired, 0);
	assert_int_equal(ft.counters.table[TABLE_NEIGH].repaired, 0);
}

/* Deleted behind our back: put back, counted. */
static void repairs(void **state)
{
	(void)state;
	red();
	sh("bridge fdb del " M1 " dev vx10 master");
	sh("bridge fdb del " M1 " dev vx10 self");
	sh("bridge fdb del 00:00:00:00:00:00 dev vx10 dst 10.9.0.2 self");
	sh("ip neigh del 192.0.2.1 dev br-red");
	sh("ip neigh replace 2001:db8::1 lladdr " M3 " dev br-red nud permanent");
	wait_for(ft.counters.table[TABLE_BRIDGE_FDB].repaired == 1 &&
		 ft.counters.table[TABLE_VXLAN_FDB].repaired == 1 &&
		 ft.counters.table[TABLE_FLOOD].repaired == 1 &&
		 ft.counters.table[TABLE_NEIGH].repaired == 2);
	check_red();
	/* replaced by somebody's own entry */
	sh("bridge fdb replace " M1 " dev vx10 dst 10.9.0.77 self");
	wait_for(ft.counters.table[TABLE_VXLAN_FDB].repaired == 2);
	check_red();
	assert_false(has("10.9.0.77", fdb));
}

/* Removed while the events of own writes are in flight: still repaired. */
static void repairs_by_audit(void **state)
{
	(void)state;
	ft.opts.audit_s = 1;
	red();
	pump(1200);
	assert_true(ft.counters.audits > 0 || (pump(1000), ft.counters.audits > 0));
	check_red();
	assert_int_equal(ft.counters.table[TABLE_NEIGH].repaired, 0);
	assert_int_equal(ft.counters.table[TABLE_FLOOD].repaired, 0);
}

static void device_comes_back(void **state)
{
	(void)state;
	red();
	sh("ip link del vx10");
	wait_for(ft.counters.table[TABLE_L2DOM].repaired == 1);
	settle();
	check_red();
	sh("ip link del br-red");
	wait_for(ft.counters.table[TABLE_L2DOM].repaired == 2);
	settle();
	check_red();
	assert_true(has(",UP", "ip link show br-red"));
}

static void bridge_down_up(void **state)
{
	(void)state;
	red();
	sh("ip link set br-red down");
	wait_for(ft.counters.table[TABLE_NEIGH].repaired >= 2);
	check_red();
	sh("ip link set br-red up");
	pump(300);
	check_red();
}

/* A new engine that wants the same: nothing is even rewritten. */
static void engine_restart(void **state)
{
	uint64_t messages;

	(void)state;
	red();
	mac_set(10, M2, "10.9.0.2");
	settle();
	messages = ft.counters.messages;
	engine_start();
	assert_int_equal(ft.hellos, 2);
	assert_int_equal(ft.hello.fib_restarts, 1);
	assert_int_equal(ft.hello.kept, 1);
	sync_begin();
	mac_set(10, M1, "10.9.0.2"); /* any order: the domain comes late */
	neigh_set(10, "192.0.2.1", M1);
	neigh_set(10, "2001:db8::1", M1);
	flood_set(10, "10.9.0.2");
	flush();
	pump(300);
	l2dom(10, "br-red", "10.9.0.1", L2DOM_CREATE | L2DOM_SUPPRESS);
	sync_end(0);
	pump(300);
	assert_int_equal(ft.counters.messages, messages);
	assert_true(has(M2, fdb));
	check_red();
	sync_end(INTENT_F_SWEEP);
	settle();
	assert_false(has(M2, fdb));
	check_red();
	assert_int_equal(ft.counters.messages, messages + 2);
	assert_int_equal(ft.counters.table[TABLE_VXLAN_FDB].swept, 1);
}

static void sweep_by_timer(void **state)
{
	(void)state;
	ft.opts.sweep_s = 1;
	red();
	engine_start();
	sync_begin();
	l2dom(10, "br-red", "10.9.0.1", L2DOM_CREATE | L2DOM_SUPPRESS);
	sync_end(0);
	pump(500);
	check_red();
	wait_for(!has("extern_learn", fdb));
	assert_true(has("alias selvage:red", "ip -d link show vx10"));
}

/* kill -9 of fib: its entries are known by their marks. */
static void fib_restart(void **state)
{
	(void)state;
	red();
	mac_set(10, M2, "10.9.0.2");
	flood_set(10, "10.9.0.3");
	neigh_set(10, "192.0.2.2", M2);
	settle();
	fib_kill();
	check_red();
	fib_start();
	engine_start();
	assert_int_equal(ft.hello.kept, 1);
	sync_begin();
	l2dom(10, "br-red", "10.9.0.1", L2DOM_CREATE | L2DOM_SUPPRESS);
	mac_set(10, M1, "10.9.0.2");
	neigh_set(10, "192.0.2.1", M1);
	neigh_set(10, "2001:db8::1", M1);
	flood_set(10, "10.9.0.2");
	sync_end(0);
	pump(300);
	assert_true(has(M2, fdb));
	assert_true(has("10.9.0.3", fdb));
	assert_int_equal(ft.counters.table[TABLE_VXLAN_FDB].ops_ok, 0);
	sync_end(INTENT_F_SWEEP);
	settle();
	check_red();
	assert_false(has(M2, fdb));
	assert_false(has("10.9.0.3", fdb));
	assert_false(has("192.0.2.2", "ip neigh show dev br-red nud noarp"));
	/* a tenant that is no more */
	fib_kill();
	fib_start();
	engine_start();
	sync_begin();
	sync_end(INTENT_F_SWEEP);
	wait_for(!has("vx10", "ip link") && !has("br-red", "ip link"));
}

/* Ports with lower addresses come and go: no neighbour is flushed for that. */
static void bridge_address_stays(void **state)
{
	(void)state;
	red();
	sh("ip link add p1 address 02:00:00:00:00:ee type veth peer name q1;"
	   "ip link set q1 addrgenmode none up; ip link set p1 master br-red up;");
	pump(300);
	sh("ip link del p1");
	pump(300);
	check_red();
	assert_int_equal(ft.counters.table[TABLE_NEIGH].repaired, 0);
}

/* Devices of others, entries of others. */
static void foreign_untouched(void **state)
{
	(void)state;
	sh("ip link add br-red type bridge; ip link add vxlan10 type vxlan id 10 local "
	   "10.9.0.1 dstport 4789 nolearning; ip link set vxlan10 master br-red;"
	   "ip link set br-red up; ip link set vxlan10 up");
	sh("bridge fdb append 00:00:00:00:00:00 dev vxlan10 dst 10.9.0.9 self");
	sh("bridge fdb add " M3 " dev vxlan10 dst 10.9.0.9 self");
	sh("bridge fdb add " M3 " dev vxlan10 master static");
	sh("ip neigh add 192.0.2.3 lladdr " M3 " dev br-red nud permanent");
	fib_start();
	engine_start();
	sync_begin();
	adopt(true);
	mac_set(10, M1, "10.9.0.2");
	mac_set(10, M3, "10.9.0.2");
	neigh_set(10, "192.0.2.1", M1);
	neigh_set(10, "192.0.2.3", M1);
	flood_set(10, "10.9.0.2");
	flood_set(10, "10.9.0.9");
	sync_end(INTENT_F_SWEEP);
	pump(400);
	assert_true(has(M1 " dst 10.9.0.2 self extern_learn",
			"bridge fdb show dev vxlan10"));
	assert_true(
		has(M3 " dst 10.9.0.9 self permanent", "bridge fdb show dev vxlan10"));
	assert_true(
		has("192.0.2.3 lladdr " M3 " PERMANENT", "ip neigh show dev br-red"));
	assert_true(
		has("00:00:00:00:00:00 dst 10.9.0.2", "bridge fdb show dev vxlan10"));
	assert_non_null(result_for(10));
	assert_int_equal(result_for(10)->err, -EEXIST);
	assert_true(ft.counters.table[TABLE_FLOOD].foreign == 1);
	assert_true(ft.counters.table[TABLE_VXLAN_FDB].foreign == 1);
	assert_int_equal(ft.counters.table[TABLE_VXLAN_FDB].failed, 1);
	/* a restart of fib must not take the other's destination for its own */
	fib_kill();
	fib_start();
	engine_start();
	sync_begin();
	adopt(true);
	sync_end(INTENT_F_SWEEP);
	pump(400);
	assert_true(
		has("00:00:00:00:00:00 dst 10.9.0.9", "bridge fdb show dev vxlan10"));
	assert_true(
		has(M3 " dst 10.9.0.9 self permanent", "bridge fdb show dev vxlan10"));
	assert_true(
		has("192.0.2.3 lladdr " M3 " PERMANENT", "ip neigh show dev br-red"));
	assert_false(has(M1, "bridge fdb show dev vxlan10"));
	assert_false(has("selvage", "ip link show vxlan10"));
}

static void foreign_port_keeps_bridge(void **state)
{
	struct intent_l2dom d = { .vni = 10 };

	(void)state;
	red();
	sh(ADD_P1);
	pump(100);
	put(INTENT_L2DOM_DEL, 0, &d, sizeof(d));
	flush();
	wait_for(!has("vx10", "ip link"));
	pump(200);
	assert_true(has("br-red", "ip link"));
	sh("ip link set p1 nomaster");
	wait_for(!has("br-red", "ip link"));
	assert_true(has("p1", "ip link"));
}

static void mismatch_is_told(void **state)
{
	(void)state;
	sh("ip link add br-red type bridge; ip link add v type vxlan id 10 local "
	   "10.9.0.1 dstport 4790 nolearning; ip link set v master br-red;"
	   "ip link set br-red up; ip link set v up");
	fib_start();
	engine_start();
	sync_begin();
	l2dom(10, "br-red", "10.9.0.1", L2DOM_CREATE);
	mac_set(10, M1, "10.9.0.2");
	sync_end(INTENT_F_SWEEP);
	wait_for(result_for(10) && result_for(10)->err == -EINVAL);
	assert_string_equal(result_for(10)->why, "v has port 4790, wanted 4789");
	assert_false(has(M1, "bridge fdb"));
	sh("ip link del v");
	wait_for(has(M1, "bridge fdb show dev vx10"));
	wait_for(result_for(10)->err == 0);
}

/* In whatever order devices, enslavement and intents appear. */
static void any_order(void **state)
{
	(void)state;
	fib_start();
	engine_start();
	sync_begin();
	adopt(true);
	mac_set(10, M1, "10.9.0.2");
	neigh_set(10, "192.0.2.1", M1);
	flood_set(10, "10.9.0.2");
	sync_end(INTENT_F_SWEEP);
	pump(100);
	sh("ip link add vx10 type vxlan id 10 local 10.9.0.1 dstport 4789 nolearning;"
	   "ip link set vx10 up");
	pump(100);
	assert_false(has(M1, fdb));
	sh("ip link add br-red type bridge; ip link set br-red up");
	sh(ADD_P1);
	frame("q1", M2);
	pump(100);
	assert_false(told_mac(10, M2));
	sh("ip link set vx10 master br-red");
	settle();
	assert_true(has(M1 " extern_learn master br-red", fdb));
	assert_true(has(M1 " dst 10.9.0.2 self extern_learn", fdb));
	assert_true(has("192.0.2.1 lladdr " M1, neighs));
	wait_for(told_mac(10, M2));
	sh("ip link set vx10 nomaster");
	wait_for(!told_mac(10, M2));
	assert_false(has("192.0.2.1 lladdr", "ip neigh show dev br-red nud noarp"));
	sh("ip link set vx10 master br-red");
	settle();
	assert_true(has(M1 " extern_learn master br-red", fdb));
	assert_true(has("192.0.2.1 lladdr " M1, neighs));
	wait_for(told_mac(10, M2));
}

static void local_macs(void **state)
{
	(void)state;
	red();
	sh(ADD_P1 "bridge fdb replace " M2 " dev p1 master dynamic;"
		  "bridge fdb add " M3 " dev p1 master static");
	wait_for(told_mac(10, M2) && told_mac(10, M3));
	assert_int_equal(told_macs(), 2); /* not the port's own address */
	sh("bridge fdb del " M2 " dev p1 master");
	wait_for(!told_mac(10, M2));
	sh("ip neigh add 192.0.2.9 lladdr " M3 " dev br-red nud reachable;"
	   "ip -6 neigh add fe80::9 lladdr " M3 " dev br-red nud stale");
	wait_for(told_ip(10, "192.0.2.9", M3) && told_ip(10, "fe80::9", M3));
	assert_false(told_ip(10, "192.0.2.1", M1)); /* ours */
	sh("ip neigh del 192.0.2.9 dev br-red");
	wait_for(!told_ip(10, "192.0.2.9", M3));
	sh("ip link del p1");
	wait_for(told_macs() == 0);
}

static void many_macs_before_start(void **state)
{
	(void)state;
	sh("ip link add br-red type bridge; ip link set br-red up;"
	   "ip link add vx10 type vxlan id 10 local 10.9.0.1 dstport 4789 nolearning;"
	   "ip link set vx10 master br-red up; " ADD_P1);
	sh("for i in $(seq 5000); do printf 'fdb replace 02:01:00:00:%%02x:%%02x dev "
	   "p1 "
	   "master dynamic\\n' $((i / 256)) $((i %% 256)); done | bridge -b -");
	fib_start();
	engine_start();
	assert_int_equal(told_macs(), 5000);
	engine_start();
	assert_int_equal(told_macs(), 5000);
	sh("ip link set p1 nomaster");
	wait_for(told_macs() == 0);
	assert_int_equal(ft.gones, 5000);
}

/* Events overrun the smallest buffer; exact GONE events all the same. */
static void storm(void **state)
{
	(void)state;
	ft.opts.rcvbuf = 2048;
	red();
	sh(ADD_P1);
	for (int round = 0; round < 3; round++) {
		sh("for i in $(seq 3000); do printf 'fdb replace "
		   "02:01:00:00:%%02x:%%02x "
		   "dev p1 master dynamic\\n' $((i / 256)) $((i %% 256)); done | "
		   "bridge -b -");
		wait_for(told_macs() == 3000);
		sh("bridge fdb flush dev p1 dynamic 2>/dev/null || (ip link set p1 "
		   "nomaster; ip link set p1 master br-red);" READY);
		wait_for(told_macs() == 0);
	}
	assert_true(ft.counters.enobufs > 0);
	assert_true(ft.counters.resyncs > 0);
	check_red();
}

/* Ten thousand entries at once, default buffers, then compared. */
static void bulk(void **state)
{
	struct intent_mac m = { .vni = 10, .dst_vni = 10, .vtep = ip4_of(0x0a090002) };
	struct intent_neigh n = { .vni = 10 };

	(void)state;
	red();
	for (uint32_t i = 0; i < 10000; i++) {
		m.mac = (struct mac) { { 2, 2, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
		put(INTENT_MAC_SET, 0, &m, sizeof(m));
		n.mac = m.mac;
		n.ip = ip4_of(0x0a640000 + i);
		put(INTENT_NEIGH_SET, 0, &n, sizeof(n));
	}
	settle();
	assert_int_equal(lines("bridge fdb show dev vx10 | grep '^02:02.*self'"),
			 10000);
	assert_int_equal(lines("bridge fdb show dev vx10 | grep '^02:02.*master'"),
			 10000);
	assert_int_equal(lines("ip neigh show dev br-red | grep '^10.100.*201'"),
			 10000);
	assert_int_equal(ft.counters.table[TABLE_NEIGH].repaired, 0);
	/* all deleted by somebody at once */
	sh("ip link set br-red down; ip link set br-red up");
	wait_for(ft.counters.table[TABLE_NEIGH].repaired >= 10000);
	settle();
	assert_int_equal(lines("ip neigh show dev br-red | grep '^10.100.*201'"),
			 10000);
	for (uint32_t i = 0; i < 10000; i++) {
		m.mac = (struct mac) { { 2, 2, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
		put(INTENT_MAC_DEL, 0, &m, sizeof(m));
		n.ip = ip4_of(0x0a640000 + i);
		put(INTENT_NEIGH_DEL, 0, &n, sizeof(n));
	}
	settle();
	assert_int_equal(lines("bridge fdb show dev vx10 | grep '^02:02'"), 0);
	check_red();
}

/*
 * Withdraws, updates and local learning of a few MACs, in many random orders. The
 * test answers as an engine does: a MAC that is local is not wanted as remote.
 */
static void random_orders(void **state)
{
	char mac[20];
	bool remote[4] = { false };

	(void)state;
	srandom(7);
	red();
	sh(ADD_P1);
	for (int step = 0; step < 400; step++) {
		int i = (int)(random() % 4), what = (int)(random() % 4);

		snprintf(mac, sizeof(mac), "02:03:00:00:00:%02x", i);
		if (what == 0) {
			mac_set(10, mac, random() % 2 ? "10.9.0.2" : "10.9.0.3");
			remote[i] = true;
		} else if (what == 1) {
			mac_del(10, mac);
			remote[i] = false;
		} else {
			if (what == 2)
				frame("q1", mac);
			else
				sh("bridge fdb del %s dev p1 master 2>/dev/null || "
				   "true",
				   mac);
		}
		chan_flush(ft.c);
		if (random() % 3 == 0)
			pump((int)(random() % 4));
	}
	/* the engine's last word on each */
	flush();
	pump(400);
	for (int i = 0; i < 4; i++) {
		snprintf(mac, sizeof(mac), "02:03:00:00:00:%02x", i);
		/* what is told is what the kernel has */
		assert_int_equal(told_mac(10, mac), has(mac, "bridge fdb show dev p1"));
		assert_int_equal(remote[i], has(mac, "bridge fdb show dev vx10 | "
						     "grep self"));
		if (told_mac(10, mac))
			mac_del(10, mac);
	}
	settle();
	for (int i = 0; i < 4; i++) {
		snprintf(mac, sizeof(mac), "02:03:00:00:00:%02x", i);
		assert_int_equal(has(mac, "bridge fdb show dev vx10 | grep self"),
				 remote[i] && !told_mac(10, mac));
		assert_int_equal(has(mac, "bridge fdb show dev vx10 | grep master"),
				 remote[i] && !told_mac(10, mac));
	}
}

static void local_takes_over(void **state)
{
	(void)state;
	red();
	sh(ADD_P1);
	pump(100);
	frame("q1", M1);
	wait_for(told_mac(10, M1));
	pump(100);
	/* the engine has not answered: nobody fights */
	assert_true(has(M1, "bridge fdb show dev p1"));
	assert_true(has(M1 " dst 10.9.0.2 self", fdb));
	mac_set(10, M1, "10.9.0.2"); /* it insists */
	settle();
	wait_for(!told_mac(10, M1));
	check_red();
	frame("q1", M1);
	wait_for(told_mac(10, M1));
	mac_del(10, M1); /* it yields */
	settle();
	assert_false(has(M1, fdb));
	assert_true(has(M1, "bridge fdb show dev p1"));
	/* a static one is never overwritten */
	sh("bridge fdb del " M1 " dev p1 master; bridge fdb add " M1
	   " dev p1 master static");
	wait_for(
		told_static(10, M1)); /* or it would be for the engine to think again */
	mac_set(10, M1, "10.9.0.2");
	flush();
	wait_for(result_for(10) && result_for(10)->err == -EEXIST);
	assert_true(has(M1 " master br-red static", "bridge fdb show dev p1"));
	sh("bridge fdb del " M1 " dev p1 master");
	settle();
	check_red();
	wait_for(result_for(10)->err == 0);
}

static void refuses(void **state)
{
	struct intent_endpoint e = { .vni = 10, .ifname = "lo" };

	(void)state;
	ft.opts.vni_min = 10;
	ft.opts.vni_max = 20;
	ft.opts.allow_dev = "[bv]*";
	red();
	mac_set(30, M1, "10.9.0.2");
	flush();
	wait_for(result_for(30) && result_for(30)->err == -EPERM);
	l2dom(11, "x1", "10.9.0.1", L2DOM_CREATE);
	flush();
	wait_for(result_for(11) && result_for(11)->err == -EPERM);
	put(INTENT_ENDPOINT_SET, 0, &e, sizeof(e));
	flush();
	wait_for(result_for(10) && result_for(10)->err == -EPERM);
	assert_false(has(" x1:", "ip link"));
	/* a device that nobody allowed is not adopted */
	sh("ip link add x2 type bridge; ip link add vx12 type vxlan id 12 local "
	   "10.9.0.1 "
	   "dstport 4789 nolearning; ip link set vx12 master x2; ip link set x2 up;"
	   "ip link set vx12 up");
	adopt(true);
	mac_set(12, M1, "10.9.0.2");
	flush();
	pump(300);
	assert_false(has(M1, "bridge fdb show dev vx12"));
}

static void query(void **state)
{
	struct intent_query q = { .id = 5, .table = TABLES };
	unsigned seen = 0;

	(void)state;
	red();
	mac_set(99, M2, "10.9.0.2"); /* no such device */
	ft.n_entries = ft.query_ends = 0;
	put(INTENT_QUERY, 0, &q, sizeof(q));
	flush();
	wait_for(ft.query_ends == 1);
	for (unsigned i = 0; i < ft.n_entries; i++) {
		assert_int_equal(ft.entries[i].id, 5);
		if (ft.entries[i].vni == 10)
			seen += ft.entries[i].state == (ENTRY_WANTED | ENTRY_SEEN);
	}
	assert_int_equal(seen, 6); /* domain, two FDBs, two neighbours, flood */
	ft.n_entries = 0;
	q.diff_only = 1;
	put(INTENT_QUERY, 0, &q, sizeof(q));
	flush();
	wait_for(ft.query_ends == 2);
	assert_int_equal(ft.n_entries, 2);
	assert_int_equal(ft.entries[0].vni, 99);
	assert_int_equal(ft.entries[0].state, ENTRY_WANTED);
}

static void endpoint(void **state)
{
	struct intent_endpoint e = { .vni = 10, .ifname = "p1" };

	(void)state;
	red();
	put(INTENT_ENDPOINT_SET, 0, &e, sizeof(e));
	flush();
	pump(100);
	sh("ip link add p1 type veth peer name q1");
	wait_for(has("master br-red", "ip link show p1"));
	assert_true(has("UP", "ip link show p1"));
}

static void bridge_of_ipv6_vteps(void **state)
{
	(void)state;
	sh("ip addr add 2001:db8:9::1/64 dev under0 nodad");
	fib_start();
	engine_start();
	sync_begin();
	l2dom(10, "br-red", "2001:db8:9::1", L2DOM_CREATE);
	mac_set(10, M1, "2001:db8:9::2");
	flood_set(10, "2001:db8:9::2");
	sync_end(INTENT_F_SWEEP);
	settle();
	assert_true(has(M1 " dst 2001:db8:9::2 self extern_learn", fdb));
	assert_true(has("00:00:00:00:00:00 dst 2001:db8:9::2 self", fdb));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, ns_new, ns_end)
	const struct CMUnitTest t[] = {
		CASE(creates),
		CASE(moves_and_sticky),
		CASE(repairs),
		CASE(repairs_by_audit),
		CASE(device_comes_back),
		CASE(bridge_down_up),
		CASE(bridge_address_stays),
		CASE(engine_restart),
		CASE(sweep_by_timer),
		CASE(fib_restart),
		CASE(foreign_untouched),
		CASE(foreign_port_keeps_bridge),
		CASE(mismatch_is_told),
		CASE(any_order),
		CASE(local_macs),
		CASE(many_macs_before_start),
		CASE(storm),
		CASE(bulk),
		CASE(random_orders),
		CASE(local_takes_over),
		CASE(refuses),
		CASE(query),
		CASE(endpoint),
		CASE(bridge_of_ipv6_vteps),
	};
	const char *only = getenv("FT_ONLY");

	if (geteuid()) {
		puts("SKIP: not root");
		return 77;
	}
	if (only)
		cmocka_set_test_filter(only);
	return cmocka_run_group_tests(t, NULL, NULL);
}
