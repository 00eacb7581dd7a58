//! Identity of places: which lock, connection or handle an expression means.
//!
//! `self.a.b` stays itself through references, `Arc::clone`, temporaries and getters; two objects of one type
//! are different unless they are proven the same.

use smallvec::SmallVec;

use crate::flow::FlowContext;
use crate::flow::mir::{Call, Mir, Operand, Place, Projection, Rvalue, StatementKind, Var, VarKind};
use crate::names::DefId;
use crate::symbol::Symbol;
use crate::syntax::hir::LocalId;
use crate::types::infer::Target;
use crate::types::ty::Ty;

/// Where a place is rooted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Root {
    /// A parameter, by its number (`self` is 0 in methods).
    Param(u32),
    /// A named local or captured variable of the body.
    Local(LocalId),
    /// A temporary: equal only to itself.
    Temp(Var),
    /// A static, or a function without arguments that gives one.
    Static(Symbol),
}

/// An object: a root and the fields on the way, dereferences and indices left out.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Identity {
    /// Where it starts.
    pub root: Root,
    /// Fields on the way.
    pub path: SmallVec<[Symbol; 3]>,
    /// An index lies on the way, so that it names one of several objects.
    pub indexed: bool,
}

impl Identity {
    /// The root alone.
    #[must_use]
    pub fn of(root: Root) -> Self {
        Self { root, path: SmallVec::new(), indexed: false }
    }

    /// Whether both surely name the same object.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self == other && !self.indexed
    }
}

/// Answers for one [`Mir`].
pub struct Identities<'a> {
    cx: FlowContext<'a>,
    mir: &'a Mir,
    /// The only assignment of a variable, when there is exactly one; by number.
    definitions: Vec<Option<Definition<'a>>>,
    /// Functions of the program that return a part of `self` or of an argument.
    getters: &'a dyn Getters,
}

/// What functions of the program are known to return.
pub trait Getters: Sync {
    /// The part of a parameter that a function returns (by reference, or as a clone of an `Arc`): the
    /// parameter and the fields.
    fn returned_part(&self, def: DefId) -> Option<(u32, SmallVec<[Symbol; 3]>)>;
    /// A static that the function returns a reference to.
    fn returned_static(&self, def: DefId) -> Option<Symbol>;
    /// Whether a function gives the good value of its first parameter, an `Option` or a `Result`, on
    /// (`fn context(self, text: &str) -> Result<T> { self.map_err(|e| Error::new(e, text)) }`).
    fn passes_on(&self, def: DefId) -> bool;
}

/// Knows no getters.
pub struct NoGetters;

impl Getters for NoGetters {
    fn returned_part(&self, _: DefId) -> Option<(u32, SmallVec<[Symbol; 3]>)> {
        None
    }

    fn returned_static(&self, _: DefId) -> Option<Symbol> {
        None
    }

    fn passes_on(&self, _: DefId) -> bool {
        false
    }
}

