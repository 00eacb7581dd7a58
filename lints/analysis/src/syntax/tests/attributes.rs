//! Attributes and lint levels.

use super::file;

fn levels(text: &str) -> Vec<(String, String, Option<String>, String)> {
    let scope = |span: crate::span::Span| text[span.lo as usize..span.hi as usize].to_owned();
    let found = file(text).lint_attributes.into_iter();
    found
        .map(|a| (a.level.to_string(), a.lint.to_string(), a.reason.map(|r| r.to_string()), scope(a.scope)))
        .collect()
}

fn level(
    level: &str,
    lint: &str,
    reason: Option<&str>,
    scope: &str,
) -> (String, String, Option<String>, String) {
    (level.to_owned(), lint.to_owned(), reason.map(str::to_owned), scope.to_owned())
}

#[test]
fn levels_have_reason_and_scope() {
    let text = "#[expect(clippy::mem_forget, unused, reason = \"why\")] fn f() {}";
    assert_eq!(
        levels(text),
        [
            level("expect", "clippy::mem_forget", Some("why"), "fn f() {}"),
            level("expect", "unused", Some("why"), "fn f() {}"),
        ]
    );
    let text = "#![deny(x)] fn f() {}";
    assert_eq!(levels(text), [level("deny", "x", None, text)]);
}

#[test]
fn conditional_levels_count() {
    assert_eq!(
        levels("#[cfg_attr(any(), linger::allow(double_lock, reason = \"r\"))] fn f() {}"),
        [level("allow", "linger::double_lock", Some("r"), "fn f() {}")]
    );
    assert_eq!(levels("#[cfg_attr(any(), allow(x))] fn f() {}"), []);
    assert_eq!(levels("#[cfg_attr(test, allow(x))] fn f() {}"), [level("allow", "x", None, "fn f() {}")]);
    assert_eq!(
        levels("#[allow(linger::double_lock)] fn f() {}"),
        [level("allow", "linger::double_lock", None, "fn f() {}")]
    );
}

#[test]
fn levels_hang_on_statements_arms_and_fields() {
    let text = "struct S { #[allow(f)] x: u8 } fn f() {
        #[allow(a)] let x = 1;
        #[allow(b)] x.y().z();
        match x { #[allow(c)] 1 => {}, _ => {} }
        #[allow(d)] m!(x);
        g(#[allow(e)] { x })
    }";
    assert_eq!(
        levels(text),
        [
            level("allow", "f", None, "x: u8"),
            level("allow", "a", None, "let x = 1;"),
            level("allow", "b", None, "x.y().z();"),
            level("allow", "c", None, "1 => {}"),
            level("allow", "d", None, "m!(x);"),
            level("allow", "e", None, "{ x }"),
        ]
    );
}

#[test]
fn tests_and_conditions_are_seen() {
    let text =
        "#[tokio::test] async fn a() {} #[test] fn b() {} #[rstest] fn c() {} #[wasm_bindgen_test] fn d() {}
        #[cfg(test)] mod e { mod inner {} } #[cfg(all(test, unix))] fn g() {} #[cfg(not(test))] fn h() {}
        #[cfg(any(test, feature = \"x\"))] fn i() {} #[tokio::main(flavor = \"x\")] async fn main() {}
        #[must_use] #[derive(Clone, serde::Serialize)] struct S; #[async_trait::async_trait] impl S {}
        #[path = \"x.rs\"] mod m;";
    let file = file(text);
    let item =
        |name: &str| &file.items.iter().find(|item| item.name.as_str() == name).expect("item").attributes;
    assert!(["a", "b", "c", "d"].iter().all(|name| item(name).is_test));
    assert!(item("e").cfg_test && item("g").cfg_test);
    assert!(!item("h").cfg_test && !item("i").cfg_test && !item("main").is_test);
    assert!(item("main").is_async_main && item("S").must_use);
    assert_eq!(item("S").derives.iter().map(|s| s.as_str()).collect::<Vec<_>>(), ["Clone", "Serialize"]);
    assert_eq!(item("m").path.map(|path| path.to_string()).as_deref(), Some("x.rs"));
    assert_eq!(file.modules.iter().map(|module| module.cfg_test).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(item("").others[0].as_str(), "async_trait::async_trait");
}

#[test]
fn inner_cfg_test_covers_the_file() {
    let file = file("#![cfg(test)] mod a {}");
    assert!(file.cfg_test && file.modules.iter().all(|module| module.cfg_test));
}
