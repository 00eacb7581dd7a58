//! Handles that a new one replaces while their work goes on.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::identity::Root;
use linger_analysis::flow::mir::{DropHow, Operand, Place, Point, Projection, StatementKind, Var, VarKind};
use linger_analysis::flow::tokens::{End, Source, Token, TokenId};
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind, PatId, PatKind};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::carried::{Into, holders, stores};

declare_rule! {
    /// A variable or field that holds the handle of running work is given a new one.
    ///
    /// ## Why it matters
    ///
    /// Dropping the handle of a task, thread or process does not end it. The old one runs on beside the new one, and
    /// nobody can stop it or wait for it any more.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn restart(times: u32) -> std::io::Result<()> {
    ///     let mut server = std::process::Command::new("server").spawn()?;
    ///     for _ in 0..times {
    ///         server = std::process::Command::new("server").spawn()?;
    ///     }
    ///     server.wait()?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn restart(times: u32) -> std::io::Result<()> {
    ///     let mut server = std::process::Command::new("server").spawn()?;
    ///     for _ in 0..times {
    ///         server.kill()?;
    ///         server.wait()?;
    ///         server = std::process::Command::new("server").spawn()?;
    ///     }
    ///     server.wait()?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A field counts as replaced only where the same function does not look at it otherwise.
    OverwrittenHandle("overwritten_handle") {
        group: Task,
        cases: {
            replaced: Warn = "a handle is there for certain: a variable, a field that always holds one, or a loop",
            optional: Allow = "a field that may be empty is filled without a look at what is in it",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for OverwrittenHandle {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (id, token) in view.tokens.iter() {
                if token.source != Source::Call || noun(token).is_none() {
                    continue;
                }
                variables(cx, view, id, report);
                fields(cx, view, token, report);
            }
        }
    }
}

fn noun(token: &Token) -> Option<&'static str> {
    let [owned] = &token.owned[..] else { return None };
    match owned.class {
        Class::TaskHandle => Some("task"),
        Class::ThreadHandle => Some("thread"),
        Class::Child => Some("process"),
        _ => None,
    }
}

fn variables(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId, report: &mut Vec<Diagnostic>) {
    let token = view.tokens.token(id);
    let overwritten: Vec<(Point, Span, Var)> = view
        .tokens
        .ends
        .iter()
        .filter(|e| e.token == id && e.how == End::Dropped(DropHow::Overwritten))
        .filter_map(|e| match view.mir.statement(e.at)?.kind {
            StatementKind::Drop { var, .. } => Some((e.at, e.span, var)),
            _ => None,
        })
        .collect();
    let overwritten: Vec<_> =
        overwritten.into_iter().filter(|o| !is_known_empty(cx, view, o.2, o.1)).collect();
    if overwritten.is_empty() {
        return;
    }
    let (mut touched, mut assigned): (Vec<Point>, Vec<Point>) = (Vec::new(), Vec::new());
    view.tokens.walk(|point, state, statement| {
        if let StatementKind::Assign { dest, value: linger_analysis::flow::mir::Rvalue::Use(operand) } =
            &statement.kind
            && overwritten.iter().any(|(_, _, var)| dest.projections.is_empty() && dest.var == *var)
            && operand.var().is_some_and(|v| state.owned(v).contains(id))
        {
            assigned.push(point);
        }
        let operands: &[Operand] = match &statement.kind {
            // `Some(handle)` and `?` of what made it are not a use.
            StatementKind::Call(call) if call.args.iter().all(|o| matches!(o, Operand::Move(_))) => return,
            StatementKind::Call(call) => &call.args,
            StatementKind::Await { operands, .. } => operands,
            StatementKind::Macro { args, .. } => args,
            _ => return,
        };
        if operands.iter().any(|o| o.place().is_some_and(|p| state.reached(p.var).contains(id))) {
            touched.push(point);
        }
    });
    // From where the variable has it: in a loop the place that makes the next one is the same.
    let starts = if assigned.is_empty() { vec![token.at] } else { assigned };
    let found = overwritten.iter().find(|(at, _, _)| {
        starts.iter().any(|start| {
            view.tokens.path(*start, |point, _| point == *at, |point, _| touched.contains(&point)).is_some()
        })
    });
    if let Some((_, span, _)) = found {
        report.push(finding(cx, token, *span, "replaced"));
    }
}

