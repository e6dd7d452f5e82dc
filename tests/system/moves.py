#!/usr/bin/env python3
"""MACs that never rest: they go from speaker to speaker, each time with the next
sequence number, which no other has: each move is a set of attributes nobody has seen.

moves.py RR FIRST-ADDRESS MACS SPEAKERS
Words on standard input: go, stop (all are with the first speaker then), end (all are
withdrawn). Prints what was done.
"""
import os
import select
import socket
import struct
import sys
import time

from hostile import ALIVE, RT, connected, mac, macip, reach, spread, unreach

ENCAP = b"\3\x0c" + bytes(5) + b"\x08"
MOBILITY = b"\6\0\0\0"


class Speaker:
    """Its share of the work, encoded beforehand but for the sequence numbers."""

    def __init__(self, rr, addr, macs):
        self.raw = connected(rr, addr)
        self.raw.s.settimeout(10)
        rd = b"\0\1" + socket.inet_aton(addr) + b"\0\1"
        keys = [macip(mac(k), rd) for k in range(macs)]
        self.news, self.at = bytearray(), []
        for k in keys:
            m = reach(k, nexthop=addr, communities=RT + ENCAP + MOBILITY + b"SEQ!")
            self.at.append(len(self.news) + m.index(b"SEQ!"))
            self.news += m
        self.gone = b"".join(unreach(k) for k in keys)

    def announce(self, seq):
        for k, at in enumerate(self.at):
            struct.pack_into("!I", self.news, at, seq + k)
        self.raw.send(self.news)

    def listen(self):
        while select.select([self.raw.s], [], [], 0)[0]:
            if not self.raw.s.recv(1 << 20):
                sys.exit("the session ended")


class Moves:
    def __init__(self, rr, first, macs, speakers):
        self.macs, self.turn, self.order, self.alive = macs, 0, "go", 0
        self.all = [Speaker(rr, spread(first, i), macs) for i in range(speakers)]

    def idle(self):
        for s in self.all:
            s.listen()
            if time.monotonic() - self.alive > 1:
                s.raw.send(ALIVE)
        if time.monotonic() - self.alive > 1:
            self.alive = time.monotonic()

    def move(self):
        now = self.all[self.turn % len(self.all)]
        before = self.all[(self.turn - 1) % len(self.all)]
        now.announce(self.turn * self.macs)
        if self.turn:
            before.raw.send(before.gone)
        self.turn += 1

    def ask(self, wait):
        if select.select([0], [], [], wait)[0]:
            self.order = os.read(0, 100).decode().split()[-1]
            self.said = False

    def run(self):
        while self.order != "end":
            self.idle()
            resting = self.order == "stop" and self.turn % len(self.all) == 1
            self.ask(0.5 if resting else 0)
            if not resting:
                self.move()
            elif not self.said:
                print("moves: %d" % (self.turn * self.macs), flush=True)
                self.said = True
        for s in self.all:
            s.raw.send(s.gone)
        print("moves: withdrawn", flush=True)
        while True:
            self.idle()
            time.sleep(0.2)


if __name__ == "__main__":
    Moves(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])).run()
