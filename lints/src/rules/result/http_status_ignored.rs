//! Responses whose status nobody looks at.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::identity::Identities;
use linger_analysis::flow::mir::{Call, Operand, StatementKind, Var};
use linger_analysis::flow::tokens::{End, Source};
use linger_analysis::names::DefId;
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{Expr, ExprKind};
use linger_analysis::types::infer::Target;

use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::propagate::raise_status;
use crate::rules::result::{class_of, names_parameter};
use crate::rules::support::noun;

declare_rule! {
    /// The body of an HTTP response is used without a look at its status.
    ///
    /// ## Why it matters
    ///
    /// Clients report an error when there is no response, not when the response is `404` or `500`. The text of
    /// an error page is then parsed, stored or shown as if it were the answer.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn fetch(client: &reqwest::Client, url: &str) -> Result<String, reqwest::Error> {
    ///     client.get(url).send().await?.text().await
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn fetch(client: &reqwest::Client, url: &str) -> Result<String, reqwest::Error> {
    ///     client.get(url).send().await?.error_for_status()?.text().await
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A response that is handed to somebody else is theirs to check. A body that is decoded into a `Result`, into an
    /// enum with a variant for errors, or into a struct whose `error` is looked at, tells of them itself.
    HttpStatusIgnored("http_status_ignored") {
        group: Result,
        level: Warn,
        since: "0.1.0",
        fixes: Sometimes,
    }
}

impl Rule for HttpStatusIgnored {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    let mut read: Vec<Span> = Vec::new();
    for (id, token) in tokens.iter() {
        if !token.is(Class::HttpResponse) || token.source != Source::Call {
            continue;
        }
        // A helper of the program that gives a response may have looked at it.
        let made_outside = tokens
            .identities
            .defining_call(token.first)
            .is_some_and(|c| matches!(c.callee.target, linger_analysis::types::infer::Target::External(_)));
        if !made_outside {
            continue;
        }
        let (mut used, mut elsewhere) = (None, false);
        let mut carries_errors = false;
        tokens.walk(|point, state, statement| {
            if point == token.at {
                return;
            }
            // Its headers, and closures over them, are not the response: nobody reads the status off them.
            let holds_it =
                |ty: &Ty| ty.any(&mut |t| t.path().is_some_and(|p| token.owned.iter().any(|o| o.ty == p)));
            let is_response = |var: Var| {
                let ty = &view.mir.var(var).ty;
                ty.peel_refs().is_unknown() && !is_of_headers(view, var, &holds_it) || holds_it(ty)
            };
            let touches = |o: &Operand| {
                o.place().is_some_and(|p| state.reached(p.var).contains(id) && is_response(p.var))
            };
            match &statement.kind {
                StatementKind::Call(call) if call.args.iter().any(touches) => {
                    let at = call.args.iter().position(touches).unwrap_or_default();
                    match look(cx, call, at, FAR_ENOUGH) {
                        Look::Body => {
                            used.get_or_insert((statement.span, call.name));
                            carries_errors |= has_errors_of_its_own(cx, view, call);
                        }
                        Look::Nothing => {}
                        Look::MayBeStatus => elsewhere = true,
                    }
                }
                // What is printed and of no known type was made of the headers, unless it is the whole.
                StatementKind::Macro { args, .. } => {
                    let is_whole = |o: &Operand| {
                        o.place().is_some_and(|p| {
                            holds_it(&view.mir.var(p.var).ty) || state.owned(p.var).contains(id)
                        })
                    };
                    elsewhere |= args.iter().any(|o| touches(o) && is_whole(o));
                }
                _ => {}
            }
        });
        // What is made of its body and returned is not the response.
        let returned = &view.mir.var(view.mir.return_var).ty;
        let returns_it = returned.any(&mut |t| {
            t.is_unknown() || cx.analysis.ownership.owned(t).iter().any(|o| token.owned.contains(o))
        });
        let handed_on = tokens.ends.iter().filter(|e| e.token == id).any(|e| match e.how {
            End::Returned => returns_it,
            End::Stored | End::Captured => true,
            _ => false,
        });
        let Some((span, name)) = used else { continue };
        if elsewhere || handed_on || carries_errors || cx.has_reason(token.span) {
            continue;
        }
        // Responses of several arms that one call reads are one matter.
        if read.contains(&span) {
            continue;
        }
        read.push(span);
        let what = noun(token);
        let mut finding = Diagnostic::new(
            &META,
            cx.at(token.span),
            format!("the body of this {what} is used whatever its status"),
        )
        .label("received here")
        .step(cx.at(span), format!("`{name}` reads the body"))
        .confidence(token.known.into())
        .help("call `error_for_status()?`, or look at `status()` first");
        if let Some(fix) = raise_status(cx, view, token) {
            finding = finding.fix(fix);
        }
        report.push(finding);
    }
}

/// Whether a body is decoded into what says itself whether it is an error: a `Result`, an enum with a variant for
/// errors, a struct with a field for them. The protocol has its own failures then.
fn has_errors_of_its_own(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let decoded = match &view.mir.var(call.dest.var).ty {
        Ty::Future(output, _) => (**output).clone(),
        ty => ty.clone(),
    };
    let decoded = decoded.as_result().map_or(decoded, |(ok, _)| ok);
    let is_error = |name: Symbol| {
        let name = name.as_str();
        name == "Err" || name.contains("Error") || name.contains("Fail")
    };
    let info = decoded.path().and_then(|p| cx.program().types.get(&p));
    // A struct has it in a field, which somebody looks at: `response.error`.
    let is_looked_at = |field: &Symbol| {
        let named = |e: &Expr| matches!(&e.kind, ExprKind::Field { name, .. } if name == field);
        matches!(field.as_str(), "error" | "errors" | "error_code") && cx.hir().exprs.iter().any(named)
    };
    decoded.as_result().is_some()
        || info.is_some_and(|info| info.fields.iter().any(|field| is_looked_at(&field.name)))
        || info.is_some_and(|info| info.variants.iter().any(|(name, _)| is_error(*name)))
}

/// How far a response that is handed on is followed.
const FAR_ENOUGH: u32 = 3;

/// What a call does with a response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Reads the body, whatever the status.
    Body,
    /// Neither.
    Nothing,
    /// Looks at the status, or may: it is not known.
    MayBeStatus,
}

