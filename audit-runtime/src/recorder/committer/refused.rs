//! Answers to what cannot be recorded, and the count of what is lost by that.

use std::sync::Arc;

use super::Committer;
use crate::recorder::answer::Unrecorded;
use crate::recorder::cell::Ticket;
use crate::recorder::queue::{Batch, End};
use crate::say;

impl Committer<'_> {
    /// Answers those whose records found no room, and remembers what the journal is to tell of them.
    pub(super) fn give_up(&mut self) {
        let full = self.shared.counters.interruptions.full().unwrap_or_default();
        let why = Unrecorded::JournalFull(full);
        let staged = std::mem::take(&mut self.staged).into_iter();
        let lost: u64 = staged.map(|event| self.turn_away(event.end, event.ticket, &why)).sum();
        self.shared.count_lost(lost);
        let told_of = std::mem::take(&mut self.telling);
        self.shared.counters.interruptions.count_lost(lost + told_of);
    }

    /// Refuses what was queued before the disk was known to be full, but for the ends of intents.
    pub(super) fn keep_ends(&mut self, batch: &mut Batch, why: &Unrecorded) {
        let mut lost = batch.lost;
        for event in batch.events() {
            lost += self.turn_away(event.end(), event.ticket, why);
        }
        self.shared.count_lost(lost);
        self.shared.counters.interruptions.count_lost(lost);
    }

    /// Answers one that a full disk has no room for, and keeps it if it ends an intent; returns how
    /// many events are lost by that.
    pub(super) fn turn_away(
        &mut self,
        end: Option<End>,
        ticket: Option<Ticket>,
        why: &Unrecorded,
    ) -> u64 {
        let is_lost = end.is_none() && !comes_again(&ticket);
        if let Some(ticket) = ticket {
            ticket.settle(Err(why.clone()));
        }
        self.owed.extend(end);
        is_lost.into()
    }

    pub(super) fn fail(&mut self, reason: &Arc<str>) {
        say::error(format_args!("the journal failed: {reason}"));
        self.shared.counters.fail(reason);
        let lost = self.staged.iter().filter(|event| !comes_again(&event.ticket)).count();
        self.shared.count_lost(lost as u64);
        self.answer_staged(&Unrecorded::JournalFailed(Arc::clone(reason)));
    }

    pub(super) fn answer_staged(&mut self, why: &Unrecorded) {
        for ticket in self.staged.drain(..).filter_map(|staged| staged.ticket) {
            ticket.settle(Err(why.clone()));
        }
    }

    /// Answers what was queued before it was known that nothing can be recorded any more.
    pub(super) fn refuse_all(&self, batch: &mut Batch, why: &Unrecorded) {
        let mut lost = batch.lost;
        for event in batch.events() {
            lost += u64::from(!comes_again(&event.ticket));
            if let Some(ticket) = event.ticket {
                ticket.settle(Err(why.clone()));
            }
        }
        self.shared.count_lost(lost);
    }
}

/// True if the event is kept elsewhere, so that it is not lost when it is turned away.
fn comes_again(ticket: &Option<Ticket>) -> bool {
    ticket.as_ref().is_some_and(Ticket::comes_again)
}
