//! The real `audited` binary on real journals.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod absence;
#[cfg(feature = "alerts")]
mod alerts;
mod anchored;
mod catalog;
mod changes;
mod detect;
mod doctor;
mod fixture;
mod follow;
#[cfg(target_os = "linux")]
mod kept;
mod keys;
mod missing;
mod place;
mod query;
mod reading;
#[cfg(target_os = "linux")]
mod record;
mod renew;
#[cfg(target_os = "linux")]
mod retain;
mod signed;
#[cfg(unix)]
mod signing;
mod unread;
mod verify;
#[cfg(all(target_os = "linux", feature = "alerts"))]
mod watch;
