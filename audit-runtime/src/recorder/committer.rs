//! The one thread that writes: it takes everything queued, commits it at once and settles receipts.

mod anchors;
mod floods;
mod prune;
mod refused;

use std::sync::Arc;
use std::time::{Duration, Instant};

use audit_journal::{self as journal, Appended, Journal};

use super::answer::{Recorded, Unrecorded};
use super::cell::Ticket;
use super::intents::Side;
use super::mirror::Copying;
use super::queue::{Batch, End, Queued};
use super::unfinished::{LeftOpen, Unread};
use super::{Shared, control};
use crate::event::{Event, without_intent};
use crate::say;

/// How often the committer looks after the journal, with or without events.
const TICK: Duration = Duration::from_secs(1);
/// How long the end waits for the signature of what signs elsewhere; without it the next start signs.
const LAST_SIGNATURE: Duration = Duration::from_secs(2);

/// Ends what an earlier writer left open, commits until the recorder is shut down, then closes the
/// journal.
pub(super) fn run(
    shared: &Shared,
    journal: Journal,
    socket: Option<control::Socket>,
    mirror: Option<Copying>,
    left: LeftOpen,
) {
    let _alarm = Alarm(shared);
    if let Some(mirror) = &mirror {
        mirror.send(journal.committed().lines.to_vec());
    }
    let mut committer = Committer {
        shared,
        socket,
        journal,
        mirror,
        staged: Vec::new(),
        refused: 0,
        telling: 0,
        owed: Vec::new(),
        unread: Vec::new(),
        floods: floods::Telling::new(),
    };
    committer.show();
    committer.work(|committer| committer.complete(left));
    let mut empty = Batch::default();
    let mut ticked = Instant::now();
    while let Some(batch) = shared.queue.take(empty, TICK.saturating_sub(ticked.elapsed())) {
        empty = committer.work(|committer| {
            let mut empty = if batch.is_empty() { batch } else { committer.commit(batch) };
            committer.answer_followers(&mut empty);
            committer.prune();
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                committer.tick();
            }
            empty
        });
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
            drop(self.0.pruning.take());
        }
    }
}

struct Committer<'a> {
    shared: &'a Shared,
    /// Before the journal, as it goes before the lock, also in a panic.
    socket: Option<control::Socket>,
    journal: Journal,
    mirror: Option<Copying>,
    staged: Vec<Staged>,
    /// How many events the journal refused and no record tells of yet.
    refused: u64,
    /// How many lost events the staged records tell of.
    telling: u64,
    /// The ends of intents that a full disk had no room for: they are written when there is some,
    /// as without them the intents would stay open. There are at most as many as intents.
    owed: Vec<End>,
    /// What a start could not read, until a record tells of it.
    unread: Vec<Unread>,
    floods: floods::Telling,
}

/// Who waits for an event that is in the journal's memory and not yet durable, and what it is to
/// an intent.
struct Staged {
    ticket: Option<Ticket>,
    side: Side,
    end: Option<End>,
}

