//! The queries of the catalogue.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, RwLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::error::CatalogueError;
use super::facts::Facts;
use super::files::{FACTS, SIGNATURES};
use super::table::{Section, Table};
use super::{ExternalSignature, FunctionFacts, Resource, TypeFacts};
use crate::symbol::{Symbol, sym};

/// Everything known of other people's APIs.
pub struct Catalogue {
    /// Entries of the user; they come before the shipped ones.
    own: Facts,
}

/// What is shipped, the same for every catalogue.
static SHIPPED: LazyLock<Shipped> = LazyLock::new(Shipped::load);
static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue { own: Facts::default() });

/// Functions with names that tell which they are, by name.
static TELLING: LazyLock<FxHashMap<Symbol, Vec<Symbol>>> = LazyLock::new(|| {
    let mut out: FxHashMap<Symbol, Vec<Symbol>> = FxHashMap::default();
    // Only the lines are read: the facts of most crates are never asked for.
    for line in FACTS.iter().flat_map(|f| f.text.lines()).filter(|l| l.contains("known_by_name = true")) {
        let Some(pattern) = line.split('"').nth(1) else { continue };
        for path in super::paths::expand(pattern) {
            if let Some((_, name)) = path.rsplit_once("::") {
                out.entry(sym(name)).or_default().push(sym(&path));
            }
        }
    }
    out
});

/// Functions that end a state which another function starts and which no value stands for.
static ENDS: LazyLock<FxHashSet<Symbol>> = LazyLock::new(|| {
    let lines = FACTS.iter().flat_map(|f| f.text.lines());
    lines
        .filter(|l| !l.contains("forgets = true") && !l.contains("acquires_raw = true"))
        .filter_map(|l| l.split_once("undone_by = [")?.1.split_once(']'))
        .flat_map(|(list, _)| list.split('"').skip(1).step_by(2))
        .map(sym)
        .collect()
});

/// Names of the functions of the table: its lines that start with a blank and a letter.
static NAMES: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
    let lines = SIGNATURES.iter().flat_map(|text| text.lines());
    let names = lines.filter_map(|line| line.strip_prefix(' ')?.split([' ', '!']).next());
    names.filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_')).collect()
});

/// Signatures of dependencies. What a process learns it keeps for good, as names and types that were read from it may
/// still be in use; a server that learns again, since a lock file has changed, goes on to the next place.
static LEARNT: [OnceLock<Table>; LESSONS] = [const { OnceLock::new() }; LESSONS];
/// Which of these counts, from 1; none before and while dependencies are read.
static LESSON: AtomicUsize = AtomicUsize::new(0);
/// A process learns this often. Each time keeps a few megabytes.
const LESSONS: usize = 32;
/// How many are filled, and the texts of the last.
static LEARNT_TEXTS: Mutex<(usize, Vec<&'static str>)> = Mutex::new((0, Vec::new()));

/// What was learnt last.
fn learnt() -> Option<&'static Table> {
    LEARNT.get(LESSON.load(Ordering::Acquire).checked_sub(1)?)?.get()
}

/// Traits that modules hand on, once asked.
static TRAITS_IN: LazyLock<RwLock<FxHashMap<Symbol, Arc<[Symbol]>>>> = LazyLock::new(RwLock::default);

/// Re-exports of re-exports and supertraits are followed this far.
const FAR_ENOUGH: usize = 8;

struct Shipped {
    table: Table,
    /// Files of facts by the crates that they tell of; read when first asked for.
    files: FxHashMap<&'static str, usize>,
    facts: Vec<OnceLock<Facts>>,
}

impl Shipped {
    fn load() -> Self {
        let mut files = FxHashMap::default();
        for (index, file) in FACTS.iter().enumerate() {
            for name in file.crates {
                files.insert(*name, index);
            }
        }
        Self { table: Table::load(SIGNATURES), files, facts: FACTS.iter().map(|_| OnceLock::new()).collect() }
    }

