//! Asks the type checker whether a field that a log macro shows is one that the derive hides.
//!
//! The macros write `probe::<FIELD, _>(&base).verdict().write_to_log(&shown)` for every `base.field`
//! that is shown, where the code is type-checked and never runs. Method resolution takes the first of the
//! implementations below that fits: the type of `base`, then what it dereferences to, four times
//! over, as the field access itself does. A type that says nothing about the field is allowed.

use std::array::TryFromSliceError;
use std::char::{CharTryFromError, ParseCharError};
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::net::AddrParseError;
use std::num::{ParseFloatError, ParseIntError, TryFromIntError};
use std::ops::{Deref, Range};
use std::str::{ParseBoolError, Utf8Error};

use crate::{Secret, Sensitive};

/// A type that hides the field whose name hashes to `FIELD`; the derive implements it.
pub trait Hides<const FIELD: u64> {
    /// A type whose `write_to_log` does not compile, with a message that names the field.
    type Verdict;
}

/// The answer for the field of which the derive named the type `Field`.
#[derive(Debug)]
pub struct Refused<Field>(PhantomData<fn() -> Field>);

impl<Field> Refused<Field> {
    /// Compiles for what only speaks of the field's value.
    pub const fn write_to_log<T: MayBeLogged<Field> + ?Sized>(&self, _shown: &T) {}
}

/// The answer for a field of which a number or a flag is not said, but given away.
#[derive(Debug)]
pub struct RefusedWhole<Field>(PhantomData<fn() -> Field>);

impl<Field> RefusedWhole<Field> {
    /// Does not compile.
    pub const fn write_to_log<T: ?Sized>(&self, _shown: &T)
    where
        Whole<T>: MayBeLogged<Field>,
    {
    }
}

/// A value of which nothing may be shown.
#[derive(Debug)]
pub struct Whole<T: ?Sized>(PhantomData<fn(*const T)>);

/// A value that a log may show, though it was made of the field `Field`.
#[diagnostic::on_unimplemented(
    message = "`{Field}` is `#[sensitive]` and must not be written to a log",
    label = "this shows `{Field}`",
    note = "leave it out, or show the whole value: its `Debug` and `redacted()` hide this",
    note = "if this value may be shown: `audit_runtime::allow_leak!(value, \"why\")`, which is listed \
            in the catalogue"
)]
pub trait MayBeLogged<Field> {}

#[diagnostic::do_not_recommend]
impl<T: Speaking + ?Sized, Field> MayBeLogged<Field> for T {}

/// Stands for a clear value where a message speaks of one.
#[derive(Debug)]
pub struct ClearText;

/// A question about the field `FIELD` of a `T`.
#[derive(Debug)]
pub struct Probe<const FIELD: u64, T: ?Sized>(PhantomData<fn(*const T)>);

/// Asks about the type of a value.
pub const fn probe<const FIELD: u64, T: ?Sized>(_base: &T) -> Probe<FIELD, T> {
    Probe(PhantomData)
}

/// A value of any type, where no code runs.
#[expect(clippy::empty_loop, reason = "it is never run")]
pub const fn any<T>() -> T {
    loop {}
}

/// What a loop over `_all` takes out of it, where no code runs.
pub fn each<I: IntoIterator>(_all: I) -> I::Item {
    any()
}

/// The answer for a field of which nothing is known.
#[derive(Clone, Copy, Debug)]
pub struct Unknown;

impl Unknown {
    /// Compiles.
    pub const fn write_to_log<T: ?Sized>(self, _shown: &T) {}
}

/// Stands for the field that `Sensitive::expose` shows.
pub const EXPOSED: u64 = 0;

impl<T: Secret> Hides<EXPOSED> for Sensitive<T> {
    type Verdict = Exposed;
}

/// The answer for what `Sensitive::expose` gives.
#[derive(Clone, Copy, Debug)]
pub struct Exposed;

impl Exposed {
    /// Does not compile.
    pub const fn write_to_log<T: MayBeExposed + ?Sized>(self, _shown: &T) {}
}

