"""What Sunder said of a fault, brought onto the probes' clock. Pure."""

import datetime


def nanoseconds(timestamp):
    """Of a protobuf Timestamp in JSON, since 1970."""
    seconds, _, fraction = timestamp.removesuffix("Z").partition(".")
    moment = datetime.datetime.fromisoformat(seconds).replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)


def instants(fault, name, boot_to_wall):
    """host -> (instant, uncertainty) of its `name` ("inForce", "healed"), on CLOCK_BOOTTIME."""
    return {status["host"]: (
        nanoseconds(status[name]["at"]) - boot_to_wall,
        int(float((status[name].get("uncertainty") or "0s").removesuffix("s")) * 1e9))
            for status in fault["hosts"] if status.get(name)}


def kept(said, change):
    """Whether each host's instant was said, and not said before its packets showed it."""
    return all(host in said and sum(said[host]) + change.resolution >= at
               for host, at in change.last_at.items())
