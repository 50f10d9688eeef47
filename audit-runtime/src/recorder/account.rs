//! What a recorder keeps of the actions that have begun and not ended.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Receipt, Shared, Unrecorded};
use crate::context::{Context, Running, Unlisted};
use crate::event::{Durability, Event};

impl Shared {
    /// Keeps account of a running action until somebody takes it.
    ///
    /// # Errors
    /// There is no room, or the recorder is shut down: nobody but its scope will record it.
    pub(crate) fn list(&self, running: &Running, context: &Context) -> Result<(), Unrecorded> {
        self.scopes.list(running, context).map_err(|unlisted| match unlisted {
            Unlisted::Closed => Unrecorded::Stopped,
            Unlisted::Full => {
                self.counters.scopes_unlisted.fetch_add(1, Relaxed);
                Unrecorded::TooManyScopes
            }
        })
    }

    /// Makes room for one more intent; false if there is none.
    pub(crate) fn begin_intent(&self) -> bool {
        self.intents.begin()
    }

    /// Gives back the room of an intent that is known not to be recorded.
    pub(crate) fn drop_intent(&self) {
        self.intents.end();
    }

    /// Records the end of an action; it raises the alarm unless that has been done for the action.
    pub(crate) fn record_end(&self, end: &Event, is_alarmed: bool) -> Receipt {
        match is_alarmed {
            true => self.record(end).without_alarm(),
            false => self.record(end),
        }
    }

    /// Records every action that is still running as one whose end nobody saw, and waits for the ends
    /// that are just being recorded; no other is listed from now on.
    pub(super) fn complete_open(&self, due: Option<Instant>) {
        let wait_while = |is_early: &dyn Fn() -> bool| {
            while is_early() && due.is_none_or(|due| Instant::now() < due) {
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        for (mut open, context) in self.scopes.take_all() {
            // Another shutdown that comes now waits until the record is queued.
            let _slot = open.take_slot();
            // Only the disk can make room, and the deadline holds for it, too.
            wait_while(&|| self.queue.is_crowded());
            let is_alarmed = open.is_alarmed;
            let mut event = open.unseen(&context);
            // What is merely queued may use half of the queue only.
            event.durability = Some(Durability::Synced);
            drop(self.record_end(&event, is_alarmed));
        }
        // Who took an action before has not queued its record yet, and a closed queue refuses it.
        wait_while(&|| self.scopes.len() > 0);
    }
}
