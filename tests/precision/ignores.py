#!/usr/bin/env python3
"""Explicit ignores of results: which linger reports, against verdicts that were given without looking at it.

    ignores.py sample --mirror DIR [--checkouts DIR] [--each N] [--storing]
                                                     draws sites, prints them with their surroundings
    ignores.py score [--linger PROGRAM] [--mirror DIR] [--checkouts DIR]

`sample` draws, with a fixed seed, the same number of sites from each project of projects.tsv: `let _ = f()`, `_ = f()`,
`f().ok();` and `drop(f())` in production code; with --storing, only sites whose line names something that stores or ends:
most bad ones are among them, and of all sites they are few. `score` runs linger with its default levels and compares with ignores.tsv:
repository, commit, path, line, verdict, why. Verdicts: `benign`; `bad`, somebody would want to know; `none`, no result is
ignored there. A verdict belongs to that commit, so lines do not move.
"""

import argparse
import collections
import pathlib
import random
import re
import sys

import rerun

HERE = pathlib.Path(__file__).resolve().parent
IGNORE = re.compile(
    r"^\s*(?:let\s+_\s*=[^=;>]*\(|_\s*=(?![>=])[^=;]*\(|drop\([\w.:]+\([^;]*\)\);|[^=/]*\)\.ok\(\);\s*(?://.*)?$)"
)
ASIDE = re.compile(r"(^|/)(tests?|benches|examples|fuzz|testing|test_\w+|\w+_tests?|\w*tests\.rs|build\.rs|xtask|testdata)(/|\.rs|$)|fixtures|mock")
STORING = re.compile(
    r"\b(\w*(flush|sync_all|sync_data|fsync|commit|rename|persist|set_len|set_permissions|save|store|write_all|finish)\w*"
    r"|fs::(write|copy)|ack|nack|shutdown|put|truncate)\("
)
RULES = ("ignored_result", "future_not_awaited", "dropped_at_once", "join_result_lost")


def sites(folder):
    for path in sorted(folder.rglob("*.rs")):
        name = str(path.relative_to(folder))
        if ASIDE.search(name) or not path.is_file():
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            # By custom, what follows is test code to the end of the file.
            if line.strip().startswith("#[cfg(test)]"):
                break
            if IGNORE.match(line):
                yield name, number, lines


def sample(arguments):
    for repository, commit in rerun.rows("projects.tsv", 2):
        folder = rerun.checkout(repository, commit, arguments)
        found = [s for s in sites(folder) if not arguments.storing or STORING.search(s[2][s[1] - 1])]
        drawn = random.Random(f"{repository} {commit}").sample(found, min(arguments.each, len(found)))
        for path, number, lines in sorted(drawn, key=lambda site: site[:2]):
            print(f"== {repository}\t{commit}\t{path}\t{number}")
            for at in range(max(0, number - 4), min(len(lines), number + 3)):
                print(f"{'>' if at + 1 == number else ' '} {lines[at][:110]}")


def score(arguments):
    verdicts = collections.defaultdict(dict)
    for repository, commit, path, line, verdict, why in rerun.rows("ignores.tsv", 6):
        if verdict not in ("benign", "bad", "none"):
            sys.exit(f"ignores.tsv: {repository} {path}:{line}: verdict `{verdict}`")
        verdicts[repository, commit][path, int(line)] = (verdict, why)
    counts = collections.Counter()
    for (repository, commit), known in verdicts.items():
        folder = rerun.checkout(repository, commit, arguments)
        found, _ = rerun.findings(folder, arguments)
        reported = {(p, l) for p, l, rule in found if rule.partition("/")[0] in RULES}
        for (path, line), (verdict, why) in sorted(known.items()):
            # A finding stands where the statement starts, which may be some lines above `.ok();`.
            is_reported = any((path, line + d) in reported for d in (0, -1, -2, -3, 1))
            counts[verdict, is_reported] += 1
            if is_reported != (verdict == "bad"):
                print(f"{'reported' if is_reported else 'missed':9}{verdict:7}{repository} {path}:{line}: {why}")
    for verdict, wanted in (("benign", "reported"), ("none", "reported"), ("bad", "missed")):
        total = counts[verdict, True] + counts[verdict, False]
        wrong = counts[verdict, wanted == "reported"]
        share = f"{100 * wrong / total:.1f} %" if total else "-"
        print(f"{verdict:7}{total:5}, {wanted}: {wrong} ({share})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("sample", "score"))
    parser.add_argument("--linger", default=str(HERE.parents[1] / "target/release/cargo-linger"))
    parser.add_argument("--checkouts", type=pathlib.Path, default=HERE.parents[1] / "target/precision")
    parser.add_argument("--mirror", type=pathlib.Path)
    parser.add_argument("--each", type=int, default=11)
    parser.add_argument("--storing", action="store_true")
    arguments = parser.parse_args()
    arguments.checkouts = arguments.checkouts.resolve()
    arguments.linger = str(pathlib.Path(arguments.linger).resolve())
    (sample if arguments.what == "sample" else score)(arguments)


if __name__ == "__main__":
    main()
