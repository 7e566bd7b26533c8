"""A task that logs every datagram it gets: when it was sent and when it came, in ns of
CLOCK_BOOTTIME, a line each. Run as `udp_log.py DIRECTORY`; the port is $PORT0."""

import os
import pathlib
import socket
import sys
import time

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, \
        (pathlib.Path(sys.argv[1]) / os.environ["MESOS_TASK_ID"]).open("w", buffering=1) as log:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind(("", int(os.environ["PORT0"])))
    log.write("ready\n")
    while True:
        word = s.recv(64).decode()
        log.write(f"{word} {time.clock_gettime_ns(time.CLOCK_BOOTTIME)}\n")
