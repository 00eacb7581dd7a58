//! The signature table: an index of sections made at load, each section read when it is first asked for.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::notation::{Reader, ShortNames};
use super::{ExternalSignature, TypeFacts};
use crate::symbol::{Symbol, sym};
use crate::syntax::items::SelfKind;
use crate::types::ty::Ty;

/// All signatures. Later files correct earlier ones.
pub(super) struct Table {
    short: Vec<ShortNames<'static>>,
    reexports: FxHashMap<&'static str, &'static str>,
    /// Modules that hand on all that other crates have.
    globs: FxHashMap<&'static str, SmallVec<[&'static str; 1]>>,
    sections: FxHashMap<&'static str, Slot>,
    crates: FxHashSet<&'static str>,
    /// Types of constants as they are written, each with its file.
    constants: FxHashMap<&'static str, (usize, &'static str)>,
}

/// Where a section stands in the files, and what was read there.
#[derive(Default)]
struct Slot {
    places: SmallVec<[Place; 1]>,
    section: OnceLock<Box<Section>>,
}

struct Place {
    file: usize,
    header: &'static str,
    lines: &'static str,
}

/// A type, trait or module with its functions.
#[derive(Default)]
pub(super) struct Section {
    /// For types, traits and aliases.
    pub(super) facts: Option<Arc<TypeFacts>>,
    /// Functions and methods by their name.
    pub(super) functions: FxHashMap<Symbol, Arc<ExternalSignature>>,
    /// Traits whose methods are at hand wherever this trait is implemented.
    pub(super) extensions: Vec<Symbol>,
    /// Lines that could not be read; a test says that there are none.
    #[cfg(test)]
    pub(super) broken: Vec<&'static str>,
}

impl Table {
    /// Indexes the files.
    pub(super) fn load(files: &[&'static str]) -> Self {
        let lines = files.iter().map(|f| f.len() / 200).sum();
        let mut table = Self {
            short: Vec::with_capacity(files.len()),
            reexports: FxHashMap::with_capacity_and_hasher(2048, rustc_hash::FxBuildHasher),
            globs: FxHashMap::default(),
            sections: FxHashMap::with_capacity_and_hasher(lines, rustc_hash::FxBuildHasher),
            crates: FxHashSet::default(),
            constants: FxHashMap::default(),
        };
        for (file, text) in files.iter().enumerate() {
            table.index(file, text);
        }
        table
    }

    fn index(&mut self, file: usize, text: &'static str) {
        let mut short = ShortNames::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (header, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let (kind, what) = header.split_once(' ').unwrap_or((header, ""));
            rest = after;
            match kind {
                "=" => {
                    if let Some((name, path)) = what.split_once(' ') {
                        short.insert(name, path);
                    }
                }
                "use" => {
                    if let Some((alias, path)) = what.split_once(" = ") {
                        match alias.strip_suffix("::*") {
                            Some(module) => self.globs.entry(module).or_default().push(path),
                            None => drop(self.reexports.insert(alias, path)),
                        }
                    }
                }
                "const" => {
                    if let Some((path, ty)) = what.split_once(' ') {
                        self.constants.insert(path, (file, ty));
                    }
                }
                "type" | "trait" | "mod" | "alias" => {
                    let end = end_of_section(after);
                    let (lines, behind) = after.split_at_checked(end).unwrap_or((after, ""));
                    rest = behind;
                    let path = what.split(['<', ' ']).next().unwrap_or(what);
                    self.crates.insert(path.split("::").next().unwrap_or(path));
                    self.sections.entry(path).or_default().places.push(Place { file, header, lines });
                }
                _ => {}
            }
        }
        self.short.push(short);
    }

    /// The section at `path`.
    pub(super) fn section(&self, path: &str) -> Option<&Section> {
        let (path, slot) = self.sections.get_key_value(path)?;
        Some(slot.section.get_or_init(|| {
            let mut section = Section::default();
            for place in &slot.places {
                if let Some(short) = self.short.get(place.file) {
                    section.read(path, place, short);
                }
            }
            Box::new(section)
        }))
    }

    /// Whether there is a section at `path`.
    pub(super) fn has(&self, path: &str) -> bool {
        self.sections.contains_key(path)
    }

    /// Whether there is a constant at `path`.
    pub(super) fn has_constant(&self, path: &str) -> bool {
        self.constants.contains_key(path)
    }

    /// The type of a constant.
    pub(super) fn constant(&self, path: &str) -> Option<Ty> {
        let (file, text) = self.constants.get(path)?;
        let mut found = None;
        read_into(text, self.short.get(*file)?, &mut found);
        found
    }

    /// Whether the crate has any section.
    pub(super) fn has_crate(&self, name: &str) -> bool {
        self.crates.contains(name)
    }

    /// What the re-export at exactly `path` stands for.
    pub(super) fn reexport(&self, path: &str) -> Option<&'static str> {
        self.reexports.get(path).copied()
    }

