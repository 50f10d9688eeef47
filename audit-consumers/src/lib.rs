//! What reads a journal: each part has a saved place in it, and none can slow, lose or change a record.

#[cfg(feature = "alerts")]
pub mod alert;
mod position;

pub use position::Position;

/// The examples of the page about alerts, compiled as they stand there.
#[cfg(all(doctest, feature = "email", feature = "webhook"))]
#[doc = include_str!("../../docs/alerts.md")]
struct Alerts;
