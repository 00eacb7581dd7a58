//! What linger knows of other people's APIs, as data: signatures, resources, effects.
//!
//! *Signatures* (std and popular crates) are generated from their documentation into one compact table.
//! *Resources* and *functions* are reviewed facts in TOML, one file a crate, which users extend with the same
//! keys in their own configuration.

mod error;
mod facts;
mod files;
mod lookup;
mod notation;
mod paths;
mod table;

#[cfg(test)]
mod tests;

pub use error::CatalogueError;
pub use facts::Written;
pub use lookup::Catalogue;

use crate::symbol::Symbol;
use crate::syntax::items::SelfKind;
use crate::types::ty::Ty;

/// A signature of a function outside of the program. Type parameters are [`Ty::Param`] with no bounds,
/// those of the receiver's type by the names that [`TypeFacts::generics`] lists. In methods of traits `Self`
/// is a parameter too, and so are associated types: `Self::Item`, `Self::Output`, `F::Output` are the names
/// of parameters like any other.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalSignature {
    /// Canonical path, `std::sync::Mutex::lock`.
    pub path: Symbol,
    /// How `self` is taken.
    pub self_kind: SelfKind,
    /// Number of arguments without `self`.
    pub arity: u8,
    /// What the arguments must look like, without `self`, for those functions where that tells something of the
    /// result: `Option::map` has `fn(T) -> U`. Empty when not known, [`Ty::Unknown`] for arguments that tell
    /// nothing. Closures are [`Ty::Fn`], any future is [`Ty::Future`], anything iterable is [`Ty::Iterator`].
    pub params: Vec<Ty>,
    /// What a call gives. `async fn`s and documented lazy futures give [`Ty::Future`]; handles of running
    /// work (`JoinHandle`) their own type.
    pub ret: Ty,
    /// What `.await` on the returned value gives, when that is known and `ret` is a named type.
    pub awaited: Option<Ty>,
    /// `#[must_use]`
    pub must_use: bool,
}

/// What is known of a type outside of the program.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TypeFacts {
    /// Canonical path.
    pub path: Symbol,
    /// It is a trait.
    pub is_trait: bool,
    /// Its type parameters in order.
    pub generics: Vec<Symbol>,
    /// What it derefs to, in its own parameters.
    pub deref: Option<Ty>,
    /// Traits it implements, as far as known, by canonical path. For a trait its supertraits.
    pub traits: Vec<Symbol>,
    /// What iterating over a value of it gives (as iterator, stream or through `IntoIterator`), in its own
    /// parameters.
    pub item: Option<Ty>,
    /// What `.await` on a value of it gives, in its own parameters (`JoinHandle<T>`: `Result<T, JoinError>`).
    pub awaits: Option<Ty>,
    /// `#[must_use]`
    pub must_use: bool,
    /// For a type alias what it stands for.
    pub alias: Option<Ty>,
    /// Fields of a struct, as far as known; those of a tuple struct are `0`, `1`….
    pub fields: Vec<(Symbol, Ty)>,
    /// Variants of an enum with their fields, as far as known.
    pub variants: Vec<(Symbol, Vec<(Symbol, Ty)>)>,
    /// Associated types that its impls settle (`Err` of `FromStr`).
    pub assoc: Vec<(Symbol, Ty)>,
}

