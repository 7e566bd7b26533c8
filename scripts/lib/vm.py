"""Runs a command in a QEMU guest: see scripts/vm."""

import argparse
import contextlib
import ctypes
import io
import os
import pathlib
import re
import secrets
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

import vm_image

MEMORY = "2G"
TIMED_OUT, BROKEN = 124, 125
PASSED_IN = re.compile(r"(SUNDER|GTEST)_.*|(ASAN|LSAN|UBSAN|TSAN)_OPTIONS|PATH|HOME|LANG")
PORTS = ("out", "err", "files")
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Port:
    """What comes from one port of the guest, up to its end: a zero byte, the mark, a
    number."""

    def __init__(self, name, mark, write):
        self.name = name
        self._socket, self.guest = socket.socketpair()
        self._end = re.compile(b"\0" + mark.encode() + rb" (\d+)\n")
        self._longest = len(mark) + 6
        self._write = write
        self._held = b""
        self.number = None

    def fileno(self):
        return self._socket.fileno()

    def take(self):
        """Passes on what came. False: nothing will come any more."""
        data = self._socket.recv(1 << 16)
        self._held += data
        end = self._end.search(self._held)
        if end:
            self.number = int(end[1])
            self._pass_on(end.start())
            return False
        # What could be the beginning of the end stays.
        zero = self._held.find(b"\0", max(0, len(self._held) - self._longest))
        self._pass_on(len(self._held) if zero < 0 or not data else zero)
        return bool(data)

    def _pass_on(self, count):
        if count:
            self._write(self._held[:count])
        self._held = self._held[count:]


def writer(file):
    """Writes at once. Who does not read any more does not stop the command."""
    def write(data):
        with contextlib.suppress(BrokenPipeError):
            while data:
                data = data[os.write(file.fileno(), data):]
    return write


def quoted(variables):
    return "".join(f"export {k}={shlex.quote(v)}\n" for k, v in variables.items())


def make_initrd(image, directory, mark, command):
    """The image's initrd, and behind it what is this run's."""
    mine = directory / "mine"
    mine.mkdir()
    shutil.copy(vm_image.INIT, mine / "init")
    (mine / "init").chmod(0o755)
    (mine / "run.env").write_text(quoted({"MARK": mark, "IMAGE": str(image)}))
    given = {k: v for k, v in os.environ.items() if PASSED_IN.fullmatch(k)}
    (mine / "command").write_text(
        quoted({**given, "SUNDER_OUT": "/run/guest/out"})
        + f"cd {shlex.quote(os.getcwd())} || exit 125\nexec {shlex.join(command)}\n")
    vm_image.make_archive(mine, directory / "mine.cpio", image / "busybox")
    with open(directory / "initrd", "wb") as initrd:
        for part in (image / "initrd", directory / "mine.cpio"):
            initrd.write(part.read_bytes())


def start(command, log, files):
    """Starts what ends with this process, and has `files`, which this one then closes."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        pass_fds=[file.fileno() for file in files], start_new_session=True,
        preexec_fn=die_with_parent)
    for file in files:
        file.close()
    return process


def start_files(path, log):
    """The process that serves this machine's files, on a socket at `path`."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    # A socket that it is given it does not lock by a file in /run.
    return start(["/usr/lib/qemu/virtiofsd", f"--fd={listening.fileno()}",
                  "-o", "source=/", "-o", "sandbox=chroot", "-o", "cache=always"],
                 log, [listening])


def start_guest(image, directory, ports, log):
    command = [
        "qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max",
        "-smp", "2", "-m", MEMORY, "-nodefaults", "-nographic", "-no-reboot",
        "-object", f"memory-backend-memfd,id=mem,size={MEMORY},share=on",
        "-numa", "node,memdev=mem",
        "-chardev", f"socket,id=root,path={directory}/virtiofs",
        "-device", "vhost-user-fs-pci,chardev=root,tag=rootfs",
        "-serial", f"file:{directory}/console",
        "-kernel", image / "vmlinuz", "-initrd", directory / "initrd",
        "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
        "-device", "virtio-serial-pci"]
    for port in ports:
        command += ["-chardev", f"socket,id={port.name},fd={port.guest.fileno()}",
                    "-device", f"virtserialport,chardev={port.name},name={port.name}"]
    return start(command, log, [port.guest for port in ports])


def follow(ports, deadline):
    """Passes on what comes until all ports ended. False: out of time."""
    with selectors.DefaultSelector() as selector:
        for port in ports:
            selector.register(port, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                return False
            for key, _ in ready:
                if not key.fileobj.take():
                    selector.unregister(key.fileobj)
    return True


def unpack(files, directory):
    with tarfile.open(fileobj=io.BytesIO(files)) as tar:
        tar.extractall(directory)


def complain(directory, what):
    print(f"scripts/vm: {what}", file=sys.stderr)
    for name in ("log", "console"):
        text = (directory / name).read_text(errors="replace") \
            if (directory / name).exists() else ""
        print("".join(f"  {name}: {line}\n" for line in text.splitlines()[-20:]), end="",
              file=sys.stderr)


@contextlib.contextmanager
def ended(process):
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run(directory, options):
    deadline = time.monotonic() + options.time_limit
    image = vm_image.prepared()
    mark = secrets.token_hex(16)
    make_initrd(image, directory, mark, options.command)
    files = bytearray()
    ports = [Port(name, mark, write) for name, write in
             zip(PORTS, (writer(sys.stdout), writer(sys.stderr), files.extend))]
    with open(directory / "log", "wb") as log, \
            ended(start_files(directory / "virtiofs", log)), \
            ended(start_guest(image, directory, ports, log)):
        in_time = follow(ports, deadline)
    if not in_time:
        complain(directory, f"ended after {options.time_limit:g} s, its time limit")
        return TIMED_OUT
    if None in (port.number for port in ports):
        complain(directory, "the guest ended before the command did")
        return BROKEN
    if options.out:
        unpack(files, options.out)
    return ports[0].number


def main():
    parser = argparse.ArgumentParser(prog="scripts/vm")
    parser.add_argument("--time-limit", type=float, default=300, metavar="SECONDS")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.command[:1] == ["--"]:
        del options.command[0]
    if not options.command:
        parser.error("which command?")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="sunder-vm.") as directory:
        return run(pathlib.Path(directory), options)


if __name__ == "__main__":
    sys.exit(main())
