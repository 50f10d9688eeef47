//! What `strict` demands of a sensitive field: that its type keeps it secret, everywhere.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use crate::{Secret, Sensitive};

/// Demands that a sensitive field is wrapped.
pub fn wrapped<T: Wrapped + ?Sized>() {}

/// A [`Sensitive`], or something that holds nothing else.
#[diagnostic::on_unimplemented(
    message = "a sensitive field of a strict type is a `Sensitive<…>`, and this one is `{Self}`",
    label = "outside of `#[derive(Redact)]` nothing keeps this out of a log",
    note = "write `#[wrap_sensitive]` above the derives, or `Sensitive<{Self}>` as the type",
    note = "a type is strict by `#[redact(strict)]`, or by `strict = true` in \
            `[workspace.metadata.audited]` or `[package.metadata.audited]` of Cargo.toml"
)]
pub trait Wrapped {}

impl<T: Secret> Wrapped for Sensitive<T> {}

macro_rules! wrapped {
    ($($container:ty),* $(,)?) => {$(
        impl<T: Wrapped> Wrapped for $container {}
    )*};
}

wrapped! { &T, Option<T>, [T], Vec<T>, VecDeque<T>, Box<T>, Rc<T>, Arc<T> }

impl<T: Wrapped, const N: usize> Wrapped for [T; N] {}
