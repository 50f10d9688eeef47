//! What becomes of an event: it is recorded, or why it is not.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use audit_journal::Digest;

use super::intents::INTENTS_MAX;

/// What became of an event that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is a record on durable storage.
    Durable {
        /// The record's place in the journal.
        seq: u64,
        /// The journal's chain up to and including the record.
        hash: Digest,
    },
    /// It waits in the queue; if it is lost there, the journal says how many were.
    Queued,
    /// It came in a flood, and is counted in the record that tells of that: within a dozen seconds, and at
    /// the latest with the shutdown. A process that is killed before loses the count.
    Counted,
}

/// Why an event was not recorded, or is not known to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrecorded {
    /// No recorder is installed, and none is set for the running task.
    NoRecorder,
    /// The recorder was shut down.
    Stopped,
    /// As many scopes are open as may be at once.
    TooManyScopes,
    /// As many write-ahead actions are on their way as may be at once.
    TooManyIntents,
    /// The queue has no room; the disk is slower than the events come.
    QueueFull,
    /// The journal failed, for the reason given, and takes no more records.
    JournalFailed(Arc<str>),
    /// The disk is full, as the text says; the journal goes on by itself when it has room again.
    JournalFull(Arc<str>),
    /// The disk has not answered for so long; the journal goes on by itself when it does.
    Stalled(Duration),
    /// The journal refused this one event, for the reason given.
    Refused(Arc<str>),
    /// The deadline passed first. The event may be recorded all the same: this means unknown.
    DeadlineExpired(Duration),
}

impl fmt::Display for Unrecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not recorded: ")?;
        match self {
            Self::NoRecorder => f.write_str(
                "no recorder is installed; call `audit_runtime::open(path)` before the first \
                 audited action",
            ),
            Self::Stopped => f.write_str("the recorder was shut down"),
            Self::TooManyScopes => f.write_str(
                "as many actions and requests are running as are kept account of; see `scopes_max`",
            ),
            Self::TooManyIntents => write!(
                f,
                "{INTENTS_MAX} actions with `durability = write_ahead` have begun and not ended, \
                 and there may not be more"
            ),
            Self::QueueFull => f.write_str(
                "the queue is full because the disk is slower than the events come; see \
                 `queue_bytes_max`",
            ),
            Self::JournalFailed(reason) => write!(f, "the journal failed: {reason}"),
            Self::JournalFull(reason) => f.write_str(reason),
            Self::Stalled(silent) => write!(
                f,
                "the disk has not answered for {} ms; look at it and at the kernel's log",
                silent.as_millis()
            ),
            Self::Refused(reason) => write!(f, "the journal refused the event: {reason}"),
            Self::DeadlineExpired(waited) => write!(
                f,
                "unknown, because the journal did not answer within {} ms (`wait_ms_max`)",
                waited.as_millis()
            ),
        }
    }
}

impl std::error::Error for Unrecorded {}

impl From<Unrecorded> for std::io::Error {
    fn from(unrecorded: Unrecorded) -> Self {
        Self::other(unrecorded)
    }
}

impl From<Unrecorded> for String {
    fn from(unrecorded: Unrecorded) -> Self {
        unrecorded.to_string()
    }
}
