//! Code that rustc's parser takes and syn refuses.
//!
//! - Parameters without a name, which methods of traits could have in edition 2015: `fn write(&mut self, B);`.
//! - A trait object without `dyn` that is all of an alias: `type Action = Fn() + Send;` (before edition 2021).
//! - The visibility of an impl, which an attribute macro takes away: `#[extension_trait] pub(crate) impl Ext for File`.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};

/// The same code as syn takes it.
pub(super) fn mend(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut in_trait, mut alias) = (false, Alias::Not);
    let mut out = Vec::with_capacity(tokens.len());
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        if is_word(token, "pub") {
            let scope = tokens.get(index).is_some_and(is_parentheses);
            let next = index + usize::from(scope);
            if tokens.get(next).is_some_and(|t| is_word(t, "impl")) {
                index = next;
                continue;
            }
        }
        alias = alias.next(token);
        if alias == Alias::Begins && is_bare_sum(&tokens[index..]) {
            out.push(token.clone());
            out.push(TokenTree::Ident(Ident::new("dyn", token.span())));
            continue;
        }
        out.push(match token {
            TokenTree::Ident(word) if word == "trait" => {
                in_trait = true;
                token.clone()
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inside = if std::mem::take(&mut in_trait) {
                    in_methods(group.stream())
                } else {
                    mend(group.stream())
                };
                regroup(group, inside)
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => {
                in_trait = false;
                token.clone()
            }
            other => other.clone(),
        });
    }
    out.into_iter().collect()
}

/// How far into `type Name<…> = …` a token is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alias {
    Not,
    Named(usize),
    Begins,
}

impl Alias {
    fn next(self, token: &TokenTree) -> Self {
        match (self, token) {
            (_, token) if is_word(token, "type") => Self::Named(0),
            (Self::Named(depth), TokenTree::Punct(mark)) => match mark.as_char() {
                '=' if depth == 0 => Self::Begins,
                '<' => Self::Named(depth + 1),
                '>' => Self::Named(depth.saturating_sub(1)),
                ';' => Self::Not,
                _ => self,
            },
            (Self::Named(_), TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Self::Not,
            (Self::Named(_), _) => self,
            _ => Self::Not,
        }
    }
}

/// `Fn(u8) + Send;`: bounds alone, of which the first is no keyword.
fn is_bare_sum(tokens: &[TokenTree]) -> bool {
    let is_path = matches!(tokens.first(), Some(TokenTree::Ident(word)) if word != "dyn" && word != "impl");
    let mut depth = 0usize;
    let mut previous = ' ';
    is_path
        && tokens
            .iter()
            .map_while(|token| match token {
                TokenTree::Punct(mark) if mark.as_char() == ';' => None,
                TokenTree::Punct(mark) => {
                    let before = std::mem::replace(&mut previous, mark.as_char());
                    depth = angle(depth, before, previous);
                    Some(previous == '+' && depth == 0)
                }
                _ => {
                    previous = ' ';
                    Some(false)
                }
            })
            .any(|is_plus| is_plus)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_parentheses(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
}

fn regroup(old: &Group, inside: TokenStream) -> TokenTree {
    let mut group = Group::new(old.delimiter(), inside);
    group.set_span(old.span());
    TokenTree::Group(group)
}

/// The items of a trait: the first parentheses behind `fn name<…>` hold parameters.
fn in_methods(tokens: TokenStream) -> TokenStream {
    let mut awaited = false;
    let mut depth = 0usize;
    let mut previous = ' ';
    tokens
        .into_iter()
        .map(|token| {
            let before = std::mem::replace(&mut previous, ' ');
            match token {
                TokenTree::Ident(ref word) if word == "fn" && depth == 0 => {
                    awaited = true;
                    token
                }
                TokenTree::Punct(ref mark) => {
                    previous = mark.as_char();
                    depth = angle(depth, before, previous);
                    token
                }
                TokenTree::Group(group)
                    if awaited && depth == 0 && group.delimiter() == Delimiter::Parenthesis =>
                {
                    awaited = false;
                    regroup(&group, in_parameters(group.stream()))
                }
                other => other,
            }
        })
        .collect()
}

/// The depth of `<…>` behind a mark; the `>` of an arrow closes nothing.
fn angle(depth: usize, before: char, mark: char) -> usize {
    match mark {
        '<' => depth + 1,
        '>' if before != '-' && before != '=' => depth.saturating_sub(1),
        _ => depth,
    }
}

fn in_parameters(tokens: TokenStream) -> TokenStream {
    let mut out = Vec::new();
    let mut part: Vec<TokenTree> = Vec::new();
    let (mut depth, mut previous) = (0usize, ' ');
    for token in tokens {
        let before = std::mem::replace(&mut previous, ' ');
        if let TokenTree::Punct(mark) = &token {
            previous = mark.as_char();
            depth = angle(depth, before, previous);
            if previous == ',' && depth == 0 {
                finish(&mut part, &mut out);
                out.push(token);
                continue;
            }
        }
        part.push(token);
    }
    finish(&mut part, &mut out);
    out.into_iter().collect()
}

/// Moves a parameter over, with a name in front when it is only a type.
fn finish(part: &mut Vec<TokenTree>, out: &mut Vec<TokenTree>) {
    if let Some(first) = part.first()
        && !is_named(part)
    {
        let span = first.span();
        out.push(TokenTree::Ident(Ident::new("_", span)));
        let mut colon = Punct::new(':', Spacing::Alone);
        colon.set_span(span);
        out.push(TokenTree::Punct(colon));
    }
    out.append(part);
}

/// `self` in any form, or a single colon, which no type has outside of brackets.
fn is_named(part: &[TokenTree]) -> bool {
    let mut depth = 0usize;
    let mut previous = ' ';
    for (index, token) in part.iter().enumerate() {
        let before = std::mem::replace(&mut previous, ' ');
        match token {
            TokenTree::Ident(word) if word == "self" => return true,
            TokenTree::Punct(mark) => {
                previous = mark.as_char();
                depth = angle(depth, before, previous);
                let next = part.get(index + 1);
                let doubled =
                    before == ':' || matches!(next, Some(TokenTree::Punct(n)) if n.as_char() == ':');
                if previous == ':' && depth == 0 && !doubled {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::mend;

    fn named(code: &str) -> Result<syn::File, syn::Error> {
        syn::parse2(mend(code.parse().expect("tokens")))
    }

    #[test]
    fn what_only_rustc_takes_parses() {
        for code in [
            "trait T { fn f(u8); }",
            "trait T { fn f<B: Into<Cow<'static, [u8]>>>(&mut self, B); }",
            "mod m { pub trait T<A> where A: B { fn f(&self, Vec<(A, u8)>, ::std::io::Error) -> u8 { 1 } } }",
            "trait T { fn f(self: Box<Self>, x: fn(u8) -> u8, fn(u8) -> u8); }",
            "type Action = Fn(&u8) -> Vec<u8> + Send + Sync; mod m { type A<T: Send = u8> = for_each::B<T> + Send; }",
            "#[extension_trait] pub(crate) impl Ext for File { fn f(&self) {} } pub impl A { pub fn f() {} }",
        ] {
            assert!(named(code).is_ok(), "{code}");
        }
    }

    #[test]
    fn other_code_stays() {
        assert!(named("fn f(u8) {}").is_err());
        assert!(named("type A = u8; type B = Box<dyn Fn() + Send>; pub(crate) fn f() {}").is_ok());
        assert!(named("trait T { const A: u8; fn f(a: u8, (b, c): (u8, u8)); } fn g(x: u8) {}").is_ok());
    }
}
