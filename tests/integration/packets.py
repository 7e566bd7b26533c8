"""What streams of numbered packets say about when a fault was in force.

Streams run between the hosts of a lab (worker.py's Stream). A packet that was sent
and never came was dropped; the instants are those of sending, on the machine's
CLOCK_BOOTTIME, so they compare across hosts and with instants that Sunder reports.
"""

import contextlib
import datetime
import time

from lab import until

FAMILIES = ("ipv4", "ipv6")
# Fewer lost packets in a row than this are noise of the machine, not a fault.
NOISE = 3


class Outages:
    """[(first, last, packets)] for each (sender, receiver, family), in ns."""

    def __init__(self, outages, sent):
        self._outages = outages
        self._sent = sent

    def of(self, sender, receiver, family="ipv4"):
        return self._outages[sender, receiver, family]

    def only(self, sender, receiver, family="ipv4"):
        """The one outage of this pair."""
        found = self.of(sender, receiver, family)
        assert len(found) == 1, f"{sender} to {receiver}: outages {found}"
        return found[0]

    def last_sent(self, sender, receiver, family="ipv4"):
        return self._sent[sender, receiver, family][-1]


@contextlib.contextmanager
def streaming(hands, names, gap_ms=1.0):
    """Streams between all `names` while the block runs; .outages is there after it."""
    class Streaming:
        outages = None

        def counts(self, receiver):
            """How many packets `receiver` has had so far, by source address."""
            return hands[receiver].do("stream_mark")

        def wait_dropping(self, sender, receiver):
            """Until a tenth of a second goes by in which nothing of `sender` comes."""
            sources = [address[sender, f] for f in FAMILIES]
            last, since = None, now()

            def silent():
                nonlocal last, since
                counts = self.counts(receiver)
                seen = [counts.get(s, 0) for s in sources]
                if seen != last:
                    last, since = seen, now()
                return now() - since > 100_000_000
            until(silent, 5, f"{receiver} to hear nothing of {sender}")

        def wait_passing(self, sender, receiver, seconds=15):
            """Until packets of `sender` come in again, of both families."""
            start = self.counts(receiver)
            until(lambda: all(self.counts(receiver).get(s, 0) > start.get(s, 0) + 20
                              for s in (address[sender, f] for f in FAMILIES)),
                  seconds, f"{receiver} to hear {sender} again")

    address = {(n, f): hands.address(n, f) for n in names for f in FAMILIES}
    streaming_ = Streaming()
    for name in names:
        hands[name].do("stream", listen=[address[name, f] for f in FAMILIES], gap_ms=gap_ms,
                       targets=[address[n, f] for n in names if n != name for f in FAMILIES])
    for name in names:
        hands[name].do("stream_send")
    stopped = {}
    try:
        yield streaming_
    finally:
        # Senders and receivers are the same workers: what was sent after a receiver
        # stopped cannot be judged, so the tail is left out.
        ends = {}
        for name in names:
            ends[name] = now()
            stopped[name] = hands[name].do("stream_stop")
    end = min(ends.values())
    outages, sent = {}, {}
    for sender in names:
        for receiver in names:
            for family in FAMILIES:
                if sender == receiver:
                    continue
                times = stopped[sender]["sent"][address[receiver, family]]
                seen = {n for n, _ in
                        stopped[receiver]["received"].get(address[sender, family], [])}
                # In flight when it ended: not lost.
                times = [t for t in times if t < end - 50_000_000]
                sent[sender, receiver, family] = times
                outages[sender, receiver, family] = gaps(times, seen)
    streaming_.outages = Outages(outages, sent)


def gaps(times, seen):
    """Runs of packets that never came: [(first sent, last sent, how many)]."""
    found = []
    run = []
    for number, at in enumerate(times):
        if number in seen:
            if len(run) >= NOISE:
                found.append((run[0], run[-1], len(run)))
            run = []
        else:
            run.append(at)
    if len(run) >= NOISE:
        found.append((run[0], run[-1], len(run)))
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
