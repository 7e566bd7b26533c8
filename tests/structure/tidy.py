"""clang-tidy over every source of ours: tidy.py BUILD_DIR [PATH_REGEX]

Stops nowhere: prints every finding, fails if there is one.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tidy(build, source):
    done = subprocess.run(
        ["clang-tidy-14", "--quiet", "-p", build,
         # Flags that only gcc knows are in the compile commands.
         "--extra-arg=-Wno-unknown-warning-option", source],
        cwd=ROOT, capture_output=True, text=True, check=False)
    return source, done.returncode, done.stdout


def main(build, pattern="."):
    with open(f"{build}/compile_commands.json", encoding="utf-8") as file:
        sources = sorted({c["file"] for c in json.load(file)
                          if c["file"].startswith(str(ROOT)) and "/build/" not in c["file"]
                          and re.search(pattern, c["file"])})
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, code, output in pool.map(lambda s: tidy(build, s), sources):
            if code != 0:
                bad += 1
                print(f"{source}\n{output}", flush=True)
    print(f"tidy: {len(sources)} sources, {bad} with findings")
    return 1 if bad or not sources else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