/// The class of a resource: a closed set.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Guard of a mutex or rwlock.
    LockGuard,
    /// `Ref`, `RefMut` of a `RefCell`.
    RefcellBorrow,
    /// A reference into a concurrent map that locks its shard.
    MapGuard,
    /// Entered tracing span.
    SpanGuard,
    /// Entered runtime, working directory, panic hook: restored on drop.
    ContextGuard,
    /// Semaphore permit.
    Permit,
    /// Connection out of a pool.
    PoolConnection,
    /// Connection or client of its own.
    Connection,
    /// Database transaction.
    Transaction,
    /// Buffered writer, encoder, archive writer.
    BufferedWriter,
    /// Open file.
    File,
    /// Lock on a file.
    FileLock,
    /// Socket or listener.
    Socket,
    /// Temporary directory or file that Drop removes.
    TempPath,
    /// Handle of an async task.
    TaskHandle,
    /// Task handle that cancels when dropped, abort-on-drop guards.
    AbortOnDrop,
    /// Set of tasks that are cancelled when it is dropped.
    TaskSet,
    /// Set of tasks that go on when it is dropped.
    TaskTracker,
    /// Handle of a thread.
    ThreadHandle,
    /// Child process.
    Child,
    /// Exit status of a process.
    ExitStatus,
    /// Response of an HTTP client.
    HttpResponse,
    /// Sender of a channel.
    Sender,
    /// Receiver of a channel.
    Receiver,
    /// Cancellation token.
    CancelToken,
    /// Guard that cancels a token when dropped.
    CancelGuard,
    /// Timer or interval.
    Timer,
    /// Subscription, watcher, registration.
    Subscription,
    /// Background-worker guard that flushes when dropped.
    WorkerGuard,
    /// Runs a closure when dropped.
    ScopeGuard,
    /// Raw terminal mode and the like.
    TerminalMode,
    /// Raw file descriptor or FFI handle: nothing releases it.
    RawHandle,
    /// Memory map.
    Mmap,
    /// Async runtime or thread pool.
    Runtime,
    /// Message producer with a queue.
    Producer,
    /// Scoped thread handle.
    ScopedThread,
    /// Waits for others.
    Barrier,
    /// Anything else.
    Other,
}

/// What a drop does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OnDrop {
    /// Unlocks.
    Unlocks,
    /// Rolls back, silently.
    RollsBack,
    /// Flushes and hides the error.
    FlushesIgnoringErrors,
    /// Loses what is buffered.
    DiscardsBuffer,
    /// Lets it run on with no handle.
    Detaches,
    /// Cancels the work.
    Cancels,
    /// Waits for the work.
    Joins,
    /// Kills the process.
    Kills,
    /// Closes the handle.
    Closes,
    /// Removes the file or directory.
    Removes,
    /// Gives it back to the pool.
    ReturnsToPool,
    /// Restores a former state.
    Restores,
    /// Blocks the thread.
    Blocks,
    /// Nothing at all.
    Nothing,
}

/// What being alive at an `.await` means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AcrossAwait {
    /// Blocks threads or panics: a bug.
    Deadlocks,
    /// Made for it.
    Allowed,
    /// Not wrong, but holds others up.
    Wasteful,
}

/// Exclusive or shared.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Mutex, write lock, `borrow_mut`.
    Exclusive,
    /// Read lock, `borrow`.
    Shared,
    /// Read lock that does not wait for queued writers.
    Recursive,
}

/// A resource type.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Canonical path of the type.
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    pub ty: Symbol,
    /// What it is.
    pub class: Class,
    /// What its drop does.
    pub drop: OnDrop,
    /// What being alive at an `.await` means.
    pub across_await: AcrossAwait,
    /// A value dropped in the statement that makes it is practically always a mistake.
    #[serde(default)]
    pub useless_when_dropped_at_once: bool,
    /// The compiler itself denies `let _ =` of it.
    #[serde(default)]
    pub underscore_denied_by_rustc: bool,
    /// It keeps nothing back: its `flush` does nothing.
    #[serde(default)]
    pub unbuffered: bool,
    /// A call that puts it on the disk waits for what is still to be written, and keeps the error to itself.
    #[serde(default)]
    pub sync_hides_errors: bool,
    /// For futures that give their result once: what happens when they are polled behind that.
    #[serde(default)]
    pub polled_again: Option<PolledAgain>,
    /// For processes: one that ended stays a zombie when the handle is dropped without a wait.
    #[serde(default)]
    pub needs_reaping: bool,
    /// It must be ended by a call even when nothing was done with it: its Drop panics, or leaves locks behind.
    #[serde(default)]
    pub must_be_ended: bool,
    /// For guards: exclusive or shared.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// The same thread may take it again.
    #[serde(default)]
    pub reentrant: bool,
    /// Methods that end its life properly (`commit`, `finish`, `flush`, `wait`, `join`, `abort`), last segments.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub release: Vec<Symbol>,
    /// Why, in a line; printed with findings about user-defined entries.
    #[serde(default)]
    pub note: Option<String>,
}

/// Loss when an error of a call is ignored.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum IfIgnored {
    /// Data is lost.
    DataLoss,
    /// State differs from what the program believes.
    State,
    /// Something is leaked.
    Leak,
    /// A protection is not in force.
    Security,
    /// Conventionally ignored.
    Benign,
}

