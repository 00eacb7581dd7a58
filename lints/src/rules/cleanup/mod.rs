//! Released late, early, or never.

pub mod cleanup_piles_up_in_loop;
pub mod cleanup_skipped_by_exit;
pub mod dropped_at_once;
pub mod forgotten_resource;
pub mod guard_held_through_loop;
pub mod guard_held_through_match;
pub mod uncommitted_transaction;
pub mod unreleased_handle;

mod journey;
