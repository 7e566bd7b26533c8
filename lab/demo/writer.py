"""A client that trusts Sentinel: writes to whichever master it is told of.

python3 -m lab.demo.writer NAME SENTINEL...   (ADDRESS:PORT, the nearest first)

Each acknowledged write is a line: "ack KEY INSTANT MASTER", the instant when it was sent
on CLOCK_BOOTTIME in nanoseconds. What is not acknowledged is not told, and never retried
under the same key.
"""

import itertools
import sys
import time

import redis
from redis.sentinel import Sentinel

GAP = 0.005
PATIENCE = 0.5
SERVICE = "demo"


def write(name, sentinels):
    hosts = [tuple(s.rsplit(":", 1)) for s in sentinels]
    sentinel = Sentinel([(h, int(p)) for h, p in hosts], socket_timeout=PATIENCE,
                        socket_connect_timeout=PATIENCE)
    keys = itertools.count()
    while True:
        try:
            address, port = sentinel.discover_master(SERVICE)
            with redis.Redis(address, port, socket_timeout=PATIENCE,
                             socket_connect_timeout=PATIENCE) as master:
                for number in keys:
                    key = f"{name}:{number}"
                    instant = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
                    master.set(key, number)
                    print("ack", key, instant, address, flush=True)
                    time.sleep(GAP)  # bounded wait: the client's pace
        except redis.RedisError as error:
            print("failed", type(error).__name__, error, flush=True)
            time.sleep(PATIENCE / 5)  # bounded wait: before it asks again


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2:])
