"""On which host the next instance of an app may run, and with which ports. Pure."""

import dataclasses
import re
from collections import Counter

PORTS = range(31000, 32000)


@dataclasses.dataclass(frozen=True)
class Host:
    name: str
    address: str
    namespace: str = ""        # Empty: the stand-in's own.
    agent_id: str = ""         # Of the Mesos agent: a task's slaveId.
    attributes: dict = dataclasses.field(default_factory=dict)

    def field(self, name):
        """The value of an attribute, or of the host's own name; None if it has none."""
        return self.name if name in ("hostname", "@hostname") else self.attributes.get(name)


def _cluster(value, wanted, others, _):
    wanted = wanted or (others[0] if others else value)
    return value == wanted


def _group_by(value, _, others, everywhere):
    """Only where the app has fewest so far."""
    counts = Counter({v: 0 for v in everywhere if v is not None})
    counts.update(others)
    return value is not None and counts[value] == min(counts.values())


# value of the host, the constraint's own, those of the app's other instances, all hosts'
OPERATORS = {
    "UNIQUE": lambda value, _, others, __: value is not None and value not in others,
    "CLUSTER": lambda value, *rest: value is not None and _cluster(value, *rest),
    "GROUP_BY": _group_by,
    "LIKE": lambda value, wanted, *_: value is not None and bool(re.fullmatch(wanted, value)),
    "UNLIKE": lambda value, wanted, *_: value is None or not re.fullmatch(wanted, value),
    "MAX_PER": lambda value, most, others, _: others.count(value) < int(most),
}


def satisfies(host, constraints, others, hosts):
    """Whether `host` may take one more beside instances on the hosts `others`."""
    for field, operator, *value in constraints:
        if not OPERATORS[operator](host.field(field), value[0] if value else None,
                                   [o.field(field) for o in others],
                                   [h.field(field) for h in hosts]):
            return False
    return True


def host_ports(app, taken):
    """The ports that the app gets on a host where `taken` are in use; None if it cannot."""
    mappings = (app.get("container") or {}).get("portMappings")
    if mappings:
        wanted = [m["hostPort"] for m in mappings]
    elif app["requirePorts"]:
        wanted = [p["port"] for p in app["portDefinitions"]]
    else:
        wanted = [0] * len(app["portDefinitions"])
    taken = set(taken)
    ports = []
    for port in wanted:
        port = port or next((p for p in PORTS if p not in taken), None)
        if port is None or port in taken:
            return None
        taken.add(port)
        ports.append(port)
    return ports


def place(app, others, hosts, load, taken):
    """(host, ports) for one more instance of `app`, or None.

    `others` are the hosts of its other instances (with repetitions), `load` counts all
    tasks per host name, `taken` holds the ports in use per host name. The least loaded
    host wins; the first by name among equals, so that tests can foretell it.
    """
    for host in sorted(hosts, key=lambda h: (load[h.name], h.name)):
        if satisfies(host, app["constraints"], others, hosts):
            ports = host_ports(app, taken[host.name])
            if ports is not None:
                return host, ports
    return None
