//! The history of checkpoints: a file of notes, each with an empty line behind it, that is only appended to.

use std::io;

use audit_tlog::{Checkpoint, Note};

use crate::storage::{Access, Storage, append_all, read_range};

/// The file.
pub(crate) const NAME: &str = "checkpoints";

/// After so long the next checkpoint goes there.
const PAUSE_NS: u64 = 60_000_000_000;

/// More than the last note of a history and a torn one behind it can have.
const END_BYTES: u64 = 16 * 1024;

/// The history, as far as whoever appends to it has to know it.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The size of the last checkpoint in it, and the monotonic clock then.
    last: Option<(u64, u64)>,
    /// False before the first note, and after one that may be torn.
    is_whole: bool,
}

impl History {
    /// True if a checkpoint of this size is due there; of this writer, its first one is.
    pub(super) fn is_due(&self, size: u64, monotonic_ns: u64) -> bool {
        self.last.is_none_or(|(last, since)| {
            let is_late = monotonic_ns.saturating_sub(since) >= PAUSE_NS;
            size - last >= super::RECORDS_MAX || is_late
        })
    }

    /// True if the last checkpoint in it has this size.
    pub(super) fn ends_at(&self, size: u64) -> bool {
        self.last.is_some_and(|(last, _)| last == size)
    }

    /// Appends a note, and makes it durable.
    pub(super) fn append(
        &mut self,
        storage: &dyn Storage,
        note: &str,
        size: u64,
        monotonic_ns: u64,
    ) -> io::Result<()> {
        if !self.is_whole {
            cut_torn_end(storage)?;
        }
        self.is_whole = false;
        let mut file = match storage.open(NAME, Access::Append) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => storage.create(NAME)?,
            opened => opened?,
        };
        append_all(&mut *file, format!("{note}\n").as_bytes())?;
        file.sync()?;
        *self = Self { last: Some((size, monotonic_ns)), is_whole: true };
        Ok(())
    }
}

/// Cuts what stands behind the last whole note.
fn cut_torn_end(storage: &dyn Storage) -> io::Result<()> {
    let mut file = match storage.open(NAME, Access::Overwrite) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let length = file.len()?;
    let start = length.saturating_sub(END_BYTES);
    let bytes = read_range(&*file, start, length)?;
    let Some(end) = end_of_last(&bytes).or((start == 0).then_some(0)) else {
        return Err(io::Error::other("its end holds no checkpoint; put it back or move it away"));
    };
    if end == bytes.len() {
        return Ok(());
    }
    file.truncate(start + end as u64)?;
    file.sync()
}

/// Where the last whole note ends, with the empty line behind it.
fn end_of_last(bytes: &[u8]) -> Option<usize> {
    let ends = (0..bytes.len()).rev().filter(|end| bytes[..*end + 1].ends_with(b"\n\n"));
    ends.map(|end| end + 1).find(|end| is_note_before(&bytes[..*end]))
}

/// True if `bytes` end in a whole note of a checkpoint and an empty line.
fn is_note_before(bytes: &[u8]) -> bool {
    let note = &bytes[..bytes.len() - 1];
    // It begins behind the empty line that ends the note before, which has signatures in front of it.
    let begins = |at: &usize| *at == 0 || note[..*at].ends_with(b"\n\n");
    let texts = (0..note.len()).rev().filter(begins).take(2);
    let mut notes = texts.filter_map(|at| Note::parse(std::str::from_utf8(&note[at..]).ok()?).ok());
    notes.any(|note| Checkpoint::parse(&note.text).is_ok())
}
