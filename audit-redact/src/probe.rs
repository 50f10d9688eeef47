//! Asks the type checker whether a field that a log macro shows is one that the derive hides.
//!
//! The macros write `probe::<FIELD, _>(&base).verdict().write_to_log()` for every `base.field` that is
//! shown, where the code is type-checked and never runs. Method resolution takes the first of the
//! implementations below that fits: the type of `base`, then what it dereferences to, four times
//! over, as the field access itself does. A type that says nothing about the field is allowed.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::{Secret, Sensitive};

/// A type that hides the field whose name hashes to `FIELD`; the derive implements it.
pub trait Hides<const FIELD: u64> {
    /// A type whose `write_to_log` does not compile, with a message that names the field.
    type Verdict;
}

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
    pub const fn write_to_log<T>(self) {}
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
    pub const fn write_to_log<T: MayBeLogged>(self) {}
}

/// A value that a log may show.
#[diagnostic::on_unimplemented(
    message = "`.expose()` gives the clear value of a `Sensitive`, which must not be written to a log",
    label = "this shows the clear value",
    note = "without `.expose()` the value prints as `[redacted]`",
    note = "if this value may be shown: `audit_runtime::allow_leak!(value, \"why\")`, which is listed \
            in the catalogue"
)]
pub trait MayBeLogged {}

#[diagnostic::do_not_recommend]
impl MayBeLogged for Unknown {}

type Target<T> = <T as Deref>::Target;

/// One trait for each level, so that method resolution and not coherence chooses among them.
macro_rules! levels {
    ($($level:ident for $probe:ty { $owner:ty } where [$($bounds:tt)*];)*) => {$(
        #[doc(hidden)]
        pub trait $level {
            type Verdict;

            fn __audit_verdict(&self) -> Self::Verdict {
                any()
            }
        }

        impl<const F: u64, T: ?Sized> $level for $probe
        where
            $($bounds)*
            $owner: Hides<F>,
        {
            type Verdict = <$owner as Hides<F>>::Verdict;
        }
    )*};
}

levels! {
    Level0 for &&&&&Probe<F, T> { T } where [];
    Level1 for &&&&Probe<F, T> { Target<T> } where [T: Deref,];
    Level2 for &&&Probe<F, T> { Target<Target<T>> } where [T: Deref, Target<T>: Deref,];
    Level3 for &&Probe<F, T> { Target<Target<Target<T>>> } where [
        T: Deref, Target<T>: Deref, Target<Target<T>>: Deref,
    ];
    Level4 for &Probe<F, T> { Target<Target<Target<Target<T>>>> } where [
        T: Deref, Target<T>: Deref, Target<Target<T>>: Deref, Target<Target<Target<T>>>: Deref,
    ];
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

impl<const F: u64, T: ?Sized + Hides<F>> Level0 for &&&&&Taken<F, T> {
    type Verdict = T::Verdict;
}

impl<const F: u64, T: ?Sized + Hides<F>> Level1 for &&&&Taken<F, &T> {
    type Verdict = T::Verdict;
}

impl<const F: u64, T: ?Sized + Hides<F>> Level2 for &&&Taken<F, &mut T> {
    type Verdict = T::Verdict;
}

#[doc(hidden)]
pub trait Otherwise {
    fn __audit_verdict(&self) -> Unknown {
        Unknown
    }
}

impl<const F: u64, T: ?Sized> Otherwise for Probe<F, T> {}
impl<const F: u64, T: ?Sized> Otherwise for Taken<F, T> {}
