//! Objects that keep each other alive.

use crate::Outcome::Prints;
use crate::Row;

pub const ROWS: &[Row] = &[
    Row {
        of: &["in_an_option"],
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
        of: &["in_a_list"],
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
    Row {
        of: &["in_a_map"],
        wrong: r#"struct Button { clicks: u32, by_name: HashMap<String, Box<dyn Fn()>> }
        impl Drop for Button { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            let button = Rc::new(RefCell::new(Button { clicks: 0, by_name: HashMap::new() }));
            let same = Rc::clone(&button);
            button.borrow_mut().by_name.insert("save".to_owned(), Box::new(move || same.borrow_mut().clicks += 1));
            drop(button);
            println!("end");
        }"#,
        shows: Prints("end"),
        cured: r#"struct Button { clicks: u32, by_name: HashMap<String, Box<dyn Fn()>> }
        impl Drop for Button { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            let button = Rc::new(RefCell::new(Button { clicks: 0, by_name: HashMap::new() }));
            let weak = Rc::downgrade(&button);
            button.borrow_mut().by_name.insert("save".to_owned(), Box::new(move || {
                if let Some(button) = weak.upgrade() { button.borrow_mut().clicks += 1; }
            }));
            drop(button);
            println!("end");
        }"#,
        prints: "freed\nend",
    },
    Row {
        of: &["fed_by_its_owner", "fed_through_a_method"],
        wrong: r#"struct Hub { events: Mutex<Vec<Sender<u32>>>, task: Mutex<Option<thread::JoinHandle<()>>> }
        impl Hub {
            fn new() -> Arc<Self> { Arc::new(Hub { events: Mutex::default(), task: Mutex::default() }) }
            fn subscribe(&self) -> Receiver<u32> {
                let (tx, rx) = channel();
                self.events.lock().unwrap().push(tx);
                rx
            }
            fn handle(&self, _: u32) {}
            fn poll(&self) {}
        }
        impl Drop for Hub { fn drop(&mut self) { println!("freed"); } }
        fn start(hub: Arc<Hub>) -> Arc<Hub> {
            let events = hub.subscribe();
            let same = hub.clone();
            thread::spawn(move || {
                while let Ok(event) = events.recv() { same.handle(event); }
            });
            hub
        }
        fn main() {
            for _ in 0..2 { drop(start(Hub::new())); }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        shows: Prints("end"),
        cured: r#"struct Hub { events: Mutex<Vec<Sender<u32>>>, task: Mutex<Option<thread::JoinHandle<()>>> }
        impl Hub {
            fn new() -> Arc<Self> { Arc::new(Hub { events: Mutex::default(), task: Mutex::default() }) }
            fn subscribe(&self) -> Receiver<u32> {
                let (tx, rx) = channel();
                self.events.lock().unwrap().push(tx);
                rx
            }
            fn handle(&self, _: u32) {}
            fn poll(&self) {}
        }
        impl Drop for Hub { fn drop(&mut self) { println!("freed"); } }
        fn start(hub: Arc<Hub>) -> Arc<Hub> {
            let events = hub.subscribe();
            let weak = Arc::downgrade(&hub);
            thread::spawn(move || {
                while let Ok(event) = events.recv() {
                    let Some(hub) = weak.upgrade() else { break };
                    hub.handle(event);
                }
            });
            hub
        }
        fn main() {
            for _ in 0..2 { drop(start(Hub::new())); }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        prints: "freed\nfreed\nend",
    },
    Row {
        of: &["handle_in_its_owner"],
        wrong: r#"struct Hub { events: Mutex<Vec<Sender<u32>>>, task: Mutex<Option<thread::JoinHandle<()>>> }
        impl Hub {
            fn new() -> Arc<Self> { Arc::new(Hub { events: Mutex::default(), task: Mutex::default() }) }
            fn subscribe(&self) -> Receiver<u32> {
                let (tx, rx) = channel();
                self.events.lock().unwrap().push(tx);
                rx
            }
            fn handle(&self, _: u32) {}
            fn poll(&self) {}
        }
        impl Drop for Hub { fn drop(&mut self) { println!("freed"); } }
        fn start(hub: &Arc<Hub>) {
            let same = Arc::clone(hub);
            let task = thread::spawn(move || loop {
                same.poll();
                thread::sleep(Duration::from_millis(1));
            });
            *hub.task.lock().unwrap() = Some(task);
        }
        fn main() {
            for _ in 0..2 { start(&Hub::new()); }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        shows: Prints("end"),
        cured: r#"struct Hub { events: Mutex<Vec<Sender<u32>>>, task: Mutex<Option<thread::JoinHandle<()>>> }
        impl Hub {
            fn new() -> Arc<Self> { Arc::new(Hub { events: Mutex::default(), task: Mutex::default() }) }
            fn subscribe(&self) -> Receiver<u32> {
                let (tx, rx) = channel();
                self.events.lock().unwrap().push(tx);
                rx
            }
            fn handle(&self, _: u32) {}
            fn poll(&self) {}
        }
        impl Drop for Hub { fn drop(&mut self) { println!("freed"); } }
        fn start(hub: &Arc<Hub>) {
            let weak = Arc::downgrade(hub);
            let task = thread::spawn(move || while let Some(hub) = weak.upgrade() {
                hub.poll();
                drop(hub);
                thread::sleep(Duration::from_millis(1));
            });
            *hub.task.lock().unwrap() = Some(task);
        }
        fn main() {
            for _ in 0..2 { start(&Hub::new()); }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        prints: "freed\nfreed\nend",
    },
    Row {
        of: &["subscribe", "start"],
        wrong: r#"struct Shrinker { sizes: OnceLock<Sender<u32>> }
        impl Shrinker { fn shrink(&self, _: u32) {} }
        impl Drop for Shrinker { fn drop(&mut self) { println!("freed"); } }
        struct Cache { inner: Arc<Shrinker> }
        impl Cache {
            fn start(&self) {
                let (sender, receiver) = channel();
                let _ = self.inner.sizes.set(sender);
                let inner = Arc::clone(&self.inner);
                thread::spawn(move || {
                    while let Ok(size) = receiver.recv() { inner.shrink(size); }
                });
            }
        }
        fn main() {
            for _ in 0..2 {
                let cache = Cache { inner: Arc::new(Shrinker { sizes: OnceLock::new() }) };
                cache.start();
            }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        shows: Prints("end"),
        cured: r#"struct Shrinker { sizes: OnceLock<Sender<u32>> }
        impl Shrinker { fn shrink(&self, _: u32) {} }
        impl Drop for Shrinker { fn drop(&mut self) { println!("freed"); } }
        struct Cache { inner: Arc<Shrinker> }
        impl Cache {
            fn start(&self) {
                let (sender, receiver) = channel();
                let _ = self.inner.sizes.set(sender);
                let weak = Arc::downgrade(&self.inner);
                thread::spawn(move || {
                    while let Ok(size) = receiver.recv() {
                        let Some(inner) = weak.upgrade() else { break };
                        inner.shrink(size);
                    }
                });
            }
        }
        fn main() {
            for _ in 0..2 {
                let cache = Cache { inner: Arc::new(Shrinker { sizes: OnceLock::new() }) };
                cache.start();
            }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        prints: "freed\nfreed\nend",
    },
    Row {
        of: &["new"],
        wrong: r#"struct Worker { jobs: Sender<u32> }
        impl Worker {
            fn new() -> Arc<Self> {
                let (jobs, waiting) = channel();
                let this = Arc::new(Self { jobs });
                let that = this.clone();
                thread::spawn(move || loop {
                    match waiting.recv() {
                        Ok(job) => that.work(job),
                        Err(_) => break,
                    }
                });
                this
            }
            fn work(&self, _: u32) {}
        }
        impl Drop for Worker { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            for _ in 0..2 { drop(Worker::new()); }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        shows: Prints("end"),
        cured: r#"struct Worker { jobs: Sender<u32> }
        impl Worker {
            fn new() -> Arc<Self> {
                let (jobs, waiting) = channel();
                let this = Arc::new(Self { jobs });
                let weak = Arc::downgrade(&this);
                thread::spawn(move || loop {
                    match waiting.recv() {
                        Ok(job) => match weak.upgrade() {
                            Some(that) => that.work(job),
                            None => break,
                        },
                        Err(_) => break,
                    }
                });
                this
            }
            fn work(&self, _: u32) {}
        }
        impl Drop for Worker { fn drop(&mut self) { println!("freed"); } }
        fn main() {
            for _ in 0..2 { drop(Worker::new()); }
            thread::sleep(Duration::from_millis(200));
            println!("end");
        }"#,
        prints: "freed\nfreed\nend",
    },
];
