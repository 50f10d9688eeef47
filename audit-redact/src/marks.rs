//! Which types carry marks, so that nothing that writes a value as it is goes around them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::num::{Saturating, Wrapping};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::Public;

/// A type whose values hold nothing that is marked: text, numbers, ids, and lists of them.
///
/// [`public`](crate::public) takes these, and so do the public fields of a generic type. Whether a
/// value of your own may be shown is decided field by field, by `#[derive(Redact)]`, which makes a
/// type plain if no part of it can be hidden. A type from elsewhere that has a `Serialize` is made
/// plain, on purpose, as text: `public(value.to_string())`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no plain value, and may hold something that a log must not show",
    label = "this would be written as it is, whatever its parts are marked",
    note = "for a type with `#[derive(Redact)]`: pass the value itself, without `public`, or take \
            `#[public]` off the generic field that holds it; its rule shows what may be shown",
    note = "for another type of your own: write `#[derive(Redact)]` on it",
    note = "for a type from elsewhere: show the text that is no secret, `public(value.to_string())`"
)]
pub trait Plain {}

/// A type whose rule may hide a part of its values.
pub trait Marked {}

/// A type of another crate that may hold a secret in any of its values, whatever it is called here.
pub trait Carrying {}
#[cfg(feature = "url")]
impl Carrying for url::Url {}
impl Carrying for serde_json::Value {}
impl Carrying for serde_json::Map<String, serde_json::Value> {}

macro_rules! plain {
    ($($ty:ty),* $(,)?) => {$(
        impl Plain for $ty {}
    )*};
}

plain! { str, String, Path, PathBuf }

/// Whatever is made of one type is what that type is.
macro_rules! made_of {
    ($(($($generics:tt)*) $ty:ty),* $(,)?) => {$(
        impl<T: Plain $($generics)*> Plain for $ty {}
        impl<T: Marked $($generics)*> Marked for $ty {}
        impl<T: Carrying $($generics)*> Carrying for $ty {}
    )*};
}

made_of! {
    (+ ?Sized) &T, (+ ?Sized) &mut T, (+ ?Sized) Box<T>, (+ ?Sized) Rc<T>, (+ ?Sized) Arc<T>,
    (+ ToOwned + ?Sized) Cow<'_, T>, () Option<T>, () [T], () Vec<T>, () VecDeque<T>,
    () LinkedList<T>, () BinaryHeap<T>, () BTreeSet<T>, (, H) HashSet<T, H>,
    (, const N: usize) [T; N], () Wrapping<T>, () Saturating<T>,
}

impl<K: Plain, V: Plain> Plain for BTreeMap<K, V> {}
impl<K, V: Marked> Marked for BTreeMap<K, V> {}
impl<K, V: Carrying> Carrying for BTreeMap<K, V> {}
impl<K: Plain, V: Plain, H> Plain for HashMap<K, V, H> {}
impl<K, V: Marked, H> Marked for HashMap<K, V, H> {}
impl<K, V: Carrying, H> Carrying for HashMap<K, V, H> {}
impl<T: Plain, E: Plain> Plain for Result<T, E> {}
impl<T: ?Sized> Plain for PhantomData<T> {}
impl<T: Plain> Plain for Public<T> {}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: Plain),+> Plain for ($($part,)+) {}
    )*};
}

tuples! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}

/// Demands that a field which is written as it is has no marks of its own.
pub fn as_it_is<T: ?Sized, M: AsItIs<T>>(_: M) {}

/// The answer of a type with marks.
pub struct OwnMarks;

/// The answer of every other type.
pub struct NoMarks;

/// Asked of the answer, so that the sentence can name the type.
#[diagnostic::on_unimplemented(
    message = "`{T}` has marks of its own, and a public field would go around them",
    label = "its `Serialize` writes what its marks hide",
    note = "take `#[public]` away: unmarked, the field is written by the rule of its type, which shows \
            what may be shown",
    note = "under `#[redact(default = \"public\")]`: the type around it holds a secret after all; mark \
            its fields one by one instead"
)]
pub trait AsItIs<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> AsItIs<T> for NoMarks {}
