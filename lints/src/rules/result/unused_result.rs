//! Results that a plain statement drops.

use linger_analysis::flow::mir::Discard;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::propagate::propagate;
use crate::rules::result::{discards, origin};

declare_rule! {
    /// A statement drops a `Result`, or a value of a `#[must_use]` type, outright.
    ///
    /// ## Why it matters
    ///
    /// Nobody sees the error. The compiler warns of it, but only in the code that it compiles: not in the branches of
    /// other platforms and features.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// #[cfg(windows)]
    /// fn unlock(path: &std::path::Path) -> std::io::Result<()> {
    ///     std::fs::remove_file(path);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// #[cfg(windows)]
    /// fn unlock(path: &std::path::Path) -> std::io::Result<()> {
    ///     std::fs::remove_file(path)
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Only calls whose type is known for certain. `let _ =` says that it is meant: see `ignored_result`.
    UnusedResult("unused_result") {
        group: Result,
        cases: {
            elsewhere: Warn = "in a function under a `#[cfg]`, which the compiler may not see",
            plain: Allow = "in other code, where the compiler warns too",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["unused_must_use"],
    }
}

impl Rule for UnusedResult {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let case = if is_conditional(cx) { "elsewhere" } else { "plain" };
        for view in cx.flows() {
            for (_, var, shape, span, expr) in discards(view) {
                let (Discard::Statement, Some(e)) = (shape, expr) else { continue };
                let ty = &view.mir.var(var).ty;
                let Some(call) = view.tokens.identities.defining_call(var) else { continue };
                let is_certain = call.callee.known == Known::Resolved
                    && match call.callee.target {
                        Target::Def(_) => true,
                        Target::External(_) => origin(cx, view, var).is_some(),
                        _ => false,
                    };
                let Some(noun) = must_be_used(cx, ty).filter(|_| is_certain) else { continue };
                let message = format!("{noun} of `{}` is dropped, and nobody looks at it", call.name);
                let mut finding = Diagnostic::new(&META, cx.at(span), message)
                    .case(case)
                    .label("dropped here")
                    .help("return it with `?`, handle it, or write `let _ =` where it does not matter");
                if let Some(fix) = propagate(cx, view, e, false) {
                    finding = finding.fix(fix);
                }
                report.push(finding);
            }
        }
    }
}

/// Whether the function, or the `impl` around it, is there under a condition.
fn is_conditional(cx: &BodyContext<'_>) -> bool {
    let items = &cx.program().file(cx.file()).items;
    let own = cx.body.def.map(|def| cx.program().item(def));
    std::iter::successors(own, |item| items.get(item.parent?.index()))
        .any(|item| item.attributes.is_conditional)
}

/// What a value is, when it must be used.
fn must_be_used(cx: &BodyContext<'_>, ty: &Ty) -> Option<&'static str> {
    match ty.as_result() {
        // An error that cannot happen is none.
        Some((_, error)) => {
            let never = error == Ty::Never || error.is("std::convert::Infallible");
            (!never && !error.is_unknown()).then_some("the `Result`")
        }
        None => cx.program().types.get(&ty.path()?).filter(|info| info.must_use).map(|_| "what must be used"),
    }
}
