//! The list of every type in the program that derives its redaction rule.

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
}

/// What decides whether a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// Marked `#[sensitive]`: never written.
    Sensitive,
    /// Marked `#[public]`, or public by the default of its type: always written.
    Public,
    /// Unmarked: the rule of its type decides.
    Ruled,
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
