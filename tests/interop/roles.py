"""What raw speakers make of our roles: see tests/interop/roles."""
import struct
import sys

import raw
from lab import EVPN, OPT, TRANS, H, Daemon, announce, attr, key_of, macip, rd_of, \
    speaker, told
from raw import KEEPALIVE, NOTIFICATION, OPEN, UPDATE, Raw, cap, fact, open_message

ME, AS = "10.88.0.1", 65009
BASE = cap(1, EVPN) + cap(65, struct.pack("!I", AS))
PROVIDER, RS_SERVER, RS_CLIENT, CUSTOMER, PEER = range(5)


def role(n):
    return cap(9, bytes([n]))


def answer(addr, caps, asn=AS):
    """What our OPEN with these capabilities gets: "up", or code and subcode."""
    r = Raw(addr, ME)
    theirs = r.expect(OPEN)
    r.send(open_message(asn=asn, ident=addr, caps=caps))
    kind, body = r.recv()
    r.close()
    return theirs, "up" if kind == KEEPALIVE else \
        tuple(body[:2]) if kind == NOTIFICATION else (kind, body)


# address, our capabilities, what we get
CASES = (
    ("rs-client to an rs-server", "10.88.1.1", role(RS_CLIENT), "up"),
    ("said twice alike", "10.88.1.2", role(RS_CLIENT) * 2, "up"),
    ("none", "10.88.1.3", b"", "up"),
    ("provider to an rs-server", "10.88.1.4", role(PROVIDER), (2, 11)),
    ("rs-server to an rs-server", "10.88.1.5", role(RS_SERVER), (2, 11)),
    ("role 5", "10.88.1.6", role(5), (2, 11)),
    ("role 255", "10.88.1.7", role(255), (2, 11)),
    ("two, differing", "10.88.1.8", role(RS_CLIENT) + role(PEER), (2, 11)),
    ("of two octets", "10.88.1.9", cap(9, b"\2\2"), (2, 0)),
    ("strict: peer", "10.88.2.1", role(PEER), "up"),
    ("strict: none", "10.88.2.2", b"", (2, 11)),
    ("strict: customer", "10.88.2.3", role(CUSTOMER), (2, 11)),
    ("we have none: any", "10.88.3.1", role(77), "up"),
    ("we have none: two, differing", "10.88.3.2", role(1) + role(2), (2, 11)),
)


def opens():
    for text, addr, caps, want in CASES:
        ours, got = answer(addr, BASE + caps)
        fact("role: %s: %s" % (text, want), got == want, got)
        has = bytes([9, 1, RS_SERVER]) in ours if addr.startswith("10.88.1.") else \
            bytes([9, 1, PEER]) in ours if addr.startswith("10.88.2.") else \
            b"\x09\x01" not in ours[10:]
        fact("role: %s: our capability" % text, has, ours.hex())
    inside = cap(1, EVPN) + cap(65, struct.pack("!I", 65000))
    ours, got = answer("10.88.4.1", inside + role(PEER) + role(CUSTOMER), 65000)
    fact("role: means nothing inside", got == "up", got)


def route_of(r, key):
    """Attributes with which the route comes, None if the session ends first."""
    while True:
        kind, body = r.recv()
        if kind == UPDATE:
            routes, _, attrs, _ = told(body)
            if key in map(key_of, routes):
                return attrs
        elif kind != KEEPALIVE:
            return None


def otc_untouched():
    """From a client of the route server, with and without OTC: RFC 9234 section 5
    would drop the one and mark the other in IPv4 and IPv6 unicast, not here."""
    path = H("0201") + struct.pack("!I", AS)
    client = speaker("10.88.1.20", ME, AS, role(RS_CLIENT))
    other = speaker("10.88.1.21", ME, AS + 1, role(RS_CLIENT))
    for n, more in (1, attr(OPT | TRANS, 35, struct.pack("!I", AS))), (2, b""):
        route = macip(rd_of(n))
        client.send(announce([route], path=path, more=more, internal=False))
        attrs = route_of(other, key_of(route))
        fact("ONLY_TO_CUSTOMER: %s stays %s" % (("it", "as it is") if more else
                                                ("none", "none")),
             attrs is not None and
             attrs.get(35) == ((0xc0, struct.pack("!I", AS)) if more else None), attrs)
    neighbor = Daemon().neighbor("10.88.1.20")
    fact("shown: roles of both", (neighbor["localRole"], neighbor["remoteRole"]) ==
         ("rs-server", "rs-client"), neighbor)


opens()
otc_untouched()
sys.exit(1 if raw.failed else 0)
