#!/usr/bin/env python3
"""Peers that mean harm to a route reflector, and two good ones that tell how it fares.

hostile.py probe RR SENDER RECEIVER
    Two well-behaved sessions. SENDER announces a new MAC every 20 ms, RECEIVER says how
    long each took. Each line on standard input asks for what happened since the last:
    "probes=N lost=N max_ms=N p50_ms=N down=N". End of input ends it.
hostile.py ATTACK RR FROM [NUMBER]
    One of the functions below; prints what it did, exit 1 if it could not.
"""
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "interop"))
from raw import (EVPN, KEEPALIVE, NOTIFICATION, OPEN, REFRESH, UPDATE,  # noqa: E402
                 Raw, cap, message, open_message)

AS = 65000
PROBE_RD = struct.pack("!HHI", 0, AS, 0x50524245)  # what to look for in a stream
ALIVE = message(KEEPALIVE)
LONG = cap(1, EVPN) + cap(2) + cap(6) + cap(65, struct.pack("!I", AS)) + cap(70)


# ---- routes ---------------------------------------------------------------------

def attr(flags, code, value):
    return struct.pack("!BBH", flags | 0x10, code, len(value)) + value


def macip(mac, rd=b"\0\2\0\0\xfd\xe8\0\1", vni=100):
    return (b"\x02\x21" + rd + bytes(10) + bytes(4) + b"\x30" + mac + b"\0" +
            struct.pack("!I", vni)[1:])


def opaque(number, length):
    return bytes([99, length]) + struct.pack("!Q", number).ljust(length, b"\x5a")


BASE = attr(0x40, 1, b"\0") + attr(0x40, 5, struct.pack("!I", 100))
RT = bytes([0, 2]) + struct.pack("!HI", AS, 100)


def reach(nlri, extra=b"", path=b"", nexthop="10.79.9.9", communities=RT):
    mp = attr(0x80, 14, EVPN[:2] + b"\x46\x04" + socket.inet_aton(nexthop) + b"\0" +
              nlri)
    a = mp + BASE + attr(0x40, 2, path) + attr(0xc0, 16, communities) + extra
    return message(UPDATE, struct.pack("!HH", 0, len(a)) + a)


def unreach(nlri):
    a = attr(0x80, 15, EVPN[:2] + b"\x46" + nlri)
    return message(UPDATE, struct.pack("!HH", 0, len(a)) + a)


def mac(number):
    return b"\x02\x66" + struct.pack("!I", number)


# ---- the good ones --------------------------------------------------------------

