//! The journal: append-only, chained segments of opaque records, durable before they are acknowledged.
//!
//! A [`Journal`] is the one writer of a directory. [`Reader`] and [`Cursor`] follow it from any
//! process without a lock, and [`verify`] names every record that is not as it was written. The
//! journal owns the first and last fields of a line and its own control records; what stands between
//! is opaque to it. The byte format is described in `docs/design.md`.

mod batch;
mod control;
mod cosigned;
mod cursor;
mod digest;
#[doc(hidden)]
pub mod encode;
mod epoch;
mod error;
mod holder;
mod id;
mod joints;
mod line;
mod lines;
mod members;
mod newer;
mod options;
mod prove;
mod pruned;
mod quarantine;
mod reader;
mod recovery;
mod redo;
mod reserve;
mod segment;
mod signed;
mod start;
mod storage;
#[cfg(test)]
mod tests;
mod tiles;
mod time;
mod torn;
mod verify;
mod visit;
mod watermark;
mod writer;

pub use batch::Appended;
pub use control::Interruption;
pub use cosigned::{cosigned, keep_cosigned};
pub use cursor::{Cursor, Line};
pub use digest::Digest;
#[doc(hidden)]
pub use epoch::is_called;
pub use epoch::{
    Cause, Epoch, EpochState, OlderEpoch, verify, verify_epoch, verify_epochs, verify_signed,
    verify_with,
};
pub use error::{Error, Refusal};
pub use id::EventId;
pub use line::{BODY_BYTES_MAX, LINE_BYTES_MAX};
#[doc(hidden)]
pub use options::{Entropy, SystemEntropy};
pub use options::{OnDamage, Options};
pub use prove::{prove, prove_consistency, prove_growth};
pub use pruned::{Prune, Pruned};
pub use reader::{Reader, Segment};
pub use signed::{KeyRotation, SignedAnew, is_signed};
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub use storage::ControlSocket;
pub use storage::{
    Access, DirectoryStorage, LockGuard, LockOutcome, MemoryStorage, Modes, Storage, StorageFile,
};
pub use time::{Clock, SystemClock, Timestamp};
pub use verify::{
    Effort, Finding, Kind, Level, Progress, Trust, Unfinished, Verification, verify_lines,
};
pub use watermark::Watermark;
pub use writer::{Committed, Journal};
