//! The state of inferring one body, and the walk's entry point.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::Catalogue;
use crate::names::{GenericScope, GlobalBody, Program};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{Body, ExprId, ModuleIndex, TypeRef};
use crate::syntax::items::ItemKind;
use crate::types::expr_map::Noted;
use crate::types::infer::{BodyTypes, Callee, Known, Target};
use crate::types::project::Pending;
use crate::types::ty::{Args, Bound, Ty};
use crate::types::vars::Vars;

/// Pending questions are asked again at most this often after the walk.
const ROUNDS: usize = 10;

/// Types of all expressions of a body, in one forward walk.
#[must_use]
pub fn infer(program: &Program, catalogue: &Catalogue, body: GlobalBody) -> BodyTypes {
    let file = program.file(body.file);
    match file.bodies.get(body.body.index()) {
        Some(hir) => Infer::new(program, catalogue, body.file, hir).run(),
        None => BodyTypes::default(),
    }
}

/// Type parameters and what stands for them.
pub(super) type Subst = FxHashMap<Symbol, Ty>;

/// A loop or labelled block that a `break` may give a value to.
pub(super) struct LoopFrame {
    pub(super) label: Option<Symbol>,
    pub(super) ty: Ty,
    /// Plain `break` leaves loops, not labelled blocks.
    pub(super) is_loop: bool,
    pub(super) broken: bool,
}

/// Inference of one body.
pub(super) struct Infer<'a> {
    pub(super) program: &'a Program,
    pub(super) catalogue: &'a Catalogue,
    pub(super) file: FileId,
    pub(super) body: &'a Body,
    pub(super) scope: GenericScope,
    /// Where names are looked up: the body's module or that of a block with items.
    pub(super) module: ModuleIndex,
    pub(super) vars: Vars,
    /// [`Ty::Unknown`] for what has not been visited; visited expressions have a variable at least.
    pub(super) exprs: Vec<Ty>,
    pub(super) locals: Vec<Ty>,
    pub(super) callees: Noted<Callee>,
    pub(super) paths: Noted<Symbol>,
    pub(super) macros: Noted<Symbol>,
    pub(super) closure_ret: Vec<Ty>,
    /// What `.await` on a call's value gives, where the catalogue says so of the call.
    pub(super) awaited: FxHashMap<ExprId, Ty>,
    /// What `return` gives, innermost function, closure or async block last.
    pub(super) returns: Vec<Ty>,
    pub(super) loops: Vec<LoopFrame>,
    pub(super) pending: Vec<Pending>,
    /// Expressions whose type rests on a shape.
    pub(super) doubtful: FxHashSet<ExprId>,
    pub(super) doubtful_locals: FxHashSet<crate::syntax::hir::LocalId>,
    /// What `?` and `unwrap` stand behind, once asked.
    pub(super) unwrapped: Option<FxHashSet<ExprId>>,
}

impl<'a> Infer<'a> {
    fn new(program: &'a Program, catalogue: &'a Catalogue, file: FileId, body: &'a Body) -> Self {
        let scope = program
            .def_of_item
            .get(&(file, body.owner))
            .map(|def| program.generic_scope(*def))
            .unwrap_or_default();
        let mut vars = Vars::default();
        let locals = body.locals.iter().map(|_| vars.free()).collect();
        Self {
            program,
            catalogue,
            file,
            body,
            scope,
            module: body.module,
            vars,
            exprs: vec![Ty::Unknown; body.exprs.len()],
            locals,
            callees: Noted::new(body.exprs.len()),
            paths: Noted::new(body.exprs.len()),
            macros: Noted::new(body.exprs.len()),
            closure_ret: vec![Ty::Unknown; body.closures.len()],
            awaited: FxHashMap::default(),
            returns: Vec::new(),
            loops: Vec::new(),
            pending: Vec::new(),
            doubtful: FxHashSet::default(),
            doubtful_locals: FxHashSet::default(),
            unwrapped: None,
        }
    }

    fn run(mut self) -> BodyTypes {
        for param in &self.body.params {
            let ty = match &param.ty {
                Some(written) => self.lower_ty(written),
                None => self.vars.free(),
            };
            self.bind(param.pat, &ty);
        }
        let ret = self.declared_return();
        self.returns.push(ret.clone());
        let value = self.infer_expected(self.body.root, &ret);
        self.vars.unify(&ret, &value);
        self.returns.clear();
        self.ask_again();
        while self.infer_shapes() {
            self.ask_again();
        }
        self.finish(&ret)
    }