impl Committer<'_> {
    /// Does what the disk may hold up, so that everybody can tell how long it does.
    fn work<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let interruptions = &self.shared.counters.interruptions;
        interruptions.begin_work();
        let done = work(self);
        if let Some(silent) = interruptions.end_work() {
            say::warning(format_args!("the disk answers again after {} ms", silent.as_millis()));
        }
        done
    }

    /// Writes the ends of the intents that an earlier writer left open, before anything new.
    fn complete(&mut self, LeftOpen { intents, unread }: LeftOpen) {
        self.shared.intents.adopt(intents.iter().map(|open| (open.id, open.seq)));
        self.unread = unread;
        self.owed.extend(intents.into_iter().filter_map(|open| Some((open.id, open.end?))));
        self.write_owed();
    }

    /// Writes the ends that are owed, and what could not be read, once there is room.
    fn write_owed(&mut self) {
        let cannot = self.journal.full().is_some() || self.shared.counters.failure().is_some();
        if cannot || (self.owed.is_empty() && self.unread.is_empty()) {
            return;
        }
        for (id, body) in std::mem::take(&mut self.owed) {
            self.stage(Queued { body: &body, ticket: None, side: Side::End(id) });
        }
        let unread: Vec<_> = self.unread.iter().map(Unread::event).collect();
        unread.iter().for_each(|event| _ = self.stage_own(event));
        if self.settle() {
            self.unread.clear();
        }
    }

    fn commit(&mut self, mut batch: Batch) -> Batch {
        if let Some(reason) = self.shared.counters.failure() {
            self.refuse_all(&mut batch, &Unrecorded::JournalFailed(reason));
            return batch.recycle();
        }
        if let Some(reason) = self.shared.counters.interruptions.full() {
            self.keep_ends(&mut batch, &Unrecorded::JournalFull(reason));
            return batch.recycle();
        }
        self.journal.watch_clock();
        for event in batch.events() {
            self.stage(event);
        }
        self.shared.count_lost(batch.lost);
        self.stage_loss(batch.lost, "queue_full");
        let refused = std::mem::take(&mut self.refused);
        self.stage_loss(refused, "refused");
        self.settle();
        batch.recycle()
    }

    /// Answers those who wait for what came before them: all of that is durable now, or refused.
    fn answer_followers(&self, batch: &mut Batch) {
        let Appended { seq, hash } = self.journal.last();
        for ticket in batch.followers.drain(..) {
            // What a failed journal could not finish may be there after the next start.
            let failure = self.shared.counters.failure().map(Unrecorded::JournalFailed);
            ticket.settle(failure.map_or(Ok(Recorded::Durable { seq, hash }), Err));
        }
    }

    fn stage(&mut self, event: Queued<'_>) {
        let end = event.end();
        let Queued { body, ticket, side } = event;
        let whole = self.without_intent(body, side);
        match self.journal.append_encoded(whole.as_deref().unwrap_or(body)) {
            Ok(()) => self.staged.push(Staged { ticket, side, end }),
            Err(error) => {
                let reason: Arc<str> = error.to_string().into();
                self.shared.count_lost(1);
                self.refused += 1;
                say::error(format_args!("an event was refused by the journal: {reason}"));
                if let Some(ticket) = ticket {
                    ticket.settle(Err(Unrecorded::Refused(reason)));
                }
            }
        }
    }

    /// An end as that of an action without an intent, if a full disk had no room for the intent.
    fn without_intent(&self, body: &[u8], side: Side) -> Option<Vec<u8>> {
        let Side::End(id) = side else { return None };
        let is_intent = |staged: &Staged| staged.side == Side::Intent(id);
        let is_there = self.shared.intents.is_durable(id) || self.staged.iter().any(is_intent);
        if is_there { None } else { without_intent(body, id) }
    }

    /// Records how many events were lost, and how; behind all events of the batch.
    fn stage_loss(&mut self, lost: u64, how: &'static str) {
        if lost == 0 {
            return;
        }
        let event =
            Event::journal("JournalLost").name("journal.lost").field("lost", &lost).broke(how);
        if self.stage_own(&event) {
            self.telling += lost;
        }
    }

    /// Stages an event of the recorder's own; behind all for which somebody may wait.
    fn stage_own(&mut self, event: &Event) -> bool {
        let mut body = Vec::new();
        self.shared.encode(event, &mut body);
        self.journal.append_encoded(&body).is_ok()
    }

    /// Looks after the journal, with or without events.
    fn tick(&mut self) {
        if self.shared.counters.failure().is_some() {
            return;
        }
        match self.journal.tick() {
            Ok(()) => _ = self.settle(),
            Err(error) => return self.fail(&error.to_string().into()),
        }
        self.catch_up();
        self.tell_anchors();
    }

    /// Records what was missed, as soon as there is room for it.
    fn catch_up(&mut self) {
        if self.journal.full().is_some() {
            self.try_to_resume();
        } else {
            self.tell_missed();
        }
        self.write_owed();
        self.tell_floods();
    }

    /// Looks whether a full disk has room again.
    fn try_to_resume(&mut self) {
        let interruptions = &self.shared.counters.interruptions;
        let missed = interruptions.take_untold();
        let (lost, unrecorded) = missed.map_or((0, 0), |missed| (missed.lost, missed.unrecorded));
        match (self.journal.resume(lost, unrecorded), missed) {
            (Ok(true), missed) => {
                if let Some(missed) = missed {
                    interruptions.note_told(missed);
                }
                interruptions.set_full(None);
                say::warning(format_args!(
                    "the disk has room again; {lost} events and {unrecorded} actions have no record"
                ));
            }
            (Ok(false), Some(missed)) => interruptions.put_back(missed),
            (Ok(false), None) => {}
            (Err(error), _) => return self.fail(&error.to_string().into()),
        }
        // The record of that may have taken the last room there was.
        self.show();
        self.pass_on();
        self.tell_failed_sync();
    }

    /// Records what was missed while the disk did not answer, or in the last moment of a full one.
    fn tell_missed(&mut self) {
        let interruptions = &self.shared.counters.interruptions;
        let Some(missed) = interruptions.take_untold() else {
            return;
        };
        if self.journal.append_resumed(&missed.in_record()).is_ok() && self.settle() {
            interruptions.note_told(missed);
        } else {
            interruptions.put_back(missed);
        }
    }

    /// Makes what is staged durable and tells everyone who waits; false if it is not durable.
    fn settle(&mut self) -> bool {
        let begun = self.shared.commits.begin();
        let outcome = self.journal.commit().map(|made| made.next_seq - made.first_seq);
        let is_durable = outcome.is_ok();
        self.tell_failed_sync();
        match outcome {
            Ok(records) => {
                self.shared.commits.end(begun, records);
                self.show();
                self.telling = 0;
                let records = self.journal.committed().records;
                for (Staged { ticket, side, .. }, record) in self.staged.drain(..).zip(records) {
                    let (seq, hash) = (record.seq, record.hash);
                    self.shared.intents.recorded(side, seq);
                    if let Some(ticket) = ticket {
                        ticket.settle(Ok(Recorded::Durable { seq, hash }));
                    }
                }
                self.pass_on();
                self.sign_due();
            }
            Err(journal::Error::Full { .. }) => {
                self.show();
                self.give_up();
                self.pass_on();
                self.shared.counters.signing.show(&self.journal);
            }
            Err(error) => self.fail(&error.to_string().into()),
        }
        is_durable
    }

    /// Signs what cannot wait for the next tick, once nobody waits for what was committed; true if an answer of
    /// what signs is awaited.
    fn sign_due(&mut self) -> bool {
        let is_awaited = self.journal.sign_due();
        self.shared.counters.signing.show(&self.journal);
        is_awaited
    }

    fn tell_failed_sync(&self) {
        if let Some(error) = self.journal.failed_sync() {
            self.shared.counters.tell_failed_sync(error);
        }
    }

    /// Copies what the journal has made durable to the mirror.
    fn pass_on(&mut self) {
        if let Some(mirror) = &self.mirror {
            let lines = self.journal.committed().lines;
            if !lines.is_empty() {
                mirror.send(lines.to_vec());
            }
        }
    }

    /// Lets callers see how the journal stands; from the moment on that the disk is full, they are
    /// turned away.
    fn show(&self) {
        self.shared.counters.show_durable(self.journal.last());
        if let Some(full) = self.journal.full()
            && self.shared.counters.interruptions.full().is_none()
        {
            say::error(format_args!("{full}"));
            self.shared.counters.interruptions.set_full(Some(full.to_string().into()));
        }
    }

    /// Records the orderly end, if the journal still can, lets go of its lock, and only then waits
    /// for whoever reads the mirror.
    fn close(mut self) {
        // Whoever has asked for it is told that this ends.
        drop(self.shared.pruning.take());
        self.catch_up();
        self.tell_last_floods();
        if self.shared.counters.failure().is_none() {
            self.stop();
        }
        // What was refused is told of, at best, and lost all the same.
        if let Some(full) = self.shared.counters.interruptions.full() {
            self.shared.counters.fail(&full);
        }
        let Self { socket, journal, mirror, .. } = self;
        drop(socket);
        drop(journal);
        if let Some(mirror) = mirror {
            mirror.finish();
        }
    }

    /// Records the orderly end, and with it what a disk that is still full kept out.
    fn stop(&mut self) {
        let missed = self.shared.counters.interruptions.take_untold();
        let staged = match &missed {
            Some(missed) => self.journal.stop_interrupted(&missed.in_record()),
            None => self.journal.stop(),
        };
        if let Err(error) = staged {
            return self.fail(&error.to_string().into());
        }
        if self.settle()
            && let Some(missed) = missed
        {
            self.shared.counters.interruptions.note_told(missed);
        }
        let due = Instant::now() + LAST_SIGNATURE;
        while self.sign_due() && Instant::now() < due {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
