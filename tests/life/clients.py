"""`sunder` commands that run beside a life, and how they may end."""

import signal
import subprocess

import oracle
from prober import now

# failed, not found, unreachable, timed out, may be in force: cli/core/exit_code.h.
MAY_SAY = (0, 1, 3, 4, 5, 8)
CRASHES = ("Sanitizer", "terminate called", "Traceback", "runtime error:", "Check failed")


class Client:
    """One command. `on_end(code or None, instant)` once it has ended; None: it was killed."""

    def __init__(self, lab, folder, number, words, on_end):
        self.words = " ".join(map(str, words))
        self._on_end = on_end
        self._killed = False
        self.stopped = False
        self.began = now()
        self._outputs = [folder / f"client-{number}.{name}" for name in ("out", "err")]
        with open(self._outputs[0], "wb") as out, open(self._outputs[1], "wb") as err:
            self._process = lab.sunder_popen(
                *words, stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def kill(self):
        self._killed = True
        self._process.kill()

    def stop(self, stopped):
        self.stopped = stopped
        self._process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)

    def look(self):
        """None while it runs; then what is wrong with its end, or ""."""
        code = self._process.poll()
        if code is None:
            return None
        ended = now()
        killed = self._killed and code == -signal.SIGKILL
        self._on_end(None if killed else code, ended)
        error = self._outputs[1].read_text(errors="replace")
        if any(word in error for word in CRASHES):
            return f"sunder {self.words} crashed:\n{error}"
        if not killed and code not in MAY_SAY:
            return f"sunder {self.words} ended with {code}:\n{error}"
        if not killed and code != oracle.DONE and not error.startswith("sunder: "):
            return f"sunder {self.words} ended with {code} without a reason: {error!r}"
        return ""

    @property
    def output(self):
        return self._outputs[0].read_text(errors="replace")
