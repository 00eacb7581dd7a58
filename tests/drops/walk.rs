//! Follows one path through a flow.

use std::collections::HashMap;

use linger_analysis::flow::mir::{
    BlockId, BranchKind, Call, CaptureHow, Mir, Operand, Place, Projection, Rvalue, StatementKind,
    Terminator, Var, VarKind,
};
use linger_analysis::syntax::hir::{BinaryOp, Body, ExprId, ExprKind, UnaryOp};

use super::outcome::{ENOUGH, outcome};

/// Which way branches go.
pub enum Way<'w> {
    /// These, in the order in which they are met; the first way afterwards.
    Fixed(&'w [usize]),
    /// As the calls of `decide`, `number`, `maybe` and the like say.
    Decided,
}

/// A value: where in its variable, and its name.
type Held = (Vec<String>, String);

/// Walks one path of a flow and notes what is dropped.
pub struct Walk<'w> {
    mir: &'w Mir,
    body: &'w Body,
    source: &'w dyn Fn(ExprId) -> String,
    held: HashMap<Var, Vec<Held>>,
    events: Vec<String>,
    decisions: Decisions,
}

/// What was decided so far.
#[derive(Default)]
struct Decisions {
    visits: HashMap<String, u32>,
    total: u32,
    last: usize,
    truth: bool,
    /// Items that the iterators of `for` have left, by the site that made them.
    left: HashMap<String, usize>,
}

impl<'w> Walk<'w> {
    /// At the start of a body.
    pub fn new(
        mir: &'w Mir,
        body: &'w Body,
        source: &'w dyn Fn(ExprId) -> String,
        parameters: Vec<Vec<String>>,
    ) -> Self {
        let numbered = |names: Vec<String>| {
            let whole = names.len() == 1;
            let path = |index: usize| if whole { Vec::new() } else { vec![index.to_string()] };
            names.into_iter().enumerate().map(|(i, name)| (path(i), name)).collect::<Vec<Held>>()
        };
        let held = mir.params.iter().copied().zip(parameters.into_iter().map(numbered)).collect();
        Self { mir, body, source, held, events: Vec::new(), decisions: Decisions::default() }
    }

    /// Walks to the end and gives the names of what was dropped, among the other events.
    pub fn run(mut self, way: Way<'_>) -> Vec<String> {
        let (fixed, decided) = match way {
            Way::Fixed(path) => (path, false),
            Way::Decided => (&[][..], true),
        };
        let mut fixed = fixed.iter().copied();
        let mut block = BlockId(0);
        // Enough for every program; a path that turns for ever is cut.
        for _ in 0..5000 {
            let data = &self.mir.blocks[block.index()];
            for statement in &data.statements {
                self.step(&statement.kind, statement.expr);
                if self.decisions.total > ENOUGH {
                    return self.events;
                }
            }
            block = match &data.terminator {
                Terminator::Goto(next) => *next,
                Terminator::Branch { targets, on, kind } => {
                    let choice = match targets.len() {
                        1 => 0,
                        count if decided => self.choose(*on, *kind, count),
                        _ => fixed.next().unwrap_or(0),
                    };
                    targets[choice.min(targets.len() - 1)]
                }
                Terminator::Return { .. } => {
                    if decided {
                        self.events.push("ret".to_owned());
                    }
                    let returned = self.held.remove(&self.mir.return_var).unwrap_or_default();
                    self.events.extend(returned.into_iter().map(|(_, name)| name));
                    return self.events;
                }
                Terminator::Diverge { .. } | Terminator::Unreachable => {
                    self.events.push("stops".to_owned());
                    return self.events;
                }
            };
        }
        self.events.push("does not end".to_owned());
        self.events
    }

