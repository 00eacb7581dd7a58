//! Look-ups that everything above depends on, and the soundness of the data itself.

use rustc_hash::FxHashSet;

use super::facts::Facts;
use super::files::{FACTS, SIGNATURES};
use super::table::Table;
use super::*;
use crate::symbol::sym;

fn catalogue() -> &'static Catalogue {
    Catalogue::builtin()
}

fn shown(path: &str) -> String {
    catalogue().function(sym(path)).map_or_else(|| format!("no {path}"), |s| format!("{:?}", Plain(&s.ret)))
}

/// A type with full paths.
struct Plain<'a>(&'a Ty);

impl std::fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Ty::Adt(path, args) if args.is_empty() => f.write_str(path),
            Ty::Adt(path, args) => {
                write!(f, "{path}<")?;
                for (i, arg) in args.iter().enumerate() {
                    write!(f, "{}{:?}", if i > 0 { "," } else { "" }, Plain(arg))?;
                }
                f.write_str(">")
            }
            Ty::Future(t, _) => write!(f, "future<{:?}>", Plain(t)),
            Ty::Iterator(t) => write!(f, "iter<{:?}>", Plain(t)),
            Ty::Ref(_, t) => write!(f, "&{:?}", Plain(t)),
            other => write!(f, "{other}"),
        }
    }
}

#[test]
fn every_line_of_the_signatures_can_be_read() {
    let table = Table::load(SIGNATURES);
    let mut paths: Vec<_> = table.paths().collect();
    paths.sort_unstable();
    for path in paths {
        let section = table.section(path).expect("a section that is listed");
        assert_eq!(section.broken, Vec::<&str>::new(), "in {path}");
        if let Some(facts) = &section.facts {
            for name in &facts.generics {
                assert!(!name.contains("::") && !name.is_empty(), "{path}: parameter {name}");
            }
        }
    }
}

#[test]
fn every_path_in_a_signature_leads_somewhere() {
    let table = Table::load(SIGNATURES);
    let mut unknown = FxHashSet::default();
    for path in table.paths() {
        for signature in table.section(path).expect("listed").functions.values() {
            signature.ret.any(&mut |ty| {
                if let Ty::Adt(path, _) = ty
                    && !table.has(path)
                {
                    unknown.insert(*path);
                }
                false
            });
        }
    }
    // Types of left-out crates and of foreign libraries.
    assert!(unknown.len() < 150, "{} unknown: {unknown:?}", unknown.len());
}

#[test]
fn re_exports_end() {
    let table = Table::load(SIGNATURES);
    for (alias, target) in table.reexports() {
        assert_ne!(alias, target);
        let end = catalogue().canonical(alias);
        assert_eq!(catalogue().canonical(&end), end, "{alias} goes in circles");
    }
}

#[test]
fn modules_with_something_of_their_own_stay_what_they_are() {
    for module in ["axum::extract", "http::header", "actix_web::dev", "tokio_rustls::client"] {
        assert_eq!(catalogue().canonical(module).as_str(), module);
    }
    let moved = |path: &str| catalogue().canonical(path).to_string();
    assert_eq!(moved("actix_web::dev::fn_service"), "actix_service::fn_service");
    assert_eq!(moved("axum::extract::FromRequest"), "axum_core::extract::FromRequest");
    assert_eq!(moved("http::header::HeaderMap"), "http::HeaderMap");
}

