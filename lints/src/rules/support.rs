//! Words and questions that rules share.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::DropHow;
use linger_analysis::flow::tokens::{End, Token};
use linger_analysis::span::Span;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};

/// The last segment of a path.
pub(crate) fn short(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// "a `MutexGuard`", by the resource that the token is.
pub(crate) fn noun(_cx: &BodyContext<'_>, token: &Token) -> String {
    match token.owned.first() {
        Some(owned) => format!("`{}`", short(&owned.ty)),
        None => "a resource".to_owned(),
    }
}

/// "lock", "`RefCell`", "map": what a guard guards.
pub(crate) fn lock_noun(token: &Token) -> &'static str {
    match token.owned.first().map(|o| o.class) {
        Some(Class::RefcellBorrow) => "`RefCell`",
        Some(Class::MapGuard) => "map shard",
        _ => "lock",
    }
}

/// Where a token's life ends, in words: the last end in the text.
pub(crate) fn held_until(view: &FlowView<'_>, token: &Token) -> Option<(Span, &'static str)> {
    let ends = view
        .tokens
        .ends
        .iter()
        .filter(|e| view.tokens.token(e.token).at == token.at && e.span.hi > token.span.hi);
    let end = ends.max_by_key(|e| e.span.hi)?;
    let text = match end.how {
        End::Dropped(DropHow::ScopeEnd) => "still held until here, the end of its scope",
        End::Dropped(DropHow::StatementEnd | DropHow::ConditionEnd) => "the temporary lives until here",
        End::Dropped(DropHow::ScrutineeEnd) => "the temporary of the head lives until here",
        End::Dropped(DropHow::TailEnd) => "the temporary of the tail expression lives until here",
        End::Dropped(DropHow::Overwritten) => "replaced only here",
        End::Passed | End::Awaited => "released only here",
        End::Returned | End::Stored | End::Captured => return None,
    };
    Some((end.span, text))
}

/// The catalogue's entry for the first resource that a token is.
pub(crate) fn resource<'a>(
    cx: &BodyContext<'a>,
    token: &Token,
) -> Option<&'a linger_analysis::catalogue::Resource> {
    token.owned.iter().find_map(|o| cx.catalogue().resource(o.ty))
}

/// Something that takes long, waits, or comes back into the program, so that holding a guard meanwhile matters.
pub(crate) struct Activity {
    /// Where.
    pub(crate) span: Span,
    /// What, as a clause: "awaits here", "`recv` waits here".
    pub(crate) text: String,
    /// Places inside helpers, outermost first.
    pub(crate) way: Vec<linger_analysis::span::FileSpan>,
}

/// What a statement does that a guard should not be held over. `None` for everyday code.
pub(crate) fn activity(
    cx: &BodyContext<'_>,
    statement: &linger_analysis::flow::mir::Statement,
) -> Option<Activity> {
    use linger_analysis::facts::EffectKind;
    use linger_analysis::flow::mir::StatementKind;
    use linger_analysis::types::infer::{Known, Target};
    let span = statement.span;
    let here = |text: String| Some(Activity { span, text, way: Vec::new() });
    let call = match &statement.kind {
        StatementKind::Await { .. } => return here("the task may be parked here".to_owned()),
        StatementKind::Call(call) => call,
        _ => return None,
    };
    match &call.callee.target {
        Target::External(path) => {
            let facts = cx.catalogue().facts(*path)?;
            if facts.tries || call.callee.known != Known::Resolved {
                return None;
            }
            let name = short(path);
            if facts.waits || facts.blocks {
                here(format!("`{name}` waits here"))
            } else if facts.io {
                here(format!("`{name}` does I/O here"))
            } else if facts.locks.is_some() {
                here(format!("`{name}` takes another lock here"))
            } else {
                None
            }
        }
        Target::Def(def) => {
            let summary = cx.analysis.summary(*def)?;
            let is_async = cx.program().def(*def).signature.as_ref().is_some_and(|s| s.is_async);
            if is_async {
                return None;
            }
            for kind in [EffectKind::Waits, EffectKind::Blocks, EffectKind::Io, EffectKind::CallsBack] {
                let Some(effect) = summary.effects.get(&kind) else { continue };
                if effect.depth > 1 {
                    continue;
                }
                let name = call.name;
                let what = short(&effect.what);
                let text = match kind {
                    EffectKind::CallsBack => format!("`{name}` calls back (`{what}`)"),
                    EffectKind::Io => format!("`{name}` does I/O (`{what}`)"),
                    _ => format!("`{name}` waits (`{what}`)"),
                };
                return Some(Activity { span, text, way: vec![effect.at] });
            }
            if let Some(lock) = summary.locks.first() {
                let text = format!("`{}` takes another lock here", call.name);
                return Some(Activity { span, text, way: vec![lock.at] });
            }
            None
        }
        Target::Value => here("a callback runs here".to_owned()),
        // A closure of this very body is no callback: what it does is its own flow.
        Target::Local(local)
            if !matches!(cx.types().locals.get(local.index()), Some(Ty::Closure(..)) | None) =>
        {
            here("a callback runs here".to_owned())
        }
        _ => None,
    }
}

/// Whether a statement works on (or through) a token.
pub(crate) fn involves(
    state: &linger_analysis::flow::tokens::State,
    statement: &linger_analysis::flow::mir::Statement,
    id: linger_analysis::flow::tokens::TokenId,
) -> bool {
    use linger_analysis::flow::mir::StatementKind;
    use linger_analysis::types::infer::Target;
    let touches = |o: &linger_analysis::flow::mir::Operand| {
        o.place().is_some_and(|p| state.reached(p.var).contains(id))
    };
    match &statement.kind {
        // To run a callback that a guard lends is not to work on what it guards.
        StatementKind::Call(call) if matches!(call.callee.target, Target::Local(_) | Target::Value) => false,
        StatementKind::Call(call) => call.args.iter().any(touches),
        StatementKind::Await { operands, .. } => operands.iter().any(touches),
        StatementKind::Macro { args, .. } => args.iter().any(touches),
        _ => false,
    }
}

/// Whether a call works on a token, through any of its arguments.
pub(crate) fn touches_token(
    tokens: &linger_analysis::flow::tokens::Tokens<'_>,
    point: linger_analysis::flow::mir::Point,
    call: &linger_analysis::flow::mir::Call,
    id: linger_analysis::flow::tokens::TokenId,
) -> bool {
    let state = tokens.state_at(point);
    call.args.iter().any(|o| o.place().is_some_and(|p| state.reached(p.var).contains(id)))
}
