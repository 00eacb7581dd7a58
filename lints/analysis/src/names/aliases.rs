//! What type aliases and associated types of impls stand for: no one is expanded inside of itself, and none of them
//! grows without bounds.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::names::lower::Place;
use crate::names::{DefId, Program};
use crate::syntax::items::ItemKind;
use crate::types::ty::{MOST_PARTS, Ty};

/// Chains of aliases longer than this are not followed.
const FAR_ENOUGH: usize = 24;

thread_local! {
    static EXPANSION: RefCell<Expansion> = RefCell::default();
}

/// The aliases that a thread is in the middle of.
#[derive(Default)]
struct Expansion {
    /// Outermost first.
    open: Vec<DefId>,
    /// What others mean inside of the outermost, where one that is open was left out of them.
    incomplete: FxHashMap<DefId, Ty>,
    /// How often something was left out.
    omissions: usize,
}

/// An alias that is being expanded, until this is dropped.
struct Open {
    omissions: usize,
}

impl Open {
    /// The alias may be expanded, or what has to do instead.
    fn new(def: DefId) -> Result<Self, Ty> {
        EXPANSION.with_borrow_mut(|expansion| {
            let known = expansion.incomplete.get(&def).cloned();
            if known.is_some() || expansion.open.contains(&def) || expansion.open.len() >= FAR_ENOUGH {
                expansion.omissions += 1;
                return Err(known.unwrap_or_default());
            }
            expansion.open.push(def);
            Ok(Self { omissions: expansion.omissions })
        })
    }

    /// Whether nothing was left out, so that the answer does not depend on who asks.
    fn is_complete(&self) -> bool {
        EXPANSION.with_borrow(|expansion| expansion.omissions == self.omissions)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        EXPANSION.with_borrow_mut(|expansion| {
            expansion.open.pop();
            if expansion.open.is_empty() {
                *expansion = Expansion::default();
            }
        });
    }
}

impl Program {
    /// What an alias (or associated type of an impl) stands for, in its own parameters.
    pub(super) fn alias(&self, def: DefId) -> Ty {
        let Some(memo) = self.aliases.get(&def) else { return Ty::Unknown };
        if let Some(known) = memo.get() {
            return known.clone();
        }
        let ItemKind::TypeAlias(Some(target)) = &self.graph.item(def).kind else { return Ty::Unknown };
        let open = match Open::new(def) {
            Ok(open) => open,
            Err(instead) => return instead,
        };
        // The bounds of its parameters may name it, too.
        let scope = self.generic_scope(def);
        let place = Place { program: self, node: self.graph.home(def), scope: &scope };
        let ty = within_reason(place.ty(target));
        if open.is_complete() {
            // Another thread may have been faster, with the same answer.
            drop(memo.set(ty.clone()));
        } else {
            EXPANSION.with_borrow_mut(|expansion| expansion.incomplete.insert(def, ty.clone()));
        }
        ty
    }
}

/// A type, unless it has grown too large.
pub(super) fn within_reason(ty: Ty) -> Ty {
    let mut parts = 0;
    let is_too_large = ty.any(&mut |_| {
        parts += 1;
        parts > MOST_PARTS
    });
    if is_too_large { Ty::Unknown } else { ty }
}
