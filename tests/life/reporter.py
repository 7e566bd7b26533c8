"""Asks the controller all the while what is in force."""

import json
import threading

import oracle
from clients import CRASHES
from prober import now

PAUSE = 0.25


class Reporter:
    """`sunder faults` again and again, in a thread of its own, from begin to end()."""

    def __init__(self, lab, reports):
        self._lab = lab
        self._reports = reports
        self._ended = threading.Event()
        self.wrong = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self):
        self._ended.set()
        self._thread.join()

    def _run(self):
        while not self._ended.wait(PAUSE):
            began = now()
            with self._lab.sunder_popen("faults", "-o", "json", stdin=-3, stdout=-1, stderr=-1,
                                        text=True) as process:
                out, err = process.communicate()
            ended = now()
            if process.returncode == 0:
                self._reports.append(oracle.Report(began, ended, states(json.loads(out))))
            elif (process.returncode not in (4, 5) or not err.startswith("sunder: ")
                  or any(word in err for word in CRASHES)):
                self.wrong.append(f"sunder faults ended with {process.returncode}: {err}")


def states(listed):
    """{name: (state, generation)} of what `sunder faults -o json` says."""
    return {f["spec"]["name"]: (f["state"], int(f.get("generation", 0)))
            for f in listed.get("faults", [])}
