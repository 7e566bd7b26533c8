"""Sends datagrams that carry their instant to every ADDRESS:PORT given, each about once
in a millisecond, until it is killed."""

import socket
import sys
import time

targets = [(a, int(p)) for a, p in (t.rsplit(":", 1) for t in sys.argv[1:])]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    while True:
        for target in targets:
            s.sendto(b"%d" % time.clock_gettime_ns(time.CLOCK_BOOTTIME), target)
        time.sleep(0.001)  # bounded wait
