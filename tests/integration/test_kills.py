"""Kills of real tasks through the stand-in for Marathon: whom they take, what they
say of each by name, and whom they never take."""

import contextlib
import itertools
import json
import pathlib
import subprocess
from urllib.parse import parse_qs

import pytest

from certificates import certificates
from lab import Lab, Program, until

LIAR = pathlib.Path(__file__).with_name("liar.py")
PROTECTED_PORT = 7440
_numbers = itertools.count(1)


def alive(task_id):
    """Whether a process of this task lives."""
    word = f"MESOS_TASK_ID={task_id}\0".encode()
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if word in path.read_bytes():
                return True
        except OSError:  # It has ended while we looked.
            continue
    return False


def known(lab, app):
    """The ids of the app's tasks that the controller knows to run."""
    shown = lab.sunder("tasks", "-o", "json").check().json
    return {t["id"] for t in shown["tasks"] if t["app"] == app and t["state"] == "TASK_RUNNING"}


def running(lab, app):
    return {t["id"] for t in lab.marathon.tasks(app) if t["state"] == "TASK_RUNNING"}


@contextlib.contextmanager
def deployed(lab, app, **more):
    """Deploys `app` for the block: the ids of its tasks, once the controller knows them."""
    tasks = {t["id"] for t in lab.marathon.deploy(
        {"id": app, "cmd": "exec sleep 6000", "backoffSeconds": 0.1, **more})}
    try:
        until(lambda: known(lab, app) == tasks, 20, f"the controller to know {app}")
        yield tasks
    finally:
        lab.marathon.call("DELETE", f"/v2/apps{app}?force=true")
        until(lambda: lab.marathon.request("GET", f"/v2/apps{app}")[0] == 404, 20,
              f"{app} to be gone")


@pytest.fixture
def app():
    return f"/shop/cart{next(_numbers)}"


def kill(lab, *words, code=0):
    """{task: outcome} and the whole answer."""
    answer = lab.sunder("kill", *words, "-o", "json").check(code).json
    return {t["id"]: t.get("outcome", "").removeprefix("KILL_OUTCOME_").lower()
            for t in answer["tasks"]}, answer


def gone(lab, app, killed, before):
    """Asserts that `killed`, and nobody else, was killed; what it was replaced by runs."""
    assert not any(map(alive, killed))
    assert all(map(alive, before - killed))
    until(lambda: len(running(lab, app)) == len(before), 20, "new ones in their place")
    after = running(lab, app)
    assert before - killed == after & before


def test_a_named_task_is_killed_and_confirmed(lab, app):
    with deployed(lab, app, instances=3) as tasks:
        victim = sorted(tasks)[1]
        outcomes, answer = kill(lab, f"task:{victim}")
        assert outcomes == {victim: "confirmed"}
        (told,) = answer["tasks"]
        assert told["app"] == app
        assert told["host"] in lab.hosts
        assert told["confirmedAt"]
        gone(lab, app, {victim}, tasks)


@pytest.mark.parametrize("amount,instances,expected", [
    (["--count", "1"], 3, 1),
    (["--count", "3"], 4, 3),
    (["--percent", "50"], 4, 2),
    (["--percent", "34"], 3, 2),  # Rounded up.
    (["--percent", "1"], 3, 1),
    (["--all"], 3, 3),
], ids=lambda v: " ".join(v) if isinstance(v, list) else str(v))
def test_an_amount_takes_so_many_and_leaves_the_rest(lab, app, amount, instances, expected):
    with deployed(lab, app, instances=instances) as tasks:
        outcomes, answer = kill(lab, app, *amount)
        assert set(outcomes.values()) == {"confirmed"}
        assert set(outcomes) <= tasks
        assert len(outcomes) == expected
        assert "--all" in amount or int(answer["seed"]) > 0
        gone(lab, app, set(outcomes), tasks)


def test_a_count_of_more_than_there_are_kills_nobody(lab, app):
    with deployed(lab, app, instances=2) as tasks:
        result = lab.sunder("kill", app, "--count", "3")
        assert result.code == 1, result.describe()
        assert "3" in result.stderr
        assert all(map(alive, tasks))


def test_an_app_without_an_amount_kills_nobody(lab, app):
    with deployed(lab, app, instances=2) as tasks:
        result = lab.sunder("kill", app)
        assert result.code == 2, result.describe()
        assert "how many" in result.stderr
        assert all(map(alive, tasks))


def test_a_dry_run_names_them_and_kills_nobody(lab, app):
    with deployed(lab, app, instances=3) as tasks:
        outcomes, _ = kill(lab, app, "--all", "--dry-run")
        assert set(outcomes) == tasks
        assert set(outcomes.values()) <= {"", "unspecified"}
        shown = lab.sunder("kill", app, "--count", "2", "--dry-run").check().stdout
        assert "nothing is killed" in shown
        assert sum(t in shown for t in tasks) == 2
        assert all(map(alive, tasks))
        assert running(lab, app) == tasks


def test_a_seed_picks_the_same_tasks_dry_or_not(lab, app):
    with deployed(lab, app, instances=4) as tasks:
        _, drawn = kill(lab, app, "--count", "2", "--dry-run")
        picked = {t["id"] for t in drawn["tasks"]}
        by_seed = {seed: frozenset(kill(lab, app, "--count", "2", "--seed", seed, "--dry-run")[0])
                   for seed in range(1, 9)}
        assert len(set(by_seed.values())) > 1, "it is the seed that picks"
        outcomes, answer = kill(lab, app, "--count", "2", "--seed", drawn["seed"])
        assert answer["seed"] == drawn["seed"]
        assert set(outcomes) == picked
        gone(lab, app, picked, tasks)


