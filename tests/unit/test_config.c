#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/log.h"
#include "lib/out.h"
#include "wire/role.h"

static char *print(const struct config *c)
{
	struct out o;

	out_init(&o, false);
	config_print(c, &o);
	return out_take(&o, NULL);
}

static struct config *must_parse(const char *text)
{
	char err[512] = "";
	struct config *c = config_parse_text("t", text, err, sizeof(err));

	if (!c)
		print_message("# %s\n", err);
	assert_non_null(c);
	return c;
}

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
			   " vni 149\n";

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
	{ EVPN "  neighbor 10.0.0.1 labels accept",
	  "t:4:21: `labels` is not supported by this version" },
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
	{ "identity\n", "t:1:1: `identity` is not supported by this version" },
	{ "identity", "t:1:1: `identity` is not supported by this version" },
	{ "tenant a\n dataplane ebpf",
	  "t:2:12: `ebpf` is not supported by this version, expected kernel" },
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

/* ---- property: print, read, the same ---- */

static uint64_t seed;

static uint32_t rnd(uint32_t n) /* 0..n-1 */
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((seed >> 33) % n);
}

static void rnd_word(char *dst, size_t size)
{
	static const char letters[] = "abcXYZ019-_.";
	size_t n = 1 + rnd((uint32_t)MIN_OF(size - 1, (size_t)20));

	for (size_t i = 0; i < n; i++)
		dst[i] = letters[rnd(sizeof(letters) - 1)];
	dst[0] = (char)('a' + rnd(26));
	dst[n] = '\0';
}

static void rnd_text(char *dst, size_t size)
{
	size_t n = 1 + rnd((uint32_t)size - 1);

	for (size_t i = 0; i < n; i++)
		dst[i] = (char)(rnd(8) ? 33 + rnd(94) : i && i + 1 < n ? ' ' : '!');
	dst[n] = '\0';
}

static struct ip rnd_ip(void)
{
	uint8_t b[16] = { 0x20, 0x01 };

	if (rnd(2))
		return ip4_of(0x0a000000 | rnd(1 << 24));
	for (int i = 4; i < 16; i++)
		b[i] = (uint8_t)rnd(3);
	return ip_of(b, 16);
}

static uint32_t rnd_as(void)
{
	return rnd(2) ? 1 + rnd(65535) : 1 + rnd(UINT32_MAX);
}

/* Switched off it is empty, and written down only against a group. */
static void rnd_origin(struct claim_rule *r, bool may_be_off)
{
	r->on = !may_be_off || rnd(2);
	if (!r->on)
		return;
	r->rd_as = rnd(2);
	r->n_vteps = (uint8_t)rnd(CLAIM_VTEPS + 1);
	for (unsigned i = 0; i < r->n_vteps; i++) {
		struct prefix *p = &r->vteps[i];

		p->ip.len = rnd(2) ? 4 : 16;
		p->ip.b[1] = (uint8_t)i; /* all differ */
		p->bits = (uint8_t)(16 + rnd(p->ip.len * 8u - 15));
	}
	r->n_locators = (uint8_t)rnd(CLAIM_LOCATORS + 1);
	for (unsigned i = 0; i < r->n_locators; i++) {
		r->locators[i].ip.len = 16;
		r->locators[i].ip.b[1] = (uint8_t)i;
		r->locators[i].bits = (uint8_t)(16 + rnd(49));
	}
}

/* What of it there are words for in a family. */
static void origin_only(struct claim_rule *r, unsigned fam)
{
	if (fam == FAM_EVPN) {
		r->n_locators = 0;
		memset(r->locators, 0, sizeof(r->locators));
	} else {
		r->rd_as = false;
	}
	if (fam == FAM_ILA) {
		r->n_vteps = 0;
		memset(r->vteps, 0, sizeof(r->vteps));
	}
}

static void rnd_af(struct cfg_nbr_af *af, bool flags_too)
{
	af->set = rnd(1 << 11);
	/* which neighbors may be reflector clients is not this test's question */
	af->set &= ~(uint32_t)AF_RR_CLIENT;
	af->activate = af->set & AF_ACTIVATE && (!flags_too || rnd(2));
	af->rs_client = af->set & AF_RS_CLIENT && (!flags_too || rnd(2));
	af->addpath_tx_all = af->set & AF_ADDPATH_TX_ALL && (!flags_too || rnd(2));
	af->default_originate =
		af->set & AF_DEFAULT_ORIGINATE && (!flags_too || rnd(2));
	af->next_hop_16 = af->set & AF_NEXT_HOP_16 && (!flags_too || rnd(2));
	af->no_addpath_rx = af->set & AF_NO_ADDPATH_RX && (!flags_too || rnd(2));
	if (af->set & AF_ADDPATH_RX_LIMIT)
		af->addpath_rx_limit = (uint16_t)(1 + rnd(65535));
	if (af->set & AF_MAX_PREFIX) {
		af->max_prefix = 1 + rnd(UINT32_MAX);
		af->max_prefix_pct = (uint8_t)(1 + rnd(100));
		af->max_prefix_warn_only = rnd(2);
		af->max_prefix_force = rnd(2);
		if (!af->max_prefix_warn_only && rnd(2))
			af->max_prefix_restart_min = (uint16_t)(1 + rnd(65535));
	}
	af->allowas_in = (uint8_t)(af->set & AF_ALLOWAS_IN ? 1 + rnd(10) : 0);
	if (af->set & AF_ORIGIN_CHECK)
		rnd_origin(&af->origin, flags_too);
}

