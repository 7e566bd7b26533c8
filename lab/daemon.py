"""One long-running program of the lab: started, stopped, crashed, stopped short."""

import os
import pathlib
import signal
import socket
import subprocess

from lab.errors import LabError
from lab.process import Process
from lab.wait import until


class Daemon:
    """A program in one of the lab's namespaces, ready once its socket answers.

    Its output goes to `log`. Unless `detached` it dies with the thread that
    started it, so that a killed test run leaves nothing behind.
    """

    def __init__(self, name, namespace, command, unix_socket, log, detached=False,
                 env=None, on_change=lambda: None):
        self.name = name
        self.command = list(command)   # May be changed between stop() and start().
        self.env = dict(env or {})
        self.log_path = pathlib.Path(log)
        self.process = None            # The last one started; None before the first.
        self.namespace = namespace
        self._socket = unix_socket
        self._detached = detached
        self._on_change = on_change
        self._child = None
        self._stopping = False         # Of the last one: it was told to end.

    @property
    def pid(self):
        """Of the program itself: nothing stands between it and the lab."""
        if not self.running:
            raise LabError(f"{self.name} does not run")
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.alive

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self, wait=True, timeout=15):
        """Starts it and, with `wait`, returns once it answers on its socket."""
        if self.running:
            raise LabError(f"{self.name} runs already")
        tether = [] if self._detached else ["setpriv", "--pdeathsig", "KILL"]
        command = [*tether, "ip", "netns", "exec", self.namespace, *map(str, self.command)]
        with open(self.log_path, "ab") as log:
            try:
                self._child = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={**os.environ, **self.env}, start_new_session=True)
            except OSError as error:
                raise LabError(f"start {self.name}: {error}") from error
        self.process = Process.of(self._child.pid)
        self._stopping = False
        self._on_change()
        if wait:
            self.wait_ready(timeout)

    def wait_ready(self, timeout=15):
        def answers():
            if not self.running:
                raise LabError(f"{self.name} ended while it started:\n{self.log[-3000:]}")
            with socket.socket(socket.AF_UNIX) as s:
                return s.connect_ex(str(self._socket)) == 0
        until(answers, timeout, lambda: f"{self.name} to listen; its log:\n{self.log[-3000:]}")

    def begin_stop(self):
        """SIGTERM, once, without waiting: stop() waits."""
        if self.running and not self._stopping:
            self._stopping = True
            self.process.terminate()

    def stop(self, grace=20.0):
        """SIGTERM; SIGKILL if it is still there after `grace` seconds. Returns what went
        wrong: an end other than by SIGTERM or exit code 0, or a sanitizer's words in any of its lives;
        None for nothing. What it was killed of before does not count."""
        self.begin_stop()
        if self.process:
            try:
                until(lambda: not self.running, grace, "")
            except LabError:
                self.process.kill()
        code = self._reap()
        if self._stopping and code not in (None, 0, -signal.SIGTERM):
            return f"{self.name} ended with {code}:\n{self.log[-3000:]}"
        if (at := self.log.find("Sanitizer")) >= 0:
            return f"{self.name}: {self.log[max(0, at - 200):at + 4000]}"
        return None

    def kill(self):
        """SIGKILL: a crash."""
        if self.process:
            self.process.kill()
        self._reap()

    def restart(self):
        self.stop()
        self.start()

    def pause(self):
        """SIGSTOP: when this returns the process stands still; the kernel goes on."""
        self.process.pause()

    def resume(self):
        self.process.signal(signal.SIGCONT)

    def wait(self, timeout=10):
        """Waits until it has ended by itself; returns its exit code."""
        until(lambda: not self.running, timeout, f"{self.name} to end")
        return self._reap()

    def adopt(self, process):
        """Takes over a process that an earlier Lab object started."""
        self.process = process

    def _reap(self):
        return self._child.wait() if self._child else None
