//! Proofs that a record is in a tree, and that one tree goes on from another: made, and checked.
//!
//! They are made by RFC 6962, sections 2.1.1 and 2.1.2, from the hashes of complete subtrees: `subtree(level,
//! index)` is asked for that over the leaves from `index << level` up to `(index + 1) << level`. They are
//! checked by RFC 9162, sections 2.1.3.2 and 2.1.4.2, which need no tree.

use crate::hash::{Hash, node};

type Subtree<'a, E> = &'a mut dyn FnMut(u32, u64) -> Result<Hash, E>;

/// The root of the tree of `size` leaves.
///
/// # Errors
/// Those of `subtree`.
pub fn root_at<E>(size: u64, subtree: Subtree<'_, E>) -> Result<Hash, E> {
    if size == 0 { Ok(Hash::of_nothing()) } else { Part { start: 0, size }.root(subtree) }
}

/// The proof that the leaf `index` is in the tree of `size` leaves; empty if it has no such leaf.
///
/// # Errors
/// Those of `subtree`.
pub fn inclusion<E>(size: u64, index: u64, subtree: Subtree<'_, E>) -> Result<Vec<Hash>, E> {
    let mut part = Part { start: 0, size };
    let mut siblings = Vec::new();
    while index < size && part.size > 1 {
        let (left, right) = part.split();
        let (inside, beside) = if index < right.start { (left, right) } else { (right, left) };
        siblings.push(beside.root(subtree)?);
        part = inside;
    }
    siblings.reverse();
    Ok(siblings)
}

/// The proof that the tree of `to` leaves begins with that of `from` leaves; empty if `from` is 0, or not
/// less than `to`.
///
/// # Errors
/// Those of `subtree`.
pub fn consistency<E>(from: u64, to: u64, subtree: Subtree<'_, E>) -> Result<Vec<Hash>, E> {
    let mut part = Part { start: 0, size: to };
    let mut hashes = Vec::new();
    if from == 0 || from >= to {
        return Ok(hashes);
    }
    while part.end() != from {
        let (left, right) = part.split();
        let (inside, beside) = if from <= right.start { (left, right) } else { (right, left) };
        hashes.push(beside.root(subtree)?);
        part = inside;
    }
    // Where the smaller tree is one subtree of the larger one, its root is known.
    if part.start > 0 {
        hashes.push(part.root(subtree)?);
    }
    hashes.reverse();
    Ok(hashes)
}

/// True if `proof` shows that the leaf `index` of the tree with this root and `size` is `leaf`.
pub fn is_included(root: &Hash, size: u64, index: u64, leaf: &Hash, proof: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let mut way = Way { inside: index, last: size - 1 };
    let mut reached = *leaf;
    for sibling in proof {
        if way.last == 0 {
            return false;
        }
        reached = match way.is_right() {
            true => node(sibling, &reached),
            false => node(&reached, sibling),
        };
        way.climb();
    }
    way.last == 0 && reached == *root
}

/// True if `proof` shows that the tree `to`, of a size and a root, begins with the tree `from`.
pub fn is_consistent(from: (u64, &Hash), to: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((from, from_root), (to, to_root)) = (from, to);
    if from == 0 {
        return proof.is_empty() && *from_root == Hash::of_nothing();
    }
    if from == to {
        return proof.is_empty() && from_root == to_root;
    }
    if from > to {
        return false;
    }
    let mut way = Way { inside: from - 1, last: to - 1 };
    way.climb_while_right();
    let known = from.is_power_of_two().then_some(from_root);
    let mut hashes = known.into_iter().chain(proof);
    let Some(first) = hashes.next() else { return false };
    let (mut smaller, mut larger) = (*first, *first);
    for hash in hashes {
        if way.last == 0 {
            return false;
        }
        if way.is_right() {
            smaller = node(hash, &smaller);
            larger = node(hash, &larger);
        } else {
            larger = node(&larger, hash);
        }
        way.climb();
    }
    way.last == 0 && smaller == *from_root && larger == *to_root
}

/// The leaves from `start` on, `size` of them, as the tree divides them.
#[derive(Clone, Copy)]
struct Part {
    start: u64,
    size: u64,
}

impl Part {
    fn end(self) -> u64 {
        self.start + self.size
    }

    /// The largest complete subtree that is less than all, and the rest. There are at least two leaves.
    fn split(self) -> (Self, Self) {
        let size = 1 << (self.size - 1).ilog2();
        let right = Self { start: self.start + size, size: self.size - size };
        (Self { start: self.start, size }, right)
    }

    fn root<E>(self, subtree: Subtree<'_, E>) -> Result<Hash, E> {
        if self.size.is_power_of_two() {
            let level = self.size.trailing_zeros();
            return subtree(level, self.start >> level);
        }
        let (left, right) = self.split();
        Ok(node(&left.root(subtree)?, &right.root(subtree)?))
    }
}

/// The way from a leaf to the root, and the last node of each level.
struct Way {
    inside: u64,
    last: u64,
}

impl Way {
    /// True if what lies beside the way here is at its left.
    fn is_right(&self) -> bool {
        self.inside & 1 == 1 || self.inside == self.last
    }

    /// Goes to where the next hash belongs: a last node without a sibling is its own parent.
    fn climb(&mut self) {
        if self.inside == self.last {
            while self.inside & 1 == 0 && self.inside != 0 {
                self.up();
            }
        }
        self.up();
    }

    fn climb_while_right(&mut self) {
        while self.inside & 1 == 1 {
            self.up();
        }
    }

    fn up(&mut self) {
        self.inside >>= 1;
        self.last >>= 1;
    }
}
