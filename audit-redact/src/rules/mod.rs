//! The rules of types that are not ours: numbers, times, addresses, containers.

mod container;
mod map;
mod scalar;
mod tuple;
mod wrapper;

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "url")]
mod url;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(test)]
mod tests;

/// Types that are shown as their `Serialize` writes them.
macro_rules! shown {
    ($($ty:ty),* $(,)?) => {$(
        impl $crate::Redact for $ty {
            fn redact<S: serde::Serializer>(&self, serializer: S, _how: $crate::Redaction<'_>) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(self, serializer)
            }
        }
        impl $crate::Plain for $ty {}
    )*};
}

/// Types that are shown as the text of their `Display`, and may stand in lists.
macro_rules! shown_as_text {
    ($($ty:ty),* $(,)?) => {$(
        impl $crate::Redact for $ty {
            fn redact<S: serde::Serializer>(&self, serializer: S, _how: $crate::Redaction<'_>) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl $crate::Element for $ty {}
        impl $crate::Plain for $ty {}
    )*};
}

/// Types that are compared as a whole, by their `==`.
macro_rules! compared {
    ($([$($generics:tt)*] $ty:ty),* $(,)?) => {$(
        impl<$($generics)*> $crate::Diff for $ty {
            fn diff(&self, after: &Self, into: &mut $crate::Differences<'_>) {
                if self != after {
                    into.changed(self, after);
                }
            }
        }
    )*};
    ($($ty:ty),* $(,)?) => {
        $crate::rules::compared! { $([] $ty),* }
    };
}

/// Implements a marker trait for each type.
macro_rules! mark {
    ($marker:ident: $($ty:ty),* $(,)?) => {
        $(impl $crate::$marker for $ty {})*
    };
}

use {compared, mark, shown, shown_as_text};
