//! Input that is made to break it: a diagnostic at worst, never a crash, a hang, or silence about the other files.

mod common;

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

const BAD: &str = "pub fn f(m: &std::sync::Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";

/// Far longer than it takes on a busy machine, far shorter than for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs on a folder that holds `canary.rs` with one finding: it must be found whatever lies beside it.
fn survives(dir: &Path) -> Output {
    common::write(dir, &[("canary.rs", BAD)]);
    let start = Instant::now();
    let output = common::run(dir, &["--message-format", "short", "-W", "all", "."]);
    let (out, err) = (common::stdout(&output), common::stderr(&output));
    assert_eq!(output.status.code(), Some(1), "{out}\n{err}");
    assert!(out.contains("canary.rs:2"), "{out}\n{err}");
    assert!(!out.contains("bug in linger") && !err.contains("panicked"), "{out}\n{err}");
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    output
}

#[test]
fn deep_nesting() {
    let deep = 100_000;
    let wrapped = |head: &str, open: &str, middle: &str, close: &str, tail: &str| {
        format!("{head}{}{middle}{}{tail}", open.repeat(deep), close.repeat(deep))
    };
    let cases = [
        ("parentheses", wrapped("fn f() -> u32 { ", "(", "1", ")", " }")),
        ("blocks", wrapped("fn f() { ", "{", "", "}", " }")),
        ("brackets", wrapped("fn f() { let _x = ", "[", "1", "]", "; }")),
        ("closures", wrapped("fn f() { let _x = ", "|| ", "1", "", "; }")),
        ("references", wrapped("fn f(_x: ", "&", "u32", "", ") {}")),
        ("types", wrapped("fn f(_x: ", "Vec<", "u32", ">", ") {}")),
        ("patterns", wrapped("fn f() { let ", "(", "_x", ",)", " = x; }")),
        ("methods", wrapped("fn f() { x", ".a()", "", "", "; }")),
        ("questions", wrapped("fn f() { x", "?", "", "", "; }")),
        ("sums", wrapped("fn f() -> u32 { 1", " + 1", "", "", " }")),
        ("negations", wrapped("fn f() -> bool { ", "!", "true", "", " }")),
        ("otherwise", wrapped("fn f() { ", "if a { } else ", "{ }", "", " }")),
        ("modules", wrapped("", "mod a { ", "", "}", "")),
        ("comments", wrapped("", "/*", "", "*/", "\nfn f() {}")),
        ("macros", wrapped("fn f() { ", "vec![", "1", "]", "; }")),
        ("attributes", wrapped("", "#[a]", "fn f() {}", "", "")),
        ("unfinished", wrapped("fn f() { ", "(", "", "", "")),
        ("generics", wrapped("fn f() { a", "::<b", "", ">", "(); }")),
        ("assignments", wrapped("fn f() { ", "a = ", "1", "", "; }")),
        ("returns", wrapped("fn f() { ", "return ", "1", "", "; }")),
        ("imports", wrapped("use a", "::{b", "", "}", ";")),
    ];
    let dir = common::scratch();
    for (name, text) in &cases {
        common::write(dir.path(), &[(&format!("{name}.rs"), text)]);
    }
    survives(dir.path());
}

#[test]
fn odd_bytes() {
    let dir = common::scratch();
    let files: [(&str, Vec<u8>); 8] = [
        ("latin1.rs", b"fn f() { let _x = \"\xe9\"; }".to_vec()),
        ("utf16.rs", b"\xff\xfef\0n\0".to_vec()),
        ("nul.rs", b"fn f() {}\0\0\0".to_vec()),
        ("mark.rs", "\u{feff}fn f() {}".as_bytes().to_vec()),
        ("returns.rs", b"fn f() {}\r// a\rfn g() {}\r".to_vec()),
        ("empty.rs", Vec::new()),
        ("noise.rs", (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
        ("long.rs", format!("const S: &str = \"{}\";", "é".repeat(2_000_000)).into_bytes()),
    ];
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).expect("a file");
    }
    survives(dir.path());
}

