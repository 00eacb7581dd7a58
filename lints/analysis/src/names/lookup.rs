//! Looks names up: in a module with its globs, and outwards from a place in the code.

use smallvec::SmallVec;

use crate::names::Namespace;
use crate::names::graph::{Binding, Entity, Graph, NodeId};
use crate::names::prelude;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::PathRef;
use crate::syntax::items::ItemKind;

/// Why a name was not found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Miss {
    /// Nobody declares it.
    Unknown,
    /// A `use` declares it that has not been resolved yet.
    Pending,
}

/// Modules whose globs were followed, against cycles.
type Visited = SmallVec<[NodeId; 8]>;

/// Chains of globs longer than this are not followed.
const FAR_ENOUGH: usize = 64;

/// A way to look names up.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'g> {
    pub(super) graph: &'g Graph,
    /// Names with an unresolved `use` are answered with [`Miss::Pending`].
    pub(super) patient: bool,
    /// The name that the `use` at hand introduces into its module: it does not stand for itself.
    pub(super) own: Option<(NodeId, Symbol)>,
}

impl<'g> Lookup<'g> {
    /// For code, once imports are resolved.
    pub(super) fn settled(graph: &'g Graph) -> Self {
        Self { graph, patient: false, own: None }
    }

    /// What `name` is in a module.
    pub(super) fn name_in(
        &self,
        node: NodeId,
        name: Symbol,
        ns: Namespace,
        from: NodeId,
    ) -> Result<Entity, Miss> {
        self.visit(node, name, ns, from, true, &mut Visited::new())
    }

    fn visit(
        &self,
        id: NodeId,
        name: Symbol,
        ns: Namespace,
        from: NodeId,
        named: bool,
        visited: &mut Visited,
    ) -> Result<Entity, Miss> {
        let node = self.graph.node(id);
        // What is private is seen from inside of the module only; a named path to it compiles, so it is seen.
        let mut inside = None;
        let mut sees =
            |public: bool| public || named || *inside.get_or_insert_with(|| self.graph.is_within(from, id));
        if let Some(names) = node.names.get(&name) {
            let slot = match ns {
                Namespace::Type => names.ty,
                Namespace::Value => names.value,
            };
            let own = self.own == Some((id, name));
            if let Some(Binding { entity, public, imported }) = slot
                && !(own && imported)
                && sees(public)
            {
                if is_model(entity) {
                    for alternate in &node.alternates {
                        if let Ok(real) = self.visit(*alternate, name, ns, from, named, visited)
                            && !is_model(real)
                        {
                            return Ok(real);
                        }
                    }
                }
                return Ok(entity);
            }
            if names.pending && self.patient && !own {
                return Err(Miss::Pending);
            }
        }
        let mut miss = Miss::Unknown;
        for alternate in &node.alternates {
            match self.visit(*alternate, name, ns, from, named, visited) {
                Ok(found) => return Ok(found),
                Err(why) => miss = worse(miss, why),
            }
        }
        if node.globs.is_empty() || visited.contains(&id) || visited.len() > FAR_ENOUGH {
            return Err(miss);
        }
        visited.push(id);
        for glob in &node.globs {
            if !sees(glob.public) {
                continue;
            }
            match glob.target {
                Entity::Module(target) => match self.visit(target, name, ns, from, false, visited) {
                    Ok(found) => return Ok(found),
                    Err(why) => miss = worse(miss, why),
                },
                Entity::Def(def) if self.graph.has_variant(def, name) => {
                    return Ok(Entity::Variant(def, name));
                }
                Entity::External(prefix) => {
                    if let Some(path) = self.graph.externals.find(prefix, name) {
                        return Ok(Entity::External(path));
                    }
                }
                _ => {}
            }
        }
        Err(miss)
    }

