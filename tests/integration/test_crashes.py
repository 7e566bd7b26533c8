"""Whoever dies, it heals: programs killed and stopped under real traffic.

Instants are those of packets. HEAL_SLACK is what the issue of a lease may be late:
one kernel tick, the gap of the probes, and the machine's noise.
"""

import subprocess

import pytest

from lab import until
from packets import boot_ns, ms, now, streaming

HOSTS = 3
NAMES = ("n1", "n2", "n3")
HEAL_SLACK = 50_000_000
LEASE = 5_000_000_000
INTERVAL = 1_000_000_000
CUT = [("n2", "n1"), ("n1", "n2"), ("n3", "n1"), ("n1", "n3")]
SPLIT = ["partition", "--groups", "n1|n2,n3", "--for", "300s", "-o", "json"]


@pytest.fixture(autouse=True)
def everything_runs_again(lab):
    """Each test may kill what it likes; the next one finds all alive and no fault."""
    yield
    for program in (*map(lab.agent, NAMES), lab.controller):
        program.resume()
        if not program.running:
            program.start()
    until(lambda: lab.sunder("heal", "--everyones", "--wait-timeout", "10s").code == 0,
          30, "all faults to be healed")
    for name in NAMES:
        until(lambda: "sunder" not in tables(lab, name), 15, f"{name} to be clean")


def tables(lab, name):
    return lab.host(name).run(["nft", "list", "tables"]).check().stdout


def last_expiry(lab, fault, host):
    shown = lab.sunder("show", fault["id"], "-o", "json").check().json
    status = next(h for h in shown["hosts"] if h["host"] == host)
    return boot_ns(status["expiry"])


def last_dropped(s, sender, receiver, family="ipv4"):
    """When the last packet that never came was sent, at the earliest."""
    return s.outages.only(sender, receiver, family).ended.low


@pytest.mark.lease()
@pytest.mark.fault()
def test_when_an_agent_is_killed_its_host_heals_by_its_last_expiry(lab, hands):
    with streaming(hands, NAMES) as s:
        fault = lab.sunder(*SPLIT).check().json
        s.wait_dropping("n2", "n1")
        lab.agent("n1").kill()
        killed = now()
        s.wait_passing("n2", "n1")
        expiry = last_expiry(lab, fault, "n1")
        s.wait_passing("n1", "n2")
    for family in ("ipv4", "ipv6"):
        last = last_dropped(s, "n2", "n1", family)
        assert last <= expiry + HEAL_SLACK, f"{ms(last - expiry)} ms after the last expiry"
        assert last <= killed + LEASE + HEAL_SLACK
        assert last > killed, "it was in force until the kernel healed it"


@pytest.mark.lease()
@pytest.mark.fault()
def test_when_the_controller_is_killed_all_hosts_heal_within_a_lease(lab, hands):
    with streaming(hands, NAMES) as s:
        lab.sunder(*SPLIT).check()
        s.wait_dropping("n2", "n1")
        lab.controller.kill()
        killed = now()
        for pair in CUT:
            s.wait_passing(*pair)
    healed = [last_dropped(s, *pair) for pair in CUT]
    assert max(healed) <= killed + LEASE + HEAL_SLACK
    assert max(healed) - min(healed) <= INTERVAL + HEAL_SLACK
    assert min(healed) > killed


@pytest.mark.lease()
@pytest.mark.fault()
def test_with_every_process_dead_the_kernel_heals(lab, hands):
    with streaming(hands, NAMES) as s:
        lab.sunder(*SPLIT).check()
        s.wait_dropping("n2", "n1")
        for program in (lab.controller, *map(lab.agent, NAMES)):
            program.kill()
        killed = now()
        for pair in CUT:
            s.wait_passing(*pair)
    assert not any(p.running for p in (lab.controller, *map(lab.agent, NAMES)))
    for pair in CUT:
        for family in ("ipv4", "ipv6"):
            assert killed < last_dropped(s, *pair, family) <= killed + LEASE + HEAL_SLACK


