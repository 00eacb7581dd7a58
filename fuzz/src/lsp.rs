//! The language server without its threads: what an editor says, and what is answered.

#[path = "../../src/lsp/actions.rs"]
mod actions;
#[path = "../../src/lsp/documents.rs"]
mod documents;
#[path = "../../src/lsp/findings.rs"]
mod findings;
#[path = "../../src/lsp/position.rs"]
mod position;
#[path = "../../src/lsp/server.rs"]
mod server;
#[path = "../../src/lsp/transport.rs"]
mod transport;
#[path = "../../src/lsp/uri.rs"]
mod uri;
#[path = "../../src/lsp/worker.rs"]
mod worker;

use std::io::Cursor;

use crossbeam_channel::{Receiver, unbounded};
use lsp_types::{Diagnostic, TextEdit};

use crate::args;
use crate::cli::CheckArgs;
use crate::run::Outcome;
use findings::{Abilities, Action, Shown};
use position::{Encoding, Text};
use transport::Incoming;
use worker::{Answer, Job};

const START: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#;

/// For the driver's commands; here nobody serves.
pub fn serve(_args: &CheckArgs) -> anyhow::Result<u8> {
    Ok(0)
}

/// Findings as editors show them, however they count.
pub fn every_encoding(outcome: &Outcome) {
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let shown = findings::by_file(outcome, Abilities { encoding, related: encoding == Encoding::Utf8 });
        assert_eq!(shown.values().map(Vec::len).sum::<usize>(), outcome.findings.len());
    }
}

/// What an editor says: framed as it is, or a message a line behind a good `initialize`.
pub fn messages(bytes: &[u8]) {
    let (outgoing, said) = unbounded();
    let (job_sender, jobs) = unbounded();
    let mut server = server::Server::new(args(&[]), outgoing, job_sender);
    let framed = if bytes.starts_with(b"Content-Length:") {
        bytes.to_vec()
    } else {
        let lines = std::iter::once(START.as_bytes()).chain(bytes.split(|byte| *byte == b'\n'));
        lines.fold(Vec::new(), |mut all, line| {
            all.extend_from_slice(format!("Content-Length: {}\r\n\r\n", line.len()).as_bytes());
            all.extend_from_slice(line);
            all
        })
    };
    let mut input = Cursor::new(framed);
    while let Ok(Some(incoming)) = transport::read(&mut input) {
        let asks = matches!(&incoming, Incoming::Message(lsp_server::Message::Request(_)));
        let before = said.len();
        if server.receive(incoming).is_some() {
            break;
        }
        assert!(!asks || said.len() > before, "a request was not answered");
        if server.due().is_some() {
            server.start();
        }
        answer(&jobs, &mut server);
    }
    let _status = server.status();
}

/// In place of the worker: something is found in every open file.
fn answer(jobs: &Receiver<Job>, server: &mut server::Server) {
    for job in jobs.try_iter() {
        let encoding = job.abilities.encoding;
        let mut files = rustc_hash::FxHashMap::default();
        for (path, text) in &job.buffers {
            positions(text, encoding);
            let whole = Text::new(text, encoding).range(0, text.len() as u32);
            let diagnostic = Diagnostic { range: whole, message: "found".to_owned(), ..Default::default() };
            let edits = vec![(path.clone(), TextEdit::new(whole, String::new()))];
            let actions = vec![Action { title: "mend".to_owned(), preferred: true, edits }];
            files.insert(path.clone(), vec![Shown { diagnostic, rule: "double_lock", actions }]);
        }
        let trouble = if job.roots.is_empty() { vec!["no folder".to_owned()] } else { Vec::new() };
        server.publish(Answer { files, versions: job.versions, near: job.near, trouble });
    }
}

/// There and back again.
fn positions(text: &str, encoding: Encoding) {
    let index = Text::new(text, encoding);
    for (at, c) in text.char_indices().take(500) {
        let back = index.offset(index.position(at as u32));
        // The carriage returns at the end of a line belong to its end.
        assert!(back == at || (c == '\r' || c == '\n') && back < at, "byte {at} comes back as {back}");
    }
}
