"""Two internal peers of a reflector: what one announces the other waits for, over and
over. pingpong.py LOCAL1 LOCAL2 REMOTE prints the milliseconds of each round, a line
each, until its standard input ends.
"""
import select
import socket
import sys
import time

import hijack
import raw


def main():
    one, two, remote = sys.argv[1:]
    a, b = raw.Raw(one, remote), raw.Raw(two, remote)
    if not a.up(asn=65000, ident=one) or not b.up(asn=65000, ident=two):
        sys.exit("no session")
    a.s.settimeout(60)
    b.s.settimeout(60)
    number = 0
    while not select.select([0], [], [], 0)[0]:
        number += 1
        mac = "02:ff" + "".join(":%02x" % x for x in number.to_bytes(4, "big"))
        begin = time.monotonic()
        a.send(hijack.update(["mac", mac, "nh", one, "rd", one + ":1"]))
        wanted = bytes.fromhex(mac.replace(":", ""))
        kind, body = b.recv()
        while kind and wanted not in body:
            kind, body = b.recv()
        if not kind:
            sys.exit("lost: " + body)
        print("%.1f" % (1000 * (time.monotonic() - begin)), flush=True)
        a.send(hijack.update(["withdraw", "mac", mac, "rd", one + ":1"]))
        if number % 100 == 0:
            a.send(raw.message(raw.KEEPALIVE))
            b.send(raw.message(raw.KEEPALIVE))
        while select.select([a.s], [], [], 0)[0]:  # what it hears is not read
            if not a.s.recv(65536):
                sys.exit("closed")


main()