/* Settings that only some family has. */
static void af_only(struct cfg_nbr_af *af, unsigned fam)
{
	origin_only(&af->origin, fam);
	if (fam == FAM_RTC) {
		af->set &= ~(uint32_t)AF_ORIGIN_CHECK;
		af->origin = (struct claim_rule) { 0 };
	}
	if (fam != FAM_RTC) {
		af->set &= ~(uint32_t)AF_DEFAULT_ORIGINATE;
		af->default_originate = false;
	}
	if (fam != FAM_ILA) {
		af->set &= ~(uint32_t)AF_NEXT_HOP_16;
		af->next_hop_16 = false;
	}
}

static void rnd_nbr(struct cfg_nbr *n)
{
	bool flags_too = n->group[0];

	n->set = rnd(1 << (ip_is_none(&n->addr) ? 14 : 15));
	if (!n->group[0] && !ip_is_none(&n->addr))
		n->set |= NBR_REMOTE_AS;
	if (n->set & NBR_GTSM)
		n->set &= ~(uint32_t)NBR_MULTIHOP;
	if (n->set & NBR_REMOTE_AS)
		n->as_kind = rnd(3);
	if (n->set & NBR_REMOTE_AS && n->as_kind == CFG_AS_NUMBER)
		n->remote_as = rnd_as();
	if (n->set & NBR_PASSWORD)
		rnd_text(n->password, sizeof(n->password));
	if (n->set & NBR_DESC)
		rnd_text(n->desc, sizeof(n->desc));
	n->gtsm_hops = (uint8_t)(n->set & NBR_GTSM ? 1 + rnd(254) : 0);
	n->multihop = (uint8_t)(n->set & NBR_MULTIHOP ? 1 + rnd(255) : 0);
	if (n->set & NBR_ROLE) {
		n->has_role = true;
		n->role = (uint8_t)rnd(ROLE_COUNT);
		n->role_strict = rnd(2);
	}
	if (n->set & NBR_TIMERS) {
		n->keepalive_s = (uint16_t)rnd(65536);
		n->hold_s = (uint16_t)(rnd(4) ? 3 + rnd(65533) : 0);
	}
	n->connect_s = (uint16_t)(n->set & NBR_CONNECT ? 1 + rnd(65535) : 0);
	n->port = (uint16_t)(n->set & NBR_PORT ? 1 + rnd(65535) : 0);
	n->max_memory_mb = n->set & NBR_MAX_MEMORY ? rnd(CFG_MEMORY_MB_MAX + 1) : 0;
	if (n->set & NBR_UPDATE_SOURCE && rnd(2))
		n->source = rnd_ip();
	else if (n->set & NBR_UPDATE_SOURCE)
		rnd_word(n->source_if, sizeof(n->source_if));
	if (n->set & NBR_INTERFACE)
		rnd_word(n->ifname, sizeof(n->ifname));
	n->shutdown = n->set & NBR_SHUTDOWN && (!flags_too || rnd(2));
	if (n->shutdown && rnd(2))
		rnd_text(n->shutdown_msg, sizeof(n->shutdown_msg));
	n->gr = n->set & NBR_GR ? rnd(3) : CFG_GR_HELPER;
	n->passive = n->set & NBR_PASSIVE && (!flags_too || rnd(2));
	for (unsigned i = 0; i < FAMS; i++) {
		rnd_af(&n->af[i], flags_too);
		af_only(&n->af[i], i);
	}
}

