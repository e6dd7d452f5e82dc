#!/usr/bin/env python3
"""A BGP speaker that sends any bytes: collisions, malformed frames, old peers.

raw.py LOCAL-PREFIX24 REMOTE SCENARIO...   e.g. raw.py 10.88.0 10.88.0.1 malformed
Prints PASS or FAIL for each fact; exit 1 if one failed. Every wait has an end.
"""
import os
import socket
import struct
import sys
import time

MARKER = b"\xff" * 16
OPEN, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH = range(1, 6)
EVPN = struct.pack("!HBB", 25, 0, 70)
failed = 0


def fact(text, good, detail=""):
    global failed
    failed += not good
    print(("PASS " if good else "FAIL ") + text + (
        "" if good else " " + str(detail)), flush=True)


def message(kind, body=b""):
    return MARKER + struct.pack("!HB", 19 + len(body), kind) + body


def cap(code, value=b""):
    return bytes([code, len(value)]) + value


def open_message(asn=65007, ident="10.88.9.9", hold=90, caps=None, version=4):
    if caps is None:
        caps = cap(1, EVPN) + cap(2) + cap(6) + cap(65, struct.pack("!I", asn))
    par = bytes([2, len(caps)]) + caps if caps else b""
    as2 = asn if asn < 65536 else 23456
    return message(OPEN, struct.pack("!BHH4sB", version, as2, hold,
                                     socket.inet_aton(ident), len(par)) + par)


def attr(flags, code, value):
    """A path attribute, its length in two bytes."""
    return struct.pack("!BBH", flags | 0x10, code, len(value)) + value


def update(attrs):
    return message(UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs)


def attributes(body):
    """(flags, code, value) of each path attribute of an UPDATE."""
    attrs = body[4 + struct.unpack("!H", body[:2])[0]:]
    while attrs:
        flags, code = attrs[0], attrs[1]
        size = 4 if flags & 0x10 else 3
        length = struct.unpack("!H", attrs[2:4])[0] if size == 4 else attrs[2]
        yield flags & 0xe0, code, attrs[size:size + length]
        attrs = attrs[size + length:]


def replace(path, lines):
    """A file of these lines, sorted, that is always whole."""
    with open(path + ".new", "w") as f:
        f.write("".join(sorted(lines)))
    os.rename(path + ".new", path)


def opened(src, dst, first=b""):
    """A connection and the other's OPEN, once it is there and answers what is said
    first."""
    end = time.monotonic() + 20
    while True:
        try:
            raw = Raw(src, dst)
            raw.send(first)
            body = raw.expect(OPEN)
            if body is not None:
                return raw, body
            raw.close()
        except OSError:
            pass
        if time.monotonic() > end:
            sys.exit("no OPEN from " + dst)
        time.sleep(0.05)


def md5_key(sock, remote, key):
    addr = struct.pack("!HH4s", 0, 0, socket.inet_aton(remote))
    addr = struct.pack("=H", socket.AF_INET) + addr[2:] + b"\0" * 120
    sock.setsockopt(socket.IPPROTO_TCP, 14,
                    addr + struct.pack("=BBHI", 0, 0, len(key), 0) +
                    key.ljust(80, b"\0"))


class Raw:
    def __init__(self, src, dst, key=None, port=179, timeout=5):
        self.s = socket.socket()
        self.s.settimeout(timeout)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if key:
            md5_key(self.s, dst, key)
        self.s.bind((src, 0))
        self.s.connect((dst, port))
        self.buf = b""

    def send(self, data):
        self.s.sendall(data)

    def recv(self):
        """(type, body), or (0, "closed" or "timeout")."""
        while True:
            if len(self.buf) >= 19:
                n = struct.unpack("!H", self.buf[16:18])[0]
                if len(self.buf) >= n:
                    m, self.buf = self.buf[:n], self.buf[n:]
                    return m[18], m[19:]
            try:
                data = self.s.recv(65536)
            except socket.timeout:
                return 0, "timeout"
            except OSError as e:
                return 0, str(e)
            if not data:
                return 0, "closed"
            self.buf += data

    def expect(self, kind):
        """Body of the next message of this kind; KEEPALIVE and UPDATE are skipped.
        None when something else comes."""
        while True:
            t, body = self.recv()
            if t == kind:
                return body
            if t not in (KEEPALIVE, UPDATE):
                self.got = (t, body)
                return None

    def notified(self, code, sub):
        body = self.expect(NOTIFICATION)
        return body is not None and body[:2] == bytes([code, sub])

    def up(self, **kw):
        ok = self.expect(OPEN) is not None
        self.send(open_message(**kw))
        ok = ok and self.recv()[0] == KEEPALIVE
        self.send(message(KEEPALIVE))
        return ok

    def alive(self):
        """A ROUTE-REFRESH of a strange family is ignored; a broken session is not."""
        self.send(message(REFRESH, b"\0\x01\0\x01"))
        self.s.settimeout(0.3)
        while True:
            t, body = self.recv()
            if t not in (KEEPALIVE, UPDATE):
                self.s.settimeout(5)
                return body == "timeout"

    def close(self):
        self.s.close()


