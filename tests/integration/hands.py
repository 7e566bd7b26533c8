"""Hands: a worker.py in every host of a lab, driven from a test."""

import concurrent.futures
import json
import pathlib
import subprocess
import threading

WORKER = pathlib.Path(__file__).with_name("worker.py")


class Hand:
    """One host's worker. Calls block until it answers; one at a time."""

    def __init__(self, namespace):
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, "/usr/bin/python3", WORKER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert json.loads(self._process.stdout.readline()) == "ready"

    def do(self, what, **arguments):
        with self._lock:
            self._process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        assert line, f"worker died doing {what}"
        return json.loads(line)

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class Hands:
    """The hands of some hosts of a lab, by name; addresses by (name, family)."""

    def __init__(self, lab, names):
        self._lab = lab
        self._hands = {n: Hand(lab.host(n).namespace) for n in names}
        self._pool = concurrent.futures.ThreadPoolExecutor(max(len(names), 1))

    def __getitem__(self, name):
        return self._hands[name]

    def address(self, name, family):
        return self._lab.host(name).addresses[("ipv4", "ipv6").index(family)]

    def all(self, jobs):
        """Does {key: (name, what, arguments)}, hosts side by side. {key: answer}."""
        futures = {key: self._pool.submit(self._hands[name].do, what, **arguments)
                   for key, (name, what, arguments) in jobs.items()}
        return {key: future.result() for key, future in futures.items()}

    def close(self):
        for hand in self._hands.values():
            hand.close()
        self._pool.shutdown()
