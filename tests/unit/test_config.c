/* The configuration: read, printed, edited, refused; see test_config_random.c too. */
#include "tests/unit/config_help.h"

#include <stdlib.h>

#include "bgpd/config_edit.h"
#include "lib/log.h"
#include "tests/unit/rand.h"
#include "tests/unit/temp.h"
#include "wire/role.h"

/* The example of the design, what this version has of it. */
static const char full[] = "hostname host1\n"
			   "log stderr informational\n"
			   "router bgp 65000\n"
			   " bgp router-id 192.168.50.11\n"
			   " bgp cluster-id 10.0.0.1\n"
			   " bgp listen range 10.0.0.0/16 peer-group hosts\n"
			   " neighbor hosts peer-group\n"
			   " neighbor hosts remote-as internal\n"
			   " neighbor 192.168.50.1 remote-as 65000\n"
			   " neighbor 192.168.50.1 password SECRET word\n"
			   " neighbor 192.168.50.1 ttl-security hops 1\n"
			   " neighbor 192.168.50.1 timers 3 9\n"
			   " neighbor 192.168.50.1 timers connect 7\n"
			   " neighbor 192.168.50.1 description to the spine\n"
			   " neighbor 192.168.50.1 shutdown message back at noon\n"
			   " neighbor 192.168.50.1 passive\n"
			   " neighbor 192.168.50.1 update-source eth0\n"
			   " address-family l2vpn evpn\n"
			   "  neighbor 192.168.50.1 activate\n"
			   "  neighbor hosts route-reflector-client\n"
			   "  neighbor hosts maximum-prefix 1000 80 warning-only\n"
			   "  advertise-all-vni\n"
			   "  vni 148\n"
			   "   rd 192.168.50.11:148\n"
			   "   route-target both 65000:148\n"
			   "   route-target import 65000:149\n"
			   "  exit-vni\n"
			   " address-family ipv4 rt-constraint\n"
			   "  neighbor hosts activate\n"
			   "  neighbor hosts route-reflector-client\n"
			   "  neighbor 192.168.50.1 maximum-prefix 500\n"
			   " address-family ila unicast\n"
			   "  neighbor hosts activate\n"
			   "  neighbor hosts next-hop-16\n"
			   " address-family ipv6\n"
			   "  neighbor 192.168.50.1 activate\n"
			   "  neighbor 192.168.50.1 addpath-tx-all-paths\n"
			   "tenant red\n"
			   " vni 148\n"
			   " bridge br-red\n"
			   " encapsulation vxlan port 4790 gbp\n"
			   " local-vtep 192.168.50.11\n"
			   " underlay interface eth0\n"
			   " dataplane kernel\n"
			   " vni-encoding mpls-shifted\n"
			   "tenant blue\n"
			   " vni 149\n"
			   " dataplane ebpf\n";

static const char full_printed[] =
	"hostname host1\n"
	"log stderr informational\n"
	"!\n"
	"router bgp 65000\n"
	" bgp router-id 192.168.50.11\n"
	" bgp cluster-id 10.0.0.1\n"
	" neighbor hosts peer-group\n"
	" neighbor hosts remote-as internal\n"
	" neighbor 192.168.50.1 remote-as 65000\n"
	" neighbor 192.168.50.1 description to the spine\n"
	" neighbor 192.168.50.1 shutdown message back at noon\n"
	" neighbor 192.168.50.1 password SECRET word\n"
	" neighbor 192.168.50.1 ttl-security hops 1\n"
	" neighbor 192.168.50.1 update-source eth0\n"
	" neighbor 192.168.50.1 passive\n"
	" neighbor 192.168.50.1 timers 3 9\n"
	" neighbor 192.168.50.1 timers connect 7\n"
	" bgp listen range 10.0.0.0/16 peer-group hosts\n"
	" !\n"
	" address-family l2vpn evpn\n"
	"  neighbor hosts route-reflector-client\n"
	"  neighbor hosts maximum-prefix 1000 80 warning-only\n"
	"  neighbor 192.168.50.1 activate\n"
	"  advertise-all-vni\n"
	"  vni 148\n"
	"   rd 192.168.50.11:148\n"
	"   route-target import 65000:148\n"
	"   route-target import 65000:149\n"
	"   route-target export 65000:148\n"
	"  exit-vni\n"
	" exit-address-family\n"
	" !\n"
	" address-family ipv6 unicast\n"
	"  neighbor 192.168.50.1 activate\n"
	"  neighbor 192.168.50.1 addpath-tx-all-paths\n"
	" exit-address-family\n"
	" !\n"
	" address-family ila unicast\n"
	"  neighbor hosts activate\n"
	"  neighbor hosts next-hop-16\n"
	" exit-address-family\n"
	" !\n"
	" address-family ipv4 rt-constraint\n"
	"  neighbor hosts activate\n"
	"  neighbor hosts route-reflector-client\n"
	"  neighbor 192.168.50.1 maximum-prefix 500\n"
	" exit-address-family\n"
	"exit\n"
	"!\n"
	"tenant red\n"
	" vni 148\n"
	" bridge br-red\n"
	" encapsulation vxlan port 4790 gbp\n"
	" local-vtep 192.168.50.11\n"
	" underlay interface eth0\n"
	" vni-encoding mpls-shifted\n"
	"exit\n"
	"!\n"
	"tenant blue\n"
	" vni 149\n"
	" bridge br149\n"
	" dataplane ebpf\n"
	"exit\n"
	"!\n";

