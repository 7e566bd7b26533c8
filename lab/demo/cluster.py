"""The patient: Redis under Sentinel and two clients, run by Marathon."""

import dataclasses

from lab import until
from lab.demo.writer import SERVICE

REDIS, SENTINEL = 6379, 26379

_SENTINEL_CONF = f"""port {SENTINEL}
protected-mode no
sentinel monitor {SERVICE} MASTER {REDIS} 2
sentinel down-after-milliseconds {SERVICE} 2000
sentinel failover-timeout {SERVICE} 6000
sentinel parallel-syncs {SERVICE} 2
"""


@dataclasses.dataclass(frozen=True)
class Write:
    """One that a client was told is done."""

    key: str
    # CLOCK_BOOTTIME, nanoseconds, when it was sent: what its master passed on before a
    # cut may be heard of after it.
    instant: int
    master: str    # The host that said that it is done.


class Cluster:
    """On `nodes` a Redis and a Sentinel each; the first is the first master.
    `clients` are {name: host}."""

    def __init__(self, lab, root, nodes, clients):
        self._lab = lab
        self._root = root
        self._nodes = nodes
        self._clients = clients
        self._writers = {}   # Client -> the file it writes to.
        self._address = {n: lab.host(n).address for n in lab.hosts}
        self._name = {a: n for n, a in self._address.items()}

    # ------------------------------------------------------------ deployed

    def deploy_redis(self):
        first = self._address[self._nodes[0]]
        self._deploy_everywhere("/redis", REDIS, (
            f'[ "$HOST" = {first} ] || follow="--replicaof {first} {REDIS}"; '
            'exec redis-server --port "$PORT0" --bind 0.0.0.0 --protected-mode no --save "" '
            '--appendonly no --repl-diskless-sync-delay 0 $follow'))
        until(lambda: len(self.role(self._nodes[0])[1]) == len(self._nodes) - 1, 20,
              "the replicas to follow the master")

    def deploy_sentinels(self):
        conf = _SENTINEL_CONF.replace("MASTER", self._address[self._nodes[0]])
        self._deploy_everywhere("/sentinel", SENTINEL, (
            f"cat >sentinel.conf <<'END'\n{conf}END\nexec redis-sentinel sentinel.conf"))
        until(lambda: all(self._sentinel_agrees(n) for n in self._nodes), 30,
              "the sentinels to find each other", 0.2)

    def deploy_clients(self, sides):
        """Each asks first the sentinels of its own side."""
        for client, host in self._clients.items():
            near = next(s for s in sides if host in s)
            nodes = sorted(self._nodes, key=lambda n: n not in near)
            (task,) = self._lab.marathon.deploy({
                "id": f"/{client}", "constraints": [["hostname", "CLUSTER", host]],
                "env": {"PYTHONPATH": str(self._root)},
                "cmd": f"exec /usr/bin/python3 -m lab.demo.writer {client} " + " ".join(
                    f"{self._address[n]}:{SENTINEL}" for n in nodes)})
            self._writers[client] = self._lab.directory / "sandboxes" / task["id"] / "stdout"

    def _deploy_everywhere(self, app_id, port, command):
        self._lab.marathon.deploy({
            "id": app_id, "cmd": command, "instances": len(self._nodes), "requirePorts": True,
            "portDefinitions": [{"port": port}],
            "constraints": [["hostname", "UNIQUE"], ["hostname", "LIKE", "|".join(self._nodes)]]})

    # ------------------------------------------------------------ asked, from inside each host

    def _ask(self, node, port, *words):
        return self._lab.host(node).run(["redis-cli", "-p", port, *words]).stdout.split("\n")

    def role(self, node):
        """("master", names of its replicas) or ("slave", (master's name, link state))."""
        answer = self._ask(node, REDIS, "role")
        if answer[0] == "master":
            return "master", [self._name.get(a) for a in answer[2:-1:3]]
        if answer[0] == "slave":
            return "slave", (self._name.get(answer[1]), answer[3])
        return "unknown", ()

    def masters(self):
        return [n for n in self._nodes if self.role(n)[0] == "master"]

    def settled_under_one_master(self):
        """The master's name once all others follow it, else None."""
        masters = self.masters()
        if len(masters) != 1:
            return None
        follow = all(self.role(n)[1] == (masters[0], "connected")
                     for n in self._nodes if n != masters[0])
        return masters[0] if follow else None

    def _sentinel_agrees(self, node):
        says = self._ask(node, SENTINEL, "sentinel", "ckquorum", SERVICE)[0]
        replicas = self._ask(node, SENTINEL, "sentinel", "replicas", SERVICE)
        return says.startswith(f"OK {len(self._nodes)} usable") and \
            replicas.count("name") == len(self._nodes) - 1

    def keys(self, node):
        """All keys that `node` holds."""
        return set(self._ask(node, REDIS, "keys", "*"))

    # ------------------------------------------------------------ what the clients noted

    def acknowledged(self, client):
        """Its Writes, oldest first."""
        path = self._writers[client]
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        words = (line.split() for line in lines if line.startswith("ack "))
        return [Write(key, int(instant), self._name[master]) for _, key, instant, master in words]
