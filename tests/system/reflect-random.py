"""Neighbors of all kinds that do anything, against what the RFCs say of it.

reflect-random.py config SEED           the daemon's configuration
reflect-random.py run SEED STEPS        play that many steps

After each step every neighbor must hold exactly the routes, with exactly the attributes,
that the model below comes to. The model knows nothing of the daemon: it is RFC 4271
(selection, AS_PATH, MED), 4456 (reflection), 1997 and 9494 (communities), 4684 (who
asks for which route targets), 4724 and 8538 (who keeps what), 6793 (2-octet AS numbers),
7313, 7606, 7911, 7947 and 8212, written as plainly as they allow. Timers do not run: a
restart time is long or none.
"""
import copy
import os
import random
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
from lab import (EXT, H, OPT, PARTIAL, TRANS, Daemon, attr, imet,  # noqa: E402
                 key_of, macip, nlri, prefix5, rd_of)
from raw import EVPN, NOTIFICATION, REFRESH, UPDATE, Raw, cap, fact, message  # noqa: E402

ME = "10.66.0.1"
N = 8
NO_EXPORT, NO_ADVERTISE, SUBCONFED = 0xffffff01, 0xffffff02, 0xffffff03
LLGR_STALE, NO_LLGR = 0xffff0006, 0xffff0007
QUIET, PATIENCE = 0.08, 8  # seconds without a message; of waiting for that
REFUSE, SWEEP = "refuse", "sweep"


class World:
    """What the seed decides: the neighbors and the settings for all of them."""

    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.asn = r.choice([65000, 65000, 4200000001])
        self.llgr = r.random() < .7
        self.partial = self.llgr and r.random() < .4
        self.policy_needed = False
        self.cluster = ME
        self.peers = [Peer(self, i) for i in range(N)]

    def config(self):
        line = ["hostname rr", "log stderr warnings", "router bgp %d" % self.asn,
                " bgp router-id " + ME, " no bgp ebgp-requires-policy"]
        if self.llgr:
            line.append(" bgp long-lived-graceful-restart stale-time 3600")
        if self.partial:
            line.append(" bgp long-lived-graceful-restart partial-deployment")
        for p in self.peers:
            line += [" neighbor %s remote-as %d" % (p.addr, p.asn),
                     " neighbor %s passive" % p.addr]
        line.append(" address-family l2vpn evpn")
        for p in self.peers:
            line += ["  neighbor %s %s" % (p.addr, s) for s in p.settings()]
        line += [" exit-address-family", " address-family ipv4 rt-constraint"]
        line += ["  neighbor %s activate" % p.addr for p in self.peers if p.rtc]
        return "\n".join(line + [" exit-address-family", "exit", ""])

    # ---- selection (RFC 4271 9.1.2.2, 4456 9, 9494 4.3) ----

    def paths(self, key):
        return [(p, pid, r) for p in self.peers
                for pid, r in p.adj.get(key, {}).items()]

    @staticmethod
    def rank(path, med):
        p, pid, r = path
        a = r["attrs"]
        length = sum(len(ases) if kind == 2 else 1 for kind, ases in a["path"])
        return (LLGR_STALE in a["comm"], -a["lp"], length, a["origin"],
                (a["med"] or 0) if med else 0, not r["ebgp"],
                number(a["orig"] or r["id"]), len(a["clus"]), number(p.addr), pid)

    def best(self, key):
        groups = {}
        for path in self.paths(key):
            ases = path[2]["attrs"]["path"]
            neighbour = ases[0][1][0] if ases and ases[0][0] == 2 else 0
            groups.setdefault(neighbour, []).append(path)
        winners = [min(g, key=lambda x: self.rank(x, True)) for g in groups.values()]
        return min(winners, key=lambda x: self.rank(x, False), default=None)

    # ---- who may know what, and how it looks there ----

    def may_know(self, to, path):
        p, _, r = path
        comm = r["attrs"]["comm"]
        if p is to or NO_ADVERTISE in comm:
            return False
        if to.ebgp and (self.policy_needed or NO_EXPORT in comm or SUBCONFED in comm):
            return False
        if LLGR_STALE in comm and self.llgr and not to.llgr and \
                (to.ebgp or not self.partial):
            return False
        return to.ebgp or r["ebgp"] or to.is_client or r["client"]

    def told(self, to, path):
        r = path[2]
        a = copy.deepcopy(r["attrs"])
        weak = LLGR_STALE in a["comm"] and self.llgr and not to.llgr and not to.ebgp
        if to.ebgp and not to.is_rs:
            if a["path"]:
                a["med"] = None
            if a["path"] and a["path"][0][0] == 2 and len(a["path"][0][1]) < 255:
                a["path"][0][1].insert(0, self.asn)
            else:
                a["path"].insert(0, (2, [self.asn]))
        if weak:
            a["lp"] = 0
            a["comm"] += [] if NO_EXPORT in a["comm"] else [NO_EXPORT]
        if to.ebgp:
            a["ext"] = [c for c in a["ext"] if not c[0] & 0x40]
            a.update(lp=None, orig=None, clus=[])
        elif not r["ebgp"]:
            a["orig"] = a["orig"] or r["id"]
            a["clus"].insert(0, self.cluster)
        return dict(a, nlri=r["nlri"])

    def expected(self, to):
        view = {}
        for key in KEYS:
            paths = self.paths(key) if to.receives_all else [self.best(key)]
            told = [self.told(to, x) for x in paths
                    if x and self.may_know(to, x) and to.wants(x[2]["attrs"]["ext"])]
            if told:
                view[key] = told
        return view

    # ---- route target membership (RFC 4684 3.2) ----

    def expected_members(self, to):
        if not to.rtc_now or (to.ebgp and self.policy_needed):
            return set()
        said = {}
        for p in self.peers:
            for m, of in p.members.items():
                said.setdefault(m, []).append((p, of["client"]))
        return {m for m, by in said.items() if self.may_ask(to, by)}

    @staticmethod
    def may_ask(to, by):
        """The best path goes to external neighbors; internal ones hear of a wish that
        anybody else has whom they may know of, clients of their own."""
        if to.ebgp:
            return min(by, key=lambda x: (x[0].ebgp, number(x[0].addr)))[0] is not to
        return to.is_client or any(p is not to and (client or p.ebgp)
                                   for p, client in by)


