//! Where a rule may be used: as the element of a list, as the key of a map.

use crate::Redact;

/// A type with a redaction rule whose lists may be written too.
///
/// Everything derived is one. Bytes (`u8`, `i8`) and `char` are not: a number or a letter may be
/// shown, but a list of them is free text. Nor is a tuple with one of them among its parts. Wider numbers
/// are, since lists of ports and ids are common: mark one that holds the letters of a text. A type
/// with a hand-written [`Redact`] becomes one by `impl Element for MyType {}`.
#[diagnostic::on_unimplemented(
    message = "a list of `{Self}` may reach a log but has no redaction rule",
    label = "nothing says whether a log may show a list of `{Self}`",
    note = "mark the field `#[sensitive]` to hide it, or `#[public]` to show it",
    note = "a list of bytes or characters is free text, which never has a rule",
    note = "a type of your own gets its rule from `#[derive(Redact)]`"
)]
pub trait Element: Redact {}

/// A type with a redaction rule whose values are written as plain, distinct text: the key of a map.
///
/// Numbers, ids, addresses and derived enums without fields are. A type with a [`Redact`] that
/// writes a number or a distinct string becomes one by `impl MapKey for MyType {}`.
#[diagnostic::on_unimplemented(
    message = "a map with keys of `{Self}` may reach a log but has no redaction rule",
    label = "nothing says whether a log may show keys of `{Self}`",
    note = "mark the field `#[sensitive]` to hide it, or `#[public]` to show it",
    note = "free text is shown as a key, on purpose, by `audit_runtime::Public<{Self}>`",
    note = "a type of your own that is written as plain text becomes a key by `impl MapKey`"
)]
pub trait MapKey: Redact {}