    /// Where a branch goes after what was decided last.
    fn choose(&mut self, on: ExprId, kind: BranchKind, count: usize) -> usize {
        let last = self.decisions.last;
        let body = self.body;
        // A variable that is matched is an `Option`: it holds something or nothing.
        let matched = |this: &Self, scrutinee: ExprId| match this.local(scrutinee) {
            Some(var) => usize::from(this.held.get(&var).is_none_or(Vec::is_empty)),
            None => last,
        };
        match (kind, &body.expr(on).kind) {
            (BranchKind::If, _) => usize::from(!self.decisions.truth),
            (BranchKind::Lazy, ExprKind::Binary { op: BinaryOp::Or, .. }) => {
                usize::from(self.decisions.truth)
            }
            (BranchKind::Lazy, _) => usize::from(!self.decisions.truth),
            (BranchKind::Match, ExprKind::Match { scrutinee, arms }) => {
                // When a guard failed, the last arm is left in the programs.
                if count == arms.len() { matched(self, *scrutinee) } else { count - 1 }
            }
            (BranchKind::Question, ExprKind::Try { operand }) => usize::from(matched(self, *operand) != 0),
            (BranchKind::Next, _) => {
                let text = (self.source)(on);
                let site = text.split('"').nth(1).unwrap_or_default().to_owned();
                let left = self.decisions.left.entry(site).or_default();
                match left.checked_sub(1) {
                    Some(fewer) => {
                        *left = fewer;
                        0
                    }
                    None => 1,
                }
            }
            (_, ExprKind::Let { scrutinee, .. }) => usize::from(matched(self, *scrutinee) != 0),
            _ => usize::from(matched(self, on) != 0),
        }
    }

    fn local(&self, e: ExprId) -> Option<Var> {
        let local = match self.body.expr(e).kind {
            ExprKind::Local(local) => local,
            ExprKind::AddressOf { operand, .. } => return self.local(operand),
            _ => return None,
        };
        let found = self.mir.vars.iter().position(|v| v.kind == VarKind::User(local))?;
        Some(Var(found as u32))
    }

    fn step(&mut self, kind: &StatementKind, expr: Option<ExprId>) {
        match kind {
            StatementKind::Assign { dest, value } => {
                if let Some(ExprKind::Unary { op: UnaryOp::Not, .. }) = expr.map(|e| &self.body.expr(e).kind)
                {
                    self.decisions.truth = !self.decisions.truth;
                }
                let found = self.value(value);
                self.store(dest, found);
            }
            StatementKind::Call(call) => self.call(call),
            StatementKind::Await { operands, .. } => {
                let moved: Vec<Held> = operands.iter().flat_map(|operand| self.take(operand)).collect();
                self.events.extend(moved.into_iter().map(|(_, name)| name));
            }
            StatementKind::Drop { var, .. } => {
                let dropped = self.held.remove(var).unwrap_or_default();
                self.events.extend(dropped.into_iter().map(|(_, name)| name));
            }
            StatementKind::Vacant(_) | StatementKind::Discard { .. } | StatementKind::Macro { .. } => {}
        }
    }

    fn call(&mut self, call: &Call) {
        let texts: Vec<String> = call
            .args
            .iter()
            .filter_map(|arg| match arg {
                Operand::Constant(e) => Some((self.source)(*e).trim_matches('"').to_owned()),
                _ => None,
            })
            .collect();
        // The site of a decision stands before names, and names before numbers.
        let mut names = texts.into_iter();
        let whole = |names: Vec<String>| names.into_iter().map(|n| (Vec::new(), n)).collect::<Vec<Held>>();
        let made: Vec<Held> = match call.name.as_str() {
            "mark" => {
                self.events.extend(names);
                return;
            }
            // Its body runs when it is awaited, right away in the programs.
            "step_with" => {
                self.events.push("step".to_owned());
                return;
            }
            "d" | "some_d" | "other" => whole(names.collect()),
            "pair" => names.enumerate().map(|(i, n)| (vec![i.to_string()], n)).collect(),
            "same" | "new" if !call.is_method => self.arguments(call),
            "swap" => {
                self.dies(call);
                whole(names.collect())
            }
            "decide" => {
                self.decide(&names.next().unwrap_or_default(), 2);
                Vec::new()
            }
            "decide_by" => {
                self.decide(&names.last().unwrap_or_default(), 2);
                Vec::new()
            }
            "number" => {
                let site = names.next().unwrap_or_default();
                let ways = names.next().and_then(|n| n.parse().ok()).unwrap_or(1);
                self.decide(&site, ways);
                Vec::new()
            }
            "maybe" => {
                let way = self.decide(&names.next().unwrap_or_default(), 2);
                whole(names.filter(|_| way == 0).collect())
            }
            "keep" => {
                let way = self.decide(&names.next().unwrap_or_default(), 2);
                if way == 0 {
                    self.arguments(call)
                } else {
                    self.dies(call);
                    Vec::new()
                }
            }
            "turns" => {
                let site = names.next().unwrap_or_default();
                let count = self.decide(&site, 4);
                self.decisions.left.insert(site, count);
                Vec::new()
            }
            "items" => {
                let site = names.next().unwrap_or_default();
                let count = self.decide(&site, 3);
                self.decisions.left.insert(site, count);
                whole(names.take(count).collect())
            }
            _ => {
                self.dies(call);
                Vec::new()
            }
        };
        self.store(&call.dest, made);
    }