/* As FRR 8.4 and its documentation write it. */
static const char frr_stanza[] = "frr version 8.4.4\n"
				 "frr defaults traditional\n"
				 "hostname leaf\n"
				 "log syslog informational\n"
				 "log file /var/log/frr.log debugging\n"
				 "no ip forwarding\n"
				 "no ipv6 forwarding\n"
				 "service integrated-vtysh-config\n"
				 "!\n"
				 "router bgp 65001\n"
				 " bgp router-id 10.0.0.1\n"
				 " bgp log-neighbor-changes\n"
				 " no bgp ebgp-requires-policy\n"
				 " no bgp default ipv4-unicast\n"
				 " no bgp network import-check\n"
				 " bgp bestpath as-path multipath-relax\n"
				 " coalesce-time 1000\n"
				 " neighbor FABRIC peer-group\n"
				 " neighbor FABRIC remote-as external\n"
				 " neighbor FABRIC timers 1 3\n"
				 " neighbor FABRIC capability extended-nexthop\n"
				 " neighbor FABRIC ebgp-multihop\n"
				 " neighbor 10.0.0.254 peer-group FABRIC\n"
				 " neighbor 2001:db8::1 peer-group FABRIC\n"
				 " !\n"
				 " address-family ipv4 unicast\n"
				 "  network 10.0.0.1/32\n"
				 "  redistribute connected\n"
				 "  neighbor FABRIC activate\n"
				 "  neighbor FABRIC route-map X in\n"
				 "  maximum-paths 4\n"
				 " exit-address-family\n"
				 " !\n"
				 " address-family l2vpn evpn\n"
				 "  neighbor FABRIC activate\n"
				 "  neighbor FABRIC allowas-in 1\n"
				 "  neighbor FABRIC soft-reconfiguration inbound\n"
				 "  advertise-all-vni\n"
				 "  dup-addr-detection max-moves 10 time 60\n"
				 "  dup-addr-detection freeze permanent\n"
				 "  vni 100\n"
				 "   rd 10.0.0.1:100\n"
				 "   route-target import 65000:100\n"
				 "   route-target export 65000:100\n"
				 "  exit-vni\n"
				 " exit-address-family\n"
				 "exit\n"
				 "!\n"
				 "line vty\n"
				 " exec-timeout 0 0\n"
				 "!\n"
				 "end\n";

static void prints_the_example(void **state)
{
	struct config *c = must_parse(full), *d;
	char *s = print(c);

	(void)state;
	assert_string_equal(s, full_printed);
	d = must_parse(s);
	assert_true(config_equal(c, d));
	free(s);
	config_free(c);
	config_free(d);
}

static void reads_frr(void **state)
{
	struct config *c = must_parse(frr_stanza);
	struct cfg_nbr r, *n;
	struct ip ip;

	(void)state;
	assert_int_equal(c->as, 65001);
	assert_true(c->no_ebgp_policy_check);
	assert_false(c->default_ipv4);
	assert_int_equal(c->dad_moves, 10);
	assert_true(c->dad_freeze_s == UINT32_MAX);
	assert_string_equal(c->log_file, "/var/log/frr.log");
	ip_parse("2001:db8::1", &ip);
	n = config_nbr_find(c, &ip);
	assert_non_null(n);
	config_nbr_resolve(c, n, &r);
	assert_int_equal(r.as_kind, CFG_AS_EXTERNAL);
	assert_int_equal(r.hold_s, 3);
	assert_int_equal(r.connect_s, 120);
	assert_int_equal(r.multihop, 255);
	assert_int_equal(r.port, 179);
	assert_int_equal(r.af[FAM_EVPN].allowas_in, 1);
	assert_true(r.af[FAM_EVPN].activate);
	config_free(c);
}

