//! Suppressions in the code: comments, attributes, and the compiler's own `allow`s.

use linger_analysis::span::{FileId, FileSpan, Span};
use linger_analysis::syntax::hir::{Body, ExprKind};
use linger_analysis::syntax::items::FileHir;
use linger_lints::{Diagnostic, Fix, Label};
use linger_lints::{Applicability, rules::tool::unused_suppression};

/// A suppression comment or attribute.
#[derive(Debug)]
pub struct Suppression {
    /// Rules it names (`rule` or `rule/case`), or `all`.
    rules: Vec<String>,
    /// Where it stands.
    at: Span,
    /// What it covers.
    covers: Covers,
    /// It has hidden something.
    used: bool,
}

#[derive(Debug)]
enum Covers {
    /// The whole file.
    File,
    /// Findings whose statement, item or line lies on these lines (from 0, inclusive).
    Lines(u32, u32),
    /// Everything in a range (an attribute's item or statement).
    Range(Span),
}

/// All suppressions of a file.
pub fn read(hir: &FileHir, text: &str) -> Vec<Suppression> {
    let mut found = Vec::new();
    let lines = &hir.source.lines;
    for comment in &hir.source.comments {
        let Some((keyword, rules)) = parse(&comment.text) else { continue };
        let covers = if keyword == "allow-file" {
            Covers::File
        } else {
            let own = lines.line(comment.span.lo);
            let target = if comment.own_line { next_code_line(text, hir, own) } else { own };
            extent(hir, text, target)
        };
        found.push(Suppression { rules, at: comment.span, covers, used: false });
    }
    for attribute in &hir.lint_attributes {
        let Some(rule) = attribute.lint.strip_prefix("linger::") else { continue };
        if matches!(attribute.level.as_str(), "allow" | "expect") {
            found.push(Suppression {
                rules: vec![rule.to_owned()],
                at: attribute.span,
                covers: Covers::Range(attribute.scope),
                used: false,
            });
        }
    }
    found
}

/// `linger: allow(a, b) reason`
fn parse(text: &str) -> Option<(&'static str, Vec<String>)> {
    let rest = text.trim_start_matches('/').trim().strip_prefix("linger:")?.trim_start();
    let (keyword, rest) = ["allow-file", "allow", "expect"]
        .into_iter()
        .find_map(|k| rest.strip_prefix(k).map(|r| (k, r.trim_start())))?;
    let inside = rest.strip_prefix('(')?.split_once(')')?.0;
    let rules = inside
        .split(',')
        .map(|r| r.trim().trim_start_matches("linger::").to_owned())
        .filter(|r| !r.is_empty())
        .collect();
    Some((keyword, rules))
}

/// The first line below `line` that holds code: comments, attributes and empty lines are passed over.
fn next_code_line(text: &str, hir: &FileHir, line: u32) -> u32 {
    let lines = &hir.source.lines;
    let mut at = line + 1;
    while at < lines.count() {
        let (from, to) = (lines.start(at) as usize, lines.start(at + 1) as usize);
        let content = text.get(from..to).unwrap_or_default().trim();
        let passes = content.is_empty() || content.starts_with("//") || content.starts_with("#[") || content.starts_with("#![");
        if !passes {
            return at;
        }
        at += 1;
    }
    line
}

/// The item or statement that starts on (or holds) a line.
fn extent(hir: &FileHir, text: &str, line: u32) -> Covers {
    let lines = &hir.source.lines;
    let line_of = |offset: u32| lines.line(offset);
    let _ = text;
    let item = hir
        .items
        .iter()
        .filter(|i| line_of(i.span.lo) == line)
        .max_by_key(|i| i.span.hi - i.span.lo);
    if let Some(item) = item {
        return Covers::Range(item.span);
    }
    let statement = statements(hir)
        .filter(|s| line_of(s.lo) <= line && line <= line_of(s.hi.saturating_sub(1)))
        .min_by_key(|s| s.hi - s.lo);
    match statement {
        Some(span) => Covers::Lines(line_of(span.lo), line_of(span.hi.saturating_sub(1))),
        None => Covers::Lines(line, line),
    }
}

fn statements(hir: &FileHir) -> impl Iterator<Item = Span> + '_ {
    hir.bodies.iter().flat_map(|body: &Body| {
        body.exprs.iter().flat_map(|e| -> Box<dyn Iterator<Item = Span> + '_> {
            match &e.kind {
                ExprKind::Block(block) => {
                    let tail = block.tail.map(|t| body.expr(t).span);
                    Box::new(block.stmts.iter().map(|s| s.span).chain(tail))
                }
                ExprKind::Match { arms, .. } => Box::new(arms.iter().map(|a| a.span)),
                _ => Box::new(std::iter::empty()),
            }
        })
    })
}

impl Suppression {
    fn names(&self, finding: &Diagnostic) -> bool {
        self.rules.iter().any(|r| r == finding.rule.name || *r == finding.code() || r == "all" || r == finding.rule.group.name())
    }

    fn covers(&self, hir: &FileHir, span: Span) -> bool {
        match self.covers {
            Covers::File => true,
            Covers::Lines(from, to) => {
                let line = hir.source.lines.line(span.lo);
                from <= line && line <= to
            }
            Covers::Range(range) => range.contains(span) || range.lo <= span.lo && span.lo < range.hi,
        }
    }
}

/// Whether a suppression hides a finding; marks it as used.
pub fn hides(suppressions: &mut [Suppression], hir: &FileHir, file: FileId, finding: &Diagnostic) -> bool {
    let mut hidden = false;
    for suppression in suppressions.iter_mut().filter(|s| s.names(finding)) {
        let places = std::iter::once(finding.primary.at).chain(finding.hidden.iter().copied());
        if places.filter(|p| p.file == file).any(|p| suppression.covers(hir, p.span)) {
            suppression.used = true;
            hidden = true;
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

/// Findings about suppressions that hid nothing.
pub fn unused(suppressions: &[Suppression], file: FileId, is_on: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    suppressions
        .iter()
        .filter(|s| !s.used)
        .filter_map(|s| {
            let at = FileSpan { file, span: s.at };
            let unknown: Vec<&String> = s
                .rules
                .iter()
                .filter(|r| *r != "all" && linger_lints::find(r.split('/').next().unwrap_or(r)).is_none())
                .filter(|r| !linger_lints::Group::ALL.iter().any(|g| g.name() == r.as_str()))
                .collect();
            let message = match unknown.first() {
                Some(name) => format!(
                    "this suppression names `{name}`, which is no rule{}",
                    crate::levels::did_you_mean(name)
                ),
                // What is switched off cannot be expected to speak.
                None if s.rules.iter().all(|r| !is_on(r)) => return None,
                None => format!("this suppression of `{}` hides nothing", s.rules.join(", ")),
            };
            let mut finding = Diagnostic::new(&unused_suppression::META, at, message);
            finding.primary = Label { at, text: String::new() };
            Some(
                finding
                    .help("remove it")
                    .fix(Fix::new("remove it", Applicability::MachineApplicable).remove(at)),
            )
        })
        .collect()
}
