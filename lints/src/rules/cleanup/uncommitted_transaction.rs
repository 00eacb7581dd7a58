//! Transactions that roll back in silence.

use linger_analysis::catalogue::{Class, OnDrop};
use linger_analysis::flow::mir::{DropHow, StatementKind};
use linger_analysis::flow::tokens::{End, Source};

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
        level: Warn,
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
                && touches_token(tokens, point, call, id)
        });
        if others || released {
            continue;
        }
        let written = tokens.mir.statements().find_map(|(point, statement)| match &statement.kind {
            StatementKind::Call(call) if is_write(&call.name) && touches_token(tokens, point, call, id) => {
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
        let what = noun(cx, token);
        let message = match (&resource.note, resource.must_be_ended) {
            (Some(note), true) => format!("{what} is neither committed nor rolled back: {note}"),
            (None, true) => format!("{what} is neither committed nor rolled back"),
            _ => format!("{what} is never committed: Drop rolls it back in silence"),
        };
        let mut finding = Diagnostic::new(&META, cx.at(token.span), message).label("begun here");
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

/// Calls that write, by the verb of their name.
fn is_write(name: &str) -> bool {
    let verbs = [
        "exec", "insert", "update", "delete", "save", "put", "set", "remove", "create", "drop", "add",
        "store", "write",
    ];
    verbs.iter().any(|v| name.starts_with(v) || name.contains(&format!("_{v}")))
}