#define BGP    "router bgp 65000\n"
#define NBR    BGP " neighbor 10.0.0.1 remote-as 65000\n"
#define EVPN   NBR " address-family l2vpn evpn\n"
#define ILA_AF NBR " address-family ila unicast\n"

static const struct {
	const char *text, *err;
} bad[] = {
	{ "foo\n", "t:1:1: `foo` is unknown here" },
	{ "\n!\n# x\n  router bgp x\n",
	  "t:4:14: `x` is unknown here, expected ASN, vrf or end of line" },
	{ "router bgp 0",
	  "t:1:12: `0` is unknown here, expected ASN, vrf or end of line" },
	{ "router bgp 4294967296",
	  "t:1:12: `4294967296` is unknown here, expected ASN, vrf or end of line" },
	{ "router bgp", "t:1:1: the line ends too early, expected ASN" },
	{ BGP "router bgp 65001", "t:2:12: BGP is already running; AS is 65000" },
	{ "router bgp 1 vrf red", "t:1:14: `vrf` is not supported by this version" },
	{ BGP " bgp router-id", "t:2:15: the line ends too early, expected A.B.C.D" },
	{ BGP " bgp router-id 10.0.0.256\n",
	  "t:2:16: `10.0.0.256` is unknown here, expected A.B.C.D" },
	{ BGP " bgp router-id 0.0.0.0\n", "t:2:16: 0.0.0.0, expected another number" },
	{ BGP " neighbor 10.0.0.1 description x",
	  "t:2:11: there is no neighbor 10.0.0.1, expected `neighbor 10.0.0.1 "
	  "remote-as` or `peer-group` first" },
	{ BGP " neighbor hosts passive",
	  "t:2:11: there is no peer-group hosts, expected `neighbor hosts peer-group` "
	  "first" },
	{ BGP " neighbor 224.0.0.1 remote-as 1", "t:2:11: expected a unicast address" },
	{ BGP " neighbor 10.0.0.1 peer-group g",
	  "t:2:1: neighbor 10.0.0.1: there is no peer-group g" },
	{ BGP " neighbor g peer-group\n neighbor 10.0.0.1 peer-group g",
	  "t:3:1: neighbor 10.0.0.1 has no remote-as, expected `neighbor 10.0.0.1 "
	  "remote-as` or a peer-group that has one" },
	{ BGP " bgp listen range 10.0.0.0/8 peer-group g",
	  "t:2:1: bgp listen range: there is no peer-group g" },
	{ BGP " neighbor g peer-group\n bgp listen range 10.0.0.0/8 peer-group g",
	  "t:3:1: bgp listen range: peer-group g has no remote-as, expected `neighbor "
	  "g "
	  "remote-as`" },
	{ NBR " neighbor 10.0.0.1 timers 3 2",
	  "t:3:29: hold time 2, expected 0 or at least 3" },
	{ NBR " neighbor 10.0.0.1 ttl-security hops 255",
	  "t:3:38: `255` is unknown here, expected (1-254)" },
	{ NBR
	  " neighbor 10.0.0.1 ttl-security hops 1\n neighbor 10.0.0.1 ebgp-multihop",
	  "t:2:1: neighbor 10.0.0.1: ttl-security and ebgp-multihop exclude each "
	  "other" },
	{ NBR " neighbor 10.0.0.1 password "
	      "1234567890123456789012345678901234567890"
	      "12345678901234567890123456789012345678901",
	  "t:3:29: too long, expected at most 80 characters" },
	{ NBR " neighbor 10.0.0.1 description a\x01",
	  "t:3:33: control character 0x01, expected text" },
	{ EVPN "  neighbor 10.0.0.1 activat\n  foo", "t:5:3: `foo` is unknown here" },
	{ EVPN "  neighbor 10.0.0.1 foo", "t:4:21: `foo` is unknown here" },
	{ BGP " neighbor 10.0.0.1 remote-as 1\n address-family l2vpn evpn\n"
	      "  neighbor 10.0.0.1 route-reflector-client",
	  "t:2:1: neighbor 10.0.0.1: only an internal neighbor can be a "
	  "route-reflector-client" },
	{ BGP " neighbor 10.0.0.1 remote-as internal\n"
	      " neighbor 10.0.0.1 local-role peer",
	  "t:2:1: neighbor 10.0.0.1: only towards an external neighbor there is a "
	  "local-role" },
	{ BGP " neighbor g peer-group\n neighbor g local-role customer\n"
	      " neighbor 10.0.0.1 peer-group g\n neighbor 10.0.0.1 remote-as 65000",
	  "t:4:1: neighbor 10.0.0.1: only towards an external neighbor there is a "
	  "local-role" },
	{ EVPN "  vni 0", "t:4:7: `0` is unknown here, expected VNI" },
	{ EVPN "  vni 16777216", "t:4:7: `16777216` is unknown here, expected VNI" },
	{ EVPN "  vni 1\n   rd 65000", "t:5:7: `65000` is unknown here, expected RD" },
	{ EVPN "  vni 1\n   no route-target import 1:1",
	  "t:5:27: there is no such route-target" },
	{ EVPN "  neighbor 10.0.0.1 labels believe",
	  "t:4:28: `believe` is unknown here, expected accept, pass, strip or permit" },
	{ EVPN "  neighbor 10.0.0.1 labels permit L",
	  "t:2:1: neighbor 10.0.0.1: there is no label-list L" },
	{ "label-list L permit a=1\n" ILA_AF "  neighbor 10.0.0.1 tenant permit L",
	  "t:3:1: neighbor 10.0.0.1: there is no tenant-list L" },
	{ "label-list L permit a=1\nlabel-list L permit a=1,b",
	  "t:2:21: expected key=value" },
	{ "label-list L permit a=1,=2",
	  "t:1:21: a key has 1 to 317 of A-Z a-z 0-9 . _ / : -" },
	{ "label-list L permit reserved:x=*",
	  "t:1:21: keys of reserved: are not given by hand" },
	{ "label-list L permit a=*b",
	  "t:1:21: a value has at most 63 of A-Z a-z 0-9 . _ / : -" },
	{ "label-list L permit a=1\nno label-list L permit a=2",
	  "t:2:24: there is no such rule" },
	{ "no label-list L", "t:1:15: there is no such list" },
	{ "tenant-list L permit vni 7 to 6", "t:1:31: expected at least 7" },
	{ "tenant-list L permit vni 7\nno tenant-list L permit vni 7 to 8",
	  "t:2:1: there is no such rule" },
	{ "tenant-list L permit rt 7", "t:1:25: `7` is unknown here, expected RT" },
	{ "identity\n attribute 8",
	  "t:2:12: attribute 8 is another one, expected a code that is not in use" },
	{ "identity\n domain 0",
	  "t:2:9: `0` is unknown here, expected (1-4294967295)" },
	{ EVPN "  no neighbor 10.0.0.1 origin-check vtep 10.1.0.0/16",
	  "t:4:42: is not a VTEP of 10.0.0.1" },
	{ EVPN "  neighbor 10.0.0.1 origin-check locator 2001:db8:1::/64",
	  "t:4:34: `locator` is unknown here, expected rd, vtep or end of line" },
	{ ILA_AF "  neighbor 10.0.0.1 origin-check vtep 10.1.0.0/16",
	  "t:4:34: `vtep` is unknown here, expected locator or end of line" },
	{ ILA_AF "  neighbor 10.0.0.1 origin-check locator 10.1.0.0/16",
	  "t:4:42: expected an IPv6 prefix of at most 64 bits" },
	{ ILA_AF "  neighbor 10.0.0.1 origin-check locator 2001:db8:1::/65",
	  "t:4:42: expected an IPv6 prefix of at most 64 bits" },
	{ ILA_AF "  no neighbor 10.0.0.1 origin-check locator 2001:db8:1::/64",
	  "t:4:45: is not a locator of 10.0.0.1" },
	{ EVPN "  neighbor 10.0.0.1 origin-check vtep x",
	  "t:4:39: `x` is unknown here, expected IP or PREFIX" },
	{ EVPN "  neighbor 10.0.0.1 origin-check vtep 10.1.0.1\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.2\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.3\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.4\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.5\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.6\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.7\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.8\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.8/32\n"
	       "  neighbor 10.0.0.1 origin-check vtep 10.1.0.9\n",
	  "t:13:39: expected at most 8 prefixes" },
	{ BGP " address-family ipv4 rt-constraint\n  advertise-all-vni",
	  "t:3:3: `advertise-all-vni` is unknown here, expected exit-address-family, "
	  "no "
	  "or neighbor" },
	{ BGP " neighbor eth0 interface remote-as external",
	  "t:2:16: `interface` is not supported by this version" },
	{ BGP " address-family ipv6 unicast\n  neighbor 10.0.0.1 next-hop-16",
	  "t:3:21: `next-hop-16` is unknown here" },
	{ "tenant a\n bridge 1234567890123456",
	  "t:2:9: `1234567890123456` is unknown here, expected IFNAME" },
	{ "tenant 12345678901234567890123456789012",
	  "t:1:8: too long, expected at most 31 characters" },
	{ "tenant a\n local-vtep 239.0.0.1", "t:2:13: expected a unicast address" },
	{ "tenant a\n vni 5\ntenant b\n vni 5\n",
	  "t:3:1: tenants a and b have one vni, 5" },
	{ "tenant a\n bridge x\ntenant b\n vni 5\n bridge x\n",
	  "t:3:1: tenants a and b have one bridge, x" },
	{ "tenant a\n vni 5\n bridge vx5\n",
	  "t:1:1: tenant a: the bridge has the name of its VXLAN device" },
	{ "tenant a\n vni 5\n bridge vx6\ntenant b\n vni 6\n",
	  "t:4:1: tenants a and b: a bridge has the name of a VXLAN device" },
	{ "tenant a\n vni 5\ntenant b\n vni 6\n encapsulation vxlan gbp\n",
	  "t:3:1: tenants a and b share udp port 4789, but only one has gbp" },
	{ "no tenant a", "t:1:11: there is no such tenant" },
	{ "no router bgp 5", "t:1:15: there is no BGP with this AS" },
};

