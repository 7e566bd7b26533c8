"""Writes the sources of the cores with every mutant of guards.yaml in them, asleep.

mutate.py OUT SOURCE...: each SOURCE, a path from the project's root, goes to OUT. A mutant
lives while sunder::lives is true at its place in the file.
"""

import pathlib
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DECLARED = '#include "tests/simulation/mutants/mutant.h"\n'


def read():
    mutants = yaml.safe_load((HERE / "guards.yaml").read_text(encoding="utf-8"))
    names = [mutant["name"] for mutant in mutants]
    assert len(names) == len(set(names)), "a name is there twice"
    return mutants


def apply(mutant, number, text):
    was = mutant["was"]
    if text.count(was) != 1:
        sys.exit(f"guards.yaml: {mutant['name']}: {mutant['file']} has {text.count(was)} "
                 f"times:\n{was}")
    alive = f"(::sunder::lives[{number}])"
    becomes = mutant.get("becomes", f"(!MUTANT && ({was}))")
    return text.replace(was, becomes.replace("MUTANT", alive))


def table(mutants):
    rows = ", ".join(f'{{"{m["name"]}", "{m.get("with", "")}"}}' for m in mutants)
    return (DECLARED + f"namespace sunder {{\nbool lives[{len(mutants)}];\n"
            f"const std::vector<Mutant>& Mutants() {{\n  static const auto* const kMutants =\n"
            f"      new std::vector<Mutant>{{{rows}}};\n  return *kMutants;\n}}\n"
            "}  // namespace sunder\n")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main(out, *sources):
    mutants = read()
    for source in sources:
        text = (ROOT / source).read_text(encoding="utf-8")
        for number, mutant in enumerate(mutants):
            if mutant["file"] == source:
                text = apply(mutant, number, text)
        write(pathlib.Path(out) / source, DECLARED + text)
    missing = {m["file"] for m in mutants} - set(sources)
    if missing:
        sys.exit(f"guards.yaml names what is no source of the cores: {missing}")
    write(pathlib.Path(out) / "mutants.cc", table(mutants))


if __name__ == "__main__":
    main(*sys.argv[1:])
