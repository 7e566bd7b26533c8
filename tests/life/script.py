"""What befalls a lab in a random life, as a value: a seed gives the same list of incidents.

What an incident does depends on what there is when its turn comes (`who` and `much` are
taken modulo that), so that a script can be shortened and still makes sense.
"""

import dataclasses
import random

# Kind: how often, of the sum of all. incidents.py says what each does. What mends comes
# often, and then finds nothing to do.
KINDS = {
    "create": 60, "heal": 16, "holder-gone": 4, "stop-client": 3, "continue-client": 12,
    "kill-agent": 4, "start-agent": 60, "stop-agent": 3, "continue-agent": 40,
    "set-latch": 3, "release-latch": 40, "flush": 4, "foreign": 3, "inspect": 4,
    "fail-netlink": 8, "fail-files": 5, "calm": 40,
    "fill-agent-disk": 3, "freeze-agent-disk": 3, "free-disks": 40,
    "kill-controller": 3, "start-controller": 90, "stop-controller": 3,
    "continue-controller": 50, "fail-controller-files": 4,
    "fill-disk": 2, "freeze-disk": 3, "copy-disk": 4, "restore-disk": 2, "damage-disk": 2,
}
# Between two incidents; often short, so that they meet.
GAPS_MS = (0, 20, 100, 200, 300, 500, 1000)


@dataclasses.dataclass(frozen=True)
class Incident:
    after_ms: int   # After the one before.
    kind: str
    who: int        # Which host or fault, modulo those there are.
    much: int       # How much, how long, of which kind.

    def __str__(self):
        return f"{self.after_ms:5} ms  {self.kind} {self.who} {self.much}"


def draw(seed):
    """Incidents without end."""
    dice = random.Random(seed)
    while True:
        kind, = dice.choices(list(KINDS), list(KINDS.values()))
        yield Incident(dice.choice(GAPS_MS), kind, dice.randrange(1 << 16),
                       dice.randrange(1 << 16))


def parse(text):
    """[Incident] of their lines, as str() writes them."""
    return [Incident(int(after), kind, int(who), int(much)) for after, _, kind, who, much
            in (line.split() for line in text.splitlines() if line.strip())]
