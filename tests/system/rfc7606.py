"""What an error in an UPDATE does to session, route, attributes and counters.

rfc7606.py config             the daemon's configuration: two neighbors for each case
rfc7606.py run PHASE          play the cases of a phase, PASS or FAIL for each
rfc7606.py counted PHASE      compare `show bgp neighbors json` on stdin with them

A case announces a route, then sends an UPDATE with something wrong in it that would
replace this route, and says what a client of the reflector is told: the replacement,
a withdraw, or nothing. Each is played by an internal and by an external neighbor, as
some attributes mean something to the one and nothing to the other.

Sections are those of RFC 7606 unless another document is named. The comments of
wire/attr.c and of doc/protocols.md say the same in other words; nothing is shared with
them or with tests/unit/test_rfc7606.c on purpose.
"""
import json
import os
import select
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
from lab import (EXT, H, OPT, PARTIAL, TRANS, attr, imet, key_of, macip,  # noqa: E402
                 nlri, prefix5, rd_of, speaker, told)
from raw import (EVPN, KEEPALIVE, NOTIFICATION, UPDATE, Raw, cap,  # noqa: E402
                 message)

ME = "10.66.0.1"
WATCHER, HELPER = "10.66.0.2", "10.66.0.3"
AS_IN, AS_EX = 65000, 65010
CLUSTER = bytes([10, 66, 0, 1])


# ---- one UPDATE ------------------------------------------------------------------


class Message:
    """An UPDATE that is right; a case spoils it with the methods below."""

    def __init__(self, side, route):
        self.side, self.rd = side, side.rd
        self.withdrawn = self.nlri = self.end = b""
        self.withdrawn_len = self.attrs_len = None
        self.nexthop, self.afi_safi = H("0a4d000b"), H("001946")
        self.attrs = [[OPT, 14, None], [TRANS, 1, b"\0"], [TRANS, 2, side.path],
                      [OPT | TRANS, 16, H("0002fde800002774")]]
        if not side.ebgp:
            self.attrs.append([TRANS, 5, H("00000064")])
        self.route = route

    def at(self, code):
        return next(i for i, a in enumerate(self.attrs) if a[1] == code)

    def set(self, code, value=None, flags=None):
        """Replace value (hex or bytes) or flags, or append the attribute."""
        value = H(value) if isinstance(value, str) else value
        if code not in [a[1] for a in self.attrs]:
            self.attrs.append([flags, code, value])
            return self
        a = self.attrs[self.at(code)]
        a[0] = a[0] if flags is None else flags
        a[2] = a[2] if value is None else value
        return self

    def add(self, flags, code, value=""):
        self.attrs.append([flags, code, H(value) if isinstance(value, str) else value])
        return self

    def drop(self, *codes):
        self.attrs = [a for a in self.attrs if a[1] not in codes]
        return self

    def only(self, *codes):
        self.attrs = [a for a in self.attrs if a[1] in codes]
        return self

    def last(self, code):
        self.attrs.append(self.attrs.pop(self.at(code)))
        return self

    def put(self, **fields):
        """Overwrite what encode() would make: route, nexthop, end, attrs_len ..."""
        for k, v in fields.items():
            setattr(self, k, H(v) if isinstance(v, str) else v)
        return self

    def unreach(self, routes):
        self.attrs.insert(0, [OPT, 15, self.afi_safi + routes])
        return self

    def reach_value(self):
        return self.afi_safi + bytes([len(self.nexthop)]) + self.nexthop + b"\0" + \
            self.route

    def encode(self):
        block = b"".join(attr(f, c, self.reach_value() if v is None else v)
                         for f, c, v in self.attrs) + self.end
        wlen = len(self.withdrawn) if self.withdrawn_len is None else self.withdrawn_len
        alen = len(block) if self.attrs_len is None else self.attrs_len
        return message(UPDATE, struct.pack("!H", wlen) + self.withdrawn +
                       struct.pack("!H", alen) + block + self.nlri)

    def told(self, drop=()):
        """Attributes as the client of the reflector should get them."""
        out = {}
        for flags, code, value in self.attrs:
            known = code in KNOWN
            if code in (14, 15) or code in out or code in drop:
                continue
            if not known and not flags & TRANS:
                continue
            out[code] = (flags & ~EXT & 0xf0 if known
                         else flags & 0xc0 | PARTIAL, value)
            if code == 2:
                out[code] = (flags & 0xf0 & ~EXT, self.side.wide_path or value)
        if self.side.ebgp:
            out[5] = (TRANS, H("00000064"))
        else:
            out.setdefault(9, (OPT, bytes(map(int, self.side.addr.split(".")))))
            out[10] = (OPT, CLUSTER + out.get(10, (0, b""))[1])
        return out


KNOWN = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 22, 23, 25, 32, 35}


# ---- what is expected ------------------------------------------------------------


class Want:
    """Session: stays or NOTIFICATION. Route: new, gone, old. Counters."""

    def __init__(self, route, errors="", notif=None, drop=(), taw=0, also=None):
        self.route, self.notif, self.drop, self.also = route, notif, drop, also
        self.errors = {"treatAsWithdraw": taw}
        for e in errors.split():
            self.errors[e] = self.errors.get(e, 0) + 1


