//! Parameters without a name, which methods of traits could have in edition 2015: `fn write(&mut self, B);`.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};

/// The same code with every such parameter named `_`.
pub(super) fn name(tokens: TokenStream) -> TokenStream {
    let mut in_trait = false;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ref word) if word == "trait" => {
                in_trait = true;
                token
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inside = if std::mem::take(&mut in_trait) {
                    in_methods(group.stream())
                } else {
                    name(group.stream())
                };
                regroup(&group, inside)
            }
            TokenTree::Punct(ref mark) if mark.as_char() == ';' => {
                in_trait = false;
                token
            }
            other => other,
        })
        .collect()
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
    use super::name;

    fn named(code: &str) -> Result<syn::File, syn::Error> {
        syn::parse2(name(code.parse().expect("tokens")))
    }

    #[test]
    fn types_alone_get_a_name() {
        for code in [
            "trait T { fn f(u8); }",
            "trait T { fn f<B: Into<Cow<'static, [u8]>>>(&mut self, B); }",
            "mod m { pub trait T<A> where A: B { fn f(&self, Vec<(A, u8)>, ::std::io::Error) -> u8 { 1 } } }",
            "trait T { fn f(self: Box<Self>, x: fn(u8) -> u8, fn(u8) -> u8); }",
        ] {
            assert!(named(code).is_ok(), "{code}");
        }
    }

    #[test]
    fn other_code_stays() {
        assert!(named("fn f(u8) {}").is_err());
        assert!(named("trait T { const A: u8; fn f(a: u8, (b, c): (u8, u8)); } fn g(x: u8) {}").is_ok());
    }
}
