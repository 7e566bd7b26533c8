"""Measures a controller with many agents, and writes docs/benchmarks-fleet.md.

100 real agents, each in a network namespace of its own: how long a fault takes from the
start of the command to its exit, how exactly hosts begin together, and what a host costs
that hangs or is dead. 1,000 simulated agents: what the controller needs.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.report import duration, machine, spread, table, verdict, wait_for  # noqa: E402
from lab import Lab  # noqa: E402

HOSTS = 100
COLD, WARM, SKEW, ILL = 20, 50, 40, 5  # Repetitions.
SIMULATED = 1_000
PROCESSES = 4  # That the simulated agents are spread over.
SPAN = 10  # Seconds over which the controller's processor time is taken.


def halves(names):
    middle = len(names) // 2
    return ",".join(names[:middle]) + "|" + ",".join(names[middle:])


class Commands:
    """The command line against one controller; each call says how long it took."""

    def __init__(self, program, controller):
        self._program = str(program)
        self._env = {**os.environ, "SUNDER_CONTROLLER": controller}

    def run(self, *words):
        """(seconds from its start to its exit, exit code, stdout, stderr)"""
        began = time.perf_counter()
        done = subprocess.run([self._program, *words], env=self._env, check=False, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, close_fds=False)
        return time.perf_counter() - began, done.returncode, done.stdout, done.stderr

    def done(self, *words):
        """(seconds, stdout); ends the benchmark if the command failed."""
        seconds, code, out, err = self.run(*words)
        if code != 0:
            raise SystemExit(f"bench: sunder {' '.join(words)}: exit {code}\n{err}{out}")
        return seconds, out

    def ready(self, hosts):
        """Whether the controller has heard all its agents and knows their clocks."""
        agents = json.loads(self.done("hosts", "-o", "json")[1])["agents"]
        return sum(1 for a in agents if a.get("reachable")) == hosts


def fault(commands, groups):
    """Seconds until a fault is in force everywhere; it is healed again."""
    seconds, _ = commands.done("partition", "--groups", groups, "--for", "30s")
    commands.done("heal", "--all")
    return seconds


def cold(lab, commands, groups):
    """Right after the controller's start: no channel is there and no clock known."""
    times = []
    for _ in range(COLD):
        lab.controller.stop()
        lab.controller.start()
        times.append(fault(commands, groups))
    return times


def warm(commands, groups):
    wait_for(lambda: commands.ready(HOSTS), "all agents")
    return [fault(commands, groups) for _ in range(WARM)]


