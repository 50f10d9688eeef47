//! Finds how the clear form of a marked field is had: by `Sensitive`, by `Serialize`, or not at all.
//!
//! Macro output calls methods on `&&Veil(…)` and the like; method lookup goes from reference to
//! reference, and takes the first of the traits below that the field's type fits. A type that fits none is hidden, and breaks the build at its
//! [`Veilable`] with one message.

use std::fmt::{self, Display, Formatter};
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use super::exposed::{Exposed, Exposing};
use super::{Mark, Veiled};
use crate::Redaction;
use crate::field::Hidden;
use crate::marks::NoMarks;

/// A marked field.
pub struct Veil<'a, T: ?Sized>(pub &'a T);

impl<T: ?Sized> Clone for Veil<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Veil<'_, T> {}

/// The first choice: what holds a `Sensitive` value.
pub trait VeilByExposing<'a, T: ?Sized> {
    /// The field as its policy writes it.
    fn veiled(
        self,
        mark: &Mark,
        how: Redaction<'a>,
        subject: Option<&'a dyn Display>,
    ) -> Veiled<'a, Exposed<'a, T>>;
}

impl<'a, T: Exposing + ?Sized> VeilByExposing<'a, T> for &&Veil<'a, T> {
    fn veiled(
        self,
        mark: &Mark,
        how: Redaction<'a>,
        subject: Option<&'a dyn Display>,
    ) -> Veiled<'a, Exposed<'a, T>> {
        Veiled { value: Exposed(self.0), form: mark.form(how), subject }
    }
}

/// The second choice: what can be serialized.
pub trait VeilBySerialize<'a, T: ?Sized> {
    /// The field as its policy writes it.
    fn veiled(
        self,
        mark: &Mark,
        how: Redaction<'a>,
        subject: Option<&'a dyn Display>,
    ) -> Veiled<'a, &'a T>;
}

impl<'a, T: Serialize + ?Sized> VeilBySerialize<'a, T> for &Veil<'a, T> {
    fn veiled(
        self,
        mark: &Mark,
        how: Redaction<'a>,
        subject: Option<&'a dyn Display>,
    ) -> Veiled<'a, &'a T> {
        Veiled { value: self.0, form: mark.form(how), subject }
    }
}

/// What is left when the build fails anyway.
pub trait VeilByNothing {
    /// Hidden.
    fn veiled(self, mark: &Mark, how: Redaction<'_>, subject: Option<&dyn Display>) -> Hidden;
}

impl<T: ?Sized> VeilByNothing for Veil<'_, T> {
    fn veiled(self, _: &Mark, _: Redaction<'_>, _: Option<&dyn Display>) -> Hidden {
        Hidden
    }
}

/// Demands of the type of a field that its policy can see the value.
pub struct Veilable<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Veilable<T> {
    /// The demand for `T`.
    pub const OF: Self = Self(PhantomData);
}

/// Met by what holds a `Sensitive` value.
pub trait VeilableByExposing: Sized {
    /// Nothing to do.
    fn demand(self) {}
}

impl<T: Exposing + ?Sized> VeilableByExposing for &&Veilable<T> {}

/// Met by what can be serialized, and by nothing else.
pub trait VeilableBySerialize<T: ?Sized> {
    /// Nothing to do.
    fn demand(&self)
    where
        T: Treatable,
    {
    }
}

impl<T: ?Sized> VeilableBySerialize<T> for Veilable<T> {}

/// What a policy can treat, which is everything with `Serialize`.
#[diagnostic::on_unimplemented(
    message = "a policy treats a field piece by piece as its `Serialize` writes it, \
               which `{Self}` has not",
    label = "the policy cannot see what is in this `{Self}`",
    note = "derive `serde::Serialize` on the type; for a type of another crate, look for a feature \
            named `serde`",
    note = "or write `#[sensitive]` alone, which hides a value of any type, or \
            `#[sensitive(with = path)]` with a function of your own"
)]
pub trait Treatable: Serialize {}

// Hidden from the compiler's advice, which would speak of `Serialize` and not of policies.
#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Treatable for T {}

/// Demands that a field with a policy has no marks of its own, given the answer of its type.
pub fn treated<T: ?Sized, M: Unmarked<T>>(_: M) {}

/// Asked of the answer, so that the sentence can name the type.
#[diagnostic::on_unimplemented(
    message = "`{T}` has marks of its own, and a policy around it would go around them",
    label = "the policy treats its `Serialize`, which writes what its marks hide",
    note = "take the policy away: unmarked, the field is written by the rule of its type",
    note = "or write `#[sensitive]` alone, which hides all of it"
)]
pub trait Unmarked<T: ?Sized> {}

impl<T: ?Sized> Unmarked<T> for NoMarks {}

/// What the function of `with = path` returned, if it was called at all.
pub struct Output<T>(pub Option<T>);

/// The first choice: what can be serialized.
pub trait OutputBySerialize<'a, T> {
    /// The written form.
    fn veiled(self, mark: &Mark, how: Redaction<'a>) -> Veiled<'a, Option<&'a T>>;
}

impl<'a, T: Serialize> OutputBySerialize<'a, T> for &&&'a Output<T> {
    fn veiled(self, mark: &Mark, how: Redaction<'a>) -> Veiled<'a, Option<&'a T>> {
        Veiled { value: self.0.as_ref(), form: mark.form(how), subject: None }
    }
}

/// The second choice: what has a text.
pub trait OutputByDisplay<'a, T> {
    /// The written form.
    fn veiled(self, mark: &Mark, how: Redaction<'a>) -> Veiled<'a, Option<Text<'a, T>>>;
}

impl<'a, T: Display> OutputByDisplay<'a, T> for &&'a Output<T> {
    fn veiled(self, mark: &Mark, how: Redaction<'a>) -> Veiled<'a, Option<Text<'a, T>>> {
        Veiled { value: self.0.as_ref().map(Text), form: mark.form(how), subject: None }
    }
}

/// What is left: a message, where the path stands.
pub trait OutputByNothing<T> {
    /// Demands what cannot be met.
    fn veiled(&self, _: &Mark, _: Redaction<'_>) -> Hidden
    where
        T: Writable,
    {
        Hidden
    }
}

impl<T> OutputByNothing<T> for Output<T> {}

/// What a function may return for a log to write.
#[diagnostic::on_unimplemented(
    message = "the function of `with = …` returns `{Self}`, which has neither `Serialize` nor \
               `Display`",
    label = "nothing says how a log writes what this returns",
    note = "let it return a `String`, a number, or a type with `Serialize` or `Display`"
)]
pub trait Writable: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Writable for T {}

/// The text of a value's `Display`.
pub struct Text<'a, T>(&'a T);

impl<T: Display> Serialize for Text<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// The name of whom a value is about, made when a key of theirs is needed.
pub struct Subject<F>(F);

/// The subject whose name `write` writes.
pub fn subject<F: Fn(&mut Formatter<'_>) -> fmt::Result>(write: F) -> Subject<F> {
    Subject(write)
}

impl<F: Fn(&mut Formatter<'_>) -> fmt::Result> Display for Subject<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}
