"""Agents whose clocks are far apart start together, within what is stated."""

import pytest

from lab import Lab, Program, until
from hands import Hands
from packets import FAMILIES, boot_ns, common, ms, now, seconds_ns, streaming

NAMES = ("n1", "n2", "n3")
# The kernel counts a lease in its ticks, of 4 ms where HZ is 250: it begins at the tick
# before and is cut down to whole ticks (nf_msecs_to_jiffies64), so it ends up to two early.
TICKS = 8_000_000
# An uncertainty that means something.
CERTAIN = 10_000_000
# Wider than this a bracket tells nothing: the machine stood still.
TELLING = 100_000_000


def shifted(seconds):
    """An agent that lives in a time namespace: its CLOCK_BOOTTIME is ahead."""
    return Program(wrap=["unshare", "--time", "--boottime", str(seconds)])


@pytest.fixture(scope="module")
def lab():
    with Lab(hosts=3, marathon=None,
             agents={"n1": shifted(100_000), "n2": shifted(7)}) as made:
        until(lambda: all(u < CERTAIN / 2 for u in uncertainties(made)), 60,
              "the controller to know the agents' clocks")
        yield made


def uncertainties(lab):
    agents = lab.sunder("hosts", "-o", "json").check().json["agents"]
    return [seconds_ns(a["clockUncertainty"]) for a in agents]


@pytest.fixture(scope="module")
def hands(lab):
    made = Hands(lab, NAMES)
    yield made
    made.close()


def outages_at(s, host):
    """The one outage of each stream that `host` receives."""
    return [s.outages.only(other, host, family)
            for other in NAMES if other != host for family in FAMILIES]


@pytest.mark.fault()
def test_all_hosts_start_at_one_instant_though_their_clocks_differ_by_a_day(lab, hands):
    with streaming(hands, NAMES, gap_ms=1) as s:
        fault = lab.sunder("partition", "--groups", "n1|n2|n3", "--for", "60s",
                           "-o", "json").check().json
        s.wait_dropping("n1", "n2")
        lab.sunder("heal", fault["id"]).check()
        healed = now()
        for host in NAMES:
            s.wait_passing("n1" if host != "n1" else "n2", host)
    start = boot_ns(fault["start"])
    uncertainty = seconds_ns(fault["start"]["uncertainty"])
    assert uncertainty < CERTAIN
    for host in NAMES:
        began = common([o.began for o in outages_at(s, host)])
        assert began.high - began.low < TELLING
        # What was dropped was not dropped too early, and what passed not too late.
        assert began.near(start, uncertainty), (host, ms(began.low - start),
                                                ms(began.high - start))
        assert all(o.ended.low <= healed for o in outages_at(s, host))


@pytest.mark.lease()
@pytest.mark.fault()
def test_a_duration_ends_at_one_instant_on_all_hosts(lab, hands):
    with streaming(hands, NAMES, gap_ms=1) as s:
        fault = lab.sunder("partition", "--groups", "n1|n2|n3", "--for", "2s",
                           "-o", "json").check().json
        lab.sunder("watch", fault["id"]).check()
    end = boot_ns(fault["start"]) + 2_000_000_000
    uncertainty = seconds_ns(fault["start"]["uncertainty"])
    for host in NAMES:
        ended = common([o.ended for o in outages_at(s, host)])
        assert ended.high - ended.low < TELLING
        assert ended.near(end, uncertainty + TICKS), (host, ms(ended.low - end),
                                                     ms(ended.high - end))
