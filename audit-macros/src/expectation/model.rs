//! What an assertion says, as it was written.

use proc_macro2::{Ident, TokenStream};
use syn::Expr;

pub(super) const OUTCOMES: &[&str] =
    &["success", "failure", "denied", "error", "panic", "cancelled", "timeout", "unknown"];
pub(super) const PHASES: &[&str] = &["intent", "end"];

/// Which of the two macros was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// `assert_audited!`
    There,
    /// `assert_not_audited!`
    NotThere,
}

impl Sense {
    pub(super) fn macro_name(self) -> &'static str {
        match self {
            Self::There => "assert_audited!",
            Self::NotThere => "assert_not_audited!",
        }
    }
}

/// A whole call.
pub(super) struct Call {
    pub(super) sense: Sense,
    /// `$crate` of the runtime.
    pub(super) runtime: TokenStream,
    pub(super) trail: Expr,
    pub(super) conditions: Conditions,
}

/// What is looked for.
#[derive(Default)]
pub(super) struct Conditions {
    /// In the order in which they were written.
    pub(super) options: Vec<Written>,
    pub(super) count: Option<Expr>,
}

/// One option.
pub(super) enum Written {
    /// Its value is an expression.
    Value(Ident, Expr),
    /// Its value is one of a few words.
    Word(Ident, &'static str),
    Target(Target),
    Fields(Vec<Field>),
}

impl Conditions {
    /// True if the option `key` is there, whatever its value is.
    pub(super) fn has(&self, key: &Ident) -> bool {
        self.options.iter().any(|option| match option {
            Written::Value(known, _) | Written::Word(known, _) => known == key,
            Written::Fields(_) => key == "fields",
            Written::Target(_) => false,
        })
    }
}

/// `target(Type, id = …, name = …)`, where the id may be any.
pub(super) struct Target {
    pub(super) kind: Ident,
    pub(super) id: Option<Expr>,
    pub(super) name: Option<Expr>,
}

/// `name = expression`; the name may go into a struct: `change.amount`.
pub(super) struct Field {
    pub(super) path: String,
    pub(super) value: Expr,
}
