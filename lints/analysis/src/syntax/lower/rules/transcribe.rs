//! Writing a template with its variables filled in.

use std::rc::Rc;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

use crate::syntax::lower::rules::definition::Piece;
use crate::syntax::lower::rules::matching::{Binding, Bindings, variables};

/// An expansion.
pub(super) struct Made {
    pub(super) tokens: TokenStream,
    /// How many tokens were written.
    pub(super) count: usize,
}

/// Where a macro is expanded.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// The span of the call.
    pub(super) call: Span,
    /// What `$crate` stands for.
    pub(super) krate: &'a str,
}

struct Writer<'a> {
    call: Span,
    /// What `$crate` stands for.
    krate: &'a str,
    count: usize,
    limit: usize,
}

/// `None` when the template asks for what the call did not give, or the result grows too long.
pub(super) fn transcribe(
    template: &[Piece],
    bindings: &Bindings,
    site: Site<'_>,
    limit: usize,
) -> Option<Made> {
    let mut writer = Writer { call: site.call, krate: site.krate, count: 0, limit };
    let tokens = writer.write(template, bindings)?;
    Some(Made { tokens: tokens.into_iter().collect(), count: writer.count })
}

impl Writer<'_> {
    fn write(&mut self, template: &[Piece], bindings: &Bindings) -> Option<Vec<TokenTree>> {
        let mut out = Vec::new();
        for piece in template {
            self.count += 1;
            match piece {
                Piece::Token(token) => out.push(self.respanned(token)),
                Piece::Crate => out.push(TokenTree::Ident(Ident::new(self.krate, self.call))),
                Piece::Group(delimiter, inner) => {
                    let inner = self.write(inner, bindings)?;
                    let mut group = Group::new(*delimiter, inner.into_iter().collect());
                    group.set_span(self.call);
                    out.push(TokenTree::Group(group));
                }
                Piece::Variable(name, _) => match bindings.get(name)? {
                    Binding::Tokens(tokens) => {
                        self.count += tokens.len();
                        out.extend(tokens.iter().cloned());
                    }
                    Binding::Many(_) => return None,
                },
                Piece::Repeat { inner, separator, .. } => {
                    self.repeat(inner, separator, bindings, &mut out)?
                }
            }
            if self.count > self.limit {
                return None;
            }
        }
        Some(out)
    }

    fn repeat(
        &mut self,
        inner: &[Piece],
        separator: &[TokenTree],
        bindings: &Bindings,
        out: &mut Vec<TokenTree>,
    ) -> Option<()> {
        let mut names: Vec<Rc<str>> = Vec::new();
        variables(inner, &mut names);
        let many = |name: &Rc<str>| match bindings.get(name) {
            Some(Binding::Many(many)) => Some((Rc::clone(name), many)),
            _ => None,
        };
        let repeated: Vec<_> = names.iter().filter_map(many).collect();
        let rounds = repeated.iter().map(|(_, many)| many.len()).max()?;
        // The bindings are the same in every round but for those that repeat.
        let mut round_bindings = bindings.clone();
        for round in 0..rounds {
            for (name, many) in &repeated {
                round_bindings.insert(Rc::clone(name), many.get(round)?.clone());
            }
            if round > 0 {
                out.extend(separator.iter().map(|token| self.respanned(token)));
            }
            out.extend(self.write(inner, &round_bindings)?);
        }
        Some(())
    }

    fn respanned(&self, token: &TokenTree) -> TokenTree {
        let mut token = token.clone();
        token.set_span(self.call);
        token
    }
}
