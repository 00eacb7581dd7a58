//! Real files, changed so that they still parse, and the whole analysis on them.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use linger_analysis::catalogue::Catalogue;
use linger_analysis::facts::{Analysis, timeline};

use linger_analysis::flow::Ownership;
use linger_analysis::names::{CrateInput, Program, TargetKind};
use linger_analysis::syntax::parse::{STACK_SIZE, parse_file};
use linger_lints::{BodyContext, ProgramContext, Rule};
use syn::spanned::Spanned;
use syn::visit::Visit;

/// Numbers that are the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end.max(1) as u64) as usize
    }
}

/// Where the parts of a file are, by kind.
#[derive(Default)]
struct Parts {
    items: Vec<Range<usize>>,
    statements: Vec<Range<usize>>,
    expressions: Vec<Range<usize>>,
    arms: Vec<Range<usize>>,
    patterns: Vec<Range<usize>>,
    types: Vec<Range<usize>>,
}

impl<'ast> Visit<'ast> for Parts {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.items.push(item.span().byte_range());
        syn::visit::visit_item(self, item);
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        self.statements.push(statement.span().byte_range());
        syn::visit::visit_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'ast syn::Expr) {
        self.expressions.push(expression.span().byte_range());
        syn::visit::visit_expr(self, expression);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.arms.push(arm.span().byte_range());
        syn::visit::visit_arm(self, arm);
    }

    fn visit_pat(&mut self, pattern: &'ast syn::Pat) {
        self.patterns.push(pattern.span().byte_range());
        syn::visit::visit_pat(self, pattern);
    }

    fn visit_type(&mut self, ty: &'ast syn::Type) {
        self.types.push(ty.span().byte_range());
        syn::visit::visit_type(self, ty);
    }
}

impl Parts {
    /// The parts of a text; `None` when it does not parse.
    fn of(text: &str) -> Option<Self> {
        let mut parts = Self::default();
        parts.visit_file(&syn::parse_file(text).ok()?);
        // Without this the positions of all files ever parsed would be kept, and counted from the first.
        proc_macro2::extra::invalidate_current_thread_spans();
        Some(parts)
    }

    fn kind(&self, index: usize) -> &[Range<usize>] {
        match index {
            0 => &self.items,
            1 | 2 => &self.statements,
            3..6 => &self.expressions,
            6 => &self.arms,
            7 => &self.patterns,
            _ => &self.types,
        }
    }
}

/// What an expression is put into.
const WRAPPINGS: &[(&str, &str)] = &[
    ("{ ", " }"),
    ("loop { break ", "; }"),
    ("if flag { return; } else { ", " }"),
    ("match ", " { value => value }"),
    ("(|| ", ")()"),
    ("async move { ", " }.await"),
    ("(", ")?"),
    ("&mut ", ""),
    ("*", ""),
    ("drop(", ")"),
    ("unsafe { ", " }"),
    ("vec![", "]"),
    ("tokio::select! { _ = ", " => {} }"),
    ("(", ", 1).0"),
    ("'a: { break 'a ", "; }"),
];

/// Changes a file in a few places, with parts of itself and of another. Gives what still parses.
pub fn mutate(text: &str, other: &str, dice: &mut Dice) -> String {
    let mut text = text.to_owned();
    let elsewhere = Parts::of(other).unwrap_or_default();
    for _ in 0..=dice.below(5) {
        let Some(parts) = Parts::of(&text) else { break };
        let kind = dice.below(9);
        let here = parts.kind(kind);
        if here.is_empty() {
            continue;
        }
        let at = here[dice.below(here.len())].clone();
        let with = match dice.below(6) {
            0 => String::new(),
            1 => format!("{0}\n{0}", &text[at.clone()]),
            2 if (3..6).contains(&kind) => {
                let (before, after) = WRAPPINGS[dice.below(WRAPPINGS.len())];
                format!("{before}{}{after}", &text[at.clone()])
            }
            3 | 4 if !elsewhere.kind(kind).is_empty() => {
                let from = elsewhere.kind(kind);
                other[from[dice.below(from.len())].clone()].to_owned()
            }
            _ => text[here[dice.below(here.len())].clone()].to_owned(),
        };
        let mut changed = text.clone();
        changed.replace_range(at, &with);
        if changed.len() < 400_000 && syn::parse_file(&changed).is_ok() {
            text = changed;
        }
    }
    proc_macro2::extra::invalidate_current_thread_spans();
    text
}

/// What went wrong.
pub enum Trouble {
    Panic(String),
    Slow(Duration),
}

/// Far over what a file of this size takes, on a busy machine and without optimisation.
fn patience(text: &str) -> Duration {
    Duration::from_secs(20) + Duration::from_micros(text.len() as u64 * 200)
}

/// Reads, lowers and analyses a file and runs every rule on it.
pub fn analyse(text: &str) -> Result<(), Trouble> {
    let owned = text.to_owned();
    let start = Instant::now();
    let run = move || catch_unwind(AssertUnwindSafe(|| everything(&owned)));
    let worker = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run).expect("a thread");
    match worker.join() {
        Ok(Ok(())) if start.elapsed() > patience(text) => Err(Trouble::Slow(start.elapsed())),
        Ok(Ok(())) => Ok(()),
        Ok(Err(panic)) | Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Err(Trouble::Panic(said.unwrap_or_default()))
        }
    }
}

fn everything(text: &str) {
    let root = PathBuf::from("lib.rs");
    let Ok(hir) = parse_file(root.clone(), text) else { return };
    let krate = CrateInput {
        name: "mutant".to_owned(),
        package: "mutant".to_owned(),
        kind: TargetKind::Lib,
        root,
        edition: if text.len() & 1 == 0 { 2021 } else { 2024 },
        dependencies: Vec::new(),
        for_tests: false,
    };
    let program = Program::build(vec![Arc::new(hir)], vec![krate]);
    let catalogue = Catalogue::builtin();
    let ownership = Ownership::new(&program, catalogue);
    let analysis = Analysis::new(&program, catalogue, &ownership);
    let rules: Vec<Box<dyn Rule>> =
        linger_lints::all().iter().filter_map(|rule| (rule.build)(Default::default()).ok()).collect();
    let mut found = Vec::new();
    let mut noted = Vec::new();
    for body in analysis.bodies.iter() {
        let cx = BodyContext::new(&analysis, body);
        for (number, rule) in rules.iter().enumerate() {
            rule.body(&cx, &mut found);
            noted.extend(rule.gather(&cx).map(|gathered| (number, gathered)));
        }
        drop(timeline(&analysis, body, text));
    }
    for (number, rule) in rules.iter().enumerate() {
        let gathered: Vec<_> =
            noted.iter().filter(|(n, _)| *n == number).map(|(_, gathered)| gathered).collect();
        rule.program(&ProgramContext { analysis: &analysis, gathered: &gathered }, &mut found);
    }
    for finding in &found {
        let span = finding.primary.at.span;
        assert!(
            text.get(span.lo as usize..span.hi as usize).is_some(),
            "a finding outside of the text: {span:?}"
        );
    }
}
