//! The lives of a function's resources, printed so that a person can follow them.

use std::fmt::Write;

use crate::facts::{Analysis, AnalyzedBody};
use crate::flow::Owner;
use crate::flow::mir::StatementKind;
use crate::flow::tokens::{End, Source};

/// Prints each resource of a body: where it begins, what it lives through, where it ends.
#[must_use]
pub fn timeline(analysis: &Analysis<'_>, body: &AnalyzedBody, text: &str) -> String {
    let mut out = String::new();
    let lines = &analysis.program.file(body.global.file).source.lines;
    let line = |offset: u32| lines.line(offset) + 1;
    for mir in body.flow.all() {
        let tokens = analysis.tokens(body, mir);
        if tokens.tokens.is_empty() {
            continue;
        }
        if let Owner::Closure(_) = mir.owner {
            let what = if mir.is_async { "async block" } else { "closure" };
            let _ = writeln!(out, "  {what} at line {}", line(mir.span.lo));
        }
        for (id, token) in tokens.iter() {
            let owned: Vec<&str> =
                token.owned.iter().map(|o| o.ty.rsplit("::").next().unwrap_or("")).collect();
            let how = match token.source {
                Source::Call => "made",
                Source::Parameter => "taken as a parameter",
                Source::Capture => "captured",
                Source::Taken => "taken out of something",
            };
            let snippet = text.get(token.span.lo as usize..token.span.hi as usize).unwrap_or("");
            let snippet: String =
                snippet.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
            let _ = writeln!(out, "  {} {how} at line {}: {snippet}", owned.join(" + "), line(token.span.lo));
            if let Some(lock) = &token.lock {
                let path: Vec<&str> = lock.place.path.iter().map(|s| s.as_str()).collect();
                let _ =
                    writeln!(out, "      locks {:?}.{} ({:?})", lock.place.root, path.join("."), lock.mode);
            }
            let mut awaits = Vec::new();
            tokens.walk(|_, state, statement| {
                if matches!(statement.kind, StatementKind::Await { .. }) && state.alive().contains(id) {
                    awaits.push(line(statement.span.lo));
                }
            });
            if !awaits.is_empty() {
                let _ = writeln!(out, "      alive at the await of line {awaits:?}");
            }
            for end in tokens.ends.iter().filter(|e| e.token == id) {
                let how = match end.how {
                    End::Dropped(how) => format!("dropped ({how:?})"),
                    End::Passed => "passed on by value".to_owned(),
                    End::Returned => "returned".to_owned(),
                    End::Stored => "stored".to_owned(),
                    End::Captured => "captured".to_owned(),
                    End::Awaited => "awaited".to_owned(),
                };
                let _ = writeln!(out, "      {how} at line {}", line(end.span.lo));
            }
        }
    }
    out
}
