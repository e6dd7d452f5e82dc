#!/usr/bin/env python3
"""Frames from MACs 02:66:00:00:00:00 upwards out of a device, one of each in every round.

frames.py DEVICE MACS SECONDS
Rounds go on until the process is ended.
"""
import socket
import sys
import time

device, macs, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((device, 0))
while True:
    for i in range(macs):
        source = b"\x02\x66" + i.to_bytes(4, "big")
        out.send(b"\xff" * 6 + source + b"\x88\xb5" + bytes(46))
    time.sleep(pause)
