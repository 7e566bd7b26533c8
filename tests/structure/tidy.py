"""clang-tidy over every source of ours: tidy.py BUILD_DIR [PATH_REGEX]

Prints every finding once, fails if there is one. BUILD_DIR must be configured and
its protos generated. clang-tidy comes from PyPI on first use: Debian's takes ten
times as long, as it also looks for findings in the libraries' headers.

Parsing headers is nearly all of the work, so without PATH_REGEX sources are looked at
as they are compiled, several joined in one; with it (`.`: all) each alone, which also
shows that it includes what it uses. What is unused in a joined file check.py finds.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = "23.1.4"
TOOL = ROOT / "build/tools" / f"clang-tidy-{VERSION}"
COMMANDS = ROOT / "build/tidy"
BATCH = 4  # A process: few enough that all processors end together.
JOINED = "--checks=-bugprone-suspicious-include"  # Which is how CMake joins sources.
FINDING = re.compile(r"^/?\S[^:\n]*(?::\d+:\d+)?: (?:error|warning): ", re.MULTILINE)
PROGRESS = re.compile(r"^(?:\[\d+/\d+\] Processing file|Error while processing) .*\n",
                      re.MULTILINE)


def install():
    """The path of clang-tidy, which it installs if need be."""
    program = TOOL / "bin/clang-tidy"
    if not program.exists():
        print(f"Installing clang-tidy {VERSION} from PyPI into {TOOL.relative_to(ROOT)}",
              file=sys.stderr)
        shutil.rmtree(TOOL, ignore_errors=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", TOOL], check=True)
        subprocess.run([TOOL / "bin/pip", "install", "--quiet",
                        "--disable-pip-version-check", f"clang-tidy=={VERSION}"], check=True)
    return program


def portable(words):
    """A compile command without what only its own compiler reads or knows."""
    kept = []
    words = iter(words)
    for word in words:
        if word == "-Xclang":  # Always about precompiled headers here.
            next(words)
        elif word == "-include":
            header = next(words)
            if not header.endswith("cmake_pch.hxx"):
                kept += [word, header]
        elif word != "-Werror":  # The build's compilers have the say on warnings.
            kept.append(word)
    return kept


def is_ours(source):
    path = pathlib.Path(source)
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] != "build"


def sources_of(file):
    """The sources that a compile command is about: CMake joins several in one."""
    if not pathlib.Path(file).match("Unity/unity_*.cxx"):
        return [file]
    return re.findall(r'^#include "(.+)"$', pathlib.Path(file).read_text(), re.MULTILINE)


def write_commands(build, pattern):
    """Writes a compile command for each thing to look at into COMMANDS; returns these."""
    with open(f"{build}/compile_commands.json", encoding="utf-8") as file:
        listed = json.load(file)
    commands = {}
    for command in listed:
        words = portable(shlex.split(command["command"]))
        sources = [s for s in sources_of(command["file"]) if is_ours(s)]
        joined = [command["file"]] if sources else []
        alone = [s for s in sources if pattern and re.search(pattern, s)]
        for source in alone if pattern else joined:
            commands[source] = {
                "file": source, "directory": command["directory"],
                "arguments": [source if w == command["file"] else w for w in words]}
    COMMANDS.mkdir(parents=True, exist_ok=True)
    with open(COMMANDS / "compile_commands.json", "w", encoding="utf-8") as file:
        json.dump(list(commands.values()), file, indent=1)
    return sorted(commands)


def tidy(program, sources):
    """The findings in some sources, each with its notes."""
    done = subprocess.run(
        [program, "--quiet", "-p", COMMANDS, "--extra-arg=-fno-sanitize=all",
         "--extra-arg=-Wno-unknown-warning-option",
         *([JOINED] if any(s.endswith(".cxx") for s in sources) else []), *sources],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    output = PROGRESS.sub("", done.stdout)
    starts = [m.start() for m in FINDING.finditer(output)]
    findings = [output[a:b] for a, b in zip(starts, [*starts[1:], len(output)])]
    if done.returncode != 0 and not findings:
        findings = [f"clang-tidy ended with {done.returncode}:\n{output}{done.stderr}"]
    return findings


def main(build, pattern=None):
    program = install()
    sources = write_commands(build, pattern)
    batches = [sources[i:i + BATCH] for i in range(0, len(sources), BATCH)]
    told = set()  # A header's finding comes with every source that includes it.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda batch: tidy(program, batch), batches):
            for finding in findings:
                if finding not in told:
                    told.add(finding)
                    print(finding, end="", flush=True)
    print(f"tidy: {len(sources)} sources, {len(told)} findings")
    return 1 if told or not sources else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
