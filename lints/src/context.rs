//! What a rule sees.

use std::cell::OnceCell;

use linger_analysis::catalogue::{Catalogue, FunctionFacts};
use linger_analysis::facts::{Analysis, AnalyzedBody};
use linger_analysis::flow::mir::{Mir, Operand, Place, Statement};
use linger_analysis::flow::tokens::Tokens;
use linger_analysis::names::Program;
use linger_analysis::source::SourceText;
use linger_analysis::span::{FileId, FileSpan, Span};
use linger_analysis::syntax::cfg::Cfg;
use linger_analysis::syntax::hir::{BinaryOp, Block, Body, ExprId, ExprKind, Stmt};
use linger_analysis::types::infer::{BodyTypes, Target};
use linger_analysis::types::ty::Ty;

use crate::diagnostic::Confidence;
use crate::in_hand::InHand;
use crate::reason::{WORK, is_reason};
use crate::rule::Gathered;

/// The whole program.
pub struct ProgramContext<'a> {
    /// Everything known.
    pub analysis: &'a Analysis<'a>,
    /// What the rule noted of bodies, in their order.
    pub gathered: &'a [&'a Gathered],
}

impl<'a> ProgramContext<'a> {
    /// What the rule noted of bodies, in their order.
    pub fn gathered<T: 'static>(&self) -> impl Iterator<Item = &'a T> {
        self.gathered.iter().filter_map(|noted| noted.downcast_ref())
    }
}

/// One flow (function, closure or async block) with its resources.
pub struct FlowView<'a> {
    /// The flow.
    pub mir: &'a Mir,
    /// Its resources.
    pub tokens: Tokens<'a>,
    in_hand: OnceCell<InHand>,
}

/// One function with the closures and async blocks in it.
pub struct BodyContext<'a> {
    /// Everything known.
    pub analysis: &'a Analysis<'a>,
    /// The body.
    pub body: &'a AnalyzedBody,
    flows: OnceCell<Vec<FlowView<'a>>>,
}

impl<'a> BodyContext<'a> {
    /// The context of a body.
    #[must_use]
    pub fn new(analysis: &'a Analysis<'a>, body: &'a AnalyzedBody) -> Self {
        Self { analysis, body, flows: OnceCell::new() }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &'a Program {
        self.analysis.program
    }

