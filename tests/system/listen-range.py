"""The neighbors of tests/system/listen-range."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
import raw  # noqa: E402
from lab import Daemon, announce, imet, notification, rd_of, speaker, within  # noqa: E402
from raw import KEEPALIVE, NOTIFICATION, OPEN, Raw, cap, fact, open_message  # noqa: E402

ME = "10.66.0.1"
IN, EX = 65000, 65010
daemon = Daemon()


def peers():
    return daemon.json("show bgp summary")["l2VpnEvpn"]["peers"]


def refused(why):
    return daemon.metric("selvage_bgp_rejected_connections_total", reason=why)


def gone(addr):
    return lambda: addr not in peers()


def configure(*lines):
    daemon.configure("router bgp 65000", *lines)


def ended(addr, asn):
    """What an OPEN of this AS is answered from there: code and subcode, or "up"."""
    r = Raw(addr, ME)
    if r.expect(OPEN) is None:
        return getattr(r, "got", None)
    r.send(open_message(asn=asn, ident=addr))
    kind, body = r.recv()
    r.close()
    return tuple(body[:2]) if kind == NOTIFICATION else "up" if kind == KEEPALIVE else 0


def most_specific():
    for addr, asn, other in (("10.66.1.5", IN, EX), ("10.66.1.200", EX, IN),
                             ("10.66.9.9", EX, IN)):
        fact("%s: AS %d is welcome" % (addr, asn), ended(addr, asn) == "up")
        fact("%s: AS %d is not" % (addr, other), ended(addr, other) == (2, 2))
        within(5, "%s: nothing is left" % addr, gone(addr))
    r = speaker("10.66.1.200", ME, EX)
    shown = daemon.neighbor("10.66.1.200")
    fact("shown: dynamic, its group, its range",
         (shown.get("dynamicPeer"), shown.get("peerGroup"),
          shown.get("peerSubnetRangeGroup")) == (True, "outside", "10.66.1.128/25"),
         shown)
    # Its range goes, a less specific one has other settings: another neighbor.
    configure("no bgp listen range 10.66.1.128/25 peer-group outside")
    fact("a less specific range takes over: Cease 6/6", notification(r) == (6, 6, b""))
    fact("... and has its own AS", ended("10.66.1.200", IN) == "up")
    r.close()
    configure("bgp listen range 10.66.1.128/25 peer-group outside")


def limit():
    rs = [speaker("10.66.1.%d" % i, ME, IN) for i in (11, 12, 13)]
    fact("three dynamic neighbors", len(peers()) == 3)
    for i in range(20):
        r = Raw("10.66.1.%d" % (20 + i), ME)
        got = notification(r)
        if got != (6, 5, b""):
            fact("over the limit: Cease 6/5", False, got)
        r.close()
    fact("over the limit: Cease 6/5, 20 times", refused("listen_limit") == 20,
         refused("listen_limit"))
    fact("the three do not notice", all(r.alive() for r in rs) and len(peers()) == 3)
    text = daemon.ctl("show bgp summary")
    fact("shown: limit", "3 dynamic neighbor(s), limit 3" in text and
         "*10.66.1.11" in text, text)
    rs[0].close()
    within(5, "one goes: its place is free", gone("10.66.1.11"))
    r = speaker("10.66.1.14", ME, IN)
    fact("... for another", r.alive())
    configure("bgp listen limit 2")
    fact("a lower limit ends nobody", r.alive() and len(peers()) == 3)
    configure("bgp listen limit 3")
    return rs[1], rs[2], r


def configured(rs):
    """10.66.1.12 gets a stanza of its own, and loses it."""
    configure("neighbor 10.66.1.12 remote-as 65000", "neighbor 10.66.1.12 passive",
              "address-family l2vpn evpn", "neighbor 10.66.1.12 activate")
    fact("configured: a new session, Cease 6/6", notification(rs[0]) == (6, 6, b""))
    r = speaker("10.66.1.12", ME, IN)
    fact("configured: up, not dynamic any more",
         "dynamicPeer" not in daemon.neighbor("10.66.1.12"))
    within(5, "configured: its place in the range is free",
           lambda: daemon.json("show bgp summary")["l2VpnEvpn"]["dynamicPeers"] == 2)
    extra = speaker("10.66.1.15", ME, IN)
    fact("configured: the limit is for others", r.alive() and extra.alive())
    r.close()
    fact("configured: stays without a session", "10.66.1.12" in peers())
    extra.close()
    within(5, "... a dynamic one does not", gone("10.66.1.15"))
    configure("no neighbor 10.66.1.12")
    within(5, "no neighbor: gone", gone("10.66.1.12"))
    r = speaker("10.66.1.12", ME, IN)
    fact("no neighbor: the range serves it again",
         daemon.neighbor("10.66.1.12").get("dynamicPeer") is True)
    return r


def ranges_go(rs, r):
    configure("no bgp listen range 10.66.0.0/16 peer-group outside",
              "no bgp listen range 10.66.1.0/24 peer-group inside")
    for s in (rs[1], rs[2], r):
        fact("no listen range: Cease 6/3", notification(s) == (6, 3, b""))
        s.close()
    within(5, "no listen range: no neighbors", lambda: not peers())
    before = refused("stranger")
    s = Raw("10.66.1.12", ME)
    fact("no listen range: a stranger", s.recv() == (0, "closed") and
         refused("stranger") == before + 1)
    configure("bgp listen range 10.66.1.0/24 peer-group inside",
              "bgp listen range 10.66.0.0/16 peer-group outside")


def shut_group():
    for _ in range(3):
        s = Raw("10.66.2.7", ME)
        fact("range of a group that is shut down: closed", s.recv()[0] == 0)
    fact("... leaves no neighbor", not peers())
    r = speaker("10.66.1.30", ME, IN)
    configure("neighbor inside shutdown message going home")
    got = notification(r)
    fact("the group is shut down: Cease 6/2 and why",
         got is not None and got[:2] == (6, 2) and b"going home" in got[2], got)
    r.close()
    within(5, "... and its neighbors are gone", lambda: not peers())
    configure("no neighbor inside shutdown")


def two_connections():
    addr = "10.66.1.40"
    one = Raw(addr, ME)
    fact("two connections: OPEN on the first", one.expect(OPEN) is not None)
    two = Raw(addr, ME)
    fact("two connections: OPEN on the second", two.expect(OPEN) is not None)
    fact("two connections: the silent one is dropped", one.recv()[0] == 0)
    two.send(open_message(asn=IN, ident=addr))
    fact("two connections: the second comes up", two.recv()[0] == KEEPALIVE)
    two.send(raw.message(KEEPALIVE))
    fact("two connections: and stays", two.alive() and len(peers()) == 1)
    three = Raw(addr, ME)
    three.expect(OPEN)
    three.send(open_message(asn=IN, ident=addr))
    fact("two connections: Cease 6/7 once one is up",
         notification(three) == (6, 7, b""))
    fact("two connections: which does not notice", two.alive())
    two.close()
    within(5, "two connections: gone", lambda: not peers())


def damped():
    addr, other = "10.66.1.50", speaker("10.66.1.51", ME, IN)
    before, tries = refused("too_often"), 0
    while refused("too_often") == before and tries < 50:
        tries += 1
        r = Raw(addr, ME)
        if r.expect(OPEN) is not None:
            r.send(open_message(asn=64999, ident=addr))
            notification(r)
        r.close()
    fact("damped after some failures", 3 < tries < 50, tries)
    for _ in range(5):
        s = Raw(addr, ME)
        fact("damped: closed at once", s.recv()[0] == 0)
        s.close()
    fact("damped: others are not", other.alive())
    fact("damped: takes no place", list(peers()) == ["10.66.1.51"])
    daemon.ctl("clear bgp " + addr)
    r = speaker(addr, ME, IN)
    fact("damped: `clear bgp` lets it in", r.alive())
    r.close()
    other.close()
    within(5, "damped: gone", lambda: not peers())


def graceful_restart():
    addr = "10.66.1.60"
    caps = cap(64, struct.pack("!HHBB", 2, 25, 70, 0x80))  # restarts within 2 s
    r = speaker(addr, ME, IN, caps)
    route = imet(rd_of(60))
    r.send(announce([route]))
    within(5, "graceful restart: a route", lambda: accepted(addr) == 1)
    r.close()
    within(5, "graceful restart: no session, but its route is kept",
           lambda: peers()[addr]["state"] != "Established" and accepted(addr) == 1)
    r = speaker(addr, ME, IN, caps)
    fact("graceful restart: back, the same neighbor",
         daemon.neighbor(addr)["connectionsEstablished"] == 2)
    r.close()
    within(10, "graceful restart: not back in time, gone", gone(addr))


def accepted(addr):
    return daemon.neighbor(addr)["addressFamilyInfo"]["l2VpnEvpn"][
        "acceptedPrefixCounter"]


most_specific()
three = limit()
ranges_go(three, configured(three))
shut_group()
two_connections()
damped()
graceful_restart()
sys.exit(1 if raw.failed else 0)
