//! What signs a journal: a Merkle tree over its durable lines, and the signed files that vouch for it.
//!
//! The writer feeds each batch to [`Signed`] once it is durable, and has the files written when that
//! is due. A start finds the tree again by [`Found`]. Nothing here is there in a journal without a key.

mod anew;
mod files;
mod found;
mod history;
mod note;
mod rotation;
mod seal;
mod span;
mod tiles;

pub use anew::{SignedAnew, is_signed};
pub(super) use files::{HISTORY, TILES};
pub(super) use found::{Found, check_begun};
pub(super) use note::{CHECKPOINT, NOTE_BYTES_MAX, is_sealed, read_checkpoint};
pub(super) use rotation::Handover;
pub use rotation::KeyRotation;
pub(super) use seal::Seal;
pub(super) use span::Content;

use audit_tlog::{Frontier, leaf};

use super::batch::Batch;
use super::error::Error;
use super::line::Chain;
use super::options::Options;
use super::storage::Storage;
use files::Files;
use rotation::Change;
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
    /// Nothing is signed before the record of it is durable.
    change: Option<Change>,
    rotation: Option<KeyRotation>,
    anew: Option<SignedAnew>,
    trouble: Option<Error>,
}

impl Signed {
    /// Goes on where a start has `found` the tree, or begins a new one; `None` without a key.
    ///
    /// # Errors
    /// Fails if there is no tree to go on with: the journal cannot be signed.
    pub(super) fn open(
        storage: &dyn Storage,
        options: &Options,
        origin: &str,
        found: Option<Found>,
    ) -> Option<Result<Self, Error>> {
        let signer = options.signer.clone()?;
        let found = found.unwrap_or_else(Found::nothing);
        let change = Change::due(storage, options, origin, &found);
        let anew = SignedAnew::due(storage, &found, change.as_ref());
        let Found { tree, span, seals, base, leaves, checkpoint, mut flaw, lost, .. } = found;
        if let Some(lost) = lost {
            return Some(Err(lost));
        }
        if change.is_some() {
            // That the newest checkpoint is another key's is no trouble where a record says so.
            flaw = None;
        }
        let tiles = tiles::again(storage, &base, leaves);
        let signed = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        let files = Files::new(signer, origin, tiles, signed);
        Some(Ok(Self { tree, span, seals, files, change, rotation: None, anew, trouble: flaw }))
    }

    /// Takes the lines that have just become durable behind the chain `before`.
    pub(super) fn feed(&mut self, batch: &Batch, before: &Chain, begins_segment: bool) {
        if begins_segment {
            let over = self.span.replace(Span::new(before));
            self.seals.extend(over.map(|span| span.close(before, &self.tree)));
        }
        if let Some(change) = self.change.take_if(|change| change.is_staged) {
            self.rotation = Some(change.rotation);
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

    /// What the record of a change of the key is to hold that none tells of yet; to be staged at once.
    pub(super) fn change_to_stage(&mut self, storage: &dyn Storage) -> Option<String> {
        let change = self.change.as_mut().filter(|change| !change.is_staged)?;
        let note = change.note(storage);
        change.is_staged = note.is_ok();
        note.map_err(|error| self.keep_trouble(Some(error))).ok()
    }

    /// The record of it was given up.
    pub(super) fn give_up_change(&mut self) {
        if let Some(change) = &mut self.change {
            change.is_staged = false;
        }
    }

    /// True if a checkpoint cannot wait for the next tick; one that has met trouble does.
    pub(super) fn is_pressing(&self, is_over: bool) -> bool {
        let behind = self.tree.size() - self.files.signed();
        let is_first = self.files.signed() == 0;
        let is_late = behind >= RECORDS_MAX || !self.seals.is_empty() || self.files.is_asked();
        let is_due = is_late || (behind > 0 && (is_over || is_first));
        is_due && (is_over || self.trouble.is_none())
    }

    /// Writes what is due; `is_last` if the journal is at its end. Trouble is tried again with the next call.
    /// True if the key has been asked and has not answered yet.
    pub(super) fn sign(&mut self, storage: &dyn Storage, monotonic_ns: u64, is_last: bool) -> bool {
        if self.change.is_some() {
            return false;
        }
        let is_turn = is_last || !self.seals.is_empty();
        let firm = self.seals.last().map_or(0, Seal::next_seq);
        let tiles = self.files.write_tiles(storage, firm);
        // A checkpoint behind a segment without a seal would say that the seal is gone.
        let vouched = self
            .write_seals(storage)
            .and_then(|()| self.files.write_checkpoint(storage, &self.tree, monotonic_ns, is_turn));
        let is_unanswered = vouched.as_ref().is_err_and(Error::is_unanswered);
        self.keep_trouble(tiles.and(vouched).err());
        is_unanswered
    }

    /// Writes the seals of all segments that are over, and makes sure that the hashes of their records stay.
    ///
    /// # Errors
    /// Says why that cannot be.
    pub(super) fn seal_all(&mut self, storage: &dyn Storage) -> Result<(), String> {
        if self.change.is_some() {
            let trouble = self.trouble.as_ref().map_or(String::new(), |error| format!(": {error}"));
            return Err(format!("the change of the key is not recorded yet{trouble}"));
        }
        let firm = self.files.keep_tiles(storage, self.tree.size());
        firm.and_then(|()| self.write_seals(storage)).map_err(|error| {
            let told = match error.is_awaited() {
                true => {
                    "the key was asked and has not answered yet; try again in a moment".to_owned()
                }
                false => error.to_string(),
            };
            self.keep_trouble(Some(error));
            told
        })
    }

    /// True if the segment `first` is over, and its seal is still to be written.
    pub(super) fn owes(&self, first: u64) -> bool {
        self.seals.iter().any(|seal| seal.first_seq == first)
    }

    /// What is awaited is no trouble, and none is over before an answer.
    fn keep_trouble(&mut self, error: Option<Error>) {
        if !error.as_ref().is_some_and(Error::is_awaited) {
            self.trouble = error;
        }
    }

    fn write_seals(&mut self, storage: &dyn Storage) -> Result<(), Error> {
        while let Some(seal) = self.seals.first() {
            self.files.write_seal(storage, seal)?;
            self.seals.remove(0);
        }
        Ok(())
    }

    pub(super) fn rotation(&self) -> Option<&KeyRotation> {
        self.rotation.as_ref()
    }

    pub(super) fn anew(&self) -> Option<&SignedAnew> {
        self.anew.as_ref()
    }

    /// The size of the newest checkpoint.
    pub(super) fn size(&self) -> u64 {
        self.files.signed()
    }

    pub(super) fn trouble(&self) -> Option<&Error> {
        self.trouble.as_ref()
    }
}
