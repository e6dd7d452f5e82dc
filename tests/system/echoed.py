"""One connection, and data both ways on it. echoed.py listen PORT sends back what it is
sent; echoed.py ADDRESS PORT sends blocks, wants each back as it was, and prints their
number, a line each, until it is ended or something is wrong.
"""
import socket
import socketserver
import sys
import threading
import time

BLOCK = 128 << 10


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            data = self.request.recv(65536)
            if not data:
                break
            self.request.sendall(data)


def block(n):
    return n.to_bytes(8, "big") * (BLOCK // 8)


def ask(address, port):
    s = socket.create_connection((address, port), 5)
    n = 0
    while True:
        n += 1
        sender = threading.Thread(target=s.sendall, args=(block(n),))
        sender.start()
        got = bytearray()
        while len(got) < BLOCK:
            data = s.recv(BLOCK - len(got))
            if not data:
                sys.exit("closed")
            got += data
        sender.join()
        if got != block(n):
            sys.exit("block %d came back as another" % n)
        print(n, flush=True)
        time.sleep(0.005)  # others want to work, too


if sys.argv[1] == "listen":
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer(("", int(sys.argv[2])), Echo).serve_forever()
ask(sys.argv[1], int(sys.argv[2]))
