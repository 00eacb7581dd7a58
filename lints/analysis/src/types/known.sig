# Signatures whose parameters matter to inference: closures, wrappers, iterators, spawn functions.
# Everything else comes from the catalogue, which knows what a function returns but not what it takes.
#
#   use PATH                     a short name for the lines below
#   impl TYPE                    methods of TYPE follow; one upper-case letter is a type parameter
#   impl TYPE as PATH            the same, with PATH as the canonical prefix of the methods
#   any PATH                     methods of a trait that nearly every type has
#   NAME<B>(PARAMETERS) TYPE     a method (without self); <B> is what a turbofish binds
#   fn PATH(PARAMETERS) TYPE     a free or associated function
#   deref | item | refitem | await TYPE TYPE     what `*x`, iteration, iteration by reference, `.await` give
#   field TYPE NAME TYPE         a public field
#
# Types: `Iter<T>` any iterator, `Fut<T>` any future, `Stream<T>` any stream, `|A| B` any callable,
# `_` unknown. Computed: `Item<X>`, `Output<X>`, `Deref<X>`, `Tried<X>`, `Collect<B, X>`, `Owned<X>`.

use std::option::Option
use std::result::Result
use std::vec::Vec
use std::string::String
use std::boxed::Box
use std::rc::Rc
use std::sync::Arc
use std::pin::Pin
use std::borrow::Cow
use std::task::Poll
use std::time::Duration
use std::collections::HashMap
use std::collections::BTreeMap
use std::collections::HashSet
use std::collections::BTreeSet
use std::collections::VecDeque
use std::collections::BinaryHeap
use std::collections::LinkedList
use std::path::PathBuf
use std::path::Path
use std::ffi::OsStr
use std::ffi::OsString

deref Box<T> T
deref Rc<T> T
deref Arc<T> T
deref Cow<T> T
deref Vec<T> [T]
deref String str
deref PathBuf Path
deref OsString OsStr
deref Pin<P> Deref<P>
deref std::ffi::CString std::ffi::CStr
deref std::cell::Ref<T> T
deref std::cell::RefMut<T> T
deref std::cell::LazyCell<T> T
deref std::sync::MutexGuard<T> T
deref std::sync::RwLockReadGuard<T> T
deref std::sync::RwLockWriteGuard<T> T
deref std::sync::LazyLock<T> T
deref std::mem::ManuallyDrop<T> T
deref std::panic::AssertUnwindSafe<T> T
deref std::io::IoSlice [u8]
deref std::io::IoSliceMut [u8]
deref std::collections::binary_heap::PeekMut<T> T
deref once_cell::sync::Lazy<T> T
deref once_cell::unsync::Lazy<T> T
deref lazy_static::Lazy<T> T
deref lazy_static::lazy::Lazy<T> T
deref tokio::sync::MutexGuard<T> T
deref tokio::sync::OwnedMutexGuard<T> T
deref tokio::sync::MappedMutexGuard<T> T
deref tokio::sync::RwLockReadGuard<T> T
deref tokio::sync::RwLockWriteGuard<T> T
deref tokio::sync::RwLockMappedWriteGuard<T> T
deref tokio::sync::OwnedRwLockReadGuard<T> T
deref tokio::sync::OwnedRwLockWriteGuard<T> T
deref tokio::sync::watch::Ref<T> T
deref bytes::Bytes [u8]
deref bytes::BytesMut [u8]
deref smallvec::SmallVec<A> [Item<A>]
deref triomphe::Arc<T> T
deref arc_swap::Guard<T> T
deref crossbeam_utils::CachePadded<T> T
deref crossbeam_epoch::Owned<T> T
deref scopeguard::ScopeGuard<T> T
deref either::Either<L> Deref<L>

item Vec<T> T
item VecDeque<T> T
item BinaryHeap<T> T
item LinkedList<T> T
item HashSet<T> T
item BTreeSet<T> T
item Option<T> T
item Result<T, E> T
item HashMap<K, V> (K, V)
item BTreeMap<K, V> (K, V)
item Box<T> Item<T>
item std::ops::Range<T> T
item std::ops::RangeFrom<T> T
item std::ops::RangeInclusive<T> T
item std::sync::mpsc::Receiver<T> T
item std::sync::mpmc::Receiver<T> T
item crossbeam_channel::Receiver<T> T
item flume::Receiver<T> T
item indexmap::IndexMap<K, V> (K, V)
item indexmap::map::IndexMap<K, V> (K, V)
item indexmap::IndexSet<T> T
item indexmap::set::IndexSet<T> T
item hashbrown::HashMap<K, V> (K, V)
item hashbrown::HashSet<T> T
item smallvec::SmallVec<A> Item<A>
item std::slice::Iter<T> &T
item std::slice::IterMut<T> &mut T
item std::slice::Chunks<T> &[T]
item std::slice::ChunksExact<T> &[T]
item std::slice::Windows<T> &[T]
item std::vec::IntoIter<T> T
item std::vec::Drain<T> T
item std::array::IntoIter<T> T
item std::option::IntoIter<T> T
item std::option::Iter<T> &T
item std::collections::vec_deque::Iter<T> &T
item std::collections::vec_deque::IterMut<T> &mut T
item std::collections::vec_deque::IntoIter<T> T
item std::collections::vec_deque::Drain<T> T
item std::collections::hash_map::Iter<K, V> (&K, &V)
item std::collections::hash_map::IterMut<K, V> (&K, &mut V)
item std::collections::hash_map::IntoIter<K, V> (K, V)
item std::collections::hash_map::Drain<K, V> (K, V)
item std::collections::hash_map::Keys<K, V> &K
item std::collections::hash_map::Values<K, V> &V
item std::collections::hash_map::ValuesMut<K, V> &mut V
item std::collections::hash_map::IntoValues<K, V> V
item std::collections::hash_map::IntoKeys<K, V> K
item std::collections::hash_set::Iter<T> &T
item std::collections::hash_set::IntoIter<T> T
item std::collections::btree_map::Iter<K, V> (&K, &V)
item std::collections::btree_map::IterMut<K, V> (&K, &mut V)
item std::collections::btree_map::IntoIter<K, V> (K, V)
item std::collections::btree_map::Keys<K, V> &K
item std::collections::btree_map::Values<K, V> &V
item std::collections::btree_map::ValuesMut<K, V> &mut V
item std::collections::btree_map::Range<K, V> (&K, &V)
item std::collections::btree_set::Iter<T> &T
item std::collections::btree_set::IntoIter<T> T
item std::str::Chars char
item std::str::CharIndices (usize, char)
item std::str::Bytes u8
item std::str::Lines &str
item std::str::Split &str
item std::str::RSplit &str
item std::str::SplitN &str
item std::str::RSplitN &str
item std::str::SplitTerminator &str
item std::str::SplitInclusive &str
item std::str::SplitWhitespace &str
item std::str::SplitAsciiWhitespace &str
item std::str::MatchIndices (usize, &str)
item std::str::Matches &str
item std::string::Drain char
item std::env::Args String
item std::env::ArgsOs OsString
item std::env::Vars (String, String)
item std::env::VarsOs (OsString, OsString)
item std::env::SplitPaths PathBuf
item std::fs::ReadDir Result<std::fs::DirEntry, std::io::Error>
item std::io::Lines<B> Result<String, std::io::Error>
item std::io::Split<B> Result<Vec<u8>, std::io::Error>
item std::io::Bytes<B> Result<u8, std::io::Error>
item std::path::Components std::path::Component
item std::path::Iter &OsStr
item std::path::Ancestors &Path
item std::net::Incoming Result<std::net::TcpStream, std::io::Error>
item std::os::unix::net::Incoming Result<std::os::unix::net::UnixStream, std::io::Error>
item std::sync::mpsc::Iter<T> T
item std::sync::mpsc::TryIter<T> T
item std::sync::mpsc::IntoIter<T> T
item std::iter::Peekable<I> Item<I>
item std::iter::Map<I, F> _
item walkdir::WalkDir Result<walkdir::DirEntry, walkdir::Error>
item walkdir::IntoIter Result<walkdir::DirEntry, walkdir::Error>
item tokio_stream::wrappers::ReceiverStream<T> T
item tokio_stream::wrappers::UnboundedReceiverStream<T> T
item tokio_stream::wrappers::BroadcastStream<T> Result<T, tokio_stream::wrappers::errors::BroadcastStreamRecvError>
item tokio_stream::wrappers::WatchStream<T> T
item tokio_stream::wrappers::IntervalStream tokio::time::Instant
item futures_channel::mpsc::Receiver<T> T
item futures_channel::mpsc::UnboundedReceiver<T> T
item futures_util::stream::FuturesUnordered<F> Output<F>
item futures_util::stream::FuturesOrdered<F> Output<F>
item futures::stream::FuturesUnordered<F> Output<F>
item futures::stream::FuturesOrdered<F> Output<F>
refitem HashMap<K, V> (&K, &V)
refitem BTreeMap<K, V> (&K, &V)
refitem indexmap::IndexMap<K, V> (&K, &V)
refitem indexmap::map::IndexMap<K, V> (&K, &V)
refitem hashbrown::HashMap<K, V> (&K, &V)

