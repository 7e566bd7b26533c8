"""Waiting for a condition, never for a time."""

import time

from lab.errors import LabError


def until(condition, timeout, what, interval=0.02):
    """Polls `condition` until it returns something true, and returns that.

    Raises LabError("timed out after … waiting for {what}") otherwise. `what` may be
    a function, so that the message can tell the last state.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            said = what() if callable(what) else what
            raise LabError(f"timed out after {timeout:g} s waiting for {said}")
        time.sleep(interval)  # bounded wait
