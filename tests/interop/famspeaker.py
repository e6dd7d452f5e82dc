#!/usr/bin/env python3
"""A BGP speaker for ILA (draft-lapukhov-bgp-ila-afi-02), IPv6 unicast and EVPN routes,
with or without path ids (none of EVPN), told what to do on its standard input.

famspeaker.py SOURCE REMOTE AS DIR [ila=AFI/SAFI|ila=] [ip6=1] [evpn=1] [paths=MODE]
              [gr=1]
  ila LOCATOR ID,ID... [ID=N] [TLV...]    announce identifiers in one block; N: path id,
                                          TLV: further attributes in hex
  ila- ID,ID... [ID=N]                    withdraw them
  ip6 PREFIX NEXTHOP [ID=N] [TLV...]      NEXTHOP may be two addresses, joined by `,`
  ip6- PREFIX [ID=N]
  mac N NEXTHOP [TLV...]                  EVPN: MAC number N in VNI 100
  mac- N
  raw HEX...                              body of an UPDATE, as it is
  eor | refresh | close | open | quit     close: without NOTIFICATION

By default ila=2/241, no ip6, no evpn, no path ids. MODE is that of capability 69.

DIR/table has what it was told, a line "ila ID LOCATOR" or "ip6 PREFIX NEXTHOP" for each
path, or "evpn N NEXTHOP", sorted, always whole; DIR/ids the same with the path id behind. DIR/attrs has the
attributes of each as "CODE:FLAGS:VALUE ..." behind family and route. DIR/log has what
came, line by line; BAD marks withdraws of what was never told.
"""
import ipaddress
import os
import select
import struct
import sys

from raw import (KEEPALIVE, NOTIFICATION, REFRESH, UPDATE, attr, attributes, cap,
                 message, open_message, opened, replace, update)

src, dst, asn, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
opts = dict(a.split("=", 1) for a in ["ila=2/241", "ip6=", "evpn=",
                                        "paths=0", "gr="] +
            sys.argv[5:])
mode = int(opts["paths"])
FAMS = {}
if opts["ila"]:
    FAMS["ila"] = struct.pack("!HB", *map(int, opts["ila"].split("/")))
if opts["ip6"]:
    FAMS["ip6"] = struct.pack("!HB", 2, 1)
if opts["evpn"]:
    FAMS["evpn"] = struct.pack("!HB", 25, 70)
routes, s = {}, None
sends, receives = set(), set()
log = open(folder + "/log", "a", buffering=1)


def caps():
    c = b"".join(cap(1, f[:2] + b"\0" + f[2:]) for f in FAMS.values()) + cap(2) + \
        cap(70) + cap(65, struct.pack("!I", asn))
    if mode:
        c += cap(69, b"".join(f + bytes([mode]) for n, f in FAMS.items()
                              if n != "evpn"))
    if opts["gr"]:
        c += cap(64, b"\x40\x78" + b"".join(f + b"\x80" for f in FAMS.values()))
    return c


def words8(text):
    """2000:0:2:b as 8 bytes."""
    return struct.pack("!4H", *(int(w, 16) for w in text.split(":")))


def text8(b):
    return ":".join("%x" % w for w in struct.unpack("!4H", b))