    /// What `name` is at a place: blocks, the module, other crates, the prelude. `next` is the segment after it.
    pub(super) fn outwards(
        &self,
        from: NodeId,
        name: Symbol,
        ns: Namespace,
        next: Option<Symbol>,
    ) -> Result<Entity, Miss> {
        let mut at = from;
        loop {
            match self.name_in(at, name, ns, from) {
                Ok(Entity::External(path)) => {
                    return Ok(self.crate_instead(at, name, path, next).unwrap_or(Entity::External(path)));
                }
                Ok(found) => return Ok(found),
                Err(Miss::Pending) => return Err(Miss::Pending),
                Err(Miss::Unknown) => {}
            }
            let node = self.graph.node(at);
            match node.parent {
                Some(parent) if node.is_block => at = parent,
                _ => break,
            }
        }
        let krate = self.graph.node(at).krate;
        if ns == Namespace::Type
            && (next.is_some() || self.own.is_some())
            && let Some(found) = self.other_crate(krate, name)
        {
            return Ok(found);
        }
        if let Some(path) = prelude::prelude(name, self.graph.edition(krate)) {
            return Ok(Entity::External(path));
        }
        if self.patient {
            return Err(Miss::Unknown);
        }
        if let Some(found) = self.only_source(from, name, ns) {
            return Ok(Entity::External(found));
        }
        if ns == Namespace::Type && (next.is_some() || self.own.is_some()) {
            return self.undeclared_crate(krate, name).ok_or(Miss::Unknown);
        }
        Err(Miss::Unknown)
    }

    /// A name that nothing declares comes from the one glob whose names are not known: `use Ordering::*`,
    /// `use unknown_crate::prelude::*`.
    fn only_source(&self, from: NodeId, name: Symbol, ns: Namespace) -> Option<Symbol> {
        let text = name.as_str();
        let camel = is_camel(text);
        // `N` and `SIZE` may be constants among the generics, which are not in scope here.
        if self.own.is_some()
            || text.len() < 3
            || (ns == Namespace::Value && !camel && text.contains(char::is_uppercase))
        {
            return None;
        }
        let mut open: SmallVec<[Symbol; 2]> = SmallVec::new();
        let mut visited = Visited::new();
        let mut at = Some(from);
        while let Some(id) = at {
            self.open_globs(id, camel, &mut open, &mut visited);
            let node = self.graph.node(id);
            at = node.parent.filter(|_| node.is_block);
        }
        match open.as_slice() {
            [only] => Some(self.graph.externals.join(*only, name)),
            _ => None,
        }
    }

    fn open_globs(&self, id: NodeId, camel: bool, open: &mut SmallVec<[Symbol; 2]>, visited: &mut Visited) {
        if visited.contains(&id) || visited.len() > FAR_ENOUGH {
            return;
        }
        visited.push(id);
        for glob in &self.graph.node(id).globs {
            match glob.target {
                Entity::Module(target) => self.open_globs(target, camel, open, visited),
                Entity::External(prefix) if !open.contains(&prefix) && self.is_open(prefix, camel) => {
                    open.push(prefix)
                }
                _ => {}
            }
        }
    }

    /// Whether a glob of `prefix` may give names that nobody knows.
    fn is_open(&self, prefix: Symbol, camel: bool) -> bool {
        let index = &self.graph.externals.index;
        match index.type_facts(prefix) {
            // The catalogue has no variants.
            Some(facts) => camel && !facts.is_trait,
            None => {
                let text = prefix.as_str();
                text.starts_with("std::arch::") || !index.has_crate(text.split("::").next().unwrap_or(text))
            }
        }
    }

    /// After `use anyhow::anyhow;` (a macro) `anyhow::Result` is still the crate's.
    fn crate_instead(&self, at: NodeId, name: Symbol, path: Symbol, next: Option<Symbol>) -> Option<Entity> {
        let next = next?;
        let other = self.other_crate(self.graph.node(at).krate, name)?;
        let Entity::External(root) = other else {
            // A module cannot have the name of a crate of the program without its being meant.
            return (path.as_str().split("::").nth(1) == Some(name.as_str())).then_some(other);
        };
        if root == path || self.graph.externals.find(path, next).is_some() {
            return None;
        }
        let doubled = path
            .as_str()
            .strip_prefix(root.as_str())
            .is_some_and(|rest| rest.trim_start_matches(':') == name.as_str());
        (doubled || self.graph.externals.find(root, next).is_some()).then_some(other)
    }

    /// A crate by the name that `krate` gives it.
    pub(super) fn other_crate(&self, krate: u32, name: Symbol) -> Option<Entity> {
        self.graph.extern_prelude.get(krate as usize)?.get(&name).copied()
    }

    /// Manifests may be missing or wrong: in code that compiles, what nothing declares is another crate.
    fn undeclared_crate(&self, krate: u32, name: Symbol) -> Option<Entity> {
        if !name.as_str().starts_with(|c: char| c.is_lowercase()) {
            return None;
        }
        if let Some(root) = self.graph.libraries.get(&name).and_then(|lib| self.graph.roots[*lib as usize]) {
            return self.graph.is_loose(krate).then_some(Entity::Module(root));
        }
        let known = self.graph.is_loose(krate) || self.graph.externals.index.has_crate(name.as_str());
        (known && !prelude::is_primitive(name)).then_some(Entity::External(name))
    }

