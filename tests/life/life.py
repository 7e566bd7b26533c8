#!/usr/bin/python3
"""A random life of five hosts: real programs and the real kernel, and a judge (oracle.py).

    life.py [--seed N] [--steps N] [--lives N]

Each life has a lab of its own and as many incidents (script.py) as `--steps` says; the
seed of the first is N, of the next N+1. A life that failed is tried again by its seed: the
same incidents, at about the same moments.
"""

import argparse
import collections
import concurrent.futures
import ctypes
import dataclasses
import math
import multiprocessing
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

import incidents  # noqa: E402
import oracle  # noqa: E402
import script  # noqa: E402
from clients import CRASHES, Client  # noqa: E402
from failing_calls import FILES, NETLINK, FailingCalls  # noqa: E402
from lab import Lab, LabError, Program, until  # noqa: E402
from probes import Probes  # noqa: E402
from prober import now  # noqa: E402
from reporter import Reporter, states  # noqa: E402

HOSTS = ["n1", "n2", "n3", "n4", "n5"]
DISK = "2m"
# An agent or a controller that is told to fail may end: with a reason, and this code.
GAVE_UP = 1
PR_SET_PDEATHSIG = 1
PATIENCE = 60   # Seconds, for what takes none where nothing is wrong.
SWEEP = 15      # For what an agent does by itself when a lease is over.


@dataclasses.dataclass
class Result:
    """What came of a life."""
    steps: int = 0              # Incidents that found something to do.
    kinds: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    failed_calls: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    gave_up: int = 0            # Programs that ended by themselves, with a reason.
    faults: int = 0
    reports: int = 0
    verdict: oracle.Verdict = dataclasses.field(default_factory=oracle.Verdict)
    wrong: list = dataclasses.field(default_factory=list)

    def figures(self):
        v = self.verdict
        return (f"{self.steps} steps, {self.faults} faults asked for, {v.faults_in_force} seen in "
                f"force; {self.failed_calls[NETLINK]} netlink and {self.failed_calls[FILES]} file "
                f"calls failed, {self.gave_up} programs gave up; {v.packets} packets, {v.lost} "
                f"lost, {v.quiet} where none may be, {v.held_to} held to {self.reports} reports")


