# Who may speak with whom: the demo's part about labels and policy, sourced by it.
# Containers of red (VXLAN, sent and received by our programs) and of green (ILA) have
# labels; both hosts have one document.

documents=$T_TMP/policy.json

# policy_document APP... - app=web takes echo requests from everybody, TCP 80 from these
# and TCP 22 from role=admin.
policy_document()
{
	local a peers=

	for a; do
		peers+="${peers:+, }{\"matchLabels\": {\"app\": \"$a\"}}"
	done
	cat >"$documents" <<-END
	[{"labels": ["web"],
	  "endpointSelector": {"matchLabels": {"app": "web"}},
	  "ingress": [
	   {"icmps": [{"fields": [{"family": "IPv4", "type": 8}, {"family": "IPv6", "type": 128}]}]},
	   {"fromEndpoints": [$peers],
	    "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}]}]},
	   {"fromEndpoints": [{"matchLabels": {"role": "admin"}}],
	    "toPorts": [{"ports": [{"port": "22", "protocol": "TCP"}]}]}]}]
	END
	chmod 644 "$documents"
}

# policy_conf - what a host's configuration has of it.
policy_conf()
{
	cat <<-END
	identity
	 domain 7
	 label-keys app role
	 policy file $documents
	END
}

# serve NS PORT [OPTION] - somebody who takes connections.
serve()
{
	daemon_start "serve-$1-$2" "$1" nc -lk ${3:+"$3"} "$2"
	wait_for 5 sh -c "nsenter --net=/run/netns/$T_ID-$1 ss -ltn | grep -q ':$2 '"
}

# opens NS ADDR PORT - does a connection come about?
opens()
{
	in_ns "$1" timeout 0.2 nc -z "$2" "$3"
}

shut()
{
	! opens "$@"
}

# timed TEXT CHECK... - how long until it is true, after a command.
timed()
{
	local text=$1 at

	shift
	at=$(now_ms)
	check_within 5 "$text" "$@"
	echo "    $(($(now_ms) - at)) ms after the command"
}

# tell HOST COMMAND - an operator's command, shown.
tell()
{
	echo "$1\$ selvagectl -c \"$2\""
	ctl "$1" "$2"
}

segments()
{
	in_ns "$1" awk '/^Tcp: [0-9]/ { print $11 }' /proc/self/net/snmp
}

# dropped HOST REASON - are any counted?
dropped()
{
	ctl "$1" "show policy json" | grep -q "\"$2\": *[1-9]"
}

seen()
{
	grep -q "$1" "$T_TMP/monitor/log"
}

policy_endpoints()
{
	local i labels=(- app=test app=web)

	for i in 1 2; do
		tell host$i "endpoint add red$i tenant red interface c-red$i mac $(mac_of red$i) \
ip 192.168.100.$i labels ${labels[i]}"
		tell host$i "endpoint set green$i labels ${labels[i]}"
	done
	for i in 1 2; do
		check "host$i: red$i and green$i are ready" ctl host$i \
			"endpoint wait red$i timeout 10" "endpoint wait green$i timeout 10"
	done
}

# ---- refused -----------------------------------------------------------------------

policy_refuses()
{
	local was

	sed 's/^/    /' "$documents"
	policy_endpoints
	serve red2 80
	serve red2 22
	serve green2 80 -6
	was=$(segments red2)
	daemon_start monitor host2 "$T_BUILD/selvagectl" --rundir "$T_TMP/host2/run" -c monitor
	check_within 5 "red1 still reaches red2" soon red1 192.168.100.2
	check_within 5 "and green1 green2" soon green1 "${sir[green2]}"
	ask host2 "policy trace from 192.168.100.1 to red2 port tcp/80"
	check "red1 gets no connection to port 80 of red2" shut red1 192.168.100.2 80
	check "green1 none to that of green2" shut green1 "${sir[green2]}" 80
	check "nothing has arrived at red2" test "$(segments red2)" = "$was"
	check_within 5 "host2 names what it dropped" seen 'policy ingress: .*app=test -> .* red2 '
	check_within 5 "of both" seen 'policy ingress: .*app=test -> .* green2 '
	echo "host2\$ selvagectl -c monitor"
	head -n 2 "$T_TMP/monitor/log" | sed 's/^/    /'
	daemon_stop monitor
}

# ---- allowed -----------------------------------------------------------------------

policy_allows()
{
	tell host1 "endpoint set red1 labels app=shop"
	timed "with other labels at host1, host2 lets red1 in" opens red1 192.168.100.2 80
	echo "host2\$ vi $documents; kill -HUP $(pid_of host2)"
	policy_document shop test
	grep -n '"test"' "$documents" | sed 's/^/    /'
	kill -HUP "$(pid_of host2)"
	timed "with another document, host2 lets green1 in" opens green1 "${sir[green2]}" 80
	ask host2 "show policy endpoint red2"
	check_within 5 "what was dropped is counted" dropped host2 policy
	check_not "red1 still does not reach what only blue has" soon red1 192.168.100.20
	check_not "nor green1 lime2" soon green1 "${sir[lime2]}"
}

# ---- a liar ------------------------------------------------------------------------

refused()
{
	grep "labels permit refused.*role=admin" "$T_TMP/$1/log"
}

policy_lies()
{
	local permit=("label-list HOSTS permit app=*" "router bgp 65000"
		"address-family l2vpn evpn" "neighbor 10.77.0.1 labels permit HOSTS" end)

	check "port 22 of red2 is for role=admin: shut" shut red1 192.168.100.2 22
	tell host1 "endpoint set red1 labels app=shop,role=admin"
	if [ $reflector = selvage ]; then
		check_within 5 "the reflector lets host1 have no such labels" refused rr
		refused rr | cut -c26- | sed 's/^/    /'
	else
		check_within 5 "$reflector looks at no labels: host2 believes the lie, port 22 opens" \
			opens red1 192.168.100.2 22
		echo "So host2 takes from $reflector what any host may claim, and no more. What one host"
		echo "may and another may not, only a reflector could tell that knows of labels."
		echo "host2\$ selvagectl -c configure$(printf ' -c "%s"' "${permit[@]}")"
		ctl host2 configure "${permit[@]}"
		check_within 5 "host2 lets nobody have such labels" refused host2
		refused host2 | cut -c26- | sed 's/^/    /'
	fi
	check_within 5 "port 22 is shut" shut red1 192.168.100.2 22
	tell host1 "endpoint set red1 labels app=shop"
	timed "who is honest again has port 80" opens red1 192.168.100.2 80
	check "and not port 22" shut red1 192.168.100.2 22
}
