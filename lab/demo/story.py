"""The demonstration's course: each chapter does one thing, shows it, and notes it."""

import time

from lab import Lab, LabError, until
from lab.demo import analysis, word
from lab.demo.cluster import Cluster
from lab.demo.prober import now
from lab.demo.probers import Probers
from lab.demo.screen import milliseconds
from lab.lab import ROOT

WEST, EAST = ["n1", "n4"], ["n2", "n3", "n5"]
SIDES = [WEST, EAST]
GROUPS = "|".join(",".join(s) for s in SIDES)
NODES = ["n1", "n2", "n3"]
CLIENTS = {"west": "n4", "east": "n5"}
OLD_MASTER = NODES[0]
TWO_MASTERS_SECONDS = 5   # So long the split lasts after the second master appeared.

MARGIN_NS, WINDOW_NS = 100_000_000, 3_000_000_000   # Of probes, around an instant.

# What an operator may have on each host already: it must survive untouched.
SITE_RULES = """table inet site {
  set admins { type ipv4_addr; elements = { 10.8.0.0-10.8.0.255 }; flags interval; }
  chain input {
    type filter hook input priority filter; policy accept;
    tcp dport 22 ip saddr != @admins drop
    ct state invalid drop
  }
}
"""


class Story:
    """Holds what is measured; `figures` is what --json writes."""

    def __init__(self, screen, binaries):
        self.screen = screen
        self.figures = {"sides": {"west": WEST, "east": EAST}, "checks": []}
        self._lab = Lab(5, name=f"d{_short_id()}", binaries=binaries)
        self._cluster = Cluster(self._lab, ROOT, NODES, CLIENTS)
        self._probers = None

    @property
    def ok(self):
        return all(c["ok"] for c in self.figures["checks"])

    def tell(self):
        began = time.monotonic()
        self.screen.title("sunder", "A Redis Sentinel cluster, torn in two, and what it costs.")
        try:
            lab = self._lab.up()
            self._set_up(lab)
            self._steady()
            self._split(lab)
            self._two_masters()
            self._heal(lab)
            self._one_master(lab)
            self._reckon(lab)
        except BaseException:
            self.figures["logs"] = self._lab.logs()
            raise
        finally:
            if self._probers:
                self._probers.end()
            self._lab.down()
        self.figures["seconds"] = round(time.monotonic() - began, 1)
        self._verdicts()

    # ------------------------------------------------------------ before

    def _set_up(self, lab):
        for host in lab.hosts.values():
            host.run(["nft", "-f", "-"], stdin=SITE_RULES).check()
        self._before = {n: h.network_state() for n, h in lab.hosts.items()}
        self._probers = Probers(lab, ROOT)
        self.screen.step("Five hosts, an agent on each, a controller, and Marathon.")
        self._cluster.deploy_redis()
        self.screen.step("Marathon runs Redis on n1, n2, n3: n1 is the master.")
        self._cluster.deploy_sentinels()
        self.screen.step("Three Sentinels watch over them.")
        self._cluster.deploy_clients(SIDES)
        self.screen.step("Two clients write to the master that Sentinel names: west on n4, "
                         "east on n5.")

    def _steady(self):
        until(lambda: self._cluster.settled_under_one_master() == OLD_MASTER and all(
            len(self._cluster.acknowledged(c)) > 100 for c in CLIENTS), 20,
            "both clients to write")
        self._matrix("before", now(), lambda pair: 1)

    # ------------------------------------------------------------ the split

    def _split(self, lab):
        words = ["partition", "--groups", GROUPS, "--for", "60s"]
        self.screen.step("Now west (n1, n4) and east (n2, n3, n5) stop hearing each other.")
        self.screen.command(f"sunder partition --groups '{GROUPS}' --for 60s")
        self._asked = now()
        self._fault = lab.sunder(*words, "-o", "json", timeout=30).check().json
        returned = now()
        self.screen.note(f"in force on every host, said after {milliseconds(returned - self._asked)}")
        self._matrix("during", returned, lambda pair: int(_same_side(pair)))

    def _two_masters(self):
        masters = until(lambda: len(m := self._cluster.masters()) > 1 and m, 30,
                        lambda: f"a second master; now {self._cluster.masters()}", 0.1)
        self.screen.step(f"Two masters: {' and '.join(masters)}. Both take writes.")
        two_since = now()
        counts = {}

        def enough():
            counts.update({c: sum(w.instant > two_since for w in self._cluster.acknowledged(c))
                           for c in CLIENTS})
            return min(counts.values()) >= 100 and \
                now() - two_since > TWO_MASTERS_SECONDS * 1_000_000_000
        until(enough, 30, lambda: f"both sides to be written to: {counts}", 0.1)
        for client in CLIENTS:
            master = self._cluster.acknowledged(client)[-1].master
            self.screen.note(f"{client}: {counts[client]} writes acknowledged by {master} "
                             "since then")
        self._check("two_masters", masters[0] == OLD_MASTER and len(masters) == 2,
                    f"the split made two masters: {' and '.join(masters)}")
        self.figures["masters_during"] = masters

    # ------------------------------------------------------------ after

    def _heal(self, lab):
        self.screen.step("And whole again.")
        self.screen.command(f"sunder heal {self._fault['id'][:8]}")
        self._heal_asked = now()
        lab.sunder("heal", self._fault["id"], timeout=30).check()
        returned = now()
        self.screen.note(f"gone from every host, said after "
                         f"{milliseconds(returned - self._heal_asked)}")
        self._matrix("after", returned, lambda pair: 1)

    def _one_master(self, lab):
        self.screen.step("Sentinel must choose: one master has to forget what it took.")
        self._fault = lab.sunder("show", self._fault["id"], "-o", "json").check().json
        self._master = until(self._cluster.settled_under_one_master, 60,
                             lambda: f"one master; now {self._cluster.masters()}", 0.2)
        self.screen.step(f"{self._master} is the only master. What west was promised is gone:")
        self.figures["master_after"] = self._master

    def _reckon(self, lab):
        self._began = self._change(self._asked, False)
        self._ended = self._change(self._heal_asked, True)
        self._count_writes()
        self._instants()
        after = {n: h.network_state() for n, h in lab.hosts.items()}
        same = [n for n in after if after[n] == self._before[n]]
        self.figures["ruleset_identical"] = {n: n in same for n in after}
        self._check("rulesets", len(same) == len(after), f"rules, queues and links of {len(same)} "
                    f"of {len(after)} hosts are byte for byte as before")

    def _change(self, asked, arrived):
        pairs = self._probers.pairs(asked - MARGIN_NS, asked + WINDOW_NS)
        return analysis.change(pairs, analysis.cut_pairs(SIDES), arrived, asked)

    def _count_writes(self):
        """Every acknowledged write is looked for, key by key, at the master that is left."""
        acknowledged_by = {c: self._cluster.acknowledged(c) for c in CLIENTS}
        kept = self._cluster.keys(self._master)   # After: what comes in between is no loss.
        cut = self._began.complete if self._began else self._asked
        rows = [("client", "acknowledged", "since the cut", f"of these by {OLD_MASTER}", "lost")]
        self.figures["writes"] = {}
        for client, acknowledged in acknowledged_by.items():
            since = [w for w in acknowledged if w.instant >= cut]
            by_old = [w for w in since if w.master == OLD_MASTER]
            lost = [w for w in acknowledged if w.key not in kept]
            rows.append((client, len(acknowledged), len(since), len(by_old), len(lost)))
            self.figures["writes"][client] = {
                "acknowledged": len(acknowledged), "since_cut": len(since),
                "since_cut_by_old_master": len(by_old), "lost": len(lost),
                "lost_by_old_master_since_cut": sum(w in by_old for w in lost),
                "lost_by_others": sum(w.master != OLD_MASTER for w in lost)}
        self.screen.table(rows)
        west, east = (self.figures["writes"][c] for c in CLIENTS)
        doomed = west["lost_by_old_master_since_cut"]
        self._check("acknowledged_writes_lost", 0 < doomed == west["since_cut_by_old_master"],
                    f"{doomed} writes that west was told are safe do not exist any more")
        self._check("new_master_keeps_its_word", west["lost_by_others"] + east["lost_by_others"] == 0,
                    f"{self._master} has kept every write that it acknowledged")

    def _instants(self):
        """The instants of the packets, on one timeline that begins with the first dropped."""
        if not self._began or not self._ended:
            self._check("instants", False, "not every cut pair was seen to be cut and healed")
            return
        self.screen.step("What the packets say: a probe each millisecond between all hosts.")
        boot_to_wall = time.time_ns() - now()
        in_force = word.instants(self._fault, "inForce", boot_to_wall)
        healed = word.instants(self._fault, "healed", boot_to_wall)
        self.screen.table([
            ("host", "first dropped", "Sunder read it back", "first passed again",
             "Sunder read it back"),
            *(zip(WEST + EAST, _after(self._began, self._began.first_at),
                  _after(self._began, {h: at for h, (at, _) in in_force.items()}),
                  _after(self._ended, self._ended.first_at),
                  _after(self._ended, {h: at for h, (at, _) in healed.items()}))),
            ("skew", milliseconds(self._began.skew), "", milliseconds(self._ended.skew), "")])
        self.screen.note(f"the gap between two probes was {milliseconds(self._began.resolution)} "
                         f"and {milliseconds(self._ended.resolution)} there at most", "dim")
        self._note("cut", self._began, self._asked, in_force)
        self._note("heal", self._ended, self._heal_asked, healed)
        self._check("instants", True, f"five hosts were cut within {milliseconds(self._began.skew)} "
                    f"of each other, and whole again within {milliseconds(self._ended.skew)}")
        self._check("said_no_sooner_than_so", word.kept(in_force, self._began) and
                    word.kept(healed, self._ended),
                    "on no host did Sunder say in force or healed before the packets did")

    def _note(self, name, change, asked, said):
        self.figures[name] = {
            "asked_ns": asked, "began_ns": change.began, "complete_ns": change.complete,
            "skew_ns": change.skew, "resolution_ns": change.resolution,
            "first_ns": change.first_at, "last_ns": change.last_at,
            "said_ns": {h: at for h, (at, _) in said.items()}}

    # ------------------------------------------------------------ helpers

    def _matrix(self, name, since, expected):
        shares = self._probers.matrix(since)
        self.screen.matrix(shares, SIDES)
        wrong = {p: s for p, s in shares.items() if abs(s - expected(p)) > 0.02}
        self.figures.setdefault("matrix", {})[name] = {f"{a} -> {b}": s
                                                       for (a, b), s in shares.items()}
        ok = len(shares) == 20 and not wrong
        self._check(f"matrix_{name}", ok, {
            "before": "before, every host reached every other",
            "during": "during the split, a host reached exactly its own side",
            "after": "after it, every host reached every other again"}[name])
        if not ok:
            said = ", ".join(f"{a} to {b}: {s}" for (a, b), s in sorted(wrong.items()))
            raise LabError(f"the matrix {name} the split is not as it must be: {said}")

    def _check(self, name, ok, text):
        self.figures["checks"].append({"name": name, "ok": bool(ok), "text": text})

    def _verdicts(self):
        self.screen.step(f"In {self.figures['seconds']} seconds:")
        self.screen.line()
        for check in self.figures["checks"]:
            self.screen.verdict(check["ok"], check["text"])
        self.screen.line()


def _same_side(pair):
    return any(pair[0] in s and pair[1] in s for s in SIDES)


def _after(change, at):
    """Each host's instant, counted from the change's first packet."""
    return [milliseconds(at[h] - change.began, "+") if h in at else "?" for h in WEST + EAST]


def _short_id():
    return f"{time.time_ns() // 1_000_000 % 10 ** 6}"
