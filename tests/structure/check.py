"""Checks what the compiler cannot: who may include whom, that no test sleeps, and that
no source takes a name that it does not use.

ALLOWED is the design: shells -> cores -> values. A folder may include itself,
common/, the protos, and what stands here.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

ALLOWED = {
    "common": set(),
    "agent/rules": {"agent/core"},       # The gate's id and the fault's key.
    "agent/nft": {"agent/rules", "agent/core"},
    "agent/core": set(),
    "agent/kernel": {"agent/nft", "agent/rules", "agent/core"},
    "agent/service": {"agent/core", "agent/kernel", "agent/rules"},
    "controller/planner": set(),
    "controller/core": set(),
    "controller/discovery": set(),
    "controller/kills": {"controller/planner", "controller/discovery"},
    "controller/store": {"controller/core"},
    "controller/fleet": {"controller/core"},
    "controller/api": {"controller/core", "controller/planner", "controller/discovery",
                       "controller/kills", "controller/fleet", "controller/store"},
    "cli": set(),
}
# A unit test may use what its neighbours use; these see everything.
FREE = ("tests", "bench")

# Headers that make a file a shell: a pure folder includes none of them.
PURE = {"agent/rules", "agent/nft", "agent/core", "controller/planner", "controller/core"}
IMPURE = re.compile(
    r"grpcpp/|sys/socket\.h|sys/epoll\.h|fcntl\.h|<thread>|<fstream>|spdlog/|"
    r"common/(clock|log|event_loop|tls|grpc_status|unique_fd)\.h|curl/|sqlite3\.h")

SLEEP = re.compile(
    r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep|time\.sleep|asyncio\.sleep|Thread\.sleep)\b")
TAKEN = re.compile(r"^(?:using [\w:]*::(\w+);|(?:using|namespace) (\w+) =)", re.MULTILINE)
SLEEP_REASON = "bounded wait"  # A poll inside a bounded wait says so on its line.


def tracked():
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def folder_of(path):
    """The longest known folder that holds `path`."""
    parts = path.parts
    for n in (2, 1):
        name = "/".join(parts[:n])
        if name in ALLOWED or name in FREE:
            return name
    return None


def include_errors(path, text):
    relative = path.relative_to(ROOT)
    home = folder_of(relative)
    if home is None:
        yield f"{relative}: in no folder of the design"
        return
    if home in FREE:
        return
    is_test = relative.stem.endswith(("_test", "_fuzz", "_bench"))
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'#include ["<]([^">]+)[">]', line)
        if not match:
            continue
        target = folder_of(pathlib.PurePath(match[1]))
        if target and target != home and target != "common" and not is_test \
                and target not in ALLOWED[home]:
            yield f"{relative}:{number}: {home} may not include {target}"
        if home in PURE and not is_test and IMPURE.search(line):
            yield f"{relative}:{number}: {home} is pure and may not include {match[1]}"


def sleep_errors(path, text):
    relative = path.relative_to(ROOT)
    if relative == pathlib.Path("tests/structure/check.py"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if SLEEP.search(line) and SLEEP_REASON not in line:
            yield (f"{relative}:{number}: sleeps for a fixed time; wait for a condition "
                   f"(a poll says '{SLEEP_REASON}' on its line)")


def unused_errors(path, text):
    """Names that a source takes and does not use: tidy.py misses them in joined files."""
    for match in TAKEN.finditer(text):
        name = match[1] or match[2]
        if len(re.findall(rf"\b{name}\b", text)) < 2:
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(ROOT)}:{line}: {name} is not used"


def main():
    errors = []
    for path in tracked():
        if path.suffix in (".cc", ".h"):
            text = path.read_text()
            errors += include_errors(path, text)
            errors += sleep_errors(path, text)
            if path.suffix == ".cc":
                errors += unused_errors(path, text)
        elif path.suffix == ".py":
            errors += sleep_errors(path, path.read_text())
    print("\n".join(errors) or "structure: ok")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
