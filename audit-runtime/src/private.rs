//! Names that the output of our macros may use; no part of the public interface.

pub use audit_redact::__private::*;

pub use crate::catalog::{ActionSpec, Registered};
pub use crate::event::{Category, ChangeSet, Durability, OnUnrecorded, Operation, Part, Severity};
pub use crate::scope::refuse::{ByItself, Refusable, RefuseBy, Refusing, Way};
pub use crate::scope::{Captures, Ret, RetOfAny, RetOfResult, Scope, classify};

/// The type `!`, which stable Rust lets nobody write outside a return type.
pub type Never = <fn() -> ! as Returning>::Output;

/// A function pointer, whose return type this names.
pub trait Returning {
    /// What it returns.
    type Output;
}

impl<T> Returning for fn() -> T {
    type Output = T;
}