def test_with_scale_none_comes_back(lab, app):
    with deployed(lab, app, instances=3) as tasks:
        outcomes, answer = kill(lab, app, "--count", "2", "--scale")
        assert set(outcomes.values()) == {"confirmed"}
        assert answer["deploymentId"]
        lab.marathon.wait_deployed(app)
        assert lab.marathon.call("GET", f"/v2/apps{app}")["app"]["instances"] == 1
        assert running(lab, app) == tasks - set(outcomes)
        assert not any(map(alive, outcomes))


def test_over_a_running_deployment_only_with_force(lab, app):
    # One instance to a host, for the port: a fourth never finds its place.
    port = {"requirePorts": True, "portDefinitions": [{"port": 6379}]}
    with deployed(lab, app, instances=3, **port) as tasks:
        lab.marathon.call("PUT", f"/v2/apps{app}", {"instances": 4})
        (deployment,) = lab.marathon.call("GET", f"/v2/apps{app}")["app"]["deployments"]
        result = lab.sunder("kill", app, "--count", "1", "--scale")
        assert result.code == 1, result.describe()
        assert deployment["id"] in result.stderr
        assert all(map(alive, tasks))
        outcomes, _ = kill(lab, app, "--count", "1", "--scale", "--force")
        assert set(outcomes.values()) == {"confirmed"}
        assert not any(map(alive, outcomes))
        assert all(map(alive, tasks - set(outcomes)))


def test_one_that_does_not_die_in_time_is_requested_and_not_confirmed(lab, app):
    deaf = "trap '' TERM; while :; do sleep 1; done"
    with deployed(lab, app, cmd=deaf, taskKillGracePeriodSeconds=4) as (victim, ):
        outcomes, _ = kill(lab, f"task:{victim}", "--wait-timeout", "1s", code=5)
        assert outcomes == {victim: "requested"}
        assert alive(victim)
        until(lambda: not alive(victim), 15, "its grace to end")


def test_what_is_marked_as_protected_is_refused_by_name(lab, app):
    with deployed(lab, app, instances=2, labels={"SUNDER_PROTECTED": "true"}) as tasks:
        for words in ([app, "--all"], [f"task:{min(tasks)}"]):
            outcomes, answer = kill(lab, *words, code=1)
            assert set(outcomes.values()) == {"refused"}
            assert all("SUNDER_PROTECTED" in t["reason"] for t in answer["tasks"])
        result = lab.sunder("kill", app, "--all")
        assert all(t in result.stderr for t in tasks)
        assert all(map(alive, tasks))


def test_a_task_that_listens_where_an_agent_does_is_refused(app):
    """As where Marathon runs the agents themselves."""
    with Lab(hosts=2, start=False) as lab:
        hosts = lab.hosts.values()
        lab.write_inventory(hosts=[
            {"name": h.name, "addresses": h.addresses, "mesos_agent_id": h.mesos_agent_id,
             "agent": (f"{h.address}:{PROTECTED_PORT}" if h.name == "n1" else
                       f"unix:{lab.directory}/n2.sock")} for h in hosts])
        lab.controller.command += certificates(lab.directory / "tls", [h.address for h in hosts])
        lab.start()
        port = {"requirePorts": True, "portDefinitions": [{"port": PROTECTED_PORT}]}
        with deployed(lab, app, instances=2, **port) as tasks:
            at = {t["host"]: t["id"] for t in lab.marathon.tasks(app)}
            ours, other = at[lab.host("n1").address], at[lab.host("n2").address]
            outcomes, answer = kill(lab, app, "--all", code=1)
            assert outcomes == {ours: "refused", other: "confirmed"}
            (reason,) = {t["reason"] for t in answer["tasks"] if t["id"] == ours}
            assert "agent of n1" in reason
            gone(lab, app, {other}, tasks)


@pytest.fixture
def forgetful():
    """A lab whose Marathon lists shop.1 and, told to kill it, does not name it; and
    what was asked of it, line by line."""
    with Lab(hosts=1, marathon=None,
             controller=Program(args=["--marathon", "http://127.0.0.1:8088"])) as lab:
        liar = subprocess.Popen(
            lab.in_control_network(["/usr/bin/python3", LIAR, "8088", "forgetful"]),
            stdout=subprocess.PIPE, text=True)
        try:
            assert liar.stdout.readline() == "ready\n"
            until(lambda: known(lab, "/shop"), 60, "the controller to know the task")
            yield lab, liar.stdout
        finally:
            liar.kill()
            liar.communicate()


@pytest.mark.parametrize("flag,query", [([], {}), (["--wipe"], {"wipe": ["true"]})],
                         ids=["plain", "wipe"])
def test_what_marathon_passes_over_is_ignored_by_name(forgetful, flag, query):
    lab, asked = forgetful
    outcomes, _ = kill(lab, "task:shop.1", *flag, code=1)
    assert outcomes == {"shop.1": "ignored"}
    path, _, options = asked.readline().strip().partition("?")
    body = asked.readline()
    assert path == "/v2/tasks/delete"
    assert {k: v for k, v in parse_qs(options).items() if v != ["false"]} == query
    assert json.loads(body) == {"ids": ["shop.1"]}
    assert "shop.1" in lab.sunder("kill", "task:shop.1", *flag).stderr


def test_scale_and_wipe_exclude_each_other(lab):
    result = lab.sunder("kill", "/shop", "--all", "--scale", "--wipe")
    assert result.code == 2, result.describe()
    assert "--wipe" in result.stderr
