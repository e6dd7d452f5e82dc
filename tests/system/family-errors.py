"""Errors in UPDATEs of ILA and IPv6 unicast: what becomes of session, route, counters.

family-errors.py ME          with RUNDIR and SELVAGECTL in the environment
family-errors.py ME WORDS    the addresses of cases with these words in their name

Each case has a neighbor of its own, which announces a route and then sends an UPDATE
with something wrong in it. Wanted is: the route as it was, its replacement, none, or the
end of the session with NOTIFICATION 3/9; and one error under the name given. What is
common to all families is in rfc7606.py. draft-lapukhov-bgp-ila-afi-02 section 4,
RFC 7606 sections 5.3 and 7.11, RFC 4760, RFC 2545, RFC 7911.
"""
import json
import os
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
import raw  # noqa: E402
from raw import NOTIFICATION, UPDATE, Raw, cap, fact, message  # noqa: E402

ME = sys.argv[1]
NET = ME.rsplit(".", 1)[0]
H = bytes.fromhex
ILA, IP6 = H("0002f1"), H("000201")
ID1, ID2 = "200000000002000b", "200000000002000c"
LOC, LOC2 = "20010db801000002", "20010db801000003"
HOST = "80 20010db8c0de0001200000000002000b"
HOP, HOP2 = LOC + "0000000000000001", LOC2 + "0000000000000001"
ORIGINS = H("40010100 400200 40050400000064")


def attr(code, value):
    return struct.pack("!BBH", 0x90, code, len(value)) + value


def reach(fam, nexthop, nlri):
    hop = H(nexthop)
    return attr(14, fam + bytes([len(hop)]) + hop + b"\0" + H(nlri)) + ORIGINS


def unreach(fam, nlri):
    return attr(15, fam + H(nlri))


def block(*ids, n=None, path=""):
    return path + "%04x" % (8 * len(ids) if n is None else n) + "".join(ids)


# name, family, path ids agreed, UPDATE, what becomes of the route, counter
CASES = [
    ("nothing wrong", ILA, 0, reach(ILA, LOC2, block(ID1)), "new", None),
    ("an identifier twice in a block", ILA, 0, reach(ILA, LOC2, block(ID1, ID1)),
     "new", None),
    ("in MP_UNREACH and MP_REACH: it is announced", ILA, 0,
     unreach(ILA, block(ID1)) + reach(ILA, LOC2, block(ID1)), "new", None),
    ("a block of nothing", ILA, 0, reach(ILA, LOC2, block()), "old", None),
    ("no block at all", ILA, 0, reach(ILA, LOC2, ""), "old", None),
    ("withdraw", ILA, 0, unreach(ILA, block(ID1)), "gone", None),
    ("withdraw of another one", ILA, 0, unreach(ILA, block(ID2)), "old", None),
    ("length 9", ILA, 0, reach(ILA, LOC2, block(ID1, n=9)), "reset", "nlri_frame"),
    ("length 9, and 9 octets", ILA, 0, reach(ILA, LOC2, block(ID1, "00", n=9)), "reset",
     "nlri_frame"),
    ("length beyond the attribute", ILA, 0, reach(ILA, LOC2, block(ID1, n=16)), "reset",
     "nlri_frame"),
    ("length short of the attribute", ILA, 0, reach(ILA, LOC2, block(ID1, ID2, n=8)),
     "reset", "nlri_frame"),
    ("half a length", ILA, 0, reach(ILA, LOC2, "00"), "reset", "nlri_frame"),
    ("two blocks", ILA, 0, reach(ILA, LOC2, block(ID1) + block(ID2)), "reset",
     "nlri_frame"),
    ("length beyond the attribute, withdraw", ILA, 0, unreach(ILA, block(ID1, n=16)),
     "reset", "nlri_frame"),
    ("a path id that was not agreed", ILA, 0,
     reach(ILA, LOC2, block(ID1, path="00000007")), "reset", "nlri_frame"),
    ("path id as agreed", ILA, 3, reach(ILA, LOC2, block(ID1, path="00000001")), "new",
     None),
    ("no path id, though agreed", ILA, 3, reach(ILA, LOC2, block(ID1)), "reset",
     "nlri_frame"),
    ("a path id before each identifier", ILA, 3,
     reach(ILA, LOC2, "0018 00000001" + ID1 + "00000002" + ID2), "reset", "nlri_frame"),
    ("next hop of 16 octets", ILA, 0, reach(ILA, HOP2, block(ID1)), "reset", "mp_form"),
    ("next hop of 16 octets, where it may be", ILA, 0, reach(ILA, HOP2, block(ID1)),
     "new", None),
    ("next hop of 4 octets", ILA, 0, reach(ILA, "0a4d0001", block(ID1)), "reset",
     "mp_form"),
    ("no next hop", ILA, 0, reach(ILA, "", block(ID1)), "reset", "mp_form"),
    ("locator zero", ILA, 0, reach(ILA, "00" * 8, block(ID1)), "gone",
     "attribute_value"),
    ("locator multicast", ILA, 0, reach(ILA, "ff02000000000001", block(ID1)), "gone",
     "attribute_value"),
    ("locator link-local", ILA, 0, reach(ILA, "fe80000000000001", block(ID1)), "gone",
     "attribute_value"),
    ("no ORIGIN", ILA, 0, reach(ILA, LOC2, block(ID1)).replace(H("40010100"), b""),
     "gone", "attribute_missing"),
    ("another number for the family", ILA, 0, reach(H("811a01"), LOC2, block(ID1)),
     "old", "not_negotiated"),
    ("IPv6 unicast, nothing wrong", IP6, 0, reach(IP6, HOP2, HOST), "new", None),
    ("next hop of 32 octets", IP6, 0,
     reach(IP6, HOP2 + "fe80" + "00" * 13 + "01", HOST), "new", None),
    ("bits beyond the prefix", IP6, 0, reach(IP6, HOP2, HOST + "21 20010db8ff"), "new",
     None),
    ("129 bits", IP6, 0, reach(IP6, HOP2, "81" + HOST[2:] + "00"), "reset",
     "nlri_frame"),
    ("a good prefix, then 129 bits", IP6, 0, reach(IP6, HOP2, HOST + "81" + HOST[2:]
                                                    + "00"), "reset", "nlri_frame"),
    ("a prefix that overruns", IP6, 0, reach(IP6, HOP2, HOST[:-2]), "reset",
     "nlri_frame"),
    ("255 bits, withdraw", IP6, 0, unreach(IP6, "ff" + HOST[2:]), "reset",
     "nlri_frame"),
    ("a path id that was not agreed, IPv6", IP6, 0, reach(IP6, HOP2, "00000007" + HOST),
     "reset", "nlri_frame"),
    ("path id as agreed, IPv6", IP6, 3, reach(IP6, HOP2, "00000001" + HOST), "new",
     None),
    ("next hop of 8 octets, IPv6", IP6, 0, reach(IP6, LOC2, HOST), "reset", "mp_form"),
    ("next hop of 4 octets, IPv6", IP6, 0, reach(IP6, "0a4d0001", HOST), "reset",
     "mp_form"),
    ("next hop ::", IP6, 0, reach(IP6, "00" * 16, HOST), "gone", "attribute_value"),
    ("next hop multicast", IP6, 0, reach(IP6, "ff02" + "00" * 14, HOST), "gone",
     "attribute_value"),
    ("withdraw, IPv6", IP6, 0, unreach(IP6, HOST), "gone", None),
]


