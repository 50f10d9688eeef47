//! Why nothing can be recorded now: asked before an action begins, and before an event is taken in.

use std::sync::atomic::Ordering::Relaxed;

use super::{Shared, Unrecorded};

impl Shared {
    /// Why an action that must be recorded cannot begin now, if so.
    pub(crate) fn refusal(&self) -> Option<Unrecorded> {
        let stalled = || self.counters.interruptions.stalled().map(Unrecorded::Stalled);
        self.obstacle().or_else(stalled)
    }

    /// Why an event cannot be taken in now; one that finds the disk stalled still waits in the queue.
    pub(super) fn obstacle(&self) -> Option<Unrecorded> {
        if let Some(reason) = self.counters.failure() {
            return Some(Unrecorded::JournalFailed(reason));
        }
        if self.counters.stopped.load(Relaxed) {
            return Some(Unrecorded::Stopped);
        }
        self.counters.interruptions.full().map(Unrecorded::JournalFull)
    }
}
