"""The lab itself: hosts, networks, daemons; with programs that only stand there."""

import os
import pathlib
import subprocess
import sys

import pytest
from conftest import ROOT, nap, processes_with

from lab import Lab, LabError, Program, until
from lab.process import Process

FAKE = str(pathlib.Path(__file__).parent / "fake_program.py")


def fake(**members):
    return Program(wrap=["/usr/bin/python3"], binary=FAKE, **members)


def make(hosts=2, **members):
    return Lab(hosts, **{"agents": {"*": fake()}, "controller": fake(), **members})


def namespaces(name):
    return [n for n in os.listdir("/run/netns") if n.startswith(f"{name}-")]


@pytest.fixture(scope="module")
def shared():
    with make(3) as lab:
        yield lab


def reaches(host, address):
    return host.run(["ping", "-c1", "-W1", address]).code == 0


def test_all_hosts_reach_each_other_on_both_networks(shared):
    for a in shared.hosts.values():
        for b in shared.hosts.values():
            for address in b.addresses + b.control_addresses:
                assert reaches(a, address), f"{a.name} to {address}"


def test_the_networks_are_apart(shared):
    run = shared.host("n1").run
    run(["ip", "link", "set", "ctl0", "down"]).check()
    try:
        assert not reaches(shared.host("n2"), shared.host("n1").control_addresses[0])
        assert reaches(shared.host("n2"), shared.host("n1").address)
    finally:
        run(["ip", "link", "set", "ctl0", "up"]).check()


def test_tasks_run_inside_their_hosts(shared):
    tasks = shared.marathon.deploy({
        "id": "/where", "cmd": "ip netns identify $$ ; sleep 600", "instances": 3,
        "constraints": [["hostname", "UNIQUE"]]})
    for task in tasks:
        out = shared.directory / "sandboxes" / task["id"] / "stdout"
        until(lambda: out.read_text().endswith("\n"), 5, "the task to write")
    by_address = {h.address: h for h in shared.hosts.values()}
    for task in tasks:
        host = by_address[task["host"]]
        assert task["slaveId"] == host.mesos_agent_id
        inside = (shared.directory / "sandboxes" / task["id"] / "stdout").read_text().strip()
        assert inside == host.namespace


def test_a_daemon_that_a_sanitizer_complained_of_fails_the_lab():
    said = fake(env={"WORD": "ERROR: AddressSanitizer: stack-overflow"})
    with pytest.raises(LabError, match="agent n1: .*stack-overflow"):
        with make(1, marathon=None, agents={"*": said}) as lab:
            lab.agent("n1").kill()
            lab.agent("n1").start()


def test_two_labs_stand_beside_each_other_with_the_same_addresses(shared):
    with make(1, marathon=None) as other:
        # Only the other lab has no second host.
        assert not reaches(other.host("n1"), shared.host("n2").address)
        assert other.host("n1").address == shared.host("n1").address


def test_a_daemon_can_stop_crash_and_come_again(shared):
    agent = shared.agent("n2")
    first = agent.pid
    agent.kill()
    assert not agent.running
    with pytest.raises(LabError, match="does not run"):
        agent.pid  # pylint: disable=pointless-statement
    agent.start()
    second = agent.pid
    agent.restart()
    assert len({first, second, agent.pid}) == 3
    with pytest.raises(LabError, match="runs already"):
        agent.start()


def test_a_paused_daemon_is_stopped_all_the_same(shared):
    agent = shared.agent("n2")
    agent.pause()
    state = pathlib.Path(f"/proc/{agent.pid}/stat").read_text().rpartition(")")[2].split()[0]
    assert state == "T"
    agent.stop(grace=1)
    assert not agent.running
    agent.start()


def test_the_daemons_are_where_they_belong(shared):
    identify = lambda pid: subprocess.run(  # noqa: E731
        ["ip", "netns", "identify", str(pid)], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert identify(shared.agent("n3").pid) == shared.host("n3").namespace
    assert identify(shared.controller.pid) == f"{shared.name}-ctl"


def test_programs_can_differ_in_arguments_and_environment():
    with make(2, marathon=None, agents={"*": fake(), "n2": fake(env={"WORD": "x"})}) as lab:
        assert "WORD None" in lab.agent("n1").log
        assert "WORD x" in lab.agent("n2").log


def test_nothing_is_left_when_it_goes():
    sleeping = nap()
    with make() as lab:
        lab.marathon.deploy({"id": "/a", "cmd": sleeping})
        until(lambda: processes_with(sleeping), 5, "the task to sleep")
        stray = lab.host("n1").popen(nap().split())
        pids = [d.process for d in lab.daemons.values()]
    assert namespaces(lab.name) == []
    assert not any(p.alive for p in pids)
    assert not lab.directory.exists()
    assert processes_with(sleeping) == []
    assert stray.wait(5) != 0
    lab.down()  # Once more is fine.


def test_a_lab_that_cannot_start_says_why_and_leaves_nothing():
    lab = make(2, agents={"n1": fake(), "n2": fake(args=["--die"])})
    with pytest.raises(LabError, match="agent n2 ended while it started:\ntold to die"):
        lab.up()
    assert namespaces(lab.name) == []
    assert not lab.directory.exists()
    assert processes_with(str(lab.directory)) == []


def test_a_missing_program_is_named():
    lab = Lab(1, binaries="/nonexistent")
    with pytest.raises(LabError, match="no program /nonexistent/sunder-agent"):
        lab.up()
    assert namespaces(lab.name) == []


def test_a_foreign_namespace_of_the_same_name_is_not_touched():
    lab = make(1)
    name = f"{lab.name}-n1"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        with pytest.raises(LabError, match=f"{name} exists already"):
            lab.up()
        assert namespaces(lab.name) == [name]
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.mark.parametrize("hosts", [0, 251, ["ctl"], ["a b"], ["toolongforaname"]])
def test_odd_hosts_are_refused(hosts):
    with pytest.raises(LabError, match="host"):
        Lab(hosts)


def test_a_recycled_process_id_is_no_process_of_ours():
    me = Process.of(os.getpid())
    assert me.alive
    impostor = Process(me.pid, me.started + 1)
    assert not impostor.alive
    assert impostor.signal(9) is False  # Or this test would not go on.


def test_a_killed_test_run_leaves_no_daemon(tmp_path):
    name = f"k{os.getpid()}"
    code = ("from lab import Lab\nfrom test_lab import make\nimport os, signal\n"
            f"lab = make(1, directory={str(tmp_path / 'd')!r}, name='{name}').up()\n"
            "print(lab.controller.pid, lab.agent('n1').pid, lab.marathon_daemon.pid, flush=True)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                         env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests/lab"})
    pids = run.stdout.split()
    try:
        assert len(pids) == 3, run.stderr
        until(lambda: not any(os.path.exists(f"/proc/{p}/cwd") for p in pids), 5, "them to die")
    finally:
        Lab.load(tmp_path / "d").down()
    assert namespaces(name) == []
