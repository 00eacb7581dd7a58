//! Tasks, threads, processes and timers with no way to stop.

pub mod child_not_reaped;
pub mod future_not_awaited;
mod selects;
mod spawned;
pub mod task_never_stops;
pub mod thread_never_stops;
pub mod timer_restarts_in_select;
