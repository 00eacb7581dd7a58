//! Futures, tasks, streams, `select!`.

use super::{calls, check};

#[test]
fn awaiting() {
    check(
        "async fn g() -> u8 { 1 } async fn f(m: tokio::sync::Mutex<u16>) { let a = g().await; let b = async { 1u32 }.await;
         let c = g(); let d = c.await; let e = m.lock().await; let h = Box::pin(g()); let i = h.await; }",
        &[("a", "u8"), ("b", "u32"), ("d", "u8"), ("e", "MutexGuard<u16>"), ("i", "u8")],
    );
}

#[test]
fn tasks_and_timeouts() {
    check(
        "use std::time::Duration; async fn g() -> u8 { 1 } async fn f() { let h = tokio::spawn(async { 1u8 }); let a = h.await;
         let b = tokio::spawn(g()).await.unwrap(); let c = tokio::task::spawn_blocking(|| 1u16).await.unwrap();
         let d = tokio::time::timeout(Duration::from_secs(1), g()).await; }",
        &[("a", "Result<u8, JoinError>"), ("b", "u8"), ("c", "u16"), ("d", "Result<u8, Elapsed>")],
    );
}

#[test]
fn async_traits_and_boxed_futures() {
    check(
        "use std::{future::Future, pin::Pin}; fn g() -> Pin<Box<dyn Future<Output = u8> + Send>> { todo!() }
         fn h() -> impl Future<Output = u16> { async { 1 } } struct S; impl Future for S { type Output = u32; }
         async fn f(s: S) { let a = g().await; let b = h().await; let c = s.await; }",
        &[("a", "u8"), ("b", "u16"), ("c", "u32")],
    );
}

#[test]
fn channels_and_select() {
    check(
        "async fn g() -> u8 { 1 } async fn f(mut rx: tokio::sync::mpsc::Receiver<String>) { let a = rx.recv().await;
         tokio::select! { x = g() => {}, Some(y) = rx.recv() => {} } let (p, q) = tokio::join!(g(), rx.recv()); }",
        &[("a", "Option<String>"), ("x", "u8"), ("y", "String"), ("p", "u8"), ("q", "Option<String>")],
    );
}

#[test]
fn streams() {
    let source = "use futures::StreamExt; async fn f(mut s: impl futures::Stream<Item = u8> + Unpin) { while let Some(x) = s.next().await {} }";
    check(source, &[("x", "u8")]);
    calls(source, "next", "futures_util::StreamExt::next");
}
