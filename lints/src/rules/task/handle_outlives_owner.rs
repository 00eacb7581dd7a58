//! Handles in fields that nobody ever ends.

use linger_analysis::catalogue::{Class, SpawnKind};
use linger_analysis::facts::{Spawn, spawns};
use linger_analysis::flow::mir::{Operand, Rvalue, Statement, StatementKind, Var};
use linger_analysis::span::FileSpan;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, PatKind};
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use super::child_exceptions::is_made_of_nothing;
use super::long::{ends_with_channel, is_long};
use super::spawned::endless_loop;
use super::stop_flag::{is_conditional, is_its_end, methods, stop_flag};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A struct keeps the handle of something that does not end by itself, and never ends it.
    ///
    /// ## Why it matters
    ///
    /// Dropping a `JoinHandle` detaches the task or thread, and dropping a `Child` leaves the process alone. A
    /// handle in a field that no method and no `Drop` ever touches gives the impression of ownership: when the
    /// struct goes, its work runs on (and an ended process stays a zombie).
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// pub struct Helper {
    ///     child: Option<std::process::Child>,
    /// }
    ///
    /// impl Helper {
    ///     pub fn start(&mut self) -> std::io::Result<()> {
    ///         let child = std::process::Command::new("helper").spawn()?;
    ///         self.child = Some(child);
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// pub struct Helper {
    ///     child: Option<std::process::Child>,
    /// }
    ///
    /// impl Helper {
    ///     pub fn start(&mut self) -> std::io::Result<()> {
    ///         let child = std::process::Command::new("helper").spawn()?;
    ///         self.child = Some(child);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// impl Drop for Helper {
    ///     fn drop(&mut self) {
    ///         if let Some(mut child) = self.child.take() {
    ///             let _ = child.kill();
    ///             let _ = child.wait();
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Any code that reads the field is trusted to know what it does with the handle. Tuple structs are left alone. So is
    /// a task that somebody aborts by hand and that ends by itself when nobody sends to it any more.
    HandleOutlivesOwner("handle_outlives_owner") {
        group: Task,
        cases: {
            never_ended: Warn = "nothing ever reads the field that holds the handle",
            aborted_by_hand: Warn = "a method aborts the task, and dropping the struct does not",
            stopped_by_hand: Allow = "a method sets the flag that ends it, and dropping the struct does not",
            once: Allow = "the same in a struct that is made once in the life of the process",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for HandleOutlivesOwner {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for started in started(cx, view) {
                in_field(cx, view, &started, report);
            }
            for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
                aborted_by_hand(cx, view, &spawn, report);
                report.extend(stopped_by_hand(cx, view, &spawn));
            }
        }
    }
}

/// Work that has been started here and does not end by itself.
struct Started {
    var: Var,
    at: FileSpan,
    known: Known,
    noun: &'static str,
    stays_in: Option<FileSpan>,
}

fn started(cx: &BodyContext<'_>, view: &FlowView<'_>) -> Vec<Started> {
    let mut out = Vec::new();
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        let noun = match spawn.kind {
            SpawnKind::Task => "task",
            SpawnKind::Thread | SpawnKind::Blocking => "thread",
            _ => continue,
        };
        let (Some(var), Some(endless)) = (spawn.handle, endless_loop(cx, &spawn)) else { continue };
        let at = cx.at(spawn.call.name_span);
        out.push(Started { var, at, known: spawn.call.callee.known, noun, stays_in: Some(endless.at) });
    }
    for (_, token) in view.tokens.iter() {
        use linger_analysis::flow::tokens::Source;
        let zombie = token.source == Source::Call
            && token.owned.len() == 1
            && token.owned.iter().all(|o| {
                o.class == Class::Child && cx.catalogue().resource(o.ty).is_some_and(|r| r.needs_reaping)
            })
            && !is_made_of_nothing(view, token);
        if let (true, Some(Statement { kind: StatementKind::Call(call), .. })) =
            (zombie, view.mir.statement(token.at))
        {
            let at = cx.at(call.name_span);
            out.push(Started { var: token.first, at, known: token.known, noun: "process", stays_in: None });
        }
    }
    out
}

fn in_field(cx: &BodyContext<'_>, view: &FlowView<'_>, started: &Started, report: &mut Vec<Diagnostic>) {
    let Some((owner, field, stored)) = stored_in(cx, view, started.var) else { return };
    let Some(info) = cx.program().types.get(&owner) else { return };
    if info.drop.is_some() || is_tuple_field(field) || is_read(cx, owner, field) {
        return;
    }
    let case = if cx.analysis.is_once(cx.body, view.mir.owner) { "once" } else { "never_ended" };
    let mut finding = Diagnostic::new(
        &META,
        started.at,
        format!(
            "this {} outlives `{}`, which keeps its handle and never uses it",
            started.noun,
            short(&owner)
        ),
    )
    .case(case)
    .label("started here")
    .step(stored, format!("kept in `{field}`: when that is dropped, the {} runs on", started.noun))
    .confidence(Confidence::from(started.known));
    if let Some(stays_in) = started.stays_in {
        finding = finding.step(stays_in, "nothing leaves this loop");
    }
    report.push(finding.help(match started.noun {
        "task" => "abort it in `Drop`, or keep a handle that does so (`AbortOnDropHandle`, a `JoinSet`)",
        "process" => "kill it and wait for it in `Drop`",
        _ => "tell it to stop and join it in `Drop`",
    }));
}

