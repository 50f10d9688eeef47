//! What signs a journal: a Merkle tree over its durable lines, and the signed files that vouch for it.
//!
//! The writer feeds each batch to [`Signed`] once it is durable, and has the files written when that
//! is due. A start finds the tree again by [`Found`]. Nothing here is there in a journal without a key.

mod files;
mod found;
mod history;
mod rotation;
mod seal;
mod span;
mod tiles;

pub(super) use files::{HISTORY, TILES};
pub(super) use found::{CHECKPOINT, Found, check_begun, read_checkpoint};
pub use rotation::KeyRotation;
pub(super) use rotation::{ROTATION, open};
pub(super) use seal::Seal;
pub(super) use span::Content;

use std::sync::Arc;

use audit_tlog::{Frontier, Signer, leaf};

use super::batch::Batch;
use super::error::Error;
use super::line::Chain;
use super::storage::Storage;
use files::Files;
use span::Span;

/// How many records a checkpoint may lag behind.
pub(super) const RECORDS_MAX: u64 = 4096;

/// The tree of a journal that is written, and what is still to be signed of it.
pub(super) struct Signed {
    tree: Frontier,
    /// The open segment, unless it has no durable record yet.
    span: Option<Span>,
    /// Of the segments that are over and have none on disk.
    seals: Vec<Seal>,
    files: Files,
    trouble: Option<Error>,
}

impl Signed {
    /// Goes on where a start has `found` the tree, or begins a new one.
    ///
    /// # Errors
    /// Fails if there is no tree to go on with: the journal cannot be signed.
    pub(super) fn open(
        storage: &dyn Storage,
        signer: Arc<dyn Signer>,
        origin: &str,
        found: Option<Found>,
    ) -> Result<Self, Error> {
        let found = found.unwrap_or_else(Found::nothing);
        if let Some(lost) = found.lost {
            return Err(lost);
        }
        let Found { tree, span, seals, base, leaves, checkpoint, flaw: trouble, .. } = found;
        let tiles = tiles::again(storage, &base, leaves);
        let signed = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        let files = Files::new(signer, origin, tiles, signed);
        Ok(Self { tree, span, seals, files, trouble })
    }

    /// Takes the lines that have just become durable behind the chain `before`.
    pub(super) fn feed(&mut self, batch: &Batch, before: &Chain, begins_segment: bool) {
        if begins_segment {
            let over = self.span.replace(Span::new(before));
            self.seals.extend(over.map(|span| span.close(before, &self.tree)));
        }
        for line in batch.each_line() {
            let leaf = leaf(line);
            self.tree.push(leaf);
            self.files.push_leaf(leaf);
            if let Some(span) = &mut self.span {
                span.push(line);
            }
        }
    }

    /// True if a checkpoint cannot wait for the next tick; one that has met trouble does.
    pub(super) fn is_pressing(&self, is_over: bool) -> bool {
        let behind = self.tree.size() - self.files.signed();
        let is_due = behind >= RECORDS_MAX || !self.seals.is_empty() || (is_over && behind > 0);
        is_due && (is_over || self.trouble.is_none())
    }

    /// Writes what is due; `is_last` if the journal is at its end. Trouble is tried again with the next call.
    pub(super) fn sign(&mut self, storage: &dyn Storage, monotonic_ns: u64, is_last: bool) {
        let is_turn = is_last || !self.seals.is_empty();
        let tiles = self.files.write_tiles(storage, !self.seals.is_empty());
        // A checkpoint behind a segment without a seal would say that the seal is gone.
        let vouched = self
            .write_seals(storage)
            .and_then(|()| self.files.write_checkpoint(storage, &self.tree, monotonic_ns, is_turn));
        self.trouble = tiles.and(vouched).err();
    }

    /// Writes the seals that are still owed.
    pub(super) fn write_seals(&mut self, storage: &dyn Storage) -> Result<(), Error> {
        while let Some(seal) = self.seals.first() {
            self.files.write_seal(storage, seal)?;
            self.seals.remove(0);
        }
        Ok(())
    }

    /// That the newest checkpoint is another key's is no trouble where a record says so.
    pub(super) fn pass_over_the_flaw(&mut self) {
        self.trouble = None;
    }

    /// The size of the newest checkpoint.
    pub(super) fn size(&self) -> u64 {
        self.files.signed()
    }

    pub(super) fn trouble(&self) -> Option<&Error> {
        self.trouble.as_ref()
    }
}
