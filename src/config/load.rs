//! Finds and reads configurations, and says exactly where one is wrong.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};
use linger_lints::{Level, all};
use serde::Deserialize;
use toml::Spanned;

use crate::config::catalogue;
use crate::config::file::{FileConfig, Rules, setting};
use crate::levels::{Target, nearest, target};
use crate::manifest::Package;

/// A configuration that holds below a folder.
#[derive(Debug)]
pub struct Layer {
    /// Where it holds.
    pub dir: PathBuf,
    /// The file it stands in.
    pub path: PathBuf,
    /// What it says.
    pub file: FileConfig,
    /// Levels it sets.
    pub levels: Vec<(Target, Level)>,
    /// Files it leaves out.
    pub exclude: GlobSet,
    /// Its overrides: files, and levels for them.
    pub overrides: Vec<(GlobSet, Vec<(Target, Level)>)>,
}

/// All configurations of a run, the widest first.
#[derive(Debug, Default)]
pub struct Config {
    /// The layers.
    pub layers: Vec<Layer>,
}

/// A configuration's text, for messages.
pub struct Source<'t> {
    /// The file.
    pub path: &'t Path,
    /// What is in it.
    pub text: &'t str,
}

impl Source<'_> {
    /// `path:line:column: message`
    pub fn error(&self, span: Option<Range<usize>>, message: &str) -> anyhow::Error {
        let Some(span) = span else { return anyhow!("{}: {message}", self.path.display()) };
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        anyhow!("{}:{line}:{column}: {message}", self.path.display())
    }

    /// Reads it; the error has a place and, where a name is nearly right, a question.
    pub fn parse<'de, T: Deserialize<'de>>(&'de self) -> anyhow::Result<T> {
        toml::from_str(self.text).map_err(|error| {
            let message = error.message();
            self.error(error.span(), &format!("{message}{}", suggestion(message)))
        })
    }
}

/// serde lists what it expected; of that the nearest is worth a question.
fn suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next().filter(|_| message.starts_with("unknown")) else {
        return String::new();
    };
    nearest(unknown, quoted).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

/// The parts of a `Cargo.toml` that concern linger.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Manifest {
    workspace: Option<Section>,
    package: Option<Section>,
    lints: Option<toml::Table>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Section {
    metadata: Option<Metadata>,
    lints: Option<toml::Table>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    linger: Option<FileConfig>,
}

impl Config {
    /// Reads the configurations that concern a run: the given file, or what is found upward from `root`; then
    /// those of the packages.
    pub fn load(given: Option<&Path>, root: &Path, packages: &[Package]) -> anyhow::Result<Self> {
        let mut config = Self::default();
        if let Some(path) = given {
            config.layers.push(read_toml(path, root)?);
            return Ok(config);
        }
        let upward = root.ancestors().map(|dir| dir.join("linger.toml")).find(|path| path.is_file());
        let in_manifest = read_manifest(&root.join("Cargo.toml"), true)?;
        match (upward, in_manifest) {
            (Some(path), Some(_)) if path.parent() == Some(root) => bail!(
                "both {} and [workspace.metadata.linger] in Cargo.toml configure linger; keep one",
                path.display()
            ),
            (_, Some(layer)) => config.layers.push(layer),
            (Some(path), None) => {
                let dir = path.parent().unwrap_or(root).to_path_buf();
                config.layers.push(read_toml(&path, &dir)?);
            }
            (None, None) => {}
        }
        for package in packages {
            let Some(dir) = package.manifest.parent() else { continue };
            let own = dir.join("linger.toml");
            let layer = if dir != root && own.is_file() {
                Some(read_toml(&own, dir)?)
            } else {
                read_manifest(&package.manifest, false)?
            };
            let Some(layer) = layer else { continue };
            // Rules are made and the catalogue is read once for a run.
            if let Some(catalogue) = &layer.file.catalogue {
                let message = "a catalogue belongs into the configuration of the workspace";
                return Err(misplaced(&layer, catalogue.span(), message));
            }
            if let Some(rule) = first_with_options(&layer.file.rules)? {
                let message =
                    "options of rules belong into the configuration of the workspace; here only levels count";
                return Err(misplaced(&layer, rule.span(), message));
            }
            config.layers.push(layer);
        }
        Ok(config)
    }

