//! Compile-time audit logging: annotated calls become redacted events in a tamper-evident journal.

mod digest;
mod encode;
mod id;
mod time;

pub use digest::{Digest, HashKey};
pub use id::EventId;
pub use time::{Clock, SystemClock, Timestamp};
