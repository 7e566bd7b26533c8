"""Agents whose clocks are far apart start together, within what is stated."""

import pytest

from lab import Lab, Program
from hands import Hands
from packets import boot_ns, ms, seconds_ns, streaming

NAMES = ("n1", "n2", "n3")
GAP = 1_000_000
# A probe's instant is taken before it is sent; a busy machine sends it later.
NOISE = 20_000_000


def shifted(seconds):
    """An agent that lives in a time namespace: its CLOCK_BOOTTIME is ahead."""
    return Program(wrap=["unshare", "--time", "--boottime", str(seconds)])


@pytest.fixture(scope="module")
def lab():
    with Lab(hosts=3, marathon=None,
             agents={"n1": shifted(100_000), "n2": shifted(7)}) as made:
        yield made


@pytest.fixture(scope="module")
def hands(lab):
    made = Hands(lab, NAMES)
    yield made
    made.close()


@pytest.mark.fault()
def test_all_hosts_start_at_one_instant_though_their_clocks_differ_by_a_day(lab, hands):
    with streaming(hands, NAMES) as s:
        fault = lab.sunder("partition", "--groups", "n1|n2|n3", "--for", "60s",
                           "-o", "json").check().json
        s.wait_dropping("n1", "n2")
        lab.sunder("heal", fault["id"]).check()
    start = boot_ns(fault["start"])
    uncertainty = seconds_ns(fault["start"]["uncertainty"])
    assert uncertainty < 10_000_000, "an uncertainty that means something"
    first = {}
    for a in NAMES:
        for b in NAMES:
            if a != b:
                first[a, b] = s.outages.only(a, b)[0]
    for pair, at in first.items():
        # None that was sent later than this passed.
        assert at <= start + uncertainty + 2 * GAP + NOISE, (pair, ms(at - start))
        assert at >= start - uncertainty - NOISE, (pair, ms(at - start))
    assert max(first.values()) - min(first.values()) <= 2 * uncertainty + 2 * GAP + NOISE


@pytest.mark.fault()
def test_a_duration_ends_at_one_instant_on_all_hosts(lab, hands):
    with streaming(hands, NAMES) as s:
        fault = lab.sunder("partition", "--groups", "n1|n2|n3", "--for", "2s",
                           "-o", "json").check().json
        lab.sunder("watch", fault["id"]).check()
    end = boot_ns(fault["start"]) + 2_000_000_000
    last = [s.outages.only(a, b)[1] for a in NAMES for b in NAMES if a != b]
    uncertainty = seconds_ns(fault["start"]["uncertainty"])
    # The kernel counts a lease in ticks (4 ms here) and may end it one early.
    assert max(last) <= end + uncertainty + NOISE
    assert min(last) >= end - uncertainty - 2 * GAP - 8_000_000 - NOISE
