"""The stand-in's pure parts: definitions, placement, filters."""

from collections import Counter, defaultdict

import pytest

from lab.marathon import definition, instants
from lab.marathon.errors import ApiError
from lab.marathon.filters import label_selector
from lab.marathon.placement import PORTS, Host, host_ports, place

HOSTS = [Host(f"n{i}", f"10.9.0.{i}", attributes={"rack": "r1" if i < 3 else "r2"})
         for i in range(1, 6)]


def app(**members):
    return definition.complete({"cmd": "true", **members}, {}, "/a", [])


def place_all(count, **members):
    """The names of the hosts of `count` instances, placed one after the other."""
    definition_ = app(**members)
    placed, load, taken = [], Counter(), defaultdict(set)
    for _ in range(count):
        found = place(definition_, placed, HOSTS, load, taken)
        if not found:
            break
        host, ports = found
        placed.append(host)
        load[host.name] += 1
        taken[host.name].update(ports)
    return [h.name for h in placed]


@pytest.mark.parametrize("constraint, count, want", [
    (["hostname", "UNIQUE"], 9, ["n1", "n2", "n3", "n4", "n5"]),
    (["rack", "UNIQUE"], 9, ["n1", "n3"]),
    (["rack", "CLUSTER", "r2"], 4, ["n3", "n4", "n5", "n3"]),
    (["rack", "CLUSTER"], 3, ["n1", "n2", "n1"]),
    (["rack", "GROUP_BY"], 4, ["n1", "n3", "n2", "n4"]),
    (["rack", "LIKE", "r[2-9]"], 3, ["n3", "n4", "n5"]),
    (["rack", "UNLIKE", "r2"], 2, ["n1", "n2"]),
    (["rack", "MAX_PER", "1"], 9, ["n1", "n3"]),
    (["nothing", "UNIQUE"], 9, []),
])
def test_constraints(constraint, count, want):
    assert place_all(count, constraints=[constraint]) == want


def test_without_constraints_the_load_is_even():
    assert place_all(10) == ["n1", "n2", "n3", "n4", "n5"] * 2


def test_ports_are_distinct_in_range_and_end():
    many = app(portDefinitions=[{}] * 400)
    ports = host_ports(many, {31000})
    assert len(set(ports)) == 400 and set(ports) <= set(PORTS) - {31000}
    assert host_ports(many, set(PORTS) - {31000}) is None


def test_service_ports_do_not_collide_between_apps():
    first = app(portDefinitions=[{}, {"port": 10001}])
    assert definition.service_ports(first) == [10000, 10001]
    second = definition.complete({"cmd": "true"}, {}, "/b", definition.service_ports(first))
    assert definition.service_ports(second) == [10002]


def test_an_update_keeps_what_it_does_not_name():
    before = app(labels={"a": "b"}, instances=3)
    after = definition.complete({"instances": 5}, before, "/a", [])
    assert after == {**before, "instances": 5}


@pytest.mark.parametrize("given, path", [
    ("shop/cart", "/shop/cart"), ("//shop//cart/", "/shop/cart"), ("a", "/a"), ("a.b-c", "/a.b-c")])
def test_ids_become_absolute(given, path):
    assert definition.absolute(given) == path


@pytest.mark.parametrize("given", ["", "/", "/A", "/a b", "/-a", "/a_b"])
def test_odd_ids_are_refused(given):
    with pytest.raises(ApiError) as refused:
        definition.absolute(given)
    assert refused.value.status == 422


@pytest.mark.parametrize("text, want", [
    ("", True), ("tier", True), ("none", False), ("tier==web", True), ("tier==x", False),
    ("tier!=web", False), ("tier != x", True), ("tier in (web, x)", True), ("tier in (x)", False),
    ("tier notin (x)", True), ("tier==web,team", True), ("tier==web,none", False)])
def test_label_selectors(text, want):
    assert label_selector(text)({"tier": "web", "team": "shop"}) is want


def test_an_odd_label_selector_is_refused():
    with pytest.raises(ApiError):
        label_selector("tier == ")


def test_versions_only_grow():
    versions = [instants.version() for _ in range(100)]
    assert versions == sorted(set(versions))