class Life:
    """A lab, everything that was done to it, and what must be so."""

    def __init__(self, folder, seed, agent=None, say=lambda text: None):
        self.say = say
        self.result = Result()
        self.journal = oracle.Journal()
        self.hosts = HOSTS
        self.clients = []
        self.stopped, self.latched, self.frozen = set(), {}, set()
        self.damaged = self.tried_damaged = False   # The database.
        self.foreign_tables, self._foreign = [], {}
        self.copy = folder / "copy.db"
        self._folder = folder
        self._numbers = iter(range(1 << 30))
        lab_folder = folder / "lab"
        lab_folder.mkdir()
        library = pathlib.Path(Lab(1).binaries) / "libfailing_calls.so"
        self.failing = {
            name: FailingCalls(library, folder / f"{name.split()[-1]}.calls",
                               lab_folder / name.split()[-1], seed + number)
            for number, name in enumerate(["controller", *(f"agent {h}" for h in HOSTS)])}
        self.lab = Lab(
            hosts=HOSTS, directory=lab_folder, marathon=None, start=False,
            controller=Program(wrap=self.failing["controller"].wrap),
            agents={h: dataclasses.replace(agent or Program(),
                                           wrap=self.failing[f"agent {h}"].wrap)
                    for h in HOSTS})

    # ------------------------------------------------------------ begin and end

    def __enter__(self):
        try:
            for name in [*HOSTS, "controller"]:
                self.disk(name).mkdir()
                mount("-t", "tmpfs", "-o", f"size={DISK},mode=0700", "sunder-life",
                      self.disk(name))
            self.lab.up()
            for host in HOSTS:
                self.remember_foreign(host)
            for name in self.lab.daemons:
                self._runs(name, True)
            self.lab.start()
            self.probes = Probes(self.lab)
            self.probes.begin()
            self.reporter = Reporter(self.lab, self.journal.reports)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *_):
        if hasattr(self, "reporter"):
            self.reporter.end()
        if hasattr(self, "probes"):
            self.probes.kill()
        for client in self.clients:
            client.kill()
        try:
            self.lab.down()
        except LabError as error:
            self.violated(str(error))
        for name in [*HOSTS, "controller"]:
            if self.disk(name).is_mount():
                subprocess.run(["umount", "-l", self.disk(name)], check=True)

    def violated(self, what):
        self.say(f"VIOLATED {what}")
        self.result.wrong.append(what)

    def live(self, incidents_, steps):
        """Incidents until so many found something to do, and rest; then what packets say."""
        did = False
        for incident in incidents_:
            if self.result.steps == steps:
                break
            # After one that found nothing to do, the next comes at once.
            due = time.monotonic() + did * incident.after_ms / 1e3
            while (left := due - time.monotonic()) > 0:
                time.sleep(min(left, 0.05))  # bounded wait: the script's own pace
                self.look()
            did = incidents.befall(self, incident)
            self.result.steps += did
            self.result.kinds[incident.kind] += did
            self.say(f"{incident}{'' if did else '   (nothing to do)'}")
            self.look()
        try:
            self.come_to_rest()
        except LabError as error:
            self.violated(str(error))
        self.reporter.end()
        self.result.wrong += self.reporter.wrong
        self.result.verdict = oracle.judge(self.journal, self.probes.end())
        for instant, what in sorted(self.result.verdict.violations)[:20]:
            self.violated(f"at {instant}: {what}")
        if len(self.result.verdict.violations) > 20:
            self.violated(f"... {len(self.result.verdict.violations)} packets in all")
        for name, failing in self.failing.items():
            for what in (NETLINK, FILES):
                self.result.failed_calls[what] += failing.failed(what)
        self.result.faults = len(self.journal.faults)
        self.result.reports = len(self.journal.reports)

    # ------------------------------------------------------------ programs

    def host(self, number):
        return HOSTS[number % len(HOSTS)]

    def _runs(self, name, on):
        self.journal.running.setdefault(name, []).append((now(), on))

    def start(self, name):
        if name == "controller" and self.damaged and "controller" not in self.frozen:
            # It may refuse that, and then somebody takes it away.
            if self.tried_damaged:
                self.remove_database()
            self.tried_damaged = not self.tried_damaged
            self.damaged = self.tried_damaged
        return self._start(name)

    def _start(self, name):
        if name.startswith("agent"):
            # It may sweep what its record does not know.
            self.interfere(name.split()[1])
        self._runs(name, True)
        try:
            self.lab.daemons[name].start(wait=False)
        except LabError as error:
            self.say(f"{name}: {error}")
        return True

    def kill(self, name):
        daemon = self.lab.daemons[name]
        if not daemon.running:
            return False
        daemon.kill()
        self.stopped.discard(name)
        self._runs(name, False)
        return True

    def stop(self, name):
        if not self.lab.daemons[name].running or name in self.stopped:
            return False
        self.lab.daemons[name].pause()
        self.stopped.add(name)
        self._runs(name, False)
        return True

    def resume(self, name):
        if name not in self.stopped:
            return False
        self._runs(name, True)
        self.stopped.discard(name)
        self.lab.daemons[name].resume()
        return True

    def look(self):
        """Whoever ended since: was that right?"""
        for client in list(self.clients):
            if (wrong := client.look()) is not None:
                self.clients.remove(client)
                if wrong:
                    self.violated(wrong)
        for name, daemon in self.lab.daemons.items():
            if self.journal.running[name][-1][1] and not daemon.running:
                self._runs(name, False)
                self.stopped.discard(name)
                code, log = daemon.wait(), daemon.log[-2000:]
                self.result.gave_up += 1
                self.say(f"{name} ended with {code}: {log.strip().splitlines()[-1:]}")
                if code != GAVE_UP or any(word in log for word in CRASHES):
                    self.violated(f"{name} ended with {code}:\n{log}")

    def client(self, words, on_end):
        self.clients.append(Client(self.lab, self._folder, next(self._numbers), words, on_end))
        return True

    def last_resort(self, host, what):
        """`sunder-agent --heal-all` or `--release-latch`: needs no daemon."""
        done = self.lab.host(host).run([self.lab.binaries / "sunder-agent", what,
                                        "--state-dir", self.disk(host)], timeout=PATIENCE)
        self.say(f"{what} on {host}: {done.code} {(done.stdout + done.stderr).strip()!r}")
        if done.code not in (0, GAVE_UP) or any(word in done.stderr for word in CRASHES) or (
                done.code and not done.stderr.strip()):
            self.violated(done.describe())
        return done

    # ------------------------------------------------------------ the journal

    def interfere(self, host):
        """Done just now; its controller knows when the lease is over that it gave."""
        self.journal.interfered.setdefault(host, []).append(
            (now() - oracle.TOLERANCE, now() + oracle.LEASE_OVER))

    def interference_begins(self, host):
        self.journal.interfered.setdefault(host, []).append((now(), math.inf))

    def calm(self, name):
        self.failing[name].calm()
        if name.startswith("agent"):
            host = name.split()[1]
            self.journal.interfered[host] = [
                (a, now() + oracle.LEASE_OVER if b == math.inf else b)
                for a, b in self.journal.interfered.get(host, [])]

    def listed(self):
        """Names of the faults that the last report knew, if it was by this controller: an
        earlier one may have had another database."""
        born = self.journal.running["controller"][-1][0]
        known = [r for r in self.journal.reports[-1:] if r.began > born]
        return list(known[0].states) if known else []

    def known_over(self, fault):
        reports = self.journal.reports
        return (fault.code in oracle.NOTHING or fault.healed < math.inf or bool(reports)
                and reports[-1].began > fault.answered
                and reports[-1].states.get(fault.name, (oracle.OVER[0],))[0] in oracle.OVER)

    def healed(self, names, code, instant):
        if code == oracle.DONE:
            for fault in self.journal.faults:
                if fault.name in names:
                    fault.healed = min(fault.healed, instant)

    def release_latch(self, host):
        if host not in self.latched:
            return False
        began, released = self.latched[host], now()
        done = self.last_resort(host, "--release-latch")
        if done.code == 0:
            del self.latched[host]
            self.journal.latched.setdefault(host, []).append((began, released))
        return done.code == 0

    # ------------------------------------------------------------ disks

    def disk(self, name):
        return self.lab.directory / name

    def freeze(self, name):
        done = incidents.freeze(self.disk(name), True)
        if done:
            self.frozen.add(name)
        return done

    def free_disks(self):
        """Whether any was full or read-only."""
        ballasts = [path for name in [*HOSTS, "controller"]
                    if (path := self.disk(name) / "ballast").exists()]
        harmed = bool(self.frozen or ballasts)
        for name in list(self.frozen):
            if not incidents.freeze(self.disk(name), False):
                raise LabError(f"{self.disk(name)} stays read-only")
            self.frozen.discard(name)
        for path in ballasts:
            path.unlink()
        return harmed

    def remove_database(self):
        for suffix in ("", "-journal", "-wal", "-shm"):
            (self.disk("controller") / f"controller.db{suffix}").unlink(missing_ok=True)

    # ------------------------------------------------------------ what is foreign, what is ours

    def ruleset(self, host):
        return self.lab.host(host).run(["nft", "-s", "list", "ruleset"]).check().stdout

    def tables(self, host):
        return re.findall(r"^table inet (\S+)", self.ruleset(host), re.MULTILINE)

    def remember_foreign(self, host):
        self._foreign[host] = theirs(self.ruleset(host))

    def check_foreign(self, host):
        if (found := theirs(self.ruleset(host))) != self._foreign[host]:
            self.violated(f"what is foreign on {host} was\n{self._foreign[host]}\nand is\n{found}")

    def check_clean(self, host, after):
        """Nothing of ours is left, and all of theirs, byte for byte."""
        if (found := self.ruleset(host)) != self._foreign[host]:
            self.violated(f"{host} after {after} was to be\n{self._foreign[host]}\nand is\n{found}")

    # ------------------------------------------------------------ rest

    def come_to_rest(self):
        """From now on the environment does no harm: all is gone, and it works."""
        self.free_disks()
        for name in self.failing:
            self.calm(name)
        for client in self.clients:
            client.stop(False)
            client.kill()
        for name in list(self.lab.daemons):
            self.kill(name)
        for host in HOSTS[:2]:
            if self.last_resort(host, "--heal-all").code != 0:
                self.violated(f"--heal-all on {host} failed, and nothing failed there")
            self.latched.setdefault(host, now())
            self.check_clean(host, "--heal-all")
        dead = now()
        for host in HOSTS[2:]:
            self._start(f"agent {host}")
            self.lab.agent(host).wait_ready(PATIENCE)
        self._wait_until(dead + oracle.LEASE_OVER)
        for host in HOSTS[2:]:
            # What it adopted alive has ended; it sweeps that without being asked.
            until(lambda: "sunder_" not in self.ruleset(host), SWEEP,
                  f"the agent of {host} to sweep")
            self.kill(f"agent {host}")
            self.check_clean(host, "the agent's next start")
        for host in list(self.latched):
            if not self.release_latch(host):
                self.violated(f"the latch of {host} stays")
        if self.damaged:
            self.remove_database()
        for name, daemon in self.lab.daemons.items():
            self._start(name)
            daemon.wait_ready(PATIENCE)
        self.look()
        self.check_all_end()
        self.check_that_it_works()
        for host in HOSTS:
            self.check_clean(host, "all")
        self.look()

    def check_all_end(self):
        living = {}

        def all_over():
            nonlocal living
            listed = states(self.lab.sunder("faults", "-o", "json").check().json)
            living = {n: s for n, s in listed.items() if s[0] not in oracle.OVER}
            return not living
        until(all_over, PATIENCE, lambda: f"{living} to be over", 0.3)

    def check_that_it_works(self):
        """Whatever has been, the next fault comes in force and is healed."""
        def reachable():
            agents = self.lab.sunder("hosts", "-o", "json").check().json["agents"]
            return len(agents) == len(HOSTS) and all(a.get("reachable") for a in agents)
        until(reachable, PATIENCE, "the controller to reach all agents", 0.2)
        fault = oracle.Fault("last", frozenset(
            (a, b) for a in HOSTS for b in HOSTS if a != b), now(), 60_000_000_000)
        self.journal.faults.append(fault)
        done = self.lab.sunder("partition", "--groups", "|".join(HOSTS), "--name", "last",
                               "--for", "60s")
        fault.answered, fault.code = now(), done.code
        if done.code != 0:
            return self.violated(f"after all this: {done.describe()}")
        reports = len(self.journal.reports)
        until(lambda: len(self.journal.reports) >= reports + 4, PATIENCE, "reports")
        done = self.lab.sunder("heal", "last")
        if done.code != 0:
            return self.violated(f"after all this: {done.describe()}")
        fault.healed = now()
        return None

    def _wait_until(self, instant):
        until(lambda: now() > instant, PATIENCE, "an instant")


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def theirs(ruleset):
    """A ruleset without the tables that are ours."""
    return re.sub(r"^table inet sunder_.*?^}\n", "", ruleset, flags=re.MULTILINE | re.DOTALL)