def header(length, kind, marker=MARKER):
    return marker + struct.pack("!HB", length, kind)


MALFORMED = [
    # name, established first, bytes, code, subcode
    ("marker", True, header(19, 4, b"\xff" * 15 + b"\0"), 1, 1),
    ("length 18", True, header(18, 4), 1, 2),
    ("length 20 of a KEEPALIVE", True, header(20, 4), 1, 2),
    ("length 22 of an UPDATE", True, header(22, 2), 1, 2),
    ("length 65535 of an OPEN", False, header(65535, 1), 1, 2),
    ("type 9", True, header(19, 9), 1, 3),
    ("type 9 before OPEN", False, header(19, 9), 1, 3),
    ("version 3", False, open_message(version=3), 2, 1),
    ("AS 0", False, open_message(asn=0), 2, 2),
    ("our own AS from outside", False, open_message(asn=4200000001), 2, 2),
    ("hold time 2", False, open_message(hold=2), 2, 6),
    ("id 0.0.0.0", False, open_message(ident="0.0.0.0"), 2, 3),
    ("no family in common", False,
     open_message(caps=cap(1, b"\0\x01\0\x01")), 2, 7),
    ("KEEPALIVE before OPEN", False, message(KEEPALIVE), 5, 1),
    ("UPDATE before OPEN", False, message(UPDATE, b"\0" * 4), 5, 1),
    ("second OPEN", True, open_message(), 5, 3),
]


def malformed(net, dst):
    for i, (name, first, data, code, sub) in enumerate(MALFORMED):
        r = Raw("%s.%d" % (net, 65 + i), dst)
        ok = r.up() if first else r.expect(OPEN) is not None
        if ok:
            r.send(data)
        fact("%s: NOTIFICATION %d/%d" % (name, code, sub),
             ok and r.notified(code, sub), getattr(r, "got", "not up"))
        r.close()


def framing(net, dst):
    r = Raw(net + ".81", dst)
    r.expect(OPEN)
    for b in open_message() + message(KEEPALIVE) * 3:
        r.send(bytes([b]))
    fact("OPEN byte by byte", r.recv()[0] == KEEPALIVE and r.alive())
    r.send(message(KEEPALIVE) * 3000)
    fact("3000 messages at once", r.alive())
    attr = b"\xd0\xfa" + struct.pack("!H", 65535 - 19 - 4 - 4)
    attr = attr.ljust(65535 - 19 - 4, b"\x55")
    r.send(message(UPDATE, struct.pack("!HH", 0, len(attr)) + attr) * 4)
    fact("extended messages of 65535 bytes", r.alive())
    r.close()


def collision(net, dst):
    src = net + ".82"
    one = Raw(src, dst)
    ok = one.up()
    two = Raw(src, dst)
    two.expect(OPEN)
    two.send(open_message())
    fact("collision: Cease/7 on the second", ok and two.notified(6, 7))
    fact("collision: the first stays", one.alive())
    one.close()
    two.close()


def restart(net, dst):
    """With graceful restart a new connection replaces the old one, silently."""
    src = net + ".83"
    caps = cap(1, EVPN) + cap(65, struct.pack("!I", 65007)) + \
        cap(64, b"\x00\x78\x00\x19\x46\x80")
    one = Raw(src, dst)
    ok = one.up(caps=caps)
    time.sleep(2.1)  # the session must be older than a collision could be
    two = Raw(src, dst)
    ok = ok and two.up(caps=caps)
    fact("graceful restart: the second connection comes up", ok and two.alive())
    kind, body = one.recv()
    while kind == KEEPALIVE or kind == UPDATE:
        kind, body = one.recv()
    fact("graceful restart: the first is closed without NOTIFICATION",
         kind == 0 and body != "timeout", (kind, body))
    two.close()


def old_peer(net, dst):
    """No capability 65: the 2-octet AS field, and AS_TRANS in ours."""
    r = Raw(net + ".84", dst)
    body = r.expect(OPEN)
    fact("our AS in 2 octets is AS_TRANS",
         body is not None and body[1:3] == struct.pack("!H", 23456), body)
    r.send(open_message(caps=cap(1, EVPN)))
    fact("2-octet peer comes up", r.recv()[0] == KEEPALIVE)
    r.send(message(KEEPALIVE))
    fact("2-octet peer stays up", r.alive())
    r.close()


def strangers(net, dst):
    r = Raw(net + ".30", dst)
    fact("a stranger is closed at once", r.recv()[0] == 0)
    r.close()


def keyed(net, dst):
    r = Raw(net + ".97", dst, b"rangekey")
    fact("listen range with MD5: right key", r.up() and r.alive())
    r.close()
    for name, key in ("wrong key", b"other"), ("no key", None):
        try:
            Raw(net + ".98", dst, key, timeout=0.7).close()
            fact("listen range with MD5: " + name, False, "connected")
        except (socket.timeout, TimeoutError):
            fact("listen range with MD5: %s is not heard" % name, True)


if __name__ == "__main__":
    for scenario in sys.argv[3:]:
        globals()[scenario](sys.argv[1], sys.argv[2])
    sys.exit(1 if failed else 0)
