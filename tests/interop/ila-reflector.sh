# ILA between real hosts through reflectors that know nothing of it: sourced by ila-gobgp
# and ila-frr, which say how theirs is run:
#
#   rr_start NS ROLE AS ROUTER-ID [self]   ROLE: route-reflector, route-server of $CLIENTS
#                                          ("ADDR AS" each), all paths; self: the best
#                                          one, and itself as its next hop
#   rr_crash NS, rr_again NS               without a word, and back
#   rr_facts                               what only this one does
#
#   rr   iBGP    h1 h2 h3 with containers, and traffic; h4 wants one path of each route;
#                plain, a speaker of ordinary IPv6 routes
#   nh   iBGP    puts itself as next hop, passes on one path of each route; h5 h6
#   rs   eBGP    h7 h8 h9, each an AS of its own
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../ila.sh"
. "$(dirname "$0")/../speaker.sh"
need jq python3
HERE=$(cd "$(dirname "$0")" && pwd)
MARKER=c01008831a010101000000

# ---- the stage ------------------------------------------------------------------

stage()
{
	local i

	fabric_add
	host_add rr 10.77.0.1/24 fd00:77::1/64
	host_add nh 10.77.0.2/24 fd00:77::2/64
	host_add rs 10.77.0.3/24 fd00:77::3/64
	host_add raws 10.77.0.65/24
	for i in 1 2 3 4 5 6 7 8 9; do
		ila_host_add $i
	done
	CLIENTS=("10.77.0.11 65000" "10.77.0.12 65000" "10.77.0.13 65000"
		"10.77.0.14 65000" "10.77.0.65 65000")
	rr_start rr route-reflector 65000 10.77.0.1
	CLIENTS=("10.77.0.15 65000" "10.77.0.16 65000")
	rr_start nh route-reflector 65000 10.77.0.2 self
	CLIENTS=("10.77.0.17 65007" "10.77.0.18 65008" "10.77.0.19 65009")
	rr_start rs route-server 65100 10.77.0.3
	for i in 1 2 3; do
		ila_conf $i 65000 10.77.0.1 65000 >"$(dir_of h$i)/selvage.conf"
		ila_start $i
	done
	ila_conf 4 65000 10.77.0.1 65000 |
		sed '/activate/a\  neighbor 10.77.0.1 disable-addpath-rx' \
		>"$(dir_of h4)/selvage.conf"
	ila_conf 5 65000 10.77.0.2 65000 >"$(dir_of h5)/selvage.conf"
	ila_conf 6 65000 10.77.0.2 65000 locator-community >"$(dir_of h6)/selvage.conf"
	for i in 7 8 9; do
		ila_conf $i 6500$i 10.77.0.3 65100 >"$(dir_of h$i)/selvage.conf"
	done
	for i in 4 5 6 7 8 9; do
		ila_recorded $i
	done
}

sessions()
{
	local i rr

	for i in 1 2 3 4 5 6 7 8 9; do
		rr=10.77.0.1
		[ $i -le 4 ] || rr=10.77.0.2
		[ $i -le 6 ] || rr=10.77.0.3
		check_within 20 "h$i: session with $rr, End-of-RIB" ila_eor h$i $rr ipv6Unicast
	done
	need_ebpf h1
	mkfifo "$(dir_of plain)/in"
	# shellcheck disable=SC2016
	daemon_start plain raws sh -c 'in=$1; shift; exec 0<>"$in/in"; exec python3 "$@"' sh \
		"$T_TMP/plain" "$HERE/famspeaker.py" 10.77.0.65 10.77.0.1 65000 \
		"$T_TMP/plain" ila= ip6=1
	check_within 10 "speaker of ordinary routes" grep -q '^up ip6' "$T_TMP/plain/log"
	ns_add c1 c2
	check "endpoints are declared" eval \
		'ila_plug c1 h1 $ILA_SIR:2000:0:1:a && ila_plug c2 h2 $ILA_SIR:2000:0:2:b'
}

# ---- facts ----------------------------------------------------------------------

arrive()
{
	check_within 10 "h1 has c2 behind the locator of h2" behind h1 2000:0:2:b 2
	check_within 10 "h2 has c1 behind that of h1" behind h2 2000:0:1:a 1
	check "mode, type, sequence, carrier, peer are those of the announcement" \
		mapping h1 2000:0:2:b '.csumMode == "neutral-map" and .identType == 1 and
		.sequence == 0 and .localPref == 100 and .anycast == false and .paths == 1 and
		.ipv6Unicast and (.ilaUnicast | not) and .peer == "10.77.0.1"'
	check_within 5 "h1's own comes back as nothing, and is no duplicate" \
		mapping h1 2000:0:1:a '.local and .announced and .paths == 0 and
		(.duplicate | not)'
	check_within 5 "containers reach each other" reaches c1 $ILA_SIR:2000:0:2:b
}

