//! The guard, a crate of its own, and its place in front of ordinary logs.
//!
//! Every free text of an event goes through [`scrub`] before it is written; this is not switched on,
//! and cannot be switched off. With the feature `guard-tracing`, `Guarded` does the same for
//! what an application's own subscriber prints.

#[cfg(feature = "guard-tracing")]
mod writer;

pub use audit_guard::{Caught, Kind, Scrubbed, Unwatched, Watch, scrub, watch, written_out};
#[cfg(feature = "guard-tracing")]
pub use writer::{Guarded, GuardedWriter};
