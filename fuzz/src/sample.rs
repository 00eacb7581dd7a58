use std::sync::{Arc, Mutex};

/* wide: é 😀 */
pub struct Shared { m: Arc<Mutex<Vec<u8>>>, n: Mutex<u8> }

impl Shared {

    pub fn gone(&self) {
        let _ = self.m.lock();

        let _ = self
            .n
            .lock();
    }

    #[allow(dead_code)]
    pub fn twice(&self) -> usize {
        let guard = self.m.lock().unwrap();
        match *self.n.lock().unwrap() {

            0 => self.m.lock().unwrap().len(),
            1 => { guard.len() }
            _ => 0,
        }
    }
}

pub async fn across(shared: &Shared) {
    let "é😀" = "x" else { return };
    let guard = shared.m.lock().unwrap(); drop(shared.n.lock());
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;

    if let Ok(n) = shared.n.lock() { println!("{n}"); } else { shared.gone() }
    drop(guard);
}

pub fn spawns() -> std::io::Result<()> {
    std::thread::spawn(|| loop {});
    std::process::Command::new("ls")
        .arg("é").spawn()?;
    std::fs::write("a", "b").ok();
    Ok(())
}

mod inner {
    #[test]
    fn tested() { let _ = std::sync::Mutex::new(1).lock(); }
}
