"""How often calls of a program fail that runs with failing_calls.cc: a file shared with it."""

import mmap
import struct

FIELDS = ("seed", "netlink_per_mille", "files_per_mille", "netlink_failed", "files_failed",
          "draws")
PROTOCOLS = NETLINK, FILES = "netlink", "files"


class FailingCalls:
    """Of one program, over all its lives. `wrap` is what its command begins with."""

    def __init__(self, library, control, files, seed):
        control.write_bytes(struct.pack(f"{len(FIELDS)}Q", seed, *[0] * (len(FIELDS) - 1)))
        with control.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self.wrap = ["env", f"LD_PRELOAD={library}", f"SUNDER_FAILING_CALLS={control}",
                     f"SUNDER_FAILING_FILES={files}/"]

    def fail(self, what, per_mille):
        self._set(f"{what}_per_mille", per_mille)

    def failing(self):
        return any(self._get(f"{what}_per_mille") for what in PROTOCOLS)

    def calm(self):
        for what in PROTOCOLS:
            self.fail(what, 0)

    def failed(self, what):
        """How many calls have failed."""
        return self._get(f"{what}_failed")

    def _get(self, field):
        return struct.unpack_from("Q", self._memory, 8 * FIELDS.index(field))[0]

    def _set(self, field, value):
        struct.pack_into("Q", self._memory, 8 * FIELDS.index(field), value)
