//! Waits for what an empty lock is filled with: the first one waits, all others find it there.

use linger_analysis::flow::mir::{Operand, Point, Rvalue, Statement, StatementKind, Var};
use linger_analysis::flow::tokens::TokenId;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};

/// Whether a wait under a guard of an `Option` comes only after the question whether that is empty, and the `Option` is
/// filled afterwards.
pub(super) fn is_filled_once(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId, wait: Point) -> bool {
    let tokens = &view.tokens;
    let token = tokens.token(id);
    let state = tokens.state_at(wait);
    let guards_option = view.mir.vars.iter().enumerate().any(|(number, v)| {
        let is_guard =
            |ty: &Ty| matches!(ty, Ty::Adt(_, args) if args.iter().any(|a| a.as_option().is_some()));
        let var = Var(number as u32);
        is_guard(&v.ty) && state.owned(var).contains(id)
    });
    if !guards_option {
        return false;
    }
    let asks = |at: Point| {
        matches!(view.mir.statement(at).map(|s| &s.kind), Some(StatementKind::Call(call))
            if matches!(call.name.as_str(), "is_none" | "is_some")
                && call.args.first().and_then(Operand::place).is_some_and(|p| tokens.state_at(at).reached(p.var).contains(id)))
    };
    let unasked = tokens.path(token.at, |at, _| at == wait, |at, _| asks(at)).is_some();
    let fills = |at: Point, statement: Option<&Statement>| match statement.map(|s| &s.kind) {
        Some(StatementKind::Assign { dest, value }) => {
            let is_none = matches!(value, Rvalue::Use(Operand::Constant(e))
                if cx.types().paths.get(e).is_some_and(|p| p.ends_with("::None")));
            dest.is_indirect() && !is_none && tokens.state_at(at).reached(dest.var).contains(id)
        }
        _ => false,
    };
    !unasked && tokens.path(wait, fills, |_, _| false).is_some()
}
