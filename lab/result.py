"""What a finished command left behind."""

import dataclasses
import json
import os
import signal
import subprocess

from lab.errors import LabError


@dataclasses.dataclass(frozen=True)
class Result:
    command: list
    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        """Its standard output as JSON."""
        try:
            return json.loads(self.stdout)
        except ValueError as error:
            raise LabError(f"{self.describe()}: not JSON: {error}") from None

    def describe(self):
        text = f"{' '.join(map(str, self.command))}: exit {self.code}"
        for name, stream in (("stdout", self.stdout), ("stderr", self.stderr)):
            if stream.strip():
                text += f"\n  {name}: {stream.strip()[-2000:]}"
        return text

    def check(self, code=0):
        """Raises unless the command ended with `code`; returns itself."""
        if self.code != code:
            raise LabError(self.describe())
        return self


def run(command, timeout, stdin=None, env=None):
    """Runs a command to its end, at most `timeout` seconds, with all its children."""
    with subprocess.Popen(command, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=env and {**os.environ, **env}, start_new_session=True) as process:
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise LabError(f"{' '.join(map(str, command))}: no end within {timeout:g} s"
                           f"\n  stdout: {out[-2000:]}\n  stderr: {err[-2000:]}") from None
    return Result(list(command), process.returncode, out, err)
