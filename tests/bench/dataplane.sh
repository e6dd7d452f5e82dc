# The cases of bench-dataplane, sourced by it: two hosts and a container on each, and the
# way between them. A case is a row of `cases` and the function that it names, called
# with the number of the stage, $1, and the words of the row. It makes ways between
# containers a<N> and b<N>, on hosts g<N> and h<N>, and sets `to`, where b is; `by`,
# what proves the way that packets took; `filtered`, whether ports other than 5200 to
# 5207 are closed.

VNI=7
MAC_A=02:00:00:00:00:0a MAC_B=02:00:00:00:00:0b
SIR=2001:db8:c0de:1 LOC=2001:db8:100

# name, base of its ratios, function, words
cases='
veth           bridge   direct
route          bridge   routed
bridge         bridge   bridged
ipt1           bridge   bridged iptables 1
ipt100         bridge   bridged iptables 100
ipt1000        bridge   bridged iptables 1000
ipt10000       bridge   bridged iptables 10000
ipt-ct1000     bridge   bridged iptables-ct 1000
nft10000       bridge   bridged nft 10000
kernel-policy  bridge   ours kernel policy 1
ebpf           bridge   ours ebpf open 1
ebpf-policy    bridge   ours ebpf policy 1
ebpf-100k      bridge   ours ebpf policy 100000
bridge6        bridge6  bridged6
route6         bridge6  routed6
ila            bridge6  ila open 1
ila-policy     bridge6  ila policy 1
ila-100k       bridge6  ila policy 100000
'

row_of()
{
	awk -v name="$1" '$1 == name { print; exit }' <<<"$cases"
}

# ---- hosts and containers ---------------------------------------------------------

# hosts N - g<N> and h<N>, joined by eth0; bridges there are not seen by iptables.
hosts()
{
	local ns i=0

	ns_add "g$1" "h$1"
	ns_link "g$1" eth0 "h$1" eth0 || die "no underlay"
	for ns in "g$1" "h$1"; do
		i=$((i + 1))
		in_ns "$ns" sh -ec "
			ip link set eth0 mtu $mtu
			[ $offload = on ] || ethtool -K eth0 tso off gso off gro off tx off rx off >/dev/null
			ip addr add 10.0.0.$i/24 dev eth0
			ip addr add fd00:77::$i/64 dev eth0 nodad
			echo 1 >/proc/sys/net/ipv4/ip_forward
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
			cd /proc/sys/net/bridge 2>/dev/null || exit 0
			echo 0 | tee bridge-nf-call-iptables bridge-nf-call-ip6tables >/dev/null"
	done
}

# container NS HOST MAC MTU ADDR... - its other end is c-NS; the addresses' /64 or /24
# are on the link.
container()
{
	local ns=$1 host=$2 mac=$3 size=$4 a

	shift 4
	ns_add "$ns"
	ip -n "$T_ID-$ns" link add eth0 address "$mac" mtu "$size" type veth \
		peer name "c-$ns" mtu "$size" netns "$T_ID-$host" &&
		in_ns "$ns" ip link set eth0 up &&
		in_ns "$host" ip link set "c-$ns" up || die "no container $ns"
	for a; do
		case $a in
		*:*) in_ns "$ns" ip addr add "$a" dev eth0 nodad ;;
		*) in_ns "$ns" ip addr add "$a" dev eth0 ;;
		esac
	done
}

# ---- ways without us ---------------------------------------------------------------

direct()
{
	ns_add "a$1" "b$1"
	ns_link "a$1" eth0 "b$1" eth0
	in_ns "a$1" sh -c "ip link set eth0 mtu $mtu; ip addr add 10.1.0.1/24 dev eth0"
	in_ns "b$1" sh -c "ip link set eth0 mtu $mtu; ip addr add 10.1.0.2/24 dev eth0"
	to=10.1.0.2 by=
}

routed()
{
	hosts "$1"
	container "a$1" "g$1" $MAC_A "$mtu" 10.1.1.2/24
	container "b$1" "h$1" $MAC_B "$mtu" 10.1.2.2/24
	in_ns "g$1" sh -ec "ip addr add 10.1.1.1/24 dev c-a$1
		ip route add 10.1.2.0/24 via 10.0.0.2"
	in_ns "h$1" sh -ec "ip addr add 10.1.2.1/24 dev c-b$1
		ip route add 10.1.1.0/24 via 10.0.0.1"
	in_ns "a$1" ip route add default via 10.1.1.1
	in_ns "b$1" ip route add default via 10.1.2.1
	to=10.1.2.2 by=underlay
}