    fn facts_of(&'static self, path: &str) -> Option<&'static Facts> {
        let index = *self.files.get(crate_of(path))?;
        let (slot, file) = (self.facts.get(index)?, FACTS.get(index)?);
        // A test parses every file, so an error cannot ship.
        Some(slot.get_or_init(|| Facts::parse(file.text).unwrap_or_default()))
    }

    fn section(&self, path: &str) -> Option<&Section> {
        self.table.section(path).or_else(|| learnt()?.section(path))
    }

    fn has(&self, path: &str) -> bool {
        self.table.has(path) || learnt().is_some_and(|t| t.has(path))
    }

    fn globs(&self, path: &str) -> impl Iterator<Item = &'static str> {
        let learnt = learnt().map(|t| t.globs(path)).unwrap_or_default();
        self.table.globs(path).iter().chain(learnt).copied()
    }

    fn reexport(&self, path: &str) -> Option<&'static str> {
        self.table.reexport(path).or_else(|| learnt()?.reexport(path))
    }
}

/// The first segment of a path. No path has a lone colon, so that a search for one byte does.
fn crate_of(path: &str) -> &str {
    path.bytes().position(|b| b == b':').and_then(|end| path.get(..end)).unwrap_or(path)
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue").field("own", &self.own).finish_non_exhaustive()
    }
}

