//! The list of all rules, one line each.

use crate::rule::{OptionsError, Rule, RuleMeta};

/// A rule that can be made.
#[derive(Debug, Clone, Copy)]
pub struct RegisteredRule {
    /// Its declaration.
    pub meta: &'static RuleMeta,
    /// Makes it from its options.
    pub build: fn(toml::Table) -> Result<Box<dyn Rule>, OptionsError>,
}

macro_rules! rules {
    ($($group:ident::$rule:ident,)*) => {
        /// All rules, by group and name.
        static ALL: &[RegisteredRule] = &[$(RegisteredRule {
            meta: &crate::rules::$group::$rule::META,
            build: crate::rules::$group::$rule::build,
        },)*];
    };
}

rules! {
    cleanup::blocking_drop,
    cleanup::buffer_not_cleared,
    cleanup::cleanup_piles_up_in_loop,
    cleanup::cleanup_skipped_by_exit,
    cleanup::cleanup_skipped_by_return,
    cleanup::dropped_at_once,
    cleanup::eager_guard,
    cleanup::error_lost_in_drop,
    cleanup::forgotten_resource,
    cleanup::guard_before_endless_loop,
    cleanup::guard_held_through_loop,
    cleanup::guard_held_through_match,
    cleanup::panic_in_drop,
    cleanup::resource_rebuilt_in_loop,
    cleanup::temp_file_left_behind,
    cleanup::uncommitted_transaction,
    cleanup::unreleased_handle,
    capture::children_keep_parent_alive,
    capture::closure_keeps_owner_alive,
    capture::guard_moved_into_task,
    capture::sender_kept_alive,
    capture::shared_loop_state_captured,
    capture::stale_capture,
    task::blocking_in_async,
    task::busy_wait,
    task::cancellation_not_heeded,
    task::cancelled_at_scope_end,
    task::child_not_reaped,
    task::cut_off_at_exit,
    task::detached_in_handler,
    task::finished_future_polled,
    task::future_not_awaited,
    task::handle_outlives_owner,
    task::lost_assertion,
    task::lost_when_cancelled,
    task::overwritten_handle,
    task::select_loses_data,
    task::send_without_receiver,
    task::spawn_without_limit,
    task::task_never_stops,
    task::tasks_left_running,
    task::thread_never_stops,
    task::timer_restarts_in_select,
    task::wait_without_timeout,
    lock::condvar_without_loop,
    lock::double_lock,
    lock::lock_across_await,
    lock::lock_order_inverted,
    lock::lock_while_waiting,
    lock::nested_pool_acquire,
    lock::overwritten_guard,
    result::empty_error_arm,
    result::error_defaulted,
    result::error_source_lost,
    result::errors_filtered_away,
    result::exit_status_ignored,
    result::http_status_ignored,
    result::ignored_result,
    result::join_result_lost,
    result::lines_never_end,
    result::logged_and_continued,
    result::partial_io,
    result::recv_error_spins,
    result::task_error_lost,
    result::unsynced_rename,
    result::unused_result,
    result::writer_not_finished,
    tool::syntax_error,
    tool::unused_suppression,
}

/// All rules, by group and name.
#[must_use]
pub fn all() -> &'static [RegisteredRule] {
    ALL
}

/// The rule of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static RegisteredRule> {
    ALL.iter().find(|rule| rule.meta.name == name)
}
