//! Rules for maps whose keys and values have one.

use std::collections::{BTreeMap, HashMap};

use serde::Serializer;

use crate::{Element, HiddenPaths, MapKey, Redact, Redaction};

macro_rules! maps {
    ($([$($generics:tt)*] $map:ty),* $(,)?) => {$(
        impl<K: MapKey, V: Redact, $($generics)*> Redact for $map {
            fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter().map(|(k, v)| (k.redacted_with(how), v.redacted_with(how))))
            }

            fn hidden(report: &mut HiddenPaths) {
                report.part::<V>("*");
            }
        }
        impl<K: MapKey, V: Redact, $($generics)*> Element for $map {}
    )*};
}

maps! {
    [] BTreeMap<K, V>,
    [H] HashMap<K, V, H>,
}
