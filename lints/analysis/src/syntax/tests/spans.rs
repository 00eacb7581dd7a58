//! Positions equal the source text.

use super::{body_of, file};
use crate::syntax::hir::{Body, ExprKind};

/// Everything that is an expression of `code`, as source text.
fn texts(text: &str) -> Vec<(String, &'static str)> {
    let file = file(text);
    let body = body_of(&file, "f");
    body.exprs
        .iter()
        .map(|expr| (text[expr.span.lo as usize..expr.span.hi as usize].to_owned(), kind(&expr.kind)))
        .collect()
}

fn kind(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::Missing => "Missing",
        ExprKind::Literal(_) => "Literal",
        ExprKind::Local(_) => "Local",
        ExprKind::Path(_) => "Path",
        ExprKind::Call { .. } => "Call",
        ExprKind::MethodCall { .. } => "MethodCall",
        ExprKind::Field { .. } => "Field",
        ExprKind::Index { .. } => "Index",
        ExprKind::Unary { .. } => "Unary",
        ExprKind::Binary { .. } => "Binary",
        ExprKind::Assign { .. } => "Assign",
        ExprKind::AssignOp { .. } => "AssignOp",
        ExprKind::Underscore => "Underscore",
        ExprKind::AddressOf { .. } => "AddressOf",
        ExprKind::Cast { .. } => "Cast",
        ExprKind::Let { .. } => "Let",
        ExprKind::If { .. } => "If",
        ExprKind::While { .. } => "While",
        ExprKind::Loop { .. } => "Loop",
        ExprKind::For { .. } => "For",
        ExprKind::Match { .. } => "Match",
        ExprKind::Block(_) => "Block",
        ExprKind::Closure(_) => "Closure",
        ExprKind::Await { .. } => "Await",
        ExprKind::Try { .. } => "Try",
        ExprKind::Return(_) => "Return",
        ExprKind::Break { .. } => "Break",
        ExprKind::Continue { .. } => "Continue",
        ExprKind::Struct { .. } => "Struct",
        ExprKind::Tuple(_) => "Tuple",
        ExprKind::Array(_) => "Array",
        ExprKind::Repeat { .. } => "Repeat",
        ExprKind::Range { .. } => "Range",
        ExprKind::Yield(_) => "Yield",
        ExprKind::Macro(_) => "Macro",
        ExprKind::Select(_) => "Select",
    }
}

#[test]
fn each_kind_covers_its_text() {
    // The first text is the statement; it lowers to an expression of the kind behind it.
    let cases = [
        ("\"é\"", "Literal"),
        ("-1.5f32", "Unary"),
        ("a", "Local"),
        ("<Vec<u8> as Default>::default", "Path"),
        ("::std::mem::size_of::<u8>", "Path"),
        ("(a.f)(1, 2)", "Call"),
        ("(a + b).f::<u8>(1)", "MethodCall"),
        ("a.0.b", "Field"),
        ("(a)[1]", "Index"),
        ("!a", "Unary"),
        ("(a + b) * (a - b)", "Binary"),
        ("a = (b)", "Assign"),
        ("_ = b", "Assign"),
        ("a <<= b", "AssignOp"),
        ("&mut a", "AddressOf"),
        ("&raw const a", "AddressOf"),
        ("a as Box<dyn Fn(u8) -> Vec<u8>>", "Cast"),
        ("if let Some(x) = a { 1 } else if b { 2 } else { 3 }", "If"),
        ("'l: while a { }", "While"),
        ("'l: loop { break 'l (1) }", "Loop"),
        ("for x in a { continue }", "For"),
        ("match a { 1 | 2 if b => { 1 } _ => (2) }", "Match"),
        ("'l: { a }", "Block"),
        ("unsafe { a }", "Block"),
        ("const { 1 }", "Block"),
        ("async move |x: u8| -> u8 { x }", "Closure"),
        ("|x| (x)", "Closure"),
        ("async move { a }", "Closure"),
        ("(a).await", "Await"),
        ("a()?", "Try"),
        ("return (a)", "Return"),
        ("break 'l", "Break"),
        ("continue 'l", "Continue"),
        ("S::<u8> { x: a, ..b }", "Struct"),
        ("(a, b)", "Tuple"),
        ("[a, b]", "Array"),
        ("[a; 3]", "Repeat"),
        ("(a)..=b", "Range"),
        ("..", "Range"),
        ("yield a", "Yield"),
        ("std::println!(\"{}\", a)", "Macro"),
        ("tokio::select! { x = a => x, else => b }", "Select"),
        ("matches!(a, Some(1) if b)", "Match"),
    ];
    for (source, kind) in cases {
        let text = format!("// ü\nfn f(a: A, b: B) {{ let _x = {source}; }}");
        let found = texts(&text);
        assert!(found.iter().any(|(text, found)| text == source && *found == kind), "{source}: {found:?}");
    }
}

#[test]
fn byte_order_mark_and_shebang_shift_positions() {
    for before in ["\u{feff}", "#!/bin/x é\n", "\u{feff}#!/bin/x\r\n"] {
        let text = format!("{before}fn f() {{ let name = \"é\"; name }}");
        let file = file(&text);
        let body = body_of(&file, "f");
        let local = &body.locals[0];
        assert_eq!(&text[local.span.lo as usize..local.span.hi as usize], "name");
        assert_eq!(file.items[0].span.lo as usize, before.len());
        assert_eq!(file.items[0].span.hi as usize, text.len());
    }
}

#[test]
fn errors_point_into_the_text() {
    let error = crate::syntax::parse_file("x.rs".into(), "\u{feff}fn f() { let = 1; }").expect_err("invalid");
    assert_eq!((error.span.lo, error.span.hi), (16, 17));
    let error = crate::syntax::parse_file("x.rs".into(), "fn f() { \"").expect_err("invalid");
    assert!(error.span.lo <= 10);
}

#[test]
fn captured_names_point_into_the_format_string() {
    let text = r#"fn f(abc: A) { println!("é {abc:?}") }"#;
    let file = file(text);
    let body: &Body = body_of(&file, "f");
    let local = body.exprs.iter().find(|expr| matches!(expr.kind, ExprKind::Local(_))).expect("captured");
    assert_eq!(&text[local.span.lo as usize..local.span.hi as usize], "abc");
}

#[test]
fn items_cover_visibility_to_end() {
    let text = "/// doc\n#[x]\npub(crate) async unsafe fn f() {}\npub struct S(u8);\nimpl S {}\nenum E {}\nuse a::b;\nmod m;";
    let file = file(text);
    let texts: Vec<&str> =
        file.items.iter().map(|item| &text[item.span.lo as usize..item.span.hi as usize]).collect();
    assert_eq!(
        texts,
        ["pub(crate) async unsafe fn f() {}", "pub struct S(u8);", "impl S {}", "enum E {}", "mod m;"]
    );
}
