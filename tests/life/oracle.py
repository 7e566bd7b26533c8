"""Judges a life: what packets became of, against what may have been and what was said.

Pure: everything comes from a Journal, which says what was done to whom and what the
controller reported, in ns of CLOCK_BOOTTIME. Nothing is believed of a report that packets
can tell. Where an instant is known as a bracket, it counts to the accused's favour.
"""

import bisect
import dataclasses
import math

LEASE = 5_000_000_000
# How well a clock is known at the worst, and how late a kernel may be: protocol.md.
TOLERANCE = 250_000_000 + 10_000_000
LEASE_OVER = LEASE + TOLERANCE
IN_FORCE = "FAULT_STATE_IN_FORCE"
OVER = ("FAULT_STATE_HEALED", "FAULT_STATE_EXPIRED", "FAULT_STATE_FAILED")
# Exit codes. With one of NOTHING a client says that nothing is in force.
DONE = 0
NOTHING = (1, 4, 5)


@dataclasses.dataclass
class Fault:
    """One that a client asked for."""
    name: str
    pairs: frozenset          # (sender, receiver): between whom packets may be lost.
    asked: int
    duration: int
    answered: float = math.inf
    code: int | None = None   # None: the client was killed, or said nothing yet.
    healed: float = math.inf  # A client that healed it said so then, or before.


@dataclasses.dataclass(frozen=True)
class Report:
    """What the controller said of all faults, at an instant of [began, ended]."""
    began: int
    ended: int
    states: dict              # Name -> (state, generation)


@dataclasses.dataclass
class Journal:
    faults: list = dataclasses.field(default_factory=list)
    reports: list = dataclasses.field(default_factory=list)
    # Program -> [(instant, whether it runs)]: on at the earliest, off at the latest.
    running: dict = dataclasses.field(default_factory=dict)
    # Host -> [(from, to)]: --heal-all had said that it is clean, and kept faults out.
    latched: dict = dataclasses.field(default_factory=dict)
    # Host -> [(from, to)]: done to it what its controller cannot know at once.
    interfered: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Verdict:
    violations: list = dataclasses.field(default_factory=list)
    packets: int = 0
    lost: int = 0
    faults_in_force: int = 0     # By packets: that alone can have lost one.
    held_to: int = 0             # Packets that a report said were cut, and were.
    quiet: int = 0               # Packets between hosts where nothing could be in force.


def judge(journal, packets):
    """The Verdict on {(sender, receiver): [Packet]}."""
    verdict = Verdict()
    windows = {pair: [] for pair in packets}
    for fault in journal.faults:
        for pair in fault.pairs:
            windows[pair].append((fault.asked, end_of(journal, fault, pair[1]), fault))
    seen = set()
    for pair, sent in packets.items():
        still = stillness(journal, pair[1])
        for packet in sent:
            verdict.packets += 1
            may = [w for w in windows[pair] if packet.after >= w[0] and packet.before <= w[1]]
            if any(a <= packet.before and packet.after <= b for a, b in still):
                may = []
            verdict.quiet += not may
            if packet.came:
                continue
            verdict.lost += 1
            if packet.error:
                verdict.violations.append((packet.before, f"{pair}: its sender was told of error "
                                           f"{packet.error}"))
            elif not may:
                verdict.violations.append((packet.before, f"{pair}: lost, and nothing may have "
                                           f"been in force; {nearest(windows[pair], packet)}"))
            elif len(may) == 1:
                seen.add(may[0][2].name)
    verdict.faults_in_force = len(seen)
    hold_to_reports(journal, packets, verdict)
    return verdict


def nearest(windows, packet):
    """In words, the window that ended last before a packet."""
    ended = max((w for w in windows if w[1] < packet.before), key=lambda w: w[1], default=None)
    if ended is None:
        return "there was no fault before"
    return f"{(packet.before - ended[1]) / 1e6:.1f} ms after the last end of {ended[2].name}"


# ---------------------------------------------------------------- when something may be


def gaps(journal, program):
    """[(from, to)] in which it certainly did not run, for longer than a lease."""
    found, off = [], None
    for instant, on in [*journal.running.get(program, ()), (math.inf, True)]:
        if not on and off is None:
            off = instant
        elif on and off is not None:
            if instant - off > LEASE_OVER:
                found.append((off, instant))
            off = None
    return found


def stillness(journal, host):
    """[(from, to)] in which nothing can be in force at `host`, whatever was asked."""
    leases = [(off + LEASE_OVER, on) for program in ("controller", f"agent {host}")
              for off, on in gaps(journal, program)]
    return leases + journal.latched.get(host, [])


def end_of(journal, fault, host):
    """The last instant at which `fault` may drop anything at `host`."""
    ends = [fault.healed]
    if fault.code == DONE:
        ends.append(fault.answered + fault.duration + TOLERANCE)
    elif fault.code in NOTHING:
        ends.append(fault.answered)
    was_in_force = fault.answered if fault.code == DONE else math.inf
    for report in journal.reports:
        state, _ = report.states.get(fault.name, ("", 0))
        if state in OVER:
            ends.append(report.ended)
        elif state == IN_FORCE:
            was_in_force = min(was_in_force, report.ended)
            # It began before that.
            ends.append(report.ended + fault.duration + TOLERANCE)
    # What was in force and lost its lease does not come back.
    ends += [off + LEASE_OVER for program in ("controller", f"agent {host}")
             for off, _ in gaps(journal, program) if off > was_in_force]
    ends += [begin for begin, _ in journal.latched.get(host, []) if begin > was_in_force]
    return min(ends)


# ---------------------------------------------------------------- what was said to be


def hold_to_reports(journal, packets, verdict):
    """What two reports in a row say is in force dropped everything between them."""
    befores = {pair: [p.before for p in sent] for pair, sent in packets.items()}
    for first, second in zip(journal.reports, journal.reports[1:]):
        for fault in journal.faults:
            said = first.states.get(fault.name)
            if said is None or said[0] != IN_FORCE or second.states.get(fault.name) != said:
                continue
            for pair in fault.pairs:
                if touches(journal.interfered.get(pair[1], ()), first.ended, second.began):
                    continue
                low = bisect.bisect_left(befores[pair], first.ended)
                high = bisect.bisect_right(befores[pair], second.began)
                for packet in packets[pair][low:high]:
                    if packet.after > second.began:
                        continue
                    verdict.held_to += 1
                    if packet.came:
                        verdict.violations.append((
                            packet.before, f"{pair}: came, and {fault.name} was said to be in "
                            f"force since {(packet.before - first.ended) / 1e6:.1f} ms and for "
                            f"{(second.began - packet.before) / 1e6:.1f} ms more"))


def touches(spans, begin, end):
    return any(a <= end and begin <= b for a, b in spans)