static void refuses_with_position(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char err[512] = "";
		struct config *c =
			config_parse_text("t", bad[i].text, err, sizeof(err));

		assert_null(c);
		assert_string_equal(err, bad[i].err);
	}
}

/* Lines, and what is left of them in `router bgp` or below. */
static const struct {
	const char *text, *want;
} edits[] = {
	{ NBR " no neighbor 10.0.0.1", "" },
	{ NBR " no neighbor 10.0.0.1 remote-as 65000", "" },
	{ NBR " neighbor 10.0.0.1 password x\n no neighbor 10.0.0.1 password",
	  " neighbor 10.0.0.1 remote-as 65000\n" },
	{ NBR " no neighbor 10.0.0.1 passive", " neighbor 10.0.0.1 remote-as 65000\n" },
	{ BGP " neighbor g peer-group\n neighbor g remote-as 1\n"
	      " neighbor 10.0.0.1 peer-group g\n no neighbor 10.0.0.1 passive",
	  " neighbor g peer-group\n neighbor g remote-as 1\n"
	  " neighbor 10.0.0.1 peer-group g\n no neighbor 10.0.0.1 passive\n" },
	{ BGP " neighbor g peer-group\n neighbor g remote-as 1\n"
	      " neighbor 10.0.0.1 peer-group g\n no neighbor 10.0.0.1 passive\n"
	      " neighbor 10.0.0.1 remote-as 2\n no neighbor 10.0.0.1 peer-group g",
	  " neighbor g peer-group\n neighbor g remote-as 1\n"
	  " neighbor 10.0.0.1 remote-as 2\n" },
	{ BGP " neighbor g peer-group\n neighbor g remote-as 1\n"
	      " neighbor 10.0.0.1 peer-group g\n"
	      " bgp listen range 10.1.2.3/8 peer-group g\n no neighbor g peer-group",
	  "" },
	{ BGP " bgp router-id 1.2.3.4\n no bgp router-id", "" },
	{ BGP " timers bgp 5 15\n no timers bgp", "" },
	{ BGP " bgp graceful-restart restart-time 7\n"
	      " no bgp graceful-restart restart-time",
	  "" },
	{ BGP " bgp graceful-restart\n bgp graceful-restart preserve-fw-state",
	  " bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n" },
	{ BGP " bgp graceful-restart\n bgp graceful-restart-disable\n"
	      " no bgp graceful-restart",
	  " bgp graceful-restart-disable\n" },
	{ BGP " bgp graceful-restart-disable\n no bgp graceful-restart-disable", "" },
	{ BGP " bgp graceful-restart notification\n bgp hard-administrative-reset\n"
	      " bgp graceful-restart rib-stale-time 60",
	  "" },
	{ BGP " no bgp graceful-restart notification\n"
	      " no bgp hard-administrative-reset",
	  " no bgp graceful-restart notification\n"
	  " no bgp hard-administrative-reset\n" },
	{ BGP " bgp long-lived-graceful-restart stale-time 16777215\n"
	      " bgp long-lived-graceful-restart partial-deployment",
	  " bgp long-lived-graceful-restart stale-time 16777215\n"
	  " bgp long-lived-graceful-restart partial-deployment\n" },
	{ BGP " bgp long-lived-graceful-restart stale-time 5\n"
	      " no bgp long-lived-graceful-restart stale-time",
	  "" },
	{ BGP " bgp shutdown message see you", " bgp shutdown message see you\n" },
	{ BGP " bgp shutdown message see you\n bgp shutdown", " bgp shutdown\n" },
	{ BGP " bgp shutdown\n no bgp shutdown", "" },
	{ BGP " neighbor 10.0.0.1 remote-as 2\n neighbor 10.0.0.1 graceful-restart\n"
	      " neighbor 10.0.0.1 graceful-restart-disable\n"
	      " no neighbor 10.0.0.1 graceful-restart",
	  " neighbor 10.0.0.1 remote-as 2\n"
	  " neighbor 10.0.0.1 graceful-restart-disable\n" },
	{ BGP " neighbor 10.0.0.1 remote-as 2\n"
	      " neighbor 10.0.0.1 graceful-restart-helper\n"
	      " no neighbor 10.0.0.1 graceful-restart-helper",
	  " neighbor 10.0.0.1 remote-as 2\n" },
	{ "frr defaults datacenter\n" BGP, "" },
	{ "router bgp 7\n bgp router-id 1.1.1.1\nno router bgp\n" BGP, "" },
	{ BGP " address-family l2vpn evpn\n  vni 5\n   no rd\n  no vni 5\n"
	      "  bgp router-id 1.1.1.1\n",
	  " bgp router-id 1.1.1.1\n" },
};

