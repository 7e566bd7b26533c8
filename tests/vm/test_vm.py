"""scripts/vm: a command in the guest is like a command here, on another kernel."""

import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VM = ROOT / "scripts/vm"


def start(*words, **kwargs):
    return subprocess.Popen([VM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, **kwargs)


def processes_of(folder):
    """Those that name the folder of a run."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                found.append(entry.parent.name)
        except OSError:
            pass  # It ended meanwhile.
    return found


def test_what_goes_in_and_what_comes_out(tmp_path):
    script = ("echo err >&2; uname -r; pwd; echo $SUNDER_WORD $HIDDEN;"
              " head -c 3000000 /dev/zero >$SUNDER_OUT/zeros; touch /usr/mine;"
              " printf 'a\\0b'; kill -TERM $$")
    with start("--out", tmp_path, "sh", "-c", script, cwd=ROOT / "tests",
               env={**os.environ, "SUNDER_WORD": "one two", "HIDDEN": "x"}) as process:
        out, err = process.communicate()
    kernel, folder, words, rest = out.split("\n")
    assert kernel.startswith("6.1.") and kernel != os.uname().release
    assert (folder, words, rest, err) == (str(ROOT / "tests"), "one two", "a\0b", "err\n")
    assert process.returncode == 128 + signal.SIGTERM
    assert (tmp_path / "zeros").read_bytes() == bytes(3_000_000)
    assert not pathlib.Path("/usr/mine").exists()


def test_two_at_once_are_apart():
    with start("sh", "-c", "echo one >/tmp/who; cat /tmp/who; exit 3") as one, \
            start("sh", "-c", "echo two >/tmp/who; cat /tmp/who") as two:
        assert one.communicate() == ("one\n", "")
        assert two.communicate() == ("two\n", "")
    assert (one.returncode, two.returncode) == (3, 0)


def test_a_hang_ends_at_its_limit(tmp_path):
    began = time.monotonic()
    with start("--time-limit", "8", "sh", "-c", "echo hangs; sleep 1000",
               env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
        out, err = process.communicate()
    assert process.returncode == 124
    assert 8 <= time.monotonic() - began < 20
    assert out == "hangs\n" and "time limit" in err
    assert not processes_of(tmp_path) and not list(tmp_path.iterdir())


def test_output_comes_while_it_runs_and_who_ends_it_leaves_nothing(tmp_path):
    with start("sh", "-c", "echo runs; sleep 1000",
               env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
        assert process.stdout.readline() == "runs\n"
        assert len(processes_of(tmp_path)) == 1  # QEMU, which names its sockets.
        process.terminate()
        process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert not processes_of(tmp_path) and not list(tmp_path.iterdir())
