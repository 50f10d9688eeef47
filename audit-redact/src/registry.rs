//! The lists of every type that derives its redaction rule, and of every exception from the rules.

use crate::{Mark, Policy};

/// A type that derives [`Redact`](trait@crate::Redact), as its source says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedactedType {
    /// Module path and name.
    pub name: &'static str,
    /// Source file, as the compiler was given it.
    pub file: &'static str,
    /// Line of the derive, from 1.
    pub line: u32,
    /// The fields in order; those of an enum carry the name of their variant.
    pub fields: &'static [RedactedField],
}

/// One field of a [`RedactedType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedactedField {
    /// The path from the type to the field: `password`, `[0]`, `Card.number`; empty for the one
    /// field of a newtype.
    pub name: &'static str,
    /// What decides whether it is written.
    pub class: FieldClass,
    /// Why a field whose name looks sensitive may be written.
    pub reason: Option<&'static str>,
    /// What `#[sensitive(…)]` says beyond its name; see [`policy`](Self::policy).
    pub mark: Option<Mark>,
}

impl RedactedField {
    /// A field without a mark of more than a word; macro output is made of these, since the compiler
    /// checks a call in less time than all members of a literal.
    #[doc(hidden)]
    pub const fn new(name: &'static str, class: FieldClass) -> Self {
        Self { name, class, reason: None, mark: None }
    }

    /// The same with the reason why it is shown.
    #[doc(hidden)]
    #[must_use]
    pub const fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The same with its policy.
    #[doc(hidden)]
    #[must_use]
    pub const fn marked(self, mark: Mark) -> Self {
        Self { mark: Some(mark), ..self }
    }

    /// What is written of a field marked `#[sensitive]`; none for other fields.
    pub fn policy(&self) -> Option<Policy> {
        match (self.class, self.mark) {
            (FieldClass::Sensitive, mark) => Some(mark.map_or(Policy::Full, |mark| mark.policy)),
            _ => None,
        }
    }
}

/// What decides whether a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// Marked `#[sensitive]`: written by its policy, which shows nothing unless it says so.
    Sensitive,
    /// Marked `#[public]`, or public by the default of its type: always written.
    Public,
    /// Unmarked: the rule of its type decides.
    Ruled,
}

/// A place in the source that shows more than the rules would by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// What makes it one.
    pub kind: ExceptionKind,
    /// What is shown, by its path: `shop::Login.name`, `shop::pay.note`, or the module of an
    /// expression.
    pub what: &'static str,
    /// Why, where the source has to say it.
    pub reason: Option<&'static str>,
    /// Source file, as the compiler was given it.
    pub file: &'static str,
    /// Line of the derive, the attribute or the macro, from 1.
    pub line: u32,
}

/// What makes an [`Exception`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExceptionKind {
    /// `#[redact(default = "public")]`: what is unmarked in this type is shown.
    PublicByDefault,
    /// `#[public(reason = "…")]` on a field.
    PublicField,
    /// `#[public(reason = "…")]` before what `#[audited]` captures.
    PublicCapture,
    /// `#[sensitive(with = path)]`: a function of the program decides what is shown.
    OwnPolicy,
    /// `#[serde(serialize_with = "audit_runtime::wire")]`: written in clear where it is disclosed.
    Disclosed,
    /// `allow_leak!(…)`.
    AllowedLeak,
}

impl Exception {
    /// Every exception that is linked into this program, by kind, then by what it shows, then by
    /// place.
    pub fn all() -> Vec<&'static Self> {
        let place = |e: &&'static Self| (e.kind, e.what, e.file, e.line, e.reason);
        let mut exceptions: Vec<_> = inventory::iter::<Self>.into_iter().collect();
        exceptions.sort_by_key(place);
        // Attribute macros that copy their item register its exceptions twice.
        exceptions.dedup();
        exceptions
    }
}

impl RedactedType {
    /// Every type linked into this program, by name, then by place.
    pub fn all() -> Vec<&'static Self> {
        let mut types: Vec<_> = inventory::iter::<Self>.into_iter().collect();
        types.sort_by_key(|t| (t.name, t.file, t.line));
        types
    }
}

inventory::collect!(RedactedType);
inventory::collect!(Exception);