static void edits_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		struct config *c = must_parse(edits[i].text);
		char *s = print(c), *body = strstr(s, "router bgp 65000\n");

		print_message("# %zu\n", i);
		assert_non_null(body);
		body += strlen("router bgp 65000\n");
		*strstr(body, " !\n address-family") = '\0';
		assert_string_equal(body, edits[i].want);
		free(s);
		config_free(c);
	}
}

static void groups_and_defaults(void **state)
{
	struct config *c = must_parse(
		"frr defaults datacenter\n" BGP " neighbor g peer-group\n"
		" neighbor g remote-as internal\n neighbor g passive\n"
		" neighbor g password x\n neighbor g update-source lo\n"
		" neighbor 10.0.0.1 peer-group g\n no neighbor 10.0.0.1 passive\n"
		" neighbor 10.0.0.1 timers 10 30\n");
	struct cfg_nbr r, dynamic = *config_group_find(c, "g");

	(void)state;
	assert_true(c->no_ebgp_policy_check);
	config_nbr_resolve(c, TAILQ_FIRST(&c->nbrs), &r);
	assert_int_equal(r.remote_as, 65000);
	assert_false(r.passive);
	assert_string_equal(r.password, "x");
	assert_string_equal(r.source_if, "lo");
	assert_int_equal(r.hold_s, 30);
	assert_int_equal(r.connect_s, 10);
	ip_parse("10.9.9.9", &dynamic.addr);
	config_nbr_resolve(c, &dynamic, &r);
	assert_true(r.passive);
	assert_int_equal(r.hold_s, 9);
	assert_int_equal(r.remote_as, 65000);
	config_free(c);
}

