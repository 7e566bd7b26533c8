"""A host of the lab, and whatever one wants to run there."""

import dataclasses
import subprocess

from lab import result


@dataclasses.dataclass(frozen=True)
class Host:
    name: str
    namespace: str
    addresses: list          # On the data network: IPv4, IPv6.
    control_addresses: list  # On the network that no fault touches.
    mesos_agent_id: str      # Marathon's slaveId of its tasks.
    labels: dict

    @property
    def address(self):
        return self.addresses[0]

    def inside(self, command):
        """The command line that runs `command` in this host."""
        return ["ip", "netns", "exec", self.namespace, *map(str, command)]

    def run(self, command, timeout=10, stdin=None, env=None):
        """Runs a command in this host to its end: a Result."""
        return result.run(self.inside(command), timeout, stdin, env)

    def popen(self, command, **kwargs):
        """Starts a command in this host: a subprocess.Popen that dies with this thread."""
        return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.inside(command)],
                                **kwargs)

    def network_state(self):
        """All rules, queueing disciplines and links, without what traffic moves."""
        return {
            "ruleset": self.run(["nft", "--stateless", "list", "ruleset"]).check().stdout,
            "qdiscs": self.run(["tc", "qdisc", "show"]).check().stdout,
            "links": self.run(["ip", "-details", "link", "show"]).check().stdout,
        }
