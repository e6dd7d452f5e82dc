# More for tests of ILA between selvaged and others: sourced after lib.sh. Host N is at
# 10.77.0.1N and fd00:77::1N, and behind the locator ILA_LOC:N.

ILA_SIR=2001:db8:c0de:1
ILA_LOC=2001:db8:100
ILA_HOSTS=9 # locators that hosts know the way to

# ila_ways NS N - the host of locator N forwards, and knows the way to the others'.
ila_ways()
{
	local i

	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	for ((i = 1; i <= ILA_HOSTS; i++)); do
		[ "$i" = "$2" ] || echo "route add $ILA_LOC:$i::/64 via fd00:77::1$i"
	done | in_ns "$1" ip -6 -batch -
}

# ila_host_add N - host hN.
ila_host_add()
{
	host_add "h$1" "10.77.0.1$1/24" "fd00:77::1$1/64"
	ila_ways "h$1" "$1"
}

# ila_conf N AS PEER PEER-AS [LINE...] - of a host: mappings as IPv6 routes with one
# reflector; further lines are of the stanza `ila`.
ila_conf()
{
	local n=$1 as=$2 peer=$3 peer_as=$4

	shift 4
	cat <<-END
	hostname h$n
	router bgp $as
	 bgp router-id 10.77.0.1$n
	 bgp graceful-restart
	 no bgp ebgp-requires-policy
	 neighbor $peer remote-as $peer_as
	 neighbor $peer timers 3 9
	 neighbor $peer timers connect 1
	 address-family ipv6 unicast
	  neighbor $peer activate
	 exit-address-family
	exit
	ila
	 sir-prefix $ILA_SIR::/64
	 locator $ILA_LOC:$n::/64
	END
	[ $# = 0 ] || printf ' %s\n' "$@"
	printf '%s\n' exit "tenant green" " encapsulation ila" exit
}

# ila_start N [OPTION...] - the daemon of host N, with hN/selvage.conf; without a fib
# process when it is to record.
ila_start()
{
	local n=h$1

	shift
	[ $# -gt 0 ] || bpffs_add "$n" || skip "cannot mount a BPF file system"
	selvaged_start "$n" "$@"
}

# ila_recorded N - the same; what fib would be told goes to hN/fib.
ila_recorded()
{
	ila_start "$1" --fib=record:"$T_TMP/h$1/fib"
}

# ---- containers -----------------------------------------------------------------

# ila_plug NS HOST ADDR [TENANT] - container NS on a host: eth0 with its SIR address, the
# way out is fe80::1 on the other end, and the host's daemon is told.
ila_plug()
{
	ip -n "$T_ID-$1" link add eth0 type veth peer name "c-$1" netns "$T_ID-$2" &&
		in_ns "$2" ip addr add fe80::1/64 dev "c-$1" &&
		in_ns "$2" ip link set "c-$1" up &&
		in_ns "$1" ip addr add "$3/128" dev eth0 &&
		in_ns "$1" ip link set eth0 up &&
		in_ns "$1" ip route add default via fe80::1 dev eth0 &&
		ctl "$2" "endpoint add $1 tenant ${4:-green} interface c-$1 ip $3"
}

# ila_move NS FROM TO ADDR [TENANT] - it goes with its cable, and both daemons are told.
ila_move()
{
	in_ns "$1" ip link del eth0
	ila_plug "$1" "$3" "$4" "${5:-green}" && ctl "$2" "endpoint delete $1"
}

# ---- questions ------------------------------------------------------------------

# mapping NS ID JQ - holds it for what this daemon knows of an identifier?
mapping()
{
	ctl_json "$1" "show ila mappings $ILA_SIR:$2" ".[\"$ILA_SIR:$2\"] | $3"
}

# behind NS ID N[xWEIGHT]... - is it behind these hosts' locators, and no others?
behind()
{
	local ns=$1 id=$2 want= w

	shift 2
	for w; do
		want+=" $ILA_LOC:${w%x*}::/64"
		[ "${w#*x}" = "$w" ] || want+="x${w#*x}"
	done
	[ "$(ctl "$ns" "show ila mappings $ILA_SIR:$id json" | jq -r --arg w "$*" '
		[.[].locators[]? | .locator + if $w | test("x") then "x\(.weight)" else "" end]
		| join(" ")')" = "${want# }" ]
}

# no_mapping NS ID - neither here nor elsewhere?
no_mapping()
{
	ctl_json "$1" "show ila mappings $ILA_SIR:$2" '. == {}'
}

# ip6_route NS PREFIX JQ - holds it for one of its paths?
ip6_route()
{
	ctl_json "$1" "show bgp ipv6 unicast $2" "[.paths[] | $3] | any"
}

# ila_eor NS PEER FAMILY - is the peer's End-of-RIB here?
ila_eor()
{
	ctl_json "$1" "show bgp neighbors $2" ".[\"$2\"] |
		.bgpState == \"Established\" and .gracefulRestartInfo.endOfRibRecv.$3"
}

# told NS - how many records of mappings fib has been told.
told()
{
	grep -c '^ila_m' "$T_TMP/$1/fib"
}

# translates NS - is eBPF in force there?
translates()
{
	ctl_json "$1" "show ila dataplane" '.default.inForce == "ebpf"'
}

# need_ebpf NS - skip the test where the kernel does not take our programs.
need_ebpf()
{
	wait_for 10 ctl_json "$1" "show ila dataplane" '.default.inForce != null'
	ctl_json "$1" "show ila dataplane" '.default.ebpfCan' ||
		skip "no eBPF here: $(ctl "$1" "show ila dataplane json" | jq -r '.default.why')"
}

# ---- reflectors -----------------------------------------------------------------

# gobgpd_ila_conf ROLE AS ROUTER-ID "ADDR AS"... - gobgpd for IPv6 unicast; ROLE is
# route-reflector or route-server. Lines on standard input come first.
gobgpd_ila_conf()
{
	local role=$1 as=$2 id=$3 n addr peer_as

	shift 3
	cat <<-END
	[global.config]
	  as = $as
	  router-id = "$id"
	END
	cat
	for n; do
		read -r addr peer_as <<<"$n"
		cat <<-END
		[[neighbors]]
		  [neighbors.config]
		    neighbor-address = "$addr"
		    peer-as = $peer_as
		  [neighbors.transport.config]
		    passive-mode = true
		  [neighbors.timers.config]
		    hold-time = 9
		    keepalive-interval = 3
		  [neighbors.$role.config]
		    $role-client = true
		  [neighbors.add-paths.config]
		    receive = true
		    send-max = 8
		  [neighbors.graceful-restart.config]
		    enabled = true
		    restart-time = 60
		    deferral-time = 5
		    notification-enabled = true
		  [[neighbors.afi-safis]]
		    [neighbors.afi-safis.config]
		      afi-safi-name = "ipv6-unicast"
		    [neighbors.afi-safis.mp-graceful-restart.config]
		      enabled = true
		END
	done
}

# gobgpd_ila_start NS [OPTION...] - with NS/gobgpd.toml.
gobgpd_ila_start()
{
	daemon_start "$1" "$1" gobgpd -f "$T_TMP/$1/gobgpd.toml" -l info -p "${@:2}"
	wait_for 10 in_ns "$1" gobgp global
}

# frr_ila_conf ROLE AS ROUTER-ID PREFIX REMOTE-AS [LINE...] - FRR for IPv6 unicast with
# whoever calls from there; further lines are of the address family. Without routes of
# BGP in its kernel: they lead nowhere untranslated.
frr_ila_conf()
{
	local role=$1 as=$2 id=$3 prefix=$4 remote=$5

	shift 5
	cat <<-END
	frr defaults datacenter
	ipv6 protocol bgp route-map none
	route-map none deny 10
	router bgp $as
	 bgp router-id $id
	 no bgp default ipv4-unicast
	 no bgp ebgp-requires-policy
	 bgp graceful-restart
	 bgp graceful-restart preserve-fw-state
	 neighbor hosts peer-group
	 neighbor hosts remote-as $remote
	 neighbor hosts disable-connected-check
	 neighbor hosts timers 3 9
	 bgp listen range $prefix peer-group hosts
	 address-family ipv6 unicast
	  neighbor hosts activate
	  neighbor hosts $role-client
	  neighbor hosts addpath-tx-all-paths
	END
	[ $# = 0 ] || printf '  %s\n' "$@"
	echo " exit-address-family"
}
