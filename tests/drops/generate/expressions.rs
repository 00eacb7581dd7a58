//! Expressions.

use super::{Breakable, Generator, State, Ty};

impl Generator {
    /// An expression of a type.
    pub(super) fn expression(&mut self, ty: Ty) -> String {
        match ty {
            Ty::Unit => self.unit(),
            Ty::Int => self.int(),
            Ty::Bool => self.bool(),
            Ty::Drops => self.drops(),
            Ty::Maybe => self.maybe(),
            Ty::Pair => self.pair(),
            Ty::Struct => self.structure(),
            Ty::Array => format!("[{}, {}]", self.first(), self.drops()),
            Ty::Ref => self.reference(),
        }
    }

    fn unit(&mut self) -> String {
        match self.dice.below(3) {
            0 => format!("consume({})", self.drops()),
            1 => format!("drop_one({})", self.int()),
            _ => format!("mark(\"{}\")", self.name()),
        }
    }

    fn made(&mut self) -> String {
        format!("d(\"{}\")", self.name())
    }

    /// A `D`.
    pub(super) fn drops(&mut self) -> String {
        if !self.spend() || self.dice.chance(30) {
            if self.dice.chance(45)
                && let Some(index) = self.pick_movable(Ty::Drops)
            {
                self.locals[index].state = State::Gone;
                return self.locals[index].name.clone();
            }
            return self.made();
        }
        match self.dice.below(18) {
            16 => self.matched_whole(Ty::Drops),
            17 => self.chain(Ty::Drops),
            0 => self.moved_part().unwrap_or_else(|| self.made()),
            1 => format!("same({})", self.drops()),
            2 => format!("swap({}, \"{}\")", self.drops(), self.name()),
            3 => format!("{}.swap(\"{}\")", self.drops(), self.name()),
            4 => self.block(Ty::Drops),
            5 | 6 => self.choice(Ty::Drops),
            7 => self.matched_number(Ty::Drops),
            8 | 9 => self.matched_maybe(Ty::Drops),
            10 => self.looped(Ty::Drops),
            11 => self.labelled(Ty::Drops),
            12 if self.returns == Ty::Maybe && !self.closed => format!("{}?", self.maybe_made()),
            13 => format!("{}.{}", self.pair(), self.dice.below(2)),
            14 => format!("{}.{}", self.structure(), ["x", "y"][self.dice.below(2)]),
            _ => self.made(),
        }
    }

    /// A part of a variable, moved out.
    fn moved_part(&mut self) -> Option<String> {
        let (loops, closed) = (self.loops(), self.closed);
        let index = self.pick(|l| {
            matches!(l.ty, Ty::Pair | Ty::Struct)
                && matches!(l.state, State::Live | State::Part(true, false) | State::Part(false, true))
                && l.loops == loops
                && !closed
        })?;
        let second = match self.locals[index].state {
            State::Part(first, _) => first,
            _ => self.dice.chance(50),
        };
        let local = &mut self.locals[index];
        local.state = match local.state {
            State::Part(..) => State::Part(true, true),
            _ => State::Part(!second, second),
        };
        let field = match (local.ty, second) {
            (Ty::Pair, false) => "0",
            (Ty::Pair, true) => "1",
            (_, false) => "x",
            (_, true) => "y",
        };
        Some(format!("{}.{field}", local.name))
    }

    /// Something that holds a `D` and can be borrowed: a variable, a part of one, or a value.
    pub(super) fn borrowable(&mut self) -> String {
        if self.dice.chance(40)
            && let Some(index) = self.pick(|l| {
                l.state == State::Live
                    && matches!(l.ty, Ty::Drops | Ty::Pair | Ty::Struct | Ty::Array | Ty::Ref)
            })
        {
            let local = &self.locals[index];
            let path = match local.ty {
                Ty::Pair => ".1",
                Ty::Struct => ".x",
                Ty::Array => "[1]",
                _ => "",
            };
            return format!("{}{path}", local.name);
        }
        self.drops()
    }

