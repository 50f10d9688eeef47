//! Reads signed notes of the journal as they stand there, whoever has signed them.

use std::io;

use audit_tlog::{Checkpoint, Note};

use super::seal::Seal;
use crate::error::Error;
use crate::segment;
use crate::storage::{Storage, read_if_there};

/// The newest checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// More than a note of the journal's own can have.
pub(crate) const NOTE_BYTES_MAX: u64 = 64 * 1024;

/// A whole note; `None` if there is no such file.
pub(super) fn read_note(storage: &dyn Storage, name: &str) -> io::Result<Option<Note>> {
    let Some(bytes) = read_if_there(storage, name, NOTE_BYTES_MAX)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Note::parse(&text).map(Some).map_err(io::Error::other)
}

/// True if the segment `first` has a seal of its own, whoever has signed it.
pub(crate) fn is_sealed(storage: &dyn Storage, first: u64) -> bool {
    let note = read_note(storage, &segment::seal(first)).ok().flatten();
    let checkpoint = note.and_then(|note| Checkpoint::parse(&note.text).ok());
    checkpoint.and_then(|it| Seal::of(&it)).is_some_and(|seal| seal.first_seq == first)
}

/// The newest checkpoint, as it stands there.
pub(crate) fn read_checkpoint(storage: &dyn Storage) -> Result<Option<Note>, Error> {
    read_note(storage, CHECKPOINT).map_err(Error::io(storage, "read", CHECKPOINT))
}