    /// Other people's APIs.
    #[must_use]
    pub fn catalogue(&self) -> &'a Catalogue {
        self.analysis.catalogue
    }

    /// What the catalogue says of the function that is called, when it is another crate's.
    #[must_use]
    pub fn facts(&self, called: &Target) -> Option<&'a FunctionFacts> {
        match called {
            Target::External(path) => self.catalogue().facts(*path),
            _ => None,
        }
    }

    /// The tree.
    #[must_use]
    pub fn hir(&self) -> &'a Body {
        self.analysis.hir(self.body)
    }

    /// The types.
    #[must_use]
    pub fn types(&self) -> &'a BodyTypes {
        &self.body.types
    }

    /// The type of an expression.
    #[must_use]
    pub fn ty(&self, e: ExprId) -> &'a Ty {
        self.body.types.expr(e)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.body.global.file
    }

    /// Lines and comments of the file.
    #[must_use]
    pub fn source(&self) -> &'a SourceText {
        &self.program().file(self.file()).source
    }

    /// A range of this file.
    #[must_use]
    pub fn at(&self, span: Span) -> FileSpan {
        FileSpan { file: self.file(), span }
    }

    /// The function itself and its closures and async blocks, with their resources.
    pub fn flows(&self) -> &[FlowView<'a>] {
        self.flows.get_or_init(|| {
            self.body
                .flow
                .all()
                .map(|mir| FlowView {
                    mir,
                    tokens: self.analysis.tokens(self.body, mir),
                    in_hand: OnceCell::new(),
                })
                .collect()
        })
    }

    /// Whether no compilation for Unix has the code at `span`: `#[cfg(windows)]` on a statement or block around it, on
    /// the item, or on a module.
    #[must_use]
    pub fn is_never_on_unix(&self, span: Span) -> bool {
        let body = self.hir();
        let is_off = |condition: &Option<Box<Cfg>>| condition.as_ref().is_some_and(|c| c.is_never_on_unix());
        let by_statement = body.exprs.iter().any(|expr| {
            let ExprKind::Block(block) = &expr.kind else { return false };
            block.stmts.iter().any(|s| s.span.contains(span) && is_off(&s.condition))
                || is_off(&block.tail_condition)
                    && block.tail.is_some_and(|tail| body.expr(tail).span.contains(span))
        });
        // `if cfg!(windows) && wanted { … }`
        let by_condition = body.exprs.iter().any(|expr| match &expr.kind {
            ExprKind::If { condition, then_branch, .. } => {
                body.expr(*then_branch).span.contains(span) && needs(body, *condition, &is_off)
            }
            _ => false,
        });
        by_statement || by_condition || self.program().is_never_on_unix(self.file(), body.owner)
    }

    /// Whether a comment that gives a reason (see [`crate::reason`]) stands on one of the lines of
    /// `span`, on the line above it, or there at the statement whose only part it is: above `if done { a.ok(); }`.
    #[must_use]
    pub fn has_reason(&self, span: Span) -> bool {
        self.comment_at(span, &is_reason)
    }

    /// Whether a comment there has one of `words` in it (in lower case) and is no note of work to do.
    #[must_use]
    pub fn has_reason_with(&self, span: Span, words: &[&str]) -> bool {
        self.comment_at(span, &|text| {
            let text = text.to_lowercase();
            let is_note = WORK.iter().any(|mark| text.contains(mark));
            !is_note && words.iter().any(|word| text.contains(word))
        })
    }

    fn comment_at(&self, span: Span, accept: &dyn Fn(&str) -> bool) -> bool {
        if self.reason_at(span, true, accept) {
            return true;
        }
        // Blocks around it, innermost first.
        let mut around: Vec<(&Block, &Stmt)> = Vec::new();
        let body = self.hir();
        for expr in &body.exprs {
            let ExprKind::Block(block) = &expr.kind else { continue };
            around.extend(block.stmts.iter().find(|s| s.span.contains(span)).map(|s| (&**block, s)));
            if let Some(tail) = block.tail.filter(|t| body.expr(*t).span.contains(span))
                && block.stmts.is_empty()
                && self.reason_at(body.expr(tail).span, false, accept)
            {
                return true;
            }
        }
        around.sort_by_key(|(_, s)| s.span.hi - s.span.lo);
        for (block, statement) in around {
            if self.reason_at(statement.span, false, accept) {
                return true;
            }
            if block.stmts.len() + usize::from(block.tail.is_some()) > 1 {
                return false;
            }
        }
        false
    }

    /// Whether the documentation of the function says that its errors stay inside of it.
    #[must_use]
    pub fn is_documented_to_go_on(&self) -> bool {
        self.body.def.is_some_and(|def| self.program().item(def).attributes.goes_on)
    }

    /// As [`Self::has_reason`], but for what is thrown away: a comment on why `unsafe` code is sound gives no reason for
    /// that.
    #[must_use]
    pub fn has_reason_to_ignore(&self, span: Span) -> bool {
        self.has_reason(span) && !self.is_below_safety_comment(span)
    }

    fn is_below_safety_comment(&self, span: Span) -> bool {
        let source = self.source();
        let mut line = source.lines.line(span.lo);
        let mut index = source.comments.partition_point(|c| c.span.hi <= source.lines.start(line));
        while let Some(comment) = index.checked_sub(1).and_then(|i| source.comments.get(i))
            && comment.own_line
            && source.lines.line(comment.span.lo) + 1 == line
        {
            if comment.text.starts_with("SAFETY") {
                return true;
            }
            (line, index) = (line - 1, index - 1);
        }
        false
    }

    /// Whether such a comment stands on a line of its own directly behind a statement that is the last of its block.
    #[must_use]
    pub fn has_reason_behind(&self, span: Span) -> bool {
        let is_last = self.hir().exprs.iter().any(|e| {
            let ExprKind::Block(block) = &e.kind else { return false };
            block.tail.is_none() && block.stmts.last().is_some_and(|s| s.span.contains(span))
        });
        let source = self.source();
        let next = source.lines.line(span.hi) + 1;
        let (from, to) = (source.lines.start(next), source.lines.start(next + 1));
        let start = source.comments.partition_point(|c| c.span.hi <= from);
        is_last
            && source.comments[start..]
                .iter()
                .take_while(|c| c.span.lo < to)
                .any(|c| c.own_line && is_reason(&c.text))
    }

    /// A reason on the line above a span, or on its lines: on all of them, or on the first alone.
    fn reason_at(&self, span: Span, whole: bool, accept: &dyn Fn(&str) -> bool) -> bool {
        let source = self.source();
        let mut first = source.lines.line(span.lo).saturating_sub(1);
        let own = first;
        // A comment of several lines is one: its last may be short.
        let mut index = source.comments.partition_point(|c| c.span.hi <= source.lines.start(first));
        while let Some(comment) = index.checked_sub(1).and_then(|i| source.comments.get(i))
            && comment.own_line
            && source.lines.line(comment.span.lo) + 1 == first
            && source.comments.get(index).is_some_and(|c| c.own_line && source.lines.line(c.span.lo) == first)
        {
            (first, index) = (first - 1, index - 1);
        }
        let end = if whole { span.hi.saturating_sub(1).max(span.lo) } else { span.lo };
        let last = source.lines.line(end);
        let (from, to) = (source.lines.start(first), source.lines.start(last + 1));
        let start = source.comments.partition_point(|c| c.span.hi <= from);
        source.comments[start..]
            .iter()
            .take_while(|c| c.span.lo < to)
            .any(|c| accept(&c.text) && (c.own_line || source.lines.line(c.span.lo) > own || own == last))
    }
}

