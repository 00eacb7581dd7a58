//! From the typed tree to the control-flow graph.

mod alternatives;
mod calls;
mod conditions;
mod exprs;
mod extension;
mod macros;
mod patterns;
mod places;
mod scopes;
mod statements;

use rustc_hash::FxHashMap;

use crate::flow::Flows;
use crate::flow::mir::{
    BasicBlock, BlockId, LoopId, Mir, Operand, Owner, Place, ReturnKind, Rvalue, Statement, StatementKind,
    Terminator, Var, VarDecl, VarKind,
};
use crate::span::Span;
use crate::syntax::hir::{ClosureId, ClosureKind, ExprId, LocalId};
use crate::types::ty::Ty;
use scopes::{Breakable, Scope, ScopeKind};

/// Builds one [`Mir`].
pub(crate) struct Builder<'f, 'a> {
    pub(super) flows: &'f Flows<'a>,
    pub(super) mir: Mir,
    pub(super) current: BlockId,
    pub(super) scopes: Vec<Scope>,
    pub(super) breakables: Vec<Breakable>,
    pub(super) locals: FxHashMap<LocalId, Var>,
    pub(super) in_loop: Option<LoopId>,
    /// Borrows whose temporaries are extended, with the scope that these end with.
    pub(super) extended: FxHashMap<ExprId, usize>,
    /// Set while the head of a `match`, `if let`, `while let` or `for` is lowered.
    pub(super) temporaries: scopes::TemporaryKind,
    /// Set while the pattern of an arm is bound for its guard, which sees the value without taking it.
    pub(super) peeks: bool,
}

impl<'f, 'a> Builder<'f, 'a> {
    pub(crate) fn new(flows: &'f Flows<'a>, owner: Owner) -> Self {
        let body = flows.cx.body;
        let (is_async, span, ret) = match owner {
            Owner::Root => (flows.cx.is_async, body.span, flows.cx.types.ret.clone()),
            Owner::Closure(id) => {
                let closure = body.closure(id);
                let ret = flows.cx.types.closure_ret.get(id.index()).cloned().unwrap_or_default();
                (closure.kind != ClosureKind::Closure, closure.span, ret)
            }
        };
        let return_var = VarDecl { kind: VarKind::Return, ty: ret, span: span.last_byte(), in_loop: None };
        let mir = Mir {
            owner,
            vars: vec![return_var],
            blocks: Vec::new(),
            loops: Vec::new(),
            params: Vec::new(),
            return_var: Var(0),
            is_async,
            span,
        };
        let mut this = Self {
            flows,
            mir,
            current: BlockId(0),
            scopes: Vec::new(),
            breakables: Vec::new(),
            locals: FxHashMap::default(),
            in_loop: None,
            extended: FxHashMap::default(),
            temporaries: scopes::TemporaryKind::Statement,
            peeks: false,
        };
        this.current = this.new_block();
        this
    }

    pub(crate) fn finish_root(mut self) -> Mir {
        let body = self.flows.cx.body;
        let params: Vec<_> = body.params.iter().map(|p| p.pat).collect();
        self.code(&params, body.root);
        self.mir
    }

    pub(crate) fn finish_closure(mut self, id: ClosureId) -> Mir {
        let closure = self.flows.cx.body.closure(id);
        self.push_scope(ScopeKind::Block, closure.span);
        for local in &closure.captures {
            let decl = self.flows.cx.body.local(*local);
            let var =
                self.new_var(VarKind::Capture(*local), self.flows.cx.types.local(*local).clone(), decl.span);
            self.locals.insert(*local, var);
            if closure.is_move {
                self.schedule(var);
            }
        }
        let params: Vec<_> = closure.params.iter().map(|p| p.pat).collect();
        self.code(&params, closure.body);
        self.mir
    }

    /// Parameters, body, return.
    fn code(&mut self, params: &[crate::syntax::hir::PatId], root: ExprId) {
        let span = self.mir.span;
        self.push_scope(ScopeKind::Block, span);
        for (index, pat) in params.iter().enumerate() {
            self.parameter(index as u32, *pat);
        }
        self.push_scope(ScopeKind::Tail, span);
        let dest = Place::whole(self.mir.return_var);
        self.expr_into(dest, root);
        self.pop_scope();
        while !self.scopes.is_empty() {
            self.pop_scope();
        }
        self.terminate(Terminator::Return { kind: ReturnKind::End, span: span.last_byte() });
        // A flow lives as long as the run, and most blocks are short.
        self.mir.blocks.iter_mut().for_each(|b| b.statements.shrink_to_fit());
        self.mir.blocks.shrink_to_fit();
        self.mir.vars.shrink_to_fit();
    }

    pub(super) fn ty(&self, e: ExprId) -> &'a Ty {
        self.flows.cx.types.expr(e)
    }

    pub(super) fn span(&self, e: ExprId) -> Span {
        self.flows.cx.body.expr(e).span
    }

    pub(super) fn new_block(&mut self) -> BlockId {
        let id = BlockId(self.mir.blocks.len() as u32);
        self.mir.blocks.push(BasicBlock {
            statements: Vec::new(),
            terminator: Terminator::Unreachable,
            in_loop: self.in_loop,
            on_failure: false,
            on_error_arm: false,
        });
        id
    }

    pub(super) fn new_var(&mut self, kind: VarKind, ty: Ty, span: Span) -> Var {
        let var = Var(self.mir.vars.len() as u32);
        self.mir.vars.push(VarDecl { kind, ty, span, in_loop: self.in_loop });
        var
    }

    /// Evaluates `e` into a temporary, dropped with the innermost temporary scope. It is there only when its own
    /// temporaries are, so it is dropped before them.
    pub(super) fn temp(&mut self, e: ExprId) -> Place {
        let var = self.new_var(VarKind::Temp(e), self.ty(e).clone(), self.span(e));
        self.expr_into(Place::whole(var), e);
        self.schedule_temporary(var);
        Place::whole(var)
    }

    /// The same for a temporary that ends with the block at `depth`.
    pub(super) fn extended_temp(&mut self, e: ExprId, depth: usize) -> Place {
        let var = self.new_var(VarKind::Temp(e), self.ty(e).clone(), self.span(e));
        self.expr_into(Place::whole(var), e);
        self.schedule_in(depth, var);
        Place::whole(var)
    }

    pub(super) fn push(&mut self, kind: StatementKind, span: Span, expr: Option<ExprId>) {
        self.mir.blocks[self.current.index()].statements.push(Statement { kind, span, expr });
    }

    pub(super) fn assign(&mut self, dest: Place, value: Rvalue, e: ExprId) {
        let span = self.span(e);
        self.push(StatementKind::Assign { dest, value }, span, Some(e));
    }

    pub(super) fn assign_use(&mut self, dest: Place, operand: Operand, e: ExprId) {
        self.assign(dest, Rvalue::Use(operand), e);
    }

    /// Ends the current block; what follows until the next `switch_to` is unreachable.
    pub(super) fn terminate(&mut self, terminator: Terminator) {
        self.mir.blocks[self.current.index()].terminator = terminator;
        self.current = self.new_block();
    }

    pub(super) fn goto(&mut self, target: BlockId) {
        self.mir.blocks[self.current.index()].terminator = Terminator::Goto(target);
    }

    pub(super) fn switch_to(&mut self, block: BlockId) {
        self.current = block;
    }
}
