#!/usr/bin/env python3
"""The benchmark: how fast linger is, side by side with bare parsing and with its peers.

    speed.py --checkouts FOLDER [--only tokio,nushell] [--rounds 5] [--profile release] [--write docs]

FOLDER/NAME holds each corpus of the list below; one that is missing is cloned there at its commit. Everything is measured in
turns, round by round, so that ratios hold on a machine that others use too: read ratios, not times.

  floor     every .rs file parsed with syn by all threads and dropped, with linger's allocator and profile (benches/floor.rs)
  cold      a whole check that keeps nothing and reads no dependencies: what stands beside the floor
  names     resolving names and inferring types, each alone (`debug cost`), as a share of the floor
  index     reading the dependencies' signatures: the first time, and from what the first time left
  warm      a whole check when nothing has changed, and with one file changed (where linger keeps a cache)
  save      from a changed buffer to its published diagnostics, through the language server: after an edit within a
            function, and after one that adds a function
  peers     `rustfmt --check` on the same files, ast-grep with six rules, `cargo clippy` with --clippy, each where it is installed
  growth    time and memory from 100,000 to 2,000,000 lines, by putting corpora beside each other

--write puts speed.md (the table) and speed.svg (the plot of the growth) into a folder.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent

CORPORA = {
    "hyper": ("hyperium/hyper", "8fcaf1a62787b824fdd7b95a3e7c9ea81acd3449"),
    "tokio": ("tokio-rs/tokio", "ea91b33ca57ff0581b38e735cc108f831bccbdaa"),
    "nushell": ("nushell/nushell", "3e1172d43cabb34afb798dfc9d8724839e18fe85"),
    "rust-analyzer": ("rust-lang/rust-analyzer", "d2e55da49132fa70a13dfbdc99122432b02cf464"),
    "deno": ("denoland/deno", "98f9507affc905f088124891add3a8dd63b91f77"),
    "tikv": ("tikv/tikv", "8e964719db0d2088d47a280a1dde3fefa1b31d6b"),
}
GROWTH = (100_000, 250_000, 500_000, 1_000_000, 2_000_000)

# Six of linger's questions as far as a pattern can ask them.
AST_GREP = """
id: ignored-result
language: rust
severity: warning
rule: {pattern: let _ = $X.lock()}
---
id: swallowed
language: rust
severity: warning
rule: {pattern: $X.ok();}
---
id: forgotten
language: rust
severity: warning
rule: {pattern: "std::mem::forget($X)"}
---
id: detached
language: rust
severity: warning
rule: {pattern: "let _ = tokio::spawn($$$X)"}
---
id: guard-in-match
language: rust
severity: warning
rule: {pattern: "match $X.lock().unwrap() { $$$A }"}
---
id: exit
language: rust
severity: warning
rule: {pattern: "std::process::exit($X)"}
"""


def measured(command, folder, environment=None, accepted=(0, 1)):
    """Seconds on the wall, seconds of CPU, peak memory in MB."""
    start = time.monotonic()
    child = subprocess.Popen(
        [str(part) for part in command], cwd=folder, env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in accepted:
        sys.exit(f"{command[0]} ended with {child.returncode} in {folder}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def in_turns(jobs, rounds):
    """For each job (name → function): the medians of what it measures."""
    seen = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            seen[name].append(job())
    return {name: tuple(statistics.median(column) for column in zip(*runs)) for name, runs in seen.items()}


def sources(folder):
    listed = subprocess.run(["git", "ls-files", "-z", "*.rs"], cwd=folder, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        files = [folder / name for name in listed.stdout.decode().split("\0") if name]
    else:
        files = [f for f in sorted(folder.rglob("*.rs")) if "target" not in f.relative_to(folder).parts[:-1]]
    return [f for f in files if f.is_file() and not f.is_symlink()]


def lines_of(files):
    return sum(f.read_bytes().count(b"\n") for f in files)


def checkout(name, root):
    folder = root / name
    if not folder.is_dir():
        repository, commit = CORPORA[name]
        folder.mkdir(parents=True)
        for step in (["init", "-q"], ["fetch", "-q", "--depth", "1", f"https://github.com/{repository}", commit],
                     ["checkout", "-q", "FETCH_HEAD"]):
            subprocess.run(["git", *step], cwd=folder, check=True)
    return folder


def built(profile):
    """The two programs, from cargo."""
    found = {}
    for what in (["build", "--bin", "cargo-linger"], ["bench", "--bench", "floor", "--no-run"]):
        done = subprocess.run(
            ["cargo", *what, "--profile", profile, "--message-format", "json"],
            cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True,
        )
        for line in done.stdout.splitlines():
            entry = json.loads(line)
            if entry.get("executable"):
                found[entry["target"]["name"]] = pathlib.Path(entry["executable"])
    return found["cargo-linger"], found["floor"]


class Editor:
    """The least of an editor that a server needs."""

    def __init__(self, linger, folder):
        self.server = subprocess.Popen(
            [linger, "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.published = {}
        self.news = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()
        self.send({"id": 1, "method": "initialize", "params": {
            "processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": {},
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name}]}})
        self.send({"method": "initialized", "params": {}})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.server.stdin.flush()

    def listen(self):
        while True:
            length = 0
            while line := self.server.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            message = json.loads(self.server.stdout.read(length))
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                with self.news:
                    self.published[params["uri"]] = params.get("version")
                    self.news.notify_all()
            elif "id" in message and "method" in message:
                self.send({"id": message["id"], "result": None})

    def wait_for(self, uri, version, patience=120):
        with self.news:
            return self.news.wait_for(lambda: (self.published.get(uri) or -1) >= version, patience)


def save_to_diagnostics(linger, folder, files, within, edits=20):
    """The median and 95th percentile, in ms, over edits of files of middling size."""
    by_size = sorted(files, key=lambda f: f.stat().st_size)
    file = by_size[len(by_size) * 3 // 4]
    uri, text = file.as_uri(), file.read_text(errors="replace")
    editor = Editor(linger, folder)
    try:
        document = {"uri": uri, "languageId": "rust", "version": 1,
                    "text": f"{text}\nfn edited() {{}}\n" if within else text}
        editor.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        if not editor.wait_for(uri, 1):
            return None
        times = []
        for version in range(2, edits + 2):
            # The server rests a moment after a change, and works at once after a save. An edit within a body leaves the
            # rest of the program what it is; a function more does not.
            name, limit = ("edited", version) if within else (f"edited_{version}", 0)
            changed = f"{text}\nfn {name}() {{ if {limit} > 1 {{ let _ = std::fs::remove_file(\"x\"); }} }}\n"
            start = time.monotonic()
            editor.send({"method": "textDocument/didChange", "params": {
                "textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": changed}]}})
            editor.send({"method": "textDocument/didSave", "params": {"textDocument": {"uri": uri}}})
            if not editor.wait_for(uri, version):
                return None
            times.append((time.monotonic() - start) * 1000)
            time.sleep(0.3)
        times.sort()
        return statistics.median(times), times[min(len(times) - 1, round(len(times) * 0.95))]
    finally:
        editor.server.kill()


class Bench:
    def __init__(self, options):
        self.options = options
        self.linger, self.floor = (options.linger, options.floor) if options.linger else built(options.profile)
        listed = subprocess.run([self.linger, "--help"], capture_output=True, text=True, check=False).stdout
        self.has_cache = "--no-cache" in listed
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="linger-speed-"))
        self.round = 0

    def check(self, *more):
        return [self.linger, "--message-format", "short", "--exit-zero", "-q", *more]

    def cold(self):
        return self.check("--no-cache", "--no-dependencies") if self.has_cache else self.check("--no-dependencies")

    def index(self, folder):
        """Seconds: reading all dependencies for the first time, and the next time."""
        home = self.work / "index"
        shutil.rmtree(home, ignore_errors=True)
        return tuple(self.cost(folder, home)["dependencies"] for _ in range(2))

    def cost(self, folder, home):
        """Seconds by part."""
        done = subprocess.run([self.linger, "debug", "cost", "."], cwd=folder, stdout=subprocess.PIPE, text=True, check=True,
                              env={**os.environ, "XDG_CACHE_HOME": str(home)})
        rows = (line.split(" ms  ") for line in done.stdout.splitlines())
        return {name: float(spent) / 1000 for spent, name in rows}

    def understanding(self, folder):
        """Seconds for names and for types."""
        parts = self.cost(folder, self.work / "index")
        return parts["names"], parts["types"]

    def jobs(self, folder):
        return {
            "floor": lambda: measured([self.floor], folder, {"LINGER_FLOOR_OF": str(folder)}),
            "cold": lambda: measured(self.cold(), folder),
        }

    def corpus(self, name):
        folder = checkout(name, self.options.checkouts).resolve()
        files = sources(folder)
        jobs = self.jobs(folder)
        jobs["index"] = lambda: self.index(folder)
        jobs["understanding"] = lambda: self.understanding(folder)
        if self.has_cache:
            measured(self.check(), folder)
            jobs["warm"] = lambda: measured(self.check(), folder)
            jobs["changed"] = lambda: self.changed(folder, files)
        if shutil.which("rustfmt"):
            names = [str(f) for f in files]
            # In one process, as `cargo fmt` does; it follows `mod` and gives up at what does not parse.
            jobs["rustfmt"] = lambda: measured(
                ["rustfmt", "--check", "--quiet", "--edition", "2021", *names], folder, accepted=range(-128, 128))
        if shutil.which("ast-grep"):
            rules = self.work / "rules.yml"
            rules.write_text(AST_GREP)
            jobs["ast-grep"] = lambda: measured(
                ["ast-grep", "scan", "--rule", str(rules), "--report-style", "short", "."], folder)
        if self.options.clippy:
            jobs["clippy"] = lambda: self.clippy(folder)
        row = in_turns(jobs, self.options.rounds)
        for key, within in (("save", True), ("save_item", False)):
            row[key] = save_to_diagnostics(self.linger, folder, files, within) if self.options.save else None
        row["files"], row["lines"] = len(files), lines_of(files)
        row["largest"] = max(f.stat().st_size for f in files) / 1e6
        return row

    def changed(self, folder, files):
        file = files[len(files) // 2]
        before = file.read_bytes()
        # What was there in an earlier round is an answer that the cache has.
        self.round += 1
        try:
            file.write_bytes(before + b"\nfn edited_%d_%d() {}\n" % (os.getpid(), self.round))
            return measured(self.check(), folder)
        finally:
            file.write_bytes(before)
            measured(self.check(), folder)

    def clippy(self, folder):
        subprocess.run(["cargo", "clean", "-q", "--workspace"], cwd=folder, check=False, capture_output=True)
        return measured(["cargo", "clippy", "--workspace", "--all-targets", "-q"], folder, accepted=range(-128, 128))

    def growth(self, names):
        """Copies packages of the corpora beside each other until there are enough lines."""
        folder = self.work / "composed"
        rows, total = [], 0
        parts = [(name, f) for name in names for f in sources((self.options.checkouts / name).resolve())]
        wanted = iter(GROWTH)
        goal = next(wanted)
        copy = 0
        while goal and copy < 8:
            for name, file in parts:
                root = (self.options.checkouts / name).resolve()
                to = folder / f"{name}-{copy}" / file.relative_to(root)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, to)
                total += file.read_bytes().count(b"\n")
                if total >= goal:
                    row = in_turns(self.jobs(folder), self.options.rounds)
                    row["lines"] = total
                    rows.append(row)
                    print(f"{total:>9} lines: floor {row['floor'][0]:.2f} s, cold {row['cold'][0]:.2f} s, "
                          f"{row['cold'][0] / row['floor'][0]:.2f} x, {row['cold'][2]:.0f} MB", flush=True)
                    goal = next(wanted, None)
                    if goal is None:
                        break
            copy += 1
        return rows


def cell(row, key, scale=1000, unit="ms"):
    return f"{row[key][0] * scale:.0f} {unit}" if row.get(key) else "–"


def table(rows):
    head = ["corpus", "lines", "floor", "cold", "ratio", "CPU ratio", "memory", "names + types / floor", "index, first",
            "index, next", "warm", "one file changed", "save", "save, new item", "rustfmt", "ast-grep", "clippy"]
    out = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for name, row in rows.items():
        saves = [f"{row[key][0]:.0f} / {row[key][1]:.0f} ms" if row.get(key) else "–" for key in ("save", "save_item")]
        share = sum(row["understanding"]) / row["floor"][0]
        cells = [name, f"{row['lines']:,}", cell(row, "floor"), cell(row, "cold"),
                 f"{row['cold'][0] / row['floor'][0]:.2f} ×", f"{row['cold'][1] / row['floor'][1]:.2f} ×",
                 f"{row['cold'][2]:.0f} MB", f"{share:.2f}", *(f"{spent * 1000:.0f} ms" for spent in row["index"]),
                 cell(row, "warm"), cell(row, "changed"), *saves,
                 cell(row, "rustfmt"), cell(row, "ast-grep"), cell(row, "clippy", 1, "s")]
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out)


def growth_table(rows):
    out = ["| lines | floor | cold | ratio | µs a line | memory | MB a million lines |", "|" + "---:|" * 7]
    for row in rows:
        lines, cold, floor = row["lines"], row["cold"], row["floor"]
        out.append(f"| {lines:,} | {floor[0] * 1000:.0f} ms | {cold[0] * 1000:.0f} ms | {cold[0] / floor[0]:.2f} × | "
                   f"{cold[0] / lines * 1e6:.2f} | {cold[2]:.0f} MB | {cold[2] / lines * 1e6:.0f} |")
    return "\n".join(out)


def plot(rows):
    """Seconds over lines, for linger and the floor."""
    width, height, left, bottom = 640, 360, 56, 40
    most_lines = max(r["lines"] for r in rows)
    most_time = max(r["cold"][0] for r in rows) * 1.1
    x = lambda lines: left + (width - left - 90) * lines / most_lines
    y = lambda seconds: height - bottom - (height - bottom - 20) * seconds / most_time
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for step in range(6):
        seconds = most_time * step / 5
        out.append(f'<line x1="{left}" x2="{width - 90}" y1="{y(seconds):.1f}" y2="{y(seconds):.1f}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y(seconds) + 4:.1f}" text-anchor="end">{seconds:.1f} s</text>')
    for row in rows:
        label = f'{row["lines"] / 1e6:.1f} M' if row["lines"] >= 900_000 else f'{row["lines"] / 1000:.0f} k'
        out.append(f'<text x="{x(row["lines"]):.1f}" y="{height - bottom + 18}" text-anchor="middle">{label}</text>')
    for key, color, name in (("cold", "#c0392b", "linger, cold"), ("floor", "#2c7fb8", "bare syn")):
        points = " ".join(f'{x(r["lines"]):.1f},{y(r[key][0]):.1f}' for r in rows)
        last = rows[-1]
        out.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>'
                   f'<text x="{x(last["lines"]) + 8:.1f}" y="{y(last[key][0]) + 4:.1f}" fill="{color}">{name}</text>')
    out.append(f'<text x="{(left + width - 90) / 2:.0f}" y="{height - 6}" text-anchor="middle">lines of Rust</text></svg>')
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkouts", type=pathlib.Path, required=True, metavar="FOLDER")
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(CORPORA), metavar="NAME,…")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", default="release", help="cargo's profile for both programs")
    parser.add_argument("--linger", type=pathlib.Path, help="a program that is built already, with --floor")
    parser.add_argument("--floor", type=pathlib.Path)
    parser.add_argument("--clippy", action="store_true", help="also a cold `cargo clippy` where the corpus builds")
    parser.add_argument("--no-save", dest="save", action="store_false", help="leave the language server out")
    parser.add_argument("--no-growth", dest="growth", action="store_false", help="leave the growth out")
    parser.add_argument("--write", type=pathlib.Path, metavar="FOLDER", help="where speed.md and speed.svg go")
    options = parser.parse_args()
    if bool(options.linger) != bool(options.floor):
        parser.error("--linger and --floor go together")
    bench = Bench(options)
    try:
        rows = {}
        for name in options.only:
            rows[name] = bench.corpus(name)
            print(table({name: rows[name]}).splitlines()[-1], flush=True)
        grown = bench.growth(options.only) if options.growth else []
    finally:
        shutil.rmtree(bench.work, ignore_errors=True)
    if options.write:
        options.write.mkdir(parents=True, exist_ok=True)
        text = [
            "# Speed", "",
            f"Written by `benches/speed.py`: medians of {options.rounds} rounds in turns, {os.cpu_count()} threads, profile "
            f"`{options.profile}`. The floor is a bare parallel `syn` parse of the same files with the same allocator. Read "
            "ratios, not times. *cold* keeps nothing and reads no dependencies; reading these is *index*, for the first time and "
            "from then on. *save* is the median and 95th percentile from a save to the published diagnostics, after an edit "
            "within a function and after one that adds a function.", "",
            table(rows), "",
        ]
        if grown:
            text += ["## Growth", "", "![Time over lines](speed.svg)", "", growth_table(grown), ""]
            (options.write / "speed.svg").write_text(plot(grown))
        (options.write / "speed.md").write_text("\n".join(text))


if __name__ == "__main__":
    main()
