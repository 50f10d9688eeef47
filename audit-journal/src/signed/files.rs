//! Writes the signed files of a journal.

use std::sync::Arc;

use audit_tlog::{Checkpoint, Frontier, Hash, Note, Signer};

use super::found::CHECKPOINT;
use super::history::{self, History};
use super::seal::Seal;
use super::tiles::Tiles;
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
    /// The size of the newest checkpoint.
    signed: u64,
    history: History,
    /// A checkpoint is to go there.
    is_owed: bool,
}

impl Files {
    pub(super) fn new(
        signer: Arc<dyn Signer>,
        origin: &str,
        tiles: Result<Tiles, String>,
        signed: u64,
    ) -> Self {
        let (origin, history) = (origin.to_owned(), History::default());
        Self { signer, origin, tiles, signed, history, is_owed: false }
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

    /// Writes the tiles, and makes them durable before a seal: a start looks at no older ones.
    pub(super) fn write_tiles(
        &mut self,
        storage: &dyn Storage,
        is_firm: bool,
    ) -> Result<(), Error> {
        match &mut self.tiles {
            Ok(tiles) => {
                tiles.write(storage)?;
                let synced = if is_firm { tiles.sync(storage) } else { Ok(()) };
                synced.inspect_err(|error| self.tiles = Err(error.to_string()))
            }
            Err(reason) => {
                let reason = std::io::Error::other(reason.clone());
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
        let size = tree.size();
        let is_due = is_turn || self.history.is_due(size, monotonic_ns);
        self.is_owed |= is_due && !self.history.ends_at(size);
        let is_new = size != self.signed;
        if !is_new && !self.is_owed {
            return Ok(());
        }
        let note = self.sign(storage, &Checkpoint::of(&*self.origin, tree), CHECKPOINT)?;
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
        let note = Note::sign(checkpoint.to_string(), &[&*self.signer]);
        note.map(|note| note.to_string()).map_err(Error::io(storage, "sign", name))
    }
}
