//! What a start signs although nothing that it trusts has signed it before.

use super::RECORDS_MAX;
use super::files::HISTORY;
use super::found::Found;
use super::note::CHECKPOINT;
use super::rotation::Change;
use crate::error::Error;
use crate::segment;
use crate::storage::Storage;

/// Records that a start has found and signs, although what should have signed them is not there: the first
/// record that it signs so, and the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAnew {
    /// `unsigned`, `key`, `checkpoint` or `seals`: what was not there; or `behind`: the newest checkpoint is
    /// further back than a crash leaves it.
    pub reason: &'static str,
    /// The first record.
    pub first_seq: u64,
    /// The last one.
    pub last_seq: u64,
}

impl SignedAnew {
    /// What a start has to record of what it has `found`, if so.
    pub(super) fn due(
        storage: &dyn Storage,
        found: &Found,
        change: Option<&Change>,
    ) -> Option<Self> {
        let last_seq = found.tree.size().checked_sub(1).filter(|_| found.lost.is_none())?;
        let is_vouched = change.is_none_or(|change| change.rotation.is_vouched_for);
        // A checkpoint comes after the seals of all segments before its end.
        let is_gone = |size| found.seals.iter().any(|seal| seal.next_seq() < size);
        let firm = found.base.firm.size();
        let vouched = found.checkpoint.as_ref().map_or(0, |it| it.size).max(firm);
        let is_behind =
            found.tree.size().saturating_sub(vouched) > RECORDS_MAX || found.seals.len() > 1;
        let reason = match &found.checkpoint {
            None if !is_vouched => "key",
            None if is_signed(storage).is_ok_and(|is| !is) => "unsigned",
            None => "checkpoint",
            Some(checkpoint) if is_gone(checkpoint.size) => "seals",
            Some(_) if is_behind => {
                return Some(Self { reason: "behind", first_seq: vouched, last_seq });
            }
            Some(_) => return None,
        };
        Some(Self { reason, first_seq: firm, last_seq })
    }

    /// The reason in words, as the end of a sentence.
    pub fn because(&self) -> &'static str {
        match self.reason {
            "unsigned" => "the journal was not signed before, or all that was signed is gone",
            "key" => "another key has signed them, which is not there to vouch for this one",
            "checkpoint" => {
                "the newest checkpoint is gone, or is none of this journal and its keys"
            }
            "behind" => {
                "they are more than a crash leaves unsigned: the key did not answer for long, or they were written \
                 without it, or newer checkpoints and seals are gone"
            }
            _ => {
                "seals that the newest checkpoint speaks of are gone, or are of no key that is there"
            }
        }
    }
}

/// True if the journal has a checkpoint or a seal, whoever has signed it.
///
/// # Errors
/// Fails when the storage does.
pub fn is_signed(storage: &dyn Storage) -> Result<bool, Error> {
    let names = |dir| storage.list(dir).map_err(Error::io(storage, "list", dir));
    let is_checkpoint = |name: &String| name == CHECKPOINT || name == HISTORY;
    let is_seal = |name: &String| name.ends_with(segment::SEAL_EXTENSION);
    Ok(names("")?.iter().any(is_checkpoint) || names(segment::DIR)?.iter().any(is_seal))
}
