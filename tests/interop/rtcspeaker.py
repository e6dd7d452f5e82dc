#!/usr/bin/env python3
"""RT constraint as bytes: what a reflector does with memberships that no daemon sends.

rtcspeaker.py PREFIX24 REMOTE    two speakers at PREFIX24.31 and .32, internal peers of
REMOTE and its clients. There must be EVPN routes with RT 65000:100 and with 65000:200,
and none with other targets. Prints PASS or FAIL for each fact; exit 1 if one failed.
"""
import socket
import struct
import sys
import time

import raw
from raw import (KEEPALIVE, NOTIFICATION, UPDATE, attr, attributes, cap, fact, message,
                 update)

AS = 65000
RTC = struct.pack("!HBB", 1, 0, 132)
RT = {n: struct.pack("!BBHI", 0, 2, AS, n) for n in (100, 200, 300)}


def reach(afi, safi, hop, nlri, extra=b""):
    head = struct.pack("!HBB", afi, safi, 4) + socket.inet_aton(hop) + b"\0"
    return update(attr(0x80, 14, head + nlri) + attr(0x40, 1, b"\0") +
                  attr(0x40, 2, b"") + attr(0x40, 5, struct.pack("!I", 100)) + extra)


def unreach(afi, safi, nlri=b""):
    return update(attr(0x80, 15, struct.pack("!HB", afi, safi) + nlri))