/// Methods that tell of a response, but not whether it is a success.
fn is_about_headers(name: &str) -> bool {
    matches!(
        name,
        "headers"
            | "headers_mut"
            | "content_length"
            | "url"
            | "version"
            | "header"
            | "extensions"
            | "remote_addr"
    )
}

/// Whether a value comes from the headers, through whatever calls: `Mime::from_str(response.headers().get(..)..)`.
/// Or from other values of known types, none of which holds the response.
fn is_of_headers(view: &FlowView<'_>, var: Var, holds_it: &dyn Fn(&Ty) -> bool) -> bool {
    let mut var = var;
    for _ in 0..16 {
        let Some(call) = view.tokens.identities.defining_call(var) else { return false };
        if is_about_headers(call.name.as_str()) {
            return true;
        }
        let is_other = |ty: &Ty| !ty.peel_refs().is_unknown() && !holds_it(ty);
        if !call.args.is_empty() && call.args.iter().all(|a| is_other(view.operand_ty(a))) {
            return true;
        }
        match call.args.first().and_then(Operand::place) {
            Some(place) => var = place.var,
            None => return false,
        }
    }
    false
}

/// What a call does with the response that is its argument number `at`.
fn look(cx: &BodyContext<'_>, call: &Call, at: usize, depth: u32) -> Look {
    match &call.callee.target {
        Target::Def(def) if depth > 0 => in_helper(cx, *def, at, depth - 1),
        Target::External(path) if cx.catalogue().facts(*path).is_some_and(|f| f.reads_body) => Look::Body,
        Target::Local(_) | Target::Def(_) | Target::AnyOf(_) | Target::Value => Look::MayBeStatus,
        _ => match call.name.as_str() {
            name if is_about_headers(name) => Look::Nothing,
            "unwrap" | "expect" | "map_err" | "with_context" | "context" | "instrument" => Look::Nothing,
            _ => Look::MayBeStatus,
        },
    }
}

/// What a function of the program does with the response that it takes. Whoever hands it on by value is done with it.
fn in_helper(cx: &BodyContext<'_>, def: DefId, parameter: usize, depth: u32) -> Look {
    let Some(body) = cx.analysis.body_of(def) else { return Look::MayBeStatus };
    let mut found = Look::Nothing;
    for mir in body.flow.all() {
        let ids = Identities::new(cx.analysis.flow_context(body), mir, cx.analysis);
        // A reader around it is the same object and has no status to look at.
        let may_be = |o: &Operand| {
            let ty = o.place().map_or(&Ty::Unknown, |p| mir.var(p.var).ty.peel_refs());
            let whole = ty.good_value();
            let whole = whole.as_ref().unwrap_or(ty).peel_refs();
            whole.is_unknown() || class_of(cx, whole) == Some(Class::HttpResponse)
        };
        let is_it = |o: &Operand| {
            may_be(o)
                && ids.operand(o).is_some_and(|i| {
                    i.path.is_empty() && names_parameter(cx.analysis.hir(body), mir, i.root, parameter)
                })
        };
        for (_, statement) in mir.statements() {
            let here = match &statement.kind {
                StatementKind::Call(call) => match call.args.iter().position(is_it) {
                    Some(at) => look(cx, call, at, depth),
                    None => Look::Nothing,
                },
                StatementKind::Macro { args, .. } if args.iter().any(is_it) => Look::MayBeStatus,
                _ => Look::Nothing,
            };
            match here {
                Look::MayBeStatus => return Look::MayBeStatus,
                Look::Body => found = Look::Body,
                Look::Nothing => {}
            }
        }
    }
    // Neither read nor looked at: kept, returned, or gone somewhere that was not seen.
    if found == Look::Nothing { Look::MayBeStatus } else { found }
}
