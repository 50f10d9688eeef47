//! Keyed hashes: what the engine keeps of users, addresses and targets.

use std::fmt;
use std::io;

use audit_runtime::{Digest, HashKey};

/// What a hash is of, so that equal texts of different fields differ.
#[derive(Clone, Copy)]
pub(super) enum Domain {
    User = 1,
    UnknownUser = 6,
    Address = 2,
    Target = 3,
    Drill = 4,
    Check = 5,
}

/// The secret key of the hashes in an engine's state.
///
/// Hashes are SipHash-2-4 (Aumasson and Bernstein, 2012) with 64 bits: whoever does not know the key
/// can neither test a guess against them nor choose values that collide. A snapshot can be restored
/// with the same key only, and the id of a finding depends on it.
#[derive(Clone, Copy)]
pub struct StateKey(u64, u64);

impl StateKey {
    /// The key that belongs to the key of a journal's hashes.
    pub fn derived(key: &HashKey) -> Self {
        Self::of(Digest::of(key.pseudonym("audit.detect", b"state").as_bytes()))
    }

    /// A fresh key, for a look whose state nobody keeps.
    ///
    /// # Errors
    /// Fails when the operating system gives no random bytes.
    pub fn random() -> io::Result<Self> {
        HashKey::random().map(|key| Self::derived(&key))
    }

    fn of(digest: Digest) -> Self {
        let word = |from: usize| {
            let bytes = digest.as_bytes().iter().skip(from).take(8);
            bytes.fold(0, |word: u64, byte| word << 8 | u64::from(*byte))
        };
        Self(word(0), word(8))
    }

    /// The hash of `parts`: each is hashed with a key that the hash of the one before has changed, so
    /// it makes a difference which byte belongs to which part. Empty parts in front count as none.
    pub(super) fn hash(self, domain: Domain, parts: &[&[u8]]) -> u64 {
        let mut key = self.0 ^ domain as u64;
        let Some((last, before)) = parts.split_last() else { return siphash(key, self.1, &[]) };
        for part in before.iter().filter(|part| !part.is_empty()) {
            key = self.0 ^ siphash(key, self.1, part);
        }
        siphash(key, self.1, last)
    }

    /// The key for the events of one drill, whose hashes are other than those of real ones.
    pub(super) fn of_drill(self, id: &str) -> Self {
        let word = |half: &[u8]| self.hash(Domain::Drill, &[half, id.as_bytes()]);
        Self(word(b"0"), word(b"1"))
    }

    /// Tells this key from others, and nothing about it.
    pub(super) fn check(self) -> u64 {
        self.hash(Domain::Check, &[b"audited"])
    }
}

/// SipHash-2-4, by the description in the paper: 64 bits for a key of two words.
fn siphash(k0: u64, k1: u64, message: &[u8]) -> u64 {
    let mut state = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = message.as_chunks::<8>();
    for word in words {
        absorb(&mut state, u64::from_le_bytes(*word));
    }
    // The last word has the rest of the message, and the message's length in its highest byte.
    let rest = match message.last_chunk::<8>() {
        // It ends with the last eight bytes, of which the first ones are absorbed already.
        Some(end) if !rest.is_empty() => u64::from_le_bytes(*end) >> (64 - 8 * rest.len()),
        _ => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    absorb(&mut state, rest | (message.len() as u64) << 56);
    state[2] ^= 0xff;
    (0..4).for_each(|_| round(&mut state));
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

fn absorb(state: &mut [u64; 4], word: u64) {
    state[3] ^= word;
    (0..2).for_each(|_| round(state));
    state[0] ^= word;
}

fn round(state: &mut [u64; 4]) {
    let [mut v0, mut v1, mut v2, mut v3] = *state;
    v0 = v0.wrapping_add(v1);
    v2 = v2.wrapping_add(v3);
    v1 = v1.rotate_left(13) ^ v0;
    v3 = v3.rotate_left(16) ^ v2;
    v0 = v0.rotate_left(32).wrapping_add(v3);
    v2 = v2.wrapping_add(v1);
    v1 = v1.rotate_left(17) ^ v2;
    v3 = v3.rotate_left(21) ^ v0;
    v2 = v2.rotate_left(32);
    *state = [v0, v1, v2, v3];
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> StateKey {
        StateKey::derived(&HashKey::from_bytes([byte; 32]))
    }

    #[test]
    fn the_hash_is_siphash_2_4() {
        // The standard library has one that nobody is to use, which is no reason not to compare.
        #[expect(deprecated, reason = "the oracle")]
        fn standard(message: &[u8]) -> u64 {
            let mut hasher = std::hash::SipHasher::new_with_keys(3, 4);
            std::hash::Hasher::write(&mut hasher, message);
            std::hash::Hasher::finish(&hasher)
        }
        // The test vector of the paper's appendix: key 00…0f, message 00…0e.
        let message: Vec<u8> = (0..15).collect();
        let hash = siphash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908, &message);
        assert_eq!(hash, 0xa129_ca61_49be_45e5);
        let message: Vec<u8> = (0..=255).collect();
        for length in 0..=message.len() {
            assert_eq!(siphash(3, 4, &message[..length]), standard(&message[..length]), "{length}");
        }
    }

    #[test]
    fn keys_domains_and_the_bounds_of_parts_make_a_difference() {
        let hash = |byte, domain, parts: &[&[u8]]| key(byte).hash(domain, parts);
        let one = hash(1, Domain::User, &[b"ab", b"c"]);
        assert_eq!(one, hash(1, Domain::User, &[b"ab", b"c"]));
        assert_ne!(one, hash(2, Domain::User, &[b"ab", b"c"]));
        assert_ne!(one, hash(1, Domain::Target, &[b"ab", b"c"]));
        assert_ne!(one, hash(1, Domain::User, &[b"a", b"bc"]));
        assert_ne!(key(1).check(), key(2).check());
        assert_eq!(format!("{:?}", key(1)), "StateKey");
    }
}
