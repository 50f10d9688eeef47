//! What is signed of records that were pruned: their seals, which are kept, and notes of keys that nothing leads to any more.

use std::collections::BTreeSet;

use super::Kind;
use super::aside::Aside;
use super::item::Place;
use super::notes::Noted;
use super::tree::Tree;
use crate::segment;

/// How many of their keys are named.
const NAMES_MAX: usize = 4;

/// Notes of what was pruned, by keys to which the records that are kept do not lead.
#[derive(Default)]
pub(super) struct Former {
    /// Where what is kept begins.
    end: u64,
    count: u64,
    keys: BTreeSet<String>,
    last: Option<(u64, Place)>,
}

impl Former {
    pub(super) fn take(&mut self, noted: &Noted) {
        self.count += 1;
        self.last = Some((noted.last(), noted.place.clone()));
        let names = noted.note.signatures.iter().map(|it| format!("{}+{:08x}", it.name, it.id));
        let room = NAMES_MAX.saturating_sub(self.keys.len());
        self.keys.extend(names.take(room));
    }
}

impl Tree {
    /// Begins behind what was pruned. Checkpoints of fewer records that were kept elsewhere are held against its tiles.
    pub(super) fn start_behind(&mut self, seq: u64) {
        (self.next, self.ranks, self.former.end) = (seq, None, seq);
        let mut earlier = self.queue.iter().filter(|entry| entry.size < seq);
        self.aside = earlier.any(|entry| self.notes.is_anchor(entry)).then(Aside::default);
        self.check_pruned(seq);
    }

    /// The seals of what was pruned are kept, and follow one another up to the record `end`.
    fn check_pruned(&mut self, end: u64) {
        if self.notes.is_unsigned() {
            return;
        }
        let broken = self.notes.unreadable.iter().filter_map(|it| sealed(&it.place.segment));
        let broken: Vec<u64> = broken.collect();
        let mut spans: Vec<_> =
            self.seals.iter().map(|(first, (_, seal))| (*first, seal.next_seq())).collect();
        spans.retain(|(first, _)| *first < end);
        let mut reach = 0;
        for (first, next) in spans.into_iter().chain([(end, end)]) {
            // What an unreadable one says is unknown, and it is told of by itself.
            if first > reach && !broken.contains(&reach) {
                let place = Place { segment: segment::seal(reach), line: 1, offset: 0 };
                let reason = "the seal is missing: that of a pruned segment is kept";
                self.report(Kind::Unsigned, reach, &place, [None, None], reason);
            }
            reach = next;
        }
    }

    /// True if it is of what was pruned, and of a key that the records which are left do not lead to: the record that
    /// named its successor may be gone, too.
    pub(super) fn is_of_former(&self, noted: &Noted) -> bool {
        let is_of_pruned = !noted.is_anchor && noted.checkpoint.size <= self.former.end;
        is_of_pruned && self.is_own(noted) && !self.ring.knows(&noted.note)
    }

    /// Tells once of all such notes: what is kept does not rest on them.
    pub(super) fn tell_former(&mut self) {
        let Former { count, keys, last, .. } = std::mem::take(&mut self.former);
        let Some((seq, place)) = last else { return };
        let keys: Vec<_> = keys.into_iter().collect();
        let reason = format!(
            "notes of records that were pruned, {count} of them, are signed by {}, to which nothing that is kept leads: \
             give that public key, too, if it was this journal's",
            keys.join(", ")
        );
        self.report(Kind::Former, seq, &place, [None, None], &reason);
    }
}

/// The first record of the segment that a file seals.
fn sealed(name: &str) -> Option<u64> {
    segment::sealed(name.strip_prefix(segment::DIR)?.strip_prefix('/')?)
}
