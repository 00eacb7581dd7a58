//! Suppressions in the code: comments, attributes, and the compiler's own `allow`s.
//!
//! `// linger: allow(rule) reason` covers its line, the statement or match arm that the line belongs to (rustfmt moves
//! trailing comments to the last line of a statement), or the one below when it stands on a line of its own; above
//! an item it covers the item. `allow-file` covers the file. `#[cfg_attr(any(), linger::allow(rule))]` covers what
//! the attribute stands on.

use linger_analysis::span::{FileId, FileSpan, Span};
use linger_analysis::syntax::hir::ExprKind;
use linger_analysis::syntax::items::FileHir;
use linger_lints::rules::tool::unused_suppression;
use linger_lints::{Applicability, Diagnostic, Fix, Group};

use crate::forms;
use crate::levels::did_you_mean;

/// A suppression.
#[derive(Debug)]
pub struct Suppression {
    names: Vec<Name>,
    /// Where it stands.
    at: Span,
    /// What goes when it is removed; `None` where that cannot be said.
    removal: Option<Span>,
    /// The inside of the parentheses.
    list: Option<Span>,
    covers: Covers,
    kind: Kind,
    has_reason: bool,
    /// Why it is not understood; it covers nothing then.
    wrong: Option<String>,
}

/// A rule that a suppression names (`rule`, `rule/case`, a group or `all`), and whether that hid something.
#[derive(Debug)]
struct Name {
    text: String,
    used: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Allow,
    Expect,
}

#[derive(Debug, Clone, Copy)]
enum Covers {
    /// The whole file.
    File,
    /// Findings on these lines (from 0, inclusive).
    Lines(u32, u32),
    /// Everything in a range: an item, or what an attribute stands on.
    Range(Span),
}

/// All suppressions of a file.
pub fn read(hir: &FileHir, text: &str) -> Vec<Suppression> {
    let mut found = Vec::new();
    let lines = &hir.source.lines;
    for comment in &hir.source.comments {
        if !comment.text.contains("linger:") {
            continue;
        }
        let Some(raw) = text.get(comment.span.lo as usize..comment.span.hi as usize) else { continue };
        let form = match forms::read(raw) {
            Some(Ok(form)) => form,
            Some(Err(wrong)) => {
                found.push(Suppression::not_understood(comment.span, wrong));
                continue;
            }
            None => continue,
        };
        let line = lines.line(comment.span.lo);
        let covers = if form.of_file {
            Covers::File
        } else if comment.own_line {
            below(hir, text, comment.span)
        } else {
            beside(hir, line)
        };
        let (from, to) = form.list;
        found.push(Suppression {
            names: form.names.into_iter().map(|text| Name { text, used: false }).collect(),
            at: comment.span,
            removal: Some(whole_comment(text, comment.span, comment.own_line)),
            list: Some(Span::new(comment.span.lo + from as u32, comment.span.lo + to as u32)),
            covers,
            kind: if form.expects { Kind::Expect } else { Kind::Allow },
            has_reason: form.has_reason,
            wrong: None,
        });
    }
    for attribute in &hir.lint_attributes {
        let Some(name) = attribute.lint.strip_prefix("linger::") else { continue };
        let kind = match attribute.level.as_str() {
            "allow" => Kind::Allow,
            "expect" => Kind::Expect,
            _ => continue,
        };
        let name = Name { text: name.to_owned(), used: false };
        // One attribute may name several rules.
        match found.last_mut() {
            Some(last) if last.at == attribute.span && last.list.is_none() => last.names.push(name),
            _ => found.push(Suppression {
                names: vec![name],
                at: attribute.span,
                removal: None,
                list: None,
                covers: Covers::Range(attribute.scope),
                kind,
                has_reason: attribute.reason.is_some(),
                wrong: None,
            }),
        }
    }
    found
}

impl Suppression {
    fn not_understood(at: Span, wrong: String) -> Self {
        Self {
            names: Vec::new(),
            at,
            removal: None,
            list: None,
            covers: Covers::Range(at),
            kind: Kind::Allow,
            has_reason: false,
            wrong: Some(wrong),
        }
    }
}

