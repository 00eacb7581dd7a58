//! Transactions that roll back in silence.

use linger_analysis::catalogue::{Class, OnDrop};
use linger_analysis::flow::mir::{DropHow, Point, ReturnKind, Statement, StatementKind, Terminator};
use linger_analysis::flow::tokens::{End, Source, Token, TokenId};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::ExprKind;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::{noun, resource, touches_token};

declare_rule! {
    /// A transaction is written to and dropped on the success path without a commit.
    ///
    /// ## Why it matters
    ///
    /// Drop rolls a transaction back without a word: the function reports success and the data is not there.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn rename(pool: &sqlx::PgPool, id: i64) -> Result<(), sqlx::Error> {
    ///     let mut tx = pool.begin().await?;
    ///     sqlx::query("update users set name = 'x' where id = $1").bind(id).execute(&mut *tx).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn rename(pool: &sqlx::PgPool, id: i64) -> Result<(), sqlx::Error> {
    ///     let mut tx = pool.begin().await?;
    ///     sqlx::query("update users set name = 'x' where id = $1").bind(id).execute(&mut *tx).await?;
    ///     tx.commit().await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Transactions that are only read from are left alone; what counts as a write is a call with a writing
    /// name or statement.
    UncommittedTransaction("uncommitted_transaction") {
        group: Cleanup,
        cases: {
            never: Warn = "on no path",
            one_way: Allow = "committed on one path, dropped on another one that returns `Ok` behind a write",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for UncommittedTransaction {
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
    for (id, token) in tokens.iter() {
        if !token.is(Class::Transaction) || token.source != Source::Call {
            continue;
        }
        let Some(resource) = resource(cx, token) else { continue };
        if resource.drop != OnDrop::RollsBack {
            continue;
        }
        let others = tokens.ends.iter().any(|e| {
            e.token == id && !matches!(e.how, End::Dropped(DropHow::ScopeEnd | DropHow::StatementEnd))
        });
        // Committed, returned or handed on somewhere: then the other paths are meant to roll back.
        let released = view.mir.calls().any(|(point, _, call)| {
            (resource.release.contains(&call.name)
                || call.name.contains("commit")
                || call.name.contains("rollback"))
                && touches_token(view, point, call, id)
        });
        if others || released {
            on_one_way_out(cx, view, id, token, &resource.release, report);
            continue;
        }
        let written = tokens.mir.statements().find_map(|(point, statement)| match &statement.kind {
            StatementKind::Call(call) if is_write(&call.name) && touches_token(view, point, call, id) => {
                Some(statement.span)
            }
            _ => None,
        });
        if written.is_none() && !resource.must_be_ended {
            continue;
        }
        let Some(end) = tokens.ends.iter().filter(|e| e.token == id).max_by_key(|e| e.span.hi) else {
            continue;
        };
        let what = noun(token);
        let message = match (&resource.note, resource.must_be_ended) {
            (Some(note), true) => format!("{what} is neither committed nor rolled back: {note}"),
            (None, true) => format!("{what} is neither committed nor rolled back"),
            _ => format!("{what} is never committed: Drop rolls it back in silence"),
        };
        let mut finding =
            Diagnostic::new(&META, cx.at(token.span), message).case("never").label("begun here");
        if let Some(written) = written {
            finding = finding.step(cx.at(written), "written to here");
        }
        let ends = if resource.must_be_ended { "dropped here" } else { "dropped, and so rolled back, here" };
        report.push(
            finding
                .step(cx.at(end.span), ends)
                .confidence(token.known.into())
                .help("commit it on the success path, or roll it back explicitly to say that this is meant"),
        );
    }
}

/// Committed on one way, but dropped on another one that says `return Ok(…)` behind a write.
fn on_one_way_out(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    id: TokenId,
    token: &Token,
    release: &[Symbol],
    report: &mut Vec<Diagnostic>,
) {
    let tokens = &view.tokens;
    let ended = |at: Point| {
        tokens.ends.iter().any(|e| e.token == id && e.at == at && !matches!(e.how, End::Dropped(_)))
            || matches!(view.mir.statement(at).map(|s| &s.kind), Some(StatementKind::Call(call))
                if release.contains(&call.name) && touches_token(view, at, call, id))
    };
    let found = view.mir.calls().find_map(|(at, statement, call)| {
        let writes = is_write(&call.name) && !ended(at) && touches_token(view, at, call, id);
        if !writes || !view.is_reachable(at) {
            return None;
        }
        let succeeds = |p: Point, s: Option<&Statement>| {
            s.is_none() && returned_success(cx, &view.mir.blocks[p.block.index()].terminator)
        };
        let out = tokens.path(at, succeeds, |p, _| ended(p))?;
        match view.mir.blocks[out.block.index()].terminator {
            Terminator::Return { span, .. } => Some((statement.span, span)),
            _ => None,
        }
    });
    let Some((written, out)) = found else { return };
    let what = noun(token);
    report.push(
        Diagnostic::new(
            &META,
            cx.at(token.span),
            format!("{what} is rolled back in silence on a way out that reports success"),
        )
        .case("one_way")
        .label("begun here")
        .step(cx.at(written), "written to here")
        .step(cx.at(out), "returns `Ok` without a commit")
        .confidence(token.known.into())
        .help("commit before this return, or roll it back explicitly to say that this is meant"),
    );
}

/// `return Ok(…)`
fn returned_success(cx: &BodyContext<'_>, terminator: &Terminator) -> bool {
    let Terminator::Return { kind: ReturnKind::Explicit, span } = terminator else { return false };
    let body = cx.hir();
    body.exprs.iter().any(|e| {
        let ExprKind::Return(Some(value)) = e.kind else { return false };
        let ExprKind::Call { callee, .. } = &body.expr(value).kind else { return false };
        e.span == *span
            && matches!(&body.expr(*callee).kind, ExprKind::Path(path)
                if path.last().is_some_and(|name| name.as_str() == "Ok"))
    })
}

/// Calls that write, by the verb of their name.
fn is_write(name: &str) -> bool {
    let verbs = [
        "exec", "insert", "update", "delete", "save", "put", "set", "remove", "create", "drop", "add",
        "store", "write",
    ];
    verbs.iter().any(|v| name.starts_with(v) || name.contains(&format!("_{v}")))
}
