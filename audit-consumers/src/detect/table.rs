//! The keys of a rule, no more than it may have: the one that was seen longest ago makes room.

use std::collections::HashMap;
use std::collections::hash_map;
use std::hash::{BuildHasherDefault, Hasher};

const NONE: u32 = u32::MAX;

/// Gives each key a place, counted from 0, in the order in which keys were last touched.
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
}

/// What a key found at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// What it had left there.
    Known(usize),
    /// Nothing: the place is new.
    New(usize),
    /// What another key has left there, which had to go.
    Taken(usize),
}

impl Touched {
    pub(super) fn place(self) -> usize {
        let (Self::Known(place) | Self::New(place) | Self::Taken(place)) = self;
        place
    }
}

impl Table {
    /// An empty table for so many keys, at least one.
    pub(super) fn new(keys_max: usize) -> Self {
        let keys_max = keys_max.clamp(1, NONE as usize);
        let places = HashMap::default();
        Self { places, slots: Vec::new(), newest: NONE, oldest: NONE, keys_max }
    }

    /// The place of a key, which is the newest from now on.
    pub(super) fn touch(&mut self, key: u64) -> Touched {
        // Events of one key often come one after the other.
        if self.slots.get(self.newest as usize).is_some_and(|slot| slot.key == key) {
            return Touched::Known(self.newest as usize);
        }
        let free = self.slots.len();
        match self.places.entry(key) {
            hash_map::Entry::Occupied(known) => {
                let place = *known.get();
                self.unlink(place);
                self.link(place);
                Touched::Known(place as usize)
            }
            hash_map::Entry::Vacant(vacant) if free < self.keys_max => {
                vacant.insert(free as u32);
                self.slots.push(Slot { key, newer: NONE, older: NONE });
                self.link(free as u32);
                Touched::New(free)
            }
            hash_map::Entry::Vacant(vacant) => {
                let place = self.oldest;
                vacant.insert(place);
                let gone = std::mem::replace(&mut self.slots[place as usize].key, key);
                self.places.remove(&gone);
                self.unlink(place);
                self.link(place);
                Touched::Taken(place as usize)
            }
        }
    }

    /// The place of a key, whose order among the others does not change.
    pub(super) fn find(&self, key: u64) -> Option<usize> {
        self.places.get(&key).map(|place| *place as usize)
    }

    /// All keys and their places, the one that was touched longest ago first.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = (u64, usize)> {
        let next = |place: u32| self.slots.get(place as usize).map(|slot| (place, slot));
        std::iter::successors(next(self.oldest), move |(_, slot)| next(slot.newer))
            .map(|(place, slot)| (slot.key, place as usize))
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
        table.oldest_first().map(|(key, _)| key).collect()
    }

    #[test]
    fn the_key_that_was_touched_longest_ago_makes_room() {
        let mut table = Table::new(3);
        let touched = [1, 2, 3, 1, 2, 1].map(|key| table.touch(key));
        assert_eq!(touched[..3], [Touched::New(0), Touched::New(1), Touched::New(2)]);
        assert_eq!(touched[3..], [Touched::Known(0), Touched::Known(1), Touched::Known(0)]);
        assert_eq!(keys(&table), [3, 2, 1]);
        assert_eq!((table.touch(4), table.touch(5)), (Touched::Taken(2), Touched::Taken(1)));
        assert_eq!((keys(&table), table.len()), (vec![1, 4, 5], 3));
        assert_eq!([3, 2, 1, 4].map(|key| table.find(key)), [None, None, Some(0), Some(2)]);
        assert_eq!(keys(&table), [1, 4, 5], "looking is no touch");
    }

    #[test]
    fn a_table_for_one_key_has_the_last_one() {
        let mut table = Table::new(0);
        assert_eq!((table.touch(1), table.touch(2)), (Touched::New(0), Touched::Taken(0)));
        assert_eq!((keys(&table), table.find(1), table.find(2)), (vec![2], None, Some(0)));
    }
}
