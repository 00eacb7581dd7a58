//! Random programs whose drops can be followed: nested scopes, temporaries everywhere, moves, loops, closures.
//!
//! Whether a variable may still be used is kept track of, coarsely; what the borrow checker refuses all the same is
//! left out by whoever compiles.

mod expressions;
mod statements;

/// Numbers that are the same on every machine.
pub struct Dice(u64);

/// A branch of a program that is being made.
type Way<'w, G, T> = Box<dyn FnOnce(&mut G) -> T + 'w>;

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..4).for_each(|_| {
            dice.below(2);
        });
        dice
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end.max(1) as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Types of the programs' values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    Unit,
    Int,
    Bool,
    /// `D`, which prints its name when it is dropped.
    Drops,
    /// `Option<D>`
    Maybe,
    /// `(D, D)`
    Pair,
    /// `S`, with the fields `x` and `y`.
    Struct,
    /// `[D; 2]`
    Array,
    /// `&D`
    Ref,
}

/// What a variable holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Live,
    /// Declared without a value.
    Unset,
    /// Moved, perhaps only on some ways here.
    Gone,
    /// The first or second part is moved.
    Part(bool, bool),
}

#[derive(Clone, Debug)]
struct Local {
    name: String,
    ty: Ty,
    mutable: bool,
    state: State,
    /// Loops around the declaration.
    loops: usize,
}

/// Something that `break` leaves.
struct Breakable {
    label: Option<String>,
    is_loop: bool,
    ty: Ty,
    /// States of the locals at the breaks out of a labelled block.
    states: Vec<Vec<State>>,
    broken: bool,
}

/// A function.
pub struct Generated {
    /// `fn p12(..) -> .. { .. }`, on one line.
    pub text: String,
    /// How main calls it.
    pub call: String,
    /// What the parameters hold.
    pub parameters: Vec<Vec<String>>,
}

/// Makes one function.
pub struct Generator {
    dice: Dice,
    number: usize,
    edition: u16,
    names: usize,
    sites: usize,
    /// What is left to spend on statements and expressions.
    budget: usize,
    locals: Vec<Local>,
    breakables: Vec<Breakable>,
    returns: Ty,
    is_async: bool,
    /// Inside of a closure: no `return`, no moves of what is outside.
    closed: bool,
    /// The code that comes next is never reached.
    dead: bool,
}

impl Generator {
    /// A generator of function `number` under `seed`.
    pub fn new(seed: u64, number: usize, edition: u16) -> Self {
        let dice = Dice::new(seed.wrapping_add(number as u64));
        Self {
            dice,
            number,
            edition,
            names: 0,
            sites: 0,
            budget: 0,
            locals: Vec::new(),
            breakables: Vec::new(),
            returns: Ty::Unit,
            is_async: false,
            closed: false,
            dead: false,
        }
    }

    /// Makes the function.
    pub fn function(mut self) -> Generated {
        self.budget = 4 + self.dice.below(22);
        self.is_async = self.dice.chance(15);
        self.returns = match self.dice.below(10) {
            0..5 => Ty::Unit,
            5..7 => Ty::Int,
            7 => Ty::Drops,
            _ => Ty::Maybe,
        };
        let (mut heads, mut given, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.dice.below(8).saturating_sub(5) {
            self.parameter(&mut heads, &mut given, &mut parameters);
        }
        let returns = match self.returns {
            Ty::Int => " -> u8",
            Ty::Drops => " -> D",
            Ty::Maybe => " -> Option<D>",
            _ => "",
        };
        let ty = self.returns;
        let body = self.block(ty);
        let keyword = if self.is_async { "async fn" } else { "fn" };
        let number = self.number;
        let text = format!("{keyword} p{number}({}){returns} {body}", heads.join(", "));
        let awaited = if self.is_async { ".await" } else { "" };
        let call = format!("let r = p{number}({}){awaited}; mark(\"ret\"); drop(r);", given.join(", "));
        let call = if self.is_async { format!("block_on(async {{ {call} }})") } else { call };
        Generated { text, call, parameters }
    }

    fn parameter(&mut self, heads: &mut Vec<String>, given: &mut Vec<String>, holds: &mut Vec<Vec<String>>) {
        let (a, b) = (self.name(), self.name());
        if self.dice.chance(50) {
            let name = self.variable();
            let ignored = self.dice.chance(25);
            heads.push(format!("{}: D", if ignored { "_" } else { &name }));
            given.push(format!("d(\"{a}\")"));
            holds.push(vec![a]);
            if !ignored {
                self.declare(name, Ty::Drops, false, State::Live);
            }
        } else {
            let pattern = self.pair_pattern();
            heads.push(format!("{pattern}: (D, D)"));
            given.push(format!("pair(\"{a}\", \"{b}\")"));
            holds.push(vec![a, b]);
        }
    }

    /// A name for a dropped value.
    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// A name for a variable; sometimes one that there is already.
    fn variable(&mut self) -> String {
        if self.dice.chance(6) && !self.locals.is_empty() {
            let index = self.dice.below(self.locals.len());
            return self.locals[index].name.clone();
        }
        self.names += 1;
        format!("x{}", self.names)
    }

    /// A place where something is decided.
    fn site(&mut self) -> String {
        self.sites += 1;
        format!("{}.{}", self.number, self.sites)
    }

    fn declare(&mut self, name: String, ty: Ty, mutable: bool, state: State) {
        let loops = self.loops();
        self.locals.push(Local { name, ty, mutable, state, loops });
    }

    fn loops(&self) -> usize {
        self.breakables.iter().filter(|b| b.is_loop).count()
    }

    fn states(&self) -> Vec<State> {
        self.locals.iter().map(|l| l.state).collect()
    }

    fn restore(&mut self, states: &[State]) {
        for (local, state) in self.locals.iter_mut().zip(states) {
            local.state = *state;
        }
    }

    /// A variable that is seen under its name and passes a test.
    fn pick(&mut self, test: impl Fn(&Local) -> bool) -> Option<usize> {
        let visible = |index: usize| {
            let name = &self.locals[index].name;
            self.locals[index + 1..].iter().all(|later| later.name != *name)
        };
        let found: Vec<usize> =
            (0..self.locals.len()).filter(|i| visible(*i) && test(&self.locals[*i])).collect();
        (!found.is_empty()).then(|| found[self.dice.below(found.len())])
    }

    /// A variable that can be moved from here.
    fn pick_movable(&mut self, ty: Ty) -> Option<usize> {
        let (loops, closed) = (self.loops(), self.closed);
        self.pick(|l| l.ty == ty && l.state == State::Live && l.loops == loops && !closed)
    }

    /// Makes each of several ways on, after which what any of them moved is gone.
    fn ways<T>(&mut self, ways: Vec<Way<'_, Self, T>>) -> Vec<T> {
        let before = self.states();
        let (mut made, mut ends) = (Vec::new(), Vec::new());
        for way in ways {
            self.restore(&before);
            self.dead = false;
            made.push(way(self));
            if !self.dead {
                ends.push(self.states());
            }
        }
        self.meet(&before, ends);
        made
    }

    fn meet(&mut self, before: &[State], ends: Vec<Vec<State>>) {
        self.dead = ends.is_empty();
        let Some(first) = ends.first() else { return self.restore(before) };
        let met: Vec<State> = (0..before.len())
            .map(|i| {
                let same = ends.iter().all(|end| end[i] == first[i]);
                if same { first[i] } else { State::Gone }
            })
            .collect();
        self.restore(&met);
    }

    fn spend(&mut self) -> bool {
        let left = self.budget > 0;
        self.budget = self.budget.saturating_sub(1);
        left
    }
}