/* Lines of origin-check, and the lines of it that are printed. */
static const struct {
	const char *text, *want;
	const char *family; /* NULL: l2vpn evpn */
} checks[] = {
	{ " neighbor 10.0.0.1 origin-check\n", "  neighbor 10.0.0.1 origin-check\n",
	  "ila unicast" },
	{ " neighbor 10.0.0.1 origin-check locator 2001:db8:2::/64\n"
	  " neighbor 10.0.0.1 origin-check locator 2001:db8:1::7/48\n"
	  " neighbor 10.0.0.1 origin-check locator 2001:db8:3::/64\n"
	  " no neighbor 10.0.0.1 origin-check locator 2001:db8:2::/64\n",
	  "  neighbor 10.0.0.1 origin-check\n"
	  "  neighbor 10.0.0.1 origin-check locator 2001:db8:1::/48\n"
	  "  neighbor 10.0.0.1 origin-check locator 2001:db8:3::/64\n",
	  "ila unicast" },
	{ " neighbor 10.0.0.1 origin-check locator 2001:db8:1::/64\n"
	  " neighbor 10.0.0.1 origin-check next-hop fd00::9\n",
	  "  neighbor 10.0.0.1 origin-check\n"
	  "  neighbor 10.0.0.1 origin-check next-hop fd00::9/128\n"
	  "  neighbor 10.0.0.1 origin-check locator 2001:db8:1::/64\n",
	  "ipv6 unicast" },
	{ " neighbor 10.0.0.1 origin-check\n", "  neighbor 10.0.0.1 origin-check\n" },
	{ " neighbor 10.0.0.1 origin-check vtep 10.1.2.3/16\n", /* switches it on */
	  "  neighbor 10.0.0.1 origin-check\n"
	  "  neighbor 10.0.0.1 origin-check vtep 10.1.0.0/16\n" },
	{ " neighbor 10.0.0.1 origin-check vtep 10.1.0.9\n"
	  " neighbor 10.0.0.1 origin-check vtep 2001:db8::9\n"
	  " neighbor 10.0.0.1 origin-check vtep 10.1.0.9/32\n" /* twice is once */
	  " neighbor 10.0.0.1 origin-check rd as-number\n",
	  "  neighbor 10.0.0.1 origin-check\n"
	  "  neighbor 10.0.0.1 origin-check rd as-number\n"
	  "  neighbor 10.0.0.1 origin-check vtep 10.1.0.9/32\n"
	  "  neighbor 10.0.0.1 origin-check vtep 2001:db8::9/128\n" },
	{ " neighbor 10.0.0.1 origin-check vtep 10.1.0.9\n"
	  " neighbor 10.0.0.1 origin-check vtep 10.1.0.8\n"
	  " neighbor 10.0.0.1 origin-check rd as-number\n"
	  " no neighbor 10.0.0.1 origin-check vtep 10.1.0.9/32\n"
	  " no neighbor 10.0.0.1 origin-check rd as-number\n",
	  "  neighbor 10.0.0.1 origin-check\n"
	  "  neighbor 10.0.0.1 origin-check vtep 10.1.0.8/32\n" },
	{ " neighbor 10.0.0.1 origin-check vtep 10.1.0.9\n"
	  " no neighbor 10.0.0.1 origin-check\n",
	  "" },
	{ " no neighbor 10.0.0.1 origin-check rd as-number\n", "" },
	{ " neighbor g origin-check vtep 10.1.0.0/16\n"
	  " no neighbor 10.0.0.2 origin-check\n",
	  "  neighbor g origin-check\n"
	  "  neighbor g origin-check vtep 10.1.0.0/16\n"
	  "  no neighbor 10.0.0.2 origin-check\n" },
};