def number(addr):
    return struct.unpack("!I", socket.inet_aton(addr))[0]


def u32(value):
    return struct.pack("!I", value)


def the_u32(data):
    return struct.unpack("!I", data)[0]


def words(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


# ---- routes: few keys, so that they meet -----------------------------------------

TARGETS = [H(t) for t in ("0002fde800002774", "0002fde800002775", "01020a0000010001",
                          "0602001122334455")]
RTC = H("000184")


def masked(data, bits):
    return bytes(b & 0xff << max(8 * (i + 1) - bits, 0) & 0xff
                 for i, b in enumerate(data[:(bits + 7) // 8]))


def membership(r):
    """The NLRI of one, of any length that there may be."""
    bits = r.choice([0, 32, 48, 80, 92, 95, 96, 96, 96, 96, 96])
    return bytes([bits]) + masked(u32(r.choice([65000, 65010])) + r.choice(TARGETS),
                                  bits)


def make_nlri(key, variant):
    kind, rd, mac = key
    label = u32(10000 + variant)[1:]
    if kind == "mac":
        esi = H("00112233445566778899") if variant == 1 else bytes(10)
        return macip(rd, mac=H("02aa000000") + bytes([mac]), label=label, esi=esi)
    if kind == "macip":
        return macip(rd, ip=H("200a000001"), label=label + label * (variant % 2))
    if kind == "imet":
        return imet(rd)
    if kind == "prefix":
        return prefix5(rd, label=label, gw=H("0a0a0a0a") if variant else bytes(4))
    return nlri(99, rd + b"opaque")


KEYS = [(kind, rd_of(n), mac) for n in (1, 2) for kind, mac in
        (("mac", 1), ("mac", 2), ("macip", 1), ("imet", 0), ("prefix", 0), ("99", 0))]
BY_KEY = {key_of(make_nlri(k, 0)): k for k in KEYS}


def make_path(path, size):
    """Of segments (type, AS numbers), in 2 or 4 octets."""
    out = b""
    for kind, ases in path:
        out += bytes([kind, len(ases)])
        for a in ases:
            out += u32(a) if size == 4 else \
                struct.pack("!H", a if a < 65536 else 23456)
    return out


def read_path(data, size):
    out = []
    while data:
        kind, n = data[0], data[1]
        out.append((kind, [int.from_bytes(w, "big")
                           for w in words(data[2:2 + n * size], size)]))
        data = data[2 + n * size:]
    return out


class Peer:
    """One neighbor: what it is, what it said, what it was told."""

    def __init__(self, w, i):
        r = w.r
        self.w, self.addr = w, "10.66.0.%d" % (i + 2)
        kind = r.choice(["client", "client", "inside", "inside", "outside", "rs"])
        self.name = "%s %s" % (kind, self.addr)
        self.ebgp = kind in ("outside", "rs")
        self.client, self.rs = kind == "client", kind == "rs"
        self.asn = r.choice([65010, 65011, 4200000011]) if self.ebgp else w.asn
        self.as4 = self.asn > 65535 or r.random() < .7
        self.tx_all = r.random() < .4
        self.addpath = r.choice([0, 0, 1, 2, 3])
        self.gr = r.choice([None, None, 0, 120])  # restart time
        self.llgr = self.gr is not None and r.random() < .6
        self.n_bit = self.gr is not None and r.random() < .5
        self.enhanced = r.random() < .5
        self.allowas = r.choice([0, 0, 0, 1, 3])
        self.rtc = r.random() < .5
        self.gr_rtc = r.random() < .5
        self.shut = self.rtc_now = False
        self.adj, self.members, self.raw = {}, {}, None

    def settings(self):
        out = ["activate", "route-reflector-client" if self.client else "",
               "route-server-client" if self.rs else "",
               "addpath-tx-all-paths" if self.tx_all else "",
               "allowas-in %d" % self.allowas if self.allowas else ""]
        return [s for s in out if s]

    # ---- the session ----

    def connect(self):
        caps = cap(1, EVPN) + cap(2)
        if self.as4:
            caps += cap(65, u32(self.asn))
        if self.addpath:
            caps += cap(69, H("001946") + bytes([self.addpath]))
        if self.enhanced:
            caps += cap(70)
        if self.rtc:
            caps += cap(1, H("00010084"))
        if self.gr is not None:
            caps += cap(64, struct.pack("!H", self.n_bit << 14 | self.gr) +
                        (H("00194680") if self.gr else b"") +
                        (RTC + b"\x80" if self.gr and self.gr_rtc else b""))
        if self.llgr:
            caps += cap(71, H("00194680") + u32(3600)[1:])
        try:
            self.raw = Raw(self.addr, ME)
            up = self.raw.up(asn=self.asn, ident=self.addr, caps=caps)
        except OSError:
            up = False
        if not up:  # refused: it failed a moment ago, or is shut down
            self.raw = None
            return False
        self.is_client, self.is_rs = self.client, self.rs
        self.receives_all = self.tx_all and bool(self.addpath & 1)
        self.path_ids = [0, 1, 2, 77] if self.addpath & 2 else [0]
        self.view, self.eor, self.wanted_down = {}, False, False
        self.rtc_now, self.rtc_eor, self.heard = self.rtc, False, set()
        if not self.rtc:
            self.members = {}
        for r in self.routes() + list(self.members.values()):
            r["client"] = self.client
        return True

    def wants(self, targets):
        """Without RT constraint everything, else what it has said, once that is all."""
        if not self.rtc_now:
            return True
        return self.rtc_eor and any(
            not m[0] or any(t in TARGETS and masked(t, m[0] - 32) == m[5:]
                            for t in targets) for m in self.members)

    def routes(self):
        return [r for paths in self.adj.values() for r in paths.values()]

    def drop(self, which):
        for key, paths in self.adj.items():
            self.adj[key] = {pid: r for pid, r in paths.items() if not which(r)}

    def ended(self, notification=False, hard=False):
        """The session is over: which routes stay? (RFC 4724 4.2, 8538 4, 9494 4.2)"""
        long_lived = self.llgr and self.w.llgr
        told = not hard and (self.n_bit or not notification)
        if not (told and self.gr and self.gr_rtc):
            self.members = {}
        self.members = {m: dict(of, stale=True) for m, of in self.members.items()
                        if not of["stale"]}
        if not told or not (self.gr or long_lived):
            self.adj = {}
            return
        if not long_lived:
            self.drop(lambda r: r["stale"])
        for r in self.routes():
            r["stale"] = True
        if self.gr:
            return
        self.drop(lambda r: NO_LLGR in r["attrs"]["comm"])
        for r in self.routes():
            if LLGR_STALE not in r["attrs"]["comm"]:
                r["attrs"]["comm"] = r["attrs"]["comm"] + [LLGR_STALE]

    def forget(self):
        self.adj, self.members = {}, {}

    def send(self, data):
        try:
            self.raw.send(data)
        except OSError:
            pass

    # ---- what it does ----

    def encode(self, a, spoilt):
        r, path = self.w.r, make_path(a["path"], 4 if self.as4 else 2)
        out = [attr(TRANS, 1, bytes([9 if spoilt == "origin" else a["origin"]])),
               attr(TRANS, 2, path), attr(OPT | TRANS, 16, b"".join(a["ext"]))]
        if spoilt != "local_pref" and (not self.ebgp or r.random() < .2):
            out.append(attr(TRANS, 5, u32(a["lp"])))
        if a["med"] is not None:
            out.append(attr(OPT, 4, u32(a["med"])))
        if a["comm"]:
            out.append(attr(OPT | TRANS, 8, b"".join(map(u32, a["comm"]))))
        if a["large"]:
            out.append(attr(a["large"][0], 32, a["large"][1]))
        out += self.encode_aggregator(a["aggregator"])
        if a["orig"]:
            out.append(attr(OPT, 9, socket.inet_aton(a["orig"])))
        if a["clus"]:
            out.append(attr(OPT, 10, b"".join(map(socket.inet_aton, a["clus"]))))
        if a["unknown"]:
            out.append(attr(OPT | TRANS, 77, a["unknown"]))
        if a["otc"]:
            out.append(attr(OPT | TRANS, 35, u32(a["otc"])))
        if not self.as4 and any(x > 65535 for _, ases in a["path"] for x in ases):
            out.append(attr(OPT | TRANS, 17, make_path(self.mapped(a["path"]), 4)))
        r.shuffle(out)
        return out

    @staticmethod
    def mapped(path):
        """AS4_PATH, less what old speakers on the way put in front (RFC 6793 4.2.3)."""
        if path[0][0] == 2 and 1 < len(path[0][1]) < 255 and path[0][1][0] < 65536:
            return [(2, path[0][1][1:])] + path[1:]
        return path

    def encode_aggregator(self, asn):
        if asn is None:
            return []
        addr = socket.inet_aton("10.1.2.3")
        if self.as4:
            return [attr(OPT | TRANS, 7, u32(asn) + addr)]
        out = [attr(OPT | TRANS, 7, struct.pack("!H", asn if asn < 65536 else 23456) + addr)]
        return out + ([attr(OPT | TRANS, 18, u32(asn) + addr)] if asn > 65535 else [])

    def attributes(self, spoilt):
        r, w = self.w.r, self.w
        first = [self.asn] if self.ebgp else []
        ases = first + r.choice([[], [], [], [65010], [65011, 65010], [4200000099, 7]])
        if r.random() < .12:
            ases = ases + [w.asn] * r.choice([1, 1, 3])
        path = [(2, ases)] if ases else []
        if path and r.random() < .2:
            path.append((1, sorted(r.sample([1, 2, 3, 70000], 2))))
        if not self.ebgp and r.random() < .05:
            path = r.choice([[(1, [70000, 3])], [(2, [7] * 255)], [(2, [7] * 255), (2, [
                70000] * 200)]])
        clusters = r.choice([[], [], [], ["9.9.9.9"], ["9.9.9.9", "8.8.8.8"]])
        a = dict(origin=r.choice([0, 0, 0, 1, 2]), path=path,
                 nh=r.choice([H("0a4d000b"), H("0a4d000c"), bytes(15) + b"\1"]),
                 med=r.choice([None, None, 5, 9]), clus=clusters,
                 lp=r.choice([100, 100, 100, 100, 200, 50]),
                 comm=r.choice([[], [], [], [], [NO_EXPORT], [NO_ADVERTISE],
                                [SUBCONFED], [LLGR_STALE], [NO_LLGR],
                                [0xfde80001, NO_EXPORT]]),
                 orig=r.choice([None, None, None, "10.9.9.9", "10.66.0.3"]),
                 ext=r.sample(TARGETS, r.choice([1, 1, 1, 2])) +
                 r.choice([[], [], [H("4399010203040506")], [H("030c000000000008")]]),
                 unknown=r.choice([None, None, b"hello"]),
                 otc=r.choice([None, None, 7]),
                 aggregator=r.choice([None, None, None, 65010, 4200000099]),
                 large=r.choice([None, None, (OPT | TRANS, b"12 octets..." * 2),
                                 (OPT | TRANS | PARTIAL, b"12 octets...")]))
        if spoilt == "originator":
            a["orig"] = ME
        if spoilt == "cluster":
            a["clus"] = ["9.9.9.9", w.cluster]
        return a

    def accepts(self, a, spoilt):
        """May the reflector keep what this neighbor says? (RFC 7606, 4271, 4456)"""
        if spoilt == "origin" or (self.ebgp and self.w.policy_needed):
            return False
        if sum(ases.count(self.w.asn) for _, ases in a["path"]) > self.allowas:
            return False
        return self.ebgp or (spoilt != "local_pref" and a["orig"] != ME and
                             self.w.cluster not in a["clus"])

    def keyed(self, pid, data):
        return (u32(pid) if self.addpath & 2 else b"") + data

    def some(self, n):
        r = self.w.r
        return [(k, r.choice(self.path_ids)) for k in r.sample(KEYS, n)]

    def announce(self, spoilt=None):
        r = self.w.r
        a, variant = self.attributes(spoilt), r.randrange(3)
        routes, gone = self.some(r.choice([1, 1, 2, 3])), []
        reach = b"".join(self.keyed(pid, make_nlri(k, variant)) for k, pid in routes)
        mp = [attr(OPT, 14, H("001946") + bytes([len(a["nh"])]) + a["nh"] + b"\0" +
                   reach)]
        if r.random() < .15:  # an UPDATE may do both, even to one key
            gone = self.some(2) + routes[:1]
            mp.append(attr(OPT, 15, H("001946") + b"".join(
                self.keyed(pid, make_nlri(k, 0)) for k, pid in gone)))
        rest = self.encode(a, spoilt)
        block = b"".join(rest + mp if r.random() < .3 else mp + rest)
        self.send(message(UPDATE, struct.pack("!HH", 0, len(block)) + block))
        for k, pid in gone:
            self.adj.get(k, {}).pop(pid, None)
        good = self.accepts(a, spoilt)
        if self.ebgp:
            a.update(lp=100, orig=None, clus=[])
        for k, pid in routes:
            self.adj.setdefault(k, {}).pop(pid, None)
            if good:
                self.adj[k][pid] = dict(
                    attrs=copy.deepcopy(a), nlri=make_nlri(k, variant), stale=False,
                    ebgp=self.ebgp, id=self.addr, client=self.is_client)
        return "announces %s %s, %s, withdraws %s" % (
            spoilt or "", routes, {k: v for k, v in a.items() if v}, gone)

    def spoil(self):
        return self.announce(self.w.r.choice(["origin", "local_pref", "originator",
                                              "cluster"]))

    def withdraw(self):
        r, routes = self.w.r, self.some(3)
        block = attr(OPT | r.choice([0, EXT]), 15, H("001946") + b"".join(
            self.keyed(pid, make_nlri(k, r.randrange(3))) for k, pid in routes))
        self.send(message(UPDATE, struct.pack("!HH", 0, len(block)) + block))
        for k, pid in routes:
            self.adj.get(k, {}).pop(pid, None)
        return "withdraws %s" % routes

    def ask(self):
        self.send(message(REFRESH, H("00190046")))
        return "asks for a refresh"

    def refresh(self):
        """BoRR, some routes, EoRR; before End-of-RIB of a restart neither counts."""
        counts = self.enhanced and (not self.gr or self.eor)
        before = self.routes()
        self.send(message(REFRESH, H("00190146")))
        said = [self.announce() for _ in range(self.w.r.randrange(3))]
        self.send(message(REFRESH, H("00190246")))
        if counts:
            self.drop(lambda r: any(r is b for b in before))
        return "refreshes, counts=%s: %s" % (counts, said)

    def end_of_rib(self):
        self.send(message(UPDATE, H("00000006") + attr(OPT, 15, H("001946"))))
        self.drop(lambda r: r["stale"])
        self.eor = True
        return "says End-of-RIB"

    def ask_for(self):
        r = self.w.r
        if not self.rtc_now:
            return "asks for nothing"
        gone = [m for m in self.members if r.random() < .3]
        new = [membership(r) for _ in range(r.choice([0, 1, 1, 2]))]
        if gone:
            block = attr(OPT, 15, RTC + b"".join(gone))
            self.send(message(UPDATE, struct.pack("!HH", 0, len(block)) + block))
        if new:
            path = make_path([(2, [self.asn])] if self.ebgp else [],
                             4 if self.as4 else 2)
            block = attr(OPT, 14, RTC + b"\4" + socket.inet_aton(self.addr) + b"\0" +
                         b"".join(new)) + attr(TRANS, 1, b"\0") + \
                attr(TRANS, 2, path) + \
                (b"" if self.ebgp else attr(TRANS, 5, u32(100)))
            self.send(message(UPDATE, struct.pack("!HH", 0, len(block)) + block))
        for m in gone:
            del self.members[m]
        if not (self.ebgp and self.w.policy_needed):
            for m in new:
                self.members[m] = dict(stale=False, client=self.is_client)
        return "asks for %s, not for %s" % (new, gone)

    def asked_all(self):
        if not self.rtc_now:
            return "has nothing to ask for"
        self.send(message(UPDATE, H("00000006") + attr(OPT, 15, RTC)))
        self.members = {m: of for m, of in self.members.items() if not of["stale"]}
        self.rtc_eor = True
        return "has asked for all"

    def leave(self):
        how = self.w.r.choice(["close", "error", "cease", "hard", "offend"])
        word = {"error": b"\3\1", "cease": b"\6\2", "hard": b"\6\x09\6\2"}
        if how in word:
            self.send(message(NOTIFICATION, word[how]))
        if how == "offend":  # an unknown well-known attribute
            self.send(message(UPDATE, H("00000004") + b"\x40\x50\1\0"))
            while self.raw.recv()[0]:
                pass
        self.raw.close()
        self.raw = None
        self.ended(how != "close", how == "hard")
        return "leaves: " + how

    # ---- what it hears ----

    def hear(self, kind, body):
        if kind == NOTIFICATION:
            self.notified = tuple(body[:2])
        if kind != UPDATE:
            return
        attrs, order, pos = {}, [], 4
        while pos < len(body):
            flags, code, n = struct.unpack_from("!BBB", body, pos)
            pos += 3
            if flags & EXT:
                n, pos = n << 8 | body[pos], pos + 1
            assert code not in attrs, code
            attrs[code] = (flags & ~EXT, body[pos:pos + n])
            order.append(code)
            pos += n
        if 15 in attrs and attrs[15][1][:3] == RTC:
            assert order == [15]
            for m in self.split_members(attrs[15][1][3:]):
                self.heard.remove(m)
        elif 14 in attrs and attrs[14][1][:3] == RTC:
            self.heard |= set(self.split_members(self.hear_members(order, attrs)))
        elif 15 in attrs:
            assert order == [15]
            for pid, n in self.split(attrs[15][1][3:]):
                known = self.view.setdefault(BY_KEY[key_of(n)], {})
                assert pid in known, "a withdraw of what it was not told"
                del known[pid]
        elif attrs:
            assert order[0] == 14
            value = attrs[14][1]
            told = self.decode(attrs)
            told["nh"] = value[4:4 + value[3]]
            for pid, n in self.split(value[5 + value[3]:]):
                self.view.setdefault(BY_KEY[key_of(n)], {})[pid] = dict(told, nlri=n)

    def hear_members(self, order, attrs):
        value = attrs[14][1]
        assert order[0] == 14 and value[3] == 4
        assert value[4:8] == socket.inet_aton(ME)
        assert (9 in attrs) == (5 in attrs and 10 in attrs), order
        if self.is_client and 9 in attrs:  # else it would drop its own
            assert attrs[9][1] == socket.inet_aton(ME)
        return value[9:]

    @staticmethod
    def split_members(data):
        while data:
            n = 1 + (data[0] + 7) // 8
            yield data[:n]
            data = data[n:]

    def split(self, data):
        while data:
            pid = 0
            if self.receives_all:
                pid, data = the_u32(data[:4]), data[4:]
                assert pid
            n = 2 + data[1]
            yield pid, data[:n]
            data = data[n:]

    def decode(self, attrs):
        def value(code, flags, read, none=None):
            if code not in attrs:
                return none
            assert attrs[code][0] == flags, (code, attrs[code])
            return read(attrs[code][1])

        path = value(2, TRANS, lambda b: read_path(b, 4 if self.as4 else 2))
        path4 = value(17, OPT | TRANS, lambda b: read_path(b, 4))
        if path4 is not None:  # there only if it must be, and then it says all
            assert not self.as4 and [len(s) for _, s in path4] == \
                [len(s) for _, s in path], (path, path4)
        assert not any(23456 in s for _, s in path) or path4, path
        return dict(origin=value(1, TRANS, lambda b: b[0]), path=path4 or path,
                    med=value(4, OPT, the_u32), lp=value(5, TRANS, the_u32),
                    comm=value(8, OPT | TRANS,
                               lambda b: [the_u32(w) for w in words(b, 4)], []),
                    orig=value(9, OPT, socket.inet_ntoa),
                    clus=value(10, OPT,
                               lambda b: [socket.inet_ntoa(w) for w in words(b, 4)],
                               []),
                    ext=value(16, OPT | TRANS, lambda b: words(b, 8), []),
                    unknown=value(77, OPT | TRANS | PARTIAL, bytes),
                    otc=value(35, OPT | TRANS, the_u32),
                    aggregator=self.aggregator(attrs), large=attrs.get(32))


    def aggregator(self, attrs):
        if 7 not in attrs:
            return None
        asn = int.from_bytes(attrs[7][1][:-4], "big")
        assert len(attrs[7][1]) == (8 if self.as4 else 6)
        assert attrs[7][1][-4:] == socket.inet_aton("10.1.2.3")
        if asn == 23456:
            assert attrs[18][1][4:] == attrs[7][1][2:]
            return the_u32(attrs[18][1][:4])
        assert 18 not in attrs
        return asn


# ---- the operator ----------------------------------------------------------------


class Operator:
    """Changes that end sessions, and some that must not."""

    def __init__(self, w):
        self.w, self.daemon = w, Daemon()

    def configure(self, *lines):
        self.daemon.configure("router bgp %d" % self.w.asn, *lines)

    def of_family(self, p, setting):
        self.configure("address-family l2vpn evpn", setting % p.addr)

    @staticmethod
    def down(p, **kw):
        """The session of this neighbor ends by our NOTIFICATION."""
        if p.raw:
            p.wanted_down = True
            p.ended(notification=True, **kw)

    def client(self, p):
        if p.ebgp:
            return None
        p.client = not p.client
        self.of_family(p, "%sneighbor %%s route-reflector-client" %
                       ("" if p.client else "no "))
        self.down(p)
        return "%s is %sa client" % (p.name, "" if p.client else "not ")

    def all_paths(self, p):
        p.tx_all = not p.tx_all
        self.of_family(p, "%sneighbor %%s addpath-tx-all-paths" %
                       ("" if p.tx_all else "no "))
        self.down(p)
        return "%s all paths: %s" % (p.name, p.tx_all)

    def constraint(self, p):
        p.rtc = not p.rtc
        self.configure("address-family ipv4 rt-constraint",
                       "%sneighbor %s activate" % ("" if p.rtc else "no ", p.addr))
        self.down(p)
        return "%s RT constraint: %s" % (p.name, p.rtc)

    def policy(self, _):
        self.w.policy_needed = not self.w.policy_needed
        self.configure("%sbgp ebgp-requires-policy" %
                       ("" if self.w.policy_needed else "no "))
        for p in self.w.peers:
            if p.ebgp:
                self.down(p)
                p.forget()
        return "policy needed: %s" % self.w.policy_needed

    def cluster(self, _):
        others = {"7.7.7.1", "7.7.7.2", "7.7.7.3"} - {self.w.cluster}
        self.w.cluster = self.w.r.choice(sorted(others))
        self.configure("bgp cluster-id " + self.w.cluster)
        for p in self.w.peers:
            self.down(p)
            p.forget()
        return "cluster id " + self.w.cluster

    def description(self, p):
        self.configure("neighbor %s description %d" % (p.addr, self.w.r.randrange(99)))
        return "described " + p.name

    def clear(self, p):
        self.daemon.ctl("clear bgp " + p.addr)
        self.down(p, hard=True)
        p.forget()
        return "cleared " + p.name

    def clear_soft(self, p):
        self.daemon.ctl("clear bgp %s soft out" % p.addr)
        return "cleared softly " + p.name

    def shutdown(self, p):
        p.shut = not p.shut
        self.configure("%sneighbor %s shutdown" % ("" if p.shut else "no ", p.addr))
        if p.shut:
            self.down(p, hard=True)
            p.forget()
        return "%s shut: %s" % (p.name, p.shut)

    def anything(self):
        r, p = self.w.r, self.w.r.choice(self.w.peers)
        what = r.choice([self.client] * 4 + [self.constraint] * 2 +
                        [self.all_paths, self.policy, self.cluster, self.description,
                         self.clear, self.clear_soft, self.shutdown])
        if what == self.cluster and r.random() < .7:
            return None
        return what(p)


# ---- the play --------------------------------------------------------------------


def listen(w, quiet=QUIET):
    """Hear everybody until nothing comes any more."""
    end = time.monotonic() + PATIENCE
    last = time.monotonic()
    while time.monotonic() < min(end, last + quiet):
        by_socket = {p.raw.s: p for p in w.peers if p.raw}
        for s in select.select(list(by_socket), [], [], quiet / 4)[0]:
            last = time.monotonic()
            read(by_socket[s])


def read(p):
    try:
        data = p.raw.s.recv(1 << 20)
    except OSError:
        data = b""
    if not data:
        p.raw.close()
        p.raw = None
        assert p.wanted_down, "%s lost its session" % p.name
        return
    p.raw.buf += data
    while len(p.raw.buf) >= 19:
        n = struct.unpack("!H", p.raw.buf[16:18])[0]
        if len(p.raw.buf) < n:
            return
        m, p.raw.buf = p.raw.buf[:n], p.raw.buf[n:]
        p.hear(m[18], m[19:])


def plain(told, but):
    """Those that the other list has not, however often; paths of a key have no order."""
    rest = [sorted(t.items()) for t in told]
    for t in but:
        if sorted(t.items()) in rest:
            rest.remove(sorted(t.items()))
    return rest


def differences(w):
    for p in w.peers:
        if not p.raw:
            continue
        want, asked = w.expected(p), w.expected_members(p)
        if asked != p.heard:
            yield "%s, memberships\n  should be %s\n  is        %s" % (
                p.name, sorted(asked), sorted(p.heard))
        for key in KEYS:
            wanted, got = want.get(key, []), list(p.view.get(key, {}).values())
            lacks, extra = plain(wanted, got), plain(got, wanted)
            if lacks or extra:
                yield "%s, %s\n  lacks %s\n  has   %s" % (p.name, key, lacks, extra)


def shown_name(key):
    """RD and prefix of a key in `show bgp l2vpn evpn json`."""
    kind, rd, mac = key
    prefix = {"mac": "[2]:[0]:[48]:[02:aa:00:00:00:%02x]" % mac,
              "macip": "[2]:[0]:[48]:[02:aa:00:00:00:01]:[32]:[10.0.0.1]",
              "imet": "[3]:[0]:[32]:[10.77.0.11]", "prefix": "[5]:[0]:[24]:[192.0.2.0]",
              "99": "[99]:[%s]" % (rd + b"opaque").hex()}[kind]
    return "unknown" if kind == "99" else "65000:%d" % rd[-1], prefix


def wrongly_shown(w, daemon):
    """What the operator is told of routes received and sent, and of the table."""
    peers = daemon.json("show bgp summary")["l2VpnEvpn"]["peers"]
    for p in w.peers:
        if p.raw:
            want = len(p.routes()), sum(map(len, p.view.values()))
            got = peers[p.addr]["pfxRcd"], peers[p.addr]["pfxSnt"]
            if want != got:
                yield "%s is shown with %s routes received, sent: %s" % (p.name, got, want)
    table = daemon.json("show bgp l2vpn evpn")
    for key in KEYS:
        rd, prefix = shown_name(key)
        paths = table.get(rd, {}).get(prefix, {}).get("paths", [])
        got = sorted((x["peerId"], x.get("bestpath", False)) for x in paths)
        best = w.best(key)
        want = sorted((x[0].addr, x[:2] == best[:2]) for x in w.paths(key))
        if want != got:
            yield "%s %s is shown as %s: %s" % (rd, prefix, got, want)


def one_act(w, operator):
    r, p = w.r, w.r.choice(w.peers)
    if r.random() < .02:
        listen(w)
        said = operator.anything()
        listen(w)
        return said
    if not p.raw:
        if p.shut or r.random() < .5:
            return None
        if not p.connect():
            return p.name + " is refused"
        return "%s comes, %s" % (p.name, p.asked_all() if r.random() < .5 else "")
    acts = [(50, p.announce), (10, p.spoil), (20, p.withdraw), (6, p.ask),
            (4, p.refresh), (4, p.end_of_rib), (10, p.ask_for), (6, p.asked_all),
            (3, p.leave)]
    act = r.choices([a for _, a in acts], [n for n, _ in acts])[0]
    if act == p.leave:
        listen(w)
    return "%s %s" % (p.name, act())


def play(seed, steps):
    w = World(seed)
    operator = Operator(w)
    history = []
    for p in w.peers:
        assert p.connect(), p.name
        p.ask_for()
        if w.r.random() < .8:
            p.asked_all()
    listen(w)
    for step in range(steps):
        for _ in range(w.r.choice([1, 2, 5, 20, 20])):
            said = one_act(w, operator)
            history += [said] if said else []
        listen(w)
        if any(differences(w)):
            listen(w, 1)
        wrong = list(differences(w))
        if wrong:
            return "step %d\n%s\n%s" % (step, "\n".join(history[-20:]), wrong[0])
    return "\n".join(wrongly_shown(w, operator.daemon))


if __name__ == "__main__":
    if sys.argv[1] == "config":
        print(World(int(sys.argv[2])).config())
        sys.exit(0)
    trouble = play(int(sys.argv[2]), int(sys.argv[3]))
    fact("seed %s, %s steps: everybody holds what the RFCs say" % tuple(sys.argv[2:4]),
         not trouble, trouble)
    sys.exit(1 if trouble else 0)
