//! Secrets that are maps and sets: keys are wiped like values.
//!
//! A key cannot be changed where it lies, so it is moved out to be wiped. A key that is text or a list leaves
//! nothing behind; one that is a number, or an array, leaves its bytes in the memory that the map gives back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem;

use subtle::Choice;

use super::Secret;

impl<K: Secret, V: Secret, H> Secret for HashMap<K, V, H> {
    fn wipe(&mut self) {
        self.values_mut().for_each(V::wipe);
        self.drain().for_each(|(mut key, _)| key.wipe());
    }

    fn same(&self, other: &Self) -> Choice {
        pairwise(self.iter(), other.iter(), same_entry)
    }
}

impl<K: Secret, V: Secret> Secret for BTreeMap<K, V> {
    fn wipe(&mut self) {
        self.values_mut().for_each(V::wipe);
        mem::take(self).into_keys().for_each(|mut key| key.wipe());
    }

    fn same(&self, other: &Self) -> Choice {
        pairwise(self.iter(), other.iter(), same_entry)
    }
}

impl<T: Secret, H> Secret for HashSet<T, H> {
    fn wipe(&mut self) {
        self.drain().for_each(|mut part| part.wipe());
    }

    fn same(&self, other: &Self) -> Choice {
        pairwise(self.iter(), other.iter(), T::same)
    }
}

impl<T: Secret> Secret for BTreeSet<T> {
    fn wipe(&mut self) {
        mem::take(self).into_iter().for_each(|mut part| part.wipe());
    }

    fn same(&self, other: &Self) -> Choice {
        pairwise(self.iter(), other.iter(), T::same)
    }
}

fn same_entry<K: Secret + ?Sized, V: Secret>((key, value): (&K, &V), other: (&K, &V)) -> Choice {
    key.same(other.0) & value.same(other.1)
}

/// Holds each part against every one of the other side, since a look-up would tell what it finds.
pub(super) fn pairwise<T: Copy>(
    parts: impl ExactSizeIterator<Item = T>,
    others: impl ExactSizeIterator<Item = T> + Clone,
    same: impl Fn(T, T) -> Choice,
) -> Choice {
    let as_many = Choice::from(u8::from(parts.len() == others.len()));
    parts.fold(as_many, |all, part| {
        let found = others.clone().fold(Choice::from(0), |any, other| any | same(part, other));
        all & found
    })
}
