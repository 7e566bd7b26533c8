"""What the demo concludes from probes. Pure."""

import array
import io

import pytest

from lab.demo import analysis, word
from lab.demo.probers import window
from lab.demo.screen import Screen, milliseconds

MS = 1_000_000


def probes(text, begin=0):
    """"..xx" is four probes, a millisecond apart: two arrived, two did not."""
    return [(begin + i * MS, c == ".") for i, c in enumerate(text)]


def test_sent_and_received_are_joined_by_number_and_pair():
    sent = {"a": [(1, "b", 10), (1, "c", 11), (2, "b", 20)], "b": [(1, "a", 12)], "c": []}
    received = {"a": [], "b": [(2, "a", 20)], "c": [(1, "a", 11)]}
    assert analysis.join(sent, received) == {
        ("a", "b"): [(10, False), (20, True)], ("a", "c"): [(11, True)], ("b", "a"): [(12, False)]}


def test_the_matrix_tells_shares():
    assert analysis.matrix({("a", "b"): probes("..x."), ("b", "a"): probes("xx")}) == {
        ("a", "b"): 0.75, ("b", "a"): 0}


@pytest.mark.parametrize("text, at", [
    ("." * 30 + "x" * 30, 30),
    ("." * 30, None),
    ("..x.." * 10 + "x" * 30, 50),        # A lost one here and there is no cut.
    ("." * 30 + "x" * 10 + "." * 30, None),
    ("x" * 30, 0)])
def test_the_first_of_many_dropped(text, at):
    assert analysis.first(probes(text), False, 0) == (None if at is None else at * MS)


def test_only_what_comes_after_counts():
    assert analysis.first(probes("x" * 60), False, 10 * MS) == 10 * MS


def test_a_change_over_hosts():
    pairs = {("a", "c"): probes("." * 10 + "x" * 30), ("b", "c"): probes("." * 14 + "x" * 30),
             ("c", "a"): probes("." * 12 + "x" * 30, begin=5)}
    change = analysis.change(pairs, list(pairs), False, 0)
    assert change.first_at == {"c": 10 * MS, "a": 12 * MS + 5}
    assert change.last_at == {"c": 14 * MS, "a": 12 * MS + 5}
    assert (change.began, change.complete) == (10 * MS, 14 * MS)
    assert change.skew == 2 * MS + 5
    assert change.resolution == MS


def test_a_pair_that_never_changed_or_was_never_probed_is_no_change():
    pairs = {("a", "b"): probes("." * 40)}
    assert analysis.change(pairs, [("a", "b")], False, 0) is None
    assert analysis.change(pairs, [("x", "y")], True, 0) is None


def test_cut_pairs_are_those_between_sides():
    assert set(analysis.cut_pairs([["a"], ["b", "c"]])) == {
        ("a", "b"), ("a", "c"), ("b", "a"), ("c", "a")}


def test_a_window_of_a_probers_file(tmp_path):
    path = tmp_path / "a.sent"
    records = [(n, n % 3, n * 10 + (3 if n % 2 else 0)) for n in range(5000)]
    flat = array.array("q", [v for r in records for v in r])
    path.write_bytes(flat.tobytes() + b"half a record")
    assert window(path, 20000, 20100) == [r for r in records if 20000 <= r[2] < 20100]
    assert window(tmp_path / "none", 0, 1) == []


def test_where_no_terminal_watches_there_are_no_colours():
    out = io.StringIO()
    screen = Screen(out)
    screen.step("One")
    screen.matrix({("a", "b"): 1, ("b", "a"): 0, ("a", "c"): 0.5}, [["a"], ["b", "c"]])
    screen.verdict(False, "no")
    text = out.getvalue()
    assert "\033" not in text
    row = next(line for line in text.split("\n") if line.strip().startswith("a "))
    assert row.split() == ["a", "·", "│", "●", "50%"]


def test_numbers_for_people():
    assert [milliseconds(n) for n in (0, 1_234_567, 12_345_678)] == [
        "0.00 ms", "1.23 ms", "12.3 ms"]
    assert [milliseconds(n, "+") for n in (1_000_000, -20_000_000)] == ["+1.00 ms", "-20.0 ms"]


FAULT = {"hosts": [
    {"host": "n1", "inForce": {"at": "1970-01-01T00:00:02.000000001Z", "uncertainty": "0.000500s"},
     "healed": None},
    {"host": "n2", "inForce": {"at": "1970-01-01T00:00:02.5Z"}}]}


def test_what_was_said_comes_onto_the_probes_clock():
    assert word.instants(FAULT, "inForce", 1_000_000_000) == {
        "n1": (1_000_000_001, 500_000), "n2": (1_500_000_000, 0)}
    assert word.instants(FAULT, "healed", 0) == {}


@pytest.mark.parametrize("said, kept", [
    ({"a": (10, 0)}, True), ({"a": (12, 0)}, True), ({"a": (7, 0)}, False),
    ({"a": (7, 2)}, True), ({}, False)])
def test_a_word_is_kept_if_it_is_not_said_too_soon(said, kept):
    assert word.kept(said, analysis.Change({"a": 9}, {"a": 10}, resolution=1)) is kept
