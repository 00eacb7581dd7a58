//! Tasks, threads, processes and timers with no way to stop.

pub mod blocking_in_async;
mod busy_flag;
pub mod busy_wait;
pub mod cancellation_not_heeded;
pub mod cancelled_at_scope_end;
mod child_exceptions;
mod child_left_running;
pub mod child_not_reaped;
pub mod cut_off_at_exit;
pub mod detached_in_handler;
pub mod future_not_awaited;
pub mod handle_outlives_owner;
mod killed_in_drop;
pub mod lost_assertion;
pub mod lost_when_cancelled;
pub mod overwritten_handle;
pub mod select_loses_data;
mod selects;
pub mod send_without_receiver;
pub mod spawn_without_limit;
pub(crate) mod spawned;
pub mod task_never_stops;
pub mod tasks_left_running;
pub mod thread_never_stops;
pub mod timer_restarts_in_select;
pub mod wait_without_timeout;
