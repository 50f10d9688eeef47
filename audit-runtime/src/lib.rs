//! Compile-time audit logging: annotated calls become redacted events in a tamper-evident journal.

mod digest;
mod encode;
mod id;
pub mod journal;
pub mod redact;
mod time;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use audit_macros::Redact;
pub use digest::{Digest, HashKey};
pub use id::EventId;
pub use redact::{HiddenPaths, Public, Redact, Redacted, public};
pub use time::{Clock, SystemClock, Timestamp};
