//! Configurations and manifests.

use std::io::sink;

use linger_analysis::catalogue::Catalogue;

use crate::config::{Config, Policy, show};
use crate::manifest::{self, Members};
use crate::{SCRATCH, config, run};

/// A `linger.toml`: read and put to use, as `config verify` and `config show` do.
pub fn configuration(text: &str) {
    let path = SCRATCH.join("linger.toml");
    std::fs::write(&path, text).expect("a file");
    match Config::load(Some(&path), &SCRATCH, &[]) {
        Ok(config) => used(&config),
        Err(error) => assert!(!format!("{error:#}").is_empty()),
    }
}

fn used(config: &Config) {
    let levels = [];
    let policy = Policy::new(config, &levels).expect("no levels are wrong").with_tests(None);
    let file = SCRATCH.join("src/lib.rs");
    let _left_out = config.excludes(&file);
    show::show(config, &policy.of(&file), &mut sink()).expect("nothing is written");
    run::build_rules(&policy, config).expect("options were verified");
    if let Ok(Some((text, _))) = config.catalogue() {
        Catalogue::extended(&text).expect("the catalogue was verified");
    }
    let idle = config::catalogue::idle(config, &SCRATCH, &[]);
    assert!(idle.is_empty(), "without packages nothing is idle");
}

/// A `Cargo.toml`.
pub fn manifest_of_a_package(text: &str) {
    let path = SCRATCH.join("Cargo.toml");
    let Ok(table) = text.parse::<toml::Table>() else { return };
    std::fs::write(&path, text).expect("a file");
    let members = Members::new(&SCRATCH, &table);
    for folder in ["", "a", "a/b", "crates/x"] {
        let folder = SCRATCH.join(folder);
        let _counts = members.has(&folder) && !members.excludes(&folder);
    }
    let packages: Vec<_> = manifest::package(&path, &table, Some(&table)).into_iter().collect();
    if let Ok(config) = Config::load(None, &SCRATCH, &packages) {
        used(&config);
        drop(config::catalogue::idle(&config, &SCRATCH, &packages));
    }
}
