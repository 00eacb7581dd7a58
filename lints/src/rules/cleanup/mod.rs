//! Released late, early, or never.

pub mod blocking_drop;
pub mod buffer_not_cleared;
pub mod cleanup_piles_up_in_loop;
pub mod cleanup_skipped_by_exit;
pub mod cleanup_skipped_by_return;
pub mod dropped_at_once;
pub mod eager_guard;
pub mod error_lost_in_drop;
pub mod forgotten_resource;
pub mod guard_before_endless_loop;
pub mod guard_held_through_loop;
pub mod guard_held_through_match;
pub mod panic_in_drop;
pub mod resource_rebuilt_in_loop;
pub mod temp_file_left_behind;
pub mod uncommitted_transaction;
pub mod unreleased_handle;

pub(crate) mod drops;
mod half_removed;
mod held;
mod journey;
mod left_outside;
mod ways_out;
