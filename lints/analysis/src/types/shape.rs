//! The few calls that are known by their shape alone, when the receiver's type is not known.
//!
//! `.lock().unwrap()` is a `std::sync::Mutex`, `.lock().await` an async one, `.read().unwrap()` and
//! `.write().unwrap()` without arguments a `std::sync::RwLock`. Functions that the catalogue marks as known by
//! their name (`into_raw_fd`) are found in files that import something of their crate. An unknown method of a
//! `Result` that is unwrapped at once gives its good value. Nothing else is guessed.

use std::sync::Arc;

use crate::catalogue::ExternalSignature;
use crate::names::{GenericScope, Namespace, Resolution};
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ExprId, ExprKind};
use crate::types::context::Infer;
use crate::types::infer::{Known, Target};
use crate::types::table::Table;
use crate::types::ty::Ty;

impl Infer<'_> {
    /// Finds such calls and settles their types; whether there was any.
    pub(super) fn infer_shapes(&mut self) -> bool {
        let body = self.body;
        let mut found = Vec::new();
        for expr in &body.exprs {
            let (call, awaited) = match &expr.kind {
                ExprKind::MethodCall { receiver, method, .. }
                    if matches!(method.as_str(), "unwrap" | "expect" | "unwrap_or_else") =>
                {
                    (*receiver, false)
                }
                ExprKind::Await { operand } => (*operand, true),
                _ => continue,
            };
            if let Some(lock) = self.lock_of_shape(call, awaited) {
                found.push((call, lock));
            }
        }
        let any = self.infer_names() | !found.is_empty();
        for (call, (ty, method)) in found {
            self.settle_shape(call, ty, method);
        }
        any
    }

    /// What an unknown method of a `Result` or `Option` gives whose answer is unwrapped at once: traits of other crates
    /// that put something else in the place of the error (`.into_diagnostic()?`, `.chain_err(…)?`).
    pub(super) fn adapted(&mut self, call: ExprId, receiver: &Ty) -> Option<Ty> {
        let receiver = self.vars.shallow(receiver);
        let good = receiver.good_value()?;
        let body = self.body;
        let unwrapped = self.unwrapped.get_or_insert_with(|| {
            let operands = body.exprs.iter().filter_map(|e| match &e.kind {
                ExprKind::Try { operand } => Some(*operand),
                ExprKind::MethodCall { receiver, method, .. }
                    if matches!(method.as_str(), "unwrap" | "expect") =>
                {
                    Some(*receiver)
                }
                _ => None,
            });
            operands.collect()
        });
        if !unwrapped.contains(&call) {
            return None;
        }
        self.doubtful.insert(call);
        Some(Ty::Adt(sym("std::result::Result"), [good, Ty::Unknown].into()))
    }

    /// The only lock that fits a call without arguments on something unknown.
    fn lock_of_shape(&mut self, call: ExprId, awaited: bool) -> Option<(Symbol, Symbol)> {
        let body = self.body;
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(call).kind else { return None };
        if !args.is_empty() || self.callees.get(&call).is_some_and(|c| c.target != Target::Unknown) {
            return None;
        }
        let receiver = self.exprs.get(receiver.index()).cloned()?;
        let receiver = self.vars.shallow(&receiver);
        // Something known that merely lacks the method is not unknown.
        if !self.vars.is_open(receiver.peel_refs()) && !self.is_foreign(receiver.peel_refs()) {
            return None;
        }
        let ty = match (method.as_str(), awaited) {
            ("lock", false) => "std::sync::Mutex",
            ("lock", true) => "tokio::sync::Mutex",
            ("read" | "write", false) => "std::sync::RwLock",
            ("read" | "write", true) => "tokio::sync::RwLock",
            _ => return None,
        };
        Some((sym(ty), *method))
    }

    /// Finds calls whose name tells which function they are, and settles their types.
    fn infer_names(&mut self) -> bool {
        let body = self.body;
        let mut any = false;
        for (index, expr) in body.exprs.iter().enumerate() {
            let ExprKind::MethodCall { method, .. } = &expr.kind else { continue };
            if !self.catalogue.has_telling_name(*method) {
                continue;
            }
            let call = ExprId(index as u32);
            let awaited =
                body.exprs.iter().any(|e| matches!(e.kind, ExprKind::Await { operand } if operand == call));
            if let Some(signature) = self.telling_name(call, awaited) {
                self.doubtful.insert(call);
                self.note(call, Target::External(signature.path), None);
                let place = self.exprs[call.index()].clone();
                let answer = self.refresh(&signature.ret);
                self.vars.settle(&place, &answer);
                self.doubt_lets(call);
                any = true;
            }
        }
        any
    }

    /// The only function that a call on something unknown can mean by its name: futures must be awaited at once.
    fn telling_name(&mut self, call: ExprId, awaited: bool) -> Option<Arc<ExternalSignature>> {
        let body = self.body;
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(call).kind else { return None };
        if self.has_own_method(*method, args.len(), awaited)
            || self.callees.get(&call).is_some_and(|c| c.target != Target::Unknown)
        {
            return None;
        }
        let receiver = self.exprs.get(receiver.index()).cloned()?;
        let receiver = self.vars.shallow(&receiver);
        if !self.vars.is_open(receiver.peel_refs()) && !self.is_foreign(receiver.peel_refs()) {
            return None;
        }
        let mut crates = self.imported_crates();
        if !crates.iter().any(|k| k == "std") {
            crates.push("std".to_owned());
        }
        let mut fitting = crates.iter().filter_map(|krate| self.catalogue.by_name(krate, *method));
        let (Some(path), None) = (fitting.next(), fitting.next()) else { return None };
        let signature = self.catalogue.function(path)?;
        let fits = usize::from(signature.arity) == args.len()
            && matches!(signature.ret, Ty::Future(..)) == awaited
            && self.imports_trait_of(path);
        fits.then_some(signature)
    }

    /// Whether the program has a method that such a call could mean.
    fn has_own_method(&self, name: Symbol, arity: usize, awaited: bool) -> bool {
        let fits = |def: &crate::names::DefId| {
            self.program.def(*def).signature.as_ref().is_none_or(|s| {
                s.params.len() == arity + 1 && (s.is_async || matches!(s.ret, Ty::Future(..))) == awaited
            })
        };
        self.program.methods_by_name.get(&name).is_some_and(|defs| defs.iter().any(fits))
    }

    /// A method of a trait of std needs the trait in scope; crates have their preludes.
    fn imports_trait_of(&mut self, method: Symbol) -> bool {
        let Some((owner, _)) = method.rsplit_once("::") else { return false };
        let is_trait = self.catalogue.type_facts(sym(owner)).is_some_and(|f| f.is_trait);
        !is_trait
            || !method.starts_with("std::")
            || self.imported_traits().iter().any(|t| t.as_str() == owner)
    }

    /// Crates that the file imports something of.
    fn imported_crates(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for import in &self.program.file(self.file).imports {
            let scope = GenericScope::default();
            let path = self.program.resolve(self.file, import.module, &scope, &import.path, Namespace::Type);
            if let Resolution::External(path) = path
                && let Some(krate) = path.split("::").next()
                && !found.iter().any(|k| k == krate)
            {
                found.push(krate.to_owned());
            }
        }
        found
    }

    /// A named type of a crate that is neither of the program nor in the catalogue.
    fn is_foreign(&self, ty: &Ty) -> bool {
        let Ty::Adt(path, _) = ty else { return false };
        let krate = path.split("::").next().unwrap_or(path);
        !self.program.types.contains_key(path) && !self.catalogue.has_crate(krate)
    }

    fn settle_shape(&mut self, call: ExprId, ty: Symbol, method: Symbol) {
        let Some(sig) = Table::get().methods(ty, method).first() else { return };
        let protected = self.vars.opaque();
        let receiver = Ty::Adt(ty, [protected].into());
        let answer = match &sig.self_ty {
            Some(pattern) => self.matched(pattern, &sig.ret, &receiver),
            None => return,
        };
        self.doubtful.insert(call);
        self.note(call, Target::External(sig.path), Some(receiver));
        if let Some(callee) = self.callees.get_mut(&call) {
            callee.known = Known::Inferred;
        }
        let place = self.exprs[call.index()].clone();
        self.vars.settle(&place, &answer);
        self.doubt_lets(call);
    }

    /// Locals that were bound before their initialiser was found to rest on a shape.
    fn doubt_lets(&mut self, call: ExprId) {
        let body = self.body;
        let span = body.expr(call).span;
        for expr in &body.exprs {
            let ExprKind::Block(block) = &expr.kind else { continue };
            if !expr.span.contains(span) {
                continue;
            }
            for stmt in &block.stmts {
                if let crate::syntax::hir::StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind
                    && chain_holds(body, *init, call)
                {
                    self.doubt_pattern(*pat);
                }
            }
        }
    }
}

/// Whether `call` is in the chain of receivers of `expr`.
fn chain_holds(body: &crate::syntax::hir::Body, mut expr: ExprId, call: ExprId) -> bool {
    loop {
        if expr == call {
            return true;
        }
        expr = match &body.expr(expr).kind {
            ExprKind::MethodCall { receiver, .. } => *receiver,
            ExprKind::Await { operand }
            | ExprKind::Try { operand }
            | ExprKind::AddressOf { operand, .. }
            | ExprKind::Unary { operand, .. } => *operand,
            ExprKind::Field { base, .. } => *base,
            _ => return false,
        };
    }
}
