//! Names that the output of `#[derive(Redact)]` may use; no part of the public interface.

pub use inventory;
pub use serde;

pub use crate::field::{Field, Hidden, Unruled, public, rule};
pub use crate::{
    Element, FieldClass, HiddenPaths, MapKey, Redact, Redacted, RedactedField, RedactedType,
    Redaction,
};
