//! What is kept of one key: its last events, exactly as many as the rules that look at them need.

use std::collections::VecDeque;

/// One event of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) stamp_ns: i64,
    pub(super) seq: u64,
    /// The keyed hash of the value that is told from others; 0 where none is.
    pub(super) value: u64,
}

/// The last events of a key, the newest last; where values are told apart, the last event of each of
/// the latest values. Neither times nor numbers go back from one to the next.
#[derive(Debug, Default)]
pub(super) struct Window {
    hits: VecDeque<Hit>,
}

impl Window {
    /// Adds an event to the last `hits_max`, and returns the one that is forgotten for it.
    pub(super) fn push(&mut self, hit: Hit, hits_max: usize) -> Option<Hit> {
        let is_full = self.hits.len() >= hits_max;
        let gone = if is_full { self.hits.pop_front() } else { None };
        self.hits.push_back(hit);
        gone
    }

    /// Adds an event with a value, and returns the one that is forgotten for it: the last with the same
    /// value, or else the oldest. The `n` latest distinct values are enough to know whether there are `n`
    /// in a window that ends now.
    pub(super) fn push_value(&mut self, hit: Hit, hits_max: usize) -> Option<Hit> {
        if let Some(newest) = self.hits.back_mut()
            && newest.value == hit.value
        {
            return Some(std::mem::replace(newest, hit));
        }
        match self.hits.iter().rposition(|known| known.value == hit.value) {
            Some(known) => {
                let gone = self.hits.remove(known);
                self.hits.push_back(hit);
                gone
            }
            None => self.push(hit, hits_max),
        }
    }

    /// Lets what lies in the future of `now_ns` happen now: the clock was wrong, and has gone back.
    pub(super) fn settle(&mut self, now_ns: i64) {
        self.hits.iter_mut().for_each(|hit| hit.stamp_ns = hit.stamp_ns.min(now_ns));
    }

    pub(super) fn newest(&self) -> Option<&Hit> {
        self.hits.back()
    }

    /// The event that `n - 1` later ones follow.
    pub(super) fn nth_latest(&self, n: usize) -> Option<&Hit> {
        self.hits.len().checked_sub(n).and_then(|index| self.hits.get(index))
    }

    /// The last `n` events, or as many as there are.
    pub(super) fn latest(&self, n: usize) -> impl ExactSizeIterator<Item = &Hit> {
        self.hits.range(self.hits.len().saturating_sub(n)..)
    }

    /// How many of the last events are later than `since_ns`.
    pub(super) fn count(&self, since_ns: i64) -> usize {
        self.hits.len() - self.hits.partition_point(|hit| hit.stamp_ns <= since_ns)
    }

    /// Forgets everything but the memory it was in.
    pub(super) fn clear(&mut self) {
        self.hits.clear();
    }
}
