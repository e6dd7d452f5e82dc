"""What a kernel's ILA holds and does. Not a test; the scripts of tests/vm run it.

ila.py xlat      the translation table: "MATCH LOCATOR CSUM IDENT IFINDEX", by a raw
                 dump (iproute2 6.1 prints locators that are not there)
ila.py routes    IPv6 routes with encap ila: "DST LOCATOR CSUM IDENT HOOK KIND PROTO
                 METRIC TABLE GATEWAY DEV WEIGHT", one line for each next hop, "-" for
                 what is not there
ila.py wire DEV  each new kind of IPv6 packet that comes in by DEV, as it comes:
                 "DST PROTOCOL CHECKSUM", the last one good or bad
ila.py serve     TCP: counts octets; UDP: echo; both on port 7 of any address
ila.py talk ADDR [SRC [OCTETS]]
                 to such a server; says "tcp ok udp ok", or what failed
"""
import mmap
import select
import socket
import struct
import sys

CSUM = ("adj-transport", "neutral-map", "no-action", "neutral-map-auto")
IDENT = {0: "iid", 1: "luid", 32: "use-format"}
HOOK = ("output", "input")
KIND = {1: "unicast", 2: "local", 4: "anycast", 5: "multicast", 6: "blackhole",
        7: "unreachable", 8: "prohibit", 9: "throw"}
NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
REQUEST_DUMP = 0x301
ETH_P_ALL, SOL_PACKET, PACKET_RX_RING = 3, 263, 5
PORT = 7


def attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        if size < 4:
            break
        found[kind & 0x3FFF] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def dump(protocol, kind, body):
    """All messages of a dump; again from the start when the table changed meanwhile."""
    while True:
        try:
            return dump_once(protocol, kind, body)
        except InterruptedError:
            pass


def dump_once(protocol, kind, body):
    messages = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as nl:
        nl.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST_DUMP, 1, 0) + body)
        while True:
            data = nl.recv(1 << 18)
            while data:
                size, kind, flags = struct.unpack_from("=IHH", data)
                if flags & 0x10 or kind == 2 and error_of(data) == -11:
                    raise InterruptedError
                if kind == 2 and error_of(data):
                    raise OSError(-error_of(data), "netlink")
                if kind in (2, 3):
                    return messages
                messages.append(data[16:size])
                data = data[(size + 3) & ~3:]


def error_of(message):
    return struct.unpack_from("=i", message, 16)[0]


def family(name):
    """The number of a generic netlink family, None if the kernel has none."""
    want = name.encode() + b"\0"
    for m in dump(NETLINK_GENERIC, 16, struct.pack("=BBH", 3, 1, 0)):
        a = attributes(m[4:])
        if a.get(2) == want:
            return struct.unpack("=H", a[1])[0]
    return None


def locator(data):
    return socket.inet_ntop(socket.AF_INET6, data + bytes(8)) if data else "-"


def number(data, default=0):
    return int.from_bytes(data, sys.byteorder) if data else default


def modes(a):
    return CSUM[number(a.get(7), 2)], IDENT.get(number(a.get(8), 32), "?")


def xlat():
    ila = family("ila")
    if ila is None:
        sys.exit("this kernel has no ILA")
    lines = []
    for m in dump(NETLINK_GENERIC, ila, struct.pack("=BBH", 3, 1, 0)):
        a = attributes(m[4:])
        lines.append("%s %s %s %s %d" % (locator(a.get(3)), locator(a.get(1)),
                                         *modes(a), number(a.get(4))))
    return sorted(lines)


def address(data):
    return socket.inet_ntop(socket.AF_INET6, data) if data else "-"


def device(index):
    try:
        return socket.if_indextoname(index)
    except OSError:
        return "-"


def next_hops(a):
    """(attributes, interface, weight) of a route's next hops."""
    hops = a.get(9)
    if hops is None:
        return [(a, number(a.get(4)), 1)]
    found = []
    while len(hops) >= 8:
        size, _, less_one, index = struct.unpack_from("=HBBi", hops)
        found.append((attributes(hops[8:size]), index, less_one + 1))
        hops = hops[(size + 3) & ~3:]
    return found


