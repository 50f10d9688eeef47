//! The snapshot of an engine: its state as bytes, with what tells whether it can be used.
//!
//! Each group and each sequel is written with the ids and hashes of its rules, then with what is kept of
//! each key, the one that was touched longest ago first.

mod load;
mod save;

use std::sync::Arc;

use audit_runtime::Digest;

use super::codec::{Decoder, Encoder};
use super::detector::SnapshotError;
use super::hash::StateKey;
use super::rule::Rule;
use super::state::State;

/// The first bytes of a snapshot, with the version of its form: rules of a group share since 2.
const MAGIC: &[u8; 8] = b"auddet\x00\x02";

/// Everything that an engine needs to go on, whose hashes are made with `key`.
pub(super) fn write(state: &State, key: StateKey) -> Vec<u8> {
    let mut out = Encoder(MAGIC.to_vec());
    out.number(key.check());
    save::state(&mut out, state);
    let digest = Digest::of(&out.0);
    out.digest(&digest);
    out.0
}

/// The state that a snapshot holds for these rules, and which of them were there; those that were not
/// begin with the event that comes next.
///
/// # Errors
/// Fails if it was written in another form or with another key, or is damaged.
pub(super) fn read(
    snapshot: &[u8],
    rules: &[Arc<Rule>],
    key: StateKey,
) -> Result<(State, Vec<bool>), SnapshotError> {
    let (magic, rest) = snapshot.split_at_checked(MAGIC.len()).ok_or(SnapshotError::Damaged)?;
    if magic != MAGIC {
        return Err(SnapshotError::Version);
    }
    let body = rest.len().checked_sub(32).ok_or(SnapshotError::Damaged)?;
    let (covered, digest) = snapshot.split_at(MAGIC.len() + body);
    if Digest::of(covered).as_bytes() != digest {
        return Err(SnapshotError::Damaged);
    }
    let mut from = Decoder(&rest[..body]);
    if from.number() != Some(key.check()) {
        return Err(SnapshotError::Key);
    }
    load::state(&mut from, rules).ok_or(SnapshotError::Damaged)
}

#[cfg(test)]
mod tests {
    use audit_runtime::{HashKey, Timestamp};

    use super::super::detector::Detector as _;
    use super::super::engine::Engine;
    use super::super::observed::{Address, Observed, User};
    use super::super::rule::Rules;
    use super::*;

    fn key(byte: u8) -> StateKey {
        StateKey::derived(&HashKey::from_bytes([byte; 32]))
    }

    /// An engine that has something of everything in its state.
    fn engine() -> Engine {
        let mut engine = Engine::new(Rules::builtin(), key(1));
        for seq in 0..12 {
            let time = Timestamp::from_unix_nanos(seq as i64);
            let mut event = Observed::new(seq, time);
            event.category = Some(audit_runtime::Category::Authentication);
            event.outcome = Some(audit_runtime::Outcome::Failure);
            event.user = Some(User::exact(format!("user{}", seq % 6)));
            event.address = Some(Address::exact("192.0.2.1"));
            engine.observe(&event, &mut Vec::new());
        }
        engine
    }

    /// The bytes with the digest that belongs to them.
    fn sealed(mut covered: Vec<u8>) -> Vec<u8> {
        let digest = Digest::of(&covered);
        covered.extend_from_slice(digest.as_bytes());
        covered
    }

    #[test]
    fn what_is_no_snapshot_of_this_form_and_key_is_refused_and_changes_nothing() {
        let snapshot = engine().snapshot();
        let covered = &snapshot[..snapshot.len() - 32];
        let mut older = covered.to_vec();
        older[7] = 1;
        let mut flipped = snapshot.clone();
        flipped[100] ^= 1;
        let cases = [
            (Vec::new(), SnapshotError::Damaged),
            (sealed(older), SnapshotError::Version),
            (flipped, SnapshotError::Damaged),
            (sealed([covered, b"more"].concat()), SnapshotError::Damaged),
        ];
        for (bytes, expected) in cases {
            let mut engine = engine();
            assert_eq!(engine.restore(&bytes), Err(expected));
            assert!(engine.snapshot() == snapshot);
        }
        let mut other = Engine::new(Rules::builtin(), key(2));
        assert_eq!(other.restore(&snapshot), Err(SnapshotError::Key));
    }

    #[test]
    fn a_snapshot_that_ends_anywhere_is_damaged_even_with_a_digest() {
        let snapshot = engine().snapshot();
        for end in MAGIC.len()..snapshot.len() - 32 {
            let restored = engine().restore(&sealed(snapshot[..end].to_vec()));
            let expected =
                if end < MAGIC.len() + 8 { SnapshotError::Key } else { SnapshotError::Damaged };
            assert_eq!(restored, Err(expected), "{end}");
        }
    }
}