/// Where a spawn function takes the code that it runs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SpawnKind {
    /// An async task.
    Task,
    /// A blocking closure on a pool thread; cannot be aborted.
    Blocking,
    /// A thread.
    Thread,
    /// Joined at the end of a scope.
    Scoped,
    /// A callback run at most once, later.
    Deferred,
    /// A process.
    Process,
}

/// What happens to the file or folder whose path a function is given.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OnPath {
    /// The file is there, with nothing else in it (`write`).
    Writes,
    /// The file is there and open (`File::create`).
    Makes,
    /// The folder is there (`create_dir`).
    MakesFolder,
    /// The file is open, and made when the options of the receiver say so (`OpenOptions::open`).
    Opens,
    /// It is gone (`remove_file`).
    Removes,
    /// It is gone from the first path and there under the second (`rename`).
    Renames,
}

/// When a timer future is over.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Timer {
    /// So long after the call (`sleep`, `timeout`).
    After,
    /// At a point in time (`sleep_until`).
    At,
    /// At its next beat, however often the future is made anew (`Interval::tick`).
    Tick,
    /// Gives what beats, for the first time at once (`interval`).
    Every,
}

/// What a future does that is polled although it has given its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PolledAgain {
    /// It is ready at once, again and again.
    Ready,
    /// It panics.
    Panics,
}

/// What a call does to the cell that it is a method of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CellAccess {
    /// Reads it (`load`, `get`).
    Read,
    /// Gives it another value (`store`, `set`).
    Set,
    /// Moves it on from the value that it has (`fetch_add`).
    Advance,
}