await Box<T> Output<T>
await Pin<T> Output<T>
await std::panic::AssertUnwindSafe<T> Output<T>
await std::future::Ready<T> T
await std::future::Pending<T> T
await tokio::task::JoinHandle<T> Result<T, tokio::task::JoinError>
await tokio_util::task::AbortOnDropHandle<T> Result<T, tokio::task::JoinError>
await tokio::time::Sleep ()
await tokio::time::Timeout<F> Result<Output<F>, tokio::time::error::Elapsed>
await tokio::sync::oneshot::Receiver<T> Result<T, tokio::sync::oneshot::error::RecvError>
await futures_channel::oneshot::Receiver<T> Result<T, futures_channel::oneshot::Canceled>
await async_std::task::JoinHandle<T> T
await async_task::Task<T> T
await smol::Task<T> T
await futures_timer::Delay ()

field std::process::Child stdin Option<std::process::ChildStdin>
field std::process::Child stdout Option<std::process::ChildStdout>
field std::process::Child stderr Option<std::process::ChildStderr>
field std::process::Output status std::process::ExitStatus
field std::process::Output stdout Vec<u8>
field std::process::Output stderr Vec<u8>
field tokio::process::Child stdin Option<tokio::process::ChildStdin>
field tokio::process::Child stdout Option<tokio::process::ChildStdout>
field tokio::process::Child stderr Option<tokio::process::ChildStderr>
field std::ops::Range<T> start T
field std::ops::Range<T> end T
field std::ops::RangeFrom<T> start T
field std::ops::RangeTo<T> end T

impl Option<T>
unwrap() T
expect(_) T
unwrap_unchecked() T
unwrap_or(T) T
unwrap_or_else(|| T) T
unwrap_or_default() T
is_some() bool
is_none() bool
is_some_and(|T| bool) bool
is_none_or(|T| bool) bool
as_ref() Option<&T>
as_mut() Option<&mut T>
as_deref() Option<&Deref<T>>
as_deref_mut() Option<&mut Deref<T>>
as_slice() &[T]
map(|T| U) Option<U>
map_or(U, |T| U) U
map_or_else(|| U, |T| U) U
ok_or(E) Result<T, E>
ok_or_else(|| E) Result<T, E>
and(Option<U>) Option<U>
and_then(|T| Option<U>) Option<U>
or(Option<T>) Option<T>
or_else(|| Option<T>) Option<T>
xor(Option<T>) Option<T>
filter(|&T| bool) Option<T>
inspect(|&T| ()) Option<T>
insert(T) &mut T
get_or_insert(T) &mut T
get_or_insert_with(|| T) &mut T
get_or_insert_default() &mut T
take() Option<T>
take_if(|&mut T| bool) Option<T>
replace(T) Option<T>
zip(Option<U>) Option<(T, U)>
iter() Iter<&T>
iter_mut() Iter<&mut T>
into_iter() Iter<T>
impl Option<&T>
cloned() Option<T>
copied() Option<T>
impl Option<(A, B)>
unzip() (Option<A>, Option<B>)
impl Option<Option<T>>
flatten() Option<T>
impl Option<Result<T, E>>
transpose() Result<Option<T>, E>

impl Result<T, E>
unwrap() T
expect(_) T
unwrap_or(T) T
unwrap_or_else(|E| T) T
unwrap_or_default() T
unwrap_err() E
expect_err(_) E
unwrap_unchecked() T
is_ok() bool
is_err() bool
is_ok_and(|T| bool) bool
is_err_and(|E| bool) bool
ok() Option<T>
err() Option<E>
as_ref() Result<&T, &E>
as_mut() Result<&mut T, &mut E>
as_deref() Result<&Deref<T>, &E>
as_deref_mut() Result<&mut Deref<T>, &mut E>
map(|T| U) Result<U, E>
map_err(|E| F) Result<T, F>
map_or(U, |T| U) U
map_or_else(|E| U, |T| U) U
and(Result<U, E>) Result<U, E>
and_then(|T| Result<U, E>) Result<U, E>
or(Result<T, F>) Result<T, F>
or_else(|E| Result<T, F>) Result<T, F>
inspect(|&T| ()) Result<T, E>
inspect_err(|&E| ()) Result<T, E>
iter() Iter<&T>
iter_mut() Iter<&mut T>
into_iter() Iter<T>
flatten() T
impl Result<&T, E>
cloned() Result<T, E>
copied() Result<T, E>
impl Result<Option<T>, E>
transpose() Option<Result<T, E>>

