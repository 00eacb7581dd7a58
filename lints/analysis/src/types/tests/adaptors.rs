//! Option, Result, iterators, strings, smart pointers.

use super::check;

#[test]
fn options_and_results() {
    check(
        "fn f(o: Option<u8>, r: Result<u8, String>, s: &Option<String>) { let a = o.map(|x| x as u16); let b = r.as_ref().ok();
         let c = r.map_err(|e| e.len()); let d = s.as_deref(); let e = s.as_ref().unwrap(); let g = o.ok_or(\"x\");
         let h = o.and_then(|x| Some(x.to_string())); let i = Some(Ok::<u8, u16>(1)).transpose(); let j = Some(&1u8).cloned();
         let k = s.clone().unwrap_or_default(); let l = o.zip(Some('c')); }",
        &[("a", "Option<u16>"), ("b", "Option<&u8>"), ("c", "Result<u8, usize>"), ("d", "Option<&str>"), ("e", "&String"),
          ("g", "Result<u8, &str>"), ("h", "Option<String>"), ("i", "Result<Option<u8>, u16>"), ("j", "Option<u8>"), ("k", "String"),
          ("l", "Option<(u8, char)>")],
    );
}

#[test]
fn iterators() {
    check(
        "use std::collections::HashMap; fn f(v: Vec<String>, m: HashMap<u8, u16>) { let a: Vec<_> = v.iter().map(|s| s.len()).collect();
         let b = v.iter().filter(|s| s.is_empty()).count(); let c = v.iter().enumerate().next(); let d = v.iter().cloned().collect::<Vec<_>>();
         let e = m.values().copied().max(); let g: Result<Vec<u8>, String> = v.iter().map(|s| Ok(1)).collect(); let h = v.iter().fold(0u64, |acc, s| acc);
         let i = v.iter().flat_map(|s| s.chars()).last(); let j = v.into_iter().rev().find(|s| s.len() > 1); let k = m.into_iter().collect::<HashMap<_, _>>();
         let l = (0..3u8).zip(\"ab\".chars()).collect::<Vec<_>>(); let n = \"a b\".split(' ').map(str::to_owned).collect::<Vec<_>>(); }",
        &[("a", "Vec<usize>"), ("b", "usize"), ("c", "Option<(usize, &String)>"), ("d", "Vec<String>"), ("e", "Option<u16>"), ("h", "u64"),
          ("i", "Option<char>"), ("j", "Option<String>"), ("k", "HashMap<u8, u16>"), ("l", "Vec<(u8, char)>"), ("n", "Vec<String>")],
    );
}

#[test]
fn lines_and_entries() {
    check(
        "use std::io::BufRead; use std::collections::HashMap; fn f(r: std::io::BufReader<std::fs::File>, mut m: HashMap<String, Vec<u8>>) {
         for line in r.lines() { let l = line.unwrap(); } let e = m.entry(String::new()).or_default(); let x = m.entry(String::new()).or_insert_with(|| Vec::new()); x.push(1); }",
        &[("line", "Result<String, Error>"), ("l", "String"), ("e", "&mut Vec<u8>"), ("x", "&mut Vec<u8>")],
    );
}

#[test]
fn pointers() {
    check(
        "use std::sync::{Arc, Mutex, Weak}; fn f(a: Arc<Mutex<u8>>, s: &str, b: Box<String>, g: &Arc<String>) { let w = Arc::downgrade(&a); let u = w.upgrade();
         let c = s.to_owned(); let d = s.to_string(); let e = b.clone(); let h = g.clone(); let i = g.as_ref(); let j = *b; let k = a.lock().unwrap().clone(); }",
        &[("w", "Weak<Mutex<u8>>"), ("u", "Option<Arc<Mutex<u8>>>"), ("c", "String"), ("d", "String"), ("e", "Box<String>"), ("h", "Arc<String>"),
          ("i", "&String"), ("j", "String"), ("k", "u8")],
    );
}

#[test]
fn bounds_of_conversions() {
    check(
        "use std::path::Path; fn f<P: AsRef<Path>>(p: P, s: impl Into<String>, q: impl AsRef<Path>) { let a = p.as_ref(); let b = s.into(); let c = q.as_ref().join(\"x\"); }",
        &[("a", "&Path"), ("b", "String"), ("c", "PathBuf")],
    );
}
