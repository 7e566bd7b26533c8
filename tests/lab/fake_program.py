"""Stands for an agent or the controller where a test is about the lab alone.

Listens on --listen unix:PATH until SIGTERM; with --die it ends at once.
"""

import os
import pathlib
import signal
import socket
import sys

if "--die" in sys.argv:
    sys.exit("told to die")
path = pathlib.Path(sys.argv[sys.argv.index("--listen") + 1].removeprefix("unix:"))
path.unlink(missing_ok=True)
with socket.socket(socket.AF_UNIX) as server:
    server.bind(str(path))
    server.listen()
    print("WORD", os.environ.get("WORD"), flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
path.unlink()
