//! Cells that a loop moves on while others read them.

use crate::Outcome::Prints;
use crate::Row;

pub const ROWS: &[Row] = &[
    Row {
        of: &["stored_each_turn", "tasks"],
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
        of: &["behind_a_mutex"],
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
        of: &["callbacks"],
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
        of: &["condition_reads_it"],
        wrong: r#"fn main() {
            let at = Arc::new(AtomicUsize::new(0));
            let gate = Arc::new(Barrier::new(5));
            let mut workers = Vec::new();
            while at.load(SeqCst) < 4 {
                let (mine, gate) = (Arc::clone(&at), gate.clone());
                workers.push(thread::spawn(move || { gate.wait(); mine.load(SeqCst) }));
                at.fetch_add(1, SeqCst);
            }
            gate.wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        shows: Prints("[4, 4, 4, 4]"),
        cured: r#"fn main() {
            let at = Arc::new(AtomicUsize::new(0));
            let gate = Arc::new(Barrier::new(5));
            let mut workers = Vec::new();
            while at.load(SeqCst) < 4 {
                let (mine, gate) = (at.load(SeqCst), gate.clone());
                workers.push(thread::spawn(move || { gate.wait(); mine }));
                at.fetch_add(1, SeqCst);
            }
            gate.wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        prints: "[0, 1, 2, 3]",
    },
    Row {
        of: &["cloned_in_a_tuple"],
        wrong: r#"fn main() {
            let current = Arc::new(AtomicUsize::new(0));
            let log = Arc::new(Mutex::new(String::new()));
            let gate = Arc::new(Barrier::new(4));
            let mut workers = Vec::new();
            for number in 0..3 {
                current.store(number, SeqCst);
                let (current, log, gate) = (current.clone(), log.clone(), gate.clone());
                workers.push(thread::spawn(move || {
                    gate.wait();
                    let number = current.load(SeqCst);
                    log.lock().unwrap().push_str(&number.to_string());
                }));
            }
            gate.wait();
            for worker in workers { worker.join().unwrap(); }
            println!("{}", log.lock().unwrap());
        }"#,
        shows: Prints("222"),
        cured: r#"fn main() {
            let log = Arc::new(Mutex::new(0));
            let gate = Arc::new(Barrier::new(4));
            let mut workers = Vec::new();
            for number in 0..3 {
                let (log, gate) = (log.clone(), gate.clone());
                workers.push(thread::spawn(move || {
                    gate.wait();
                    *log.lock().unwrap() += number;
                }));
            }
            gate.wait();
            for worker in workers { worker.join().unwrap(); }
            println!("{}", log.lock().unwrap());
        }"#,
        prints: "3",
    },
    Row {
        of: &["callbacks_of_items"],
        wrong: r#"fn main() {
            let current = Rc::new(RefCell::new(String::new()));
            let mut callbacks: Vec<Box<dyn Fn() -> String>> = Vec::new();
            for name in ["a", "b"] {
                *current.borrow_mut() = name.to_owned();
                let current = Rc::clone(&current);
                callbacks.push(Box::new(move || current.borrow().clone()));
            }
            let seen: Vec<String> = callbacks.iter().map(|c| c()).collect();
            println!("{}", seen.join(" "));
        }"#,
        shows: Prints("b b"),
        cured: r#"fn main() {
            let mut callbacks: Vec<Box<dyn Fn() -> String>> = Vec::new();
            for name in ["a", "b"] {
                callbacks.push(Box::new(move || name.to_owned()));
            }
            let seen: Vec<String> = callbacks.iter().map(|c| c()).collect();
            println!("{}", seen.join(" "));
        }"#,
        prints: "a b",
    },
    Row {
        of: &["in_a_static"],
        wrong: r#"static NEXT: AtomicUsize = AtomicUsize::new(0);
        static GATE: OnceLock<Barrier> = OnceLock::new();
        fn main() {
            GATE.get_or_init(|| Barrier::new(5));
            let mut workers = Vec::new();
            while NEXT.load(SeqCst) < 4 {
                workers.push(thread::spawn(|| { GATE.get().unwrap().wait(); NEXT.load(SeqCst) }));
                NEXT.fetch_add(1, SeqCst);
            }
            GATE.get().unwrap().wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        shows: Prints("[4, 4, 4, 4]"),
        cured: r#"static NEXT: AtomicUsize = AtomicUsize::new(0);
        static GATE: OnceLock<Barrier> = OnceLock::new();
        fn main() {
            GATE.get_or_init(|| Barrier::new(5));
            let mut workers = Vec::new();
            while NEXT.load(SeqCst) < 4 {
                let mine = NEXT.load(SeqCst);
                workers.push(thread::spawn(move || { GATE.get().unwrap().wait(); mine }));
                NEXT.fetch_add(1, SeqCst);
            }
            GATE.get().unwrap().wait();
            let seen: Vec<usize> = workers.into_iter().map(|w| w.join().unwrap()).collect();
            println!("{seen:?}");
        }"#,
        prints: "[0, 1, 2, 3]",
    },
    Row {
        of: &["scoped"],
        wrong: r#"fn main() {
            let at = AtomicUsize::new(0);
            let (gate, seen) = (Barrier::new(5), AtomicUsize::new(0));
            thread::scope(|scope| {
                while at.load(SeqCst) < 4 {
                    scope.spawn(|| { gate.wait(); seen.fetch_add(at.load(SeqCst), SeqCst); });
                    at.fetch_add(1, SeqCst);
                }
                gate.wait();
            });
            println!("{}", seen.load(SeqCst));
        }"#,
        shows: Prints("16"),
        cured: r#"fn main() {
            let at = AtomicUsize::new(0);
            let (gate, seen) = (Barrier::new(5), AtomicUsize::new(0));
            thread::scope(|scope| {
                while at.load(SeqCst) < 4 {
                    let (mine, gate, seen) = (at.load(SeqCst), &gate, &seen);
                    scope.spawn(move || { gate.wait(); seen.fetch_add(mine, SeqCst); });
                    at.fetch_add(1, SeqCst);
                }
                gate.wait();
            });
            println!("{}", seen.load(SeqCst));
        }"#,
        prints: "6",
    },
];