/// The comment with what would be left of its line: the line itself, or the blanks before it.
fn whole_comment(text: &str, span: Span, own_line: bool) -> Span {
    let before = text.get(..span.lo as usize).unwrap_or_default();
    let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
    let lo = span.lo - blanks as u32;
    let after = text.get(span.hi as usize..).unwrap_or_default();
    let newline = match after {
        _ if !own_line => 0,
        _ if after.starts_with("\r\n") => 2,
        _ if after.starts_with('\n') => 1,
        _ => 0,
    };
    Span::new(lo, span.hi + newline)
}

/// The first code behind a comment: blanks, comments, documentation and attributes are passed over.
fn next_code(text: &str, from: u32) -> u32 {
    let mut rest = text.get(from as usize..).unwrap_or_default();
    loop {
        rest = rest.trim_start();
        rest = if rest.starts_with("//") {
            rest.split_once('\n').map_or("", |(_, rest)| rest)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, rest)| rest)
        } else if rest.starts_with("#[") {
            behind_attribute(rest)
        } else {
            break;
        };
    }
    (text.len() - rest.len()) as u32
}

/// What follows an attribute.
fn behind_attribute(text: &str) -> &str {
    let mut depth = 0u32;
    let mut in_string = false;
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return text.get(index + 1..).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    ""
}

/// What starts below an own-line comment.
fn below(hir: &FileHir, text: &str, comment: Span) -> Covers {
    let lines = &hir.source.lines;
    let code = next_code(text, comment.hi);
    let line = lines.line(code);
    // The code is in the head of the item, which may begin with its attributes.
    let item = hir
        .items
        .iter()
        .filter(|i| i.span.lo <= code && code <= i.name_span.lo)
        .max_by_key(|i| i.span.hi - i.span.lo);
    if let Some(item) = item {
        return Covers::Range(item.span);
    }
    // `a; b;` on one line: of what starts there, the widest.
    let starting = statements(hir)
        .filter(|s| s.lo == code || (comment.hi <= s.lo && s.lo <= code))
        .max_by_key(|s| s.hi - s.lo);
    match starting {
        // What shares a line with it counts as beside the comment too.
        Some(span) => Covers::Lines(lines.line(span.lo), lines.line(span.hi.saturating_sub(1))),
        None => beside(hir, line),
    }
}

/// The statement that a trailing comment belongs to.
fn beside(hir: &FileHir, line: u32) -> Covers {
    let lines = &hir.source.lines;
    let item =
        hir.items.iter().filter(|i| lines.line(i.name_span.lo) == line).max_by_key(|i| i.span.hi - i.span.lo);
    if let Some(item) = item {
        return Covers::Range(item.span);
    }
    let extent = |s: &Span| (lines.line(s.lo), lines.line(s.hi.saturating_sub(1)));
    let statement = statements(hir)
        .map(|s| extent(&s))
        .filter(|(from, to)| *from <= line && line <= *to)
        .min_by_key(|(from, to)| to - from);
    let (from, to) = statement.unwrap_or((line, line));
    Covers::Lines(from, to)
}

/// All statements, tails and match arms of a file.
pub fn statements(hir: &FileHir) -> impl Iterator<Item = Span> + '_ {
    hir.bodies.iter().flat_map(|body| {
        body.exprs.iter().flat_map(|e| {
            let (block, arms) = match &e.kind {
                ExprKind::Block(block) => (Some(block), None),
                ExprKind::Match { arms, .. } => (None, Some(arms)),
                _ => (None, None),
            };
            let stmts = block.into_iter().flat_map(|b| b.stmts.iter().map(|s| s.span));
            let tail = block.and_then(|b| b.tail).map(|t| body.expr(t).span);
            stmts.chain(tail).chain(arms.into_iter().flat_map(|arms| arms.iter().map(|a| a.span)))
        })
    })
}

impl Covers {
    fn has(self, hir: &FileHir, span: Span) -> bool {
        match self {
            Self::File => true,
            Self::Lines(from, to) => {
                let line = hir.source.lines.line(span.lo);
                from <= line && line <= to
            }
            Self::Range(range) => range.lo <= span.lo && span.lo < range.hi,
        }
    }
}

