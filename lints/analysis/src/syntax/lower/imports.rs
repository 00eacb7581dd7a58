//! `use` declarations, one entry for each name.

use proc_macro2::Ident;
use syn::UseTree;

use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::hir::{PathRef, Segment};
use crate::syntax::items::Import;
use crate::syntax::lower::{Lower, name};

impl Lower {
    pub(super) fn use_item(&mut self, item: &syn::ItemUse, is_public: bool) {
        let global = item.leading_colon.is_some();
        let mut prefix = Vec::new();
        self.use_tree(&item.tree, global, is_public, &mut prefix);
    }

    fn use_tree<'t>(
        &mut self,
        tree: &'t UseTree,
        global: bool,
        is_public: bool,
        prefix: &mut Vec<&'t Ident>,
    ) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(&path.ident);
                self.use_tree(&path.tree, global, is_public, prefix);
                prefix.pop();
            }
            UseTree::Name(last) => {
                let introduced = if last.ident == "self" {
                    prefix.last().map(|ident| name(ident))
                } else {
                    Some(name(&last.ident))
                };
                self.import(prefix, Some(&last.ident), introduced, global, is_public);
            }
            UseTree::Rename(rename) => {
                let introduced = (rename.rename != "_").then(|| name(&rename.rename));
                self.import(prefix, Some(&rename.ident), introduced, global, is_public);
            }
            UseTree::Glob(_) => self.import(prefix, None, None, global, is_public),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, global, is_public, prefix);
                }
            }
        }
    }

    fn import(
        &mut self,
        prefix: &[&Ident],
        last: Option<&Ident>,
        name: Option<Symbol>,
        global: bool,
        is_public: bool,
    ) {
        // `a::{self}` is `a`; a lone `self` stays.
        let keep = last.filter(|last| prefix.is_empty() || *last != "self");
        let idents: Vec<&Ident> = prefix.iter().copied().chain(keep).collect();
        let span = match (idents.first(), idents.last()) {
            (Some(first), Some(last)) => self.span(first.span()).to(self.span(last.span())),
            _ => Span::default(),
        };
        let segments = idents.iter().map(|ident| Segment { name: super::name(ident), args: None }).collect();
        let path = PathRef { global, qself: None, segments, span };
        self.file.imports.push(Import {
            module: self.module,
            path,
            name,
            is_glob: last.is_none(),
            is_public,
        });
    }
}