    /// Options of a rule.
    pub fn options(&self, rule: &str) -> toml::Table {
        let mut merged = toml::Table::new();
        for layer in &self.layers {
            for (name, value) in &layer.file.rules {
                if name.get_ref() == rule
                    && let Ok(read) = setting(value.get_ref())
                {
                    merged.extend(read.options);
                }
            }
        }
        merged
    }

    /// Files that are left out.
    pub fn excludes(&self, path: &Path) -> bool {
        self.layers.iter().any(|l| path.strip_prefix(&l.dir).is_ok_and(|below| l.exclude.is_match(below)))
    }

    /// Entries for the catalogue, as TOML, with the file they come from.
    pub fn catalogue(&self) -> anyhow::Result<Option<(String, &Path)>> {
        for layer in &self.layers {
            if let Some(table) = &layer.file.catalogue {
                let text = toml::to_string(table.get_ref()).context("the catalogue of the configuration")?;
                return Ok(Some((text, &layer.path)));
            }
        }
        Ok(None)
    }

    /// Whether suppressions need a reason.
    pub fn require_reason(&self) -> bool {
        self.layers.iter().rev().find_map(|l| l.file.require_reason).unwrap_or(false)
    }

    /// Edition of loose files, when configured.
    pub fn edition(&self) -> Option<u16> {
        self.layers.iter().rev().find_map(|l| l.file.edition.as_ref().map(|e| *e.get_ref()))
    }

    /// The baseline, when configured.
    pub fn baseline(&self) -> Option<PathBuf> {
        self.layers.iter().find_map(|l| l.file.baseline.as_ref().map(|b| l.dir.join(b.get_ref())))
    }
}

fn read_toml(path: &Path, dir: &Path) -> anyhow::Result<Layer> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let source = Source { path, text: &text };
    let file: FileConfig = source.parse()?;
    layer(&source, file, dir)
}

/// `[workspace.metadata.linger]` or `[package.metadata.linger]`. A manifest that cannot be read has none: what is
/// wrong with it is cargo's to say.
fn read_manifest(path: &Path, workspace: bool) -> anyhow::Result<Option<Layer>> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
    if !text.contains("linger") {
        return Ok(None);
    }
    if text.parse::<toml::Table>().is_err() {
        return Ok(None);
    }
    let source = Source { path, text: &text };
    let manifest: Manifest = source.parse()?;
    let lints =
        [manifest.lints.as_ref(), manifest.workspace.as_ref().and_then(|section| section.lints.as_ref())];
    if lints.into_iter().flatten().any(|table| table.contains_key("linger")) {
        let at = text.find("lints.linger").map(|at| at..at);
        return Err(source.error(
            at,
            "[lints.linger] breaks the build: cargo knows no lint tools but its own. \
             Use linger.toml or [workspace.metadata.linger]",
        ));
    }
    let section = if workspace { manifest.workspace } else { manifest.package };
    let Some(file) = section.and_then(|s| s.metadata).and_then(|m| m.linger) else { return Ok(None) };
    let dir = path.parent().unwrap_or(Path::new("")).to_path_buf();
    layer(&source, file, &dir).map(Some)
}

fn layer(source: &Source<'_>, file: FileConfig, dir: &Path) -> anyhow::Result<Layer> {
    if let Some(edition) = &file.edition
        && !matches!(edition.get_ref(), 2015 | 2018 | 2021 | 2024)
    {
        return Err(source.error(Some(edition.span()), "editions are 2015, 2018, 2021 and 2024"));
    }
    if let Some(table) = &file.catalogue {
        catalogue::verify(source, table.get_ref())?;
    }
    let levels = levels(source, &file.rules, true)?;
    let overrides = file
        .overrides
        .iter()
        .map(|o| Ok((globs(source, &o.paths)?, self::levels(source, &o.rules, false)?)))
        .collect::<anyhow::Result<_>>()?;
    let exclude = globs(source, &file.exclude)?;
    Ok(Layer { dir: dir.to_path_buf(), path: source.path.to_path_buf(), levels, exclude, overrides, file })
}

