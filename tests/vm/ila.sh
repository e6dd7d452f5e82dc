# Hosts and containers for ILA: sourced by tests of tests/vm after vm.sh.
SIR=2001:db8:c0de:1 L1=2001:db8:100:1 L2=2001:db8:100:2
AUTO=2001:db8:c0de:2 A1=2001:db8:200:1 A2=2001:db8:200:2 # a second domain
RR=2001:db8:0:1::1 H1=2001:db8:0:1::11 H2=2001:db8:0:1::12

# ila NS WHAT [ARG...] - ila.py in a namespace.
ila()
{
	in_ns "$1" python3 -IS "$T_VM/ila.py" "${@:2}"
}

# forwards NS... - these are hosts: they pass packets on.
forwards()
{
	local ns

	for ns; do
		in_ns "$ns" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	done
}

# ila_plug NS HOST ADDR - a container's eth0, its other end v-NS at a host.
ila_plug()
{
	ns_link "$2" "v-$1" "$1" eth0 &&
		in_ns "$2" ip addr add fe80::1/64 dev "v-$1" &&
		in_ns "$1" ip addr add "$3/128" dev eth0 &&
		in_ns "$1" ip route add default via fe80::1 dev eth0
}

# ila_container NS HOST ADDR - a container with that SIR address, and its server.
ila_container()
{
	ns_add "$1"
	ila_plug "$@" || die "cannot plug $1"
	daemon_start "$1" "$1" python3 "$T_VM/ila.py" serve
}

# ila_ready NAME... - servers and wire watchers have begun.
ila_ready()
{
	local name

	for name; do
		wait_for 20 grep -q ready "$T_TMP/$name/log" || die "$name does not start"
	done
}

# ila_talks NS ADDR [SRC] - TCP and UDP to the server of a container.
ila_talks()
{
	ila "$1" talk "${@:2}" >"$T_TMP/talk" 2>&1 && return
	sed "s/^/$1 to $2: /" "$T_TMP/talk"
	return 1
}

# ---- hosts that run selvaged ------------------------------------------------------

# host_conf NAME ROUTER-ID LOCATOR LOCATOR-AUTO PLANE REFLECTOR REFLECTOR6 - domains
# `default` (neutral-map, tenant blue) and `auto` (neutral-map-auto, tenant green). The
# first reflector has the ILA family, the second one IPv6 unicast; they may be one.
host_conf()
{
	local r

	cat <<-CONF
	hostname $1
	router bgp 65000
	 bgp router-id $2
	 bgp graceful-restart
	CONF
	for r in $(printf '%s\n' "$6" "$7" | sort -u); do
		cat <<-CONF
		 neighbor $r remote-as 65000
		 neighbor $r timers 10 60
		 neighbor $r timers connect 1
		CONF
	done
	cat <<-CONF
	 address-family ila unicast
	  neighbor $6 activate
	 exit-address-family
	 address-family ipv6 unicast
	  neighbor $7 activate
	 exit-address-family
	exit
	ila
	 sir-prefix $SIR::/64
	 locator $3::/64
	 csum-mode neutral-map
	 dataplane $5
	exit
	ila auto
	 sir-prefix $AUTO::/64
	 locator $4::/64
	 csum-mode neutral-map-auto
	 dataplane $5
	exit
	tenant blue
	 encapsulation ila
	exit
	tenant green
	 encapsulation ila domain auto
	exit
	CONF
}

# reflector_conf FAMILY...
reflector_conf()
{
	local family

	cat <<-CONF
	hostname rr
	router bgp 65000
	 bgp router-id 10.0.0.1
	 bgp cluster-id 10.0.0.1
	 bgp graceful-restart
	 neighbor hosts peer-group
	 neighbor hosts remote-as internal
	 neighbor hosts timers 10 60
	 bgp listen range 2001:db8:0:1::/64 peer-group hosts
	CONF
	for family; do
		cat <<-CONF
		 address-family $family
		  neighbor hosts activate
		  neighbor hosts route-reflector-client
		 exit-address-family
		CONF
	done
	echo exit
}

# endpoint HOST add NAME TENANT ADDR | endpoint HOST del NAME
endpoint()
{
	case $2 in
	add) ctl "$1" "endpoint add $3 tenant $4 interface v-$3 ip $5" ;;
	del) ctl "$1" "endpoint del $3" ;;
	esac
}

# leads HOST ADDR [LOCATOR [GATEWAY]] - has the kernel that one route? Without LOCATOR:
# has it none?
leads()
{
	local got

	got=$(ila "$1" routes | awk -v d="$2/128" '$1 == d { print $2, $10 }')
	case $# in
	2) [ -z "$got" ] ;;
	3) [ "${got% *}" = "$3::" ] ;;
	4) [ "$got" = "$3:: $4" ] ;;
	esac
}

# translates HOST LOCATOR LOCATOR-AUTO - is the table just that?
translates()
{
	[ "$(ila "$1" xlat)" = "$2:: $SIR:: neutral-map luid 0
$3:: $AUTO:: neutral-map-auto luid 0" ]
}

in_sync()
{
	ctl_json "$1" "show fib" .inSync
}

# stream NAME NS ADDR - pings, 100 a second; lost_none NAME TEXT - until here, and none
# was lost; lost_few: not one in a hundred.
stream()
{
	traffic_start "$@" && wait_for 10 grep -q 'icmp_seq=5 ' "$T_TMP/$1/log"
}

lost_none()
{
	local sent lost gap

	read -r sent lost gap <<<"$(traffic_stop "$1")"
	echo "$2: $sent sent, $lost lost, longest gap $gap ms"
	check "$2: no packet is lost" test "$lost" = 0
}

lost_few()
{
	local sent lost gap

	read -r sent lost gap <<<"$(traffic_stop "$1")"
	echo "$2: $sent sent, $lost lost, longest gap $gap ms"
	check "$2: hardly a packet is lost" test "$((lost * 100))" -lt "$sent"
}