/// A task that goes on for long, in a struct with a method that aborts it and no `Drop` that does.
fn aborted_by_hand(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    spawn: &Spawn<'_>,
    report: &mut Vec<Diagnostic>,
) {
    let goes_on = || is_long(cx, spawn) && !ends_with_channel(cx, spawn);
    let Some(var) = spawn.handle.filter(|_| spawn.kind == SpawnKind::Task && goes_on()) else { return };
    if spawn.call.callee.known != Known::Resolved || cx.analysis.is_once(cx.body, view.mir.owner) {
        return;
    }
    let Some((owner, field, stored)) = stored_in(cx, view, var) else { return };
    let no_drop = cx.program().types.get(&owner).is_some_and(|info| info.drop.is_none());
    if !no_drop || is_tuple_field(field) {
        return;
    }
    let Some(abort) = aborted(cx, owner, field) else { return };
    report.push(
        Diagnostic::new(
            &META,
            cx.at(spawn.call.name_span),
            format!("this task outlives `{}` unless somebody aborts it by hand", short(&owner)),
        )
        .case("aborted_by_hand")
        .label("started here")
        .step(stored, format!("kept in `{field}`: when that is dropped, the task runs on"))
        .step(abort, "ended here, but not by `Drop`")
        .help("abort it in `Drop` too, or keep a handle that does so (`AbortOnDropHandle`, a `JoinSet`)"),
    );
}

