"""What streams of numbered packets say about when a fault was in force.

Streams run between the hosts of a lab (worker.py's Stream). A packet that was sent
and never came was dropped, at some instant between the one before its sending and the
one after: on one machine sending takes a packet as far as the receiver's rules. So an
outage's begin and end are each known as a bracket, which a busy machine widens and
never moves. Instants are the machine's CLOCK_BOOTTIME, so they compare across hosts and
with instants that Sunder reports. Every packet comes in at its receiver's device, cut or not, and no sender is told of
an error: a fault that is made in another way fails whatever test looks on.
"""

import contextlib
import dataclasses
import datetime
import itertools
import math
import time

from lab import until

FAMILIES = ("ipv4", "ipv6")
# Fewer lost packets in a row than this are noise of the machine, not a fault.
NOISE = 3


@dataclasses.dataclass(frozen=True)
class Bracket:
    """Something happened at an instant of [low, high], in ns."""
    low: float
    high: float

    def near(self, instant, uncertainty):
        """Whether it may have happened within `uncertainty` of `instant`."""
        return self.low <= instant + uncertainty and self.high >= instant - uncertainty


@dataclasses.dataclass(frozen=True)
class Outage:
    """Packets in a row that never came: when that began and when it ended."""
    began: Bracket
    ended: Bracket
    packets: int


def common(brackets):
    """The bracket of what several brackets tell of one instant."""
    return Bracket(max(b.low for b in brackets), min(b.high for b in brackets))


class Outages:
    """[Outage] for each (sender, receiver, family)."""

    def __init__(self, outages):
        self._outages = outages

    def of(self, sender, receiver, family="ipv4"):
        return self._outages[sender, receiver, family]

    def only(self, sender, receiver, family="ipv4"):
        """The one outage of this pair."""
        found = self.of(sender, receiver, family)
        assert len(found) == 1, f"{sender} to {receiver}: outages {found}"
        return found[0]


class Streaming:
    """Streams between some hosts, while they run; `outages` is there after that."""

    def __init__(self, hands, names, gap_ms):
        self._hands = hands
        self._names = names
        self._address = {(n, f): hands.address(n, f) for n in names for f in FAMILIES}
        self.outages = None
        for name in names:
            hands[name].do("stream", listen=self._of(name), gap_ms=gap_ms,
                           peers=[a for n in names if n != name for a in self._of(n)])
        for name in names:
            hands[name].do("stream_send")

    def _of(self, name):
        return [self._address[name, f] for f in FAMILIES]

    def _received(self, sender, receiver):
        """How many packets `receiver` was given of `sender` so far, by family."""
        received = self._hands[receiver].do("stream_mark")["received"]
        return [received.get(source, 0) for source in self._of(sender)]

    def wait_dropping(self, sender, receiver):
        """Until a tenth of a second goes by in which packets of `sender` come in at the
        device and nobody is given them."""
        last, since, arrived = None, None, None

        def silent():
            nonlocal last, since, arrived
            mark = self._hands[receiver].do("stream_mark")
            seen = [mark["received"].get(s, 0) for s in self._of(sender)]
            came_in = [mark["arrived"][s] for s in self._of(sender)]
            if seen != last:
                last, since, arrived = seen, now(), came_in
                check_no_errors(self._hands[sender].do("stream_mark"), sender)
            return (now() - since > 100_000_000 and
                    all(n > m + NOISE for n, m in zip(came_in, arrived)))
        until(silent, 5, f"{receiver} to drop what comes in of {sender}")

    def wait_passing(self, sender, receiver, seconds=15):
        """Until packets of `sender` come in again, of both families."""
        start = self._received(sender, receiver)
        until(lambda: all(n > m + 20 for n, m in zip(self._received(sender, receiver), start)),
              seconds, f"{receiver} to hear {sender} again")

    def stop(self):
        """Ends the streams. What each host says of them."""
        # What was sent after a receiver stopped could not be judged.
        for name in self._names:
            self._hands[name].do("stream_quiet")
        return {name: self._hands[name].do("stream_stop") for name in self._names}

    def judge(self, stopped):
        """Makes `outages` of what stop() returned."""
        outages = {}
        for sender in self._names:
            check_no_errors(stopped[sender], sender)
            for receiver in self._names:
                for family in FAMILIES:
                    if sender == receiver:
                        continue
                    source = self._address[sender, family]
                    times = stopped[sender]["sent"][self._address[receiver, family]]
                    arrived = stopped[receiver]["arrived"][source]
                    assert len(times) - NOISE <= arrived, (
                        f"{sender} sent {len(times)} packets to {receiver} ({family}), of "
                        f"which {arrived} came in at its device")
                    seen = set(stopped[receiver]["received"].get(source, []))
                    outages[sender, receiver, family] = gaps(times, seen)
        self.outages = Outages(outages)


def check_no_errors(marks, sender):
    told = {peer: said for peer, said in marks["errors"].items() if said}
    assert not told, f"{sender} was told of errors in sending: {told}"


@contextlib.contextmanager
def streaming(hands, names, gap_ms=4.0):
    """Streams between all `names` while the block runs: a Streaming. A shorter gap tells
    instants more exactly and costs the machine more."""
    streams = Streaming(hands, names, gap_ms)
    try:
        yield streams
    finally:
        stopped = streams.stop()
    streams.judge(stopped)


def gaps(times, seen):
    """[Outage] of [(before sending, after it)] and the numbers of those that came."""
    # Before the first packet and after the last one nothing is known.
    edges = [(-math.inf, -math.inf), *times, (math.inf, math.inf)]
    came = [True, *(number in seen for number in range(len(times))), True]
    found = []
    for passed, run in itertools.groupby(range(len(edges)), came.__getitem__):
        lost = list(run)
        if not passed and len(lost) >= NOISE:
            first, last = lost[0], lost[-1]
            found.append(Outage(Bracket(edges[first - 1][0], edges[first][1]),
                                Bracket(edges[last][0], edges[last + 1][1]), len(lost)))
    return found


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def boot_ns(instant):
    """A sunder.v1.Instant (its JSON) as CLOCK_BOOTTIME, for a clock that did not step."""
    text = instant["at"].rstrip("Z")
    whole, _, fraction = text.partition(".")
    at = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    wall = int(at.timestamp()) * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))
    return wall - (time.clock_gettime_ns(time.CLOCK_REALTIME) - now())


def ms(nanoseconds):
    return round(nanoseconds / 1e6, 3)


def seconds_ns(duration):
    """A protobuf Duration's JSON ("0.001500s") in ns."""
    return round(float(duration.rstrip("s")) * 1e9)