impl Result<T, E> as anyhow::Context
context(_) Result<T, anyhow::Error>
with_context(|| _) Result<T, anyhow::Error>
impl Option<T> as anyhow::Context
context(_) Result<T, anyhow::Error>
with_context(|| _) Result<T, anyhow::Error>
impl Result<T, E> as eyre::WrapErr
wrap_err(_) Result<T, eyre::Report>
wrap_err_with(|| _) Result<T, eyre::Report>

impl Poll<T>
is_ready() bool
is_pending() bool
map(|T| U) Poll<U>
impl Poll<Result<T, E>>
map_ok(|T| U) Poll<Result<U, E>>
map_err(|E| F) Poll<Result<T, F>>

impl std::ops::ControlFlow<B, C>
is_break() bool
is_continue() bool
break_value() Option<B>
continue_value() Option<C>

impl Iter<T> as std::iter::Iterator
by_ref() Iter<T>
next() Option<T>
last() Option<T>
nth(usize) Option<T>
count() usize
size_hint() (usize, Option<usize>)
step_by(usize) Iter<T>
chain(U) Iter<T>
zip(U) Iter<(T, Item<U>)>
map(|T| U) Iter<U>
for_each(|T| ()) ()
filter(|&T| bool) Iter<T>
filter_map(|T| Option<U>) Iter<U>
enumerate() Iter<(usize, T)>
peekable() Iter<T>
peek() Option<&T>
peek_mut() Option<&mut T>
next_if(|&T| bool) Option<T>
next_if_eq(_) Option<T>
skip_while(|&T| bool) Iter<T>
take_while(|&T| bool) Iter<T>
map_while(|T| Option<U>) Iter<U>
skip(usize) Iter<T>
take(usize) Iter<T>
scan(S, |&mut S, T| Option<U>) Iter<U>
flat_map(|T| U) Iter<Item<U>>
flatten() Iter<Item<T>>
fuse() Iter<T>
inspect(|&T| ()) Iter<T>
collect<B>() Collect<B, T>
partition<B>(|&T| bool) (Collect<B, T>, Collect<B, T>)
fold(B, |B, T| B) B
try_fold<B, R>(B, |B, T| R) R
try_for_each(|T| R) R
reduce(|T, T| T) Option<T>
all(|T| bool) bool
any(|T| bool) bool
find(|&T| bool) Option<T>
find_map(|T| Option<U>) Option<U>
position(|T| bool) Option<usize>
rposition(|T| bool) Option<usize>
max() Option<T>
min() Option<T>
max_by_key(|&T| K) Option<T>
min_by_key(|&T| K) Option<T>
max_by(|&T, &T| std::cmp::Ordering) Option<T>
min_by(|&T, &T| std::cmp::Ordering) Option<T>
rev() Iter<T>
rfind(|&T| bool) Option<T>
rfold(B, |B, T| B) B
next_back() Option<T>
nth_back(usize) Option<T>
cycle() Iter<T>
sum<S>() S
product<S>() S
cmp(_) std::cmp::Ordering
eq(_) bool
ne(_) bool
len() usize
is_empty() bool
into_iter() Iter<T>
clone() Iter<T>
as_str() &str
as_slice() &[T]
remainder() &[T]
sorted() Iter<T>
sorted_by(|&T, &T| std::cmp::Ordering) Iter<T>
sorted_by_key(|&T| K) Iter<T>
sorted_unstable() Iter<T>
unique() Iter<T>
dedup() Iter<T>
join(_) String
collect_vec() Vec<T>
tuple_windows() Iter<_>
cartesian_product(U) Iter<(T, Item<U>)>
intersperse(T) Iter<T>
interleave(U) Iter<T>
group_by(|&T| K) _
exactly_one() Result<T, _>
into_group_map() _
try_collect<B>() _
par_bridge() Iter<T>
with_min_len(usize) Iter<T>
impl Iter<(A, B)> as std::iter::Iterator
unzip<C, D>() (Collect<C, A>, Collect<D, B>)
impl Iter<&T> as std::iter::Iterator
cloned() Iter<T>
copied() Iter<T>

impl Fut<T> as futures_util::FutureExt
map(|T| U) Fut<U>
then(|T| U) Fut<Output<U>>
boxed() Pin<Box<Fut<T>>>
boxed_local() Pin<Box<Fut<T>>>
fuse() Fut<T>
shared() Fut<T>
left_future() Fut<T>
right_future() Fut<T>
inspect(|&T| ()) Fut<T>
catch_unwind() Fut<Result<T, Box<dyn std::any::Any>>>
now_or_never() Option<T>
unit_error() Fut<Result<T, ()>>
into_stream() Stream<T>
flatten() Fut<Output<T>>
map_into() Fut<U>
with_subscriber(_) Fut<T>
with_current_subscriber() Fut<T>
timeout(Duration) Fut<Result<T, _>>
with_cancellation_token(_) Fut<Option<T>>
into_future() Fut<T>
poll_unpin(_) Poll<T>
poll(_) Poll<T>
as_mut() Fut<T>
impl Fut<T> as tracing::Instrument
instrument(_) Fut<T>
in_current_span() Fut<T>

impl Fut<Result<T, E>> as futures_util::TryFutureExt
map_ok(|T| U) Fut<Result<U, E>>
map_err(|E| F) Fut<Result<T, F>>
and_then(|T| U) Fut<Output<U>>
or_else(|E| U) Fut<Output<U>>
unwrap_or_else(|E| T) Fut<T>
err_into() Fut<Result<T, F>>
ok_into() Fut<Result<U, E>>
inspect_err(|&E| ()) Fut<Result<T, E>>
inspect_ok(|&T| ()) Fut<Result<T, E>>
try_flatten() Fut<_>
try_poll_unpin(_) Poll<Result<T, E>>

