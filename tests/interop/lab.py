"""For tests with a raw speaker: EVPN routes, UPDATEs, and the daemon that gets them.

RUNDIR, SELVAGECTL and METRICS in the environment say where that is (lab_play in
tests/lib.sh).
"""
import json
import os
import struct
import subprocess
import time
import urllib.request

from raw import EVPN, NOTIFICATION, UPDATE, Raw, cap, fact, message

OPT, TRANS, PARTIAL, EXT = 0x80, 0x40, 0x20, 0x10
H = bytes.fromhex


# ---- routes ----------------------------------------------------------------------


def rd_of(number):
    return struct.pack("!HHI", 0, 65000, number)


def nlri(kind, body):
    return bytes([kind, len(body)]) + body


def macip(rd, label=b"\0\x27\x74", mac=H("02aa00000001"), maclen=48, ip=H("00"),
          esi=bytes(10)):
    return nlri(2, rd + esi + bytes(4) + bytes([maclen]) + mac + ip + label)


def imet(rd, more=b"", ip=H("200a4d000b")):
    return nlri(3, rd + bytes(4) + ip + more)


def prefix5(rd, bits=24, esi=bytes(10), gw=bytes(4), label=b"\0\x27\x74", more=b""):
    return nlri(5, rd + esi + bytes(4) + bytes([bits]) + H("c0000200") + gw + label +
                more)


def macs(rd, n, first=1):
    """n routes of type 2 that differ in their MAC."""
    return [macip(rd, mac=H("02bb") + struct.pack("!I", first + i)) for i in range(n)]


def key_of(n):
    """What makes two NLRI the same route (RFC 7432 section 7, RFC 9136)."""
    kind, b = n[0], n[2:]
    cut = {1: lambda: b[:22], 2: lambda: b[:8] + b[18:30 + b[29] // 8],
           5: lambda: b[:8] + b[18:27 if len(b) == 34 else 39]}
    return bytes([kind]) + cut.get(kind, lambda: b)()


def nlris(data):
    while data:
        n = 2 + data[1]
        yield data[:n]
        data = data[n:]


# ---- UPDATEs ---------------------------------------------------------------------


def attr(flags, code, value):
    if flags & EXT or len(value) > 255:
        return struct.pack("!BBH", flags | EXT, code, len(value)) + value
    return struct.pack("!BBB", flags, code, len(value)) + value


def update(attrs):
    return message(UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs)


def announce(routes, path=b"", more=b"", nexthop=H("0a4d000b"), internal=True):
    """An UPDATE that announces all these (at most some 3900 bytes of them)."""
    reach = H("001946") + bytes([len(nexthop)]) + nexthop + b"\0" + b"".join(routes)
    return update(attr(OPT, 14, reach) + attr(TRANS, 1, b"\0") + attr(TRANS, 2, path) +
                  (attr(TRANS, 5, struct.pack("!I", 100)) if internal else b"") +
                  attr(OPT | TRANS, 16, H("0002fde800002774")) + more)


def withdraw(routes):
    return update(attr(OPT, 15, H("001946") + b"".join(routes)))


END_OF_RIB = withdraw([])


def told(body):
    """(announced routes, withdrawn ones, attributes by code, next hop) of a body."""
    attrs, pos = {}, 4
    while pos < len(body):
        flags, code, n = struct.unpack_from("!BBB", body, pos)
        pos += 3
        if flags & EXT:
            n = n << 8 | body[pos]
            pos += 1
        attrs[code] = (flags & ~EXT, body[pos:pos + n])
        pos += n
    reach, unreach = attrs.pop(14, (0, b""))[1], attrs.pop(15, (0, b""))[1]
    return (list(nlris(reach[5 + reach[3]:])) if reach else [],
            list(nlris(unreach[3:])), attrs, reach[4:4 + reach[3]] if reach else b"")


# ---- who is there ----------------------------------------------------------------


def speaker(src, dst, asn=65000, caps=b"", hold=90, ident=None, **kw):
    """An established session with EVPN and 4-octet AS numbers."""
    r = Raw(src, dst, **kw)
    caps = cap(1, EVPN) + cap(2) + cap(65, struct.pack("!I", asn)) + caps
    if not r.up(asn=asn, ident=ident or src, caps=caps, hold=hold):
        raise RuntimeError("%s does not come up: %s" % (src, getattr(r, "got", "")))
    return r


def notification(r):
    """(code, subcode, data) when one comes before anything but routes, else None."""
    body = r.expect(NOTIFICATION)
    return None if body is None else (body[0], body[1], body[2:])


class Daemon:
    """The selvaged under test."""

    def ctl(self, *commands):
        args = [os.environ["SELVAGECTL"], "--rundir", os.environ["RUNDIR"]]
        for c in commands:
            args += ["-c", c]
        return subprocess.run(args, stdout=subprocess.PIPE, text=True,
                              check=False).stdout

    def configure(self, *lines):
        out = self.ctl("configure terminal", *lines)
        if out.strip():
            raise RuntimeError("%s: %s" % (lines, out))

    def json(self, command):
        return json.loads(self.ctl(command + " json"))

    def neighbor(self, addr):
        return self.json("show bgp neighbors " + addr).get(addr, {})

    def metric(self, name, **labels):
        """Its value; 0 when nobody has counted yet."""
        wanted = ['%s="%s"' % kv for kv in labels.items()]
        url = "http://%s/metrics" % os.environ["METRICS"]
        with urllib.request.urlopen(url, timeout=5) as page:
            lines = page.read().decode().splitlines()
        for line in lines:
            if line.startswith(name) and all(w in line for w in wanted):
                return float(line.split()[-1])
        return 0


def within(seconds, text, cond):
    """PASS once cond() is true, FAIL with what it was when time is over."""
    end = time.monotonic() + seconds
    while not (value := cond()):
        if time.monotonic() > end:
            fact(text, False, value)
            return False
        time.sleep(0.02)
    fact(text, True)
    return True