    fn arguments(&mut self, call: &Call) -> Vec<Held> {
        call.args.iter().flat_map(|arg| self.take(arg)).collect()
    }

    /// What goes into any other function of the programs dies there, the last parameter first.
    fn dies(&mut self, call: &Call) {
        let moved: Vec<Vec<Held>> = call.args.iter().map(|arg| self.take(arg)).collect();
        self.events.extend(moved.into_iter().rev().flatten().map(|(_, name)| name));
    }

    fn decide(&mut self, site: &str, ways: usize) -> usize {
        self.decisions.total += 1;
        if self.decisions.total > ENOUGH {
            self.events.push("cut".to_owned());
            return 0;
        }
        let visit = self.decisions.visits.entry(site.to_owned()).or_default();
        *visit += 1;
        let way = outcome(site, *visit, ways);
        self.events.push(format!("?{site} {way}"));
        self.decisions.last = way;
        self.decisions.truth = way == 0;
        way
    }

    fn value(&mut self, value: &Rvalue) -> Vec<Held> {
        match value {
            Rvalue::Use(operand) => self.take(operand),
            Rvalue::Aggregate { parts, .. } => {
                let mut found = Vec::new();
                for (name, operand) in parts {
                    for (mut path, value) in self.take(operand) {
                        path.insert(0, name.to_string());
                        found.push((path, value));
                    }
                }
                // Fields are dropped in the order of their declaration, which is that of their names in the programs.
                found.sort_by(|a, b| a.0.cmp(&b.0));
                found
            }
            Rvalue::Closure { captures, .. } => captures
                .iter()
                .filter(|c| c.how == CaptureHow::Move)
                .flat_map(|c| self.held.remove(&c.var).unwrap_or_default())
                .collect(),
            Rvalue::Ref(..) | Rvalue::Compute(_) | Rvalue::Opaque => Vec::new(),
        }
    }

    /// What was at `dest` is forgotten without a drop: the flow says when something is dropped.
    fn store(&mut self, dest: &Place, values: Vec<Held>) {
        let part = fields(dest);
        let held = self.held.entry(dest.var).or_default();
        held.retain(|(path, _)| !path.starts_with(&part));
        held.extend(values.into_iter().map(|(path, name)| ([part.clone(), path].concat(), name)));
        held.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// Takes what an operand moves. A part that is not told apart by its path is the whole.
    fn take(&mut self, operand: &Operand) -> Vec<Held> {
        let Operand::Move(place) = operand else { return Vec::new() };
        let Some(mut values) = self.held.remove(&place.var) else { return Vec::new() };
        if place.projections.iter().any(|p| matches!(p, Projection::Index)) {
            // The next item of an iterator.
            let next = if values.is_empty() { Vec::new() } else { vec![values.remove(0)] };
            self.held.insert(place.var, values);
            return next;
        }
        let part = fields(place);
        let known = values.iter().any(|(path, _)| !path.is_empty());
        if part.is_empty() || !known {
            return values;
        }
        let (taken, left): (Vec<Held>, Vec<Held>) =
            values.into_iter().partition(|(path, _)| path.starts_with(&part));
        self.held.insert(place.var, left);
        taken.into_iter().map(|(path, name)| (path[part.len()..].to_vec(), name)).collect()
    }
}

fn fields(place: &Place) -> Vec<String> {
    place
        .projections
        .iter()
        .filter_map(|p| match p {
            Projection::Field(name) => Some(name.to_string()),
            Projection::Deref | Projection::Index => None,
        })
        .collect()
}
