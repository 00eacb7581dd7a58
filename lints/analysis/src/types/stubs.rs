//! Stand-ins until the names layer lands: inherent functions of the same names take precedence.
use crate::names::{DefId, GenericScope, Namespace, Program, Resolution};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ModuleIndex, PathRef, TypeRef};
use crate::types::ty::Ty;

pub(super) trait Stub {
    fn resolve(&self, _: FileId, _: ModuleIndex, _: &GenericScope, _: &PathRef, _: Namespace) -> Resolution {
        Resolution::Unknown
    }
    fn resolve_macro(&self, _: FileId, _: ModuleIndex, path: &PathRef) -> Symbol {
        path.last().unwrap_or_else(|| sym(""))
    }
    fn lower_type(&self, _: FileId, _: ModuleIndex, _: &GenericScope, _: &TypeRef) -> Ty {
        Ty::Unknown
    }
    fn generic_scope(&self, _: DefId) -> GenericScope {
        GenericScope::default()
    }
}
impl Stub for Program {}
