//! Secrets that are JSON values.

use std::mem;

use serde_json::Value;
use subtle::Choice;
use zeroize::optimization_barrier;

use super::Secret;
use super::map::pairwise;

/// Wiped with the keys of its objects.
impl Secret for Value {
    fn wipe(&mut self) {
        match self {
            Self::Null => {}
            Self::Bool(value) => value.wipe(),
            // A number cannot be written into; another takes its place.
            Self::Number(number) => {
                *number = 0.into();
                optimization_barrier(number);
            }
            Self::String(text) => text.wipe(),
            Self::Array(list) => list.wipe(),
            Self::Object(object) => {
                object.values_mut().for_each(Self::wipe);
                mem::take(object).into_iter().for_each(|(mut key, _)| key.wipe());
            }
        }
    }

    fn same(&self, other: &Self) -> Choice {
        match (self, other) {
            (Self::Null, Self::Null) => Choice::from(1),
            (Self::Bool(value), Self::Bool(other)) => value.same(other),
            (Self::Number(number), Self::Number(other)) => Choice::from(u8::from(number == other)),
            (Self::String(text), Self::String(other)) => text.same(other),
            (Self::Array(list), Self::Array(other)) => list.same(other),
            (Self::Object(object), Self::Object(other)) => {
                pairwise(object.iter(), other.iter(), |(key, value), (other_key, other)| {
                    key.same(other_key) & value.same(other)
                })
            }
            _ => Choice::from(0),
        }
    }
}