#[test]
fn facts_are_read_and_lead_to_signatures() {
    let mut seen = FxHashSet::default();
    let mut problems = Vec::new();
    for file in FACTS {
        let facts = match Facts::parse(file.text) {
            Ok(facts) => facts,
            Err(error) => panic!("{:?}: {error}", file.crates),
        };
        for ty in facts.resources.keys() {
            if !seen.insert(*ty) {
                problems.push(format!("{ty} twice"));
            }
            if catalogue().type_facts(*ty).is_none() {
                problems.push(format!("no type {ty}"));
            }
        }
        for path in facts.functions.keys() {
            if !seen.insert(*path) {
                problems.push(format!("{path} twice"));
            }
            if catalogue().function(*path).is_none() {
                problems.push(format!("no function {path}"));
            }
        }
        for path in facts.functions.values().flat_map(|f| &f.undone_by) {
            if catalogue().function(*path).is_none() {
                problems.push(format!("no function {path} to undo"));
            }
        }
        for path in facts.resources.keys().chain(facts.functions.keys()) {
            let name = path.split("::").next().unwrap_or_default();
            if !file.crates.contains(&name) {
                problems.push(format!("{path} in the file of {:?}", file.crates));
            }
            if catalogue().canonical(path) != *path {
                problems.push(format!("{path} is canonically {}", catalogue().canonical(path)));
            }
        }
    }
    problems.sort();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn signatures_of_std() {
    assert_eq!(
        shown("std::sync::Mutex::lock"),
        "std::result::Result<std::sync::MutexGuard<T>,std::sync::PoisonError<std::sync::MutexGuard<T>>>"
    );
    assert_eq!(
        shown("std::process::Command::spawn"),
        "std::result::Result<std::process::Child,std::io::Error>"
    );
    assert_eq!(shown("std::sync::mpsc::Receiver::recv"), "std::result::Result<T,std::sync::mpsc::RecvError>");
    assert_eq!(shown("std::io::BufWriter::new"), "std::io::BufWriter<W>");
    assert_eq!(shown("std::thread::spawn"), "std::thread::JoinHandle<T>");
    assert_eq!(shown("u64::checked_add"), "std::option::Option<Self>");
    assert_eq!(shown("std::thread::JoinHandle::join").get(..23), Some("std::result::Result<T,s"));
}

#[test]
fn signatures_of_crates() {
    assert_eq!(shown("tokio::sync::Mutex::lock"), "future<tokio::sync::MutexGuard<T>>");
    assert_eq!(shown("dashmap::DashMap::get"), "std::option::Option<dashmap::mapref::one::Ref<K,V>>");
    assert_eq!(shown("reqwest::Client::get"), "reqwest::RequestBuilder");
    assert_eq!(
        shown("reqwest::RequestBuilder::send"),
        "future<std::result::Result<reqwest::Response,reqwest::Error>>"
    );
    assert_eq!(
        shown(&catalogue().canonical("sqlx::Pool::begin")),
        "future<std::result::Result<sqlx_core::transaction::Transaction<DB>,sqlx_core::Error>>"
    );
    assert_eq!(shown("parking_lot::Mutex::lock"), "parking_lot::MutexGuard<T>");
    let handle = catalogue().type_facts(sym("tokio::task::JoinHandle")).expect("JoinHandle");
    assert_eq!(
        format!("{:?}", Plain(handle.awaits.as_ref().expect("awaits"))),
        "std::result::Result<T,tokio::task::JoinError>"
    );
}

#[test]
fn re_exports_are_followed() {
    let canonical = |path: &str| catalogue().canonical(path).to_string();
    assert_eq!(canonical("tokio::task::spawn"), "tokio::spawn");
    assert_eq!(canonical("sqlx::PgPool::begin"), "sqlx_core::pool::Pool::begin");
    assert_eq!(canonical("futures::stream::StreamExt"), "futures_util::StreamExt");
    assert_eq!(canonical("futures::StreamExt::next"), "futures_util::StreamExt::next");
    assert_eq!(canonical("core::cell::RefCell::borrow"), "std::cell::RefCell::borrow");
    assert_eq!(canonical("crossbeam::channel::Receiver::recv"), "crossbeam_channel::Receiver::recv");
    assert_eq!(canonical("my_crate::thing"), "my_crate::thing");
    assert_eq!(canonical("std::option::Option::Some"), "std::option::Option::Some");
    assert_eq!(canonical("std::io::Result"), "std::io::Result");
}

#[test]
fn methods_of_traits_are_found_through_the_type() {
    let path = |ty: &str, name: &str| {
        catalogue().method(sym(ty), sym(name)).map_or_else(String::new, |s| s.path.to_string())
    };
    assert_eq!(path("std::fs::File", "write_all"), "std::io::Write::write_all");
    assert_eq!(path("std::io::BufReader", "read_line"), "std::io::BufRead::read_line");
    assert_eq!(path("tokio::net::TcpStream", "write_all"), "tokio::io::AsyncWriteExt::write_all");
    assert_eq!(path("tokio::net::TcpStream", "connect"), "tokio::net::TcpStream::connect");
    assert_eq!(path("futures_channel::mpsc::Receiver", "for_each"), "futures_util::StreamExt::for_each");
    assert_eq!(path("std::fs::ReadDir", "filter_map"), "std::iter::Iterator::filter_map");
    assert_eq!(path("std::io::BufRead", "read"), "std::io::Read::read");
    assert_eq!(path("tokio::io::AsyncWriteExt", "flush"), "tokio::io::AsyncWriteExt::flush");
    assert_eq!(path("std::process::Command", "exec"), "std::os::unix::process::CommandExt::exec");
}

#[test]
fn entries_of_the_user_come_first_and_errors_have_a_place() {
    let own = Catalogue::extended(
        "[[resource]]\ntype = \"my::Guard\"\nclass = \"lock-guard\"\ndrop = \"unlocks\"\nacross_await = \"deadlocks\"\n\
         [[function]]\npath = \"my::{a,b}\"\nlocks = \"exclusive\"\n",
    )
    .expect("good entries");
    assert_eq!(own.resource(sym("my::Guard")).map(|r| r.class), Some(Class::LockGuard));
    assert_eq!(own.facts(sym("my::b")).and_then(|f| f.locks), Some(Mode::Exclusive));
    assert!(catalogue().resource(sym("my::Guard")).is_none());

    let error =
        Catalogue::extended("[[function]]\npath = \"my::a\"\nblock = true\n").expect_err("unknown key");
    assert!(matches!(error, CatalogueError::Syntax { line: 3, column: 1, .. }), "{error:?}");
    let error = Catalogue::extended("[[function]]\npath = \"lock\"\n").expect_err("no path");
    assert!(matches!(error, CatalogueError::NotAPath { .. }));
    let error = Catalogue::extended("[[function]]\npath = \"m::{a,a}\"\n").expect_err("twice");
    assert!(matches!(error, CatalogueError::Duplicate { .. }));
}

#[test]
fn facts_are_found_by_the_paths_that_people_write() {
    let mut missing = Vec::new();
    for path in [
        "rayon::spawn",
        "rayon::ThreadPoolBuilder::build",
        "crossbeam::channel::Receiver::recv",
        "crossbeam::scope",
        "crossbeam::thread::scope",
        "futures::executor::block_on",
        "futures::lock::Mutex::lock",
        "futures::channel::mpsc::Sender::try_send",
        "futures::StreamExt::next",
        "futures::sink::SinkExt::send",
        "async_std::sync::Mutex::lock",
        "async_std::channel::Receiver::recv",
        "smol::lock::RwLock::write",
        "smol::block_on",
        "smol::unblock",
        "smol::channel::Sender::send",
        "actix_web::rt::spawn",
        "actix_rt::spawn",
        "sqlx::Transaction::commit",
        "sqlx::PgPool::begin",
        "sqlx::PgPool::connect",
        "sqlx::postgres::PgPoolOptions::connect",
        "tokio::task::spawn",
        "tokio::sync::mpsc::Sender::send",
        "std::fs::File::write_all",
        "std::net::TcpStream::write",
        "core::mem::forget",
        "parking_lot::lock_api::Mutex::lock",
        "deadpool_postgres::Pool::get",
        "std::process::Command::exec",
        "redis::Connection::set",
        "tokio::fs::File::write_all",
        "zstd::stream::write::Encoder::finish",
        "once_cell::sync::OnceCell::set",
        "diesel::prelude::RunQueryDsl::load",
        "tokio_stream::StreamExt::next",
        "crossterm::terminal::enable_raw_mode",
        "rusqlite::ffi::sqlite3_open",
        "std::string::String::write_str",
    ] {
        let canonical = catalogue().canonical(path);
        if catalogue().facts(canonical).is_none() {
            missing.push(format!("{path} ({canonical})"));
        }
    }
    for ty in [
        "sqlx::Transaction",
        "sqlx::pool::PoolConnection",
        "smol::Task",
        "smol::process::Child",
        "async_std::sync::MutexGuard",
        "futures::future::RemoteHandle",
        "futures::stream::FuturesUnordered",
        "tracing::span::Entered",
        "flate2::write::GzEncoder",
        "rayon::ThreadPool",
        "tracing::subscriber::DefaultGuard",
    ] {
        let canonical = catalogue().canonical(ty);
        if catalogue().resource(canonical).is_none() {
            missing.push(format!("{ty} ({canonical})"));
        }
    }
    assert!(missing.is_empty(), "nothing known of {missing:#?}");
}

/// `cargo test --release -p linger-analysis catalogue -- --ignored --nocapture`
#[test]
#[ignore = "prints sizes and times"]
fn sizes_and_times() {
    let start = std::time::Instant::now();
    let table = Table::load(SIGNATURES);
    println!("index: {:?}", start.elapsed());
    let start = std::time::Instant::now();
    drop(Table::load(SIGNATURES));
    println!("index once more: {:?}", start.elapsed());
    let start = std::time::Instant::now();
    let functions: usize = table.paths().filter_map(|p| table.section(p)).map(|s| s.functions.len()).sum();
    println!("all {} sections with {functions} functions: {:?}", table.paths().count(), start.elapsed());
    let start = std::time::Instant::now();
    let facts: Vec<_> = FACTS.iter().filter_map(|f| Facts::parse(f.text).ok()).collect();
    println!(
        "{} resources, {} functions with facts: {:?}",
        facts.iter().map(|f| f.resources.len()).sum::<usize>(),
        facts.iter().map(|f| f.functions.len()).sum::<usize>(),
        start.elapsed()
    );
    println!("signatures: {} bytes", SIGNATURES.iter().map(|f| f.len()).sum::<usize>());
}
