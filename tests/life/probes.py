"""Probers in all hosts of a lab, and what they noted."""

import dataclasses
import pathlib
import signal
import subprocess

from prober import RECEIVED, SENT

PROBER = pathlib.Path(__file__).with_name("prober.py")
GAP_MS = 20


@dataclasses.dataclass(frozen=True)
class Packet:
    """One that was sent in [before, after]; on one machine what became of it was decided
    by then."""
    before: int
    after: int
    came: bool
    error: int   # errno that its sender was told; 0: none.


class Probes:
    """Packets between all hosts from begin() to end()."""

    def __init__(self, lab):
        self._folder = lab.directory / "probes"
        self._folder.mkdir()
        self._hosts = list(lab.hosts)
        self._addresses = [f"{h.name}={a}" for h in lab.hosts.values() for a in h.addresses]
        self._children = []
        for host in lab.hosts.values():
            # Before others, so that a busy machine does not blur the instants.
            self._children.append(host.popen(
                ["nice", "-n", "-15", "/usr/bin/python3", PROBER, self._folder, host.name,
                 GAP_MS, *self._addresses],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def begin(self):
        for child in self._children:
            assert child.stdout.readline() == "ready\n"
        for child in self._children:
            child.stdin.write("go\n")
            child.stdin.flush()

    def end(self):
        """Ends them. {(sender, receiver): [Packet]}, of both families."""
        for child in self._children:
            child.send_signal(signal.SIGUSR1)
        for child in self._children:
            assert child.stdout.readline() == "quiet\n"
        for child in self._children:
            child.send_signal(signal.SIGTERM)
        codes = [child.wait(20) for child in self._children]
        assert not any(codes), f"probers ended with {codes}"
        return self._read()

    def kill(self):
        for child in self._children:
            child.kill()
            child.wait()

    def _read(self):
        came = {record for host in self._hosts
                for record in RECEIVED.iter_unpack((self._folder / f"{host}.received")
                                                   .read_bytes())}
        owners = [a.split("=")[0] for a in self._addresses]
        own = {(owner, ":" in a): i for i, (owner, a) in enumerate(zip(owners, self._addresses))}
        packets = {}
        for host in self._hosts:
            for number, to, error, before, after in SENT.iter_unpack(
                    (self._folder / f"{host}.sent").read_bytes()):
                source = own[host, ":" in self._addresses[to]]
                packets.setdefault((host, owners[to]), []).append(
                    Packet(before, after, (number, source, to) in came, error))
        return packets
