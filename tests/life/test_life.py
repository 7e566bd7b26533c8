"""Random lives over five hosts (life.py), in the gate: 300 steps, and agents that lie."""

import json
import math

import life
import script
from lab import Lab, Program

STEPS = 100
# A life of its own for each: they run side by side.
SEEDS = (1, 3, 5)
# Faults on all hosts, of 8 s: one is healed; one loses its controller and the agent of n1
# for more than a lease; in one every agent is killed, as each life ends.
HEALED = """
   0 ms  create 21 193
3000 ms  heal 0 1
4000 ms  inspect 0 0
"""
ORPHANED = """
   0 ms  create 21 193
3000 ms  kill-controller 0 0
   0 ms  kill-agent 0 0
8500 ms  start-agent 0 0
   0 ms  start-controller 0 0
1000 ms  inspect 0 0
"""
LEFT = """
   0 ms  create 21 193
3000 ms  inspect 0 0
"""
FAILING = """
   0 ms  fail-netlink 0 2
   0 ms  fail-files 1 2
   0 ms  fail-controller-files 0 1
   0 ms  create 21 193
2000 ms  create 21 193
2000 ms  calm 0 0
   0 ms  calm 0 0
   0 ms  calm 0 0
   0 ms  inspect 0 0
"""
EARLY = "nothing may have been in force"
# Lie: what is lived with it, and what notices it.
LIES = {
    "nothing": (LEFT, "was said to be in force"),
    "unhealed": (HEALED, EARLY),
    "twice": (HEALED, EARLY),
    "endless": (ORPHANED, EARLY),
    "unswept": (LEFT, "to sweep"),
}


def live(seed):
    lines = []
    result = life.run(seed, STEPS, say=lines.append)
    print(f"seed {seed}: {result.figures()}", *lines, sep="\n")
    print(json.dumps(dict(result.kinds)))
    assert not result.wrong, "\n".join(result.wrong)
    # A life in which nothing happens proves nothing.
    assert result.steps == STEPS
    v = result.verdict
    assert v.faults_in_force >= 3, "hardly any fault was in force"
    assert v.held_to >= 50, "hardly any packet was held to a report"
    assert v.packets >= 25_000 and v.quiet >= 5000 and v.lost >= 500
    assert sum(result.failed_calls.values()) >= 1, "no call failed"


class TestFirst:
    def test_a_life_in_which_all_is_as_it_should_be(self):
        live(SEEDS[0])


class TestSecond:
    def test_a_life_in_which_all_is_as_it_should_be(self):
        live(SEEDS[1])


class TestThird:
    def test_a_life_in_which_all_is_as_it_should_be(self):
        live(SEEDS[2])


def plain(incidents, lie=None):
    lines = []
    mutant = Program(binary=str(Lab(1).binaries / "sunder-agent-mutant"),
                     env={"SUNDER_LIE": lie}) if lie else None
    result = life.run(0, math.inf, incidents_=script.parse(incidents), agent=mutant,
                      say=lines.append)
    print(result.figures(), *lines, sep="\n")
    return result


class TestFailing:
    def test_calls_really_fail_and_nothing_else_does(self):
        result = plain(FAILING)
        assert not result.wrong, "\n".join(result.wrong)
        assert result.failed_calls["netlink"] >= 1
        assert result.failed_calls["files"] >= 1


class TestHonest:
    def test_an_honest_agent_is_not_accused(self):
        result = plain(HEALED + ORPHANED + LEFT, "honest")
        assert not result.wrong, "\n".join(result.wrong)
        assert result.verdict.faults_in_force >= 3
        assert result.kinds["create"] == 3


def noticed(lie):
    incidents, how = LIES[lie]
    result = plain(incidents, lie)
    assert any(how in wrong for wrong in result.wrong), result.wrong


class TestNothing:
    def test_an_agent_that_installs_nothing_is_noticed(self):
        noticed("nothing")


class TestUnhealed:
    def test_an_agent_that_does_not_heal_is_noticed(self):
        noticed("unhealed")


class TestTwice:
    def test_an_agent_that_installs_twice_is_noticed(self):
        noticed("twice")


class TestEndless:
    def test_an_agent_whose_leases_do_not_end_is_noticed(self):
        noticed("endless")


class TestUnswept:
    def test_an_agent_that_does_not_sweep_is_noticed(self):
        noticed("unswept")
