//! The guard, a crate of its own, and its place in front of ordinary logs.
//!
//! Every free text of an event goes through [`scrub`] before it is written; this is not switched on,
//! and cannot be switched off. With the feature `guard-tracing`, `Guarded` does the same for what an application's
//! own subscriber prints, as its writer or around one of its layers; with `guard-log`, for a logger of the crate `log`.

#[cfg(feature = "guard-log")]
mod bridge;
#[cfg(feature = "guard-tracing")]
mod layer;
#[cfg(any(feature = "guard-tracing", feature = "guard-log"))]
mod text;
#[cfg(feature = "guard-tracing")]
mod writer;

pub use audit_guard::{
    Caught, Kind, Scrubbed, Unwatched, Watch, scrub, scrub_field, scrub_number, watch, written_out,
};
#[cfg(any(feature = "guard-tracing", feature = "guard-log"))]
pub use text::Guarded;
#[cfg(feature = "guard-tracing")]
pub use writer::GuardedWriter;