def member(bits, rt=b""):
    """NLRI of a membership; bits 0: the default."""
    whole = struct.pack("!I", AS) + rt.ljust(8, b"\0")
    return bytes([bits]) + whole[:(bits + 7) // 8]


class Speaker(raw.Raw):
    """Keeps what it was told: EVPN NLRI with their targets, memberships."""

    def __init__(self, src, dst):
        super().__init__(src, dst)
        self.src, self.evpn, self.rtc, self.eor = src, {}, {}, set()
        self.other = None  # who must not be left without keepalives
        self.updates = self.alive_at = 0
        caps = cap(1, raw.EVPN) + cap(1, RTC) + cap(2) + \
            cap(65, struct.pack("!I", AS))
        self.ok = self.expect(raw.OPEN) is not None
        self.send(raw.open_message(asn=AS, ident=src, caps=caps))
        self.ok = self.ok and self.recv()[0] == KEEPALIVE
        self.send(message(KEEPALIVE))

    def say(self, *nlri):
        self.send(reach(1, 132, self.src, b"".join(nlri)))

    def unsay(self, *nlri):
        self.send(unreach(1, 132, b"".join(nlri)))

    def end(self):
        self.send(unreach(1, 132))

    def nlri(self, family, data):
        while data:
            size = 2 + data[1] if family == (25, 70) else 1 + (data[0] + 7) // 8
            yield data[:size]
            data = data[size:]

    def learn(self, body):
        self.updates += 1
        known = {code: value for _, code, value in attributes(body)}
        for code, gone in ((15, True), (14, False)):
            if code not in known:
                continue
            family = struct.unpack("!HB", known[code][:3])
            data = known[code][3:]
            if not gone:
                data = data[2 + data[0]:]
            elif not data and len(known) == 1:
                self.eor.add(family)
            table = self.evpn if family == (25, 70) else self.rtc
            for n in self.nlri(family, data):
                n = n[:-3] if table is self.evpn and n[0] == 2 else n  # no label
                if gone:
                    if n not in table:
                        fact("no withdraw of what it does not know", False, n.hex())
                    table.pop(n, None)
                else:
                    table[n] = known

    def hear(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if time.monotonic() > self.alive_at + 2:
                self.alive_at = time.monotonic()
                self.send(message(KEEPALIVE))
            self.s.settimeout(max(0.01, end - time.monotonic()))
            kind, body = self.recv()
            if kind == UPDATE:
                self.learn(body)
            elif kind == NOTIFICATION:
                self.got = body
            if not kind:
                break

    def until(self, cond, seconds=5):
        end = time.monotonic() + seconds
        while not cond() and time.monotonic() < end:
            self.hear(0.05)
            if self.other:
                self.other.hear(0.01)
        return cond()

    def targets(self):
        """Targets of the EVPN routes it has, as numbers; 0 for none."""
        found = set()
        for known in self.evpn.values():
            ec = known.get(16, b"")
            rts = [ec[i:i + 8] for i in range(0, len(ec), 8) if ec[i:i + 2] == b"\0\2"]
            found |= {struct.unpack("!I", rt[4:])[0] for rt in rts} or {0}
        return found


def imet(number, ip):
    rd = struct.pack("!H", 1) + socket.inet_aton(ip) + struct.pack("!H", number)
    body = rd + b"\0\0\0\0" + b"\x20" + socket.inet_aton(ip)
    return bytes([3, len(body)]) + body


def main():
    net, dst = sys.argv[1:3]
    a = Speaker(net + ".31", dst)
    fact("a speaker with RT constraint comes up", a.ok)
    fact("End-of-RIB of memberships comes without graceful restart",
         a.until(lambda: (1, 132) in a.eor))
    a.hear(0.5)
    fact("nothing else before it said what it wants",
         not a.evpn and (25, 70) not in a.eor)
    a.say(member(96, RT[100]))
    a.hear(0.7)
    fact("nor before it said that that was all", not a.evpn)
    a.end()
    fact("then the routes of its target", a.until(lambda: a.targets() == {100}),
         a.targets())
    fact("and End-of-RIB", a.until(lambda: (25, 70) in a.eor))
    own = a.rtc.get(member(96, RT[100]), {})
    fact("its own membership comes back as the reflector's",
         own.get(9) == socket.inet_aton(dst) and
         own.get(14, b"")[4:8] == socket.inet_aton(dst) and
         own.get(10) == socket.inet_aton(dst), own)

    # Others say what they want, and that is said again by the reflector.
    b = Speaker(net + ".32", dst)
    b.other = a
    b.say(member(96, RT[300]))
    b.end()
    fact("what another one asks for is asked of it",
         a.until(lambda: member(96, RT[300]) in a.rtc))
    a.send(reach(25, 70, a.src, imet(1, a.src), attr(0xc0, 16, RT[300])))
    fact("and what it then sends arrives", b.until(lambda: b.targets() == {300}),
         b.targets())
    a.send(reach(25, 70, a.src, imet(2, a.src)))
    a.send(reach(25, 70, a.src, imet(3, a.src), attr(0xc0, 16, RT[300] + RT[200])))
    fact("a route with two targets for who wants one of them",
         b.until(lambda: imet(3, a.src) in b.evpn))
    b.hear(0.3)
    fact("a route without targets is for nobody", 0 not in b.targets())

    # Filters change: routes come and go, without any refresh.
    b.say(member(64, RT[100]))
    fact("a prefix of 64 bits: all targets of that AS",
         b.until(lambda: b.targets() == {100, 200, 300}), b.targets())
    n = b.updates
    b.say(member(32))
    b.hear(0.3)
    fact("what is wanted already is not told again", b.updates - n <= 1,
         b.updates - n)  # its own membership, which comes back
    b.unsay(member(64, RT[100]), member(32))
    fact("withdrawn memberships withdraw routes",
         b.until(lambda: imet(1, a.src) in b.evpn and len(b.evpn) == 2), b.targets())
    b.say(member(0))
    fact("the default: everything, also without targets",
         b.until(lambda: b.targets() == {0, 100, 200, 300}), b.targets())
    b.unsay(member(0))
    fact("... and back", b.until(lambda: len(b.evpn) == 2), b.targets())
    a.send(reach(25, 70, a.src, imet(1, a.src), attr(0xc0, 16, RT[200])))
    fact("a route that changes its target goes",
         b.until(lambda: imet(1, a.src) not in b.evpn))
    a.send(reach(25, 70, a.src, imet(1, a.src), attr(0xc0, 16, RT[300])))
    fact("... and comes back", b.until(lambda: imet(1, a.src) in b.evpn))

    # What cannot be a membership.
    b.say(member(31), member(1), member(96, RT[100]))
    fact("lengths of 1 and 31 bits are skipped, the session stays",
         b.until(lambda: 100 in b.targets()), b.targets())
    b.say(bytes([97]) + bytes(13))
    fact("97 bits: NOTIFICATION 3/9",
         b.until(lambda: getattr(b, "got", b"")[:2] == b"\3\x09"))
    b.close()
    fact("memberships go with their session",
         a.until(lambda: member(96, RT[300]) not in a.rtc))
    a.close()
    sys.exit(1 if raw.failed else 0)


main()