def new(errors="", drop=(), **kw):
    return Want("new", errors, drop=drop, **kw)


def gone(errors, taw=1, **kw):
    return Want("gone", errors, taw=taw, **kw)


def old(errors="", taw=0, **kw):
    return Want("old", errors, taw=taw, **kw)


def reset(sub, errors, code=3):
    return Want("gone", errors, notif=(code, sub))


def disabled(errors):
    return Want("disabled", errors)


EXTERNAL = "internal_attribute_from_external"
CASES = []


def case(name, spoil, want, ebgp=None, **kw):
    """spoil(m) changes the second UPDATE; kw: first(rd) and second(rd) make the routes,
    as4 False plays a speaker of 2-octet AS numbers, phase names the settings."""
    CASES.append(dict(name=name, spoil=spoil, want=(want, ebgp or want), kw=kw))


def as_is(m):
    return m


# ---- the frame -------------------------------------------------------------------

case("nothing wrong", as_is, new())
case("3b: Withdrawn Routes Length beyond the message",
     lambda m: m.put(withdrawn_len=5000), reset(1, "frame"))
case("3b: Total Attribute Length beyond the message",
     lambda m: m.put(attrs_len=5000), reset(1, "frame"))
case("3b: both lengths fit, their sum does not",
     lambda m: m.put(withdrawn="18c00002", attrs_len=len(m.encode()) - 23 + 1),
     reset(1, "frame"))

# ---- 4: lengths of attributes ----------------------------------------------------

case("4: the last attribute overruns", lambda m: m.put(end="c008ff0002"),
     gone("attribute_overrun"))
case("4: one byte left", lambda m: m.put(end="c0"), gone("attribute_overrun"))
case("4: two bytes left", lambda m: m.put(end="c008"), gone("attribute_overrun"))
case("4: three bytes left of an extended length", lambda m: m.put(end="d00800"),
     gone("attribute_overrun"))
case("4: overrun, and the NLRI was not seen", lambda m: m.drop(14).put(end="c008ff00"),
     reset(1, "attribute_overrun no_nlri"))
case("4: MP_REACH_NLRI itself overruns", lambda m: m.drop(14).put(end="800eff001946"),
     reset(1, "attribute_overrun"))
case("4: MP_UNREACH_NLRI overruns beside a good MP_REACH_NLRI",
     lambda m: m.put(end="800fff001946"), reset(1, "attribute_overrun"))
case("4: extended length where it is not needed", lambda m: m.set(1, flags=TRANS | EXT),
     new())

# ---- 5.1: order and mixture ------------------------------------------------------

case("5.1: MP_REACH_NLRI last", lambda m: m.last(14), new())
case("5.1: a route in both, MP_UNREACH_NLRI and MP_REACH_NLRI",
     lambda m: m.unreach(macip(m.rd)), new())
case("5.1: MP_UNREACH_NLRI first, an error beside MP_REACH_NLRI of another route",
     lambda m: m.set(1, "07").put(route=macip(m.rd, mac=H("02aa00000002")))
     .unreach(macip(m.rd)), gone("attribute_value"))

# ---- 5.2: no NLRI ----------------------------------------------------------------

case("5.2: only MP_UNREACH_NLRI", lambda m: m.only().unreach(macip(m.rd)),
     gone("", taw=0))
case("5.2: MP_UNREACH_NLRI and other attributes, no error",
     lambda m: m.drop(14).unreach(macip(m.rd)), gone("", taw=0))
case("5.2: attributes and no NLRI", lambda m: m.drop(14), old())
case("5.2: bad ORIGIN, no NLRI", lambda m: m.drop(14).set(1, "07"),
     reset(6, "attribute_value no_nlri"))
case("5.2: bad ORIGIN beside MP_UNREACH_NLRI",
     lambda m: m.drop(14).set(1, "07").unreach(macip(m.rd)),
     reset(6, "attribute_value no_nlri"))
case("5.2: bad ORIGIN beside an MP_REACH_NLRI of no routes",
     lambda m: m.put(route=b"").set(1, "07"), reset(6, "attribute_value no_nlri"))
case("5.2: a fragment behind MP_UNREACH_NLRI",
     lambda m: m.only().unreach(macip(m.rd)).put(end="c0"),
     reset(1, "attribute_overrun no_nlri"))
case("5.2: discard needs no NLRI", lambda m: m.drop(14).add(TRANS, 6, "00"),
     old("attribute_length"))
case("5.2: nothing is missing where nothing is announced",
     lambda m: m.only(1).unreach(macip(m.rd)), gone("", taw=0))

# ---- 3g: twice -------------------------------------------------------------------

case("3g: second MP_REACH_NLRI", lambda m: m.add(OPT, 14, m.reach_value()),
     reset(1, "mp_duplicate"))
case("3g: second MP_UNREACH_NLRI", lambda m: m.unreach(b"").unreach(b""),
     reset(1, "mp_duplicate"))
