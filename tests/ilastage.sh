# The stage for tests of the eBPF data plane of ILA: three hosts behind one router,
# containers on them, fib told by lines of text what to do (fibfeed). Sourced after
# tests/lib.sh.
. "$T_SRC/tests/feed.sh"
need bpftool ethtool jq nft python3
play="python3 $T_SRC/tests/system/ilatraffic.py"
sir=2001:db8:c0de:1 # identifiers 2000:0:HOST:NUMBER
L=2001:db8:100      # locator of host 3: L:3

# ---- the stage ------------------------------------------------------------------

ns_add r h1 h2 h3
for ns in r h1 h2 h3; do
	in_ns $ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
		echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
done
for i in 1 2 3; do
	ns_link h$i eth0 r r$i
	in_ns h$i ip addr add fd00:$i::1/64 dev eth0
	in_ns r ip addr add fd00:$i::ff/64 dev r$i
	in_ns h$i ip route add default via fd00:$i::ff
	# The way to a locator; and to sources, for who has something to say to them.
	in_ns r ip route add $L:$i::/64 via fd00:$i::1
	in_ns r ip route add $sir:2000:0:$i:0/112 via fd00:$i::1
	in_ns h$i ip addr add $sir:2000:0:$i:1/128 dev lo # an identifier of the host
done

# container NS HOST ADDR - a container with this address, its device on the host c-NS.
container()
{
	ns_add "$1"
	ns_link "$1" eth0 "$2" "c-$1"
	in_ns "$2" ip addr add fe80::1/64 dev "c-$1"
	in_ns "$1" ip addr add "$3/128" dev eth0
	in_ns "$1" ip route add default via fe80::1 dev eth0
	in_ns "$1" sh -c 'echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
}

container c1 h1 $sir:2000:0:1:a
container d1 h1 $sir:2000:0:1:b
container c2 h2 $sir:2000:0:2:a
container c3 h3 $sir:2000:0:3:a

# ---- counters ------------------------------------------------------------------

# count HOST SIR NUMBER - a counter of a domain (enum ila_count), as last told.
count()
{
	awk -v s="sir=$2" -v n="$3" '$1 == "ila_counters" && $2 == s { v = $(n + 3) }
		END { print v + 0 }' "$T_TMP/$1/log"
}

# grows HOST SIR NUMBER CMD... - does the counter rise by what the command does?
grows()
{
	local h=$1 s=$2 n=$3 was

	sleep 1.1 # counters are told once a second
	was=$(count "$h" "$s" "$n")
	shift 3
	"$@"
	wait_for 3 count_above "$h" "$s" "$n" "$was"
}

count_above()
{
	[ "$(count "$1" "$2" "$3")" -gt "$4" ]
}
OUT=0 IN=1 LOCAL=2 NO_MAPPING=3 NOT_HERE=4 ISOLATED_OUT=5 ISOLATED_IN=6 SPOOFED=7 ERROR=9

# What host i is told, in this mode.
tell()
{
	local i=$1 mode=$2 o

	echo "domain $sir $L:$i $mode ebpf underlay eth0"
	echo "endpoint $sir:2000:0:$i:1 -"
	echo "endpoint $sir:2000:0:$i:a c-c$i"
	[ "$i" != 1 ] || echo "endpoint $sir:2000:0:1:b c-d1"
	for o in 1 2 3; do
		[ $o != "$i" ] || continue
		echo "map $sir:2000:0:$o:1 $L:$o"
		echo "map $sir:2000:0:$o:a $L:$o"
		[ $o != 1 ] || echo "map $sir:2000:0:1:b $L:1"
	done
}

start()
{
	local i=$1

	shift
	feed_start "h$i" "$@"
	feed "h$i" "$(tell "$i" neutral-map)" sweep
}

# ping_out NS ADDR [OPTION...] - what ping prints for one request.
ping_out()
{
	local ns=$1 a=$2

	shift 2
	in_ns "$ns" ping -n -c 1 -W 1 "$@" "$a" 2>&1
}

prints()
{
	local text=$1

	shift
	"$@" | grep -q -- "$text"
}

unreachable="Destination unreachable: Address unreachable" # says ping

# ---- traffic --------------------------------------------------------------------

serve()
{
	daemon_start "srv-$1-$2" "$1" $play serve "$2" "$1"
	wait_for 5 grep -q ready "$T_TMP/srv-$1-$2/log" || fail "no server on $1"
}
# survives TEXT CMD... - no packet is lost over what the command does to host 1.
survives()
{
	local text=$1 sent lost gap

	shift
	traffic_start beat c2 $sir:2000:0:1:a
	wait_for 5 grep -q icmp_seq=20 "$T_TMP/beat/log"
	"$@"
	wait_for 5 reaches c1 $sir:2000:0:2:a
	read -r sent lost gap <<<"$(traffic_stop beat)"
	check "$text: $lost of $sent packets lost, longest gap $gap ms" [ "$lost" = 0 ]
}

# traces HOST - what is left of us.
traces()
{
	ls "$T_TMP/$1/bpf" | grep -v debug
	in_ns "$1" sh -c 'nft list tables; ip -6 route show proto 201
		ip -br link show type veth | grep ila-; bpftool net show | grep ila_
		tc filter show dev eth0 ingress'
}
start 1
start 2
start 3
settle h1 h2 h3
