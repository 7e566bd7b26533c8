"""A pair of hands inside one host's network namespace.

Run as `ip netns exec NS python3 worker.py`: reads JSON commands from standard input, a
list a line, does those of a line side by side and answers a line for them. It serves echo on ECHO_PORT and
OTHER_PORT (TCP and UDP, IPv4 and IPv6) all the while. Times are CLOCK_BOOTTIME,
nanoseconds. Outcomes of a try are words: "ok", "silence" (time ran out and no
error came), or "error: ..." (somebody said no). Where packets got to in a silence,
taps tell (tap.py): so a try that may be lost answers [word, own port].
"""

import concurrent.futures
import contextlib
import errno
import json
import os
import selectors
import socket
import struct
import sys
import threading
import time

from tap import Counter, Tap

DEVICE = "eth0"
ECHO_PORT = 7001
OTHER_PORT = 7002


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve_echo():
    """Echoes whatever comes, for ever, in one thread."""
    selector = selectors.DefaultSelector()
    for port in (ECHO_PORT, OTHER_PORT):
        for family in (socket.AF_INET, socket.AF_INET6):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                s = socket.socket(family, kind)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.bind(("", port))
                if kind == socket.SOCK_STREAM:
                    s.listen(128)
                s.setblocking(False)
                selector.register(s, selectors.EVENT_READ, kind)
    threading.Thread(target=echo_for_ever, args=(selector,), daemon=True).start()


def echo_for_ever(selector):
    while True:
        for key, _ in selector.select():
            s = key.fileobj
            try:
                if key.data == socket.SOCK_DGRAM:
                    data, peer = s.recvfrom(65536)
                    s.sendto(data, peer)
                elif key.data == socket.SOCK_STREAM:
                    connection, _ = s.accept()
                    selector.register(connection, selectors.EVENT_READ, "connection")
                else:
                    data = s.recv(65536)
                    if data:
                        s.sendall(data)
                    else:
                        selector.unregister(s)
                        s.close()
            except BlockingIOError:
                pass
            except OSError:
                if key.data == "connection":
                    selector.unregister(s)
                    s.close()


def outcome(attempt):
    """Runs attempt() and says what came of it."""
    try:
        attempt()
        return "ok"
    except (TimeoutError, BlockingIOError):
        return "silence"
    except OSError as error:
        return f"error: {errno.errorcode.get(error.errno, error)}"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    total += total >> 16
    return ~total & 0xFFFF


