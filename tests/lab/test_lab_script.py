"""scripts/lab, as a person uses it (without the programs)."""

import os
import subprocess

import pytest
from conftest import ROOT


@pytest.fixture
def script(tmp_path):
    place = ["--name", f"s{os.getpid()}", "--dir", str(tmp_path / "lab")]

    def run(command, *words):
        return subprocess.run([ROOT / "scripts/lab", command, *place, *words],
                              capture_output=True, text=True, check=False, timeout=60)
    yield run
    run("down")


def test_up_status_exec_down(script):
    up = script("up", "--no-programs", "--hosts", "2")
    assert up.returncode == 0, up.stderr
    again = script("up", "--no-programs")
    assert again.returncode == 1 and "holds a lab already" in again.stderr
    status = script("status")
    assert status.returncode == 1   # Nothing runs.
    assert "n2    10.9.0.2 fd09::2  rack=r1 zone=b  not running" in status.stdout
    assert script("exec", "n1", "ping", "-c1", "-W1", "10.9.0.2").returncode == 0
    assert script("exec", "ctl", "ping", "-c1", "-W1", "10.8.0.2").returncode == 0
    assert script("exec", "n1", "false").returncode == 1
    unknown = script("exec", "n9", "true")
    assert unknown.returncode == 1 and "there are n1, n2 and ctl" in unknown.stderr
    assert script("down").returncode == 0
    assert not [n for n in os.listdir("/run/netns") if n.startswith(f"s{os.getpid()}-")]
    assert script("down").returncode == 0
    gone = script("status")
    assert gone.returncode == 1 and "no lab in" in gone.stderr


def test_up_without_programs_built_says_so_and_leaves_nothing(script):
    up = script("up", "--hosts", "1", "--build", "/nonexistent")
    assert up.returncode == 1 and "scripts/build" in up.stderr
    assert not [n for n in os.listdir("/run/netns") if n.startswith(f"s{os.getpid()}-")]
