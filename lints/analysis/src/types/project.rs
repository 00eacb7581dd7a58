//! What follows from a type: fields, items, awaited values, `?`. A question about a type that is not known
//! yet waits, and is asked again after the walk.

use std::sync::Arc;

use crate::catalogue::TypeFacts;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ExprId, ModuleIndex, PatId};
use crate::syntax::items::ItemKind;
use crate::types::context::{Infer, Subst};
use crate::types::infer::Target;
use crate::types::outside::could_be;
use crate::types::patterns::Mode;
use crate::types::table::{Table, head};
use crate::types::ty::{Args, Bound, Ty};
use crate::types::vars::{assoc, callable, is_float, is_integer, last};

/// Auto-deref goes at most this deep.
const DEREFS: usize = 12;

/// What `pin-project` makes: the fields of its argument by reference.
const PROJECTION: &str = "pin_project::Projection";

/// A question about a type.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// `x.name`
    Field(Symbol),
    /// `x[index]`, with the type of the index.
    Index(Ty),
    /// What `for` gets out of it.
    Item,
    /// `x.await` of this expression.
    Await(ExprId),
    /// The output of a future, or what a callable returns.
    Output,
    /// `x?`
    Tried,
    /// `*x`
    Deref,
    /// `ToOwned::Owned`
    Owned,
    /// The result of indexing a slice of these with it.
    SliceIndex(Ty),
    /// What `concat` makes of a slice of it.
    Concat,
    /// What parsing it can fail with.
    ParseError,
    /// What a conversion into it can fail with.
    ConvertError,
    /// An associated type.
    Assoc(Symbol),
    /// Collecting these items into it.
    Collect(Ty),
    /// A method call with it as the receiver.
    Method(ExprId),
    /// A call of it.
    Call(ExprId),
    /// A pattern that it is matched with.
    Pattern(PatId, Mode),
}

/// A question that waits.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) question: Question,
    pub(super) base: Ty,
    pub(super) answer: Ty,
    pub(super) module: ModuleIndex,
}

