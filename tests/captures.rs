//! What the capture rules say about the language, against what real programs do.
//!
//! Each row is a twin of a bad fixture: a program of std alone that `rustc` compiles and that shows, when it runs, the
//! behaviour that the rule warns of, and the same program cured, which does what was meant. Linger must report the
//! first and be silent on the second.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Ends and prints this.
    Prints(&'static str),
    /// Does not end in time.
    Hangs,
}

use Outcome::{Hangs, Prints};

struct Row {
    /// The rule, and the name of its fixture's function.
    name: &'static str,
    wrong: &'static str,
    shows: Outcome,
    cured: &'static str,
    prints: &'static str,
}

const PRELUDE: &str = "#![allow(warnings)]
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;
";

/// How long a program may run; none of them has anything to do for longer than a moment.
const LIMIT: Duration = Duration::from_secs(3);

const ROWS: &[Row] = &[
    Row {
        name: "stale_capture: a counter",
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
        name: "stale_capture: a flag",
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
        name: "shared_loop_state_captured: stored_each_turn",
        wrong: r#"fn main() {
            let current = Arc::new(AtomicUsize::new(0));
            let gate = Arc::new(Barrier::new(4));
            let mut workers = Vec::new();
            for number in 0..3 {
                current.store(number, SeqCst);
                let (current, gate) = (current.clone(), gate.clone());
                workers.push(thread::spawn(move || { gate.wait(); current.load(SeqCst) }));
            }
            gate.wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        shows: Prints("[2, 2, 2]"),
        cured: r#"fn main() {
            let gate = Arc::new(Barrier::new(4));
            let mut workers = Vec::new();
            for number in 0..3 {
                let gate = gate.clone();
                workers.push(thread::spawn(move || { gate.wait(); number }));
            }
            gate.wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        prints: "[0, 1, 2]",
    },
    Row {
        name: "shared_loop_state_captured: behind_a_mutex",
        wrong: r#"fn main() {
            let current = Arc::new(Mutex::new(0));
            let gate = Arc::new(Barrier::new(4));
            let mut workers = Vec::new();
            for number in 0..3 {
                *current.lock().unwrap() = number;
                let (current, gate) = (current.clone(), gate.clone());
                workers.push(thread::spawn(move || { gate.wait(); let seen = *current.lock().unwrap(); seen }));
            }
            gate.wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        shows: Prints("[2, 2, 2]"),
        cured: r#"fn main() {
            let gate = Arc::new(Barrier::new(4));
            let mut workers = Vec::new();
            for number in 0..3 {
                let gate = gate.clone();
                workers.push(thread::spawn(move || { gate.wait(); number }));
            }
            gate.wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        prints: "[0, 1, 2]",
    },
    Row {
        name: "shared_loop_state_captured: callbacks",
        wrong: r#"fn main() {
            let index = Rc::new(Cell::new(0));
            let mut callbacks: Vec<Box<dyn Fn() -> u32>> = Vec::new();
            while index.get() < 3 {
                let same = Rc::clone(&index);
                callbacks.push(Box::new(move || same.get()));
                index.set(index.get() + 1);
            }
            let seen: Vec<u32> = callbacks.iter().map(|c| c()).collect();
            println!("{seen:?}");
        }"#,
        shows: Prints("[3, 3, 3]"),
        cured: r#"fn main() {
            let index = Rc::new(Cell::new(0));
            let mut callbacks: Vec<Box<dyn Fn() -> u32>> = Vec::new();
            while index.get() < 3 {
                let mine = index.get();
                callbacks.push(Box::new(move || mine));
                index.set(index.get() + 1);
            }
            let seen: Vec<u32> = callbacks.iter().map(|c| c()).collect();
            println!("{seen:?}");
        }"#,
        prints: "[0, 1, 2]",
    },
    Row {
        name: "sender_kept_alive: clones_go_to_threads",
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
        name: "sender_kept_alive: while_let",
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
        name: "closure_keeps_owner_alive: in_an_option",
        wrong: r#"struct Button { clicks: u32, on_click: Option<Box<dyn Fn()>> }
        impl Drop for Button { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            let button = Rc::new(RefCell::new(Button { clicks: 0, on_click: None }));
            let same = Rc::clone(&button);
            button.borrow_mut().on_click = Some(Box::new(move || same.borrow_mut().clicks += 1));
            drop(button);
            println!("end");
        }"#,
        shows: Prints("end"),
        cured: r#"struct Button { clicks: u32, on_click: Option<Box<dyn Fn()>> }
        impl Drop for Button { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            let button = Rc::new(RefCell::new(Button { clicks: 0, on_click: None }));
            let weak = Rc::downgrade(&button);
            button.borrow_mut().on_click = Some(Box::new(move || {
                if let Some(button) = weak.upgrade() { button.borrow_mut().clicks += 1; }
            }));
            drop(button);
            println!("end");
        }"#,
        prints: "freed\nend",
    },
    Row {
        name: "closure_keeps_owner_alive: in_a_list",
        wrong: r#"struct Button { clicks: u32, handlers: Vec<Box<dyn Fn()>> }
        impl Drop for Button { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            let button = Rc::new(RefCell::new(Button { clicks: 0, handlers: Vec::new() }));
            let same = button.clone();
            button.borrow_mut().handlers.push(Box::new(move || same.borrow_mut().clicks += 1));
            drop(button);
            println!("end");
        }"#,
        shows: Prints("end"),
        cured: r#"struct Button { clicks: Rc<Cell<u32>>, handlers: Vec<Box<dyn Fn()>> }
        impl Drop for Button { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            let clicks = Rc::new(Cell::new(0));
            let button = Rc::new(RefCell::new(Button { clicks: clicks.clone(), handlers: Vec::new() }));
            button.borrow_mut().handlers.push(Box::new(move || clicks.set(clicks.get() + 1)));
            drop(button);
            println!("end");
        }"#,
        prints: "freed\nend",
    },
];