def routes():
    lines = []
    for m in dump(NETLINK_ROUTE, 26, bytes((10,)) + bytes(11)):
        _, bits, _, _, table, proto, _, kind, _ = struct.unpack_from("=BBBBBBBBI", m)
        a = attributes(m[12:])
        for hop, index, weight in next_hops(a):
            if number(hop.get(21)) != 3:
                continue
            e = attributes(hop[22])
            lines.append("%s/%d %s %s %s %s %s %d %d %d %s %s %d" % (
                address(a.get(1) or bytes(16)), bits, locator(e.get(1)), *modes(e),
                HOOK[number(e.get(9))], KIND.get(kind, kind), proto, number(a.get(6)),
                number(a.get(15), table), address(hop.get(5)), device(index), weight))
    return sorted(lines)


def checksum_good(packet):
    """Of TCP, UDP or ICMPv6 directly behind an IPv6 header."""
    size, proto = struct.unpack_from("!HB", packet, 4)
    data = packet[8:40] + struct.pack("!II", size, proto) + packet[40:40 + size]
    data += bytes(len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def packets(dev, frame=2048, frames=256):
    """(packet, how it came) of a device, IPv6. By a ring of all protocols, filled before
    anybody else has the packet: what an ordinary packet socket reads is shared with the
    kernel, and xlat has already written into it."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_RX_RING,
                 struct.pack("=IIII", frame * frames, 1, frame, frames))
    s.bind((dev, ETH_P_ALL))
    ring = mmap.mmap(s.fileno(), frame * frames)
    print("ready", flush=True)
    while True:
        for at in range(0, frame * frames, frame):
            while not ring[at] & 1:
                select.select([s], [], [])
            _, _, kept, _, net = struct.unpack_from("=QIIHH", ring, at)
            if ring[at + 34:at + 36] == b"\x86\xdd":
                yield ring[at + net:at + net + kept - 14], ring[at + 42]
            ring[at:at + 8] = bytes(8)


def wire(dev):
    seen = set()
    names = {6: "tcp", 17: "udp", 58: "icmp"}
    for packet, how in packets(dev):
        # Neighbour discovery (hop limit 255) is of no interest, nor is what leaves.
        if how == socket.PACKET_OUTGOING or packet[6] not in names or packet[7] == 255:
            continue
        line = "%s %s %s" % (address(packet[24:40]), names[packet[6]],
                             "good" if checksum_good(packet) else "bad")
        if line not in seen:
            seen.add(line)
            print(line, flush=True)


def serve():
    tcp = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind(("::", PORT))
    tcp.listen(8)
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.bind(("::", PORT))
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([tcp, udp], [], [])
        if udp in ready:
            data, peer = udp.recvfrom(1 << 16)
            udp.sendto(data, peer)
        if tcp in ready:
            serve_one(tcp.accept()[0])


def serve_one(s):
    count = 0
    with s:
        s.settimeout(10)
        try:
            while True:
                data = s.recv(1 << 18)
                if not data:
                    break
                count += len(data)
            s.sendall(b"%d" % count)
        except OSError:
            pass


def talk_tcp(addr, source, octets):
    try:
        with socket.create_connection((addr, PORT), 3, (source, 0)) as s:
            s.settimeout(20)
            s.sendall(bytes(octets))
            s.shutdown(socket.SHUT_WR)
            answer = s.recv(64)
        return "ok" if answer == b"%d" % octets else "arrived: %s" % answer.decode()
    except OSError as e:
        return str(e)


def talk_udp(addr, source):
    """Some datagrams may be lost, say while a neighbour is looked for; not all."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.settimeout(0.7)
        s.connect((addr, PORT))
        for size in (10, 1200, 10):
            try:
                s.send(bytes(size))
                if len(s.recv(2000)) == size:
                    return "ok"
            except OSError as e:
                why = e
    return str(why)


def talk(addr, source="::", octets="300000"):
    tcp, udp = talk_tcp(addr, source, int(octets)), talk_udp(addr, source)
    print("tcp %s udp %s" % (tcp, udp))
    sys.exit(tcp != "ok" or udp != "ok")


if __name__ == "__main__":
    what = globals()[sys.argv[1]](*sys.argv[2:])
    if what:
        print("\n".join(what))
