//! Receivers that wait for a sender in their own scope.

use crate::Outcome::Hangs;
use crate::Row;

pub const ROWS: &[Row] = &[
    Row {
        of: &["clones_go_to_threads"],
        wrong: r#"fn main() {
            let (tx, rx) = channel();
            for i in 0..4 {
                let tx = tx.clone();
                thread::spawn(move || tx.send(i));
            }
            let mut sum = 0;
            for x in rx { sum += x; }
            println!("{sum}");
        }"#,
        shows: Hangs,
        cured: r#"fn main() {
            let (tx, rx) = channel();
            for i in 0..4 {
                let tx = tx.clone();
                thread::spawn(move || tx.send(i));
            }
            drop(tx);
            let mut sum = 0;
            for x in rx { sum += x; }
            println!("{sum}");
        }"#,
        prints: "6",
    },
    Row {
        of: &["while_let", "tokio_channel", "async_channel", "flume_channel", "futures_channel"],
        wrong: r#"fn main() {
            let (tx, rx) = channel::<u32>();
            let worker = tx.clone();
            thread::spawn(move || worker.send(1));
            while let Ok(x) = rx.recv() { println!("{x}"); }
        }"#,
        shows: Hangs,
        cured: r#"fn main() {
            let (tx, rx) = channel::<u32>();
            thread::spawn(move || tx.send(1));
            while let Ok(x) = rx.recv() { println!("{x}"); }
        }"#,
        prints: "1",
    },
    Row {
        of: &["in_an_item_macro"],
        wrong: r#"macro_rules! cfg_rt { ($($item:item)*) => { $($item)* } }
        cfg_rt! {
            fn main() {
                let (tx, rx) = channel();
                let first = tx.clone();
                thread::spawn(move || first.send(1));
                for x in rx { println!("{x}"); }
            }
        }"#,
        shows: Hangs,
        cured: r#"macro_rules! cfg_rt { ($($item:item)*) => { $($item)* } }
        cfg_rt! {
            fn main() {
                let (tx, rx) = channel();
                let first = tx.clone();
                thread::spawn(move || first.send(1));
                drop(tx);
                for x in rx { println!("{x}"); }
            }
        }"#,
        prints: "1",
    },
    Row {
        of: &["crossbeam_scope"],
        wrong: r#"fn main() {
            let (tx, rx) = channel::<u32>();
            thread::scope(|scope| {
                let tx = tx.clone();
                scope.spawn(move || tx.send(1));
            });
            for x in rx { println!("{x}"); }
        }"#,
        shows: Hangs,
        cured: r#"fn main() {
            let (tx, rx) = channel::<u32>();
            thread::scope(|scope| {
                scope.spawn(move || tx.send(1));
            });
            for x in rx { println!("{x}"); }
        }"#,
        prints: "1",
    },
];
