# Tests of a reflector among peers that mean harm: sourced after lib.sh and evpn.sh.
# Namespace rr is the reflector, good holds the two sessions that tell how others fare
# meanwhile (tests/system/hostile.py probe), bad is where the harm comes from.
need python3 jq
HOSTILE=$T_SRC/tests/system/hostile.py
RR=10.79.0.1
LATE_MS=2000 # a route of the good ones must be there by then, whatever goes on

# hostile_start [LINE...] - reflector (lines go below `router bgp`), probe, bad ones.
# Everything in 10.79.0.0/16 may call; the good ones are named.
hostile_start()
{
	local line

	fabric_add
	host_add rr $RR/16
	host_add good 10.79.0.2/16 10.79.0.3/16
	host_add bad 10.79.1.1/16 10.79.1.2/16 10.79.1.3/16 10.79.1.4/16 10.79.1.5/16 10.79.1.6/16
	{
		reflector_conf $RR 10.79.0.0/16 | sed '/address-family/,$d'
		for line in "neighbor 10.79.0.2 peer-group hosts" \
			"neighbor 10.79.0.3 peer-group hosts" "$@"; do
			echo " $line"
		done
		reflector_conf $RR 10.79.0.0/16 | sed -n '/address-family/,$p'
	} >"$(dir_of rr)/selvage.conf"
	selvaged_start rr --web.listen-address 127.0.0.1:9474
	wait_for 5 ctl rr "show version" || die "no reflector"
	mkfifo "$(dir_of good)/ask"
	daemon_start good good sh -c \
		"exec python3 '$HOSTILE' probe $RR 10.79.0.2 10.79.0.3 <'$T_TMP/good/ask'"
	exec 4>"$T_TMP/good/ask"
	wait_for 5 grep -q ready "$T_TMP/good/log" || die "no sessions of the good ones"
	engine=$(pgrep -P "$(pid_of rr)" | head -n 1)
}

bad()
{
	in_ns bad timeout 30 python3 "$HOSTILE" "$1" $RR "${@:2}"
}

# bad_start NAME ATTACK... - in the background; its standard input is the file NAME/ask.
bad_start()
{
	local name=$1

	shift
	mkfifo "$(dir_of "$name")/ask"
	daemon_start "$name" bad sh -c \
		"exec timeout 60 python3 '$HOSTILE' $1 $RR ${*:2} <>'$T_TMP/$name/ask'"
}

# metric 'NAME{LABELS}' - its value; 0 when it is not there.
metric()
{
	http_get rr 9474 /metrics | awk -v m="$1" '$1 == m { v = $2 } END { print v + 0 }'
}

refused()
{
	metric "selvage_bgp_rejected_connections_total{reason=\"$1\"}"
}

limits()
{
	metric "selvage_bgp_limits_reached_total{limit=\"$1\"}"
}

# counted MORE-THAN FUNCTION ARGUMENT
counted()
{
	[ "$("$2" "$3")" -gt "$1" ]
}

kb_of()
{
	awk -v k="$1:" '$1 == k { print $2 }' "/proc/$engine/status"
}

log_lines()
{
	wc -l <"$T_TMP/rr/log"
}

# What the good ones say of the time since they were asked last.
good_say()
{
	local n

	n=$(wc -l <"$T_TMP/good/log")
	echo say >&4
	wait_for 10 sh -c "[ \$(wc -l <'$T_TMP/good/log') -gt $n ]" || echo "silent"
	tail -n 1 "$T_TMP/good/log"
}

# attack TEXT MEGABYTES LINES CMD... - run it and check what it has done to the others,
# to the memory (its peak while it lasted) and to the log.
attack()
{
	local text=$1 mb=$2 lines=$3 said kb log

	shift 3
	good_say >/dev/null
	echo 5 >"/proc/$engine/clear_refs" # the peak begins anew
	kb=$(kb_of VmRSS) log=$(log_lines)
	"$@" || fail "$text: could not be done"
	said=$(good_say)
	kb=$(($(kb_of VmHWM) - kb)) log=$(($(log_lines) - log))
	echo "$text: good ones: $said; peak +$kb kB; log +$log lines"
	check "$text: the others lose neither session nor route" \
		grep -q 'lost=0 .*down=0' <<<"$said"
	check "$text: their routes arrive within $LATE_MS ms" \
		test "$(sed 's/.*max_ms=\([0-9]*\).*/\1/' <<<"$said")" -lt $LATE_MS
	check "$text: at most $mb MB more" test $kb -le $((mb << 10))
	check "$text: at most $lines lines are logged" test $log -le "$lines"
	kill -0 "$engine" || die "$text: the engine is gone"
}