fn globs(source: &Source<'_>, patterns: &[Spanned<String>]) -> anyhow::Result<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        let text = pattern.get_ref();
        let add = |builder: &mut GlobSetBuilder, text: &str| -> anyhow::Result<()> {
            builder.add(Glob::new(text).map_err(|e| source.error(Some(pattern.span()), &e.to_string()))?);
            Ok(())
        };
        add(&mut builder, text)?;
        // A folder means what is in it.
        add(&mut builder, &format!("{}/**", text.trim_end_matches('/')))?;
    }
    Ok(builder.build()?)
}

/// Groups first and single cases last, since a table has no order of its own.
fn levels(source: &Source<'_>, rules: &Rules, with_options: bool) -> anyhow::Result<Vec<(Target, Level)>> {
    let mut found = Vec::new();
    for (name, value) in rules {
        let target =
            target(name.get_ref()).map_err(|error| source.error(Some(name.span()), &error.to_string()))?;
        let read = setting(value.get_ref()).map_err(|message| source.error(Some(value.span()), &message))?;
        if target == Target::Warnings {
            return Err(source.error(Some(name.span()), "`warnings` is for the command line: `-D warnings`"));
        }
        if !read.options.is_empty() {
            check_options(source, name, value, &target, &read.options, with_options)?;
        }
        if let Some(level) = read.level {
            found.push((target, level));
        }
    }
    found.sort_by_key(|(target, _)| match target {
        Target::All | Target::Default | Target::Strict | Target::Warnings => 0,
        Target::Group(_) => 1,
        Target::Rule(_) => 2,
        Target::Case(..) => 3,
    });
    Ok(found)
}

fn check_options(
    source: &Source<'_>,
    name: &Spanned<String>,
    value: &Spanned<toml::Value>,
    target: &Target,
    options: &toml::Table,
    allowed: bool,
) -> anyhow::Result<()> {
    let place = |key: &str| {
        let span = value.span();
        let inside = source.text.get(span.clone()).unwrap_or_default();
        match inside.find(key) {
            Some(at) => span.start + at..span.start + at + key.len(),
            None => span,
        }
    };
    let first = options.keys().next().map_or("", |key| key.as_str());
    if !allowed {
        return Err(source.error(
            Some(place(first)),
            "options of rules are the same everywhere; here only `level` counts",
        ));
    }
    let Target::Rule(rule) = target else {
        let message = format!("`{}` has only a level, no options", name.get_ref());
        return Err(source.error(Some(place(first)), &message));
    };
    let Some(rule) = all().iter().find(|r| r.meta.name == *rule) else { return Ok(()) };
    if let Err(error) = (rule.build)(options.clone()) {
        let message = format!("{}{}", error.message, suggestion(&error.message));
        // The message names the key when it is unknown; else the key whose removal helps is the culprit.
        let key = error.message.split('`').nth(1).filter(|k| options.contains_key(*k)).map(str::to_owned);
        let key = key.or_else(|| {
            options
                .keys()
                .find(|key| {
                    let mut others = options.clone();
                    others.remove(key.as_str());
                    (rule.build)(others).is_ok()
                })
                .cloned()
        });
        return Err(source.error(Some(key.map_or_else(|| value.span(), |k| place(&k))), &message));
    }
    Ok(())
}

/// A rule that has options.
fn first_with_options(rules: &Rules) -> anyhow::Result<Option<&Spanned<String>>> {
    for (name, value) in rules {
        let read = setting(value.get_ref()).map_err(|message| anyhow!(message))?;
        if !read.options.is_empty() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// A setting that stands in the wrong file.
fn misplaced(layer: &Layer, span: Range<usize>, message: &str) -> anyhow::Error {
    let text = std::fs::read_to_string(&layer.path).unwrap_or_default();
    Source { path: &layer.path, text: &text }.error(Some(span), message)
}
