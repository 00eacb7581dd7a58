//! Blocks and statements.

use super::{Breakable, Generator, State, Ty};

impl Generator {
    /// A block with a tail of a type.
    pub(super) fn block(&mut self, ty: Ty) -> String {
        self.in_block(
            move |g| {
                if ty == Ty::Unit && g.dice.chance(60) { String::new() } else { g.expression(ty) }
            },
        )
    }

    /// Statements and a tail.
    pub(super) fn in_block(&mut self, tail: impl FnOnce(&mut Self) -> String) -> String {
        let count = self.locals.len();
        let mut text = "{ ".to_owned();
        for _ in 0..self.dice.below(4) {
            if self.dead || !self.spend() {
                break;
            }
            text.push_str(&self.statement());
        }
        if !self.dead {
            text.push_str(&tail(self));
        }
        self.locals.truncate(count);
        format!("{text} }}")
    }

    /// A statement with a blank behind it.
    pub(super) fn statement(&mut self) -> String {
        self.spend();
        let text = match self.dice.below(34) {
            0..6 => self.bound(),
            6 => format!("let _ = {};", self.ignored()),
            7 => format!("_ = {};", self.ignored()),
            8..10 => self.taken_apart(),
            10..12 => {
                let value = self.expression(Ty::Ref);
                self.new_local(Ty::Ref, value)
            }
            12 => {
                let (value, name) = (self.drops(), self.variable());
                self.declare(name.clone(), Ty::Ref, false, State::Live);
                format!("let ref {name} = {value};")
            }
            13 => self.extended(),
            14..16 => {
                let ty = [Ty::Int, Ty::Drops, Ty::Unit][self.dice.below(3)];
                format!("{};", self.expression(ty))
            }
            16..18 => self.assigned(),
            18 => self.assigned_apart(),
            19 => format!("{};", self.choice(Ty::Unit)),
            20 => {
                let condition = self.condition();
                let then = self.sometimes(|g| g.block(Ty::Unit));
                format!("if {condition} {then}")
            }
            21 if self.dice.chance(50) => format!("{};", self.chain(Ty::Unit)),
            21 => self.chained(),
            22 => format!("{};", self.matched_number(Ty::Unit)),
            23 => self.matched_maybe(Ty::Unit),
            24 => self.turned(),
            25 => self.while_loop(),
            26 => self.for_loop(),
            27 | 28 => self.let_else(),
            29 => self.leaves(),
            30 | 31 => self.closure(),
            32 if self.is_async && !self.closed => self.awaited(),
            _ => self.by_macro(),
        };
        text + " "
    }

    /// `let x = value;`, or with the value later.
    fn bound(&mut self) -> String {
        let ty = [Ty::Drops, Ty::Drops, Ty::Drops, Ty::Maybe, Ty::Pair, Ty::Struct, Ty::Array, Ty::Int]
            [self.dice.below(8)];
        if ty == Ty::Drops && self.dice.chance(12) {
            let name = self.variable();
            self.declare(name.clone(), ty, false, State::Unset);
            return format!("let {name}: D;");
        }
        let value = self.expression(ty);
        self.new_local(ty, value)
    }

    fn new_local(&mut self, ty: Ty, value: String) -> String {
        let name = self.variable();
        let mutable = self.dice.chance(40);
        self.declare(name.clone(), ty, mutable, State::Live);
        let note = match ty {
            Ty::Maybe => ": Option<D>",
            Ty::Ref if self.dice.chance(30) => ": &D",
            _ => "",
        };
        format!("let {}{name}{note} = {value};", if mutable { "mut " } else { "" })
    }

    /// What `_` throws away: a value, or a place that stays.
    fn ignored(&mut self) -> String {
        if self.dice.chance(40)
            && let Some(index) = self.pick(|l| l.state == State::Live)
        {
            return self.locals[index].name.clone();
        }
        let ty = [Ty::Drops, Ty::Int, Ty::Pair, Ty::Ref][self.dice.below(4)];
        self.expression(ty)
    }

    /// A pattern for a pair, whose variables are declared.
    pub(super) fn pair_pattern(&mut self) -> String {
        let mut parts = Vec::new();
        for _ in 0..2 {
            let name = self.variable();
            match self.dice.below(3) {
                0 => parts.push("_".to_owned()),
                _ => {
                    self.names += 1;
                    let name = format!("{name}p{}", self.names);
                    self.declare(name.clone(), Ty::Drops, false, State::Live);
                    parts.push(name);
                }
            }
        }
        format!("({})", parts.join(", "))
    }

