//! Which levels hold in a file: what is built in, then the workspace, the package, the overrides, and the command
//! line last.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use linger_lints::{Level, RuleMeta};
use rustc_hash::FxHashMap;

use crate::config::file::TestsLevel;
use crate::config::load::Config;
use crate::levels::Levels;

/// Which layers and overrides hold: `(layer, 0)` is the layer itself, `(layer, n + 1)` its n-th override.
type Parts = Vec<(usize, usize)>;

/// Levels by file.
pub struct Policy<'c> {
    config: &'c Config,
    command_line: &'c [(Level, String)],
    tests: Option<TestsLevel>,
    /// By which layers and overrides hold; most files share one entry.
    made: RefCell<FxHashMap<Parts, Rc<FilePolicy>>>,
}

/// What holds in one file.
#[derive(Debug)]
pub struct FilePolicy {
    /// Levels.
    pub levels: Levels,
    /// How test code is treated.
    pub tests: TestsLevel,
}

impl<'c> Policy<'c> {
    /// A policy. Fails on a name on the command line that does not exist.
    pub fn new(config: &'c Config, command_line: &'c [(Level, String)]) -> anyhow::Result<Self> {
        let policy = Self { config, command_line, tests: None, made: RefCell::default() };
        let mut levels = Levels::default();
        for (level, name) in command_line {
            levels.set(name, *level, "command line")?;
        }
        Ok(policy)
    }

    /// What holds in a file.
    pub fn of(&self, path: &Path) -> Rc<FilePolicy> {
        let mut key = Parts::new();
        for (index, layer) in self.config.layers.iter().enumerate() {
            let Ok(below) = path.strip_prefix(&layer.dir) else { continue };
            key.push((index, 0));
            let matching = layer.overrides.iter().enumerate().filter(|(_, (globs, _))| globs.is_match(below));
            key.extend(matching.map(|(n, _)| (index, n + 1)));
        }
        if let Some(found) = self.made.borrow().get(&key) {
            return Rc::clone(found);
        }
        let made = Rc::new(self.make(&key));
        self.made.borrow_mut().insert(key, Rc::clone(&made));
        made
    }

    fn make(&self, key: &[(usize, usize)]) -> FilePolicy {
        let mut levels = Levels::default();
        let mut tests = TestsLevel::default();
        for (layer, part) in key {
            let Some(layer) = self.config.layers.get(*layer) else { continue };
            let origin = layer.path.display().to_string();
            let set = match part.checked_sub(1) {
                None => {
                    tests = layer.file.tests.level.unwrap_or(tests);
                    &layer.levels
                }
                Some(n) => {
                    tests = layer.file.overrides.get(n).and_then(|o| o.tests.level).unwrap_or(tests);
                    match layer.overrides.get(n) {
                        Some((_, levels)) => levels,
                        None => continue,
                    }
                }
            };
            levels = levels.with(set, &origin);
        }
        for (level, name) in self.command_line {
            // The names were checked at the start.
            let _ = levels.set(name, *level, "command line").is_ok();
        }
        FilePolicy { levels, tests: self.tests.unwrap_or(tests) }
    }

    /// With the treatment of test code from the command line.
    #[must_use]
    pub fn with_tests(mut self, tests: Option<TestsLevel>) -> Self {
        self.tests = tests;
        self
    }

    /// Whether a rule is on somewhere.
    pub fn is_on(&self, rule: &RuleMeta) -> bool {
        let mut keys: Vec<Parts> = vec![Parts::new()];
        for (index, layer) in self.config.layers.iter().enumerate() {
            let mut own: Parts = (0..index).map(|i| (i, 0)).collect();
            own.push((index, 0));
            keys.push(vec![(index, 0)]);
            for n in 0..layer.overrides.len() {
                let mut with = own.clone();
                with.push((index, n + 1));
                keys.push(with);
            }
            keys.push(own);
        }
        keys.iter().any(|key| self.make(key).levels.is_on(rule))
    }
}
