//! What a closure or task takes along.

pub mod children_keep_parent_alive;
pub mod closure_keeps_owner_alive;
mod fed_by_owner;
pub mod guard_moved_into_task;
pub mod sender_kept_alive;
pub mod shared_loop_state_captured;
pub mod stale_capture;
mod taken_early;
