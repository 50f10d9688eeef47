//! Names that the output of our macros may use; no part of the public interface.

pub use inventory;
pub use serde;

pub use crate::redact::field::{Field, Hidden, Unruled, public, rule};
pub use crate::redact::{
    Element, FieldClass, HiddenPaths, MapKey, Redact, Redacted, RedactedField, RedactedType,
};