    /// The crates and modules that the module at exactly `path` hands on as a whole.
    pub(super) fn globs(&self, path: &str) -> &[&'static str] {
        self.globs.get(path).map(SmallVec::as_slice).unwrap_or_default()
    }

    /// The paths of what stands directly in a module or is handed on there, as far as it may be a trait.
    pub(super) fn named_in(&self, module: &str) -> impl Iterator<Item = &'static str> {
        let within = move |path: &str| {
            let name = path.strip_prefix(module).and_then(|rest| rest.strip_prefix("::"));
            name.is_some_and(|name| name.starts_with(char::is_uppercase) && !name.contains(':'))
        };
        let own = self.sections.keys().copied().filter(move |path| within(path));
        own.chain(self.reexports.keys().copied().filter(move |path| within(path)))
    }

    #[cfg(test)]
    pub(super) fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.sections.keys().copied()
    }

    #[cfg(test)]
    pub(super) fn reexports(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.reexports.iter().map(|(a, b)| (*a, *b))
    }
}

/// Offset of the first line that does not start with a space.
fn end_of_section(text: &str) -> usize {
    // Lines are short, so a plain walk over the bytes is faster than a search for each newline.
    let bytes = text.as_bytes();
    let mut after_newline = true;
    for (at, byte) in bytes.iter().enumerate() {
        if after_newline && *byte != b' ' {
            return at;
        }
        after_newline = *byte == b'\n';
    }
    bytes.len()
}

impl Section {
    fn read(&mut self, path: &'static str, place: &Place, short: &ShortNames<'static>) {
        let mut facts = self.facts.take().map(|f| (*f).clone()).unwrap_or_default();
        let is_type = !place.header.starts_with("mod ");
        if is_type {
            facts.path = sym(path);
            read_header(place.header, path, short, &mut facts);
        }
        for line in place.lines.lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let read = match line.split_at_checked(1) {
                Some(("^", ty)) => read_into(ty, short, &mut facts.deref),
                Some(("%", ty)) => read_into(ty, short, &mut facts.item),
                Some(("@", ty)) => read_into(ty, short, &mut facts.awaits),
                Some((".", field)) => read_pair(field, short, &mut facts.fields),
                Some(("=", assoc)) => read_pair(assoc, short, &mut facts.assoc),
                Some(("|", variant)) => read_variant(variant, short, &mut facts.variants),
                Some(("+", trait_path)) => {
                    self.extensions.push(sym(trait_path));
                    true
                }
                _ => match read_function(line, path, short) {
                    Some((name, signature)) => {
                        self.functions.insert(name, Arc::new(signature));
                        true
                    }
                    None => false,
                },
            };
            if !read {
                self.skip(line);
            }
        }
        if matches!(facts.deref, Some(Ty::Param(..))) {
            // `impl Read for Arc<File>`, `impl Iterator for Box<I>`: what a pointer does because its target
            // does is found on the target. On the pointer it would hide methods of other targets.
            facts.traits.retain(|t| !is_passed_through(t));
        }
        if is_type || !facts.path.is_empty() {
            self.facts = Some(Arc::new(facts));
        }
    }

    /// A line that cannot be read is left out; a test says that there is none.
    #[cfg_attr(not(test), allow(unused_variables, clippy::unused_self))]
    fn skip(&mut self, line: &'static str) {
        #[cfg(test)]
        self.broken.push(line);
    }
}

