//! Guards that a function is given for the future or stream that it returns, and that stay outside of it.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::identity::Identities;
use linger_analysis::flow::mir::{DropHow, Owner, Rvalue, Var, VarKind};
use linger_analysis::flow::tokens::{End, Source, Token, TokenId};
use linger_analysis::syntax::hir::ClosureKind;

use crate::context::{BodyContext, FlowView};

/// The guards among the parameters of a function that are dropped when it returns, before the block that it returns has
/// begun to run.
pub(super) fn guards<'v>(cx: &BodyContext<'_>, view: &'v FlowView<'_>) -> Vec<&'v Token> {
    if view.mir.owner != Owner::Root || view.mir.is_async || !returns_block(cx, view) {
        return Vec::new();
    }
    let is_left = |id: TokenId| {
        let mut ends = view.tokens.ends.iter().filter(|e| e.token == id).peekable();
        ends.peek().is_some() && ends.all(|e| e.how == End::Dropped(DropHow::ScopeEnd))
    };
    let tokens = view.tokens.iter().filter(|(id, token)| {
        token.source == Source::Parameter
            && token.owned.iter().all(|o| matches!(o.class, Class::LockGuard | Class::Permit))
            && is_kept_by_name(cx, view, token)
            && is_left(*id)
    });
    tokens.map(|(_, token)| token).collect()
}

/// `_permit`: nothing is done with it, it is there to live.
fn is_kept_by_name(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    view.mir.vars.iter().any(|v| {
        v.span == token.span
            && matches!(v.kind, VarKind::User(local) if cx.hir().local(local).name.starts_with('_'))
    })
}

/// Whether a function gives an async block or stream back, also in a box.
fn returns_block(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let ids: &Identities<'_> = &view.tokens.identities;
    let mut var: Var = view.mir.return_var;
    for _ in 0..6 {
        var = match ids.definition(var) {
            Some(Rvalue::Closure { id, .. }) => return cx.hir().closure(*id).kind == ClosureKind::AsyncBlock,
            Some(Rvalue::Use(operand)) => match operand.var() {
                Some(inner) => inner,
                None => return false,
            },
            Some(_) => return false,
            None => match ids
                .returned_by(var)
                .filter(|call| call.name == "pin")
                .and_then(|c| c.args.first()?.var())
            {
                Some(inner) => inner,
                None => return false,
            },
        };
    }
    false
}