@pytest.mark.lease()
@pytest.mark.fault()
def test_a_stopped_agent_continued_after_its_expiry_drops_not_one_packet_more(lab, hands):
    with streaming(hands, NAMES) as s:
        lab.sunder(*SPLIT).check()
        s.wait_dropping("n2", "n1")
        lab.agent("n1").pause()
        stopped = now()
        s.wait_passing("n2", "n1")
        # Its keep-alives of the last seconds wait in its socket.
        lab.agent("n1").resume()
        s.wait_passing("n2", "n1")
        until(lambda: "sunder" not in tables(lab, "n1"), 10, "the agent to sweep")
        s.wait_passing("n2", "n1")
    for family in ("ipv4", "ipv6"):
        assert stopped < last_dropped(s, "n2", "n1", family) <= stopped + LEASE + HEAL_SLACK


@pytest.mark.lease()
@pytest.mark.fault()
def test_a_stopped_controller_continued_later_brings_nothing_back(lab, hands):
    with streaming(hands, NAMES) as s:
        fault = lab.sunder(*SPLIT).check().json
        s.wait_dropping("n2", "n1")
        lab.controller.pause()
        for pair in CUT:
            s.wait_passing(*pair)
        lab.controller.resume()
        until(lambda: lab.sunder("show", fault["id"], "-o", "json").json["state"]
              in ("FAULT_STATE_EXPIRED", "FAULT_STATE_HEALED"), 10, "the controller to say so")
        s.wait_passing("n2", "n1")
    for pair in CUT:
        s.outages.only(*pair)


@pytest.mark.lease()
@pytest.mark.fault()
def test_a_controller_that_restarts_at_once_goes_on_holding(lab, hands):
    with streaming(hands, NAMES) as s:
        fault = lab.sunder(*SPLIT).check().json
        s.wait_dropping("n2", "n1")
        lab.controller.kill()
        lab.controller.start()
        restarted = now()
        until(lambda: now() > restarted + LEASE + 2 * INTERVAL, 20, "a lease to pass")
        shown = lab.sunder("show", fault["id"], "-o", "json").check().json
        assert shown["state"] == "FAULT_STATE_IN_FORCE"
        lab.sunder("heal", fault["id"]).check()
        s.wait_passing("n2", "n1")
    for pair in CUT:
        assert last_dropped(s, *pair) > restarted + LEASE


@pytest.mark.lease()
@pytest.mark.fault()
def test_an_agent_that_restarts_adopts_what_is_alive_and_the_fault_goes_on(lab, hands):
    with streaming(hands, NAMES) as s:
        fault = lab.sunder(*SPLIT, "--on-partial", "continue").check().json
        s.wait_dropping("n2", "n1")
        lab.agent("n1").kill()
        lab.agent("n1").start()
        s.wait_dropping("n2", "n1")
        lab.sunder("heal", fault["id"]).check()
        s.wait_passing("n2", "n1")
    s.outages.only("n2", "n1")


@pytest.mark.lease()
@pytest.mark.fault()
def test_a_held_fault_heals_when_its_client_is_killed(lab, hands):
    with streaming(hands, NAMES) as s:
        client = lab.sunder_popen(*SPLIT, "--hold", stdout=subprocess.DEVNULL)
        s.wait_dropping("n2", "n1")
        client.kill()
        client.wait()
        killed = now()
        s.wait_passing("n2", "n1")
    assert last_dropped(s, "n2", "n1") <= killed + LEASE + HEAL_SLACK


@pytest.mark.lease()
@pytest.mark.fault()
def test_heal_all_removes_everything_and_keeps_faults_out_until_released(lab, hands):
    with streaming(hands, NAMES) as s:
        lab.sunder(*SPLIT).check()
        s.wait_dropping("n2", "n1")
        state_dir = lab.directory / "n1"
        lab.host("n1").run([lab.binaries / "sunder-agent", "--heal-all",
                            "--state-dir", state_dir]).check()
        assert "sunder" not in tables(lab, "n1")
        s.wait_passing("n2", "n1")
        refused = lab.sunder(*SPLIT)
        assert refused.code == 1
        assert "latch" in refused.stderr
        lab.host("n1").run([lab.binaries / "sunder-agent", "--release-latch",
                            "--state-dir", state_dir]).check()
        fault = lab.sunder(*SPLIT).check().json
        lab.sunder("heal", fault["id"]).check()
    assert len(s.outages.of("n2", "n1")) == 2
