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
use super::engine::State;
use super::hash::StateKey;
use super::rule::Rule;

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