impl Stream<T> as futures_util::StreamExt
next() Fut<Option<T>>
into_future() Fut<_>
map(|T| U) Stream<U>
enumerate() Stream<(usize, T)>
filter(|&T| F) Stream<T>
filter_map(|T| F) Stream<Tried<Output<F>>>
then(|T| F) Stream<Output<F>>
collect<B>() Fut<Collect<B, T>>
concat() Fut<T>
count() Fut<usize>
fold(B, |B, T| F) Fut<B>
any(|T| F) Fut<bool>
all(|T| F) Fut<bool>
flatten() Stream<Item<T>>
flatten_unordered(_) Stream<Item<T>>
flat_map(|T| U) Stream<Item<U>>
for_each(|T| F) Fut<()>
for_each_concurrent(_, |T| F) Fut<()>
take(usize) Stream<T>
skip(usize) Stream<T>
take_while(|&T| F) Stream<T>
skip_while(|&T| F) Stream<T>
map_while(|T| Option<U>) Stream<U>
take_until(_) Stream<T>
fuse() Stream<T>
by_ref() Stream<T>
boxed() Pin<Box<Stream<T>>>
boxed_local() Pin<Box<Stream<T>>>
buffered(usize) Stream<Output<T>>
buffer_unordered(usize) Stream<Output<T>>
zip(U) Stream<(T, Item<U>)>
chain(U) Stream<T>
merge(U) Stream<T>
peekable() Stream<T>
chunks(usize) Stream<Vec<T>>
ready_chunks(usize) Stream<Vec<T>>
chunks_timeout(usize, Duration) Stream<Vec<T>>
timeout(Duration) Stream<Result<T, tokio_stream::Elapsed>>
throttle(Duration) Stream<T>
inspect(|&T| ()) Stream<T>
forward(_) Fut<Result<(), _>>
poll_next_unpin(_) Poll<Option<T>>
poll_next(_) Poll<Option<T>>
select_next_some() Fut<T>
catch_unwind() Stream<Result<T, Box<dyn std::any::Any>>>
scan(S, |&mut S, T| F) Stream<Tried<Output<F>>>
size_hint() (usize, Option<usize>)
as_mut() Stream<T>
instrument(_) Stream<T>
impl Stream<Result<T, E>> as futures_util::TryStreamExt
try_next() Fut<Result<Option<T>, E>>
try_collect<B>() Fut<Result<Collect<B, T>, E>>
try_for_each(|T| F) Fut<Result<(), E>>
try_for_each_concurrent(_, |T| F) Fut<Result<(), E>>
try_fold(B, |B, T| F) Fut<Result<B, E>>
try_filter(|&T| F) Stream<Result<T, E>>
try_filter_map(|T| F) Stream<Output<F>>
try_concat() Fut<Result<T, E>>
try_flatten() Stream<_>
try_buffered(usize) Stream<Output<T>>
try_buffer_unordered(usize) Stream<Output<T>>
map_ok(|T| U) Stream<Result<U, E>>
map_err(|E| F) Stream<Result<T, F>>
and_then(|T| F) Stream<Output<F>>
or_else(|E| F) Stream<Output<F>>
err_into() Stream<Result<T, F>>
inspect_ok(|&T| ()) Stream<Result<T, E>>
inspect_err(|&E| ()) Stream<Result<T, E>>
into_async_read() _

impl Vec<T>
push(T) ()
pop() Option<T>
insert(usize, T) ()
remove(usize) T
swap_remove(usize) T
append(&mut Vec<T>) ()
extend(U) ()
extend_from_slice(&[T]) ()
resize(usize, T) ()
resize_with(usize, || T) ()
retain(|&T| bool) ()
retain_mut(|&mut T| bool) ()
dedup_by_key(|&mut T| K) ()
dedup_by(|&mut T, &mut T| bool) ()
drain(_) Iter<T>
splice(_, U) Iter<T>
split_off(usize) Vec<T>
into_boxed_slice() Box<[T]>
as_slice() &[T]
as_mut_slice() &mut [T]
into_iter() Iter<T>
leak() &mut [T]
pop_if(|&mut T| bool) Option<T>
extract_if(_, |&mut T| bool) Iter<T>
clone() Vec<T>

impl [T] as slice
iter() Iter<&T>
iter_mut() Iter<&mut T>
into_iter() Iter<&T>
first() Option<&T>
first_mut() Option<&mut T>
last() Option<&T>
last_mut() Option<&mut T>
get(I) Option<&Index<T, I>>
get_mut(I) Option<&mut Index<T, I>>
get_unchecked(I) &Index<T, I>
get_unchecked_mut(I) &mut Index<T, I>
split_first() Option<(&T, &[T])>
split_last() Option<(&T, &[T])>
split_first_mut() Option<(&mut T, &mut [T])>
split_last_mut() Option<(&mut T, &mut [T])>
split_at(usize) (&[T], &[T])
split_at_mut(usize) (&mut [T], &mut [T])
split_at_checked(usize) Option<(&[T], &[T])>
chunks(usize) Iter<&[T]>
chunks_mut(usize) Iter<&mut [T]>
chunks_exact(usize) Iter<&[T]>
chunks_exact_mut(usize) Iter<&mut [T]>
rchunks(usize) Iter<&[T]>
windows(usize) Iter<&[T]>
split(|&T| bool) Iter<&[T]>
splitn(usize, |&T| bool) Iter<&[T]>
rsplit(|&T| bool) Iter<&[T]>
chunk_by(|&T, &T| bool) Iter<&[T]>
sort_by(|&T, &T| std::cmp::Ordering) ()
sort_by_key(|&T| K) ()
sort_by_cached_key(|&T| K) ()
sort_unstable_by(|&T, &T| std::cmp::Ordering) ()
sort_unstable_by_key(|&T| K) ()
binary_search(&T) Result<usize, usize>
binary_search_by(|&T| std::cmp::Ordering) Result<usize, usize>
binary_search_by_key(_, |&T| K) Result<usize, usize>
partition_point(|&T| bool) usize
contains(&T) bool
fill(T) ()
fill_with(|| T) ()
concat() Concat<T>
join(_) Concat<T>
to_vec() Vec<T>
to_owned() Vec<T>
into_vec() Vec<T>
repeat(usize) Vec<T>
map(|T| U) [U]
each_ref() [&T]
each_mut() [&mut T]
as_slice() &[T]
as_mut_slice() &mut [T]
escape_ascii() String
utf8_chunks() Iter<_>
par_iter() Iter<&T>
par_iter_mut() Iter<&mut T>
into_par_iter() Iter<&T>
par_chunks(usize) Iter<&[T]>

impl str as str
chars() Iter<char>
char_indices() Iter<(usize, char)>
bytes() Iter<u8>
lines() Iter<&str>
split(_) Iter<&str>
rsplit(_) Iter<&str>
splitn(usize, _) Iter<&str>
rsplitn(usize, _) Iter<&str>
split_terminator(_) Iter<&str>
split_inclusive(_) Iter<&str>
split_whitespace() Iter<&str>
split_ascii_whitespace() Iter<&str>
matches(_) Iter<&str>
match_indices(_) Iter<(usize, &str)>
rmatch_indices(_) Iter<(usize, &str)>
encode_utf16() Iter<u16>
escape_debug() Iter<char>
escape_default() Iter<char>
parse<F>() Result<F, ParseError<F>>
get(_) Option<&str>
get_mut(_) Option<&mut str>
to_owned() String
to_string() String
borrow() &str
into_owned() String
trim_matches(|char| bool) &str
trim_start_matches(|char| bool) &str
trim_end_matches(|char| bool) &str
find(|char| bool) Option<usize>
rfind(|char| bool) Option<usize>
contains(|char| bool) bool
starts_with(|char| bool) bool
ends_with(|char| bool) bool
split_once(|char| bool) Option<(&str, &str)>
rsplit_once(|char| bool) Option<(&str, &str)>
impl String
drain(_) Iter<char>
retain(|char| bool) ()
clone() String
into_boxed_str() Box<str>
extend(_) ()