/// Work that ends when a flag is set, in a struct with a method that sets it and no `Drop`.
fn stopped_by_hand(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> Option<Diagnostic> {
    let noun = match spawn.kind {
        SpawnKind::Task => "task",
        SpawnKind::Thread | SpawnKind::Blocking => "thread",
        _ => return None,
    };
    if !is_long(cx, spawn) || cx.analysis.is_once(cx.body, view.mir.owner) {
        return None;
    }
    let (owner, field, stored) = stored_in(cx, view, spawn.handle?)?;
    let has_drop = cx.program().types.get(&owner).is_none_or(|info| info.drop.is_some());
    let flag = stop_flag(cx, view, spawn.closure?, owner).filter(|_| !has_drop && !is_tuple_field(field))?;
    Some(
        Diagnostic::new(
            &META,
            cx.at(spawn.call.name_span),
            format!("this {noun} outlives `{}` unless somebody stops it by hand", short(&owner)),
        )
        .case("stopped_by_hand")
        .label("started here")
        .step(stored, format!("kept in `{field}`: when that is dropped, the {noun} runs on"))
        .step(cx.at(flag.asked), "it goes on until this flag is set")
        .step(flag.set, "set here, but not by `Drop`")
        .confidence(Confidence::from(spawn.call.callee.known))
        .help("set the flag in `Drop` too, and join what it ends"),
    )
}

/// Where a method of the struct aborts what is in the field. One that also awaits the end is an orderly stop, which
/// whoever has the struct is meant to call.
fn aborted(cx: &BodyContext<'_>, owner: Symbol, field: Symbol) -> Option<FileSpan> {
    let mut found = None;
    for other in methods(cx, owner) {
        let hir = cx.analysis.hir(other);
        if is_conditional(cx, other)
            || !hir.exprs.iter().any(|e| matches!(e.kind, ExprKind::Field { name, .. } if name == field))
        {
            continue;
        }
        let is_task = |e: ExprId| {
            let ty = other.types.expr(e).peel_refs();
            let class = ty.path().and_then(|p| cx.catalogue().resource(p)).map(|r| r.class);
            class == Some(Class::TaskHandle)
        };
        let abort = hir.exprs.iter().find_map(|e| match &e.kind {
            ExprKind::MethodCall { receiver, method, method_span, .. } => {
                (method.as_str() == "abort" && is_task(*receiver)).then_some(*method_span)
            }
            _ => None,
        });
        let Some(span) = abort else { continue };
        if is_its_end(cx, other)
            || hir.exprs.iter().any(|e| matches!(e.kind, ExprKind::Await { operand } if is_task(operand)))
        {
            return None;
        }
        found.get_or_insert(FileSpan { file: other.global.file, span });
    }
    found
}

/// The struct and field that a handle goes into, through moves and `Some(..)`.
fn stored_in(cx: &BodyContext<'_>, view: &FlowView<'_>, first: Var) -> Option<(Symbol, Symbol, FileSpan)> {
    use linger_analysis::types::infer::Target;
    let mut holders = vec![first];
    for _ in 0..4 {
        let before = holders.len();
        for (_, statement) in view.statements() {
            let moved = |o: &Operand| o.place().is_some_and(|p| holders.contains(&p.var) && !p.is_of_error());
            match &statement.kind {
                StatementKind::Assign { dest, value } => {
                    let goes_in = match value {
                        Rvalue::Use(operand) => moved(operand),
                        Rvalue::Aggregate { path: Some(path), parts } => {
                            if let Some((name, _)) = parts.iter().find(|(_, o)| moved(o))
                                && cx.program().types.contains_key(path)
                            {
                                return Some((*path, *name, cx.at(statement.span)));
                            }
                            parts.iter().any(|(_, o)| moved(o))
                        }
                        _ => false,
                    };
                    if !goes_in {
                        continue;
                    }
                    if let Some(found) = field_of(cx, view, dest) {
                        return Some((found.0, found.1, cx.at(statement.span)));
                    }
                    if dest.projections.is_empty() && !holders.contains(&dest.var) {
                        holders.push(dest.var);
                    }
                }
                StatementKind::Call(call) if call.args.iter().any(moved) => {
                    // `Some(handle)`, `?`, `unwrap()`: the same value in other clothes.
                    let keeps = match &call.callee.target {
                        Target::Constructor(_) => true,
                        Target::External(path) => cx.catalogue().facts(*path).is_some_and(|f| f.transparent),
                        _ => false,
                    };
                    if !keeps {
                        // `self.handles.push(handle)`
                        let into = call
                            .args
                            .first()
                            .filter(|_| matches!(call.name.as_str(), "push" | "insert" | "replace"));
                        if let Some(Operand::Borrow(true, place)) = into
                            && let Some(found) = field_of(cx, view, place)
                        {
                            return Some((found.0, found.1, cx.at(statement.span)));
                        }
                        continue;
                    }
                    if let Some(found) = field_of(cx, view, &call.dest) {
                        return Some((found.0, found.1, cx.at(statement.span)));
                    }
                    if call.dest.projections.is_empty() && !holders.contains(&call.dest.var) {
                        holders.push(call.dest.var);
                    }
                }
                _ => {}
            }
        }
        if holders.len() == before {
            break;
        }
    }
    None
}

/// The struct and field that a place names: `self.handle`.
fn field_of(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    place: &linger_analysis::flow::mir::Place,
) -> Option<(Symbol, Symbol)> {
    use linger_analysis::flow::mir::Projection;
    let fields: Vec<Symbol> = place
        .projections
        .iter()
        .filter_map(|p| match p {
            Projection::Field(name) => Some(*name),
            _ => None,
        })
        .collect();
    let (last, before) = fields.split_last()?;
    let mut ty: Ty = view.mir.var(place.var).ty.peel_refs().clone();
    for name in before {
        ty = cx.program().field_type(cx.catalogue(), &ty, *name)?.peel_refs().clone();
    }
    let owner = ty.path()?;
    let info = cx.program().types.get(&owner)?;
    info.fields.iter().any(|f| f.name == *last).then_some((owner, *last))
}

/// Fields of tuple structs are read by number and by patterns alike: too many ways to be sure.
fn is_tuple_field(field: Symbol) -> bool {
    field.as_str().chars().all(|c| c.is_ascii_digit())
}

/// Whether any code reads the field: an access that is not the place of an assignment or of a `push`, or a pattern.
fn is_read(cx: &BodyContext<'_>, owner: Symbol, field: Symbol) -> bool {
    // What a pattern may call the owner: by its name, or by that of a variant.
    let variants = cx.program().types.get(&owner).into_iter().flat_map(|info| &info.variants);
    let mut names: Vec<&str> = variants.map(|(name, _)| name.as_str()).collect();
    names.extend([short(&owner), "Self"]);
    cx.analysis.bodies.iter().any(|other| {
        let hir = cx.analysis.hir(other);
        let in_pattern = hir.pats.iter().any(|p| match &p.kind {
            PatKind::Struct { path, fields, .. } => {
                fields.iter().any(|(name, sub)| *name == field && !matches!(hir.pat(*sub).kind, PatKind::Wild))
                    && path.last().is_some_and(|l| names.contains(&l.as_str()))
            }
            _ => false,
        });
        in_pattern
            || (0..hir.exprs.len()).any(|i| {
                let e = ExprId(i as u32);
                matches!(&hir.expr(e).kind, ExprKind::Field { base, name } if *name == field && {
                    let ty = other.types.expr(*base).peel_refs();
                    ty.is_unknown() || ty.path() == Some(owner) || ty.path().is_none_or(|p| !cx.program().types.contains_key(&p))
                }) && !is_only_written(hir, e)
            })
    })
}

fn is_only_written(hir: &Body, field: ExprId) -> bool {
    hir.exprs.iter().any(|e| match &e.kind {
        ExprKind::Assign { place, .. } => *place == field,
        ExprKind::MethodCall { receiver, method, .. } => {
            *receiver == field && matches!(method.as_str(), "push" | "insert" | "push_back")
        }
        _ => false,
    })
}
