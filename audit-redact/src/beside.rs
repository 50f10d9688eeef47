//! What is shown past the marks: by the other traits of a type, by the types of other crates.

use serde::Deserialize;

use crate::field::Field;
use crate::marks::{Carrying, NoMarks, OwnMarks};

/// Demands that nothing prints a type whose only field is marked.
pub fn unprinted<T: ?Sized, A: Unprinted<T>>(_: A) {}

/// Demands that no error of serde repeats what was given for a marked field.
pub fn unread<T: ?Sized, A: Unread<T>>(_: A) {}

/// Demands that what is public without a reason is of no type that carries secrets.
pub fn harmless<T: ?Sized, A: Harmless<T>>(_: A) {}

/// Asked of the answer, so that the sentence can name the type.
#[diagnostic::on_unimplemented(
    message = "`{T}` implements `Display`, which would print a field that is marked `#[sensitive]`",
    label = "the only field, and so all there is to print",
    note = "remove the derive of `Display`, or let the field be a `Sensitive<…>`",
    note = "if a log may show what it prints: `#[redact(display = \"why\")]`, listed in the catalogue"
)]
pub trait Unprinted<T: ?Sized> {}
impl<T: ?Sized> Unprinted<T> for NoMarks {}

/// Asked of the answer, so that the sentence can name the type.
#[diagnostic::on_unimplemented(
    message = "`{T}` implements `Deserialize`, whose errors repeat what they refuse",
    label = "marked `#[sensitive]`: an error would show what was given for it",
    note = "write `#[serde(deserialize_with = \"audit_runtime::withheld\")]`, with `default` for an `Option`",
    note = "or let it be a `Sensitive<…>`, by hand or by `#[wrap_sensitive]`, whose errors withhold it"
)]
pub trait Unread<T: ?Sized> {}
impl<T: ?Sized> Unread<T> for NoMarks {}

/// Asked of the answer, so that the sentence can name the type.
#[diagnostic::on_unimplemented(
    message = "a `{T}` may show a secret: a password or `?token=…` in an address, any member of JSON",
    label = "mark the field `#[sensitive]`, or say why a log may show it: `#[public(reason = \"…\")]`"
)]
pub trait Harmless<T: ?Sized> {}
impl<T: ?Sized> Harmless<T> for NoMarks {}

macro_rules! answers_yes {
    ($([$($generics:tt)*] $question:ty;)*) => {$(
        impl<$($generics)*> Field<$question> {
            /// The answer of a type that shows something.
            pub const SHOWS: OwnMarks = OwnMarks;
        }
    )*};
}

answers_yes! {
    [T: std::fmt::Display] dyn Unprinted<T>;
    ['de, T: Deserialize<'de>] dyn Unread<T> + 'de;
    [T: Carrying + ?Sized] dyn Harmless<T>;
}
