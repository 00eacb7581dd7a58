//! After each edit the language server's program finds what a run finds that keeps nothing. The long form is
//! `cargo linger debug replay FOLDER --edits 1000`.

mod common;

/// The fixtures are dense with what rules look at. `LINGER_REPLAY=1000` for a long run.
#[test]
fn random_edits_find_what_a_cold_run_finds() {
    let edits = std::env::var("LINGER_REPLAY").unwrap_or_else(|_| "30".to_owned());
    let folder = common::scratch();
    let mut library = String::new();
    let mut files = Vec::new();
    for group in [
        "double_lock",
        "lock_order_inverted",
        "handle_outlives_owner",
        "wait_without_timeout",
        "thread_never_stops",
    ] {
        let from = common::repository().join("fixtures").join(group);
        let entries = std::fs::read_dir(from).expect("fixtures").flatten();
        for entry in entries.filter(|e| e.path().extension().is_some_and(|e| e == "rs")) {
            let stem = entry.path().file_stem().expect("a name").to_string_lossy().into_owned();
            let name = format!("{group}_{stem}");
            library.push_str(&format!("mod {name};\n"));
            files.push((format!("src/{name}.rs"), std::fs::read_to_string(entry.path()).expect("a fixture")));
        }
    }
    files.push(("src/lib.rs".to_owned(), library));
    let manifest = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    files.push(("Cargo.toml".to_owned(), manifest.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    common::write(folder.path(), &files);
    let (mut quick, mut told) = (0, String::new());
    // An edit after which a file does not parse for long leaves few quick answers: one seed may meet it early.
    for seed in ["1", "2"] {
        let output = common::run(folder.path(), &["debug", "replay", ".", "--edits", &edits, "--seed", seed]);
        assert!(output.status.success(), "{}", common::stderr(&output));
        let run = common::stdout(&output);
        assert!(run.contains("all equal"), "{run}");
        quick += run
            .split(" quick answers")
            .next()
            .and_then(|before| before.rsplit('(').next())
            .and_then(|number| number.parse::<usize>().ok())
            .expect("a count");
        told.push_str(&run);
    }
    // Not all of them by starting again.
    assert!(quick > 10, "{told}");
}

/// What a macro writes is found where it is called, so an edit of its file concerns others.
#[test]
fn edits_of_macros_are_seen_in_the_files_that_call_them() {
    let edits = std::env::var("LINGER_REPLAY").unwrap_or_else(|_| "60".to_owned());
    let folder = common::scratch();
    let uses = |name: &str| {
        format!(
            "use std::sync::Mutex;\npub fn {name}(m: &Mutex<u8>, n: &Mutex<u8>) {{\n    let held = m.lock().unwrap();\n    \
             quietly!(std::fs::remove_file(\"a\"));\n    let other = taken!(n);\n    drop((held, other));\n}}\n"
        )
    };
    common::write(
        folder.path(),
        &[
            ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("src/lib.rs", "#[macro_use]\nmod tools;\npub mod first;\npub mod second;\n"),
            (
                "src/tools.rs",
                "macro_rules! quietly {\n    ($e:expr) => {{\n        let _ = $e;\n    }};\n}\n\
                 macro_rules! taken {\n    ($e:expr) => {{\n        let taken = $e.lock().unwrap();\n        taken\n    }};\n}\n\
                 pub fn own() {\n    quietly!(std::fs::remove_file(\"b\"));\n}\n",
            ),
            ("src/first.rs", &uses("first")),
            ("src/second.rs", &uses("second")),
        ],
    );
    let output = common::run(folder.path(), &["debug", "replay", ".", "--edits", &edits]);
    assert!(output.status.success(), "{}", common::stderr(&output));
    assert!(common::stdout(&output).contains("all equal"), "{}", common::stdout(&output));
}
