"""Checks the model of the protocol, and that it needs each of its guards.

As it is, the model must hold in every one of WORLDS, each searched to its end, and what
makes a search worth something (WITNESSES) must happen in it. Then guards are taken out:
an assertion must fail, and the way there is printed, one line for each thing done.
Last, a search that is cut off must not pass for one that held.

    run.py [GUARD...]

GUARD...: only that, without each of these alone.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

MODEL = pathlib.Path(__file__).resolve().parent / "protocol.pml"
AT_ONCE = 2
MEMORY_MIB = 1900
DEPTH = 20000

# Bounds that differ from those at the head of the model.
CLOCKS = "SECOND=0 STEPS=0 T0=2 ERROR=1 FIRST=4 INTERVAL=2 LEASE=6 LENGTH=9"
TOGETHER = "SECOND=2"
AFTER = "SECOND=1"                      # Parts of TOGETHER, which are searched faster.
ONE = "SECOND=0"
BESIDE = "SECOND=2 CRASHES=0 STEPS=0"
BESIDE_AND_CRASH = "SECOND=2 STEPS=0"
STOPPED = "SECOND=0 SLEEPS=1 LATCHES=1 FIRST=2 INTERVAL=2 LEASE=4 LENGTH=7 ROUND=3"
LATE = "SECOND=0 LATE"
BEHIND = f"{CLOCKS} BEHIND"
WORLDS = {
    "together": TOGETHER,
    "stopped": STOPPED,
    "late answers": LATE,
    "clock behind": BEHIND,
    "clock ahead": CLOCKS,
}
# SEEN and SEE of the model: what it is, and in which world it must happen.
WITNESSES = {
    "WHOLE": ("IN_FORCE is said", "together"),
    "THREE_ROUNDS": ("three keep-alives are acknowledged by both hosts", "together"),
    "SECOND_EXTENDS": ("the second controller adopts, and extends", "together"),
    "SECOND_AND_NEW_LIFE": ("it holds what an agent holds that started again", "together"),
    "AGENT_ADOPTS": ("an agent that starts again adopts", "together"),
    "EARLIER_LIFE_REFUSED": ("a request to an earlier life is refused", "together"),
    "STAGE_AFTER_HEAL": ("Stage comes again after Heal, and is refused", "together"),
    "CLOCK_SHUTS": ("a wall clock that is set shuts a timed gate", "together"),
    "PARTIAL_FORCE": ("force is partial", "together"),
    "LOWER_TERM": ("a lower term is refused", "together"),
    "WAKES_TOO_LATE": ("an agent wakes behind its lease, and renews nothing", "stopped"),
}
# Guard, or two that stand in for each other: the rule, and where it is missed.
GUARDS = {
    "TOMBSTONE": ("a healed fault leaves a tombstone", AFTER),
    "TERM": ("agents refuse a lower term", BESIDE),
    "TERM_RECORD": ("the highest term is durable before it is obeyed", BESIDE_AND_CRASH),
    "DESCRIBE_FENCES": ("who is asked what he holds obeys no older one any more", BESIDE),
    "INCARNATION": ("requests to an earlier life are refused", AFTER),
    "NOT_AFTER": ("each request has a not-after, which a tombstone outlives", AFTER),
    "PAST ARM_NOT_AFTER": ("Arm is refused if T0 is past", ONE),
    "ENOENT": ("a refresh does not re-add an element that has expired", STOPPED),
    "SHORTEN": ("a lease that was set late is cut to its expiry", STOPPED),
    "ALL_ACKED": ("the next keep-alive only when every host acknowledged", STOPPED),
    "COMMON": ("one common expiry: E_k - now, never now + lease", STOPPED),
    "CLIP": ("an expiry is clipped to the end", STOPPED),
    "READ_BACK": ("IN_FORCE is said when every gate was read back", STOPPED),
    "FLOOR": ("IN_FORCE is not said behind an expiry that was acknowledged", STOPPED),
    "LOWER_FLOOR DESCRIBE_FENCES": ("what was asked for lowers what may be said", AFTER),
    "HEAL_WAIT": ("who does not answer is unknown until E_k + uncertainty", STOPPED),
    "UNCERTAINTY": ("and not only until E_k", BEHIND),
    "EARLIER_LIFE": ("a new controller waits for what the earlier one sent", AFTER),
    "RECORD": ("the fault is recorded before Stage", "SECOND=1 CRASHES=0 STEPS=0"),
    "TTL": ("what is staged and never armed is swept", AFTER),
    "ADOPT_OPEN ADOPT_RECORD": ("adopted is what is open and in the record", STOPPED),
    "STEP": ("a wall clock that is set before T0 aborts the arming", STOPPED),
    "OPEN": ("the timed gate is replaced by an open one", STOPPED),
    "LATCH": ("the stop latch is checked before every commit", STOPPED),
}
# What holds without the one, since the other is there.
REDUNDANT = {
    "PAST": ("Arm's not-after is T0 itself", ONE),
    "ARM_NOT_AFTER": ("a T0 that is past is refused", ONE),
    "LOWER_FLOOR": ("no older keep-alive is taken after Describe", AFTER),
    "ADOPT_OPEN": ("only what was open is in the record", STOPPED),
    "ADOPT_RECORD": ("what is open was armed by all rules", STOPPED),
}


class Search:
    """One search, depth first, to its end or the first failure."""

    def __init__(self, bounds, without="", memory=MEMORY_MIB, depth=DEPTH):
        self._flags = [f"-D{word}" for word in bounds.split()]
        self._flags += [f"-DNO_{name}" for name in without.split()]
        with tempfile.TemporaryDirectory() as folder:
            self._folder = folder
            began = time.monotonic()
            self._do("spin", *self._flags, "-a", MODEL)
            self._do("gcc", "-O2", "-w", "-DSAFETY", f"-DMEMLIM={memory}", "-o", "pan", "pan.c")
            self.output = self._do("./pan", f"-m{depth}", "-w22" if without else "-w24")
            self.seconds = time.monotonic() - began
            self.states = self._number(r"(\d+) states, stored")
            self.depth = self._number(r"depth reached (\d+)")
            self.mib = self._number(r"(\d+)[.\d]*\s+total actual memory")
            self.broken = "assertion violated" in self.output
            # Memory that ran out, a signal, or a path longer than the depth.
            cut_off = re.search(r"not completed|too small|reached -DMEMLIM", self.output)
            self.holds = self._number(r"errors: (\d+)") == 0 and not cut_off
            self.trail = self._trail() if self.broken else []

    def _do(self, *command):
        done = subprocess.run(command, cwd=self._folder, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0 and command[0] != "./pan":
            raise RuntimeError(f"{command[0]}: {done.stdout}")
        return done.stdout

    def _number(self, pattern):
        """-1 if pan did not come so far as to say it."""
        found = re.search(pattern, self.output)
        return int(found[1]) if found else -1

    def _trail(self):
        trail = pathlib.Path(self._folder) / "protocol.pml.trail"
        said = self._do("spin", "-T", *self._flags, "-k", trail, MODEL)
        lines = re.findall(r"^ *(\d+  .*|-- tick \d+)$", said, re.MULTILINE)
        broken = re.search(r"protocol.pml:(\d+), Error: assertion", said)
        return lines + [f"broken: {promise(int(broken[1]))}"] if broken else lines


def promise(number):
    """The comment above the assertion in that line."""
    above = "".join(MODEL.read_text(encoding="utf-8").splitlines(keepends=True)[:number])
    comments = re.findall(r"/\*(.*?)\*/", above, re.DOTALL)
    return " ".join(comments[-1].split()).rstrip(".")


def say(passed, what, lines=()):
    print("\n".join([f"{'ok' if passed else 'FAILED':6} {what}",
                     *("         " + line for line in lines)]), flush=True)
    return passed


def world(name, bounds):
    found = Search(bounds)
    results = [say(found.holds, f"{name}: {found.states} states, depth {found.depth}, "
                   f"{found.mib} MiB, {found.seconds:.0f} s",
                   () if found.holds else found.trail or found.output.splitlines())]
    for witness, (rule, where) in WITNESSES.items():
        if where == name:
            results.append(say(f"seen: {witness}\n" in found.output, f"it happens that {rule}"))
    return results


def missed(guard):
    rule, bounds = GUARDS[guard]
    found = Search(bounds, guard)
    counted = f"{len(found.trail)} lines" if found.broken else f"none in {found.states} states"
    return [say(found.broken, f"a counter-example without {guard} ({rule}): {counted}, "
                f"{found.seconds:.0f} s", found.trail)]


def redundant(guard):
    why, bounds = REDUNDANT[guard]
    found = Search(bounds, guard)
    return [say(found.holds, f"it holds without {guard} alone ({why}): {found.states} states, "
                f"{found.seconds:.0f} s", found.trail)]


def cut_off(what, limits):
    found = Search(CLOCKS, **limits)
    return [say(not found.holds and not found.broken,
                f"a search that runs out of {what} does not pass: {found.states} states")]


def jobs(words):
    if words:
        return [(missed, guard) for guard in words]
    return [*((world, *item) for item in WORLDS.items()),
            *((missed, guard) for guard in GUARDS),
            *((redundant, guard) for guard in REDUNDANT),
            (cut_off, "memory", {"memory": 130}), (cut_off, "depth", {"depth": 500})]


def main(words):
    unknown = [w for w in words if w not in GUARDS]
    if unknown:
        print(f"no guard {unknown[0]!r}: {', '.join(GUARDS)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = [pool.submit(*job) for job in jobs(words)]
    results = [passed for each in found for passed in each.result()]
    print(f"model: {results.count(True)} passed, {results.count(False)} failed "
          f"in {time.monotonic() - began:.0f} s")
    return 0 if all(results) else 1


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C"
    sys.exit(main(sys.argv[1:]))
