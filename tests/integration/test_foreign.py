"""A host with somebody else's rules, sets and qdiscs: untouched, byte for byte."""

import re

import pytest

HOSTS = 2
NFT = """
table inet firewall {
  set allowed { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 198.51.100.7 }; }
  chain input {
    type filter hook input priority filter; policy accept;
    ip saddr @allowed tcp dport 22 counter accept comment "theirs"
  }
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    counter
  }
}
table ip sun {
  chain c { type filter hook output priority 5; policy accept; }
}
table netdev edge {
  chain in {
    type filter hook ingress device eth0 priority 0; policy accept;
    counter
  }
}
table ip6 nat6 {
  chain post { type nat hook postrouting priority srcnat; policy accept; }
}
"""
COMMANDS = [
    ["iptables-legacy", "-A", "INPUT", "-s", "192.0.2.9", "-j", "DROP"],
    ["ip6tables-legacy", "-A", "FORWARD", "-s", "2001:db8::/32", "-j", "DROP"],
    ["iptables-nft", "-t", "mangle", "-A", "PREROUTING", "-p", "udp", "-j", "MARK",
     "--set-mark", "7"],
    ["ipset", "create", "theirs", "hash:ip"],
    ["ipset", "add", "theirs", "203.0.113.5"],
    ["tc", "qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb", "default", "10"],
    ["tc", "class", "add", "dev", "eth0", "parent", "1:", "classid", "1:10", "htb",
     "rate", "9gbit"],
    ["tc", "qdisc", "add", "dev", "eth0", "clsact"],
    ["ip", "link", "add", "theirs0", "type", "bridge"],
]


def without_comments(text):
    """What iptables-save says, without comments (they hold the date) and counters."""
    return "\n".join(re.sub(r" \[\d+:\d+\]$", "", line)
                     for line in text.splitlines() if not line.startswith("#"))


def state(host):
    """What the issue compares: without comments, counters and times."""
    def out(*command):
        return host.run(command).check().stdout
    return {
        "ruleset": out("nft", "-s", "list", "ruleset"),
        "iptables": without_comments(out("iptables-legacy-save")),
        "ip6tables": without_comments(out("ip6tables-legacy-save")),
        "iptables-nft": without_comments(out("iptables-nft-save")),
        "ipset": out("ipset", "save"),
        "qdiscs": out("tc", "qdisc", "show"),
        "classes": out("tc", "class", "show", "dev", "eth0"),
        "links": out("ip", "-details", "link", "show"),
    }


def theirs(ruleset):
    """A ruleset without the tables that are ours."""
    kept, skipping = [], False
    for line in ruleset.splitlines():
        if line.startswith("table "):
            skipping = line.split()[2].startswith("sunder_")
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


@pytest.fixture(scope="module")
def furnished(lab):
    for host in lab.hosts.values():
        host.run(["nft", "-f", "-"], stdin=NFT).check()
        for command in COMMANDS:
            host.run(command).check()
    return lab


@pytest.mark.parametrize("words", [
    ["cut", "n1", "n2"],
    ["cut", "n1", "n2", "--one-way"],
    ["cut", "n1", "n2", "--protocol", "tcp", "--port", "2222,7000-7100"],
    ["partition", "--groups", "n1|n2"],
    ["cut", "n1", "cidr:203.0.113.0/24", "--one-way"],
], ids=" ".join)
def test_a_fault_leaves_the_host_as_it_was(furnished, words):
    lab = furnished
    before = {n: state(h) for n, h in lab.hosts.items()}
    if words[2].startswith("cidr"):
        words = [words[0], words[2], words[1], *words[3:]]
    fault = lab.sunder(*words, "--for", "60s", "-o", "json").check().json
    during = {n: state(h) for n, h in lab.hosts.items()}
    lab.sunder("heal", fault["id"]).check()
    after = {n: state(h) for n, h in lab.hosts.items()}
    assert after == before
    assert any("table inet sunder_" in d["ruleset"] for d in during.values())
    for name in lab.hosts:
        assert theirs(during[name].pop("ruleset")) == theirs(before[name].pop("ruleset"))
        assert during[name] == before[name]
    for host in lab.hosts.values():
        assert host.run(["iptables-legacy-save", "-c"]).code == 0


def test_a_sweep_takes_only_what_is_ours(furnished):
    lab = furnished
    before = state(lab.host("n1"))
    lab.sunder("cut", "n1", "n2", "--for", "60s").check()
    lab.host("n1").run([lab.binaries / "sunder-agent", "--heal-all",
                        "--state-dir", lab.directory / "n1"]).check()
    assert state(lab.host("n1")) == before
    lab.host("n1").run([lab.binaries / "sunder-agent", "--release-latch",
                        "--state-dir", lab.directory / "n1"]).check()
    lab.sunder("heal", "--everyones")