fn read_into(text: &'static str, short: &ShortNames<'static>, into: &mut Option<Ty>) -> bool {
    let mut reader = Reader::new(text, short);
    match reader.ty() {
        Some(ty) if reader.rest().is_empty() => {
            *into = Some(ty);
            true
        }
        _ => false,
    }
}

/// `name Type`
fn read_pair(line: &'static str, short: &ShortNames<'static>, into: &mut Vec<(Symbol, Ty)>) -> bool {
    let Some((name, ty)) = line.split_once(' ') else { return false };
    let mut found = None;
    if !read_into(ty, short, &mut found) {
        return false;
    }
    into.extend(found.map(|ty| (sym(name), ty)));
    true
}

/// `Variant`, or `Variant.field Type` behind it.
fn read_variant(
    line: &'static str,
    short: &ShortNames<'static>,
    into: &mut Vec<(Symbol, Vec<(Symbol, Ty)>)>,
) -> bool {
    match line.split_once('.') {
        None => {
            into.push((sym(line), Vec::new()));
            true
        }
        Some((_, field)) => into.last_mut().is_some_and(|(_, fields)| read_pair(field, short, fields)),
    }
}

/// Traits that pointers implement by passing calls on to what they point to.
fn is_passed_through(path: &str) -> bool {
    ["std::io::", "std::iter::", "std::future::", "std::fmt::Write", "std::hash::Hasher", "std::error::"]
        .iter()
        .any(|root| path.starts_with(root))
}

/// `type std::sync::Mutex<T> ! std::marker::Send,std::marker::Sync`, `alias std::io::Result<T> = …`
fn read_header(header: &'static str, path: &str, short: &ShortNames<'static>, facts: &mut TypeFacts) {
    let Some((kind, rest)) = header.split_once(' ') else {
        return;
    };
    let mut rest = rest.get(path.len()..).unwrap_or_default();
    if let Some((generics, after)) = rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
        facts.generics = generics.split(',').map(sym).collect();
        rest = after;
    }
    let rest = rest.trim_start();
    facts.is_trait = kind == "trait";
    facts.alias = None;
    if kind == "alias" {
        if let Some(target) = rest.strip_prefix("= ") {
            read_into(target, short, &mut facts.alias);
        }
        return;
    }
    let traits = match rest.strip_prefix('!') {
        Some(after) => {
            facts.must_use = true;
            after.trim_start()
        }
        None => rest,
    };
    for name in traits.split(',').filter(|t| !t.is_empty()) {
        let symbol = sym(short.get(name).copied().unwrap_or(name));
        if !facts.traits.contains(&symbol) {
            facts.traits.push(symbol);
        }
    }
}

/// `lock & Result<…>`, `map! .(fn(T)->U) Option<U>`, `spawn -1 JoinHandle<T> @Result<T,JoinError>`
fn read_function(
    line: &'static str,
    owner: &str,
    short: &ShortNames<'static>,
) -> Option<(Symbol, ExternalSignature)> {
    let (name, rest) = line.split_once(' ')?;
    let (name, must_use) = match name.strip_suffix('!') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (self_kind, rest) = rest.split_at_checked(1)?;
    let self_kind = match self_kind {
        "-" => SelfKind::None,
        "&" => SelfKind::Ref,
        "*" => SelfKind::Mut,
        "." => SelfKind::Owned,
        _ => return None,
    };
    let mut reader = Reader::new(rest, short);
    let (arity, params) = if reader.take("(") {
        let params = reader.list(")")?.to_vec();
        (u8::try_from(params.len()).ok()?, params)
    } else {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, after) = rest.split_at_checked(digits)?;
        reader = Reader::new(after, short);
        (if count.is_empty() { 0 } else { count.parse().ok()? }, Vec::new())
    };
    if !reader.take(" ") {
        return None;
    }
    let ret = reader.ty()?;
    let awaited = if reader.take(" @") { Some(reader.ty()?) } else { None };
    if !reader.rest().is_empty() {
        return None;
    }
    let path = sym(&format!("{owner}::{name}"));
    Some((sym(name), ExternalSignature { path, self_kind, arity, params, ret, awaited, must_use }))
}
