# A fib process that is told by lines of text what to do (fibfeed), under the capabilities
# that it has in earnest. Sourced after tests/lib.sh.
tools=$T_BUILD/tests/system
# As fib runs: the kernel refuses some of what root could do without these bounds.
caps=-all,+net_admin,+bpf,+perfmon
[ -x "$tools/fibfeed" ] || die "tests/system/fibfeed is not built"

# feed_start HOST [OPTION...] - a fib process and its engine, which audits every second
# unless an option says otherwise; feed HOST LINE tells it.
feed_start()
{
	local h=$1 d

	shift
	d=$(dir_of "$h")
	bpffs_add "$h" || skip "no BPF file system can be mounted"
	[ -p "$d/in" ] || mkfifo "$d/in"
	: >"$d/log"
	daemon_start "$h" "$h" setpriv "--bounding-set=$caps" "--inh-caps=$caps" \
		"$tools/fibfeed" "$d/in" "$d/bpf" audit 1 "$@"
	wait_for 5 said "$h" '^fib [0-9]' || die "fibfeed on $h does not start"
}

feed()
{
	local h=$1

	shift
	printf '%s\n' "$@" >"$T_TMP/$h/in"
}

said()
{
	grep -q -- "$2" "$T_TMP/$1/log"
}

settled_more()
{
	[ "$(grep -c '^settled' "$T_TMP/$1/log")" -gt "$2" ]
}

# settle HOST... - until nothing differs any more.
settle()
{
	local h n

	for h; do
		n=$(grep -c '^settled' "$T_TMP/$h/log")
		feed "$h" settle
		wait_for 10 settled_more "$h" "$n" || fail "fib on $h does not settle"
	done
}

# feed_end HOST clean|keep - the engine leaves on purpose, and fib with it.
feed_end()
{
	feed "$1" "exit $2"
	wait_for 10 t_all_dead "$(pid_of "$1")" || fail "fib on $1 does not end"
	unset "T_PID[$1]"
}

# workload_is HOST DEVICE ERR POLICY - was this told last of the device?
workload_is()
{
	awk -v d="dev=$2" '$1 == "workload_state" && $2 == d { last = $0 }
		END { print last }' "$T_TMP/$1/log" | grep -q "policy=$4 err=$3\( \|$\)"
}

# kill_both HOST - fib and its engine, without a word.
kill_both()
{
	local fib

	fib=$(awk '$1 == "fib" { print $2; exit }' "$T_TMP/$1/log")
	kill -KILL "$(pid_of "$1")" "$fib"
	wait_for 5 t_all_dead "$(pid_of "$1")" "$fib"
	unset "T_PID[$1]"
}
