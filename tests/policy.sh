# For tests of policy that runs: sourced after lib.sh. The documents are in
# $T_TMP/policy.json; containers of tenant red are 192.0.2.N.

# policed_conf K [PLANE] - host K of the reflector 10.77.0.1.
policed_conf()
{
	cat <<-END
	router bgp 65000
	 bgp router-id 10.77.0.1$1
	 bgp graceful-restart
	 bgp graceful-restart preserve-fw-state
	 neighbor 10.77.0.1 remote-as internal
	 neighbor 10.77.0.1 timers connect 1
	 address-family l2vpn evpn
	  neighbor 10.77.0.1 activate
	  neighbor 10.77.0.1 labels accept
	 exit-address-family
	exit
	identity
	 domain 7
	 label-keys app
	 policy file $T_TMP/policy.json
	exit
	tenant red
	 vni 100
	 local-vtep 10.77.0.1$1
	${2:+ dataplane $2}
	exit
	END
}

# endpoint_add HOST NAME N APP - the host is told of a container.
endpoint_add()
{
	ctl "$1" "endpoint add $2 tenant red interface c-$2 mac 02:00:00:00:00:0$3 ip 192.0.2.$3 labels app=$4"
}

# plug HOST NAME N APP - a container, and what the host is told of it.
plug()
{
	ns_add "$2"
	ip -n "$T_ID-$2" link add eth0 address "02:00:00:00:00:0$3" type veth \
		peer name "c-$2" netns "$T_ID-$1"
	in_ns "$1" ip link set "c-$2" up
	in_ns "$2" ip addr add "192.0.2.$3/24" dev eth0
	in_ns "$2" ip link set eth0 up
	endpoint_add "$@"
}

pings() # NAME N
{
	in_ns "$1" ping -q -c 1 -W 0.5 "192.0.2.$2" >/dev/null
}

# echoes NAME ADDR PORT - a TCP connection, and an answer on it.
echoes()
{
	in_ns "$1" timeout 3 python3 -c "
import socket
s = socket.create_connection(('$2', $3), 0.5)
s.sendall(b'x'); assert s.recv(1) == b'x'" 2>/dev/null
}

opens() # NAME N PORT
{
	echoes "$1" "192.0.2.$2" "$3"
}

# serve NAME PORT - who answers, IPv4 and IPv6.
serve()
{
	daemon_start "serve-$1-$2" "$1" python3 -c "
import socket, socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(self.request.recv(1))
class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
Server(('::', $2), Echo).serve_forever()"
	wait_for 5 sh -c "nsenter --net=/run/netns/$T_ID-$1 ss -ltn | grep -q ':$2 '"
}
