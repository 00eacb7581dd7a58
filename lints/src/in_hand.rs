//! Which resources each statement of a flow has in hand.

use std::collections::{BTreeMap, BTreeSet};

use linger_analysis::flow::mir::{Point, Var};
use linger_analysis::flow::tokens::{TokenId, TokenSet, Tokens, mentions};

/// What the variables that a statement mentions hold right before it: asked once of the whole flow, since every answer
/// of [`Tokens::state_at`] costs a run over the block.
pub struct InHand {
    /// In the order of points.
    at: Vec<(Point, Vec<Held>)>,
    holders: BTreeMap<TokenId, BTreeSet<Var>>,
}

struct Held {
    var: Var,
    owned: TokenSet,
    reached: TokenSet,
}

impl InHand {
    /// Walks the flow.
    #[must_use]
    pub fn new(tokens: &Tokens<'_>) -> Self {
        let mut this = Self { at: Vec::new(), holders: BTreeMap::new() };
        tokens.walk(|point, state, statement| {
            let mut all: Vec<Held> = Vec::new();
            mentions(statement, &mut |var| {
                let (owned, reached) = (state.owned(var), state.reached(var));
                if !reached.is_empty() && all.iter().all(|held| held.var != var) {
                    all.push(Held { var, owned, reached });
                }
            });
            for held in &all {
                for token in held.owned.iter() {
                    this.holders.entry(token).or_default().insert(held.var);
                }
            }
            if !all.is_empty() {
                this.at.push((point, all));
            }
        });
        this.at.sort_by_key(|(point, _)| *point);
        this
    }

    /// Whether a variable that the statement at `point` mentions owns a token, or refers to it.
    #[must_use]
    pub fn reaches(&self, point: Point, var: Var, token: TokenId) -> bool {
        self.held(point, var).is_some_and(|held| held.reached.contains(token))
    }

    /// Whether a variable that the statement at `point` mentions owns a token.
    #[must_use]
    pub fn owns(&self, point: Point, var: Var, token: TokenId) -> bool {
        self.held(point, var).is_some_and(|held| held.owned.contains(token))
    }

    /// The variables that own a token where a statement mentions them.
    pub fn holders(&self, token: TokenId) -> impl Iterator<Item = Var> {
        self.holders.get(&token).into_iter().flatten().copied()
    }

    fn held(&self, point: Point, var: Var) -> Option<&Held> {
        let found = self.at.binary_search_by_key(&point, |(at, _)| *at).ok()?;
        self.at.get(found)?.1.iter().find(|held| held.var == var)
    }
}
