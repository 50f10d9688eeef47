//! The clear form of fields that hold `Sensitive` values, for a policy to treat.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::Sensitive;
use crate::sensitive::Secret;

/// A type that is, or holds, a `Sensitive` value, and has no `Serialize` for that reason.
pub trait Exposing {
    /// Writes the clear value; called only where a policy treats every piece of it.
    #[doc(hidden)]
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl<T: Secret + Serialize> Exposing for Sensitive<T> {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }
}

/// The clear form of a value; it is made by policies only.
pub struct Exposed<'a, T: ?Sized>(pub(super) &'a T);

impl<T: Exposing + ?Sized> Serialize for Exposed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.expose_to(serializer)
    }
}

macro_rules! pointers {
    ($($pointer:ty),* $(,)?) => {$(
        impl<T: Exposing + ?Sized> Exposing for $pointer {
            fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                (**self).expose_to(serializer)
            }
        }
    )*};
}

pointers! { &T, &mut T, Box<T>, Rc<T>, Arc<T> }

impl<T: Exposing + ToOwned + ?Sized> Exposing for Cow<'_, T> {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).expose_to(serializer)
    }
}

impl<T: Exposing> Exposing for Option<T> {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Exposed).serialize(serializer)
    }
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty),* $(,)?) => {$(
        impl<T: Exposing, $($generics)*> Exposing for $list {
            fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter().map(Exposed))
            }
        }
    )*};
}

lists! { [] [T], [const N: usize] [T; N], [] Vec<T>, [] VecDeque<T> }

macro_rules! maps {
    ($([$($generics:tt)*] $map:ty),* $(,)?) => {$(
        impl<K: Serialize, V: Exposing, $($generics)*> Exposing for $map {
            fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter().map(|(key, value)| (key, Exposed(value))))
            }
        }
    )*};
}

maps! { [] BTreeMap<K, V>, [H] HashMap<K, V, H> }