impl VecDeque<T>
push_back(T) ()
push_front(T) ()
pop_back() Option<T>
pop_front() Option<T>
front() Option<&T>
front_mut() Option<&mut T>
back() Option<&T>
back_mut() Option<&mut T>
get(usize) Option<&T>
get_mut(usize) Option<&mut T>
iter() Iter<&T>
iter_mut() Iter<&mut T>
into_iter() Iter<T>
drain(_) Iter<T>
retain(|&T| bool) ()
retain_mut(|&mut T| bool) ()
insert(usize, T) ()
remove(usize) Option<T>
extend(U) ()
append(_) ()
make_contiguous() &mut [T]
as_slices() (&[T], &[T])
range(_) Iter<&T>

impl BinaryHeap<T>
push(T) ()
pop() Option<T>
peek() Option<&T>
peek_mut() Option<std::collections::binary_heap::PeekMut<T>>
iter() Iter<&T>
into_iter() Iter<T>
drain() Iter<T>
retain(|&T| bool) ()
into_sorted_vec() Vec<T>
into_vec() Vec<T>
extend(U) ()

impl LinkedList<T>
push_back(T) ()
push_front(T) ()
pop_back() Option<T>
pop_front() Option<T>
front() Option<&T>
back() Option<&T>
front_mut() Option<&mut T>
back_mut() Option<&mut T>
iter() Iter<&T>
iter_mut() Iter<&mut T>
into_iter() Iter<T>

impl HashMap<K, V>
insert(K, V) Option<V>
get(_) Option<&V>
get_mut(_) Option<&mut V>
get_key_value(_) Option<(&K, &V)>
contains_key(_) bool
remove(_) Option<V>
remove_entry(_) Option<(K, V)>
entry(K) std::collections::hash_map::Entry<K, V>
iter() Iter<(&K, &V)>
iter_mut() Iter<(&K, &mut V)>
into_iter() Iter<(K, V)>
keys() Iter<&K>
values() Iter<&V>
values_mut() Iter<&mut V>
into_keys() Iter<K>
into_values() Iter<V>
drain() Iter<(K, V)>
retain(|&K, &mut V| bool) ()
extract_if(|&K, &mut V| bool) Iter<(K, V)>
extend(U) ()

impl BTreeMap<K, V>
insert(K, V) Option<V>
get(_) Option<&V>
get_mut(_) Option<&mut V>
get_key_value(_) Option<(&K, &V)>
contains_key(_) bool
remove(_) Option<V>
remove_entry(_) Option<(K, V)>
entry(K) std::collections::btree_map::Entry<K, V>
iter() Iter<(&K, &V)>
iter_mut() Iter<(&K, &mut V)>
into_iter() Iter<(K, V)>
keys() Iter<&K>
values() Iter<&V>
values_mut() Iter<&mut V>
into_keys() Iter<K>
into_values() Iter<V>
range(_) Iter<(&K, &V)>
range_mut(_) Iter<(&K, &mut V)>
retain(|&K, &mut V| bool) ()
first_key_value() Option<(&K, &V)>
last_key_value() Option<(&K, &V)>
pop_first() Option<(K, V)>
pop_last() Option<(K, V)>
split_off(_) BTreeMap<K, V>
extend(U) ()

impl std::collections::hash_map::Entry<K, V>
or_insert(V) &mut V
or_insert_with(|| V) &mut V
or_insert_with_key(|&K| V) &mut V
or_default() &mut V
and_modify(|&mut V| ()) std::collections::hash_map::Entry<K, V>
key() &K
insert_entry(V) std::collections::hash_map::OccupiedEntry<K, V>
impl std::collections::btree_map::Entry<K, V>
or_insert(V) &mut V
or_insert_with(|| V) &mut V
or_insert_with_key(|&K| V) &mut V
or_default() &mut V
and_modify(|&mut V| ()) std::collections::btree_map::Entry<K, V>
key() &K
impl std::collections::hash_map::OccupiedEntry<K, V>
get() &V
get_mut() &mut V
into_mut() &mut V
insert(V) V
remove() V
remove_entry() (K, V)
key() &K
impl std::collections::btree_map::OccupiedEntry<K, V>
get() &V
get_mut() &mut V
into_mut() &mut V
insert(V) V
remove() V
remove_entry() (K, V)
key() &K
impl std::collections::hash_map::VacantEntry<K, V>
insert(V) &mut V
key() &K
into_key() K
impl std::collections::btree_map::VacantEntry<K, V>
insert(V) &mut V
key() &K
into_key() K
variant std::collections::hash_map::Entry<K, V> Occupied(std::collections::hash_map::OccupiedEntry<K, V>)
variant std::collections::hash_map::Entry<K, V> Vacant(std::collections::hash_map::VacantEntry<K, V>)
variant std::collections::btree_map::Entry<K, V> Occupied(std::collections::btree_map::OccupiedEntry<K, V>)
variant std::collections::btree_map::Entry<K, V> Vacant(std::collections::btree_map::VacantEntry<K, V>)
variant Option<T> Some(T)
variant Option<T> None()
variant Result<T, E> Ok(T)
variant Result<T, E> Err(E)
variant Poll<T> Ready(T)
variant Poll<T> Pending()
variant std::ops::ControlFlow<B, C> Break(B)
variant std::ops::ControlFlow<B, C> Continue(C)
variant Cow<T> Borrowed(&T)
variant Cow<T> Owned(Owned<T>)
variant std::ops::Bound<T> Included(T)
variant std::ops::Bound<T> Excluded(T)
variant std::ops::Bound<T> Unbounded()
variant std::sync::TryLockError<T> Poisoned(std::sync::PoisonError<T>)
variant std::sync::TryLockError<T> WouldBlock()
variant std::sync::mpsc::TrySendError<T> Full(T)
variant std::sync::mpsc::TrySendError<T> Disconnected(T)
variant tokio::sync::mpsc::error::TrySendError<T> Full(T)
variant tokio::sync::mpsc::error::TrySendError<T> Closed(T)
variant std::cmp::Reverse<T> Reverse(T)
variant std::num::Wrapping<T> Wrapping(T)
variant std::panic::AssertUnwindSafe<T> AssertUnwindSafe(T)
variant futures_util::future::Either<A, B> Left(A)
variant futures_util::future::Either<A, B> Right(B)
variant either::Either<A, B> Left(A)
variant either::Either<A, B> Right(B)
variant std::net::IpAddr V4(std::net::Ipv4Addr)
variant std::net::IpAddr V6(std::net::Ipv6Addr)
variant std::net::SocketAddr V4(std::net::SocketAddrV4)
variant std::net::SocketAddr V6(std::net::SocketAddrV6)
variant std::path::Component Normal(&OsStr)
variant std::path::Component Prefix(std::path::PrefixComponent)
variant std::env::VarError NotUnicode(OsString)
variant serde_json::Value Bool(bool)
variant serde_json::Value Number(serde_json::Number)
variant serde_json::Value String(String)
variant serde_json::Value Array(Vec<serde_json::Value>)
variant serde_json::Value Object(serde_json::Map<String, serde_json::Value>)

