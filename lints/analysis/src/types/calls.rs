//! Calls of functions, constructors and values, and how arguments settle type parameters.

use crate::names::Namespace;
use crate::syntax::hir::{ExprId, ExprKind};
use crate::types::context::{Infer, Subst};
use crate::types::infer::Target;
use crate::types::paths::{Function, Shape};
use crate::types::project::{Question, same_head};
use crate::types::ty::{Args, Bound, Ty};
use crate::types::vars::{assoc, callable, fn_bound, last};

/// An argument is dereferenced at most this often to fit.
const COERCIONS: usize = 4;

impl Infer<'_> {
    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: &[ExprId], expected: Option<&Ty>) -> Ty {
        let body = self.body;
        let ExprKind::Path(path) = &body.expr(callee).kind else {
            let ty = self.infer(callee);
            self.inherit_doubt(id, callee);
            return match self.value_call(id, &ty) {
                Some(ty) => ty,
                None => {
                    let answer = self.pend(Question::Call(id), &ty);
                    self.infer_args(args, &Args::from([]));
                    answer
                }
            };
        };
        let found = self.resolve(path, Namespace::Value);
        if let Some(made) = self.constructor(&found, path)
            && made.kind != Shape::Named
        {
            self.paths.insert(callee, made.path);
            self.note(id, Target::Constructor(made.path), None);
            if let Some(expected) = expected {
                self.vars.unify(&made.ty, expected);
            }
            let params: Args = made.fields.into_iter().map(|(_, t)| t).collect();
            self.infer_args(args, &params);
            self.exprs[callee.index()] = Ty::Fn(params, made.ty.clone().into());
            return made.ty;
        }
        if let Some(function) = self.function(&found, path) {
            self.paths.insert(callee, function.path);
            self.note(id, function.target.clone(), function.self_ty.clone());
            let params: Args = function.params.iter().map(|t| self.subst(t, &function.subst)).collect();
            let ret = self.apply(id, &function, args, expected);
            self.exprs[callee.index()] = Ty::Fn(params, ret.clone().into());
            return ret;
        }
        // A constant that holds a function, or nothing known.
        let ty = self.infer(callee);
        if let Some((params, ret)) = callable(&mut self.vars, &ty) {
            self.note(id, Target::Value, None);
            self.infer_args(args, &params);
            return ret;
        }
        let target = match &found {
            // The path is right, only what it gives is not known.
            crate::names::Resolution::External(path) => Target::External(*path),
            _ => Target::Unknown,
        };
        self.note(id, target, None);
        self.infer_args(args, &Args::from([]));
        Ty::Unknown
    }

    /// A call of a value: a closure, a function pointer, a boxed function. `None` while its type is open.
    pub(super) fn value_call(&mut self, id: ExprId, ty: &Ty) -> Option<Ty> {
        let body = self.body;
        let ExprKind::Call { callee, args } = &body.expr(id).kind else { return Some(Ty::Unknown) };
        if self.vars.is_open(ty) {
            return None;
        }
        let mut found = None;
        for step in self.deref_steps(ty).0 {
            found = callable(&mut self.vars, &step);
            if found.is_some() {
                break;
            }
        }
        let target = match (&body.expr(*callee).kind, &found) {
            (_, None) => Target::Unknown,
            (ExprKind::Local(local), Some(_)) => Target::Local(*local),
            _ => Target::Value,
        };
        self.note(id, target, None);
        let (params, ret) = found.unwrap_or_else(|| (Args::from([]), Ty::Unknown));
        self.infer_args(args, &params);
        Some(ret)
    }

    /// Arguments against parameter types: closures last, since the others may tell what they take.
    pub(super) fn infer_args(&mut self, args: &[ExprId], params: &[Ty]) {
        for closures in [false, true] {
            for (i, arg) in args.iter().enumerate() {
                if self.is_closure(*arg) == closures {
                    match params.get(i) {
                        Some(param) => {
                            let ty = self.infer_expected(*arg, param);
                            self.fit(param, &ty);
                        }
                        None => {
                            self.infer(*arg);
                        }
                    }
                }
            }
        }
    }

    fn is_closure(&self, arg: ExprId) -> bool {
        matches!(self.body.expr(arg).kind, ExprKind::Closure(_))
    }

    /// What a call of `function` gives; settles its type parameters by what is expected and by the arguments.
    pub(super) fn apply(
        &mut self,
        id: ExprId,
        function: &Function,
        args: &[ExprId],
        expected: Option<&Ty>,
    ) -> Ty {
        let computed_late = function.ret.any(&mut |t| match t {
            Ty::Adt(path, _) => path.starts_with('?'),
            Ty::Param(name, _) => name.contains("::"),
            _ => false,
        });
        if let (Some(expected), Ty::Adt(..) | Ty::Tuple(_) | Ty::Future(..), false) =
            (expected, &function.ret, computed_late)
        {
            let ret = self.subst(&function.ret, &function.subst);
            self.vars.unify(&ret, expected);
        }
        for closures in [false, true] {
            for (i, arg) in args.iter().enumerate() {
                if self.is_closure(*arg) != closures {
                    continue;
                }
                let Some(param) = function.params.get(i) else {
                    self.infer(*arg);
                    continue;
                };
                let wanted = self.wanted(param, &function.subst);
                let ty = self.infer_expected(*arg, &wanted);
                self.link(param, &wanted, &ty, &function.subst);
            }
        }
        for (i, var) in &function.wraps {
            if let Some(arg) = args.get(*i)
                && self.vars.is_open(var)
            {
                let ty = self.infer(*arg);
                self.vars.unify(var, &ty);
            }
        }
        let ret = self.subst(&function.ret, &function.subst);
        let ret = self.compute(&ret);
        if let Some(awaited) = &function.awaited {
            let awaited = self.subst(awaited, &function.subst);
            let awaited = self.compute(&awaited);
            self.awaited.insert(id, awaited);
        }
        ret
    }

    /// What an argument should be: for `F: Fn(A) -> B` the callable, so that closures know their parameters.
    fn wanted(&mut self, param: &Ty, subst: &Subst) -> Ty {
        if let Ty::Param(_, bounds) | Ty::Impl(bounds) = param
            && let Some((args, ret)) = fn_bound(&mut self.vars, bounds)
        {
            let args = self.subst_all(&args, subst);
            let args: Args = args.iter().map(|t| self.compute(t)).collect();
            let ret = self.subst(&ret, subst);
            let ret = self.compute(&ret);
            // `FnOnce() -> F, F: Future`: the result must not be made to be the bound itself.
            return Ty::Fn(args, ret.into());
        }
        let wanted = self.subst(param, subst);
        self.compute(&wanted)
    }

    /// Makes parameter and argument the same, and follows the bounds of a generic parameter.
    fn link(&mut self, param: &Ty, wanted: &Ty, arg: &Ty, subst: &Subst) {
        if let Ty::Param(name, _) = param
            && let Some(var) = subst.get(name)
        {
            let var = var.clone();
            self.vars.unify(&var, arg);
        }
        if let Ty::Param(_, bounds) | Ty::Impl(bounds) = param {
            self.follow_bounds(bounds, arg, subst);
        }
        self.fit(wanted, arg);
    }

    /// What the associated types in bounds (`T: Future<Output = O>`) come to for a type.
    pub(super) fn follow_bounds(&mut self, bounds: &[Bound], ty: &Ty, subst: &Subst) {
        for bound in bounds {
            let question = match last(&bound.path) {
                "Future" | "IntoFuture" | "TryFuture" => Some((Question::Output, "Output")),
                "Iterator" | "IntoIterator" | "Stream" | "DoubleEndedIterator" | "ExactSizeIterator" => {
                    Some((Question::Item, "Item"))
                }
                "Fn" | "FnMut" | "FnOnce" => continue,
                _ => None,
            };
            match question {
                Some((question, member)) => {
                    if let Some(member) = assoc(bound, member) {
                        let member = self.subst(&member, subst);
                        let found = self.ask(question, ty);
                        self.vars.unify(&member, &found);
                    }
                }
                None => {
                    for (name, member) in bound.assoc.iter() {
                        let member = self.subst(member, subst);
                        let found = self.ask(Question::Assoc(*name), ty);
                        self.vars.unify(&member, &found);
                    }
                }
            }
        }
    }

    /// An argument meets a parameter: futures and iterators by what they give, references through deref.
    pub(super) fn fit(&mut self, param: &Ty, arg: &Ty) {
        let wanted = self.vars.shallow(param);
        let given = self.vars.shallow(arg);
        match (&wanted, &given) {
            (
                Ty::Future(output, _),
                Ty::Adt(..) | Ty::Impl(_) | Ty::Dyn(_) | Ty::Param(..) | Ty::Ref(..) | Ty::Var(_),
            ) => {
                let found = self.ask(Question::Output, &given);
                self.vars.unify(output, &found);
            }
            (
                Ty::Iterator(item),
                Ty::Adt(..) | Ty::Array(_) | Ty::Impl(_) | Ty::Param(..) | Ty::Ref(..) | Ty::Var(_),
            ) => {
                let found = self.ask(Question::Item, &given);
                self.vars.unify(item, &found);
            }
            (Ty::Fn(args, ret), _) if !matches!(given, Ty::Fn(..) | Ty::Closure(..)) => {
                if let Some((given_args, given_ret)) = callable(&mut self.vars, &given) {
                    for (a, b) in args.iter().zip(given_args.iter()) {
                        self.vars.unify(a, b);
                    }
                    self.vars.unify(ret, &given_ret);
                }
            }
            (Ty::Ref(_, wanted_inner), Ty::Ref(..)) => {
                let wanted_inner = self.vars.shallow(wanted_inner);
                if !wanted_inner.is_unknown() {
                    let mut given = given.clone();
                    for _ in 0..COERCIONS {
                        let Ty::Ref(mutable, inner) = &given else { break };
                        let inner = self.vars.shallow(inner);
                        if inner.is_unknown() || same_head(&inner, &wanted_inner) {
                            break;
                        }
                        match self.deref(&inner) {
                            Some(next) => given = next.reference(*mutable),
                            None => break,
                        }
                    }
                    self.vars.unify(&wanted, &given);
                    return;
                }
                self.vars.unify(&wanted, &given);
            }
            _ => self.vars.unify(param, arg),
        }
    }
}
