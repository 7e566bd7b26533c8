"""Every behaviour, with real packets: family x protocol x new and established.

For each fault the whole matrix is measured once: before, during and after. Each
cell is then a test of its own, so that a fault that is not injected, or only in
part, fails exactly the tests that assert that part.
"""

import functools

import pytest

HOSTS = 3
FAMILIES = ("ipv4", "ipv6")
KINDS = ("tcp new", "tcp established", "udp", "icmp")

# Each fault: what to type, and of which ordered pairs the second then gets nothing
# of what the first sends. The third host is the bystander.
FAULTS = {
    "cut": (["cut", "n1", "n2"], {("n1", "n2"), ("n2", "n1")}),
    "complete": (["partition", "--groups", "n1|n2,n3"],
                 {("n1", "n2"), ("n2", "n1"), ("n1", "n3"), ("n3", "n1")}),
    "one-way": (["cut", "n1", "n2", "--one-way"], {("n1", "n2")}),
}
PAIRS = [(a, b) for a in ("n1", "n2", "n3") for b in ("n1", "n2", "n3") if a != b]


def inject(lab, *words):
    """Puts a fault in force and returns it."""
    return lab.sunder(*words, "--for", "120s", "-o", "json").check().json


def matrix(hands):
    """{(from, to, family, kind): word}, all asked side by side."""
    questions = {}
    for a, b in PAIRS:
        for family in FAMILIES:
            for kind in KINDS:
                way, more = {
                    "tcp new": ("tcp", {}),
                    "tcp established": ("say", {"name": f"{b} {family}"}),
                }.get(kind, (kind, {}))
                questions[a, b, family, kind] = (way, a, b, family, more)
    return hands.ask_all(questions)


def open_all(hands):
    """What could not be opened is said by the established connection's cell."""
    hands.all({(a, b, f): (a, "open", {"name": f"{b} {f}", "address": hands.address(b, f)})
               for a, b in PAIRS for f in FAMILIES})


def close_all(hands):
    hands.all({(a, b, f): (a, "close", {"name": f"{b} {f}"})
               for a, b in PAIRS for f in FAMILIES})


@pytest.fixture(scope="module")
def observe(lab, hands):
    """observe(fault name) -> its matrices before, during, after. Measured once."""
    @functools.cache
    def measured(name):
        open_all(hands)
        before = matrix(hands)
        fault = inject(lab, *FAULTS[name][0])
        during = matrix(hands)
        lab.sunder("heal", fault["id"]).check()
        close_all(hands)  # Those that met the fault sit in long back-offs.
        open_all(hands)
        after = matrix(hands)
        close_all(hands)
        return before, during, after
    return measured


def lost(name, a, b):
    """What a fault makes of a request of `a` to `b`. Without answers nobody gets one,
    whichever way is cut."""
    dropped = FAULTS[name][1]
    return ("request lost" if (a, b) in dropped else
            "answer lost" if (b, a) in dropped else "ok")


def cells(cut):
    for name in FAULTS:
        for a, b in PAIRS:
            if (lost(name, a, b) != "ok") == cut:
                for family in FAMILIES:
                    for kind in KINDS:
                        marks = [pytest.mark.fault(family=family)] if cut else []
                        yield pytest.param(name, (a, b, family, kind), marks=marks,
                                           id=f"{name}-{a}-{b}-{family}-{kind.replace(' ', '_')}")


@pytest.mark.parametrize("name,cell", cells(cut=True))
def test_a_cut_pair_sees_silence_and_not_an_error(observe, name, cell):
    before, during, after = observe(name)
    assert before[cell] == "ok"
    assert during[cell] == lost(name, *cell[:2])
    assert after[cell] == "ok"


@pytest.mark.parametrize("name,cell", cells(cut=False))
def test_a_bystander_notices_nothing(observe, name, cell):
    for matrix_ in observe(name):
        assert matrix_[cell] == "ok"


def sent(hands, sender, receiver, family):
    """What becomes of datagrams: "heard", "lost" at the receiver, or "unsent"."""
    address = hands.address(receiver, family)
    with hands.tapped([receiver]) as seen:
        said = hands.all({
            "received": (receiver, "hear", {"address": address, "port": 7500}),
            "sent": (sender, "shout", {"address": address, "port": 7500}),
        })
    assert said["sent"] == "ok"
    if said["received"] == "ok":
        return "heard"
    source = hands.address(sender, family)
    came_in = any(row[0] == source and row[2] == 7500 for row in seen[receiver]["arrived"])
    return "lost" if came_in else "unsent"


def test_a_held_fault_that_runs_to_its_end_has_done_what_it_should(lab):
    held = lab.sunder("cut", "n1", "n2", "--hold", "--for", "2s")
    assert held.code == 0, held.describe()


@pytest.mark.parametrize("family", [pytest.param(f, marks=pytest.mark.fault(family=f))
                                    for f in FAMILIES])
def test_one_way_drops_what_the_first_sends_and_nothing_else(lab, hands, family):
    fault = inject(lab, "cut", "n1", "n2", "--one-way")
    try:
        assert sent(hands, "n1", "n2", family) == "lost"
        assert sent(hands, "n2", "n1", family) == "heard"
    finally:
        lab.sunder("heal", fault["id"]).check()
    assert sent(hands, "n1", "n2", family) == "heard"


@pytest.mark.parametrize("family", [pytest.param(f, marks=pytest.mark.fault(family=f))
                                    for f in FAMILIES])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_port_limited_fault_leaves_other_ports_and_protocols_alone(lab, hands, family,
                                                                     protocol):
    other = {"tcp": "udp", "udp": "tcp"}[protocol]
    fault = inject(lab, "cut", "n1", "n2", "--protocol", protocol, "--port", "7001")
    try:
        for a, b in (("n1", "n2"), ("n2", "n1")):
            assert hands.ask(protocol, a, b, family, port=7001) == "request lost"
            assert hands.ask(protocol, a, b, family, port=7002) == "ok"
            assert hands.ask(other, a, b, family, port=7001) == "ok"
            assert hands.ask("icmp", a, b, family) == "ok"
    finally:
        lab.sunder("heal", fault["id"]).check()
    assert hands.ask(protocol, "n1", "n2", family, port=7001) == "ok"


@pytest.mark.parametrize("family", [pytest.param(f, marks=pytest.mark.fault(family=f))
                                    for f in FAMILIES])
@pytest.mark.parametrize("first", [0, 1])
def test_of_two_overlapping_faults_either_heals_first_and_the_other_stays_whole(
        lab, hands, family, first):
    ids = [inject(lab, *words)["id"]
           for words in (["cut", "n1", "n2"], ["partition", "--groups", "n1|n2,n3"])]
    still_cut = {0: [("n1", "n2"), ("n2", "n1"), ("n1", "n3")], 1: [("n1", "n2"), ("n2", "n1")]}
    whole = {0: [("n2", "n3")], 1: [("n1", "n3"), ("n3", "n1"), ("n2", "n3")]}
    try:
        lab.sunder("heal", ids[first]).check()
        for a, b in still_cut[first]:
            assert hands.ask("udp", a, b, family) == "request lost"
        for a, b in whole[first]:
            assert hands.ask("udp", a, b, family) == "ok"
    finally:
        lab.sunder("heal", *ids)
    for a, b in PAIRS:
        assert hands.ask("udp", a, b, family) == "ok"
