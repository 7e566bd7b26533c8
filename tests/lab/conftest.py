"""Fixtures: a stand-in for Marathon on loopback, and its files."""

import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lab import until  # noqa: E402
from lab.marathon_client import Marathon  # noqa: E402
from lab.process import Process  # noqa: E402

HOSTS = [
    {"name": f"n{i}", "address": f"127.0.0.{i}", "agent_id": f"x-S{i}",
     "attributes": {"rack": "r1" if i < 3 else "r2"}} for i in (1, 2, 3)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class StandIn(Marathon):
    """A running stand-in: the calls of the Marathon client, and its process."""

    def __init__(self, folder, hosts=None, heartbeat="10"):
        super().__init__(folder / "marathon.sock")
        self.folder = folder
        (folder / "hosts.json").write_text(json.dumps(hosts or HOSTS))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with open(folder / "log", "wb") as log:
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "/usr/bin/python3", "-m", "lab.marathon",
                 "--listen", f"127.0.0.1:{self.port}", "--unix", folder / "marathon.sock",
                 "--hosts", folder / "hosts.json", "--sandboxes", folder / "sandboxes",
                 "--heartbeat", heartbeat], cwd=ROOT, stdout=log, stderr=log)
        until((folder / "marathon.sock").exists, 15, "the stand-in to listen")

    def signal(self, number):
        self._child.send_signal(number)

    def end(self):
        self.signal(signal.SIGTERM)
        return self._child.wait(15)

    def wait_gone(self):
        self._child.wait(15)

    def connect(self, request):
        """A connection on which these raw bytes were sent."""
        s = socket.create_connection(("127.0.0.1", self.port), 5)
        s.sendall(request)
        return s

    def delete_all(self):
        for app in self.call("GET", "/v2/apps")["apps"]:
            self.call("DELETE", f"/v2/apps{app['id']}?force=true")
        until(lambda: not self.call("GET", "/v2/apps")["apps"], 10, "all apps to end")

    def sandbox(self, task, file):
        path = self.folder / "sandboxes" / task["id"] / file
        return path.read_text() if path.exists() else ""

    def written(self, task, file="stdout"):
        """What the task wrote, once it has written a line."""
        until(lambda: self.sandbox(task, file).endswith("\n"), 5, f"{task['id']} to write")
        return self.sandbox(task, file)


@pytest.fixture(scope="module")
def module_stand_in(tmp_path_factory):
    stand_in = StandIn(tmp_path_factory.mktemp("marathon"))
    yield stand_in
    stand_in.end()


@pytest.fixture
def marathon(module_stand_in):
    """The module's stand-in, without apps before and after."""
    yield module_stand_in
    module_stand_in.delete_all()


_naps = itertools.count()


def nap():
    """The words of a sleep that no other test, and no other run of this one, sleeps."""
    return f"sleep 6{os.getpid()}.{next(_naps)}"


def processes_with(text):
    """Living processes that have `text` in their command line."""
    word = text.replace(" ", "\0")
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                found.append(Process.of(int(path.parent.name)))
        except Exception:  # It has ended while we looked.
            continue
    return found
