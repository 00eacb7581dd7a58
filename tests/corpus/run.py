#!/usr/bin/env python3
"""Runs linger over Rust that is made to break parsers and resolvers: no crash, no hang, memory bounded.

    run.py [--linger PROGRAM] [--checkouts DIR] [--mirror DIR] [--registry] [FOLDER]…

What is run: the repositories of sources.tsv (test data of parsers, formatters and lints), with --registry every crate
in cargo's own source cache, and the folders named. A crate or folder that crashes, is reported as a bug in linger, takes
longer or holds more memory than its size allows is split until single files are left; those are listed. Every file of
over 100 KB is run alone too. Exit status 1 when there is trouble. The last line counts files, lines and troubles.
"""

import argparse
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "precision"))
import rerun  # noqa: E402  (shares the checkouts)

LARGE = 100_000


def rust_files(path):
    if path.is_file():
        return [path]
    found = []
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if name not in (".git", "target"))
        found += [pathlib.Path(folder, name) for name in sorted(files) if name.endswith(".rs")]
    return [file for file in found if file.is_file()]


class Sizes:
    """Bytes in all and of the largest file: what the budgets follow."""

    def __init__(self, files):
        sizes = [file.stat().st_size for file in files]
        self.total, self.largest = sum(sizes), max(sizes, default=0)

    def seconds(self, scale):
        return scale * (3 + 3 * self.total / 1e6)

    def megabytes(self):
        # Far over what real projects take with every rule: this looks for what grows without bound.
        return 150 + 40 * self.total / 1e6 + 120 * self.largest / 1e6


def run(linger, path, seconds):
    """Seconds, megabytes, exit status (None when it had to be stopped), output."""
    command = [linger, "--no-dependencies", "--no-config", "-W", "all", "-j", "2", "--message-format", "short", "--exit-zero",
               "--color", "never", str(path)]
    with tempfile.TemporaryFile() as out:
        started = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd="/")
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            taken = time.monotonic() - started
            if pid:
                child.returncode = os.waitstatus_to_exitcode(status)
                break
            if taken > seconds:
                child.kill()
                _, _, usage = os.wait4(child.pid, 0)
                child.returncode = None
                break
            time.sleep(0.002)
        out.seek(0)
        # Processor time, so that a busy machine does not count as slow.
        busy = usage.ru_utime + usage.ru_stime
        return busy, usage.ru_maxrss / 1024, child.returncode, out.read().decode("utf-8", "replace")


def trouble(linger, path, sizes, scale):
    busy, megabytes, status, output = run(linger, path, 20 * sizes.seconds(scale))
    if status is None:
        return "does not end"
    if status not in (0, 1):
        return f"ended with {status}: {output.strip()[-300:]}"
    for line in output.splitlines():
        if "bug in linger" in line or "panicked at" in line:
            return line
    if busy > sizes.seconds(scale):
        return f"{busy:.1f} s for {sizes.total / 1e6:.2f} MB"
    if megabytes > sizes.megabytes():
        return f"{megabytes:.0f} MB of memory for {sizes.total / 1e6:.2f} MB, of which the largest has {sizes.largest / 1e6:.2f}"
    return None


def apart(linger, path, files, scale):
    """Trouble with a copy of the Rust files of `path` alone: all of them are read, and no package around them is."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch, path.name)
        if path.is_file():
            shutil.copy(path, copy)
        else:
            for file in files:
                target = copy / file.relative_to(path)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
        return trouble(linger, copy, Sizes(files), scale)


def hunt(linger, path, files, scale, found):
    """Runs `path` and, when there is trouble, what is in it."""
    why = apart(linger, path, files, scale)
    if why is None:
        return
    parts = [] if path.is_file() else sorted(path.iterdir())
    parts = [(part, rust_files(part)) for part in parts if part.suffix == ".rs" or part.is_dir()]
    before = len(found)
    for part, inside in parts:
        if inside:
            hunt(linger, part, inside, scale, found)
    if len(found) == before:
        found.append((path, why))
        print(f"{path}: {why}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linger", default=str(HERE.parents[1] / "target/release/cargo-linger"))
    parser.add_argument("--checkouts", type=pathlib.Path, default=HERE.parents[1] / "target/precision")
    parser.add_argument("--mirror", type=pathlib.Path)
    parser.add_argument("--registry", action="store_true", help="every crate in cargo's source cache")
    parser.add_argument("--scale", type=float, default=1.0, help="times the time allowed, for slow builds and machines")
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.checkouts = arguments.checkouts.resolve()
    linger = str(pathlib.Path(arguments.linger).resolve())

    units = [folder.resolve() for folder in arguments.folders]
    with open(HERE / "sources.tsv", newline="", encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="\t"):
            if not row[0].startswith("#"):
                units.append(rerun.checkout(row[0], row[1], arguments))
    if arguments.registry:
        home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
        units += sorted(crate for index in (home / "registry/src").iterdir() for crate in index.iterdir() if crate.is_dir())

    found, count, lines, alone = [], 0, 0, 0
    for unit in units:
        files = rust_files(unit)
        if not files:
            continue
        count += len(files)
        lines += sum(file.read_bytes().count(b"\n") for file in files)
        # As packages, then every file as it is: test data belongs to no target and would not be read.
        why = trouble(linger, unit, Sizes(files), arguments.scale)
        if why:
            found.append((unit, why))
            print(f"{unit}: {why}", flush=True)
        hunt(linger, unit, files, arguments.scale, found)
        for file in files:
            if file.stat().st_size > LARGE and all(file != path for path, _ in found):
                alone += 1
                hunt(linger, file, [file], arguments.scale, found)
    print(f"{count} files, {lines} lines in {len(units)} folders, {alone} large files once more alone: {len(found)} in trouble")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
