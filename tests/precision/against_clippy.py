#!/usr/bin/env python3
"""Compares linger's strict findings with those of clippy on crates that build here.

    against_clippy.py [--linger PROGRAM] [--list] [--keep FOLDER] CHECKOUT…

In each CHECKOUT (a workspace whose dependencies cargo can bring) it runs clippy with the lints that look at ignored failures, then
linger with the rules that answer to them, and prints for each pair: places that both name, places that only clippy names (linger
missed them), places that only linger names. What clippy reports inside macro expansions, and what linger reports in files that were
not compiled or stand directly below a `#[cfg]` for another system, is left out. clippy says nothing of `_ = f()`, `drop(f())` and `f().is_ok();`, so these are not compared.

A place is a line. --list prints each place that only one of them names, with its text. --keep keeps what clippy said in a folder and
reads it from there the next time, since compiling is the slow half. The variable CARGO names another cargo.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

# What clippy looks at, and the rule of linger that answers to it.
PAIRS = {
    "let_underscore_must_use": "ignored_result",
    "unused_result_ok": "ignored_result",
    "unused_io_amount": "partial_io",
    "map_err_ignore": "error_source_lost",
}
EXTRA = ("mem_forget", "exit")


def clippy(folder, keep):
    """(lint, path, line) for each finding outside macros, and the files that were compiled."""
    kept = keep and keep / f"{folder.name}.json"
    if kept and kept.exists():
        found, compiled = json.loads(kept.read_text())
        return {tuple(place) for place in found}, set(compiled)
    cargo = os.environ.get("CARGO", "cargo")
    lints = [flag for lint in (*PAIRS, *EXTRA) for flag in ("-W", f"clippy::{lint}")]
    subprocess.run([cargo, "clean", "-q", "--workspace"], cwd=folder, check=False, capture_output=True)
    done = subprocess.run(
        [cargo, "clippy", "--workspace", "--all-targets", "--message-format", "json", "--",
         "--cap-lints", "warn", "-A", "clippy::all", *lints],
        cwd=folder, capture_output=True, text=True,
    )
    found = set()
    for line in done.stdout.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("reason") != "compiler-message":
            continue
        message = entry["message"]
        code = ((message.get("code") or {}).get("code") or "").removeprefix("clippy::")
        if code not in PAIRS and code not in EXTRA:
            continue
        span = next((s for s in message["spans"] if s["is_primary"]), None)
        if span and not span.get("expansion"):
            # cargo names files from the root of the workspace.
            found.add((code, span["file_name"], span["line_start"], span["line_end"]))
    if done.returncode:
        print(f"{folder}: clippy ended with {done.returncode}: {done.stderr.strip()[-400:]}", file=sys.stderr)
    compiled = set()
    for dep in (folder / "target/debug/deps").glob("*.d"):
        for line in dep.read_text(errors="replace").splitlines():
            # One line a file, `src/main.rs:`; the other lines list them all behind a target.
            name = line.removesuffix(":")
            path = folder / name
            if " " not in name and name.endswith(".rs") and path.is_relative_to(folder) and path.exists():
                compiled.add(str(path.relative_to(folder)))
    if kept and not done.returncode:
        keep.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([sorted(found), sorted(compiled)]))
    return found, compiled


def linger(program, folder):
    done = subprocess.run(
        [program, "-W", "all", "--tests", "same", "--message-format", "json", str(folder)],
        cwd=folder, capture_output=True, text=True,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"linger ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    found = set()
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if entry.get("reason") != "compiler-message":
            continue
        message = entry["message"]
        code = (message.get("code") or {}).get("code", "").removeprefix("linger::").partition("/")[0]
        for span in message["spans"]:
            if span["is_primary"]:
                path = pathlib.Path(span["file_name"])
                path = path.relative_to(folder) if path.is_absolute() else path
                found.add((code, str(path), span["line_start"], span["line_end"]))
    return found


OTHER_SYSTEM = re.compile(r'^#\[cfg\((windows|not\(unix\)|target_os = "(?!linux)\w+")\)\]')


def is_compiled(folder, path, line, compiled):
    return path in compiled and not OTHER_SYSTEM.match(text(folder, path, line - 1) if line > 1 else "")


def text(folder, path, line):
    try:
        return (folder / path).read_text(errors="replace").splitlines()[line - 1].strip()
    except (OSError, IndexError):
        return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=pathlib.Path)
    parser.add_argument("--linger", default=str(HERE.parents[1] / "target/release/cargo-linger"))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.linger).resolve())

    totals = collections.defaultdict(collections.Counter)
    for folder in (f.resolve() for f in arguments.checkouts):
        theirs, compiled = clippy(folder, arguments.keep)
        ours = linger(program, folder)
        # One cause, one finding: a more specific rule may speak for the place.
        spoken = collections.defaultdict(set)
        for code, path, line, end in ours:
            for covered in range(line, end + 1):
                spoken[path, covered].add(code)
        named = collections.defaultdict(set)
        for code, path, line, end in theirs:
            for covered in range(line, end + 1):
                named[path, covered].add(code)
        print(f"\n{folder.name}: {len(compiled)} files compiled")
        for lint in PAIRS:
            places = sorted((p, l, e) for c, p, l, e in theirs if c == lint)
            missed = [(p, l) for p, l, e in places if not any(spoken.get((p, n)) for n in range(l, e + 1))]
            totals[lint].update(theirs=len(places), missed=len(missed))
            print(f"  {lint:26} clippy {len(places):4}  both {len(places) - len(missed):4}  missed {len(missed):3}")
            if arguments.list:
                for path, line in missed:
                    print(f"      missed {path}:{line}: {text(folder, path, line)}")
        shape = re.compile(r"^\s*let _(:\s*[^=]+)? =|\.ok\(\);\s*(//.*)?$")
        sites = sorted((p, l, e) for c, p, l, e in ours if c == "ignored_result" and is_compiled(folder, p, l, compiled))
        sites = [s for s in sites if any(shape.search(text(folder, s[0], n)) for n in range(s[1], s[2] + 1))]
        only = [(p, l) for p, l, e in sites if not any(named.get((p, n)) for n in range(l, e + 1))]
        totals["linger's `let _ =` and `.ok();`"].update(theirs=len(sites), missed=len(only))
        print(f"  linger's ignored_result, `let _ =` and `.ok();`: {len(sites)}, of which clippy leaves alone {len(only)}")
        if arguments.list:
            for path, line in only:
                print(f"      only linger {path}:{line}: {text(folder, path, line)}")

    print("\nall")
    for lint in PAIRS:
        count, missed = totals[lint]["theirs"], totals[lint]["missed"]
        share = f"{100 * (count - missed) / count:.1f} %" if count else "-"
        print(f"  {lint:26} clippy {count:4}  linger finds {count - missed:4} ({share})")
    extra = totals["linger's `let _ =` and `.ok();`"]
    share = f"{100 * extra['missed'] / extra['theirs']:.1f} %" if extra["theirs"] else "-"
    print(f"  linger's ignored_result, `let _ =` and `.ok();`: {extra['theirs']}, clippy leaves alone {extra['missed']} ({share})")


if __name__ == "__main__":
    main()
