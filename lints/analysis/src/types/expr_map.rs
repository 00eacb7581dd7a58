//! What is known of some of the expressions of a body.

use crate::syntax::hir::ExprId;

/// Values by expression, in order and without room to spare: every body keeps several as long as the run.
#[derive(Clone, Debug)]
pub struct ExprMap<T>(Box<[(ExprId, T)]>);

impl<T> Default for ExprMap<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> ExprMap<T> {
    /// The value of an expression.
    #[must_use]
    pub fn get(&self, id: &ExprId) -> Option<&T> {
        let at = self.0.binary_search_by_key(id, |(known, _)| *known).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// All values, in the order of their expressions.
    pub fn iter(&self) -> impl Iterator<Item = (ExprId, &T)> {
        self.0.iter().map(|(id, value)| (*id, value))
    }
}

/// An [`ExprMap`] in the making. What was noted last of an expression holds.
pub(super) struct Noted<T> {
    /// For each expression, the position behind its entry; 0 without one.
    at: Vec<u32>,
    all: Vec<(ExprId, T)>,
}

impl<T> Noted<T> {
    pub(super) fn new(exprs: usize) -> Self {
        Self { at: vec![0; exprs], all: Vec::new() }
    }

    fn position(&self, id: ExprId) -> Option<usize> {
        (*self.at.get(id.index())? as usize).checked_sub(1)
    }

    pub(super) fn get(&self, id: &ExprId) -> Option<&T> {
        self.all.get(self.position(*id)?).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, id: &ExprId) -> Option<&mut T> {
        let at = self.position(*id)?;
        self.all.get_mut(at).map(|(_, value)| value)
    }

    pub(super) fn insert(&mut self, id: ExprId, value: T) {
        if let Some(known) = self.get_mut(&id) {
            *known = value;
        } else if let Some(at) = self.at.get_mut(id.index()) {
            self.all.push((id, value));
            *at = self.all.len() as u32;
        }
    }

    pub(super) fn finish<U>(mut self, mut change: impl FnMut(T) -> U) -> ExprMap<U> {
        self.all.sort_unstable_by_key(|(id, _)| *id);
        // Of known length, so that it is written where it stays.
        let mut done = Vec::with_capacity(self.all.len());
        done.extend(self.all.into_iter().map(|(id, value)| (id, change(value))));
        ExprMap(done.into_boxed_slice())
    }
}
