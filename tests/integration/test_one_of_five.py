"""One of five agents fails at each step: all or none, and what was partly in force,
for how long, is measured from packets against the bound that protocol.md states."""

import signal
import subprocess

import pytest

from lab import until
from packets import FAMILIES, ms, now, streaming

HOSTS = 5
NAMES = ("n1", "n2", "n3", "n4", "n5")
GROUPS = {"n1": 0, "n2": 0, "n3": 1, "n4": 1, "n5": 1}
SPLIT = ["partition", "--groups", "n1,n2|n3,n4,n5", "--for", "120s", "-o", "json"]
CUT = [(a, b) for a in NAMES for b in NAMES if GROUPS[a] != GROUPS[b]]
INTERVAL = 1_000_000_000
LEASE = 5_000_000_000
SLACK = 50_000_000


@pytest.fixture(autouse=True)
def everything_runs_again(lab):
    yield
    for name in NAMES:
        agent = lab.agent(name)
        agent.resume()
        if not agent.running:
            agent.start()
    until(lambda: lab.sunder("heal", "--everyones", "--wait-timeout", "10s").code == 0,
          30, "all faults to be healed")
    for host in lab.hosts.values():
        until(lambda: not ours(host), 15, f"{host.name} to be clean")


def ours(host):
    return "sunder" in host.run(["nft", "list", "tables"]).check().stdout


def outages(s):
    return {(pair, family): s.outages.of(*pair, family)
            for pair in CUT for family in FAMILIES}


def test_one_that_refuses_to_stage_and_nothing_was_ever_in_force(lab, hands):
    latch = [lab.binaries / "sunder-agent", "--state-dir", lab.directory / "n3"]
    lab.host("n3").run([*latch, "--heal-all"]).check()
    try:
        with streaming(hands, NAMES, gap_ms=2) as s:
            result = lab.sunder(*SPLIT)
    finally:
        lab.host("n3").run([*latch, "--release-latch"]).check()
    assert result.code == 1
    assert "n3" in result.stderr
    assert not any(outages(s).values()), "somebody was cut"
    assert not any(ours(h) for h in lab.hosts.values())


def test_one_that_hangs_while_staging_and_nothing_was_ever_in_force(lab, hands):
    lab.agent("n3").pause()
    with streaming(hands, NAMES, gap_ms=2) as s:
        result = lab.sunder(*SPLIT)
    assert result.code == 1
    assert "n3" in result.stderr
    assert not any(outages(s).values()), "somebody was cut"
    assert not any(ours(lab.hosts[n]) for n in NAMES if n != "n3")


@pytest.mark.parametrize("delay_ms", [0, 20, 60, 150, 250, 400])
def test_one_that_dies_around_the_start_and_the_fault_is_partial_at_most_briefly(
        lab, hands, delay_ms):
    """Killed some time after its objects appear: before T0, which is 200 ms ahead of the
    order to arm, or soon after, as it falls. Certainly after T0: the next test."""
    monitor = lab.host("n3").popen(["nft", "monitor", "new", "tables"],
                                   stdout=subprocess.PIPE, text=True)
    try:
        with streaming(hands, NAMES) as s:
            client = lab.sunder_popen(*SPLIT, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True)
            assert "sunder" in monitor.stdout.readline()
            due = now() + delay_ms * 1_000_000
            until(lambda: now() >= due, 1, "the moment to kill")
            lab.agent("n3").kill()
            killed = now()
            _, stderr = client.communicate(timeout=40)
            answered = now()
            # Whatever the answer was, it heals everywhere within a lease.
            until(lambda: now() > killed + LEASE + 2 * INTERVAL, 10, "a lease to pass")
    finally:
        monitor.send_signal(signal.SIGKILL)
        monitor.communicate()
    found = outages(s)
    assert all(len(gaps) <= 1 for gaps in found.values()), "a healed fault came back"
    ends = [o.ended.low for gaps in found.values() for o in gaps]
    assert all(end <= killed + LEASE + SLACK for end in ends)
    if client.returncode == 1:
        assert "n3" in stderr
        # It says that nothing is in force: then nothing was when it said so.
        assert all(end <= answered + SLACK for end in ends), ms(max(ends) - answered)
    else:
        # It says that the fault was in force: on every pair then, not on some.
        assert client.returncode == 0, stderr
        assert all(found.values()), [pair for pair, gaps in found.items() if not gaps]


@pytest.mark.lease()
@pytest.mark.fault()
def test_one_that_dies_in_force_and_all_are_whole_within_a_lease(lab, hands):
    with streaming(hands, NAMES) as s:
        lab.sunder(*SPLIT).check()
        s.wait_dropping("n3", "n1")
        lab.agent("n3").kill()
        killed = now()
        until(lambda: now() > killed + LEASE + 2 * INTERVAL, 10, "a lease to pass")
    for a, b in CUT:
        last = s.outages.only(a, b).ended.low
        assert last <= killed + LEASE + SLACK, (a, b, ms(last - killed))
