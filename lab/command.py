"""scripts/lab: a lab for a person, up until it is taken down."""

import argparse
import pathlib
import shlex
import subprocess
import sys

from lab import network
from lab.errors import LabError
from lab.lab import Lab, Program

HOME = pathlib.Path("/run/sunder-lab")


def arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/lab", description=(
        "A cluster on this machine: hosts as network namespaces, an agent in each, a "
        "controller, and a stand-in for Marathon that runs real tasks. Needs root."))
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", default="lab",
                        help="of the lab; labs of different names stand side by side (%(default)s)")
    common.add_argument("--dir", metavar="DIR", help=f"for sockets, logs, state ({HOME}/NAME)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", parents=[common], help="make and start it")
    up.add_argument("--hosts", type=int, default=5, metavar="N", help="how many (%(default)s)")
    up.add_argument("--build", metavar="DIR",
                    help="the programs' folder (build/release/bin, or $SUNDER_BIN)")
    up.add_argument("--no-marathon", action="store_true", help="without the stand-in")
    up.add_argument("--no-programs", action="store_true",
                    help="make hosts and networks, start nothing")
    commands.add_parser("down", parents=[common], help="end and remove it; fine if it is not up")
    commands.add_parser("status", parents=[common], help="what is there and what runs")
    run = commands.add_parser("exec", parents=[common], help="run a command on a host")
    run.add_argument("host", help="n1, n2, ..., or ctl: the controller's place")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD...")
    options = parser.parse_args(words)
    options.dir = pathlib.Path(options.dir) if options.dir else HOME / options.name
    return options


def up(options):
    lab = Lab(options.hosts, name=options.name, directory=options.dir, binaries=options.build,
              marathon=None if options.no_marathon else Program(),
              start=not options.no_programs, detached=True)
    lab.up()
    print(f"The lab {lab.name} is up: {', '.join(lab.hosts)}; logs in {lab.directory}.")
    print(f"  export SUNDER_CONTROLLER=unix:{lab.directory}/controller.sock")
    print(f"  {shlex.quote(str(lab.binaries / 'sunder'))} hosts")
    return 0


def down(options):
    if not (options.dir / "lab.json").exists():
        print(f"No lab in {options.dir}.")
        return 0
    lab = Lab.load(options.dir)
    lab.down()
    print(f"The lab {lab.name} is down.")
    return 0


def status(options):
    lab = Lab.load(options.dir)
    rows = [("HOST", "ADDRESSES", "LABELS", "AGENT")]
    for host in lab.hosts.values():
        labels = " ".join(f"{k}={v}" for k, v in sorted(host.labels.items()))
        there = (network.NETNS / host.namespace).exists()
        rows.append((host.name, " ".join(host.addresses), labels,
                     _state(lab.agent(host.name)) if there else "no namespace"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    print()
    for name in ("controller", "marathon"):
        if name in lab.daemons:
            print(f"{name:10}  {_state(lab.daemons[name])}")
    return 0 if all(d.running for d in lab.daemons.values()) else 1


def _state(daemon):
    return f"pid {daemon.pid}" if daemon.running else "not running"


def exec_(options):
    lab = Lab.load(options.dir)
    if not options.words:
        raise LabError("exec: no command given")
    if options.host == network.CONTROL:
        return subprocess.call(lab.in_control_network(options.words))
    if options.host not in lab.hosts:
        raise LabError(f"no host {options.host!r}; there are {', '.join(lab.hosts)} and ctl")
    return subprocess.call(lab.host(options.host).inside(options.words))


COMMANDS = {"up": up, "down": down, "status": status, "exec": exec_}


def main(words):
    options = arguments(words)
    try:
        return COMMANDS[options.command](options)
    except LabError as error:
        print(f"scripts/lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
