"""Nonsense from people and from Marathon: a clear error, nothing applied, nothing lost."""

import pathlib
import subprocess

import pytest

from lab import Lab, Program, until

HOSTS = 3
LIAR = pathlib.Path(__file__).with_name("liar.py")


def clean(lab):
    return not any("sunder" in h.run(["nft", "list", "tables"]).check().stdout
                   for h in lab.hosts.values())


@pytest.mark.parametrize("words,code,says", [
    (["cut", "n1"], 2, "B is required"),
    (["cut", "n1", "n9"], 3, "n9"),
    (["cut", "n1", "n1"], 2, "n1"),
    (["cut", "n1", "rack=none"], 3, "rack=none"),
    (["cut", "n1", "app:/nothing"], 3, "/nothing"),
    (["cut", "n1", "task:nothing"], 3, "nothing"),
    (["cut", "n1", "cidr:10.0.0.1/8"], 2, "10.0.0.1/8"),
    (["cut", "n1", ""], 2, "second side"),
    (["cut", "n1", "n2", "--port", "0"], 2, "0"),
    (["cut", "n1", "n2", "--port", "70000"], 2, "70000"),
    (["cut", "n1", "n2", "--port", "9-1"], 2, "9-1"),
    (["cut", "n1", "n2", "--protocol", "smtp"], 2, "smtp"),
    (["cut", "n1", "n2", "--protocol", "icmp", "--port", "80"], 2, "ICMP"),
    (["cut", "n1", "n2", "--for", "0s"], 2, "0s"),
    (["cut", "n1", "n2", "--for", "-5s"], 2, "5s"),
    (["cut", "n1", "n2", "--for", "25h"], 2, "24"),
    (["cut", "n1", "n2", "--for", "soon"], 2, "soon"),
    (["partition", "--groups", "n1,n2|n2,n3"], 2, "n2"),
    (["partition", "--groups", "n1|"], 2, "n1|"),
    (["partition", "--groups", "n1,n2,n3"], 2, "1 groups"),
    (["partition", "--groups", "n1|n2", "--rest", "error"], 1, "n3"),
    (["partition", "--groups", "n1|n2", "--rest", "maybe"], 2, "maybe"),
    (["partition", "host:n1", "--shape", "halves"], 2, "host:n1"),
    (["partition", "/nothing", "--shape", "halves"], 3, "/nothing"),
    (["partition", "n1,n2,n3", "--shape", "pentagon"], 2, "pentagon"),
    (["kill", "/nothing", "--all"], 3, "/nothing"),
    (["kill", "/nothing", "--count", "0"], 2, "0"),
    (["kill", "/nothing", "--percent", "101"], 2, "101"),
    (["heal", "feedbeef"], 3, "feedbeef"),
    (["show", "feedbeef"], 3, "feedbeef"),
    (["heal"], 2, "--all"),
    (["nonsense"], 2, "subcommand"),
], ids=lambda v: " ".join(v) if isinstance(v, list) else None)
def test_a_mistake_is_named_and_nothing_is_applied(lab, words, code, says):
    result = lab.sunder(*words)
    assert result.code == code, result.describe()
    assert says in result.stderr
    assert result.stdout == ""
    assert clean(lab)


def test_an_unreachable_controller_is_said_with_what_to_do(lab):
    result = lab.sunder("hosts", "--controller", "unix:/nonexistent.sock")
    assert result.code == 4, result.describe()
    assert "/nonexistent.sock" in result.stderr


# What the controller says of each kind of nonsense; None: it is read after all.
@pytest.mark.parametrize("mode,says", [
    ("html", "JSON"), ("overloaded", "503"), ("truncated", "JSON"), ("wrong_shape", "apps"),
    ("reset", "http://127.0.0.1:8088"), ("huge", None), ("endless", "larger than"),
    ("silent", "time"), ("down", "onnect"),
])
def test_a_marathon_that_lies_is_named_and_the_inventory_still_works(mode, says):
    with Lab(hosts=2, marathon=None, start=False,
             controller=Program(args=["--marathon", "http://127.0.0.1:8088"])) as lab:
        liar = None
        if mode != "down":
            liar = subprocess.Popen(
                lab.in_control_network(["/usr/bin/python3", LIAR, "8088", mode]),
                stdout=subprocess.PIPE, text=True)
            assert liar.stdout.readline() == "ready\n"
        lab.start()
        try:
            def marathon():
                shown = lab.sunder("topology", "-o", "json").check().json
                return next(s for s in shown["sources"] if "marathon" in s["name"])
            if says is None:  # 50 MB of nothing is much, and is read.
                until(lambda: marathon().get("healthy"), 60, "Marathon to be read")
                assert not marathon().get("error")
            else:
                until(lambda: marathon()["error"] != "not read yet", 60,
                      "the controller to say what is wrong with Marathon")
                assert says in marathon()["error"]
                assert not marathon().get("healthy")
            result = lab.sunder("partition", "/shop", "--shape", "halves")
            assert result.code == 3, result.describe()
            assert "/shop" in result.stderr
            assert clean(lab)
            fault = lab.sunder("cut", "n1", "n2", "--for", "60s", "-o", "json").check().json
            lab.sunder("heal", fault["id"]).check()
            assert lab.controller.running
        finally:
            if liar:
                liar.kill()
                liar.communicate()