routed6()
{
	hosts "$1"
	container "a$1" "g$1" $MAC_A "$mtu" fd00:1::2/64
	container "b$1" "h$1" $MAC_B "$mtu" fd00:2::2/64
	in_ns "g$1" sh -ec "ip addr add fd00:1::1/64 dev c-a$1 nodad
		ip route add fd00:2::/64 via fd00:77::2"
	in_ns "h$1" sh -ec "ip addr add fd00:2::1/64 dev c-b$1 nodad
		ip route add fd00:1::/64 via fd00:77::1"
	in_ns "a$1" ip route add default via fd00:1::1
	in_ns "b$1" ip route add default via fd00:2::1
	to=fd00:2::2 by=underlay
}

# pairs N - containers on the tenant's network, which is to come; they know each other
pairs()
{
	local a

	container "a$1" "g$1" $MAC_A $((mtu - 50)) 10.1.0.1/24 fd00:1::1/64
	container "b$1" "h$1" $MAC_B $((mtu - 50)) 10.1.0.2/24 fd00:1::2/64
	for a in 10.1.0. fd00:1::; do
		in_ns "a$1" ip neigh replace ${a}2 lladdr $MAC_B dev eth0 nud permanent
		in_ns "b$1" ip neigh replace ${a}1 lladdr $MAC_A dev eth0 nud permanent
	done
}

# bridge_make HOST CONTAINER VTEP MAC-ELSEWHERE ITS-VTEP
bridge_make()
{
	in_ns "$1" sh -ec "
		ip link add br0 type bridge forward_delay 0
		ip link set br0 up
		ip link add vx$VNI mtu $((mtu - 50)) type vxlan id $VNI local $3 \
			dstport 4789 nolearning
		ip link set vx$VNI master br0 up
		ip link set vx$VNI type bridge_slave learning off
		ip link set c-$2 master br0
		bridge fdb replace $4 dev vx$VNI master static
		bridge fdb append $4 dev vx$VNI self dst $5
		bridge fdb append 00:00:00:00:00:00 dev vx$VNI self dst $5"
}

# bridged N [FILTER RULES]
bridged()
{
	hosts "$1"
	pairs "$1"
	bridge_make "g$1" "a$1" 10.0.0.1 $MAC_B 10.0.0.2 || die "no bridge"
	bridge_make "h$1" "b$1" 10.0.0.2 $MAC_A 10.0.0.1 || die "no bridge"
	to=10.1.0.2 by=vxlan
	[ $# = 1 ] || "filter_${2%%-*}" "$@"
}

bridged6()
{
	bridged "$1"
	to=fd00:1::2
}

# Filters where the receiver is, as in the paper. RULES other senders are allowed before
# the one that we are: each of them is looked at for every packet. What comes back is
# allowed by the first rule; with -ct by connection tracking, and so is all but the
# first packet of a connection.
filter_iptables()
{
	in_ns "h$1" sh -c 'echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables'
	{
		echo "*filter"
		echo ":FORWARD DROP [0:0]"
		if [ "$2" = iptables-ct ]; then
			echo "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"
		else
			echo "-A FORWARD -s 10.1.0.2 -j ACCEPT"
		fi
		awk -v n=$(($3 - 1)) 'BEGIN {
			for (i = 0; i < n; i++)
				printf "-A FORWARD -s 10.9.%d.%d -j ACCEPT\n", i / 250, i % 250
		}'
		for p in tcp udp; do
			echo "-A FORWARD -s 10.1.0.1 -p $p --dport 5200:5207 -j ACCEPT"
		done
		echo COMMIT
	} | in_ns "h$1" "$iptables-restore" || die "no iptables"
	filtered=1
}

# RULES senders and ports in one map, that which we are among them.
filter_nft()
{
	{
		echo "table bridge filter {"
		echo " map who { type ipv4_addr . inet_proto . inet_service : verdict; elements = {"
		awk -v n=$(($3 - 16)) 'BEGIN {
			for (i = 0; i < n; i++)
				printf "10.9.%d.%d . tcp . 80 : accept,\n", i / 250, i % 250
			for (i = 0; i < 8; i++)
				printf "10.1.0.1 . tcp . %d : accept, 10.1.0.1 . udp . %d : accept,\n",
					5200 + i, 5200 + i
		}'
		echo " } }"
		echo " chain forward { type filter hook forward priority 0; policy drop;"
		echo "  ether type arp accept"
		echo "  ip saddr 10.1.0.2 accept"
		printf '  %s\n }\n}\n' "ip saddr . meta l4proto . th dport vmap @who"
	} | in_ns "h$1" nft -f - || die "no nftables"
	filtered=1
}

# ---- ours --------------------------------------------------------------------------

A_ID=501 B_ID=502 # of the containers