# What is in the same session, and even in the SIR prefix, but bears no marker; and a
# marker on what is no host route.
ordinary()
{
	local route

	say plain "ip6 2001:db8:5::/48 2001:db8:100:2::1"
	say plain "ip6 $ILA_SIR:2000:0:9:1/128 2001:db8:100:2::1"
	say plain "ip6 $ILA_SIR:2000::/80 2001:db8:100:2::1 $MARKER"
	say plain "ip6 $ILA_SIR:2000:0:9:2/128 2001:db8:100:2::1 $MARKER"
	check_within 5 "a foreign speaker may announce a mapping" behind h1 2000:0:9:2 2
	for route in 2001:db8:5::/48 $ILA_SIR:2000:0:9:1/128 $ILA_SIR:2000::/80; do
		check_within 5 "ordinary route $route is there" ip6_route h1 "$route" .valid
	done
	check "and nothing of them is a mapping" ctl_json h1 "show ila" \
		'.remote == 2 and .refused == {}'
	say plain "ip6- $ILA_SIR:2000:0:9:2/128"
	check_within 5 "and withdraw it" no_mapping h1 2000:0:9:2
	check "nor in the kernel" sh -c "! nsenter --net=/run/netns/$T_ID-h1 \
		ip -6 route show table all | grep -q '2001:db8:5::\|2000:0:9:1\|2000::/80'"
}

# Declared on two hosts as anycast: with ADD-PATH both are there, else one.
anycast()
{
	local i w=10

	for i in 2 3; do
		in_ns h$i ip addr add $ILA_SIR:2000:0:7:7/128 dev lo
		ctl h$i "configure terminal" ila \
			"identifier 2000:0:7:7 anycast weight $w" >/dev/null
		w=30
	done
	check_within 5 "anycast: both locators with their weights" \
		behind h1 2000:0:7:7 2x10 3x30
	check "... and no duplicate" mapping h1 2000:0:7:7 \
		'.anycast and (.duplicate | not) and .usablePaths == 2'
	check_within 5 "who takes one path has one of them" mapping h4 2000:0:7:7 \
		'.anycast and (.locators | length) == 1'
	ctl h2 "configure terminal" ila "no identifier 2000:0:7:7" >/dev/null
	check_within 5 "one of them goes" behind h1 2000:0:7:7 3
	check_within 5 "also where one path was" behind h4 2000:0:7:7 3
	ctl h3 "configure terminal" ila "no identifier 2000:0:7:7" >/dev/null
	check_within 5 "and the other" no_mapping h1 2000:0:7:7
}

moved()
{
	local sent lost gap

	traffic_start ping c1 $ILA_SIR:2000:0:2:b
	wait_for 5 grep -q 'icmp_seq=20 ' "$T_TMP/ping/log"
	ila_move c2 h2 h3 $ILA_SIR:2000:0:2:b
	check_within 5 "c2 has moved: behind the locator of h3, sequence 1" \
		mapping h1 2000:0:2:b ".sequence == 1 and
		.locators[0].locator == \"$ILA_LOC:3::/64\""
	check_within 5 "h2 has it elsewhere now, too" behind h2 2000:0:2:b 3
	check_within 5 "containers reach each other" reaches c1 $ILA_SIR:2000:0:2:b
	sleep 0.3
	read -r sent lost gap <<<"$(traffic_stop ping)"
	echo "moved: $sent sent, $lost lost, longest gap $gap ms"
	check "no timer had to end for that" test "$gap" -lt 3000
	check_within 5 "nobody calls it a duplicate" ctl_json h1 "show ila" '.duplicates == 0'
}

# The reflector dies without a word and comes back: nobody forgets, nothing is lost.
restarted()
{
	local sent lost gap

	traffic_start ping c1 $ILA_SIR:2000:0:2:b
	wait_for 5 grep -q 'icmp_seq=20 ' "$T_TMP/ping/log"
	was=$(told h4)
	rr_crash rr
	check_within 15 "rr is gone: routes are stale" ip6_route h1 \
		"$ILA_SIR:2000:0:2:b/128" .stale
	check "the mapping is what it was" behind h1 2000:0:2:b 3
	rr_again rr
	check_within 30 "rr is back, all are told" ip6_route h1 \
		"$ILA_SIR:2000:0:2:b/128" '.stale | not'
	for i in 1 2 3 4; do
		check_within 20 "h$i: End-of-RIB" ila_eor h$i 10.77.0.1 ipv6Unicast
	done
	check_within 5 "fresh, and where it was" behind h1 2000:0:2:b 3
	read -r sent lost gap <<<"$(traffic_stop ping)"
	echo "meanwhile: $sent sent, $lost lost, longest gap $gap ms"
	check "nothing was lost" test "$lost" = 0
	check "what a host told its kernel of mappings: nothing" test "$(told h4)" = "$was"
}