    /// `let (a, _) = ...;`
    fn taken_apart(&mut self) -> String {
        let movable = if self.dice.chance(40) { self.pick_movable(Ty::Pair) } else { None };
        let value = match movable {
            Some(index) => {
                self.locals[index].state = State::Gone;
                self.locals[index].name.clone()
            }
            None => self.expression(Ty::Pair),
        };
        if self.dice.chance(20) {
            let name = self.variable();
            self.declare(name.clone(), Ty::Ref, false, State::Live);
            if let Some(index) = movable {
                // Borrowed and never moved.
                self.locals[index].state = State::Gone;
            }
            return format!("let (ref {name}, _) = {value};");
        }
        let pattern = self.pair_pattern();
        format!("let {pattern} = {value};")
    }

    /// Extended temporaries inside of other expressions.
    fn extended(&mut self) -> String {
        let name = self.variable();
        let value = match self.dice.below(4) {
            0 => format!("({}, {})", self.expression(Ty::Ref), self.int()),
            1 => format!("[{}, {}]", self.expression(Ty::Ref), self.expression(Ty::Ref)),
            2 => format!("R {{ x: {} }}", self.expression(Ty::Ref)),
            _ => format!("{}.same()", self.drops()),
        };
        self.declare(name.clone(), Ty::Unit, false, State::Live);
        format!("let {name} = {value};")
    }

    fn assigned(&mut self) -> String {
        let (loops, closed) = (self.loops(), self.closed);
        // Not to a field: linger's flow drops whole variables, and what a field held before is not told apart.
        let found = self.pick(|l| {
            let fits = matches!(l.ty, Ty::Drops | Ty::Maybe | Ty::Pair);
            fits && match l.state {
                State::Live => l.mutable,
                State::Unset => l.loops == loops && !closed,
                State::Gone | State::Part(..) => l.mutable && l.loops == loops && !closed,
            }
        });
        let Some(index) = found else { return self.bound() };
        let before = self.locals[index].state;
        let value = self.expression(self.locals[index].ty);
        let local = &mut self.locals[index];
        if local.state != before && !local.mutable {
            return format!("drop({value});");
        }
        if local.loops == loops {
            local.state = State::Live;
        } else if local.state != State::Live {
            return format!("drop({value});");
        }
        format!("{} = {value};", local.name)
    }

    /// `(a, b) = ...;`
    fn assigned_apart(&mut self) -> String {
        let loops = self.loops();
        let mut parts = Vec::new();
        for _ in 0..2 {
            let found =
                self.pick(|l| l.ty == Ty::Drops && l.mutable && l.state == State::Live && l.loops == loops);
            match found {
                Some(index) if !parts.contains(&self.locals[index].name) && self.dice.chance(80) => {
                    parts.push(self.locals[index].name.clone());
                }
                _ => parts.push("_".to_owned()),
            }
        }
        let names = parts.clone();
        let value = self.expression(Ty::Pair);
        for local in &mut self.locals {
            if names.contains(&local.name) && local.ty == Ty::Drops {
                local.state = State::Live;
            }
        }
        format!("({}) = {value};", parts.join(", "))
    }

    /// `if let` without `else`.
    fn chained(&mut self) -> String {
        let scrutinee = self.maybe_made();
        let name = self.variable();
        let bound = Some((name.clone(), Ty::Drops));
        let then = self.ways(vec![
            Box::new(move |g: &mut Self| g.with(bound, |g| g.block(Ty::Unit))),
            Box::new(|_| String::new()),
        ]);
        format!("if let Some({name}) = {scrutinee} {}", then[0])
    }

    fn in_loop(&mut self, body: impl FnOnce(&mut Self, &str) -> String) -> String {
        let label = self.label();
        let head = label.as_ref().map(|l| format!("{l}: ")).unwrap_or_default();
        self.breakables.push(Breakable {
            label,
            is_loop: true,
            ty: Ty::Unit,
            states: Vec::new(),
            broken: false,
        });
        let before = self.states();
        let text = body(self, &head);
        self.breakables.pop();
        self.dead = false;
        self.restore(&before);
        text
    }

    fn turned(&mut self) -> String {
        self.in_loop(|g, head| {
            let condition = g.bool();
            let body = g.block(Ty::Unit);
            format!("{head}loop {{ if {condition} {{ break; }} {body} }}")
        })
    }

    fn while_loop(&mut self) -> String {
        self.in_loop(|g, head| {
            if g.dice.chance(50) {
                let condition = g.condition();
                return format!("{head}while {condition} {}", g.block(Ty::Unit));
            }
            let (scrutinee, name) = (g.maybe_made(), g.variable());
            let bound = Some((name.clone(), Ty::Drops));
            let body = g.with(bound, |g| g.block(Ty::Unit));
            format!("{head}while let Some({name}) = {scrutinee} {body}")
        })
    }

