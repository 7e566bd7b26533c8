"""Runs every test that asserts a fault against agents that lie (lying_kernel.h).

A test that passes though its fault was not injected, or not healed, proves nothing: it
is printed, and this fails. Tests carry @pytest.mark.fault, with `family` where they look
at one, and @pytest.mark.lease where nobody heals the fault.
Each line tells lie, test and why the test failed, so that a test which fails of
something else than the lie is seen.

    run.py BIN_DIR [LIE...]
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
AT_ONCE = 2  # Lies: their tests wait for what does not come.
LIES = {
    # Lie: which tests are to notice it, but for those that look at one family only.
    "nothing": ("fault", None),
    "reverse": ("fault", None),
    "ipv6-only": ("fault", "ipv6"),
    "sender-side": ("fault", None),
    "unhealed": ("fault and not lease", None),
    "twice": ("fault and not lease", None),
}
# The control: an agent made like those that lie, and honest. Under it tests pass.
HONEST = "honest"
HONEST_TESTS = "test_a_cut_pair_sees_silence_and_not_an_error"


def binaries(bin_dir, folder):
    """A folder in which the agent is the one that lies."""
    for name, target in (("sunder", "sunder"), ("sunder-controller", "sunder-controller"),
                         ("sunder-agent", "sunder-agent-mutant")):
        (folder / name).symlink_to(pathlib.Path(bin_dir).resolve() / target)
    return folder


def run(lie, bin_dir):
    """[(test, family it looks at or None, noticed, why)]"""
    which = ["-k", HONEST_TESTS] if lie == HONEST else ["-m", LIES[lie][0]]
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        bins = pathlib.Path(folder) / "bin"
        bins.mkdir()
        subprocess.run(
            ["/usr/bin/python3", "-m", "pytest", "-q", *which, "--tb=no", "-n", "3",
             "--dist", "loadscope", "-p", "no:cacheprovider", f"--junitxml={report}",
             "-o", "junit_family=xunit1", "--no-summary", "tests/integration"],
            cwd=ROOT, check=False, stdout=subprocess.DEVNULL,
            env={**os.environ, "SUNDER_BIN": str(binaries(bin_dir, bins)), "SUNDER_LIE": lie})
        results = []
        for case in xml.parse(report).iter("testcase"):
            family = next((p.get("value") for p in case.iter("property")
                           if p.get("name") == "family"), None)
            why = next((c.get("message") for c in case if c.tag in ("failure", "error")),
                       None)
            noticed = why is not None
            broken = any(c.tag == "error" for c in case)
            name = f"{case.get('classname').split('.')[-1]}.{case.get('name')}"
            results.append((name, family or None, "ERROR" if broken else noticed,
                            (why or "").splitlines()[:None if broken else 1]))
        return results


def main(bin_dir, *lies):
    lies = lies or (*LIES, HONEST)
    began = time.monotonic()
    totals = {}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda lie: run(lie, bin_dir), lies))
    for lie, result in zip(lies, results):
        passed = failed = 0
        for name, family, noticed, why in result:
            if lie != HONEST and family is not None and family == LIES[lie][1]:
                continue
            ok = noticed is (lie != HONEST)
            passed += ok
            failed += not ok
            word = "BROKEN" if noticed == "ERROR" else "noticed" if noticed else "missed"
            print(f"{'ok' if ok else 'FAILED':7}{word:8}"
                  f"{lie:12} {name}", "\n".join(why), sep="  ", flush=True)
        totals[lie] = passed, failed
    print()
    for lie, (passed, failed) in totals.items():
        print(f"{lie:12} {passed:4} as they should {failed:3} not")
    passed, failed = map(sum, zip(*totals.values()))
    print(f"mutants: {passed} passed, {failed} failed in {time.monotonic() - began:.0f} s")
    return 1 if failed or not all(passed for passed, _ in totals.values()) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
