//! The one thread that writes: it takes everything queued, commits it at once and settles receipts.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Shared;
use super::mirror::Copying;
use super::queue::Batch;
use super::receipt::{Recorded, Ticket, Unrecorded};
use crate::event::Event;
use crate::journal::Journal;

/// Commits until the recorder is shut down, then closes the journal.
pub(super) fn run(shared: &Shared, journal: Journal, mirror: Option<Copying>) {
    let _alarm = Alarm(shared);
    if let Some(mirror) = &mirror {
        mirror.send(journal.committed().lines.to_vec());
    }
    let mut committer = Committer { shared, journal, mirror, staged: Vec::new(), refused: 0 };
    let mut empty = Batch::default();
    while let Some(batch) = shared.queue.take(empty) {
        empty = committer.commit(batch);
    }
    committer.close();
}

/// Tells everyone when the committer ends by a panic, of a storage or of a caller's waker.
struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.counters.fail(&"the committer panicked".into());
            self.0.queue.close();
            self.0.queue.give_up();
        }
    }
}

struct Committer<'a> {
    shared: &'a Shared,
    journal: Journal,
    mirror: Option<Copying>,
    /// Who waits for each record that is in the journal's memory and not yet durable.
    staged: Vec<Option<Ticket>>,
    /// How many events the journal refused and no record tells of yet.
    refused: u64,
}

impl Committer<'_> {
    fn commit(&mut self, mut batch: Batch) -> Batch {
        if let Some(reason) = self.shared.counters.failure() {
            self.refuse_all(&mut batch, &reason);
            return batch.recycle();
        }
        for (body, ticket) in batch.events() {
            self.stage(body, ticket);
        }
        self.shared.count_lost(batch.lost);
        self.stage_loss(batch.lost, "queue_full");
        let refused = std::mem::take(&mut self.refused);
        self.stage_loss(refused, "refused");
        self.settle();
        batch.recycle()
    }

    fn stage(&mut self, body: &[u8], ticket: Option<Ticket>) {
        match self.journal.append_encoded(body) {
            Ok(()) => self.staged.push(ticket),
            Err(error) => {
                let reason: Arc<str> = error.to_string().into();
                self.shared.count_lost(1);
                self.refused += 1;
                tracing::error!(target: "audit", "an event was refused by the journal: {reason}");
                if let Some(ticket) = ticket {
                    ticket.settle(Err(Unrecorded::Refused(reason)));
                }
            }
        }
    }

    /// Records how many events were lost, and how.
    fn stage_loss(&mut self, lost: u64, how: &'static str) {
        if lost == 0 {
            return;
        }
        let event =
            Event::journal("JournalLost").name("journal.lost").field("lost", &lost).broke(how);
        let mut body = Vec::new();
        self.shared.encode(&event, &mut body);
        self.stage(&body, None);
    }

    /// Makes what is staged durable and tells everyone who waits.
    fn settle(&mut self) {
        let outcome = self.journal.commit().map(|_| ());
        if let Some(error) = self.journal.failed_sync() {
            self.shared.counters.tell_failed_sync(error);
        }
        match outcome {
            Ok(()) => {
                let committed = self.journal.committed();
                let durable = &self.shared.counters.durable;
                durable.store(committed.next_seq, Relaxed);
                for (ticket, record) in self.staged.drain(..).zip(committed.records) {
                    if let Some(ticket) = ticket {
                        let (seq, hash) = (record.seq, record.hash);
                        ticket.settle(Ok(Recorded::Durable { seq, hash }));
                    }
                }
                if let Some(mirror) = &self.mirror {
                    mirror.send(committed.lines.to_vec());
                }
            }
            Err(error) => self.fail(&error.to_string().into()),
        }
    }

    fn fail(&mut self, reason: &Arc<str>) {
        tracing::error!(target: "audit", "the journal failed: {reason}");
        self.shared.counters.fail(reason);
        self.shared.count_lost(self.staged.len() as u64);
        for ticket in self.staged.drain(..).flatten() {
            ticket.settle(Err(Unrecorded::JournalFailed(Arc::clone(reason))));
        }
    }

    /// Answers what was queued before the failure was known.
    fn refuse_all(&self, batch: &mut Batch, reason: &Arc<str>) {
        let mut lost = batch.lost;
        for (_, ticket) in batch.events() {
            lost += 1;
            if let Some(ticket) = ticket {
                ticket.settle(Err(Unrecorded::JournalFailed(Arc::clone(reason))));
            }
        }
        self.shared.count_lost(lost);
    }

    /// Records the orderly end, if the journal still can, lets go of its lock, and only then waits
    /// for whoever reads the mirror.
    fn close(mut self) {
        if self.shared.counters.failure().is_none() {
            match self.journal.stop() {
                Ok(()) => self.settle(),
                Err(error) => self.fail(&error.to_string().into()),
            }
        }
        let Self { journal, mirror, .. } = self;
        drop(journal);
        if let Some(mirror) = mirror {
            mirror.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::HashKey;
    use crate::event::Severity;
    use crate::journal::{MemoryStorage, Reader};
    use crate::recorder::Recorder;

    #[test]
    fn an_event_cannot_pass_for_a_record_of_the_journal_itself() {
        let storage = Arc::new(MemoryStorage::new());
        let open = || Recorder::over(storage.clone()).hash_key(HashKey::from_bytes([1; 32]));
        let recorder = open().open().unwrap();
        let forged =
            Event::journal("JournalStop").name("journal.stop").severity(Severity::Informational);
        recorder.record(forged.succeeded()).wait().unwrap();
        storage.crash(0);
        drop(recorder);
        let _recorder = open().open().unwrap();
        let mut cursor = Reader::over(storage.clone()).cursor(0).unwrap();
        let last = std::iter::from_fn(|| cursor.next().unwrap()).last();
        let start = serde_json::from_slice::<serde_json::Value>(last.unwrap().bytes()).unwrap();
        assert_eq!(start["name"], "journal.start");
        assert_eq!(start["journal"]["unclean"], true);
    }
}
