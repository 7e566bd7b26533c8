"""An app is cut from a host; one of its tasks dies and Marathon starts another on another
host. The task that stays gets not one packet all the while, and the new one is inside the
fault soon: how soon is measured from packets."""

import contextlib
import pathlib
import subprocess
import tempfile
import time

import pytest

from lab import until
from packets import ms

HOSTS = 4
HERE = pathlib.Path(__file__).parent
APP = "/web"
# From the new task's first packet to its last before it is inside the fault.
HEALED_WITHIN = 500_000_000  # By the heal, then, and not by its lease, of 5 s.
INSIDE_WITHIN = 1_500_000_000


def deploy(lab, app, **more):
    return lab.marathon.deploy({"id": app, "backoffSeconds": 0.1, **more})


def on(lab, name):
    """What pins an app to a host."""
    return {"cmd": "exec sleep 6000", "instances": 1,
            "constraints": [["hostname", "CLUSTER", name]]}


def host_of(lab, task_id):
    shown = lab.sunder("tasks", "-o", "json").check().json
    return {t["id"]: t["host"] for t in shown["tasks"]}.get(task_id)


def tasks(lab):
    return {host_of(lab, t["id"]): t for t in lab.marathon.tasks(APP)
            if t["state"] == "TASK_RUNNING"}


def shown(lab, fault):
    return lab.sunder("show", fault["id"], "-o", "json").check().json


def last_keep_alive(lab, fault):
    """The number of the last keep-alive that every host has acknowledged."""
    return int(shown(lab, fault).get("keepAlive", 0))


def in_force_on(lab, fault):
    """The hosts of the fault when it is whole, else nothing."""
    view = shown(lab, fault)
    if view["state"] != "FAULT_STATE_IN_FORCE":
        return set()
    return {h["host"] for h in view["hosts"] if h["state"] == "HOST_STATE_IN_FORCE"}


def log_of(directory, task):
    """[(sent, came)] of every packet that the task was given."""
    lines = (directory / task["id"]).read_text().splitlines()
    return [tuple(map(int, line.split())) for line in lines[1:] if line.count(" ") == 1]


@contextlib.contextmanager
def sending(lab, sender, targets):
    command = ["ip", "netns", "exec", lab.host(sender).namespace, "/usr/bin/python3",
               HERE / "udp_send.py", *targets]
    process = subprocess.Popen(command)
    try:
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@pytest.fixture
def directory():
    with tempfile.TemporaryDirectory() as made:
        yield pathlib.Path(made)


@pytest.fixture
def placed(lab, directory):
    """The app on n2 and n3, and n3 so busy that the next task goes to n4."""
    deploy(lab, "/busy1", **on(lab, "n1"))
    deploy(lab, APP, cmd=f"exec /usr/bin/python3 {HERE / 'udp_log.py'} {directory}", instances=2,
           constraints=[["hostname", "UNIQUE"]],
           portDefinitions=[{"port": 0, "protocol": "udp"}])
    deploy(lab, "/busy3", **on(lab, "n3"))
    until(lambda: set(tasks(lab)) == {"n2", "n3"}, 20, "the controller to know the app")
    yield tasks(lab)
    lab.sunder("heal", "--everyones", "--wait-timeout", "10s").check()
    for app in ("/busy1", "/busy3", APP):
        lab.marathon.request("DELETE", f"/v2/apps{app}?force=true")
        until(lambda a=app: lab.marathon.request("GET", f"/v2/apps{a}")[0] == 404, 20,
              f"{app} to be gone")


@pytest.mark.fault(family="ipv4")
def test_who_stays_is_cut_all_the_while_and_who_moves_is_inside_soon(
        lab, directory, placed, record_property):
    port = placed["n2"]["ports"][0]
    targets = [f"{lab.host(n).address}:{port}" for n in ("n2", "n3", "n4")]
    with sending(lab, "n1", targets):
        stayer = placed["n2"]
        until(lambda: log_of(directory, stayer), 10, "packets to flow")
        fault = lab.sunder("cut", "host:n1", APP, "--for", "60s", "-o", "json").check().json
        in_force = now()
        assert in_force_on(lab, fault) == {"n1", "n2", "n3"}
        lab.sunder("kill", f"task:{placed['n3']['id']}").check()
        until(lambda: in_force_on(lab, fault) >= {"n1", "n2", "n4"}, 20,
              "the fault to follow the task")
        inside = now()
        mover = tasks(lab)["n4"]
        assert mover["ports"] == [port]
        # Longer than a lease: one that is refreshed badly would have run out.
        first = last_keep_alive(lab, fault)
        until(lambda: last_keep_alive(lab, fault) >= first + 6, 15, "six keep-alives")
        before_heal = now()
        lab.sunder("heal", fault["id"], "--wait-timeout", "10s").check()
        healed = now()
        for task in (stayer, mover):
            until(lambda t=task: any(sent > healed for sent, _ in log_of(directory, t)), 10,
                  "packets to flow again")

    for task in (stayer, mover):
        first = min(sent for sent, _ in log_of(directory, task) if sent > healed)
        assert first - healed < HEALED_WITHIN
    leaked = [sent for sent, came in log_of(directory, stayer) if sent > in_force and came < before_heal]
    assert leaked == [], f"{len(leaked)} packets came through to the task that stays"
    exposed = [sent for sent, came in log_of(directory, mover) if came < before_heal]
    outside = exposed[-1] - exposed[0] if exposed else 0
    record_property("outside_ms", outside // 1_000_000)
    print(f"the new task was outside the fault for {ms(outside)}")
    assert outside < INSIDE_WITHIN
    assert not [sent for sent in exposed if sent > inside]


def test_the_fault_says_that_it_cannot_follow_and_stays(lab, placed):
    fault = lab.sunder("cut", "host:n1", APP, "--for", "60s", "-o", "json").check().json
    lab.marathon.call("DELETE", f"/v2/apps{APP}?force=true")
    until(lambda: "could not follow" in shown(lab, fault).get("reason", ""), 20,
          "the fault to say so")
    assert in_force_on(lab, fault) >= {"n1"}
