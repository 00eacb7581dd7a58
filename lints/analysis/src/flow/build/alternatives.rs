//! Statements under `#[cfg(…)]`: those that exclude each other are branches, not a sequence.

use smallvec::SmallVec;

use crate::flow::build::Builder;
use crate::flow::mir::{BlockId, BranchKind, Place, Terminator};
use crate::syntax::cfg::{Cfg, cover};
use crate::syntax::hir::{Block, ExprId, Stmt, StmtKind};

/// A statement, or the final expression.
#[derive(Clone, Copy)]
enum Part<'h> {
    Statement(&'h Stmt),
    Tail(ExprId),
}

/// Neighbours under one condition.
struct Group<'h> {
    condition: Option<&'h Cfg>,
    parts: Vec<Part<'h>>,
}

impl Builder<'_, '_> {
    /// The statements and the value of a block.
    pub(super) fn block_parts(&mut self, dest: &Place, block: &Block) {
        let conditional = block.tail_condition.is_some() || block.stmts.iter().any(|s| s.condition.is_some());
        if !conditional {
            block.stmts.iter().for_each(|stmt| self.block_part(dest, Part::Statement(stmt)));
            if let Some(tail) = block.tail {
                self.block_part(dest, Part::Tail(tail));
            }
            return;
        }
        let groups = groups(block);
        let mut rest = &groups[..];
        while let Some((first, behind)) = rest.split_first() {
            let Some(condition) = first.condition else {
                first.parts.iter().for_each(|part| self.block_part(dest, *part));
                rest = behind;
                continue;
            };
            let mut conditions = vec![condition];
            let others = behind.iter().map_while(|group| {
                let own = group.condition?;
                let apart = conditions.iter().all(|other| other.excludes(own));
                apart.then(|| conditions.push(own))
            });
            let count = 1 + others.count();
            let (alternatives, behind) = rest.split_at(count);
            self.alternatives(dest, alternatives, cover(&conditions));
            rest = behind;
        }
    }

    fn block_part(&mut self, dest: &Place, part: Part<'_>) {
        match part {
            Part::Statement(stmt) => self.block_statement(dest, stmt),
            Part::Tail(tail) => self.tail(dest, tail),
        }
    }

    /// `covering` says that one of the groups is always there.
    fn alternatives(&mut self, dest: &Place, groups: &[Group<'_>], covering: bool) {
        let Some(on) = groups.iter().flat_map(|group| &group.parts).find_map(|part| part.expr()) else {
            groups.iter().flat_map(|g| &g.parts).for_each(|part| self.block_part(dest, *part));
            return;
        };
        let start = self.current;
        let join = self.new_block();
        let mut targets: SmallVec<[BlockId; 4]> = SmallVec::new();
        let mut goes_on = false;
        for group in groups {
            let entry = self.new_block();
            targets.push(entry);
            self.switch_to(entry);
            group.parts.iter().for_each(|part| self.block_part(dest, *part));
            goes_on |= self.reaches(entry, self.current);
            self.goto(join);
        }
        // A lone part is taken as being there: what it begins is to be seen. One that leaves the function
        // would hide all the code behind it.
        if !covering && (groups.len() > 1 || !goes_on) {
            targets.push(join);
        }
        self.switch_to(start);
        match targets[..] {
            [only] => self.goto(only),
            _ => {
                let targets = targets.into_iter().collect();
                self.terminate(Terminator::Branch { on, targets, kind: BranchKind::Cfg });
            }
        }
        self.switch_to(join);
    }

    fn reaches(&self, from: BlockId, to: BlockId) -> bool {
        let mut seen = vec![from];
        let mut next = 0;
        while let Some(block) = seen.get(next).copied() {
            if block == to {
                return true;
            }
            for successor in self.mir.blocks[block.index()].terminator.successors() {
                if !seen.contains(successor) {
                    seen.push(*successor);
                }
            }
            next += 1;
        }
        false
    }
}

impl Part<'_> {
    fn expr(self) -> Option<ExprId> {
        match self {
            Self::Tail(tail) => Some(tail),
            Self::Statement(Stmt { kind: StmtKind::Expr { expr, .. }, .. }) => Some(*expr),
            Self::Statement(Stmt { kind: StmtKind::Let { init, .. }, .. }) => *init,
        }
    }
}

fn groups(block: &Block) -> Vec<Group<'_>> {
    let statements = block.stmts.iter().map(|stmt| (stmt.condition.as_deref(), Part::Statement(stmt)));
    let tail = block.tail.map(|tail| (block.tail_condition.as_deref(), Part::Tail(tail)));
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (condition, part) in statements.chain(tail) {
        match groups.last_mut() {
            Some(group) if group.condition == condition => group.parts.push(part),
            _ => groups.push(Group { condition, parts: vec![part] }),
        }
    }
    groups
}
