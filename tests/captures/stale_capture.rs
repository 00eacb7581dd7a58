//! Copies that closures take.

use crate::Outcome::{Hangs, Prints};
use crate::Row;

pub const ROWS: &[Row] = &[
    Row {
        of: &["counter"],
        wrong: r#"fn main() {
            let mut count = 0;
            [1, 2, 3].iter().for_each(move |_| count += 1);
            println!("{count}");
        }"#,
        shows: Prints("0"),
        cured: r#"fn main() {
            let mut count = 0;
            [1, 2, 3].iter().for_each(|_| count += 1);
            println!("{count}");
        }"#,
        prints: "3",
    },
    Row {
        of: &["flag"],
        wrong: r#"fn main() {
            let mut found = false;
            let mut look = move |x: u32| if x == 2 { found = true; };
            for x in [1, 2, 3] { look(x); }
            println!("{found}");
        }"#,
        shows: Prints("false"),
        cured: r#"fn main() {
            let mut found = false;
            let mut look = |x: u32| if x == 2 { found = true; };
            for x in [1, 2, 3] { look(x); }
            println!("{found}");
        }"#,
        prints: "true",
    },
    Row {
        of: &["in_thread"],
        wrong: r#"fn main() {
            let mut total = 0u64;
            let handle = thread::spawn(move || { for i in 0..4 { total += i; } });
            handle.join().unwrap();
            println!("{total}");
        }"#,
        shows: Prints("0"),
        cured: r#"fn main() {
            let mut total = 0u64;
            let handle = thread::spawn(move || { for i in 0..4 { total += i; } total });
            println!("{}", handle.join().unwrap());
        }"#,
        prints: "6",
    },
    Row {
        of: &["in_an_item_macro"],
        wrong: r#"macro_rules! cfg_rt { ($($item:item)*) => { $($item)* } }
        cfg_rt! {
            fn main() {
                let mut seen = 0u32;
                [1, 2, 3].iter().for_each(move |_| seen += 1);
                println!("{seen}");
            }
        }"#,
        shows: Prints("0"),
        cured: r#"macro_rules! cfg_rt { ($($item:item)*) => { $($item)* } }
        cfg_rt! {
            fn main() {
                let mut seen = 0u32;
                [1, 2, 3].iter().for_each(|_| seen += 1);
                println!("{seen}");
            }
        }"#,
        prints: "3",
    },
    Row {
        of: &["measured"],
        wrong: r#"fn main() {
            let start = Instant::now();
            let _report = scopeguard::guard(start.elapsed(), |took| {
                println!("{}", took >= Duration::from_millis(50));
            });
            thread::sleep(Duration::from_millis(50));
        }"#,
        shows: Prints("false"),
        cured: r#"fn main() {
            let start = Instant::now();
            let _report = scopeguard::guard(start, |start| {
                println!("{}", start.elapsed() >= Duration::from_millis(50));
            });
            thread::sleep(Duration::from_millis(50));
        }"#,
        prints: "true",
    },
    Row {
        of: &["counted"],
        wrong: r#"fn main() {
            let mut count = 0u32;
            let _report = scopeguard::guard(count, |count| println!("{count}"));
            for item in [1, 2, 3] { count += item; }
        }"#,
        shows: Prints("0"),
        cured: r#"fn main() {
            let mut count = scopeguard::guard(0u32, |count| println!("{count}"));
            for item in [1, 2, 3] { *count += item; }
        }"#,
        prints: "6",
    },
    Row {
        of: &["found"],
        wrong: r#"fn main() {
            let mut found = false;
            let _report = scopeguard::guard((), move |()| println!("{found}"));
            for item in [1, 2, 3] { if item == 3 { found = true; } }
        }"#,
        shows: Prints("false"),
        cured: r#"fn main() {
            let found = Cell::new(false);
            let _report = scopeguard::guard((), |()| println!("{}", found.get()));
            for item in [1, 2, 3] { if item == 3 { found.set(true); } }
        }"#,
        prints: "true",
    },
    Row {
        of: &["stop_a_thread"],
        wrong: r#"fn main() {
            let mut stop = false;
            let worker = thread::spawn(move || while !stop { thread::yield_now(); });
            stop = true;
            worker.join().unwrap();
            println!("{stop}");
        }"#,
        shows: Hangs,
        cured: r#"fn main() {
            let stop = Arc::new(AtomicBool::new(false));
            let seen = stop.clone();
            let worker = thread::spawn(move || while !seen.load(SeqCst) { thread::yield_now(); });
            stop.store(true, SeqCst);
            worker.join().unwrap();
            println!("true");
        }"#,
        prints: "true",
    },
    Row {
        of: &["stop_a_task"],
        wrong: r#"fn main() {
            let mut done = 0u32;
            let watch = thread::spawn(move || loop {
                if done >= 10 { break; }
                thread::sleep(Duration::from_millis(1));
            });
            for _ in 0..20 { done += 1; }
            watch.join().unwrap();
            println!("{done}");
        }"#,
        shows: Hangs,
        cured: r#"fn main() {
            let done = Arc::new(AtomicUsize::new(0));
            let seen = done.clone();
            let watch = thread::spawn(move || loop {
                if seen.load(SeqCst) >= 10 { break; }
                thread::sleep(Duration::from_millis(1));
            });
            for _ in 0..20 { done.fetch_add(1, SeqCst); }
            watch.join().unwrap();
            println!("{}", done.load(SeqCst));
        }"#,
        prints: "20",
    },
];