#define ORIGIN                                                                         \
	NBR " neighbor g peer-group\n neighbor g remote-as internal\n"                 \
	    " neighbor 10.0.0.2 peer-group g\n neighbor 10.0.0.3 peer-group g\n"

static void edits_origin_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		char text[1024], head[64], *s, *body;
		struct config *c;

		print_message("# %zu\n", i);
		snprintf(head, sizeof(head), " address-family %s\n",
			 checks[i].family ? checks[i].family : "l2vpn evpn");
		snprintf(text, sizeof(text), ORIGIN "%s%s", head, checks[i].text);
		c = must_parse(text);
		s = print(c);
		body = strstr(s, head) + strlen(head);
		*strstr(body, " exit-address-family") = '\0';
		assert_string_equal(body, checks[i].want);
		free(s);
		config_free(c);
	}
}

/* It is one setting: what a neighbor has of it replaces all of its group's. */
static void inherits_origin_check(void **state)
{
	struct config *c =
		must_parse(ORIGIN " address-family l2vpn evpn\n"
				  " neighbor g origin-check vtep 10.1.0.0/16\n"
				  " neighbor g origin-check rd as-number\n"
				  " neighbor 10.0.0.2 origin-check vtep 10.2.0.9\n"
				  " address-family ipv6 unicast\n"
				  " neighbor g origin-check locator 2001:db8::/32\n"
				  " neighbor 10.0.0.2 origin-check\n");
	const struct cfg_nbr *own = TAILQ_NEXT(TAILQ_FIRST(&c->nbrs), link);
	const struct claim_rule *r;
	struct cfg_nbr n;

	(void)state;
	config_nbr_resolve(c, TAILQ_FIRST(&c->nbrs), &n);
	assert_false(n.af[FAM_EVPN].origin.on);
	config_nbr_resolve(c, own, &n);
	r = &n.af[FAM_EVPN].origin;
	assert_true(r->on && !r->rd_as && r->n_vteps == 1);
	assert_int_equal(r->vteps[0].ip.b[1], 2);
	r = &n.af[FAM_IP6].origin;
	assert_true(r->on && !r->n_locators);
	assert_false(n.af[FAM_ILA].origin.on);
	config_nbr_resolve(c, TAILQ_NEXT(own, link), &n);
	r = &n.af[FAM_EVPN].origin;
	assert_true(r->on && r->rd_as && r->n_vteps == 1);
	assert_int_equal(r->vteps[0].ip.b[1], 1);
	r = &n.af[FAM_IP6].origin;
	assert_true(r->on && r->n_locators == 1 && r->locators[0].bits == 32);
	config_free(c);
}

