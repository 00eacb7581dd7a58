//! What reads linger's output, run for real: the problem matcher, rustfix, a shell, the scripts of CI.

mod common;

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{linger, repository, run, scratch, stderr, stdout, write};
use serde_json::Value;

const MANIFEST: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// One finding at deny, one at warn, and fixes of several kinds: two suppressions that hide nothing, one of them in
/// part, and a match that can give up its guard.
const TEXT: &str = "\
use std::sync::{Mutex, RwLock};

pub fn twice(m: &Mutex<u32>) -> u32 {
    let a = m.lock().unwrap();
    let b = m.lock().unwrap();
    *a + *b
}

pub fn é𝒳(m: &RwLock<u32>) { // linger: allow(double_lock)
    let text = \"é𝒳\"; match *m.read().unwrap() {
        0 => std::thread::sleep(std::time::Duration::from_secs(1)),
        _ => println!(\"{text}\"),
    }
}

// linger: allow(double_lock, lock_while_waiting) the only user
pub fn alone(m: &Mutex<u32>) -> u32 {
    let a = m.lock().unwrap();
    let b = m.lock().unwrap();
    *a * *b
}
";

fn project() -> tempfile::TempDir {
    let dir = scratch();
    write(dir.path(), &[("Cargo.toml", MANIFEST), ("src/lib.rs", TEXT)]);
    dir
}

#[test]
fn the_problem_matcher_reads_the_short_format() {
    let file = repository().join("docs/ci/problem-matcher.json");
    let matcher: Value =
        serde_json::from_str(&std::fs::read_to_string(file).expect("the matcher")).expect("JSON");
    let pattern = &matcher["problemMatcher"][0]["pattern"][0];
    let regex = regex::Regex::new(pattern["regexp"].as_str().expect("a pattern")).expect("it is right");
    let group = |name: &str| usize::try_from(pattern[name].as_u64().expect(name)).expect(name);
    let dir = project();
    write(dir.path(), &[("src/odd: 1:1: name [x].rs", TEXT)]);
    let shown = |format: &str| stdout(&run(dir.path(), &["--message-format", format, "-W", "all", "."]));
    let (short, json) = (shown("short"), shown("json"));
    assert_eq!(short.lines().count(), json.lines().count());
    assert!(short.lines().count() > 4, "{short}");
    for (line, wanted) in short.lines().zip(json.lines()) {
        let found = regex.captures(line).unwrap_or_else(|| panic!("not matched: {line}"));
        let wanted: Value = serde_json::from_str(wanted).expect("JSON");
        let message = &wanted["message"];
        let primary = message["spans"]
            .as_array()
            .and_then(|s| s.iter().find(|s| s["is_primary"] == true))
            .expect("a primary span");
        let text = |name: &str| found.get(group(name)).map_or("", |m| m.as_str());
        assert_eq!(text("line"), primary["line_start"].to_string(), "{line}");
        assert_eq!(text("column"), primary["column_start"].to_string(), "{line}");
        assert_eq!(text("severity"), message["level"]);
        assert_eq!(text("message"), message["message"]);
        assert!(text("code").starts_with(message["code"]["code"].as_str().expect("a code")), "{line}");
        assert_eq!(text("file"), primary["file_name"], "{line}");
    }
}

/// What rustfix makes of a file with the suggestions in the JSON.
fn rustfixed(dir: &Path, filter: rustfix::Filter) -> String {
    let output = run(dir, &["--message-format", "json"]);
    let diagnostics: String = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["message"].to_string() + "\n")
        .collect();
    let suggestions = rustfix::get_suggestions_from_json(&diagnostics, &HashSet::new(), filter)
        .expect("rustfix reads the diagnostics");
    assert!(!suggestions.is_empty());
    rustfix::apply_suggestions(TEXT, &suggestions).expect("rustfix applies the suggestions")
}

