//! Trees whose children hold strong pointers to what holds them.

use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, UnaryOp};
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::carried::is_strong;
use crate::rules::support::short;

declare_rule! {
    /// A child is given a strong pointer to its parent, which holds the child by a strong pointer itself.
    ///
    /// ## Why it matters
    ///
    /// Parent and child keep each other alive: neither is ever freed, and `Drop` of what they own never runs.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// struct Node {
    ///     parent: RefCell<Option<Rc<Node>>>,
    ///     children: Vec<Rc<Node>>,
    /// }
    ///
    /// fn link(node: &Rc<Node>) {
    ///     for child in &node.children {
    ///         *child.parent.borrow_mut() = Some(Rc::clone(node));
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::cell::RefCell;
    /// use std::rc::{Rc, Weak};
    ///
    /// struct Node {
    ///     parent: RefCell<Weak<Node>>,
    ///     children: Vec<Rc<Node>>,
    /// }
    ///
    /// fn link(node: &Rc<Node>) {
    ///     for child in &node.children {
    ///         *child.parent.borrow_mut() = Rc::downgrade(node);
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Parent and child are of one type, and the function that sets the parent works on the children too. Any code that
    /// takes something out of one of the two fields, and any `Drop`, is trusted to break the cycle.
    ChildrenKeepParentAlive("children_keep_parent_alive") {
        group: Capture,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ChildrenKeepParentAlive {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let body = cx.hir();
        for (number, expr) in body.exprs.iter().enumerate() {
            let Some(link) = link(cx, ExprId(number as u32)) else { continue };
            let Some(children) = children(cx, &link) else { continue };
            let is_worked_on = names_field(cx, link.owner, children);
            if !is_worked_on || is_unlinked(cx, &link, children) || cx.has_reason(expr.span) {
                continue;
            }
            let name = short(&link.owner).to_owned();
            report.push(
                Diagnostic::new(
                    &META,
                    cx.at(expr.span),
                    format!("parent and child keep each other alive: no `{name}` is ever freed"),
                )
                .label(format!("a strong pointer to the parent goes into `{}`", link.parent))
                .step(
                    cx.at(body.expr(link.place).span),
                    format!("the parent holds this by `{children}`, strongly too"),
                )
                .help("keep a `Weak` of the parent (`Rc::downgrade`)"),
            );
        }
    }
}

/// A strong pointer that is put into a cell of an object of the type that it points to.
struct Link {
    owner: Symbol,
    /// The field.
    parent: Symbol,
    /// The object whose field that is.
    place: ExprId,
}

/// `*child.parent.borrow_mut() = Some(parent)`, `child.parent.set(parent)`
fn link(cx: &BodyContext<'_>, e: ExprId) -> Option<Link> {
    let body = cx.hir();
    let (cell, value) = match &body.expr(e).kind {
        ExprKind::Assign { place, value } => match body.expr(*place).kind {
            ExprKind::Unary { op: UnaryOp::Deref, operand } => (operand, *value),
            _ => return None,
        },
        ExprKind::MethodCall { receiver, method, args, .. }
            if matches!(method.as_str(), "set" | "replace") =>
        {
            (*receiver, *args.first()?)
        }
        _ => return None,
    };
    // `None` breaks a cycle.
    if matches!(body.expr(value).kind, ExprKind::Path(_)) {
        return None;
    }
    let (place, parent) = field_behind(body, cell)?;
    let owner = pointee(cx, cx.ty(place))?;
    let given = cx.ty(value);
    let is_given = given.any(&mut |ty| is_strong(cx, ty) && pointee(cx, ty) == Some(owner));
    (is_given && cx.program().types.contains_key(&owner)).then_some(Link { owner, parent, place })
}

/// The field that a chain of `borrow_mut()`, `lock().unwrap()` is called on.
fn field_behind(body: &Body, e: ExprId) -> Option<(ExprId, Symbol)> {
    match &body.expr(e).kind {
        ExprKind::Field { base, name } => Some((*base, *name)),
        ExprKind::MethodCall { receiver, .. } => field_behind(body, *receiver),
        _ => None,
    }
}

/// The type of the program behind references and shared pointers.
fn pointee(cx: &BodyContext<'_>, ty: &Ty) -> Option<Symbol> {
    let ty = ty.peel_refs();
    match ty.args().first() {
        Some(inner) if is_strong(cx, ty) => pointee(cx, inner),
        _ => ty.path(),
    }
}

/// Another field that holds objects of the same type by strong pointers.
fn children(cx: &BodyContext<'_>, link: &Link) -> Option<Symbol> {
    let info = cx.program().types.get(&link.owner).filter(|info| info.drop.is_none())?;
    let holds = |ty: &Ty| ty.any(&mut |t| is_strong(cx, t) && pointee(cx, t) == Some(link.owner));
    let is_list = |ty: &Ty| {
        ty.any(&mut |t| t.as_option().is_none() && t.path().is_some_and(|p| cx.catalogue().is_container(p)))
    };
    info.fields.iter().find(|f| f.name != link.parent && holds(&f.ty) && is_list(&f.ty)).map(|f| f.name)
}

/// Whether the function names a field of such objects.
fn names_field(cx: &BodyContext<'_>, owner: Symbol, field: Symbol) -> bool {
    cx.hir().exprs.iter().any(|e| {
        matches!(&e.kind, ExprKind::Field { base, name }
            if *name == field && pointee(cx, cx.ty(*base)) == Some(owner))
    })
}

/// Whether anything in the program takes objects out of one of the two fields again.
fn is_unlinked(cx: &BodyContext<'_>, link: &Link, children: Symbol) -> bool {
    const TAKE: &[&str] =
        &["take", "clear", "drain", "remove", "retain", "truncate", "pop", "swap_remove", "pop_front"];
    let is_one = |name: Symbol| name == link.parent || name == children;
    cx.analysis.bodies.iter().any(|other| {
        let body = cx.analysis.hir(other);
        body.exprs.iter().any(|e| match &e.kind {
            ExprKind::MethodCall { receiver, method, .. } if TAKE.contains(&method.as_str()) => {
                field_behind(body, *receiver).is_some_and(|(_, name)| is_one(name))
            }
            // `*child.parent.borrow_mut() = None`
            ExprKind::Assign { place, value } => {
                let behind = match body.expr(*place).kind {
                    ExprKind::Unary { operand, .. } => field_behind(body, operand),
                    _ => field_behind(body, *place),
                };
                behind.is_some_and(|(_, name)| is_one(name))
                    && matches!(body.expr(*value).kind, ExprKind::Path(_))
            }
            _ => false,
        })
    })
}
