//! What reads a journal: each part has a saved place in it, and none can slow, lose or change a record.

#[cfg(feature = "alerts")]
pub mod alert;
pub mod detect;
mod drill;
mod error;
mod follower;
mod meant;
#[cfg_attr(not(unix), path = "owner_absent.rs")]
#[cfg_attr(
    not(feature = "alerts"),
    allow(dead_code, reason = "only a watch makes files for others")
)]
mod owner;
mod position;
pub mod query;
pub mod runner;
mod saved;
#[cfg(unix)]
mod shell;
mod subscription;
mod text;
#[cfg(feature = "alerts")]
pub mod watch;

pub use error::Error;
pub use position::Position;
pub use runner::{Consumer, Running};
pub use subscription::Subscription;
pub use text::{columns, is_deceptive, width};

/// The examples of the page about alerts, compiled as they stand there.
#[cfg(all(doctest, feature = "email", feature = "webhook"))]
#[doc = include_str!("../../docs/alerts.md")]
struct Alerts;
