//! Method calls: lookup through auto-deref, and what they give.

use std::sync::Arc;

use crate::catalogue::ExternalSignature;
use crate::names::DefId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ExprId, ExprKind, GenericArgs};
use crate::types::context::{Infer, Subst};
use crate::types::infer::Target;
use crate::types::paths::Function;
use crate::types::probing::needs_reference;
use crate::types::project::Question;
use crate::types::table::{Sig, Table, head};
use crate::types::ty::{Args, Ty};

/// Where a method was found.
pub(super) enum Lookup {
    /// Its receiver's type is not known yet.
    NotYet,
    Missing,
    /// In the program, on this type.
    Program(Vec<DefId>, Ty),
    /// In the table, on this type.
    Table(&'static Sig, Ty),
    /// In the catalogue, on this type.
    External(Arc<ExternalSignature>, Ty),
    /// The same of a trait in scope, on a type of which nobody knows whether it implements it.
    Guessed(Arc<ExternalSignature>, Ty),
}

/// Whether a type fits the receiver of a signature.
enum Fit {
    Yes,
    No,
    NotYet,
}

impl Infer<'_> {
    /// A method call whose receiver has been inferred. When its type is open the call waits, and its
    /// arguments are inferred without help.
    pub(super) fn method_call(&mut self, id: ExprId, args: &[ExprId], expected: Option<&Ty>) -> Ty {
        if let Some(ty) = self.method(id, expected) {
            return ty;
        }
        let answer = self.pend(Question::Method(id), &Ty::Unknown);
        self.infer_args(args, &Args::from([]));
        answer
    }

    /// What a method call gives; `None` while the type of its receiver is open.
    pub(super) fn method(&mut self, id: ExprId, expected: Option<&Ty>) -> Option<Ty> {
        let body = self.body;
        let ExprKind::MethodCall { receiver, method, turbofish, args, .. } = &body.expr(id).kind else {
            return Some(Ty::Unknown);
        };
        self.inherit_doubt(id, *receiver);
        let receiver_ty = self.exprs[receiver.index()].clone();
        let function = match self.lookup(&receiver_ty, *method, args.len()) {
            Lookup::NotYet => return None,
            Lookup::Missing => {
                let adapted = self.adapted(id, &receiver_ty);
                self.note(id, Target::Unknown, None);
                self.infer_args(args, &Args::from([]));
                return Some(adapted.unwrap_or(Ty::Unknown));
            }
            Lookup::Program(defs, step) => self.program_method(&defs, &step, turbofish.as_deref())?,
            Lookup::Table(sig, step) => self.table_method(sig, &step, turbofish.as_deref()),
            Lookup::External(signature, step) => {
                self.external_method(&signature, &step, turbofish.as_deref(), args)
            }
            Lookup::Guessed(signature, step) => {
                self.doubtful.insert(id);
                self.external_method(&signature, &step, turbofish.as_deref(), args)
            }
        };
        self.note(id, function.target.clone(), function.self_ty.clone());
        let ret = self.apply(id, &function, args, expected);
        Some(ret)
    }

    fn lookup(&mut self, receiver: &Ty, name: Symbol, arity: usize) -> Lookup {
        let (steps, open) = self.deref_steps(receiver);
        // A reference steps to what it refers to, and counts only for `into_iter`.
        let mut outer: Option<&Ty> = None;
        let mut passed_on = None;
        for step in &steps {
            if matches!(step, Ty::Ref(..)) {
                outer = Some(step);
                continue;
            }
            let found = self.lookup_at(step, outer, name, arity);
            match self.in_order(found, step, outer, name, arity) {
                Lookup::Missing => {}
                Lookup::External(found, _) if needs_reference(step, outer, found.path) => {}
                // Pointers implement traits for what they point to (`Write for Arc<File>`), under conditions
                // that are not known here: what they point to is asked first.
                found @ Lookup::External(..) if is_pointer(step) && !is_inherent(&found, step) => {
                    if passed_on.is_none() {
                        passed_on = Some(found);
                    }
                }
                found => return found,
            }
            outer = None;
        }
        if open {
            return Lookup::NotYet;
        }
        if let Some(found) = passed_on {
            return found;
        }
        for step in &steps {
            if let Some(def) = self.extension_method(step, name, arity) {
                return Lookup::Program(vec![def], step.clone());
            }
        }
        let receiver = steps.iter().find(|t| !matches!(t, Ty::Ref(..)));
        let receiver_outer = steps.first().filter(|t| matches!(t, Ty::Ref(..)));
        if let Some(found) =
            receiver.and_then(|step| self.of_imported_trait(step, receiver_outer, name, arity))
        {
            return found;
        }
        let table = Table::get();
        let universal = table.any(name).filter(|sig| sig.params.len() == arity);
        match (universal, receiver) {
            // Conversions that only few types have must be known of a type whose impls are all in sight.
            (Some(sig), Some(Ty::Adt(path, _)))
                if matches!(name.as_str(), "as_ref" | "as_mut" | "borrow" | "borrow_mut")
                    && self.own_type(*path).is_some()
                    && !receiver.is_some_and(|t| self.implements_named(t, conversion(&sig.path))) =>
            {
                Lookup::Missing
            }
            (Some(sig), Some(step)) => Lookup::Table(sig, step.clone()),
            _ => Lookup::Missing,
        }
    }

