//! Every format against hostile text: what a reader interprets never comes out raw.

mod common;

use std::path::Path;

use common::{run, scratch, stdout, write};

const FORMATS: [&str; 9] =
    ["human", "short", "json", "sarif", "github", "gitlab", "rdjsonl", "checkstyle", "junit"];

/// A file name, and a name in the source that reaches the message or the rendered source.
const FILE: &str = "src/a,b]]>%0A&\"'<x>\u{202e}::error::\u{1b}[31mn\nl.rs";

fn hostile() -> tempfile::TempDir {
    let dir = scratch();
    let text = "pub fn f(m: &std::sync::Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap(); /* \u{1b}[31m ]]> ::error::x %0A \u{202e} \u{7} é𝒳 */ let b = m.lock().unwrap();\n    *a + *b\n}\n";
    write(
        dir.path(),
        &[("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"), (FILE, text)],
    );
    dir
}

fn output(dir: &Path, format: &str) -> String {
    let output = run(dir, &["--message-format", format]);
    assert_eq!(output.status.code(), Some(1), "{format}: {}", common::stderr(&output));
    stdout(&output)
}

#[test]
fn no_control_character_comes_out() {
    let dir = hostile();
    for format in FORMATS {
        let text = output(dir.path(), format);
        let raw: Vec<char> = text
            .chars()
            .filter(|c| c.is_control() && !matches!(c, '\n') || matches!(c, '\u{202a}'..='\u{202e}'))
            .collect();
        // JSON keeps what it must keep of names and texts, escaped; the direction of text is no control there.
        let is_json = matches!(format, "json" | "gitlab" | "rdjsonl");
        let allowed = |c: &char| is_json && *c == '\u{202e}';
        assert!(raw.iter().all(allowed), "{format} has {raw:?} in {text}");
    }
}

#[test]
fn commands_and_lines_cannot_be_forged() {
    let dir = hostile();
    for format in ["short", "github"] {
        for line in output(dir.path(), format).lines() {
            assert!(!line.trim_start().starts_with("::error::"), "{format}: {line}");
        }
    }
    assert_eq!(output(dir.path(), "short").lines().count(), 1);
    assert_eq!(output(dir.path(), "github").lines().count(), 1);
    let github = output(dir.path(), "github");
    let properties = github.split("::").nth(1).expect("properties").to_owned();
    assert_eq!(properties.matches(',').count(), 5, "{properties}");
}

#[test]
fn structured_formats_parse() {
    let dir = hostile();
    for format in ["json", "rdjsonl"] {
        for line in output(dir.path(), format).lines() {
            serde_json::from_str::<serde_json::Value>(line).expect(format);
        }
    }
    for format in ["sarif", "gitlab"] {
        serde_json::from_str::<serde_json::Value>(&output(dir.path(), format)).expect(format);
    }
    for format in ["checkstyle", "junit"] {
        let text = output(dir.path(), format);
        let inside = text.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "").replace("&quot;", "");
        assert!(!text.contains("]]>"), "{text}");
        assert_eq!(inside.matches('<').count(), inside.matches('>').count(), "{text}");
    }
}

#[test]
fn json_points_at_the_right_bytes_and_characters() {
    let dir = hostile();
    let line = output(dir.path(), "json");
    let value: serde_json::Value = serde_json::from_str(line.trim()).expect("JSON");
    let text = std::fs::read_to_string(dir.path().join(FILE)).expect("there");
    for span in value["message"]["spans"].as_array().expect("spans") {
        let number = |key: &str| usize::try_from(span[key].as_u64().expect(key)).expect(key);
        let code = &text[number("byte_start")..number("byte_end")];
        let line = text.lines().nth(number("line_start") - 1).expect("a line");
        let from: String = line.chars().skip(number("column_start") - 1).collect();
        assert!(from.starts_with(code.lines().next().unwrap_or_default()), "{code:?} is not at {from:?}");
        assert_eq!(span["text"][0]["text"].as_str(), Some(line));
    }
}

#[test]
fn clean_runs_are_valid_documents() {
    let dir = scratch();
    write(dir.path(), &[("a.rs", "fn f() {}\n")]);
    let text = |format: &str| stdout(&run(dir.path(), &["--message-format", format, "a.rs"]));
    for format in ["human", "short", "json", "github", "rdjsonl"] {
        assert_eq!(text(format), "", "{format}");
    }
    assert_eq!(text("gitlab"), "[]\n");
    assert!(text("sarif").contains("\"results\": []"));
    assert!(text("junit").contains("tests=\"1\" failures=\"0\""));
    assert!(text("checkstyle").contains("<checkstyle version=\"4.3\">\n</checkstyle>"));
}

#[test]
fn github_says_what_it_does_not_annotate() {
    let dir = scratch();
    let one = "pub fn f(m: &std::sync::Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";
    for n in 0..12 {
        write(dir.path(), &[(&format!("f{n:02}.rs"), one)]);
    }
    let summary = dir.path().join("summary.md");
    let output = common::linger()
        .current_dir(dir.path())
        .args(["--message-format", "github", "."])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .expect("linger starts");
    let text = stdout(&output);
    assert_eq!(text.matches("::error ").count(), 10, "{text}");
    assert!(text.contains("3 more findings"), "{text}");
    assert_eq!(text.lines().filter(|l| l.starts_with("f") && l.contains("[linger::")).count(), 12);
    let table = std::fs::read_to_string(summary).expect("it was written");
    assert_eq!(table.matches("| error |").count(), 12, "{table}");
}

#[test]
fn the_step_summary_is_one_row_of_plain_text() {
    let dir = hostile();
    let summary = scratch();
    let path = summary.path().join("summary.md");
    let output = common::linger()
        .current_dir(dir.path())
        .args(["--message-format", "github"])
        .env("GITHUB_STEP_SUMMARY", &path)
        .output()
        .expect("linger starts");
    assert_eq!(output.status.code(), Some(1));
    let text = std::fs::read_to_string(&path).expect("it was written");
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with("| error |")).collect();
    assert_eq!((rows.len(), text.lines().count()), (1, 5), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}', '<', '>']), "{text}");
}

#[cfg(unix)]
#[test]
fn diffs_notes_and_errors_are_printable() {
    let dir = scratch();
    let file = "a\u{1b}[31m\u{202e}\n::error::x.rs";
    write(dir.path(), &[(file, "fn f() {} // linger: allow(double_lock) \u{1b}[31m\n")]);
    for args in [
        ["--fix", "--diff", "."].as_slice(),
        &["--fix", "."],
        &["gone\u{1b}[31m\n::error::x.rs"],
        &["-A", "x\u{1b}[31m", "."],
    ] {
        let output = run(dir.path(), args);
        // A diff is a patch, with the source as it is; its head is ours.
        let head: String = stdout(&output).lines().take(2).collect::<Vec<_>>().join("\n");
        for text in [head, common::stderr(&output)] {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{args:?}: {text}");
            assert!(!text.lines().any(|l| l.starts_with("::")), "{args:?}: {text}");
        }
    }
}
