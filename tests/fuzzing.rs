//! The fuzz targets are built by hand with a nightly toolchain; what would keep them from being built is seen here.

mod common;

use std::collections::BTreeSet;

fn modules(file: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(common::repository().join(file)).expect("the file");
    let names = text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

#[test]
fn the_fuzz_crate_has_all_modules_of_the_driver() {
    // What it does with its input, beside them.
    let own = ["settings", "shown"].map(str::to_owned);
    let taken: BTreeSet<String> =
        modules("fuzz/src/lib.rs").into_iter().filter(|m| !own.contains(m)).collect();
    assert_eq!(taken, modules("src/main.rs"));
    assert_eq!(modules("fuzz/src/lsp.rs"), modules("src/lsp/mod.rs"));
}

#[test]
fn each_target_is_declared_and_begins_somewhere() {
    let folder = common::repository().join("fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("the manifest");
    let targets = std::fs::read_dir(folder.join("targets")).expect("targets");
    for target in targets.flatten() {
        let name = target.path().file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name} is not declared");
        let seeds = std::fs::read_dir(folder.join("seeds").join(&name)).map_or(0, Iterator::count);
        assert!(seeds > 0, "{name} has no seeds");
    }
}

/// What the fuzzers, or a look at what they would find, brought up.
#[test]
fn a_baseline_may_count_beyond_all_bounds() {
    let dir = common::scratch();
    common::write(dir.path(), &[("a.rs", "pub fn f(m: &std::sync::Mutex<u32>) { let _ = m.lock(); }\n")]);
    let entry = r#"{"file":"a.rs","rule":"double_lock","item":"f","hash":"0","count":18446744073709551615}"#;
    let text = format!("{{\"version\":1,\"findings\":[{entry},{entry}]}}");
    common::write(dir.path(), &[("linger-baseline.json", &text)]);
    for args in [&["."][..], &["baseline", "update", "."]] {
        let output = common::run(dir.path(), args);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", common::stderr(&output));
    }
}
