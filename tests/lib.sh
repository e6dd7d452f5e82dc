# Tests in network namespaces: sourced by bash scripts of tests/system, tests/interop,
# tests/demo and tests/bench. A test prints PASS or FAIL for each fact and ends with
# `finish`; whatever way it ends, its processes, namespaces and folders are gone
# afterwards. Names carry a prefix of their own, so that tests can run side by side.
#
# Namespaces are entered with nsenter, never `ip netns exec`: that one remounts /sys,
# which neither a chroot nor a container needs to allow.
set -u

T_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
T_BUILD=${SELVAGE_BUILD:-$T_SRC/build}
T_NAME=$(basename "$0")
T_ID=sv$$-$RANDOM
T_USER=${SELVAGE_USER:-nobody}
T_FAILED=0
T_MADE_RUN= # we made /var/run/frr
T_NS=() T_DIRS=() T_MOUNTS=()
declare -A T_PID=()

# ---- results --------------------------------------------------------------------

pass()
{
	echo "PASS $*"
}

fail()
{
	echo "FAIL $*"
	T_FAILED=$((T_FAILED + 1))
}

# skip REASON - leave the test: something that it needs is not here.
skip()
{
	echo "SKIP: $*"
	exit 77
}

# die REASON - leave the test: going on makes no sense.
die()
{
	fail "$*"
	exit 1
}

# check TEXT CMD... - PASS if the command succeeds.
check()
{
	local text=$1

	shift
	if "$@"; then pass "$text"; else fail "$text"; fi
}

# check_not TEXT CMD... - PASS if it does not.
check_not()
{
	local text=$1

	shift
	if "$@"; then fail "$text"; else pass "$text"; fi
}

# check_within SECONDS TEXT CMD... - PASS once it succeeds, FAIL when time is over.
check_within()
{
	local limit=$1 text=$2

	shift 2
	if wait_for "$limit" "$@"; then pass "$text"; else fail "$text"; fi
}

# finish - the end of every test.
finish()
{
	[ "$T_FAILED" = 0 ] || exit 1
	exit 0
}

