//! The first filter: names the few places of a text where four bytes are part of a rule's word.
//!
//! A bit for the hash of each four bytes (Karp and Rabin's idea with a table in place of one word)
//! answers for nearly every place without a branch that depends on the text.

use std::sync::LazyLock;

use crate::rules::{self, Rule};

/// Two to this power bits are asked first.
const BITS_POWER: u32 = 17;
const WORDS: usize = 1 << (BITS_POWER - 6);
const SLOTS_POWER: u32 = 14;
const SLOTS: usize = 1 << SLOTS_POWER;

/// How many places are asked before a branch.
const BLOCK: usize = 8;

/// Letters of both cases become one, and digits stay; other bytes may fall together.
const FOLD: u32 = 0x2020_2020;
/// The same for eight bytes.
const FOLDS: u64 = (FOLD as u64) << 32 | FOLD as u64;

static ALL: LazyLock<Filter> = LazyLock::new(|| {
    let mut filter = Filter {
        bits: Box::new([0; WORDS]),
        again: Box::new([0; WORDS]),
        slots: vec![None; SLOTS],
    };
    rules::each_gram(&mut |gram, rule, offset| filter.add(gram, rule, offset));
    filter
});

/// Which four bytes belong to which rules.
pub(crate) struct Filter {
    bits: Box<[u64; WORDS]>,
    /// The same bits by another hash, asked where the first say yes.
    again: Box<[u64; WORDS]>,
    /// Open addressing: all rules of four bytes follow each other, up to an empty slot.
    slots: Vec<Option<Slot>>,
}

#[derive(Clone, Copy, PartialEq)]
struct Slot {
    gram: u32,
    rule: Rule,
    /// How far before the four bytes the rule's word begins.
    offset: u8,
}

/// A place where four bytes are those of a rule.
pub(crate) struct Hit {
    pub(crate) place: usize,
    gram: u32,
    filter: &'static Filter,
}

impl Filter {
    pub(crate) fn of_all_rules() -> &'static Self {
        &ALL
    }

    /// The first place at or behind `from` that some rule wants to see.
    pub(crate) fn next(&'static self, bytes: &[u8], from: usize) -> Option<Hit> {
        let mut start = from;
        while let Some(block) = bytes.get(start..).and_then(<[u8]>::first_chunk) {
            let mut bits = self.bits_of(block);
            while bits != 0 {
                let place = start + bits.trailing_zeros() as usize;
                if let Some(hit) = self.hit(bytes, place) {
                    return Some(hit);
                }
                bits &= bits - 1;
            }
            start += BLOCK;
        }
        (start..bytes.len()).find_map(|place| self.hit(bytes, place))
    }

    /// What stands at `place`, if it belongs to a rule.
    fn hit(&'static self, bytes: &[u8], place: usize) -> Option<Hit> {
        let gram = gram_of(bytes.get(place..)?.first_chunk::<4>()?);
        let bit = hash_again(gram);
        let is_again = self.again[(bit >> 6) as usize % WORDS] >> (bit & 63) & 1 == 1;
        let is_hit = is_again && self.slots_of(gram).next().is_some();
        is_hit.then_some(Hit { place, gram, filter: self })
    }

    /// One bit for each of the first places of a block whose four bytes have one.
    #[inline(always)]
    fn bits_of(&self, block: &[u8; BLOCK + 4]) -> u64 {
        let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |it| u64::from_le_bytes(*it)) | FOLDS;
        let (low, high) = (word(block.first_chunk()), word(block.last_chunk()));
        let at = |bytes: u64, ahead: u32| self.bit((bytes >> (8 * ahead)) as u32) << ahead;
        let of_low = at(low, 0) | at(low, 1) | at(low, 2) | at(low, 3);
        let of_high = at(high, 0) | at(high, 1) | at(high, 2) | at(high, 3);
        of_low | of_high << 4
    }

    /// One if some rule has four bytes with this hash.
    #[inline(always)]
    fn bit(&self, gram: u32) -> u64 {
        let bit = hash(gram) >> (32 - BITS_POWER);
        self.bits[(bit >> 6) as usize % WORDS] >> (bit & 63) & 1
    }

    fn slots_of(&self, gram: u32) -> impl Iterator<Item = Slot> {
        let start = slot_of(gram);
        let slots = (start..start + SLOTS).map_while(|at| *self.slots.get(at % SLOTS)?);
        slots.filter(move |slot| slot.gram == gram)
    }

    fn add(&mut self, gram: [u8; 4], rule: Rule, offset: u8) {
        let gram = gram_of(&gram);
        let slot = Slot { gram, rule, offset };
        if self.slots_of(gram).any(|known| known == slot) {
            return;
        }
        let bit = hash(gram) >> (32 - BITS_POWER);
        if let Some(word) = self.bits.get_mut((bit >> 6) as usize) {
            *word |= 1 << (bit & 63);
        }
        let bit = hash_again(gram);
        if let Some(word) = self.again.get_mut((bit >> 6) as usize) {
            *word |= 1 << (bit & 63);
        }
        let start = slot_of(gram);
        let mut places = (start..start + SLOTS).map(|at| at % SLOTS);
        let free = places.find(|at| self.slots.get(*at).is_some_and(Option::is_none));
        if let Some(place) = free.and_then(|at| self.slots.get_mut(at)) {
            *place = Some(slot);
        }
    }
}

impl Hit {
    /// The rules, each with the place where its word begins.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (Rule, usize)> {
        let slots = self.filter.slots_of(self.gram);
        slots.filter_map(|slot| Some((slot.rule, self.place.checked_sub(slot.offset.into())?)))
    }
}

#[inline(always)]
fn gram_of(four: &[u8]) -> u32 {
    four.first_chunk().map_or(0, |four| u32::from_le_bytes(*four)) | FOLD
}

fn slot_of(gram: u32) -> usize {
    (hash(gram) >> (32 - SLOTS_POWER)) as usize
}

/// Fibonacci hashing (Knuth, The Art of Computer Programming 3, section 6.4).
#[inline(always)]
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

/// Another such hash, of as many bits as are asked.
#[inline(always)]
fn hash_again(gram: u32) -> u32 {
    gram.wrapping_mul(0x85eb_ca6b) >> (32 - BITS_POWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hashes with few bits each are what lets a text through unread.
    #[test]
    fn the_filter_is_sparse_and_its_table_half_empty() {
        let slots = ALL.slots.iter().flatten().count();
        let bits: u32 = ALL.bits.iter().map(|word| word.count_ones()).sum();
        assert!(slots * 2 < SLOTS, "{slots}");
        assert!(bits as usize * 32 < WORDS * 64, "{bits}");
    }
}