/// A value that a log may show, though it was made of an exposed one.
#[diagnostic::on_unimplemented(
    message = "`.expose()` gives the clear value of a `Sensitive`, which must not be written to a log",
    label = "this shows the clear value",
    note = "without `.expose()` the value prints as `[redacted]`",
    note = "if this value may be shown: `audit_runtime::allow_leak!(value, \"why\")`, which is listed \
            in the catalogue"
)]
pub trait MayBeExposed {}

#[diagnostic::do_not_recommend]
impl<T: Speaking + ?Sized> MayBeExposed for T {}

/// A type of which a value that a method made of a secret text speaks about it, and does not show it.
///
/// There is more than one number among them, so that the question decides the type of none.
pub trait Speaking {}

macro_rules! speaking {
    ($($type:ty),* $(,)?) => { $(impl Speaking for $type {})* };
}

speaking! {
    (), bool, usize, isize, Ordering, fmt::Error, AddrParseError, CharTryFromError, ParseBoolError,
    ParseCharError, ParseFloatError, ParseIntError, TryFromIntError, TryFromSliceError, Utf8Error,
}

impl<T: Speaking + ?Sized> Speaking for &T {}
impl<T: Speaking + ?Sized> Speaking for &mut T {}
impl<T: Speaking> Speaking for Option<T> {}
impl<T: Speaking, E: Speaking> Speaking for Result<T, E> {}
impl<T: Speaking> Speaking for Range<T> {}
impl<T: Speaking, U: Speaking> Speaking for (T, U) {}

type Target<T> = <T as Deref>::Target;

/// The answer to a question, implemented for each level of references by itself: method resolution
/// chooses among them, and tries no other trait at each level.
pub trait Answer {
    /// What is said of writing the field to a log.
    type Verdict;

    /// The verdict, where no code runs.
    fn __audit_verdict(&self) -> Self::Verdict {
        any()
    }
}

macro_rules! levels {
    ($($probe:ty { $owner:ty } where [$($bounds:tt)*];)*) => {$(
        impl<const F: u64, T: ?Sized> Answer for $probe
        where
            $($bounds)*
            $owner: Hides<F>,
        {
            type Verdict = <$owner as Hides<F>>::Verdict;
        }
    )*};
}

levels! {
    &&&&&Probe<F, T> { T } where [];
    &&&&Probe<F, T> { Target<T> } where [T: Deref,];
    &&&Probe<F, T> { Target<Target<T>> } where [T: Deref, Target<T>: Deref,];
    &&Probe<F, T> { Target<Target<Target<T>>> } where [
        T: Deref, Target<T>: Deref, Target<Target<T>>: Deref,
    ];
    &Probe<F, T> { Target<Target<Target<Target<T>>>> } where [
        T: Deref, Target<T>: Deref, Target<Target<T>>: Deref, Target<Target<Target<T>>>: Deref,
    ];
}

impl<const F: u64, T: ?Sized> Answer for Probe<F, T> {
    type Verdict = Unknown;
}

/// A question about the field `FIELD` of what a pattern took apart: of a `T`, or of a reference to one.
#[derive(Debug)]
pub struct Taken<const FIELD: u64, T: ?Sized>(PhantomData<fn(*const T)>);

/// Asks about the type that a pattern names, of which not every parameter need be known yet.
pub const fn taken<const FIELD: u64, T: ?Sized>(_owner: &T) -> Taken<FIELD, T> {
    Taken(PhantomData)
}

/// Two values of one type.
pub const fn same<T: ?Sized>(_one: &T, _other: &T) {}

impl<const F: u64, T: ?Sized + Hides<F>> Answer for &&&&&Taken<F, T> {
    type Verdict = T::Verdict;
}

impl<const F: u64, T: ?Sized + Hides<F>> Answer for &&&&Taken<F, &T> {
    type Verdict = T::Verdict;
}

impl<const F: u64, T: ?Sized + Hides<F>> Answer for &&&Taken<F, &mut T> {
    type Verdict = T::Verdict;
}

impl<const F: u64, T: ?Sized> Answer for Taken<F, T> {
    type Verdict = Unknown;
}
