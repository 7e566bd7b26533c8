"""A task's processes: started inside its host's namespace, ended as one.

They live in a process-id namespace of their own, whose init dies with the stand-in:
nothing of a task can outlive either, whatever it forks.
"""

import asyncio
import os
import pathlib
import signal

# The outer shell is the namespace's init, and deaf to SIGTERM by that. The inner one is
# not, and tells through the pipe on its standard input that it is there, so that no
# SIGTERM is lost.
_INIT = """/bin/sh -c 'echo >&0; exec /bin/sh -c "$0" </dev/null' "$1"; exit $?"""


class TaskProcess:
    def __init__(self, process):
        self._process = process

    @classmethod
    async def start(cls, command, host, env, sandbox):
        """Runs the shell text `command` on `host` with `sandbox` as its folder."""
        sandbox = pathlib.Path(sandbox)
        sandbox.mkdir(parents=True)
        inside = ["ip", "netns", "exec", host.namespace] if host.namespace else []
        told, tell = os.pipe()
        with open(sandbox / "stdout", "wb") as out, open(sandbox / "stderr", "wb") as err, \
                open(told, "rb") as there, open(tell, "wb") as ours:
            process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", *inside, "unshare", "--pid", "--mount-proc",
                "--fork", "--kill-child", "/bin/sh", "-c", _INIT, "sh", command,
                cwd=sandbox, env={**os.environ, **env, "MESOS_SANDBOX": str(sandbox)},
                stdin=ours, stdout=out, stderr=err, start_new_session=True)
            ours.close()   # The end of the file is the end of the process, too.
            await _readable(there)
        return cls(process)

    async def wait(self):
        """Its exit code; negative or above 128 for a signal."""
        return await self._process.wait()

    async def stop(self, grace):
        """SIGTERM to the task; after `grace` seconds SIGKILL to all of it."""
        self._signal_group(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self._process.wait()), grace)
        except asyncio.TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self):
        if self._process.returncode is None:
            self._process.kill()  # Of unshare; its death kills the namespace.

    def _signal_group(self, number):
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass


async def _readable(file):
    """Waits until there is something to read: a byte, or the end."""
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    loop.add_reader(file, readable.set_result, None)
    try:
        await readable
    finally:
        loop.remove_reader(file)