@contextlib.contextmanager
def probe(program, lab, sender, receivers):
    """Asks, each time it is called: when was the last datagram sent that each receiver got."""
    with subprocess.Popen([program, "1000", lab.host(sender).namespace], text=True, bufsize=1,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        lines = [f"{lab.host(r).namespace} {lab.host(r).address}\n" for r in receivers]
        process.stdin.write("".join(lines) + "\n")

        def ask():
            process.stdin.write("\n")
            return [int(word) for word in process.stdout.readline().split()]
        try:
            wait_for(lambda: all(ask()), "packets from every host")
            yield ask
        finally:
            process.kill()


def skew(program, lab, commands):
    """For each fault: by how much each host began to drop later than the first one."""
    sender, *receivers = lab.hosts
    late = []
    with probe(program, lab, sender, receivers) as ask:
        for _ in range(SKEW):
            before = ask()
            wait_for(lambda: all(a > b for a, b in zip(ask(), before, strict=True)),
                     "packets to all hosts after the heal")
            commands.done("partition", "--groups", f"{sender}|{','.join(receivers)}",
                          "--for", "30s")
            last = ask()
            if ask() != last:
                raise SystemExit("bench: packets came through a fault that is in force")
            late.append([(t - min(last)) / 1e9 for t in last])
            commands.done("heal", "--all")
    return late


def ill(lab, commands, groups, spoil, mend):
    """[(seconds, exit code)] of faults whose one host is ill; each must name it."""
    results = []
    victims = random.Random(1).sample(list(lab.hosts), ILL)
    for name in victims:
        wait_for(lambda: commands.ready(HOSTS), "all agents")
        spoil(lab.agent(name))
        try:
            seconds, code, out, err = commands.run("partition", "--groups", groups,
                                                   "--for", "30s")
        finally:
            mend(lab.agent(name))
        if name not in err + out:
            raise SystemExit(f"bench: {name} was ill and is not named: {err}{out}")
        results.append((seconds, code))
    return results


def real_agents(programs):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name, \
            Lab(hosts=HOSTS, marathon=None, binaries=programs, directory=f"{name}/lab") as lab:
        commands = Commands(programs / "sunder", f"unix:{lab.directory}/controller.sock")
        groups = halves(list(lab.hosts))
        result = {"cold": cold(lab, commands, groups), "warm": warm(commands, groups)}
        result["skew"] = skew(programs / "skew_probe", lab, commands)
        result["hung"] = ill(lab, commands, groups, lambda a: a.pause(), lambda a: a.resume())
        result["dead"] = ill(lab, commands, groups, lambda a: a.kill(), lambda a: a.start())
        return result


# ---------------------------------------------------------------- simulated agents


class Usage:
    """What a process has used since this was made."""

    def __init__(self, pid):
        self._pid = pid
        self._began, self._cpu = time.monotonic(), self._seconds()

    def _seconds(self):
        text = pathlib.Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2]
        return sum(map(int, text.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def cores(self):
        return (self._seconds() - self._cpu) / (time.monotonic() - self._began)


def memory(pid):
    """(MiB now, MiB at most) resident"""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines
             if line.startswith("Vm")}
    return sizes["VmRSS"], sizes["VmHWM"]


@contextlib.contextmanager
def simulated_fleet(programs, folder, count):
    """`count` simulated agents and a controller; yields its Popen."""
    hosts = [{"name": f"h{i}", "addresses": [f"10.{i >> 8}.{i & 255}.1", f"fd00::{i:x}"],
              "labels": {"rack": f"r{i // 20}"}, "agent": f"unix:{folder}/h{i}.sock"}
             for i in range(1, count + 1)]
    (folder / "inventory.yaml").write_text(json.dumps({"hosts": hosts}))
    each = count // PROCESSES
    with contextlib.ExitStack() as stack:
        def start(command, **kwargs):
            process = stack.enter_context(subprocess.Popen(command, **kwargs))
            stack.callback(process.kill)
            return process
        agents = [start([programs / "fleet_agents", folder, str(1 + i * each), str(each)],
                        stdout=subprocess.PIPE) for i in range(PROCESSES)]
        for process in agents:
            if process.stdout.readline() != b"ready\n":
                raise SystemExit("bench: the simulated agents did not start")
        with open(folder / "log", "wb") as log:
            yield start([programs / "sunder-controller", "--listen",
                         f"unix:{folder}/controller.sock", "--inventory",
                         folder / "inventory.yaml", "--state-dir", folder / "state"],
                        stdout=log, stderr=log)


def simulated_agents(programs):
    results = []
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        with simulated_fleet(programs, folder, SIMULATED) as controller:
            commands = Commands(programs / "sunder", f"unix:{folder}/controller.sock")
            socket = folder / "controller.sock"
            wait_for(socket.exists, "the controller to listen")
            wait_for(lambda: commands.ready(SIMULATED), "all simulated agents")

            def measure(what, seconds):
                usage = Usage(controller.pid)
                time.sleep(SPAN)  # bounded wait: the span that is measured
                now, most = memory(controller.pid)
                results.append({"what": what, "seconds": seconds, "cores": usage.cores(),
                                "mib": now, "most_mib": most})
            measure("no fault", None)
            names = [f"h{i}" for i in range(1, SIMULATED + 1)]
            for what, groups in (
                    ("1 host from the other 999", f"h1|{','.join(names[1:])}"),
                    ("rack of 20 from the other 980", "rack=r1|rack!=r1"),
                    ("halves of 500 hosts", halves(names))):
                seconds, _ = commands.done("partition", "--groups", groups, "--for", "60s")
                measure(what, seconds)
                commands.done("heal", "--all")
    return results


# ---------------------------------------------------------------------------- page


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def aims(data):
    rows = []
    for what, key, limit in (("100 agents, cold: command to exit, median", "cold", 0.25),
                             ("100 agents, warm: the same", "warm", 0.15)):
        took = statistics.median(data["real"][key])
        rows.append([what, f"≤ {duration(limit)}", duration(took), verdict(took <= limit)])
    late = percentile([t for run in data["real"]["skew"] for t in run], 0.99)
    rows.append(["hosts begin together, p99 of packets", "≤ 5 ms", f"{late * 1000:.1f} ms",
                 verdict(late <= 0.005)])
    cores = max(run["cores"] for run in data["simulated"])
    rows.append(["controller of 1,000 agents", "≤ 1 core", f"{cores:.2f}", verdict(cores <= 1)])
    for run in data["simulated"][2:]:
        rows.append([f"the same, {run['what']}", "≤ 200 MiB", f"{run['most_mib']:.0f} MiB",
                     verdict(run["most_mib"] <= 200)])
    return table(["what", "aim", "measured", "holds"], rows)


def page(data):
    m, real = data["machine"], data["real"]
    late = [t for run in real["skew"] for t in run]
    lines = ["# Benchmarks of a fleet", "", "Written by `scripts/bench fleet`; do not edit.", "",
             f"{m['cpu']}, {m['processors']} processors, {m['memory_gib']} GiB; Linux "
             f"{m['kernel']}; commit {m['commit']}; {m['date']}; load {m['load']} at the start. "
             "All agents, the controller and the command share these processors. Their "
             "state directories are in memory: a hundred hosts have a hundred disks.", "",
             "## Aims", "", *aims(data),
             f"## {HOSTS} agents", "",
             "Each in a network namespace. From the start of `sunder partition` to its exit: the "
             "fault is in force on all hosts, read back on each. Halves of 50 hosts. Cold: right "
             "after the controller's start, with no channel and no clock known.", ""]
    lines += table(["", "faults", "median (quartiles)", "p95", "longest"], [
        [name, str(len(times)), spread(times), duration(percentile(times, 0.95)),
         duration(max(times))]
        for name, times in (("cold", real["cold"]), ("warm", real["warm"]))])
    lines += ["How much later a host begins to drop than the first one, from packets that one "
              "host sends to all others, to each one every millisecond (so much is the "
              "measurement's own error).", ""]
    lines += table(["faults", "hosts", "median", "p99", "most"], [
        [str(len(real["skew"])), str(len(late)),
         *(f"{x * 1000:.2f} ms" for x in (statistics.median(late), percentile(late, 0.99),
                                          max(late)))]])
    lines += ["One host that is ill: the fault fails, nothing is in force anywhere, and the host "
              "is named.", ""]
    lines += table(["the agent of one host", "faults", "command to exit, median", "longest",
                    "exit codes"], [
        [name, str(len(runs)), duration(statistics.median(s for s, _ in runs)),
         duration(max(s for s, _ in runs)), ", ".join(sorted({str(c) for _, c in runs}))]
        for name, runs in (("hangs", real["hung"]), ("is dead", real["dead"]))])
    lines += [f"## {SIMULATED:,} simulated agents", "",
              f"What the controller used in {SPAN} s while each fault was in force and kept "
              "alive. Resident memory: in that phase, and the most so far.", ""]
    lines += table(["fault", "command to exit", "cores", "MiB", "most MiB"], [
        [run["what"], duration(run["seconds"]) if run["seconds"] else "", f"{run['cores']:.2f}",
         f"{run['mib']:.0f}", f"{run['most_mib']:.0f}"] for run in data["simulated"]])
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--print", action="store_true")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: needs root for its network namespaces")
    data = {"machine": machine()}
    data["real"] = real_agents(options.bin)
    data["simulated"] = simulated_agents(options.bin)
    if options.json:
        options.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    if options.print:
        print(page(data))
    else:
        (ROOT / "docs/benchmarks-fleet.md").write_text(page(data))


if __name__ == "__main__":
    main()