impl HashSet<T>
insert(T) bool
replace(T) Option<T>
get(_) Option<&T>
take(_) Option<T>
remove(_) bool
contains(_) bool
iter() Iter<&T>
into_iter() Iter<T>
drain() Iter<T>
retain(|&T| bool) ()
union(_) Iter<&T>
intersection(_) Iter<&T>
difference(_) Iter<&T>
symmetric_difference(_) Iter<&T>
extend(U) ()
impl BTreeSet<T>
insert(T) bool
replace(T) Option<T>
get(_) Option<&T>
take(_) Option<T>
remove(_) bool
contains(_) bool
iter() Iter<&T>
into_iter() Iter<T>
retain(|&T| bool) ()
range(_) Iter<&T>
first() Option<&T>
last() Option<&T>
pop_first() Option<T>
pop_last() Option<T>
union(_) Iter<&T>
intersection(_) Iter<&T>
difference(_) Iter<&T>
symmetric_difference(_) Iter<&T>
extend(U) ()

impl Box<T>
as_ref() &T
as_mut() &mut T
into_iter() Iter<Item<T>>
impl Rc<T>
as_ref() &T
impl Arc<T>
as_ref() &T
impl Cow<T>
into_owned() Owned<T>
to_mut() &mut Owned<T>
impl Pin<P>
as_mut() Pin<&mut Deref<P>>
as_ref() Pin<&Deref<P>>
get_mut() &mut Deref<P>
get_ref() &Deref<P>
get_unchecked_mut() &mut Deref<P>
into_inner() P
set(Deref<P>) ()

impl std::cell::Cell<T>
get() T
set(T) ()
replace(T) T
take() T
update(|T| T) ()
impl std::cell::RefCell<T>
borrow() std::cell::Ref<T>
borrow_mut() std::cell::RefMut<T>
try_borrow() Result<std::cell::Ref<T>, std::cell::BorrowError>
try_borrow_mut() Result<std::cell::RefMut<T>, std::cell::BorrowMutError>
replace(T) T
replace_with(|&mut T| T) T
take() T
into_inner() T
get_mut() &mut T
impl std::cell::OnceCell<T>
get() Option<&T>
get_mut() Option<&mut T>
set(T) Result<(), T>
get_or_init(|| T) &T
into_inner() Option<T>
take() Option<T>
impl std::sync::OnceLock<T>
get() Option<&T>
get_mut() Option<&mut T>
set(T) Result<(), T>
get_or_init(|| T) &T
into_inner() Option<T>
take() Option<T>
impl once_cell::sync::OnceCell<T>
get() Option<&T>
set(T) Result<(), T>
get_or_init(|| T) &T
get_or_try_init(|| Result<T, E>) Result<&T, E>
impl once_cell::unsync::OnceCell<T>
get() Option<&T>
set(T) Result<(), T>
get_or_init(|| T) &T
get_or_try_init(|| Result<T, E>) Result<&T, E>
impl tokio::sync::OnceCell<T>
get() Option<&T>
set(T) Result<(), tokio::sync::SetError<T>>
get_or_init(|| F) Fut<&Output<F>>
get_or_try_init(|| F) Fut<Result<&Tried<Output<F>>, _>>
impl std::thread::LocalKey<T>
with(|&T| R) R
try_with(|&T| R) Result<R, std::thread::AccessError>
set(_) ()
impl std::thread::LocalKey<std::cell::RefCell<T>>
with_borrow(|&T| R) R
with_borrow_mut(|&mut T| R) R
impl std::thread::LocalKey<std::cell::Cell<T>>
get() T
impl tokio::task::LocalKey<T>
with(|&T| R) R
try_with(|&T| R) Result<R, tokio::task::AccessError>
scope(T, F) Fut<Output<F>>
sync_scope(T, || R) R
get() T
impl std::sync::Once
call_once(|| ()) ()
call_once_force(|&std::sync::OnceState| ()) ()
impl std::sync::Condvar
wait(G) Result<G, std::sync::PoisonError<G>>
wait_while(G, |&mut Deref<G>| bool) Result<G, std::sync::PoisonError<G>>
wait_timeout(G, Duration) Result<(G, std::sync::WaitTimeoutResult), std::sync::PoisonError<(G, std::sync::WaitTimeoutResult)>>
wait_timeout_while(G, Duration, |&mut Deref<G>| bool) Result<(G, std::sync::WaitTimeoutResult), std::sync::PoisonError<(G, std::sync::WaitTimeoutResult)>>

impl std::sync::mpsc::Sender<T>
send(T) Result<(), std::sync::mpsc::SendError<T>>
impl std::sync::mpsc::SyncSender<T>
send(T) Result<(), std::sync::mpsc::SendError<T>>
try_send(T) Result<(), std::sync::mpsc::TrySendError<T>>
impl std::sync::mpsc::Receiver<T>
recv() Result<T, std::sync::mpsc::RecvError>
try_recv() Result<T, std::sync::mpsc::TryRecvError>
recv_timeout(Duration) Result<T, std::sync::mpsc::RecvTimeoutError>
iter() Iter<T>
try_iter() Iter<T>
into_iter() Iter<T>
impl tokio::sync::mpsc::Sender<T>
send(T) Fut<Result<(), tokio::sync::mpsc::error::SendError<T>>>
try_send(T) Result<(), tokio::sync::mpsc::error::TrySendError<T>>
blocking_send(T) Result<(), tokio::sync::mpsc::error::SendError<T>>
send_timeout(T, Duration) Fut<Result<(), tokio::sync::mpsc::error::SendTimeoutError<T>>>
impl tokio::sync::mpsc::UnboundedSender<T>
send(T) Result<(), tokio::sync::mpsc::error::SendError<T>>
impl tokio::sync::mpsc::Receiver<T>
recv() Fut<Option<T>>
try_recv() Result<T, tokio::sync::mpsc::error::TryRecvError>
blocking_recv() Option<T>
poll_recv(_) Poll<Option<T>>
impl tokio::sync::mpsc::UnboundedReceiver<T>
recv() Fut<Option<T>>
try_recv() Result<T, tokio::sync::mpsc::error::TryRecvError>
blocking_recv() Option<T>
poll_recv(_) Poll<Option<T>>
impl tokio::sync::oneshot::Sender<T>
send(T) Result<(), T>
impl tokio::sync::broadcast::Sender<T>
send(T) Result<usize, tokio::sync::broadcast::error::SendError<T>>
subscribe() tokio::sync::broadcast::Receiver<T>
impl tokio::sync::watch::Sender<T>
send(T) Result<(), tokio::sync::watch::error::SendError<T>>
send_replace(T) T
send_modify(|&mut T| ()) ()
send_if_modified(|&mut T| bool) bool
borrow() tokio::sync::watch::Ref<T>
subscribe() tokio::sync::watch::Receiver<T>
impl tokio::sync::watch::Receiver<T>
wait_for(|&T| bool) Fut<Result<tokio::sync::watch::Ref<T>, tokio::sync::watch::error::RecvError>>
borrow() tokio::sync::watch::Ref<T>
borrow_and_update() tokio::sync::watch::Ref<T>