def prefix(text):
    n = ipaddress.ip_network(text, strict=False)
    return bytes([n.prefixlen]) + n.network_address.packed[:(n.prefixlen + 7) // 8]


def path_id(fam, ident):
    return struct.pack("!I", ident) if fam in sends else b""


def block(ids, ident):
    b = b"".join(words8(i) for i in ids.split(","))
    return path_id("ila", ident) + struct.pack("!H", len(b)) + b


def macip(n):
    body = b"\0\1" + ipaddress.ip_address(src).packed + b"\0\1" + b"\0" * 14 + \
        b"\x30\2\0\0\0" + struct.pack("!H", n) + b"\0" + b"\0\0\x64"
    return bytes([2, len(body)]) + body


def own_attrs(more):
    path = struct.pack("!BBI", 2, 1, asn) if external else b""
    a = attr(0x40, 1, b"\0") + attr(0x40, 2, path)
    if not external:
        a += attr(0x40, 5, struct.pack("!I", 100))
    return a + b"".join(bytes.fromhex(t) for t in more)


def announce(fam, nexthop, nlri, more):
    mp = FAMS[fam] + bytes([len(nexthop)]) + nexthop + b"\0" + nlri
    s.send(update(attr(0x80, 14, mp) + own_attrs(more)))


def withdraw(fam, nlri):
    s.send(update(attr(0x80, 15, FAMS[fam] + nlri)))


def listed(fam, data):
    """(key, path id) of each route in an MP attribute."""
    with_id = fam in receives
    if fam == "ila" and data:
        ident = struct.unpack("!I", data[:4])[0] if with_id else 0
        data = data[4:] if with_id else data
        n = struct.unpack("!H", data[:2])[0]
        if n % 8 or n != len(data) - 2:
            print("BAD block", data.hex(), file=log)
        for at in range(2, len(data) - 7, 8):
            yield text8(data[at:at + 8]), ident
    while fam == "evpn" and data:
        if data[0] == 2:
            yield "%d" % struct.unpack("!H", data[2 + 27:2 + 29]), 0
        data = data[2 + data[1]:]
    while fam == "ip6" and data:
        ident = struct.unpack("!I", data[:4])[0] if with_id else 0
        data = data[4:] if with_id else data
        n = (data[0] + 7) // 8
        yield "%s/%d" % (ipaddress.IPv6Address(data[1:1 + n].ljust(16, b"\0")),
                         data[0]), ident
        data = data[1 + n:]


def family_of(value):
    return next((f for f, n in FAMS.items() if value[:3] == n), None)


def heard(body):
    all_attrs = sorted(attributes(body), key=lambda a: a[1])
    rest = " ".join("%d:%02x:%s" % (c, f, v.hex()) for f, c, v in all_attrs
                    if c not in (14, 15))
    for _, code, value in all_attrs:
        fam = family_of(value) if code in (14, 15) else None
        if code in (14, 15) and not fam:
            print("BAD family", value[:3].hex(), file=log)
        elif code == 15 and len(value) == 3:
            print("eor", fam, file=log)
        elif code == 15:
            gone = list(listed(fam, value[3:]))
            print("withdraw", fam, len(gone), file=log)
            for key, ident in gone:
                known = routes.pop((fam, key, ident), None)
                print("-" if known else "BAD -", fam, key, ident, file=log)
        elif code == 14:
            hop, n = value[4:4 + value[3]], 0
            text = text8(hop) if fam == "ila" and len(hop) == 8 else \
                str(ipaddress.ip_address(hop[:16])) if len(hop) in (4, 16, 32) else \
                hop.hex()
            for key, ident in listed(fam, value[5 + value[3]:]):
                routes[fam, key, ident] = (text, rest)
                n += 1
                print("+", fam, key, ident, text, file=log)
            print("message", fam, n, file=log)
    show()


def show():
    told = [("%s %s" % (f, k), hop, i, rest)
            for (f, k, i), (hop, rest) in routes.items()]
    replace(folder + "/attrs", ["%s %s\n" % (k, rest) for k, _, _, rest in told])
    replace(folder + "/ids", ["%s %s %d\n" % (k, hop, i) for k, hop, i, _ in told])
    replace(folder + "/table", ["%s %s\n" % (k, hop) for k, hop, _, _ in told])


def their_caps(body):
    """(code, value) of each capability in an OPEN."""
    params = body[10:]
    while params:
        kind, value, params = params[0], params[2:2 + params[1]], params[2 + params[1]:]
        while kind == 2 and value:
            yield value[0], value[2:2 + value[1]]
            value = value[2 + value[1]:]


def agree(body):
    """What the session is, from the other's OPEN."""
    global external
    external = struct.unpack("!H", body[1:3])[0] != asn
    both = {f for f, n in FAMS.items()
            if (1, n[:2] + b"\0" + n[2:]) in list(their_caps(body))}
    theirs = {}
    for code, value in their_caps(body):
        for at in range(0, len(value) if code == 69 else 0, 4):
            theirs[value[at:at + 3]] = value[at + 3]
    for f in FAMS:
        m = theirs.get(FAMS[f], 0)
        sends.discard(f)
        receives.discard(f)
        if mode & 2 and m & 1:
            sends.add(f)
        if mode & 1 and m & 2:
            receives.add(f)
    return both


def connect():
    global s
    s, body = opened(src, dst, open_message(asn=asn, ident=src, hold=90, caps=caps()))
    both = agree(body)
    s.send(message(KEEPALIVE))
    kind, data = s.recv()
    routes.clear()
    show()
    if kind == NOTIFICATION:
        print("notification", data.hex(), file=log)
    print("up" if kind == KEEPALIVE else "refused", " ".join(sorted(both)), file=log)


def command(words):
    global s
    ident = sum(int(w[3:]) for w in words if w.startswith("ID="))
    words = [w for w in words if not w.startswith("ID=")]
    if words[0] == "ila":
        announce("ila", words8(words[1]), block(words[2], ident), words[3:])
    elif words[0] == "ila-":
        withdraw("ila", block(words[1], ident))
    elif words[0] == "ip6":
        hop = b"".join(ipaddress.ip_address(h).packed for h in words[2].split(","))
        announce("ip6", hop, path_id("ip6", ident) + prefix(words[1]), words[3:])
    elif words[0] == "ip6-":
        withdraw("ip6", path_id("ip6", ident) + prefix(words[1]))
    elif words[0] == "mac":
        announce("evpn", ipaddress.ip_address(words[2]).packed, macip(int(words[1])),
                 words[3:])
    elif words[0] == "mac-":
        withdraw("evpn", macip(int(words[1])))
    elif words[0] == "raw":
        s.send(message(UPDATE, bytes.fromhex("".join(words[1:]))))
    elif words[0] == "eor":
        for f in FAMS:
            withdraw(f, b"")
    elif words[0] == "refresh":
        for f in FAMS.values():
            s.send(message(REFRESH, f[:2] + b"\0" + f[2:]))
    elif words[0] == "close" and s:
        s.close()
        s = None
    elif words[0] == "open":
        connect()
    elif words[0] == "quit":
        s.send(message(NOTIFICATION, b"\6\2"))
        sys.exit(0)


def take(kind, body):
    """Return: is the session still there? Otherwise it is closed."""
    if kind == UPDATE:
        heard(body)
    elif kind == NOTIFICATION:
        print("notification", body.hex(), file=log)
    elif kind == REFRESH:
        print("refresh", body.hex(), file=log)
    if kind in (0, NOTIFICATION):
        print("lost", file=log)
        s.close()
    return kind not in (0, NOTIFICATION)


def whole():
    """Is there a whole message in the buffer?"""
    return len(s.buf) >= 19 and \
        len(s.buf) >= struct.unpack("!H", s.buf[16:18])[0]


connect()
said = b""  # a line may come in pieces
while True:
    while s and whole():
        if not take(*s.recv()):
            s = None
    ready = select.select([0] + ([s.s] if s else []), [], [], 2)[0]
    if 0 in ready:
        *lines, said = (said + os.read(0, 65536)).split(b"\n")
        for line in lines:
            command(line.decode().split())
    if s and s.s in ready:
        if not take(*s.recv()):
            s = None
    elif s:
        s.send(message(KEEPALIVE))
