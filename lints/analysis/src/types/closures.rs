//! Closures and async blocks.

use std::sync::Arc;

use crate::syntax::hir::{ClosureId, ClosureKind};
use crate::types::context::Infer;
use crate::types::ty::{Args, Ty};
use crate::types::vars::callable;

impl Infer<'_> {
    /// A closure or async block. What is expected of it tells the types of its parameters, so callers infer
    /// their other arguments first. Its code is walked once.
    pub(super) fn closure(&mut self, id: ClosureId, expected: Option<&Ty>) -> Ty {
        let body = self.body;
        let closure = body.closure(id);
        let hint = expected.and_then(|t| callable(&mut self.vars, t));
        let params: Args = closure
            .params
            .iter()
            .enumerate()
            .map(|(i, param)| {
                let wanted = hint.as_ref().and_then(|(args, _)| args.get(i)).cloned();
                match (&param.ty, wanted) {
                    (Some(written), wanted) => {
                        let written = self.lower_ty(written);
                        if let Some(wanted) = wanted {
                            self.vars.unify(&written, &wanted);
                        }
                        written
                    }
                    (None, Some(wanted)) => wanted,
                    (None, None) => self.vars.free(),
                }
            })
            .collect();
        let params: Args = params
            .iter()
            .map(|t| if matches!(t, Ty::Unknown) { self.vars.opaque() } else { t.clone() })
            .collect();
        self.vars.set_closure(id, params.clone());
        for (param, ty) in closure.params.iter().zip(params.iter()) {
            self.bind(param.pat, ty);
        }
        let ret = match &closure.ret {
            Some(written) => self.lower_ty(written),
            None => self.vars.free(),
        };
        if closure.ret.is_none() {
            self.hint_return(closure.kind, &ret, expected, hint.as_ref().map(|(_, ret)| ret));
        }
        self.returns.push(ret.clone());
        let loops = std::mem::take(&mut self.loops);
        let value = self.infer_expected(closure.body, &ret);
        self.loops = loops;
        self.returns.pop();
        if self.vars.is_open(&ret) && matches!(self.vars.shallow(&value), Ty::Never) {
            self.vars.settle(&ret, &Ty::Never);
        } else {
            self.vars.unify(&ret, &value);
        }
        self.closure_ret[id.index()] = ret.clone();
        match closure.kind {
            ClosureKind::Closure => Ty::Closure(id, Arc::new(ret)),
            ClosureKind::AsyncClosure => Ty::Closure(id, Arc::new(Ty::Future(Arc::new(ret), Some(id)))),
            ClosureKind::AsyncBlock => Ty::Future(Arc::new(ret), Some(id)),
        }
    }

    /// What is expected of the result settles it only where a value cannot be coerced on return.
    fn hint_return(&mut self, kind: ClosureKind, ret: &Ty, expected: Option<&Ty>, called: Option<&Ty>) {
        let wanted = match kind {
            ClosureKind::Closure => called.cloned(),
            ClosureKind::AsyncClosure => match called.map(|t| self.vars.shallow(t)) {
                Some(Ty::Future(output, _)) => Some((*output).clone()),
                _ => None,
            },
            ClosureKind::AsyncBlock => match expected.map(|t| self.vars.shallow(t)) {
                Some(Ty::Future(output, _)) => Some((*output).clone()),
                Some(bounds @ (Ty::Impl(_) | Ty::Dyn(_))) => self.output(&bounds),
                _ => None,
            },
        };
        if let Some(wanted) = wanted
            && matches!(self.vars.shallow(&wanted), Ty::Adt(..))
        {
            self.vars.unify(ret, &wanted);
        }
    }
}
