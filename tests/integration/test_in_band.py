"""Control traffic over the very interface and addresses that the faults cut: it
lives through every fault, and long enough for neighbour entries to age."""

import itertools

import pytest

from certificates import certificates
from hands import Hands
from lab import Lab, until
from packets import FAMILIES, now, streaming

NAMES = ("n1", "n2", "n3")
PORT = 7321
LEASE = 5_000_000_000
HEAL_SLACK = 50_000_000
# Neighbour entries are verified again after a second or so instead of half a minute, and
# given up after three probes: 1.5 + 1 + 3 * 0.25 s at most.
NEIGHBOURS_AGE_FAST = [
    f"net.{v}.neigh.eth0.{what}" for v in ("ipv4", "ipv6")
    for what in ("base_reachable_time_ms=1000", "delay_first_probe_time=1",
                 "retrans_time_ms=250", "gc_stale_time=1")]
NEIGHBOURS_AGED_TWICE = 7_000_000_000


def make_in_band(lab, family):
    """Turns a lab that is not started into one whose controller lives on n3 and talks
    to all agents over the data network."""
    at = {n: h.addresses[("ipv4", "ipv6").index(family)] for n, h in lab.hosts.items()}
    endpoint = {n: f"[{a}]:{PORT}" if family == "ipv6" else f"{a}:{PORT}"
                for n, a in at.items()}
    tls = certificates(lab.directory / "tls", at.values())
    for name in lab.hosts:
        command = lab.agent(name).command
        command[command.index("--listen") + 1] = endpoint[name]
        command += tls
        lab.host(name).run(["sysctl", "-qw", *NEIGHBOURS_AGE_FAST]).check()
    lab.controller.command += tls
    lab.controller.namespace = lab.host("n3").namespace
    lab.write_inventory(hosts=[
        {"name": n, "addresses": h.addresses, "labels": h.labels, "agent": endpoint[n]}
        for n, h in lab.hosts.items()])
    for name in lab.hosts:
        lab.agent(name).start(wait=False)
    lab.controller.start()
    until(lambda: all_reachable(lab), 20, "the controller to reach all agents")


def all_reachable(lab):
    agents = lab.sunder("hosts", "-o", "json").check().json["agents"]
    return len(agents) == len(NAMES) and all(a.get("reachable") for a in agents)


class InBand:
    """The tests, once for each family: class by class they run side by side."""

    @pytest.fixture(scope="class")
    def in_band(self):
        with Lab(hosts=3, marathon=None, start=False) as lab:
            make_in_band(lab, self.family)
            hands = Hands(lab, NAMES)
            yield lab, hands
            hands.close()

    @pytest.mark.fault()
    @pytest.mark.parametrize("words", [
        ["partition", "--groups", "n1|n2|n3"],
        ["cut", "n3", "n1,n2"],
        ["cut", "n3", "n1,n2", "--one-way"],
        ["cut", "n1,n2", "n3", "--one-way"],
        ["cut", "n3", "n1,n2", "--protocol", "tcp"],
    ], ids=" ".join)
    def test_the_control_channel_lives_through_every_fault(self, in_band, words):
        lab, hands = in_band
        cut = ("n1", "n3") if words[1] == "n1,n2" else ("n3", "n1")
        with streaming(hands, NAMES) as s:
            fault = lab.sunder(*words, "--for", "60s", "-o", "json").check().json
            if "--protocol" not in words:
                s.wait_dropping(*cut)
            else:
                for family in FAMILIES:
                    assert hands.ask("tcp", "n1", "n3", family) == "request lost"
            since = now()
            until(lambda: now() > since + NEIGHBOURS_AGED_TWICE, 10, "neighbour entries to age")
            shown = lab.sunder("show", fault["id"], "-o", "json").check().json
            assert shown["state"] == "FAULT_STATE_IN_FORCE", shown.get("reason")
            assert all_reachable(lab)
            lab.sunder("heal", fault["id"]).check()
            healed = now()
            for family in FAMILIES:
                assert hands.ask("tcp", "n1", "n3", family) == "ok"
            s.wait_passing(*cut)
        if "--protocol" not in words:
            for family in FAMILIES:
                assert s.outages.only(*cut, family).ended.low <= healed

    @pytest.mark.lease()
    @pytest.mark.fault()
    def test_an_agent_that_loses_its_controller_and_all_are_whole_within_a_lease(self, in_band):
        lab, hands = in_band
        block = "table inet theirs { chain c { type filter hook input priority -400; " \
                f"tcp dport {PORT} drop; tcp sport {PORT} drop;\n}}\n}}"
        with streaming(hands, NAMES) as s:
            fault = lab.sunder("partition", "--groups", "n1|n2|n3", "--for", "60s",
                               "-o", "json").check().json
            s.wait_dropping("n1", "n2")
            lab.host("n1").run(["nft", "-f", "-"], stdin=block).check()
            lost = now()
            try:
                until(lambda: now() > lost + 8_000_000_000, 10, "a lease to pass")
                shown = lab.sunder("show", fault["id"], "-o", "json").check().json
            finally:
                lab.host("n1").run(["nft", "delete", "table", "inet", "theirs"]).check()
            until(lambda: all_reachable(lab), 20, "the controller to reach all agents again")
        assert shown["state"] in ("FAULT_STATE_HEALED", "FAULT_STATE_EXPIRED"), shown
        for a, b in itertools.permutations(NAMES, 2):
            assert s.outages.only(a, b).ended.low <= lost + LEASE + HEAL_SLACK


class TestOverIPv4(InBand):
    family = "ipv4"


class TestOverIPv6(InBand):
    family = "ipv6"
