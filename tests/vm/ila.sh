# Hosts and containers for ILA: sourced by tests of tests/vm after vm.sh.
SIR=2001:db8:c0de:1 L1=2001:db8:100:1 L2=2001:db8:100:2

# ila NS WHAT [ARG...] - ila.py in a namespace.
ila()
{
	in_ns "$1" python3 "$T_VM/ila.py" "${@:2}"
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
