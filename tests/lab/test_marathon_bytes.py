"""What goes over the wire, where the ready-made clients do not look."""

import json
import time

import pytest
from conftest import StandIn

EVENTS = (b"GET /v2/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
          b"Accept-Encoding: gzip\r\n\r\n")
APP = {"id": "/a", "cmd": "exec sleep 600"}


def read_until(connection, mark, seen=b""):
    while mark not in seen:
        part = connection.recv(65536)
        assert part, f"closed before {mark}: {seen}"
        seen += part
    return seen


@pytest.fixture
def stream(marathon):
    """An attached event stream: (connection, head, first bytes)."""
    with marathon.connect(EVENTS) as connection:
        head, _, rest = read_until(connection, b"\r\n\r\n").partition(b"\r\n\r\n")
        yield connection, head, rest


def test_the_stream_is_not_chunked_and_closes_at_its_end(stream):
    _, head, _ = stream
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 200 OK"
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
    assert headers["content-type"] == "text/event-stream"
    assert headers["connection"].lower() == "close"
    assert not {"transfer-encoding", "content-length", "content-encoding"} & set(headers)


def test_an_event_is_two_lines_and_a_blank_one_with_crlf(marathon, stream):
    connection, _, rest = stream
    marathon.deploy(APP)
    text = read_until(connection, b"event: deployment_success\r\n", rest)
    while not text.endswith(b"\r\n\r\n"):
        text += connection.recv(65536)
    assert b"\n" not in text.replace(b"\r\n", b"")
    for event in text.decode().split("\r\n\r\n")[:-1]:
        first, second = event.split("\r\n")
        name = first.removeprefix("event: ")
        body = json.loads(second.removeprefix("data: "))
        assert first == f"event: {name}" and body["eventType"] == name
        assert body["timestamp"].endswith("Z")


def test_a_new_stream_replays_nothing(marathon):
    marathon.deploy(APP)
    with marathon.connect(EVENTS) as connection:
        text = read_until(connection, b"event_stream_attached")
        assert text.count(b"event: ") == 1


def test_only_the_asked_types_are_sent(marathon):
    request = EVENTS.replace(b"/v2/events", b"/v2/events?event_type=deployment_success"
                             b"&event_type=app_terminated_event")
    with marathon.connect(request) as connection:
        marathon.deploy(APP)
        marathon.call("DELETE", "/v2/apps/a")
        text = read_until(connection, b"event: app_terminated_event")
    names = [line[7:] for line in text.decode().split("\r\n") if line.startswith("event: ")]
    assert set(names) == {"deployment_success", "app_terminated_event"}


@pytest.mark.parametrize("accept", [b"*/*", b"text/event-stream, */*", b"application/json", b""])
def test_any_other_accept_is_405_and_html(marathon, accept):
    line = b"Accept: " + accept + b"\r\n" if accept else b""
    with marathon.connect(b"GET /v2/events HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n") as s:
        answer = read_until(s, b"</html>")
    assert answer.startswith(b"HTTP/1.1 405 ") and b"text/html" in answer


def test_the_heartbeat_is_one_blank_line_in_two_pieces(tmp_path):
    stand_in = StandIn(tmp_path, heartbeat="0.2")
    try:
        with stand_in.connect(EVENTS) as connection:
            rest = read_until(connection, b"\r\n\r\n").partition(b"\r\n\r\n")[2]
            read_until(connection, b"\r\n\r\n", rest)  # The event of our own arrival.
            pieces, times = [], []
            while len(pieces) < 4:
                pieces.append(connection.recv(100))
                times.append(time.monotonic())
            assert pieces == [b"\r", b"\n", b"\r", b"\n"]
            assert times[2] - times[1] > times[1] - times[0]
    finally:
        stand_in.end()


def test_when_the_leader_steps_down_the_stream_ends(marathon, stream):
    connection, _, _ = stream
    marathon.call("DELETE", "/v2/leader")
    while connection.recv(65536):
        pass


# ---------------------------------------------------------------- answers


def test_a_task_as_it_is_listed(marathon):
    (task,) = marathon.deploy({**APP, "id": "/shop/cart"})
    assert task["id"].startswith("shop_cart.instance-") and task["id"].endswith("._app.1")
    assert task["slaveId"] == "x-S1" and task["host"] == "127.0.0.1"
    assert set(task) >= {"appId", "healthCheckResults", "ipAddresses", "localVolumes", "ports",
                         "servicePorts", "stagedAt", "startedAt", "state", "version"}
    assert marathon.call("GET", "/v2/tasks?status=running")["tasks"] == [task]
    assert marathon.call("GET", "/v2/tasks?status=staging")["tasks"] == []


