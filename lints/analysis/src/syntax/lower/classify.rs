//! Well-known macros by their last path segment.

use crate::syntax::hir::MacroKind;

pub(super) fn macro_kind(name: &str) -> MacroKind {
    match name {
        "format" | "format_args" | "format_args_nl" | "anyhow" | "format_err" | "eyre" | "format_compact" => {
            MacroKind::Format
        }
        "println" | "print" | "eprintln" | "eprint" | "dbg" => MacroKind::Print,
        "info" | "warn" | "error" | "debug" | "trace" | "event" | "log" => MacroKind::Log,
        "write" | "writeln" => MacroKind::Write,
        "panic" | "unreachable" | "todo" | "unimplemented" => MacroKind::Panic,
        "bail" | "return_err" => MacroKind::Bail,
        "ensure" => MacroKind::Ensure,
        "assert"
        | "assert_eq"
        | "assert_ne"
        | "debug_assert"
        | "debug_assert_eq"
        | "debug_assert_ne"
        | "assert_matches"
        | "debug_assert_matches" => MacroKind::Assert,
        "vec" => MacroKind::Vec,
        "join" => MacroKind::Join,
        "try_join" => MacroKind::TryJoin,
        "pin" | "pin_mut" => MacroKind::Pin,
        "defer" | "defer_on_success" | "defer_on_unwind" => MacroKind::Defer,
        "concat" | "env" | "option_env" | "include_str" | "include_bytes" | "stringify" | "line"
        | "column" | "file" | "module_path" | "cfg" | "compile_error" => MacroKind::Constant,
        "span" | "info_span" | "warn_span" | "error_span" | "debug_span" | "trace_span" => MacroKind::Span,
        _ => MacroKind::Unknown,
    }
}

/// Macros that are lowered to what they mean, without a definition.
pub(super) fn is_understood(name: &str) -> bool {
    matches!(
        name,
        "select"
            | "select_biased"
            | "matches"
            | "stream"
            | "try_stream"
            | "addr_of"
            | "addr_of_mut"
            | "json"
            | "ready"
            | "try"
    )
}

/// Macros whose tokens are quoted rather than run; only `#x` refers to the code around.
pub(super) fn is_quoting(name: &str) -> bool {
    matches!(name, "quote" | "quote_spanned" | "parse_quote" | "parse_quote_spanned")
}
