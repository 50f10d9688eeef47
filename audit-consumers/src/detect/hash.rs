//! Keyed hashes: what the engine keeps of users, addresses and targets.

use std::fmt;
use std::hash::Hasher as _;
#[expect(
    deprecated,
    reason = "the one keyed hash of the standard library whose algorithm is fixed: SipHash-2-4"
)]
use std::hash::SipHasher;
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

    /// The hash of `parts`; which byte belongs to which part makes a difference.
    #[expect(deprecated, reason = "see the import")]
    pub(super) fn hash(self, domain: Domain, parts: &[&[u8]]) -> u64 {
        let mut hasher = SipHasher::new_with_keys(self.0 ^ domain as u64, self.1);
        for (index, part) in parts.iter().enumerate() {
            // The last part needs no length: all of the rest is its own.
            if index + 1 < parts.len() {
                hasher.write(&(part.len() as u64).to_le_bytes());
            }
            hasher.write(part);
        }
        hasher.finish()
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
        // The first test vector of the paper's appendix: key 00…0f, message 00…0e.
        let message: Vec<u8> = (0..15).collect();
        let shifted = StateKey(0x0706_0504_0302_0100 ^ Domain::User as u64, 0x0f0e_0d0c_0b0a_0908);
        assert_eq!(shifted.hash(Domain::User, &[&message]), 0xa129_ca61_49be_45e5);
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