    fn lookup_at(&mut self, step: &Ty, outer: Option<&Ty>, name: Symbol, arity: usize) -> Lookup {
        let defs = self.program_methods(step, name);
        if !defs.is_empty() {
            return Lookup::Program(defs, step.clone());
        }
        let table = Table::get();
        if name.as_str() == "clone" && arity == 0 && self.may_clone(step) {
            return match table.any(name) {
                Some(sig) => Lookup::Table(sig, step.clone()),
                None => Lookup::Missing,
            };
        }
        if name.as_str() == "into_iter"
            && let Some(outer) = outer
            && !matches!(step, Ty::Iterator(_))
            && let Some(sig) = table.any(name)
            && self.item(outer).is_some_and(|t| !matches!(t, Ty::Unknown))
        {
            return Lookup::Table(sig, outer.clone());
        }
        let at = head(step);
        let mut waits = false;
        if let Some(at) = at {
            for sig in table.methods(at, name) {
                if sig.params.len() != arity {
                    continue;
                }
                let Some(pattern) = &sig.self_ty else { continue };
                match self.fits(pattern, step, true) {
                    Fit::Yes => return Lookup::Table(sig, step.clone()),
                    Fit::NotYet => waits = true,
                    Fit::No => {}
                }
            }
        }
        if waits {
            return Lookup::NotYet;
        }
        if name.as_str() == "project"
            && arity == 0
            && let Some(found) = self.projection(step)
        {
            return found;
        }
        // What is an iterator, future or stream by an impl has their methods, after its own.
        let place = match step {
            Ty::Adt(path, _) => Some(*path),
            Ty::Prim(name) => Some(*name),
            Ty::Slice(_) | Ty::Array(_) => Some(sym("slice")),
            Ty::Ptr(_) => Some(sym("pointer")),
            Ty::Tuple(_) => Some(sym("tuple")),
            Ty::Iterator(_) => Some(sym("std::iter::Iterator")),
            Ty::Future(..) => Some(sym("std::future::Future")),
            _ => None,
        };
        // `Arc::get_mut(this)` is no method: `x.get_mut()` is looked for further down.
        let takes = |found: &Arc<ExternalSignature>| {
            usize::from(found.arity) == arity && found.self_kind != crate::syntax::items::SelfKind::None
        };
        let mut external = place.and_then(|place| self.catalogue.method(place, name)).filter(takes);
        if external.is_none()
            && let Ty::Param(_, bounds) | Ty::Dyn(bounds) | Ty::Impl(bounds) = step
        {
            external = self
                .with_supertraits(bounds)
                .iter()
                .find_map(|bound| self.catalogue.trait_method(bound.path, name).filter(takes));
            // `x.as_ref()` of `impl AsRef<Path>`: what it gives is computed.
            if let (Some(found), Some(sig)) = (&external, table.any(name))
                && found.path == sig.path
            {
                return Lookup::Table(sig, step.clone());
            }
        }
        if let Some(found) = &external
            && place
                .is_some_and(|p| found.path.rsplit_once("::").is_some_and(|(owner, _)| owner == p.as_str()))
        {
            return Lookup::External(Arc::clone(found), step.clone());
        }
        for (trait_name, at) in [("Iterator", "iterator"), ("Future", "future"), ("Stream", "stream")] {
            let sigs = table.methods(sym(at), name);
            if !sigs.is_empty() && self.implements_named(step, trait_name) {
                let view = match at {
                    "iterator" => {
                        let item = self.ask(Question::Item, step);
                        Ty::Iterator(Arc::new(item))
                    }
                    "future" => {
                        let output = self.ask(Question::Output, step);
                        Ty::Future(Arc::new(output), None)
                    }
                    _ => {
                        let item = self.ask(Question::Item, step);
                        crate::types::vars::stream_of(item)
                    }
                };
                for sig in sigs.iter().filter(|s| s.params.len() == arity) {
                    if let Some(pattern) = &sig.self_ty
                        && !matches!(self.fits(pattern, &view, true), Fit::No)
                    {
                        return Lookup::Table(sig, view);
                    }
                }
            }
        }
        // Streams whose type is written by a trait (`impl Stream<Item = T>`) are iterators to the index.
        if let Ty::Iterator(item) = step {
            let view = crate::types::vars::stream_of((**item).clone());
            for sig in table.methods(sym("stream"), name).iter().filter(|s| s.params.len() == arity) {
                if let Some(pattern) = &sig.self_ty
                    && !matches!(self.fits(pattern, &view, true), Fit::No)
                {
                    return Lookup::Table(sig, view);
                }
            }
        }
        match external {
            Some(found) => Lookup::External(found, step.clone()),
            None => Lookup::Missing,
        }
    }

