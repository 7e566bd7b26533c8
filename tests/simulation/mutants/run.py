"""Takes the guards out of the cores, one by one: random walks must find each.

run.py PROGRAM STEPS often|all: within so many steps; `often` leaves out those that are
rarely found (`rare` in guards.yaml). The cores as they are must hold in as many.
"""

import concurrent.futures
import os
import subprocess
import sys

import mutate


def look(program, steps, name):
    done = subprocess.run([program, steps, name], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.strip()


def main(program, steps, which):
    mutants = [m for m in mutate.read() if not m.get("partner")
               and (which == "all" or not m.get("rare"))]
    rules = {"none": "must hold"}
    for mutant in mutants:
        also = f"; with {mutant['with']}" if "with" in mutant else ""
        rules[mutant["name"]] = mutant["rule"] + also
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda name: look(program, steps, name), rules)
        for name, (code, said) in zip(rules, found):
            # Only what the walks saw counts: a mutant that crashes tells nothing.
            ok = code == (1 if name == "none" else 0)
            failed += not ok
            print(f"{'ok' if ok else 'FAILED'} {name} ({rules[name]}): {said}", flush=True)
    print(f"{len(rules) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
