"""Fixtures: a lab and hands in its hosts, one for each test module."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(pathlib.Path(__file__).parent)]

from hands import Hands  # noqa: E402
from lab import Lab  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "fault(family=None): asserts that a fault is in force (for one address "
        "family, or for both); must fail under an agent that lies (tests/mutants)")
    config.addinivalue_line(
        "markers", "lease: the fault ends by its lease or its agent dies: need not notice an "
        "agent whose heals are lies")


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers("fault"):
            item.user_properties.append(("family", mark.kwargs.get("family", "")))


@pytest.fixture(scope="module")
def lab(request):
    """A lab of as many hosts as the module's HOSTS says (3 where it says nothing)."""
    with Lab(hosts=getattr(request.module, "HOSTS", 3)) as made:
        yield made


@pytest.fixture(scope="module")
def hands(lab):
    made = Hands(lab, list(lab.hosts))
    yield made
    made.close()