# policies MANY - lines: whose labels are those of a may send to 5200-5207 of b's, and
# nothing else; with so many more identities whose every port may be reached.
policies()
{
	echo "policy 1 begin"
	for p in 6 17; do
		echo "allow 1 out $B_ID $p 5200 13 1"
	done
	[ "$1" = 1 ] || echo "allows 1 $1"
	echo "policy 1 commit"
	echo "policy 2 begin"
	for p in 6 17; do
		echo "allow 2 in $A_ID $p 5200 13 1"
	done
	[ "$1" = 1 ] || echo "allows 2 $1"
	echo "policy 2 commit"
}

# host_lines CONTAINER PLANE POLICY MANY VTEP OTHER-VTEP ID MAC IP OTHER...
host_lines()
{
	local c=$1 plane=$2 policy=$3 many=$4 id=$7 mac=$8 ip=$9 word=

	[ "$plane" != ebpf ] || word=ebpf
	[ "$policy" != 0 ] || many=1
	echo "tenant $VNI br$VNI $5 eth0 gbp $word"
	echo "port c-$c $VNI"
	[ "$policy" = 0 ] || policies "$many"
	echo "ident $VNI $ip $id c-$c"
	echo "ident $VNI ${12} ${10}"
	echo "mac $VNI ${11} $6 gbp"
	echo "neigh $VNI ${12} ${11}"
	[ "$many" = 1 ] || {
		echo "idents $VNI $many 256"
		echo "macs $VNI $many $6"
	}
	echo "workload c-$c $VNI $id $policy mac $mac $word"
}

# ours N PLANE open|policy MANY
ours()
{
	local p=0 q=0

	[ "$3" = open ] || p=1 q=2
	hosts "$1"
	pairs "$1"
	feed_start "g$1" audit 600
	feed_start "h$1" audit 600
	host_lines "a$1" "$2" $p "$4" 10.0.0.1 10.0.0.2 $A_ID $MAC_A 10.1.0.1 \
		$B_ID $MAC_B 10.1.0.2 >"$T_TMP/g$1/in"
	host_lines "b$1" "$2" $q "$4" 10.0.0.2 10.0.0.1 $B_ID $MAC_B 10.1.0.2 \
		$A_ID $MAC_A 10.1.0.1 >"$T_TMP/h$1/in"
	to=10.1.0.2 by=vxlan
	[ "$2" != ebpf ] || by=net
	settle_long "g$1" "h$1"
	many_flows "$@"
}

# settle_long HOST... - fib has told that it is done.
settle_long()
{
	local h

	for h; do
		feed "$h" sweep settle
	done
	for h; do
		wait_for 60 said "$h" '^settled' || die "fib on $h does not settle"
	done
}

# many_flows N PLANE open|policy MANY - connections in the tables of both, too
many_flows()
{
	[ "$3" = open ] || filtered=1
	[ "$4" = 1 ] || load "$1" flows "$4" || die "flows do not pass"
}

# ila_lines CONTAINER POLICY MANY LOCATOR ID OTHER-LOCATOR OTHER-ID
ila_lines()
{
	local c=$1 policy=$2 many=$3 id=$5

	[ "$policy" != 0 ] || many=1
	echo "domain $SIR $LOC:$4 neutral-map ebpf underlay eth0"
	[ "$many" = 1 ] || echo "maps $many $LOC:$6"
	echo "endpoint $SIR:2000:0:0:$4 c-$c fast"
	echo "map $SIR:2000:0:0:$6 $LOC:$6"
	[ "$policy" = 0 ] || policies "$many"
	echo "ident 0 $SIR:2000:0:0:$4 $id c-$c"
	echo "ident 0 $SIR:2000:0:0:$6 $7"
	[ "$many" = 1 ] || echo "idents 0 $many 256 ip6"
	echo "workload c-$c 0 $id $policy ila"
}

# ila N open|policy MANY
ila()
{
	local p=0 q=0 side n=0 ns

	[ "$2" = open ] || p=1 q=2
	hosts "$1"
	container "a$1" "g$1" $MAC_A "$mtu" $SIR:2000:0:0:1/128
	container "b$1" "h$1" $MAC_B "$mtu" $SIR:2000:0:0:2/128
	for side in "g a" "h b"; do
		n=$((n + 1)) ns=${side% *}$1
		in_ns "$ns" sh -ec "ip addr add fe80::1/64 dev c-${side#* }$1 nodad
			ip route add $LOC:$((3 - n))::/64 via fd00:77::$((3 - n))"
		in_ns "${side#* }$1" ip route add default via fe80::1 dev eth0
		feed_start "$ns" audit 600
	done
	ila_lines "a$1" $p "$3" 1 $A_ID 2 $B_ID >"$T_TMP/g$1/in"
	ila_lines "b$1" $q "$3" 2 $B_ID 1 $A_ID >"$T_TMP/h$1/in"
	to=$SIR:2000:0:0:2 by=ila
	settle_long "g$1" "h$1"
	many_flows "$1" ila "$2" "$3"
}
