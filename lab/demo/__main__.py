"""scripts/demo: the whole of Sunder in a minute, with a cluster that loses its mind."""

import argparse
import json
import os
import sys

from lab import LabError
from lab.demo.screen import Screen
from lab.demo.story import Story


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Splits a Redis Sentinel cluster in two, heals it, and "
        "counts what was lost. Exit 0: all went as it must. Needs root.")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--build", metavar="DIR",
                        help="the programs' folder (build/release/bin, or $SUNDER_BIN)")
    return parser.parse_args()


def main():
    options = arguments()
    story = Story(Screen(), options.build)
    try:
        story.tell()
    except LabError as error:
        story.figures["error"] = str(error)
        print(f"\nscripts/demo: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nscripts/demo: interrupted; the lab is gone.", file=sys.stderr)
        return 130
    finally:
        if options.json:
            with open(options.json, "w", encoding="utf-8") as f:
                json.dump(story.figures, f, indent=1)
                f.write("\n")
    return 0 if story.ok and "error" not in story.figures else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