impl Catalogue {
    /// The shipped catalogue, loaded on first use.
    #[must_use]
    pub fn builtin() -> &'static Catalogue {
        &BUILTIN
    }

    /// The shipped catalogue plus user entries (same TOML keys: `[[resource]]`, `[[function]]`). An entry of
    /// the user replaces the shipped one of the same path.
    ///
    /// # Errors
    ///
    /// When the text is not TOML, has unknown keys, or describes a path twice.
    pub fn extended(toml: &str) -> Result<Catalogue, CatalogueError> {
        Ok(Self { own: Facts::parse(toml)? })
    }

    /// Whether the user has entries.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        !self.own.resources.is_empty() || !self.own.functions.is_empty()
    }

    /// Whether the user says that values of a type are resources.
    #[must_use]
    pub fn is_own(&self, ty: Symbol) -> bool {
        self.own.resources.contains_key(&ty)
    }

    /// The reason that the user gave for an entry.
    #[must_use]
    pub fn own_note(&self, path: Symbol) -> Option<&str> {
        let of_type = self.own.resources.get(&path).and_then(|r| r.note.as_deref());
        of_type.or_else(|| self.own.functions.get(&path).and_then(|f| f.note.as_deref()))
    }

    /// Follows re-exports: `tokio::task::spawn` → `tokio::spawn`; unknown paths come back unchanged.
    #[must_use]
    pub fn canonical(&self, path: &str) -> Symbol {
        sym(&canonical(path, FAR_ENOUGH))
    }

    /// Whether signatures of this crate (`std`, `tokio`) are known.
    #[must_use]
    pub fn has_crate(&self, name: &str) -> bool {
        matches!(name, "core" | "alloc")
            || SHIPPED.table.has_crate(name)
            || learnt().is_some_and(|t| t.has_crate(name))
    }

    /// Takes signatures of dependencies, in the notation of the table, for the whole process and in place of those that
    /// were taken before. It must come before names are resolved. What is shipped wins.
    pub fn learn(texts: Vec<String>) {
        let mut last = LEARNT_TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let (lessons, known) = &mut *last;
        if let Some(place) = LEARNT.get(*lessons).filter(|_| *known != texts) {
            *known = texts.into_iter().map(|text| &*text.leak()).collect();
            place.get_or_init(|| Table::load(known));
            *lessons += 1;
        }
        TRAITS_IN.write().unwrap_or_else(PoisonError::into_inner).clear();
        LESSON.store(*lessons, Ordering::Release);
    }

    /// Forgets what was learnt, for who reads dependencies again: only what is not shipped is told of them.
    pub fn forget() {
        LESSON.store(0, Ordering::Release);
        TRAITS_IN.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether some function of the catalogue has this name.
    #[must_use]
    pub fn has_function_named(&self, name: &str) -> bool {
        NAMES.contains(name)
    }

    /// Whether a dependency that was learnt has something at this path, be it a module.
    #[must_use]
    pub fn has_learnt(&self, path: Symbol) -> bool {
        learnt().is_some_and(|t| t.has(path.as_str()))
    }

    /// What is known of a type or trait, by canonical path.
    #[must_use]
    pub fn type_facts(&self, path: Symbol) -> Option<Arc<TypeFacts>> {
        SHIPPED.section(shared_section(path.as_str()))?.facts.clone()
    }

    /// A free function or `Type::function`, by canonical path.
    #[must_use]
    pub fn function(&self, path: Symbol) -> Option<Arc<ExternalSignature>> {
        let (owner, name) = path.as_str().rsplit_once("::")?;
        let section = SHIPPED.section(shared_section(owner))?;
        if let Some(found) = section.functions.get(&sym(name)) {
            return Some(Arc::clone(found));
        }
        self.method(sym(owner), sym(name))
    }

    /// A method of a type, inherent first, then of the traits it is known to implement. The path of the
    /// signature tells which. Slices, arrays and pointers are `slice`, `array`, `pointer`.
    #[must_use]
    pub fn method(&self, ty: Symbol, name: Symbol) -> Option<Arc<ExternalSignature>> {
        let section = SHIPPED.section(shared_section(ty.as_str()))?;
        if let Some(found) = section.functions.get(&name) {
            return Some(Arc::clone(found));
        }
        let facts = section.facts.as_ref()?;
        if let Some(target) = facts.alias.as_ref().and_then(crate::types::ty::Ty::path) {
            return if target == ty { None } else { self.method(target, name) };
        }
        if facts.is_trait {
            return self.trait_method(ty, name);
        }
        facts.traits.iter().find_map(|t| self.trait_method(*t, name))
    }

    /// A method of a trait, of its supertraits, or of the traits that extend it everywhere.
    #[must_use]
    pub fn trait_method(&self, trait_path: Symbol, name: Symbol) -> Option<Arc<ExternalSignature>> {
        find_in_trait(trait_path, name, FAR_ENOUGH)
    }

    /// What the source of a dependency says of a type beside the catalogue: fields, variants, associated types.
    #[must_use]
    pub fn facts_of_source(&self, path: Symbol) -> Option<Arc<TypeFacts>> {
        learnt()?.section(shared_section(path.as_str()))?.facts.clone()
    }

    /// The type of a constant or static of a dependency.
    #[must_use]
    pub fn constant(&self, path: Symbol) -> Option<crate::types::ty::Ty> {
        SHIPPED.table.constant(path.as_str()).or_else(|| learnt()?.constant(path.as_str()))
    }

    /// The traits that a module hands on to those who take all of its names (`use assert_fs::prelude::*`).
    #[must_use]
    pub fn traits_in(&self, module: Symbol) -> Arc<[Symbol]> {
        if let Some(known) = TRAITS_IN.read().unwrap_or_else(PoisonError::into_inner).get(&module) {
            return Arc::clone(known);
        }
        let mut found: Vec<Symbol> = Vec::new();
        traits_in(module.as_str(), FAR_ENOUGH, &mut found);
        found.sort_unstable_by_key(|path| path.as_str());
        found.dedup();
        let found: Arc<[Symbol]> = found.into();
        TRAITS_IN.write().unwrap_or_else(PoisonError::into_inner).insert(module, Arc::clone(&found));
        found
    }

    /// What a type is as a resource, by canonical path.
    #[must_use]
    pub fn resource(&self, ty: Symbol) -> Option<&Resource> {
        self.own.resources.get(&ty).or_else(|| Known::of(ty).resource)
    }

    /// Facts by canonical path; also found for `Trait::method` paths, and by the path of a type whose trait
    /// has the method.
    #[must_use]
    pub fn facts(&self, path: Symbol) -> Option<&FunctionFacts> {
        if let Some(own) = self.own.functions.get(&path) {
            return Some(own);
        }
        let known = Known::of(path);
        known.facts.or_else(|| self.exact_facts(known.method?))
    }

    /// The path of the trait's method, or the like, that a path names without being it.
    fn method_behind(path: Symbol) -> Option<Symbol> {
        let (owner, name) = path.as_str().rsplit_once("::")?;
        let section = SHIPPED.section(shared_section(owner))?;
        let name = sym(name);
        if section.functions.contains_key(&name) {
            return None;
        }
        let signature = BUILTIN.method(sym(owner), name)?;
        (signature.path != path).then_some(signature.path)
    }

    /// Whether a generic type owns values of its arguments (`Vec<T>`, `Option<T>`). Locks and cells do, too, but a
    /// resource at rest inside them is somebody's state, not a thing that this value holds open.
    #[must_use]
    pub fn is_container(&self, ty: Symbol) -> bool {
        self.own.containers.contains(&ty)
            || SHIPPED.facts_of(ty.as_str()).is_some_and(|f| f.containers.contains(&ty))
    }

    /// Whether clones of a value of this type point to the same object (`Arc<T>`).
    #[must_use]
    pub fn is_shared_pointer(&self, ty: Symbol) -> bool {
        self.own.shared_pointers.contains(&ty)
            || SHIPPED.facts_of(ty.as_str()).is_some_and(|f| f.shared_pointers.contains(&ty))
    }

    /// Whether a value of this type is (a part of) a request that a handler is given.
    #[must_use]
    pub fn is_request(&self, ty: Symbol) -> bool {
        self.own.requests.contains(&ty)
            || SHIPPED.facts_of(ty.as_str()).is_some_and(|f| f.requests.contains(&ty))
    }

    /// Whether a writer writes to memory, so that it cannot fail.
    #[must_use]
    pub fn is_memory_writer(&self, ty: Symbol) -> bool {
        self.own.memory_writers.contains(&ty)
            || SHIPPED.facts_of(ty.as_str()).is_some_and(|f| f.memory_writers.contains(&ty))
    }

    /// Whether a writer is a standard stream, whose errors have nowhere to go.
    #[must_use]
    pub fn is_standard_stream(&self, ty: Symbol) -> bool {
        self.own.standard_streams.contains(&ty)
            || SHIPPED.facts_of(ty.as_str()).is_some_and(|f| f.standard_streams.contains(&ty))
    }

    /// Whether a writer is the standard stream for diagnostics.
    #[must_use]
    pub fn is_standard_error(&self, ty: Symbol) -> bool {
        self.own.standard_errors.contains(&ty)
            || SHIPPED.facts_of(ty.as_str()).is_some_and(|f| f.standard_errors.contains(&ty))
    }

    /// Whether functions of this name write to the writer that they are methods of, or that they are given: `to_writer`,
    /// `writeln`, `rewrite`, not `local_addr`, and not `lock_write`. `is_given` asks for the latter alone.
    #[must_use]
    pub fn writes_by_name(&self, name: Symbol, is_given: bool) -> bool {
        let shipped = SHIPPED.facts_of("std");
        let verbs = shipped.map_or(&[][..], |f| &f.writing_verbs);
        let into_receiver = shipped.map_or(&[][..], |f| &f.putting_verbs);
        let is_verb = |word: &str| {
            let own = self.own.writing_verbs.iter().chain(verbs);
            let putting = self.own.putting_verbs.iter().chain(into_receiver).filter(|_| !is_given);
            own.chain(putting).any(|verb| is_form_of(word, verb))
        };
        let words = || name.as_str().split('_');
        words().any(is_verb) && !words().any(|word| matches!(word, "lock" | "unlock"))
    }

    /// Whether a name says that a program can do without the thing: `debug_dump`, `log_file`.
    #[must_use]
    pub fn is_best_effort(&self, name: &str) -> bool {
        let shipped = SHIPPED.facts_of("std").map_or(&[][..], |f| &f.best_effort_words);
        let mut words = self.own.best_effort_words.iter().chain(shipped);
        words.any(|known| name.split('_').any(|word| word == known))
    }

    /// Whether the exit status of a program is an answer, or says nothing: `diff`, `git diff --no-index`.
    #[must_use]
    pub fn answers_with_status(&self, program: &str, arguments: &[Symbol]) -> bool {
        let shipped = SHIPPED.facts_of("std").map_or(&[][..], |f| &f.answering_programs);
        self.own.answering_programs.iter().chain(shipped).any(|known| {
            let mut words = known.split_whitespace();
            words.next() == Some(program) && words.all(|word| arguments.iter().any(|a| a.as_str() == word))
        })
    }

    /// Whether iterating over a value of this type never ends by itself (`0..`, `listener.incoming()`).
    #[must_use]
    pub fn is_endless(&self, ty: Symbol) -> bool {
        self.own.endless.contains(&ty)
            || SHIPPED.facts_of(ty.as_str()).is_some_and(|f| f.endless.contains(&ty))
    }

    /// Whether a crate is an interface of the operating system, whose functions take plain descriptors and keep
    /// none of them.
    #[must_use]
    pub fn is_system_interface(&self, path: Symbol) -> bool {
        let file = |path: &str| SHIPPED.files.get(crate_of(path));
        file(path.as_str()).is_some_and(|f| Some(f) == SHIPPED.files.get("libc"))
    }

    /// Whether a function ends a state that another one starts (`disable_raw_mode`).
    #[must_use]
    pub fn ends_state(&self, path: Symbol) -> bool {
        ENDS.contains(&path)
    }

    /// The functions that end the state which this one starts, when no value stands for that state.
    #[must_use]
    pub fn state_ends(&self, path: Symbol) -> &[Symbol] {
        match self.facts(path) {
            Some(facts) if !facts.acquires_raw && !facts.forgets => &facts.undone_by,
            _ => &[],
        }
    }

    /// Whether some function of this name is known by it alone ([`FunctionFacts::known_by_name`]).
    #[must_use]
    pub fn has_telling_name(&self, name: Symbol) -> bool {
        TELLING.contains_key(&name)
    }

    /// The functions of a crate that are known by this name alone.
    #[must_use]
    pub fn by_name(&self, krate: &str, name: Symbol) -> Option<Symbol> {
        let all = TELLING.get(&name)?;
        all.iter().copied().find(|path| path.split("::").next() == Some(krate))
    }

    fn exact_facts(&self, path: Symbol) -> Option<&FunctionFacts> {
        self.own.functions.get(&path).or_else(|| Known::of(path).facts)
    }
}

