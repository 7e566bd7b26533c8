"""What the probes say: who reached whom, and when that changed. Pure.

A pair is (sender, receiver). Its probes are a list of (instant, arrived) in the order
of sending; instants are nanoseconds of sending.
"""

import dataclasses

RUN = 20   # So many probes of one kind in a row are a change, fewer are chance.


def join(sent, received):
    """pair -> probes, from {host: [(number, other, instant)]} of both kinds of record."""
    arrived = {(number, sender, receiver)
               for receiver, records in received.items() for number, sender, _ in records}
    pairs = {}
    for sender, records in sent.items():
        for number, receiver, instant in records:
            pairs.setdefault((sender, receiver), []).append(
                (instant, (number, sender, receiver) in arrived))
    return pairs


def matrix(pairs):
    """pair -> the share of its probes that arrived."""
    return {pair: sum(arrived for _, arrived in probes) / len(probes)
            for pair, probes in pairs.items()}


def first(probes, arrived, after):
    """The instant of the first of RUN probes in a row of that kind, or None."""
    run = []
    for instant, this in probes:
        if instant < after or this != arrived:
            run = []
            continue
        run.append(instant)
        if len(run) == RUN:
            return run[0]
    return None


@dataclasses.dataclass(frozen=True)
class Change:
    """One kind of change (passing to dropped, or back), over all hosts.

    first_at   host -> the first probe of the new kind among those sent to it
    last_at    host -> the same of the pair that was last
    resolution the longest gap between a change's probe and the one before it
    """

    first_at: dict
    last_at: dict
    resolution: int

    @property
    def began(self):
        return min(self.first_at.values())

    @property
    def complete(self):
        return max(self.last_at.values())

    @property
    def skew(self):
        """Between the first host and the last."""
        return max(self.first_at.values()) - self.began


def change(pairs, cut, arrived, after):
    """The change of all pairs in `cut` to `arrived` after an instant; None if not all did."""
    first_at, last_at, resolution = {}, {}, 0
    for pair in cut:
        at = first(pairs.get(pair, []), arrived, after)
        if at is None:
            return None
        receiver = pair[1]
        first_at[receiver] = min(at, first_at.get(receiver, at))
        last_at[receiver] = max(at, last_at.get(receiver, at))
        before = [instant for instant, _ in pairs[pair] if instant < at]
        resolution = max(resolution, at - before[-1] if before else 0)
    return Change(first_at, last_at, resolution)


def cut_pairs(sides):
    """The ordered pairs between hosts of different sides."""
    return [(a, b) for one in sides for other in sides if one is not other
            for a in one for b in other]
