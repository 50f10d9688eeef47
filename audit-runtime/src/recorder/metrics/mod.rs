//! The figures of the health and of each commit, for whoever collects metrics.

#[cfg(not(feature = "metrics"))]
mod disabled;
#[cfg(feature = "metrics")]
mod enabled;

#[cfg(not(feature = "metrics"))]
pub(super) use disabled::{Commits, start};
#[cfg(feature = "metrics")]
pub(super) use enabled::{Commits, start};