#[test]
fn rustfix_does_what_fix_does() {
    for (filter, options) in [
        (rustfix::Filter::MachineApplicableOnly, ["--fix"].as_slice()),
        (rustfix::Filter::Everything, ["--fix", "--unsafe-fixes"].as_slice()),
    ] {
        let dir = project();
        let by_rustfix = rustfixed(dir.path(), filter);
        assert_ne!(by_rustfix, TEXT);
        let output = run(dir.path(), options);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let by_linger = std::fs::read_to_string(dir.path().join("src/lib.rs")).expect("there");
        assert_eq!(by_linger, by_rustfix);
    }
}

/// What bash offers for a line whose last word is being typed.
fn completed(words: &[&str]) -> Vec<String> {
    let script = "\
        source <(\"$LINGER\" completions bash) || exit 3
        COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}
        function=$(complete -p \"$1\" | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        [ -n \"$function\" ] || exit 4
        \"$function\" \"$1\" \"${@: -1}\" \"${@: -2:1}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", script, "bash"])
        .args(words)
        .env("LINGER", env!("CARGO_BIN_EXE_cargo-linger"))
        .output()
        .expect("bash is there");
    assert!(output.status.success(), "{words:?}: {}", stderr(&output));
    stdout(&output).split_whitespace().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_options_rules_and_values() {
    // Both as a program of its own and behind cargo.
    for start in [["cargo-linger"].as_slice(), &["cargo", "linger"]] {
        let offered = |rest: &[&str]| completed(&[start, rest].concat());
        assert_eq!(
            offered(&["-A", "double_lock/"]),
            ["double_lock/conflict", "double_lock/read_read", "double_lock/weak"]
        );
        assert!(offered(&["-D", ""]).contains(&"warnings".to_owned()));
        assert_eq!(offered(&["explain", "guard_held_through_m"]), ["guard_held_through_match"]);
        assert_eq!(offered(&["--message-format", "git"]), ["github", "gitlab"]);
        assert_eq!(offered(&["--unsafe-f"]), ["--unsafe-fixes"]);
        assert_eq!(offered(&["baseline", "up"]), ["update"]);
        assert_eq!(offered(&["baseline", "write", "--exc"]), ["--exclude"]);
    }
}

/// Runs a script in a shell, with linger's own script beside it. `None` where there is no such shell.
#[cfg(unix)]
fn in_shell(shell: &str, script: &str) -> Option<Output> {
    let dir = scratch();
    let own = run(dir.path(), &["completions", shell]);
    write(dir.path(), &[("_cargo-linger", &stdout(&own))]);
    let output = Command::new(shell).args(["-c", script]).current_dir(dir.path()).output();
    if output.is_err() {
        println!("{shell} is not installed here");
    }
    output.ok()
}

#[cfg(unix)]
#[test]
fn fish_completes_options_rules_and_values() {
    for start in ["cargo-linger", "cargo linger"] {
        for (line, wanted) in [
            ("-A double_lock/", vec!["double_lock/conflict", "double_lock/read_read", "double_lock/weak"]),
            ("explain guard_held_through_m", vec!["guard_held_through_match"]),
            ("--message-format git", vec!["github", "gitlab"]),
            ("-q --unsafe-f", vec!["--unsafe-fixes"]),
            ("baseline up", vec!["update"]),
            ("baseline write --exc", vec!["--exclude"]),
        ] {
            let script = format!("source _cargo-linger; complete -C '{start} {line}'");
            let Some(output) = in_shell("fish", &script) else { return };
            let text = stdout(&output);
            let offered: Vec<&str> = text.lines().filter_map(|line| line.split('\t').next()).collect();
            assert_eq!(offered, wanted, "{line}: {}", stderr(&output));
        }
    }
}

