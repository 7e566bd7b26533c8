"""Sends a numbered UDP packet a millisecond to every other host, and notes what comes.

python3 -m lab.demo.prober NAME FOLDER NAME=ADDRESS...   (itself among them)

FOLDER/NAME.sent and NAME.received are records of RECORD: number, index of the other
host in the order of the command line, CLOCK_BOOTTIME in nanoseconds. The instant in
both is that of sending, so hosts on one machine share the clock.
"""

import array
import select
import socket
import struct
import sys
import time

PORT = 7999
GAP_NS = 1_000_000
FLUSH_NS = 50_000_000
RECORD = struct.Struct("<qqq")
PROBE = struct.Struct("<qqq")   # number, index of the sender, instant of sending


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Prober:
    def __init__(self, name, folder, addresses):
        self._names = list(addresses)
        self._own = self._names.index(name)
        self._others = [(i, (addresses[n], PORT)) for i, n in enumerate(self._names) if n != name]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind((addresses[name], PORT))
        self._socket.setblocking(False)
        self._files = [(open(f"{folder}/{name}.{what}", "wb", buffering=0), array.array("q"))
                       for what in ("sent", "received")]

    def run(self):
        number, due, flush = 0, now(), 0
        while True:
            self._send(number)
            self._receive()
            number += 1
            # A late tick is not made up for: a burst would tell nothing new.
            due = max(due + GAP_NS, now())
            if due > flush:
                self._flush()
                flush = due + FLUSH_NS
            select.select([], [], [], max(0, due - now()) / 1e9)

    def _send(self, number):
        record = self._files[0][1]
        for index, target in self._others:
            instant = now()
            try:
                self._socket.sendto(PROBE.pack(number, self._own, instant), target)
            except OSError:
                pass  # As good as lost; the record tells that it was tried.
            record.extend((number, index, instant))

    def _receive(self):
        record = self._files[1][1]
        while True:
            try:
                data = self._socket.recv(64)
            except BlockingIOError:
                return
            if len(data) == PROBE.size:
                record.extend(PROBE.unpack(data))

    def _flush(self):
        for file, record in self._files:
            file.write(record.tobytes())
            del record[:]


if __name__ == "__main__":
    Prober(sys.argv[1], sys.argv[2], dict(a.split("=") for a in sys.argv[3:])).run()
