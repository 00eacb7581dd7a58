//! Pairs of locks that are taken in both orders.

use linger_analysis::catalogue::{Class, Mode};
use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{StatementKind, VarKind};
use linger_analysis::flow::tokens::{Source, Token, TokenId};
use linger_analysis::names::GlobalBody;
use linger_analysis::span::FileSpan;
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView, ProgramContext};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Gathered, Rule, RuleMeta};
use crate::rules::lock::held::while_held;
use crate::rules::lock::lock_names::{from_root, object_name, root_type};

declare_rule! {
    /// Two locks are taken in one order here and in the other order elsewhere.
    ///
    /// ## Why it matters
    ///
    /// When two threads meet, each with its first lock, each waits for the other's: a deadlock that shows once
    /// in a million runs.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::sync::Mutex;
    ///
    /// struct Bank {
    ///     accounts: Mutex<Vec<i64>>,
    ///     journal: Mutex<Vec<String>>,
    /// }
    ///
    /// impl Bank {
    ///     fn pay(&self, amount: i64) {
    ///         let mut accounts = self.accounts.lock().unwrap();
    ///         accounts.push(amount);
    ///         self.journal.lock().unwrap().push(format!("paid {amount}"));
    ///     }
    ///
    ///     fn report(&self) -> usize {
    ///         let journal = self.journal.lock().unwrap();
    ///         journal.len() + self.accounts.lock().unwrap().len()
    ///     }
    /// }
    /// ```
    ///
    /// Take them in one order everywhere, or end the first before the second:
    ///
    /// ```rust,clean
    /// use std::sync::Mutex;
    ///
    /// struct Bank {
    ///     accounts: Mutex<Vec<i64>>,
    ///     journal: Mutex<Vec<String>>,
    /// }
    ///
    /// impl Bank {
    ///     fn pay(&self, amount: i64) {
    ///         let mut accounts = self.accounts.lock().unwrap();
    ///         accounts.push(amount);
    ///         self.journal.lock().unwrap().push(format!("paid {amount}"));
    ///     }
    ///
    ///     fn report(&self) -> usize {
    ///         let accounts = self.accounts.lock().unwrap();
    ///         accounts.len() + self.journal.lock().unwrap().len()
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Both locks must be parts of one object, or statics. Orders that go round three locks are not seen. Code
    /// that only ever runs in one thread cannot be told from code that does not.
    LockOrderInverted("lock_order_inverted") {
        group: Lock,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for LockOrderInverted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn gather(&self, cx: &BodyContext<'_>) -> Option<Gathered> {
        if cx.body.in_test || !takes_locks(cx) {
            return None;
        }
        let mut orders: Vec<Order> = Vec::new();
        for view in cx.flows() {
            collect(cx, view, &mut orders);
        }
        (!orders.is_empty()).then(|| -> Gathered { Box::new(orders) })
    }

    fn program(&self, cx: &ProgramContext<'_>, report: &mut Vec<Diagnostic>) {
        let mut orders: Vec<&Order> = cx.gathered::<Vec<Order>>().flatten().collect();
        orders.sort_by_key(|o| (o.second_at, o.first_at));
        orders.dedup_by_key(|o| (o.second_at, o.first_at));
        let mut done: Vec<Pair> = Vec::new();
        let mut told: Vec<[GlobalBody; 2]> = Vec::new();
        for order in &orders {
            let against: Vec<&Order> = orders.iter().copied().filter(|o| o.inverts(order)).collect();
            let Some(other) = against.first() else { continue };
            // The rarer order is the mistake, or the one that is harder to see.
            let alike: Vec<&Order> = orders.iter().copied().filter(|o| o.pair == order.pair).collect();
            let is_plain = |orders: &[&Order]| orders.iter().all(|o| o.is_plain());
            let is_meant = match (is_plain(&alike), is_plain(&against)) {
                (true, false) => against.len() <= 2 * alike.len(),
                (false, true) => alike.len() > 2 * against.len(),
                _ => alike.len() > against.len(),
            };
            // Two functions that take several locks the other way round are one mistake.
            let both = [order.function.min(other.function), order.function.max(other.function)];
            let is_told = done.iter().any(|pair| *pair == order.pair || *pair == order.pair.turned())
                || told.contains(&both);
            if is_told || is_meant {
                continue;
            }
            done.push(order.pair.clone());
            told.push(both);
            report.push(finding(order, other));
        }
    }
}

/// Two locks by the object that they are parts of, in the order in which they are taken.
#[derive(Clone, PartialEq, Eq)]
struct Pair {
    object: String,
    first: String,
    second: String,
}

impl Pair {
    fn turned(&self) -> Self {
        Self { object: self.object.clone(), first: self.second.clone(), second: self.first.clone() }
    }
}

/// A place that takes one lock while it holds another.
struct Order {
    pair: Pair,
    first_mode: Mode,
    second_mode: Mode,
    first_at: FileSpan,
    second_at: FileSpan,
    inside: Vec<FileSpan>,
    /// The first guard has a name, and the second lock is taken in plain sight.
    is_plain: bool,
    /// Other locks held there.
    outer: Vec<String>,
    /// The object is borrowed for this code alone.
    is_exclusive: bool,
    function: GlobalBody,
    confidence: Confidence,
}

impl Order {
    fn is_plain(&self) -> bool {
        self.is_plain && self.inside.is_empty()
    }

    /// Whether two threads, one here and one there, can block each other.
    fn inverts(&self, other: &Self) -> bool {
        self.pair.object == other.pair.object
            && self.pair.first == other.pair.second
            && self.pair.second == other.pair.first
            && (self.first_mode == Mode::Exclusive || other.second_mode == Mode::Exclusive)
            && (self.second_mode == Mode::Exclusive || other.first_mode == Mode::Exclusive)
            && !self.outer.iter().any(|o| other.outer.contains(o))
            && !(self.is_exclusive && other.is_exclusive)
    }
}

fn takes_locks(cx: &BodyContext<'_>) -> bool {
    cx.body.flow.all().any(|mir| {
        mir.calls().any(|(_, _, call)| {
            let ty = &mir.var(call.dest.var).ty;
            !ty.is_unknown() && cx.analysis.ownership.owns(ty, Class::LockGuard)
        }) || mir
            .vars
            .iter()
            .any(|v| v.ty.path().is_some() && cx.analysis.ownership.owns(&v.ty, Class::LockGuard))
    })
}

fn collect(cx: &BodyContext<'_>, view: &FlowView<'_>, orders: &mut Vec<Order>) {
    while_held(cx, view, |point, held, taken| {
        let (first, second) = (held.lock, &taken.effect);
        if first.class != Class::LockGuard
            || second.class != Class::LockGuard
            || first.tries
            || taken.tries
            || held.token.source != Source::Call
            // A value that keeps several guards: which lock came first in it is not known.
            || keeps_several(cx, view, held.token)
            || held.token.known != Known::Resolved
            || taken.known != Known::Resolved
        {
            return;
        }
        let Some(pair) = pair(cx, view, &first.place, &second.lock) else { return };
        let state = view.tokens.state_at(point);
        // Taken again while it is held, it was first before.
        let is_again = |id: TokenId| {
            id != held.id
                && Some(id) != taken.token
                && view.tokens.token(id).lock.as_ref().is_some_and(|l| l.place.same(&second.lock))
        };
        if state.alive().iter().any(is_again) {
            return;
        }
        let outer = state
            .alive()
            .iter()
            .filter(|id| *id != held.id)
            .filter_map(|id| view.tokens.token(id).lock.as_ref())
            .filter(|l| l.mode == Mode::Exclusive)
            .filter_map(|l| from_root(cx, view, &l.place))
            .collect();
        // A closure of this function is read where it stands.
        let at = if taken.in_callback { second.first() } else { taken.at };
        let mut inside: Vec<FileSpan> = second.way.to_vec();
        inside.push(second.at);
        inside.retain(|step| *step != at);
        let is_named = state.holders(held.id).any(|v| matches!(view.mir.var(v).kind, VarKind::User(_)));
        orders.push(Order {
            pair,
            first_mode: first.mode,
            second_mode: second.mode,
            first_at: cx.at(held.token.span),
            second_at: at,
            inside,
            is_plain: is_named && !taken.in_callback,
            outer,
            is_exclusive: pair_is_exclusive(view, &first.place, &second.lock),
            function: cx.body.global,
            confidence: held.token.known.min(taken.known).into(),
        });
    });
}

/// Whether a call gives a value of the program with more than one guard in it.
fn keeps_several(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    let Some(StatementKind::Call(call)) = view.mir.statement(token.at).map(|s| &s.kind) else { return false };
    let info = view.place_ty(&call.dest).path().and_then(|path| cx.program().types.get(&path));
    info.is_some_and(|info| {
        let is_guard = |ty: &Ty| cx.analysis.ownership.owns(ty, Class::LockGuard);
        info.fields.iter().filter(|field| is_guard(&field.ty)).count() > 1
    })
}

/// The nearest object that both locks are parts of, and the parts.
fn pair(cx: &BodyContext<'_>, view: &FlowView<'_>, first: &Identity, second: &Identity) -> Option<Pair> {
    // Two elements of one collection have an order of their own, which cannot be told here.
    if first.root == second.root && first.path == second.path {
        return None;
    }
    if let (Root::Static(a), Root::Static(b)) = (first.root, second.root) {
        let name = |root: linger_analysis::symbol::Symbol, path: &[linger_analysis::symbol::Symbol]| {
            std::iter::once(root)
                .chain(path.iter().copied())
                .map(|s| s.to_string())
                .collect::<Vec<_>>()
                .join(".")
        };
        let (first, second) = (name(a, &first.path), name(b, &second.path));
        return (first != second).then_some(Pair { object: String::new(), first, second });
    }
    if first.root != second.root {
        return None;
    }
    let shared = first.path.iter().zip(&second.path).take_while(|(a, b)| a == b).count();
    // A lock inside of what the other protects can only be reached through it.
    if shared == first.path.len() || shared == second.path.len() {
        return None;
    }
    let mut ty = root_type(view, first.root)?;
    for name in &first.path[..shared] {
        ty = cx.program().field_type(cx.catalogue(), &ty, *name)?;
    }
    let object = object_name(cx, ty)?;
    let name = |path: &[linger_analysis::symbol::Symbol]| {
        path[shared..].iter().map(|s| s.as_str()).collect::<Vec<_>>().join(".")
    };
    Some(Pair { object, first: name(&first.path), second: name(&second.path) })
}

/// Whether both locks are fields of what the function has an exclusive reference to.
fn pair_is_exclusive(view: &FlowView<'_>, first: &Identity, second: &Identity) -> bool {
    let is_own = |lock: &Identity| lock.path.len() == 1 && matches!(lock.root, Root::Param(_));
    is_own(first)
        && is_own(second)
        && root_type(view, first.root)
            .is_some_and(|ty| matches!(ty, Ty::Ref(true, inner) if !matches!(*inner, Ty::Ref(..))))
}

fn finding(order: &Order, other: &Order) -> Diagnostic {
    let Pair { first, second, .. } = &order.pair;
    let mut finding = Diagnostic::new(
        &META,
        order.second_at,
        format!("`{second}` is locked while `{first}` is held, and elsewhere it is the other way round"),
    )
    .label(format!("`{second}` is taken here"))
    .step(order.first_at, format!("while `{first}` is held"));
    for at in &order.inside {
        finding = finding.step(*at, "taken there");
    }
    finding = finding
        .step(other.first_at, format!("elsewhere `{second}` is taken first"))
        .step(other.second_at, format!("and then `{first}`"));
    for at in &other.inside {
        finding = finding.step(*at, "taken there");
    }
    finding
        .confidence(order.confidence.min(other.confidence))
        .help("take both in the same order everywhere, or end the first guard before taking the second")
}
