#![allow(warnings)]
// What the programs call. `d("x")` makes a value that prints its name when it is dropped; `mark("x")` prints at once.
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
thread_local! {
    static VISITS: RefCell<HashMap<&'static str, u32>> = RefCell::default();
    static TOTAL: Cell<u32> = Cell::new(0);
    static MUTE: Cell<bool> = Cell::new(false);
}
fn way(site: &'static str, ways: usize) -> usize {
    TOTAL.set(TOTAL.get() + 1);
    if TOTAL.get() > ENOUGH {
        println!("cut");
        MUTE.set(true);
        std::panic::resume_unwind(Box::new(()));
    }
    let visit = VISITS.with_borrow_mut(|visits| {
        let visit = visits.entry(site).or_default();
        *visit += 1;
        *visit
    });
    let way = outcome(site, visit, ways);
    println!("?{site} {way}");
    way
}
fn run(number: usize, program: impl FnOnce()) {
    TOTAL.set(0);
    MUTE.set(false);
    println!("== {number}");
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(program));
}
pub struct D(&'static str);
impl Drop for D {
    fn drop(&mut self) {
        if !MUTE.get() {
            println!("{}", self.0);
        }
    }
}
impl D {
    fn yes(&self) -> bool { true }
    fn no(&self) -> bool { false }
    fn one(&self) -> u8 { 1 }
    fn some(&self) -> Option<u8> { Some(1) }
    fn none(&self) -> Option<u8> { None }
    fn same(&self) -> &D { self }
    fn two(&self) -> Vec<u8> { vec![1, 2] }
    fn decide(&self, site: &'static str) -> bool { way(site, 2) == 0 }
    fn number(&self, site: &'static str, ways: usize) -> u8 { way(site, ways) as u8 }
    fn maybe(&self, site: &'static str, name: &'static str) -> Option<D> { (way(site, 2) == 0).then(|| D(name)) }
    fn items(&self, site: &'static str, a: &'static str, b: &'static str) -> Vec<D> { items(site, a, b) }
    fn swap(self, name: &'static str) -> D { D(name) }
    fn other(&self, name: &'static str) -> D { D(name) }
    fn eat(self) -> u8 { 1 }
}
pub struct S { x: D, y: D }
pub struct R<'a> { x: &'a D }
fn d(name: &'static str) -> D { D(name) }
fn pair(a: &'static str, b: &'static str) -> (D, D) { (D(a), D(b)) }
fn some_d(name: &'static str) -> Option<D> { Some(D(name)) }
fn mark(name: &'static str) { println!("{name}"); }
fn consume(_: D) {}
fn consume_two(_a: D, _b: D) -> u8 { 1 }
fn borrow(_: &D) -> u8 { 1 }
fn same(value: D) -> D { value }
fn swap(_: D, name: &'static str) -> D { D(name) }
fn fails() -> Option<u8> { None }
fn drop_one(_: u8) {}
fn add(a: u8, b: u8) -> u8 { 1 }
fn decide(site: &'static str) -> bool { way(site, 2) == 0 }
fn decide_by(_: u8, site: &'static str) -> bool { way(site, 2) == 0 }
fn number(site: &'static str, ways: usize) -> u8 { way(site, ways) as u8 }
fn maybe(site: &'static str, name: &'static str) -> Option<D> { (way(site, 2) == 0).then(|| D(name)) }
fn keep(value: D, site: &'static str) -> Option<D> { if way(site, 2) == 0 { Some(value) } else { None } }
fn turns(site: &'static str) -> Vec<u8> { vec![1; way(site, 4)] }
fn items(site: &'static str, a: &'static str, b: &'static str) -> Vec<D> {
    match way(site, 3) {
        0 => vec![],
        1 => vec![D(a)],
        _ => vec![D(a), D(b)],
    }
}
async fn step() {}
async fn step_with(_: &D) { mark("step"); }
fn block_on(future: impl std::future::Future<Output = ()>) {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    while future.as_mut().poll(&mut cx).is_pending() {}
}