case("3g: second ORIGIN", lambda m: m.add(TRANS, 1, "02"), new("attribute_duplicate"))
case("3g: second ORIGIN, malformed", lambda m: m.add(TRANS, 1, "09"),
     new("attribute_duplicate"))
case("3g: ORIGIN three times", lambda m: m.add(TRANS, 1, "01").add(TRANS, 1, "02"),
     new("attribute_duplicate attribute_duplicate"))
case("3g: second EXTENDED_COMMUNITIES",
     lambda m: m.add(OPT | TRANS, 16, "0002fde800000001"), new("attribute_duplicate"))
case("3g: second of an unknown attribute",
     lambda m: m.add(OPT | TRANS, 240, "00").add(OPT | TRANS, 240, "01"),
     new("attribute_duplicate"))
case("3g: the first malformed, the second good",
     lambda m: m.set(1, "09").add(TRANS, 1, "00"),
     gone("attribute_value attribute_duplicate"))

# ---- 3c, 5.3: flags --------------------------------------------------------------

for code, right, value in (
        (1, TRANS, "00"), (3, TRANS, "0a000001"), (4, OPT, "00000001"),
        (6, TRANS, ""), (7, OPT | TRANS, "0000fde80a000001"),
        (8, OPT | TRANS, "fde80001"), (16, OPT | TRANS, "0002fde800002774"),
        (22, OPT | TRANS, "00060027740a4d000b"), (23, OPT | TRANS, "00080000"),
        (25, OPT | TRANS, "00" * 20), (32, OPT | TRANS, "00" * 12),
        (35, OPT | TRANS, "0000fde8")):
    for wrong in OPT, TRANS:
        case("3c: attribute %d, %s bit wrong" %
             (code, "optional" if wrong == OPT else "transitive"),
             lambda m, c=code, f=right ^ wrong, v=value: m.set(c, v, f),
             gone("attribute_flags"))
for wrong in 0, OPT, OPT | TRANS:
    case("3c: AS_PATH with flags %02x" % wrong,
         lambda m, w=wrong: m.set(2, flags=w), gone("attribute_flags"))
# From outside there is nothing to judge: 7.5, 7.9 and 7.10 discard them unread.
for code, right, value in ((5, TRANS, "00000064"), (9, OPT, "0a000001"),
                           (10, OPT, "0a000001")):
    case("3c: attribute %d, flags wrong" % code,
         lambda m, c=code, f=right ^ TRANS, v=value: m.set(c, v, f),
         gone("attribute_flags"), new(EXTERNAL, drop={code}))
case("3c: the partial bit does not matter",
     lambda m: m.set(16, flags=OPT | TRANS | PARTIAL),
     new())
case("3c: nor do the low four", lambda m: m.set(1, flags=TRANS | 0x0f), new())
case("5.3: MP_REACH_NLRI transitive", lambda m: m.set(14, flags=OPT | TRANS),
     reset(9, "attribute_flags"))
case("5.3: MP_REACH_NLRI well-known", lambda m: m.set(14, flags=TRANS),
     reset(9, "attribute_flags"))
case("5.3: MP_UNREACH_NLRI transitive",
     lambda m: m.unreach(macip(m.rd)).set(15, flags=OPT | TRANS),
     reset(9, "attribute_flags"))

# ---- unknown attributes (RFC 4271 sections 5, 6.3) -------------------------------

case("unknown well-known", lambda m: m.add(TRANS, 80, "00"),
     reset(2, "wellknown_unknown"))
case("unknown well-known, neither bit", lambda m: m.add(0, 80, "00"),
     reset(2, "wellknown_unknown"))
case("unknown optional transitive", lambda m: m.add(OPT | TRANS, 240, "0102"), new())
case("unknown optional transitive and empty", lambda m: m.add(OPT | TRANS, 240), new())
case("unknown optional non-transitive", lambda m: m.add(OPT, 240, "0102"), new())

# ---- 3d: missing -----------------------------------------------------------------

case("3d: no ORIGIN", lambda m: m.drop(1), gone("attribute_missing"))
case("3d: no AS_PATH", lambda m: m.drop(2), gone("attribute_missing"))
case("3d: no LOCAL_PREF", lambda m: m.drop(5), gone("attribute_missing"), new())
case("3d: none of them", lambda m: m.only(14),
     gone("attribute_missing attribute_missing attribute_missing"),
     gone("attribute_missing attribute_missing"))
case("3d: no NEXT_HOP is needed with MP_REACH_NLRI", as_is, new())

# ---- 7.1 to 7.4 ------------------------------------------------------------------

case("7.1: ORIGIN of 2 bytes", lambda m: m.set(1, "0000"), gone("attribute_length"))
case("7.1: ORIGIN empty", lambda m: m.set(1, ""), gone("attribute_length"))
case("7.1: ORIGIN 3", lambda m: m.set(1, "03"), gone("attribute_value"))
case("7.1: ORIGIN 255", lambda m: m.set(1, "ff"), gone("attribute_value"))
case("7.2: AS_PATH segment type 0", lambda m: m.set(2, "00010000fdf2"),
     gone("as_path"))