#[test]
fn one_function_of_fifty_thousand_lines() {
    let dir = common::scratch();
    let body: String = (0..50_000).map(|n| format!("    let v{n} = call({n});\n")).collect();
    common::write(dir.path(), &[("large.rs", &format!("fn f() {{\n{body}}}\n"))]);
    survives(dir.path());
}

/// One function that takes hold of a resource in every other line.
#[test]
fn one_function_of_many_resources() {
    let dir = common::scratch();
    let writers: String = (0..400)
        .map(|n| {
            format!(
                "    let mut w{n} = BufWriter::new(File::create(\"{n}\")?);\n    writeln!(w{n}, \"a\")?;\n"
            )
        })
        .collect();
    let guards: String = (0..400).map(|n| format!("    let g{n} = m{n}.lock().unwrap();\n")).collect();
    common::write(
        dir.path(),
        &[
            (
                "writers.rs",
                &format!(
                    "use std::fs::File;\nuse std::io::{{BufWriter, Write}};\nfn f() -> std::io::Result<()> {{\n{writers}    Ok(())\n}}\n"
                ),
            ),
            ("guards.rs", &format!("fn f(m0: &std::sync::Mutex<u32>) {{\n{guards}}}\n")),
        ],
    );
    survives(dir.path());
}

/// Aliases that name themselves, as a line that is half typed does, and types that double with each line.
#[test]
fn types_without_end() {
    let each = |write: &dyn Fn(usize) -> String| (1..40).map(write).collect::<String>();
    let all: String = (0..40).map(|n| format!("A{n}, ")).collect();
    let cases = [
        ("itself", "type C = (C, C); fn d(c: C) { c.d(); }".to_owned()),
        ("argument", "type C<T> = C<C<T>>; fn d(c: C<u8>) { c.d(); }".to_owned()),
        ("both", "type C<T> = D<C<T>>; type D<T> = C<D<T>>; fn d(c: C<u8>) { c.d(); }".to_owned()),
        ("bound", "type C<T: Into<C<T>>> = Vec<T>; fn d(c: C<u8>) { c.d(); }".to_owned()),
        ("output", "struct S; impl Iterator for S { type Item = (<S as Iterator>::Item, <S as Iterator>::Item); } fn d(s: S) { for x in s { x.d(); } }".to_owned()),
        ("squares", format!("type A0<T> = (T, T); {} fn d(a: A39<u8>) {{ a.d(); }}", each(&|n| format!("type A{n}<T> = A{0}<A{0}<T>>; ", n - 1)))),
        ("doubles", format!("type A0 = u8; {} fn d(a: A39) {{ a.d(); }}", each(&|n| format!("type A{n} = (A{0}, A{0}); ", n - 1)))),
        ("pairs", format!("fn d() {{ let a0 = (1u8, 1u8); {} drop(a39); }}", each(&|n| format!("let a{n} = (a{0}, a{0}); ", n - 1)))),
        ("applied", format!("fn g<T: Copy>(t: T) -> (T, T) {{ (t, t) }} fn d() {{ let a0 = 1u8; {} drop(a39); }}", each(&|n| format!("let a{n} = g(a{}); ", n - 1)))),
        ("all", format!("type A0 = ({all}); {} fn d(a: A39) {{ a.d(); }}", each(&|n| format!("type A{n} = ({all}); ")))),
    ];
    let dir = common::scratch();
    for (name, text) in &cases {
        common::write(dir.path(), &[(&format!("{name}.rs"), text)]);
    }
    survives(dir.path());
}

