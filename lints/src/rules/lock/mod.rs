//! Guards, borrows and pools.

pub mod condvar_without_loop;
pub mod double_lock;
pub mod lock_across_await;
pub mod lock_order_inverted;
pub mod lock_while_waiting;
pub mod nested_pool_acquire;
pub mod overwritten_guard;

mod filled_once;
mod held;
mod lock_names;
