//! Keyed fingerprints: of eight bytes, by which a secret is noticed, and of all of it, by which it is known.

use std::hash::{BuildHasher, RandomState};

/// How many bytes are looked up at once.
pub(super) const WINDOW_BYTES: usize = 8;

/// The Mersenne prime that sums are taken by.
const PRIME: u64 = (1 << 61) - 1;

/// Random numbers of this process, so that nobody outside can make a text of fingerprints that are known.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    add: u64,
    times: u64,
    base: u64,
}

/// A form of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Of the eight bytes at `offset`.
    pub(super) window: u64,
    pub(super) offset: usize,
    pub(super) length: usize,
    sum: u64,
    /// The base to the power of the length.
    power: u64,
    /// A part of a text in base64, of which all is replaced.
    pub(super) is_encoded: bool,
    /// Digits alone, which are not found in a longer number.
    pub(super) is_number: bool,
}

impl Keys {
    pub(super) fn by_chance() -> Self {
        let chance = || RandomState::new().hash_one(WINDOW_BYTES);
        Self { add: chance(), times: chance() | 1, base: 256 + chance() % (PRIME - 512) }
    }

    /// Which of its windows a form is noticed by is chosen by the keys, so that secrets with one beginning have many.
    pub(super) fn fingerprint(&self, form: &[u8], is_encoded: bool) -> Fingerprint {
        let windows = form.windows(WINDOW_BYTES).map(|window| self.window(window));
        let chosen = windows.enumerate().min_by_key(|(_, window)| *window);
        let (offset, window) = chosen.unwrap_or_default();
        let (sum, power) = form.iter().fold((0, 1), |(sum, power), byte| {
            (self.next_sum(sum, *byte), times(power, self.base))
        });
        let is_number = form.iter().all(u8::is_ascii_digit);
        Fingerprint { window, offset, length: form.len(), sum, power, is_encoded, is_number }
    }

    /// The fingerprint of eight bytes: a product folded, so that every bit depends on every other.
    #[inline(always)]
    pub(super) fn window(&self, eight: &[u8]) -> u64 {
        let eight = eight.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
        let product = u128::from(eight ^ self.add) * u128::from(self.times);
        product as u64 ^ (product >> 64) as u64
    }

    fn next_sum(&self, sum: u64, byte: u8) -> u64 {
        (times(sum, self.base) + u64::from(byte) + 1) % PRIME
    }
}

/// The sums of all beginnings of a text, taken when one is asked for: so a text that makes many be compared costs
/// no more for each than its first.
pub(super) struct Sums<'t> {
    text: &'t [u8],
    sums: Vec<u64>,
}

impl<'t> Sums<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { text, sums: Vec::new() }
    }

    /// True if `form` stands at `start`.
    pub(super) fn is(&mut self, keys: &Keys, start: usize, form: &Fingerprint) -> bool {
        if self.sums.is_empty() {
            let sums = self.text.iter().scan(0, |sum, byte| {
                *sum = keys.next_sum(*sum, *byte);
                Some(*sum)
            });
            self.sums = std::iter::once(0).chain(sums).collect();
        }
        let sum = |place: usize| self.sums.get(place).copied();
        let (Some(before), Some(all)) = (sum(start), sum(start + form.length)) else {
            return false;
        };
        (times(before, form.power) + form.sum) % PRIME == all
    }
}

fn times(one: u64, other: u64) -> u64 {
    (u128::from(one) * u128::from(other) % u128::from(PRIME)) as u64
}
