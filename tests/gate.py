"""The gate: every step that scripts/test runs, in order, with one closing line.

A step is a function that returns how many tests passed and failed. A step that
runs no test at all has failed: a suite that finds nothing proves nothing.

Tests of real programs wait most of the time. Steps that only compute run beside them,
in a process of their own that gets what processor time the tests leave (BESIDE).
"""

import dataclasses
import datetime
import fcntl
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
JOBS = str(os.cpu_count() or 2)
FUZZ_SECONDS = 60
RECORD = ROOT / "docs/verification.md"
COMMIT = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, check=False,
                        capture_output=True, text=True).stdout.strip()
GUEST_TEST = "agent_model_is_true_test"
SIMULATION = ("simulation_walk_test", "simulation_mutants")
PROGRAMS = ("sunder", "sunder-agent", "sunder-controller")
LIFE = ("sunder-agent-mutant", "failing_calls")
SANITIZER_ENV = {
    # Stop at the first finding; odd exit code so that nothing takes it for ours.
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:exitcode=99",
    "LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0",
}


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed)


def run(*command, **kwargs):
    """Runs a command in the project's root, its output ours. Returns its code."""
    env = {**os.environ, **SANITIZER_ENV, **kwargs.pop("env", {})}
    return subprocess.run(command, cwd=ROOT, env=env, check=False, **kwargs).returncode


def one(*command, **kwargs):
    return Count(1, 0) if run(*command, **kwargs) == 0 else Count(0, 1)


def junit(path):
    """The tests of a JUnit file. A skipped test counts as failed: it proved nothing."""
    passed = failed = 0
    for case in xml.parse(path).iter("testcase"):
        bad = [c.tag for c in case if c.tag in ("failure", "error", "skipped")]
        disabled = case.get("status") in ("disabled", "notrun")
        if bad or disabled:
            failed += 1
        else:
            passed += 1
    return Count(passed, failed)


def reported(report, *command, env=None):
    """Runs what writes `report`. An end that no test accounts for is a failure."""
    report.unlink(missing_ok=True)
    code = run(*command, env=env or {})
    count = junit(report) if report.exists() else Count()
    return count if code == 0 or count.failed else count + Count(0, 1)


def counted(*command):
    """Runs what ends with "N passed, N failed". An end without is a failure."""
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **SANITIZER_ENV},
                          check=False, text=True, stdout=subprocess.PIPE)
    print(done.stdout)
    counts = re.search(r"(\d+) passed, (\d+) failed(?: in .*)?\n\Z", done.stdout)
    count = Count(int(counts[1]), int(counts[2])) if counts else Count()
    return count if done.returncode == 0 or count.failed else count + Count(0, 1)


