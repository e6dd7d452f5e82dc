"""A host that lies: a BGP speaker whose routes claim what the lines on its standard
input say. hijack.py LOCAL REMOTE; whatever comes back is not read, a route refresh not
answered.

  mac MAC   imet ADDRESS   es ADDRESS   prefix A.B.C.D/M   type N
      with nh ADDRESS  rd ADDRESS:N  [pmsi ADDRESS]  [originator ADDRESS]  [cluster ADDRESS]
      [endpoint ADDRESS]; `withdraw` in front takes the route back
"""
import os
import select
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../interop"))
import raw  # noqa: E402

RT = struct.pack("!HHI", 2, 65000, 100)
ENCAP = b"\x03\x0c\0\0\0\0\0\x08"
LABEL = b"\0\0\x64"
ZERO_ESI = b"\0" * 10


def ip(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def sized(text):
    return bytes([8 * len(ip(text))]) + ip(text)


def rd_of(text):
    addr, number = text.rsplit(":", 1)
    return struct.pack("!H", 1) + ip(addr) + struct.pack("!H", int(number))


def nlri(kind, what, rd):
    if kind == "mac":
        t, body = 2, rd + ZERO_ESI + b"\0\0\0\0\x30" + bytes.fromhex(
            what.replace(":", "")) + b"\0" + LABEL
    elif kind == "imet":
        t, body = 3, rd + b"\0\0\0\0" + sized(what)
    elif kind == "es":
        t, body = 4, rd + b"\0" * 9 + b"\x07" + sized(what)
    elif kind == "prefix":
        addr, bits = what.split("/")
        t, body = 5, rd + ZERO_ESI + b"\0\0\0\0" + bytes([int(bits)]) + ip(addr) + \
            b"\0\0\0\0" + LABEL
    else:
        t, body = int(what), rd + b"\0\0\0\0"
    return bytes([t, len(body)]) + body


def attr(flags, code, value):
    return struct.pack("!BBH", flags | 0x10, code, len(value)) + value


def update(words):
    withdraw = words[0] == "withdraw"
    words = words[withdraw:]
    o = dict(zip(words[2::2], words[3::2]))
    route = nlri(words[0], words[1], rd_of(o["rd"]))
    if withdraw:
        attrs = attr(0x80, 15, raw.EVPN[:2] + raw.EVPN[3:] + route)
        return raw.message(raw.UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs)
    nh = ip(o["nh"])
    attrs = attr(0x80, 14, raw.EVPN[:2] + raw.EVPN[3:] + bytes([len(nh)]) + nh + b"\0" +
                 route)
    attrs += attr(0x40, 1, b"\0") + attr(0x40, 2, b"") + attr(0x40, 5, b"\0\0\0\x64")
    attrs += attr(0xc0, 16, RT + ENCAP)
    if "originator" in o:
        attrs += attr(0x80, 9, ip(o["originator"]))
    if "cluster" in o:
        attrs += attr(0x80, 10, ip(o["cluster"]))
    if "pmsi" in o:
        attrs += attr(0xc0, 22, b"\0\x06" + LABEL + ip(o["pmsi"]))
    if "endpoint" in o:
        attrs += attr(0xc0, 23, b"\0\x08\0\x0c\x06\x0a\0\0\0\0\0\x01" +
                      ip(o["endpoint"]))
    return raw.message(raw.UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs)


def main():
    local, remote = sys.argv[1:]
    r = raw.Raw(local, remote)
    if not r.up(asn=65000, ident=local):
        sys.exit("no session")
    print("up", flush=True)
    lines = b""
    while True:
        ready = select.select([0, r.s], [], [], 2)[0]
        if r.s in ready and not r.s.recv(65536):
            sys.exit("closed")
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            lines += data
        while b"\n" in lines:
            line, lines = lines.split(b"\n", 1)
            r.send(update(line.decode().split()))
        r.send(raw.message(raw.KEEPALIVE))


if __name__ == "__main__":
    main()
