//! What is known by shape alone, and that nothing else is.

use super::typed;
use crate::types::infer::Known;

fn first(source: &str, method: &str) -> (String, Known) {
    typed(source).methods(method).into_iter().next().expect("there is such a call")
}

#[test]
fn a_lock_that_is_unwrapped() {
    let source = "fn f(x: nowhere::T) { let g = x.state.lock().unwrap(); g.go(); }";
    assert_eq!(first(source, "lock"), ("std::sync::Mutex::lock".to_owned(), Known::Inferred));
    assert_eq!(first(source, "unwrap"), ("std::result::Result::unwrap".to_owned(), Known::Inferred));
    assert_eq!(typed(source).locals()["g"], "MutexGuard<_>");
}

#[test]
fn a_lock_that_is_awaited() {
    let source = "async fn f(x: nowhere::T) { let g = x.state.lock().await; let h = x.state.write().await; }";
    assert_eq!(first(source, "lock"), ("tokio::sync::Mutex::lock".to_owned(), Known::Inferred));
    assert_eq!(first(source, "write"), ("tokio::sync::RwLock::write".to_owned(), Known::Inferred));
    assert_eq!(typed(source).locals()["h"], "RwLockWriteGuard<_>");
}

#[test]
fn nothing_else_is_guessed() {
    for source in [
        "fn f(x: nowhere::T) { let g = x.lock(); }",
        "fn f(x: nowhere::T) { let g = x.read(1).unwrap(); }",
        "fn f(x: nowhere::T) { let g = x.borrow_mut(); }",
        "fn f(x: nowhere::T) { let g = x.write(b\"x\").unwrap(); }",
    ] {
        assert_eq!(typed(source).locals()["g"], "_", "{source}");
    }
    // A known type that lacks the method is not unknown.
    assert_eq!(first("struct S; fn f(s: S) { s.lock().unwrap(); }", "lock").0, "?");
}

#[test]
fn an_unknown_adaptor_of_a_result() {
    let source = "use nowhere::Explain; fn f(p: &str) -> Result<(), nowhere::E> {
        let g = std::fs::File::open(p).explain(\"no file\")?; let h = std::fs::File::open(p).into_answer();
        let i = std::env::var_os(p).or_explain().unwrap(); Ok(()) }";
    let locals = typed(source).locals();
    assert_eq!((&*locals["g"], &*locals["h"], &*locals["i"]), ("File", "_", "OsString"));
}