#[test]
#[cfg(unix)]
fn an_odd_tree() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = common::scratch();
    let root = dir.path();
    common::write(root, &[("closed/a.rs", "fn f() {}"), ("dir.rs/b.rs", "fn f() {}")]);
    symlink(root, root.join("loop")).expect("a link");
    symlink(root.join("itself.rs"), root.join("itself.rs")).expect("a link");
    symlink(root.join("gone.rs"), root.join("dangling.rs")).expect("a link");
    // Nobody ever writes into it: to read it would be to wait for ever.
    let made = std::process::Command::new("mkfifo").arg(root.join("pipe.rs")).status();
    assert!(made.is_ok_and(|status| status.success()));
    std::fs::set_permissions(root.join("closed"), PermissionsExt::from_mode(0o000)).expect("permissions");
    survives(root);
    std::fs::set_permissions(root.join("closed"), PermissionsExt::from_mode(0o755)).expect("permissions");
}

/// Nothing of the checked project is run, whatever it names.
#[test]
#[cfg(unix)]
fn a_hostile_workspace_runs_nothing() {
    let dir = common::scratch();
    let trap = dir.path().join("trap.sh");
    let mark = dir.path().join("sprung");
    let script = format!("#!/bin/sh\ntouch '{}'\n", mark.display());
    let config = format!(
        "[build]\nrustc = {0:?}\nrustc-wrapper = {0:?}\n[target.'cfg(all())']\nrunner = {0:?}\nlinker = {0:?}\n[alias]\nmetadata = \"!{1}\"\n",
        trap.display().to_string(),
        trap.display()
    );
    common::write(
        dir.path(),
        &[
            ("trap.sh", &script),
            (
                "Cargo.toml",
                "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n",
            ),
            (
                "build.rs",
                &format!("fn main() {{ std::fs::write({:?}, \"\").unwrap(); }}", mark.display().to_string()),
            ),
            (".cargo/config.toml", &config),
            ("rust-toolchain.toml", &format!("[toolchain]\npath = {:?}\n", dir.path().display().to_string())),
            ("src/lib.rs", BAD),
        ],
    );
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&trap, PermissionsExt::from_mode(0o755)).expect("permissions");
    let output = common::run(dir.path(), &["--message-format", "short"]);
    assert_eq!(output.status.code(), Some(1), "{}", common::stderr(&output));
    assert!(!mark.exists());
}

/// A small generator of numbers: the same ones on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// The fixtures, cut up and put together wrongly. `LINGER_FUZZ` gives the number of files, 300 without it, and
/// `LINGER_SEED` where the dice start.
#[test]
fn mutated_fixtures() {
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let mut dice = Dice(number("LINGER_SEED", 0x2545_f491_4f6c_dd1d) | 1);
    let fixtures: Vec<String> = walkdir::WalkDir::new(common::repository().join("fixtures"))
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "rs"))
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .collect();
    let dir = common::scratch();
    for index in 0..number("LINGER_FUZZ", 300) {
        let mut lines: Vec<String> =
            fixtures[dice.below(fixtures.len())].lines().map(str::to_owned).collect();
        let other: Vec<&str> = fixtures[dice.below(fixtures.len())].lines().collect();
        for _ in 0..=dice.below(6) {
            let at = dice.below(lines.len());
            let Some(line) = lines.get(at).cloned() else { break };
            match dice.below(7) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, line),
                2 => {
                    let with = dice.below(lines.len());
                    lines.swap(at, with);
                }
                3 => lines.insert(at, other[dice.below(other.len())].to_owned()),
                4 => lines[at] = words(&line, &mut dice),
                5 => {
                    lines[at] = line.chars().filter(|_| dice.below(12) != 0).collect();
                }
                _ => lines.truncate(at + 1),
            }
        }
        common::write(dir.path(), &[(&format!("mutant_{index}.rs"), &lines.join("\n"))]);
    }
    survives(dir.path());
}

/// A line with two of its words exchanged.
fn words(line: &str, dice: &mut Dice) -> String {
    let mut words: Vec<&str> = line.split_inclusive([' ', '.', '(', ')', ';', ',']).collect();
    let (a, b) = (dice.below(words.len()), dice.below(words.len()));
    if !words.is_empty() {
        words.swap(a, b);
    }
    words.concat()
}
