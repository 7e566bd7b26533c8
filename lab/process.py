"""A process known by its id and its start, so that no stranger is ever signalled."""

import dataclasses
import os
import signal

from lab.errors import LabError
from lab.wait import until


def _stat(pid):
    """Fields of /proc/PID/stat from the state on; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            return f.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_time(pid):
    """Clock ticks since boot at which `pid` began; None if it is gone or a zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[19])


@dataclasses.dataclass(frozen=True)
class Process:
    pid: int
    started: int

    @classmethod
    def of(cls, pid):
        started = start_time(pid)
        if started is None:
            raise LabError(f"process {pid} is gone already")
        return cls(pid, started)

    @property
    def alive(self):
        return start_time(self.pid) == self.started

    def signal(self, number):
        """Sends a signal; false if the process is gone."""
        if not self.alive:
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def pause(self):
        """SIGSTOP. Returns when it stands still."""
        self.signal(signal.SIGSTOP)
        until(lambda: (_stat(self.pid) or "X")[0] in "TX", 5, f"process {self.pid} to stand still")

    def terminate(self):
        """SIGTERM, which one that stands still hears as well."""
        # Not the other way round: SIGCONT takes back a SIGSTOP that is on its way, and the
        # leak sanitizer, which stops each thread so at the end, waits for it for ever.
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)

    def stop(self, grace=5.0):
        """SIGTERM, and SIGKILL after `grace` seconds. Returns when it is gone."""
        self.terminate()
        try:
            until(lambda: not self.alive, grace, "")
        except LabError:
            self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        until(lambda: not self.alive, 10, f"process {self.pid} to die of SIGKILL")
