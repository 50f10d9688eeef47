//! Writes the signed files of a journal.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use audit_tlog::{Checkpoint, Frontier, Hash, Note, Signer};

use super::history::{self, History};
use super::note::CHECKPOINT;
use super::seal::Seal;
use super::tiles::{Tiles, Untiled};
use crate::error::Error;
use crate::storage::Storage;

/// The history of checkpoints.
pub(crate) const HISTORY: &str = history::NAME;

/// Where the tiles are.
pub(crate) const TILES: &str = "tiles";

/// The key, and how much it has signed.
pub(super) struct Files {
    signer: Arc<dyn Signer>,
    origin: String,
    /// Or why there are none that could be gone on with.
    tiles: Result<Tiles, String>,
    /// No start can make them again.
    are_tiles_lost: bool,
    /// The size of the newest checkpoint.
    signed: u64,
    history: History,
    /// A checkpoint is to go there.
    is_owed: bool,
    /// What the key was asked to sign and has not answered: it is asked for that again, and not for more.
    asked: Option<Frontier>,
}

impl Files {
    pub(super) fn new(
        signer: Arc<dyn Signer>,
        origin: &str,
        tiles: Result<Tiles, Untiled>,
        signed: u64,
    ) -> Self {
        let (origin, history) = (origin.to_owned(), History::default());
        let are_tiles_lost = matches!(tiles, Err(Untiled::Lost(_)));
        let tiles = tiles.map_err(|why| why.to_string());
        Self { signer, origin, tiles, are_tiles_lost, signed, history, is_owed: false, asked: None }
    }

    /// The size of the newest checkpoint.
    pub(super) fn signed(&self) -> u64 {
        self.signed
    }

    pub(super) fn push_leaf(&mut self, leaf: Hash) {
        let Ok(tiles) = &mut self.tiles else { return };
        tiles.push(leaf);
        if tiles.is_overdue() {
            self.tiles = Err("they could not be written; the next start makes them again".into());
        }
    }

    /// True if the key has not answered yet.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Makes the tiles durable, which the records up to `size` go into, unless none could be gone on with.
    pub(super) fn keep_tiles(&mut self, storage: &dyn Storage, size: u64) -> Result<(), Error> {
        if self.are_tiles_lost { Ok(()) } else { self.write_tiles(storage, size) }
    }

    /// Writes the tiles, and makes those of the records up to `firm` durable before a seal: a start looks at no
    /// older ones.
    pub(super) fn write_tiles(&mut self, storage: &dyn Storage, firm: u64) -> Result<(), Error> {
        match &mut self.tiles {
            Ok(tiles) => {
                tiles.write(storage)?;
                let synced = if tiles.firm() < firm { tiles.sync(storage) } else { Ok(()) };
                synced.inspect_err(|error| self.tiles = Err(error.to_string()))
            }
            Err(reason) => {
                let reason = io::Error::other(reason.clone());
                Err(Error::io(storage, "write", TILES)(reason))
            }
        }
    }

    pub(super) fn write_seal(&self, storage: &dyn Storage, seal: &Seal) -> Result<(), Error> {
        let name = seal.name();
        let note = self.sign(storage, &seal.checkpoint(&self.origin), &name)?;
        storage.replace(&name, note.as_bytes()).map_err(Error::io(storage, "write", &name))
    }

    /// Writes a checkpoint of `tree`, unless it is the newest one, and appends it to the history if that is
    /// due or it `is_turn` for it.
    pub(super) fn write_checkpoint(
        &mut self,
        storage: &dyn Storage,
        tree: &Frontier,
        monotonic_ns: u64,
        is_turn: bool,
    ) -> Result<(), Error> {
        let tree = &self.asked.clone().unwrap_or_else(|| tree.clone());
        let size = tree.size();
        let is_due = is_turn || self.history.is_due(size, monotonic_ns);
        self.is_owed |= is_due && !self.history.ends_at(size);
        let is_new = size != self.signed;
        if !is_new && !self.is_owed {
            return Ok(());
        }
        let note = self.sign(storage, &Checkpoint::of(&*self.origin, tree), CHECKPOINT);
        self.asked =
            note.as_ref().err().filter(|error| error.is_unanswered()).map(|_| tree.clone());
        let note = note?;
        if is_new {
            let replaced = storage.replace(CHECKPOINT, note.as_bytes());
            replaced.map_err(Error::io(storage, "write", CHECKPOINT))?;
            self.signed = size;
        }
        if self.is_owed {
            let appended = self.history.append(storage, &note, size, monotonic_ns);
            appended.map_err(Error::io(storage, "append to", HISTORY))?;
            self.is_owed = false;
        }
        Ok(())
    }

    fn sign(
        &self,
        storage: &dyn Storage,
        checkpoint: &Checkpoint,
        name: &str,
    ) -> Result<String, Error> {
        let note = sign_note(checkpoint.to_string(), std::slice::from_ref(&self.signer));
        note.map_err(Error::io(storage, "sign", name))
    }
}

/// A note, as all of these have signed it. One that panics has failed, as any other may.
pub(super) fn sign_note(text: String, signers: &[Arc<dyn Signer>]) -> io::Result<String> {
    let signers: Vec<&dyn Signer> = signers.iter().map(Arc::as_ref).collect();
    let signed = catch_unwind(AssertUnwindSafe(|| Note::sign(text, &signers)));
    let signed = signed.unwrap_or_else(|_| Err(io::Error::other("what signs has panicked")));
    signed.map(|note| note.to_string())
}

impl Error {
    /// True if what signs was asked and has not answered, soon enough or so far.
    pub(super) fn is_unanswered(&self) -> bool {
        let is_late = |kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        matches!(self, Self::Io { source, .. } if is_late(source.kind()))
    }

    /// True if it is not late yet.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::WouldBlock)
    }
}