#[derive(Clone, Copy)]
enum Definition<'a> {
    Value(&'a Rvalue),
    Call(&'a Call),
    Await(&'a [Operand]),
    Several,
}

const FUEL: u32 = 24;

impl<'a> Identities<'a> {
    /// Reads the definitions of a flow.
    #[must_use]
    pub fn new(cx: FlowContext<'a>, mir: &'a Mir, getters: &'a dyn Getters) -> Self {
        let mut definitions: Vec<Option<Definition<'a>>> = vec![None; mir.vars.len()];
        let mut define = |place: &Place, definition: Definition<'a>| {
            if place.projections.is_empty() {
                let known = &mut definitions[place.var.index()];
                *known = Some(if known.is_some() { Definition::Several } else { definition });
            }
        };
        for (_, statement) in mir.statements() {
            match &statement.kind {
                StatementKind::Assign { dest, value } => define(dest, Definition::Value(value)),
                StatementKind::Call(call) => define(&call.dest, Definition::Call(call)),
                StatementKind::Await { dest, operands, .. } => define(dest, Definition::Await(operands)),
                _ => {}
            }
        }
        Self { cx, mir, definitions, getters }
    }

    /// The flow.
    #[must_use]
    pub fn mir(&self) -> &'a Mir {
        self.mir
    }

    /// What the flow was built from.
    #[must_use]
    pub fn context(&self) -> FlowContext<'a> {
        self.cx
    }

    fn defined(&self, var: Var) -> Option<&Definition<'a>> {
        self.definitions.get(var.index())?.as_ref()
    }

    /// The call whose result a variable holds, through moves, `?`, `.await` and adaptors that keep the value.
    #[must_use]
    pub fn defining_call(&self, var: Var) -> Option<&'a Call> {
        let mut var = var;
        for _ in 0..FUEL {
            match self.defined(var)? {
                Definition::Call(call) => {
                    if self.is_transparent(call) {
                        match call.args.first().and_then(|a| a.place()) {
                            Some(place) => var = place.var,
                            None => return Some(call),
                        }
                    } else {
                        return Some(call);
                    }
                }
                Definition::Value(Rvalue::Use(operand)) => var = operand.place()?.var,
                Definition::Value(Rvalue::Ref(_, place)) => var = place.var,
                Definition::Await(operands) => var = operands.first()?.place()?.var,
                Definition::Value(_) | Definition::Several => return None,
            }
        }
        None
    }

    /// The variable that has no definition, a parameter, from which the value of another one comes through moves and
    /// adaptors; not its error.
    #[must_use]
    pub fn origin(&self, var: Var) -> Option<Var> {
        let mut var = var;
        for _ in 0..FUEL {
            let place = match self.defined(var) {
                None => return Some(var),
                Some(Definition::Call(call)) if self.is_transparent(call) => call.args.first()?.place()?,
                Some(Definition::Value(Rvalue::Use(operand))) => operand.place()?,
                Some(_) => return None,
            };
            if place.is_of_error() {
                return None;
            }
            var = place.var;
        }
        None
    }

    /// The call that returned the value of a variable as it is: moved on, but not awaited, unwrapped or
    /// taken apart. What comes out of a future is not that future.
    #[must_use]
    pub fn returned_by(&self, var: Var) -> Option<&'a Call> {
        let mut var = var;
        for _ in 0..FUEL {
            match self.defined(var)? {
                Definition::Call(call) => return Some(call),
                Definition::Value(Rvalue::Use(operand)) => {
                    var = operand.place().filter(|place| place.projections.is_empty())?.var;
                }
                _ => return None,
            }
        }
        None
    }

    /// The value that a variable was given, when it was given exactly one.
    #[must_use]
    pub fn definition(&self, var: Var) -> Option<&'a Rvalue> {
        match self.defined(var)? {
            Definition::Value(value) => Some(value),
            _ => None,
        }
    }

    fn is_transparent(&self, call: &Call) -> bool {
        match &call.callee.target {
            Target::External(path) => self.cx.catalogue.facts(*path).is_some_and(|f| f.transparent),
            Target::Def(def) => self.getters.passes_on(*def),
            // An adaptor of another crate, by what it is made on and what it gives.
            Target::Unknown => {
                let first = call.args.first().and_then(Operand::place).map(|p| &self.mir.var(p.var).ty);
                let good = first.and_then(Ty::good_value).filter(|good| !good.is_unknown());
                good.is_some() && good == self.mir.var(call.dest.var).ty.good_value()
            }
            _ => false,
        }
    }

    /// The objects that a variable is given, each in its own place; `None` when one of them is not known.
    #[must_use]
    pub fn alternatives(&self, var: Var) -> Option<Vec<Identity>> {
        let given = self.mir.statements().filter_map(|(_, s)| match &s.kind {
            StatementKind::Assign { dest, value } if *dest == Place::whole(var) => Some(match value {
                Rvalue::Use(operand) => self.operand(operand),
                Rvalue::Ref(_, place) => Some(self.place(place)),
                _ => None,
            }),
            StatementKind::Call(call) if call.dest == Place::whole(var) => Some(self.call(call, FUEL)),
            _ => None,
        });
        given.collect()
    }

    /// The object that an operand names.
    #[must_use]
    pub fn operand(&self, operand: &Operand) -> Option<Identity> {
        match operand {
            Operand::Constant(e) => self.cx.types.paths.get(e).map(|p| Identity::of(Root::Static(*p))),
            _ => operand.place().map(|p| self.place(p)),
        }
    }

    /// The object that a place names.
    #[must_use]
    pub fn place(&self, place: &Place) -> Identity {
        let mut found = self.resolve(place, FUEL);
        // Clones of clones: each step goes one clone back.
        for _ in 0..4 {
            match self.before_clone(&found) {
                Some(origin) => found = origin,
                None => break,
            }
        }
        found
    }

    /// A field behind an `Arc` of a cloned object is the same field of the object that was cloned.
    fn before_clone(&self, identity: &Identity) -> Option<Identity> {
        let var = match identity.root {
            Root::Temp(var) => var,
            Root::Local(local) => {
                let index = self.mir.vars.iter().position(|v| v.kind == VarKind::User(local))?;
                Var(index as u32)
            }
            Root::Param(_) | Root::Static(_) => return None,
        };
        let call = self.cloning_call(var)?;
        let ty = self.mir.var(var).ty.peel_refs();
        if !self.derives_clone(ty) || !self.goes_through_shared(ty, &identity.path) {
            return None;
        }
        let mut origin = self.resolve(call.args.first()?.place()?, FUEL);
        origin.path.extend(identity.path.iter().copied());
        origin.indexed |= identity.indexed;
        Some(origin)
    }

    /// The call of `clone` whose result a variable holds.
    fn cloning_call(&self, var: Var) -> Option<&'a Call> {
        let mut var = var;
        for _ in 0..FUEL {
            match self.definitions.get(var.index())?.as_ref()? {
                Definition::Call(call) if call.name == "clone" && call.args.len() == 1 => return Some(call),
                Definition::Value(Rvalue::Use(operand)) => var = operand.var()?,
                _ => return None,
            }
        }
        None
    }

    /// Whether `#[derive(Clone)]` makes the clones of a type, field by field.
    fn derives_clone(&self, ty: &Ty) -> bool {
        let info = ty.path().and_then(|p| self.cx.program.types.get(&p));
        info.is_some_and(|i| {
            i.traits.iter().any(|(b, by)| by.is_none() && b.path.as_str() == "std::clone::Clone")
        })
    }

    /// Whether a path of fields passes through an `Arc` or `Rc`, before which nothing but derived clones lies.
    fn goes_through_shared(&self, ty: &Ty, path: &[Symbol]) -> bool {
        let mut ty = ty.clone();
        for name in path {
            match self.cx.program.field_type(self.cx.catalogue, &ty, *name) {
                Some(field) if self.is_shared_pointer(&field) => return true,
                Some(field) if self.derives_clone(&field) => ty = field,
                _ => return false,
            }
        }
        false
    }

    fn resolve(&self, place: &Place, fuel: u32) -> Identity {
        if let Some(part) = self.part_of_tuple(place).filter(|_| fuel > 0) {
            return self.resolve(&part, fuel - 1);
        }
        let mut identity = self.variable(place.var, fuel);
        for step in &place.projections {
            match step {
                Projection::Field(name) => identity.path.push(*name),
                Projection::Index => identity.indexed = true,
                Projection::Deref => {}
            }
        }
        identity
    }

    /// `let (a, b) = (x, y)`: what went into that part of the tuple.
    fn part_of_tuple(&self, place: &Place) -> Option<Place> {
        let (Projection::Field(name), rest) = place.projections.split_first()? else { return None };
        let Definition::Value(Rvalue::Aggregate { path: None, parts }) =
            self.definitions.get(place.var.index())?.as_ref()?
        else {
            return None;
        };
        let part = parts.iter().find(|(n, _)| n == name)?.1.place()?.clone();
        Some(rest.iter().fold(part, |part, step| part.project(*step)))
    }

    fn variable(&self, var: Var, fuel: u32) -> Identity {
        let own = || {
            if let Some(index) = self.mir.params.iter().position(|p| *p == var) {
                return Identity::of(Root::Param(index as u32));
            }
            Identity::of(match self.mir.var(var).kind {
                VarKind::User(local) | VarKind::Capture(local) => Root::Local(local),
                VarKind::Param(index) => Root::Param(index),
                VarKind::Temp(_) | VarKind::Return => Root::Temp(var),
            })
        };
        if fuel == 0 {
            return own();
        }
        match self.defined(var) {
            Some(Definition::Value(Rvalue::Ref(_, place))) => self.resolve(place, fuel - 1),
            Some(Definition::Value(Rvalue::Use(operand))) => match operand {
                Operand::Constant(e) => match self.cx.types.paths.get(e) {
                    Some(path) => Identity::of(Root::Static(*path)),
                    None => own(),
                },
                Operand::Move(place) | Operand::Copy(place) | Operand::Borrow(_, place) => {
                    if self.keeps_identity(&self.mir.var(var).ty) {
                        self.resolve(place, fuel - 1)
                    } else {
                        own()
                    }
                }
            },
            Some(Definition::Call(call)) => self.call(call, fuel).unwrap_or_else(own),
            _ => own(),
        }
    }

    /// Copies of plain values are new objects; references, shared pointers and moved values are not.
    fn keeps_identity(&self, ty: &Ty) -> bool {
        !matches!(ty, Ty::Prim(_))
    }

    fn call(&self, call: &Call, fuel: u32) -> Option<Identity> {
        let first = call.args.first();
        match &call.callee.target {
            Target::External(path) => {
                if self.is_same_object(*path, call) {
                    return self.resolve(first?.place()?, fuel - 1).into();
                }
                None
            }
            Target::Def(def) => {
                if let Some(path) = self.getters.returned_static(*def) {
                    return Some(Identity::of(Root::Static(path)));
                }
                let (param, fields) = self.getters.returned_part(*def)?;
                let mut identity = self.operand_with(call.args.get(param as usize)?, fuel - 1)?;
                identity.path.extend(fields);
                Some(identity)
            }
            // What is not known and can be cloned is shared, if it turns out to be a lock: locks cannot be cloned.
            Target::Unknown if call.name == "clone" && call.args.len() == 1 => {
                let unknown = self.mir.var(call.dest.var).ty.is_unknown() && call.dest.projections.is_empty();
                if !unknown {
                    return None;
                }
                Some(self.resolve(first?.place()?, fuel - 1))
            }
            _ => None,
        }
    }

    /// Calls that give the same object back: a clone of a shared pointer, a borrow, a wrapper taken off.
    fn is_same_object(&self, path: Symbol, call: &Call) -> bool {
        let catalogue = self.cx.catalogue;
        if catalogue.facts(path).is_some_and(|f| f.same_object) {
            return true;
        }
        // An alias of another crate that turns out to be a lock is a shared pointer: locks cannot be cloned.
        let is_alias = |ty: &Ty| {
            ty.path()
                .is_some_and(|p| !self.cx.program.types.contains_key(&p) && catalogue.type_facts(p).is_none())
        };
        let shared = |ty: &Ty| self.is_shared_pointer(ty) || is_alias(ty);
        let owner = path.rsplit_once("::").map(|(owner, _)| owner);
        call.name.as_str() == "clone"
            && (owner.is_some_and(|o| catalogue.is_shared_pointer(crate::symbol::sym(o)))
                || call.callee.self_ty.as_ref().is_some_and(shared)
                || call
                    .args
                    .first()
                    .and_then(Operand::place)
                    .is_some_and(|p| p.projections.is_empty() && shared(&self.mir.var(p.var).ty)))
    }

    /// Shared pointers: their clones are one object.
    fn is_shared_pointer(&self, ty: &Ty) -> bool {
        ty.peel_refs().path().is_some_and(|p| self.cx.catalogue.is_shared_pointer(p))
    }

    fn operand_with(&self, operand: &Operand, fuel: u32) -> Option<Identity> {
        match operand {
            Operand::Constant(_) => self.operand(operand),
            _ => operand.place().map(|p| self.resolve(p, fuel)),
        }
    }
}
