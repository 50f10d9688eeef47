//! Redaction: what of a value may be written to a log, decided by its type.
//!
//! Users meet these names through `audit_runtime`, which re-exports them beside the derive.

mod allow_leak;
mod beside;
mod debug;
mod diff;
mod disclosure;
mod field;
pub mod keys;
mod marks;
pub mod parse;
mod parts;
mod paths;
mod place;
mod policy;
mod probe;
mod public;
mod redact;
mod redactor;
mod registry;
mod rules;
mod sealed;
mod sensitive;
mod strict;
mod unmet;
mod wire;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use diff::{Changes, Diff, Differences, Scrub};
pub use disclosure::{Disclosed, disclose};
pub use keys::{EncryptionKey, HashKey, KeyProvider, Keys};
pub use marks::Plain;
pub use parse::{ParseError, withheld};
pub use paths::HiddenPaths;
pub use place::{Element, MapKey};
pub use policy::{Mark, Mask, Policy};
pub use public::{Public, public};
pub use redact::{REDACTED, Redact, Redacted, Redaction};
pub use redactor::{OpenError, Redactor, Tightness};
pub use registry::{Exception, ExceptionKind, FieldClass, RedactedField, RedactedType};
pub use sealed::{SealedText, sealed};
pub use sensitive::{Secret, Sensitive, Withheld};
/// The answer of a comparison in constant time, for [`Secret::same`].
pub use subtle::Choice;
pub use unmet::{Need, Unmet};
pub use wire::{Wire, on_withheld, wire, wire_plain};