impl Infer<'_> {
    /// The answer to a question, or a variable for it.
    pub(super) fn ask(&mut self, question: Question, base: &Ty) -> Ty {
        match self.answer(&question, base) {
            Some(Ty::Unknown) => self.vars.opaque(),
            Some(ty) => ty,
            None => self.pend(question, base),
        }
    }

    /// Lets a question wait.
    pub(super) fn pend(&mut self, question: Question, base: &Ty) -> Ty {
        let answer = self.vars.opaque();
        self.pending.push(Pending {
            question,
            base: base.clone(),
            answer: answer.clone(),
            module: self.module,
        });
        answer
    }

    /// Asks a question that waited; whether it has an answer now.
    pub(super) fn retry(&mut self, pending: Pending) -> bool {
        self.module = pending.module;
        match self.answer(&pending.question, &pending.base) {
            Some(ty) => {
                self.vars.settle(&pending.answer, &ty);
                true
            }
            None => {
                self.pending.push(pending);
                false
            }
        }
    }

    /// `None`: not yet. `Some(Unknown)`: there is no answer.
    fn answer(&mut self, question: &Question, base: &Ty) -> Option<Ty> {
        let ty = self.vars.shallow(base);
        match question {
            Question::Method(expr) => return self.method(*expr, None),
            Question::Call(expr) => return self.value_call(*expr, &ty),
            Question::Await(expr) => {
                if let Some(known) = self.awaited.get(expr) {
                    return Some(known.clone());
                }
            }
            _ => {}
        }
        if ty.is_unknown() {
            return None;
        }
        match question {
            Question::Field(name) => self.field(&ty, *name),
            Question::Index(index) => self.index(&ty, index),
            Question::Item => self.item(&ty),
            Question::Await(expr) => match self.output(&ty) {
                Some(Ty::Unknown) => Some(self.output_of_stream(*expr, &ty)),
                known => known,
            },
            Question::Output => match callable(&mut self.vars, &ty) {
                Some((_, ret)) => Some(ret),
                None => self.output(&ty),
            },
            Question::Tried => Some(tried(&ty)),
            Question::Deref => Some(self.deref(&ty).unwrap_or_default()),
            Question::Owned => Some(owned(&ty)),
            Question::SliceIndex(item) => Some(match ty.path() {
                Some(path) if path.starts_with("std::ops::Range") => Ty::Slice(Arc::new(item.clone())),
                _ => item.clone(),
            }),
            Question::Concat => Some(self.concat(&ty)),
            Question::ParseError => Some(match parse_error(&ty) {
                Ty::Unknown => self.assoc_type(&ty, sym("Err")),
                known => known,
            }),
            Question::ConvertError => Some(match &ty {
                Ty::Prim(name) if is_integer(name) => Ty::adt("std::num::TryFromIntError", []),
                _ => self.assoc_of_trait(&ty, "TryFrom", "Error").unwrap_or_default(),
            }),
            Question::Assoc(name) => Some(self.assoc_type(&ty, *name)),
            Question::Collect(item) => {
                self.collect_into(&ty, item);
                Some(ty)
            }
            Question::Pattern(pat, mode) => {
                self.bind_mode(*pat, &ty, *mode);
                Some(Ty::unit())
            }
            Question::Method(_) | Question::Call(_) => None,
        }
    }

    /// Replaces computed types (`?Item<X>`) by what they come to.
    pub(super) fn compute(&mut self, ty: &Ty) -> Ty {
        if !ty.any(&mut |t| t.path().is_some_and(|p| p.starts_with('?'))) {
            return ty.clone();
        }
        match ty {
            Ty::Adt(path, args) => {
                let args: Args = args.iter().map(|t| self.compute(t)).collect();
                match path.strip_prefix('?') {
                    None => Ty::Adt(*path, args),
                    Some(what) => self.computed(what, &args),
                }
            }
            Ty::Ref(m, t) => Ty::Ref(*m, self.compute(t).into()),
            Ty::Ptr(t) => Ty::Ptr(self.compute(t).into()),
            Ty::Tuple(parts) => Ty::Tuple(parts.iter().map(|t| self.compute(t)).collect()),
            Ty::Slice(t) => Ty::Slice(self.compute(t).into()),
            Ty::Array(t) => Ty::Array(self.compute(t).into()),
            Ty::Fn(args, ret) => {
                Ty::Fn(args.iter().map(|t| self.compute(t)).collect(), self.compute(ret).into())
            }
            Ty::Closure(id, t) => Ty::Closure(*id, self.compute(t).into()),
            Ty::Future(t, id) => Ty::Future(self.compute(t).into(), *id),
            Ty::Iterator(t) => Ty::Iterator(self.compute(t).into()),
            Ty::Dyn(bounds) => Ty::Dyn(self.compute_bounds(bounds)),
            Ty::Impl(bounds) => Ty::Impl(self.compute_bounds(bounds)),
            other => other.clone(),
        }
    }

    fn compute_bounds(&mut self, bounds: &[Bound]) -> crate::types::ty::Bounds {
        bounds
            .iter()
            .map(|b| Bound {
                path: b.path,
                args: b.args.iter().map(|t| self.compute(t)).collect(),
                assoc: b.assoc.iter().map(|(n, t)| (*n, self.compute(t))).collect(),
            })
            .collect()
    }

    fn computed(&mut self, what: &str, args: &[Ty]) -> Ty {
        let first = args.first().cloned().unwrap_or_default();
        let second = args.get(1).cloned().unwrap_or_default();
        let question = match what {
            "Item" => Question::Item,
            "Output" => Question::Output,
            "Deref" | "Target" => Question::Deref,
            "Tried" => Question::Tried,
            "Owned" => Question::Owned,
            "Concat" => Question::Concat,
            "ParseError" => Question::ParseError,
            "ConvertError" => Question::ConvertError,
            // Not computed but a type of its own, see `field`.
            "Projection" => return Ty::adt(PROJECTION, [first]),
            "Into" => {
                let wanted = self.bound_argument(&first, &["Into"]);
                if let Some(wanted) = wanted {
                    self.vars.unify(&second, &wanted);
                }
                return second;
            }
            "AsRef" => {
                let wanted = self.bound_argument(&first, &["AsRef", "Borrow"]);
                return wanted.map_or_else(|| self.vars.opaque(), |ty| ty.reference(false));
            }
            "Borrow" => {
                let wanted = self.bound_argument(&first, &["Borrow", "AsRef"]);
                return wanted.map_or_else(|| self.vars.opaque(), |ty| ty.reference(false));
            }
            "Index" => return self.ask(Question::SliceIndex(first), &second),
            "Collect" => {
                self.ask(Question::Collect(second), &first);
                return first;
            }
            other => Question::Assoc(sym(other)),
        };
        self.ask(question, &first)
    }

    /// `T: AsRef<Path>`: the argument of such a bound.
    fn bound_argument(&mut self, ty: &Ty, names: &[&str]) -> Option<Ty> {
        let ty = self.vars.shallow(ty);
        let (Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds)) = &ty else { return None };
        let bound = bounds.iter().find(|b| names.contains(&last(&b.path)))?;
        bound.args.first().cloned()
    }

    /// Puts what stands for a pattern's type parameters into `result`, when `ty` fits `pattern`.
    pub(super) fn matched(&mut self, pattern: &Ty, result: &Ty, ty: &Ty) -> Ty {
        let mut map = Subst::default();
        self.capture(pattern, ty, &mut map);
        let result = self.subst(result, &map);
        self.compute(&result)
    }

    /// Finds what stands for the parameters of `pattern`; parameters that meet nothing get a variable.
    pub(super) fn capture(&mut self, pattern: &Ty, ty: &Ty, map: &mut Subst) {
        if let Ty::Param(name, _) = pattern {
            map.entry(*name).or_insert_with(|| ty.clone());
            return;
        }
        let ty = self.vars.shallow(ty);
        match (pattern, &ty) {
            (Ty::Adt(p, xs), Ty::Adt(q, ys)) if p == q => {
                for (i, x) in xs.iter().enumerate() {
                    let y = ys.get(i).cloned().unwrap_or_else(|| self.vars.free());
                    let y = if matches!(y, Ty::Unknown) { self.vars.opaque() } else { y };
                    self.capture(x, &y, map);
                }
            }
            (Ty::Ref(_, x), Ty::Ref(_, y))
            | (Ty::Slice(x), Ty::Slice(y) | Ty::Array(y))
            | (Ty::Iterator(x), Ty::Iterator(y))
            | (Ty::Future(x, _), Ty::Future(y, _)) => self.capture(x, y, map),
            (Ty::Tuple(xs), Ty::Tuple(ys)) => {
                for (x, y) in xs.iter().zip(ys.iter()) {
                    self.capture(x, y, map);
                }
            }
            (Ty::Impl(xs), _) => {
                // The only such pattern is `Stream<T>`.
                if let Some((_, item)) = xs.first().and_then(|b| b.assoc.first()) {
                    let found = self.item(&ty).unwrap_or_default();
                    let found = if matches!(found, Ty::Unknown) { self.vars.opaque() } else { found };
                    self.capture(item, &found, map);
                }
            }
            (Ty::Iterator(x), _) => {
                let item = self.item(&ty).unwrap_or_default();
                let item = if matches!(item, Ty::Unknown) { self.vars.opaque() } else { item };
                self.capture(x, &item, map);
            }
            (Ty::Future(x, _), _) => {
                let output = self.output(&ty).unwrap_or_default();
                let output = if matches!(output, Ty::Unknown) { self.vars.opaque() } else { output };
                self.capture(x, &output, map);
            }
            _ => {}
        }
    }

    /// What `*x` is, for references and all that derefs.
    pub(super) fn deref(&mut self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(_, inner) | Ty::Ptr(inner) => Some((**inner).clone()),
            Ty::Adt(path, args) => {
                if let Some(info) = self.own_type(*path) {
                    let target = info.deref.clone()?;
                    let map = self.subst_of(ty);
                    let target = self.subst(&target, &map);
                    return Some(self.compute(&target));
                }
                if let Some((pattern, target)) = Table::get().deref(*path) {
                    return Some(self.matched(pattern, target, ty));
                }
                let facts = self.catalogue.type_facts(*path)?;
                let target = facts.deref.clone()?;
                let map = facts.generics.iter().copied().zip(args.iter().cloned()).collect();
                let target = self.subst(&target, &map);
                Some(self.compute(&target))
            }
            Ty::Param(_, bounds) | Ty::Impl(bounds) => {
                let bound =
                    bounds.iter().find(|b| b.path.ends_with("::Deref") || b.path.ends_with("::DerefMut"))?;
                assoc(bound, "Target")
            }
            _ => None,
        }
    }

    /// `ty`, then all that it derefs to, outermost first; ends before what is open. The flag tells whether
    /// it ended since something is open.
    pub(super) fn deref_steps(&mut self, ty: &Ty) -> (Vec<Ty>, bool) {
        let mut steps = Vec::new();
        let mut ty = self.vars.shallow(ty);
        for _ in 0..DEREFS {
            if ty.is_unknown() {
                return (steps, true);
            }
            let next = self.deref(&ty);
            steps.push(ty);
            match next {
                Some(next) => ty = self.vars.shallow(&next),
                None => break,
            }
        }
        (steps, false)
    }

    /// The type of a field after auto-deref. `None` while the type is open.
    pub(super) fn field(&mut self, ty: &Ty, name: Symbol) -> Option<Ty> {
        let (steps, open) = self.deref_steps(ty);
        for step in &steps {
            match step {
                Ty::Tuple(parts) => {
                    if let Some(part) = name.parse::<usize>().ok().and_then(|i| parts.get(i)) {
                        return Some(part.clone());
                    }
                }
                Ty::Adt(path, args) => {
                    if path.as_str() == PROJECTION {
                        let inner = args.first().cloned().unwrap_or_default();
                        let field = self.field(&inner, name)?;
                        return Some(field.reference(true));
                    }
                    if let Some(info) = self.own_type(*path) {
                        if let Some(field) = info.fields.iter().find(|f| f.name == name) {
                            let map = self.subst_of(step);
                            let field = self.subst(&field.ty, &map);
                            return Some(self.compute(&field));
                        }
                    } else if let Some((pattern, field)) = Table::get().field(*path, name) {
                        return Some(self.matched(pattern, field, step));
                    } else if let Some(field) = self.known_of(step, |facts| {
                        facts.fields.iter().find(|(n, _)| *n == name).map(|(_, ty)| ty.clone())
                    }) {
                        return Some(field);
                    }
                }
                _ => {}
            }
        }
        if open { None } else { Some(Ty::Unknown) }
    }

    fn index(&mut self, ty: &Ty, index: &Ty) -> Option<Ty> {
        let (steps, open) = self.deref_steps(ty);
        let index = self.vars.shallow(index);
        let is_range = index.path().is_some_and(|p| p.starts_with("std::ops::Range"));
        for step in &steps {
            match step {
                Ty::Slice(item) | Ty::Array(item) => {
                    return Some(if is_range { Ty::Slice(Arc::clone(item)) } else { (**item).clone() });
                }
                Ty::Prim(name) if name.as_str() == "str" => return Some(Ty::prim("str")),
                Ty::Adt(path, args) => match path.as_str() {
                    "std::collections::HashMap"
                    | "std::collections::BTreeMap"
                    | "indexmap::IndexMap"
                    | "indexmap::map::IndexMap"
                    | "hashbrown::HashMap" => return args.get(1).cloned(),
                    "std::collections::VecDeque" => return args.first().cloned(),
                    "serde_json::Value" => return Some(step.clone()),
                    _ if self.own_type(*path).is_some() => {
                        let found = self.operator_output(step, "Index", &index);
                        if found.is_some() {
                            return found;
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        if open { None } else { Some(Ty::Unknown) }
    }

    /// What iterating over it gives, streams too. `None` while that is open.
    pub(super) fn item(&mut self, ty: &Ty) -> Option<Ty> {
        let ty = self.vars.shallow(ty);
        match &ty {
            Ty::Var(_) => None,
            Ty::Iterator(item) | Ty::Array(item) => Some((**item).clone()),
            Ty::Ref(mutable, inner) => {
                let inner = self.vars.shallow(inner);
                match &inner {
                    Ty::Var(_) => None,
                    Ty::Slice(item) | Ty::Array(item) => Some((**item).clone().reference(*mutable)),
                    Ty::Ref(..) => self.item(&inner),
                    Ty::Adt(path, _) => self.item_of_ref(*path, &inner, *mutable),
                    _ => self.item(&inner),
                }
            }
            Ty::Adt(path, _) => {
                if self.own_type(*path).is_some() {
                    let found = ["IntoIterator", "Iterator", "Stream"]
                        .iter()
                        .find_map(|name| self.assoc_of_trait(&ty, name, "Item"));
                    return Some(found.unwrap_or_default());
                }
                Some(match (Table::get().item(*path), self.known_of(&ty, |facts| facts.item.clone())) {
                    (Some((pattern, item)), _) => self.matched(pattern, item, &ty),
                    (None, Some(item)) => item,
                    (None, None) => {
                        // A guard or pointer around an iterator.
                        match self.deref(&ty) {
                            Some(inner) if *path == sym("std::pin::Pin") => return self.item(&inner),
                            _ => Ty::Unknown,
                        }
                    }
                })
            }
            Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds) => {
                Some(bounds.iter().find_map(|b| assoc(b, "Item")).unwrap_or_default())
            }
            _ => Some(Ty::Unknown),
        }
    }

    fn item_of_ref(&mut self, path: Symbol, inner: &Ty, mutable: bool) -> Option<Ty> {
        let table = Table::get();
        if let Some((pattern, item)) = table.ref_item(path) {
            let item = self.matched(pattern, item, inner);
            // `&mut map` gives its values mutably.
            return Some(match item {
                Ty::Tuple(parts) if mutable => parts
                    .iter()
                    .enumerate()
                    .map(|(i, t)| match t {
                        Ty::Ref(_, t) => Ty::Ref(i == 1, Arc::clone(t)),
                        other => other.clone(),
                    })
                    .collect::<Vec<_>>()
                    .pipe(|parts| Ty::Tuple(parts.into())),
                other => other,
            });
        }
        if self.is_iterator(inner) {
            return self.item(inner);
        }
        if let Some((pattern, item)) = table.item(path) {
            let by_value =
                ["Range", "Iter", "Drain", "Keys", "Values", "Box", "Pin", "ReadDir", "Lines", "Receiver"];
            let name = crate::types::vars::last(&path);
            let item = self.matched(pattern, item, inner);
            return Some(if by_value.iter().any(|n| name.starts_with(n)) {
                item
            } else {
                item.reference(mutable)
            });
        }
        Some(Ty::Unknown)
    }

    /// Whether values of the type are iterators themselves (and not only collections).
    pub(super) fn is_iterator(&self, ty: &Ty) -> bool {
        self.implements_named(ty, "Iterator")
    }

    /// An answer out of the catalogue, or out of the dependency's source.
    pub(super) fn facts_that<T>(&self, ty: &Ty, ask: impl Fn(&TypeFacts) -> Option<T>) -> Option<T> {
        let path = ty.path()?;
        let shipped = self.catalogue.type_facts(path)?;
        let found = ask(&shipped);
        if found.is_some() {
            return found;
        }
        // Parameters of other names would be other parameters.
        let of_source = self.catalogue.facts_of_source(path)?;
        if of_source.generics == shipped.generics { ask(&of_source) } else { None }
    }

    /// What the catalogue or a dependency's source says of a type outside, in the arguments that it has here.
    fn known_of(&mut self, ty: &Ty, ask: impl Fn(&TypeFacts) -> Option<Ty>) -> Option<Ty> {
        let found = self.facts_that(ty, ask)?;
        let mut map = self.subst_of(ty);
        self.fresh_params(&found, &mut map);
        let found = self.subst(&found, &map);
        Some(self.compute(&found))
    }

    /// What awaiting it gives. `None` while that is open.
    pub(super) fn output(&mut self, ty: &Ty) -> Option<Ty> {
        let ty = self.vars.shallow(ty);
        match &ty {
            Ty::Var(_) => None,
            Ty::Future(output, _) => Some((**output).clone()),
            Ty::Ref(_, inner) => self.output(inner),
            Ty::Adt(path, _) => {
                if self.own_type(*path).is_some() {
                    let found = ["IntoFuture", "Future"]
                        .iter()
                        .find_map(|name| self.assoc_of_trait(&ty, name, "Output"));
                    return Some(found.unwrap_or_default());
                }
                Some(match Table::get().awaited(*path) {
                    Some((pattern, output)) => self.matched(pattern, output, &ty),
                    None => self.known_of(&ty, |facts| facts.awaits.clone()).unwrap_or_default(),
                })
            }
            Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds) => {
                let future = bounds.iter().find(|b| b.path.ends_with("Future"));
                Some(future.and_then(|b| assoc(b, "Output")).unwrap_or_default())
            }
            _ => Some(Ty::Unknown),
        }
    }

    /// `stream.next().await` of a stream that passed for an iterator.
    fn output_of_stream(&mut self, call: ExprId, ty: &Ty) -> Ty {
        let Some(callee) = self.callees.get_mut(&call) else { return Ty::Unknown };
        let Target::External(path) = callee.target else { return Ty::Unknown };
        let Some(name) = path.strip_prefix("std::iter::Iterator::") else { return Ty::Unknown };
        match Table::get().methods(sym("stream"), sym(name)).first() {
            Some(sig) => {
                callee.target = Target::External(sig.path);
                let place = self.exprs[call.index()].clone();
                // The call itself gives a future then.
                if !matches!(place, Ty::Var(_)) {
                    self.exprs[call.index()] = Ty::Future(Arc::new(ty.clone()), None);
                }
                ty.clone()
            }
            None => Ty::Unknown,
        }
    }

    /// An associated type by its name, in any trait that the type is known to implement.
    fn assoc_type(&mut self, ty: &Ty, name: Symbol) -> Ty {
        match ty {
            Ty::Adt(path, _) => match self.program.assoc_types.get(&(*path, name)).cloned() {
                Some(found) => {
                    let map = self.subst_of(ty);
                    let found = self.subst(&found, &map);
                    self.compute(&found)
                }
                None => self
                    .known_of(ty, |facts| match name.as_str() {
                        "Item" if facts.item.is_some() => facts.item.clone(),
                        "Output" if facts.awaits.is_some() => facts.awaits.clone(),
                        _ => facts.assoc.iter().find(|(n, _)| *n == name).map(|(_, ty)| ty.clone()),
                    })
                    .unwrap_or_default(),
            },
            Ty::Iterator(item) if name.as_str() == "Item" => (**item).clone(),
            Ty::Future(output, _) if name.as_str() == "Output" => (**output).clone(),
            Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds) => {
                // `where S::Response: IntoResponse`
                if let Ty::Param(param, _) = ty {
                    let whole = sym(&format!("{param}::{name}"));
                    if let Some((_, found)) = self.scope.params.iter().find(|(n, _)| *n == whole) {
                        return found.clone();
                    }
                }
                let bounds = self.with_supertraits(bounds);
                match bounds.iter().find_map(|b| assoc(b, &name)) {
                    Some(found) => found,
                    // Not settled, but its trait may say what it can do.
                    None => match self.program.bounds_of_assoc(&bounds, name) {
                        Some(declared) => Ty::Impl(declared),
                        None => Ty::Unknown,
                    },
                }
            }
            Ty::Ref(_, inner) => {
                let inner = self.vars.shallow(inner);
                self.assoc_type(&inner, name)
            }
            _ => Ty::Unknown,
        }
    }

    /// An associated type of the program's impl of a trait, by the trait's last segment.
    fn assoc_of_trait(&mut self, ty: &Ty, trait_name: &str, name: &str) -> Option<Ty> {
        let path = ty.path()?;
        if !self.implements_named(ty, trait_name) {
            return None;
        }
        let found = self.program.assoc_types.get(&(path, sym(name)))?.clone();
        let map = self.subst_of(ty);
        let found = self.subst(&found, &map);
        Some(self.compute(&found))
    }

    /// The `Output` of an operator's impl for a type of the program and that operand.
    pub(super) fn operator_output(&mut self, ty: &Ty, trait_name: &str, operand: &Ty) -> Option<Ty> {
        let info = self.own_type(ty.path()?)?;
        let operand = self.vars.deep(operand);
        let impls = info.traits.iter().filter(|(bound, _)| last(&bound.path) == trait_name);
        let mut fitting = impls.filter(|(bound, _)| match bound.args.first() {
            Some(wanted) => could_be(wanted, &operand),
            // `impl Add for T` is `impl Add<T> for T`.
            None => could_be(ty, &operand),
        });
        let def = fitting.next().and_then(|(_, def)| *def)?;
        if fitting.next().is_some() {
            return None;
        }
        let (file, parent) = (self.program.def(def).file, self.program.def(def).item);
        let items = &self.program.file(file).items;
        let index = items.iter().position(|i| i.parent == Some(parent) && i.name.as_str() == "Output")?;
        let ItemKind::TypeAlias(Some(output)) = &items.get(index)?.kind else { return None };
        let scope = self.program.generic_scope(def);
        let found = self.program.lower_type(file, items.get(index)?.module, &scope, output);
        let mut map = Subst::default();
        if let Some((pattern, _)) = self.program.impl_header(def) {
            self.capture(pattern, ty, &mut map);
        }
        let found = self.subst(&found, &map);
        Some(self.compute(&found))
    }

    fn concat(&mut self, ty: &Ty) -> Ty {
        let ty = self.vars.shallow(ty.peel_refs());
        match &ty {
            Ty::Prim(name) if name.as_str() == "str" => Ty::adt("std::string::String", []),
            Ty::Adt(path, _) => match path.as_str() {
                "std::string::String" | "std::borrow::Cow" => Ty::adt("std::string::String", []),
                "std::vec::Vec" => ty.clone(),
                "std::ffi::OsString" => ty.clone(),
                _ => Ty::Unknown,
            },
            Ty::Slice(item) | Ty::Array(item) => Ty::adt("std::vec::Vec", [(**item).clone()]),
            _ => Ty::Unknown,
        }
    }

    /// Collecting `item`s makes a `ty`: what follows for the arguments of `ty`.
    fn collect_into(&mut self, ty: &Ty, item: &Ty) {
        let Ty::Adt(path, args) = ty else { return };
        let arg = |i: usize| args.get(i).cloned().unwrap_or_default();
        match path.as_str() {
            "std::collections::HashMap"
            | "std::collections::BTreeMap"
            | "indexmap::IndexMap"
            | "indexmap::map::IndexMap"
            | "hashbrown::HashMap" => {
                self.vars.unify(&Ty::Tuple([arg(0), arg(1)].into()), item);
            }
            "std::result::Result" => {
                let part = self.vars.free();
                self.vars.unify(&Ty::adt("std::result::Result", [part.clone(), arg(1)]), item);
                self.ask(Question::Collect(part), &arg(0));
            }
            "std::option::Option" => {
                let part = self.vars.free();
                self.vars.unify(&Ty::adt("std::option::Option", [part.clone()]), item);
                self.ask(Question::Collect(part), &arg(0));
            }
            "std::boxed::Box" | "std::sync::Arc" | "std::rc::Rc" => {
                if let Ty::Slice(inner) = self.vars.shallow(&arg(0)) {
                    self.vars.unify(&inner, item);
                }
            }
            "std::string::String" | "std::path::PathBuf" => {}
            _ if args.len() == 1 => {
                // `FuturesUnordered` and any set or list take the items as they are.
                self.vars.unify(&arg(0), item);
            }
            _ => {}
        }
    }
}

/// What `?` leaves.
fn tried(ty: &Ty) -> Ty {
    match ty {
        Ty::Adt(path, _) => match path.as_str() {
            "std::result::Result" | "std::option::Option" => ty.arg(0),
            "std::ops::ControlFlow" => ty.arg(1),
            "std::task::Poll" => Ty::Adt(*path, [tried(&ty.arg(0))].into()),
            _ => Ty::Unknown,
        },
        _ => Ty::Unknown,
    }
}

fn owned(ty: &Ty) -> Ty {
    match ty {
        Ty::Prim(name) if name.as_str() == "str" => Ty::adt("std::string::String", []),
        Ty::Slice(item) => Ty::adt("std::vec::Vec", [(**item).clone()]),
        Ty::Adt(path, _) => match path.as_str() {
            "std::path::Path" => Ty::adt("std::path::PathBuf", []),
            "std::ffi::OsStr" => Ty::adt("std::ffi::OsString", []),
            "std::ffi::CStr" => Ty::adt("std::ffi::CString", []),
            _ => ty.clone(),
        },
        other => other.clone(),
    }
}

fn parse_error(ty: &Ty) -> Ty {
    match ty {
        Ty::Prim(name) if is_integer(name) => Ty::adt("std::num::ParseIntError", []),
        Ty::Prim(name) if is_float(name) => Ty::adt("std::num::ParseFloatError", []),
        Ty::Prim(name) if name.as_str() == "bool" => Ty::adt("std::str::ParseBoolError", []),
        Ty::Adt(path, _) if path.starts_with("std::net::") => Ty::adt("std::net::AddrParseError", []),
        Ty::Adt(path, _) if matches!(path.as_str(), "std::string::String" | "std::path::PathBuf") => {
            Ty::adt("std::convert::Infallible", [])
        }
        _ => Ty::Unknown,
    }
}

/// Calls a function on a value, to keep a chain in order.
trait Pipe: Sized {
    fn pipe<R>(self, f: impl FnOnce(Self) -> R) -> R {
        f(self)
    }
}

impl<T> Pipe for Vec<T> {}

/// Methods of this are listed under the same head.
pub(super) fn same_head(a: &Ty, b: &Ty) -> bool {
    matches!((head(a), head(b)), (Some(x), Some(y)) if x == y)
}
