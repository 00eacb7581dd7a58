//! What the server knows, and what it does with each message.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    CodeActionParams, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    HoverParams, InitializeParams, PublishDiagnosticsParams, Uri,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cli::CheckArgs;
use crate::lsp::actions;
use crate::lsp::documents::{Document, Documents};
use crate::lsp::findings::{Abilities, Shown};
use crate::lsp::position::Encoding;
use crate::lsp::transport::{Incoming, Outgoing};
use crate::lsp::uri;
use crate::lsp::worker::{Answer, Job};

/// How long the hands must rest before a changed text is checked.
const REST: Duration = Duration::from_millis(120);

/// How long the open files' answers must stand before everything is checked: what is typed meanwhile comes first.
const PAUSE: Duration = Duration::from_millis(300);

/// Why a check is due; the greater asks for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// A text was changed.
    Typed,
    /// A file was opened or closed.
    Opened,
    /// Something on the disk has changed.
    Saved,
}

/// The server.
pub struct Server {
    args: CheckArgs,
    outgoing: Sender<Outgoing>,
    jobs: Sender<Job>,
    documents: Documents,
    roots: Vec<PathBuf>,
    abilities: Abilities,
    watches: bool,
    is_initialized: bool,
    is_shut_down: bool,
    due: Option<(Instant, Cause)>,
    /// A check of everything is owed as soon as the quick one is done.
    owes_all: bool,
    /// When that check starts.
    all_due: Option<Instant>,
    /// Stops the present job.
    stop: Arc<AtomicBool>,
    shown: FxHashMap<PathBuf, (Option<i32>, Vec<Shown>)>,
    complaints: Vec<String>,
}

impl Server {
    /// A server that nobody has spoken to yet.
    pub fn new(args: CheckArgs, outgoing: Sender<Outgoing>, jobs: Sender<Job>) -> Self {
        Self {
            args,
            outgoing,
            jobs,
            documents: Documents::default(),
            roots: Vec::new(),
            abilities: Abilities::default(),
            watches: false,
            is_initialized: false,
            is_shut_down: false,
            due: None,
            owes_all: false,
            all_due: None,
            stop: Arc::default(),
            shown: FxHashMap::default(),
            complaints: Vec::new(),
        }
    }

    /// When the next check is due.
    pub fn due(&self) -> Option<Instant> {
        self.due.map(|(at, _)| at).or(self.all_due)
    }

    /// The exit status: 1 when the editor went without a word.
    pub fn status(&self) -> u8 {
        u8::from(!self.is_shut_down)
    }

