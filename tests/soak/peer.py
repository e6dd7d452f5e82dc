#!/usr/bin/env python3
"""A client of the reflector that never rests, and knows what it ought to know.

peer.py RR ADDRESS SEED POOL VNI...
It announces a type 3 for each VNI and routes of a pool, and keeps what it is told.
Words on standard input, each answered with a line "ok WORD":
  run          announce, change and withdraw routes of the pool at random
  rest         stop that
  base         the first half of the pool, as it was in the beginning, and nothing else
  flap notify  lose the connection; end it with a Cease; it is back at once
  refresh      ask for all routes again
  deaf N       read nothing for N seconds
  table FILE   what it was told and says itself: "VNI MAC IP VTEP", "VNI - - VTEP"
"""
import os
import random
import select
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "system"), os.path.join(HERE, "..", "interop")]
from hostile import ALIVE, AS, EVPN, RT, attr, reach, unreach  # noqa: E402
from raw import (KEEPALIVE, NOTIFICATION, OPEN, REFRESH, UPDATE, Raw,  # noqa: E402
                 cap, message, open_message)

CAPS = cap(1, EVPN) + cap(2) + cap(65, struct.pack("!I", AS))
EOR = message(UPDATE, b"\0\0\0\6\x80\x0f\3" + EVPN[:2] + b"\x46")
ENCAP = b"\3\x0c" + bytes(5) + b"\x08"


def rt(vni):
    return bytes([0, 2]) + struct.pack("!HI", AS, vni)


