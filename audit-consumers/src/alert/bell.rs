//! Wakes the workers of an outbox when there is something to do, or nothing any more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Rung whenever an outbox has something new, and once for the end.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rings: u64,
    stop_by: Option<Instant>,
}

impl Bell {
    /// How often it has rung; what comes later is seen by [`wait`](Self::wait).
    pub(crate) fn rings(&self) -> u64 {
        self.state().rings
    }

    pub(crate) fn ring(&self) {
        self.state().rings += 1;
        self.rung.notify_all();
    }

    /// Waits until it has rung since `seen`, or for so long.
    pub(crate) fn wait(&self, seen: u64, longest: Duration) {
        let quiet = |state: &mut State| state.rings == seen && state.stop_by.is_none();
        drop(self.rung.wait_timeout_while(self.state(), longest, quiet));
    }

    /// Waits for so long, or until the end.
    pub(crate) fn pause(&self, longest: Duration) {
        drop(self.rung.wait_timeout_while(self.state(), longest, |state| state.stop_by.is_none()));
    }

    /// Tells all who wait that they must have come to an end by then.
    pub(crate) fn stop(&self, by: Instant) {
        self.state().stop_by.get_or_insert(by);
        self.rung.notify_all();
    }

    /// By when all must have come to an end, once that is asked for.
    pub(crate) fn stop_by(&self) -> Option<Instant> {
        self.state().stop_by
    }

    /// Nothing that holds the lock can leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