    /// A `u8`.
    pub(super) fn int(&mut self) -> String {
        if !self.spend() {
            return "1".to_owned();
        }
        match self.dice.below(18) {
            15 => self.matched_whole(Ty::Int),
            16 => self.chain(Ty::Int),
            0 | 1 => format!("{}.one()", self.borrowable()),
            2 => format!("borrow(&{})", self.borrowable()),
            3 => format!("{}.same().one()", self.borrowable()),
            4 => format!("({} + {})", self.int(), self.int()),
            5 => format!("add({}, {})", self.int(), self.int()),
            6 => format!("{}.eat()", self.drops()),
            7 => format!("consume_two({}, {})", self.first(), self.drops()),
            8 => self.block(Ty::Int),
            9 => self.choice(Ty::Int),
            10 => self.matched_number(Ty::Int),
            11 => self.matched_maybe(Ty::Int),
            12 => format!("({}, {}).1", self.first(), self.int()),
            13 => format!("({} as u8)", self.int()),
            _ => self.looped(Ty::Int),
        }
    }

    /// A `bool` that ends in a decision.
    pub(super) fn bool(&mut self) -> String {
        let site = self.site();
        if !self.spend() {
            return format!("decide(\"{site}\")");
        }
        match self.dice.below(9) {
            0..3 => format!("{}.decide(\"{site}\")", self.borrowable()),
            3 => format!("decide_by({}, \"{site}\")", self.int()),
            // What the right side moves is moved only sometimes.
            4 => format!("({} && {})", self.bool(), self.sometimes(Self::bool)),
            5 => format!("({} || {})", self.bool(), self.sometimes(Self::bool)),
            6 => format!("!{}", self.bool()),
            7 => self.block(Ty::Bool),
            _ => format!("decide(\"{site}\")"),
        }
    }

    /// Code that may not run.
    pub(super) fn sometimes(&mut self, make: fn(&mut Self) -> String) -> String {
        self.ways(vec![Box::new(make), Box::new(|_| String::new())]).remove(0)
    }

    /// An `Option<D>`: one that is decided, or any.
    fn maybe(&mut self) -> String {
        match self.dice.below(4) {
            0 => "None".to_owned(),
            1 => format!("Some({})", self.drops()),
            _ => self.maybe_made(),
        }
    }

    /// An `Option<D>` that is decided right before.
    pub(super) fn maybe_made(&mut self) -> String {
        let (site, name) = (self.site(), self.name());
        if !self.spend() {
            return format!("maybe(\"{site}\", \"{name}\")");
        }
        match self.dice.below(6) {
            0 | 1 => format!("{}.maybe(\"{site}\", \"{name}\")", self.borrowable()),
            2 => format!("keep({}, \"{site}\")", self.drops()),
            3 => self.in_block(|g| g.maybe_made()),
            _ => format!("maybe(\"{site}\", \"{name}\")"),
        }
    }

    fn pair(&mut self) -> String {
        if self.dice.chance(40) {
            return format!("pair(\"{}\", \"{}\")", self.name(), self.name());
        }
        format!("({}, {})", self.first(), self.drops())
    }

    /// The first of two parts. A variable that is moved there ends where its scope does in linger's flow when the
    /// second part leaves, and before that in truth.
    fn first(&mut self) -> String {
        let made = self.drops();
        if made.contains('(') { made } else { format!("same({made})") }
    }

    fn structure(&mut self) -> String {
        if self.dice.chance(50) {
            format!("S {{ x: {}, y: {} }}", self.first(), self.drops())
        } else {
            format!("S {{ y: {}, x: {} }}", self.first(), self.drops())
        }
    }

    /// A borrow whose temporary is extended when it initialises a variable.
    fn reference(&mut self) -> String {
        match self.dice.below(12) {
            0 => self.in_block(|g| g.reference()),
            1 => {
                let condition = self.condition();
                let made = self.ways(vec![
                    Box::new(|g: &mut Self| g.in_block(|g| g.reference())),
                    Box::new(|g: &mut Self| g.in_block(|g| g.reference())),
                ]);
                format!("if {condition} {} else {}", made[0], made[1])
            }
            2 => format!("&{}.{}", self.pair(), self.dice.below(2)),
            3 => format!("&{}", self.block(Ty::Drops)),
            4 => format!("&*Box::new({})", self.drops()),
            5 => format!("&[{}, {}][0]", self.first(), self.drops()),
            6 => {
                let scrutinee = self.maybe_made();
                let name = self.variable();
                let bound = Some((name.clone(), Ty::Drops));
                let made = self.ways(vec![
                    Box::new(|g: &mut Self| g.with(bound, |g| g.in_block(|g| g.reference()))),
                    Box::new(|g: &mut Self| g.in_block(|g| g.reference())),
                ]);
                format!("match {scrutinee} {{ Some({name}) => {}, None => {} }}", made[0], made[1])
            }
            _ => format!("&{}", self.drops()),
        }
    }

