"""The neighbors of tests/system/maximum-prefix."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
import raw  # noqa: E402
from lab import (Daemon, announce, macs, notification, rd_of, speaker,  # noqa: E402
                 withdraw, within)
from raw import Raw, fact  # noqa: E402

ME = "10.66.0.1"
RD = rd_of(1)
daemon = Daemon()


def cease(limit):
    return 6, 1, b"\0\x19\x46" + struct.pack("!I", limit)


def limits(name):
    return daemon.metric("selvage_bgp_limits_reached_total", limit=name)


def accepted(addr):
    return daemon.neighbor(addr)["addressFamilyInfo"]["l2VpnEvpn"][
        "acceptedPrefixCounter"]


def summary(addr):
    return daemon.json("show bgp summary")["l2VpnEvpn"]["peers"][addr]


def refused(addr):
    try:
        kind, body = Raw(addr, ME).recv()
    except OSError:
        return True
    return kind == 0 and body != "timeout"


def until_cleared():
    addr = "10.66.0.11"
    r = speaker(addr, ME)
    r.send(announce(macs(RD, 8)))
    within(5, "8 of 10 routes, threshold 80 %", lambda: accepted(addr) == 8)
    fact("no warning yet", limits("prefixes_threshold") == 0)
    r.send(announce(macs(RD, 10)))
    within(5, "10 of 10 routes", lambda: accepted(addr) == 10)
    fact("one warning on the way", limits("prefixes_threshold") == 1)
    r.send(withdraw(macs(RD, 2, 9)))
    r.send(announce(macs(RD, 10)))
    within(5, "below it and above it again: one more",
           lambda: limits("prefixes_threshold") == 2)
    r.send(announce(macs(RD, 10)) + announce(macs(RD, 10)))
    r.send(announce(macs(RD, 11)))
    fact("the 11th: Cease 6/1 with family and limit", notification(r) == cease(10))
    fact("counted", limits("prefixes") == 1)
    fact("Idle (PfxCt)", summary(addr)["state"] == "Idle (PfxCt)", summary(addr))
    shown = daemon.neighbor(addr)
    fact("held until it is cleared", shown.get("prefixesConfigExceedMax") is True and
         shown.get("reducePrefixNumAndClearIpBgp") == addr, shown)
    fact("its routes are gone", accepted(addr) == 0)
    fact("refused while it is held", refused(addr))
    daemon.ctl("clear bgp " + addr)
    r = speaker(addr, ME)
    r.send(announce(macs(RD, 10)))
    within(5, "back after `clear bgp`", lambda: accepted(addr) == 10)
    r.close()


def warning_only():
    addr = "10.66.0.12"
    near, over = limits("prefixes_threshold"), limits("prefixes")
    r = speaker(addr, ME)
    r.send(announce(macs(RD, 20)))
    within(5, "warning-only: 20 routes of 10 are taken", lambda: accepted(addr) == 20)
    fact("warning-only: one warning near the limit, one over it",
         limits("prefixes_threshold") == near + 1 and limits("prefixes") == over + 1)
    af = daemon.neighbor(addr)["addressFamilyInfo"]["l2VpnEvpn"]
    fact("shown with FRR's keys", (af["prefixAllowedMax"],
                                   af["prefixAllowedMaxWarning"],
                                   af["prefixAllowedWarningThresh"]) == (10, True, 80),
         af)
    fact("the session goes on", daemon.neighbor(addr)["bgpState"] == "Established")
    r.close()


def with_restart():
    addr = "10.66.0.13"
    r = speaker(addr, ME)
    r.send(announce(macs(RD, 11)))
    fact("restart: Cease 6/1", notification(r) == cease(10))
    shown = daemon.neighbor(addr)
    af = shown["addressFamilyInfo"]["l2VpnEvpn"]
    fact("restart: the interval is shown",
         af.get("prefixAllowedRestartIntervalMsecs") == 120000, af)
    fact("restart: and what is left of it",
         shown.get("reducePrefixNumFrom") == addr and
         110000 < shown.get("restartInTimerMsec", 0) <= 120000, shown)
    text = daemon.ctl("show bgp neighbors " + addr)
    fact("restart: in words", "Maximum prefixes allowed 10\n" in text and
         "Threshold for warning message 50%, restart interval 2 min\n" in text and
         "will restart in 1" in text, text)
    fact("restart: refused until then", refused(addr))
    daemon.ctl("clear bgp *")
    r = speaker(addr, ME)
    fact("restart: `clear bgp` comes first", r.alive())
    r.close()


def of_a_range():
    addr = "10.66.1.5"
    r = speaker(addr, ME)
    r.send(announce(macs(RD, 11)))
    fact("listen range: Cease 6/1", notification(r) == cease(10))
    within(5, "listen range: the neighbor goes", lambda: "bgpState" not in
           daemon.neighbor(addr))
    fact("listen range: refused for a while", refused(addr))
    daemon.ctl("clear bgp " + addr)
    r = speaker(addr, ME)
    fact("listen range: `clear bgp` lets it in", r.alive())
    r.close()


def lowered():
    addr = "10.66.0.14"
    r = speaker(addr, ME)
    r.send(announce(macs(RD, 50)))
    within(5, "50 of 1000", lambda: accepted(addr) == 50)
    lines = "router bgp 65000", "address-family l2vpn evpn"
    daemon.configure(*lines, "neighbor %s maximum-prefix 60" % addr)
    fact("lowered to 60: near it, no more",
         r.alive() and summary(addr)["state"] == "Established")
    daemon.configure(*lines, "neighbor %s maximum-prefix 49" % addr)
    fact("lowered to 49: Cease 6/1", notification(r) == cease(49))
    daemon.configure(*lines, "neighbor %s maximum-prefix 100 restart 1" % addr)
    fact("raised: still held", refused(addr))
    daemon.ctl("clear bgp " + addr)
    r = speaker(addr, ME)
    r.send(announce(macs(RD, 50)))
    within(5, "cleared: 50 of 100", lambda: accepted(addr) == 50)
    r.close()


for scenario in until_cleared, warning_only, with_restart, of_a_range, lowered:
    scenario()
sys.exit(1 if raw.failed else 0)
