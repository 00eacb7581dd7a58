//! Macro calls and `select!`.

use std::sync::Arc;

use crate::symbol::sym;
use crate::syntax::hir::{ExprId, MacroCall, MacroKind, Select};
use crate::types::context::Infer;
use crate::types::project::Question;
use crate::types::ty::Ty;

impl Infer<'_> {
    pub(super) fn macro_call(&mut self, id: ExprId, call: &MacroCall, expected: Option<&Ty>) -> Ty {
        let path = self.program.resolve_macro(self.file, self.module, &call.path);
        self.macros.insert(id, path);
        if let (MacroKind::Vec, [list]) = (call.kind, &*call.args) {
            let hint = match expected.map(|t| self.vars.shallow(t)) {
                Some(ty @ Ty::Adt(..)) if ty.is("std::vec::Vec") => Some(Ty::Array(Arc::new(ty.arg(0)))),
                _ => None,
            };
            let list = self.infer_with(*list, hint.as_ref());
            return match self.vars.shallow(&list) {
                Ty::Array(item) => Ty::adt("std::vec::Vec", [(*item).clone()]),
                _ => Ty::adt("std::vec::Vec", [self.vars.free()]),
            };
        }
        let args: Vec<Ty> = call.args.iter().map(|arg| self.infer(*arg)).collect();
        let name = call.path.last().map(|s| s.to_string()).unwrap_or_default();
        match call.kind {
            MacroKind::Format if name == "format" || name == "format_compact" => {
                Ty::adt("std::string::String", [])
            }
            MacroKind::Format => match name.as_str() {
                "format_args" => Ty::adt("std::fmt::Arguments", []),
                "anyhow" => Ty::adt("anyhow::Error", []),
                _ => Ty::Unknown,
            },
            MacroKind::Print if name == "dbg" => match args.as_slice() {
                [one] => one.clone(),
                _ => Ty::unit(),
            },
            MacroKind::Print | MacroKind::Log | MacroKind::Assert | MacroKind::Ensure | MacroKind::Defer => {
                Ty::unit()
            }
            MacroKind::Write => self.written(args.first()),
            MacroKind::Panic | MacroKind::Bail => Ty::Never,
            MacroKind::Vec => Ty::adt("std::vec::Vec", [self.vars.free()]),
            MacroKind::Join => Ty::Tuple(args.iter().map(|t| self.ask(Question::Output, t)).collect()),
            MacroKind::TryJoin => {
                let error = self.vars.free();
                let parts: Vec<Ty> = args
                    .iter()
                    .map(|t| {
                        let output = self.ask(Question::Output, t);
                        self.ask(Question::Tried, &output)
                    })
                    .collect();
                Ty::adt("std::result::Result", [Ty::Tuple(parts.into()), error])
            }
            MacroKind::Pin => match args.first() {
                Some(ty) => Ty::adt("std::pin::Pin", [ty.clone().reference(true)]),
                None => Ty::Unknown,
            },
            MacroKind::Constant => match name.as_str() {
                "concat" | "stringify" | "include_str" | "env" | "file" | "module_path" => {
                    Ty::prim("str").reference(false)
                }
                "include_bytes" => Ty::Array(Arc::new(Ty::prim("u8"))).reference(false),
                "line" | "column" => Ty::prim("u32"),
                "cfg" => Ty::prim("bool"),
                "option_env" => Ty::adt("std::option::Option", [Ty::prim("str").reference(false)]),
                _ => Ty::Unknown,
            },
            MacroKind::Span => Ty::adt("tracing::Span", []),
            MacroKind::Unknown => match (name.as_str(), args.as_slice()) {
                ("ready", [poll]) => {
                    let poll = self.vars.shallow(poll);
                    if poll.is("std::task::Poll") { poll.arg(0) } else { Ty::Unknown }
                }
                ("assert_ok" | "assert_ready_ok", [value, ..]) => {
                    let value = self.ready(value);
                    self.ask(Question::Tried, &value)
                }
                ("assert_err" | "assert_ready_err", [value, ..]) => {
                    let value = self.ready(value);
                    value.as_result().map_or(Ty::Unknown, |(_, error)| error)
                }
                ("assert_ready" | "assert_ready_eq", [value, ..]) => self.ready(value),
                ("try", [result]) => self.ask(Question::Tried, result),
                ("poll", [future]) => {
                    let output = self.ask(Question::Output, future);
                    Ty::adt("std::task::Poll", [output])
                }
                ("json", _) => Ty::adt("serde_json::Value", []),
                ("matches", _) => Ty::prim("bool"),
                ("addr_of" | "addr_of_mut", [place]) => Ty::Ptr(Arc::new(place.clone())),
                _ => Ty::Unknown,
            },
        }
    }

    /// What a `Poll` is ready with; anything else as it is.
    fn ready(&mut self, ty: &Ty) -> Ty {
        let ty = self.vars.shallow(ty);
        if ty.is("std::task::Poll") { ty.arg(0) } else { ty }
    }

    /// `write!` calls `write_fmt` of its destination.
    fn written(&mut self, destination: Option<&Ty>) -> Ty {
        let result = |error: &str| Ty::adt("std::result::Result", [Ty::unit(), Ty::adt(error, [])]);
        let Some(destination) = destination else { return Ty::Unknown };
        let (steps, open) = self.deref_steps(destination);
        for step in &steps {
            let path = match step {
                Ty::Adt(path, _) => *path,
                Ty::Param(_, bounds) | Ty::Dyn(bounds) | Ty::Impl(bounds) => {
                    if bounds.iter().any(|b| b.path.as_str() == "std::fmt::Write") {
                        return result("std::fmt::Error");
                    }
                    if bounds.iter().any(|b| b.path.as_str() == "std::io::Write") {
                        return result("std::io::Error");
                    }
                    continue;
                }
                _ => continue,
            };
            match path.as_str() {
                "std::fmt::Formatter" | "std::string::String" => return result("std::fmt::Error"),
                "std::vec::Vec" => return result("std::io::Error"),
                _ => {}
            }
            let (fmt, io) =
                (self.implements(step, sym("std::fmt::Write")), self.implements(step, sym("std::io::Write")));
            match (fmt, io) {
                (true, false) => return result("std::fmt::Error"),
                (false, true) => return result("std::io::Error"),
                _ => {}
            }
        }
        let _ = open;
        let error = self.vars.opaque();
        Ty::adt("std::result::Result", [Ty::unit(), error])
    }

    pub(super) fn select(&mut self, id: ExprId, select: &Select, expected: Option<&Ty>) -> Ty {
        let path = self.program.resolve_macro(self.file, self.module, &select.path);
        self.macros.insert(id, path);
        let join = self.vars.free();
        let mut values = Vec::with_capacity(select.branches.len() + 1);
        for branch in &select.branches {
            let future = self.infer(branch.future);
            if let Some(condition) = branch.condition {
                self.infer(condition);
            }
            let output = if branch.is_channel_operation {
                let item = self.ask(Question::Item, &future);
                Ty::adt("std::result::Result", [item, Ty::adt("crossbeam_channel::RecvError", [])])
            } else {
                match self.awaited.get(&branch.future) {
                    Some(known) => known.clone(),
                    None => self.ask(Question::Await(branch.future), &future),
                }
            };
            self.bind(branch.pat, &output);
            let hint = expected.cloned().unwrap_or_else(|| join.clone());
            let value = self.infer_expected(branch.handler, &hint);
            self.join_value(&join, &value);
            values.push(value);
        }
        if let Some(otherwise) = select.otherwise {
            let hint = expected.cloned().unwrap_or_else(|| join.clone());
            let value = self.infer_expected(otherwise, &hint);
            self.join_value(&join, &value);
            values.push(value);
        }
        self.joined(&join, &values)
    }
}