    /// Handles a message. Gives the exit status when it was the last.
    pub fn receive(&mut self, incoming: Incoming) -> Option<u8> {
        let message = match incoming {
            Incoming::Message(message) => message,
            Incoming::Malformed(why) => {
                self.put(Outgoing::Malformed(why));
                return None;
            }
        };
        match message {
            Message::Request(request) => {
                let id = request.id.clone();
                // A bug in one answer is that request's error.
                let answered =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.answer(request)));
                let response = answered.unwrap_or_else(|_| {
                    let why = "linger failed (a bug in linger)".to_owned();
                    Response::new_err(id, ErrorCode::InternalError as i32, why)
                });
                self.put(Outgoing::Message(Message::Response(response)));
                None
            }
            Message::Notification(note) if note.method == "exit" => Some(self.status()),
            Message::Notification(note) => {
                let noticed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.notice(note)));
                if noticed.is_err() {
                    eprintln!("linger: a notification failed (a bug in linger)");
                }
                None
            }
            Message::Response(_) => None,
        }
    }

    fn answer(&mut self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let refuse =
            |id: RequestId, code: ErrorCode, why: &str| Response::new_err(id, code as i32, why.to_owned());
        match method.as_str() {
            "initialize" if self.is_initialized => {
                refuse(id, ErrorCode::InvalidRequest, "initialized already")
            }
            "initialize" => match serde_json::from_value::<InitializeParams>(params) {
                Ok(params) => Response::new_ok(id, self.initialize(&params)),
                Err(error) => refuse(id, ErrorCode::InvalidParams, &error.to_string()),
            },
            _ if !self.is_initialized => refuse(id, ErrorCode::ServerNotInitialized, "not initialized yet"),
            _ if self.is_shut_down => refuse(id, ErrorCode::InvalidRequest, "shut down already"),
            "shutdown" => {
                self.is_shut_down = true;
                self.stop.store(true, Ordering::Relaxed);
                (self.due, self.all_due) = (None, None);
                Response::new_ok(id, Value::Null)
            }
            "textDocument/codeAction" => self.ask(id, params, Self::code_actions),
            "textDocument/hover" => self.ask(id, params, Self::hover),
            _ => refuse(id, ErrorCode::MethodNotFound, &format!("`{method}` is not known here")),
        }
    }

    fn ask<P: DeserializeOwned>(
        &self,
        id: RequestId,
        params: Value,
        answer: fn(&Self, &P) -> Value,
    ) -> Response {
        match serde_json::from_value::<P>(params) {
            Ok(params) => Response::new_ok(id, answer(self, &params)),
            Err(error) => Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string()),
        }
    }

    #[allow(deprecated, reason = "old editors know one root only")]
    fn initialize(&mut self, params: &InitializeParams) -> Value {
        let general = params.capabilities.general.as_ref();
        let text = params.capabilities.text_document.as_ref();
        let workspace = params.capabilities.workspace.as_ref();
        self.abilities = Abilities {
            encoding: Encoding::choose(general.and_then(|g| g.position_encodings.as_ref())),
            related: text
                .and_then(|t| t.publish_diagnostics.as_ref())
                .and_then(|p| p.related_information)
                .unwrap_or(false),
        };
        self.watches = workspace
            .and_then(|w| w.did_change_watched_files)
            .and_then(|w| w.dynamic_registration)
            .unwrap_or(false);
        let folders = params.workspace_folders.iter().flatten().map(|folder| &folder.uri);
        self.roots = folders.filter_map(uri::to_path).collect();
        if self.roots.is_empty() {
            self.roots.extend(params.root_uri.as_ref().and_then(uri::to_path));
        }
        self.roots.sort();
        self.roots.dedup();
        if let Some(options) = &params.initialization_options {
            self.configure(options);
        }
        self.is_initialized = true;
        self.want(Cause::Saved);
        json!({
            "capabilities": {
                "positionEncoding": self.abilities.encoding.kind(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
                "codeActionProvider": { "codeActionKinds": ["quickfix"] },
                "hoverProvider": true,
                "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
            },
            "serverInfo": { "name": "linger", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    /// Options as on the command line: `{ "args": ["-W", "strict"] }`.
    fn configure(&mut self, options: &Value) {
        let options = options.get("linger").unwrap_or(options);
        let Some(list) = options.get("args").and_then(Value::as_array) else { return };
        let words = list.iter().filter_map(Value::as_str).map(Into::into);
        let args = std::iter::once("cargo-linger".into()).chain(words).collect();
        match crate::cli::parse(args) {
            Ok(cli) if cli.command.is_none() => self.args = cli.check,
            Ok(_) => self.complain("linger: `args` are options of a check".to_owned()),
            Err(error) => self.complain(format!("linger: {error}")),
        }
    }

    fn notice(&mut self, note: Notification) {
        if !self.is_initialized || self.is_shut_down {
            return;
        }
        let Notification { method, params } = note;
        match method.as_str() {
            "initialized" => self.watch_files(),
            "textDocument/didOpen" => {
                let Some(opened) = read::<DidOpenTextDocumentParams>(params) else { return };
                let document = opened.text_document;
                let Some(path) = uri::to_path(&document.uri) else { return };
                // Manifests and configurations are read from the disk.
                if path.extension().is_none_or(|e| e != "rs") {
                    return;
                }
                let text = document.text.into();
                let open = Document { uri: document.uri, version: document.version, text };
                self.documents.open(path, open);
                self.want(Cause::Opened);
            }
            "textDocument/didChange" => {
                let Some(changed) = read::<DidChangeTextDocumentParams>(params) else { return };
                let Some(path) = uri::to_path(&changed.text_document.uri) else { return };
                let version = changed.text_document.version;
                self.documents.change(&path, version, changed.content_changes, self.abilities.encoding);
                self.want(Cause::Typed);
            }
            // Which file it was does not matter: others may depend on it.
            "textDocument/didSave" => self.want(Cause::Saved),
            "textDocument/didClose" => {
                let Some(closed) = read::<DidCloseTextDocumentParams>(params) else { return };
                let Some(path) = uri::to_path(&closed.text_document.uri) else { return };
                self.documents.close(&path);
                // In no folder of the editor: it is nobody's any more.
                if !self.roots.iter().any(|root| path.starts_with(root)) && self.shown.remove(&path).is_some()
                {
                    self.send_diagnostics(closed.text_document.uri, None, &[]);
                }
                self.want(Cause::Saved);
            }
            "workspace/didChangeWatchedFiles" => self.want(Cause::Saved),
            "workspace/didChangeConfiguration" => {
                self.configure(params.get("settings").unwrap_or(&Value::Null));
                self.want(Cause::Saved);
            }
            "workspace/didChangeWorkspaceFolders" => {
                let Some(change) = read::<lsp_types::DidChangeWorkspaceFoldersParams>(params) else { return };
                let gone: Vec<PathBuf> =
                    change.event.removed.iter().filter_map(|f| uri::to_path(&f.uri)).collect();
                self.roots.retain(|root| !gone.contains(root));
                self.roots.extend(change.event.added.iter().filter_map(|f| uri::to_path(&f.uri)));
                self.roots.sort();
                self.roots.dedup();
                self.want(Cause::Saved);
            }
            _ => {}
        }
    }

    /// Asks to be told when another program changes a file.
    fn watch_files(&mut self) {
        if !self.watches {
            return;
        }
        let watchers = ["**/*.rs", "**/Cargo.toml", "**/Cargo.lock", "**/linger.toml"]
            .map(|glob| json!({ "globPattern": glob }));
        let params = json!({ "registrations": [{
            "id": "files", "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        }] });
        let request = Request::new("watch".to_owned().into(), "client/registerCapability".to_owned(), params);
        self.put(Outgoing::Message(Message::Request(request)));
    }

    /// A check is wanted. What is being checked is out of date.
    fn want(&mut self, cause: Cause) {
        self.stop.store(true, Ordering::Relaxed);
        self.all_due = None;
        let wait = if cause == Cause::Typed { REST } else { Duration::ZERO };
        let cause = self.due.map_or(cause, |(_, before)| before.max(cause));
        self.owes_all |= cause == Cause::Saved;
        self.due = Some((Instant::now() + wait, cause));
    }

    /// Starts the check that is due.
    pub fn start(&mut self) {
        let Some((_, cause)) = self.due.take() else {
            if self.all_due.take().is_some() {
                self.owes_all = false;
                self.begin(false, Cause::Saved);
            }
            return;
        };
        if self.documents.all().is_empty() {
            self.owes_all = false;
            self.begin(false, cause);
        } else {
            self.begin(true, cause);
        }
    }

    fn begin(&mut self, near: bool, cause: Cause) {
        self.stop = Arc::default();
        let open = self.documents.all();
        let mut roots = self.roots.clone();
        // What lies outside of the folders belongs to others, unless there are no folders.
        if roots.is_empty() {
            roots.extend(open.keys().cloned());
        }
        let job = Job {
            roots,
            buffers: open.iter().map(|(path, d)| (path.clone(), Arc::clone(&d.text))).collect(),
            versions: open.iter().map(|(path, d)| (path.clone(), d.version)).collect(),
            near,
            typing: cause == Cause::Typed,
            stop: Arc::clone(&self.stop),
            args: self.args.clone(),
            abilities: self.abilities,
        };
        if self.jobs.send(job).is_err() {
            self.complain("linger cannot check any more".to_owned());
        }
    }

    /// Shows what was found.
    pub fn publish(&mut self, answer: Answer) {
        let Answer { mut files, versions, near, trouble } = answer;
        let has_trouble = !trouble.is_empty();
        for text in trouble {
            self.complain(format!("linger: {text}"));
        }
        // An invalid configuration, say: what was found before still stands.
        if !has_trouble {
            self.complaints.clear();
            let about: FxHashSet<PathBuf> = if near {
                versions.keys().cloned().collect()
            } else {
                files.keys().chain(self.shown.keys()).cloned().collect()
            };
            for path in about {
                self.show(path.clone(), files.remove(&path).unwrap_or_default(), &versions);
            }
        }
        if near && self.owes_all && self.due.is_none() {
            self.all_due = Some(Instant::now() + PAUSE);
        }
    }

    fn show(&mut self, path: PathBuf, found: Vec<Shown>, versions: &FxHashMap<PathBuf, i32>) {
        let document = self.documents.get(&path);
        let version = versions.get(&path).copied();
        // The text has changed meanwhile; a newer answer is on its way.
        if document.is_some_and(|d| version != Some(d.version)) {
            return;
        }
        let Some(uri) = document.map(|d| d.uri.clone()).or_else(|| uri::from_path(&path)) else { return };
        self.send_diagnostics(uri, document.and(version), &found);
        if found.is_empty() && document.is_none() {
            self.shown.remove(&path);
        } else {
            self.shown.insert(path, (document.and(version), found));
        }
    }

    fn send_diagnostics(&self, uri: Uri, version: Option<i32>, found: &[Shown]) {
        let diagnostics = found.iter().map(|shown| shown.diagnostic.clone()).collect();
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.notify("textDocument/publishDiagnostics", params);
    }

    /// What is shown in a file, when it is about the text that the editor has.
    fn shown(&self, uri: &Uri) -> &[Shown] {
        let Some(path) = uri::to_path(uri) else { return &[] };
        let now = self.documents.get(&path).map(|d| d.version);
        match self.shown.get(&path) {
            Some((version, shown)) if *version == now => shown,
            _ => &[],
        }
    }

    fn code_actions(&self, params: &CodeActionParams) -> Value {
        let shown = self.shown(&params.text_document.uri);
        actions::code_actions(params, shown, &|path| match self.documents.get(path) {
            Some(document) => Some(document.uri.clone()),
            None => uri::from_path(path),
        })
    }

    fn hover(&self, params: &HoverParams) -> Value {
        let at = &params.text_document_position_params;
        actions::hover(at.position, self.shown(&at.text_document.uri))
    }

    /// Says something to the user, once.
    fn complain(&mut self, text: String) {
        if !self.complaints.contains(&text) {
            self.notify("window/showMessage", json!({ "type": 1, "message": text }));
            self.complaints.push(text);
        }
    }

    fn notify(&self, method: &str, params: impl serde::Serialize) {
        self.put(Outgoing::Message(Message::Notification(Notification::new(method.to_owned(), params))));
    }

    fn put(&self, outgoing: Outgoing) {
        // An editor that does not listen any more will soon be gone.
        if self.outgoing.send(outgoing).is_err() {
            eprintln!("linger: the editor does not listen any more");
        }
    }
}

/// Parameters of a notification; there is nobody to tell when they are wrong.
fn read<P: DeserializeOwned>(params: Value) -> Option<P> {
    serde_json::from_value(params).inspect_err(|error| eprintln!("linger: {error}")).ok()
}
