//! Proves that a record is in the journal, and that a later checkpoint goes on from an earlier one.

use std::time::Instant;

use audit_tlog::{
    Checkpoint, Frontier, Hash, Proof, consistency, inclusion, is_consistent, is_included, leaf,
    root_at,
};

use super::error::Error;
use super::line;
use super::lines::Piece;
use super::segment;
use super::signed::CHECKPOINT;
use super::storage::Storage;
use super::tiles;
use super::verify;

const SLOW: &str = "the proof took too long, because hashes in `tiles/` are missing or wrong: `audited verify` \
                    names them, and the next start makes those again that are missing";

/// Proves to whoever has the line and the public key that the record `seq` is in the journal, under the
/// newest checkpoint.
///
/// The hashes come from `tiles/`, or where these are missing or wrong from the records themselves. Who signed
/// the checkpoint is for the proof's reader to judge.
///
/// # Errors
/// [`Error::Unsigned`] if there is no checkpoint, [`Error::Unproven`] if it does not cover the record or the
/// record is not there, [`Error::Damaged`] if it is signed over other records.
pub fn prove(storage: &dyn Storage, seq: u64) -> Result<Proof, Error> {
    let newest = verify::newest_checkpoint(storage)?;
    let (note, Checkpoint { root, size, .. }) = newest.ok_or_else(|| verify::unsigned(storage))?;
    if seq >= size {
        let reason = format!(
            "the newest checkpoint is of {size} records; a service at work signs the next one within a second"
        );
        return Err(unproven(storage, seq, reason));
    }
    let own = subtree(storage, 0, seq, false, None)?;
    let proof = made(
        |trusts_tiles| {
            let subtree = &mut |level, index| subtree(storage, level, index, trusts_tiles, None);
            inclusion(size, seq, subtree)
        },
        |hashes| is_included(&root, size, seq, &own, hashes),
    )?;
    let hashes = proof.ok_or_else(|| other(storage, seq, size))?;
    Ok(Proof { index: seq, hashes, checkpoint: note })
}

/// Proves that the journal that `to` was signed over begins with that of `from`.
///
/// # Errors
/// [`Error::Unproven`] if records are not there and `tiles/` does not have their hashes, [`Error::Damaged`] if
/// no such proof can be made: one of the two is of other records.
pub fn prove_consistency(
    storage: &dyn Storage,
    from: &Checkpoint,
    to: &Checkpoint,
) -> Result<Vec<Hash>, Error> {
    growth(storage, from.size, Some(from.root), to, None)
}

/// Proves that the journal that `to` was signed over goes on from its own first `from` records, to whoever has
/// their root.
///
/// # Errors
/// As [`prove_consistency`], and [`Error::Unproven`] if the `deadline` passes while records are read because `tiles/`
/// does not have their hashes.
pub fn prove_growth(
    storage: &dyn Storage,
    from: u64,
    to: &Checkpoint,
    deadline: Instant,
) -> Result<Vec<Hash>, Error> {
    growth(storage, from, None, to, Some(deadline))
}

/// Proves it of the records that have this root, or those that are there.
fn growth(
    storage: &dyn Storage,
    from: u64,
    root: Option<Hash>,
    to: &Checkpoint,
    due: Option<Instant>,
) -> Result<Vec<Hash>, Error> {
    let proof = made(
        |trusts_tiles| {
            let subtree =
                &mut |level: u32, index: u64| subtree(storage, level, index, trusts_tiles, due);
            let root = root.map_or_else(|| root_at(from, subtree), Ok)?;
            Ok((root, consistency(from, to.size, subtree)?))
        },
        |(root, hashes)| is_consistent((from, root), (to.size, &to.root), hashes),
    )?;
    let (_, hashes) = proof.ok_or_else(|| other(storage, from.saturating_sub(1), to.size))?;
    Ok(hashes)
}

/// Makes a proof from the tiles, or else from the records; `None` if neither is right.
fn made<P>(
    make: impl Fn(bool) -> Result<P, Error>,
    is_right: impl Fn(&P) -> bool,
) -> Result<Option<P>, Error> {
    for trusts_tiles in [true, false] {
        let proof = make(trusts_tiles)?;
        if is_right(&proof) {
            return Ok(Some(proof));
        }
    }
    Ok(None)
}

/// The hash of the complete subtree over the records from `index << level` on: from the tiles if those are
/// trusted, or if records are not there, such as pruned ones.
fn subtree(
    storage: &dyn Storage,
    level: u32,
    index: u64,
    trusts_tiles: bool,
    due: Option<Instant>,
) -> Result<Hash, Error> {
    let tiled = || tiles::subtree(storage, level, index);
    if let Some(hash) = trusts_tiles.then(tiled).flatten() {
        return Ok(hash);
    }
    let (start, end) = (index << level, (index + 1) << level);
    let counted = counted(storage, start, end, due)?;
    let hash = counted.or_else(|| tiled().filter(|_| level > 0 || trusts_tiles));
    hash.ok_or_else(|| {
        let reason = format!("the records from seq {start} to {} are not all there", end - 1);
        unproven(storage, start, reason)
    })
}

/// The same, from the records alone.
fn counted(
    storage: &dyn Storage,
    start: u64,
    end: u64,
    deadline: Option<Instant>,
) -> Result<Option<Hash>, Error> {
    let firsts = segment::list(storage)?;
    let before = firsts.partition_point(|first| *first <= start).saturating_sub(1);
    let mut tree = Frontier::default();
    for (at, &first) in firsts.iter().enumerate().skip(before) {
        let mut lines = segment::lines(storage, first)?;
        loop {
            let due = start + tree.size();
            if due == end {
                return Ok(Some(tree.root()));
            }
            // What stands in this one from there on, a failed sync has left.
            if firsts.get(at + 1) == Some(&due) {
                break;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(unproven(storage, due, SLOW.to_owned()));
            }
            let piece = lines.next().map_err(Error::io(storage, "read", &segment::name(first)))?;
            let Piece::Line(range) = piece else { break };
            let line = lines.bytes(&range);
            if line::parse(line).is_ok_and(|parsed| parsed.stamp.seq == due) {
                tree.push(leaf(line));
            }
        }
    }
    Ok((start + tree.size() == end).then(|| tree.root()))
}

fn unproven(storage: &dyn Storage, seq: u64, reason: String) -> Error {
    let journal = storage.describe();
    let reason = format!("record {seq} of the journal in {journal} cannot be proved: {reason}");
    Error::Unproven { reason }
}

/// The records are not those that were signed.
fn other(storage: &dyn Storage, seq: u64, size: u64) -> Error {
    Error::Damaged {
        journal: storage.describe(),
        segment: CHECKPOINT.to_owned(),
        line: 1,
        offset: 0,
        seq,
        reason: format!("the checkpoint of {size} records was not signed over these records"),
    }
}