/// What is shipped about a path. It is asked for at every call, of several rules.
#[derive(Clone, Copy)]
struct Known {
    facts: Option<&'static FunctionFacts>,
    resource: Option<&'static Resource>,
    /// See [`Catalogue::method_behind`]; only where there are no facts.
    method: Option<Symbol>,
}

/// Paths that a thread has asked for of late: a power of two.
const RECENT: usize = 2048;

thread_local! {
    /// The number says how many times the process had learnt dependencies.
    static LATELY: [Cell<Option<(Symbol, usize, Known)>>; RECENT] = const { [const { Cell::new(None) }; RECENT] };
}

impl Known {
    fn of(path: Symbol) -> Self {
        let place = path.precomputed_hash() as usize % RECENT;
        let lesson = LESSON.load(Ordering::Relaxed);
        let known = LATELY.try_with(|lately| match lately[place].get() {
            Some((known, when, answer)) if known == path && when == lesson => answer,
            _ => {
                let answer = Self::look_up(path);
                lately[place].set(Some((path, lesson, answer)));
                answer
            }
        });
        known.unwrap_or_else(|_| Self::look_up(path))
    }

    fn look_up(path: Symbol) -> Self {
        let of_crate = SHIPPED.facts_of(path.as_str());
        let facts = of_crate.and_then(|f| f.functions.get(&path));
        Self {
            facts,
            resource: of_crate.and_then(|f| f.resources.get(&path)),
            method: if facts.is_some() { None } else { Catalogue::method_behind(path) },
        }
    }
}

