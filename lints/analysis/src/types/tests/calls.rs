//! Functions, methods, generics, traits.

use super::{calls, check, typed};

#[test]
fn generics_are_settled_by_arguments() {
    check(
        "fn id<T>(x: T) -> T { x } fn pair<A, B>(a: A, b: B) -> (B, A) { (b, a) } fn some<T>(x: &T) -> Option<&T> { Some(x) }
         fn f() { let a = id(1u8); let b = pair(1u8, \"x\"); let s = String::new(); let c = some(&s); let d = id::<u16>(3); }",
        &[("a", "u8"), ("b", "(&str, u8)"), ("c", "Option<&String>"), ("d", "u16")],
    );
}

#[test]
fn constructors_of_wrappers() {
    check(
        "use std::sync::{Arc, Mutex}; use std::io::{BufWriter, BufReader}; use std::fs::File; use std::cell::RefCell; use std::rc::Rc;
         fn f(file: File) { let a = Arc::new(Mutex::new(1u8)); let b = Arc::clone(&a); let c = a.clone(); let w = BufWriter::new(file);
         let r = Rc::new(RefCell::new(String::new())); let g = r.borrow_mut(); let h = b.lock().unwrap(); }",
        &[("a", "Arc<Mutex<u8>>"), ("b", "Arc<Mutex<u8>>"), ("c", "Arc<Mutex<u8>>"), ("w", "BufWriter<File>"),
          ("g", "RefMut<String>"), ("h", "MutexGuard<u8>")],
    );
}

#[test]
fn channels_learn_from_senders() {
    check(
        "fn f() { let (tx, rx) = std::sync::mpsc::channel(); std::thread::spawn(move || { for x in rx { let y = x; } }); tx.send(1u8).unwrap(); }",
        &[("tx", "Sender<u8>"), ("rx", "Receiver<u8>"), ("y", "u8")],
    );
}

#[test]
fn methods_go_through_deref() {
    let source = "use std::sync::{Arc, Mutex}; struct S { n: u8 } impl S { fn go(&self) -> u16 { 1 } }
        fn f(s: Arc<Mutex<S>>) { let g = s.lock().unwrap(); let x = g.go(); let y = s.lock().unwrap().n; }";
    check(source, &[("x", "u16"), ("y", "u8")]);
    calls(source, "go", "demo::S::go");
    calls(source, "lock", "std::sync::Mutex::lock");
    let typed = typed(source);
    let on: Vec<String> = typed
        .types
        .callees
        .iter()
        .map(|(_, callee)| callee)
        .filter(|c| typed.target(&c.target) == "std::sync::Mutex::lock")
        .filter_map(|c| c.self_ty.as_ref().map(ToString::to_string))
        .collect();
    assert_eq!(on, ["Mutex<S>", "Mutex<S>"]);
}

#[test]
fn a_lock_in_an_arc_is_no_writer() {
    let source = "use std::io::{Read, Write}; use std::sync::{Arc, RwLock}; fn f(a: Arc<RwLock<u8>>, v: Vec<u8>) { let g = a.write().unwrap(); let h = a.read().unwrap(); v.write(b\"x\"); }";
    check(source, &[("g", "RwLockWriteGuard<u8>"), ("h", "RwLockReadGuard<u8>")]);
    calls(source, "read", "std::sync::RwLock::read");
}

#[test]
fn trait_methods_through_bounds_and_objects() {
    let source = "trait T { fn go(&self) -> u8; fn dflt(&self) -> u16 { 1 } } struct A; impl T for A { fn go(&self) -> u8 { 1 } }
        fn f<X: T>(x: X, d: &dyn T, b: Box<dyn T>, i: impl T) { let p = x.go(); let q = d.dflt(); let r = b.go(); let s = i.go(); let t = A.dflt(); }";
    check(source, &[("p", "u8"), ("q", "u16"), ("r", "u8"), ("s", "u8"), ("t", "u16")]);
    calls(source, "go", "any of 2");
}

#[test]
fn operators_of_own_types() {
    check(
        "use std::ops::{Add, Index}; #[derive(Clone, Copy)] struct P; struct Q; impl Add for P { type Output = Q; fn add(self, o: P) -> Q { Q } }
         impl Add<u8> for P { type Output = u16; fn add(self, o: u8) -> u16 { 1 } } struct S(Vec<u8>);
         impl Index<usize> for S { type Output = u8; fn index(&self, i: usize) -> &u8 { &self.0[i] } }
         impl Index<&str> for S { type Output = String; fn index(&self, i: &str) -> &String { todo!() } }
         fn f(p: P, s: S) { let a = p + p; let b = p + 1u8; let c = s[0]; let d = &s[\"x\"]; }",
        &[("a", "Q"), ("b", "u16"), ("c", "u8"), ("d", "&String")],
    );
}

#[test]
fn extension_traits_of_the_program() {
    check(
        "trait Ext { fn twice(&self) -> u16; } impl Ext for str { fn twice(&self) -> u16 { 1 } }
         trait All { fn all_of(&self) -> u8 { 1 } } impl<T> All for T {}
         fn f(v: Vec<u8>) { let a = \"x\".twice(); let b = v.all_of(); }",
        &[("a", "u16"), ("b", "u8")],
    );
}

#[test]
fn associated_functions_of_traits() {
    check(
        "#[derive(Default, Clone)] struct S; fn f() { let a = S::default(); let b: S = Default::default(); let c = String::from(\"x\");
         let d = u64::from(1u8); let e: u16 = 1u8.into(); let g = \"1\".parse::<u32>(); let h = a.clone(); let k = std::path::PathBuf::from(\"x\"); }",
        &[("a", "S"), ("b", "S"), ("c", "String"), ("d", "u64"), ("e", "u16"), ("g", "Result<u32, ParseIntError>"), ("h", "S"), ("k", "PathBuf")],
    );
}

#[test]
fn functions_as_values() {
    check(
        "fn g(x: u8) -> String { String::new() } struct W(u8);
         fn f(b: Box<dyn Fn(u8) -> u16>, p: fn() -> u32) { let a = b(1); let c = p(); let d = Some(1u8).map(g); let e = Some(1u8).map(W); let h = g; let i = h(1); }",
        &[("a", "u16"), ("c", "u32"), ("d", "Option<String>"), ("e", "Option<W>"), ("i", "String")],
    );
}

#[test]
fn external_signatures() {
    check(
        "use std::fs::File; use std::io::{Read, Write}; fn f(p: parking_lot::Mutex<u8>) -> std::io::Result<()> { let mut x = File::create(\"x\")?; let a = x.write(b\"x\")?;
         let c = std::process::Command::new(\"x\").spawn()?; let d = std::time::Instant::now().elapsed(); let g = p.lock(); Ok(()) }",
        &[("x", "File"), ("a", "usize"), ("c", "Child"), ("d", "Duration")],
    );
}

#[test]
fn associated_types_of_impls() {
    check(
        "struct It; impl Iterator for It { type Item = String; fn next(&mut self) -> Option<String> { None } }
         struct D(String); impl std::ops::Deref for D { type Target = String; fn deref(&self) -> &String { &self.0 } }
         trait Conn { type Row; fn row(&self) -> Self::Row; } struct P; impl Conn for P { type Row = u8; fn row(&self) -> u8 { 1 } }
         fn f(it: It, d: D, p: P) { let n = d.len(); let r = p.row(); let v: Vec<_> = it.collect(); }",
        &[("n", "usize"), ("r", "u8"), ("v", "Vec<String>")],
    );
}

#[test]
fn blanket_impls_settle_the_parameters_of_their_trait() {
    check(
        "use std::future::Future; trait Waiter<R> { fn wait(self) -> R; }
         impl<T, O> Waiter<O> for T where T: Future<Output = O> { fn wait(self) -> O { todo!() } }
         async fn go() -> Result<u8, String> { Ok(1) } fn f() { let a = go().wait(); }",
        &[("a", "Result<u8, String>")],
    );
}

#[test]
fn of_two_blanket_impls_that_fits_which_takes_the_arguments() {
    check(
        "struct Value; struct Data; trait One { fn into_data(self) -> Data; } impl<V: Into<Value>> One for V { fn into_data(self) -> Data { Data } }
         trait Many { fn into_data(self, limit: u8) -> u16; } impl<I: IntoIterator> Many for I { fn into_data(self, limit: u8) -> u16 { 1 } }
         fn f() { let a = Value.into_data(); let b = vec![1u8].into_data(1); }",
        &[("a", "Data"), ("b", "u16")],
    );
}

#[test]
fn associated_types_of_parameters_have_the_bounds_of_their_trait() {
    check(
        "trait Command { fn run(&self) -> Result<u8, String>; } trait Creator { type Cmd: Command; fn make(&mut self) -> Self::Cmd; }
         trait Answer { fn status(self) -> u16; } trait Service { type Response; fn call(&self) -> Self::Response; }
         fn f<C: Creator, S>(mut c: C, s: S) where S: Service, S::Response: Answer { let a = c.make().run(); let b = s.call().status(); }",
        &[("a", "Result<u8, String>"), ("b", "u16")],
    );
}

#[test]
fn errors_of_conversions_and_of_parsing() {
    check(
        "struct Port(u16); impl std::str::FromStr for Port { type Err = String; fn from_str(s: &str) -> Result<Self, String> { todo!() } }
         fn f(n: i64) { let a = usize::try_from(n); let b: Result<u8, _> = n.try_into(); let c = \"1\".parse::<Port>(); let d = <Port as std::str::FromStr>::from_str(\"1\"); }",
        &[("a", "Result<usize, TryFromIntError>"), ("b", "Result<u8, TryFromIntError>"), ("c", "Result<Port, String>"), ("d", "Result<Port, String>")],
    );
}

#[test]
fn functions_of_traits_for_types_outside() {
    check(
        "trait Read { fn process(text: &str) -> Option<u8>; } impl Read for std::ffi::OsString { fn process(text: &str) -> Option<u8> { None } }
         fn f() { let a = std::ffi::OsString::process(\"x\"); }",
        &[("a", "Option<u8>")],
    );
}

#[test]
fn arrays_are_no_writers() {
    check(
        "use std::io::{self, Write}; struct P([u8; 4]);
         fn f(p: P, mut s: &mut [u8], w: &mut Vec<u8>) { let a = p.0.write(w); let b = s.write(&[1]); let c = (&mut s[1..]).write(&[2]); }",
        &[("a", "_"), ("b", "Result<usize, Error>"), ("c", "Result<usize, Error>")],
    );
}

#[test]
fn a_blanket_impl_for_references_makes_nothing_implement_a_trait() {
    check(
        "mod other { pub use indexed_db::Database; } trait Store { fn close(&self) -> Result<u8, String>; }
         impl<T: Store> Store for &T { fn close(&self) -> Result<u8, String> { todo!() } }
         struct Own; impl Store for Own { fn close(&self) -> Result<u8, String> { todo!() } }
         fn f(db: other::Database, own: Own) { let a = db.close(); let b = (&own).close(); }",
        &[("a", "_"), ("b", "Result<u8, String>")],
    );
}