    /// The start of a path that has no `<T>` in front: what its first segments stand for, and how many
    /// these are. `ns` is for the last segment.
    pub(super) fn start(
        &self,
        from: NodeId,
        path: &PathRef,
        ns: Namespace,
        is_use: bool,
    ) -> Result<(Entity, usize), Miss> {
        let segments = &path.segments;
        let first = segments.first().ok_or(Miss::Unknown)?.name;
        let single = segments.len() == 1;
        let ns = if single { ns } else { Namespace::Type };
        let module = self.graph.real_module(from);
        let krate = self.graph.node(module).krate;
        match first.as_str() {
            "crate" => {
                let root = self.graph.roots.get(krate as usize).copied().flatten();
                return root.map(|root| (Entity::Module(root), 1)).ok_or(Miss::Unknown);
            }
            "self" => {
                let mut at = module;
                let mut used = 1;
                while segments.get(used).is_some_and(|s| s.name == "super") {
                    at = self.outer(at)?;
                    used += 1;
                }
                return Ok((Entity::Module(at), used));
            }
            "super" => {
                let mut at = module;
                let mut used = 0;
                while segments.get(used).is_some_and(|s| s.name == "super") {
                    at = self.outer(at)?;
                    used += 1;
                }
                return Ok((Entity::Module(at), used));
            }
            _ => {}
        }
        let next = segments.get(1).map(|s| s.name);
        if self.graph.edition(krate) == 2015 && (is_use || path.global) {
            if let Some(root) = self.graph.roots.get(krate as usize).copied().flatten() {
                match self.name_in(root, first, ns, from) {
                    Ok(Entity::External(found)) => {
                        let found =
                            self.crate_instead(root, first, found, next).unwrap_or(Entity::External(found));
                        return Ok((found, 1));
                    }
                    Ok(found) => return Ok((found, 1)),
                    Err(Miss::Pending) => return Err(Miss::Pending),
                    Err(Miss::Unknown) => {}
                }
            }
            return self.crate_named(krate, first);
        }
        if path.global {
            return self.crate_named(krate, first);
        }
        self.outwards(from, first, ns, next).map(|found| (found, 1))
    }

    fn crate_named(&self, krate: u32, name: Symbol) -> Result<(Entity, usize), Miss> {
        let found = self.other_crate(krate, name);
        let found = found.or_else(|| if self.patient { None } else { self.undeclared_crate(krate, name) });
        found.map(|found| (found, 1)).ok_or(Miss::Unknown)
    }

    fn outer(&self, module: NodeId) -> Result<NodeId, Miss> {
        let parent = self.graph.node(module).parent.ok_or(Miss::Unknown)?;
        Ok(self.graph.real_module(parent))
    }

    /// One segment further, where modules, enums and other crates have members.
    pub(super) fn member(
        &self,
        of: Entity,
        name: Symbol,
        ns: Namespace,
        from: NodeId,
    ) -> Result<Entity, Miss> {
        match of {
            Entity::Module(node) => match self.name_in(node, name, ns, from) {
                // `self::super` and `crate::self` are rare, and harmless.
                Err(Miss::Unknown) if name == "self" => Ok(of),
                other => other,
            },
            Entity::External(prefix) => Ok(Entity::External(self.graph.externals.join(prefix, name))),
            Entity::Def(def) if self.graph.has_variant(def, name) => Ok(Entity::Variant(def, name)),
            _ => Err(Miss::Unknown),
        }
    }

    /// What a path of a `use` stands for: modules, items and variants only.
    pub(super) fn use_path(&self, from: NodeId, path: &PathRef, ns: Namespace) -> Result<Entity, Miss> {
        let (mut entity, used) = self.start(from, path, ns, true)?;
        let count = path.segments.len();
        for (index, segment) in path.segments.iter().enumerate().skip(used) {
            let ns = if index + 1 == count { ns } else { Namespace::Type };
            entity = match self.member(entity, segment.name, ns, from) {
                Ok(found) => found,
                // An alias of an enum has its variants: `type E = other::Enum; use E::A;`
                Err(Miss::Unknown) => {
                    let target = self.aliased_enum(entity).ok_or(Miss::Unknown)?;
                    self.member(target, segment.name, ns, from)?
                }
                Err(miss) => return Err(miss),
            };
        }
        Ok(entity)
    }