/// Whether a condition holds only where a `cfg!` in it holds that is never on.
fn needs(body: &Body, condition: ExprId, is_off: &dyn Fn(&Option<Box<Cfg>>) -> bool) -> bool {
    match &body.expr(condition).kind {
        ExprKind::Binary { op: BinaryOp::And, lhs, rhs } => {
            needs(body, *lhs, is_off) || needs(body, *rhs, is_off)
        }
        ExprKind::Macro(call) => is_off(&call.condition),
        _ => false,
    }
}

impl FlowView<'_> {
    /// The type of a place, when it is a whole variable.
    #[must_use]
    pub fn place_ty(&self, place: &Place) -> &Ty {
        if place.projections.is_empty() { &self.mir.var(place.var).ty } else { &Ty::Unknown }
    }

    /// The type of an operand, when it is a whole variable.
    #[must_use]
    pub fn operand_ty(&self, operand: &Operand) -> &Ty {
        operand.place().map_or(&Ty::Unknown, |p| self.place_ty(p))
    }

    /// Which resources each statement has in hand.
    pub(crate) fn in_hand(&self) -> &InHand {
        self.in_hand.get_or_init(|| InHand::new(&self.tokens))
    }

    /// Whether a statement can be reached.
    #[must_use]
    pub fn is_reachable(&self, point: linger_analysis::flow::mir::Point) -> bool {
        self.tokens.is_reachable(point.block)
    }

    /// All reachable statements.
    pub fn statements(&self) -> impl Iterator<Item = (linger_analysis::flow::mir::Point, &Statement)> {
        self.mir.statements().filter(|(p, _)| self.tokens.is_reachable(p.block))
    }
}

impl From<linger_analysis::types::infer::Known> for Confidence {
    fn from(known: linger_analysis::types::infer::Known) -> Self {
        match known {
            linger_analysis::types::infer::Known::Resolved => Self::Certain,
            linger_analysis::types::infer::Known::Inferred => Self::Likely,
        }
    }
}
