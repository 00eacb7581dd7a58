//! Tasks, threads, processes and timers with no way to stop.

mod selects;
pub mod timer_restarts_in_select;
