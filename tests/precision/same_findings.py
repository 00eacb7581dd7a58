#!/usr/bin/env python3
"""Two builds of linger against each other on the corpus: every finding gained or lost.

    same_findings.py OLD NEW CHECKOUT… [--strict]

OLD and NEW are two builds of cargo-linger. Both check each CHECKOUT with every rule on, so that also what is off by default
speaks. --strict compares what they print byte by byte, steps and notes included, and so proves that a change which was meant to
be faster only was that. Ends with 1 when something differs.
"""

import argparse
import collections
import pathlib
import subprocess
import sys


def run(program, folder, message_format):
    """What a build prints of a folder."""
    done = subprocess.run(
        [program, "--message-format", message_format, "--exit-zero", "-q", "-W", "all"],
        cwd=folder, capture_output=True, check=False,
    )
    if done.returncode:
        sys.exit(f"{program} ended with {done.returncode} in {folder}: {done.stderr.decode(errors='replace')[-400:]}")
    return done.stdout.decode(errors="replace").splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("checkouts", type=pathlib.Path, nargs="+", metavar="CHECKOUT")
    parser.add_argument("--strict", action="store_true", help="compare every byte, not places and messages alone")
    options = parser.parse_args()
    differs = False
    for folder in options.checkouts:
        message_format = "json" if options.strict else "short"
        old = run(options.old.resolve(), folder, message_format)
        new = run(options.new.resolve(), folder, message_format)
        lost = list((collections.Counter(old) - collections.Counter(new)).elements())
        gained = list((collections.Counter(new) - collections.Counter(old)).elements())
        same = old == new
        differs |= not same
        word = "the same" if same else "in another order" if not lost and not gained else "DIFFERENT"
        print(f"{folder.name}: {len(old)} findings, {len(lost)} lost, {len(gained)} gained: {word}", flush=True)
        for sign, lines in (("-", lost), ("+", gained)):
            for line in lines:
                print(f"  {sign} {line}")
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
