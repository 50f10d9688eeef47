//! What the recorder does for events that wait in a database until their transaction is committed.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use audit_journal::Reader;

use super::cell::{Cell, Ticket};
use super::intents::Side;
use super::queue::Rejected;
use super::{Recorded, Shared, Unrecorded, alarm, complete};
use crate::event::Event;

/// Keeps the seal of a body apart from every other keyed hash: no field can be called so.
const SEAL_DOMAIN: &str = "(outbox)";

/// A body that the committer has taken.
#[must_use = "what became of the body is known from this alone"]
pub(crate) struct Offered(Arc<Cell>);

impl Offered {
    /// Waits until the committer has answered. It answers once the disk has, however long that
    /// takes: only then is it known whether the body may be offered again.
    pub(crate) fn wait(self) -> Result<Recorded, Unrecorded> {
        self.0.wait(Duration::MAX)
    }
}

impl Shared {
    /// Completes `event` from the running task's context and encodes it: the body of its line.
    pub(crate) fn body(&self, mut event: Event) -> Vec<u8> {
        complete(&mut event);
        let mut body = Vec::new();
        self.encode(&event, &mut body);
        body
    }

    /// The keyed hash that tells a body of this recorder from one that somebody else has written.
    pub(crate) fn seal(&self, body: &[u8]) -> String {
        self.key.pseudonym(SEAL_DOMAIN, body)
    }

    /// Hands a body to the committer. What is turned away is not lost: it comes again.
    pub(crate) fn offer(&self, body: &[u8]) -> Result<Offered, Unrecorded> {
        if let Some(unrecorded) = self.refusal() {
            return Err(unrecorded);
        }
        let cell = Arc::new(Cell::default());
        match self.queue.push(body, Some(Ticket::of_offered(&cell)), Side::Neither, false) {
            Ok(()) => Ok(Offered(cell)),
            Err(Rejected::Full) => Err(Unrecorded::QueueFull),
            Err(Rejected::Closed) => Err(Unrecorded::Stopped),
        }
    }

    /// How many records are durable.
    pub(crate) fn durable(&self) -> u64 {
        self.counters.durable.load(Relaxed)
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// True once a relay has been started: before that, nobody takes out what is put in.
    pub(crate) fn is_relayed(&self) -> bool {
        self.counters.relayed.load(Relaxed)
    }

    pub(crate) fn begin_relaying(&self) {
        self.counters.relayed.store(true, Relaxed);
    }

    /// Says in the health why the rows of `database` are not relayed now, or that they are.
    pub(crate) fn set_unrelayed(&self, database: &str, reason: Option<String>) {
        let unrelayed = &self.counters.unrelayed;
        let mut unrelayed = unrelayed.lock().unwrap_or_else(PoisonError::into_inner);
        match reason {
            Some(reason) => unrelayed.insert(database.to_owned(), reason),
            None => unrelayed.remove(database),
        };
    }

    /// Raises the alarm for a row that will have no record.
    pub(crate) fn raise_unrecorded(&self, row: &str, why: &Unrecorded) {
        alarm::count(&self.counters.unrecorded, row, why);
    }
}