withdrawn()
{
	ctl h3 "endpoint delete c2"
	check_within 5 "c2 is deleted: no mapping" no_mapping h1 2000:0:2:b
	check_not "and no way" reaches c1 $ILA_SIR:2000:0:2:b
	check_within 3 "who asks is answered, and counted" ctl_json h1 "show ila dataplane" \
		'.default.packets.noMapping > 0'
}

# A reflector that puts itself as next hop: only the copy says what the locator is.
next_hop()
{
	ctl h6 "configure terminal" ila "identifier 2000:0:6:1" >/dev/null
	check_within 5 "nh: the next hop is its own" ip6_route h5 \
		"$ILA_SIR:2000:0:6:1/128" '.nexthops[0].ip == "fd00:77::2"'
	check_within 5 "the locator is that of the community" behind h5 2000:0:6:1 6
	ctl h6 "configure terminal" ila "no locator-community" >/dev/null
	check_within 5 "without it the locator would be where the reflector is" \
		mapping h5 2000:0:6:1 '.locators[0].locator == "fd00:77::/64"'
	ctl h6 "configure terminal" ila "locator-community" >/dev/null
	check_within 5 "and with it again" behind h5 2000:0:6:1 6
	# It moves, and the old place is silent only once it hears of the new one: a
	# reflector that knows no sequence must like the new path better.
	ctl h5 "configure terminal" ila "locator-community" >/dev/null
	ctl h5 "endpoint add y tenant green interface y ip $ILA_SIR:2000:0:6:2" >/dev/null
	check_within 5 "nh: an endpoint of h5" behind h6 2000:0:6:2 5
	ctl h6 "endpoint add y tenant green interface y ip $ILA_SIR:2000:0:6:2" >/dev/null
	check_within 5 "nh: it moves to h6, and nh passes that on" \
		mapping h5 2000:0:6:2 ".outbid and .sequence == 1 and
		.locators[0].locator == \"$ILA_LOC:6::/64\""
	ctl h5 "endpoint add y tenant green interface y2 ip $ILA_SIR:2000:0:6:2" >/dev/null
	check_within 5 "nh: and back" mapping h6 2000:0:6:2 '.outbid and .sequence == 2'
}

# A route server: hosts are ASes, and weights stay within each.
route_server()
{
	local i

	for i in 8 9; do
		ctl h$i "configure terminal" ila "identifier 2000:0:$i:1" \
			"identifier 2000:0:8:7 anycast weight ${i}0" >/dev/null
	done
	check_within 5 "rs: h7 has that of h8" behind h7 2000:0:8:1 8
	check_within 5 "rs: h9, too" behind h9 2000:0:8:1 8
	check_within 5 "rs: and h8 that of h9" behind h8 2000:0:9:1 9
	check "with the AS of the host alone in the path" ip6_route h7 \
		"$ILA_SIR:2000:0:8:1/128" '.aspath.string == "65008"'
	check_within 5 "anycast of two ASes: both, alike" behind h7 2000:0:8:7 8x1 9x1
	ctl h8 "configure terminal" ila "no identifier 2000:0:8:1" >/dev/null
	check_within 5 "rs: withdrawn" no_mapping h7 2000:0:8:1
	# It moves: h9 has it, and h8 had it.
	ctl h8 "endpoint add x tenant green interface x ip $ILA_SIR:2000:0:8:9" >/dev/null
	check_within 5 "rs: an endpoint of h8" behind h7 2000:0:8:9 8
	check_within 5 "rs: known to h9" behind h9 2000:0:8:9 8
	ctl h9 "endpoint add x tenant green interface x ip $ILA_SIR:2000:0:8:9" >/dev/null
	check_within 5 "rs: it moves to h9" mapping h7 2000:0:8:9 \
		".sequence == 1 and .locators[0].locator == \"$ILA_LOC:9::/64\""
	check_within 5 "rs: h8 keeps quiet" mapping h8 2000:0:8:9 '.outbid and
		(.announced | not)'
}

play()
{
	stage
	sessions
	arrive
	rr_facts
	ordinary
	anycast
	moved
	next_hop
	route_server
	restarted
	withdrawn
	finish
}
