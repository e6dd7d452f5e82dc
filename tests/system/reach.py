"""Who reaches whom: answers at many ports, and questions to many of them at once.

  serve PORT...     TCP and UDP at each, all addresses: sends back what comes
  ask FROM>TO...    TO is tcp|udp:ADDR:PORT, FROM an address of ours or nothing; prints
                    those that answered within half a second, in the order given
"""

import selectors
import socket
import sys
import time

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def serve(ports):
    sel = selectors.DefaultSelector()
    for port in map(int, ports):
        for kind in KINDS.values():
            s = socket.socket(socket.AF_INET, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("", port))
            if kind == socket.SOCK_STREAM:
                s.listen(16)
            sel.register(s, selectors.EVENT_READ, kind)
    print("ready", flush=True)
    while True:
        for key, _ in sel.select():
            s = key.fileobj
            if key.data == socket.SOCK_DGRAM:
                s.sendto(*s.recvfrom(2048))
            elif key.data == socket.SOCK_STREAM:
                sel.register(s.accept()[0], selectors.EVENT_READ, None)
            else:
                try:
                    data = s.recv(2048)
                    s.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    sel.unregister(s)
                    s.close()


def ask(wanted):
    sel = selectors.DefaultSelector()
    for w in wanted:
        src, to = w.split(">")
        kind, addr, port = to.split(":")
        s = socket.socket(socket.AF_INET, KINDS[kind])
        s.setblocking(False)
        s.bind((src, 0))
        s.connect_ex((addr, int(port)))
        sel.register(s, selectors.EVENT_WRITE, w)
    answered, end = set(), time.monotonic() + 0.5
    while len(answered) < len(wanted) and time.monotonic() < end:
        for key, _ in sel.select(max(0, end - time.monotonic())):
            s = key.fileobj
            try:
                if key.events == selectors.EVENT_WRITE:
                    s.send(b"?")
                    sel.modify(s, selectors.EVENT_READ, key.data)
                    continue
                if s.recv(16) == b"?":
                    answered.add(key.data)
            except OSError:
                pass  # refused, or the like
            sel.unregister(s)
    print(*(w for w in wanted if w in answered))


if __name__ == "__main__":
    {"serve": serve, "ask": ask}[sys.argv[1]](sys.argv[2:])