/// zsh completes only what is typed, so a shell of its own is typed into, until the line is as it should be.
#[cfg(unix)]
#[test]
fn zsh_completes_options_rules_and_values() {
    let lines = [
        ("-A double_lock/c", "double_lock/conflict"),
        ("explain guard_held_through_m", "guard_held_through_match"),
        ("--message-format gith", "github"),
        ("--unsafe-f", "--unsafe-fixes"),
        ("baseline up", "update"),
        ("baseline write --exc", "--exclude"),
        (". --strict-p", "--strict-parse"),
    ];
    for (line, wanted) in lines {
        let script = format!(
            "zmodload zsh/zpty && zpty inner zsh -f -i || exit 77
            zpty -w inner 'PS1=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print ready-$((1 + 1))'
            zpty -r inner seen '*ready-2*'
            zpty -w -n inner $'cargo-linger {line}\\t'
            # Who waits in vain is ended.
            (sleep 60; kill $$) >/dev/null 2>&1 & waiter=$!
            zpty -r inner seen '*{wanted}*' && print found
            kill $waiter; zpty -d inner"
        );
        let Some(output) = in_shell("zsh", &script) else { return };
        assert!(output.status.code() == Some(77) || stdout(&output).contains("found"), "{line}: {output:?}");
    }
}

/// The scripts of the steps of a YAML file: what stands below each `run: |`.
fn scripts(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join(path)).expect("the file");
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(indent) = line.find("run: |") else { continue };
        let mut script = String::new();
        while let Some(inside) =
            lines.next_if(|l| l.trim().is_empty() || l.len() - l.trim_start().len() > indent)
        {
            script.push_str(inside.get(indent + 2..).unwrap_or_default());
            script.push('\n');
        }
        found.push(script);
    }
    found
}

/// Runs a step as GitHub's runner does.
fn step(script: &str, dir: &Path, variables: &[(&str, &str)]) -> Output {
    write(dir, &[("step.sh", script)]);
    Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "step.sh"])
        .current_dir(dir)
        .envs(variables.iter().copied())
        .output()
        .expect("bash is there")
}