case("7.2: AS_PATH segment type 5", lambda m: m.set(2, "05010000fdf2"),
     gone("as_path"))
case("7.2: AS_PATH segment overruns", lambda m: m.set(2, "02020000fdf2"),
     gone("as_path"))
case("7.2: AS_PATH segment underruns", lambda m: m.set(2, "02010000fdf202"),
     gone("as_path"))
case("7.2: AS_PATH segment of no AS", lambda m: m.set(2, "02010000fdf20200"),
     gone("as_path"))
case("7.2: AS_PATH of half an AS", lambda m: m.set(2, "0201fdf2"), gone("as_path"))
case("RFC 7607: AS 0", lambda m: m.set(2, "02020000fdf200000000"), gone("as_path"))
case("RFC 5065: confederation segments are for inside",
     lambda m: m.set(2, "03010000fdf2"), new(), gone("as_path"))
case("7.3: NEXT_HOP of 5 bytes", lambda m: m.set(3, "0a00000100", TRANS),
     gone("attribute_length"))
case("7.3: NEXT_HOP empty", lambda m: m.set(3, "", TRANS), gone("attribute_length"))
case("7.3: NEXT_HOP beside MP_REACH_NLRI says nothing",
     lambda m: m.set(3, "00000000", TRANS), new(drop={3}))
case("7.4: MED of 3 bytes", lambda m: m.set(4, "000001", OPT), gone("attribute_length"))
case("7.4: MED of 5 bytes", lambda m: m.set(4, "0000000001", OPT),
     gone("attribute_length"))
case("7.4: MED empty", lambda m: m.set(4, "", OPT), gone("attribute_length"))
case("7.4: MED", lambda m: m.set(4, "00000001", OPT), new())

# ---- 7.5, 7.9, 7.10: for inside only ---------------------------------------------

