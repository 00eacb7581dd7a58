//! Macro calls: arguments, kinds and the ones that are lowered to other things.

use super::{body_of, code, file};
use crate::syntax::hir::{ExprKind, MacroKind};

#[test]
fn known_macros_have_their_kind() {
    for (call, kind) in [
        ("format!(\"x\")", MacroKind::Format),
        ("anyhow::anyhow!(\"x\")", MacroKind::Format),
        ("eprintln!()", MacroKind::Print),
        ("dbg!(a)", MacroKind::Print),
        ("tracing::info!(a)", MacroKind::Log),
        ("writeln!(a)", MacroKind::Write),
        ("todo!()", MacroKind::Panic),
        ("anyhow::bail!(\"x\")", MacroKind::Bail),
        ("ensure!(a)", MacroKind::Ensure),
        ("debug_assert_eq!(a, b)", MacroKind::Assert),
        ("vec![1]", MacroKind::Vec),
        ("futures::join!(a, b)", MacroKind::Join),
        ("tokio::try_join!(a)", MacroKind::TryJoin),
        ("std::pin::pin!(a)", MacroKind::Pin),
        ("scopeguard::defer! { a.close(); }", MacroKind::Defer),
        ("env!(\"X\")", MacroKind::Constant),
        ("tracing::info_span!(\"x\")", MacroKind::Span),
        ("serde_json::json!({})", MacroKind::Unknown),
    ] {
        let text = format!("fn f(a: A, b: B) {{ let x = {call}; }}");
        let file = file(&text);
        let found = body_of(&file, "f").exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::Macro(found) => Some(found.kind),
            _ => None,
        });
        assert_eq!(found, Some(kind), "{call}");
    }
}

#[test]
fn vec_holds_an_array() {
    assert_eq!(code("vec![a, b]"), "{ vec!:Vec([a#0, b#1]) }");
    assert_eq!(code("vec![a; b]"), "{ vec!:Vec([a#0; b#1]) }");
    assert_eq!(code("vec![]"), "{ vec!:Vec([]) }");
}

#[test]
fn matches_is_a_match() {
    assert_eq!(
        code("matches!(a, Some(x) | Ok(x) if x > b)"),
        "{ match a#0 { Some(x#2) | Ok(x#2) if Gt(x#2, b#1) => Bool(true), _ => Bool(false), } }"
    );
}

#[test]
fn log_fields_and_sigils_are_stripped() {
    assert_eq!(
        code(r#"info!(target: "t", parent: &a, x = %a.id(), y.z = ?b, "key" = 1, %b, "msg {}", a.len())"#),
        r#"{ info!:Log(Str(u!("t")), &a#0, a#0.id(), b#1, Int(Some(1), u!("")), b#1, Str(u!("msg {}")), a#0.len()) }"#
    );
    assert_eq!(code(r#"println!("{x}", x = a.x())"#), r#"{ println!:Print(Str(u!("{x}")), a#0.x()) }"#);
    assert_eq!(
        code("event!(Level::INFO, { x = a.x() }, \"m\")"),
        r#"{ event!:Log(Level::INFO, a#0.x(), Str(u!("m"))) }"#
    );
}

#[test]
fn unknown_arguments_are_read_as_far_as_possible() {
    assert_eq!(code("m!(a.x(), b)"), "{ m!:Unknown(a#0.x(), b#1) }");
    assert_eq!(code("m! { let c = a; c.x() }"), "{ m!:Unknown({ let c#2 = a#0; c#2.x() }) }");
    assert_eq!(code("m!(a => b.x(), fn something a.b)"), "{ m!:Unknown(a#0, b#1.x(), a#0) }");
    assert_eq!(
        code(r#"json!({ "k": a.x(), "l": [b, null], "m": { "n": b.y() } })"#),
        "{ json!:Unknown(a#0.x(), [b#1, null], b#1.y()) }"
    );
    assert_eq!(code("quote! { let x = #a; b }"), "{ quote!:Unknown(a#0) }");
}

#[test]
fn closures_and_generics_keep_their_commas() {
    assert_eq!(code("m!(|x, y| x, f::<A, B>(b))"), "{ m!:Unknown(Closure[] |x#2, y#3| x#2, f<A, B>(b#1)) }");
}

#[test]
fn defer_is_a_closure() {
    assert_eq!(code("defer! { a.close(); }"), "{ defer!:Defer(Closure[a#0] || { a#0.close(); }) }");
}

#[test]
fn streams_are_async_blocks() {
    assert_eq!(
        code("let s = try_stream! { for await x in a { let y = x?; yield y; } };"),
        "{ let s#4 = AsyncBlock move[a#0] || { for await x#2 in a#0 { let y#3 = x#2?; yield y#3; } }; }"
    );
}

#[test]
fn address_of_macros_are_raw_borrows() {
    assert_eq!(code("std::ptr::addr_of_mut!(a.x)"), "{ &raw mut a#0.x }");
}

#[test]
fn cfg_if_statements_stand_in_the_block() {
    assert_eq!(
        code("cfg_if::cfg_if! { if #[cfg(unix)] { let c = a; } else { let c = b; } } c;"),
        "{ let c#2 = a#0; let c#3 = b#1; c#3; }"
    );
}

#[test]
fn thread_locals_in_blocks_are_items() {
    let file = file("fn f() { thread_local! { static X: u8 = const { 1 }; } X.with(|x| x) }");
    assert_eq!(file.modules.len(), 2);
    assert_eq!(file.items[1].name.as_str(), "X");
    assert!(file.modules[1].is_block);
}