/// A stand-in for cargo that writes its arguments and folder down.
#[cfg(unix)]
fn recording_cargo(dir: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    write(
        dir,
        &[("bin/cargo", "#!/bin/sh\n{ pwd; for a in \"$@\"; do echo \"$a\"; done; } >> \"$CALLS\"\n")],
    );
    let cargo = dir.join("bin/cargo");
    std::fs::set_permissions(cargo, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    format!("{}:{}", dir.join("bin").display(), std::env::var("PATH").unwrap_or_default())
}

#[cfg(unix)]
#[test]
fn the_steps_of_the_action() {
    let steps = scripts("action.yml");
    let [install, check] = steps.as_slice() else { panic!("{} steps", steps.len()) };
    for script in &steps {
        assert!(!script.contains("${{"), "text from outside comes in variables only: {script}");
    }
    let dir = scratch();
    let top = dir.path();
    let (calls, action) = (top.join("calls"), top.join("the action"));
    std::fs::create_dir(&action).expect("a folder");
    let calls_text = calls.to_string_lossy();
    let variables = [
        ("PATH", &*recording_cargo(top)),
        ("CALLS", &calls_text),
        ("ACTION_PATH", &action.to_string_lossy()),
        ("ROOT", "/r o/linger"),
    ];
    let installed = step(install, top, &variables);
    assert!(installed.status.success(), "{}", stderr(&installed));
    let called = std::fs::read_to_string(&calls).expect("cargo was called");
    let action_there = std::fs::canonicalize(&action).expect("there");
    assert_eq!(
        called.lines().collect::<Vec<_>>(),
        [
            &*action_there.to_string_lossy(),
            "install",
            "--quiet",
            "--locked",
            "--path",
            ".",
            "--root",
            "/r o/linger"
        ]
    );

    // The workspace lies in a folder of the repository; one argument has a blank and words that a shell would read.
    std::fs::create_dir(top.join(".git")).expect("a folder");
    write(
        top,
        &[("in ner/Cargo.toml", MANIFEST), ("in ner/src/lib.rs", TEXT), ("in ner/src/$(echo x).rs", TEXT)],
    );
    let (out, summary) = (top.join("output"), top.join("summary"));
    let run_check = |args: &str, sarif: &str| {
        let variables = [
            ("LINGER", env!("CARGO_BIN_EXE_cargo-linger")),
            ("ARGS", args),
            ("SARIF", sarif),
            ("DIRECTORY", "in ner"),
            ("GITHUB_OUTPUT", &*out.to_string_lossy()),
            ("GITHUB_STEP_SUMMARY", &*summary.to_string_lossy()),
        ];
        step(check, top, &variables)
    };
    let checked = run_check("-Dwarnings\nsrc/$(echo x).rs\n", "it is.sarif");
    assert_eq!(checked.status.code(), Some(1), "{}", stderr(&checked));
    let text = stdout(&checked);
    let command = "::error file=in ner/src/$(echo x).rs,line=4,endLine=4,col=13";
    assert!(text.contains(command), "{text}");
    assert!(!text.contains("lib.rs"), "{text}");
    assert_eq!(std::fs::read_to_string(&out).expect("outputs"), "sarif=in ner/it is.sarif\n");
    let sarif = std::fs::read_to_string(top.join("in ner/it is.sarif")).expect("it was written");
    assert!(sarif.contains("\"uri\": \"in%20ner/src/%24%28echo%20x%29.rs\""), "{sarif}");
    assert!(std::fs::read_to_string(&summary).expect("a summary").contains("| in ner/src/$(echo x).rs:4 |"));
    // Without arguments, and with what is only warned about.
    let all = run_check("", "");
    assert_eq!(all.status.code(), Some(1), "{}", stderr(&all));
    assert!(stdout(&all).contains("in ner/src/lib.rs"), "{}", stdout(&all));
    assert_eq!(run_check("-A\nall", "").status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn the_job_of_gitlab() {
    let text = std::fs::read_to_string(repository().join("docs/ci/gitlab.yml")).expect("the file");
    let script: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("    - cargo ")).collect();
    let [install, check] = script.as_slice() else { panic!("{script:?}") };
    assert!(install.starts_with("install ") && install.contains("--git \"$LINGER_REPOSITORY\""), "{install}");
    // The real cargo finds cargo-linger on the PATH.
    let dir = scratch();
    let top = dir.path();
    std::fs::create_dir(top.join(".git")).expect("a folder");
    std::fs::create_dir(top.join("bin")).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_cargo-linger"), top.join("bin/cargo-linger"))
        .expect("a link");
    write(top, &[("Cargo.toml", MANIFEST), ("src/lib.rs", TEXT)]);
    let path = format!("{}:{}", top.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let output = step(&format!("cargo {check}"), top, &[("PATH", &path)]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("error[linger::double_lock/conflict]"), "{}", stdout(&output));
    let report = std::fs::read_to_string(top.join("gl-code-quality-report.json")).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report[0]["location"]["path"], "src/lib.rs");
}

#[test]
fn hooks_call_what_is_there() {
    let text = std::fs::read_to_string(repository().join(".pre-commit-hooks.yaml")).expect("the hooks");
    let entries: Vec<&str> = text.lines().filter_map(|l| l.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries.len(), 2);
    let dir = project();
    for entry in entries {
        let mut words = entry.split(' ');
        assert_eq!(words.next(), Some("cargo-linger"));
        let words: Vec<&str> = words.collect();
        assert_eq!(run(dir.path(), &[&words[..], &["src/lib.rs"]].concat()).status.code(), Some(1));
        write(dir.path(), &[("src/ü x.rs", "fn f() {}\n"), ("README.md", "")]);
        let clean = run(dir.path(), &[&words[..], &["-q", "src/ü x.rs", "Cargo.toml", "README.md"]].concat());
        assert_eq!((clean.status.code(), stderr(&clean)), (Some(0), String::new()));
    }
}

#[test]
fn two_runs_at_once_do_not_disturb_each_other() {
    let dir = project();
    let cache = scratch();
    let start = || {
        linger()
            .current_dir(dir.path())
            .args(["--message-format", "short", "-q"])
            .env("XDG_CACHE_HOME", cache.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("linger starts")
    };
    let running: Vec<_> = (0..6).map(|_| start()).collect();
    let outputs: Vec<Output> = running.into_iter().map(|c| c.wait_with_output().expect("it ends")).collect();
    for output in &outputs {
        assert_eq!(output, &outputs[0]);
        assert_eq!((output.status.code(), stderr(output)), (Some(1), String::new()));
    }
}
