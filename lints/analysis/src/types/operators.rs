//! Literals, operators, references.

use std::sync::Arc;

use crate::syntax::hir::{BinaryOp, ExprId, Literal, UnaryOp};
use crate::types::context::Infer;
use crate::types::project::Question;
use crate::types::ty::Ty;

impl Infer<'_> {
    pub(super) fn literal(&mut self, literal: &Literal) -> Ty {
        match literal {
            Literal::Str(_) => Ty::prim("str").reference(false),
            Literal::ByteStr => Ty::Array(Arc::new(Ty::prim("u8"))).reference(false),
            Literal::CStr => Ty::adt("std::ffi::CStr", []).reference(false),
            Literal::Char => Ty::prim("char"),
            Literal::Byte => Ty::prim("u8"),
            Literal::Bool(_) => Ty::prim("bool"),
            Literal::Int(_, suffix) if suffix.is_empty() => self.vars.bound(Ty::prim("{integer}")),
            Literal::Float(suffix) if suffix.is_empty() => self.vars.bound(Ty::prim("{float}")),
            Literal::Int(_, suffix) | Literal::Float(suffix) => Ty::Prim(*suffix),
        }
    }

    pub(super) fn unary(&mut self, id: ExprId, op: UnaryOp, operand: ExprId, expected: Option<&Ty>) -> Ty {
        match op {
            UnaryOp::Deref => {
                let ty = self.infer(operand);
                self.inherit_doubt(id, operand);
                self.ask(Question::Deref, &ty)
            }
            UnaryOp::Not | UnaryOp::Neg => {
                let ty = self.infer_with(operand, expected);
                let ty = self.vars.shallow(&ty);
                match ty.peel_refs() {
                    Ty::Prim(_) => ty.peel_refs().clone(),
                    Ty::Adt(path, _) if self.own_type(*path).is_some() => {
                        // Operators of the program's own types mostly give the type itself; not known.
                        Ty::Unknown
                    }
                    Ty::Var(_) => ty,
                    other => other.clone(),
                }
            }
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, lhs: ExprId, rhs: ExprId, expected: Option<&Ty>) -> Ty {
        let boolean = Ty::prim("bool");
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.check(lhs, &boolean);
                self.check(rhs, &boolean);
                boolean
            }
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let left = self.infer(lhs);
                let right = self.infer(rhs);
                self.vars.unify(&left, &right);
                boolean
            }
            BinaryOp::Shl | BinaryOp::Shr => {
                let left = self.infer_with(lhs, expected);
                self.infer(rhs);
                self.number(&left)
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Rem
            | BinaryOp::BitAnd
            | BinaryOp::BitOr
            | BinaryOp::BitXor => {
                let left = self.infer_with(lhs, expected);
                let right = self.infer(rhs);
                self.arithmetic(op, &left, &right)
            }
        }
    }

    /// The type of a number behind references, keeping a literal's variable.
    fn number(&mut self, ty: &Ty) -> Ty {
        let shallow = self.vars.shallow(ty);
        match &shallow {
            Ty::Prim(_) => ty.clone(),
            Ty::Ref(_, inner) => self.number(inner),
            _ => Ty::Unknown,
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &Ty, right: &Ty) -> Ty {
        let (l, r) = (self.vars.shallow(left), self.vars.shallow(right));
        let (l, r) = (self.vars.shallow(l.peel_refs()), self.vars.shallow(r.peel_refs()));
        match (&l, &r) {
            (Ty::Prim(_), Ty::Prim(_)) => {
                let (a, b) = (self.number(left), self.number(right));
                self.vars.unify(&a, &b);
                a
            }
            (Ty::Prim(name), Ty::Var(_)) if name.as_str() != "str" => self.number(left),
            (Ty::Var(_), Ty::Prim(name)) if !matches!(name.as_str(), "str" | "{integer}" | "{float}") => {
                // `x * 2.0` says nothing (x may be a vector), `x + n_u64` nearly: instants and durations
                // take no plain numbers.
                self.number(right)
            }
            (Ty::Adt(path, _), _) => match path.as_str() {
                "std::string::String" | "std::borrow::Cow" => l.clone(),
                "std::time::Instant" | "std::time::SystemTime" | "tokio::time::Instant" => match op {
                    BinaryOp::Sub if r == l => Ty::adt("std::time::Duration", []),
                    BinaryOp::Sub if r.is_unknown() => Ty::Unknown,
                    _ => l.clone(),
                },
                "std::time::Duration" | "std::num::Wrapping" => l.clone(),
                "std::collections::HashSet" | "std::collections::BTreeSet" => l.clone(),
                _ if self.own_type(*path).is_some() => {
                    self.operator_output(&l, operator_trait(op), &r).unwrap_or_default()
                }
                _ => Ty::Unknown,
            },
            (Ty::Prim(_), Ty::Adt(path, _)) if path.as_str() == "std::time::Duration" => r.clone(),
            _ => Ty::Unknown,
        }
    }

    pub(super) fn address_of(
        &mut self,
        id: ExprId,
        mutable: bool,
        raw: bool,
        operand: ExprId,
        expected: Option<&Ty>,
    ) -> Ty {
        let hint = match expected.map(|t| self.vars.shallow(t)) {
            Some(Ty::Ref(_, inner) | Ty::Ptr(inner)) => Some((*inner).clone()),
            _ => None,
        };
        let ty = self.infer_with(operand, hint.as_ref());
        self.inherit_doubt(id, operand);
        if raw { Ty::Ptr(Arc::new(ty)) } else { ty.reference(mutable) }
    }
}

/// The trait of an arithmetic operator.
fn operator_trait(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "Add",
        BinaryOp::Sub => "Sub",
        BinaryOp::Mul => "Mul",
        BinaryOp::Div => "Div",
        BinaryOp::Rem => "Rem",
        BinaryOp::BitAnd => "BitAnd",
        BinaryOp::BitOr => "BitOr",
        BinaryOp::BitXor => "BitXor",
        BinaryOp::Shl => "Shl",
        BinaryOp::Shr => "Shr",
        _ => "",
    }
}