impl tokio::task::JoinSet<T>
spawn(Fut<T>) tokio::task::AbortHandle
spawn_on(Fut<T>, _) tokio::task::AbortHandle
spawn_local(Fut<T>) tokio::task::AbortHandle
spawn_blocking(|| T) tokio::task::AbortHandle
join_next() Fut<Option<Result<T, tokio::task::JoinError>>>
try_join_next() Option<Result<T, tokio::task::JoinError>>
join_all() Fut<Vec<T>>
impl tokio_util::task::TaskTracker
spawn(Fut<T>) tokio::task::JoinHandle<T>
spawn_blocking(|| T) tokio::task::JoinHandle<T>
spawn_local(Fut<T>) tokio::task::JoinHandle<T>
track_future(Fut<T>) Fut<T>
impl tokio::runtime::Runtime
spawn(Fut<T>) tokio::task::JoinHandle<T>
spawn_blocking(|| T) tokio::task::JoinHandle<T>
block_on(Fut<T>) T
impl tokio::runtime::Handle
spawn(Fut<T>) tokio::task::JoinHandle<T>
spawn_blocking(|| T) tokio::task::JoinHandle<T>
block_on(Fut<T>) T
impl tokio::task::LocalSet
spawn_local(Fut<T>) tokio::task::JoinHandle<T>
run_until(Fut<T>) Fut<T>
block_on(_, Fut<T>) T
impl tokio_util::sync::CancellationToken
run_until_cancelled(Fut<T>) Fut<Option<T>>
run_until_cancelled_owned(Fut<T>) Fut<Option<T>>
impl std::thread::Builder
spawn(|| T) Result<std::thread::JoinHandle<T>, std::io::Error>
spawn_scoped(_, || T) Result<std::thread::ScopedJoinHandle<T>, std::io::Error>
impl std::thread::Scope
spawn(|| T) std::thread::ScopedJoinHandle<T>
impl std::thread::JoinHandle<T>
join() Result<T, Box<dyn std::any::Any>>
impl std::thread::ScopedJoinHandle<T>
join() Result<T, Box<dyn std::any::Any>>
impl bool as bool
then(|| T) Option<T>
then_some(T) Option<T>

impl std::sync::Mutex<T>
lock() Result<std::sync::MutexGuard<T>, std::sync::PoisonError<std::sync::MutexGuard<T>>>
try_lock() Result<std::sync::MutexGuard<T>, std::sync::TryLockError<std::sync::MutexGuard<T>>>
into_inner() Result<T, std::sync::PoisonError<T>>
get_mut() Result<&mut T, std::sync::PoisonError<&mut T>>
impl std::sync::RwLock<T>
read() Result<std::sync::RwLockReadGuard<T>, std::sync::PoisonError<std::sync::RwLockReadGuard<T>>>
write() Result<std::sync::RwLockWriteGuard<T>, std::sync::PoisonError<std::sync::RwLockWriteGuard<T>>>
try_read() Result<std::sync::RwLockReadGuard<T>, std::sync::TryLockError<std::sync::RwLockReadGuard<T>>>
try_write() Result<std::sync::RwLockWriteGuard<T>, std::sync::TryLockError<std::sync::RwLockWriteGuard<T>>>
into_inner() Result<T, std::sync::PoisonError<T>>
impl std::sync::PoisonError<G>
into_inner() G
get_ref() &G
get_mut() &mut G
impl tokio::sync::Mutex<T>
lock() Fut<tokio::sync::MutexGuard<T>>
lock_owned() Fut<tokio::sync::OwnedMutexGuard<T>>
blocking_lock() tokio::sync::MutexGuard<T>
try_lock() Result<tokio::sync::MutexGuard<T>, tokio::sync::TryLockError>
into_inner() T
get_mut() &mut T
impl tokio::sync::RwLock<T>
read() Fut<tokio::sync::RwLockReadGuard<T>>
write() Fut<tokio::sync::RwLockWriteGuard<T>>
into_inner() T
get_mut() &mut T

any std::clone::Clone
clone() Self
clone_from(_) ()
any std::borrow::ToOwned
to_owned() Owned<Self>
any std::string::ToString
to_string() String
any std::convert::Into
into<T>() Into<Self, T>
any std::convert::TryInto
try_into<T>() Result<T, ConvertError<T>>
any std::convert::AsRef
as_ref() AsRef<Self>
any std::convert::AsMut
as_mut() _
any std::borrow::Borrow
borrow() Borrow<Self>
any std::borrow::BorrowMut
borrow_mut() _
any std::any::Any
type_id() std::any::TypeId
any std::cmp::PartialEq
eq(_) bool
ne(_) bool
any std::cmp::PartialOrd
partial_cmp(_) Option<std::cmp::Ordering>
lt(_) bool
le(_) bool
gt(_) bool
ge(_) bool
any std::cmp::Ord
cmp(_) std::cmp::Ordering
max(Self) Self
min(Self) Self
clamp(Self, Self) Self
any std::hash::Hash
hash(_) ()
any std::fmt::Display
fmt(_) Result<(), std::fmt::Error>
any std::iter::IntoIterator
into_iter() Iter<Item<Self>>
any rayon::iter::IntoParallelIterator
into_par_iter() Iter<Item<Self>>

