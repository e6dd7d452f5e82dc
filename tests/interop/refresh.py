"""Refreshes by raw speakers: see tests/interop/refresh.

refresh.py          the cases
refresh.py hold N   announce N routes and wait to be ended
"""
import struct
import sys
import threading

import raw
from lab import END_OF_RIB, EVPN, H, Daemon, announce, key_of, macs, notification, \
    rd_of, speaker, told, withdraw, within
from raw import KEEPALIVE, REFRESH, UPDATE, Raw, cap, fact, message

ME = "10.88.0.1"
RR, BORR, EORR = 0, 1, 2
ENHANCED = cap(70)
daemon = Daemon()


def refresh(sub=RR, family=(25, 70), more=b""):
    return message(REFRESH, struct.pack("!HBB", family[0], sub, family[1]) + more)


def known(r, table, until):
    """Take what comes into the table (keys) until it is as wanted."""
    while not until(table):
        kind, body = r.recv()
        if kind == UPDATE:
            new, old, _, _ = told(body)
            table.difference_update(map(key_of, old))
            table.update(map(key_of, new))
        elif kind not in (KEEPALIVE, REFRESH):
            return False
    return True


def heard(r, until):
    """What comes, as a list: "begin", "end", and numbers of routes in a row, until a
    last element is as wanted."""
    out = []
    while not out or not until(out):
        kind, body = r.recv()
        if kind == UPDATE:
            n = len(told(body)[0])
            if out and isinstance(out[-1], int):
                out[-1] += n
            elif n:
                out.append(n)
        elif kind == REFRESH:
            out.append({RR: "request", BORR: "begin", EORR: "end"}[body[2]])
        elif kind != KEEPALIVE:
            out.append("lost: %s %s" % (kind, body))
            break
    return out


def sweep():
    """What is not said again between BoRR and EoRR goes, what is stays untouched."""
    watcher, r = speaker("10.88.1.1", ME), speaker("10.88.1.2", ME, caps=ENHANCED)
    routes, table = macs(rd_of(1), 10), set()
    keys = set(map(key_of, routes))
    r.send(announce(routes) + END_OF_RIB)
    fact("sweep: ten routes", known(watcher, table, lambda t: t == keys))
    r.send(refresh(BORR) + announce(routes[:6]) + refresh(EORR))
    left = set(map(key_of, routes[:6]))
    fact("sweep: what was not repeated is withdrawn",
         known(watcher, table, lambda t: t == left), len(table))
    before = daemon.neighbor("10.88.1.1")["messageStats"]["updatesSent"]
    r.send(refresh(BORR) + announce(routes[:6]) + refresh(EORR))
    within(5, "sweep: taken", lambda: daemon.neighbor("10.88.1.2")[
        "messageStats"]["routeRefreshRecv"] == 4)
    fact("sweep: what was repeated makes no noise", daemon.neighbor("10.88.1.1")[
        "messageStats"]["updatesSent"] == before)
    # EoRR alone, BoRR twice: what counts is what was said since the last BoRR.
    r.send(refresh(EORR) + refresh(BORR) + announce(routes[:3]) + refresh(BORR) +
           announce(routes[3:6]) + refresh(EORR))
    left = set(map(key_of, routes[3:6]))
    fact("sweep: a second BoRR begins anew", known(watcher, table, lambda t: t == left),
         len(table))
    r.send(refresh(BORR) + announce(routes[3:6]))
    fact("sweep: without EoRR nothing goes", r.alive())
    within(5, "sweep: ... all are there", lambda: accepted("10.88.1.2") == 3)
    r.close()
    watcher.close()


def accepted(addr):
    return daemon.neighbor(addr)["addressFamilyInfo"]["l2VpnEvpn"][
        "acceptedPrefixCounter"]


def not_negotiated():
    """Without capability 70 BoRR and EoRR mean nothing, and we send none."""
    source = speaker("10.88.1.3", ME)
    source.send(announce(macs(rd_of(2), 5)))
    r = speaker("10.88.1.4", ME)
    r.send(announce(macs(rd_of(3), 4)) + refresh(BORR) + refresh(EORR))
    fact("capability 70 missing: the session goes on", r.alive())
    fact("capability 70 missing: nothing is swept", accepted("10.88.1.4") == 4)
    r.send(refresh())
    fact("capability 70 missing: routes and no BoRR",
         heard(r, lambda o: o[-1] == 5) == [5])
    r.close()
    source.close()


