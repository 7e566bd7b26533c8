"""The Lab: see the package's own words."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

from lab import network, result
from lab.daemon import Daemon
from lab.errors import LabError
from lab.host import Host
from lab.marathon_client import Marathon
from lab.process import Process

ROOT = pathlib.Path(__file__).resolve().parents[1]
MARATHON_URL = f"http://{network.CONTROL_ADDRESS}:8080"
MESOS_ID = "7f3e9a52-4d0c-4b6e-9a53-0c6f1d2e8b11"
_made = 0


@dataclasses.dataclass
class Program:
    """How one daemon differs from the rest: for mutants, sanitizers, other clocks."""

    binary: str = ""                                    # Instead of the built one.
    args: list = dataclasses.field(default_factory=list)
    env: dict = dataclasses.field(default_factory=dict)
    wrap: list = dataclasses.field(default_factory=list)  # Command prefix; must exec.


def default_labels(number, hosts):
    """Two hosts to a rack; the smaller half of the hosts is zone a, the rest b."""
    return {"rack": f"r{(number + 1) // 2}", "zone": "a" if number <= hosts // 2 else "b"}


class Lab:
    """A lab that is up from `up()` (or `with`) to `down()`.

    hosts     how many, or their names in order; n1, n2, ... by default
    labels    {"n1": {"rack": "r9"}}: more or other labels
    tasks     the inventory's `tasks`, as the controller reads them
    agents    {"n1": Program(...)}; the key "*" is for all others
    controller, marathon  a Program, or None to have none
    binaries  folder with sunder, sunder-agent, sunder-controller; by default
              $SUNDER_BIN, else build/release/bin
    start     False: everything is made, nothing started
    detached  daemons outlive this process (scripts/lab up)
    """

    def __init__(self, hosts=3, *, name=None, directory=None, binaries=None, labels=None,
                 tasks=None, agents=None, controller=Program(), marathon=Program(),
                 start=True, detached=False):
        global _made
        _made += 1
        names = [f"n{i}" for i in range(1, hosts + 1)] if isinstance(hosts, int) else list(hosts)
        if not 1 <= len(names) <= network.MAX_HOSTS:
            raise LabError(f"{len(names)} hosts: a lab has 1 to {network.MAX_HOSTS}")
        for host in names:
            if not 1 <= len(host) <= 12 or host in ("net", network.CONTROL) or not host.isalnum():
                raise LabError(f"host name {host!r}: 1 to 12 letters and digits, not net or ctl")
        self.name = name or f"t{os.getpid()}x{_made}"
        self.binaries = pathlib.Path(binaries or os.environ.get("SUNDER_BIN")
                                     or ROOT / "build/release/bin").resolve()
        self._remove_directory = False   # Whether up() made it.
        self.directory = (pathlib.Path(directory).resolve() if directory else
                          pathlib.Path(tempfile.gettempdir()) / f"sunder-lab-{self.name}")
        self.hosts = {
            h: Host(h, f"{self.name}-{h}", network.data_addresses(i),
                    network.control_addresses(i), f"{MESOS_ID}-S{i - 1}",
                    {**default_labels(i, len(names)), **(labels or {}).get(h, {})})
            for i, h in enumerate(names, 1)}
        self._tasks = tasks or []
        self._programs = agents or {}
        self._controller_program = controller
        self._marathon_program = marathon
        self._start = start
        self._detached = detached
        self._make_daemons()

    # ------------------------------------------------------------ life

    def __enter__(self):
        return self.up()

    def __exit__(self, kind, error, _):
        if error is None:
            self.down()
        else:
            print(self.logs(), file=sys.stderr)
            self._down()

    def up(self):
        """Makes and starts everything; if anything fails, leaves nothing behind."""
        if os.geteuid() != 0:
            raise LabError("the lab makes network namespaces: run it as root")
        if self._state_file.exists():
            raise LabError(f"{self.directory} holds a lab already: take it down first")
        network.check_free(self.name, self.hosts)
        self._remove_directory = not self.directory.exists()
        try:
            self.directory.mkdir(parents=True, mode=0o700, exist_ok=True)
            self._write_files()
            network.build(self.name, list(self.hosts))
            if self._start:
                self.start()
        except BaseException:
            self._down()
            raise
        return self

    def start(self):
        """Starts every daemon that does not run; all at once, as machines boot."""
        started = [d for d in self.daemons.values() if not d.running]
        missing = [d for d in started if shutil.which(d.command[0]) is None]
        if missing:
            raise LabError(f"{missing[0].name}: no program {missing[0].command[0]} (scripts/build "
                           "makes them; --build or $SUNDER_BIN say where)")
        for daemon in started:
            daemon.start(wait=False)
        for daemon in started:
            daemon.wait_ready()

    def down(self):
        """Ends every process of the lab and removes all that it made. Idempotent.

        LabError, when all is gone, if a daemon did not end well or a sanitizer spoke.
        """
        if ill := self._down():
            raise LabError("\n".join(ill))

    def _down(self):
        """down(), but returns what went wrong: [text]."""
        for daemon in self.daemons.values():
            daemon.begin_stop()
        ill = [wrong for daemon in self.daemons.values() if (wrong := daemon.stop())]
        network.remove(self.name, list(self.hosts))
        self._state_file.unlink(missing_ok=True)
        if self._remove_directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        return ill

    @classmethod
    def load(cls, directory):
        """The lab that another process brought up in `directory`."""
        directory = pathlib.Path(directory)
        try:
            state = json.loads((directory / "lab.json").read_text())
        except FileNotFoundError:
            raise LabError(f"no lab in {directory}") from None
        lab = cls(state["hosts"], name=state["name"], directory=directory,
                  binaries=state["binaries"], labels=state["labels"], detached=True,
                  controller=Program() if "controller" in state["daemons"] else None,
                  marathon=Program() if "marathon" in state["daemons"] else None)
        lab._remove_directory = state["remove_directory"]
        for name, process in state["daemons"].items():
            if process:
                lab.daemons[name].adopt(Process(**process))
        return lab

    # ------------------------------------------------------------ parts

    def host(self, name):
        return self.hosts[name]

    def agent(self, name):
        return self.daemons[f"agent {name}"]

    @property
    def controller(self):
        return self.daemons["controller"]

    @property
    def marathon_daemon(self):
        return self.daemons["marathon"]

    @property
    def marathon(self):
        """Talks to the stand-in."""
        return Marathon(self.directory / "marathon.sock")

    def logs(self, last=2000):
        """The ends of all logs, for a failed test's report."""
        return "\n".join(f"--- {d.name}\n{d.log[-last:]}" for d in self.daemons.values())

    # ------------------------------------------------------------ commands

    def sunder_command(self, *words):
        """The command line of `sunder WORDS` against this lab's controller."""
        # By the environment, so that a --controller among the words wins.
        return ["env", f"SUNDER_CONTROLLER=unix:{self._path('controller.sock')}",
                str(self.binaries / "sunder"), *map(str, words)]

    def sunder(self, *words, timeout=60, env=None):
        """Runs `sunder WORDS` to its end: a Result."""
        return result.run(self.sunder_command(*words), timeout, env=env)

    def sunder_popen(self, *words, **kwargs):
        """Starts `sunder WORDS`: a subprocess.Popen, for --hold, watch and signals."""
        return subprocess.Popen(self.sunder_command(*words), **kwargs)

    def in_control_network(self, command):
        """The command line that runs `command` beside the controller and the stand-in."""
        return ["ip", "netns", "exec", f"{self.name}-{network.CONTROL}", *map(str, command)]

    # ------------------------------------------------------------ making

    @property
    def _state_file(self):
        return self.directory / "lab.json"

    def _make_daemons(self):
        self.daemons = {}
        control = f"{self.name}-{network.CONTROL}"
        if self._marathon_program is not None:
            self._add("marathon", control, self._marathon_program,
                      ["/usr/bin/python3", "-m", "lab.marathon", "--listen", "0.0.0.0:8080",
                       "--unix", self._path("marathon.sock"),
                       "--hosts", self._path("marathon-hosts.json"),
                       "--sandboxes", self._path("sandboxes")],
                      self._path("marathon.sock"), {"PYTHONPATH": str(ROOT)})
        for name, host in self.hosts.items():
            program = self._programs.get(name, self._programs.get("*", Program()))
            self._add(f"agent {name}", host.namespace, program,
                      [self.binaries / "sunder-agent", "--name", name,
                       "--listen", f"unix:{self._path(name)}.sock",
                       "--state-dir", self._path(name)], f"{self._path(name)}.sock")
        if self._controller_program is not None:
            source = ["--marathon", MARATHON_URL] if self._marathon_program is not None else []
            self._add("controller", control, self._controller_program,
                      [self.binaries / "sunder-controller",
                       "--listen", f"unix:{self._path('controller.sock')}",
                       "--inventory", self._path("inventory.yaml"), *source,
                       "--state-dir", self._path("controller")], self._path("controller.sock"))

    def _add(self, name, namespace, program, command, unix_socket, env=None):
        words = [*program.wrap, program.binary or str(command[0]), *command[1:], *program.args]
        self.daemons[name] = Daemon(
            name, namespace, words, unix_socket, self._path(f"{name.replace(' ', '-')}.log"),
            self._detached, {**(env or {}), **program.env}, self._save)

    def _path(self, leaf):
        return str(self.directory / leaf)

    def _write_files(self):
        for folder in [*self.hosts, "controller", "sandboxes"]:
            (self.directory / folder).mkdir(exist_ok=True)
        self.write_inventory(self._tasks)
        (self.directory / "marathon-hosts.json").write_text(json.dumps(
            [{"name": h.name, "address": h.address, "namespace": h.namespace,
              "agent_id": h.mesos_agent_id, "attributes": h.labels} for h in self.hosts.values()]))
        self._save()

    def write_inventory(self, tasks=(), hosts=None):
        """Writes the controller's inventory; `hosts` replaces the lab's own entries."""
        entries = hosts if hosts is not None else [
            {"name": h.name, "addresses": h.addresses, "labels": h.labels,
             "agent": f"unix:{self._path(h.name)}.sock",
             "mesos_agent_id": h.mesos_agent_id} for h in self.hosts.values()]
        (self.directory / "inventory.yaml").write_text(
            yaml.safe_dump({"hosts": entries, "tasks": list(tasks)}, sort_keys=False))

    def _save(self):
        state = {
            "name": self.name, "remove_directory": self._remove_directory, "hosts": list(self.hosts), "binaries": str(self.binaries),
            "labels": {h.name: h.labels for h in self.hosts.values()},
            "daemons": {n: d.process and dataclasses.asdict(d.process)
                        for n, d in self.daemons.items()}}
        new = self.directory / "lab.json.new"
        new.write_text(json.dumps(state, indent=1))
        new.replace(self._state_file)