/* Cut, doubled, swapped and damaged lines: refused, or read and printed alike. */
static void survives_damage(void **state)
{
	unsigned good = 0;

	(void)state;
	log_level_set(LOG_LVL_ERR);
	for (uint64_t i = 0; i < 2000; i++) {
		const char *from = i % 2 ? full : frr_stanza;
		size_t len = strlen(from);
		char *text = xcalloc(1, len + 1), err[512];
		struct config *c;

		memcpy(text, from, len);
		for (uint32_t k = 1 + rand_below(2); k > 0; k--) {
			size_t at = rand_below((uint32_t)len),
			       other = rand_below((uint32_t)len);
			size_t n = rand_below(40), room = len - MAX_OF(at, other);

			if (rand_below(2))
				memmove(text + at, text + other, MIN_OF(n, room));
			else
				text[at] =
					(char)(rand_below(4)
						       ? "0123456789ax \n"[rand_below(
								 14)]
						       : (char)(1 + rand_below(255)));
		}
		c = config_parse_text("t", text, err, sizeof(err));
		if (c) {
			struct config *d = read_back(c);

			good++;
			assert_true(config_equal(c, d));
			config_free(d);
		}
		config_free(c);
		free(text);
	}
	log_level_set(LOG_LVL_INFO);
	assert_in_range(good, 100, 1900); /* else it tries nothing */
}

static void reads_files(void **state)
{
	char path[TEMP_PATH], err[512], want[TEMP_PATH + 64];
	FILE *f = temp_file(path);
	struct config *c;

	(void)state;
	fputs("hostname a\r\nhostname b", f);
	fclose(f);
	c = config_parse_file(path, err, sizeof(err));
	assert_non_null(c);
	assert_string_equal(c->hostname, "b");
	config_free(c);
	f = fopen(path, "w");
	fwrite("hostname a\0b", 1, 12, f);
	fclose(f);
	assert_null(config_parse_file(path, err, sizeof(err)));
	snprintf(want, sizeof(want), "%s:1:1: cannot read the file: it has a zero byte",
		 path);
	assert_string_equal(err, want);
	remove(path);
	assert_null(config_parse_file(path, err, sizeof(err)));
	snprintf(want, sizeof(want),
		 "%s:1:1: cannot read the file: No such file or directory", path);
	assert_string_equal(err, want);
}

/* Each is one setting; a list that is off against the group is written down. */
static void inherits_labels(void **state)
{
	struct config *c = must_parse(
		"label-list A permit app=*,role=user\nlabel-list B permit x=1\n"
		"label-list A permit app=*,role=user\ntenant-list T permit rt "
		"1:2\n" ORIGIN " address-family l2vpn evpn\n"
		" neighbor g labels accept\n neighbor g labels permit A\n"
		" neighbor g tenant permit T\n"
		" neighbor 10.0.0.2 labels strip\n neighbor 10.0.0.2 labels permit B\n"
		" no neighbor 10.0.0.3 tenant permit\n");
	const struct cfg_nbr *own = TAILQ_NEXT(TAILQ_FIRST(&c->nbrs), link);
	const struct cfg_nbr_af *af;
	struct cfg_nbr n;

	(void)state;
	assert_int_equal(config_label_list_find(c, "A")->permit.n, 1);
	config_nbr_resolve(c, TAILQ_FIRST(&c->nbrs), &n);
	assert_int_equal(n.af[FAM_EVPN].labels, CFG_LABELS_DEFAULT);
	assert_int_equal(n.marks.code, 255);
	config_nbr_resolve(c, own, &n);
	af = &n.af[FAM_EVPN];
	assert_int_equal(af->labels, CFG_LABELS_STRIP);
	assert_string_equal(af->label_list, "B");
	assert_string_equal(af->tenant_list, "T");
	assert_string_equal(n.af[FAM_IP6].tenant_list, "");
	config_nbr_resolve(c, TAILQ_NEXT(own, link), &n);
	af = &n.af[FAM_EVPN];
	assert_int_equal(af->labels, CFG_LABELS_ACCEPT);
	assert_string_equal(af->label_list, "A");
	assert_string_equal(af->tenant_list, "");
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(prints_the_example),
		cmocka_unit_test(reads_frr),
		cmocka_unit_test(refuses_with_position),
		cmocka_unit_test(edits_lines),
		cmocka_unit_test(groups_and_defaults),
		cmocka_unit_test(edits_origin_check),
		cmocka_unit_test(inherits_origin_check),
		cmocka_unit_test(inherits_labels),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(reads_files),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
