//! Closures: parameters by what takes them, results.

use super::{check, typed};

#[test]
fn parameters_come_from_the_callee() {
    check(
        "fn each<F: Fn(u8) -> R, R>(x: F) -> R { x(1) } fn boxed(x: Box<dyn FnOnce(&str) -> u8>) {} fn opaque(x: impl Fn(u16)) {}
         fn f() { let a = each(|p| p.checked_add(1)); boxed(Box::new(|q| { let r = q.len(); 1 })); opaque(|s| {}); }",
        &[("p", "u8"), ("a", "Option<u8>"), ("q", "&str"), ("r", "usize"), ("s", "u16")],
    );
}

#[test]
fn closures_in_variables() {
    let source = "fn f() { let c = |x: u8| x.to_string(); let a = c(1); let d = |y| y; let b = d(1u8); }";
    check(source, &[("a", "String"), ("b", "u8"), ("y", "u8")]);
    assert!(
        typed(source)
            .types
            .callees
            .iter()
            .map(|(_, callee)| callee)
            .any(|c| matches!(c.target, crate::types::infer::Target::Local(_)))
    );
}

#[test]
fn threads_give_what_their_closure_gives() {
    check(
        "fn f() { let h = std::thread::spawn(|| 1u8); let r = h.join().unwrap(); let s = std::thread::scope(|s| { let t = s.spawn(|| 1u16); t.join().unwrap() }); }",
        &[("h", "JoinHandle<u8>"), ("r", "u8"), ("s", "u16")],
    );
}

#[test]
fn results_are_kept() {
    let typed = typed("fn f() { let c = || 1u8; let b = async { String::new() }; }");
    let rets: Vec<String> = typed.types.closure_ret.iter().map(ToString::to_string).collect();
    assert_eq!(rets, ["u8", "String"]);
}

#[test]
fn returns_belong_to_the_closure() {
    check(
        "fn f() -> u8 { let c = |x: bool| { if x { return 1u16; } 2 }; let a = c(true); 1 }",
        &[("a", "u16")],
    );
}