    /// `pin.project()` of `pin-project`: its method is made by the macro.
    fn projection(&mut self, step: &Ty) -> Option<Lookup> {
        if !step.is("std::pin::Pin") {
            return None;
        }
        let inner = self.deref(step)?;
        let inner = self.vars.shallow(&inner);
        let inner = self.vars.shallow(inner.peel_refs());
        self.own_type(inner.path()?)?;
        let sig = Table::get().function(sym("pin_project::project"))?;
        Some(Lookup::Table(sig, inner))
    }

    /// Whether `x.clone()` stops at this type on its way through derefs: guards and the like are no `Clone`.
    fn may_clone(&mut self, ty: &Ty) -> bool {
        match ty {
            Ty::Adt(path, _) => {
                if let Some(info) = self.own_type(*path) {
                    return info.deref.is_none()
                        || info.traits.iter().any(|(b, _)| b.path.as_str() == "std::clone::Clone");
                }
                match self.catalogue.type_facts(*path) {
                    Some(facts) => {
                        facts.deref.is_none()
                            || facts.traits.iter().any(|t| crate::types::vars::last(t) == "Clone")
                    }
                    None => Table::get().deref(*path).is_none() || !path.ends_with("Guard"),
                }
            }
            Ty::Slice(_) | Ty::Iterator(_) => false,
            _ => true,
        }
    }

    /// Whether a receiver fits a pattern of the table, in the parts that the pattern fixes.
    fn fits(&mut self, pattern: &Ty, ty: &Ty, top: bool) -> Fit {
        let ty = self.vars.shallow(ty);
        match (pattern, &ty) {
            (Ty::Param(..) | Ty::Unknown, _) => Fit::Yes,
            (_, Ty::Var(_)) => Fit::NotYet,
            (_, Ty::Unknown) => Fit::No,
            (Ty::Adt(p, xs), Ty::Adt(q, ys)) => {
                if p != q {
                    return Fit::No;
                }
                self.fit_all(xs, ys)
            }
            (Ty::Ref(_, x), Ty::Ref(_, y))
            | (Ty::Slice(x), Ty::Slice(y) | Ty::Array(y))
            | (Ty::Iterator(x), Ty::Iterator(y))
            | (Ty::Future(x, _), Ty::Future(y, _)) => self.fits(x, y, false),
            (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => self.fit_all(xs, ys),
            (Ty::Prim(p), Ty::Prim(q)) if p == q => Fit::Yes,
            // `Stream<T>`, `Iter<T>`, `Fut<T>` against an opaque type with such a bound.
            (Ty::Impl(xs), Ty::Impl(_) | Ty::Dyn(_) | Ty::Param(..)) if top => {
                let wanted = xs.first().and_then(|b| b.assoc.first()).map(|(_, t)| t.clone());
                let item = self.item(&ty).unwrap_or_default();
                wanted.map_or(Fit::Yes, |wanted| self.fits(&wanted, &item, false))
            }
            (Ty::Iterator(x), Ty::Impl(_) | Ty::Dyn(_) | Ty::Param(..)) if top => {
                let item = self.item(&ty).unwrap_or_default();
                self.fits(x, &item, false)
            }
            (Ty::Future(x, _), Ty::Impl(_) | Ty::Dyn(_) | Ty::Param(..)) if top => {
                let output = self.output(&ty).unwrap_or_default();
                self.fits(x, &output, false)
            }
            _ => Fit::No,
        }
    }

    fn fit_all(&mut self, xs: &[Ty], ys: &[Ty]) -> Fit {
        let mut all = Fit::Yes;
        for (x, y) in xs.iter().zip(ys) {
            match self.fits(x, y, false) {
                Fit::No => return Fit::No,
                Fit::NotYet => all = Fit::NotYet,
                Fit::Yes => {}
            }
        }
        all
    }

    fn program_method(
        &mut self,
        defs: &[DefId],
        step: &Ty,
        turbofish: Option<&GenericArgs>,
    ) -> Option<Function> {
        let def = *defs.first()?;
        let signature = self.program.def(def).signature.clone()?;
        let mut function = self.program_function(def, &signature, Some(step), turbofish);
        if !function.params.is_empty() {
            // The receiver was inferred as such; the rest are the arguments.
            function.params.remove(0);
        }
        if defs.len() > 1 {
            function.target = Target::AnyOf(defs.to_vec());
        }
        Some(function)
    }

    fn table_method(&mut self, sig: &Sig, step: &Ty, turbofish: Option<&GenericArgs>) -> Function {
        let mut subst = Subst::default();
        if let Some(pattern) = &sig.self_ty {
            self.capture(pattern, step, &mut subst);
        }
        subst.insert(sym("Self"), step.clone());
        let mut function = self.table_function(sig, turbofish, subst);
        function.self_ty = Some(step.clone());
        function
    }

    fn external_method(
        &mut self,
        signature: &ExternalSignature,
        step: &Ty,
        turbofish: Option<&GenericArgs>,
        args: &[ExprId],
    ) -> Function {
        let step = &self.refresh(step);
        let mut subst = self.subst_of(step);
        self.keep_apart(signature, step, &mut subst);
        subst.insert(sym("Self"), step.clone());
        if let Ty::Slice(item) | Ty::Array(item) = step {
            subst.insert(sym("T"), (**item).clone());
        }
        if let Ty::Ptr(item) = step {
            subst.insert(sym("T"), (**item).clone());
        }
        if let Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds) = step
            && let Some((owner, _)) = signature.path.rsplit_once("::")
            && let Some(bound) = self.with_supertraits(bounds).iter().find(|b| b.path == owner)
        {
            subst.extend(self.generics_of(bound.path).into_iter().zip(bound.args.iter().cloned()));
            subst.extend(bound.assoc.iter().map(|(name, ty)| (sym(&format!("Self::{name}")), ty.clone())));
        }
        let generics: Vec<Symbol> = subst.keys().copied().collect();
        self.fresh_params(&signature.ret, &mut subst);
        if let Some([written]) = turbofish.map(|t| t.types.as_slice()) {
            let own: Vec<Symbol> = subst.keys().copied().filter(|k| !generics.contains(k)).collect();
            if let [one] = own.as_slice() {
                let written = self.lower_ty(written);
                if let Some(var) = subst.get(one).cloned() {
                    self.vars.unify(&var, &written);
                }
            }
        }
        // Parameters of the method itself, which its result tells of: `pb.wrap_write(file)`.
        let mut params = element_params(signature, step, args.len());
        for (param, written) in params.iter_mut().zip(&signature.params) {
            if let Ty::Param(name, _) = written
                && !generics.contains(name)
                && subst.contains_key(name)
            {
                *param = written.clone();
            }
        }
        Function {
            target: Target::External(signature.path),
            path: signature.path,
            params,
            ret: signature.ret.clone(),
            subst,
            self_ty: Some(step.clone()),
            awaited: signature.awaited.clone(),
            wraps: Vec::new(),
        }
    }

