//! Guards, borrows and pools.

pub mod double_lock;
pub mod lock_across_await;
