//! Redaction: what of a value may be written to a log, decided by its type.
//!
//! Users meet these names through `audit_runtime`, which re-exports them beside the derive.

mod debug;
mod field;
mod hash_key;
mod marker;
mod paths;
mod public;
mod redact;
mod registry;
mod rules;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use hash_key::HashKey;
pub use marker::{Element, MapKey};
pub use paths::HiddenPaths;
pub use public::{Public, public};
pub use redact::{REDACTED, Redact, Redacted, Redaction};
pub use registry::{FieldClass, RedactedField, RedactedType};
