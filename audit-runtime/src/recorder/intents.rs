//! The intents whose ends are not durable yet: bounded, and named in the header of each new segment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use audit_journal::{EventId, encode::Object};

use crate::event::{Event, Phase};

/// How many write-ahead actions may be on their way at once: a header names all of them.
pub(super) const INTENTS_MAX: usize = 512;

/// The intents on their way.
#[derive(Debug, Default)]
pub(super) struct Intents {
    /// Begun and not ended, durable or not.
    begun: AtomicUsize,
    /// Those that are durable, with their places in the journal.
    durable: Mutex<BTreeMap<EventId, u64>>,
    /// What an earlier writer left open has been read.
    is_whole: AtomicBool,
}

/// What a record is to an intent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Side {
    /// Nothing.
    #[default]
    Neither,
    /// The intent itself.
    Intent(EventId),
    /// The end of this intent.
    End(EventId),
}

impl Side {
    pub(super) fn of(event: &Event) -> Self {
        match (event.phase, event.intent) {
            (Some(Phase::Intent), _) => Self::Intent(event.id),
            (Some(Phase::End), Some(intent)) => Self::End(intent),
            _ => Self::Neither,
        }
    }
}

impl Intents {
    /// Makes room for one more; false if there is none.
    pub(super) fn begin(&self) -> bool {
        let one_more = |begun| (begun < INTENTS_MAX).then_some(begun + 1);
        self.begun.fetch_update(Relaxed, Relaxed, one_more).is_ok()
    }

    /// Gives the room back of one that has an end, or is known not to be recorded.
    pub(super) fn end(&self) {
        let one_less = |begun: usize| begun.checked_sub(1);
        // Both may happen to one that a shutdown ends while it is refused.
        let _ = self.begun.fetch_update(Relaxed, Relaxed, one_less);
    }

    /// How many are on their way.
    pub(super) fn len(&self) -> usize {
        self.begun.load(Relaxed)
    }

    /// Takes over all that an earlier writer left open.
    pub(super) fn adopt(&self, left_open: impl Iterator<Item = (EventId, u64)>) {
        let mut durable = self.durable();
        durable.extend(left_open);
        self.begun.fetch_add(durable.len(), Relaxed);
        self.is_whole.store(true, Relaxed);
    }

    /// Takes note of a durable record.
    pub(super) fn recorded(&self, side: Side, seq: u64) {
        match side {
            Side::Neither => {}
            Side::Intent(id) => _ = self.durable().insert(id, seq),
            Side::End(id) => {
                self.durable().remove(&id);
                self.end();
            }
        }
    }

    /// True if this one has a durable record, and no end.
    pub(super) fn is_durable(&self, id: EventId) -> bool {
        self.durable().contains_key(&id)
    }

    /// The list for the header of a segment whose records follow everything that is durable now;
    /// `null` from a writer that has not read yet what was left open before it.
    pub(super) fn list(&self) -> Vec<u8> {
        if !self.is_whole.load(Relaxed) {
            return b"null".to_vec();
        }
        let mut list = b"[".to_vec();
        for (id, seq) in &*self.durable() {
            if list.len() > 1 {
                list.push(b',');
            }
            list.push(b'{');
            let mut entry = Object::members(&mut list);
            entry.id("id", *id);
            entry.number("seq", *seq);
            list.push(b'}');
        }
        list.push(b']');
        list
    }

    fn durable(&self) -> MutexGuard<'_, BTreeMap<EventId, u64>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_an_end_makes_room() {
        let intents = Intents::default();
        assert_eq!(intents.list(), b"null", "what was left open before is not known");
        intents.adopt(std::iter::empty());
        assert!((0..INTENTS_MAX).all(|_| intents.begin()));
        assert!(!intents.begin());
        intents.recorded(Side::Intent(EventId::nil()), 7);
        assert!(!intents.begin());
        intents.recorded(Side::End(EventId::nil()), 8);
        assert_eq!(intents.list(), b"[]");
        assert!(intents.begin() && !intents.begin());
    }

    #[test]
    fn the_longest_list_fits_a_header() {
        let intents = Intents::default();
        intents.adopt(std::iter::empty());
        for number in 0..INTENTS_MAX as u128 {
            intents.recorded(Side::Intent(EventId::from_u128(number)), u64::MAX);
        }
        let list = intents.list();
        // What the journal leaves for it; beyond that, the header says `null`.
        assert!(list.len() <= 60_000, "{}", list.len());
        let parsed: serde_json::Value = serde_json::from_slice(&list).unwrap();
        assert_eq!(parsed.as_array().unwrap().len(), INTENTS_MAX);
        assert_eq!(parsed[7]["id"], EventId::from_u128(7).to_string());
        assert_eq!(parsed[7]["seq"], u64::MAX);
    }
}
