#!/usr/bin/env python3
"""A BGP speaker for EVPN routes with or without path ids (RFC 7911), told what to do on
its standard input.

pathspeaker.py SOURCE REMOTE AS MODE DIR [rtc]  MODE: capability 69, 0 = not offered
  announce N ID NEXTHOP [COMMUNITY [RT]]  MAC N, path id ID (ignored without ADD-PATH);
                                          with RT 65000:100 unless said otherwise
  withdraw N ID
  want RT | unwant RT                     RT constraint, if `rtc` is given
  eor | refresh | close | open | quit     close: without NOTIFICATION;
                                          quit: with Hard Reset

DIR/table has what it was told, a line "N NEXTHOP" per path, sorted, always whole;
DIR/ids the same as "N ID NEXTHOP". DIR/log has what came, line by line; BAD marks
withdraws of what was never told.
"""
import os
import select
import socket
import struct
import sys

from raw import (EVPN, KEEPALIVE, NOTIFICATION, REFRESH, UPDATE, attr, attributes, cap,
                 message, open_message, opened, replace, update)

src, dst, asn, mode, folder = (sys.argv[1], sys.argv[2], int(sys.argv[3]),
                               int(sys.argv[4]), sys.argv[5])
rtc = "rtc" in sys.argv[6:]
RTC = struct.pack("!HBB", 1, 0, 132)
CAPS = cap(1, EVPN) + (cap(1, RTC) if rtc else b"") + cap(2) + \
    cap(65, struct.pack("!I", asn)) + \
    cap(64, b"\x40\x78" + EVPN[:2] + EVPN[3:] + b"\x80") + \
    (cap(69, EVPN[:2] + EVPN[3:] + bytes([mode])) if mode else b"")
table = {}
log = open(folder + "/log", "a", buffering=1)


def tell(attrs):
    s.send(update(attrs))


def nlri(n, ident, sending, label):
    rd = b"\0\1\x0a\x4d\0\1\0\x64"
    body = rd + b"\0" * 14 + b"\x30\2\0\0\0" + struct.pack("!H", n) + b"\0" + label
    return (struct.pack("!I", ident) if sending else b"") + \
        bytes([2, len(body)]) + body


def target(rt):
    return struct.pack("!HHI", 2, 65000, int(rt))


def announce(n, ident, nexthop, community="0", rt="100"):
    mp = EVPN[:2] + EVPN[3:] + b"\4" + socket.inet_aton(nexthop) + b"\0" + \
        nlri(n, ident, s.sends, b"\0\0\x64")
    attrs = attr(0x80, 14, mp) + attr(0x40, 1, b"\0") + attr(0x40, 2, b"") + \
        attr(0x40, 5, struct.pack("!I", 100)) + \
        attr(0xc0, 16, target(rt) + b"\3\x0c\0\0\0\0\0\x08")
    if int(community, 16):
        attrs += attr(0xc0, 8, struct.pack("!I", int(community, 16)))
    tell(attrs)


def withdraw(n, ident):
    tell(attr(0x80, 15, EVPN[:2] + EVPN[3:] + nlri(n, ident, s.sends, b"\0" * 3)))


def member(rt, on):
    data = bytes([96]) + struct.pack("!I", asn) + target(rt)
    if on:
        tell(attr(0x80, 14, RTC[:2] + RTC[3:] + b"\4" + socket.inet_aton(src) +
                  b"\0" + data) + attr(0x40, 1, b"\0") + attr(0x40, 2, b"") +
             attr(0x40, 5, struct.pack("!I", 100)))
    else:
        tell(attr(0x80, 15, RTC[:2] + RTC[3:] + data))


def routes(data):
    """(number, path id) of each type 2 route."""
    while data:
        ident = 0
        if s.receives:
            ident, data = struct.unpack("!I", data[:4])[0], data[4:]
        kind, length = data[0], data[1]
        if kind == 2:
            yield struct.unpack("!H", data[2 + 27:2 + 29])[0], ident
        data = data[2 + length:]


def heard(body):
    for _, code, value in attributes(body):
        if code in (14, 15) and value[:3] != EVPN[:2] + EVPN[3:]:
            continue
        if code == 15 and len(value) == 3:
            print("eor", file=log)
        elif code == 15:
            for n, ident in routes(value[3:]):
                known = table.pop((n, ident), None)
                print("-" if known else "BAD -", n, ident, file=log)
        elif code == 14:
            nexthop = socket.inet_ntoa(value[4:8])
            for n, ident in routes(value[5 + value[3]:]):
                table[n, ident] = nexthop
                print("+", n, ident, nexthop, file=log)
    show()


def show():
    replace(folder + "/ids", ["%d %d %s\n" % (n, i, h) for (n, i), h in table.items()])
    replace(folder + "/table", ["%d %s\n" % (n, h) for (n, i), h in table.items()])


def addpath_of(body):
    """Mode that the OPEN's capability 69 has for EVPN."""
    caps, mode = body[12:], 0
    while caps:  # capabilities of parameter 2
        code, value, caps = caps[0], caps[2:2 + caps[1]], caps[2 + caps[1]:]
        for at in range(0, len(value) if code == 69 else 0, 4):
            if value[at:at + 3] == EVPN[:2] + EVPN[3:]:
                mode = value[at + 3]
    return mode


def connect():
    global s
    s, body = opened(src, dst)
    theirs = addpath_of(body)
    s.sends = bool(mode & 2 and theirs & 1)
    s.receives = bool(mode & 1 and theirs & 2)
    s.send(open_message(asn=asn, ident=src, hold=90, caps=CAPS))
    s.expect(KEEPALIVE)
    s.send(message(KEEPALIVE))
    table.clear()
    show()
    print("up", theirs, file=log)


def command(words):
    global s
    if words[0] == "announce":
        announce(int(words[1]), int(words[2]), *words[3:])
    elif words[0] == "withdraw":
        withdraw(int(words[1]), int(words[2]))
    elif words[0] in ("want", "unwant"):
        member(words[1], words[0] == "want")
    elif words[0] == "eor":
        tell(attr(0x80, 15, EVPN[:2] + EVPN[3:]))
        if rtc:
            tell(attr(0x80, 15, RTC[:2] + RTC[3:]))
    elif words[0] == "refresh":
        s.send(message(REFRESH, EVPN))
    elif words[0] == "close":
        s.close()
        s = None
    elif words[0] == "open":
        connect()
    elif words[0] == "quit":
        s.send(message(NOTIFICATION, b"\6\11\6\2"))
        sys.exit(0)


connect()
while True:
    ready = select.select([0] + ([s.s] if s else []), [], [], 20)[0]
    if 0 in ready:
        for line in os.read(0, 4096).decode().splitlines():
            command(line.split())
    if s and s.s in ready:
        kind, body = s.recv()
        while True:
            if kind == UPDATE:
                heard(body)
            elif kind == 0:
                print("lost", body, file=log)
                s.close()
                s = None
                break
            n = struct.unpack("!H", s.buf[16:18])[0] if len(s.buf) >= 19 else 0
            if not n or len(s.buf) < n:
                break
            kind, body = s.recv()
    elif s:
        s.send(message(KEEPALIVE))
