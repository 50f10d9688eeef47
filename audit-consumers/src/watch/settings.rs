//! What a watch may be told to do otherwise.

use std::time::Duration;

/// When a watch tells of trouble with the pipeline itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) keep_every_ms: u64,
    pub(super) look_ms: u64,
    pub(super) lag_ms_max: u64,
    pub(super) silence_ms_max: u64,
    pub(super) verify_every_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keep_every_ms: 30_000,
            look_ms: 5_000,
            lag_ms_max: 60_000,
            // Three heartbeats of a recorder that nothing else is said to.
            silence_ms_max: 180_000,
            verify_every_ms: 3_600_000,
        }
    }
}

impl Settings {
    pub(super) fn keep_every(&self) -> Duration {
        Duration::from_millis(self.keep_every_ms)
    }

    pub(super) fn look(&self) -> Duration {
        Duration::from_millis(self.look_ms)
    }

    pub(super) fn lag_max(&self) -> Duration {
        Duration::from_millis(self.lag_ms_max)
    }

    /// `None` if silence is nothing to tell of.
    pub(super) fn silence_max(&self) -> Option<Duration> {
        (self.silence_ms_max > 0).then(|| Duration::from_millis(self.silence_ms_max))
    }

    /// `None` if the journal is not to be verified.
    pub(super) fn verify_every(&self) -> Option<Duration> {
        (self.verify_every_ms > 0).then(|| Duration::from_millis(self.verify_every_ms))
    }
}