/// Whether a variable is looked at and holds nothing there: `if let Err(e) = &child`, `if child.is_none()`.
fn is_known_empty(cx: &BodyContext<'_>, view: &FlowView<'_>, var: Var, at: Span) -> bool {
    let VarKind::User(local) = view.mir.var(var).kind else { return false };
    let hir = cx.hir();
    let is_it = |mut e: ExprId| loop {
        match &hir.expr(e).kind {
            ExprKind::Local(l) => return *l == local,
            ExprKind::AddressOf { operand, .. } => e = *operand,
            ExprKind::MethodCall { receiver, method, .. } if method.starts_with("as_") => e = *receiver,
            _ => return false,
        }
    };
    let says_nothing = |pat: PatId| match &hir.pat(pat).kind {
        PatKind::TupleStruct { path, .. } | PatKind::Path(path) => {
            path.last().is_some_and(|name| matches!(name.as_str(), "Err" | "None"))
        }
        _ => false,
    };
    hir.exprs.iter().any(|e| match &e.kind {
        ExprKind::If { condition, then_branch, .. } if hir.expr(*then_branch).span.contains(at) => {
            match &hir.expr(*condition).kind {
                ExprKind::Let { pat, scrutinee } => says_nothing(*pat) && is_it(*scrutinee),
                ExprKind::MethodCall { receiver, method, .. } => {
                    matches!(method.as_str(), "is_err" | "is_none") && is_it(*receiver)
                }
                _ => false,
            }
        }
        ExprKind::Match { scrutinee, arms } => {
            is_it(*scrutinee)
                && arms.iter().any(|a| says_nothing(a.pat) && hir.expr(a.body).span.contains(at))
        }
        _ => false,
    })
}

fn fields(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token, report: &mut Vec<Diagnostic>) {
    for (point, into) in stores(cx, view, &holders(cx, view, token.first)) {
        let Into::Place(place) = into else { continue };
        let Some(field) = field(&place) else { continue };
        let identity = view.tokens.identities.place(&place);
        let Root::Param(_) = identity.root else { continue };
        // Each turn of a loop over a list has another object.
        let turns = view.mir.blocks[point.block.index()].in_loop;
        let repeated = turns.is_some() && !identity.indexed && view.mir.var(place.var).in_loop != turns;
        if mentions(cx, field) != 1 || cx.analysis.is_once(cx.body, view.mir.owner) && !repeated {
            continue;
        }
        let Some(ty) = field_type(cx, view, &place) else { continue };
        let always = cx.catalogue().resource(ty.path().unwrap_or(field)).is_some();
        let case = if always || repeated { "replaced" } else { "optional" };
        let Some(span) = view.mir.statement(point).map(|s| s.span) else { continue };
        report.push(finding(cx, token, span, case));
    }
}

fn field(place: &Place) -> Option<Symbol> {
    match place.projections.last()? {
        Projection::Field(name) => Some(*name),
        _ => None,
    }
}

/// How often the function mentions a field of this name.
fn mentions(cx: &BodyContext<'_>, field: Symbol) -> usize {
    let hir = cx.hir();
    hir.exprs.iter().filter(|e| matches!(e.kind, ExprKind::Field { name, .. } if name == field)).count()
}

fn field_type(cx: &BodyContext<'_>, view: &FlowView<'_>, place: &Place) -> Option<Ty> {
    let mut ty = view.mir.var(place.var).ty.peel_refs().clone();
    for step in &place.projections {
        match step {
            Projection::Field(name) => {
                ty = cx.program().field_type(cx.catalogue(), &ty, *name)?.peel_refs().clone();
            }
            Projection::Deref => {}
            Projection::Index => return None,
        }
    }
    Some(ty)
}

fn finding(cx: &BodyContext<'_>, token: &Token, span: Span, case: &'static str) -> Diagnostic {
    let noun = noun(token).unwrap_or("task");
    let help = match noun {
        "task" => "abort or await the old one first, or keep all handles in a `JoinSet`",
        "process" => "kill the old one and wait for it first",
        _ => "tell the old one to stop and join it first",
    };
    Diagnostic::new(
        &META,
        cx.at(span),
        format!("a new handle replaces the old one, whose {noun} runs on with nobody to stop it"),
    )
    .case(case)
    .label("the old handle is dropped here")
    .step(cx.at(token.span), format!("the {noun} is started here"))
    .confidence(Confidence::from(token.known))
    .help(help)
}
