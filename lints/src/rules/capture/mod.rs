//! What a closure or task takes along.

pub mod sender_kept_alive;
pub mod stale_capture;
