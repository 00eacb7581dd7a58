//! The grammars of `select!`.

use super::code;

#[test]
fn tokio_branches() {
    assert_eq!(
        code(
            "tokio::select! { biased; Some(x) = a.recv() => { x } y = &mut b, if a.ok() => y.z(), _ = c() => {}, else => 1 }"
        ),
        "{ select { Some(x#2) = a#0.recv() => { x#2 }, y#3 = &mut b#1, if a#0.ok() => y#3.z(), _ = c() => { }, \
         else => Int(Some(1), u!(\"\"))} }"
    );
}

#[test]
fn futures_branches() {
    assert_eq!(
        code(
            "futures::select_biased! { () = a => b, x = b.next().fuse() => x, complete => break, default => a }"
        ),
        "{ select { () = a#0 => b#1, x#2 = b#1.next().fuse() => x#2, else => a#0} }"
    );
}

#[test]
fn channel_branches() {
    assert_eq!(
        code(
            "crossbeam_channel::select! { recv(a) -> msg => msg, send(b, 1) -> r => { r } recv(b) => (), default(t) => a }"
        ),
        "{ select { msg#2 <- a#0.recv() => msg#2, r#3 <- b#1.send(Int(Some(1), u!(\"\"))) => { r#3 }, \
         _ <- b#1.recv() => (), else => a#0} }"
    );
}

#[test]
fn other_grammars_are_unknown_macros() {
    assert_eq!(code("select!(a, b)"), "{ select!:Unknown(a#0, b#1) }");
}
