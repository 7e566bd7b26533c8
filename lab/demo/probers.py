"""Runs a prober in every host and reads what they have noted so far."""

import array
import bisect

from lab import LabError, until
from lab.demo import analysis
from lab.demo.prober import RECORD, now

SETTLE_NS = 200_000_000   # Younger probes may not be noted yet on both sides.
MATRIX_NS = 300_000_000
MIXED = 1000              # Records


class Probers:
    def __init__(self, lab, root):
        self._names = list(lab.hosts)
        self._folder = lab.directory / "probes"
        self._folder.mkdir()
        addresses = [f"{h.name}={h.address}" for h in lab.hosts.values()]
        self._children = [
            # Before others, so that a busy machine does not blur the instants.
            h.popen(["nice", "-n", "-15", "/usr/bin/python3", "-m", "lab.demo.prober", h.name,
                     self._folder, *addresses], cwd=root) for h in lab.hosts.values()]

    def end(self):
        for child in self._children:
            child.kill()
            child.wait()

    def pairs(self, begin, end):
        """Every pair's probes that were sent from `begin` to `end`."""
        if any(child.poll() is not None for child in self._children):
            raise LabError("a prober has ended: nothing is measured any more")
        until(lambda: now() - SETTLE_NS > end, 10, "the probes to be noted", 0.05)
        received = self._read("received", begin, end)
        return analysis.join(self._read("sent", begin, end), received)

    def matrix(self, begin):
        """Who hears whom, in the MATRIX_NS from `begin`."""
        end = begin + MATRIX_NS
        return analysis.matrix(self.pairs(begin, end))

    def _read(self, what, begin, end):
        """host -> [(number, other host, instant)], of the probes sent in that time."""
        return {name: [(number, self._names[other], instant) for number, other, instant
                       in window((self._folder / f"{name}.{what}"), begin, end)]
                for name in self._names}


def window(path, begin, end):
    """The records of a prober's file whose instants are from `begin` to `end`."""
    data = path.read_bytes() if path.exists() else b""
    values = array.array("q", data[:len(data) // RECORD.size * RECORD.size])
    numbers, others, instants = values[0::3], values[1::3], values[2::3]
    # Nearly in order: those of several senders are mixed as they came in.
    low = max(0, bisect.bisect_left(instants, begin) - MIXED)
    high = bisect.bisect_right(instants, end) + MIXED
    return [r for r in zip(numbers[low:high], others[low:high], instants[low:high])
            if begin <= r[2] < end]
