#!/usr/bin/env python3
"""Runs linger on the projects of projects.tsv and compares what it says with the verdicts in judged.tsv.

    rerun.py [--linger PROGRAM] [--checkouts DIR] [--mirror DIR] [--project NAME]… [--record FILE] [--reported]

For each project it checks out the named commit (from --mirror, a folder of bare clones OWNER+NAME/repo, else from
GitHub), runs linger with its default levels, and says what changed: judged findings that are gone, findings that nobody has
judged. Then the counts: true, debatable and false per rule and per project. Exit status 1 when a finding judged true is gone,
one judged false is back or one is not judged.

judged.tsv: repository, commit, path, line, rule, verdict, why. Verdicts: `true`; `debatable`, right and of
little worth; `false`; `missed`, true and no longer found since something else was mended. A verdict belongs to that commit, so lines
do not move. With --record, the findings without a verdict are written there in the same form, verdict `?`. With
--reported, what linger says now is written to reported.tsv, from which docs/precision.md is made.
"""

import argparse
import collections
import csv
import json
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
VERDICTS = ("true", "debatable", "false", "missed")


def rows(name, columns):
    with open(HERE / name, newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if not row or row[0].startswith("#"):
                continue
            if len(row) != columns:
                sys.exit(f"{name}:{number}: {len(row)} columns instead of {columns}")
            yield row


def git(*arguments, cwd=None):
    done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(arguments[:2])}: {done.stderr.strip()}")
    return done.stdout


def checkout(repository, commit, arguments):
    """The folder that holds `repository` at `commit`, made when it is not there."""
    folder = arguments.checkouts / f"{repository.replace('/', '+')}-{commit[:12]}"
    done = folder / ".checked-out"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    bare = arguments.mirror / repository.replace("/", "+") / "repo" if arguments.mirror else None
    source = str(bare) if bare and bare.exists() else f"https://github.com/{repository}"
    git("init", "-q", cwd=folder)
    git("fetch", "-q", "--depth", "1", source, commit, cwd=folder)
    git("checkout", "-q", "-f", "FETCH_HEAD", cwd=folder)
    done.touch()
    return folder


def findings(folder, arguments):
    """The primary place of each finding: (path, line, rule), with its message."""
    started = time.monotonic()
    done = subprocess.run(
        # What cargo happens to have on this machine must not count.
        [arguments.linger, "--no-dependencies", "--message-format", "json", "--color", "never", str(folder)],
        capture_output=True, text=True, cwd=folder,
    )
    seconds = time.monotonic() - started
    if done.returncode not in (0, 1):
        raise RuntimeError(f"linger ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    found = {}
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if entry.get("reason") != "compiler-message":
            continue
        message = entry["message"]
        code = (message.get("code") or {}).get("code")
        primary = next((s for s in message["spans"] if s["is_primary"]), None)
        if code is None or primary is None:
            continue
        path = pathlib.Path(primary["file_name"])
        path = path.relative_to(folder) if path.is_absolute() else path
        found[(str(path), primary["line_start"], code.removeprefix("linger::"))] = message["message"]
    return found, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linger", default=str(HERE.parents[1] / "target/release/cargo-linger"))
    parser.add_argument("--checkouts", type=pathlib.Path, default=HERE.parents[1] / "target/precision")
    parser.add_argument("--mirror", type=pathlib.Path)
    parser.add_argument("--project", action="append", help="only this repository, OWNER/NAME")
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--reported", action="store_true")
    arguments = parser.parse_args()
    arguments.checkouts = arguments.checkouts.resolve()
    arguments.linger = str(pathlib.Path(arguments.linger).resolve())

    judged = collections.defaultdict(dict)
    for repository, commit, path, line, rule, verdict, why in rows("judged.tsv", 7):
        if verdict not in VERDICTS:
            sys.exit(f"judged.tsv: {repository} {path}:{line}: verdict `{verdict}`")
        judged[repository, commit][path, int(line), rule.partition("/")[0]] = (verdict, why)

    by_rule = collections.defaultdict(collections.Counter)
    by_project = {}
    unjudged, reported, bad = [], [], False
    for repository, commit in rows("projects.tsv", 2):
        if arguments.project and repository not in arguments.project:
            continue
        try:
            found, seconds = findings(checkout(repository, commit, arguments), arguments)
        except (RuntimeError, OSError) as error:
            print(f"{repository}: not run: {error}")
            bad = True
            continue
        known = judged[repository, commit]
        counts = collections.Counter()
        for (path, line, rule), message in sorted(found.items()):
            verdict, _ = known.get((path, line, rule.partition("/")[0]), ("?", ""))
            counts[verdict] += 1
            reported.append((repository, path, str(line), rule))
            by_rule[rule.partition("/")[0]][verdict] += 1
            if verdict == "?":
                unjudged.append((repository, commit, path, str(line), rule, "?", message))
                print(f"not judged  {repository} {path}:{line} {rule}: {message}")
            elif verdict == "false":
                print(f"known false {repository} {path}:{line} {rule}")
        here = {(path, line, rule.partition("/")[0]) for path, line, rule in found}
        for place, (verdict, _) in sorted(known.items()):
            if place not in here and verdict == "true":
                print(f"gone        {repository} {place[0]}:{place[1]} {place[2]} was judged true")
                bad = True
        by_project[repository] = (counts, seconds)

    def table(title, lines):
        print(f"\n{title:42}{'findings':>9}{'true':>6}{'debatable':>11}{'false':>7}{'unjudged':>10}")
        total = collections.Counter()
        for name, counts in lines:
            total.update(counts)
            print(f"{name:42}{counts.total():>9}{counts['true']:>6}{counts['debatable']:>11}{counts['false']:>7}{counts['?']:>10}")
        judged_count = total.total() - total["?"]
        share = f"{100 * total['true'] / judged_count:.1f} % of the judged are true" if judged_count else "none judged"
        print(f"{'all':42}{total.total():>9}{total['true']:>6}{total['debatable']:>11}{total['false']:>7}{total['?']:>10}   {share}")

    table("rule", sorted(by_rule.items()))
    table("project", [(name, counts) for name, (counts, _) in sorted(by_project.items())])
    if arguments.record:
        with open(arguments.record, "w", encoding="utf-8") as out:
            out.writelines("\t".join(row) + "\n" for row in unjudged)
    if arguments.reported:
        if arguments.project or bad:
            sys.exit("reported.tsv is written for all projects, when all were run")
        with open(HERE / "reported.tsv", "w", encoding="utf-8") as out:
            out.write("# repository\tpath\tline\trule\n")
            out.writelines("\t".join(row) + "\n" for row in reported)
    wrong = sum(c["false"] + c["?"] for c in by_rule.values())
    sys.exit(1 if bad or wrong else 0)


if __name__ == "__main__":
    main()