fn std::mem::take(&mut T) T
fn std::mem::replace(&mut T, T) T
fn std::mem::swap(&mut T, &mut T) ()
fn std::mem::drop(T) ()
fn std::mem::forget(T) ()
fn std::mem::size_of<T>() usize
fn std::cmp::max(T, T) T
fn std::cmp::min(T, T) T
fn std::convert::identity(T) T
fn std::hint::black_box(T) T
fn std::default::Default::default() T
fn std::clone::Clone::clone(&T) T
fn std::convert::From::from(_) T
fn std::convert::Into::into(_) T
fn std::iter::once(T) Iter<T>
fn std::iter::empty<T>() Iter<T>
fn std::iter::repeat(T) Iter<T>
fn std::iter::repeat_with(|| T) Iter<T>
fn std::iter::repeat_n(T, usize) Iter<T>
fn std::iter::from_fn(|| Option<T>) Iter<T>
fn std::iter::successors(Option<T>, |&T| Option<T>) Iter<T>
fn std::iter::zip(A, B) Iter<(Item<A>, Item<B>)>
fn std::array::from_fn(|usize| T) [T]
fn std::thread::spawn(|| T) std::thread::JoinHandle<T>
fn std::thread::scope(|&std::thread::Scope| T) T
fn std::panic::catch_unwind(|| T) Result<T, Box<dyn std::any::Any>>
fn std::panic::set_hook(_) ()
fn std::future::ready(T) Fut<T>
fn std::future::pending<T>() Fut<T>
fn std::future::poll_fn(|&mut std::task::Context| Poll<T>) Fut<T>
fn std::pin::Pin::new(P) Pin<P>
fn std::pin::Pin::new_unchecked(P) Pin<P>
fn std::pin::Pin::get_mut(Pin<P>) &mut Deref<P>
fn std::pin::Pin::into_inner(Pin<P>) P
fn std::boxed::Box::pin(T) Pin<Box<T>>
fn std::boxed::Box::new(T) Box<T>
fn std::boxed::Box::leak(Box<T>) &mut T
fn std::boxed::Box::into_raw(Box<T>) *T
fn std::boxed::Box::from_raw(*T) Box<T>
fn std::boxed::Box::into_pin(Box<T>) Pin<Box<T>>
fn std::rc::Rc::new(T) Rc<T>
fn std::rc::Rc::clone(&Rc<T>) Rc<T>
fn std::rc::Rc::new_cyclic(|&std::rc::Weak<T>| T) Rc<T>
fn std::rc::Rc::downgrade(&Rc<T>) std::rc::Weak<T>
fn std::rc::Rc::try_unwrap(Rc<T>) Result<T, Rc<T>>
fn std::rc::Rc::get_mut(&mut Rc<T>) Option<&mut T>
fn std::rc::Rc::make_mut(&mut Rc<T>) &mut T
fn std::sync::Arc::new(T) Arc<T>
fn std::sync::Arc::pin(T) Pin<Arc<T>>
fn std::sync::Arc::clone(&Arc<T>) Arc<T>
fn std::sync::Arc::new_cyclic(|&std::sync::Weak<T>| T) Arc<T>
fn std::sync::Arc::downgrade(&Arc<T>) std::sync::Weak<T>
fn std::sync::Arc::try_unwrap(Arc<T>) Result<T, Arc<T>>
fn std::sync::Arc::into_inner(Arc<T>) Option<T>
fn std::sync::Arc::unwrap_or_clone(Arc<T>) T
fn std::sync::Arc::get_mut(&mut Arc<T>) Option<&mut T>
fn std::sync::Arc::make_mut(&mut Arc<T>) &mut T
fn std::sync::Arc::into_raw(Arc<T>) *T
fn std::sync::Arc::from_raw(*T) Arc<T>
fn std::sync::LazyLock::new(|| T) std::sync::LazyLock<T>
fn std::sync::LazyLock::force(&std::sync::LazyLock<T>) &T
fn std::cell::LazyCell::new(|| T) std::cell::LazyCell<T>
fn once_cell::sync::Lazy::new(|| T) once_cell::sync::Lazy<T>
fn once_cell::unsync::Lazy::new(|| T) once_cell::unsync::Lazy<T>
fn std::cell::Ref::map(std::cell::Ref<T>, |&T| &U) std::cell::Ref<U>
fn std::cell::RefMut::map(std::cell::RefMut<T>, |&mut T| &mut U) std::cell::RefMut<U>
fn std::mem::ManuallyDrop::new(T) std::mem::ManuallyDrop<T>
fn std::mem::ManuallyDrop::into_inner(std::mem::ManuallyDrop<T>) T
fn std::slice::from_ref(&T) &[T]
fn std::slice::from_raw_parts(_, usize) &[T]
fn std::slice::from_raw_parts_mut(_, usize) &mut [T]
fn std::ptr::null() *T
fn std::ptr::null_mut() *T
fn std::ptr::read(*T) T
fn std::str::from_utf8(_) Result<&str, std::str::Utf8Error>
fn tokio::spawn(Fut<T>) tokio::task::JoinHandle<T>
fn tokio::task::spawn(Fut<T>) tokio::task::JoinHandle<T>
fn tokio::task::spawn_blocking(|| T) tokio::task::JoinHandle<T>
fn tokio::task::spawn_local(Fut<T>) tokio::task::JoinHandle<T>
fn tokio::task::block_in_place(|| T) T
fn tokio::task::unconstrained(Fut<T>) Fut<T>
fn tokio::time::timeout(_, F) tokio::time::Timeout<F>
fn tokio::time::timeout_at(_, F) tokio::time::Timeout<F>
fn tokio::sync::watch::channel(T) (tokio::sync::watch::Sender<T>, tokio::sync::watch::Receiver<T>)
fn async_std::task::spawn(Fut<T>) async_std::task::JoinHandle<T>
fn async_std::task::block_on(Fut<T>) T
fn smol::spawn(Fut<T>) async_task::Task<T>
fn smol::block_on(Fut<T>) T
fn futures_lite::future::block_on(Fut<T>) T
fn futures_executor::block_on(Fut<T>) T
fn futures::executor::block_on(Fut<T>) T
fn pollster::block_on(Fut<T>) T
fn futures_util::future::join_all(I) Fut<Vec<Output<Item<I>>>>
fn futures::future::join_all(I) Fut<Vec<Output<Item<I>>>>
fn futures_util::future::try_join_all(I) Fut<Result<Vec<Tried<Output<Item<I>>>>, _>>
fn futures::future::try_join_all(I) Fut<Result<Vec<Tried<Output<Item<I>>>>, _>>
fn futures_util::future::join(A, B) Fut<(Output<A>, Output<B>)>
fn futures::future::join(A, B) Fut<(Output<A>, Output<B>)>
fn futures_util::future::ready(T) Fut<T>
fn futures_util::future::ok(T) Fut<Result<T, E>>
fn futures_util::future::err(E) Fut<Result<T, E>>
fn futures_util::future::lazy(|&mut std::task::Context| T) Fut<T>
fn futures_util::future::poll_fn(|&mut std::task::Context| Poll<T>) Fut<T>
fn futures_util::stream::iter(I) Stream<Item<I>>
fn futures::stream::iter(I) Stream<Item<I>>
fn tokio_stream::iter(I) Stream<Item<I>>
fn futures_util::stream::once(F) Stream<Output<F>>
fn futures_util::stream::unfold(S, |S| F) Stream<_>
fn futures_util::stream::poll_fn(|&mut std::task::Context| Poll<Option<T>>) Stream<T>
fn scopeguard::guard(T, |T| ()) scopeguard::ScopeGuard<T>
fn pin_project::project() Projection<Self>
fn std::num::NonZeroU8::new(u8) Option<std::num::NonZeroU8>
fn std::num::NonZeroU16::new(u16) Option<std::num::NonZeroU16>
fn std::num::NonZeroU32::new(u32) Option<std::num::NonZeroU32>
fn std::num::NonZeroU64::new(u64) Option<std::num::NonZeroU64>
fn std::num::NonZeroUsize::new(usize) Option<std::num::NonZeroUsize>
fn std::num::NonZeroI32::new(i32) Option<std::num::NonZeroI32>
fn std::num::NonZeroI64::new(i64) Option<std::num::NonZeroI64>
fn rayon::join(|| A, || B) (A, B)
