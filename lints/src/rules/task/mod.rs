//! Tasks, threads, processes and timers with no way to stop.

pub mod blocking_in_async;
pub mod busy_wait;
pub mod child_not_reaped;
pub mod future_not_awaited;
pub mod handle_outlives_owner;
pub mod select_loses_data;
mod selects;
pub mod send_without_receiver;
pub mod spawn_without_limit;
mod spawned;
pub mod task_never_stops;
pub mod thread_never_stops;
pub mod timer_restarts_in_select;
