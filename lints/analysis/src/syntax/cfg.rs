//! Conditions of `#[cfg(…)]`: which of them can hold together.
//!
//! Reference, "Conditional compilation". linger sees every branch; statements that exclude each other must
//! not be read as if one ran after the other.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, Meta, Token};

use crate::symbol::{Symbol, sym};

/// The predicate of a `#[cfg(…)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cfg {
    /// `all(…)`
    All(Box<[Cfg]>),
    /// `any(…)`
    Any(Box<[Cfg]>),
    /// `not(…)`
    Not(Box<Cfg>),
    /// `name` or `name = "value"`
    Option(CfgOption),
}

/// `name` or `name = "value"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CfgOption {
    /// `target_os`
    pub name: Symbol,
    /// `linux`
    pub value: Option<Symbol>,
}

/// Options of which a compilation has one value.
const SINGLE: [&str; 8] = [
    "target_os",
    "target_family",
    "target_arch",
    "target_env",
    "target_endian",
    "target_pointer_width",
    "target_vendor",
    "panic",
];

/// Beyond this many different options nothing is claimed: worlds are counted out.
const MOST_OPTIONS: usize = 10;

impl Cfg {
    /// Reads what stands in the parentheses of `cfg(…)`.
    pub(crate) fn parse(tokens: TokenStream) -> Option<Self> {
        Self::from_meta(&syn::parse2(tokens).ok()?)
    }

    fn from_meta(meta: &Meta) -> Option<Self> {
        match meta {
            Meta::Path(path) => {
                let name = path.get_ident()?.to_string();
                let family = matches!(name.as_str(), "unix" | "windows");
                Some(Self::Option(if family {
                    CfgOption { name: sym("target_family"), value: Some(sym(&name)) }
                } else {
                    CfgOption { name: sym(&name), value: None }
                }))
            }
            Meta::NameValue(pair) => {
                let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
                let name = sym(&pair.path.get_ident()?.to_string());
                Some(Self::Option(CfgOption { name, value: Some(sym(&text.value())) }))
            }
            Meta::List(list) => {
                let parts =
                    Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?;
                let mut parts: Vec<Self> = parts.iter().map(Self::from_meta).collect::<Option<_>>()?;
                match list.path.get_ident()?.to_string().as_str() {
                    "all" => Some(Self::All(parts.into())),
                    "any" => Some(Self::Any(parts.into())),
                    "not" if parts.len() == 1 => Some(parts.remove(0).negated()),
                    _ => None,
                }
            }
        }
    }

    /// Holds where `self` does not.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Whether no compilation satisfies both.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        never(&[self, other], |world| self.holds(world) && other.holds(world))
    }

    /// Whether no compilation for Unix satisfies it: `windows`, `target_os = "windows"`.
    #[must_use]
    pub fn is_never_on_unix(&self) -> bool {
        let unix = CfgOption { name: sym("target_family"), value: Some(sym("unix")) };
        self.excludes(&Self::Option(unix))
    }

    fn holds(&self, world: &[CfgOption]) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(world)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(world)),
            Self::Not(inner) => !inner.holds(world),
            Self::Option(option) => world.contains(option),
        }
    }

    fn options(&self, out: &mut Vec<CfgOption>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.options(out)),
            Self::Not(inner) => inner.options(out),
            Self::Option(option) if out.contains(option) => {}
            Self::Option(option) => out.push(*option),
        }
    }
}

/// Whether one of `alternatives` holds in every compilation.
pub(crate) fn cover(alternatives: &[&Cfg]) -> bool {
    never(alternatives, |world| !alternatives.iter().any(|cfg| cfg.holds(world)))
}

/// Whether `condition` fails in every world that the options of `cfgs` allow.
fn never(cfgs: &[&Cfg], condition: impl Fn(&[CfgOption]) -> bool) -> bool {
    let mut options = Vec::new();
    cfgs.iter().for_each(|cfg| cfg.options(&mut options));
    if options.len() > MOST_OPTIONS {
        return false;
    }
    (0..1_u32 << options.len()).all(|chosen| {
        let world: Vec<CfgOption> = (0..)
            .zip(&options)
            .filter(|(bit, _)| chosen >> bit & 1 == 1)
            .map(|(_, option)| *option)
            .collect();
        !is_possible(&world) || !condition(&world)
    })
}

fn is_possible(world: &[CfgOption]) -> bool {
    let value = |name: &str| world.iter().find(|option| option.name.as_str() == name)?.value;
    let one_value = world.iter().enumerate().all(|(at, option)| {
        !SINGLE.contains(&option.name.as_str()) || world[..at].iter().all(|other| other.name != option.name)
    });
    let (family, os) = (value("target_family"), value("target_os"));
    let fits = match (family.as_ref().map(Symbol::as_str), os.as_ref().map(Symbol::as_str)) {
        (Some("windows"), Some(os)) => os == "windows",
        (Some("unix"), Some(os)) => os != "windows",
        _ => true,
    };
    one_value && fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cfg(text: &str) -> Cfg {
        Cfg::parse(text.parse().expect("tokens")).expect("a condition")
    }

    #[test]
    fn conditions_that_exclude_each_other() {
        for (one, other, expected) in [
            ("unix", "windows", true),
            ("unix", "not(unix)", true),
            ("feature = \"a\"", "not(feature = \"a\")", true),
            ("feature = \"a\"", "feature = \"b\"", false),
            ("all(unix, feature = \"a\")", "not(feature = \"a\")", true),
            ("any(target_os = \"linux\", target_os = \"macos\")", "windows", true),
            ("target_os = \"linux\"", "target_os = \"macos\"", true),
            ("not(any(unix, windows))", "unix", true),
            ("any(unix, windows)", "unix", false),
            ("not(unix)", "not(windows)", false),
            ("debug_assertions", "not(debug_assertions)", true),
            ("unix", "not(target_os = \"linux\")", false),
        ] {
            assert_eq!(cfg(one).excludes(&cfg(other)), expected, "{one} / {other}");
        }
    }

    #[test]
    fn conditions_of_other_systems() {
        for (text, expected) in [
            ("windows", true),
            ("target_os = \"windows\"", true),
            ("not(unix)", true),
            ("all(windows, feature = \"a\")", true),
            ("any(target_os = \"linux\", windows)", false),
            ("not(target_os = \"macos\")", false),
            ("feature = \"a\"", false),
        ] {
            assert_eq!(cfg(text).is_never_on_unix(), expected, "{text}");
        }
    }

    #[test]
    fn conditions_that_leave_nothing() {
        let (unix, other, windows) = (cfg("unix"), cfg("not(unix)"), cfg("windows"));
        assert!(cover(&[&unix, &other]));
        assert!(!cover(&[&unix, &windows]));
    }
}