now_ms()
{
	local t=$EPOCHREALTIME

	echo $((${t%[.,]*} * 1000 + 10#${t#*[.,]} / 1000))
}

# wait_for SECONDS CMD... - poll until the command succeeds; 1 when time is over.
# Its output is dropped.
wait_for()
{
	local end=$(($(now_ms) + $1 * 1000))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now_ms)" -lt $end ] || return 1
		sleep 0.05
	done
}

# need CMD... - skip the test unless all of these programs are there.
need()
{
	local c

	for c; do
		command -v "$c" >/dev/null || [ -x "/usr/lib/frr/$c" ] ||
			skip "$c is not installed"
	done
}

# ---- leaving --------------------------------------------------------------------

# Processes that are still in one of our namespaces.
t_leftovers()
{
	local ns

	for ns in "${T_NS[@]}"; do
		ip netns pids "$T_ID-$ns" 2>/dev/null
	done
}

t_any_alive()
{
	local p

	for p; do
		! kill -0 "$p" 2>/dev/null || return 0
	done
	return 1
}

t_all_dead()
{
	! t_any_alive "$@"
}

# Those of the processes we started that are still our children: a number may have
# been given to somebody else since.
t_children()
{
	local p

	for p in "${T_PID[@]}"; do
		[ "$(ps -o ppid= -p "$p" 2>/dev/null)" -eq $$ ] 2>/dev/null && echo "$p"
	done
}

t_kill()
{
	local pids

	# shellcheck disable=SC2207
	pids=($(t_children) $(t_leftovers))
	if [ ${#pids[@]} -gt 0 ]; then
		kill -TERM "${pids[@]}" 2>/dev/null
		kill -CONT "${pids[@]}" 2>/dev/null
		wait_for 3 t_all_dead "${pids[@]}"
		# shellcheck disable=SC2046
		kill -KILL "${pids[@]}" $(t_leftovers) 2>/dev/null
	fi
	wait 2>/dev/null
}

t_remove()
{
	local ns d

	for ns in "${T_NS[@]}"; do
		ip netns del "$T_ID-$ns" 2>/dev/null
	done
	for d in "${T_MOUNTS[@]}"; do
		umount -l "$d" 2>/dev/null
	done
	for d in "${T_DIRS[@]}"; do
		rm -rf "$d"
	done
	[ -z "$T_MADE_RUN" ] || rmdir /var/run/frr 2>/dev/null
	return 0
}

# What sanitizers found in programs of ours, those included that ended with the test.
t_reports()
{
	local f

	for f in "$T_TMP"/reports/*; do
		[ -s "$f" ] || continue
		fail "no sanitizer has anything to report: ${f##*/}"
		head -n 60 "$f"
	done
}

t_cleanup()
{
	t_kill
	t_reports
	t_remove
}

# What the daemons said, for whoever has to find out why a test failed.
t_show_logs()
{
	local f

	for f in "$T_TMP"/*/log; do
		[ -s "$f" ] || continue
		echo "---- ${f#"$T_TMP"/} (last lines)"
		tail -n "${SELVAGE_LOG_LINES:-25}" "$f"
	done
}

t_exit()
{
	local status=$?

	trap '' INT TERM HUP
	[ $status = 0 ] || [ $status = 77 ] || t_show_logs
	t_cleanup 2>/dev/null
	case $status in 0 | 77) [ "$T_FAILED" = 0 ] || status=1 ;; esac
	exit $status
}

# keep_running - leave everything as it is when the script ends; stop_kept with the
# file named in T_STATE cleans up later.
keep_running()
{
	declare -p T_ID T_TMP T_PID T_NS T_DIRS T_MOUNTS T_MADE_RUN | sed 's/^declare -/declare -g -/' \
		>"$T_TMP/state"
	trap - EXIT INT TERM HUP
	T_STATE=$T_TMP/state
}

stop_kept()
{
	local mine=$T_TMP

	# shellcheck disable=SC1090
	. "$1" && t_cleanup 2>/dev/null
	T_TMP=$mine T_DIRS=("$mine") T_NS=() T_MOUNTS=() T_PID=()
}

# ---- namespaces -----------------------------------------------------------------

# in_ns NS CMD... - run a command in one of our namespaces.
in_ns()
{
	local ns=$1

	shift
	nsenter --net="/run/netns/$T_ID-$ns" "$@"
}

# ns_add NS... - a namespace with its loopback up. Devices appear and vanish at our
# word only: no IPv6 address configuration, no router advertisements.
ns_add()
{
	local ns

	for ns; do
		ip netns add "$T_ID-$ns" || die "cannot make namespace $ns"
		T_NS+=("$ns")
		in_ns "$ns" sh -c 'ip link set lo up
			for d in all default; do
				echo 0 >/proc/sys/net/ipv6/conf/$d/accept_ra
				echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad
			done' || die "cannot set up namespace $ns"
	done
}

ns_del()
{
	local ns keep=()

	in_ns "$1" true 2>/dev/null && ip netns del "$T_ID-$1"
	for ns in "${T_NS[@]}"; do
		[ "$ns" = "$1" ] || keep+=("$ns")
	done
	T_NS=("${keep[@]}")
}

# ns_link NS1 DEV1 NS2 DEV2 - a cable between two namespaces, both ends up.
ns_link()
{
	ip -n "$T_ID-$1" link add "$2" type veth peer name "$4" netns "$T_ID-$3" &&
		ip -n "$T_ID-$1" link set "$2" up && ip -n "$T_ID-$3" link set "$4" up
}

# fabric_add [NS] - the underlay: a bridge that hosts are plugged into.
fabric_add()
{
	local ns=${1:-fabric}

	ns_add "$ns"
	in_ns "$ns" ip link add br0 type bridge forward_delay 0
	in_ns "$ns" ip link set br0 up
}

# host_add NS ADDR/LEN... - a namespace with eth0 on the fabric.
host_add()
{
	local ns=$1 a

	shift
	ns_add "$ns"
	ns_link "$ns" eth0 fabric "p-$ns" || die "cannot plug $ns"
	in_ns fabric ip link set "p-$ns" master br0
	for a; do
		in_ns "$ns" ip addr add "$a" dev eth0
	done
}

# vxlan_add NS VNI LOCAL [BRIDGE-ADDR/LEN] - bridge br<VNI> and device vx<VNI>, as an
# operator of FRR makes them.
vxlan_add()
{
	in_ns "$1" sh -ec "
		ip link add br$2 type bridge forward_delay 0
		ip link set br$2 up
		ip link add vx$2 type vxlan id $2 local $3 dstport 4789 nolearning
		ip link set vx$2 master br$2 up
		ip link set vx$2 type bridge_slave learning off neigh_suppress on
		[ -z '${4:-}' ] || ip addr add '${4:-}' dev br$2"
}

# container_add NS HOST BRIDGE MAC ADDR/LEN - a namespace whose eth0 is plugged into a
# bridge of a host. It announces itself when its link comes up, as containers do.
container_add()
{
	ns_add "$1"
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/default/arp_notify
		echo 1 >/proc/sys/net/ipv4/conf/all/arp_notify'
	container_plug "$@"
}

container_plug()
{
	ip -n "$T_ID-$1" link add eth0 address "$4" type veth \
		peer name "c-$1" netns "$T_ID-$2" &&
		in_ns "$2" ip link set "c-$1" master "$3" up &&
		in_ns "$1" ip addr add "$5" dev eth0 &&
		in_ns "$1" ip link set eth0 up
}

# container_move NS HOST BRIDGE MAC ADDR/LEN - unplug it where it is, plug it in there.
container_move()
{
	in_ns "$1" ip link del eth0
	container_plug "$@"
}

# ---- daemons --------------------------------------------------------------------

# dir_of NAME - its folder, made when absent.
dir_of()
{
	mkdir -p "$T_TMP/$1"
	echo "$T_TMP/$1"
}

# daemon_start NAME NS CMD... - in the background; its output goes to NAME/log.
daemon_start()
{
	local name=$1 ns=$2 log

	shift 2
	log=$(dir_of "$name")/log
	nsenter --net="/run/netns/$T_ID-$ns" "$@" >>"$log" 2>&1 </dev/null &
	T_PID[$name]=$!
	disown $! # or bash reports each one that we kill
}

# bpffs_add NAME - a BPF file system of its own at NAME/bpf, which selvaged_start names.
bpffs_add()
{
	local d

	d=$(dir_of "$1")/bpf
	[ ! -d "$d" ] || return 0
	mkdir "$d" && mount -t bpf bpf "$d" || return 1
	T_MOUNTS+=("$d")
}

pid_of()
{
	echo "${T_PID[$1]}"
}

alive()
{
	kill -0 "${T_PID[$1]}" 2>/dev/null
}

# daemon_stop NAME [SIGNAL] - and wait until it is gone.
daemon_stop()
{
	local pid=${T_PID[$1]:-}

	[ -n "$pid" ] || return 0
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	wait_for 5 t_all_dead "$pid" || kill -KILL "$pid" 2>/dev/null
	unset "T_PID[$1]"
}

# selvaged_start NAME [OPTION...] - in namespace NAME with the configuration
# NAME/selvage.conf, which must be there; run and state folders below NAME.
selvaged_start()
{
	local name=$1 d

	shift
	d=$(dir_of "$name")
	install -d -o "$T_USER" -g "$(id -gn "$T_USER")" -m 750 "$d/run" "$d/state"
	chown "$T_USER:" "$d/selvage.conf"
	daemon_start "$name" "$name" "$T_BUILD/selvaged" -d -f "$d/selvage.conf" \
		--rundir "$d/run" --statedir "$d/state" --bpf-dir "$d/bpf" \
		-u "$T_USER" -i "$d/pid" "$@"
}

# ctl NAME COMMAND... - ask a selvaged; each argument is one command.
ctl()
{
	local name=$1 args=() c

	shift
	for c; do
		args+=(-c "$c")
	done
	"$T_BUILD/selvagectl" --rundir "$T_TMP/$name/run" "${args[@]}"
}

# ctl_json NAME COMMAND FILTER - succeeds if jq's filter gives true.
ctl_json()
{
	ctl "$1" "$2 json" | jq -e "$3" >/dev/null
}

# selvaged_up NAME PEER - is that session established?
selvaged_up()
{
	ctl "$1" "show bgp summary json" |
		tr -d ' \n' | grep -q "\"$2\":{[^}]*\"state\":\"Established\""
}

# lab_play NAME SCRIPT [ARG...] - run a script of raw speakers (tests/interop/lab.py) in
# the namespace of a selvaged that it can ask.
lab_play()
{
	local name=$1

	shift
	in_ns "$name" env RUNDIR="$T_TMP/$name/run" SELVAGECTL="$T_BUILD/selvagectl" \
		METRICS=127.0.0.1:9342 python3 "$@"
}

# gobgpd_start NS ROUTER-ID PREFIX [AS [OPTION...]] - a route reflector for whoever
# calls from that prefix: EVPN and RT constraint, and what GOBGPD_FAMILIES names;
# graceful restart on. After a crash it wants the option -r, else it tells that its
# forwarding state is lost.
gobgpd_start()
{
	local ns=$1 as=${4:-65000} d f

	d=$(dir_of "$1")
	cat >"$d/gobgpd.toml" <<-EOF
	[global.config]
	  as = $as
	  router-id = "$2"
	[[peer-groups]]
	  [peer-groups.config]
	    peer-group-name = "vteps"
	    peer-as = $as
	  [peer-groups.timers.config]
	    hold-time = 9
	    keepalive-interval = 3
	  [peer-groups.route-reflector.config]
	    route-reflector-client = true
	    route-reflector-cluster-id = "$2"
	  [peer-groups.graceful-restart.config]
	    enabled = true
	    restart-time = 120
	    long-lived-enabled = true
	    notification-enabled = true
	  [[peer-groups.afi-safis]]
	    [peer-groups.afi-safis.config]
	      afi-safi-name = "l2vpn-evpn"
	    [peer-groups.afi-safis.mp-graceful-restart.config]
	      enabled = true
	    [peer-groups.afi-safis.long-lived-graceful-restart.config]
	      enabled = true
	      restart-time = 600
	  [[peer-groups.afi-safis]]
	    [peer-groups.afi-safis.config]
	      afi-safi-name = "rtc"
	EOF
	for f in ${GOBGPD_FAMILIES:-}; do
		cat <<-EOF
		  [[peer-groups.afi-safis]]
		    [peer-groups.afi-safis.config]
		      afi-safi-name = "$f"
		    [peer-groups.afi-safis.mp-graceful-restart.config]
		      enabled = true
		EOF
	done >>"$d/gobgpd.toml"
	cat >>"$d/gobgpd.toml" <<-EOF
	[[dynamic-neighbors]]
	  [dynamic-neighbors.config]
	    prefix = "$3"
	    peer-group = "vteps"
	EOF
	shift $(($# > 4 ? 4 : $#))
	daemon_start "$ns" "$ns" gobgpd -f "$d/gobgpd.toml" -l info -p "$@"
	wait_for 10 in_ns "$ns" gobgp global
}

gobgp_routes()
{
	in_ns "$1" gobgp global rib -a evpn
}

# frr_vtep_conf ROUTER-ID PEER [AS] - configuration of a host that runs FRR.
frr_vtep_conf()
{
	local as=${3:-65000}

	cat <<-EOF
	frr defaults datacenter
	router bgp $as
	 bgp router-id $1
	 no bgp default ipv4-unicast
	 neighbor $2 remote-as $as
	 neighbor $2 timers 3 9
	 neighbor $2 timers connect 2
	 address-family l2vpn evpn
	  neighbor $2 activate
	  advertise-all-vni
	 exit-address-family
	EOF
}

# frr_reflector_conf ROUTER-ID PREFIX [AS] - FRR as the reflector of that prefix.
frr_reflector_conf()
{
	local as=${3:-65000}

	cat <<-EOF
	frr defaults datacenter
	router bgp $as
	 bgp router-id $1
	 no bgp default ipv4-unicast
	 neighbor hosts peer-group
	 neighbor hosts remote-as internal
	 neighbor hosts timers 3 9
	 bgp listen range $2 peer-group hosts
	 address-family l2vpn evpn
	  neighbor hosts activate
	  neighbor hosts route-reflector-client
	 exit-address-family
	EOF
}

# frr_start NS [DAEMON...] - FRR daemons (zebra and bgpd) with NS/frr.conf, in a
# configuration and run folder of their own.
frr_start()
{
	local ns=$1 tag=$T_ID-$1 d

	shift
	[ $# -gt 0 ] || set -- zebra bgpd
	for d in "/etc/frr/$tag" "/var/run/frr/$tag"; do
		T_DIRS+=("$d")
	done
	[ -d /var/run/frr ] || T_MADE_RUN=1
	install -d -o frr -g frr -m 755 /var/run/frr "/etc/frr/$tag" "/var/run/frr/$tag"
	: >"/etc/frr/$tag/vtysh.conf"
	install -o frr -g frr -m 640 "$T_TMP/$ns/frr.conf" "/etc/frr/$tag/frr.conf"
	for d; do
		frr_daemon "$ns" "$d"
		wait_for 10 test -S "/var/run/frr/$tag/$d.vty" || fail "$d in $ns"
	done
}

# frr_daemon NS DAEMON - one of them (again).
frr_daemon()
{
	local tag=$T_ID-$1 more=()

	[ "$2" != zebra ] || more=(-s 8388608)
	daemon_start "$1-$2" "$1" "/usr/lib/frr/$2" -N "$tag" -A 127.0.0.1 --log stdout \
		-f "/etc/frr/$tag/frr.conf" "${more[@]}"
}

# frr NS COMMAND... - ask FRR.
frr()
{
	local ns=$1 args=() c

	shift
	for c; do
		args+=(-c "$c")
	done
	vtysh -N "$T_ID-$ns" "${args[@]}" 2>/dev/null
}

frr_up()
{
	frr "$1" "show bgp l2vpn evpn summary json" |
		tr -d ' \n' | grep -q "\"$2\":{[^}]*\"state\":\"Established\""
}

# http_get NS PORT PATH - headers and body of an answer from loopback.
http_get()
{
	# shellcheck disable=SC2016
	in_ns "$1" timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" &&
		printf "GET %s HTTP/1.0\r\n\r\n" "$1" >&3 && cat <&3' "$2" "$3"
}

# ---- traffic --------------------------------------------------------------------

# reaches NS ADDR - one echo, one second.
reaches()
{
	in_ns "$1" ping -c 1 -W 1 -q "$2" >/dev/null 2>&1
}

# traffic_start NAME NS ADDR - 100 echo requests a second until traffic_stop.
traffic_start()
{
	rm -f "$T_TMP/$1/log"
	daemon_start "$1" "$2" ping -D -n -i 0.01 "$3"
}

# traffic_stop NAME - prints "SENT LOST GAP-MS": how many requests, how many without
# an answer (but for those still on their way), and the longest time between answers.
# For use in $(), so it leaves no trace in this shell.
traffic_stop()
{
	kill -INT "${T_PID[$1]}"
	wait_for 5 grep -q 'packets transmitted' "$T_TMP/$1/log"
	awk '
	/icmp_seq=[0-9]+ ttl=/ {
		match($0, /icmp_seq=[0-9]+/)
		seq = substr($0, RSTART + 9, RLENGTH - 9) + 0
		if (seen[seq]++)
			next
		n++
		if (seq > max)
			max = seq
		t = substr($1, 2) * 1000
		if (last && t - last > gap)
			gap = t - last
		last = t
	}
	/packets transmitted/ { sent = $1 }
	END {
		lost = max - n
		if (sent - max > 3)
			lost += sent - max
		printf "%d %d %d\n", sent, lost, gap
	}' "$T_TMP/$1/log"
}

# ---- start ----------------------------------------------------------------------

[ "$(id -u)" = 0 ] || skip "needs root"
export PATH=$PATH:/usr/sbin:/sbin
T_TMP=$(mktemp -d "${TMPDIR:-/tmp}/$T_NAME.XXXXXX") || exit 1
T_DIRS+=("$T_TMP")
chmod 711 "$T_TMP"
# A build with sanitizers writes what it finds into files here: not every daemon's exit
# status is looked at. Engines have a user of their own.
install -d -m 1777 "$T_TMP/reports"
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$T_TMP/reports/asan:log_exe_name=1"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}log_path=$T_TMP/reports/ubsan:log_exe_name=1"
trap t_exit EXIT
trap 'exit 130' INT TERM HUP
