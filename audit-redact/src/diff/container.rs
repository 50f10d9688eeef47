//! How containers of comparable values are compared, and the leaves that other crates have.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::num::{Saturating, Wrapping};
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{Diff, Differences, walk};
use crate::{Element, MapKey, Public, Secret, Sensitive};

macro_rules! pointers {
    ($($pointer:ty),* $(,)?) => {$(
        impl<T: Diff + ?Sized> Diff for $pointer {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                (**self).diff(after, into);
            }
        }
    )*};
}

pointers! { &T, &mut T, Box<T>, Rc<T>, Arc<T> }

impl<T: Diff + ToOwned + ?Sized> Diff for Cow<'_, T> {
    fn diff(&self, after: &Self, into: &mut Differences<'_>) {
        (**self).diff(after, into);
    }
}

impl<T: Diff> Diff for Option<T> {
    fn diff(&self, after: &Self, into: &mut Differences<'_>) {
        match (self, after) {
            (Some(before), Some(after)) => before.diff(after, into),
            (None, None) => {}
            _ => into.changed(self, after),
        }
    }
}

impl<T: Diff, E: Diff> Diff for Result<T, E> {
    fn diff(&self, after: &Self, into: &mut Differences<'_>) {
        match (self, after) {
            (Ok(before), Ok(after)) => into.part("Ok", before, after),
            (Err(before), Err(after)) => into.part("Err", before, after),
            _ => into.changed(self, after),
        }
    }
}

macro_rules! numbers {
    ($($number:ident),* $(,)?) => {$(
        impl<T: Diff> Diff for $number<T> {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                self.0.diff(&after.0, into);
            }
        }
    )*};
}

numbers! { Wrapping, Saturating }

impl<T: ?Sized> Diff for PhantomData<T> {
    fn diff(&self, _: &Self, _: &mut Differences<'_>) {}
}

/// Compared in constant time, and told as changed without its values.
impl<T: Secret> Diff for Sensitive<T> {
    fn diff(&self, after: &Self, into: &mut Differences<'_>) {
        if self != after {
            into.changed(self, after);
        }
    }
}

/// Compared by what its `Serialize` writes, down to the members and elements in there.
impl<T: Serialize> Diff for Public<T> {
    fn diff(&self, after: &Self, into: &mut Differences<'_>) {
        into.shown("", &self.0, &after.0);
    }
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty),* $(,)?) => {$(
        impl<T: Element + Diff, $($generics)*> Diff for $list {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                let lists: [Vec<&T>; 2] = [self.iter().collect(), after.iter().collect()];
                let is_same = |into: &Differences<'_>, old: &&T, new: &&T| !into.differ(*old, *new);
                walk::list((&lists[0], &lists[1]), into, is_same, |into, step, old, new| {
                    entry(into, step, old.copied(), new.copied());
                });
            }
        }
    )*};
}

lists! { [] [T], [const N: usize] [T; N], [] Vec<T>, [] VecDeque<T>, [] LinkedList<T> }

macro_rules! sets {
    ($([$($generics:tt)*] [$($bounds:tt)*] $set:ty),* $(,)?) => {$(
        impl<T: Element + Diff + $($bounds)*, $($generics)*> Diff for $set {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                self.difference(after).for_each(|value| into.removed("[]", value));
                after.difference(self).for_each(|value| into.added("[]", value));
            }
        }
    )*};
}

sets! { [] [Ord] BTreeSet<T>, [H: BuildHasher] [Eq + Hash] HashSet<T, H> }

macro_rules! maps {
    ($([$($generics:tt)*] [$($bounds:tt)*] $map:ty),* $(,)?) => {$(
        impl<K: MapKey + $($bounds)*, V: Diff, $($generics)*> Diff for $map {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                for (key, value) in self {
                    entry(into, &step(key, into), Some(value), after.get(key));
                }
                for (key, value) in after.iter().filter(|(key, _)| !self.contains_key(key)) {
                    entry(into, &step(key, into), None, Some(value));
                }
            }
        }
    )*};
}

maps! { [] [Ord] BTreeMap<K, V>, [H: BuildHasher] [Eq + Hash] HashMap<K, V, H> }

fn step<K: MapKey>(key: &K, into: &Differences<'_>) -> String {
    match serde_json::to_value(key.redacted_with(into.how())) {
        Ok(Value::String(text)) => walk::key(&text),
        Ok(other) => walk::key(&other.to_string()),
        Err(_) => "*".to_owned(),
    }
}

fn entry<T: Diff>(into: &mut Differences<'_>, step: &str, before: Option<&T>, after: Option<&T>) {
    match (before, after) {
        (Some(before), Some(after)) => into.part(step, before, after),
        (Some(before), None) => into.removed(step, before),
        (None, Some(after)) => into.added(step, after),
        (None, None) => {}
    }
}

macro_rules! tuples {
    ($($($part:ident $place:tt $path:literal),+;)*) => {$(
        impl<$($part: Diff),+> Diff for ($($part,)+) {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                $(into.part($path, &self.$place, &after.$place);)+
            }
        }
    )*};
}

tuples! {
    A 0 "[0]";
    A 0 "[0]", B 1 "[1]";
    A 0 "[0]", B 1 "[1]", C 2 "[2]";
    A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]";
    A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]";
    A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]", F 5 "[5]";
    A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]", F 5 "[5]", G 6 "[6]";
    A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]", F 5 "[5]", G 6 "[6]", H 7 "[7]";
}

macro_rules! floats {
    ($($float:ty),*) => {$(
        /// What is no number is the same as before if it is written with the same bits.
        impl Diff for $float {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                if self.to_bits() != after.to_bits() {
                    into.changed(self, after);
                }
            }
        }
    )*};
}

floats! { f32, f64 }
