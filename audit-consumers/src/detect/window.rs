//! What an engine keeps of one key: its last events, exactly as many as a rule needs.

use std::collections::VecDeque;

/// How many addresses a finding names.
pub(super) const ADDRESSES_MAX: usize = 16;

/// One event of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) stamp_ns: i64,
    pub(super) seq: u64,
    /// The keyed hash of the value that is told from others; 0 where none is.
    pub(super) value: u64,
}

/// An address that a key was seen with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) hash: u64,
    pub(super) stamp_ns: i64,
    pub(super) text: Box<str>,
}

/// What is kept of one key of one rule.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The last events, the newest last; of a `value_count` the last one of each of the latest values.
    pub(super) hits: VecDeque<Hit>,
    /// When a finding was last emitted.
    pub(super) emitted_ns: Option<i64>,
    /// The addresses, where they are no part of the key; the newest last.
    pub(super) places: Vec<Place>,
}

impl Entry {
    /// Lets what lies in the future of `now_ns` happen now: the clock was wrong, and has gone back.
    pub(super) fn settle(&mut self, now_ns: i64) {
        if self.newest_ns().is_some_and(|newest_ns| newest_ns > now_ns) {
            self.hits.iter_mut().for_each(|hit| hit.stamp_ns = hit.stamp_ns.min(now_ns));
            self.places.iter_mut().for_each(|place| place.stamp_ns = place.stamp_ns.min(now_ns));
        }
        self.emitted_ns = self.emitted_ns.map(|emitted_ns| emitted_ns.min(now_ns));
    }

    /// True if `n` events or values or more are later than `since_ns`.
    pub(super) fn holds(&self, n: usize, since_ns: i64) -> bool {
        let oldest = self.hits.len().checked_sub(n).and_then(|index| self.hits.get(index));
        oldest.is_some_and(|hit| hit.stamp_ns > since_ns)
    }

    /// How many of the last events or values are later than `since_ns`.
    pub(super) fn count(&self, since_ns: i64) -> usize {
        self.hits.len() - self.hits.partition_point(|hit| hit.stamp_ns <= since_ns)
    }

    /// Adds an event, and forgets what the last `n` do not need.
    pub(super) fn push(&mut self, hit: Hit, n: usize) {
        if self.hits.len() >= n {
            self.hits.pop_front();
        }
        self.hits.push_back(hit);
    }

    /// Adds an event with a value: the `n` latest distinct ones are enough to know whether there are
    /// `n` in a window that ends now.
    pub(super) fn push_value(&mut self, hit: Hit, n: usize) {
        if let Some(newest) = self.hits.back_mut()
            && newest.value == hit.value
        {
            *newest = hit;
            return;
        }
        match self.hits.iter().rposition(|known| known.value == hit.value) {
            Some(known) => _ = self.hits.remove(known),
            None if self.hits.len() >= n => _ = self.hits.pop_front(),
            None => {}
        }
        self.hits.push_back(hit);
    }

    /// Adds the address of an event.
    pub(super) fn place(&mut self, hash: u64, stamp_ns: i64, text: &str) {
        if let Some(known) = self.places.iter().rposition(|place| place.hash == hash) {
            self.places[known].stamp_ns = stamp_ns;
            self.places[known..].rotate_left(1);
            return;
        }
        if self.places.len() >= ADDRESSES_MAX {
            self.places.remove(0);
        }
        self.places.push(Place { hash, stamp_ns, text: text.into() });
    }

    pub(super) fn newest_ns(&self) -> Option<i64> {
        self.hits.back().map(|hit| hit.stamp_ns)
    }

    /// Forgets everything but the memory it was in.
    pub(super) fn clear(&mut self) {
        self.hits.clear();
        self.places.clear();
        self.emitted_ns = None;
    }
}