static void rnd_nbrs(struct config *c)
{
	for (uint32_t i = rnd(4); i > 0; i--) {
		struct cfg_nbr *g = xcalloc(1, sizeof(*g));

		rnd_word(g->name, sizeof(g->name));
		if (config_group_find(c, g->name)) {
			free(g);
			continue;
		}
		TAILQ_INSERT_TAIL(&c->groups, g, link);
		rnd_nbr(g);
		g->set |= NBR_REMOTE_AS; /* so that ranges and members may use it */
		g->as_kind = CFG_AS_EXTERNAL;
		g->remote_as = 0;
		g->set &= ~(uint32_t)(NBR_GTSM | NBR_MULTIHOP);
		g->gtsm_hops = g->multihop = 0;
	}
	for (uint32_t i = rnd(6); i > 0; i--) {
		struct cfg_nbr *n = xcalloc(1, sizeof(*n)),
			       *g = TAILQ_FIRST(&c->groups);

		n->addr = rnd_ip();
		ip_format(&n->addr, n->name);
		if (config_nbr_find(c, &n->addr)) {
			free(n);
			continue;
		}
		if (g && rnd(2))
			memcpy(n->group, g->name, sizeof(n->group));
		rnd_nbr(n);
		/* roles, its own or its group's, are for external ones */
		if (n->has_role || (n->group[0] && g->has_role)) {
			n->as_kind = n->set & NBR_REMOTE_AS ? CFG_AS_EXTERNAL : 0;
			n->remote_as = 0;
		}
		TAILQ_INSERT_TAIL(&c->nbrs, n, link);
	}
	if (!TAILQ_EMPTY(&c->groups) && rnd(2)) {
		struct cfg_range *r = xcalloc(1, sizeof(*r));

		r->prefix = (struct prefix) { ip4_of(rnd(256) << 24), 8 };
		memcpy(r->group, TAILQ_FIRST(&c->groups)->name, sizeof(r->group));
		TAILQ_INSERT_TAIL(&c->ranges, r, link);
	}
}

static void rnd_vnis(struct config *c)
{
	for (uint32_t i = rnd(4); i > 0; i--) {
		struct cfg_vni *v = xcalloc(1, sizeof(*v));
		char rd[ADDR_STR];

		v->vni = i * 1000 + rnd(1000);
		v->has_rd = rnd(2);
		if (v->has_rd) {
			snprintf(rd, sizeof(rd), "%u:%u", rnd_as(), rnd(65536));
			assert_int_equal(rd_parse(rd, &v->rd), 0);
		}
		v->n_import = rnd(CFG_RTS + 1);
		v->n_export = rnd(CFG_RTS + 1);
		for (unsigned k = 0; k < CFG_RTS; k++) {
			if (k < v->n_import)
				v->import[k] = rt_make(rnd_as(), k);
			if (k < v->n_export)
				v->export[k] = rt_make(rnd_as(), k);
		}
		TAILQ_INSERT_TAIL(&c->vnis, v, link);
	}
}

static void rnd_bgp(struct config *c)
{
	c->has_bgp = true;
	c->as = rnd_as();
	c->router_id = rnd(2) * (1 + rnd(UINT32_MAX));
	c->cluster_id = rnd(2) * (1 + rnd(UINT32_MAX));
	c->set = rnd(8);
	if (c->set & CFG_TIMERS) {
		c->keepalive_s = (uint16_t)rnd(65536);
		c->hold_s = (uint16_t)(3 + rnd(65533));
	}
	if (c->set & CFG_EBGP_POLICY)
		c->no_ebgp_policy_check = rnd(2);
	if (c->set & CFG_LOG_CHANGES)
		c->log_neighbor_changes = rnd(2);
	config_defaults_apply(c);
	c->default_ipv4 = rnd(2);
	c->gr = rnd(3);
	c->gr_preserve = rnd(2);
	c->gr_no_notification = rnd(2);
	c->soft_admin_reset = rnd(2);
	c->llgr_stale_s = rnd(2) * (1 + rnd(16777215));
	c->llgr_partial = rnd(2);
	c->shutdown = rnd(2);
	if (c->shutdown && rnd(2))
		rnd_text(c->shutdown_msg, sizeof(c->shutdown_msg));
	c->gr_restart_s = (uint16_t)rnd(4096);
	c->gr_stale_s = (uint16_t)(1 + rnd(4095));
	c->gr_defer_s = (uint16_t)rnd(3601);
	c->listen_limit = (uint16_t)(1 + rnd(65535));
	c->min_hold_s = (uint16_t)rnd(65536);
	c->advertise_all_vni = rnd(2);
	c->autort_rfc8365 = rnd(2);
	c->unknown_types_discard = rnd(2);
	c->malformed_nlri = (uint8_t)rnd(3);
	c->dad_off = rnd(2);
	c->dad_moves = (uint16_t)(2 + rnd(999));
	c->dad_time_s = (uint16_t)(2 + rnd(1799));
	c->dad_freeze_s = rnd(3) ? rnd(2) * (30 + rnd(3571)) : UINT32_MAX;
	rnd_nbrs(c);
	rnd_vnis(c);
}

