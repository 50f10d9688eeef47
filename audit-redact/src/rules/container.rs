//! Rules for lists and sets of elements that have a rule.

use std::collections::{BTreeSet, BinaryHeap, HashSet, LinkedList, VecDeque};

use serde::Serializer;

use crate::{Element, HiddenPaths, Redact, Redaction};

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty),* $(,)?) => {$(
        impl<T: Element, $($generics)*> Redact for $list {
            fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter().map(|part| part.redacted_with(how)))
            }

            fn hidden(report: &mut HiddenPaths) {
                report.part::<T>("[]");
            }
        }
        impl<T: Element, $($generics)*> Element for $list {}
    )*};
}

lists! {
    [] [T],
    [const N: usize] [T; N],
    [] Vec<T>,
    [] VecDeque<T>,
    [] LinkedList<T>,
    [] BinaryHeap<T>,
    [] BTreeSet<T>,
    [H] HashSet<T, H>,
}