@pytest.mark.parametrize("embed", ["apps.tasks", "app.tasks", "tasks"])
def test_every_spelling_of_embed_works_and_unknown_ones_are_ignored(marathon, embed):
    marathon.deploy(APP)
    (app,) = marathon.call("GET", f"/v2/apps?embed={embed}&embed=nonsense")["apps"]
    assert len(app["tasks"]) == 1
    (app,) = marathon.call("GET", "/v2/apps")["apps"]
    assert "tasks" not in app


def test_a_group_of_apps(marathon):
    for name in ("/shop/cart", "/shop/db", "/shopping"):
        marathon.deploy({**APP, "id": name})
    found = marathon.call("GET", "/v2/apps/shop/*")["*"]
    assert {a["id"] for a in found} == {"/shop/cart", "/shop/db"}


def test_unknown_ids_are_dropped_in_silence(marathon):
    (task,) = marathon.deploy(APP)
    unknown = task["id"].replace("._app.1", "._app.7")
    answer = marathon.call("POST", "/v2/tasks/delete", {"ids": [unknown, task["id"]]})
    # As it was before the kill.
    assert answer == {"tasks": [task]}


def test_a_kill_with_scale_answers_with_its_deployment(marathon):
    (task,) = marathon.deploy(APP)
    status, answer = marathon.request("POST", "/v2/tasks/delete?scale=true", {"ids": [task["id"]]})
    assert status == 200 and set(answer) == {"version", "deploymentId"}


@pytest.mark.parametrize("method, path, body, status, says", [
    ("POST", "/v2/tasks/delete", {"ids": ["nonsense"]}, 400, "nonsense"),
    ("POST", "/v2/tasks/delete", {}, 400, "Invalid JSON"),
    ("POST", "/v2/tasks/delete?scale=true&wipe=true", {"ids": []}, 400, "scale and wipe"),
    ("GET", "/v2/apps/none", None, 404, "App '/none' does not exist"),
    ("DELETE", "/v2/apps/none", None, 404, "App '/none' does not exist"),
    ("GET", "/v2/apps/UPPER", None, 404, "does not exist"),
    ("DELETE", "/v2/deployments/none", None, 404, "does not exist"),
    ("POST", "/v2/apps", {"id": "/x"}, 422, "Object is not valid"),
    ("POST", "/v2/apps", {"id": "/X y", "cmd": "true"}, 422, "Object is not valid"),
    ("POST", "/v2/apps", {"id": "/x", "cmd": "true", "instances": "two"}, 400, "Invalid JSON"),
    ("POST", "/v2/apps", {"id": "/x", "cmd": "true", "instances": -1}, 422, "not valid"),
    ("POST", "/v2/apps", {"id": "/x", "cmd": "true", "bogus": 1}, 422, "not valid"),
    ("POST", "/v2/apps", {"id": "/x", "cmd": "true", "constraints": [["a", "NEAR"]]}, 422, "not"),
    ("POST", "/v2/apps", [1], 400, "Invalid JSON"),
    ("GET", "/v2/nonsense", None, 500, ""),
])
def test_errors_have_a_message(marathon, method, path, body, status, says):
    code, answer = marathon.request(method, path, body)
    assert code == status
    assert says in answer["message"]


def test_a_body_that_is_no_json(marathon):
    with marathon.connect(b"POST /v2/apps HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{") as s:
        answer = read_until(s, b"}")
    assert answer.startswith(b"HTTP/1.1 400 ") and b"Invalid JSON" in answer


def test_a_locked_app_names_the_deployment(marathon):
    marathon.call("PUT", "/v2/apps/a", {**APP, "instances": 9,
                                        "constraints": [["hostname", "UNIQUE"]]})
    code, answer = marathon.request("PUT", "/v2/apps/a", {"instances": 1})
    (deployment,) = marathon.call("GET", "/v2/deployments")
    assert code == 409 and answer["deployments"] == [{"id": deployment["id"]}]


def test_tasks_as_plain_text_are_not_acceptable(marathon):
    with marathon.connect(b"GET /v2/tasks HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\n\r\n") as s:
        assert read_until(s, b"\r\n\r\n").startswith(b"HTTP/1.1 406 ")
