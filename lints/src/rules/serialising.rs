//! Locks that only make tests run one after another.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::tokens::Token;
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;

/// How deep types are looked into: a guard in a struct in a result.
const DEPTH: u8 = 5;

/// Whether a guard of test code guards nothing but the order of tests: `()`. Each test has a runtime of its own, so who
/// waits for such a lock keeps nobody else waiting.
pub(crate) fn serialises_tests(cx: &BodyContext<'_>, token: &Token) -> bool {
    if !cx.body.in_test || !token.is(Class::LockGuard) {
        return false;
    }
    token.expr.is_some_and(|expr| guards_nothing(cx, cx.ty(expr), DEPTH))
}

/// Whether a type is, or holds, a guard of `()`.
fn guards_nothing(cx: &BodyContext<'_>, ty: &Ty, depth: u8) -> bool {
    let (Some(depth), Some(path)) = (depth.checked_sub(1), ty.path()) else { return false };
    let is_guard = cx.catalogue().resource(path).is_some_and(|r| r.class == Class::LockGuard);
    if is_guard {
        return ty.args().iter().any(Ty::is_unit);
    }
    if let Some(info) = cx.program().types.get(&path) {
        return info.fields.iter().any(|field| guards_nothing(cx, &field.ty, depth));
    }
    ty.args().iter().any(|arg| guards_nothing(cx, arg, depth))
}