    /// What the body has to give by its item's signature.
    fn declared_return(&mut self) -> Ty {
        let item = self.program.file(self.file).items.get(self.body.owner.index());
        match item.map(|i| &i.kind) {
            Some(ItemKind::Fn(f)) => self.lower_ty(&f.ret),
            Some(ItemKind::Const { ty, .. }) => self.lower_ty(ty),
            Some(ItemKind::Static { ty, .. }) => {
                let ty = self.lower_ty(ty);
                let wrapped = ty.is("std::thread::LocalKey")
                    || ty.path().is_some_and(|p| p.starts_with("lazy_static::"));
                // The macros write the wrapper; the code in them gives what is inside.
                if wrapped { ty.arg(0) } else { ty }
            }
            _ => self.vars.free(),
        }
    }

    /// A written type; `_` is a variable.
    pub(super) fn lower_ty(&mut self, ty: &TypeRef) -> Ty {
        if matches!(ty, TypeRef::Infer) {
            return self.vars.free();
        }
        let lowered = self.program.lower_type(self.file, self.module, &self.scope, ty);
        self.refresh(&lowered)
    }

    /// Unknown arguments become variables, and generic types without arguments get variables as such.
    pub(super) fn refresh(&mut self, ty: &Ty) -> Ty {
        match ty {
            Ty::Adt(path, args) => {
                if args.is_empty() {
                    return self.with_fresh_args(*path);
                }
                let args = args.iter().map(|t| self.refresh_inner(t)).collect();
                Ty::Adt(*path, args)
            }
            Ty::Ref(m, t) => Ty::Ref(*m, self.refresh_inner(t).into()),
            Ty::Ptr(t) => Ty::Ptr(self.refresh_inner(t).into()),
            Ty::Slice(t) => Ty::Slice(self.refresh_inner(t).into()),
            Ty::Array(t) => Ty::Array(self.refresh_inner(t).into()),
            Ty::Tuple(parts) => Ty::Tuple(parts.iter().map(|t| self.refresh_inner(t)).collect()),
            other => other.clone(),
        }
    }

    fn refresh_inner(&mut self, ty: &Ty) -> Ty {
        if matches!(ty, Ty::Unknown) { self.vars.free() } else { self.refresh(ty) }
    }

    /// A named type with a variable for each of its parameters.
    pub(super) fn with_fresh_args(&mut self, path: Symbol) -> Ty {
        let generics = self.generics_of(path);
        let mut count = generics.len();
        // Hashers and allocators say nothing.
        if count > 1
            && self.own_type(path).is_none()
            && generics.last().is_some_and(|g| matches!(g.as_str(), "S" | "A"))
        {
            count -= 1;
        }
        let args: Args = (0..count).map(|_| self.vars.free()).collect();
        Ty::Adt(path, args)
    }

    /// Names of the type parameters of a named type.
    pub(super) fn generics_of(&self, path: Symbol) -> Vec<Symbol> {
        if let Some(info) = self.own_type(path) {
            return info.generics.clone();
        }
        self.catalogue.type_facts(path).map(|f| f.generics.clone()).unwrap_or_default()
    }

    /// The type parameters of a named type bound to its arguments.
    pub(super) fn subst_of(&self, ty: &Ty) -> Subst {
        match ty {
            Ty::Adt(path, args) => self.generics_of(*path).into_iter().zip(args.iter().cloned()).collect(),
            _ => Subst::default(),
        }
    }