    fn aliased_enum(&self, entity: Entity) -> Option<Entity> {
        let Entity::Def(def) = entity else { return None };
        let ItemKind::TypeAlias(Some(crate::syntax::hir::TypeRef::Path(path))) = &self.graph.item(def).kind
        else {
            return None;
        };
        let home = self.graph.home(def);
        let target = Lookup { own: None, ..*self }.use_plain(home, path)?;
        (target != entity).then_some(target)
    }

    fn use_plain(&self, from: NodeId, path: &PathRef) -> Option<Entity> {
        if path.qself.is_some() {
            return None;
        }
        let (mut entity, used) = self.start(from, path, Namespace::Type, false).ok()?;
        for segment in path.segments.iter().skip(used) {
            entity = self.member(entity, segment.name, Namespace::Type, from).ok()?;
        }
        Some(entity)
    }

    /// The path of a macro: `tokio::select`, `std::println`, or its last segment alone.
    pub(super) fn macro_path(&self, from: NodeId, path: &PathRef) -> Symbol {
        let Some(last) = path.last() else { return sym("") };
        if path.segments.len() > 1 {
            return match self.macro_prefix(from, path) {
                Some(Entity::External(prefix)) => self.graph.externals.join(prefix, last),
                Some(Entity::Module(node)) => self
                    .macro_in(node, last)
                    .unwrap_or_else(|| self.own_macro(self.graph.node(node).krate, last).unwrap_or(last)),
                _ => last,
            };
        }
        let mut at = Some(from);
        while let Some(id) = at {
            let node = self.graph.node(id);
            if let Some(found) = self.macro_in(id, last) {
                return found;
            }
            at = node.parent.filter(|_| node.is_block);
        }
        let krate = self.graph.node(from).krate;
        if let Some(found) = self.own_macro(krate, last) {
            return found;
        }
        self.used_macro(krate, last).or_else(|| prelude::std_macro(last)).unwrap_or(last)
    }

    fn macro_prefix(&self, from: NodeId, path: &PathRef) -> Option<Entity> {
        let (mut entity, used) = self.start(from, path, Namespace::Type, false).ok()?;
        let count = path.segments.len();
        for segment in path.segments.iter().take(count - 1).skip(used) {
            entity = self.member(entity, segment.name, Namespace::Type, from).ok()?;
        }
        Some(entity)
    }

    /// A macro that a module has by `use`, also through its globs.
    fn macro_in(&self, id: NodeId, name: Symbol) -> Option<Symbol> {
        let node = self.graph.node(id);
        if let Some(found) = node.names.get(&name).and_then(|names| names.mac) {
            return Some(found);
        }
        node.globs.iter().find_map(|glob| match glob.target {
            Entity::External(prefix) => self.graph.externals.find(prefix, name),
            Entity::Module(target) => {
                let there = self.graph.node(target);
                // Exported macros stand in the root of their crate.
                let exported = if there.parent.is_none() { self.own_macro(there.krate, name) } else { None };
                there.names.get(&name).and_then(|names| names.mac).or(exported)
            }
            _ => None,
        })
    }

    /// A macro of a crate that is named with `#[macro_use]`.
    fn used_macro(&self, krate: u32, name: Symbol) -> Option<Symbol> {
        self.graph.macro_crates.get(krate as usize)?.iter().find_map(|from| match from {
            Entity::External(prefix) => self.graph.externals.find(*prefix, name),
            Entity::Module(root) => self.own_macro(self.graph.node(*root).krate, name),
            _ => None,
        })
    }

    /// A `macro_rules!` of a crate of the program.
    pub(super) fn own_macro(&self, krate: u32, name: Symbol) -> Option<Symbol> {
        let macros = self.graph.macros.get(krate as usize)?;
        macros.contains(&name).then(|| sym(&format!("{}::{name}", self.graph.crate_paths[krate as usize])))
    }
}

/// `Relaxed`; not `MAX` nor `new`.
pub(super) fn is_camel(text: &str) -> bool {
    text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase)
}

/// loom's models of std's types stand beside the real ones, under a cfg for tests of concurrency.
fn is_model(entity: Entity) -> bool {
    matches!(entity, Entity::External(path) if path.as_str().starts_with("loom::"))
}

fn worse(a: Miss, b: Miss) -> Miss {
    if a == Miss::Pending || b == Miss::Pending { Miss::Pending } else { Miss::Unknown }
}