/// `core::…` and `alloc::…` are shown as `std::…`.
fn in_std(path: &str) -> String {
    for root in ["core::", "alloc::"] {
        if let Some(rest) = path.strip_prefix(root) {
            return format!("std::{rest}");
        }
    }
    path.to_owned()
}

/// The traits that stand directly in a module, or are handed on there.
fn traits_in(module: &str, depth: usize, found: &mut Vec<Symbol>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let tables = [Some(&SHIPPED.table), learnt()];
    for path in tables.into_iter().flatten().flat_map(|table| table.named_in(module)) {
        let path = sym(&canonical(path, FAR_ENOUGH));
        let facts = SHIPPED.section(path.as_str()).and_then(|s| s.facts.as_ref());
        if facts.is_some_and(|f| f.is_trait) {
            found.push(path);
        }
    }
    for target in SHIPPED.globs(module) {
        traits_in(target, depth, found);
    }
}

/// Integers share one section, and floats another.
fn shared_section(path: &str) -> &str {
    match path {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            "{integer}"
        }
        "f16" | "f32" | "f64" | "f128" => "{float}",
        _ => path,
    }
}

fn is_alias(path: &str) -> bool {
    SHIPPED.section(path).and_then(|s| s.facts.as_ref()).is_some_and(|f| f.alias.is_some())
}

