//! What the output of a derive does with each field: demand its rule, show it or hide it.

use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use crate::marks::{Marked, NoMarks, OwnMarks};
use crate::{HiddenPaths, REDACTED, Redact, Redacted, Redaction};

/// Demands the rule of a field that carries no mark.
pub fn rule<T: Redact + ?Sized>() {}

/// Demands the rule of a field that carries no mark, and whose type is known to carry secrets.
pub fn carrier<T: Carrier + ?Sized>() {}

/// What an unmarked field may hold although its type is named like one that carries secrets: a type
/// of that name that has a rule.
#[diagnostic::on_unimplemented(
    message = "`{Self}` often carries a secret and has no redaction rule",
    label = "a log would show a password, a `?token=…`, an `authorization` header or any member of a \
             JSON value",
    note = "mark the field `#[sensitive]` to hide it",
    note = "better: keep the part that is no secret, such as `uri.path()`, in a field of its own",
    note = "to show all of it: `#[public(reason = \"…\")]`",
    note = "the feature `url` of `audit_runtime` gives `url::Url` a rule, which hides the user, the \
            query and the fragment"
)]
pub trait Carrier: Redact {}

// Hidden from the compiler's advice, which would speak of a missing rule and not of what is carried.
#[diagnostic::do_not_recommend]
impl<T: Redact + ?Sized> Carrier for T {}

/// Demands that a field marked `#[public]` can be written.
pub fn public<T: ?Sized, M: Written<T>>(_: M) {}

/// What a field marked `#[public]` may hold, which is everything with `Serialize`. Asked of the answer
/// whether the type has marks: one that has, and may not be public at all, is told only that.
#[diagnostic::on_unimplemented(
    message = "a field marked `#[public]` is written by its `Serialize`, which `{T}` has not",
    label = "nothing says how a log writes this `{T}`",
    note = "for a type of your own: write `#[derive(Redact)]` on it and take the mark away, or \
            derive `serde::Serialize`",
    note = "for a type of another crate: look for a feature of that crate named `serde`"
)]
pub trait Written<T: ?Sized> {}

// Hidden from the compiler's advice, which would speak of these and of `Serialize`, and not of fields.
#[diagnostic::do_not_recommend]
impl<T: ?Sized> Written<T> for OwnMarks {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Written<T> for NoMarks {}

/// A field of type `T` in the output of a derive.
///
/// Its own functions exist where the type has what they need; elsewhere those of [`Unruled`] take
/// their place, which hide. So a type without a rule breaks the build where [`rule`] or [`public`]
/// demands it, with one message, and nowhere else.
pub struct Field<T: ?Sized>(PhantomData<T>);

impl<T: Redact + ?Sized> Field<T> {
    /// The form of an unmarked field.
    pub fn form<'a>(value: &'a T, how: Redaction<'a>) -> Redacted<'a, T> {
        value.redacted_with(how)
    }

    /// Reports what an unmarked field hides, as the part at `path`.
    pub fn hidden(report: &mut HiddenPaths, path: &'static str) {
        report.part::<T>(path);
    }
}

impl<T: Marked + ?Sized> Field<T> {
    /// The type hides something.
    pub const MARKS: OwnMarks = OwnMarks;
}

impl<T: Serialize + ?Sized> Field<T> {
    /// The form of a public field: as it is.
    pub fn plain(value: &T) -> &T {
        value
    }
}

/// Takes the place of a hidden value: the text in JSON, the bare word in `Debug`.
#[derive(Debug)]
pub struct Hidden;

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A unit variant is a string in JSON and an unquoted name in Debug.
        serializer.serialize_unit_variant("Hidden", 0, REDACTED)
    }
}

/// What a field is taken for when its type lacks a rule and the build fails anyway.
pub trait Unruled<T: ?Sized> {
    /// Hidden.
    fn form(_: &T, _: Redaction<'_>) -> Hidden {
        Hidden
    }

    /// Hidden.
    fn plain(_: &T) -> Hidden {
        Hidden
    }

    /// Nothing to report.
    fn hidden(_: &mut HiddenPaths, _: &str) {}

    /// The type hides nothing that is known.
    const MARKS: NoMarks = NoMarks;

    /// Nothing of the type is shown past its marks.
    const SHOWS: NoMarks = NoMarks;
}

impl<T: ?Sized> Unruled<T> for Field<T> {}