def configure(preset):
    command = ["cmake", "--preset", preset]
    done = subprocess.run(command, cwd=ROOT, check=False, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    # A folder made for another compiler loses the preset's settings, the sanitizers
    # among them, and CMake says so only in passing.
    if "cache to be deleted" in done.stderr:
        return run(*command, "--fresh", stdout=subprocess.DEVNULL) == 0
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode == 0


def build(preset, *targets):
    (BUILD / preset).mkdir(parents=True, exist_ok=True)
    # Two builds in one folder would spoil each other.
    with open(BUILD / preset / "gate.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        target = ["--target", *targets] if targets else []
        return configure(preset) and run("cmake", "--build", f"build/{preset}", *target) == 0


def ctest(preset):
    if not build(preset):
        return Count(0, 1)
    report = BUILD / f"ctest-{preset}.xml"
    return reported(report, "ctest", "--test-dir", f"build/{preset}", "-j", JOBS,
                    "--no-tests=error", "--output-on-failure", "--output-junit", str(report))


def pytest(*paths, env=None):
    report = BUILD / "pytest.xml"
    # The modules wait more than they compute, and each has a lab of its own.
    return reported(
        report, "/usr/bin/python3", "-m", "pytest", "-q", "--durations=5",
        "-p", "no:cacheprovider", "-n", "4", "--dist", "loadscope", f"--junitxml={report}",
        *paths, env=env)


def programs(preset):
    return {"SUNDER_BIN": str(BUILD / preset / "bin")}


# ---------------------------------------------------------------------- steps


def format_():
    """clang-format leaves nothing to change"""
    return one("scripts/format", "--check")


def structure():
    """Includes go only in the directions that the design allows; no fixed sleeps"""
    return one("/usr/bin/python3", "tests/structure/check.py")


def sanitized():
    """All C++ tests under the address and undefined-behaviour sanitizers"""
    return ctest("asan-ubsan")


def model():
    """The protocol's model holds, and needs each of its guards (spin)"""
    return counted("/usr/bin/python3", "tests/model/run.py")


def tidy():
    """clang-tidy has nothing to say"""
    if not build("asan-ubsan", "sunder_proto", "sunder_grpc", "agent_record"):
        return Count(0, 1)
    return one("/usr/bin/python3", "tests/structure/tidy.py", f"{BUILD}/asan-ubsan")


def end_to_end():
    """Real programs (sanitized) in namespaces: faults, crashes, lab, stand-in"""
    if not build("asan-ubsan", *PROGRAMS, *LIFE):
        return Count(0, 1)
    # Apart: each folder has a conftest of its own.
    return (pytest("tests/lab", env=programs("asan-ubsan"))
            + pytest("tests/integration", env=programs("asan-ubsan"))
            + pytest("tests/life", env=programs("asan-ubsan")))


def mutants():
    """Every test of a fault, against agents that lie: each must notice"""
    if not build("asan-ubsan", *PROGRAMS, "sunder-agent-mutant"):
        return Count(0, 1)
    return counted("/usr/bin/python3", "tests/mutants/run.py", f"{BUILD}/asan-ubsan/bin")


def builds():
    """What later steps run: as shipped, under the thread sanitizer, for the fuzzers"""
    done = [build("release", *PROGRAMS, "bench", "bare_server", GUEST_TEST), build("tsan"),
            build("fuzz", "fuzzers")]
    return Count(done.count(True), done.count(False))


def threads():
    """The parts without gRPC under the thread sanitizer"""
    return ctest("tsan")


def guest():
    """On Linux 6.1, in a guest: the model of the kernel is true; and scripts/vm itself"""
    # As shipped: an emulated processor takes too long over sanitized programs.
    if not build("release", GUEST_TEST):
        return Count(0, 1)
    out = BUILD / "guest"
    out.mkdir(exist_ok=True)
    # Its processors wait for their turn here, and so do the ticks that it counts by.
    ran = reported(
        out / "report.xml", "scripts/vm", "--out", str(out), "sh", "-c",
        f"exec build/release/bin/{GUEST_TEST} --gtest_output=xml:$SUNDER_OUT/report.xml",
        env={"SUNDER_TICK_MS": "20"})
    return pytest("tests/vm") + (ran if ran.passed + ran.failed else Count(0, 1))


def fuzz():
    """Each fuzz target for a minute, from its corpus"""
    if not build("fuzz", "fuzzers"):
        return Count(0, 1)
    targets = sorted((BUILD / "fuzz/bin").glob("*_fuzz"))
    corpora = {path.name for path in (ROOT / "tests/fuzz/corpus").iterdir()}
    total = Count(0, 0 if {path.name for path in targets} == corpora else 1)
    running = []
    while targets or running:
        while targets and len(running) < int(JOBS):
            running.append((targets[0].name, start_fuzzer(targets.pop(0))))
        name, process = running.pop(0)
        output, _ = process.communicate()
        rate = re.findall(r"exec/s: (\d+)", output)
        ok = process.returncode == 0
        print(f"{'ok' if ok else 'FAILED'} {name} {rate[-1] if rate else '?'} runs/s")
        if not ok:
            print(output[-6000:])
        total += Count(1, 0) if ok else Count(0, 1)
    return total


def demo():
    """The demo, with the programs as they are shipped: gcc, optimised, no warning"""
    if not build("release", *PROGRAMS):
        return Count(0, 1)
    return one("scripts/demo")


def recorded(step, figures, *command, **kwargs):
    """Runs a long command and adds a row with its `figures`, a pattern, to RECORD."""
    env = {**os.environ, **SANITIZER_ENV, **kwargs.pop("env", {})}
    output = []
    with subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **kwargs) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            output.append(line)
    told = "; ".join(next(filter(None, found.groups())) for found in
                     re.finditer(figures, "".join(output), re.MULTILINE))
    result = "passed" if process.returncode == 0 else "**failed**"
    with open(RECORD, "a", encoding="utf-8") as file:
        file.write(f"| {datetime.date.today()} | {COMMIT} | {step} | {result} | {told} |\n")
    return Count(1, 0) if process.returncode == 0 else Count(0, 1)


def alone():
    """clang-tidy over each source by itself, which also includes what it uses"""
    if not build("asan-ubsan", "sunder_proto", "sunder_grpc", "agent_record"):
        return Count(0, 1)
    return recorded("alone", r"^tidy: (.*)$", "/usr/bin/python3", "tests/structure/tidy.py",
                    f"{BUILD}/asan-ubsan", ".")


def simulated():
    """2,000,000 steps of random walks; and each guard taken out of the cores is found"""
    if not build("release", *SIMULATION):
        return Count(0, 1)
    report = BUILD / "walks.xml"
    count = reported(report, BUILD / "release/bin/simulation_walk_test",
                     f"--gtest_output=xml:{report}", env={"SUNDER_WALK_STEPS": "2000000"})
    return count + counted(
        "/usr/bin/python3", "tests/simulation/mutants/run.py",
        str(BUILD / "release/bin/simulation_mutants"), "1500000", "often")


def walks():
    """100,000,000 steps of random walks, from seeds not tried before"""
    if not build("release", *SIMULATION):
        return Count(0, 1)
    seed = time.time_ns() % 1_000_000_000
    return recorded("walks", r"^(?:walks: (.*)|.*(SUNDER_WALK_SEED=.*))$",
                    f"{BUILD}/release/bin/simulation_walk_test",
                    env={"SUNDER_WALK_STEPS": "100000000", "SUNDER_WALK_SEED": str(seed)})


def guards():
    """Each guard taken out of the cores, those too that walks find only rarely"""
    if not build("release", *SIMULATION):
        return Count(0, 1)
    return recorded("guards", r"^(\d+ passed, \d+ failed)$|^FAILED ([\w-]+)",
                    "/usr/bin/python3", "tests/simulation/mutants/run.py",
                    str(BUILD / "release/bin/simulation_mutants"), "20000000", "all")


def life():
    """10,000 steps of random lives of the real programs, from seeds not tried before"""
    if not build("asan-ubsan", *PROGRAMS, *LIFE):
        return Count(0, 1)
    return recorded("life", r"^life: (.*)$", "/usr/bin/python3", "tests/life/life.py",
                    "--steps", "100", "--lives", "100", "--at-once", "4",
                    env=programs("asan-ubsan"))


def fresh():
    """The README's two commands in a minimal Debian 12 of their own"""
    return recorded("fresh", r"^=== done (.*)$|^(\d+ passed, \d+ failed)$", "scripts/fresh")


def start_fuzzer(target):
    corpus = ROOT / "tests/fuzz/corpus" / target.name
    found = BUILD / "fuzz/found" / target.name
    found.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [target, f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=2048",
         "-print_final_stats=1", f"-artifact_prefix={found}/", found, corpus],
        cwd=ROOT, env={**os.environ, **SANITIZER_ENV}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


GATE = {
    "format": format_,
    "structure": structure,
    "sanitized": sanitized,
    "end-to-end": end_to_end,
    "mutants": mutants,
    "demo": demo,
    "builds": builds,
    "simulated": simulated,
    "tidy": tidy,
    "model": model,
    "threads": threads,
    "guest": guest,
    "fuzz": fuzz,
}
LONG = {
    "alone": alone,
    "walks": walks,
    "guards": guards,
    "life": life,
    "fresh": fresh,
}
STEPS = {**GATE, **LONG}
WAITING = ("end-to-end", "mutants", "demo")
BESIDE = ("builds", "simulated", "tidy", "model")


def summary(name, count, began):
    seconds = time.monotonic() - began
    print(f"{name:12} {count.passed:5} passed {count.failed:3} failed {seconds:6.0f} s",
          flush=True)


def run_steps(names):
    total = Count()
    for name in names:
        print(f"=== {name}: {STEPS[name].__doc__}", flush=True)
        began = time.monotonic()
        count = STEPS[name]()
        if count.passed + count.failed == 0:
            print(f"{name}: no test ran")
            count = Count(0, 1)
        summary(name, count, began)
        total += count
    return total


class Beside:
    """Steps that run in a process of their own, on processors that would be idle."""

    def __init__(self, names):
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._process = names and subprocess.Popen(
            ["chrt", "--idle", "0", sys.executable, __file__, *names],
            stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True)
        # Linux may give each session the same share of the processors, whatever its
        # processes ask for (sched(7), "The autogroup feature").
        share = pathlib.Path(f"/proc/{self._process.pid}/autogroup") if names else None
        if share and share.exists():
            share.write_text("19", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()

    def wait(self):
        if not self._process:
            return Count()
        self._process.wait()
        self._log.seek(0)
        said = self._log.read()
        print(said, end="")
        counts = re.search(r"^(\d+) passed, (\d+) failed\n\Z", said, re.MULTILINE)
        return Count(int(counts[1]), int(counts[2])) if counts else Count(0, 1)


def run_gate(names):
    """Runs steps in the gate's order, some beside others where both are asked for."""
    waiting = [n for n in names if n in WAITING]
    beside = [n for n in names if n in BESIDE] if waiting else []
    first = names.index(waiting[0]) if waiting else len(names)
    total = run_steps(names[:first])
    with Beside(beside) as others:
        total += run_steps(waiting) + others.wait()
    return total + run_steps([n for n in names[first:] if n not in waiting + beside])


def main(words):
    # Ended from outside, it ends what runs beside it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if "--list" in words:
        for name, step in STEPS.items():
            print(f"{name:12} {step.__doc__}{'' if name in GATE else ' (all)'}")
        return 0
    unknown = [w for w in words if w not in STEPS and w != "all"]
    if unknown:
        print(f"no step {unknown[0]!r}; scripts/test --list names them", file=sys.stderr)
        return 2
    total = run_gate(list(STEPS) if "all" in words else words or list(GATE))
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
