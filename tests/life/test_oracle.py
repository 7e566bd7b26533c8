"""The judge of a life notices each kind of lie, and accuses nobody of what is right."""

import math

import pytest

from oracle import IN_FORCE, LEASE_OVER, Fault, Journal, Report, judge
from probes import Packet

S = 1_000_000_000
PAIR = ("n1", "n2")


def packets(lost, until=40, step=S // 10):
    """Packets of PAIR, of which those sent within the spans `lost` (in s) never came."""
    return {PAIR: [Packet(t, t + 1000, not any(a * S <= t < b * S for a, b in lost), 0)
                   for t in range(0, until * S, step)]}


def fault(**more):
    usual = {"duration": 8 * S, "answered": 2 * S, "code": 0}
    return Fault("f1", frozenset([PAIR]), S, **{**usual, **more})


def violations(journal, sent):
    return judge(journal, sent).violations


def said(state, *instants):
    return [Report(int(t * S), int(t * S), {"f1": (state, 1)}) for t in instants]


def test_a_fault_within_its_time_is_right():
    verdict = judge(Journal([fault()], said(IN_FORCE, 3, 6)), packets([(1.5, 9.9)]))
    assert not verdict.violations
    assert verdict.faults_in_force == 1
    assert verdict.held_to > 20


@pytest.mark.parametrize("lost", [(0, 0.5), (12, 12.15), (0.5, 1.5)], ids=str)
def test_one_packet_that_nobody_asked_to_be_lost_is_a_violation(lost):
    assert violations(Journal([fault()]), packets([lost]))


def test_a_packet_lost_after_a_report_that_it_is_over_is_a_violation():
    journal = Journal([fault()], said("FAULT_STATE_HEALED", 4))
    assert not violations(journal, packets([(2, 4)]))
    assert violations(journal, packets([(2, 4.2)]))


def test_a_packet_lost_after_a_client_said_that_nothing_is_in_force_is_a_violation():
    assert violations(Journal([fault(code=1)]), packets([(1.5, 3)]))
    assert not violations(Journal([fault(code=8)]), packets([(1.5, 3)]))


def test_a_packet_lost_after_a_client_said_that_it_is_healed_is_a_violation():
    assert violations(Journal([fault(healed=3 * S)]), packets([(1.5, 3.3)]))


def test_a_packet_that_comes_while_it_is_said_to_be_in_force_is_a_violation():
    journal = Journal([fault()], said(IN_FORCE, 3, 6))
    assert violations(journal, packets([(1.5, 4), (4.2, 9)]))
    assert violations(journal, packets([]))


def test_what_nobody_could_know_is_no_lie():
    journal = Journal([fault()], said(IN_FORCE, 3, 6), interfered={"n2": [(4 * S, 9 * S)]})
    assert not violations(journal, packets([(1.5, 4)]))


@pytest.mark.parametrize("program", ["controller", "agent n2"])
def test_a_packet_lost_when_a_program_was_away_for_a_lease_is_a_violation(program):
    off = 5 * S
    journal = Journal([fault(duration=30 * S)], running={program: [(0, True), (off, False)]})
    over = (off + LEASE_OVER) / S
    assert not violations(journal, packets([(2, over)]))
    assert violations(journal, packets([(2, over + 0.2)]))


def test_what_lost_its_lease_does_not_come_back_with_the_program():
    running = {"controller": [(0, True), (5 * S, False), (15 * S, True)]}
    journal = Journal([fault(duration=30 * S)], running=running)
    assert violations(journal, packets([(16, 17)]))


def test_a_program_that_is_away_for_less_than_a_lease_excuses_nothing_and_ends_nothing():
    running = {"controller": [(0, True), (5 * S, False), (9 * S, True)]}
    journal = Journal([fault(duration=30 * S)], running=running)
    assert not violations(journal, packets([(2, 20)]))


def test_a_packet_lost_where_heal_all_said_clean_is_a_violation():
    journal = Journal([fault(duration=30 * S)], latched={"n2": [(3 * S, math.inf)]})
    assert not violations(journal, packets([(2, 3)]))
    assert violations(journal, packets([(2, 3.3)]))


def test_an_error_told_to_the_sender_is_a_violation():
    sent = {PAIR: [Packet(2 * S, 2 * S + 1, False, 1)]}
    assert violations(Journal([fault()]), sent)
