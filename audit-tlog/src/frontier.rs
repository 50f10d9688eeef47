//! The tree as far as whoever appends to it has to know it.

use crate::hash::{Hash, node};

/// The roots of the complete subtrees that a tree consists of: enough to append to it and to know its root,
/// in 64 hashes at most. Also known as its compact range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree of `size` leaves with these subtrees, the largest first; `None` if it has more or fewer of
    /// them: one for each bit that is set in its size.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let is_whole = usize::try_from(size.count_ones()) == Ok(peaks.len());
        is_whole.then_some(Self { size, peaks })
    }

    /// Appends the hash of a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut subtree = leaf;
        // Each set bit at the end is a subtree as large as this one, which makes both one.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                subtree = node(&left, &subtree);
            }
        }
        self.peaks.push(subtree);
        self.size += 1;
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The complete subtrees, the largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The hash of the whole tree.
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right));
        joined.unwrap_or_else(Hash::of_nothing)
    }
}
