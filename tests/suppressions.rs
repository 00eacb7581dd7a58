//! Suppressions in the code, where rustfmt leaves them.

mod common;

use common::{findings, run, scratch, write};

/// The findings of a text, as `line rule`.
fn check(text: &str, args: &[&str]) -> Vec<String> {
    let dir = scratch();
    // A guard that is made and dropped in the last statement of a block is a barrier, and no finding.
    let text = text.replace("\n}", "\n    end();\n}");
    write(dir.path(), &[("a.rs", &format!("use std::sync::Mutex;\n{text}"))]);
    let mut all = vec!["--message-format", "json", "a.rs"];
    all.extend(args);
    let name =
        |f: &common::Finding| if f.rule == "unused_suppression" { f.code.clone() } else { f.rule.clone() };
    findings(&run(dir.path(), &all)).into_iter().map(|f| format!("{} {}", f.line, name(&f))).collect()
}

#[test]
fn a_comment_beside_or_above() {
    assert_eq!(check("fn f(m: &Mutex<u8>) {\n    let _ = m.lock();\n}", &[]), ["3 dropped_at_once"]);
    for text in [
        "fn f(m: &Mutex<u8>) {\n    let _ = m.lock(); // linger: allow(dropped_at_once) a barrier\n}",
        "fn f(m: &Mutex<u8>) {\n    // linger: allow(dropped_at_once) a barrier\n    let _ = m.lock();\n}",
        "fn f(m: &Mutex<u8>) {\n    // linger: allow(dropped_at_once)\n    // a barrier, see the other side\n\n    let _ = m.lock();\n}",
        "fn f(m: &Mutex<u8>) {\n    /* linger: expect(linger::dropped_at_once, ) */\n    let _ = m.lock();\n}",
        "fn f(m: &Mutex<u8>) {\n    let _ =\n        m\n            .lock(); // linger: allow(cleanup) of the same statement\n}",
        "// linger: allow(dropped_at_once) all of it\nfn f(m: &Mutex<u8>) {\n    let _ = m.lock();\n    let _ = m.lock();\n}",
        "// linger: allow(all)\n/// Documentation.\n#[inline]\nfn f(m: &Mutex<u8>) {\n    let _ = m.lock();\n}",
        "#[inline]\n// linger: allow(all)\nfn f(m: &Mutex<u8>) {\n    let _ = m.lock();\n}",
        "fn f(m: &Mutex<u8>) { // linger: allow(dropped_at_once)\n    let _ = m.lock();\n}",
        "fn f(m: &Mutex<u8>) {\n    let _ = m.lock();\n}\n// linger: allow-file(dropped_at_once) generated",
        "fn f(m: &Mutex<u8>, n: u8) {\n    match n {\n        1 => { let _ = m.lock(); end() } // linger: allow(dropped_at_once)\n        _ => {}\n    }\n}",
    ] {
        assert_eq!(check(text, &[]), [""; 0], "{text}");
    }
}

#[test]
fn a_comment_covers_no_more_than_its_statement() {
    let text = "fn f(m: &Mutex<u8>) {\n    let _ = m.lock(); // linger: allow(dropped_at_once)\n    let _ = m.lock();\n}";
    assert_eq!(check(text, &[]), ["4 dropped_at_once"]);
    let text = "fn f(m: &Mutex<u8>) {\n    // linger: allow(dropped_at_once)\n    let _ = m.lock();\n    let _ = m.lock();\n}";
    assert_eq!(check(text, &[]), ["5 dropped_at_once"]);
    let text = "fn f() {\n    let s = \"// linger: allow-file(all)\";\n}\nfn g(m: &Mutex<u8>) {\n    let _ = m.lock();\n}";
    assert_eq!(check(text, &[]), ["7 dropped_at_once"]);
}

#[test]
fn an_attribute() {
    let text = "#[cfg_attr(any(), linger::allow(dropped_at_once, reason = \"a barrier\"))]\nfn f(m: &Mutex<u8>) {\n    let _ = m.lock();\n}";
    assert_eq!(check(text, &[]), [""; 0]);
    let text = "fn f(m: &Mutex<u8>) {\n    #[cfg_attr(any(), linger::allow(dropped_at_once))]\n    let _ = m.lock();\n    let _ = m.lock();\n}";
    assert_eq!(check(text, &[]), ["5 dropped_at_once"]);
}

#[test]
fn what_is_forbidden_stays() {
    let text = "fn f(m: &Mutex<u8>) {\n    let _ = m.lock(); // linger: allow(dropped_at_once)\n}";
    assert!(check(text, &["-F", "dropped_at_once"]).contains(&"3 dropped_at_once".to_owned()));
}

#[test]
fn what_hides_nothing_is_reported() {
    assert_eq!(check("fn f() {} // linger: allow(double_lock) no", &[]), ["2 unused_suppression/unused"]);
    assert_eq!(check("fn f() {} // linger: expect(double_lock)", &[]), ["2 unused_suppression/unused"]);
    assert_eq!(check("fn f() {} // linger: allow(duoble_lock)", &[]), ["2 unused_suppression/unknown"]);
    for meant in [
        "alow(double_lock)",
        "allow",
        "allow()",
        "allow double_lock",
        "allow-file(double_lock",
        "allow-next-line(double_lock)",
        "deny(double_lock)",
        "ignore",
        "double_lock",
    ] {
        let text = format!("fn f() {{}} // linger: {meant}");
        assert_eq!(check(&text, &[]), ["2 unused_suppression/unknown"], "{meant}");
    }
    // What is switched off was not looked for.
    assert_eq!(check("fn f() {} // linger: allow(double_lock) no", &["-A", "double_lock"]), [""; 0]);
    // Prose.
    assert_eq!(check("fn f() {} // as linger: sees (it)", &[]), [""; 0]);
    assert_eq!(check("fn f() {} // linger: a tool (good)", &[]), [""; 0]);
    assert_eq!(check("fn f() {} // linger: the linter", &[]), [""; 0]);
    assert_eq!(check("/// linger: ignore\nfn f() {}", &[]), [""; 0]);
}

#[test]
fn unused_ones_are_removed_by_fix() {
    let dir = scratch();
    let before = "fn f() {\n    // linger: allow(double_lock) no\n    g(); // linger: allow(double_lock)\n}\n\
                  fn h(m: &std::sync::Mutex<u8>) {\n    let _ = m.lock(); // linger: allow(dropped_at_once, double_lock) why\n    g();\n}\nfn g() {}\n";
    write(dir.path(), &[("a.rs", before)]);
    let output = run(dir.path(), &["--fix", "a.rs", "-q"]);
    assert_eq!(output.status.code(), Some(0), "{}", common::stderr(&output));
    let after = std::fs::read_to_string(dir.path().join("a.rs")).expect("it is there");
    insta::assert_snapshot!(after);
}

#[test]
fn a_reason_can_be_required() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("linger.toml", "require_reason = true\n"),
            (
                "a.rs",
                "fn f(m: &std::sync::Mutex<u8>) {\n    let _ = m.lock(); // linger: allow(dropped_at_once)\n    let _ = m.lock(); // linger: allow(dropped_at_once): a barrier\n    end();\n}\n",
            ),
        ],
    );
    let found = findings(&run(dir.path(), &["--message-format", "json", "a.rs"]));
    let codes: Vec<String> = found.into_iter().map(|f| format!("{} {}", f.line, f.code)).collect();
    assert_eq!(codes, ["2 unused_suppression/no_reason"]);
}