fn knows_function(path: &str) -> bool {
    path.rsplit_once("::").is_some_and(|(owner, name)| {
        !is_alias(owner)
            && SHIPPED.section(owner).is_some_and(|s| {
                s.functions.contains_key(&sym(name)) || s.facts.as_ref().is_some_and(|f| f.alias.is_none())
            })
    })
}

/// Follows re-exports of re-exports, so far.
fn canonical(path: &str, depth: usize) -> String {
    let mut path = in_std(path);
    for _ in 0..depth {
        if is_known(&path) {
            break;
        }
        match moved(&path, depth) {
            Some(next) if next != path => path = next,
            _ => break,
        }
    }
    path
}

fn is_known(path: &str) -> bool {
    SHIPPED.has(path) && !is_alias(path)
        || knows_function(path)
        || learnt().is_some_and(|t| t.has_constant(path))
}

/// `path` with its longest re-exported prefix replaced. An alias of a type (`sqlx::PgPool`) counts as one
/// where something of that type is named.
fn moved(path: &str, depth: usize) -> Option<String> {
    if let Some(target) = SHIPPED.reexport(path) {
        // `pub use clap_derive::Parser; pub use clap_builder::*;`: a macro has the name of a trait.
        return match is_known(target) || SHIPPED.reexport(target).is_some() {
            true => Some(target.to_owned()),
            false => Some(by_glob(path, depth).unwrap_or_else(|| target.to_owned())),
        };
    }
    let mut end = path.len();
    while let Some(at) = path.get(..end)?.rfind("::") {
        let (prefix, rest) = path.split_at_checked(at)?;
        if let Some(target) = SHIPPED.reexport(prefix) {
            let whole = format!("{target}{rest}");
            return Some(whole);
        }
        // Of what is handed on as a whole, that which has the rest.
        let found = SHIPPED.globs(prefix).find_map(|target| {
            let there = canonical(&format!("{target}{rest}"), depth.checked_sub(1)?);
            is_known(&there).then_some(there)
        });
        if found.is_some() {
            return found;
        }
        let facts = SHIPPED.section(prefix).and_then(|s| s.facts.as_ref());
        if let Some(target) = facts.and_then(|f| f.alias.as_ref()).and_then(crate::types::ty::Ty::path) {
            return Some(format!("{target}{rest}"));
        }
        end = at;
    }
    None
}

/// What a module hands on under this path with all that another one has.
fn by_glob(path: &str, depth: usize) -> Option<String> {
    let (module, name) = path.rsplit_once("::")?;
    let depth = depth.checked_sub(1)?;
    SHIPPED.globs(module).find_map(|target| {
        let there = canonical(&format!("{target}::{name}"), depth);
        is_known(&there).then_some(there)
    })
}

fn find_in_trait(trait_path: Symbol, name: Symbol, depth: usize) -> Option<Arc<ExternalSignature>> {
    let section = SHIPPED.section(trait_path.as_str())?;
    if let Some(found) = section.functions.get(&name) {
        return Some(Arc::clone(found));
    }
    let depth = depth.checked_sub(1)?;
    let facts = section.facts.as_ref();
    let above = facts.map(|f| f.traits.as_slice()).unwrap_or_default();
    // Extensions first: they are written for this trait, a supertrait is more general. They themselves have
    // it as supertrait, so only their own methods are looked at.
    let extended = section
        .extensions
        .iter()
        .find_map(|t| SHIPPED.section(t.as_str())?.functions.get(&name).map(Arc::clone));
    extended.or_else(|| above.iter().find_map(|t| find_in_trait(*t, name, depth)))
}

/// `writeln`, `rewrite` of `write`; a short verb must be the whole word.
fn is_form_of(word: &str, verb: &str) -> bool {
    word == verb || verb.len() > 3 && (word.starts_with(verb) || word.ends_with(verb))
}
