//! The deadline of every receipt that nobody blocks for, kept by one thread so that no executor's timer is needed.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::answer::Unrecorded;
use super::cell::Cell;

/// The receipts that somebody awaits or has dropped, in the order of their deadlines.
#[derive(Debug)]
pub(super) struct Deadlines {
    limit: Duration,
    awaited: Mutex<VecDeque<(Instant, Arc<Cell>)>>,
    changed: Condvar,
}

impl Deadlines {
    /// Starts the thread that settles receipts which are still open after `limit`.
    ///
    /// # Errors
    /// Fails when the operating system gives no thread.
    pub(super) fn start(limit: Duration) -> std::io::Result<Arc<Self>> {
        let deadlines =
            Arc::new(Self { limit, awaited: Mutex::default(), changed: Condvar::new() });
        let watched = Arc::downgrade(&deadlines);
        std::thread::Builder::new().name("audit-deadline".into()).spawn(move || keep(&watched))?;
        Ok(deadlines)
    }

    /// How long a receipt may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Settles `cell` as unknown once the limit has passed.
    pub(super) fn watch(&self, cell: &Arc<Cell>) {
        let mut awaited = self.awaited();
        while awaited.front().is_some_and(|(_, cell)| cell.is_settled()) {
            awaited.pop_front();
        }
        let was_empty = awaited.is_empty();
        awaited.push_back((Instant::now() + self.limit, Arc::clone(cell)));
        drop(awaited);
        if was_empty {
            self.changed.notify_one();
        }
    }

    /// Settles what is due, or sleeps until something may be.
    fn keep(&self) {
        let mut awaited = self.awaited();
        let now = Instant::now();
        let is_over = |(due, cell): &(Instant, Arc<Cell>)| *due <= now || cell.is_settled();
        let mut over = Vec::new();
        while awaited.front().is_some_and(is_over) {
            over.extend(awaited.pop_front());
        }
        if over.is_empty() {
            let due = awaited.front().map(|(due, _)| *due - now);
            let sleep = due.unwrap_or(IDLE).min(IDLE);
            // Under the same lock as the look, so that no new receipt goes unnoticed.
            drop(self.changed.wait_timeout(awaited, sleep));
            return;
        }
        // Without the lock, because settling wakes code that may await the next receipt.
        drop(awaited);
        for (_, cell) in over {
            cell.settle(Err(Unrecorded::DeadlineExpired(self.limit)));
        }
    }

    fn awaited(&self) -> MutexGuard<'_, VecDeque<(Instant, Arc<Cell>)>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often an idle thread looks whether its recorder is gone.
const IDLE: Duration = Duration::from_secs(1);

fn keep(deadlines: &Weak<Deadlines>) {
    while let Some(deadlines) = deadlines.upgrade() {
        deadlines.keep();
    }
}
