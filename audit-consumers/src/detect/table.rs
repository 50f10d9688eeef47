//! The keys of a rule, no more than it may have: the one that was seen longest ago makes room.

use std::collections::HashMap;
use std::collections::hash_map;
use std::hash::{BuildHasherDefault, Hasher};

use super::window::Entry;

const NONE: u32 = u32::MAX;

/// Entries by the keyed hash of their key, in the order in which they were last touched.
#[derive(Debug)]
pub(super) struct Table {
    places: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    slots: Vec<Slot>,
    newest: u32,
    oldest: u32,
    keys_max: usize,
}

#[derive(Debug)]
struct Slot {
    key: u64,
    newer: u32,
    older: u32,
    entry: Entry,
}

impl Table {
    /// An empty table for so many keys, at least one.
    pub(super) fn new(keys_max: usize) -> Self {
        let keys_max = keys_max.clamp(1, NONE as usize);
        let places = HashMap::default();
        Self { places, slots: Vec::new(), newest: NONE, oldest: NONE, keys_max }
    }

    /// The entry of a key, which is the newest from now on, and whether one that `is_live` had to go.
    pub(super) fn touch(
        &mut self,
        key: u64,
        is_live: impl FnOnce(&Entry) -> bool,
    ) -> (&mut Entry, bool) {
        let mut lost = false;
        let free = self.slots.len();
        let place = match self.places.entry(key) {
            hash_map::Entry::Occupied(known) => {
                let place = *known.get();
                if place != self.newest {
                    self.unlink(place);
                    self.link(place);
                }
                place
            }
            hash_map::Entry::Vacant(vacant) if free < self.keys_max => {
                let place = free as u32;
                vacant.insert(place);
                self.slots.push(Slot { key, newer: NONE, older: NONE, entry: Entry::default() });
                self.link(place);
                place
            }
            hash_map::Entry::Vacant(vacant) => {
                let place = self.oldest;
                vacant.insert(place);
                let slot = &mut self.slots[place as usize];
                lost = is_live(&slot.entry);
                slot.entry.clear();
                let gone = std::mem::replace(&mut slot.key, key);
                self.places.remove(&gone);
                self.unlink(place);
                self.link(place);
                place
            }
        };
        (&mut self.slots[place as usize].entry, lost)
    }

    /// The entry of a key, whose place among the others does not change.
    pub(super) fn find(&mut self, key: u64) -> Option<&mut Entry> {
        let place = *self.places.get(&key)?;
        self.slots.get_mut(place as usize).map(|slot| &mut slot.entry)
    }

    /// All keys and entries, the one that was touched longest ago first.
    pub(super) fn from_oldest(&self) -> impl Iterator<Item = (u64, &Entry)> {
        let at = |place: u32| self.slots.get(place as usize);
        std::iter::successors(at(self.oldest), move |slot| at(slot.newer))
            .map(|slot| (slot.key, &slot.entry))
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    fn unlink(&mut self, place: u32) {
        let (newer, older) = (self.slots[place as usize].newer, self.slots[place as usize].older);
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// Puts an unlinked slot at the newest end.
    fn link(&mut self, place: u32) {
        let before = std::mem::replace(&mut self.newest, place);
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.newer = place,
            None => self.oldest = place,
        }
        let slot = &mut self.slots[place as usize];
        (slot.newer, slot.older) = (NONE, before);
    }
}

/// A keyed hash needs no further hashing: nobody can choose it.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(table: &Table) -> Vec<u64> {
        table.from_oldest().map(|(key, _)| key).collect()
    }

    #[test]
    fn the_key_that_was_touched_longest_ago_makes_room() {
        let mut table = Table::new(3);
        for key in [1, 2, 3, 1, 2, 1] {
            assert!(!table.touch(key, |_| true).1);
        }
        assert_eq!(keys(&table), [3, 2, 1]);
        assert!(table.touch(4, |_| true).1);
        assert!(!table.touch(5, |_| false).1);
        assert_eq!((keys(&table), table.len()), (vec![1, 4, 5], 3));
        assert!(table.find(3).is_none() && table.find(2).is_none() && table.find(1).is_some());
        assert_eq!(keys(&table), [1, 4, 5], "looking is no touch");
    }

    #[test]
    fn a_new_key_finds_nothing_of_the_one_before_it() {
        let mut table = Table::new(1);
        table.touch(1, |_| true).0.emitted_ns = Some(7);
        table.touch(1, |_| true).0.place(1, 1, "x");
        let (entry, lost) = table.touch(2, |entry| entry.emitted_ns == Some(7));
        assert!(lost && entry.emitted_ns.is_none() && entry.places.is_empty());
        assert_eq!(keys(&table), [2]);
    }
}
