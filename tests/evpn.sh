# More for tests of EVPN between selvaged and others: sourced after lib.sh.

# rtc_conf NEIGHBOR - passes a configuration on with RT constraint active for one
# neighbor or group.
rtc_conf()
{
	sed "0,/^exit\$/s/^exit\$/ address-family ipv4 rt-constraint\n  neighbor $1 activate\n exit-address-family\nexit/"
}

# vtep_conf ROUTER-ID PEER - a host with tenant red (VNI 100) towards one reflector.
vtep_conf()
{
	cat <<-EOF
	hostname $1
	router bgp 65000
	 bgp router-id $1
	 bgp graceful-restart
	 neighbor $2 remote-as 65000
	 neighbor $2 timers 3 9
	 neighbor $2 timers connect 1
	 address-family l2vpn evpn
	  neighbor $2 activate
	 exit-address-family
	exit
	tenant red
	 vni 100
	 bridge br100
	 local-vtep $1
	exit
	EOF
}

# reflector_conf ROUTER-ID PREFIX - selvaged as reflector of that prefix.
reflector_conf()
{
	cat <<-EOF
	hostname reflector
	router bgp 65000
	 bgp router-id $1
	 bgp cluster-id $1
	 bgp graceful-restart
	 bgp graceful-restart preserve-fw-state
	 neighbor hosts peer-group
	 neighbor hosts remote-as internal
	 neighbor hosts timers 3 9
	 bgp listen range $2 peer-group hosts
	 address-family l2vpn evpn
	  neighbor hosts activate
	  neighbor hosts route-reflector-client
	 exit-address-family
	exit
	EOF
}

# fdb_remote NS DEV MAC VTEP - does the VXLAN device send that MAC there, by us or FRR?
fdb_remote()
{
	in_ns "$1" bridge fdb show dev "$2" | grep -q "^$3 dst $4 .*extern_learn"
}

# mac_seq NS VNI MAC - local and remote sequence as the daemon has them: "1/2".
mac_seq()
{
	ctl "$1" "show evpn mac vni $2 mac $3 json" |
		jq -r ".[\"$3\"] | \"\(.localSequence)/\(.remoteSequence)\""
}

# mac_is NS VNI MAC local|remote
mac_is()
{
	ctl_json "$1" "show evpn mac vni $2 mac $3" ".[\"$3\"].type == \"$4\""
}

# in_sync NS - the kernel of that host holds exactly what BGP says.
in_sync()
{
	ctl_json "$1" "show fib" '.inSync and ([.tables[] | .missing + .extra + .failed] | add) == 0'
}

# tcp_both NS1 ADDR1 NS2 ADDR2 - 200 kB each way between two containers.
tcp_one()
{
	local got=$T_TMP/tcp.$RANDOM v=-4

	[[ $3 != *:* ]] || v=-6
	in_ns "$2" timeout 10 nc $v -l -N -p 5001 >"$got" </dev/null &
	local pid=$!

	wait_for 3 sh -c "nsenter --net=/run/netns/$T_ID-$2 ss -ltn | grep -q :5001"
	head -c 200000 /dev/zero | in_ns "$1" timeout 10 nc -N -w 5 "$3" 5001 >/dev/null
	wait $pid
	[ "$(stat -c %s "$got")" = 200000 ]
}

tcp_both()
{
	tcp_one "$1" "$3" "$4" && tcp_one "$3" "$1" "$2"
}

# crowd_net REFLECTOR CROWD - two namespaces on one cable: the reflector is 10.79.0.1,
# and the other one has every address of 10.78.0.0/16, for as many clients as one likes.
# TCP is Reno: where BBR is the default it would pace, and be measured.
crowd_net()
{
	local ns

	ns_add "$1" "$2"
	ns_link "$1" eth0 "$2" eth0 || die "no cable"
	in_ns "$1" ip addr add 10.79.0.1/30 dev eth0
	in_ns "$2" ip addr add 10.79.0.2/30 dev eth0
	in_ns "$1" ip route add 10.78.0.0/16 via 10.79.0.2
	in_ns "$2" ip route add local 10.78.0.0/16 dev lo
	for ns in "$1" "$2"; do
		in_ns "$ns" sh -c 'echo reno >/proc/sys/net/ipv4/tcp_congestion_control'
	done
}

# crowd_conf - selvaged as the reflector of that crowd.
crowd_conf()
{
	reflector_conf 10.79.0.1 10.78.0.0/16 | sed -e 's/timers 3 9/timers 60 180/' \
		-e '/listen range/i\ bgp listen limit 5000'
}