/// Facts about one function of an external crate.
#[derive(Debug, Clone, Default, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionFacts {
    /// Canonical path.
    #[schemars(with = "String")]
    pub path: Symbol,
    /// Takes a lock of its receiver (or first argument): the guard is in what it returns.
    pub locks: Option<Mode>,
    /// Only tries; never waits for a lock.
    pub tries: bool,
    /// Locks and unlocks its receiver internally: conflicts with a guard that is alive (`DashMap::insert`).
    pub locks_briefly: Option<Mode>,
    /// Takes a connection or permit out of its receiver, a pool or semaphore, and waits when none is left.
    pub acquires: bool,
    /// Takes a connection out of an argument of this type, a pool, while it runs.
    #[schemars(with = "Option<String>")]
    pub acquires_from: Option<Symbol>,
    /// Waits for a peer over the network.
    pub network: bool,
    /// May return although nobody woke it, so that its caller must look again (`Condvar::wait`).
    pub wakes_spuriously: bool,
    /// Waits for a process that runs on when its future is dropped, unless its command kills on drop.
    pub leaves_process: bool,
    /// Goes on as a copy of the process, which somebody else is the parent of (`fork`, `daemon`).
    pub forks: bool,
    /// What is lost with its error.
    pub if_ignored: Option<IfIgnored>,
    /// What is lost, in words: "the last block may never reach the disk".
    pub loss: Option<String>,
    /// The literal argument with which an error is of no account: `false` for `set_nonblocking`, which cannot fail.
    pub harmless_with: Option<String>,
    /// With nothing but constants its error is of no account: what they stand for is known to be right.
    pub harmless_when_constant: bool,
    /// Blocks the thread (sleep, join, blocking receive, process wait, network).
    pub blocks: bool,
    /// Waits for another thread, task or process, so that holding a lock meanwhile may deadlock.
    pub waits: bool,
    /// Does I/O (network, disk).
    pub io: bool,
    /// Never returns and runs no destructors (`exit`, `abort`, `exec`).
    pub ends_process: bool,
    /// Never returns.
    pub diverges: bool,
    /// Runs the given code elsewhere.
    pub spawns: Option<SpawnKind>,
    /// Index of the argument that is run (receiver not counted).
    pub spawned_argument: u8,
    /// The result carries the resource of its receiver or argument (`unwrap`, `expect`, `map_err`, `into_inner`).
    pub transparent: bool,
    /// Ends the life of its receiver (`commit`, `finish`) although it does not take it by value.
    pub releases: bool,
    /// Takes its argument out of drop's reach (`mem::forget`, `into_raw`, `Box::leak`).
    pub forgets: bool,
    /// Safe to be dropped before completion in a `select!`: `Some(false)` loses data or progress.
    pub cancel_safe: Option<bool>,
    /// Appends to the buffer it is given.
    pub appends: bool,
    /// May transfer fewer bytes than asked; the count is its result.
    pub partial_io: bool,
    /// Expensive to make, meant to be made once and shared.
    pub costly: bool,
    /// Takes an element or message out of its receiver and gives it to the caller (`recv`, `pop`, `take`).
    pub takes_out: bool,
    /// Gives the next incoming connection.
    pub accepts: bool,
    /// Runs the closure that it is given once in the life of the process (`OnceLock::get_or_init`, `LazyLock::new`).
    pub runs_once: bool,
    /// Puts what it is given, or what the closure that it is given returns, into its receiver for good
    /// (`OnceLock::set`, `OnceLock::get_or_init`).
    pub fills: bool,
    /// Gives what has passed up to the call (`Instant::elapsed`).
    pub measures: bool,
    /// The iterator that it gives never comes to an end by itself.
    pub endless: bool,
    /// Its future is over when a time has passed: no event, only the clock.
    pub timer: Option<Timer>,
    /// Its receiver is a shared cell that it reads or writes.
    pub cell: Option<CellAccess>,
    /// How long it waits is up to the other side, and it has no limit of its own (`connect`, a handshake).
    pub unlimited: bool,
    /// Acquires a raw handle that nothing releases by itself.
    pub acquires_raw: bool,
    /// What it does to the file or folder whose path it is given.
    pub on_path: Option<OnPath>,
    /// Constants whose name among the arguments means that what is there already is replaced, and nothing acquired.
    #[schemars(with = "Vec<String>")]
    pub replaces_with: Vec<Symbol>,
    /// Constants whose name among the arguments means that it answers at once and does not wait (`WNOHANG`).
    #[schemars(with = "Vec<String>")]
    pub only_asks_with: Vec<Symbol>,
    /// Starts a state that the function named here ends (`enable_raw_mode` → `disable_raw_mode`).
    #[schemars(with = "Vec<String>")]
    pub undone_by: Vec<Symbol>,
    /// Gives a clone: a value of its own, which borrows no more than what was cloned.
    pub clones: bool,
    /// The state that it starts outlives the process (raw mode of a terminal).
    pub outlives_process: bool,
    /// For methods: where the receiver's type is not known, a call of this name in a file that imports something
    /// of the crate is this one.
    pub known_by_name: bool,
    /// For combinators that take a value which they may throw away: the one that takes a closure.
    #[schemars(with = "Option<String>")]
    pub lazy_form: Option<Symbol>,
    /// What it gives is its receiver or first argument again, or refers to it: a borrow, a wrapper taken off.
    pub same_object: bool,
    /// Reads the body of the message that it is called on or given, whatever its status.
    pub reads_body: bool,
    /// Takes a writer by value, writes to it, and drops it without a flush.
    pub leaves_unflushed: bool,
    /// Tells by `None` or an error when what it looks for is not in a text or list.
    pub asks: bool,
    /// Waits in a way that panics where a runtime runs already (`Handle::block_on`, `postgres::Client::query`).
    pub panics_in_runtime: bool,
    /// Runs what it is given where waiting is allowed although a runtime runs (`block_in_place`).
    pub lets_wait: bool,
    /// Tells whether a runtime runs here (`Handle::try_current`).
    pub asks_for_runtime: bool,
    /// Receives, and fails at once and every time when the other side is gone (`Receiver::recv`).
    pub fails_when_closed: bool,
    /// What it spawns goes on when `main` has returned (the event loop of a browser).
    pub outlives_main: bool,
    /// Receives, and also fails, once, when it was so late that messages were skipped (`broadcast::Receiver::recv`); or
    /// makes a stream of such (`BroadcastStream::new`).
    pub lags: bool,
    /// Answers at once whether somebody else has got on (`load` of an atomic, `try_recv`, `is_finished`).
    pub polls: bool,
    /// Runs the closure that it is given in a transaction, which is committed unless that gives an error.
    pub runs_transaction: bool,
    /// Does nothing but let a time pass.
    pub sleeps: bool,
    /// Gives an iterator over results, one a record: who skips an error leaves a record out.
    pub gives_records: bool,
    /// Makes a value of text, and fails on what is empty or cut short: who raises its error has asked about the text.
    pub decodes: bool,
    /// Why, in a line.
    pub note: Option<String>,
}
