"""Hands: a worker.py in every host of a lab, driven from a test.

What comes of asking another host is a word: "ok"; "error: ..." if somebody said no;
else it was silent, and the taps on both hosts (tap.py) say why:

    "request lost"  the request came in at the other's device, and was not delivered
    "answer lost"   the answer came in at our device, and was not delivered
    "unsent", "unanswered"  the request, or an answer to what was delivered, came in at
                    no device: dropped by its sender, which is not what Sunder does
    "silence"       all was delivered, and nothing came of it
"""

import concurrent.futures
import contextlib
import json
import pathlib
import subprocess
import threading

WORKER = pathlib.Path(__file__).with_name("worker.py")


class Hand:
    """One host's worker. Calls block until it answers; one call at a time."""

    def __init__(self, namespace):
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, "/usr/bin/python3", WORKER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert json.loads(self._process.stdout.readline()) == "ready"

    def do(self, what, **arguments):
        return self.do_all([(what, arguments)])[0]

    def do_all(self, commands):
        """Does [(what, arguments)] side by side."""
        with self._lock:
            self._process.stdin.write(
                json.dumps([{"do": what, **arguments} for what, arguments in commands]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        assert line, f"worker died doing {commands}"
        return json.loads(line)

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


def why_silent(ours, our_address, theirs, their_address, port):
    """What the taps saw of a conversation between our `port` and them, as a word."""
    def request(where):
        return any(row[:2] == [our_address, port] for row in theirs[where])

    def answer(where):
        return any((row[0], row[2]) == (their_address, port) for row in ours[where])
    if not request("arrived"):
        return "unsent"
    if not request("delivered"):
        return "request lost"
    if not answer("arrived"):
        return "unanswered"
    return "silence" if answer("delivered") else "answer lost"


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
        """Does {key: (name, what, arguments)} side by side. {key: answer}."""
        of_host = {}
        for key, (name, *command) in jobs.items():
            of_host.setdefault(name, {})[key] = command
        answers = {}
        for keys, said in zip(of_host.values(), self._pool.map(
                lambda name: self._hands[name].do_all(list(of_host[name].values())), of_host)):
            answers |= zip(keys, said)
        return answers

    @contextlib.contextmanager
    def tapped(self, names):
        """Taps the devices of `names` for the block: {name: what Tap.close() says}."""
        seen = {}
        self.all({n: (n, "tap", {}) for n in names})
        try:
            yield seen
        finally:
            seen |= self.all({n: (n, "untap", {}) for n in names})

    def ask(self, kind, asker, asked, family, **more):
        """What comes of one request, a word. `kind` is "tcp" (a new connection), "udp",
        "icmp", or "say" (over a kept connection, `name`)."""
        return self.ask_all({"": (kind, asker, asked, family, more)})[""]

    def ask_all(self, questions):
        """Does {key: (kind, asker, asked, family, more)} side by side. {key: word}."""
        jobs = {}
        for key, (kind, asker, asked, family, more) in questions.items():
            address = {} if kind == "say" else {"address": self.address(asked, family)}
            jobs[key] = (asker, kind, {**address, **more})
        with self.tapped({name for q in questions.values() for name in q[1:3]}) as seen:
            results = self.all(jobs)
        words = {}
        for key, (word, port) in results.items():
            _, asker, asked, family, _ = questions[key]
            if word == "silence":
                word = why_silent(
                    seen[asker], self.address(asker, family),
                    seen[asked], self.address(asked, family), port)
            words[key] = word
        return words

    def close(self):
        for hand in self._hands.values():
            hand.close()
        self._pool.shutdown()