class Connection:
    """A TCP connection to an echo; `opened` is what came of opening it."""

    def __init__(self, address, port, timeout):
        self._socket = socket.socket(family_of(address), socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self.opened = outcome(lambda: self._socket.connect((address, port)))
        self.close = self._socket.close

    def say(self, timeout):
        """[what came of an echo, or of opening where that failed; own port]"""
        own_port = self._socket.getsockname()[1]
        return [self.opened if self.opened != "ok" else
                outcome(lambda: self._echo(timeout)), own_port]

    def _echo(self, timeout):
        self._socket.settimeout(timeout)
        word = os.urandom(16)
        self._socket.sendall(word)
        seen = b""
        # Echoes of words that were lost for us earlier may come first.
        while not seen.endswith(word):
            part = self._socket.recv(4096)
            if not part:
                raise ConnectionResetError(errno.ECONNRESET, "closed")
            seen += part


class Worker:
    """Each public method is a command; its keyword arguments are the JSON's."""

    def __init__(self):
        self._connections = {}
        self._stream = None
        self._tap = None

    def tap(self):
        """Begins to see what comes in at the device."""
        self._tap = Tap(DEVICE)
        return "ok"

    def untap(self):
        """What came in since and what was delivered: see Tap.close()."""
        return self._tap.close()

    def open(self, name, address, port=ECHO_PORT, timeout=1.3):
        """Opens a TCP connection and keeps it under `name`."""
        self._connections[name] = Connection(address, port, timeout)
        return self._connections[name].opened

    def say(self, name, timeout=1.0):
        """Sends over a kept connection and waits for the echo."""
        return self._connections[name].say(timeout)

    def close(self, name):
        self._connections.pop(name).close()
        return "ok"

    def tcp(self, address, port=ECHO_PORT, timeout=1.3):
        """A new connection and one echo over it."""
        with contextlib.closing(Connection(address, port, timeout)) as connection:
            return connection.say(timeout)

    def udp(self, address, port=ECHO_PORT, timeout=1.0):
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as s:
            s.settimeout(timeout)
            word = os.urandom(16)

            def attempt():
                s.connect((address, port))  # So that ICMP errors are told to us.
                s.send(word)
                while s.recv(4096) != word:
                    pass
            return [outcome(attempt), s.getsockname()[1]]

    def icmp(self, address, timeout=1.0):
        """Echo request and reply. Its identifier stands for the port."""
        v6 = family_of(address) == socket.AF_INET6
        protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
        with socket.socket(family_of(address), socket.SOCK_RAW, protocol) as s:
            ident = os.urandom(4)
            body = struct.pack("!BBH", 128 if v6 else 8, 0, 0) + ident
            if not v6:
                body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
            deadline = now() + int(timeout * 1e9)

            def attempt():
                s.sendto(body, (address, 0))
                while True:
                    s.settimeout(max((deadline - now()) / 1e9, 0.001))
                    data, _ = s.recvfrom(4096)
                    reply = data if v6 else data[(data[0] & 15) * 4:]
                    if reply[0] == (129 if v6 else 0) and reply[4:8] == ident:
                        return
            return [outcome(attempt), struct.unpack("!H", ident[:2])[0]]

    def hear(self, address, port, timeout=0.8):
        """Waits for a datagram to one of our addresses."""
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as s:
            s.settimeout(timeout)
            s.bind((address, port))
            return outcome(lambda: s.recv(64))

    def shout(self, address, port, seconds=1.0):
        """Sends datagrams that nobody answers, often, for a while."""
        deadline = time.monotonic() + seconds
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as s:
            while time.monotonic() < deadline:
                result = outcome(lambda: s.sendto(b"x", (address, port)))
                if result != "ok":
                    return result
                time.sleep(0.01)  # bounded wait
        return "ok"

    def stream(self, peers, listen, port=7100, gap_ms=1.0):
        """Begins to record what comes in on the `listen` addresses, and prepares to
        send a numbered UDP packet to each peer every gap."""
        self._stream = Stream(peers, listen, port, gap_ms / 1e3)
        return "ok"

    def stream_send(self):
        """Begins to send, once all hosts listen."""
        self._stream.send()
        return "ok"

    def stream_quiet(self):
        """Sends no more; what is under way still comes in."""
        self._stream.quiet()
        return "ok"

    def stream_stop(self):
        """Ends it: {"sent": {peer: [[ns before, ns after]...]}, "received": {peer:
        [number...]}} and the "arrived" and "errors" of stream_mark."""
        result = self._stream.stop()
        self._stream = None
        return result

    def stream_mark(self):
        """So far, by peer: {"received": how many packets we were given, "arrived": how
        many came in at the device, "errors": what sending said, how often}."""
        return self._stream.marks()


class Stream:
    """Numbered UDP packets out at a steady pace, and what came in, with times."""

    def __init__(self, peers, listen, port, gap):
        self._gap = gap
        self._port = port
        self._sent = {p: [] for p in peers}
        self._errors = {p: {} for p in peers}
        self._received = {}
        self._silenced = threading.Event()
        self._ended = threading.Event()
        self._arrived = {p: Counter(DEVICE, p, port) for p in peers}
        self._in = [self._socket(a) for a in listen]
        self._out = {p: self._socket(p, bind=False) for p in peers}
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._receiver = threading.Thread(target=self._receive, daemon=True)
        self._receiver.start()

    def send(self):
        self._sender.start()

    def quiet(self):
        self._silenced.set()
        self._sender.join()

    def _socket(self, address, bind=True):
        s = socket.socket(family_of(address), socket.SOCK_DGRAM)
        if bind:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
            s.bind((address, self._port))
        s.setblocking(False)
        return s

    def _send(self):
        due = time.monotonic()
        number = 0
        while not self._silenced.is_set():
            for peer, s in self._out.items():
                before = now()
                try:
                    s.sendto(struct.pack("!Q", number), (peer, self._port))
                except OSError as error:
                    name = errno.errorcode.get(error.errno, str(error))
                    self._errors[peer][name] = self._errors[peer].get(name, 0) + 1
                self._sent[peer].append((before, now()))
            number += 1
            due += self._gap
            self._silenced.wait(max(0.0, due - time.monotonic()))

    def _receive(self):
        selector = selectors.DefaultSelector()
        for s in self._in:
            selector.register(s, selectors.EVENT_READ)
        while not self._ended.is_set():
            for key, _ in selector.select(0.1):
                while True:
                    try:
                        data, peer = key.fileobj.recvfrom(64)
                    except OSError:
                        break
                    self._received.setdefault(peer[0], []).append(
                        struct.unpack("!Q", data[:8])[0])

    def marks(self):
        return {"received": {p: len(seen) for p, seen in list(self._received.items())},
                "arrived": {p: counter.read() for p, counter in self._arrived.items()},
                "errors": {p: dict(said) for p, said in self._errors.items()}}

    def stop(self):
        self._ended.set()
        self._receiver.join()
        marks = self.marks()
        for s in [*self._in, *self._out.values(), *self._arrived.values()]:
            s.close()
        return {**marks, "sent": self._sent, "received": self._received}


def main():
    serve_echo()
    worker = Worker()
    print(json.dumps("ready"), flush=True)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for line in sys.stdin:
            answers = pool.map(lambda c: getattr(worker, c.pop("do"))(**c), json.loads(line))
            print(json.dumps(list(answers)), flush=True)


if __name__ == "__main__":
    main()
