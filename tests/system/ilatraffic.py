"""Traffic for the tests of ILA data planes.

  serve ADDR NAME           TCP and UDP on port 7000: answers what it is sent; a TCP
                            connection is greeted with NAME first
  tcp ADDR BYTES [SRC]      so many bytes there and back, compared
  udp ADDR COUNT [SRC]      so many datagrams of many sizes, each sent up to three times
                            (what a narrow way fits must be learned); prints how many
                            came back
  stream ADDR SECONDS       a datagram every 2 ms; prints SENT LOST
  flows ADDR COUNT          so many connections at once, five exchanges each; prints how
                            many each NAME has had
  inject SRC DST DEV        one UDP datagram with these addresses, written by hand
  frame DEV MAC SRC DST [TAG...]
                            the same in an Ethernet frame to MAC, each TAG (TPID:TCI,
                            hexadecimal) in front of it
  wire ID SIR LOCATOR       neutral-map: what the identifier becomes on the wire
"""

import os
import select
import socket
import struct
import sys
import time

PORT = 7000


def listen(kind, addr):
    s = socket.socket(socket.AF_INET6, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
    s.bind((addr, PORT))
    return s


def serve(addr, name):
    tcp, udp = listen(socket.SOCK_STREAM, addr), listen(socket.SOCK_DGRAM, addr)
    tcp.listen(128)
    tcp.setblocking(False)
    waiting = {}  # connection -> bytes to be sent back
    print("ready", flush=True)
    while True:
        r, w, _ = select.select([tcp, udp, *waiting],
                                [c for c, data in waiting.items() if data], [])
        if tcp in r:
            c, _ = tcp.accept()
            c.setblocking(False)
            waiting[c] = name.encode() + b"\n"
        if udp in r:
            data, peer = udp.recvfrom(65536)
            udp.sendto(data, peer)
        for c in [c for c in r if c in waiting]:
            try:
                data = c.recv(1 << 18)
            except OSError:
                data = b""
            if data:
                waiting[c] += data
            elif not waiting[c]:
                c.close()
                del waiting[c]
        for c in [c for c in w if c in waiting]:
            try:
                waiting[c] = waiting[c][c.send(waiting[c]):]
            except BlockingIOError:
                pass
            except OSError:
                c.close()
                del waiting[c]


def connect(addr, src=None):
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(8)
    if src:
        s.bind((src, 0))
    s.connect((addr, PORT))
    name = b""
    while not name.endswith(b"\n"):
        c = s.recv(1)
        if not c:
            sys.exit("no greeting")
        name += c
    return s, name.decode().strip()


def tcp(addr, count, src=None):
    count = int(count)
    s, _ = connect(addr, src)
    data = os.urandom(1 << 16) * (count // (1 << 16) + 1)
    data = data[:count]
    sent = got = 0
    s.setblocking(False)
    end = time.monotonic() + 15
    while got < count:
        if time.monotonic() > end:
            sys.exit(f"sent {sent}, got {got} of {count}")
        r, w, _ = select.select([s], [s] if sent < count else [], [], 1)
        if w:
            sent += s.send(data[sent:sent + (1 << 18)])
        if r:
            back = s.recv(1 << 18)
            if not back or back != data[got:got + len(back)]:
                sys.exit(f"wrong bytes at {got}")
            got += len(back)
    print("ok", got)


def udp(addr, count, src=None):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.settimeout(0.5)
    if src:
        s.bind((src, 0))
    s.connect((addr, PORT))
    back = 0
    for i in range(int(count)):
        # up to four fragments
        data = struct.pack("!I", i) + os.urandom(i * 779 % 5000)
        for _ in range(3):
            s.send(data)
            try:
                if s.recv(65536) == data:
                    back += 1
                    break
            except socket.timeout:
                pass
    print(back)


def stream(addr, seconds):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setblocking(False)
    s.connect((addr, PORT))
    sent, seen, end = 0, set(), time.monotonic() + float(seconds)
    while time.monotonic() < end + 0.5:
        if time.monotonic() < end:
            try:
                s.send(struct.pack("!I", sent))
            except OSError:
                pass
            sent += 1
        select.select([s], [], [], 0.002)
        try:
            while True:
                seen.add(s.recv(64))
        except OSError:
            pass
        if time.monotonic() >= end and len(seen) == sent:
            break
        time.sleep(0.002)
    print(sent, sent - len(seen))


def flows(addr, count):
    had, flows_ = {}, [connect(addr) for _ in range(int(count))]
    for n in range(5):
        for s, name in flows_:
            s.sendall(f"{n}".encode())
            if s.recv(16) != f"{n}".encode():
                sys.exit("a flow got somebody else's answer")
    for _, name in flows_:
        had[name] = had.get(name, 0) + 1
    print(*(f"{k} {had[k]}" for k in sorted(had)))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def datagram(src, dst, hops=64):
    pack = lambda a: socket.inet_pton(socket.AF_INET6, a)
    src, dst, data = pack(src), pack(dst), b"hello"
    head = struct.pack("!HHH", PORT, PORT, 8 + len(data))
    pseudo = src + dst + struct.pack("!II", 8 + len(data), 17)
    total = checksum(pseudo + head + b"\0\0" + data)
    packet = struct.pack("!IHBB", 6 << 28, 8 + len(data), 17, hops) + src + dst
    return packet + head + struct.pack("!H", total) + data


def inject(src, dst, dev):
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, dev.encode())
    s.sendto(datagram(src, dst), (dst, 0))


def frame(dev, mac, src, dst, *tags):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((dev, 0))
    own = s.getsockname()[4]
    tagged = b"".join(bytes.fromhex(t.replace(":", "")) for t in tags)
    s.send(bytes.fromhex(mac.replace(":", "")) + own + tagged + b"\x86\xdd" +
           datagram(src, dst))


def wire(ident, sir, locator):
    words = lambda a: [int(w, 16) for w in a.split(":")]
    i, total = words(ident), 0
    total = sum(words(sir)) + sum(~w & 0xffff for w in words(locator)) + 0xefff + i[3]
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    i[0] |= 0x1000
    i[3] = total
    print(locator + ":" + ":".join(f"{w:x}" for w in i))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
