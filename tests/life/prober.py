"""Sends numbered UDP packets to every other address, and notes what was sent and what came.

python3 prober.py FOLDER NAME GAP_MS ADDRESS...   (of all hosts; NAME=ADDRESS each)

FOLDER/NAME.sent holds records of SENT, NAME.received of RECEIVED. Addresses are told by
their index in the order of the command line, instants are ns of CLOCK_BOOTTIME. SIGUSR1
ends the sending, SIGTERM all.
"""

import errno
import pathlib
import selectors
import signal
import socket
import struct
import sys
import time

PORT = 7200
SO_RCVBUFFORCE = 33
SENT = struct.Struct("=IHHqq")      # number, to, errno or 0, before sending, after it
RECEIVED = struct.Struct("=IHH")    # number, from, to
FLUSH = 1 << 16


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Prober:
    def __init__(self, folder, name, gap_ms, addresses):
        owners, texts = zip(*(a.split("=") for a in addresses))
        self._gap = float(gap_ms) / 1e3
        own = [i for i, owner in enumerate(owners) if owner == name]
        self._sockets = {i: self._socket(texts[i]) for i in own}
        # To each from the own address of its family.
        self._targets = [
            (i, self._sockets[o], o, (text, PORT)) for i, text in enumerate(texts)
            for o in own if i not in own and (":" in text) == (":" in texts[o])]
        self._files = {what: open(pathlib.Path(folder) / f"{name}.{what}", "wb", FLUSH)
                       for what in ("sent", "received")}
        self._quiet, self._running = False, True

    def _socket(self, address):
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                          socket.SOCK_DGRAM)
        # Seconds of all that comes: a prober that has to wait loses nothing.
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
        s.bind((address, PORT))
        s.setblocking(False)
        return s

    def quiet(self, *_):
        self._quiet = True

    def end(self, *_):
        self._running = False

    def run(self):
        print("ready", flush=True)
        sys.stdin.readline()  # Once all are.
        selector = selectors.DefaultSelector()
        for index, s in self._sockets.items():
            selector.register(s, selectors.EVENT_READ, index)
        number, due, sending = 0, time.monotonic(), True
        while self._running:
            if sending and self._quiet:
                sending = False
                print("quiet", flush=True)
            if sending and time.monotonic() >= due:
                self._send(number)
                number += 1
                # A late turn is not made up for.
                due = max(due + self._gap, time.monotonic())
            for key, _ in selector.select(max(0.0, due - time.monotonic()) if sending else 0.05):
                self._receive(key.fileobj, key.data)
        for index, s in self._sockets.items():
            self._receive(s, index)
        for file in self._files.values():
            file.close()

    def _send(self, number):
        before = now()
        for index, s, own, target in self._targets:
            error = 0
            try:
                s.sendto(struct.pack("=IH", number, own), target)
            except OSError as failed:
                error = failed.errno or errno.EIO
            after = now()
            self._files["sent"].write(SENT.pack(number, index, error, before, after))
            before = after

    def _receive(self, s, own):
        while True:
            try:
                data = s.recv(64)
            except OSError:
                return
            self._files["received"].write(RECEIVED.pack(*struct.unpack("=IH", data), own))


if __name__ == "__main__":
    prober = Prober(*sys.argv[1:4], sys.argv[4:])
    signal.signal(signal.SIGUSR1, prober.quiet)
    signal.signal(signal.SIGTERM, prober.end)
    prober.run()
