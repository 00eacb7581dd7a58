#!/usr/bin/env python3
"""Writes bugs.tsv from what the scoring harness says about historical bugs, for docs/precision.md.

    record_bugs.py OUTPUT BUGS

OUTPUT is what the harness printed with --verbose, BUGS its list of bugs (id, hazard, repository, fix commit, path, ...).
"""

import csv
import pathlib
import re
import sys

LINE = re.compile(
    r"^  (?P<id>\S+) (?P<hazard>\S+) +(?P<needs>\S+) +(?:(?P<how>FOUND|strict) linger::(?P<rule>\S+)|missed) (?P<after>.+?) \S+/\S+ \S+:\S+$"
)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], newline="", encoding="utf-8") as file:
        bugs = {row["id"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    lines = []
    for line in open(sys.argv[1], encoding="utf-8"):
        found = LINE.match(line)
        if not found:
            continue
        bug = bugs[found["id"]]
        outcome = {"FOUND": "default", "strict": "strict"}.get(found["how"], "missed")
        silent = {"silent": "silent", "-": ""}.get(found["after"], "reported")
        note = bug["note"].replace("|", "/")
        lines.append((bug["hazard"], outcome, found["rule"] or "", silent, bug["repo"], bug["fix_commit"][:12], bug["path"], note))
    with open(pathlib.Path(__file__).with_name("bugs.tsv"), "w", encoding="utf-8") as out:
        out.write("# class\toutcome\trule\tafter the fix\trepository\tfix\tpath\twhat\n")
        out.writelines("\t".join(line) + "\n" for line in sorted(lines))
    print(f"{len(lines)} bugs")


if __name__ == "__main__":
    main()