    /// `and<T>(self, other: T)` of a trait is about another `T` than `Name<T>`, which implements it. Traits of std have type
    /// parameters that the catalogue does not name.
    fn keep_apart(&self, signature: &ExternalSignature, step: &Ty, subst: &mut Subst) {
        let Some((owner, _)) = signature.path.rsplit_once("::") else { return };
        if owner.starts_with("std::") || step.path().is_none_or(|path| path == *owner) {
            return;
        }
        if let Some(facts) = self.catalogue.type_facts(sym(owner)).filter(|facts| facts.is_trait) {
            subst.retain(|name, _| facts.generics.contains(name));
        }
    }
}

/// Types that stand for what they point to.
fn is_pointer(ty: &Ty) -> bool {
    ty.path().is_some_and(|path| {
        matches!(path.as_str(), "std::sync::Arc" | "std::rc::Rc" | "std::boxed::Box" | "std::pin::Pin")
    })
}

/// Whether what was found is the type's own and not of a trait.
fn is_inherent(found: &Lookup, ty: &Ty) -> bool {
    match (found, ty.path()) {
        (Lookup::External(signature, _), Some(path)) => {
            signature.path.rsplit_once("::").is_some_and(|(owner, _)| owner == path.as_str())
        }
        _ => false,
    }
}

/// The last segment of the trait of a method.
pub(super) fn conversion(method: &str) -> &str {
    method.rsplit("::").nth(1).unwrap_or_default()
}

/// What a container outside of the table takes: `map.insert(k, v)`, `queue.push(x)`, `tx.send(x)`.
fn element_params(signature: &ExternalSignature, step: &Ty, count: usize) -> Vec<Ty> {
    let name = crate::types::vars::last(&signature.path);
    match (name, step.args(), count) {
        ("insert", [k, v, ..], 2) => vec![k.clone(), v.clone()],
        ("insert" | "push" | "push_back" | "push_front" | "send" | "try_send" | "force_push", [one], 1) => {
            vec![one.clone()]
        }
        _ => vec![Ty::Unknown; count],
    }
}