class Pool:
    """Routes by number; each has variants, of which 0 is the base."""

    def __init__(self, addr, size, vnis):
        self.addr, self.size, self.vnis = addr, size, vnis
        self.own = {}  # number: variant
        self.id = socket.inet_aton(addr)

    def route(self, i):
        vni = self.vnis[i % len(self.vnis)]
        mac = b"\x02\x66" + self.id[2:] + struct.pack("!H", i)
        ip = b"\xc6\x12" + self.id[3:] + bytes([i & 255]) if i % 3 else b""
        return vni, mac, ip

    def nlri(self, i):
        vni, mac, ip = self.route(i)
        body = (b"\0\1" + self.id + struct.pack("!H", vni) + bytes(14) + b"\x30" + mac +
                bytes([8 * len(ip)]) + ip + struct.pack("!I", vni)[1:])
        return b"\2" + bytes([len(body)]) + body

    def vtep(self, variant):
        """Some variants are at another address."""
        return "10.77.%d.%d" % (1 + (variant == 1), self.id[3])

    def announce(self, i, variant):
        extra = b"".join((attr(0x80, 4, struct.pack("!I", variant)),
                          attr(0xc0, 8, struct.pack("!HH", AS, variant) * variant)
                          if variant > 2 else b""))
        return reach(self.nlri(i), extra, nexthop=self.vtep(variant),
                     communities=rt(self.route(i)[0]) + ENCAP)

    def imet(self, vni):
        ip = socket.inet_aton(self.vtep(0))
        body = b"\0\1" + self.id + struct.pack("!H", vni) + bytes(4) + b"\x20" + ip
        pmsi = attr(0xc0, 22, b"\0\6" + struct.pack("!I", vni)[1:] + ip)
        return reach(b"\3" + bytes([len(body)]) + body, pmsi, nexthop=self.vtep(0),
                     communities=rt(vni) + ENCAP)

    def everything(self):
        return b"".join([self.imet(v) for v in self.vnis] +
                        [self.announce(i, v) for i, v in self.own.items()]) + EOR

    def change(self, i, variant):
        """Bytes that make it so; variant None: no such route."""
        if self.own.get(i) == variant:
            return b""
        if variant is None:
            del self.own[i]
            return unreach(self.nlri(i))
        self.own[i] = variant
        return self.announce(i, variant)

    def base(self):
        return b"".join(self.change(i, 0 if i < self.size // 2 else None)
                        for i in range(self.size))

    def lines(self):
        for v in self.vnis:
            yield "%d - - %s" % (v, self.vtep(0))
        for i, variant in self.own.items():
            vni, mac, ip = self.route(i)
            yield line(vni, mac, ip, self.vtep(variant))


def line(vni, mac, ip, vtep):
    fam = socket.AF_INET if len(ip) == 4 else socket.AF_INET6
    return "%d %s %s %s" % (vni, mac.hex(":"), socket.inet_ntop(fam, ip) if ip else "-",
                            vtep)


class Table:
    """What we are told: by NLRI without label, the label and the next hop."""

    def __init__(self):
        self.routes = {}

    def update(self, body):
        end = 4 + struct.unpack("!H", body[2:4])[0]
        at, new, vni = 4, [], 0
        while at < end:
            flags, code = body[at], body[at + 1]
            wide = flags & 0x10
            n = struct.unpack("!H", body[at + 2:at + 4])[0] if wide else body[at + 2]
            at += 4 if wide else 3
            value, at = body[at:at + n], at + n
            if code == 14:
                new.append(value)
            elif code == 15:
                self.each(value[3:], None, 0)
            elif code == 16 and RT[:4] in value:
                vni = struct.unpack("!I", value[value.index(RT[:4]) + 4:][:4])[0]
        for value in new:
            self.each(value[5 + value[3]:], value[4:4 + value[3]], vni)

    def each(self, data, hop, vni):
        """The VNI of a type 3 is that of its route target."""
        while data:
            n = 2 + data[1]
            one, data = data[:n], data[n:]
            key, label = one, vni
            if one[0] == 2:
                ip = 2 + 8 + 10 + 4 + 1 + 6
                stop = ip + 1 + one[ip] // 8
                key = one[:2 + 8] + one[20:stop]
                label = int.from_bytes(one[stop:stop + 3], "big")
            if hop is None:
                self.routes.pop(key, None)
            else:
                self.routes[key] = (label, hop, one)

    def lines(self):
        for label, hop, one in self.routes.values():
            vtep = socket.inet_ntop(
                socket.AF_INET if len(hop) == 4 else socket.AF_INET6, hop)
            if one[0] == 2:
                bits = one[31]
                yield line(label, one[25:31], one[32:32 + bits // 8], vtep)
            elif one[0] == 3:
                yield "%d - - %s" % (label, vtep)


class Peer:
    def __init__(self, rr, addr, seed, size, vnis):
        self.rr, self.addr = rr, addr
        self.rnd = random.Random(seed)
        self.pool = Pool(addr, size, vnis)
        self.pool.base()
        self.raw, self.running, self.deaf, self.alive, self.next = None, False, 0, 0, 0
        self.table, self.out = Table(), b""

    def dial(self):
        self.next = time.monotonic() + 0.3
        try:
            r = Raw(self.addr, self.rr, timeout=3)
            if not r.up(asn=AS, ident=self.addr, caps=CAPS, hold=9):
                raise OSError
        except OSError:
            return
        r.s.setblocking(False)
        self.raw, self.table = r, Table()
        self.out = self.pool.everything()

    def lose(self):
        if self.raw:
            self.raw.s.close()
        self.raw, self.out = None, b""
        self.next = time.monotonic() + 0.2

    def write(self):
        try:
            self.out = self.out[self.raw.s.send(self.out):] if self.out else b""
        except BlockingIOError:
            pass
        except OSError:
            self.lose()

    def read(self):
        r = self.raw
        try:
            data = r.s.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.lose()
            return
        r.buf += data
        while len(r.buf) >= 19:
            n = struct.unpack("!H", r.buf[16:18])[0]
            if len(r.buf) < n:
                break
            m, r.buf = r.buf[:n], r.buf[n:]
            if m[18] == UPDATE:
                self.table.update(m[19:])
            elif m[18] == NOTIFICATION:
                print("notification %d/%d" % (m[19], m[20]), flush=True)
            elif m[18] not in (KEEPALIVE, OPEN, REFRESH):
                sys.exit("message of type %d" % m[18])

    def churn(self):
        for _ in range(self.rnd.randrange(1, 20)):
            i = self.rnd.randrange(self.pool.size)
            self.out += self.pool.change(i, self.rnd.choice((None, 0, 1, 2, 3, 4)))

    def order(self, words):
        what = words[0]
        if what in ("run", "rest"):
            self.running = what == "run"
        elif what == "base":
            self.running = False
            self.out += self.pool.base()
        elif what == "notify" and self.raw:
            self.out += message(NOTIFICATION, b"\6\4")
            self.write()
            self.lose()
        elif what == "flap":
            self.lose()
        elif what == "refresh":
            self.out += message(REFRESH, EVPN)
        elif what == "deaf":
            self.deaf = time.monotonic() + float(words[1])
        elif what == "table":
            lines = set(self.table.lines()) | set(self.pool.lines())
            if not self.raw:
                lines = {"no session"}
            with open(words[1] + ".new", "w") as f:
                f.writelines(s + "\n" for s in sorted(lines))
            os.rename(words[1] + ".new", words[1])
        print("ok " + " ".join(words), flush=True)

    def step(self):
        now = time.monotonic()
        if not self.raw:
            self.out = b""
            if now >= self.next:
                self.dial()
        elif now - self.alive > 1:
            self.alive = now
            self.out += ALIVE
        if self.running and self.raw and len(self.out) < 100000:
            self.churn()
        listen = [0] + ([self.raw.s] if self.raw and now >= self.deaf else [])
        ready, _, _ = select.select(listen, [], [], 0.03)
        if self.raw and self.raw.s in ready:
            self.read()
        if self.raw:
            self.write()
        if 0 in ready:
            text = os.read(0, 4096).decode()
            if not text:
                return False
            for one in text.splitlines():
                self.order(one.split())
        return True


if __name__ == "__main__":
    peer = Peer(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]),
                [int(v) for v in sys.argv[5:]])
    while peer.step():
        pass
