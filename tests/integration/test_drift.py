"""Somebody else changes what is in force: noticed at once, said, and healed everywhere.

No keep-alive is waited for: those come once a second, and what is said is compared with
the instant of the change.
"""

import contextlib
import os
import re
import subprocess

import pytest

from lab import until
from packets import boot_ns, ms, now, streaming

HOSTS = 3
NAMES = ("n1", "n2", "n3")
AT_ONCE = 100_000_000
SPLIT = ["partition", "--groups", "n1|n2,n3", "--for", "300s", "-o", "json"]
RELOAD = "flush ruleset\ntable inet firewall { chain c { counter; }; }\n"
# What somebody does to the rules of n1, where TABLE is ours.
MEDDLINGS = {
    "flush ruleset": "flush ruleset",
    "a firewall is reloaded": RELOAD,
    "delete our table": "delete table inet TABLE",
    "flush our chain": "flush chain inet TABLE cuts",
    "flush our gate": "flush chain inet TABLE gate",
    "delete our lease": "flush set inet TABLE lease",
    "accept before our drop": "insert rule inet TABLE doomed accept",
}


def tables(lab, name):
    return lab.host(name).run(["nft", "list", "tables"]).check().stdout


def meddle(lab, name, script):
    """Runs an nft script on a host; the instant when it was done."""
    table = re.search(r"sunder_[0-9a-f]+", tables(lab, name))[0]
    lab.host(name).run(["nft", "-f", "-"], stdin=script.replace("TABLE", table)).check()
    return now()


def shown(lab, fault):
    return lab.sunder("show", fault["id"], "-o", "json").check().json


def status_of(view, name):
    return next(h for h in view["hosts"] if h["host"] == name)


def wait_healed(lab, fault):
    until(lambda: shown(lab, fault)["state"] == "FAULT_STATE_HEALED", 10, "it to heal")
    return shown(lab, fault)


@pytest.fixture(autouse=True)
def leave_nothing(lab):
    yield
    lab.sunder("heal", "--everyones", "--wait-timeout", "10s")
    for name in NAMES:
        lab.host(name).run(["nft", "flush", "ruleset"]).check()


@pytest.mark.fault()
@pytest.mark.parametrize("script", MEDDLINGS.values(), ids=MEDDLINGS.keys())
def test_whatever_is_done_to_our_rules_heals_all_hosts_at_once(lab, hands, script):
    foreign = "table inet theirs { set s { type ipv4_addr; elements = { 192.0.2.1 }; }; }"
    lab.host("n2").run(["nft", "-f", "-"], stdin=foreign).check()
    theirs = lab.host("n2").run(["nft", "list", "ruleset"]).check().stdout
    with streaming(hands, NAMES) as s:
        fault = lab.sunder(*SPLIT).check().json
        for pair in (("n1", "n2"), ("n2", "n1"), ("n3", "n1")):
            s.wait_dropping(*pair)
        done = meddle(lab, "n1", script)
        view = wait_healed(lab, fault)
        for pair in (("n1", "n2"), ("n2", "n1"), ("n1", "n3"), ("n3", "n1")):
            s.wait_passing(*pair)
    noticed = boot_ns(view["healBegan"])
    assert noticed <= done + AT_ONCE, f"{ms(noticed - done)} ms after it was done"
    assert re.match("n1: it (drifted|ended) there: ", view["reason"]), view["reason"]
    assert status_of(view, "n1")["error"]
    for pair in (("n1", "n2"), ("n1", "n3")):
        last = s.outages.only(*pair).ended.low
        assert last <= done + AT_ONCE, f"{pair} was cut for {ms(last - done)} ms more"
    assert lab.host("n2").run(["nft", "list", "ruleset"]).check().stdout == theirs
    for name in NAMES:
        assert "sunder" not in tables(lab, name)


@pytest.mark.fault()
def test_what_others_do_to_their_own_is_nothing(lab, hands):
    with streaming(hands, NAMES) as s:
        fault = lab.sunder(*SPLIT).check().json
        s.wait_dropping("n2", "n1")
        n1 = lab.host("n1")
        n1.run(["nft", "-f", "-"], stdin="table inet theirs { set s { type ipv4_addr; }; }").check()
        for number in range(50):
            n1.run(["nft", f"add element inet theirs s {{ 192.0.2.{number} }}"]).check()
        saved = n1.run(["iptables-nft-save"]).check().stdout
        n1.run(["iptables-nft-restore"], stdin=saved).check()
        n1.run(["iptables-legacy-restore"],
               stdin=n1.run(["iptables-legacy-save"]).check().stdout).check()
        # Two keep-alives later nobody has said anything either.
        taken = int(shown(lab, fault)["keepAlive"])
        until(lambda: int(shown(lab, fault)["keepAlive"]) >= taken + 2, 10, "keep-alives")
        assert shown(lab, fault)["state"] == "FAULT_STATE_IN_FORCE"
        lab.sunder("heal", fault["id"]).check()
        s.wait_passing("n2", "n1")
    assert s.outages.only("n2", "n1")
    for name in NAMES:
        assert "sunder" not in tables(lab, name)


@pytest.mark.fault()
def test_a_device_that_is_renamed_changes_nothing(lab, hands):
    n1 = lab.host("n1")
    with streaming(hands, NAMES) as s:
        fault = lab.sunder(*SPLIT).check().json
        s.wait_dropping("n2", "n1")
        if n1.run(["ip", "link", "set", "eth0", "name", "lan0"]).code != 0:
            pytest.fail("this kernel does not rename a device that is up")
        try:
            taken = int(shown(lab, fault)["keepAlive"])
            until(lambda: int(shown(lab, fault)["keepAlive"]) >= taken + 2, 10, "keep-alives")
            assert shown(lab, fault)["state"] == "FAULT_STATE_IN_FORCE"
            lab.sunder("heal", fault["id"]).check()
            s.wait_passing("n2", "n1")
        finally:
            n1.run(["ip", "link", "set", "lan0", "name", "eth0"]).check()
    assert s.outages.only("n2", "n1")
    for name in NAMES:
        assert "sunder" not in tables(lab, name)


@contextlib.contextmanager
def another_namespace():
    """A network namespace of nobody: the id of a process in it."""
    process = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE)
    try:
        ours = namespace_of("self")
        until(lambda: namespace_of(process.pid) != ours, 5, "the namespace")
        yield process.pid
    finally:
        process.stdin.close()
        process.wait()


def namespace_of(pid):
    return os.readlink(f"/proc/{pid}/ns/net")


def test_a_device_that_leaves_the_host_ends_the_fault_that_is_about_its_address(lab):
    n1 = lab.host("n1")
    fault = lab.sunder(*SPLIT).check().json
    with another_namespace() as pid:
        n1.run(["ip", "link", "set", "eth0", "netns", str(pid)]).check()
        done = now()
        view = wait_healed(lab, fault)
        subprocess.run(["nsenter", "-t", str(pid), "--net", "ip", "link", "set", "eth0", "netns",
                        f"/run/netns/{n1.namespace}"], check=True)
        for address, length in zip(n1.addresses, (24, 64)):
            n1.run(["ip", "addr", "add", f"{address}/{length}", "dev", "eth0"]).check()
        n1.run(["ip", "link", "set", "eth0", "up"]).check()
    noticed = boot_ns(view["healBegan"])
    assert noticed <= done + AT_ONCE, f"{ms(noticed - done)} ms after it was done"
    assert "is no longer an address of this host's network namespace" in view["reason"]
    assert n1.address in view["reason"] or n1.addresses[1] in view["reason"]