    fn for_loop(&mut self) -> String {
        let site = self.site();
        let kind = self.dice.below(3);
        let iterable = match kind {
            0 => format!("turns(\"{site}\")"),
            1 => format!("items(\"{site}\", \"{}\", \"{}\")", self.name(), self.name()),
            _ => format!("d(\"{site}\").items(\"{site}\", \"{}\", \"{}\")", self.name(), self.name()),
        };
        self.in_loop(|g, head| {
            let name = g.variable();
            // Where no name takes it, linger has an item die with its iterator.
            let ignored = kind == 0;
            let bound = (!ignored).then(|| (name.clone(), Ty::Drops));
            let body = g.with(bound, |g| g.block(Ty::Unit));
            format!("{head}for {} in {iterable} {body}", if ignored { "_" } else { &name })
        })
    }

    fn let_else(&mut self) -> String {
        if !self.can_leave() {
            return self.bound();
        }
        let scrutinee = self.maybe_made();
        let name = self.variable();
        let pattern = match self.dice.below(4) {
            0 => "_".to_owned(),
            1 => format!("ref {name}"),
            _ => name.clone(),
        };
        let otherwise = self.ways(vec![
            Box::new(|g: &mut Self| {
                let count = g.locals.len();
                let first = if g.dice.chance(50) { g.statement() } else { String::new() };
                let text = if g.dead { first } else { format!("{first}{}", g.leave()) };
                g.locals.truncate(count);
                text
            }),
            Box::new(|_| String::new()),
        ]);
        let ty = if pattern.starts_with("ref") { Ty::Ref } else { Ty::Drops };
        if pattern != "_" {
            self.declare(name, ty, false, State::Live);
        }
        format!("let Some({pattern}) = {scrutinee} else {{ {} }};", otherwise[0])
    }

    fn can_leave(&self) -> bool {
        !self.closed || !self.breakables.is_empty()
    }

    /// Leaves a loop, a labelled block or the function, on one of two ways.
    fn leaves(&mut self) -> String {
        if !self.can_leave() {
            return self.bound();
        }
        let condition = self.condition();
        let made = self.sometimes(|g| g.leave());
        format!("if {condition} {{ {made} }}")
    }

    /// `return`, `break` or `continue`.
    fn leave(&mut self) -> String {
        let count = self.breakables.len();
        let text = if count > 0 && (self.closed || self.dice.chance(75)) {
            let index = self.dice.below(count);
            let (label, is_loop, ty) = {
                let b = &self.breakables[index];
                (b.label.clone(), b.is_loop, b.ty)
            };
            let innermost = self.breakables.iter().rposition(|b| b.is_loop) == Some(index);
            match label {
                None if !innermost => "return_here!();".to_owned(),
                label => {
                    let label = label.map(|l| format!(" {l}")).unwrap_or_default();
                    if is_loop && self.dice.chance(35) {
                        format!("continue{label};")
                    } else {
                        let value = if ty == Ty::Unit { String::new() } else { self.expression(ty) };
                        let states = self.states();
                        self.breakables[index].states.push(states);
                        format!("break{label} {value};")
                    }
                }
            }
        } else {
            "return_here!();".to_owned()
        };
        let text = if text == "return_here!();" {
            if self.closed {
                return String::new();
            }
            let ty = self.returns;
            let value = match ty {
                Ty::Unit => String::new(),
                Ty::Maybe if self.dice.chance(50) => "None".to_owned(),
                ty => self.expression(ty),
            };
            format!("return {value};")
        } else {
            text
        };
        self.dead = true;
        text
    }

    /// A closure or async block that is never run: what it takes along dies with it.
    fn closure(&mut self) -> String {
        let mut taken = Vec::new();
        for _ in 0..=self.dice.below(2) {
            if let Some(index) = self.pick_movable(Ty::Drops) {
                self.locals[index].state = State::Gone;
                taken.push(self.locals[index].name.clone());
            }
        }
        let name = self.variable();
        let uses: String = taken.iter().map(|x| format!("{x}.one(); ")).collect();
        let eats: String = taken.iter().map(|x| format!("consume({x}); ")).collect();
        self.declare(name.clone(), Ty::Unit, false, State::Live);
        match self.dice.below(3) {
            0 => format!("let {name} = move || {{ {uses} }};"),
            1 => format!("let {name} = async move {{ {uses} }};"),
            _ => format!("let {name} = || {{ {eats} }};"),
        }
    }

    fn awaited(&mut self) -> String {
        if self.dice.chance(50) {
            "step().await;".to_owned()
        } else {
            format!("step_with(&{}).await;", self.borrowable())
        }
    }

    fn by_macro(&mut self) -> String {
        match self.dice.below(4) {
            0 => format!("assert!({} > 0);", self.int()),
            1 => {
                let value = format!("format!(\"{{}}\", {})", self.int());
                let name = self.variable();
                self.declare(name.clone(), Ty::Unit, false, State::Live);
                format!("let {name} = {value};")
            }
            2 => format!("drop(vec![{}, {}]);", self.drops(), self.drops()),
            _ => format!("mark(\"{}\");", self.name()),
        }
    }
}
