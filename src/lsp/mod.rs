//! The language server: `cargo linger lsp`.
//!
//! The main thread answers the editor and never computes; a worker checks, and what it is about to say is dropped as
//! soon as something newer comes. After a change only the open files are answered for, from their packages and what
//! those depend on; after a save the whole workspace follows.

mod actions;
mod documents;
mod findings;
mod position;
mod server;
mod transport;
mod uri;
mod worker;

use std::time::Instant;

use crossbeam_channel::{select, unbounded};

use crate::cli::CheckArgs;
use crate::run;

/// Serves until the editor says `exit` or is gone. Gives the exit status.
pub fn serve(args: &CheckArgs) -> anyhow::Result<u8> {
    run::threads(args.jobs)?;
    let incoming = transport::read_messages();
    let (outgoing, writer) = transport::write_messages();
    let (job_sender, job_receiver) = unbounded();
    let (answer_sender, answers) = unbounded();
    // The process ends without waiting for a check that nobody wants any more.
    std::thread::spawn(move || worker::work(&job_receiver, &answer_sender));
    let mut server = server::Server::new(args.clone(), outgoing, job_sender);
    let status = loop {
        let wait = server.due().map(|due| due.saturating_duration_since(Instant::now()));
        let timer = wait.map_or_else(crossbeam_channel::never, crossbeam_channel::after);
        select! {
            recv(incoming) -> message => match message {
                Ok(message) => {
                    if let Some(status) = server.receive(message) {
                        break status;
                    }
                }
                // The editor is gone.
                Err(_) => break server.status(),
            },
            recv(answers) -> answer => if let Ok(answer) = answer { server.publish(answer) },
            recv(timer) -> _ => server.start(),
        }
    };
    drop(server);
    // What was promised is written before the process ends.
    if writer.join().is_err() {
        return Ok(1);
    }
    Ok(status)
}