    /// Puts in what stands for type parameters. `T::Item` becomes a computed type, see [`Self::compute`].
    pub(super) fn subst(&mut self, ty: &Ty, map: &Subst) -> Ty {
        if map.is_empty() {
            return ty.clone();
        }
        match ty {
            Ty::Param(name, bounds) => {
                if let Some(found) = map.get(name) {
                    return found.clone();
                }
                if let Some((base, member)) = name.rsplit_once("::")
                    && let Some(found) = map.get(&sym(base))
                {
                    return Ty::Adt(sym(&format!("?{member}")), [found.clone()].into());
                }
                Ty::Param(*name, self.subst_bounds(bounds, map))
            }
            Ty::Adt(path, args) => Ty::Adt(*path, self.subst_all(args, map)),
            Ty::Tuple(parts) => Ty::Tuple(self.subst_all(parts, map)),
            Ty::Ref(m, t) => Ty::Ref(*m, self.subst(t, map).into()),
            Ty::Ptr(t) => Ty::Ptr(self.subst(t, map).into()),
            Ty::Slice(t) => Ty::Slice(self.subst(t, map).into()),
            Ty::Array(t) => Ty::Array(self.subst(t, map).into()),
            Ty::Fn(args, ret) => Ty::Fn(self.subst_all(args, map), self.subst(ret, map).into()),
            Ty::Closure(id, ret) => Ty::Closure(*id, self.subst(ret, map).into()),
            Ty::Future(t, id) => Ty::Future(self.subst(t, map).into(), *id),
            Ty::Iterator(t) => Ty::Iterator(self.subst(t, map).into()),
            Ty::Dyn(bounds) => Ty::Dyn(self.subst_bounds(bounds, map)),
            Ty::Impl(bounds) => Ty::Impl(self.subst_bounds(bounds, map)),
            Ty::Unknown | Ty::Var(_) | Ty::Never | Ty::Prim(_) => ty.clone(),
        }
    }

    pub(super) fn subst_all(&mut self, types: &[Ty], map: &Subst) -> Args {
        types.iter().map(|t| self.subst(t, map)).collect()
    }

    fn subst_bounds(&mut self, bounds: &[Bound], map: &Subst) -> crate::types::ty::Bounds {
        bounds
            .iter()
            .map(|b| Bound {
                path: b.path,
                args: self.subst_all(&b.args, map),
                assoc: b.assoc.iter().map(|(n, t)| (*n, self.subst(t, map))).collect(),
            })
            .collect()
    }

    /// Asks pending questions again, as long as answers make more answers.
    fn ask_again(&mut self) {
        for _ in 0..ROUNDS {
            let questions = std::mem::take(&mut self.pending);
            let mut answered = false;
            for question in questions {
                answered |= self.retry(question);
            }
            if self.pending.is_empty() || !answered {
                break;
            }
        }
    }

    /// Notes what a call calls.
    pub(super) fn note(&mut self, expr: ExprId, target: Target, self_ty: Option<Ty>) {
        let known = if self.doubtful.contains(&expr) { Known::Inferred } else { Known::Resolved };
        self.callees.insert(expr, Callee { target, known, self_ty });
    }

    fn finish(mut self, ret: &Ty) -> BodyTypes {
        let exprs = std::mem::take(&mut self.exprs);
        let locals = std::mem::take(&mut self.locals);
        let closure_ret = std::mem::take(&mut self.closure_ret);
        let callees = std::mem::replace(&mut self.callees, Noted::new(0)).finish(|mut callee| {
            callee.self_ty = callee.self_ty.map(|ty| self.vars.deep(&ty));
            Arc::new(callee)
        });
        let (exprs, table) = self.table_of(&exprs);
        let ret = self.vars.deep(ret);
        let closure_ret = closure_ret.iter().map(|t| self.vars.deep(t)).collect();
        BodyTypes {
            exprs: exprs.into(),
            table: table.into(),
            locals: locals.iter().map(|t| self.vars.deep(t)).collect(),
            callees,
            paths: self.paths.finish(|path| path),
            macros: self.macros.finish(|path| path),
            ret,
            closure_ret,
        }
    }

    /// The final types, each once, and the position of each expression's.
    fn table_of(&mut self, exprs: &[Ty]) -> (Vec<u32>, Vec<Ty>) {
        let mut positions: FxHashMap<Ty, u32> = FxHashMap::default();
        let mut of_root: FxHashMap<u32, u32> = FxHashMap::default();
        let at = exprs
            .iter()
            .map(|ty| {
                let root = self.vars.root_of(ty);
                if let Some(known) = root.and_then(|root| of_root.get(&root)) {
                    return *known;
                }
                let next = positions.len() as u32;
                let at = *positions.entry(self.vars.deep(ty)).or_insert(next);
                of_root.extend(root.map(|root| (root, at)));
                at
            })
            .collect();
        let mut table = vec![Ty::Unknown; positions.len()];
        for (ty, at) in positions {
            table[at as usize] = ty;
        }
        (at, table)
    }
}