def run(seed, steps, *, incidents_=None, agent=None, say=lambda text: None):
    """The Result of one life."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sunder-life-"))
    life = Life(folder, seed, agent, say)
    try:
        with life:
            life.live(script.draw(seed) if incidents_ is None else incidents_, steps)
    except LabError as error:
        life.violated(str(error))
    finally:
        if life.result.wrong:
            for log in sorted((folder / "lab").glob("*.log")):
                say(f"--- {log.name}\n{log.read_text(errors='replace')[-60_000:]}")
        shutil.rmtree(folder, ignore_errors=True)
    return life.result


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_000)
    parser.add_argument("--steps", type=int, default=150, help="of each life")
    parser.add_argument("--lives", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="say what is done")
    options = parser.parse_args(words)
    began = time.monotonic()
    # A process each: a lab belongs to a thread, and its programs die with it.
    with concurrent.futures.ProcessPoolExecutor(
            options.at_once, multiprocessing.get_context("spawn"), die_with_parent,
            max_tasks_per_child=1) as pool:
        lives = {seed: pool.submit(told, seed, options.steps, options.verbose)
                 for seed in range(options.seed, options.seed + options.lives)}
        failed, steps, totals = [], 0, collections.Counter()
        for seed, life in lives.items():
            result = life.result()
            steps += result.steps
            print(f"seed {seed}: {result.figures()}"
                  f"{'' if not result.wrong else ': FAILED'}", flush=True)
            totals += collections.Counter({"faults in force": result.verdict.faults_in_force,
                       "packets": result.verdict.packets,
                       "failed calls": sum(result.failed_calls.values())})
            if result.wrong:
                failed.append(seed)
                print(*result.wrong, sep="\n", flush=True)
    print(f"life: {steps} steps in {len(lives)} lives from seed {options.seed}: " +
          ", ".join(f"{n} {what}" for what, n in totals.items()) +
          f", {time.monotonic() - began:.0f} s" +
          (f"; wrong in seeds {failed}" if failed else ""))
    return 1 if failed else 0


def die_with_parent():
    """Ends this process's lives in order when the one that began them is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def told(seed, steps, verbose):
    lines = []
    result = run(seed, steps, say=(lambda text: print(text, flush=True)) if verbose
                 else lines.append)
    if result.wrong:
        print(*lines, sep="\n", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