static void rnd_tenants(struct config *c)
{
	for (uint32_t i = rnd(4); i > 0; i--) {
		struct cfg_tenant *t = xcalloc(1, sizeof(*t));

		rnd_word(t->name, sizeof(t->name) - 2);
		t->name[strlen(t->name)] = (char)('0' + i); /* zeroed behind */
		t->vni = rnd(4) * (10 + i);
		t->port = (uint16_t)(rnd(2) ? 4789 : 5000 + i);
		t->gbp = t->port != 4789 && rnd(2);
		if (rnd(2))
			snprintf(t->bridge, sizeof(t->bridge), "bridge%u", i % 10);
		else if (t->vni)
			snprintf(t->bridge, sizeof(t->bridge), "br%u", t->vni);
		if (rnd(2))
			t->vtep = rnd_ip();
		if (rnd(2))
			rnd_word(t->underlay, sizeof(t->underlay));
		t->encoding = rnd(2);
		TAILQ_INSERT_TAIL(&c->tenants, t, link);
	}
}

static struct config *rnd_config(void)
{
	struct config *c = config_new();

	c->datacenter = rnd(2);
	config_defaults_apply(c);
	c->log_level = (int)rnd(5) - 1;
	if (rnd(2))
		rnd_word(c->hostname, sizeof(c->hostname));
	if (rnd(2))
		rnd_word(c->log_file, sizeof(c->log_file));
	if (rnd(4))
		rnd_bgp(c);
	rnd_tenants(c);
	return c;
}

/* Compares more than text: resolved neighbors and plain fields. */
static void assert_same(const struct config *a, const struct config *b)
{
	const struct cfg_nbr *n, *m = TAILQ_FIRST(&b->nbrs);

	assert_int_equal(a->set, b->set);
	assert_int_equal(a->hold_s, b->hold_s);
	assert_int_equal(a->connect_s, b->connect_s);
	assert_int_equal(a->no_ebgp_policy_check, b->no_ebgp_policy_check);
	TAILQ_FOREACH (n, &a->nbrs, link) {
		struct cfg_nbr x, y;

		config_nbr_resolve(a, n, &x);
		config_nbr_resolve(b, m, &y);
		memset(&x.link, 0, sizeof(x.link));
		memset(&y.link, 0, sizeof(y.link));
		x.line = y.line = 0;
		assert_int_equal(x.set, y.set);
		assert_int_equal(x.remote_as, y.remote_as);
		assert_int_equal(x.gr, y.gr);
		assert_int_equal(x.shutdown, y.shutdown);
		assert_string_equal(x.shutdown_msg, y.shutdown_msg);
		assert_string_equal(x.password, y.password);
		assert_string_equal(x.desc, y.desc);
		assert_memory_equal(&x.source, &y.source, sizeof(x.source));
		assert_memory_equal(x.af, y.af, sizeof(x.af));
		m = TAILQ_NEXT(m, link);
	}
	assert_null(m);
}

/* cmocka cuts long strings: compare by line. */
static void assert_same_text(const char *a, const char *b)
{
	while (*a || *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n) != 0)
			fail_msg("`%.*s` became `%.*s`", (int)n, a, (int)m, b);
		a += n + (a[n] == '\n');
		b += m + (b[m] == '\n');
	}
}

static void round_trips(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 400; i++) {
		struct config *c, *d, *e;
		char *s, *again;

		seed = i;
		c = rnd_config();
		s = print(c);
		print_message("# seed %u\n", (unsigned)i);
		d = must_parse(s);
		e = config_copy(d);
		again = print(e);
		assert_same_text(s, again);
		assert_true(config_equal(c, d));
		assert_same(c, d);
		config_free(d);
		assert_true(config_equal(c, e));
		assert_same(c, e);
		free(s);
		free(again);
		config_free(c);
		config_free(e);
	}
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

		seed = i;
		memcpy(text, from, len);
		for (uint32_t k = 1 + rnd(2); k > 0; k--) {
			size_t at = rnd((uint32_t)len), other = rnd((uint32_t)len);
			size_t n = rnd(40), room = len - MAX_OF(at, other);

			if (rnd(2))
				memmove(text + at, text + other, MIN_OF(n, room));
			else
				text[at] = (char)(rnd(4) ? "0123456789ax \n"[rnd(14)]
							 : (char)(1 + rnd(255)));
		}
		c = config_parse_text("t", text, err, sizeof(err));
		if (c) {
			char *s = print(c);
			struct config *d = must_parse(s);

			good++;
			assert_true(config_equal(c, d));
			config_free(d);
			free(s);
		}
		config_free(c);
		free(text);
	}
	log_level_set(LOG_LVL_INFO);
	assert_in_range(good, 100, 1900); /* else it tries nothing */
}

static void reads_files(void **state)
{
	char path[] = "/tmp/selvage-test-XXXXXX", err[512];
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	struct config *c;
	char want[128];

	(void)state;
	assert_non_null(f);
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
		cmocka_unit_test(round_trips),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(reads_files),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