impl Name {
    fn fits(&self, rule: &str, code: &str, group: Group) -> bool {
        self.text == rule || self.text == code || self.text == "all" || self.text == group.name()
    }
}

/// Whether a suppression hides a finding; marks it as used.
pub fn hides(suppressions: &mut [Suppression], hir: &FileHir, file: FileId, finding: &Diagnostic) -> bool {
    let mut hidden = false;
    let code = finding.code();
    for suppression in suppressions.iter_mut() {
        let mut places = std::iter::once(finding.primary.at).chain(finding.hidden.iter().copied());
        if !places.any(|p| p.file == file && suppression.covers.has(hir, p.span)) {
            continue;
        }
        for name in &mut suppression.names {
            if name.fits(finding.rule.name, &code, finding.rule.group) {
                name.used = true;
                hidden = true;
            }
        }
    }
    hidden
}

/// Whether rustc's or clippy's `allow` for the same lint covers a finding.
pub fn allowed_by_compiler(hir: &FileHir, finding: &Diagnostic) -> bool {
    let at = finding.primary.at.span;
    hir.lint_attributes.iter().any(|a| {
        matches!(a.level.as_str(), "allow" | "expect")
            && finding.rule.compiler_lints.contains(&a.lint.as_str())
            && a.scope.contains(at)
    })
}

/// Findings about the suppressions themselves. `is_on` says whether a rule was looked for.
pub fn trouble(
    suppressions: &[Suppression],
    file: FileId,
    require_reason: bool,
    is_on: &dyn Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for suppression in suppressions {
        let at = FileSpan { file, span: suppression.at };
        let finding = |case: &'static str, message: String| {
            Diagnostic::new(&unused_suppression::META, at, message).case(case)
        };
        if let Some(wrong) = &suppression.wrong {
            found.push(finding("unknown", wrong.clone()).help(forms::HELP));
            continue;
        }
        for name in suppression.names.iter().filter(|n| !is_name(&n.text)) {
            let near = did_you_mean(&name.text);
            found.push(finding(
                "unknown",
                format!("this suppression names `{}`, which is no rule{near}", name.text),
            ));
        }
        if require_reason && !suppression.has_reason {
            found.push(
                finding("no_reason", "this suppression gives no reason".to_owned())
                    .help("say behind the parenthesis why it is right"),
            );
        }
        // What is switched off cannot be expected to speak.
        let idle = |n: &&Name| !n.used && is_name(&n.text) && is_on(&n.text);
        let unused: Vec<&str> = suppression.names.iter().filter(idle).map(|n| n.text.as_str()).collect();
        if unused.is_empty() {
            continue;
        }
        let listed = unused.join("`, `");
        let message = match suppression.kind {
            Kind::Expect => format!("`{listed}` was expected here and not found"),
            _ => format!("this suppression of `{listed}` hides nothing"),
        };
        let mut one = finding("unused", message).help("remove it");
        let others: Vec<&str> =
            suppression.names.iter().map(|n| n.text.as_str()).filter(|n| !unused.contains(n)).collect();
        if others.is_empty() {
            if let Some(removal) = suppression.removal {
                let fix = Fix::new("remove the suppression", Applicability::MachineApplicable);
                one = one.fix(fix.remove(FileSpan { file, span: removal }));
            }
        } else if let Some(list) = suppression.list {
            let fix = Fix::new("name only what is hidden", Applicability::MachineApplicable);
            one = one.fix(fix.replace(FileSpan { file, span: list }, others.join(", ")));
        }
        found.push(one);
    }
    found
}

/// Whether a suppression can name this.
fn is_name(name: &str) -> bool {
    let (rule, case) = name.split_once('/').map_or((name, None), |(rule, case)| (rule, Some(case)));
    match linger_lints::find(rule) {
        Some(found) => case.is_none_or(|case| !case.is_empty() && found.meta.case(case).is_some()),
        None => case.is_none() && (name == "all" || Group::ALL.iter().any(|g| g.name() == name)),
    }
}
