//! Secrets made of others: references, boxes, options, lists, tuples.

use std::collections::VecDeque;
use std::mem;

use subtle::Choice;
use zeroize::Zeroize;

use super::Secret;
use crate::Sensitive;

/// Borrowed memory is not owned: nothing is wiped, and the value is only kept out of sight.
impl<T: Secret + ?Sized> Secret for &T {
    fn wipe(&mut self) {}

    fn same(&self, other: &Self) -> Choice {
        (**self).same(other)
    }
}

impl<T: Secret + ?Sized> Secret for Box<T> {
    fn wipe(&mut self) {
        (**self).wipe();
    }

    fn same(&self, other: &Self) -> Choice {
        (**self).same(other)
    }
}

impl<T: Secret> Secret for Sensitive<T> {
    fn wipe(&mut self) {
        self.0.wipe();
    }

    fn same(&self, other: &Self) -> Choice {
        self.0.same(&other.0)
    }
}

impl<T: Secret> Secret for Option<T> {
    fn wipe(&mut self) {
        if let Some(value) = self {
            value.wipe();
        }
    }

    fn same(&self, other: &Self) -> Choice {
        match (self, other) {
            (Some(value), Some(other)) => value.same(other),
            (None, None) => Choice::from(1),
            _ => Choice::from(0),
        }
    }
}

impl<T: Secret> Secret for [T] {
    fn wipe(&mut self) {
        self.iter_mut().for_each(T::wipe);
    }

    fn same(&self, other: &Self) -> Choice {
        let parts = self.iter().zip(other).map(|(part, other)| part.same(other));
        parts.fold(Choice::from(u8::from(self.len() == other.len())), |all, part| all & part)
    }
}

impl<T: Secret, const N: usize> Secret for [T; N] {
    fn wipe(&mut self) {
        self.as_mut_slice().wipe();
    }

    fn same(&self, other: &Self) -> Choice {
        self.as_slice().same(other)
    }
}

impl<T: Secret> Secret for Vec<T> {
    fn wipe(&mut self) {
        self.as_mut_slice().wipe();
        self.clear();
        // The room beyond the end may hold what was there before.
        self.spare_capacity_mut().zeroize();
    }

    fn same(&self, other: &Self) -> Choice {
        self.as_slice().same(other)
    }
}

impl<T: Secret> Secret for VecDeque<T> {
    fn wipe(&mut self) {
        // The same memory as a list, and so its unused room.
        Vec::from(mem::take(self)).wipe();
    }

    fn same(&self, other: &Self) -> Choice {
        let parts = self.iter().zip(other).map(|(part, other)| part.same(other));
        parts.fold(Choice::from(u8::from(self.len() == other.len())), |all, part| all & part)
    }
}

macro_rules! tuples {
    ($($($part:ident $place:tt),+;)*) => {$(
        impl<$($part: Secret),+> Secret for ($($part,)+) {
            fn wipe(&mut self) {
                $(self.$place.wipe();)+
            }

            fn same(&self, other: &Self) -> Choice {
                Choice::from(1) $(& self.$place.same(&other.$place))+
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
