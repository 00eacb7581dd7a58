//! Words and questions that rules share.

use std::path::Path;

use linger_analysis::catalogue::{Class, OnPath};
use linger_analysis::flow::mir::{Call, DropHow, Point};
use linger_analysis::flow::tokens::{End, EndAt, Token};
use linger_analysis::names::TargetKind;
use linger_analysis::span::Span;

use crate::context::{BodyContext, FlowView};

/// The last segment of a path.
pub(crate) fn short(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// Whether a call does this to the file whose path it is given.
pub(crate) fn does(cx: &BodyContext<'_>, call: &Call, what: OnPath) -> bool {
    cx.facts(&call.callee.target).is_some_and(|f| f.on_path == Some(what))
}

/// "a `MutexGuard`", by the resource that the token is.
pub(crate) fn noun(token: &Token) -> String {
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
    last_end(view, token, |_| true)
}

/// The same, of the ends that control can get to from a point.
pub(crate) fn held_from(view: &FlowView<'_>, token: &Token, from: Point) -> Option<(Span, &'static str)> {
    last_end(view, token, |end| view.tokens.path(from, |point, _| point == end.at, |_, _| false).is_some())
        .or_else(|| held_until(view, token))
}

fn last_end(
    view: &FlowView<'_>,
    token: &Token,
    counts: impl Fn(&EndAt) -> bool,
) -> Option<(Span, &'static str)> {
    let ends = view
        .tokens
        .ends
        .iter()
        .filter(|e| view.tokens.token(e.token).at == token.at && e.span.hi > token.span.hi && counts(e));
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

/// Whether a call works on a token, through any of its arguments.
pub(crate) fn touches_token(
    view: &FlowView<'_>,
    point: linger_analysis::flow::mir::Point,
    call: &linger_analysis::flow::mir::Call,
    id: linger_analysis::flow::tokens::TokenId,
) -> bool {
    call.args.iter().any(|o| o.place().is_some_and(|p| view.in_hand().reaches(point, p.var, id)))
}

/// Whether code is only there for tests or to show something: test code, or a package in a folder for such.
pub(crate) fn is_test_or_sample(cx: &BodyContext<'_>) -> bool {
    const FOLDERS: [&str; 6] = ["tests", "benches", "examples", "fuzz", "sample", "samples"];
    if cx.body.in_test {
        return true;
    }
    let roots =
        || cx.program().crates.iter().filter(|c| c.kind != TargetKind::Loose).map(|c| c.root.as_path());
    let (Some(own), Some(mut common)) =
        (cx.program().crate_of(cx.file()), roots().next().and_then(Path::parent))
    else {
        return false;
    };
    // Where the project itself lies says nothing.
    while let Some(above) = common.parent().filter(|_| !roots().all(|root| root.starts_with(common))) {
        common = above;
    }
    let inside = own.root.strip_prefix(common).unwrap_or(&own.root);
    inside.components().any(|part| part.as_os_str().to_str().is_some_and(|name| FOLDERS.contains(&name)))
}