class Probe:
    def __init__(self, rr, sender, receiver):
        self.tx = connected(rr, sender)
        self.rx = connected(rr, receiver)
        for r in (self.tx, self.rx):
            r.s.setblocking(False)
        self.tail = self.out = b""
        self.number = self.down = 0
        self.sent = {}  # number: when
        self.times = []
        self.next = self.alive = time.monotonic()

    def announce(self, now):
        self.number += 1
        self.sent[self.number] = now
        self.out += reach(macip(mac(self.number), PROBE_RD))
        self.next = now + 0.02

    def flush(self, r, data):
        try:
            return data[r.s.send(data):] if data else data
        except BlockingIOError:
            return data
        except OSError:
            self.down += 1
            return b""

    def read(self, r):
        try:
            data = r.s.recv(1 << 20)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.down += 1
            r.gone = True
        return data

    def hear(self, data, now):
        data = self.tail + data
        at = data.find(PROBE_RD)
        while 0 <= at <= len(data) - 29:
            n = struct.unpack("!I", data[at + 25:at + 29])[0]
            if n in self.sent:
                self.times.append(now - self.sent.pop(n))
                # Not before it was heard: what changes twice is told once.
                self.out += unreach(macip(mac(n), PROBE_RD))
            at = data.find(PROBE_RD, at + 8)
        self.tail = data[-64:] if at < 0 else data[at:]

    def step(self):
        socks = [r.s for r in (self.tx, self.rx) if not getattr(r, "gone", False)]
        more = [self.tx.s] if self.out and self.tx.s in socks else []
        ready, _, _ = select.select(socks + [0], more, [], 0.01)
        now = time.monotonic()
        for r in (self.tx, self.rx):
            if r.s in ready:
                data = self.read(r)
                if r is self.rx:
                    self.hear(data, time.monotonic())
        if now >= self.next:
            self.announce(now)
        if now - self.alive > 1:
            self.alive = now
            self.out += ALIVE
            self.flush(self.rx, ALIVE)
        self.out = self.flush(self.tx, self.out)
        return 0 not in ready or self.answer()

    def answer(self):
        if not os.read(0, 100):
            return False
        end = time.monotonic() + 5  # what is on its way may arrive
        mine, self.next = dict(self.sent), end
        while any(n in self.sent for n in mine) and time.monotonic() < end:
            self.out = self.flush(self.tx, self.out)
            ready, _, _ = select.select([self.rx.s], [], [], 0.05)
            if ready and not getattr(self.rx, "gone", False):
                self.hear(self.read(self.rx), time.monotonic())
        lost = sum(n in self.sent for n in mine)
        waiting = [time.monotonic() - t for t in mine.values()] if lost else []
        t = sorted(self.times + waiting) or [99]
        print("probes=%d lost=%d max_ms=%d p50_ms=%d down=%d" % (
            len(t), lost, t[-1] * 1000, t[len(t) // 2] * 1000, self.down), flush=True)
        self.times, self.sent, self.down = [], {}, 0
        self.next = time.monotonic()
        return True


def probe(rr, sender, receiver):
    p = Probe(rr, sender, receiver)
    print("ready", flush=True)
    while p.step():
        pass


# ---- sessions -------------------------------------------------------------------

def connected(rr, src, **kw):
    r = Raw(src, rr)
    kw = dict({"asn": AS, "ident": src}, **kw)
    if not r.up(**kw):
        sys.exit("%s: no session: %s" % (src, getattr(r, "got", "")))
    return r


def pour(r, data, seconds, read=True):
    """Sends data again and again; Return: bytes sent, the NOTIFICATION if one came."""
    end = time.monotonic() + seconds
    r.s.setblocking(False)
    view = memoryview(data)
    total = at = 0
    while time.monotonic() < end:
        ready, room, _ = select.select([r.s] if read else [], [r.s], [], 0.1)
        try:
            if ready:
                got = r.s.recv(1 << 20)
                r.buf = (r.buf + got)[-70000:]
                if not got:
                    break
            if room:
                n = r.s.send(view[at:at + (1 << 18)])
                total, at = total + n, (at + n) % len(data)
        except BlockingIOError:
            pass
        except OSError:
            break
    return total, notification(r)


def notification(r):
    """code/subcode in what was read last, or none."""
    at = r.buf.rfind(b"\xff" * 16)
    if at >= 0 and r.buf[at + 18:at + 19] == bytes([NOTIFICATION]):
        return "%d/%d" % (r.buf[at + 19], r.buf[at + 20])
    return "none"


def send_all(r, chunks):
    """Sends until all is sent or the peer has ended it; Return: as pour()."""
    total = 0
    r.s.setblocking(False)
    for data in chunks:
        view = memoryview(data)
        while view:
            ready, room, _ = select.select([r.s], [r.s], [], 5)
            try:
                if ready:
                    got = r.s.recv(1 << 20)
                    r.buf = (r.buf + got)[-70000:]
                    if not got:
                        return total, notification(r)
                if room:
                    n = r.s.send(view)
                    total, view = total + n, view[n:]
            except BlockingIOError:
                pass
            except OSError:
                return total, notification(r)
            if not ready and not room:
                return total, "stalled"
    return total, notification(r)


def quiet_close(r):
    """Reads to the end, so that no RST takes a NOTIFICATION along."""
    r.s.settimeout(2)
    try:
        r.s.shutdown(socket.SHUT_WR)
        while r.s.recv(1 << 20):
            pass
    except OSError:
        pass
    r.s.close()


# ---- floods ---------------------------------------------------------------------

def churn(rr, src, seconds="3"):
    """5000 routes that change their attributes with every message."""
    data = b"".join(
        reach(b"".join(macip(mac(i * 25 + k)) for k in range(25)),
              attr(0x80, 4, struct.pack("!I", med)))
        for med in (1, 2) for i in range(200))
    r = connected(rr, src)
    total, why = pour(r, data, float(seconds))
    print("churn: %d MB, %d routes, %s" % (
        total >> 20, total // len(data) * 10000, why))
    quiet_close(r)


def fresh(rr, src, seconds="3"):
    """Routes that nobody has seen before, withdrawn at once."""
    r = connected(rr, src)
    end = time.monotonic() + float(seconds)
    n = total = 0
    while time.monotonic() < end:
        one = []
        for _ in range(40):
            nlri = b"".join(macip(mac(n + k)) for k in range(100))
            one += [reach(nlri), unreach(nlri)]
            n += 100
        sent, why = send_all(r, one)
        total += sent
        if why != "none":
            break
    print("fresh: %d MB, %d routes, %s" % (total >> 20, n, why))
    quiet_close(r)


def refresh(rr, src, seconds="3", read="1"):
    """ROUTE-REFRESH without end."""
    r = connected(rr, src, caps=LONG)
    total, why = pour(r, message(REFRESH, EVPN) * 3000, float(seconds), read == "1")
    print("refresh: %d messages, %s" % (total // 23, why))
    r.s.close()


def marks(rr, src, seconds="3"):
    """A large table, and the begin of a refresh (RFC 7313) again and again, each time
    with a route in between."""
    r = connected(rr, src, caps=LONG)
    total, why = send_all(r, (
        reach(b"".join(macip(mac(first + k)) for k in range(100)))
        for first in range(0, 200000, 100)))
    begin = message(REFRESH, EVPN[:2] + b"\1" + EVPN[3:])
    data = b"".join(begin + reach(macip(mac(i))) for i in range(2000))
    if why == "none":
        total, why = pour(r, data, float(seconds))
    print("marks: %d refreshes begun, %s" % (total * 2000 // len(data), why))
    quiet_close(r)


def alive(rr, src, seconds="3"):
    r = connected(rr, src)
    total, why = pour(r, ALIVE * 5000, float(seconds))
    print("alive: %d messages, %s" % (total // 19, why))
    quiet_close(r)


def sets(rr, src, number="1000000", length="1000", stay="0"):
    """Routes that share nothing: each with communities of its own."""
    number, length = int(number), int(length)

    def chunks():
        many = 200
        for first in range(0, number, many):
            yield b"".join(
                reach(macip(mac(i)),
                      attr(0xc0, 8, struct.pack("!I", i) * (length // 4)))
                for i in range(first, min(first + many, number)))
    r = connected(rr, src, caps=LONG)
    total, why = send_all(r, chunks())
    print("sets: %d MB, %s" % (total >> 20, why), flush=True)
    alive_at = 0
    while stay == "1" and select.select([r.s], [], [], 1):
        try:
            r.s.recv(1 << 20)
        except BlockingIOError:
            pass
        if time.monotonic() - alive_at > 1:
            alive_at = time.monotonic()
            r.s.send(ALIVE)
    quiet_close(r)


def paths(rr, src, number="2000"):
    """AS_PATHs of 15000 AS, in messages that only few peers could take."""
    def chunks():
        for i in range(int(number)):
            seg = b"\x02\xff" + struct.pack("!I", 64512 + i) * 255
            yield reach(macip(mac(i)), path=seg * 58)
    r = connected(rr, src, caps=LONG)
    total, why = send_all(r, chunks())
    print("paths: %d MB, %s" % (total >> 20, why))
    quiet_close(r)


def unknown(rr, src, number="300000"):
    """Routes of a type that nobody knows, 250 bytes each."""
    def chunks():
        for i in range(0, int(number), 15):
            yield reach(b"".join(opaque(i + k, 250) for k in range(15)))
    r = connected(rr, src)
    total, why = send_all(r, chunks())
    print("unknown: %d MB, %s" % (total >> 20, why))
    quiet_close(r)


def flap(rr, src, seconds="3"):
    """Sessions that come up and go at once."""
    end = time.monotonic() + float(seconds)
    ups = refused = 0
    while time.monotonic() < end:
        r = None
        try:
            r = Raw(src, rr, timeout=1)
            r.send(open_message(asn=AS, ident=src) + ALIVE + reach(macip(mac(1))))
            ok = r.expect(OPEN) is not None and r.recv()[0] == KEEPALIVE
        except OSError:
            ok = False
        ups, refused = ups + ok, refused + (not ok)
        if r:
            r.s.close()
    print("flap: ups=%d refused=%d" % (ups, refused))


# ---- connections ----------------------------------------------------------------

def opened(rr, src):
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND
    s.setblocking(False)
    s.bind((src, 0))
    try:
        s.connect((rr, 179))
    except BlockingIOError:
        pass
    return s


def spread(src, i):
    a = struct.unpack("!I", socket.inet_aton(src))[0] + i
    return socket.inet_ntoa(struct.pack("!I", a))


def crowd(rr, src, number="1000", many="0", data=b""):
    """Connections that never say anything: from one address, or from many."""
    socks = []
    for i in range(int(number)):
        socks.append(opened(rr, spread(src, i) if many == "1" else src))
        if i % 50 == 49:
            time.sleep(0.01)
    time.sleep(0.5)
    closed = 0
    for s in socks:
        try:
            while s.recv(4096):
                pass
            closed += 1
        except BlockingIOError:
            pass
        except OSError:
            closed += 1
    print("crowd: opened=%d closed=%d" % (len(socks), closed), flush=True)
    sys.stdin.readline()


def garbage(rr, src, seconds="3"):
    """Connections that send no BGP, as fast as they are taken."""
    end = time.monotonic() + float(seconds)
    n = 0
    keep = []
    while time.monotonic() < end:
        s = socket.socket()
        s.settimeout(1)
        try:
            s.bind((src, 0))
            s.connect((rr, 179))
            s.sendall(b"GET / HTTP/1.1\r\n\r\n" * 4)
            n += 1
        except OSError:
            pass
        keep = keep[-200:] + [s]
    print("garbage: connections=%d" % n)


def dribble(rr, src, delay="0.002"):
    """OPEN byte by byte; then a message that never ends, one byte a second."""
    r = Raw(src, rr)
    for b in open_message(asn=AS, ident=src) + ALIVE:
        r.send(bytes([b]))
        time.sleep(float(delay))
    ok = r.expect(OPEN) is not None and r.recv()[0] == KEEPALIVE
    print("dribble: up=%d" % ok, flush=True)
    rest = reach(macip(mac(1)))
    start = time.monotonic()
    r.s.settimeout(1)
    for b in rest:
        try:
            r.send(bytes([b]))
            while True:
                t, body = r.recv()
                if t == NOTIFICATION:
                    print("dribble: %d/%d after %d s" % (
                        body[0], body[1], time.monotonic() - start))
                    return
                if t == 0:
                    break
            if body != "timeout":
                break
        except OSError:
            break
    print("dribble: ended without a word")


def halfclose(rr, src):
    """Our direction ends in the middle of a message."""
    r = connected(rr, src)
    r.send(reach(macip(mac(1)))[:-5])
    r.s.shutdown(socket.SHUT_WR)
    while r.recv()[0]:
        pass
    print("halfclose: %s" % r.recv()[1])


def stall(rr, src):
    """A session that never reads: what is told to it has to wait."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind((src, 0))
    s.connect((rr, 179))
    s.sendall(open_message(asn=AS, ident=src) + ALIVE)
    print("stall: connected", flush=True)
    while select.select([0], [], [], 1) == ([], [], []):
        s.sendall(ALIVE)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
