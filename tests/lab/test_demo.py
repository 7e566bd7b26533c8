"""scripts/demo: it succeeds with Sunder, and says so when the split is not one."""

import json
import stat
import subprocess

from conftest import ROOT

FAKE = ROOT / "tests/lab/fake_program.py"


def demo(tmp_path, *words):
    figures = tmp_path / "figures.json"
    run = subprocess.run([ROOT / "scripts/demo", "--json", figures, *words], capture_output=True,
                         text=True, check=False, timeout=180)
    return run, json.loads(figures.read_text())


def test_the_demo_tells_its_story(tmp_path):
    run, figures = demo(tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert all(check["ok"] for check in figures["checks"])
    assert len(figures["checks"]) == 9
    assert figures["seconds"] < 120
    assert "\033" not in run.stdout
    assert figures["masters_during"][0] == "n1" != figures["master_after"]
    assert figures["writes"]["west"]["lost"] > 0
    assert set(figures["cut"]["first_ns"]) == {"n1", "n2", "n3", "n4", "n5"}
    assert figures["cut"]["asked_ns"] < figures["cut"]["began_ns"] <= figures["cut"]["complete_ns"]


def test_the_demo_fails_where_nothing_is_cut(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in (("sunder", 'echo \'{"id": "0123456789"}\''),
                         ("sunder-agent", f'exec /usr/bin/python3 {FAKE} "$@"'),
                         ("sunder-controller", f'exec /usr/bin/python3 {FAKE} "$@"')):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(stat.S_IRWXU)
    run, figures = demo(tmp_path, "--build", str(programs))
    assert run.returncode == 1
    assert "matrix during the split is not as it must be" in run.stderr
    assert {c["name"]: c["ok"] for c in figures["checks"]} == {
        "matrix_before": True, "matrix_during": False}