def odd():
    """Refreshes that ask for nothing: the session goes on, and nothing is sent."""
    r = speaker("10.88.1.5", ME, caps=ENHANCED)
    source = speaker("10.88.1.6", ME)
    source.send(announce(macs(rd_of(4), 5)))
    fact("five routes", heard(r, lambda o: o[-1] == 5) == [5])
    for text, m in (("IPv4 unicast", refresh(family=(1, 1))),
                    ("a family of nobody", refresh(family=(16388, 71))),
                    ("BoRR of IPv6", refresh(BORR, (2, 1))),
                    ("subtype 3", refresh(3)), ("subtype 255", refresh(255))):
        r.send(m)
        fact("ignored: " + text, r.alive())
    within(5, "ignored: nothing was told again", lambda: daemon.neighbor(
        "10.88.1.5")["messageStats"]["routeRefreshSent"] == 0)
    r.send(refresh(more=H("01800a0500")))  # filters of RFC 5291, which we do not do
    fact("a request with filters gets all", heard(r, lambda o: o[-1] == "end") ==
         ["begin", 5, "end"])
    bad = refresh(BORR, more=b"\0")
    r.send(bad)
    fact("BoRR of 5 bytes: 7/1 and the message", notification(r) == (7, 1, bad))
    r.close()
    source.close()


def with_path_ids():
    """A family with path ids: the request names it without any."""
    source = speaker("10.88.1.7", ME)
    source.send(announce(macs(rd_of(5), 3)))
    both = H("00194603")
    r = speaker("10.88.1.8", ME, caps=ENHANCED + cap(69, both))
    fact("ADD-PATH: three routes", heard(r, lambda o: o[-1] == 3) == [3])
    r.send(refresh(BORR) + refresh(EORR) + refresh())
    out = heard(r, lambda o: o[-1] == "end")
    fact("ADD-PATH: asks and gets all", out == ["begin", 3, "end"], out)
    r.close()
    source.close()


def storm():
    """Thousands of requests, while the asker reads and while it does not."""
    n, asked = 3000, 20000
    source = speaker("10.88.1.9", ME)
    r = speaker("10.88.1.10", ME, caps=ENHANCED)
    for i in range(0, n, 100):
        source.send(announce(macs(rd_of(6), 100, i)))
    fact("storm: the table", known(r, set(), lambda t: len(t) == n))
    threading.Thread(target=r.send, args=(refresh() * asked,), daemon=True).start()
    # The last one waits until everything before it is read, then asks for one more.
    within(20, "storm: all requests are read", lambda: daemon.neighbor("10.88.1.10")[
        "messageStats"]["routeRefreshRecv"] == asked)
    r.send(refresh())
    within(5, "storm: and the last", lambda: daemon.neighbor("10.88.1.10")[
        "messageStats"]["routeRefreshRecv"] == asked + 1)
    within(20, "storm: all is sent", lambda: daemon.json("show bgp summary")[
        "l2VpnEvpn"]["peers"]["10.88.1.10"]["outq"] == 0 or drain(r))
    sent = daemon.neighbor("10.88.1.10")["messageStats"]["routeRefreshSent"]
    out = heard(r, lambda o: o.count("end") == sent // 2)
    rounds = out.count("begin")
    fact("storm: %d requests, few answers" % asked, 1 <= rounds <= asked // 100, rounds)
    fact("storm: each of them whole", out == ["begin", n, "end"] * rounds, out[:9])
    fact("storm: another speaker does not notice", source.alive())
    r.close()
    source.close()


def drain(r):
    """Take what is there without looking at it yet."""
    r.s.settimeout(0.05)
    try:
        r.buf += r.s.recv(1 << 20)
    except TimeoutError:
        pass
    r.s.settimeout(5)
    return False


def hold(n):
    r = speaker("10.88.1.50", ME)
    r.send(announce(macs(rd_of(50), int(n))))
    while r.recv() != (0, "closed"):
        pass
    sys.exit(0)


if len(sys.argv) > 1:
    hold(sys.argv[2])
for case in sweep, not_negotiated, odd, with_path_ids, storm:
    case()
sys.exit(1 if raw.failed else 0)