    /// The condition of an `if`; with `let`s it is a chain of one.
    pub(super) fn condition(&mut self) -> String {
        self.bool()
    }

    /// `if` or `if let`, with `else`.
    pub(super) fn choice(&mut self, ty: Ty) -> String {
        if self.dice.chance(50) {
            let condition = self.condition();
            let made = self.ways(vec![
                Box::new(move |g: &mut Self| g.block(ty)),
                Box::new(move |g: &mut Self| g.otherwise(ty)),
            ]);
            return format!("(if {condition} {} else {})", made[0], made[1]);
        }
        let scrutinee = self.maybe_made();
        let name = self.variable();
        let pattern = ["_", "ref ", ""][self.dice.below(3)];
        let pattern = if pattern == "_" { "_".to_owned() } else { format!("{pattern}{name}") };
        let kind = if pattern.starts_with("ref") { Ty::Ref } else { Ty::Drops };
        let bound = (pattern != "_").then_some((name, kind));
        let made = self.ways(vec![
            Box::new(move |g: &mut Self| g.with(bound, |g| g.block(ty))),
            Box::new(move |g: &mut Self| g.otherwise(ty)),
        ]);
        format!("(if let Some({pattern}) = {scrutinee} {} else {})", made[0], made[1])
    }

    fn otherwise(&mut self, ty: Ty) -> String {
        if self.budget > 2 && self.dice.chance(25) {
            let inner = self.choice(ty);
            return inner[1..inner.len() - 1].to_owned();
        }
        self.block(ty)
    }

    /// Runs `f` with a variable that is bound for it alone.
    pub(super) fn with<T>(&mut self, bound: Option<(String, Ty)>, f: impl FnOnce(&mut Self) -> T) -> T {
        let count = self.locals.len();
        if let Some((name, ty)) = bound {
            self.declare(name, ty, false, State::Live);
        }
        let made = f(self);
        self.locals.truncate(count);
        made
    }

    /// `match` on a number; guards only where the arm after them takes everything.
    pub(super) fn matched_number(&mut self, ty: Ty) -> String {
        let site = self.site();
        let count = 2 + self.dice.below(2);
        let scrutinee = match self.dice.below(3) {
            0 => format!("number(\"{site}\", {count})"),
            _ => format!("{}.number(\"{site}\", {count})", self.borrowable()),
        };
        let guard = self.dice.chance(25).then(|| self.sometimes(Self::bool));
        let arms = (0..count)
            .map(|_| {
                let arm: Box<dyn FnOnce(&mut Self) -> String> = Box::new(move |g: &mut Self| g.arm(ty));
                arm
            })
            .collect();
        let arms = self.ways(arms);
        let mut text = format!("match {scrutinee} {{ ");
        for (index, arm) in arms.iter().enumerate() {
            let head = match (index, &guard) {
                (_, _) if index + 1 == count => "_".to_owned(),
                (0, Some(guard)) => format!("0 if {guard}"),
                _ => index.to_string(),
            };
            text.push_str(&format!("{head} => {arm}, "));
        }
        format!("{text}}}")
    }

    fn arm(&mut self, ty: Ty) -> String {
        if self.dice.chance(60) { self.block(ty) } else { self.expression(ty) }
    }

    /// `match` on an `Option`.
    pub(super) fn matched_maybe(&mut self, ty: Ty) -> String {
        let movable = if self.dice.chance(40) { self.pick_movable(Ty::Maybe) } else { None };
        let name = self.variable();
        let pattern = match self.dice.below(4) {
            0 => "_".to_owned(),
            1 => format!("ref {name}"),
            _ => name.clone(),
        };
        let kind = if pattern.starts_with("ref") { Ty::Ref } else { Ty::Drops };
        let bound = (pattern != "_").then_some((name, kind));
        let scrutinee = match movable {
            Some(index) => {
                if kind == Ty::Drops && bound.is_some() {
                    self.locals[index].state = State::Gone;
                }
                self.locals[index].name.clone()
            }
            None => self.maybe_made(),
        };
        // What the guard sees is not taken yet.
        let guard = (movable.is_none() && pattern != "_" && self.dice.chance(30)).then(|| {
            let site = self.site();
            let name = pattern.trim_start_matches("ref ");
            format!(" if {name}.decide(\"{site}\")")
        });
        let last = if guard.is_some() { "_" } else { ["None", "_"][self.dice.below(2)] };
        let guard = guard.unwrap_or_default();
        let made = self.ways(vec![
            Box::new(move |g: &mut Self| g.with(bound, |g| g.arm(ty))),
            Box::new(move |g: &mut Self| g.arm(ty)),
        ]);
        format!("match {scrutinee} {{ Some({pattern}){guard} => {}, {last} => {} }}", made[0], made[1])
    }

