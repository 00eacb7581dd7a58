//! Types of the variables that patterns bind, with default binding modes.

use crate::names::Namespace;
use crate::symbol::sym;
use crate::syntax::hir::{PatId, PatKind};
use crate::types::context::Infer;
use crate::types::project::Question;
use crate::types::ty::Ty;

/// How a name below a pattern binds: by value, or by reference since a reference was matched by a pattern
/// that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Move,
    Ref(bool),
}

impl Infer<'_> {
    /// Gives the variables of `pat` their types when it is matched with a value of type `ty`.
    pub(super) fn bind(&mut self, pat: PatId, ty: &Ty) {
        self.bind_mode(pat, ty, Mode::Move);
    }

    pub(super) fn bind_mode(&mut self, pat: PatId, ty: &Ty, mode: Mode) {
        let body = self.body;
        match &body.pat(pat).kind {
            PatKind::Missing | PatKind::Wild | PatKind::Rest | PatKind::Range => {}
            PatKind::Literal(literal) => {
                let literal = self.literal(literal);
                if !matches!(self.vars.shallow(&literal), Ty::Ref(..)) {
                    self.vars.unify(&literal, ty);
                }
            }
            PatKind::Binding { local, sub } => {
                let by_ref = body.local(*local).by_ref;
                let bound = match mode {
                    _ if by_ref => ty.clone().reference(body.local(*local).mutable),
                    Mode::Move => ty.clone(),
                    Mode::Ref(mutable) => ty.clone().reference(mutable),
                };
                let place = self.locals[local.index()].clone();
                let bound = if matches!(bound, Ty::Unknown) { self.vars.opaque() } else { bound };
                self.vars.settle(&place, &bound);
                if let Some(sub) = sub {
                    self.bind_mode(*sub, ty, mode);
                }
            }
            PatKind::Typed { pat, ty: written } => {
                let written = self.lower_ty(written);
                self.vars.unify(&written, ty);
                self.bind_mode(*pat, &written, mode);
            }
            PatKind::Or(alternatives) => {
                for alternative in alternatives {
                    self.bind_mode(*alternative, ty, mode);
                }
            }
            PatKind::Ref(inner) => match self.vars.shallow(ty) {
                Ty::Ref(_, target) => self.bind_mode(*inner, &target, Mode::Move),
                open if open.is_unknown() => {
                    let target = self.vars.opaque();
                    self.vars.unify(ty, &target.clone().reference(false));
                    self.bind_mode(*inner, &target, Mode::Move);
                }
                other => self.bind_mode(*inner, &other, Mode::Move),
            },
            PatKind::Tuple(_)
            | PatKind::TupleStruct { .. }
            | PatKind::Struct { .. }
            | PatKind::Path(_)
            | PatKind::Slice(_) => {
                let (ty, mode) = self.through_refs(ty, mode);
                if ty.is_unknown() {
                    // A pattern does not settle a type: it may be a reference to what the pattern names.
                    self.veil(pat);
                    self.pend(Question::Pattern(pat, mode), &ty);
                } else {
                    self.destructure(pat, &ty, mode);
                }
            }
        }
    }

    /// Variables below a pattern that waits are not understood so far.
    fn veil(&mut self, pat: PatId) {
        let body = self.body;
        match &body.pat(pat).kind {
            PatKind::Binding { local, sub } => {
                let place = self.locals[local.index()].clone();
                if self.vars.is_open(&place) && !self.vars.is_opaque(&place) {
                    let opaque = self.vars.opaque();
                    self.vars.unify(&place, &opaque);
                }
                if let Some(sub) = sub {
                    self.veil(*sub);
                }
            }
            PatKind::Tuple(parts)
            | PatKind::Slice(parts)
            | PatKind::Or(parts)
            | PatKind::TupleStruct { args: parts, .. } => parts.iter().for_each(|part| self.veil(*part)),
            PatKind::Struct { fields, .. } => fields.iter().for_each(|(_, part)| self.veil(*part)),
            PatKind::Ref(inner) | PatKind::Typed { pat: inner, .. } => self.veil(*inner),
            PatKind::Missing
            | PatKind::Wild
            | PatKind::Rest
            | PatKind::Range
            | PatKind::Path(_)
            | PatKind::Literal(_) => {}
        }
    }

    pub(super) fn through_refs(&mut self, ty: &Ty, mut mode: Mode) -> (Ty, Mode) {
        let mut ty = self.vars.shallow(ty);
        while let Ty::Ref(mutable, inner) = ty {
            mode = Mode::Ref(mutable && mode != Mode::Ref(false));
            ty = self.vars.shallow(&inner);
        }
        (ty, mode)
    }

    /// Binds the parts of a compound pattern; `ty` is no reference.
    pub(super) fn destructure(&mut self, pat: PatId, ty: &Ty, mode: Mode) {
        let body = self.body;
        match &body.pat(pat).kind {
            PatKind::Tuple(parts) => {
                let types: Vec<Ty> = match ty {
                    Ty::Tuple(types) => types.to_vec(),
                    _ => Vec::new(),
                };
                self.bind_sequence(parts, &types, mode);
            }
            PatKind::Slice(parts) => {
                let item = match ty {
                    Ty::Slice(item) | Ty::Array(item) => (**item).clone(),
                    Ty::Adt(..) => ty.arg(0),
                    _ => Ty::Unknown,
                };
                for part in parts {
                    // `rest @ ..` is the slice itself.
                    if let PatKind::Binding { local, sub: Some(sub) } = &body.pat(*part).kind
                        && matches!(body.pat(*sub).kind, PatKind::Rest)
                    {
                        let place = self.locals[local.index()].clone();
                        let slice = Ty::Slice(item.clone().into());
                        let slice =
                            if mode == Mode::Move { slice } else { slice.reference(mode == Mode::Ref(true)) };
                        self.vars.unify(&place, &slice);
                    } else {
                        self.bind_mode(*part, &item, mode);
                    }
                }
            }
            PatKind::TupleStruct { path, args } => {
                let found = self.resolve(path, Namespace::Value);
                let fields: Vec<Ty> = match self.constructor(&found, path) {
                    Some(made) => {
                        self.vars.unify(&made.ty, ty);
                        made.fields.into_iter().map(|(_, t)| t).collect()
                    }
                    None => Vec::new(),
                };
                self.bind_sequence(args, &fields, mode);
            }
            PatKind::Struct { path, fields, .. } => {
                let found = self.resolve(path, Namespace::Type);
                let made = self.constructor(&found, path);
                if let Some(made) = &made {
                    self.vars.unify(&made.ty, ty);
                }
                for (name, part) in fields {
                    let known = made.as_ref().and_then(|m| m.fields.iter().find(|(n, _)| n == name));
                    let field = match known {
                        Some((_, field)) => field.clone(),
                        None if made.as_ref().is_none_or(|m| m.fields.is_empty()) => {
                            self.field(ty, *name).unwrap_or_default()
                        }
                        None => Ty::Unknown,
                    };
                    self.bind_mode(*part, &field, mode);
                }
            }
            _ => {}
        }
    }

    /// Parts against types, with a `..` that stands for any number of them.
    fn bind_sequence(&mut self, parts: &[PatId], types: &[Ty], mode: Mode) {
        let body = self.body;
        let rest = parts.iter().position(|p| matches!(body.pat(*p).kind, PatKind::Rest));
        for (i, part) in parts.iter().enumerate() {
            let at = match rest {
                Some(rest) if i > rest => (types.len() + i).checked_sub(parts.len()),
                _ => Some(i),
            };
            let ty = at.and_then(|at| types.get(at)).cloned().unwrap_or_default();
            let ty = if matches!(ty, Ty::Unknown) { self.vars.opaque() } else { ty };
            self.bind_mode(*part, &ty, mode);
        }
    }

    /// Variables of a pattern that is matched with a value known by its shape alone.
    pub(super) fn doubt_pattern(&mut self, pat: PatId) {
        let body = self.body;
        match &body.pat(pat).kind {
            PatKind::Binding { local, sub } => {
                self.doubtful_locals.insert(*local);
                if let Some(sub) = sub {
                    self.doubt_pattern(*sub);
                }
            }
            PatKind::Tuple(parts)
            | PatKind::Slice(parts)
            | PatKind::Or(parts)
            | PatKind::TupleStruct { args: parts, .. } => {
                for part in parts {
                    self.doubt_pattern(*part);
                }
            }
            PatKind::Struct { fields, .. } => {
                for (_, part) in fields {
                    self.doubt_pattern(*part);
                }
            }
            PatKind::Ref(inner) | PatKind::Typed { pat: inner, .. } => self.doubt_pattern(*inner),
            PatKind::Missing
            | PatKind::Wild
            | PatKind::Rest
            | PatKind::Range
            | PatKind::Path(_)
            | PatKind::Literal(_) => {}
        }
    }
}

/// Kept here since only patterns and struct literals ask for it: the name of a tuple field.
pub(super) fn tuple_field(index: usize) -> crate::symbol::Symbol {
    sym(&index.to_string())
}