/// Compiles and runs a program. `None` without rustc.
fn outcome(dir: &Path, file: &str) -> Option<(String, bool)> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let program = dir.join(file).with_extension("program");
    let compiled =
        Command::new(rustc).current_dir(dir).args(["--edition", "2024", file, "-o"]).arg(&program).output();
    let compiled = match compiled {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: rustc does not start ({error})");
            return None;
        }
    };
    assert!(compiled.status.success(), "{file}: {}", String::from_utf8_lossy(&compiled.stderr));
    let mut child = Command::new(program).stdout(Stdio::piped()).spawn().expect("the program runs");
    let started = Instant::now();
    let mut in_time = true;
    while child.try_wait().expect("a child").is_none() {
        if started.elapsed() > LIMIT {
            in_time = false;
            child.kill().expect("a child");
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("a child");
    Some((String::from_utf8(output.stdout).expect("UTF-8"), in_time))
}

fn compare(row: &Row, dir: &Path) -> Vec<String> {
    let mut trouble = Vec::new();
    for (file, code, wanted) in
        [("wrong.rs", row.wrong, row.shows), ("cured.rs", row.cured, Prints(row.prints))]
    {
        common::write(dir, &[(file, &format!("{PRELUDE}{code}\n"))]);
        let Some((text, in_time)) = outcome(dir, file) else { return Vec::new() };
        let fits = match wanted {
            Prints(line) => in_time && text.trim_end() == line,
            Hangs => !in_time,
        };
        if !fits {
            trouble
                .push(format!("{} {file}: wanted {wanted:?}, ended {in_time}, printed {text:?}", row.name));
        }
    }
    let rule = row.name.split(':').next().unwrap_or_default();
    let output = common::run(dir, &["--message-format", "json", "--edition", "2024", "."]);
    let mut said: Vec<String> =
        common::findings(&output).into_iter().filter(|f| f.rule == rule).map(|f| f.file).collect();
    said.dedup();
    if said != ["wrong.rs"] {
        trouble.push(format!("{}: reported in {said:?}", row.name));
    }
    trouble
}

#[test]
fn programs_do_what_the_rules_say() {
    let scratch = common::scratch();
    let trouble: Vec<String> = std::thread::scope(|scope| {
        let rows: Vec<_> = ROWS
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let dir = scratch.path().join(index.to_string());
                scope.spawn(move || compare(row, &dir))
            })
            .collect();
        rows.into_iter().flat_map(|row| row.join().expect("a row")).collect()
    });
    assert!(trouble.is_empty(), "{} differences:\n{}", trouble.len(), trouble.join("\n"));
}