for code, flags, bad in ((5, TRANS, ("000064", "0000000064", "")),
                         (9, OPT, ("0a0000", "0a00000100", "")),
                         (10, OPT, ("0a0000", "0a00000100", ""))):
    for value in bad:
        case("7.%s: attribute %d of %d bytes" % (
             {5: "5", 9: "9", 10: "10"}[code], code, len(value) // 2),
             lambda m, c=code, f=flags, v=value: m.set(c, v, f),
             gone("attribute_length"), new(EXTERNAL, drop={code}))
case("7.5: LOCAL_PREF", lambda m: m.set(5, "000000c8", TRANS),
     new(), new(EXTERNAL, drop={5}))
case("7.9: ORIGINATOR_ID", lambda m: m.set(9, "0a000001", OPT),
     new(), new(EXTERNAL, drop={9}))
case("7.10: CLUSTER_LIST", lambda m: m.set(10, "0a0000010a000002", OPT),
     new(), new(EXTERNAL, drop={10}))

# ---- 7.6, 7.7; RFC 6793 section 6, RFC 7607 --------------------------------------

case("7.6: ATOMIC_AGGREGATE", lambda m: m.set(6, "", TRANS), new())
case("7.6: ATOMIC_AGGREGATE of 1 byte", lambda m: m.set(6, "00", TRANS),
     new("attribute_length", drop={6}))
case("7.7: AGGREGATOR", lambda m: m.set(7, "0000fde80a000001", OPT | TRANS), new())
for n in 0, 6, 7, 9:
    case("7.7: AGGREGATOR of %d bytes" % n,
         lambda m, n=n: m.set(7, H("0000fde80a00000100")[:n], OPT | TRANS),
         new("attribute_length", drop={7}))
case("RFC 7607: AGGREGATOR of AS 0", lambda m: m.set(7, "000000000a000001", OPT | TRANS),
     new("attribute_value", drop={7}))
case("RFC 6793: AS4_PATH from a 4-octet speaker",
     lambda m: m.set(17, "02010000fdf2", OPT | TRANS), new("attribute_value", drop={17}))
case("RFC 6793: the same, malformed", lambda m: m.set(17, "0202", OPT | TRANS),
     new("attribute_value", drop={17}))
case("RFC 6793: the same, flags wrong", lambda m: m.set(17, "02010000fdf2", OPT),
     new("attribute_value", drop={17}))
case("RFC 6793: AS4_AGGREGATOR from a 4-octet speaker",
     lambda m: m.set(18, "0000fde80a000001", OPT | TRANS),
     new("attribute_value", drop={18}))

# ---- a speaker of 2-octet AS numbers ---------------------------------------------

case("2 octets: nothing wrong", as_is, new(), as4=False)
case("2 octets: AGGREGATOR of 8 bytes",
     lambda m: m.set(7, "0000fde80a000001", OPT | TRANS),
     new("attribute_length", drop={7}), as4=False)
case("2 octets: AS_PATH of 4-octet numbers",
     lambda m: m.set(2, "02010000fdf2"), gone("as_path"), as4=False)
case("2 octets: AS4_PATH malformed is discarded",
     lambda m: m.set(17, "02020000fdf2", OPT | TRANS), new("as_path", drop={17}),
     as4=False)
case("2 octets: AS4_PATH with AS 0", lambda m: m.set(17, "020100000000", OPT | TRANS),
     new("as_path", drop={17}), as4=False)
case("2 octets: AS4_PATH empty", lambda m: m.set(17, "", OPT | TRANS),
     new("attribute_length", drop={17}), as4=False)
case("2 octets: AS4_AGGREGATOR of 7 bytes",
     lambda m: m.set(18, "0000fde80a0000", OPT | TRANS),
     new("attribute_length", drop={18}), as4=False)

# ---- 7.8, 7.14, 7.15, RFC 8092: communities --------------------------------------

for section, code, size in (("7.8", 8, 4), ("7.14", 16, 8), ("7.15", 25, 20),
                            ("RFC 8092", 32, 12)):
    case("%s: attribute %d" % (section, code),
         lambda m, c=code, n=size: m.set(c, bytes(n), OPT | TRANS), new())
    for n in 0, size - 1, size + 1:
        case("%s: attribute %d of %d bytes" % (section, code, n),
             lambda m, c=code, n=n: m.set(c, bytes(n), OPT | TRANS),
             gone("attribute_length"))
case("7.14: an unknown extended community is no error",
     lambda m: m.set(16, "ff99000000000000"), new())

# ---- 5.3, 7.11, 7.12: MP_REACH_NLRI and MP_UNREACH_NLRI --------------------------

case("7.11: MP_REACH_NLRI of 4 bytes", lambda m: m.set(14, "00194600"),
     reset(9, "mp_form"))
case("7.11: MP_REACH_NLRI empty", lambda m: m.set(14, ""), reset(9, "mp_form"))
case("7.11: next hop overruns", lambda m: m.set(14, "001946100a4d000b"),
     reset(9, "mp_form"))
case("7.11: no reserved byte", lambda m: m.set(14, "001946040a4d000b"),
     reset(9, "mp_form"))
for n in 0, 3, 5, 8, 15, 17, 33:
    case("7.11: next hop of %d bytes" % n, lambda m, n=n: m.put(nexthop=b"\x0a" * n),
         reset(9, "mp_form"))
case("7.11: next hop of 16 bytes", lambda m: m.put(nexthop="20010db8" + "00" * 11 + "01"),
     new())
case("7.11: next hop 0.0.0.0", lambda m: m.put(nexthop=bytes(4)),
     gone("attribute_value"))
case("7.11: next hop multicast", lambda m: m.put(nexthop="e0000005"),
     gone("attribute_value"))
case("7.12: MP_UNREACH_NLRI of 2 bytes", lambda m: m.only().add(OPT, 15, "0019"),
     reset(9, "mp_form"))
case("7.12: MP_UNREACH_NLRI empty", lambda m: m.only().add(OPT, 15), reset(9, "mp_form"))

# ---- families that were not negotiated -------------------------------------------

case("family not negotiated", lambda m: m.put(afi_safi="000285"), old("not_negotiated"))
case("family not negotiated, NLRI that no family has",
     lambda m: m.put(afi_safi="400547", route="ffffff"), old("not_negotiated"))
case("family not negotiated, next hop of 24 bytes",
     lambda m: m.put(afi_safi="000180", nexthop=bytes(24)), old("not_negotiated"))
case("family not negotiated, withdrawn",
     lambda m: m.put(afi_safi="000285").only().unreach(b"\xff\xff"),
     old("not_negotiated"))
case("family not negotiated and bad ORIGIN",
     lambda m: m.put(afi_safi="000285").set(1, "07"),
     old("attribute_value not_negotiated", taw=1))
case("IPv4 NLRI not negotiated",
     lambda m: m.drop(14).set(3, "0a000001", TRANS).put(nlri="18c00002"),
     old("not_negotiated"))
case("IPv4 withdraw not negotiated", lambda m: m.only().put(withdrawn="18c00002"),
     old("not_negotiated"))
case("3d: IPv4 NLRI without NEXT_HOP", lambda m: m.drop(14).put(nlri="18c00002"),
     old("attribute_missing not_negotiated", taw=1))
case("7.3: IPv4 NLRI and NEXT_HOP 0.0.0.0",
     lambda m: m.drop(14).set(3, "00000000", TRANS).put(nlri="18c00002"),
     old("attribute_value not_negotiated", taw=1))
case("5.3: IPv4 NLRI of 33 bits",
     lambda m: m.drop(14).set(3, "0a000001", TRANS).put(nlri="21c000020100"),
     reset(10, "nlri_frame"))
case("5.3: IPv4 NLRI overruns", lambda m: m.put(nlri="18c000"), reset(10, "nlri_frame"))
case("3i: withdrawn IPv4 route of 33 bits",
     lambda m: m.put(withdrawn="21c000020100"), reset(10, "nlri_frame"))
case("3i: withdrawn IPv4 route overruns", lambda m: m.put(withdrawn="18c0"),
     reset(10, "nlri_frame"))

# ---- 5.3: EVPN NLRI --------------------------------------------------------------

case("5.3: NLRI overruns", lambda m: m.put(route=m.route + H("02ff00")),
     reset(9, "nlri_frame"))
case("5.3: one byte behind the last NLRI", lambda m: m.put(route=m.route + b"\2"),
     reset(9, "nlri_frame"))
case("5.3: withdrawn NLRI overruns",
     lambda m: m.only().unreach(macip(m.rd) + H("02ff00")), reset(9, "nlri_frame"))


def behind(m, bad):
    """A good route behind a bad one: it must be taken."""
    return m.put(route=bad + m.route)


UNREADABLE = (
    ("type 2, MAC of 47 bits", lambda rd: macip(rd, maclen=47)),
    ("type 2, IP of 33 bits", lambda rd: macip(rd, ip=H("21c000020100"))),
    ("type 2 of 20 bytes", lambda rd: nlri(2, (rd + bytes(20))[:20])),
    ("type 2 empty", lambda rd: nlri(2, b"")),
    ("type 1 of 21 bytes", lambda rd: nlri(1, rd + bytes(13))),
    ("type 3, IP of 31 bits", lambda rd: imet(rd, ip=H("1f0a4d000b"))),
    ("type 4 of 17 bytes", lambda rd: nlri(4, rd + bytes(9))),
    ("type 5 of 35 bytes", lambda rd: prefix5(rd, more=b"\0")),
    ("type 5, 33 bits", lambda rd: prefix5(rd, bits=33)),
)
for text, make in UNREADABLE:
    case("5.3: %s, skipped (our choice)" % text,
         lambda m, f=make: m.put(route=f(m.rd)), old("nlri_key"))
    case("5.3: %s, withdrawn" % text,
         lambda m, f=make: m.only().unreach(f(m.rd)), reset(9, "nlri_key"))
    case("5.3: %s, family given up" % text,
         lambda m, f=make: m.put(route=f(m.rd)), disabled("nlri_key"),
         phase="disable-family")
    case("5.3: %s, reset" % text,
         lambda m, f=make: m.put(route=f(m.rd)), reset(9, "nlri_key"), phase="reset")
case("5.3: a good route behind one that is skipped",
     lambda m: behind(m, macip(m.rd, maclen=47)), new("nlri_key"))

for text, make, first in (
        ("type 1, label of 2 bytes", lambda rd: nlri(1, rd + bytes(16)),
         lambda rd: nlri(1, rd + bytes(17))),
        ("type 2 without label", lambda rd: macip(rd, label=b""), macip),
        ("type 2, label of 4 bytes", lambda rd: macip(rd, label=bytes(4)), macip),
        ("type 2, labels of 9 bytes", lambda rd: macip(rd, label=bytes(9)), macip),
        ("type 3 and a byte", lambda rd: imet(rd, b"\0"), imet),
        ("type 4 and a byte", lambda rd: nlri(4, rd + bytes(10) + H("200a4d000b00")),
         lambda rd: nlri(4, rd + bytes(10) + H("200a4d000b"))),
        ("type 5 with ESI and gateway", lambda rd: prefix5(
            rd, esi=b"\1" * 10, gw=H("0a000001")), prefix5),
        ("type 5 that leads nowhere", lambda rd: prefix5(rd, label=bytes(3)), prefix5)):
    case("key readable, the rest not: " + text,
         lambda m, f=make: m.put(route=f(m.rd)), gone("nlri_body"), first=first)
case("RFC 7432: ESI and label of a withdrawn route do not matter",
     lambda m: m.only().unreach(macip(m.rd, label=bytes(3), esi=b"\1" * 10)),
     gone("", taw=0))
case("RFC 7432: nor does a missing label", lambda m: m.only().unreach(
     macip(m.rd, label=b"")), gone("", taw=0))

# ---- 5.4: route types we do not know ---------------------------------------------

for kind in 0, 6, 11, 99, 255:
    case("5.4: route type %d is passed on (our choice)" % kind, as_is, new(),
         second=lambda rd, k=kind: nlri(k, rd + b"\1\2\3"), first=None)
    case("5.4: route type %d is discarded" % kind, as_is, old("nlri_type_unknown"),
         second=lambda rd, k=kind: nlri(k, rd + b"\1\2\3"), first=None,
         phase="unknown-types")
case("5.4: and withdrawn again", lambda m: m.only().unreach(m.route), gone("", taw=0),
     first=lambda rd: nlri(99, rd), second=lambda rd: nlri(99, rd))

# ---- RFC 6514, 9012, 9234 --------------------------------------------------------

case("RFC 6514: PMSI_TUNNEL", lambda m: m.set(22, "00060027740a4d000b", OPT | TRANS),
     new())
for n in 0, 4:
    case("RFC 6514: PMSI_TUNNEL of %d bytes" % n,
         lambda m, n=n: m.set(22, bytes(n), OPT | TRANS), gone("attribute_length"))
case("RFC 6514: ingress replication to 5 bytes",
     lambda m: m.set(22, "00060027740a4d000b01", OPT | TRANS), gone("attribute_length"))
case("RFC 6514: a tunnel type we do not know",
     lambda m: m.set(22, "00630027740a", OPT | TRANS), new())
case("RFC 9012: TUNNEL_ENCAPSULATION", lambda m: m.set(23, "00080000", OPT | TRANS),
     new())
case("RFC 9012: TLV overruns", lambda m: m.set(23, "0008000200", OPT | TRANS),
     gone("attribute_value"))
case("RFC 9012: empty", lambda m: m.set(23, "", OPT | TRANS), gone("attribute_length"))
case("RFC 9234: ONLY_TO_CUSTOMER passes EVPN by",
     lambda m: m.set(35, "0000fde8", OPT | TRANS), new())
for n in 0, 3, 5:
    case("RFC 9234: ONLY_TO_CUSTOMER of %d bytes" % n,
         lambda m, n=n: m.set(35, bytes(n), OPT | TRANS), gone("attribute_length"))

# ---- 3h: the strongest of several ------------------------------------------------

case("3h: discard and withdraw",
     lambda m: m.set(6, "00", TRANS).set(8, "00", OPT | TRANS),
     gone("attribute_length attribute_length"))
case("3h: withdraw and reset", lambda m: m.set(8, "00", OPT | TRANS).add(TRANS, 80),
     reset(2, "attribute_length wellknown_unknown"))
case("3h: bad attribute and NLRI that overruns",
     lambda m: m.set(1, "07").put(route=m.route + b"\2"),
     reset(9, "attribute_value nlri_frame"))

# ---- loops also replace what they would have replaced ----------------------------

case("loop: ORIGINATOR_ID is the reflector", lambda m: m.set(9, CLUSTER, OPT),
     gone("loop_originator", taw=0), new(EXTERNAL, drop={9}))
case("loop: CLUSTER_LIST has the reflector",
     lambda m: m.set(10, H("0a000001") + CLUSTER, OPT),
     gone("loop_cluster", taw=0), new(EXTERNAL, drop={10}))
case("loop: AS_PATH has our AS", lambda m: m.set(2, "02020000fdf20000fde8"),
     gone("loop_as", taw=0), gone("loop_as", taw=0))


# ---- playing ---------------------------------------------------------------------


class Side:
    """The neighbor that plays a case: internal or external."""

    def __init__(self, number, ebgp, as4):
        self.number, self.ebgp, self.as4 = number, ebgp, as4
        self.addr = "10.66.%d.%d" % (100 + 100 * ebgp + number // 250, number % 250 + 1)
        self.asn = AS_EX if ebgp else AS_IN
        self.rd = rd_of(number * 2 + ebgp)
        one = struct.pack("!I" if as4 else "!H", self.asn)
        self.path = b"\2\1" + one if ebgp else b""
        self.wide_path = None
        if ebgp and not as4:
            self.wide_path = b"\2\1" + struct.pack("!I", self.asn)

    def open(self):
        caps = cap(1, EVPN) + cap(2)
        if self.as4:
            caps += cap(65, struct.pack("!I", self.asn))
        r = Raw(self.addr, ME)
        if not r.up(asn=self.asn, ident=self.addr, caps=caps):
            raise RuntimeError("%s does not come up" % self.addr)
        return r


def sides(phase):
    for i, c in enumerate(CASES):
        if c["kw"].get("phase", "default") != phase:
            continue
        for ebgp in False, True:
            yield c, Side(i, ebgp, c["kw"].get("as4", True)), c["want"][ebgp]


class Watcher:
    """A client of the reflector: what it knows of each route."""

    def __init__(self):
        self.known = {}
        self.raw = speaker(WATCHER, ME, AS_IN, cap(6))

    def take(self, body):
        announced, withdrawn, attrs, nexthop = told(body)
        for n in withdrawn:
            self.known.pop(key_of(n), None)
        for n in announced:
            self.known[key_of(n)] = (n, attrs, nexthop)

    def pump(self):
        kind, body = self.raw.recv()
        if kind == UPDATE:
            self.take(body)
        elif kind != KEEPALIVE:
            raise RuntimeError("the watcher lost its session: %s %s" % (kind, body))

    def until(self, cond):
        while not cond():
            self.pump()


def whole(raws):
    """Those that have something to read, none after five seconds."""
    have = [r for r in raws if len(r.buf) >= 19 and
            len(r.buf) >= struct.unpack("!H", r.buf[16:18])[0]]
    if have:
        return have
    ready = select.select([r.s for r in raws], [], [], 5)[0]
    return [r for r in raws if r.s in ready]


def ended(kind, body):
    """What a received message says about the end of the session, None if nothing."""
    if kind == NOTIFICATION:
        return body[0], body[1]
    return None if kind in (KEEPALIVE, UPDATE) else "%s without NOTIFICATION" % body


class Stage:
    """The watcher, and a neighbor that never does anything wrong: when the watcher has
    got a route of its, everything that was to be said before is said."""

    def __init__(self):
        self.watcher = Watcher()
        self.helper = speaker(HELPER, ME, AS_IN)
        self.side = Side(0, False, True)
        self.n = 0

    def fence(self):
        for _ in range(2):  # what one turn of the daemon says comes in any order
            self.n += 1
            route = imet(rd_of(1 << 30 | self.n))
            self.helper.send(Message(self.side, route).encode())
            self.watcher.until(lambda: key_of(route) in self.watcher.known)
        return route

    def sent_and_seen(self, raw, side, route):
        raw.send(Message(side, route).encode())
        self.watcher.until(lambda: key_of(route) in self.watcher.known)

    def outcome(self, raw, key):
        """After its message: (code, subcode) if the session ends, None if it goes on."""
        while key not in self.watcher.known:
            ready = whole([raw, self.watcher.raw])
            if not ready:
                return "neither goes on nor ends"
            if self.watcher.raw in ready:
                self.watcher.pump()
            elif (end := ended(*raw.recv())):
                return end
        return None

    def hears(self, raw):
        """Is the neighbor still told what others announce? As outcome()."""
        route = self.fence()
        while True:
            kind, body = raw.recv()
            if kind == UPDATE and route in body:
                return None
            if (end := ended(kind, body)):
                return end


def told_wrong(watcher, want, m, key, before):
    """None, or what is wrong with what the watcher knows now."""
    now = watcher.known.get(key)
    if want.route in ("gone", "disabled"):
        return None if now is None else "the earlier route is still there"
    if want.route == "old":
        return None if now == before else "the earlier route changed: %s" % (now,)
    good = (m.route[-len(now[0]):] if now else None, m.told(want.drop), m.nexthop)
    return None if now == good else "told %s, not %s" % (now, good)


def play(stage, c, side, want):
    first = c["kw"].get("first", macip)
    second = c["kw"].get("second") or (
        (lambda rd: macip(rd, label=b"\0\0\x99")) if first is macip else first)
    m = Message(side, second(side.rd))
    key = key_of(first(side.rd) if first else m.route)
    raw = side.open()
    if first:
        stage.sent_and_seen(raw, side, first(side.rd))
    before = stage.watcher.known.get(key)
    raw.send(c["spoil"](m).encode())
    if want.route == "disabled":
        stage.watcher.until(lambda: key not in stage.watcher.known)
    after = imet(side.rd, ip=H("200a4d00fe"))
    raw.send(Message(side, after).encode())
    if want.route == "disabled":
        # What comes now is not taken, and the session goes on all the same.
        end = stage.hears(raw)
        if key_of(after) in stage.watcher.known:
            end = "routes are taken again"
    else:
        end = stage.outcome(raw, key_of(after))
    stage.fence()
    wrong = told_wrong(stage.watcher, want, m, key, before)
    if end != want.notif:
        wrong = "NOTIFICATION %s, not %s" % (end, want.notif)
    raw.close()
    if want.route == "disabled":  # for this session, not for ever
        raw = side.open()
        stage.sent_and_seen(raw, side, after)
        raw.close()
    return wrong


def label(c, side):
    return "%s: %s" % ("eBGP" if side.ebgp else "iBGP", c["name"])


def report(text, wrong):
    print(("FAIL %s: %s" % (text, wrong)) if wrong else "PASS " + text, flush=True)
    return bool(wrong)


def run(phase):
    stage, failed = Stage(), 0
    for c, side, want in sides(phase):
        try:
            wrong = play(stage, c, side, want)
        except (OSError, RuntimeError) as e:
            wrong = repr(e)
        failed += report(label(c, side), wrong)
    return failed


def counted(phase):
    shown, failed = json.load(sys.stdin), 0
    for c, side, want in sides(phase):
        got = shown[side.addr]["updateErrors"]
        if got != want.errors:
            failed += report(label(c, side), "counted %s, not %s" % (got, want.errors))
        if shown[side.addr]["connectionsEstablished"] != 1 + (want.route == "disabled"):
            failed += report(label(c, side), "more than one session")
    return failed + report("%s: every error is counted under its name" % phase,
                           "%d are not" % failed if failed else None)


def config():
    print("""frr defaults datacenter
router bgp 65000
 bgp router-id 10.66.0.1
 bgp cluster-id 10.66.0.1
 no bgp ebgp-requires-policy
 neighbor in peer-group
 neighbor in remote-as internal
 neighbor in passive
 neighbor in timers 30 90
 neighbor ex peer-group
 neighbor ex remote-as external
 neighbor ex passive
 neighbor ex timers 30 90""")
    inside = [WATCHER, HELPER]
    outside = []
    for i in range(len(CASES)):
        inside.append(Side(i, False, True).addr)
        outside.append(Side(i, True, True).addr)
    for group, addrs in ("in", inside), ("ex", outside):
        for a in addrs:
            print(" neighbor %s peer-group %s" % (a, group))
    print(""" address-family l2vpn evpn
  neighbor in activate
  neighbor in route-reflector-client
  neighbor ex activate
 exit-address-family
exit""")
    return 0


if __name__ == "__main__":
    what = {"config": config, "run": run, "counted": counted}[sys.argv[1]]
    sys.exit(1 if what(*sys.argv[2:]) else 0)
