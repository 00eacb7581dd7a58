//! Messages on standard input and output.
//!
//! `lsp-server` has a transport too, which ends at the first malformed message. An editor's plugin may send one, and
//! the server outlives it.

use std::io::{BufRead, Read, Write};

use crossbeam_channel::{Receiver, Sender, unbounded};
use lsp_server::{ErrorCode, Message};
use serde_json::json;

/// Larger messages are skipped.
const LARGEST: usize = 256 << 20;

/// What comes in.
pub enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none, and why.
    Malformed(String),
}

/// Reads messages on a thread of their own until the input ends.
pub fn read_messages() -> Receiver<Incoming> {
    let (sender, receiver) = unbounded();
    // It ends with the input, or with the process.
    let reader = move || {
        let mut input = std::io::stdin().lock();
        while let Ok(Some(incoming)) = read(&mut input) {
            if sender.send(incoming).is_err() {
                break;
            }
        }
    };
    std::thread::spawn(reader);
    receiver
}

/// Writes messages on a thread of their own: an editor that is slow to read must not keep the server from reading.
pub fn write_messages() -> (Sender<Outgoing>, std::thread::JoinHandle<()>) {
    let (sender, receiver) = unbounded::<Outgoing>();
    let writer = std::thread::spawn(move || {
        let mut out = std::io::stdout().lock();
        for outgoing in receiver {
            let written = match outgoing {
                Outgoing::Message(message) => message.write(&mut out),
                Outgoing::Malformed(why) => write_malformed(&mut out, &why),
            };
            if written.is_err() {
                break;
            }
        }
    });
    (sender, writer)
}

/// What goes out.
pub enum Outgoing {
    /// A message.
    Message(Message),
    /// The answer to something that is no message: it has no id to answer to.
    Malformed(String),
}

fn write_malformed(out: &mut impl Write, why: &str) -> std::io::Result<()> {
    let text = json!({
        "jsonrpc": "2.0", "id": null,
        "error": { "code": ErrorCode::ParseError as i32, "message": why },
    })
    .to_string();
    write!(out, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    out.flush()
}

/// The next message. `None` at the end of the input.
pub fn read(input: &mut impl BufRead) -> std::io::Result<Option<Incoming>> {
    let mut length: Option<usize> = None;
    loop {
        let mut line = Vec::new();
        // A header is short; what has no end is no header.
        if input.by_ref().take(1 << 16).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            match length {
                Some(_) => break,
                // Blank lines between messages, or a header without a length.
                None => continue,
            }
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
    let length = length.unwrap_or(0);
    if length > LARGEST {
        std::io::copy(&mut input.by_ref().take(length as u64), &mut std::io::sink())?;
        return Ok(Some(Incoming::Malformed(format!("a message of {length} bytes is too large"))));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some(match serde_json::from_slice::<Message>(&body) {
        Ok(message) => Incoming::Message(message),
        Err(error) => Incoming::Malformed(error.to_string()),
    }))
}