    /// `match` with one arm that takes everything.
    fn matched_whole(&mut self, ty: Ty) -> String {
        let count = self.locals.len();
        let text = match self.dice.below(3) {
            0 => {
                let value = self.drops();
                let name = self.variable();
                self.declare(name.clone(), Ty::Drops, false, State::Live);
                format!("match {value} {{ {name} => {} }}", self.arm(ty))
            }
            1 => {
                let value = self.pair();
                let pattern = self.pair_pattern();
                format!("match {value} {{ {pattern} => {} }}", self.arm(ty))
            }
            _ => {
                let value = self.structure();
                let name = self.variable();
                self.declare(name.clone(), Ty::Drops, false, State::Live);
                format!("match {value} {{ S {{ y: {name}, .. }} => {} }}", self.arm(ty))
            }
        };
        self.locals.truncate(count);
        text
    }

    /// `if let .. && .. && let ..`, which edition 2024 has.
    pub(super) fn chain(&mut self, ty: Ty) -> String {
        if self.edition < 2024 {
            return self.choice(ty);
        }
        let count = self.locals.len();
        let before = self.states();
        let mut links = Vec::new();
        for index in 0..2 + self.dice.below(2) {
            if index > 0 && self.dice.chance(40) {
                links.push(self.bool());
                continue;
            }
            let scrutinee = self.maybe_made();
            let name = self.variable();
            links.push(format!("let Some({name}) = {scrutinee}"));
            self.declare(name, Ty::Drops, false, State::Live);
        }
        let then = self.block(ty);
        let mut ends = if self.dead { Vec::new() } else { vec![self.states()] };
        self.locals.truncate(count);
        // What a link moved may be moved or not.
        let tried = self.states();
        self.meet(&before, vec![before.clone(), tried]);
        self.dead = false;
        let otherwise = self.block(ty);
        if !self.dead {
            ends.push(self.states());
        }
        self.meet(&before, ends);
        format!("(if {} {then} else {otherwise})", links.join(" && "))
    }

    /// `loop` that breaks with a value.
    fn looped(&mut self, ty: Ty) -> String {
        let label = self.label();
        let head = label.as_ref().map(|l| format!("{l}: ")).unwrap_or_default();
        self.breakables.push(Breakable { label, is_loop: true, ty, states: Vec::new(), broken: true });
        let before = self.states();
        let count = self.locals.len();
        let mut text = format!("{head}loop {{ ");
        for _ in 0..self.dice.below(3) {
            if !self.dead {
                text.push_str(&self.statement());
            }
        }
        let condition = self.bool();
        let value = self.expression(ty);
        self.locals.truncate(count);
        self.breakables.pop();
        self.dead = false;
        self.restore(&before);
        format!("({text} if {condition} {{ break {value}; }} }})")
    }

    /// A block that can be left with a value.
    fn labelled(&mut self, ty: Ty) -> String {
        let label = format!("'b{}", self.names);
        self.names += 1;
        let broken =
            Breakable { label: Some(label.clone()), is_loop: false, ty, states: Vec::new(), broken: false };
        self.breakables.push(broken);
        let before = self.states();
        let text = self.block(ty);
        let mut ends = self.breakables.pop().map(|b| b.states).unwrap_or_default();
        if !self.dead {
            ends.push(self.states());
        }
        self.meet(&before, ends);
        format!("({label}: {text})")
    }

    pub(super) fn label(&mut self) -> Option<String> {
        self.dice.chance(40).then(|| {
            self.names += 1;
            format!("'l{}", self.names)
        })
    }
}
