"""Tasks of the stand-in are real processes, and end when they must."""

import signal

import pytest
from conftest import StandIn, nap, processes_with

from lab import until

APP = {"id": "/a", "cmd": "exec sleep 600"}


def test_a_task_finds_its_place_in_its_environment(marathon):
    (task,) = marathon.deploy({
        **APP, "env": {"COLOUR": "blue"}, "portDefinitions": [{"port": 0}, {"name": "admin"}],
        "cmd": "echo $HOST $PORT0 $PORT1 $PORT_ADMIN $PORTS $COLOUR $MARATHON_APP_ID "
               "$MESOS_TASK_ID; sleep 600"})
    first, second = task["ports"]
    assert marathon.written(task).split() == [
        "127.0.0.1", str(first), str(second), str(second), f"{first},{second}", "blue", "/a",
        task["id"]]


def test_args_are_words_that_no_shell_touches(marathon):
    word = "a 'b' $HOST;c"
    (task,) = marathon.deploy({"id": "/a", "args": [
        "python3", "-c", "import signal, sys; print(sys.argv[1], flush=True); signal.pause()", word]})
    assert marathon.written(task) == word + "\n"


def test_ports_on_a_host_are_given_once(marathon):
    tasks = marathon.deploy({**APP, "instances": 9, "portDefinitions": [{}, {}]})
    used = [(t["host"], p) for t in tasks for p in t["ports"]]
    assert len(used) == len(set(used)) == 18


def test_required_ports_are_kept_or_the_task_waits(marathon):
    app = {**APP, "instances": 4, "requirePorts": True, "portDefinitions": [{"port": 6379}]}
    marathon.call("PUT", "/v2/apps/a", app)
    until(lambda: len(marathon.tasks("/a")) == 3, 5, "one task on each host")
    assert {t["ports"][0] for t in marathon.tasks("/a")} == {6379}


def test_what_dies_is_started_again_as_the_same_instance(marathon):
    sleeping = nap()
    (task,) = marathon.deploy({**APP, "backoffSeconds": 0.1, "cmd": f"exec {sleeping}"})
    (victim,) = until(lambda: processes_with(sleeping), 5, "it to sleep")
    victim.kill()
    again = task["id"].replace("._app.1", "._app.2")
    until(lambda: [t["id"] for t in marathon.tasks("/a") if t["state"] == "TASK_RUNNING"] ==
          [again], 5, "its next incarnation")
    app = marathon.call("GET", "/v2/apps/a")["app"]
    assert app["lastTaskFailure"]["taskId"] == task["id"]
    assert app["lastTaskFailure"]["state"] == "TASK_FAILED"


def test_each_failure_makes_the_next_start_later(marathon):
    marathon.call("PUT", "/v2/apps/a", {**APP, "cmd": "exit 3", "backoffSeconds": 3600})
    until(lambda: marathon.call("GET", "/v2/queue")["queue"], 5, "it to fail")
    (item,) = marathon.call("GET", "/v2/queue")["queue"]
    assert item["delay"]["overdue"] is False and item["delay"]["timeLeftSeconds"] > 200
    assert marathon.call("GET", "/v2/apps/a")["app"]["lastTaskFailure"]["message"].endswith("3")


def test_a_task_that_ignores_sigterm_is_killed_after_its_grace(marathon):
    sleeping = nap()
    (task,) = marathon.deploy({**APP, "taskKillGracePeriodSeconds": 1, "cmd":
                               f"trap 'echo no' TERM; echo x; while :; do {sleeping}; done"})
    marathon.written(task)
    marathon.delete_all()
    assert processes_with(sleeping) == []
    assert "no" in marathon.sandbox(task, "stdout")


def test_a_task_that_forks_away_dies_with_its_instance(marathon):
    sleeping = nap()
    marathon.deploy({**APP, "cmd": f"setsid {sleeping} & wait"})
    until(lambda: processes_with(sleeping), 5, "it to fork")
    marathon.delete_all()
    until(lambda: not processes_with(sleeping), 5, "the forked process to die")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_task_outlives_the_stand_in(tmp_path, how):
    stand_in = StandIn(tmp_path)
    sleeping = nap()
    stand_in.deploy({**APP, "cmd": f"setsid {sleeping} & wait"})
    until(lambda: processes_with(sleeping), 5, "it to fork")
    stand_in.signal(how)
    stand_in.wait_gone()
    until(lambda: not processes_with(sleeping), 5, "its task to die")


def test_room_that_is_made_is_used(marathon):
    unique = [["hostname", "UNIQUE"]]
    marathon.deploy({**APP, "id": "/big", "requirePorts": True, "instances": 3,
                     "portDefinitions": [{"port": 7000}]})
    marathon.call("PUT", "/v2/apps/small", {
        "cmd": "exec sleep 600", "constraints": unique, "requirePorts": True, "portDefinitions": [{"port": 7000}]})
    assert marathon.tasks("/small") == []
    marathon.call("PUT", "/v2/apps/big", {"instances": 2})
    until(lambda: len(marathon.tasks("/small")) == 1, 5, "the second app to get its port")
