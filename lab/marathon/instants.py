"""Instants as Marathon writes them, to the millisecond."""

import datetime
import time

_last = 0


def text(milliseconds):
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"


def now():
    return text(time.time_ns() // 1_000_000)


def version():
    """Now, but later than every version before: versions are keys and are compared."""
    global _last
    _last = max(_last + 1, time.time_ns() // 1_000_000)
    return text(_last)
