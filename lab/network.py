"""The lab's namespaces: hosts on a data bridge, all on a control bridge.

A host's eth0 is on the data bridge (10.9.0.N, fd09::N), its ctl0 on the control
bridge (10.8.0.N, fd08::N). The bridges live in <lab>-net; <lab>-ctl is on the
control bridge only. Nothing is made in the machine's own namespace.
"""

import os
import pathlib
import signal

from lab import result
from lab.errors import LabError
from lab.wait import until

MAX_HOSTS = 250
CONTROL = "ctl"
CONTROL_ADDRESS = "10.8.0.254"
NETNS = pathlib.Path("/run/netns")


def data_addresses(number):
    return [f"10.9.0.{number}", f"fd09::{number:x}"]


def control_addresses(number):
    return [f"10.8.0.{number}", f"fd08::{number:x}"]


def namespaces(lab, hosts):
    """Every namespace of the lab called `lab`."""
    return [f"{lab}-net", f"{lab}-{CONTROL}", *(f"{lab}-{h}" for h in hosts)]


def check_free(lab, hosts):
    """Raises if the machine has a namespace of this name: it is not ours to use."""
    for namespace in namespaces(lab, hosts):
        if (NETNS / namespace).exists():
            raise LabError(f"network namespace {namespace} exists already: take the lab {lab} "
                           "down or choose another name")


def build(lab, hosts):
    """Makes all namespaces and links; `hosts` in the order of their numbers."""
    _ip_batch([f"netns add {n}" for n in namespaces(lab, hosts)])
    for namespace in namespaces(lab, hosts):
        # Duplicate address detection would leave addresses unusable for a second.
        _check(["ip", "netns", "exec", namespace, "sysctl", "-qw",
                "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                "net.ipv6.conf.default.accept_ra=0"])
        _ip_batch(["link set lo up"], namespace)
    hub = []
    for bridge in ("data", "control"):
        hub += [f"link add {bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                f"link set {bridge} up"]
    legs = [(h, "eth0", "data") for h in hosts] + [(h, "ctl0", "control") for h in hosts]
    for host, device, bridge in legs + [(CONTROL, "ctl0", "control")]:
        port = f"{bridge[0]}-{host}"
        hub += [f"link add {port} type veth peer name {device} netns {lab}-{host}",
                f"link set {port} master {bridge} up"]
    _ip_batch(hub, f"{lab}-net")
    for number, host in enumerate(hosts, 1):
        _ip_batch([*_leg("eth0", data_addresses(number)),
                   *_leg("ctl0", control_addresses(number))], f"{lab}-{host}")
    _ip_batch(_leg("ctl0", [CONTROL_ADDRESS, "fd08::fe"]), f"{lab}-{CONTROL}")


def remove(lab, hosts):
    """Removes what is there of the lab's namespaces, with every process in them."""
    for namespace in reversed(namespaces(lab, hosts)):
        if (NETNS / namespace).exists():
            kill_all_in(namespace)
            _check(["ip", "netns", "delete", namespace])


def kill_all_in(namespace):
    """Kills what still runs in one of the lab's namespaces, until nothing does."""
    def empty():
        pids = _check(["ip", "netns", "pids", namespace]).stdout.split()
        for pid in map(int, pids):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not pids
    until(empty, 10, f"the processes in {namespace} to die")


def _leg(device, addresses):
    plain = f"addr add {addresses[0]}/24 dev {device}"
    return [plain, f"addr add {addresses[1]}/64 dev {device} nodad", f"link set {device} up"]


def _ip_batch(lines, namespace=None):
    where = ["-n", namespace] if namespace else []
    _check(["ip", *where, "-batch", "-"], "\n".join(lines) + "\n")


def _check(command, stdin=None):
    return result.run(command, 20, stdin).check()