def ask(line):
    out = subprocess.run([os.environ["SELVAGECTL"], "--rundir", os.environ["RUNDIR"],
                          "-c", line + " json"], capture_output=True, check=True)
    return json.loads(out.stdout)


def within(cond, seconds=5):
    end = time.monotonic() + seconds
    while not cond():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def next_hops(fam, addr):
    word = "ila" if fam == ILA else "ipv6"
    held = ask("show bgp %s unicast neighbors %s routes" % (word, addr))
    key = "2000:0:2:b" if fam == ILA else "2001:db8:c0de:1:2000:0:2:b/128"
    return [p["nexthops"][0]["ip"] for p in held.get("routes", {}).get(key, [])]


def want_hops(fam, loc):
    end = "::" if fam == ILA else "::1"
    return ["2001:db8:100:%d%s" % (loc, end)]


def play(i, name, fam, paths, attrs, want, counter):
    addr = "%s.%d" % (NET, 65 + i)
    r = Raw(addr, ME)
    caps = cap(1, fam[:2] + b"\0" + fam[2:]) + cap(65, struct.pack("!I", 65000)) + \
        (cap(69, fam + bytes([paths])) if paths else b"")
    ident = "00000001" if paths else ""
    first = reach(ILA, LOC, block(ID1, path=ident)) if fam == ILA else \
        reach(IP6, HOP, ident + HOST)
    up = r.up(asn=65000, ident=addr, caps=caps)
    r.send(message(UPDATE, struct.pack("!HH", 0, len(first)) + first))
    good = up and within(lambda: next_hops(fam, addr) == want_hops(fam, 2))
    r.send(message(UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs))
    if want == "reset":
        good = good and r.notified(3, 9) and within(lambda: not next_hops(fam, addr))
    else:
        hops = {"old": want_hops(fam, 2), "new": want_hops(fam, 3), "gone": []}[want]
        good = good and r.alive() and within(lambda: next_hops(fam, addr) == hops)
    nbr = ask("show bgp neighbors " + addr).get(addr, {})
    errors = {k: v for k, v in nbr.get("updateErrors", {}).items() if v}
    errors.pop("treatAsWithdraw", None)
    fact("%s: %s%s" % (name, want, ", counted as " + counter if counter else ""),
         good and errors == ({counter: 1} if counter else {}),
         (good, errors, next_hops(fam, addr)))
    r.close()


if __name__ == "__main__" and len(sys.argv) > 2:  # addresses of those whose name has it
    print("\n".join("%s.%d" % (NET, 65 + i) for i, c in enumerate(CASES)
                    if sys.argv[2] in c[0]))
elif __name__ == "__main__":
    for i, c in enumerate(CASES):
        play(i, *c)
    sys.exit(1 if raw.failed else 0)
