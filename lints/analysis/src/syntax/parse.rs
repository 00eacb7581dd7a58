//! From text to the owned tree.

use std::path::PathBuf;
use std::sync::Arc;

use proc_macro2::TokenStream;

use crate::source::scan::code_start;
use crate::source::signatures::signatures_only;
use crate::source::{LineIndex, SourceText, survey};
use crate::span::Span;
use crate::syntax::items::FileHir;
use crate::syntax::leniency;
use crate::syntax::lower::{LocalMacros, Lower, Positions, shared_macros_in};
use crate::syntax::macros::{OtherMacros, SharedMacro};

/// Stack that a thread needs to parse, lower and walk any file that is not refused.
pub const STACK_SIZE: usize = 64 << 20;

/// Deepest nesting (see [`crate::source::depth::nesting_depth`]) that is accepted. A level takes up to 110 KiB of stack in debug
/// builds and less than 16 KiB in release builds; published crates stay below 70 levels.
pub const MAX_DEPTH: u32 = 300;

/// Deepest nesting that a stack of 2 MiB stands; deeper files are lowered on a thread of their own.
pub(super) const SHALLOW_DEPTH: u32 = if cfg!(debug_assertions) { 10 } else { 48 };

/// Why a file was not understood.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What kind of problem.
    pub kind: ParseErrorKind,
}

/// Kinds of [`ParseError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// Not Rust that `syn` can read.
    Syntax,
    /// Nested so deep that parsing could overflow the stack.
    TooDeep,
    /// Positions do not fit 32 bits.
    TooLarge,
}

/// Parses and lowers one file.
///
/// Safe to call on any thread; walking the result of a deeply nested file needs [`STACK_SIZE`].
///
/// # Errors
/// When the text is not valid Rust, is nested too deep or is too large.
pub fn parse_file(path: PathBuf, text: &str) -> Result<FileHir, ParseError> {
    parse_file_with(path, text, &Arc::default())
}

/// As [`parse_file`], with macros that other files define.
///
/// # Errors
/// As [`parse_file`].
pub fn parse_file_with(path: PathBuf, text: &str, others: &Arc<OtherMacros>) -> Result<FileHir, ParseError> {
    let Ok(length) = u32::try_from(text.len()) else {
        return Err(refusal(ParseErrorKind::TooLarge, "the file is too large"));
    };
    let whole = Span::new(0, length);
    let (depth, comments) = survey(text);
    let source = SourceText { lines: LineIndex::new(text), comments };
    if depth > MAX_DEPTH {
        return Err(refusal(ParseErrorKind::TooDeep, "the code is nested too deep"));
    }
    if depth <= SHALLOW_DEPTH {
        return parse_here(path, text, source, whole, others);
    }
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK_SIZE);
        let handle = worker.spawn_scoped(scope, || parse_here(path, text, source, whole, others));
        match handle.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => {
                Err(refusal(ParseErrorKind::TooDeep, &format!("no thread for deeply nested code: {error}")))
            }
        }
    })
}

/// The `macro_rules!` of a file that other files may call. `None` when the text does not fall into tokens.
#[must_use]
pub fn shared_macros(text: &str) -> Option<Vec<SharedMacro>> {
    if !text.contains("macro_rules") || text.len() >= u32::MAX as usize {
        return Some(Vec::new());
    }
    let _forget = ForgetSpans;
    let text = &text[code_start(text)..];
    let tokens: TokenStream = text.parse().ok()?;
    Some(shared_macros_in(&tokens, text, &Positions::new(text, 0)))
}

/// Parses and lowers what other crates see of a file: items and signatures, no bodies. Positions are those of the whole
/// text.
///
/// # Errors
/// As [`parse_file`].
pub fn parse_signatures(path: PathBuf, text: &str) -> Result<FileHir, ParseError> {
    parse_file(path, &signatures_only(text))
}

/// Why a text does not fall into tokens, by what stands where that was seen.
fn no_token(text: &str, at: Span) -> String {
    let rest = text.get(at.lo as usize..).unwrap_or_default();
    let Some(first) = rest.chars().next() else { return "the file ends too early".to_owned() };
    let behind_prefix = rest.trim_start_matches(['b', 'c', 'r']).trim_start_matches('#');
    match first {
        '(' | '[' | '{' => format!("unclosed delimiter: this `{first}` is never closed"),
        ')' | ']' | '}' => {
            format!("unexpected closing delimiter: this `{first}` does not close what is open here")
        }
        '\'' => "this is neither a character nor a lifetime".to_owned(),
        _ if rest.starts_with("/*") => "this comment is never closed".to_owned(),
        _ if behind_prefix.starts_with('"') => {
            "this string is never closed, or holds what it cannot hold".to_owned()
        }
        _ => "this is no token of Rust".to_owned(),
    }
}

fn refusal(kind: ParseErrorKind, message: &str) -> ParseError {
    ParseError { message: message.to_owned(), span: Span::default(), kind }
}

/// Forgets the thread's copy of the text, also when lowering panics.
struct ForgetSpans;

impl Drop for ForgetSpans {
    fn drop(&mut self) {
        proc_macro2::extra::invalidate_current_thread_spans();
    }
}

fn parse_here(
    path: PathBuf,
    text: &str,
    source: SourceText,
    whole: Span,
    others: &Arc<OtherMacros>,
) -> Result<FileHir, ParseError> {
    let _forget = ForgetSpans;
    let start = code_start(text);
    let position = Positions::new(&text[start..], start as u32);
    let syntax_error = |error: syn::Error| {
        // An error at the end of input has no token to point at.
        let span = position.span(error.span()).unwrap_or(Span::new(whole.hi, whole.hi));
        ParseError { message: error.to_string(), span, kind: ParseErrorKind::Syntax }
    };
    let lex = || -> Result<TokenStream, ParseError> {
        text[start..].parse().map_err(|error: proc_macro2::LexError| {
            let error = syntax_error(error.into());
            ParseError { message: no_token(text, error.span), ..error }
        })
    };
    let tokens = lex()?;
    let mut macros = LocalMacros::with(others);
    if text.contains("macro_rules") {
        macros.collect(&tokens);
    }
    // Kept tokens would be copied to be parsed.
    let tree: syn::File = syn::parse2(tokens).or_else(|error| {
        // Such code is rare: a second look at what failed.
        syn::parse2(leniency::mend(lex()?)).map_err(|_| syntax_error(error))
    })?;
    let file = FileHir {
        path,
        source,
        modules: Vec::new(),
        items: Vec::new(),
        bodies: Vec::new(),
        imports: Vec::new(),
        lint_attributes: Vec::new(),
        cfg_test: false,
        macros: Arc::default(),
        asked_macros: Vec::new(),
    };
    Ok(Lower::new(file, position, macros).file(&tree, whole))
}
